package rongcloudtest

import (
	"errors"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// WithQuotas makes every endpoint answer HTTP 429 with code 1008 above its documented quota, within any stretch of the quota's time by
// the server's clock; see [Server.Advance]. What is refused does not count. Limits per calendar day, channel or conversation
// type, which a few endpoints have besides, are not kept.
func WithQuotas() Option {
	return func(c *config) error { c.quotas = true; return nil }
}

// WithIdempotencyService switches on RongCloud's idempotency service: a send by the same user with the same msgRandom is
// refused with code within a minute of the first one. RongCloud does not document the code.
func WithIdempotencyService(code rongcloud.Code) Option {
	return func(c *config) error {
		if code == 0 || code == 200 {
			return errors.New("WithIdempotencyService: the code must be one of a failure")
		}
		c.duplicate = code
		return nil
	}
}

// WithSensitiveFilter applies sensitive words to messages that are sent through the Server API, too, as a setting in RongCloud's console
// does. Without it they pass unchanged.
func WithSensitiveFilter() Option {
	return func(c *config) error { c.filter = true; return nil }
}

// use is what one request took of a quota.
type use struct {
	at time.Time
	n  int
}

// quotas remembers what was used of each quota within its time.
type quotas map[*endpoint.Endpoint][]use

// take uses up n units, unless that is too many.
func (q quotas) take(ep *endpoint.Endpoint, n int, now time.Time) bool {
	uses, used := q[ep], 0
	for len(uses) > 0 && !now.Before(uses[0].at.Add(ep.Quota.Per)) {
		uses = uses[1:]
	}
	for _, u := range uses {
		used += u.n
	}
	q[ep] = uses
	if used+n > ep.Quota.Limit {
		return false
	}
	q[ep] = append(uses, use{now, n})
	return true
}

// overQuota returns the refusal of a request that is one too many, or nil.
func (c *call) overQuota() *answer {
	quota := c.ep.Quota
	if !c.config.quotas || quota.Limit == 0 {
		return nil
	}
	n := 1
	if quota.Counts == endpoint.Targets {
		n = max(1, len(c.params.values[quota.Param]), len(c.params.keyed[quota.Param]))
	}
	if c.used.take(c.ep, n, c.at) {
		return nil
	}
	a := refuse(rongcloud.CodeRateLimited, "the quota of %d %v per %v is used up", quota.Limit, quota.Counts, quota.Per)
	return &a
}

// idempotentFor is how long a msgRandom is remembered.
const idempotentFor = time.Minute

// sendName is what tells a send from others. That the sender is part of it is assumed.
type sendName struct{ from, random string }

// randoms are the sends of the last minute.
type randoms struct {
	seen  map[sendName]time.Time
	order []sendName
}

func (r *randoms) forget(now time.Time) {
	for len(r.order) > 0 && !now.Before(r.seen[r.order[0]].Add(idempotentFor)) {
		delete(r.seen, r.order[0])
		r.order = r.order[1:]
	}
}

// once carries a send out, unless it has been before.
func (c *call) once(send handler) answer {
	name := sendName{c.params.Get("fromUserId"), c.params.Get("msgRandom")}
	if c.config.duplicate == 0 || name.random == "" || name.random == "0" || c.ep.Param("msgRandom") == nil {
		return send(c)
	}
	c.randoms.forget(c.at)
	if _, again := c.randoms.seen[name]; again {
		return refuse(c.config.duplicate, "msgRandom %s was used within the last minute", name.random)
	}
	a := send(c)
	if a.answerCode(c.ep) == rongcloud.Code(c.ep.Success) {
		c.randoms.seen[name] = c.at
		c.randoms.order = append(c.randoms.order, name)
	}
	return a
}
