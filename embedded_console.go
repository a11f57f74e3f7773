package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// EmbeddedConsoleService gives access to individual pages of RongCloud's console, for embedding in
// an app's own admin site.
//
// It has its own address, https://embed-console.rongcloud.net, in every region, and is authorized
// by the Access Key: neither App Key nor signature is sent there. A client with [WithBaseURL] sends
// these calls to its base URL as well.
type EmbeddedConsoleService service

// ConsolePage names a page of the console. Values other than ConsolePageUserManage are not
// documented.
type ConsolePage string

// ConsolePageUserManage is the page on which users are managed.
const ConsolePageUserManage ConsolePage = "user_manage"

// ConsoleAccessParams asks for access to a page of the console.
type ConsoleAccessParams struct {
	// A separate credential from App Key and App Secret, shown in the console.
	AccessKey string `wire:"access_key"`
	// What to show.
	Page ConsolePage `wire:"page_code"`
	// A whole number of seconds, at least one, at most 365 days.
	Lifetime time.Duration `wire:"useful_life"`
}

// ConsoleAccess lets anyone who has it open a page of the console until it expires.
type ConsoleAccess struct {
	// Includes the token; pass it to RongCloud's script that shows the page.
	URL string `json:"data"`
}

// CreateAccessURL returns a URL with a new token for a page of the console.
//
// RongCloud: https://docs.rongcloud.cn/guides/imbedded-console/get-access-token
//
//rongcloud:endpoint POST /embed/access/token
func (s *EmbeddedConsoleService) CreateAccessURL(ctx context.Context, params ConsoleAccessParams, opts ...CallOption) (*ConsoleAccess, error) {
	return fetch[ConsoleAccess](ctx, s.client, endpoint.EmbedAccessToken, &params, opts)
}
