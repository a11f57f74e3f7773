package rongcloud_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Make two users friends, and list one as the other's friend.
func ExampleFriendService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	for _, user := range []rongcloud.RegisterParams{{UserID: "u1", Name: "Ann"}, {UserID: "u2", Name: "Ben"}} {
		if _, err := client.User.Register(ctx, user); err != nil {
			fmt.Println(err)
			return
		}
	}

	request := rongcloud.FriendAddParams{UserID: "u1", TargetID: "u2", Type: rongcloud.FriendAddDirectly}
	if err := client.Friend.Add(ctx, request); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("again:", errors.Is(client.Friend.Add(ctx, request), rongcloud.CodeAlreadyFriends))
	if err := client.Friend.SetProfile(ctx, rongcloud.FriendProfileParams{UserID: "u1", TargetID: "u2", RemarkName: rongcloud.Ptr("Benny")}); err != nil {
		fmt.Println(err)
		return
	}
	for friend, err := range client.Friend.All(ctx, rongcloud.FriendQuery{UserID: "u1"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(friend.UserID, friend.Name, friend.RemarkName)
	}

	// Output:
	// again: true
	// u2 Ben Benny
}

// Create a bot whose messages go to a program of the app.
func ExampleBotService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	err = client.Bot.Create(ctx, rongcloud.BotParams{
		UserID: "helper", Name: "Helper", Type: "support", PortraitURL: "https://example.com/helper.png",
		Integrations: []rongcloud.BotIntegration{{Type: rongcloud.BotIntegrationWebhook, CallbackURL: "https://example.com/bot"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for bot, err := range client.Bot.All(ctx, rongcloud.BotQuery{IncludeIntegrations: true}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(bot.UserID, bot.Name, bot.Integrations[0].Type)
	}

	// Output:
	// helper Helper webhook
}

// Ask an agent, and show its answer as it is produced.
func ExampleBotAgentChatService_Stream() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()

	err = client.Bot.Agent.Create(ctx, rongcloud.AgentCreateParams{
		ID: "guide", Name: "Guide", Config: rongcloud.AgentConfig{Model: rongcloud.AgentModel{Name: "qwen-turbo"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for event, err := range client.Bot.AgentChat.Stream(ctx, rongcloud.AgentChatParams{AgentID: "guide", Query: "where am I?"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Print(event.Text)
		if event.FinishReason != "" {
			fmt.Printf(" (%s, %d tokens)\n", event.FinishReason, event.Metadata.Usage.TotalTokens)
		}
	}

	// Output:
	// You said: where am I? (stop, 8 tokens)
}

// Let a bot with an agent answer for a user.
func ExampleProxyChatService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	err = client.Bot.Create(ctx, rongcloud.BotParams{
		UserID: "double", Name: "Double", Type: "agent", PortraitURL: "https://example.com/double.png",
		Integrations: []rongcloud.BotIntegration{{Type: rongcloud.BotIntegrationAgentChat, CallbackURL: "https://example.com/bot"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.ProxyChat.Start(ctx, rongcloud.ProxyChatParams{UserID: "u1", TargetIDs: []string{"u2"}, BotUserID: "double"}); err != nil {
		fmt.Println(err)
		return
	}
	for chat, err := range client.ProxyChat.All(ctx, rongcloud.ProxyChatQuery{UserID: "u1"}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(chat.BotUserID, "answers", chat.TargetID, "for", chat.UserID)
	}

	// Output:
	// double answers u2 for u1
}

// Translate a text. The test server only prefixes it with the language.
func ExampleTranslationService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	translation, err := srv.Client().Translation.Translate(context.Background(), rongcloud.TranslationParams{Text: "你好", TargetLanguage: "en"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(translation.Text)

	// Output:
	// [en] 你好
}

// Get a URL with which an app's own admin site can show a page of RongCloud's console for an hour.
func ExampleEmbeddedConsoleService() {
	srv, err := rongcloudtest.New(rongcloudtest.WithoutSocket())
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	access, err := srv.Client().EmbeddedConsole.CreateAccessURL(context.Background(), rongcloud.ConsoleAccessParams{
		AccessKey: "the key that the console shows", Page: rongcloud.ConsolePageUserManage, Lifetime: time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(access.URL)

	// Output:
	// http://rongcloud.test/embed/page?page=user_manage&token=test-console-token-1
}
