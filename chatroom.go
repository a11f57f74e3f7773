package rongcloud

import (
	"context"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomService creates and destroys chat rooms and reports who is in them. Its fields are
// services for what belongs to a room, and for settings that apply to all rooms of the app.
//
// Users join a room through a client app; the Server API cannot do it for them. Messages that the
// Server API sends to a room go out despite all mutes: see [MessageService.SendChatroom].
//
// RongCloud documents [CodeChatroomNotFound] for [ChatroomService.Get]. How other calls respond if
// there is no such room is not documented.
//
// Only POST /chatroom/create.json, which RongCloud has deprecated, gives a room a name, and POST
// /chatroom/query.json returns it; call both with [Client.Call].
type ChatroomService struct {
	service

	// Who is in a room.
	Member *ChatroomMemberService
	// Attributes of a room, which are key-value pairs.
	Entry *ChatroomEntryService
	// Members who may not talk in a room.
	Mute *ChatroomMuteService
	// Users who may not talk in any room.
	GlobalMute *ChatroomGlobalMuteService
	// Rooms in which nobody may talk.
	MuteAllMembers *ChatroomMuteAllMembersService
	// Members who may talk anyway.
	MuteAllMembersWhitelist *ChatroomMuteAllMembersWhitelistService
	// Users who are removed from a room and kept out.
	Block *ChatroomBlockService
	// Rooms that do not destroy themselves.
	Keepalive *ChatroomKeepaliveService
	// Message types that are dropped first.
	LowPriority *ChatroomLowPriorityService
	// Message types that are not dropped.
	MessageTypeWhitelist *ChatroomMessageTypeWhitelistService
	// Members whose messages are not dropped.
	UserWhitelist *ChatroomUserWhitelistService
	// Whether messages in a room are delivered.
	Distribution *ChatroomDistributionService
}

func newChatroomService(common *service) *ChatroomService {
	return &ChatroomService{
		service:                 *common,
		Member:                  (*ChatroomMemberService)(common),
		Entry:                   (*ChatroomEntryService)(common),
		Mute:                    (*ChatroomMuteService)(common),
		GlobalMute:              (*ChatroomGlobalMuteService)(common),
		MuteAllMembers:          (*ChatroomMuteAllMembersService)(common),
		MuteAllMembersWhitelist: (*ChatroomMuteAllMembersWhitelistService)(common),
		Block:                   (*ChatroomBlockService)(common),
		Keepalive:               (*ChatroomKeepaliveService)(common),
		LowPriority:             (*ChatroomLowPriorityService)(common),
		MessageTypeWhitelist:    (*ChatroomMessageTypeWhitelistService)(common),
		UserWhitelist:           (*ChatroomUserWhitelistService)(common),
		Distribution:            (*ChatroomDistributionService)(common),
	}
}

// ChatroomDestroyType is when a chat room destroys itself. The zero value leaves it to the server.
type ChatroomDestroyType int

// The ways a chat room can destroy itself.
const (
	// Some time after anyone last joined, left or sent a message.
	ChatroomDestroyInactive ChatroomDestroyType = 1
	// Some time after its creation, whatever happens in it.
	ChatroomDestroyFixed ChatroomDestroyType = 2
)

// String says when the room destroys itself.
func (t ChatroomDestroyType) String() string {
	switch t {
	case ChatroomDestroyInactive:
		return "after inactivity"
	case ChatroomDestroyFixed:
		return "after creation"
	}
	return fmt.Sprintf("ChatroomDestroyType(%d)", int(t))
}

// ChatroomCreateParams describes a chat room to create.
type ChatroomCreateParams struct {
	// Chosen by the app, at most 64 bytes.
	ChatroomID string `wire:"chatroomId"`
	// ChatroomDestroyInactive by default.
	DestroyType ChatroomDestroyType `wire:"destroyType,enum"`
	// Whole minutes from 1 hour, the default, to 7 days.
	DestroyAfter time.Duration `wire:"destroyTime"`

	// AllMembersMuted mutes everybody from the start, except for the users in
	// MuteAllMembersWhitelist, at most 20. See ChatroomMuteAllMembersService and
	// ChatroomMuteAllMembersWhitelistService.
	AllMembersMuted         bool     `wire:"isBan"`
	MuteAllMembersWhitelist []string `wire:"whiteUserIds"`

	// Entries are the room's initial attributes, at most 20, and EntryOwnerID is the user who owns
	// them; each requires the other. See ChatroomEntrySetParams for the limits of names and values.
	EntryOwnerID string            `wire:"entryOwnerId"`
	Entries      map[string]string `wire:"entryInfo"`
}

// ChatroomIsMemberQuery asks whether a user is in a chat room.
type ChatroomIsMemberQuery struct {
	ChatroomID string `wire:"chatroomId"`
	UserID     string `wire:"userId"`
}

// ChatroomSetDestroyParams changes when a chat room destroys itself.
type ChatroomSetDestroyParams struct {
	ChatroomID string `wire:"chatroomId"`
	// ChatroomDestroyInactive by default.
	DestroyType ChatroomDestroyType `wire:"destroyType,enum"`
	// Whole minutes from 1 hour, the default, to 7 days.
	DestroyAfter time.Duration `wire:"destroyTime"`
}

// Chatroom is what RongCloud reports about a chat room.
type Chatroom struct {
	ChatroomID   string              `json:"chatroomId"`
	CreatedAt    time.Time           `json:"createTime" unit:"ms"`
	MemberCount  int                 `json:"memberCount"`
	DestroyType  ChatroomDestroyType `json:"destroyType" from:"0"`
	DestroyAfter time.Duration       `json:"destroyTime" unit:"minutes"`
	// Nobody may talk; see ChatroomMuteAllMembersService.
	AllMembersMuted bool `json:"ban"`
}

// Parameters shared by many calls.
type (
	oneChatroomID struct {
		ChatroomID string `wire:"chatroomId"`
	}
	manyChatroomIDs struct {
		ChatroomIDs []string `wire:"chatroomId"`
	}
)

// Create creates a chat room. The call decides when the room destroys itself, even if it gives
// neither type nor time; the console's setting does not apply. The response if the room already
// exists is not documented.
//
// Entries need the attribute service; without it the room is not created.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/create
//
//rongcloud:endpoint POST /chatroom/create_new.json
func (s *ChatroomService) Create(ctx context.Context, params ChatroomCreateParams, opts ...CallOption) error {
	switch {
	case params.EntryOwnerID != "" && len(params.Entries) == 0:
		return refused(ctx, s.client, refuseParam(endpoint.ChatroomCreateNew, &params, "entryInfo", "is required with EntryOwnerID"), opts)
	case params.EntryOwnerID == "" && len(params.Entries) > 0:
		return refused(ctx, s.client, refuseParam(endpoint.ChatroomCreateNew, &params, "entryOwnerId", "is required with Entries"), opts)
	}
	return send(ctx, s.client, endpoint.ChatroomCreateNew, &params, opts)
}

// SetDestroy changes when a chat room destroys itself. A fixed time counts from the room's
// creation, not from now. Inactivity keeps counting while the fixed time applies, so switching back
// to it can destroy the room at once.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/set-destroy-type
//
//rongcloud:endpoint POST /chatroom/destroy/set.json
func (s *ChatroomService) SetDestroy(ctx context.Context, params ChatroomSetDestroyParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomDestroySet, &params, opts)
}

// Destroy destroys chat rooms, with their attributes, mutes and lists. It is the only way to end a
// room that is kept alive. How many rooms one call may name is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/destroy
//
//rongcloud:endpoint POST /chatroom/destroy.json
func (s *ChatroomService) Destroy(ctx context.Context, chatroomIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomDestroy, &manyChatroomIDs{chatroomIDs}, opts)
}

// Get returns what RongCloud knows about a chat room. [CodeChatroomNotFound] means that the room
// does not exist, or no longer does.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/get
//
//rongcloud:endpoint POST /chatroom/get.json
func (s *ChatroomService) Get(ctx context.Context, chatroomID string, opts ...CallOption) (*Chatroom, error) {
	room, err := fetch[Chatroom](ctx, s.client, endpoint.ChatroomGet, &oneChatroomID{chatroomID}, opts)
	if err == nil && room.ChatroomID == "" { // the response does not repeat it
		room.ChatroomID = chatroomID
	}
	return room, err
}

// IsMember reports whether a user is in a chat room. For many users see
// [ChatroomMemberService.Check].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/chatroom/member/check-member
//
//rongcloud:endpoint POST /chatroom/user/exist.json
func (s *ChatroomService) IsMember(ctx context.Context, query ChatroomIsMemberQuery, opts ...CallOption) (bool, error) {
	type response struct {
		Member bool `json:"isInChrm"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.ChatroomUserExist, &query, opts)
	return err == nil && out.Member, err
}
