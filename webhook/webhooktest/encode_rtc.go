package webhooktest

import (
	"encoding/json"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// rtcObject returns the JSON object of an audio and video event, or nil for other events.
func (a App) rtcObject(e webhook.Event) any {
	switch e := e.(type) {
	case *webhook.RTCRoomStatus:
		return a.rtcRoomObject(e)
	case *webhook.RTCCDNPush:
		type output struct {
			VideoResolution string `json:"videoResoulation"` // as RongCloud spells it
		}
		return struct {
			Time      int64  `json:"timestamp"`
			Type      int    `json:"type"`
			StateCode int    `json:"stateCode"`
			AppKey    string `json:"appKey"`
			SessionID string `json:"sessionId"`
			RoomID    string `json:"roomId"`
			UserID    string `json:"userId"`
			PushURL   string `json:"pushUrl"`
			Output    output `json:"output"`
		}{millis(e.OccurredAt), int(e.Event), e.StateCode, a.Key, e.SessionID, e.RoomID, e.UserID, e.PushURL, output{e.VideoResolution}}
	case *webhook.RTCCloudPlayer:
		return struct {
			Time            int64  `json:"timestamp"`
			Type            int    `json:"type"`
			AppKey          string `json:"app_key"`
			RoomID          string `json:"room_id"`
			StreamURL       string `json:"rtmp_url"`
			UserID          string `json:"user_id"`
			Code            int    `json:"code"`
			VideoResolution string `json:"video_resolution"`
			Kind            string `json:"kind,omitempty"`
		}{millis(e.OccurredAt), int(e.Event), a.Key, e.RoomID, e.StreamURL, e.UserID, e.Code, e.VideoResolution, e.StreamKind}
	case *webhook.RTCModeration:
		return a.rtcModerationObject(e)
	case *webhook.RTCAITask:
		return struct {
			Type         string `json:"type"`
			Status       string `json:"status"`
			AppKey       string `json:"appKey"`
			RoomID       string `json:"roomId"`
			Code         int    `json:"code"`
			ErrorMessage string `json:"errorMessage"`
			TaskID       string `json:"taskId,omitempty"`
		}{string(e.Type), string(e.Status), a.Key, e.RoomID, e.Code, e.ErrorMessage, e.TaskID}
	}
	return nil
}

// rtcRoomObject returns version 1.1, unless the event has fields that only version 1.0 has.
func (a App) rtcRoomObject(e *webhook.RTCRoomStatus) any {
	if e.Duration != 0 || e.MediaToken != "" || e.Members != nil {
		return struct {
			AppKey    string          `json:"appKey"`
			ChannelID string          `json:"channelId"`
			Event     int             `json:"event"`
			UserID    string          `json:"userId,omitempty"`
			Time      int64           `json:"timestamp"`
			Duration  int64           `json:"durationTime,omitempty"`
			Token     string          `json:"token,omitempty"`
			Members   json.RawMessage `json:"members,omitempty"`
		}{a.Key, e.RoomID, int(e.Event), e.UserID, millis(e.OccurredAt), e.Duration.Milliseconds(), e.MediaToken, e.Members}
	}
	return struct {
		Event     int    `json:"event"`
		RoomID    string `json:"roomId"`
		SessionID string `json:"sessionId"`
		UserID    string `json:"userId,omitempty"`
		Time      int64  `json:"timestamp"`
		ExitType  int    `json:"exitType,omitempty"`
	}{int(e.Event), e.RoomID, e.SessionID, e.UserID, millis(e.OccurredAt), e.ExitType}
}

func (a App) rtcModerationObject(e *webhook.RTCModeration) any {
	type content struct {
		StreamID     string `json:"streamId,omitempty"`
		Time         int64  `json:"timestamp,omitempty"`
		MediaType    *int   `json:"mediaType,omitempty"`
		ErrorMessage string `json:"errorMessage,omitempty"`
		RequestID    string `json:"requestId,omitempty"`
		ContentType  int    `json:"contentType,omitempty"`
		RiskLevel    int    `json:"riskLevel,omitempty"`
		RiskType     int    `json:"riskType,omitempty"`
		RiskTime     int64  `json:"riskTime,omitempty"`
		ContentURL   string `json:"contentUrl,omitempty"`
		Description  string `json:"desc,omitempty"`
		Text         string `json:"matchText,omitempty"`
		MatchedItem  string `json:"matchedItem,omitempty"`
		MatchedList  string `json:"matchedList,omitempty"`
	}
	c := content{
		StreamID: e.StreamID, Time: millis(e.OccurredAt), MediaType: fromZero(int(e.MediaType)), ErrorMessage: e.ErrorMessage,
		RequestID: e.RequestID, ContentType: int(e.ModeratedType), RiskLevel: int(e.RiskLevel), RiskType: e.RiskType,
		ContentURL: e.ContentURL, Description: e.Description, Text: e.Text, MatchedItem: e.MatchedWord, MatchedList: e.MatchedList,
	}
	if e.Event == webhook.RTCModerationEventResult {
		c.Time, c.RiskTime = 0, c.Time
	}
	return struct {
		Type      int     `json:"type"`
		Code      int     `json:"code"`
		AppKey    string  `json:"appKey"`
		RoomID    string  `json:"roomId"`
		UserID    string  `json:"userId"`
		Scene     string  `json:"scene"`
		SessionID string  `json:"sessionId"`
		Content   content `json:"content"`
	}{int(e.Event), e.Code, a.Key, e.RoomID, e.UserID, e.Scene, e.SessionID, c}
}
