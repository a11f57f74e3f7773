package web

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// words.json has every text that pages and errors use, in both languages.
func TestWords(t *testing.T) {
	asked := regexp.MustCompile(`Words\.Get "([^"]+)"|word\([^)]*'([^']+)'\)|"((?:error|moderation|unit)\.[a-zA-Z]+)"`)
	sources := ""
	for _, file := range []string{
		"templates/login.html", "templates/chat.html", "templates/operator.html", "static/app.js", "server.go", "pages.go",
		"../app/app.go", "../store/store.go", "../callback/moderation.go", "../fakecloud/fakecloud.go",
	} {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		sources += string(text)
	}
	found := asked.FindAllStringSubmatch(sources, -1)
	require.Greater(t, len(found), 50)
	for _, match := range found {
		key := match[1] + match[2] + match[3]
		for language, words := range texts {
			require.NotEmpty(t, words[key], "%s: %s", language, key)
		}
	}
	for _, state := range states {
		require.Contains(t, texts["zh"], "state."+string(state))
	}
}

func TestWordsFor(t *testing.T) {
	for _, c := range []struct{ path, cookie, accept, want string }{
		{"/", "", "", "en"}, {"/", "", "zh-CN,zh;q=0.9", "zh"}, {"/", "en", "zh-CN", "en"}, {"/?lang=zh", "en", "",
			"zh"}, {"/?lang=xx", "yy", "", "en"},
	} {
		r := httptest.NewRequest(http.MethodGet, c.path, nil)
		r.Header.Set("Accept-Language", c.accept)
		r.AddCookie(&http.Cookie{Name: "lang", Value: c.cookie})
		require.Equal(t, c.want, wordsFor(r).Get("lang"), c)
	}
}

// Pages escape what users write.
func TestEscapes(t *testing.T) {
	const evil = `"><script>alert(1)</script>`
	var text strings.Builder
	job := shownJob{From: evil, To: []string{evil}, Text: evil, Job: store.Job{Params: []byte(evil), Error: evil}}
	report := shownReport{Text: evil, From: evil, Report: store.Report{Reason: evil}}
	v := view{Words: texts["en"], Name: evil, Error: evil, Reports: []shownReport{report}, Parked: []shownJob{job}}
	for _, page := range []string{"login.html", "operator.html"} {
		require.NoError(t, parsePages().ExecuteTemplate(&text, page, v))
	}
	require.NotContains(t, text.String(), "<script>alert")
	require.Contains(t, text.String(), "&lt;script&gt;")
}

// A page that reads its events too slowly gets EventMissed, and does not delay other pages.
func TestHub(t *testing.T) {
	h := newHub()
	slow, shut := h.open("ann")
	other, shutOther := h.open("ben")
	for range 1000 {
		h.publish(store.Event{Type: store.EventMessage, UserIDs: []string{"ann"}})
	}
	require.Len(t, slow, cap(slow))
	var last store.Event
	for range cap(slow) {
		last = <-slow
	}
	require.Equal(t, store.EventMissed, last.Type, "EventMissed comes last, so the page reads everything afterwards")
	require.Empty(t, other)
	h.publish(store.Event{Type: store.EventMissed})
	require.Len(t, other, 1, "EventMissed is for all users")
	shut()
	shutOther()
	require.Zero(t, h.count())
}

// A user may have mostPages event streams open, however many other operators have. Closing one
// allows another.
func TestPageLimit(t *testing.T) {
	h := newHub()
	var first func()
	for i := range mostPages {
		p, shut := h.open("ann", store.OutboxReader)
		require.NotNil(t, p, i)
		first = shut
	}
	p, _ := h.open("ann", store.OutboxReader)
	require.Nil(t, p)
	p, _ = h.open("ben", store.OutboxReader)
	require.NotNil(t, p)
	first()
	p, _ = h.open("ann")
	require.NotNil(t, p)
}

func TestProtect(t *testing.T) {
	h := Protect(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "in") }))
	for _, c := range []struct {
		method, origin, site string
		want                 int
	}{
		{"GET", "https://evil.example", "cross-site", 200}, {"POST", "https://evil.example", "cross-site", 403},
		{"POST", "", "cross-site", 403},
		{"POST", "", "same-origin", 200}, {"POST", "", "", 200}, {"DELETE", "https://evil.example", "", 403},
	} {
		r := httptest.NewRequest(c.method, "http://chat.example/", nil)
		for name, value := range map[string]string{"Origin": c.origin, "Sec-Fetch-Site": c.site} {
			if value != "" {
				r.Header.Set(name, value)
			}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		require.Equal(t, c.want, w.Code, fmt.Sprint(c))
		require.NotEmpty(t, w.Header().Get("Content-Security-Policy"))
	}
}

// Scripts cannot read cookies, other sites cannot use them to POST, and with https they are never
// sent in clear text.
func TestCookies(t *testing.T) {
	for _, secure := range []bool{false, true} {
		w := httptest.NewRecorder()
		(&server{Config: Config{Secure: secure}}).setCookie(w, cookie, "token", time.Hour)
		require.Equal(t, http.Cookie{
			Name: cookie, Value: "token", Path: "/", MaxAge: 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: secure,
			Raw: w.Header().Get("Set-Cookie"),
		}, *w.Result().Cookies()[0])
	}
}

func TestSpan(t *testing.T) {
	for ago, want := range map[time.Duration]string{
		time.Second: "1 s", 90 * time.Second: "1 min", 25 * time.Hour: "1 d", 3 * time.Hour: "3 h",
	} {
		require.Equal(t, want, span(texts["en"], time.Now().Add(-ago)))
	}
	require.Equal(t, "2 分钟", span(texts["zh"], time.Now().Add(-2*time.Minute)))
}

// The operator's page shows the sender, recipients and text of a job of any kind.
func TestShownJob(t *testing.T) {
	database, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	t.Cleanup(func() { _ = database.Close() })
	pair := rongcloud.FriendAddParams{UserID: "ann", TargetID: "ben"}
	group := rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "Team", OwnerID: "ann", UserIDs: []string{"ben"}}
	for _, c := range []struct {
		params     any
		from, text string
		to         []string
		more       int
	}{
		{outbox.Notice{From: "ann", Targets: []string{"ben"}, Text: "hi"}, "ann", "hi", []string{"ben"}, 0},
		{outbox.Notice{From: "system", Targets: strings.Split("abcdefgh", ""), Text: "hi"}, "system", "hi", strings.Split("abcde", ""), 3},
		{pair, "ann", "", []string{"ben"}, 0}, {group, "ann", "Team", []string{"ben"}, 0},
		{rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"ben"}}, "", "", []string{"ben", "g"}, 0},
		{rongcloud.RecallParams{From: "ann", TargetID: "ben", SentAt: time.Now()}, "ann", "", []string{"ben"}, 0},
		{"g", "", "", []string{"g"}, 0}, {[]int{1}, "", "", nil, 0},
	} {
		params, err := json.Marshal(c.params)
		require.NoError(t, err)
		q := &request{Request: httptest.NewRequest(http.MethodGet, "/", nil)}
		shown := q.shownJob(database.Queries, store.Job{Params: params})
		require.Equal(t, []any{c.from, c.text, c.to, c.more}, []any{shown.From, shown.Text, shown.To, shown.More}, "%s", params)
	}
}
