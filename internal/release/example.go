package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// attendant runs examples.
type attendant struct {
	// an example still running this long after printing an address is a server
	servesAfter time.Duration
	endsWithin  time.Duration // when interrupted
}

// address matches a local address that a program prints.
var address = regexp.MustCompile(`http://(?:127\.0\.0\.1|localhost|\[::1\]):\d+`)

// output collects what a program prints, and is read while it is written.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// run runs an example to its end. A server is asked for a page and interrupted, and must end
// successfully.
func (a attendant) run(dir string, env []string, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var said output
	c := exec.CommandContext(ctx, name)
	c.Dir, c.Env, c.Stdout, c.Stderr = dir, slices.Concat(env, []string{addressOf(name)}), &said, &said
	if err := c.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	err := a.attend(ctx, c.Process, &said, ended)
	if err != nil {
		return &failure{"the example " + filepath.Base(name), said.String(), "", err}
	}
	return nil
}

// addressOf makes a server example use a free port: WEBHOOK_ADDR is the address of
// examples/webhook.
func addressOf(name string) string {
	return strings.ToUpper(strings.ReplaceAll(filepath.Base(name), "-", "_")) + "_ADDR=127.0.0.1:0"
}

// attend waits for the end of an example.
func (a attendant) attend(ctx context.Context, process *os.Process, said *output, ended <-chan error) error {
	var named time.Time
	for tick := time.Tick(time.Second / 4); ; {
		select {
		case err := <-ended:
			return err
		case now := <-tick:
			at := address.FindString(said.String())
			if at != "" && named.IsZero() {
				named = now
			}
			if at == "" || now.Sub(named) < a.servesAfter {
				continue
			}
			problem := ask(ctx, at)
			if err := process.Signal(os.Interrupt); err != nil {
				problem = err
			}
			select {
			case err := <-ended:
				if problem != nil {
					return problem
				}
				return err
			case <-time.After(a.endsWithin):
				return errors.Join(fmt.Errorf("it was interrupted, and went on for %v", a.endsWithin), process.Kill())
			}
		}
	}
}

// ask gets a page.
func ask(ctx context.Context, at string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	_ = response.Body.Close()
	if response.StatusCode >= http.StatusInternalServerError {
		return fmt.Errorf("%s: %s", at, response.Status)
	}
	return nil
}
