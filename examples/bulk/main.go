// Bulk sends one message to very many users within the quota, in constant memory, and reports the
// outcome.
//
// It runs without an account, on the fake server of package rongcloudtest in a separate process:
//
//	go run ./examples/bulk
//	go run ./examples/bulk -recipients 1000000
//
// The quota of private messages is raised by a factor of 100, for the limiter and for the server,
// so that a million take less than two minutes. Interrupt it, and run it again with the same
// -checkpoint: it continues where it stopped.
package main

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"io"
	"iter"
	"os"
	"os/exec"
	"os/signal"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// raised is the quota of a contract that allows 100 times the documented one.
var raised = rongcloud.Quotas{Factor: 100}

func main() {
	recipients := flag.Int64("recipients", 20_000, "how many users are sent the message")
	checkpoint := flag.String("checkpoint", "", "file that keeps the state of the send; a send that was stopped goes on from it")
	serve := flag.Bool("serve", false, "be the server; for the program itself")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *serve {
		err = server(os.Stdin, os.Stdout)
	} else {
		err = run(ctx, os.Stdout, *recipients, *checkpoint)
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bulk:", err)
		os.Exit(1)
	}
}

// server prints its address and runs until its input ends.
func server(in io.Reader, out io.Writer) error {
	srv, err := rongcloudtest.New(rongcloudtest.WithQuotas(raised), rongcloudtest.WithHistory(1))
	if err != nil {
		return err
	}
	defer srv.Close()
	fmt.Fprintln(out, srv.URL)
	_, err = io.Copy(io.Discard, in)
	return err
}

// startServer starts this program as the server, so that its memory is not the sender's.
func startServer(ctx context.Context) (url string, stop func(), err error) {
	program, err := os.Executable()
	if err != nil {
		return "", nil, err
	}
	// It ends with its input, not with the context.
	command := exec.CommandContext(context.WithoutCancel(ctx), program, "-serve") //nolint:gosec // it is this program
	command.Stderr = os.Stderr
	in, err := command.StdinPipe()
	if err != nil {
		return "", nil, err
	}
	out, err := command.StdoutPipe()
	if err != nil {
		return "", nil, err
	}
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = in.Close()
		_ = command.Wait()
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		stop()
		return "", nil, fmt.Errorf("the server did not start: %w", err)
	}
	return strings.TrimSpace(line), stop, nil
}

func run(ctx context.Context, w io.Writer, recipients int64, name string) error {
	url, stop, err := startServer(ctx)
	if err != nil {
		return err
	}
	defer stop()
	limiter, err := rongcloud.NewLimiter(raised)
	if err != nil {
		return err
	}
	client, err := rongcloud.New(rongcloudtest.DefaultAppKey, rongcloudtest.DefaultAppSecret, rongcloud.WithBaseURL(url), rongcloud.WithLimiter(limiter))
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()

	params := rongcloud.BulkParams{Total: recipients}
	if name != "" {
		file := rongcloud.BulkCheckpointFile(name)
		if params.Resume, err = file.Load(); err != nil {
			return err
		}
		params.Save = file.Save
	}
	told := time.Now()
	params.OnProgress = func(p rongcloud.BulkProgress) {
		if time.Since(told) >= 5*time.Second {
			told = time.Now()
			fmt.Fprintf(w, "%d delivered, %d refused, %d unknown, %.0f a second, %v left\n", p.Delivered, p.Refused, p.Unknown, p.Rate, p.TimeLeft.Round(time.Second))
		}
	}
	result, err := client.Message.SendPrivateBulk(ctx, rongcloud.PrivateMessage{
		From: "shop", Content: rongcloud.TextMessage{Content: "Everything is cheaper today."},
	}, users(recipients), params)
	if result == nil {
		return err
	}
	report(w, result)
	return err
}

// users stands in for a database query that reads row by row. A query that fails midway yields its
// error.
func users(n int64) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield("user-"+strconv.FormatInt(i, 10), nil) {
				return
			}
		}
	}
}

func report(w io.Writer, r *rongcloud.BulkResult) {
	limit := raised.Limits(rongcloud.QuotaUse{Endpoint: endpoint.MessagePrivatePublish, Units: 1})[0]
	perSecond := float64(limit.Limit) / limit.Per.Seconds()
	theory := time.Duration(float64(r.Delivered) / perSecond * float64(time.Second))
	fmt.Fprintf(w, "%d delivered, %d refused, %d unknown, %d skipped, %d duplicates, in %d chunks\n", r.Delivered, r.Refused, r.Unknown, r.Skipped, r.Duplicates, r.Chunks)
	fmt.Fprintf(w, "quota %d per %v: %v if spread evenly, %v in fact, as the first chunks need not wait\n", limit.Limit, limit.Per,
		theory.Round(10*time.Millisecond), r.Elapsed.Round(10*time.Millisecond))
	if peak := peakMemory(); peak > 0 {
		fmt.Fprintf(w, "largest resident memory: %.1f MiB\n", float64(peak)/(1<<20))
	}
	for _, u := range r.Checkpoint.Unknown() {
		fmt.Fprintf(w, "users %d to %d may have got it, or not\n", u.FirstPosition, u.LastPosition)
	}
}

// peakMemory returns the largest resident memory of this process, or 0 if the system does not
// report it.
func peakMemory() int64 {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kilobytes, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return kilobytes << 10
		}
	}
	return 0
}
