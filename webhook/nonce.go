package webhook

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// NonceStatus says what a [NonceStore] knows about a signature.
type NonceStatus int

// The states of a signature. Any other counts as a failure of the store.
const (
	NonceNew NonceStatus = iota + 1 // it was not seen before, and is stored now
	// it came with the same request, whose handling failed or is still going on
	NonceUnfinished
	NonceDone     // it came with the same request, which was handled
	NonceReplayed // it came with another request
)

// String names the state in English.
func (s NonceStatus) String() string {
	switch s {
	case NonceNew:
		return "new"
	case NonceUnfinished:
		return "unfinished"
	case NonceDone:
		return "done"
	case NonceReplayed:
		return "replayed"
	}
	return fmt.Sprintf("NonceStatus(%d)", int(s))
}

// Fingerprint is the SHA-256 of all that a callback's signature does not cover: path, query, kind
// of body and body.
type Fingerprint [sha256.Size]byte

// NonceStore remembers which signatures came with which requests. The processes that serve one URL
// should share one. Its methods are called concurrently. If one returns an error, the callback is
// refused with 503, so that RongCloud tries again.
//
// A key is the signature, 40 lower-case hex digits, and not the nonce: RongCloud joins secret,
// nonce and timestamp without a separator, so moving digits from one to the other gives another
// nonce with the same signature. webhooktest.CheckNonceStore tests a store.
type NonceStore interface {
	// Begin reports what is known about key, and stores it with the request's fingerprint if it is
	// new; of two concurrent calls only one gets NonceNew. An entry is kept for at least keep, and
	// may be forgotten later.
	Begin(ctx context.Context, key string, request Fingerprint, keep time.Duration) (NonceStatus, error)

	// Done records that the request was handled. It is not an error if the store has forgotten it.
	Done(ctx context.Context, key string, request Fingerprint, keep time.Duration) error
}

// DefaultNonces is how many signatures a handler's own [MemoryNonceStore] holds at most. With the
// default window that is enough for about 1,000 callbacks a second.
const DefaultNonces = 5 << 18

// MemoryNonceStore is a [NonceStore] for one process. It holds a bounded number of signatures, at
// less than 100 bytes each. When full, it forgets the older half, even before their time, so that
// it never stops a callback; the handler logs the first time this happens.
type MemoryNonceStore struct {
	half int
	now  func() time.Time

	// called once, when an entry is forgotten before its time
	onEarly atomic.Pointer[func(held int)]

	mu         sync.Mutex
	born       time.Time // when young was begun
	young, old map[[20]byte]memoryNonce
}

// memoryNonce holds half of a fingerprint, which is enough to tell requests apart.
type memoryNonce struct {
	request [16]byte
	done    bool
}

// NewMemoryNonceStore returns a store for up to capacity signatures, [DefaultNonces] if it is not
// positive.
func NewMemoryNonceStore(capacity int) *MemoryNonceStore {
	if capacity <= 0 {
		capacity = DefaultNonces
	}
	return &MemoryNonceStore{half: max(capacity/2, 1), now: time.Now}
}

// Begin is part of [NonceStore].
func (s *MemoryNonceStore) Begin(_ context.Context, key string, request Fingerprint, keep time.Duration) (NonceStatus, error) {
	id, short := nonceID(key), [16]byte(request[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	s.age(keep)
	known, ok := s.young[id]
	if !ok {
		known, ok = s.old[id]
	}
	switch {
	case !ok:
		s.young[id] = memoryNonce{request: short}
		return NonceNew, nil
	case known.request != short:
		return NonceReplayed, nil
	case known.done:
		return NonceDone, nil
	}
	return NonceUnfinished, nil
}

// Done is part of [NonceStore].
func (s *MemoryNonceStore) Done(_ context.Context, key string, request Fingerprint, _ time.Duration) error {
	id, short := nonceID(key), [16]byte(request[:16])
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, generation := range []map[[20]byte]memoryNonce{s.young, s.old} {
		if known, ok := generation[id]; ok && known.request == short {
			generation[id] = memoryNonce{short, true}
		}
	}
	return nil
}

// Len returns how many signatures the store holds.
func (s *MemoryNonceStore) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.young) + len(s.old)
}

// age begins a new generation when the young one is full, or as old as its members must be kept.
// So every entry lives through at least one whole generation.
func (s *MemoryNonceStore) age(keep time.Duration) {
	now := s.now()
	old := s.young
	switch lived := now.Sub(s.born); {
	case s.young == nil || lived >= 2*keep:
		old = nil
	case lived < keep && len(s.young) < s.half:
		return
	case lived < keep && len(s.old) > 0:
		if tell := s.onEarly.Swap(nil); tell != nil {
			(*tell)(len(s.young) + len(s.old))
		}
	}
	s.born, s.young, s.old = now, map[[20]byte]memoryNonce{}, old
}

// nonceID packs a signature. Any other key is hashed.
func nonceID(key string) [20]byte {
	var id [20]byte
	if len(key) == 2*len(id) {
		for i := range id {
			high, low := strings.IndexByte(hexDigits, key[2*i]), strings.IndexByte(hexDigits, key[2*i+1])
			if high < 0 || low < 0 {
				break
			}
			id[i] = byte(high<<4 | low) //nolint:gosec // both are below 16
			if i == len(id)-1 {
				return id
			}
		}
	}
	sum := sha256.Sum256([]byte(key))
	return [20]byte(sum[:20])
}

const hexDigits = "0123456789abcdef"
