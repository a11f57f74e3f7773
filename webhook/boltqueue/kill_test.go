package boltqueue_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const childVariable = "BOLTQUEUE_TEST_CHILD" // the working directory of a child

var app = webhooktest.App{Key: "key", Secret: "secret"}

// serve is the process that is killed: a server that records in a file what its function has
// handled. It prints its address, and shuts down gracefully when its input ends.
func serve(dir string) error {
	handled, err := os.OpenFile(filepath.Join(dir, "handled"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	queue, err := boltqueue.Open(filepath.Join(dir, "queue.db"))
	if err != nil {
		return err
	}
	h, err := webhook.NewHandler(app.Secret, webhook.WithQueue(queue, 8), webhook.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return err
	}
	h.OnMessage(func(_ context.Context, m *webhook.Message) error {
		_, err := handled.WriteString(m.TargetID + " " + m.MessageUID + "\n")
		return err
	})
	h.Start()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	srv := &http.Server{Handler: h}
	go func() { _ = srv.Serve(listener) }()
	fmt.Println(listener.Addr())

	_, _ = io.Copy(io.Discard, os.Stdin)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	return errors.Join(srv.Shutdown(ctx), h.Shutdown(ctx), queue.Close(), handled.Close())
}

// process is a running child.
type process struct {
	cmd     *exec.Cmd
	input   io.Closer
	address string
}

func start(t *testing.T, dir string) *process {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childVariable+"="+dir)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	require.NoError(t, err)
	output, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	address, err := bufio.NewReader(output).ReadString('\n')
	require.NoError(t, err)
	return &process{cmd, input, "http://" + strings.TrimSpace(address) + "/"}
}

// kill ends the process with a signal that it cannot catch.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // the error says that it was killed
}

// The process is killed 100 times at random moments while it receives 10,000 callbacks. Each
// acknowledged callback is handled, and those of one conversation in order. Like RongCloud, the
// sender retries whatever was not acknowledged.
func TestKill(t *testing.T) {
	t.Parallel()
	kills, callbacks, senders := 100, 10_000, 8
	if testing.Short() {
		kills, callbacks = 10, 1000
	}
	began := time.Now()
	dir := t.TempDir()
	var current atomic.Pointer[process]
	current.Store(start(t, dir))
	t.Cleanup(func() { current.Load().kill() })

	var acknowledged, next, repeats atomic.Int64
	killNow := make(chan struct{}, 1)
	var killAt atomic.Int64
	chance := func() { killAt.Store(acknowledged.Load() + 1 + rand.Int64N(int64(3*callbacks/2/kills))) }
	chance()
	changed := sync.NewCond(&sync.Mutex{})
	var senderGroup sync.WaitGroup
	order := make([][]string, senders)
	for sender := range senders {
		senderGroup.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			defer client.CloseIdleConnections()
			app := app
			app.Client = client
			for next.Add(1) <= int64(callbacks) {
				m := webhooktest.Sample(webhook.KindMessage).(*webhook.Message)
				m.ConversationType, m.TargetID, m.MessageUID = rongcloud.ConversationGroup, fmt.Sprint("g", sender), fmt.Sprint(len(order[sender]))
				for {
					at := current.Load()
					answer, err := app.Post(t.Context(), at.address, m)
					if err == nil && answer.Status == http.StatusOK {
						break
					}
					if err == nil {
						t.Errorf("a living process answered %d", answer.Status)
						return
					}
					repeats.Add(1)
					changed.L.Lock()
					for current.Load() == at { // it was killed; wait for its successor
						changed.Wait()
					}
					changed.L.Unlock()
				}
				order[sender] = append(order[sender], m.MessageUID)
				if acknowledged.Add(1) == killAt.Load() {
					killNow <- struct{}{}
				}
			}
		})
	}
	sent := make(chan struct{})
	go func() { senderGroup.Wait(); close(sent) }()

	killed := 0
	for done := false; !done; {
		select {
		case <-killNow:
			if killed == kills {
				continue
			}
			current.Load().kill()
			killed++
			chance()
			next := start(t, dir)
			changed.L.Lock()
			current.Store(next)
			changed.L.Unlock()
			changed.Broadcast()
		case <-sent:
			done = true
		}
	}
	for killed < kills { // the remaining kills, while the rest of the queue is processed
		current.Load().kill()
		killed++
		current.Store(start(t, dir))
	}
	last := current.Load()
	require.NoError(t, last.input.Close())
	require.NoError(t, last.cmd.Wait())

	text, err := os.ReadFile(filepath.Join(dir, "handled"))
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	first := map[string][]string{}
	known := map[string]bool{}
	for _, line := range lines {
		if !known[line] {
			known[line] = true
			conversation, uid, _ := strings.Cut(line, " ")
			first[conversation] = append(first[conversation], uid)
		}
	}
	require.EqualValues(t, callbacks, acknowledged.Load())
	for sender, uids := range order {
		var lost []string
		for _, uid := range uids {
			if !known[fmt.Sprint("g", sender, " ", uid)] {
				lost = append(lost, uid)
			}
		}
		require.Empty(t, lost, "acknowledged and not handled")
		require.Equal(t, uids, first[fmt.Sprint("g", sender)])
	}
	t.Logf("%d callbacks acknowledged, %d kills, %d sent again, handled %d times in all, %v",
		callbacks, killed, repeats.Load(), len(lines), time.Since(began).Round(time.Second/10))
}
