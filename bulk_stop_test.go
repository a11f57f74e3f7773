package rongcloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"
)

func badGateway(int, url.Values) (*http.Response, error) {
	return httpmock.NewStringResponse(502, "<html>Bad Gateway</html>"), nil
}

func TestBulkStopsInAnOutage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		concurrency, maxUnknown, want int
	}{
		{want: 4}, {concurrency: 1, want: 3}, {concurrency: 2, want: 3}, {concurrency: 8, want: 8}, {concurrency: 4, maxUnknown: 1, want: 1}, {concurrency: 4, maxUnknown: 20, want: 20},
	} {
		t.Run(fmt.Sprintf("%d at once, MaxUnknown %d", c.concurrency, c.maxUnknown), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				server.answer = badGateway
				s := server.client(t).Message
				var saved BulkCheckpoint
				params := BulkParams{ChunkSize: 10, Concurrency: c.concurrency, MaxUnknown: c.maxUnknown, Save: func(c BulkCheckpoint) error {
					saved = c
					return nil
				}}
				result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), params)
				var e *Error
				require.ErrorAs(t, err, &e)
				require.ErrorContains(t, err, fmt.Sprintf("the outcome of %d chunks in a row is unknown", c.want))
				require.ErrorContains(t, err, "HTTP 502")
				require.ErrorIs(t, err, ErrOutcomeUnknown)
				sent := len(server.requests)
				require.GreaterOrEqual(t, sent, c.want)
				require.Less(t, sent, c.want+max(c.concurrency, defaultBulkConcurrency), "requests under way end, and no other begins")
				require.EqualValues(t, 10*sent, result.Unknown)
				require.Equal(t, result.Checkpoint, saved)

				server.answer = nil
				params.Resume = stored(t, saved)
				result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), params)
				require.NoError(t, err)
				require.EqualValues(t, 1000-10*sent, result.Delivered)
				require.EqualValues(t, 10*sent, result.Unknown)
				require.Len(t, server.requests, 100)
				checkOnce(t, server, 1000, 10, result.Checkpoint.Unknown())
			})
		})
	}
}

func TestBulkContinuesInAnOutageIfAllowed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = badGateway
		result, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), BulkParams{ChunkSize: 10, MaxUnknown: -1})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 100, Unknown: 1000}, result.BulkCounts)
	})
}

// Chunks count in the order in which they end, and any other outcome ends a row.
func TestBulkCountsUnknownChunksInARow(t *testing.T) {
	t.Parallel()
	for name, between := range map[string]func() (*http.Response, error){
		"delivered": func() (*http.Response, error) { return nil, nil },
		"refused":   func() (*http.Response, error) { return refusal(1002) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				server.answer = func(n int, form url.Values) (*http.Response, error) {
					if n%3 == 0 {
						return between()
					}
					return badGateway(n, form)
				}
				result, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(300), BulkParams{ChunkSize: 10, Concurrency: 1})
				require.NoError(t, err)
				require.EqualValues(t, 200, result.Unknown)
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		// Of three chunks begun together, the second one ends last.
		last := func(form url.Values) bool {
			return slices.Contains([]string{"u1", "u4", "u7"}, form.Get("toUserId"))
		}
		server.delay = func(form url.Values) time.Duration {
			if last(form) {
				return 5 * time.Second
			}
			return time.Millisecond
		}
		server.answer = func(n int, form url.Values) (*http.Response, error) {
			if last(form) {
				return nil, nil
			}
			return badGateway(n, form)
		}
		client := server.client(t)
		start := time.Now()
		result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(9), BulkParams{ChunkSize: 1, Concurrency: 3})
		require.ErrorContains(t, err, "the outcome of 3 chunks in a row is unknown")
		require.EqualValues(t, 3, result.Unknown)
		require.EqualValues(t, 2, result.Delivered, "they were under way")
		require.Less(t, time.Since(start), 6*time.Second)
	})
}

// heedlessLimiter grants every call after a second, whether or not its context has ended.
type heedlessLimiter struct{ countingLimiter }

func (l *heedlessLimiter) Wait(context.Context, QuotaUse) error {
	time.Sleep(time.Second)
	return nil
}

// After a stop nothing else begins, whatever the limiter grants.
func TestBulkBeginsNothingAfterAStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = badGateway
		client := server.client(t, WithLimiter(&heedlessLimiter{}))
		result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), BulkParams{ChunkSize: 10, MaxUnknown: 1})
		require.ErrorContains(t, err, "the outcome of 1 chunks")
		require.Len(t, server.requests, 1)
		require.EqualValues(t, 1, result.Checkpoint.state.Begun)
	})
}

func TestBulkRefusesOptionsOfASingleCall(t *testing.T) {
	t.Parallel()
	server := newBulkServer()
	s := server.client(t).Message
	var info Response
	for field, opt := range map[string]CallOption{
		"CaptureResponse": CaptureResponse(&info), "WithRequestID": WithRequestID("r1"), "opts": nil,
		"WithAttemptTimeout": WithAttemptTimeout(-1), "WithExtraField": WithExtraField("", 1),
	} {
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1), BulkParams{}, LowPriority(), opt)
		var refused *ArgumentError
		require.ErrorAs(t, err, &refused, field)
		require.Equal(t, field, cmp.Or(refused.Wire, refused.Field))
		require.Nil(t, result)
		_, err = s.SendSystemTemplateBulk(t.Context(), SystemTemplate{From: "a", Content: TextMessage{}}, templateUsers(1), BulkParams{}, opt)
		require.ErrorAs(t, err, &refused, field)
	}
	require.Empty(t, server.requests)
}

// A source that breaks stops the send, which can be resumed. Treating the list as complete would be
// a false success.
func TestBulkSourceBreaks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		gone := errors.New("the database is gone")
		for at := range 31 {
			server := newBulkServer()
			s := server.client(t).Message
			broken := func(yield func(string, error) bool) {
				n := 0
				for id := range bulkUsers(30) {
					if n == at {
						yield("", gone)
						return
					}
					if n++; !yield(id, nil) {
						return
					}
				}
				if at == 30 {
					yield("", gone)
				}
			}
			result, err := s.SendPrivateBulk(t.Context(), bulkMessage, broken, BulkParams{ChunkSize: 10})
			require.ErrorIs(t, err, gone)
			require.ErrorContains(t, err, "reading the recipients")
			require.NotErrorIs(t, err, ErrTransport, "it is no failure of the network")
			var e *Error
			require.ErrorAs(t, err, &e)
			require.EqualValues(t, at/10*10, result.Delivered)
			result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: stored(t, result.Checkpoint)})
			require.NoError(t, err)
			require.Equal(t, BulkCounts{Chunks: 3, Delivered: 30}, result.BulkCounts)
			checkOnce(t, server, 30, 10, nil)
		}
	})
}

// A source that ends because the context did has not been read completely.
func TestBulkSourceEndsWithTheContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		why := errors.New("deploy")
		ctx, cancel := context.WithCancelCause(t.Context())
		rows := func(yield func(string, error) bool) {
			for id := range bulkUsers(10) {
				if !yield(id, nil) {
					return
				}
			}
			time.Sleep(time.Second) // everything read so far is delivered
			cancel(why)
		}
		result, err := server.client(t).Message.SendPrivateBulk(ctx, bulkMessage, rows, BulkParams{ChunkSize: 5})
		require.ErrorIs(t, err, context.Canceled)
		require.ErrorIs(t, err, why)
		require.Zero(t, result.Unknown)
	})
}

func TestBulkRecipients(t *testing.T) {
	t.Parallel()
	require.Nil(t, RecipientsOf[string](nil))
	collect := func(seq iter.Seq2[string, error]) (all []string) {
		for id, err := range seq {
			require.NoError(t, err)
			if all = append(all, id); id == "stop" {
				break
			}
		}
		return all
	}
	require.Equal(t, []string{"a", "b"}, collect(Recipients("a", "b")))
	require.Empty(t, collect(Recipients()))
	require.Equal(t, []string{"a", "stop"}, collect(Recipients("a", "stop", "c")))
}

// ending runs a call that ends with a panic or runtime.Goexit, and returns which.
func ending(f func()) (value any, exited bool) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		exited = true
		defer func() { value = recover() }()
		f()
		exited = false
	}()
	<-done
	return value, exited && value == nil
}

// A panic or Goexit in one of the caller's functions reaches the caller's goroutine, after the
// requests under way have finished and been recorded.
func TestBulkFunctionsThatPanic(t *testing.T) {
	t.Parallel()
	type fault struct {
		params func(p *BulkParams, strike func())
		list   func(strike func()) iter.Seq2[string, error]
	}
	whole := func(func()) iter.Seq2[string, error] { return bulkUsers(100) }
	count := func(n int, strike func()) func() {
		return func() {
			if n--; n == 0 {
				strike()
			}
		}
	}
	faults := map[string]fault{
		"source": {func(*BulkParams, func()) {}, func(strike func()) iter.Seq2[string, error] {
			return func(yield func(string, error) bool) {
				n := 0
				for id := range bulkUsers(100) {
					if n++; n == 35 {
						strike()
					}
					if !yield(id, nil) {
						return
					}
				}
			}
		}},
		"OnSkipped": {func(p *BulkParams, strike func()) { p.OnSkipped = func(int64, string, error) { strike() } },
			func(func()) iter.Seq2[string, error] {
				return func(yield func(string, error) bool) {
					for id := range bulkUsers(35) {
						if !yield(id, nil) {
							return
						}
					}
					yield("", nil)
				}
			}},
		"OnProgress": {func(p *BulkParams, strike func()) {
			hit := count(2, strike)
			p.OnProgress = func(BulkProgress) { hit() }
		}, whole},
		"OnChunk": {func(p *BulkParams, strike func()) {
			hit := count(2, strike)
			p.OnChunk = func(BulkChunk) error { hit(); return nil }
		}, whole},
	}
	for save := 1; save <= 9; save++ { // before a request, and after one
		faults["Save "+strconv.Itoa(save)] = fault{func(p *BulkParams, strike func()) {
			keep, hit := p.Save, count(save, strike)
			p.Save = func(c BulkCheckpoint) error { hit(); return keep(c) }
		}, whole}
	}
	strikes := map[string]func(){"panic": func() { panic("gone") }, "Goexit": runtime.Goexit}
	for name, fault := range faults {
		for how, strike := range strikes {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { testBulkPanic(t, fault.params, fault.list, strike) })
			})
		}
	}
}

func testBulkPanic(t *testing.T, set func(*BulkParams, func()), list func(func()) iter.Seq2[string, error], strike func()) {
	t.Helper()
	server := newBulkServer()
	s := server.client(t).Message
	var mu sync.Mutex
	var saved BulkCheckpoint
	returned, late := false, 0
	tell := func() {
		mu.Lock()
		defer mu.Unlock()
		if returned {
			late++
		}
	}
	struck := false
	params := BulkParams{ChunkSize: 10, Concurrency: 3, Save: func(c BulkCheckpoint) error { tell(); saved = c; return nil }}
	set(&params, func() { struck = true; strike() })
	value, exited := ending(func() {
		_, _ = s.SendPrivateBulk(t.Context(), bulkMessage, list(func() { struck = true; strike() }), params)
	})
	mu.Lock()
	returned = true
	mu.Unlock()
	require.True(t, struck)
	require.True(t, value == "gone" || exited, "it ends as the function did: %v", value)
	requests := len(server.requests)
	time.Sleep(time.Minute)
	require.Len(t, server.requests, requests, "nothing is sent after the return")
	require.Zero(t, late, "nothing is called after the return")
	counts := saved.Counts()
	require.EqualValues(t, len(server.got), counts.Delivered, "what was under way is finished and saved")
	require.Zero(t, counts.Unknown)
	require.Empty(t, saved.Unknown())

	result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), BulkParams{ChunkSize: 10, Resume: stored(t, saved)})
	require.NoError(t, err)
	require.Equal(t, BulkCounts{Chunks: 10, Delivered: 100}, result.BulkCounts)
	checkOnce(t, server, 100, 10, nil)
}

// brokenContent panics when it is encoded for the third time, which happens in a goroutine of the
// send.
type brokenContent struct{ left *int }

func (brokenContent) ObjectName() string { return "app:broken" }
func (c brokenContent) MarshalJSON() ([]byte, error) {
	if *c.left--; *c.left < 0 {
		panic("no content")
	}
	return []byte(`{}`), nil
}

func TestBulkContentThatPanics(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		left := 1000
		message := PrivateMessage{From: "boss", Content: brokenContent{&left}}
		var saved BulkCheckpoint
		value, _ := ending(func() {
			_, _ = server.client(t).Message.SendPrivateBulk(t.Context(), message, bulkUsers(50), BulkParams{
				ChunkSize: 10, Concurrency: 1, Save: func(c BulkCheckpoint) error {
					saved = c
					if c.state.Begun == 3 {
						left = 0
					}
					return nil
				},
			})
		})
		require.Equal(t, "no content", value)
		require.Equal(t, []BulkRange{{FirstChunk: 2, LastChunk: 2, FirstPosition: 20, LastPosition: 29, RecipientCount: 10}}, saved.Unknown(), "who knows how far it came")
		require.EqualValues(t, 20, saved.Counts().Delivered)
	})
}

// A limiter that fails before a retry stops the send, and the chunk is not forgotten.
func TestBulkLimiterFailsBeforeARetry(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		limiter := &countingLimiter{}
		server.answer = func(n int, _ url.Values) (*http.Response, error) {
			if n == 1 {
				limiter.err = errors.New("no Redis")
				return httpmock.NewStringResponse(429, `{"code":1008}`), nil
			}
			return nil, nil
		}
		s := server.client(t, WithLimiter(limiter)).Message
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(5), BulkParams{})
		require.ErrorContains(t, err, "waiting for the quota: no Redis")
		limiter.err = nil
		result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(5), BulkParams{Resume: stored(t, result.Checkpoint)})
		require.NoError(t, err)
		require.EqualValues(t, 5, result.Delivered)
	})
}

// A context that ends after a function's error does not hide the error.
func TestBulkReportsTheFirstReason(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("the disk is full")
		ctx, cancel := context.WithCancel(t.Context())
		saves := 0
		_, err := newBulkServer().client(t).Message.SendPrivateBulk(ctx, bulkMessage, bulkUsers(10), BulkParams{Save: func(BulkCheckpoint) error {
			if saves++; saves == 2 { // after the last request
				cancel()
				return full
			}
			return nil
		}})
		require.ErrorIs(t, err, full)
	})
}
