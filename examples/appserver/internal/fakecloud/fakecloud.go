// Package fakecloud is a RongCloud inside the program, for those who have no account: the fake
// server of package rongcloudtest, with the devices of the users whose pages are open.
//
// It promises that it knows after a start what RongCloud would still know.
package fakecloud

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// Cloud is the fake RongCloud.
type Cloud struct {
	Server *rongcloudtest.Server
	client *rongcloud.Client

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

// CallBack has it call the app back, as the console of RongCloud does when it is filled in.
func (c *Cloud) CallBack(h *webhook.Handler) {
	c.Server.AddWebhook(h.For(webhook.KindPreMessage), rongcloudtest.WithKinds(webhook.KindPreMessage), rongcloudtest.WithPreMessages())
	c.Server.AddWebhook(h, rongcloudtest.WithServerMessages())
}

// Restore tells it what RongCloud would still know: it forgets everything when the program ends,
// and the database does not.
func (c *Cloud) Restore(ctx context.Context, s *store.Store) error {
	for last := ""; ; {
		users, err := s.UsersAfter(ctx, last, 100)
		if err != nil {
			return err
		}
		if len(users) == 0 {
			break
		}
		for _, user := range users {
			if _, err := c.client.User.Register(ctx, rongcloud.RegisterParams{UserID: user.ID, Name: user.Name}); err != nil {
				return err
			}
			last = user.ID
		}
	}
	if err := errors.Join(c.restoreContacts(ctx, s), c.restoreGroups(ctx, s), s.ForgetPresence(ctx)); err != nil {
		return err
	}
	return c.skipUIDs(ctx, s)
}

func (c *Cloud) restoreContacts(ctx context.Context, s *store.Store) error {
	friendships, err := s.AllFriendships(ctx)
	if err != nil {
		return err
	}
	for _, f := range friendships {
		if err := c.client.Friend.Add(ctx, rongcloud.FriendAddParams{UserID: f.AskedBy, TargetID: other(f), Type: rongcloud.FriendAddDirectly}); err != nil {
			return err
		}
	}
	blocks, err := s.AllBlocks(ctx)
	if err != nil {
		return err
	}
	for _, b := range blocks {
		if err := c.client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: b.UserID, TargetIDs: []string{b.TargetID}}); err != nil {
			return err
		}
	}
	return nil
}

func other(f store.Friendship) string {
	if f.AskedBy == f.A {
		return f.B
	}
	return f.A
}

func (c *Cloud) restoreGroups(ctx context.Context, s *store.Store) error {
	groups, err := s.AllGroups(ctx)
	if err != nil {
		return err
	}
	for _, g := range groups {
		members, err := s.Members(ctx, g.ID)
		if err != nil {
			return err
		}
		if err := c.client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: g.ID, Name: g.Name, OwnerID: g.OwnerID}); err != nil {
			return err
		}
		for _, id := range members {
			if _, err := c.client.HostedGroup.Join(ctx, rongcloud.HostedGroupJoinParams{GroupID: g.ID, UserIDs: []string{id}}); err != nil {
				return err
			}
		}
	}
	return nil
}

// skipUIDs uses up the UIDs of messages that are in the archive: the fake server counts them from 1
// at each start, and the archive would take a new message for one that came again.
func (c *Cloud) skipUIDs(ctx context.Context, s *store.Store) error {
	last, err := s.LastUID(ctx)
	if err != nil || last == "" {
		return err
	}
	var high, middle, low int
	if _, err := fmt.Sscanf(last, "TEST-%X-%X-%X", &high, &middle, &low); err != nil {
		return fmt.Errorf("the archive has messages of a real RongCloud, such as %s: set RONGCLOUD_*, or take another database", last)
	}
	for range high<<32 | middle<<16 | low {
		_, _ = c.Server.User("nobody").SendPrivate("nobody", rongcloud.TextMessage{Content: "-"}) // refused: nobody is offline
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

// Send sends a text from the user's device. What the app's moderation has for the sender is a
// *rongcloudtest.BlockedError.
func (c *Cloud) Send(from, conversation, text string) error {
	var err error
	content := rongcloud.TextMessage{Content: text}
	if groupID, ok := store.GroupOf(conversation); ok {
		_, err = c.Server.User(from).SendGroup(groupID, content)
	} else if to, ok := store.Partner(conversation, from); ok {
		_, err = c.Server.User(from).SendPrivate(to, content)
	} else {
		return ErrRejected
	}
	switch {
	case errors.Is(err, rongcloudtest.ErrOffline):
		return ErrOffline
	case errors.Is(err, rongcloudtest.ErrMuted), errors.Is(err, rongcloudtest.ErrRejected), errors.Is(err, rongcloudtest.ErrNotMember):
		return ErrRejected
	}
	return err
}
