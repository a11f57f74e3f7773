package emulator

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// helpGroups are the flags in the order in which users need them.
var helpGroups = []struct {
	title string
	names []string
}{
	{"Where it is, and for which app", []string{"listen", "host", "app-key", "app-secret"}},
	{"What it starts with, and keeps", []string{"seed", "memory"}},
	{"How strict it is", []string{"strict", "clock-skew", "quotas"}},
	{"Callbacks", []string{"webhook", "kinds", "pre-messages", "server-messages"}},
	{"Output", []string{"json"}},
	{"In place of serving", []string{"health", "version"}},
}

const docs = "https://github.com/rongcloud-go/rongcloud/blob/main/docs/emulator.md"

// help describes the flags.
func help() string {
	var text strings.Builder
	text.WriteString("rongcloud-emulator is a RongCloud on this machine, for tests in any language. It shows what happens on a page,\n" +
		"and forgets everything when it ends.\n\nUsage: rongcloud-emulator [flags]\n")
	flags := new(settings).flags()
	for _, group := range helpGroups {
		text.WriteString("\n" + group.title + ":\n")
		for _, name := range group.names {
			one := flags.Lookup(name)
			value, usage := flag.UnquoteUsage(one)
			if one.DefValue != "" && one.DefValue != "false" {
				usage += " (default " + one.DefValue + ")"
			}
			fmt.Fprintf(&text, "  %-20s  %s\n", strings.TrimSpace("-"+name+" "+value), usage)
		}
	}
	text.WriteString("\nSeed files and the admin API: " + docs + "\n")
	return text.String()
}

// healthLimit is how long an emulator may take to respond to a health check.
const healthLimit = 5 * time.Second

// checkHealth asks an emulator whether it is serving, for containers that have no other program.
func checkHealth(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, healthLimit)
	defer cancel()
	base := "http://" + (&settings{hosts: []string{"127.0.0.1"}}).reachedAt(address)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, base+adminPath+"clock", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s responds with HTTP %d", base, response.StatusCode)
	}
	return nil
}
