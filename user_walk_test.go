package rongcloud_test

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// userWalk is an iterator of the services for users, groups and chat rooms, and its endpoint's wire
// format.
type userWalk struct {
	path  string
	at    string // the parameter that says where a page begins
	style string // number, offset or token
	list  string // the response's field with the items
	item  string // JSON of an item, with %q for its ID
	walk  func(x context.Context, c *rongcloud.Client, start int) iter.Seq2[string, error]
}

// pageWalks are the iterators of all areas that walk like this.
func pageWalks() []userWalk { return slices.Concat(userWalks(), ultraWalks(), groupWalks()) }

// userToken returns the page token of page n, counted from 1.
func userToken(n int) string {
	if n <= 1 {
		return ""
	}
	return "t" + strconv.Itoa(n)
}

func userIDsOf[T any](seq iter.Seq2[T, error], id func(T) string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for item, err := range seq {
			if !yield(id(item), err) {
				return
			}
		}
	}
}

func userWalks() []userWalk {
	type seq = iter.Seq2[string, error]
	return []userWalk{
		{path: "/user/query.json", at: "page", style: "number", list: "users", item: `{"userId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return userIDsOf(client.User.AllSandbox(ctx, rongcloud.SandboxUserQuery{Page: start, Size: 2}), func(u rongcloud.User) string { return u.UserID })
		}},
		{path: "/user/deactivate/query.json", at: "pageNo", style: "number", list: "users", item: `%q`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.User.AllDeactivated(ctx, rongcloud.DeactivatedUserQuery{Page: start, Size: 2})
		}},
		{path: "/user/block/query.json", at: "page", style: "number", list: "users", item: `{"userId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return userIDsOf(client.User.Block.All(ctx, rongcloud.UserBlockQuery{Page: start, Size: 2}), func(b rongcloud.UserBlock) string { return b.UserID })
		}},
		{path: "/user/remarks/get.json", at: "page", style: "number", list: "users", item: `{"id":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.UserRemarkQuery{UserID: "u", Page: start, Size: 2}
			return userIDsOf(client.User.Remark.All(ctx, query), func(r rongcloud.UserRemark) string { return r.SenderID })
		}},
		{path: "/user/profile/query.json", at: "page", style: "number", list: "userList", item: `{"userId":%q}`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			query := rongcloud.UserProfileQuery{Page: start, Size: 2}
			return userIDsOf(client.User.Profile.All(ctx, query), func(p rongcloud.UserProfileRecord) string { return p.UserID })
		}},
		{path: "/user/blacklist/query.json", at: "pageToken", style: "token", list: "users", item: `%q`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.User.Blacklist.All(ctx, rongcloud.UserBlacklistQuery{UserID: "u", PageToken: userToken(start), Size: 2})
		}},
		{path: "/user/whitelist/query.json", at: "pageToken", style: "token", list: "users", item: `%q`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.User.Whitelist.All(ctx, rongcloud.UserWhitelistQuery{UserID: "u", PageToken: userToken(start), Size: 2})
		}},
		{path: "/chatroom/ban/query.json", at: "page", style: "number", list: "chatroomIds", item: `%q`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.Chatroom.MuteAllMembers.All(ctx, rongcloud.ChatroomMuteAllMembersQuery{Page: start, Size: 2})
		}},
		{path: "/user/chat/fb/querylist.json", at: "offset", style: "offset", list: "users", item: `%q`, walk: func(ctx context.Context, client *rongcloud.Client, start int) seq {
			return client.User.PrivateMute.All(ctx, rongcloud.UserPrivateMuteQuery{Offset: 2 * max(start-1, 0), Size: 2})
		}},
	}
}

// first returns how many users come before the requested page; negative for no page.
func (w *userWalk) first(form url.Values) int {
	n, _ := strconv.Atoi(strings.TrimPrefix(form.Get(w.at), "t"))
	switch w.style {
	case "offset":
		return n
	case "token":
		return 2 * max(n-1, 0)
	}
	return 2 * (n - 1) // an absent number is 0, which is no page
}

// answer returns a page of two users, after the first ones.
func (w *userWalk) answer(first, total int) string {
	last := min(first+2, total)
	var items []string
	for i := first; i < last; i++ {
		items = append(items, fmt.Sprintf(w.item, "u"+strconv.Itoa(i)))
	}
	next := ""
	if w.style == "token" && last < total {
		// Under either name.
		next = fmt.Sprintf(`,"next":%[1]q,"pageToken":%[1]q`, userToken(last/2+1))
	}
	return fmt.Sprintf(`{"code":200,%q:[%s]%s}`, w.list, strings.Join(items, ","), next)
}

// serve returns a client whose server has total users, and the starts of the requested pages.
func (w *userWalk) serve(t *testing.T, total int) (*rongcloud.Client, *[]int) {
	t.Helper()
	asked := new([]int)
	return mockPath(t, w.path, func(body string) (int, string) {
		form, err := url.ParseQuery(body)
		if err != nil || w.first(form) < 0 || form.Get("size")+form.Get("num")+form.Get("pageSize")+form.Get("limit") != "2" {
			return 400, `{"code":1002}`
		}
		*asked = append(*asked, w.first(form))
		return 200, w.answer(w.first(form), total)
	}), asked
}

// TestUserPagesHaveMore checks that there may be another page unless this one is empty or has no
// token for the next.
func TestUserPagesHaveMore(t *testing.T) {
	t.Parallel()
	id := []string{"u1"}
	for name, pages := range map[string][2]interface{ More() bool }{
		"sandbox users":     {&rongcloud.SandboxUserPage{Users: make([]rongcloud.User, 1)}, &rongcloud.SandboxUserPage{Total: 1}},
		"deactivated users": {&rongcloud.DeactivatedUserPage{UserIDs: id}, &rongcloud.DeactivatedUserPage{}},
		"blocked users":     {&rongcloud.UserBlockPage{Users: make([]rongcloud.UserBlock, 1)}, &rongcloud.UserBlockPage{}},
		"muted users":       {&rongcloud.UserPrivateMutePage{Total: 1, UserIDs: id}, &rongcloud.UserPrivateMutePage{Total: 1}},
		"remarks":           {&rongcloud.UserRemarkPage{Total: 1, Remarks: make([]rongcloud.UserRemark, 1)}, &rongcloud.UserRemarkPage{Total: 1}},
		"profiles":          {&rongcloud.UserProfilePage{Users: make([]rongcloud.UserProfileRecord, 1)}, &rongcloud.UserProfilePage{}},
		"blacklist":         {&rongcloud.UserBlacklistPage{NextPageToken: "t"}, &rongcloud.UserBlacklistPage{UserIDs: id}},
		"whitelist":         {&rongcloud.UserWhitelistPage{NextPageToken: "t"}, &rongcloud.UserWhitelistPage{UserIDs: id}},
	} {
		require.True(t, pages[0].More(), name)
		require.False(t, pages[1].More(), name)
	}
}

func TestUserWalks(t *testing.T) {
	t.Parallel()
	for _, w := range pageWalks() {
		for _, total := range []int{0, 1, 2, 3, 7} {
			for _, start := range []int{0, 1, 2} {
				t.Run(fmt.Sprintf("%s %d users from page %d", w.path, total, start), func(t *testing.T) {
					t.Parallel()
					client, asked := w.serve(t, total)
					skipped := 2 * max(start-1, 0)
					var want []string
					for i := skipped; i < total; i++ {
						want = append(want, "u"+strconv.Itoa(i))
					}
					all := w.walk(t.Context(), client, start)
					for range 2 { // a sequence can be walked again
						*asked = nil
						var got []string
						for id, err := range all {
							require.NoError(t, err)
							got = append(got, id)
						}
						require.Equal(t, want, got)

						var pages []int
						for first := skipped; first < max(total, skipped+1); first += 2 {
							pages = append(pages, first)
						}
						// Only an empty page ends the list.
						if w.style != "token" && total > skipped {
							after := pages[len(pages)-1] + 2
							if w.style == "offset" {
								after = min(after, total)
							}
							pages = append(pages, after)
						}
						require.Equal(t, pages, *asked)
					}
				})
			}
		}
	}
}

func TestUserWalkFails(t *testing.T) {
	t.Parallel()
	for _, w := range pageWalks() {
		t.Run(w.path, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, w.path, func(body string) (int, string) {
				form, _ := url.ParseQuery(body)
				if w.first(form) != 0 {
					return 400, `{"code":1002}`
				}
				return 200, w.answer(0, 7)
			})
			var got []string
			var failures []error
			for id, err := range w.walk(t.Context(), client, 0) {
				if err != nil {
					require.Empty(t, id)
					failures = append(failures, err)
					continue // a range that continues must still end
				}
				got = append(got, id)
			}
			require.Equal(t, []string{"u0", "u1"}, got)
			require.Len(t, failures, 1)
			require.ErrorIs(t, failures[0], rongcloud.CodeInvalidParameter)
		})
	}
}

func TestUserWalkStops(t *testing.T) {
	t.Parallel()
	for _, w := range pageWalks() {
		for _, after := range []int{1, 2, 3} {
			t.Run(fmt.Sprintf("%s after %d", w.path, after), func(t *testing.T) {
				t.Parallel()
				client, asked := w.serve(t, 7)
				seen := 0
				for _, err := range w.walk(t.Context(), client, 0) {
					require.NoError(t, err)
					if seen++; seen == after {
						break
					}
				}
				require.Len(t, *asked, (after+1)/2)
			})
		}
	}
}

// TestUserWalkRepeats lets the server send the same page forever.
func TestUserWalkRepeats(t *testing.T) {
	t.Parallel()
	for _, w := range pageWalks() {
		t.Run(w.path, func(t *testing.T) {
			t.Parallel()
			var calls atomic.Int32
			client := mockPath(t, w.path, func(string) (int, string) {
				if calls.Add(1) > 5 {
					panic("the walk does not end")
				}
				return 200, w.answer(0, 7)
			})
			var failure error
			seen := 0
			for _, err := range w.walk(t.Context(), client, 0) {
				if failure = err; err == nil {
					seen++
				}
			}
			require.ErrorContains(t, failure, "same page")
			require.Equal(t, 2, seen)
			var typed *rongcloud.Error
			require.ErrorAs(t, failure, &typed)
			require.Equal(t, "POST "+w.path, typed.Endpoint.String())
		})
	}
}
