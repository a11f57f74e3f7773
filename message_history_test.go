package rongcloud

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

func TestMsgHistorySends(t *testing.T) {
	t.Parallel()
	newest, oldest := contentTime, contentTime.Add(-time.Hour)
	query := HistoryQuery{UserID: "u 1&", TargetID: "t", Until: newest, Since: oldest}
	all := query
	all.Size = 50
	bare := `{"userId":"u 1&","targetId":"t","startTime":1705270000123,"endTime":1705266400123,"includeStart":true}`
	full := `{"userId":"u 1&","targetId":"t","startTime":1705270000123,"endTime":1705266400123,"pageSize":50,"includeStart":true`
	ultra := UltraGroupHistoryQuery{UserID: "u 1&", GroupID: "t", Until: newest, Since: oldest}
	ultraAll := UltraGroupHistoryQuery{UserID: "u 1&", GroupID: "t", Until: newest, Since: oldest, Size: 50, ChannelID: "c"}
	type lister = func(*MessageHistoryService, context.Context, HistoryQuery, ...CallOption) (*HistoryPage, error)
	list := func(f lister, q HistoryQuery) func(context.Context, *MessageService) error {
		return func(ctx context.Context, s *MessageService) error { _, err := f(s.History, ctx, q); return err }
	}
	ultraList := func(q UltraGroupHistoryQuery) func(context.Context, *MessageService) error {
		return func(ctx context.Context, s *MessageService) error {
			_, err := s.History.ListUltraGroup(ctx, q)
			return err
		}
	}
	msgSends(t, []msgCase{
		{what: "all", path: "/v3/message/private/query.json", call: list((*MessageHistoryService).ListPrivate, all), json: full + "}"},
		{what: "none", path: "/v3/message/private/query.json", call: list((*MessageHistoryService).ListPrivate, query), json: bare},
		{what: "all", path: "/v3/message/group/query.json", call: list((*MessageHistoryService).ListGroup, all), json: full + "}"},
		{what: "none", path: "/v3/message/group/query.json", call: list((*MessageHistoryService).ListGroup, query), json: bare},
		{what: "all", path: "/v3/message/chatroom/query.json", call: list((*MessageHistoryService).ListChatroom, all), json: full + "}"},
		{what: "none", path: "/v3/message/chatroom/query.json", call: list((*MessageHistoryService).ListChatroom, query), json: bare},
		{what: "all", path: "/v3/message/ultragroup/query.json", call: ultraList(ultraAll), json: full + `,"busChannel":"c"}`},
		{what: "none", path: "/v3/message/ultragroup/query.json", call: ultraList(ultra), json: bare},
	})
}

func TestMsgHistoryArguments(t *testing.T) {
	t.Parallel()
	good := HistoryQuery{UserID: "u", TargetID: "t", Until: contentTime, Since: contentTime.Add(-time.Hour)}
	for _, c := range []struct {
		field, reason string
		change        func(*HistoryQuery)
		listOnly      bool
	}{
		{field: "userId", reason: "required", change: func(q *HistoryQuery) { q.UserID = "" }},
		{field: "targetId", reason: "required", change: func(q *HistoryQuery) { q.TargetID = "" }},
		{field: "endTime", reason: "required", change: func(q *HistoryQuery) { q.Since = time.Time{} }},
		{field: "endTime", reason: "where reading begins", change: func(q *HistoryQuery) { q.Since = q.Until.Add(time.Millisecond) }},
		{field: "pageSize", reason: "not between", change: func(q *HistoryQuery) { q.Size = -1 }},
		{field: "pageSize", reason: "not between", change: func(q *HistoryQuery) { q.Size = 101 }},
		{
			field: "endTime", reason: "14 days",
			change: func(q *HistoryQuery) { q.Since = q.Until.Add(-14*24*time.Hour - time.Millisecond) }, listOnly: true,
		},
	} {
		query := good
		c.change(&query)
		ultra := UltraGroupHistoryQuery{UserID: query.UserID, GroupID: query.TargetID, Until: query.Until, Since: query.Since, Size: query.Size}
		for _, call := range []func(context.Context, *MessageService) error{
			func(ctx context.Context, s *MessageService) error {
				_, err := s.History.ListPrivate(ctx, query)
				return err
			},
			func(ctx context.Context, s *MessageService) error {
				_, err := s.History.ListGroup(ctx, query)
				return err
			},
			func(ctx context.Context, s *MessageService) error {
				_, err := s.History.ListChatroom(ctx, query)
				return err
			},
			func(ctx context.Context, s *MessageService) error {
				_, err := s.History.ListUltraGroup(ctx, ultra)
				return err
			},
		} {
			msgRefused(t, c.field, c.reason, call)
		}
		if c.listOnly {
			continue
		}
		for _, walk := range []func(context.Context, *MessageService) iter.Seq2[HistoryMessage, error]{
			func(ctx context.Context, s *MessageService) iter.Seq2[HistoryMessage, error] {
				return s.History.AllPrivate(ctx, query)
			},
			func(ctx context.Context, s *MessageService) iter.Seq2[HistoryMessage, error] {
				return s.History.AllUltraGroup(ctx, ultra)
			},
		} {
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
				for _, err := range walk(ctx, s) {
					return err
				}
				return nil
			})
		}
	}
	// Exactly 14 days, and an empty span, are allowed.
	client, _ := msgAnswer(t, `{"code":200}`)
	good.Since = good.Until.Add(-14 * 24 * time.Hour)
	page, err := client.Message.History.ListPrivate(t.Context(), good)
	require.NoError(t, err)
	require.Empty(t, page.Messages)
	good.Since = good.Until
	_, err = client.Message.History.ListPrivate(t.Context(), good)
	require.NoError(t, err)
}

// TestMsgPagesHaveMore checks that there may be another page unless a page is empty, however few
// messages it has.
func TestMsgPagesHaveMore(t *testing.T) {
	t.Parallel()
	for name, pages := range map[string][2]interface{ More() bool }{
		"history":   {&HistoryPage{Messages: make([]HistoryMessage, 1)}, &HistoryPage{Messages: []HistoryMessage{}}},
		"expansion": {&MessageExpansionPage{Entries: map[string]ExpansionValue{"k": {}}}, &MessageExpansionPage{Entries: map[string]ExpansionValue{}}},
	} {
		require.True(t, pages[0].More(), name)
		require.False(t, pages[1].More(), name)
	}
}

func TestMsgHistoryDecodes(t *testing.T) {
	t.Parallel()
	plain := HistoryMessage{
		MessageUID: "A", From: "u1", ConversationType: ConversationGroup, TargetID: "u2", SentAt: time.UnixMilli(1705270000123), ObjectName: "RC:TxtMsg", Body: `{"content":"hi"}`,
		Expandable: true, ExpansionText: `{"k":"v"}`, AIGenerated: true, Quote: &HistoryQuote{"B", "u3", "RC:ImgMsg"},
	}
	for _, c := range []struct {
		data string
		want []HistoryMessage
	}{
		{`[{"targetId":"u2","fromUserId":"u1","messageUID":"A","msgTime":1705270000123,"objectName":"RC:TxtMsg","content":"{\"content\":\"hi\"}",` +
			`"expansion":true,"extraContent":"{\"k\":\"v\"}","aiGenerated":true,"quote":"{\"msgUID\":\"B\",\"objectName\":\"RC:ImgMsg\",\"fromUserId\":\"u3\"}"}]`,
			[]HistoryMessage{plain}},
		{`[{"targetId":"u2","fromUserId":"u1","messageUID":"A","msgTime":"1705270000123","objectName":"RC:TxtMsg","content":{"content":"hi"},` +
			`"expansion":"1","extraContent":{"k":"v"},"aiGenerated":1,"quote":{"msgUID":"B","objectName":"RC:ImgMsg","fromUserId":"u3"},"new":[]}]`,
			[]HistoryMessage{plain}},
		{`[{"messageUID":"A","msgTime":0,"quote":"","busChannel":"c","extraContent":"","expansion":""}]`,
			[]HistoryMessage{{MessageUID: "A", ConversationType: ConversationGroup, ChannelID: "c"}}},
		{`[{"messageUID":"A","quote":null}]`, []HistoryMessage{{MessageUID: "A", ConversationType: ConversationGroup}}},
		{`[{"groupUserIds":["u1",2]}]`, []HistoryMessage{{ConversationType: ConversationGroup, ToUserIDs: []string{"u1", "2"}}}},
		{`[{"conversationType":1},{"conversionType":"4"}]`,
			[]HistoryMessage{{ConversationType: ConversationPrivate}, {ConversationType: ConversationChatroom}}},
		{`[]`, []HistoryMessage{}},
		{`null`, nil},
	} {
		client, _ := msgAnswer(t, `{"code":200,"data":`+c.data+`}`)
		page, err := client.Message.History.ListGroup(t.Context(), HistoryQuery{UserID: "u", TargetID: "g", Until: contentTime, Since: contentTime})
		require.NoError(t, err, c.data)
		require.Equal(t, c.want, page.Messages, c.data)
	}
	content, err := plain.Content()
	require.NoError(t, err)
	require.Equal(t, TextMessage{Content: "hi"}, content)

	for text, want := range map[string]map[string]ExpansionValue{
		``: nil, `{}`: {}, `{"k":"v"}`: {"k": {"v", 0}}, `{"k":{"v":"v","ts":7}}`: {"k": {"v", 7}},
	} {
		got, err := (&HistoryMessage{ExpansionText: text}).Expansion()
		require.NoError(t, err, text)
		require.Equal(t, want, got)
	}
	for _, text := range []string{"{", "7", `[1]`} {
		_, err := (&HistoryMessage{ExpansionText: text}).Expansion()
		require.Error(t, err, text)
	}
}

// msgArchive is a cloud history, newest message first.
type msgArchive struct {
	times     []int64 // of the messages, newest first; UIDs are their indices
	endless   bool    // the same page for every request
	failAt    int     // the request that fails, from 1
	capacity  int     // maximum messages per response, whatever is requested; 0 for no limit
	strictEnd bool    // leave out messages exactly at the end of the span
}

type msgHistoryRequest struct {
	StartTime, EndTime int64
	PageSize           int
	IncludeStart       bool
}

func (a *msgArchive) serve(t *testing.T) (*Client, *[]msgHistoryRequest) {
	t.Helper()
	requests := new([]msgHistoryRequest)
	client, _ := msgServe(t, func(r msgRequest) (int, string) {
		var q msgHistoryRequest
		if err := json.Unmarshal([]byte(r.body), &q); err != nil {
			return 400, `{"code":1002}`
		}
		*requests = append(*requests, q)
		if len(*requests) == a.failAt {
			return 500, `{"code":1000}`
		}
		if q.StartTime < q.EndTime || q.StartTime-q.EndTime > (14*24*time.Hour).Milliseconds() || q.PageSize < 1 {
			return 400, `{"code":1002}`
		}
		limit := q.PageSize
		if a.capacity > 0 {
			limit = min(limit, a.capacity)
		}
		var items []string
		for i, at := range a.times {
			inside := at < q.StartTime || at == q.StartTime && q.IncludeStart
			inside = inside && (at > q.EndTime || at == q.EndTime && !a.strictEnd)
			if (inside || a.endless) && len(items) < limit {
				items = append(items, fmt.Sprintf(`{"messageUID":"%d","msgTime":%d}`, i, at))
			}
		}
		return http.StatusOK, `{"code":200,"data":[` + strings.Join(items, ",") + `]}`
	})
	return client, requests
}

// msgUIDs ranges over a history, and gives up if it does not end.
func msgUIDs(t *testing.T, seq iter.Seq2[HistoryMessage, error]) (uids []string, err error) {
	t.Helper()
	for m, failure := range seq {
		require.NoError(t, err, "an item after an error")
		if failure != nil {
			require.Zero(t, m)
			err = failure
			continue
		}
		uids = append(uids, m.MessageUID)
		require.Less(t, len(uids), 10000, "the walk does not end")
	}
	return uids, err
}

func msgIndices(n int) []string {
	var all []string
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

const msgDay = int64(24 * 60 * 60 * 1000)

func TestMsgHistoryWalks(t *testing.T) {
	t.Parallel()
	const newest = int64(1705270000123)
	spread := func(n int, gap int64) []int64 {
		var times []int64
		for i := range n {
			times = append(times, newest-int64(i)*gap)
		}
		return times
	}
	for _, c := range []struct {
		name     string
		archive  msgArchive
		days     int64
		size     int
		want     int // how many of the messages
		requests int
	}{
		{name: "empty", archive: msgArchive{}, days: 1, size: 10, requests: 1},
		{name: "empty, no time", archive: msgArchive{}, size: 10, requests: 1},
		{name: "one page", archive: msgArchive{times: spread(3, 1000)}, days: 1, size: 10, want: 3, requests: 3},
		{name: "one full page", archive: msgArchive{times: spread(10, 1000)}, days: 1, size: 10, want: 10, requests: 3},
		{name: "many pages", archive: msgArchive{times: spread(25, 1000)}, days: 1, size: 10, want: 25, requests: 5},
		// One of two is always the previous page's last.
		{name: "pages of two", archive: msgArchive{times: spread(9, 1)}, days: 1, size: 2, want: 9, requests: 10},
		{name: "short pages", archive: msgArchive{times: spread(25, 1000), capacity: 7}, days: 1, size: 10, want: 25, requests: 6},
		{name: "one millisecond", archive: msgArchive{times: spread(9, 0)}, days: 1, size: 10, want: 9, requests: 2},
		{name: "three to a millisecond", archive: msgArchive{times: []int64{
			newest, newest - 5, newest - 5, newest - 5, newest - 6, newest - 6, newest - 6, newest - 7, newest - 7, newest - 7,
		}}, days: 1, size: 4, want: 10, requests: 5},
		{name: "40 days, empty", archive: msgArchive{}, days: 40, size: 10, requests: 3},
		{name: "40 days, every day", archive: msgArchive{times: spread(41, msgDay)}, days: 40, size: 100, want: 41, requests: 4},
		{name: "40 days, every fortnight", archive: msgArchive{times: spread(3, 14*msgDay)}, days: 40, size: 100, want: 3, requests: 4},
		{
			name: "40 days, fortnights without their end", archive: msgArchive{times: spread(3, 14*msgDay), strictEnd: true}, days: 40,
			size: 100, want: 3, requests: 6,
		},
		{name: "40 days, late", archive: msgArchive{times: []int64{newest - 39*msgDay}}, days: 40, size: 100, want: 1, requests: 5},
		{name: "what is older stays out", archive: msgArchive{times: spread(10, msgDay)}, days: 4, size: 100, want: 5, requests: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, requests := c.archive.serve(t)
			query := HistoryQuery{UserID: "u", TargetID: "t", Until: time.UnixMilli(newest).Add(900 * time.Microsecond), Since: time.UnixMilli(newest - c.days*msgDay), Size: c.size}
			before := query
			seq := client.Message.History.AllPrivate(t.Context(), query)
			require.Empty(t, *requests, "nothing is fetched before it is needed")
			for range 2 { // ranging again starts over
				*requests = nil
				uids, err := msgUIDs(t, seq)
				require.NoError(t, err)
				require.Equal(t, msgIndices(c.want), uids)
				require.Len(t, *requests, c.requests)
				for _, r := range *requests {
					require.True(t, r.IncludeStart)
					require.Equal(t, c.size, r.PageSize)
					require.GreaterOrEqual(t, r.EndTime, newest-c.days*msgDay)
				}
				require.Equal(t, newest, (*requests)[0].StartTime)
			}
			require.Equal(t, before, query)
		})
	}
}

// Whatever the times are, each message comes once, in order.
func TestMsgHistoryWalksAtRandom(t *testing.T) {
	t.Parallel()
	const newest = int64(1705270000123)
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var archive msgArchive
		archive.strictEnd = random.IntN(2) == 0
		for range random.IntN(60) {
			at := newest - random.Int64N(3)*13*msgDay - random.Int64N(2)*msgDay - random.Int64N(20)
			if n := len(slices.DeleteFunc(slices.Clone(archive.times), func(other int64) bool { return other != at })); n < 5 {
				archive.times = append(archive.times, at)
			}
		}
		sort.Slice(archive.times, func(i, j int) bool { return archive.times[i] > archive.times[j] })
		client, _ := archive.serve(t)
		uids, err := msgUIDs(t, client.Message.History.AllGroup(t.Context(), HistoryQuery{
			UserID: "u", TargetID: "t", Until: time.UnixMilli(newest), Since: time.UnixMilli(newest - 60*msgDay), Size: 6 + random.IntN(20),
		}))
		require.NoError(t, err)
		require.Equal(t, msgIndices(len(archive.times)), uids, archive.times)
	}
}

func TestMsgHistoryKinds(t *testing.T) {
	t.Parallel()
	newest := contentTime
	query := HistoryQuery{UserID: "u", TargetID: "t", Until: newest, Since: newest.Add(-time.Hour)}
	ultra := UltraGroupHistoryQuery{UserID: "u", GroupID: "t", Until: newest, Since: newest.Add(-time.Hour), ChannelID: "c"}
	for path, walk := range map[string]func(context.Context, *MessageHistoryService) iter.Seq2[HistoryMessage, error]{
		"/v3/message/private/query.json": func(ctx context.Context, s *MessageHistoryService) iter.Seq2[HistoryMessage, error] {
			return s.AllPrivate(ctx, query)
		},
		"/v3/message/group/query.json": func(ctx context.Context, s *MessageHistoryService) iter.Seq2[HistoryMessage, error] {
			return s.AllGroup(ctx, query)
		},
		"/v3/message/chatroom/query.json": func(ctx context.Context, s *MessageHistoryService) iter.Seq2[HistoryMessage, error] {
			return s.AllChatroom(ctx, query)
		},
		"/v3/message/ultragroup/query.json": func(ctx context.Context, s *MessageHistoryService) iter.Seq2[HistoryMessage, error] {
			return s.AllUltraGroup(ctx, ultra)
		},
	} {
		var client *Client
		var wire *msgWire
		client, wire = msgServe(t, func(msgRequest) (int, string) {
			return 200, `{"code":200,"data":[{"messageUID":"A","msgTime":1705270000122}]}`
		})
		uids, err := msgUIDs(t, walk(t.Context(), client.Message.History))
		require.NoError(t, err)
		require.Equal(t, []string{"A"}, uids)
		rest := ""
		if strings.Contains(path, "ultra") {
			rest = `,"busChannel":"c"`
		}
		require.Equal(t, []msgRequest{
			{path, `{"userId":"u","targetId":"t","startTime":1705270000123,"endTime":1705266400123,"pageSize":100,"includeStart":true` + rest + `}`},
			{path, `{"userId":"u","targetId":"t","startTime":1705270000122,"endTime":1705266400123,"pageSize":100,"includeStart":true` + rest + `}`},
			{path, `{"userId":"u","targetId":"t","startTime":1705270000121,"endTime":1705266400123,"pageSize":100,"includeStart":true` + rest + `}`},
		}, wire.requests)
	}
}

// A query without Until is read back from now, by the client's clock.
func TestMsgHistoryUntilNow(t *testing.T) {
	t.Parallel()
	now := contentTime
	client, wire := msgServe(t, func(msgRequest) (int, string) { return 200, `{"code":200,"data":[]}` }, WithClock(func() time.Time { return now }))
	query := HistoryQuery{UserID: "u", TargetID: "t", Since: now.Add(-20 * 24 * time.Hour)}
	ultra := UltraGroupHistoryQuery{UserID: "u", GroupID: "t", Since: query.Since}
	seq := client.Message.History.AllGroup(t.Context(), query)
	now = now.Add(time.Hour) // evaluated when ranging starts
	starts := func() (starts []int64) {
		for _, r := range wire.requests {
			var q struct{ StartTime, EndTime int64 }
			require.NoError(t, json.Unmarshal([]byte(r.body), &q))
			starts = append(starts, q.StartTime)
		}
		wire.requests = nil
		return starts
	}
	uids, err := msgUIDs(t, seq)
	require.NoError(t, err)
	require.Empty(t, uids)
	require.Equal(t, []int64{now.UnixMilli(), now.Add(-maxHistorySpan).UnixMilli()}, starts())
	_, err = msgUIDs(t, client.Message.History.AllUltraGroup(t.Context(), ultra))
	require.NoError(t, err)
	require.Equal(t, []int64{now.UnixMilli(), now.Add(-maxHistorySpan).UnixMilli()}, starts())

	query.Since, ultra.Since = now.Add(-time.Hour), now.Add(-time.Hour)
	page, err := client.Message.History.ListPrivate(t.Context(), query)
	require.NoError(t, err)
	require.False(t, page.More())
	_, err = client.Message.History.ListUltraGroup(t.Context(), ultra)
	require.NoError(t, err)
	require.Equal(t, []int64{now.UnixMilli(), now.UnixMilli()}, starts())

	search := UltraGroupMessageQuery{GroupID: "g", ChannelID: "c", After: now.Add(-time.Hour)}
	_, err = client.UltraGroup.Message.List(t.Context(), search)
	require.NoError(t, err)
	_, err = msgUIDs(t, client.UltraGroup.Message.All(t.Context(), search))
	require.NoError(t, err)
	require.Len(t, wire.requests, 2)
	for _, r := range wire.requests {
		require.Contains(t, r.body, fmt.Sprintf("endTime=%d", now.UnixMilli()))
	}
}

func TestMsgHistoryWalkFails(t *testing.T) {
	t.Parallel()
	const newest = int64(1705270000123)
	query := HistoryQuery{UserID: "u", TargetID: "t", Until: time.UnixMilli(newest), Since: time.UnixMilli(newest - 20*msgDay), Size: 3}
	ep := endpoint.V3MessagePrivateQuery.String()
	times := []int64{newest, newest - 1, newest - 2, newest - 3, newest - 4, newest - 5, newest - 6}
	for _, c := range []struct {
		name    string
		archive msgArchive
		uids    []string
		cause   error
		calls   int
	}{
		{name: "page 2 fails", archive: msgArchive{times: times, failAt: 2}, uids: msgIndices(3), calls: 2},
		{name: "the same page for ever", archive: msgArchive{times: times, endless: true}, uids: msgIndices(3), cause: errPageOrder, calls: 2},
		{
			name:    "a full page of one millisecond",
			archive: msgArchive{times: []int64{newest, newest - 1, newest - 1, newest - 1, newest - 2}}, uids: msgIndices(4),
			cause: errPageRepeated, calls: 2,
		},
		{
			name: "more than a page of one millisecond", archive: msgArchive{times: []int64{newest, newest, newest, newest}},
			uids: msgIndices(3), cause: errPageRepeated, calls: 1,
		},
		{name: "newer than asked", archive: msgArchive{times: []int64{newest + 1}, endless: true}, cause: errPageOrder, calls: 1},
		{name: "oldest first", archive: msgArchive{times: []int64{newest - 2, newest - 1, newest}}, cause: errPageOrder, calls: 1},
		{name: "no times", archive: msgArchive{times: []int64{0}, endless: true}, cause: errPageOrder, calls: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client, requests := c.archive.serve(t)
			uids, err := msgUIDs(t, client.Message.History.AllPrivate(t.Context(), query))
			require.Equal(t, c.uids, uids)
			var failure *Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, ep, failure.Endpoint.String())
			if c.cause != nil {
				require.ErrorIs(t, err, c.cause)
			} else {
				require.ErrorIs(t, err, CodeInternalError)
			}
			require.Len(t, *requests, c.calls)
		})
	}
}

// A server that ignores the older bound cannot make the walk leave the span.
func TestMsgHistoryStaysInSpan(t *testing.T) {
	t.Parallel()
	archive := msgArchive{times: []int64{100, 90, 80, 70}, endless: true}
	client, requests := archive.serve(t)
	uids, err := msgUIDs(t, client.Message.History.AllPrivate(t.Context(), HistoryQuery{
		UserID: "u", TargetID: "t", Until: time.UnixMilli(100), Since: time.UnixMilli(85), Size: 10,
	}))
	require.NoError(t, err)
	require.Equal(t, msgIndices(2), uids)
	require.Len(t, *requests, 1)
}

// Messages without a UID are distinguished by their content.
func TestMsgHistoryWithoutUIDs(t *testing.T) {
	t.Parallel()
	client, _ := msgServe(t, func(r msgRequest) (int, string) {
		return 200, `{"code":200,"data":[{"fromUserId":"a","msgTime":50},{"fromUserId":"b","msgTime":50}]}`
	})
	var from []string
	for m, err := range client.Message.History.AllPrivate(t.Context(), HistoryQuery{
		UserID: "u", TargetID: "t", Until: time.UnixMilli(100), Since: time.UnixMilli(10), Size: 10,
	}) {
		require.NoError(t, err)
		from = append(from, m.From)
	}
	require.Equal(t, []string{"a", "b"}, from)
}

func TestMsgHistoryBreaks(t *testing.T) {
	t.Parallel()
	const newest = int64(1705270000123)
	archive := msgArchive{times: []int64{newest, newest - 1, newest - 2, newest - 3}}
	client, requests := archive.serve(t)
	query := HistoryQuery{UserID: "u", TargetID: "t", Until: time.UnixMilli(newest), Since: time.UnixMilli(newest - msgDay), Size: 2}
	seen := 0
	for _, err := range client.Message.History.AllPrivate(t.Context(), query) {
		require.NoError(t, err)
		if seen++; seen == 2 {
			break
		}
	}
	require.Len(t, *requests, 1)

	ctx, cancel := context.WithCancel(t.Context())
	var failure error
	for _, err := range client.Message.History.AllPrivate(ctx, query) {
		cancel()
		failure = err
	}
	cancel()
	require.ErrorIs(t, failure, context.Canceled)
	require.Len(t, *requests, 2)
}
