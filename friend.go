package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// FriendService manages friendships on RongCloud's servers. Friendships are mutual. They are part
// of the profile hosting service, which according to older pages must be enabled separately;
// without it calls fail with [CodeServiceNotEnabled].
//
// RongCloud does not say how many friends a user may have.
type FriendService service

// FriendAddType says whether the other user is asked before a friendship begins.
type FriendAddType int

// The ways to become friends.
const (
	FriendAddByPermission FriendAddType = 1 // as the other user's permission says
	FriendAddDirectly     FriendAddType = 2 // without asking
)

// String returns the way in words.
func (t FriendAddType) String() string {
	switch t {
	case FriendAddByPermission:
		return "by permission"
	case FriendAddDirectly:
		return "directly"
	}
	return fmt.Sprintf("FriendAddType(%d)", int(t))
}

// FriendPermission says who may add a user as a friend.
type FriendPermission int

// The permissions of a user.
const (
	// No setting of the user's own: the app's applies; cannot be set.
	FriendPermissionUnset  FriendPermission = 0
	FriendPermissionAnyone FriendPermission = 1
	// Anyone, with the user's consent.
	FriendPermissionConsent FriendPermission = 2
	FriendPermissionNobody  FriendPermission = 3
)

// String returns the permission in words.
func (p FriendPermission) String() string {
	switch p {
	case FriendPermissionUnset:
		return "unset"
	case FriendPermissionAnyone:
		return "anyone"
	case FriendPermissionConsent:
		return "consent"
	case FriendPermissionNobody:
		return "nobody"
	}
	return fmt.Sprintf("FriendPermission(%d)", int(p))
}

// Friendship is the relation between two users. RongCloud reserves the numbers 2 and 3, although an
// example in its documentation shows them.
type Friendship int

// The relations between two users.
const (
	FriendshipNone   Friendship = 1
	FriendshipMutual Friendship = 4
)

// String returns the friendship in words.
func (f Friendship) String() string {
	switch f {
	case FriendshipNone:
		return "none"
	case FriendshipMutual:
		return "mutual"
	}
	return fmt.Sprintf("Friendship(%d)", int(f))
}

// FriendAddParams asks for a friendship.
type FriendAddParams struct {
	// The user who asks.
	UserID string `wire:"userId"`
	// The user to become a friend.
	TargetID string `wire:"targetId"`
	// FriendAddByPermission if zero.
	Type FriendAddType `wire:"optType"`
	// Sent to the other user with the request; at most 128 characters.
	Extra string `wire:"extra"`
}

// FriendProfileParams is what a user keeps about a friend.
type FriendProfileParams struct {
	UserID   string `wire:"userId"`   // who keeps it
	TargetID string `wire:"targetId"` // the friend

	// RemarkName is the user's own name for the friend, at most 64 characters. It is required,
	// since RongCloud may remove the name if it is omitted; Ptr("") removes it.
	RemarkName *string `wire:"remarkName"`
	// Attributes are the app's own. Their keys begin with ext_ and have at most 32 lowercase
	// letters, digits and underscores; values have at most 256 characters. There can be 10, unless
	// RongCloud has raised the app's limit.
	Attributes map[string]string `wire:"friendExtProfile"`
}

// FriendRemoveParams names friends to remove from a user's friends.
type FriendRemoveParams struct {
	UserID    string   `wire:"userId"`
	TargetIDs []string `wire:"targetIds"` // at most 100
}

// FriendPermissionParams says who may add users as friends.
type FriendPermissionParams struct {
	UserIDs    []string         `wire:"userIds"` // at most 100
	Permission FriendPermission `wire:"permissionType"`
}

// FriendQuery selects a page of a user's friends.
type FriendQuery struct {
	// The user whose friends to list.
	UserID string `wire:"userId"`
	// NextPageToken of the previous page; empty for the first.
	PageToken string `wire:"pageToken"`
	// Friends per page, 50 by default, at most 100.
	Size int `wire:"size"`
	// By the time they became friends; oldest first by default.
	Order SortOrder `wire:"order,enum"`
}

// Friend is a user's friend, as the user sees them.
type Friend struct {
	UserID     string            `json:"userId"`
	Name       string            `json:"name"`
	RemarkName string            `json:"remarkName"`       // the user's own name for the friend
	Attributes map[string]string `json:"friendExtProfile"` // the app's own; keys begin with ext_
	AddedAt    time.Time         `json:"time" unit:"ms"`
}

// FriendPage is a page of a user's friends.
type FriendPage struct {
	Friends       []Friend `json:"friendList"`
	Total         int      `json:"totalCount"` // number of friends on all pages
	NextPageToken string   `json:"pageToken"`  // empty on the last page
}

// More reports whether there is another page.
func (p *FriendPage) More() bool { return p.NextPageToken != "" }

// FriendCheckQuery asks whether users are friends of a user.
type FriendCheckQuery struct {
	UserID    string   `wire:"userId"`
	TargetIDs []string `wire:"targetIds"` // at most 100
}

// FriendCheck is the relation of one user to the queried user.
type FriendCheck struct {
	UserID     string     `json:"userId"`
	Friendship Friendship `json:"result"`
}

// FriendChecks are the relations of users to the queried user.
type FriendChecks struct {
	Results []FriendCheck `json:"results"`
}

// UserFriendPermission says who may add one user as a friend.
type UserFriendPermission struct {
	UserID     string           `json:"userId"`
	Permission FriendPermission `json:"type"`
}

// FriendPermissions say who may add the queried users as friends.
type FriendPermissions struct {
	Users []UserFriendPermission `json:"permissionSettings"`
}

type friendUsers struct {
	UserIDs []string `wire:"userIds"`
}

// Add requests a friendship, or makes two users friends at once. [CodeAlreadyFriends] means that
// they already were friends; for other reasons for refusal see "Friends" in docs/errors.md. The
// response does not distinguish a request that still needs consent from an established friendship.
// The call is not repeated after an unclear failure, since the other user might be asked twice. The
// quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/add-friend
//
//rongcloud:endpoint POST /friend/add.json
func (s *FriendService) Add(ctx context.Context, params FriendAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendAdd, &params, opts)
}

// Remove ends the friendship of a user with up to 100 others. Each of them counts against the quota
// of 100 per second. The response for a user who is not a friend is not documented.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/del-friend
//
//rongcloud:endpoint POST /friend/delete.json
func (s *FriendService) Remove(ctx context.Context, params FriendRemoveParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendDelete, &params, opts)
}

// RemoveAll ends all friendships of a user. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/clean-friend
//
//rongcloud:endpoint POST /friend/clean.json
func (s *FriendService) RemoveAll(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendClean, &oneUserID{userID}, opts)
}

// SetProfile sets a user's name and attributes for a friend. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/set-friend-profile
//
//rongcloud:endpoint POST /friend/profile/set.json
func (s *FriendService) SetProfile(ctx context.Context, params FriendProfileParams, opts ...CallOption) error {
	if params.RemarkName == nil {
		return refused(ctx, s.client, refuseParam(endpoint.FriendProfileSet, &params, "remarkName", "is required"), opts)
	}
	return send(ctx, s.client, endpoint.FriendProfileSet, &params, opts)
}

// List returns one page of a user's friends; All walks all pages. The quota is 100 calls per
// second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/get-friend
//
//rongcloud:endpoint POST /friend/get.json
func (s *FriendService) List(ctx context.Context, query FriendQuery, opts ...CallOption) (*FriendPage, error) {
	return fetch[FriendPage](ctx, s.client, endpoint.FriendGet, &query, opts)
}

// All yields the friends of a user, starting at the query's page.
func (s *FriendService) All(ctx context.Context, query FriendQuery, opts ...CallOption) iter.Seq2[Friend, error] {
	return walkTokens(ctx, endpoint.FriendGet, s.List, query, opts,
		func(q *FriendQuery) *string { return &q.PageToken },
		func(p *FriendPage) ([]Friend, string) { return p.Friends, p.NextPageToken })
}

// Check reports which of up to 100 users are friends of a user. Each of them counts against the
// quota of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/check-friend
//
//rongcloud:endpoint POST /friend/check.json
func (s *FriendService) Check(ctx context.Context, query FriendCheckQuery, opts ...CallOption) (*FriendChecks, error) {
	return fetch[FriendChecks](ctx, s.client, endpoint.FriendCheck, &query, opts)
}

// SetPermission sets who may add up to 100 users as friends. Each of them counts against the quota
// of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/set-friend-add-level
//
//rongcloud:endpoint POST /friend/permission/set.json
func (s *FriendService) SetPermission(ctx context.Context, params FriendPermissionParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendPermissionSet, &params, opts)
}

// GetPermissions returns who may add up to 100 users as friends. Each of them counts against the
// quota of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/get-friend-add-level
//
//rongcloud:endpoint POST /friend/permission/get.json
func (s *FriendService) GetPermissions(ctx context.Context, userIDs []string, opts ...CallOption) (*FriendPermissions, error) {
	return fetch[FriendPermissions](ctx, s.client, endpoint.FriendPermissionGet, &friendUsers{userIDs}, opts)
}
