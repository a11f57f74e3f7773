package rongcloud

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Recipients are the recipients of a bulk send, or its groups, given one by one.
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

// BulkParams says how a send to many recipients is carried out; see
// [MessageService.SendPrivateBulk]. The zero value will do.
//
// The functions are called one at a time, and must be fast: the send waits for them. If one of
// them panics, the requests under way are finished, what became of them is saved, and the panic
// goes on in the goroutine that called the send. None is called after the send has returned.
type BulkParams struct {
	Concurrency int   // requests under way at most, up to 128; 0 is 4
	ChunkSize   int   // recipients in a request; 0 is the documented maximum, which is also the most
	Total       int64 // how many recipients there are, if that is known, for BulkProgress.TimeLeft

	// MaxUnknown stops the send with an [*Error] when so many chunks in a row, in the order in
	// which they end, have an unknown outcome: in an outage all that follow would only become
	// unknown, too. 0 is 3, or Concurrency if that is more; with a negative number the send goes
	// on.
	MaxUnknown int

	// OnProgress is told where the send stands after each chunk.
	OnProgress func(BulkProgress)
	// OnChunk is told the outcome of each chunk. An error stops the send.
	OnChunk func(BulkChunk) error
	// OnSkipped is told of each recipient to whom nothing is sent because the server would refuse
	// the whole request for their ID: it is empty or longer than documented. Position counts from
	// 0. A send that resumes may tell of the last ones again.
	OnSkipped func(position int64, recipient string, reason error)

	// Save is given the state before each request and after it, to be stored, for instance by
	// [BulkCheckpointFile.Save]. If the process dies, a send that is resumed from what was stored
	// last sends nothing twice. An error stops the send. Without Save, only a send that returns
	// can be resumed, from BulkResult.Checkpoint.
	Save func(BulkCheckpoint) error
	// Resume goes on with a send that was stopped. The message, the chunk size and the recipients,
	// in their order, must be the same; a checkpoint of another send is refused with an
	// [*ArgumentError].
	Resume *BulkCheckpoint
	// ResendUnknown sends those chunks again of which Resume does not know whether they were
	// delivered. Their recipients may get the message twice.
	ResendUnknown bool

	// Grace is how long requests under way may go on after the context's end, so that their outcome
	// becomes known. 0 is 15 s.
	Grace time.Duration
}

// BulkOutcome is what became of one chunk of a bulk send.
type BulkOutcome int

// The outcomes of a chunk.
const (
	BulkOutcomeDelivered BulkOutcome = iota + 1 // the server accepted it
	BulkOutcomeRefused                          // it was not carried out
	BulkOutcomeUnknown                          // it may have been delivered or not; it is not sent again unless the caller says so
)

// String names the outcome.
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

// BulkChunk is one request of a bulk send that has ended.
type BulkChunk struct {
	Index      int64    // from 0
	Recipients []string // in their order
	Outcome    BulkOutcome
	Err        error // nil if it was delivered

	Sent *SendResult // what the message is called, if it was delivered
}

// BulkCounts counts recipients. One who stands in a chunk twice counts once.
type BulkCounts struct {
	Chunks     int64 `json:"chunks"` // that have ended
	Delivered  int64 `json:"delivered"`
	Refused    int64 `json:"refused"`
	Unknown    int64 `json:"unknown"`
	Skipped    int64 `json:"skipped"`    // see BulkParams.OnSkipped
	Duplicates int64 `json:"duplicates"` // further places in a chunk of somebody who stands there already; the server is sent them all
}

// BulkProgress is where a bulk send stands. The counts include those of the send that was resumed.
type BulkProgress struct {
	BulkCounts
	Elapsed  time.Duration // since this call began
	Rate     float64       // recipients per second since then
	TimeLeft time.Duration // at that rate; 0 if BulkParams.Total is
}

// BulkResult is how a bulk send ended.
type BulkResult struct {
	BulkProgress
	// Checkpoint has the chunks that were refused and whose outcome is unknown, and lets a send
	// that was stopped go on.
	Checkpoint BulkCheckpoint
}

// SendPrivateBulk sends a one-to-one message to any number of users. The recipients are read as
// they are needed, so neither they nor what became of them are kept in memory; see [Recipients]
// and [RecipientsOf] for those that cannot fail. They are split into requests of up to 1000;
// message.To must be empty.
//
// With a limiter ([WithLimiter]) it keeps to the quota and gives way to single calls. Without one
// it is as fast as the server, and waits only when it is refused for its rate.
//
// Each request, a chunk, ends as delivered, refused or unknown; see [BulkOutcome]. An unknown one
// is not sent again, unless the client has [WithIdempotentSends] and RongCloud still remembers it,
// for which every chunk is given an IdempotencyKey of its own. A process that resumes on the same
// machine within that minute finds out, too, where the system tells its uptime (Linux); otherwise
// nobody can tell how much of the minute is left.
//
// It ends with an error if it could not go through the list: an [*ArgumentError], without a
// result, for what is wrong with the arguments, else an [*Error], and with it a result whose
// Checkpoint lets it go on. What was refused or is unknown is no error: [BulkResult] counts it. It
// stops when ctx ends, when the source of the recipients yields an error, when RongCloud cannot be
// reached, does not accept the credentials or keeps refusing for the rate, when
// BulkParams.MaxUnknown chunks in a row are unknown, and when one of the functions in params
// fails.
//
// [CaptureResponse] and [WithRequestID] are refused: they belong to a single request.
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
// smaller ChunkSize leaves more to others.
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
		job.refused = refuseParam(endpoint.MessageGroupPublish, &message, "toUserId", "goes with a single group")
	}
	return runBulk(ctx, s.client, job, groups, params, opts)
}

// SendPrivateTemplateBulk sends a one-to-one message that differs from user to user to any number
// of them, in requests of up to 1000, as [MessageService.SendPrivateBulk] does. That a user lacks
// a value is found within their chunk, which is then refused. A checkpoint knows the users, not
// their values.
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

// SendSystemTemplateBulk sends a system message that differs from user to user to any number of
// them, in requests of up to 100, as [MessageService.SendPrivateTemplateBulk] does.
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

// bulkTemplate is a job whose recipients have values of their own.
func bulkTemplate[M any](
	ep *endpoint.Endpoint, template M, fields func(*M) (*[]TemplateRecipient, *int64), encoded func(*M) (any, error), send bulkSend[M],
) *bulkJob[M, TemplateRecipient] {
	return &bulkJob[M, TemplateRecipient]{
		ep: ep, list: "toUserId", message: template, fields: fields, send: send, encoded: encoded,
		id:      func(r TemplateRecipient) string { return r.UserID },
		someone: TemplateRecipient{UserID: "-"},
	}
}
