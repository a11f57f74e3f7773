package rongcloud

import (
	"bytes"
	"cmp"
	"context"
	"iter"
	"slices"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/lenient"
)

// MessageExpansionService keeps key-value data that is attached to private and group messages
// after they were sent, such as votes or reactions. A message takes such data only if it was sent
// as expandable (PrivateMessage.Expandable, GroupMessage.Expandable), at most 300 pairs of it.
//
// Each change is told to clients by a message of its own and uses up the send quota of the
// conversation's kind.
type MessageExpansionService service

// MessageExpansionSetParams attaches data to a message; see [MessageExpansionService.Set].
type MessageExpansionSetParams struct {
	MessageUID       string            `wire:"msgUID"`
	UserID           string            `wire:"userId"`           // who makes the change
	ConversationType ConversationType  `wire:"conversationType"` // private or group
	TargetID         string            `wire:"targetId"`         // the other user or the group
	Values           map[string]string `wire:"extraKeyVal"`      // at most 100 pairs of keys up to 32 and values up to 4096 characters
	SyncSender       bool              `wire:"isSyncSender"`     // tell the devices of UserID too
}

// MessageExpansionDeleteParams takes data off a message; see [MessageExpansionService.Delete].
type MessageExpansionDeleteParams struct {
	MessageUID       string           `wire:"msgUID"`
	UserID           string           `wire:"userId"`           // who makes the change
	ConversationType ConversationType `wire:"conversationType"` // private or group
	TargetID         string           `wire:"targetId"`         // the other user or the group
	Keys             []string         `wire:"extraKey"`         // at most 100
	SyncSender       bool             `wire:"isSyncSender"`     // tell the devices of UserID too
}

// MessageExpansionQuery names a message whose data is asked for.
type MessageExpansionQuery struct {
	MessageUID string `wire:"msgUID"`
	Page       int    `wire:"pageNo"` // of 300 pairs each, so that the first one has all
}

// MessageExpansion is the data attached to a message, by key.
type MessageExpansion struct {
	Entries map[string]ExpansionEntry `json:"extraContent"`
}

// ExpansionEntry is one value attached to a message.
type ExpansionEntry struct {
	Value string `json:"v"`
	Order int64  `json:"ts"` // grows with each change; it is no plain time
}

// ExpansionPair is one value attached to a message, with its key.
type ExpansionPair struct {
	Key string
	ExpansionEntry
}

// UnmarshalJSON also reads a value alone.
func (e *ExpansionEntry) UnmarshalJSON(data []byte) error {
	if err := lenient.Check(data); err != nil {
		return err
	}
	switch data = bytes.TrimSpace(data); data[0] {
	case 'n': // null
		return nil
	case '{':
		return decodeFields(e, data)
	}
	text, err := lenient.Text(data)
	*e = ExpansionEntry{Value: text}
	return err
}

// Values returns the data without the order of changes.
func (e *MessageExpansion) Values() map[string]string {
	values := make(map[string]string, len(e.Entries))
	for key, entry := range e.Entries {
		values[key] = entry.Value
	}
	return values
}

// Set attaches up to 100 pairs of data to a message and overwrites those with the same keys. The
// quota is 100 calls per second, of which 20 may be for group messages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/set-expansion
//
//rongcloud:endpoint POST /message/expansion/set.json
func (s *MessageExpansionService) Set(ctx context.Context, change MessageExpansionSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageExpansionSet, &change, opts)
}

// Delete takes the data of up to 100 keys off a message. The quota is 100 calls per second, of
// which 20 may be for group messages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete-expansion
//
//rongcloud:endpoint POST /message/expansion/delete.json
func (s *MessageExpansionService) Delete(ctx context.Context, removal MessageExpansionDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageExpansionDelete, &removal, opts)
}

// List returns the data attached to a message. The quota is 100 calls per second. A page has 300
// pairs, as many as a message can have, so leave Page at 0: RongCloud does not document the number
// of the first page.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/get-expansion
//
//rongcloud:endpoint POST /message/expansion/query.json
func (s *MessageExpansionService) List(ctx context.Context, query MessageExpansionQuery, opts ...CallOption) (*MessageExpansion, error) {
	return fetch[MessageExpansion](ctx, s.client, endpoint.MessageExpansionQuery, &query, opts)
}

// All yields the data attached to a message, from the query's page on, each page in the order of
// the keys. As a page has as many pairs as a message, one call is all that is made for most
// messages.
func (s *MessageExpansionService) All(ctx context.Context, query MessageExpansionQuery, opts ...CallOption) iter.Seq2[ExpansionPair, error] {
	return walkExpansion(endpoint.MessageExpansionQuery, query.Page, func(number int) (*MessageExpansion, error) {
		at := query
		at.Page = number
		return s.List(ctx, at, opts...)
	})
}

// expansionPage is how many pairs a page of attached data has, unless it is the last one.
const expansionPage = 300

// walkExpansion walks the data attached to a message with a method for one page. The number of the
// first page is left to the server, and a page that is not full is the last one.
func walkExpansion(ep *endpoint.Endpoint, start int, get func(number int) (*MessageExpansion, error)) iter.Seq2[ExpansionPair, error] {
	return walk(ep, start, func(number int) (page[ExpansionPair, int], error) {
		attached, err := get(number)
		if err != nil {
			return page[ExpansionPair, int]{}, err
		}
		pairs := make([]ExpansionPair, 0, len(attached.Entries))
		for key, entry := range attached.Entries {
			pairs = append(pairs, ExpansionPair{key, entry})
		}
		slices.SortFunc(pairs, func(a, b ExpansionPair) int { return cmp.Compare(a.Key, b.Key) })
		return page[ExpansionPair, int]{pairs, max(number, 1) + 1, len(pairs) >= expansionPage}, nil
	})
}
