package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserPrivateMuteService mutes users in one-to-one chats. Messages that the Server API sends for a
// muted user still go out.
type UserPrivateMuteService service

// UserPrivateMuteQuery selects a part of the muted users.
type UserPrivateMuteQuery struct {
	Offset int `wire:"offset"` // users, not pages, to skip
	Size   int `wire:"num"`    // users to return, 100 by default, at most 200
}

// UserPrivateMutePage is a part of the muted users.
type UserPrivateMutePage struct {
	Total   int      `json:"total"` // number of muted users
	UserIDs []string `json:"users"`
}

// More reports whether there may be another page. It does not rely on Total: only an empty page
// counts as the end.
func (p *UserPrivateMutePage) More() bool { return len(p.UserIDs) > 0 }

// privateMuteType is the only conversation type that the documented API accepts.
const privateMuteType = "PERSON"

type privateMuteQuery struct {
	UserPrivateMuteQuery
	Type string `wire:"type"`
}

// Add mutes up to 1000 users in one-to-one chats.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/one-to-one/ban
//
//rongcloud:endpoint POST /user/chat/fb/set.json
func (s *UserPrivateMuteService) Add(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return s.set(ctx, userIDs, true, opts)
}

// Remove unmutes up to 1000 users in one-to-one chats. Otherwise see [UserPrivateMuteService.Add].
func (s *UserPrivateMuteService) Remove(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return s.set(ctx, userIDs, false, opts)
}

func (s *UserPrivateMuteService) set(ctx context.Context, userIDs []string, muted bool, opts []CallOption) error {
	type request struct {
		UserIDs []string `wire:"userId"`
		Muted   *bool    `wire:"state"` // a pointer, to send false too
		Type    string   `wire:"type"`
	}
	return send(ctx, s.client, endpoint.UserChatFbSet, &request{userIDs, &muted, privateMuteType}, opts)
}

// List returns a part of the users who are muted in one-to-one chats; All walks all of them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/one-to-one/query-banned-list
//
//rongcloud:endpoint POST /user/chat/fb/querylist.json
func (s *UserPrivateMuteService) List(ctx context.Context, query UserPrivateMuteQuery, opts ...CallOption) (*UserPrivateMutePage, error) {
	return fetch[UserPrivateMutePage](ctx, s.client, endpoint.UserChatFbQuerylist, &privateMuteQuery{query, privateMuteType}, opts)
}

// All yields the IDs of the users who are muted in one-to-one chats, starting at the query's
// offset.
func (s *UserPrivateMuteService) All(ctx context.Context, query UserPrivateMuteQuery, opts ...CallOption) iter.Seq2[string, error] {
	return walkOffsets(ctx, endpoint.UserChatFbQuerylist, s.List, query, opts,
		func(q *UserPrivateMuteQuery) *int { return &q.Offset },
		func(p *UserPrivateMutePage) []string { return p.UserIDs })
}
