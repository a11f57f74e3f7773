package rongcloud

import (
	"context"
	"fmt"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserProfileService manages user profiles on RongCloud's servers. The service must be enabled for
// the app, or its calls fail with [CodeProfilesNotEnabled] or [CodeServiceNotEnabled].
type UserProfileService service

// Gender is a user's gender in the hosted profile.
type Gender int

// The genders of a profile.
const (
	GenderUnknown Gender = 0
	GenderMale    Gender = 1
	GenderFemale  Gender = 2
)

// String returns the gender in words.
func (g Gender) String() string {
	switch g {
	case GenderUnknown:
		return "unknown"
	case GenderMale:
		return "male"
	case GenderFemale:
		return "female"
	}
	return fmt.Sprintf("Gender(%d)", int(g))
}

// UserProfile is the basic part of a hosted profile. RongCloud's pages disagree about the lengths
// of the name (64 or 32 characters) and of the avatar's address (1024 or 128).
type UserProfile struct {
	UniqueID    string  `json:"uniqueId,omitempty"` // the app's own ID for the user
	Name        string  `json:"name,omitempty"`
	PortraitURL string  `json:"portraitUri,omitempty"` // address of the avatar
	Email       string  `json:"email,omitempty"`
	Birthday    string  `json:"birthday,omitempty"` // free text
	Gender      *Gender `json:"gender,omitempty"`
	Location    string  `json:"location,omitempty"`
	Role        *int    `json:"role,omitempty"`  // 0 to 100
	Level       *int    `json:"level,omitempty"` // 0 to 100
}

// UserProfileParams writes a hosted profile: its basic part, the app's own attributes, or both.
// According to a newer RongCloud page, a call with neither is refused.
type UserProfileParams struct {
	UserID  string      `wire:"userId"`
	Profile UserProfile `wire:"userProfile"`

	// Attributes are the app's own. Their keys begin with ext_ and must first be defined in the
	// console; there can be 20, unless RongCloud has raised the app's limit.
	Attributes map[string]string `wire:"userExtProfile"`
}

// UserProfileQuery selects a page of the hosted profiles.
type UserProfileQuery struct {
	Page  int       `wire:"page"`       // from 1, the default
	Size  int       `wire:"size"`       // users per page, 20 by default, at most 100
	Order SortOrder `wire:"order,enum"` // by time of registration; oldest first by default
}

// UserProfileRecord is one user's profile on RongCloud's servers.
type UserProfileRecord struct {
	UserID     string            `json:"userId"`
	Version    int64             `json:"version"` // of the profile
	Profile    UserProfile       `json:"userProfile"`
	Attributes map[string]string `json:"userExtProfile"` // the app's own; keys begin with ext_
}

// UserProfiles are the requested users' hosted profiles.
type UserProfiles struct {
	Users []UserProfileRecord `json:"userList"`
}

// UserProfilePage is a page of the hosted profiles.
type UserProfilePage struct {
	Users []UserProfileRecord `json:"userList"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end.
func (p *UserProfilePage) More() bool { return len(p.Users) > 0 }

// Set writes the hosted profile of one user. Whether omitted fields keep their values is not
// documented. The name and avatar in push notifications are separate; see [UserService.Update].
//
// [CodeProfileUserNotFound] means that there is no such user.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/user-profiles/set-user-profiles
//
//rongcloud:endpoint POST /user/profile/set.json
func (s *UserProfileService) Set(ctx context.Context, params UserProfileParams, opts ...CallOption) error {
	if params.Profile == (UserProfile{}) && len(params.Attributes) == 0 {
		return refused(ctx, s.client, refuseParam(endpoint.UserProfileSet, &params, "userProfile", "is empty, and so is Attributes: one of them is required"), opts)
	}
	return send(ctx, s.client, endpoint.UserProfileSet, &params, opts)
}

// Delete erases the hosted profiles of up to 20 users.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/user-profiles/clean-user-profiles
//
//rongcloud:endpoint POST /user/profile/clean.json
func (s *UserProfileService) Delete(ctx context.Context, userIDs []string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserProfileClean, &manyUserIDs{userIDs}, opts)
}

// Get returns the hosted profiles of up to 100 users. RongCloud's newest page allows 20 at a time;
// if more are too many, the call fails with [CodeTooManyProfiles].
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/user-profiles/query-user-profiles-by-batch
//
//rongcloud:endpoint POST /user/profile/batch/query.json
func (s *UserProfileService) Get(ctx context.Context, userIDs []string, opts ...CallOption) (*UserProfiles, error) {
	return fetch[UserProfiles](ctx, s.client, endpoint.UserProfileBatchQuery, &manyUserIDs{userIDs}, opts)
}

// List returns one page of the hosted profiles of all users; All walks all pages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/user/user-profiles/query-paginated-user-list
//
//rongcloud:endpoint POST /user/profile/query.json
func (s *UserProfileService) List(ctx context.Context, query UserProfileQuery, opts ...CallOption) (*UserProfilePage, error) {
	return fetch[UserProfilePage](ctx, s.client, endpoint.UserProfileQuery, &query, opts)
}

// All yields the hosted profiles of all users, starting at the query's page.
func (s *UserProfileService) All(ctx context.Context, query UserProfileQuery, opts ...CallOption) iter.Seq2[UserProfileRecord, error] {
	return walkNumbers(ctx, endpoint.UserProfileQuery, s.List, query, opts,
		func(q *UserProfileQuery) *int { return &q.Page },
		func(p *UserProfilePage) []UserProfileRecord { return p.Users })
}
