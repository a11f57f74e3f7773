package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserService registers users, reports who is online and deactivates users. Its fields are services
// for what RongCloud stores for each user.
type UserService struct {
	service

	Block       *UserBlockService       // keeps users from connecting
	Blacklist   *UserBlacklistService   // whose private messages a user refuses
	Whitelist   *UserWhitelistService   // whose private messages, and no others, a user accepts
	Tag         *UserTagService         // tags for pushes to groups of users
	Remark      *UserRemarkService      // names of senders in a user's push notifications
	PushPeriod  *UserPushPeriodService  // daily hours without push notifications
	PrivateMute *UserPrivateMuteService // mutes in one-to-one chats
	Profile     *UserProfileService     // profiles hosted by RongCloud
}

func newUserService(common *service) *UserService {
	return &UserService{
		service:     *common,
		Block:       (*UserBlockService)(common),
		Blacklist:   (*UserBlacklistService)(common),
		Whitelist:   (*UserWhitelistService)(common),
		Tag:         (*UserTagService)(common),
		Remark:      (*UserRemarkService)(common),
		PushPeriod:  (*UserPushPeriodService)(common),
		PrivateMute: (*UserPrivateMuteService)(common),
		Profile:     (*UserProfileService)(common),
	}
}

// RegisterParams describes a user to register.
type RegisterParams struct {
	// Chosen by the app, unique in it; at most 64 letters and digits.
	UserID string `wire:"userId"`
	// Shown in push notifications; required, at most 64 characters.
	Name string `wire:"name"`
	// Address of the avatar, at most 1024 bytes.
	PortraitURL string `wire:"portraitUri"`
}

// UserUpdateParams changes what a user was registered with. Empty fields are left as they are.
type UserUpdateParams struct {
	UserID      string `wire:"userId"`
	Name        string `wire:"name"`
	PortraitURL string `wire:"portraitUri"`
}

// ExpireTokensParams says which tokens to invalidate.
type ExpireTokensParams struct {
	UserIDs []string  `wire:"userId"` // at most 20
	Before  time.Time `wire:"time"`   // tokens issued before this time become invalid
}

// SandboxUserQuery selects a page of the test users.
type SandboxUserQuery struct {
	Page  int       `wire:"page"`       // from 1, the default
	Size  int       `wire:"pageSize"`   // users per page, 20 by default, at most 100
	Order SortOrder `wire:"order,enum"` // by time of registration; oldest first by default
}

// UserToken is a user's connect token. Anyone who has it can connect as the user.
type UserToken struct {
	UserID string `json:"userId"`
	Token  string `json:"token"`
}

// User is what a user was registered with.
type User struct {
	UserID      string `json:"userId"`
	Name        string `json:"userName"`
	PortraitURL string `json:"userPortrait"`

	// RegisteredAt is read as a date in the data centre's zone, although RongCloud does not state
	// the zone of this field.
	RegisteredAt time.Time `json:"createTime" alt:"regTime" unit:"date"`
}

// SandboxUserPage is a page of the test users.
type SandboxUserPage struct {
	Total int    `json:"total"` // number of users on all pages
	Users []User `json:"users"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *SandboxUserPage) More() bool { return len(p.Users) > 0 }

// Register registers a user ID and returns a token with which the user's client connects. Users who
// send messages, even if only through the Server API, must be registered, or pushes show no sender.
// For a known user ID, Register returns an additional token and overwrites the stored name, and the
// avatar if one is given. All tokens stay valid until they expire, [UserService.ExpireTokens]
// invalidates them or the App Secret is reset.
//
// [CodeTooManyUsers] means that the app has reached its maximum number of users, which is 100 in
// the development environment.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/register
//
//rongcloud:endpoint POST /user/getToken.json
func (s *UserService) Register(ctx context.Context, params RegisterParams, opts ...CallOption) (*UserToken, error) {
	return fetch[UserToken](ctx, s.client, endpoint.UserGetToken, &params, opts)
}

// Update changes the name or avatar that push notifications show, at once; according to older
// pages, this takes 5 minutes. It does not change the hosted profile; see [UserProfileService.Set].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/user/modify
//
//rongcloud:endpoint POST /user/refresh.json
func (s *UserService) Update(ctx context.Context, params UserUpdateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserRefresh, &params, opts)
}

// Get returns what a user was registered with. [CodeUserNotFound] is documented for an unknown
// user ID, but not for this call in particular.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/get
//
//rongcloud:endpoint POST /user/info.json
func (s *UserService) Get(ctx context.Context, userID string, opts ...CallOption) (*User, error) {
	user, err := fetch[User](ctx, s.client, endpoint.UserInfo, &oneUserID{userID}, opts)
	if err == nil && user.UserID == "" { // the response does not repeat it
		user.UserID = userID
	}
	return user, err
}

// ExpireTokens invalidates all tokens issued to up to 20 users before a given time. Open
// connections stay: an invalid token fails when its client next connects or reconnects.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/expire
//
//rongcloud:endpoint POST /user/token/expire.json
func (s *UserService) ExpireTokens(ctx context.Context, params ExpireTokensParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserTokenExpire, &params, opts)
}

// IsOnline reports whether a user is connected now. It is not meant for polling: RongCloud reports
// changes with its online status callback.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/check-online-status-by-user
//
//rongcloud:endpoint POST /user/checkOnline.json
func (s *UserService) IsOnline(ctx context.Context, userID string, opts ...CallOption) (bool, error) {
	type response struct {
		Online bool `json:"status"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.UserCheckOnline, &oneUserID{userID}, opts)
	return err == nil && out.Online, err
}

// ListSandbox returns one page of the registered users of an app in the development environment;
// AllSandbox walks all pages. The response for an App Key of the production environment is not
// documented.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/user/query-users
//
//rongcloud:endpoint POST /user/query.json
func (s *UserService) ListSandbox(ctx context.Context, query SandboxUserQuery, opts ...CallOption) (*SandboxUserPage, error) {
	return fetch[SandboxUserPage](ctx, s.client, endpoint.UserQuery, &query, opts)
}

// AllSandbox yields the registered users of an app in the development environment, starting at the
// query's page.
func (s *UserService) AllSandbox(ctx context.Context, query SandboxUserQuery, opts ...CallOption) iter.Seq2[User, error] {
	return walkNumbers(ctx, endpoint.UserQuery, s.ListSandbox, query, opts,
		func(q *SandboxUserQuery) *int { return &q.Page },
		func(p *SandboxUserPage) []User { return p.Users })
}

// DeleteSandbox deletes up to 100 registered users of an app in the development environment, to
// make room for new ones. In the production environment use [UserService.Deactivate].
//
// RongCloud describes this call in its SDKs only, without a quota.
//
//rongcloud:endpoint POST /user/delusers.json
func (s *UserService) DeleteSandbox(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserDelusers, &manyUserIDs{userIDs}, opts)
}
