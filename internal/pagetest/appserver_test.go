package pagetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// site is a process of examples/appserver. It keeps its address and its database over restarts.
type site struct {
	url string
	env []string
	cmd *exec.Cmd
}

var (
	workDir   string
	buildOnce sync.Once
	errBuild  error
)

func TestMain(m *testing.M) {
	var err error
	if workDir, err = os.MkdirTemp("", "pagetest"); err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(workDir)
	os.Exit(code)
}

// program builds the App Server once for all tests, and returns its path.
func program(t *testing.T) string {
	t.Helper()
	path := filepath.Join(workDir, "appserver")
	buildOnce.Do(func() {
		var output []byte
		build := exec.Command("go", "-C", "../../examples/appserver", "build", "-o", path, ".")
		if output, errBuild = build.CombinedOutput(); errBuild != nil {
			errBuild = fmt.Errorf("%w: %s", errBuild, output)
		}
	})
	require.NoError(t, errBuild)
	return path
}

func newSite(t *testing.T, env ...string) *site {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	s := &site{url: "http://" + listener.Addr().String()}
	s.env = append(os.Environ(), "APPSERVER_ADDR="+listener.Addr().String(), "DATABASE_URL=sqlite:"+filepath.Join(t.TempDir(), "x.db"))
	s.start(t, env...)
	t.Cleanup(func() { s.stop(t) })
	return s
}

func (s *site) start(t *testing.T, env ...string) {
	t.Helper()
	s.cmd = exec.Command(program(t))
	s.cmd.Stderr, s.cmd.Env = os.Stderr, slices.Concat(s.env, env)
	require.NoError(t, s.cmd.Start())
	require.Eventually(t, func() bool {
		response, err := http.Get(s.url + "/readyz")
		if err == nil {
			err = response.Body.Close()
		}
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)
}

func (s *site) stop(t *testing.T) {
	t.Helper()
	if s.cmd.ProcessState == nil {
		require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
		require.NoError(t, s.cmd.Wait())
	}
}

// apiUser is a user who calls the JSON API without a browser.
type apiUser struct {
	base string
	http http.Client
}

// enter logs a user in or signs them up: path is /login or /signup.
func (s *site) enter(t *testing.T, path, name string) *apiUser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	a := &apiUser{base: s.url, http: http.Client{Jar: jar}}
	t.Cleanup(a.http.CloseIdleConnections)
	response, err := a.http.PostForm(s.url+path, url.Values{"name": {name}, "password": {"demo-demo"}})
	require.NoError(t, err)
	require.NoError(t, response.Body.Close())
	require.Equal(t, "/", response.Request.URL.Path)
	return a
}

// call calls the JSON API. Unless to is nil, it decodes the response into it.
func (a *apiUser) call(t *testing.T, method, path string, body, to any) {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	request, err := http.NewRequestWithContext(t.Context(), method, a.base+path, bytes.NewReader(text))
	require.NoError(t, err)
	response, err := a.http.Do(request)
	require.NoError(t, err)
	defer response.Body.Close()
	found, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.Less(t, response.StatusCode, 300, "%s", found)
	if to != nil {
		require.NoError(t, json.Unmarshal(found, to))
	}
}

// online opens an event stream, which the fake RongCloud counts as the user's device.
func (a *apiUser) online(t *testing.T) {
	t.Helper()
	response, err := a.http.Get(a.base + "/api/events")
	require.NoError(t, err)
	t.Cleanup(func() { _ = response.Body.Close() })
}

// browserUser is a user in a browser profile of their own. problems collects script errors,
// violations of the Content-Security-Policy, and requests to other sites.
type browserUser struct {
	ctx      context.Context
	base     string
	problems []string
}

// openWindow opens a window with a new profile: it shares no cookies with other windows.
func openWindow(t *testing.T, chromium context.Context, base string) *browserUser { //nolint:revive // t first, as in every helper
	t.Helper()
	own := chromedp.FromContext(chromium)
	session := cdp.WithExecutor(chromium, own.Browser)
	profile, err := target.CreateBrowserContext().WithDisposeOnDetach(true).Do(session)
	require.NoError(t, err)
	// the first tab of a new profile must be in a new window
	window, err := target.CreateTarget("about:blank").WithBrowserContextID(profile).WithNewWindow(true).Do(session)
	require.NoError(t, err)
	ctx, cancel := chromedp.NewContext(chromium, chromedp.WithTargetID(window))
	t.Cleanup(cancel)
	g := &browserUser{ctx: ctx, base: base}
	chromedp.ListenTarget(ctx, func(event any) {
		switch event := event.(type) {
		case *cdpruntime.EventExceptionThrown:
			g.problems = append(g.problems, event.ExceptionDetails.Error())
		case *log.EventEntryAdded: // such as a violation of the Content-Security-Policy
			if event.Entry.Source == log.SourceSecurity {
				g.problems = append(g.problems, event.Entry.Text)
			}
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(event.Request.URL, base) && event.Request.URL != "about:blank" {
				g.problems = append(g.problems, event.Request.URL)
			}
		}
	})
	g.run(t, network.Enable(), log.Enable(), view(1440, "light"))
	return g
}

// logIn opens a window in which the user is logged in.
func logIn(t *testing.T, chromium context.Context, base, name, language string) *browserUser { //nolint:revive // t first
	t.Helper()
	g := openWindow(t, chromium, base)
	g.run(t, chromedp.Navigate(base+"/login?lang="+language),
		chromedp.SendKeys(`input[name=name]`, name, chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible("#lists", chromedp.ByID))
	return g
}

func (g *browserUser) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	err := chromedp.Run(g.ctx, actions...)
	if err != nil {
		screenshot(t, g.ctx, "appserver-failed")
	}
	require.NoError(t, err, "%v", g.problems)
}

// say types a message and presses Enter.
func (g *browserUser) say(t *testing.T, text string) {
	t.Helper()
	g.run(t, chromedp.SendKeys("#text", text, chromedp.ByQuery), enterKey)
}

// key presses a key. The text is part of the key event, as with a keyboard, so the page's script
// can prevent it.
func key(name, text string, code int64, modifiers input.Modifier) chromedp.Action {
	event := func(kind input.KeyType) *input.DispatchKeyEventParams {
		return input.DispatchKeyEvent(kind).WithKey(name).WithCode(name).WithWindowsVirtualKeyCode(code).WithModifiers(modifiers)
	}
	return chromedp.Tasks{event(input.KeyDown).WithText(text), event(input.KeyUp)}
}

var (
	enterKey      = key("Enter", "\r", 13, 0)
	shiftEnterKey = key("Enter", "\r", 13, input.ModifierShift)
	tabKey        = key("Tab", "", 9, 0)
	escapeKey     = key("Escape", "", 27, 0)
)

// view sets the size of a window and its color scheme.
func view(width int64, scheme string) chromedp.Action {
	height := int64(900)
	if width == 390 {
		height = 844
	}
	return chromedp.Tasks{
		chromedp.EmulateViewport(width, height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
	}
}

// inspect requires that the page fits the window and has enough contrast, on a dark phone and a
// light desktop. With PAGE_SCREENSHOTS it checks all four combinations and writes screenshots.
func (g *browserUser) inspect(t *testing.T, what string) {
	t.Helper()
	for _, c := range []struct {
		width  int64
		scheme string
		always bool
	}{{390, "dark", true}, {390, "light", false}, {1440, "dark", false}, {1440, "light", true}} {
		if !c.always && os.Getenv("PAGE_SCREENSHOTS") == "" {
			continue
		}
		g.run(t, view(c.width, c.scheme), until(`document.readyState === 'complete'`)) // with its stylesheet
		name := fmt.Sprintf("appserver-%s-%d-%s", what, c.width, c.scheme)
		requireNoOverflow(t, g.ctx, name)
		requireContrast(t, g.ctx, name)
		screenshot(t, g.ctx, name)
	}
}

// requireNoOverflow fails the test if an element is wider than the window, or its content wider
// than the element.
func requireNoOverflow(t *testing.T, ctx context.Context, what string) { //nolint:revive // t first, as in every helper
	t.Helper()
	var wide []string
	run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll('body *')]
		.filter((node) => node.checkVisibility() && (node.getBoundingClientRect().right > document.documentElement.clientWidth + 1
			|| node.scrollWidth > node.clientWidth + 1 && node.clientWidth && !['hidden', 'clip'].includes(getComputedStyle(node).overflowX)
				&& getComputedStyle(node).display !== 'inline'))
		.map((node) => node.tagName + '#' + node.id + '.' + node.className)`, &wide))
	require.Empty(t, wide, what)
}

// openChat opens the conversation with the given title.
func openChat(title string) chromedp.Action {
	find := fmt.Sprintf(`[...document.querySelectorAll('#chats .entry')]
		.find((one) => one.querySelector('.names bdi').textContent === %s)`, quoted(title))
	return chromedp.Tasks{until(find + " !== undefined"), chromedp.Evaluate(find+".click()", nil),
		until(`document.getElementById('title').textContent === ` + quoted(title))}
}

func quoted(text string) string {
	found, _ := json.Marshal(text)
	return string(found)
}

// waitAndPress waits for an element that matches, and clicks it.
func waitAndPress(selector string) chromedp.Action {
	return chromedp.Tasks{until(fmt.Sprintf("document.querySelector(%s) !== null", quoted(selector))), press(selector)}
}

// pressText waits for a visible button with the given text, and clicks it.
func pressText(text string) chromedp.Action {
	find := fmt.Sprintf(`[...document.querySelectorAll('button')]
		.find((one) => one.checkVisibility() && one.textContent === %s)`, quoted(text))
	return chromedp.Tasks{until(find + " !== undefined"), chromedp.Evaluate(find+".click()", nil)}
}

// Two users chat in two windows: presence, unread counts, a recall, a message refused by
// moderation, a group, a block, and a report that the operator decides. The test inspects each
// view.
func TestTwoPeopleChat(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chromium := browser(t, 1440, 900, "light")
	ann := openWindow(t, chromium, s.url)
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=zh"), chromedp.WaitVisible("form"))
	ann.inspect(t, "login-zh")
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(`input[name=name]`, "ann", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "wrong-wrong"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible(".error", chromedp.ByQuery))
	ann.inspect(t, "login-wrong")
	ann.run(t, chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible("#lists", chromedp.ByID))
	ben := logIn(t, chromium, s.url, "ben", "zh")

	ann.run(t, openChat("ben"), until(textHas("presence", "online")))
	ann.say(t, "Hello, 本! <b>bold</b>")
	ann.run(t, until(textHas("messages", "Hello, 本! <b>bold</b>")))
	ben.run(t, until(textHas("chats", "Hello, 本!")), until(`document.querySelector('.badge')?.textContent === '1'`),
		until(`document.title.startsWith('(1) ')`))
	ben.inspect(t, "list-unread-zh")
	ben.run(t, openChat("ann"), until(textHas("messages", "Hello, 本!")),
		until(`document.querySelector('.badge') === null`), until(`document.title === '聊天 · ben'`))
	ben.say(t, "你好，Ann！明天下午三点在老地方见面可以吗？我把上次说的那本书也一起带过去。")
	ann.run(t, until(textHas("messages", "你好，Ann！")))
	ann.say(t, "to be recalled")
	ben.run(t, until(textHas("messages", "to be recalled")))
	ann.run(t, until(textHas("messages", "to be recalled")),
		chromedp.Evaluate(`[...document.querySelectorAll('.recall')].at(-1).click()`, nil))
	ben.run(t, until("!"+textHas("messages", "to be recalled")), until(textHas("messages", "消息已撤回")))
	ann.say(t, "Three o'clock is fine. See you there!")
	ben.run(t, until(textHas("messages", "Three o'clock")))
	ann.inspect(t, "chat")
	ben.say(t, "Ca-si-no!")
	ben.run(t, until(textHas("refused", "消息包含敏感词")), until(`document.getElementById('text').value === 'Ca-si-no!'`))
	ben.inspect(t, "moderated-zh")

	// Messages from a blocked user are refused, and the page does not say why.
	ann.run(t, waitAndPress("#details"), chromedp.WaitVisible("#dialog"))
	ann.inspect(t, "details")
	ann.run(t, pressText("Block"), until(textHas("presence", "blocked")), until(`!document.getElementById('dialog').open`))
	ann.inspect(t, "blocked")
	require.Eventually(t, func() bool { // until the outbox has told RongCloud about the block
		ben.run(t, chromedp.SetValue("#text", "are you there?", chromedp.ByQuery),
			chromedp.Evaluate("document.getElementById('compose').requestSubmit()", nil))
		var refused bool
		ben.run(t, chromedp.Evaluate(`new Promise((done) =>
				setTimeout(() => done(!document.getElementById('refused').hidden), 300))`, &refused,
			func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p.WithAwaitPromise(true) }))
		return refused
	}, 10*time.Second, 100*time.Millisecond)
	ben.run(t, until(textHas("refused", "消息未被接受")))
	ben.inspect(t, "refused-zh")
	ann.run(t, waitAndPress("#details"), pressText("Unblock"), until(textHas("presence", "online")))

	testGroup(t, ann, ben)

	ben.run(t, chromedp.Navigate("about:blank"))
	ann.run(t, openChat("ben"), until(textHas("presence", "offline")), until(`document.querySelector('#chats .dot.online') === null`))
	ann.inspect(t, "offline")
	ben.run(t, chromedp.Navigate(s.url))
	ann.run(t, until(textHas("presence", "online")), openChat("周末爬山 🏔️"))
	ben.run(t, openChat("周末爬山 🏔️"))
	testReport(t, s, chromium, ann, ben)
	require.Empty(t, append(ann.problems, ben.problems...))
}

func testGroup(t *testing.T, ann, ben *browserUser) {
	t.Helper()
	ann.run(t, waitAndPress("#new-group"), chromedp.SendKeys(`#dialog-body input`, "周末爬山 🏔️", chromedp.ByQuery),
		waitAndPress(`#dialog-body input[type=checkbox]`))
	ann.inspect(t, "new-group")
	ann.run(t, chromedp.SendKeys(`#dialog-body input`, kb.Enter, chromedp.ByQuery),
		until(`document.getElementById('title').textContent === '周末爬山 🏔️'`))
	ben.run(t, openChat("周末爬山 🏔️"), until(textHas("messages", "＋ 周末爬山"))) // now RongCloud has the group
	ben.say(t, "大家好")
	ben.say(t, "几点出发？")
	ann.run(t, until(textHas("messages", "几点出发？")))
	ann.say(t, "Eight, at the gate")
	ben.run(t, until(textHas("messages", "Eight, at the gate")))
	ann.inspect(t, "group")
	ben.inspect(t, "group-zh")
	ann.run(t, waitAndPress("#details"), until(textHas("dialog-body", "ben")))
	ann.inspect(t, "group-details")
	ann.run(t, pressText("Dismiss group"), until(textHas("dialog-title", "Dismiss this group")))
	ann.inspect(t, "sure")
	ann.run(t, pressText("Cancel"), until(`!document.getElementById('dialog').open`),
		until(`document.getElementById('title').textContent === '周末爬山 🏔️'`))
}

func testReport(t *testing.T, s *site, chromium context.Context, ann, ben *browserUser) { //nolint:revive // t first, as in every helper
	t.Helper()
	ann.run(t, waitAndPress(".report"), chromedp.WaitVisible("#dialog"),
		chromedp.SendKeys("#dialog-body input", "This is rude", chromedp.ByQuery))
	ann.inspect(t, "report")
	ann.run(t, chromedp.SendKeys("#dialog-body input", kb.Enter, chromedp.ByQuery), until(textHas("dialog", "Reported")))
	ann.inspect(t, "reported")
	ann.run(t, pressText("Close"))
	ben.run(t, waitAndPress(".report"), chromedp.WaitVisible("#dialog"), waitAndPress("#dialog-buttons .primary"),
		until(textHas("dialog", "举报已提交")))

	olga := logIn(t, chromium, s.url, "olga", "en")
	olga.inspect(t, "list-empty")
	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "大家好")), until(textHas("live", "This is rude")))
	olga.inspect(t, "operator-reports")
	olga.run(t, pressText("Ignore"), chromedp.WaitNotPresent(`.report:nth-of-type(2)`, chromedp.ByQuery),
		pressText("Recall, and block sender for 1 hour"),
		chromedp.WaitVisible(`//p[contains(., "No open reports")]`, chromedp.BySearch))
	ben.run(t, until(textHas("messages", "消息已撤回")))
	ann.run(t, chromedp.WaitVisible(`input[name=password]`, chromedp.ByQuery),
		chromedp.SendKeys(`input[name=name]`, "ann", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible(`//p[contains(., "This account is temporarily blocked")]`, chromedp.BySearch))
	require.Empty(t, olga.problems)
}
