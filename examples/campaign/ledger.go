package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"
)

// The states of a chunk in the ledger. Before its request is sent, a chunk is recorded as begun. A
// chunk later found in that state means that a worker died while sending it, so it is unknown
// whether it was delivered.
const (
	begun     = "begun"
	delivered = "delivered"
	refused   = "refused" // followed by a colon and the code
	unknown   = "unknown"
	again     = "again" // unknown, and the operator wants it to be sent again
)

// outageAfter is how many unknown chunks in a row, of one worker or of all, count as an outage.
const outageAfter = 3

// errPaused keeps a chunk in the queue until the operator resumes the campaign.
var errPaused = errors.New("the campaign is paused: too many chunks in a row are unknown")

// ledger records the outcome of each chunk in a Redis hash; a second hash counts states. A third
// one counts the unknown chunks in a row, per worker and in total: the others' successes would
// hide an outage that only one worker sees. Too many in a row pause the campaign for all workers.
type ledger struct {
	db  redis.Cmdable
	run string
}

func (l ledger) keys() []string {
	keys := []string{"chunks", "counts", "again", "row", "paused"}
	for i, name := range keys {
		keys[i] = "campaign:{" + l.run + "}:" + name
	}
	return keys
}

// set changes a state and its count.
const set = `
local function set(chunk, old, new)
	if old then redis.call("HINCRBY", KEYS[2], string.match(old, "%a+"), -1) end
	if new then
		redis.call("HSET", KEYS[1], chunk, new)
		redis.call("HINCRBY", KEYS[2], string.match(new, "%a+"), 1)
	else
		redis.call("HDEL", KEYS[1], chunk)
	end
end
local old = redis.call("HGET", KEYS[1], ARGV[1])
`

var (
	beginScript = redis.NewScript(set + `
if redis.call("EXISTS", KEYS[5]) == 1 then return "paused" end
if not old or old == "again" then
	set(ARGV[1], old, "begun")
	if old then redis.call("SADD", KEYS[3], ARGV[1]) end
	return "go"
end
if old == "begun" then
	set(ARGV[1], old, "unknown")
	return "unknown"
end
return old
`)
	// A known outcome wins over an unknown one.
	endScript = redis.NewScript(set + `
if old == "begun" or old == "unknown" then set(ARGV[1], old, ARGV[2]) end
for _, who in ipairs({"all", ARGV[3]}) do
	if ARGV[2] ~= "unknown" then
		redis.call("HDEL", KEYS[4], who)
	elseif redis.call("HINCRBY", KEYS[4], who, 1) >= tonumber(ARGV[4]) then
		redis.call("SET", KEYS[5], who)
	end
end
return "ok"
`)
	// A chunk that was provably not sent gets its previous state.
	undoScript = redis.NewScript(set + `
if old == "begun" then
	if redis.call("SISMEMBER", KEYS[3], ARGV[1]) == 1 then set(ARGV[1], old, "again") else set(ARGV[1], old, false) end
end
return "ok"
`)
	againScript = redis.NewScript(set + `
if old ~= "unknown" then return "no" end
set(ARGV[1], old, "again")
return "yes"
`)
)

func (l ledger) call(ctx context.Context, script *redis.Script, chunk int, more ...any) (string, error) {
	return script.Run(ctx, l.db, l.keys(), append([]any{chunk}, more...)...).Text()
}

// begin records that a chunk is about to be sent, and reports whether it should be.
func (l ledger) begin(ctx context.Context, chunk int) (bool, error) {
	word, err := l.call(ctx, beginScript, chunk)
	if word == "paused" {
		return false, errPaused
	}
	return word == "go", err
}

// end records the outcome of a chunk that worker has sent.
func (l ledger) end(ctx context.Context, chunk int, state, worker string) error {
	_, err := l.call(ctx, endScript, chunk, state, "worker "+worker, outageAfter)
	return err
}

// paused reports whether the campaign is.
func (l ledger) paused(ctx context.Context) (bool, error) {
	n, err := l.db.Exists(ctx, l.keys()[4]).Result()
	return n > 0, err
}

// resume continues the campaign. Only the operator can decide that: the outage may still last.
func (l ledger) resume(ctx context.Context) error {
	return l.db.Del(ctx, l.keys()[3], l.keys()[4]).Err()
}

func (l ledger) undo(ctx context.Context, chunk int) error {
	_, err := l.call(ctx, undoScript, chunk)
	return err
}

// again marks an unknown chunk to be sent again.
func (l ledger) again(ctx context.Context, chunk int) (bool, error) {
	word, err := l.call(ctx, againScript, chunk)
	return word == "yes", err
}

// counts returns the number of chunks in each state.
func (l ledger) counts(ctx context.Context) (map[string]int, error) {
	texts, err := l.db.HGetAll(ctx, l.keys()[1]).Result()
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for state, text := range texts {
		if counts[state], err = strconv.Atoi(text); err != nil {
			return nil, fmt.Errorf("the count of %s: %w", state, err)
		}
	}
	return counts, nil
}

// in lists the chunks in a state.
func (l ledger) in(ctx context.Context, state string) ([]int, error) {
	all, err := l.db.HGetAll(ctx, l.keys()[0]).Result()
	if err != nil {
		return nil, err
	}
	var found []int
	for text, is := range all {
		chunk, err := strconv.Atoi(text)
		if err != nil {
			return nil, err
		}
		if is == state || strings.HasPrefix(is, state+":") {
			found = append(found, chunk)
		}
	}
	slices.Sort(found)
	return found, nil
}
