package rongcloud_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// TestUserDecodes decodes, for each result type, what RongCloud documents and the variants that its
// SDKs have seen.
func TestUserDecodes(t *testing.T) {
	t.Parallel()
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	token := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
	}
	user := func(ctx context.Context, client *rongcloud.Client) (any, error) { return client.User.Get(ctx, "u1") }
	sandbox := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.ListSandbox(ctx, rongcloud.SandboxUserQuery{})
	}
	online := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.IsOnline(ctx, "u1")
	}
	deactivate := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Deactivate(ctx, []string{"u1"})
	}
	reactivate := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Reactivate(ctx, []string{"u1"})
	}
	deactivated := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.ListDeactivated(ctx, rongcloud.DeactivatedUserQuery{})
	}
	blocks := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Block.List(ctx, rongcloud.UserBlockQuery{})
	}
	blacklist := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Blacklist.List(ctx, rongcloud.UserBlacklistQuery{UserID: "u1"})
	}
	whitelist := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Whitelist.List(ctx, rongcloud.UserWhitelistQuery{UserID: "u1"})
	}
	modes := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Whitelist.GetModes(ctx, []string{"u1", "u2"})
	}
	tags := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Tag.Get(ctx, []string{"u1", "u2"})
	}
	remarks := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Remark.List(ctx, rongcloud.UserRemarkQuery{UserID: "u1"})
	}
	period := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.PushPeriod.Get(ctx, "u1")
	}
	muted := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.PrivateMute.List(ctx, rongcloud.UserPrivateMuteQuery{})
	}
	profiles := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Profile.Get(ctx, []string{"u1"})
	}
	profilePage := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.User.Profile.List(ctx, rongcloud.UserProfileQuery{})
	}
	hosted := []rongcloud.UserProfileRecord{{
		UserID: "u1", Version: 12343433499942,
		Profile: rongcloud.UserProfile{
			UniqueID: "n1", Name: "Ann", PortraitURL: "p", Email: "a@b.example", Birthday: "May 1",
			Gender: rongcloud.Ptr(rongcloud.GenderFemale), Location: "Köln", Role: rongcloud.Ptr(0), Level: rongcloud.Ptr(7),
		},
		Attributes: map[string]string{"ext_a": "1"},
	}}
	nobody := []rongcloud.UserProfileRecord{{UserID: "u1"}}

	tests := []struct {
		name, path string
		call       func(context.Context, *rongcloud.Client) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{
			name: "token", path: "getToken", call: token, answer: `,"userId":"u1","token":"t=="`,
			want: &rongcloud.UserToken{UserID: "u1", Token: "t=="},
		},
		{
			name: "token of a number", path: "getToken", call: token, answer: `,"userId":1,"token":"t"`,
			want: &rongcloud.UserToken{UserID: "1", Token: "t"},
		},
		{name: "token alone", path: "getToken", call: token, answer: `,"token":"t","new":{}`, want: &rongcloud.UserToken{Token: "t"}},

		{
			name: "user", path: "info", call: user, answer: `,"userName":"Ann","userPortrait":"p","createTime":"2024-05-01 12:30:00"`,
			want: &rongcloud.User{UserID: "u1", Name: "Ann", PortraitURL: "p", RegisteredAt: noon},
		},
		{
			name: "user without portrait", path: "info", call: user, answer: `,"userName":"Ann","userPortrait":null`,
			want: &rongcloud.User{UserID: "u1", Name: "Ann"},
		},
		{
			name: "user without date", path: "info", call: user, answer: `,"userName":7,"createTime":""`,
			want: &rongcloud.User{UserID: "u1", Name: "7"},
		},
		{name: "user with ID", path: "info", call: user, answer: `,"userId":"U1"`, want: &rongcloud.User{UserID: "U1"}},
		{
			name: "sandbox", path: "query", call: sandbox,
			answer: `,"total":2,"users":[{"userId":"u1","userName":"Ann","userPortrait":"","regTime":"2024-05-01 12:30:00"},{"userId":"u2"}]`,
			want:   &rongcloud.SandboxUserPage{Total: 2, Users: []rongcloud.User{{UserID: "u1", Name: "Ann", RegisteredAt: noon}, {UserID: "u2"}}},
		},
		{
			name: "sandbox as text", path: "query", call: sandbox, answer: `,"total":"1","users":[{"userId":1}]`,
			want: &rongcloud.SandboxUserPage{Total: 1, Users: []rongcloud.User{{UserID: "1"}}},
		},
		{name: "sandbox empty", path: "query", call: sandbox, answer: `,"users":null`, want: &rongcloud.SandboxUserPage{}},

		{name: "online", path: "checkOnline", call: online, answer: `,"status":"1"`, want: true},
		{name: "online as number", path: "checkOnline", call: online, answer: `,"status":1`, want: true},
		{name: "online as bool", path: "checkOnline", call: online, answer: `,"status":true`, want: true},
		{name: "offline", path: "checkOnline", call: online, answer: `,"status":"0"`, want: false},
		{name: "offline as number", path: "checkOnline", call: online, answer: `,"status":0`, want: false},
		{name: "online unknown", path: "checkOnline", call: online, answer: ``, want: false},

		{name: "deactivate", path: "deactivate", call: deactivate, answer: `,"operateId":"o1"`, want: &rongcloud.UserOperation{OperationID: "o1"}},
		{
			name: "deactivate as number", path: "deactivate", call: deactivate, answer: `,"operateId":17`,
			want: &rongcloud.UserOperation{OperationID: "17"},
		},
		{name: "reactivate", path: "reactivate", call: reactivate, answer: `,"operateId":"o2"`, want: &rongcloud.UserOperation{OperationID: "o2"}},
		{name: "reactivate without ID", path: "reactivate", call: reactivate, answer: ``, want: &rongcloud.UserOperation{}},
		{
			name: "deactivated", path: "deactivate/query", call: deactivated, answer: `,"users":["u1","u2"]`,
			want: &rongcloud.DeactivatedUserPage{UserIDs: []string{"u1", "u2"}},
		},
		{
			name: "deactivated numbers", path: "deactivate/query", call: deactivated, answer: `,"users":[1,"u2"]`,
			want: &rongcloud.DeactivatedUserPage{UserIDs: []string{"1", "u2"}},
		},
		{name: "deactivated nobody", path: "deactivate/query", call: deactivated, answer: ``, want: &rongcloud.DeactivatedUserPage{}},

		{
			name: "blocks", path: "block/query", call: blocks, answer: `,"users":[{"userId":"u1","blockEndTime":"2024-05-01 12:30:00"},{"userId":2}]`,
			want: &rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{{UserID: "u1", EndsAt: noon}, {UserID: "2"}}},
		},
		{
			name: "blocks in ms", path: "block/query", call: blocks, answer: fmt.Sprintf(`,"users":[{"userId":"u1","blockEndTime":%d}]`, noon.UnixMilli()),
			want: &rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{{UserID: "u1", EndsAt: time.UnixMilli(noon.UnixMilli())}}},
		},
		{
			name: "blocks empty", path: "block/query", call: blocks, answer: `,"users":[]`,
			want: &rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{}},
		},

		{
			name: "blacklist", path: "blacklist/query", call: blacklist, answer: `,"users":["u2"],"next":"n"`,
			want: &rongcloud.UserBlacklistPage{UserIDs: []string{"u2"}, NextPageToken: "n"},
		},
		{
			name: "blacklist end", path: "blacklist/query", call: blacklist, answer: `,"users":["u2"]`,
			want: &rongcloud.UserBlacklistPage{UserIDs: []string{"u2"}},
		},
		{
			name: "blacklist number", path: "blacklist/query", call: blacklist, answer: `,"users":[2],"next":9`,
			want: &rongcloud.UserBlacklistPage{UserIDs: []string{"2"}, NextPageToken: "9"},
		},
		{
			name: "whitelist", path: "whitelist/query", call: whitelist, answer: `,"users":["u2"],"next":"n"`,
			want: &rongcloud.UserWhitelistPage{UserIDs: []string{"u2"}, NextPageToken: "n"},
		},
		{name: "whitelist end", path: "whitelist/query", call: whitelist, answer: `,"users":null,"next":null`, want: &rongcloud.UserWhitelistPage{}},
		{
			name: "modes", path: "whitesetting/query", call: modes, answer: `,"users":[{"userId":"u1","whiteSetting":"1"},{"userId":"u2","whiteSetting":0},{"userId":"u3"}]`,
			want: &rongcloud.UserWhitelistModes{Users: []rongcloud.UserWhitelistMode{{UserID: "u1", Mode: rongcloud.WhitelistModeOn}, {UserID: "u2", Mode: rongcloud.WhitelistModeOff}, {UserID: "u3"}}},
		},
		{
			name: "modes as texts", path: "whitesetting/query", call: modes, answer: `,"users":["{\"userId\":\"u1\",\"whiteSetting\":\"7\"}"]`,
			want: &rongcloud.UserWhitelistModes{Users: []rongcloud.UserWhitelistMode{{UserID: "u1", Mode: 8}}},
		},

		{
			name: "tags", path: "tags/get", call: tags, answer: `,"result":{"u1":["a","b"],"u2":[]}`,
			want: &rongcloud.UserTags{ByUser: map[string][]string{"u1": {"a", "b"}, "u2": {}}},
		},
		{
			name: "tags of other types", path: "tags/get", call: tags, answer: `,"result":{"u1":[1],"u2":null}`,
			want: &rongcloud.UserTags{ByUser: map[string][]string{"u1": {"1"}, "u2": nil}},
		},
		{name: "tags of nobody", path: "tags/get", call: tags, answer: `,"result":[]`, want: &rongcloud.UserTags{ByUser: map[string][]string{}}},

		{
			name: "remarks", path: "remarks/get", call: remarks, answer: `,"total":1,"users":[{"id":"s1","remark":"A"}]`,
			want: &rongcloud.UserRemarkPage{Total: 1, Remarks: []rongcloud.UserRemark{{SenderID: "s1", Remark: "A"}}},
		},
		{
			name: "remarks of other types", path: "remarks/get", call: remarks, answer: `,"total":"1","users":[{"Id":1,"Remark":2}]`,
			want: &rongcloud.UserRemarkPage{Total: 1, Remarks: []rongcloud.UserRemark{{SenderID: "1", Remark: "2"}}},
		},
		{name: "remarks none", path: "remarks/get", call: remarks, answer: `,"total":0`, want: &rongcloud.UserRemarkPage{}},

		{
			name: "period", path: "blockPushPeriod/get", call: period, answer: `,"data":{"startTime":"22:30:00","period":601,"unPushLevel":5}`,
			want: &rongcloud.UserPushPeriod{StartTime: "22:30:00", Duration: 601 * time.Minute, Level: rongcloud.PushLevelNone},
		},
		{
			name: "period as text with level", path: "blockPushPeriod/get", call: period, answer: `,"data":{"startTime":"22:30:00","period":"60","level":"1"}`,
			want: &rongcloud.UserPushPeriod{StartTime: "22:30:00", Duration: time.Hour, Level: rongcloud.PushLevelMentions},
		},
		{
			name: "period with unpushLevel", path: "blockPushPeriod/get", call: period, answer: `,"data":{"unpushLevel":9}`,
			want: &rongcloud.UserPushPeriod{Level: 9},
		},
		{name: "period none", path: "blockPushPeriod/get", call: period, answer: `,"data":null`, want: &rongcloud.UserPushPeriod{}},
		{name: "period empty", path: "blockPushPeriod/get", call: period, answer: `,"data":{}`, want: &rongcloud.UserPushPeriod{}},
		{name: "period list", path: "blockPushPeriod/get", call: period, answer: `,"data":[]`, want: &rongcloud.UserPushPeriod{}},
		{name: "period missing", path: "blockPushPeriod/get", call: period, answer: ``, want: &rongcloud.UserPushPeriod{}},

		{
			name: "muted", path: "chat/fb/querylist", call: muted, answer: `,"total":2,"users":["u1","u2"]`,
			want: &rongcloud.UserPrivateMutePage{Total: 2, UserIDs: []string{"u1", "u2"}},
		},
		{
			name: "muted as text", path: "chat/fb/querylist", call: muted, answer: `,"total":"1","users":[1]`,
			want: &rongcloud.UserPrivateMutePage{Total: 1, UserIDs: []string{"1"}},
		},

		{
			name: "profiles", path: "profile/batch/query", call: profiles, answer: `,"userList":[{"userId":"u1","version":12343433499942,` +
				`"userProfile":"{\"uniqueId\":\"n1\",\"name\":\"Ann\",\"portraitUri\":\"p\",\"email\":\"a@b.example\",\"birthday\":\"May 1\",` +
				`\"gender\":2,\"location\":\"Köln\",\"role\":0,\"level\":7}","userExtProfile":"{\"ext_a\":\"1\"}"}]`,
			want: &rongcloud.UserProfiles{Users: hosted},
		},
		{
			name: "profiles as objects", path: "profile/batch/query", call: profiles, answer: `,"userList":[{"userId":"u1","version":"12343433499942",` +
				`"userProfile":{"uniqueId":"n1","name":"Ann","portraitUri":"p","email":"a@b.example","birthday":"May 1",` +
				`"gender":"2","location":"Köln","role":"0","level":7},"userExtProfile":{"ext_a":1}}]`,
			want: &rongcloud.UserProfiles{Users: hosted},
		},
		{
			name: "profiles with empty texts", path: "profile/batch/query", call: profiles, answer: `,"userList":[{"userId":"u1","userProfile":"","userExtProfile":null}]`,
			want: &rongcloud.UserProfiles{Users: nobody},
		},
		{
			name: "profile page", path: "profile/query", call: profilePage, answer: `,"userList":[{"userId":"u1","userProfile":"{}"}]`,
			want: &rongcloud.UserProfilePage{Users: nobody},
		},
		{name: "profile page empty", path: "profile/query", call: profilePage, answer: ``, want: &rongcloud.UserProfilePage{}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/user/"+test.path+".json", func(string) (int, string) {
				return 200, `{"code":200` + test.answer + `}`
			})
			got, err := test.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

// TestUserZone checks that dates are in the data centre's zone.
func TestUserZone(t *testing.T) {
	t.Parallel()
	client := mockPath(t, "/user/info.json", func(string) (int, string) {
		return 200, `{"code":200,"createTime":"2024-05-01 12:30:00"}`
	})
	user, err := client.User.Get(t.Context(), "u1")
	require.NoError(t, err)
	require.Equal(t, time.Date(2024, 5, 1, 4, 30, 0, 0, time.UTC), user.RegisteredAt.UTC())
}

func TestUserWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"oldest first": rongcloud.SortOldestFirst, "newest first": rongcloud.SortNewestFirst, "SortOrder(0)": rongcloud.SortOrder(0),
		"unknown": rongcloud.GenderUnknown, "male": rongcloud.GenderMale, "female": rongcloud.GenderFemale, "Gender(3)": rongcloud.Gender(3),
		"off": rongcloud.WhitelistModeOff, "on": rongcloud.WhitelistModeOn, "WhitelistMode(3)": rongcloud.WhitelistMode(3),
		"all messages": rongcloud.PushLevelAll, "not set": rongcloud.PushLevelUnset, "mentions": rongcloud.PushLevelMentions,
		"mentions of the user": rongcloud.PushLevelUserMentions, "mentions of everybody": rongcloud.PushLevelAllMentions,
		"no messages": rongcloud.PushLevelNone, "PushLevel(3)": rongcloud.PushLevel(3),
	} {
		require.Equal(t, want, value.String())
	}
}
