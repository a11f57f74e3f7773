// Package fakecloud is a RongCloud inside the program, for those who have no account: the fake
// server of package rongcloudtest, with the devices of the users whose pages are open.
//
// It promises to know after a start what RongCloud would still know.
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
	pages map[string]int // open ones, by user
}

// New starts it.
func New() (*Cloud, error) {
	server, err := rongcloudtest.New()
	if err != nil {
		return nil, err
	}
	return &Cloud{Server: server, client: server.Client(), pages: map[string]int{}}, nil
}

// Close stops it.
func (c *Cloud) Close() error {
	c.client.CloseIdleConnections()
	return c.Server.Close()
}

// CallBack makes it send callbacks to the app, like RongCloud once its console is configured.
func (c *Cloud) CallBack(h *webhook.Handler) {
	c.Server.AddWebhook(h.For(webhook.KindPreMessage), rongcloudtest.WithKinds(webhook.KindPreMessage), rongcloudtest.WithPreMessages())
	c.Server.AddWebhook(h, rongcloudtest.WithServerMessages())
}

// Restore has the worker tell it what RongCloud would still know: it forgets everything when the
// program ends, and the outbox does not.
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

// skipUIDs uses up the UIDs of messages that are in the archive: the fake server counts them from 1
// at each start, and the archive would take a new message for one that came again.
func (c *Cloud) skipUIDs(ctx context.Context) error {
	last, err := c.store.LastUID(ctx)
	if err != nil || last == "" {
		return err
	}
	var high, middle, low int
	if _, err := fmt.Sscanf(last, "TEST-%X-%X-%X", &high, &middle, &low); err != nil {
		return fmt.Errorf("the archive has messages of a real RongCloud, such as %s: set RONGCLOUD_*, or take another database", last)
	}
	for range high<<32 | middle<<16 | low {
		// refused: nobody is offline
		_, _ = c.Server.User("nobody").SendPrivate("nobody", rongcloud.TextMessage{Content: "-"})
	}
	return nil
}

// Connect brings a user online with the first page that opens, as the app on a device would: it
// gets a token from the app's server, and connects.
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

// Disconnect takes a user offline with the last page that closes.
func (c *Cloud) Disconnect(userID string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.pages[userID]--; c.pages[userID] <= 0 {
		delete(c.pages, userID)
		c.Server.User(userID).Disconnect()
	}
}

// Reasons why a message is not delivered. Their texts are keys of the page's words.
var (
	ErrOffline  = errors.New("error.offline")
	ErrRejected = errors.New("error.rejected")
)

// patience is how long a message waits for RongCloud to know its group.
const patience = 5 * time.Second

// settle waits until the outbox has told RongCloud of a user or group: a page can be faster.
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

// Send sends a text from the user's device. What the app's moderation has for the sender is a
// *rongcloudtest.BlockedError.
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
