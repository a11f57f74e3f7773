package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ProxyChatService lets a bot answer for a user. RongCloud documents no call to end this.
type ProxyChatService service

// ProxyChatParams says which bot answers for a user, and to whom.
type ProxyChatParams struct {
	// The user for whom the bot answers.
	UserID string `wire:"userId"`
	// Recipients of the bot's answers; at most 50.
	TargetIDs []string `wire:"targetIds"`
	// The bot; needs an integration of type BotIntegrationAgentChat.
	BotUserID string `wire:"botUserId"`
	// Metadata are variables for the bot: at most 32 pairs, keys of at most 32 and values of at
	// most 512 characters.
	Metadata map[string]string `wire:"metadata"`
}

// ProxyChatQuery selects a page of the users for whom bots answer.
type ProxyChatQuery struct {
	// The user for whom the bot answers; if empty, all users, as RongCloud's page seems to say.
	UserID string `wire:"userId"`
	// From 1, the default.
	Page int `wire:"page"`
	// Entries per page, 50 by default; the maximum is not documented.
	Size int `wire:"size"`
}

// ProxyChat says which bot answers another user on a user's behalf.
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

// More reports whether there may be another page: this one is not empty, and HasNext is not false.
func (p *ProxyChatPage) More() bool { return mayFollow(len(p.ProxyChats), p.HasNext) }

// Start lets a bot answer up to 50 others on a user's behalf. RongCloud does not document whether
// a repeat changes the bot and the metadata. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/proxychat/start-user-proxychat
//
//rongcloud:endpoint POST /v3/user/proxychat/start
func (s *ProxyChatService) Start(ctx context.Context, params ProxyChatParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3UserProxychatStart, &params, opts)
}

// List returns one page of the users for whom bots answer, with an entry for each user they answer;
// All walks all pages. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/proxychat/list-user-proxychats
//
//rongcloud:endpoint POST /v3/user/proxychat/query.json
func (s *ProxyChatService) List(ctx context.Context, query ProxyChatQuery, opts ...CallOption) (*ProxyChatPage, error) {
	return fetch[ProxyChatPage](ctx, s.client, endpoint.V3UserProxychatQuery, &query, opts)
}

// All yields the users for whom bots answer, with an entry for each user they answer, starting at
// the query's page.
func (s *ProxyChatService) All(ctx context.Context, query ProxyChatQuery, opts ...CallOption) iter.Seq2[ProxyChat, error] {
	return walkNumbers(ctx, endpoint.V3UserProxychatQuery, s.List, query, opts,
		func(q *ProxyChatQuery) *int { return &q.Page },
		func(p *ProxyChatPage) []ProxyChat { return p.ProxyChats })
}
