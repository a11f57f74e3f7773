package rongcloud_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func userIDs(n int) []string {
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("u%d", i)
	}
	return ids
}

func TestUserRefuses(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	two := []string{"u1", "u2"}
	soon := time.UnixMilli(1)
	block := func(d time.Duration, ids ...string) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.User.Block.Add(x, rongcloud.UserBlockParams{UserIDs: ids, Duration: d})
		}
	}
	period := func(p rongcloud.UserPushPeriodParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.User.PushPeriod.Set(x, p) }
	}
	remarks := func(user string, remarks ...rongcloud.UserRemark) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.User.Remark.Set(x, rongcloud.UserRemarkSetParams{UserID: user, Remarks: remarks})
		}
	}
	tests := []struct {
		name, field, reason string
		call                func(ctx, client) error
	}{
		{"register nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.Register(x, rongcloud.RegisterParams{Name: "Ann"})
			return err
		}},
		{"register without a name", "name", "is required", func(x ctx, c client) error {
			_, err := c.User.Register(x, rongcloud.RegisterParams{UserID: "u1"})
			return err
		}},
		{"update nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.Update(x, rongcloud.UserUpdateParams{Name: "Ann"})
		}},
		{"get nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.Get(x, "")
			return err
		}},
		{"check nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.IsOnline(x, "")
			return err
		}},
		{"expire for nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.ExpireTokens(x, rongcloud.ExpireTokensParams{Before: soon})
		}},
		{"expire at no time", "time", "is required", func(x ctx, c client) error {
			return c.User.ExpireTokens(x, rongcloud.ExpireTokensParams{UserIDs: two})
		}},
		{"expire for 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.ExpireTokens(x, rongcloud.ExpireTokensParams{UserIDs: userIDs(21), Before: soon})
		}},
		{"delete 101", "userId", "101 items, at most 100", func(x ctx, c client) error {
			return c.User.DeleteSandbox(x, userIDs(101))
		}},
		{"deactivate with a comma", "userId", "item 2 contains a comma", func(x ctx, c client) error {
			_, err := c.User.Deactivate(x, []string{"u1", "u,2"})
			return err
		}},
		{"deactivate 101", "userId", "101 items, at most 100", func(x ctx, c client) error {
			_, err := c.User.Deactivate(x, userIDs(101))
			return err
		}},
		{"deactivate an empty ID", "userId", "item 1 is empty", func(x ctx, c client) error {
			_, err := c.User.Deactivate(x, []string{""})
			return err
		}},
		{"reactivate with a comma", "userId", "item 1 contains a comma", func(x ctx, c client) error {
			_, err := c.User.Reactivate(x, []string{","})
			return err
		}},
		{"reactivate nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.Reactivate(x, nil)
			return err
		}},

		{"block for no time", "minute", "is required", block(0, "u1")},
		{"block backwards", "minute", "-1m0s is negative", block(-time.Minute, "u1")},
		{"block for 90 seconds", "minute", "1m30s is not a whole number of minutes", block(90*time.Second, "u1")},
		{"block for ever", "minute", "cannot be Forever, at most 43200 minutes", block(rongcloud.Forever, "u1")},
		{"block nobody", "userId", "is required", block(time.Minute)},
		{"block 21", "userId", "21 items, at most 20", block(time.Minute, userIDs(21)...)},
		{"block an empty ID", "userId", "item 2 is empty", block(time.Minute, "u1", "")},
		{"unblock 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Block.Remove(x, userIDs(21))
		}},

		{"blacklist of nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.Blacklist.Add(x, rongcloud.UserBlacklistParams{UserID: "", TargetIDs: two})
		}},
		{"blacklist nobody", "blackUserId", "is required", func(x ctx, c client) error {
			return c.User.Blacklist.Add(x, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: nil})
		}},
		{"blacklist 21", "blackUserId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Blacklist.Add(x, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{"take 21 off the blacklist", "blackUserId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Blacklist.Remove(x, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{"list nobody's blacklist", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.Blacklist.List(x, rongcloud.UserBlacklistQuery{})
			return err
		}},
		{"walk nobody's blacklist", "userId", "is required", func(x ctx, c client) error {
			for _, err := range c.User.Blacklist.All(x, rongcloud.UserBlacklistQuery{}) {
				return err
			}
			return nil
		}},

		{"whitelist of nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.Whitelist.Add(x, rongcloud.UserWhitelistParams{UserID: "", TargetIDs: two})
		}},
		{"whitelist 21", "whiteUserId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Whitelist.Add(x, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{"take an empty ID off the whitelist", "whiteUserId", "item 1 is empty", func(x ctx, c client) error {
			return c.User.Whitelist.Remove(x, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{""}})
		}},
		{"set the mode of 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Whitelist.SetMode(x, rongcloud.UserWhitelistModeParams{UserIDs: userIDs(21), Mode: rongcloud.WhitelistModeOn})
		}},
		{"set no mode", "whiteSetting", "is required", func(x ctx, c client) error {
			return c.User.Whitelist.SetMode(x, rongcloud.UserWhitelistModeParams{UserIDs: two})
		}},
		{"set an unknown mode", "whiteSetting", "WhitelistMode(3) is not a valid value", func(x ctx, c client) error {
			return c.User.Whitelist.SetMode(x, rongcloud.UserWhitelistModeParams{UserIDs: two, Mode: 3})
		}},
		{"ask the mode of 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			_, err := c.User.Whitelist.GetModes(x, userIDs(21))
			return err
		}},

		{"tag nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.Tag.Set(x, rongcloud.UserTagSetParams{UserID: "", Tags: two})
		}},
		{"an empty tag", "tags", "item 2 is empty", func(x ctx, c client) error {
			return c.User.Tag.Set(x, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{"a", ""}})
		}},
		{"21 tags", "tags", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Tag.Set(x, rongcloud.UserTagSetParams{UserID: "u1", Tags: userIDs(21)})
		}},
		{"no tags", "tags", "is required", func(x ctx, c client) error {
			return c.User.Tag.Set(x, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{}})
		}},
		{"no tags for many", "tags", "is required", func(x ctx, c client) error {
			return c.User.Tag.BatchSet(x, rongcloud.UserTagBatchSetParams{UserIDs: two})
		}},
		{"clear nobody's tags", "userId", "is required", func(x ctx, c client) error { return c.User.Tag.Clear(x, "") }},
		{"clear the tags of 1001", "userIds", "1001 items, at most 1000", func(x ctx, c client) error {
			return c.User.Tag.BatchClear(x, userIDs(1001))
		}},
		{"tag no users", "userIds", "is required", func(x ctx, c client) error {
			return c.User.Tag.BatchSet(x, rongcloud.UserTagBatchSetParams{Tags: two})
		}},
		{"tag 1001", "userIds", "1001 items, at most 1000", func(x ctx, c client) error {
			return c.User.Tag.BatchSet(x, rongcloud.UserTagBatchSetParams{UserIDs: userIDs(1001), Tags: two})
		}},
		{"tags of 51", "userIds", "51 items, at most 50", func(x ctx, c client) error {
			_, err := c.User.Tag.Get(x, userIDs(51))
			return err
		}},

		{"remarks of nobody", "userId", "is required", remarks("", rongcloud.UserRemark{SenderID: "s", Remark: "r"})},
		{"no remarks", "remarks", "is required", remarks("u1")},
		{"101 remarks", "remarks", "101 items, at most 100", func(x ctx, c client) error {
			many := make([]rongcloud.UserRemark, 101)
			for i := range many {
				many[i] = rongcloud.UserRemark{SenderID: "s", Remark: "r"}
			}
			return remarks("u1", many...)(x, c)
		}},
		{"a remark for nobody", "remarks", "item 2", remarks("u1",
			rongcloud.UserRemark{SenderID: "s", Remark: "r"}, rongcloud.UserRemark{Remark: "r"})},
		{"an empty remark", "remarks", "item 1", remarks("u1", rongcloud.UserRemark{SenderID: "s"})},
		{"delete no remark", "targetId", "is required", func(x ctx, c client) error {
			return c.User.Remark.Delete(x, rongcloud.UserRemarkDeleteParams{UserID: "u1", SenderID: ""})
		}},
		{"list nobody's remarks", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.Remark.List(x, rongcloud.UserRemarkQuery{Page: 1})
			return err
		}},

		{"a period of nobody", "userId", "is required", period(rongcloud.UserPushPeriodParams{StartTime: "22:00:00", Duration: time.Hour, Level: 1})},
		{"a period without start", "startTime", "is required", period(rongcloud.UserPushPeriodParams{UserID: "u1", Duration: time.Hour, Level: 1})},
		{"a period without level", "level", "is required", period(rongcloud.UserPushPeriodParams{UserID: "u1", StartTime: "22:00:00", Duration: time.Hour})},
		{"a period of no length", "period", "is required", period(rongcloud.UserPushPeriodParams{UserID: "u1", StartTime: "22:00:00", Level: 1})},
		{"a negative period", "period", "is negative", period(rongcloud.UserPushPeriodParams{
			UserID: "u1", StartTime: "22:00:00", Level: 1, Duration: -time.Hour,
		})},
		{"a period of 90 seconds", "period", "is not a whole number of minutes", period(rongcloud.UserPushPeriodParams{
			UserID: "u1", StartTime: "22:00:00", Level: 1, Duration: 90 * time.Second,
		})},
		{"the period of nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.User.PushPeriod.Get(x, "")
			return err
		}},
		{"delete nobody's period", "userId", "is required", func(x ctx, c client) error {
			return c.User.PushPeriod.Delete(x, "")
		}},

		{"mute 1001", "userId", "1001 items, at most 1000", func(x ctx, c client) error {
			return c.User.PrivateMute.Add(x, userIDs(1001))
		}},
		{"unmute nobody", "userId", "is required", func(x ctx, c client) error { return c.User.PrivateMute.Remove(x, nil) }},

		{"a profile of nobody", "userId", "is required", func(x ctx, c client) error {
			return c.User.Profile.Set(x, rongcloud.UserProfileParams{Profile: rongcloud.UserProfile{Name: "Ann"}})
		}},
		{"a profile of nothing", "userProfile", "one of them is required", func(x ctx, c client) error {
			return c.User.Profile.Set(x, rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{}})
		}},
		{"clean 21", "userId", "21 items, at most 20", func(x ctx, c client) error {
			return c.User.Profile.Delete(x, userIDs(21))
		}},
		{"profiles of 101", "userId", "101 items, at most 100", func(x ctx, c client) error {
			_, err := c.User.Profile.Get(x, userIDs(101))
			return err
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			// The server knows no path, so a request would end in a different error.
			err := test.call(t.Context(), mockPath(t, "/none", nil))
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
		})
	}
}
