package rongcloud

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

const duplicateCode = 25999

// rememberingServer refuses a msgRandom that it has seen within a minute, as RongCloud's
// idempotency service does.
func rememberingServer(answer func(n int, form url.Values) (*http.Response, error)) *bulkServer {
	server := newBulkServer()
	seen := map[string]time.Time{}
	server.answer = func(n int, form url.Values) (*http.Response, error) {
		name := form.Get("msgRandom")
		if at, ok := seen[name]; ok && time.Since(at) < time.Minute {
			return refusal(duplicateCode)
		}
		resp, err := answer(n, form)
		if resp == nil && err == nil {
			seen[name] = time.Now()
		}
		if err == errArrived { //nolint:errorlint // it is never wrapped
			seen[name] = time.Now()
			server.accept(form)
		}
		return resp, err
	}
	return server
}

// errArrived loses the response of a request that was carried out.
var errArrived = errors.New("connection reset after the request arrived")

func idempotent() Option { return WithIdempotentSends(IdempotentSends{DuplicateCode: duplicateCode}) }

// unknownChunk sends to 30 recipients, of which u10 to u19 may have got the message, and returns
// the checkpoint.
func unknownChunk(t *testing.T, server *bulkServer, opts ...Option) (*MessageService, *BulkCheckpoint) {
	t.Helper()
	before := server.answer
	server.answer = func(n int, form url.Values) (*http.Response, error) {
		if form.Get("toUserId") == "u10" {
			return nil, errArrived
		}
		return nil, nil
	}
	s := server.client(t, opts...).Message
	result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10})
	require.NoError(t, err)
	require.Equal(t, []BulkRange{{FirstChunk: 1, LastChunk: 1, FirstPosition: 10, LastPosition: 19, RecipientCount: 10}}, result.Checkpoint.Unknown())
	server.answer = before
	server.requests = nil
	return s, stored(t, result.Checkpoint)
}

// An unknown chunk that should have been sent again but was not stays unknown: if it became
// pending, a send without ResendUnknown would send it.
func TestBulkUnknownChunkThatIsPutOffStaysUnknown(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		answer func(n int, form url.Values) (*http.Response, error)
		save   func(n int) error
		sent   int
	}{
		"Save fails before the request": {save: func(n int) error {
			if n == 1 {
				return errors.New("the disk is full")
			}
			return nil
		}},
		"unauthorized": {answer: func(int, url.Values) (*http.Response, error) { return refusal(1004) }, sent: 1},
		"rate":         {answer: func(int, url.Values) (*http.Response, error) { return refusal(1008) }, sent: bulkRateTries},
		"refused":      {answer: func(int, url.Values) (*http.Response, error) { return refusal(1002) }, sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				server.answer = c.answer
				s, checkpoint := unknownChunk(t, server)
				saves := 0
				params := BulkParams{ChunkSize: 10, Resume: checkpoint, ResendUnknown: true, Save: func(BulkCheckpoint) error {
					if saves++; c.save != nil {
						return c.save(saves)
					}
					return nil
				}}
				var told []BulkOutcome
				params.OnChunk = func(c BulkChunk) error { told = append(told, c.Outcome); return nil }
				result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), params)
				require.Equal(t, name == "refused", err == nil, err)
				require.Len(t, server.requests, c.sent)
				require.Equal(t, []BulkRange{{FirstChunk: 1, LastChunk: 1, FirstPosition: 10, LastPosition: 19, RecipientCount: 10}}, result.Checkpoint.Unknown())
				require.Equal(t, BulkCounts{Chunks: 3, Delivered: 20, Unknown: 10}, result.BulkCounts)
				require.Len(t, told, min(c.sent, 1), "what was sent is told of")

				server.answer = nil
				result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: stored(t, result.Checkpoint)})
				require.NoError(t, err)
				require.Len(t, server.requests, c.sent, "nobody asked for it")
				require.EqualValues(t, 10, result.Unknown)
			})
		})
	}
}

// A guarded chunk that is sent again later gets a new minute: that of the first request is long
// over.
func TestBulkGuardedUnknownChunkIsSentAgainLater(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		s, checkpoint := unknownChunk(t, server, idempotent())
		time.Sleep(2 * time.Hour)
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: checkpoint, ResendUnknown: true})
		require.NoError(t, err)
		require.Len(t, server.requests, 1)
		require.Equal(t, BulkCounts{Chunks: 3, Delivered: 30}, result.BulkCounts)
	})
}

// A guarded chunk without a response ends within the minute in which RongCloud remembers it,
// however long a request may take.
func TestBulkGuardedChunkEndsWithinTheMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		mock := httpmock.NewMockTransport()
		began := time.Now()
		var last atomic.Int64
		mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
			last.Store(int64(time.Since(began)))
			select {
			case <-req.Context().Done():
				return nil, req.Context().Err()
			case <-time.After(20 * time.Second):
				return lost()
			}
		})
		client, err := New("key", "secret", WithHTTPClient(&http.Client{Transport: mock}), WithoutRetries(), WithAttemptTimeout(10*time.Minute), idempotent())
		require.NoError(t, err)
		result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{})
		require.NoError(t, err)
		require.EqualValues(t, 10, result.Unknown)
		require.Less(t, time.Duration(last.Load()), time.Minute, "no request leaves later")
		require.Equal(t, bulkRepeatFor, time.Since(began), "nor is one under way later")
	})
}

// A rate limit proves that nothing was carried out, so RongCloud's minute starts again: a chunk
// that waited for longer than a minute is still repeated when a response is lost.
func TestBulkMinuteBeginsWithTheFirstRequestThatMayHaveArrived(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := rememberingServer(func(n int, _ url.Values) (*http.Response, error) {
			switch {
			case n <= 7: // for 91 s
				return refusal(1008)
			case n == 8:
				return nil, errArrived
			}
			return nil, nil
		})
		start := time.Now()
		result, err := server.client(t, idempotent()).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{})
		require.NoError(t, err)
		require.Greater(t, time.Since(start), time.Minute)
		require.Equal(t, BulkCounts{Chunks: 1, Delivered: 10}, result.BulkCounts)
		require.Len(t, server.requests, 9)
		checkOnce(t, server, 10, 10, nil)
	})
}

// Waiting for the quota or for Save does not count toward the minute either.
func TestBulkMinuteDoesNotBeginBeforeTheRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := rememberingServer(func(n int, _ url.Values) (*http.Response, error) {
			if n == 1 {
				return nil, errArrived
			}
			return nil, nil
		})
		result, err := server.client(t, idempotent()).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{Save: func(BulkCheckpoint) error {
			time.Sleep(2 * time.Minute)
			return nil
		}})
		require.NoError(t, err)
		require.EqualValues(t, 10, result.Delivered)
	})
}

// The duplicate code counts only in a response that leaves nothing open.
func TestBulkDuplicateWithServerError(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(n int, _ url.Values) (*http.Response, error) {
			if n == 1 {
				return lost()
			}
			return httpmock.NewStringResponse(503, `{"code":25999}`), nil
		}
		result, err := server.client(t, idempotent()).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{})
		require.NoError(t, err)
		require.EqualValues(t, 10, result.Unknown)
	})
}

// A first request that is refused as a duplicate delivered nothing.
func TestBulkDuplicateAsTheFirstResponse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(int, url.Values) (*http.Response, error) { return refusal(duplicateCode) }
		result, err := server.client(t, idempotent()).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(10), BulkParams{})
		require.NoError(t, err)
		require.EqualValues(t, 10, result.Refused)
	})
}

// An unknown chunk is young only if no clock contradicts it: RongCloud has forgotten all of these.
func TestBulkAgeByWrongClocks(t *testing.T) {
	t.Parallel()
	now := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) // where synctest starts
	for name, c := range map[string]struct {
		change func(m *bulkMoment)
		sent   int
	}{
		"ten seconds ago":                     {func(m *bulkMoment) { m.At = now.Add(-10 * time.Second) }, 1},
		"just within it":                      {func(m *bulkMoment) { m.At = now.Add(-bulkRepeatFor + time.Second) }, 1},
		"the minute is over":                  {func(m *bulkMoment) { m.At = now.Add(-bulkRepeatFor) }, 0},
		"a year ago":                          {func(m *bulkMoment) { m.At = now.AddDate(-1, 0, 0) }, 0},
		"never":                               {func(m *bulkMoment) { m.At = time.Time{} }, 0},
		"a moment ahead":                      {func(m *bulkMoment) { m.At = now.Add(time.Second) }, 0},
		"a year ahead":                        {func(m *bulkMoment) { m.At = now.AddDate(1, 0, 0) }, 0},
		"at the end of time":                  {func(m *bulkMoment) { m.At = time.Date(9999, 12, 31, 0, 0, 0, 0, time.UTC) }, 0},
		"the wall clock was set back":         {func(m *bulkMoment) { m.At, m.Up = now.Add(-time.Second), m.Up-2*time.Minute }, 0},
		"another machine":                     {func(m *bulkMoment) { m.At, m.Boot = now.Add(-time.Second), "another" }, 0},
		"a machine that does not say":         {func(m *bulkMoment) { m.At, m.Boot = now.Add(-time.Second), "" }, 0},
		"uptime ahead":                        {func(m *bulkMoment) { m.At, m.Up = now.Add(-time.Second), m.Up+time.Hour }, 0},
		"uptime at the ends of a duration":    {func(m *bulkMoment) { m.At, m.Up = now.Add(-time.Second), -1<<63 }, 0},
		"uptime at the ends of a duration, 2": {func(m *bulkMoment) { m.At, m.Up = now.Add(-time.Second), 1<<63-1 }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				_, checkpoint := unknownChunk(t, server)
				client := server.client(t, idempotent())
				c.change(&checkpoint.state.Unknown[0].bulkMoment)
				at := checkpoint.state.Unknown[0].At
				text, err := json.Marshal(checkpoint)
				require.NoError(t, err)
				checkpoint = new(BulkCheckpoint)
				require.NoError(t, json.Unmarshal(text, checkpoint))
				require.True(t, at.Equal(checkpoint.state.Unknown[0].At))
				result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: checkpoint})
				require.NoError(t, err)
				require.Len(t, server.requests, c.sent)
				require.EqualValues(t, 10*(1-c.sent), result.Unknown)
			})
		})
	}
}

// The machine's uptime is found on Linux.
func TestBulkUptime(t *testing.T) {
	t.Parallel()
	boot, up := uptime()
	require.NotEmpty(t, boot)
	again, later := uptime()
	require.Equal(t, boot, again)
	require.GreaterOrEqual(t, later, up)
	if want, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		require.Equal(t, strings.TrimSpace(string(want)), boot)
		require.Positive(t, up)
	}
}
