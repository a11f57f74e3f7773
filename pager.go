package rongcloud

import (
	"errors"
	"iter"
	"reflect"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

var errPageRepeated = errors.New("the server sent the same page again")

// page is what a walk needs to know of one answer.
type page[T any, C comparable] struct {
	items []T
	next  C    // where the page after this one begins
	more  bool // there may be one
}

// walk yields the items of all pages from start on, fetching each page when it is needed. An error is yielded once and
// ends the sequence. A server that does not advance is an error too, or the walk would never end.
func walk[T any, C comparable](ep *endpoint.Endpoint, start C, fetch func(at C) (page[T, C], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var zero T
		var before []T
		seen := map[C]bool{start: true}
		for at := start; ; {
			p, err := fetch(at)
			if err == nil && len(before) > 0 && reflect.DeepEqual(p.items, before) {
				err = &Error{Endpoint: ep.String(), Err: errPageRepeated}
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
				yield(zero, &Error{Endpoint: ep.String(), Err: errPageRepeated})
				return
			}
			at, before = p.next, p.items
			seen[at] = true
		}
	}
}

// walkTokens walks an endpoint whose answers name the token of the next page, empty on the last one.
func walkTokens[T any](ep *endpoint.Endpoint, start string, fetch func(token string) (items []T, next string, err error)) iter.Seq2[T, error] {
	return walk(ep, start, func(token string) (page[T, string], error) {
		items, next, err := fetch(token)
		return page[T, string]{items, next, next != ""}, err
	})
}

// walkNumbers walks an endpoint whose pages are numbered from 1. The page after the last one is empty.
func walkNumbers[T any](ep *endpoint.Endpoint, start int, fetch func(number int) ([]T, error)) iter.Seq2[T, error] {
	return walk(ep, max(start, 1), func(number int) (page[T, int], error) {
		items, err := fetch(number)
		return page[T, int]{items, number + 1, len(items) > 0}, err
	})
}

// walkOffsets walks an endpoint that skips a number of items. The page after the last one is empty.
func walkOffsets[T any](ep *endpoint.Endpoint, start int, fetch func(offset int) ([]T, error)) iter.Seq2[T, error] {
	return walk(ep, start, func(offset int) (page[T, int], error) {
		items, err := fetch(offset)
		return page[T, int]{items, offset + len(items), len(items) > 0}, err
	})
}
