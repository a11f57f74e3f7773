package webhook

import (
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/rongcloud-go/rongcloud"
)

// sources are the addresses on RongCloud's page about callbacks; for Beijing also the one from
// which the console tests a URL.
var sources = []struct {
	region    rongcloud.Region
	addresses []string
}{
	{rongcloud.RegionBeijing, []string{
		"39.105.128.42", "39.105.147.30", "123.56.88.42", "182.92.215.38", "182.92.84.148",
		"39.106.150.151", "39.107.75.101", "101.201.34.95", "39.106.2.63", "101.200.62.251",
		"47.93.57.144",
	}},
	{rongcloud.RegionSingapore, []string{
		"52.221.93.74", "8.219.168.45", "8.219.93.148", "8.219.215.35", "8.219.43.97", "47.245.124.194", "8.222.167.17",
		"47.236.149.1", "8.219.217.193", "8.222.202.67", "43.156.138.254", "43.163.81.196", "43.156.239.53",
	}},
	{rongcloud.RegionNorthAmerica, []string{"52.41.206.152"}},
	{rongcloud.RegionSaudiArabia, []string{
		"8.213.17.80", "8.213.16.171", "8.213.28.96", "101.46.58.181", "80.238.230.175", "101.46.53.241",
	}},
}

// Sources returns the addresses from which RongCloud sends callbacks, for the given data centres
// or for all. RongCloud may add some: compare with its page before you rely on them. Singapore B
// is assumed to send from the addresses of Singapore.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth-callback
func Sources(regions ...rongcloud.Region) []netip.Prefix {
	var prefixes []netip.Prefix
	for _, s := range sources {
		wanted := len(regions) == 0 || slices.Contains(regions, s.region) ||
			s.region == rongcloud.RegionSingapore && slices.Contains(regions, rongcloud.RegionSingaporeB)
		if !wanted {
			continue
		}
		for _, address := range s.addresses {
			addr, _ := netip.ParseAddr(address)
			prefixes = append(prefixes, netip.PrefixFrom(addr, addr.BitLen()))
		}
	}
	return prefixes
}

// remoteAddr is the address of the connection.
func remoteAddr(r *http.Request) netip.Addr {
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil {
		return at.Addr()
	}
	addr, _ := netip.ParseAddr(r.RemoteAddr)
	return addr
}

// unmapPrefix turns a prefix of IPv4-mapped IPv6 addresses into the IPv4 prefix, and clears the
// host bits.
func unmapPrefix(p netip.Prefix) netip.Prefix {
	const mapped = 96 // bits of ::ffff:0:0
	if p.Addr().Is4In6() && p.Bits() >= mapped {
		p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mapped)
	}
	return p.Masked()
}

// ForwardedFor returns a function for [WithClientAddr] that finds the client's address behind
// proxies that append to X-Forwarded-For, as nginx, HAProxy and cloud load balancers do. The
// trusted prefixes must be the addresses of your own proxies only.
//
// It relies only on what a trusted proxy has written: starting with the address of the connection,
// it goes back through the header from its end while the addresses are trusted, and returns the
// first that is not. A client that sends the header itself gains nothing. Ports and zones are
// dropped. For an entry that is not an address it returns the zero address, which no source
// admits.
func ForwardedFor(trusted ...netip.Prefix) func(*http.Request) netip.Addr {
	proxies := make([]netip.Prefix, 0, len(trusted))
	for _, p := range trusted {
		if p.IsValid() {
			proxies = append(proxies, unmapPrefix(p))
		}
	}
	return func(r *http.Request) netip.Addr {
		addr := remoteAddr(r).Unmap().WithZone("")
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		if len(hops) == 1 && strings.TrimSpace(hops[0]) == "" {
			return addr
		}
		for i := len(hops) - 1; i >= 0 && within(proxies, addr); i-- {
			addr = parseHop(hops[i])
		}
		return addr
	}
}

// parseHop reads an address with or without a port: 192.0.2.1, 192.0.2.1:443, 2001:db8::1,
// [2001:db8::1], [fe80::1%eth0]:443.
func parseHop(text string) netip.Addr {
	text = strings.TrimSpace(text)
	if with, err := netip.ParseAddrPort(text); err == nil {
		return with.Addr().Unmap().WithZone("")
	}
	if inner, ok := strings.CutPrefix(text, "["); ok {
		text = strings.TrimSuffix(inner, "]")
	}
	addr, _ := netip.ParseAddr(text)
	return addr.Unmap().WithZone("")
}

func within(prefixes []netip.Prefix, addr netip.Addr) bool {
	return slices.ContainsFunc(prefixes, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// admits reports whether a request comes from an allowed address.
func (c *config) admits(r *http.Request) bool {
	if len(c.sources) == 0 {
		return true
	}
	return within(c.sources, c.clientAddr(r).Unmap().WithZone(""))
}
