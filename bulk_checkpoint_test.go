package rongcloud

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

const checkpointV1 = "testdata/bulk_checkpoint_v1.json"

// goldenBulk is the send of the golden file: 30 chunks of 10, of which chunk 3 is refused, 5 and 6
// are unknown, 7 is under way and 8 is pending; "" follows each 50th recipient.
func goldenBulk(yield func(string, error) bool) {
	n := 0
	for id := range bulkUsers(300) {
		if !yield(id, nil) {
			return
		}
		if n++; n%50 == 0 && !yield("", nil) {
			return
		}
	}
}

// A checkpoint of version 1 stays readable forever, and its send can be resumed. The file must
// never be rewritten.
func TestBulkCheckpointV1(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(checkpointV1)
	require.NoError(t, err)
	var c BulkCheckpoint
	require.NoError(t, json.Unmarshal(text, &c))
	require.Equal(t, BulkCounts{Chunks: 8, Delivered: 40, Refused: 10, Unknown: 30, Skipped: 1}, c.Counts())
	require.Equal(t, []BulkRange{{FirstChunk: 5, LastChunk: 7, FirstPosition: 51, LastPosition: 80, RecipientCount: 30}}, c.Unknown())
	require.Equal(t, []BulkRefusal{{BulkRange{FirstChunk: 3, LastChunk: 3, FirstPosition: 30, LastPosition: 39, RecipientCount: 10}, 1002, "no"}}, c.Refusals())
	again, err := json.Marshal(c)
	require.NoError(t, err)
	require.JSONEq(t, string(text), string(again))

	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		message := bulkMessage
		message.IdempotencyKey = c.state.Seed
		client := server.client(t)
		first, err := client.Message.SendPrivateBulk(t.Context(), message, bulkUsers(1), BulkParams{ChunkSize: 10})
		require.NoError(t, err)
		// It depends on the encoded message, which may change.
		c.state.Run = first.Checkpoint.state.Run
		clear(server.got)
		result, err := client.Message.SendPrivateBulk(t.Context(), message, goldenBulk, BulkParams{ChunkSize: 10, Resume: &c})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 30, Delivered: 260, Refused: 10, Unknown: 30, Skipped: 6}, result.BulkCounts)
		require.Len(t, server.got, 220)
		require.Contains(t, server.got, "u85", "what was pending is sent")
	})
}

// Every key matters: a checkpoint with a missing, changed or unknown key is refused when it is
// read.
func TestBulkCheckpointContradictions(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(checkpointV1)
	require.NoError(t, err)
	type object = map[string]any
	read := func() object {
		var whole object
		require.NoError(t, json.Unmarshal(text, &whole))
		return whole
	}
	check := func(name string, whole object) {
		t.Helper()
		changed, err := json.Marshal(whole)
		require.NoError(t, err)
		c := BulkCheckpoint{bulkState{Run: "as it was"}}
		err = json.Unmarshal(changed, &c)
		var refused *ArgumentError
		require.ErrorAs(t, err, &refused, "%s: %s", name, changed)
		require.Equal(t, "BulkCheckpoint", refused.Field)
		require.Equal(t, "as it was", c.state.Run)
	}
	// places returns each object in a checkpoint, by its path.
	places := func(whole object) map[string]object {
		all := map[string]object{"": whole, "counts": whole["counts"].(object)}
		for _, list := range []string{"unknown", "pending", "refused"} {
			for i, item := range whole[list].([]any) {
				all[fmt.Sprintf("%s[%d]", list, i)] = item.(object)
			}
		}
		return all
	}
	// These are checked later, against the send, the list and the clocks.
	free := []string{"run", "seed", "digest", "at", "up", "boot", "code", "message"}
	for place, keys := range places(read()) {
		for key, value := range keys {
			for _, other := range []any{nil, "x", true, false, int64(-1), int64(0), int64(1), int64(math.MaxInt64), int64(math.MinInt64), 1e300, []any{}, object{}} {
				changed := read()
				before, _ := json.Marshal(value)
				if after, _ := json.Marshal(other); string(before) == string(after) {
					continue
				}
				places(changed)[place][key] = other
				if _, number := other.(int64); slices.Contains(free, key) && (number || other == "x") {
					continue
				}
				check(fmt.Sprintf("%s.%s = %v", place, key, other), changed)
			}
			lost := read()
			delete(places(lost)[place], key)
			check(place+"."+key+" is lost", lost)
		}
		more := read()
		places(more)[place]["more"] = 1
		check("an unknown key in "+place, more)
	}
	for _, list := range []string{"unknown", "pending", "refused"} {
		twice := read()
		twice[list] = append(twice[list].([]any), twice[list].([]any)[0])
		check(list+" has a chunk twice", twice)
		fewer := read()
		fewer[list] = fewer[list].([]any)[1:]
		check(list+" lost a chunk", fewer)
	}
	// Decoding treats it as the same key.
	for _, list := range []string{"unknown", "pending", "refused"} {
		spelled := regexp.MustCompile(`"`+list+`":\s*\[`).ReplaceAllString(string(text), `"`+list+`":[],"`+strings.ToUpper(list)+`":[`)
		require.NotEqual(t, string(text), spelled)
		var c BulkCheckpoint
		require.Error(t, json.Unmarshal([]byte(spelled), &c), spelled)
	}
	moved := read()
	moved["pending"], moved["unknown"] = append(moved["pending"].([]any), moved["unknown"].([]any)...), []any{}
	check("unknown chunks are called pending", moved)
	for _, garbage := range []string{"", "{", "null", "[]", "1", `{"version":1}`, `{}`} {
		var c BulkCheckpoint
		require.Error(t, json.Unmarshal([]byte(garbage), &c), garbage)
	}
}

func TestBulkCheckpointOfANewerVersion(t *testing.T) {
	t.Parallel()
	for _, version := range []string{"2", "99"} {
		var c BulkCheckpoint
		err := json.Unmarshal([]byte(`{"version":`+version+`,"more":{}}`), &c)
		require.ErrorContains(t, err, "version "+version)
		require.ErrorContains(t, err, "up to 1")
	}
}

// Whatever a readable checkpoint says, nobody is sent the message twice, and nothing panics.
func FuzzBulkCheckpoint(f *testing.F) {
	text, err := os.ReadFile(checkpointV1)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(`{"version":1}`)
	f.Fuzz(func(t *testing.T, text string) {
		var c BulkCheckpoint
		if json.Unmarshal([]byte(text), &c) != nil {
			return
		}
		again, err := json.Marshal(c)
		require.NoError(t, err)
		var read BulkCheckpoint
		require.NoError(t, json.Unmarshal(again, &read))
		require.Equal(t, c.Counts(), read.Counts())
		_, _ = c.Unknown(), c.Refusals()
	})
}

// A changed byte makes a checkpoint unreadable, or does no harm.
func TestBulkCheckpointWithAChangedByte(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(n int, form url.Values) (*http.Response, error) {
			if n == 3 {
				server.accept(form)
				return lost()
			}
			return nil, nil
		}
		s := server.client(t).Message
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), BulkParams{ChunkSize: 50, OnChunk: func(c BulkChunk) error {
			if c.Index == 7 {
				return errors.New("enough")
			}
			return nil
		}})
		require.ErrorContains(t, err, "enough")
		server.answer = nil
		before := maps.Clone(server.got)
		text, err := json.Marshal(result.Checkpoint)
		require.NoError(t, err)
		random := rand.New(rand.NewPCG(1, 2))
		for range 2000 {
			changed := slices.Clone(text)
			for range 1 + random.IntN(2) {
				changed[random.IntN(len(changed))] = `0123456789abcdef"{}[],:-`[random.IntN(24)]
			}
			var c BulkCheckpoint
			if json.Unmarshal(changed, &c) != nil {
				continue
			}
			server.got = maps.Clone(before)
			_, _ = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), BulkParams{ChunkSize: 50, Resume: &c})
			for id, n := range server.got {
				require.Equal(t, 1, n, "%s with %s", id, changed)
			}
		}
	})
}

func TestBulkCheckpointFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	file := BulkCheckpointFile(filepath.Join(folder, "state.json"))
	none, err := file.Load()
	require.NoError(t, err)
	require.Nil(t, none, "a send from the start")

	server := newBulkServer()
	s := server.client(t).Message
	params := BulkParams{ChunkSize: 10, Save: file.Save}
	params.OnChunk = func(c BulkChunk) error { return errors.New("enough") }
	result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), params)
	require.ErrorContains(t, err, "enough")
	params.Resume, err = file.Load()
	require.NoError(t, err)
	require.Equal(t, result.Checkpoint, *params.Resume)
	params.OnChunk = nil
	result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), params)
	require.NoError(t, err)
	checkOnce(t, server, 100, 10, nil)
	entries, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside the file")
	info, err := entries[0].Info()
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())

	// A failed write leaves the old content.
	require.NoError(t, os.Mkdir(string(file)+".new", 0o700))
	require.Error(t, file.Save(BulkCheckpoint{}))
	kept, err := file.Load()
	require.NoError(t, err)
	require.Equal(t, result.Checkpoint, *kept)

	require.NoError(t, os.WriteFile(string(file), nil, 0o600))
	_, err = file.Load()
	require.ErrorContains(t, err, "state.json", "an empty file is no send from the start")
	_, err = BulkCheckpointFile(folder).Load()
	require.Error(t, err)
	require.Error(t, BulkCheckpointFile(filepath.Join(folder, "none", "x")).Save(result.Checkpoint))
	require.Error(t, BulkCheckpointFile(folder).Save(result.Checkpoint))
}

// A seed belongs to the send: with another one, RongCloud would not recognise repeated chunks.
func TestBulkCheckpointSeed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		s := server.client(t).Message
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{})
		require.NoError(t, err)
		text, err := json.Marshal(result.Checkpoint)
		require.NoError(t, err)
		seed := fmt.Sprintf(`"seed":%d`, result.Checkpoint.state.Seed)
		require.Contains(t, string(text), seed)
		var c BulkCheckpoint
		require.NoError(t, json.Unmarshal([]byte(strings.Replace(string(text), seed, `"seed":7`, 1)), &c))
		_, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{Resume: &c})
		require.ErrorContains(t, err, "another send")
		message := bulkMessage
		message.IdempotencyKey = 8
		_, err = s.SendPrivateBulk(t.Context(), message, bulkUsers(10), BulkParams{Resume: &result.Checkpoint})
		require.ErrorContains(t, err, "msgRandom differs")
		_, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{Resume: &result.Checkpoint}, WithExtraField("new", 1))
		require.ErrorContains(t, err, "another send")
		require.Len(t, server.requests, 1)
	})
}
