package rongcloud

import (
	"context"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// ChatroomDistributionService stops and resumes the delivery of messages in a chat room. RongCloud
// describes it in its SDKs only.
type ChatroomDistributionService service

// Stop accepts what users send to a chat room but delivers it to nobody, until
// [ChatroomDistributionService.Resume].
//
// RongCloud describes this call in its SDKs only, without a quota.
//
//rongcloud:endpoint POST /chatroom/message/stopDistribution.json
func (s *ChatroomDistributionService) Stop(ctx context.Context, chatroomID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomMessageStopDistribution, &oneChatroomID{chatroomID}, opts)
}

// Resume delivers messages in a chat room again.
//
// RongCloud describes this call in its SDKs only, without a quota.
//
//rongcloud:endpoint POST /chatroom/message/resumeDistribution.json
func (s *ChatroomDistributionService) Resume(ctx context.Context, chatroomID string, opts ...CallOption) error {
	return send(ctx, s.client, endpoint.ChatroomMessageResumeDistribution, &oneChatroomID{chatroomID}, opts)
}
