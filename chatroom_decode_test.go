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
	type client = *rongcloud.Client
	type ctx = context.Context
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	get := func(x ctx, c client) (any, error) { return c.Chatroom.Get(x, "r") }
	members := func(x ctx, c client) (any, error) {
		return c.Chatroom.Member.List(x, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 2, Order: rongcloud.SortOldestFirst})
	}
	isMember := func(x ctx, c client) (any, error) {
		return c.Chatroom.IsMember(x, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "u1"})
	}
	check := func(x ctx, c client) (any, error) {
		return c.Chatroom.Member.Check(x, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: []string{"u1", "u2"}})
	}
	entries := func(x ctx, c client) (any, error) {
		return c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
	}
	mutes := func(x ctx, c client) (any, error) { return c.Chatroom.Mute.List(x, "r") }
	globals := func(x ctx, c client) (any, error) { return c.Chatroom.GlobalMute.List(x) }
	blocks := func(x ctx, c client) (any, error) { return c.Chatroom.Block.List(x, "r") }
	mutedRooms := func(x ctx, c client) (any, error) {
		return c.Chatroom.MuteAllMembers.List(x, rongcloud.ChatroomMuteAllMembersQuery{})
	}
	muted := func(x ctx, c client) (any, error) { return c.Chatroom.MuteAllMembers.IsMuted(x, "r") }
	exempt := func(x ctx, c client) (any, error) { return c.Chatroom.MuteAllMembersWhitelist.List(x, "r") }
	kept := func(x ctx, c client) (any, error) { return c.Chatroom.Keepalive.List(x) }
	low := func(x ctx, c client) (any, error) { return c.Chatroom.LowPriority.List(x) }
	white := func(x ctx, c client) (any, error) { return c.Chatroom.MessageTypeWhitelist.List(x) }
	protected := func(x ctx, c client) (any, error) { return c.Chatroom.UserWhitelist.List(x, "r") }

	tests := []struct {
		name, path string
		call       func(ctx, client) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{
			"room", "get", get, `,"chatroomId":"R","createTime":1694777649942,"memberCount":3,"destroyType":1,"destroyTime":90,"ban":true`,
			&rongcloud.Chatroom{
				ChatroomID: "R", CreatedAt: time.UnixMilli(1694777649942), MemberCount: 3,
				DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 90 * time.Minute, AllMembersMuted: true,
			},
		},
		{
			"room as texts", "get", get, `,"createTime":"1694777649942","memberCount":"3","destroyType":"0","destroyTime":"60","ban":"false"`,
			&rongcloud.Chatroom{ChatroomID: "r", CreatedAt: time.UnixMilli(1694777649942), MemberCount: 3, DestroyType: rongcloud.ChatroomDestroyInactive, DestroyAfter: time.Hour},
		},
		{"room of a new kind", "get", get, `,"destroyType":7,"ban":1`, &rongcloud.Chatroom{ChatroomID: "r", DestroyType: 8, AllMembersMuted: true}},
		{"room of no kind", "get", get, `,"memberCount":1`, &rongcloud.Chatroom{ChatroomID: "r", MemberCount: 1}},

		{
			"members", "user/query", members, `,"total":3,"users":[{"id":"u1","time":"2024-05-01 12:30:00"},{"id":"u2"}]`,
			&rongcloud.ChatroomMembers{Total: 3, Members: []rongcloud.ChatroomMember{{UserID: "u1", JoinedAt: noon}, {UserID: "u2"}}},
		},
		{
			"members as texts", "user/query", members, `,"total":"1","users":[{"id":1,"time":""}]`,
			&rongcloud.ChatroomMembers{Total: 1, Members: []rongcloud.ChatroomMember{{UserID: "1"}}},
		},
		{"no members", "user/query", members, `,"total":0,"users":null`, &rongcloud.ChatroomMembers{}},

		{"in", "user/exist", isMember, `,"isInChrm":true`, true},
		{"in as number", "user/exist", isMember, `,"isInChrm":1`, true},
		{"in as text", "user/exist", isMember, `,"isInChrm":"true"`, true},
		{"out", "user/exist", isMember, `,"isInChrm":false`, false},
		{"out as number", "user/exist", isMember, `,"isInChrm":0`, false},
		{
			"in and out", "users/exist", check, `,"result":[{"userId":"u1","isInChrm":1},{"userId":"u2","isInChrm":0}]`,
			&rongcloud.ChatroomMemberships{Users: []rongcloud.ChatroomMembership{{UserID: "u1", Member: true}, {UserID: "u2"}}},
		},
		{
			"in and out with userid", "users/exist", check, `,"result":[{"userid":"u1","isInChrm":"1"},{"userid":2,"isInChrm":false}]`,
			&rongcloud.ChatroomMemberships{Users: []rongcloud.ChatroomMembership{{UserID: "u1", Member: true}, {UserID: "2"}}},
		},

		{
			"entries", "entry/query", entries, fmt.Sprintf(`,"keys":[{"key":"k","value":"v","userId":"u1","autoDelete":"1","lastSetTime":"%d"}]`, noon.UnixMilli()),
			&rongcloud.ChatroomEntries{Entries: []rongcloud.ChatroomEntry{{
				Key: "k", Value: "v", OwnerID: "u1", AutoDelete: true, SetAt: time.UnixMilli(noon.UnixMilli()),
			}}},
		},
		{
			"entries as numbers", "entry/query", entries, fmt.Sprintf(`,"keys":[{"key":1,"value":2,"userID":3,"autoDelete":0,"lastSetTime":%d}]`, noon.UnixMilli()),
			&rongcloud.ChatroomEntries{Entries: []rongcloud.ChatroomEntry{{Key: "1", Value: "2", OwnerID: "3", SetAt: time.UnixMilli(noon.UnixMilli())}}},
		},
		{"no entries", "entry/query", entries, ``, &rongcloud.ChatroomEntries{}},

		{
			"mutes", "user/gag/list", mutes, `,"users":[{"time":"2024-05-01 12:30:00","userId":"u1"}]`,
			&rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{{UserID: "u1", EndsAt: noon}}},
		},
		{"no mutes", "user/gag/list", mutes, `,"users":[]`, &rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{}}},
		{
			"global mutes", "user/ban/query", globals, `,"users":[{"time":"2024-05-01 12:30:00","userId":1}]`,
			&rongcloud.ChatroomMutes{Users: []rongcloud.ChatroomMute{{UserID: "1", EndsAt: noon}}},
		},
		{
			"blocks", "user/block/list", blocks, `,"users":[{"time":"2024-05-01 12:30:00","userId":"u1"}]`,
			&rongcloud.ChatroomBlocks{Users: []rongcloud.ChatroomBlock{{UserID: "u1", EndsAt: noon}}},
		},
		{"muted rooms", "ban/query", mutedRooms, `,"chatroomIds":["r1","r2"]`, &rongcloud.ChatroomMuteAllMembersPage{ChatroomIDs: []string{"r1", "r2"}}},
		{"muted rooms in small letters", "ban/query", mutedRooms, `,"chatroomids":[1]`, &rongcloud.ChatroomMuteAllMembersPage{ChatroomIDs: []string{"1"}}},
		{"everybody muted", "ban/check", muted, `,"status":1`, true},
		{"everybody muted, as text", "ban/check", muted, `,"status":"1"`, true},
		{"not everybody muted", "ban/check", muted, `,"status":0`, false},
		{"exempt", "user/ban/whitelist/query", exempt, `,"userIds":["u1"]`, &rongcloud.ChatroomMuteAllMembersWhitelist{UserIDs: []string{"u1"}}},

		{"kept alive", "keepalive/query", kept, `,"chatroomIds":["r1"]`, &rongcloud.ChatroomKeepalives{ChatroomIDs: []string{"r1"}}},
		{"kept alive in small letters", "keepalive/query", kept, `,"chatroomids":["r1"]`, &rongcloud.ChatroomKeepalives{ChatroomIDs: []string{"r1"}}},
		{"low", "message/priority/query", low, `,"objectNames":["RC:VcMsg"]`, &rongcloud.ChatroomLowPriority{ObjectNames: []string{"RC:VcMsg"}}},
		{"white", "whitelist/query", white, `,"whitlistMsgType":["RC:TxtMsg"]`, &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}}},
		{"white in small letters", "whitelist/query", white, `,"whitlistmsgType":["RC:TxtMsg"]`, &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}}},
		{"white as it should be", "whitelist/query", white, `,"whitelistMsgType":["RC:TxtMsg"]`, &rongcloud.ChatroomMessageTypeWhitelist{ObjectNames: []string{"RC:TxtMsg"}}},
		{"protected", "user/whitelist/query", protected, `,"users":["u1","u2"]`, &rongcloud.ChatroomUserWhitelist{UserIDs: []string{"u1", "u2"}}},
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
