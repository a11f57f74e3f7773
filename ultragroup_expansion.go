package rongcloud

import (
	"context"
	"iter"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UltraGroupExpansionService keeps key-value data that is attached to ultra group messages after
// they were sent, such as votes or reactions. A message takes such data only if it was sent as
// expandable (UltraGroupMessage.Expandable), at most 300 pairs of it.
//
// Clients learn of each change by a message of its own. For private and group messages see
// [MessageExpansionService].
type UltraGroupExpansionService service

// UltraGroupExpansionSetParams attaches data to a message.
type UltraGroupExpansionSetParams struct {
	MessageUID string            `wire:"msgUID"`
	UserID     string            `wire:"userId"` // who makes the change
	GroupID    string            `wire:"groupId"`
	ChannelID  string            `wire:"busChannel"`  // as the message was sent: empty if it named none
	Values     map[string]string `wire:"extraKeyVal"` // at most 20 pairs: keys to 32 characters, values to 4096
}

// UltraGroupExpansionDeleteParams takes data off a message.
type UltraGroupExpansionDeleteParams struct {
	MessageUID string   `wire:"msgUID"`
	UserID     string   `wire:"userId"` // who makes the change
	GroupID    string   `wire:"groupId"`
	ChannelID  string   `wire:"busChannel"` // as the message was sent: empty if it named none
	Keys       []string `wire:"extraKey"`   // at most 100
}

// UltraGroupExpansionQuery names a message whose data is asked for.
type UltraGroupExpansionQuery struct {
	MessageUID string `wire:"msgUID"`
	GroupID    string `wire:"groupId"`
	ChannelID  string `wire:"busChannel"` // as the message was sent: empty if it named none
	Page       int    `wire:"pageNo"`     // from 1, the default; of 300 pairs each, so that the first one has all
}

// Set attaches up to 20 pairs of data to a message and overwrites those with the same keys. Keys
// consist of letters, digits and + = - _.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/set-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/set.json
func (s *UltraGroupExpansionService) Set(ctx context.Context, params UltraGroupExpansionSetParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupMessageExpansionSet, &params, opts)
}

// Delete takes the data of up to 100 keys off a message.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/delete-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/delete.json
func (s *UltraGroupExpansionService) Delete(ctx context.Context, params UltraGroupExpansionDeleteParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UltragroupMessageExpansionDelete, &params, opts)
}

// List returns one page of the data attached to a message, which is all of it; All walks all pages.
//
// RongCloud: https://doc.rongcloud.cn/imserver/server/v1/ultragroup/get-expansion
//
//rongcloud:endpoint POST /ultragroup/message/expansion/query.json
func (s *UltraGroupExpansionService) List(ctx context.Context, query UltraGroupExpansionQuery, opts ...CallOption) (*MessageExpansionPage, error) {
	return fetch[MessageExpansionPage](ctx, s.client, endpoint.UltragroupMessageExpansionQuery, &query, opts)
}

// All yields the data attached to a message, from the query's page on, each page in the order of
// the keys. It ends after a page that brings nothing new.
func (s *UltraGroupExpansionService) All(ctx context.Context, query UltraGroupExpansionQuery, opts ...CallOption) iter.Seq2[ExpansionPair, error] {
	return walkExpansion(endpoint.UltragroupMessageExpansionQuery, query.Page, func(number int) (*MessageExpansionPage, error) {
		at := query
		at.Page = number
		return s.List(ctx, at, opts...)
	})
}
