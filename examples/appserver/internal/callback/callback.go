// Package callback receives RongCloud's callbacks: messages for the archive, who is online,
// changes of friends and hosted groups, moderation verdicts, and pre-delivery checks.
//
// It promises that no acknowledged callback is lost. Before a callback is acknowledged, it is
// applied to the database or, if that fails, stored as a job of the outbox. A repeated callback
// changes nothing.
package callback

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/app"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// The paths to enter in RongCloud's console. Pre-delivery checks have their own path. So even a
// check that cannot be decoded is recognised as one, and the message is blocked.
const (
	Path         = "/rongcloud/events"
	QuestionPath = "/rongcloud/moderation"
)

// decisionTime is how long a pre-delivery check may take. RongCloud waits three seconds for it.
const decisionTime = time.Second

// Config holds what the handler of callbacks needs.
type Config struct {
	Store     *store.Store
	Worker    *outbox.Worker // applies events later that could not be applied at once
	Secret    string
	Moderator *Moderator
	Log       *slog.Logger
}

// New returns a handler of callbacks.
func New(config Config, options ...webhook.Option) (*webhook.Handler, error) {
	h, err := webhook.NewHandler(config.Secret, append(options,
		webhook.WithLogger(config.Log),
		// an unchecked message is not delivered
		webhook.WithDecisionTimeout(decisionTime, webhook.Block("Please try again.")),
	)...)
	if err != nil {
		return nil, err
	}
	h.OnMessage(taker(config, webhook.KindMessage, message))
	h.OnMessageOperation(taker(config, webhook.KindMessageOperation, operation))
	h.OnMessageAudit(taker(config, webhook.KindMessageAudit, audit))
	h.OnUserStatus(taker(config, webhook.KindUserStatus, status))
	h.OnFriendship(taker(config, webhook.KindFriendship, friendship))
	h.OnHostedGroupOperation(taker(config, webhook.KindHostedGroupOperation, groupOperation))
	h.OnHostedGroupProfile(taker(config, webhook.KindHostedGroupProfile, groupProfile))
	h.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		return config.Moderator.Decide(m)
	})
	return h, h.Err()
}

// Mount registers a handler at its paths.
func Mount(mux *http.ServeMux, h *webhook.Handler) {
	mux.Handle("POST "+Path, h)
	mux.Handle("POST "+QuestionPath, h.For(webhook.KindPreMessage))
}

// taker returns a function that applies an event in one transaction. RongCloud sends an event at
// most three times. So an event that cannot be applied becomes a job: the worker retries it for
// longer, and finally leaves it to an operator.
func taker[E any](config Config, kind webhook.Kind, take func(ctx context.Context, tx *store.Tx, e *E)) func(context.Context, *E) error {
	job := "callback." + string(kind)
	outbox.Take(config.Worker, job, take)
	return func(ctx context.Context, e *E) error {
		err := config.Store.Change(ctx, func(tx *store.Tx) error {
			take(ctx, tx, e)
			return nil
		})
		if err == nil {
			return nil
		}
		config.Log.Error("cannot apply a callback; the outbox will retry it", "kind", kind, "error", err)
		text, err := json.Marshal(e)
		if err != nil {
			return err
		}
		var event webhook.Envelope
		if err := json.Unmarshal(text, &event); err != nil {
			return err
		}
		return config.Store.Change(ctx, func(tx *store.Tx) error {
			// In a lane of its own it delays no other job. If RongCloud repeats the callback, the
			// lane is the same, so EnqueueOnce does not store it twice.
			lane := fmt.Sprintf("callback:%s:%x", kind, sha256.Sum256(event.Raw))
			tx.Enter(ctx, lane)
			tx.EnqueueOnce(ctx, lane, job, json.RawMessage(text))
			return nil
		})
	}
}

// message archives a message that people can read, such as a text or an image, but no commands or
// receipts.
func message(ctx context.Context, tx *store.Tx, m *webhook.Message) {
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
		return
	}
	kept := store.Message{
		UID: m.MessageUID, Conversation: conversation, From: m.From, Target: m.TargetID,
		Type: int(m.ConversationType), ObjectName: m.ObjectName, Body: m.Body, SentAt: m.SentAt,
	}
	if tx.Archive(ctx, kept) && m.Platform == webhook.PlatformServer { // sent through the Server API
		app.Delivered(ctx, tx, extraOf(m.Body), kept)
	}
}

var readable = []string{"RC:TxtMsg", "RC:InfoNtf", "RC:ImgMsg", "RC:FileMsg", "RC:HQVCMsg", "RC:ReferenceMsg"}

func extraOf(body string) string {
	var content struct {
		Extra string `json:"extra"`
	}
	_ = json.Unmarshal([]byte(body), &content) // content that is not JSON has no extra field
	return content.Extra
}

func operation(ctx context.Context, tx *store.Tx, o *webhook.MessageOperation) {
	if o.Type == webhook.MessageOperationRecall {
		tx.Recall(ctx, o.MessageUID)
		app.Recalled(ctx, tx, o.MessageUID)
	}
}

// audit reports a message that RongCloud's moderation has refused to the operators.
func audit(ctx context.Context, tx *store.Tx, a *webhook.MessageAudit) {
	if a.Result == webhook.AuditResultRefused {
		tx.AddReport(ctx, store.Report{MessageUID: a.MessageUID, Reason: a.Provider})
	}
}

func status(ctx context.Context, tx *store.Tx, s *webhook.UserStatus) {
	tx.SetPresence(ctx, s.UserID, s.SessionID, s.Status == webhook.PresenceOnline, s.OccurredAt)
}

// The following functions compare an event with the tables. If they agree, as after a decision of
// this app, there is nothing to do. If they differ, the event may still be old, repeated, or
// overtaken by a decision in the outbox. So they do not apply it, but enqueue a job that reads the
// current state from RongCloud after the jobs before it.

func friendship(ctx context.Context, tx *store.Tx, f *webhook.Friendship) {
	friends := f.Event == webhook.FriendshipEventAdded || f.Event == webhook.FriendshipEventAccepted
	if !friends && f.Event != webhook.FriendshipEventRemoved {
		return // invitations are made in this app, not at RongCloud
	}
	if known, _ := tx.Friendship(ctx, f.UserID, f.ToUserID); friends != (known.State == store.Friends) {
		app.SyncFriend(ctx, tx, f.UserID, f.ToUserID)
	}
}

func groupOperation(ctx context.Context, tx *store.Tx, o *webhook.HostedGroupOperation) {
	group, err := tx.Group(ctx, o.GroupID)
	members, _ := tx.Members(ctx, o.GroupID)
	if err != nil || !agrees(o, group, members) {
		app.SyncGroup(ctx, tx, o.GroupID)
	}
}

func agrees(o *webhook.HostedGroupOperation, group store.Group, members []string) bool {
	isMember := func(id string) bool { return slices.Contains(members, id) }
	isStranger := func(id string) bool { return !isMember(id) }
	switch o.Event {
	case webhook.HostedGroupEventCreated, webhook.HostedGroupEventJoined:
		return !group.Dismissed && !slices.ContainsFunc(o.UserIDs, isStranger)
	case webhook.HostedGroupEventRemoved, webhook.HostedGroupEventLeft:
		return len(o.UserIDs) > 0 && !slices.ContainsFunc(o.UserIDs, isMember)
	case webhook.HostedGroupEventDismissed:
		return group.Dismissed
	case webhook.HostedGroupEventOwnerChanged:
		return len(o.UserIDs) == 1 && o.UserIDs[0] == group.OwnerID
	}
	return true // this app does not use managers
}

func groupProfile(ctx context.Context, tx *store.Tx, p *webhook.HostedGroupProfile) {
	group, err := tx.Group(ctx, p.GroupID)
	if err != nil || p.GroupName != "" && p.GroupName != group.Name {
		app.SyncGroup(ctx, tx, p.GroupID)
	}
}
