package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCAIService stops speech recognition and translation in a room. No known page says how a server
// starts them. RongCloud enables them on request, by a support ticket, and documents them on its
// Chinese pages only.
type RTCAIService service

// RTCTranslationStopParams says whose speech to stop translating.
type RTCTranslationStopParams struct {
	RoomID  string   `wire:"Room-Id"`
	UserIDs []string `wire:"userList"`
}

// StopRecognition stops speech recognition in a room before its session ends. [CodeRTCRoomNotFound]
// means that there is no such room.
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

// StopTranslation stops translating what users in a room say. [CodeRTCRoomNotFound] means that
// there is no such room.
//
// RongCloud: https://docs.rongcloud.cn/server-rtc-api/asr/stop-translation
//
//rongcloud:endpoint POST /v2/rtc/ai/tranlation/stop
func (s *RTCAIService) StopTranslation(ctx context.Context, params RTCTranslationStopParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCAITranlationStop, &params, opts)
}
