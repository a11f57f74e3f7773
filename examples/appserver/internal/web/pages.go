package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"html/template"
	"net/http"
	"strconv"
	"time"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// view holds the data of all templates.
type view struct {
	Words words
	User  store.User
	Demo  bool // whether the program has a fake RongCloud
	Error string
	Name  string // the name of the failed login

	States    []store.State
	Counts    map[store.State]int
	Oldest    time.Time
	Parked    []shownJob
	Refused   []shownJob
	Reports   []shownReport
	Announced bool
}

// shownJob is a job with the names of its sender and recipients.
type shownJob struct {
	store.Job

	Words      words
	Once       bool
	From, Text string
	To         []string
	More       int // the number of further recipients
}

type shownReport struct {
	store.Report

	Text, From, Reporter string
}

// states lists the states of jobs in the order of the operator's page.
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
		s.Log.Error("cannot render a page", "page", page, "error", err)
		http.Error(w, v.Words.Get("error.internal"), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = text.WriteTo(w)
}

// setCookie sets a cookie, or deletes it if life is negative.
func (s *server) setCookie(w http.ResponseWriter, name, value string, life time.Duration) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // browsers refuse secure cookies over http, as in a demonstration
		Name: name, Value: value, Path: "/", MaxAge: int(life.Seconds()), HttpOnly: true, SameSite: http.SameSiteLaxMode, Secure: s.Secure,
	})
}

func (s *server) chatPage(w http.ResponseWriter, q *request) {
	s.show(w, q.Request, http.StatusOK, "chat.html", view{User: q.user})
}

func (s *server) loginPage(w http.ResponseWriter, r *http.Request) {
	s.show(w, r, http.StatusOK, "login.html", view{})
}

// enter serves the forms to log in and sign up. It sets the session's cookie, or shows the error.
func (s *server) enter(
	try func(ctx context.Context, name, password, address string) (token string, err error),
) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		name := r.PostFormValue("name")
		token, err := try(r.Context(), name, r.PostFormValue("password"), s.Address(r).String())
		if err != nil {
			status, text := s.explain(r, err)
			s.show(w, r, status, "login.html", view{Error: text, Name: name})
			return
		}
		s.setCookie(w, cookie, token, 30*24*time.Hour)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	}
}

func (s *server) logOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookie); err == nil {
		// If this fails, the session still exists: the login page would suggest the opposite.
		if err := s.App.LogOut(r.Context(), c.Value); err != nil {
			s.failPage(w, r, err)
			return
		}
	}
	s.setCookie(w, cookie, "", -time.Second)
	http.Redirect(w, r, "/login", http.StatusSeeOther)
}

// page serves users who are logged in, and leads others to the login page.
func (s *server) page(serve func(w http.ResponseWriter, q *request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		user, err := s.user(r)
		switch {
		case errors.Is(err, errSession):
			http.Redirect(w, r, "/login", http.StatusSeeOther)
		case err != nil: // the database failed, so the user may be logged in
			s.failPage(w, r, err)
		default:
			serve(w, &request{r, user, wordsFor(r)})
		}
	}
}

// forOperators serves only operators. Other users get status 404.
func (s *server) forOperators(serve func(w http.ResponseWriter, q *request)) http.HandlerFunc {
	return s.page(func(w http.ResponseWriter, q *request) {
		if q.user.Operator {
			serve(w, q)
		} else {
			http.NotFound(w, q.Request)
		}
	})
}

// operator executes a decision, and redirects to next. If decide is nil or fails, it shows the
// operator's page, with the error.
func (s *server) operator(next string, decide func(q *request) error) http.HandlerFunc {
	return s.forOperators(func(w http.ResponseWriter, q *request) {
		var err error
		if decide != nil {
			if err = decide(q); err == nil {
				http.Redirect(w, q.Request, next, http.StatusSeeOther)
				return
			}
		}
		v, status := view{User: q.user, States: states, Announced: q.URL.Query().Has("announced")}, http.StatusOK
		if err = cmp.Or(err, s.look(q, &v)); err != nil {
			status, v.Error = s.explain(q.Request, err)
		}
		s.show(w, q.Request, status, "operator.html", v)
	})
}

// mostShown is how many parked jobs, refused jobs and reports the operator's page shows.
const mostShown = 50

// look reads the jobs and reports for the operator's page.
func (s *server) look(q *request, v *view) error {
	ctx := q.Context()
	return s.App.Store.Ask(func(db store.Queries) {
		v.Counts, v.Oldest, _ = db.Depth(ctx)
		for state, to := range map[store.State]*[]shownJob{store.Parked: &v.Parked, store.Refused: &v.Refused} {
			jobs, _ := db.JobsIn(ctx, state, mostShown)
			for _, job := range jobs {
				*to = append(*to, q.shownJob(db, job))
			}
		}
		reports, _ := db.OpenReports(ctx, mostShown)
		for _, report := range reports {
			m, _ := db.Message(ctx, report.MessageUID)
			v.Reports = append(v.Reports, shownReport{
				report, textOf(m, q.words), cmp.Or(m.Name, m.From), q.nameOf(db, report.ReporterID),
			})
		}
	})
}

// mostNamed is how many recipients of a job the page names.
const mostNamed = 5

func (q *request) shownJob(db store.Queries, job store.Job) shownJob {
	from, to, text := outbox.About(job)
	more := max(len(to)-mostNamed, 0)
	shown := shownJob{
		Job: job, Words: q.words, Once: outbox.IsOnce(job.Kind), From: q.nameOf(db, from), Text: text, More: more,
	}
	for _, id := range to[:len(to)-more] {
		shown.To = append(shown.To, q.nameOf(db, id))
	}
	return shown
}

// nameOf returns the name of a user or a group, or its ID if it has no name.
func (q *request) nameOf(db store.Queries, id string) string {
	if user, err := db.User(q.Context(), id); err == nil {
		return user.Name
	}
	group, _ := db.Group(q.Context(), id)
	return cmp.Or(group.Name, id)
}

// number returns the ID in the path. If that is not a number it returns 0, which is no ID.
func (q *request) number() int64 {
	id, _ := strconv.ParseInt(q.PathValue("id"), 10, 64)
	return id
}

// decide decides a job. It returns errStale if the page shows an earlier attempt, so that a second
// click on "Send again" does not send twice.
func (s *server) decide(to store.State) func(q *request) error {
	return func(q *request) error {
		job, err := s.App.Store.Job(q.Context(), q.number())
		if err == nil && strconv.Itoa(job.Tries) != q.PostFormValue("tries") {
			return errStale
		}
		return s.App.Decide(q.Context(), q.number(), to) // also returns the error if there is no such job
	}
}

func onReport(decide func(ctx context.Context, id int64) error) func(q *request) error {
	return func(q *request) error { return decide(q.Context(), q.number()) }
}

func (s *server) announce(q *request) error {
	return s.App.Announce(q.Context(), q.PostFormValue("text"))
}

// span returns the time since t in its largest unit, such as "3 h".
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
