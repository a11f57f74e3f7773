package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EmbeddedConsoleService gives access to single pages of RongCloud's console, to be shown within
// an app's own administration.
//
// It is reached at an address of its own, https://embed-console.rongcloud.net, whatever the
// region, and by the Access Key: neither App Key nor signature goes there. A client with
// [WithBaseURL] sends these calls to its base URL, too.
type EmbeddedConsoleService service

// ConsolePage names a page of the console. Others than this one are known from hearsay only.
type ConsolePage string

// ConsolePageUserManage is the page on which users are managed.
const ConsolePageUserManage ConsolePage = "user_manage"

// ConsoleAccessParams asks for access to a page of the console.
type ConsoleAccessParams struct {
	AccessKey string        `wire:"access_key"`  // a credential apart from App Key and App Secret; the console shows it
	Page      ConsolePage   `wire:"page_code"`   // what to show
	Lifetime  time.Duration `wire:"useful_life"` // a whole number of seconds, at least one, at most 365 days
}

// ConsoleAccess lets whoever has it see a page of the console until it expires.
type ConsoleAccess struct {
	URL string `json:"data"` // holds the token; for RongCloud's script that shows the page
}

// CreateAccessURL returns a URL with a new token for a page of the console.
//
// RongCloud: https://docs.rongcloud.cn/guides/imbedded-console/get-access-token
//
//rongcloud:endpoint POST /embed/access/token
func (s *EmbeddedConsoleService) CreateAccessURL(ctx context.Context, params ConsoleAccessParams, opts ...CallOption) (*ConsoleAccess, error) {
	return fetch[ConsoleAccess](ctx, s.client, endpoint.EmbedAccessToken, &params, opts)
}
