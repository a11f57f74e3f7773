// Package outbox carries out what the app has decided and RongCloud must learn. Each decision left
// a job in the database in its own transaction; see store.Tx.Enqueue.
//
// It promises that what may be repeated is done in the end, and that a send which may have been
// delivered is not repeated.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// The kinds of jobs, with what they hold.
const (
	Register        = "user.register" // User
	BlockUser       = "user.block"    // UserBlock
	AddFriend       = "friend.add"    // Pair
	RemoveFriend    = "friend.remove" // Pair
	SyncFriend      = "friend.sync"   // Pair
	AddBlacklist    = "blacklist.add"
	RemoveBlacklist = "blacklist.remove"
	CreateGroup     = "group.create"  // NewGroup
	JoinGroup       = "group.join"    // Member
	QuitGroup       = "group.quit"    // Member
	DismissGroup    = "group.dismiss" // GroupID
	SyncGroup       = "group.sync"    // GroupID
	SendPrivate     = "send.private"  // Notice
	SendGroup       = "send.group"    // Notice
	SendSystem      = "send.system"   // Notice
	RecallMessage   = "message.recall"
)

// User is whom RongCloud must know.
type User struct{ ID, Name string }

// UserBlock keeps a user out for a while.
type UserBlock struct {
	UserID  string
	Minutes int
}

// Pair is two users; what is done, the first one does.
type Pair struct{ UserID, TargetID string }

// NewGroup is a group with its first members.
type NewGroup struct {
	ID, Name, OwnerID string
	MemberIDs         []string
}

// Member is a user in a group.
type Member struct{ GroupID, UserID string }

// GroupID names a group.
type GroupID struct{ ID string }

// Notice is a message that the app itself sends.
type Notice struct {
	From    string
	Targets []string // users, or one group
	Text    string
	Line    bool // a grey line, and no bubble
}

// Recall takes a message back.
type Recall struct {
	UID, From, Target string
	Type              rongcloud.ConversationType
	SentAt            time.Time
}

// effect changes the tables by what a call has found out.
type effect func(ctx context.Context, tx *store.Tx) error

// kind is how a kind of jobs is carried out, and what an unclear end of it means.
type kind struct {
	// once says that a repeat acts twice: where nobody knows how a try has ended, the job is
	// parked. All others are repeated until they are done.
	once bool
	// before are the codes by which RongCloud says that it was done before.
	before []rongcloud.Code
	call   func(ctx context.Context, client *rongcloud.Client, job store.Job) (result string, then effect, err error)
}

// of turns a function of a kind's own parameters into one for any job.
func of[P any](call func(ctx context.Context, c *rongcloud.Client, p P) error) func(context.Context, *rongcloud.Client, store.Job) (string, effect, error) {
	return func(ctx context.Context, c *rongcloud.Client, job store.Job) (string, effect, error) {
		var params P
		if err := json.Unmarshal(job.Params, &params); err != nil {
			return "", nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		return "", nil, call(ctx, c, params)
	}
}

var kinds = map[string]kind{
	Register: {call: of(func(ctx context.Context, c *rongcloud.Client, p User) error {
		_, err := c.User.Register(ctx, rongcloud.RegisterParams{UserID: p.ID, Name: p.Name})
		return err
	})},
	BlockUser: {call: of(func(ctx context.Context, c *rongcloud.Client, p UserBlock) error {
		return c.User.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: []string{p.UserID}, Duration: time.Duration(p.Minutes) * time.Minute})
	})},
	// A repeat might ask the other user again, so for the SDK it is unsafe. Directly nobody is
	// asked, and a repeat ends with a code of its own.
	AddFriend: {before: []rongcloud.Code{rongcloud.CodeAlreadyFriends}, call: of(func(ctx context.Context, c *rongcloud.Client, p Pair) error {
		return c.Friend.Add(ctx, rongcloud.FriendAddParams{UserID: p.UserID, TargetID: p.TargetID, Type: rongcloud.FriendAddDirectly})
	})},
	RemoveFriend: {call: of(func(ctx context.Context, c *rongcloud.Client, p Pair) error {
		return c.Friend.Remove(ctx, rongcloud.FriendRemoveParams{UserID: p.UserID, TargetIDs: []string{p.TargetID}})
	})},
	SyncFriend: {call: syncFriend},
	AddBlacklist: {call: of(func(ctx context.Context, c *rongcloud.Client, p Pair) error {
		return c.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: p.UserID, TargetIDs: []string{p.TargetID}})
	})},
	RemoveBlacklist: {call: of(func(ctx context.Context, c *rongcloud.Client, p Pair) error {
		return c.User.Blacklist.Remove(ctx, rongcloud.UserBlacklistParams{UserID: p.UserID, TargetIDs: []string{p.TargetID}})
	})},
	// The SDK does not repeat it, for a repeat fails. But the ID is ours alone: if the group is
	// there, an earlier try has made it.
	CreateGroup: {before: []rongcloud.Code{rongcloud.CodeGroupExists}, call: of(func(ctx context.Context, c *rongcloud.Client, p NewGroup) error {
		return c.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: p.ID, Name: p.Name, OwnerID: p.OwnerID, UserIDs: p.MemberIDs})
	})},
	JoinGroup: {call: of(func(ctx context.Context, c *rongcloud.Client, p Member) error {
		_, err := c.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: p.GroupID, UserIDs: []string{p.UserID}})
		return err
	})},
	QuitGroup: {before: []rongcloud.Code{rongcloud.CodeNotInHostedGroup}, call: of(func(ctx context.Context, c *rongcloud.Client, p Member) error {
		return c.HostedGroup.Quit(ctx, rongcloud.HostedGroupQuitParams{GroupID: p.GroupID, UserIDs: []string{p.UserID}})
	})},
	DismissGroup: {before: []rongcloud.Code{rongcloud.CodeGroupNotFound}, call: of(func(ctx context.Context, c *rongcloud.Client, p GroupID) error {
		return c.HostedGroup.Dismiss(ctx, p.ID)
	})},
	SyncGroup: {call: syncGroup},

	SendPrivate: {once: true, call: sender(func(ctx context.Context, c *rongcloud.Client, p Notice, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
		return c.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: p.From, To: p.Targets, Content: content, IncludeSender: true})
	})},
	SendGroup: {once: true, call: sender(func(ctx context.Context, c *rongcloud.Client, p Notice, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
		return c.Message.SendGroup(ctx, rongcloud.GroupMessage{From: p.From, To: p.Targets, Content: content, IncludeSender: true})
	})},
	SendSystem: {once: true, call: sender(func(ctx context.Context, c *rongcloud.Client, p Notice, content rongcloud.MessageContent) (*rongcloud.SendResult, error) {
		return c.Message.SendSystem(ctx, rongcloud.SystemMessage{From: p.From, To: p.Targets, Content: content})
	})},
	RecallMessage: {once: true, call: of(func(ctx context.Context, c *rongcloud.Client, p Recall) error {
		return c.Message.Recall(ctx, rongcloud.RecallParams{From: p.From, ConversationType: p.Type, TargetID: p.Target, MessageUID: p.UID, SentAt: p.SentAt})
	})},
}

// IsOnce reports whether a repeat of such a job acts twice.
func IsOnce(name string) bool { return kinds[name].once }

// sender sends a notice, marked with its job's number.
func sender(send func(context.Context, *rongcloud.Client, Notice, rongcloud.MessageContent) (*rongcloud.SendResult, error)) func(context.Context, *rongcloud.Client, store.Job) (string, effect, error) {
	return func(ctx context.Context, c *rongcloud.Client, job store.Job) (string, effect, error) {
		var params Notice
		if err := json.Unmarshal(job.Params, &params); err != nil {
			return "", nil, fmt.Errorf("%w: %w", errBroken, err)
		}
		var content rongcloud.MessageContent = rongcloud.TextMessage{Content: params.Text, Extra: Mark(job.ID)}
		if params.Line {
			content = rongcloud.InfoNotification{Message: params.Text, Extra: Mark(job.ID)}
		}
		sent, err := send(ctx, c, params, content)
		if err != nil {
			return "", nil, err
		}
		return sent.UIDOf(params.Targets[0]), nil, nil
	}
}

// syncFriend reads how two users stand to each other, for a callback has told that it is not as the
// tables have it. Callbacks come late, twice and in any order; what is read is true.
func syncFriend(ctx context.Context, c *rongcloud.Client, job store.Job) (string, effect, error) {
	var p Pair
	if err := json.Unmarshal(job.Params, &p); err != nil {
		return "", nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	found, err := c.Friend.Check(ctx, rongcloud.FriendCheckQuery{UserID: p.UserID, TargetIDs: []string{p.TargetID}})
	if err != nil {
		return "", nil, err
	}
	mutual := slices.ContainsFunc(found.Results, func(r rongcloud.FriendCheck) bool {
		return r.UserID == p.TargetID && r.Friendship == rongcloud.FriendshipMutual
	})
	return "", func(ctx context.Context, tx *store.Tx) error {
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: []string{p.UserID, p.TargetID}})
		if !mutual {
			known, err := tx.Friendship(ctx, p.UserID, p.TargetID)
			if err != nil || known.State != store.Friends { // who has asked goes on waiting
				return ignoreNotFound(err)
			}
			return tx.DeleteFriendship(ctx, p.UserID, p.TargetID)
		}
		a, b := store.Pair(p.UserID, p.TargetID)
		return tx.SetFriendship(ctx, store.Friendship{A: a, B: b, State: store.Friends, AskedBy: p.UserID})
	}, nil
}

// syncGroup does the same for a group.
func syncGroup(ctx context.Context, c *rongcloud.Client, job store.Job) (string, effect, error) {
	var p GroupID
	if err := json.Unmarshal(job.Params, &p); err != nil {
		return "", nil, fmt.Errorf("%w: %w", errBroken, err)
	}
	found, err := c.HostedGroup.Profile.Get(ctx, []string{p.ID})
	if err != nil {
		return "", nil, err
	}
	group := store.Group{ID: p.ID, Dismissed: true}
	var members []string
	if i := slices.IndexFunc(found.Groups, func(g rongcloud.HostedGroup) bool { return g.GroupID == p.ID }); i >= 0 {
		group = store.Group{ID: p.ID, Name: found.Groups[i].Name, OwnerID: found.Groups[i].OwnerID}
		for member, err := range c.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: p.ID, Size: 100}) {
			if err != nil {
				return "", nil, err
			}
			members = append(members, member.UserID)
		}
	}
	return "", func(ctx context.Context, tx *store.Tx) error { return setGroup(ctx, tx, group, members) }, nil
}

func setGroup(ctx context.Context, tx *store.Tx, group store.Group, members []string) error {
	old, err := tx.Members(ctx, group.ID)
	if err != nil {
		return err
	}
	tx.Notify(store.Event{Type: store.EventContacts, UserIDs: append(old, members...)})
	if group.Dismissed {
		known, err := tx.Group(ctx, group.ID)
		if err != nil {
			return ignoreNotFound(err)
		}
		group.Name, group.OwnerID = known.Name, known.OwnerID
	}
	if err := tx.SetGroup(ctx, group); err != nil {
		return err
	}
	if err := tx.RemoveMembers(ctx, group.ID); err != nil {
		return err
	}
	for _, member := range members {
		if _, err := tx.AddMember(ctx, group.ID, member); err != nil {
			return err
		}
	}
	return nil
}
