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
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	create := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.Create(ctx, rongcloud.GroupCreateParams{GroupID: "g", Name: "G", UserIDs: []string{"u"}})
	}
	members := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.ListMembers(ctx, "g")
	}
	groups := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.ListByUser(ctx, rongcloud.GroupByUserQuery{UserID: "u"})
	}
	unpaged := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.ListByUserUnpaged(ctx, "u")
	}
	mutes := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.Mute.List(ctx, "g")
	}
	bans := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.MuteAllMembers.List(ctx, rongcloud.GroupMuteAllMembersQuery{})
	}
	states := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.MuteAllMembers.Check(ctx, []string{"g", "h"})
	}
	whitelist := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.MuteAllMembersWhitelist.List(ctx, "g")
	}
	remark := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Group.Remark.Get(ctx, rongcloud.GroupRemarkQuery{GroupID: "g", UserID: "u"})
	}
	profiles := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Profile.Get(ctx, []string{"g"})
	}
	join := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: "g", UserIDs: []string{"u"}})
	}
	hosted := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.List(ctx, rongcloud.HostedGroupQuery{})
	}
	joined := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Joined.List(ctx, rongcloud.HostedGroupJoinedQuery{UserID: "u"})
	}
	managers := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Manager.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g", UserIDs: []string{"u"}})
	}
	memberPage := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Member.List(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g"})
	}
	someMembers := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Member.Get(ctx, rongcloud.HostedGroupMemberGetQuery{GroupID: "g", UserIDs: []string{"u"}})
	}
	follows := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.Follow.List(ctx, rongcloud.HostedGroupFollowQuery{GroupID: "g", UserID: "u"})
	}
	remarkName := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.HostedGroup.RemarkName.Get(ctx, rongcloud.HostedGroupRemarkNameQuery{GroupID: "g", UserID: "u"})
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
		call       func(context.Context, *rongcloud.Client) (any, error)
		response   string // what follows the code
		want       any
	}{
		{
			name: "created", path: "group/create", call: create, response: `,"messageUID":"m","memberCount":2`,
			want: &rongcloud.GroupResult{MessageUID: "m", MemberCount: 2},
		},
		{name: "created, code only", path: "group/create", call: create, response: ``, want: &rongcloud.GroupResult{}},
		{
			name: "created, count as text", path: "group/create", call: create, response: `,"memberCount":"2"`,
			want: &rongcloud.GroupResult{MemberCount: 2},
		},
		{
			name: "members", path: "group/user/query", call: members, response: `,"users":[{"id":"u1"},{"id":"u2"}]`,
			want: &rongcloud.GroupMembers{UserIDs: []string{"u1", "u2"}},
		},
		{
			name: "members as texts", path: "group/user/query", call: members, response: `,"users":["u1","u2"]`,
			want: &rongcloud.GroupMembers{UserIDs: []string{"u1", "u2"}},
		},
		{
			name: "members as numbers", path: "group/user/query", call: members, response: `,"users":[{"id":1},2,{},null]`,
			want: &rongcloud.GroupMembers{UserIDs: []string{"1", "2"}},
		},
		{
			name: "one member", path: "group/user/query", call: members, response: `,"users":{"id":"u1"}`,
			want: &rongcloud.GroupMembers{UserIDs: []string{"u1"}},
		},
		{name: "no members", path: "group/user/query", call: members, response: ``, want: &rongcloud.GroupMembers{UserIDs: []string{}}},
		{
			name: "groups", path: "user/group/query", call: groups, response: `,"groups":[{"name":"G","id":"g"}]`,
			want: &rongcloud.GroupPage{Groups: []rongcloud.Group{{GroupID: "g", Name: "G"}}},
		},
		{
			name: "groups of numbers", path: "user/group/query", call: groups, response: `,"groups":[{"name":null,"id":7}]`,
			want: &rongcloud.GroupPage{Groups: []rongcloud.Group{{GroupID: "7"}}},
		},
		{
			name: "groups at once", path: "user/group/query", call: unpaged, response: `,"groups":[{"name":"G","id":"g"}]`,
			want: &rongcloud.Groups{Groups: []rongcloud.Group{{GroupID: "g", Name: "G"}}},
		},
		{name: "no groups", path: "user/group/query", call: groups, response: `,"groups":null`, want: &rongcloud.GroupPage{}},

		{
			name: "mutes", path: "group/user/gag/list", call: mutes, response: `,"users":[{"userId":"u","time":"2024-05-01 12:30:00","startTime":"2024-05-01 12:30:00"}]`,
			want: &rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u", StartedAt: noon, EndsAt: noon}}},
		},
		{
			name: "mutes without start", path: "group/user/gag/list", call: mutes, response: `,"users":[{"userId":"u","time":"2024-05-01 12:30:00"}]`,
			want: &rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u", EndsAt: noon}}},
		},
		{name: "mutes without end", path: "group/user/gag/list", call: mutes, response: `,"users":[{"userId":"u","time":""},{"userId":"v","time":"0"},{"userId":"w","time":null}]`,
			want: &rongcloud.GroupMutes{Users: []rongcloud.GroupMute{{UserID: "u"}, {UserID: "v"}, {UserID: "w"}}}},
		{
			name: "no mutes", path: "group/user/gag/list", call: mutes, response: `,"users":[]`,
			want: &rongcloud.GroupMutes{Users: []rongcloud.GroupMute{}},
		},
		{
			name: "states", path: "group/ban/query", call: states, response: `,"groupinfo":[{"groupId":"g","stat":1},{"groupId":"h","stat":0}]`,
			want: &rongcloud.GroupMuteAllMembersStates{Groups: []rongcloud.GroupMuteAllMembersState{{GroupID: "g", Muted: true}, {GroupID: "h"}}},
		},
		{
			name: "states as texts", path: "group/ban/query", call: states, response: `,"groupInfo":[{"groupId":"g","stat":"1"},{"groupId":"h","stat":"0"}]`,
			want: &rongcloud.GroupMuteAllMembersStates{Groups: []rongcloud.GroupMuteAllMembersState{{GroupID: "g", Muted: true}, {GroupID: "h"}}},
		},
		{name: "no states", path: "group/ban/query", call: states, response: ``, want: &rongcloud.GroupMuteAllMembersStates{}},
		{
			name: "bans", path: "group/ban/query", call: bans, response: `,"groupinfo":[{"groupId":"g","stat":1},{"groupId":7}]`,
			want: &rongcloud.GroupMuteAllMembersPage{GroupIDs: []string{"g", "7"}},
		},
		{name: "no bans", path: "group/ban/query", call: bans, response: ``, want: &rongcloud.GroupMuteAllMembersPage{}},
		{
			name: "whitelist", path: "group/user/ban/whitelist/query", call: whitelist, response: `,"userIds":["u","v"]`,
			want: &rongcloud.GroupMuteAllMembersWhitelist{UserIDs: []string{"u", "v"}},
		},
		{
			name: "whitelist in lower case", path: "group/user/ban/whitelist/query", call: whitelist, response: `,"userids":[7]`,
			want: &rongcloud.GroupMuteAllMembersWhitelist{UserIDs: []string{"7"}},
		},
		{
			name: "no whitelist", path: "group/user/ban/whitelist/query", call: whitelist, response: ``,
			want: &rongcloud.GroupMuteAllMembersWhitelist{},
		},
		{name: "remark", path: "group/remarks/get", call: remark, response: `,"remark":"Ann"`, want: "Ann"},
		{name: "no remark", path: "group/remarks/get", call: remark, response: `,"remark":null`, want: ""},

		{name: "profiles", path: "entrust/group/profile/query", call: profiles, response: `,"profiles":[{"groupId":"g","groupName":"G",` + texts + rest + `}]`,
			want: &rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{group}}},
		{name: "profiles with name, as objects", path: "entrust/group/profile/query", call: profiles, response: `,"profiles":[{"groupId":"g","name":"G","remarkName":"x",` + objects + rest + `}]`,
			want: &rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{group}}},
		{name: "empty profiles", path: "entrust/group/profile/query", call: profiles, response: `,"profiles":[{"groupId":"g","groupProfile":"","permissions":null,"groupExtProfile":""}]`,
			want: &rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{{GroupID: "g", Attributes: map[string]string{}}}}},
		{name: "unknown permission", path: "entrust/group/profile/query", call: profiles, response: `,"profiles":[{"permissions":"{\"joinPerm\":9,\"new\":1}"}]`,
			want: &rongcloud.HostedGroups{Groups: []rongcloud.HostedGroup{{Permissions: rongcloud.HostedGroupPermissions{Join: rongcloud.HostedGroupJoinPermission(10)}}}}},
		{name: "joined a group", path: "entrust/group/join", call: join, response: `,"groupId":"g","name":"G",` + texts + rest, want: &group},
		{name: "joined, code only", path: "entrust/group/join", call: join, response: ``, want: &rongcloud.HostedGroup{}},
		{name: "hosted groups", path: "entrust/group/query", call: hosted,
			response: `,"pageToken":"t","groups":[{"groupId":"g","name":"G","owner":"o","creator":"c","groupProfile":"{\"portraitUrl\":\"p\",\"introduction\":\"i\"}","time":7}]`,
			want: &rongcloud.HostedGroupPage{NextPageToken: "t", Groups: []rongcloud.HostedGroup{{
				GroupID: "g", Name: "G", OwnerID: "o", CreatorID: "c", CreatedAt: time.UnixMilli(7), Profile: rongcloud.HostedGroupProfile{Introduction: "i", PortraitURL: "p"},
			}}}},
		{name: "hosted groups with an avatar beside", path: "entrust/group/query", call: hosted, response: `,"groups":[{"groupId":"g","portraitUrl":"p","time":"7"}]`,
			want: &rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{{
				GroupID: "g", CreatedAt: time.UnixMilli(7), Profile: rongcloud.HostedGroupProfile{PortraitURL: "p"},
			}}}},
		{name: "hosted groups with two avatars", path: "entrust/group/query", call: hosted, response: `,"groups":[{"portraitUrl":"q","groupProfile":{"portraitUrl":"p"}}]`,
			want: &rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{{Profile: rongcloud.HostedGroupProfile{PortraitURL: "p"}}}}},
		{
			name: "no hosted groups", path: "entrust/group/query", call: hosted, response: `,"pageToken":""`,
			want: &rongcloud.HostedGroupPage{Groups: []rongcloud.HostedGroup{}},
		},
		{name: "joined groups", path: "entrust/joined/group/query", call: joined,
			response: `,"totalCount":9,"pageToken":"t","groups":[{"groupId":"g","name":"G","remarkName":"r",` + texts + `"owner":"o","createTime":7,"joinTime":8,"role":1,"count":3}]`,
			want: &rongcloud.HostedGroupJoinedPage{Total: 9, NextPageToken: "t", Groups: []rongcloud.JoinedHostedGroup{{
				HostedGroup: group, RemarkName: "r", Role: rongcloud.HostedGroupRoleMember, JoinedAt: time.UnixMilli(8),
			}}}},
		{name: "joined groups without total", path: "entrust/joined/group/query", call: joined, response: `,"groups":[{"groupId":"g","role":"3","memberCount":"3"}]`,
			want: &rongcloud.HostedGroupJoinedPage{Groups: []rongcloud.JoinedHostedGroup{{HostedGroup: rongcloud.HostedGroup{GroupID: "g", MemberCount: 3}, Role: rongcloud.HostedGroupRoleOwner}}}},

		{
			name: "managers", path: "entrust/group/manager/add", call: managers, response: `,"userIds":["x"],"managerCount":9`,
			want: &rongcloud.HostedGroupManagerResult{NotMemberIDs: []string{"x"}, ManagerCount: 9},
		},
		{name: "managers, code only", path: "entrust/group/manager/add", call: managers, response: ``, want: &rongcloud.HostedGroupManagerResult{}},
		{name: "member page", path: "entrust/group/member/query", call: memberPage,
			response: `,"totalCount":4,"pageToken":"t","members":[{"userId":"u","nickname":"n","role":2,"time":7,"extra":"x"}]`,
			want:     &rongcloud.HostedGroupMemberPage{Total: 4, NextPageToken: "t", Members: []rongcloud.HostedGroupMember{member}}},
		{name: "member page of texts", path: "entrust/group/member/query", call: memberPage, response: `,"members":[{"userId":"u","nickname":"n","role":"2","time":"7","extra":"x"},{"role":9}]`,
			want: &rongcloud.HostedGroupMemberPage{Members: []rongcloud.HostedGroupMember{member, {Role: 9}}}},
		{name: "members by ID", path: "entrust/group/member/specific/query", call: someMembers, response: `,"members":[{"userId":"u","nickname":"n","role":"2","time":7,"extra":"x"}]`,
			want: &rongcloud.HostedGroupMembers{Members: []rongcloud.HostedGroupMember{member}}},
		{name: "follows", path: "entrust/group/member/followed/get", call: follows, response: `,"userId":"u","groupId":"g","members":[{"userId":"v","timestamp":7}]`,
			want: &rongcloud.HostedGroupFollows{GroupID: "g", UserID: "u", Members: []rongcloud.HostedGroupFollow{{UserID: "v", FollowedAt: time.UnixMilli(7)}}}},
		{name: "follows by the other name", path: "entrust/group/member/followed/get", call: follows, response: `,"followedMembers":[{"userId":"v","timestamp":"7"}]`,
			want: &rongcloud.HostedGroupFollows{Members: []rongcloud.HostedGroupFollow{{UserID: "v", FollowedAt: time.UnixMilli(7)}}}},
		{name: "remark name", path: "entrust/group/remarkname/query", call: remarkName, response: `,"remarkName":"r"`, want: "r"},
		{name: "no remark name", path: "entrust/group/remarkname/query", call: remarkName, response: ``, want: ""},
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
