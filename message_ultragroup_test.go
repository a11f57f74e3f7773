package rongcloud

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMsgUltraGroupSends(t *testing.T) {
	t.Parallel()
	content := `"objectName":"RC:TxtMsg","content":"{\"content\":\"你好 😀 &=+%\\\"<>\"}"`
	msgSends(t, []msgCase{
		{what: "all", path: "/message/ultragroup/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.SendUltraGroup(ctx, UltraGroupMessage{
				From: "u1", To: []string{"g1"}, ToUserIDs: []string{"u2", "u3"}, ChannelID: "c", Content: messageText, Mentioned: true,
				PushContent: "p", PushData: "d", Push: messagePush, ContentAvailable: true, Persist: Ptr(false), Counted: Ptr(false),
				DisableUpdateLastMessage: true, Expandable: true, Expansion: messagePairs, IdempotencyKey: 1 << 62,
			})
			return err
		}, json: `{"fromUserId":"u1","toGroupIds":["g1"],"toUserIds":["u2","u3"],"busChannel":"c",` + content + `,"isMentioned":1,` +
			`"pushContent":"p","pushData":"d","pushExt":` + msgPushJSON + `,"contentAvailable":1,"isPersisted":0,"isCounted":0,` +
			`"disableUpdateLastMsg":true,"expansion":true,"extraContent":"{\"a\":\"<1>&\",\"b\":\"2\"}","msgRandom":4611686018427387904}`},
		{what: "none", path: "/message/ultragroup/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.SendUltraGroup(ctx, UltraGroupMessage{From: "u1", To: []string{"g1", "g2"}, Content: messageText})
			return err
		}, json: `{"fromUserId":"u1","toGroupIds":["g1","g2"],` + content + `}`},
		{what: "mention and expansion by themselves", path: "/message/ultragroup/publish.json", call: func(ctx context.Context, s *MessageService) error {
			_, err := s.SendUltraGroup(ctx, UltraGroupMessage{
				From: "u1", To: []string{"g1"}, Content: &TextMessage{Mention: &Mention{Type: MentionAll}}, Expansion: map[string]string{"k": "v"},
			})
			return err
		}, json: `{"fromUserId":"u1","toGroupIds":["g1"],"objectName":"RC:TxtMsg","content":"{\"content\":\"\",\"mentionedInfo\":{\"type\":1}}",` +
			`"isMentioned":1,"expansion":true,"extraContent":"{\"k\":\"v\"}"}`},
	})
}

func TestMsgUltraGroupArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, reason string
		message       UltraGroupMessage
	}{
		{field: "fromUserId", reason: "required", message: UltraGroupMessage{To: []string{"g"}, Content: messageText}},
		{field: "toGroupIds", reason: "required", message: UltraGroupMessage{From: "u", Content: messageText}},
		{field: "toGroupIds", reason: "4 items", message: UltraGroupMessage{From: "u", To: []string{"1", "2", "3", "4"}, Content: messageText}},
		{field: "toGroupIds", reason: "item 2 is empty", message: UltraGroupMessage{From: "u", To: []string{"1", ""}, Content: messageText}},
		{field: "content", reason: "required", message: UltraGroupMessage{From: "u", To: []string{"g"}}},
		{
			field: "content", reason: "at most",
			message: UltraGroupMessage{From: "u", To: []string{"g"}, Content: RawContent{"app:x", strings.Repeat("x", 128<<10+1)}},
		},
	} {
		msgRefused(t, c.field, c.reason, func(ctx context.Context, s *MessageService) error {
			_, err := s.SendUltraGroup(ctx, c.message)
			return err
		})
	}
	client, _ := msgAnswer(t, `{"code":200,"messageUIDs":[{"groupId":"g","messageUID":"A"}]}`)
	sent, err := client.Message.SendUltraGroup(t.Context(), UltraGroupMessage{From: "u", To: []string{"g"}, Content: messageText})
	require.NoError(t, err)
	require.Equal(t, "A", sent.UIDOf("g"))
}
