package webhook

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// app is an app whose callbacks are accepted.
type app struct {
	key     string // empty for the one that NewHandler was called with
	secrets []check
}

// check reports whether a signature was made with one secret. It is a function, so that nothing that holds it can print the secret.
type check func(nonce, timestamp, signature string) bool

func checkWith(secret string) check {
	return func(nonce, timestamp, signature string) bool {
		return rongcloud.Verify(secret, nonce, timestamp, signature)
	}
}

// credentials are what a callback carries to prove where it comes from, and what is known of it.
type credentials struct {
	appKey, nonce, timestamp, signature string

	app      *app      // whose secret it was
	signedAt time.Time // zero if the timestamp is no time, which only passes without a window
}

// nonceKey is the key under which a NonceStore knows the credentials.
func (c *credentials) nonceKey() string { return strings.ToLower(c.signature) }

// knownKey is the App Key if the configuration vouches for it, and else what the callback claims.
func (c *credentials) knownKey() string {
	if c.app.key != "" {
		return c.app.key
	}
	return c.appKey
}

// verify checks who signed a request, and when.
func (c *config) verify(r *http.Request) (*credentials, error) {
	found, err := readCredentials(r)
	if err != nil {
		return nil, err
	}
	if found.app = c.signer(found); found.app == nil {
		return nil, refuse(ErrSignature)
	}
	var ok bool
	if found.signedAt, ok = parseTimestamp(found.timestamp); c.window == 0 {
		return found, nil
	}
	age := c.now().Sub(found.signedAt)
	switch {
	case !ok:
		return nil, refuse(ErrUnsigned, errors.New("its timestamp is no time"))
	case age > c.window:
		return nil, refuse(ErrStale)
	case age < -c.window:
		return nil, refuse(ErrFuture)
	}
	return found, nil
}

// signer finds the app whose secret made the signature: the one that the callback names, else the one without a name. A callback that
// names none may be any app's.
func (c *config) signer(found *credentials) *app {
	named := -1
	if found.appKey != "" {
		named = 0
		for i := range c.apps {
			if c.apps[i].key == found.appKey {
				named = i
			}
		}
	}
	for i := range c.apps {
		if named >= 0 && i != named {
			continue
		}
		for _, signed := range c.apps[i].secrets {
			if signed(found.nonce, found.timestamp, found.signature) {
				return &c.apps[i]
			}
		}
	}
	return nil
}

// readCredentials takes them from the query, or where that lacks one of them, from one full set of headers.
func readCredentials(r *http.Request) (*credentials, error) {
	var found credentials
	pairs, err := parsePairs(r.URL.RawQuery)
	if err != nil {
		return nil, refuse(ErrUnsigned, errors.New("its query cannot be read"))
	}
	signTimestamp := ""
	for _, p := range pairs {
		var field *string
		switch p.name {
		case "appKey":
			field = &found.appKey
		case "nonce":
			field = &found.nonce
		case "timestamp":
			field = &found.timestamp
		case "signTimestamp":
			field = &signTimestamp
		case "signature":
			field = &found.signature
		default:
			continue
		}
		if *field != "" { // which of them another reader would take is open
			return nil, refuse(ErrUnsigned, errors.New("a part of its signature comes twice"))
		}
		*field = p.text
	}
	if found.timestamp == "" {
		found.timestamp = signTimestamp
	}
	if found.complete() {
		return &found, nil
	}
	for _, names := range headerSets {
		var values [5]string
		for i, name := range names {
			switch got := r.Header[name]; len(got) {
			case 0:
			case 1:
				values[i] = got[0]
			default:
				return nil, refuse(ErrUnsigned, errors.New("a part of its signature comes twice"))
			}
		}
		set := credentials{nonce: values[0], timestamp: values[1], signature: values[2], appKey: cmp.Or(values[3], values[4], found.appKey)}
		if set.complete() {
			return &set, nil
		}
	}
	return nil, refuse(ErrUnsigned)
}

func (c *credentials) complete() bool { return c.nonce != "" && c.timestamp != "" && c.signature != "" }

// headerSets are the names under which the callback with moderation results may carry its signature, as net/http writes them. The App Key has two names.
var headerSets = [][5]string{
	{"Rc-Nonce", "Rc-Timestamp", "Rc-Signature", "Rc-App-Key", "Rc-Appkey"},
	{"Nonce", "Timestamp", "Signature", "App-Key", "Appkey"},
}

// parseTimestamp reads Unix milliseconds, or seconds if there are ten digits or fewer. A leading zero is refused: it would let the last digit of a
// nonce become the first one of the timestamp without a change of either signature or time.
func parseTimestamp(text string) (time.Time, bool) {
	if text == "" || text[0] == '0' || len(text) > 15 || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return time.Time{}, false
	}
	if len(text) <= 10 {
		return time.Unix(n, 0), true
	}
	return time.UnixMilli(n), true
}
