package app

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// Invite invites another user to become a friend. If that user has already invited the caller, they
// become friends. RongCloud is told only then.
func (a *App) Invite(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		if accept(ctx, tx, known, me, other) != nil {
			tx.SetFriendship(ctx, me, other, store.Friendship{State: store.FriendAsked, AskedBy: me})
		}
		return nil
	})
}

// Accept accepts another user's invitation.
func (a *App) Accept(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		return accept(ctx, tx, known, me, other)
	})
}

func accept(ctx context.Context, tx *store.Tx, known store.Friendship, me, other string) error {
	switch {
	case known.State == store.Friends: // accepting twice, as by a double click
		return nil
	case known.AskedBy != other:
		return ErrNotFound
	}
	tx.SetFriendship(ctx, me, other, store.Friendship{State: store.Friends, AskedBy: other})
	tx.Enqueue(ctx, pairLane(me, other), outbox.AddFriend,
		rongcloud.FriendAddParams{UserID: other, TargetID: me, Type: rongcloud.FriendAddDirectly})
	tx.Enqueue(ctx, noticeLane(me, other), outbox.SendPrivate,
		outbox.Notice{From: me, Targets: []string{other}, Text: "👋", Line: true})
	return nil
}

// Unfriend ends a friendship, or withdraws or declines an invitation.
func (a *App) Unfriend(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		tx.DeleteFriendship(ctx, me, other)
		if known.State == store.Friends {
			tx.Enqueue(ctx, pairLane(me, other), outbox.RemoveFriend,
				rongcloud.FriendRemoveParams{UserID: me, TargetIDs: []string{other}})
		}
		return nil
	})
}

// friendship runs a change of the relation between two users, in their lanes.
func (a *App) friendship(
	ctx context.Context, me, other string, change func(tx *store.Tx, known store.Friendship) error,
) error {
	if me == other {
		return ErrNotAllowed
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, pairLane(me, other), noticeLane(me, other))
		if _, err := tx.User(ctx, other); err != nil {
			return err
		}
		known, _ := tx.Friendship(ctx, me, other)
		return change(tx, known)
	})
}

// SetBlock adds another user to the caller's blacklist, or removes them from it.
func (a *App) SetBlock(ctx context.Context, me, other string, blocked bool) error {
	if me == other {
		return ErrNotAllowed
	}
	lane, kind := "blacklist:"+me, outbox.RemoveBlacklist
	if blocked {
		kind = outbox.AddBlacklist
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, lane)
		if _, err := tx.User(ctx, other); err != nil {
			return err
		}
		if tx.SetBlock(ctx, me, other, blocked) {
			tx.Enqueue(ctx, lane, kind, rongcloud.UserBlacklistParams{UserID: me, TargetIDs: []string{other}})
		}
		return nil
	})
}

// mostInvited is the greatest number of members of a new group, without its owner.
const mostInvited = 30

// CreateGroup creates a group of the caller, who owns it, and the given friends.
func (a *App) CreateGroup(ctx context.Context, me, name string, memberIDs []string) (store.Group, error) {
	group := store.Group{ID: strings.ToLower(rand.Text()), Name: strings.TrimSpace(name), OwnerID: me}
	if n := utf8.RuneCountInString(group.Name); n == 0 || n > 64 || len(memberIDs) > mostInvited {
		return group, ErrName
	}
	return group, a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, outbox.GroupLane(group.ID))
		friends, _ := tx.FriendIDs(ctx, me)
		if slices.ContainsFunc(memberIDs, func(id string) bool { return !slices.Contains(friends, id) }) {
			return ErrNotAllowed
		}
		tx.SetGroup(ctx, group)
		tx.SetMembers(ctx, group.ID, append(memberIDs, me)...)
		tx.Enqueue(ctx, outbox.GroupLane(group.ID), outbox.CreateGroup,
			rongcloud.HostedGroupCreateParams{GroupID: group.ID, Name: group.Name, OwnerID: me, UserIDs: memberIDs})
		tell(ctx, tx, group.ID, me, "＋ "+group.Name)
		return nil
	})
}

// tell sends a notice to a group. It uses the group's lane, because the group must exist first.
func tell(ctx context.Context, tx *store.Tx, groupID, from, text string) {
	tx.Enqueue(ctx, outbox.GroupLane(groupID), outbox.SendGroup,
		outbox.Notice{From: from, Targets: []string{groupID}, Text: text, Line: true})
}

// AddMember adds a friend of the caller to one of the caller's groups.
func (a *App) AddMember(ctx context.Context, me, groupID, userID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, _ store.Group, members []string) error {
		if f, _ := tx.Friendship(ctx, me, userID); f.State != store.Friends {
			return ErrNotAllowed
		}
		if !slices.Contains(members, userID) {
			user, _ := tx.User(ctx, userID)
			tx.SetMembers(ctx, groupID, append(members, userID)...)
			tx.Enqueue(ctx, outbox.GroupLane(groupID), outbox.JoinGroup,
				rongcloud.HostedGroupJoinParams{GroupID: groupID, UserIDs: []string{userID}})
			tell(ctx, tx, groupID, me, "→ "+user.Name)
		}
		return nil
	})
}

// RemoveMember removes the caller from a group or, if the caller owns it, another member. The owner
// cannot be removed.
func (a *App) RemoveMember(ctx context.Context, me, groupID, userID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, group store.Group, members []string) error {
		if userID == group.OwnerID || userID != me && me != group.OwnerID {
			return ErrNotAllowed
		}
		if i := slices.Index(members, userID); i >= 0 {
			tx.SetMembers(ctx, groupID, slices.Delete(members, i, i+1)...)
			tx.Enqueue(ctx, outbox.GroupLane(groupID), outbox.QuitGroup,
				rongcloud.HostedGroupQuitParams{GroupID: groupID, UserIDs: []string{userID}})
		}
		return nil
	})
}

// Dismiss dismisses a group that the caller owns.
func (a *App) Dismiss(ctx context.Context, me, groupID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, group store.Group, _ []string) error {
		if me != group.OwnerID {
			return ErrNotAllowed
		}
		tx.DismissGroup(ctx, groupID)
		tx.Enqueue(ctx, outbox.GroupLane(groupID), outbox.DismissGroup, groupID)
		return nil
	})
}

// member runs a change of a group that the caller is in, in the group's lane.
func (a *App) member(
	ctx context.Context, groupID, me string, change func(tx *store.Tx, group store.Group, members []string) error,
) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, outbox.GroupLane(groupID))
		group, err := tx.Group(ctx, groupID)
		if err != nil {
			return err
		}
		members, _ := tx.Members(ctx, groupID)
		if !slices.Contains(members, me) || group.Dismissed {
			return ErrNotFound
		}
		return change(tx, group, members)
	})
}

// SyncFriend enqueues a job that reads from RongCloud whether two users are friends.
func SyncFriend(ctx context.Context, tx *store.Tx, user, other string) {
	for _, id := range []string{user, other} {
		if _, err := tx.User(ctx, id); err != nil {
			return // the user has no account in this app
		}
	}
	lane := pairLane(user, other)
	tx.Enter(ctx, lane)
	tx.EnqueueOnce(ctx, lane, outbox.SyncFriend, outbox.Pair{UserID: user, TargetID: other})
}

// SyncGroup enqueues a job that reads a group from RongCloud.
func SyncGroup(ctx context.Context, tx *store.Tx, groupID string) {
	tx.Enter(ctx, outbox.GroupLane(groupID))
	tx.EnqueueOnce(ctx, outbox.GroupLane(groupID), outbox.SyncGroup, groupID)
}
