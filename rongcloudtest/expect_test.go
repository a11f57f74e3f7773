package rongcloudtest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// reporter is a test that fails without stopping the real one.
type reporter struct {
	rongcloudtest.TB
	text string
}

func (r *reporter) Helper()                           {}
func (r *reporter) Errorf(format string, args ...any) { r.text += fmt.Sprintf(format, args...) }

func TestExpectSent(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.AddGroup("g", "a", "b", "c")
	require.NoError(t, send(client))
	_, err := client.Message.SendGroup(t.Context(), rongcloud.GroupMessage{From: "b", To: []string{"g"}, Content: text("all")})
	require.NoError(t, err)

	hello := rongcloudtest.Want{From: "a", TargetID: "b", Content: text("hello")}
	all := rongcloudtest.Want{ConversationType: rongcloud.ConversationGroup, TargetID: "g", RecipientIDs: []string{"c", "a"}}

	r := &reporter{}
	require.True(t, srv.ExpectSent(r, hello, all))
	require.True(t, srv.ExpectSent(r, rongcloudtest.Want{}, all))
	require.Empty(t, r.text)

	require.False(t, srv.ExpectSent(r, hello, rongcloudtest.Want{From: "b", TargetID: "x", Content: text("other")}))
	require.Equal(t, `messages sent, - wanted, + got:
  private a to b RC:TxtMsg {"content":"hello"}, received by b
- any b to x RC:TxtMsg {"content":"other"}
+ group b to g RC:TxtMsg {"content":"all"}, received by a c
`, r.text)

	for name, want := range map[string][]rongcloudtest.Want{
		"none": nil, "order": {all, hello}, "missing": {hello, all, all},
		"type": {hello, {ConversationType: rongcloud.ConversationChatroom}}, "receivers": {hello, {RecipientIDs: []string{"a"}}},
		"object name": {hello, {ObjectName: "RC:ImgMsg"}}, "no content": {hello, {Content: rongcloud.RawContent{Name: "RC:TxtMsg", Body: "{}"}}},
	} {
		r := &reporter{}
		require.False(t, srv.ExpectSent(r, want...), name)
		require.NotEmpty(t, r.text, name)
	}
}

func TestExpectRequests(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	require.NoError(t, send(client))
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	require.ErrorIs(t, send(client), rongcloud.ErrOutcomeUnknown)
	require.Error(t, client.Call(t.Context(), endpoint.UserInfo, form("userId", "nobody"), nil))

	r := &reporter{}
	require.True(t, srv.ExpectRequests(r, endpoint.MessagePrivatePublish, endpoint.MessagePrivatePublish, endpoint.UserInfo))
	require.False(t, srv.ExpectRequests(r, endpoint.MessagePrivatePublish, endpoint.UserBlock))
	require.Equal(t, `requests, - wanted, + got:
  POST /message/private/publish.json: 200, code 200
- POST /user/block.json
+ POST /message/private/publish.json: no answer, fault
+ POST /user/info.json: 200, code 400
`, r.text)
}
