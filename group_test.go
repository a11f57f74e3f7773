package rongcloud_test

import (
	"context"
	"iter"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// groupWalks are the iterators of groups and hosted groups.
func groupWalks() []userWalk {
	type client = *rongcloud.Client
	type ctx = context.Context
	type seq = iter.Seq2[string, error]
	return []userWalk{
		{"/user/group/query.json", "page", "number", "groups", `{"id":%q}`, func(x ctx, c client, start int) seq {
			query := rongcloud.GroupByUserQuery{UserID: "u", Page: start, Size: 2}
			return userIDsOf(c.Group.AllByUser(x, query), func(g rongcloud.Group) string { return g.GroupID })
		}},
		{"/group/ban/query.json", "page", "number", "groupinfo", `{"groupId":%q,"stat":1}`, func(x ctx, c client, start int) seq {
			return c.Group.MuteAllMembers.All(x, rongcloud.GroupMuteAllMembersQuery{Page: start, Size: 2})
		}},
		{"/entrust/group/query.json", "pageToken", "token", "groups", `{"groupId":%q}`, func(x ctx, c client, start int) seq {
			query := rongcloud.HostedGroupQuery{PageToken: userToken(start), Size: 2}
			return userIDsOf(c.HostedGroup.All(x, query), func(g rongcloud.HostedGroup) string { return g.GroupID })
		}},
		{"/entrust/group/member/query.json", "pageToken", "token", "members", `{"userId":%q}`, func(x ctx, c client, start int) seq {
			query := rongcloud.HostedGroupMemberQuery{GroupID: "g", PageToken: userToken(start), Size: 2}
			return userIDsOf(c.HostedGroup.Member.All(x, query), func(m rongcloud.HostedGroupMember) string { return m.UserID })
		}},
		{"/entrust/joined/group/query.json", "pageToken", "token", "groups", `{"groupId":%q}`, func(x ctx, c client, start int) seq {
			query := rongcloud.HostedGroupJoinedQuery{UserID: "u", PageToken: userToken(start), Size: 2}
			return userIDsOf(c.HostedGroup.Joined.All(x, query), func(g rongcloud.JoinedHostedGroup) string { return g.GroupID })
		}},
	}
}

// groupCalls are what the golden file, which has every parameter at least once, does not show:
// calls that share an endpoint, and values whose zero has a meaning.
func groupCalls() []apiCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	no := rongcloud.Ptr(false)
	byUser := func(query rongcloud.GroupByUserQuery) func(x ctx, c client) error {
		return func(x ctx, c client) error { _, err := c.Group.ListByUser(x, query); return err }
	}
	return []apiCall{
		{"/group/sync.json", "own", func(x ctx, c client) error { return c.Group.QuitAll(x, "u1") }, formOf("userId", "u1"), ""},
		{"/user/group/query.json", "own", byUser(rongcloud.GroupByUserQuery{UserID: "u1", Size: 10}), formOf("userId", "u1", "page", "1", "size", "10"), ""},
		{"/user/group/query.json", "own", func(x ctx, c client) error {
			_, err := c.Group.ListByUserUnpaged(x, "u1")
			return err
		}, formOf("userId", "u1"), ""},
		{"/group/ban/query.json", "own", func(x ctx, c client) error {
			_, err := c.Group.MuteAllMembers.Check(x, []string{"g", "h"})
			return err
		}, formOf("groupId", "g", "groupId", "h"), ""},
		{"/group/create.json", "own", func(x ctx, c client) error {
			_, err := c.Group.Create(x, rongcloud.GroupCreateParams{
				GroupID: "g", Name: "G", UserIDs: []string{"u1"},
				Notice: &rongcloud.GroupNotice{From: "u1", Content: rongcloud.RawContent{Name: "app:hi", Body: "x"}, IncludeSender: no, Persist: no},
			})
			return err
		}, formOf("groupId", "g", "groupName", "G", "userId", "u1", "bindNotifyMsg", "true", "fromUserId", "u1",
			"objectName", "app:hi", "content", "x", "isIncludeSender", "0", "isPersisted", "0"), ""},
		{"/group/user/gag/add.json", "own", func(x ctx, c client) error {
			return c.Group.GlobalMute.Add(x, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u1", "u2"}, Duration: time.Minute})
		}, formOf("userId", "u1", "userId", "u2", "minute", "1"), ""},
		{"/group/user/gag/add.json", "own", func(x ctx, c client) error {
			return c.Group.GlobalMute.Add(x, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u1"}, Duration: rongcloud.Forever})
		}, formOf("userId", "u1", "minute", "0"), ""},
		{"/group/user/gag/rollback.json", "own", func(x ctx, c client) error {
			return c.Group.GlobalMute.Remove(x, []string{"u1"})
		}, formOf("userId", "u1"), ""},
		{"/group/user/gag/list.json", "own", func(x ctx, c client) error {
			_, err := c.Group.GlobalMute.List(x)
			return err
		}, formOf(), ""},
		{"/entrust/group/create.json", "own", func(x ctx, c client) error {
			return c.HostedGroup.Create(x, rongcloud.HostedGroupCreateParams{
				GroupID: "g", Name: "G", OwnerID: "u1",
				Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinOwnerVerify, Remove: rongcloud.HostedGroupOwnerOnly},
			})
		}, formOf("groupId", "g", "name", "G", "owner", "u1", "permissions", `{"joinPerm":0,"removePerm":0}`), ""},
		{"/entrust/group/import.json", "own", func(x ctx, c client) error {
			return c.HostedGroup.Import(x, rongcloud.HostedGroupImportParams{
				GroupID: "g", Name: "G", OwnerID: "u1", Permissions: rongcloud.HostedGroupPermissions{
					Join: rongcloud.HostedGroupJoinClosed, Remove: 9, Invite: rongcloud.HostedGroupEveryone,
					InviteConsent: rongcloud.HostedGroupInviteConsentVerify, Profile: rongcloud.HostedGroupOwnerOrManager,
					MemberProfile: rongcloud.HostedGroupMemberSelfOnly,
				},
			})
		}, formOf("groupId", "g", "name", "G", "owner", "u1",
			"permissions", `{"invitePerm":1,"joinPerm":3,"memInvitePerm":2,"memProfilePerm":2,"profilePerm":1,"removePerm":8}`), ""},
		{"/entrust/group/import.json", "own", func(x ctx, c client) error {
			return c.HostedGroup.Import(x, rongcloud.HostedGroupImportParams{GroupID: "g", Name: "G", OwnerID: "u1"})
		}, formOf("groupId", "g", "name", "G", "owner", "u1"), ""},
		{"/entrust/group/profile/update.json", "own", func(x ctx, c client) error {
			return c.HostedGroup.Profile.Update(x, rongcloud.HostedGroupProfileUpdateParams{
				GroupID: "g", Announcement: rongcloud.Ptr(""), Attributes: map[string]string{"ext_a": ""},
			})
		}, formOf("groupId", "g", "groupProfile", `{"announcement":""}`, "groupExtProfile", `{"ext_a":""}`), ""},
		{"/entrust/group/quit.json", "own", func(x ctx, c client) error {
			return c.HostedGroup.Quit(x, rongcloud.HostedGroupQuitParams{
				GroupID: "g", UserIDs: []string{"u1", "u2"}, DeleteMute: no, DeleteWhitelist: no, DeleteFollows: no,
			})
		}, formOf("groupId", "g", "userIds", "u1,u2", "isDelBan", "0", "isDelWhite", "0", "isDelFollowed", "0"), ""},
		{"/entrust/group/query.json", "own", func(x ctx, c client) error {
			_, err := c.HostedGroup.List(x, rongcloud.HostedGroupQuery{Order: rongcloud.SortOldestFirst})
			return err
		}, formOf("order", "0"), ""},
	}
}

// No number of items ends a list, only an empty page or a missing token.
func TestGroupMore(t *testing.T) {
	t.Parallel()
	type pager interface{ More() bool }
	for _, page := range []pager{
		&rongcloud.GroupPage{}, &rongcloud.GroupMuteAllMembersPage{}, &rongcloud.HostedGroupPage{Groups: make([]rongcloud.HostedGroup, 50)},
		&rongcloud.HostedGroupMemberPage{Total: 9, Members: make([]rongcloud.HostedGroupMember, 1)}, &rongcloud.HostedGroupJoinedPage{Total: 9},
	} {
		require.False(t, page.More(), "%T", page)
	}
	for _, page := range []pager{
		&rongcloud.GroupPage{Groups: make([]rongcloud.Group, 1)}, &rongcloud.GroupMuteAllMembersPage{GroupIDs: []string{"g"}},
		&rongcloud.HostedGroupPage{NextPageToken: "t"}, &rongcloud.HostedGroupMemberPage{NextPageToken: "t"},
		&rongcloud.HostedGroupJoinedPage{NextPageToken: "t"},
	} {
		require.True(t, page.More(), "%T", page)
	}
}

func TestGroupRefuses(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	create := func(p rongcloud.GroupCreateParams) func(ctx, client) error {
		return func(x ctx, c client) error { _, err := c.Group.Create(x, p); return err }
	}
	mute := func(d time.Duration) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.Group.Mute.Add(x, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"u"}, Duration: d})
		}
	}
	globally := func(d time.Duration) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.Group.GlobalMute.Add(x, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u"}, Duration: d})
		}
	}
	hello := rongcloud.TextMessage{Content: "hi"}
	noticed := func(n rongcloud.GroupNotice) rongcloud.GroupCreateParams {
		return rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"u"}, Notice: &n}
	}
	tests := []struct {
		name, field, reason string
		call                func(ctx, client) error
	}{
		{"create without ID", "GroupCreateParams.GroupID", "is required", create(rongcloud.GroupCreateParams{Name: "G", UserIDs: []string{"u"}})},
		{"create without name", "GroupCreateParams.Name", "is required", create(rongcloud.GroupCreateParams{GroupID: "g", UserIDs: []string{"u"}})},
		{"create without users", "GroupCreateParams.UserIDs", "is required", create(rongcloud.GroupCreateParams{GroupID: "g", Name: "G"})},
		{"create with 1001", "GroupCreateParams.UserIDs", "1001 items, at most 1000", create(rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: userIDs(1001)})},
		{"notice from nobody", "GroupNotice.From", "is required", create(noticed(rongcloud.GroupNotice{Content: hello}))},
		{"notice of nothing", "GroupNotice.Content", "is required", create(noticed(rongcloud.GroupNotice{From: "u"}))},
		{"join without a sender", "GroupNotice.From", "is required", func(x ctx, c client) error {
			_, err := c.Group.Join(x, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"u"}, Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{"quit without a sender", "GroupNotice.From", "is required", func(x ctx, c client) error {
			_, err := c.Group.Quit(x, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"u"}, Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{"dismiss without a sender", "GroupNotice.From", "is required", func(x ctx, c client) error {
			_, err := c.Group.Dismiss(x, rongcloud.GroupDismissParams{GroupID: "g", UserID: "u", Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{"update without a sender", "GroupNotice.From", "is required", func(x ctx, c client) error {
			_, err := c.Group.Update(x, rongcloud.GroupUpdateParams{GroupID: "g", Name: "G", Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{"dismiss by nobody", "GroupDismissParams.UserID", "is required", func(x ctx, c client) error {
			_, err := c.Group.Dismiss(x, rongcloud.GroupDismissParams{GroupID: "g"})
			return err
		}},
		{"sync with nothing", "GroupSyncParams.Groups", "QuitAll", func(x ctx, c client) error { return c.Group.Sync(x, rongcloud.GroupSyncParams{UserID: "u"}) }},
		{"sync with an empty map", "GroupSyncParams.Groups", "QuitAll", func(x ctx, c client) error {
			return c.Group.Sync(x, rongcloud.GroupSyncParams{UserID: "u", Groups: map[string]string{}})
		}},
		{"sync without an ID", "GroupSyncParams.Groups", "an ID is empty", func(x ctx, c client) error {
			return c.Group.Sync(x, rongcloud.GroupSyncParams{UserID: "u", Groups: map[string]string{"": "G"}})
		}},
		{"sync nobody", "userID", "is required", func(x ctx, c client) error { return c.Group.QuitAll(x, "") }},
		{"groups of nobody", "GroupByUserQuery.UserID", "is required", func(x ctx, c client) error {
			_, err := c.Group.ListByUser(x, rongcloud.GroupByUserQuery{Page: 1})
			return err
		}},
		{"groups of nobody, without pages", "userID", "is required", func(x ctx, c client) error {
			_, err := c.Group.ListByUserUnpaged(x, "")
			return err
		}},

		{"mute for no time", "GroupMuteAddParams.Duration", "is required", mute(0)},
		{"mute globally for no time", "GroupGlobalMuteAddParams.Duration", "is required", globally(0)},
		{"mute backwards", "GroupMuteAddParams.Duration", "is negative", mute(-time.Minute)},
		{"mute for less than nothing", "GroupMuteAddParams.Duration", "is negative", mute(-1)},
		{"mute for a second", "GroupMuteAddParams.Duration", "1s is not a whole number of minutes", mute(time.Second)},
		{"mute for 59 seconds globally", "GroupGlobalMuteAddParams.Duration", "59s is not a whole number of minutes", globally(59 * time.Second)},
		{"mute for 90 seconds", "GroupMuteAddParams.Duration", "1m30s is not a whole number of minutes", mute(90 * time.Second)},
		{"mute for the longest span", "GroupMuteAddParams.Duration", "is not a whole number of minutes", mute(math.MaxInt64)},
		{"mute for the shortest span", "GroupMuteAddParams.Duration", "is negative", mute(math.MinInt64)},
		{"mute in no group", "GroupMuteAddParams.GroupID", "Group.GlobalMute mutes", func(x ctx, c client) error {
			return c.Group.Mute.Add(x, rongcloud.GroupMuteAddParams{UserIDs: []string{"u"}, Duration: time.Hour})
		}},
		{"mute 21", "GroupMuteAddParams.UserIDs", "21 items, at most 20", func(x ctx, c client) error {
			return c.Group.Mute.Add(x, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: userIDs(21), Duration: time.Hour})
		}},
		{"unmute in no group", "GroupMuteRemoveParams.GroupID", "Group.GlobalMute unmutes", func(x ctx, c client) error {
			return c.Group.Mute.Remove(x, rongcloud.GroupMuteRemoveParams{UserIDs: []string{"u"}})
		}},
		{"list mutes in no group", "groupID", "Group.GlobalMute lists", func(x ctx, c client) error {
			_, err := c.Group.Mute.List(x, "")
			return err
		}},
		{"ban 21", "groupIDs", "21 items, at most 20", func(x ctx, c client) error { return c.Group.MuteAllMembers.Add(x, userIDs(21)) }},
		{"bans of no groups", "groupIDs", "List returns all", func(x ctx, c client) error {
			_, err := c.Group.MuteAllMembers.Check(x, nil)
			return err
		}},
		{"bans of 21 groups", "groupIDs", "21 items, at most 20", func(x ctx, c client) error {
			_, err := c.Group.MuteAllMembers.Check(x, userIDs(21))
			return err
		}},
		{"whitelist nobody", "GroupMuteAllMembersWhitelistParams.UserIDs", "is required", func(x ctx, c client) error {
			return c.Group.MuteAllMembersWhitelist.Add(x, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g"})
		}},
		{"an empty remark", "GroupRemarkSetParams.Remark", "is required", func(x ctx, c client) error {
			return c.Group.Remark.Set(x, rongcloud.GroupRemarkSetParams{GroupID: "g", UserID: "u"})
		}},

		{"hosted group without owner", "HostedGroupCreateParams.OwnerID", "is required", func(x ctx, c client) error {
			return c.HostedGroup.Create(x, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G"})
		}},
		{"a permission that is none", "HostedGroupPermissions.Join", "is negative", func(x ctx, c client) error {
			return c.HostedGroup.Create(x, rongcloud.HostedGroupCreateParams{
				GroupID: "g", Name: "G", OwnerID: "u", Permissions: rongcloud.HostedGroupPermissions{Join: -1},
			})
		}},
		{"import with a permission that is none", "HostedGroupPermissions.MemberProfile", "is negative", func(x ctx, c client) error {
			return c.HostedGroup.Import(x, rongcloud.HostedGroupImportParams{
				GroupID: "g", Name: "G", OwnerID: "u", Permissions: rongcloud.HostedGroupPermissions{MemberProfile: -1},
			})
		}},
		{"update to a permission that is none", "HostedGroupPermissions.Invite", "is negative", func(x ctx, c client) error {
			return c.HostedGroup.Profile.Update(x, rongcloud.HostedGroupProfileUpdateParams{
				GroupID: "g", Permissions: rongcloud.HostedGroupPermissions{Invite: -1},
			})
		}},
		{"invite 31", "HostedGroupCreateParams.UserIDs", "31 items, at most 30", func(x ctx, c client) error {
			return c.HostedGroup.Create(x, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "u", UserIDs: userIDs(31)})
		}},
		{"profiles of 51", "groupIDs", "51 items, at most 50", func(x ctx, c client) error {
			_, err := c.HostedGroup.Profile.Get(x, userIDs(51))
			return err
		}},
		{"join with 101", "HostedGroupJoinParams.UserIDs", "101 items, at most 100", func(x ctx, c client) error {
			_, err := c.HostedGroup.Join(x, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: userIDs(101)})
			return err
		}},
		{"kick an empty ID", "HostedGroupMemberKickParams.UserIDs", "item 1 is empty", func(x ctx, c client) error {
			return c.HostedGroup.Member.Kick(x, rongcloud.HostedGroupMemberKickParams{GroupID: "g", UserIDs: []string{""}})
		}},
		{"join with a comma", "HostedGroupJoinParams.UserIDs", "item 2 contains a comma", func(x ctx, c client) error {
			_, err := c.HostedGroup.Join(x, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"u", "a,b"}})
			return err
		}},
		{"profile of a group with a comma", "groupIDs", "item 1 contains a comma", func(x ctx, c client) error {
			_, err := c.HostedGroup.Profile.Get(x, []string{"a,b"})
			return err
		}},
		{"11 managers", "HostedGroupManagerParams.UserIDs", "11 items, at most 10", func(x ctx, c client) error {
			_, err := c.HostedGroup.Manager.Add(x, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: userIDs(11)})
			return err
		}},
		{"transfer to nobody", "HostedGroupTransferOwnerParams.NewOwnerID", "is required", func(x ctx, c client) error {
			return c.HostedGroup.TransferOwner(x, rongcloud.HostedGroupTransferOwnerParams{GroupID: "g"})
		}},
		{"a member without nickname", "HostedGroupMemberSetParams.Nickname", "is required", func(x ctx, c client) error {
			return c.HostedGroup.Member.Set(x, rongcloud.HostedGroupMemberSetParams{GroupID: "g", UserID: "u", Extra: "x"})
		}},
		{"follow 101", "HostedGroupFollowParams.MemberIDs", "101 items, at most 100", func(x ctx, c client) error {
			return c.HostedGroup.Follow.Add(x, rongcloud.HostedGroupFollowParams{GroupID: "g", UserID: "u", MemberIDs: userIDs(101)})
		}},
		{"an empty remark name", "HostedGroupRemarkNameSetParams.RemarkName", "is required", func(x ctx, c client) error {
			return c.HostedGroup.RemarkName.Set(x, rongcloud.HostedGroupRemarkNameSetParams{GroupID: "g", UserID: "u"})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// The server knows no path, so a request would end in a different error.
			err := test.call(t.Context(), mockPath(t, "/none", nil))
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.field, refused.Field)
			require.Contains(t, refused.Reason, test.reason)
		})
	}
}

// Repeating a change with a notice would send the notice again.
func TestGroupOutcome(t *testing.T) {
	t.Parallel()
	broken := mockPath(t, "/group/quit.json", func(string) (int, string) { return 502, "<html>" })
	params := rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"u"}}
	change, err := broken.Group.Quit(t.Context(), params)
	require.ErrorIs(t, err, rongcloud.ErrTransport)
	require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
	require.Nil(t, change)
	params.Notice = &rongcloud.GroupNotice{From: "u", Content: rongcloud.TextMessage{Content: "bye"}}
	_, err = broken.Group.Quit(t.Context(), params)
	require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
}
