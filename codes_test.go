package rongcloud

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Every code ends a call as its kind says: all calls are retried after a rate limit, only
// repeatable calls after a server fault, and no call after a refusal. A 4xx status does not change
// that; with a 5xx status, no code proves that nothing was done.
func TestEveryCodeEndsItsCall(t *testing.T) {
	t.Parallel()
	for code, fact := range codeFacts {
		for class, repeatable := range map[string]bool{"safe": true, "unsafe": false} {
			for _, httpStatus := range []int{http.StatusOK, http.StatusForbidden, http.StatusBadGateway} {
				t.Run(fmt.Sprintf("%d %s %d", int(code), class, httpStatus), func(t *testing.T) {
					t.Parallel()
					refused := status(httpStatus, fmt.Sprintf(`{"code":%d,"errorMessage":"no"}`, int(code)))
					s := newScripted(t, []step{refused, refused, refused}, WithRetry(quick(1)))
					err := faultCall(t.Context(), s.Client, class)

					limited := fact.kind == kindRateLimit && httpStatus < 500
					unclear := fact.kind == kindServerFault || httpStatus >= 500
					attempts := 1
					if limited || unclear && repeatable {
						attempts = 2
					}
					require.Equal(t, attempts, s.count())
					require.ErrorIs(t, err, code)
					require.ErrorIs(t, fmt.Errorf("wrapped: %w", err), Code(int(code)))
					requireIs(t, limited, err, ErrRateLimited)
					requireIs(t, unclear && !repeatable, err, ErrOutcomeUnknown)
					requireIs(t, false, err, ErrTransport)
					require.Contains(t, err.Error(), fact.meaning)
				})
			}
		}
	}
}

func requireIs(t *testing.T, want bool, err, target error) {
	t.Helper()
	if want {
		require.ErrorIs(t, err, target)
	} else {
		require.NotErrorIs(t, err, target)
	}
}

// After the wait for a rate limit, even an unsafe call goes through.
func TestCallsGoThroughAfterARateLimit(t *testing.T) {
	t.Parallel()
	for _, code := range []Code{CodeCalledTooOften, CodeChannelSendingTooFast, CodeGroupQueryTooFast} {
		s := newScripted(t, []step{status(http.StatusOK, fmt.Sprintf(`{"code":%d}`, int(code)))}, WithRetry(quick(1)))
		require.NoError(t, faultCall(t.Context(), s.Client, "unsafe"), code)
		require.Equal(t, 2, s.count(), code)
	}
}

// Code 1008 on a broadcast may mean that the service is not enabled: waiting does not help then,
// and the error has the code.
func TestBroadcastIsNotRepeatedAfter1008(t *testing.T) {
	t.Parallel()
	text := TextMessage{Content: "hello"}
	calls := map[string]func(*Client) error{
		"all": func(client *Client) error {
			_, err := client.Message.Broadcast.SendToAll(t.Context(), Broadcast{From: "a", Content: text})
			return err
		},
		"online": func(client *Client) error {
			_, err := client.Message.Broadcast.SendToOnline(t.Context(), OnlineBroadcast{From: "a", Content: text})
			return err
		},
		"chat rooms": func(client *Client) error {
			return client.Message.Broadcast.SendToChatrooms(t.Context(), ChatroomBroadcast{From: "a", Content: text})
		},
		"recall": func(client *Client) error {
			_, err := client.Message.Broadcast.Recall(t.Context(), BroadcastRecallParams{From: "a", MessageUID: "u"})
			return err
		},
		"all, unsafe repeats asked for": func(client *Client) error {
			_, err := client.Message.Broadcast.SendToAll(t.Context(), Broadcast{From: "a", Content: text}, RetryUnsafe())
			return err
		},
	}
	for name, call := range calls {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, httpStatus := range []int{http.StatusOK, http.StatusTooManyRequests} {
				refused := status(httpStatus, `{"code":1008,"errorMessage":"no"}`)
				s := newScripted(t, []step{refused, refused, refused}, WithRetry(quick(2)))
				err := call(s.Client)
				require.ErrorIs(t, err, CodeRateLimited)
				require.ErrorIs(t, err, ErrRateLimited)
				require.NotErrorIs(t, err, ErrOutcomeUnknown)
				require.Equal(t, 1, s.count())
			}
			// A gateway's own 429 is a rate limit.
			s := newScripted(t, []step{status(http.StatusTooManyRequests, "")}, WithRetry(quick(2)))
			require.NoError(t, call(s.Client))
			require.Equal(t, 2, s.count())
		})
	}

	s := newScripted(t, []step{status(http.StatusTooManyRequests, `{"code":1008}`)}, WithRetry(quick(2)))
	_, err := s.Message.SendPrivate(t.Context(), PrivateMessage{From: "a", To: []string{"b"}, Content: text})
	require.NoError(t, err, "any other send is repeated")
	require.Equal(t, 2, s.count())
	for e := range endpoint.All() {
		if len(e.Final) > 0 {
			require.Equal(t, []int{int(CodeRateLimited)}, e.Final, e)
		}
	}
}
