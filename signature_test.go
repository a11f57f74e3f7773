package rongcloud

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// signatureVectors are the test vectors of api/signing.yaml, copied by hand.
var signatureVectors = []struct{ name, secret, nonce, timestamp, signature string }{
	{
		name: "vendor example", secret: "Y1W2MeFwwwRxa0", nonce: "14314", timestamp: "1408710653000",
		signature: "30be0bbca9c9b2e27578701e9fda2358a814c88f",
	},
	{
		name: "ten-digit nonce, milliseconds", secret: "test-secret", nonce: "1234567890", timestamp: "1700000000000",
		signature: "8412d2a2e2bd25260da45037caec8d483c1f6413",
	},
	{
		name: "longest nonce, milliseconds", secret: "test-secret", nonce: "123456789012345678", timestamp: "1700000000000",
		signature: "a946106315e8038302151e9dfcf6bf55345ed6ee",
	},
	{
		name: "ten-digit nonce, seconds", secret: "test-secret", nonce: "1234567890", timestamp: "1700000000",
		signature: "92feabe5d12576f69a3a9cda59869ea3cc3e3b23",
	},
}

func TestSignVectors(t *testing.T) {
	t.Parallel()
	for _, v := range signatureVectors {
		t.Run(v.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, v.signature, Sign(v.secret, v.nonce, v.timestamp))
			require.True(t, Verify(v.secret, v.nonce, v.timestamp, v.signature))
		})
	}
}

func TestSignVectorsAreTheCatalogues(t *testing.T) {
	t.Parallel()
	catalogue, err := os.ReadFile("api/signing.yaml")
	require.NoError(t, err)
	for _, v := range signatureVectors {
		require.Contains(t, string(catalogue), "signature: "+v.signature, v.name)
	}
	requests, _, found := strings.Cut(string(catalogue), "not_a_vector:")
	require.True(t, found)
	require.Equal(t, len(signatureVectors), strings.Count(requests, "      signature: "), "a vector is missing here")
}

func TestSignLongTexts(t *testing.T) {
	t.Parallel()
	// Longer than the buffer on the stack.
	secret := strings.Repeat("s", 300)
	require.Equal(t, "55da35ea328b71e7ca85320ad891f8e668b97af7", Sign(secret, "1", "2"))
	require.NotEqual(t, Sign(secret, "1", "2"), Sign(secret, "1", "3"))
}

func TestVerify(t *testing.T) {
	t.Parallel()
	v := signatureVectors[1]
	tests := []struct {
		name                                string
		secret, nonce, timestamp, signature string
		want                                bool
	}{
		{name: "right", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: v.signature, want: true},
		{name: "upper case", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: strings.ToUpper(v.signature), want: true},
		{name: "one digit off", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: "9" + v.signature[1:]},
		{name: "last digit off", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: v.signature[:39] + "4"},
		{name: "too short", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: v.signature[:39]},
		{name: "too long", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: v.signature + "0"},
		{name: "empty signature", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp},
		{name: "padded with space", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp, signature: v.signature[:39] + " "},
		{
			name: "a letter that shrinks in lower case", secret: v.secret, nonce: v.nonce, timestamp: v.timestamp,
			signature: "\u212a" + v.signature[3:],
		},
		{name: "other secret", secret: "other-secret", nonce: v.nonce, timestamp: v.timestamp, signature: v.signature},
		{name: "empty secret", nonce: v.nonce, timestamp: v.timestamp, signature: Sign("", v.nonce, v.timestamp)},
		{name: "changed nonce", secret: v.secret, nonce: "1234567891", timestamp: v.timestamp, signature: v.signature},
		{name: "changed timestamp", secret: v.secret, nonce: v.nonce, timestamp: "1700000000001", signature: v.signature},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tt.want, Verify(tt.secret, tt.nonce, tt.timestamp, tt.signature))
		})
	}
}

func TestSignAllocates(t *testing.T) { // not parallel: AllocsPerRun counts the whole process
	v := signatureVectors[2]
	var signature string
	allocs := testing.AllocsPerRun(100, func() { signature = Sign(v.secret, v.nonce, v.timestamp) })
	require.Equal(t, v.signature, signature)
	require.LessOrEqual(t, allocs, 1.0)
}

func FuzzVerify(f *testing.F) {
	for _, v := range signatureVectors {
		f.Add(v.secret, v.nonce, v.timestamp)
	}
	f.Add("s", "", "")
	f.Fuzz(func(t *testing.T, secret, nonce, timestamp string) {
		signature := Sign(secret, nonce, timestamp)
		require.Len(t, signature, 40)
		require.Equal(t, secret != "", Verify(secret, nonce, timestamp, signature))
		require.False(t, Verify(secret+"x", nonce, timestamp, signature))
	})
}

func TestSecretIsHidden(t *testing.T) {
	t.Parallel()
	const hidden = "s3cr3t-Ap9-Value"
	s := newSecret(hidden)
	require.Equal(t, hidden, s.reveal())

	type public struct{ S secret }
	type private struct{ s secret }
	type embedded struct{ secret }
	type deep struct {
		p *public
		l []secret
		m map[string]secret
	}
	values := map[string]any{
		"secret": s, "pointer": &s, "public": public{s}, "public pointer": &public{s},
		"private": private{s}, "private pointer": &private{s}, "embedded": embedded{s},
		"slice": []secret{s}, "array": [1]secret{s}, "map": map[string]secret{"k": s},
		"deep": deep{p: &public{s}, l: []secret{s}, m: map[string]secret{"k": s}},
		"any":  []any{s, &s},
	}
	for name, value := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var seen bytes.Buffer
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T", "%#q", "%t"} {
				fmt.Fprintf(&seen, verb+"\n", value)
			}
			fmt.Fprintln(&seen, value)
			fmt.Fprintln(&seen, fmt.Errorf("wrapped: %v", value), errors.New(fmt.Sprint(value)))
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			seen.Write(encoded)
			slog.New(slog.NewTextHandler(&seen, nil)).Info("text", "value", value)
			slog.New(slog.NewJSONHandler(&seen, nil)).Info("json", "value", value)
			require.NotContains(t, seen.String(), hidden)
			require.NotContains(t, strings.ToLower(seen.String()), fmt.Sprintf("%x", hidden))
		})
	}
	require.Equal(t, "[redacted]", fmt.Sprint(s))
	encoded, err := json.Marshal(s)
	require.NoError(t, err)
	require.JSONEq(t, `"[redacted]"`, string(encoded))
}
