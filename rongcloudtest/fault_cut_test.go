package rongcloudtest_test

import (
	"io"
	"net/http"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

func TestCutAnswers(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name  string
		fault rongcloudtest.Fault
		cause error
	}{
		{"cut", rongcloudtest.Fault{CutResponse: true}, io.ErrUnexpectedEOF},
		{"reset", rongcloudtest.Fault{ResetResponse: true}, syscall.ECONNRESET},
		{"more announced", rongcloudtest.Fault{ContentLength: 100_000}, io.ErrUnexpectedEOF},
		// half a response, with truncated JSON
		{"less announced", rongcloudtest.Fault{ContentLength: 12}, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
				srv.Fail(endpoint.MessagePrivatePublish, c.fault)
				err := send(client)
				require.ErrorIs(t, err, rongcloud.ErrOutcomeUnknown)
				if c.cause != nil {
					require.ErrorIs(t, err, c.cause)
				}
				require.Len(t, srv.Requests(), 1, "not sent again")
				require.Len(t, srv.User("b").Inbox(), 1, "carried out")
				require.Equal(t, http.StatusOK, srv.Requests()[0].Status)

				require.NoError(t, send(client))
			})
		})
	}
}

func TestCutAnswerOfAFault(t *testing.T) {
	t.Parallel()
	bothWays(t, func(t *testing.T, srv *rongcloudtest.Server, client *rongcloud.Client) {
		srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Status: 503, Body: "<html>", CutResponse: true})
		err := send(client)
		var e *rongcloud.Error
		require.ErrorAs(t, err, &e)
		require.Equal(t, 503, e.HTTPStatus)
		require.Empty(t, srv.Sent())
	})
}

func TestFaultOfTheThirdCall(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Code: rongcloud.CodeParameterTooLong, Skip: 2})
	require.NoError(t, send(client))
	require.NoError(t, client.User.Block.Add(t.Context(), rongcloud.UserBlockParams{UserIDs: []string{"x"}, Duration: 60e9}))
	require.NoError(t, send(client))
	left := srv.Faults()
	require.Len(t, left, 1)
	require.Equal(t, []int{0, 1}, []int{left[0].Skip, left[0].Times})
	require.Equal(t, endpoint.MessagePrivatePublish, left[0].Endpoint())
	require.ErrorIs(t, send(client), rongcloud.CodeParameterTooLong)
	require.Empty(t, srv.Faults())
	require.NoError(t, send(client))
}

func TestFaultByPredicate(t *testing.T) {
	t.Parallel()
	srv, client := pair(t)
	srv.Fail(nil, rongcloudtest.Fault{Code: rongcloud.CodeTooManyUsers, Times: -1, When: func(r rongcloudtest.Request) bool {
		return r.Endpoint == endpoint.MessagePrivatePublish && r.Params.Get("fromUserId") == "a"
	}})
	for range 3 {
		require.ErrorIs(t, send(client), rongcloud.CodeTooManyUsers)
	}
	_, err := client.Message.SendPrivate(t.Context(), rongcloud.PrivateMessage{From: "c", To: []string{"b"}, Content: text("hello")})
	require.NoError(t, err)
	srv.ClearFaults()
	require.NoError(t, send(client))
}
