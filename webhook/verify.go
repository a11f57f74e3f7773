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
	key     string // empty for the app given to NewHandler
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

// credentials are what a callback carries to prove its origin, and what is known about it.
type credentials struct {
	appKey, nonce, timestamp, signature string

	headers  bool      // they are in headers
	app      *app      // whose secret it was
	signedAt time.Time // from the timestamp
}

// nonceKey is the key of the credentials in a NonceStore.
func (c *credentials) nonceKey() string { return strings.ToLower(c.signature) }

// knownKey returns the App Key of the configuration if there is one, otherwise the one the
// callback claims.
func (c *credentials) knownKey() string {
	if c.app.key != "" {
		return c.app.key
	}
	return c.appKey
}

// verify checks who signed a request, and when. The timestamp is checked first, because only a
// timestamp of the right length shows where it begins in the signed text.
func (c *config) verify(r *http.Request) (*credentials, error) {
	found, err := readCredentials(r)
	if err != nil {
		return nil, err
	}
	var ok bool
	if found.signedAt, ok = parseTimestamp(found.timestamp); !ok {
		return nil, refuse(ErrUnsigned, errors.New("its timestamp does not have 13 digits"))
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

// headerSigned are the kinds whose signature may be in headers. Among the audio and video kinds,
// the room status has it there; no known page documents the rest, so both places are accepted. All
// other kinds have it in the query, and headers prove nothing for them: every request to the
// Server API carries a set that would pass.
var headerSigned = map[Kind]bool{
	KindMessageAudit: true, KindUnknown: true,
	KindRTCRoomStatus: true, KindRTCCDNPush: true, KindRTCCloudPlayer: true, KindRTCModeration: true, KindRTCAITask: true,
}

// checkPlace checks that the signature is in the right place, as soon as the kind is known.
func (c *credentials) checkPlace(kind Kind) error {
	if c.headers && kind != "" && !headerSigned[kind] {
		return refuse(ErrUnsigned, errors.New("this kind is signed in the query, and the signature is in headers"))
	}
	return nil
}

// signer finds the app whose secret made the signature: the one that the callback names, otherwise
// the one without a name. A callback that names no app may belong to any.
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

// readCredentials reads the credentials from the query, or if that lacks one of them, from one
// full set of headers.
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
			continue // the URL in the console may have other parameters, in any encoding
		}
		// The URL in the console may have an App Key of its own, which comes before everything
		// that RongCloud adds. If any other part comes twice, readers may disagree on which one
		// counts.
		if seen[i] && (i > 0 || slices.Contains(seen[1:], true)) {
			return nil, errTwice
		}
		seen[i] = true
		if *fields[i], err = url.QueryUnescape(text); err != nil {
			return nil, refuse(ErrUnsigned, errors.New("its query cannot be parsed"))
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

var errTwice = refuse(ErrUnsigned, errors.New("a part of its signature occurs twice"))

func (c *credentials) complete() bool { return c.nonce != "" && c.timestamp != "" && c.signature != "" }

// headerSets are the names under which a callback of headerSigned may carry its signature, as
// net/http writes them. The App Key has two names.
var headerSets = [][5]string{
	{"Rc-Nonce", "Rc-Timestamp", "Rc-Signature", "Rc-App-Key", "Rc-Appkey"},
	{"Nonce", "Timestamp", "Signature", "App-Key", "Appkey"},
}

// timestampDigits is the length of a timestamp: Unix milliseconds until 2286, as RongCloud sends
// them.
const timestampDigits = 13

// parseTimestamp reads Unix milliseconds of exactly 13 digits. RongCloud signs secret, nonce and
// timestamp without separators, so a timestamp of another length would allow a second reading of
// the same signature, with digits moved to or from the nonce and another time: an old signature
// would be valid again.
func parseTimestamp(text string) (time.Time, bool) {
	if len(text) != timestampDigits || strings.Trim(text, "0123456789") != "" {
		return time.Time{}, false
	}
	ms, err := strconv.ParseInt(text, 10, 64)
	return time.UnixMilli(ms), err == nil
}
