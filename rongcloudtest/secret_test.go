package rongcloudtest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// A test that prints a server or a user does not print the App Secret.
func TestServerHidesItsSecret(t *testing.T) {
	t.Parallel()
	srv := rongcloudtest.NewServer(t, rongcloudtest.WithApp("k", "hidden"))
	require.Equal(t, "hidden", srv.AppSecret())
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		for _, value := range []any{srv, srv.User("u")} {
			require.NotContains(t, fmt.Sprintf(verb, value), "hidden", "%s of %T", verb, value)
		}
	}
}
