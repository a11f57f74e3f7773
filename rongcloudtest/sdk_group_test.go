package rongcloudtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// members returns the members of a plain group.
func members(t *testing.T, client *rongcloud.Client, group string) []string {
	t.Helper()
	found, err := client.Group.ListMembers(context.Background(), group)
	require.NoError(t, err)
	return found.UserIDs
}

// groupsOf returns the plain groups of a user, two per page.
func groupsOf(t *testing.T, client *rongcloud.Client, user string) []rongcloud.Group {
	t.Helper()
	return collect(t, client.Group.AllByUser(context.Background(), rongcloud.GroupByUserQuery{UserID: user, Size: 2}))
}

func TestGroups(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	groups := client.Group

	change, err := groups.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "One", UserIDs: []string{"a", "b", "a"}})
	require.NoError(t, err)
	require.Equal(t, &rongcloud.GroupResult{MemberCount: 2}, change)
	change, err = groups.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"b", "c"}})
	require.NoError(t, err)
	require.Equal(t, 3, change.MemberCount)
	require.Equal(t, []string{"a", "b", "c"}, members(t, client, "g"))
	require.Equal(t, []rongcloud.Group{{GroupID: "g", Name: "One"}}, groupsOf(t, client, "c"))

	_, err = groups.Update(ctx, rongcloud.GroupUpdateParams{GroupID: "g", Name: "Two"})
	require.NoError(t, err)
	require.Equal(t, "Two", groupsOf(t, client, "a")[0].Name)
	_, err = groups.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"d"}, Name: "Three"})
	require.NoError(t, err)
	require.Equal(t, "Three", groupsOf(t, client, "a")[0].Name)

	change, err = groups.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"b", "x"}})
	require.NoError(t, err)
	require.Equal(t, 3, change.MemberCount)
	require.Equal(t, []string{"a", "c", "d"}, members(t, client, "g"))
	require.Empty(t, groupsOf(t, client, "b"))
	require.Equal(t, []rongcloudtest.GroupState{{ID: "g", Name: "Three", MemberIDs: []string{"a", "c", "d"}}}, srv.State().Groups)

	_, err = groups.Dismiss(ctx, rongcloud.GroupDismissParams{GroupID: "g", UserID: "x"})
	require.NoError(t, err)
	require.Empty(t, members(t, client, "g"))
	require.Empty(t, groupsOf(t, client, "a"))
	require.Empty(t, srv.State().Groups)
	_, err = groups.Update(ctx, rongcloud.GroupUpdateParams{GroupID: "g", Name: "Four"})
	require.NoError(t, err)
	require.Empty(t, srv.State().Groups, "a new name makes no group")
}

func TestGroupSync(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	require.NoError(t, client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "a", Groups: map[string]string{"g": "G", "h": "H", "i": "I", "j [1]": "J"}}))
	require.NoError(t, client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "b", Groups: map[string]string{"g": "New"}}))
	require.Equal(t, []rongcloud.Group{{GroupID: "g", Name: "New"}, {GroupID: "h", Name: "H"}, {GroupID: "i", Name: "I"}, {GroupID: "j [1]", Name: "J"}},
		groupsOf(t, client, "a"))
	require.Equal(t, []string{"a", "b"}, members(t, client, "g"))

	require.NoError(t, client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "a", Groups: map[string]string{"h": ""}}))
	require.Equal(t, []rongcloud.Group{{GroupID: "h", Name: "H"}}, groupsOf(t, client, "a"))

	require.NoError(t, client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "hosted", Name: "X", OwnerID: "a"}))
	require.NoError(t, client.Group.QuitAll(ctx, "a"))
	require.Equal(t, []rongcloud.Group{{GroupID: "hosted", Name: "X"}}, groupsOf(t, client, "a"), "only plain groups are left")
	require.Equal(t, []string{"b"}, members(t, client, "g"))
}

func TestGroupsOfUser(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t)
	for i := range 51 {
		srv.AddGroup(fmt.Sprintf("g%02d", i), "a")
	}
	ctx := context.Background()
	unpaged, err := client.Group.ListByUserUnpaged(ctx, "a")
	require.NoError(t, err)
	require.Len(t, unpaged.Groups, 51, "all at once")
	first, err := client.Group.ListByUser(ctx, rongcloud.GroupByUserQuery{UserID: "a"})
	require.NoError(t, err)
	require.Equal(t, unpaged.Groups[:50], first.Groups)
	third, err := client.Group.ListByUser(ctx, rongcloud.GroupByUserQuery{UserID: "a", Page: 3, Size: 20})
	require.NoError(t, err)
	require.Equal(t, unpaged.Groups[40:], third.Groups)
	require.Equal(t, unpaged.Groups, groupsOf(t, client, "a"))
}

func TestGroupNotice(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	notice := &rongcloud.GroupNotice{From: "a", Content: text("hello"), PushContent: "push", IncludeSender: rongcloud.Ptr(true)}

	change, err := client.Group.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"a", "b"}, Notice: notice})
	require.NoError(t, err)
	require.Equal(t, 2, change.MemberCount)
	sent := srv.Sent()
	require.Len(t, sent, 1)
	require.Equal(t, change.MessageUID, sent[0].MessageUID)
	require.Equal(t, []string{"b"}, sent[0].RecipientIDs)
	require.Equal(t, rongcloud.ConversationGroup, sent[0].ConversationType)
	require.Equal(t, "g", sent[0].TargetID)
	require.Len(t, srv.User("a").Inbox(), 1, "the sender's copy")
	require.Equal(t, "push", srv.User("b").Inbox()[0].PushContent)

	_, err = client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"c"}, Notice: notice})
	require.NoError(t, err)
	_, err = client.Group.Update(ctx, rongcloud.GroupUpdateParams{GroupID: "g", Name: "H", Notice: notice})
	require.NoError(t, err)
	_, err = client.Group.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"b"}, Notice: notice})
	require.NoError(t, err)
	_, err = client.Group.Dismiss(ctx, rongcloud.GroupDismissParams{GroupID: "g", UserID: "a", Notice: notice})
	require.NoError(t, err)
	var receivers []string
	for _, m := range srv.Sent() {
		receivers = append(receivers, strings.Join(m.RecipientIDs, " "))
	}
	require.Equal(t, []string{"b", "b c", "b c", "b c", "c"}, receivers)

	for _, missing := range []string{"fromUserId", "objectName", "content"} {
		params := form("groupId", "g", "groupName", "G", "userId", "a", "bindNotifyMsg", "true", "fromUserId", "a", "objectName", "app:x", "content", "x")
		params.Del(missing)
		require.Contains(t, refused(t, client, "/group/create.json", params).Message, missing)
	}
	require.Contains(t, refused(t, client, "/group/refresh.json", form("groupId", "g", "groupName", "G", "bindNotifyMsg", "true",
		"fromUserId", "a", "objectName", "RC:TxtMsg", "content", "no JSON")).Message, "JSON")
	require.Empty(t, srv.State().Groups, "a refused call changes nothing")
}

func TestGroupIsFull(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	ctx := context.Background()
	_, err := client.Group.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"a", "b", "c"}, MaxMembers: 2})
	require.ErrorIs(t, err, rongcloud.CodeGroupFull)
	require.Empty(t, members(t, client, "g"))
	_, err = client.Group.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"a", "b", "a"}, MaxMembers: 2})
	require.NoError(t, err)
	_, err = client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"b"}, MaxMembers: 2})
	require.NoError(t, err, "who is there already needs no room")
	_, err = client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"c"}})
	require.NoError(t, err, "the limit is not kept")

	for i := range 3 {
		ids := make([]string, 1000)
		for j := range ids {
			ids[j] = fmt.Sprintf("u%d", 1000*i+j)
		}
		_, err = client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "h", UserIDs: ids, MaxMembers: 5000})
		require.NoError(t, err)
	}
	_, err = client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "h", UserIDs: []string{"more"}, MaxMembers: 5000})
	require.ErrorIs(t, err, rongcloud.CodeGroupFull)
	require.NoError(t, client.HostedGroup.Import(ctx, rongcloud.HostedGroupImportParams{GroupID: "h", Name: "H", OwnerID: "u0"}))
	_, err = client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "h", UserIDs: []string{"more"}})
	require.ErrorIs(t, err, rongcloud.CodeGroupFull)
}

func TestGroupMutes(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	mute, global := client.Group.Mute, client.Group.GlobalMute
	list := func(group string) (all []rongcloud.GroupMute) {
		t.Helper()
		found, err := global.List(ctx)
		if group != "" {
			found, err = mute.List(ctx, group)
		}
		require.NoError(t, err)
		for _, m := range found.Users {
			m.StartedAt, m.EndsAt = m.StartedAt.UTC(), m.EndsAt.UTC()
			all = append(all, m)
		}
		return all
	}
	at := func(minutes int) time.Time { return started.Add(time.Duration(minutes) * time.Minute).UTC() }
	muted := func(id string, from, to int) rongcloud.GroupMute {
		return rongcloud.GroupMute{UserID: id, StartedAt: at(from), EndsAt: at(to)}
	}
	forever := rongcloud.GroupMute{UserID: "c", StartedAt: at(0)}
	srv.AddGroup("g", "a", "b", "c")

	require.NoError(t, mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"a", "b"}, Duration: 10 * time.Minute}))
	require.NoError(t, mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"c", "c"}, Duration: rongcloud.Forever}))
	require.Equal(t, []rongcloud.GroupMute{muted("a", 0, 10), muted("b", 0, 10), forever}, list("g"))
	require.Empty(t, list("other"))
	require.Empty(t, list(""))

	sent, err := client.Message.SendGroup(ctx, rongcloud.GroupMessage{From: "a", To: []string{"g"}, Content: text("muted, and yet")})
	require.NoError(t, err)
	require.NotEmpty(t, sent.UIDOf("g"))
	require.Len(t, srv.User("b").Inbox(), 1, "mutes do not hold back what the Server API sends")

	srv.Advance(5 * time.Minute)
	require.NoError(t, mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"b"}, Duration: 10 * time.Minute}))
	_, err = client.Group.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"a"}})
	require.NoError(t, err)
	require.Len(t, list("g"), 3, "a mute outlives leaving")
	srv.Advance(5 * time.Minute)
	require.Equal(t, []rongcloud.GroupMute{forever, muted("b", 5, 15)}, list("g"))
	srv.Advance(100 * 24 * time.Hour)
	require.Equal(t, []rongcloud.GroupMute{forever}, list("g"))
	require.NoError(t, mute.Remove(ctx, rongcloud.GroupMuteRemoveParams{GroupID: "g", UserIDs: []string{"c", "x"}}))
	require.Empty(t, list("g"))

	many := make([]string, 20)
	for round := range 5 {
		for i := range many {
			many[i] = fmt.Sprintf("u%d-%d", round, i)
		}
		require.NoError(t, global.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: many, Duration: time.Hour}))
	}
	require.NoError(t, global.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: many, Duration: 2 * time.Hour}), "who is muted already does not count twice")
	require.ErrorIs(t, global.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"a"}, Duration: rongcloud.Forever}), rongcloud.CodeInvalidParameter)
	require.Len(t, list(""), 100)
	require.Empty(t, list("g"))
	for round := range 6 {
		for i := range many {
			many[i] = fmt.Sprintf("u%d-%d", round, i)
		}
		require.NoError(t, mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "h", UserIDs: many, Duration: time.Hour}))
	}
	require.Len(t, list("h"), 120, "in one group there is no such limit")
	for i := range many {
		many[i] = fmt.Sprintf("u4-%d", i)
	}
	require.NoError(t, global.Remove(ctx, many))
	require.NoError(t, global.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"a"}, Duration: rongcloud.Forever}))
	require.Len(t, list(""), 81)
	srv.Advance(time.Hour)
	require.Len(t, list(""), 1)

	srv.Reset()
	require.Empty(t, list(""))
	wrong := refused(t, client, "/group/user/gag/add.json", form("userId", "a", "groupId", "g", "minute", "43201"))
	require.Equal(t, rongcloud.CodeInvalidParameter, wrong.Code)
}

func TestGroupBans(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	ban, whitelist := client.Group.MuteAllMembers, client.Group.MuteAllMembersWhitelist
	all := func() []string {
		t.Helper()
		return collect(t, ban.All(ctx, rongcloud.GroupMuteAllMembersQuery{Size: 2}))
	}
	srv.AddGroup("g", "a", "b")

	require.Empty(t, all())
	require.NoError(t, ban.Add(ctx, []string{"g", "h", "i"}))
	require.NoError(t, ban.Add(ctx, []string{"g", "j"}))
	require.NoError(t, ban.Remove(ctx, []string{"h", "x"}))
	require.Equal(t, []string{"g", "i", "j"}, all())
	states, err := ban.Check(ctx, []string{"h", "g"})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.GroupMuteAllMembersState{{GroupID: "h"}, {GroupID: "g", Muted: true}}, states.Groups)
	require.Equal(t, object{"groupinfo": []any{object{"groupId": "h", "stat": 0.0}, object{"groupId": "g", "stat": 1.0}}},
		call(t, client, "/group/ban/query.json", form("groupId", "h", "groupId", "g")))
	page, err := ban.List(ctx, rongcloud.GroupMuteAllMembersQuery{})
	require.NoError(t, err)
	require.Equal(t, []string{"g", "i", "j"}, page.GroupIDs)
	both := call(t, client, "/group/ban/query.json", form("groupId", "h", "page", "2", "size", "2"))
	require.Equal(t, object{"groupinfo": []any{object{"groupId": "j", "stat": 1.0}}}, both, "a page makes the groups of no account")

	require.NoError(t, whitelist.Add(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"a", "b", "a"}}))
	require.NoError(t, whitelist.Remove(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"b"}}))
	listed := func(group string) []string {
		t.Helper()
		found, err := whitelist.List(ctx, group)
		require.NoError(t, err)
		return found.UserIDs
	}
	require.Equal(t, []string{"a"}, listed("g"))
	require.Empty(t, listed("h"))

	_, err = client.Message.SendGroup(ctx, rongcloud.GroupMessage{From: "b", To: []string{"g"}, Content: text("banned, and yet")})
	require.NoError(t, err)
	require.Len(t, srv.User("a").Inbox(), 1)
	_, err = client.Group.Dismiss(ctx, rongcloud.GroupDismissParams{GroupID: "g", UserID: "a"})
	require.NoError(t, err)
	srv.AddGroup("g", "c")
	require.Equal(t, []string{"g", "i", "j"}, all(), "a ban outlives the group")
	require.Equal(t, []string{"a"}, listed("g"), "and so does the whitelist")
}

func TestGroupRemarks(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	remark := func(group, user string) string {
		t.Helper()
		found, err := client.Group.Remark.Get(ctx, rongcloud.GroupRemarkQuery{GroupID: group, UserID: user})
		require.NoError(t, err)
		return found
	}
	require.Empty(t, remark("g", "a"))
	require.NoError(t, client.Group.Remark.Set(ctx, rongcloud.GroupRemarkSetParams{GroupID: "g", UserID: "a", Remark: "Ann"}))
	require.NoError(t, client.Group.Remark.Set(ctx, rongcloud.GroupRemarkSetParams{GroupID: "g", UserID: "b", Remark: "Ben"}))
	require.Equal(t, "Ann", remark("g", "a"))
	require.Empty(t, remark("h", "a"))
	require.NoError(t, client.Group.Remark.Delete(ctx, rongcloud.GroupRemarkDeleteParams{GroupID: "g", UserID: "a"}))
	require.Empty(t, remark("g", "a"))
	require.Equal(t, "Ben", remark("g", "b"))
}

// A group change is retried after a lost response, unless it sends a message.
func TestGroupChangeIsRepeated(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	client := srv.Client()
	ctx := context.Background()
	lost := rongcloudtest.Fault{DropResponse: true}

	srv.Fail(endpoint.GroupCreate, lost)
	change, err := client.Group.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"a", "b"}})
	require.NoError(t, err)
	require.Equal(t, 2, change.MemberCount)
	require.Len(t, srv.Requests(), 2)

	srv.Fail(endpoint.GroupQuit, lost)
	_, err = client.Group.Quit(ctx, rongcloud.GroupQuitParams{
		GroupID: "g", UserIDs: []string{"a"}, Notice: &rongcloud.GroupNotice{From: "a", Content: text("bye")},
	})
	require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
	require.Len(t, srv.Requests(), 3)
	require.Len(t, srv.Sent(), 1)
}
