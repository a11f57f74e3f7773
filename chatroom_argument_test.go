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
	two := []string{"u1", "u2"}
	room := func(p rongcloud.ChatroomCreateParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error { return client.Chatroom.Create(ctx, p) }
	}
	members := func(q rongcloud.ChatroomMemberQuery) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Member.List(ctx, q)
			return err
		}
	}
	entry := func(p rongcloud.ChatroomEntrySetParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error { return client.Chatroom.Entry.Set(ctx, p) }
	}
	tests := []struct {
		name, field, reason string
		call                func(context.Context, *rongcloud.Client) error
	}{
		{name: "create nothing", field: "chatroomId", reason: "is required", call: room(rongcloud.ChatroomCreateParams{})},
		{
			name: "destroy after half a minute", field: "destroyTime", reason: "is not a whole number of minutes",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: 30 * time.Second}),
		},
		{
			name: "destroy before creation", field: "destroyTime", reason: "is negative",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: -time.Hour}),
		},
		{
			name: "never destroy", field: "destroyTime", reason: "cannot be Forever, at most 10080 minutes",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyAfter: rongcloud.Forever}),
		},
		{
			name: "exempt 21", field: "whiteUserIds", reason: "21 items, at most 20",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", MuteAllMembersWhitelist: userIDs(21)}),
		},
		{
			name: "an owner of nothing", field: "entryInfo", reason: "is required",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", EntryOwnerID: "u1"}),
		},
		{
			name: "entries of nobody", field: "entryOwnerId", reason: "is required",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", Entries: map[string]string{"k": "v"}}),
		},
		{
			name: "21 first entries", field: "entryInfo", reason: "21 items, at most 20",
			call: room(rongcloud.ChatroomCreateParams{ChatroomID: "r", EntryOwnerID: "u1", Entries: manyEntries(21)}),
		},
		{
			name: "destroy nothing", field: "chatroomId", reason: "is required",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.Chatroom.Destroy(ctx, nil) },
		},
		{name: "destroy an empty ID", field: "chatroomId", reason: "item 2 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Destroy(ctx, []string{"r", ""})
		}},
		{name: "never destroy from now on", field: "destroyTime", reason: "cannot be Forever", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r", DestroyAfter: rongcloud.Forever})
		}},

		{name: "a member of no room", field: "chatroomId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{UserID: "u1"})
			return err
		}},
		{
			name: "no count", field: "count", reason: "is required",
			call: members(rongcloud.ChatroomMemberQuery{ChatroomID: "r", Order: rongcloud.SortOldestFirst}),
		},
		{name: "no order", field: "order", reason: "is required", call: members(rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 1})},
		{name: "check 1001", field: "userId", reason: "1001 items, at most 1000", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Member.Check(ctx, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: userIDs(1001)})
			return err
		}},

		{
			name: "no key", field: "key", reason: "is required",
			call: entry(rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Value: "v"}),
		},
		{
			name: "no value", field: "value", reason: "is required",
			call: entry(rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Key: "k"}),
		},
		{name: "a notification of an unknown type", field: "objectName", reason: "only RongCloud's own", call: entry(rongcloud.ChatroomEntrySetParams{
			ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v", Notification: rongcloud.RawContent{Name: "RC:ChrmKVNotiMsg", Body: "{}"},
		})},
		{name: "21 entries", field: "entryInfo", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1", Entries: manyEntries(21)})
		}},
		{name: "no entries", field: "entryInfo", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1"})
		}},
		{name: "remove 21 entries", field: "entryKeys", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchDelete(ctx, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "u1", Keys: userIDs(21)})
		}},
		{name: "remove entries of nobody", field: "entryOwnerId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchDelete(ctx, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", Keys: two})
		}},
		{name: "list 101 entries", field: "keys", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: userIDs(101)})
			return err
		}},

		{name: "unmute 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Mute.Remove(ctx, rongcloud.ChatroomMuteRemoveParams{ChatroomID: "r", UserIDs: userIDs(21)})
		}},
		{name: "21 types on the whitelist", field: "objectnames", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MessageTypeWhitelist.Add(ctx, userIDs(21))
		}},
		{name: "protect 6", field: "userId", reason: "6 items, at most 5", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.UserWhitelist.Add(ctx, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: userIDs(6)})
		}},
		{name: "stop nowhere", field: "chatroomId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Distribution.Stop(ctx, "")
		}},
		{name: "keep nothing alive", field: "chatroomId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Keepalive.Add(ctx, "")
		}},
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
