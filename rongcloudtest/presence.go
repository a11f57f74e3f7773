package rongcloudtest

import (
	"errors"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// Errors of [User.Connect].
var (
	ErrNoToken = errors.New("rongcloudtest: the user has no valid token")
	ErrBlocked = errors.New("rongcloudtest: the user is blocked")
)

// On returns the user on the device of one platform. A user can be online with one device per
// platform at the same time; each goes online and offline independently, with its own callbacks.
// They share one inbox.
func (u *User) On(platform webhook.Platform) *User { return &User{u.server, u.id, platform} }

// Connect brings the user online, as a client app with a valid token would: on the device of
// [User.On], or else on an Android device.
func (u *User) Connect() error {
	events, err := u.connect()
	u.server.callBack(events)
	return err
}

func (u *User) connect() ([]event, error) {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	c := u.server.newCall()
	one := c.users.find(u.id)
	switch {
	case one.blocked(c.at):
		return nil, ErrBlocked
	case len(one.tokens) == 0:
		return nil, ErrNoToken
	}
	platform := u.platform
	if platform == "" {
		platform = devicePlatform
	}
	if !slices.Contains(one.online, platform) {
		one.online = append(one.online, platform)
		c.tellStatus(u.id, platform, webhook.PresenceOnline)
	}
	c.catchUp(u.id)
	return c.drainEvents(), nil
}

// Disconnect takes the user offline: the device of [User.On], or all devices.
func (u *User) Disconnect() {
	u.server.callBack(u.disconnect())
}

func (u *User) disconnect() []event {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	c := u.server.newCall()
	one := c.users.find(u.id)
	c.takeOffline(one, one.seenFrom(u.platform)...)
	return c.drainEvents()
}

// takeOffline disconnects some of a user's devices.
func (c *call) takeOffline(u *user, platforms ...webhook.Platform) {
	for _, platform := range slices.Clone(platforms) {
		c.tellStatus(u.id, platform, webhook.PresenceOffline)
		u.online = slices.DeleteFunc(u.online, func(one webhook.Platform) bool { return one == platform })
	}
}

// seenFrom returns the devices that are online: that of one platform, or all.
func (u *user) seenFrom(platform webhook.Platform) []webhook.Platform {
	if platform == "" {
		return u.online
	}
	if slices.Contains(u.online, platform) {
		return []webhook.Platform{platform}
	}
	return nil
}

func (c *call) tellStatus(user string, platform webhook.Platform, status webhook.Presence) {
	e := &webhook.UserStatus{UserID: user, Status: status, OccurredAt: c.at, ClientIP: clientIP, SessionID: "session-" + user + "-" + string(platform)}
	if status == webhook.PresenceOnline {
		e.Platform = platform // otherwise RongCloud does not send it
	}
	c.recordEvent(e)
}

// IsOnline reports whether the user is connected with the device of [User.On], or else with any.
func (u *User) IsOnline() bool {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return len(u.devices(u.server.now())) > 0
}

// Platforms returns the platforms of the user's devices that are online, in the order in which
// they connected.
func (u *User) Platforms() []webhook.Platform {
	u.server.mu.Lock()
	defer u.server.mu.Unlock()
	return slices.Clone(u.devices(u.server.now()))
}

// devices returns the devices that the user can act with, limited to that of [User.On].
func (u *User) devices(now time.Time) []webhook.Platform {
	one := u.server.users.find(u.id)
	if one.blocked(now) {
		return nil
	}
	return one.seenFrom(u.platform)
}
