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

// startRedis starts a Redis of its own on a free port.
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
	return "", nil, fmt.Errorf("redis-server does not answer: %w", err)
}

// crew are worker processes.
type crew struct {
	program string
	env     []string
	log     io.Writer

	mu      sync.Mutex
	workers []*worker
	killed  int
}

type worker struct {
	command *exec.Cmd
	stdin   io.Closer
}

func (c *crew) start() error {
	command := exec.Command(c.program) //nolint:gosec,noctx // it is this program, and ends when its input does
	command.Env = append(os.Environ(), c.env...)
	command.Stderr = c.log
	stdin, err := command.StdinPipe()
	if err != nil {
		return err
	}
	if err := command.Start(); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.workers = append(c.workers, &worker{command, stdin})
	return nil
}

// killOne kills a worker at random, without a warning, and starts another in its place.
func (c *crew) killOne() error {
	c.mu.Lock()
	i := rand.IntN(len(c.workers)) //nolint:gosec // chance is all that is asked
	victim := c.workers[i]
	c.workers = append(c.workers[:i], c.workers[i+1:]...)
	c.killed++
	c.mu.Unlock()
	err := victim.command.Process.Kill()
	_ = victim.command.Wait()
	return errors.Join(err, c.start())
}

// killUntil kills n workers, one at a time, until ctx ends.
func (c *crew) killUntil(ctx context.Context, n int, every time.Duration) error {
	for range n {
		select {
		case <-time.After(every/2 + rand.N(every)): //nolint:gosec // chance is all that is asked
		case <-ctx.Done():
			return nil
		}
		if err := c.killOne(); err != nil {
			return err
		}
	}
	return nil
}

// stop lets the workers finish what they are at.
func (c *crew) stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, w := range c.workers {
		_ = w.stdin.Close()
	}
	for _, w := range c.workers {
		_ = w.command.Wait()
	}
	c.workers = nil
}
