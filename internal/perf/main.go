// Command perf measures the SDK against handwritten floors and updates the figures in
// docs/performance.md. Run it in the repository's root, on an otherwise idle machine:
//
//	go run ./internal/perf
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"time"
)

// batches are what one round runs. Clients that wait for the network need fewer calls.
var batches = []struct{ dir, pattern, calls string }{
	{".", "^BenchmarkCall$/^op=(getToken|private)", "2000x"},
	{".", "^BenchmarkCall$/^op=members", "60x"},
	{".", "^BenchmarkTLS$/http=/rtt=0ms", "3000x"},
	{".", "^BenchmarkTLS$/http=/rtt=10ms/sequential", "300x"},
	{".", "^BenchmarkTLS$/http=/rtt=10ms/parallel64", "6000x"},
	{".", "^BenchmarkDecode$", "30x"},
	{"./webhook", "^BenchmarkParse$", "2000x"},
}

func main() {
	rounds := flag.Int("rounds", 20, "how often each benchmark runs, in turn with the others")
	page := flag.String("page", "docs/performance.md", "the page whose figures are renewed")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *rounds, *page)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "perf:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, rounds int, page string) error {
	temp, err := os.MkdirTemp("", "perf")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(temp) }()
	tests := map[string]string{}
	for i, batch := range batches {
		if tests[batch.dir] == "" {
			tests[batch.dir] = filepath.Join(temp, fmt.Sprintf("%d.test", i))
			if _, err := output(ctx, "go", "test", "-c", "-o", tests[batch.dir], batch.dir); err != nil {
				return err
			}
		}
	}
	busy := load()
	var figures rounded
	for i := range rounds {
		round := figure{}
		for _, batch := range batches {
			text, err := output(ctx, tests[batch.dir], "-test.run", "^$", "-test.benchmem", "-test.bench", batch.pattern, "-test.benchtime", batch.calls)
			if err != nil {
				return err
			}
			round.parse(text)
		}
		figures = append(figures, round)
		head := fmt.Sprintf("%s, %s, %s/%s, %s; rounds: %d; load %s before, %s after.\n\n",
			time.Now().UTC().Format(time.DateOnly), runtime.Version(), runtime.GOOS, runtime.GOARCH, processors(), len(figures), busy, load())
		if err := renew(page, head+figures.write()); err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "round %d of %d\n", i+1, rounds)
	}
	return nil
}

func output(ctx context.Context, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...) //nolint:gosec // the command is one of ours
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s: %w\n%s", strings.Join(cmd.Args, " "), err, out)
	}
	return string(out), nil
}

// renew replaces the text between the marks of a page.
func renew(page, text string) error {
	const begin, end = "<!-- figures -->\n", "<!-- /figures -->"
	old, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(old, []byte(begin))
	_, after, closed := bytes.Cut(rest, []byte(end))
	if !found || !closed {
		return errors.New(page + " has no marks for figures")
	}
	return os.WriteFile(page, []byte(string(before)+begin+text+end+string(after)), 0o644) //nolint:gosec // the user names the page
}

// load returns the machine's load average of the last minute, if known.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

var processorName = regexp.MustCompile(`(?m)^model name\s*:\s*(.+)$`)

// processors describes the machine's processors.
func processors() string {
	name := "processors"
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if found := processorName.FindSubmatch(text); found != nil {
			name = "× " + string(found[1])
		}
	}
	return fmt.Sprintf("%d %s", runtime.GOMAXPROCS(0), name)
}
