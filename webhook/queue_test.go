package webhook_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func TestMemoryQueue(t *testing.T) {
	t.Parallel()
	require.NoError(t, webhooktest.CheckQueue(t.Context(), webhook.NewMemoryQueue(2)))
}

func TestMemoryQueueIsBounded(t *testing.T) {
	t.Parallel()
	q := webhook.NewMemoryQueue(3)
	require.NoError(t, q.Push(t.Context(), webhook.Job{}, webhook.Job{}))
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}, webhook.Job{}), webhook.ErrQueueFull)
	require.Equal(t, 2, q.Len(), "all or none")
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	job, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}), webhook.ErrQueueFull, "what is worked on counts")
	require.NoError(t, q.Done(t.Context(), job.ID))
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
}
