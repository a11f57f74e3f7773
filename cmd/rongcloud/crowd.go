package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// maxCountedGroups is for how many groups or rooms confirmCrowd counts the members. A send to more
// needs confirmation in any case.
const maxCountedGroups = 3

// confirmCrowd asks before a send to groups or chat rooms, unless they have at most manyUsers
// members and the profile is not for production.
func (a *app) confirmCrowd(ctx context.Context, p profile, ep *endpoint.Endpoint, ids []string) error {
	who := "the members of " + strings.Join(ids, ", ")
	if len(ids) > maxCountedGroups {
		return a.confirm(ctx, "send to the members of %d groups or rooms", len(ids))
	}
	if a.yes {
		return nil
	}
	client, err := a.clientOf(p)
	if err != nil {
		return err
	}
	total, known := 0, true
	for _, id := range ids {
		n, err := countMembers(ctx, client, ep, id)
		if cannotSend(err) {
			return fmt.Errorf("the members of %s cannot be counted: %w", id, err)
		}
		known = known && err == nil
		total += n
	}
	switch {
	case !known:
		return a.confirm(ctx, "send to %s, of whom nobody knows how many there are", who)
	case total > manyUsers:
		return a.confirm(ctx, "send to %s, %s", who, counted(total, "user"))
	case p.Production:
		return a.confirm(ctx, "send to %s in production (%s)", who, p.Source)
	}
	return nil
}

// countMembers returns the number of members of a group or chat room.
func countMembers(ctx context.Context, client *rongcloud.Client, ep *endpoint.Endpoint, id string) (int, error) {
	switch ep {
	case endpoint.MessageChatroomPublish:
		room, err := client.Chatroom.Get(ctx, id)
		if err != nil {
			return 0, err
		}
		return room.MemberCount, nil
	case endpoint.MessageGroupPublish, endpoint.StatusmessageGroupPublish, endpoint.V3MessageGroupPublishStream:
		members, err := client.Group.ListMembers(ctx, id)
		if err != nil {
			return 0, err
		}
		return len(members.UserIDs), nil
	}
	return 0, usagef("the members of %s are not counted", id)
}

// cannotSend reports whether a call failed for a reason that would fail the send, too. A question
// would hide that reason.
func cannotSend(err error) bool {
	return errors.Is(err, rongcloud.ErrUnauthorized) || errors.Is(err, rongcloud.ErrRateLimited) || errors.Is(err, rongcloud.ErrTransport) ||
		errors.Is(err, context.Canceled)
}
