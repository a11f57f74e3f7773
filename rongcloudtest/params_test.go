package rongcloudtest_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Whatever the outcome of a request, its parameters are recorded.
func TestParamsInAllEncodings(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	params := func(method, path, body, contentType string) rongcloudtest.Params {
		header := signed(srv)
		header.Set("Content-Type", contentType)
		request(t, srv, method, path, body, header)
		all := srv.Requests()
		return all[len(all)-1].Params
	}
	const isForm, isJSON = "application/x-www-form-urlencoded", "application/json"

	p := params("POST", "/user/block.json", "userId=a&userId=b&minute=5", isForm)
	require.Equal(t, []string{"a", "b"}, p.List("userId"))
	require.EqualValues(t, 5, p.Int("minute"))
	require.Equal(t, `minute="5" userId=["a" "b"]`, p.String())

	p = params("POST", "/user/deactivate.json", "userId=a%2Cb", isForm)
	require.Equal(t, []string{"a", "b"}, p.List("userId"))

	p = params("POST", "/user/tag/batch/set.json", `{"userIds":["a","b"],"tags":[]}`, isJSON)
	require.Equal(t, []string{"a", "b"}, p.List("userIds"))
	require.True(t, p.Has("tags"))
	require.Empty(t, p.List("tags"))

	p = params("POST", "/chatroom/create.json", "chatroom%5Br1%5D=One&chatroom[r2]=Two", isForm)
	require.Equal(t, map[string]string{"r1": "One", "r2": "Two"}, p.Keyed("chatroom"))
	require.True(t, p.Has("chatroom"))
	require.Equal(t, []string{"chatroom"}, p.Names())

	p = params("GET", "/user/conversation/tag/get.json?userId=a", "", "")
	require.Equal(t, "a", p.Get("userId"))

	p = params("POST", "/push.json", `{"platform":["ios"],"audience":{"is_to_all": true},"notification":{"alert":"x"},"fromuserid":"a"}`, isJSON)
	require.Equal(t, `{"is_to_all":true}`, p.Get("audience"))

	p = params("POST", "/user/conversation/tag/set.json", `{"userId":"a","odd":[1, 2],"tags":[{"tagId": "x"},{"tagId":"y"}]}`, isJSON)
	require.Equal(t, []string{`{"tagId":"x"}`, `{"tagId":"y"}`}, p.List("tags"))
	require.Equal(t, "[1,2]", p.Get("odd"))

	require.False(t, p.Has("nothing"))
	require.Zero(t, p.Int("nothing"))
	require.False(t, p.Bool("nothing"))
	require.Empty(t, p.Get("nothing"))
	require.Nil(t, p.List("nothing"))
}

func TestNullAmongStrings(t *testing.T) {
	t.Parallel()
	body := func(to, pushData string) map[string]any {
		return map[string]any{
			"fromUserId": "a", "toUserId": json.RawMessage(to), "objectName": "RC:TxtMsg", "content": `{"content":"{n}"}`,
			"values": json.RawMessage(`[{"{n}":"1"}]`), "pushContent": []string{"p"}, "pushData": json.RawMessage(pushData),
		}
	}
	const path = "/message/private/publish_template.json"
	srv, client := pair(t)
	require.NoError(t, client.Call(t.Context(), endpointAt(path), body(`["b"]`, `[null]`), nil))
	require.Empty(t, srv.User("b").Inbox()[0].PushData)
	require.ErrorContains(t, client.Call(t.Context(), endpointAt(path), body(`[null]`, `["d"]`), nil), "toUserId has an empty item")

	strict := rongcloudtest.NewServer(t, rongcloudtest.WithStrict())
	err := strict.Client().Call(t.Context(), endpointAt(path), body(`["b"]`, `[null]`), nil)
	require.ErrorContains(t, err, "strict: pushData has a null among its strings")
}
