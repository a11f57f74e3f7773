package live

import (
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// call is one request as written in a question.
//
// params are pairs as in a form, name=value&name=value, where + is a space and nothing else is
// escaped; or a JSON document, for endpoints that take one. $a is the ID of user a, and so on for
// every name in kinds; see vars for the other words that may follow a $.
type call struct {
	ep     *endpoint.Endpoint
	params string
	auth   auth

	// keep names a part of the response that later calls need: "uid=messageUIDs.0.messageUID"
	// makes it $uid.
	keep string

	// may allows the call to be refused.
	may bool
}

// auth replaces parts of the signature. Values may contain $ words.
type auth struct {
	nonce, timestamp string
	upper            bool // hex digits of the signature in upper case
}

// vars are the words after a $ that mean something other than an ID.
type vars map[string]string

// newNonce returns 18 random digits, the maximum for a nonce.
func newNonce() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	return strconv.FormatUint(1e17+binary.BigEndian.Uint64(b[:])%9e17, 10)
}

// newVars returns the variables of one question: its own nonce, and times in milliseconds, except
// sec.
func newVars(now time.Time) vars {
	ms := func(d time.Duration) string { return strconv.FormatInt(now.Add(d).UnixMilli(), 10) }
	return vars{
		"nonce": newNonce(),
		"now":   ms(0), "sec": strconv.FormatInt(now.Unix(), 10),
		"tenmin": ms(-10 * time.Minute), "hour": ms(-time.Hour), "days": ms(-72 * time.Hour),
		"future": ms(72 * time.Hour),
		"random": newNonce()[:9],
	}
}

var word = regexp.MustCompile(`\$[a-z]+`)

// expand replaces the $ words.
func (c *client) expand(text string, known vars) string {
	return word.ReplaceAllStringFunc(text, func(w string) string {
		if value, ok := known[w[1:]]; ok {
			return value
		}
		return c.names.id(w[1:])
	})
}

// pair is a field of a form.
type pair struct{ name, value string }

func pairsOf(params string) []pair {
	var pairs []pair
	for field := range strings.SplitSeq(params, "&") {
		if field == "" {
			continue
		}
		name, value, _ := strings.Cut(field, "=")
		pairs = append(pairs, pair{name, strings.ReplaceAll(value, "+", " ")})
	}
	return pairs
}

// reply is the outcome of a call.
type reply struct {
	err    error // no response, or an unreadable one
	status int
	code   int
	ok     bool // the endpoint's success code
	body   any
}

// describe describes the reply without any of the app's data.
func (r reply) describe() string {
	if r.err != nil {
		return r.err.Error()
	}
	if r.code == 0 && !r.ok {
		return fmt.Sprintf("HTTP %d without a code", r.status)
	}
	return fmt.Sprintf("HTTP %d, code %d", r.status, r.code)
}

// at returns the part of the body at a path such as users.0.id, or nil.
func (r reply) at(path string) any {
	value := r.body
	for key := range strings.SplitSeq(path, ".") {
		switch in := value.(type) {
		case map[string]any:
			value = in[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(in) {
				return nil
			}
			value = in[i]
		default:
			return nil
		}
	}
	return value
}

// texts returns all strings of the body, including those in JSON inside a text, and the names of
// fields.
func (r reply) texts() map[string]bool {
	found := map[string]bool{}
	collect(r.body, found)
	return found
}

func collect(value any, found map[string]bool) {
	switch v := value.(type) {
	case string:
		found[v] = true
		var inner any
		if strings.HasPrefix(v, "{") || strings.HasPrefix(v, "[") {
			if json.Unmarshal([]byte(v), &inner) == nil {
				collect(inner, found)
			}
		}
	case json.Number:
		found[v.String()] = true
	case []any:
		for _, item := range v {
			collect(item, found)
		}
	case map[string]any:
		for name, item := range v {
			found[name] = true
			collect(item, found)
		}
	}
}

// serviceOff reports whether the refusal does not settle the question, because the app lacks the
// service.
func (r reply) serviceOff() bool {
	return r.status == statusServiceOff || !r.ok && serviceOff[r.code]
}

const statusServiceOff = 430 // api/signing.yaml

// rateLimited reports whether the server refused the call because of its rate.
func (r reply) rateLimited() bool {
	return r.status == http.StatusTooManyRequests || r.code == int(rongcloud.CodeRateLimited)
}

// refused reports whether the server understood the call and refused it, rather than being too
// busy.
func (r reply) refused() bool {
	return !r.ok && r.err == nil && r.status < http.StatusInternalServerError &&
		r.status != http.StatusUnauthorized && !r.rateLimited()
}
