package rongcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func chatroomCalls() []apiCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	two := []string{"u1", "u2"}
	users := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two}
	told := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two, Notify: true, Extra: `{"why":"x"}`}
	usersForm := formOf("chatroomId", "r", "userId", "u1", "userId", "u2")
	toldForm := formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "needNotify", "true", "extra", `{"why":"x"}`)
	room := formOf("chatroomId", "r")
	notification := rongcloud.ChatroomEntryNotification{Type: rongcloud.ChatroomEntryChangeSet, Key: "k", Value: "v"}

	return []apiCall{
		{"/chatroom/create_new.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Create(x, rongcloud.ChatroomCreateParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 7 * 24 * time.Hour,
				AllMembersMuted: true, MuteAllMembersWhitelist: two, EntryOwnerID: "u1", Entries: map[string]string{"b": "<2>", "a": `"1"`},
			})
		}, formOf("chatroomId", "r", "destroyType", "1", "destroyTime", "10080", "isBan", "true", "whiteUserIds", "u1", "whiteUserIds", "u2",
			"entryOwnerId", "u1", "entryInfo", `{"a":"\"1\"","b":"<2>"}`), ""},
		{"/chatroom/create_new.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Create(x, rongcloud.ChatroomCreateParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/destroy/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: time.Hour,
			})
		}, formOf("chatroomId", "r", "destroyType", "1", "destroyTime", "60"), ""},
		{"/chatroom/destroy/set.json", "each", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyInactive})
		}, formOf("chatroomId", "r", "destroyType", "0"), ""},
		{"/chatroom/destroy/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/destroy.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Destroy(x, []string{"r1", "r,2"})
		}, formOf("chatroomId", "r1", "chatroomId", "r,2"), ""},
		{"/chatroom/get.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Get(x, "r")
			return err
		}, room, ""},

		{"/chatroom/user/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Member.List(x, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 500, Order: rongcloud.SortNewestFirst})
			return err
		}, formOf("chatroomId", "r", "count", "500", "order", "2"), ""},
		{"/chatroom/user/exist.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.IsMember(x, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "u1"})
			return err
		}, formOf("chatroomId", "r", "userId", "u1"), ""},
		{"/chatroom/users/exist.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Member.Check(x, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: two})
			return err
		}, usersForm, ""},

		{"/chatroom/entry/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.Set(x, rongcloud.ChatroomEntrySetParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v", AutoDelete: true, Notification: notification,
			})
		}, formOf("chatroomId", "r", "userId", "u1", "key", "k", "value", "v", "autoDelete", "1",
			"objectName", "RC:chrmKVNotiMsg", "content", `{"type":1,"key":"k","value":"v"}`), ""},
		{"/chatroom/entry/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.Set(x, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v"})
		}, formOf("chatroomId", "r", "userId", "u1", "key", "k", "value", "v"), ""},
		{"/chatroom/entry/batch/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{
				ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v", "a": ""}, AutoDelete: true,
			})
		}, formOf("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"a":"","k":"v"}`, "autoDelete", "1"), ""},
		{"/chatroom/entry/batch/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v"}})
		}, formOf("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"k":"v"}`), ""},
		{"/chatroom/entry/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.Delete(x, rongcloud.ChatroomEntryDeleteParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Notification: rongcloud.RawContent{Name: "app:kv", Body: `{"gone":"k"}`},
			})
		}, formOf("chatroomId", "r", "userId", "u1", "key", "k", "objectName", "app:kv", "content", `{"gone":"k"}`), ""},
		{"/chatroom/entry/remove.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.Delete(x, rongcloud.ChatroomEntryDeleteParams{ChatroomID: "r", OwnerID: "u1", Key: "k"})
		}, formOf("chatroomId", "r", "userId", "u1", "key", "k"), ""},
		{"/chatroom/entry/batch/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchDelete(x, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "u1", Keys: []string{"a", "b"}})
		}, formOf("chatroomId", "r", "entryOwnerId", "u1", "entryKeys", `["a","b"]`), ""},
		{"/chatroom/entry/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: []string{"a", "b"}})
			return err
		}, formOf("chatroomId", "r", "keys", "a", "keys", "b"), ""},
		{"/chatroom/entry/query.json", "bare", func(x ctx, c client) error {
			_, err := c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
			return err
		}, room, ""},

		{"/chatroom/user/gag/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Mute.Add(x, rongcloud.ChatroomMuteAddParams{
				ChatroomID: "r", UserIDs: two, Duration: 30 * 24 * time.Hour, Notify: true, Extra: `because, "so"`,
			})
		}, formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "43200", "needNotify", "true", "extra", `because, "so"`), ""},
		{"/chatroom/user/gag/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Mute.Add(x, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Minute})
		}, formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "1"), ""},
		{"/chatroom/user/gag/rollback.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Mute.Remove(x, rongcloud.ChatroomMuteRemoveParams(told))
		}, toldForm, ""},
		{"/chatroom/user/gag/rollback.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Mute.Remove(x, rongcloud.ChatroomMuteRemoveParams(users))
		}, usersForm, ""},
		{"/chatroom/user/gag/list.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Mute.List(x, "r")
			return err
		}, room, ""},

		{"/chatroom/user/ban/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Add(x, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: time.Hour, Notify: true, Extra: `{}`})
		}, formOf("userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/ban/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Add(x, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: time.Hour})
		}, formOf("userId", "u1", "userId", "u2", "minute", "60"), ""},
		{"/chatroom/user/ban/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Remove(x, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two, Notify: true, Extra: `{}`})
		}, formOf("userId", "u1", "userId", "u2", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/ban/remove.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Remove(x, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two})
		}, formOf("userId", "u1", "userId", "u2"), ""},
		{"/chatroom/user/ban/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.GlobalMute.List(x)
			return err
		}, formOf(), ""},

		{"/chatroom/ban/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Add(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, formOf("chatroomId", "r", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/ban/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Add(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/ban/rollback.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Remove(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, formOf("chatroomId", "r", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/ban/rollback.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Remove(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/ban/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembers.List(x, rongcloud.ChatroomMuteAllMembersQuery{Page: 2, Size: 1000})
			return err
		}, formOf("page", "2", "size", "1000"), ""},
		{"/chatroom/ban/query.json", "bare", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembers.List(x, rongcloud.ChatroomMuteAllMembersQuery{})
			return err
		}, formOf(), ""},
		{"/chatroom/ban/check.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembers.IsMuted(x, "r")
			return err
		}, room, ""},
		{"/chatroom/user/ban/whitelist/add.json", "all", func(x ctx, c client) error { return c.Chatroom.MuteAllMembersWhitelist.Add(x, told) }, toldForm, ""},
		{"/chatroom/user/ban/whitelist/add.json", "bare", func(x ctx, c client) error { return c.Chatroom.MuteAllMembersWhitelist.Add(x, users) }, usersForm, ""},
		{"/chatroom/user/ban/whitelist/rollback.json", "all", func(x ctx, c client) error { return c.Chatroom.MuteAllMembersWhitelist.Remove(x, told) }, toldForm, ""},
		{"/chatroom/user/ban/whitelist/rollback.json", "bare", func(x ctx, c client) error { return c.Chatroom.MuteAllMembersWhitelist.Remove(x, users) }, usersForm, ""},
		{"/chatroom/user/ban/whitelist/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembersWhitelist.List(x, "r")
			return err
		}, room, ""},

		{"/chatroom/user/block/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Block.Add(x, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Hour, Notify: true, Extra: `{}`})
		}, formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/block/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Block.Add(x, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Hour})
		}, formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60"), ""},
		{"/chatroom/user/block/rollback.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Block.Remove(x, rongcloud.ChatroomBlockRemoveParams(told))
		}, toldForm, ""},
		{"/chatroom/user/block/rollback.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Block.Remove(x, rongcloud.ChatroomBlockRemoveParams(users))
		}, usersForm, ""},
		{"/chatroom/user/block/list.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Block.List(x, "r")
			return err
		}, room, ""},

		{"/chatroom/keepalive/add.json", "all", func(x ctx, c client) error { return c.Chatroom.Keepalive.Add(x, "r") }, room, ""},
		{"/chatroom/keepalive/remove.json", "all", func(x ctx, c client) error { return c.Chatroom.Keepalive.Remove(x, "r") }, room, ""},
		{"/chatroom/keepalive/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Keepalive.List(x)
			return err
		}, formOf(), ""},

		{"/chatroom/message/priority/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.LowPriority.Add(x, []string{"RC:VcMsg", "app:1", "app:2", "app:3", "app:4", "app:5"})
		}, formOf("objectName", "RC:VcMsg", "objectName", "app:1", "objectName", "app:2", "objectName", "app:3", "objectName", "app:4", "objectName", "app:5"), ""},
		{"/chatroom/message/priority/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.LowPriority.Remove(x, []string{"RC:VcMsg", "app:like"})
		}, formOf("objectName", "RC:VcMsg", "objectName", "app:like"), ""},
		{"/chatroom/message/priority/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.LowPriority.List(x)
			return err
		}, formOf(), ""},
		{"/chatroom/whitelist/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MessageTypeWhitelist.Add(x, []string{"RC:TxtMsg", "app:gift"})
		}, formOf("objectnames", "RC:TxtMsg", "objectnames", "app:gift"), ""},
		{"/chatroom/whitelist/delete.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MessageTypeWhitelist.Remove(x, []string{"RC:TxtMsg", "app:gift"})
		}, formOf("objectnames", "RC:TxtMsg", "objectnames", "app:gift"), ""},
		{"/chatroom/whitelist/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MessageTypeWhitelist.List(x)
			return err
		}, formOf(), ""},
		{"/chatroom/user/whitelist/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.UserWhitelist.Add(x, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: two})
		}, usersForm, ""},
		{"/chatroom/user/whitelist/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.UserWhitelist.Remove(x, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: two})
		}, usersForm, ""},
		{"/chatroom/user/whitelist/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.UserWhitelist.List(x, "r")
			return err
		}, room, ""},
		{"/chatroom/message/stopDistribution.json", "all", func(x ctx, c client) error { return c.Chatroom.Distribution.Stop(x, "r") }, room, ""},
		{"/chatroom/message/resumeDistribution.json", "all", func(x ctx, c client) error { return c.Chatroom.Distribution.Resume(x, "r") }, room, ""},
	}
}

// TestChatroomZero checks that code 0 is a success where the catalogue says so, and nowhere else.
func TestChatroomZero(t *testing.T) {
	t.Parallel()
	zero := map[string]bool{"/chatroom/keepalive/add.json": true, "/chatroom/keepalive/remove.json": true, "/chatroom/keepalive/query.json": true}
	for _, test := range chatroomCalls() {
		client := mockPath(t, test.path, func(string) (int, string) { return 200, `{"code":0,"chatroomIds":["r"]}` })
		err := test.call(t.Context(), client)
		require.Equal(t, zero[test.path], err == nil, "%s: %v", test.path, err)
	}
	client := mockPath(t, "/chatroom/keepalive/query.json", func(string) (int, string) { return 200, `{"code":0,"chatroomIds":["r"]}` })
	rooms, err := client.Chatroom.Keepalive.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"r"}, rooms.ChatroomIDs)
}
