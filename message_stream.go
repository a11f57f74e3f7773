package rongcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageStreamService sends one-to-one messages piece by piece, while their text is being
// produced.
//
// A piece is unsafe to repeat, like any send; see [MessageService].
type MessageStreamService service

// Reasons why a [StreamWriter] does not send a piece.
var (
	// ErrStreamEnded means that the last piece has been sent.
	ErrStreamEnded = errors.New("rongcloud: the stream has ended")

	// ErrStreamBroken means that the stream cannot continue, either because it is unknown whether
	// its last piece arrived (the error is then also an ErrOutcomeUnknown) or because the server
	// did not return the message's UID.
	ErrStreamBroken = errors.New("rongcloud: the stream cannot continue")

	// ErrStreamBusy means that another call to the same writer is under way. Pieces have an order,
	// which concurrent calls would not.
	ErrStreamBusy = errors.New("rongcloud: another piece of the stream is being sent")
)

// MessageStreamPieceParams is one piece of a text that is sent while it is being produced; see
// [MessageStreamService.SendPiece].
type MessageStreamPieceParams struct {
	From string // must have a token, or a push shows no sender
	To   string // the one recipient
	// Content is the piece, at most 128 KB of JSON. RongCloud's pages disagree on whether the limit
	// applies to each piece or to all together.
	Content StreamMessage

	// Whether to sync to the sender's devices and history too.
	IncludeSender bool
	// Whether to keep it in the cloud history; true if nil.
	Persist *bool
	// Key-value data attached to the message, at most 100 pairs.
	Expansion                map[string]string
	DisableUpdateLastMessage bool
}

type streamPiece struct {
	_ [0]MessageStreamPieceParams

	From                     string            `wire:"fromUserId"`
	To                       string            `wire:"toUserId"`
	ObjectName               string            `wire:"objectName"`
	Content                  json.RawMessage   `wire:"content"`
	IncludeSender            bool              `wire:"isIncludeSender"`
	Persist                  *bool             `wire:"isPersisted"`
	Expansion                map[string]string `wire:"extraContent"`
	DisableUpdateLastMessage bool              `wire:"disableUpdateLastMsg"`
}

// SentStreamPiece names the message that a stream writes.
type SentStreamPiece struct {
	// Returned for the first piece only; all later ones must carry it.
	MessageUID string `json:"messageUID" alt:"messageId"`
}

// MessageStreamParams describes a message that is written piece by piece; see
// [MessageStreamService.Open].
type MessageStreamParams struct {
	From string // must have a token, or a push shows no sender
	To   string // the one recipient

	// Sent with the first piece.
	Type    MessageStreamType // how clients render the text
	Mention *Mention
	Sender  *Sender
	Extra   string
	Quoted  *QuotedMessage

	// Sent with every piece. Whether to sync to the sender's devices and history too.
	IncludeSender bool
	// Whether to keep it in the cloud history; true if nil.
	Persist *bool
	// Key-value data attached to the message, at most 100 pairs.
	Expansion                map[string]string
	DisableUpdateLastMessage bool
}

// StreamWriter sends one message piece by piece, in order. It is safe for concurrent use, but
// refuses concurrent calls with [ErrStreamBusy].
type StreamWriter struct {
	service *MessageStreamService
	stream  MessageStreamParams
	opts    []CallOption

	mu     sync.Mutex
	busy   bool
	sent   int // pieces that arrived
	uid    string
	ended  bool
	broken error
}

// MessageStreamFinishParams is the end of a message that is written piece by piece; see
// [StreamWriter.Finish].
type MessageStreamFinishParams struct {
	// The last piece of the text, which may be empty.
	Text string
	// Why the message ends, in the app's own values, for clients; 0 for the normal end.
	Reason int
}

// SendPiece sends one piece of a growing one-to-one text, for clients from 5.16 on. The quota is
// 100 calls per second. [MessageStreamService.Open] numbers the pieces and fills in the message's
// UID automatically.
//
// After [ErrOutcomeUnknown] the piece may have arrived: sending it again may show it twice, and
// sending the next one may leave a gap.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/message/send-private-stream
//
//rongcloud:endpoint POST /v3/message/private/publish_stream.json
func (s *MessageStreamService) SendPiece(ctx context.Context, params MessageStreamPieceParams, opts ...CallOption) (*SentStreamPiece, error) {
	switch c := &params.Content; {
	case c.Sequence < 1:
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.Sequence", "seq", "%d is not a valid piece number; the first is 1", c.Sequence), opts)
	case c.Sequence > 1 && c.MessageUID == "":
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.MessageUID", "messageUID", "is required from the second piece on"), opts)
	case c.CompleteReason != 0 && !c.Complete:
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.CompleteReason", "completeReason", "is allowed on the last piece only"), opts)
	}
	params.Content.StopReason, params.Content.Synced = 0, false // they are for reading
	body, err := plainJSON.Marshal(params.Content)
	if err != nil {
		err = refuseWire("content", "cannot be encoded as JSON: %v", err)
	} else {
		err = checkBody(params.Content, len(body))
	}
	if err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.V3MessagePrivatePublishStream, (*streamPiece)(nil)), opts)
	}
	return fetch[SentStreamPiece](ctx, s.client, endpoint.V3MessagePrivatePublishStream, &streamPiece{
		From: params.From, To: params.To, ObjectName: params.Content.ObjectName(), Content: body, IncludeSender: params.IncludeSender,
		Persist: params.Persist, Expansion: params.Expansion, DisableUpdateLastMessage: params.DisableUpdateLastMessage,
	}, opts)
}

// Open returns a writer for a one-to-one message that is sent while it is being produced, such as a
// language model's output. Nothing is sent yet. The options apply to every piece. End the message
// with [StreamWriter.Finish] or [StreamWriter.Close].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/message/send-private-stream
func (s *MessageStreamService) Open(params MessageStreamParams, opts ...CallOption) *StreamWriter {
	return &StreamWriter{service: s, stream: params, opts: opts}
}

// Send sends the next piece of the text, which must not be empty.
//
// After an error that is neither [ErrStreamBroken] nor [ErrStreamEnded], the piece did not arrive
// and may be sent again. After ErrStreamBroken, which an unknown outcome causes, the writer sends
// nothing more: it cannot know whether the recipient has the piece, and so what would have to
// follow.
func (w *StreamWriter) Send(ctx context.Context, text string) error {
	if text == "" {
		return refused(ctx, w.service.client, refuseField(endpoint.V3MessagePrivatePublishStream, "text", "content", "is required"), w.opts)
	}
	return w.send(ctx, text, false, 0)
}

// Finish sends the last piece of the text and ends the message. It returns the same errors as Send.
func (w *StreamWriter) Finish(ctx context.Context, params MessageStreamFinishParams) error {
	return w.send(ctx, params.Text, true, params.Reason)
}

// Close ends the message with an empty last piece, if it has begun and not yet ended. It is meant
// to be deferred, and keeps returning the error that broke the stream, if any. It is unconfirmed
// that the server accepts an empty piece; Finish with a text avoids it.
func (w *StreamWriter) Close(ctx context.Context) error {
	w.mu.Lock()
	if w.ended || w.sent == 0 && w.broken == nil && !w.busy {
		w.ended = true
		w.mu.Unlock()
		return nil
	}
	w.mu.Unlock()
	err := w.send(ctx, "", true, 0)
	if errors.Is(err, ErrStreamEnded) { // by another call in the meantime
		return nil
	}
	return err
}

// MessageUID returns the message's UID. It is empty before the first piece has arrived.
func (w *StreamWriter) MessageUID() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.uid
}

func (w *StreamWriter) send(ctx context.Context, text string, last bool, reason int) error {
	content, err := w.begin()
	if err != nil {
		return err
	}
	content.Content, content.Complete, content.CompleteReason = text, last, reason
	piece := MessageStreamPieceParams{
		From: w.stream.From, To: w.stream.To, Content: content, IncludeSender: w.stream.IncludeSender, Persist: w.stream.Persist,
		Expansion: w.stream.Expansion, DisableUpdateLastMessage: w.stream.DisableUpdateLastMessage,
	}
	err = errStreamPanic // remains if the call does not return
	var sent *SentStreamPiece
	defer func() { w.end(err) }()
	sent, err = w.service.SendPiece(ctx, piece, w.opts...)
	err = w.record(&content, sent, err)
	return err
}

var errStreamPanic = fmt.Errorf("%w: the call that sent the last piece did not return", ErrStreamBroken)

// begin claims the writer for one call and returns the next piece, without its text.
func (w *StreamWriter) begin() (StreamMessage, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.busy:
		return StreamMessage{}, ErrStreamBusy
	case w.broken != nil:
		return StreamMessage{}, w.broken
	case w.ended:
		return StreamMessage{}, ErrStreamEnded
	}
	w.busy = true
	if w.sent > 0 {
		return StreamMessage{Sequence: w.sent + 1, MessageUID: w.uid}, nil
	}
	s := &w.stream
	return StreamMessage{
		Sequence: 1, Type: s.Type, Mention: s.Mention, Sender: s.Sender, Extra: s.Extra, Quoted: s.Quoted,
	}, nil
}

// record notes what became of a piece, and returns its error.
func (w *StreamWriter) record(piece *StreamMessage, sent *SentStreamPiece, err error) error {
	switch {
	case errors.Is(err, ErrOutcomeUnknown):
		return fmt.Errorf("%w: whether piece %d arrived is unknown: %w", ErrStreamBroken, piece.Sequence, err)
	case err != nil:
		return err // it did not arrive
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sent, w.ended = piece.Sequence, piece.Complete
	if w.uid == "" {
		w.uid = sent.MessageUID
	}
	if w.uid == "" && !w.ended {
		return fmt.Errorf("%w: piece %d arrived, but the response has no message UID", ErrStreamBroken, piece.Sequence)
	}
	return nil
}

// end releases the writer.
func (w *StreamWriter) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	if errors.Is(err, ErrStreamBroken) {
		w.broken = err
	}
}
