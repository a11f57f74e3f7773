package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// maxRecorded bounds the file of one callback. JSON escapes can make a body of the maximum length
// six times as long, and the other fields need room, too.
const maxRecorded = 8 * webhook.DefaultMaxBody

func newReplayCommand(a *app) *cobra.Command {
	var to string
	var timeout time.Duration
	var speed float64
	cmd := &cobra.Command{
		Use:   "replay DIR|FILE",
		Short: "Send recorded callbacks again, signed anew",
		Long: `Send the callbacks that rongcloud webhook listen --record has stored, in their order and one after the other, signed
anew, to a handler that has changed since. The exit code is 1 if it does not take all of them.

They follow each other as fast as the handler takes them. With --speed they keep the spacing in which they came.`,
		Example: `  rongcloud webhook listen --record callbacks
  rongcloud webhook replay callbacks --to http://localhost:8080/rongcloud
  rongcloud webhook replay callbacks --to http://localhost:8080/rongcloud --speed 10`,
		Args: cobra.ExactArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			target, err := callbackTarget("to", to)
			if err != nil {
				return err
			}
			if err := checkTimeout(timeout); err != nil {
				return err
			}
			if math.IsNaN(speed) || math.IsInf(speed, 0) || speed < 0 {
				return usagef("--speed: %v is not 0 or more", speed)
			}
			p, err := a.callbackProfile()
			if err != nil {
				return err
			}
			recorded, err := readRecorded(args[0])
			if err != nil {
				return err
			}
			if err := a.confirmTarget(cmd.Context(), p, target); err != nil {
				return err
			}
			return a.replay(cmd.Context(), p, target, callbackClient(timeout), recorded, speed)
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "`URL` of the handler")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long the handler may take for each")
	cmd.Flags().Float64Var(&speed, "speed", 0, "keep their spacing, sped up by this `factor`; 1 is the original speed (default as fast as the handler takes them)")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

// recordedCallback is a callback with the name of its file.
type recordedCallback struct {
	callback
	name string
}

// readRecorded reads a file, or all files of a folder, so that replay sends nothing if one is
// broken.
func readRecorded(name string) ([]recordedCallback, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, usagef("%w", err)
	}
	names := []string{name}
	if info.IsDir() {
		if names, err = recordedFiles(name); err != nil {
			return nil, usagef("%w", err)
		}
	}
	if len(names) == 0 {
		return nil, usagef("%s holds no callbacks; rongcloud webhook listen --record stores them", name)
	}
	var all []recordedCallback
	for _, name := range names {
		c, err := readCallback(name)
		if err != nil {
			return nil, usagef("%s: %w", name, err)
		}
		all = append(all, recordedCallback{c, strings.TrimSuffix(filepath.Base(name), ".json")})
	}
	return all, nil
}

func readCallback(name string) (callback, error) {
	var c callback
	info, err := os.Stat(name)
	if err != nil {
		return c, err
	}
	if !info.Mode().IsRegular() { // reading a pipe would block, and a device may never end
		return c, errors.New("it is not a regular file")
	}
	if info.Size() > maxRecorded {
		return c, fmt.Errorf("%d bytes are no callback", info.Size())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return c, err
	}
	if !json.Valid(text) {
		return c, errors.New("it is no recorded callback: it is not JSON, or not all of it")
	}
	var wrong *json.UnmarshalTypeError
	switch err := json.Unmarshal(text, &c); {
	case errors.As(err, &wrong) && wrong.Field != "":
		return c, fmt.Errorf("it is no recorded callback: %s cannot be a %s", wrong.Field, wrong.Value)
	case err != nil:
		return c, errors.New("it is no recorded callback: it is no object with kind, headers and body as listen stores them")
	case c.Kind == "" || c.Headers == nil: // the body may be empty
		return c, errors.New("it is no recorded callback: kind or headers is missing")
	}
	return c, nil
}

// spacing returns how long after the first callback another one is due.
func spacing(first, one time.Time, speed float64) time.Duration {
	if speed == 0 || first.IsZero() || one.IsZero() {
		return 0
	}
	return time.Duration(max(0, min(float64(one.Sub(first))/speed, float64(maxSpacing))))
}

// maxSpacing keeps the times of callbacks within the range of time.Duration.
const maxSpacing = 100 * 365 * 24 * time.Hour

// announcedWait is the shortest wait that await announces, because silence looks like a program
// that hangs.
const announcedWait = 5 * time.Second

// await waits until a callback is due, or until Ctrl-C.
func (a *app) await(ctx context.Context, due time.Time, name string) {
	wait := time.Until(due)
	if wait <= 0 {
		return
	}
	if wait >= announcedWait {
		a.talk("Waiting %v before %s.", wait.Round(time.Second), name)
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

func (a *app) replay(ctx context.Context, p profile, target *url.URL, client *http.Client, recorded []recordedCallback, speed float64) error {
	refused, began := 0, time.Now()
	var unreached error // of the last callback, if the handler has accepted none
	for i, one := range recorded {
		a.await(ctx, began.Add(spacing(recorded[0].ReceivedAt, one.ReceivedAt, speed)), one.name)
		var d delivery
		if ctx.Err() == nil {
			r, err := one.request(ctx, target, sign(p, freshNonce(), time.Now()))
			if err != nil {
				return err
			}
			d = a.post(p, client, r, one.Kind)
		}
		if ctx.Err() != nil {
			a.talk("Stopped after %d of %s, before %s.", i, counted(len(recorded), "callback"), one.name)
			return exitError(exitRefused)
		}
		d.Name, d.Was = one.name, one.Status
		if !d.taken() {
			refused++
		}
		if unreached = d.cause; i > refused-1 {
			unreached = nil
		}
		if err := a.line(d, d.text(a)); err != nil {
			return err
		}
	}
	switch {
	case refused > 0 && unreached != nil:
		return &hintedError{fmt.Errorf("the handler did not respond to %s", ofAll(refused, len(recorded), "callback")), reachHint(unreached, "to")}
	case refused > 0:
		return fmt.Errorf("the handler did not take %s", ofAll(refused, len(recorded), "callback"))
	case len(recorded) == 1:
		a.talk("The handler took the callback.")
	default:
		a.talk("The handler took all %d callbacks.", len(recorded))
	}
	return nil
}
