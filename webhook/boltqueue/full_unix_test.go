//go:build unix

package boltqueue_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/boltqueue"
)

// the directory of a process whose files are limited to 3 MiB
const fullVariable = "BOLTQUEUE_TEST_FULL"

// the directory of a process that at first can write almost nothing
const noRoomVariable = "BOLTQUEUE_TEST_NO_ROOM"

func init() {
	children[fullVariable] = fullDisk
	children[noRoomVariable] = noRoom
}

// noRoom creates queues on a full disk, and again when there is room.
func noRoom(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	for _, room := range []uint64{1, 4096, 8192, 16384} {
		path := filepath.Join(dir, fmt.Sprint(room))
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: room, Max: 3 << 20}); err != nil {
			return err
		}
		if _, err := boltqueue.Open(path); err == nil || errors.Is(err, boltqueue.ErrDamaged) {
			return fmt.Errorf("opened in %d bytes: %w", room, err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 3 << 20, Max: 3 << 20}); err != nil {
			return err
		}
		q, err := boltqueue.Open(path)
		if err != nil {
			return fmt.Errorf("with room again: %w", err)
		}
		if err := q.Close(); err != nil {
			return err
		}
	}
	files, err := os.ReadDir(dir)
	if err == nil && len(files) != 4 {
		err = fmt.Errorf("%d files are left", len(files))
	}
	return err
}

// A queue that could not be created for lack of room can be created later.
func TestNoRoomForANewFile(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), noRoomVariable+"="+t.TempDir())
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}

// Data written to a file that was removed is lost, so the queue accepts nothing any more.
func TestFileRemoved(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "queue.db")
	q := open(t, path)
	require.NoError(t, q.Push(t.Context(), webhook.Job{Key: "a"}))
	require.NoError(t, os.Remove(path))
	require.ErrorContains(t, q.Push(t.Context(), webhook.Job{Key: "b"}), path+": the file was removed or replaced")
	open(t, path)
	require.ErrorContains(t, q.Push(t.Context(), webhook.Job{Key: "b"}), path+": the file was removed or replaced")
	job, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.NoError(t, q.Done(t.Context(), job.ID))
	require.Zero(t, q.Len())
}

// fullDisk fills a queue until nothing fits, and then processes it.
func fullDisk(dir string) error {
	signal.Ignore(syscall.SIGXFSZ)
	limit := syscall.Rlimit{Cur: 3 << 20, Max: 3 << 20}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		return err
	}
	path, ctx := filepath.Join(dir, "queue.db"), context.Background()
	q, err := boltqueue.Open(path)
	if err != nil {
		return err
	}
	job := webhook.Job{Key: "a", Kind: webhook.KindMessage, Body: bytes.Repeat([]byte("x"), 20_000)}
	pushed := 0
	for err == nil {
		if err = q.Push(ctx, job); err == nil {
			pushed++
		}
	}
	if errors.Is(err, webhook.ErrQueueFull) || pushed < 30 || q.Len() != pushed {
		return fmt.Errorf("%d pushed, %d there: %w", pushed, q.Len(), err)
	}
	if err := q.Push(ctx, job); err == nil {
		return errors.New("there is room after all")
	}
	for n := range pushed { // the queue on a full disk can be processed and emptied
		job, err := q.Pull(ctx)
		if err == nil {
			err = q.Done(ctx, job.ID)
		}
		if err != nil {
			return fmt.Errorf("job %d of %d: %w", n, pushed, err)
		}
	}
	if err := q.Push(ctx, job); err != nil {
		return fmt.Errorf("with room again: %w", err)
	}
	if err := q.Close(); err != nil {
		return err
	}
	if q, err = boltqueue.Open(path); err != nil {
		return err
	}
	if q.Len() != 1 {
		return fmt.Errorf("%d jobs after opening again", q.Len())
	}
	return q.Close()
}

func TestFullDisk(t *testing.T) {
	t.Parallel()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fullVariable+"="+t.TempDir())
	output, err := cmd.CombinedOutput()
	require.NoError(t, err, string(output))
}

// A second process gets the error that the first has the file open.
func TestSecondProcess(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, filepath.Join(dir, "queue.db"))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), fullVariable+"="+dir)
	output, err := cmd.CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(output), filepath.Join(dir, "queue.db")+": the file is open elsewhere")
}
