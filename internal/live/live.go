// Package live finds out from RongCloud what its documentation does not say.
//
// The catalogue in api/ marks statements as unconfirmed where documentation and official SDKs
// leave something open. Settling them takes an App Key of a development app and two minutes. [Run]
// makes a few hundred calls on its own users, groups and rooms, whose IDs begin with a random
// prefix, removes them again, and returns a [Report]: each question with what the server did, and
// what that means for the catalogue.
//
// Each question is data (see question); the fields of all responses are also compared with the
// catalogue.
//
// It promises to affect nobody else and to leave nothing behind: every request passes through
// [client.send], which refuses to name anybody outside the prefix, and everything named is
// removed.
package live

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Config says which app to use, and how. All fields except AppKey and AppSecret may be zero.
type Config struct {
	AppKey    string
	AppSecret func() string // a function, so that no formatting verb shows it

	// BaseURL is the address of the API; empty for the primary one of Region, which is Beijing if
	// empty.
	BaseURL string
	Region  rongcloud.Region

	Transport http.RoundTripper // nil for its own connections

	// Prefix begins the ID of everything that is created. Empty for a random one; see [NewPrefix].
	Prefix string

	// Pause is how long a question waits before it checks what its call did, since changes may not
	// be visible at once. 0 means half a second, a negative value none.
	Pause time.Duration

	// Only are the IDs of the questions to ask; nil for all.
	Only []string

	// Progress is called before each question is asked. It may be nil.
	Progress func(done, all int, question string)
}

const (
	prefixStart = "rclive" // in every ID, so that people recognise it
	cleanupTime = time.Minute
	callTimeout = 15 * time.Second
	usualPause  = 500 * time.Millisecond
)

var validPrefix = regexp.MustCompile(`^` + prefixStart + `[0-9a-f]{8}$`)

// IsPrefix reports whether a text is the prefix of a run.
func IsPrefix(text string) bool { return validPrefix.MatchString(text) }

// NewPrefix returns a random prefix for [Config], such as rclive0f3a9c21.
func NewPrefix() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return prefixStart + hex.EncodeToString(b[:])
}

// Run asks all questions one after the other and then removes what it created, even if ctx ends
// early or a call fails. If the configuration is valid, the report is never nil: with an error, of
// the context or of a server that refuses the App Key, it has the findings until then.
func Run(ctx context.Context, config Config) (*Report, error) {
	c, err := newClient(&config)
	if err != nil {
		return nil, err
	}
	asked := questions
	if config.Only != nil {
		if asked, err = pick(config.Only); err != nil {
			return nil, err
		}
	}
	r := &Report{
		SDK: rongcloud.Version, Prefix: config.Prefix, Began: c.now().UTC().Truncate(time.Second),
		LeftOut: leftOut, Findings: []Finding{},
	}
	err = c.ask(ctx, r, asked, config.Progress)
	if err != nil {
		r.Interrupted = err.Error()
	}
	r.LeftBehind = c.cleanUp(ctx)
	c.http.CloseIdleConnections()
	r.Shapes = c.shapes.found()
	r.Calls = c.calls
	return r, err
}

// Clean removes what a run with the prefix of config created and could not remove itself, and
// returns what could not be removed.
func Clean(ctx context.Context, config Config) ([]string, error) {
	if config.Prefix == "" {
		return nil, errors.New("live: Prefix is empty: it names the run to clean up after")
	}
	c, err := newClient(&config)
	if err != nil {
		return nil, err
	}
	defer c.http.CloseIdleConnections()
	c.names.useAll()
	return c.cleanUp(ctx), ctx.Err()
}

// pick returns the questions with the given IDs.
func pick(ids []string) ([]question, error) {
	var picked []question
	for _, id := range ids {
		i := slices.IndexFunc(questions, func(q question) bool { return q.ID == id })
		if i < 0 {
			return nil, fmt.Errorf("live: there is no question %q", id)
		}
		picked = append(picked, questions[i])
	}
	return picked, nil
}

// ask creates the users and asks the questions. It ends early only if all further questions would
// be useless.
func (c *client) ask(ctx context.Context, r *Report, asked []question,
	progress func(done, all int, question string)) error {
	for _, user := range firstUsers {
		made := c.do(ctx,
			call{ep: userGetToken, params: "userId=$" + user + "&name=Live+check&portraitUri=https://example.com/p.png"},
			vars{})
		if made.err != nil {
			return fmt.Errorf("registering the first users: %w", made.err)
		}
		if !made.ok {
			return fmt.Errorf("registering the first users: the server responded with %s", made.describe())
		}
	}
	for i, q := range asked {
		if err := ctx.Err(); err != nil {
			return err
		}
		if progress != nil {
			progress(i, len(asked), q.ID)
		}
		r.Findings = append(r.Findings, c.answer(ctx, q))
	}
	if len(asked) == len(questions) {
		known := newVars(c.now())
		for _, made := range tour {
			c.do(ctx, made, known)
		}
	}
	return ctx.Err()
}

// cleanUp removes everything that a call may have created. It has its own time limit, so that
// Ctrl-C does not stop it, and returns descriptions of what the server did not remove.
func (c *client) cleanUp(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	left := []string{}
	for _, kind := range removalOrder {
		for _, name := range c.names.used(kind) {
			if why := c.remove(ctx, kind, name); why != "" {
				left = append(left, fmt.Sprintf("%s %s: %s", kind, c.names.id(name), why))
			}
		}
	}
	return left
}

// remove removes one thing, and returns why that failed, if it did.
func (c *client) remove(ctx context.Context, kind, name string) string {
	id := c.names.id(name)
	var r reply
	for range maxTries {
		unknown := true
		for _, removal := range kinds[kind].remove {
			if r = c.do(ctx, removal, vars{"it": id}); r.ok {
				return ""
			}
			unknown = unknown && (r.refused() || r.status == http.StatusUnauthorized)
		}
		if unknown && !c.names.made[kind+" "+id] { // it never existed, or is already gone
			return ""
		}
		if r.status == http.StatusUnauthorized { // retrying does not help
			break
		}
		if sleep(ctx, time.Second) != nil {
			break
		}
	}
	return r.describe()
}

// answer asks one question.
func (c *client) answer(ctx context.Context, q question) Finding {
	f := Finding{ID: q.ID, Entry: q.Entry, Question: q.Ask, Catalogue: q.Catalogue}
	known := newVars(c.now())
	var e exchange
	e.names, e.vars = c.names, known
	for _, before := range q.Before {
		reply := c.do(ctx, before, known)
		if !reply.ok && !before.may {
			return f.unsettled("a call to prepare it, %s, was answered with %s", before.ep.Path, reply.describe())
		}
	}
	e.asked = c.do(ctx, q.Probe, known)
	switch {
	case e.asked.err != nil:
		return f.unsettled("no response: %v", e.asked.err)
	case e.asked.serviceOff() && !q.OffTells:
		return f.unsettled("the service is not switched on for this app: %s", e.asked.describe())
	}
	if e.asked.ok && len(q.After) > 0 {
		if err := sleep(ctx, c.pause); err != nil {
			return f.unsettled("%v", err)
		}
	}
	e.after = make([]reply, 0, len(q.After))
	for _, after := range q.After {
		if !e.asked.ok { // it did nothing
			e.after = append(e.after, reply{})
			continue
		}
		reply := c.do(ctx, after, known)
		if !reply.ok && !after.may {
			return f.unsettled("the call to see what it did, %s, was answered with %s", after.ep.Path, reply.describe())
		}
		e.after = append(e.after, reply)
	}
	f.Answer = q.Read(e)
	f.Response = e.asked.describe()
	f.Means = q.Means[f.Answer]
	if f.Means == "" {
		return f.unsettled("%s is not among the answers that were thought of; the response was %s", f.Answer,
			e.asked.describe())
	}
	return f
}

// names makes IDs from the short names in the questions, and remembers which were used.
type names struct {
	prefix string
	seen   map[string]bool
	made   map[string]bool // by kind and ID: the server created it and has not removed it
}

// id returns the ID for a short name.
func (n *names) id(name string) string {
	n.seen[name] = true
	return n.idOf(name)
}

func (n *names) idOf(name string) string {
	id := n.prefix + name
	if size := sizes[name]; size > 0 {
		id += strings.Repeat("x", size-len(id))
	}
	return id
}

// note records what a successful call created or removed.
func (n *names) note(ep *endpoint.Endpoint, params string) {
	for kind, k := range kinds {
		removes := slices.ContainsFunc(k.remove, func(c call) bool { return c.ep == ep })
		if !removes && !slices.Contains(k.made, ep) {
			continue
		}
		for _, p := range pairsOf(params) {
			if slices.ContainsFunc(k.names, func(name string) bool { return n.idOf(name) == p.value }) {
				n.made[kind+" "+p.value] = !removes
			}
		}
	}
}

// used returns the names of a kind that were used in calls.
func (n *names) used(kind string) []string {
	var found []string
	for _, name := range kinds[kind].names {
		if n.seen[name] {
			found = append(found, name)
		}
	}
	return found
}

func (n *names) useAll() {
	for _, k := range kinds {
		for _, name := range k.names {
			n.seen[name] = true
		}
	}
}

// owns reports whether an ID belongs to the run.
func (n *names) owns(id string) bool { return strings.HasPrefix(id, n.prefix) }
