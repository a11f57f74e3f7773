package rongcloud_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TestMiscDecodes decodes, for each result type of friends, bots, agents, proxy chats, translation
// and the embedded console, what RongCloud documents and the variants that its SDKs have seen.
func TestMiscDecodes(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000123)
	no, yes := rongcloud.Ptr(false), rongcloud.Ptr(true)

	friends := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Friend.List(ctx, rongcloud.FriendQuery{UserID: "u"})
	}
	checks := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Friend.Check(ctx, rongcloud.FriendCheckQuery{UserID: "u", TargetIDs: []string{"a"}})
	}
	permissions := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Friend.GetPermissions(ctx, []string{"a"})
	}
	bots := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Bot.Get(ctx, []string{"b"})
	}
	botPage := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Bot.List(ctx, rongcloud.BotQuery{})
	}
	agent := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Bot.Agent.Get(ctx, "a")
	}
	agents := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Bot.Agent.List(ctx, rongcloud.AgentQuery{})
	}
	answer := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Bot.AgentChat.Generate(ctx, rongcloud.AgentChatParams{AgentID: "a", Query: "q"})
	}
	proxies := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.ProxyChat.List(ctx, rongcloud.ProxyChatQuery{})
	}
	translate := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Translation.Translate(ctx, rongcloud.TranslationParams{Text: "t"})
	}

	tests := []struct {
		name, path string
		call       func(context.Context, *rongcloud.Client) (any, error)
		answer     string // what follows the code
		want       any
	}{
		{name: "friends", path: "/friend/get.json", call: friends,
			answer: `,"pageToken":"t","totalCount":2,"friendList":[{"userId":"a","name":"Ann","remarkName":"Annie","friendExtProfile":"{\"ext_x\":\"1\"}","time":1700000000123}]`,
			want: &rongcloud.FriendPage{Total: 2, NextPageToken: "t", Friends: []rongcloud.Friend{
				{UserID: "a", Name: "Ann", RemarkName: "Annie", Attributes: map[string]string{"ext_x": "1"}, AddedAt: at},
			}}},
		{name: "friends as Java sees them", path: "/friend/get.json", call: friends,
			answer: `,"pageToken":null,"totalCount":"1","friendList":[{"userId":1,"friendExtProfile":{"ext_x":1},"time":"1700000000123","isBlacklist":0,"directionType":2}]`,
			want:   &rongcloud.FriendPage{Total: 1, Friends: []rongcloud.Friend{{UserID: "1", Attributes: map[string]string{"ext_x": "1"}, AddedAt: at}}}},
		{name: "friends without extras", path: "/friend/get.json", call: friends, answer: `,"friendList":[{"userId":"a","friendExtProfile":""}]`,
			want: &rongcloud.FriendPage{Friends: []rongcloud.Friend{{UserID: "a", Attributes: map[string]string{}}}}},
		{
			name: "no friends", path: "/friend/get.json", call: friends, answer: `,"totalCount":0,"friendList":[]`,
			want: &rongcloud.FriendPage{Friends: []rongcloud.Friend{}},
		},
		{name: "checks", path: "/friend/check.json", call: checks, answer: `,"results":[{"userId":"a","result":1},{"userId":"b","result":4},{"userId":"c","result":2}]`,
			want: &rongcloud.FriendChecks{Results: []rongcloud.FriendCheck{{"a", rongcloud.FriendshipNone}, {"b", rongcloud.FriendshipMutual}, {"c", 2}}}},
		{name: "checks as texts", path: "/friend/check.json", call: checks, answer: `,"results":[{"userId":"a","result":"4"}]`,
			want: &rongcloud.FriendChecks{Results: []rongcloud.FriendCheck{{"a", rongcloud.FriendshipMutual}}}},
		{name: "permissions", path: "/friend/permission/get.json", call: permissions, answer: `,"permissionSettings":[{"userId":"a","type":3},{"userId":"b","type":0}]`,
			want: &rongcloud.FriendPermissions{Users: []rongcloud.UserFriendPermission{
				{"a", rongcloud.FriendPermissionNobody}, {"b", rongcloud.FriendPermissionUnset},
			}}},
		{name: "permissions as Java sees them", path: "/friend/permission/get.json", call: permissions, answer: `,"permissionSettings":[{"userId":"a","type":"2"},{"userId":"b","type":9}]`,
			want: &rongcloud.FriendPermissions{Users: []rongcloud.UserFriendPermission{{"a", rongcloud.FriendPermissionConsent}, {"b", 9}}}},

		{name: "bots", path: "/v3/bot/get.json", call: bots,
			answer: `,"bots":[{"userId":"b","name":"Bot","type":"helper","profileUrl":"p","metadata":{"k":"v"},"createdAt":1700000000123,"updatedAt":1700000000123,` +
				`"integrations":[{"enabled":true,"type":"dify_chat","callbackUrl":"c","objectNames":["RC:TxtMsg"],"events":["message:private"],` +
				`"stream":false,"handleResponse":true,"auth":{"apiKey":"k"},"agent":{"agentId":"a","name":"n","agentConfig":{"model":{"name":"m"}}},` +
				`"waitForInputCompletion":true,"gentleResponse":false}]}]`,
			want: &rongcloud.BotPage{HasNext: no, Bots: []rongcloud.Bot{{
				UserID: "b", Name: "Bot", Type: "helper", PortraitURL: "p", Metadata: map[string]string{"k": "v"}, CreatedAt: at, UpdatedAt: at,
				Integrations: []rongcloud.BotIntegration{{
					Type: rongcloud.BotIntegrationDifyChat, Enabled: yes, CallbackURL: "c", ObjectNames: []string{"RC:TxtMsg"}, Events: []string{"message:private"},
					Stream: no, HandleResponse: yes, Auth: &rongcloud.BotAuth{APIKey: "k"},
					Agent:                  &rongcloud.BotIntegrationAgent{ID: "a", Name: "n", Config: rongcloud.AgentConfig{Model: rongcloud.AgentModel{Name: "m"}}},
					WaitForInputCompletion: yes, GentleResponse: no,
				}},
			}}}},
		{name: "bots as the sample shows them", path: "/v3/bot/get.json", call: bots, answer: `,"total":1,"hasNext":false,"bots":[{"userId":"b"}]`,
			want: &rongcloud.BotPage{Total: 1, HasNext: no, Bots: []rongcloud.Bot{{UserID: "b"}}}},
		{name: "metadata with a number", path: "/v3/bot/get.json", call: bots, answer: `,"bots":[{"userId":"b","metadata":{"version":1}}]`,
			want: &rongcloud.BotPage{HasNext: no, Bots: []rongcloud.Bot{{UserID: "b", Metadata: map[string]string{"version": "1"}}}}},
		{name: "page of bots", path: "/v3/bot/query.json", call: botPage, answer: `,"total":"7","hasNext":"true","bots":[{"userId":"b","integrations":null}]`,
			want: &rongcloud.BotPage{Total: 7, HasNext: yes, Bots: []rongcloud.Bot{{UserID: "b"}}}},
		{name: "unknown integration", path: "/v3/bot/query.json", call: botPage, answer: `,"bots":[{"integrations":[{"type":"new"}]}]`,
			want: &rongcloud.BotPage{Bots: []rongcloud.Bot{{Integrations: []rongcloud.BotIntegration{{Type: "new"}}}}}},

		{name: "agent", path: "/v3/agent/get.json", call: agent,
			answer: `,"agentId":"a","name":"n","description":"d","type":"chat","status":"active","createdAt":1700000000123,"updatedAt":"1700000000123",` +
				`"agentConfig":{"model":{"provider":"p","name":"m","options":{"temperature":0,"topP":"0.5","maxTokens":9,"frequencyPenalty":-2,"presencePenalty":1.5,"stop":["x"]}},` +
				`"prompt":{"id":"t","variables":{"k":"v"},"instructions":"i","openingStatement":"o"},` +
				`"memory":{"strategy":"sliding_window","maxMessages":10,"maxTokens":100}}`,
			want: &rongcloud.Agent{
				ID: "a", Name: "n", Description: "d", Type: rongcloud.AgentTypeChat, Status: rongcloud.AgentActive, CreatedAt: at, UpdatedAt: at,
				Config: rongcloud.AgentConfig{
					Model: rongcloud.AgentModel{Provider: "p", Name: "m", Options: &rongcloud.AgentModelOptions{
						Temperature: rongcloud.Ptr(0.0), TopP: rongcloud.Ptr(0.5), MaxTokens: 9,
						FrequencyPenalty: rongcloud.Ptr(-2.0), PresencePenalty: rongcloud.Ptr(1.5), Stop: []string{"x"},
					}},
					Prompt: &rongcloud.AgentPrompt{ID: "t", Variables: map[string]string{"k": "v"}, Instructions: "i", OpeningStatement: "o"},
					Memory: &rongcloud.AgentMemory{Strategy: "sliding_window", MaxMessages: 10, MaxTokens: 100},
				},
			}},
		{name: "agents as Java sees them", path: "/v3/agent/query.json", call: agents, answer: `,"total":1,"totalPages":1,"hasNext":false,"agents":[{"agentId":"a","status":"new","agentConfig":null}]`,
			want: &rongcloud.AgentPage{Total: 1, Agents: []rongcloud.Agent{{ID: "a", Status: "new"}}}},

		{name: "answer", path: "/v3/chat/generate.json", call: answer,
			answer: `,"runId":"r","conversationId":"c","agentId":"a","timestamp":1700000000123,"answer":"hi","finishReason":"stop",` +
				`"metadata":{"usage":{"promptTokens":1,"completionTokens":2,"totalTokens":3}}`,
			want: &rongcloud.AgentChatAnswer{
				RunID: "r", ConversationID: "c", AgentID: "a", AnsweredAt: at, Text: "hi", FinishReason: "stop",
				Metadata: rongcloud.AgentChatMetadata{Usage: rongcloud.AgentChatUsage{PromptTokens: 1, CompletionTokens: 2, TotalTokens: 3}},
			}},
		{name: "answer alone", path: "/v3/chat/generate.json", call: answer, answer: `,"answer":"hi"`, want: &rongcloud.AgentChatAnswer{Text: "hi"}},

		{name: "stand-ins", path: "/v3/user/proxychat/query.json", call: proxies,
			answer: `,"total":1,"hasNext":true,"message":"success","proxyChats":[{"userId":"u","targetId":"t","botUserId":"b","metadata":{"k":2},"createdAt":1700000000123,"updatedAt":1700000000123}]`,
			want: &rongcloud.ProxyChatPage{Total: 1, HasNext: yes, ProxyChats: []rongcloud.ProxyChat{
				{UserID: "u", TargetID: "t", BotUserID: "b", Metadata: map[string]string{"k": "2"}, CreatedAt: at, UpdatedAt: at},
			}}},
		{name: "translation", path: "/v3/translate.json", call: translate, answer: `,"translated":"你好"`, want: &rongcloud.Translation{Text: "你好"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, test.path, func(string) (int, string) { return 200, `{"code":200` + test.answer + `}` })
			got, err := test.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestMiscRefuses(t *testing.T) {
	t.Parallel()
	integration := func(i rongcloud.BotIntegration) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Create(ctx, rongcloud.BotParams{
				UserID: "b", Name: "n", Type: "t", PortraitURL: "p",
				Integrations: []rongcloud.BotIntegration{{Type: rongcloud.BotIntegrationWebhook, CallbackURL: "c"}, i},
			})
		}
	}
	access := func(p rongcloud.ConsoleAccessParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.EmbeddedConsole.CreateAccessURL(ctx, p)
			return err
		}
	}
	tests := []struct {
		name, field, reason string
		call                func(context.Context, *rongcloud.Client) error
	}{
		{name: "befriend nobody", field: "targetId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.Add(ctx, rongcloud.FriendAddParams{UserID: "u"})
		}},
		{name: "delete 101 friends", field: "targetIds", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.Remove(ctx, rongcloud.FriendRemoveParams{UserID: "u", TargetIDs: userIDs(101)})
		}},
		{name: "delete no friends", field: "targetIds", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.Remove(ctx, rongcloud.FriendRemoveParams{UserID: "u"})
		}},
		{name: "delete a friend with a comma", field: "targetIds", reason: "item 1 contains a comma", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.Remove(ctx, rongcloud.FriendRemoveParams{UserID: "u", TargetIDs: []string{"a,b"}})
		}},
		{
			name: "clean nobody", field: "userId", reason: "is required",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.Friend.RemoveAll(ctx, "") },
		},
		{name: "a profile of no friend", field: "targetId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.SetProfile(ctx, rongcloud.FriendProfileParams{UserID: "u", RemarkName: rongcloud.Ptr("r")})
		}},
		{name: "a profile that would remove the name", field: "remarkName", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.SetProfile(ctx, rongcloud.FriendProfileParams{UserID: "u", TargetID: "f", Attributes: map[string]string{"ext_a": "b"}})
		}},
		{name: "check 101", field: "targetIds", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Friend.Check(ctx, rongcloud.FriendCheckQuery{UserID: "u", TargetIDs: userIDs(101)})
			return err
		}},
		{name: "permit without a permission", field: "permissionType", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.SetPermission(ctx, rongcloud.FriendPermissionParams{UserIDs: []string{"u"}, Permission: rongcloud.FriendPermissionUnset})
		}},
		{name: "permissions of 101", field: "userIds", reason: "101 items, at most 100", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Friend.GetPermissions(ctx, userIDs(101))
			return err
		}},

		{name: "a bot without integrations", field: "integrations", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Create(ctx, rongcloud.BotParams{UserID: "b", Name: "n", Type: "t", PortraitURL: "p"})
		}},
		{
			name: "an integration without a type", field: "integrations", reason: "item 2: Type is required",
			call: integration(rongcloud.BotIntegration{CallbackURL: "c"}),
		},
		{
			name: "an integration without an address", field: "integrations", reason: "item 2: CallbackURL is required",
			call: integration(rongcloud.BotIntegration{Type: "webhook"}),
		},
		{name: "add an integration without an address", field: "callbackUrl", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Integration.Create(ctx, rongcloud.BotIntegrationParams{UserID: "b", BotIntegration: rongcloud.BotIntegration{Type: "webhook"}})
		}},
		{name: "change no integration", field: "type", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Integration.Update(ctx, rongcloud.BotIntegrationParams{UserID: "b"})
		}},
		{name: "21 bots", field: "userIds", reason: "21 items, at most 20", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Bot.Get(ctx, userIDs(21))
			return err
		}},
		{name: "17 pairs of metadata", field: "metadata", reason: "17 items, at most 16", call: func(ctx context.Context, client *rongcloud.Client) error {
			pairs := map[string]string{}
			for _, id := range userIDs(17) {
				pairs[id] = "v"
			}
			return client.Bot.Update(ctx, rongcloud.BotParams{UserID: "b", Metadata: pairs})
		}},
		{name: "an agent without a model", field: "agentConfig.model.name", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Agent.Create(ctx, rongcloud.AgentCreateParams{ID: "a-1", Name: "n", Config: rongcloud.AgentConfig{Model: rongcloud.AgentModel{Provider: "p"}}})
		}},
		{name: "change no agent", field: "agentId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Agent.Update(ctx, rongcloud.AgentUpdateParams{Name: "n"})
		}},
		{name: "ask nothing", field: "query", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Bot.AgentChat.Generate(ctx, rongcloud.AgentChatParams{AgentID: "a"})
			return err
		}},

		{name: "stand in towards 51", field: "targetIds", reason: "51 items, at most 50", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.ProxyChat.Start(ctx, rongcloud.ProxyChatParams{UserID: "u", BotUserID: "b", TargetIDs: userIDs(51)})
		}},
		{name: "translate nothing", field: "text", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Translation.Translate(ctx, rongcloud.TranslationParams{})
			return err
		}},
		{
			name: "access without a key", field: "access_key", reason: "is required",
			call: access(rongcloud.ConsoleAccessParams{Page: "p", Lifetime: time.Hour}),
		},
		{
			name: "access without an end", field: "useful_life", reason: "is required",
			call: access(rongcloud.ConsoleAccessParams{AccessKey: "k", Page: "p"}),
		},
		{
			name: "access for a part of a second", field: "useful_life", reason: "whole number of seconds",
			call: access(rongcloud.ConsoleAccessParams{AccessKey: "k", Page: "p", Lifetime: 1}),
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			err := test.call(t.Context(), mockPath(t, "/none", nil))
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
		})
	}
}

// TestRefusalsSayWhatWasWritten checks that refusals by methods themselves use the names in the
// caller's code.
func TestRefusalsSayWhatWasWritten(t *testing.T) {
	t.Parallel()
	ctx, client := t.Context(), mockPath(t, "/none", nil)
	_, list := client.SensitiveWord.List(ctx, rongcloud.SensitiveWordQuery{Type: 7})
	_, push := client.Push.Send(ctx, rongcloud.Push{Audience: rongcloud.AudienceTags{}})
	_, pushUser := client.Push.SendToUsers(ctx, rongcloud.UserPush{UserIDs: []string{"u"}})
	for want, err := range map[string]error{
		"POST /friend/profile/set.json: FriendProfileParams.RemarkName (remarkName): is required": client.Friend.SetProfile(ctx,
			rongcloud.FriendProfileParams{UserID: "u", TargetID: "f"}),
		"POST /user/blockPushPeriod/set.json: UserPushPeriodParams.Duration (period): is required": client.User.PushPeriod.Set(ctx,
			rongcloud.UserPushPeriodParams{UserID: "u", StartTime: "22:00:00", Level: rongcloud.PushLevelNone}),
		"POST /user/whitesetting/set.json: UserWhitelistModeParams.Mode (whiteSetting): is required": client.User.Whitelist.SetMode(ctx,
			rongcloud.UserWhitelistModeParams{UserIDs: []string{"u"}}),
		"POST /user/tag/set.json: UserTagSetParams.Tags (tags): is required":                                       client.User.Tag.Set(ctx, rongcloud.UserTagSetParams{UserID: "u"}),
		"POST /user/tag/batch/set.json: userIDs (userIds): is required":                                            client.User.Tag.BatchClear(ctx, nil),
		"POST /user/chat/fb/set.json: userIDs (userId): is required":                                               client.User.PrivateMute.Remove(ctx, nil),
		"POST /sensitiveword/list.json: SensitiveWordQuery.Type (type): SensitiveWordType(7) is not a valid value": list,
		"POST /push.json: Push.Audience (audience): All or Any is required: no tags are given":                     push,
		"POST /push/user.json: UserPush.Notification (notification): Text is required":                             pushUser,
	} {
		require.EqualError(t, err, "rongcloud: "+want)
	}
}

// TestFriendProfileRemovesName checks that a name can be removed on purpose.
func TestFriendProfileRemovesName(t *testing.T) {
	t.Parallel()
	var sent string
	client := mockPath(t, "/friend/profile/set.json", func(body string) (int, string) {
		sent = body
		return 200, `{"code":200}`
	})
	require.NoError(t, client.Friend.SetProfile(t.Context(), rongcloud.FriendProfileParams{UserID: "u", TargetID: "f", RemarkName: rongcloud.Ptr("")}))
	require.Equal(t, "userId=u&targetId=f&remarkName=", sent)
}

// TestAgentUpdateSendsWhatChanges checks that an update of only the prompt does not mention the
// model.
func TestAgentUpdateSendsWhatChanges(t *testing.T) {
	t.Parallel()
	var sent string
	client := mockPath(t, "/v3/agent/update.json", func(body string) (int, string) {
		sent = body
		return 200, `{"code":200}`
	})
	require.NoError(t, client.Bot.Agent.Update(t.Context(), rongcloud.AgentUpdateParams{
		ID: "a-1", Config: &rongcloud.AgentConfig{Prompt: &rongcloud.AgentPrompt{Instructions: "be brief"}},
	}))
	require.JSONEq(t, `{"agentId":"a-1","agentConfig":{"prompt":{"instructions":"be brief"}}}`, sent)
}

// TestMiscOutcome checks which calls are repeated after a response without a code.
func TestMiscOutcome(t *testing.T) {
	t.Parallel()
	for path, test := range map[string]struct {
		unsafe bool
		call   func(context.Context, *rongcloud.Client) error
	}{
		"/friend/add.json": {true, func(ctx context.Context, client *rongcloud.Client) error {
			return client.Friend.Add(ctx, rongcloud.FriendAddParams{UserID: "u", TargetID: "f"})
		}},
		"/friend/clean.json": {false, func(ctx context.Context, client *rongcloud.Client) error { return client.Friend.RemoveAll(ctx, "u") }},
		"/v3/bot/delete.json": {false, func(ctx context.Context, client *rongcloud.Client) error {
			return client.Bot.Delete(ctx, "b")
		}},
		"/v3/chat/generate.json": {true, func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Bot.AgentChat.Generate(ctx, rongcloud.AgentChatParams{AgentID: "a", Query: "q"})
			return err
		}},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			err := test.call(t.Context(), mockPath(t, path, func(string) (int, string) { return 502, "<html>" }))
			require.ErrorIs(t, err, rongcloud.ErrTransport)
			require.Equal(t, test.unsafe, errors.Is(err, rongcloud.ErrOutcomeUnknown))
		})
	}
}

// consoleMock records the only request.
func consoleMock(t *testing.T, answer string, opts ...rongcloud.Option) (*rongcloud.Client, *http.Request) {
	t.Helper()
	seen := new(http.Request)
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		*seen = *req
		body, err := io.ReadAll(req.Body)
		require.NoError(t, err)
		require.JSONEq(t, `{"access_key":"the-access-key","page_code":"user_manage","useful_life":3600}`, string(body))
		return httpmock.NewStringResponse(200, answer), nil
	})
	client, err := rongcloud.New("the-app-key", "the-app-secret", append(opts, rongcloud.WithHTTPClient(&http.Client{Transport: mock}))...)
	require.NoError(t, err)
	return client, seen
}

// TestEmbeddedConsole checks that nothing about the app goes to the console's address, and that its
// own success code counts.
func TestEmbeddedConsole(t *testing.T) {
	t.Parallel()
	params := rongcloud.ConsoleAccessParams{AccessKey: "the-access-key", Page: rongcloud.ConsolePageUserManage, Lifetime: time.Hour}
	for name, test := range map[string]struct {
		url  string
		opts []rongcloud.Option
	}{
		"at home":         {"https://embed-console.rongcloud.net/embed/access/token", nil},
		"in any region":   {"https://embed-console.rongcloud.net/embed/access/token", []rongcloud.Option{rongcloud.WithRegion(rongcloud.RegionSingapore)}},
		"at the base URL": {"https://private.example/embed/access/token", []rongcloud.Option{rongcloud.WithBaseURL("https://private.example")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client, seen := consoleMock(t, `{"code":10000,"data":"https://console.example/?token=t"}`, test.opts...)
			access, err := client.EmbeddedConsole.CreateAccessURL(t.Context(), params)
			require.NoError(t, err)
			require.Equal(t, &rongcloud.ConsoleAccess{URL: "https://console.example/?token=t"}, access)
			require.Equal(t, test.url, seen.URL.String())
			require.Equal(t, seen.URL.Host, seen.Host)
			for _, name := range []string{"App-Key", "Nonce", "Timestamp", "Signature"} {
				require.Empty(t, seen.Header.Get(name), name)
			}
			require.NotEmpty(t, seen.Header.Get("X-Request-Id"))
		})
	}
	t.Run("refused", func(t *testing.T) {
		t.Parallel()
		client, _ := consoleMock(t, `{"code":10001,"message":"wrong key"}`)
		var info rongcloud.Response
		_, err := client.EmbeddedConsole.CreateAccessURL(t.Context(), params, rongcloud.CaptureResponse(&info))
		var e *rongcloud.Error
		require.ErrorAs(t, err, &e)
		require.EqualValues(t, 10001, e.Code)
		require.Equal(t, "wrong key", e.Message)
		require.Equal(t, "embed-console.rongcloud.net", e.Host)
		require.Equal(t, "embed-console.rongcloud.net", info.Host)
		require.NotContains(t, fmt.Sprintf("%+v %v", e, err), "the-access-key")
	})
	t.Run("200 is no success there", func(t *testing.T) {
		t.Parallel()
		client, _ := consoleMock(t, `{"code":200,"data":"x"}`)
		_, err := client.EmbeddedConsole.CreateAccessURL(t.Context(), params)
		require.Error(t, err)
	})
}

// TestTranslationTokenGoesWhereTheCustomerIsTold checks that the call is signed like any other and
// goes only to an address configured for it.
func TestTranslationTokenGoesWhereTheCustomerIsTold(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		url  string
		opts []rongcloud.Option
	}{
		"the address": {"https://ai.example/jwt/getToken.json", []rongcloud.Option{rongcloud.WithTranslationURL("https://ai.example")}},
		"beside base URLs": {"https://ai.example/base/jwt/getToken.json", []rongcloud.Option{
			rongcloud.WithBaseURL("https://private.example"), rongcloud.WithTranslationURL("https://ai.example/base/"),
		}},
		"the base URL":        {"https://private.example/jwt/getToken.json", []rongcloud.Option{rongcloud.WithBaseURL("https://private.example")}},
		"the machine's own":   {"http://127.0.0.1:8080/jwt/getToken.json", []rongcloud.Option{rongcloud.WithTranslationURL("http://127.0.0.1:8080")}},
		"the machine's, IPv6": {"http://[::1]:8080/jwt/getToken.json", []rongcloud.Option{rongcloud.WithTranslationURL("http://[::1]:8080")}},
		"the machine's name":  {"http://localhost/jwt/getToken.json", []rongcloud.Option{rongcloud.WithTranslationURL("http://localhost")}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder(http.MethodPost, test.url, func(req *http.Request) (*http.Response, error) {
				body, err := io.ReadAll(req.Body)
				require.NoError(t, err)
				require.Equal(t, "userId=u%2C1", string(body))
				for _, name := range []string{"App-Key", "Nonce", "Timestamp", "Signature", "X-Request-Id"} {
					require.NotEmpty(t, req.Header.Get(name), name)
				}
				return httpmock.NewStringResponse(200, `{"code":200,"token":"a.b.c"}`), nil
			})
			client, err := rongcloud.New("the-app-key", "the-app-secret", append(test.opts, rongcloud.WithHTTPClient(&http.Client{Transport: mock}))...)
			require.NoError(t, err)
			token, err := client.Translation.CreateToken(t.Context(), "u,1")
			require.NoError(t, err)
			require.Equal(t, &rongcloud.TranslationToken{Token: "a.b.c"}, token)
			require.Equal(t, 1, mock.GetTotalCallCount())
		})
	}
}

func TestTranslationTokenThatIsMissing(t *testing.T) {
	t.Parallel()
	for _, answer := range []string{`{"code":200}`, `{"code":200,"token":""}`, `{"code":200,"token":null}`} {
		mock := httpmock.NewMockTransport()
		mock.RegisterNoResponder(httpmock.NewStringResponder(200, answer))
		client, err := rongcloud.New("key", "secret", rongcloud.WithTranslationURL("https://ai.example"), rongcloud.WithHTTPClient(&http.Client{Transport: mock}))
		require.NoError(t, err)
		token, err := client.Translation.CreateToken(t.Context(), "u1")
		require.Nil(t, token)
		require.ErrorContains(t, err, "no token", answer)
	}
}

func TestTranslationTokenNeedsAnAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"", "ai.example", "http://ai.example", "http://127.0.0.1.ai.example", "http://localhost.ai.example", "ftp://ai.example", "https://", "https://a:secret@ai.example",
		"https://ai.example?x=1",
	} {
		_, err := rongcloud.New("key", "secret", rongcloud.WithTranslationURL(address))
		var refused *rongcloud.ArgumentError
		require.ErrorAs(t, err, &refused, address)
		require.Equal(t, "WithTranslationURL", refused.Field, address)
		require.NotContains(t, err.Error(), "a:secret")
	}

	client, err := rongcloud.New("key", "secret", rongcloud.WithHTTPClient(&http.Client{Transport: httpmock.NewMockTransport()}))
	require.NoError(t, err)
	_, err = client.Translation.CreateToken(t.Context(), "u1")
	raw := client.Call(t.Context(), endpoint.JwtGetToken, url.Values{"userId": {"u1"}}, nil)
	for _, err := range []error{err, raw} {
		var refused *rongcloud.ArgumentError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "WithTranslationURL", refused.Field)
		require.Contains(t, refused.Reason, "is required")
	}
}

func TestMiscWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"by permission": rongcloud.FriendAddByPermission, "directly": rongcloud.FriendAddDirectly, "FriendAddType(3)": rongcloud.FriendAddType(3),
		"unset": rongcloud.FriendPermissionUnset, "anyone": rongcloud.FriendPermissionAnyone, "consent": rongcloud.FriendPermissionConsent,
		"nobody": rongcloud.FriendPermissionNobody, "FriendPermission(4)": rongcloud.FriendPermission(4),
		"none": rongcloud.FriendshipNone, "mutual": rongcloud.FriendshipMutual, "Friendship(2)": rongcloud.Friendship(2),
	} {
		require.Equal(t, want, value.String())
	}
}
