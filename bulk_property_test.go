package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	trialRecipients = 170
	trialSize       = 10
	trialDuplicate  = 25999
)

// bulkTrial is one send with random outcomes that is stopped and killed at random, and resumed
// until it ends.
type bulkTrial struct {
	*testing.T
	// Guards random.
	mu     sync.Mutex
	random *rand.Rand
	server *bulkServer
	// When the idempotency service first saw a msgRandom; nil without the service.
	seen map[string]time.Time
	// The recipients in chunks that the caller had sent again.
	again map[string]bool
	// The number of requests sent before the process died; 0 while it lives.
	dead atomic.Int64
}

func (b *bulkTrial) draw(n int) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.random.IntN(n)
}

func (b *bulkTrial) chance(n int) bool { return b.draw(n) == 0 }

// recipients yields the list, in which some recipients are invalid or repeated. A broken source
// ends with an error.
func (b *bulkTrial) recipients(broken bool) iter.Seq2[string, error] {
	breaksAt := b.draw(trialRecipients)
	return func(yield func(string, error) bool) {
		n := 0
		for id := range bulkUsers(trialRecipients) {
			switch {
			case broken && n == breaksAt:
				yield("", errors.New("broken"))
				return
			case n%37 == 5:
				id = ""
			case n%41 == 7:
				id = fmt.Sprintf("u%d", n-1)
			}
			if n++; !yield(id, nil) {
				return
			}
		}
	}
}

// answer decides the outcome of a request. The caller holds the server's lock.
func (b *bulkTrial) answer(n int, form url.Values) (*http.Response, error) {
	if dead := b.dead.Load(); dead > 0 && int64(n) > dead { // it was never sent
		return lost()
	}
	name := form.Get("msgRandom")
	if seen, ok := b.seen[name]; ok && time.Since(seen) < time.Minute {
		return refusal(trialDuplicate)
	}
	arrives := func() {
		b.server.accept(form)
		if b.seen != nil {
			b.seen[name] = time.Now()
		}
	}
	switch b.draw(16) {
	case 0:
		arrives()
		return lost()
	case 1:
		return lost()
	case 2:
		return refusal(1002)
	case 3:
		return refusal(1008)
	case 4:
		arrives()
		return badGateway(n, form)
	case 5:
		return refusal(1004)
	}
	if b.seen != nil {
		b.seen[name] = time.Now()
	}
	return nil, nil
}

// run is one process: it ends well, stops, panics or dies. It returns the stored checkpoint.
func (b *bulkTrial) run(client *Client, resume *BulkCheckpoint) (saved *BulkCheckpoint, whole bool) {
	saved = resume
	saves, diesAt := 0, b.draw(90)
	b.dead.Store(0)
	params := BulkParams{ChunkSize: trialSize, Concurrency: 1 + b.draw(4), Resume: resume, Grace: time.Duration(1+b.draw(100)) * time.Millisecond}
	params.Save = func(c BulkCheckpoint) error {
		if b.dead.Load() > 0 {
			return errors.New("dead")
		}
		if saves++; saves == diesAt {
			b.server.mu.Lock()
			b.dead.Store(int64(len(b.server.requests)))
			b.server.mu.Unlock()
			return errors.New("dead")
		}
		saved = stored(b.T, c)
		return nil
	}
	if b.chance(4) {
		params.OnProgress = func(BulkProgress) {
			if b.chance(20) {
				panic("progress")
			}
		}
	}
	if resume != nil && b.chance(8) {
		params.ResendUnknown = true
		for _, u := range resume.Unknown() {
			n := int64(0)
			for id := range b.recipients(false) {
				if u.FirstPosition <= n && n <= u.LastPosition {
					b.again[id] = true
				}
				n++
			}
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	if b.chance(2) {
		time.AfterFunc(time.Duration(b.draw(2000))*time.Millisecond, cancel)
	}
	_, _ = ending(func() {
		result, err := client.Message.SendPrivateBulk(ctx, bulkMessage, b.recipients(b.chance(5)), params)
		whole = err == nil && b.dead.Load() == 0
		if whole {
			require.Equal(b, result.Checkpoint, *saved)
		}
		var refused *ArgumentError
		require.NotErrorAs(b, err, &refused, "its own checkpoint is refused")
	})
	// Meanwhile, requests whose responses were lost still arrive, and RongCloud may forget their
	// msgRandoms.
	time.Sleep(time.Duration(b.draw(90)) * time.Second)
	return saved, whole
}

// check compares the reported outcomes with how often each recipient got the message.
func (b *bulkTrial) check(c *BulkCheckpoint) {
	counts := c.Counts()
	require.EqualValues(b, trialRecipients, counts.Delivered+counts.Refused+counts.Unknown+counts.Skipped+counts.Duplicates)
	ranges := c.Unknown()
	var unknown, refused int64
	for _, u := range ranges {
		unknown += u.RecipientCount
	}
	for _, r := range c.Refusals() {
		refused += r.RecipientCount
		ranges = append(ranges, r.BulkRange)
	}
	require.Equal(b, counts.Unknown, unknown)
	require.Equal(b, counts.Refused, refused)
	places, listed := map[string]int{}, map[string]bool{}
	n := int64(0)
	for id := range b.recipients(false) {
		places[id]++
		for _, r := range ranges {
			listed[id] = listed[id] || r.FirstPosition <= n && n <= r.LastPosition
		}
		n++
	}
	delete(places, "")
	for id, most := range places {
		got := b.server.got[id]
		require.True(b, got <= most || b.again[id], "%s got it %d times", id, got)
		require.True(b, got >= most || listed[id], "%s got it %d times and is not listed", id, got)
	}
}

// With random outcomes, deaths, stops and panics, the counts add up, nobody is forgotten, and
// nobody gets the message twice unless the outcome was unknown and the caller had it sent again.
func TestBulkProperty(t *testing.T) {
	t.Parallel()
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := &bulkTrial{T: t, random: rand.New(rand.NewPCG(seed, 7)), server: newBulkServer(), again: map[string]bool{}}
				b.server.answer = b.answer
				var opts []Option
				if seed%2 == 1 {
					b.seen = map[string]time.Time{}
					opts = append(opts, WithIdempotentSends(IdempotentSends{DuplicateCode: trialDuplicate}))
				}
				client := b.server.client(t, opts...)
				saved, whole := b.run(client, nil)
				for runs := 0; !whole; runs++ {
					require.Less(t, runs, 300)
					saved, whole = b.run(client, saved)
				}
				b.check(saved)
			})
		})
	}
}
