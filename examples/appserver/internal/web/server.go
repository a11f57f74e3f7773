// Package web serves browsers and client apps: pages, a JSON API, and a stream of events.
//
// It promises that users can read and change only their own data.
package web

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/fakecloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

//go:embed templates static
var files embed.FS

// Config is what the server needs.
type Config struct {
	App     *app.App
	Client  *rongcloud.Client
	Cloud   *fakecloud.Cloud // nil with a real RongCloud: then only client apps write
	Metrics *Metrics
	Secure  bool                           // cookies go by https alone
	Address func(*http.Request) netip.Addr // where a request comes from
	Log     *slog.Logger
	Ending  <-chan struct{} // closed when the program ends, and with it the streams
}

type server struct {
	Config

	pages *template.Template
	hub   *hub
}

// Mount registers everything that browsers request in a mux.
func Mount(mux *http.ServeMux, config Config) {
	s := &server{Config: config, pages: parsePages(), hub: newHub()}
	config.App.Store.Listen(s.hub.publish)
	static, _ := fs.Sub(files, "static")
	ours := http.NewServeMux()
	mux.Handle("/", http.MaxBytesHandler(ours, mostBody))
	ours.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))
	for pattern, serve := range map[string]http.HandlerFunc{
		"GET /healthz": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"GET /readyz":  s.ready,
		"GET /metrics": s.metrics,
		"GET /{$}":     s.page(s.chatPage),
		"GET /login":   s.loginPage,
		"POST /login":  s.enter(s.App.LogIn),
		"POST /signup": s.enter(s.App.SignUp),
		"POST /logout": s.logOut,

		"GET /operator":                       s.operator("", nil),
		"POST /operator/jobs/{id}/again":      s.operator("/operator", s.decide(store.Waiting)),
		"POST /operator/jobs/{id}/done":       s.operator("/operator", s.decide(store.Done)),
		"POST /operator/jobs/{id}/drop":       s.operator("/operator", s.decide(store.Dropped)),
		"POST /operator/reports/{id}/uphold":  s.operator("/operator", onReport(s.App.Uphold)),
		"POST /operator/reports/{id}/dismiss": s.operator("/operator", onReport(s.App.DismissReport)),
		"POST /operator/announce":             s.operator("/operator?announced", s.announce),

		"GET /api/events":                         s.events,
		"GET /api/state":                          s.api(s.state),
		"GET /api/token":                          s.api(s.token),
		"GET /api/users":                          s.api(s.findUsers),
		"GET /api/messages":                       s.api(s.messages),
		"POST /api/messages":                      s.api(given(s.send)),
		"POST /api/messages/{uid}/report":         s.api(given(s.report)),
		"POST /api/messages/{uid}/recall":         s.api(about(s.App.Recall, "uid")),
		"POST /api/read":                          s.api(given(s.read)),
		"POST /api/friends/{id}/invite":           s.api(about(s.App.Invite, "id")),
		"POST /api/friends/{id}/accept":           s.api(about(s.App.Accept, "id")),
		"POST /api/friends/{id}/remove":           s.api(about(s.App.Unfriend, "id")),
		"POST /api/friends/{id}/block":            s.api(s.block(true)),
		"POST /api/friends/{id}/unblock":          s.api(s.block(false)),
		"POST /api/groups":                        s.api(given(s.createGroup)),
		"DELETE /api/groups/{group}":              s.api(about(s.App.Dismiss, "group")),
		"POST /api/groups/{group}/members/{id}":   s.api(member(s.App.AddMember)),
		"DELETE /api/groups/{group}/members/{id}": s.api(member(s.App.RemoveMember)),
	} {
		ours.HandleFunc(pattern, serve)
	}
}

// Protect refuses requests that other sites make a browser send, and sets the pages' security
// headers.
func Protect(next http.Handler) http.Handler {
	checked := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		checked.ServeHTTP(w, r)
	})
}

// ready reports whether the program can work: the database is there. RongCloud need not be: the
// outbox waits for it.
func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 2*time.Second)
	defer cancel()
	if err := s.App.Store.Ping(ctx); err != nil {
		http.Error(w, "the database cannot be reached", http.StatusServiceUnavailable)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

const cookie = "session"

// mostBody is the longest body that is read.
const mostBody = 64 << 10

// request is a request of a user who has logged in.
type request struct {
	*http.Request

	user  store.User
	words words
}

// call is a part of the JSON API. What it returns is the body of the response.
type call func(q *request) (any, error)

// given is a call with the JSON that was sent.
func given[T any](do func(q *request, sent T) (any, error)) call {
	return func(q *request) (any, error) {
		var sent T
		if json.NewDecoder(q.Body).Decode(&sent) != nil {
			return nil, errBody
		}
		return do(q, sent)
	}
}

// user returns who has logged in.
func (s *server) user(r *http.Request) (store.User, error) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return store.User{}, errSession
	}
	user, err := s.App.SessionUser(r.Context(), c.Value)
	if errors.Is(err, store.ErrNotFound) {
		err = errSession
	}
	return user, err
}

// api serves a call of somebody who has logged in.
func (s *server) api(call call) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, err := s.user(r)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		found, err := call(&request{r, user, wordsFor(r)})
		switch {
		case err != nil:
			s.fail(w, r, err)
		case found == nil:
			w.WriteHeader(http.StatusNoContent)
		default:
			writeJSON(w, http.StatusOK, found)
		}
	}
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(value) // the browser has gone
}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := s.explain(r, err)
	writeJSON(w, status, map[string]string{"error": text})
}

var (
	errBody    = errors.New("error.body")
	errSession = errors.New("error.session")
	errLive    = errors.New("error.live")  // a page wants to write where only client apps can
	errStale   = errors.New("error.stale") // somebody decides about what they have not seen
)

// statuses are those of errors that users can do something about.
var statuses = map[error]int{
	errBody: http.StatusBadRequest, errSession: http.StatusUnauthorized, errLive: http.StatusNotImplemented, errStale: http.StatusConflict,
	store.ErrText: http.StatusBadRequest, app.ErrName: http.StatusUnprocessableEntity, app.ErrPassword: http.StatusUnprocessableEntity, app.ErrTaken: http.StatusConflict,
	app.ErrLogin: http.StatusUnauthorized, app.ErrTooOften: http.StatusTooManyRequests, app.ErrBlocked: http.StatusForbidden,
	app.ErrNotAllowed: http.StatusForbidden, app.ErrNotFound: http.StatusNotFound, app.ErrOvertaken: http.StatusConflict,
	fakecloud.ErrOffline: http.StatusConflict, fakecloud.ErrRejected: http.StatusUnprocessableEntity,
}

// explain returns what a user learns about an error. Errors that they cannot act on are logged.
func (s *server) explain(r *http.Request, err error) (status int, text string) {
	words := wordsFor(r)
	var blocked *rongcloudtest.BlockedError
	if errors.As(err, &blocked) {
		return http.StatusUnprocessableEntity, words.Get(blocked.Text)
	}
	for known, status := range statuses {
		if errors.Is(err, known) {
			return status, words.Get(known.Error())
		}
	}
	if r.Context().Err() == nil {
		s.Log.Error("a request failed", "path", r.Pattern, "error", err)
	}
	return http.StatusInternalServerError, words.Get("error.internal")
}
