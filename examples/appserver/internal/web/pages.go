package web

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
	"slices"
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

	States    []store.State
	Counts    map[store.State]int
	Oldest    time.Time
	Parked    []shownJob
	Refused   []shownJob
	Reports   []shownReport
	Announced bool
}

// shownJob is a job with the names of those whom it is about.
type shownJob struct {
	store.Job

	Words      words
	Once       bool
	From, Text string
	To         []string
	More       int // recipients beside those
}

type shownReport struct {
	store.Report

	Text, From, Reporter string
}

// states are the states of jobs, in the order in which pages have them.
var states = []store.State{store.Waiting, store.Begun, store.Done, store.Parked, store.Refused, store.Dropped}

func parsePages() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{"span": span}).ParseFS(files, "templates/*.html"))
}

func (s *server) show(w http.ResponseWriter, r *http.Request, status int, page string, v view) {
	v.Words, v.Demo = wordsFor(r), s.Cloud != nil
	if chosen := r.URL.Query().Get("lang"); texts[chosen] != nil {
		s.setCookie(w, "lang", chosen, 365*24*time.Hour)
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

// setCookie gives a browser a cookie, or takes it away with a life below zero.
func (s *server) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // without https, in a demonstration, it could not be set
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure,
	})
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
	token, err := s.App.SignUp(r.Context(), r.PostFormValue("name"), r.PostFormValue("password"), s.Address(r).String())
	s.enter(w, r, token, err)
}

// enter lets somebody in, or says why not.
func (s *server) enter(w http.ResponseWriter, r *http.Request, token string, err error) {
	if err != nil {
		status, text := s.explain(r, err)
		s.show(w, r, status, "login.html", view{Error: text, Name: r.PostFormValue("name")})
		return
	}
	s.setCookie(w, cookie, token, 30*24*time.Hour)
	http.Redirect(w, r, "/", http.StatusSeeOther)
}

func (s *server) logOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		if err := s.App.LogOut(r.Context(), c.Value); err != nil {
			s.Log.Error("a session is not ended", "error", err)
		}
	}
	s.setCookie(w, cookie, "", -time.Second)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// forOperators serves operators only. Other users get 404.
func (s *server) forOperators(serve func(http.ResponseWriter, *http.Request, store.User)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, err := s.user(r)
		switch {
		case err != nil:
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case !user.Operator:
			http.NotFound(w, r)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, mostBody)
			serve(w, r, user)
		}
	}
}

// mostShown is how many jobs and reports of each kind the operator sees at once.
const mostShown = 50

// operatorPage draws the operator's page, with what went wrong with a decision.
func (s *server) operatorPage(wrong error) func(http.ResponseWriter, *http.Request, store.User) {
	return func(w http.ResponseWriter, r *http.Request, user store.User) {
		v, status := view{User: user, States: states, Announced: r.URL.Query().Has("announced")}, http.StatusOK
		if err := cmp.Or(wrong, s.look(r, &v)); err != nil {
			status, v.Error = s.explain(r, err)
		}
		s.show(w, r, status, "operator.html", v)
	}
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
			*to = append(*to, s.shownJob(r, job))
		}
	}
	reports, err := s.App.Store.OpenReports(ctx, mostShown)
	if err != nil {
		return err
	}
	for _, report := range reports {
		m, err := s.App.Store.Message(ctx, report.MessageUID)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		v.Reports = append(v.Reports, shownReport{report, textOf(m, wordsFor(r)), s.nameOf(r, m.From), s.nameOf(r, report.ReporterID)})
	}
	return nil
}

// mostNamed is how many recipients of a job are named.
const mostNamed = 5

// shownJob reads what jobs of all kinds have in common.
func (s *server) shownJob(r *http.Request, job store.Job) shownJob {
	var p struct {
		From, OwnerID, UserID, TargetID, GroupID, Text, Name string
		Targets, TargetIDs, UserIDs                          []string
	}
	if json.Unmarshal(job.Params, &p.GroupID) != nil { // a group's ID alone
		_ = json.Unmarshal(job.Params, &p) // what is not understood is shown as it is stored
	}
	shown := shownJob{Job: job, Words: wordsFor(r), Once: outbox.IsOnce(job.Kind), Text: cmp.Or(p.Text, p.Name)}
	if id := cmp.Or(p.From, p.OwnerID, p.UserID); id != "" {
		shown.From = s.nameOf(r, id)
	}
	if p.Name != "" {
		p.GroupID = "" // it has no other name yet
	}
	for _, id := range slices.Concat(p.Targets, p.TargetIDs, p.UserIDs, []string{p.TargetID, p.GroupID}) {
		switch {
		case id == "":
		case len(shown.To) < mostNamed:
			shown.To = append(shown.To, s.nameOf(r, id))
		default:
			shown.More++
		}
	}
	return shown
}

// nameOf returns what a user or a group is called, or else the ID.
func (s *server) nameOf(r *http.Request, id string) string {
	if user, err := s.App.Store.User(r.Context(), id); err == nil {
		return user.Name
	}
	group, _ := s.App.Store.Group(r.Context(), id)
	return cmp.Or(group.Name, id)
}

func (s *server) operatorDecides(w http.ResponseWriter, r *http.Request, user store.User) {
	id, _ := strconv.ParseInt(r.PathValue("id"), 10, 64) // none is 0
	err := app.ErrNotFound
	switch ctx := r.Context(); r.PathValue("what") + "/" + r.PathValue("decision") {
	case "jobs/again":
		err = s.decide(r, id, store.Waiting)
	case "jobs/done":
		err = s.decide(r, id, store.Done)
	case "jobs/drop":
		err = s.decide(r, id, store.Dropped)
	case "reports/uphold":
		err = s.App.Uphold(ctx, id)
	case "reports/dismiss":
		err = s.App.DismissReport(ctx, id)
	}
	s.backToOperator(w, r, user, "/operator", err)
}

// decide refuses a decision that was made for an earlier try: a second click on "send again" is not
// about what the first one has led to.
func (s *server) decide(r *http.Request, id int64, to store.State) error {
	job, err := s.App.Store.Job(r.Context(), id)
	if err == nil && strconv.Itoa(job.Tries) != r.PostFormValue("tries") {
		return errStale
	}
	return s.App.Decide(r.Context(), id, to) // says what is not there
}

func (s *server) announce(w http.ResponseWriter, r *http.Request, user store.User) {
	s.backToOperator(w, r, user, "/operator?announced", s.App.Announce(r.Context(), r.PostFormValue("text")))
}

func (s *server) backToOperator(w http.ResponseWriter, r *http.Request, user store.User, to string, err error) {
	if err != nil {
		s.operatorPage(err)(w, r, user)
		return
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// span says how long it is since a moment, in whole units.
func span(words words, t time.Time) string {
	d := time.Since(t)
	for _, unit := range []struct {
		key  string
		size time.Duration
	}{{"unit.d", 24 * time.Hour}, {"unit.h", time.Hour}, {"unit.min", time.Minute}} {
		if d >= unit.size {
			return strconv.Itoa(int(d/unit.size)) + words.Get(unit.key)
		}
	}
	return strconv.Itoa(int(d.Seconds())) + words.Get("unit.s")
}
