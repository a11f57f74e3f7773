package rongcloud

import (
	"math"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/tokenbucket"
)

// Quotas are the limits that a [Limiter] enforces. The zero value means RongCloud's documented
// quotas, which every [endpoint.Endpoint] has as its Quota.
type Quotas struct {
	// Factor multiplies every quota and cap that Endpoints does not replace. 0 means 1. A factor
	// below 1 leaves part of the quotas unused: for other programs with the same App Key, or as a
	// margin for network jitter.
	Factor float64

	// Endpoints replaces the quotas of individual endpoints, for contracts that raise them. Start
	// from a copy of the endpoint's Quota and change Limit, Per and Caps; what is counted cannot
	// change. One entry is enough for endpoints that share a quota.
	Endpoints map[*endpoint.Endpoint]endpoint.Quota
}

// QuotaUse is what one call uses of its App Key's quotas.
type QuotaUse struct {
	Endpoint *endpoint.Endpoint
	Units    int // requests or targets, as Endpoint.Quota counts

	// LowPriority makes the call yield to calls without it; see [LowPriority].
	LowPriority bool

	// Values are the parameters that the endpoint's caps depend on, such as the channel of an ultra
	// group. Without them, those caps count all calls together.
	Values map[string][]string
}

// QuotaLimit is one limit that applies to a call, with what the call uses of it.
type QuotaLimit struct {
	Key   string // the same for all calls that share the limit
	Limit int
	Per   time.Duration // no window of this length may have more than Limit
	Units int
}

// Check refuses limits and times that are not positive, factors that are negative or NaN, and
// entries that change what a quota counts, with an [*ArgumentError] that names the endpoint.
func (q Quotas) Check() error {
	if q.Factor < 0 || math.IsNaN(q.Factor) || math.IsInf(q.Factor, 0) {
		return refuse("Factor", "%v is not a positive number", q.Factor)
	}
	pools := map[string]endpoint.Quota{}
	for ep, quota := range q.Endpoints {
		if ep == nil {
			return refuse("Endpoints", "an endpoint is nil")
		}
		switch documented := ep.Quota; {
		case quota.Limit <= 0 || quota.Per <= 0:
			return refuse(ep.Path, "a quota of %d per %v lets nothing through", quota.Limit, quota.Per)
		case quota.Counts != documented.Counts || quota.Param != documented.Param || quota.Pool != documented.Pool:
			return refuse(ep.Path, "what the quota counts cannot be changed")
		}
		for _, c := range quota.Caps {
			if c.Uses == nil && (c.Limit <= 0 || c.Per <= 0) {
				return refuse(ep.Path, "a cap of %d per %v lets nothing through", c.Limit, c.Per)
			}
		}
		if quota.Pool == "" {
			continue
		}
		if first, ok := pools[quota.Pool]; ok && (first.Limit != quota.Limit || first.Per != quota.Per) {
			return refuse(ep.Path, "shares its quota with an endpoint that has a different entry")
		}
		pools[quota.Pool] = quota
	}
	return nil
}

// Limits returns the limits that apply to use: the endpoint's quota first, then its caps. It is
// empty if none are documented. It is for implementing a [Limiter].
func (q Quotas) Limits(use QuotaUse) []QuotaLimit {
	ep := use.Endpoint
	if ep == nil {
		return nil
	}
	quota, factor := q.of(ep)
	if quota.Limit == 0 {
		return nil
	}
	limits := append(make([]QuotaLimit, 0, 1+len(quota.Caps)), newQuotaLimit(quotaKey(ep), quota, factor, use.Units))
	for i, c := range quota.Caps {
		if c.When.Param != "" && !slices.Contains(use.Values[c.When.Param], c.When.Value) {
			continue
		}
		if c.Uses != nil {
			used, factor := q.of(c.Uses)
			limits = append(limits, newQuotaLimit(quotaKey(c.Uses), used, factor, 1))
			continue
		}
		plain := endpoint.Quota{Limit: c.Limit, Per: c.Per}
		key := pathKey(ep) + "#" + strconv.Itoa(i+1)
		combinations := combine(use.Values, c.Each)
		units := use.Units
		if len(combinations) > 1 {
			units = 1
		}
		for _, each := range combinations {
			limits = append(limits, newQuotaLimit(key+each, plain, factor, units))
		}
	}
	return limits
}

// of returns the quota that applies to ep, and the factor to multiply it by.
func (q Quotas) of(ep *endpoint.Endpoint) (endpoint.Quota, float64) {
	if quota, ok := q.Endpoints[ep]; ok {
		return quota, 1
	}
	if known := endpoint.ByPath(ep.Method, ep.Path); known != nil { // ep is a copy of it
		if quota, ok := q.Endpoints[known]; ok {
			return quota, 1
		}
	}
	if ep.Quota.Pool != "" {
		for _, quota := range q.Endpoints {
			if quota.Pool == ep.Quota.Pool {
				return quota, 1
			}
		}
	}
	if q.Factor == 0 {
		return ep.Quota, 1
	}
	return ep.Quota, q.Factor
}

func quotaKey(ep *endpoint.Endpoint) string {
	if ep.Quota.Pool != "" {
		return ep.Quota.Pool
	}
	return pathKey(ep)
}

// pathKey distinguishes endpoints with the same path. For a POST endpoint it is the path.
func pathKey(ep *endpoint.Endpoint) string {
	if ep.Method != http.MethodPost && ep.Method != "" && endpoint.ByPath(http.MethodPost, ep.Path) != nil {
		return ep.String()
	}
	return ep.Path
}

// newQuotaLimit multiplies the limit by the factor. If the result would be less than one, it
// stretches the time instead.
func newQuotaLimit(key string, quota endpoint.Quota, factor float64, units int) QuotaLimit {
	limit := QuotaLimit{Key: key, Limit: quota.Limit, Per: quota.Per, Units: min(max(1, units), tokenbucket.MaxUnits)}
	switch scaled := float64(quota.Limit) * factor; {
	case factor == 1:
	case scaled >= 1:
		limit.Limit = int(min(scaled, tokenbucket.MaxUnits))
	default:
		limit.Limit = 1
		limit.Per = time.Duration(min(float64(quota.Per)/scaled, 1<<60))
	}
	return limit
}

// combine returns a text for every combination of values of the named parameters; a single empty
// one for no names.
func combine(values map[string][]string, names []string) []string {
	all := []string{""}
	for _, name := range names {
		items := values[name]
		if len(items) == 0 {
			items = []string{""}
		}
		var longer []string
		for _, text := range all {
			for _, item := range items {
				longer = append(longer, text+":"+item)
			}
		}
		all = longer
	}
	return all
}

// use returns what the call uses of its quotas.
func (c *call) use() QuotaUse {
	use := QuotaUse{Endpoint: c.ep, Units: 1, LowPriority: c.config.lowPriority}
	if c.ep.Quota.Counts == endpoint.Targets && c.encoder.Targets > 0 {
		use.Units = c.encoder.Targets
	}
	if names := capParams(c.ep); len(names) > 0 {
		use.Values = c.encoder.Values(names)
	}
	return use
}

// capParams are the parameters by which the endpoint's caps distinguish calls.
func capParams(ep *endpoint.Endpoint) []string {
	var names []string
	for _, c := range ep.Quota.Caps {
		names = append(names, c.Each...)
		if c.When.Param != "" {
			names = append(names, c.When.Param)
		}
	}
	return names
}
