package app

import (
	"context"
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// recallWithin is how long users can recall a message after sending it.
const recallWithin = 2 * time.Minute

// Recall recalls one of the caller's own messages.
func (a *App) Recall(ctx context.Context, me, uid string) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, messageLane(uid))
		m, err := seen(ctx, tx, me, uid)
		switch {
		case err != nil:
			return err
		case m.From != me || time.Since(m.SentAt) > recallWithin:
			return ErrNotAllowed
		}
		recall(ctx, tx, m)
		return nil
	})
}

// seen returns a message that the caller has sent or may read. For other messages the error is the
// same as for an unknown UID, so guessing does not reveal which messages exist.
func seen(ctx context.Context, tx *store.Tx, me, uid string) (store.Message, error) {
	m, err := tx.Message(ctx, uid)
	if err != nil || m.From == me {
		return m, err
	}
	if reads, _ := tx.IsReader(ctx, m.Conversation, me); !reads {
		return m, ErrNotFound
	}
	return m, nil
}

func recall(ctx context.Context, tx *store.Tx, m store.Message) {
	if tx.Recall(ctx, m.UID) {
		tx.Enqueue(ctx, messageLane(m.UID), outbox.RecallMessage, rongcloud.RecallParams{
			From: m.From, ConversationType: rongcloud.ConversationType(m.Type), TargetID: m.Target,
			MessageUID: m.UID, SentAt: m.SentAt,
		})
	}
}

// Report reports a message that the caller can read to the operators.
func (a *App) Report(ctx context.Context, me, uid, reason string) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		m, err := seen(ctx, tx, me, uid)
		switch {
		case err != nil:
			return err
		case m.From == me || utf8.RuneCountInString(reason) > 500:
			return ErrNotAllowed
		}
		tx.AddReport(ctx, store.Report{MessageUID: uid, ReporterID: me, Reason: strings.TrimSpace(reason)})
		return nil
	})
}

// MarkRead records that the caller has read a conversation.
func (a *App) MarkRead(ctx context.Context, me, conversation string) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.MarkRead(ctx, me, conversation)
		return nil
	})
}

// The operators' decisions.

// blockTime is how long a user is blocked after an upheld report.
const blockTime = time.Hour

// Uphold recalls a reported message, and blocks its sender for an hour.
func (a *App) Uphold(ctx context.Context, reportID int64) error {
	return a.report(ctx, reportID, store.ReportUpheld, func(tx *store.Tx, uid string) error {
		m, err := tx.Message(ctx, uid)
		if err != nil {
			return err
		}
		sender := outbox.UserLane(m.From)
		tx.Enter(ctx, messageLane(m.UID), sender)
		recall(ctx, tx, m)
		if _, err := tx.User(ctx, m.From); err == nil { // the app's own messages have no user
			tx.SetBlocked(ctx, m.From, time.Now().Add(blockTime))
			tx.Enqueue(ctx, sender, outbox.BlockUser,
				rongcloud.UserBlockParams{UserIDs: []string{m.From}, Duration: blockTime})
		}
		return nil
	})
}

// DismissReport dismisses a report, and keeps the message.
func (a *App) DismissReport(ctx context.Context, reportID int64) error {
	return a.report(ctx, reportID, store.ReportDismissed, func(*store.Tx, string) error { return nil })
}

func (a *App) report(ctx context.Context, id int64, decision string, then func(tx *store.Tx, uid string) error) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		report, err := tx.Report(ctx, id)
		switch {
		case err != nil:
			return err
		case !tx.DecideReports(ctx, report.MessageUID, decision): // another operator has decided it
			return ErrOvertaken
		}
		return then(tx, report.MessageUID)
	})
}

// Announce sends a notice to all users. Each job has 100 recipients.
func (a *App) Announce(ctx context.Context, text string) error {
	if text = strings.TrimSpace(text); text == "" || utf8.RuneCountInString(text) > 1000 {
		return ErrNotAllowed
	}
	const lane = "announcements"
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, lane)
		for last := ""; ; {
			targets, _ := tx.UserIDs(ctx, last, 100)
			if len(targets) == 0 {
				return nil
			}
			tx.Enqueue(ctx, lane, outbox.SendSystem, outbox.Notice{From: SystemUser, Targets: targets, Text: text})
			last = targets[len(targets)-1]
		}
	})
}

// Decide records an operator's decision about a job that is parked or refused. It returns
// ErrOvertaken for [store.Waiting] if a later job of the lane was attempted: repeating the old one
// could undo it. A send changes no state, so it may always be repeated.
func (a *App) Decide(ctx context.Context, jobID int64, to store.State) error {
	job, err := a.Store.Job(ctx, jobID)
	if err != nil {
		return err
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, job.Lane)
		overtaken, _ := tx.Overtaken(ctx, job.Lane, job.ID)
		if overtaken && to == store.Waiting && !outbox.IsOnce(job.Kind) {
			return ErrOvertaken
		}
		if !tx.Decide(ctx, jobID, to) {
			return ErrNotFound
		}
		return nil
	})
}

// Delivered marks a send as done when a callback has a copy of its message. Users can write any
// mark into a message, so the sender and the first recipient must match the notice too.
func Delivered(ctx context.Context, tx *store.Tx, extra string, m store.Message) {
	id, ok := outbox.Marked(extra)
	if !ok {
		return
	}
	job, _ := tx.Job(ctx, id) // an unknown job has no parameters, which Unmarshal refuses
	var notice outbox.Notice
	if json.Unmarshal(job.Params, &notice) == nil && notice.From == m.From &&
		len(notice.Targets) > 0 && notice.Targets[0] == m.Target {
		tx.Settle(ctx, job, store.Settlement{State: store.Done, Result: m.UID})
	}
}

// Recalled marks the job of a recall as done when the callback about it arrives.
func Recalled(ctx context.Context, tx *store.Tx, uid string) {
	if job, err := tx.LastJob(ctx, messageLane(uid)); err == nil {
		tx.Settle(ctx, job, store.Settlement{State: store.Done})
	}
}
