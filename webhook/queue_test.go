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

func TestMemoryQueueIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	q := webhook.NewMemoryQueue(1000, webhook.WithMemoryQueueBytes(3000))
	job := webhook.Job{Body: make([]byte, 1000)}
	require.NoError(t, q.Push(t.Context(), job, job))
	require.ErrorIs(t, q.Push(t.Context(), job), webhook.ErrQueueFull)
	first, err := q.Pull(t.Context())
	require.NoError(t, err)
	require.ErrorIs(t, q.Push(t.Context(), job), webhook.ErrQueueFull, "what is worked on counts")
	require.NoError(t, q.Done(t.Context(), first.ID))
	require.NoError(t, q.Done(t.Context(), first.ID))
	require.NoError(t, q.Push(t.Context(), job))
	require.ErrorIs(t, q.Push(t.Context(), job), webhook.ErrQueueFull)
}

// A list larger than the whole queue is accepted while there is any room.
func TestMemoryQueueTakesWhatIsTooLarge(t *testing.T) {
	t.Parallel()
	q := webhook.NewMemoryQueue(2)
	require.NoError(t, q.Push(t.Context(), webhook.Job{}))
	require.NoError(t, q.Push(t.Context(), make([]webhook.Job, 3)...))
	require.ErrorIs(t, q.Push(t.Context(), make([]webhook.Job, 3)...), webhook.ErrQueueFull)
	require.Equal(t, 4, q.Len())
	q = webhook.NewMemoryQueue(10, webhook.WithMemoryQueueBytes(0))
	require.NoError(t, q.Push(t.Context(), webhook.Job{Body: make([]byte, 1000)}))
	require.ErrorIs(t, q.Push(t.Context(), webhook.Job{}), webhook.ErrQueueFull)
}
