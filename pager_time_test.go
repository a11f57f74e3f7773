package rongcloud

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// timeServer has items at given milliseconds and returns those of a span, starting where the walk
// begins.
type timeServer struct {
	// In the endpoint's order.
	times []int64
	size  int
	// Newest first, including both ends of the span; otherwise oldest first, excluding the first
	// end.
	back bool
	// Always return the first page.
	endless bool
	// The request that fails, from 1.
	failAt int
	// Maximum items per response, if set, even if more are requested.
	capacity int
	longest  time.Duration
	spans    [][2]int64
}

type timeItem struct {
	id string
	at time.Time
}

func (s *timeServer) fetch(from, to time.Time) ([]timeItem, error) {
	span := [2]int64{from.UnixMilli(), to.UnixMilli()}
	s.spans = append(s.spans, span)
	if len(s.spans) == s.failAt {
		return nil, errPagerTest
	}
	if s.longest > 0 && from.Sub(to).Abs() > s.longest {
		return nil, fmt.Errorf("the span %v is too long", span)
	}
	limit := s.size
	if s.capacity > 0 {
		limit = s.capacity
	}
	var found []timeItem
	for i, at := range s.times {
		inside := at > span[0] && at <= span[1]
		if s.back {
			inside = at <= span[0] && at >= span[1]
		}
		if (inside || s.endless) && len(found) < limit {
			found = append(found, timeItem{strconv.Itoa(i), time.UnixMilli(at)})
		}
	}
	return found, nil
}

// walk walks span milliseconds from the time 1000, forwards or backwards.
func (s *timeServer) walk(span int64) iter.Seq2[string, error] {
	timeAndID := func(item timeItem) (time.Time, string) { return item.at, item.id }
	ep, longest := endpoint.UltragroupHismsgQuery, s.longest
	if longest == 0 {
		longest = time.Hour
	}
	first, all := time.UnixMilli(1000), iter.Seq2[timeItem, error](nil)
	if s.back {
		all = walkDescending(ep, descendingSpan{newest: first, oldest: time.UnixMilli(1000 - span), longest: longest, size: s.size}, timeAndID, s.fetch)
	} else {
		all = walkAscending(ep, ascendingSpan{after: first, until: time.UnixMilli(1000 + span), longest: longest, size: s.size}, timeAndID, s.fetch)
	}
	return func(yield func(string, error) bool) {
		for item, err := range all {
			if !yield(item.id, err) {
				return
			}
		}
	}
}

// timesOf turns distances from the time 1000 into times, forwards or backwards.
func timesOf(back bool, distances ...int64) []int64 {
	times := make([]int64, len(distances))
	for i, d := range distances {
		times[i] = 1000 + d
		if back {
			times[i] = 1000 - d
		}
	}
	return times
}

func timeIndices(n int) []string {
	var all []string
	for i := range n {
		all = append(all, strconv.Itoa(i))
	}
	return all
}

// TestWalkTime walks in both directions; the items are given by their distance from where the walk
// begins.
func TestWalkTime(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name      string
		distances []int64
		size      int
		capacity  int
		longest   time.Duration
		want      int
		requests  int // not counted for long spans
	}{
		{name: "nothing", size: 3, requests: 1},
		{name: "one item", distances: []int64{5}, size: 3, want: 1, requests: 3},
		{name: "not quite a page", distances: []int64{5, 6}, size: 3, want: 2, requests: 3},
		{name: "exactly one page", distances: []int64{5, 6, 7}, size: 3, want: 3, requests: 3},
		{name: "one more than a page", distances: []int64{5, 6, 7, 8}, size: 3, want: 4, requests: 4},
		{name: "many pages", distances: []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, size: 3, want: 9, requests: 6},
		{name: "pages that are never full", distances: []int64{1, 2, 3, 4, 5, 6, 7, 8, 9}, size: 9, capacity: 2, want: 9, requests: 10},
		{name: "pages of one", distances: []int64{3, 6, 9}, size: 9, capacity: 1, want: 3, requests: 7},
		{name: "pages of one up to the end", distances: []int64{5, 99, 100}, size: 9, capacity: 1, want: 3, requests: 5},
		{name: "one millisecond over two pages", distances: []int64{1, 1, 2, 2, 3}, size: 3, want: 5, requests: 4},
		{name: "beyond the span", distances: []int64{1, 100, 101, 102}, size: 3, want: 2, requests: 2},
		{name: "long spans", distances: []int64{1, 10, 11, 12, 50, 99, 100}, size: 3, longest: 10 * time.Millisecond, want: 7},
		{name: "long spans of nothing", size: 3, longest: 10 * time.Millisecond},
	} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s back %v", c.name, back), func(t *testing.T) {
				t.Parallel()
				s := &timeServer{times: timesOf(back, c.distances...), size: c.size, back: back, capacity: c.capacity, longest: c.longest}
				seq := s.walk(100)
				require.Empty(t, s.spans, "nothing is fetched before it is needed")
				items, errs := pagerCollect(t, seq)
				require.Empty(t, errs)
				require.Equal(t, timeIndices(c.want), items)
				if c.longest == 0 {
					require.Len(t, s.spans, c.requests)
				}
				require.EqualValues(t, 1000, s.spans[0][0])

				first := s.spans
				s.spans = nil
				again, errs := pagerCollect(t, seq)
				require.Empty(t, errs)
				require.Equal(t, items, again, "ranging again starts anew")
				require.Equal(t, first, s.spans)
			})
		}
	}
}

// The parts of a long span adjoin each other and stay within it.
func TestWalkForthSplitsLongSpans(t *testing.T) {
	t.Parallel()
	s := &timeServer{size: 3, longest: 30 * time.Millisecond}
	_, errs := pagerCollect(t, s.walk(100))
	require.Empty(t, errs)
	require.EqualValues(t, 1000, s.spans[0][0])
	require.EqualValues(t, 1100, s.spans[len(s.spans)-1][1])
	for i, span := range s.spans {
		require.LessOrEqual(t, span[1]-span[0], int64(30))
		if i > 0 {
			require.LessOrEqual(t, span[0], s.spans[i-1][1], "nothing is left out")
		}
	}
	require.Len(t, s.spans, 4)
}

func TestWalkTimeFails(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		server timeServer
		far    []int64
		items  int
		cause  error
		calls  int
	}{
		{name: "page 1 is lost", server: timeServer{failAt: 1}, far: []int64{1, 2, 3, 4}, cause: errPagerTest, calls: 1},
		{name: "page 2 is lost", server: timeServer{failAt: 2}, far: []int64{1, 2, 3, 4}, items: 3, cause: errPagerTest, calls: 2},
		{name: "the same page for ever", server: timeServer{endless: true}, far: []int64{1, 2, 3}, items: 3, cause: errPageOrder, calls: 2},
		{
			name: "more than a page of one millisecond", server: timeServer{}, far: []int64{1, 2, 2, 2, 2}, items: 4,
			cause: errPageRepeated, calls: 2,
		},
		{name: "in the other order", server: timeServer{}, far: []int64{3, 2, 1}, cause: errPageOrder, calls: 1},
		{name: "before the span", server: timeServer{endless: true}, far: []int64{-1}, cause: errPageOrder, calls: 1},
	} {
		for _, back := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s back %v", c.name, back), func(t *testing.T) {
				t.Parallel()
				s := c.server
				s.times, s.size, s.back = timesOf(back, c.far...), 3, back
				items, errs := pagerCollect(t, s.walk(100))
				require.Equal(t, timeIndices(c.items), items)
				require.Len(t, errs, 1)
				require.ErrorIs(t, errs[0], c.cause)
				require.Len(t, s.spans, c.calls, "nothing is fetched after an error")
			})
		}
	}

	s := &timeServer{times: []int64{0}, size: 3, endless: true}
	noTimes := walkAscending(endpoint.UltragroupHismsgQuery, ascendingSpan{after: time.UnixMilli(1), until: time.UnixMilli(9), longest: time.Hour, size: 3},
		func(item timeItem) (time.Time, string) { return time.Time{}, item.id }, s.fetch)
	for _, err := range noTimes {
		require.ErrorIs(t, err, errPageOrder, "items without a time cannot be walked")
	}
}

func TestWalkTimeStopsWhenTheCallerDoes(t *testing.T) {
	t.Parallel()
	for _, back := range []bool{false, true} {
		// Each later page repeats one item.
		for stop, pages := range map[int]int{1: 1, 3: 1, 4: 2, 5: 2, 6: 3} {
			s := &timeServer{times: timesOf(back, 1, 2, 3, 4, 5, 6, 7, 8, 9), size: 3, back: back}
			seen := 0
			for _, err := range s.walk(100) {
				require.NoError(t, err)
				if seen++; seen == stop {
					break
				}
			}
			require.Len(t, s.spans, pages, "after %d items", stop)
		}
	}
}

// expansionServer has the data of a message, in pages numbered from 1.
func expansionServer(n int, asked *[]int) func(number int) (*MessageExpansionPage, error) {
	return func(number int) (*MessageExpansionPage, error) {
		*asked = append(*asked, number)
		attached := &MessageExpansionPage{Entries: map[string]ExpansionValue{}}
		for i := (max(number, 1) - 1) * 300; i < min(n, max(number, 1)*300); i++ {
			attached.Entries[fmt.Sprintf("k%04d", i)] = ExpansionValue{Value: strconv.Itoa(i)}
		}
		return attached, nil
	}
}

func TestWalkExpansion(t *testing.T) {
	t.Parallel()
	for n, pages := range map[int][]int{0: {0}, 1: {0, 2}, 299: {0, 2}, 300: {0, 2}, 301: {0, 2, 3}, 900: {0, 2, 3, 4}} {
		var asked []int
		var keys []string
		for pair, err := range walkExpansion(endpoint.MessageExpansionQuery, 0, expansionServer(n, &asked)) {
			require.NoError(t, err)
			keys = append(keys, pair.Key)
			require.Equal(t, pair.Key, fmt.Sprintf("k%04s", pair.Value))
		}
		require.Len(t, keys, n)
		require.True(t, slices.IsSorted(keys))
		require.Equal(t, pages, asked, "%d pairs", n)
	}

	var asked []int // a server without paging
	seen := 0
	for _, err := range walkExpansion(endpoint.MessageExpansionQuery, 0, func(number int) (*MessageExpansionPage, error) {
		return expansionServer(300, &asked)(min(number, 1))
	}) {
		require.NoError(t, err)
		seen++
	}
	require.Equal(t, 300, seen)
	require.Equal(t, []int{0, 1}, asked)

	asked = nil // a server whose pages are shorter than documented, and whose failure ends the walk
	seen = 0
	var failure error
	for _, err := range walkExpansion(endpoint.MessageExpansionQuery, 0, func(number int) (*MessageExpansionPage, error) {
		asked = append(asked, number)
		if number > 3 {
			return nil, CodeInternalError
		}
		return &MessageExpansionPage{Entries: map[string]ExpansionValue{strconv.Itoa(number): {}, "again": {}}}, nil
	}) {
		if failure = err; err == nil {
			seen++
		}
	}
	require.ErrorIs(t, failure, CodeInternalError)
	require.Equal(t, 4, seen)
	require.Equal(t, []int{0, 2, 3, 4}, asked)
}
