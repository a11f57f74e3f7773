package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserTagService tags users. A push can go to all users with certain tags.
type UserTagService service

// UserTagBatchSetParams gives many users the same tags.
type UserTagBatchSetParams struct {
	UserIDs []string `wire:"userIds"`    // at most 1000
	Tags    []string `wire:"tags,empty"` // in place of those that the users have; none clears them
}

// UserTags are the tags of the users that were asked for.
type UserTags struct {
	ByUser map[string][]string `json:"result"` // by user ID; empty for a user without tags
}

type tagChange struct {
	UserID string   `wire:"userId"`
	Tags   []string `wire:"tags,empty"`
}

// Set replaces all tags of a user by up to 20 others, of at most 40 bytes each and without special
// characters. No tags, be it a nil slice, clear those that the user has.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/tag/set-user-tag
//
//rongcloud:endpoint POST /user/tag/set.json
func (s *UserTagService) Set(ctx context.Context, userID string, tags []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserTagSet, &tagChange{userID, tags}, opts)
}

// BatchSet replaces all tags of up to 1000 users by the same ones; the rules of
// [UserTagService.Set] hold. Its quota is 10 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/tag/batch-set-user-tag
//
//rongcloud:endpoint POST /user/tag/batch/set.json
func (s *UserTagService) BatchSet(ctx context.Context, params UserTagBatchSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserTagBatchSet, &params, opts)
}

// Get returns the tags of up to 50 users.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/tag/get-user-tag
//
//rongcloud:endpoint POST /user/tags/get.json
func (s *UserTagService) Get(ctx context.Context, userIDs []string, opts ...CallOption) (*UserTags, error) {
	type params struct {
		UserIDs []string `wire:"userIds"`
	}
	return fetch[UserTags](ctx, s.client, endpoint.UserTagsGet, &params{userIDs}, opts)
}
