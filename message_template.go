package rongcloud

import (
	"context"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// TemplateRecipient is one recipient of a template message, with everything specific to them.
type TemplateRecipient struct {
	UserID string
	// Replacements by placeholder, exactly as in the content, braces included: "{name}".
	Values map[string]string

	// PushContent and PushData are as in other messages, and may contain placeholders. Types that
	// users write have a default push text; others are not pushed to recipients without
	// PushContent.
	PushContent string
	PushData    string
}

// PrivateTemplate is a one-to-one message with different values for each recipient; see
// [MessageService.SendPrivateTemplate].
type PrivateTemplate struct {
	From       string // must have a token, or a push shows no sender
	Content    MessageContent
	Recipients []TemplateRecipient `wire:"toUserId"` // at most 1000

	// Push is the same for all recipients. RongCloud's SDKs disagree on how it is encoded; it is
	// sent as a list with an entry for each recipient, as in the Java SDK.
	Push             *PushOptions
	DisablePush      bool
	ContentAvailable bool // iOS: wake the app silently

	// Whether to sync to the sender's devices and history too.
	IncludeSender bool
	// As in PrivateMessage.
	VerifyBlacklist bool
	// Whether to keep it in the cloud history; true if nil. This does not affect offline delivery.
	Persist *bool
	// Whether it counts as unread; true if nil.
	Counted                  *bool
	DisableUpdateLastMessage bool
	// Whether to request a read receipt; for stored messages.
	NeedReadReceipt bool
	// Whether key-value data can be attached to the message later.
	Expandable bool

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// SystemTemplate is a system message with different values for each recipient; see
// [MessageService.SendSystemTemplate].
type SystemTemplate struct {
	From       string // must have a token, or a push shows no sender
	Content    MessageContent
	Recipients []TemplateRecipient `wire:"toUserId"` // at most 100

	// Push is the same for all recipients. RongCloud's SDKs disagree on how it is encoded; it is
	// sent as a list with an entry for each recipient, as in the Java SDK.
	Push             *PushOptions
	DisablePush      bool
	ContentAvailable bool // iOS: wake the app silently

	DisableUpdateLastMessage bool

	IdempotencyKey int64 `wire:"msgRandom"` // identifies this send; see WithIdempotentSends
}

// templateLists are the parameters that the API expects as lists of equal length. Push texts may be
// empty, so they are not a []string, whose items may not.
type templateLists struct {
	To          []string            `wire:"toUserId"`
	Content     MessageContent      `wire:"content"`
	Values      []map[string]string `wire:"values"`
	PushContent []any               `wire:"pushContent"`
	PushData    []any               `wire:"pushData"`
	Push        []string            `wire:"pushExt"`
}

type privateTemplate struct {
	_ [0]PrivateTemplate

	From string `wire:"fromUserId"`
	templateLists
	DisablePush              bool  `wire:"disablePush"`
	ContentAvailable         bool  `wire:"contentAvailable"`
	IncludeSender            bool  `wire:"isIncludeSender"`
	VerifyBlacklist          bool  `wire:"verifyBlacklist"`
	Persist                  *bool `wire:"isPersisted"`
	Counted                  *bool `wire:"isCounted"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	NeedReadReceipt          bool  `wire:"needReadReceipt"`
	Expandable               bool  `wire:"expansion"`
	MsgRandom                int64 `wire:"msgRandom"`
}

type systemTemplate struct {
	_ [0]SystemTemplate

	From string `wire:"fromUserId"`
	templateLists
	DisablePush              bool  `wire:"disablePush"`
	ContentAvailable         bool  `wire:"contentAvailable"`
	DisableUpdateLastMessage bool  `wire:"disableUpdateLastMsg"`
	MsgRandom                int64 `wire:"msgRandom"`
}

func newTemplateLists(content MessageContent, recipients []TemplateRecipient, push *PushOptions) (templateLists, error) {
	lists := templateLists{Content: content}
	if err := checkPlaceholders(content, recipients); err != nil {
		return lists, err
	}
	hasData := slices.ContainsFunc(recipients, func(r TemplateRecipient) bool { return r.PushData != "" })
	var pushExt string
	if push != nil {
		text, err := push.MarshalJSON()
		if err != nil {
			return lists, refuseWire("pushExt", "cannot be encoded as JSON: %v", err)
		}
		pushExt = string(text)
	}
	for _, r := range recipients {
		values := r.Values
		if values == nil {
			values = map[string]string{} // never null
		}
		lists.To = append(lists.To, r.UserID)
		lists.Values = append(lists.Values, values)
		lists.PushContent = append(lists.PushContent, r.PushContent)
		if hasData {
			lists.PushData = append(lists.PushData, r.PushData)
		}
		if push != nil {
			lists.Push = append(lists.Push, pushExt)
		}
	}
	return lists, nil
}

// checkPlaceholders refuses a recipient without a value for a text that is certainly a placeholder:
// it is in the content, and other recipients have a value for it. Placeholders have no syntax of
// their own, so the rest is left to the server.
func checkPlaceholders(content MessageContent, recipients []TemplateRecipient) error {
	if isNil(content) {
		return nil // the encoder refuses it
	}
	keys := map[string]bool{}
	for _, r := range recipients {
		for key := range r.Values {
			keys[key] = true
		}
	}
	text := ""
	for _, r := range recipients {
		if len(r.Values) == len(keys) {
			continue
		}
		if text == "" {
			body, err := contentText(content)
			if err != nil {
				return refuseWire("content", "cannot be encoded as JSON: %v", err)
			}
			text = body
		}
		for key := range keys {
			if _, ok := r.Values[key]; !ok && key != "" && strings.Contains(text, key) {
				return refuseField(nil, "TemplateRecipient.Values", "values", "the placeholder %q has no value for the user %q", key, r.UserID)
			}
		}
	}
	return nil
}

// contentText returns the body of a message as sent.
func contentText(content MessageContent) (string, error) {
	if err := checkContent(content); err != nil {
		return "", err
	}
	switch raw := content.(type) {
	case RawContent:
		return raw.Body, nil
	case *RawContent:
		return raw.Body, nil
	}
	body, err := plainJSON.Marshal(content)
	return string(body), err
}

// SendPrivateTemplate sends a one-to-one message to at most 1000 users, replacing placeholders with
// each user's own values. The quota is 6000 recipients per minute.
//
// A placeholder is any text, such as {name}, that is a key of a recipient's Values. A recipient
// without a value for a placeholder in the content is refused if others have one.
//
// The call fails with [ErrOutcomeUnknown] if the messages may have been delivered anyway: do not
// blindly send them again.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private-template
//
//rongcloud:endpoint POST /message/private/publish_template.json
func (s *MessageService) SendPrivateTemplate(ctx context.Context, template PrivateTemplate, opts ...CallOption) (*SendResult, error) {
	lists, err := newTemplateLists(template.Content, template.Recipients, template.Push)
	if err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.MessagePrivatePublishTemplate, (*privateTemplate)(nil)), opts)
	}
	return fetch[SendResult](ctx, s.client, endpoint.MessagePrivatePublishTemplate, template.request(lists, template.IdempotencyKey), opts)
}

func (t *PrivateTemplate) request(lists templateLists, random int64) *privateTemplate {
	return &privateTemplate{
		From: t.From, templateLists: lists, DisablePush: t.DisablePush, ContentAvailable: t.ContentAvailable,
		IncludeSender: t.IncludeSender, VerifyBlacklist: t.VerifyBlacklist, Persist: t.Persist,
		Counted: t.Counted, DisableUpdateLastMessage: t.DisableUpdateLastMessage,
		NeedReadReceipt: t.NeedReadReceipt, Expandable: t.Expandable, MsgRandom: random,
	}
}

// SendSystemTemplate sends a system message to at most 100 users, replacing placeholders with each
// user's own values, as [MessageService.SendPrivateTemplate] does. The quota is 100 recipients per
// second, so a single call can use it up.
//
// The call fails with [ErrOutcomeUnknown] if the messages may have been delivered anyway: do not
// blindly send them again.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private-template
//
//rongcloud:endpoint POST /message/system/publish_template.json
func (s *MessageService) SendSystemTemplate(ctx context.Context, template SystemTemplate, opts ...CallOption) (*SendResult, error) {
	lists, err := newTemplateLists(template.Content, template.Recipients, template.Push)
	if err != nil {
		return nil, refused(ctx, s.client, inParams(err, endpoint.MessageSystemPublishTemplate, (*systemTemplate)(nil)), opts)
	}
	return fetch[SendResult](ctx, s.client, endpoint.MessageSystemPublishTemplate, template.request(lists, template.IdempotencyKey), opts)
}

func (t *SystemTemplate) request(lists templateLists, random int64) *systemTemplate {
	return &systemTemplate{
		From: t.From, templateLists: lists, DisablePush: t.DisablePush, ContentAvailable: t.ContentAvailable,
		DisableUpdateLastMessage: t.DisableUpdateLastMessage, MsgRandom: random,
	}
}
