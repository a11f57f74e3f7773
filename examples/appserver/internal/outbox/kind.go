// Package outbox executes the jobs that tell RongCloud about the app's decisions. The transaction
// of each decision stores its jobs; see store.Tx.Enqueue.
//
// It promises that jobs which may be repeated are done in the end, and that a send which may have
// been delivered is not repeated.
package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// The kinds of jobs. A comment names the parameters of a job, unless they are those of its call.
const (
	Register        = "user.register"
	BlockUser       = "user.block"
	AddFriend       = "friend.add"
	RemoveFriend    = "friend.remove"
	SyncFriend      = "friend.sync" // Pair
	AddBlacklist    = "blacklist.add"
	RemoveBlacklist = "blacklist.remove"
	CreateGroup     = "group.create"
	JoinGroup       = "group.join"
	QuitGroup       = "group.quit"
	DismissGroup    = "group.dismiss" // the group's ID
	SyncGroup       = "group.sync"    // the group's ID
	SendPrivate     = "send.private"  // Notice
	SendGroup       = "send.group"    // Notice
	SendSystem      = "send.system"   // Notice
	RecallMessage   = "message.recall"
)

// Lasting lists the kinds that set up users, friends and groups at RongCloud. Blocking a user is
// not among them, because a block expires.
var Lasting = []string{Register, AddFriend, RemoveFriend, AddBlacklist, RemoveBlacklist, CreateGroup, JoinGroup, QuitGroup, DismissGroup}

// Pair holds the IDs of two users.
type Pair struct{ UserID, TargetID string }

// Notice is a message that the app itself sends.
type Notice struct {
	From    string
	Targets []string // users, or one group
	Text    string
	Line    bool // shown as a grey line instead of a bubble
}

// IsOnce reports whether repeating a job of this kind could deliver or notify twice. Such a job is
// parked if the outcome of an attempt is unknown. All others are repeated until they are done.
func IsOnce(kind string) bool {
	return slices.Contains([]string{SendPrivate, SendGroup, SendSystem, RecallMessage}, kind)
}

// About returns who acts in a job of any kind, the other users and groups that it names, and its
// text or name.
func About(job store.Job) (from string, to []string, text string) {
	var p struct {
		From, OwnerID, UserID, TargetID, GroupID, Text, Name string
		Targets, TargetIDs, UserIDs                          []string
	}
	if json.Unmarshal(job.Params, &p.GroupID) != nil { // the parameters are only a group's ID
		_ = json.Unmarshal(job.Params, &p) // parameters that do not match name nobody
	}
	if p.Name != "" {
		p.GroupID = "" // the name already tells which group it is
	}
	to = slices.Concat(p.Targets, p.TargetIDs, p.UserIDs, []string{p.TargetID, p.GroupID})
	to = slices.DeleteFunc(to, func(id string) bool { return id == "" })
	return cmp.Or(p.From, p.OwnerID, p.UserID), to, cmp.Or(p.Text, p.Name)
}

// kind says how jobs of a kind are executed.
type kind struct {
	call call
	// before is the code with which RongCloud refuses a call because it was executed before.
	before rongcloud.Code
}

// call executes a job. It returns a result to store with the job, such as a message UID, and a
// function that stores data read from RongCloud when the job is settled.
type call func(ctx context.Context, job store.Job) (result string, then Effect, err error)

// Effect changes the tables.
type Effect func(ctx context.Context, tx *store.Tx)

// caller adds the calls that are more than one method of the SDK.
type caller struct{ *rongcloud.Client }

// kinds returns the calls to RongCloud by the kinds of jobs.
func (c caller) kinds() map[string]kind {
	return map[string]kind{
		Register:  {call: get(c.User.Register)},
		BlockUser: {call: do(c.User.Block.Add)},
		// The SDK does not retry it, because a repeat might ask the other user again. This app adds
		// friends directly: nobody is asked, and a repeat ends with CodeAlreadyFriends.
		AddFriend:       {call: do(c.Friend.Add), before: rongcloud.CodeAlreadyFriends},
		RemoveFriend:    {call: do(c.Friend.Remove)},
		SyncFriend:      {call: with(c.syncFriend)},
		AddBlacklist:    {call: do(c.User.Blacklist.Add)},
		RemoveBlacklist: {call: do(c.User.Blacklist.Remove)},
		// The SDK does not retry it, because a repeat fails. But this app has chosen a random ID,
		// so if the group exists, an earlier attempt has created it.
		CreateGroup:   {call: do(c.HostedGroup.Create), before: rongcloud.CodeGroupExists},
		JoinGroup:     {call: get(c.HostedGroup.Join)},
		QuitGroup:     {call: do(c.HostedGroup.Quit), before: rongcloud.CodeNotInHostedGroup},
		DismissGroup:  {call: do(c.HostedGroup.Dismiss), before: rongcloud.CodeGroupNotFound},
		SyncGroup:     {call: with(c.syncGroup)},
		SendPrivate:   {call: with(c.send)},
		SendGroup:     {call: with(c.send)},
		SendSystem:    {call: with(c.send)},
		RecallMessage: {call: do(c.Message.Recall)},
	}
}

// with decodes a job's parameters for a call.
func with[P any](call func(ctx context.Context, job store.Job, params P) (string, Effect, error)) call {
	return func(ctx context.Context, job store.Job) (string, Effect, error) {
		var params P
		if err := json.Unmarshal(job.Params, &params); err != nil {
			return "", nil, fmt.Errorf("invalid parameters: %w", err)
		}
		return call(ctx, job, params)
	}
}

// do turns a method of the SDK into a call. The job holds the method's parameters.
func do[P any](method func(context.Context, P, ...rongcloud.CallOption) error) call {
	return with(func(ctx context.Context, _ store.Job, params P) (string, Effect, error) {
		return "", nil, method(ctx, params)
	})
}

// get is do for a method that returns a result, which it drops.
func get[P, R any](method func(context.Context, P, ...rongcloud.CallOption) (R, error)) call {
	return do(func(ctx context.Context, params P, opts ...rongcloud.CallOption) error {
		_, err := method(ctx, params, opts...)
		return err
	})
}

// send sends a notice, with the job's mark in its extra field.
func (c caller) send(ctx context.Context, job store.Job, n Notice) (string, Effect, error) {
	var content rongcloud.MessageContent = rongcloud.TextMessage{Content: n.Text, Extra: Mark(job.ID)}
	if n.Line {
		content = rongcloud.InfoNotification{Message: n.Text, Extra: Mark(job.ID)}
	}
	var sent *rongcloud.SendResult
	var err error
	switch job.Kind {
	case SendPrivate:
		sent, err = c.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: n.From, To: n.Targets, Content: content, IncludeSender: true})
	case SendGroup:
		sent, err = c.Message.SendGroup(ctx, rongcloud.GroupMessage{From: n.From, To: n.Targets, Content: content, IncludeSender: true})
	case SendSystem:
		sent, err = c.Message.SendSystem(ctx, rongcloud.SystemMessage{From: n.From, To: n.Targets, Content: content})
	}
	if err != nil {
		return "", nil, err
	}
	return sent.UIDOf(n.Targets[0]), nil, nil
}

// syncFriend reads from RongCloud whether two users are friends, after a callback has contradicted
// the tables. Callbacks arrive late, repeatedly and in any order, so they do not prove anything.
func (c caller) syncFriend(ctx context.Context, _ store.Job, p Pair) (string, Effect, error) {
	found, err := c.Friend.Check(ctx, rongcloud.FriendCheckQuery{UserID: p.UserID, TargetIDs: []string{p.TargetID}})
	if err != nil {
		return "", nil, err
	}
	mutual := slices.ContainsFunc(found.Results, func(r rongcloud.FriendCheck) bool {
		return r.UserID == p.TargetID && r.Friendship == rongcloud.FriendshipMutual
	})
	return "", func(ctx context.Context, tx *store.Tx) {
		switch known, _ := tx.Friendship(ctx, p.UserID, p.TargetID); {
		case mutual == (known.State == store.Friends): // also keeps an open invitation
		case mutual:
			tx.SetFriendship(ctx, p.UserID, p.TargetID, store.Friendship{State: store.Friends, AskedBy: p.UserID})
		default:
			tx.DeleteFriendship(ctx, p.UserID, p.TargetID)
		}
	}, nil
}

// syncGroup reads a group from RongCloud, after a callback has contradicted the tables.
func (c caller) syncGroup(ctx context.Context, _ store.Job, id string) (string, Effect, error) {
	found, err := c.HostedGroup.Profile.Get(ctx, []string{id})
	if err != nil {
		return "", nil, err
	}
	i := slices.IndexFunc(found.Groups, func(g rongcloud.HostedGroup) bool { return g.GroupID == id })
	if i < 0 {
		return "", func(ctx context.Context, tx *store.Tx) { tx.DismissGroup(ctx, id) }, nil
	}
	group := store.Group{ID: id, Name: found.Groups[i].Name, OwnerID: found.Groups[i].OwnerID}
	var members []string
	for member, err := range c.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: id, Size: 100}) {
		if err != nil {
			return "", nil, err
		}
		members = append(members, member.UserID)
	}
	return "", func(ctx context.Context, tx *store.Tx) {
		tx.SetGroup(ctx, group)
		tx.SetMembers(ctx, id, members...)
	}, nil
}
