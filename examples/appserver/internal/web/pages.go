package web

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// view is what all pages have.
type view struct {
	Words words
	User  store.User
	Demo  bool // the fake RongCloud is inside
	Error string
	Name  string // what was tried to log in with

	Counts    map[store.State]int
	Oldest    time.Time
	Parked    []shownJob
	Refused   []shownJob
	Reports   []shownReport
	Announced bool
}

type shownJob struct {
	store.Job

	Once bool
}

type shownReport struct {
	store.Report

	Text, From, Reporter string
}

func (s *server) show(w http.ResponseWriter, r *http.Request, status int, page string, v view) {
	v.Words, v.Demo = wordsFor(r), s.Cloud != nil
	if chosen := r.FormValue("lang"); texts[chosen] != nil {
		http.SetCookie(w, &http.Cookie{Name: "lang", Value: chosen, Path: "/", MaxAge: 365 * 24 * 3600, SameSite: http.SameSiteLaxMode, HttpOnly: true, Secure: s.Secure}) //nolint:gosec // without https, in a demonstration, it could not be set
	}
	var text bytes.Buffer
	if err := s.pages.ExecuteTemplate(&text, page, v); err != nil {
		s.Log.Error("a page cannot be shown", "page", page, "error", err)
		http.Error(w, v.Words.Get("error.internal"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}

func (s *server) chatPage(w http.ResponseWriter, r *http.Request) {
	user, err := s.user(r)
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return
	}
	s.show(w, r, http.StatusOK, "chat.html", view{User: user})
}

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "login.html", view{})
}

func (s *server) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	token, err := s.App.LogIn(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"), s.Address(r).String())
	s.enter(w, r, token, err)
}

func (s *server) signUp(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	user, err := s.App.SignUp(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"))
	var token string
	if err == nil {
		token, err = s.App.Session(r.Context(), user.ID)
	}
	s.enter(w, r, token, err)
}

// enter lets somebody in, or says why not.
func (s *server) enter(w http.ResponseWriter, r *http.Request, token string, err error) {
	if err != nil {
		status, text := s.explain(r, wordsFor(r), err)
		s.show(w, r, status, "login.html", view{Error: text, Name: r.PostFormValue("name")})
		return
	}
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without https, in a demonstration, it could not be set
		Name: cookie, Value: token, Path: "/", MaxAge: 30 * 24 * 3600, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure,
	})
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) logOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		if err := s.App.LogOut(r.Context(), c.Value); err != nil {
			s.Log.Error("a session is not ended", "error", err)
		}
	}
	http.SetCookie(w, &http.Cookie{Name: cookie, Path: "/", MaxAge: -1, HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure}) //nolint:gosec // it ends one
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// operator returns who has logged in, if they are an operator. Others see that there is no such
// page.
func (s *server) operator(w http.ResponseWriter, r *http.Request) (store.User, bool) {
	user, err := s.user(r)
	if err != nil {
		http.Redirect(w, r, "/login", http.StatusSeeOther)
		return user, false
	}
	if !user.Operator {
		http.NotFound(w, r)
		return user, false
	}
	return user, true
}

// mostShown is how many jobs and reports of each kind the operator sees at once.
const mostShown = 50

func (s *server) operatorPage(w http.ResponseWriter, r *http.Request) {
	user, ok := s.operator(w, r)
	if !ok {
		return
	}
	v := view{User: user, Announced: r.FormValue("announced") != ""}
	err := s.look(r, &v)
	if err != nil {
		_, v.Error = s.explain(r, wordsFor(r), err)
	}
	s.show(w, r, http.StatusOK, "operator.html", v)
}

func (s *server) look(r *http.Request, v *view) error {
	ctx := r.Context()
	var err error
	if v.Counts, v.Oldest, err = s.App.Store.Depth(ctx); err != nil {
		return err
	}
	for state, to := range map[store.State]*[]shownJob{store.Parked: &v.Parked, store.Refused: &v.Refused} {
		jobs, err := s.App.Store.JobsIn(ctx, state, mostShown)
		if err != nil {
			return err
		}
		for _, job := range jobs {
			*to = append(*to, shownJob{job, outbox.IsOnce(job.Kind)})
		}
	}
	reports, err := s.App.Store.OpenReports(ctx, mostShown)
	if err != nil {
		return err
	}
	for _, report := range reports {
		one := shownReport{Report: report}
		m, err := s.App.Store.Message(ctx, report.MessageUID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		names, err := s.App.Store.Names(ctx, m.From, report.ReporterID)
		if err != nil {
			return err
		}
		one.Text, one.From, one.Reporter = textOf(m, wordsFor(r)), names[m.From], names[report.ReporterID]
		v.Reports = append(v.Reports, one)
	}
	return nil
}

func (s *server) operatorDecides(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.operator(w, r); !ok {
		return
	}
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	switch ctx := r.Context(); r.PathValue("what") + "/" + r.PathValue("decision") {
	case "jobs/again":
		err = s.App.Decide(ctx, id, store.Waiting)
	case "jobs/done":
		err = s.App.Decide(ctx, id, store.Done)
	case "jobs/drop":
		err = s.App.Decide(ctx, id, store.Dropped)
	case "reports/uphold":
		err = s.App.Uphold(ctx, id)
	case "reports/dismiss":
		err = s.App.DismissReport(ctx, id)
	default:
		err = app.ErrNotFound
	}
	s.backToOperator(w, r, "/operator", err)
}

func (s *server) announce(w http.ResponseWriter, r *http.Request) {
	if _, ok := s.operator(w, r); !ok {
		return
	}
	r.Body = http.MaxBytesReader(w, r.Body, mostBody)
	s.backToOperator(w, r, "/operator?announced=1", s.App.Announce(r.Context(), r.PostFormValue("text")))
}

func (s *server) backToOperator(w http.ResponseWriter, r *http.Request, to string, err error) {
	if err != nil {
		status, text := s.explain(r, wordsFor(r), err)
		http.Error(w, text, status)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// ago says how long something has been, in whole units.
func ago(t time.Time) string {
	d := time.Since(t)
	switch {
	case t.IsZero():
		return "–"
	case d < time.Minute:
		return strconv.Itoa(int(d.Seconds())) + " s"
	case d < time.Hour:
		return strconv.Itoa(int(d.Minutes())) + " min"
	case d < 48*time.Hour:
		return strconv.Itoa(int(d.Hours())) + " h"
	}
	return strconv.Itoa(int(d.Hours()/24)) + " d"
}

// States are the states of jobs, in the order in which the page has them.
func (view) States() []store.State {
	return []store.State{store.Waiting, store.Begun, store.Done, store.Parked, store.Refused, store.Dropped}
}

// dict gives a part of a page more than one value.
func dict(pairs ...any) map[string]any {
	found := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		found[pairs[i].(string)] = pairs[i+1] //nolint:forcetypeassert // the templates are this program's own
	}
	return found
}
