package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupRemarkService manages the names that a group's push notifications show for its members. A
// name that the recipient has set for the sender, with [UserRemarkService], takes precedence.
type GroupRemarkService service

// GroupRemarkSetParams sets a member's name in a group's push notifications.
type GroupRemarkSetParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
	Remark  string `wire:"remark"` // name to show; its maximum length is not documented
}

// GroupRemarkDeleteParams says whose name to remove.
type GroupRemarkDeleteParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// GroupRemarkQuery asks for a member's name.
type GroupRemarkQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// Set sets a member's name in a group's push notifications.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/set-remark-for-group-push
//
//rongcloud:endpoint POST /group/remarks/set.json
func (s *GroupRemarkService) Set(ctx context.Context, params GroupRemarkSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupRemarksSet, &params, opts)
}

// Delete removes a member's name in a group's push notifications.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/delete-remark-for-group-push
//
//rongcloud:endpoint POST /group/remarks/del.json
func (s *GroupRemarkService) Delete(ctx context.Context, params GroupRemarkDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupRemarksDel, &params, opts)
}

// Get returns a member's name in a group's push notifications. It is empty if there is none, unless
// the server returns an error in that case, which is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/get-remark-for-group-push
//
//rongcloud:endpoint POST /group/remarks/get.json
func (s *GroupRemarkService) Get(ctx context.Context, query GroupRemarkQuery, opts ...CallOption) (string, error) {
	type response struct {
		Remark string `json:"remark"`
	}
	found, err := fetch[response](ctx, s.client, endpoint.GroupRemarksGet, &query, opts)
	if err != nil {
		return "", err
	}
	return found.Remark, nil
}
