// Package web is what browsers and client apps talk to: pages, a JSON API, and a stream of events.
//
// It promises that nobody reads or changes what is not theirs.
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
}

type server struct {
	Config

	pages *template.Template
	hub   *hub
}

// Mount puts all that browsers ask for into a mux.
func Mount(mux *http.ServeMux, config Config) {
	s := &server{Config: config, hub: newHub()}
	s.pages = template.Must(template.New("").Funcs(template.FuncMap{"ago": ago, "dict": dict}).ParseFS(files, "templates/*.html"))
	config.App.Store.Listen(s.hub.publish)
	static, _ := fs.Sub(files, "static")
	mux.Handle("GET /static/", http.StripPrefix("/static/", http.FileServerFS(static)))

	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /readyz", s.ready)
	mux.HandleFunc("GET /{$}", s.chatPage)
	mux.HandleFunc("GET /login", s.loginPage)
	mux.HandleFunc("POST /login", s.logIn)
	mux.HandleFunc("POST /signup", s.signUp)
	mux.HandleFunc("POST /logout", s.logOut)

	mux.HandleFunc("GET /api/state", s.api(s.state))
	mux.HandleFunc("GET /api/token", s.api(s.token))
	mux.HandleFunc("GET /api/users", s.api(s.findUsers))
	mux.HandleFunc("GET /api/messages", s.api(s.messages))
	mux.HandleFunc("POST /api/messages", s.api(s.send))
	mux.HandleFunc("POST /api/read", s.api(s.read))
	mux.HandleFunc("POST /api/messages/{uid}/recall", s.api(func(q *request) (any, error) { return nil, s.App.Recall(q.ctx(), q.user.ID, q.PathValue("uid")) }))
	mux.HandleFunc("POST /api/messages/{uid}/report", s.api(s.report))
	mux.HandleFunc("POST /api/friends/{id}/{change}", s.api(s.friend))
	mux.HandleFunc("POST /api/groups", s.api(s.createGroup))
	mux.HandleFunc("POST /api/groups/{group}/members/{id}", s.api(func(q *request) (any, error) {
		return nil, s.App.AddMember(q.ctx(), q.user.ID, q.PathValue("group"), q.PathValue("id"))
	}))
	mux.HandleFunc("DELETE /api/groups/{group}/members/{id}", s.api(func(q *request) (any, error) {
		return nil, s.App.RemoveMember(q.ctx(), q.user.ID, q.PathValue("group"), q.PathValue("id"))
	}))
	mux.HandleFunc("DELETE /api/groups/{group}", s.api(func(q *request) (any, error) { return nil, s.App.Dismiss(q.ctx(), q.user.ID, q.PathValue("group")) }))
	mux.HandleFunc("GET /api/events", s.events)

	mux.HandleFunc("GET /operator", s.operatorPage)
	mux.HandleFunc("POST /operator/{what}/{id}/{decision}", s.operatorDecides)
	mux.HandleFunc("POST /operator/announce", s.announce)
	mux.HandleFunc("GET /metrics", s.metrics)
}

// Protect refuses what another site has a browser send, and says what pages may do.
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

// request is one of somebody who has logged in.
type request struct {
	*http.Request

	user  store.User
	words words
}

func (q *request) ctx() context.Context { return q.Context() }

// body reads the JSON that was sent.
func (q *request) body(to any) error {
	if err := json.NewDecoder(q.Body).Decode(to); err != nil {
		return errBody
	}
	return nil
}

var errBody = errors.New("error.body")

// user returns who has logged in.
func (s *server) user(r *http.Request) (store.User, error) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return store.User{}, store.ErrNotFound
	}
	return s.App.SessionUser(r.Context(), c.Value)
}

// api serves a call of somebody who has logged in.
func (s *server) api(call func(q *request) (any, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, mostBody)
		words := wordsFor(r)
		user, err := s.user(r)
		if errors.Is(err, store.ErrNotFound) {
			s.fail(w, r, words, errSession)
			return
		}
		var found any
		if err == nil {
			found, err = call(&request{r, user, words})
		}
		if err != nil {
			s.fail(w, r, words, err)
			return
		}
		if found == nil {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Cache-Control", "no-store")
		_ = json.NewEncoder(w).Encode(found) // the browser has gone
	}
}

var errSession = errors.New("error.session")

// statuses are those of errors that users can do something about.
var statuses = map[error]int{
	errBody: http.StatusBadRequest, errSession: http.StatusUnauthorized, errLive: http.StatusNotImplemented,
	app.ErrName: http.StatusUnprocessableEntity, app.ErrPassword: http.StatusUnprocessableEntity, app.ErrTaken: http.StatusConflict,
	app.ErrLogin: http.StatusUnauthorized, app.ErrTooOften: http.StatusTooManyRequests, app.ErrBlocked: http.StatusForbidden,
	app.ErrNotAllowed: http.StatusForbidden, app.ErrNotFound: http.StatusNotFound, app.ErrOvertaken: http.StatusConflict,
	fakecloud.ErrOffline: http.StatusConflict, fakecloud.ErrRejected: http.StatusUnprocessableEntity,
}

// explain returns what a user is told of an error. What is none of theirs is logged.
func (s *server) explain(r *http.Request, words words, err error) (status int, text string) {
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

func (s *server) fail(w http.ResponseWriter, r *http.Request, words words, err error) {
	status, text := s.explain(r, words, err)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": text})
}
