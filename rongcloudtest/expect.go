package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Want describes a message for [Server.ExpectSent]. Zero fields match anything.
type Want struct {
	ConversationType rongcloud.ConversationType
	From, TargetID   string // TargetID is a user, group, chat room or ultra group
	ChannelID        string // of an ultra group
	ObjectName       string
	Content          rongcloud.MessageContent // compared as JSON, with its object name
	RecipientIDs     []string                 // in any order
}

// ExpectSent fails t with a diff unless the server accepted exactly these messages, in this order,
// and reports whether it did. It compares all of [Server.Sent].
func (s *Server) ExpectSent(t TB, want ...Want) bool {
	t.Helper()
	return expect(t, "messages sent", want, s.Sent(), Want.matches, Want.String, describeSent)
}

// ExpectRequests fails t with a diff unless the server received exactly one request to each of
// these endpoints, in this order, and reports whether it did. It compares all of
// [Server.Requests].
func (s *Server) ExpectRequests(t TB, want ...*endpoint.Endpoint) bool {
	t.Helper()
	is := func(ep *endpoint.Endpoint, r Request) bool { return ep == r.Endpoint }
	return expect(t, "requests", want, s.Requests(), is, (*endpoint.Endpoint).String, describeRequest)
}

func (w Want) matches(m SentMessage) bool {
	same := func(want, got string) bool { return want == "" || want == got }
	switch {
	case w.ConversationType != 0 && w.ConversationType != m.ConversationType,
		!same(w.From, m.From), !same(w.TargetID, m.TargetID), !same(w.ChannelID, m.ChannelID), !same(w.ObjectName, m.ObjectName):
		return false
	case w.RecipientIDs != nil && !slices.Equal(sorted(w.RecipientIDs), sorted(m.RecipientIDs)):
		return false
	case w.Content == nil:
		return true
	}
	name, body := contentOf(w.Content)
	return name == m.ObjectName && sameJSON(body, m.Body)
}

// String describes the wanted message as a line of a diff.
func (w Want) String() string {
	name, body := w.ObjectName, ""
	if w.Content != nil {
		name, body = contentOf(w.Content)
	}
	kind := "any"
	if w.ConversationType != 0 {
		kind = w.ConversationType.String()
	}
	return line(kind, w.From, w.TargetID, w.ChannelID, name, body, w.RecipientIDs)
}

func describeSent(m SentMessage) string {
	text := line(m.ConversationType.String(), m.From, m.TargetID, m.ChannelID, m.ObjectName, m.Body, m.RecipientIDs)
	switch {
	case m.Recalled:
		text += ", recalled"
	case m.Blocked:
		text += ", blocked by a sensitive word"
	case len(m.RecipientIDs) == 0:
		text += ", received by nobody"
	}
	return text
}

func line(kind, from, to, channel, name, body string, receivers []string) string {
	if channel != "" {
		to += "/" + channel
	}
	text := strings.TrimRight(fmt.Sprintf("%s %s to %s %s %s", kind, orAny(from), orAny(to), orAny(name), body), " ")
	if len(receivers) > 0 {
		text += ", received by " + strings.Join(receivers, " ")
	}
	return text
}

func orAny(text string) string {
	if text == "" {
		return "any"
	}
	return text
}

func describeRequest(r Request) string {
	text := r.Method + " " + r.Path
	if r.Status == 0 {
		text += ": no answer"
	} else {
		text += fmt.Sprintf(": %d, code %d", r.Status, r.Code)
	}
	if r.Fault {
		text += ", fault"
	}
	return text
}

func sorted(items []string) []string { return slices.Sorted(slices.Values(items)) }

// contentOf returns the object name and body of a content as sent.
func contentOf(c rongcloud.MessageContent) (name, body string) {
	if raw, ok := c.(rongcloud.RawContent); ok {
		return raw.Name, raw.Body
	}
	data, err := json.Marshal(c)
	if err != nil {
		return c.ObjectName(), err.Error()
	}
	return c.ObjectName(), string(data)
}

// sameJSON compares JSON documents by meaning, and other text literally.
func sameJSON(a, b string) bool {
	var x, y any
	if json.Unmarshal([]byte(a), &x) != nil || json.Unmarshal([]byte(b), &y) != nil {
		return a == b
	}
	return reflect.DeepEqual(x, y)
}

// expect compares two lists and reports a line diff based on their longest common subsequence.
func expect[W, G any](t TB, what string, want []W, got []G, matches func(W, G) bool, wanted func(W) string, describe func(G) string) bool {
	t.Helper()
	// length of the longest common subsequence of want[i:] and got[j:]
	common := make([][]int, len(want)+1)
	for i := range common {
		common[i] = make([]int, len(got)+1)
	}
	for i, w := range slices.Backward(want) {
		for j, g := range slices.Backward(got) {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if matches(w, g) {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	if len(want) == len(got) && common[0][0] == len(got) {
		return true
	}
	var b strings.Builder
	for i, j := 0, 0; i < len(want) || j < len(got); {
		switch {
		case i < len(want) && j < len(got) && matches(want[i], got[j]):
			b.WriteString("  " + describe(got[j]) + "\n")
			i++
			j++
		case j == len(got) || i < len(want) && common[i+1][j] >= common[i][j+1]:
			b.WriteString("- " + wanted(want[i]) + "\n")
			i++
		default:
			b.WriteString("+ " + describe(got[j]) + "\n")
			j++
		}
	}
	t.Errorf("%s, - wanted, + got:\n%s", what, b.String())
	return false
}
