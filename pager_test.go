package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

var errPagerTest = errors.New("page lost")

// pagerServer has n items in pages of size and counts the requests.
type pagerServer struct {
	n, size  int
	failAt   int // the request that fails, from 1; 0 for none
	requests []int
}

func (s *pagerServer) page(offset int) ([]string, error) {
	s.requests = append(s.requests, offset)
	if len(s.requests) == s.failAt {
		return nil, errPagerTest
	}
	var items []string
	for i := offset; i < min(s.n, offset+s.size); i++ {
		items = append(items, fmt.Sprint("item", i))
	}
	return items, nil
}

func pagerItems(n int) []string {
	var items []string
	for i := range n {
		items = append(items, fmt.Sprint("item", i))
	}
	return items
}

// pagerCollect ranges over seq, and gives up if it does not end.
func pagerCollect(t *testing.T, seq iter.Seq2[string, error]) (items []string, errs []error) {
	t.Helper()
	for item, err := range seq {
		if err != nil {
			require.Empty(t, item, "an error comes without an item")
			errs = append(errs, err)
		} else {
			require.Empty(t, errs, "an item after an error")
			items = append(items, item)
		}
		require.Less(t, len(items)+len(errs), 10000, "the walk does not end")
	}
	return items, errs
}

type (
	pagerQuery struct {
		number int
		token  string
	}
	pagerPage struct {
		items []string
		next  string
		more  bool
	}
)

func (p *pagerPage) More() bool { return p.more }

func tokensFrom(start string, fetch func(token string) ([]string, string, error)) iter.Seq2[string, error] {
	list := func(_ context.Context, q pagerQuery, _ ...CallOption) (*pagerPage, error) {
		items, next, err := fetch(q.token)
		return &pagerPage{items: items, next: next, more: next != ""}, err
	}
	return walkTokens(context.Background(), endpoint.UserBlacklistQuery, list, pagerQuery{token: start}, nil,
		func(q *pagerQuery) *string { return &q.token }, func(p *pagerPage) ([]string, string) { return p.items, p.next })
}

func pagerNumber(q *pagerQuery) *int  { return &q.number }
func pagerRead(p *pagerPage) []string { return p.items }

func pagerList(fetch func(at int) ([]string, error)) lister[pagerQuery, *pagerPage] {
	return func(_ context.Context, q pagerQuery, _ ...CallOption) (*pagerPage, error) {
		items, err := fetch(q.number)
		return &pagerPage{items: items, more: len(items) > 0}, err
	}
}

func numbersFrom(start int, fetch func(number int) ([]string, error)) iter.Seq2[string, error] {
	return walkNumbers(context.Background(), endpoint.UserBlacklistQuery, pagerList(fetch), pagerQuery{number: start}, nil, pagerNumber, pagerRead)
}

func offsetsFrom(start int, fetch func(offset int) ([]string, error)) iter.Seq2[string, error] {
	return walkOffsets(context.Background(), endpoint.UserBlacklistQuery, pagerList(fetch), pagerQuery{number: start}, nil, pagerNumber, pagerRead)
}

// pagerWalks are the four walks over the same server.
var pagerWalks = map[string]struct {
	walk    func(s *pagerServer) iter.Seq2[string, error]
	oneMore bool // whether a page is requested after the last one
}{
	"walk": {func(s *pagerServer) iter.Seq2[string, error] {
		return walk(endpoint.UserBlacklistQuery, 0, func(at int) (page[string, int], error) {
			items, err := s.page(at)
			return page[string, int]{items, at + s.size, at+s.size < s.n}, err
		})
	}, false},
	"tokens": {func(s *pagerServer) iter.Seq2[string, error] {
		return tokensFrom("", func(token string) ([]string, string, error) {
			at := 0
			if token != "" {
				if _, err := fmt.Sscanf(token, "at%d", &at); err != nil {
					return nil, "", err
				}
			}
			items, err := s.page(at)
			next := ""
			if at+s.size < s.n {
				next = fmt.Sprint("at", at+s.size)
			}
			return items, next, err
		})
	}, false},
	"numbers": {func(s *pagerServer) iter.Seq2[string, error] {
		return numbersFrom(1, func(number int) ([]string, error) { return s.page((number - 1) * s.size) })
	}, true},
	"offsets": {func(s *pagerServer) iter.Seq2[string, error] {
		return offsetsFrom(0, s.page)
	}, true},
}

func TestWalkYieldsAll(t *testing.T) {
	t.Parallel()
	const size = 3
	for name, w := range pagerWalks {
		for _, n := range []int{0, 1, size - 1, size, size + 1, 2 * size, 20} {
			t.Run(fmt.Sprintf("%s of %d", name, n), func(t *testing.T) {
				t.Parallel()
				s := &pagerServer{n: n, size: size}
				seq := w.walk(s)
				require.Empty(t, s.requests, "nothing is fetched before it is needed")
				items, errs := pagerCollect(t, seq)
				require.Empty(t, errs)
				require.Equal(t, pagerItems(n), items)
				pages := max(1, (n+size-1)/size)
				if w.oneMore && n > 0 {
					pages++
				}
				require.Len(t, s.requests, pages)

				again, errs := pagerCollect(t, seq)
				require.Empty(t, errs)
				require.Equal(t, items, again, "ranging again starts anew")
				require.Len(t, s.requests, 2*pages)
				require.Equal(t, s.requests[:pages], s.requests[pages:])
			})
		}
	}
}

func TestWalkStopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	for name, w := range pagerWalks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for stop, pages := range map[int]int{1: 1, 3: 1, 4: 2, 6: 2, 7: 3} {
				s := &pagerServer{n: 20, size: 3}
				seen := 0
				for _, err := range w.walk(s) {
					require.NoError(t, err)
					if seen++; seen == stop {
						break
					}
				}
				require.Len(t, s.requests, pages, "after %d items", stop)
			}
		})
	}
}

func TestWalkYieldsAnErrorOnce(t *testing.T) {
	t.Parallel()
	for name, w := range pagerWalks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for failAt := 1; failAt <= 3; failAt++ {
				s := &pagerServer{n: 20, size: 3, failAt: failAt}
				items, errs := pagerCollect(t, w.walk(s))
				require.Equal(t, []error{errPagerTest}, errs)
				require.Equal(t, pagerItems(3*(failAt-1)), items)
				require.Len(t, s.requests, failAt, "nothing is fetched after an error")
			}
			// The caller may also stop at the error.
			s := &pagerServer{n: 20, size: 3, failAt: 2}
			for _, err := range w.walk(s) {
				if err != nil {
					break
				}
			}
			require.Len(t, s.requests, 2)
		})
	}
}

func pagerRepeated(t *testing.T, errs []error) {
	t.Helper()
	require.Len(t, errs, 1)
	require.ErrorIs(t, errs[0], errPageRepeated)
	require.NotErrorIs(t, errs[0], ErrTransport)
	var e *Error
	require.ErrorAs(t, errs[0], &e)
	require.Same(t, endpoint.UserBlacklistQuery, e.Endpoint)
}

func TestWalkRepeatedCursor(t *testing.T) {
	t.Parallel()
	requests := 0
	items, errs := pagerCollect(t, tokensFrom("", func(string) ([]string, string, error) {
		requests++
		return []string{fmt.Sprint("item", requests)}, "stuck", nil
	}))
	pagerRepeated(t, errs)
	require.Equal(t, []string{"item1", "item2"}, items)
	require.Equal(t, 2, requests)

	// Even if the page is empty.
	_, errs = pagerCollect(t, tokensFrom("", func(string) ([]string, string, error) { return nil, "stuck", nil }))
	pagerRepeated(t, errs)
}

func TestWalkRepeatedPage(t *testing.T) {
	t.Parallel()
	same := []string{"a", "b"}
	requests := 0
	fetch := func(int) ([]string, error) { requests++; return append([]string(nil), same...), nil }
	walks := map[string]iter.Seq2[string, error]{
		"numbers": numbersFrom(1, fetch),
		"offsets": offsetsFrom(0, fetch),
		"tokens": tokensFrom("", func(token string) ([]string, string, error) {
			items, err := fetch(0)
			return items, token + "x", err
		}),
	}
	for name, seq := range walks {
		requests = 0
		items, errs := pagerCollect(t, seq)
		pagerRepeated(t, errs)
		require.Equal(t, same, items, "%s: the repeated page is not yielded", name)
		require.Equal(t, 2, requests, name)
	}
}

func TestWalkEmptyPageInBetween(t *testing.T) {
	t.Parallel()
	pages := map[string]struct {
		items []string
		next  string
	}{"": {nil, "b"}, "b": {[]string{"x"}, "c"}, "c": {nil, "d"}, "d": {nil, "e"}, "e": {[]string{"x"}, ""}}
	items, errs := pagerCollect(t, tokensFrom("", func(token string) ([]string, string, error) {
		return pages[token].items, pages[token].next, nil
	}))
	require.Empty(t, errs)
	require.Equal(t, []string{"x", "x"}, items)
}

func TestWalkStart(t *testing.T) {
	t.Parallel()
	for start, want := range map[int][]int{-1: {1, 2}, 0: {1, 2}, 1: {1, 2}, 5: {5, 6}} {
		var asked []int
		_, errs := pagerCollect(t, numbersFrom(start, func(number int) ([]string, error) {
			asked = append(asked, number)
			if len(asked) > 1 {
				return nil, nil
			}
			return []string{"a"}, nil
		}))
		require.Empty(t, errs)
		require.Equal(t, want, asked)
	}

	s := &pagerServer{n: 20, size: 3}
	items, errs := pagerCollect(t, offsetsFrom(15, s.page))
	require.Empty(t, errs)
	require.Equal(t, pagerItems(20)[15:], items)
	require.Equal(t, []int{15, 18, 20}, s.requests, "the offset counts the items that came")
}
