package rongcloudtest_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func template(more object) object {
	request := object{
		"fromUserId": "a", "toUserId": []string{"b", "c"}, "objectName": "RC:TxtMsg", "content": `{"content":"{n}, you have {p} points"}`,
		"values": []object{{"{n}": "Ben", "{p}": "1"}, {"{n}": `Cy "C" <&> 陈`, "{p}": "2"}}, "pushContent": []string{"{p} for {n}", ""},
	}
	maps.Copy(request, more)
	return request
}

func TestTemplates(t *testing.T) {
	t.Parallel()
	for path, kind := range map[string]rongcloud.ConversationType{
		"/message/private/publish_template.json": rongcloud.ConversationPrivate,
		"/message/system/publish_template.json":  rongcloud.ConversationSystem,
	} {
		srv, client := stopped(t, rongcloudtest.WithStrict())
		answer := call(t, client, path, template(object{"pushData": []string{"d{p}", "e{p}"}}))
		require.Equal(t, object{"messageUIDs": []any{
			object{"userId": "b", "messageUID": "TEST-0000-0000-0001"}, object{"userId": "c", "messageUID": "TEST-0000-0000-0002"},
		}}, answer)

		one, two := srv.User("b").Inbox()[0], srv.User("c").Inbox()[0]
		require.Equal(t, rongcloudtest.Message{
			MessageUID: "TEST-0000-0000-0001", From: "a", ConversationType: kind, TargetID: "a", ObjectName: "RC:TxtMsg",
			Body: `{"content":"Ben, you have 1 points"}`, PushContent: "1 for Ben", PushData: "d1", SentAt: started,
		}, one)
		content, err := two.Content()
		require.NoError(t, err)
		require.Equal(t, text(`Cy "C" <&> 陈, you have 2 points`), content)
		require.Empty(t, two.PushContent)
		require.Equal(t, "e2", two.PushData)
		require.Contains(t, two.Body, "<&>", "no needless escapes")
	}
}

func TestTemplateOfNoJSON(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	call(t, client, "/message/private/publish_template.json", template(object{"objectName": "app:x", "content": `n={n}`}))
	require.Equal(t, `n=Cy "C" <&> 陈`, srv.User("c").Inbox()[0].Body)
}

func TestTemplateHoldsBackAndSyncs(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	call(t, client, "/user/blacklist/add.json", form("userId", "b", "blackUserId", "a"))
	call(t, client, "/message/private/publish_template.json", template(object{"verifyBlacklist": 1, "isIncludeSender": 1}))
	require.Empty(t, srv.User("b").Inbox())
	require.Len(t, srv.User("c").Inbox(), 1)
	require.Len(t, srv.User("a").Inbox(), 2)
}

func TestWrongTemplates(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	for name, more := range map[string]object{
		"values":      {"values": []object{{"{n}": "Ben"}}},
		"pushContent": {"pushContent": []string{"x"}},
		"pushData":    {"pushData": []string{"x", "y", "z"}},
		"item 2":      {"values": []any{object{"{n}": "Ben"}, object{"{n}": 3}}},
		"content":     {"content": "no JSON"},
	} {
		e := refused(t, client, "/message/private/publish_template.json", template(more))
		require.Equal(t, rongcloud.CodeInvalidParameter, e.Code)
		require.Contains(t, e.Message, name)
	}
	require.Empty(t, srv.Sent())
}
