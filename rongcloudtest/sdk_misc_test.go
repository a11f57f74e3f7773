package rongcloudtest_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// noneUnknown requires that a server knew all parameters of its requests.
func noneUnknown(t *testing.T, srv *rongcloudtest.Server) {
	t.Helper()
	for _, r := range srv.Requests() {
		require.Empty(t, r.Unknown, r.Path)
	}
}

func TestFriendsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := t.Context()
	register(t, client, "a", "b", "c", "d", "e")
	friends := client.Friend
	add := func(from, to string, how rongcloud.FriendAddType) error {
		return friends.Add(ctx, rongcloud.FriendAddParams{UserID: from, TargetID: to, Type: how})
	}
	names := func(query rongcloud.FriendQuery) (ids []string) {
		for _, f := range collect(t, friends.All(ctx, query)) {
			ids = append(ids, f.UserID)
		}
		return ids
	}

	require.NoError(t, add("a", "b", 0))
	require.NoError(t, add("a", "c", rongcloud.FriendAddDirectly))
	require.ErrorIs(t, add("b", "a", rongcloud.FriendAddDirectly), rongcloud.CodeAlreadyFriends)
	require.ErrorIs(t, add("a", "nobody", 0), rongcloud.CodeProfileUserNotFound)
	require.ErrorIs(t, add("a", "a", 0), rongcloud.CodeInvalidParameter)

	require.NoError(t, friends.SetPermission(ctx, rongcloud.FriendPermissionParams{UserIDs: []string{"d"}, Permission: rongcloud.FriendPermissionConsent}))
	require.NoError(t, friends.SetPermission(ctx, rongcloud.FriendPermissionParams{UserIDs: []string{"e"}, Permission: rongcloud.FriendPermissionNobody}))
	require.ErrorIs(t, friends.SetPermission(ctx, rongcloud.FriendPermissionParams{UserIDs: []string{"x"}, Permission: rongcloud.FriendPermissionAnyone}), rongcloud.CodeProfileUserNotFound)
	require.NoError(t, add("a", "d", rongcloud.FriendAddByPermission))
	require.Error(t, add("a", "e", rongcloud.FriendAddByPermission))
	permissions, err := friends.GetPermissions(ctx, []string{"a", "d", "e"})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.UserFriendPermission{
		{UserID: "a", Permission: rongcloud.FriendPermissionUnset}, {UserID: "d", Permission: rongcloud.FriendPermissionConsent},
		{UserID: "e", Permission: rongcloud.FriendPermissionNobody},
	}, permissions.Users)

	checks, err := friends.Check(ctx, rongcloud.FriendCheckQuery{UserID: "a", TargetIDs: []string{"b", "d"}})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.FriendCheck{
		{UserID: "b", Friendship: rongcloud.FriendshipMutual}, {UserID: "d", Friendship: rongcloud.FriendshipNone},
	}, checks.Results)

	require.NoError(t, add("a", "e", rongcloud.FriendAddDirectly))
	for _, size := range []int{1, 2, 3, 4, 0} {
		require.Equal(t, []string{"b", "c", "e"}, names(rongcloud.FriendQuery{UserID: "a", Size: size}))
		require.Equal(t, []string{"e", "c", "b"}, names(rongcloud.FriendQuery{UserID: "a", Size: size, Order: rongcloud.SortNewestFirst}))
	}
	require.Equal(t, []string{"a"}, names(rongcloud.FriendQuery{UserID: "b"}), "both ways")
	_, err = friends.List(ctx, rongcloud.FriendQuery{UserID: "a", PageToken: "made-up"})
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)

	profile := rongcloud.FriendProfileParams{UserID: "a", TargetID: "b", RemarkName: rongcloud.Ptr("Benny"), Attributes: map[string]string{"ext_met": "school"}}
	require.NoError(t, friends.SetProfile(ctx, profile))
	page, err := friends.List(ctx, rongcloud.FriendQuery{UserID: "a", Size: 1})
	require.NoError(t, err)
	require.Equal(t, 3, page.Total)
	require.NotEmpty(t, page.NextPageToken)
	require.Equal(t, "Benny", page.Friends[0].RemarkName)
	require.Equal(t, "Name of b", page.Friends[0].Name)
	require.Equal(t, profile.Attributes, page.Friends[0].Attributes)
	require.True(t, page.Friends[0].AddedAt.Equal(started), page.Friends[0].AddedAt)
	require.NoError(t, friends.SetProfile(ctx, rongcloud.FriendProfileParams{UserID: "a", TargetID: "b", RemarkName: rongcloud.Ptr("")}))
	page, err = friends.List(ctx, rongcloud.FriendQuery{UserID: "a", Size: 1})
	require.NoError(t, err)
	require.Empty(t, page.Friends[0].RemarkName)
	require.Equal(t, profile.Attributes, page.Friends[0].Attributes)
	other := collect(t, friends.All(ctx, rongcloud.FriendQuery{UserID: "b"}))
	require.Empty(t, other[0].Attributes, "what one keeps the other does not see")
	require.Error(t, friends.SetProfile(ctx, rongcloud.FriendProfileParams{UserID: "b", TargetID: "c", RemarkName: rongcloud.Ptr("Cem")}))
	profile.Attributes = map[string]string{"met": "school"}
	require.ErrorContains(t, friends.SetProfile(ctx, profile), "ext_")

	require.NoError(t, friends.Remove(ctx, rongcloud.FriendRemoveParams{UserID: "b", TargetIDs: []string{"a", "c"}}))
	require.Equal(t, []string{"c", "e"}, names(rongcloud.FriendQuery{UserID: "a"}))
	require.NoError(t, friends.RemoveAll(ctx, "a"))
	require.Empty(t, names(rongcloud.FriendQuery{UserID: "a"}))
	require.Empty(t, names(rongcloud.FriendQuery{UserID: "c"}))
	noneUnknown(t, srv)
}

func TestBotsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := t.Context()
	webhook := rongcloud.BotIntegration{Type: rongcloud.BotIntegrationWebhook, CallbackURL: "https://example.com/bot", Events: []string{"message:private"}}
	params := rongcloud.BotParams{
		UserID: "bot1", Name: "Helper", Type: "help", PortraitURL: "https://example.com/a.png", Metadata: map[string]string{"k": "v"},
		Integrations: []rongcloud.BotIntegration{webhook},
	}
	require.NoError(t, client.Bot.Create(ctx, params))
	require.NoError(t, client.Bot.Create(ctx, params), "a repeat changes nothing")
	get := func(id string) rongcloud.Bot {
		t.Helper()
		found, err := client.Bot.Get(ctx, []string{id, "nobody"})
		require.NoError(t, err)
		require.Len(t, found.Bots, 1)
		require.False(t, found.More())
		return found.Bots[0]
	}
	made := get("bot1")
	require.Equal(t, rongcloud.Bot{
		UserID: "bot1", Name: "Helper", Type: "help", PortraitURL: "https://example.com/a.png", Metadata: map[string]string{"k": "v"},
		Integrations: []rongcloud.BotIntegration{webhook}, CreatedAt: made.CreatedAt, UpdatedAt: made.UpdatedAt,
	}, made)
	require.True(t, made.CreatedAt.Equal(started))

	srv.Advance(time.Minute)
	require.NoError(t, client.Bot.Update(ctx, rongcloud.BotParams{UserID: "bot1", Name: "Hilda"}))
	changed := get("bot1")
	require.Equal(t, "Hilda", changed.Name)
	require.Equal(t, "help", changed.Type)
	require.Equal(t, []rongcloud.BotIntegration{webhook}, changed.Integrations)
	require.True(t, changed.UpdatedAt.Equal(started.Add(time.Minute)))
	require.Error(t, client.Bot.Update(ctx, rongcloud.BotParams{UserID: "nobody", Name: "n"}))

	dify := rongcloud.BotIntegration{Type: rongcloud.BotIntegrationDifyChat, CallbackURL: "https://dify.example.com", Stream: rongcloud.Ptr(false), Auth: &rongcloud.BotAuth{APIKey: "k"}}
	require.Error(t, client.Bot.Integration.Update(ctx, rongcloud.BotIntegrationParams{UserID: "bot1", BotIntegration: dify}))
	require.NoError(t, client.Bot.Integration.Create(ctx, rongcloud.BotIntegrationParams{UserID: "bot1", BotIntegration: dify}))
	require.NoError(t, client.Bot.Integration.Update(ctx, rongcloud.BotIntegrationParams{UserID: "bot1", BotIntegration: rongcloud.BotIntegration{
		Type: rongcloud.BotIntegrationDifyChat, Enabled: rongcloud.Ptr(true), ObjectNames: []string{"RC:TxtMsg"},
	}}))
	dify.Enabled, dify.ObjectNames = rongcloud.Ptr(true), []string{"RC:TxtMsg"}
	require.Equal(t, []rongcloud.BotIntegration{webhook, dify}, get("bot1").Integrations)
	require.NoError(t, client.Bot.Integration.Delete(ctx, rongcloud.BotIntegrationDeleteParams{UserID: "bot1", Type: rongcloud.BotIntegrationWebhook}))
	require.Equal(t, []rongcloud.BotIntegration{dify}, get("bot1").Integrations)

	for _, id := range []string{"2", "3", "4", "5", "6", "7", "8", "9", "10"} {
		params.UserID = "bot" + id
		require.NoError(t, client.Bot.Create(ctx, params))
	}
	params.UserID = "bot11"
	require.ErrorContains(t, client.Bot.Create(ctx, params), "10 bots")
	for _, size := range []int{3, 5, 0} {
		all := collect(t, client.Bot.All(ctx, rongcloud.BotQuery{Size: size}))
		require.Len(t, all, 10)
		require.Empty(t, all[0].Integrations)
	}
	page, err := client.Bot.List(ctx, rongcloud.BotQuery{Page: 2, Size: 4, IncludeIntegrations: true})
	require.NoError(t, err)
	require.Equal(t, 10, page.Total)
	require.True(t, page.More())
	require.NotEmpty(t, page.Bots[0].Integrations)
	require.NoError(t, client.Bot.Delete(ctx, "bot2"))
	require.Len(t, collect(t, client.Bot.All(ctx, rongcloud.BotQuery{})), 9)
	noneUnknown(t, srv)
}

// assistant creates an agent.
func assistant(t *testing.T, client *rongcloud.Client, id string, status rongcloud.AgentStatus) {
	t.Helper()
	require.NoError(t, client.Bot.Agent.Create(t.Context(), rongcloud.AgentCreateParams{
		ID: id, Name: "Assistant", Status: status, Config: rongcloud.AgentConfig{
			Model:  rongcloud.AgentModel{Provider: "openai", Name: "small", Options: &rongcloud.AgentModelOptions{Temperature: rongcloud.Ptr(0.0)}},
			Prompt: &rongcloud.AgentPrompt{Instructions: "be kind"},
		},
	}))
}

func TestAgentsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := t.Context()
	agents := client.Bot.Agent
	assistant(t, client, "agent-1", "")
	assistant(t, client, "agent-2", rongcloud.AgentDraft)
	assistant(t, client, "agent-3", "")

	srv.Advance(time.Minute)
	require.NoError(t, agents.Update(ctx, rongcloud.AgentUpdateParams{ID: "agent-1", Description: "d", Config: &rongcloud.AgentConfig{
		Model:  rongcloud.AgentModel{Name: "large", Options: &rongcloud.AgentModelOptions{MaxTokens: 9}},
		Memory: &rongcloud.AgentMemory{MaxMessages: 3},
	}}))
	got, err := agents.Get(ctx, "agent-1")
	require.NoError(t, err)
	require.Equal(t, &rongcloud.Agent{
		ID: "agent-1", Name: "Assistant", Description: "d", Type: rongcloud.AgentTypeChat, Status: rongcloud.AgentActive,
		Config: rongcloud.AgentConfig{
			Model:  rongcloud.AgentModel{Provider: "openai", Name: "small", Options: &rongcloud.AgentModelOptions{MaxTokens: 9}},
			Prompt: &rongcloud.AgentPrompt{Instructions: "be kind"}, Memory: &rongcloud.AgentMemory{MaxMessages: 3},
		},
		CreatedAt: got.CreatedAt, UpdatedAt: got.UpdatedAt,
	}, got)
	require.True(t, got.CreatedAt.Equal(started))
	require.True(t, got.UpdatedAt.Equal(started.Add(time.Minute)))

	require.Len(t, collect(t, agents.All(ctx, rongcloud.AgentQuery{Size: 2})), 3)
	drafts, err := agents.List(ctx, rongcloud.AgentQuery{Status: rongcloud.AgentDraft})
	require.NoError(t, err)
	require.Equal(t, 1, drafts.Total)
	require.Equal(t, "agent-2", drafts.Agents[0].ID)

	require.NoError(t, agents.Delete(ctx, "agent-1"))
	_, err = agents.Get(ctx, "agent-1")
	require.Error(t, err)
	require.Error(t, agents.Update(ctx, rongcloud.AgentUpdateParams{ID: "agent-1", Name: "nn"}))
	noneUnknown(t, srv)
}

// collectChat joins the pieces of a streamed answer.
func collectChat(ctx context.Context, client *rongcloud.Client, request rongcloud.AgentChatParams) (pieces []string, last rongcloud.AgentChatEvent, err error) {
	for e, err := range client.Bot.AgentChat.Stream(ctx, request) {
		if err != nil {
			return pieces, last, err
		}
		pieces, last = append(pieces, e.Text), e
	}
	return pieces, last, nil
}

func TestChatOfTheSDK(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string][]rongcloudtest.Option{"over TCP": nil, "in the process": {rongcloudtest.WithoutSocket()}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := rongcloudtest.NewServer(t, append(opts, rongcloudtest.WithStrict())...)
			client := srv.Client(rongcloud.WithoutRetries())
			ctx := t.Context()
			assistant(t, client, "agent-1", "")
			assistant(t, client, "agent-2", rongcloud.AgentInactive)

			ask := rongcloud.AgentChatParams{AgentID: "agent-1", Query: "hello {{name}}", Variables: map[string]string{"name": "Ann"}, UserID: "u1"}
			answer, err := client.Bot.AgentChat.Generate(ctx, ask)
			require.NoError(t, err)
			require.Equal(t, "You said: hello Ann", answer.Text)
			require.Equal(t, "stop", answer.FinishReason)
			require.Equal(t, rongcloud.AgentChatUsage{PromptTokens: 2, CompletionTokens: 4, TotalTokens: 6}, answer.Metadata.Usage)

			ask.Memory = rongcloud.Ptr(true)
			pieces, last, err := collectChat(ctx, client, ask)
			require.NoError(t, err)
			require.Equal(t, []string{"Answer ", "1. ", "You ", "said: ", "hello ", "Ann"}, pieces)
			require.Equal(t, "stop", last.FinishReason)
			require.Equal(t, "message", last.Name)
			require.Equal(t, "6", last.ID)
			ask.ConversationID = last.ConversationID
			pieces, _, err = collectChat(ctx, client, ask)
			require.NoError(t, err)
			require.Equal(t, "Answer 2. You said: hello Ann", strings.Join(pieces, ""))

			ask.AgentID = "agent-2"
			_, _, err = collectChat(ctx, client, ask)
			require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
			require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown)

			ask.AgentID = "agent-1"
			srv.Fail(endpoint.V3ChatGenerate, rongcloudtest.Fault{CutResponse: true})
			pieces, _, err = collectChat(ctx, client, ask)
			require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
			require.NotEmpty(t, pieces)
			require.Less(t, len(pieces), 6)
			noneUnknown(t, srv)
		})
	}
}

func TestOtherServicesOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	ctx := t.Context()
	start := rongcloud.ProxyChatParams{UserID: "u1", BotUserID: "bot1", TargetIDs: []string{"u2", "u3"}, Metadata: map[string]string{"k": "v"}}
	require.Error(t, client.ProxyChat.Start(ctx, start), "there is no such bot")
	require.NoError(t, client.Bot.Create(ctx, rongcloud.BotParams{
		UserID: "bot1", Name: "n", Type: "t", PortraitURL: "p",
		Integrations: []rongcloud.BotIntegration{{Type: rongcloud.BotIntegrationAgentChat, CallbackURL: "https://example.com"}},
	}))
	require.NoError(t, client.ProxyChat.Start(ctx, start))
	srv.Advance(time.Minute)
	start.TargetIDs, start.Metadata = []string{"u3"}, nil
	require.NoError(t, client.ProxyChat.Start(ctx, start))
	start.UserID = "u9"
	require.NoError(t, client.ProxyChat.Start(ctx, start))

	of := collect(t, client.ProxyChat.All(ctx, rongcloud.ProxyChatQuery{UserID: "u1", Size: 1}))
	require.Len(t, of, 2)
	require.Equal(t, map[string]string{"k": "v"}, of[0].Metadata)
	require.Empty(t, of[1].Metadata)
	require.True(t, of[1].CreatedAt.Equal(started))
	require.True(t, of[1].UpdatedAt.Equal(started.Add(time.Minute)))
	all, err := client.ProxyChat.List(ctx, rongcloud.ProxyChatQuery{Size: 2})
	require.NoError(t, err)
	require.Equal(t, 3, all.Total)
	require.True(t, all.More())

	translated, err := client.Translation.Translate(ctx, rongcloud.TranslationParams{Text: "hello", TargetLanguage: "en"})
	require.NoError(t, err)
	require.Equal(t, "[en] hello", translated.Text)
	token, err := client.Translation.CreateToken(ctx, "u1")
	require.NoError(t, err)
	require.NotEmpty(t, token.Token)
	noneUnknown(t, srv)
}

func TestEmbeddedConsoleOfTheSDK(t *testing.T) {
	t.Parallel()
	srv, client := pair(t, rongcloudtest.WithStrict())
	seen := map[string]bool{}
	for range 2 {
		access, err := client.EmbeddedConsole.CreateAccessURL(t.Context(), rongcloud.ConsoleAccessParams{
			AccessKey: "any", Page: rongcloud.ConsolePageUserManage, Lifetime: time.Hour,
		})
		require.NoError(t, err)
		u, err := url.Parse(access.URL)
		require.NoError(t, err)
		require.Equal(t, "user_manage", u.Query().Get("page"))
		seen[u.Query().Get("token")] = true
	}
	require.Len(t, seen, 2, "each call makes a token")

	// Only the key is required.
	a := request(t, srv, http.MethodPost, "/embed/access/token", `{"access_key":"k","page_code":"p","useful_life":1}`, http.Header{"Content-Type": {"application/json"}})
	require.Equal(t, answer{Status: 200, Code: 10000}, a)
	a = request(t, srv, http.MethodPost, "/embed/access/token", `{"access_key":"k","page_code":"p","useful_life":0}`, http.Header{"Content-Type": {"application/json"}})
	require.Equal(t, 1002, a.Code)
}
