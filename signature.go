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
// The client signs its requests by itself; Sign is for programs that speak to the API directly,
// and for tests of callbacks.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth
func Sign(secret, nonce, timestamp string) string {
	var signature [signatureLength]byte
	sign(signature[:], secret, nonce, timestamp)
	return string(signature[:])
}

// Verify reports whether signature belongs to secret, nonce and timestamp, which must be the very
// texts that were signed. It takes the same time wherever the texts differ, ignores the letter
// case of the signature and refuses an empty secret. It looks neither at the age of the timestamp
// nor for a nonce used before.
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
	var buf [128]byte // holds the text without an allocation in all but odd cases
	text := append(buf[:0], secret...)
	text = append(text, nonce...)
	text = append(text, timestamp...)
	sum := sha1.Sum(text) //nolint:gosec // see above
	hex.Encode(dst, sum[:])
}

// secret holds the App Secret behind a pointer, and shows it to no formatting verb and no encoder.
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
