package rongcloudtest_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func expansionOf(t *testing.T, client *rongcloud.Client, uid string) (pairs []string) {
	t.Helper()
	for key, entry := range call(t, client, "/message/expansion/query.json", form("msgUID", uid))["extraContent"].(object) {
		pairs = append(pairs, key+"="+entry.(object)["v"].(string))
	}
	slices.Sort(pairs)
	return pairs
}

// sendAny sends a text by form, with further parameters, and returns the UID of its first target.
func sendAny(t *testing.T, client *rongcloud.Client, path string, pairs ...string) string {
	t.Helper()
	answer := call(t, client, path, form(append([]string{"objectName", "RC:TxtMsg", "content", `{"content":"hello"}`}, pairs...)...))
	return answer["messageUIDs"].([]any)[0].(object)["messageUID"].(string)
}

func operation(uid, user, kind, target string, more ...string) []string {
	return append([]string{"msgUID", uid, "userId", user, "conversationType", kind, "targetId", target}, more...)
}

func TestExpansion(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	srv.AddGroup("g", "a", "b")
	private := sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "expansion", "true", "extraContent", `{"k":"1","x":"9"}`)
	group := sendAny(t, client, "/message/group/publish.json", "fromUserId", "a", "toGroupId", "g", "expansion", "true")
	require.Equal(t, []string{"k=1", "x=9"}, expansionOf(t, client, private))
	require.Empty(t, expansionOf(t, client, group))

	srv.Advance(time.Second)
	set := func(params ...string) { call(t, client, "/message/expansion/set.json", form(params...)) }
	set(operation(private, "a", "1", "b", "extraKeyVal", `{"k":"2"}`)...)
	// the recipient may do it too
	set(operation(private, "b", "1", "a", "extraKeyVal", `{"l":"3"}`)...)
	set(operation(group, "b", "3", "g", "extraKeyVal", `{"m":"4"}`, "isSyncSender", "1")...)
	require.Equal(t, []string{"k=2", "l=3", "x=9"}, expansionOf(t, client, private))
	require.Equal(t, []string{"m=4"}, expansionOf(t, client, group))

	entries := call(t, client, "/message/expansion/query.json", form("msgUID", private, "pageNo", "1"))["extraContent"].(object)
	require.EqualValues(t, started.UnixMilli()+1000, entries["k"].(object)["ts"])
	require.EqualValues(t, started.UnixMilli(), entries["x"].(object)["ts"])
	require.Empty(t, call(t, client, "/message/expansion/query.json", form("msgUID", private, "pageNo", "2"))["extraContent"])

	call(t, client, "/message/expansion/delete.json", form(operation(private, "a", "1", "b", "extraKey", `["k","x","none"]`)...))
	require.Equal(t, []string{"l=3"}, expansionOf(t, client, private))

	history := query(t, client, "private", "b", "a", nil)
	require.Equal(t, true, history[0]["expansion"])
	require.JSONEq(t, `{"l":"3"}`, history[0]["extraContent"].(string))
}

func TestExpansionLimits(t *testing.T) {
	t.Parallel()
	_, client := pair(t)
	pairs := func(from, n int) string {
		all := map[string]string{}
		for i := range n {
			all[fmt.Sprintf("k%d", from+i)] = "v"
		}
		text, err := json.Marshal(all)
		require.NoError(t, err)
		return string(text)
	}
	uid := sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "expansion", "true", "extraContent", pairs(0, 100))
	closed := sendAny(t, client, "/message/private/publish.json", "fromUserId", "a", "toUserId", "b", "extraContent", `{"k":"ignored"}`)
	require.Empty(t, expansionOf(t, client, closed))
	for _, from := range []int{100, 200} {
		call(t, client, "/message/expansion/set.json", form(operation(uid, "a", "1", "b", "extraKeyVal", pairs(from, 100))...))
	}
	call(t, client, "/message/expansion/set.json", form(operation(uid, "a", "1", "b", "extraKeyVal", pairs(250, 50))...))

	for name, c := range map[string]struct {
		code   rongcloud.Code
		params []string
	}{
		"301 in all":      {1002, operation(uid, "a", "1", "b", "extraKeyVal", pairs(299, 2))},
		"101 at once":     {1002, operation(uid, "a", "1", "b", "extraKeyVal", pairs(0, 101))},
		"long key":        {1005, operation(uid, "a", "1", "b", "extraKeyVal", `{"`+strings.Repeat("k", 33)+`":"v"}`)},
		"odd key":         {1002, operation(uid, "a", "1", "b", "extraKeyVal", `{"k k":"v"}`)},
		"long value":      {1005, operation(uid, "a", "1", "b", "extraKeyVal", `{"k0":"`+strings.Repeat("é", 4097)+`"}`)},
		"no string":       {1002, operation(uid, "a", "1", "b", "extraKeyVal", `{"k0":1}`)},
		"not expandable":  {1002, operation(closed, "a", "1", "b", "extraKeyVal", `{"k0":"v"}`)},
		"unknown":         {1002, operation("TEST-unknown", "a", "1", "b", "extraKeyVal", `{"k0":"v"}`)},
		"a third party":   {1002, operation(uid, "c", "1", "b", "extraKeyVal", `{"k0":"v"}`)},
		"other kind":      {1002, operation(uid, "a", "3", "b", "extraKeyVal", `{"k0":"v"}`)},
		"no conversation": {1002, operation(uid, "a", "1", "c", "extraKeyVal", `{"k0":"v"}`)},
	} {
		// Not through Client.Call, which would refuse some of these itself.
		require.Equal(t, c.code, refused(t, client, "/message/expansion/set.json", form(c.params...)).Code, name)
	}
	require.Len(t, expansionOf(t, client, uid), 300)
	call(t, client, "/message/expansion/set.json", form(operation(uid, "a", "1", "b", "extraKeyVal", `{"k0":"`+strings.Repeat("é", 4096)+`"}`)...))
}
