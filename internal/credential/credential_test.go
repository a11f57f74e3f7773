package credential

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFault(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"k", "uwd1c0sxdlx2", "a b", "geheim-ü", "\"quoted\""} {
		require.Empty(t, Fault(good), "%q", good)
	}
	for _, empty := range []string{"", " ", "\t\r\n", "\u200b", "\ufeff", "\x00"} {
		require.Equal(t, "is empty", Fault(empty), "%q", empty)
	}
	for _, blank := range []string{"secret\n", "secret\r\n", " secret", "\tsecret", "\ufeffsecret", "secret\u200b", "secret\u00a0", "secret\x00"} {
		fault := Fault(blank)
		require.Contains(t, fault, "begins or ends with white space", "%q", blank)
		require.NotContains(t, fault, "secret")
	}
}
