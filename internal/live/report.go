package live

import (
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Report is what a run found. It contains neither App Key nor App Secret, no addresses, no IDs
// except those that the run created, and no values of responses except codes.
type Report struct {
	SDK         string    `json:"sdk"`
	Prefix      string    `json:"prefix"`
	Began       time.Time `json:"began"`
	Calls       int       `json:"calls"`
	Interrupted string    `json:"interrupted,omitempty"` // why not all questions were asked
	Findings    []Finding `json:"findings"`
	Shapes      []Shape   `json:"shapes"`
	LeftOut     []LeftOut `json:"leftOut"`
	LeftBehind  []string  `json:"leftBehind"` // what could not be removed
}

// Finding is one question and what the server did.
type Finding struct {
	ID       string `json:"id"`
	Entry    string `json:"entry"` // path of the catalogue's entry, or the file
	Question string `json:"question"`
	Answer   string `json:"answer,omitempty"` // empty if the question could not be settled
	// the answer that the catalogue assumes; empty if it has none
	Catalogue string `json:"catalogue,omitempty"`
	// for the catalogue; or why the question could not be settled
	Means    string `json:"means"`
	Response string `json:"response,omitempty"` // HTTP status and code
}

func (f Finding) unsettled(format string, args ...any) Finding {
	f.Answer, f.Means = "", fmt.Sprintf(format, args...)
	return f
}

// Verdict compares the answer with the catalogue: "confirmed", "differs", "settled" if the
// catalogue says nothing, or "open".
func (f Finding) Verdict() string {
	switch {
	case f.Answer == "":
		return "open"
	case f.Catalogue == "":
		return "settled"
	case f.Catalogue == f.Answer:
		return "confirmed"
	default:
		return "differs"
	}
}

// Summary returns a line for people.
func (r *Report) Summary() string {
	count := map[string]int{}
	for _, f := range r.Findings {
		count[f.Verdict()]++
	}
	odd := 0
	for _, s := range r.Shapes {
		if len(s.Unknown)+len(s.Types) > 0 {
			odd++
		}
	}
	line := fmt.Sprintf("%s: %d settled, %d confirmed, %d unlike the catalogue, %d open; "+
		"%d of %s responded with fields or types that the catalogue does not have; %s",
		counted(len(r.Findings), "question"), count["settled"], count["confirmed"], count["differs"], count["open"], odd,
		counted(len(r.Shapes), "endpoint"), counted(r.Calls, "call"))
	if r.Interrupted != "" {
		line += "; interrupted: " + r.Interrupted
	}
	if len(r.LeftBehind) > 0 {
		line += fmt.Sprintf("; %s could not be removed", counted(len(r.LeftBehind), "thing"))
	}
	return line
}

// counted returns a number with the word for what it counts, such as "1 call" or "2 calls".
func counted(n int, word string) string {
	if n != 1 {
		word += "s"
	}
	return fmt.Sprintf("%d %s", n, word)
}

// WriteJSON writes the report for programs.
func (r *Report) WriteJSON(w io.Writer) error {
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	return encoder.Encode(r)
}

// WriteMarkdown writes the report for an issue: what differs first, then what is new, what was
// confirmed, and what stayed open.
func (r *Report) WriteMarkdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "# Live check of RongCloud's Server API\n\n%s.\n\nSDK %s, %s, prefix `%s`.\n", r.Summary(),
		r.SDK, r.Began.Format(time.DateTime+" UTC"), r.Prefix)
	for _, part := range []struct{ verdict, title string }{
		{"differs", "Differs from the catalogue"}, {"settled", "Settled"}, {"confirmed", "Confirmed"},
		{"open", "Still open"},
	} {
		r.writeFindings(&b, part.verdict, part.title)
	}
	r.writeShapes(&b)
	b.WriteString("\n## Not tried\n\n")
	for _, out := range r.LeftOut {
		about := ""
		if out.Point != "" {
			about = " (" + out.Point + ")"
		}
		fmt.Fprintf(&b, "- `%s`%s: %s\n", out.Entry, about, out.Reason)
	}
	if len(r.LeftBehind) > 0 {
		b.WriteString("\n## Could not be removed\n\n")
		for _, line := range r.LeftBehind {
			fmt.Fprintf(&b, "- %s\n", line)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Report) writeFindings(b *strings.Builder, verdict, title string) {
	first := true
	for _, f := range r.Findings {
		if f.Verdict() != verdict {
			continue
		}
		if first {
			fmt.Fprintf(b,
				"\n## %s\n\n| question | entry | answer | response | meaning |\n|---|---|---|---|---|\n", title)
			first = false
		}
		fmt.Fprintf(b, "| `%s`: %s | `%s` | %s | %s | %s |\n", f.ID, f.Question, f.Entry, f.Answer, f.Response,
			strings.ReplaceAll(f.Means, "|", "\\|"))
	}
}

func (r *Report) writeShapes(b *strings.Builder) {
	b.WriteString("\n## Shape of the responses\n\n" +
		"| endpoint | answers | not in the catalogue | in no answer | of another type |\n|---|---|---|---|---|\n")
	same := 0
	for _, s := range r.Shapes {
		if s.Answers > 0 && len(s.Unknown)+len(s.Absent)+len(s.Types) == 0 {
			same++
			continue
		}
		answers := strconv.Itoa(s.Answers)
		if s.Refusal != "" {
			answers += ": " + s.Refusal
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", s.Path, answers, strings.Join(s.Unknown, ", "),
			strings.Join(s.Absent, ", "), strings.Join(s.Types, ", "))
	}
	fmt.Fprintf(b, "\n%d further endpoints responded exactly as the catalogue says.\n", same)
}

// Asked is a question, in the words of a Finding.
type Asked struct {
	ID       string `json:"id"`
	Entry    string `json:"entry"`
	Question string `json:"question"`
}

// Questions are all questions.
func Questions() []Asked {
	all := make([]Asked, len(questions))
	for i, q := range questions {
		all[i] = Asked{q.ID, q.Entry, q.Ask}
	}
	return all
}

// WriteQuestions lists all questions, one per line.
func WriteQuestions(w io.Writer) error {
	var b strings.Builder
	for _, q := range Questions() {
		fmt.Fprintf(&b, "%-32s %-45s %s\n", q.ID, q.Entry, q.Question)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
