package live

import (
	"encoding/json"
	"fmt"
	"strings"
)

// question is something that no page documents.
type question struct {
	ID    string
	Entry string // path of the catalogue's entry; a file name if it is about all endpoints
	Ask   string

	// Settles are words of the catalogue's open points that the answer settles, of Entry and of
	// paths that begin with one of Also.
	Settles []string
	Also    []string

	Before []call // preparation; a refusal leaves the question open, unless allowed by may
	Probe  call
	After  []call // to check what the probe did

	Read func(exchange) string

	// OffTells is set if the question is whether a service is enabled; otherwise a disabled
	// service leaves the question open.
	OffTells bool

	// Means says what each answer that Read can return means for the catalogue.
	Means map[string]string

	// Catalogue is the answer that the catalogue assumes, if any.
	Catalogue string
}

// exchange is the outcome of a question's calls.
type exchange struct {
	names *names
	vars  vars
	asked reply
	after []reply
}

// Answers that many questions share.
const (
	accepted = "accepted"
	refused  = "refused"
	both     = "both"
	first    = "the first only"
	last     = "the last only"
	nobody   = "nobody"
	asOne    = "as one ID"
	kept     = "kept"
	dropped  = "dropped"
	present  = "present"
	absent   = "absent"
)

// acceptance reports whether the probe was accepted.
func acceptance(e exchange) string {
	if e.asked.ok {
		return accepted
	}
	return refused
}

// whom reads, from the last call after the probe, which of two users it applied to.
func whom(one, other string) func(exchange) string {
	return func(e exchange) string {
		if !e.asked.ok {
			return refused
		}
		texts := e.after[len(e.after)-1].texts()
		a, b := e.names.id(one), e.names.id(other)
		switch {
		case texts[a] && texts[b]:
			return both
		case texts[a]:
			return first
		case texts[b]:
			return last
		case texts[a+","+b]:
			return asOne
		default:
			return nobody
		}
	}
}

// without reads the same for b and c if the probe removes them.
func without(e exchange) string {
	reverse := map[string]string{
		both: nobody, first: last, last: first, nobody: both, asOne: nobody, refused: refused,
	}
	return reverse[whom("b", "c")(e)]
}

// contains reads whether the last response contains a text; that of the probe itself if there are
// no calls after it.
func contains(text, yes, no string) func(exchange) string {
	return func(e exchange) string {
		if !e.asked.ok {
			return refused
		}
		r := e.asked
		if len(e.after) > 0 {
			r = e.after[len(e.after)-1]
		}
		if word.MatchString(text) {
			name := strings.TrimPrefix(text, "$")
			value, ok := e.vars[name]
			if !ok {
				value = e.names.id(name)
			}
			return choose(r.texts()[value], yes, no)
		}
		return choose(r.texts()[text], yes, no)
	}
}

func choose(yes bool, a, b string) string {
	if yes {
		return a
	}
	return b
}

// refusalOf asks whether a mistake or a repeat is refused, and with which code.
func refusalOf(id string, probe call, ask string, before []call, catalogue string, settles ...string) question {
	return question{
		ID: id, Entry: probe.ep.Path, Ask: ask, Settles: settles, Before: before, Probe: probe, Read: acceptance,
		Catalogue: catalogue,
		Means: map[string]string{
			accepted: "no error: a repeat or a mistake is not told, and callers must not count on one",
			refused:  "the code is to be entered with this endpoint, and tested for",
		},
	}
}

// limitOf asks whether a limit is enforced.
func limitOf(id string, probe call, ask string, before []call, catalogue string, settles ...string) question {
	q := refusalOf(id, probe, ask, before, catalogue, settles...)
	q.Means = map[string]string{
		accepted: "the server takes more: whoever enters a limit here needs another source",
		refused:  "the limit is enforced: enter it and the code",
	}
	return q
}

// permissionFor asks whether something works that an SDK would like to offer.
func permissionFor(id string, probe call, ask string, before []call, catalogue string, settles ...string) question {
	q := refusalOf(id, probe, ask, before, catalogue, settles...)
	q.Means = map[string]string{
		accepted: "it is taken: the SDK may send it so",
		refused:  "it is not taken: the SDK must not send it so, and the code is to be entered",
	}
	return q
}

// extraField asks whether a response has a field known only from other SDKs' models.
func extraField(id string, probe call, path string, before []call) question {
	return question{
		ID: id, Entry: probe.ep.Path,
		Ask:    "Does the response have " + path + ", which only models of other SDKs know?",
		Before: before, Probe: probe,
		Read: fieldThere(path), Catalogue: absent,
		Means: map[string]string{present: "the field exists: add it to the entry and to the result",
			absent: "it is not sent", refused: "the call is refused: see the code"},
	}
}

// pagedLike asks whether an endpoint lists the same with and without a page number.
func pagedLike(id string, unpaged call, page, list string, before []call) question {
	paged := unpaged
	paged.params += page
	return question{
		ID: id, Entry: unpaged.ep.Path, Ask: "Does the first page list the same as the call without one?",
		Before: before, Probe: unpaged, After: []call{paged},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			all, _ := json.Marshal(e.asked.at(list))
			one, _ := json.Marshal(e.after[0].at(list))
			return choose(string(all) == string(one), "the same", "another list")
		},
		Means: map[string]string{
			"the same":     "the two forms differ in their bounds alone",
			"another list": "the two forms differ: each needs a decoder and a test of its own",
			refused:        "a page is required: say so",
		},
	}
}

// listForm asks which format of a list is accepted. It uses two users or other IDs;
// the last call lists those that were affected.
func listForm(id string, probe call, one, other string, before []call, after call, read func(exchange) string,
	catalogue string) question {
	spelling := "one field for each item"
	if strings.Contains(probe.params, "$"+one+",$"+other) {
		spelling = "one value joined with commas"
	} else if strings.Contains(probe.params, "=[") {
		spelling = "JSON text"
	}
	return question{
		ID: id, Entry: probe.ep.Path, Ask: fmt.Sprintf("For whom does a list act that travels as %s?", spelling),
		Settles: []string{"on the wire", "list form", "encoding of entryKeys"},
		Before:  before, Probe: probe, After: []call{after}, Read: read, Catalogue: catalogue,
		Means: map[string]string{
			both:    "this spelling is taken: both may be sent if the other is, too",
			first:   "this spelling is not a list here, and the rest is lost without an error: never send it",
			last:    "this spelling is not a list here, and the rest is lost without an error: never send it",
			nobody:  "this spelling is accepted and does nothing: never send it",
			asOne:   "this spelling is taken for one ID: never send it",
			refused: "this spelling is refused: never send it",
		},
	}
}
