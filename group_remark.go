package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// GroupRemarkService keeps the names under which push notifications of a group show its members. A
// name that the recipient has for the sender, by [UserRemarkService], counts more.
type GroupRemarkService service

// GroupRemarkSetParams is the name of a member in the push notifications of a group.
type GroupRemarkSetParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
	Remark  string `wire:"remark"` // name to show; how long it can be is not documented
}

// GroupRemarkDeleteParams says whose name is removed.
type GroupRemarkDeleteParams struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// GroupRemarkQuery asks for the name of a member.
type GroupRemarkQuery struct {
	GroupID string `wire:"groupId"`
	UserID  string `wire:"userId"`
}

// Set sets the name of a member in the push notifications of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/set-remark-for-group-push
//
//rongcloud:endpoint POST /group/remarks/set.json
func (s *GroupRemarkService) Set(ctx context.Context, params GroupRemarkSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupRemarksSet, &params, opts)
}

// Delete removes the name of a member in the push notifications of a group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/remark/delete-remark-for-group-push
//
//rongcloud:endpoint POST /group/remarks/del.json
func (s *GroupRemarkService) Delete(ctx context.Context, params GroupRemarkDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.GroupRemarksDel, &params, opts)
}

// Get returns the name of a member in the push notifications of a group. It is empty if there is
// none, unless the server makes an error of that, which is not documented.
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
