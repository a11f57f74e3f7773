package pagetest

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/network"
	cdpruntime "github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// appserver starts the program of examples/appserver with its fake RongCloud, and returns its
// address.
func appserver(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	binary := filepath.Join(dir, "appserver")
	output, err := exec.CommandContext(t.Context(), "go", "-C", "../../examples/appserver", "build", "-o", binary, ".").CombinedOutput()
	require.NoError(t, err, "%s", output)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	cmd := exec.CommandContext(t.Context(), binary)
	cmd.Dir, cmd.Stderr = dir, os.Stderr
	cmd.Env = append(os.Environ(), "APPSERVER_ADDR="+address, "DATABASE_URL=sqlite:"+filepath.Join(dir, "x.db"))
	require.NoError(t, cmd.Start())
	done := make(chan struct{})
	go func() { // the test's context kills it
		defer close(done)
		_ = cmd.Wait()
	}()
	t.Cleanup(func() { <-done })
	require.Eventually(t, func() bool {
		response, err := http.Get("http://" + address + "/readyz")
		if err == nil {
			err = response.Body.Close()
		}
		return err == nil
	}, 30*time.Second, 50*time.Millisecond)
	return "http://" + address
}

// guest is somebody in a browser, and what the browser complains about.
type guest struct {
	ctx      context.Context
	problems []string
}

func (g *guest) run(t *testing.T, actions ...chromedp.Action) {
	t.Helper()
	run(t, g.ctx, actions...)
}

// say writes a message as with a keyboard.
func (g *guest) say(t *testing.T, text string) {
	t.Helper()
	g.run(t, chromedp.SendKeys("#text", text+kb.Enter, chromedp.ByQuery))
}

func join(t *testing.T, base, name, language, scheme string, width, height int64) *guest {
	t.Helper()
	g := &guest{ctx: browser(t, width, height, scheme)}
	chromedp.ListenTarget(g.ctx, func(event any) {
		switch event := event.(type) {
		case *cdpruntime.EventExceptionThrown:
			g.problems = append(g.problems, event.ExceptionDetails.Error())
		case *network.EventRequestWillBeSent:
			if len(event.Request.URL) < len(base) || event.Request.URL[:len(base)] != base {
				g.problems = append(g.problems, event.Request.URL)
			}
		}
	})
	g.run(t, network.Enable(), chromedp.Navigate(base+"/login?lang="+language),
		chromedp.SendKeys(`input[name=name]`, name, chromedp.ByQuery), chromedp.SendKeys(`input[name=password]`, "demo-demo"+kb.Enter, chromedp.ByQuery),
		chromedp.WaitVisible("#chats > li", chromedp.ByQuery))
	return g
}

// enter opens the conversation with a title.
func enter(title string) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll('#chats .entry')].find((one) => one.querySelector('.names span').textContent === %q).click()`, title), nil)
}

// Two people in two browsers chat: presence, unread counts, a recall, a message that is not
// allowed, a group, and a report that the operator decides.
func TestTwoPeopleChat(t *testing.T) {
	base := appserver(t)
	for _, c := range []struct {
		width, height int64
		scheme        string
	}{{1440, 900, "light"}, {390, 844, "dark"}} {
		t.Run(fmt.Sprintf("%d-%s", c.width, c.scheme), func(t *testing.T) {
			ann := join(t, base, "ann", "en", c.scheme, c.width, c.height)
			ben := join(t, base, "ben", "zh", c.scheme, c.width, c.height)
			shot := fmt.Sprintf("%d-%s", c.width, c.scheme)
			name := func(g *guest, what string) { shoot(t, g.ctx, "appserver-"+what+"-"+shot) }

			ann.run(t, enter("ben"), until(textHas("title", "ben")), until(textHas("presence", "online")))
			hello := "Hello, 本! <b>" + c.scheme + "</b>"
			ann.say(t, hello)
			ann.run(t, until(textHas("messages", hello)))
			ben.run(t, until(textHas("chats", hello)), until(`document.querySelector('.badge') !== null`))
			name(ben, "list")
			ben.run(t, enter("ann"), until(textHas("messages", hello)), until(`document.querySelector('.badge') === null`))
			ben.say(t, "你好，Ann！")
			ann.run(t, until(textHas("messages", "你好，Ann！")))

			ann.say(t, "to be recalled "+c.scheme)
			ben.run(t, until(textHas("messages", "to be recalled "+c.scheme)))
			ann.run(t, until(textHas("messages", "to be recalled "+c.scheme)), chromedp.Evaluate(`[...document.querySelectorAll('.recall')].at(-1).click()`, nil))
			ben.run(t, until("!"+textHas("messages", "to be recalled "+c.scheme)), until(textHas("messages", "消息已撤回")))

			ben.say(t, "Ca-si-no!")
			ben.run(t, until(textHas("refused", "包含不允许的词语")), until(`document.getElementById('text').value === 'Ca-si-no!'`))
			name(ann, "chat")
			name(ben, "refused")
			for _, g := range []*guest{ann, ben} {
				fitsIn(t, g.ctx)
			}

			ann.run(t, chromedp.KeyEvent(kb.Escape), until(`document.getElementById('room').hidden`), press("#new-group"),
				chromedp.SendKeys(`#dialog-body input`, "Team "+c.scheme, chromedp.ByQuery), press(`#dialog-body input[type=checkbox]`))
			name(ann, "new-group")
			ann.run(t, press("#dialog-buttons .primary"), until(textHas("chats", "Team "+c.scheme)))
			ben.run(t, chromedp.KeyEvent(kb.Escape), until(textHas("chats", "Team "+c.scheme)), enter("Team "+c.scheme), until(textHas("title", "Team "+c.scheme)),
				until(textHas("messages", "＋ Team "+c.scheme))) // RongCloud knows the group
			ben.say(t, "大家好")
			ann.run(t, enter("Team "+c.scheme), until(textHas("messages", "大家好")), press(".report"), until(`document.getElementById('dialog').open`), press("#dialog-buttons .primary"))
			ann.run(t, until(textHas("dialog", "Reported")), press("#dialog-buttons button"))
			name(ann, "group")
			require.Empty(t, append(ann.problems, ben.problems...))

			olga := join(t, base, "olga", "en", c.scheme, c.width, c.height)
			olga.run(t, chromedp.Navigate(base+"/operator"), until(textHas("live", "大家好")))
			fitsIn(t, olga.ctx)
			name(olga, "operator")
			olga.run(t, press(`form[action$="/dismiss"] button`), chromedp.WaitVisible(`//p[contains(., "No open reports")]`, chromedp.BySearch))
			require.Empty(t, olga.problems)
		})
	}
}

// fitsIn fails the test if something is wider than the window.
func fitsIn(t *testing.T, ctx context.Context) { //nolint:revive // t first, as in every helper
	t.Helper()
	var wide []string
	run(t, ctx, chromedp.Evaluate(`[...document.querySelectorAll('body *')]
		.filter((node) => node.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
		.map((node) => node.tagName + '#' + node.id + '.' + node.className)`, &wide))
	require.Empty(t, wide)
}
