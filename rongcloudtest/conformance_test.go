package rongcloudtest

import (
	"bufio"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// TestGoldenWireIsAccepted sends every request that the SDK can make to a strict server. The form
// of each request must be right; an unknown group, for example, does not matter.
func TestGoldenWireIsAccepted(t *testing.T) {
	t.Parallel()
	srv := NewServer(t, WithStrict())
	file, err := os.Open("../testdata/wire.jsonl")
	require.NoError(t, err)
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	n, succeeded := 0, 0
	for lines.Scan() {
		var c struct {
			Call, Method, Path, Encoding string
			Form, Place                  url.Values
			JSON                         json.RawMessage
		}
		require.NoError(t, json.Unmarshal(lines.Bytes(), &c))
		n++
		target, body, contentType := c.Path, "", ""
		switch c.Encoding {
		case "form":
			body, contentType = c.Form.Encode(), "application/x-www-form-urlencoded; charset=UTF-8"
		case "json":
			body, contentType = string(c.JSON), "application/json; charset=UTF-8"
		case "query":
			target += "?" + c.Form.Encode()
		}
		for name, values := range c.Place {
			target = strings.ReplaceAll(target, "{"+name+"}", url.PathEscape(values[0]))
		}
		request := func(nonce string) *http.Request {
			req := httptest.NewRequestWithContext(t.Context(), c.Method, target, strings.NewReader(body))
			req.Header = headersOf(srv, nonce+strconv.Itoa(n))
			req.Header.Set("Content-Type", contentType)
			for name, values := range c.Place {
				req.Header.Set(name, values[0])
			}
			return req
		}
		in, err := read(request("form"))
		require.NoError(t, err)
		if refusal := srv.check(in); refusal != nil {
			t.Errorf("%s: %d %s", c.Call, refusal.code, refusal.message)
			continue
		}
		answer := httptest.NewRecorder()
		srv.Handler().ServeHTTP(answer, request("all"))
		require.NotEqual(t, http.StatusNotImplemented, answer.Code, c.Call)
		if answer.Code == http.StatusOK {
			succeeded++
		}
	}
	require.NoError(t, lines.Err())
	require.NotZero(t, n)
	t.Logf("%d requests of the golden file are in order, %d of them also fit an empty server", n, succeeded)
}

func headersOf(srv *Server, nonce string) http.Header {
	stamp := strconv.FormatInt(time.Now().UnixMilli(), 10)
	header := http.Header{}
	for name, value := range map[string]string{
		"App-Key": srv.AppKey(), "Nonce": nonce, "Timestamp": stamp, "Signature": rongcloud.Sign(srv.AppSecret(), nonce, stamp),
	} {
		header.Set(name, value)
	}
	return header
}
