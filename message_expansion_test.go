package rongcloud

import (
	"context"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMsgExpansionSends(t *testing.T) {
	t.Parallel()
	msgSends(t, []msgCase{
		{what: "all", path: "/message/expansion/set.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Expansion.Set(ctx, MessageExpansionSetParams{
				MessageUID: "UID-1", UserID: "u1", ConversationType: ConversationGroup, TargetID: "g1", Values: messagePairs, SyncSender: true,
			})
		}, form: msgForm("msgUID", "UID-1", "userId", "u1", "conversationType", "3", "targetId", "g1", "extraKeyVal", messagePairForm[0], "isSyncSender", "1")},
		{what: "none", path: "/message/expansion/set.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Expansion.Set(ctx, MessageExpansionSetParams{
				MessageUID: "UID-1", UserID: "u1", ConversationType: ConversationPrivate, TargetID: "u2", Values: map[string]string{"k": ""},
			})
		}, form: msgForm("msgUID", "UID-1", "userId", "u1", "conversationType", "1", "targetId", "u2", "extraKeyVal", `{"k":""}`)},
		{what: "all", path: "/message/expansion/delete.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Expansion.Delete(ctx, MessageExpansionDeleteParams{
				MessageUID: "UID-1", UserID: "u1", ConversationType: ConversationGroup, TargetID: "g1", Keys: []string{"a", `"b"&,`}, SyncSender: true,
			})
		}, form: msgForm("msgUID", "UID-1", "userId", "u1", "conversationType", "3", "targetId", "g1", "extraKey", `["a","\"b\"&,"]`, "isSyncSender", "1")},
		{what: "none", path: "/message/expansion/delete.json", call: func(ctx context.Context, s *MessageService) error {
			return s.Expansion.Delete(ctx, MessageExpansionDeleteParams{
				MessageUID: "UID-1", UserID: "u1", ConversationType: ConversationPrivate, TargetID: "u2", Keys: []string{"a"},
			})
		}, form: msgForm("msgUID", "UID-1", "userId", "u1", "conversationType", "1", "targetId", "u2", "extraKey", `["a"]`)},
		{what: "all", path: "/message/expansion/query.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Expansion.List(ctx, MessageExpansionQuery{MessageUID: "UID-1", Page: 2})
			return err
		}, form: msgForm("msgUID", "UID-1", "pageNo", "2")},
		{what: "none", path: "/message/expansion/query.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.Expansion.List(ctx, MessageExpansionQuery{MessageUID: "UID-1"})
			return err
		}, form: msgForm("msgUID", "UID-1")},
	})
}

func TestMsgExpansionArguments(t *testing.T) {
	t.Parallel()
	many := map[string]string{}
	var keys []string
	for i := range 101 {
		keys = append(keys, strconv.Itoa(i))
		many[keys[i]] = "v"
	}
	change := MessageExpansionSetParams{MessageUID: "UID", UserID: "u", ConversationType: ConversationPrivate, TargetID: "t", Values: messagePairs}
	removal := MessageExpansionDeleteParams{MessageUID: "UID", UserID: "u", ConversationType: ConversationPrivate, TargetID: "t", Keys: keys[:1]}
	for _, c := range []struct {
		field, reason string
		set           func(*MessageExpansionSetParams)
		remove        func(*MessageExpansionDeleteParams)
	}{
		{
			field: "msgUID", reason: "required", set: func(c *MessageExpansionSetParams) { c.MessageUID = "" },
			remove: func(r *MessageExpansionDeleteParams) { r.MessageUID = "" },
		},
		{
			field: "userId", reason: "required", set: func(c *MessageExpansionSetParams) { c.UserID = "" },
			remove: func(r *MessageExpansionDeleteParams) { r.UserID = "" },
		},
		{
			field: "targetId", reason: "required", set: func(c *MessageExpansionSetParams) { c.TargetID = "" },
			remove: func(r *MessageExpansionDeleteParams) { r.TargetID = "" },
		},
		{
			field: "conversationType", reason: "required", set: func(c *MessageExpansionSetParams) { c.ConversationType = 0 },
			remove: func(r *MessageExpansionDeleteParams) { r.ConversationType = 0 },
		},
		{field: "extraKeyVal", reason: "required", set: func(c *MessageExpansionSetParams) { c.Values = nil }},
		{field: "extraKeyVal", reason: "required", set: func(c *MessageExpansionSetParams) { c.Values = map[string]string{} }},
		{field: "extraKeyVal", reason: "101 items", set: func(c *MessageExpansionSetParams) { c.Values = many }},
		{field: "extraKey", reason: "required", remove: func(r *MessageExpansionDeleteParams) { r.Keys = nil }},
		{field: "extraKey", reason: "101 items", remove: func(r *MessageExpansionDeleteParams) { r.Keys = keys }},
		{field: "extraKey", reason: "item 1 is empty", remove: func(r *MessageExpansionDeleteParams) { r.Keys = []string{""} }},
	} {
		if c.set != nil {
			changed := change
			c.set(&changed)
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error { return s.Expansion.Set(ctx, changed) })
		}
		if c.remove != nil {
			changed := removal
			c.remove(&changed)
			msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error { return s.Expansion.Delete(ctx, changed) })
		}
	}
	msgRefused(t, "msgUID", "required", func(ctx context.Context, s *MessageService) error {
		_, err := s.Expansion.List(ctx, MessageExpansionQuery{})
		return err
	})
}

func TestMsgExpansionDecodes(t *testing.T) {
	t.Parallel()
	two := map[string]ExpansionValue{"a": {"1", 33831605613}, "b": {"2", 0}}
	for answer, want := range map[string]map[string]ExpansionValue{
		`{"code":200,"extraContent":{"a":{"v":"1","ts":33831605613},"b":{"v":"2"}}}`:                     two,
		`{"code":200,"extraContent":{"a":{"v":1,"ts":"33831605613"},"b":"2"}}`:                           two,
		`{"code":200,"extraContent":"{\"a\":{\"v\":\"1\",\"ts\":33831605613},\"b\":{\"v\":2,\"x\":1}}"}`: two,
		`{"code":200,"extraContent":{"a":{"v":"1","ts":33831605613},"b":2,"c":null}}`:                    {"a": two["a"], "b": two["b"], "c": {}},
		`{"code":200,"extraContent":{}}`:                                                                 {},
		`{"code":200,"extraContent":""}`:                                                                 {},
		`{"code":200}`:                                                                                   nil,
		`{"code":200,"extraContent":[]}`:                                                                 {},
	} {
		client, _ := msgAnswer(t, answer)
		got, err := client.Message.Expansion.List(t.Context(), MessageExpansionQuery{MessageUID: "UID"})
		require.NoError(t, err, answer)
		require.Equal(t, want, got.Entries, answer)
	}
	require.Equal(t, map[string]string{"a": "1", "b": "2"}, (&MessageExpansionPage{Entries: two}).Values())
	client, _ := msgAnswer(t, `{"code":200,"extraContent":{"a":{"v":"1","ts":"late"}}}`)
	_, err := client.Message.Expansion.List(t.Context(), MessageExpansionQuery{MessageUID: "UID"})
	require.ErrorContains(t, err, "ts")
}
