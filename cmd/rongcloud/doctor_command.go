package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
)

const (
	examLimit = 10 * time.Second // for one check
	// maxSkew is how far the clock may be off before doctor calls it bad. RongCloud does not
	// document which timestamps it refuses.
	maxSkew = time.Minute
)

// finding is the result of one check.
type finding struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
}

func newDoctorCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:   "doctor",
		Short: "Find out why calls fail: DNS, TLS, clock, App Key and signature",
		Long: `Find out why calls fail. It looks up and connects to each host of the data centre, compares the clocks, and makes a
signed call that changes nothing. If the App Key is not accepted, it tries the other data centres.`,
		Example: "  rongcloud doctor\n  rongcloud doctor --profile production --json",
		Args:    cobra.NoArgs,
		RunE:    a.do(func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context()) }),
	}
}

func (a *app) doctor(ctx context.Context) error {
	p, err := a.profile()
	if err != nil {
		return err
	}
	client, err := a.clientOf(p, rongcloud.WithoutRetries())
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	findings := []finding{{"App Key", true, p.AppKey + ", from " + p.Source}}
	addresses := p.APIURLs
	if len(addresses) == 0 {
		addresses = rongcloud.Region(p.where()).BaseURLs()
	}
	for _, address := range addresses {
		findings = append(findings, examineHost(ctx, address)...)
	}
	findings = append(findings, a.examineKey(ctx, p, client))
	failed := 0
	table := &textTable{style: func(row, column int) lipgloss.Style { return a.verdictStyle(column == 0, findings[row].OK) }}
	for _, f := range findings {
		word := "ok"
		if !f.OK {
			failed++
			word = "BAD"
		}
		table.rows = append(table.rows, []string{word, f.Check, f.Detail})
	}
	err = a.show(findings, func(io.Writer) error { return a.printTable(table) })
	if err != nil {
		return err
	}
	if failed > 0 {
		a.talk("%d of %d checks failed.", failed, len(findings))
		return exitError(exitRefused)
	}
	return nil
}

// verdictStyle returns the style of a cell: coloured if it has a verdict, else plain.
func (a *app) verdictStyle(has, ok bool) lipgloss.Style {
	switch {
	case !has || !a.colours():
		return lipgloss.NewStyle()
	case ok:
		return good
	}
	return bad
}

// examineHost looks up a host, connects to it and compares its clock.
func examineHost(ctx context.Context, address string) []finding {
	ctx, cancel := context.WithTimeout(ctx, examLimit)
	defer cancel()
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Hostname() == "" {
		return []finding{{"host", false, fmt.Sprintf("%q is not an address", address)}}
	}
	name := finding{Check: "name of " + u.Hostname()}
	if proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err == nil && proxy != nil {
		name.OK, name.Detail = true, "the proxy "+proxy.Redacted()+" looks it up"
		return append([]finding{name}, examineConnection(ctx, u)...)
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, u.Hostname())
	if err != nil {
		name.Detail = "it cannot be looked up: " + err.Error()
		return []finding{name}
	}
	name.OK, name.Detail = true, strings.Join(addresses, ", ")
	return append([]finding{name}, examineConnection(ctx, u)...)
}

func examineConnection(ctx context.Context, u *url.URL) []finding {
	connection := finding{Check: "connection to " + u.Host}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, u.String(), nil)
	if err != nil {
		connection.Detail = err.Error()
		return []finding{connection}
	}
	began := time.Now()
	response, err := transport.RoundTrip(request)
	took := time.Since(began)
	if err != nil {
		connection.Detail = plainNetError(err)
		return []finding{connection}
	}
	defer response.Body.Close()
	connection.OK, connection.Detail = true, took.Round(time.Millisecond).String()
	if state := response.TLS; state != nil {
		connection.Detail += ", " + tls.VersionName(state.Version) + ", certificate until " + state.PeerCertificates[0].NotAfter.Format(time.DateOnly)
	}
	if theirs, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		return []finding{connection, examineClock(time.Now().Add(-took/2), theirs)}
	}
	return []finding{connection}
}

func examineClock(ours, theirs time.Time) finding {
	skew := ours.Sub(theirs).Round(time.Second)
	f := finding{"clock", skew.Abs() <= maxSkew, fmt.Sprintf("%v off the server's", skew.Abs())}
	if skew.Abs() <= time.Second { // a Date header has whole seconds
		f.Detail = "the server's, as far as it tells the time"
	}
	if !f.OK {
		f.Detail += ": set this machine's clock, as a signature carries the time"
	}
	return f
}

// plainNetError explains in plain words why a connection failed.
func plainNetError(err error) string {
	var certificate *tls.CertificateVerificationError
	var plain tls.RecordHeaderError
	var timeout net.Error
	switch {
	case errors.As(err, &certificate):
		return "its certificate is not accepted: " + certificate.Err.Error() + "; is there a proxy that looks into TLS?"
	case errors.As(err, &plain):
		return "it does not speak TLS: is the address to begin with http://?"
	case errors.As(err, &timeout) && timeout.Timeout():
		return "no response within " + examLimit.String() + ": is there a firewall?"
	}
	return err.Error()
}

// examineKey checks App Key and App Secret with a call that changes nothing.
func (a *app) examineKey(ctx context.Context, p profile, client *rongcloud.Client) finding {
	f := finding{Check: "signed call"}
	ctx, cancel := context.WithTimeout(ctx, examLimit)
	defer cancel()
	err := client.Ping(ctx)
	var e *rongcloud.Error
	switch {
	case err == nil:
		f.OK, f.Detail = true, "App Key and App Secret are accepted"
		return f
	case !errors.As(err, &e):
		f.Detail = err.Error()
		return f
	}
	f.Detail = err.Error()
	if fact, known := codeFacts[int(e.Code)]; known {
		f.Detail += ". " + fact.remedy
	}
	if errors.Is(err, rongcloud.ErrUnauthorized) && len(p.APIURLs) == 0 {
		if region := a.otherRegion(ctx, p); region != "" {
			f.Detail += " The data centre " + region + " accepts it: rongcloud login --region " + region
		}
	}
	return f
}

// otherRegion returns another data centre that accepts the App Key and App Secret of the profile,
// or "" if none does.
func (a *app) otherRegion(ctx context.Context, p profile) string {
	for _, region := range rongcloud.Regions() {
		if string(region) == p.where() {
			continue
		}
		p.Region = string(region)
		client, err := a.clientOf(p, rongcloud.WithoutRetries())
		if err != nil {
			continue
		}
		err = client.Ping(ctx)
		client.CloseIdleConnections()
		if err == nil {
			return string(region)
		}
	}
	return ""
}
