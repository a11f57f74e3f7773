package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCAIService ends the recognition and the translation of what is spoken in a room. How a server
// starts them is on no page that is known. RongCloud switches them on when a ticket asks for it,
// and documents them on its Chinese pages only.
type RTCAIService service

// RTCTranslationStopParams says whose words are not translated any longer.
type RTCTranslationStopParams struct {
	RoomID  string   `wire:"Room-Id"`
	UserIDs []string `wire:"userList"`
}

// StopRecognition ends the recognition of speech in a room, before its session ends.
// [CodeRTCRoomNotFound] means that there is no such room.
//
// RongCloud: https://docs.rongcloud.cn/server-rtc-api/asr/stop-asr
//
//rongcloud:endpoint POST /v2/rtc/ai/asr/room/stop
func (s *RTCAIService) StopRecognition(ctx context.Context, roomID string, opts ...CallOption) error {
	type request struct {
		RoomID      string `wire:"Room-Id"`
		ContentType string `wire:"Content-Type"`
	}
	return send(ctx, s.client, endpoint.V2RTCAIASRRoomStop, &request{roomID, "application/json"}, opts)
}

// StopTranslation ends the translation of what users of a room say. [CodeRTCRoomNotFound] means
// that there is no such room.
//
// RongCloud: https://docs.rongcloud.cn/server-rtc-api/asr/stop-translation
//
//rongcloud:endpoint POST /v2/rtc/ai/tranlation/stop
func (s *RTCAIService) StopTranslation(ctx context.Context, params RTCTranslationStopParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCAITranlationStop, &params, opts)
}
