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
	type seq = iter.Seq2[string, error]
	return []userWalk{
		{path: "/user/group/query.json", at: "page", style: "number", list: "groups", item: `{"id":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.GroupByUserQuery{UserID: "u", Page: start, Size: 2}
			return userIDsOf(client.Group.AllByUser(ctx, query), func(g rongcloud.Group) string { return g.GroupID })
		}},
		{path: "/group/ban/query.json", at: "page", style: "number", list: "groupinfo", item: `{"groupId":%q,"stat":1}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.Group.MuteAllMembers.All(ctx, rongcloud.GroupMuteAllMembersQuery{Page: start, Size: 2})
		}},
		{path: "/entrust/group/query.json", at: "pageToken", style: "token", list: "groups", item: `{"groupId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.HostedGroupQuery{PageToken: userToken(start), Size: 2}
			return userIDsOf(client.HostedGroup.All(ctx, query), func(g rongcloud.HostedGroup) string { return g.GroupID })
		}},
		{path: "/entrust/group/member/query.json", at: "pageToken", style: "token", list: "members", item: `{"userId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.HostedGroupMemberQuery{GroupID: "g", PageToken: userToken(start), Size: 2}
			return userIDsOf(client.HostedGroup.Member.All(ctx, query), func(m rongcloud.HostedGroupMember) string { return m.UserID })
		}},
		{path: "/entrust/joined/group/query.json", at: "pageToken", style: "token", list: "groups", item: `{"groupId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.HostedGroupJoinedQuery{UserID: "u", PageToken: userToken(start), Size: 2}
			return userIDsOf(client.HostedGroup.Joined.All(ctx, query), func(g rongcloud.JoinedHostedGroup) string { return g.GroupID })
		}},
	}
}

// groupCalls are what the golden file, which has every parameter at least once, does not show:
// calls that share an endpoint, and values whose zero has a meaning.
func groupCalls() []apiCall {
	no := rongcloud.Ptr(false)
	byUser := func(query rongcloud.GroupByUserQuery) func(x context.Context, c *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.ListByUser(ctx, query)
			return err
		}
	}
	return []apiCall{
		{
			path: "/group/sync.json", what: "own",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.Group.QuitAll(ctx, "u1") },
			form: formOf("userId", "u1"),
		},
		{
			path: "/user/group/query.json", what: "own", call: byUser(rongcloud.GroupByUserQuery{UserID: "u1", Size: 10}),
			form: formOf("userId", "u1", "page", "1", "size", "10"),
		},
		{path: "/user/group/query.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.ListByUserUnpaged(ctx, "u1")
			return err
		}, form: formOf("userId", "u1")},
		{path: "/group/ban/query.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.MuteAllMembers.Check(ctx, []string{"g", "h"})
			return err
		}, form: formOf("groupId", "g", "groupId", "h")},
		{path: "/group/create.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Create(ctx, rongcloud.GroupCreateParams{
				GroupID: "g", Name: "G", UserIDs: []string{"u1"},
				Notice: &rongcloud.GroupNotice{From: "u1", Content: rongcloud.RawContent{Name: "app:hi", Body: "x"}, IncludeSender: no, Persist: no},
			})
			return err
		}, form: formOf("groupId", "g", "groupName", "G", "userId", "u1", "bindNotifyMsg", "true", "fromUserId", "u1",
			"objectName", "app:hi", "content", "x", "isIncludeSender", "0", "isPersisted", "0")},
		{path: "/group/user/gag/add.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.GlobalMute.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u1", "u2"}, Duration: time.Minute})
		}, form: formOf("userId", "u1", "userId", "u2", "minute", "1")},
		{path: "/group/user/gag/add.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.GlobalMute.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u1"}, Duration: rongcloud.Forever})
		}, form: formOf("userId", "u1", "minute", "0")},
		{path: "/group/user/gag/rollback.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.GlobalMute.Remove(ctx, []string{"u1"})
		}, form: formOf("userId", "u1")},
		{path: "/group/user/gag/list.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.GlobalMute.List(ctx)
			return err
		}, form: formOf()},
		{path: "/entrust/group/create.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{
				GroupID: "g", Name: "G", OwnerID: "u1",
				Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinOwnerVerify, Remove: rongcloud.HostedGroupOwnerOnly},
			})
		}, form: formOf("groupId", "g", "name", "G", "owner", "u1", "permissions", `{"joinPerm":0,"removePerm":0}`)},
		{path: "/entrust/group/import.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Import(ctx, rongcloud.HostedGroupImportParams{
				GroupID: "g", Name: "G", OwnerID: "u1", Permissions: rongcloud.HostedGroupPermissions{
					Join: rongcloud.HostedGroupJoinClosed, Remove: 9, Invite: rongcloud.HostedGroupEveryone,
					InviteConsent: rongcloud.HostedGroupInviteConsentVerify, Profile: rongcloud.HostedGroupOwnerOrManager,
					MemberProfile: rongcloud.HostedGroupMemberSelfOnly,
				},
			})
		}, form: formOf("groupId", "g", "name", "G", "owner", "u1",
			"permissions", `{"invitePerm":1,"joinPerm":3,"memInvitePerm":2,"memProfilePerm":2,"profilePerm":1,"removePerm":8}`)},
		{path: "/entrust/group/import.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Import(ctx, rongcloud.HostedGroupImportParams{GroupID: "g", Name: "G", OwnerID: "u1"})
		}, form: formOf("groupId", "g", "name", "G", "owner", "u1")},
		{path: "/entrust/group/profile/update.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Profile.Update(ctx, rongcloud.HostedGroupProfileUpdateParams{
				GroupID: "g", Announcement: rongcloud.Ptr(""), Attributes: map[string]string{"ext_a": ""},
			})
		}, form: formOf("groupId", "g", "groupProfile", `{"announcement":""}`, "groupExtProfile", `{"ext_a":""}`)},
		{path: "/entrust/group/quit.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Quit(ctx, rongcloud.HostedGroupQuitParams{
				GroupID: "g", UserIDs: []string{"u1", "u2"}, DeleteMute: no, DeleteWhitelist: no, DeleteFollows: no,
			})
		}, form: formOf("groupId", "g", "userIds", "u1,u2", "isDelBan", "0", "isDelWhite", "0", "isDelFollowed", "0")},
		{path: "/entrust/group/query.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.List(ctx, rongcloud.HostedGroupQuery{Order: rongcloud.SortOldestFirst})
			return err
		}, form: formOf("order", "0")},
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
	create := func(p rongcloud.GroupCreateParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Create(ctx, p)
			return err
		}
	}
	mute := func(d time.Duration) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"u"}, Duration: d})
		}
	}
	globally := func(d time.Duration) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.GlobalMute.Add(ctx, rongcloud.GroupGlobalMuteAddParams{UserIDs: []string{"u"}, Duration: d})
		}
	}
	hello := rongcloud.TextMessage{Content: "hi"}
	noticed := func(n rongcloud.GroupNotice) rongcloud.GroupCreateParams {
		return rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"u"}, Notice: &n}
	}
	tests := []struct {
		name, field, reason string
		call                func(context.Context, *rongcloud.Client) error
	}{
		{
			name: "create without ID", field: "GroupCreateParams.GroupID", reason: "is required",
			call: create(rongcloud.GroupCreateParams{Name: "G", UserIDs: []string{"u"}}),
		},
		{
			name: "create without name", field: "GroupCreateParams.Name", reason: "is required",
			call: create(rongcloud.GroupCreateParams{GroupID: "g", UserIDs: []string{"u"}}),
		},
		{
			name: "create without users", field: "GroupCreateParams.UserIDs", reason: "is required",
			call: create(rongcloud.GroupCreateParams{GroupID: "g", Name: "G"}),
		},
		{
			name: "create with 1001", field: "GroupCreateParams.UserIDs", reason: "1001 items, at most 1000",
			call: create(rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: userIDs(1001)}),
		},
		{name: "notice from nobody", field: "GroupNotice.From", reason: "is required", call: create(noticed(rongcloud.GroupNotice{Content: hello}))},
		{name: "notice of nothing", field: "GroupNotice.Content", reason: "is required", call: create(noticed(rongcloud.GroupNotice{From: "u"}))},
		{name: "join without a sender", field: "GroupNotice.From", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Join(ctx, rongcloud.GroupJoinParams{GroupID: "g", UserIDs: []string{"u"}, Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{name: "quit without a sender", field: "GroupNotice.From", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"u"}, Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{name: "dismiss without a sender", field: "GroupNotice.From", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Dismiss(ctx, rongcloud.GroupDismissParams{GroupID: "g", UserID: "u", Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{name: "update without a sender", field: "GroupNotice.From", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Update(ctx, rongcloud.GroupUpdateParams{GroupID: "g", Name: "G", Notice: &rongcloud.GroupNotice{Content: hello}})
			return err
		}},
		{name: "dismiss by nobody", field: "GroupDismissParams.UserID", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Dismiss(ctx, rongcloud.GroupDismissParams{GroupID: "g"})
			return err
		}},
		{name: "sync with nothing", field: "GroupSyncParams.Groups", reason: "QuitAll", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "u"})
		}},
		{name: "sync with an empty map", field: "GroupSyncParams.Groups", reason: "QuitAll", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "u", Groups: map[string]string{}})
		}},
		{name: "sync without an ID", field: "GroupSyncParams.Groups", reason: "an ID is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Sync(ctx, rongcloud.GroupSyncParams{UserID: "u", Groups: map[string]string{"": "G"}})
		}},
		{
			name: "sync nobody", field: "userID", reason: "is required",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.Group.QuitAll(ctx, "") },
		},
		{name: "groups of nobody", field: "GroupByUserQuery.UserID", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.ListByUser(ctx, rongcloud.GroupByUserQuery{Page: 1})
			return err
		}},
		{name: "groups of nobody, without pages", field: "userID", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.ListByUserUnpaged(ctx, "")
			return err
		}},

		{name: "mute for no time", field: "GroupMuteAddParams.Duration", reason: "is required", call: mute(0)},
		{name: "mute globally for no time", field: "GroupGlobalMuteAddParams.Duration", reason: "is required", call: globally(0)},
		{name: "mute backwards", field: "GroupMuteAddParams.Duration", reason: "is negative", call: mute(-time.Minute)},
		{name: "mute for less than nothing", field: "GroupMuteAddParams.Duration", reason: "is negative", call: mute(-1)},
		{name: "mute for a second", field: "GroupMuteAddParams.Duration", reason: "1s is not a whole number of minutes", call: mute(time.Second)},
		{
			name: "mute for 59 seconds globally", field: "GroupGlobalMuteAddParams.Duration",
			reason: "59s is not a whole number of minutes", call: globally(59 * time.Second),
		},
		{
			name: "mute for 90 seconds", field: "GroupMuteAddParams.Duration", reason: "1m30s is not a whole number of minutes",
			call: mute(90 * time.Second),
		},
		{
			name: "mute for the longest span", field: "GroupMuteAddParams.Duration", reason: "is not a whole number of minutes",
			call: mute(math.MaxInt64),
		},
		{name: "mute for the shortest span", field: "GroupMuteAddParams.Duration", reason: "is negative", call: mute(math.MinInt64)},
		{name: "mute in no group", field: "GroupMuteAddParams.GroupID", reason: "Group.GlobalMute mutes", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Mute.Add(ctx, rongcloud.GroupMuteAddParams{UserIDs: []string{"u"}, Duration: time.Hour})
		}},
		{name: "mute 21", field: "GroupMuteAddParams.UserIDs", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: userIDs(21), Duration: time.Hour})
		}},
		{name: "unmute in no group", field: "GroupMuteRemoveParams.GroupID", reason: "Group.GlobalMute unmutes", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Mute.Remove(ctx, rongcloud.GroupMuteRemoveParams{UserIDs: []string{"u"}})
		}},
		{name: "list mutes in no group", field: "groupID", reason: "Group.GlobalMute lists", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.Mute.List(ctx, "")
			return err
		}},
		{name: "ban 21", field: "groupIDs", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.MuteAllMembers.Add(ctx, userIDs(21))
		}},
		{name: "bans of no groups", field: "groupIDs", reason: "List returns all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.MuteAllMembers.Check(ctx, nil)
			return err
		}},
		{name: "bans of 21 groups", field: "groupIDs", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Group.MuteAllMembers.Check(ctx, userIDs(21))
			return err
		}},
		{name: "whitelist nobody", field: "GroupMuteAllMembersWhitelistParams.UserIDs", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.MuteAllMembersWhitelist.Add(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g"})
		}},
		{name: "an empty remark", field: "GroupRemarkSetParams.Remark", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Group.Remark.Set(ctx, rongcloud.GroupRemarkSetParams{GroupID: "g", UserID: "u"})
		}},

		{name: "hosted group without owner", field: "HostedGroupCreateParams.OwnerID", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G"})
		}},
		{name: "a permission that is none", field: "HostedGroupPermissions.Join", reason: "is negative", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{
				GroupID: "g", Name: "G", OwnerID: "u", Permissions: rongcloud.HostedGroupPermissions{Join: -1},
			})
		}},
		{name: "import with a permission that is none", field: "HostedGroupPermissions.MemberProfile", reason: "is negative", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Import(ctx, rongcloud.HostedGroupImportParams{
				GroupID: "g", Name: "G", OwnerID: "u", Permissions: rongcloud.HostedGroupPermissions{MemberProfile: -1},
			})
		}},
		{name: "update to a permission that is none", field: "HostedGroupPermissions.Invite", reason: "is negative", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Profile.Update(ctx, rongcloud.HostedGroupProfileUpdateParams{
				GroupID: "g", Permissions: rongcloud.HostedGroupPermissions{Invite: -1},
			})
		}},
		{name: "invite 31", field: "HostedGroupCreateParams.UserIDs", reason: "31 items, at most 30", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "G", OwnerID: "u", UserIDs: userIDs(31)})
		}},
		{name: "profiles of 51", field: "groupIDs", reason: "51 items, at most 50", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.Profile.Get(ctx, userIDs(51))
			return err
		}},
		{name: "join with 101", field: "HostedGroupJoinParams.UserIDs", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: userIDs(101)})
			return err
		}},
		{name: "kick an empty ID", field: "HostedGroupMemberKickParams.UserIDs", reason: "item 1 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Member.Kick(ctx, rongcloud.HostedGroupMemberKickParams{GroupID: "g", UserIDs: []string{""}})
		}},
		{name: "join with a comma", field: "HostedGroupJoinParams.UserIDs", reason: "item 2 contains a comma", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"u", "a,b"}})
			return err
		}},
		{name: "profile of a group with a comma", field: "groupIDs", reason: "item 1 contains a comma", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.Profile.Get(ctx, []string{"a,b"})
			return err
		}},
		{name: "11 managers", field: "HostedGroupManagerParams.UserIDs", reason: "11 items, at most 10", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.HostedGroup.Manager.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: userIDs(11)})
			return err
		}},
		{name: "transfer to nobody", field: "HostedGroupTransferOwnerParams.NewOwnerID", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.TransferOwner(ctx, rongcloud.HostedGroupTransferOwnerParams{GroupID: "g"})
		}},
		{name: "a member without nickname", field: "HostedGroupMemberSetParams.Nickname", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Member.Set(ctx, rongcloud.HostedGroupMemberSetParams{GroupID: "g", UserID: "u", Extra: "x"})
		}},
		{name: "follow 101", field: "HostedGroupFollowParams.MemberIDs", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.Follow.Add(ctx, rongcloud.HostedGroupFollowParams{GroupID: "g", UserID: "u", MemberIDs: userIDs(101)})
		}},
		{name: "an empty remark name", field: "HostedGroupRemarkNameSetParams.RemarkName", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.HostedGroup.RemarkName.Set(ctx, rongcloud.HostedGroupRemarkNameSetParams{GroupID: "g", UserID: "u"})
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
