package rongcloudtest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// The SDK's own methods and a strict server agree on every endpoint below /ultragroup/.
func TestUltraGroupMethodsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	ultra := client.UltraGroup

	require.NoError(t, ultra.Create(ctx, rongcloud.UltraGroupCreateParams{GroupID: "g", Name: "Game", UserID: "a"}))
	require.NoError(t, ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: "b"}))
	require.NoError(t, ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: "c"}))
	require.NoError(t, ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: "d"}))
	require.NoError(t, ultra.Quit(ctx, rongcloud.UltraGroupQuitParams{GroupID: "g", UserID: "d"}))
	require.NoError(t, ultra.Update(ctx, rongcloud.UltraGroupUpdateParams{GroupID: "g", Name: "Games"}))
	for id, want := range map[string]bool{"a": true, "c": true, "d": false, "nobody": false} {
		is, err := ultra.IsMember(ctx, rongcloud.UltraGroupIsMemberQuery{GroupID: "g", UserID: id})
		require.NoError(t, err)
		require.Equal(t, want, is, id)
	}

	require.NoError(t, ultra.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "news"}))
	require.NoError(t, ultra.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "staff"}))
	require.NoError(t, ultra.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "old"}))
	require.NoError(t, ultra.Channel.Delete(ctx, rongcloud.UltraGroupChannelDeleteParams{GroupID: "g", ChannelID: "old"}))
	require.NoError(t, ultra.Channel.UpdateType(ctx, rongcloud.UltraGroupChannelUpdateTypeParams{
		GroupID: "g", ChannelID: "staff", Type: rongcloud.UltraGroupChannelPrivate,
	}))
	channels := collect(t, ultra.Channel.All(ctx, rongcloud.UltraGroupChannelQuery{GroupID: "g", Size: 2}))
	require.Len(t, channels, 3)
	for i, name := range []string{"RCDefault", "news", "staff"} {
		require.Equal(t, name, channels[i].ChannelID)
		require.Equal(t, "2026-11-24 09:02:03", channels[i].CreatedAtText)
		require.True(t, channels[i].CreatedAt.Equal(started))
		require.Equal(t, name == "staff", channels[i].Type == rongcloud.UltraGroupChannelPrivate)
	}

	readers := rongcloud.UltraGroupPrivateChannelParams{GroupID: "g", ChannelID: "staff", UserIDs: []string{"a", "b"}}
	require.NoError(t, ultra.PrivateChannel.Add(ctx, readers))
	readers.UserIDs = []string{"b"}
	require.NoError(t, ultra.PrivateChannel.Remove(ctx, readers))
	staff := rongcloud.UltraGroupPrivateChannelQuery{GroupID: "g", ChannelID: "staff", Size: 1}
	require.Equal(t, []string{"a"}, collect(t, ultra.PrivateChannel.All(ctx, staff)))
	require.Equal(t, []string{"staff"}, collect(t, ultra.PrivateChannel.AllByUser(ctx, rongcloud.UltraGroupListByUserQuery{GroupID: "g", UserID: "a"})))

	muteUltraGroup(t, ultra)
	userGroupsOfUltraGroup(t, ultra)
	messagesOfUltraGroup(t, srv, client)

	require.NoError(t, ultra.Dismiss(ctx, "g"))
	require.Empty(t, srv.User("a").UltraGroups())

	called := map[string]bool{}
	for _, r := range srv.Requests() {
		require.Empty(t, r.Unknown, r.Path)
		require.EqualValues(t, 200, r.Code, r.Path)
		called[r.Path] = true
	}
	for ep := range endpoint.All() {
		if ep.Area == "ultragroup" && ep.Status == endpoint.Current {
			require.True(t, called[ep.Path], "%v was not called", ep)
		}
	}
}

func muteUltraGroup(t *testing.T, ultra *rongcloud.UltraGroupService) {
	t.Helper()
	ctx := context.Background()
	// Settings for the whole ultra group and for a channel are separate.
	for channel, ids := range map[string][]string{"": {"b", "c"}, "news": {"a", "c"}} {
		users := rongcloud.UltraGroupMuteParams{GroupID: "g", ChannelID: channel, UserIDs: ids}
		gone := users
		gone.UserIDs = []string{"c"}
		require.NoError(t, ultra.Mute.Add(ctx, users))
		require.NoError(t, ultra.Mute.Remove(ctx, gone))
		require.NoError(t, ultra.MuteAllMembersWhitelist.Add(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistParams(users)))
		require.NoError(t, ultra.MuteAllMembersWhitelist.Remove(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistParams(gone)))
	}
	for channel, want := range map[string][]string{"": {"b"}, "news": {"a"}, "staff": nil} {
		query := rongcloud.UltraGroupMuteQuery{GroupID: "g", ChannelID: channel}
		require.Equal(t, want, collect(t, ultra.Mute.All(ctx, query)))
		require.Equal(t, want, collect(t, ultra.MuteAllMembersWhitelist.All(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistQuery(query))))
	}

	news := rongcloud.UltraGroupMuteAllMembersParams{GroupID: "g", ChannelID: "news"}
	require.NoError(t, ultra.MuteAllMembers.Add(ctx, news))
	require.NoError(t, ultra.PushLevel.Set(ctx, rongcloud.UltraGroupPushLevelSetParams{GroupID: "g", Level: rongcloud.PushLevelAll}))
	require.NoError(t, ultra.PushLevel.Set(ctx, rongcloud.UltraGroupPushLevelSetParams{GroupID: "g", ChannelID: "news", Level: rongcloud.PushLevelNone}))
	levelOf := func(channel string) rongcloud.PushLevel {
		level, err := ultra.PushLevel.Get(ctx, rongcloud.UltraGroupPushLevelQuery{GroupID: "g", ChannelID: channel})
		require.NoError(t, err)
		return level
	}
	isMuted := func(channel string) bool {
		muted, err := ultra.MuteAllMembers.IsMuted(ctx, rongcloud.UltraGroupMuteAllMembersQuery{GroupID: "g", ChannelID: channel})
		require.NoError(t, err)
		return muted
	}
	for channel, want := range map[string]rongcloud.PushLevel{
		"": rongcloud.PushLevelAll, "news": rongcloud.PushLevelNone, "staff": rongcloud.PushLevelUnset,
	} {
		require.Equal(t, want, levelOf(channel))
		require.Equal(t, channel == "news", isMuted(channel))
	}
	require.NoError(t, ultra.PushLevel.Reset(ctx, rongcloud.UltraGroupPushLevelResetParams{GroupID: "g", ChannelID: "news"}))
	require.Equal(t, rongcloud.PushLevelUnset, levelOf("news"))
	require.Equal(t, rongcloud.PushLevelAll, levelOf(""))
	require.NoError(t, ultra.MuteAllMembers.Remove(ctx, news))
	require.False(t, isMuted("news"))
}

func userGroupsOfUltraGroup(t *testing.T, ultra *rongcloud.UltraGroupService) {
	t.Helper()
	ctx := context.Background()
	require.NoError(t, ultra.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "g", UserGroupIDs: []string{"x", "y", "z"}}))
	require.NoError(t, ultra.UserGroup.Delete(ctx, rongcloud.UltraGroupUserGroupDeleteParams{GroupID: "g", UserGroupIDs: []string{"y"}}))
	require.Equal(t, []string{"x", "z"}, collect(t, ultra.UserGroup.All(ctx, rongcloud.UltraGroupUserGroupQuery{GroupID: "g", Size: 1})))
	members := rongcloud.UltraGroupUserGroupUsersParams{GroupID: "g", UserGroupID: "x", UserIDs: []string{"b", "c"}}
	require.NoError(t, ultra.UserGroup.AddUsers(ctx, members))
	members.UserIDs = []string{"c"}
	require.NoError(t, ultra.UserGroup.RemoveUsers(ctx, members))
	require.Equal(t, []string{"x"}, collect(t, ultra.UserGroup.AllByUser(ctx, rongcloud.UltraGroupListByUserQuery{GroupID: "g", UserID: "b"})))
	require.Empty(t, collect(t, ultra.UserGroup.AllByUser(ctx, rongcloud.UltraGroupListByUserQuery{GroupID: "g", UserID: "c"})))

	binding := rongcloud.UltraGroupUserGroupBindParams{GroupID: "g", ChannelID: "staff", UserGroupIDs: []string{"x", "z"}}
	require.NoError(t, ultra.UserGroup.Bind(ctx, binding))
	binding.UserGroupIDs = []string{"z"}
	require.NoError(t, ultra.UserGroup.Unbind(ctx, binding))
	require.Equal(t, []string{"x"}, collect(t, ultra.UserGroup.AllByChannel(ctx, rongcloud.UltraGroupUserGroupListByChannelQuery{GroupID: "g", ChannelID: "staff"})))
	require.Equal(t, []string{"staff"}, collect(t, ultra.UserGroup.AllChannels(ctx, rongcloud.UltraGroupUserGroupListChannelsQuery{GroupID: "g", UserGroupID: "x"})))
}

func messagesOfUltraGroup(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
	t.Helper()
	ctx := context.Background()
	ultra := client.UltraGroup
	var uids []string
	for _, words := range []string{"one", "two", "three"} {
		sent, err := client.Message.SendUltraGroup(ctx, rongcloud.UltraGroupMessage{
			From: "a", To: []string{"g"}, ChannelID: "news", Content: text(words), Expansion: map[string]string{"k": "v"},
		})
		require.NoError(t, err)
		uids = append(uids, sent.UIDOf("g"))
		srv.Advance(time.Minute)
	}
	require.NoError(t, ultra.Message.Modify(ctx, rongcloud.UltraGroupMessageModifyParams{
		GroupID: "g", ChannelID: "news", From: "a", MessageUID: uids[1], Content: text("TWO"),
	}))
	bodies := func(messages []rongcloud.HistoryMessage) (all []string) {
		for _, m := range messages {
			require.Equal(t, "g", m.TargetID)
			require.Equal(t, "news", m.ChannelID)
			require.False(t, m.SentAt.Before(started))
			content, err := m.Content()
			require.NoError(t, err)
			all = append(all, content.(rongcloud.TextMessage).Content)
			attached, err := m.Expansion()
			require.NoError(t, err)
			require.Equal(t, "v", attached["k"].Value)
		}
		return all
	}
	got, err := ultra.Message.Get(ctx, rongcloud.UltraGroupMessageGetQuery{GroupID: "g", Messages: []rongcloud.UltraGroupMessageRef{
		{MessageUID: uids[2], ChannelID: "news"}, {MessageUID: uids[0]}, {MessageUID: uids[1], ChannelID: "staff"},
	}})
	require.NoError(t, err)
	require.Equal(t, []string{"three", "one"}, bodies(got.Messages))
	got, err = ultra.Message.ListAround(ctx, rongcloud.UltraGroupMessageListAroundQuery{
		GroupID: "g", ChannelID: "news", MessageUID: uids[1], LaterCount: rongcloud.Ptr(0),
	})
	require.NoError(t, err)
	require.Equal(t, []string{"one", "TWO"}, bodies(got.Messages))
	search := rongcloud.UltraGroupMessageQuery{
		GroupID: "g", ChannelID: "news", After: started, Until: started.Add(time.Hour), From: "a", Size: 1,
	}
	page, err := ultra.Message.List(ctx, search)
	require.NoError(t, err)
	require.Equal(t, []string{"TWO"}, bodies(page.Messages), "the first message was sent when the search begins")
	search.After, search.Size = started.Add(-40*24*time.Hour), 2
	found := collect(t, ultra.Message.All(ctx, search))
	require.Equal(t, []string{"one", "TWO", "three"}, bodies(found))
	for _, m := range srv.User("b").Inbox() {
		require.NotContains(t, m.Body, "two", "a change reaches those who have the message")
	}

	require.NoError(t, ultra.Expansion.Set(ctx, rongcloud.UltraGroupExpansionSetParams{
		MessageUID: uids[0], UserID: "b", GroupID: "g", ChannelID: "news", Values: map[string]string{"l": "w", "m": "x"},
	}))
	require.NoError(t, ultra.Expansion.Delete(ctx, rongcloud.UltraGroupExpansionDeleteParams{
		MessageUID: uids[0], UserID: "b", GroupID: "g", ChannelID: "news", Keys: []string{"k", "l"},
	}))
	pairs := collect(t, ultra.Expansion.All(ctx, rongcloud.UltraGroupExpansionQuery{MessageUID: uids[0], GroupID: "g", ChannelID: "news"}))
	require.Len(t, pairs, 1)
	require.Equal(t, "m", pairs[0].Key)
	require.Equal(t, "x", pairs[0].Value)
	require.Equal(t, pairs, collect(t, client.Message.Expansion.All(ctx, rongcloud.MessageExpansionQuery{MessageUID: uids[0]})))
}

// Messages to a private channel reach the users on its list and in user groups bound to it, as
// long as they are in the ultra group.
func TestPrivateChannels(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	ultra := client.UltraGroup
	srv.AddUltraGroup("g", "sender", "listed", "grouped", "both", "neither")
	require.NoError(t, ultra.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "staff"}))
	require.NoError(t, ultra.PrivateChannel.Add(ctx, rongcloud.UltraGroupPrivateChannelParams{GroupID: "g", ChannelID: "staff", UserIDs: []string{"listed", "both"}}))
	require.NoError(t, ultra.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "g", UserGroupIDs: []string{"x"}}))
	require.NoError(t, ultra.UserGroup.AddUsers(ctx, rongcloud.UltraGroupUserGroupUsersParams{GroupID: "g", UserGroupID: "x", UserIDs: []string{"grouped", "both"}}))
	binding := rongcloud.UltraGroupUserGroupBindParams{GroupID: "g", ChannelID: "staff", UserGroupIDs: []string{"x"}}
	require.NoError(t, ultra.UserGroup.Bind(ctx, binding))

	receivers := func(only ...string) []string {
		_, err := client.Message.SendUltraGroup(ctx, rongcloud.UltraGroupMessage{
			From: "sender", To: []string{"g"}, ToUserIDs: only, ChannelID: "staff", Content: text("hi"),
		})
		require.NoError(t, err)
		sent := srv.Sent()
		return sent[len(sent)-1].RecipientIDs
	}
	change := func(kind rongcloud.UltraGroupChannelType) {
		require.NoError(t, ultra.Channel.UpdateType(ctx, rongcloud.UltraGroupChannelUpdateTypeParams{GroupID: "g", ChannelID: "staff", Type: kind}))
	}
	require.Equal(t, []string{"listed", "grouped", "both", "neither"}, receivers(), "the list has no effect while the channel is public")
	change(rongcloud.UltraGroupChannelPrivate)
	require.Equal(t, []string{"listed", "grouped", "both"}, receivers())
	require.Equal(t, []string{"grouped"}, receivers("grouped", "neither"))
	require.NoError(t, ultra.Quit(ctx, rongcloud.UltraGroupQuitParams{GroupID: "g", UserID: "listed"}))
	require.NoError(t, ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: "listed"}))
	require.Equal(t, []string{"grouped", "both"}, receivers(), "who comes back is no longer on the list")
	require.NoError(t, ultra.Quit(ctx, rongcloud.UltraGroupQuitParams{GroupID: "g", UserID: "grouped"}))
	require.NoError(t, ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: "grouped"}))
	require.Equal(t, []string{"both"}, receivers(), "nor in the user group")
	require.NoError(t, ultra.UserGroup.AddUsers(ctx, rongcloud.UltraGroupUserGroupUsersParams{GroupID: "g", UserGroupID: "x", UserIDs: []string{"grouped"}}))
	require.Equal(t, []string{"both", "grouped"}, receivers())
	require.NoError(t, ultra.UserGroup.Unbind(ctx, binding))
	require.Equal(t, []string{"both"}, receivers())
	require.NoError(t, ultra.UserGroup.Bind(ctx, binding))
	require.Equal(t, []string{"both", "grouped"}, receivers())
	require.NoError(t, ultra.UserGroup.Delete(ctx, rongcloud.UltraGroupUserGroupDeleteParams{GroupID: "g", UserGroupIDs: []string{"x"}}))
	require.Equal(t, []string{"both"}, receivers(), "a user group takes its bindings with it")
	change(rongcloud.UltraGroupChannelPublic)
	require.Len(t, receivers(), 4)
	require.NoError(t, ultra.Channel.Delete(ctx, rongcloud.UltraGroupChannelDeleteParams{GroupID: "g", ChannelID: "staff"}))
	require.Empty(t, receivers())
	require.NoError(t, ultra.Dismiss(ctx, "g"))
	require.Empty(t, receivers())
}
