package rongcloud_test

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// coreArguments are the arguments for users, messages, pushes, sensitive words and conversations.
var coreArguments = map[string]func(full bool) []any{
	"UserProfileService.Set": func(full bool) []any {
		p := rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{"ext_hobby": awkward}}
		if full {
			p.Profile = rongcloud.UserProfile{
				UniqueID: "7", Name: awkward, PortraitURL: "https://example.com/a.png?x=1&y=2", Email: "ann@example.com",
				Birthday: "2000-02-29", Gender: rongcloud.Ptr(rongcloud.GenderUnknown), Location: "北京",
				Role: rongcloud.Ptr(0), Level: rongcloud.Ptr(100),
			}
		}
		return []any{p}
	},
	"UserPushPeriodService.Set": func(full bool) []any {
		p := rongcloud.UserPushPeriodParams{UserID: "u1", StartTime: "23:59:59", Duration: 8 * time.Hour, Level: rongcloud.PushLevelMentions}
		if full {
			p.TimeZone = "Asia/Shanghai"
		}
		return []any{p}
	},
	"MessageService.SendPrivateTemplate": func(full bool) []any {
		if full {
			return filled[rongcloud.PrivateTemplate]()
		}
		return []any{rongcloud.PrivateTemplate{From: "u1", Content: templateText, Recipients: templateRecipients}}
	},
	"MessageService.SendSystemTemplate": func(full bool) []any {
		if full {
			return filled[rongcloud.SystemTemplate]()
		}
		return []any{rongcloud.SystemTemplate{From: "u1", Content: templateText, Recipients: templateRecipients}}
	},
	"MessageStreamService.SendPiece": func(full bool) []any {
		if full {
			return filled[rongcloud.MessageStreamPieceParams]()
		}
		return []any{rongcloud.MessageStreamPieceParams{From: "u1", To: "u2", Content: rongcloud.StreamMessage{Content: awkward, Sequence: 1}}}
	},
	"MessageHistoryService.ListPrivate":  history,
	"MessageHistoryService.ListGroup":    history,
	"MessageHistoryService.ListChatroom": history,
	"MessageHistoryService.ListUltraGroup": func(full bool) []any {
		q := history(full)[0].(rongcloud.HistoryQuery)
		u := rongcloud.UltraGroupHistoryQuery{UserID: q.UserID, GroupID: q.TargetID, Since: q.Since, Until: q.Until, Size: q.Size}
		if full {
			u.ChannelID = awkward
		}
		return []any{u}
	},
	"SensitiveWordService.BatchAdd": func(full bool) []any {
		if full {
			return filled[[]rongcloud.SensitiveWordParams]()
		}
		return []any{[]rongcloud.SensitiveWordParams{{Word: awkward}}}
	},
	"ConversationService.SetPushLevel": func(full bool) []any {
		if full {
			return filled[rongcloud.ConversationPushLevelSetParams]()
		}
		return []any{rongcloud.ConversationPushLevelSetParams{
			UserID: "u1", Type: rongcloud.ConversationPrivate, TargetID: "u2", Level: rongcloud.PushLevelAll,
		}}
	},
	"ConversationService.SetTypePushLevel": func(bool) []any { return filled[rongcloud.ConversationTypePushLevelSetParams]() },
	"ConversationService.ClearHistory":     func(bool) []any { return filled[rongcloud.ConversationClearHistoryParams]() },
	"PushService.Send": func(full bool) []any {
		if full {
			push := filled[rongcloud.Push]()[0].(rongcloud.Push)
			push.Platforms = allPlatforms
			push.Audience = rongcloud.AudienceTags{All: []string{awkward, "b"}, Any: []string{"c"}, Package: "com.example.app"}
			return []any{push}
		}
		return []any{rongcloud.Push{
			Platforms: allPlatforms[:1], Audience: rongcloud.AudienceAll{}, Notification: rongcloud.PushNotification{Text: awkward},
		}}
	},
	"PushService.SendToUsers": func(full bool) []any {
		if full {
			return filled[rongcloud.UserPush]()
		}
		return []any{rongcloud.UserPush{UserIDs: []string{"u1"}, Notification: rongcloud.UserPushNotification{Text: awkward}}}
	},
	"PushService.SendCustom": func(full bool) []any {
		if full {
			push := filled[rongcloud.CustomPush]()[0].(rongcloud.CustomPush)
			push.Platforms = allPlatforms
			push.Audience = rongcloud.AudienceTagLogic{Package: "com.example.app", Conditions: []rongcloud.TagCondition{
				{Tags: []string{awkward, "b"}, Operator: rongcloud.TagOperatorAnd},
				{Tags: []string{"c"}, Not: true, Join: rongcloud.TagOperatorOr, Operator: rongcloud.TagOperatorOr},
			}}
			return []any{push}
		}
		return []any{rongcloud.CustomPush{
			Platforms: allPlatforms[:1], Audience: rongcloud.AudienceAll{}, Notification: rongcloud.CustomPushNotification{Text: awkward},
		}}
	},
}

var (
	templateText       = rongcloud.TextMessage{Content: "{greeting}, {name} " + awkward}
	templateRecipients = []rongcloud.TemplateRecipient{
		{UserID: "u2", Values: map[string]string{"{greeting}": "你好", "{name}": "Ann"}},
		{UserID: "u3", Values: map[string]string{"{greeting}": "hello", "{name}": "Ben"}},
	}
	allPlatforms = []rongcloud.PushPlatform{rongcloud.PushPlatformIOS, rongcloud.PushPlatformAndroid}
)

func history(full bool) []any {
	until := time.UnixMilli(1767323045678)
	q := rongcloud.HistoryQuery{UserID: "u1", TargetID: awkward, Since: until.Add(-time.Hour), Until: until}
	if full {
		q.Size = 100
	}
	return []any{q}
}
