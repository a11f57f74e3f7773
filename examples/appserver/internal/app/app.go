// Package app implements the decisions of users and operators. Each decision is one transaction: it
// changes the tables, and puts the jobs that tell RongCloud into the outbox.
//
// It promises that no decision is stored partly, and that no decision waits for RongCloud.
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

// Errors that users can act on. Their texts are keys of words.json.
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

// App makes the decisions. Its methods are safe for concurrent use.
type App struct{ Store *store.Store }

var names = regexp.MustCompile(`^[a-z0-9_]{2,32}$`)

// SignUp creates an account, enqueues its registration with RongCloud, and returns the token of a
// new session. Signing up again with the same password, as by a double click, logs in.
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

// mostPassword is the maximum length of a password in bytes. bcrypt refuses longer ones.
const mostPassword = 72

// HashPassword returns the bcrypt hash of a password.
func HashPassword(password string) string {
	// it fails only for passwords longer than mostPassword
	hash, _ := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
	return string(hash)
}

// nobody is a hash that matches no password. LogIn compares it for unknown names, so that the time
// of the response does not tell whether a name exists.
var nobody = "$2a$10$" + strings.Repeat(".", 53)

// AddUser adds an account, and enqueues its registration with RongCloud. The password must be
// hashed.
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

// The limits for attempts to log in and sign up within trySpan.
const (
	tryName    = 10
	tryAddress = 100
	trySignUp  = 50
	trySpan    = 15 * time.Minute
)

// try counts an attempt, before the password is checked so that concurrent attempts all count. It
// returns ErrTooOften above the limit.
func (a *App) try(ctx context.Context, who string, most int) error {
	n, err := a.Store.TryLogin(ctx, digest(who), trySpan)
	if err == nil && n > most {
		return ErrTooOften
	}
	return err
}

// network returns an IPv4 address as it is, and the /64 network of an IPv6 address: its owner can
// use any address in it.
func network(address string) string {
	if ip, err := netip.ParseAddr(address); err == nil && ip.Is6() {
		prefix, _ := ip.Prefix(64)
		return prefix.String()
	}
	return address
}

// LogIn checks a password, and returns the token of a new session.
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

// Session creates a session for a user, and returns its token.
func (a *App) Session(ctx context.Context, userID string) (token string, err error) {
	token = rand.Text()
	return token, a.Store.Change(ctx, func(tx *store.Tx) error {
		tx.AddSession(ctx, digest(token), userID, time.Now().Add(sessionLife))
		return nil
	})
}

// SessionUser returns the user of the session with a token.
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

// The names of lanes; see [store.Tx.Enter].
func messageLane(uid string) string       { return "message:" + uid }
func pairLane(one, other string) string   { return "friends:" + store.PrivateConversation(one, other) }
func noticeLane(one, other string) string { return "notice:" + store.PrivateConversation(one, other) }
