package rongcloud_test

import (
	"cmp"
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

const conversationAwkward = `你好 😀 &=+%"<>`

func conversationCalls() []apiCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	const awkward = conversationAwkward
	top := func(kind rongcloud.ConversationType, on bool) func(ctx, client) error {
		return func(x ctx, c client) error {
			params := rongcloud.ConversationPinParams{UserID: "u1", Type: kind, TargetID: awkward}
			if on {
				return c.Conversation.Pin(x, params)
			}
			return c.Conversation.Unpin(x, params)
		}
	}
	setLevel := func(params rongcloud.ConversationPushLevelSetParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Conversation.SetPushLevel(x, params) }
	}
	getLevel := func(query rongcloud.ConversationPushLevelQuery) func(ctx, client) error {
		return func(x ctx, c client) error {
			_, err := c.Conversation.GetPushLevel(x, query)
			return err
		}
	}
	setType := func(level rongcloud.PushLevel) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.Conversation.SetTypePushLevel(x, rongcloud.ConversationTypePushLevelSetParams{
				UserID: "u1", Type: rongcloud.ConversationUltraGroup, Level: level,
			})
		}
	}
	tagging := rongcloud.ConversationTagConversationsParams{UserID: "u1", TagID: awkward, Conversations: []rongcloud.TaggedConversation{
		{Type: rongcloud.ConversationPrivate, TargetID: "u2"}, {Type: rongcloud.ConversationSystem, TargetID: awkward},
	}}
	const taggingJSON = `{"userId":"u1","tagId":"你好 😀 &=+%\"<>","conversations":[` +
		`{"conversationType":1,"targetId":"u2"},{"conversationType":6,"targetId":"你好 😀 &=+%\"<>"}]}`
	return []apiCall{
		{
			"/conversation/top/set.json", "all", top(rongcloud.ConversationGroup, true),
			formOf("userId", "u1", "conversationType", "3", "targetId", awkward, "setTop", "true"), "",
		},
		{
			"/conversation/top/set.json", "unpin", top(rongcloud.ConversationPrivate, false),
			formOf("userId", "u1", "conversationType", "1", "targetId", awkward, "setTop", "false"), "",
		},
		{
			"/conversation/notification/set.json", "all", setLevel(rongcloud.ConversationPushLevelSetParams{
				UserID: "u1", Type: rongcloud.ConversationUltraGroup, TargetID: "g", ChannelID: awkward, Level: rongcloud.PushLevelNone,
			}),
			formOf("conversationType", "10", "requestId", "u1", "targetId", "g", "unpushLevel", "5", "busChannel", awkward), "",
		},
		{
			"/conversation/notification/set.json", "reset", func(x ctx, c client) error {
				return c.Conversation.ResetPushLevel(x, rongcloud.ConversationPushLevelResetParams{
					UserID: "u1", Type: rongcloud.ConversationPrivate, TargetID: "u2",
				})
			},
			formOf("conversationType", "1", "requestId", "u1", "targetId", "u2", "unpushLevel", "0"), "",
		},
		{
			"/conversation/notification/set.json", "everything", setLevel(rongcloud.ConversationPushLevelSetParams{
				UserID: "u1", Type: rongcloud.ConversationSystem, TargetID: "s", Level: rongcloud.PushLevelAll,
			}),
			formOf("conversationType", "6", "requestId", "u1", "targetId", "s", "unpushLevel", "-1"), "",
		},
		{
			"/conversation/notification/get.json", "all", getLevel(rongcloud.ConversationPushLevelQuery{
				UserID: "u1", Type: rongcloud.ConversationUltraGroup, TargetID: "g", ChannelID: awkward,
			}),
			formOf("conversationType", "10", "requestId", "u1", "targetId", "g", "busChannel", awkward), "",
		},
		{
			"/conversation/notification/get.json", "bare", getLevel(rongcloud.ConversationPushLevelQuery{
				UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g",
			}),
			formOf("conversationType", "3", "requestId", "u1", "targetId", "g"), "",
		},
		{
			"/conversation/type/notification/set.json", "all", setType(rongcloud.PushLevelUserMentions),
			formOf("conversationType", "10", "requestId", "u1", "unpushLevel", "2"), "",
		},
		{
			"/conversation/type/notification/set.json", "reset", func(x ctx, c client) error {
				return c.Conversation.ResetTypePushLevel(x, rongcloud.ConversationTypePushLevelResetParams{
					UserID: "u1", Type: rongcloud.ConversationUltraGroup,
				})
			},
			formOf("conversationType", "10", "requestId", "u1", "unpushLevel", "0"), "",
		},
		{"/conversation/type/notification/get.json", "all", func(x ctx, c client) error {
			_, err := c.Conversation.GetTypePushLevel(x, rongcloud.ConversationTypePushLevelQuery{UserID: "u1", Type: rongcloud.ConversationSystem})
			return err
		}, formOf("conversationType", "6", "requestId", "u1"), ""},
		{"/conversation/message/history/clean.json", "all", func(x ctx, c client) error {
			return c.Conversation.ClearHistory(x, rongcloud.ConversationClearHistoryParams{
				UserID: "u1", Type: rongcloud.ConversationChatroom, TargetID: awkward, Before: time.UnixMilli(1767323045678),
			})
		}, formOf("conversationType", "4", "fromUserId", "u1", "targetId", awkward, "msgTimestamp", "1767323045678"), ""},
		{"/conversation/message/history/clean.json", "bare", func(x ctx, c client) error {
			return c.Conversation.ClearAllHistory(x, rongcloud.ConversationClearAllHistoryParams{
				UserID: "u1", Type: rongcloud.ConversationChatroom, TargetID: awkward,
			})
		}, formOf("conversationType", "4", "fromUserId", "u1", "targetId", awkward), ""},
		{"/conversation/attribute/get.json", "all", func(x ctx, c client) error {
			_, err := c.Conversation.GetAttributes(x, rongcloud.ConversationQuery{UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: awkward})
			return err
		}, formOf("userId", "u1", "targetId", awkward, "conversationType", "3"), ""},

		{
			"/user/conversation/tag/set.json", "all", func(x ctx, c client) error {
				return c.Conversation.Tag.Create(x, rongcloud.ConversationTagCreateParams{
					UserID: "u1", Tags: []rongcloud.ConversationTagParams{{ID: "t1", Name: "work"}, {ID: "t2", Name: awkward}},
				})
			}, nil,
			`{"userId":"u1","tags":[{"tagId":"t1","tagName":"work"},{"tagId":"t2","tagName":"你好 😀 &=+%\"<>"}]}`,
		},
		{"/user/conversation/tag/del.json", "all", func(x ctx, c client) error {
			return c.Conversation.Tag.Delete(x, rongcloud.ConversationTagDeleteParams{UserID: "u1", TagIDs: []string{"t1", awkward}})
		}, nil, `{"userId":"u1","tagIds":["t1","你好 😀 &=+%\"<>"]}`},
		{"/user/conversation/tag/get.json", "all", func(x ctx, c client) error {
			_, err := c.Conversation.Tag.List(x, awkward)
			return err
		}, formOf("userId", awkward), ""},
		{"/tag/conversation/set.json", "all", func(x ctx, c client) error {
			return c.Conversation.Tag.AddConversations(x, tagging)
		}, nil, taggingJSON},
		{"/tag/conversation/del.json", "all", func(x ctx, c client) error {
			return c.Conversation.Tag.RemoveConversations(x, tagging)
		}, nil, taggingJSON},
		{"/tag/conversation/get.json", "all", func(x ctx, c client) error {
			_, err := c.Conversation.Tag.ListConversations(x, rongcloud.ConversationTagConversationsQuery{UserID: "u1", TagID: awkward})
			return err
		}, formOf("userId", "u1", "tagId", awkward), ""},
	}
}

func TestConversationDecodes(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	level := func(x ctx, c client) (any, error) {
		return c.Conversation.GetPushLevel(x, rongcloud.ConversationPushLevelQuery{UserID: "u1", Type: 1, TargetID: "u2"})
	}
	typeLevel := func(x ctx, c client) (any, error) {
		return c.Conversation.GetTypePushLevel(x, rongcloud.ConversationTypePushLevelQuery{UserID: "u1", Type: 3})
	}
	attributes := func(x ctx, c client) (any, error) {
		return c.Conversation.GetAttributes(x, rongcloud.ConversationQuery{UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g"})
	}
	tags := func(x ctx, c client) (any, error) { return c.Conversation.Tag.List(x, "u1") }
	tagged := func(x ctx, c client) (any, error) {
		return c.Conversation.Tag.ListConversations(x, rongcloud.ConversationTagConversationsQuery{UserID: "u1", TagID: "t1"})
	}
	at := time.UnixMilli(1767323045678)
	work := []rongcloud.ConversationTag{{ID: "t1", Name: "work", CreatedAt: at}}
	full := &rongcloud.ConversationAttributes{
		Type: rongcloud.ConversationPrivate, TargetID: "u2", Pinned: true, PinnedAt: at, Level: rongcloud.PushLevelAllMentions, Tags: work,
	}
	nothing := &rongcloud.ConversationAttributes{Type: rongcloud.ConversationGroup, TargetID: "g"}
	conversations := &rongcloud.TaggedConversations{Conversations: []rongcloud.TaggedConversation{{Type: 1, TargetID: "u2"}, {Type: 6, TargetID: "s"}}}
	for _, test := range []struct {
		name   string
		call   func(ctx, client) (any, error)
		answer string // what follows the code
		want   any
	}{
		{"level", level, `,"isMuted":5`, rongcloud.PushLevelNone},
		{"level as text", level, `,"isMuted":"0"`, rongcloud.PushLevelUnset},
		{"negative level", level, `,"isMuted":-1`, rongcloud.PushLevelAll},
		{"negative level as text", level, `,"isMuted":"-1"`, rongcloud.PushLevelAll},
		{"old switch", level, `,"isMuted":true`, rongcloud.PushLevelMentions},
		{"no level", level, ``, rongcloud.PushLevelUnset},
		{"level of a type", typeLevel, `,"isMuted":4`, rongcloud.PushLevelAllMentions},
		{"level of a type as text", typeLevel, `,"isMuted":"2"`, rongcloud.PushLevelUserMentions},

		{
			"attributes", attributes, `,"data":{"targetId":"u2","conversationType":1,"top":{"top":true,"topTime":1767323045678},` +
				`"mute":{"mute":4},"tags":[{"tagId":"t1","tagName":"work","createTime":1767323045678}]}`, full,
		},
		{
			"attributes as texts", attributes, `,"data":{"targetId":"u2","conversationType":"1","top":{"top":"true","topTime":"1767323045678"},` +
				`"mute":{"mute":"4"},"tags":[{"tagId":"t1","tagName":"work","createTime":"1767323045678"}]}`, full,
		},
		{"attributes never set", attributes, `,"data":{"targetId":"g","conversationType":3}`, nothing},
		{"attributes null", attributes, `,"data":{"top":null,"mute":null,"tags":null}`, nothing},
		{"attributes empty lists", attributes, `,"data":{"top":[],"mute":""}`, nothing},
		{"no attributes", attributes, ``, nothing},
		{
			"unpinned", attributes, `,"data":{"top":{"top":false,"topTime":1767323045678}}`,
			&rongcloud.ConversationAttributes{Type: rongcloud.ConversationGroup, TargetID: "g", PinnedAt: at},
		},

		{
			"tags", tags, `,"data":{"userId":"u1","tags":[{"tagId":"t1","tagName":"work","createTime":1767323045678}]}`,
			&rongcloud.ConversationTags{Tags: []rongcloud.ConversationTag{{ID: "t1", Name: "work", CreatedAt: at}}},
		},
		{
			"tags as texts", tags, `,"data":{"tags":[{"tagId":1,"tagName":2,"createTime":"1767323045678"},{"tagId":"t2"}]}`,
			&rongcloud.ConversationTags{Tags: []rongcloud.ConversationTag{{ID: "1", Name: "2", CreatedAt: at}, {ID: "t2"}}},
		},
		{"no tags", tags, `,"data":{"userId":"u1"}`, &rongcloud.ConversationTags{}},
		{"no data", tags, `,"data":null`, &rongcloud.ConversationTags{}},

		{
			"tagged", tagged, `,"data":{"tagId":"t1","conversations":[{"targetId":"u2","conversationType":1},{"targetId":"s","conversationType":6}]}`,
			conversations,
		},
		{
			"tagged by Java", tagged, `,"data":{"userId":"u1","tagId":"t1","conversations":[{"targetId":"u2","conversationType":"1"},` +
				`{"targetId":"s","conversationType":"6"}]}`, conversations,
		},
		{"nothing tagged", tagged, `,"data":{"tagId":"t1"}`, &rongcloud.TaggedConversations{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, _ := mockAll(t, 200, `{"code":200`+test.answer+`}`)
			got, err := test.call(t.Context(), client)
			require.NoError(t, err)
			require.Equal(t, test.want, got)
		})
	}
}

func TestConversationRefuses(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	top := func(params rongcloud.ConversationPinParams) func(ctx, client) error {
		return func(x ctx, c client) error {
			require.Error(t, c.Conversation.Unpin(x, params))
			return c.Conversation.Pin(x, params)
		}
	}
	setLevel := func(params rongcloud.ConversationPushLevelSetParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Conversation.SetPushLevel(x, params) }
	}
	clearBefore := func(before time.Time) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.Conversation.ClearHistory(x, rongcloud.ConversationClearHistoryParams{UserID: "u1", Type: 1, TargetID: "u2", Before: before})
		}
	}
	clearAll := func(params rongcloud.ConversationClearAllHistoryParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Conversation.ClearAllHistory(x, params) }
	}
	create := func(user string, tags ...rongcloud.ConversationTagParams) func(ctx, client) error {
		return func(x ctx, c client) error {
			return c.Conversation.Tag.Create(x, rongcloud.ConversationTagCreateParams{UserID: user, Tags: tags})
		}
	}
	add := func(params rongcloud.ConversationTagConversationsParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Conversation.Tag.AddConversations(x, params) }
	}
	remove := func(params rongcloud.ConversationTagConversationsParams) func(ctx, client) error {
		return func(x ctx, c client) error { return c.Conversation.Tag.RemoveConversations(x, params) }
	}
	good := rongcloud.TaggedConversation{Type: 1, TargetID: "u2"}
	tags := make([]rongcloud.ConversationTagParams, 21)
	for i := range tags {
		tags[i] = rongcloud.ConversationTagParams{ID: "t", Name: "n"}
	}
	many := make([]rongcloud.TaggedConversation, 101)
	for i := range many {
		many[i] = good
	}
	for _, test := range []struct {
		name, field, reason string
		call                func(ctx, client) error
	}{
		{"pin for nobody", "userId", "is required", top(rongcloud.ConversationPinParams{Type: 1, TargetID: "u2"})},
		{"pin no kind", "conversationType", "is required", top(rongcloud.ConversationPinParams{UserID: "u1", TargetID: "u2"})},
		{"pin nothing", "targetId", "is required", top(rongcloud.ConversationPinParams{UserID: "u1", Type: 1})},
		{"level for nobody", "requestId", "is required", setLevel(rongcloud.ConversationPushLevelSetParams{Type: 1, TargetID: "u2", Level: 1})},
		{"level of no kind", "conversationType", "is required", setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", TargetID: "u2", Level: 1})},
		{"level of nothing", "targetId", "is required", setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", Type: 1, Level: 1})},
		{"no level", "unpushLevel", "ResetPushLevel", setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", Type: 1, TargetID: "u2"})},
		{"no type level", "unpushLevel", "ResetTypePushLevel", func(x ctx, c client) error {
			return c.Conversation.SetTypePushLevel(x, rongcloud.ConversationTypePushLevelSetParams{UserID: "u1", Type: 1})
		}},
		{"reset for nobody", "requestId", "is required", func(x ctx, c client) error {
			return c.Conversation.ResetPushLevel(x, rongcloud.ConversationPushLevelResetParams{Type: 1, TargetID: "u2"})
		}},
		{"whose level", "requestId", "is required", func(x ctx, c client) error {
			level, err := c.Conversation.GetPushLevel(x, rongcloud.ConversationPushLevelQuery{Type: 1, TargetID: "u2"})
			require.Equal(t, rongcloud.PushLevelUnset, level)
			return err
		}},
		{"type level for nobody", "requestId", "is required", func(x ctx, c client) error {
			return c.Conversation.SetTypePushLevel(x, rongcloud.ConversationTypePushLevelSetParams{Type: 1, Level: 1})
		}},
		{"type level of no kind", "conversationType", "is required", func(x ctx, c client) error {
			return c.Conversation.SetTypePushLevel(x, rongcloud.ConversationTypePushLevelSetParams{UserID: "u1", Level: 1})
		}},
		{"whose type level", "requestId", "is required", func(x ctx, c client) error {
			_, err := c.Conversation.GetTypePushLevel(x, rongcloud.ConversationTypePushLevelQuery{Type: 1})
			return err
		}},
		{"clear at no time", "msgTimestamp", "is required", clearBefore(time.Time{})},
		{"clear at 0", "msgTimestamp", "is required", clearBefore(time.UnixMilli(0))},
		{"clear before 0", "msgTimestamp", "is required", clearBefore(time.Unix(-1, 0))},
		{"clear for nobody", "fromUserId", "is required", clearAll(rongcloud.ConversationClearAllHistoryParams{Type: 1, TargetID: "u2"})},
		{"clear no kind", "conversationType", "is required", clearAll(rongcloud.ConversationClearAllHistoryParams{UserID: "u1", TargetID: "u2"})},
		{"clear nothing", "targetId", "is required", clearAll(rongcloud.ConversationClearAllHistoryParams{UserID: "u1", Type: 1})},
		{"attributes of nobody", "userId", "is required", func(x ctx, c client) error {
			_, err := c.Conversation.GetAttributes(x, rongcloud.ConversationQuery{Type: 1, TargetID: "u2"})
			return err
		}},

		{"tags of nobody", "userId", "is required", create("", tags[0])},
		{"no tags", "tags", "is required", create("u1")},
		{"21 tags", "tags", "21 items, at most 20", create("u1", tags...)},
		{"a tag without ID", "tags", "item 2 lacks", create("u1", tags[0], rongcloud.ConversationTagParams{Name: "n"})},
		{"a tag without name", "tags", "item 1 lacks", create("u1", rongcloud.ConversationTagParams{ID: "t"})},
		{"delete no tags", "tagIds", "is required", func(x ctx, c client) error {
			return c.Conversation.Tag.Delete(x, rongcloud.ConversationTagDeleteParams{UserID: "u1"})
		}},
		{"delete an empty tag", "tagIds", "item 1 is empty", func(x ctx, c client) error {
			return c.Conversation.Tag.Delete(x, rongcloud.ConversationTagDeleteParams{UserID: "u1", TagIDs: []string{""}})
		}},
		{"list nobody's tags", "userId", "is required", func(x ctx, c client) error {
			_, err := c.Conversation.Tag.List(x, "")
			return err
		}},
		{"tag nothing", "conversations", "is required", add(rongcloud.ConversationTagConversationsParams{UserID: "u1", TagID: "t"})},
		{"tag with nothing", "tagId", "is required", add(rongcloud.ConversationTagConversationsParams{UserID: "u1", Conversations: many[:1]})},
		{"tag 101", "conversations", "101 items, at most 100", add(rongcloud.ConversationTagConversationsParams{UserID: "u1", TagID: "t", Conversations: many})},
		{"tag no target", "conversations", "item 2 lacks", add(rongcloud.ConversationTagConversationsParams{
			UserID: "u1", TagID: "t", Conversations: []rongcloud.TaggedConversation{good, {Type: 1}},
		})},
		{"untag no kind", "conversations", "item 1 lacks", remove(rongcloud.ConversationTagConversationsParams{
			UserID: "u1", TagID: "t", Conversations: []rongcloud.TaggedConversation{{TargetID: "u2"}},
		})},
		{"untag for nobody", "userId", "is required", remove(rongcloud.ConversationTagConversationsParams{TagID: "t", Conversations: many[:1]})},
		{"list no tag", "tagId", "is required", func(x ctx, c client) error {
			_, err := c.Conversation.Tag.ListConversations(x, rongcloud.ConversationTagConversationsQuery{UserID: "u1"})
			return err
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client, requests := mockAll(t, 200, `{"code":200}`)
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, test.call(t.Context(), client), &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
			require.Empty(t, *requests)
		})
	}
}
