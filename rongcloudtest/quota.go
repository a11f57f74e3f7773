package rongcloudtest

import (
	"encoding/json"
	"errors"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// WithQuotas makes every endpoint respond with HTTP 429 and code 1008 above its documented quota
// and caps, each within any period of its length by the server's clock; see [Server.Advance].
// Refused requests do not count. A cap per calendar day applies to any 24 hours. An argument
// replaces the documented quotas, as a contract with RongCloud does.
func WithQuotas(own ...rongcloud.Quotas) Option {
	return func(c *config) error {
		if len(own) > 1 {
			return errors.New("WithQuotas: there can be only one set of quotas")
		}
		c.quotas = &rongcloud.Quotas{}
		if len(own) == 1 {
			c.quotas = &own[0]
		}
		return c.quotas.Check()
	}
}

// WithIdempotencyService enables RongCloud's idempotency service: a send by the same user with the
// same msgRandom within a minute of the first one is refused with code. RongCloud does not
// document the code.
func WithIdempotencyService(code rongcloud.Code) Option {
	return func(c *config) error {
		if code == 0 || code == 200 {
			return errors.New("WithIdempotencyService: the code must be that of an error")
		}
		c.duplicate = code
		return nil
	}
}

// WithSensitiveFilter also applies sensitive words to messages sent through the Server API, like a
// setting in RongCloud's console. Without it they pass unchanged.
func WithSensitiveFilter() Option {
	return func(c *config) error { c.filter = true; return nil }
}

// use is how much of a limit one request used.
type use struct {
	at time.Time
	n  int
}

// used is how much of one limit was used within its period.
type used struct {
	uses  []use
	total int
}

// free returns how much is left.
func (u *used) free(limit rongcloud.QuotaLimit, now time.Time) int {
	for len(u.uses) > 0 && !now.Before(u.uses[0].at.Add(limit.Per)) {
		u.total -= u.uses[0].n
		u.uses = u.uses[1:]
	}
	return limit.Limit - u.total
}

// quotas records what was used, by the keys of the limits.
type quotas map[string]*used

// take uses all limits, or none if that would exceed one of them, which it returns.
func (q quotas) take(limits []rongcloud.QuotaLimit, now time.Time) *rongcloud.QuotaLimit {
	for i, limit := range limits {
		if q[limit.Key] == nil {
			q[limit.Key] = &used{}
		}
		if q[limit.Key].free(limit, now) < limit.Units {
			return &limits[i]
		}
	}
	for _, limit := range limits {
		u := q[limit.Key]
		u.uses = append(u.uses, use{now, limit.Units})
		u.total += limit.Units
	}
	return nil
}

// overQuota returns the refusal of a request beyond the quota, or nil.
func (c *call) overQuota() *answer {
	if c.config.quotas == nil {
		return nil
	}
	quota := c.ep.Quota
	units := 1
	if quota.Counts == endpoint.Targets {
		units = max(1, len(c.params.values[quota.Param]), len(c.params.keyed[quota.Param]))
		var object map[string]json.RawMessage // a map is sent as JSON text
		if json.Unmarshal([]byte(c.params.Get(quota.Param)), &object) == nil {
			units = max(units, len(object))
		}
	}
	over := c.used.take(c.config.quotas.Limits(rongcloud.QuotaUse{Endpoint: c.ep, Units: units, Values: c.params.values}), c.at)
	if over == nil {
		return nil
	}
	a := refuse(rongcloud.CodeRateLimited, "the quota of %d %v per %v is used up", over.Limit, quota.Counts, over.Per)
	return &a
}

// idempotentFor is how long a msgRandom is remembered.
const idempotentFor = time.Minute

// sendName identifies a send. That the sender is part of it is assumed.
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

// once executes a send, unless it was executed before.
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
	if c.ep.Success.Has(int(a.answerCode(c.ep))) {
		c.randoms.seen[name] = c.at
		c.randoms.order = append(c.randoms.order, name)
	}
	return a
}
