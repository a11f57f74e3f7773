// Campaign sends one message to very many users from many machines: the chunks of the list are
// tasks in a queue (asynq on Redis), worker processes take them, the App Key's quota is shared
// through Redis, and a ledger in Redis records the outcome of each chunk, even if workers die.
//
// It runs without an account, on the fake server of package rongcloudtest and its own Redis, for
// which redis-server must be installed:
//
//	go run .
//	go run . -recipients 100000 -kill 20
//
// The second command kills twenty workers with SIGKILL while they send. The chunks they were
// sending are reported as unknown, and -again sends them again.
//
// When too many chunks in a row are unknown, of one worker or of all, all workers pause. To
// continue the campaign, use -resume with the same -redis.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"iter"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func main() {
	if os.Getenv(envWorker) != "" {
		exit(workFromEnv())
		return
	}
	var o options
	flag.IntVar(&o.recipients, "recipients", 20_000, "how many users are sent the message")
	flag.IntVar(&o.size, "chunk", 500, "users in a request")
	flag.IntVar(&o.workers, "workers", 4, "worker processes")
	flag.IntVar(&o.kills, "kill", 0, "workers to kill on the way")
	flag.BoolVar(&o.again, "again", false, "send unknown chunks again at the end")
	flag.BoolVar(&o.resume, "resume", false, "let a campaign go on that an outage has paused; needs -redis")
	flag.StringVar(&o.redis, "redis", "", "address of a Redis; empty starts one")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, o, os.Stdout, os.Stderr)
	stop()
	exit(err)
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "campaign:", err)
		os.Exit(1)
	}
}

type options struct {
	recipients, size, workers, kills int
	again, resume                    bool
	redis                            string
	factor                           float64                     // of the quotas
	observe                          func(rongcloudtest.Request) // of the server, for tests
	// of the server's responses, for tests
	delay time.Duration
	// the server fails after this many sends, for tests; 0: never
	outage int
}

// quotaFactor raises the quota of private messages to 600,000 a minute.
const quotaFactor = 100

func workFromEnv() error {
	factor, err := strconv.ParseFloat(os.Getenv(envFactor), 64)
	if err != nil {
		return fmt.Errorf("%s: %w", envFactor, err)
	}
	return work(os.Getenv(envRedis), factor)
}

func users(n int) iter.Seq[string] {
	return func(yield func(string) bool) {
		for i := range n {
			if !yield("user-" + strconv.Itoa(i)) {
				return
			}
		}
	}
}

// run runs a whole campaign: server, Redis, workers and operator.
func run(ctx context.Context, o options, w, bar io.Writer) error {
	if o.factor == 0 {
		o.factor = quotaFactor
	}
	server := []rongcloudtest.Option{rongcloudtest.WithQuotas(rongcloud.Quotas{Factor: o.factor}), rongcloudtest.WithHistory(1)}
	if o.observe != nil {
		server = append(server, rongcloudtest.WithObserver(o.observe))
	}
	srv, err := rongcloudtest.New(server...)
	if err != nil {
		return err
	}
	defer srv.Close()
	if o.delay > 0 {
		srv.Fail(nil, rongcloudtest.Fault{Delay: o.delay, Times: -1})
	}
	if o.outage > 0 {
		srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Status: http.StatusBadGateway, Skip: o.outage, Times: -1})
	}
	if o.redis == "" {
		address, stop, err := startRedis(ctx)
		if err != nil {
			return err
		}
		defer stop()
		o.redis = address
	}
	program, err := os.Executable()
	if err != nil {
		return err
	}
	workers := &workers{program: program, log: os.Stderr, env: []string{
		envWorker + "=1", envRedis + "=" + o.redis, envFactor + "=" + strconv.FormatFloat(o.factor, 'g', -1, 64),
		"RONGCLOUD_APP_KEY=" + srv.AppKey(), "RONGCLOUD_APP_SECRET=" + srv.AppSecret(), "RONGCLOUD_API_URL=" + srv.URL,
	}}
	defer workers.stop()

	c := newCampaign(o.redis, "spring-sale", o.size, w)
	defer c.close()
	if o.resume {
		if err := c.ledger.resume(ctx); err != nil {
			return err
		}
	}
	begin := time.Now()
	total, err := c.enqueue(ctx, users(o.recipients))
	if err != nil {
		return err
	}
	for range o.workers {
		if err := workers.start(); err != nil {
			return err
		}
	}
	watching, seen := context.WithCancel(ctx)
	killed := make(chan error, 1)
	go func() { killed <- workers.killUntil(watching, o.kills, 500*time.Millisecond) }()
	err = c.watch(ctx, total, bar)
	seen()
	if killErr := <-killed; err == nil {
		err = killErr
	}
	if errors.Is(err, errPaused) {
		workers.stop() // lets them finish their chunks
		return errors.Join(err, c.report(ctx, o.recipients, time.Since(begin)))
	}
	if err != nil {
		return err
	}
	if o.kills > 0 {
		fmt.Fprintf(w, "%d workers were killed\n", workers.killed)
	}
	if err := c.report(ctx, o.recipients, time.Since(begin)); err != nil || !o.again {
		return err
	}
	sent, err := c.sendAgain(ctx, users(o.recipients))
	if err != nil || len(sent) == 0 {
		return err
	}
	fmt.Fprintf(w, "sending %d chunks again\n", len(sent))
	if err := c.watch(ctx, total, bar); err != nil {
		return err
	}
	return c.report(ctx, o.recipients, time.Since(begin))
}
