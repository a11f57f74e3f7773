package pagetest

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
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
	"ultraGroups": [{"id": "city", "members": ["ann"], "channels": ["news"]}],
	"rtcRooms": [{"id": "lesson", "members": ["ann", "ben"], "streams": [{"userId": "ann", "mediaType": "video"}]}],
	"sensitiveWords": [{"word": "bad", "replace": "***"}]
}`

// limit is the time limit of a test. Starting the browser can take most of it.
const limit = 2 * time.Minute

// emulator starts the emulator, and returns its address and a client for it.
func emulator(t *testing.T, args ...string) (string, *rongcloud.Client) {
	t.Helper()
	dir := t.TempDir()
	binary, seedFile := filepath.Join(dir, "emulator"), filepath.Join(dir, "seed.json")
	require.NoError(t, os.WriteFile(seedFile, []byte(seed), 0o600))
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "github.com/rongcloud-go/rongcloud/cmd/rongcloud-emulator")
	output, err := build.CombinedOutput()
	require.NoError(t, err, "%s", output)

	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "thank you") }))
	t.Cleanup(hook.Close)
	cmd := exec.CommandContext(t.Context(), binary,
		append([]string{"-listen", "127.0.0.1:0", "-json", "-seed", seedFile, "-webhook", hook.URL}, args...)...)
	cmd.Stderr = os.Stderr
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() { // the process ends with the test's context, or by killEmulator
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { <-done })
	lines := bufio.NewScanner(stdout)
	require.True(t, lines.Scan(), "the emulator prints its address")
	var hello struct{ URL, AppKey string }
	require.NoError(t, json.Unmarshal(lines.Bytes(), &hello))
	go func() {
		for lines.Scan() { // keep reading, or a full pipe would block the emulator
		}
	}()
	programs.Store(hello.URL, cmd.Process)
	client, err := rongcloud.New(hello.AppKey, "test-app-secret", rongcloud.WithBaseURL(hello.URL))
	require.NoError(t, err)
	t.Cleanup(client.CloseIdleConnections)
	return hello.URL, client
}

// programs maps the addresses of the emulators to their processes.
var programs sync.Map

// killEmulator kills the emulator at an address.
func killEmulator(t *testing.T, base string) {
	t.Helper()
	process, _ := programs.Load(base)
	require.NoError(t, process.(*os.Process).Kill())
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
	// A newer Chromium sends events that chromedp does not know and reports as errors.
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithErrorf(t.Logf))
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Run(ctx,
		chromedp.EmulateViewport(width, height),
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}),
	))
	return ctx
}

// run runs the actions, and fails the test if one fails.
func run(t *testing.T, ctx context.Context, actions ...chromedp.Action) { //nolint:revive // t first, as in every helper
	t.Helper()
	require.NoError(t, chromedp.Run(ctx, actions...))
}

// until waits for an expression to become true.
func until(expression string) chromedp.Action { return chromedp.Poll(expression, nil) }

// press clicks the first matching element. It finds and clicks within one script: chromedp.Click
// would click an element that is gone if the page redraws its list in between.
func press(selector string) chromedp.Action {
	quoted, _ := json.Marshal(selector)
	return chromedp.Evaluate(fmt.Sprintf("document.querySelector(%s).click()", quoted), nil)
}

// textHas returns an expression that reports whether the element's text contains part.
func textHas(id, part string) string {
	quoted, _ := json.Marshal(part)
	return fmt.Sprintf("document.getElementById(%q).innerText.includes(%s)", id, quoted)
}

func screenshot(t *testing.T, ctx context.Context, name string) { //nolint:revive // t first, as in every helper
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

// requireFits fails the test if an element reaches beyond the right edge of the window.
func requireFits(t *testing.T, ctx context.Context, what string) { //nolint:revive // t first, as in every helper
	t.Helper()
	var outside []string
	run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll('header *, nav *, main *')]
		.filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth)
		.map((node) => node.tagName + '#' + node.id + '.' + node.className)`, &outside))
	require.Empty(t, outside, "%s is wider than the window", what)
}

// tooFaint is an expression that lists the elements whose contrast is below the minimum of WCAG
// 2.2: 4.5:1 for texts and placeholders, 3:1 for the borders of buttons and inputs.
const tooFaint = `(() => {
	const parts = (color) => color.match(/[\d.]+/g).map(Number);
	const light = (color) => {
		const [r, g, b] = color.map((v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const behind = (node) => {
		for (; node; node = node.parentElement) {
			const color = parts(getComputedStyle(node).backgroundColor);
			if (color.length < 4 || color[3] > 0) return color;
		}
		return parts(getComputedStyle(document.body).backgroundColor);
	};
	const found = [];
	const check = (node, what, color, ground, least) => {
		const [a, b] = [light(parts(color)), light(ground)].sort((a, b) => b - a);
		const ratio = (a + 0.05) / (b + 0.05);
		if (ratio < least) found.push(node.tagName + '.' + node.className + ' ' + what + ' ' + ratio.toFixed(2));
	};
	for (const node of document.querySelectorAll('body *')) {
		if (!node.checkVisibility()) continue;
		const style = getComputedStyle(node);
		const hasText = [...node.childNodes].some((child) => child.nodeType === Node.TEXT_NODE && child.data.trim());
		if (hasText) check(node, 'text', style.color, behind(node), 4.5);
		if (node.placeholder) check(node, 'placeholder', getComputedStyle(node, '::placeholder').color, behind(node), 4.5);
		const edge = parts(style.borderTopColor)[3] !== 0; // a button without a border looks like a link
		if (edge && node.matches('button:not([role=tab]), input, select, textarea')) {
			check(node, 'edge', style.borderTopColor, behind(node.parentElement), 3);
		}
	}
	return found;
})()`

// requireContrast fails the test if an element has too little contrast; see tooFaint.
func requireContrast(t *testing.T, ctx context.Context, what string) { //nolint:revive // t first, as in every helper
	t.Helper()
	var faint []string
	run(t, ctx, chromedp.Evaluate(tooFaint, &faint))
	require.Empty(t, faint, "too faint in %s", what)
}

// fillViews makes calls until every view shows something. It returns the UID of a message to a
// group that does not exist.
func fillViews(t *testing.T, client *rongcloud.Client) string {
	t.Helper()
	require.NoError(t, send(t, client, "你好, <b>Ben</b> "+strings.Repeat("long", 60)))
	require.ErrorIs(t, client.Call(t.Context(), endpoint.UserInfo, url.Values{"userId": {"nobody"}}, nil), rongcloud.CodeUserNotFound)
	require.NoError(t, client.User.Blacklist.Add(t.Context(), rongcloud.UserBlacklistParams{UserID: "ben", TargetIDs: []string{"spammer"}}))
	require.NoError(t, client.Chatroom.Entry.Set(t.Context(), rongcloud.ChatroomEntrySetParams{
		ChatroomID: "lobby", OwnerID: "ann", Key: "mood", Value: "sunny",
	}))
	startRTC(t, client)
	sent, err := client.Message.SendGroup(t.Context(), rongcloud.GroupMessage{
		From: "ann", To: []string{"nowhere"}, Content: rongcloud.TextMessage{Content: "anybody?"}, PushContent: "Ann asks",
	})
	require.NoError(t, err)
	return sent.Messages[0].MessageUID
}

// startRTC starts a recording, a mix and the cloud player in the room of the seed. It also blocks a
// user from that room, and another from all rooms.
func startRTC(t *testing.T, client *rongcloud.Client) {
	t.Helper()
	ctx := t.Context()
	room, err := client.RTC.Room.Get(ctx, "lesson")
	require.NoError(t, err)
	_, err = client.RTC.Record.Start(ctx, rongcloud.RTCRecordStartParams{
		RoomID: "lesson", SessionID: room.SessionID, Extra: "homework", Config: rongcloud.RTCRecordConfig{
			VideoFormat: rongcloud.RTCVideoFormatMP4, AudioFormat: rongcloud.RTCAudioFormatAAC, Layout: rongcloud.RTCLayoutAdaptive,
		},
	})
	require.NoError(t, err)
	require.NoError(t, client.RTC.Mix.Set(ctx, rongcloud.RTCMixParams{SessionID: room.SessionID, Config: rongcloud.RTCMixConfig{
		Layout: rongcloud.RTCLayoutFloating,
		Output: &rongcloud.RTCMixOutputConfig{CDNs: []rongcloud.RTCMixCDN{{PushURL: "rtmp://cdn.example/live/lesson"}}},
	}}))
	require.NoError(t, client.RTC.CloudPlayer.Start(ctx, rongcloud.RTCCloudPlayerStartParams{
		RoomID: "lesson", UserID: "tv", UserName: "TV", MediaType: rongcloud.RTCCloudPlayerMediaBoth, RoomType: rongcloud.RTCRoomLive,
		StreamURL: "rtmp://example.com/tv", CallbackURL: "https://example.com/",
	}))
	require.NoError(t, client.RTC.Room.Block.Add(ctx,
		rongcloud.RTCRoomBlockParams{RoomID: "lesson", UserIDs: []string{"troll"}, Duration: time.Hour}))
	require.NoError(t, client.RTC.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: "spammer", Duration: time.Hour}))
}

func TestPageInEverySize(t *testing.T) {
	base, client := emulator(t)
	uid := fillViews(t, client)
	for _, c := range []struct {
		width, height int64
		scheme        string
	}{{390, 844, "light"}, {390, 844, "dark"}, {1440, 900, "light"}, {1440, 900, "dark"}} {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.scheme), func(t *testing.T) {
			ctx := browser(t, c.width, c.height, c.scheme)
			var foreignRequests, problems []string
			chromedp.ListenTarget(ctx, func(event any) {
				switch event := event.(type) {
				case *network.EventRequestWillBeSent:
					if !strings.HasPrefix(event.Request.URL, base) && !strings.HasPrefix(event.Request.URL, "data:") {
						foreignRequests = append(foreignRequests, event.Request.URL)
					}
				case *cdpruntime.EventExceptionThrown:
					problems = append(problems, event.ExceptionDetails.Error())
				case *cdpruntime.EventConsoleAPICalled:
					problems = append(problems, string(event.Type))
				}
			})
			run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("live", "live")), until(textHas("calls", "/user/info.json")))
			for _, view := range []string{"calls", "messages", "callbacks", "users", "places", "words", "faults"} {
				run(t, ctx, press("#tab-"+view), chromedp.WaitVisible("#view-"+view))
				requireFits(t, ctx, view)
				requireContrast(t, ctx, view)
				screenshot(t, ctx, fmt.Sprintf("%s-%d-%s", view, c.width, c.scheme))
			}
			for _, one := range []struct{ view, key, text string }{
				{"calls", "1", "it matches"}, {"messages", uid, "there is no such group"}, {"callbacks", "1", "thank you"},
				{"users", "ben", "spammer"}, {"places", "chatroom/lobby", "sunny"}, {"places", "rtcRoom/lesson", "homework"},
			} { // the URL opens the details
				run(t, ctx, chromedp.Evaluate(fmt.Sprintf("location.hash = '#%s/' + encodeURIComponent(%q)", one.view, one.key), nil),
					chromedp.WaitVisible("#view-"+one.view), until(textHas("pane-"+one.view, one.text)))
				requireFits(t, ctx, one.view+" with details")
				requireContrast(t, ctx, one.view+" with details")
				screenshot(t, ctx, fmt.Sprintf("%s-details-%d-%s", strings.ReplaceAll(one.view+"-"+one.key, "/", "-"), c.width, c.scheme))
			}
			var dark bool
			run(t, ctx, chromedp.Evaluate(`getComputedStyle(document.body).backgroundColor !== 'rgb(255, 255, 255)'`, &dark))
			require.Equal(t, c.scheme == "dark", dark)
			require.Empty(t, foreignRequests, "the page sends requests only to the emulator")
			require.Empty(t, problems, "script errors and console output")
		})
	}
}

// A view without entries says how to get some.
func TestPageEmpty(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.json")
	require.NoError(t, os.WriteFile(empty, []byte("{}"), 0o600))
	base, _ := emulator(t, "-seed", empty)
	for _, width := range []int64{390, 1440} {
		ctx := browser(t, width, 844, "light")
		run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("live", "live")))
		for view, hint := range map[string]string{
			"calls": "Point a program at", "messages": "send as them", "callbacks": "-webhook", "users": "/user/getToken.json",
			"places": "an audio and video room", "words": "Add one", "faults": "Set one",
		} {
			run(t, ctx, press("#tab-"+view), chromedp.WaitVisible("#no-"+view), until(textHas("no-"+view, hint)))
			requireFits(t, ctx, view)
			screenshot(t, ctx, fmt.Sprintf("empty-%s-%d", view, width))
		}
	}
}

// The columns of a list line up.
func TestPageColumns(t *testing.T) {
	base, client := emulator(t)
	fillViews(t, client)
	ctx := browser(t, 1440, 900, "light")
	run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("calls", "/user/info.json")))
	for _, view := range []string{"calls", "messages", "callbacks", "users", "places"} {
		var lefts []float64
		run(t, ctx, press("#tab-"+view), until(fmt.Sprintf("document.querySelectorAll('#%s .c-who').length > 1", view)),
			chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll('#%s .c-who')]
				.map((node) => node.getBoundingClientRect().left)`, view), &lefts))
		for _, left := range lefts {
			require.InDelta(t, lefts[0], left, 0.5, view)
		}
	}
}

func TestPageIsLive(t *testing.T) {
	base, client := emulator(t)
	ctx := browser(t, 1440, 900, "light")
	run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("live", "live")))

	require.NoError(t, send(t, client, "seen at once"))
	run(t, ctx, until(textHas("calls", "ann → ben")), press("#tab-messages"), until(textHas("messages", "seen at once")))

	// A message links to its call. Sending the call again opens the new call, which links to its
	// message.
	run(t, ctx, press("#messages [data-key]"), until(textHas("pane-messages", "Content as sent")),
		press(`#pane-messages a[href^="#calls/"]`),
		until(textHas("pane-calls", "fromUserId=ann&toUserId=ben")), until(textHas("pane-calls", "Send again")),
		press("#pane-calls .buttons button"),
		until("document.querySelectorAll('#calls > li').length === 2"), until("location.hash !== '#calls/1'"),
		until(textHas("pane-calls", "it matches")), press(`#pane-calls a[href^="#messages/"]`),
		until(textHas("pane-messages", "seen at once")))

	// The page explains why a signature is wrong.
	wrong, err := rongcloud.New("test-app-key", "another-secret", rongcloud.WithBaseURL(base))
	require.NoError(t, err)
	defer wrong.CloseIdleConnections()
	require.ErrorIs(t, send(t, wrong, "never"), rongcloud.CodeWrongSignature)
	run(t, ctx, press("#tab-calls"), press("#only-calls"), until(textHas("calls", "401 · 1004")),
		press("#calls [data-key]"), until(textHas("pane-calls", "made with another App Secret")))
	screenshot(t, ctx, "signature")

	// The emulator applies a fault that was set on the page. Removing a fault keeps the others.
	run(t, ctx, press("#tab-faults"), chromedp.SendKeys("#fault [name=endpoint]", "/nowhere"), press("#fault [type=submit]"),
		until(textHas("fault", "the catalogue has no")), chromedp.SetValue("#fault [name=endpoint]", "/message/private/publish.json"),
		chromedp.SetValue("#fault [name=where]", "fromUserId=ann"),
		press("#fault [type=submit]"), until(textHas("faults", "dropResponse")), press("#fault [type=submit]"),
		until(`document.querySelectorAll('#faults > li').length === 2`))
	screenshot(t, ctx, "faults-set")
	run(t, ctx, press("#faults button"), until(`document.querySelectorAll('#faults > li').length === 1`))
	require.ErrorIs(t, send(t, client, "dropped"), rongcloud.ErrOutcomeUnknown)
	run(t, ctx, until(`document.querySelectorAll('#faults > li').length === 0`))

	// A reset asks for confirmation.
	run(t, ctx, chromedp.Click("#reset"), chromedp.WaitVisible("#confirm"), chromedp.KeyEvent(kb.Escape),
		chromedp.WaitNotVisible("#confirm"),
		press("#tab-users"), until(textHas("users", "ben")),
		chromedp.Click("#reset"), chromedp.Click("#confirm .danger"), until(`document.querySelectorAll('#users > li').length === 0`))
	require.NoError(t, send(t, client, "after the reset"), "the reset restores the seed's users on the server")
	run(t, ctx, until(textHas("users", "ben")))
}

// The page acts for users: it connects their devices, sends their messages, joins chatrooms, and
// edits sensitive words.
func TestPageActions(t *testing.T) {
	base, _ := emulator(t)
	ctx := browser(t, 1440, 900, "light")
	run(t, ctx, chromedp.Navigate(base+"/#users/ben"), until(textHas("pane-users", "Nothing was received")),
		chromedp.SendKeys("#pane-users [name=targetId]", "ann"), chromedp.SendKeys("#pane-users [name=text]", "from the page"),
		press("#pane-users form:nth-of-type(2) [type=submit]"), until(textHas("pane-users", "the user is not connected")))
	screenshot(t, ctx, "action-refused")
	run(t, ctx, press("#pane-users form:nth-of-type(1) [type=submit]"), until(textHas("users", "● online")),
		until(textHas("pane-users", "Disconnect")),
		chromedp.SetValue("#pane-users [name=platform]", "PC"),
		press("#pane-users form:nth-of-type(1) [type=submit]"), until(textHas("users", "2 devices")))
	screenshot(t, ctx, "devices")
	run(t, ctx, chromedp.Focus("#pane-users td button"), chromedp.KeyEvent(kb.Enter),
		until(`!document.getElementById("users").innerText.includes("2 devices")`),
		// the focus leaves the list, or the next Enter would disconnect the other device
		until(`document.activeElement.textContent === "Close"`),
		press("#pane-users form:nth-of-type(2) [type=submit]"), until(`document.querySelector('#pane-users [name=text]').value === ''`),
		chromedp.Navigate(base+"/#users/ann"), until(textHas("pane-users", "from the page")), press("#pane-users .inbox a"),
		until(textHas("pane-messages", "a user's app sent it")),
		until("document.querySelector('#pane-messages a[href^=\"#callbacks/\"]')"), press(`#pane-messages a[href^="#callbacks/"]`),
		until(textHas("pane-callbacks", "from the page")),
		until(textHas("pane-callbacks", "fromUserId=ben&toUserId=ann&objectName=RC%3ATxtMsg")),
		until(textHas("pane-callbacks", "&signature=")), until(textHas("callbacks", "ben → ann")))
	var before int
	run(t, ctx, chromedp.Evaluate("document.querySelectorAll('#callbacks > li').length", &before), press("#pane-callbacks .buttons button"),
		until(fmt.Sprintf("document.querySelectorAll('#callbacks > li').length > %d", before)),
		press("#tab-places"), press(`#places [data-key="chatroom/lobby"]`), until(textHas("pane-places", "Let a user join")),
		chromedp.SendKeys("#pane-places [name=id]", "ben"), press("#pane-places form [type=submit]"),
		until(`[...document.querySelectorAll('#pane-places .plain a')].some((node) => node.textContent === 'ben')`))
	screenshot(t, ctx, "room")
	run(t, ctx, press("#pane-places .plain button"), until(`document.querySelectorAll('#pane-places .plain a').length === 1`),
		press("#tab-words"), until(textHas("words", "becomes ***")),
		until("!document.getElementById('words').innerText.includes('works from')"),
		chromedp.SendKeys("#word [name=word]", "worse"), press("#word [type=submit]"),
		until(textHas("words", "blocks the message")), press("#words button"),
		until(`document.querySelectorAll('#words > li').length === 1`))
}

// Users join, publish in and leave audio and video rooms, and are kicked and blocked.
func TestPageRTC(t *testing.T) {
	base, client := emulator(t)
	startRTC(t, client)
	ctx := browser(t, 1440, 900, "light")
	members := func(want string) chromedp.Action {
		return until(fmt.Sprintf(`[...document.querySelectorAll('#pane-places h3:nth-of-type(1) + .plain > li > a')]
			.map((node) => node.textContent).join() === %q`, want))
	}
	act := func(user, button string) chromedp.Action {
		return chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll('#pane-places .member')]
			.find((node) => node.querySelector('a').textContent === %q)
			.querySelectorAll('button').forEach((node) => { if (node.textContent === %q) { node.focus(); node.click() } })`,
			user, button), nil)
	}
	focused := func(text string) chromedp.Action {
		return until(fmt.Sprintf("document.activeElement.textContent === %q", text))
	}
	run(t, ctx, chromedp.Navigate(base+"/#places/"+url.PathEscape("rtcRoom/lesson")), members("ann,ben,tv"),
		until(textHas("places", "1 recording · mixed · pushed to 1 CDN · 1 user kept out")),
		until(textHas("pane-places", "virtual user, who plays rtmp://example.com/tv")),
		until(textHas("pane-places", `"pushurl": "rtmp://cdn.example/live/lesson"`)),
		act("ben", "Publish"), until(textHas("pane-places", "audio · ben_RongCloudRTC")),
		until(textHas("places", "5 streams")), focused("ben"),
		act("ben", "Unpublish"), until(textHas("places", "3 streams")),
		// the focus leaves the list, or the next Enter would kick another user
		act("ben", "Kick"), members("ann,tv"), focused("Close"))
	room, err := client.RTC.Room.Get(t.Context(), "lesson")
	require.NoError(t, err)
	require.Len(t, room.Members, 2, "the server has removed ben too")
	// The callback about the kick links back to the room.
	run(t, ctx, press("#tab-callbacks"), until(textHas("callbacks", "ben → lesson")), press("#callbacks [data-key]"),
		until(textHas("pane-callbacks", `"event": 12`)), press(`#pane-callbacks a[href^="#places/"]`), chromedp.WaitVisible("#view-places"))

	form := "#pane-places form:nth-of-type(%d) %s"
	join := func(part string) string { return fmt.Sprintf(form, 1, part) }
	block := func(part string) string { return fmt.Sprintf(form, 2, part) }
	run(t, ctx, chromedp.SendKeys(join("[name=id]"), "ben"), press(join("[type=submit]")), members("ann,tv,ben"),
		chromedp.SendKeys(block("[name=id]"), "ben"), press(block("[type=submit]")), members("ann,tv"),
		until(textHas("places", "2 users kept out")),
		press(join("[type=submit]")), until(textHas("pane-places", "they are blocked from the audio and video room")))
	screenshot(t, ctx, "rtc-blocked")
	run(t, ctx, chromedp.SetValue(block("[name=scope]"), "all"), press(block("[type=submit]")), press("#tab-users"),
		until(textHas("users", "blocked from audio and video")), press(`#users [data-key="ben"]`), until(textHas("pane-users", "Unblock")))
	screenshot(t, ctx, "rtc-blocked-user")
	run(t, ctx, press("#pane-users td button"), until("!document.getElementById('pane-users').innerText.includes('Unblock')"),
		press("#tab-places"), until(textHas("pane-places", "Blocked from")), act("ann", "Leave"),
		until(textHas("pane-places", "nobody")), until(textHas("places", "nobody is in it")))
	require.ErrorIs(t, func() error { _, err := client.RTC.Room.Get(t.Context(), "lesson"); return err }(), rongcloud.CodeRTCRoomNotFound)
}

// The lists show only the newest entries, but the counters count all.
func TestPageCountsAll(t *testing.T) {
	base, client := emulator(t)
	ctx := browser(t, 1440, 900, "light")
	for i := range 1005 {
		require.NoError(t, send(t, client, fmt.Sprint("message ", i)))
	}
	counts := func(view, all, note string) chromedp.Action {
		return until(fmt.Sprintf(`document.getElementById('count-%[1]s').textContent === %[2]q &&
			document.getElementById('note-%[1]s').textContent === %[3]q`, view, all, note))
	}
	run(t, ctx, chromedp.Navigate(base+"/"), counts("calls", "1,005", "the newest 1,000 of 1,005 are here"),
		press("#tab-messages"), counts("messages", "1,005", "the newest 200 of 1,005 are here"),
		press("#tab-callbacks"), until(textHas("note-callbacks", "the newest 200 of 1,0")))
	screenshot(t, ctx, "counters")
	// The list shows the beginning of a long message, the details show all of it.
	require.NoError(t, send(t, client, strings.Repeat("long", 30_000)))
	run(t, ctx, press("#tab-messages"), until(`document.querySelector('#messages .c-main').textContent.startsWith('longlong')`),
		until(`document.querySelector('#messages .c-main').textContent.length < 600`), press("#messages [data-key]"),
		until(`document.querySelector('#pane-messages pre')?.textContent.length > 120000`), press("#pane-messages .close"))
	require.NoError(t, send(t, client, "one more")) // the open page counts it
	run(t, ctx, press("#tab-messages"), counts("messages", "1,007", "the newest 200 of 1,007 are here"),
		counts("calls", "1,007", "the newest 1,000 of 1,007 are here"),
		chromedp.SendKeys("#filter-messages", "one more"), counts("messages", "1,007", "1 fit · the newest 200 of 1,007 are here"))
}

// A scrolled list keeps its position when entries arrive above it.
func TestPageKeepsScrollPosition(t *testing.T) {
	base, client := emulator(t)
	for i := range 60 {
		require.NoError(t, send(t, client, fmt.Sprint("message ", i)))
	}
	ctx := browser(t, 1440, 900, "light")
	var before, after float64
	place := `document.querySelectorAll('#messages [data-key*="-0020"]')[0].getBoundingClientRect().top`
	run(t, ctx, chromedp.Navigate(base+"/#messages"), until("document.querySelectorAll('#messages > li').length === 60"),
		chromedp.Evaluate(`document.getElementById('messages').parentNode.scrollTop = 1500`, nil), chromedp.Evaluate(place, &before))
	for i := range 5 {
		require.NoError(t, send(t, client, fmt.Sprint("later ", i)))
	}
	run(t, ctx, until("document.querySelectorAll('#messages > li').length === 65"), chromedp.Evaluate(place, &after))
	require.InDelta(t, before, after, 1)
}

// A restarted emulator has no data, and the page drops what it showed before.
func TestPageAfterRestart(t *testing.T) {
	base, client := emulator(t)
	ctx := browser(t, 1440, 900, "light")
	require.NoError(t, send(t, client, "before"))
	run(t, ctx, chromedp.Navigate(base+"/"), until(textHas("calls", "publish")), press("#calls [data-key]"),
		until(textHas("pane-calls", "it matches")))
	killEmulator(t, base)
	run(t, ctx, until(textHas("live", "not connected")))
	screenshot(t, ctx, "not-connected")
	emulator(t, "-listen", strings.TrimPrefix(base, "http://"))
	run(t, ctx, until(textHas("live", "live")), until("document.querySelectorAll('#calls > li').length === 0"),
		chromedp.WaitNotVisible("#pane-calls"))
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
		chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(kb.Tab), focused("#calls a"),
		chromedp.KeyEvent(kb.Enter), until(textHas("pane-calls", "it matches")))
	require.NoError(t, send(t, client, "two")) // the page redraws the list, and keeps the focus
	run(t, ctx, until(`document.querySelectorAll('#calls > li').length === 2`), focused("#calls li:last-child a"),
		chromedp.KeyEvent(kb.Escape), chromedp.WaitNotVisible("#pane-calls"), focused("#calls li:last-child a"),
		chromedp.KeyEvent(kb.ArrowUp), focused("#calls li:first-child a"), chromedp.KeyEvent(kb.ArrowUp),
		focused("#calls li:first-child a"),
		chromedp.KeyEvent(kb.End), focused("#calls li:last-child a"), chromedp.KeyEvent(kb.Home), focused("#calls li:first-child a"),
		chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#pane-calls .close"), chromedp.KeyEvent(kb.Tab), focused("#pane-calls .close"),
		until(`getComputedStyle(document.activeElement).outlineStyle === "solid"`), chromedp.KeyEvent(kb.Escape),
		chromedp.KeyEvent("/"), focused("#filter-calls"), chromedp.SendKeys("#filter-calls", "nothing like it"),
		until(`document.querySelectorAll('#calls > li').length === 0`))
}
