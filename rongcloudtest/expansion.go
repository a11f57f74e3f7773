package rongcloudtest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxPairs        = 300 // per message; the endpoint table limits a call to 100
	maxPairsPerSend = 100
	maxPairKey      = 32
	maxPairValue    = 4096
)

var pairKey = regexp.MustCompile(`^[A-Za-z0-9+=_-]+$`)

// expansionEntry is one value attached to a message, as the query returns it.
type expansionEntry struct {
	Value string `json:"v"`
	Time  int64  `json:"ts"`
}

var expansionHandlers = map[*endpoint.Endpoint]handler{
	endpoint.MessageExpansionSet:    expansionSet((*call).expandable),
	endpoint.MessageExpansionDelete: expansionDelete((*call).expandable),
	endpoint.MessageExpansionQuery: expansionQuery(func(c *call) *kept {
		if m := c.messages.byUID[c.params.Get("msgUID")]; m != nil && !m.Recalled {
			return m
		}
		return nil
	}),
}

// parsePairs reads a JSON object of strings and checks its documented limits.
func parsePairs(name, text string) (map[string]string, error) {
	var pairs map[string]string
	if err := json.Unmarshal([]byte(text), &pairs); err != nil {
		return nil, invalid("%s is not a JSON object of strings", name)
	}
	if len(pairs) > maxPairsPerSend {
		return nil, invalid("%s has %d pairs, at most %d are allowed", name, len(pairs), maxPairsPerSend)
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		switch {
		case utf8.RuneCountInString(key) > maxPairKey:
			return nil, tooLong("%s: the key %s has more than %d characters", name, key, maxPairKey)
		case !pairKey.MatchString(key):
			return nil, invalid("%s: the key %q has characters that are not allowed", name, key)
		case utf8.RuneCountInString(pairs[key]) > maxPairValue:
			return nil, tooLong("%s: the value of %s has more than %d characters", name, key, maxPairValue)
		}
	}
	return pairs, nil
}

// extend attaches pairs to the message, replacing those with the same keys.
func (m *kept) extend(pairs map[string]string, at time.Time) {
	if m.expansion == nil && len(pairs) > 0 {
		m.expansion = map[string]expansionEntry{}
	}
	for key, value := range pairs {
		m.expansion[key] = expansionEntry{value, at.UnixMilli()}
	}
}

// values returns the data without its times.
func (m *kept) values() map[string]string {
	values := map[string]string{}
	for key, entry := range m.expansion {
		values[key] = entry.Value
	}
	return values
}

// pairs returns the data without its times, in the format of the history.
func (m *kept) pairs() string {
	text, _ := json.Marshal(m.values()) // strings only
	return string(text)
}

// expandable finds the message that a request wants to change, in the operator's view of the
// conversation.
func (c *call) expandable() (*kept, error) {
	uid, operator, target := c.params.Get("msgUID"), c.params.Get("userId"), c.params.Get("targetId")
	m := c.messages.byUID[uid]
	if m == nil || m.Recalled || int64(m.ConversationType) != c.params.Int("conversationType") {
		return nil, invalid("no message %s of that conversation type", uid)
	}
	matches := m.TargetID == target
	if m.ConversationType == rongcloud.ConversationPrivate {
		matches = matches && m.From == operator || m.From == target && m.TargetID == operator
	}
	switch {
	case !matches:
		return nil, invalid("the message %s is not in the conversation with %s", uid, target)
	case !m.expandable:
		return nil, notExpandable(uid)
	}
	return m, nil
}

func notExpandable(uid string) error {
	return invalid("the message %s was not sent with expansion true", uid)
}

// expansionSet returns a handler that attaches data to the message that find returns.
func expansionSet(find func(c *call) (*kept, error)) handler {
	return func(c *call) answer {
		m, err := find(c)
		if err != nil {
			return refuseError(err)
		}
		pairs, err := parsePairs("extraKeyVal", c.params.Get("extraKeyVal"))
		if err != nil {
			return refuseError(err)
		}
		total := len(m.expansion)
		for key := range pairs {
			if _, there := m.expansion[key]; !there {
				total++
			}
		}
		if total > maxPairs {
			return refuseError(invalid("extraKeyVal: the message would have %d pairs, at most %d are allowed", total, maxPairs))
		}
		m.extend(pairs, c.at)
		for _, value := range pairs {
			c.ledger.grow(m.element, paramSize+int64(len(value)))
		}
		c.ledger.trim()
		return ok()
	}
}

// expansionDelete returns a handler that removes data from the message that find returns.
func expansionDelete(find func(c *call) (*kept, error)) handler {
	return func(c *call) answer {
		m, err := find(c)
		if err != nil {
			return refuseError(err)
		}
		for _, key := range c.params.List("extraKey") {
			delete(m.expansion, key)
		}
		return ok()
	}
}

// expansionQuery returns a handler that responds with the data of the message that find returns.
// For an unknown message the response is empty, or an error in strict mode. All pairs fit on the
// first page, which is 0 or 1.
func expansionQuery(find func(c *call) *kept) handler {
	return func(c *call) answer {
		found := map[string]expansionEntry{}
		m := find(c)
		switch {
		case m == nil && c.config.strict:
			return refuseError(invalid("strict: no message %s", c.params.Get("msgUID")))
		case m != nil && c.params.Int("pageNo") <= 1:
			maps.Copy(found, m.expansion)
		}
		return ok(field{"extraContent", found})
	}
}
