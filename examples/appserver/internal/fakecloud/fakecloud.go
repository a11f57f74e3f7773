// Package fakecloud runs a fake RongCloud inside the program, for use without an account. It is the
// server of package rongcloudtest, with a connected device for each user whose page is open.
//
// It promises that after a restart the fake has the users, friends and groups that RongCloud would
// still have.
package fakecloud

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Cloud is the fake RongCloud.
type Cloud struct {
	Server *rongcloudtest.Server
	client *rongcloud.Client
	store  *store.Store

	mu    sync.Mutex
	pages map[string]int // number of open pages by user
}

// New starts a fake RongCloud.
func New() (*Cloud, error) {
	server, err := rongcloudtest.New()
	if err != nil {
		return nil, err
	}
	return &Cloud{Server: server, client: server.Client(), pages: map[string]int{}}, nil
}

// Close stops the fake RongCloud.
func (c *Cloud) Close() error {
	c.client.CloseIdleConnections()
	return c.Server.Close()
}

// CallBack makes the fake send its callbacks to a handler, as RongCloud does once its console is
// configured.
func (c *Cloud) CallBack(h *webhook.Handler) {
	c.Server.AddWebhook(h.For(webhook.KindPreMessage), rongcloudtest.WithKinds(webhook.KindPreMessage), rongcloudtest.WithPreMessages())
	c.Server.AddWebhook(h, rongcloudtest.WithServerMessages())
}

// Restore makes the outbox send the lasting jobs again, because the fake loses its data when the
// program ends.
func (c *Cloud) Restore(ctx context.Context, s *store.Store) error {
	c.store = s
	if err := s.Change(ctx, func(tx *store.Tx) error {
		tx.TellAgain(ctx, outbox.Lasting)
		return nil
	}); err != nil {
		return err
	}
	return cmp.Or(s.ForgetPresence(ctx), c.skipUIDs(ctx))
}

// skipUIDs uses up the UIDs that are in the archive. The fake counts UIDs from 1 after each start,
// and the archive would take a new message with a known UID for a repeated one.
func (c *Cloud) skipUIDs(ctx context.Context) error {
	last, err := c.store.LastUID(ctx)
	if err != nil || last == "" {
		return err
	}
	var high, middle, low int
	if _, err := fmt.Sscanf(last, "TEST-%X-%X-%X", &high, &middle, &low); err != nil {
		return fmt.Errorf("the archive has messages of the real RongCloud, such as %s: "+
			"set RONGCLOUD_APP_KEY, or use another database", last)
	}
	for range high<<32 | middle<<16 | low {
		// the send fails because the user is offline, but it uses up a UID
		_, _ = c.Server.User("nobody").SendPrivate("nobody", rongcloud.TextMessage{Content: "-"})
	}
	return nil
}

// Connect counts an open page of a user, and brings the user online. Like a client app, it gets a
// token first.
func (c *Cloud) Connect(ctx context.Context, userID, name string) error {
	if _, err := c.client.User.Register(ctx, rongcloud.RegisterParams{UserID: userID, Name: name}); err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.Server.User(userID).Connect(); err != nil {
		return err
	}
	c.pages[userID]++
	return nil
}

// Disconnect counts a closed page of a user. The last one takes the user offline.
func (c *Cloud) Disconnect(userID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages[userID]--; c.pages[userID] <= 0 {
		delete(c.pages, userID)
		c.Server.User(userID).Disconnect()
	}
}

// Reasons why a message is not delivered. Their texts are keys of words.json.
var (
	ErrOffline  = errors.New("error.offline")
	ErrRejected = errors.New("error.rejected")
)

// patience is how long Send waits for the outbox.
const patience = 5 * time.Second

// settle waits until the outbox has told the fake about a user or group. A page can send a message
// earlier than that.
func (c *Cloud) settle(id string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		busy, err := c.store.AnyBusy(ctx, math.MaxInt64, outbox.UserLane(id), outbox.GroupLane(id))
		if err != nil || !busy {
			return err
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Send sends a text from a user's device. If the app's moderation blocks it, the error is a
// [rongcloudtest.BlockedError] with the text for the user.
func (c *Cloud) Send(from, conversation, text string) error {
	to, isGroup := store.GroupOf(conversation)
	send := c.Server.User(from).SendGroup
	if !isGroup {
		var ok bool
		if to, ok = store.Partner(conversation, from); !ok {
			return ErrRejected
		}
		send = c.Server.User(from).SendPrivate
	}
	if err := c.settle(to); err != nil {
		return err
	}
	_, err := send(to, rongcloud.TextMessage{Content: text})
	switch {
	case errors.Is(err, rongcloudtest.ErrOffline):
		return ErrOffline
	case errors.Is(err, rongcloudtest.ErrMuted), errors.Is(err, rongcloudtest.ErrRejected), errors.Is(err, rongcloudtest.ErrNotMember):
		return ErrRejected
	}
	return err
}
