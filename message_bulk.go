package rongcloud

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// BulkOptions says how a send to many recipients is carried out; see [MessageService.SendPrivateBulk]. The zero value will do.
//
// The functions are called one at a time, and must be fast: the send waits for them.
type BulkOptions struct {
	Concurrency int   // requests under way at most, up to 128; 0 is 4
	ChunkSize   int   // recipients in a request; 0 is the documented maximum, which is also the most
	Total       int64 // how many recipients there are, if that is known, for BulkProgress.TimeLeft

	// Progress is told where the send stands after each chunk.
	Progress func(BulkProgress)
	// Chunk is told the outcome of each chunk. An error stops the send.
	Chunk func(BulkChunk) error
	// LeftOut is told of each recipient to whom nothing is sent because the server would refuse the whole request for him: an ID that is empty
	// or longer than documented. Position counts from 0. A send that resumes may tell of the last ones again.
	LeftOut func(position int64, recipient string, reason error)

	// Save is given the state before each request and after it, to be stored. If the process dies, a send that is resumed from what was
	// stored last sends nothing twice. An error stops the send. Without it, only a send that was stopped by its
	// context can be resumed, from BulkResult.Checkpoint.
	Save func(BulkCheckpoint) error
	// Resume goes on with a send that was stopped. The message, the chunk size and the recipients, in their order, must be the same; a
	// checkpoint of another send is refused.
	Resume *BulkCheckpoint
	// ResendUnknown sends those chunks again of which Resume does not know whether they were delivered. Their recipients may get
	// the message twice.
	ResendUnknown bool

	// Grace is how long requests under way may go on after the context's end, so that their outcome becomes known. 0 is 15 s.
	Grace time.Duration
}

// BulkOutcome is what became of one chunk of a bulk send.
type BulkOutcome int

// The outcomes of a chunk.
const (
	BulkDelivered BulkOutcome = iota + 1 // the server accepted it
	BulkRefused                          // it was not carried out
	BulkUnknown                          // it may have been delivered or not; it is not sent again unless the caller says so
)

// String names the outcome.
func (o BulkOutcome) String() string {
	switch o {
	case BulkDelivered:
		return "delivered"
	case BulkRefused:
		return "refused"
	case BulkUnknown:
		return "unknown"
	}
	return "outcome " + strconv.Itoa(int(o))
}

// BulkChunk is one request of a bulk send that has ended.
type BulkChunk struct {
	Index      int64    // from 0
	Recipients []string // in their order
	Outcome    BulkOutcome
	Err        error // nil if it was delivered

	SentToUsers  *SentToUsers  // UIDs of a delivered message to users
	SentToGroups *SentToGroups // UIDs of a delivered message to groups
}

// BulkCounts counts recipients. One who stands in a chunk twice counts once.
type BulkCounts struct {
	Chunks     int64 `json:"chunks"` // that have ended
	Delivered  int64 `json:"delivered"`
	Refused    int64 `json:"refused"`
	Unknown    int64 `json:"unknown"`
	LeftOut    int64 `json:"leftOut"`    // see BulkOptions.LeftOut
	Duplicates int64 `json:"duplicates"` // further places in a chunk of somebody who stands there already; the server is sent them all
}

// BulkProgress is where a bulk send stands. The counts include those of the send that was resumed.
type BulkProgress struct {
	BulkCounts
	Elapsed  time.Duration // since this call began
	Rate     float64       // recipients per second since then
	TimeLeft time.Duration // at that rate; 0 if BulkOptions.Total is
}

// BulkResult is how a bulk send ended.
type BulkResult struct {
	BulkProgress
	// Checkpoint has the chunks that were refused and whose outcome is unknown, and lets a send that was stopped go on.
	Checkpoint BulkCheckpoint
}

// BulkCheckpoint is the state of a bulk send, to be stored as JSON. It grows with the chunks that are refused or unknown, and not with
// the number of recipients.
type BulkCheckpoint struct {
	Run      string        `json:"run"`      // names App Key, endpoint, message and chunk size
	Seed     int64         `json:"seed"`     // of the chunks' MsgRandom
	Begun    int64         `json:"begun"`    // chunks that have been begun
	Position int64         `json:"position"` // recipients that were read for them
	Digest   string        `json:"digest"`   // of these recipients
	Counts   BulkCounts    `json:"counts"`
	Unknown  []BulkOpen    `json:"unknown,omitempty"` // outcome unknown, or under way when the checkpoint was made
	Pending  []BulkOpen    `json:"pending,omitempty"` // begun, and provably not carried out: sent again by a send that resumes
	Refused  []BulkRefusal `json:"refused,omitempty"`
}

// BulkOpen is a chunk without a final outcome.
type BulkOpen struct {
	Chunk      int64     `json:"chunk"`
	Recipients int64     `json:"recipients"`
	At         time.Time `json:"at"` // when it was first sent
	Digest     string    `json:"digest"`
	Ended      bool      `json:"ended,omitempty"` // and counted as unknown
}

// BulkRefusal is a run of chunks that the server refused for the same reason.
type BulkRefusal struct {
	First int64  `json:"first"`
	Last  int64  `json:"last"`
	Code  Code   `json:"code"` // 0 if the SDK refused it
	Error string `json:"error"`
}

// SendPrivateBulk sends a one-to-one message to any number of users: the recipients are read as they are needed, so neither they
// nor what became of them are kept in memory. They are split into requests of up to 1000; message.To must be empty.
//
// With a limiter ([WithLimiter]) it keeps to the quota and gives way to single calls. Without one it is as fast as the server, and waits
// only when it is refused for its rate.
//
// Each request, a chunk, ends as delivered, refused or unknown; see [BulkOutcome]. An unknown one is not sent again, unless
// the client has [WithIdempotentSends] and RongCloud still remembers it, for which every chunk is given a MsgRandom of its own.
//
// It ends with an error if it could not go through the list: an [*ArgumentError] for what is wrong from the start, else an [*Error],
// and with it a result whose Checkpoint lets it go on. It stops when ctx ends, when RongCloud cannot be reached, does not accept the
// credentials or keeps refusing for the rate, and when one of the functions in options fails. That chunks were refused is no error.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private
func (s *MessageService) SendPrivateBulk(ctx context.Context, message PrivateMessage, recipients iter.Seq[string], options BulkOptions, opts ...CallOption) (*BulkResult, error) {
	if len(message.To) > 0 {
		return nil, refuse("toUserId", "must be empty: the recipients fill it")
	}
	seed := message.MsgRandom
	sample := message
	sample.To, sample.MsgRandom = bulkSample, 0
	return runBulk(ctx, s.client, &bulkJob[string]{
		ep: endpoint.MessagePrivatePublish, list: "toUserId", id: itself, sample: &sample, seed: seed,
		send: func(ctx context.Context, chunk *BulkChunk, to []string, random int64, opts []CallOption) (err error) {
			m := message
			m.To, m.MsgRandom = to, random
			chunk.SentToUsers, err = s.SendPrivate(ctx, m, opts...)
			return err
		},
	}, recipients, options, opts)
}

// SendSystemBulk sends a system message to any number of users, in requests of up to 100, as [MessageService.SendPrivateBulk] does. Since
// one such request uses up the quota of a second, a smaller ChunkSize leaves more to others.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private
func (s *MessageService) SendSystemBulk(ctx context.Context, message SystemMessage, recipients iter.Seq[string], options BulkOptions, opts ...CallOption) (*BulkResult, error) {
	if len(message.To) > 0 {
		return nil, refuse("toUserId", "must be empty: the recipients fill it")
	}
	seed := message.MsgRandom
	sample := message
	sample.To, sample.MsgRandom = bulkSample, 0
	return runBulk(ctx, s.client, &bulkJob[string]{
		ep: endpoint.MessageSystemPublish, list: "toUserId", id: itself, sample: &sample, seed: seed,
		send: func(ctx context.Context, chunk *BulkChunk, to []string, random int64, opts []CallOption) (err error) {
			m := message
			m.To, m.MsgRandom = to, random
			chunk.SentToUsers, err = s.SendSystem(ctx, m, opts...)
			return err
		},
	}, recipients, options, opts)
}

// SendGroupBulk sends a message to any number of groups, in requests of up to 3, as [MessageService.SendPrivateBulk] does. Expandable, Expansion
// and DisablePush work with a ChunkSize of 1 only; ToUsers is refused.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-group
func (s *MessageService) SendGroupBulk(ctx context.Context, message GroupMessage, groups iter.Seq[string], options BulkOptions, opts ...CallOption) (*BulkResult, error) {
	switch {
	case len(message.To) > 0:
		return nil, refuse("toGroupId", "must be empty: the groups fill it")
	case len(message.ToUsers) > 0:
		return nil, refuse("toUserId", "goes with a single group")
	}
	seed := message.MsgRandom
	sample := message
	sample.To, sample.MsgRandom = bulkSample, 0
	return runBulk(ctx, s.client, &bulkJob[string]{
		ep: endpoint.MessageGroupPublish, list: "toGroupId", id: itself, sample: &sample, seed: seed,
		send: func(ctx context.Context, chunk *BulkChunk, to []string, random int64, opts []CallOption) (err error) {
			m := message
			m.To, m.MsgRandom = to, random
			chunk.SentToGroups, err = s.SendGroup(ctx, m, opts...)
			return err
		},
	}, groups, options, opts)
}

// SendPrivateTemplateBulk sends a one-to-one message that differs from user to user to any number of them, in requests of up to 1000, as
// [MessageService.SendPrivateBulk] does. That a user lacks a value is found within his chunk, which is then refused. A checkpoint knows
// the users, not their values.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/message/send-private-template
func (s *MessageService) SendPrivateTemplateBulk(ctx context.Context, template PrivateTemplate, recipients iter.Seq[TemplateRecipient], options BulkOptions, opts ...CallOption) (*BulkResult, error) {
	if len(template.Recipients) > 0 {
		return nil, refuse("toUserId", "Recipients must be empty: they are given apart")
	}
	lists, err := newTemplateLists(template.Content, templateSample, template.Push)
	if err != nil {
		return nil, err
	}
	return runBulk(ctx, s.client, &bulkJob[TemplateRecipient]{
		ep: endpoint.MessagePrivatePublishTemplate, list: "toUserId", id: TemplateRecipient.userID, seed: template.MsgRandom,
		sample: template.request(lists, 0),
		send: func(ctx context.Context, chunk *BulkChunk, to []TemplateRecipient, random int64, opts []CallOption) (err error) {
			t := template
			t.Recipients, t.MsgRandom = to, random
			chunk.SentToUsers, err = s.SendPrivateTemplate(ctx, t, opts...)
			return err
		},
	}, recipients, options, opts)
}

// SendSystemTemplateBulk sends a system message that differs from user to user to any number of them, in requests of up to 100, as
// [MessageService.SendPrivateTemplateBulk] does.
//
// RongCloud: https://docs.rongcloud.cn/platform-chat-api/system/send-private-template
func (s *MessageService) SendSystemTemplateBulk(ctx context.Context, template SystemTemplate, recipients iter.Seq[TemplateRecipient], options BulkOptions, opts ...CallOption) (*BulkResult, error) {
	if len(template.Recipients) > 0 {
		return nil, refuse("toUserId", "Recipients must be empty: they are given apart")
	}
	lists, err := newTemplateLists(template.Content, templateSample, template.Push)
	if err != nil {
		return nil, err
	}
	return runBulk(ctx, s.client, &bulkJob[TemplateRecipient]{
		ep: endpoint.MessageSystemPublishTemplate, list: "toUserId", id: TemplateRecipient.userID, seed: template.MsgRandom,
		sample: template.request(lists, 0),
		send: func(ctx context.Context, chunk *BulkChunk, to []TemplateRecipient, random int64, opts []CallOption) (err error) {
			t := template
			t.Recipients, t.MsgRandom = to, random
			chunk.SentToUsers, err = s.SendSystemTemplate(ctx, t, opts...)
			return err
		},
	}, recipients, options, opts)
}

// bulkSample stands for the recipients where the message itself is checked and named.
var (
	bulkSample     = []string{"-"}
	templateSample = []TemplateRecipient{{UserID: "-"}}
)

func itself(id string) string { return id }

func (r TemplateRecipient) userID() string { return r.UserID }

// copy is a checkpoint of its own.
func (c *BulkCheckpoint) copy() BulkCheckpoint {
	own := *c
	own.Unknown = slices.Clone(c.Unknown)
	own.Pending = slices.Clone(c.Pending)
	own.Refused = slices.Clone(c.Refused)
	return own
}
