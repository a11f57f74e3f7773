package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

// maxRecorded bounds the file of one callback: a body of the longest that is taken, as base64 in
// the worst case, and what stands around it.
const maxRecorded = 4 << 20

func newReplayCommand(a *app) *cobra.Command {
	var to string
	var timeout time.Duration
	cmd := &cobra.Command{
		Use:   "replay DIR|FILE",
		Short: "Send recorded callbacks again, signed anew",
		Long: `Send the callbacks that rongcloud webhook listen --record has stored, in their order and one after the other, signed
anew, to a handler that has changed since. The exit code is 1 if it does not take all of them.`,
		Example: "  rongcloud webhook listen --record callbacks\n  rongcloud webhook replay callbacks --to http://localhost:8080/rongcloud",
		Args:    cobra.ExactArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			target, err := callbackTarget("to", to)
			if err != nil {
				return err
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
			return a.replay(cmd.Context(), p, target, timeout, recorded)
		}),
	}
	cmd.Flags().StringVar(&to, "to", "", "`URL` of the handler")
	cmd.Flags().DurationVar(&timeout, "timeout", 10*time.Second, "how long the handler may take for each")
	_ = cmd.MarkFlagRequired("to")
	return cmd
}

// recordedCallback is a callback with the name of its file.
type recordedCallback struct {
	callback
	name string
}

// readRecorded reads all before anything is sent.
func readRecorded(name string) ([]recordedCallback, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, usagef("%w", err)
	}
	names := []string{name}
	if info.IsDir() {
		if names, err = filepath.Glob(filepath.Join(escapeGlob(name), "*.json")); err != nil {
			return nil, err
		}
		slices.Sort(names)
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

// escapeGlob makes a pattern of the name of a folder that matches it alone.
func escapeGlob(name string) string {
	if os.PathSeparator == '\\' { // nothing can be escaped there
		return name
	}
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(name)
}

func readCallback(name string) (callback, error) {
	var c callback
	info, err := os.Stat(name)
	if err != nil {
		return c, err
	}
	if !info.Mode().IsRegular() { // a pipe would be waited for, and a device has no end
		return c, errors.New("it is no regular file")
	}
	if info.Size() > maxRecorded {
		return c, fmt.Errorf("%d bytes are no callback", info.Size())
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return c, err
	}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, err
	}
	if c.Kind == "" || c.Headers["Content-Type"] == "" || len(c.body()) == 0 {
		return c, errors.New("it is no recorded callback: kind, headers or body is missing")
	}
	return c, nil
}

func (a *app) replay(ctx context.Context, p profile, target *url.URL, timeout time.Duration, recorded []recordedCallback) error {
	client := callbackClient(timeout)
	refused := 0
	for i, one := range recorded {
		r, err := one.request(ctx, target, sign(p, freshNonce(), time.Now()))
		if err != nil {
			return err
		}
		d := a.post(p, client, r, one.Kind)
		if ctx.Err() != nil {
			a.talk("Stopped after %d of %d callbacks, before %s.", i, len(recorded), one.name)
			return exitError(exitRefused)
		}
		d.Name, d.Was = one.name, one.Status
		if !d.taken() {
			refused++
		}
		if err := a.line(d, d.text(a)); err != nil {
			return err
		}
	}
	if refused > 0 {
		return fmt.Errorf("the handler did not take %d of %d callbacks", refused, len(recorded))
	}
	a.talk("The handler took all %d callbacks.", len(recorded))
	return nil
}
