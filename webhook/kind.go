package webhook

// Kind is what a callback tells, by the name that the catalogue in api/webhook.yaml has for it.
type Kind string

// The kinds of callbacks.
const (
	KindMessage              Kind = "message_sync"              // a message was sent: [Message]
	KindPreMessage           Kind = "pre_message"               // may a message be delivered? [PreMessage]
	KindMessageOperation     Kind = "message_operation"         // a message was recalled or deleted: [MessageOperation]
	KindUserStatus           Kind = "user_online_status"        // a user went online or offline: [UserStatus]
	KindUserDeactivation     Kind = "user_deactivation"         // a user was deactivated or reactivated: [UserDeactivation]
	KindUserProfile          Kind = "user_profile"              // a hosted user profile changed: [UserProfile]
	KindFriendship           Kind = "friendship"                // friends were asked, added or removed: [Friendship]
	KindChatroomStatus       Kind = "chatroom_status"           // a chat room or its members changed: [ChatroomStatus]
	KindChatroomEntry        Kind = "chatroom_kv"               // a chat room attribute changed: [ChatroomEntry]
	KindHostedGroupProfile   Kind = "group_profile"             // the data of a hosted group changed: [HostedGroupProfile]
	KindHostedGroupOperation Kind = "group_operation"           // a hosted group or its members changed: [HostedGroupOperation]
	KindMessageAudit         Kind = "message_audit_result"      // a message was moderated: [MessageAudit]
	KindHostedInfoAudit      Kind = "hosted_info_audit_result"  // hosted data were moderated: [HostedInfoAudit]
	KindBotEvent             Kind = "bot_event"                 // something happened to a bot: [BotEvent]
	KindRTCRoomStatus        Kind = "rtc_room_status"           // an audio and video room or its members changed: [RTCRoomStatus]
	KindRTCCDNPush           Kind = "rtc_cdn_push_status"       // the push of a mix to a CDN: [RTCCDNPush]
	KindRTCCloudPlayer       Kind = "rtc_cloud_player_status"   // a stream that is played into a room: [RTCCloudPlayer]
	KindRTCModeration        Kind = "rtc_content_censor_status" // what is published was moderated: [RTCModeration]
	KindRTCAITask            Kind = "rtc_ai_status"             // speech recognition and its like: [RTCAITask]
	KindUnknown              Kind = "unknown"                   // none of these: [Unknown]
)
