package pagetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const seed = `{
	"users": [{"id": "ann", "name": "安 <img src=x onerror=alert(1)>", "online": true}, {"id": "ben", "name": "Ben"}],
	"groups": [{"id": "team", "name": "Team", "members": ["ann", "ben"]}],
	"chatrooms": [{"id": "lobby", "members": ["ann"]}],
	"ultraGroups": [{"id": "city", "members": ["ann"], "channels": ["news"]}]
}`

// limit bounds one test; a browser that is slow to start takes most of it.
const limit = 2 * time.Minute

// emulator starts the program and returns its address and a client of it.
func emulator(t *testing.T) (string, *rongcloud.Client) {
	t.Helper()
	dir := t.TempDir()
	binary, seedFile := filepath.Join(dir, "emulator"), filepath.Join(dir, "seed.json")
	require.NoError(t, os.WriteFile(seedFile, []byte(seed), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/rongcloud-go/rongcloud/cmd/rongcloud-emulator")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)

	cmd := exec.CommandContext(t.Context(), binary, "-listen", "127.0.0.1:0", "-json", "-seed", seedFile)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() }) // the test's context has killed it
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "the emulator says where it is")
	var hello struct{ URL, AppKey string }
	require.NoError(t, json.Unmarshal(lines.Bytes(), &hello))
	go func() {
		for lines.Scan() { // or it would wait for a reader
		}
	}()
	client, err := rongcloud.New(hello.AppKey, "test-app-secret", rongcloud.WithBaseURL(hello.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return hello.URL, client
}

// browser returns the context of an empty page.
func browser(t *testing.T, width, height int64, scheme string) context.Context {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	require.NotEmpty(t, path, "the page's tests need Chromium on the PATH")
	opts := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-quic", true),
	)
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, opts...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf)) // Chromium may be newer than what drives it
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Run(ctx,
		chromedp.EmulateViewport(width, height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
	))
	return ctx
}

// run is chromedp.Run for a test.
func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) { //nolint:revive // t first, as in every helper
	t.Helper()
	require.NoError(t, chromedp.Run(ctx, actions...))
}

// until waits for an expression to become true.
func until(expression string) chromedp.Action { return chromedp.Poll(expression, nil) }

// press clicks the first element that fits, in one step of the page: a list that is drawn anew in
// between would leave chromedp with an element that is gone.
func press(selector string) chromedp.Action {
	quoted, _ := json.Marshal(selector)
	return chromedp.Evaluate(fmt.Sprintf("document.querySelector(%s).click()", quoted), nil)
}

// textHas is an expression that tells whether the text of an element has a part.
func textHas(id, part string) string {
	quoted, _ := json.Marshal(part)
	return fmt.Sprintf("document.getElementById(%q).innerText.includes(%s)", id, quoted)
}

func shoot(t *testing.T, ctx context.Context, name string) { //nolint:revive // t first, as in every helper
	t.Helper()
	dir := os.Getenv("PAGE_SCREENSHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	run(t, ctx, chromedp.CaptureScreenshot(&picture))
	require.NoError(t, os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
}

func send(t *testing.T, client *rongcloud.Client, text string) error {
	t.Helper()
	_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
		From: "ann", To: []string{"ben"}, Content: rongcloud.TextMessage{Content: text},
	})
	return err
}

func TestPageInEverySize(t *testing.T) {
	base, client := emulator(t)
	require.NoError(t, send(t, client, "你好, <b>Ben</b> "+strings.Repeat("long", 60)))
	require.ErrorIs(t, client.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"nobody"}}, nil), rongcloud.CodeUserNotFound)
	for _, c := range []struct {
		width, height int64
		scheme        string
	}{{390, 844, "light"}, {390, 844, "dark"}, {1440, 900, "light"}, {1440, 900, "dark"}} {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.scheme), func(t *testing.T) {
			ctx := browser(t, c.width, c.height, c.scheme)
			var foreign, problems []string
			chromedp.ListenTarget(ctx, func(event any) {
				switch event := event.(type) {
				case *network.EventRequestWillBeSent:
					if !strings.HasPrefix(event.Request.URL, base) && !strings.HasPrefix(event.Request.URL, "data:") {
						foreign = append(foreign, event.Request.URL)
					}
				case *cdpruntime.EventExceptionThrown:
					problems = append(problems, event.ExceptionDetails.Error())
				case *cdpruntime.EventConsoleAPICalled:
					problems = append(problems, string(event.Type))
				}
			})
			run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("live", "live")), until(textHas("calls", "/user/info.json")))
			for _, view := range []string{"calls", "messages", "users", "places", "faults"} {
				run(t, ctx, chromedp.Click("#tab-"+view), chromedp.WaitVisible("#view-"+view))
				var outside []string
				run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll('header *, main *')]
					.filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth)
					.map((node) => node.tagName + '#' + node.id)`, &outside))
				require.Empty(t, outside, "%s is wider than the window", view)
				shoot(t, ctx, fmt.Sprintf("%s-%d-%s", view, c.width, c.scheme))
			}
			run(t, ctx, chromedp.Click("#tab-users"), until(textHas("users", "安 <img")), press(`#users [data-key="ben"]`),
				until(textHas("inbox", "你好, <b>Ben</b>")))
			shoot(t, ctx, fmt.Sprintf("inbox-%d-%s", c.width, c.scheme))
			run(t, ctx, chromedp.Click("#tab-calls"), press("#calls [data-key]"), until(textHas("details", "it matches")))
			shoot(t, ctx, fmt.Sprintf("details-%d-%s", c.width, c.scheme))
			var dark bool
			run(t, ctx, chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'`, &dark))
			require.Equal(t, c.scheme == "dark", dark)
			require.Empty(t, foreign, "the page asks nobody else")
			require.Empty(t, problems, "in the browser's console")
		})
	}
}

func TestPageIsLive(t *testing.T) {
	base, client := emulator(t)
	ctx := browser(t, 1440, 900, "light")
	run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("live", "live")))

	require.NoError(t, send(t, client, "seen at once"))
	run(t, ctx, until(textHas("calls", "ann → ben")), chromedp.Click("#tab-messages"), until(textHas("messages", "seen at once")))

	// A wrong signature is explained.
	wrong, err := rongcloud.New("test-app-key", "another-secret", rongcloud.WithBaseURL(base))
	require.NoError(t, err)
	defer wrong.CloseIdleConnections()
	require.ErrorIs(t, send(t, wrong, "never"), rongcloud.CodeWrongSignature)
	run(t, ctx, chromedp.Click("#tab-calls"), chromedp.Click("#failed-only"), until(textHas("calls", "401 · 1004")),
		press("#calls [data-key]"), until(textHas("details", "made with another App Secret")))
	shoot(t, ctx, "signature")

	// A fault that is set on the page strikes.
	run(t, ctx, chromedp.Click("#tab-faults"), chromedp.SendKeys("#fault-endpoint", "/nowhere"), chromedp.Click("#fault [type=submit]"),
		until(textHas("fault-problem", "/nowhere")), chromedp.SetValue("#fault-endpoint", "/message/private/publish.json"),
		chromedp.Click("#fault [type=submit]"), until(textHas("faults", "dropResponse")))
	require.ErrorIs(t, send(t, client, "dropped"), rongcloud.ErrOutcomeUnknown)
	run(t, ctx, until(`document.querySelectorAll('#faults > li').length === 0`))

	// A reset asks first.
	run(t, ctx, chromedp.Click("#reset"), chromedp.WaitVisible("#confirm"), chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("#confirm"),
		chromedp.Click("#tab-users"), until(textHas("users", "ben")),
		chromedp.Click("#reset"), chromedp.Click("#confirm .danger"), until(`document.querySelectorAll('#users > li').length === 0`))
	require.NoError(t, send(t, client, "after the reset"), "the page's state is the server's")
	run(t, ctx, until(textHas("users", "ben")))
}

func TestPageByKeyboard(t *testing.T) {
	base, client := emulator(t)
	require.NoError(t, send(t, client, "one"))
	ctx := browser(t, 1440, 900, "light")
	focused := func(expression string) chromedp.Action {
		return until("document.activeElement.matches('" + expression + "')")
	}
	run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("calls", "publish")),
		chromedp.Focus("#tab-calls"), chromedp.KeyEvent(kb.ArrowRight), focused("#tab-messages"), chromedp.WaitVisible("#view-messages"),
		chromedp.KeyEvent(kb.ArrowLeft), focused("#tab-calls"),
		chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), focused("#calls button"),
		chromedp.KeyEvent(kb.Enter), until(textHas("details", "it matches")))
	require.NoError(t, send(t, client, "two")) // redraws the list, and leaves the focus where it was
	run(t, ctx, until(`document.querySelectorAll('#calls > li').length === 2`), focused("#calls li:last-child button"),
		chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("#details"), focused("#calls li:last-child button"),
		chromedp.KeyEvent("/"), focused("#filter"), chromedp.SendKeys("#filter", "nothing like it"),
		until(`document.querySelectorAll('#calls > li').length === 0`))
}
