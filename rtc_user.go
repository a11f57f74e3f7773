package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// RTCUserService removes users from audio and video rooms, and keeps them out of all rooms.
type RTCUserService struct {
	service
	Block *RTCUserBlockService
}

// RTCUserKickParams says whom to remove from which room.
type RTCUserKickParams struct {
	RoomID string `wire:"roomId"`
	UserID string `wire:"userId"`
}

// RTCUserBlockService keeps users out of all rooms. For a single room see RTCRoomBlockService.
type RTCUserBlockService service

// RTCUserBlockParams says whom to keep out of all rooms, and for how long.
type RTCUserBlockParams struct {
	UserID string `wire:"userId"`
	// Whole minutes, from 1 minute to 30 days (43200 minutes).
	Duration time.Duration `wire:"minute"`
}

// Kick removes a user from a room. They may come back at once: see RTCRoomBlockService to keep them
// out. It is not repeated after a failure that leaves the outcome open, because a repeat would
// remove a user who has come back.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/kick
//
//rongcloud:endpoint POST /rtc/user/kick.json
func (s *RTCUserService) Kick(ctx context.Context, params RTCUserKickParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.RTCUserKick, &params, opts)
}

// Add keeps a user out of all rooms for some time, and removes them from those they are in.
// Presumably another block starts the time again, but RongCloud does not document this. There is no
// list of the blocked users.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/block-in-all-rooms
//
//rongcloud:endpoint POST /rtc/user/block.json
func (s *RTCUserBlockService) Add(ctx context.Context, params RTCUserBlockParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.RTCUserBlock, &params, opts)
}

// Remove lets a user back into rooms.
//
// RongCloud: https://docs.rongcloud.io/server-rtc-api/user/unblock-in-all-rooms
//
//rongcloud:endpoint POST /rtc/user/unblock.json
func (s *RTCUserBlockService) Remove(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.RTCUserUnblock, &oneUserID{userID}, opts)
}
