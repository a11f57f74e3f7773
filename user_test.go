package rongcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func userCalls() []apiCall {
	three := []string{"u1", "u2", "ü 3&=+"}
	return []apiCall{
		{path: "/user/getToken.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann 安", PortraitURL: "https://a.example/?x=1&y=2"})
			return err
		}, form: formOf("userId", "u1", "name", "Ann 安", "portraitUri", "https://a.example/?x=1&y=2")},
		{path: "/user/getToken.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
			return err
		}, form: formOf("userId", "u1", "name", "Ann")},
		{path: "/user/refresh.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Update(ctx, rongcloud.UserUpdateParams{UserID: "u1", Name: "Bea", PortraitURL: "p"})
		}, form: formOf("userId", "u1", "name", "Bea", "portraitUri", "p")},
		{path: "/user/refresh.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Update(ctx, rongcloud.UserUpdateParams{UserID: "u1"})
		}, form: formOf("userId", "u1")},
		{path: "/user/info.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Get(ctx, "u1")
			return err
		}, form: formOf("userId", "u1")},
		{path: "/user/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.ListSandbox(ctx, rongcloud.SandboxUserQuery{Page: 2, Size: 100, Order: rongcloud.SortNewestFirst})
			return err
		}, form: formOf("page", "2", "pageSize", "100", "order", "1")},
		{path: "/user/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.ListSandbox(ctx, rongcloud.SandboxUserQuery{})
			return err
		}, form: formOf()},
		{path: "/user/delusers.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.DeleteSandbox(ctx, three)
		}, form: formOf("userId", "u1", "userId", "u2", "userId", "ü 3&=+")},
		{path: "/user/token/expire.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.ExpireTokens(ctx, rongcloud.ExpireTokensParams{UserIDs: []string{"u1", "u,2"}, Before: time.UnixMilli(1623123911123)})
		}, form: formOf("userId", "u1", "userId", "u,2", "time", "1623123911123")},
		{path: "/user/checkOnline.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.IsOnline(ctx, "u1")
			return err
		}, form: formOf("userId", "u1")},
		{path: "/user/deactivate.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Deactivate(ctx, three)
			return err
		}, form: formOf("userId", "u1,u2,ü 3&=+")},
		{path: "/user/reactivate.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Reactivate(ctx, three)
			return err
		}, form: formOf("userId", "u1,u2,ü 3&=+")},
		{path: "/user/deactivate/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.ListDeactivated(ctx, rongcloud.DeactivatedUserQuery{Page: 3, Size: 50})
			return err
		}, form: formOf("pageNo", "3", "pageSize", "50")},
		{path: "/user/deactivate/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.ListDeactivated(ctx, rongcloud.DeactivatedUserQuery{})
			return err
		}, form: formOf()},

		{path: "/user/block.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: []string{"u1", "u2"}, Duration: 30 * 24 * time.Hour})
		}, form: formOf("userId", "u1", "userId", "u2", "minute", "43200")},
		{path: "/user/unblock.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Block.Remove(ctx, []string{"u1", "u2"})
		}, form: formOf("userId", "u1", "userId", "u2")},
		{path: "/user/block/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Block.List(ctx, rongcloud.UserBlockQuery{Page: 1, Size: 7})
			return err
		}, form: formOf("page", "1", "size", "7")},
		{path: "/user/block/query.json", what: "the first page", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Block.List(ctx, rongcloud.UserBlockQuery{})
			return err
		}, form: formOf("page", "1")},
		{path: "/user/block/query.json", what: "a page before the first", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Block.List(ctx, rongcloud.UserBlockQuery{Page: -1, Size: 10})
			return err
		}, form: formOf("page", "1", "size", "10")},
		{path: "/user/block/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Block.ListUnpaged(ctx)
			return err
		}, form: formOf()},

		{path: "/user/blacklist/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: []string{"b1", "b2"}})
		}, form: formOf("userId", "u1", "blackUserId", "b1", "blackUserId", "b2")},
		{path: "/user/blacklist/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Remove(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: []string{"b1", "b2"}})
		}, form: formOf("userId", "u1", "blackUserId", "b1", "blackUserId", "b2")},
		{path: "/user/blacklist/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Blacklist.List(ctx, rongcloud.UserBlacklistQuery{UserID: "u1", PageToken: "t/1=", Size: 10})
			return err
		}, form: formOf("userId", "u1", "pageToken", "t/1=", "size", "10")},
		{path: "/user/blacklist/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Blacklist.List(ctx, rongcloud.UserBlacklistQuery{UserID: "u1"})
			return err
		}, form: formOf("userId", "u1")},

		{path: "/user/whitelist/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.Add(ctx, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{"w1", "w2"}})
		}, form: formOf("userId", "u1", "whiteUserId", "w1", "whiteUserId", "w2")},
		{path: "/user/whitelist/remove.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.Remove(ctx, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{"w1", "w2"}})
		}, form: formOf("userId", "u1", "whiteUserId", "w1", "whiteUserId", "w2")},
		{path: "/user/whitelist/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Whitelist.List(ctx, rongcloud.UserWhitelistQuery{UserID: "u1", PageToken: "t", Size: 10})
			return err
		}, form: formOf("userId", "u1", "pageToken", "t", "size", "10")},
		{path: "/user/whitelist/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Whitelist.List(ctx, rongcloud.UserWhitelistQuery{UserID: "u1"})
			return err
		}, form: formOf("userId", "u1")},
		{path: "/user/whitesetting/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: []string{"u1", "u2"}, Mode: rongcloud.WhitelistModeOn})
		}, form: formOf("userId", "u1", "userId", "u2", "whiteSetting", "1")},
		{path: "/user/whitesetting/set.json", what: "off", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: []string{"u1"}, Mode: rongcloud.WhitelistModeOff})
		}, form: formOf("userId", "u1", "whiteSetting", "0")},
		{path: "/user/whitesetting/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Whitelist.GetModes(ctx, []string{"u1", "u2"})
			return err
		}, form: formOf("userId", "u1", "userId", "u2")},

		{path: "/user/tag/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{"a", "<b>"}})
		}, json: `{"userId":"u1","tags":["a","<b>"]}`},
		{path: "/user/tag/set.json", what: "clear", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Clear(ctx, "u1")
		}, json: `{"userId":"u1","tags":[]}`},
		{path: "/user/tag/batch/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchSet(ctx, rongcloud.UserTagBatchSetParams{UserIDs: []string{"u1", "u2"}, Tags: []string{"a"}})
		}, json: `{"userIds":["u1","u2"],"tags":["a"]}`},
		{path: "/user/tag/batch/set.json", what: "clear", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchClear(ctx, []string{"u1"})
		}, json: `{"userIds":["u1"],"tags":[]}`},
		{path: "/user/tags/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Tag.Get(ctx, []string{"u1", "u2"})
			return err
		}, form: formOf("userIds", "u1", "userIds", "u2")},

		{path: "/user/remarks/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Remark.Set(ctx, rongcloud.UserRemarkSetParams{UserID: "u1", Remarks: []rongcloud.UserRemark{
				{SenderID: "s1", Remark: "A & <B>"}, {SenderID: "s2", Remark: "C"},
			}})
		}, form: formOf("userId", "u1", "remarks", `[{"id":"s1","remark":"A & <B>"},{"id":"s2","remark":"C"}]`)},
		{path: "/user/remarks/del.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Remark.Delete(ctx, rongcloud.UserRemarkDeleteParams{UserID: "u1", SenderID: "s1"})
		}, form: formOf("userId", "u1", "targetId", "s1")},
		{path: "/user/remarks/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Remark.List(ctx, rongcloud.UserRemarkQuery{UserID: "u1", Page: 2, Size: 50})
			return err
		}, form: formOf("userId", "u1", "page", "2", "size", "50")},
		{path: "/user/remarks/get.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Remark.List(ctx, rongcloud.UserRemarkQuery{UserID: "u1"})
			return err
		}, form: formOf("userId", "u1")},

		{path: "/user/blockPushPeriod/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PushPeriod.Set(ctx, rongcloud.UserPushPeriodParams{
				UserID: "u1", StartTime: "22:30:00", Duration: 10*time.Hour + time.Minute,
				Level: rongcloud.PushLevelNone, TimeZone: "Asia/Shanghai",
			})
		}, form: formOf("userId", "u1", "startTime", "22:30:00", "period", "601", "level", "5", "timezone", "Asia/Shanghai")},
		{path: "/user/blockPushPeriod/set.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PushPeriod.Set(ctx, rongcloud.UserPushPeriodParams{
				UserID: "u1", StartTime: "00:00:00", Duration: time.Minute, Level: rongcloud.PushLevelMentions,
			})
		}, form: formOf("userId", "u1", "startTime", "00:00:00", "period", "1", "level", "1")},
		{path: "/user/blockPushPeriod/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.PushPeriod.Get(ctx, "u1")
			return err
		}, form: formOf("userId", "u1")},
		{path: "/user/blockPushPeriod/delete.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PushPeriod.Delete(ctx, "u1")
		}, form: formOf("userId", "u1")},

		{path: "/user/chat/fb/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PrivateMute.Add(ctx, []string{"u1", "u2"})
		}, form: formOf("userId", "u1", "userId", "u2", "state", "1", "type", "PERSON")},
		{path: "/user/chat/fb/set.json", what: "remove", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PrivateMute.Remove(ctx, []string{"u1"})
		}, form: formOf("userId", "u1", "state", "0", "type", "PERSON")},
		{path: "/user/chat/fb/querylist.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.PrivateMute.List(ctx, rongcloud.UserPrivateMuteQuery{Offset: 200, Size: 100})
			return err
		}, form: formOf("num", "100", "offset", "200", "type", "PERSON")},
		{path: "/user/chat/fb/querylist.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.PrivateMute.List(ctx, rongcloud.UserPrivateMuteQuery{})
			return err
		}, form: formOf("type", "PERSON")},

		{path: "/user/profile/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Set(ctx, rongcloud.UserProfileParams{
				UserID: "u1",
				Profile: rongcloud.UserProfile{
					UniqueID: "n1", Name: "Ann", PortraitURL: "p", Email: "a@b.example", Birthday: "May 1",
					Gender: rongcloud.Ptr(rongcloud.GenderFemale), Location: "Köln", Role: rongcloud.Ptr(3), Level: rongcloud.Ptr(100),
				},
				Attributes: map[string]string{"ext_b": "2", "ext_a": `"1"`},
			})
		}, form: formOf("userId", "u1", "userProfile", `{"uniqueId":"n1","name":"Ann","portraitUri":"p","email":"a@b.example",`+
			`"birthday":"May 1","gender":2,"location":"Köln","role":3,"level":100}`,
			"userExtProfile", `{"ext_a":"\"1\"","ext_b":"2"}`)},
		{path: "/user/profile/set.json", what: "zeros are meant", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Set(ctx, rongcloud.UserProfileParams{UserID: "u1", Profile: rongcloud.UserProfile{
				Gender: rongcloud.Ptr(rongcloud.GenderUnknown), Role: rongcloud.Ptr(0), Level: rongcloud.Ptr(0),
			}})
		}, form: formOf("userId", "u1", "userProfile", `{"gender":0,"role":0,"level":0}`)},
		{path: "/user/profile/set.json", what: "attributes only", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Set(ctx, rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{"ext_a": ""}})
		}, form: formOf("userId", "u1", "userExtProfile", `{"ext_a":""}`)},
		{path: "/user/profile/clean.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Delete(ctx, []string{"u1", "u2"})
		}, form: formOf("userId", "u1", "userId", "u2")},
		{path: "/user/profile/batch/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Profile.Get(ctx, []string{"u1", "u2"})
			return err
		}, form: formOf("userId", "u1", "userId", "u2")},
		{path: "/user/profile/query.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Profile.List(ctx, rongcloud.UserProfileQuery{Page: 2, Size: 100, Order: rongcloud.SortNewestFirst})
			return err
		}, form: formOf("page", "2", "size", "100", "order", "1")},
		{path: "/user/profile/query.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Profile.List(ctx, rongcloud.UserProfileQuery{})
			return err
		}, form: formOf()},
	}
}

func TestUserOutcome(t *testing.T) {
	t.Parallel()
	deactivate := mockPath(t, "/user/deactivate.json", func(string) (int, string) { return 502, "<html>" })
	operation, err := deactivate.User.Deactivate(t.Context(), []string{"u1"})
	require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
	require.Nil(t, operation)

	block := mockPath(t, "/user/unblock.json", func(string) (int, string) { return 502, "<html>" })
	err = block.User.Block.Remove(t.Context(), []string{"u1"})
	require.ErrorIs(t, err, rongcloud.ErrTransport)
	require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
}
