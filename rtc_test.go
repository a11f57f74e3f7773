package rongcloud_test

import (
	"context"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// rtcArguments are the arguments of audio and video methods whose objects allow only certain
// values.
var rtcArguments = map[string]func(full bool) []any{
	"RTCRecordService.Start": func(full bool) []any {
		params := rongcloud.RTCRecordStartParams{RoomID: "room/1 ?", SessionID: "s1", Extra: awkward, Config: rongcloud.RTCRecordConfig{
			VideoFormat: rongcloud.RTCVideoFormatHLS, AudioFormat: rongcloud.RTCAudioFormatMP3, Layout: rongcloud.RTCLayoutCustom,
		}}
		if full {
			c := &params.Config
			c.RecordType, c.FileMode, c.VideoResolution = rongcloud.RTCRecordStreams, rongcloud.RTCRecordFileEach, "640x480"
			c.SliceDuration, c.RenderMode = 90*time.Minute, rongcloud.RTCRenderFit
			c.HostUserID, c.HostStreamID = awkward, "st1"
		}
		return []any{params}
	},
	"RTCMixService.Set": func(full bool) []any {
		if !full {
			return []any{rongcloud.RTCMixParams{SessionID: "s1", Config: rongcloud.RTCMixConfig{Layout: rongcloud.RTCLayoutAdaptive}}}
		}
		params := filled[rongcloud.RTCMixParams]()[0].(rongcloud.RTCMixParams)
		params.Config.Filter = rongcloud.RTCMixFilterOnlyRoomsVideo
		params.Config.Watermark.Mix.Clock.Color = rongcloud.RTCMixColorBlack
		for _, mark := range append(params.Config.Watermark.Streams, rongcloud.RTCMixStreamWatermark{RTCMixWatermark: *params.Config.Watermark.Mix}) {
			mark.Clock.Color = rongcloud.RTCMixColorWhite
			for i := range mark.Texts {
				mark.Texts[i].Color = rongcloud.RTCMixColorBlack
			}
		}
		return []any{params}
	},
}

func rtcClient(t *testing.T, mock *httpmock.MockTransport) *rongcloud.Client {
	t.Helper()
	client, err := rongcloud.New("test-key", "test-secret", rongcloud.WithBaseURL("https://api.example"),
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}), rongcloud.WithoutRetries())
	require.NoError(t, err)
	return client
}

// TestRTCRoomGet reads what the page shows, and the variants that callbacks have instead.
func TestRTCRoomGet(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1700000000123)
	want := &rongcloud.RTCRoom{RoomID: "r", SessionID: "s", CreatedAt: at, Members: []rongcloud.RTCMember{
		{UserID: "u", JoinedAt: at, Published: rongcloud.RTCPublished{Streams: []rongcloud.RTCStream{
			{StreamID: "u_RongCloudRTC", MediaType: rongcloud.RTCMediaAudio, Resource: "x", Tag: "RongCloudRTC"},
			{StreamID: "u_RongCloudRTC", MediaType: rongcloud.RTCMediaVideo, Resource: "y", Tag: "RongCloudRTC"},
		}}},
		{UserID: "v", JoinedAt: at},
	}}
	const streams = `[{"mediaType":0,"msid":"u_RongCloudRTC","uri":"x","tag":"RongCloudRTC"},{"mediaType":1,"msid":"u_RongCloudRTC","uri":"y","tag":"RongCloudRTC"}]`
	for name, response := range map[string]string{
		"as documented": `{"code":200,"roomId":"r","sessionId":"s","createTime":1700000000123,"members":[{"userId":"u","joinTime":1700000000123,"data":{"uris":` +
			streams + `}},{"userId":"v","joinTime":1700000000123,"data":{"uris":[]}}]}`,
		"texts, and fields that nobody knows": `{"code":200,"roomId":"r","sessionId":"s","createTime":"1700000000123","audience":3,"members":[{"userId":"u","joinTime":"1700000000123","data":{"uris":"` +
			`[{\"mediaType\":\"0\",\"msid\":\"u_RongCloudRTC\",\"uri\":\"x\",\"tag\":\"RongCloudRTC\"},{\"mediaType\":1,\"msid\":\"u_RongCloudRTC\",\"uri\":\"y\",\"tag\":\"RongCloudRTC\"}]` +
			`"}},{"userId":"v","joinTime":1700000000123}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mock := httpmock.NewMockTransport()
			mock.RegisterResponder("POST", "https://api.example/rtc/room/query.json", func(req *http.Request) (*http.Response, error) {
				require.Equal(t, "r", req.Header.Get("Room-Id"))
				return httpmock.NewStringResponse(http.StatusOK, response), nil
			})
			got, err := rtcClient(t, mock).RTC.Room.Get(context.Background(), "r")
			require.NoError(t, err)
			for i := range got.Members {
				if len(got.Members[i].Published.Streams) == 0 {
					got.Members[i].Published.Streams = nil
				}
			}
			require.Equal(t, want, got)
		})
	}
}

// TestRTCSuccessOfTwoFamilies: success is 200 under /rtc and 10000 under /v2/rtc, and neither
// accepts the other's code.
func TestRTCSuccessOfTwoFamilies(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport()
	code, seen := "", []string{}
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		seen = append(seen, req.Method+" "+req.URL.EscapedPath())
		return httpmock.NewStringResponse(http.StatusOK, `{"code":`+code+`,"msg":"success","recordId":"rec"}`), nil
	})
	rtc, ctx := rtcClient(t, mock).RTC, context.Background()
	old := func() error {
		got, err := rtc.Record.Stop(ctx, rongcloud.RTCRecordStopParams{RoomID: "r", SessionID: "s"})
		if err == nil {
			require.Equal(t, "rec", got.RecordID)
		}
		return err
	}
	newer := func() error {
		return rtc.Room.Block.Remove(ctx, rongcloud.RTCRoomBlockRemoveParams{RoomID: "a/b?é", UserIDs: []string{"u"}})
	}
	code = "200"
	require.NoError(t, old())
	require.ErrorContains(t, newer(), "code 200 is neither a refusal nor the success of this call")
	code = "10000"
	require.NoError(t, newer())
	require.ErrorContains(t, old(), "code 10000 is neither a refusal nor the success of this call")
	code = "40003"
	require.ErrorIs(t, newer(), rongcloud.CodeRTCRoomNotFound)
	require.Equal(t, "DELETE /v2/rtc/rooms/a%2Fb%3F%C3%A9/block-users", seen[1])
	ep, inPath := endpoint.Match(http.MethodDelete, "/v2/rtc/rooms/a%2Fb%3F%C3%A9/block-users")
	require.Same(t, endpoint.V2RTCRoomsRoomIDBlockUsersDelete, ep)
	require.Equal(t, map[string]string{"room_id": "a/b?é"}, inPath)
}

// TestRTCRefusals: values that RongCloud would refuse or misinterpret are not sent.
func TestRTCRefusals(t *testing.T) {
	t.Parallel()
	mock := httpmock.NewMockTransport() // nothing must arrive
	rtc, ctx := rtcClient(t, mock).RTC, context.Background()
	record := rongcloud.RTCRecordConfig{
		VideoFormat: rongcloud.RTCVideoFormatMP4, AudioFormat: rongcloud.RTCAudioFormatAAC, Layout: rongcloud.RTCLayoutFloating,
	}
	start := func(change func(*rongcloud.RTCRecordConfig)) func() error {
		return func() error {
			config := record
			change(&config)
			_, err := rtc.Record.Start(ctx, rongcloud.RTCRecordStartParams{RoomID: "r", SessionID: "s", Extra: "x", Config: config})
			return err
		}
	}
	mix := func(config rongcloud.RTCMixConfig) func() error {
		return func() error { return rtc.Mix.Set(ctx, rongcloud.RTCMixParams{SessionID: "s", Config: config}) }
	}
	video := func(video rongcloud.RTCMixVideoConfig) func() error {
		return mix(rongcloud.RTCMixConfig{Output: &rongcloud.RTCMixOutputConfig{Video: &video}})
	}
	player := rongcloud.RTCCloudPlayerStartParams{
		RoomID: "r", UserID: "u", UserName: "n", StreamURL: "rtmp://x", CallbackURL: "https://x", MediaType: 1, RoomType: 1,
	}
	play := func(change func(*rongcloud.RTCCloudPlayerStartParams)) func() error {
		return func() error {
			params := player
			change(&params)
			return rtc.CloudPlayer.Start(ctx, params)
		}
	}
	for _, c := range []struct {
		field string
		call  func() error
	}{
		{"roomID", func() error { _, err := rtc.Room.Get(ctx, ""); return err }},
		{"roomID", func() error { _, err := rtc.Room.Get(ctx, "房间"); return err }},
		{"roomID", func() error { return rtc.AI.StopRecognition(ctx, "a\r\nb") }},
		{"RTCUserBlockParams.Duration", func() error { return rtc.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: "u"}) }},
		{"RTCUserBlockParams.Duration", func() error {
			return rtc.User.Block.Add(ctx, rongcloud.RTCUserBlockParams{UserID: "u", Duration: 90 * time.Second})
		}},
		{"RTCRoomBlockParams.Duration", func() error {
			return rtc.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: "r", UserIDs: []string{"u"}, Duration: rongcloud.Forever})
		}},
		{"RTCRoomBlockParams.RoomID", func() error {
			return rtc.Room.Block.Add(ctx, rongcloud.RTCRoomBlockParams{RoomID: "..", UserIDs: []string{"u"}, Duration: time.Hour})
		}},
		{"RTCRoomBlockRemoveParams.UserIDs", func() error {
			return rtc.Room.Block.Remove(ctx, rongcloud.RTCRoomBlockRemoveParams{RoomID: "r"})
		}},
		{"RTCRecordConfig.VideoFormat", start(func(c *rongcloud.RTCRecordConfig) { c.VideoFormat = "" })},
		{"RTCRecordConfig.AudioFormat", start(func(c *rongcloud.RTCRecordConfig) { c.AudioFormat = "" })},
		{"RTCRecordConfig.Layout", start(func(c *rongcloud.RTCRecordConfig) { c.Layout = 0 })},
		{"RTCRecordConfig.FileMode", start(func(c *rongcloud.RTCRecordConfig) { c.FileMode = 8 })},
		{"RTCRecordConfig.SliceDuration", start(func(c *rongcloud.RTCRecordConfig) { c.SliceDuration = 31 * time.Minute })},
		{"RTCMixConfig.Filter", mix(rongcloud.RTCMixConfig{Filter: 16})},
		{"RTCMixOutputConfig.CDNs", mix(rongcloud.RTCMixConfig{Output: &rongcloud.RTCMixOutputConfig{CDNs: make([]rongcloud.RTCMixCDN, 6)}})},
		{"RTCMixCDN.PushURL", mix(rongcloud.RTCMixConfig{Output: &rongcloud.RTCMixOutputConfig{CDNs: make([]rongcloud.RTCMixCDN, 1)}})},
		{"RTCMixAudioConfig.Bitrate", mix(rongcloud.RTCMixConfig{Output: &rongcloud.RTCMixOutputConfig{Audio: &rongcloud.RTCMixAudioConfig{}}})},
		{"RTCMixRendering.RenderMode", video(rongcloud.RTCMixVideoConfig{Rendering: &rongcloud.RTCMixRendering{}})},
		{"RTCMixBackground.FillMode", video(rongcloud.RTCMixVideoConfig{Background: &rongcloud.RTCMixBackground{}})},
		{"RTCMixBackground.Pictures", video(rongcloud.RTCMixVideoConfig{Background: &rongcloud.RTCMixBackground{FillMode: rongcloud.RTCRenderFit}})},
		{"RTCCloudPlayerStartParams.MediaType", play(func(p *rongcloud.RTCCloudPlayerStartParams) { p.MediaType = 0 })},
		{"RTCCloudPlayerStartParams.RoomType", play(func(p *rongcloud.RTCCloudPlayerStartParams) { p.RoomType = 3 })},
	} {
		var refused *rongcloud.ArgumentError
		require.ErrorAs(t, c.call(), &refused, c.field)
		require.Equal(t, c.field, refused.Field)
		require.NotNil(t, refused.Endpoint, c.field)
	}
	require.Zero(t, mock.GetTotalCallCount())
}

// TestRTCConfigRules breaks each rule of the configurations, one at a time, in an otherwise
// complete document.
func TestRTCConfigRules(t *testing.T) {
	t.Parallel()
	// Nothing may arrive.
	rtc, ctx := rtcClient(t, httpmock.NewMockTransport()).RTC, context.Background()
	mix := rtcArguments["RTCMixService.Set"](true)[0].(rongcloud.RTCMixParams)
	record := rtcArguments["RTCRecordService.Start"](true)[0].(rongcloud.RTCRecordStartParams)
	broken := 0
	for _, c := range []struct {
		config reflect.Value
		call   func() error
	}{
		{reflect.ValueOf(&mix.Config).Elem(), func() error { return rtc.Mix.Set(ctx, mix) }},
		{reflect.ValueOf(&record.Config).Elem(), func() error { _, err := rtc.Record.Start(ctx, record); return err }},
	} {
		var refused *rongcloud.ArgumentError
		require.NotErrorAs(t, c.call(), &refused, "as it is")
		eachRule(c.config, func(field, rule string, v reflect.Value) {
			for _, value := range breaking(rule, v.Type()) {
				before := reflect.ValueOf(v.Interface())
				v.Set(value)
				err := c.call()
				v.Set(before)
				require.ErrorAs(t, err, &refused, "%s: %s, %v", field, rule, value)
				require.Equal(t, field, refused.Field, "%s, %v", rule, value)
				broken++
			}
		})
	}
	require.Equal(t, 358, broken, "a rule that is gone lets a zero through")
}

// eachRule visits each rule of the fields in v.
func eachRule(v reflect.Value, visit func(field, rule string, v reflect.Value)) {
	switch v.Kind() {
	case reflect.Pointer:
		eachRule(v.Elem(), visit)
	case reflect.Slice:
		for i := range v.Len() {
			eachRule(v.Index(i), visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			one := v.Type().Field(i)
			for rule := range strings.SplitSeq(one.Tag.Get("check"), ",") {
				if rule != "" {
					visit(v.Type().Name()+"."+one.Name, rule, v.Field(i))
				}
			}
			eachRule(v.Field(i), visit)
		}
	default:
	}
}

// breaking returns values of a type that break a rule.
func breaking(rule string, typ reflect.Type) []reflect.Value {
	var values []any
	switch name, limit, _ := strings.Cut(rule, "="); name {
	case "required":
		return []reflect.Value{reflect.Zero(typ)}
	case "natural":
		values = []any{-1}
	case "share":
		values = []any{-0.1, 1.1, math.NaN(), math.Inf(1)}
	case "values":
		n, _ := strconv.Atoi(limit)
		values = []any{-1, n + 1}
	case "most":
		n, _ := strconv.Atoi(limit)
		return []reflect.Value{reflect.MakeSlice(typ, n+1, n+1)}
	}
	var all []reflect.Value
	for _, value := range values {
		all = append(all, reflect.ValueOf(value).Convert(typ))
	}
	return all
}
