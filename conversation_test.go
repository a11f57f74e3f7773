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
	const awkward = conversationAwkward
	top := func(kind rongcloud.ConversationType, on bool) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			params := rongcloud.ConversationPinParams{UserID: "u1", Type: kind, TargetID: awkward}
			if on {
				return client.Conversation.Pin(ctx, params)
			}
			return client.Conversation.Unpin(ctx, params)
		}
	}
	setLevel := func(params rongcloud.ConversationPushLevelSetParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetPushLevel(ctx, params)
		}
	}
	getLevel := func(query rongcloud.ConversationPushLevelQuery) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.GetPushLevel(ctx, query)
			return err
		}
	}
	setType := func(level rongcloud.PushLevel) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelSetParams{
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
			path: "/conversation/top/set.json", what: "all", call: top(rongcloud.ConversationGroup, true),
			form: formOf("userId", "u1", "conversationType", "3", "targetId", awkward, "setTop", "true"),
		},
		{
			path: "/conversation/top/set.json", what: "unpin", call: top(rongcloud.ConversationPrivate, false),
			form: formOf("userId", "u1", "conversationType", "1", "targetId", awkward, "setTop", "false"),
		},
		{
			path: "/conversation/notification/set.json", what: "all", call: setLevel(rongcloud.ConversationPushLevelSetParams{
				UserID: "u1", Type: rongcloud.ConversationUltraGroup, TargetID: "g", ChannelID: awkward, Level: rongcloud.PushLevelNone,
			}),
			form: formOf("conversationType", "10", "requestId", "u1", "targetId", "g", "unpushLevel", "5", "busChannel", awkward),
		},
		{
			path: "/conversation/notification/set.json", what: "reset", call: func(ctx context.Context, client *rongcloud.Client) error {
				return client.Conversation.ResetPushLevel(ctx, rongcloud.ConversationPushLevelResetParams{
					UserID: "u1", Type: rongcloud.ConversationPrivate, TargetID: "u2",
				})
			},
			form: formOf("conversationType", "1", "requestId", "u1", "targetId", "u2", "unpushLevel", "0"),
		},
		{
			path: "/conversation/notification/set.json", what: "everything", call: setLevel(rongcloud.ConversationPushLevelSetParams{
				UserID: "u1", Type: rongcloud.ConversationSystem, TargetID: "s", Level: rongcloud.PushLevelAll,
			}),
			form: formOf("conversationType", "6", "requestId", "u1", "targetId", "s", "unpushLevel", "-1"),
		},
		{
			path: "/conversation/notification/get.json", what: "all", call: getLevel(rongcloud.ConversationPushLevelQuery{
				UserID: "u1", Type: rongcloud.ConversationUltraGroup, TargetID: "g", ChannelID: awkward,
			}),
			form: formOf("conversationType", "10", "requestId", "u1", "targetId", "g", "busChannel", awkward),
		},
		{
			path: "/conversation/notification/get.json", what: "bare", call: getLevel(rongcloud.ConversationPushLevelQuery{
				UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g",
			}),
			form: formOf("conversationType", "3", "requestId", "u1", "targetId", "g"),
		},
		{
			path: "/conversation/type/notification/set.json", what: "all", call: setType(rongcloud.PushLevelUserMentions),
			form: formOf("conversationType", "10", "requestId", "u1", "unpushLevel", "2"),
		},
		{
			path: "/conversation/type/notification/set.json", what: "reset", call: func(ctx context.Context, client *rongcloud.Client) error {
				return client.Conversation.ResetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelResetParams{
					UserID: "u1", Type: rongcloud.ConversationUltraGroup,
				})
			},
			form: formOf("conversationType", "10", "requestId", "u1", "unpushLevel", "0"),
		},
		{path: "/conversation/type/notification/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.GetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelQuery{UserID: "u1", Type: rongcloud.ConversationSystem})
			return err
		}, form: formOf("conversationType", "6", "requestId", "u1")},
		{path: "/conversation/message/history/clean.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.ClearHistory(ctx, rongcloud.ConversationClearHistoryParams{
				UserID: "u1", Type: rongcloud.ConversationChatroom, TargetID: awkward, Before: time.UnixMilli(1767323045678),
			})
		}, form: formOf("conversationType", "4", "fromUserId", "u1", "targetId", awkward, "msgTimestamp", "1767323045678")},
		{path: "/conversation/message/history/clean.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.ClearAllHistory(ctx, rongcloud.ConversationClearAllHistoryParams{
				UserID: "u1", Type: rongcloud.ConversationChatroom, TargetID: awkward,
			})
		}, form: formOf("conversationType", "4", "fromUserId", "u1", "targetId", awkward)},
		{path: "/conversation/attribute/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.GetAttributes(ctx, rongcloud.ConversationQuery{UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: awkward})
			return err
		}, form: formOf("userId", "u1", "targetId", awkward, "conversationType", "3")},

		{
			path: "/user/conversation/tag/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
				return client.Conversation.Tag.Create(ctx, rongcloud.ConversationTagCreateParams{
					UserID: "u1", Tags: []rongcloud.ConversationTagParams{{ID: "t1", Name: "work"}, {ID: "t2", Name: awkward}},
				})
			}, form: nil,
			json: `{"userId":"u1","tags":[{"tagId":"t1","tagName":"work"},{"tagId":"t2","tagName":"你好 😀 &=+%\"<>"}]}`,
		},
		{path: "/user/conversation/tag/del.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.Delete(ctx, rongcloud.ConversationTagDeleteParams{UserID: "u1", TagIDs: []string{"t1", awkward}})
		}, json: `{"userId":"u1","tagIds":["t1","你好 😀 &=+%\"<>"]}`},
		{path: "/user/conversation/tag/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.Tag.List(ctx, awkward)
			return err
		}, form: formOf("userId", awkward)},
		{path: "/tag/conversation/set.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.AddConversations(ctx, tagging)
		}, json: taggingJSON},
		{path: "/tag/conversation/del.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.RemoveConversations(ctx, tagging)
		}, json: taggingJSON},
		{path: "/tag/conversation/get.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.Tag.ListConversations(ctx, rongcloud.ConversationTagConversationsQuery{UserID: "u1", TagID: awkward})
			return err
		}, form: formOf("userId", "u1", "tagId", awkward)},
	}
}

func TestConversationDecodes(t *testing.T) {
	t.Parallel()
	level := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Conversation.GetPushLevel(ctx, rongcloud.ConversationPushLevelQuery{UserID: "u1", Type: 1, TargetID: "u2"})
	}
	typeLevel := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Conversation.GetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelQuery{UserID: "u1", Type: 3})
	}
	attributes := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Conversation.GetAttributes(ctx, rongcloud.ConversationQuery{UserID: "u1", Type: rongcloud.ConversationGroup, TargetID: "g"})
	}
	tags := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Conversation.Tag.List(ctx, "u1")
	}
	tagged := func(ctx context.Context, client *rongcloud.Client) (any, error) {
		return client.Conversation.Tag.ListConversations(ctx, rongcloud.ConversationTagConversationsQuery{UserID: "u1", TagID: "t1"})
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
		call   func(context.Context, *rongcloud.Client) (any, error)
		answer string // what follows the code
		want   any
	}{
		{name: "level", call: level, answer: `,"isMuted":5`, want: rongcloud.PushLevelNone},
		{name: "level as text", call: level, answer: `,"isMuted":"0"`, want: rongcloud.PushLevelUnset},
		{name: "negative level", call: level, answer: `,"isMuted":-1`, want: rongcloud.PushLevelAll},
		{name: "negative level as text", call: level, answer: `,"isMuted":"-1"`, want: rongcloud.PushLevelAll},
		{name: "old switch", call: level, answer: `,"isMuted":true`, want: rongcloud.PushLevelMentions},
		{name: "no level", call: level, answer: ``, want: rongcloud.PushLevelUnset},
		{name: "level of a type", call: typeLevel, answer: `,"isMuted":4`, want: rongcloud.PushLevelAllMentions},
		{name: "level of a type as text", call: typeLevel, answer: `,"isMuted":"2"`, want: rongcloud.PushLevelUserMentions},

		{
			name: "attributes", call: attributes, answer: `,"data":{"targetId":"u2","conversationType":1,"top":{"top":true,"topTime":1767323045678},` +
				`"mute":{"mute":4},"tags":[{"tagId":"t1","tagName":"work","createTime":1767323045678}]}`, want: full,
		},
		{
			name: "attributes as texts", call: attributes, answer: `,"data":{"targetId":"u2","conversationType":"1","top":{"top":"true","topTime":"1767323045678"},` +
				`"mute":{"mute":"4"},"tags":[{"tagId":"t1","tagName":"work","createTime":"1767323045678"}]}`, want: full,
		},
		{name: "attributes never set", call: attributes, answer: `,"data":{"targetId":"g","conversationType":3}`, want: nothing},
		{name: "attributes null", call: attributes, answer: `,"data":{"top":null,"mute":null,"tags":null}`, want: nothing},
		{name: "attributes empty lists", call: attributes, answer: `,"data":{"top":[],"mute":""}`, want: nothing},
		{name: "no attributes", call: attributes, answer: ``, want: nothing},
		{
			name: "unpinned", call: attributes, answer: `,"data":{"top":{"top":false,"topTime":1767323045678}}`,
			want: &rongcloud.ConversationAttributes{Type: rongcloud.ConversationGroup, TargetID: "g", PinnedAt: at},
		},

		{
			name: "tags", call: tags, answer: `,"data":{"userId":"u1","tags":[{"tagId":"t1","tagName":"work","createTime":1767323045678}]}`,
			want: &rongcloud.ConversationTags{Tags: []rongcloud.ConversationTag{{ID: "t1", Name: "work", CreatedAt: at}}},
		},
		{
			name: "tags as texts", call: tags, answer: `,"data":{"tags":[{"tagId":1,"tagName":2,"createTime":"1767323045678"},{"tagId":"t2"}]}`,
			want: &rongcloud.ConversationTags{Tags: []rongcloud.ConversationTag{{ID: "1", Name: "2", CreatedAt: at}, {ID: "t2"}}},
		},
		{name: "no tags", call: tags, answer: `,"data":{"userId":"u1"}`, want: &rongcloud.ConversationTags{}},
		{name: "no data", call: tags, answer: `,"data":null`, want: &rongcloud.ConversationTags{}},

		{
			name: "tagged", call: tagged, answer: `,"data":{"tagId":"t1","conversations":[{"targetId":"u2","conversationType":1},{"targetId":"s","conversationType":6}]}`,
			want: conversations,
		},
		{
			name: "tagged by Java", call: tagged, answer: `,"data":{"userId":"u1","tagId":"t1","conversations":[{"targetId":"u2","conversationType":"1"},` +
				`{"targetId":"s","conversationType":"6"}]}`, want: conversations,
		},
		{name: "nothing tagged", call: tagged, answer: `,"data":{"tagId":"t1"}`, want: &rongcloud.TaggedConversations{}},
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
	top := func(params rongcloud.ConversationPinParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			require.Error(t, client.Conversation.Unpin(ctx, params))
			return client.Conversation.Pin(ctx, params)
		}
	}
	setLevel := func(params rongcloud.ConversationPushLevelSetParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetPushLevel(ctx, params)
		}
	}
	clearBefore := func(before time.Time) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.ClearHistory(ctx, rongcloud.ConversationClearHistoryParams{UserID: "u1", Type: 1, TargetID: "u2", Before: before})
		}
	}
	clearAll := func(params rongcloud.ConversationClearAllHistoryParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.ClearAllHistory(ctx, params)
		}
	}
	create := func(user string, tags ...rongcloud.ConversationTagParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.Create(ctx, rongcloud.ConversationTagCreateParams{UserID: user, Tags: tags})
		}
	}
	add := func(params rongcloud.ConversationTagConversationsParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.AddConversations(ctx, params)
		}
	}
	remove := func(params rongcloud.ConversationTagConversationsParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.RemoveConversations(ctx, params)
		}
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
		call                func(context.Context, *rongcloud.Client) error
	}{
		{name: "pin for nobody", field: "userId", reason: "is required", call: top(rongcloud.ConversationPinParams{Type: 1, TargetID: "u2"})},
		{
			name: "pin no kind", field: "conversationType", reason: "is required",
			call: top(rongcloud.ConversationPinParams{UserID: "u1", TargetID: "u2"}),
		},
		{name: "pin nothing", field: "targetId", reason: "is required", call: top(rongcloud.ConversationPinParams{UserID: "u1", Type: 1})},
		{
			name: "level for nobody", field: "requestId", reason: "is required",
			call: setLevel(rongcloud.ConversationPushLevelSetParams{Type: 1, TargetID: "u2", Level: 1}),
		},
		{
			name: "level of no kind", field: "conversationType", reason: "is required",
			call: setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", TargetID: "u2", Level: 1}),
		},
		{
			name: "level of nothing", field: "targetId", reason: "is required",
			call: setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", Type: 1, Level: 1}),
		},
		{
			name: "no level", field: "unpushLevel", reason: "ResetPushLevel",
			call: setLevel(rongcloud.ConversationPushLevelSetParams{UserID: "u1", Type: 1, TargetID: "u2"}),
		},
		{name: "no type level", field: "unpushLevel", reason: "ResetTypePushLevel", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelSetParams{UserID: "u1", Type: 1})
		}},
		{name: "reset for nobody", field: "requestId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.ResetPushLevel(ctx, rongcloud.ConversationPushLevelResetParams{Type: 1, TargetID: "u2"})
		}},
		{name: "whose level", field: "requestId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			level, err := client.Conversation.GetPushLevel(ctx, rongcloud.ConversationPushLevelQuery{Type: 1, TargetID: "u2"})
			require.Equal(t, rongcloud.PushLevelUnset, level)
			return err
		}},
		{name: "type level for nobody", field: "requestId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelSetParams{Type: 1, Level: 1})
		}},
		{name: "type level of no kind", field: "conversationType", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.SetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelSetParams{UserID: "u1", Level: 1})
		}},
		{name: "whose type level", field: "requestId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.GetTypePushLevel(ctx, rongcloud.ConversationTypePushLevelQuery{Type: 1})
			return err
		}},
		{name: "clear at no time", field: "msgTimestamp", reason: "is required", call: clearBefore(time.Time{})},
		{name: "clear at 0", field: "msgTimestamp", reason: "is required", call: clearBefore(time.UnixMilli(0))},
		{name: "clear before 0", field: "msgTimestamp", reason: "is required", call: clearBefore(time.Unix(-1, 0))},
		{
			name: "clear for nobody", field: "fromUserId", reason: "is required",
			call: clearAll(rongcloud.ConversationClearAllHistoryParams{Type: 1, TargetID: "u2"}),
		},
		{
			name: "clear no kind", field: "conversationType", reason: "is required",
			call: clearAll(rongcloud.ConversationClearAllHistoryParams{UserID: "u1", TargetID: "u2"}),
		},
		{
			name: "clear nothing", field: "targetId", reason: "is required",
			call: clearAll(rongcloud.ConversationClearAllHistoryParams{UserID: "u1", Type: 1}),
		},
		{name: "attributes of nobody", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.GetAttributes(ctx, rongcloud.ConversationQuery{Type: 1, TargetID: "u2"})
			return err
		}},

		{name: "tags of nobody", field: "userId", reason: "is required", call: create("", tags[0])},
		{name: "no tags", field: "tags", reason: "is required", call: create("u1")},
		{name: "21 tags", field: "tags", reason: "21 items, at most 20", call: create("u1", tags...)},
		{name: "a tag without ID", field: "tags", reason: "item 2 lacks", call: create("u1", tags[0], rongcloud.ConversationTagParams{Name: "n"})},
		{name: "a tag without name", field: "tags", reason: "item 1 lacks", call: create("u1", rongcloud.ConversationTagParams{ID: "t"})},
		{name: "delete no tags", field: "tagIds", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.Delete(ctx, rongcloud.ConversationTagDeleteParams{UserID: "u1"})
		}},
		{name: "delete an empty tag", field: "tagIds", reason: "item 1 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.Conversation.Tag.Delete(ctx, rongcloud.ConversationTagDeleteParams{UserID: "u1", TagIDs: []string{""}})
		}},
		{name: "list nobody's tags", field: "userId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.Tag.List(ctx, "")
			return err
		}},
		{
			name: "tag nothing", field: "conversations", reason: "is required",
			call: add(rongcloud.ConversationTagConversationsParams{UserID: "u1", TagID: "t"}),
		},
		{
			name: "tag with nothing", field: "tagId", reason: "is required",
			call: add(rongcloud.ConversationTagConversationsParams{UserID: "u1", Conversations: many[:1]}),
		},
		{
			name: "tag 101", field: "conversations", reason: "101 items, at most 100",
			call: add(rongcloud.ConversationTagConversationsParams{UserID: "u1", TagID: "t", Conversations: many}),
		},
		{name: "tag no target", field: "conversations", reason: "item 2 lacks", call: add(rongcloud.ConversationTagConversationsParams{
			UserID: "u1", TagID: "t", Conversations: []rongcloud.TaggedConversation{good, {Type: 1}},
		})},
		{name: "untag no kind", field: "conversations", reason: "item 1 lacks", call: remove(rongcloud.ConversationTagConversationsParams{
			UserID: "u1", TagID: "t", Conversations: []rongcloud.TaggedConversation{{TargetID: "u2"}},
		})},
		{
			name: "untag for nobody", field: "userId", reason: "is required",
			call: remove(rongcloud.ConversationTagConversationsParams{TagID: "t", Conversations: many[:1]}),
		},
		{name: "list no tag", field: "tagId", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.Conversation.Tag.ListConversations(ctx, rongcloud.ConversationTagConversationsQuery{UserID: "u1"})
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
