package webhook_test

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// TestRTCShapes covers version 1.0 of the room status, moderation before a result, and callbacks
// without a type.
func TestRTCShapes(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000123)
	for name, c := range map[string]struct {
		body string
		want webhook.Event // nil for an unknown one
	}{
		"room 1.0": {
			`{"appKey":"test-key","channelId":"r","event":3,"timestamp":"1700000000123","durationTime":61000,"token":"t","members":{"u":{"userId":"u","data":{"uris":"[]"}}}}`,
			&webhook.RTCRoomStatus{
				RoomID: "r", Event: webhook.RTCRoomEventDestroyed, OccurredAt: at, Duration: 61 * time.Second, MediaToken: "t",
				Members: json.RawMessage(`{"u":{"userId":"u","data":{"uris":"[]"}}}`),
			},
		},
		"moderation that began": {
			`{"type":1,"code":10000,"roomId":"r","userId":"u","content":{"streamId":"s","timestamp":1700000000123,"mediaType":0}}`,
			&webhook.RTCModeration{
				RoomID: "r", UserID: "u", Event: webhook.RTCModerationEventStarted, Code: 10000, StreamID: "s", MediaType: rongcloud.RTCMediaAudio, OccurredAt: at,
			},
		},
		"recording":  {`{"timestamp":1700000000123,"type":4,"appKey":"test-key","recordId":"x","roomId":"r","sessionId":"s","userId":"","mode":0,"extra":"e","fileUrl":"https://x"}`, nil},
		"screenshot": {`{"timestamp":1700000000123,"type":1,"sessionId":"s","extra":"e","appKey":"test-key","roomId":"r","imageId":"i","code":10000,"errorMessage":"Success","config":{}}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for place, sign := range map[string]func(*http.Request){"query": testApp.Sign, "RC- headers": testApp.SignHeaders} {
				r := request(t, jsonType, c.body)
				r.URL.RawQuery = ""
				sign(r)
				callback, err := webhook.Parse(r, testSecret)
				require.NoError(t, err, place)
				require.Len(t, callback.Events, 1)
				if c.want != nil {
					require.Equal(t, c.want, plain(t, callback.Events[0]), place)
					continue
				}
				require.Equal(t, webhook.KindUnknown, callback.Kind)
				require.Equal(t, c.body, string(callback.Events[0].(*webhook.Unknown).Raw))
				require.NoError(t, callback.Events[0].(*webhook.Unknown).Err)
			}
		})
	}
}

// TestRTCRoomStatusIsSigned checks that a signature without the secret is refused, in headers as
// elsewhere.
func TestRTCRoomStatusIsSigned(t *testing.T) {
	t.Parallel()
	app := testApp
	app.Secret = "another"
	r, err := app.Request(t.Context(), "http://localhost/", webhooktest.Sample(webhook.KindRTCRoomStatus))
	require.NoError(t, err)
	_, err = webhook.Parse(r, testSecret)
	require.ErrorIs(t, err, webhook.ErrSignature)
}
