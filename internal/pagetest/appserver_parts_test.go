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

// sends counts the requests that send messages of a kind.
func sends(fake *rongcloudtest.Server, kind *endpoint.Endpoint) int {
	n := 0
	for _, request := range fake.Requests() {
		if request.Endpoint == kind {
			n++
		}
	}
	return n
}

// announce writes to everybody on the operator's page, with a double click.
func announce(text string) chromedp.Action {
	return chromedp.Tasks{
		chromedp.SendKeys("textarea", text, chromedp.ByQuery), chromedp.Evaluate(`for (let i = 0; i < 2; i++) document.querySelector('form[action="/operator/announce"] button').click()`, nil),
		chromedp.WaitVisible(`//p[contains(., "It is in the outbox")]`, chromedp.BySearch),
	}
}

// What nobody knows the end of is shown to the operator, who decides: a send is repeated once for
// each decision, and never by a click that was made for an earlier try.
func TestOperatorDecides(t *testing.T) {
	t.Parallel()
	fake := rongcloudtest.NewServer(t)
	env := []string{"RONGCLOUD_APP_KEY=" + fake.AppKey(), "RONGCLOUD_APP_SECRET=" + fake.AppSecret(), "RONGCLOUD_API_URL=" + fake.URL, "OPERATORS=olga"}
	s := newSite(t, env...)
	chromium := browser(t, 1440, 900, "light")
	olga := open(t, chromium, s.url)
	olga.run(t, chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(`input[name=name]`, "Olga?", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo", chromedp.ByQuery), pressText("Sign up"), chromedp.WaitVisible(".error", chromedp.ByQuery))
	olga.look(t, "sign-up-refused")
	olga.run(t, chromedp.SetValue(`input[name=name]`, "olga", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo", chromedp.ByQuery), pressText("Sign up"), chromedp.WaitVisible("#lists", chromedp.ByID))
	s.stop(t)
	s.start(t, env...) // who is an operator is read at the start

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
	require.Equal(t, 1, sends(fake, endpoint.MessagePrivatePublish))
	olga.look(t, "operator-parked")
	olga.run(t, chromedp.Navigate(s.url+"/operator?lang=zh"), until(textHas("live", "重新发送")))
	olga.look(t, "operator-parked-zh")
	olga.run(t, chromedp.Navigate(s.url+"/operator?lang=en"), until(textHas("live", "Send again")))
	require.Equal(t, []string{
		"Back to the chat", "Metrics", "中文", "As it is stored", "It was delivered", "Send again", "Give up",
		"As it is stored", "It was done", "Try again", "Give up", "text", "Send",
	}, olga.walk(t))
	olga.run(t, pressText("Send again"),
		chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch))
	require.Eventually(t, func() bool { return sends(fake, endpoint.MessagePrivatePublish) == 2 }, 10*time.Second, 20*time.Millisecond)

	// Two windows show the same parked job; one decides, the try is lost again, and the other one
	// is about the first try.
	announced := func() int { return sends(fake, endpoint.MessageSystemPublish) }
	fake.Fail(endpoint.MessageSystemPublish, rongcloudtest.Fault{DropResponse: true, Times: 2})
	olga.run(t, announce("closed on Monday"), until(textHas("live", "closed on Monday")), chromedp.Evaluate(`document.querySelector('#live button').focus()`, nil))
	require.Equal(t, 1, announced())
	other := join(t, chromium, s.url, "olga", "en")
	other.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "closed on Monday")), pressText("Send again"))
	require.Eventually(t, func() bool { return announced() == 2 }, 10*time.Second, 20*time.Millisecond)
	olga.run(t, pressText("Send again"), chromedp.WaitVisible(`//p[contains(., "since the page was drawn")]`, chromedp.BySearch), until(textHas("live", "closed on Monday")))
	olga.look(t, "operator-stale")
	olga.run(t, pressText("It was delivered"), chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch))
	fake.Fail(endpoint.MessageSystemPublish, rongcloudtest.Fault{DropResponse: true})
	olga.run(t, announce("never mind"), until(textHas("live", "never mind")), pressText("Give up"), chromedp.WaitVisible(`//p[contains(., "Nothing is parked")]`, chromedp.BySearch),
		until(`[...document.querySelectorAll('.counts div')].some((one) => one.textContent === 'given up1')`))
	require.Equal(t, 3, announced(), "what was delivered or given up is not sent again")

	olga.run(t, chromedp.Navigate(s.url+"/metrics"), until(`document.body.innerText.includes('appserver_outbox_jobs{state="dropped"} 1')`))
	for _, width := range []int64{390, 1440} { // it is the browser's own page
		olga.run(t, view(width, "light"))
		fitsIn(t, olga.ctx, "metrics")
		shoot(t, olga.ctx, fmt.Sprint("appserver-metrics-", width))
	}
	require.Empty(t, append(olga.problems, other.problems...))
	liveChat(t, fake, s, join(t, chromium, s.url, "dee", "en"), cidID, deeID)
}

// liveChat has a user's device write through RongCloud, and the page show it and no field to write.
func liveChat(t *testing.T, fake *rongcloudtest.Server, s *site, dee *guest, cidID, deeID string) {
	t.Helper()
	target, err := url.Parse(s.url)
	require.NoError(t, err)
	fake.AddWebhook(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.URL.Path = "/rongcloud/events"
	}})
	dee.run(t, until(`document.querySelector('#contacts .entry') !== null`), tap("#contacts .entry"), until(`document.getElementById('title').textContent === 'cid'`))
	require.NoError(t, fake.User(cidID).Connect())
	_, err = fake.User(cidID).SendPrivate(deeID, rongcloud.TextMessage{Content: "from my phone"})
	require.NoError(t, err)
	dee.run(t, until(textHas("messages", "from my phone")), until(textHas("room", "Client apps write here")), until(`document.getElementById('text') === null`))
	dee.look(t, "live")
	require.Empty(t, dee.problems)
}

const atTheEnd = `(({scrollHeight, scrollTop, clientHeight}) => scrollHeight - scrollTop - clientHeight < 2)(document.getElementById('messages'))`

// A page whose server goes away says so, tells the truth about what it could not send, and has
// everything once when the server is back, without a hole.
func TestPageComesBack(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	target, err := url.Parse(s.url)
	require.NoError(t, err)
	var held, cut, late atomic.Bool // the browser gets no news, no response to what it sends, one page of messages late
	waits, release := make(chan struct{}), make(chan struct{})
	front := httptest.NewServer(&httputil.ReverseProxy{
		Rewrite:  func(r *httputil.ProxyRequest) { r.SetURL(target); r.Out.Host = r.In.Host },
		ErrorLog: nil,
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
			_, _ = io.WriteString(w, "<h1>502</h1>")
		},
		ModifyResponse: func(r *http.Response) error {
			if held.Load() && r.Request.URL.Path == "/api/events" || cut.Load() && r.Request.Method == http.MethodPost {
				return io.ErrUnexpectedEOF
			}
			if r.Request.URL.Path == "/api/messages" && late.CompareAndSwap(true, false) {
				close(waits)
				<-release
			}
			return nil
		},
	})
	t.Cleanup(front.Close)
	olga, user := s.enter(t, "/login", "olga"), s.enter(t, "/login", "ann")
	announced := 0
	say := func(n int) {
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
	say(55)
	ann := join(t, browser(t, 1440, 900, "light"), front.URL, "ann", "en")
	ann.run(t, enter("ben"))
	cut.Store(true)
	ann.say(t, "is anybody there?")
	ann.run(t, until(textHas("refused", "Nobody knows whether this was delivered")), until(textHas("messages", "is anybody there?")),
		until(`document.getElementById('text').value === 'is anybody there?'`))
	ann.look(t, "unknown")
	// What fails after one has gone elsewhere waits where it was written.
	ann.run(t, chromedp.SetValue("#text", "lost", chromedp.ByID), chromedp.Evaluate(`document.getElementById('compose').requestSubmit()`, nil),
		enter("System"), until(`document.getElementById('text').value === ''`), chromedp.NavigateBack(), chromedp.WaitVisible("#choose", chromedp.ByID),
		enter("ben"), until(`document.getElementById('text').value === 'lost'`))
	cut.Store(false)
	ann.run(t, chromedp.SetValue("#text", "is anybody there?", chromedp.ByID), chromedp.SendKeys("#text", " I am", chromedp.ByQuery), chromedp.WaitNotVisible("#refused", chromedp.ByID),
		enter("System"), chromedp.WaitNotVisible("#compose", chromedp.ByID), view(1440, "light"), shown(6), until(`document.getElementById('messages').scrollTop > 1000`))
	// What was asked for before older messages were does not take them away.
	late.Store(true)
	say(1)
	<-waits
	ann.run(t, chromedp.Evaluate(`document.getElementById('messages').scrollTop = 0`, nil), pressText("Older messages"), shown(1))
	close(release)
	say(1)
	ann.run(t, shown(1))

	s.stop(t)
	ann.run(t, chromedp.WaitVisible("#lost", chromedp.ByID))
	ann.look(t, "lost")
	held.Store(true)
	const place = `document.querySelectorAll('#messages .bubble')[9].getBoundingClientRect().top - document.getElementById('messages').getBoundingClientRect().top`
	var before, after float64
	ann.run(t, chromedp.Evaluate(place, &before))
	s.start(t)
	say(60)
	held.Store(false)
	ann.run(t, chromedp.WaitNotVisible("#lost", chromedp.ByID), shown(1), chromedp.WaitVisible("#newer", chromedp.ByID),
		chromedp.Evaluate(place, &after))
	require.InDelta(t, before, after, 2, "whoever reads older messages goes on reading there")
	ann.look(t, "newer")
	ann.run(t, view(1440, "light"), tap("#newer"), chromedp.WaitNotVisible("#newer", chromedp.ByID))
	say(1)
	ann.run(t, shown(announced-49), until(`document.querySelector('#chats [aria-current=true] .badge') === null`)) // at the end a page of them is enough
	ann.run(t, enter("ben"), until(`document.getElementById('text').value === 'is anybody there? I am'`), until(`document.querySelectorAll('.bubble').length === 2`),
		chromedp.Reload(), chromedp.WaitVisible("#messages .bubble", chromedp.ByQuery), until(`document.getElementById('title').textContent === 'ben'`))
	require.Empty(t, ann.problems)
}

// What others write is shown as it is, runs nothing, and keeps the layout; and other sites can do
// nothing in somebody's name.
func TestForeignTexts(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chromium := browser(t, 1440, 900, "light")
	texts := []string{
		`<script>window.hacked = 1</script>`, `"><img src=x onerror="window.hacked = 1">`, `'"}{{.Words}}${7*7}</script></textarea>`,
		"\u202Egnp.exe\u2066 \u05e9\u05dc\u05d5\u05dd <b>", strings.Repeat("x", 200), strings.Repeat("👩‍👩‍👧‍👦🇨🇳", 40), "javascript:window.hacked=1", "one\n\n\ntwo",
	}
	name := "\u202E<img src=x onerror=window.hacked=1>" + strings.Repeat("W", 20)
	ben, ann := s.enter(t, "/login", "ben"), join(t, chromium, s.url, "ann", "en")
	ben.online(t)
	ben.call(t, "POST", "/api/groups", map[string]any{"name": name, "members": []string{"ann"}}, nil)
	for _, text := range texts {
		ben.call(t, "POST", "/api/messages", map[string]string{"conversation": "p:ann:ben", "text": text}, nil)
	}
	ann.run(t, until(textHas("chats", "onerror")), enter("ben"), until(`document.querySelectorAll('#messages .bubble').length === 8`))
	var bubbles []string
	ann.run(t, chromedp.Evaluate(`[...document.querySelectorAll('#messages .bubble')].map((one) => one.textContent)`, &bubbles))
	require.Equal(t, texts, bubbles)
	ann.look(t, "foreign")
	ann.run(t, view(390, "light"), until(`document.getElementById('messages').clientWidth < 400`), until(atTheEnd), view(1440, "light"), until(atTheEnd))
	ann.run(t, tap(".report"), chromedp.WaitVisible("#dialog"), chromedp.SendKeys("#dialog-body input", texts[1]+texts[4], chromedp.ByQuery), enterKey,
		until(textHas("dialog", "Reported")), pressText("Close"), enter(name), tap("#details"), until(`document.getElementById('dialog').open`))
	ann.look(t, "foreign-group")
	ann.run(t, until(`[...document.querySelectorAll('.avatar')].every((one) => /\p{L}/u.test(one.textContent))`))

	olga := join(t, chromium, s.url, "olga", "en")
	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "onerror")))
	olga.look(t, "operator-foreign")
	for _, g := range []*guest{ann, olga} {
		var hacked bool
		g.run(t, chromedp.Evaluate(`window.hacked !== undefined`, &hacked))
		require.False(t, hacked)
		require.Empty(t, g.problems)
		// And if the page itself had a hole, the browser would run nothing.
		g.run(t, chromedp.Evaluate(`document.body.insertAdjacentHTML('beforeend', '<img src="/static/icon.svg" onload="window.hacked = 1">')`, nil),
			until(`document.querySelector('img').complete`), chromedp.Evaluate(`window.hacked !== undefined`, &hacked))
		require.False(t, hacked)
		require.NotEmpty(t, g.problems, "the Content-Security-Policy is violated")
	}
	otherSites(t, s, olga)
	tooOften(t, s, open(t, chromium, s.url))
}

// otherSites has pages of another site, and of another port of the same one, send forms in the name
// of somebody who is logged in.
func otherSites(t *testing.T, s *site, olga *guest) {
	t.Helper()
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprintf(w, `<form method="post" action="%s%s"><input name="text" value="evil"></form><script>document.forms[0].submit()</script>`, s.url, r.URL.Path)
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

// tooOften tries passwords until even the right one lets nobody in.
func tooOften(t *testing.T, s *site, g *guest) {
	t.Helper()
	for range 10 {
		response, err := http.PostForm(s.url+"/login", url.Values{"name": {"ben"}, "password": {"wrong-wrong"}})
		require.NoError(t, err)
		require.NoError(t, response.Body.Close())
		require.Equal(t, http.StatusUnauthorized, response.StatusCode)
	}
	g.run(t, chromedp.Navigate(s.url+"/login?lang=en"), chromedp.SendKeys(`input[name=name]`, "ben", chromedp.ByQuery),
		chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery), chromedp.WaitVisible(`//p[contains(., "Too many tries")]`, chromedp.BySearch))
	g.look(t, "login-too-often")
}

// walk presses Tab until the focus has been everywhere, and returns where it was. Wherever it is it
// must be seen.
func (g *guest) walk(t *testing.T) []string {
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
				visible: node === document.body || style.outlineStyle === 'solid' && parseFloat(style.outlineWidth) >= 2 && style.opacity === '1'
					&& box.width > 0 && box.top >= -1 && box.bottom <= innerHeight + 1,
			};
		})()`, &place))
		if place.Name == "" || len(places) > 0 && place.Name == places[0] {
			return places
		}
		require.True(t, place.Visible, "the focus is not seen at %q, after %q", place.Name, places)
		places = append(places, place.Name)
	}
	require.Fail(t, "there is no end", "%q", places)
	return nil
}

// Everything can be reached and done without a mouse, and what comes in meanwhile takes nobody away
// from where they are.
func TestChatByKeyboard(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	chromium := browser(t, 1440, 900, "light")
	ann, ben := open(t, chromium, s.url), s.enter(t, "/login", "ben")
	ben.online(t)
	write := func(text string) {
		ben.call(t, "POST", "/api/messages", map[string]string{"conversation": "p:ann:ben", "text": text}, nil)
	}
	focused := func(selector string) chromedp.Action {
		return until(fmt.Sprintf("document.activeElement.matches(%s)", quoted(selector)))
	}
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=en"), focused("[name=name]"))
	require.Equal(t, []string{"password", "Log in", "Sign up"}, ann.walk(t))
	ann.run(t, chromedp.Navigate(s.url+"/login?lang=en"), focused("[name=name]"), chromedp.KeyEvent("ann"), tabKey, chromedp.KeyEvent("demo-demo"), enterKey,
		chromedp.WaitVisible("#chats .entry", chromedp.ByQuery), until(textHas("chats", "👋")))
	list := []string{"中文", "Log out", "find", "new-group"}
	var places []string
	require.Eventually(t, func() bool { places = ann.walk(t); return len(places) == 6 }, 5*time.Second, 10*time.Millisecond)
	require.Equal(t, list, places[:4])
	require.Contains(t, places[4], "👋", "the chat with ben")
	require.Equal(t, "B ben", places[5], "the contact")

	// The focus stays in the list while it changes, and comes back to it.
	ann.run(t, chromedp.Focus("#chats .entry", chromedp.ByQuery))
	write("first")
	ann.run(t, until(textHas("chats", "first")), focused("#chats .entry"), enterKey, focused("#text"), until(textHas("messages", "first")))
	ann.run(t, chromedp.KeyEvent("a line"), shiftEnterKey, chromedp.KeyEvent("another"), until(`document.getElementById('text').value === 'a line\nanother'`),
		chromedp.Evaluate(`document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', isComposing: true, bubbles: true, cancelable: true}))`, nil),
		until(`document.getElementById('text').value === 'a line\nanother'`), // Enter chose a word of an input method
		enterKey, until(`[...document.querySelectorAll('.mine .bubble')].some((one) => one.textContent === 'a line\nanother')`), focused("#text"), until(`document.getElementById('text').value === ''`))
	require.Equal(t, []string{"Send"}, ann.walk(t), "and then the browser's own buttons")
	places = ann.walk(t)
	require.Equal(t, list, places[:4])
	require.Equal(t, []string{"details", "messages", "Report", "Recall", "text", "Send"}, places[6:])

	// However fast one writes, it arrives in that order.
	ann.run(t, chromedp.Evaluate(`for (const text of ['1', '2', '3', '4', '5']) {
		document.getElementById('text').value = text;
		document.getElementById('compose').requestSubmit();
	}`, nil), until(`[...document.querySelectorAll('.mine .bubble')].map((one) => one.textContent).join().endsWith(',1,2,3,4,5')`))

	// A selection, and the focus on a message, outlive the next message; a draft outlives a walk.
	ann.run(t, chromedp.Focus(".report", chromedp.ByQuery), chromedp.Evaluate(`getSelection().selectAllChildren(document.querySelector('.bubble'))`, nil))
	write("second")
	ann.run(t, until(textHas("messages", "second")), focused(".report"), until(`getSelection().toString() === 'first'`),
		chromedp.Focus("#text", chromedp.ByID), chromedp.KeyEvent("half a thought"), escapeKey, until(`document.getElementById('room').hidden`), focused("#chats .entry[aria-current=false]"),
		enterKey, focused("#text"), until(`document.getElementById('text').value === 'half a thought'`))

	// Dialogs: Escape closes, the focus comes back, Enter in a field does the main thing, and never
	// one that cannot be undone.
	ann.run(t, chromedp.Focus("#details", chromedp.ByID), enterKey, until(`document.getElementById('dialog').open`), until(`document.activeElement.textContent === 'Close'`))
	require.Empty(t, ann.walk(t), "it was the last one")
	require.Equal(t, []string{"Remove friend", "Block", "Close"}, ann.walk(t), "nothing behind the dialog")
	ann.run(t, escapeKey, until(`!document.getElementById('dialog').open`), focused("#details"), until(`!document.getElementById('room').hidden`))
	ann.run(t, chromedp.Focus("#new-group", chromedp.ByID), enterKey, until(`document.getElementById('dialog').open`), focused("#dialog-body input"), enterKey,
		until(`document.getElementById('dialog').open`), // it has no name yet
		pressText("Cancel"), until(`!document.getElementById('dialog').open`), focused("#new-group"), enterKey, focused("#dialog-body input"),
		chromedp.KeyEvent(" "), enterKey, until(textHas("dialog-error", "This name cannot be used.")), // and can be put right
		chromedp.KeyEvent("Team"), enterKey, until(`document.getElementById('title').textContent === 'Team'`))
	require.Equal(t, []string{"Send"}, ann.walk(t))
	places = ann.walk(t)
	require.Equal(t, []string{"details", "messages", "text", "Send"}, places[len(places)-4:], "in a group")
	ann.run(t, chromedp.Focus("#find", chromedp.ByID), chromedp.KeyEvent("olg"), until(textHas("found", "olga")), escapeKey, until(`document.getElementById('find').value === ''`),
		until(`document.getElementById('found').children.length === 0`), until(`!document.getElementById('room').hidden`))
	ann.run(t, chromedp.KeyEvent("nobody"), chromedp.WaitVisible("#nobody", chromedp.ByID), escapeKey, chromedp.KeyEvent("olga"), until(textHas("found", "olga")), tabKey, tabKey, enterKey,
		until(textHas("contacts", "waiting")), focused("#find"))
	// A group that is gone closes, and so does an address that leads nowhere.
	var made struct{ ID string }
	ben.call(t, "POST", "/api/groups", map[string]any{"name": "Gone", "members": []string{"ann"}}, &made)
	ann.run(t, enter("Gone"))
	ben.call(t, "DELETE", "/api/groups/"+made.ID, nil, nil)
	ann.run(t, chromedp.WaitVisible("#choose", chromedp.ByID), until("!"+textHas("chats", "Gone")))
	for _, nowhere := range []string{"#g:nowhere", "#%E0", "#p:x:y"} {
		ann.run(t, chromedp.Evaluate(`location.hash = `+quoted(nowhere), nil), until(`location.hash === ''`), chromedp.WaitVisible("#choose", chromedp.ByID))
	}
	invited(t, s, join(t, chromium, s.url, "olga", "en"))
	require.Empty(t, ann.problems)
}

// invited accepts by the keyboard, and walks the operator's page.
func invited(t *testing.T, s *site, olga *guest) {
	t.Helper()
	olga.run(t, until(textHas("contacts", "asks to be your friend")))
	olga.look(t, "asked")
	olga.run(t, until(`[...document.querySelectorAll('.asks .names > *')].every((one) => one.scrollWidth <= one.clientWidth)`)) // nothing is cut
	var name string
	olga.run(t, view(1440, "light"), chromedp.Focus("#contacts .primary", chromedp.ByQuery), enterKey, until(textHas("chats", "ann")),
		chromedp.Evaluate(`document.activeElement.className`, &name, func(p *cdpruntime.EvaluateParams) *cdpruntime.EvaluateParams { return p }))
	require.Equal(t, "entry", name, "the friend is where the question was")
	olga.run(t, chromedp.Navigate(s.url+"/operator"), until(textHas("live", "Outbox")))
	require.Equal(t, []string{"Back to the chat", "Metrics", "中文", "text", "Send"}, olga.walk(t))
	require.Empty(t, olga.problems)
}
