package rongcloudredis

import (
	"context"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud/webhook"
)

// NonceStore is a [webhook.NonceStore] that several processes share. Each signature is one key,
// which expires in Redis. If Redis does not respond within 500 ms, whatever the timeouts of its
// client, calls return an error.
type NonceStore struct {
	db       redis.Scripter
	requests requests
	prefix   string
}

// NewNonceStore returns a store whose keys begin with prefix, so it is enough to allow these keys;
// different apps and URLs need different prefixes.
func NewNonceStore(db redis.Scripter, prefix string) *NonceStore {
	return &NonceStore{db: db, requests: newRequests(defaultTimeout), prefix: prefix}
}

var _ webhook.NonceStore = (*NonceStore)(nil)

// A value is u for unfinished or d for done, followed by the fingerprint.
var (
	beginScript = redis.NewScript(`
local known = redis.call("GET", KEYS[1])
if not known then
	redis.call("SET", KEYS[1], "u" .. ARGV[1], "PX", ARGV[2])
	return "new"
end
if string.sub(known, 2) ~= ARGV[1] then
	return "replayed"
end
if string.sub(known, 1, 1) == "d" then
	return "done"
end
return "unfinished"
`)
	doneScript = redis.NewScript(`
if redis.call("GET", KEYS[1]) == "u" .. ARGV[1] then
	redis.call("SET", KEYS[1], "d" .. ARGV[1], "PX", ARGV[2])
end
return "ok"
`)
)

var nonceStatuses = map[string]webhook.NonceStatus{
	"new": webhook.NonceNew, "unfinished": webhook.NonceUnfinished, "done": webhook.NonceDone, "replayed": webhook.NonceReplayed,
}

// Begin reports what is known about key, and stores it if it is new.
func (s *NonceStore) Begin(ctx context.Context, key string, request webhook.Fingerprint, keep time.Duration) (webhook.NonceStatus, error) {
	word, err := s.run(ctx, beginScript, key, request, keep)
	if err != nil {
		return 0, err
	}
	state, ok := nonceStatuses[word]
	if !ok {
		return 0, fmt.Errorf("rongcloudredis: unexpected response %q", word)
	}
	return state, nil
}

// Done records that the request was handled.
func (s *NonceStore) Done(ctx context.Context, key string, request webhook.Fingerprint, keep time.Duration) error {
	_, err := s.run(ctx, doneScript, key, request, keep)
	return err
}

func (s *NonceStore) run(ctx context.Context, script *redis.Script, key string, fingerprint webhook.Fingerprint, keep time.Duration) (string, error) {
	word, err := request(ctx, s.requests, func(ctx context.Context) (string, error) {
		return script.Run(ctx, s.db, []string{s.prefix + keyVersion + key}, hex.EncodeToString(fingerprint[:]), max(1, keep.Milliseconds())).Text()
	})
	if err != nil {
		return "", fmt.Errorf("rongcloudredis: %w", err)
	}
	return word, nil
}
