package rongcloud_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

func chatroomCalls() []userCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	two := []string{"u1", "u2"}
	users := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two}
	told := rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: two, Notify: true, Extra: `{"why":"x"}`}
	usersForm := userForm("chatroomId", "r", "userId", "u1", "userId", "u2")
	toldForm := userForm("chatroomId", "r", "userId", "u1", "userId", "u2", "needNotify", "true", "extra", `{"why":"x"}`)
	room := userForm("chatroomId", "r")
	notification := rongcloud.ChatroomEntryNotification{Type: rongcloud.ChatroomEntryChangeSet, Key: "k", Value: "v"}

	return []userCall{
		{"/chatroom/create_new.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Create(x, rongcloud.ChatroomCreateParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 7 * 24 * time.Hour,
				AllMembersMuted: true, MuteAllMembersWhitelist: two, EntryOwnerID: "u1", Entries: map[string]string{"b": "<2>", "a": `"1"`},
			})
		}, userForm("chatroomId", "r", "destroyType", "1", "destroyTime", "10080", "isBan", "true", "whiteUserIds", "u1", "whiteUserIds", "u2",
			"entryOwnerId", "u1", "entryInfo", `{"a":"\"1\"","b":"<2>"}`), ""},
		{"/chatroom/create_new.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Create(x, rongcloud.ChatroomCreateParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/destroy/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{
				ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: time.Hour,
			})
		}, userForm("chatroomId", "r", "destroyType", "1", "destroyTime", "60"), ""},
		{"/chatroom/destroy/set.json", "each", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyInactive})
		}, userForm("chatroomId", "r", "destroyType", "0"), ""},
		{"/chatroom/destroy/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.SetDestroy(x, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/destroy.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Destroy(x, []string{"r1", "r,2"})
		}, userForm("chatroomId", "r1", "chatroomId", "r,2"), ""},
		{"/chatroom/get.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Get(x, "r")
			return err
		}, room, ""},

		{"/chatroom/user/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Member.List(x, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 500, Order: rongcloud.SortNewestFirst})
			return err
		}, userForm("chatroomId", "r", "count", "500", "order", "2"), ""},
		{"/chatroom/user/exist.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.IsMember(x, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "u1"})
			return err
		}, userForm("chatroomId", "r", "userId", "u1"), ""},
		{"/chatroom/users/exist.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Member.Check(x, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: two})
			return err
		}, usersForm, ""},

		{"/chatroom/entry/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.Set(x, rongcloud.ChatroomEntrySetParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v", AutoDelete: true, Notification: notification,
			})
		}, userForm("chatroomId", "r", "userId", "u1", "key", "k", "value", "v", "autoDelete", "1",
			"objectName", "RC:chrmKVNotiMsg", "content", `{"type":1,"key":"k","value":"v"}`), ""},
		{"/chatroom/entry/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.Set(x, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "u1", Key: "k", Value: "v"})
		}, userForm("chatroomId", "r", "userId", "u1", "key", "k", "value", "v"), ""},
		{"/chatroom/entry/batch/set.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{
				ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v", "a": ""}, AutoDelete: true,
			})
		}, userForm("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"a":"","k":"v"}`, "autoDelete", "1"), ""},
		{"/chatroom/entry/batch/set.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchSet(x, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "u1", Entries: map[string]string{"k": "v"}})
		}, userForm("chatroomId", "r", "entryOwnerId", "u1", "entryInfo", `{"k":"v"}`), ""},
		{"/chatroom/entry/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.Delete(x, rongcloud.ChatroomEntryDeleteParams{
				ChatroomID: "r", OwnerID: "u1", Key: "k", Notification: rongcloud.RawContent{Name: "app:kv", Body: `{"gone":"k"}`},
			})
		}, userForm("chatroomId", "r", "userId", "u1", "key", "k", "objectName", "app:kv", "content", `{"gone":"k"}`), ""},
		{"/chatroom/entry/remove.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Entry.Delete(x, rongcloud.ChatroomEntryDeleteParams{ChatroomID: "r", OwnerID: "u1", Key: "k"})
		}, userForm("chatroomId", "r", "userId", "u1", "key", "k"), ""},
		{"/chatroom/entry/batch/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Entry.BatchDelete(x, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "u1", Keys: []string{"a", "b"}})
		}, userForm("chatroomId", "r", "entryOwnerId", "u1", "entryKeys", `["a","b"]`), ""},
		{"/chatroom/entry/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: []string{"a", "b"}})
			return err
		}, userForm("chatroomId", "r", "keys", "a", "keys", "b"), ""},
		{"/chatroom/entry/query.json", "bare", func(x ctx, c client) error {
			_, err := c.Chatroom.Entry.List(x, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
			return err
		}, room, ""},

		{"/chatroom/user/gag/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.Mute.Add(x, rongcloud.ChatroomMuteAddParams{
				ChatroomID: "r", UserIDs: two, Duration: 30 * 24 * time.Hour, Notify: true, Extra: `because, "so"`,
			})
		}, userForm("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "43200", "needNotify", "true", "extra", `because, "so"`), ""},
		{"/chatroom/user/gag/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Mute.Add(x, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Minute})
		}, userForm("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "1"), ""},
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
		}, userForm("userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/ban/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Add(x, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: two, Duration: time.Hour})
		}, userForm("userId", "u1", "userId", "u2", "minute", "60"), ""},
		{"/chatroom/user/ban/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Remove(x, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two, Notify: true, Extra: `{}`})
		}, userForm("userId", "u1", "userId", "u2", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/ban/remove.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.GlobalMute.Remove(x, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: two})
		}, userForm("userId", "u1", "userId", "u2"), ""},
		{"/chatroom/user/ban/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.GlobalMute.List(x)
			return err
		}, userForm(), ""},

		{"/chatroom/ban/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Add(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, userForm("chatroomId", "r", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/ban/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Add(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/ban/rollback.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Remove(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r", Notify: true, Extra: `{}`})
		}, userForm("chatroomId", "r", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/ban/rollback.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.MuteAllMembers.Remove(x, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"})
		}, room, ""},
		{"/chatroom/ban/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembers.List(x, rongcloud.ChatroomMuteAllMembersQuery{Page: 2, Size: 1000})
			return err
		}, userForm("page", "2", "size", "1000"), ""},
		{"/chatroom/ban/query.json", "bare", func(x ctx, c client) error {
			_, err := c.Chatroom.MuteAllMembers.List(x, rongcloud.ChatroomMuteAllMembersQuery{})
			return err
		}, userForm(), ""},
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
		}, userForm("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60", "needNotify", "true", "extra", "{}"), ""},
		{"/chatroom/user/block/add.json", "bare", func(x ctx, c client) error {
			return c.Chatroom.Block.Add(x, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: two, Duration: time.Hour})
		}, userForm("chatroomId", "r", "userId", "u1", "userId", "u2", "minute", "60"), ""},
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
		}, userForm(), ""},

		{"/chatroom/message/priority/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.LowPriority.Add(x, []string{"RC:VcMsg", "app:1", "app:2", "app:3", "app:4", "app:5"})
		}, userForm("objectName", "RC:VcMsg", "objectName", "app:1", "objectName", "app:2", "objectName", "app:3", "objectName", "app:4", "objectName", "app:5"), ""},
		{"/chatroom/message/priority/remove.json", "all", func(x ctx, c client) error {
			return c.Chatroom.LowPriority.Remove(x, []string{"RC:VcMsg", "app:like"})
		}, userForm("objectName", "RC:VcMsg", "objectName", "app:like"), ""},
		{"/chatroom/message/priority/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.LowPriority.List(x)
			return err
		}, userForm(), ""},
		{"/chatroom/whitelist/add.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MessageTypeWhitelist.Add(x, []string{"RC:TxtMsg", "app:gift"})
		}, userForm("objectnames", "RC:TxtMsg", "objectnames", "app:gift"), ""},
		{"/chatroom/whitelist/delete.json", "all", func(x ctx, c client) error {
			return c.Chatroom.MessageTypeWhitelist.Remove(x, []string{"RC:TxtMsg", "app:gift"})
		}, userForm("objectnames", "RC:TxtMsg", "objectnames", "app:gift"), ""},
		{"/chatroom/whitelist/query.json", "all", func(x ctx, c client) error {
			_, err := c.Chatroom.MessageTypeWhitelist.List(x)
			return err
		}, userForm(), ""},
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

func TestChatroomSends(t *testing.T) {
	t.Parallel()
	for _, test := range chatroomCalls() {
		t.Run(test.path+" "+test.what, func(t *testing.T) {
			t.Parallel()
			calls, body := 0, ""
			client := userMock(t, test.path, func(got string) (int, string) {
				calls, body = calls+1, got
				return 200, `{"code":200}`
			})
			require.NoError(t, test.call(t.Context(), client))
			require.Equal(t, 1, calls)
			form, err := url.ParseQuery(body)
			require.NoError(t, err)
			require.Equal(t, test.form, form)
		})
	}
}

// TestChatroomCatalogue proves that the table above reaches every endpoint and every parameter.
func TestChatroomCatalogue(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, test := range chatroomCalls() {
		ep := endpointAt(test.path)
		require.NotNil(t, ep, test.path)
		tested[test.path] = true
		for _, param := range ep.Params {
			if test.what == "all" {
				require.True(t, test.form.Has(param.Name), "%s never sends %s", test.path, param.Name)
			}
			if test.what == "bare" {
				require.Equal(t, param.Required, test.form.Has(param.Name), "%s: %s", test.path, param.Name)
			}
		}
	}
	for ep := range endpoint.All() {
		if ep.Area == "chatroom" {
			require.Equal(t, ep.Status == endpoint.Current, tested[ep.Path], "%s", ep.Path)
		}
	}
}

// TestChatroomFails proves for every method that the server's refusal reaches the caller.
func TestChatroomFails(t *testing.T) {
	t.Parallel()
	for _, test := range chatroomCalls() {
		t.Run(test.path+" "+test.what, func(t *testing.T) {
			t.Parallel()
			client := userMock(t, test.path, func(string) (int, string) { return 400, `{"code":1002,"errorMessage":"no"}` })
			err := test.call(t.Context(), client)
			require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
			var failure *rongcloud.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, "POST "+test.path, failure.Endpoint.String())
		})
	}
}

// TestChatroomZero proves that code 0 is a success where the catalogue says so, and nowhere else.
func TestChatroomZero(t *testing.T) {
	t.Parallel()
	zero := map[string]bool{"/chatroom/keepalive/add.json": true, "/chatroom/keepalive/remove.json": true, "/chatroom/keepalive/query.json": true}
	for _, test := range chatroomCalls() {
		client := userMock(t, test.path, func(string) (int, string) { return 200, `{"code":0,"chatroomIds":["r"]}` })
		err := test.call(t.Context(), client)
		require.Equal(t, zero[test.path], err == nil, "%s: %v", test.path, err)
	}
	client := userMock(t, "/chatroom/keepalive/query.json", func(string) (int, string) { return 200, `{"code":0,"chatroomIds":["r"]}` })
	rooms, err := client.Chatroom.Keepalive.List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []string{"r"}, rooms.ChatroomIDs)
}

// TestChatroomOutcome proves that a call which tells somebody counts as a send, and all others do
// not.
func TestChatroomOutcome(t *testing.T) {
	t.Parallel()
	telling := 0
	for _, test := range chatroomCalls() {
		client := userMock(t, test.path, func(string) (int, string) { return 502, "<html>" })
		err := test.call(t.Context(), client)
		if test.form.Has("needNotify") || test.form.Has("objectName") && len(endpointAt(test.path).UnsafeWith) > 0 {
			require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown, "%s %s", test.path, test.what)
			telling++
			continue
		}
		require.ErrorIs(t, err, rongcloud.ErrTransport)
		require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown, "%s %s", test.path, test.what)
	}
	require.Equal(t, 12, telling)
}
