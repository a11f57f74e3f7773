package rongcloud

import (
	"context"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// UserPushPeriodService manages each user's daily hours without push notifications.
type UserPushPeriodService service

// UserPushPeriodParams sets a user's daily hours without push notifications.
type UserPushPeriodParams struct {
	UserID string `wire:"userId"`
	// Such as "22:30:00" (time.TimeOnly), in the data centre's zone.
	StartTime string `wire:"startTime"`
	// Whole minutes, from one minute to less than a day.
	Duration time.Duration `wire:"period"`
	// What is still pushed: PushLevelMentions or PushLevelNone.
	Level PushLevel `wire:"level"`

	// TimeZone is the zone of StartTime, such as "Asia/Shanghai". Only RongCloud's page on the
	// renamed API mentions it.
	TimeZone string `wire:"timezone"`
}

// UserPushPeriod is a user's daily hours without push notifications.
type UserPushPeriod struct {
	// Such as "22:30:00", in the data centre's zone.
	StartTime string `json:"startTime"`
	// 0 if there is none.
	Duration time.Duration `json:"period" unit:"minutes"`
	// What is still pushed; PushLevelUnset if everything is.
	Level PushLevel `json:"unPushLevel" alt:"level"`
}

// Set sets the hours of every day during which a user gets no push notifications, or only those for
// mentions. Each user has one such period: a new one replaces the old, and
// [UserPushPeriodService.Delete] removes it.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/set-push-disabled-period
//
//rongcloud:endpoint POST /user/blockPushPeriod/set.json
func (s *UserPushPeriodService) Set(ctx context.Context, params UserPushPeriodParams, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlockPushPeriodSet, &params, opts)
}

// Get returns a user's period without push notifications. The response for a user who has none
// is not documented; a Duration of 0 means none.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/get-push-disabled-period
//
//rongcloud:endpoint POST /user/blockPushPeriod/get.json
func (s *UserPushPeriodService) Get(ctx context.Context, userID string, opts ...CallOption) (*UserPushPeriod, error) {
	type response struct {
		Data UserPushPeriod `json:"data"`
	}
	out, err := fetch[response](ctx, s.client, endpoint.UserBlockPushPeriodGet, &oneUserID{userID}, opts)
	if err != nil {
		return nil, err
	}
	return &out.Data, nil
}

// Delete removes a user's period without push notifications.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/push/delete-push-disabled-period
//
//rongcloud:endpoint POST /user/blockPushPeriod/delete.json
func (s *UserPushPeriodService) Delete(ctx context.Context, userID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.UserBlockPushPeriodDelete, &oneUserID{userID}, opts)
}
