package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// callPages calls for one page after the other. Without a filter it prints a line for each item.
func (a *app) callPages(ctx context.Context, client *rongcloud.Client, ep *endpoint.Endpoint, params *apiParams, f *filter, opts []rongcloud.CallOption) error {
	if ep.Paging.Style != endpoint.Offset && ep.Paging.Style != endpoint.Cursor {
		reason := "has no pages"
		if ep.Paging.Style == endpoint.Time {
			reason = "is read by time, for which there is rongcloud history"
		}
		return usagef("--paginate: %v %s", ep, reason)
	}
	place := ep.Paging.Params[0]
	at := ""
	if given := params.texts(place); len(given) > 0 {
		at = given[0]
	} else if ep.Paging.Style == endpoint.Offset {
		at = map[bool]string{true: "0", false: "1"}[place == "offset"]
	}
	var before []json.RawMessage
	for {
		delete(params.raw, place)
		if delete(params.values, place); at != "" {
			params.values[place] = []string{at}
		}
		var response rongcloud.Response
		if err := client.Call(ctx, ep, params.encoded(), nil, append(slices.Clone(opts), rongcloud.CaptureResponse(&response))...); err != nil {
			return err
		}
		page := readPage(response.Body, place)
		if len(before) > 0 && slices.EqualFunc(page.items, before, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			return fmt.Errorf("%v: the server sent the same page again", ep)
		}
		before = page.items
		if err := a.printPage(response.Body, page.items, f); err != nil {
			return err
		}
		next, err := page.next(ep.Paging.Style, place, at)
		if err != nil || next == "" {
			return err
		}
		at = next
	}
}

func (a *app) printPage(body []byte, items []json.RawMessage, f *filter) error {
	if f != nil {
		return a.printResponse(body, f)
	}
	for _, item := range items {
		var b bytes.Buffer
		if err := json.Compact(&b, item); err != nil {
			return err
		}
		b.WriteByte('\n')
		if _, err := a.stdout.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// responsePage is what is to be known of a response to read on.
type responsePage struct {
	items   []json.RawMessage
	token   string
	hasNext *bool
}

// readPage finds the list of a response, which stands in it or in one of its objects.
func readPage(body []byte, token string) responsePage {
	var page responsePage
	var fields map[string]json.RawMessage
	if json.Unmarshal(body, &fields) != nil {
		return page
	}
	_ = json.Unmarshal(fields[token], &page.token)
	_ = json.Unmarshal(fields["hasNext"], &page.hasNext)
	for _, value := range fields {
		if json.Unmarshal(value, &page.items) == nil && page.items != nil {
			return page
		}
	}
	for _, value := range fields {
		if bytes.HasPrefix(value, []byte("{")) {
			if inner := readPage(value, token); inner.items != nil {
				page.items = inner.items
				if page.token == "" {
					page.token = inner.token
				}
				return page
			}
		}
	}
	return page
}

// next is where the next page begins, or nothing.
func (p responsePage) next(style endpoint.PagingStyle, place, at string) (string, error) {
	switch {
	case style == endpoint.Cursor && p.token == at && at != "":
		return "", fmt.Errorf("the server names the page %s as the one after itself", at)
	case style == endpoint.Cursor:
		return p.token, nil
	case len(p.items) == 0, p.hasNext != nil && !*p.hasNext:
		return "", nil
	}
	n, err := strconv.Atoi(at)
	if err != nil {
		return "", usagef("%s: %q is not a number", place, at)
	}
	if place == "offset" {
		return strconv.Itoa(n + len(p.items)), nil
	}
	return strconv.Itoa(n + 1), nil
}
