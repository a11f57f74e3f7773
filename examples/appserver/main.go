// Appserver is the server of a chat app: accounts, friends, groups, an archive, moderation and an
// operator's page, with RongCloud behind it.
//
//	go run .
//
// needs nothing else: it keeps its data in the file appserver.db, and has a fake RongCloud inside.
// Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to use the real one, and DATABASE_URL for
// PostgreSQL. docs/appserver.md of this repository says how it works, and what to replace first.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/callback"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/fakecloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/web"
	rongcloudredis "github.com/rongcloud-go/rongcloud/redis"
	"github.com/rongcloud-go/rongcloud/webhook"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Getenv, os.Stdout)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "appserver:", strings.ReplaceAll(err.Error(), "\n", "; "))
		os.Exit(1)
	}
}

// graceTime is how long requests may take to end when the program shuts down.
const graceTime = 10 * time.Second

// run is the whole program, so that a test can run it.
func run(ctx context.Context, getenv func(string) string, out io.Writer) (err error) {
	config, err := readConfig(getenv)
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	database, err := store.Open(ctx, config.database)
	if err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	defer func() { err = errors.Join(err, database.Close()) }()
	metrics := &web.Metrics{Token: config.metrics}
	service := &service{secret: os.Getenv("RONGCLOUD_APP_SECRET")}
	defer service.close()
	if err := service.open(ctx, config, rongcloud.WithAttemptHook(metrics.Attempt)); err != nil {
		return err
	}
	defer service.client.CloseIdleConnections()

	application := &app.App{Store: database}
	worker := outbox.New(database, service.client, config.lease, log)
	callbacks, err := callback.New(callback.Config{
		Store: database, Worker: worker, Secret: service.secret, Moderator: callback.NewModerator(config.words), Log: log,
	}, append(service.options, webhook.WithObserver(webhook.ObserverFunc(metrics.Callback)))...)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	callback.Mount(mux, callbacks)
	web.Mount(mux, web.Config{
		App: application, Client: service.client, Cloud: service.cloud, Metrics: metrics,
		Secure: config.secure, Address: webhook.ForwardedFor(config.proxies...), Log: log, Ending: ctx.Done(),
	})
	if service.cloud != nil {
		config.operators = append(config.operators, "olga")
		if err := prepareDemo(ctx, application, service.cloud, callbacks); err != nil {
			return err
		}
	}
	if err := database.SetOperators(ctx, config.operators); err != nil {
		return fmt.Errorf("OPERATORS: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", config.address)
	if err != nil {
		return fmt.Errorf("APPSERVER_ADDR: %w", err)
	}
	welcome(out, listener.Addr(), service)

	working, stopWorking := context.WithCancel(ctx)
	var background sync.WaitGroup
	defer background.Wait()
	defer stopWorking()
	background.Go(func() { worker.Run(working) })
	background.Go(func() {
		database.Follow(working, func(err error) { log.Error("news of other processes are lost for now", "error", err) })
	})
	return serve(ctx, listener, mux, callbacks)
}

func welcome(out io.Writer, address net.Addr, s *service) {
	fmt.Fprintf(out, "The chat is at http://%s\n", address)
	if s.cloud != nil {
		fmt.Fprintln(out, "A fake RongCloud is inside: log in as ann and, in a private window, as ben. The operator is olga. The password of each is demo-demo.")
		fmt.Fprintln(out, "Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET for the real one, and DATABASE_URL for PostgreSQL.")
		return
	}
	fmt.Fprintf(out, "It serves app %s. RongCloud's console needs its public https address, with %s for questions before delivery and %s for all else.\n",
		s.client.AppKey(), callback.QuestionPath, callback.Path)
}

// serve works until the context ends; then it lets requests end, but not the streams of pages.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, callbacks *webhook.Handler) error {
	server := &http.Server{
		Handler:           web.Protect(handler),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 20 * time.Second, IdleTimeout: time.Minute,
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), graceTime)
	defer cancel()
	return errors.Join(server.Shutdown(ending), callbacks.Shutdown(ending))
}

// service is RongCloud, and what the program's processes share to use it.
type service struct {
	client  *rongcloud.Client
	secret  string
	cloud   *fakecloud.Cloud // nil with the real one
	options []webhook.Option
	ends    []io.Closer
}

// close closes what was opened, in reverse order.
func (s *service) close() {
	for _, end := range slices.Backward(s.ends) {
		_ = end.Close()
	}
}

func (s *service) open(ctx context.Context, config config, observe rongcloud.Option) (err error) {
	if !config.live {
		if s.cloud, err = fakecloud.New(); err == nil {
			s.ends = append(s.ends, s.cloud)
			s.secret, s.client = s.cloud.Server.AppSecret(), s.cloud.Server.Client(observe)
		}
		return err
	}
	limiter, err := s.limiter(ctx, config.redis)
	if err != nil {
		return err
	}
	s.client, err = rongcloud.NewFromEnv(observe, rongcloud.WithLimiter(limiter))
	return err
}

// limiter returns what keeps this program within the quotas. With Redis, all its processes share
// the quotas, and also know each other's callbacks.
func (s *service) limiter(ctx context.Context, options *redis.Options) (rongcloud.Limiter, error) {
	if options == nil {
		return rongcloud.NewLimiter(rongcloud.Quotas{})
	}
	db := redis.NewClient(options)
	s.ends = append(s.ends, db)
	if err := db.Ping(ctx).Err(); err != nil {
		return nil, fmt.Errorf("REDIS_URL: %w", err)
	}
	limiter, err := rongcloudredis.NewLimiter(db, rongcloudredis.LimiterConfig{AppKey: os.Getenv("RONGCLOUD_APP_KEY")})
	if err != nil {
		return nil, err
	}
	s.ends = append(s.ends, limiter)
	s.options = []webhook.Option{webhook.WithNonceStore(rongcloudredis.NewNonceStore(db, "appserver:nonce:"))}
	return limiter, nil
}

// prepareDemo copies the database's state to the fake RongCloud, and adds three users to the
// database.
func prepareDemo(ctx context.Context, a *app.App, cloud *fakecloud.Cloud, callbacks *webhook.Handler) error {
	if err := cloud.Restore(ctx, a.Store); err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	cloud.CallBack(callbacks)
	if _, err := a.Store.User(ctx, "ben"); err == nil {
		return nil // he was the last of them
	}
	for _, name := range []string{"olga", "ann", "ben"} {
		user := store.User{ID: name, Name: name, Password: app.HashPassword("demo-demo")}
		if err := a.AddUser(ctx, user); err != nil && !errors.Is(err, app.ErrTaken) {
			return err
		}
	}
	return cmp.Or(a.Invite(ctx, "ann", "ben"), a.Invite(ctx, "ben", "ann"))
}
