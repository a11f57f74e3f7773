package webhook

import (
	"cmp"
	"errors"
	"net/http"
	"net/url"
	"slices"
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

// check reports whether a signature was made with one secret. It is a function, so that nothing
// that holds it can print the secret.
type check func(nonce, timestamp, signature string) bool

func checkWith(secret string) check {
	return func(nonce, timestamp, signature string) bool {
		return rongcloud.Verify(secret, nonce, timestamp, signature)
	}
}

// credentials are what a callback carries to prove where it comes from, and what is known of it.
type credentials struct {
	appKey, nonce, timestamp, signature string

	headers  bool      // they stand in headers
	app      *app      // whose secret it was
	signedAt time.Time // by the timestamp
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

// verify checks who signed a request, and when. The timestamp comes first, because only one of the
// right form tells where in the signed text it begins.
func (c *config) verify(r *http.Request) (*credentials, error) {
	found, err := readCredentials(r)
	if err != nil {
		return nil, err
	}
	var ok bool
	if found.signedAt, ok = parseTimestamp(found.timestamp); !ok {
		return nil, refuse(ErrUnsigned, errors.New("its timestamp is not one of 13 digits"))
	}
	if found.app = c.signer(found); found.app == nil {
		return nil, refuse(ErrSignature)
	}
	if c.window == 0 {
		return found, nil
	}
	switch age := c.now().Sub(found.signedAt); {
	case age > c.window:
		return nil, refuse(ErrStale)
	case age < -c.window:
		return nil, refuse(ErrFuture)
	}
	return found, nil
}

// headerSigned are the kinds whose signature may stand in headers. Of those of audio and video the
// room's status has it there; the rule for its siblings is on no page that is known, so that both
// places count. All other kinds have theirs in the query, and headers prove nothing for them: every
// request to the Server API carries a set that would pass.
var headerSigned = map[Kind]bool{
	KindMessageAudit: true, KindUnknown: true,
	KindRTCRoomStatus: true, KindRTCCDNPush: true, KindRTCCloudPlayer: true, KindRTCModeration: true, KindRTCAITask: true,
}

// standsRight checks the place of a signature, as soon as the kind is known.
func (c *credentials) standsRight(kind Kind) error {
	if c.headers && kind != "" && !headerSigned[kind] {
		return refuse(ErrUnsigned, errors.New("this kind is signed in the query, and the signature is in headers"))
	}
	return nil
}

// signer finds the app whose secret made the signature: the one that the callback names, else the
// one without a name. A callback that names none may be any app's.
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

// readCredentials takes them from the query, or where that lacks one of them, from one full set of
// headers.
func readCredentials(r *http.Request) (*credentials, error) {
	var found credentials
	var signTimestamp string
	fields := [...]*string{&found.appKey, &found.nonce, &found.timestamp, &signTimestamp, &found.signature}
	var seen [len(fields)]bool
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, text, _ := strings.Cut(part, "=")
		name, err := url.QueryUnescape(name)
		i := slices.Index(queryNames[:], name)
		if err != nil || i < 0 {
			continue // the address in the console may have parameters of its own, encoded as it likes
		}
		// The address in the console may hold an App Key of its own, which stands before all that
		// RongCloud adds. Which of two other parts another reader would take is open.
		if seen[i] && (i > 0 || slices.Contains(seen[1:], true)) {
			return nil, errTwice
		}
		seen[i] = true
		if *fields[i], err = url.QueryUnescape(text); err != nil {
			return nil, refuse(ErrUnsigned, errors.New("its query cannot be read"))
		}
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
				return nil, errTwice
			}
		}
		set := credentials{
			nonce: values[0], timestamp: values[1], signature: values[2], appKey: cmp.Or(values[3], values[4], found.appKey), headers: true,
		}
		if set.complete() {
			return &set, nil
		}
	}
	return nil, refuse(ErrUnsigned)
}

// queryNames are the names of the parts of a signature in the query.
var queryNames = [...]string{"appKey", "nonce", "timestamp", "signTimestamp", "signature"}

var errTwice = refuse(ErrUnsigned, errors.New("a part of its signature comes twice"))

func (c *credentials) complete() bool { return c.nonce != "" && c.timestamp != "" && c.signature != "" }

// headerSets are the names under which a callback of headerSigned may carry its signature, as
// net/http writes them. The App Key has two names.
var headerSets = [][5]string{
	{"Rc-Nonce", "Rc-Timestamp", "Rc-Signature", "Rc-App-Key", "Rc-Appkey"},
	{"Nonce", "Timestamp", "Signature", "App-Key", "Appkey"},
}

// timestampDigits is how long a timestamp is: Unix milliseconds until 2286, as RongCloud sends
// them.
const timestampDigits = 13

// parseTimestamp reads Unix milliseconds of exactly 13 digits. RongCloud signs secret, nonce and
// timestamp without separators, so a timestamp of another length would give the same signature a
// second reading, with digits moved to or from the nonce, and another time: an old signature would
// be good again.
func parseTimestamp(text string) (time.Time, bool) {
	if len(text) != timestampDigits || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}
