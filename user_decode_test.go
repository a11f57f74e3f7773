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
	type client = *rongcloud.Client
	type ctx = context.Context
	beijing := time.FixedZone("CST", 8*60*60)
	noon := time.Date(2024, 5, 1, 12, 30, 0, 0, beijing)

	token := func(x ctx, c client) (any, error) {
		return c.User.Register(x, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
	}
	user := func(x ctx, c client) (any, error) { return c.User.Get(x, "u1") }
	sandbox := func(x ctx, c client) (any, error) { return c.User.ListSandbox(x, rongcloud.SandboxUserQuery{}) }
	online := func(x ctx, c client) (any, error) { return c.User.IsOnline(x, "u1") }
	deactivate := func(x ctx, c client) (any, error) { return c.User.Deactivate(x, []string{"u1"}) }
	reactivate := func(x ctx, c client) (any, error) { return c.User.Reactivate(x, []string{"u1"}) }
	deactivated := func(x ctx, c client) (any, error) {
		return c.User.ListDeactivated(x, rongcloud.DeactivatedUserQuery{})
	}
	blocks := func(x ctx, c client) (any, error) { return c.User.Block.List(x, rongcloud.UserBlockQuery{}) }
	blacklist := func(x ctx, c client) (any, error) {
		return c.User.Blacklist.List(x, rongcloud.UserBlacklistQuery{UserID: "u1"})
	}
	whitelist := func(x ctx, c client) (any, error) {
		return c.User.Whitelist.List(x, rongcloud.UserWhitelistQuery{UserID: "u1"})
	}
	modes := func(x ctx, c client) (any, error) { return c.User.Whitelist.GetModes(x, []string{"u1", "u2"}) }
	tags := func(x ctx, c client) (any, error) { return c.User.Tag.Get(x, []string{"u1", "u2"}) }
	remarks := func(x ctx, c client) (any, error) {
		return c.User.Remark.List(x, rongcloud.UserRemarkQuery{UserID: "u1"})
	}
	period := func(x ctx, c client) (any, error) { return c.User.PushPeriod.Get(x, "u1") }
	muted := func(x ctx, c client) (any, error) {
		return c.User.PrivateMute.List(x, rongcloud.UserPrivateMuteQuery{})
	}
	profiles := func(x ctx, c client) (any, error) { return c.User.Profile.Get(x, []string{"u1"}) }
	profilePage := func(x ctx, c client) (any, error) {
		return c.User.Profile.List(x, rongcloud.UserProfileQuery{})
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
		call       func(ctx, client) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{"token", "getToken", token, `,"userId":"u1","token":"t=="`, &rongcloud.UserToken{UserID: "u1", Token: "t=="}},
		{"token of a number", "getToken", token, `,"userId":1,"token":"t"`, &rongcloud.UserToken{UserID: "1", Token: "t"}},
		{"token alone", "getToken", token, `,"token":"t","new":{}`, &rongcloud.UserToken{Token: "t"}},

		{
			"user", "info", user, `,"userName":"Ann","userPortrait":"p","createTime":"2024-05-01 12:30:00"`,
			&rongcloud.User{UserID: "u1", Name: "Ann", PortraitURL: "p", RegisteredAt: noon},
		},
		{"user without portrait", "info", user, `,"userName":"Ann","userPortrait":null`, &rongcloud.User{UserID: "u1", Name: "Ann"}},
		{"user without date", "info", user, `,"userName":7,"createTime":""`, &rongcloud.User{UserID: "u1", Name: "7"}},
		{"user with ID", "info", user, `,"userId":"U1"`, &rongcloud.User{UserID: "U1"}},
		{
			"sandbox", "query", sandbox,
			`,"total":2,"users":[{"userId":"u1","userName":"Ann","userPortrait":"","regTime":"2024-05-01 12:30:00"},{"userId":"u2"}]`,
			&rongcloud.SandboxUserPage{Total: 2, Users: []rongcloud.User{{UserID: "u1", Name: "Ann", RegisteredAt: noon}, {UserID: "u2"}}},
		},
		{
			"sandbox as text", "query", sandbox, `,"total":"1","users":[{"userId":1}]`,
			&rongcloud.SandboxUserPage{Total: 1, Users: []rongcloud.User{{UserID: "1"}}},
		},
		{"sandbox empty", "query", sandbox, `,"users":null`, &rongcloud.SandboxUserPage{}},

		{"online", "checkOnline", online, `,"status":"1"`, true},
		{"online as number", "checkOnline", online, `,"status":1`, true},
		{"online as bool", "checkOnline", online, `,"status":true`, true},
		{"offline", "checkOnline", online, `,"status":"0"`, false},
		{"offline as number", "checkOnline", online, `,"status":0`, false},
		{"online unknown", "checkOnline", online, ``, false},

		{"deactivate", "deactivate", deactivate, `,"operateId":"o1"`, &rongcloud.UserOperation{OperationID: "o1"}},
		{"deactivate as number", "deactivate", deactivate, `,"operateId":17`, &rongcloud.UserOperation{OperationID: "17"}},
		{"reactivate", "reactivate", reactivate, `,"operateId":"o2"`, &rongcloud.UserOperation{OperationID: "o2"}},
		{"reactivate without ID", "reactivate", reactivate, ``, &rongcloud.UserOperation{}},
		{"deactivated", "deactivate/query", deactivated, `,"users":["u1","u2"]`, &rongcloud.DeactivatedUserPage{UserIDs: []string{"u1", "u2"}}},
		{"deactivated numbers", "deactivate/query", deactivated, `,"users":[1,"u2"]`, &rongcloud.DeactivatedUserPage{UserIDs: []string{"1", "u2"}}},
		{"deactivated nobody", "deactivate/query", deactivated, ``, &rongcloud.DeactivatedUserPage{}},

		{
			"blocks", "block/query", blocks, `,"users":[{"userId":"u1","blockEndTime":"2024-05-01 12:30:00"},{"userId":2}]`,
			&rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{{UserID: "u1", EndsAt: noon}, {UserID: "2"}}},
		},
		{
			"blocks in ms", "block/query", blocks, fmt.Sprintf(`,"users":[{"userId":"u1","blockEndTime":%d}]`, noon.UnixMilli()),
			&rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{{UserID: "u1", EndsAt: time.UnixMilli(noon.UnixMilli())}}},
		},
		{"blocks empty", "block/query", blocks, `,"users":[]`, &rongcloud.UserBlockPage{Users: []rongcloud.UserBlock{}}},

		{"blacklist", "blacklist/query", blacklist, `,"users":["u2"],"next":"n"`, &rongcloud.UserBlacklistPage{UserIDs: []string{"u2"}, NextPageToken: "n"}},
		{"blacklist end", "blacklist/query", blacklist, `,"users":["u2"]`, &rongcloud.UserBlacklistPage{UserIDs: []string{"u2"}}},
		{"blacklist number", "blacklist/query", blacklist, `,"users":[2],"next":9`, &rongcloud.UserBlacklistPage{UserIDs: []string{"2"}, NextPageToken: "9"}},
		{"whitelist", "whitelist/query", whitelist, `,"users":["u2"],"next":"n"`, &rongcloud.UserWhitelistPage{UserIDs: []string{"u2"}, NextPageToken: "n"}},
		{"whitelist end", "whitelist/query", whitelist, `,"users":null,"next":null`, &rongcloud.UserWhitelistPage{}},
		{
			"modes", "whitesetting/query", modes, `,"users":[{"userId":"u1","whiteSetting":"1"},{"userId":"u2","whiteSetting":0},{"userId":"u3"}]`,
			&rongcloud.UserWhitelistModes{Users: []rongcloud.UserWhitelistMode{{UserID: "u1", Mode: rongcloud.WhitelistModeOn}, {UserID: "u2", Mode: rongcloud.WhitelistModeOff}, {UserID: "u3"}}},
		},
		{
			"modes as texts", "whitesetting/query", modes, `,"users":["{\"userId\":\"u1\",\"whiteSetting\":\"7\"}"]`,
			&rongcloud.UserWhitelistModes{Users: []rongcloud.UserWhitelistMode{{UserID: "u1", Mode: 8}}},
		},

		{
			"tags", "tags/get", tags, `,"result":{"u1":["a","b"],"u2":[]}`,
			&rongcloud.UserTags{ByUser: map[string][]string{"u1": {"a", "b"}, "u2": {}}},
		},
		{
			"tags of other types", "tags/get", tags, `,"result":{"u1":[1],"u2":null}`,
			&rongcloud.UserTags{ByUser: map[string][]string{"u1": {"1"}, "u2": nil}},
		},
		{"tags of nobody", "tags/get", tags, `,"result":[]`, &rongcloud.UserTags{ByUser: map[string][]string{}}},

		{
			"remarks", "remarks/get", remarks, `,"total":1,"users":[{"id":"s1","remark":"A"}]`,
			&rongcloud.UserRemarkPage{Total: 1, Remarks: []rongcloud.UserRemark{{SenderID: "s1", Remark: "A"}}},
		},
		{
			"remarks of other types", "remarks/get", remarks, `,"total":"1","users":[{"Id":1,"Remark":2}]`,
			&rongcloud.UserRemarkPage{Total: 1, Remarks: []rongcloud.UserRemark{{SenderID: "1", Remark: "2"}}},
		},
		{"remarks none", "remarks/get", remarks, `,"total":0`, &rongcloud.UserRemarkPage{}},

		{
			"period", "blockPushPeriod/get", period, `,"data":{"startTime":"22:30:00","period":601,"unPushLevel":5}`,
			&rongcloud.UserPushPeriod{StartTime: "22:30:00", Duration: 601 * time.Minute, Level: rongcloud.PushLevelNone},
		},
		{
			"period as text with level", "blockPushPeriod/get", period, `,"data":{"startTime":"22:30:00","period":"60","level":"1"}`,
			&rongcloud.UserPushPeriod{StartTime: "22:30:00", Duration: time.Hour, Level: rongcloud.PushLevelMentions},
		},
		{
			"period with unpushLevel", "blockPushPeriod/get", period, `,"data":{"unpushLevel":9}`,
			&rongcloud.UserPushPeriod{Level: 9},
		},
		{"period none", "blockPushPeriod/get", period, `,"data":null`, &rongcloud.UserPushPeriod{}},
		{"period empty", "blockPushPeriod/get", period, `,"data":{}`, &rongcloud.UserPushPeriod{}},
		{"period list", "blockPushPeriod/get", period, `,"data":[]`, &rongcloud.UserPushPeriod{}},
		{"period missing", "blockPushPeriod/get", period, ``, &rongcloud.UserPushPeriod{}},

		{"muted", "chat/fb/querylist", muted, `,"total":2,"users":["u1","u2"]`, &rongcloud.UserPrivateMutePage{Total: 2, UserIDs: []string{"u1", "u2"}}},
		{"muted as text", "chat/fb/querylist", muted, `,"total":"1","users":[1]`, &rongcloud.UserPrivateMutePage{Total: 1, UserIDs: []string{"1"}}},

		{
			"profiles", "profile/batch/query", profiles, `,"userList":[{"userId":"u1","version":12343433499942,` +
				`"userProfile":"{\"uniqueId\":\"n1\",\"name\":\"Ann\",\"portraitUri\":\"p\",\"email\":\"a@b.example\",\"birthday\":\"May 1\",` +
				`\"gender\":2,\"location\":\"Köln\",\"role\":0,\"level\":7}","userExtProfile":"{\"ext_a\":\"1\"}"}]`,
			&rongcloud.UserProfiles{Users: hosted},
		},
		{
			"profiles as objects", "profile/batch/query", profiles, `,"userList":[{"userId":"u1","version":"12343433499942",` +
				`"userProfile":{"uniqueId":"n1","name":"Ann","portraitUri":"p","email":"a@b.example","birthday":"May 1",` +
				`"gender":"2","location":"Köln","role":"0","level":7},"userExtProfile":{"ext_a":1}}]`,
			&rongcloud.UserProfiles{Users: hosted},
		},
		{
			"profiles with empty texts", "profile/batch/query", profiles, `,"userList":[{"userId":"u1","userProfile":"","userExtProfile":null}]`,
			&rongcloud.UserProfiles{Users: nobody},
		},
		{
			"profile page", "profile/query", profilePage, `,"userList":[{"userId":"u1","userProfile":"{}"}]`,
			&rongcloud.UserProfilePage{Users: nobody},
		},
		{"profile page empty", "profile/query", profilePage, ``, &rongcloud.UserProfilePage{}},
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
