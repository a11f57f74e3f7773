package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Recipients returns the given IDs as the recipients, or the groups, of a bulk send.
func Recipients(ids ...string) iter.Seq2[string, error] { return RecipientsOf(slices.Values(ids)) }

// RecipientsOf makes the recipients of a bulk send from a sequence that cannot fail, such as
// slices.Values of a list. A source that can fail, such as rows of a database, yields its errors
// itself.
func RecipientsOf[T any](sequence iter.Seq[T]) iter.Seq2[T, error] {
	if sequence == nil {
		return nil
	}
	return func(yield func(T, error) bool) {
		for recipient := range sequence {
			if !yield(recipient, nil) {
				return
			}
		}
	}
}

// BulkParams says how to carry out a bulk send; see [MessageService.SendPrivateBulk]. The zero
// value is ready to use.
//
// The functions are called one at a time, and must be fast: the send waits for them. If one of them
// panics, the requests under way are finished, their outcomes are saved, and the panic continues in
// the goroutine that called the send. None is called after the send has returned.
type BulkParams struct {
	// Maximum number of requests under way, up to 128; 0 means 4.
	Concurrency int
	// Recipients per request; 0 means the documented maximum, which is also the limit.
	ChunkSize int
	// Number of recipients, if known, for BulkProgress.TimeLeft.
	Total int64

	// MaxUnknown stops the send with an [*Error] once this many chunks in a row, in the order in
	// which they end, have an unknown outcome: in an outage, later chunks would only become unknown
	// too. 0 means 3, or Concurrency if that is more; a negative number never stops the send.
	MaxUnknown int

	// OnProgress is called with the progress of the send after each chunk.
	OnProgress func(BulkProgress)
	// OnChunk is called with the outcome of each chunk. Its error stops the send.
	OnChunk func(BulkChunk) error
	// OnSkipped is called for each recipient that is skipped because its ID, empty or longer than
	// documented, would make the server refuse the whole request. Position counts from 0. A resumed
	// send may call it again for the last ones.
	OnSkipped func(position int64, recipient string, reason error)

	// Save is called with the state before and after each request and should store it, as
	// [BulkCheckpointFile.Save] does. If the process dies, a send resumed from the last stored
	// state sends nothing twice. Its error stops the send. Without Save, a send can be resumed only
	// if it returned, from BulkResult.Checkpoint.
	Save func(BulkCheckpoint) error
	// Resume continues a send that was stopped. The message, the chunk size, and the recipients and
	// their order must be the same; a checkpoint of another send is refused with an
	// [*ArgumentError].
	Resume *BulkCheckpoint
	// ResendUnknown sends the chunks whose outcome in Resume is unknown again. Their recipients may
	// get the message twice.
	ResendUnknown bool

	// Grace is how long requests under way may continue after the context ends, so that their
	// outcome becomes known. 0 means 15 s.
	Grace time.Duration
}

// BulkOutcome is the outcome of one chunk of a bulk send.
type BulkOutcome int

// The outcomes of a chunk.
const (
	// The server accepted it.
	BulkOutcomeDelivered BulkOutcome = iota + 1
	// It was not carried out.
	BulkOutcomeRefused
	// It may have been delivered; it is not sent again unless requested.
	BulkOutcomeUnknown
)

// String returns the name of the outcome.
func (o BulkOutcome) String() string {
	switch o {
	case BulkOutcomeDelivered:
		return "delivered"
	case BulkOutcomeRefused:
		return "refused"
	case BulkOutcomeUnknown:
		return "unknown"
	}
	return fmt.Sprintf("BulkOutcome(%d)", int(o))
}

// BulkChunk is one finished request of a bulk send.
type BulkChunk struct {
	Index      int64    // from 0
	Recipients []string // in order
	Outcome    BulkOutcome
	Err        error // nil if it was delivered

	Sent *SendResult // the message UIDs, if it was delivered
}

// BulkCounts counts recipients. A recipient who appears twice in a chunk counts once.
type BulkCounts struct {
	// Chunks that have ended.
	Chunks    int64 `json:"chunks"`
	Delivered int64 `json:"delivered"`
	Refused   int64 `json:"refused"`
	Unknown   int64 `json:"unknown"`
	// See BulkParams.OnSkipped.
	Skipped int64 `json:"skipped"`
	// Repeated recipients within a chunk; they are sent as listed.
	Duplicates int64 `json:"duplicates"`
}

// BulkProgress is the progress of a bulk send. The counts include those of the send that it
// resumed.
type BulkProgress struct {
	BulkCounts
	Elapsed  time.Duration // since this call began
	Rate     float64       // recipients per second since then
	TimeLeft time.Duration // at that rate; 0 if BulkParams.Total is
}

// BulkResult is how a bulk send ended.
type BulkResult struct {
	BulkProgress
	// Checkpoint lists the chunks that were refused or whose outcome is unknown, and allows a
	// stopped send to be resumed.
	Checkpoint BulkCheckpoint
}

// SendPrivateBulk sends a one-to-one message to any number of users. The recipients are read as
// needed, so neither they nor their outcomes are kept in memory; for a source that cannot fail see
// [Recipients] and [RecipientsOf]. They are split into requests of up to 1000; message.To must be
// empty.
//
// With a limiter ([WithLimiter]), it keeps to the quota and yields to single calls. Without one, it
// is as fast as the server, and waits only when rate-limited.
//
// Each request, a chunk, ends as delivered, refused or unknown; see [BulkOutcome]. An unknown chunk
// is not sent again, unless the client has [WithIdempotentSends] and RongCloud still remembers the
// chunk; for this, every chunk gets its own IdempotencyKey. A process that resumes on the same
// machine within that minute also learns the outcome, if the system reports its uptime (Linux);
// otherwise how much of the minute is left is unknown.
//
// It returns an error if it could not get through the list: for wrong arguments an [*ArgumentError]
// without a result, otherwise an [*Error] with a result whose Checkpoint allows resuming. Refused
// and unknown chunks are not errors: [BulkResult] counts them. It stops when ctx ends, when the
// source of the recipients yields an error, when RongCloud cannot be reached, rejects the
// credentials or keeps rate-limiting, when BulkParams.MaxUnknown chunks in a row are unknown, and
// when one of the functions in params fails.
//
// [CaptureResponse] and [WithRequestID] are refused, since they apply to a single request.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private
func (s *MessageService) SendPrivateBulk(
	ctx context.Context, message PrivateMessage, recipients iter.Seq2[string, error], params BulkParams, opts ...CallOption,
) (*BulkResult, error) {
	fields := func(m *PrivateMessage) (*[]string, *int64) { return &m.To, &m.IdempotencyKey }
	job := bulkToIDs(endpoint.MessagePrivatePublish, "toUserId", message, fields, s.SendPrivate)
	return runBulk(ctx, s.client, job, recipients, params, opts)
}

// SendSystemBulk sends a system message to any number of users, in requests of up to 100, as
// [MessageService.SendPrivateBulk] does. Since one such request uses up the quota of a second, a
// smaller ChunkSize leaves more for other calls.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private
func (s *MessageService) SendSystemBulk(
	ctx context.Context, message SystemMessage, recipients iter.Seq2[string, error], params BulkParams, opts ...CallOption,
) (*BulkResult, error) {
	fields := func(m *SystemMessage) (*[]string, *int64) { return &m.To, &m.IdempotencyKey }
	job := bulkToIDs(endpoint.MessageSystemPublish, "toUserId", message, fields, s.SendSystem)
	return runBulk(ctx, s.client, job, recipients, params, opts)
}

// SendGroupBulk sends a message to any number of groups, in requests of up to 3, as
// [MessageService.SendPrivateBulk] does. Expandable, Expansion and DisablePush work with a
// ChunkSize of 1 only; ToUserIDs is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-group
func (s *MessageService) SendGroupBulk(
	ctx context.Context, message GroupMessage, groups iter.Seq2[string, error], params BulkParams, opts ...CallOption,
) (*BulkResult, error) {
	fields := func(m *GroupMessage) (*[]string, *int64) { return &m.To, &m.IdempotencyKey }
	job := bulkToIDs(endpoint.MessageGroupPublish, "toGroupId", message, fields, s.SendGroup)
	if len(message.ToUserIDs) > 0 {
		job.refused = refuseParam(endpoint.MessageGroupPublish, &message, "toUserId", "works with a single group only")
	}
	return runBulk(ctx, s.client, job, groups, params, opts)
}

// SendPrivateTemplateBulk sends a one-to-one message, with different values for each user, to any
// number of users, in requests of up to 1000, as [MessageService.SendPrivateBulk] does. If a user
// lacks a value, their whole chunk is refused. A checkpoint covers the users, not their values.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private-template
func (s *MessageService) SendPrivateTemplateBulk(
	ctx context.Context, template PrivateTemplate, recipients iter.Seq2[TemplateRecipient, error], params BulkParams, opts ...CallOption,
) (*BulkResult, error) {
	fields := func(t *PrivateTemplate) (*[]TemplateRecipient, *int64) { return &t.Recipients, &t.IdempotencyKey }
	encoded := func(t *PrivateTemplate) (any, error) {
		lists, err := newTemplateLists(t.Content, t.Recipients, t.Push)
		return t.request(lists, t.IdempotencyKey), err
	}
	job := bulkTemplate(endpoint.MessagePrivatePublishTemplate, template, fields, encoded, s.SendPrivateTemplate)
	return runBulk(ctx, s.client, job, recipients, params, opts)
}

// SendSystemTemplateBulk sends a system message, with different values for each user, to any number
// of users, in requests of up to 100, as [MessageService.SendPrivateTemplateBulk] does.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private-template
func (s *MessageService) SendSystemTemplateBulk(
	ctx context.Context, template SystemTemplate, recipients iter.Seq2[TemplateRecipient, error], params BulkParams, opts ...CallOption,
) (*BulkResult, error) {
	fields := func(t *SystemTemplate) (*[]TemplateRecipient, *int64) { return &t.Recipients, &t.IdempotencyKey }
	encoded := func(t *SystemTemplate) (any, error) {
		lists, err := newTemplateLists(t.Content, t.Recipients, t.Push)
		return t.request(lists, t.IdempotencyKey), err
	}
	job := bulkTemplate(endpoint.MessageSystemPublishTemplate, template, fields, encoded, s.SendSystemTemplate)
	return runBulk(ctx, s.client, job, recipients, params, opts)
}

// bulkSend makes one request for a chunk.
type bulkSend[M any] func(ctx context.Context, message M, opts ...CallOption) (*SendResult, error)

// bulkToIDs is a job whose recipients are IDs.
func bulkToIDs[M any](
	ep *endpoint.Endpoint, list string, message M, fields func(*M) (*[]string, *int64), send bulkSend[M],
) *bulkJob[M, string] {
	return &bulkJob[M, string]{
		ep: ep, list: list, message: message, fields: fields, send: send,
		encoded: func(m *M) (any, error) { return m, nil },
		id:      func(id string) string { return id },
		someone: "-",
	}
}

// bulkTemplate is a job whose recipients have their own values.
func bulkTemplate[M any](
	ep *endpoint.Endpoint, template M, fields func(*M) (*[]TemplateRecipient, *int64), encoded func(*M) (any, error), send bulkSend[M],
) *bulkJob[M, TemplateRecipient] {
	return &bulkJob[M, TemplateRecipient]{
		ep: ep, list: "toUserId", message: template, fields: fields, send: send, encoded: encoded,
		id:      func(r TemplateRecipient) string { return r.UserID },
		someone: TemplateRecipient{UserID: "-"},
	}
}
