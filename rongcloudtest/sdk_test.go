package rongcloudtest_test

import (
	"context"
	"iter"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func collect[T any](t *testing.T, all iter.Seq2[T, error]) (items []T) {
	t.Helper()
	for item, err := range all {
		require.NoError(t, err)
		items = append(items, item)
	}
	return items
}

// The SDK's own methods and a strict server agree on every endpoint below /user/.
func TestMethodsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := context.Background()
	register(t, client, "a", "b", "c")
	users := client.User

	require.NoError(t, users.Update(ctx, rongcloud.UserUpdateParams{UserID: "a", Name: "Ann"}))
	user, err := users.Get(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, "Ann", user.Name)
	require.True(t, user.RegisteredAt.Equal(started), "%v", user.RegisteredAt)
	require.Len(t, collect(t, users.AllSandbox(ctx, rongcloud.SandboxUserQuery{Size: 2})), 3)

	require.NoError(t, srv.User("a").Connect())
	online, err := users.IsOnline(ctx, "a")
	require.NoError(t, err)
	require.True(t, online)

	require.NoError(t, users.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: []string{"a", "b"}, Duration: time.Hour}))
	require.NoError(t, users.Block.Remove(ctx, []string{"b"}))
	blocks := collect(t, users.Block.All(ctx, rongcloud.UserBlockQuery{}))
	require.Len(t, blocks, 1)
	require.True(t, blocks[0].EndsAt.Equal(started.Add(time.Hour)), "%v", blocks[0].EndsAt)
	unpaged, err := users.Block.ListUnpaged(ctx)
	require.NoError(t, err)
	require.Equal(t, blocks, unpaged.Users)

	require.NoError(t, users.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "a", TargetIDs: []string{"x", "y", "z"}}))
	require.NoError(t, users.Blacklist.Remove(ctx, rongcloud.UserBlacklistParams{UserID: "a", TargetIDs: []string{"y"}}))
	require.Equal(t, []string{"z", "x"}, collect(t, users.Blacklist.All(ctx, rongcloud.UserBlacklistQuery{UserID: "a", Size: 1})))
	require.NoError(t, users.Whitelist.Add(ctx, rongcloud.UserWhitelistParams{UserID: "a", TargetIDs: []string{"x", "y"}}))
	require.NoError(t, users.Whitelist.Remove(ctx, rongcloud.UserWhitelistParams{UserID: "a", TargetIDs: []string{"x"}}))
	require.Equal(t, []string{"y"}, collect(t, users.Whitelist.All(ctx, rongcloud.UserWhitelistQuery{UserID: "a"})))
	require.NoError(t, users.Whitelist.SetMode(ctx, rongcloud.UserWhitelistModeParams{UserIDs: []string{"a"}, Mode: rongcloud.WhitelistModeOn}))
	modes, err := users.Whitelist.GetModes(ctx, []string{"a"})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.UserWhitelistMode{{UserID: "a", Mode: rongcloud.WhitelistModeOn}}, modes.Users)

	require.NoError(t, users.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "a", Tags: []string{"red", "blue"}}))
	require.NoError(t, users.Tag.BatchClear(ctx, []string{"b"}))
	tags, err := users.Tag.Get(ctx, []string{"a", "b"})
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"a": {"red", "blue"}, "b": {}}, tags.ByUser)

	require.NoError(t, users.Remark.Set(ctx, rongcloud.UserRemarkSetParams{
		UserID: "a", Remarks: []rongcloud.UserRemark{{SenderID: "x", Remark: "X"}, {SenderID: "y", Remark: "Y"}},
	}))
	require.NoError(t, users.Remark.Delete(ctx, rongcloud.UserRemarkDeleteParams{UserID: "a", SenderID: "x"}))
	require.Equal(t, []rongcloud.UserRemark{{SenderID: "y", Remark: "Y"}}, collect(t, users.Remark.All(ctx, rongcloud.UserRemarkQuery{UserID: "a"})))

	require.NoError(t, users.PushPeriod.Set(ctx, rongcloud.UserPushPeriodParams{
		UserID: "a", StartTime: "22:00:00", Duration: 8 * time.Hour, Level: rongcloud.PushLevelNone,
	}))
	period, err := users.PushPeriod.Get(ctx, "a")
	require.NoError(t, err)
	require.Equal(t, rongcloud.UserPushPeriod{StartTime: "22:00:00", Duration: 8 * time.Hour, Level: rongcloud.PushLevelNone}, *period)

	require.NoError(t, users.PrivateMute.Add(ctx, []string{"a", "b"}))
	require.NoError(t, users.PrivateMute.Remove(ctx, []string{"a"}))
	require.Equal(t, []string{"b"}, collect(t, users.PrivateMute.All(ctx, rongcloud.UserPrivateMuteQuery{})))

	require.NoError(t, users.Profile.Set(ctx, rongcloud.UserProfileParams{
		UserID: "a", Profile: rongcloud.UserProfile{Name: "Ann", Gender: rongcloud.Ptr(rongcloud.GenderFemale)},
		Attributes: map[string]string{"ext_shoes": "38"},
	}))
	profiles := collect(t, users.Profile.All(ctx, rongcloud.UserProfileQuery{Size: 2}))
	require.Len(t, profiles, 3)
	require.Equal(t, "Ann", profiles[0].Profile.Name)
	require.Equal(t, map[string]string{"ext_shoes": "38"}, profiles[0].Attributes)

	require.NoError(t, users.Profile.Delete(ctx, []string{"a"}))

	require.NoError(t, users.ExpireTokens(ctx, rongcloud.ExpireTokensParams{UserIDs: []string{"a"}, Before: started.Add(time.Second)}))
	require.Empty(t, srv.User("a").Tokens())
	operation, err := users.Deactivate(ctx, []string{"b", "c"})
	require.NoError(t, err)
	require.NotEmpty(t, operation.OperationID)
	require.Equal(t, []string{"b", "c"}, collect(t, users.AllDeactivated(ctx, rongcloud.DeactivatedUserQuery{Size: 1})))

	for _, r := range srv.Requests() {
		require.Empty(t, r.Unknown, r.Path)
		require.EqualValues(t, 200, r.Code, r.Path)
	}
}
