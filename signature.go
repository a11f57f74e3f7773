package rongcloud

import (
	"crypto/sha1" //nolint:gosec // RongCloud's signature is SHA-1 by definition.
	"crypto/subtle"
	"encoding/hex"
	"strings"
)

const signatureLength = 2 * sha1.Size

// Sign returns RongCloud's signature for a request or a callback: the SHA-1 of secret, nonce and
// timestamp joined without separators, as 40 lower-case hex digits. It covers neither path nor
// body.
//
// The client signs its requests itself; Sign is for programs that call the API directly, and for
// testing callbacks.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth
func Sign(secret, nonce, timestamp string) string {
	var signature [signatureLength]byte
	sign(signature[:], secret, nonce, timestamp)
	return string(signature[:])
}

// Verify reports whether signature matches secret, nonce and timestamp, which must be exactly the
// texts that were signed. It runs in constant time, ignores the letter case of the signature and
// refuses an empty secret. It checks neither the age of the timestamp nor whether the nonce was
// used before.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth-callback
func Verify(secret, nonce, timestamp, signature string) bool {
	if secret == "" || len(signature) != signatureLength {
		return false
	}
	var want [signatureLength]byte
	sign(want[:], secret, nonce, timestamp)
	return subtle.ConstantTimeCompare(want[:], []byte(strings.ToLower(signature))) == 1
}

// sign writes the signature's hex digits to dst.
func sign(dst []byte, secret, nonce, timestamp string) {
	var buf [128]byte // avoids an allocation in all but unusual cases
	text := append(buf[:0], secret...)
	text = append(text, nonce...)
	text = append(text, timestamp...)
	sum := sha1.Sum(text) //nolint:gosec // see above
	hex.Encode(dst, sum[:])
}

// secret holds the App Secret behind a pointer, and hides it from all formatting verbs and
// encoders.
type secret struct{ value *string }

const redacted = "[redacted]"

func newSecret(value string) secret { return secret{&value} }

func (s secret) reveal() string { return *s.value }

// String hides the secret.
func (s secret) String() string { return redacted }

// GoString hides the secret from %#v.
func (s secret) GoString() string { return redacted }

// MarshalText hides the secret from encoders and from slog.
func (s secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }
