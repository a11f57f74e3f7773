package webhooktest

import (
	"encoding/json"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Kinds returns all kinds of callbacks except [webhook.KindUnknown].
func Kinds() []webhook.Kind {
	return []webhook.Kind{
		webhook.KindMessage, webhook.KindPreMessage, webhook.KindMessageOperation, webhook.KindUserStatus, webhook.KindUserDeactivation,
		webhook.KindUserProfile, webhook.KindFriendship, webhook.KindChatroomStatus, webhook.KindChatroomEntry, webhook.KindHostedGroupProfile,
		webhook.KindHostedGroupOperation, webhook.KindMessageAudit, webhook.KindHostedInfoAudit, webhook.KindBotEvent,
		webhook.KindRTCRoomStatus, webhook.KindRTCCDNPush, webhook.KindRTCCloudPlayer, webhook.KindRTCModeration, webhook.KindRTCAITask,
	}
}

// Sample returns an event of the kind with every possible field set, and nil for an unknown kind.
// Each call returns a new event, which you may change.
func Sample(kind webhook.Kind) webhook.Event {
	at := time.UnixMilli(1700000000000)
	switch kind {
	case webhook.KindMessage:
		return &webhook.Message{
			From: "u1", TargetID: "g1", ToUserIDs: []string{"u2", "u3"}, ConversationType: rongcloud.ConversationUltraGroup, ChannelID: "c1",
			ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, MessageUID: "596E-P5PG-4FS2-7OJK", OriginalMessageUID: "596E-P5PG-4FS2-7OJJ",
			SentAt: at, SensitiveType: webhook.SensitiveReplaced, Platform: webhook.PlatformIOS, ClientIP: "203.0.113.7:50123", AIGenerated: true,
		}
	case webhook.KindPreMessage:
		return &webhook.PreMessage{
			From: "u1", TargetID: "g1", ToUserIDs: []string{"u2", "u3"}, ConversationType: rongcloud.ConversationUltraGroup, ChannelID: "c1",
			ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, MessageUID: "596E-P5PG-4FS2-7OJK", OriginalMessageUID: "596E-P5PG-4FS2-7OJJ",
			SentAt: at, PushContent: "hello", DisablePush: true, PushOptionsText: `{"title":"News"}`, Expandable: true,
			Expansion: map[string]string{"likes": "1"}, Platform: webhook.PlatformAndroid, ClientIP: "203.0.113.7:50123", AIGenerated: true,
		}
	case webhook.KindMessageOperation:
		return &webhook.MessageOperation{
			Type: webhook.MessageOperationRecall, OperatorID: "u1", OccurredAt: at, Platform: webhook.PlatformServer,
			ConversationType: rongcloud.ConversationUltraGroup, TargetID: "g1", ChannelID: "c1", MessageUID: "596E-P5PG-4FS2-7OJK",
			MessageSentAt: at.Add(-time.Minute), Delete: true, Admin: true, Extra: "because",
		}
	case webhook.KindUserStatus:
		return &webhook.UserStatus{
			UserID: "u1", Status: webhook.PresenceOnline, Platform: webhook.PlatformIOS, OccurredAt: at, ClientIP: "203.0.113.7:50123", SessionID: "s1",
		}
	case webhook.KindUserDeactivation:
		return &webhook.UserDeactivation{UserID: "u1", OperationID: "ABCD-EFGH", Type: webhook.DeactivationReactivate, Code: "0", OccurredAt: at}
	case webhook.KindUserProfile:
		return &webhook.UserProfile{
			UserID: "u1", Event: webhook.UserProfileEventUpdated, OccurredAt: at, Attributes: map[string]string{"ext_hobby": "chess"},
			Profile: &rongcloud.UserProfile{
				UniqueID: "1001", Name: "Ann", PortraitURL: "https://example.com/ann.png", Email: "ann@example.com", Birthday: "1990-01-01",
				Gender: rongcloud.Ptr(rongcloud.GenderFemale), Location: "Oslo", Role: rongcloud.Ptr(1), Level: rongcloud.Ptr(2),
			},
		}
	case webhook.KindFriendship:
		return &webhook.Friendship{
			Event: webhook.FriendshipEventRequested, UserID: "u1", ToUserID: "u2", OccurredAt: at, Platform: webhook.PlatformIOS, Extra: "it is me, Ann",
		}
	case webhook.KindChatroomStatus:
		return &webhook.ChatroomStatus{
			ChatroomID: "room1", UserIDs: []string{"u1", "u2"}, Event: webhook.ChatroomEventLeft, Cause: webhook.ChatroomCauseDropped, OccurredAt: at,
		}
	case webhook.KindChatroomEntry:
		return &webhook.ChatroomEntry{
			ChatroomID: "room1", Key: "topic", Value: "chess", Event: webhook.ChatroomEntryEventSet, UserID: "u1", Status: 1, OccurredAt: at, Version: 1700000000001,
		}
	case webhook.KindHostedGroupProfile:
		return &webhook.HostedGroupProfile{
			GroupID: "g1", GroupName: "Team", OccurredAt: at, OperatorID: "u1", Introduction: "who we are", Announcement: "what is new",
			PortraitURL: "https://example.com/team.png", Attributes: map[string]string{"ext_city": "Oslo"},
			Permissions: &rongcloud.HostedGroupPermissions{
				Join: rongcloud.HostedGroupJoinManagerVerify, Remove: rongcloud.HostedGroupOwnerOrManager, Invite: rongcloud.HostedGroupEveryone,
				InviteConsent: rongcloud.HostedGroupInviteConsentVerify, Profile: rongcloud.HostedGroupOwnerOrManager,
				MemberProfile: rongcloud.HostedGroupMemberManagersOrSelf,
			},
		}
	case webhook.KindHostedGroupOperation:
		return &webhook.HostedGroupOperation{
			GroupID: "g1", Event: webhook.HostedGroupEventJoined, OccurredAt: at, OperatorID: "u1", OperatorIDs: []string{"u1"}, UserIDs: []string{"u2", "u3"},
		}
	case webhook.KindMessageAudit:
		return &webhook.MessageAudit{
			Result: webhook.AuditResultRefused, MessageUID: "596E-P5PG-4FS2-7OJK", Provider: "shumei", Detail: json.RawMessage(`{"riskLevel":"REJECT"}`),
			From: "u1", TargetID: "g1", ToUserIDs: []string{"u2", "u3"}, ConversationType: rongcloud.ConversationGroup, ObjectName: "RC:TxtMsg",
			Body: `{"content":"hello"}`, Expansion: json.RawMessage(`{"likes":"1"}`), Platform: webhook.PlatformPC, SentAt: at,
		}
	case webhook.KindHostedInfoAudit:
		return &webhook.HostedInfoAudit{
			Type: webhook.HostedInfoGroupMember, Passed: true, OccurredAt: at, OperatorID: "u1", GroupID: "g1", UserID: "u2",
			Contents: []webhook.AuditedText{{Key: "nickname", Content: "Benny", Passed: true}, {Key: "extra", Content: "x"}},
		}
	case webhook.KindBotEvent:
		return &webhook.BotEvent{
			Type: webhook.BotEventPrivateMessage, OccurredAt: at,
			Bot: webhook.Bot{
				UserID: "bot1", Name: "Helper", PortraitURL: "https://example.com/bot.png", Type: "BOT", Metadata: map[string]string{"team": "a"},
			},
			Data: json.RawMessage(`{"fromUserId":"u1","toUserId":"bot1","objectName":"RC:TxtMsg","content":"{\"content\":\"hello\"}","channelType":"PERSON"}`),
		}
	case webhook.KindRTCRoomStatus:
		return &webhook.RTCRoomStatus{RoomID: "room1", SessionID: "s1", Event: webhook.RTCRoomEventLeft, UserID: "u1", OccurredAt: at, ExitType: 3}
	case webhook.KindRTCCDNPush:
		return &webhook.RTCCDNPush{
			RoomID: "room1", SessionID: "s1", UserID: "u1", PushURL: "rtmp://cdn.example/live/1", Event: webhook.RTCCDNPushEventStarted,
			StateCode: 10000, VideoResolution: "240x320", OccurredAt: at,
		}
	case webhook.KindRTCCloudPlayer:
		return &webhook.RTCCloudPlayer{
			RoomID: "room1", UserID: "u1", StreamURL: "rtmp://example.com/1", Event: webhook.RTCCloudPlayerEventPublished, Code: 10000,
			VideoResolution: "1920X1080", StreamKind: "video", OccurredAt: at,
		}
	case webhook.KindRTCModeration:
		return &webhook.RTCModeration{
			RoomID: "room1", SessionID: "s1", UserID: "u1", Scene: "VIDEO_LIVE", Event: webhook.RTCModerationEventResult, Code: 10000,
			StreamID: "st1", MediaType: rongcloud.RTCMediaVideo, ErrorMessage: "Success",
			RequestID: "req1", ModeratedType: webhook.RTCModeratedSound, RiskLevel: webhook.RTCRiskReview, RiskType: 100,
			ContentURL: "https://example.com/clip.mp3", Description: "rude", Text: "what was said", MatchedWord: "said", MatchedList: "list1", OccurredAt: at,
		}
	case webhook.KindRTCAITask:
		return &webhook.RTCAITask{
			RoomID: "room1", Type: webhook.RTCAITaskSummary, Status: webhook.RTCAITaskStarted, Code: 10000, ErrorMessage: "Success", TaskID: "task1",
		}
	}
	return nil
}
