package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/internal/sse"
)

func newEmulatorTailCommand(a *app) *cobra.Command {
	var kinds []string
	cmd := &cobra.Command{
		Use: "tail", Short: "Show what happens in a running emulator, as it happens",
		Long: `Show what happens in a running emulator, as it happens, until Ctrl-C or its end: calls (request), messages, callbacks,
users, clock, faults, seed and reset.`,
		Example: "  rongcloud emulator tail\n  rongcloud emulator tail --only request,callback --json", Args: cobra.NoArgs,
	}
	api := addURLFlag(a, cmd)
	cmd.Flags().StringSliceVar(&kinds, "only", nil, "`events` to show, joined by commas (default all)")
	cmd.RunE = a.do(func(cmd *cobra.Command, _ []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		for _, kind := range kinds {
			if !slices.Contains(eventNames, kind) {
				return usagef("--only: %q is none of %s", kind, strings.Join(eventNames, ", "))
			}
		}
		return a.tail(cmd.Context(), to, kinds)
	})
	return cmd
}

var eventNames = []string{"request", "message", "callback", "user", "clock", "faults", "seed", "reset"}

// emulatorEvent is an event of the emulator's event stream.
type emulatorEvent struct {
	Event string          `json:"event"`
	Data  json.RawMessage `json:"data"`
}

// tail prints the emulator's events. It connects again when the stream ends, because the emulator
// disconnects a reader that is too slow.
func (a *app) tail(ctx context.Context, to adminAPI, kinds []string) error {
	for first := true; ; first = false {
		again, err := a.tailOnce(ctx, to, kinds, first)
		if !again || ctx.Err() != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(time.Second):
		}
	}
}

// tailOnce prints the events of one stream, and reports whether to connect again.
func (a *app) tailOnce(ctx context.Context, to adminAPI, kinds []string, first bool) (again bool, err error) {
	response, err := to.request(ctx, http.MethodGet, "events", nil)
	var hinted *hintedError
	switch {
	case ctx.Err() != nil:
		return false, nil
	case !first && errors.As(err, &hinted):
		a.talk("The emulator has ended.")
		return false, nil
	case err != nil:
		return false, err
	}
	defer response.Body.Close()
	if media, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type")); media != "text/event-stream" {
		return false, to.notEmulator("its response is no stream of events")
	}
	if first {
		a.talk("Watching %s. Ctrl-C ends it.", to.shown)
	} else {
		a.talk("Watching again; some events may be missing.")
	}
	events := sse.NewReader(response.Body, math.MaxInt64)
	events.Widen(maxAdminResponse) // a message to a large group names all of its members
	for {
		event, err := events.Next()
		if err != nil { // the next connection shows whether the emulator has ended
			return ctx.Err() == nil, nil
		}
		if kinds != nil && !slices.Contains(kinds, event.Name) {
			continue
		}
		shown := emulatorEvent{event.Name, json.RawMessage(event.Data)}
		if err := a.line(shown, shown.text(a)); err != nil {
			return false, err
		}
	}
}

// The widths of columns. A longer path shifts the columns behind it.
const (
	pathWidth    = 40
	verdictWidth = len("200 10000")
)

// text returns the event as one line.
func (e emulatorEvent) text(a *app) string {
	name := a.paint(faint, fmt.Sprintf("%-8s", e.Event))
	var d struct {
		emulatedCall
		Faults       *pendingFaults `json:"faults"`
		Now          time.Time      `json:"now"`
		ID           string         `json:"id"`
		Online       bool           `json:"online"`
		Platforms    []string       `json:"platforms"`
		Who          string         `json:"who"`
		Milliseconds float64        `json:"ms"`
		From         string         `json:"from"`
		TargetID     string         `json:"targetId"`
		ObjectName   string         `json:"objectName"`
		Body         string         `json:"body"`
		Recipients   []string       `json:"recipientIds"`
		Kind         string         `json:"kind"`
		URL          string         `json:"url"`
	}
	if json.Unmarshal(e.Data, &d) != nil {
		return name + " " + oneLine(string(e.Data))
	}
	switch e.Event {
	case "request":
		style := good
		if !d.OK {
			style = bad
		}
		verdict := fmt.Sprintf("%d %d", d.Status, d.Code)
		if d.Status == 0 {
			verdict = "dropped"
		}
		line := fmt.Sprintf("%s %-4s %s %s %6.1fms", name, d.Method, a.column(oneLine(d.Path), pathWidth), a.paint(style, a.column(verdict, verdictWidth)), d.Milliseconds)
		return a.fitted(line, strings.Join(nonEmpty(oneLine(d.Who), mark(d.Fault, "struck by a fault"), oneLine(d.Message)), ", "))
	case "message":
		return a.fitted(fmt.Sprintf("%s %s → %s %s", name, oneLine(d.From), oneLine(d.TargetID), oneLine(d.ObjectName)), shortened(oneLine(d.Body)))
	case "faults":
		return name + " " + d.Faults.text()
	case "clock":
		return name + " it is " + d.Now.Format(time.RFC3339) + " now"
	case "user":
		if !d.Online {
			return name + " " + oneLine(d.ID) + " is offline"
		}
		return name + " " + oneLine(d.ID) + " is online" + mark(len(d.Platforms) > 0, " on "+oneLine(strings.Join(d.Platforms, ", ")))
	case "seed":
		return name + " users, groups or words were added or changed"
	case "reset":
		return name + " all data is gone"
	case "callback":
		return a.fitted(fmt.Sprintf("%s %s %d", name, oneLine(d.Kind), d.Status), oneLine(d.URL))
	}
	return name + " " + shortened(oneLine(string(e.Data)))
}
