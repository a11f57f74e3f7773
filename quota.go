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

// Quotas are the limits that a [Limiter] keeps. The zero value stands for what RongCloud
// documents, which every [endpoint.Endpoint] carries as its Quota.
type Quotas struct {
	// Factor multiplies every quota and cap that Endpoints does not replace. 0 is 1. Below 1 it
	// keeps a part of the quotas free: for other programs with the same App Key, or against the
	// jitter of a network.
	Factor float64

	// Endpoints replaces the quotas of single endpoints, for contracts that raise them. Begin with
	// a copy of the endpoint's Quota and change Limit, Per and Caps; what is counted stays. For
	// endpoints that share a quota one entry is enough.
	Endpoints map[*endpoint.Endpoint]endpoint.Quota
}

// QuotaUse is what one call takes of the quotas of its App Key.
type QuotaUse struct {
	Endpoint *endpoint.Endpoint
	Units    int // requests or targets, as Endpoint.Quota counts

	// LowPriority lets calls without it go first; see [LowPriority].
	LowPriority bool

	// Values are the parameters that the endpoint's caps ask for, such as the channel of an ultra
	// group. Without them those caps count all calls together.
	Values map[string][]string
}

// QuotaLimit is one limit that a call falls under, with what the call takes of it.
type QuotaLimit struct {
	Key   string // the same for all calls that use the limit up together
	Limit int
	Per   time.Duration // no stretch of this length may see more than Limit
	Units int
}

// Check refuses limits and times that are not positive, factors that are negative or no number,
// and entries that change what a quota counts, with an [*ArgumentError] that names the endpoint.
func (q Quotas) Check() error {
	if q.Factor < 0 || math.IsNaN(q.Factor) || math.IsInf(q.Factor, 0) {
		return refuse("Factor", "%v is not a positive number", q.Factor)
	}
	pools := map[string]endpoint.Quota{}
	for ep, own := range q.Endpoints {
		if ep == nil {
			return refuse("Endpoints", "an endpoint is nil")
		}
		switch documented := ep.Quota; {
		case own.Limit <= 0 || own.Per <= 0:
			return refuse(ep.Path, "a quota of %d per %v lets nothing through", own.Limit, own.Per)
		case own.Counts != documented.Counts || own.Param != documented.Param || own.Pool != documented.Pool:
			return refuse(ep.Path, "what the quota counts cannot be changed")
		}
		for _, c := range own.Caps {
			if c.Uses == nil && (c.Limit <= 0 || c.Per <= 0) {
				return refuse(ep.Path, "a cap of %d per %v lets nothing through", c.Limit, c.Per)
			}
		}
		if own.Pool == "" {
			continue
		}
		if first, ok := pools[own.Pool]; ok && (first.Limit != own.Limit || first.Per != own.Per) {
			return refuse(ep.Path, "shares its quota with an endpoint that is given another one")
		}
		pools[own.Pool] = own
	}
	return nil
}

// Limits returns what use falls under: the endpoint's quota first, then its caps. It is empty
// where none is documented. Those who write a [Limiter] need it.
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

// of is the quota that holds for ep, and by what it is to be multiplied.
func (q Quotas) of(ep *endpoint.Endpoint) (endpoint.Quota, float64) {
	if own, ok := q.Endpoints[ep]; ok {
		return own, 1
	}
	if known := endpoint.ByPath(ep.Method, ep.Path); known != nil { // of which ep is a copy
		if own, ok := q.Endpoints[known]; ok {
			return own, 1
		}
	}
	if ep.Quota.Pool != "" {
		for _, own := range q.Endpoints {
			if own.Pool == ep.Quota.Pool {
				return own, 1
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

// pathKey tells endpoints with one path apart. That of the one to POST is the path.
func pathKey(ep *endpoint.Endpoint) string {
	if ep.Method != http.MethodPost && ep.Method != "" && endpoint.ByPath(http.MethodPost, ep.Path) != nil {
		return ep.String()
	}
	return ep.Path
}

// newQuotaLimit multiplies. Where less than one would be left, the time is stretched in its place.
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

// use is what the call takes of its quotas.
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

// capParams are the parameters by which the endpoint's caps tell calls apart.
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
