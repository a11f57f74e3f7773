package rongcloudtest

import (
	"encoding/json"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const (
	maxConversationTags = 20
	maxTagged           = 1000 // conversations per tag
	maxTagID            = 10
	maxTagName          = 15
)

// conversations holds what users have set for their conversations.
type conversations struct {
	pins   map[userConversation]pin
	levels map[userConversation]int64 // the target "" means the whole type
	tags   map[string][]*conversationTag
}

func newConversations() conversations {
	return conversations{map[userConversation]pin{}, map[userConversation]int64{}, map[string][]*conversationTag{}}
}

type userConversation struct {
	user string
	conversation
}

type pin struct {
	Top  bool  `json:"top"`
	Time int64 `json:"topTime"`
}

type conversationTag struct {
	id, name string
	created  time.Time
	members  []conversation // oldest first
}

func (c *conversations) tag(user, id string) *conversationTag {
	for _, tag := range c.tags[user] {
		if tag.id == id {
			return tag
		}
	}
	return nil
}

var conversationHandlers = map[*endpoint.Endpoint]handler{
	endpoint.ConversationTopSet:              topSet,
	endpoint.ConversationNotificationSet:     levelSet,
	endpoint.ConversationNotificationGet:     levelGet,
	endpoint.ConversationTypeNotificationSet: levelSet,
	endpoint.ConversationTypeNotificationGet: levelGet,
	endpoint.ConversationAttributeGet:        attributeGet,
	endpoint.UserConversationTagSet:          conversationTagSet,
	endpoint.UserConversationTagDel:          conversationTagDel,
	endpoint.UserConversationTagGet:          conversationTagGet,
	endpoint.TagConversationSet:              taggedSet,
	endpoint.TagConversationDel:              taggedDel,
	endpoint.TagConversationGet:              taggedGet,
}

// key returns the conversation that the request names.
func (c *call) key(userParam string) userConversation {
	return userConversation{c.params.Get(userParam), conversation{
		Type: rongcloud.ConversationType(c.params.Int("conversationType")), TargetID: c.params.Get("targetId"), ChannelID: c.params.Get("busChannel"),
	}}
}

func topSet(c *call) answer {
	c.conversations.pins[c.key("userId")] = pin{c.params.Bool("setTop"), c.at.UnixMilli()}
	return ok()
}

// levelSet handles single conversations and, without a target, whole types. The old isMuted
// becomes the level with the same number.
func levelSet(c *call) answer {
	level := "unpushLevel"
	if !c.params.Has(level) {
		level = "isMuted"
	}
	if !c.params.Has(level) {
		return refuseError(invalid("unpushLevel is required"))
	}
	c.conversations.levels[c.key("requestId")] = c.params.Int(level)
	return ok()
}

// levelGet returns the level set for exactly this target, not the one that results from
// conversation and type; 0 if none was set.
func levelGet(c *call) answer {
	return ok(field{"isMuted", c.conversations.levels[c.key("requestId")]})
}

type mute struct {
	Level int64 `json:"mute"`
}

type tagEntry struct {
	ID      string `json:"tagId"`
	Name    string `json:"tagName"`
	Created *int64 `json:"createTime,omitempty"`
}

func attributeGet(c *call) answer {
	type data struct {
		TargetID         string                     `json:"targetId"`
		ConversationType rongcloud.ConversationType `json:"conversationType"`
		Top              *pin                       `json:"top,omitempty"`
		Mute             *mute                      `json:"mute,omitempty"`
		Tags             []tagEntry                 `json:"tags"`
	}
	key := c.key("userId")
	d := data{TargetID: key.TargetID, ConversationType: key.Type, Tags: []tagEntry{}}
	if top, set := c.conversations.pins[key]; set {
		d.Top = &top
	}
	if level, set := c.conversations.levels[key]; set {
		d.Mute = &mute{level}
	}
	for _, tag := range c.conversations.tags[key.user] {
		if slices.Contains(tag.members, key.conversation) {
			d.Tags = append(d.Tags, tagEntry{ID: tag.id, Name: tag.name})
		}
	}
	return ok(field{"data", d})
}

// conversationTagSet renames a tag that exists; what RongCloud does is not documented.
func conversationTagSet(c *call) answer {
	user := c.params.Get("userId")
	var tags []tagEntry
	added := map[string]bool{}
	for i, text := range c.params.values["tags"] {
		var tag tagEntry
		if json.Unmarshal([]byte(text), &tag) != nil || tag.ID == "" || tag.Name == "" {
			return refuseError(invalid("tags: item %d needs tagId and tagName", i+1))
		}
		if utf8.RuneCountInString(tag.ID) > maxTagID || utf8.RuneCountInString(tag.Name) > maxTagName {
			return refuseError(tooLong("tags: tagId or tagName of item %d is too long", i+1))
		}
		if c.conversations.tag(user, tag.ID) == nil {
			added[tag.ID] = true
		}
		tags = append(tags, tag)
	}
	if n := len(c.conversations.tags[user]) + len(added); n > maxConversationTags {
		return refuseError(invalid("the user would have %d tags, at most %d are allowed", n, maxConversationTags))
	}
	for _, tag := range tags {
		if old := c.conversations.tag(user, tag.ID); old != nil {
			old.name = tag.Name
			continue
		}
		c.conversations.tags[user] = append(c.conversations.tags[user], &conversationTag{id: tag.ID, name: tag.Name, created: c.at})
	}
	return ok()
}

func conversationTagDel(c *call) answer {
	user, ids := c.params.Get("userId"), c.params.List("tagIds")
	c.conversations.tags[user] = slices.DeleteFunc(c.conversations.tags[user], func(tag *conversationTag) bool {
		return slices.Contains(ids, tag.id)
	})
	return ok()
}

func conversationTagGet(c *call) answer {
	type data struct {
		UserID string     `json:"userId"`
		Tags   []tagEntry `json:"tags"`
	}
	d := data{c.params.Get("userId"), []tagEntry{}}
	for _, tag := range c.conversations.tags[d.UserID] {
		created := tag.created.UnixMilli()
		d.Tags = append(d.Tags, tagEntry{tag.id, tag.name, &created})
	}
	return ok(field{"data", d})
}

type taggedEntry struct {
	TargetID         string                     `json:"targetId"`
	ConversationType rongcloud.ConversationType `json:"conversationType"`
}

// tagged reads the conversations that the request names.
func (c *call) tagged() ([]conversation, error) {
	var found []conversation
	for i, text := range c.params.values["conversations"] {
		var one taggedEntry
		if json.Unmarshal([]byte(text), &one) != nil || one.TargetID == "" || !slices.Contains([]rongcloud.ConversationType{1, 3, 6}, one.ConversationType) {
			return nil, invalid("conversations: item %d needs targetId, and 1, 3 or 6 as conversationType", i+1)
		}
		found = append(found, conversation{Type: one.ConversationType, TargetID: one.TargetID})
	}
	return found, nil
}

func taggedSet(c *call) answer {
	added, err := c.tagged()
	tag := c.conversations.tag(c.params.Get("userId"), c.params.Get("tagId"))
	if err == nil && tag == nil {
		err = invalid("the user has no tag %s", c.params.Get("tagId"))
	}
	if err != nil {
		return refuseError(err)
	}
	for _, one := range added {
		if !slices.Contains(tag.members, one) {
			tag.members = append(tag.members, one)
		}
	}
	tag.members = tag.members[max(0, len(tag.members)-maxTagged):]
	return ok()
}

// taggedDel succeeds for a tag that does not exist.
func taggedDel(c *call) answer {
	removed, err := c.tagged()
	if err != nil {
		return refuseError(err)
	}
	if tag := c.conversations.tag(c.params.Get("userId"), c.params.Get("tagId")); tag != nil {
		tag.members = slices.DeleteFunc(tag.members, func(one conversation) bool { return slices.Contains(removed, one) })
	}
	return ok()
}

func taggedGet(c *call) answer {
	type data struct {
		TagID         string        `json:"tagId"`
		Conversations []taggedEntry `json:"conversations"`
	}
	d := data{c.params.Get("tagId"), []taggedEntry{}}
	if tag := c.conversations.tag(c.params.Get("userId"), d.TagID); tag != nil {
		for _, one := range tag.members {
			d.Conversations = append(d.Conversations, taggedEntry{one.TargetID, one.Type})
		}
	}
	return ok(field{"data", d})
}
