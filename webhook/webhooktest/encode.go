package webhooktest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/internal/channeltype"
)

const (
	formType = "application/x-www-form-urlencoded; charset=UTF-8"
	jsonType = "application/json; charset=UTF-8"
)

// Encode writes the events as RongCloud sends them; see [App.Request]. An event of an unknown kind
// is encoded as its raw text.
func (a App) Encode(events ...webhook.Event) (contentType string, body []byte, err error) {
	if len(events) == 0 {
		return "", nil, errors.New("webhooktest: there is no event")
	}
	kind := events[0].Kind()
	for _, e := range events {
		if e.Kind() != kind {
			return "", nil, fmt.Errorf("webhooktest: a callback has one kind, not both %v and %v", kind, e.Kind())
		}
	}
	wrap := func(items []any) any { return items }
	switch kind {
	case webhook.KindUserStatus, webhook.KindChatroomStatus:
	case webhook.KindHostedGroupProfile, webhook.KindHostedGroupOperation:
		wrap = func(items []any) any { return map[string]any{"profiles": items} }
	default:
		if len(events) > 1 && kind != webhook.KindChatroomEntry {
			return "", nil, fmt.Errorf("webhooktest: RongCloud sends one %v at a time", kind)
		}
		if len(events) == 1 {
			wrap = func(items []any) any { return items[0] }
		}
	}
	switch e := events[0].(type) {
	case *webhook.Message:
		return formType, []byte(messageForm(e)), nil
	case *webhook.PreMessage:
		text, err := a.preMessageForm(e)
		return formType, []byte(text), err
	case *webhook.UserDeactivation:
		return formType, []byte(deactivationForm(e)), nil
	case *webhook.Unknown:
		if json.Valid(e.Raw) {
			return jsonType, e.Raw, nil
		}
		return formType, e.Raw, nil
	}
	var list []any
	for _, e := range events {
		item, err := a.object(e)
		if err != nil {
			return "", nil, err
		}
		list = append(list, item)
	}
	if a.GroupForm && (kind == webhook.KindHostedGroupProfile || kind == webhook.KindHostedGroupOperation) {
		text, err := marshal(list)
		return formType, []byte("profiles=" + url.QueryEscape(text)), err
	}
	text, err := marshal(wrap(list))
	return jsonType, []byte(text), err
}

// form encodes fields in the order of the catalogue.
type form struct{ strings.Builder }

func (f *form) set(name, value string) {
	if f.Len() > 0 {
		f.WriteByte('&')
	}
	f.WriteString(url.QueryEscape(name))
	f.WriteByte('=')
	f.WriteString(url.QueryEscape(value))
}

func (f *form) optional(name, value string) {
	if value != "" {
		f.set(name, value)
	}
}

// fromZero writes a value that begins at 1 in Go and at 0 on the wire.
func (f *form) fromZero(name string, value int) {
	if n := fromZero(value); n != nil {
		f.set(name, strconv.Itoa(*n))
	}
}

func (f *form) flag(name string, value bool) {
	if value {
		f.set(name, "true")
	}
}

func millis(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func digits(t time.Time) string { return strconv.FormatInt(millis(t), 10) }

func messageForm(m *webhook.Message) string {
	var f form
	f.set("fromUserId", m.From)
	f.set("toUserId", m.TargetID)
	f.set("objectName", m.ObjectName)
	f.set("content", m.Body)
	f.set("channelType", channeltype.Name(m.ConversationType))
	f.set("msgTimestamp", digits(m.SentAt))
	f.set("timestamp", digits(m.SentAt))
	f.set("msgUID", m.MessageUID)
	f.optional("originalMsgUID", m.OriginalMessageUID)
	f.set("sensitiveType", strconv.Itoa(int(m.SensitiveType)))
	f.set("source", string(m.Platform))
	f.optional("clientIp", m.ClientIP)
	f.optional("busChannel", m.ChannelID)
	for _, user := range m.ToUserIDs {
		f.set("groupUserIds", user)
	}
	f.flag("aiGenerated", m.AIGenerated)
	return f.String()
}

func (a App) preMessageForm(m *webhook.PreMessage) (string, error) {
	extra := ""
	if m.Expansion != nil {
		var err error
		if extra, err = marshal(m.Expansion); err != nil {
			return "", err
		}
	}
	var f form
	f.set("appKey", a.Key)
	f.set("fromUserId", m.From)
	f.set("targetId", m.TargetID)
	f.optional("toUserIds", strings.Join(m.ToUserIDs, ","))
	f.set("msgType", m.ObjectName)
	f.set("content", m.Body)
	f.optional("pushContent", m.PushContent)
	f.flag("disablePush", m.DisablePush)
	f.optional("pushExt", m.PushOptionsText)
	f.flag("expansion", m.Expandable)
	f.optional("extraContent", extra)
	f.set("channelType", channeltype.Name(m.ConversationType))
	f.set("msgTimeStamp", digits(m.SentAt))
	f.set("messageId", m.MessageUID)
	f.optional("originalMsgUID", m.OriginalMessageUID)
	f.set("os", string(m.Platform))
	f.optional("busChannel", m.ChannelID)
	f.set("clientIp", m.ClientIP)
	f.flag("aiGenerated", m.AIGenerated)
	return f.String(), nil
}

func deactivationForm(d *webhook.UserDeactivation) string {
	var f form
	f.set("userId", d.UserID)
	f.set("operateId", d.OperationID)
	f.fromZero("type", int(d.Type))
	f.set("code", d.Code)
	f.set("time", digits(d.OccurredAt))
	return f.String()
}

// marshal returns JSON as RongCloud writes it, without escaping <, > and &.
func marshal(value any) (string, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", fmt.Errorf("webhooktest: %w", err)
	}
	return strings.TrimSuffix(buf.String(), "\n"), nil
}
