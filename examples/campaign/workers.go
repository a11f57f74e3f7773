package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// startRedis starts a Redis on a free port.
func startRedis(ctx context.Context) (address string, stop func(), err error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return "", nil, errors.New("redis-server is not installed: apt-get install redis-server, or give -redis the address of a Redis")
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	address = listener.Addr().String()
	_ = listener.Close()
	folder, err := os.MkdirTemp("", "campaign")
	if err != nil {
		return "", nil, err
	}
	_, port, _ := net.SplitHostPort(address)
	command := exec.CommandContext(context.WithoutCancel(ctx), program, "--port", port, "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", folder) //nolint:gosec // Redis itself
	if err := command.Start(); err != nil {
		return "", nil, err
	}
	stop = func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		_ = os.RemoveAll(folder)
	}
	db := redis.NewClient(&redis.Options{Addr: address})
	defer func() { _ = db.Close() }()
	for range 200 {
		if err = db.Ping(ctx).Err(); err == nil {
			return address, stop, nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	stop()
	return "", nil, fmt.Errorf("redis-server does not respond: %w", err)
}

// workers are processes that send the campaign, and are killed at random.
type workers struct {
	program string
	env     []string
	log     io.Writer

	mu      sync.Mutex
	running []*worker
	killed  int
}

type worker struct {
	command *exec.Cmd
	stdin   io.Closer
}

func (w *workers) start() error {
	command := exec.Command(w.program) //nolint:gosec,noctx // it is this program, and ends when its input does
	command.Env = append(os.Environ(), w.env...)
	command.Stderr = w.log
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.running = append(w.running, &worker{command, stdin})
	return nil
}

// killOne kills a random worker without warning, and starts a replacement.
func (w *workers) killOne() error {
	w.mu.Lock()
	i := rand.IntN(len(w.running)) //nolint:gosec // randomness, not secrecy
	victim := w.running[i]
	w.running = append(w.running[:i], w.running[i+1:]...)
	w.killed++
	w.mu.Unlock()
	err := victim.command.Process.Kill()
	_ = victim.command.Wait()
	return errors.Join(err, w.start())
}

// killUntil kills n workers, one at a time, until ctx ends.
func (w *workers) killUntil(ctx context.Context, n int, every time.Duration) error {
	for range n {
		select {
		case <-time.After(every/2 + rand.N(every)): //nolint:gosec // randomness, not secrecy
		case <-ctx.Done():
			return nil
		}
		if err := w.killOne(); err != nil {
			return err
		}
	}
	return nil
}

// stop lets the workers finish their chunks.
func (w *workers) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, one := range w.running {
		_ = one.stdin.Close()
	}
	for _, one := range w.running {
		_ = one.command.Wait()
	}
	w.running = nil
}
