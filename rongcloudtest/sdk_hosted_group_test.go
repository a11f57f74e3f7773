package rongcloudtest_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// host creates a hosted group.
func host(t *testing.T, client *rongcloud.Client, id, owner string, invited ...string) {
	t.Helper()
	require.NoError(t, client.HostedGroup.Create(context.Background(), rongcloud.HostedGroupCreateParams{
		GroupID: id, Name: "Name of " + id, OwnerID: owner, UserIDs: invited,
	}))
}

// hosted returns a hosted group as its profile shows it.
func hosted(t *testing.T, client *rongcloud.Client, id string) rongcloud.HostedGroup {
	t.Helper()
	found, err := client.HostedGroup.Profile.Get(context.Background(), []string{id})
	require.NoError(t, err)
	require.Len(t, found.Groups, 1)
	return found.Groups[0]
}

// roles lists members with their roles, oldest first.
func roles(t *testing.T, client *rongcloud.Client, id string) string {
	t.Helper()
	var all []string
	query := rongcloud.HostedGroupMemberQuery{GroupID: id, Size: 2, Order: rongcloud.SortOldestFirst}
	for _, m := range collect(t, client.HostedGroup.Member.All(context.Background(), query)) {
		all = append(all, m.UserID+" "+m.Role.String())
	}
	return strings.Join(all, ", ")
}

func TestHostedGroups(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	groups := client.HostedGroup

	require.NoError(t, groups.Create(ctx, rongcloud.HostedGroupCreateParams{
		GroupID: "g", Name: "One", OwnerID: "a", UserIDs: []string{"b", "c", "a"},
		Profile:     rongcloud.HostedGroupProfile{Introduction: "i", PortraitURL: "p"},
		Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinClosed},
		Attributes:  map[string]string{"ext_a": "1"},
	}))
	none := rongcloud.HostedGroupPermissions{
		Join: rongcloud.HostedGroupJoinOwnerVerify, Remove: rongcloud.HostedGroupOwnerOnly,
		Invite: rongcloud.HostedGroupOwnerOnly, InviteConsent: rongcloud.HostedGroupInviteConsentFree,
		Profile: rongcloud.HostedGroupOwnerOnly, MemberProfile: rongcloud.HostedGroupMemberManagersOrSelf,
	}
	want := rongcloud.HostedGroup{
		GroupID: "g", Name: "One", OwnerID: "a", CreatedAt: started.Local(), MemberCount: 3,
		Profile: rongcloud.HostedGroupProfile{Introduction: "i", PortraitURL: "p"}, Permissions: none, Attributes: map[string]string{"ext_a": "1"},
	}
	want.Permissions.Join = rongcloud.HostedGroupJoinClosed
	require.Equal(t, want, hosted(t, client, "g"))
	require.ErrorIs(t, groups.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g", Name: "x", OwnerID: "x"}), rongcloud.CodeGroupExists)

	require.NoError(t, groups.Profile.Update(ctx, rongcloud.HostedGroupProfileUpdateParams{
		GroupID: "g", Name: "Two", Introduction: rongcloud.Ptr(""), Announcement: rongcloud.Ptr("x"),
		Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinOwnerVerify, Invite: rongcloud.HostedGroupEveryone},
		Attributes:  map[string]string{"ext_b": "2"},
	}))
	want.Name, want.Profile = "Two", rongcloud.HostedGroupProfile{Announcement: "x", PortraitURL: "p"}
	want.Permissions.Join, want.Permissions.Invite = none.Join, rongcloud.HostedGroupEveryone
	want.Attributes["ext_b"] = "2"
	require.Equal(t, want, hosted(t, client, "g"))

	srv.Advance(time.Minute)
	joined, err := groups.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"d", "b"}})
	require.NoError(t, err)
	want.MemberCount = 4
	require.Equal(t, &want, joined)
	require.Equal(t, []string{"a", "b", "c", "d"}, members(t, client, "g"))
	found, err := groups.Profile.Get(ctx, []string{"g", "unknown"})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.HostedGroup{want}, found.Groups)

	_, err = client.Message.SendGroup(ctx, rongcloud.GroupMessage{From: "a", To: []string{"g"}, Content: text("hi")})
	require.NoError(t, err)
	require.Len(t, srv.User("d").Inbox(), 1)

	require.NoError(t, groups.Dismiss(ctx, "g"))
	require.ErrorIs(t, groups.Dismiss(ctx, "g"), rongcloud.CodeGroupNotFound)
	require.Empty(t, members(t, client, "g"))
}

func TestHostedGroupNames(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	host(t, client, "g", "a")
	for _, update := range []object{
		{"name": "beside"}, {"groupProfile": `{"name":"inside"}`}, {"groupProfile": `{"name":"inside wins"}`, "name": "x"},
	} {
		params := form("groupId", "g")
		for name, value := range update {
			params.Set(name, value.(string))
		}
		call(t, client, "/entrust/group/profile/update.json", params)
		got := hosted(t, client, "g")
		require.Contains(t, fmt.Sprint(update), got.Name)
		require.NotEqual(t, "x", got.Name)
		require.NotContains(t, fmt.Sprint(call(t, client, "/entrust/group/profile/query.json", form("groupIds", "g"))), `"name"`)
	}
}

func TestImport(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	srv.AddGroup("g", "b", "c")
	imported := rongcloud.HostedGroupImportParams{GroupID: "g", Name: "G", OwnerID: "a", Profile: rongcloud.HostedGroupProfile{Announcement: "n"}}

	_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"d"}})
	require.ErrorIs(t, err, rongcloud.CodeGroupNotFound, "a plain group is not hosted")
	found, err := client.HostedGroup.Profile.Get(ctx, []string{"g"})
	require.NoError(t, err)
	require.Empty(t, found.Groups)
	require.NoError(t, client.HostedGroup.Import(ctx, imported))
	require.Equal(t, "b member, c member, a owner", roles(t, client, "g"))
	require.Equal(t, "n", hosted(t, client, "g").Profile.Announcement)
	require.ErrorIs(t, client.HostedGroup.Import(ctx, imported), rongcloud.CodeGroupExists)
	imported.GroupID = "h"
	require.ErrorIs(t, client.HostedGroup.Import(ctx, imported), rongcloud.CodeGroupNotFound)
	_, err = client.Group.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g", UserIDs: []string{"a", "b"}})
	require.ErrorIs(t, err, rongcloud.CodeGroupOwnerCannotLeave)
	require.Equal(t, []string{"b", "c", "a"}, members(t, client, "g"))
}

func TestRoles(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	managers := client.HostedGroup.Manager
	ids := make([]string, 12)
	for i := range ids {
		ids[i] = fmt.Sprintf("m%02d", i)
	}
	host(t, client, "g", "a", ids...)

	added, err := managers.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"m00", "a", "x", "m01", "y"}})
	require.NoError(t, err)
	require.Equal(t, &rongcloud.HostedGroupManagerResult{NotMemberIDs: []string{"x", "y"}}, added)
	require.Contains(t, roles(t, client, "g"), "a owner, m00 manager, m01 manager, m02 member")
	added, err = managers.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: ids[:10]})
	require.NoError(t, err)
	require.Empty(t, added)
	_, err = managers.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: ids[9:11]})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.NotContains(t, roles(t, client, "g"), "m10 manager")
	require.NoError(t, managers.Remove(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"m01", "m11", "x"}}))
	_, err = managers.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"m11"}})
	require.NoError(t, err)

	by := func(role rongcloud.HostedGroupRole) (found []string) {
		for _, m := range collect(t, client.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g", Role: role, Size: 3})) {
			require.Equal(t, role, m.Role)
			found = append(found, m.UserID)
		}
		return found
	}
	require.Equal(t, []string{"a"}, by(rongcloud.HostedGroupRoleOwner))
	require.Equal(t, []string{"m10", "m01"}, by(rongcloud.HostedGroupRoleMember))
	require.Len(t, by(rongcloud.HostedGroupRoleManager), 10)

	transfer := rongcloud.HostedGroupTransferOwnerParams{GroupID: "g", NewOwnerID: "m00"}
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, transfer))
	require.Contains(t, roles(t, client, "g"), "a member, m00 owner")
	transfer.NewOwnerID = "a"
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, transfer))
	require.Contains(t, roles(t, client, "g"), "a owner, m00 member", "who was a manager before is none after")
	transfer.NewOwnerID = "m00"
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, transfer))
	transfer.NewOwnerID, transfer.Quit = "a", true
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, transfer))
	require.Contains(t, roles(t, client, "g"), "a owner, m01 member")
	require.NotContains(t, roles(t, client, "g"), "m00")
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, transfer), "to oneself")
	require.Contains(t, roles(t, client, "g"), "a owner")
	transfer.NewOwnerID = "stranger"
	require.ErrorIs(t, client.HostedGroup.TransferOwner(ctx, transfer), rongcloud.CodeNotInHostedGroup)
	require.Equal(t, "a", hosted(t, client, "g").OwnerID)
}

// After b and c have left, everything of b is kept, and nothing of c.
func TestHostedQuit(t *testing.T) {
	t.Parallel()
	for _, kick := range []bool{false, true} {
		t.Run(fmt.Sprintf("kick %v", kick), func(t *testing.T) {
			t.Parallel()
			_, client := stopped(t, rongcloudtest.WithStrict())
			ctx := context.Background()
			groups := client.HostedGroup
			host(t, client, "g", "a", "b", "c")
			require.NoError(t, client.Group.Mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g", UserIDs: []string{"a", "b", "c"}, Duration: time.Hour}))
			require.NoError(t, client.Group.MuteAllMembersWhitelist.Add(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"a", "b", "c"}}))
			require.NoError(t, groups.Follow.Add(ctx, rongcloud.HostedGroupFollowParams{GroupID: "g", UserID: "a", MemberIDs: []string{"b", "c"}}))
			left := func() string {
				muted, err := client.Group.Mute.List(ctx, "g")
				require.NoError(t, err)
				white, err := client.Group.MuteAllMembersWhitelist.List(ctx, "g")
				require.NoError(t, err)
				followed, err := groups.Follow.List(ctx, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "a"})
				require.NoError(t, err)
				var ids []string
				for _, m := range muted.Users {
					ids = append(ids, m.UserID)
				}
				ids = append(append(ids, "|"), append(white.UserIDs, "|")...)
				for _, f := range followed.Members {
					ids = append(ids, f.UserID)
				}
				return strings.Join(ids, " ")
			}
			quit := func(params rongcloud.HostedGroupQuitParams) error {
				if kick {
					return groups.Member.Kick(ctx, rongcloud.HostedGroupMemberKickParams(params))
				}
				return groups.Quit(ctx, params)
			}
			require.ErrorIs(t, quit(rongcloud.HostedGroupQuitParams{GroupID: "g", UserIDs: []string{"b", "a"}}), rongcloud.CodeGroupOwnerCannotLeave)
			require.Equal(t, []string{"a", "b", "c"}, members(t, client, "g"))
			no := rongcloud.Ptr(false)
			require.NoError(t, quit(rongcloud.HostedGroupQuitParams{
				GroupID: "g", UserIDs: []string{"b", "x"}, DeleteMute: no, DeleteWhitelist: no, DeleteFollows: no,
			}))
			require.Equal(t, "a b c | a b c | b c", left())
			require.NoError(t, quit(rongcloud.HostedGroupQuitParams{GroupID: "g", UserIDs: []string{"c"}}))
			require.Equal(t, "a b | a b | b", left())
			require.Equal(t, []string{"a"}, members(t, client, "g"))
		})
	}
}

func TestKickFromAllGroups(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	host(t, client, "g", "a", "b")
	host(t, client, "h", "a", "b")
	host(t, client, "own", "b", "a")
	srv.AddGroup("plain", "a", "b")
	require.NoError(t, client.Group.MuteAllMembersWhitelist.Add(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"b"}}))
	require.NoError(t, client.HostedGroup.Member.KickFromAllGroups(ctx, "b"))
	require.Equal(t, []string{"a"}, members(t, client, "g"))
	require.Equal(t, []string{"a"}, members(t, client, "h"))
	require.Equal(t, []string{"b", "a"}, members(t, client, "own"))
	require.Equal(t, []string{"a", "b"}, members(t, client, "plain"))
	white, err := client.Group.MuteAllMembersWhitelist.List(ctx, "g")
	require.NoError(t, err)
	require.Empty(t, white.UserIDs)
}

func TestHostedMembers(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	member := client.HostedGroup.Member
	host(t, client, "g", "a")
	srv.Advance(time.Minute)
	_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"b", "c"}})
	require.NoError(t, err)

	require.NoError(t, member.Set(ctx, rongcloud.HostedGroupMemberSetParams{GroupID: "g", UserID: "b", Nickname: "Bea", Extra: "x"}))
	require.NoError(t, member.Set(ctx, rongcloud.HostedGroupMemberSetParams{GroupID: "g", UserID: "b", Nickname: "Ben"}))
	require.ErrorIs(t, member.Set(ctx, rongcloud.HostedGroupMemberSetParams{GroupID: "g", UserID: "x", Nickname: "X"}), rongcloud.CodeNotInHostedGroup)
	found, err := member.Get(ctx, rongcloud.HostedGroupMemberGetQuery{GroupID: "g", UserIDs: []string{"b", "x", "a"}})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.HostedGroupMember{
		{UserID: "b", Nickname: "Ben", Role: rongcloud.HostedGroupRoleMember, JoinedAt: started.Add(time.Minute).Local(), Extra: "x"},
		{UserID: "a", Role: rongcloud.HostedGroupRoleOwner, JoinedAt: started.Local()},
	}, found.Members)

	page, err := member.List(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g", Size: 2})
	require.NoError(t, err)
	require.Equal(t, 3, page.Total)
	require.Equal(t, "c", page.Members[0].UserID)
	require.Equal(t, "b", page.Members[1].UserID)
	// The next page continues at the right place, though somebody joined and the last one shown
	// has left.
	_, err = client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"d"}})
	require.NoError(t, err)
	require.NoError(t, member.Kick(ctx, rongcloud.HostedGroupMemberKickParams{GroupID: "g", UserIDs: []string{"b"}}))
	page, err = member.List(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g", Size: 2, PageToken: page.NextPageToken})
	require.NoError(t, err)
	require.Len(t, page.Members, 1)
	require.Equal(t, "a", page.Members[0].UserID)
	require.Empty(t, page.NextPageToken)
	require.Equal(t, "a owner, c member, d member", roles(t, client, "g"))

	for _, token := range []string{"x", "test-page-", "test-page-x", "7"} {
		_, err = member.List(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g", PageToken: token})
		require.ErrorIs(t, err, rongcloud.CodeInvalidParameter, token)
	}
	last, err := member.List(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g", PageToken: "test-page-0"})
	require.NoError(t, err)
	require.Empty(t, last.Members)
}

func TestFollows(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	follow := client.HostedGroup.Follow
	host(t, client, "g", "a", "b", "c")
	params := func(user string, ids ...string) rongcloud.HostedGroupFollowParams {
		return rongcloud.HostedGroupFollowParams{GroupID: "g", UserID: user, MemberIDs: ids}
	}
	require.NoError(t, follow.Add(ctx, params("a", "b")))
	srv.Advance(time.Minute)
	require.NoError(t, follow.Add(ctx, params("a", "b", "c")))
	found, err := follow.List(ctx, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "a"})
	require.NoError(t, err)
	require.Equal(t, &rongcloud.HostedGroupFollows{GroupID: "g", UserID: "a", Members: []rongcloud.HostedGroupFollow{
		{UserID: "b", FollowedAt: started.Local()}, {UserID: "c", FollowedAt: started.Add(time.Minute).Local()},
	}}, found)
	require.ErrorIs(t, follow.Add(ctx, params("a", "x")), rongcloud.CodeNotInHostedGroup)
	require.ErrorIs(t, follow.Add(ctx, params("x", "a")), rongcloud.CodeNotInHostedGroup)
	require.NoError(t, follow.Remove(ctx, params("a", "b", "x")))
	found, err = follow.List(ctx, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "a"})
	require.NoError(t, err)
	require.Len(t, found.Members, 1)
	found, err = follow.List(ctx, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "b"})
	require.NoError(t, err)
	require.Empty(t, found.Members)
}

func TestRemarkNames(t *testing.T) {
	t.Parallel()
	_, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	names := client.HostedGroup.RemarkName
	host(t, client, "g", "a", "b")
	name := func(user string) string {
		t.Helper()
		found, err := names.Get(ctx, rongcloud.HostedGroupRemarkNameQuery{GroupID: "g", UserID: user})
		require.NoError(t, err)
		return found
	}
	require.Empty(t, name("b"))
	require.NoError(t, names.Set(ctx, rongcloud.HostedGroupRemarkNameSetParams{GroupID: "g", UserID: "b", RemarkName: "My group"}))
	require.ErrorIs(t, names.Set(ctx, rongcloud.HostedGroupRemarkNameSetParams{GroupID: "g", UserID: "x", RemarkName: "x"}), rongcloud.CodeNotInHostedGroup)
	require.Equal(t, "My group", name("b"))
	require.Empty(t, name("a"))
	joined := collect(t, client.HostedGroup.Joined.All(ctx, rongcloud.HostedGroupJoinedQuery{UserID: "b"}))
	require.Equal(t, "My group", joined[0].RemarkName)
	require.NoError(t, names.Delete(ctx, rongcloud.HostedGroupRemarkNameDeleteParams{GroupID: "g", UserID: "b"}))
	require.Empty(t, name("b"))
}

func TestHostedLists(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	oldest := rongcloud.SortOldestFirst
	srv.AddGroup("plain", "a")
	for i := range 5 {
		host(t, client, fmt.Sprintf("g%d", i), "owner", "b")
		srv.Advance(time.Minute)
	}
	for _, i := range []string{"g3", "g1"} {
		_, err := client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: i, UserIDs: []string{"a"}})
		require.NoError(t, err)
	}
	host(t, client, "mine", "a")
	_, err := client.HostedGroup.Manager.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g3", UserIDs: []string{"a"}})
	require.NoError(t, err)

	all := func(query rongcloud.HostedGroupQuery) string {
		t.Helper()
		var ids []string
		for _, g := range collect(t, client.HostedGroup.All(ctx, query)) {
			ids = append(ids, g.GroupID)
		}
		return strings.Join(ids, " ")
	}
	for size := range 7 {
		require.Equal(t, "mine g4 g3 g2 g1 g0", all(rongcloud.HostedGroupQuery{Size: size}))
		require.Equal(t, "g0 g1 g2 g3 g4 mine", all(rongcloud.HostedGroupQuery{Size: size, Order: oldest}))
	}
	first, err := client.HostedGroup.List(ctx, rongcloud.HostedGroupQuery{Size: 1, Order: oldest})
	require.NoError(t, err)
	require.NoError(t, client.HostedGroup.TransferOwner(ctx, rongcloud.HostedGroupTransferOwnerParams{GroupID: "g0", NewOwnerID: "b"}))
	require.Equal(t, rongcloud.HostedGroup{GroupID: "g0", Name: "Name of g0", OwnerID: "owner", CreatorID: "owner", CreatedAt: started.Local()}, first.Groups[0])
	first, err = client.HostedGroup.List(ctx, rongcloud.HostedGroupQuery{Size: 1, Order: oldest})
	require.NoError(t, err)
	require.Equal(t, "b", first.Groups[0].OwnerID)
	require.Equal(t, "owner", first.Groups[0].CreatorID)

	joined := func(query rongcloud.HostedGroupJoinedQuery) string {
		t.Helper()
		query.UserID = "a"
		var ids []string
		for _, g := range collect(t, client.HostedGroup.Joined.All(ctx, query)) {
			ids = append(ids, g.GroupID+" "+g.Role.String())
		}
		return strings.Join(ids, ", ")
	}
	for size := range 4 {
		require.Equal(t, "mine owner, g1 member, g3 manager", joined(rongcloud.HostedGroupJoinedQuery{Size: size}))
		require.Equal(t, "g3 manager, g1 member, mine owner", joined(rongcloud.HostedGroupJoinedQuery{Size: size, Order: oldest}))
	}
	require.Equal(t, "g3 manager", joined(rongcloud.HostedGroupJoinedQuery{Role: rongcloud.HostedGroupRoleManager}))
	page, err := client.HostedGroup.Joined.List(ctx, rongcloud.HostedGroupJoinedQuery{UserID: "a", Size: 1})
	require.NoError(t, err)
	require.Equal(t, 3, page.Total)
	one := page.Groups[0]
	require.Equal(t, "Name of mine", one.Name)
	require.Equal(t, 1, one.MemberCount)
	require.True(t, one.JoinedAt.Equal(started.Add(5*time.Minute)))
	require.True(t, one.CreatedAt.Equal(started.Add(5*time.Minute)))
}

func TestHostedRefusals(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	host(t, client, "g", "a")
	create := func(param, value string) *rongcloud.Error {
		return refused(t, client, "/entrust/group/create.json", form("groupId", "h", "name", "H", "owner", "a", param, value))
	}
	for _, test := range []struct {
		param, value string
		code         rongcloud.Code
	}{
		{"groupProfile", `[]`, rongcloud.CodeInvalidParameter},
		{"groupProfile", `{"introduction":1}`, rongcloud.CodeInvalidParameter},
		{"groupProfile", `{"introduction":"` + strings.Repeat("é", 513) + `"}`, rongcloud.CodeParameterTooLong},
		{"permissions", `{"joinPerm":"1"}`, rongcloud.CodeInvalidParameter},
		{"permissions", `{"joinPerm":4}`, rongcloud.CodeInvalidParameter},
		{"permissions", `{"invitePerm":-1}`, rongcloud.CodeInvalidParameter},
		{"permissions", `{"invitePerm":0.5}`, rongcloud.CodeInvalidParameter},
		{"groupExtProfile", `{"a":"1"}`, rongcloud.CodeInvalidParameter},
		{"groupExtProfile", `{"ext_a":1}`, rongcloud.CodeInvalidParameter},
		{"groupExtProfile", `{"ext_a":"` + strings.Repeat("x", 257) + `"}`, rongcloud.CodeParameterTooLong},
		{"groupExtProfile", `{"ext_1":"","ext_2":"","ext_3":"","ext_4":"","ext_5":"","ext_6":"","ext_7":"","ext_8":"","ext_9":"","ext_10":"","ext_11":""}`,
			rongcloud.CodeInvalidParameter},
	} {
		failure := create(test.param, test.value)
		require.Equal(t, test.code, failure.Code, test.value)
		require.Contains(t, failure.Message, test.param)
	}
	require.Empty(t, members(t, client, "h"), "a refused call creates nothing")
	err := client.HostedGroup.Profile.Update(context.Background(), rongcloud.HostedGroupProfileUpdateParams{
		GroupID: "g", Name: "New", Attributes: map[string]string{"bare": "1"},
	})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.Equal(t, "Name of g", hosted(t, client, "g").Name, "a refused call changes nothing")
	call(t, client, "/entrust/group/profile/update.json", form("groupId", "g", "groupProfile", `{"new":"x"}`, "permissions", `{"newPerm":9}`))

	_, strict := stopped(t, rongcloudtest.WithStrict())
	host(t, strict, "g", "a")
	for _, pair := range [][2]string{{"groupProfile", `{"new":"x"}`}, {"permissions", `{"newPerm":1}`}} {
		failure := refused(t, strict, "/entrust/group/profile/update.json", form("groupId", "g", pair[0], pair[1]))
		require.Contains(t, failure.Message, "strict")
	}
}

// Lists are joined by commas; some samples of RongCloud's repeat the field instead.
func TestJoinedByCommas(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	host(t, client, "g", "a")
	host(t, client, "h", "a")
	call(t, client, "/entrust/group/join.json", form("groupId", "g", "userIds", "b,c"))
	call(t, client, "/entrust/group/join.json", form("groupId", "g", "userIds", "d", "userIds", "e,f"))
	require.Equal(t, []string{"a", "b", "c", "d", "e", "f"}, members(t, client, "g"))
	require.Len(t, call(t, client, "/entrust/group/profile/query.json", form("groupIds", "g,h"))["profiles"], 2)
}

// The list has the picture's address twice: inside the profile, as documented, and next to it,
// where the official Go and Java SDKs read it.
func TestHostedGroupPictures(t *testing.T) {
	t.Parallel()
	_, client := stopped(t)
	register(t, client, "a")
	call(t, client, "/entrust/group/create.json", form("groupId", "g", "name", "G", "owner", "a",
		"groupProfile", `{"introduction":"x","portraitUrl":"https://example.com/g.png"}`))
	call(t, client, "/entrust/group/create.json", form("groupId", "h", "name", "H", "owner", "a"))
	pictures := map[string]any{}
	for _, one := range call(t, client, "/entrust/group/query.json", form("size", "10"))["groups"].([]any) {
		g := one.(object)
		pictures[g["groupId"].(string)] = g["portraitUrl"]
		if g["groupId"] == "g" {
			require.JSONEq(t, `{"introduction":"x","portraitUrl":"https://example.com/g.png"}`, g["groupProfile"].(string))
		}
	}
	require.Equal(t, map[string]any{"g": "https://example.com/g.png", "h": ""}, pictures)
}
