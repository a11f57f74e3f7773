package rongcloudtest

import (
	"encoding/json"
	"slices"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

var streamHandlers = map[*endpoint.Endpoint]handler{endpoint.V3MessagePrivatePublishStream: publishStream}

// stream is a message that is sent in pieces.
type stream struct {
	first  map[string]json.RawMessage // the first piece, whose other fields apply to all
	pieces map[int64]piece
	last   int64 // number of the last piece, 0 while unknown
}

type piece struct {
	Content  string          `json:"content"`
	Seq      int64           `json:"seq"`
	Complete *bool           `json:"complete"`
	Reason   json.RawMessage `json:"completeReason"`
	UID      string          `json:"messageUID"`
}

// publishStream accepts pieces in any order after the first, shows the text up to the first gap,
// and ignores repeated pieces. Once all have arrived, it refuses more. None of this is documented.
func publishStream(c *call) answer {
	text := []byte(c.params.Get("content"))
	var p piece
	if err := json.Unmarshal(text, &p); err != nil || p.Seq < 1 || p.Complete == nil {
		return refuseError(invalid("content: seq and complete are required, and content is a string"))
	}
	switch {
	case p.Reason != nil && !*p.Complete && c.config.strict:
		return refuseError(invalid("strict: completeReason is allowed with complete only"))
	case p.UID == "" && p.Seq != 1:
		return refuseError(invalid("content: messageUID is required from the second piece on"))
	case p.UID == "":
		return c.beginStream(text, p)
	}
	s, m := c.messages.streams[p.UID], c.messages.byUID[p.UID]
	if s == nil || m.From != c.params.Get("fromUserId") || m.TargetID != c.params.Get("toUserId") {
		return refuseError(invalid("no stream %s from that user to that user", p.UID))
	}
	if _, again := s.pieces[p.Seq]; again {
		return ok()
	}
	if m.Recalled || s.last > 0 && (p.Seq > s.last || *p.Complete) {
		return refuseError(invalid("the stream %s has ended", p.UID))
	}
	s.add(p)
	c.rewrite(m, m.ObjectName, s.body())
	return ok()
}

func (c *call) beginStream(text []byte, p piece) answer {
	s := &stream{pieces: map[int64]piece{}}
	_ = json.Unmarshal(text, &s.first) // decoded as an object before
	s.add(p)
	out, err := c.outgoing()
	if err == nil && c.params.Has("extraContent") {
		out.expandable = true // streams have no switch for it
		out.expansion, err = parsePairs("extraContent", c.params.Get("extraContent"))
	}
	if err != nil {
		return refuseError(err)
	}
	out.conversation = conversation{Type: rongcloud.ConversationPrivate, TargetID: c.params.Get("toUserId")}
	out.receivers = []string{c.params.Get("toUserId")}
	out.content = s.body()
	m := c.send(out)
	c.messages.streams[m.MessageUID] = s
	return ok(field{"messageUID", m.MessageUID})
}

func (s *stream) add(p piece) {
	s.pieces[p.Seq] = p
	if *p.Complete {
		s.last = p.Seq
	}
}

// body returns the message as far as it has arrived, in the format of its pieces.
func (s *stream) body() string {
	var text []byte
	var seq int64
	for next, there := s.pieces[1]; there; next, there = s.pieces[seq+1] {
		text = append(text, next.Content...)
		seq = next.Seq
	}
	body := map[string]any{}
	for name, value := range s.first {
		if !slices.Contains([]string{"messageUID", "completeReason"}, name) {
			body[name] = value
		}
	}
	body["content"], body["seq"], body["complete"] = string(text), seq, seq == s.last
	if reason := s.pieces[s.last].Reason; seq == s.last && reason != nil {
		body["completeReason"] = reason
	}
	encoded, _ := json.Marshal(body) // built from JSON
	return string(encoded)
}
