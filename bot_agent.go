package rongcloud

import (
	"context"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// BotAgentService manages agents: language models with instructions and a memory, on RongCloud's
// servers. [BotAgentChatService] talks to them, and an integration of type
// [BotIntegrationAgentChat] lets a bot do so. An app can have up to 100 agents.
type BotAgentService service

// AgentType is the kind of an agent.
type AgentType string

// AgentTypeChat is the only kind of agent there is.
const AgentTypeChat AgentType = "chat"

// AgentStatus says whether an agent answers.
type AgentStatus string

// The states of an agent. The default for a new agent is not documented.
const (
	AgentActive   AgentStatus = "active"
	AgentInactive AgentStatus = "inactive"
	AgentDraft    AgentStatus = "draft"
)

// AgentCreateParams describes an agent to create.
type AgentCreateParams struct {
	ID          string      `wire:"agentId"` // chosen by the app, 3 to 64 characters
	Name        string      `wire:"name"`    // 2 to 128 characters
	Description string      `wire:"description"`
	Type        AgentType   `wire:"type"` // AgentTypeChat if empty
	Status      AgentStatus `wire:"status"`
	Config      AgentConfig `wire:"agentConfig"`
}

// AgentUpdateParams changes an agent. Omitted fields stay as they are.
type AgentUpdateParams struct {
	ID          string      `wire:"agentId"`
	Name        string      `wire:"name"`
	Description string      `wire:"description"` // at most 256 characters
	Status      AgentStatus `wire:"status"`
	// Config can change the model's options, the prompt and the memory, but not the model itself.
	Config *AgentConfig `wire:"agentConfig"`
}

// AgentConfig configures an agent.
type AgentConfig struct {
	Model  AgentModel   `json:"model,omitzero"`
	Prompt *AgentPrompt `json:"prompt,omitempty"`
	Memory *AgentMemory `json:"memory,omitempty"`
}

// AgentModel chooses a language model. The name is required to create an agent.
type AgentModel struct {
	Provider string             `json:"provider,omitempty"` // such as openai
	Name     string             `json:"name,omitempty"`     // such as qwen-turbo
	Options  *AgentModelOptions `json:"options,omitempty"`
}

// AgentModelOptions tune a language model. Nil fields keep the model's defaults.
type AgentModelOptions struct {
	// Randomness, 0 to 2.
	Temperature *float64 `json:"temperature,omitempty"`
	// Nucleus sampling, 0 to 1.
	TopP *float64 `json:"topP,omitempty"`
	// Maximum tokens of an answer, 1 to 8192.
	MaxTokens int `json:"maxTokens,omitempty"`
	// -2 to 2.
	FrequencyPenalty *float64 `json:"frequencyPenalty,omitempty"`
	// -2 to 2.
	PresencePenalty *float64 `json:"presencePenalty,omitempty"`
	// Words that end the answer; at most 10, each up to 50 characters.
	Stop []string `json:"stop,omitempty"`
}

// AgentPrompt is what an agent is told before a conversation begins: a template stored by
// RongCloud, or instructions. Whether instructions are required without a template is not
// documented.
type AgentPrompt struct {
	// The ID of a template, at most 64 characters.
	ID string `json:"id,omitempty"`
	// Values for the template's placeholders.
	Variables map[string]string `json:"variables,omitempty"`
	// At most 10000 characters.
	Instructions string `json:"instructions,omitempty"`
	// A greeting; known from RongCloud's official Java SDK only.
	OpeningStatement string `json:"openingStatement,omitempty"`
}

// AgentMemory says how much of a conversation an agent remembers.
type AgentMemory struct {
	// sliding_window is the only known value.
	Strategy string `json:"strategy,omitempty"`
	// Messages to remember.
	MaxMessages int `json:"maxMessages,omitempty"`
	// Tokens to remember; known from RongCloud's official Java SDK only.
	MaxTokens int `json:"maxTokens,omitempty"`
}

// Agent is an agent of the app.
type Agent struct {
	ID          string      `json:"agentId"`
	Name        string      `json:"name"`
	Description string      `json:"description"`
	Type        AgentType   `json:"type"`
	Status      AgentStatus `json:"status"`
	Config      AgentConfig `json:"agentConfig"`
	CreatedAt   time.Time   `json:"createdAt" unit:"ms"`
	UpdatedAt   time.Time   `json:"updatedAt" unit:"ms"`
}

// AgentQuery selects a page of the app's agents.
type AgentQuery struct {
	Page   int         `wire:"page"`   // from 1, the default
	Size   int         `wire:"size"`   // agents per page, 20 by default, at most 100
	Status AgentStatus `wire:"status"` // only agents in this state; all if empty
}

type agentQuery struct {
	AgentQuery
	Type AgentType `wire:"type"`
}

// AgentPage is a page of the app's agents.
type AgentPage struct {
	Agents []Agent `json:"agents"`
	Total  int     `json:"total"` // number of agents on all pages
}

// More reports whether there may be another page. It does not rely on Total: only an empty page
// counts as the end.
func (p *AgentPage) More() bool { return len(p.Agents) > 0 }

type oneAgentID struct {
	AgentID string `wire:"agentId"`
}

// Create creates an agent. The response for an agent that already exists is not documented.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/create-a-agent
//
//rongcloud:endpoint POST /v3/agent/create.json
func (s *BotAgentService) Create(ctx context.Context, params AgentCreateParams, opts ...CallOption) error {
	if params.Config.Model.Name == "" {
		return refused(ctx, s.client, refuseField(endpoint.V3AgentCreate, "AgentModel.Name", "agentConfig.model.name", "is required"), opts)
	}
	return send(ctx, s.client, endpoint.V3AgentCreate, &params, opts)
}

// Update changes an agent.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/update-a-agent
//
//rongcloud:endpoint POST /v3/agent/update.json
func (s *BotAgentService) Update(ctx context.Context, params AgentUpdateParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3AgentUpdate, &params, opts)
}

// Delete deletes an agent. RongCloud's official Java SDK has this call, but no known page documents
// it.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/create-a-agent
//
//rongcloud:endpoint POST /v3/agent/delete.json
func (s *BotAgentService) Delete(ctx context.Context, agentID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.V3AgentDelete, &oneAgentID{agentID}, opts)
}

// Get returns an agent.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/get-agent
//
//rongcloud:endpoint POST /v3/agent/get.json
func (s *BotAgentService) Get(ctx context.Context, agentID string, opts ...CallOption) (*Agent, error) {
	return fetch[Agent](ctx, s.client, endpoint.V3AgentGet, &oneAgentID{agentID}, opts)
}

// List returns one page of the app's agents; All walks all pages.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/list-agents
//
//rongcloud:endpoint POST /v3/agent/query.json
func (s *BotAgentService) List(ctx context.Context, query AgentQuery, opts ...CallOption) (*AgentPage, error) {
	return fetch[AgentPage](ctx, s.client, endpoint.V3AgentQuery, &agentQuery{query, AgentTypeChat}, opts)
}

// All yields the app's agents, starting at the query's page.
func (s *BotAgentService) All(ctx context.Context, query AgentQuery, opts ...CallOption) iter.Seq2[Agent, error] {
	return walkNumbers(ctx, endpoint.V3AgentQuery, s.List, query, opts,
		func(q *AgentQuery) *int { return &q.Page },
		func(p *AgentPage) []Agent { return p.Agents })
}
