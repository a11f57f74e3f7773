package rongcloudtest_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// answer is the response to a request.
type answer struct {
	Status  int
	Code    int    `json:"code"`
	Message string `json:"errorMessage"`
}

// signed returns the headers of a form request to srv, signed now.
func signed(srv *rongcloudtest.Server) http.Header {
	return signedAt(srv, strconv.FormatInt(time.Now().UnixMilli(), 10), "12345")
}

func signedAt(srv *rongcloudtest.Server, timestamp, nonce string) http.Header {
	header := http.Header{}
	header.Set("App-Key", srv.AppKey())
	header.Set("Nonce", nonce)
	header.Set("Timestamp", timestamp)
	header.Set("Signature", rongcloud.Sign(srv.AppSecret(), nonce, timestamp))
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return header
}

// post sends a request in-process, as another client would.
func post(t *testing.T, srv *rongcloudtest.Server, path, body string, header http.Header) answer {
	t.Helper()
	return request(t, srv, http.MethodPost, path, body, header)
}

func request(t *testing.T, srv *rongcloudtest.Server, method, path, body string, header http.Header) answer {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, "http://anywhere.test"+path, strings.NewReader(body))
	require.NoError(t, err)
	req.Header = header
	resp, err := srv.Transport().RoundTrip(req)
	require.NoError(t, err)
	data, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	a := answer{}
	require.NoError(t, json.Unmarshal(data, &a), "%s", data)
	a.Status = resp.StatusCode
	return a
}

// endpointAt returns the catalogue's endpoint with the given path, or a new one.
func endpointAt(path string) *endpoint.Endpoint {
	for ep := range endpoint.All() {
		if ep.Path == path {
			return ep
		}
	}
	return endpoint.New("POST", path, endpoint.Form)
}

// object is any response of the server.
type object = map[string]any

// call makes a call that must succeed, and returns the response without its code.
func call(t *testing.T, client *rongcloud.Client, path string, params any) object {
	t.Helper()
	out := object{}
	require.NoError(t, client.Call(context.Background(), endpointAt(path), params, &out))
	delete(out, "code")
	return out
}

// refused makes a call that must fail, and returns its error.
func refused(t *testing.T, client *rongcloud.Client, path string, params any) *rongcloud.Error {
	t.Helper()
	err := client.Call(context.Background(), endpointAt(path), params, nil)
	var e *rongcloud.Error
	require.ErrorAs(t, err, &e)
	return e
}

// form builds url.Values from names and values in turn; a repeated name is a list.
func form(pairs ...string) url.Values {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Add(pairs[i], pairs[i+1])
	}
	return values
}

// pair is a server and a client that does not retry.
func pair(t *testing.T, opts ...rongcloudtest.Option) (*rongcloudtest.Server, *rongcloud.Client) {
	t.Helper()
	srv := rongcloudtest.NewServer(t, opts...)
	return srv, srv.Client(rongcloud.WithoutRetries())
}

func register(t *testing.T, client *rongcloud.Client, ids ...string) {
	t.Helper()
	for _, id := range ids {
		_, err := client.User.Register(context.Background(), rongcloud.RegisterParams{UserID: id, Name: "Name of " + id})
		require.NoError(t, err)
	}
}

func text(words string) rongcloud.TextMessage { return rongcloud.TextMessage{Content: words} }

func sendPrivate(t *testing.T, client *rongcloud.Client, from string, to ...string) *rongcloud.SendResult {
	t.Helper()
	sent, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{From: from, To: to, Content: text("hello")})
	require.NoError(t, err)
	return sent
}

func toJSON(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value)
	require.NoError(t, err)
	return string(data)
}
