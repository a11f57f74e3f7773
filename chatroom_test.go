package rongcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func chatroomCalls() []apiCall {
	two := []string{"u1", "u2"}
	users := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two}
	told := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two, Notify: true, Extra: `{"why":"x"}`}
	usersForm := formOf("chatroomId", "r", "userId", "u1", "userId", "u2")
	toldForm := formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "needNotify", "true", "extra", `{"why":"x"}`)
	room := formOf("chatroomId", "r")
	notification := rongcloud.ChatroomEntryNotification{Type: rongcloud.ChatroomEntryChangeSet, Key: "k", Value: "v"}

	return []apiCall{
		{path: "/chatroom/create_new.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 7 * 24 * time.Hour,
				AllMembersMuted: true, MuteAllMembersWhitelist: two, EntryOwnerID: "u1", Entries: map[string]string{"b": "<2>", "a": `"1"`},
			})
		}, form: formOf("chatroomId", "r", "destroyType", "1", "destroyTime", "10080", "isBan", "true", "whiteUserIds", "u1", "whiteUserIds", "u2",
			"entryOwnerId", "u1", "entryInfo", `{"a":"\"1\"","b":"<2>"}`)},
		{path: "/chatroom/create_new.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r"})
		}, form: room},
		{path: "/chatroom/destroy/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: time.Hour,
			})
		}, form: formOf("chatroomId", "r", "destroyType", "1", "destroyTime", "60")},
		{path: "/chatroom/destroy/set.json", what: "each", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyInactive})
		}, form: formOf("chatroomId", "r", "destroyType", "0")},
		{path: "/chatroom/destroy/set.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r"})
		}, form: room},
		{path: "/chatroom/destroy.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Destroy(ctx, []string{"r1", "r,2"})
		}, form: formOf("chatroomId", "r1", "chatroomId", "r,2")},
		{path: "/chatroom/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Get(ctx, "r")
			return err
		}, form: room},

		{path: "/chatroom/user/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Member.List(ctx, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 500, Order: rongcloud.SortNewestFirst})
			return err
		}, form: formOf("chatroomId", "r", "count", "500", "order", "2")},
		{path: "/chatroom/user/exist.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "u1"})
			return err
		}, form: formOf("chatroomId", "r", "userId", "u1")},
		{path: "/chatroom/users/exist.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Member.Check(ctx, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: two})
			return err
		}, form: usersForm},

		{path: "/chatroom/entry/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v", AutoDelete: true, Notification: notification,
			})
		}, form: formOf("chatroomId", "r", "userId", "u1", "key", "k", "value", "v", "autoDelete", "1",
			"objectName", "RC:chrmKVNotiMsg", "content", `{"type":1,"key":"k","value":"v"}`)},
		{path: "/chatroom/entry/set.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v"})
		}, form: formOf("chatroomId", "r", "userId", "u1", "key", "k", "value", "v")},
		{path: "/chatroom/entry/batch/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{
				ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v", "a": ""}, AutoDelete: true,
			})
		}, form: formOf("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"a":"","k":"v"}`, "autoDelete", "1")},
		{path: "/chatroom/entry/batch/set.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v"}})
		}, form: formOf("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"k":"v"}`)},
		{path: "/chatroom/entry/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.Delete(ctx, rongcloud.ChatroomEntryDeleteParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Notification: rongcloud.RawContent{Name: "app:kv", Body: `{"gone":"k"}`},
			})
		}, form: formOf("chatroomId", "r", "userId", "u1", "key", "k", "objectName", "app:kv", "content", `{"gone":"k"}`)},
		{path: "/chatroom/entry/remove.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.Delete(ctx, rongcloud.ChatroomEntryDeleteParams{ChatroomID: "r", OwnerID: "u1", Key: "k"})
		}, form: formOf("chatroomId", "r", "userId", "u1", "key", "k")},
		{path: "/chatroom/entry/batch/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Entry.BatchDelete(ctx, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "u1", Keys: []string{"a", "b"}})
		}, form: formOf("chatroomId", "r", "entryOwnerId", "u1", "entryKeys", `["a","b"]`)},
		{path: "/chatroom/entry/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: []string{"a", "b"}})
			return err
		}, form: formOf("chatroomId", "r", "keys", "a", "keys", "b")},
		{path: "/chatroom/entry/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
			return err
		}, form: room},

		{path: "/chatroom/user/gag/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{
				ChatroomID: "r", UserIDs: two, Duration: 30 * 24 * time.Hour, Notify: true, Extra: `because, "so"`,
			})
		}, form: formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "43200", "needNotify", "true", "extra", `because, "so"`)},
		{path: "/chatroom/user/gag/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Minute})
		}, form: formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "1")},
		{path: "/chatroom/user/gag/rollback.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Mute.Remove(ctx, rongcloud.ChatroomMuteRemoveParams(told))
		}, form: toldForm},
		{path: "/chatroom/user/gag/rollback.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Mute.Remove(ctx, rongcloud.ChatroomMuteRemoveParams(users))
		}, form: usersForm},
		{path: "/chatroom/user/gag/list.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Mute.List(ctx, "r")
			return err
		}, form: room},

		{path: "/chatroom/user/ban/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.GlobalMute.Add(ctx, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: time.Hour, Notify: true, Extra: `{}`})
		}, form: formOf("userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}")},
		{path: "/chatroom/user/ban/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.GlobalMute.Add(ctx, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: time.Hour})
		}, form: formOf("userId", "u1", "userId", "u2", "minute", "60")},
		{path: "/chatroom/user/ban/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.GlobalMute.Remove(ctx, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two, Notify: true, Extra: `{}`})
		}, form: formOf("userId", "u1", "userId", "u2", "needNotify", "true", "extra", "{}")},
		{path: "/chatroom/user/ban/remove.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.GlobalMute.Remove(ctx, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two})
		}, form: formOf("userId", "u1", "userId", "u2")},
		{path: "/chatroom/user/ban/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.GlobalMute.List(ctx)
			return err
		}, form: formOf()},

		{path: "/chatroom/ban/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, form: formOf("chatroomId", "r", "needNotify", "true", "extra", "{}")},
		{path: "/chatroom/ban/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, form: room},
		{path: "/chatroom/ban/rollback.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembers.Remove(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, form: formOf("chatroomId", "r", "needNotify", "true", "extra", "{}")},
		{path: "/chatroom/ban/rollback.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembers.Remove(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, form: room},
		{path: "/chatroom/ban/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.MuteAllMembers.List(ctx, rongcloud.ChatroomMuteAllMembersQuery{Page: 2, Size: 1000})
			return err
		}, form: formOf("page", "2", "size", "1000")},
		{path: "/chatroom/ban/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.MuteAllMembers.List(ctx, rongcloud.ChatroomMuteAllMembersQuery{})
			return err
		}, form: formOf()},
		{path: "/chatroom/ban/check.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.MuteAllMembers.IsMuted(ctx, "r")
			return err
		}, form: room},
		{path: "/chatroom/user/ban/whitelist/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembersWhitelist.Add(ctx, told)
		}, form: toldForm},
		{path: "/chatroom/user/ban/whitelist/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembersWhitelist.Add(ctx, users)
		}, form: usersForm},
		{path: "/chatroom/user/ban/whitelist/rollback.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembersWhitelist.Remove(ctx, told)
		}, form: toldForm},
		{path: "/chatroom/user/ban/whitelist/rollback.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MuteAllMembersWhitelist.Remove(ctx, users)
		}, form: usersForm},
		{path: "/chatroom/user/ban/whitelist/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.MuteAllMembersWhitelist.List(ctx, "r")
			return err
		}, form: room},

		{path: "/chatroom/user/block/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Block.Add(ctx, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Hour, Notify: true, Extra: `{}`})
		}, form: formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}")},
		{path: "/chatroom/user/block/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Block.Add(ctx, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Hour})
		}, form: formOf("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60")},
		{path: "/chatroom/user/block/rollback.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Block.Remove(ctx, rongcloud.ChatroomBlockRemoveParams(told))
		}, form: toldForm},
		{path: "/chatroom/user/block/rollback.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Block.Remove(ctx, rongcloud.ChatroomBlockRemoveParams(users))
		}, form: usersForm},
		{path: "/chatroom/user/block/list.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Block.List(ctx, "r")
			return err
		}, form: room},

		{path: "/chatroom/keepalive/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Keepalive.Add(ctx, "r")
		}, form: room},
		{path: "/chatroom/keepalive/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Keepalive.Remove(ctx, "r")
		}, form: room},
		{path: "/chatroom/keepalive/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.Keepalive.List(ctx)
			return err
		}, form: formOf()},

		{path: "/chatroom/message/priority/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.LowPriority.Add(ctx, []string{"RC:VcMsg", "app:1", "app:2", "app:3", "app:4", "app:5"})
		}, form: formOf("objectName", "RC:VcMsg", "objectName", "app:1", "objectName", "app:2", "objectName", "app:3", "objectName", "app:4", "objectName", "app:5")},
		{path: "/chatroom/message/priority/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.LowPriority.Remove(ctx, []string{"RC:VcMsg", "app:like"})
		}, form: formOf("objectName", "RC:VcMsg", "objectName", "app:like")},
		{path: "/chatroom/message/priority/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.LowPriority.List(ctx)
			return err
		}, form: formOf()},
		{path: "/chatroom/whitelist/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MessageTypeWhitelist.Add(ctx, []string{"RC:TxtMsg", "app:gift"})
		}, form: formOf("objectnames", "RC:TxtMsg", "objectnames", "app:gift")},
		{path: "/chatroom/whitelist/delete.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.MessageTypeWhitelist.Remove(ctx, []string{"RC:TxtMsg", "app:gift"})
		}, form: formOf("objectnames", "RC:TxtMsg", "objectnames", "app:gift")},
		{path: "/chatroom/whitelist/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.MessageTypeWhitelist.List(ctx)
			return err
		}, form: formOf()},
		{path: "/chatroom/user/whitelist/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.UserWhitelist.Add(ctx, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: two})
		}, form: usersForm},
		{path: "/chatroom/user/whitelist/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.UserWhitelist.Remove(ctx, rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: two})
		}, form: usersForm},
		{path: "/chatroom/user/whitelist/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Chatroom.UserWhitelist.List(ctx, "r")
			return err
		}, form: room},
		{path: "/chatroom/message/stopDistribution.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Distribution.Stop(ctx, "r")
		}, form: room},
		{path: "/chatroom/message/resumeDistribution.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Chatroom.Distribution.Resume(ctx, "r")
		}, form: room},
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
