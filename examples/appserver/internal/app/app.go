// Package app implements the decisions of users and operators. Each decision is one transaction
// that changes the tables and puts what RongCloud must learn into the outbox. It promises that no
// decision is stored partly, and that nothing here waits for RongCloud.
package app

import (
	"cmp"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"net/netip"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/crypto/bcrypt"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/outbox"
	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/store"
)

// Errors that users can act on. Their texts are keys of the page's words.
var (
	ErrName       = errors.New("error.name")
	ErrPassword   = errors.New("error.password")
	ErrTaken      = errors.New("error.taken")
	ErrLogin      = errors.New("error.login")
	ErrTooOften   = errors.New("error.tooOften")
	ErrBlocked    = errors.New("error.blocked")
	ErrNotAllowed = errors.New("error.notAllowed")
	ErrNotFound   = store.ErrNotFound
	ErrOvertaken  = errors.New("error.overtaken")
)

// SystemUser is the sender of the app's own messages.
const SystemUser = "system"

const sessionLife = 30 * 24 * time.Hour

// App is what the program does for its users.
type App struct{ Store *store.Store }

var names = regexp.MustCompile(`^[a-z0-9_]{2,32}$`)

// SignUp creates an account, which RongCloud learns about through the outbox, and returns a token
// for a session. Whoever signs up again, as with a double click, is logged in.
func (a *App) SignUp(ctx context.Context, name, password, address string) (token string, err error) {
	user := store.User{ID: strings.ToLower(rand.Text()), Name: strings.ToLower(strings.TrimSpace(name))}
	switch {
	case !names.MatchString(user.Name) || user.Name == SystemUser:
		return "", ErrName
	case utf8.RuneCountInString(password) < 8 || len(password) > mostPassword:
		return "", ErrPassword
	}
	if err := a.try(ctx, "signup:"+network(address), trySignUp); err != nil {
		return "", err
	}
	user.Password = HashPassword(password)
	err = a.AddUser(ctx, user)
	if errors.Is(err, ErrTaken) {
		if token, wrong := a.LogIn(ctx, name, password, address); wrong == nil {
			return token, nil
		}
	}
	if err != nil {
		return "", err
	}
	return a.Session(ctx, user.ID)
}

// mostPassword is how many bytes of a password bcrypt looks at.
const mostPassword = 72

// HashPassword returns the hash that is stored for a password.
func HashPassword(password string) string {
	// it fails for what is too long alone
	hash, _ := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	return string(hash)
}

// nobody is a hash that matches no password. Passwords of unknown users are compared with it, so
// that this takes as long as for known users.
var nobody = "$2a$10$" + strings.Repeat(".", 53)

// AddUser adds an account whose password is already hashed.
func (a *App) AddUser(ctx context.Context, user store.User) error {
	lane := outbox.UserLane(user.ID)
	return a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.Enter(ctx, lane)
		if !tx.AddUser(ctx, user) {
			return ErrTaken
		}
		tx.Enqueue(ctx, lane, outbox.Register, rongcloud.RegisterParams{UserID: user.ID, Name: user.Name})
		return nil
	})
}

// How many attempts to log in or sign up are allowed in a period, per name or address.
const (
	tryName    = 10
	tryAddress = 100
	trySignUp  = 50
	trySpan    = 15 * time.Minute
)

// try counts an attempt before its password is looked at, so that concurrent attempts all count.
func (a *App) try(ctx context.Context, who string, most int) error {
	n, err := a.Store.TryLogin(ctx, digest(who), trySpan)
	if err == nil && n > most {
		return ErrTooOften
	}
	return err
}

// network is an address of IPv4, or the /64 network of one of IPv6, which has them all at will.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		prefix, _ := ip.Prefix(64)
		return prefix.String()
	}
	return address
}

// LogIn returns a token for a session.
func (a *App) LogIn(ctx context.Context, name, password, address string) (token string, err error) {
	name = strings.ToLower(strings.TrimSpace(name))
	if err := cmp.Or(a.try(ctx, "address:"+network(address), tryAddress), a.try(ctx, "name:"+name, tryName)); err != nil {
		return "", err
	}
	user, err := a.Store.UserByName(ctx, name)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return "", err
	}
	err = bcrypt.CompareHashAndPassword([]byte(cmp.Or(user.Password, nobody)), []byte(password))
	switch {
	case errors.Is(err, bcrypt.ErrMismatchedHashAndPassword), user.ID == "", len(password) > mostPassword:
		return "", ErrLogin
	case err != nil:
		return "", err
	case user.BlockedUntil.After(time.Now()):
		return "", ErrBlocked
	}
	if err := a.Store.ForgiveLogin(ctx, digest("name:"+name), time.Now().Add(-trySpan)); err != nil {
		return "", err
	}
	return a.Session(ctx, user.ID)
}

// Session begins a session of a user.
func (a *App) Session(ctx context.Context, userID string) (token string, err error) {
	token = rand.Text()
	return token, a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.AddSession(ctx, digest(token), userID, time.Now().Add(sessionLife))
		return nil
	})
}

// SessionUser returns the user of a session.
func (a *App) SessionUser(ctx context.Context, token string) (store.User, error) {
	return a.Store.SessionUser(ctx, digest(token))
}

// LogOut ends a session.
func (a *App) LogOut(ctx context.Context, token string) error {
	return a.Store.EndSession(ctx, digest(token))
}

func digest(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return hex.EncodeToString(sum[:])
}

// The lanes; see [store.Tx.Enter].
func messageLane(uid string) string       { return "message:" + uid }
func pairLane(one, other string) string   { return "friends:" + store.PrivateConversation(one, other) }
func noticeLane(one, other string) string { return "notice:" + store.PrivateConversation(one, other) }
