package webhook

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"unicode/utf16"

	"github.com/rongcloud-go/rongcloud"
)

// Verdict says what happens to a message.
type Verdict int

// The verdicts.
const (
	VerdictAllow          Verdict = iota // deliver it, if it passes the other checks
	VerdictAllowUnchecked                // deliver it, and skip the other checks
	VerdictBlock                         // do not deliver it
)

// String names the verdict in English.
func (v Verdict) String() string {
	return nameOf("Verdict", int(v), 0, "allow", "allow unchecked", "block")
}

// maxExtra is how much text RongCloud passes to the sender, in characters.
const maxExtra = 1024

// Decision is the response to a [PreMessage]. Its zero value allows the message; returned with an
// error, it leaves the message to the fallback of [WithDecisionTimeout]. The fields other than
// Verdict and Text replace parts of the message, and are ignored if it is blocked. Replacing is
// enabled for services opened after 10 May 2021; for older ones RongCloud enables it on request.
// No page of RongCloud's confirms the wire names of the replacements.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/moderation/msgcb
type Decision struct {
	Verdict Verdict

	// Text is passed to the sender's client with VerdictBlock, up to 1024 characters.
	Text string

	Content     rongcloud.MessageContent // the new body; its object name must match the message's
	PushContent string                   // the new text of the push
	DisablePush *bool                    // true: no push
	PushOptions *rongcloud.PushOptions   // the new settings of the push
	Expansion   map[string]string        // the new data attached to the message
}

// Allow delivers the message if it passes RongCloud's other checks, such as sensitive words.
func Allow() Decision { return Decision{} }

// AllowUnchecked delivers the message and skips RongCloud's other checks.
func AllowUnchecked() Decision { return Decision{Verdict: VerdictAllowUnchecked} }

// Block keeps the message from being delivered. The sender's client gets the text, up to 1024
// characters.
func Block(text string) Decision { return Decision{Verdict: VerdictBlock, Text: text} }

// Replace delivers the message with another body of the same type, if it passes RongCloud's other
// checks.
func Replace(content rongcloud.MessageContent) Decision { return Decision{Content: content} }

// isSet reports whether a function has decided: with an error, the zero value is no decision.
func (d Decision) isSet() bool { return !reflect.ValueOf(d).IsZero() }

// fallbackFor applies a fallback to a message of the given type, which is empty if unknown. If the
// fallback has a content of another type, it blocks the message: the message must not pass
// unchanged, and clients could not read that content under the message's type.
func (d Decision) fallbackFor(objectName string) verdict {
	body, err := d.encode(objectName)
	if err != nil || d.Content != nil && objectName == "" {
		d = Block(d.Text)
		body, _ = d.encode("")
	}
	return verdict{d.Verdict, body}
}

// encode writes the response for a message of the given type, which is empty if unknown.
func (d Decision) encode(objectName string) ([]byte, error) {
	var answer struct {
		Pass         int    `json:"pass"`
		Extra        string `json:"extra,omitempty"`
		Content      string `json:"replaceContent,omitempty"`
		PushContent  string `json:"replacePushContent,omitempty"`
		DisablePush  *bool  `json:"replaceDisablePush,omitempty"`
		PushExt      string `json:"replacePushExt,omitempty"`
		ExtraContent string `json:"replaceExtraContent,omitempty"`
	}
	switch d.Verdict {
	case VerdictBlock:
		answer.Extra = truncate(d.Text, maxExtra)
		text, err := jsonText(answer)
		return []byte(text), err
	case VerdictAllow:
		answer.Pass = 1
	case VerdictAllowUnchecked:
		answer.Pass = 2
	default:
		return nil, fmt.Errorf("%v is not a verdict", d.Verdict)
	}
	var err error
	if answer.Content, err = bodyOf(d.Content, objectName); err != nil {
		return nil, err
	}
	if d.PushOptions != nil {
		if answer.PushExt, err = jsonText(d.PushOptions); err != nil {
			return nil, fmt.Errorf("push options: %w", err)
		}
	}
	if d.Expansion != nil {
		if answer.ExtraContent, err = jsonText(d.Expansion); err != nil {
			return nil, err
		}
	}
	answer.PushContent, answer.DisablePush = d.PushContent, d.DisablePush
	text, err := jsonText(answer)
	return []byte(text), err
}

// bodyOf encodes the content that replaces that of a message.
func bodyOf(content rongcloud.MessageContent, objectName string) (string, error) {
	if content == nil {
		return "", nil
	}
	switch raw := content.(type) {
	case rongcloud.RawContent:
		content = &raw
	case *rongcloud.RawContent:
		if raw == nil {
			return "", errors.New("the content is a nil pointer")
		}
	}
	if name := content.ObjectName(); objectName != "" && name != objectName {
		return "", fmt.Errorf("a %s cannot replace a %s", name, objectName)
	}
	if raw, ok := content.(*rongcloud.RawContent); ok {
		return raw.Body, nil
	}
	body, err := jsonText(content)
	if err != nil {
		return "", fmt.Errorf("content: %w", err)
	}
	return body, nil
}

// truncate shortens a text to a number of UTF-16 units. However RongCloud counts characters, the
// result is within that limit.
func truncate(text string, units int) string {
	for i, r := range text {
		if units -= utf16.RuneLen(r); units < 0 {
			return text[:i]
		}
	}
	return text
}

// jsonText encodes JSON without escaping <, > and &.
func jsonText(value any) (string, error) {
	var buf bytes.Buffer
	encoder := json.NewEncoder(&buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return "", err
	}
	return string(bytes.TrimSuffix(buf.Bytes(), []byte("\n"))), nil
}
