package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// HostedGroupManagerService grants members of hosted groups the manager role, and revokes it. A
// group has at most 10 managers; [HostedGroupMemberService.List] lists them, with
// HostedGroupRoleManager.
type HostedGroupManagerService service

// HostedGroupManagerParams names members of a hosted group.
type HostedGroupManagerParams struct {
	GroupID string   `wire:"groupId"`
	UserIDs []string `wire:"userIds"` // at most 10
}

// HostedGroupManagerResult says who did not become a manager. It is empty if everybody did.
type HostedGroupManagerResult struct {
	// Users left out, because they are not in the group.
	NotMemberIDs []string `json:"userIds"`
	// Current number of managers, if there would be too many.
	ManagerCount int `json:"managerCount"`
}

// Add makes up to 10 members of a hosted group managers. A call without an error can still leave
// some out: look at the result.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/add-group-manager
//
//rongcloud:endpoint POST /entrust/group/manager/add.json
func (s *HostedGroupManagerService) Add(ctx context.Context, params HostedGroupManagerParams, opts ...CallOption) (*HostedGroupManagerResult, error) {
	return fetch[HostedGroupManagerResult](ctx, s.client, endpoint.EntrustGroupManagerAdd, &params, opts)
}

// Remove turns up to 10 managers of a hosted group back into plain members.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/remove-group-manager
//
//rongcloud:endpoint POST /entrust/group/manager/remove.json
func (s *HostedGroupManagerService) Remove(ctx context.Context, params HostedGroupManagerParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupManagerRemove, &params, opts)
}
