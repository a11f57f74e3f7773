package emulator

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// TestShortLists checks that a client that polls lists need not get whole bodies.
func TestShortLists(t *testing.T) {
	t.Parallel()
	hook := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(hook.Close)
	base, _ := started(t, "-webhook", hook.URL)
	c := client(t, base)
	text := strings.Repeat("字", 30_000)
	var users []string
	for i := range 30 {
		users = append(users, "u"+jsonNumber(i))
	}
	group := rongcloud.GroupMessage{From: "u0", To: []string{"team"}, Content: rongcloud.TextMessage{Content: text}}
	status, answer := ask(t, http.MethodPost, base+"/_emulator/seed", `{"groups": [{"id": "team", "members": ["`+strings.Join(users, `","`)+`"]}]}`)
	require.Equal(t, http.StatusOK, status, answer)
	for range 3 {
		_, err := c.Message.SendGroup(t.Context(), group)
		require.NoError(t, err)
	}
	get := func(path string, into any) int {
		t.Helper()
		status, text := ask(t, http.MethodGet, base+"/_emulator/"+path, "")
		require.Equal(t, http.StatusOK, status, text)
		require.NoError(t, json.Unmarshal([]byte(text), into))
		return len(text)
	}

	var messages []message
	require.Greater(t, get("messages", &messages), 3*len(text))
	require.False(t, messages[0].Cut)
	require.Len(t, messages[0].RecipientIDs, 29)
	require.Less(t, get("messages?cut=500", &messages), 10_000)
	require.Len(t, messages, 3)
	for _, m := range messages {
		require.True(t, m.Cut)
		require.True(t, utf8.ValidString(m.Body))
		require.InDelta(t, 500, len(m.Body), utf8.UTFMax)
		require.Len(t, m.RecipientIDs, 20)
		require.Equal(t, 29, m.RecipientCount)
	}
	var whole message
	get("messages/"+messages[0].MessageUID, &whole)
	require.Len(t, whole.RecipientIDs, 29)
	require.False(t, whole.Cut)

	var inbox []message
	get("users/u1/inbox?limit=2&cut=500", &inbox)
	require.Len(t, inbox, 2)
	require.Equal(t, messages[2].MessageUID, inbox[1].MessageUID, "the newest")
	require.True(t, inbox[0].Cut)
	var all []message
	get("users/u1/inbox", &all)
	require.Len(t, all, 3)
	require.False(t, all[0].Cut)

	var callbacks []callbackState
	require.Eventually(t, func() bool { // each is recorded once the webhook has responded
		get("callbacks", &callbacks)
		return len(callbacks) == 3
	}, time.Minute, 10*time.Millisecond)
	get("callbacks?cut=500&limit=2", &callbacks)
	require.Len(t, callbacks, 2)
	require.True(t, callbacks[1].Cut)
	require.Equal(t, messages[2].MessageUID, callbacks[1].MessageUID)
	var one callbackState
	get("callbacks/"+jsonNumber(callbacks[1].Number), &one)
	require.Greater(t, len(one.Body), len(text))
	require.False(t, one.Cut)

	for path, want := range map[string]int{
		"messages?limit=0": 400, "messages?cut=-1": 400, "messages?cut=x": 400, "callbacks?limit=-1": 400, "users/u1/inbox?limit=no": 400,
		"callbacks/99": 404, "callbacks/x": 400,
	} {
		status, text := ask(t, http.MethodGet, base+"/_emulator/"+path, "")
		require.Equal(t, want, status, "%s: %s", path, text)
	}
}
