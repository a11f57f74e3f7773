package app

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// recallWithin is how long one can take back a message.
const recallWithin = 2 * time.Minute

// Recall takes back a message of one's own.
func (a *App) Recall(ctx context.Context, me, uid string) error {
	m, err := a.Store.Message(ctx, uid)
	switch {
	case err != nil:
		return found(err)
	case m.From != me || time.Since(m.SentAt) > recallWithin:
		return ErrNotAllowed
	}
	return a.recall(ctx, m, func(*store.Tx) error { return nil })
}

func (a *App) recall(ctx context.Context, m store.Message, also func(tx *store.Tx) error) error {
	lane := messageLane(m.UID)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		if changed, err := tx.Recall(ctx, m.UID); err != nil {
			return err
		} else if changed {
			if err := tx.Enqueue(ctx, lane, outbox.RecallMessage, outbox.Recall{
				UID: m.UID, From: m.From, Target: m.Target, Type: rongcloud.ConversationType(m.Type), SentAt: m.SentAt,
			}); err != nil {
				return err
			}
		}
		return also(tx)
	})
}

// Report tells the operator about a message that one can read.
func (a *App) Report(ctx context.Context, me, uid, reason string) error {
	m, err := a.Store.Message(ctx, uid)
	if err != nil {
		return found(err)
	}
	if reads, err := a.Store.IsReader(ctx, m.Conversation, me); err != nil || !reads || m.From == me {
		return either(err, ErrNotAllowed)
	}
	if utf8.RuneCountInString(reason) > 500 {
		return ErrNotAllowed
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		return tx.AddReport(ctx, store.Report{MessageUID: uid, ReporterID: me, Reason: strings.TrimSpace(reason)})
	})
}

// MarkRead notes that one has read a conversation.
func (a *App) MarkRead(ctx context.Context, me, conversation string) error {
	return a.Store.Change(ctx, func(tx *store.Tx) error { return tx.MarkRead(ctx, me, conversation) })
}

// What follows is the operator's.

// blockMinutes is how long a user is kept out whose message was reported with reason.
const blockMinutes = 60

// Uphold takes back a message that was reported, and keeps its sender out for an hour.
func (a *App) Uphold(ctx context.Context, reportID int64) error {
	report, err := a.Store.Report(ctx, reportID)
	if err != nil {
		return found(err)
	}
	m, err := a.Store.Message(ctx, report.MessageUID)
	if err != nil {
		return found(err)
	}
	if err := a.recall(ctx, m, func(tx *store.Tx) error { return tx.DecideReports(ctx, m.UID, store.ReportUpheld) }); err != nil {
		return err
	}
	lane := userLane(m.From)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		if _, err := tx.User(ctx, m.From); err != nil {
			return found(err)
		}
		if err := tx.SetBlocked(ctx, m.From, time.Now().Add(blockMinutes*time.Minute)); err != nil {
			return err
		}
		return tx.Enqueue(ctx, lane, outbox.BlockUser, outbox.UserBlock{UserID: m.From, Minutes: blockMinutes})
	})
}

// DismissReport leaves a message that was reported.
func (a *App) DismissReport(ctx context.Context, reportID int64) error {
	report, err := a.Store.Report(ctx, reportID)
	if err != nil {
		return found(err)
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error { return tx.DecideReports(ctx, report.MessageUID, store.ReportDismissed) })
}

// Announce says something to all users, a hundred at a time.
func (a *App) Announce(ctx context.Context, text string) error {
	if text = strings.TrimSpace(text); text == "" || utf8.RuneCountInString(text) > 1000 {
		return ErrNotAllowed
	}
	const lane = "announcements"
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, lane); err != nil {
			return err
		}
		for last := ""; ; {
			users, err := tx.UsersAfter(ctx, last, 100)
			if err != nil || len(users) == 0 {
				return err
			}
			targets := make([]string, len(users))
			for i, user := range users {
				targets[i] = user.ID
			}
			if err := tx.Enqueue(ctx, lane, outbox.SendSystem, outbox.Notice{From: SystemUser, Targets: targets, Text: text}); err != nil {
				return err
			}
			last = users[len(users)-1].ID
		}
	})
}

// Decide is the operator's word about a job that is parked or refused. What changes RongCloud's
// state is not tried again when later decisions about the same thing have been carried out.
func (a *App) Decide(ctx context.Context, jobID int64, to store.State) error {
	job, err := a.Store.Job(ctx, jobID)
	if err != nil {
		return found(err)
	}
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		if err := tx.Enter(ctx, job.Lane); err != nil {
			return err
		}
		if to == store.Waiting && !outbox.IsOnce(job.Kind) {
			if overtaken, err := tx.Overtaken(ctx, job.Lane, job.ID); err != nil || overtaken {
				return either(err, ErrOvertaken)
			}
		}
		return found(tx.Decide(ctx, jobID, to))
	})
}

// Delivered takes the copy of a message as the proof that the job which sent it was carried out.
// Users can write what they like into a message, so whoever sent it, and to whom, must be right
// too.
func (a *App) Delivered(ctx context.Context, tx *store.Tx, extra string, m store.Message) error {
	id, ok := outbox.Marked(extra)
	if !ok {
		return nil
	}
	job, err := tx.Job(ctx, id)
	if err != nil {
		return ignoreNotFound(err)
	}
	var notice outbox.Notice
	if err := json.Unmarshal(job.Params, &notice); err != nil || notice.From != m.From || len(notice.Targets) == 0 || notice.Targets[0] != m.Target {
		return nil //nolint:nilerr // it is somebody else's text
	}
	_, err = tx.Settle(ctx, job, store.Settlement{State: store.Done, Result: m.UID})
	return err
}

// Recalled takes the news of a recall as the proof that the job for it was carried out.
func (a *App) Recalled(ctx context.Context, tx *store.Tx, uid string) error {
	job, err := tx.LastJob(ctx, messageLane(uid))
	if err != nil {
		return ignoreNotFound(err)
	}
	_, err = tx.Settle(ctx, job, store.Settlement{State: store.Done})
	return err
}

func ignoreNotFound(err error) error {
	if errors.Is(err, store.ErrNotFound) {
		return nil
	}
	return err
}
