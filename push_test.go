package rongcloud_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// pushAwkward is text that reveals mistakes in escaping, and pushAwkwardJSON is the same text as
// JSON.
const (
	pushAwkward     = "你好 😀 &=+%\"<>\\"
	pushAwkwardJSON = `"你好 😀 &=+%\"<>\\"`
)

// pushCall is one way to call an endpoint, and the body it sends.
type pushCall struct {
	path, what string
	call       func(context.Context, *rongcloud.Client) (*rongcloud.PushResult, error)
	json       string
}

func pushBoth() []rongcloud.PushPlatform {
	return []rongcloud.PushPlatform{rongcloud.PushPlatformIOS, rongcloud.PushPlatformAndroid}
}

func pushIOS() *rongcloud.IOSPushSettings {
	return &rongcloud.IOSPushSettings{
		ContentAvailable: true, Badge: rongcloud.Ptr(0), ThreadID: "t", CollapseID: "c", Category: "cat", RichMediaURL: "https://r.example/?a=1&b=2",
		InterruptionLevel: rongcloud.InterruptionTimeSensitive, Extras: map[string]any{"k": pushAwkward, "n": 1},
	}
}

func pushAndroid() *rongcloud.AndroidPushSettings {
	return &rongcloud.AndroidPushSettings{
		Huawei: &rongcloud.HuaweiPush{ChannelID: "h", Importance: rongcloud.PushImportanceLow, ImageURL: "https://i.example", Category: "IM"},
		Honor:  &rongcloud.HonorPush{Importance: rongcloud.PushImportanceNormal, ImageURL: "https://j.example"},
		Xiaomi: &rongcloud.XiaomiPush{ChannelID: "m"},
		OPPO:   &rongcloud.OPPOPushSettings{ChannelID: "o", Category: "IM", NotifyLevel: rongcloud.OPPONotifyBanner},
		VIVO:   &rongcloud.VIVOPush{Classification: rongcloud.VIVOClassificationOperational, Category: "IM"},
		FCM:    &rongcloud.FCMPush{ChannelID: "f", CollapseKey: "ck", ImageURL: "https://l.example"},
		Extras: map[string]any{"a": true},
	}
}

func pushHarmonyOS() *rongcloud.HarmonyOSPushSettings {
	return &rongcloud.HarmonyOSPushSettings{
		HarmonyOS: &rongcloud.HarmonyOSPush{Category: "IM", ImageURL: "https://m.example"}, Extras: map[string]any{"deep": map[string]int{"x": 1}},
	}
}

const (
	pushIOSJSON = `"contentAvailable":1,"badge":0,"thread-id":"t","apns-collapse-id":"c","category":"cat",` +
		`"richMediaUri":"https://r.example/?a=1&b=2","interruption-level":"time-sensitive","extras":{"k":` + pushAwkwardJSON + `,"n":1}}`
	pushAndroidJSON = `"hw":{"channelId":"h","importance":"LOW","image":"https://i.example","category":"IM"},` +
		`"honor":{"importance":"NORMAL","image":"https://j.example"},"mi":{"channelId":"m"},` +
		`"oppo":{"channelId":"o","category":"IM","notify_level":16},"vivo":{"classification":"0","category":"IM"},` +
		`"fcm":{"channelId":"f","collapse_key":"ck","imageUrl":"https://l.example"},"extras":{"a":true}}`
	pushHarmonyOSJSON = `"ohos":{"category":"IM","image":"https://m.example"},"extras":{"deep":{"x":1}}}`
)

func pushCalls() []pushCall {
	type result = *rongcloud.PushResult
	send := func(p rongcloud.Push) func(context.Context, *rongcloud.Client) (result, error) {
		return func(ctx context.Context, client *rongcloud.Client) (result, error) { return client.Push.Send(ctx, p) }
	}
	custom := func(p rongcloud.CustomPush) func(context.Context, *rongcloud.Client) (result, error) {
		return func(ctx context.Context, client *rongcloud.Client) (result, error) {
			return client.Push.SendCustom(ctx, p)
		}
	}
	users := func(p rongcloud.UserPush) func(context.Context, *rongcloud.Client) (result, error) {
		return func(ctx context.Context, client *rongcloud.Client) (result, error) {
			return client.Push.SendToUsers(ctx, p)
		}
	}
	ios := []rongcloud.PushPlatform{rongcloud.PushPlatformIOS}
	hello := rongcloud.PushNotification{Text: "hello"}
	const helloJSON = `"notification":{"alert":"hello"}`
	return []pushCall{
		{
			path: "/push.json", what: "all", call: send(rongcloud.Push{
				Platforms: pushBoth(), Audience: rongcloud.AudienceTags{All: []string{"vip", "ü"}, Any: []string{"a", "b"}, Package: "com.example.app"},
				Message: &rongcloud.PushMessage{From: "u1", Content: rongcloud.TextMessage{Content: pushAwkward}, DisableUpdateLastMessage: true},
				Notification: rongcloud.PushNotification{
					Title: "title", Text: pushAwkward, IOSTitle: "it", IOSText: "ia", AndroidText: "aa", HarmonyOSText: "ha", ForceShowContent: true,
					IOS: pushIOS(), Android: pushAndroid(), HarmonyOS: pushHarmonyOS(),
				},
			}),
			json: `{"platform":["ios","android"],"fromuserid":"u1",` +
				`"audience":{"tag":["vip","ü"],"tag_or":["a","b"],"packageName":"com.example.app","is_to_all":false},` +
				`"message":{"objectName":"RC:TxtMsg","content":` + pushJSONText(`{"content":`+pushAwkwardJSON+`}`) + `,"disableUpdateLastMsg":true},` +
				`"notification":{"title":"title","alert":` + pushAwkwardJSON + `,"forceShowPushContent":1,` +
				`"ios":{"title":"it","alert":"ia",` + pushIOSJSON + `,"android":{"alert":"aa",` + pushAndroidJSON +
				`,"harmonyOS":{"alert":"ha",` + pushHarmonyOSJSON + `}}`,
		},
		{
			path: "/push.json", what: "bare", call: send(rongcloud.Push{Platforms: ios, Audience: rongcloud.AudienceAll{}, Notification: hello}),
			json: `{"platform":["ios"],"audience":{"is_to_all":true},` + helloJSON + `}`,
		},
		{
			path: "/push.json", what: "users", call: send(rongcloud.Push{Audience: rongcloud.AudienceUsers{"u1", "u,2"}, Notification: hello}),
			json: `{"platform":["ios","android"],"audience":{"userid":["u1","u,2"],"is_to_all":false},` + helloJSON + `}`,
		},
		{
			path: "/push.json", what: "users on a platform", call: send(rongcloud.Push{Platforms: ios, Audience: rongcloud.AudienceUsers{"u1"}, Notification: hello}),
			json: `{"platform":["ios"],"audience":{"userid":["u1"],"is_to_all":false},` + helloJSON + `}`,
		},
		{
			path: "/push.json", what: "any tag", call: send(rongcloud.Push{Platforms: ios, Audience: rongcloud.AudienceTags{Any: []string{"a"}}, Notification: hello}),
			json: `{"platform":["ios"],"audience":{"tag_or":["a"],"is_to_all":false},` + helloJSON + `}`,
		},
		{
			path: "/push.json", what: "package", call: send(rongcloud.Push{Platforms: ios, Audience: rongcloud.AudiencePackage("com.example"), Notification: hello}),
			json: `{"platform":["ios"],"audience":{"packageName":"com.example","is_to_all":false},` + helloJSON + `}`,
		},
		{
			path: "/push.json", what: "texts per system", call: send(rongcloud.Push{
				Platforms: ios, Audience: rongcloud.AudienceAll{}, Notification: rongcloud.PushNotification{IOSText: "i", AndroidText: "a"},
			}),
			json: `{"platform":["ios"],"audience":{"is_to_all":true},"notification":{"ios":{"alert":"i"},"android":{"alert":"a"}}}`,
		},
		{
			path: "/push.json", what: "own type", call: send(rongcloud.Push{
				Platforms: ios, Audience: rongcloud.AudienceAll{}, Notification: hello,
				Message: &rongcloud.PushMessage{From: "u1", Content: &rongcloud.RawContent{Name: "app:x", Body: `{"a":"<&>"}`}},
			}),
			json: `{"platform":["ios"],"fromuserid":"u1","audience":{"is_to_all":true},` +
				`"message":{"objectName":"app:x","content":"{\"a\":\"<&>\"}"},` + helloJSON + `}`,
		},

		{
			path: "/push/user.json", what: "all", call: users(rongcloud.UserPush{
				UserIDs: []string{"u1", pushAwkward},
				Notification: rongcloud.UserPushNotification{
					Title: "title", Text: pushAwkward, HarmonyOSText: "ha", IOS: pushIOS(), Android: pushAndroid(), HarmonyOS: pushHarmonyOS(),
				},
			}),
			json: `{"userIds":["u1",` + pushAwkwardJSON + `],"notification":{"title":"title","pushContent":` + pushAwkwardJSON +
				`,"ios":{` + pushIOSJSON + `,"android":{` + pushAndroidJSON + `,"harmonyOS":{"alert":"ha",` + pushHarmonyOSJSON + `}}`,
		},
		{
			path: "/push/user.json", what: "bare", call: users(rongcloud.UserPush{UserIDs: []string{"u1"}, Notification: rongcloud.UserPushNotification{Text: "hello"}}),
			json: `{"userIds":["u1"],"notification":{"pushContent":"hello"}}`,
		},

		{
			path: "/push/custom.json", what: "all", call: custom(rongcloud.CustomPush{
				Platforms: pushBoth(),
				Audience: rongcloud.AudienceTagLogic{Package: "com.example.app", Conditions: []rongcloud.TagCondition{
					{Tags: []string{"a", pushAwkward}, Operator: rongcloud.TagOperatorOr, Join: rongcloud.TagOperatorOr},
					{Tags: []string{"c", "d"}, Operator: rongcloud.TagOperatorAnd, Not: true, Join: rongcloud.TagOperatorAnd},
				}},
				Notification: rongcloud.CustomPushNotification{
					Title: "title", Text: pushAwkward, IOSTitle: "it", HarmonyOSText: "ha",
					IOS: pushIOS(), Android: pushAndroid(), HarmonyOS: pushHarmonyOS(),
				},
			}),
			json: `{"platform":["ios","android"],"audience":{"tagItems":[` +
				`{"tags":["a",` + pushAwkwardJSON + `],"isNot":false,"tagsOperator":"OR","itemsOperator":"OR"},` +
				`{"tags":["c","d"],"isNot":true,"tagsOperator":"AND","itemsOperator":"AND"}],"packageName":"com.example.app","is_to_all":false},` +
				`"notification":{"title":"title","alert":` + pushAwkwardJSON + `,"ios":{"title":"it",` + pushIOSJSON +
				`,"android":{` + pushAndroidJSON + `,"harmonyOS":{"alert":"ha",` + pushHarmonyOSJSON + `}}`,
		},
		{
			path: "/push/custom.json", what: "bare", call: custom(rongcloud.CustomPush{
				Platforms: ios, Audience: rongcloud.AudienceAll{}, Notification: rongcloud.CustomPushNotification{Text: "hello"},
			}),
			json: `{"platform":["ios"],"audience":{"is_to_all":true},` + helloJSON + `}`,
		},
		{
			path: "/push/custom.json", what: "tags", call: custom(rongcloud.CustomPush{
				Platforms: ios, Audience: rongcloud.AudienceTags{All: []string{"a"}, Any: []string{"b"}, Package: "p"},
				Notification: rongcloud.CustomPushNotification{Text: "hello"},
			}),
			json: `{"platform":["ios"],"audience":{"tag":["a"],"tag_or":["b"],"packageName":"p","is_to_all":false},` + helloJSON + `}`,
		},
		{
			path: "/push/custom.json", what: "one tag", call: custom(rongcloud.CustomPush{
				Platforms: ios, Audience: rongcloud.AudienceTagLogic{Conditions: []rongcloud.TagCondition{{Tags: []string{"a"}, Not: true}}},
				Notification: rongcloud.CustomPushNotification{Text: "hello"},
			}),
			json: `{"platform":["ios"],"audience":{"tagItems":[{"tags":["a"],"isNot":true,"tagsOperator":"AND","itemsOperator":"AND"}],` +
				`"is_to_all":false},` + helloJSON + `}`,
		},
	}
}

// pushJSONText returns a document as a JSON string, without HTML escapes.
func pushJSONText(document string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(document) + `"`
}

func TestPushDecodes(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]rongcloud.PushResult{
		`,"id":"p1","messageUID":"m-1"`: {ID: "p1", MessageUID: "m-1"},
		`,"id":7`:                       {ID: "7"},
		`,"ID":"p1","messageUid":"m"`:   {ID: "p1", MessageUID: "m"},
		`,"id":null,"new":[1]`:          {},
		``:                              {},
	} {
		client := mockPath(t, "/push.json", func(string) (int, string) { return 200, `{"code":200` + answer + `}` })
		got, err := pushCalls()[0].call(t.Context(), client)
		require.NoError(t, err, answer)
		require.Equal(t, &want, got, answer)
	}
}

// pushForeign is an audience that the SDK does not know, although it has the interface.
type pushForeign struct{ rongcloud.AudienceAll }

func TestPushRefuses(t *testing.T) {
	t.Parallel()
	hello := rongcloud.PushNotification{Text: "hello"}
	to := func(audience rongcloud.PushAudience) rongcloud.Push {
		return rongcloud.Push{Platforms: pushBoth(), Audience: audience, Notification: hello}
	}
	with := func(message rongcloud.PushMessage) rongcloud.Push {
		push := to(rongcloud.AudienceAll{})
		push.Message = &message
		return push
	}
	logic := func(items ...rongcloud.TagCondition) rongcloud.CustomPush {
		return rongcloud.CustomPush{
			Platforms: pushBoth(), Audience: rongcloud.AudienceTagLogic{Conditions: items}, Notification: rongcloud.CustomPushNotification{Text: "hello"},
		}
	}
	one := rongcloud.TagCondition{Tags: []string{"a"}}
	shows := func(n rongcloud.PushNotification) rongcloud.Push {
		return rongcloud.Push{Platforms: pushBoth(), Audience: rongcloud.AudienceAll{}, Notification: n}
	}
	users := func(n int) rongcloud.UserPush {
		return rongcloud.UserPush{UserIDs: userIDs(n), Notification: rongcloud.UserPushNotification{Text: "hello"}}
	}
	tests := []struct {
		name, field, reason string
		push                any
	}{
		{name: "nobody", field: "audience", reason: "is required", push: to(nil)},
		{name: "no users", field: "audience", reason: "no users are given", push: to(rongcloud.AudienceUsers{})},
		{name: "an empty user", field: "audience", reason: "users: item 2 is empty", push: to(rongcloud.AudienceUsers{"u1", ""})},
		{name: "1001 users", field: "audience", reason: "users: 1001 items, at most 1000", push: to(rongcloud.AudienceUsers(userIDs(1001)))},
		{name: "no tags", field: "audience", reason: "All or Any is required", push: to(rongcloud.AudienceTags{Package: "p"})},
		{
			name: "an empty tag", field: "audience", reason: "All: item 1 is empty",
			push: to(rongcloud.AudienceTags{All: []string{""}, Any: []string{"a"}}),
		},
		{
			name: "an empty tag of any", field: "audience", reason: "Any: item 1 is empty",
			push: to(rongcloud.AudienceTags{All: []string{"a"}, Any: []string{""}}),
		},
		{name: "21 tags", field: "audience", reason: "All: 21 items, at most 20", push: to(rongcloud.AudienceTags{All: userIDs(21)})},
		{name: "21 tags of any", field: "audience", reason: "Any: 21 items, at most 20", push: to(rongcloud.AudienceTags{Any: userIDs(21)})},
		{name: "no package", field: "audience", reason: "the package is required", push: to(rongcloud.AudiencePackage(""))},
		{name: "a pointer", field: "audience", reason: "is a *rongcloud.AudienceTags", push: to((*rongcloud.AudienceTags)(nil))},
		{name: "a foreign audience", field: "audience", reason: "pushForeign", push: to(pushForeign{})},
		{name: "no platform", field: "platform", reason: "is required", push: rongcloud.Push{Audience: rongcloud.AudienceAll{}, Notification: hello}},
		{name: "an empty platform", field: "platform", reason: "item 1 is empty", push: rongcloud.Push{
			Platforms: []rongcloud.PushPlatform{""}, Audience: rongcloud.AudienceAll{}, Notification: hello,
		}},
		{name: "no text", field: "notification", reason: "Text is required", push: shows(rongcloud.PushNotification{Title: "t", IOSText: "i"})},
		{name: "no text for iOS", field: "notification", reason: "Text is required", push: shows(rongcloud.PushNotification{AndroidText: "a"})},
		{name: "extras that are no JSON", field: "notification", reason: "cannot be encoded", push: shows(rongcloud.PushNotification{
			Text: "hello", IOS: &rongcloud.IOSPushSettings{Extras: map[string]any{"f": func() {}}},
		})},
		{name: "no sender", field: "fromuserid", reason: "is required", push: with(rongcloud.PushMessage{Content: rongcloud.TextMessage{}})},
		{name: "no content", field: "content", reason: "is required", push: with(rongcloud.PushMessage{From: "u1"})},
		{
			name: "a nil content", field: "content", reason: "is a nil *rongcloud.TextMessage",
			push: with(rongcloud.PushMessage{From: "u1", Content: (*rongcloud.TextMessage)(nil)}),
		},
		{
			name: "an empty content", field: "content", reason: "is required",
			push: with(rongcloud.PushMessage{From: "u1", Content: rongcloud.RawContent{Name: "app:x"}}),
		},
		{name: "a huge content", field: "content", reason: "at most 131072", push: with(rongcloud.PushMessage{
			From: "u1", Content: rongcloud.TextMessage{Content: strings.Repeat("x", 128<<10)},
		})},
		{name: "a long type", field: "objectName", reason: "more than 32 characters", push: with(rongcloud.PushMessage{
			From: "u1", Content: rongcloud.RawContent{Name: strings.Repeat("x", 33), Body: "{}"},
		})},
		{name: "a reserved type", field: "objectName", reason: "only RongCloud's own types", push: with(rongcloud.PushMessage{
			From: "u1", Content: rongcloud.RawContent{Name: "RC:Mine", Body: "{}"},
		})},

		{name: "push to nobody", field: "userIds", reason: "is required", push: users(0)},
		{name: "push to 101", field: "userIds", reason: "101 items, at most 100", push: users(101)},
		{name: "push to an empty user", field: "userIds", reason: "item 1 is empty", push: rongcloud.UserPush{
			UserIDs: []string{""}, Notification: rongcloud.UserPushNotification{Text: "hello"},
		}},
		{name: "push to a user without a text", field: "notification", reason: "Text is required", push: rongcloud.UserPush{UserIDs: []string{"u1"}}},

		{name: "custom to nobody", field: "audience", reason: "is required", push: rongcloud.CustomPush{
			Platforms: pushBoth(), Notification: rongcloud.CustomPushNotification{Text: "hello"},
		}},
		{name: "custom on no platform", field: "platform", reason: "is required", push: rongcloud.CustomPush{
			Audience: rongcloud.AudienceAll{}, Notification: rongcloud.CustomPushNotification{Text: "hello"},
		}},
		{
			name: "custom without a text", field: "notification", reason: "Text is required",
			push: rongcloud.CustomPush{Platforms: pushBoth(), Audience: rongcloud.AudienceAll{}},
		},
		{name: "no conditions", field: "audience", reason: "Items is required", push: logic()},
		{
			name: "a condition without tags", field: "audience", reason: "item 2 has no Tags",
			push: logic(one, rongcloud.TagCondition{Join: rongcloud.TagOperatorOr}),
		},
		{
			name: "a condition with an empty tag", field: "audience", reason: "item 1 has an empty tag",
			push: logic(rongcloud.TagCondition{Tags: []string{""}}),
		},
		{
			name: "a condition without an operator", field: "audience", reason: "item 1 lacks the Operator",
			push: logic(rongcloud.TagCondition{Tags: []string{"a", "b"}}),
		},
		{name: "a condition that is not joined", field: "audience", reason: "item 2 lacks Join", push: logic(one, one)},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/push.json", func(string) (int, string) {
				t.Error("the server was asked")
				return 200, `{"code":200}`
			})
			var result *rongcloud.PushResult
			var err error
			switch push := test.push.(type) {
			case rongcloud.Push:
				result, err = client.Push.Send(t.Context(), push)
			case rongcloud.UserPush:
				result, err = client.Push.SendToUsers(t.Context(), push)
			case rongcloud.CustomPush:
				result, err = client.Push.SendCustom(t.Context(), push)
			}
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
			require.Nil(t, result)
		})
	}
}

func TestPushWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"bar": rongcloud.OPPONotifyBar, "bar and lock screen": rongcloud.OPPONotifyLockScreen,
		"bar, lock screen and banner": rongcloud.OPPONotifyBanner, "OPPONotifyLevel(3)": rongcloud.OPPONotifyLevel(3),
	} {
		require.Equal(t, want, value.String())
	}
}

// pushAPICalls are the pushes without their results.
func pushAPICalls() []apiCall {
	var calls []apiCall
	for _, c := range pushCalls() {
		calls = append(calls, apiCall{path: c.path, what: c.what, call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := c.call(ctx, client)
			return err
		}, json: c.json})
	}
	return calls
}
