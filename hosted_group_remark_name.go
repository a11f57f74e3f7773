package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupRemarkNameService keeps the names under which single users see hosted groups, also as
// titles of push notifications.
type HostedGroupRemarkNameService service

// HostedGroupRemarkNameParams is the name under which a user sees a hosted group.
type HostedGroupRemarkNameParams struct {
	GroupID    string `wire:"groupId"`
	UserID     string `wire:"userId"`     // who sees it
	RemarkName string `wire:"remarkName"` // at most 64 characters
}

// Set sets the name under which a user sees a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/update-group-member-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/set.json
func (s *HostedGroupRemarkNameService) Set(ctx context.Context, name HostedGroupRemarkNameParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupRemarknameSet, &name, opts)
}

// Delete removes the name under which a user sees a hosted group.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/delete-group-mem-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/delete.json
func (s *HostedGroupRemarkNameService) Delete(ctx context.Context, groupID, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupRemarknameDelete, &groupOfUser{groupID, userID}, opts)
}

// Get returns the name under which a user sees a hosted group. It is empty if there is none,
// unless the server makes an error of that, which is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-member/query-group-mem-remarkname
//
//rongcloud:endpoint POST /entrust/group/remarkname/query.json
func (s *HostedGroupRemarkNameService) Get(ctx context.Context, groupID, userID string, opts ...CallOption) (string, error) {
	type answer struct {
		RemarkName string `json:"remarkName"`
	}
	found, err := fetch[answer](ctx, s.client, endpoint.EntrustGroupRemarknameQuery, &groupOfUser{groupID, userID}, opts)
	if err != nil {
		return "", err
	}
	return found.RemarkName, nil
}
