package rongcloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// TestGroupDecodes decodes, for each result type, what RongCloud documents and the variants in its
// pages and SDKs.
func TestGroupDecodes(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	create := func(x ctx, c client) (any, error) {
		return c.Group.Create(x, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"u"}})
	}
	members := func(x ctx, c client) (any, error) { return c.Group.ListMembers(x, "g") }
	groups := func(x ctx, c client) (any, error) {
		return c.Group.ListByUser(x, rongcloud.GroupByUserQuery{UserID: "u"})
	}
	unpaged := func(x ctx, c client) (any, error) { return c.Group.ListByUserUnpaged(x, "u") }
	mutes := func(x ctx, c client) (any, error) { return c.Group.Mute.List(x, "g") }
	bans := func(x ctx, c client) (any, error) {
		return c.Group.MuteAllMembers.List(x, rongcloud.GroupMuteAllMembersQuery{})
	}
	states := func(x ctx, c client) (any, error) { return c.Group.MuteAllMembers.Check(x, []string{"g", "h"}) }
	whitelist := func(x ctx, c client) (any, error) { return c.Group.MuteAllMembersWhitelist.List(x, "g") }
	remark := func(x ctx, c client) (any, error) {
		return c.Group.Remark.Get(x, rongcloud.GroupRemarkQuery{GroupID: "g", UserID: "u"})
	}
	profiles := func(x ctx, c client) (any, error) { return c.HostedGroup.Profile.Get(x, []string{"g"}) }
	join := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Join(x, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"u"}})
	}
	hosted := func(x ctx, c client) (any, error) { return c.HostedGroup.List(x, rongcloud.HostedGroupQuery{}) }
	joined := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Joined.List(x, rongcloud.HostedGroupJoinedQuery{UserID: "u"})
	}
	managers := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Manager.Add(x, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"u"}})
	}
	memberPage := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Member.List(x, rongcloud.HostedGroupMemberQuery{GroupID: "g"})
	}
	someMembers := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Member.Get(x, rongcloud.HostedGroupMemberGetQuery{GroupID: "g", UserIDs: []string{"u"}})
	}
	follows := func(x ctx, c client) (any, error) {
		return c.HostedGroup.Follow.List(x, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "u"})
	}
	remarkName := func(x ctx, c client) (any, error) {
		return c.HostedGroup.RemarkName.Get(x, rongcloud.HostedGroupRemarkNameQuery{GroupID: "g", UserID: "u"})
	}

	permissions := rongcloud.HostedGroupPermissions{
		Join: rongcloud.HostedGroupJoinClosed, Remove: rongcloud.HostedGroupOwnerOnly, Invite: rongcloud.HostedGroupEveryone,
		InviteConsent: rongcloud.HostedGroupInviteConsentVerify, Profile: rongcloud.HostedGroupOwnerOrManager,
		MemberProfile: rongcloud.HostedGroupMemberSelfOnly,
	}
	profile := rongcloud.HostedGroupProfile{Introduction: "i", Announcement: "a", PortraitURL: "p"}
	group := rongcloud.HostedGroup{
		GroupID: "g", Name: "G", OwnerID: "o", CreatedAt: time.UnixMilli(7), MemberCount: 3,
		Profile: profile, Permissions: permissions, Attributes: map[string]string{"ext_a": "1"},
	}
	const texts = `"groupProfile":"{\"introduction\":\"i\",\"announcement\":\"a\",\"portraitUrl\":\"p\"}","groupExtProfile":"{\"ext_a\":\"1\"}",` +
		`"permissions":"{\"joinPerm\":3,\"removePerm\":0,\"memInvitePerm\":2,\"invitePerm\":1,\"profilePerm\":1,\"memProfilePerm\":2}",`
	const objects = `"groupProfile":{"introduction":"i","announcement":"a","portraitUrl":"p"},"groupExtProfile":{"ext_a":1},` +
		`"permissions":{"joinPerm":"3","removePerm":"0","memInvitePerm":"2","invitePerm":1,"profilePerm":1,"memProfilePerm":2},`
	const rest = `"owner":"o","createTime":7,"memberCount":3`
	member := rongcloud.HostedGroupMember{UserID: "u", Nickname: "n", Role: rongcloud.HostedGroupRoleManager, JoinedAt: time.UnixMilli(7), Extra: "x"}

	tests := []struct {
		name, path string
		call       func(ctx, client) (any, error)
		response   string // what follows the code
		want       any
	}{
		{"created", "group/create", create, `,"messageUID":"m","memberCount":2`, &rongcloud.GroupResult{MessageUID: "m", MemberCount: 2}},
		{"created, code only", "group/create", create, ``, &rongcloud.GroupResult{}},
		{"created, count as text", "group/create", create, `,"memberCount":"2"`, &rongcloud.GroupResult{MemberCount: 2}},
		{"members", "group/user/query", members, `,"users":[{"id":"u1"},{"id":"u2"}]`, &rongcloud.GroupMembers{UserIDs: []string{"u1", "u2"}}},
		{"members as texts", "group/user/query", members, `,"users":["u1","u2"]`, &rongcloud.GroupMembers{UserIDs: []string{"u1", "u2"}}},
		{"members as numbers", "group/user/query", members, `,"users":[{"id":1},2,{},null]`, &rongcloud.GroupMembers{UserIDs: []string{"1", "2"}}},
		{"one member", "group/user/query", members, `,"users":{"id":"u1"}`, &rongcloud.GroupMembers{UserIDs: []string{"u1"}}},
		{"no members", "group/user/query", members, ``, &rongcloud.GroupMembers{UserIDs: []string{}}},
		{"groups", "user/group/query", groups, `,"groups":[{"name":"G","id":"g"}]`, &rongcloud.GroupPage{Groups: []rongcloud.Group{{GroupID: "g", Name: "G"}}}},
		{"groups of numbers", "user/group/query", groups, `,"groups":[{"name":null,"id":7}]`, &rongcloud.GroupPage{Groups: []rongcloud.Group{{GroupID: "7"}}}},
		{"groups at once", "user/group/query", unpaged, `,"groups":[{"name":"G","id":"g"}]`, &rongcloud.Groups{Groups: []rongcloud.Group{{GroupID: "g", Name: "G"}}}},
		{"no groups", "user/group/query", groups, `,"groups":null`, &rongcloud.GroupPage{}},

		{
			"mutes", "group/user/gag/list", mutes, `,"users":[{"userId":"u","time":"2024-05-01 12:30:00","startTime":"2024-05-01 12:30:00"}]`,
			&rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u", StartedAt: noon, EndsAt: noon}}},
		},
		{
			"mutes without start", "group/user/gag/list", mutes, `,"users":[{"userId":"u","time":"2024-05-01 12:30:00"}]`,
			&rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u", EndsAt: noon}}},
		},
		{"mutes without end", "group/user/gag/list", mutes, `,"users":[{"userId":"u","time":""},{"userId":"v","time":"0"},{"userId":"w","time":null}]`,
			&rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u"}, {UserID: "v"}, {UserID: "w"}}}},
		{"no mutes", "group/user/gag/list", mutes, `,"users":[]`, &rongcloud.GroupMutes{Users: []rongcloud.GroupMute{}}},
		{
			"states", "group/ban/query", states, `,"groupinfo":[{"groupId":"g","stat":1},{"groupId":"h","stat":0}]`,
			&rongcloud.GroupMuteAllMembersStates{Groups: []rongcloud.GroupMuteAllMembersState{{GroupID: "g", Muted: true}, {GroupID: "h"}}},
		},
		{
			"states as texts", "group/ban/query", states, `,"groupInfo":[{"groupId":"g","stat":"1"},{"groupId":"h","stat":"0"}]`,
			&rongcloud.GroupMuteAllMembersStates{Groups: []rongcloud.GroupMuteAllMembersState{{GroupID: "g", Muted: true}, {GroupID: "h"}}},
		},
		{"no states", "group/ban/query", states, ``, &rongcloud.GroupMuteAllMembersStates{}},
		{"bans", "group/ban/query", bans, `,"groupinfo":[{"groupId":"g","stat":1},{"groupId":7}]`, &rongcloud.GroupMuteAllMembersPage{GroupIDs: []string{"g", "7"}}},
		{"no bans", "group/ban/query", bans, ``, &rongcloud.GroupMuteAllMembersPage{}},
		{"whitelist", "group/user/ban/whitelist/query", whitelist, `,"userIds":["u","v"]`, &rongcloud.GroupMuteAllMembersWhitelist{UserIDs: []string{"u", "v"}}},
		{"whitelist in lower case", "group/user/ban/whitelist/query", whitelist, `,"userids":[7]`, &rongcloud.GroupMuteAllMembersWhitelist{UserIDs: []string{"7"}}},
		{"no whitelist", "group/user/ban/whitelist/query", whitelist, ``, &rongcloud.GroupMuteAllMembersWhitelist{}},
		{"remark", "group/remarks/get", remark, `,"remark":"Ann"`, "Ann"},
		{"no remark", "group/remarks/get", remark, `,"remark":null`, ""},

		{"profiles", "entrust/group/profile/query", profiles, `,"profiles":[{"groupId":"g","groupName":"G",` + texts + rest + `}]`,
			&rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{group}}},
		{"profiles with name, as objects", "entrust/group/profile/query", profiles, `,"profiles":[{"groupId":"g","name":"G","remarkName":"x",` + objects + rest + `}]`,
			&rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{group}}},
		{"empty profiles", "entrust/group/profile/query", profiles, `,"profiles":[{"groupId":"g","groupProfile":"","permissions":null,"groupExtProfile":""}]`,
			&rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{{GroupID: "g", Attributes: map[string]string{}}}}},
		{"unknown permission", "entrust/group/profile/query", profiles, `,"profiles":[{"permissions":"{\"joinPerm\":9,\"new\":1}"}]`,
			&rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{{Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinPermission(10)}}}}},
		{"joined a group", "entrust/group/join", join, `,"groupId":"g","name":"G",` + texts + rest, &group},
		{"joined, code only", "entrust/group/join", join, ``, &rongcloud.HostedGroup{}},
		{"hosted groups", "entrust/group/query", hosted,
			`,"pageToken":"t","groups":[{"groupId":"g","name":"G","owner":"o","creator":"c","groupProfile":"{\"portraitUrl\":\"p\",\"introduction\":\"i\"}","time":7}]`,
			&rongcloud.HostedGroupPage{NextPageToken: "t", Groups: []rongcloud.HostedGroup{{
				GroupID: "g", Name: "G", OwnerID: "o", CreatorID: "c", CreatedAt: time.UnixMilli(7), Profile: rongcloud.HostedGroupProfile{Introduction: "i", PortraitURL: "p"},
			}}}},
		{"hosted groups with an avatar beside", "entrust/group/query", hosted, `,"groups":[{"groupId":"g","portraitUrl":"p","time":"7"}]`,
			&rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{{
				GroupID: "g", CreatedAt: time.UnixMilli(7), Profile: rongcloud.HostedGroupProfile{PortraitURL: "p"},
			}}}},
		{"hosted groups with two avatars", "entrust/group/query", hosted, `,"groups":[{"portraitUrl":"q","groupProfile":{"portraitUrl":"p"}}]`,
			&rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{{Profile: rongcloud.HostedGroupProfile{PortraitURL: "p"}}}}},
		{"no hosted groups", "entrust/group/query", hosted, `,"pageToken":""`, &rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{}}},
		{"joined groups", "entrust/joined/group/query", joined,
			`,"totalCount":9,"pageToken":"t","groups":[{"groupId":"g","name":"G","remarkName":"r",` + texts + `"owner":"o","createTime":7,"joinTime":8,"role":1,"count":3}]`,
			&rongcloud.HostedGroupJoinedPage{Total: 9, NextPageToken: "t", Groups: []rongcloud.JoinedHostedGroup{{
				HostedGroup: group, RemarkName: "r", Role: rongcloud.HostedGroupRoleMember, JoinedAt: time.UnixMilli(8),
			}}}},
		{"joined groups without total", "entrust/joined/group/query", joined, `,"groups":[{"groupId":"g","role":"3","memberCount":"3"}]`,
			&rongcloud.HostedGroupJoinedPage{Groups: []rongcloud.JoinedHostedGroup{{HostedGroup: rongcloud.HostedGroup{GroupID: "g", MemberCount: 3}, Role: rongcloud.HostedGroupRoleOwner}}}},

		{"managers", "entrust/group/manager/add", managers, `,"userIds":["x"],"managerCount":9`, &rongcloud.HostedGroupManagerResult{NotMemberIDs: []string{"x"}, ManagerCount: 9}},
		{"managers, code only", "entrust/group/manager/add", managers, ``, &rongcloud.HostedGroupManagerResult{}},
		{"member page", "entrust/group/member/query", memberPage,
			`,"totalCount":4,"pageToken":"t","members":[{"userId":"u","nickname":"n","role":2,"time":7,"extra":"x"}]`,
			&rongcloud.HostedGroupMemberPage{Total: 4, NextPageToken: "t", Members: []rongcloud.HostedGroupMember{member}}},
		{"member page of texts", "entrust/group/member/query", memberPage, `,"members":[{"userId":"u","nickname":"n","role":"2","time":"7","extra":"x"},{"role":9}]`,
			&rongcloud.HostedGroupMemberPage{Members: []rongcloud.HostedGroupMember{member, {Role: 9}}}},
		{"members by ID", "entrust/group/member/specific/query", someMembers, `,"members":[{"userId":"u","nickname":"n","role":"2","time":7,"extra":"x"}]`,
			&rongcloud.HostedGroupMembers{Members: []rongcloud.HostedGroupMember{member}}},
		{"follows", "entrust/group/member/followed/get", follows, `,"userId":"u","groupId":"g","members":[{"userId":"v","timestamp":7}]`,
			&rongcloud.HostedGroupFollows{GroupID: "g", UserID: "u", Members: []rongcloud.HostedGroupFollow{{UserID: "v", FollowedAt: time.UnixMilli(7)}}}},
		{"follows by the other name", "entrust/group/member/followed/get", follows, `,"followedMembers":[{"userId":"v","timestamp":"7"}]`,
			&rongcloud.HostedGroupFollows{Members: []rongcloud.HostedGroupFollow{{UserID: "v", FollowedAt: time.UnixMilli(7)}}}},
		{"remark name", "entrust/group/remarkname/query", remarkName, `,"remarkName":"r"`, "r"},
		{"no remark name", "entrust/group/remarkname/query", remarkName, ``, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := "/" + test.path + ".json"
			client := mockPath(t, path, func(string) (int, string) { return 200, `{"code":200` + test.response + `}` })
			got, err := test.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, test.want, got)

			failing := mockPath(t, path, func(string) (int, string) { return 200, `{"code":25410}` })
			_, err = test.call(t.Context(), failing)
			require.ErrorIs(t, err, rongcloud.CodeGroupNotFound)
			var failure *rongcloud.Error
			require.ErrorAs(t, err, &failure)
			require.Equal(t, "POST "+path, failure.Endpoint.String())
		})
	}
}

func TestGroupWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"any": rongcloud.HostedGroupRoleAny, "member": rongcloud.HostedGroupRoleMember, "manager": rongcloud.HostedGroupRoleManager,
		"owner": rongcloud.HostedGroupRoleOwner, "HostedGroupRole(4)": rongcloud.HostedGroupRole(4),
		"owner agrees": rongcloud.HostedGroupJoinOwnerVerify, "free": rongcloud.HostedGroupJoinFree, "owner or manager agrees": rongcloud.HostedGroupJoinManagerVerify,
		"closed": rongcloud.HostedGroupJoinClosed, "HostedGroupJoinPermission(5)": rongcloud.HostedGroupJoinPermission(5),
		"owner or manager": rongcloud.HostedGroupOwnerOrManager, "everyone": rongcloud.HostedGroupEveryone, "HostedGroupPermission(4)": rongcloud.HostedGroupPermission(4),
		"invited user agrees": rongcloud.HostedGroupInviteConsentVerify, "HostedGroupInviteConsent(3)": rongcloud.HostedGroupInviteConsent(3),
		"owner, manager or the member": rongcloud.HostedGroupMemberManagersOrSelf, "owner or the member": rongcloud.HostedGroupMemberOwnerOrSelf,
		"the member": rongcloud.HostedGroupMemberSelfOnly, "HostedGroupMemberPermission(0)": rongcloud.HostedGroupMemberPermission(0),
	} {
		require.Equal(t, want, value.String())
	}
	require.Equal(t, "owner", rongcloud.HostedGroupOwnerOnly.String())
	require.Equal(t, "free", rongcloud.HostedGroupInviteConsentFree.String())
}

// FuzzGroupMembers checks that an odd item is a member, nothing, or an error that says where, and
// that nothing panics.
func FuzzGroupMembers(f *testing.F) {
	for _, seed := range []string{`"u"`, `{"id":"u"}`, `{"id":7}`, `7`, `null`, `{}`, `[]`, `[["u"]]`, `true`, `{"id":{"id":1}}`, `{"id":null}`, `{"name":"u"}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, item string) {
		client := mockPath(t, "/group/user/query.json", func(string) (int, string) {
			return 200, `{"code":200,"users":[{"id":"first"},` + item + `,"last"]}`
		})
		members, err := client.Group.ListMembers(t.Context(), "g")
		var value any
		if json.Unmarshal([]byte(item), &value) != nil {
			return // whether or not it is a response
		}
		object, isObject := value.(map[string]any)
		_, isList := value.([]any)
		switch {
		case err != nil:
			require.True(t, isObject || isList, item)
			require.ErrorContains(t, err, "users: item 2: ")
		case value == nil || isObject && len(object) == 0:
			require.Equal(t, []string{"first", "last"}, members.UserIDs)
		default:
			require.Len(t, members.UserIDs, 3)
			require.Equal(t, "first", members.UserIDs[0])
			require.Equal(t, "last", members.UserIDs[2])
		}
	})
}
