package web

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// routes returns the patterns that Mount registers. It reads them from the source, so new routes
// are tested too.
func routes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "server.go", nil, 0)
	require.NoError(t, err)
	var found []string
	isRoute := regexp.MustCompile(`^(GET|POST|PUT|PATCH|DELETE) /`)
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if text, err := strconv.Unquote(literal.Value); err == nil && isRoute.MatchString(text) {
				found = append(found, text)
			}
		}
		return true
	})
	require.Greater(t, len(found), 25)
	return found
}

// site is a server with three users: ann and ben, who are friends and share a group, and eve, who
// knows neither.
type site struct {
	*testing.T

	handler  http.Handler
	store    *store.Store
	sessions map[string]string
}

func newSite(t *testing.T) *site {
	t.Helper()
	database, err := store.Open(t.Context(), "sqlite:"+t.TempDir()+"/x.db")
	require.NoError(t, err)
	t.Cleanup(func() { _ = database.Close() })
	a := &app.App{Store: database}
	mux := http.NewServeMux()
	Mount(mux, Config{
		App: a, Client: rongcloudtest.NewServer(t).Client(), Metrics: &Metrics{}, Log: slog.New(slog.DiscardHandler),
		Address: func(*http.Request) netip.Addr { return netip.MustParseAddr("1.2.3.4") },
	})
	s := &site{t, Protect(mux), database, map[string]string{}}
	for _, id := range []string{"ann", "ben", "eve"} {
		require.NoError(t, a.AddUser(t.Context(), store.User{ID: id, Name: id, Password: "-"}))
		s.sessions[id], err = a.Session(t.Context(), id)
		require.NoError(t, err)
	}
	require.NoError(t, errors.Join(a.Invite(t.Context(), "ann", "ben"), a.Accept(t.Context(), "ben", "ann")))
	require.NoError(t, database.Change(t.Context(), func(tx *store.Tx) error {
		tx.SetGroup(t.Context(), store.Group{ID: "g", Name: "Group", OwnerID: "ann"})
		tx.SetMembers(t.Context(), "g", "ann", "ben")
		for uid, conversation := range map[string]string{"private": "p:ann:ben", "group": "g:g"} {
			tx.Archive(t.Context(), store.Message{
				UID: uid, Conversation: conversation, From: "ann", Target: "ben", Type: 1,
				ObjectName: "RC:TxtMsg", Body: `{"content":"secret"}`, SentAt: time.Now(),
			})
		}
		return nil
	}))
	return s
}

// request makes a request with the session of a user, or without a session if as is empty.
func (s *site) request(as, pattern, body string, change func(r *http.Request)) *httptest.ResponseRecorder {
	s.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	ctx, cancel := context.WithTimeout(s.Context(), 5*time.Second) // ends an event stream
	defer cancel()
	r := httptest.NewRequestWithContext(ctx, method, path, strings.NewReader(body))
	if strings.HasPrefix(body, "text=") {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if as != "" {
		r.AddCookie(&http.Cookie{Name: cookie, Value: s.sessions[as]})
	}
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	return w
}

// jobs returns the number of jobs in the outbox.
func (s *site) jobs() int {
	s.Helper()
	counts, _, err := s.store.Depth(s.Context())
	require.NoError(s, err)
	sum := 0
	for _, n := range counts {
		sum += n
	}
	return sum
}

// filled replaces the wildcards of a pattern with IDs that exist.
func filled(pattern string) string {
	return strings.NewReplacer("{uid}", "private", "{id}", "ben", "{group}", "g", "{what}", "jobs",
		"{decision}", "drop", "{$}", "").Replace(pattern)
}

// public lists the routes that need no session.
var public = []string{
	"GET /static/", "GET /healthz", "GET /readyz", "GET /login", "POST /login", "POST /signup", "POST /logout",
}

// All routes that are not public refuse requests without a valid session.
func TestNoSession(t *testing.T) {
	s := newSite(t)
	before := s.jobs()
	for _, pattern := range routes(t) {
		if slices.Contains(public, pattern) {
			continue
		}
		for name, change := range map[string]func(*http.Request){
			"none": nil, "wrong": func(r *http.Request) { r.AddCookie(&http.Cookie{Name: cookie, Value: "wrong"}) },
			"token": func(r *http.Request) { r.Header.Set("Authorization", "Bearer ") },
		} {
			w := s.request("", filled(pattern), `{}`, change)
			want, isPage := http.StatusUnauthorized, !strings.Contains(pattern, " /api/")
			if isPage {
				want = http.StatusSeeOther
				require.Equal(t, "/login", w.Header().Get("Location"), pattern)
			}
			require.Equal(t, want, w.Code, "%s with %s", pattern, name)
			require.NotContains(t, w.Body.String(), "secret")
		}
	}
	require.Equal(t, before, s.jobs())
}

// Another site cannot make the browser of a user who is logged in change anything.
func TestOtherSites(t *testing.T) {
	s := newSite(t)
	before := s.jobs()
	for _, pattern := range routes(t) {
		if strings.HasPrefix(pattern, "GET ") {
			continue
		}
		for header, value := range map[string]string{"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"} {
			w := s.request("ann", filled(pattern), `{"Name":"x"}`, func(r *http.Request) { r.Header.Set(header, value) })
			require.Equal(t, http.StatusForbidden, w.Code, "%s with %s", pattern, header)
		}
	}
	require.Equal(t, before, s.jobs())
	require.Equal(t, http.StatusOK, s.request("ann", "GET /api/state", "", nil).Code, "ann is still logged in")
}

// Users cannot read or change the data of others. The response does not tell them whether the data
// exists: it is the same for IDs that exist and IDs that do not.
func TestStranger(t *testing.T) {
	s := newSite(t)
	before := s.jobs()
	harmless := []string{
		"GET /{$}", "GET /api/events", "GET /api/state", "GET /api/token", "GET /api/users", "POST /api/groups", "POST /api/read",
		"POST /api/friends/{id}/invite", "POST /api/friends/{id}/remove", "POST /api/friends/{id}/block", "POST /api/friends/{id}/unblock",
	}
	tried := 0
	for _, pattern := range routes(t) {
		if slices.Contains(public, pattern) || slices.Contains(harmless, pattern) {
			continue
		}
		tried++
		existing := filled(pattern)
		missing := strings.NewReplacer("private", "nothing", "groups/g", "groups/nothing", "ben", "nobody").Replace(existing)
		if pattern == "POST /api/messages" {
			continue // only a page with the fake RongCloud can send messages
		}
		query, body := "", `{"Name":"x","Conversation":"p:ann:ben"}`
		if pattern == "GET /api/messages" {
			query = "?conversation=g:g"
		}
		one, other := s.request("eve", existing+query, body, nil), s.request("eve", missing+query, body, nil)
		require.Equal(t, http.StatusNotFound, one.Code, pattern)
		require.Equal(t, one.Code, other.Code, pattern)
		require.Equal(t, one.Body.String(), other.Body.String(), pattern)
	}
	require.Greater(t, tried, 8)
	require.Equal(t, before, s.jobs())
	for _, pattern := range []string{"GET /api/state", "GET /api/users?q=", "GET /api/messages?conversation=p:ann:ben"} {
		require.NotContains(t, s.request("eve", pattern, "", nil).Body.String(), "secret")
	}
	groups, err := s.store.Members(t.Context(), "g")
	require.NoError(t, err)
	require.Equal(t, []string{"ann", "ben"}, groups)
}

// If the database fails, every route that needs it responds with status 500. A redirect to the
// login page would look as if the user's decision had been stored.
func TestDatabaseGone(t *testing.T) {
	s := newSite(t)
	require.NoError(t, s.store.Close())
	for _, pattern := range routes(t) {
		switch {
		case slices.Contains([]string{"GET /static/", "GET /healthz", "GET /login"}, pattern):
			continue
		case pattern == "GET /readyz":
			require.Equal(t, http.StatusServiceUnavailable, s.request("ann", pattern, "", nil).Code)
			continue
		}
		body := "{}"
		if pattern == "POST /signup" {
			body = "name=new&password=long+enough"
		}
		w := s.request("ann", filled(pattern), body, func(r *http.Request) {
			if strings.HasPrefix(body, "name=") {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
		})
		require.Equal(t, http.StatusInternalServerError, w.Code, pattern)
	}
}

// No route reads more than mostBody bytes of a request.
func TestLongBodies(t *testing.T) {
	s := newSite(t)
	require.NoError(t, s.store.SetOperators(t.Context(), []string{"ann"}))
	most := 0
	for _, pattern := range routes(t) {
		if strings.HasPrefix(pattern, "GET ") || pattern == "POST /logout" {
			continue
		}
		for contentType, begin := range map[string]string{"application/json": `{"Name":"`, "application/x-www-form-urlencoded": "text="} {
			read := 0
			s.request("ann", filled(pattern), "", func(r *http.Request) {
				r.Header.Set("Content-Type", contentType)
				r.Body = &counter{strings.NewReader(begin + strings.Repeat("x", 10*mostBody)), &read}
			})
			require.LessOrEqual(t, read, mostBody+1, pattern)
			most = max(most, read)
		}
	}
	require.Positive(t, most)
}

type counter struct {
	*strings.Reader

	n *int
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	*c.n += n
	return n, err
}

func (c *counter) Close() error { return nil }
