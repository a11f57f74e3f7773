package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// pageShape names the fields of an endpoint's responses that hold the items and the next page.
type pageShape struct {
	items string // the field with the list, or with an object whose members are the items
	keyed bool   // items names an object
	token string // the field with the token of the next page, if the endpoint has a cursor
}

// pageShapeOf derives the shape from the catalogue, because the response of some endpoints names
// the token differently than the request.
func pageShapeOf(ep *endpoint.Endpoint) pageShape {
	var s pageShape
	for _, field := range shape.Fields(ep.String()) {
		switch {
		case s.items == "" && strings.HasSuffix(field.Type, " list"):
			s.items = field.Name
		case s.items == "" && field.Type == "object" && len(field.Fields) == 1 && strings.HasPrefix(field.Fields[0].Name, "<"):
			s.items, s.keyed = field.Name, true
		case ep.Paging.Style == endpoint.Cursor && field.Type == "string":
			s.token = field.Name
		}
	}
	return s
}

// pageWalk calls an endpoint once for each page.
type pageWalk struct {
	a      *app
	client *rongcloud.Client
	ep     *endpoint.Endpoint
	params *apiParams
	filter *filter
	opts   []rongcloud.CallOption

	shape pageShape
	place string // the parameter that selects the page
	at    string // the value of that parameter for the current page
	pages int    // pages read so far
	seen  map[string]bool
}

// callPages fetches all pages of an endpoint. Without a filter it prints each item on its own
// line.
func (a *app) callPages(ctx context.Context, client *rongcloud.Client, ep *endpoint.Endpoint, params *apiParams, f *filter, opts []rongcloud.CallOption) error {
	w := &pageWalk{a: a, client: client, ep: ep, params: params, filter: f, opts: opts, shape: pageShapeOf(ep), seen: map[string]bool{}}
	switch ep.Paging.Style {
	case endpoint.Time:
		return w.walkTime(ctx)
	case endpoint.Offset, endpoint.Cursor:
		w.place = ep.Paging.Params[0]
		w.at = w.first()
		return w.walk(ctx)
	}
	return usagef("--paginate: %v has no pages", ep)
}

// first returns the value that selects the first page: the user's, or else the first offset or
// page number. Without a value from the user it returns "" for a cursor, and for items that are
// members of an object, because RongCloud does not document how it numbers those pages.
func (w *pageWalk) first() string {
	given := ""
	if texts := w.params.texts(w.place); len(texts) > 0 {
		given = texts[0]
	}
	switch {
	case w.ep.Paging.Style == endpoint.Cursor, w.shape.keyed:
		return given
	case w.place == "offset":
		return cmp.Or(given, "0")
	case given == "" || given == "0": // some servers return page 1 for page 0, too
		return "1"
	}
	return given
}

func (w *pageWalk) walk(ctx context.Context) error {
	var before []json.RawMessage
	for {
		w.seen[w.at] = true
		body, err := w.fetch(ctx)
		if err != nil {
			return err
		}
		page, err := w.shape.read(body)
		if err != nil {
			return fmt.Errorf("%v: %w", w.ep, err)
		}
		if len(before) > 0 && !w.shape.keyed && slices.EqualFunc(page.items, before, func(a, b json.RawMessage) bool { return bytes.Equal(a, b) }) {
			return fmt.Errorf("%v: the server sent the same page again", w.ep)
		}
		if w.shape.keyed { // a server that ignores the page number sends all members again
			page.items = w.unseen(page.items)
		}
		if err := w.print(body, page.items); err != nil {
			return err
		}
		next, err := w.next(page)
		if err != nil || next == "" {
			return err
		}
		w.at, before = next, page.items
	}
}

func (w *pageWalk) fetch(ctx context.Context) ([]byte, error) {
	delete(w.params.raw, w.place)
	if delete(w.params.values, w.place); w.at != "" {
		w.params.values[w.place] = []string{w.at}
	}
	var response rongcloud.Response
	err := w.client.Call(ctx, w.ep, w.params.encoded(), nil, append(slices.Clone(w.opts), rongcloud.CaptureResponse(&response))...)
	return response.Body, err
}

// unseen returns the items that no earlier page had.
func (w *pageWalk) unseen(items []json.RawMessage) []json.RawMessage {
	return slices.DeleteFunc(items, func(item json.RawMessage) bool {
		key := "item " + string(item)
		again := w.seen[key]
		w.seen[key] = true
		return again
	})
}

// print prints the items of a page, or the filter's results for the whole response. It does not
// filter an empty page after the first, which only marks the end.
func (w *pageWalk) print(body []byte, items []json.RawMessage) error {
	w.pages++
	if w.filter != nil {
		if len(items) == 0 && w.pages > 1 {
			return nil
		}
		return w.a.printResponse(body, w.filter)
	}
	for _, item := range items {
		var b bytes.Buffer
		if err := json.Compact(&b, item); err != nil {
			return err
		}
		b.WriteByte('\n')
		if _, err := w.a.stdout.Write(b.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// responsePage holds the items of a response, and the token or the flag that tells whether more
// follow.
type responsePage struct {
	items   []json.RawMessage
	token   string
	hasNext *bool
}

// read extracts the page from a response. A missing or empty field means that there are no items.
func (s pageShape) read(body []byte) (responsePage, error) {
	var page responsePage
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(body, &fields); err != nil {
		return page, fmt.Errorf("the response is no JSON object: %w", err)
	}
	_ = json.Unmarshal(fields[s.token], &page.token)     // a missing token ends the walk
	_ = json.Unmarshal(fields["hasNext"], &page.hasNext) // few endpoints send it
	found := fields[s.items]
	if len(found) == 0 || string(found) == `""` || json.Unmarshal(found, &page.items) == nil {
		return page, nil
	}
	var members map[string]json.RawMessage
	if json.Unmarshal(found, &members) != nil || !s.keyed && len(members) > 0 { // accept {} as an empty list
		return page, fmt.Errorf("%s in the response is not what the catalogue says, and cannot be printed by items: call it without --paginate", s.items)
	}
	for _, key := range slices.Sorted(maps.Keys(members)) {
		item, err := json.Marshal(map[string]any{"key": key, "value": members[key]})
		if err != nil {
			return page, err
		}
		page.items = append(page.items, item)
	}
	return page, nil
}

// next returns the value that selects the next page, or "" after the last page.
func (w *pageWalk) next(page responsePage) (string, error) {
	switch {
	case w.ep.Paging.Style == endpoint.Cursor && w.seen[page.token] && page.token != "":
		return "", fmt.Errorf("%v: the server names %s as the next page, which was read before", w.ep, page.token)
	case w.ep.Paging.Style == endpoint.Cursor:
		return page.token, nil
	case len(page.items) == 0, page.hasNext != nil && !*page.hasNext:
		return "", nil
	}
	n, err := strconv.Atoi(cmp.Or(w.at, "1"))
	if err != nil {
		return "", usagef("%s: %q is not a number", w.place, w.at)
	}
	if w.place == "offset" {
		return strconv.Itoa(n + len(page.items)), nil
	}
	return strconv.Itoa(max(n, 1) + 1), nil
}
