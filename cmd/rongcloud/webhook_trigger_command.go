package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// triggerFlags holds the flags of webhook trigger.
type triggerFlags struct {
	to                           string
	set                          []string
	edit                         bool
	badSignature, stale, replays bool
	timeout                      time.Duration
}

func newTriggerCommand(a *app) *cobra.Command {
	var f triggerFlags
	cmd := &cobra.Command{
		Use:   "trigger [KIND]",
		Short: "Make a signed callback of any kind, and send it to a handler",
		Long: `Make a signed callback of any kind, and send it to a handler. Without --to it is printed, with placeholders for the
signature; without a kind the kinds are listed.

--set has the names that RongCloud uses: rongcloud webhook trigger KIND shows them. NAME=VALUE changes a field, and
NAME:=JSON also adds one; a path such as data.fromUserId leads into JSON.
With --bad-signature, --stale or --replay a handler that takes the callback fails: the exit code is 1.`,
		Example: `  rongcloud webhook trigger message_sync --to http://localhost:8080/rongcloud
  rongcloud webhook trigger pre_message --to http://localhost:8080/rongcloud --set 'content={"content":"bad"}'
  rongcloud webhook trigger group_operation
  rongcloud webhook trigger user_online_status --to http://localhost:8080/rongcloud --bad-signature`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completeKind,
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return a.listKinds(cmd.LocalNonPersistentFlags())
			}
			return a.trigger(cmd.Context(), f, args[0])
		}),
	}
	flags := cmd.Flags()
	flags.StringVar(&f.to, "to", "", "`URL` of the handler")
	flags.StringArrayVar(&f.set, "set", nil, "`NAME=VALUE` of a field to change; can be repeated")
	flags.BoolVar(&f.edit, "edit", false, "change the body in the editor that VISUAL or EDITOR names")
	flags.BoolVar(&f.badSignature, "bad-signature", false, "send a signature that is wrong")
	flags.BoolVar(&f.stale, "stale", false, "send a signature that is a day old")
	flags.BoolVar(&f.replays, "replay", false, "send it again with the same signature and another body, as an attacker would")
	flags.DurationVar(&f.timeout, "timeout", 10*time.Second, "how long the handler may take")
	cmd.MarkFlagsMutuallyExclusive("bad-signature", "stale", "replay")
	return cmd
}

func completeKind(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return kindNames(), cobra.ShellCompDirectiveNoFileComp
}

func kindNames() []string {
	var names []string
	for _, kind := range webhooktest.Kinds() {
		names = append(names, string(kind))
	}
	return names
}

// shownKind is a kind of callback as webhook trigger lists it.
type shownKind struct {
	Kind    webhook.Kind `json:"kind"`
	Summary string       `json:"summary"`
	Go      string       `json:"go"`
	Body    string       `json:"body"`
	In      string       `json:"signedIn"`
}

// listKinds lists the kinds of callbacks. It refuses flags, because they need a callback.
func (a *app) listKinds(flags *pflag.FlagSet) error {
	var given error
	flags.VisitAll(func(flag *pflag.Flag) {
		if flag.Changed {
			given = usagef("--%s goes with a KIND; rongcloud webhook trigger lists the kinds", flag.Name)
		}
	})
	if given != nil {
		return given
	}
	var all []shownKind
	var rows [][]string
	for _, kind := range webhooktest.Kinds() {
		c, err := sampleCallback(kind)
		if err != nil {
			return err
		}
		s := shownKind{kind, kindSummaries[string(kind)], reflect.TypeOf(webhooktest.Sample(kind)).Elem().String(), "JSON", "headers"}
		if c.isForm() {
			s.Body = "form"
		}
		if c.Query != "" {
			s.In = "query"
		}
		all = append(all, s)
		rows = append(rows, []string{string(kind), s.Body, s.In, s.Go, s.Summary})
	}
	return a.show(all, func(io.Writer) error {
		return a.table([]string{"KIND", "BODY", "SIGNATURE", "IN GO", "SUMMARY"}, rows, "IN GO", "BODY", "SIGNATURE")
	})
}

// sampleCallback returns a callback of a kind with values for all fields.
func sampleCallback(kind webhook.Kind) (callback, error) {
	event := webhooktest.Sample(kind)
	if event == nil {
		return callback{}, usagef("%q is no kind of callback; there are %s", kind, strings.Join(kindNames(), ", "))
	}
	r, err := profile{AppKey: placeAppKey}.signer().Request(context.Background(), "http://localhost/", event)
	if err != nil {
		return callback{}, err
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return callback{}, err
	}
	return recordCallback(r, kind, body), nil
}

func (a *app) trigger(ctx context.Context, f triggerFlags, kind string) error {
	if err := checkTimeout(f.timeout); err != nil {
		return err
	}
	c, err := sampleCallback(webhook.Kind(kind))
	if err != nil {
		return err
	}
	p, err := a.callbackProfile()
	if err != nil {
		return err
	}
	c.Body = strings.NewReplacer(url.QueryEscape(placeAppKey), url.QueryEscape(p.AppKey), placeAppKey, p.AppKey).Replace(c.Body)
	for _, pair := range f.set {
		if err := c.set(pair); err != nil {
			return err
		}
	}
	if f.edit {
		if err := a.edit(ctx, &c); err != nil {
			return err
		}
	}
	if f.to == "" {
		if f.badSignature || f.stale || f.replays {
			return usagef("--bad-signature, --stale and --replay need --to")
		}
		return a.show(c, func(w io.Writer) error { _, err := io.WriteString(w, c.asHTTP()); return err })
	}
	target, err := callbackTarget("to", f.to)
	if err != nil {
		return err
	}
	if err := a.confirmTarget(ctx, p, target); err != nil {
		return err
	}
	return a.fire(ctx, f, p, target, c)
}

// fire sends a callback, signed as the flags say.
func (a *app) fire(ctx context.Context, f triggerFlags, p profile, target *url.URL, c callback) error {
	at := time.Now()
	if f.stale {
		at = at.Add(-24 * time.Hour)
	}
	s := sign(p, freshNonce(), at)
	var forged forgery
	switch {
	case f.badSignature:
		s, forged = s.withWrongSignature(), wrongSignature
	case f.stale:
		forged = staleSignature
	}
	d, err := a.deliver(ctx, f, p, target, c, s, forged)
	if err != nil {
		return err
	}
	if f.replays {
		if !d.taken() {
			return checkDelivery(d, forged, p)
		}
		c.alter()
		forged = usedSignature
		if d, err = a.deliver(ctx, f, p, target, c, s, forged); err != nil {
			return err
		}
	}
	return checkDelivery(d, forged, p)
}

// forgery describes what is wrong with a forged callback, and how a handler can detect it. The
// zero value is for a genuine callback.
type forgery struct{ how, check string }

var (
	wrongSignature = forgery{"with a wrong signature", "compare the signature with the SHA-1 of App Secret, nonce and timestamp"}
	staleSignature = forgery{"signed a day ago", "compare the timestamp with the clock"}
	usedSignature  = forgery{"with the same signature and another body", "remember which signatures it has taken"}
)

func (a *app) deliver(ctx context.Context, f triggerFlags, p profile, target *url.URL, c callback, s signing, forged forgery) (delivery, error) {
	r, err := c.request(ctx, target, s)
	if err != nil {
		return delivery{}, err
	}
	d := a.post(p, callbackClient(f.timeout), r, c.Kind)
	d.Signed = forged.how
	if ctx.Err() != nil {
		return d, ctx.Err()
	}
	return d, a.line(d, d.text(a))
}

// checkDelivery returns an error unless the handler accepted a genuine callback or refused a
// forged one.
func checkDelivery(d delivery, forged forgery, p profile) error {
	isForged := forged != forgery{}
	switch {
	case d.Status == 0:
		return &hintedError{errors.New("the handler did not respond: " + d.Error), reachHint(d.cause, "to")}
	case forged == usedSignature && d.taken() && d.Kind == webhook.KindPreMessage:
		// A handler responds to a replayed question with its fallback, which may be to allow the
		// message.
		return nil
	case isForged && d.taken():
		return &hintedError{fmt.Errorf("the handler took a callback %s", forged.how), "anybody could send it: the handler has to " + forged.check + ", as webhook.Handler of the Go SDK does"}
	case isForged && d.Status < 500 && d.Status >= 400:
		return nil
	case !d.taken():
		hint := ""
		if d.Status == 401 || d.Status == 403 {
			hint = "it was signed with the App Secret of " + p.Source + ": is it the handler's, too?"
		}
		return &hintedError{fmt.Errorf("the handler did not take the callback: HTTP %d", d.Status), hint}
	}
	return nil
}

// alter changes the bytes of the body so that its fields keep their values.
func (c *callback) alter() {
	if c.isForm() {
		c.Body += "&again=1"
	} else {
		c.Body += " "
	}
}

func freshNonce() string {
	n, err := rand.Int(rand.Reader, big.NewInt(1e18))
	if err != nil { // crypto/rand does not fail
		return rand.Text()
	}
	return n.String()
}

// kindSet parses kinds joined by commas.
func kindSet(text string) (map[webhook.Kind]bool, error) {
	if text == "" {
		return nil, nil //nolint:nilnil // nil means all kinds
	}
	kinds := map[webhook.Kind]bool{}
	for name := range strings.SplitSeq(text, ",") {
		if !slices.Contains(kindNames(), name) {
			return nil, usagef("--kinds: %q is no kind of callback; there are %s", name, strings.Join(kindNames(), ", "))
		}
		kinds[webhook.Kind(name)] = true
	}
	return kinds, nil
}
