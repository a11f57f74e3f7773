package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// The commands notice a server that is not an emulator, whatever it responds.
func TestServersOtherThanEmulators(t *testing.T) {
	t.Parallel()
	seed := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(seed, []byte(`{"users":[]}`), 0o600))
	elsewhere := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"instance":"x","now":"2026-11-27T00:00:00Z"}`)
	}))
	t.Cleanup(elsewhere.Close)
	for name, respond := range map[string]http.HandlerFunc{
		"empty":       func(http.ResponseWriter, *http.Request) {},
		"a page":      func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>Welcome</html>") },
		"an object":   func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `{"code":200}`) },
		"null":        func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "null") },
		"a list":      func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, `[{"id":1}]`) },
		"no content":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a redirect":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, elsewhere.URL, http.StatusFound) },
		"not found":   http.NotFound,
		"bad request": func(w http.ResponseWriter, _ *http.Request) { http.Error(w, `{"error":""}`, http.StatusBadRequest) },
	} {
		server := httptest.NewServer(respond)
		t.Cleanup(server.Close)
		for _, args := range [][]string{{"seed", seed}, {"state"}, {"state", "--json"}, {"advance", "1h"}, {"fault"}, {"fault", "list"}, {"fault", "clear"}, {"fault", "clear", "1"}, {"tail"}} {
			t.Run(name+" "+strings.Join(args[:1], " "), func(t *testing.T) {
				t.Parallel()
				code, out, talk := runApp(t, nil, append(append([]string{"emulator"}, args...), "--url", server.URL)...)
				require.Equal(t, exitRefused, code, talk)
				require.Contains(t, talk, "is no emulator", args)
				require.NotContains(t, talk, "json: ", args)
				require.Equal(t, 1, strings.Count(talk, "\n"), talk)
				require.Empty(t, out)
			})
		}
	}
}

// The commands refuse malformed addresses, and never print the password of one.
func TestAddressesOfEmulators(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"http://127.0.0.1:1/?a=b", "http://127.0.0.1:1/#a", "127.0.0.1:1", "ftp://127.0.0.1:1"} {
		for _, args := range [][]string{{"state"}, {"tail"}, {"advance", "1h"}, {"fault", "list"}} {
			code, _, talk := runApp(t, nil, append(append([]string{"emulator"}, args...), "--url", address)...)
			require.Equal(t, exitUsage, code, address)
			require.Contains(t, talk, "--url: ", address)
		}
	}
	for _, command := range []string{"state", "tail"} {
		code, _, talk := runApp(t, nil, "emulator", command, "--url", "http://ann:secret@127.0.0.1:1")
		require.Equal(t, exitRefused, code)
		require.Contains(t, talk, "no emulator at http://ann:xxxxx@127.0.0.1:1")
	}
	for _, args := range [][]string{{"emulator", "--listen", "8686"}, {"webhook", "listen", "--listen", "8687"}, {"emulator", "--listen", "localhost"}} {
		code, _, talk := runApp(t, nil, args...)
		require.Equal(t, exitUsage, code, talk)
		require.Contains(t, talk, "--listen", args)
		require.Contains(t, talk, "address and port", args)
	}
}

// eventStream starts a server and returns its URL. Each connection gets one of the streams, and
// further connections break off.
func eventStream(t *testing.T, streams ...string) string {
	t.Helper()
	var served atomic.Int64
	server := httptest.NewUnstartedServer(nil)
	server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := int(served.Add(1))
		if n > len(streams) {
			panic(http.ErrAbortHandler) // as if the emulator had ended
		}
		w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
		_, _ = io.WriteString(w, "retry: 1000\n\n"+streams[n-1])
	})
	server.Start()
	t.Cleanup(server.Close)
	return server.URL
}

// tail connects again when a stream ends, until the emulator has ended.
func TestTailReconnects(t *testing.T) {
	t.Parallel()
	url := eventStream(t, "event: clock\ndata: {\"now\":1}\n\n", "event: clock\ndata: {\"now\":2}\n\nevent: clock\ndata: {\"now\":3")
	code, out, talk := runApp(t, nil, "emulator", "tail", "--json", "--url", url)
	require.Zero(t, code, talk)
	require.Equal(t, "{\"event\":\"clock\",\"data\":{\"now\":1}}\n{\"event\":\"clock\",\"data\":{\"now\":2}}\n", out, "tail prints no incomplete event")
	require.Equal(t, []string{"Watching " + url + ". Ctrl-C ends it.", "Watching again; some events may be missing.", "The emulator has ended.", ""}, strings.Split(talk, "\n"))
}

// tail reads an event of several MiB, such as a message to a large group, without a new
// connection.
func TestTailReadsLongEvents(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("u", 3<<20)
	url := eventStream(t, fmt.Sprintf("event: message\ndata: {\"from\":\"ann\",\"body\":%q}\n\nevent: clock\ndata: {}\n\n", long))
	code, out, talk := runApp(t, nil, "emulator", "tail", "--json", "--url", url)
	require.Zero(t, code, talk)
	require.Greater(t, len(out), len(long))
	require.Contains(t, out, `"event":"clock"`)
}

// The values of --header and --where may contain commas, quotes and equals signs, as JSON does.
func TestNamedValues(t *testing.T) {
	t.Parallel()
	values := namedValues(nil)
	for _, text := range []string{"X-A=b=c, d", `content={"a":"b=c, d"}`, "empty=", `q="`} {
		require.NoError(t, values.Set(text), text)
	}
	require.Equal(t, namedValues{"X-A": "b=c, d", "content": `{"a":"b=c, d"}`, "empty": "", "q": `"`}, values)
	for _, text := range []string{"", "X", "=x", "X-A=again"} {
		require.Error(t, values.Set(text), text)
	}
}

func TestFaultText(t *testing.T) {
	t.Parallel()
	for want, f := range map[string]pendingFault{
		"any call, HTTP 500, code 1000":                            {},
		"/a, HTTP 500, code 1000, after 2 calls":                   {Endpoint: "/a", Skip: 2},
		"/a, where content={\"a\":1} userId=ann, HTTP 429":         {Endpoint: "/a", Where: map[string]string{"userId": "ann", "content": `{"a":1}`}, Status: 429},
		"any call, with Retry-After=2, after 1s":                   {Header: map[string]string{"Retry-After": "2"}, Delay: "1s"},
		"any call, where a=b c, HTTP 500, code 1000":               {Where: map[string]string{"a": "b\nc"}},
		"any call, reset the connection":                           {Reset: true},
		"any call, a wrong length":                                 {ContentLength: 3},
		"any call, code 1008, drop the response, cut the response": {Code: 1008, DropResponse: true, CutResponse: true},
	} {
		require.Equal(t, want, f.text())
	}
}
