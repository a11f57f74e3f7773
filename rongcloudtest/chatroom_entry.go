package rongcloudtest

import (
	"encoding/json"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// roomEntry is an attribute of a chat room.
type roomEntry struct {
	key, value, owner string
	autoDelete        bool // deleted when its owner leaves the room
	setAt             time.Time
}

const (
	maxEntryKey   = 128
	maxEntryValue = 4096
)

var entryKey = regexp.MustCompile(`^[A-Za-z0-9+=_-]+$`)

var roomEntryHandlers = map[*endpoint.Endpoint]handler{
	endpoint.ChatroomEntrySet:         inRoom(entrySet),
	endpoint.ChatroomEntryBatchSet:    inRoom(entryBatchSet),
	endpoint.ChatroomEntryRemove:      inRoom(entryRemove),
	endpoint.ChatroomEntryBatchRemove: inRoom(entryBatchRemove),
	endpoint.ChatroomEntryQuery:       inRoom(entryQuery),
}

func (r *room) entry(key string) *roomEntry {
	i := slices.IndexFunc(r.entries, func(e *roomEntry) bool { return e.key == key })
	if i < 0 {
		return nil
	}
	return r.entries[i]
}

func (r *room) removeEntries(keys ...string) {
	r.entries = slices.DeleteFunc(r.entries, func(e *roomEntry) bool { return slices.Contains(keys, e.key) })
}

// parseEntries reads a JSON object of attributes.
func parseEntries(text string) (map[string]string, error) {
	var pairs map[string]string
	if json.Unmarshal([]byte(text), &pairs) != nil || len(pairs) == 0 {
		return nil, invalid("entryInfo is not a JSON object of strings")
	}
	return pairs, nil
}

// setEntries sets attributes, whoever owns them. If it returns a refusal, it has set none.
func (c *call) setEntries(r *room, owner string, pairs map[string]string, autoDelete bool) *answer {
	count := len(r.entries)
	for key, value := range pairs {
		var err error
		switch {
		case !entryKey.MatchString(key):
			err = invalid("%q is no name of an attribute", key)
		case len(key) > maxEntryKey:
			err = tooLong("the name of an attribute has %d characters, at most %d are allowed", len(key), maxEntryKey)
		case utf8.RuneCountInString(value) > maxEntryValue:
			err = tooLong("the attribute %s has %d characters, at most %d are allowed", key, utf8.RuneCountInString(value), maxEntryValue)
		}
		if err != nil {
			a := refuseError(err)
			return &a
		}
		if r.entry(key) == nil {
			count++
		}
	}
	if count > maxRoomEntries { // RongCloud's code for this is not documented
		a := refuseError(invalid("the chat room would have %d attributes, at most %d are allowed", count, maxRoomEntries))
		return &a
	}
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		e := r.entry(key)
		if e == nil {
			e = &roomEntry{key: key}
			r.entries = append(r.entries, e)
		}
		e.value, e.owner, e.autoDelete, e.setAt = pairs[key], owner, autoDelete, c.at
		c.tellEntry(r, key, e.value, owner, webhook.ChatroomEntryEventSet)
	}
	return nil
}

// owned refuses to touch another user's attribute, as documented for client apps. For the Server
// API, only the batch calls are documented to overwrite; the response of the single calls is not
// documented.
func (c *call) owned(r *room) *answer {
	e := r.entry(c.params.Get("key"))
	if e == nil || e.owner == c.params.Get("userId") {
		return nil
	}
	a := refuseError(invalid("the attribute %s belongs to %s", e.key, e.owner))
	return &a
}

// entryNotice reads the message that notifies the room of a change, and returns a function that
// sends it.
func (c *call) entryNotice(r *room) (send func(), err error) {
	out := outgoing{
		from: c.params.Get("userId"), objectName: c.params.Get("objectName"), content: c.params.Get("content"),
		conversation: conversation{Type: rongcloud.ConversationChatroom, TargetID: r.id}, stored: true, logged: true,
	}
	if out.objectName == "" {
		return func() {}, nil
	}
	if err := checkContent(out.objectName, out.content); err != nil {
		return nil, err
	}
	var body map[string]any
	if out.objectName == (rongcloud.ChatroomEntryNotification{}).ObjectName() {
		_ = json.Unmarshal([]byte(out.content), &body) // otherwise all three are missing
		for _, name := range []string{"type", "key", "value"} {
			if body[name] == nil {
				return nil, invalid("content of %s has no %s", out.objectName, name)
			}
		}
	}
	return func() {
		out.receivers = c.activeReceivers(r.id, out.from)
		c.send(out)
	}, nil
}

func entrySet(c *call, r *room) answer {
	if a := c.owned(r); a != nil {
		return *a
	}
	notify, err := c.entryNotice(r)
	if err != nil {
		return refuseError(err)
	}
	pairs := map[string]string{c.params.Get("key"): c.params.Get("value")}
	if a := c.setEntries(r, c.params.Get("userId"), pairs, c.params.Bool("autoDelete")); a != nil {
		return *a
	}
	notify()
	return ok()
}

func entryBatchSet(c *call, r *room) answer {
	pairs, err := parseEntries(c.params.Get("entryInfo"))
	if err != nil {
		return refuseError(err)
	}
	if a := c.setEntries(r, c.params.Get("entryOwnerId"), pairs, c.params.Bool("autoDelete")); a != nil {
		return *a
	}
	return ok()
}

// dropEntries removes attributes and reports those that existed.
func (c *call) dropEntries(r *room, user string, keys ...string) {
	for _, key := range keys {
		if r.entry(key) != nil {
			c.tellEntry(r, key, "", user, webhook.ChatroomEntryEventDeleted)
		}
	}
	r.removeEntries(keys...)
}

// entryRemove succeeds for an attribute that is not set; RongCloud may return an error.
func entryRemove(c *call, r *room) answer {
	if a := c.owned(r); a != nil {
		return *a
	}
	notify, err := c.entryNotice(r)
	if err != nil {
		return refuseError(err)
	}
	c.dropEntries(r, c.params.Get("userId"), c.params.Get("key"))
	notify()
	return ok()
}

func entryBatchRemove(c *call, r *room) answer {
	c.dropEntries(r, c.params.Get("entryOwnerId"), c.params.List("entryKeys")...)
	return ok()
}

func entryQuery(c *call, r *room) answer {
	type entry struct {
		Key         string `json:"key"`
		Value       string `json:"value"`
		UserID      string `json:"userId"`
		AutoDelete  string `json:"autoDelete"`
		LastSetTime string `json:"lastSetTime"`
	}
	entries := []entry{}
	for _, e := range r.entries {
		if c.params.Has("keys") && !slices.Contains(c.params.List("keys"), e.key) {
			continue
		}
		one := entry{e.key, e.value, e.owner, "0", strconv.FormatInt(e.setAt.UnixMilli(), 10)}
		if e.autoDelete {
			one.AutoDelete = "1"
		}
		entries = append(entries, one)
	}
	return ok(field{"keys", entries})
}
