package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// BotIntegrationService manages a bot's integrations: where its messages and events go. RongCloud's
// official Java SDK has these calls, but no known page documents them; the page on creating a bot
// explains the fields.
type BotIntegrationService service

// BotIntegrationType says where a bot's messages go. A bot has at most one integration of each
// type.
type BotIntegrationType string

// The types of integrations.
const (
	// A program of the app.
	BotIntegrationWebhook        BotIntegrationType = "webhook"
	BotIntegrationDifyChat       BotIntegrationType = "dify_chat"
	BotIntegrationDifyCompletion BotIntegrationType = "dify_completion"
	BotIntegrationDifyChatflow   BotIntegrationType = "dify_chatflow"
	// An agent on RongCloud's servers; see BotAgentService.
	BotIntegrationAgentChat BotIntegrationType = "rc_agentchat"
)

// BotIntegration says where a bot's messages and events go. An update probably leaves omitted
// fields as they are, but RongCloud does not document this.
type BotIntegration struct {
	Type    BotIntegrationType `wire:"type" json:"type"`
	Enabled *bool              `wire:"enabled" json:"enabled,omitempty"`
	// The URL that gets them, for Dify its base URL; required to create an integration.
	CallbackURL string `wire:"callbackUrl" json:"callbackUrl,omitempty"`
	// Types of the messages to forward, such as RC:TxtMsg.
	ObjectNames []string `wire:"objectNames" json:"objectNames,omitempty"`
	// Kinds of events to forward, such as message:private.
	Events []string `wire:"events" json:"events,omitempty"`

	// Used by Dify. Whether replies grow as they are produced; true if nil.
	Stream *bool `wire:"stream" json:"stream,omitempty"`
	// Whether RongCloud turns the reply into a message; true if nil.
	HandleResponse *bool    `wire:"handleResponse" json:"handleResponse,omitempty"`
	Auth           *BotAuth `wire:"auth" json:"auth,omitempty"`

	// These are known from RongCloud's official Java SDK only; their meaning is inferred from their
	// names.
	// The agent behind the bot.
	Agent *BotIntegrationAgent `wire:"agent" json:"agent,omitempty"`
	// Whether to reply only once the user stops typing.
	WaitForInputCompletion *bool `wire:"waitForInputCompletion" json:"waitForInputCompletion,omitempty"`
	// Whether to reply at a human pace.
	GentleResponse *bool `wire:"gentleResponse" json:"gentleResponse,omitempty"`
}

// BotIntegrationAgent is the agent behind a bot. Its fields are those of [AgentCreateParams].
type BotIntegrationAgent struct {
	ID          string      `json:"agentId"`
	Name        string      `json:"name"`
	Description string      `json:"description,omitempty"`
	Type        AgentType   `json:"type,omitempty"`
	Status      AgentStatus `json:"status,omitempty"`
	Config      AgentConfig `json:"agentConfig"`
}

// check refuses a new integration that lacks a required field. It is the i-th of a list.
func (b *BotIntegration) check(i int) error {
	switch {
	case b.Type == "":
		return refuseWire("integrations", "item %d: Type is required", i+1)
	case b.CallbackURL == "":
		return refuseWire("integrations", "item %d: CallbackURL is required", i+1)
	}
	return nil
}

// BotAuth is the credential by which RongCloud calls the other side, such as Dify.
type BotAuth struct {
	APIKey string `json:"apiKey,omitempty"`
}

// BotIntegrationParams is a bot's integration to create or update.
type BotIntegrationParams struct {
	UserID string `wire:"userId"` // the bot
	BotIntegration
}

// BotIntegrationDeleteParams names a bot's integration to delete.
type BotIntegrationDeleteParams struct {
	UserID string             `wire:"userId"` // the bot
	Type   BotIntegrationType `wire:"type"`
}

// Create adds an integration to a bot.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/integration/create.json
func (s *BotIntegrationService) Create(ctx context.Context, params BotIntegrationParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3BotIntegrationCreate, &params, opts)
}

// Update changes the bot's integration of the given type.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/integration/update.json
func (s *BotIntegrationService) Update(ctx context.Context, params BotIntegrationParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3BotIntegrationUpdate, &params, opts)
}

// Delete removes the bot's integration of the given type.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/create-a-bot
//
//rongcloud:endpoint POST /v3/bot/integration/delete.json
func (s *BotIntegrationService) Delete(ctx context.Context, params BotIntegrationDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3BotIntegrationDelete, &params, opts)
}
