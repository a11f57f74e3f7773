package rongcloud

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// bulkServer counts what each recipient was sent, and responds as configured.
type bulkServer struct {
	mu       sync.Mutex
	answer   func(n int, form url.Values) (*http.Response, error) // nil accepts; n counts from 1
	delay    func(form url.Values) time.Duration                  // nil is 50 ms
	requests []url.Values
	got      map[string]int
	now      int
	most     int // maximum concurrent requests
}

func newBulkServer() *bulkServer { return &bulkServer{got: map[string]int{}} }

func (s *bulkServer) client(t *testing.T, opts ...Option) *Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(s.serve)
	all := append([]Option{WithHTTPClient(&http.Client{Transport: mock}), WithoutRetries()}, opts...)
	client, err := New("key", "secret", all...)
	require.NoError(t, err)
	return client
}

func (s *bulkServer) serve(req *http.Request) (*http.Response, error) {
	text, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	form, list := bulkForm(string(text))
	s.mu.Lock()
	s.requests = append(s.requests, form)
	n := len(s.requests)
	s.now++
	s.most = max(s.most, s.now)
	answer, delay := s.answer, 50*time.Millisecond
	if s.delay != nil {
		delay = s.delay(form)
	}
	s.mu.Unlock()
	time.Sleep(delay) // synctest's
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now--
	if answer != nil {
		if resp, err := answer(n, form); resp != nil || err != nil {
			return resp, err
		}
	}
	s.accept(form)
	var uids []string
	for _, id := range form[list] {
		name := "userId"
		if list == "toGroupId" {
			name = "groupId"
		}
		uids = append(uids, fmt.Sprintf(`{%q:%q,"messageUID":"of-%s"}`, name, id, id))
	}
	return httpmock.NewStringResponse(200, `{"code":200,"messageUIDs":[`+strings.Join(uids, ",")+`]}`), nil
}

// bulkForm reads a form or a JSON body.
func bulkForm(text string) (form url.Values, list string) {
	form = url.Values{}
	if strings.HasPrefix(text, "{") {
		var body struct {
			To        []string `json:"toUserId"`
			MsgRandom int64    `json:"msgRandom"`
		}
		_ = json.Unmarshal([]byte(text), &body)
		form["toUserId"] = body.To
		form.Set("msgRandom", strconv.FormatInt(body.MsgRandom, 10))
	} else {
		form, _ = url.ParseQuery(text)
	}
	if form.Has("toGroupId") {
		return form, "toGroupId"
	}
	return form, "toUserId"
}

// accept counts the recipients. The server's lock is held.
func (s *bulkServer) accept(form url.Values) {
	_, list := bulkForm(form.Encode())
	for _, id := range form[list] {
		s.got[id]++
	}
}

func lost() (*http.Response, error) { return nil, errors.New("connection reset") }

func refusal(code int) (*http.Response, error) {
	return httpmock.NewStringResponse(400, fmt.Sprintf(`{"code":%d,"errorMessage":"no"}`, code)), nil
}

func bulkUsers(n int) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for i := range n {
			if !yield("u"+strconv.Itoa(i), nil) {
				return
			}
		}
	}
}

func after(first string, rest iter.Seq2[string, error]) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		if yield(first, nil) {
			rest(yield)
		}
	}
}

func templateUsers(n int) iter.Seq2[TemplateRecipient, error] {
	return func(yield func(TemplateRecipient, error) bool) {
		for id := range bulkUsers(n) {
			if !yield(TemplateRecipient{UserID: id, Values: map[string]string{"{name}": "N " + id}}, nil) {
				return
			}
		}
	}
}

var bulkMessage = PrivateMessage{From: "boss", Content: TextMessage{Content: "hello"}}

// stored returns a checkpoint after writing and reading it.
func stored(t *testing.T, c BulkCheckpoint) *BulkCheckpoint {
	t.Helper()
	text, err := json.Marshal(c)
	require.NoError(t, err)
	var read BulkCheckpoint
	require.NoError(t, json.Unmarshal(text, &read))
	return &read
}

func TestBulkSends(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name     string
		send     func(*MessageService, context.Context, BulkParams) (*BulkResult, error)
		requests int
	}{
		{name: "private", send: func(s *MessageService, ctx context.Context, o BulkParams) (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(2500), o)
		}, requests: 3},
		{name: "system", send: func(s *MessageService, ctx context.Context, o BulkParams) (*BulkResult, error) {
			return s.SendSystemBulk(ctx, SystemMessage{From: "boss", Content: TextMessage{Content: "x"}}, bulkUsers(2500), o)
		}, requests: 25},
		{name: "group", send: func(s *MessageService, ctx context.Context, o BulkParams) (*BulkResult, error) {
			return s.SendGroupBulk(ctx, GroupMessage{From: "boss", Content: TextMessage{Content: "x"}}, bulkUsers(2500), o)
		}, requests: 834},
		{name: "private template", send: func(s *MessageService, ctx context.Context, o BulkParams) (*BulkResult, error) {
			return s.SendPrivateTemplateBulk(ctx, PrivateTemplate{From: "boss", Content: TextMessage{Content: "{name}"}}, templateUsers(2500), o)
		}, requests: 3},
		{name: "system template", send: func(s *MessageService, ctx context.Context, o BulkParams) (*BulkResult, error) {
			return s.SendSystemTemplateBulk(ctx, SystemTemplate{From: "boss", Content: TextMessage{Content: "{name}"}}, templateUsers(2500), o)
		}, requests: 25},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				var indexes []int64
				var last BulkProgress
				result, err := c.send(server.client(t).Message, t.Context(), BulkParams{
					Total:      5000,
					OnProgress: func(p BulkProgress) { last = p },
					OnChunk: func(chunk BulkChunk) error {
						indexes = append(indexes, chunk.Index)
						first := chunk.Recipients[0]
						if uid := chunk.Sent.UIDOf(first); uid != "of-"+first || chunk.Outcome != BulkOutcomeDelivered || chunk.Err != nil {
							return fmt.Errorf("%+v", chunk)
						}
						return nil
					},
				})
				require.NoError(t, err)
				require.Equal(t, BulkCounts{Chunks: int64(c.requests), Delivered: 2500}, result.BulkCounts)
				require.Len(t, server.requests, c.requests)
				require.Len(t, server.got, 2500)
				require.Equal(t, 4, max(server.most, 4), "by default 4 at once")
				require.Len(t, indexes, c.requests)
				require.Equal(t, result.BulkCounts, last.BulkCounts)
				require.InEpsilon(t, 2500/last.Elapsed.Seconds(), last.Rate, 0.001)
				require.InEpsilon(t, last.Elapsed.Seconds(), last.TimeLeft.Seconds(), 0.001, "half is done")
				require.Empty(t, result.Checkpoint.Unknown())
				require.Empty(t, result.Checkpoint.state.Pending)
				for _, form := range server.requests {
					require.Contains(t, []string{"", "0"}, form.Get("msgRandom"))
				}
			})
		})
	}
}

func TestBulkConcurrency(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 8} {
		synctest.Test(t, func(t *testing.T) {
			server := newBulkServer()
			start := time.Now()
			_, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(2400), BulkParams{Concurrency: n, ChunkSize: 100})
			require.NoError(t, err)
			require.Equal(t, n, server.most)
			require.Equal(t, time.Duration(24/n)*50*time.Millisecond, time.Since(start))
		})
	}
}

func TestBulkRefusesBadInput(t *testing.T) {
	t.Parallel()
	server := newBulkServer()
	client := server.client(t)
	s, ctx := client.Message, t.Context()
	none := Recipients()
	to := bulkMessage
	to.To = []string{"u"}
	group := GroupMessage{From: "a", Content: TextMessage{Content: "x"}}
	groupTo, groupUsers := group, group
	groupTo.To, groupUsers.ToUserIDs = []string{"g"}, []string{"u"}
	for _, c := range []struct {
		name, field string
		send        func() (*BulkResult, error)
	}{
		{
			name: "an empty list", field: "toUserId",
			send: func() (*BulkResult, error) { return s.SendPrivateBulk(ctx, bulkMessage, none, BulkParams{}) },
		},
		{name: "no list", field: "toUserId", send: func() (*BulkResult, error) { return s.SendPrivateBulk(ctx, bulkMessage, nil, BulkParams{}) }},
		{name: "no groups", field: "toGroupId", send: func() (*BulkResult, error) { return s.SendGroupBulk(ctx, group, none, BulkParams{}) }},
		{name: "no context", field: "ctx", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(nil, bulkMessage, bulkUsers(1), BulkParams{}) //nolint:staticcheck // on purpose
		}},
		{
			name: "recipients in the message", field: "toUserId",
			send: func() (*BulkResult, error) { return s.SendPrivateBulk(ctx, to, bulkUsers(1), BulkParams{}) },
		},
		{name: "recipients in a system message", field: "toUserId", send: func() (*BulkResult, error) {
			return s.SendSystemBulk(ctx, SystemMessage{From: "a", To: []string{"u"}, Content: TextMessage{}}, bulkUsers(1), BulkParams{})
		}},
		{
			name: "groups in the message", field: "toGroupId",
			send: func() (*BulkResult, error) { return s.SendGroupBulk(ctx, groupTo, bulkUsers(1), BulkParams{}) },
		},
		{
			name: "members", field: "toUserId",
			send: func() (*BulkResult, error) { return s.SendGroupBulk(ctx, groupUsers, bulkUsers(1), BulkParams{}) },
		},
		{name: "recipients in a template", field: "toUserId", send: func() (*BulkResult, error) {
			template := PrivateTemplate{From: "a", Content: TextMessage{}, Recipients: []TemplateRecipient{{UserID: "u"}}}
			return s.SendPrivateTemplateBulk(ctx, template, templateUsers(1), BulkParams{})
		}},
		{name: "recipients in a system template", field: "toUserId", send: func() (*BulkResult, error) {
			template := SystemTemplate{From: "a", Content: TextMessage{}, Recipients: []TemplateRecipient{{UserID: "u"}}}
			return s.SendSystemTemplateBulk(ctx, template, templateUsers(1), BulkParams{})
		}},
		{name: "no sender", field: "fromUserId", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, PrivateMessage{Content: TextMessage{}}, bulkUsers(1), BulkParams{})
		}},
		{name: "no content", field: "content", send: func() (*BulkResult, error) {
			return s.SendSystemTemplateBulk(ctx, SystemTemplate{From: "a"}, templateUsers(1), BulkParams{})
		}},
		{name: "too large chunks", field: "BulkParams.ChunkSize", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(1), BulkParams{ChunkSize: 1001})
		}},
		{name: "negative chunks", field: "BulkParams.ChunkSize", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(1), BulkParams{ChunkSize: -1})
		}},
		{name: "too many at once", field: "BulkParams.Concurrency", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(1), BulkParams{Concurrency: 129})
		}},
		{name: "a negative total", field: "BulkParams.Total", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(1), BulkParams{Total: -1})
		}},
		{name: "a checkpoint of nothing", field: "BulkParams.Resume", send: func() (*BulkResult, error) {
			return s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(1), BulkParams{Resume: &BulkCheckpoint{}})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := c.send()
			var refused *ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.field, cmp.Or(refused.Wire, refused.Field))
			require.Empty(t, server.requests)
		})
	}
}

func TestBulkRefusesTheCheckpointOfAnotherSend(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		s := server.client(t).Message
		options := BulkParams{ChunkSize: 100, OnChunk: func(chunk BulkChunk) error {
			if chunk.Index == 3 {
				return errors.New("enough")
			}
			return nil
		}}
		result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), options)
		require.ErrorContains(t, err, "enough")
		resume := BulkParams{ChunkSize: 100, Resume: stored(t, result.Checkpoint)}
		sent := len(server.requests)
		other := bulkMessage
		other.Content = TextMessage{Content: "other"}
		elsewhere, err := New("other key", "secret")
		require.NoError(t, err)
		larger := resume
		larger.ChunkSize = 200
		changed := after("new", bulkUsers(999))
		for name, send := range map[string]func() (*BulkResult, error){
			"message": func() (*BulkResult, error) { return s.SendPrivateBulk(t.Context(), other, bulkUsers(1000), resume) },
			"app": func() (*BulkResult, error) {
				return elsewhere.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), resume)
			},
			"chunk size": func() (*BulkResult, error) {
				return s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), larger)
			},
			"kind": func() (*BulkResult, error) {
				return s.SendSystemBulk(t.Context(), SystemMessage{From: "boss", Content: bulkMessage.Content}, bulkUsers(1000), resume)
			},
			"list": func() (*BulkResult, error) { return s.SendPrivateBulk(t.Context(), bulkMessage, changed, resume) },
			"short list": func() (*BulkResult, error) {
				return s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(150), resume)
			},
		} {
			_, err := send()
			var refused *ArgumentError
			require.ErrorAs(t, err, &refused, name)
			require.Equal(t, "BulkParams.Resume", refused.Field, name)
		}
		require.Len(t, server.requests, sent, "and nothing was sent for them")
		result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), resume)
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 10, Delivered: 1000}, result.BulkCounts)
		require.Len(t, server.requests, 10)
	})
}

func TestBulkCountsDuplicatesOncePerChunk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		list := []string{"a", "b", "a", "c", "a", "a", "d", "a"} // in chunks of 4: a b a c, a a d a
		result, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, Recipients(list...), BulkParams{ChunkSize: 4})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 2, Delivered: 5, Duplicates: 3}, result.BulkCounts)
		require.Equal(t, 5, server.got["a"], "the server is sent them as they are")
	})
}

func TestBulkSkipsWhatTheServerWouldRefuse(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		long := strings.Repeat("x", 65)
		list := func(yield func(string, error) bool) {
			for id := range bulkUsers(1000) {
				switch id {
				case "u500":
					id = long
				case "u501", "u999":
					id = ""
				}
				if !yield(id, nil) {
					return
				}
			}
		}
		var out []string
		options := BulkParams{ChunkSize: 100, OnSkipped: func(position int64, recipient string, reason error) {
			out = append(out, fmt.Sprintf("%d %q %v", position, recipient, reason))
		}}
		result, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, list, options)
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 10, Delivered: 997, Skipped: 3}, result.BulkCounts)
		require.Len(t, server.got, 997)
		require.Equal(t, []string{
			fmt.Sprintf("500 %q rongcloud: POST /message/private/publish.json: recipients (toUserId): the ID has 65 bytes, at most 64 are allowed", long),
			`501 "" rongcloud: POST /message/private/publish.json: recipients (toUserId): the ID is empty`,
			`999 "" rongcloud: POST /message/private/publish.json: recipients (toUserId): the ID is empty`,
		}, out)
		options.Resume = stored(t, result.Checkpoint)
		result, err = server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, list, options)
		require.NoError(t, err, "a send that is over goes on to nothing")
		require.EqualValues(t, 3, result.Skipped)
		require.Len(t, server.requests, 10)

		only := Recipients("", "")
		result, err = server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, only, BulkParams{})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Skipped: 2}, result.BulkCounts)
	})
}

func TestBulkOutcomes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(_ int, form url.Values) (*http.Response, error) {
			switch form.Get("toUserId") {
			case "u200", "u300", "u800":
				return refusal(1002)
			case "u900":
				return refusal(1009)
			case "u400":
				return lost()
			case "u500":
				server.accept(form)
				return lost()
			}
			return nil, nil
		}
		client := server.client(t)
		outcomes := map[int64]BulkOutcome{}
		options := BulkParams{ChunkSize: 100, OnChunk: func(chunk BulkChunk) error {
			outcomes[chunk.Index] = chunk.Outcome
			require.Equal(t, chunk.Outcome == BulkOutcomeUnknown, errors.Is(chunk.Err, ErrOutcomeUnknown))
			return nil
		}}
		result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), options)
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 10, Delivered: 400, Refused: 400, Unknown: 200}, result.BulkCounts)
		require.Equal(t, []BulkRefusal{
			{BulkRange{FirstChunk: 2, LastChunk: 3, FirstPosition: 200, LastPosition: 399, RecipientCount: 200}, 1002, "no"},
			{BulkRange{FirstChunk: 8, LastChunk: 8, FirstPosition: 800, LastPosition: 899, RecipientCount: 100}, 1002, "no"},
			{BulkRange{FirstChunk: 9, LastChunk: 9, FirstPosition: 900, LastPosition: 999, RecipientCount: 100}, 1009, "no"},
		}, result.Checkpoint.Refusals())
		require.Len(t, outcomes, 10)
		require.Equal(t, []BulkOutcome{BulkOutcomeDelivered, BulkOutcomeRefused, BulkOutcomeUnknown}, []BulkOutcome{outcomes[0], outcomes[2], outcomes[4]})
		require.Equal(t, []BulkRange{{FirstChunk: 4, LastChunk: 5, FirstPosition: 400, LastPosition: 599, RecipientCount: 200}}, result.Checkpoint.Unknown())

		options.Resume = stored(t, result.Checkpoint)
		result, err = client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), options)
		require.NoError(t, err)
		require.Equal(t, []BulkRange{{FirstChunk: 4, LastChunk: 5, FirstPosition: 400, LastPosition: 599, RecipientCount: 200}}, result.Checkpoint.Unknown(), "they stay")
		require.Len(t, server.requests, 10)

		server.answer = func(_ int, form url.Values) (*http.Response, error) {
			if form.Get("toUserId") == "u400" {
				return refusal(1002)
			}
			return nil, nil
		}
		options.Resume, options.ResendUnknown = stored(t, result.Checkpoint), true
		options.OnChunk = nil
		result, err = client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1000), options)
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 10, Delivered: 500, Refused: 400, Unknown: 100}, result.BulkCounts)
		require.Equal(t, []BulkRange{{FirstChunk: 4, LastChunk: 4, FirstPosition: 400, LastPosition: 499, RecipientCount: 100}}, result.Checkpoint.Unknown(), "what is refused now may have been delivered then")
		require.Equal(t, 2, server.got["u500"], "as the caller asked for")
		require.Equal(t, []string{"delivered", "refused", "unknown", "BulkOutcome(7)"},
			[]string{BulkOutcomeDelivered.String(), BulkOutcomeRefused.String(), BulkOutcomeUnknown.String(), BulkOutcome(7).String()})
	})
}

// checkOnce fails unless everybody was sent the message once, except for the chunks with an unknown
// outcome.
func checkOnce(t *testing.T, server *bulkServer, n, size int, unknown []BulkRange) {
	t.Helper()
	server.mu.Lock()
	defer server.mu.Unlock()
	open := map[int]bool{}
	for _, u := range unknown {
		for i := u.FirstChunk; i <= u.LastChunk; i++ {
			open[int(i)] = true
		}
	}
	for i := range n {
		got := server.got["u"+strconv.Itoa(i)]
		if open[i/size] {
			require.LessOrEqual(t, got, 1, i)
		} else {
			require.Equal(t, 1, got, i)
		}
	}
}

func TestBulkStopsAndGoesOnAtAnyPoint(t *testing.T) {
	t.Parallel()
	for _, grace := range []time.Duration{0, time.Millisecond} {
		for after := time.Duration(0); after < 600*time.Millisecond; after += 37 * time.Millisecond {
			synctest.Test(t, func(t *testing.T) {
				server := newBulkServer()
				limiter := newTestLimiter(t, Quotas{Endpoints: map[*endpoint.Endpoint]endpoint.Quota{
					endpoint.MessagePrivatePublish: {Limit: 2000, Per: time.Second, Counts: endpoint.Targets, Param: "toUserId"},
				}})
				s := server.client(t, WithLimiter(limiter)).Message
				options := BulkParams{ChunkSize: 10, Grace: grace}
				runs := 0
				for {
					ctx, cancel := context.WithTimeout(t.Context(), after+time.Duration(runs)*50*time.Millisecond)
					result, err := s.SendPrivateBulk(ctx, bulkMessage, bulkUsers(995), options)
					cancel()
					time.Sleep(time.Second) // requests that were cut off still arrive
					require.NotNil(t, result)
					counts := result.BulkCounts
					require.Equal(t, result.Checkpoint.Counts(), counts)
					if grace == 0 {
						require.Zero(t, counts.Unknown, "requests under way are waited for")
					}
					if err == nil {
						checkOnce(t, server, 995, 10, result.Checkpoint.Unknown())
						require.Empty(t, result.Checkpoint.state.Pending)
						require.EqualValues(t, 995, counts.Delivered+counts.Unknown)
						require.EqualValues(t, 100, counts.Chunks)
						return
					}
					require.ErrorIs(t, err, context.DeadlineExceeded)
					var e *Error
					require.ErrorAs(t, err, &e)
					options.Resume = stored(t, result.Checkpoint)
					runs++
					require.Less(t, runs, 200)
				}
			})
		}
	}
}

func TestBulkSurvivesTheDeathOfItsProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		// The checkpoint saved at any moment is what is left if the process dies then.
		type moment struct {
			saved BulkCheckpoint
			got   map[string]int
		}
		server := newBulkServer()
		server.answer = func(n int, form url.Values) (*http.Response, error) {
			switch {
			case n%13 == 0:
				server.accept(form)
				return lost()
			case n%17 == 0:
				return refusal(1002)
			}
			return nil, nil
		}
		var moments []moment
		options := BulkParams{ChunkSize: 10, Save: func(c BulkCheckpoint) error {
			server.mu.Lock()
			defer server.mu.Unlock()
			moments = append(moments, moment{*stored(t, c), maps.Clone(server.got)})
			return nil
		}}
		_, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(400), options)
		require.NoError(t, err)
		require.Len(t, moments, 2*40+1)
		for _, m := range moments {
			server := newBulkServer()
			server.got = m.got
			result, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(400), BulkParams{ChunkSize: 10, Resume: &m.saved})
			require.NoError(t, err)
			counts := result.BulkCounts
			require.EqualValues(t, 400, counts.Delivered+counts.Refused+counts.Unknown)
			open := map[int64]bool{}
			ranges := result.Checkpoint.Unknown()
			for _, r := range result.Checkpoint.Refusals() {
				ranges = append(ranges, r.BulkRange)
			}
			for _, r := range ranges {
				for i := r.FirstChunk; i <= r.LastChunk; i++ {
					open[i] = true
				}
			}
			for i := range 400 {
				got := server.got["u"+strconv.Itoa(i)]
				require.LessOrEqual(t, got, 1)
				require.True(t, got == 1 || open[int64(i/10)], "u%d is forgotten", i)
			}
		}
	})
}

func TestBulkSaveFails(t *testing.T) {
	t.Parallel()
	for fail := range 12 {
		synctest.Test(t, func(t *testing.T) {
			server := newBulkServer()
			s := server.client(t).Message
			saves := 0
			result, err := s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(50), BulkParams{ChunkSize: 10, Concurrency: 2, Save: func(BulkCheckpoint) error {
				saves++
				if saves == fail {
					return errors.New("the disk is full")
				}
				return nil
			}})
			if fail > 0 && fail <= 11 {
				require.ErrorContains(t, err, "saving the checkpoint: the disk is full")
			} else {
				require.NoError(t, err)
			}
			for range 2 {
				result, err = s.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(50), BulkParams{ChunkSize: 10, Resume: stored(t, result.Checkpoint)})
				require.NoError(t, err)
				checkOnce(t, server, 50, 10, nil)
				require.Equal(t, BulkCounts{Chunks: 5, Delivered: 50}, result.BulkCounts)
			}
		})
	}
}

func TestBulkWaitsWhenRefusedForItsRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(n int, _ url.Values) (*http.Response, error) {
			if n > 1 && n <= 4 {
				return httpmock.NewStringResponse(429, `{"code":1008}`), nil
			}
			return nil, nil
		}
		limiter := &countingLimiter{}
		start := time.Now()
		params := BulkParams{ChunkSize: 10, Concurrency: 1}
		result, err := server.client(t, WithLimiter(limiter)).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(20), params)
		require.NoError(t, err)
		require.EqualValues(t, 20, result.Delivered)
		checkOnce(t, server, 20, 10, nil)
		require.Equal(t, 7250*time.Millisecond, time.Since(start), "1, 2 and 4 seconds")
		path := endpoint.MessagePrivatePublish.Path
		require.Equal(t, []string{
			path + " 10", path + " 10", path + " refused for 0s", path + " 10", path + " refused for 0s", path + " 10", path + " refused for 0s", path + " 10",
		}, limiter.calls)
		for _, use := range limiter.uses {
			require.True(t, use.LowPriority)
		}

		server.answer = func(int, url.Values) (*http.Response, error) {
			return httpmock.NewStringResponse(429, `{"code":1008}`), nil
		}
		result, err = server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), BulkParams{ChunkSize: 10})
		require.ErrorIs(t, err, ErrRateLimited, "in the end it gives up")
		require.Zero(t, result.BulkCounts)
		require.NotEmpty(t, result.Checkpoint.state.Pending)

		limiter.err = errors.New("no Redis")
		_, err = server.client(t, WithLimiter(limiter)).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), BulkParams{})
		require.ErrorContains(t, err, "waiting for the quota: no Redis")
	})
}

func TestBulkStopsWhereNothingCanBeSent(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret", WithBaseURL("http://"+closedAddress), WithoutRetries())
	require.NoError(t, err)
	result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1_000_000), BulkParams{})
	require.ErrorIs(t, err, ErrTransport)
	require.NotErrorIs(t, err, ErrOutcomeUnknown)
	require.Zero(t, result.BulkCounts)
	require.LessOrEqual(t, result.Checkpoint.state.Begun, int64(20))

	server := newBulkServer()
	server.answer = func(int, url.Values) (*http.Response, error) {
		return httpmock.NewStringResponse(401, `{"code":1004}`), nil
	}
	result, err = server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1_000_000), BulkParams{})
	require.ErrorIs(t, err, ErrUnauthorized)
	require.LessOrEqual(t, len(server.requests), 20)
	server.answer = nil
	sent := len(server.requests)
	changed := after("new", bulkUsers(1_000_000))
	_, err = server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, changed, BulkParams{Resume: stored(t, result.Checkpoint)})
	var refused *ArgumentError
	require.ErrorAs(t, err, &refused)
	require.Len(t, server.requests, sent, "not even what could not be sent")
	count, err := server.client(t).Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(1_000_000), BulkParams{Resume: stored(t, result.Checkpoint), OnChunk: func(c BulkChunk) error {
		if c.Index > 30 {
			return errors.New("enough")
		}
		return nil
	}})
	require.ErrorContains(t, err, "enough")
	require.Equal(t, count.Delivered, int64(len(server.got)))
	require.Contains(t, server.got, "u0", "what could not be sent is sent now")
}

func TestBulkIdempotentSends(t *testing.T) {
	t.Parallel()
	const duplicate = 25999
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		seen := map[string]bool{}
		server.answer = func(n int, form url.Values) (*http.Response, error) {
			random := form.Get("msgRandom")
			if seen[random] {
				return refusal(duplicate)
			}
			switch form.Get("toUserId") {
			case "u20": // arrives, but its response is lost
				seen[random] = true
				server.accept(form)
				return lost()
			case "u40": // is lost twice
				if n < 8 {
					return lost()
				}
			}
			seen[random] = true
			return nil, nil
		}
		result, err := server.client(t, WithIdempotentSends(IdempotentSends{DuplicateCode: duplicate})).Message.
			SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(100), BulkParams{ChunkSize: 10, Concurrency: 1})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 10, Delivered: 100}, result.BulkCounts)
		checkOnce(t, server, 100, 10, nil)
		require.Len(t, seen, 10, "a number for each chunk, the same when it is repeated")
	})
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		server.answer = func(_ int, form url.Values) (*http.Response, error) {
			if form.Get("toUserId") == "u20" {
				return lost()
			}
			return nil, nil
		}
		start := time.Now()
		client := server.client(t, WithIdempotentSends(IdempotentSends{}))
		result, err := client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Concurrency: 1})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 3, Delivered: 20, Unknown: 10}, result.BulkCounts)
		require.Less(t, time.Since(start), 2*time.Minute)
		for _, form := range server.requests {
			if form.Get("toUserId") == "u20" {
				require.Equal(t, server.requests[2].Get("msgRandom"), form.Get("msgRandom"))
			}
		}
		requests := len(server.requests)
		_, err = client.Message.SendPrivateBulk(t.Context(), bulkMessage, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: stored(t, result.Checkpoint)})
		require.NoError(t, err)
		require.Len(t, server.requests, requests, "RongCloud has forgotten it by now")
	})
}

func TestBulkGoesOnWithinTheMinuteOfIdempotency(t *testing.T) {
	t.Parallel()
	const duplicate = 25999
	for arrived, want := range map[bool]int{true: 1, false: 1} {
		synctest.Test(t, func(t *testing.T) {
			server := newBulkServer()
			message := bulkMessage
			message.IdempotencyKey = 77 // identifies the whole send
			client := server.client(t, WithIdempotentSends(IdempotentSends{DuplicateCode: duplicate}))
			var saved *BulkCheckpoint
			_, err := client.Message.SendPrivateBulk(t.Context(), message, bulkUsers(30), BulkParams{ChunkSize: 10, Concurrency: 1, Save: func(c BulkCheckpoint) error {
				if c.state.Begun == 2 && saved == nil {
					saved = stored(t, c)
				}
				return nil
			}})
			require.NoError(t, err)
			first := server.requests
			require.NotEqual(t, first[0].Get("msgRandom"), first[1].Get("msgRandom"))

			// The server as it was when the process died: the second request had arrived, or not.
			server = newBulkServer()
			server.answer = func(_ int, form url.Values) (*http.Response, error) {
				if arrived && form.Get("msgRandom") == first[1].Get("msgRandom") {
					return refusal(duplicate)
				}
				return nil, nil
			}
			for i := range 10 {
				server.got["u"+strconv.Itoa(i)]++
				if arrived {
					server.got["u"+strconv.Itoa(10+i)]++
				}
			}
			client = server.client(t, WithIdempotentSends(IdempotentSends{DuplicateCode: duplicate}))
			result, err := client.Message.SendPrivateBulk(t.Context(), message, bulkUsers(30), BulkParams{ChunkSize: 10, Resume: saved})
			require.NoError(t, err)
			require.Equal(t, BulkCounts{Chunks: 3, Delivered: 30}, result.BulkCounts)
			require.Equal(t, want, server.got["u10"])
			checkOnce(t, server, 30, 10, nil)
		})
	}
}

func TestBulkTemplateLacksAValue(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := newBulkServer()
		list := func(yield func(TemplateRecipient, error) bool) {
			for r := range templateUsers(30) {
				if r.UserID == "u15" {
					r.Values = nil
				}
				if !yield(r, nil) {
					return
				}
			}
		}
		template := PrivateTemplate{From: "a", Content: TextMessage{Content: "{name}"}}
		result, err := server.client(t).Message.SendPrivateTemplateBulk(t.Context(), template, list, BulkParams{ChunkSize: 10})
		require.NoError(t, err)
		require.Equal(t, BulkCounts{Chunks: 3, Delivered: 20, Refused: 10}, result.BulkCounts)
		refusal := result.Checkpoint.Refusals()[0]
		require.Contains(t, refusal.Message, `"u15"`)
		require.Zero(t, refusal.Code)
	})
}
