package rongcloud_test

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// ultraGroupCalls are what the golden file, which has every parameter at least once, does not show:
// values whose zero has a meaning.
func ultraGroupCalls() []apiCall {
	return []apiCall{
		{path: "/ultragroup/channel/type/change.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.Channel.UpdateType(ctx, rongcloud.UltraGroupChannelUpdateTypeParams{GroupID: "g", ChannelID: "c", Type: rongcloud.UltraGroupChannelPublic})
		}, form: formOf("groupId", "g", "busChannel", "c", "type", "0")},
		{path: "/ultragroup/channel/create.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "c", Type: rongcloud.UltraGroupChannelPrivate})
		}, form: formOf("groupId", "g", "busChannel", "c", "type", "1")},
		// The type is left to the server.
		{path: "/ultragroup/channel/create.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "c"})
		}, form: formOf("groupId", "g", "busChannel", "c")},
		{path: "/ultragroup/globalbanned/set.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.MuteAllMembers.Add(ctx, rongcloud.UltraGroupMuteAllMembersParams{GroupID: "g"})
		}, form: formOf("groupId", "g", "status", "true")},
		{path: "/ultragroup/globalbanned/set.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.MuteAllMembers.Remove(ctx, rongcloud.UltraGroupMuteAllMembersParams{GroupID: "g", ChannelID: "c"})
		}, form: formOf("groupId", "g", "busChannel", "c", "status", "false")},
		{path: "/ultragroup/notdisturb/set.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.PushLevel.Reset(ctx, rongcloud.UltraGroupPushLevelResetParams{GroupID: "g", ChannelID: "c"})
		}, form: formOf("groupId", "g", "busChannel", "c", "unpushLevel", "0")},
		{path: "/ultragroup/notdisturb/set.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.PushLevel.Set(ctx, rongcloud.UltraGroupPushLevelSetParams{GroupID: "g", Level: rongcloud.PushLevelAll})
		}, form: formOf("groupId", "g", "unpushLevel", "-1")},
		{path: "/ultragroup/hismsg/msgid/query.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.UltraGroup.Message.ListAround(ctx, rongcloud.UltraGroupMessageListAroundQuery{
				GroupID: "g", ChannelID: "c", MessageUID: "A", EarlierCount: rongcloud.Ptr(0), LaterCount: rongcloud.Ptr(0),
			})
			return err
		}, form: formOf("groupId", "g", "busChannel", "c", "msgUID", "A", "prevNum", "0", "lastNum", "0")},
		// Without the name of the type.
		{path: "/ultragroup/msg/modify.json", what: "own", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.UltraGroup.Message.Modify(ctx, rongcloud.UltraGroupMessageModifyParams{
				GroupID: "g", From: "u", MessageUID: "A", Content: rongcloud.RawContent{Name: "app:any", Body: "a&b"},
			})
		}, form: formOf("groupId", "g", "fromUserId", "u", "msgUID", "A", "content", "a&b")},
	}
}

func TestUltraGroupRefuses(t *testing.T) {
	t.Parallel()
	type groups = *rongcloud.UltraGroupService
	day, long := time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), 14*24*time.Hour
	users := func(n int) rongcloud.UltraGroupMuteParams {
		return rongcloud.UltraGroupMuteParams{GroupID: "g", ChannelID: "c", UserIDs: userIDs(n)}
	}
	search := func(change func(q *rongcloud.UltraGroupMessageQuery)) func(context.Context, groups) error {
		return func(ctx context.Context, s groups) error {
			query := rongcloud.UltraGroupMessageQuery{GroupID: "g", ChannelID: "c", After: day, Until: day.Add(time.Hour)}
			change(&query)
			_, err := s.Message.List(ctx, query)
			return err
		}
	}
	searchAll := func(change func(q *rongcloud.UltraGroupMessageQuery)) func(context.Context, groups) error {
		return func(ctx context.Context, s groups) error {
			query := rongcloud.UltraGroupMessageQuery{GroupID: "g", ChannelID: "c", After: day, Until: day.Add(time.Hour)}
			change(&query)
			for m, err := range s.Message.All(ctx, query) {
				require.Zero(t, m)
				return err
			}
			return nil
		}
	}
	pairs := map[string]string{}
	for _, id := range userIDs(21) {
		pairs[id] = id
	}
	for _, c := range []struct {
		name, field, reason string
		call                func(context.Context, groups) error
	}{
		{name: "create without a name", field: "groupName", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Create(ctx, rongcloud.UltraGroupCreateParams{GroupID: "g", UserID: "u"})
		}},
		{name: "create without a member", field: "userId", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Create(ctx, rongcloud.UltraGroupCreateParams{GroupID: "g", Name: "n"})
		}},
		{
			name: "dismiss nothing", field: "groupId", reason: "required",
			call: func(ctx context.Context, s groups) error { return s.Dismiss(ctx, "") },
		},
		{name: "join as nobody", field: "userId", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "g", UserID: ""})
		}},
		{name: "delete no channel", field: "busChannel", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Channel.Delete(ctx, rongcloud.UltraGroupChannelDeleteParams{GroupID: "g", ChannelID: ""})
		}},
		{name: "no type of channel", field: "type", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Channel.UpdateType(ctx, rongcloud.UltraGroupChannelUpdateTypeParams{GroupID: "g", ChannelID: "c"})
		}},
		{name: "a type of channel that there is not", field: "type", reason: "UltraGroupChannelType(3) is not a valid value", call: func(ctx context.Context, s groups) error {
			return s.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{GroupID: "g", ChannelID: "c", Type: 3})
		}},
		{name: "a type of channel below all", field: "type", reason: "UltraGroupChannelType(-1) is not a valid value", call: func(ctx context.Context, s groups) error {
			return s.Channel.UpdateType(ctx, rongcloud.UltraGroupChannelUpdateTypeParams{GroupID: "g", ChannelID: "c", Type: -1})
		}},
		{name: "no push level", field: "unpushLevel", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.PushLevel.Set(ctx, rongcloud.UltraGroupPushLevelSetParams{GroupID: "g", ChannelID: "c"})
		}},
		{name: "private without a channel", field: "busChannel", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.PrivateChannel.Add(ctx, rongcloud.UltraGroupPrivateChannelParams{GroupID: "g", UserIDs: []string{"u"}})
		}},
		{name: "private with 21", field: "userIds", reason: "21 items", call: func(ctx context.Context, s groups) error {
			return s.PrivateChannel.Remove(ctx, rongcloud.UltraGroupPrivateChannelParams{GroupID: "g", ChannelID: "c", UserIDs: userIDs(21)})
		}},
		{
			name: "mute nobody", field: "userIds", reason: "required",
			call: func(ctx context.Context, s groups) error { return s.Mute.Add(ctx, users(0)) },
		},
		{
			name: "mute 21", field: "userIds", reason: "21 items",
			call: func(ctx context.Context, s groups) error { return s.Mute.Add(ctx, users(21)) },
		},
		{name: "mute with a comma", field: "userIds", reason: "comma", call: func(ctx context.Context, s groups) error {
			return s.Mute.Remove(ctx, rongcloud.UltraGroupMuteParams{GroupID: "g", UserIDs: []string{"a,b"}})
		}},
		{name: "whitelist with an empty ID", field: "userIds", reason: "item 2 is empty", call: func(ctx context.Context, s groups) error {
			return s.MuteAllMembersWhitelist.Add(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistParams{GroupID: "g", UserIDs: []string{"a", ""}})
		}},
		{name: "no user groups", field: "userGroups", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "g", UserGroupIDs: nil})
		}},
		{name: "11 user groups", field: "userGroups", reason: "11 items", call: func(ctx context.Context, s groups) error {
			return s.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "g", UserGroupIDs: userIDs(11)})
		}},
		{name: "a user group without an ID", field: "userGroups", reason: "item 2 is empty", call: func(ctx context.Context, s groups) error {
			return s.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "g", UserGroupIDs: []string{"a", ""}})
		}},
		{name: "bind 11", field: "userGroupIds", reason: "11 items", call: func(ctx context.Context, s groups) error {
			return s.UserGroup.Bind(ctx, rongcloud.UltraGroupUserGroupBindParams{GroupID: "g", ChannelID: "c", UserGroupIDs: userIDs(11)})
		}},
		{name: "21 pairs", field: "extraKeyVal", reason: "21 items", call: func(ctx context.Context, s groups) error {
			return s.Expansion.Set(ctx, rongcloud.UltraGroupExpansionSetParams{MessageUID: "A", UserID: "u", GroupID: "g", Values: pairs})
		}},
		{name: "101 keys", field: "extraKey", reason: "101 items", call: func(ctx context.Context, s groups) error {
			return s.Expansion.Delete(ctx, rongcloud.UltraGroupExpansionDeleteParams{MessageUID: "A", UserID: "u", GroupID: "g", Keys: userIDs(101)})
		}},
		{name: "no messages", field: "msgs", reason: "required", call: func(ctx context.Context, s groups) error {
			_, err := s.Message.Get(ctx, rongcloud.UltraGroupMessageGetQuery{GroupID: "g"})
			return err
		}},
		{name: "21 messages", field: "msgs", reason: "21 items", call: func(ctx context.Context, s groups) error {
			refs := make([]rongcloud.UltraGroupMessageRef, 21)
			for i := range refs {
				refs[i].MessageUID = strconv.Itoa(i)
			}
			_, err := s.Message.Get(ctx, rongcloud.UltraGroupMessageGetQuery{GroupID: "g", Messages: refs})
			return err
		}},
		{name: "a message without UID", field: "msgs", reason: "item 1 has no MessageUID", call: func(ctx context.Context, s groups) error {
			_, err := s.Message.Get(ctx, rongcloud.UltraGroupMessageGetQuery{GroupID: "g", Messages: make([]rongcloud.UltraGroupMessageRef, 1)})
			return err
		}},
		{name: "modify to nothing", field: "content", reason: "required", call: func(ctx context.Context, s groups) error {
			return s.Message.Modify(ctx, rongcloud.UltraGroupMessageModifyParams{GroupID: "g", From: "u", MessageUID: "A"})
		}},
		{name: "modify to a type that is not RongCloud's", field: "objectName", reason: "RongCloud's own", call: func(ctx context.Context, s groups) error {
			return s.Message.Modify(ctx, rongcloud.UltraGroupMessageModifyParams{
				GroupID: "g", From: "u", MessageUID: "A", Content: rongcloud.RawContent{Name: "RC:None", Body: "{}"},
			})
		}},
		{
			name: "search without a start", field: "startTime", reason: "required",
			call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.After = time.Time{} }),
		},
		{
			name: "search back", field: "endTime", reason: "before",
			call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.Until = day.Add(-time.Second) }),
		},
		{
			name: "search too far", field: "endTime", reason: "14 days",
			call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.Until = day.Add(long + time.Millisecond) }),
		},
		{name: "search too many", field: "pageSize", reason: "101", call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.Size = 101 })},
		{name: "search fewer than none", field: "pageSize", reason: "-1", call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.Size = -1 })},
		{
			name: "search no channel", field: "busChannel", reason: "required",
			call: search(func(q *rongcloud.UltraGroupMessageQuery) { q.ChannelID = "" }),
		},
		{
			name: "walk without a start", field: "startTime", reason: "required",
			call: searchAll(func(q *rongcloud.UltraGroupMessageQuery) { q.After = time.Time{} }),
		},
		{
			name: "walk back", field: "endTime", reason: "before",
			call: searchAll(func(q *rongcloud.UltraGroupMessageQuery) { q.Until = day.Add(-time.Second) }),
		},
		{name: "walk too many", field: "pageSize", reason: "101", call: searchAll(func(q *rongcloud.UltraGroupMessageQuery) { q.Size = 101 })},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/nowhere", func(string) (int, string) { panic("sent all the same") })
			err := c.call(t.Context(), client.UltraGroup)
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, c.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, c.reason)
		})
	}

	client := mockPath(t, "/ultragroup/hismsg/query.json", func(string) (int, string) { return 200, `{"code":200}` })
	require.NoError(t, search(func(q *rongcloud.UltraGroupMessageQuery) { q.Until = day.Add(long) })(t.Context(), client.UltraGroup), "exactly 14 days")
}

// TestUltraGroupDecodes decodes, for each result type, what RongCloud documents and the variants
// that its SDKs have seen.
func TestUltraGroupDecodes(t *testing.T) {
	t.Parallel()
	type groups = *rongcloud.UltraGroupService
	member := func(ctx context.Context, s groups) (any, error) {
		return s.IsMember(ctx, rongcloud.UltraGroupIsMemberQuery{GroupID: "g", UserID: "u"})
	}
	channels := func(ctx context.Context, s groups) (any, error) {
		return s.Channel.List(ctx, rongcloud.UltraGroupChannelQuery{GroupID: "g"})
	}
	users := rongcloud.UltraGroupMuteQuery{GroupID: "g", ChannelID: "c"}
	private := func(ctx context.Context, s groups) (any, error) {
		return s.PrivateChannel.List(ctx, rongcloud.UltraGroupPrivateChannelQuery{GroupID: "g", ChannelID: "c"})
	}
	muted := func(ctx context.Context, s groups) (any, error) { return s.Mute.List(ctx, users) }
	exempt := func(ctx context.Context, s groups) (any, error) {
		return s.MuteAllMembersWhitelist.List(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistQuery(users))
	}
	one := rongcloud.UltraGroupListByUserQuery{GroupID: "g", UserID: "u"}
	byUser := func(ctx context.Context, s groups) (any, error) { return s.PrivateChannel.ListByUser(ctx, one) }
	global := func(ctx context.Context, s groups) (any, error) {
		return s.MuteAllMembers.IsMuted(ctx, rongcloud.UltraGroupMuteAllMembersQuery{GroupID: "g"})
	}
	level := func(ctx context.Context, s groups) (any, error) {
		return s.PushLevel.Get(ctx, rongcloud.UltraGroupPushLevelQuery{GroupID: "g"})
	}
	userGroups := func(ctx context.Context, s groups) (any, error) {
		return s.UserGroup.List(ctx, rongcloud.UltraGroupUserGroupQuery{GroupID: "g"})
	}
	userGroupsOf := func(ctx context.Context, s groups) (any, error) { return s.UserGroup.ListByUser(ctx, one) }
	boundTo := func(ctx context.Context, s groups) (any, error) {
		return s.UserGroup.ListByChannel(ctx, rongcloud.UltraGroupUserGroupListByChannelQuery{GroupID: "g", ChannelID: "c"})
	}
	channelsOf := func(ctx context.Context, s groups) (any, error) {
		return s.UserGroup.ListChannels(ctx, rongcloud.UltraGroupUserGroupListChannelsQuery{GroupID: "g", UserGroupID: "x"})
	}
	get := func(ctx context.Context, s groups) (any, error) {
		return s.Message.Get(ctx, rongcloud.UltraGroupMessageGetQuery{GroupID: "g", Messages: []rongcloud.UltraGroupMessageRef{{MessageUID: "A"}}})
	}
	search := func(ctx context.Context, s groups) (any, error) {
		return s.Message.List(ctx, rongcloud.UltraGroupMessageQuery{GroupID: "g", ChannelID: "c", After: time.UnixMilli(1), Until: time.UnixMilli(2)})
	}
	around := func(ctx context.Context, s groups) (any, error) {
		return s.Message.ListAround(ctx, rongcloud.UltraGroupMessageListAroundQuery{GroupID: "g", ChannelID: "c", MessageUID: "A"})
	}
	expansion := func(ctx context.Context, s groups) (any, error) {
		return s.Expansion.List(ctx, rongcloud.UltraGroupExpansionQuery{GroupID: "g", MessageUID: "A"})
	}
	made := time.Date(2022, 10, 13, 10, 0, 0, 0, time.FixedZone("CST", 8*60*60))
	two := &rongcloud.UltraGroupUserPage{UserIDs: []string{"u1", "2"}}
	nobody := &rongcloud.UltraGroupUserPage{UserIDs: []string{}}
	found := []rongcloud.HistoryMessage{{
		MessageUID: "A", From: "u1", ConversationType: rongcloud.ConversationUltraGroup, TargetID: "g", ChannelID: "c", SentAt: time.UnixMilli(1705270000123), ObjectName: "RC:TxtMsg",
		Body: `{"content":"hi"}`, Expandable: true, ExpansionText: `{"k":"v"}`,
	}}
	page, messages := &rongcloud.HistoryPage{Messages: found}, &rongcloud.HistoryMessages{Messages: found}
	const common = `"groupId":"g","busChannel":"c","fromUserId":"u1","msgUID":"A","objectName":"RC:TxtMsg","content":"{\"content\":\"hi\"}","expansion":true,`

	for _, c := range []struct {
		name, path string
		call       func(context.Context, groups) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{name: "member", path: "member/exist", call: member, answer: `,"status":true`, want: true},
		{name: "member as text", path: "member/exist", call: member, answer: `,"status":"true"`, want: true},
		{name: "no member", path: "member/exist", call: member, answer: `,"status":"false"`, want: false},
		{name: "member unknown", path: "member/exist", call: member, answer: ``, want: false},
		{
			name: "channels", path: "channel/get", call: channels, answer: `,"channelList":[{"channelId":"c1","type":1,"createTime":"2022-10-13 10:00:00"},{"channelId":2},
				{"channelId":"c3","type":0,"createTime":"once upon a time"},{"channelId":"c4","type":null,"createTime":""}]`,
			want: &rongcloud.UltraGroupChannelPage{Channels: []rongcloud.UltraGroupChannel{
				{ChannelID: "c1", Type: rongcloud.UltraGroupChannelPrivate, CreatedAt: made, CreatedAtText: "2022-10-13 10:00:00"}, {ChannelID: "2"},
				{ChannelID: "c3", Type: rongcloud.UltraGroupChannelPublic, CreatedAtText: "once upon a time"}, {ChannelID: "c4"},
			}},
		},
		{
			name: "channels with text and numbers", path: "channel/get", call: channels, answer: `,"channelList":[{"channelId":"c1","type":"7","createTime":1665626400000}]`,
			want: &rongcloud.UltraGroupChannelPage{Channels: []rongcloud.UltraGroupChannel{{ChannelID: "c1", Type: 8, CreatedAt: time.UnixMilli(1665626400000), CreatedAtText: "1665626400000"}}},
		},
		{name: "no channels", path: "channel/get", call: channels, answer: `,"channelList":null`, want: &rongcloud.UltraGroupChannelPage{}},
		{name: "private", path: "channel/private/users/get", call: private, answer: `,"users":["u1",2]`, want: two},
		{name: "private, nobody", path: "channel/private/users/get", call: private, answer: `,"users":[]`, want: nobody},
		{name: "private, objects", path: "channel/private/users/get", call: private, answer: `,"users":[{"id":"u1"},{"id":2}]`, want: two},
		{name: "muted", path: "userbanned/get", call: muted, answer: `,"users":[{"id":"u1"},{"id":"2"}]`, want: two},
		{name: "muted by another name", path: "userbanned/get", call: muted, answer: `,"users":[{"userId":"u1"},{"userId":2}]`, want: two},
		{name: "muted, nobody", path: "userbanned/get", call: muted, answer: ``, want: nobody},
		{name: "exempt", path: "banned/whitelist/get", call: exempt, answer: `,"users":[{"id":"u1"},{"id":"2"}]`, want: two},
		{
			name: "exempt by another name", path: "banned/whitelist/get", call: exempt,
			answer: `,"users":[{"userId":"u1","new":{}},{"userId":"2"}]`, want: two,
		},
		{name: "exempt in both forms", path: "banned/whitelist/get", call: exempt, answer: `,"users":[{"userId":"u1"},"2"]`, want: two},
		{
			name: "channels of a user", path: "user/channel/query", call: byUser, answer: `,"data":["c1","c2"]`,
			want: &rongcloud.UltraGroupChannelIDPage{ChannelIDs: []string{"c1", "c2"}},
		},
		{
			name: "channels of nobody", path: "user/channel/query", call: byUser, answer: `,"data":null`,
			want: &rongcloud.UltraGroupChannelIDPage{ChannelIDs: []string{}},
		},
		{name: "muted all", path: "globalbanned/get", call: global, answer: `,"status":true`, want: true},
		{name: "muted all as number", path: "globalbanned/get", call: global, answer: `,"status":1`, want: true},
		{name: "muted all as text", path: "globalbanned/get", call: global, answer: `,"status":"true"`, want: true},
		{name: "muted none", path: "globalbanned/get", call: global, answer: `,"status":0`, want: false},
		{name: "level", path: "notdisturb/get", call: level, answer: `,"groupId":"g","busChannel":"","unpushLevel":-1`, want: rongcloud.PushLevelAll},
		{name: "level as text", path: "notdisturb/get", call: level, answer: `,"unpushLevel":"5"`, want: rongcloud.PushLevelNone},
		{name: "level by another name", path: "notdisturb/get", call: level, answer: `,"status":1`, want: rongcloud.PushLevelMentions},
		{name: "level that is new", path: "notdisturb/get", call: level, answer: `,"unpushLevel":9`, want: rongcloud.PushLevel(9)},
		{name: "no level", path: "notdisturb/get", call: level, answer: ``, want: rongcloud.PushLevelUnset},
		{
			name: "user groups", path: "usergroup/query", call: userGroups, answer: `,"userGroups":[{"userGroupId":"x"},{"userGroupId":2}]`,
			want: &rongcloud.UltraGroupUserGroupPage{UserGroupIDs: []string{"x", "2"}},
		},
		{
			name: "user groups of a user", path: "user/usergroup/query", call: userGroupsOf, answer: `,"data":["x"]`,
			want: &rongcloud.UltraGroupUserGroupPage{UserGroupIDs: []string{"x"}},
		},
		{
			name: "user groups of a channel", path: "channel/usergroup/query", call: boundTo, answer: `,"data":["x"]`,
			want: &rongcloud.UltraGroupUserGroupPage{UserGroupIDs: []string{"x"}},
		},
		{
			name: "channels of a user group", path: "usergroup/channel/query", call: channelsOf, answer: `,"data":["c"]`,
			want: &rongcloud.UltraGroupChannelIDPage{ChannelIDs: []string{"c"}},
		},
		{
			name: "messages", path: "msg/get", call: get,
			answer: `,"data":[{` + common + `"sentTime":1705270000123,"extraContent":"{\"k\":\"v\"}"}]`, want: messages,
		},
		{
			name: "found", path: "hismsg/query", call: search,
			answer: `,"data":[{` + common + `"msgTime":1705270000123,"conversionType":10,"extraContent":"{\"k\":\"v\"}"}]`, want: page,
		},
		{
			name: "found by another name", path: "hismsg/query", call: search,
			answer: `,"data":[{` + common + `"sentTime":"1705270000123","extraContent":{"k":"v"}}]`, want: page,
		},
		{name: "found nothing", path: "hismsg/query", call: search, answer: `,"data":null`, want: &rongcloud.HistoryPage{}},
		{
			name: "around", path: "hismsg/msgid/query", call: around,
			answer: `,"data":[{` + common + `"msgTime":1705270000123,"conversationType":10,"extraContent":{"k":"v"}}]`, want: messages,
		},
		{
			name: "around with text", path: "hismsg/msgid/query", call: around,
			answer: `,"data":[{` + common + `"msgTime":1705270000123,"extraContent":"{\"k\":\"v\"}"}]`, want: messages,
		},
		{
			name: "expansion", path: "message/expansion/query", call: expansion, answer: `,"extraContent":{"k":{"v":"1","ts":1705270000123}}`,
			want: &rongcloud.MessageExpansionPage{Entries: map[string]rongcloud.ExpansionValue{"k": {Value: "1", Order: 1705270000123}}},
		},
		{
			name: "expansion with text", path: "message/expansion/query", call: expansion, answer: `,"extraContent":{"k":{"v":1,"ts":"1705270000123"}}`,
			want: &rongcloud.MessageExpansionPage{Entries: map[string]rongcloud.ExpansionValue{"k": {Value: "1", Order: 1705270000123}}},
		},
		{
			name: "no expansion", path: "message/expansion/query", call: expansion, answer: `,"extraContent":[]`,
			want: &rongcloud.MessageExpansionPage{Entries: map[string]rongcloud.ExpansionValue{}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/ultragroup/"+c.path+".json", func(string) (int, string) { return 200, `{"code":200` + c.answer + `}` })
			got, err := c.call(t.Context(), client.UltraGroup)
			require.NoError(t, err)
			require.Equal(t, c.want, got)
		})
	}

	client := mockPath(t, "/ultragroup/userbanned/get.json", func(string) (int, string) { return 200, `{"code":200,"users":[{"name":"u1"}]}` })
	_, err := muted(t.Context(), client.UltraGroup)
	require.ErrorContains(t, err, "no ID", "an item without an ID is not lost in silence")
}

// TestUltraGroupFails lets the server refuse each call that builds its own result.
func TestUltraGroupFails(t *testing.T) {
	t.Parallel()
	client := mockPath(t, "/ultragroup/notdisturb/get.json", func(string) (int, string) { return 200, `{"code":24406,"errorMessage":"no"}` })
	level, err := client.UltraGroup.PushLevel.Get(t.Context(), rongcloud.UltraGroupPushLevelQuery{GroupID: "g"})
	require.ErrorIs(t, err, rongcloud.CodeNotInUltraGroup)
	require.Equal(t, rongcloud.PushLevelUnset, level)

	client = mockPath(t, "/ultragroup/member/exist.json", func(string) (int, string) { return 400, `{"code":1002}` })
	is, err := client.UltraGroup.IsMember(t.Context(), rongcloud.UltraGroupIsMemberQuery{GroupID: "g", UserID: "u"})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.False(t, is)

	client = mockPath(t, "/ultragroup/globalbanned/get.json", func(string) (int, string) { return 400, `{"code":1002}` })
	muted, err := client.UltraGroup.MuteAllMembers.IsMuted(t.Context(), rongcloud.UltraGroupMuteAllMembersQuery{GroupID: "g"})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.False(t, muted)
}

// ultraWalks are the iterators over numbered pages, each with its endpoint's wire format.
func ultraWalks() []userWalk {
	type iterSeq = iter.Seq2[string, error]
	type seq = func(x context.Context, c *rongcloud.Client, start int) iterSeq
	users := func(start int) rongcloud.UltraGroupMuteQuery {
		return rongcloud.UltraGroupMuteQuery{GroupID: "g", ChannelID: "c", Page: start, Size: 2}
	}
	one := func(start int) rongcloud.UltraGroupListByUserQuery {
		return rongcloud.UltraGroupListByUserQuery{GroupID: "g", UserID: "u", Page: start, Size: 2}
	}
	w := func(path, list, item string, walk seq) userWalk {
		return userWalk{path: "/ultragroup/" + path + ".json", at: "page", style: "number", list: list, item: item, walk: walk}
	}
	return []userWalk{
		w("channel/get", "channelList", `{"channelId":%q}`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			query := rongcloud.UltraGroupChannelQuery{GroupID: "g", Page: start, Size: 2}
			return userIDsOf(client.UltraGroup.Channel.All(ctx, query), func(c rongcloud.UltraGroupChannel) string { return c.ChannelID })
		}),
		w("channel/private/users/get", "users", `%q`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.PrivateChannel.All(ctx, rongcloud.UltraGroupPrivateChannelQuery{GroupID: "g", ChannelID: "c", Page: start, Size: 2})
		}),
		w("user/channel/query", "data", `%q`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.PrivateChannel.AllByUser(ctx, one(start))
		}),
		w("userbanned/get", "users", `{"id":%q}`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.Mute.All(ctx, users(start))
		}),
		w("banned/whitelist/get", "users", `{"id":%q}`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.MuteAllMembersWhitelist.All(ctx, rongcloud.UltraGroupMuteAllMembersWhitelistQuery(users(start)))
		}),
		w("usergroup/query", "userGroups", `{"userGroupId":%q}`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.UserGroup.All(ctx, rongcloud.UltraGroupUserGroupQuery{GroupID: "g", Page: start, Size: 2})
		}),
		w("user/usergroup/query", "data", `%q`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.UserGroup.AllByUser(ctx, one(start))
		}),
		w("channel/usergroup/query", "data", `%q`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.UserGroup.AllByChannel(ctx, rongcloud.UltraGroupUserGroupListByChannelQuery{GroupID: "g", ChannelID: "c", Page: start, Size: 2})
		}),
		w("usergroup/channel/query", "data", `%q`, func(ctx context.Context, client *rongcloud.Client, start int) iterSeq {
			return client.UltraGroup.UserGroup.AllChannels(ctx, rongcloud.UltraGroupUserGroupListChannelsQuery{GroupID: "g", UserGroupID: "x", Page: start, Size: 2})
		}),
	}
}

// TestUltraGroupMessageWalk follows a search over three pages: what is requested, and that no
// message is lost or repeated.
func TestUltraGroupMessageWalk(t *testing.T) {
	t.Parallel()
	times := []int{1001, 1002, 1002, 1003, 1004}
	var asked []string
	client := mockPath(t, "/ultragroup/hismsg/query.json", func(body string) (int, string) {
		form, _ := url.ParseQuery(body)
		asked = append(asked, form.Get("startTime")+" to "+form.Get("endTime"))
		after, _ := strconv.Atoi(form.Get("startTime"))
		size, _ := strconv.Atoi(form.Get("pageSize"))
		items := ""
		for i, at := range times {
			if at > after && size > 0 {
				size--
				items += fmt.Sprintf(`,{"msgUID":"m%d","msgTime":%d}`, i, at)
			}
		}
		return 200, `{"code":200,"data":[` + items[min(1, len(items)):] + `]}`
	})
	var uids []string
	for m, err := range client.UltraGroup.Message.All(t.Context(), rongcloud.UltraGroupMessageQuery{
		GroupID: "g", ChannelID: "c", After: time.UnixMilli(1000), Until: time.UnixMilli(2000), Size: 3,
	}) {
		require.NoError(t, err)
		uids = append(uids, m.MessageUID)
	}
	require.Equal(t, []string{"m0", "m1", "m2", "m3", "m4"}, uids)
	require.Equal(t, []string{"1000 to 2000", "1001 to 2000", "1002 to 2000", "1003 to 2000", "1004 to 2000"}, asked)
}

// A page that the server might have cut short does not count as the last one.
func TestPagesOfRoomsHaveMore(t *testing.T) {
	t.Parallel()
	one := []string{"x"}
	for name, pages := range map[string][2]interface{ More() bool }{
		"channels":    {&rongcloud.UltraGroupChannelPage{Channels: make([]rongcloud.UltraGroupChannel, 1)}, &rongcloud.UltraGroupChannelPage{}},
		"channel IDs": {&rongcloud.UltraGroupChannelIDPage{ChannelIDs: one}, &rongcloud.UltraGroupChannelIDPage{}},
		"users":       {&rongcloud.UltraGroupUserPage{UserIDs: one}, &rongcloud.UltraGroupUserPage{UserIDs: []string{}}},
		"user groups": {&rongcloud.UltraGroupUserGroupPage{UserGroupIDs: one}, &rongcloud.UltraGroupUserGroupPage{}},
		"muted rooms": {&rongcloud.ChatroomMuteAllMembersPage{ChatroomIDs: one}, &rongcloud.ChatroomMuteAllMembersPage{}},
	} {
		require.True(t, pages[0].More(), name)
		require.False(t, pages[1].More(), name)
	}
}

func TestUltraGroupWords(t *testing.T) {
	t.Parallel()
	require.Equal(t, "public", rongcloud.UltraGroupChannelPublic.String())
	require.Equal(t, "private", rongcloud.UltraGroupChannelPrivate.String())
	require.Equal(t, "UltraGroupChannelType(0)", rongcloud.UltraGroupChannelType(0).String())
}
