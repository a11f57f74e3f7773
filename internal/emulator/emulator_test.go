package emulator

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// output collects what a program prints, line by line.
type output struct {
	mu    sync.Mutex
	all   bytes.Buffer
	lines chan string
	rest  string
}

func newOutput() *output { return &output{lines: make(chan string, 1000)} }

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.all.Write(p)
	o.rest += string(p)
	for {
		line, rest, found := strings.Cut(o.rest, "\n")
		if !found {
			return len(p), nil
		}
		o.rest = rest
		o.lines <- line
	}
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.all.String()
}

// until returns the next line that contains part.
func (o *output) until(t *testing.T, part string) string {
	t.Helper()
	for {
		select {
		case line := <-o.lines:
			if strings.Contains(line, part) {
				return line
			}
		case <-t.Context().Done():
		case <-time.After(30 * time.Second):
			t.Fatalf("no line with %q in\n%s", part, o)
		}
	}
}

// started runs the emulator until the test ends, and returns its address and what it prints.
func started(t *testing.T, args ...string) (string, *output) {
	t.Helper()
	out := newOutput()
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- Run(ctx, append([]string{"-listen", "127.0.0.1:0"}, args...), out) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-ended, "a clean end")
	})
	for {
		select {
		case line := <-out.lines:
			var hello struct{ URL string }
			if json.Unmarshal([]byte(line), &hello) == nil && hello.URL != "" {
				return hello.URL, out
			}
			if _, address, found := strings.Cut(line, "export RONGCLOUD_API_URL="); found {
				return address, out
			}
		case err := <-ended:
			ended <- err
			require.NoError(t, err)
		}
	}
}

func client(t *testing.T, base string) *rongcloud.Client {
	t.Helper()
	c, err := rongcloud.New("test-app-key", "test-app-secret", rongcloud.WithBaseURL(base), rongcloud.WithoutRetries())
	require.NoError(t, err)
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func send(c *rongcloud.Client) error {
	_, err := c.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "ann", To: []string{"ben", "cem", "dan", "eve"}, Content: rongcloud.TextMessage{Content: "hello"},
	})
	return err
}

// ask calls the admin API.
func ask(t *testing.T, method, url, body string, header ...string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		}
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp.StatusCode, strings.TrimSpace(string(answer))
}

func TestConsole(t *testing.T) {
	t.Parallel()
	base, out := started(t)
	require.NoError(t, send(client(t, base)))
	line := out.until(t, "/message/private/publish.json")
	require.Regexp(t, `^\d\d:\d\d:\d\d\.\d{3} POST /message/private/publish\.json +200 200 +\d+\.\dms ann → ben, cem, dan and 1 more$`, line)

	other, err := rongcloud.New("test-app-key", "other", rongcloud.WithBaseURL(base))
	require.NoError(t, err)
	defer other.CloseIdleConnections()
	require.ErrorIs(t, send(other), rongcloud.CodeWrongSignature)
	require.Regexp(t, `401 1004 +\d+\.\dms the signature does not match$`, out.until(t, "401"))

	status, _ := ask(t, "POST", base+"/_emulator/faults", `{"dropResponse":true}`)
	require.Equal(t, 200, status)
	require.ErrorIs(t, send(client(t, base)), rongcloud.ErrOutcomeUnknown)
	require.Regexp(t, `dropped .*ms ann → .* more \(fault\)$`, out.until(t, "dropped"))
	status, _ = ask(t, "POST", base+"/_emulator/faults", `{"status":429,"code":1008}`)
	require.Equal(t, 200, status)
	require.ErrorIs(t, send(client(t, base)), rongcloud.ErrRateLimited)
	require.Regexp(t, `429 1008 +\d+\.\dms rate limit exceeded \(fault\)$`, out.until(t, "429"))
	require.NotContains(t, out.String(), "\x1b", "no colours where there is no terminal")
}

func TestConsoleAsJSON(t *testing.T) {
	t.Parallel()
	base, out := started(t, "-json")
	require.NoError(t, send(client(t, base)))
	var line map[string]any
	require.NoError(t, json.Unmarshal([]byte(out.until(t, "publish")), &line))
	require.Equal(t, "/message/private/publish.json", line["path"])
	require.Equal(t, "ann → ben, cem, dan and 1 more", line["who"])
	require.Equal(t, true, line["ok"])
}

func TestColours(t *testing.T) {
	t.Parallel()
	c := &console{colour: true}
	require.Equal(t, "\x1b[31mx\x1b[0m", c.paint(red, "x"))
	require.Equal(t, "a·[31mb·c", printable("a\x1b[31mb\nc"), "foreign text paints nothing")
}

func TestSecretIsNotPrinted(t *testing.T) {
	t.Parallel()
	base, out := started(t, "-app-secret", "a-secret-of-somebody", "-app-key", "k")
	c, err := rongcloud.New("k", "a-secret-of-somebody", rongcloud.WithBaseURL(base))
	require.NoError(t, err)
	defer c.CloseIdleConnections()
	require.NoError(t, send(c))
	out.until(t, "publish")
	require.NotContains(t, out.String(), "a-secret-of-somebody")
	for _, path := range []string{"state", "requests", "requests/1"} {
		status, answer := ask(t, "GET", base+"/_emulator/"+path, "")
		require.Equal(t, 200, status)
		require.NotContains(t, answer, "a-secret-of-somebody")
	}
}

func TestStrict(t *testing.T) {
	t.Parallel()
	base, _ := started(t, "-strict")
	err := client(t, base).User.Blacklist.Add(t.Context(), rongcloud.UserBlacklistParams{UserID: "u", TargetIDs: []string{"v"}}, rongcloud.WithExtraField("colour", "blue"))
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.ErrorContains(t, err, "colour")
}

func TestQuotas(t *testing.T) {
	t.Parallel()
	base, _ := started(t, "-quotas")
	c := client(t, base)
	message := rongcloud.PrivateMessage{From: "ann", Content: rongcloud.TextMessage{Content: "hello"}}
	for i := range 1000 {
		message.To = append(message.To, "user"+strconv.Itoa(i))
	}
	for range 6 { // 6000 recipients a minute
		_, err := c.Message.SendPrivate(t.Context(), message)
		require.NoError(t, err)
	}
	_, err := c.Message.SendPrivate(t.Context(), message)
	require.ErrorIs(t, err, rongcloud.ErrRateLimited)
	status, _ := ask(t, "POST", base+"/_emulator/clock", `{"advance":"1m"}`)
	require.Equal(t, 200, status)
	_, err = c.Message.SendPrivate(t.Context(), message)
	require.NoError(t, err)
}

func TestBadFlags(t *testing.T) {
	t.Parallel()
	broken := filepath.Join(t.TempDir(), "broken.json")
	require.NoError(t, os.WriteFile(broken, []byte(`{"users":[{"id":"u","colour":"blue"}]}`), 0o600))
	noID := filepath.Join(t.TempDir(), "noid.json")
	require.NoError(t, os.WriteFile(noID, []byte(`{"users":[{"name":"nobody"}]}`), 0o600))
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-colour"}, "colour"},
		{[]string{"more"}, "unexpected argument"},
		{[]string{"-listen", "127.0.0.1:x"}, "unknown port"},
		{[]string{"-colour"}, "-h lists the flags"},
		{[]string{"-memory", "15"}, "at least 16 MiB"},
		{[]string{"-clock-skew", "soon"}, "clock-skew"},
		{[]string{"-kinds", "message_sync"}, "needs -webhook"},
		{[]string{"-pre-messages"}, "needs -webhook"},
		{[]string{"-server-messages=false"}, "needs -webhook"},
		{[]string{"-host", ""}, "not a host name"},
		{[]string{"-host", "http://emulator"}, "not a host name"},
		{[]string{"-host", "emulator:8686"}, "not a host name"},
		{[]string{"-host", "*"}, "not a host name"},
		{[]string{"-host", `a"b`}, "not a host name"},
		{[]string{"-memory", "17592186044448"}, "at most 1073741824 MiB"},
		{[]string{"-app-key", ""}, "appKey: is empty"},
		{[]string{"-app-key", "  "}, "appKey: is empty"},
		{[]string{"-app-key", "a\nb"}, "appKey: is not printable"},
		{[]string{"-app-key", `a"b`}, "must not have blanks or quotes"},
		{[]string{"-app-secret", ""}, "ppSecret: is empty"},
		{[]string{"-seed", "/does/not/exist"}, "no such file"},
		{[]string{"-seed", broken}, "colour"},
		{[]string{"-webhook", "nowhere"}, "not an http or https URL"},
		{[]string{"-seed", noID}, "users[0]: an ID is required"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // for flags that it accepts, and serves
		err := Run(ctx, c.args, io.Discard)
		cancel()
		require.ErrorContains(t, err, c.says, "%v", c.args)
		name, _, _ := strings.Cut(c.args[0], "=")
		require.ErrorContains(t, err, name, "%v does not name the flag", c.args)
	}
}
