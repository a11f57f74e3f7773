package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// The catalogue has the fields of items and token for every paged endpoint.
func TestPageShapes(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		if ep.Paging.Style == endpoint.NoPaging {
			continue
		}
		s := pageShapeOf(ep)
		require.NotEmpty(t, s.items, ep)
		require.Equal(t, ep.Paging.Style == endpoint.Cursor, s.token != "", ep)
		if ep.Paging.Style == endpoint.Time {
			require.Contains(t, timeWalks, ep)
		}
	}
}

// pagedItems is the number of items that a pagedServer serves, two on each page.
const pagedItems = 5

// pagedServer serves the pages of one endpoint in the format that the catalogue describes.
type pagedServer struct {
	ep   *endpoint.Endpoint
	list []any
}

func newPagedServer(ep *endpoint.Endpoint) *pagedServer {
	s := &pagedServer{ep: ep}
	for _, field := range shape.Fields(ep.String()) {
		for i := range pagedItems {
			switch {
			case field.Name != pageShapeOf(ep).items:
			case field.Type == "string list":
				s.list = append(s.list, "item"+strconv.Itoa(i))
			case field.Type == "object":
				s.list = append(s.list, map[string]any{"key": "item" + strconv.Itoa(i), "value": map[string]any{"v": "text", "ts": i}})
			default:
				s.list = append(s.list, map[string]any{"id": "item" + strconv.Itoa(i)})
			}
		}
	}
	return s
}

func (s *pagedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	first, _ := strconv.Atoi(s.given(r, body))
	if s.ep.Paging.Style == endpoint.Offset && s.ep.Paging.Params[0] != "offset" { // the parameter is a page number
		first = 2 * (max(first, 1) - 1)
	}
	page := s.list[min(first, len(s.list)):min(first+2, len(s.list))]
	place := pageShapeOf(s.ep)
	response := map[string]any{"code": 200, place.items: page}
	if place.keyed {
		members := map[string]any{}
		for _, item := range page {
			pair, _ := item.(map[string]any)
			members[fmt.Sprint(pair["key"])] = pair["value"]
		}
		response[place.items] = members
	}
	if place.token != "" && first+2 < len(s.list) {
		response[place.token] = strconv.Itoa(first + 2)
	}
	_ = json.NewEncoder(w).Encode(response)
}

// given returns the value of the parameter that selects the page.
func (s *pagedServer) given(r *http.Request, body []byte) string {
	name := s.ep.Paging.Params[0]
	if s.ep.Encoding == endpoint.JSON {
		var fields map[string]any
		_ = json.Unmarshal(body, &fields)
		if fields[name] == nil {
			return ""
		}
		return fmt.Sprint(fields[name])
	}
	form, _ := url.ParseQuery(string(body))
	return form.Get(name) + r.URL.Query().Get(name)
}

// dummyPairs returns valid values for the required parameters of an endpoint.
func dummyPairs(ep *endpoint.Endpoint) []string {
	var pairs []string
	for i := range ep.Params {
		p := &ep.Params[i]
		value := "x"
		switch {
		case len(p.Values) > 0:
			value = p.Values[0]
		case p.Type == endpoint.Bool:
			value = "true"
		case p.Type == endpoint.Int:
			value = "1"
		}
		if p.Required {
			pairs = append(pairs, p.Name+"="+value)
		}
	}
	return pairs
}

// api --paginate prints each item of every paged endpoint once.
func TestPaginateEveryEndpoint(t *testing.T) {
	t.Parallel()
	count := 0
	for ep := range endpoint.All() {
		if ep.Paging.Style == endpoint.NoPaging || ep.Paging.Style == endpoint.Time { // pages.txtar tests paging by time
			continue
		}
		count++
		t.Run(ep.String(), func(t *testing.T) {
			t.Parallel()
			paged := newPagedServer(ep)
			server := httptest.NewServer(paged)
			defer server.Close()
			args := slices.Concat([]string{"api", ep.Path, "--method", ep.Method, "--paginate"}, dummyPairs(ep))
			var out, said bytes.Buffer
			env := map[string]string{envAppKey: "key", envAppSecret: "secret", envAPIURL: server.URL, envConfig: t.TempDir() + "/none"}
			a := newApp(strings.NewReader(""), &out, &said, func(name string) string { return env[name] })
			require.Equal(t, exitDone, a.run(t.Context(), args), said.String())
			var want bytes.Buffer
			encoder := json.NewEncoder(&want)
			for _, item := range paged.list {
				require.NoError(t, encoder.Encode(item))
			}
			require.Equal(t, want.String(), out.String())
		})
	}
	require.Greater(t, count, 25)
}

// A server that ignores the page number returns all pairs each time. --paginate prints each pair
// once, and stops.
func TestPaginateWithoutPages(t *testing.T) {
	t.Parallel()
	var calls atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if calls.Add(1) > 3 {
			http.Error(w, "asked again and again", http.StatusForbidden)
			return
		}
		_, _ = io.WriteString(w, `{"code":200,"extraContent":{"a":{"v":"1"},"b":{"v":"2"}}}`)
	}))
	t.Cleanup(server.Close)
	env := map[string]string{envAppKey: "key", envAppSecret: "secret", envAPIURL: server.URL}
	code, out, talk := runApp(t, env, "api", "/message/expansion/query.json", "msgUID=x", "--paginate")
	require.Zero(t, code, talk)
	require.Equal(t, "{\"key\":\"a\",\"value\":{\"v\":\"1\"}}\n{\"key\":\"b\",\"value\":{\"v\":\"2\"}}\n", out)
	require.EqualValues(t, 2, calls.Load())
}

// read returns an error if it cannot split a value into items. It does not report an empty page.
func TestReadPage(t *testing.T) {
	t.Parallel()
	list, object := pageShapeOf(endpoint.UserBlockQuery), pageShapeOf(endpoint.MessageExpansionQuery)
	for _, test := range []struct {
		shape pageShape
		body  string
		items int
		wrong string
	}{
		{list, `{"users":[{"userId":"ann"}],"roles":["a","b"]}`, 1, ""},
		{list, `{"users":[]}`, 0, ""},
		{list, `{"users":null}`, 0, ""},
		{list, `{"users":{}}`, 0, ""},
		{list, `{"users":""}`, 0, ""},
		{list, `{"code":200}`, 0, ""},
		{list, `{"users":{"ann":1}}`, 0, "users in the response is not what the catalogue says"},
		{list, `{"users":"ann"}`, 0, "users in the response is not what the catalogue says"},
		{list, `[]`, 0, "no JSON object"},
		{object, `{"extraContent":{"a":{"v":"1"},"b":{"v":"2"}}}`, 2, ""},
		{object, `{"extraContent":{}}`, 0, ""},
		{object, `{"extraContent":[]}`, 0, ""},
		{object, `{"extraContent":17}`, 0, "extraContent in the response is not what the catalogue says"},
	} {
		page, err := test.shape.read([]byte(test.body))
		if test.wrong != "" {
			require.ErrorContains(t, err, test.wrong, test.body)
			continue
		}
		require.NoError(t, err, test.body)
		require.Len(t, page.items, test.items, test.body)
	}
}
