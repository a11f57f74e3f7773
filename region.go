package rongcloud

import (
	"math"
	"net/netip"
	"net/url"
	pathpkg "path"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Region is a data centre of RongCloud. An App Key belongs to one data centre, which its page in
// the console shows.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/base-url
type Region string

// RongCloud's data centres.
const (
	RegionBeijing      Region = "BJ"
	RegionSingapore    Region = "SG"
	RegionSingaporeB   Region = "SG_B"
	RegionNorthAmerica Region = "NA"
	RegionSaudiArabia  Region = "SAU"
)

// Regions returns all data centres.
func Regions() []Region {
	return []Region{RegionBeijing, RegionSingapore, RegionSingaporeB, RegionNorthAmerica, RegionSaudiArabia}
}

// BaseURLs returns the addresses of the region's API, primary first, then backup. It is empty for
// an unknown region.
func (r Region) BaseURLs() []string {
	domain := regionDomains[r]
	if domain == "" {
		return nil
	}
	return []string{"https://api." + domain, "https://api-b." + domain}
}

var regionDomains = map[Region]string{
	RegionBeijing:      "rong-api.com",
	RegionSingapore:    "sg-light-api.com",
	RegionSingaporeB:   "sg-b-light-api.com",
	RegionNorthAmerica: "us-light-api.com",
	RegionSaudiArabia:  "sau-light-api.com",
}

// regionOf returns the region that a base URL belongs to, or Beijing if it is not RongCloud's.
func regionOf(baseURL string) Region {
	if u, err := url.Parse(strings.TrimSpace(baseURL)); err == nil {
		name := strings.TrimSuffix(strings.ToLower(u.Hostname()), ".")
		if name == "api-sg01.ronghub.com" { // the only old name outside Beijing
			return RegionSingapore
		}
		for region, domain := range regionDomains {
			if strings.HasSuffix(name, "."+domain) {
				return region
			}
		}
	}
	return RegionBeijing
}

// TimeZone returns the zone of dates and times of day that the region's servers send and accept
// without a zone: Beijing's for Beijing, UTC for all others.
func (r Region) TimeZone() *time.Location {
	if r == RegionBeijing {
		return time.FixedZone("CST", 8*60*60)
	}
	return time.UTC
}

// host is one address of the API.
type host struct {
	scheme, name string // name is host or host:port
	path         string // prefix without a trailing slash
}

// parseHost parses an address that the caller gave in an option.
func parseHost(option, raw string) (host, error) {
	shown := strconv.Quote(raw)
	if strings.Contains(raw, "@") {
		shown = "a URL with a user or password"
	}
	u, err := url.Parse(strings.TrimSpace(raw))
	switch {
	case err != nil:
		return host{}, refuse(option, "%s is not a URL", shown)
	case u.User != nil:
		return host{}, refuse(option, "%s is not allowed", shown)
	case u.Scheme != "https" && u.Scheme != "http":
		return host{}, refuse(option, "%s must begin with https:// (or http:// in a private network)", shown)
	case u.Hostname() == "":
		return host{}, refuse(option, "%s has no host", shown)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return host{}, refuse(option, "%s must not have a query or fragment", shown)
	}
	if port := u.Port(); port != "" {
		if n, err := strconv.Atoi(port); err != nil || n < 1 || n > math.MaxUint16 {
			return host{}, refuse(option, "%s has a port that is not between 1 and %d", shown, math.MaxUint16)
		}
	}
	path := strings.TrimSuffix(u.Path, "/")
	if u.EscapedPath() != (&url.URL{Path: u.Path}).EscapedPath() || path != "" && (path == "/" || path != pathpkg.Clean(path)) {
		return host{}, refuse(option, "%s has a path that would be changed in transit", shown)
	}
	return host{scheme: u.Scheme, name: strings.TrimSuffix(u.Host, ":"), path: path}, nil
}

// hosts is a ring of addresses that serve the same data, and the one in use.
//
// RongCloud's rule: when the one in use fails, switch at once to the next, stay with it for all
// later calls, and never go back on a timer.
type hosts struct {
	ring []host
	// How often the host in use has failed; modulo the ring's length, the index in use.
	switches atomic.Uint64
}

func newHosts(option string, addresses []string) (*hosts, error) {
	h := &hosts{}
	for _, address := range addresses {
		one, err := parseHost(option, address)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(h.ring, one) {
			h.ring = append(h.ring, one)
		}
	}
	return h, nil
}

// customHosts are the options that set customer-specific addresses, by the catalogue's name for the
// service.
var customHosts = map[string]string{"translation": "WithTranslationURL"}

// hostsByAddress returns the hosts of endpoints that no data centre serves, by their address or by
// the catalogue's name for a service with a customer-specific one. If the caller set base URLs,
// there are only the addresses that the caller also set.
func (c *config) hostsByAddress() (map[string]*hosts, error) {
	found := map[string]*hosts{}
	for word, address := range c.customURLs {
		one, err := parseHost(customHosts[word], address)
		if err != nil {
			return nil, err
		}
		if one.scheme != "https" && !isLoopback(one.name) {
			return nil, refuse(customHosts[word], "%q must begin with https://", address)
		}
		found[word] = &hosts{ring: []host{one}}
	}
	for ep := range endpoint.All() {
		if ep.Host == "" || !c.regional {
			continue
		}
		h, err := newHosts(ep.Name, []string{ep.Host})
		if err != nil {
			return nil, err
		}
		found[ep.Host] = h
	}
	return found, nil
}

// hostsOf returns the hosts that serve a caller's own endpoint. They get signed requests.
func hostsOf(ep *endpoint.Endpoint) (*hosts, error) {
	h, err := newHosts("Endpoint.Host", []string{ep.Host})
	if err == nil && h.ring[0].scheme != "https" && !isLoopback(h.ring[0].name) {
		err = refuse("Endpoint.Host", "%q must begin with https://", ep.Host)
	}
	return h, inCall(err, ep, "")
}

// isLoopback reports whether an address, host or host:port, is this machine's own.
func isLoopback(name string) bool {
	hostname := (&url.URL{Host: name}).Hostname()
	ip, err := netip.ParseAddr(hostname)
	return err == nil && ip.IsLoopback() || strings.EqualFold(hostname, "localhost")
}

// inUse returns the host that calls go to, and its turn, to pass to failed.
func (h *hosts) inUse() (*host, uint64) {
	turn := h.switches.Load()
	return &h.ring[turn%uint64(len(h.ring))], turn
}

// failed moves on from the host that was in use at the given turn, and reports whether another one
// is now in use. If many calls fail together, only the first one switches.
func (h *hosts) failed(turn uint64) bool {
	if len(h.ring) == 1 {
		return false
	}
	h.switches.CompareAndSwap(turn, turn+1)
	return true
}
