// Package callback is what RongCloud tells the app: messages for the archive, who is online, what
// changed among friends and in hosted groups, verdicts of moderation, and the question before a
// delivery.
//
// It promises that nothing which was acknowledged is lost: each callback is written into the
// database before it is acknowledged, so a crash loses none: RongCloud sends it again. One that
// comes again changes nothing.
package callback

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Paths for RongCloud's console. Questions have one of their own: one that cannot be read is then
// known for a question, and gets the fallback.
const (
	Path         = "/rongcloud/events"
	QuestionPath = "/rongcloud/moderation"
)

// decisionTime is how long a decision may take; RongCloud waits no more than three seconds for it.
const decisionTime = time.Second

// Config is what a receiver needs.
type Config struct {
	App       *app.App
	Secret    string
	Moderator *Moderator
	Nonces    webhook.NonceStore // nil is a store of this process
	Log       *slog.Logger
	Observe   func(webhook.Observation)
}

type receiver struct{ Config }

// New returns the handler of callbacks.
func New(config Config) (*webhook.Handler, error) {
	opts := []webhook.Option{
		webhook.WithLogger(config.Log),
		webhook.WithDecisionTimeout(decisionTime, webhook.Block("Please try again.")), // nothing passes unchecked
		webhook.WithObserver(webhook.ObserverFunc(func(_ context.Context, o webhook.Observation) { config.Observe(o) })),
	}
	if config.Nonces != nil {
		opts = append(opts, webhook.WithNonceStore(config.Nonces))
	}
	h, err := webhook.NewHandler(config.Secret, opts...)
	if err != nil {
		return nil, err
	}
	r := &receiver{config}
	h.OnMessage(r.message)
	h.OnMessageOperation(r.operation)
	h.OnMessageAudit(r.audit)
	h.OnUserStatus(r.status)
	h.OnFriendship(r.friendship)
	h.OnHostedGroupOperation(r.groupOperation)
	h.OnHostedGroupProfile(r.groupProfile)
	h.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		return config.Moderator.Decide(m)
	})
	return h, h.Err()
}

// Mount puts a handler where RongCloud's console shall send callbacks.
func Mount(mux *http.ServeMux, h *webhook.Handler) {
	mux.Handle("POST "+Path, h)
	mux.Handle("POST "+QuestionPath, h.For(webhook.KindPreMessage))
}

// message archives what people have written. Commands, receipts and the like are not for reading.
func (r *receiver) message(ctx context.Context, m *webhook.Message) error {
	conversation := ""
	switch m.ConversationType {
	case rongcloud.ConversationPrivate:
		conversation = store.PrivateConversation(m.From, m.TargetID)
	case rongcloud.ConversationGroup:
		conversation = store.GroupConversation(m.TargetID)
	case rongcloud.ConversationSystem:
		conversation = store.SystemConversation(m.TargetID)
	}
	if conversation == "" || !slices.Contains(readable, m.ObjectName) || m.SensitiveType == webhook.SensitiveBlocked {
		return nil
	}
	kept := store.Message{
		UID: m.MessageUID, Conversation: conversation, From: m.From, Target: m.TargetID,
		Type: int(m.ConversationType), ObjectName: m.ObjectName, Body: m.Body, SentAt: m.SentAt,
	}
	return r.App.Store.Change(ctx, func(tx *store.Tx) error {
		if added, err := tx.Archive(ctx, kept); err != nil || !added {
			return err
		}
		if m.Platform != webhook.PlatformServer { // ours come from the Server API
			return nil
		}
		return r.App.Delivered(ctx, tx, extraOf(m.Body), kept)
	})
}

var readable = []string{"RC:TxtMsg", "RC:InfoNtf", "RC:ImgMsg", "RC:FileMsg", "RC:HQVCMsg", "RC:ReferenceMsg"}

func extraOf(body string) string {
	var content struct {
		Extra string `json:"extra"`
	}
	_ = json.Unmarshal([]byte(body), &content) // another type of content has none
	return content.Extra
}

func (r *receiver) operation(ctx context.Context, o *webhook.MessageOperation) error {
	if o.Type != webhook.MessageOperationRecall {
		return nil
	}
	return r.App.Store.Change(ctx, func(tx *store.Tx) error {
		if _, err := tx.Recall(ctx, o.MessageUID); err != nil {
			return err
		}
		return r.App.Recalled(ctx, tx, o.MessageUID)
	})
}

// audit has an operator look at what RongCloud's moderation refuses.
func (r *receiver) audit(ctx context.Context, a *webhook.MessageAudit) error {
	if a.Result != webhook.AuditResultRefused {
		return nil
	}
	return r.App.Store.Change(ctx, func(tx *store.Tx) error {
		return tx.AddReport(ctx, store.Report{MessageUID: a.MessageUID, Reason: a.Provider})
	})
}

func (r *receiver) status(ctx context.Context, s *webhook.UserStatus) error {
	return r.App.Store.Change(ctx, func(tx *store.Tx) error {
		changed, err := tx.SetPresence(ctx, store.Presence{
			UserID: s.UserID, Session: s.SessionID, Online: s.Status == webhook.PresenceOnline, At: s.OccurredAt,
		})
		if err != nil || !changed {
			return err
		}
		friends, err := tx.FriendIDs(ctx, s.UserID)
		tx.Notify(store.Event{Type: store.EventContacts, UserIDs: append(friends, s.UserID)})
		return err
	})
}

// What follows compares an event with the tables. Where they agree, as after all that the app
// itself has decided, there is nothing to do. Where they do not, the event may be old, or come
// twice, or be overtaken by a decision that is still in the outbox: so the worker is asked to read
// what is true, when the lane is free.

func (r *receiver) friendship(ctx context.Context, f *webhook.Friendship) error {
	known, err := r.App.Store.Friendship(ctx, f.UserID, f.ToUserID)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	areFriends := known.State == store.Friends
	switch f.Event {
	case webhook.FriendshipEventAdded, webhook.FriendshipEventAccepted:
		if areFriends {
			return nil
		}
	case webhook.FriendshipEventRemoved:
		if !areFriends {
			return nil
		}
	default: // this app asks by itself
		return nil
	}
	return ignoreUnknown(r.App.SyncFriend(ctx, f.UserID, f.ToUserID))
}

func (r *receiver) groupOperation(ctx context.Context, o *webhook.HostedGroupOperation) error {
	agrees, err := r.agrees(ctx, o)
	if err != nil || agrees {
		return err
	}
	return r.App.SyncGroup(ctx, o.GroupID)
}

func (r *receiver) agrees(ctx context.Context, o *webhook.HostedGroupOperation) (bool, error) {
	group, err := r.App.Store.Group(ctx, o.GroupID)
	if err != nil {
		return false, ignoreUnknown(err)
	}
	members, err := r.App.Store.Members(ctx, o.GroupID)
	if err != nil {
		return false, err
	}
	isMember := func(id string) bool { return slices.Contains(members, id) }
	switch o.Event {
	case webhook.HostedGroupEventCreated, webhook.HostedGroupEventJoined:
		return !group.Dismissed && !slices.ContainsFunc(o.UserIDs, func(id string) bool { return !isMember(id) }), nil
	case webhook.HostedGroupEventRemoved, webhook.HostedGroupEventLeft:
		return len(o.UserIDs) > 0 && !slices.ContainsFunc(o.UserIDs, isMember), nil
	case webhook.HostedGroupEventDismissed:
		return group.Dismissed, nil
	case webhook.HostedGroupEventOwnerChanged:
		return len(o.UserIDs) == 1 && o.UserIDs[0] == group.OwnerID, nil
	}
	return true, nil // managers are none of this app's business
}

func (r *receiver) groupProfile(ctx context.Context, p *webhook.HostedGroupProfile) error {
	group, err := r.App.Store.Group(ctx, p.GroupID)
	if err == nil && (p.GroupName == "" || p.GroupName == group.Name) {
		return nil
	}
	if err := ignoreUnknown(err); err != nil {
		return err
	}
	return r.App.SyncGroup(ctx, p.GroupID)
}

func ignoreUnknown(err error) error {
	if errors.Is(err, store.ErrNotFound) || errors.Is(err, app.ErrNotFound) {
		return nil
	}
	return err
}
