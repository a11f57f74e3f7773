package rongcloudtest

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

var templateHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessagePrivatePublishTemplate: func(c *call) answer {
		return c.publishTemplate(rongcloud.ConversationPrivate, c.willing)
	},
	endpoint.MessageSystemPublishTemplate: func(c *call) answer {
		return c.publishTemplate(rongcloud.ConversationSystem, itself)
	},
}

// publishTemplate sends every recipient their own message. A recipient who is listed twice gets
// the first.
func (c *call) publishTemplate(kind rongcloud.ConversationType, receivers func(target string) []string) answer {
	to := c.params.values["toUserId"]
	for _, name := range []string{"values", "pushContent", "pushData"} {
		if n := len(c.params.values[name]); c.params.Has(name) && n != len(to) {
			return refuseError(invalid("%s has %d items for %d in toUserId", name, n, len(to)))
		}
	}
	fillings := make([]placeholders, len(to))
	for i, text := range c.params.values["values"] {
		if err := json.Unmarshal([]byte(text), &fillings[i]); err != nil {
			return refuseError(invalid("values: item %d is not an object of strings", i+1))
		}
	}
	out, err := c.outgoing()
	if err != nil {
		return refuseError(err)
	}
	template := out.content
	var uids []map[string]string
	for i, target := range to {
		if slices.Contains(to[:i], target) {
			continue
		}
		out.conversation = conversation{Type: kind, TargetID: target}
		out.receivers = receivers(target)
		out.content = fillings[i].fillJSON(template)
		out.pushContent = fillings[i].fill(c.params.item("pushContent", i))
		out.pushData = fillings[i].fill(c.params.item("pushData", i))
		uids = append(uids, map[string]string{"userId": target, "messageUID": c.send(out).MessageUID})
	}
	return ok(field{"messageUIDs", uids})
}

// item returns the item of a list for one recipient, or empty if there is none.
func (p Params) item(name string, i int) string {
	if values := p.values[name]; i < len(values) {
		return values[i]
	}
	return ""
}

// placeholders has the text for each placeholder, whose key includes the braces.
type placeholders map[string]string

func (f placeholders) fill(text string) string {
	return f.replace(text, func(value string) string { return value })
}

// fillJSON escapes the values where the template is JSON, so that a quotation mark in one does not
// break the message.
func (f placeholders) fillJSON(template string) string {
	if !json.Valid([]byte(template)) {
		return f.fill(template)
	}
	return f.replace(template, func(value string) string {
		var b strings.Builder
		encoder := json.NewEncoder(&b)
		encoder.SetEscapeHTML(false)
		_ = encoder.Encode(value) // encoding a string cannot fail
		return strings.TrimSuffix(strings.TrimPrefix(b.String(), `"`), "\"\n")
	})
}

func (f placeholders) replace(text string, form func(string) string) string {
	var pairs []string
	for _, key := range slices.Sorted(maps.Keys(f)) {
		if key != "" {
			pairs = append(pairs, key, form(f[key]))
		}
	}
	return strings.NewReplacer(pairs...).Replace(text)
}
