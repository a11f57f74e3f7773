package emulator

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

const rtcSeed = `{
	"users": [{"id": "ann", "online": true}, {"id": "ben"}],
	"rtcRooms": [{"id": "lesson", "members": ["ann", "ben"], "streams": [
		{"userId": "ann", "mediaType": "video", "streamId": "s1", "tag": "screen"}, {"userId": "ann", "mediaType": "audio"}
	]}]
}`

// rtcState returns the users and the audio and video rooms.
func rtcState(t *testing.T, base string) (users map[string]rongcloudtest.UserState, rooms map[string]rongcloudtest.RTCRoomState) {
	t.Helper()
	_, text := ask(t, http.MethodGet, base+"/_emulator/state", "")
	var state rongcloudtest.State
	require.NoError(t, json.Unmarshal([]byte(text), &state))
	users, rooms = map[string]rongcloudtest.UserState{}, map[string]rongcloudtest.RTCRoomState{}
	for _, u := range state.Users {
		users[u.ID] = u
	}
	for _, r := range state.RTCRooms {
		rooms[r.RoomID] = r
	}
	return users, rooms
}

func TestRTCRooms(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(name, []byte(rtcSeed), 0o600))
	base, out := started(t, "-seed", name)
	require.Contains(t, out.String(), "1 audio and video room")
	does := func(method, path, body string) {
		t.Helper()
		status, text := ask(t, method, base+"/_emulator/"+path, body)
		require.Equal(t, http.StatusOK, status, "%s %s: %s", method, path, text)
	}
	room := func(id string) rongcloudtest.RTCRoomState {
		t.Helper()
		_, rooms := rtcState(t, base)
		return rooms[id]
	}

	lesson := room("lesson")
	require.Equal(t, []string{"ann", "ben"}, lesson.MemberIDs)
	require.NotEmpty(t, lesson.SessionID)
	require.Len(t, lesson.Streams, 2)
	require.Equal(t, "screen", lesson.Streams[0].Tag)
	require.Equal(t, "audio", lesson.Streams[1].MediaType)

	does("POST", "users/ben/rtcRooms/lesson/streams", `{"streams": [{"mediaType": "audio"}]}`)
	require.Len(t, room("lesson").Streams, 3)
	does("DELETE", "users/ann/rtcRooms/lesson/streams", "")
	require.Equal(t, "ben", room("lesson").Streams[0].UserID)
	does("DELETE", "rtcRooms/lesson/members/ben", "")
	require.Equal(t, []string{"ann"}, room("lesson").MemberIDs)
	does("POST", "users/ben/rtcRooms/lesson", "")
	does("POST", "rtcRooms/lesson/blocked/ben", `{"duration": "1h"}`)
	require.Equal(t, []string{"ann"}, room("lesson").MemberIDs)
	require.Equal(t, []string{"ben"}, room("lesson").BlockedIDs)
	does("DELETE", "rtcRooms/lesson/blocked/ben", "")
	does("POST", "users/ben/rtcRooms/lesson", "")
	does("DELETE", "users/ann/rtcRooms/lesson", "")
	does("POST", "users/ben/rtcBlock", `{"duration": "10m"}`)
	users, rooms := rtcState(t, base)
	require.Empty(t, rooms, "the last one was thrown out")
	require.NotZero(t, users["ben"].RTCBlockedUntil)
	require.Zero(t, users["ann"].RTCBlockedUntil)
	does("POST", "clock", `{"advance": "10m"}`)
	users, _ = rtcState(t, base)
	require.Zero(t, users["ben"].RTCBlockedUntil)
	does("POST", "users/ben/rtcBlock", `{"duration": "10m"}`)
	does("DELETE", "users/ben/rtcBlock", "")
	does("POST", "users/ben/rtcRooms/a%2Fb%20%E5%AE%A4", "")
	require.Equal(t, []string{"ben"}, room("a/b 室").MemberIDs)

	does("POST", "users/ben/rtcBlock", `{"duration": "720h"}`)
	does("DELETE", "users/ben/rtcBlock", "")
	does("POST", "rtcRooms/empty/blocked/ben", `{"duration": "1h"}`)
	require.Equal(t, rongcloudtest.RTCRoomState{RoomID: "empty", MemberIDs: []string{}, BlockedIDs: []string{"ben"}}, room("empty"), "a room that is not there keeps users out, too")
	does("POST", "clock", `{"advance": "1h"}`)
	require.Zero(t, room("empty"))
}

// Tasks started through the Server API appear in the state.
func TestRTCTasks(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	c := client(t, base)
	status, text := ask(t, http.MethodPost, base+"/_emulator/seed", rtcSeed)
	require.Equal(t, http.StatusOK, status, text)
	_, rooms := rtcState(t, base)
	session := rooms["lesson"].SessionID
	_, err := c.RTC.Record.Start(t.Context(), rongcloud.RTCRecordStartParams{
		RoomID: "lesson", SessionID: session, Extra: "homework", Config: rongcloud.RTCRecordConfig{
			VideoFormat: rongcloud.RTCVideoFormatMP4, AudioFormat: rongcloud.RTCAudioFormatAAC, Layout: rongcloud.RTCLayoutAdaptive,
		},
	})
	require.NoError(t, err)
	require.NoError(t, c.RTC.Mix.Set(t.Context(), rongcloud.RTCMixParams{SessionID: session, Config: rongcloud.RTCMixConfig{
		Layout: rongcloud.RTCLayoutFloating, Output: &rongcloud.RTCMixOutputConfig{CDNs: []rongcloud.RTCMixCDN{{PushURL: "rtmp://cdn.example/1"}}},
	}}))
	require.NoError(t, c.RTC.CloudPlayer.Start(t.Context(), rongcloud.RTCCloudPlayerStartParams{
		RoomID: "lesson", UserID: "tv", UserName: "TV", MediaType: rongcloud.RTCCloudPlayerMediaBoth, RoomType: rongcloud.RTCRoomLive,
		StreamURL: "rtmp://example.com/tv", CallbackURL: "https://example.com/",
	}))
	_, rooms = rtcState(t, base)
	lesson := rooms["lesson"]
	require.Len(t, lesson.Recordings, 1)
	require.Equal(t, "homework", lesson.Recordings[0].Extra)
	require.JSONEq(t, `{"mode":2,"output":{"cdn":[{"pushurl":"rtmp://cdn.example/1"}]}}`, string(lesson.Mix))
	require.Equal(t, []string{"rtmp://cdn.example/1"}, lesson.CDNPushURLs)
	require.Equal(t, map[string]string{"tv": "rtmp://example.com/tv"}, lesson.PlayedByUser)
	require.WithinDuration(t, time.Now(), lesson.CreatedAt, time.Minute)
}

func TestRTCRefusals(t *testing.T) {
	t.Parallel()
	base, _ := started(t)
	ask(t, http.MethodPost, base+"/_emulator/seed", rtcSeed)
	ask(t, http.MethodPost, base+"/_emulator/rtcRooms/lesson/blocked/ben", `{"duration": "1h"}`)
	for _, c := range []struct {
		method, path, body string
		status             int
		text               string
	}{
		{method: "POST", path: "users/nobody/rtcRooms/lesson", body: "", status: 409, text: "token"},
		{method: "POST", path: "users/nobody/rtcBlock", body: `{"duration": "1h"}`, status: 409, text: "token"},
		{method: "DELETE", path: "users/nobody/rtcBlock", body: "", status: 409, text: "token"},
		{method: "POST", path: "rtcRooms/lesson/blocked/nobody", body: `{"duration": "1h"}`, status: 409, text: "token"},
		{method: "DELETE", path: "rtcRooms/lesson/blocked/nobody", body: "", status: 409, text: "token"},
		{method: "GET", path: "users/nobody/inbox", body: "", status: 409, text: "token"},
		{
			method: "POST", path: "users/ben/rtcRooms/lesson", body: "", status: 409,
			text: `{"error":"the user is refused: they are blocked from the audio and video room"}`,
		},
		{method: "DELETE", path: "users/ben/rtcRooms/lesson", body: "", status: 409, text: "not a member"},
		{method: "DELETE", path: "users/ann/rtcRooms/nowhere", body: "", status: 409, text: "not a member"},
		{
			method: "POST", path: "users/ben/rtcRooms/lesson/streams", body: `{"streams": [{"mediaType": "audio"}]}`, status: 409,
			text: "not a member",
		},
		{method: "DELETE", path: "users/ben/rtcRooms/lesson/streams", body: "", status: 409, text: "not a member"},
		{
			method: "POST", path: "users/ann/rtcRooms/lesson/streams",
			body: `{"streams": [{"mediaType": "audio"}, {"mediaType": "smell"}]}`, status: 400, text: "streams[1].mediaType",
		},
		{method: "POST", path: "users/ann/rtcRooms/lesson/streams", body: `{"streams": []}`, status: 400, text: "at least one"},
		{method: "POST", path: "users/ann/rtcRooms/lesson/streams", body: `{"stream": []}`, status: 400, text: "unknown field"},
		{method: "POST", path: "users/ann/rtcRooms/lesson/streams", body: "", status: 400, text: "a JSON body"},
		{method: "DELETE", path: "rtcRooms/lesson/members/ben", body: "", status: 409, text: "not a member"},
		{method: "POST", path: "rtcRooms/lesson/blocked/ann", body: `{}`, status: 400, text: "duration: whole minutes"},
		{method: "POST", path: "rtcRooms/lesson/blocked/ann", body: `{"duration": "721h"}`, status: 400, text: "at most 720h"},
		{method: "POST", path: "rtcRooms/lesson/blocked/ann", body: `{"duration": "-1h"}`, status: 400, text: "duration: whole minutes"},
		{method: "POST", path: "rtcRooms/lesson/blocked/ann", body: `{"duration": 60}`, status: 400, text: "a span is a text"},
		{method: "POST", path: "users/ann/rtcBlock", body: `{"duration": "90s"}`, status: 400, text: "duration: whole minutes"},
		{method: "POST", path: "users/ann/rtcBlock", body: "", status: 400, text: "a JSON body"},
		{method: "POST", path: "seed", body: `{"rtcRooms": [{"id": "empty"}]}`, status: 400, text: "an id and members"},
		{method: "POST", path: "seed", body: `{"rtcRooms": [{"members": ["ann"]}]}`, status: 400, text: "an id and members"},
		{
			method: "POST", path: "seed",
			body: `{"rtcRooms": [{"id": "r", "members": ["ann"], "streams": [{"userId": "ben", "mediaType": "audio"}]}]}`, status: 400,
			text: "not a member",
		},
		{
			method: "POST", path: "seed", body: `{"rtcRooms": [{"id": "r", "members": ["ann"], "streams": [{"userId": "ann"}]}]}`,
			status: 400, text: "streams[0].mediaType",
		},
		{method: "POST", path: "seed", body: `{"rtcRooms": [{"id": "lesson", "members": ["ben"]}]}`, status: 400, text: "blocked"},
		{
			method: "POST", path: "seed", body: `{"rtcRooms": [{"id": "r", "members": ["ann"], "name": "x"}]}`, status: 400,
			text: "unknown field",
		},
	} {
		status, text := ask(t, c.method, base+"/_emulator/"+c.path, c.body)
		require.Equal(t, c.status, status, "%s %s %s: %s", c.method, c.path, c.body, text)
		require.Contains(t, text, c.text, "%s %s %s", c.method, c.path, c.body)
	}
	_, rooms := rtcState(t, base)
	require.Len(t, rooms, 1, "a seed that is refused has made no room")
	require.Equal(t, []string{"ann"}, rooms["lesson"].MemberIDs)
	require.Len(t, rooms["lesson"].Streams, 2)
}
