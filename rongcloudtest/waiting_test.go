package rongcloudtest

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// stuck returns a webhook that responds once it is released, and signals its first call.
func stuck(called, let chan struct{}) http.HandlerFunc {
	return func(http.ResponseWriter, *http.Request) {
		select {
		case called <- struct{}{}:
		default:
		}
		<-let
	}
}

// A webhook that does not respond makes only a limited number and size of callbacks wait. The
// others are dropped, with an error, and those that wait arrive in order.
func TestCallbacksThatWaitAreBounded(t *testing.T) {
	t.Parallel()
	const more = 7
	for _, c := range []struct {
		name   string
		memory int64
		text   string
		most   int // waiting, besides the one in progress
	}{
		{name: "many", memory: DefaultMemory, text: "x", most: maxWaiting},
		{name: "large", memory: 16 * mebibyte, text: strings.Repeat("x", 100<<10), most: 16 * mebibyte / 4 / (100 << 10)},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := NewServer(t, WithoutSocket(), WithMemory(c.memory), WithHistory(maxWaiting+100))
			called, let := make(chan struct{}, 1), make(chan struct{})
			letGo := sync.OnceFunc(func() { close(let) })
			t.Cleanup(letGo) // otherwise the server would not close
			s.AddWebhook(stuck(called, let), WithoutWaiting())
			event := func(n int) webhook.Event {
				return &webhook.MessageAudit{Body: strings.Clone(c.text), From: strings.Repeat("u", n%50)}
			}
			s.Emit(event(0))
			<-called
			n, dropped := 1, 0
			for ; dropped < more && n < 2*maxWaiting; n++ {
				s.Emit(event(n))
				s.mu.Lock()
				waiting, size := len(s.queue), s.ledger.waiting
				dropped = s.callbacks.len() // the others have not finished yet
				s.mu.Unlock()
				require.LessOrEqual(t, waiting, c.most)
				require.LessOrEqual(t, size, c.memory/4)
			}
			require.Equal(t, more, dropped)
			require.Greater(t, n, c.most*8/10)
			require.ErrorContains(t, s.Callbacks()[0].Err, "too many callbacks are waiting")
			letGo()
			s.WaitForCallbacks()
			through := s.Callbacks()[more:]
			for _, one := range through {
				require.NoError(t, one.Err)
				require.Equal(t, http.StatusOK, one.Status)
			}
			if c.text == "x" { // all are kept
				require.Len(t, through, n-more)
				for i, one := range through {
					require.Len(t, one.Event.(*webhook.MessageAudit).From, i%50)
				}
			}
			s.mu.Lock()
			waiting, size := len(s.queue), s.ledger.waiting
			s.mu.Unlock()
			require.Zero(t, waiting)
			require.Zero(t, size)
			s.Emit(event(0))
			s.WaitForCallbacks()
			require.NoError(t, s.Callbacks()[len(s.Callbacks())-1].Err, "there is room again")
		})
	}
}

// A webhook that does not respond does not keep the server from closing, whatever is waiting.
func TestCloseWithAWebhookThatHangs(t *testing.T) {
	t.Parallel()
	called, let := make(chan struct{}, 1), make(chan struct{})
	hook := httptest.NewServer(stuck(called, let))
	defer hook.Close()
	defer close(let)
	s, err := New(WithoutSocket())
	require.NoError(t, err)
	require.NoError(t, s.AddWebhookURL(hook.URL, WithoutWaiting()))
	for range 5 {
		s.Emit(&webhook.MessageAudit{Body: "x"})
	}
	<-called
	require.NoError(t, s.Close())
	require.Len(t, s.Callbacks(), 1, "the one under way was broken off, the others were not begun")
	require.Equal(t, 1, s.Callbacks()[0].AttemptCount)
	require.Error(t, s.Callbacks()[0].Err)
}

func TestTokensOfAUserAreBounded(t *testing.T) {
	t.Parallel()
	s := NewServer(t, WithoutSocket())
	client := s.Client()
	var last *rongcloud.UserToken
	var err error
	for range maxTokens + 20 {
		last, err = client.User.Register(t.Context(), rongcloud.RegisterParams{UserID: "u", Name: "U"})
		require.NoError(t, err)
	}
	tokens := s.User("u").Tokens()
	require.Len(t, tokens, maxTokens)
	require.Equal(t, last.Token, tokens[maxTokens-1], "the newest are kept")
	require.LessOrEqual(t, cap(s.users.find("u").tokens), 4*maxTokens)
}
