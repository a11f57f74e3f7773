package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// BotService manages bots. A bot is a user whose incoming messages RongCloud forwards to a program
// of the app, to Dify or to an agent on RongCloud's servers, and who replies with what comes back.
// An app can have up to 10 bots.
type BotService struct {
	service
	Integration *BotIntegrationService
	Agent       *BotAgentService
	AgentChat   *BotAgentChatService
}

func newBotService(common *service) *BotService {
	return &BotService{
		service:     *common,
		Integration: (*BotIntegrationService)(common),
		Agent:       (*BotAgentService)(common),
		AgentChat:   (*BotAgentChatService)(common),
	}
}

// BotParams describes a bot to create or update. Creating one requires everything but the metadata.
// An update probably leaves omitted fields as they are, but RongCloud does not document this.
type BotParams struct {
	// Chosen by the app, at most 64 characters.
	UserID string `wire:"userId"`
	// Shown to users, at most 128 characters.
	Name string `wire:"name"`
	// The app's own category, at most 128 characters.
	Type string `wire:"type"`
	// Address of the avatar, at most 256 characters.
	PortraitURL string `wire:"profileUrl"`
	// Passed along in callbacks; at most 16 pairs, keys up to 32 and values up to 128 characters.
	Metadata map[string]string `wire:"metadata"`

	// Integrations say where the bot's messages go. A bot may have several, of different types.
	// RongCloud does not document whether an update replaces all existing integrations; use
	// BotIntegrationService to change a single one.
	Integrations []BotIntegration `wire:"integrations"`
}

// BotQuery selects a page of the app's bots.
type BotQuery struct {
	// From 1, the default.
	Page int `wire:"page"`
	// Bots per page, 10 by default; the maximum is not documented.
	Size int `wire:"pageSize"`
	// Whether to return the bots' integrations as well.
	IncludeIntegrations bool `wire:"includeIntegration"`
}

// Bot is a bot of the app.
type Bot struct {
	UserID       string            `json:"userId"`
	Name         string            `json:"name"`
	Type         string            `json:"type"` // the app's own category
	PortraitURL  string            `json:"profileUrl"`
	Integrations []BotIntegration  `json:"integrations"`
	Metadata     map[string]string `json:"metadata"`
	CreatedAt    time.Time         `json:"createdAt" unit:"ms"` // undocumented, so it may be zero
	UpdatedAt    time.Time         `json:"updatedAt" unit:"ms"` // undocumented, so it may be zero
}

// BotPage is a page of the app's bots.
type BotPage struct {
	Bots    []Bot `json:"bots"`
	Total   int   `json:"total"`   // number of bots on all pages
	HasNext *bool `json:"hasNext"` // nil if the server does not say
}

// More reports whether there may be another page: this one is not empty, and HasNext is not false.
func (p *BotPage) More() bool { return mayFollow(len(p.Bots), p.HasNext) }

// Create creates a bot with its integrations. The quota is 100 calls per second. The response for a
// bot that already exists is not documented.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/create.json
func (s *BotService) Create(ctx context.Context, params BotParams, opts ...CallOption) error {
	for i := range params.Integrations {
		if err := params.Integrations[i].check(i); err != nil {
			return refused(ctx, s.client, inParams(err, endpoint.V3BotCreate, &params), opts)
		}
	}
	return send(ctx, s.client, endpoint.V3BotCreate, &params, opts)
}

// Update changes a bot. RongCloud's official Java SDK has this call, but no known page documents
// it; the page on creating a bot explains the fields.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/update.json
func (s *BotService) Update(ctx context.Context, params BotParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3BotUpdate, &params, opts)
}

// Delete deletes a bot. RongCloud's official Java SDK has this call, but no known page documents
// it.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/delete.json
func (s *BotService) Delete(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3BotDelete, &oneUserID{userID}, opts)
}

// Get returns up to 20 bots by their IDs, all on one page. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/get-bot
//
//rongcloud:endpoint POST /v3/bot/get.json
func (s *BotService) Get(ctx context.Context, userIDs []string, opts ...CallOption) (*BotPage, error) {
	type request struct {
		UserIDs []string `wire:"userIds"`
	}
	page, err := fetch[BotPage](ctx, s.client, endpoint.V3BotGet, &request{userIDs}, opts)
	if err == nil && page.HasNext == nil {
		page.HasNext = Ptr(false)
	}
	return page, err
}

// List returns one page of the app's bots; All walks all pages. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/list-bots
//
//rongcloud:endpoint POST /v3/bot/query.json
func (s *BotService) List(ctx context.Context, query BotQuery, opts ...CallOption) (*BotPage, error) {
	return fetch[BotPage](ctx, s.client, endpoint.V3BotQuery, &query, opts)
}

// All yields the app's bots, starting at the query's page.
func (s *BotService) All(ctx context.Context, query BotQuery, opts ...CallOption) iter.Seq2[Bot, error] {
	return walkNumbers(ctx, endpoint.V3BotQuery, s.List, query, opts,
		func(q *BotQuery) *int { return &q.Page },
		func(p *BotPage) []Bot { return p.Bots })
}
