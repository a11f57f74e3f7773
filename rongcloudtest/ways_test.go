package rongcloudtest_test

// The code of docs/testing.md. TestDocsShowThisCode compares the two.

import (
	"context"
	"errors"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Sender is what a Shop needs of the SDK, and no more.
type Sender interface {
	SendPrivate(ctx context.Context, message rongcloud.PrivateMessage, opts ...rongcloud.CallOption) (*rongcloud.SendResult, error)
}

// Shop tells customers about their orders.
type Shop struct {
	Messages Sender // client.Message
	Unclear  []string
}

// Notify returns no error for a message whose fate is unknown: it is put aside for somebody to
// look at.
func (s *Shop) Notify(ctx context.Context, customer, text string) error {
	_, err := s.Messages.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: "shop", To: []string{customer}, Content: rongcloud.TextMessage{Content: text},
	})
	if errors.Is(err, rongcloud.ErrOutcomeUnknown) {
		s.Unclear = append(s.Unclear, customer)
		return nil
	}
	return err
}

func TestNotifyWithTheFakeServer(t *testing.T) {
	srv := rongcloudtest.NewServer(t)
	shop := &Shop{Messages: srv.Client().Message}
	require.NoError(t, shop.Notify(t.Context(), "ann", "your order is on its way"))
	srv.ExpectSent(t, rongcloudtest.Want{From: "shop", TargetID: "ann", Content: rongcloud.TextMessage{Content: "your order is on its way"}})

	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true}) // accept it, then hang up
	require.NoError(t, shop.Notify(t.Context(), "ben", "your order is on its way"))
	require.Equal(t, []string{"ben"}, shop.Unclear)
	require.Len(t, srv.User("ben").Inbox(), 1, "it was sent once, and not again")
}

func TestNotifyWithHTTPMock(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("POST", "https://api.rong-api.com/message/private/publish.json",
		httpmock.NewStringResponder(429, `{"code":1008,"errorMessage":"too many"}`))
	client, err := rongcloud.New("key", "secret", rongcloud.WithHTTPClient(&http.Client{Transport: mock}),
		rongcloud.WithoutRetries())
	require.NoError(t, err)
	shop := &Shop{Messages: client.Message}
	require.ErrorIs(t, shop.Notify(t.Context(), "ann", "hello"), rongcloud.ErrRateLimited)
	require.Equal(t, 1, mock.GetTotalCallCount())
}

// lost is a Sender whose responses never come.
type lost struct{}

func (lost) SendPrivate(context.Context, rongcloud.PrivateMessage, ...rongcloud.CallOption) (*rongcloud.SendResult, error) {
	return nil, rongcloud.ErrOutcomeUnknown
}

func TestNotifyWithANarrowInterface(t *testing.T) {
	shop := &Shop{Messages: lost{}}
	require.NoError(t, shop.Notify(t.Context(), "ann", "hello"))
	require.Equal(t, []string{"ann"}, shop.Unclear)
}

func TestDocsShowThisCode(t *testing.T) {
	t.Parallel()
	code, err := os.ReadFile("ways_test.go")
	require.NoError(t, err)
	page, err := os.ReadFile("../docs/testing.md")
	require.NoError(t, err)
	blocks := 0
	for _, block := range strings.Split(strings.ReplaceAll(string(page), "\r\n", "\n"), "```go\n")[1:] {
		block, _, _ = strings.Cut(block, "```")
		require.Contains(t, strings.ReplaceAll(string(code), "\r\n", "\n"), block, "docs/testing.md shows code that is not tested")
		blocks++
	}
	require.Equal(t, 4, blocks)
}
