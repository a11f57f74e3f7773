package rongcloudtest

import (
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

const mebibyte = 1 << 20

// heap returns the bytes in use.
func heap() int64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// Whatever is sent, the heap stays within the budget. Not parallel, so that nothing else is on the
// heap.
func TestMemoryBudget(t *testing.T) { //nolint:paralleltest // it measures the heap
	const budget = 16 * mebibyte
	big := strings.Repeat("x", 100<<10)
	quoted := rongcloud.TextMessage{Content: strings.Repeat(`"`, 30<<10)}
	numbered := func(i, n int) []string {
		ids := make([]string, n)
		for j := range ids {
			ids[j] = fmt.Sprintf("user-%d-%d", i, j)
		}
		return ids
	}
	must := func(err error) { require.NoError(t, err) }
	for _, load := range []struct {
		name  string
		times int
		call  func(s *Server, c *rongcloud.Client, i int)
	}{
		{"large messages", 190, func(_ *Server, c *rongcloud.Client, i int) {
			_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "a", To: numbered(i, 1), Content: rongcloud.TextMessage{Content: big}})
			must(err)
		}},
		{"escaped messages", 190, func(_ *Server, c *rongcloud.Client, _ int) {
			_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: quoted})
			must(err)
		}},
		{"unknown recipients", 40, func(_ *Server, c *rongcloud.Client, i int) {
			_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "a", To: numbered(i, 1000), Content: rongcloud.TextMessage{Content: "hello"}})
			must(err)
		}},
		{"messages in one ultra group", 190, func(s *Server, c *rongcloud.Client, _ int) {
			s.AddUltraGroup("g", "a", "b")
			_, err := c.Message.SendUltraGroup(t.Context(), rongcloud.UltraGroupMessage{From: "a", To: []string{"g"}, Content: rongcloud.TextMessage{Content: big}})
			must(err)
		}},
		{"unknown paths", 190, func(_ *Server, c *rongcloud.Client, _ int) {
			require.Error(t, c.Call(t.Context(), endpoint.New("POST", "/none.json", endpoint.Form), url.Values{"a": {big}}, nil))
		}},
		{"unknown parameters", 190, func(_ *Server, c *rongcloud.Client, _ int) {
			must(c.Call(t.Context(), endpoint.UserCheckOnline, url.Values{"userId": {"u"}, "more": {big}}, nil))
		}},
		{"long headers", 2500, func(_ *Server, c *rongcloud.Client, _ int) {
			must(c.Call(t.Context(), endpoint.UserCheckOnline, url.Values{"userId": {"u"}}, nil, rongcloud.WithHeader("X-More", big[:8<<10])))
		}},
		{"broadcasts", 190, func(_ *Server, c *rongcloud.Client, _ int) {
			_, err := c.Message.Broadcast.SendToAll(t.Context(), rongcloud.Broadcast{From: "a", Content: rongcloud.TextMessage{Content: big}})
			must(err)
		}},
		{"modified messages", 190, func(s *Server, c *rongcloud.Client, i int) {
			if i == 0 {
				_, err := c.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "a", To: []string{"b"}, Content: rongcloud.TextMessage{Content: "x"}})
				must(err)
			}
			if len(s.Sent()) == 0 {
				return // it had to make room
			}
			must(c.Call(t.Context(), endpoint.MessagePrivateModify, url.Values{
				"fromUserId": {"a"}, "targetId": {"b"}, "msgUID": {s.Sent()[0].MessageUID}, "content": {`{"content":"` + big + `"}`},
			}, nil))
		}},
		{"messages of users, with callbacks", 190, func(s *Server, c *rongcloud.Client, i int) {
			if i == 0 {
				_, err := c.User.Register(t.Context(), rongcloud.RegisterParams{UserID: "a", Name: "A"})
				must(err)
				s.AddWebhook(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
				must(s.User("a").Connect())
			}
			_, err := s.User("a").SendPrivate("b", rongcloud.TextMessage{Content: big})
			must(err)
		}},
		{"events of one's own", 190, func(s *Server, _ *rongcloud.Client, i int) {
			if i == 0 {
				s.AddWebhook(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }))
			}
			s.Emit(&webhook.MessageAudit{Body: strings.Clone(big)})
		}},
	} {
		t.Run(load.name, func(t *testing.T) {
			before := heap()
			s, err := New(WithoutSocket(), WithMemory(budget))
			require.NoError(t, err)
			client := s.Client(rongcloud.WithoutRetries())
			for i := range load.times {
				load.call(s, client, i)
			}
			grown := heap() - before
			t.Logf("%.1f MiB on the heap, %.1f MiB counted", float64(grown)/mebibyte, float64(s.ledger.history)/mebibyte)
			require.LessOrEqual(t, grown, int64(budget+2*mebibyte))
			require.LessOrEqual(t, s.ledger.history, int64(budget))
			require.Positive(t, s.requests.len()+s.callbacks.len(), "the newest are there")
			s.Reset()
			require.Zero(t, s.ledger.history)
			require.NoError(t, s.Close())
		})
	}
}

// The count returns to zero once everything is gone, however it was removed.
func TestLedgerBalances(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithoutSocket(), WithHistory(3))
	client := s.Client()
	for i := range 20 {
		sent, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
			From: "a", To: []string{"b", fmt.Sprintf("c%d", i)}, Content: rongcloud.TextMessage{Content: "hello"}, IncludeSender: true,
		})
		require.NoError(t, err)
		if i%3 == 0 {
			require.NoError(t, client.Message.Recall(t.Context(), rongcloud.RecallParams{
				From: "a", ConversationType: rongcloud.ConversationPrivate, TargetID: "b", MessageUID: sent.Messages[0].MessageUID,
			}))
		}
	}
	require.Len(t, s.User("b").Inbox(), 3)
	require.Len(t, s.User("a").Inbox(), 3)
	require.NotEmpty(t, s.User("c0").Inbox(), "older than the messages that are listed, but in its inbox")
	s.mu.Lock()
	for _, id := range []string{"a", "b"} {
		s.forgetUser(id)
	}
	s.mu.Unlock()
	s.ledger.limit = 0
	s.ledger.trim()
	require.Zero(t, s.ledger.history)
	require.Zero(t, s.ledger.order.Len())
	require.Empty(t, s.messages.inboxes)
	require.Empty(t, s.Sent())
	require.Empty(t, s.Requests())
	require.Empty(t, s.messages.byUID)
}

func TestFullState(t *testing.T) { //nolint:paralleltest // it measures the heap
	before := heap()
	s := NewServer(t, WithoutSocket(), WithMemory(16*mebibyte))
	client := s.Client(rongcloud.WithoutRetries())
	var err error
	n := 0
	for ; err == nil && n < 100_000; n++ {
		_, err = client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: fmt.Sprintf("u%d", n), Name: "Somebody", PortraitURL: "https://example.com/" + strings.Repeat("x", 1000)})
	}
	var refusal *rongcloud.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, http.StatusInsufficientStorage, refusal.HTTPStatus)
	require.Contains(t, refusal.Message, "memory")
	require.Greater(t, n, 4_000)
	grown := heap() - before
	t.Logf("%d users in %.1f MiB", n, float64(grown)/mebibyte)
	require.Less(t, grown, int64(18*mebibyte))
	_, err = client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"}})
	require.NoError(t, err, "messages make room for each other")
	require.NoError(t, client.User.DeleteSandbox(t.Context(), []string{"u1"}))
	_, err = client.User.Get(t.Context(), "u2")
	require.NoError(t, err)
	err = client.RTC.Room.Block.Remove(t.Context(), rongcloud.RTCRoomBlockRemoveParams{RoomID: "r", UserIDs: []string{"u2"}})
	require.NoError(t, err, "what takes away needs no room")
}

// Actions of users' apps count too.
func TestFullStateByApps(t *testing.T) {
	t.Parallel()
	room := strings.Repeat("r", 2000)
	for name, join := range map[string]func(u *User, i int) error{
		"audio and video rooms": func(u *User, i int) error { return u.JoinRTCRoom(fmt.Sprint(i, room)) },
		"chat rooms":            func(u *User, i int) error { return u.JoinChatroom(fmt.Sprint(i, room)) },
		"streams": func(u *User, i int) error {
			_ = u.JoinRTCRoom("r" + strconv.Itoa(i))
			return u.PublishRTC("r"+strconv.Itoa(i), rongcloud.RTCStream{StreamID: room}, rongcloud.RTCStream{Tag: room})
		},
	} {
		s := NewServer(t, WithoutSocket(), WithMemory(16*mebibyte))
		_, err := s.Client().User.Register(t.Context(), rongcloud.RegisterParams{UserID: "ann", Name: "Ann"})
		require.NoError(t, err)
		require.NoError(t, s.User("ann").Connect())
		n := 0
		for ; err == nil && n < 20_000; n++ {
			err = join(s.User("ann"), n)
		}
		require.ErrorContains(t, err, "memory", name)
		require.Greater(t, n, 500, name)
	}
}

// All state is measured, wherever it is kept.
func TestStateIsMeasured(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithoutSocket())
	client := s.Client()
	long := strings.Repeat("x", 50)
	for _, c := range []struct {
		name string
		add  func(id string) error
	}{
		{"users", func(id string) error {
			_, err := client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: id, Name: "N"})
			return err
		}},
		{"audio and video rooms", func(id string) error {
			return client.RTC.Room.Block.Add(t.Context(), rongcloud.RTCRoomBlockParams{RoomID: "r", UserIDs: []string{id}, Duration: time.Hour})
		}},
		{"chat rooms", func(id string) error {
			return client.Chatroom.Create(t.Context(), rongcloud.ChatroomCreateParams{ChatroomID: id})
		}},
	} {
		before := s.measure()
		for i := range 100 {
			require.NoError(t, c.add(fmt.Sprint(long, i)), c.name)
		}
		require.Greater(t, s.measure()-before, int64(100*len(long)), c.name)
	}
}
