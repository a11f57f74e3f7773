package main

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/rongcloud-go/rongcloud/examples/appserver/internal/callback"
)

// config holds the settings. The comments name their environment variables, which are all optional.
type config struct {
	address   string         // APPSERVER_ADDR
	database  string         // DATABASE_URL
	redis     *redis.Options // REDIS_URL
	secure    bool           // PUBLIC_URL begins with https://
	operators []string       // OPERATORS: user names, separated by commas
	words     []string       // BLOCKED_WORDS: separated by commas
	lease     time.Duration  // OUTBOX_LEASE
	proxies   []netip.Prefix // TRUSTED_PROXIES: networks, separated by commas
	metrics   string         // METRICS_TOKEN
	live      bool           // one of RONGCLOUD_* is set; if not, the program has a fake RongCloud
}

// readConfig reads the settings from the environment. Its error names each invalid variable.
func readConfig(getenv func(string) string) (config, error) {
	c := config{
		address:   cmp.Or(getenv("APPSERVER_ADDR"), "127.0.0.1:8080"),
		database:  cmp.Or(getenv("DATABASE_URL"), "sqlite:appserver.db"),
		secure:    strings.HasPrefix(getenv("PUBLIC_URL"), "https://"),
		operators: list(getenv("OPERATORS")),
		words:     list(cmp.Or(getenv("BLOCKED_WORDS"), callback.Word)),
		metrics:   getenv("METRICS_TOKEN"),
	}
	for _, name := range []string{"RONGCLOUD_APP_KEY", "RONGCLOUD_APP_SECRET", "RONGCLOUD_REGION", "RONGCLOUD_API_URL"} {
		c.live = getenv(name) != "" || c.live
	}
	var wrong []error
	refuse := func(format string, args ...any) { wrong = append(wrong, fmt.Errorf(format, args...)) }
	if url := getenv("PUBLIC_URL"); url != "" && !c.secure && !strings.HasPrefix(url, "http://") {
		refuse("PUBLIC_URL: must begin with https:// or http://")
	}
	var err error
	if url := getenv("REDIS_URL"); url != "" {
		if c.redis, err = redis.ParseURL(url); err != nil {
			// err may contain the password
			refuse("REDIS_URL: must be redis://USER:PASSWORD@HOST or rediss://…, with special characters as %%XX")
		}
		if !c.live {
			refuse("REDIS_URL: set RONGCLOUD_APP_KEY too; without it, the program has a fake RongCloud and shares nothing")
		}
	}
	lease := cmp.Or(getenv("OUTBOX_LEASE"), "30s")
	if c.lease, err = time.ParseDuration(lease); err != nil || c.lease < time.Second {
		refuse("OUTBOX_LEASE: %q must be a duration of a second or more, such as 30s", lease)
	}
	for _, text := range list(getenv("TRUSTED_PROXIES")) {
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			refuse("TRUSTED_PROXIES: %q is not a network such as 10.0.0.0/8", text)
		}
		c.proxies = append(c.proxies, prefix)
	}
	return c, errors.Join(wrong...)
}

// list splits a text at commas, and drops spaces and empty items.
func list(text string) []string {
	found := []string{}
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			found = append(found, item)
		}
	}
	return found
}
