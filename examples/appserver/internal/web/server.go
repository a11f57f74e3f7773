// Package web serves the pages, the JSON API and the event stream to browsers and client apps.
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

// Config holds what the server needs.
type Config struct {
	App     *app.App
	Client  *rongcloud.Client
	Cloud   *fakecloud.Cloud // nil with the real RongCloud: pages cannot send messages then
	Metrics *Metrics
	Secure  bool                           // whether browsers send cookies only over https
	Address func(*http.Request) netip.Addr // returns the client's address
	Log     *slog.Logger
	Ending  <-chan struct{} // closed when the program shuts down; ends the event streams
}

type server struct {
	Config

	pages *template.Template
	hub   *hub
}

// Mount registers the routes in a mux.
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

// Protect refuses changes that other sites make a browser request, and sets security headers.
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

// ready reports whether the database can be reached. RongCloud need not be reachable, because the
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

// mostBody is the maximum length of a request's body in bytes.
const mostBody = 64 << 10

// request is a request of a user who is logged in.
type request struct {
	*http.Request

	user  store.User
	words words
}

// call serves a route of the JSON API. It returns the body of the response, or nil for none.
type call func(q *request) (any, error)

// given returns a call that decodes the JSON body of the request, and passes it to do.
func given[T any](do func(q *request, sent T) (any, error)) call {
	return func(q *request) (any, error) {
		var sent T
		if json.NewDecoder(q.Body).Decode(&sent) != nil {
			return nil, errBody
		}
		return do(q, sent)
	}
}

// user returns the user of the session's cookie.
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

// api serves a call to users who are logged in.
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
	_ = json.NewEncoder(w).Encode(value) // fails only if the client has closed the connection
}

func (s *server) fail(w http.ResponseWriter, r *http.Request, err error) {
	status, text := s.explain(r, err)
	writeJSON(w, status, map[string]string{"error": text})
}

func (s *server) failPage(w http.ResponseWriter, r *http.Request, err error) {
	status, text := s.explain(r, err)
	http.Error(w, text, status)
}

var (
	errBody    = errors.New("error.body")
	errSession = errors.New("error.session")
	errLive    = errors.New("error.live")  // only client apps can send messages
	errStale   = errors.New("error.stale") // the operator's page showed an earlier attempt
)

// statuses maps the errors that users can act on to status codes.
var statuses = map[error]int{
	errBody: http.StatusBadRequest, errSession: http.StatusUnauthorized, errLive: http.StatusNotImplemented, errStale: http.StatusConflict,
	store.ErrText: http.StatusBadRequest, app.ErrName: http.StatusUnprocessableEntity, app.ErrPassword: http.StatusUnprocessableEntity, app.ErrTaken: http.StatusConflict,
	app.ErrLogin: http.StatusUnauthorized, app.ErrTooOften: http.StatusTooManyRequests, app.ErrBlocked: http.StatusForbidden,
	app.ErrNotAllowed: http.StatusForbidden, app.ErrNotFound: http.StatusNotFound, app.ErrOvertaken: http.StatusConflict,
	fakecloud.ErrOffline: http.StatusConflict, fakecloud.ErrRejected: http.StatusUnprocessableEntity,
}

// explain returns the status and the text for an error. It logs errors that users cannot act on,
// and does not show them.
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
		s.Log.Error("request failed", "route", r.Pattern, "error", err)
	}
	return http.StatusInternalServerError, words.Get("error.internal")
}
