package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserTagService tags users. A push can go to all users with certain tags.
type UserTagService service

// UserTagSetParams sets a user's tags.
type UserTagSetParams struct {
	UserID string   `wire:"userId"`
	Tags   []string `wire:"tags"` // at most 20, each up to 40 bytes, without special characters
}

// UserTagBatchSetParams sets the same tags for many users.
type UserTagBatchSetParams struct {
	UserIDs []string `wire:"userIds"` // at most 1000
	Tags    []string `wire:"tags"`    // at most 20, each up to 40 bytes, without special characters
}

// UserTags are the requested users' tags.
type UserTags struct {
	ByUser map[string][]string `json:"result"` // by user ID; empty for a user without tags
}

// Set replaces all tags of a user. [UserTagService.Clear] removes them.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/tag/set-user-tag
//
//rongcloud:endpoint POST /user/tag/set.json
func (s *UserTagService) Set(ctx context.Context, params UserTagSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserTagSet, &params, opts)
}

// Clear removes all tags of a user. Otherwise see [UserTagService.Set].
func (s *UserTagService) Clear(ctx context.Context, userID string, opts ...CallOption) error {
	type request struct {
		UserID string   `wire:"userId"`
		Tags   []string `wire:"tags,empty"`
	}
	return send(ctx, s.client, endpoint.UserTagSet, &request{userID, nil}, opts)
}

// BatchSet replaces all tags of up to 1000 users with the same ones. [UserTagService.BatchClear]
// removes them. The quota is 10 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/tag/batch-set-user-tag
//
//rongcloud:endpoint POST /user/tag/batch/set.json
func (s *UserTagService) BatchSet(ctx context.Context, params UserTagBatchSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserTagBatchSet, &params, opts)
}

// BatchClear removes all tags of up to 1000 users. Otherwise see [UserTagService.BatchSet].
func (s *UserTagService) BatchClear(ctx context.Context, userIDs []string, opts ...CallOption) error {
	type request struct {
		UserIDs []string `wire:"userIds"`
		Tags    []string `wire:"tags,empty"`
	}
	return send(ctx, s.client, endpoint.UserTagBatchSet, &request{userIDs, nil}, opts)
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
