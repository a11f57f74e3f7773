package rongcloud_test

import (
	"cmp"
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func TestChatroomRefuses(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	two := []string{"u1", "u2"}
	room := func(p rongcloud.ChatroomCreateParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Chatroom.Create(x, p) }
	}
	members := func(q rongcloud.ChatroomMemberQuery) func(ctx, client) error {
		return func(x ctx, c client) error {
			_, err := c.Chatroom.Member.List(x, q)
			return err
		}
	}
	entry := func(p rongcloud.ChatroomEntrySetParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Chatroom.Entry.Set(x, p) }
	}
	tests := []struct {
		name, field, reason string
		call                func(ctx, client) error
	}{
		{"create nothing", "chatroomId", "is required", room(rongcloud.ChatroomCreateParams{})},
		{"destroy after half a minute", "destroyTime", "is not a whole number of minutes", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: 30 * time.Second})},
		{"destroy before creation", "destroyTime", "is negative", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: -time.Hour})},
		{"never destroy", "destroyTime", "cannot be Forever, at most 10080 minutes", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: rongcloud.Forever})},
		{"exempt 21", "whiteUserIds", "21 items, at most 20", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", MuteAllMembersWhitelist: userIDs(21)})},
		{"an owner of nothing", "entryInfo", "is required", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", EntryOwnerID: "u1"})},
		{"entries of nobody", "entryOwnerId", "is required", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", Entries: map[string]string{"k": "v"}})},
		{"21 first entries", "entryInfo", "21 items, at most 20", room(rongcloud.ChatroomCreateParams{ChatroomID: "r", EntryOwnerID: "u1", Entries: manyEntries(21)})},
		{"destroy nothing", "chatroomId", "is required", func(x ctx, c client) error { return c.Chatroom.Destroy(x, nil) }},
		{"destroy an empty ID", "chatroomId", "item 2 is empty", func(x ctx, c client) error { return c.Chatroom.Destroy(x, []string{"r", ""}) }},
		{"never destroy from now on", "destroyTime", "cannot be Forever", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r", DestroyAfter: rongcloud.Forever})
		}},

		{"a member of no room", "chatroomId", "is required", func(x ctx, c client) error {
			_, err := c.Chatroom.IsMember(x, rongcloud.ChatroomIsMemberQuery{UserID: "u1"})
			return err
		}},
		{"no count", "count", "is required", members(rongcloud.ChatroomMemberQuery{ChatroomID: "r", Order: rongcloud.SortOldestFirst})},
		{"no order", "order", "is required", members(rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 1})},
		{"check 1001", "userId", "1001 items, at most 1000", func(x ctx, c client) error {
			_, err := c.Chatroom.Member.Check(x, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: userIDs(1001)})
			return err
		}},

		{"no key", "key", "is required", entry(rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Value: "v"})},
		{"no value", "value", "is required", entry(rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Key: "k"})},
		{"a notification of an unknown type", "objectName", "only RongCloud's own", entry(rongcloud.ChatroomEntrySetParams{
			ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v", Notification: rongcloud.RawContent{Name: "RC:ChrmKVNotiMsg", Body: "{}"},
		})},
		{"21 entries", "entryInfo", "21 items, at most 20", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1", Entries: manyEntries(21)})
		}},
		{"no entries", "entryInfo", "is required", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1"})
		}},
		{"remove 21 entries", "entryKeys", "21 items, at most 20", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchDelete(x, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "u1", Keys: userIDs(21)})
		}},
		{"remove entries of nobody", "entryOwnerId", "is required", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchDelete(x, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", Keys: two})
		}},
		{"list 101 entries", "keys", "101 items, at most 100", func(x ctx, c client) error {
			_, err := c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: userIDs(101)})
			return err
		}},

		{"unmute 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			return c.Chatroom.Mute.Remove(x, rongcloud.ChatroomMuteRemoveParams{ChatroomID: "r", UserIDs: userIDs(21)})
		}},
		{"21 types on the whitelist", "objectnames", "21 items, at most 20", func(x ctx, c client) error { return c.Chatroom.MessageTypeWhitelist.Add(x, userIDs(21)) }},
		{"protect 6", "userId", "6 items, at most 5", func(x ctx, c client) error {
			return c.Chatroom.UserWhitelist.Add(x, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: userIDs(6)})
		}},
		{"stop nowhere", "chatroomId", "is required", func(x ctx, c client) error { return c.Chatroom.Distribution.Stop(x, "") }},
		{"keep nothing alive", "chatroomId", "is required", func(x ctx, c client) error { return c.Chatroom.Keepalive.Add(x, "") }},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// The server knows no path, so a request would end in a different error.
			err := test.call(t.Context(), mockPath(t, "/none", nil))
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
		})
	}
}

func manyEntries(n int) map[string]string {
	entries := map[string]string{}
	for _, key := range userIDs(n) {
		entries[key] = "v"
	}
	return entries
}

// TestChatroomSpans checks that no mute and no block can be permanent, by accident or on purpose.
func TestChatroomSpans(t *testing.T) {
	t.Parallel()
	two := []string{"u1", "u2"}
	for d, reason := range map[time.Duration]string{
		0:                 "is required",
		-1:                "is negative",
		-time.Minute:      "is negative",
		59 * time.Second:  "is not a whole number of minutes",
		90 * time.Second:  "is not a whole number of minutes",
		rongcloud.Forever: "cannot be Forever, at most 43200 minutes",
		math.MaxInt64:     "is not a whole number of minutes",
	} {
		client := mockPath(t, "/none", nil)
		for _, err := range []error{
			client.Chatroom.Mute.Add(t.Context(), rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: two, Duration: d}),
			client.Chatroom.GlobalMute.Add(t.Context(), rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: d}),
			client.Chatroom.Block.Add(t.Context(), rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: d}),
		} {
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused, "%v", d)
			require.Equal(t, "minute", cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, reason, "%v", d)
		}
	}
}
