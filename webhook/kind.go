package webhook

// Kind is what a callback is about, as named by the catalogue in api/webhook.yaml.
type Kind string

// The kinds of callbacks.
const (
	KindMessage              Kind = "message_sync"              // [Message]
	KindPreMessage           Kind = "pre_message"               // [PreMessage]
	KindMessageOperation     Kind = "message_operation"         // [MessageOperation]
	KindUserStatus           Kind = "user_online_status"        // [UserStatus]
	KindUserDeactivation     Kind = "user_deactivation"         // [UserDeactivation]
	KindUserProfile          Kind = "user_profile"              // [UserProfile]
	KindFriendship           Kind = "friendship"                // [Friendship]
	KindChatroomStatus       Kind = "chatroom_status"           // [ChatroomStatus]
	KindChatroomEntry        Kind = "chatroom_kv"               // [ChatroomEntry]
	KindHostedGroupProfile   Kind = "group_profile"             // [HostedGroupProfile]
	KindHostedGroupOperation Kind = "group_operation"           // [HostedGroupOperation]
	KindMessageAudit         Kind = "message_audit_result"      // [MessageAudit]
	KindHostedInfoAudit      Kind = "hosted_info_audit_result"  // [HostedInfoAudit]
	KindBotEvent             Kind = "bot_event"                 // [BotEvent]
	KindRTCRoomStatus        Kind = "rtc_room_status"           // [RTCRoomStatus]
	KindRTCCDNPush           Kind = "rtc_cdn_push_status"       // [RTCCDNPush]
	KindRTCCloudPlayer       Kind = "rtc_cloud_player_status"   // [RTCCloudPlayer]
	KindRTCModeration        Kind = "rtc_content_censor_status" // [RTCModeration]
	KindRTCAITask            Kind = "rtc_ai_status"             // [RTCAITask]
	KindUnknown              Kind = "unknown"                   // none of these: [Unknown]
)
