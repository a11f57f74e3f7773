package webhooktest_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// No verb prints the secret.
func TestAppHidesItsSecret(t *testing.T) {
	t.Parallel()
	app := webhooktest.App{Key: "k", Secret: "hidden"}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d"} {
		for _, value := range []any{app, &app, []webhooktest.App{app}} {
			require.NotContains(t, fmt.Sprintf(verb, value), "hidden", "%s of %T", verb, value)
		}
	}
}
