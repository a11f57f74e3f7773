package rongcloudtest_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func words(t *testing.T, client *rongcloud.Client, kind ...string) (found []string) {
	t.Helper()
	params := form()
	if len(kind) > 0 {
		params = form("type", kind[0])
	}
	for _, entry := range call(t, client, "/sensitiveword/list.json", params)["words"].([]any) {
		w := entry.(object)
		found = append(found, fmt.Sprintf("%v>%v:%v", w["word"], w["replaceWord"], w["type"]))
	}
	return found
}

func TestSensitiveWordList(t *testing.T) {
	t.Parallel()
	_, client := pair(t, rongcloudtest.WithStrict())
	require.Empty(t, call(t, client, "/sensitiveword/add.json", form("word", "bad")))
	call(t, client, "/sensitiveword/add.json", form("word", "rude", "replaceWord", "***"))
	answer := call(t, client, "/sensitiveword/batch/add.json", object{"words": []object{{"word": "ugly"}, {"word": "rude", "replaceWord": "+++"}}})
	require.Equal(t, object{"remainQuota": 47.0}, answer)
	require.Equal(t, []string{"bad>:1", "ugly>:1"}, words(t, client), "blocking words are the default")
	require.Equal(t, []string{"rude>+++:0"}, words(t, client, "0"))
	require.Len(t, words(t, client, "2"), 3)
	require.Len(t, call(t, client, "/wordfilter/list.json", nil)["words"], 2)

	call(t, client, "/sensitiveword/delete.json", form("word", "bad"))
	call(t, client, "/sensitiveword/batch/delete.json", form("words", "ugly", "words", "rude", "words", "unknown"))
	require.Empty(t, words(t, client, "2"))
	call(t, client, "/wordfilter/add.json", form("word", "old"))
	require.Equal(t, []string{"old>:1"}, words(t, client))
	call(t, client, "/wordfilter/delete.json", form("word", "old"))
	require.Empty(t, words(t, client))
}

func TestSensitiveWordLimits(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	batch := func(from, n int) object {
		var items []object
		for i := range n {
			items = append(items, object{"word": fmt.Sprintf("w%d", from+i)})
		}
		return object{"words": items}
	}
	call(t, client, "/sensitiveword/batch/add.json", batch(0, 48))
	info := rongcloud.Response{}
	err := client.Call(t.Context(), endpoint.SensitivewordBatchAdd, batch(100, 3), nil, rongcloud.CaptureResponse(&info))
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.Contains(t, string(info.Body), `"remainQuota":2`)
	require.Len(t, words(t, client), 48, "all or nothing")
	call(t, client, "/sensitiveword/batch/add.json", batch(46, 4))
	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/sensitiveword/add.json", form("word", "one too many")).Code)

	long := object{"words": []object{{"word": "0123456789012345678901234567890123"}}}
	require.Equal(t, rongcloud.CodeParameterTooLong, refused(t, client, "/sensitiveword/batch/add.json", long).Code)
	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/sensitiveword/batch/add.json", object{"words": []object{{"replaceWord": "x"}}}).Code)
}

func TestSensitiveFilter(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithSensitiveFilter())
	call(t, client, "/sensitiveword/add.json", form("word", "darn", "replaceWord", "**"))
	call(t, client, "/sensitiveword/add.json", form("word", "spam"))
	send := func(words string) {
		_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
			From: "a", To: []string{"b"}, Content: rongcloud.TextMessage{Content: words, Extra: "darn"}, IncludeSender: true,
		})
		require.NoError(t, err)
	}
	received := func() (all []string) {
		for _, m := range srv.User("b").Inbox() {
			content, err := m.Content()
			require.NoError(t, err)
			all = append(all, content.(rongcloud.TextMessage).Content)
			require.Equal(t, "darn", content.(rongcloud.TextMessage).Extra)
		}
		return all
	}
	send("darn spam")
	require.Equal(t, []string{"darn spam"}, received(), "words take effect after 15 minutes")
	srv.Advance(15 * time.Minute)
	send("oh darn, darn it")
	send("buy spam")
	require.Equal(t, []string{"darn spam", "oh **, ** it"}, received())
	require.True(t, srv.Sent()[2].Blocked)
	require.Empty(t, srv.Sent()[2].RecipientIDs)
	require.Len(t, srv.User("a").Inbox(), 2)
	require.Len(t, query(t, client, "private", "b", "a", nil), 2)
	require.Equal(t, `{"content":"oh **, ** it","extra":"darn"}`, query(t, client, "private", "b", "a", nil)[0]["content"])

	call(t, client, "/message/private/publish.json", form("fromUserId", "a", "toUserId", "b", "objectName", "app:x", "content", `{"content":"spam","extra":"darn"}`))
	require.Len(t, srv.User("b").Inbox(), 3, "text messages only")
}

func TestSensitiveWordsLeaveTheServerAPIAlone(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	call(t, client, "/sensitiveword/add.json", form("word", "hello"))
	srv.Advance(time.Hour)
	sendPrivate(t, client, "a", "b")
	require.Len(t, srv.User("b").Inbox(), 1)
}
