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

// recorder stores each callback in its own file. Files are numbered in the order of arrival.
type recorder struct {
	dir string

	mu   sync.Mutex
	last int64
}

// recordedName matches the names of these files. No recorder reaches a number of more than 15
// digits.
var recordedName = regexp.MustCompile(`^(\d{6,15})-([a-z_]+)\.json$`)

// recordNumber returns the number in the name of a file, or -1 if no recorder wrote the file.
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

// newRecorder returns a recorder that continues after the highest number in the folder.
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

// store writes the file under a temporary name first, so that a file with its final name is
// complete.
func (r *recorder) store(c callback) (string, error) {
	file, err := os.CreateTemp(r.dir, ".callback-*.part") // readable only by its owner
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
		// Another recorder in the same folder may have used this number.
		if err := rename(file.Name(), name); !errors.Is(err, os.ErrExist) {
			return name, err
		}
	}
}

// rename renames a file, and returns an error if another file has the new name.
func rename(from, to string) error {
	err := os.Link(from, to)
	if err == nil || errors.Is(err, os.ErrExist) {
		return err
	}
	// FAT and other file systems have no links: reserve the name with an empty file.
	file, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if err := errors.Join(file.Close(), os.Rename(from, to)); err != nil {
		return errors.Join(err, os.Remove(to))
	}
	return nil
}

// recordedFiles returns the JSON files of a folder in the order of replay: a recorder's files by
// their numbers, which may have more than six digits, and then other files by name.
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
