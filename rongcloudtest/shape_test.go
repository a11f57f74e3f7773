package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// All responses of the handlers in this package's tests are compared with the catalogue: a field
// that is not in it, or has another type, fails the tests.
func TestMain(m *testing.M) {
	answers := &answerBook{notes: map[string]*shape.Notes{}}
	observeAnswer = answers.add
	goleak.VerifyTestMain(checked{m, answers})
}

type checked struct {
	*testing.M
	answers *answerBook
}

// Run runs the tests and checks the responses.
func (c checked) Run() int {
	status := c.M.Run()
	if problems := c.answers.problems(); len(problems) > 0 {
		fmt.Fprintf(os.Stderr, "FAIL: answers that the catalogue does not have:\n%s\n", strings.Join(problems, "\n"))
		return max(status, 1)
	}
	return status
}

type answerBook struct {
	mu    sync.Mutex
	notes map[string]*shape.Notes
}

func (b *answerBook) add(ep *endpoint.Endpoint, a answer) {
	if ep == nil || a.httpStatus()/100 != 2 || !ep.Success.Has(int(a.answerCode(ep))) || a.raw != nil {
		return
	}
	bodies := [][]byte{a.encode(ep)}
	if a.events != nil {
		bodies = nil
		for _, data := range a.events {
			bodies = append(bodies, []byte(data))
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	notes := b.notes[ep.String()]
	if notes == nil {
		notes = shape.NewNotes(ep.String())
		b.notes[ep.String()] = notes
	}
	for _, body := range bodies {
		decoder := json.NewDecoder(strings.NewReader(string(body)))
		decoder.UseNumber()
		var object map[string]any
		if decoder.Decode(&object) == nil {
			notes.Add(object)
		}
	}
}

func (b *answerBook) problems() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	var found []string
	for path, notes := range b.notes {
		for _, name := range notes.Unknown() {
			found = append(found, path+": "+name+" is not in the catalogue")
		}
		for _, kind := range notes.Types() {
			found = append(found, path+": "+kind)
		}
	}
	return found
}

func TestWrongAnswersAreFound(t *testing.T) {
	t.Parallel()
	for want, a := range map[string]answer{
		"":                                ok(field{"total", 1}, field{"users", []any{map[string]any{"id": "u1", "time": "2026-01-01 00:00:00"}}}),
		"members (array) is not in":       ok(field{"members", []any{}}),
		"users.userId (string) is not in": ok(field{"users", []any{map[string]any{"userId": "u1"}}}),
		"total: string, not int":          ok(field{"total", "1"}),
		"users: object, not object list":  ok(field{"users", map[string]any{}}),
	} {
		book := &answerBook{notes: map[string]*shape.Notes{}}
		book.add(endpoint.ChatroomUserQuery, a)
		problems := strings.Join(book.problems(), "\n")
		require.Contains(t, problems, want)
		require.Equal(t, want == "", problems == "", "%s", problems)
	}
}
