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

// MessageExpansionService manages key-value data attached to private and group messages after they
// were sent, such as votes or reactions. A message can have such data, at most 300 pairs, only if
// it was sent as expandable (PrivateMessage.Expandable, GroupMessage.Expandable).
//
// Clients are notified of each change by a separate message, which counts against the send quota
// for that type of conversation.
type MessageExpansionService service

// MessageExpansionSetParams attaches data to a message; see [MessageExpansionService.Set].
type MessageExpansionSetParams struct {
	MessageUID string `wire:"msgUID"`
	// Who makes the change.
	UserID string `wire:"userId"`
	// Private or group.
	ConversationType ConversationType `wire:"conversationType"`
	// The other user or the group.
	TargetID string `wire:"targetId"`
	// At most 100 pairs, keys up to 32 and values up to 4096 characters.
	Values map[string]string `wire:"extraKeyVal"`
	// Whether to notify the devices of UserID too.
	SyncSender bool `wire:"isSyncSender"`
}

// MessageExpansionDeleteParams removes data from a message; see [MessageExpansionService.Delete].
type MessageExpansionDeleteParams struct {
	MessageUID       string           `wire:"msgUID"`
	UserID           string           `wire:"userId"`           // who makes the change
	ConversationType ConversationType `wire:"conversationType"` // private or group
	TargetID         string           `wire:"targetId"`         // the other user or the group
	Keys             []string         `wire:"extraKey"`         // at most 100
	SyncSender       bool             `wire:"isSyncSender"`     // notify the devices of UserID too
}

// MessageExpansionQuery names a message whose data to return.
type MessageExpansionQuery struct {
	MessageUID string `wire:"msgUID"`
	Page       int    `wire:"pageNo"` // of 300 pairs, so the first page has everything
}

// MessageExpansionPage is a page of the data attached to a message, by key.
type MessageExpansionPage struct {
	Entries map[string]ExpansionValue `json:"extraContent"`
}

// More reports whether there may be another page. The server does not say, so only an empty page
// counts as the end; according to the documentation, the first page has everything.
func (p *MessageExpansionPage) More() bool { return len(p.Entries) > 0 }

// ExpansionValue is one value attached to a message.
type ExpansionValue struct {
	Value string `json:"v"`
	Order int64  `json:"ts"` // grows with each change; not a plain time
}

// ExpansionPair is one value attached to a message, with its key.
type ExpansionPair struct {
	Key string
	ExpansionValue
}

// UnmarshalJSON also reads a bare value.
func (e *ExpansionValue) UnmarshalJSON(data []byte) error {
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
	*e = ExpansionValue{Value: text}
	return err
}

// Values returns the data without its order.
func (p *MessageExpansionPage) Values() map[string]string {
	values := make(map[string]string, len(p.Entries))
	for key, entry := range p.Entries {
		values[key] = entry.Value
	}
	return values
}

// Set attaches up to 100 pairs of data to a message, overwriting those with the same keys. The
// quota is 100 calls per second, of which 20 may be for group messages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/set-expansion
//
//rongcloud:endpoint POST /message/expansion/set.json
func (s *MessageExpansionService) Set(ctx context.Context, params MessageExpansionSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageExpansionSet, &params, opts)
}

// Delete removes the data of up to 100 keys from a message. The quota is 100 calls per second, of
// which 20 may be for group messages.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/delete-expansion
//
//rongcloud:endpoint POST /message/expansion/delete.json
func (s *MessageExpansionService) Delete(ctx context.Context, params MessageExpansionDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.MessageExpansionDelete, &params, opts)
}

// List returns one page of the data attached to a message, which should be all of it: a page has
// 300 pairs, as many as a message can have. Leave Page at 0, since RongCloud does not document the
// number of the first page. The quota is 100 calls per second.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/get-expansion
//
//rongcloud:endpoint POST /message/expansion/query.json
func (s *MessageExpansionService) List(ctx context.Context, query MessageExpansionQuery, opts ...CallOption) (*MessageExpansionPage, error) {
	return fetch[MessageExpansionPage](ctx, s.client, endpoint.MessageExpansionQuery, &query, opts)
}

// All yields the data attached to a message, starting at the query's page, each page in the order
// of the keys. It ends after a page with nothing new, so it makes one call more than there are
// pages.
func (s *MessageExpansionService) All(ctx context.Context, query MessageExpansionQuery, opts ...CallOption) iter.Seq2[ExpansionPair, error] {
	return walkExpansion(endpoint.MessageExpansionQuery, query.Page, func(number int) (*MessageExpansionPage, error) {
		at := query
		at.Page = number
		return s.List(ctx, at, opts...)
	})
}

// walkExpansion walks the data attached to a message with a method for one page. The number of the
// first page is left to the server. A server without paging sends the same data again, which also
// ends the walk.
func walkExpansion(ep *endpoint.Endpoint, start int, get func(number int) (*MessageExpansionPage, error)) iter.Seq2[ExpansionPair, error] {
	return func(yield func(ExpansionPair, error) bool) {
		seen := map[string]bool{}
		walk(ep, start, func(number int) (page[ExpansionPair, int], error) {
			attached, err := get(number)
			if err != nil {
				return page[ExpansionPair, int]{}, err
			}
			var pairs []ExpansionPair
			for key, value := range attached.Entries {
				if !seen[key] {
					seen[key] = true
					pairs = append(pairs, ExpansionPair{key, value})
				}
			}
			slices.SortFunc(pairs, func(a, b ExpansionPair) int { return cmp.Compare(a.Key, b.Key) })
			return page[ExpansionPair, int]{pairs, max(number, 1) + 1, len(pairs) > 0}, nil
		})(yield)
	}
}
