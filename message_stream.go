package rongcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// MessageStreamService sends one-to-one messages piece by piece, while their text is produced.
//
// A piece is unsafe to repeat, like any send; see [MessageService].
type MessageStreamService service

// What keeps a [StreamWriter] from sending a piece.
var (
	// ErrStreamEnded means that the last piece has been sent.
	ErrStreamEnded = errors.New("rongcloud: the stream has ended")

	// ErrStreamBroken means that the stream cannot go on, because nobody can say whether its last
	// piece arrived (the error is an ErrOutcomeUnknown too, then) or because the server did not
	// say what the message is called.
	ErrStreamBroken = errors.New("rongcloud: the stream cannot go on")

	// ErrStreamBusy means that another call to the same writer is under way. Pieces have an order,
	// which calls side by side do not.
	ErrStreamBusy = errors.New("rongcloud: another piece of the stream is being sent")
)

// MessageStreamPieceParams is one piece of a text that grows while it is produced; see
// [MessageStreamService.SendPiece].
type MessageStreamPieceParams struct {
	From string // must have been given a token, else a push shows no sender
	To   string // the one recipient
	// Content is the piece, at most 128 KB of JSON. RongCloud's pages disagree on whether that
	// limits each piece or all together.
	Content StreamMessage

	IncludeSender            bool              // sync to the sender's devices and history too
	Persist                  *bool             // keep in the cloud history; true if nil
	Expansion                map[string]string // key-value data attached to the message, at most 100 pairs
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
	MessageUID string `json:"messageUID" alt:"messageId"` // after the first piece only; all later ones must carry it
}

// MessageStreamParams describes a message that is written piece by piece; see
// [MessageStreamService.Open].
type MessageStreamParams struct {
	From string // must have been given a token, else a push shows no sender
	To   string // the one recipient

	// These go with the first piece.
	Type    MessageStreamType // how clients render the text
	Mention *Mention
	Sender  *Sender
	Extra   string
	Quoted  *QuotedMessage

	// These go with every piece.
	IncludeSender            bool              // sync to the sender's devices and history too
	Persist                  *bool             // keep in the cloud history; true if nil
	Expansion                map[string]string // key-value data attached to the message, at most 100 pairs
	DisableUpdateLastMessage bool
}

// StreamWriter sends one message piece by piece. It keeps their order and is safe for concurrent
// use, but refuses calls side by side with [ErrStreamBusy].
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
	Text   string // the last piece of the text, which may be empty
	Reason int    // tells clients why the message ends, in values of the app's own; 0 for the normal end
}

// SendPiece sends one piece of a growing one-to-one text, for clients from 5.16 on. The quota is
// 100 calls per second. [MessageStreamService.Open] numbers the pieces and carries the message's
// UID by itself.
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
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.Sequence", "seq", "%d is no number of a piece; the first is 1", c.Sequence), opts)
	case c.Sequence > 1 && c.MessageUID == "":
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.MessageUID", "messageUID", "is required from the second piece on"), opts)
	case c.CompleteReason != 0 && !c.Complete:
		return nil, refused(ctx, s.client, refuseField(endpoint.V3MessagePrivatePublishStream, "StreamMessage.CompleteReason", "completeReason", "belongs to the last piece"), opts)
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

// Open returns a writer for a one-to-one message that grows while it is produced, such as the
// text of a language model. Nothing is sent yet. The options go with every piece. End the
// message with [StreamWriter.Finish] or [StreamWriter.Close].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/message/send-private-stream
func (s *MessageStreamService) Open(params MessageStreamParams, opts ...CallOption) *StreamWriter {
	return &StreamWriter{service: s, stream: params, opts: opts}
}

// Send sends the next piece of the text, at least one character of it.
//
// After an error that is neither [ErrStreamBroken] nor [ErrStreamEnded] the piece did not arrive,
// and may be sent again. After ErrStreamBroken, which an unknown outcome leads to, the writer
// sends nothing more: whether the recipient has the piece, and so what would have to follow, cannot
// be known.
func (w *StreamWriter) Send(ctx context.Context, text string) error {
	if text == "" {
		return refused(ctx, w.service.client, refuseField(endpoint.V3MessagePrivatePublishStream, "text", "content", "is required"), w.opts)
	}
	return w.send(ctx, text, false, 0)
}

// Finish sends the last piece of the text and ends the message. Errors are those of Send.
func (w *StreamWriter) Finish(ctx context.Context, params MessageStreamFinishParams) error {
	return w.send(ctx, params.Text, true, params.Reason)
}

// Close ends the message with an empty last piece, if it was begun and not yet ended. It is meant
// to be deferred, and keeps saying what broke the stream, if something did. That the server takes
// an empty piece is unconfirmed; Finish with text avoids it.
func (w *StreamWriter) Close(ctx context.Context) error {
	w.mu.Lock()
	if w.ended || w.sent == 0 && w.broken == nil && !w.busy {
		w.ended = true
		w.mu.Unlock()
		return nil
	}
	w.mu.Unlock()
	err := w.send(ctx, "", true, 0)
	if errors.Is(err, ErrStreamEnded) { // by another call, in between
		return nil
	}
	return err
}

// MessageUID returns what the message is called. It is empty before the first piece has arrived.
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
	err = errStreamPanic // stands if the call does not return
	var sent *SentStreamPiece
	defer func() { w.end(err) }()
	sent, err = w.service.SendPiece(ctx, piece, w.opts...)
	err = w.judge(&content, sent, err)
	return err
}

var errStreamPanic = fmt.Errorf("%w: the call that sent the last piece did not return", ErrStreamBroken)

// begin takes the writer for one call and returns the next piece, without its text.
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

// judge decides what became of a piece.
func (w *StreamWriter) judge(piece *StreamMessage, sent *SentStreamPiece, err error) error {
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
		return fmt.Errorf("%w: piece %d arrived, but the response does not name the message", ErrStreamBroken, piece.Sequence)
	}
	return nil
}

// end gives the writer back.
func (w *StreamWriter) end(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.busy = false
	if errors.Is(err, ErrStreamBroken) {
		w.broken = err
	}
}
