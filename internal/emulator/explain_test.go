package emulator

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	const key, secret, nonce, stamp = "key", "not-a-real-secret", "42", "1767323045000"
	now := time.UnixMilli(1767323045000)
	hash := func(text string) string {
		sum := sha1.Sum([]byte(text))
		return hex.EncodeToString(sum[:])
	}
	plain := sha1.Sum([]byte(secret + nonce + stamp))
	wide := sha256.Sum256([]byte(secret + nonce + stamp))
	keyed := hmac.New(sha1.New, []byte(secret))
	keyed.Write([]byte(nonce + stamp))
	correct := rongcloud.Sign(secret, nonce, stamp)
	for _, c := range []struct{ signature, hint string }{
		{correct, ""},
		{strings.ToUpper(correct), ""},
		{hash(secret + stamp + nonce), "changed places"},
		{hash(nonce + stamp + secret), "comes last"},
		{hash(nonce + secret + stamp), "Nonce comes first"},
		{hash(stamp + nonce + secret), "reversed"},
		{hash(secret + "\n" + nonce + "\n" + stamp), "between the parts"},
		{hash(secret + nonce + stamp + "\n"), "after the parts"},
		{base64.StdEncoding.EncodeToString(plain[:]), "Base64"},
		{hex.EncodeToString(wide[:]), "SHA-256"},
		{hex.EncodeToString(keyed.Sum(nil)), "HMAC"},
		{hash(nonce + stamp), "is missing"},
		{hash("another" + nonce + stamp), "another App Secret"},
		{"short", "its length is 5"},
	} {
		for _, prefix := range []string{"", "RC-"} {
			header := http.Header{}
			for name, value := range map[string]string{"App-Key": key, "Nonce": nonce, "Timestamp": stamp, "Signature": c.signature} {
				header.Set(prefix+name, value)
			}
			e := Explain(header, key, secret, now)
			require.Equal(t, c.hint == "", e.Valid)
			require.Contains(t, e.Hint, c.hint)
			require.Equal(t, "2026-01-02T03:04:05Z, in milliseconds, 0s old", e.Time)
			if !e.Valid {
				require.NotContains(t, e.Rule+e.Hint+e.Time, correct, "what was expected stays unsaid")
			}
		}
	}
	require.Contains(t, Explain(http.Header{"App-Key": {key}}, key, secret, now).Hint, "header Nonce")
	other := http.Header{"App-Key": {"x"}, "Nonce": {nonce}, "Timestamp": {"1767323045"}, "Signature": {correct}}
	e := Explain(other, key, secret, now)
	require.Contains(t, e.Hint, "App Key is not key")
	require.Contains(t, e.Time, "in seconds, where the documentation asks for milliseconds")
	for off, want := range map[time.Duration]string{
		21*24*time.Hour + time.Minute: "21 days old", 47 * time.Hour: "47h0m0s old", -16 * time.Minute: "16m0s ahead of the server's clock",
	} {
		require.Contains(t, Explain(http.Header{
			"App-Key": {key}, "Nonce": {nonce}, "Timestamp": {stamp}, "Signature": {correct},
		}, key, secret, now.Add(off)).Time, want)
	}
	other.Set("Timestamp", "noon")
	require.Equal(t, "no number", Explain(other, key, secret, now).Time)
}
