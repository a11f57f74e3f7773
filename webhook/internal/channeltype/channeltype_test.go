package channeltype

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// Each word means one kind, and each kind except public accounts has one word.
func TestWords(t *testing.T) {
	t.Parallel()
	for kind := rongcloud.ConversationType(-1); kind < 20; kind++ {
		if name := Name(kind); name != "" {
			require.Equal(t, kind, Parse(name), name)
		}
	}
	seen := map[rongcloud.ConversationType]string{}
	for name, kind := range types {
		require.Equal(t, name, Name(kind))
		require.Empty(t, seen[kind], "%s and %s", name, seen[kind])
		seen[kind] = name
	}
	for _, word := range []string{"", "person", "PERSON ", "MP", "PUBLICSERVICE", "NEW"} {
		require.Zero(t, Parse(word), word)
	}
	require.Empty(t, Name(0))
}
