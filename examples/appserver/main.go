// Appserver is the server of a chat app that uses RongCloud. It has accounts, friends, groups, an
// archive of messages, moderation and an operator's page.
//
//	go run .
//
// starts a demonstration. It needs no account: it stores its data in the file appserver.db, and
// runs a fake RongCloud. Set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET to use the real one, and
// DATABASE_URL to use PostgreSQL. docs/appserver.md of this repository explains how the program
// works and what to replace first.
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

// graceTime is how long running requests may take when the program shuts down.
const graceTime = 10 * time.Second

// run runs the program until the context ends. Tests call it, too.
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
		database.Follow(working, func(err error) { log.Error("cannot receive events of other processes", "error", err) })
	})
	return serve(ctx, listener, mux, callbacks)
}

func welcome(out io.Writer, address net.Addr, s *service) {
	fmt.Fprintf(out, "The chat is at http://%s\n", address)
	if s.cloud != nil {
		fmt.Fprintln(out, "This is a demonstration with a fake RongCloud. Log in as ann and, in a private window, as ben.",
			"The operator is olga. Each password is demo-demo.")
		fmt.Fprintln(out, "To use the real RongCloud, set RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET.",
			"To use PostgreSQL, set DATABASE_URL.")
		return
	}
	fmt.Fprintf(out, "It serves the app with the key %s. In RongCloud's console, enter its public https address "+
		"with the path %s for pre-delivery checks and %s for all other callbacks.\n",
		s.client.AppKey(), callback.QuestionPath, callback.Path)
}

// serve serves requests until the context ends. Then it waits up to graceTime for running requests
// and callbacks.
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

// service is the connection to RongCloud, real or fake.
type service struct {
	client  *rongcloud.Client
	secret  string
	cloud   *fakecloud.Cloud // nil with the real RongCloud
	options []webhook.Option // for the handler of callbacks
	ends    []io.Closer
}

// close closes everything that open has opened, in reverse order.
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

// limiter returns a limiter for RongCloud's quotas. With Redis, all processes share the quotas, and
// limiter also sets the option by which they recognise callbacks that another one has received.
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

// prepareDemo restores the fake RongCloud from the database, and adds three users when the program
// starts for the first time.
func prepareDemo(ctx context.Context, a *app.App, cloud *fakecloud.Cloud, callbacks *webhook.Handler) error {
	if err := cloud.Restore(ctx, a.Store); err != nil {
		return fmt.Errorf("DATABASE_URL: %w", err)
	}
	cloud.CallBack(callbacks)
	if _, err := a.Store.User(ctx, "ben"); err == nil {
		return nil // ben is added last, so all three are there
	}
	for _, name := range []string{"olga", "ann", "ben"} {
		user := store.User{ID: name, Name: name, Password: app.HashPassword("demo-demo")}
		if err := a.AddUser(ctx, user); err != nil && !errors.Is(err, app.ErrTaken) {
			return err
		}
	}
	return cmp.Or(a.Invite(ctx, "ann", "ben"), a.Invite(ctx, "ben", "ann"))
}
