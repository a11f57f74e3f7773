package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ConversationTagService manages up to 20 tags per user, each on up to 1000 of the user's
// conversations. A conversation may have several tags.
type ConversationTagService service

// ConversationTagParams is a tag to create.
type ConversationTagParams struct {
	ID   string `json:"tagId"`   // unique for the user, at most 10 characters; one page says 20
	Name string `json:"tagName"` // at most 15 characters
}

// ConversationTagCreateParams names tags that a user can put on conversations.
type ConversationTagCreateParams struct {
	UserID string                  `wire:"userId"`
	Tags   []ConversationTagParams `wire:"tags"` // at most 20
}

// ConversationTagDeleteParams names tags of a user to delete.
type ConversationTagDeleteParams struct {
	UserID string   `wire:"userId"`
	TagIDs []string `wire:"tagIds"`
}

// ConversationTag is a tag of a user.
type ConversationTag struct {
	ID        string    `json:"tagId"`
	Name      string    `json:"tagName"`
	CreatedAt time.Time `json:"createTime" unit:"ms"`
}

// ConversationTags are the tags of a user.
type ConversationTags struct {
	Tags []ConversationTag `json:"tags"`
}

// TaggedConversation is a conversation under a tag.
type TaggedConversation struct {
	// Private, group or system.
	Type ConversationType `json:"conversationType"`
	// The other user, the group or the sender of system messages.
	TargetID string `json:"targetId"`
}

// ConversationTagConversationsParams adds conversations to a user's tag, or removes them.
type ConversationTagConversationsParams struct {
	UserID        string               `wire:"userId"`
	TagID         string               `wire:"tagId"`
	Conversations []TaggedConversation `wire:"conversations"` // at most 100
}

// ConversationTagConversationsQuery names a user's tag whose conversations to return.
type ConversationTagConversationsQuery struct {
	UserID string `wire:"userId"`
	TagID  string `wire:"tagId"`
}

// TaggedConversations are the conversations under a tag.
type TaggedConversations struct {
	Conversations []TaggedConversation `json:"conversations"`
}

// Create creates up to 20 tags for a user. Whether it renames an existing tag or is refused is not
// documented.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-tag/user-conversation-tag-set
//
//rongcloud:endpoint POST /user/conversation/tag/set.json
func (s *ConversationTagService) Create(ctx context.Context, params ConversationTagCreateParams, opts ...CallOption) error {
	for i, tag := range params.Tags {
		if tag.ID == "" || tag.Name == "" {
			return refused(ctx, s.client, refuseParam(endpoint.UserConversationTagSet, &params, "tags", "item %d lacks the ID or the name", i+1), opts)
		}
	}
	return send(ctx, s.client, endpoint.UserConversationTagSet, &params, opts)
}

// Delete deletes tags of a user.
//
// RongCloud describes this call in its Java SDK only.
//
//rongcloud:endpoint POST /user/conversation/tag/del.json
func (s *ConversationTagService) Delete(ctx context.Context, params ConversationTagDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserConversationTagDel, &params, opts)
}

// List returns the tags of a user.
//
// RongCloud describes this call in its Java SDK only, without a quota.
//
//rongcloud:endpoint GET /user/conversation/tag/get.json
func (s *ConversationTagService) List(ctx context.Context, userID string, opts ...CallOption) (*ConversationTags, error) {
	type response struct {
		Data ConversationTags `json:"data"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.UserConversationTagGet, &oneUserID{userID}, opts)
	if err != nil {
		return nil, err
	}
	return &out.Data, nil
}

// AddConversations adds up to 100 conversations to a user's tag, which must exist. A tag holds 1000
// conversations: beyond that, the oldest ones are silently dropped.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-tag/conversation-tag-set
//
//rongcloud:endpoint POST /tag/conversation/set.json
func (s *ConversationTagService) AddConversations(ctx context.Context, params ConversationTagConversationsParams, opts ...CallOption) error {
	if err := params.check(); err != nil {
		return refused(ctx, s.client, inParams(err, endpoint.TagConversationSet, &params), opts)
	}
	return send(ctx, s.client, endpoint.TagConversationSet, &params, opts)
}

// RemoveConversations removes up to 100 conversations from a user's tag. It deletes neither the tag
// nor the conversations.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-tag/conversation-tag-del
//
//rongcloud:endpoint POST /tag/conversation/del.json
func (s *ConversationTagService) RemoveConversations(ctx context.Context, params ConversationTagConversationsParams, opts ...CallOption) error {
	if err := params.check(); err != nil {
		return refused(ctx, s.client, inParams(err, endpoint.TagConversationDel, &params), opts)
	}
	return send(ctx, s.client, endpoint.TagConversationDel, &params, opts)
}

func (p *ConversationTagConversationsParams) check() error {
	for i, c := range p.Conversations {
		if c.TargetID == "" || c.Type == 0 {
			return refuseWire("conversations", "item %d lacks the target or the type", i+1)
		}
	}
	return nil
}

// ListConversations returns all conversations under a tag of a user.
//
// RongCloud: http://docs.rongcloud.cn/platform-chat-api/conversation/conversation-tag/conversation-tag-get
//
//rongcloud:endpoint GET /tag/conversation/get.json
func (s *ConversationTagService) ListConversations(ctx context.Context, query ConversationTagConversationsQuery, opts ...CallOption) (*TaggedConversations, error) {
	type response struct {
		Data TaggedConversations `json:"data"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.TagConversationGet, &query, opts)
	if err != nil {
		return nil, err
	}
	return &out.Data, nil
}
