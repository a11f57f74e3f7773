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
	two := []string{"u1", "u2"}
	soon := time.UnixMilli(1)
	block := func(d time.Duration, ids ...string) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: ids, Duration: d})
		}
	}
	period := func(p rongcloud.UserPushPeriodParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error { return client.User.PushPeriod.Set(ctx, p) }
	}
	remarks := func(user string, remarks ...rongcloud.UserRemark) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Remark.Set(ctx, rongcloud.UserRemarkSetParams{UserID: user, Remarks: remarks})
		}
	}
	tests := []struct {
		name, field, reason string
		call                func(context.Context, *rongcloud.Client) error
	}{
		{name: "register nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{Name: "Ann"})
			return err
		}},
		{name: "register without a name", field: "name", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1"})
			return err
		}},
		{name: "update nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Update(ctx, rongcloud.UserUpdateParams{Name: "Ann"})
		}},
		{name: "get nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Get(ctx, "")
			return err
		}},
		{name: "check nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.IsOnline(ctx, "")
			return err
		}},
		{name: "expire for nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.ExpireTokens(ctx, rongcloud.ExpireTokensParams{Before: soon})
		}},
		{name: "expire at no time", field: "time", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.ExpireTokens(ctx, rongcloud.ExpireTokensParams{UserIDs: two})
		}},
		{name: "expire for 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.ExpireTokens(ctx, rongcloud.ExpireTokensParams{UserIDs: userIDs(21), Before: soon})
		}},
		{name: "delete 101", field: "userId", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.DeleteSandbox(ctx, userIDs(101))
		}},
		{name: "deactivate with a comma", field: "userId", reason: "item 2 contains a comma", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Deactivate(ctx, []string{"u1", "u,2"})
			return err
		}},
		{name: "deactivate 101", field: "userId", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Deactivate(ctx, userIDs(101))
			return err
		}},
		{name: "deactivate an empty ID", field: "userId", reason: "item 1 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Deactivate(ctx, []string{""})
			return err
		}},
		{name: "reactivate with a comma", field: "userId", reason: "item 1 contains a comma", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Reactivate(ctx, []string{","})
			return err
		}},
		{name: "reactivate nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Reactivate(ctx, nil)
			return err
		}},

		{name: "block for no time", field: "minute", reason: "is required", call: block(0, "u1")},
		{name: "block backwards", field: "minute", reason: "-1m0s is negative", call: block(-time.Minute, "u1")},
		{name: "block for 90 seconds", field: "minute", reason: "1m30s is not a whole number of minutes", call: block(90*time.Second, "u1")},
		{name: "block for ever", field: "minute", reason: "cannot be Forever, at most 43200 minutes", call: block(rongcloud.Forever, "u1")},
		{name: "block nobody", field: "userId", reason: "is required", call: block(time.Minute)},
		{name: "block 21", field: "userId", reason: "21 items, at most 20", call: block(time.Minute, userIDs(21)...)},
		{name: "block an empty ID", field: "userId", reason: "item 2 is empty", call: block(time.Minute, "u1", "")},
		{name: "unblock 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Block.Remove(ctx, userIDs(21))
		}},

		{name: "blacklist of nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "", TargetIDs: two})
		}},
		{name: "blacklist nobody", field: "blackUserId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: nil})
		}},
		{name: "blacklist 21", field: "blackUserId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{name: "take 21 off the blacklist", field: "blackUserId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Blacklist.Remove(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{name: "list nobody's blacklist", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Blacklist.List(ctx, rongcloud.UserBlacklistQuery{})
			return err
		}},
		{name: "walk nobody's blacklist", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			for _, err := range client.User.Blacklist.All(ctx, rongcloud.UserBlacklistQuery{}) {
				return err
			}
			return nil
		}},

		{name: "whitelist of nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.Add(ctx, rongcloud.UserWhitelistParams{UserID: "", TargetIDs: two})
		}},
		{name: "whitelist 21", field: "whiteUserId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.Add(ctx, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: userIDs(21)})
		}},
		{name: "take an empty ID off the whitelist", field: "whiteUserId", reason: "item 1 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.Remove(ctx, rongcloud.UserWhitelistParams{UserID: "u1", TargetIDs: []string{""}})
		}},
		{name: "set the mode of 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: userIDs(21), Mode: rongcloud.WhitelistModeOn})
		}},
		{name: "set no mode", field: "whiteSetting", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: two})
		}},
		{name: "set an unknown mode", field: "whiteSetting", reason: "WhitelistMode(3) is not a valid value", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: two, Mode: 3})
		}},
		{name: "ask the mode of 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Whitelist.GetModes(ctx, userIDs(21))
			return err
		}},

		{name: "tag nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "", Tags: two})
		}},
		{name: "an empty tag", field: "tags", reason: "item 2 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{"a", ""}})
		}},
		{name: "21 tags", field: "tags", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "u1", Tags: userIDs(21)})
		}},
		{name: "no tags", field: "tags", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "u1", Tags: []string{}})
		}},
		{name: "no tags for many", field: "tags", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchSet(ctx, rongcloud.UserTagBatchSetParams{UserIDs: two})
		}},
		{
			name: "clear nobody's tags", field: "userId", reason: "is required",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.User.Tag.Clear(ctx, "") },
		},
		{name: "clear the tags of 1001", field: "userIds", reason: "1001 items, at most 1000", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchClear(ctx, userIDs(1001))
		}},
		{name: "tag no users", field: "userIds", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchSet(ctx, rongcloud.UserTagBatchSetParams{Tags: two})
		}},
		{name: "tag 1001", field: "userIds", reason: "1001 items, at most 1000", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Tag.BatchSet(ctx, rongcloud.UserTagBatchSetParams{UserIDs: userIDs(1001), Tags: two})
		}},
		{name: "tags of 51", field: "userIds", reason: "51 items, at most 50", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Tag.Get(ctx, userIDs(51))
			return err
		}},

		{name: "remarks of nobody", field: "userId", reason: "is required", call: remarks("", rongcloud.UserRemark{SenderID: "s", Remark: "r"})},
		{name: "no remarks", field: "remarks", reason: "is required", call: remarks("u1")},
		{name: "101 remarks", field: "remarks", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			many := make([]rongcloud.UserRemark, 101)
			for i := range many {
				many[i] = rongcloud.UserRemark{SenderID: "s", Remark: "r"}
			}
			return remarks("u1", many...)(ctx, client)
		}},
		{name: "a remark for nobody", field: "remarks", reason: "item 2", call: remarks("u1",
			rongcloud.UserRemark{SenderID: "s", Remark: "r"}, rongcloud.UserRemark{Remark: "r"})},
		{name: "an empty remark", field: "remarks", reason: "item 1", call: remarks("u1", rongcloud.UserRemark{SenderID: "s"})},
		{name: "delete no remark", field: "targetId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Remark.Delete(ctx, rongcloud.UserRemarkDeleteParams{UserID: "u1", SenderID: ""})
		}},
		{name: "list nobody's remarks", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Remark.List(ctx, rongcloud.UserRemarkQuery{Page: 1})
			return err
		}},

		{
			name: "a period of nobody", field: "userId", reason: "is required",
			call: period(rongcloud.UserPushPeriodParams{StartTime: "22:00:00", Duration: time.Hour, Level: 1}),
		},
		{
			name: "a period without start", field: "startTime", reason: "is required",
			call: period(rongcloud.UserPushPeriodParams{UserID: "u1", Duration: time.Hour, Level: 1}),
		},
		{
			name: "a period without level", field: "level", reason: "is required",
			call: period(rongcloud.UserPushPeriodParams{UserID: "u1", StartTime: "22:00:00", Duration: time.Hour}),
		},
		{
			name: "a period of no length", field: "period", reason: "is required",
			call: period(rongcloud.UserPushPeriodParams{UserID: "u1", StartTime: "22:00:00", Level: 1}),
		},
		{name: "a negative period", field: "period", reason: "is negative", call: period(rongcloud.UserPushPeriodParams{
			UserID: "u1", StartTime: "22:00:00", Level: 1, Duration: -time.Hour,
		})},
		{name: "a period of 90 seconds", field: "period", reason: "is not a whole number of minutes", call: period(rongcloud.UserPushPeriodParams{
			UserID: "u1", StartTime: "22:00:00", Level: 1, Duration: 90 * time.Second,
		})},
		{name: "the period of nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.PushPeriod.Get(ctx, "")
			return err
		}},
		{name: "delete nobody's period", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PushPeriod.Delete(ctx, "")
		}},

		{name: "mute 1001", field: "userId", reason: "1001 items, at most 1000", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PrivateMute.Add(ctx, userIDs(1001))
		}},
		{name: "unmute nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.PrivateMute.Remove(ctx, nil)
		}},

		{name: "a profile of nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Set(ctx, rongcloud.UserProfileParams{Profile: rongcloud.UserProfile{Name: "Ann"}})
		}},
		{name: "a profile of nothing", field: "userProfile", reason: "one of them is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Set(ctx, rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{}})
		}},
		{name: "clean 21", field: "userId", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.User.Profile.Delete(ctx, userIDs(21))
		}},
		{name: "profiles of 101", field: "userId", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.User.Profile.Get(ctx, userIDs(101))
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
