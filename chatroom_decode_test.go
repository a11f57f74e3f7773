package rongcloud_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// TestChatroomDecodes decodes, for each result type, what RongCloud documents and the variants that
// its SDKs have seen.
func TestChatroomDecodes(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	get := func(ctx context.Context, client *rongcloud.Client) (any, error) { return client.Chatroom.Get(ctx, "r") }
	members := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Member.List(ctx, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 2, Order: rongcloud.SortOldestFirst})
	}
	isMember := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "u1"})
	}
	check := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Member.Check(ctx, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: []string{"u1", "u2"}})
	}
	entries := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
	}
	mutes := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Mute.List(ctx, "r")
	}
	globals := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.GlobalMute.List(ctx)
	}
	blocks := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Block.List(ctx, "r")
	}
	mutedRooms := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.MuteAllMembers.List(ctx, rongcloud.ChatroomMuteAllMembersQuery{})
	}
	muted := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.MuteAllMembers.IsMuted(ctx, "r")
	}
	exempt := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.MuteAllMembersWhitelist.List(ctx, "r")
	}
	kept := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.Keepalive.List(ctx)
	}
	low := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.LowPriority.List(ctx)
	}
	white := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.MessageTypeWhitelist.List(ctx)
	}
	protected := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Chatroom.UserWhitelist.List(ctx, "r")
	}

	tests := []struct {
		name, path string
		call       func(context.Context, *rongcloud.Client) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{
			name: "room", path: "get", call: get, answer: `,"chatroomId":"R","createTime":1694777649942,"memberCount":3,"destroyType":1,"destroyTime":90,"ban":true`,
			want: &rongcloud.Chatroom{
				ChatroomID: "R", CreatedAt: time.UnixMilli(1694777649942), MemberCount: 3,
				DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 90 * time.Minute, AllMembersMuted: true,
			},
		},
		{
			name: "room as texts", path: "get", call: get, answer: `,"createTime":"1694777649942","memberCount":"3","destroyType":"0","destroyTime":"60","ban":"false"`,
			want: &rongcloud.Chatroom{ChatroomID: "r", CreatedAt: time.UnixMilli(1694777649942), MemberCount: 3, DestroyType: rongcloud.ChatroomDestroyInactive, DestroyAfter: time.Hour},
		},
		{
			name: "room of a new kind", path: "get", call: get, answer: `,"destroyType":7,"ban":1`,
			want: &rongcloud.Chatroom{ChatroomID: "r", DestroyType: 8, AllMembersMuted: true},
		},
		{name: "room of no kind", path: "get", call: get, answer: `,"memberCount":1`, want: &rongcloud.Chatroom{ChatroomID: "r", MemberCount: 1}},

		{
			name: "members", path: "user/query", call: members, answer: `,"total":3,"users":[{"id":"u1","time":"2024-05-01 12:30:00"},{"id":"u2"}]`,
			want: &rongcloud.ChatroomMembers{Total: 3, Members: []rongcloud.ChatroomMember{{UserID: "u1", JoinedAt: noon}, {UserID: "u2"}}},
		},
		{
			name: "members as texts", path: "user/query", call: members, answer: `,"total":"1","users":[{"id":1,"time":""}]`,
			want: &rongcloud.ChatroomMembers{Total: 1, Members: []rongcloud.ChatroomMember{{UserID: "1"}}},
		},
		{name: "no members", path: "user/query", call: members, answer: `,"total":0,"users":null`, want: &rongcloud.ChatroomMembers{}},

		{name: "in", path: "user/exist", call: isMember, answer: `,"isInChrm":true`, want: true},
		{name: "in as number", path: "user/exist", call: isMember, answer: `,"isInChrm":1`, want: true},
		{name: "in as text", path: "user/exist", call: isMember, answer: `,"isInChrm":"true"`, want: true},
		{name: "out", path: "user/exist", call: isMember, answer: `,"isInChrm":false`, want: false},
		{name: "out as number", path: "user/exist", call: isMember, answer: `,"isInChrm":0`, want: false},
		{
			name: "in and out", path: "users/exist", call: check, answer: `,"result":[{"userId":"u1","isInChrm":1},{"userId":"u2","isInChrm":0}]`,
			want: &rongcloud.ChatroomMemberships{Users: []rongcloud.ChatroomMembership{{UserID: "u1", Member: true}, {UserID: "u2"}}},
		},
		{
			name: "in and out with userid", path: "users/exist", call: check, answer: `,"result":[{"userid":"u1","isInChrm":"1"},{"userid":2,"isInChrm":false}]`,
			want: &rongcloud.ChatroomMemberships{Users: []rongcloud.ChatroomMembership{{UserID: "u1", Member: true}, {UserID: "2"}}},
		},

		{
			name: "entries", path: "entry/query", call: entries, answer: fmt.Sprintf(`,"keys":[{"key":"k","value":"v","userId":"u1","autoDelete":"1","lastSetTime":"%d"}]`, noon.UnixMilli()),
			want: &rongcloud.ChatroomEntries{Entries: []rongcloud.ChatroomEntry{{
				Key: "k", Value: "v", OwnerID: "u1", AutoDelete: true, SetAt: time.UnixMilli(noon.UnixMilli()),
			}}},
		},
		{
			name: "entries as numbers", path: "entry/query", call: entries, answer: fmt.Sprintf(`,"keys":[{"key":1,"value":2,"userID":3,"autoDelete":0,"lastSetTime":%d}]`, noon.UnixMilli()),
			want: &rongcloud.ChatroomEntries{Entries: []rongcloud.ChatroomEntry{{Key: "1", Value: "2", OwnerID: "3", SetAt: time.UnixMilli(noon.UnixMilli())}}},
		},
		{name: "no entries", path: "entry/query", call: entries, answer: ``, want: &rongcloud.ChatroomEntries{}},

		{
			name: "mutes", path: "user/gag/list", call: mutes, answer: `,"users":[{"time":"2024-05-01 12:30:00","userId":"u1"}]`,
			want: &rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{{UserID: "u1", EndsAt: noon}}},
		},
		{
			name: "no mutes", path: "user/gag/list", call: mutes, answer: `,"users":[]`,
			want: &rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{}},
		},
		{
			name: "global mutes", path: "user/ban/query", call: globals, answer: `,"users":[{"time":"2024-05-01 12:30:00","userId":1}]`,
			want: &rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{{UserID: "1", EndsAt: noon}}},
		},
		{
			name: "blocks", path: "user/block/list", call: blocks, answer: `,"users":[{"time":"2024-05-01 12:30:00","userId":"u1"}]`,
			want: &rongcloud.ChatroomBlocks{Users: []rongcloud.ChatroomBlock{{UserID: "u1", EndsAt: noon}}},
		},
		{
			name: "muted rooms", path: "ban/query", call: mutedRooms, answer: `,"chatroomIds":["r1","r2"]`,
			want: &rongcloud.ChatroomMuteAllMembersPage{ChatroomIDs: []string{"r1", "r2"}},
		},
		{
			name: "muted rooms in small letters", path: "ban/query", call: mutedRooms, answer: `,"chatroomids":[1]`,
			want: &rongcloud.ChatroomMuteAllMembersPage{ChatroomIDs: []string{"1"}},
		},
		{name: "everybody muted", path: "ban/check", call: muted, answer: `,"status":1`, want: true},
		{name: "everybody muted, as text", path: "ban/check", call: muted, answer: `,"status":"1"`, want: true},
		{name: "not everybody muted", path: "ban/check", call: muted, answer: `,"status":0`, want: false},
		{
			name: "exempt", path: "user/ban/whitelist/query", call: exempt, answer: `,"userIds":["u1"]`,
			want: &rongcloud.ChatroomMuteAllMembersWhitelist{UserIDs: []string{"u1"}},
		},

		{
			name: "kept alive", path: "keepalive/query", call: kept, answer: `,"chatroomIds":["r1"]`,
			want: &rongcloud.ChatroomKeepalives{ChatroomIDs: []string{"r1"}},
		},
		{
			name: "kept alive in small letters", path: "keepalive/query", call: kept, answer: `,"chatroomids":["r1"]`,
			want: &rongcloud.ChatroomKeepalives{ChatroomIDs: []string{"r1"}},
		},
		{
			name: "low", path: "message/priority/query", call: low, answer: `,"objectNames":["RC:VcMsg"]`,
			want: &rongcloud.ChatroomLowPriority{ObjectNames: []string{"RC:VcMsg"}},
		},
		{
			name: "white", path: "whitelist/query", call: white, answer: `,"whitlistMsgType":["RC:TxtMsg"]`,
			want: &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}},
		},
		{
			name: "white in small letters", path: "whitelist/query", call: white, answer: `,"whitlistmsgType":["RC:TxtMsg"]`,
			want: &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}},
		},
		{
			name: "white as it should be", path: "whitelist/query", call: white, answer: `,"whitelistMsgType":["RC:TxtMsg"]`,
			want: &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}},
		},
		{
			name: "protected", path: "user/whitelist/query", call: protected, answer: `,"users":["u1","u2"]`,
			want: &rongcloud.ChatroomUserWhitelist{UserIDs: []string{"u1", "u2"}},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/chatroom/"+test.path+".json", func(string) (int, string) {
				return 200, `{"code":200` + test.answer + `}`
			})
			got, err := test.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestChatroomWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"after inactivity": rongcloud.ChatroomDestroyInactive, "after creation": rongcloud.ChatroomDestroyFixed,
		"ChatroomDestroyType(0)": rongcloud.ChatroomDestroyType(0),
	} {
		require.Equal(t, want, value.String())
	}
}
