package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupExpansionService manages key-value data attached to ultra group messages after they
// were sent, such as votes or reactions. A message can have such data, at most 300 pairs, only if
// it was sent as expandable (UltraGroupMessage.Expandable).
//
// Clients are notified of each change by a separate message. For private and group messages see
// [MessageExpansionService].
type UltraGroupExpansionService service

// UltraGroupExpansionSetParams attaches data to a message.
type UltraGroupExpansionSetParams struct {
	MessageUID string `wire:"msgUID"`
	// Who makes the change.
	UserID  string `wire:"userId"`
	GroupID string `wire:"groupId"`
	// As in the original message: empty if it had none.
	ChannelID string `wire:"busChannel"`
	// At most 20 pairs: keys up to 32 characters, values up to 4096.
	Values map[string]string `wire:"extraKeyVal"`
}

// UltraGroupExpansionDeleteParams removes data from a message.
type UltraGroupExpansionDeleteParams struct {
	MessageUID string   `wire:"msgUID"`
	UserID     string   `wire:"userId"` // who makes the change
	GroupID    string   `wire:"groupId"`
	ChannelID  string   `wire:"busChannel"` // as in the original message: empty if it had none
	Keys       []string `wire:"extraKey"`   // at most 100
}

// UltraGroupExpansionQuery names a message whose data to return.
type UltraGroupExpansionQuery struct {
	MessageUID string `wire:"msgUID"`
	GroupID    string `wire:"groupId"`
	// As in the original message: empty if it had none.
	ChannelID string `wire:"busChannel"`
	// From 1, the default; of 300 pairs, so the first has everything.
	Page int `wire:"pageNo"`
}

// Set attaches up to 20 pairs of data to a message, overwriting those with the same keys. Keys
// consist of letters, digits and + = - _.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/set.json
func (s *UltraGroupExpansionService) Set(ctx context.Context, params UltraGroupExpansionSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupMessageExpansionSet, &params, opts)
}

// Delete removes the data of up to 100 keys from a message.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/delete-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/delete.json
func (s *UltraGroupExpansionService) Delete(ctx context.Context, params UltraGroupExpansionDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupMessageExpansionDelete, &params, opts)
}

// List returns one page of the data attached to a message, which should be all of it; All walks all
// pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/query.json
func (s *UltraGroupExpansionService) List(ctx context.Context, query UltraGroupExpansionQuery, opts ...CallOption) (*MessageExpansionPage, error) {
	return fetch[MessageExpansionPage](ctx, s.client, endpoint.UltragroupMessageExpansionQuery, &query, opts)
}

// All yields the data attached to a message, starting at the query's page, each page in the order
// of the keys. It ends after a page with nothing new.
func (s *UltraGroupExpansionService) All(ctx context.Context, query UltraGroupExpansionQuery, opts ...CallOption) iter.Seq2[ExpansionPair, error] {
	return walkExpansion(endpoint.UltragroupMessageExpansionQuery, query.Page, func(number int) (*MessageExpansionPage, error) {
		at := query
		at.Page = number
		return s.List(ctx, at, opts...)
	})
}
