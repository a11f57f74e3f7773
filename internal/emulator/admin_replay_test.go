package emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// look returns the details of a call.
func look(t *testing.T, admin string, number int) details {
	t.Helper()
	status, text := ask(t, "GET", admin+"requests/"+strconv.Itoa(number), "")
	require.Equal(t, 200, status, text)
	var one details
	require.NoError(t, json.Unmarshal([]byte(text), &one))
	return one
}

func TestReplay(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	admin := base + "/_emulator/"
	_, err := client(t, base).User.Register(t.Context(), rongcloud.RegisterParams{UserID: "ann", Name: "Ann & Ben"})
	require.NoError(t, err)
	first := look(t, admin, 1)
	require.Equal(t, "userId=ann&name=Ann+%26+Ben", first.Body)
	require.JSONEq(t, `{"code":200,"userId":"ann","token":"test-token-1-ann"}`, first.Response.Body)

	status, text := ask(t, "POST", admin+"requests/1/replay", "")
	require.Equal(t, 200, status, text)
	again := look(t, admin, 2)
	require.Equal(t, first.Body, again.Body)
	require.Equal(t, "/user/getToken.json", again.Path)
	require.Equal(t, first.Headers["Content-Type"], again.Headers["Content-Type"])
	require.NotEqual(t, first.Signature.Nonce, again.Signature.Nonce, "it is signed anew")
	require.JSONEq(t, `{"code":200,"userId":"ann","token":"test-token-2-ann"}`, again.Response.Body)

	status, text = ask(t, "POST", base+"/_emulator/faults", `{"dropResponse": true}`)
	require.Equal(t, 200, status, text)
	status, text = ask(t, "POST", admin+"requests/1/replay", "")
	require.Equal(t, 200, status, text)
	require.Contains(t, text, `"status":0`, "nobody got the response")
	for number, want := range map[string]int{"99": http.StatusNotFound, "x": http.StatusBadRequest} {
		status, text = ask(t, "POST", admin+"requests/"+number+"/replay", "")
		require.Equal(t, want, status, text)
	}
}

func TestCurl(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	const odd = `{"text":"it's $HOME and \"more\"` + "\\n" + `"}`
	c := client(t, base)
	_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
		From: "ann", To: []string{"ben"}, Content: rongcloud.RawContent{Name: "app:it's", Body: odd},
	})
	require.NoError(t, err)
	one := look(t, base+"/_emulator/", 1)
	require.NotEmpty(t, one.MessageUIDs)

	// The shell prints the arguments of curl instead of calling it.
	script := "openssl() { cat; }\ncurl() { for word in \"$@\"; do printf '%s\\036' \"$word\"; done; }\n" + one.Curl
	output, err := exec.CommandContext(t.Context(), "sh", "-c", script).Output()
	require.NoError(t, err, "%s", one.Curl)
	words := strings.Split(string(output), "\036")
	require.Equal(t, []string{"-i", "-X", "POST", base + "/message/private/publish.json"}, words[:4])
	require.Equal(t, []string{"--data-binary", one.Body, ""}, words[len(words)-3:])
	require.Contains(t, words, "App-Key: test-app-key")
	require.Contains(t, words, "Content-Type: application/x-www-form-urlencoded; charset=UTF-8")
	require.NotContains(t, one.Curl, one.Signature.Nonce)
}

// A custom secret is not shown.
func TestCurlWithOwnSecret(t *testing.T) {
	t.Parallel()
	out := newConsole(io.Discard, true)
	t.Cleanup(out.close)
	e, err := newEmulator(settings{key: "k", secret: "swordfish"}, out)
	require.NoError(t, err)
	t.Cleanup(func() { _ = e.Close() })
	_, err = e.client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: "u", Name: "u"})
	require.NoError(t, err)
	require.NotContains(t, e.curl("localhost", e.Requests()[0]), "swordfish")
}

func TestMessageDetails(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	c := client(t, base)
	_, err := c.Message.SendGroup(t.Context(), rongcloud.GroupMessage{From: "ann", To: []string{"none"}, Content: rongcloud.TextMessage{Content: "hi"}})
	require.NoError(t, err)
	var all []message
	_, text := ask(t, "GET", base+"/_emulator/messages", "")
	require.NoError(t, json.Unmarshal([]byte(text), &all))
	require.Equal(t, 1, all[0].RequestNumber)
	require.Equal(t, []missed{{Reason: "there is no such group"}}, all[0].Missed)
	status, one := ask(t, "GET", base+"/_emulator/messages/"+all[0].MessageUID, "")
	require.Equal(t, 200, status)
	require.Contains(t, text, strings.TrimSpace(one))
	status, _ = ask(t, "GET", base+"/_emulator/messages/none", "")
	require.Equal(t, http.StatusNotFound, status)

	var state struct {
		Instance                                  string
		RequestCount, MessageCount, CallbackCount int
	}
	_, text = ask(t, "GET", base+"/_emulator/state", "")
	require.NoError(t, json.Unmarshal([]byte(text), &state))
	require.Equal(t, 1, state.RequestCount)
	require.Equal(t, 1, state.MessageCount)
	instance := state.Instance
	require.NotEmpty(t, instance)
	ask(t, "POST", base+"/_emulator/reset", "")
	_, text = ask(t, "GET", base+"/_emulator/state", "")
	require.NoError(t, json.Unmarshal([]byte(text), &state))
	require.Zero(t, state.RequestCount)
	require.Zero(t, state.MessageCount)
	require.Equal(t, instance, state.Instance, "a reset is no new start")
}

func TestRetry(t *testing.T) {
	t.Parallel()
	told := make(chan string, 8)
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		told <- string(body)
		_, _ = io.WriteString(w, "thank you")
	}))
	t.Cleanup(hook.Close)
	base, _ := started(t, "-webhook", hook.URL)
	admin := base + "/_emulator/"
	status, text := ask(t, "POST", admin+"callbacks/1/retry", "")
	require.Equal(t, http.StatusNotFound, status, text)
	status, text = ask(t, "POST", admin+"seed", `{"users": [{"id": "ann", "online": true}]}`)
	require.Equal(t, 200, status, text)
	first := <-told
	require.Eventually(t, func() bool { // it is recorded once the webhook has responded
		status, text = ask(t, "POST", admin+"callbacks/1/retry", "")
		return status == 200
	}, time.Minute, time.Millisecond, text)
	require.Equal(t, first, <-told)
	var all []callbackState
	_, text = ask(t, "GET", admin+"callbacks", "")
	require.NoError(t, json.Unmarshal([]byte(text), &all))
	require.Equal(t, "thank you", all[0].Response)
	require.Equal(t, first, all[0].Body, "as it was posted")
	require.Contains(t, all[0].Body, `"userid":"ann"`, "the names of the wire")
	require.Equal(t, "application/json; charset=UTF-8", all[0].MediaType)
	require.Contains(t, all[0].Query, "signature=")
	require.Equal(t, hook.URL, all[0].URL)
	require.Equal(t, all[0].MediaType, all[0].Headers["Content-Type"])
}

func TestRemoveWordsAndFaults(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	admin := base + "/_emulator/"
	status, text := ask(t, "POST", admin+"seed", `{"sensitiveWords": [{"word": "bad/word"}, {"word": "worse"}]}`)
	require.Equal(t, 200, status, text)
	status, text = ask(t, "DELETE", admin+"words/bad%2Fword", "")
	require.Equal(t, 200, status, text)
	_, text = ask(t, "GET", admin+"state", "")
	require.NotContains(t, text, "bad/word")
	require.Contains(t, text, "worse")

	for range 2 {
		status, text = ask(t, "POST", admin+"faults", `{"status": 429}`)
		require.Equal(t, 200, status, text)
	}
	status, text = ask(t, "DELETE", admin+"faults/1", "")
	require.Equal(t, 200, status, text)
	require.Equal(t, `[{"number":2,"status":429,"times":1}]`, strings.TrimSpace(text))
	status, _ = ask(t, "DELETE", admin+"faults/1", "")
	require.Equal(t, http.StatusNotFound, status)
	status, text = ask(t, "POST", admin+"faults", `{"number": 3}`)
	require.Equal(t, http.StatusBadRequest, status, text)
}
