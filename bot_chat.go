package rongcloud

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// BotAgentChatService talks to agents; see [BotAgentService].
type BotAgentChatService service

// DefaultAgentChatTimeout is the attempt timeout of [BotAgentChatService]. It replaces the
// client's, because a language model takes its time. [WithAttemptTimeout] changes it for one call.
const DefaultAgentChatTimeout = 2 * time.Minute

// ErrAgentChatIncomplete marks a streamed answer that the server ended without marking it as
// complete.
var ErrAgentChatIncomplete = errors.New("rongcloud: the stream ended before the answer was complete")

// AgentChatParams is a text for an agent.
type AgentChatParams struct {
	AgentID string `wire:"agentId"`
	Query   string `wire:"query"` // at most 10000 characters

	// ConversationID continues a conversation, if Memory is true. If it is empty, a new one begins.
	// It may have up to 64 letters, digits, underscores and hyphens.
	ConversationID string `wire:"conversationId"`
	// Memory lets the agent see earlier messages of the conversation. What nil means is not
	// documented.
	Memory *bool `wire:"memory"`

	// Values for placeholders in query and prompt; at most 16 pairs, keys up to 32 and values up to
	// 128 characters.
	Variables map[string]string `wire:"variables"`
	// Who asks.
	UserID string `wire:"user"`
}

type agentChatRequest struct {
	AgentChatParams
	Stream *bool `wire:"stream"`
}

// AgentChatAnswer is an agent's answer.
type AgentChatAnswer struct {
	RunID          string            `json:"runId"` // names this answer
	ConversationID string            `json:"conversationId"`
	AgentID        string            `json:"agentId"`
	AnsweredAt     time.Time         `json:"timestamp" unit:"ms"`
	Text           string            `json:"answer"`
	FinishReason   string            `json:"finishReason"` // stop if the answer is complete
	Metadata       AgentChatMetadata `json:"metadata"`
}

// AgentChatMetadata says what it took to produce an answer. It is known from RongCloud's official
// Java SDK only.
type AgentChatMetadata struct {
	Usage AgentChatUsage `json:"usage"`
}

// AgentChatUsage counts tokens.
type AgentChatUsage struct {
	PromptTokens     int `json:"promptTokens"`
	CompletionTokens int `json:"completionTokens"`
	TotalTokens      int `json:"totalTokens"`
}

// AgentChatEvent is one event of a streamed answer. RongCloud documents neither the names of the
// events nor their fields, so the fields of [AgentChatAnswer] are filled in where the event has
// them, and Data holds the whole event.
type AgentChatEvent struct {
	AgentChatAnswer
	// The event's name, often empty.
	Name string
	// The event's ID, often empty.
	ID string
	// The event as received, usually a JSON object; empty if the server answered in one piece.
	Data string
}

// Generate sends a text to an agent and returns the whole answer. See [DefaultAgentChatTimeout] for
// how long it waits. Each call is billed and becomes part of the conversation, so it is not
// repeated after an unclear failure; see [ErrOutcomeUnknown].
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/call-agent
//
//rongcloud:endpoint POST /v3/chat/generate.json
func (s *BotAgentChatService) Generate(ctx context.Context, params AgentChatParams, opts ...CallOption) (*AgentChatAnswer, error) {
	return fetch[AgentChatAnswer](ctx, s.client, endpoint.V3ChatGenerate, &agentChatRequest{params, Ptr(false)}, withChatTimeout(opts))
}

// Stream sends a text to an agent and yields the answer event by event, as it is produced. Each
// range over the result makes a new call. Leaving the range early ends the call and frees its
// connection, as does the end of ctx.
//
// An error is yielded once, as the last item. Until the stream begins, errors and retries work as
// for any call; after that nothing is repeated. A stream that breaks after its first event ends
// with [ErrOutcomeUnknown]. So does one that the server ends without a FinishReason or the
// customary [DONE]; that error is also an [ErrAgentChatIncomplete]. A line of the stream may have
// up to 256 KB, an event up to 1 MB.
//
// The attempt timeout, [DefaultAgentChatTimeout], limits the wait for the first event and for each
// one after it, but not the stream as a whole: only ctx does. [CaptureResponse] leaves the body
// empty.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/agent/call-agent
func (s *BotAgentChatService) Stream(ctx context.Context, params AgentChatParams, opts ...CallOption) iter.Seq2[AgentChatEvent, error] {
	return func(yield func(AgentChatEvent, error) bool) {
		var whole AgentChatAnswer
		answer, err := s.client.core.open(ctx, endpoint.V3ChatGenerate, &agentChatRequest{params, Ptr(true)}, &whole, withChatTimeout(opts))
		switch {
		case err != nil:
			yield(AgentChatEvent{}, err)
		case answer == nil:
			yield(AgentChatEvent{AgentChatAnswer: whole}, nil)
		default:
			defer answer.close()
			yieldChat(answer, yield)
		}
	}
}

func yieldChat(answer *stream, yield func(AgentChatEvent, error) bool) {
	complete := false
	for {
		raw, err := answer.next()
		if complete && errors.Is(err, io.EOF) || raw.Data == "[DONE]" {
			return
		}
		if errors.Is(err, io.EOF) {
			err = answer.fail(answer.call.cause(answer.ctx, ErrAgentChatIncomplete))
		}
		e := AgentChatEvent{Name: raw.Name, ID: raw.ID, Data: raw.Data}
		if err == nil && raw.HasObject() {
			err = answer.decode(&raw, &e.AgentChatAnswer)
		}
		if err != nil {
			yield(AgentChatEvent{}, err)
			return
		}
		complete = complete || e.FinishReason != ""
		if !yield(e, nil) {
			return
		}
	}
}

// withChatTimeout puts the timeout for chats before the options of a call, so that those can
// override it.
func withChatTimeout(opts []CallOption) []CallOption {
	return append([]CallOption{WithAttemptTimeout(DefaultAgentChatTimeout)}, opts...)
}
