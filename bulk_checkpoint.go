package rongcloud

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
)

// bulkVersion is the version of a checkpoint's JSON. Older versions stay readable.
const bulkVersion = 1

// These bounds keep sums and products of numbers in foreign JSON from overflowing.
const (
	maxBulkPosition = 1 << 53
	maxBulkSize     = 1 << 20
)

// BulkCheckpoint is the state of a bulk send. Store it as JSON, in a [BulkCheckpointFile] or by
// your own means, and pass it back in BulkParams.Resume. It grows with the number of refused or
// unknown chunks, not with the number of recipients, and holds no recipient and no message.
//
// The JSON carries a version. Reading it fails with an [*ArgumentError] if the version is newer
// than this SDK knows, or if the content is contradictory or incomplete.
type BulkCheckpoint struct{ state bulkState }

// bulkState is what a checkpoint stores. Each chunk begun is under way, unknown, pending, refused
// or delivered; delivered chunks are only counted.
type bulkState struct {
	Version int `json:"version"`
	// Identifies App Key, endpoint, message, chunk size and seed.
	Run string `json:"run"`
	// The chunks' msgRandom are derived from it.
	Seed int64 `json:"seed"`
	// Recipients in a chunk; the last may have fewer.
	Size int64 `json:"size"`
	// Chunks begun.
	Begun int64 `json:"begun"`
	// Recipients read for them.
	Position int64 `json:"position"`
	// Digest of these recipients.
	Digest string     `json:"digest"`
	Counts BulkCounts `json:"counts"`
	// Outcome unknown, or under way.
	Unknown []bulkOpen `json:"unknown"`
	// Provably not carried out: a resumed send sends them.
	Pending []bulkOpen    `json:"pending"`
	Refused []bulkRefused `json:"refused"`
}

// bulkSpan is a run of chunks, and the positions of their recipients in the list.
type bulkSpan struct {
	Chunk      int64 `json:"chunk"`
	LastChunk  int64 `json:"lastChunk"`
	First      int64 `json:"first"`
	Last       int64 `json:"last"`
	Recipients int64 `json:"recipients"`
}

// bulkOpen is a chunk without a final outcome.
type bulkOpen struct {
	bulkSpan
	bulkMoment        // when it was sent
	Digest     string `json:"digest"`
	Ended      bool   `json:"ended"` // its outcome is counted as unknown
}

// bulkRefused is a run of chunks that were refused with the same code.
type bulkRefused struct {
	bulkSpan
	Code    Code   `json:"code"`
	Message string `json:"message"`
}

// BulkRange is a run of chunks, and the positions of their recipients in the list.
type BulkRange struct {
	FirstChunk    int64 // from 0
	LastChunk     int64 // inclusive
	FirstPosition int64 // position of the first recipient in the list, from 0
	LastPosition  int64 // position of the last recipient

	// RecipientCount is how many recipients were sent to. Skipped recipients between the positions
	// do not count, nor do repeated ones within a chunk.
	RecipientCount int64
}

// BulkRefusal is a run of chunks that were refused with the same code.
type BulkRefusal struct {
	BulkRange
	Code    Code   // 0 if the SDK refused them
	Message string // the error message of the first of them
}

// Counts returns the outcomes for the recipients so far. Recipients in a request under way when the
// checkpoint was made count as unknown.
func (c BulkCheckpoint) Counts() BulkCounts {
	settled := c.state.clone()
	settled.settle()
	return settled.Counts
}

// Unknown returns the chunks that may have been delivered, or not, in the order of the list. In a
// checkpoint of a send still running, these include its requests under way.
func (c BulkCheckpoint) Unknown() []BulkRange {
	spans := make([]bulkSpan, 0, len(c.state.Unknown))
	for _, open := range c.state.Unknown {
		spans = append(spans, open.bulkSpan)
	}
	slices.SortFunc(spans, bulkSpan.compare)
	var ranges []BulkRange
	for _, span := range spans {
		if last := len(ranges) - 1; last >= 0 && ranges[last].LastChunk+1 == span.Chunk {
			ranges[last].LastChunk, ranges[last].LastPosition = span.LastChunk, span.Last
			ranges[last].RecipientCount += span.Recipients
			continue
		}
		ranges = append(ranges, span.public())
	}
	return ranges
}

// Refusals returns the chunks that were not carried out and will not be sent again, in the order of
// the list.
func (c BulkCheckpoint) Refusals() []BulkRefusal {
	var all []BulkRefusal
	for _, refused := range c.state.Refused {
		all = append(all, BulkRefusal{refused.public(), refused.Code, refused.Message})
	}
	return all
}

func (s bulkSpan) public() BulkRange {
	return BulkRange{FirstChunk: s.Chunk, LastChunk: s.LastChunk, FirstPosition: s.First, LastPosition: s.Last, RecipientCount: s.Recipients}
}

func (s bulkSpan) compare(other bulkSpan) int { return cmp.Compare(s.Chunk, other.Chunk) }

// MarshalJSON writes the checkpoint for storage.
func (c BulkCheckpoint) MarshalJSON() ([]byte, error) { return json.Marshal(c.state) }

// UnmarshalJSON reads what [BulkCheckpoint.MarshalJSON] wrote.
func (c *BulkCheckpoint) UnmarshalJSON(text []byte) error {
	state, err := readBulkState(text)
	if err != nil {
		return &ArgumentError{Field: "BulkCheckpoint", Reason: err.Error()}
	}
	c.state = *state
	return nil
}

// readBulkState requires every key, since a lost one would otherwise read as zero.
func readBulkState(text []byte) (*bulkState, error) {
	var version struct{ Version int }
	if err := json.Unmarshal(text, &version); err != nil {
		return nil, fmt.Errorf("it is not the JSON of a checkpoint: %w", err)
	}
	switch {
	case version.Version > bulkVersion:
		return nil, fmt.Errorf("it has version %d, and this SDK knows versions up to %d", version.Version, bulkVersion)
	case version.Version < 1:
		return nil, errors.New("it has no version, so it is not a checkpoint or a part of it was lost")
	}
	state := new(bulkState)
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(state); err != nil {
		return nil, fmt.Errorf("it is not the JSON of a checkpoint: %w", err)
	}
	// Writing the state back must give what was read, key by key.
	again, err := json.Marshal(state)
	if err != nil {
		return nil, err
	}
	if lost := missingKey(text, again); lost != "" {
		return nil, fmt.Errorf("it is incomplete: %q is missing", lost)
	}
	if state.Run == "" {
		return nil, errors.New("it belongs to no send")
	}
	if err := state.check(); err != nil {
		return nil, err
	}
	return state, nil
}

// missingKey returns a key of an object in want that is missing at the same place in got.
func missingKey(got, want []byte) string {
	var objects [2]map[string]json.RawMessage
	if json.Unmarshal(want, &objects[1]) == nil {
		if json.Unmarshal(got, &objects[0]) != nil {
			return "{"
		}
		for key, value := range objects[1] {
			inner, ok := objects[0][key]
			if !ok || string(inner) == "null" {
				return key
			}
			if lost := missingKey(inner, value); lost != "" {
				return key + "." + lost
			}
		}
		return ""
	}
	var lists [2][]json.RawMessage
	if json.Unmarshal(want, &lists[1]) != nil || json.Unmarshal(got, &lists[0]) != nil {
		return "" // plain values, which the decoder has checked
	}
	if len(lists[0]) < len(lists[1]) { // a later key in another letter case was taken instead
		return "["
	}
	for i := range lists[1] {
		if lost := missingKey(lists[0][i], lists[1][i]); lost != "" {
			return lost
		}
	}
	return ""
}

// check finds contradictions. The state says most things twice: the recipients read must add up to
// those delivered, refused, unknown, pending, skipped and duplicate. So must the chunks, all of
// them full except for the last one.
func (s *bulkState) check() error {
	if s.Position < 0 || s.Position > maxBulkPosition || s.Size < 1 || s.Size > maxBulkSize ||
		s.Begun < 0 || s.Begun > s.Position/s.Size+1 || (s.Begun == 0) != (s.Digest == "") {
		return fmt.Errorf("it contradicts itself: %d chunks of %d were begun with %d recipients", s.Begun, s.Size, s.Position)
	}
	if err := s.checkCounts(); err != nil {
		return err
	}
	sent := s.Position - s.Counts.Skipped
	if sent < 0 || (sent+s.Size-1)/s.Size != s.Begun {
		return fmt.Errorf("it contradicts itself: %d recipients are not %d chunks of %d", sent, s.Begun, s.Size)
	}
	return s.checkSpans()
}

// checkSpans checks that each listed chunk was begun once and is where it belongs.
func (s *bulkState) checkSpans() error {
	var spans []bulkSpan
	for _, open := range slices.Concat(s.Unknown, s.Pending) {
		if open.Chunk != open.LastChunk {
			return fmt.Errorf("it contradicts itself: chunk %d ends with chunk %d", open.Chunk, open.LastChunk)
		}
		spans = append(spans, open.bulkSpan)
	}
	for _, refused := range s.Refused {
		spans = append(spans, refused.bulkSpan)
	}
	slices.SortFunc(spans, bulkSpan.compare)
	before := bulkSpan{LastChunk: -1, Last: -1}
	for _, span := range spans {
		if span.Chunk <= before.LastChunk || span.First <= before.Last || !s.fits(span) {
			return fmt.Errorf("it contradicts itself about chunk %d of %d", span.Chunk, s.Begun)
		}
		before = span
	}
	return nil
}

// fits reports whether a span has the positions that its chunks give it; skipped recipients may
// have moved it on.
func (s *bulkState) fits(span bulkSpan) bool {
	if span.Chunk < 0 || span.LastChunk < span.Chunk || span.LastChunk >= s.Begun || span.First > span.Last || span.Last >= s.Position {
		return false
	}
	moved := span.First - span.Chunk*s.Size
	places := span.Last - span.First + 1
	chunks := span.LastChunk - span.Chunk + 1
	return 0 <= moved && moved <= s.Counts.Skipped &&
		(chunks-1)*s.Size < places && places <= chunks*s.Size+s.Counts.Skipped-moved &&
		chunks <= span.Recipients && span.Recipients <= places &&
		places-span.Recipients <= s.Counts.Skipped-moved+s.Counts.Duplicates
}

func (s *bulkState) checkCounts() error {
	c := &s.Counts
	for _, n := range []int64{c.Chunks, c.Delivered, c.Refused, c.Unknown, c.Skipped, c.Duplicates} {
		if n < 0 || n > s.Position {
			return fmt.Errorf("it contradicts itself: a count is %d, with %d recipients", n, s.Position)
		}
	}
	var open, refused, unknown bulkSum
	for _, o := range s.Unknown {
		if o.Ended {
			unknown.add(o.bulkSpan)
		} else {
			open.add(o.bulkSpan)
		}
	}
	for _, o := range s.Pending {
		if o.Ended {
			return fmt.Errorf("it contradicts itself: chunk %d is pending and has ended", o.Chunk)
		}
		open.add(o.bulkSpan)
	}
	for _, r := range s.Refused {
		refused.add(r.bulkSpan)
	}
	delivered := s.Begun - open.chunks - refused.chunks - unknown.chunks
	switch {
	case refused.recipients != c.Refused || unknown.recipients != c.Unknown:
		return errors.New("it contradicts itself: the counts are not those of the chunks that are listed")
	case c.Chunks != s.Begun-open.chunks:
		return fmt.Errorf("it contradicts itself: of %d chunks %d have ended and %d have not", s.Begun, c.Chunks, open.chunks)
	case c.Delivered < delivered || (delivered == 0) != (c.Delivered == 0):
		return fmt.Errorf("it contradicts itself: %d chunks were delivered to %d recipients", delivered, c.Delivered)
	case c.Delivered+c.Refused+c.Unknown+open.recipients+c.Skipped+c.Duplicates != s.Position:
		return fmt.Errorf("it contradicts itself: the counts do not add up to %d recipients", s.Position)
	}
	return nil
}

// bulkSum adds up chunks.
type bulkSum struct{ chunks, recipients int64 }

func (s *bulkSum) add(span bulkSpan) {
	s.chunks += span.LastChunk - span.Chunk + 1
	s.recipients += span.Recipients
}

// clone returns a deep copy. Its lists are never nil, since null is not a valid list in a
// checkpoint.
func (s *bulkState) clone() bulkState {
	copied := *s
	copied.Unknown = append([]bulkOpen{}, s.Unknown...)
	copied.Pending = append([]bulkOpen{}, s.Pending...)
	copied.Refused = append([]bulkRefused{}, s.Refused...)
	return copied
}

// settle counts the chunks that were under way when the checkpoint was made as unknown.
func (s *bulkState) settle() {
	for i := range s.Unknown {
		if open := &s.Unknown[i]; !open.Ended {
			open.Ended = true
			s.Counts.Unknown += open.Recipients
			s.Counts.Chunks++
		}
	}
}

// BulkCheckpointFile is the name of a file that keeps the checkpoint of one bulk send:
//
//	file := rongcloud.BulkCheckpointFile("spring-sale.json")
//	resume, err := file.Load()
//	...
//	params := rongcloud.BulkParams{Save: file.Save, Resume: resume}
//
// One process at a time may use it. The folder must exist.
type BulkCheckpointFile string

// Save replaces the file. If the process or the machine dies meanwhile, the file has either its old
// content or the new one, never a part. Save writes a second file beside it, whose name ends in
// ".new".
func (f BulkCheckpointFile) Save(checkpoint BulkCheckpoint) error {
	text, err := checkpoint.MarshalJSON()
	if err != nil {
		return err
	}
	next := string(f) + ".new"
	if err := writeSynced(next, text); err != nil {
		return err
	}
	if err := os.Rename(next, string(f)); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(string(f)))
}

// Load reads the file. It returns nil if there is none, so that the send begins at the start.
func (f BulkCheckpointFile) Load() (*BulkCheckpoint, error) {
	text, err := os.ReadFile(string(f))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil //nolint:nilnil // no file: a send from the start
	}
	if err != nil {
		return nil, err
	}
	checkpoint := new(BulkCheckpoint)
	if err := checkpoint.UnmarshalJSON(text); err != nil {
		return nil, fmt.Errorf("%s: %w", string(f), err)
	}
	return checkpoint, nil
}

// writeSynced writes a file and returns once its content is on disk.
func writeSynced(name string, content []byte) error {
	file, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(content)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// syncFolder makes a rename durable. Windows has no equivalent.
func syncFolder(name string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	folder, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(folder.Sync(), folder.Close())
}
