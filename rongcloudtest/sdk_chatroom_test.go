package rongcloudtest_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// chatroom returns a strict server with a stopped clock and the room r.
func chatroom(t *testing.T, members ...string) (*rongcloudtest.Server, *rongcloud.Client, *rongcloud.ChatroomService) {
	t.Helper()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	require.NoError(t, client.Chatroom.Create(t.Context(), rongcloud.ChatroomCreateParams{ChatroomID: "r"}))
	srv.JoinChatroom("r", members...)
	return srv, client, client.Chatroom
}

func rooms(srv *rongcloudtest.Server) (ids []string) {
	for _, room := range srv.State().Chatrooms {
		ids = append(ids, room.ID)
	}
	return ids
}

// entries returns the attributes of the room r, as key=value/owner.
func entries(t *testing.T, chatroom *rongcloud.ChatroomService, keys ...string) []string {
	t.Helper()
	found, err := chatroom.Entry.List(t.Context(), rongcloud.ChatroomEntryQuery{ChatroomID: "r", Keys: keys})
	require.NoError(t, err)
	all := []string{}
	for _, e := range found.Entries {
		all = append(all, e.Key+"="+e.Value+"/"+e.OwnerID)
	}
	return all
}

func setEntry(t *testing.T, chatroom *rongcloud.ChatroomService, user, key, value string) error {
	t.Helper()
	return chatroom.Entry.Set(t.Context(), rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: user, Key: key, Value: value})
}

func TestChatroomCreate(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx, chatroom := t.Context(), client.Chatroom

	_, err := chatroom.Get(ctx, "r")
	require.ErrorIs(t, err, rongcloud.CodeChatroomNotFound)
	require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{
		ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 2 * time.Hour, AllMembersMuted: true, MuteAllMembersWhitelist: []string{"a", "b"},
		EntryOwnerID: "a", Entries: map[string]string{"seat2": "Ben", "seat1": "Ann"},
	}))
	srv.JoinChatroom("r", "a", "b", "a")
	room, err := chatroom.Get(ctx, "r")
	require.NoError(t, err)
	require.True(t, room.CreatedAt.Equal(started))
	room.CreatedAt = time.Time{}
	require.Equal(t, rongcloud.Chatroom{
		ChatroomID: "r", MemberCount: 2, DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 2 * time.Hour, AllMembersMuted: true,
	}, *room)
	exempt, err := chatroom.MuteAllMembersWhitelist.List(ctx, "r")
	require.NoError(t, err)
	require.Equal(t, []string{"a", "b"}, exempt.UserIDs)
	require.Equal(t, []string{"seat1=Ann/a", "seat2=Ben/a"}, entries(t, chatroom))

	// Creating it again keeps the members and attributes, and replaces the settings.
	require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r"}))
	room, err = chatroom.Get(ctx, "r")
	require.NoError(t, err)
	require.False(t, room.AllMembersMuted)
	require.Equal(t, rongcloud.ChatroomDestroyInactive, room.DestroyType)
	require.Equal(t, time.Hour, room.DestroyAfter)
	require.Equal(t, 2, room.MemberCount)
	require.Len(t, entries(t, chatroom), 2)

	err = chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r2", EntryOwnerID: "a", Entries: map[string]string{"a b": "c"}})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/chatroom/create_new.json", form("chatroomId", "r2", "entryOwnerId", "a")).Code)
	require.Equal(t, rongcloud.CodeInvalidParameter,
		refused(t, client, "/chatroom/create_new.json", form("chatroomId", "r2", "entryOwnerId", "a", "entryInfo", "[]")).Code)
	require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/chatroom/create_new.json", form("chatroomId", "r2", "destroyTime", "59")).Code)
	require.Equal(t, rongcloud.CodeParameterTooLong,
		refused(t, client, "/chatroom/create_new.json", form("chatroomId", strings.Repeat("r", 65))).Code)
	require.Equal(t, []string{"r"}, rooms(srv), "what is refused makes no room")

	require.NoError(t, chatroom.Destroy(ctx, []string{"r", "none"}))
	require.Empty(t, rooms(srv))
	require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r"}))
	require.Empty(t, entries(t, chatroom), "a room of the same ID begins anew")
}

// Named rooms are created by an endpoint that has no method.
func TestChatroomNames(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := t.Context()
	type room struct {
		ID        string    `json:"chrmId"`
		Name      string    `json:"name"`
		CreatedAt time.Time `json:"time"`
	}
	named := func(ids ...string) []room {
		var found struct {
			Rooms []room `json:"chatRooms"`
		}
		require.NoError(t, client.Call(ctx, endpoint.ChatroomQuery, url.Values{"chatroomId": ids}, &found)) //nolint:staticcheck // apps may still use it
		return found.Rooms
	}
	require.NoError(t, client.Call(ctx, endpoint.ChatroomCreate, form("chatroom[r1]", "One & only", "chatroom[r[2]]", "Zwei"), nil)) //nolint:staticcheck // apps may still use it
	require.NoError(t, client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r3"}))
	rooms := named("r1", "r[2]", "r3", "none")
	require.Len(t, rooms, 3)
	require.True(t, rooms[0].CreatedAt.Equal(started))
	require.Equal(t, "One & only", rooms[0].Name)
	require.Equal(t, "r[2]", rooms[1].ID)
	require.Equal(t, "Zwei", rooms[1].Name)
	require.Empty(t, rooms[2].Name)
	srv.Advance(time.Hour)
	require.Empty(t, named("r1"))
}

// Rooms that end by inactivity live for as long as somebody joins, leaves or sends.
func TestChatroomInactivity(t *testing.T) {
	t.Parallel()
	srv, client, chatroom := chatroom(t)
	almost := time.Hour - time.Second
	for name, act := range map[string]func(){
		"join":  func() { srv.JoinChatroom("r", "a") },
		"leave": func() { srv.LeaveChatroom("r", "a") },
		"send": func() {
			_, err := client.Message.SendChatroom(t.Context(), rongcloud.ChatroomMessage{From: "a", To: []string{"r"}, Content: text("hi")})
			require.NoError(t, err)
		},
		"broadcast": func() {
			require.NoError(t, client.Message.Broadcast.SendToChatrooms(t.Context(), rongcloud.ChatroomBroadcast{From: "a", Content: text("hi")}))
		},
	} {
		srv.JoinChatroom("r", "a", name)
		srv.Advance(almost)
		act()
		srv.Advance(almost)
		if name == "leave" || name == "send" {
			require.Equal(t, []string{"r"}, rooms(srv), name)
			continue
		}
		require.Empty(t, rooms(srv), "%s: a is there already, and a broadcast keeps no room alive", name)
	}
	srv.JoinChatroom("r", "last")
	require.NoError(t, setEntry(t, chatroom, "last", "k", "v"))
	srv.Advance(almost)
	require.NoError(t, setEntry(t, chatroom, "last", "k", "w"))
	srv.Advance(time.Second)
	require.ErrorIs(t, setEntry(t, chatroom, "last", "k", "x"), rongcloud.CodeChatroomNotFound, "attributes are no activity")
}

func TestChatroomFixedLife(t *testing.T) {
	t.Parallel()
	srv, _, chatroom := chatroom(t)
	ctx := t.Context()
	require.NoError(t, chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{
		ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 3 * time.Hour,
	}))
	srv.Advance(3*time.Hour - time.Second)
	srv.JoinChatroom("r", "a")
	require.Equal(t, []string{"r"}, rooms(srv))
	srv.Advance(time.Second)
	require.Empty(t, rooms(srv), "activity does not matter")

	// Inactivity keeps counting while it does not decide.
	require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "r", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 3 * time.Hour}))
	srv.Advance(2 * time.Hour)
	require.NoError(t, chatroom.SetDestroy(ctx, rongcloud.ChatroomSetDestroyParams{ChatroomID: "r"}))
	require.Empty(t, rooms(srv))
}

func TestChatroomKeepalive(t *testing.T) {
	t.Parallel()
	srv, _, chatroom := chatroom(t)
	ctx := t.Context()
	kept := func() []string {
		list, err := chatroom.Keepalive.List(ctx)
		require.NoError(t, err)
		return list.ChatroomIDs
	}
	require.ErrorIs(t, chatroom.Keepalive.Add(ctx, "none"), rongcloud.CodeChatroomNotFound)
	require.ErrorIs(t, chatroom.Keepalive.Remove(ctx, "r"), rongcloud.CodeNothingToDelete)
	require.NoError(t, chatroom.Keepalive.Add(ctx, "r"))
	require.NoError(t, chatroom.Keepalive.Add(ctx, "r"))
	srv.Advance(100 * time.Hour)
	require.Equal(t, []string{"r"}, rooms(srv))
	for i := range 4 {
		id := fmt.Sprintf("r%d", i)
		require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: id}))
		require.NoError(t, chatroom.Keepalive.Add(ctx, id))
	}
	require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "sixth"}))
	require.ErrorIs(t, chatroom.Keepalive.Add(ctx, "sixth"), rongcloud.CodeTooManyKeepalives)
	require.Equal(t, []string{"r", "r0", "r1", "r2", "r3"}, kept())

	require.NoError(t, chatroom.Destroy(ctx, []string{"r0"}))
	require.NoError(t, chatroom.Keepalive.Remove(ctx, "r"))
	require.Equal(t, []string{"r1", "r2", "r3"}, kept())
	require.Equal(t, []string{"r1", "r2", "r3", "sixth"}, rooms(srv))
	srv.Advance(time.Hour)
	require.Equal(t, []string{"r1", "r2", "r3"}, rooms(srv))
}

func TestChatroomMembers(t *testing.T) {
	t.Parallel()
	srv, _, chatroom := chatroom(t, "a")
	ctx := t.Context()
	srv.Advance(time.Minute)
	srv.JoinChatroom("r", "b", "c", "a")
	list := func(count int, order rongcloud.SortOrder) []string {
		members, err := chatroom.Member.List(ctx, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: count, Order: order})
		require.NoError(t, err)
		require.Equal(t, 3, members.Total)
		var all []string
		for _, m := range members.Members {
			at := map[bool]time.Time{true: started, false: started.Add(time.Minute)}[m.UserID == "a"]
			require.True(t, m.JoinedAt.Equal(at), "%s at %v", m.UserID, m.JoinedAt)
			all = append(all, m.UserID)
		}
		return all
	}
	require.Equal(t, []string{"a", "b", "c"}, list(500, rongcloud.SortOldestFirst))
	require.Equal(t, []string{"c", "b"}, list(2, rongcloud.SortNewestFirst))
	_, err := chatroom.Member.List(ctx, rongcloud.ChatroomMemberQuery{ChatroomID: "r", Count: 501, Order: rongcloud.SortOldestFirst})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)

	in, err := chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "b"})
	require.NoError(t, err)
	require.True(t, in)
	srv.LeaveChatroom("r", "b")
	in, err = chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{ChatroomID: "r", UserID: "b"})
	require.NoError(t, err)
	require.False(t, in)
	all, err := chatroom.Member.Check(ctx, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "r", UserIDs: []string{"b", "a"}})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.ChatroomMembership{{UserID: "b"}, {UserID: "a", Member: true}}, all.Users)
	_, err = chatroom.Member.Check(ctx, rongcloud.ChatroomMemberCheckQuery{ChatroomID: "none", UserIDs: []string{"b", "a"}})
	require.ErrorIs(t, err, rongcloud.CodeChatroomNotFound)
}

func TestChatroomEntries(t *testing.T) {
	t.Parallel()
	srv, client, chatroom := chatroom(t, "a", "b")
	ctx := t.Context()
	require.NoError(t, setEntry(t, chatroom, "a", "k", "1"))
	srv.Advance(time.Second)
	require.NoError(t, setEntry(t, chatroom, "a", "k", "2"))
	require.NoError(t, setEntry(t, chatroom, "stranger", "l+=-_", "3"))
	require.Equal(t, []string{"k=2/a", "l+=-_=3/stranger"}, entries(t, chatroom))
	require.Equal(t, []string{"k=2/a"}, entries(t, chatroom, "k", "none"))
	found, err := chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "r"})
	require.NoError(t, err)
	require.True(t, found.Entries[0].SetAt.Equal(started.Add(time.Second)))
	require.False(t, found.Entries[0].AutoDelete)

	// Single calls only change the owner's attributes; batches overwrite any.
	require.ErrorIs(t, setEntry(t, chatroom, "b", "k", "9"), rongcloud.CodeInvalidParameter)
	remove := func(user, key string) error {
		return chatroom.Entry.Delete(ctx, rongcloud.ChatroomEntryDeleteParams{ChatroomID: "r", OwnerID: user, Key: key})
	}
	require.ErrorIs(t, remove("b", "k"), rongcloud.CodeInvalidParameter)
	require.Equal(t, []string{"k=2/a"}, entries(t, chatroom, "k"))
	require.NoError(t, chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{
		ChatroomID: "r", OwnerID: "b", Entries: map[string]string{"k": "4", "m": "5"}, AutoDelete: true,
	}))
	require.Equal(t, []string{"k=4/b", "l+=-_=3/stranger", "m=5/b"}, entries(t, chatroom))
	require.NoError(t, remove("b", "m"))
	require.NoError(t, remove("b", "m"), "it is gone already")
	require.NoError(t, chatroom.Entry.BatchDelete(ctx, rongcloud.ChatroomEntryBatchDeleteParams{ChatroomID: "r", OwnerID: "a", Keys: []string{"l+=-_", "none"}}))
	require.Equal(t, []string{"k=4/b"}, entries(t, chatroom))

	// Attributes that go with their owner are deleted when the owner leaves, in whatever way.
	srv.LeaveChatroom("r", "a")
	require.Equal(t, []string{"k=4/b"}, entries(t, chatroom))
	srv.LeaveChatroom("r", "b")
	require.Empty(t, entries(t, chatroom))
	srv.JoinChatroom("r", "b")
	require.NoError(t, chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "b", Key: "auto", Value: "1", AutoDelete: true}))
	require.NoError(t, chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "c", Key: "guest", Value: "1", AutoDelete: true}))
	require.NoError(t, setEntry(t, chatroom, "b", "stays", "1"))
	require.NoError(t, chatroom.Block.Add(ctx, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: []string{"b", "c"}, Duration: time.Minute}))
	require.Equal(t, []string{"guest=1/c", "stays=1/b"}, entries(t, chatroom), "who was not there did not leave")

	many := map[string]string{}
	for i := range 20 {
		many[fmt.Sprint(i)] = ""
	}
	for n := range 4 {
		batch := map[string]string{}
		for key := range many {
			batch[fmt.Sprintf("n%d-%s", n, key)] = "v"
		}
		require.NoError(t, chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "a", Entries: batch}))
	}
	err = chatroom.Entry.BatchSet(ctx, rongcloud.ChatroomEntryBatchSetParams{ChatroomID: "r", OwnerID: "a", Entries: many})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter, "102 attributes")
	require.Len(t, entries(t, chatroom), 82, "all or none")

	for params, code := range map[string]rongcloud.Code{
		"a b": rongcloud.CodeInvalidParameter, "": rongcloud.CodeInvalidParameter, strings.Repeat("k", 129): rongcloud.CodeParameterTooLong,
	} {
		require.Equal(t, code, refused(t, client, "/chatroom/entry/set.json", form("chatroomId", "r", "userId", "a", "key", params, "value", "v")).Code, params)
	}
	long := fmt.Sprintf(`{"k":%q}`, strings.Repeat("v", 4097))
	for info, code := range map[string]rongcloud.Code{`{"k":1}`: rongcloud.CodeInvalidParameter, "{}": rongcloud.CodeInvalidParameter, long: rongcloud.CodeParameterTooLong,
		fmt.Sprintf(`{%q:"v"}`, strings.Repeat("k", 129)): rongcloud.CodeParameterTooLong} {
		got := refused(t, client, "/chatroom/entry/batch/set.json", form("chatroomId", "r", "entryOwnerId", "a", "entryInfo", info))
		require.Equal(t, code, got.Code, got.Message)
	}
}

func TestChatroomEntryNotices(t *testing.T) {
	t.Parallel()
	srv, client, chatroom := chatroom(t, "a", "b")
	ctx := t.Context()
	notice := rongcloud.ChatroomEntryNotification{Type: rongcloud.ChatroomEntryChangeSet, Key: "k", Value: "v"}
	require.NoError(t, chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{ChatroomID: "r", OwnerID: "a", Key: "k", Value: "v", Notification: notice}))
	require.NoError(t, setEntry(t, chatroom, "a", "l", "v"))
	require.NoError(t, chatroom.Entry.Delete(ctx, rongcloud.ChatroomEntryDeleteParams{
		ChatroomID: "r", OwnerID: "a", Key: "k", Notification: rongcloud.RawContent{Name: "app:kv", Body: "k is gone"},
	}))
	require.Empty(t, srv.User("a").Inbox())
	inbox := srv.User("b").Inbox()
	require.Len(t, inbox, 2)
	content, err := inbox[0].Content()
	require.NoError(t, err)
	require.Equal(t, notice, content)
	require.Equal(t, rongcloud.ConversationChatroom, inbox[0].ConversationType)
	require.Equal(t, "r", inbox[0].TargetID)
	require.Equal(t, "k is gone", inbox[1].Body)

	e := refused(t, client, "/chatroom/entry/set.json", form("chatroomId", "r", "userId", "a", "key", "x", "value", "v",
		"objectName", "RC:chrmKVNotiMsg", "content", `{"type":1,"key":"x"}`))
	require.Equal(t, "content of RC:chrmKVNotiMsg has no value", e.Message)
	e = refused(t, client, "/chatroom/entry/remove.json", form("chatroomId", "r", "userId", "a", "key", "l", "objectName", "RC:chrmKVNotiMsg"))
	require.Equal(t, rongcloud.CodeInvalidParameter, e.Code)
	require.Equal(t, []string{"l=v/a"}, entries(t, chatroom), "what is refused changes nothing")
}

func TestChatroomMutes(t *testing.T) {
	t.Parallel()
	srv, client, chatroom := chatroom(t, "a", "b", "c", "d")
	ctx := t.Context()
	silent := func() string {
		all := ""
		for _, id := range []string{"a", "b", "c", "d"} {
			if srv.User(id).IsMutedInChatroom("r") {
				all += id
			}
		}
		return all
	}
	muted := func() map[string]time.Duration {
		list, err := chatroom.Mute.List(ctx, "r")
		require.NoError(t, err)
		left := map[string]time.Duration{}
		for _, m := range list.Users {
			left[m.UserID] = m.EndsAt.Sub(srv.Now())
		}
		require.Len(t, list.Users, len(left), "a user has one mute")
		return left
	}
	require.Empty(t, muted())
	require.NoError(t, chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{
		ChatroomID: "r", UserIDs: []string{"a", "b", "a"}, Duration: 10 * time.Minute, Notify: true, Extra: `{"why":"spam"}`,
	}))
	require.NoError(t, chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: []string{"b"}, Duration: 20 * time.Minute}))
	require.Equal(t, map[string]time.Duration{"a": 10 * time.Minute, "b": 20 * time.Minute}, muted())
	require.Equal(t, "ab", silent())
	require.False(t, srv.User("a").IsMutedInChatroom("none"))
	srv.LeaveChatroom("r", "b")
	srv.JoinChatroom("r", "b")
	srv.Advance(10 * time.Minute)
	require.Equal(t, map[string]time.Duration{"b": 10 * time.Minute}, muted(), "a mute stays when its user leaves")
	require.NoError(t, chatroom.Mute.Remove(ctx, rongcloud.ChatroomMuteRemoveParams{ChatroomID: "r", UserIDs: []string{"b", "c"}}))
	require.Empty(t, silent())

	// The whole room, with exceptions.
	require.NoError(t, chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"}))
	require.NoError(t, chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"}))
	require.NoError(t, chatroom.MuteAllMembersWhitelist.Add(ctx, rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: []string{"a", "b"}}))
	require.NoError(t, chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: []string{"a"}, Duration: time.Minute}))
	require.Equal(t, "cd", silent(), "the list lifts single mutes, too")
	everybody, err := chatroom.MuteAllMembers.IsMuted(ctx, "r")
	require.NoError(t, err)
	require.True(t, everybody)
	require.NoError(t, chatroom.MuteAllMembersWhitelist.Remove(ctx, rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: []string{"b"}}))
	require.Equal(t, "bcd", silent())

	// A mute in all rooms, from which nothing exempts.
	require.NoError(t, chatroom.GlobalMute.Add(ctx, rongcloud.ChatroomGlobalMuteAddParams{UserIDs: []string{"a"}, Duration: time.Hour}))
	require.Equal(t, "abcd", silent())
	require.True(t, srv.User("a").IsMutedInChatroom("another"))
	global, err := chatroom.GlobalMute.List(ctx)
	require.NoError(t, err)
	require.Len(t, global.Users, 1)
	require.True(t, global.Users[0].EndsAt.Equal(srv.Now().Add(time.Hour)))
	require.NoError(t, chatroom.MuteAllMembers.Remove(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r"}))
	require.Equal(t, "a", silent())
	require.NoError(t, chatroom.GlobalMute.Remove(ctx, rongcloud.ChatroomGlobalMuteRemoveParams{UserIDs: []string{"a"}}))
	require.Empty(t, silent())
	everybody, err = chatroom.MuteAllMembers.IsMuted(ctx, "r")
	require.NoError(t, err)
	require.False(t, everybody)

	require.NoError(t, chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{ChatroomID: "r", UserIDs: []string{"b"}, Duration: time.Hour}))
	_, err = client.Message.SendChatroom(ctx, rongcloud.ChatroomMessage{From: "b", To: []string{"r"}, Content: text("hi")})
	require.NoError(t, err)
	require.Len(t, srv.User("c").Inbox(), 1, "the Server API stands above mutes")

	for _, minutes := range []string{"0", "43201", "-1", "x"} {
		for _, path := range []string{"/chatroom/user/gag/add.json", "/chatroom/user/block/add.json", "/chatroom/user/ban/add.json"} {
			params := form("userId", "a", "minute", minutes)
			if path != "/chatroom/user/ban/add.json" {
				params.Set("chatroomId", "r")
			}
			require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, path, params).Code, minutes)
		}
	}
	require.ErrorIs(t, chatroom.MuteAllMembersWhitelist.Add(ctx, rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "r", UserIDs: ids(20)}), rongcloud.CodeInvalidParameter, "21 exempt")
}

func TestChatroomBans(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx, chatroom := t.Context(), client.Chatroom
	var all []string
	for i := range 5 {
		id := fmt.Sprintf("r%d", i)
		require.NoError(t, chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: id, DestroyAfter: time.Duration(i+1) * time.Hour, AllMembersMuted: i%2 == 1}))
		if i%2 == 0 {
			require.NoError(t, chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: id}))
		}
		all = append(all, id)
	}
	require.Equal(t, all, collect(t, chatroom.MuteAllMembers.All(ctx, rongcloud.ChatroomMuteAllMembersQuery{Size: 2})))
	require.Equal(t, all[2:], collect(t, chatroom.MuteAllMembers.All(ctx, rongcloud.ChatroomMuteAllMembersQuery{Size: 2, Page: 2})))
	require.NoError(t, chatroom.Destroy(ctx, []string{"r3"}))
	srv.Advance(2 * time.Hour)
	require.Equal(t, []string{"r2", "r4"}, collect(t, chatroom.MuteAllMembers.All(ctx, rongcloud.ChatroomMuteAllMembersQuery{})), "a ban goes with its room")
	require.ErrorIs(t, chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "r3"}), rongcloud.CodeChatroomNotFound)
}

func TestChatroomBlocks(t *testing.T) {
	t.Parallel()
	srv, _, chatroom := chatroom(t, "a", "b", "c")
	ctx := t.Context()
	members := func() []string { return srv.State().Chatrooms[0].MemberIDs }
	require.NoError(t, chatroom.Block.Add(ctx, rongcloud.ChatroomBlockAddParams{ChatroomID: "r", UserIDs: []string{"a", "b", "x"}, Duration: 10 * time.Minute}))
	require.Equal(t, []string{"c"}, members())
	srv.JoinChatroom("r", "a", "d")
	require.Equal(t, []string{"c", "d"}, members(), "a stays outside")
	blocked, err := chatroom.Block.List(ctx, "r")
	require.NoError(t, err)
	require.Len(t, blocked.Users, 3)
	require.Equal(t, "a", blocked.Users[0].UserID)
	require.True(t, blocked.Users[0].EndsAt.Equal(started.Add(10*time.Minute)))

	require.NoError(t, chatroom.Block.Remove(ctx, rongcloud.ChatroomBlockRemoveParams{ChatroomID: "r", UserIDs: []string{"a"}}))
	require.Equal(t, []string{"c", "d"}, members(), "nobody is brought back")
	srv.JoinChatroom("r", "a", "b")
	require.Equal(t, []string{"c", "d", "a"}, members())
	srv.Advance(10 * time.Minute)
	srv.JoinChatroom("r", "b")
	require.Equal(t, []string{"c", "d", "a", "b"}, members())
	blocked, err = chatroom.Block.List(ctx, "r")
	require.NoError(t, err)
	require.Empty(t, blocked.Users)
}

func TestChatroomLists(t *testing.T) {
	t.Parallel()
	_, _, chatroom := chatroom(t)
	ctx := t.Context()

	require.NoError(t, chatroom.LowPriority.Add(ctx, []string{"RC:VcMsg", "app:like", "RC:VcMsg"}))
	require.NoError(t, chatroom.LowPriority.Remove(ctx, []string{"RC:VcMsg"}))
	for n := range 4 {
		names := ids(4)
		for i := range names {
			names[i] = fmt.Sprintf("%s-%d", names[i], n)
		}
		require.NoError(t, chatroom.LowPriority.Add(ctx, names))
	}
	require.ErrorIs(t, chatroom.LowPriority.Add(ctx, ids(4)), rongcloud.CodeInvalidParameter, "21 types")
	low, err := chatroom.LowPriority.List(ctx)
	require.NoError(t, err)
	require.Len(t, low.ObjectNames, 17)
	require.Equal(t, "app:like", low.ObjectNames[0])

	require.NoError(t, chatroom.MessageTypeWhitelist.Add(ctx, []string{"RC:TxtMsg", "app:gift"}))
	require.NoError(t, chatroom.MessageTypeWhitelist.Remove(ctx, []string{"RC:TxtMsg", "none"}))
	white, err := chatroom.MessageTypeWhitelist.List(ctx)
	require.NoError(t, err)
	require.Equal(t, []string{"app:gift"}, white.ObjectNames)
	require.ErrorIs(t, chatroom.MessageTypeWhitelist.Add(ctx, ids(20)), rongcloud.CodeInvalidParameter, "21 types")

	users := func(ids ...string) rongcloud.ChatroomUserWhitelistParams {
		return rongcloud.ChatroomUserWhitelistParams{ChatroomID: "r", UserIDs: ids}
	}
	require.NoError(t, chatroom.UserWhitelist.Add(ctx, users("a", "b")))
	require.ErrorIs(t, chatroom.UserWhitelist.Add(ctx, users("c", "d", "e", "f")), rongcloud.CodeInvalidParameter, "6 users")
	require.NoError(t, chatroom.UserWhitelist.Remove(ctx, users("a")))
	protected, err := chatroom.UserWhitelist.List(ctx, "r")
	require.NoError(t, err)
	require.Equal(t, []string{"b"}, protected.UserIDs)
}

func TestChatroomDistribution(t *testing.T) {
	t.Parallel()
	srv, client, chatroom := chatroom(t, "a", "b")
	ctx := t.Context()
	say := func(words string) {
		_, err := client.Message.SendChatroom(ctx, rongcloud.ChatroomMessage{From: "a", To: []string{"r", "none"}, Content: text(words)})
		require.NoError(t, err)
	}
	require.NoError(t, chatroom.Distribution.Stop(ctx, "r"))
	say("unheard")
	require.NoError(t, chatroom.Distribution.Resume(ctx, "r"))
	say("heard")
	inbox := srv.User("b").Inbox()
	require.Len(t, inbox, 1)
	require.Equal(t, `{"content":"heard"}`, inbox[0].Body)
}
