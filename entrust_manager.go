package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EntrustManagerService gives members of hosted groups the role of a manager, and takes it back. A group has at most 10 managers;
// [EntrustMemberService.List] lists them, with EntrustRoleManager.
type EntrustManagerService service

// EntrustManagersAdded tells who did not become a manager. It is empty if all did.
type EntrustManagersAdded struct {
	NotMembers   []string `json:"userIds"`      // left out, because they are not in the group
	ManagerCount int      `json:"managerCount"` // managers so far, if there would be too many
}

// Add makes up to 10 members of a hosted group managers. A call without an error can still leave some out: look at the answer.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/add-group-manager
//
//rongcloud:endpoint POST /entrust/group/manager/add.json
func (s *EntrustManagerService) Add(ctx context.Context, groupID string, userIDs []string, opts ...CallOption) (*EntrustManagersAdded, error) {
	return fetch[EntrustManagersAdded](ctx, s.client, endpoint.EntrustGroupManagerAdd, &entrustUsers{groupID, userIDs}, opts)
}

// Remove makes up to 10 managers of a hosted group plain members.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/group/group-profile/group-manage/remove-group-manager
//
//rongcloud:endpoint POST /entrust/group/manager/remove.json
func (s *EntrustManagerService) Remove(ctx context.Context, groupID string, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.EntrustGroupManagerRemove, &entrustUsers{groupID, userIDs}, opts)
}
