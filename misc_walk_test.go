package rongcloud_test

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// miscWalk is an iterator over friends, bots, agents or proxy chats, and its endpoint's wire
// format.
type miscWalk struct {
	path   string
	token  bool   // pages have tokens; otherwise they are numbered
	answer string // a page, with %s for its items and %q for the next token, if there are tokens
	item   string // JSON of an item, with %q for its ID
	walk   func(x context.Context, c *rongcloud.Client, page int) iter.Seq2[string, error]
}

var miscWalks = []miscWalk{
	{path: "/friend/get.json", token: true, answer: `{"code":200,"friendList":[%s],"pageToken":%q}`, item: `{"userId":%q}`,
		walk: func(ctx context.Context, client *rongcloud.Client, page int) iter.Seq2[string, error] {
			query := rongcloud.FriendQuery{UserID: "u", Size: 2}
			if page > 1 {
				query.PageToken = strconv.Itoa(page)
			}
			return userIDsOf(client.Friend.All(ctx, query), func(f rongcloud.Friend) string { return f.UserID })
		}},
	{path: "/v3/bot/query.json", answer: `{"code":200,"bots":[%s]}`, item: `{"userId":%q}`,
		walk: func(ctx context.Context, client *rongcloud.Client, page int) iter.Seq2[string, error] {
			return userIDsOf(client.Bot.All(ctx, rongcloud.BotQuery{Page: page, Size: 2}), func(b rongcloud.Bot) string { return b.UserID })
		}},
	{path: "/v3/agent/query.json", answer: `{"code":200,"agents":[%s]}`, item: `{"agentId":%q}`,
		walk: func(ctx context.Context, client *rongcloud.Client, page int) iter.Seq2[string, error] {
			return userIDsOf(client.Bot.Agent.All(ctx, rongcloud.AgentQuery{Page: page, Size: 2}), func(a rongcloud.Agent) string { return a.ID })
		}},
	{path: "/v3/user/proxychat/query.json", answer: `{"code":200,"proxyChats":[%s],"hasNext":true}`, item: `{"targetId":%q}`,
		walk: func(ctx context.Context, client *rongcloud.Client, page int) iter.Seq2[string, error] {
			return userIDsOf(client.ProxyChat.All(ctx, rongcloud.ProxyChatQuery{Page: page, Size: 2}), func(p rongcloud.ProxyChat) string { return p.TargetID })
		}},
}

// asked returns the number of the requested page, and its size.
func (w *miscWalk) asked(body string) (page int, size string) {
	fields := map[string]any{}
	if json.Unmarshal([]byte(body), &fields) != nil {
		form, _ := url.ParseQuery(body)
		page, _ = strconv.Atoi(form.Get("pageToken"))
		return max(page, 1), form.Get("size")
	}
	number, _ := fields["page"].(float64)
	if fields["size"] == nil {
		fields["size"] = fields["pageSize"]
	}
	return int(number), fmt.Sprint(fields["size"])
}

// page returns one page of the items, two on each.
func (w *miscWalk) page(number, total int) string {
	var items []string
	for i := 2 * (number - 1); i < min(2*number, total); i++ {
		items = append(items, fmt.Sprintf(w.item, "id"+strconv.Itoa(i)))
	}
	if !w.token {
		return fmt.Sprintf(w.answer, strings.Join(items, ","))
	}
	next := ""
	if 2*number < total {
		next = strconv.Itoa(number + 1)
	}
	return fmt.Sprintf(w.answer, strings.Join(items, ","), next)
}

func TestMiscWalks(t *testing.T) {
	t.Parallel()
	for _, w := range miscWalks {
		for _, total := range []int{0, 1, 2, 3, 7} {
			for _, from := range []int{0, 2} {
				t.Run(fmt.Sprintf("%s %d from page %d", w.path, total, from), func(t *testing.T) {
					t.Parallel()
					pages := 0
					client := mockPath(t, w.path, func(body string) (int, string) {
						pages++
						number, size := w.asked(body)
						require.Equal(t, "2", size)
						require.Equal(t, max(from, 1)+pages-1, number)
						return 200, w.page(number, total)
					})
					var got, want []string
					for i := 2 * max(from-1, 0); i < total; i++ {
						want = append(want, "id"+strconv.Itoa(i))
					}
					for id, err := range w.walk(t.Context(), client, from) {
						require.NoError(t, err)
						got = append(got, id)
					}
					require.Equal(t, want, got)
					full := (len(want) + 1) / 2
					if !w.token || full == 0 { // only an empty page ends the list
						full++
					}
					require.Equal(t, full, pages)
				})
			}
		}
	}
}

func TestMiscWalkEnds(t *testing.T) {
	t.Parallel()
	for _, w := range miscWalks {
		serve := func(t *testing.T, second func() (int, string)) (*rongcloud.Client, *int) {
			pages := new(int)
			return mockPath(t, w.path, func(string) (int, string) {
				if *pages++; *pages > 1 {
					return second()
				}
				return 200, w.page(1, 7)
			}), pages
		}
		t.Run(w.path+" with an error", func(t *testing.T) {
			t.Parallel()
			client, pages := serve(t, func() (int, string) { return 400, `{"code":1002}` })
			var ids []string
			var failures []error
			for id, err := range w.walk(t.Context(), client, 0) {
				if err != nil {
					failures = append(failures, err)
					continue
				}
				ids = append(ids, id)
			}
			require.Equal(t, []string{"id0", "id1"}, ids)
			require.Len(t, failures, 1)
			require.ErrorIs(t, failures[0], rongcloud.CodeInvalidParameter)
			require.Equal(t, 2, *pages)
		})
		t.Run(w.path+" when the caller has enough", func(t *testing.T) {
			t.Parallel()
			client, pages := serve(t, nil)
			for _, err := range w.walk(t.Context(), client, 0) {
				require.NoError(t, err)
				break
			}
			require.Equal(t, 1, *pages)
		})
		t.Run(w.path+" when a page is repeated", func(t *testing.T) {
			t.Parallel()
			client, pages := serve(t, func() (int, string) { return 200, w.page(1, 7) })
			var last error
			for _, err := range w.walk(t.Context(), client, 0) {
				last = err
			}
			require.ErrorContains(t, last, "same page")
			require.Equal(t, 2, *pages)
		})
	}
}

// TestMiscPagesHaveMore checks that there may be another page unless this one is empty or the
// server says that it is the last.
func TestMiscPagesHaveMore(t *testing.T) {
	t.Parallel()
	bots, chats := make([]rongcloud.Bot, 1), make([]rongcloud.ProxyChat, 1)
	no, yes := rongcloud.Ptr(false), rongcloud.Ptr(true)
	for name, test := range map[string]struct {
		page interface{ More() bool }
		want bool
	}{
		"friends with a token":         {&rongcloud.FriendPage{NextPageToken: "t"}, true},
		"friends without":              {&rongcloud.FriendPage{Total: 9, Friends: make([]rongcloud.Friend, 1)}, false},
		"agents":                       {&rongcloud.AgentPage{Total: 1, Agents: make([]rongcloud.Agent, 1)}, true},
		"no agents":                    {&rongcloud.AgentPage{Total: 1}, false},
		"bots":                         {&rongcloud.BotPage{Total: 1, Bots: bots}, true},
		"bots before others":           {&rongcloud.BotPage{Total: 1, Bots: bots, HasNext: yes}, true},
		"the last bots":                {&rongcloud.BotPage{Total: 9, Bots: bots, HasNext: no}, false},
		"no bots before others":        {&rongcloud.BotPage{HasNext: yes}, false},
		"proxy chats":                  {&rongcloud.ProxyChatPage{Total: 1, ProxyChats: chats}, true},
		"the last proxy chats":         {&rongcloud.ProxyChatPage{Total: 9, ProxyChats: chats, HasNext: no}, false},
		"no proxy chats before others": {&rongcloud.ProxyChatPage{HasNext: yes}, false},
	} {
		require.Equal(t, test.want, test.page.More(), name)
	}
}

// TestWalksHeedHasNext checks that no page is requested after one that says it is the last.
func TestWalksHeedHasNext(t *testing.T) {
	t.Parallel()
	for _, w := range miscWalks {
		if w.token || strings.Contains(w.path, "agent") {
			continue
		}
		t.Run(w.path, func(t *testing.T) {
			t.Parallel()
			calls := 0
			client := mockPath(t, w.path, func(string) (int, string) {
				calls++
				body := strings.Replace(w.page(calls, 99), `,"hasNext":true`, "", 1)
				return 200, strings.TrimSuffix(body, "}") + fmt.Sprintf(`,"hasNext":%v}`, calls < 3)
			})
			seen := 0
			for _, err := range w.walk(t.Context(), client, 0) {
				require.NoError(t, err)
				seen++
			}
			require.Equal(t, 6, seen)
			require.Equal(t, 3, calls)
		})
	}
}
