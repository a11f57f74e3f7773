package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCRoomService looks up audio and video rooms, and keeps users out of individual rooms.
type RTCRoomService struct {
	service
	Block *RTCRoomBlockService
}

// RTCRoom is a room in use.
type RTCRoom struct {
	RoomID    string      `json:"roomId"`
	SessionID string      `json:"sessionId"` // of the running session; recording and mixing need it
	CreatedAt time.Time   `json:"createTime" unit:"ms"`
	Members   []RTCMember `json:"members"` // in a live room, only the hosts
}

// RTCMember is a user in a room.
type RTCMember struct {
	UserID    string       `json:"userId"`
	JoinedAt  time.Time    `json:"joinTime" unit:"ms"`
	Published RTCPublished `json:"data"`
}

// RTCPublished is what a user publishes in a room.
type RTCPublished struct {
	Streams []RTCStream `json:"uris"`
}

// RTCStream is a stream that a user publishes.
type RTCStream struct {
	StreamID  string       `json:"msid"`
	MediaType RTCMediaType `json:"mediaType" from:"0"`
	Resource  string       `json:"uri"` // identifies the stream everywhere
	Tag       string       `json:"tag"` // RongCloud's description of it is not fully known
}

// RTCRoomBlockService keeps users out of one room. For all rooms see RTCUserBlockService.
type RTCRoomBlockService service

// RTCRoomBlockParams says whom to keep out of which room, and for how long.
type RTCRoomBlockParams struct {
	RoomID string `wire:"room_id"`
	// RongCloud documents no limit.
	UserIDs []string `wire:"user_ids"`
	// Whole minutes, from 1 minute to 30 days (43200 minutes).
	Duration time.Duration `wire:"minute"`
}

// RTCRoomBlockRemoveParams says whom to let back into which room.
type RTCRoomBlockRemoveParams struct {
	RoomID  string   `wire:"room_id"`
	UserIDs []string `wire:"user_ids"` // RongCloud documents no limit
}

// Get returns a room with its members and their streams. [CodeRTCRoomNotFound] means that nobody is
// in a room with that ID.
//
// RongCloud says that the response also has the audience of live rooms, but its fields are not
// known; use [CaptureResponse] to get them.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/query
//
//rongcloud:endpoint POST /rtc/room/query.json
func (s *RTCRoomService) Get(ctx context.Context, roomID string, opts ...CallOption) (*RTCRoom, error) {
	type inHeader struct {
		RoomID string `wire:"Room-Id"`
	}
	type request struct {
		inHeader
		RoomID string `wire:"roomId"`
	}
	return fetch[RTCRoom](ctx, s.client, endpoint.RTCRoomQuery, &request{inHeader{roomID}, roomID}, opts)
}

// Add keeps users out of a room for some time, and removes those who are in it. RongCloud does not
// document whether the room must exist.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/block-by-room
//
//rongcloud:endpoint POST /v2/rtc/rooms/{room_id}/block-users
func (s *RTCRoomBlockService) Add(ctx context.Context, params RTCRoomBlockParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCRoomsRoomIDBlockUsersPost, &params, opts)
}

// Remove lets users back into a room.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/unblock-by-room
//
//rongcloud:endpoint DELETE /v2/rtc/rooms/{room_id}/block-users
func (s *RTCRoomBlockService) Remove(ctx context.Context, params RTCRoomBlockRemoveParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V2RTCRoomsRoomIDBlockUsersDelete, &params, opts)
}
