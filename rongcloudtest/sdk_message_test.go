package rongcloudtest_test

import (
	"context"
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// The SDK's own methods and a strict server agree on messages, pushes, sensitive words and
// conversations. The calls are in-process with an address of RongCloud's, because logs are
// downloaded only from there.
func TestMessageMethodsOfTheSDK(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithStrict(), rongcloudtest.WithClock(func() time.Time { return started }))
	client := srv.Client(rongcloud.WithBaseURL("https://api.rong-api.com"), rongcloud.WithHTTPClient(&http.Client{Transport: srv.Transport()}))
	ctx := context.Background()
	register(t, client, "a", "b", "c")
	srv.AddGroup("g", "a", "b")
	srv.JoinChatroom("r", "a", "b")
	srv.AddUltraGroup("u", "a", "b")
	srv.AddUltraGroupChannels("u", "news")
	messages := client.Message

	sent, err := messages.SendPrivateTemplate(ctx, rongcloud.PrivateTemplate{
		From: "a", Content: text("{x}"), IncludeSender: true, Expandable: true, Push: &rongcloud.PushOptions{Title: "T"},
		Recipients: []rongcloud.TemplateRecipient{{UserID: "b", Values: map[string]string{"{x}": "1"}, PushData: "d"}, {UserID: "c", Values: map[string]string{"{x}": "2"}}},
	})
	require.NoError(t, err)
	private := sent.UIDOf("b")
	_, err = messages.SendSystemTemplate(ctx, rongcloud.SystemTemplate{
		From: "sys", Content: text("{x}"), Recipients: []rongcloud.TemplateRecipient{{UserID: "c", Values: map[string]string{"{x}": "2"}}},
	})
	require.NoError(t, err)
	groups, err := messages.SendGroup(ctx, rongcloud.GroupMessage{From: "a", To: []string{"g"}, Content: text("hi"), IncludeSender: true})
	require.NoError(t, err)
	ultra, err := messages.SendUltraGroup(ctx, rongcloud.UltraGroupMessage{From: "a", To: []string{"u"}, ChannelID: "news", Content: text("hi")})
	require.NoError(t, err)
	_, err = messages.SendChatroom(ctx, rongcloud.ChatroomMessage{From: "a", To: []string{"r"}, Content: text("hi")})
	require.NoError(t, err)
	require.NoError(t, messages.Broadcast.SendToChatrooms(ctx, rongcloud.ChatroomBroadcast{From: "a", Content: text("hi")}))
	_, err = messages.Broadcast.SendToOnline(ctx, rongcloud.OnlineBroadcast{From: "a", Content: text("hi")})
	require.NoError(t, err)
	_, err = messages.Status.SendPrivate(ctx, rongcloud.PrivateStatus{From: "a", To: []string{"b"}, Content: text("hi")})
	require.NoError(t, err)
	_, err = messages.Status.SendGroup(ctx, rongcloud.GroupStatus{From: "a", To: []string{"g"}, Content: text("hi")})
	require.NoError(t, err)

	require.NoError(t, messages.ModifyPrivate(ctx, rongcloud.PrivateMessageModifyParams{From: "a", TargetID: "b", MessageUID: private, Content: text("better")}))
	require.NoError(t, messages.ModifyGroup(ctx, rongcloud.GroupMessageModifyParams{From: "a", GroupID: "g", MessageUID: groups.UIDOf("g"), Content: text("best")}))
	change := rongcloud.MessageExpansionSetParams{
		MessageUID: private, UserID: "a", ConversationType: rongcloud.ConversationPrivate, TargetID: "b", Values: map[string]string{"k": "v", "l": "w"},
	}
	require.NoError(t, messages.Expansion.Set(ctx, change))
	require.NoError(t, messages.Expansion.Delete(ctx, rongcloud.MessageExpansionDeleteParams{
		MessageUID: private, UserID: "a", ConversationType: rongcloud.ConversationPrivate, TargetID: "b", Keys: []string{"l"},
	}))
	expansion, err := messages.Expansion.List(ctx, rongcloud.MessageExpansionQuery{MessageUID: private})
	require.NoError(t, err)
	require.Equal(t, map[string]string{"k": "v"}, expansion.Values())

	stream := messages.Stream.Open(rongcloud.MessageStreamParams{From: "bot", To: "b", Type: rongcloud.MessageStreamText})
	require.NoError(t, stream.Send(ctx, "one "))
	require.NoError(t, stream.Finish(ctx, rongcloud.MessageStreamFinishParams{Text: "two", Reason: 1}))

	span := rongcloud.HistoryQuery{UserID: "a", TargetID: "b", Since: started.Add(-40 * 24 * time.Hour), Until: started.Add(time.Minute)}
	history := collect(t, messages.History.AllPrivate(ctx, span))
	require.Len(t, history, 1)
	require.Equal(t, `{"content":"better"}`, history[0].Body)
	attached, err := history[0].Expansion()
	require.NoError(t, err)
	require.Equal(t, "v", attached["k"].Value)
	span.TargetID = "g"
	require.Len(t, collect(t, messages.History.AllGroup(ctx, span)), 1)
	span.TargetID = "r"
	require.Len(t, collect(t, messages.History.AllChatroom(ctx, span)), 1)
	require.Len(t, collect(t, messages.History.AllUltraGroup(ctx, rongcloud.UltraGroupHistoryQuery{
		UserID: "b", GroupID: "u", ChannelID: "news", Since: span.Since, Until: span.Until,
	})), 1)
	require.NoError(t, messages.Recall(ctx, rongcloud.RecallParams{
		From: "a", ConversationType: rongcloud.ConversationUltraGroup, TargetID: "u", ChannelID: "news", MessageUID: ultra.UIDOf("u"), SentAt: started,
	}))

	settings(t, client)
	pushes(t, client)

	srv.Advance(time.Hour)
	logged := collect(t, messages.Log.Download(ctx, rongcloud.MessageLogDownloadParams{Hour: started, TempDir: t.TempDir()}))
	// The log has 3 messages from templates, those to the group, ultra group and chat room, the
	// online broadcast, the stream, and 4 from pushes; but neither status messages nor the
	// broadcast to chat rooms.
	require.Len(t, logged, 12)
	require.Equal(t, private, logged[0].MessageUID)
	require.True(t, logged[0].SentAt.Equal(started))
	require.Equal(t, "Server", logged[0].Source)
	require.NoError(t, messages.Log.Delete(ctx, started))
	require.Empty(t, collect(t, messages.Log.Download(ctx, rongcloud.MessageLogDownloadParams{Hour: started, TempDir: t.TempDir()})))

	for _, r := range srv.Requests() {
		require.Empty(t, r.Unknown, r.Path)
		require.EqualValues(t, 200, r.Code, r.Path)
	}
}

func settings(t *testing.T, client *rongcloud.Client) {
	t.Helper()
	ctx := context.Background()
	conversations := client.Conversation
	require.NoError(t, conversations.Pin(ctx, rongcloud.ConversationPinParams{UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b"}))
	require.NoError(t, conversations.SetPushLevel(ctx, rongcloud.ConversationPushLevelSetParams{
		UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b", Level: rongcloud.PushLevelNone,
	}))
	level, err := conversations.GetPushLevel(ctx, rongcloud.ConversationPushLevelQuery{UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b"})
	require.NoError(t, err)
	require.Equal(t, rongcloud.PushLevelNone, level)
	require.NoError(t, conversations.SetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelSetParams{
		UserID: "a", Type: rongcloud.ConversationGroup, Level: rongcloud.PushLevelNone,
	}))
	level, err = conversations.GetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelQuery{UserID: "a", Type: rongcloud.ConversationGroup})
	require.NoError(t, err)
	require.Equal(t, rongcloud.PushLevelNone, level)

	require.NoError(t, conversations.Tag.Create(ctx, rongcloud.ConversationTagCreateParams{
		UserID: "a", Tags: []rongcloud.ConversationTagParams{{ID: "t", Name: "Work"}},
	}))
	tagging := rongcloud.ConversationTagConversationsParams{
		UserID: "a", TagID: "t", Conversations: []rongcloud.TaggedConversation{{Type: rongcloud.ConversationPrivate, TargetID: "b"}},
	}
	require.NoError(t, conversations.Tag.AddConversations(ctx, tagging))
	attributes, err := conversations.GetAttributes(ctx, rongcloud.ConversationQuery{UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b"})
	require.NoError(t, err)
	require.True(t, attributes.Pinned)
	require.True(t, attributes.PinnedAt.Equal(started))
	require.Equal(t, rongcloud.PushLevelNone, attributes.Level)
	require.Len(t, attributes.Tags, 1)
	require.Equal(t, "Work", attributes.Tags[0].Name)
	tagged, err := conversations.Tag.ListConversations(ctx, rongcloud.ConversationTagConversationsQuery{UserID: "a", TagID: "t"})
	require.NoError(t, err)
	require.Equal(t, tagging.Conversations, tagged.Conversations)
	require.NoError(t, conversations.Tag.RemoveConversations(ctx, tagging))
	tags, err := conversations.Tag.List(ctx, "a")
	require.NoError(t, err)
	require.Len(t, tags.Tags, 1)
	require.NoError(t, conversations.Tag.Delete(ctx, rongcloud.ConversationTagDeleteParams{UserID: "a", TagIDs: []string{"t"}}))

	require.NoError(t, conversations.Unpin(ctx, rongcloud.ConversationPinParams{UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b"}))
	require.NoError(t, conversations.ClearHistory(ctx, rongcloud.ConversationClearHistoryParams{
		UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b", Before: started.Add(-time.Hour),
	}))
	require.NoError(t, conversations.ClearAllHistory(ctx, rongcloud.ConversationClearAllHistoryParams{
		UserID: "a", Type: rongcloud.ConversationPrivate, TargetID: "b",
	}))

	words := client.SensitiveWord
	require.NoError(t, words.Add(ctx, rongcloud.SensitiveWordParams{Word: "x"}))
	quota, err := words.BatchAdd(ctx, []rongcloud.SensitiveWordParams{{Word: "y", Replacement: "*"}})
	require.NoError(t, err)
	require.EqualValues(t, 48, quota.RemainingCount)
	require.NoError(t, words.Remove(ctx, "x"))
	list, err := words.List(ctx, rongcloud.SensitiveWordQuery{Type: rongcloud.SensitiveWordReplace})
	require.NoError(t, err)
	require.Equal(t, []rongcloud.SensitiveWord{{Word: "y", Replacement: "*", Type: rongcloud.SensitiveWordReplace}}, list.Words)
	require.NoError(t, words.BatchRemove(ctx, []string{"y"}))
}

func pushes(t *testing.T, client *rongcloud.Client) {
	t.Helper()
	ctx := context.Background()
	both := []rongcloud.PushPlatform{rongcloud.PushPlatformIOS, rongcloud.PushPlatformAndroid}
	for _, audience := range []rongcloud.PushAudience{
		rongcloud.AudienceAll{}, rongcloud.AudienceUsers{"a"}, rongcloud.AudienceTags{All: []string{"x"}}, rongcloud.AudiencePackage("app"),
	} {
		result, err := client.Push.Send(ctx, rongcloud.Push{
			Platforms: both, Audience: audience, Notification: rongcloud.PushNotification{Text: "hi"},
			Message: &rongcloud.PushMessage{From: "sys", Content: text("hi")},
		})
		require.NoError(t, err)
		require.NotEmpty(t, result.ID)
		_, err = client.Message.Broadcast.Recall(ctx, rongcloud.BroadcastRecallParams{From: "sys", MessageUID: result.MessageUID, SentAt: started})
		require.NoError(t, err)
	}
	_, err := client.Push.SendToUsers(ctx, rongcloud.UserPush{UserIDs: []string{"a"}, Notification: rongcloud.UserPushNotification{Text: "hi"}})
	require.NoError(t, err)
	_, err = client.Push.SendCustom(ctx, rongcloud.CustomPush{
		Platforms: both, Notification: rongcloud.CustomPushNotification{Text: "hi"},
		Audience: rongcloud.AudienceTagLogic{Conditions: []rongcloud.TagCondition{{Tags: []string{"x"}}, {Tags: []string{"y", "z"}, Operator: rongcloud.TagOperatorOr, Join: rongcloud.TagOperatorAnd}}},
	})
	require.NoError(t, err)
}

func TestHistoryPageByPage(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t)
	client := srv.Client()
	begin := srv.Now()
	for i := range 25 {
		srv.Advance(time.Second)
		_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{
			From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: strconv.Itoa(i)}, IncludeSender: true,
		})
		require.NoError(t, err)
	}

	query := rongcloud.HistoryQuery{UserID: "u1", TargetID: "u2", Since: begin, Until: srv.Now(), Size: 10}
	seen := map[string]bool{}
	for pages := 0; ; pages++ {
		require.Less(t, pages, 10, "the walk has an end")
		page, err := client.Message.History.ListPrivate(t.Context(), query)
		require.NoError(t, err)
		require.True(t, page.More(), "a page repeats the last message of the one before")
		before := len(seen)
		for _, m := range page.Messages {
			seen[m.MessageUID] = true
			query.Until = m.SentAt
		}
		if len(seen) == before {
			break
		}
	}
	require.Len(t, seen, 25)
}
