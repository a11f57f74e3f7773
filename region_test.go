package rongcloud

import (
	"os"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRegionHostsAreTheCatalogues(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("api/signing.yaml")
	require.NoError(t, err)
	entry := regexp.MustCompile(`(?m)^    - id: (\S+)\n      name: .*\n      primary: (\S+)\n      backup: (\S+)$`)
	var ids []Region
	for _, m := range entry.FindAllStringSubmatch(string(text), -1) {
		region := Region(m[1])
		ids = append(ids, region)
		require.Equal(t, []string{"https://" + m[2], "https://" + m[3]}, region.BaseURLs(), region)
	}
	require.Len(t, ids, 5)
	require.Equal(t, ids, Regions())
}

func TestRegionUnknown(t *testing.T) {
	t.Parallel()
	for _, region := range []Region{"", "XX", "bj", "SG_C"} {
		require.Empty(t, region.BaseURLs(), region)
	}
	changed := Regions()
	changed[0] = "XX"
	require.Equal(t, RegionBeijing, Regions()[0], "a caller may not change the list for others")
}

func TestRegionZone(t *testing.T) {
	t.Parallel()
	for _, region := range Regions() {
		_, offset := time.Unix(0, 0).In(region.TimeZone()).Zone()
		want := 0
		if region == RegionBeijing {
			want = 8 * 60 * 60
		}
		require.Equal(t, want, offset, region)
	}
}

// One of RongCloud's own base URLs determines the zone of dates, unless the caller does.
func TestBaseURLZone(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]Region{
		"https://api.sg-light-api.com": RegionSingapore, "https://api-b.sg-light-api.com": RegionSingapore, "HTTPS://API.SG-B-LIGHT-API.COM:443/": RegionSingaporeB,
		"https://api.us-light-api.com.": RegionNorthAmerica, "http://api-b.sau-light-api.com:8080": RegionSaudiArabia, "https://api.rong-api.com": RegionBeijing,
		"https://api-sg01.ronghub.com": RegionSingapore, "https://api-cn.ronghub.com": RegionBeijing,
		"https://im.example.com": RegionBeijing, "https://api.sg-light-api.com.example.com": RegionBeijing, "https://evilsg-light-api.com": RegionBeijing,
		"http://127.0.0.1:80": RegionBeijing,
	} {
		client, err := New("k", "s", WithBaseURL(address, "https://api.us-light-api.com"))
		require.NoError(t, err, address)
		require.Equal(t, want.TimeZone(), client.core.zone, address)
		for _, options := range [][]Option{
			{WithRegion(RegionSaudiArabia), WithBaseURL(address)}, {WithBaseURL(address), WithRegion(RegionSaudiArabia)},
		} {
			client, err = New("k", "s", options...)
			require.NoError(t, err, address)
			require.Equal(t, time.UTC, client.core.zone, "what the caller says counts")
		}
		client, err = New("k", "s", WithRegion(RegionBeijing), WithBaseURL(address))
		require.NoError(t, err)
		require.Equal(t, RegionBeijing.TimeZone(), client.core.zone, "the default said aloud, too")
	}
}

func TestParseHost(t *testing.T) {
	t.Parallel()
	tests := []struct {
		raw  string
		want host
	}{
		{"https://api.example.com", host{"https", "api.example.com", ""}},
		{"https://api.example.com/", host{"https", "api.example.com", ""}},
		{" https://api.example.com:8443/im/ ", host{"https", "api.example.com:8443", "/im"}},
		{"HTTP://127.0.0.1:80", host{"http", "127.0.0.1:80", ""}},
		{"https://[::1]:8443", host{"https", "[::1]:8443", ""}},
	}
	for _, tt := range tests {
		t.Run(tt.raw, func(t *testing.T) {
			t.Parallel()
			got, err := parseHost("WithBaseURL", tt.raw)
			require.NoError(t, err)
			require.Equal(t, tt.want, got)
		})
	}
}

func TestBaseURLRefusals(t *testing.T) {
	t.Parallel()
	const password = "hunter2"
	tests := map[string]string{
		"empty":                      "",
		"blank":                      "  ",
		"no scheme":                  "api.example.com",
		"no scheme, but a slash":     "//api.example.com",
		"no scheme, but a port":      "api.example.com:443",
		"ftp":                        "ftp://api.example.com",
		"no host":                    "https://",
		"no host, but a path":        "https:///path",
		"no host, but a port":        "https://:8443",
		"user and password":          "https://admin:" + password + "@api.example.com",
		"user only":                  "https://admin@api.example.com",
		"ftp, user and password":     "ftp://admin:" + password + "@api.example.com",
		"query":                      "https://api.example.com?a=b",
		"fragment":                   "https://api.example.com/#top",
		"garbage":                    "https://a b.com",
		"garbage with a password":    "https://admin:" + password + "@a b.com",
		"control character":          "https://api.example.com\n/x",
		"bad port":                   "https://api.example.com:port",
		"bad escape":                 "https://api.example.com/%zz",
		"bad escape with a password": "https://admin:" + password + "@api.example.com/%zz",
		"no scheme with a password":  "admin:" + password + "@api.example.com",
		"no slashes with a password": "https:admin:" + password + "@api.example.com",
		"one slash with a password":  "https:/admin:" + password + "@api.example.com",
		"no scheme, slashed, secret": "//admin:" + password + "@api.example.com",
	}
	for name, raw := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, option := range []Option{WithBaseURL(raw), WithBaseURL("https://good.example.com", raw)} {
				client, err := New("key", "secret", option)
				require.Nil(t, client)
				var refused *ArgumentError
				require.ErrorAs(t, err, &refused)
				require.Equal(t, "WithBaseURL", refused.Field)
				require.NotEmpty(t, refused.Reason)
				require.NotContains(t, err.Error(), password)
			}
		})
	}
}

func regionRing(t *testing.T, addresses ...string) *hosts {
	t.Helper()
	h, err := newHosts("WithBaseURL", addresses)
	require.NoError(t, err)
	return h
}

func regionInUse(h *hosts) string {
	one, _ := h.inUse()
	return one.name
}

func TestHostsGoRoundInACircle(t *testing.T) {
	t.Parallel()
	h := regionRing(t, "https://a.test", "https://b.test", "https://c.test")
	var seen []string
	for range 7 {
		one, turn := h.inUse()
		seen = append(seen, one.name)
		again, sameTurn := h.inUse()
		require.Same(t, one, again, "stays until it fails")
		require.Equal(t, turn, sameTurn)
		require.True(t, h.failed(turn))
	}
	require.Equal(t, []string{"a.test", "b.test", "c.test", "a.test", "b.test", "c.test", "a.test"}, seen)
}

func TestHostsSingleNeverSwitches(t *testing.T) {
	t.Parallel()
	h := regionRing(t, "https://a.test", "https://a.test/")
	for range 3 {
		one, turn := h.inUse()
		require.Equal(t, "a.test", one.name)
		require.False(t, h.failed(turn))
		require.Zero(t, h.switches.Load())
	}
}

func TestHostsDuplicatesCollapse(t *testing.T) {
	t.Parallel()
	h := regionRing(t, "https://a.test", "https://b.test/", "https://a.test/", "https://b.test", "http://a.test", "https://a.test/x")
	want := []host{{"https", "a.test", ""}, {"https", "b.test", ""}, {"http", "a.test", ""}, {"https", "a.test", "/x"}}
	require.Equal(t, want, h.ring)
}

func TestHostsFailingTogetherSwitchOnce(t *testing.T) {
	t.Parallel()
	for range 20 {
		h := regionRing(t, "https://a.test", "https://b.test", "https://c.test")
		_, turn := h.inUse()
		start := make(chan struct{})
		var wait sync.WaitGroup
		for range 100 {
			wait.Go(func() {
				<-start
				if !h.failed(turn) {
					t.Error("another host is in use now")
				}
			})
		}
		close(start)
		wait.Wait()
		require.Equal(t, "b.test", regionInUse(h))
		require.Equal(t, uint64(1), h.switches.Load())
	}
}

func TestHostsLateFailureDoesNotSwitch(t *testing.T) {
	t.Parallel()
	h := regionRing(t, "https://a.test", "https://b.test")
	_, old := h.inUse()
	require.True(t, h.failed(old))
	require.Equal(t, "b.test", regionInUse(h))
	require.True(t, h.failed(old), "another host than the failed one is in use")
	require.Equal(t, "b.test", regionInUse(h))

	// After a full round, the old turn no longer counts, although the same host is in use.
	_, turn := h.inUse()
	require.True(t, h.failed(turn))
	require.Equal(t, "a.test", regionInUse(h))
	h.failed(old)
	require.Equal(t, "a.test", regionInUse(h))
}

func TestNewHostsRefuses(t *testing.T) {
	t.Parallel()
	_, err := newHosts("WithBaseURL", []string{"https://a.test", "nonsense"})
	var refused *ArgumentError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "WithBaseURL", refused.Field)
}

func TestRegionsWithoutOptionAreBeijing(t *testing.T) {
	t.Parallel()
	client, err := New("key", "secret")
	require.NoError(t, err)
	var got []string
	for _, one := range client.core.hosts.ring {
		got = append(got, one.scheme+"://"+one.name+one.path)
	}
	require.True(t, slices.Equal(RegionBeijing.BaseURLs(), got), got)
}
