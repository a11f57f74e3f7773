package rongcloudtest_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

const streamPath = "/v3/message/private/publish_stream.json"

func streamPiece(uid string, seq int, words string, complete bool) object {
	content := object{"content": words, "seq": seq, "complete": complete}
	if uid != "" {
		content["messageUID"] = uid
	} else {
		content["type"] = "markdown"
	}
	return object{"fromUserId": "bot", "toUserId": "a", "objectName": "RC:StreamMsg", "content": content}
}

func TestStream(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	send := func(uid string, seq int, words string, complete bool) object {
		return call(t, client, streamPath, streamPiece(uid, seq, words, complete))
	}
	shown := func() rongcloud.StreamMessage {
		inbox := srv.User("a").Inbox()
		require.Len(t, inbox, 1)
		content, err := inbox[0].Content()
		require.NoError(t, err)
		return content.(rongcloud.StreamMessage)
	}
	first := send("", 1, "Once ", false)
	require.Equal(t, object{"messageUID": "TEST-0000-0000-0001"}, first)
	uid := first["messageUID"].(string)
	require.Equal(t, rongcloud.StreamMessage{Content: "Once ", Type: rongcloud.MessageStreamMarkdown, Sequence: 1}, shown())

	require.Empty(t, send(uid, 3, "a ", false), "only the first answer names the message")
	require.Equal(t, "Once ", shown().Content, "a gap holds back what follows")
	send(uid, 2, "upon ", false)
	send(uid, 2, "again ", false)
	require.Equal(t, rongcloud.StreamMessage{Content: "Once upon a ", Type: rongcloud.MessageStreamMarkdown, Sequence: 3}, shown())
	last := streamPiece(uid, 4, "time", true)
	last["content"].(object)["completeReason"] = 7
	call(t, client, streamPath, last)
	require.Equal(t, rongcloud.StreamMessage{Content: "Once upon a time", Type: rongcloud.MessageStreamMarkdown, Sequence: 4, Complete: true, CompleteReason: 7}, shown())

	require.Contains(t, refused(t, client, streamPath, streamPiece(uid, 5, "more", false)).Message, "ended")
	require.Len(t, srv.Sent(), 1)
	history := query(t, client, "private", "a", "bot", nil)
	require.Len(t, history, 1)
	require.Contains(t, history[0]["content"], "Once upon a time")
}

func TestWrongStreams(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithStrict())
	uid := call(t, client, streamPath, streamPiece("", 1, "x", false))["messageUID"].(string)
	stranger := streamPiece(uid, 2, "y", false)
	stranger["fromUserId"] = "other"
	early := streamPiece(uid, 2, "y", false)
	early["content"].(object)["completeReason"] = 1
	incomplete := streamPiece("", 1, "y", false)
	delete(incomplete["content"].(object), "complete")
	for i, request := range []object{
		stranger, early, incomplete,
		streamPiece("", 2, "y", false), streamPiece("", 0, "y", false), streamPiece("TEST-unknown", 2, "y", false),
	} {
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, streamPath, request).Code, i)
	}
	require.Len(t, srv.Sent(), 1)
}

func TestStreamHasExpansion(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	request := streamPiece("", 1, "x", true)
	request["extraContent"] = object{"k": "v"}
	uid := call(t, client, streamPath, request)["messageUID"].(string)
	require.Equal(t, []string{"k=v"}, expansionOf(t, client, uid))
}
