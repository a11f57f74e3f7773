package rongcloud_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func userCalls() []apiCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	three := []string{"u1", "u2", "ü 3&=+"}
	return []apiCall{
		{"/user/getToken.json", "all", func(x ctx, c client) error {
			_, err := c.User.Register(x, rongcloud.RegisterParams{UserID: "u1", Name: "Ann 安", PortraitURL: "https://a.example/?x=1&y=2"})
			return err
		}, formOf("userId", "u1", "name", "Ann 安", "portraitUri", "https://a.example/?x=1&y=2"), ""},
		{"/user/getToken.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Register(x, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
			return err
		}, formOf("userId", "u1", "name", "Ann"), ""},
		{"/user/refresh.json", "all", func(x ctx, c client) error {
			return c.User.Update(x, rongcloud.UserUpdateParams{UserID: "u1", Name: "Bea", PortraitURL: "p"})
		}, formOf("userId", "u1", "name", "Bea", "portraitUri", "p"), ""},
		{"/user/refresh.json", "bare", func(x ctx, c client) error {
			return c.User.Update(x, rongcloud.UserUpdateParams{UserID: "u1"})
		}, formOf("userId", "u1"), ""},
		{"/user/info.json", "all", func(x ctx, c client) error {
			_, err := c.User.Get(x, "u1")
			return err
		}, formOf("userId", "u1"), ""},
		{"/user/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.ListSandbox(x, rongcloud.SandboxUserQuery{Page: 2, Size: 100, Order: rongcloud.SortNewestFirst})
			return err
		}, formOf("page", "2", "pageSize", "100", "order", "1"), ""},
		{"/user/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.ListSandbox(x, rongcloud.SandboxUserQuery{})
			return err
		}, formOf(), ""},
		{"/user/delusers.json", "all", func(x ctx, c client) error {
			return c.User.DeleteSandbox(x, three)
		}, formOf("userId", "u1", "userId", "u2", "userId", "ü 3&=+"), ""},
		{"/user/token/expire.json", "all", func(x ctx, c client) error {
			return c.User.ExpireTokens(x, rongcloud.ExpireTokensParams{UserIDs: []string{"u1", "u,2"}, Before: time.UnixMilli(1623123911123)})
		}, formOf("userId", "u1", "userId", "u,2", "time", "1623123911123"), ""},
		{"/user/checkOnline.json", "all", func(x ctx, c client) error {
			_, err := c.User.IsOnline(x, "u1")
			return err
		}, formOf("userId", "u1"), ""},
		{"/user/deactivate.json", "all", func(x ctx, c client) error {
			_, err := c.User.Deactivate(x, three)
			return err
		}, formOf("userId", "u1,u2,ü 3&=+"), ""},
		{"/user/reactivate.json", "all", func(x ctx, c client) error {
			_, err := c.User.Reactivate(x, three)
			return err
		}, formOf("userId", "u1,u2,ü 3&=+"), ""},
		{"/user/deactivate/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.ListDeactivated(x, rongcloud.DeactivatedUserQuery{Page: 3, Size: 50})
			return err
		}, formOf("pageNo", "3", "pageSize", "50"), ""},
		{"/user/deactivate/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.ListDeactivated(x, rongcloud.DeactivatedUserQuery{})
			return err
		}, formOf(), ""},

		{"/user/block.json", "all", func(x ctx, c client) error {
			return c.User.Block.Add(x, rongcloud.UserBlockParams{UserIDs: []string{"u1", "u2"}, Duration: 30 * 24 * time.Hour})
		}, formOf("userId", "u1", "userId", "u2", "minute", "43200"), ""},
		{"/user/unblock.json", "all", func(x ctx, c client) error {
			return c.User.Block.Remove(x, []string{"u1", "u2"})
		}, formOf("userId", "u1", "userId", "u2"), ""},
		{"/user/block/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Block.List(x, rongcloud.UserBlockQuery{Page: 1, Size: 7})
			return err
		}, formOf("page", "1", "size", "7"), ""},
		{"/user/block/query.json", "the first page", func(x ctx, c client) error {
			_, err := c.User.Block.List(x, rongcloud.UserBlockQuery{})
			return err
		}, formOf("page", "1"), ""},
		{"/user/block/query.json", "a page before the first", func(x ctx, c client) error {
			_, err := c.User.Block.List(x, rongcloud.UserBlockQuery{Page: -1, Size: 10})
			return err
		}, formOf("page", "1", "size", "10"), ""},
		{"/user/block/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Block.ListUnpaged(x)
			return err
		}, formOf(), ""},

		{"/user/blacklist/add.json", "all", func(x ctx, c client) error {
			return c.User.Blacklist.Add(x, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: []string{"b1", "b2"}})
		}, formOf("userId", "u1", "blackUserId", "b1", "blackUserId", "b2"), ""},
		{"/user/blacklist/remove.json", "all", func(x ctx, c client) error {
			return c.User.Blacklist.Remove(x, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: []string{"b1", "b2"}})
		}, formOf("userId", "u1", "blackUserId", "b1", "blackUserId", "b2"), ""},
		{"/user/blacklist/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Blacklist.List(x, rongcloud.UserBlacklistQuery{UserID: "u1", PageToken: "t/1=", Size: 10})
			return err
		}, formOf("userId", "u1", "pageToken", "t/1=", "size", "10"), ""},
		{"/user/blacklist/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Blacklist.List(x, rongcloud.UserBlacklistQuery{UserID: "u1"})
			return err
		}, formOf("userId", "u1"), ""},

		{"/user/whitelist/add.json", "all", func(x ctx, c client) error {
			return c.User.Whitelist.Add(x, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{"w1", "w2"}})
		}, formOf("userId", "u1", "whiteUserId", "w1", "whiteUserId", "w2"), ""},
		{"/user/whitelist/remove.json", "all", func(x ctx, c client) error {
			return c.User.Whitelist.Remove(x, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{"w1", "w2"}})
		}, formOf("userId", "u1", "whiteUserId", "w1", "whiteUserId", "w2"), ""},
		{"/user/whitelist/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Whitelist.List(x, rongcloud.UserWhitelistQuery{UserID: "u1", PageToken: "t", Size: 10})
			return err
		}, formOf("userId", "u1", "pageToken", "t", "size", "10"), ""},
		{"/user/whitelist/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Whitelist.List(x, rongcloud.UserWhitelistQuery{UserID: "u1"})
			return err
		}, formOf("userId", "u1"), ""},
		{"/user/whitesetting/set.json", "all", func(x ctx, c client) error {
			return c.User.Whitelist.SetMode(x, rongcloud.UserWhitelistModeParams{UserIDs: []string{"u1", "u2"}, Mode: rongcloud.WhitelistModeOn})
		}, formOf("userId", "u1", "userId", "u2", "whiteSetting", "1"), ""},
		{"/user/whitesetting/set.json", "off", func(x ctx, c client) error {
			return c.User.Whitelist.SetMode(x, rongcloud.UserWhitelistModeParams{UserIDs: []string{"u1"}, Mode: rongcloud.WhitelistModeOff})
		}, formOf("userId", "u1", "whiteSetting", "0"), ""},
		{"/user/whitesetting/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Whitelist.GetModes(x, []string{"u1", "u2"})
			return err
		}, formOf("userId", "u1", "userId", "u2"), ""},

		{"/user/tag/set.json", "all", func(x ctx, c client) error {
			return c.User.Tag.Set(x, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{"a", "<b>"}})
		}, nil, `{"userId":"u1","tags":["a","<b>"]}`},
		{"/user/tag/set.json", "clear", func(x ctx, c client) error {
			return c.User.Tag.Clear(x, "u1")
		}, nil, `{"userId":"u1","tags":[]}`},
		{"/user/tag/batch/set.json", "all", func(x ctx, c client) error {
			return c.User.Tag.BatchSet(x, rongcloud.UserTagBatchSetParams{UserIDs: []string{"u1", "u2"}, Tags: []string{"a"}})
		}, nil, `{"userIds":["u1","u2"],"tags":["a"]}`},
		{"/user/tag/batch/set.json", "clear", func(x ctx, c client) error {
			return c.User.Tag.BatchClear(x, []string{"u1"})
		}, nil, `{"userIds":["u1"],"tags":[]}`},
		{"/user/tags/get.json", "all", func(x ctx, c client) error {
			_, err := c.User.Tag.Get(x, []string{"u1", "u2"})
			return err
		}, formOf("userIds", "u1", "userIds", "u2"), ""},

		{"/user/remarks/set.json", "all", func(x ctx, c client) error {
			return c.User.Remark.Set(x, rongcloud.UserRemarkSetParams{UserID: "u1", Remarks: []rongcloud.UserRemark{
				{SenderID: "s1", Remark: "A & <B>"}, {SenderID: "s2", Remark: "C"},
			}})
		}, formOf("userId", "u1", "remarks", `[{"id":"s1","remark":"A & <B>"},{"id":"s2","remark":"C"}]`), ""},
		{"/user/remarks/del.json", "all", func(x ctx, c client) error {
			return c.User.Remark.Delete(x, rongcloud.UserRemarkDeleteParams{UserID: "u1", SenderID: "s1"})
		}, formOf("userId", "u1", "targetId", "s1"), ""},
		{"/user/remarks/get.json", "all", func(x ctx, c client) error {
			_, err := c.User.Remark.List(x, rongcloud.UserRemarkQuery{UserID: "u1", Page: 2, Size: 50})
			return err
		}, formOf("userId", "u1", "page", "2", "size", "50"), ""},
		{"/user/remarks/get.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Remark.List(x, rongcloud.UserRemarkQuery{UserID: "u1"})
			return err
		}, formOf("userId", "u1"), ""},

		{"/user/blockPushPeriod/set.json", "all", func(x ctx, c client) error {
			return c.User.PushPeriod.Set(x, rongcloud.UserPushPeriodParams{
				UserID: "u1", StartTime: "22:30:00", Duration: 10*time.Hour + time.Minute,
				Level: rongcloud.PushLevelNone, TimeZone: "Asia/Shanghai",
			})
		}, formOf("userId", "u1", "startTime", "22:30:00", "period", "601", "level", "5", "timezone", "Asia/Shanghai"), ""},
		{"/user/blockPushPeriod/set.json", "bare", func(x ctx, c client) error {
			return c.User.PushPeriod.Set(x, rongcloud.UserPushPeriodParams{
				UserID: "u1", StartTime: "00:00:00", Duration: time.Minute, Level: rongcloud.PushLevelMentions,
			})
		}, formOf("userId", "u1", "startTime", "00:00:00", "period", "1", "level", "1"), ""},
		{"/user/blockPushPeriod/get.json", "all", func(x ctx, c client) error {
			_, err := c.User.PushPeriod.Get(x, "u1")
			return err
		}, formOf("userId", "u1"), ""},
		{"/user/blockPushPeriod/delete.json", "all", func(x ctx, c client) error {
			return c.User.PushPeriod.Delete(x, "u1")
		}, formOf("userId", "u1"), ""},

		{"/user/chat/fb/set.json", "all", func(x ctx, c client) error {
			return c.User.PrivateMute.Add(x, []string{"u1", "u2"})
		}, formOf("userId", "u1", "userId", "u2", "state", "1", "type", "PERSON"), ""},
		{"/user/chat/fb/set.json", "remove", func(x ctx, c client) error {
			return c.User.PrivateMute.Remove(x, []string{"u1"})
		}, formOf("userId", "u1", "state", "0", "type", "PERSON"), ""},
		{"/user/chat/fb/querylist.json", "all", func(x ctx, c client) error {
			_, err := c.User.PrivateMute.List(x, rongcloud.UserPrivateMuteQuery{Offset: 200, Size: 100})
			return err
		}, formOf("num", "100", "offset", "200", "type", "PERSON"), ""},
		{"/user/chat/fb/querylist.json", "bare", func(x ctx, c client) error {
			_, err := c.User.PrivateMute.List(x, rongcloud.UserPrivateMuteQuery{})
			return err
		}, formOf("type", "PERSON"), ""},

		{"/user/profile/set.json", "all", func(x ctx, c client) error {
			return c.User.Profile.Set(x, rongcloud.UserProfileParams{
				UserID: "u1",
				Profile: rongcloud.UserProfile{
					UniqueID: "n1", Name: "Ann", PortraitURL: "p", Email: "a@b.example", Birthday: "May 1",
					Gender: rongcloud.Ptr(rongcloud.GenderFemale), Location: "Köln", Role: rongcloud.Ptr(3), Level: rongcloud.Ptr(100),
				},
				Attributes: map[string]string{"ext_b": "2", "ext_a": `"1"`},
			})
		}, formOf("userId", "u1", "userProfile", `{"uniqueId":"n1","name":"Ann","portraitUri":"p","email":"a@b.example",`+
			`"birthday":"May 1","gender":2,"location":"Köln","role":3,"level":100}`,
			"userExtProfile", `{"ext_a":"\"1\"","ext_b":"2"}`), ""},
		{"/user/profile/set.json", "zeros are meant", func(x ctx, c client) error {
			return c.User.Profile.Set(x, rongcloud.UserProfileParams{UserID: "u1", Profile: rongcloud.UserProfile{
				Gender: rongcloud.Ptr(rongcloud.GenderUnknown), Role: rongcloud.Ptr(0), Level: rongcloud.Ptr(0),
			}})
		}, formOf("userId", "u1", "userProfile", `{"gender":0,"role":0,"level":0}`), ""},
		{"/user/profile/set.json", "attributes only", func(x ctx, c client) error {
			return c.User.Profile.Set(x, rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{"ext_a": ""}})
		}, formOf("userId", "u1", "userExtProfile", `{"ext_a":""}`), ""},
		{"/user/profile/clean.json", "all", func(x ctx, c client) error {
			return c.User.Profile.Delete(x, []string{"u1", "u2"})
		}, formOf("userId", "u1", "userId", "u2"), ""},
		{"/user/profile/batch/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Profile.Get(x, []string{"u1", "u2"})
			return err
		}, formOf("userId", "u1", "userId", "u2"), ""},
		{"/user/profile/query.json", "all", func(x ctx, c client) error {
			_, err := c.User.Profile.List(x, rongcloud.UserProfileQuery{Page: 2, Size: 100, Order: rongcloud.SortNewestFirst})
			return err
		}, formOf("page", "2", "size", "100", "order", "1"), ""},
		{"/user/profile/query.json", "bare", func(x ctx, c client) error {
			_, err := c.User.Profile.List(x, rongcloud.UserProfileQuery{})
			return err
		}, formOf(), ""},
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
