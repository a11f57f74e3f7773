package app

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// Invite asks another user to become a friend. Whoever was asked before, and asks back, accepts.
// RongCloud learns of it when both agree.
func (a *App) Invite(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		switch {
		case known.State == store.Friends:
			return nil
		case known.State == store.FriendAsked && known.AskedBy == other:
			return a.befriend(ctx, tx, me, other)
		}
		known.State, known.AskedBy = store.FriendAsked, me
		return tx.SetFriendship(ctx, known)
	})
}

// Accept agrees to what another user has asked.
func (a *App) Accept(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		if known.State != store.FriendAsked || known.AskedBy != other {
			return ErrNotFound
		}
		return a.befriend(ctx, tx, me, other)
	})
}

func (a *App) befriend(ctx context.Context, tx *store.Tx, me, other string) error {
	first, second := store.Pair(me, other)
	if err := tx.SetFriendship(ctx, store.Friendship{A: first, B: second, State: store.Friends, AskedBy: other}); err != nil {
		return err
	}
	if err := tx.Enqueue(ctx, pairLane(me, other), outbox.AddFriend, outbox.Pair{UserID: other, TargetID: me}); err != nil {
		return err
	}
	return tx.Enqueue(ctx, noticeLane(store.PrivateConversation(me, other)), outbox.SendPrivate,
		outbox.Notice{From: me, Targets: []string{other}, Text: "👋", Line: true})
}

// Unfriend ends a friendship, or an invitation.
func (a *App) Unfriend(ctx context.Context, me, other string) error {
	return a.friendship(ctx, me, other, func(tx *store.Tx, known store.Friendship) error {
		if known.State == "" {
			return nil
		}
		if err := tx.DeleteFriendship(ctx, me, other); err != nil || known.State != store.Friends {
			return err
		}
		return tx.Enqueue(ctx, pairLane(me, other), outbox.RemoveFriend, outbox.Pair{UserID: me, TargetID: other})
	})
}

// friendship changes how two users stand to each other.
func (a *App) friendship(ctx context.Context, me, other string, change func(tx *store.Tx, known store.Friendship) error) error {
	if me == other {
		return ErrNotAllowed
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, pairLane(me, other), noticeLane(store.PrivateConversation(me, other))); err != nil {
			return err
		}
		if _, err := tx.User(ctx, other); err != nil {
			return found(err)
		}
		known, err := tx.Friendship(ctx, me, other)
		if err != nil && !errors.Is(err, store.ErrNotFound) {
			return err
		}
		known.A, known.B = store.Pair(me, other)
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: []string{me, other}})
		return change(tx, known)
	})
}

// SetBlock puts another user on one's blacklist, or takes them off.
func (a *App) SetBlock(ctx context.Context, me, other string, blocked bool) error {
	lane := blockLane(me)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		if _, err := tx.User(ctx, other); err != nil {
			return found(err)
		}
		changed, err := tx.SetBlock(ctx, store.Block{UserID: me, TargetID: other}, blocked)
		if err != nil || !changed {
			return err
		}
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: []string{me}})
		kind := outbox.RemoveBlacklist
		if blocked {
			kind = outbox.AddBlacklist
		}
		return tx.Enqueue(ctx, lane, kind, outbox.Pair{UserID: me, TargetID: other})
	})
}

// mostInvited is how many members a group can begin with, beside its owner.
const mostInvited = 30

// CreateGroup makes a group of oneself and friends.
func (a *App) CreateGroup(ctx context.Context, me, name string, memberIDs []string) (store.Group, error) {
	group := store.Group{ID: strings.ToLower(rand.Text()), Name: strings.TrimSpace(name), OwnerID: me}
	if n := utf8.RuneCountInString(group.Name); n == 0 || n > 64 || len(memberIDs) > mostInvited {
		return group, ErrName
	}
	return group, a.group(ctx, group.ID, func(tx *store.Tx) error {
		friends, err := tx.FriendIDs(ctx, me)
		if err != nil {
			return err
		}
		for _, id := range memberIDs {
			if !slices.Contains(friends, id) {
				return ErrNotAllowed
			}
		}
		if err := tx.SetGroup(ctx, group); err != nil {
			return err
		}
		for _, id := range append([]string{me}, memberIDs...) {
			if _, err := tx.AddMember(ctx, group.ID, id); err != nil {
				return err
			}
		}
		if err := tx.Enqueue(ctx, groupLane(group.ID), outbox.CreateGroup,
			outbox.NewGroup{ID: group.ID, Name: group.Name, OwnerID: me, MemberIDs: memberIDs}); err != nil {
			return err
		}
		return a.tell(ctx, tx, group.ID, me, "＋ "+group.Name)
	})
}

// tell says something in a group. It is in the group's own lane: the group must be there before.
func (a *App) tell(ctx context.Context, tx *store.Tx, groupID, from, text string) error {
	return tx.Enqueue(ctx, groupLane(groupID), outbox.SendGroup, outbox.Notice{From: from, Targets: []string{groupID}, Text: text, Line: true})
}

// AddMember puts a friend into a group that one is in.
func (a *App) AddMember(ctx context.Context, me, groupID, userID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, _ store.Group) error {
		f, err := tx.Friendship(ctx, me, userID)
		if err != nil || f.State != store.Friends {
			return ErrNotAllowed
		}
		if added, err := tx.AddMember(ctx, groupID, userID); err != nil || !added {
			return err
		}
		user, err := tx.User(ctx, userID)
		if err != nil {
			return err
		}
		if err := tx.Enqueue(ctx, groupLane(groupID), outbox.JoinGroup, outbox.Member{GroupID: groupID, UserID: userID}); err != nil {
			return err
		}
		return a.tell(ctx, tx, groupID, me, "→ "+user.Name)
	})
}

// RemoveMember takes a user out of a group: oneself, or another one by the owner. The owner stays.
func (a *App) RemoveMember(ctx context.Context, me, groupID, userID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, group store.Group) error {
		if userID == group.OwnerID || userID != me && me != group.OwnerID {
			return ErrNotAllowed
		}
		if removed, err := tx.RemoveMember(ctx, groupID, userID); err != nil || !removed {
			return err
		}
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: []string{userID}})
		return tx.Enqueue(ctx, groupLane(groupID), outbox.QuitGroup, outbox.Member{GroupID: groupID, UserID: userID})
	})
}

// Dismiss ends a group of one's own.
func (a *App) Dismiss(ctx context.Context, me, groupID string) error {
	return a.member(ctx, groupID, me, func(tx *store.Tx, group store.Group) error {
		if me != group.OwnerID {
			return ErrNotAllowed
		}
		members, err := tx.Members(ctx, groupID)
		if err != nil {
			return err
		}
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: members})
		group.Dismissed = true
		if err := tx.SetGroup(ctx, group); err != nil {
			return err
		}
		if err := tx.RemoveMembers(ctx, groupID); err != nil {
			return err
		}
		return tx.Enqueue(ctx, groupLane(groupID), outbox.DismissGroup, outbox.GroupID{ID: groupID})
	})
}

// group changes a group, and tells its members.
func (a *App) group(ctx context.Context, groupID string, change func(tx *store.Tx) error) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, groupLane(groupID)); err != nil {
			return err
		}
		if err := change(tx); err != nil {
			return err
		}
		members, err := tx.Members(ctx, groupID)
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: members})
		return err
	})
}

// member changes a group that one is in.
func (a *App) member(ctx context.Context, groupID, me string, change func(tx *store.Tx, group store.Group) error) error {
	return a.group(ctx, groupID, func(tx *store.Tx) error {
		group, err := tx.Group(ctx, groupID)
		if err != nil {
			return found(err)
		}
		if in, err := tx.IsMember(ctx, groupID, me); err != nil || !in || group.Dismissed {
			return either(err, ErrNotFound)
		}
		return change(tx, group)
	})
}

// found tells users what is not there in the app's words.
func found(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return ErrNotFound
	}
	return err
}

// SyncFriend has the worker read from RongCloud how two users stand to each other.
func (a *App) SyncFriend(ctx context.Context, user, other string) error {
	lane := pairLane(user, other)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		for _, id := range []string{user, other} {
			if _, err := tx.User(ctx, id); err != nil {
				return found(err)
			}
		}
		return a.sync(ctx, tx, lane, outbox.SyncFriend, outbox.Pair{UserID: user, TargetID: other})
	})
}

// SyncGroup has the worker read a group from RongCloud.
func (a *App) SyncGroup(ctx context.Context, groupID string) error {
	lane := groupLane(groupID)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		return a.sync(ctx, tx, lane, outbox.SyncGroup, outbox.GroupID{ID: groupID})
	})
}

// sync leaves it at one reading that waits.
func (a *App) sync(ctx context.Context, tx *store.Tx, lane, kind string, params any) error {
	last, err := tx.LastJob(ctx, lane)
	if err == nil && last.Kind == kind && last.State == store.Waiting {
		return nil
	}
	if err := ignoreNotFound(err); err != nil {
		return err
	}
	return tx.Enqueue(ctx, lane, kind, params)
}
