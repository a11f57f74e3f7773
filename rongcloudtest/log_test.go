package rongcloudtest_test

import (
	"archive/zip"
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// download reads a log over the network and again in-process.
func download(t *testing.T, srv *rongcloudtest.Server, address string) (lines []object) {
	t.Helper()
	var bodies [][]byte
	for _, transport := range []http.RoundTripper{http.DefaultTransport, srv.Transport()} {
		resp, err := (&http.Client{Transport: transport}).Get(address)
		require.NoError(t, err)
		require.Equal(t, 200, resp.StatusCode)
		require.Equal(t, "application/zip", resp.Header.Get("Content-Type"))
		body, err := io.ReadAll(resp.Body)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		bodies = append(bodies, body)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	require.Equal(t, bodies[0], bodies[1])
	archive, err := zip.NewReader(bytes.NewReader(bodies[0]), int64(len(bodies[0])))
	require.NoError(t, err)
	require.Len(t, archive.File, 1)
	require.Equal(t, "2026-11-24-09", archive.File[0].Name)
	file, err := archive.File[0].Open()
	require.NoError(t, err)
	for scanner := bufio.NewScanner(file); scanner.Scan(); {
		line := object{}
		stamp, message := scanner.Text()[:19], scanner.Text()[19:]
		require.Equal(t, "2026/11/24 09:02:03", stamp)
		require.NoError(t, json.Unmarshal([]byte(message), &line))
		lines = append(lines, line)
	}
	return lines
}

func TestLog(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithStrict())
	srv.AddGroup("g", "a", "b")
	get := func(date string) string {
		answer := call(t, client, "/message/history.json", form("date", date))
		require.Equal(t, date, answer["date"])
		return answer["url"].(string)
	}
	sendPrivate(t, client, "a", "b")
	call(t, client, "/message/group/publish.json", form("fromUserId", "a", "toGroupId", "g", "objectName", "app:x", "content", "no JSON <&>"))
	sendAny(t, client, "/statusmessage/private/publish.json", "fromUserId", "a", "toUserId", "b")
	require.Empty(t, get("2026112409"), "the hour has not ended")
	srv.Advance(time.Hour)
	sendPrivate(t, client, "a", "b")

	address := get("2026112409")
	require.True(t, strings.HasPrefix(address, srv.URL+"/"), address)
	require.Empty(t, get("2026112408"))
	require.Empty(t, get("2026112410"))
	lines := download(t, srv, address)
	require.Len(t, lines, 2, "no status messages")
	require.Equal(t, object{
		"appId": rongcloudtest.DefaultAppKey, "fromUserId": "a", "targetId": "b", "targetType": 1.0, "GroupId": "", "classname": "RC:TxtMsg",
		"content": object{"content": "hello"}, "dateTime": "2026-11-24 09:02:03.000", "timestamp": float64(started.UnixMilli()),
		"msgUID": "TEST-0000-0000-0001", "source": "Server", "isSensitiveWord": "false",
	}, lines[0])
	require.Equal(t, "g", lines[1]["GroupId"])
	require.Equal(t, "no JSON <&>", lines[1]["content"])

	call(t, client, "/message/history/delete.json", form("date", "2026112409"))
	require.Empty(t, get("2026112409"))
	resp, err := (&http.Client{Transport: srv.Transport()}).Get(address)
	require.NoError(t, err)
	require.Equal(t, 404, resp.StatusCode)
	require.NoError(t, resp.Body.Close())
	require.Len(t, query(t, client, "private", "b", "a", object{"startTime": started.Add(2 * time.Hour).UnixMilli()}), 2, "the history is untouched")

	srv.Advance(73*time.Hour - 4*time.Minute)
	require.NotEmpty(t, get("2026112410"))
	srv.Advance(2 * time.Minute)
	require.Empty(t, get("2026112410"), "kept for three days")
	for _, date := range []string{"2026112425", "20261124", "2026-11-24"} {
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/message/history.json", form("date", date)).Code)
		require.Equal(t, rongcloud.CodeInvalidParameter, refused(t, client, "/message/history/delete.json", form("date", date)).Code)
	}
}

func TestLogInTheRegionsZone(t *testing.T) {
	t.Parallel()
	srv, client := stopped(t, rongcloudtest.WithRegion(rongcloud.RegionSingapore))
	sendPrivate(t, client, "a", "b")
	srv.Advance(time.Hour)
	require.NotEmpty(t, call(t, client, "/message/history.json", form("date", "2026112401"))["url"])
	require.Empty(t, call(t, client, "/message/history.json", form("date", "2026112409"))["url"])
}
