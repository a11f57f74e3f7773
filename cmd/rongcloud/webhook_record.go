package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// recorder stores callbacks, each in a file of its own, whose number says in which order they came.
type recorder struct {
	dir string

	mu   sync.Mutex
	last int64
}

// recordedName is the name of such a file. Longer numbers are none that a recorder came to.
var recordedName = regexp.MustCompile(`^(\d{6,15})-([a-z_]+)\.json$`)

// recordNumber is the number in the name of a file, or -1 for a name that no recorder gave.
func recordNumber(name string) int64 {
	m := recordedName.FindStringSubmatch(name)
	if m == nil || m[2] != string(webhook.KindUnknown) && !slices.Contains(kindNames(), m[2]) {
		return -1
	}
	n, err := strconv.ParseInt(m[1], 10, 64)
	if err != nil {
		return -1
	}
	return n
}

// newRecorder continues after what the folder holds.
func newRecorder(dir string) (*recorder, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, usagef("--record: %w", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, usagef("--record: %w", err)
	}
	r := &recorder{dir: dir}
	for _, entry := range entries {
		r.last = max(r.last, recordNumber(entry.Name()))
	}
	return r, nil
}

// store writes a file under another name first, so that what has the right name is whole.
func (r *recorder) store(c callback) (string, error) {
	file, err := os.CreateTemp(r.dir, ".callback-*.part") // for its owner only
	if err != nil {
		return "", err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	encoder := json.NewEncoder(file)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := errors.Join(encoder.Encode(c), file.Close()); err != nil {
		return "", err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for {
		r.last++
		name := filepath.Join(r.dir, fmt.Sprintf("%06d-%s.json", r.last, c.Kind))
		// Another recorder in the same folder may have had the number before.
		if err := rename(file.Name(), name); !errors.Is(err, os.ErrExist) {
			return name, err
		}
	}
}

// rename gives a file a name that no other file has.
func rename(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	// Without links, as on FAT, an empty file takes the name first.
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// recordedFiles are the files of a folder in the order in which they are sent: those of a recorder
// by their numbers, which outgrow six digits, and after them what else there is.
func recordedFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, entry := range entries {
		if filepath.Ext(entry.Name()) == ".json" {
			names = append(names, entry.Name())
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		m, n := recordNumber(a), recordNumber(b)
		switch {
		case m == n:
			return strings.Compare(a, b)
		case m < 0, n >= 0 && m > n:
			return 1
		}
		return -1
	})
	for i, name := range names {
		names[i] = filepath.Join(dir, name)
	}
	return names, nil
}
