package rongcloud_test

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// miscArguments are the arguments for friends, bots, proxy chats, translation and the embedded
// console.
var miscArguments = map[string]func(full bool) []any{
	"FriendService.SetProfile": func(full bool) []any {
		if full {
			return filled[rongcloud.FriendProfileParams]()
		}
		return []any{rongcloud.FriendProfileParams{UserID: "u1", TargetID: "u2", RemarkName: rongcloud.Ptr("")}}
	},
	"BotService.Create": func(full bool) []any {
		if full {
			return filled[rongcloud.BotParams]()
		}
		return []any{rongcloud.BotParams{
			UserID: "b1", Name: awkward, Type: "helper", PortraitURL: "https://example.com/a.png?x=1&y=2",
			Integrations: []rongcloud.BotIntegration{{Type: rongcloud.BotIntegrationWebhook, CallbackURL: "https://example.com/bot?x=1&y=2"}},
		}}
	},
	"BotAgentService.Create": func(full bool) []any {
		if full {
			return filled[rongcloud.AgentCreateParams]()
		}
		return []any{rongcloud.AgentCreateParams{
			ID: "agent-1", Name: awkward, Config: rongcloud.AgentConfig{Model: rongcloud.AgentModel{Name: "qwen-turbo"}},
		}}
	},
	"BotIntegrationService.Create": func(full bool) []any { return integration(full, "https://example.com/bot?x=1&y=2") },
	"BotIntegrationService.Update": func(full bool) []any { return integration(full, "") },
	"EmbeddedConsoleService.CreateAccessURL": func(bool) []any {
		return []any{rongcloud.ConsoleAccessParams{AccessKey: awkward, Page: rongcloud.ConsolePageUserManage, Lifetime: 90 * time.Minute}}
	},
}

func integration(full bool, address string) []any {
	if full {
		return filled[rongcloud.BotIntegrationParams]()
	}
	return []any{rongcloud.BotIntegrationParams{UserID: "b1", BotIntegration: rongcloud.BotIntegration{
		Type: rongcloud.BotIntegrationDifyChat, CallbackURL: address,
	}}}
}
