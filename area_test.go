package rongcloud_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// mockPath returns a client whose server knows one path, and passes each request's body to serve.
func mockPath(t *testing.T, path string, serve func(body string) (status int, answer string)) *rongcloud.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder(http.MethodPost, "https://api.rong-api.com"+path, func(req *http.Request) (*http.Response, error) {
		var body []byte
		if req.Body != nil { // nil for a form without fields
			var err error
			if body, err = io.ReadAll(req.Body); err != nil {
				return nil, err
			}
		}
		return httpmock.NewStringResponse(serve(string(body))), nil
	})
	client, err := rongcloud.New("app-key", "app-secret",
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}), rongcloud.WithoutRetries())
	require.NoError(t, err)
	return client
}

// gotRequest is a request that the server of mockAll got.
type gotRequest struct{ method, path, query, body, contentType string }

// mockAll returns a client whose server gives every request the same response and records the
// requests.
func mockAll(t *testing.T, status int, answer string) (*rongcloud.Client, *[]gotRequest) {
	t.Helper()
	got := new([]gotRequest)
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		r := gotRequest{method: req.Method, path: req.URL.Path, query: req.URL.RawQuery, contentType: req.Header.Get("Content-Type")}
		if req.Body != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			r.body = string(body)
		}
		*got = append(*got, r)
		return httpmock.NewStringResponse(status, answer), nil
	})
	client, err := rongcloud.New("app-key", "app-secret",
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}), rongcloud.WithoutRetries())
	require.NoError(t, err)
	return client, got
}

// formOf makes a form from names and values.
func formOf(pairs ...string) url.Values {
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

// apiCall is one way to call an endpoint, and what it sends.
type apiCall struct {
	path string
	what string // all: with every optional field; bare: with none; otherwise a special case
	call func(context.Context, *rongcloud.Client) error
	form url.Values // in the body, or in the query of a GET
	json string
}

// sent returns the parameters that the call sends, by name.
func (c apiCall) sent(t *testing.T) map[string]string {
	t.Helper()
	names := map[string]string{}
	for name := range c.form {
		names[name] = c.form.Get(name)
	}
	if c.json != "" {
		var body map[string]json.RawMessage
		require.NoError(t, json.Unmarshal([]byte(c.json), &body))
		for name, value := range body {
			names[name] = string(value)
		}
	}
	return names
}

// areas are the calls of each area of the API. A whole area has every method and, in the cases
// called all, every parameter; the others have what the golden file does not show.
var areas = []struct {
	area  string
	calls func() []apiCall
	whole bool
}{
	{area: "user", calls: userCalls, whole: true},
	{area: "chatroom", calls: chatroomCalls, whole: true},
	{area: "sensitive", calls: sensitiveCalls, whole: true},
	{area: "conversation", calls: conversationCalls, whole: true},
	{area: "push", calls: pushAPICalls, whole: true},
	{area: "group", calls: groupCalls},
	{area: "ultragroup", calls: ultraGroupCalls},
}

func eachCall(t *testing.T, try func(t *testing.T, c apiCall, ep *endpoint.Endpoint)) {
	for _, area := range areas {
		for _, c := range area.calls() {
			t.Run(c.path+" "+c.what, func(t *testing.T) {
				t.Parallel()
				ep := endpointAt(c.path)
				require.NotNil(t, ep)
				try(t, c, ep)
			})
		}
	}
}

func TestAreasSend(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, c apiCall, ep *endpoint.Endpoint) {
		client, requests := mockAll(t, 200, `{"code":200,"token":"t"}`)
		require.NoError(t, c.call(t.Context(), client))
		require.Len(t, *requests, 1)
		got := (*requests)[0]
		require.Equal(t, ep.Method+" "+ep.Path, got.method+" "+got.path)
		if c.json != "" {
			require.JSONEq(t, c.json, got.body)
			require.NotContains(t, got.body, `\u003c`)
			require.Contains(t, got.contentType, "application/json")
			return
		}
		text, other := got.body, got.query
		if ep.Method == http.MethodGet {
			text, other = other, text
			require.Empty(t, got.contentType)
		}
		require.Empty(t, other)
		form, err := url.ParseQuery(text)
		require.NoError(t, err)
		require.Equal(t, c.form, form)
	})
}

// The tables cover every method of their area and every parameter.
func TestAreasAreWhole(t *testing.T) {
	t.Parallel()
	neverSent := map[string]bool{"isMuted": true} // unpushLevel replaces it
	for _, area := range areas {
		tested := map[string]bool{}
		for _, c := range area.calls() {
			tested[c.path] = true
			sent := c.sent(t)
			for _, param := range endpointAt(c.path).Params {
				_, ok := sent[param.Name]
				switch c.what {
				case "all":
					require.NotEqual(t, neverSent[param.Name], ok, "%s never sends %s", c.path, param.Name)
				case "bare":
					require.Equal(t, param.Required, ok, "%s: %s", c.path, param.Name)
				}
			}
		}
		for ep := range endpoint.All() {
			if area.whole && string(ep.Area) == area.area {
				require.Equal(t, ep.Status == endpoint.Current, tested[ep.Path], ep.Path)
			}
		}
	}
}

// A refusal reaches the caller of every method. The outcome is unknown only where a repeat could do
// harm: for unsafe endpoints, and for calls that notify somebody.
func TestAreasFail(t *testing.T) {
	t.Parallel()
	eachCall(t, func(t *testing.T, c apiCall, ep *endpoint.Endpoint) {
		client, _ := mockAll(t, 400, `{"code":1002,"errorMessage":"no"}`)
		err := c.call(t.Context(), client)
		require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
		require.NotErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
		var failure *rongcloud.Error
		require.ErrorAs(t, err, &failure)
		require.Equal(t, ep.String(), failure.Endpoint.String())

		unknown := ep.Class == endpoint.Unsafe
		for name, value := range c.sent(t) {
			unknown = unknown || slices.Contains(ep.UnsafeWith, name) && value != "0" && value != "false"
		}
		client, _ = mockAll(t, 502, "<html>")
		err = c.call(t.Context(), client)
		require.Equal(t, unknown, errors.Is(err, rongcloud.ErrOutcomeUnknown), "%v", err)
		require.ErrorIs(t, err, rongcloud.ErrTransport)
	})
}
