package rongcloud

import (
	"context"
	"errors"
	"iter"
	"reflect"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

var (
	errPageRepeated = errors.New("the server sent the same page again")
	errPageOrder    = errors.New("the server sent items outside the requested time or out of order")
)

// page is what a walk needs to know about one response.
type page[T any, C comparable] struct {
	items []T
	next  C    // where the next page begins
	more  bool // there may be a next page
}

// walk yields the items of all pages from start on, fetching each page when it is needed. An error
// is yielded once and ends the sequence. It is also an error if the server does not advance, since
// the walk would never end.
func walk[T any, C comparable](ep *endpoint.Endpoint, start C, fetch func(at C) (page[T, C], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var before []T
		seen := map[C]bool{start: true}
		for at := start; ; {
			p, err := fetch(at)
			if err == nil && len(before) > 0 && reflect.DeepEqual(p.items, before) {
				err = &Error{Endpoint: ep, Err: errPageRepeated}
			}
			if err != nil {
				yield(zero, err)
				return
			}
			for _, item := range p.items {
				if !yield(item, nil) {
					return
				}
			}
			if !p.more {
				return
			}
			if seen[p.next] {
				yield(zero, &Error{Endpoint: ep, Err: errPageRepeated})
				return
			}
			at, before = p.next, p.items
			seen[at] = true
		}
	}
}

// morePage is a page that says whether another one may follow.
type morePage interface{ More() bool }

// lister is the method of a service that returns one page.
type lister[Q any, P morePage] func(ctx context.Context, query Q, opts ...CallOption) (P, error)

// pageField returns the field of a query that selects the page.
type pageField[Q, C any] func(*Q) *C

// pageAt calls list for the page at a place, with an otherwise unchanged query.
func pageAt[Q any, P morePage, C any](ctx context.Context, list lister[Q, P], query Q, opts []CallOption, field pageField[Q, C], at C) (P, error) {
	*field(&query) = at
	return list(ctx, query, opts...)
}

// walkTokens walks an endpoint whose responses carry the token of the next page, empty on the last
// one.
func walkTokens[Q any, P morePage, T any](ctx context.Context, ep *endpoint.Endpoint, list lister[Q, P], query Q, opts []CallOption, token pageField[Q, string], read func(P) (items []T, next string)) iter.Seq2[T, error] {
	return walk(ep, *token(&query), func(at string) (page[T, string], error) {
		p, err := pageAt(ctx, list, query, opts, token, at)
		if err != nil {
			return page[T, string]{}, err
		}
		items, next := read(p)
		return page[T, string]{items, next, p.More()}, nil
	})
}

// walkNumbers walks an endpoint whose pages are numbered from 1.
func walkNumbers[Q any, P morePage, T any](ctx context.Context, ep *endpoint.Endpoint, list lister[Q, P], query Q, opts []CallOption, number pageField[Q, int], read func(P) []T) iter.Seq2[T, error] {
	return walk(ep, max(*number(&query), 1), func(at int) (page[T, int], error) {
		p, err := pageAt(ctx, list, query, opts, number, at)
		if err != nil {
			return page[T, int]{}, err
		}
		return page[T, int]{read(p), at + 1, p.More()}, nil
	})
}

// walkOffsets walks an endpoint that skips a number of items.
func walkOffsets[Q any, P morePage, T any](ctx context.Context, ep *endpoint.Endpoint, list lister[Q, P], query Q, opts []CallOption, offset pageField[Q, int], read func(P) []T) iter.Seq2[T, error] {
	return walk(ep, *offset(&query), func(at int) (page[T, int], error) {
		p, err := pageAt(ctx, list, query, opts, offset, at)
		if err != nil {
			return page[T, int]{}, err
		}
		items := read(p)
		return page[T, int]{items, at + len(items), p.More()}, nil
	})
}

// mayFollow reports whether another page may follow one with the given number of items. HasNext is
// what the response says, or nil.
func mayFollow(items int, hasNext *bool) bool {
	return items > 0 && (hasNext == nil || *hasNext)
}

// descendingSpan is a span of time that is read backwards from its newest end, in pages of limited
// length and size.
type descendingSpan struct {
	newest, oldest time.Time
	longest        time.Duration
	size           int
}

// walkDescending walks an endpoint without tokens, which returns the newest items between two
// times, to the millisecond, newest first. Each page begins at the time of the previous page's
// last item, so items of one millisecond are not lost between two pages; timeAndID returns an
// item's time and ID, by which repeated items are dropped. If a page has nothing new, the walk
// continues with the next stretch of time. If more items share a millisecond than fit on a page,
// the walk cannot advance, which is an error.
func walkDescending[T any](ep *endpoint.Endpoint, span descendingSpan, timeAndID func(T) (time.Time, string), fetch func(newest, oldest time.Time) ([]T, error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var border []string // the IDs already seen at the millisecond where the page begins
		var passed []string // the IDs of the millisecond before that, which some servers repeat
		end := span.oldest.UnixMilli()
		walk(ep, span.newest.UnixMilli(), func(start int64) (page[T, int64], error) {
			stop := max(end, start-span.longest.Milliseconds())
			found, err := fetch(time.UnixMilli(start), time.UnixMilli(stop))
			if err != nil {
				return page[T, int64]{}, err
			}
			p := page[T, int64]{next: start, more: true}
			var ids []string // seen at p.next
			repeats := 0
			for i, item := range found {
				at, id := timeAndID(item)
				ms := at.UnixMilli()
				first, _ := timeAndID(found[0])
				switch {
				case ms == start+1 && slices.Contains(passed, id):
					repeats++
					continue
				case at.IsZero() || ms > start || i == len(found)-1 && at.After(first):
					return page[T, int64]{}, &Error{Endpoint: ep, Err: errPageOrder}
				case ms < end:
					p.more = false
					continue
				case ms == start && slices.Contains(border, id):
					continue
				case ms < p.next:
					p.next, ids = ms, nil
				}
				p.items = append(p.items, item)
				if ms == p.next {
					ids = append(ids, id)
				}
			}
			switch {
			case p.next < start:
				border, passed = ids, nil
			case len(found) == repeats: // nothing new between start and stop
				border, passed = nil, nil
				p.next, p.more = stop, stop > end
			case len(found) < span.size: // a short page does not mean that nothing is older
				border, passed = nil, slices.Concat(border, ids)
				p.next, p.more = start-1, p.more && start > end
			}
			return p, nil
		})(yield)
	}
}

// ascendingSpan is a span of time that is read from its oldest end, exclusive.
type ascendingSpan struct {
	after, until time.Time
	longest      time.Duration
	size         int
}

// walkAscending is walkDescending with time running the other way, for an endpoint that returns
// the oldest items first.
func walkAscending[T any](ep *endpoint.Endpoint, span ascendingSpan, timeAndID func(T) (time.Time, string), fetch func(after, until time.Time) ([]T, error)) iter.Seq2[T, error] {
	negate := func(t time.Time) time.Time { return time.UnixMilli(-t.UnixMilli()) }
	back := descendingSpan{
		newest: negate(span.after.Add(time.Millisecond)), oldest: negate(span.until),
		longest: span.longest - time.Millisecond, size: span.size, // a descendingSpan includes both ends
	}
	negated := func(item T) (time.Time, string) {
		at, id := timeAndID(item)
		if at.IsZero() {
			return at, id
		}
		return negate(at), id
	}
	return walkDescending(ep, back, negated, func(newest, oldest time.Time) ([]T, error) {
		return fetch(negate(newest).Add(-time.Millisecond), negate(oldest))
	})
}
