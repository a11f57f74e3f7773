package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// timeQuery holds the parameters of a call to an endpoint that pages by time.
type timeQuery struct {
	user, target, group, channel, from string
	start, end                         time.Time
	size                               int
	withStart                          bool
}

// timeWalk yields the messages of all pages.
type timeWalk func(context.Context, *rongcloud.Client, timeQuery, ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error]

// timeWalks uses the SDK's iterators, which neither lose nor repeat messages when a page ends
// between two messages of the same millisecond.
var timeWalks = map[*endpoint.Endpoint]timeWalk{
	endpoint.V3MessagePrivateQuery: func(ctx context.Context, c *rongcloud.Client, q timeQuery, opts ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error] {
		return c.Message.History.AllPrivate(ctx, q.back(), opts...)
	},
	endpoint.V3MessageGroupQuery: func(ctx context.Context, c *rongcloud.Client, q timeQuery, opts ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error] {
		return c.Message.History.AllGroup(ctx, q.back(), opts...)
	},
	endpoint.V3MessageChatroomQuery: func(ctx context.Context, c *rongcloud.Client, q timeQuery, opts ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error] {
		return c.Message.History.AllChatroom(ctx, q.back(), opts...)
	},
	endpoint.V3MessageUltragroupQuery: func(ctx context.Context, c *rongcloud.Client, q timeQuery, opts ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error] {
		b := q.back()
		return c.Message.History.AllUltraGroup(ctx, rongcloud.UltraGroupHistoryQuery{
			UserID: b.UserID, GroupID: b.TargetID, ChannelID: q.channel, Since: b.Since, Until: b.Until, Size: b.Size,
		}, opts...)
	},
	endpoint.UltragroupHismsgQuery: func(ctx context.Context, c *rongcloud.Client, q timeQuery, opts ...rongcloud.CallOption) iter.Seq2[rongcloud.HistoryMessage, error] {
		return c.UltraGroup.Message.All(ctx, rongcloud.UltraGroupMessageQuery{
			GroupID: q.group, ChannelID: q.channel, From: q.from, After: q.start, Until: q.end, Size: q.size,
		}, opts...)
	},
}

// back converts the query for the SDK's history methods, which read from newer to older messages.
func (q timeQuery) back() rongcloud.HistoryQuery {
	if !q.withStart {
		q.start = q.start.Add(-time.Millisecond)
	}
	return rongcloud.HistoryQuery{UserID: q.user, TargetID: q.target, Since: q.end, Until: q.start, Size: q.size}
}

func (p *apiParams) timeQuery() (timeQuery, error) {
	text := func(name string) string {
		if texts := p.texts(name); len(texts) > 0 {
			return texts[0]
		}
		return ""
	}
	q := timeQuery{
		user: text("userId"), target: text("targetId"), group: text("groupId"), channel: text("busChannel"), from: text("fromUserId"),
		withStart: text("includeStart") == "true",
	}
	numbers := map[string]int64{}
	for _, name := range []string{"startTime", "endTime", "pageSize"} {
		n, err := strconv.ParseInt(cmp.Or(text(name), "0"), 10, 64)
		if err != nil {
			return q, usagef("%v: %s is %q, and not a number", p.ep, name, text(name))
		}
		numbers[name] = n
	}
	q.start, q.end, q.size = time.UnixMilli(numbers["startTime"]), time.UnixMilli(numbers["endTime"]), int(numbers["pageSize"])
	return q, nil
}

// walkTime prints the messages of an endpoint that pages by time, as the server sent them.
func (w *pageWalk) walkTime(ctx context.Context) error {
	walk, ok := timeWalks[w.ep]
	if !ok {
		return usagef("--paginate: %v is read by time, which works for histories of messages only", w.ep)
	}
	query, err := w.params.timeQuery()
	if err != nil {
		return err
	}
	var response rongcloud.Response
	var page timePage
	for m, err := range walk(ctx, w.client, query, append(slices.Clone(w.opts), rongcloud.CaptureResponse(&response))...) {
		if err != nil {
			return errors.Join(w.printTime(page), err)
		}
		if !page.isOf(response.Body) {
			if err := w.printTime(page); err != nil {
				return err
			}
			page = timePage{body: response.Body}
			read, err := w.shape.read(page.body)
			if err != nil {
				return fmt.Errorf("%v: %w", w.ep, err)
			}
			page.rest = read.items
		}
		if !page.take(m) {
			return fmt.Errorf("%v: the message %s is not to be found in the response", w.ep, m.MessageUID)
		}
	}
	return w.printTime(page)
}

// timePage is one page of an endpoint that pages by time. Its response may repeat messages of the
// page before.
type timePage struct {
	body  []byte
	items []json.RawMessage // messages that no earlier page had
	rest  []json.RawMessage // messages that take has not looked at yet
}

// isOf reports whether the page holds this response. It compares addresses, because two responses
// may have the same bytes.
func (p *timePage) isOf(body []byte) bool {
	return len(p.body) > 0 && len(body) > 0 && &p.body[0] == &body[0]
}

// take moves the item of a message from rest to items and drops the items before it. It reports
// whether it found the message.
func (p *timePage) take(m rongcloud.HistoryMessage) bool {
	for len(p.rest) > 0 {
		item := p.rest[0]
		p.rest = p.rest[1:]
		var sent struct {
			MessageUID string          `json:"messageUID"`
			MsgUID     string          `json:"msgUID"`
			MsgTime    json.RawMessage `json:"msgTime"`
		}
		_ = json.Unmarshal(item, &sent) // an item that cannot be decoded does not match
		at := strings.Trim(string(sent.MsgTime), `"`)
		if cmp.Or(sent.MessageUID, sent.MsgUID) == m.MessageUID && at == strconv.FormatInt(m.SentAt.UnixMilli(), 10) {
			p.items = append(p.items, item)
			return true
		}
	}
	return false
}

// printTime prints a page, unless it is the zero timePage. The filter sees the response without
// the messages of earlier pages.
func (w *pageWalk) printTime(page timePage) error {
	if len(page.body) == 0 {
		return nil
	}
	body := page.body
	if w.filter != nil {
		var fields map[string]any
		decoder := json.NewDecoder(bytes.NewReader(body))
		decoder.UseNumber()
		if err := decoder.Decode(&fields); err != nil {
			return err
		}
		fields[w.shape.items] = page.items
		var err error
		if body, err = json.Marshal(fields); err != nil {
			return err
		}
	}
	return w.print(body, page.items)
}
