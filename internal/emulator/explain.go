package emulator

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the API requires it
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// Explanation says how the signature of a request was checked. It never contains the expected
// signature.
type Explanation struct {
	Valid     bool   `json:"valid"`
	AppKey    string `json:"appKey"`
	Nonce     string `json:"nonce"`
	Timestamp string `json:"timestamp"`
	Time      string `json:"time,omitempty"` // the timestamp as a date, with its age
	Rule      string `json:"rule"`
	Hint      string `json:"hint,omitempty"` // what is wrong, as far as known
}

const signatureRule = "Signature is the hexadecimal SHA-1 of App Secret + Nonce + Timestamp, without anything in between"

// secondsBelow is larger than any time in seconds, and smaller than any in milliseconds.
const secondsBelow = 100_000_000_000

// Explain checks the signature of a request by its headers, and looks for what is wrong with it.
func Explain(header http.Header, key, secret string, now time.Time) Explanation {
	e := Explanation{Rule: signatureRule}
	get := func(name string) string {
		if value := header.Get(name); value != "" {
			return value
		}
		return header.Get("RC-" + name)
	}
	e.AppKey, e.Nonce, e.Timestamp = get("App-Key"), get("Nonce"), get("Timestamp")
	given := get("Signature")
	for _, one := range []struct{ name, value string }{
		{"App-Key", e.AppKey}, {"Nonce", e.Nonce}, {"Timestamp", e.Timestamp}, {"Signature", given},
	} {
		if one.value == "" {
			e.Hint = fmt.Sprintf("the header %s (or RC-%s) is missing", one.name, one.name)
			return e
		}
	}
	e.Time = describeTime(e.Timestamp, now)
	switch {
	case e.AppKey != key:
		e.Hint = fmt.Sprintf("the App Key is not %s", key)
	case rongcloud.Verify(secret, e.Nonce, e.Timestamp, given):
		e.Valid = true
	default:
		e.Hint = guess(given, secret, e.Nonce, e.Timestamp)
	}
	return e
}

func describeTime(text string, now time.Time) string {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return "no number"
	}
	at, unit := time.UnixMilli(n), "milliseconds"
	if n < secondsBelow {
		at, unit = time.Unix(n, 0), "seconds, where the documentation asks for milliseconds"
	}
	age, side := now.Sub(at).Round(time.Millisecond), "old"
	if age < 0 {
		age, side = -age, "ahead of the server's clock"
	}
	return fmt.Sprintf("%s, in %s, %s %s", at.UTC().Format(time.RFC3339), unit, inDays(age), side)
}

// inDays formats a duration in days for people.
func inDays(d time.Duration) string {
	const day = 24 * time.Hour
	if d < 2*day {
		return d.String()
	}
	return fmt.Sprintf("%d days", d/day)
}

// guess looks for common mistakes.
func guess(given, secret, nonce, timestamp string) string {
	sum := func(text string) string {
		digest := sha1.Sum([]byte(text)) //nolint:gosec // the API requires it
		return hex.EncodeToString(digest[:])
	}
	correct := sha1.Sum([]byte(secret + nonce + timestamp)) //nolint:gosec // the API requires it
	wide := sha256.Sum256([]byte(secret + nonce + timestamp))
	keyed := hmac.New(sha1.New, []byte(secret))
	_, _ = keyed.Write([]byte(nonce + timestamp))
	for _, one := range []struct{ signature, hint string }{
		{sum(secret + timestamp + nonce), "Timestamp and Nonce have changed places"},
		{sum(nonce + timestamp + secret), "the App Secret comes last, where it belongs first"},
		{sum(nonce + secret + timestamp), "the Nonce comes first, where the App Secret belongs"},
		{sum(timestamp + nonce + secret), "the order is reversed"},
		{sum(secret + "\n" + nonce + "\n" + timestamp), "there is a line break between the parts"},
		{sum(secret + nonce + timestamp + "\n"), "there is a line break after the parts"},
		{base64.StdEncoding.EncodeToString(correct[:]), "it is in Base64, where it belongs in hexadecimal"},
		{hex.EncodeToString(wide[:]), "it is SHA-256, where it must be SHA-1"},
		{hex.EncodeToString(keyed.Sum(nil)), "it is an HMAC, where it must be a plain SHA-1"},
		{sum(nonce + timestamp), "the App Secret is missing"},
	} {
		if strings.EqualFold(one.signature, given) {
			return one.hint
		}
	}
	if len(given) != 2*sha1.Size {
		return fmt.Sprintf("its length is %d, where a SHA-1 in hexadecimal has %d characters", len(given), 2*sha1.Size)
	}
	return "it is made with another App Secret, or of another Nonce or Timestamp than those that came with it"
}
