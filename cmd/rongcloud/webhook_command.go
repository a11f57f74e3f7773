package main

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/rongcloudtest"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func newWebhookCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Receive, make, replay and check callbacks",
		Long: `Receive, make, replay and check callbacks.

They are signed with the App Secret of the profile in use. Without any profile it is that of the emulator,
test-app-secret, so that no account is needed: give it to your handler, too.`,
		Example: "  rongcloud webhook trigger message_sync --to http://localhost:8080/rongcloud\n  rongcloud webhook listen --forward-to http://localhost:8080/rongcloud",
		Args:    cobra.NoArgs,
	}
	cmd.AddCommand(newListenCommand(a), newTriggerCommand(a), newReplayCommand(a), newVerifyCommand(a))
	return cmd
}

// callbackProfile returns the profile whose secret signs callbacks: the profile in use, or else
// the emulator's app.
func (a *app) callbackProfile() (profile, error) {
	file, err := a.loadProfiles()
	if err != nil {
		return profile{}, err
	}
	if a.profileName == "" && a.env(envAppKey) == "" && a.env(envAppSecret) == "" && a.env(envProfile) == "" && file.Current == "" {
		return profile{Source: "the emulator's app", AppKey: rongcloudtest.DefaultAppKey, AppSecret: rongcloudtest.DefaultAppSecret}, nil
	}
	return a.profile()
}

// signer returns an App that signs callbacks as RongCloud does.
func (p profile) signer() webhooktest.App {
	return webhooktest.App{Key: p.AppKey, Secret: string(p.AppSecret)}
}

// callbackTarget parses the URL that a flag gives.
func callbackTarget(flag, text string) (*url.URL, error) {
	target, err := url.Parse(text)
	if err != nil || target.Host == "" || target.Scheme != "http" && target.Scheme != "https" {
		return nil, usagef("--%s: %q is not a URL such as http://localhost:8080/rongcloud", flag, text)
	}
	return target, nil
}

// confirmTarget asks before a real app's signature goes to another machine by plain HTTP, or in
// production at all, because anyone who gets the signature can call the Server API with it.
func (a *app) confirmTarget(ctx context.Context, p profile, target *url.URL) error {
	ip := net.ParseIP(target.Hostname())
	if target.Hostname() == "localhost" || ip != nil && ip.IsLoopback() || p.AppKey == rongcloudtest.DefaultAppKey {
		return nil
	}
	if target.Scheme == "https" && !p.Production {
		return nil
	}
	return a.confirm(ctx, "send a signature of %s, which is as good as a password, to %s", p.Source, target.Host)
}

// checkTimeout returns an error for a timeout that http.Client would take for no limit.
func checkTimeout(limit time.Duration) error {
	if limit <= 0 {
		return usagef("--timeout: %v is not above 0", limit)
	}
	return nil
}

// callbackClient returns a client for callbacks. Like the emulator, it does not follow redirects.
func callbackClient(limit time.Duration) *http.Client {
	return &http.Client{
		Timeout:       limit,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
