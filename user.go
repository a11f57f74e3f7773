package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserService registers users.
type UserService struct{ client *Client }

func newUserService(c *Client) *UserService { return &UserService{c} }

// RegisterParams describes a user to register.
type RegisterParams struct {
	UserID      string `wire:"userId"`
	Name        string `wire:"name"`
	PortraitURI string `wire:"portraitUri"`
}

// Token is a user's connect token.
type Token struct {
	UserID string `json:"userId"`
	Token  string `json:"token"`
}

// Register registers.
//
//rongcloud:endpoint POST /user/getToken.json
func (s *UserService) Register(ctx context.Context, params RegisterParams, opts ...CallOption) (*Token, error) {
	return fetch[Token](ctx, s.client, endpoint.UserGetToken, &params, opts)
}
