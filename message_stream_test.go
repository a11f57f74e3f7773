package rongcloud

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const streamPath = "/v3/message/private/publish_stream.json"

// msgStreams starts a server that accepts streams. It responds to piece n with answers[n], or
// normally if there is none.
func msgStreams(t *testing.T, answers map[int]string, opts ...Option) (*Client, *msgWire) {
	t.Helper()
	n := 0
	return msgServe(t, func(r msgRequest) (int, string) {
		if r.path != streamPath {
			t.Errorf("unexpected path %s", r.path)
		}
		n++
		answer, ok := answers[n]
		switch {
		case !ok && n == 1:
			return 200, `{"code":200,"messageUID":"UID-1"}`
		case !ok:
			return 200, `{"code":200}`
		}
		status, body, _ := strings.Cut(answer, " ")
		code, err := strconv.Atoi(status)
		require.NoError(t, err)
		return code, body
	}, opts...)
}

// bodies returns the request bodies.
func (w *msgWire) bodies() (bodies []string) {
	for _, r := range w.requests {
		bodies = append(bodies, r.body)
	}
	return bodies
}

func TestMsgStreamPieces(t *testing.T) {
	t.Parallel()
	msgSends(t, []msgCase{
		{what: "all", path: streamPath, call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Stream.SendPiece(ctx, MessageStreamPieceParams{
				From: "u1", To: "u2", IncludeSender: true, Persist: Ptr(false), Expansion: messagePairs, DisableUpdateLastMessage: true,
				Content: StreamMessage{
					Content: contentAwful, Type: MessageStreamMarkdown, Sequence: 2, Complete: true, CompleteReason: 3, MessageUID: "UID-1",
					Mention: &Mention{Type: MentionAll}, Sender: &Sender{ID: "u1"}, Extra: "<e>", StopReason: 1, Synced: true,
				},
			})
			return err
		}, json: `{"fromUserId":"u1","toUserId":"u2","objectName":"RC:StreamMsg","content":{"content":"你好 😀 &=+%\"<>","type":"markdown","seq":2,` +
			`"complete":true,"completeReason":3,"messageUID":"UID-1","mentionedInfo":{"type":1},"user":{"id":"u1"},"extra":"<e>"},` +
			`"isIncludeSender":1,"isPersisted":0,"extraContent":{"a":"<1>&","b":"2"},"disableUpdateLastMsg":true}`},
		{what: "none", path: streamPath, call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Stream.SendPiece(ctx, MessageStreamPieceParams{From: "u1", To: "u2", Content: StreamMessage{Content: "x", Sequence: 1}})
			return err
		}, json: `{"fromUserId":"u1","toUserId":"u2","objectName":"RC:StreamMsg","content":{"content":"x","seq":1,"complete":false}}`},
	})
}

func TestMsgStreamArguments(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	for i := range 101 {
		many[strconv.Itoa(i)] = "v"
	}
	for _, c := range []struct {
		field, reason string
		change        func(*MessageStreamPieceParams)
	}{
		{field: "fromUserId", reason: "required", change: func(p *MessageStreamPieceParams) { p.From = "" }},
		{field: "toUserId", reason: "required", change: func(p *MessageStreamPieceParams) { p.To = "" }},
		{field: "seq", reason: "the first is 1", change: func(p *MessageStreamPieceParams) { p.Content.Sequence = 0 }},
		{field: "seq", reason: "the first is 1", change: func(p *MessageStreamPieceParams) { p.Content.Sequence = -1 }},
		{field: "messageUID", reason: "from the second piece on", change: func(p *MessageStreamPieceParams) { p.Content.Sequence = 2 }},
		{field: "completeReason", reason: "last piece", change: func(p *MessageStreamPieceParams) { p.Content.CompleteReason = 1 }},
		{field: "content", reason: "at most 131072", change: func(p *MessageStreamPieceParams) { p.Content.Content = strings.Repeat("x", 128<<10) }},
		{field: "extraContent", reason: "101 items", change: func(p *MessageStreamPieceParams) { p.Expansion = many }},
	} {
		piece := MessageStreamPieceParams{From: "u1", To: "u2", Content: StreamMessage{Content: "x", Sequence: 1}}
		c.change(&piece)
		msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
			sent, err := s.Stream.SendPiece(ctx, piece)
			require.Nil(t, sent)
			return err
		})
	}
	msgRefused(t, "content", "required", func(ctx context.Context, s *MessageService) error {
		return s.Stream.Open(MessageStreamParams{From: "u1", To: "u2"}).Send(ctx, "")
	})
	msgRefused(t, "fromUserId", "required", func(ctx context.Context, s *MessageService) error {
		return s.Stream.Open(MessageStreamParams{To: "u2"}).Send(ctx, "x")
	})
	// Exactly 128 KB are allowed.
	client, wire := msgStreams(t, nil)
	text := strings.Repeat("x", 128<<10-len(`{"content":"","seq":1,"complete":false}`))
	require.NoError(t, client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"}).Send(t.Context(), text))
	require.Len(t, wire.requests, 1)
}

func TestMsgStreamDecodes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"code":200,"messageUID":"A"}`: "A", `{"code":200,"messageId":"A"}`: "A", `{"code":200,"messageUID":7}`: "7",
		`{"code":200,"messageUID":null,"messageId":"A","more":[]}`: "A", `{"code":200}`: "", `{"code":200,"messageUID":""}`: "",
	} {
		client, _ := msgAnswer(t, answer)
		sent, err := client.Message.Stream.SendPiece(t.Context(), MessageStreamPieceParams{From: "u1", To: "u2", Content: StreamMessage{Content: "x", Sequence: 1}})
		require.NoError(t, err, answer)
		require.Equal(t, &SentStreamPiece{want}, sent, answer)
	}
}

func TestMsgStreamWrites(t *testing.T) {
	t.Parallel()
	client, wire := msgStreams(t, map[int]string{2: `200 {"code":200,"messageUID":"another"}`})
	stream := client.Message.Stream.Open(MessageStreamParams{
		From: "u1", To: "u2", Type: MessageStreamHTML, Mention: &Mention{Type: MentionAll}, Sender: &Sender{ID: "u1"}, Extra: "e",
		Quoted: &QuotedMessage{MessageUID: "Q", ObjectName: "RC:TxtMsg", From: "u2"}, IncludeSender: true, Persist: Ptr(false), Expansion: map[string]string{"k": "v"}, DisableUpdateLastMessage: true,
	})
	require.Empty(t, stream.MessageUID())
	require.Empty(t, wire.requests, "nothing is sent yet")
	require.NoError(t, stream.Send(t.Context(), "one"))
	require.Equal(t, "UID-1", stream.MessageUID())
	require.NoError(t, stream.Send(t.Context(), "two"))
	require.NoError(t, stream.Finish(t.Context(), MessageStreamFinishParams{Text: "three", Reason: 7}))
	require.Equal(t, "UID-1", stream.MessageUID(), "the first answer names the message")

	for range 2 {
		require.ErrorIs(t, stream.Send(t.Context(), "four"), ErrStreamEnded)
		require.ErrorIs(t, stream.Finish(t.Context(), MessageStreamFinishParams{Text: "four"}), ErrStreamEnded)
		require.NoError(t, stream.Close(t.Context()))
	}
	begin := `{"fromUserId":"u1","toUserId":"u2","objectName":"RC:StreamMsg","content":`
	end := `,"isIncludeSender":1,"isPersisted":0,"extraContent":{"k":"v"},"disableUpdateLastMsg":true}`
	require.Equal(t, []string{
		begin + `{"content":"one","type":"html","seq":1,"complete":false,"mentionedInfo":{"type":1},"user":{"id":"u1"},"extra":"e",` +
			`"referMsg":{"messageUId":"Q","objectName":"RC:TxtMsg","senderId":"u2"}}` + end,
		begin + `{"content":"two","seq":2,"complete":false,"messageUID":"UID-1"}` + end,
		begin + `{"content":"three","seq":3,"complete":true,"completeReason":7,"messageUID":"UID-1"}` + end,
	}, wire.bodies())
}

func TestMsgStreamCloses(t *testing.T) {
	t.Parallel()
	client, wire := msgStreams(t, nil)
	never := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	require.NoError(t, never.Close(t.Context()))
	require.NoError(t, never.Close(t.Context()))
	require.Empty(t, wire.requests, "what was not begun has no end")
	require.ErrorIs(t, never.Send(t.Context(), "x"), ErrStreamEnded)

	begun := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	require.NoError(t, begun.Send(t.Context(), "x"))
	require.NoError(t, begun.Close(t.Context()))
	require.NoError(t, begun.Close(t.Context()))
	require.Len(t, wire.requests, 2)
	require.Contains(t, wire.last().body, `"content":{"content":"","seq":2,"complete":true,"messageUID":"UID-1"}`)

	// A message of one piece needs no UID.
	client, wire = msgStreams(t, map[int]string{1: `200 {"code":200}`})
	single := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	require.NoError(t, single.Finish(t.Context(), MessageStreamFinishParams{Text: "all"}))
	require.NoError(t, single.Close(t.Context()))
	require.Len(t, wire.requests, 1)
	require.Contains(t, wire.last().body, `"content":{"content":"all","seq":1,"complete":true}`)
}

// A piece that certainly did not arrive may be sent again with the same number.
func TestMsgStreamGoesOn(t *testing.T) {
	t.Parallel()
	client, wire := msgStreams(t, map[int]string{1: `429 {"code":1008}`, 2: `200 {"code":200,"messageUID":"UID-1"}`, 3: `400 {"code":1002}`, 5: `429 {"code":1008}`})
	stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2", Type: MessageStreamMarkdown})
	require.ErrorIs(t, stream.Send(t.Context(), "one"), CodeRateLimited)
	require.Empty(t, stream.MessageUID())
	msgStreamSeqs(t, wire, 1)
	require.NoError(t, stream.Send(t.Context(), "one"))
	require.Contains(t, wire.last().body, `"type":"markdown"`, "it is the first one still")
	require.ErrorIs(t, stream.Send(t.Context(), "two"), CodeInvalidParameter)
	require.NoError(t, stream.Send(t.Context(), "two"))
	var argument *ArgumentError
	require.ErrorAs(t, stream.Send(t.Context(), strings.Repeat("x", 128<<10)), &argument)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	require.ErrorIs(t, stream.Send(canceled, "three"), context.Canceled)
	require.ErrorIs(t, stream.Close(t.Context()), CodeRateLimited)
	require.NoError(t, stream.Send(t.Context(), "three"), "it could not be closed and is open")
	require.NoError(t, stream.Close(t.Context()))
	msgStreamSeqs(t, wire, 1, 1, 2, 2, 3, 3, 4)
}

// msgStreamSeqs checks the numbers of the pieces that were sent.
func msgStreamSeqs(t *testing.T, wire *msgWire, want ...int) {
	t.Helper()
	var got []int
	for _, body := range wire.bodies() {
		var piece struct{ Content struct{ Seq int } }
		require.NoError(t, json.Unmarshal([]byte(body), &piece))
		got = append(got, piece.Content.Seq)
	}
	require.Equal(t, want, got)
}

func TestMsgStreamBreaks(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		answers map[int]string
		unknown bool
		at      int // the piece that breaks the stream
	}{
		{name: "the first piece may have arrived", answers: map[int]string{1: `502 <html>`}, unknown: true, at: 1},
		{name: "the second piece may have arrived", answers: map[int]string{2: `500 {"code":1000}`}, unknown: true, at: 2},
		{name: "the answer does not name the message", answers: map[int]string{1: `200 {"code":200}`}, at: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, wire := msgStreams(t, c.answers)
			stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
			for range c.at - 1 {
				require.NoError(t, stream.Send(t.Context(), "x"))
			}
			first := stream.Send(t.Context(), "x")
			require.ErrorIs(t, first, ErrStreamBroken)
			require.Equal(t, c.unknown, errors.Is(first, ErrOutcomeUnknown))
			for range 2 {
				require.Equal(t, first, stream.Send(t.Context(), "x"))
				require.Equal(t, first, stream.Finish(t.Context(), MessageStreamFinishParams{Text: "x"}))
				require.Equal(t, first, stream.Close(t.Context()), "Close keeps saying so")
			}
			require.Len(t, wire.requests, c.at, "nothing more is sent")
		})
	}
	// If the outcome of the last piece is unknown, the stream is broken, not ended.
	client, wire := msgStreams(t, map[int]string{2: `502 <html>`})
	stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	require.NoError(t, stream.Send(t.Context(), "x"))
	require.ErrorIs(t, stream.Close(t.Context()), ErrOutcomeUnknown)
	require.ErrorIs(t, stream.Close(t.Context()), ErrStreamBroken)
	require.Len(t, wire.requests, 2)
}

// A call that never returns, because a hook panics, leaves the writer broken, not stuck.
func TestMsgStreamPanics(t *testing.T) {
	t.Parallel()
	client, wire := msgStreams(t, nil, WithAttemptHook(func(context.Context, Attempt) { panic("the hook") }))
	stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	require.Panics(t, func() { _ = stream.Send(t.Context(), "x") })
	require.ErrorIs(t, stream.Send(t.Context(), "x"), ErrStreamBroken)
	require.ErrorIs(t, stream.Close(t.Context()), ErrStreamBroken)
	require.Len(t, wire.requests, 1)
}

// Concurrent calls have no order, so all but one are refused.
func TestMsgStreamBusy(t *testing.T) {
	t.Parallel()
	entered, release := make(chan struct{}), make(chan struct{})
	client, wire := msgServe(t, func(msgRequest) (int, string) {
		entered <- struct{}{}
		<-release
		return 200, `{"code":200,"messageUID":"UID-1"}`
	})
	stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"})
	var wait sync.WaitGroup
	var err error
	wait.Go(func() { err = stream.Send(t.Context(), "x") })
	<-entered
	require.ErrorIs(t, stream.Send(t.Context(), "y"), ErrStreamBusy)
	require.ErrorIs(t, stream.Finish(t.Context(), MessageStreamFinishParams{Text: "y"}), ErrStreamBusy)
	require.ErrorIs(t, stream.Close(t.Context()), ErrStreamBusy)
	require.Empty(t, stream.MessageUID())
	release <- struct{}{}
	wait.Wait()
	require.NoError(t, err)
	wait.Go(func() { err = stream.Close(t.Context()) })
	<-entered
	release <- struct{}{}
	wait.Wait()
	require.NoError(t, err, "a busy Close has not ended anything")
	msgStreamSeqs(t, wire, 1, 2)
}

// The stream's options apply to every piece.
func TestMsgStreamOptions(t *testing.T) {
	t.Parallel()
	client, wire := msgStreams(t, nil)
	stream := client.Message.Stream.Open(MessageStreamParams{From: "u1", To: "u2"}, WithExtraField("new", 1))
	require.NoError(t, stream.Send(t.Context(), "x"))
	require.NoError(t, stream.Close(t.Context()))
	for _, body := range wire.bodies() {
		require.Contains(t, body, `"new":1`)
	}
}
