package webhook

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// BotEventType is what happened to a bot. Values not listed here are possible.
type BotEventType string

// The known bot events.
const (
	BotEventPrivateMessage  BotEventType = "message:private"
	BotEventMentioned       BotEventType = "message:group_mentioned"
	BotEventPrivateRecall   BotEventType = "message:private_recall"
	BotEventMentionedRecall BotEventType = "message:group_mentioned_recall"
	BotEventPrivateRead     BotEventType = "message:private_read"
	BotEventGroupRead       BotEventType = "message:group_read"
	BotEventJoinedGroup     BotEventType = "group:bot_join"
	BotEventLeftGroup       BotEventType = "group:bot_left"
	BotEventGroupDismissed  BotEventType = "group:dismiss"
	BotEventGroupUserJoined BotEventType = "group:user_join"
	BotEventGroupUserLeft   BotEventType = "group:user_left"
	botMessageEventType                  = "message:"
)

// Bot is the bot that a [BotEvent] belongs to.
type Bot struct {
	UserID      string            // userId
	Name        string            // name
	PortraitURL string            // profileUrl
	Type        string            // type
	Metadata    map[string]string // metadata: the app's own
}

// BotEvent reports that a user wrote to a bot or mentioned it, or that one of the bot's groups
// changed. It goes to the URL that was set for the bot, not to one set in the console.
//
// Repeats have the same Type, OccurredAt and Data.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/bot/callback-channels/bot-callback-webhook
type BotEvent struct {
	Envelope

	Type       BotEventType // type
	OccurredAt time.Time    // timestamp
	Bot        Bot          // bot
	// data: depends on the type, and is not documented for all; see [BotEvent.Message]
	Data json.RawMessage
}

// Kind returns [KindBotEvent].
func (*BotEvent) Kind() Kind { return KindBotEvent }

// Message reads the message of an event whose type begins with "message:", and returns nil for
// others. Fields that RongCloud did not send are empty.
func (e *BotEvent) Message() *Message {
	if !strings.HasPrefix(string(e.Type), botMessageEventType) {
		return nil
	}
	f, err := jsonFields(e.Data)
	if err != nil {
		return nil
	}
	m := readMessage(f).(*Message)
	m.Envelope = e.Envelope
	return m
}

// Content decodes the message of a message event, like [Message.Content]. For other events it is
// nil.
func (e *BotEvent) Content() (rongcloud.MessageContent, error) {
	if m := e.Message(); m != nil {
		return m.Content()
	}
	return nil, nil
}

func (e *BotEvent) key() string { return joinKey("bot", e.Bot.UserID) }

func readBotEvent(f *fields) Event {
	bot, _ := f.sub("bot")
	e := &BotEvent{
		Type:       BotEventType(f.required("type")),
		OccurredAt: f.time("timestamp"),
		Bot: Bot{
			UserID:      bot.text("userId"),
			Name:        bot.text("name"),
			PortraitURL: bot.text("profileUrl"),
			Type:        bot.text("type"),
			Metadata:    bot.texts("metadata"),
		},
		Data: f.json("data"),
	}
	f.join("bot", bot)
	return e
}
