package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// FriendService keeps on RongCloud's servers who is friends with whom. Friendship goes both ways.
// It belongs to the service that hosts profiles, which older pages call an extra to be enabled;
// without it calls end with [CodeServiceNotEnabled].
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
	FriendPermissionUnset   FriendPermission = 0 // none of the user's own: the app's setting holds. It cannot be set
	FriendPermissionAnyone  FriendPermission = 1
	FriendPermissionConsent FriendPermission = 2 // those to whom the user agrees
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

// Friendship is how two users stand to each other. RongCloud reserves the numbers 2 and 3,
// although an example of its pages shows them.
type Friendship int

// The ways two users can stand to each other.
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
	UserID   string        `wire:"userId"`   // who asks
	TargetID string        `wire:"targetId"` // who is to become a friend
	Type     FriendAddType `wire:"optType"`  // FriendAddByPermission if zero
	Extra    string        `wire:"extra"`    // goes to the other user along with the request; at most 128 characters
}

// FriendProfileParams is what a user keeps about a friend.
type FriendProfileParams struct {
	UserID   string `wire:"userId"`   // who keeps it
	TargetID string `wire:"targetId"` // the friend

	// RemarkName is the user's own name for the friend, at most 64 characters. It is required,
	// since RongCloud may remove a name that is left out; Ptr("") removes it.
	RemarkName *string `wire:"remarkName"`
	// Attributes are the app's own. Their keys begin with ext_ and are made of lowercase letters,
	// digits and underscores, at most 32 characters; values have at most 256. There can be 10,
	// unless the app has room for more.
	Attributes map[string]string `wire:"friendExtProfile"`
}

// FriendRemoveParams names the friends with whom a user is to break.
type FriendRemoveParams struct {
	UserID    string   `wire:"userId"`
	TargetIDs []string `wire:"targetIds"` // at most 100
}

// FriendPermissionParams says who may add users as friends.
type FriendPermissionParams struct {
	UserIDs    []string         `wire:"userIds"` // at most 100
	Permission FriendPermission `wire:"permissionType"`
}

// FriendQuery chooses a page of a user's friends.
type FriendQuery struct {
	UserID    string    `wire:"userId"`     // whose friends
	PageToken string    `wire:"pageToken"`  // NextPageToken of the page before; empty for the first page
	Size      int       `wire:"size"`       // friends per page, 50 by default, at most 100
	Order     SortOrder `wire:"order,enum"` // by the time when they became friends; oldest first by default
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

// FriendCheckQuery asks how users stand to a user.
type FriendCheckQuery struct {
	UserID    string   `wire:"userId"`
	TargetIDs []string `wire:"targetIds"` // at most 100
}

// FriendCheck says how one user stands to the user in question.
type FriendCheck struct {
	UserID     string     `json:"userId"`
	Friendship Friendship `json:"result"`
}

// FriendChecks say how users stand to the user in question.
type FriendChecks struct {
	Results []FriendCheck `json:"results"`
}

// UserFriendPermission is who may add one user as a friend.
type UserFriendPermission struct {
	UserID     string           `json:"userId"`
	Permission FriendPermission `json:"type"`
}

// FriendPermissions are who may add the users that were asked for.
type FriendPermissions struct {
	Users []UserFriendPermission `json:"permissionSettings"`
}

type friendUsers struct {
	UserIDs []string `wire:"userIds"`
}

// Add asks for a friendship, or makes two users friends at once. [CodeAlreadyFriends] means that
// they were friends before; why else a friendship may be refused is under Friends on the page of
// codes (docs/errors.md). The response does not tell a request that still waits for consent from a
// friendship that was made. It is not repeated after an unclear failure, since the other user might
// be asked twice. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/add-friend
//
//rongcloud:endpoint POST /friend/add.json
func (s *FriendService) Add(ctx context.Context, params FriendAddParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendAdd, &params, opts)
}

// Remove ends the friendship of a user with up to 100 others. Each of them counts against the
// quota of 100 per second. What the response is for one who is no friend is not
// documented.
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

// SetProfile sets the name and the attributes that a user keeps for a friend. The quota is 100
// calls per second.
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

// All yields the friends of a user, from the query's page on.
func (s *FriendService) All(ctx context.Context, query FriendQuery, opts ...CallOption) iter.Seq2[Friend, error] {
	return walkTokens(ctx, endpoint.FriendGet, s.List, query, opts,
		func(q *FriendQuery) *string { return &q.PageToken },
		func(p *FriendPage) ([]Friend, string) { return p.Friends, p.NextPageToken })
}

// Check reports of up to 100 users whether they are friends of a user. Each of them counts against
// the quota of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/check-friend
//
//rongcloud:endpoint POST /friend/check.json
func (s *FriendService) Check(ctx context.Context, query FriendCheckQuery, opts ...CallOption) (*FriendChecks, error) {
	return fetch[FriendChecks](ctx, s.client, endpoint.FriendCheck, &query, opts)
}

// SetPermission sets for up to 100 users who may add them as friends. Each of them counts against
// the quota of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/set-friend-add-level
//
//rongcloud:endpoint POST /friend/permission/set.json
func (s *FriendService) SetPermission(ctx context.Context, params FriendPermissionParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.FriendPermissionSet, &params, opts)
}

// GetPermissions returns for up to 100 users who may add them as friends. Each of them counts
// against the quota of 100 per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/friend-profile/get-friend-add-level
//
//rongcloud:endpoint POST /friend/permission/get.json
func (s *FriendService) GetPermissions(ctx context.Context, userIDs []string, opts ...CallOption) (*FriendPermissions, error) {
	return fetch[FriendPermissions](ctx, s.client, endpoint.FriendPermissionGet, &friendUsers{userIDs}, opts)
}
