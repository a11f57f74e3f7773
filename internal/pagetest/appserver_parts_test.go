package pagetest

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// countRequests returns how many requests for an endpoint the fake server has received.
func countRequests(fake *rongcloudtest.Server, kind *endpoint.Endpoint) int {
	n := 0
	for _, request := range fake.Requests() {
		if request.Endpoint == kind {
			n++
		}
	}
	return n
}

// announce opens the operator's page, and sends an announcement with a double click.
func announce(base, text string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.Navigate(base + "/operator"), chromedp.SendKeys("textarea", text, chromedp.ByQuery),
		chromedp.Evaluate(`for (let i = 0; i < 2; i++)
			document.querySelector('form[action="/operator/announce"] button').click()`, nil),
		chromedp.WaitVisible(`//p[contains(., "The announcement is in the outbox")]`, chromedp.BySearch),
	}
}

// The operator decides jobs with an unknown outcome. Each "Send again" sends once, and a click on a
// page that shows an earlier attempt sends nothing.
func TestOperatorDecides(t *testing.T) {
	t.Parallel()
	fake := rongcloudtest.NewServer(t)
	env := []string{"RONGCLOUD_APP_KEY=" + fake.AppKey(), "RONGCLOUD_APP_SECRET=" + fake.AppSecret(),
		"RONGCLOUD_API_URL=" + fake.URL}
	s := newSite(t, env...)
	chromium := browser(t, 1440, 900, "light")
	olga := openWindow(t, chromium, s.url)
	olga.run(t, chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(`input[name=name]`, "Olga?", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo", chromedp.ByQuery), pressText("Sign up"),
		chromedp.WaitVisible(".error", chromedp.ByQuery))
	olga.inspect(t, "sign-up-refused")
	olga.run(t, chromedp.SetValue(`input[name=name]`, "olga", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo", chromedp.ByQuery), pressText("Sign up"),
		chromedp.WaitVisible("#lists", chromedp.ByID))
	s.stop(t)
	s.start(t, append(env, "OPERATORS=olga")...) // operators need an account before the program starts

	cid, dee := s.enter(t, "/signup", "cid"), s.enter(t, "/signup", "dee")
	var found []struct{ ID string }
	cid.call(t, "GET", "/api/users?q=dee", nil, &found)
	deeID := found[0].ID
	dee.call(t, "GET", "/api/users?q=cid", nil, &found)
	cidID := found[0].ID
	fake.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	cid.call(t, "POST", "/api/friends/"+deeID+"/invite", nil, nil)
	dee.call(t, "POST", "/api/friends/"+cidID+"/accept", nil, nil)
	fake.Fail(endpoint.EntrustGroupCreate, rongcloudtest.Fault{Code: rongcloud.CodeGroupParameterTooLong, Times: -1})
	cid.call(t, "POST", "/api/groups", map[string]any{"name": "Refused", "members": []string{deeID}}, nil)

	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "dee → cid: 👋")), until(textHas("live", "cid → dee: Refused")))
	require.Equal(t, 1, countRequests(fake, endpoint.MessagePrivatePublish))
	olga.inspect(t, "operator-parked")
	olga.run(t, chromedp.Navigate(s.url+"/operator?lang=zh"), until(textHas("live", "重新发送")))
	olga.inspect(t, "operator-parked-zh")
	olga.run(t, chromedp.Navigate(s.url+"/operator?lang=en"), until(textHas("live", "Send again")))
	require.Equal(t, []string{
		"Back to chat", "Metrics", "中文", "Raw data", "Mark as delivered", "Send again", "Give up",
		"Raw data", "Mark as done", "Try again", "Give up", "text", "Send",
	}, olga.tabStops(t))
	olga.run(t, pressText("Send again"),
		chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch))
	require.Eventually(t, func() bool { return countRequests(fake, endpoint.MessagePrivatePublish) == 2 },
		10*time.Second, 20*time.Millisecond)

	// Two windows show the same parked job. The second window sends it again and its response is
	// lost too, so the first window shows an outdated attempt.
	announced := func() int { return countRequests(fake, endpoint.MessageSystemPublish) }
	fake.Fail(endpoint.MessageSystemPublish, rongcloudtest.Fault{DropResponse: true, Times: 2})
	olga.run(t, announce(s.url, "closed on Monday"), until(textHas("live", "closed on Monday")),
		chromedp.Evaluate(`document.querySelector('#live button').focus()`, nil))
	require.Equal(t, 1, announced())
	other := logIn(t, chromium, s.url, "olga", "en")
	other.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "closed on Monday")), pressText("Send again"))
	require.Eventually(t, func() bool { return announced() == 2 }, 10*time.Second, 20*time.Millisecond)
	olga.run(t, pressText("Send again"),
		chromedp.WaitVisible(`//p[contains(., "after this page was loaded")]`, chromedp.BySearch),
		until(textHas("live", "closed on Monday")))
	olga.inspect(t, "operator-stale")
	olga.run(t, pressText("Mark as delivered"), chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch))
	fake.Fail(endpoint.MessageSystemPublish, rongcloudtest.Fault{DropResponse: true})
	olga.run(t, announce(s.url, "never mind"), until(textHas("live", "never mind")), pressText("Give up"),
		chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch),
		until(`[...document.querySelectorAll('.counts div')].some((one) => one.textContent === 'given up1')`))
	require.Equal(t, 3, announced(), "a job marked as delivered or given up is not sent again")

	olga.run(t, chromedp.Navigate(s.url+"/metrics"), until(`document.body.innerText.includes('appserver_outbox_jobs{state="dropped"} 1')`))
	for _, width := range []int64{390, 1440} { // only the width is ours: the browser colors plain text
		olga.run(t, view(width, "light"))
		requireNoOverflow(t, olga.ctx, "metrics")
		screenshot(t, olga.ctx, fmt.Sprint("appserver-metrics-", width))
	}
	require.Empty(t, append(olga.problems, other.problems...))
	testLiveChat(t, fake, s, logIn(t, chromium, s.url, "dee", "en"), cidID, deeID)
}

// testLiveChat sends a message from a client app. The page shows it, and has no field to write in.
func testLiveChat(t *testing.T, fake *rongcloudtest.Server, s *site, dee *browserUser, cidID, deeID string) {
	t.Helper()
	target, err := url.Parse(s.url)
	require.NoError(t, err)
	fake.AddWebhook(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.URL.Path = "/rongcloud/events"
	}})
	dee.run(t, until(`document.querySelector('#contacts .entry') !== null`), waitAndPress("#contacts .entry"),
		until(`document.getElementById('title').textContent === 'cid'`))
	require.NoError(t, fake.User(cidID).Connect())
	_, err = fake.User(cidID).SendPrivate(deeID, rongcloud.TextMessage{Content: "from my phone"})
	require.NoError(t, err)
	dee.run(t, until(textHas("messages", "from my phone")), until(textHas("room", "Send messages from the client app")),
		until(`document.getElementById('text') === null`))
	dee.inspect(t, "live")
	require.Empty(t, dee.problems)
}

const atTheEnd = `(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)
	(document.getElementById('messages'))`

// A page that loses its server says so, and reports honestly which messages may not have been sent.
// Once the server is back, the page shows every message exactly once.
func TestPageReconnects(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target, err := url.Parse(s.url)
	require.NoError(t, err)
	// The proxy drops the event stream, drops the responses to POST, or delays one page of
	// messages.
	var dropEvents, dropPosts, delayMessages atomic.Bool
	delayed, release := make(chan struct{}), make(chan struct{})
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorLog: nil,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<h1>502</h1>")
		},
		ModifyResponse: func(r *http.Response) error {
			if dropEvents.Load() && r.Request.URL.Path == "/api/events" ||
				dropPosts.Load() && r.Request.Method == http.MethodPost {
				return io.ErrUnexpectedEOF
			}
			if r.Request.URL.Path == "/api/messages" && delayMessages.CompareAndSwap(true, false) {
				close(delayed)
				<-release
			}
			return nil
		},
	})
	t.Cleanup(front.Close)
	olga, user := s.enter(t, "/login", "olga"), s.enter(t, "/login", "ann")
	announced := 0
	announceMore := func(n int) {
		for range n {
			announced++
			response, err := olga.http.PostForm(s.url+"/operator/announce", url.Values{"text": {fmt.Sprintf("notice %03d", announced)}})
			require.NoError(t, err)
			require.NoError(t, response.Body.Close())
		}
		require.Eventually(t, func() bool {
			var newest []struct{ Text string }
			user.call(t, "GET", "/api/messages?conversation=s:ann", nil, &newest)
			return len(newest) > 0 && newest[len(newest)-1].Text == fmt.Sprintf("notice %03d", announced)
		}, 20*time.Second, 50*time.Millisecond)
	}
	shown := func(from int) chromedp.Action {
		return until(fmt.Sprintf(`[...document.querySelectorAll('#messages .bubble')].map((one) => one.textContent).join() ===
			Array.from({length: %d}, (_, i) => 'notice ' + String(i + %d).padStart(3, '0')).join()`, announced-from+1, from))
	}
	announceMore(55)
	ann := logIn(t, browser(t, 1440, 900, "light"), front.URL, "ann", "en")
	ann.run(t, openChat("ben"))
	dropPosts.Store(true)
	ann.say(t, "is anybody there?")
	ann.run(t, until(textHas("refused", "This may or may not have been delivered")), until(textHas("messages", "is anybody there?")),
		until(`document.getElementById('text').value === 'is anybody there?'`))
	ann.inspect(t, "unknown")
	// A message that fails after the user has left the chat becomes a draft of that chat.
	ann.run(t, chromedp.SetValue("#text", "lost", chromedp.ByID),
		chromedp.Evaluate(`document.getElementById('compose').requestSubmit()`, nil),
		openChat("System"), until(`document.getElementById('text').value === ''`), chromedp.NavigateBack(),
		chromedp.WaitVisible("#choose", chromedp.ByID),
		openChat("ben"), until(`document.getElementById('text').value === 'lost'`))
	dropPosts.Store(false)
	ann.run(t, chromedp.SetValue("#text", "is anybody there?", chromedp.ByID),
		chromedp.SendKeys("#text", " I am", chromedp.ByQuery), chromedp.WaitNotVisible("#refused", chromedp.ByID),
		openChat("System"), chromedp.WaitNotVisible("#compose", chromedp.ByID), view(1440, "light"), shown(6),
		until(`document.getElementById('messages').scrollTop > 1000`))
	// A response that was requested before the older messages does not remove them.
	delayMessages.Store(true)
	announceMore(1)
	<-delayed
	ann.run(t, chromedp.Evaluate(`document.getElementById('messages').scrollTop = 0`, nil), pressText("Older messages"), shown(1))
	close(release)
	announceMore(1)
	ann.run(t, shown(1))

	s.stop(t)
	ann.run(t, chromedp.WaitVisible("#lost", chromedp.ByID))
	ann.inspect(t, "lost")
	dropEvents.Store(true)
	const place = `document.querySelectorAll('#messages .bubble')[9].getBoundingClientRect().top -
		document.getElementById('messages').getBoundingClientRect().top`
	var before, after float64
	ann.run(t, chromedp.Evaluate(place, &before))
	s.start(t)
	announceMore(60)
	dropEvents.Store(false)
	ann.run(t, chromedp.WaitNotVisible("#lost", chromedp.ByID), shown(1), chromedp.WaitVisible("#newer", chromedp.ByID),
		chromedp.Evaluate(place, &after))
	require.InDelta(t, before, after, 2, "new messages do not scroll a reader of older ones")
	ann.inspect(t, "newer")
	ann.run(t, view(1440, "light"), waitAndPress("#newer"), chromedp.WaitNotVisible("#newer", chromedp.ByID))
	announceMore(1)
	// At the end of the chat, the page keeps only the newest 50 messages.
	ann.run(t, shown(announced-49), until(`document.querySelector('#chats [aria-current=true] .badge') === null`))
	ann.run(t, openChat("ben"), until(`document.getElementById('text').value === 'is anybody there? I am'`),
		until(`document.querySelectorAll('.bubble').length === 2`),
		chromedp.Reload(), chromedp.WaitVisible("#messages .bubble", chromedp.ByQuery),
		until(`document.getElementById('title').textContent === 'ben'`))
	require.Empty(t, ann.problems)
}

// Text from other users is shown verbatim, runs no script and does not break the layout. Other
// sites cannot act for a user who is logged in.
func TestUntrustedText(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chromium := browser(t, 1440, 900, "light")
	texts := []string{
		`<script>window.hacked = 1</script>`, `"><img src=x onerror="window.hacked = 1">`, `'"}{{.Words}}${7*7}</script></textarea>`,
		"\u202Egnp.exe\u2066 \u05e9\u05dc\u05d5\u05dd <b>", strings.Repeat("x", 200),
		strings.Repeat("👩‍👩‍👧‍👦🇨🇳", 40), "javascript:window.hacked=1", "one\n\n\ntwo",
	}
	name := "\u202E<img src=x onerror=window.hacked=1>" + strings.Repeat("W", 20)
	ben, ann := s.enter(t, "/login", "ben"), logIn(t, chromium, s.url, "ann", "en")
	ben.online(t)
	ben.call(t, "POST", "/api/groups", map[string]any{"name": name, "members": []string{"ann"}}, nil)
	for _, text := range texts {
		ben.call(t, "POST", "/api/messages", map[string]string{"conversation": "p:ann:ben", "text": text}, nil)
	}
	ann.run(t, until(textHas("chats", "onerror")), openChat("ben"), until(`document.querySelectorAll('#messages .bubble').length === 8`))
	var bubbles []string
	ann.run(t, chromedp.Evaluate(`[...document.querySelectorAll('#messages .bubble')].map((one) => one.textContent)`, &bubbles))
	require.Equal(t, texts, bubbles)
	ann.inspect(t, "foreign")
	ann.run(t, view(390, "light"), until(`document.getElementById('messages').clientWidth < 400`), until(atTheEnd),
		view(1440, "light"), until(atTheEnd))
	ann.run(t, waitAndPress(".report"), chromedp.WaitVisible("#dialog"),
		chromedp.SendKeys("#dialog-body input", texts[1]+texts[4], chromedp.ByQuery), enterKey,
		until(textHas("dialog", "Reported")), pressText("Close"), openChat(name), waitAndPress("#details"),
		until(`document.getElementById('dialog').open`))
	ann.inspect(t, "foreign-group")
	ann.run(t, until(`[...document.querySelectorAll('.avatar')].every((one) => /\p{L}/u.test(one.textContent))`))

	olga := logIn(t, chromium, s.url, "olga", "en")
	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "onerror")))
	olga.inspect(t, "operator-foreign")
	for _, g := range []*browserUser{ann, olga} {
		var hacked bool
		g.run(t, chromedp.Evaluate(`window.hacked !== undefined`, &hacked))
		require.False(t, hacked)
		require.Empty(t, g.problems)
		// Even if the page inserted such text as HTML, the Content-Security-Policy would block it.
		g.run(t, chromedp.Evaluate(`document.body.insertAdjacentHTML('beforeend',
				'<img src="/static/icon.svg" onload="window.hacked = 1">')`, nil),
			until(`document.querySelector('img').complete`), chromedp.Evaluate(`window.hacked !== undefined`, &hacked))
		require.False(t, hacked)
		require.NotEmpty(t, g.problems, "the Content-Security-Policy is violated")
	}
	testOtherSites(t, s, olga)
	testLoginLimit(t, s, openWindow(t, chromium, s.url))
}

// testOtherSites opens pages of another site, and of another port of the same host, that submit
// forms with the cookies of a user who is logged in. The program refuses them all.
func testOtherSites(t *testing.T, s *site, olga *browserUser) {
	t.Helper()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="text" value="evil"></form>
			<script>document.forms[0].submit()</script>`, s.url, r.URL.Path)
	}))
	t.Cleanup(evil.Close)
	for _, base := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "localhost", 1)} {
		for _, path := range []string{"/operator/announce", "/logout", "/api/friends/ann/invite"} {
			olga.run(t, chromedp.Navigate(base+path), chromedp.WaitVisible(`//*[contains(., "cross-origin request")]`, chromedp.BySearch))
		}
	}
	olga.run(t, chromedp.Navigate(s.url+"/operator"), chromedp.WaitVisible("#live", chromedp.ByID))
	var page string
	olga.run(t, chromedp.Evaluate(`document.getElementById('live').innerText`, &page))
	require.NotContains(t, page, "evil")
	require.Regexp(t, `given up\s+0`, page)
}

// testLoginLimit tries wrong passwords until even the right one is refused.
func testLoginLimit(t *testing.T, s *site, g *browserUser) {
	t.Helper()
	for range 10 {
		response, err := http.PostForm(s.url+"/login", url.Values{"name": {"ben"}, "password": {"wrong-wrong"}})
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	}
	g.run(t, chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(`input[name=name]`, "ben", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible(`//p[contains(., "Too many attempts")]`, chromedp.BySearch))
	g.inspect(t, "login-too-often")
}

// tabStops presses Tab until the focus returns to its start or leaves the page, and returns the
// names of the focused elements. Each of them must be visible and have an outline.
func (g *browserUser) tabStops(t *testing.T) []string {
	t.Helper()
	var places []string
	for range 40 {
		var place struct {
			Name    string
			Visible bool
		}
		g.run(t, tabKey, chromedp.Evaluate(`(() => {
			const node = document.activeElement, style = getComputedStyle(node), box = node.getBoundingClientRect();
			return {
				name: node === document.body ? '' : node.id || node.name || node.innerText.trim().replace(/\s+/g, ' '),
				visible: node === document.body || style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2
					&& style.opacity === '1' && box.width > 0 && box.top >= -1 && box.bottom <= innerHeight + 1,
			};
		})()`, &place))
		if place.Name == "" || len(places) > 0 && place.Name == places[0] {
			return places
		}
		require.True(t, place.Visible, "the focus is not visible at %q, after %q", place.Name, places)
		places = append(places, place.Name)
	}
	require.Fail(t, "40 tab stops, and the focus is still on the page", "%q", places)
	return nil
}

// Users can reach and do everything without a mouse. New messages move neither the focus nor the
// selection.
func TestChatByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chromium := browser(t, 1440, 900, "light")
	ann, ben := openWindow(t, chromium, s.url), s.enter(t, "/login", "ben")
	ben.online(t)
	write := func(text string) {
		ben.call(t, "POST", "/api/messages", map[string]string{"conversation": "p:ann:ben", "text": text}, nil)
	}
	focused := func(selector string) chromedp.Action {
		return until(fmt.Sprintf("document.activeElement.matches(%s)", quoted(selector)))
	}
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=en"), focused("[name=name]"))
	require.Equal(t, []string{"password", "Log in", "Sign up"}, ann.tabStops(t))
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=en"), focused("[name=name]"), chromedp.KeyEvent("ann"), tabKey,
		chromedp.KeyEvent("demo-demo"), enterKey,
		chromedp.WaitVisible("#chats .entry", chromedp.ByQuery), until(textHas("chats", "👋")))
	list := []string{"中文", "Log out", "find", "new-group"}
	var places []string
	require.Eventually(t, func() bool { places = ann.tabStops(t); return len(places) == 6 }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, list, places[:4])
	require.Contains(t, places[4], "👋", "the chat with ben")
	require.Equal(t, "B ben", places[5], "the contact")

	// The focus stays in the list while it changes, and comes back to it.
	ann.run(t, chromedp.Focus("#chats .entry", chromedp.ByQuery))
	write("first")
	ann.run(t, until(textHas("chats", "first")), focused("#chats .entry"), enterKey, focused("#text"), until(textHas("messages", "first")))
	ann.run(t, chromedp.KeyEvent("a line"), shiftEnterKey, chromedp.KeyEvent("another"),
		until(`document.getElementById('text').value === 'a line\nanother'`),
		// Enter that chooses a word of an input method does not send.
		chromedp.Evaluate(`document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown',
			{key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))`, nil),
		until(`document.getElementById('text').value === 'a line\nanother'`),
		enterKey,
		until(`[...document.querySelectorAll('.mine .bubble')].some((one) => one.textContent === 'a line\nanother')`),
		focused("#text"), until(`document.getElementById('text').value === ''`))
	require.Equal(t, []string{"Send"}, ann.tabStops(t), "the last stop before the focus leaves the page")
	places = ann.tabStops(t)
	require.Equal(t, list, places[:4])
	require.Equal(t, []string{"details", "messages", "Report", "Recall", "text", "Send"}, places[6:])

	// Messages arrive in the order in which they were written, however fast that was.
	ann.run(t, chromedp.Evaluate(`for (const text of ['1', '2', '3', '4', '5']) {
		document.getElementById('text').value = text;
		document.getElementById('compose').requestSubmit();
	}`, nil), until(`[...document.querySelectorAll('.mine .bubble')].map((one) => one.textContent).join().endsWith(',1,2,3,4,5')`))

	// The next message leaves the selection and the focus alone. Leaving a chat keeps its draft.
	ann.run(t, chromedp.Focus(".report", chromedp.ByQuery),
		chromedp.Evaluate(`getSelection().selectAllChildren(document.querySelector('.bubble'))`, nil))
	write("second")
	ann.run(t, until(textHas("messages", "second")), focused(".report"), until(`getSelection().toString() === 'first'`),
		chromedp.Focus("#text", chromedp.ByID), chromedp.KeyEvent("half a thought"), escapeKey,
		until(`document.getElementById('room').hidden`), focused("#chats .entry[aria-current=false]"),
		enterKey, focused("#text"), until(`document.getElementById('text').value === 'half a thought'`))

	// Escape closes a dialog, and the focus returns to the button that opened it. Enter in a field
	// presses the primary button, which never does anything that cannot be undone.
	ann.run(t, chromedp.Focus("#details", chromedp.ByID), enterKey, until(`document.getElementById('dialog').open`),
		until(`document.activeElement.textContent === 'Close'`))
	require.Empty(t, ann.tabStops(t), "Close is the last stop")
	require.Equal(t, []string{"Remove friend", "Block", "Close"}, ann.tabStops(t), "the focus stays in the dialog")
	ann.run(t, escapeKey, until(`!document.getElementById('dialog').open`), focused("#details"),
		until(`!document.getElementById('room').hidden`))
	ann.run(t, chromedp.Focus("#new-group", chromedp.ByID), enterKey, until(`document.getElementById('dialog').open`),
		focused("#dialog-body input"), enterKey,
		until(`document.getElementById('dialog').open`), // without a name, Enter does not create the group
		pressText("Cancel"), until(`!document.getElementById('dialog').open`), focused("#new-group"), enterKey,
		focused("#dialog-body input"),
		chromedp.KeyEvent(" "), enterKey, until(textHas("dialog-error", "This name cannot be used.")),
		chromedp.KeyEvent("Team"), enterKey, until(`document.getElementById('title').textContent === 'Team'`))
	require.Equal(t, []string{"Send"}, ann.tabStops(t))
	places = ann.tabStops(t)
	require.Equal(t, []string{"details", "messages", "text", "Send"}, places[len(places)-4:], "in a group")
	ann.run(t, chromedp.Focus("#find", chromedp.ByID), chromedp.KeyEvent("olg"), until(textHas("found", "olga")),
		escapeKey, until(`document.getElementById('find').value === ''`),
		until(`document.getElementById('found').children.length === 0`), until(`!document.getElementById('room').hidden`))
	ann.run(t, chromedp.KeyEvent("nobody"), chromedp.WaitVisible("#nobody", chromedp.ByID), escapeKey,
		chromedp.KeyEvent("olga"), until(textHas("found", "olga")), tabKey, tabKey, enterKey,
		until(textHas("contacts", "waiting")), focused("#find"))
	// The page closes the chat of a dismissed group, and chats whose address does not exist.
	var made struct{ ID string }
	ben.call(t, "POST", "/api/groups", map[string]any{"name": "Gone", "members": []string{"ann"}}, &made)
	ann.run(t, openChat("Gone"))
	ben.call(t, "DELETE", "/api/groups/"+made.ID, nil, nil)
	ann.run(t, chromedp.WaitVisible("#choose", chromedp.ByID), until("!"+textHas("chats", "Gone")))
	for _, nowhere := range []string{"#g:nowhere", "#%E0", "#p:x:y"} {
		ann.run(t, chromedp.Evaluate(`location.hash = `+quoted(nowhere), nil), until(`location.hash === ''`),
			chromedp.WaitVisible("#choose", chromedp.ByID))
	}
	testAcceptByKeyboard(t, s, logIn(t, chromium, s.url, "olga", "en"))
	require.Empty(t, ann.problems)
}

// testAcceptByKeyboard accepts an invitation, and visits the operator's page, without a mouse.
func testAcceptByKeyboard(t *testing.T, s *site, olga *browserUser) {
	t.Helper()
	olga.run(t, until(textHas("contacts", "wants to be your friend")))
	olga.inspect(t, "asked")
	// no text is cut off
	olga.run(t, until(`[...document.querySelectorAll('.asks .names > *')].every((one) => one.scrollWidth <= one.clientWidth)`))
	var name string
	olga.run(t, view(1440, "light"), chromedp.Focus("#contacts .primary", chromedp.ByQuery), enterKey, until(textHas("chats", "ann")),
		chromedp.Evaluate(`document.activeElement.className`, &name,
			func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p }))
	require.Equal(t, "entry", name, "the focus is on the new friend, where the Accept button was")
	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "Outbox")))
	require.Equal(t, []string{"Back to chat", "Metrics", "中文", "text", "Send"}, olga.tabStops(t))
	require.Empty(t, olga.problems)
}
