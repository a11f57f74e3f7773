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
	{"vendor example", "Y1W2MeFwwwRxa0", "14314", "1408710653000", "30be0bbca9c9b2e27578701e9fda2358a814c88f"},
	{"ten-digit nonce, milliseconds", "test-secret", "1234567890", "1700000000000", "8412d2a2e2bd25260da45037caec8d483c1f6413"},
	{"longest nonce, milliseconds", "test-secret", "123456789012345678", "1700000000000", "a946106315e8038302151e9dfcf6bf55345ed6ee"},
	{"ten-digit nonce, seconds", "test-secret", "1234567890", "1700000000", "92feabe5d12576f69a3a9cda59869ea3cc3e3b23"},
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
		{"right", v.secret, v.nonce, v.timestamp, v.signature, true},
		{"upper case", v.secret, v.nonce, v.timestamp, strings.ToUpper(v.signature), true},
		{"one digit off", v.secret, v.nonce, v.timestamp, "9" + v.signature[1:], false},
		{"last digit off", v.secret, v.nonce, v.timestamp, v.signature[:39] + "4", false},
		{"too short", v.secret, v.nonce, v.timestamp, v.signature[:39], false},
		{"too long", v.secret, v.nonce, v.timestamp, v.signature + "0", false},
		{"empty signature", v.secret, v.nonce, v.timestamp, "", false},
		{"padded with space", v.secret, v.nonce, v.timestamp, v.signature[:39] + " ", false},
		{"a letter that shrinks in lower case", v.secret, v.nonce, v.timestamp, "\u212a" + v.signature[3:], false},
		{"other secret", "other-secret", v.nonce, v.timestamp, v.signature, false},
		{"empty secret", "", v.nonce, v.timestamp, Sign("", v.nonce, v.timestamp), false},
		{"changed nonce", v.secret, "1234567891", v.timestamp, v.signature, false},
		{"changed timestamp", v.secret, v.nonce, "1700000000001", v.signature, false},
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
		"deep": deep{&public{s}, []secret{s}, map[string]secret{"k": s}},
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
