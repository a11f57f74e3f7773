package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ProxyChatService lets a bot answer for a user. There is no call to end it that RongCloud
// documents.
type ProxyChatService service

// ProxyChatParams lets a bot answer for a user towards others.
type ProxyChatParams struct {
	UserID    string   `wire:"userId"`    // who is stood in for
	TargetIDs []string `wire:"targetIds"` // those who get the bot's answers; at most 50
	BotUserID string   `wire:"botUserId"` // the bot; it must have an integration of the type BotIntegrationAgentChat
	// Metadata are variables for the bot: at most 32 pairs, keys of at most 32 and values of at
	// most 512 characters.
	Metadata map[string]string `wire:"metadata"`
}

// ProxyChatQuery chooses a page of the users for whom bots answer.
type ProxyChatQuery struct {
	UserID string `wire:"userId"` // who is stood in for; all users if empty, as far as the page on it can be read
	Page   int    `wire:"page"`   // from 1, the default
	Size   int    `wire:"size"`   // entries per page, 50 by default; the most is not documented
}

// ProxyChat is a bot that answers for a user towards another one.
type ProxyChat struct {
	UserID    string            `json:"userId"`
	TargetID  string            `json:"targetId"`
	BotUserID string            `json:"botUserId"`
	Metadata  map[string]string `json:"metadata"`
	CreatedAt time.Time         `json:"createdAt" unit:"ms"`
	UpdatedAt time.Time         `json:"updatedAt" unit:"ms"`
}

// ProxyChatPage is a page of the users for whom bots answer.
type ProxyChatPage struct {
	ProxyChats []ProxyChat `json:"proxyChats"`
	Total      int         `json:"total"`   // number of entries on all pages
	HasNext    *bool       `json:"hasNext"` // nil if the server does not say
}

// More reports whether there may be another page: if this one is not empty and HasNext is not
// false.
func (p *ProxyChatPage) More() bool { return mayFollow(len(p.ProxyChats), p.HasNext) }

// Start lets a bot answer for a user towards up to 50 others. Whether a repeat changes bot and
// metadata is not documented. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/proxychat/start-user-proxychat
//
//rongcloud:endpoint POST /v3/user/proxychat/start
func (s *ProxyChatService) Start(ctx context.Context, params ProxyChatParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3UserProxychatStart, &params, opts)
}

// List returns one page of the users for whom bots answer, an entry for each other user; All walks
// all pages. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/proxychat/list-user-proxychats
//
//rongcloud:endpoint POST /v3/user/proxychat/query.json
func (s *ProxyChatService) List(ctx context.Context, query ProxyChatQuery, opts ...CallOption) (*ProxyChatPage, error) {
	return fetch[ProxyChatPage](ctx, s.client, endpoint.V3UserProxychatQuery, &query, opts)
}

// All yields the users for whom bots answer, an entry for each other user, from the query's page
// on.
func (s *ProxyChatService) All(ctx context.Context, query ProxyChatQuery, opts ...CallOption) iter.Seq2[ProxyChat, error] {
	return walkNumbers(ctx, endpoint.V3UserProxychatQuery, s.List, query, opts,
		func(q *ProxyChatQuery) *int { return &q.Page },
		func(p *ProxyChatPage) []ProxyChat { return p.ProxyChats })
}
