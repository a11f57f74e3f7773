package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestRun checks what docs/observability.md promises about the program.
func TestRun(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	run(&out)
	require.Equal(t, `the program sees an unknown outcome: true
ann has the message: true

order (internal)
  MessagePrivatePublish (internal) rongcloud.outcome=unknown rongcloud.attempts=1 error.type=outcome_unknown
    POST /message/private/publish.json (client) rongcloud.outcome=unknown error.type=outcome_unknown
  UserCheckOnline (internal) rongcloud.outcome=accepted rongcloud.attempts=2
    POST /user/checkOnline.json (client) rongcloud.outcome=failed http.response.status_code=503 error.type=503
    POST /user/checkOnline.json (client) rongcloud.outcome=accepted http.response.status_code=200 http.request.resend_count=1

rongcloud_client_call_duration_seconds_count  rongcloud_endpoint=POST /user/checkOnline.json rongcloud_outcome=accepted                                   1
rongcloud_client_call_duration_seconds_count  rongcloud_endpoint=POST /message/private/publish.json rongcloud_outcome=accepted                            44
rongcloud_client_call_duration_seconds_count  error_type=1008 rongcloud_endpoint=POST /message/private/publish.json rongcloud_outcome=refused             6
rongcloud_client_call_duration_seconds_count  error_type=outcome_unknown rongcloud_endpoint=POST /message/private/publish.json rongcloud_outcome=unknown  11
rongcloud_client_outcome_unknown_total        rongcloud_endpoint=POST /message/private/publish.json                                                       11
`, out.String())
}
