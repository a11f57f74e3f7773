package boltqueue

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"sync"
	"syscall"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// file wraps a bbolt file. bbolt panics on damaged pages and faults on unreadable ones. The
// methods of file return errors instead; after a panic the file is not used any more.
type file struct {
	*bolt.DB // used only by view, update and close

	path   string
	handle *os.File
	opened os.FileInfo // of handle

	mu     sync.Mutex
	broken error
}

func openFile(path string, timeout time.Duration) (*file, error) {
	path, err := filepath.Abs(path) // the working directory may change later
	if err != nil {
		return nil, fmt.Errorf("boltqueue: %w", err)
	}
	deadline := time.Now().Add(timeout)
	if _, err := os.Lstat(path); errors.Is(err, os.ErrNotExist) {
		if err := create(path, timeout); err != nil {
			return nil, err
		}
	}
	if err := checkFile(path, timeout); err != nil {
		return nil, err
	}
	f, err := open(path, max(time.Until(deadline), time.Millisecond), false)
	if err != nil {
		return nil, err
	}
	if f.opened, err = f.handle.Stat(); err != nil {
		return nil, errors.Join(fmt.Errorf("boltqueue: %w", err), f.close())
	}
	return f, nil
}

// create first makes a new file under another name, so that a full disk or the end of the process
// leaves a complete file or none. A file that has appeared at the path meanwhile is kept. On
// systems without links, open makes the file.
func create(path string, timeout time.Duration) error {
	dir, name := filepath.Split(path)
	temporary, err := os.CreateTemp(dir, name+".new-*")
	if err != nil {
		return fmt.Errorf("boltqueue: %w", err)
	}
	defer func() { _ = os.Remove(temporary.Name()) }()
	if err := temporary.Close(); err != nil {
		return fmt.Errorf("boltqueue: %w", err)
	}
	f, err := open(temporary.Name(), timeout, false)
	if err != nil {
		return err
	}
	if err := f.close(); err != nil {
		return err
	}
	if os.Link(temporary.Name(), path) == nil {
		if d, err := os.Open(dir); err == nil { // some systems cannot sync directories
			_ = d.Sync()
			_ = d.Close()
		}
	}
	return nil
}

// inPlace returns an error if the file is no longer at its path: whatever is written to it is then
// lost with the process.
func (f *file) inPlace() error {
	info, err := os.Stat(f.path)
	if errors.Is(err, os.ErrNotExist) || err == nil && !os.SameFile(info, f.opened) {
		return fmt.Errorf("boltqueue: %s: the file was removed or replaced while it was open; restart the process", f.path)
	}
	return nil // after another error of Stat, it is unknown
}

// checkFile checks a file under a lock that keeps others from writing.
func checkFile(path string, timeout time.Duration) error {
	switch info, err := os.Stat(path); {
	case errors.Is(err, os.ErrNotExist):
		return nil
	case err != nil:
		return fmt.Errorf("boltqueue: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("boltqueue: %s is not a regular file", path)
	case info.Size() == 0:
		return nil
	}
	f, err := open(path, timeout, true)
	var failed syscall.Errno
	switch {
	case err == nil:
	case errors.Is(err, ErrInUse), errors.Is(err, ErrDamaged), errors.As(err, &failed):
		return err
	default: // bbolt has no error of its own for each kind of damage
		return (&file{path: path}).explain(fmt.Errorf("%w: %w", ErrDamaged, err))
	}
	info, err := f.handle.Stat()
	if err == nil {
		if damage := check(f.handle, info.Size(), f.Info().PageSize); damage != nil {
			err = f.explain(fmt.Errorf("%w: %w", ErrDamaged, damage))
		}
	}
	return errors.Join(err, f.close())
}

func open(path string, timeout time.Duration, readOnly bool) (*file, error) {
	f := &file{path: path}
	err := f.guard(func() (err error) {
		f.DB, err = bolt.Open(path, 0o600, &bolt.Options{
			Timeout: timeout, FreelistType: bolt.FreelistMapType, ReadOnly: readOnly,
			OpenFile: func(name string, flag int, mode os.FileMode) (handle *os.File, err error) {
				f.handle, err = os.OpenFile(name, flag, mode)
				return f.handle, err
			},
		})
		return err
	})
	if err == nil {
		return f, nil
	}
	if f.broken != nil {
		err = errors.Join(err, f.close()) // releases the lock
	}
	return nil, err
}

// guard calls bbolt and turns panics into errors.
func (f *file) guard(call func() error) (err error) {
	f.mu.Lock()
	broken := f.broken
	f.mu.Unlock()
	if broken != nil {
		return broken
	}
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	defer func() {
		if value := recover(); value != nil {
			err = f.explain(fmt.Errorf("%w: %v", ErrDamaged, value))
			f.mu.Lock()
			defer f.mu.Unlock()
			f.broken = err
		}
	}()
	return f.explain(call())
}

// explain adds which file it is, and what to do.
func (f *file) explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrTimeout):
		return fmt.Errorf("boltqueue: %s: %w (%w): end the other process, or give each a file of its own", f.path, ErrInUse, err)
	case errors.Is(err, bolterrors.ErrInvalid), errors.Is(err, bolterrors.ErrVersionMismatch), errors.Is(err, bolterrors.ErrChecksum):
		err = fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if errors.Is(err, ErrDamaged) {
		return fmt.Errorf("boltqueue: %s: %w; move it away to begin with an empty queue, or replace it with an intact copy", f.path, err)
	}
	return fmt.Errorf("boltqueue: %s: %w", f.path, err)
}

func (f *file) view(do func(*bolt.Tx) error) error {
	return f.guard(func() error { return f.View(do) })
}

func (f *file) update(do func(*bolt.Tx) error) error {
	return f.guard(func() error { return f.Update(do) })
}

// close closes the file. After a panic bbolt may wait for its own locks forever: then only the
// handle is closed, and the mapping is left.
func (f *file) close() error {
	err := f.guard(func() error { return f.Close() })
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.broken == nil {
		return err
	}
	if f.handle == nil {
		return nil
	}
	unlock(f.handle)
	err = f.handle.Close()
	f.handle = nil
	return err
}
