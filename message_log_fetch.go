package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// logDomains are RongCloud's own domains that a log may come from: those of its API and its site.
var logDomains = func() []string {
	domains := []string{"rongcloud.cn", "rongcloud.io"}
	for _, region := range Regions() {
		for _, address := range region.BaseURLs() {
			_, domain, _ := strings.Cut(address, ".")
			if !slices.Contains(domains, domain) {
				domains = append(domains, domain)
			}
		}
	}
	return domains
}()

// checkLogURL refuses a URL that is on neither RongCloud's nor the caller's hosts. A file on the
// API's own server needs TLS only if the API's base URL has it.
func checkLogURL(raw string, hosts, baseURLs []string) (*url.URL, error) {
	address, err := url.Parse(raw)
	sameHost := func(base string) bool {
		u, err := url.Parse(base)
		return err == nil && u.Scheme == address.Scheme && strings.EqualFold(u.Host, address.Host)
	}
	switch {
	case err == nil && address.User == nil && address.Hostname() != "" && slices.ContainsFunc(baseURLs, sameHost):
		return address, nil
	case err != nil || address.Hostname() == "":
		return nil, logError(nil, errors.New("the server returned an address that is not a URL with a host"))
	case address.Scheme != "https":
		return nil, logError(address, fmt.Errorf("the file is offered over %q, not https", address.Scheme))
	case address.User != nil:
		return nil, logError(nil, errors.New("the server returned an address with a user or password"))
	}
	name, port := strings.ToLower(address.Hostname()), address.Port()
	standard := port == "" || port == "443"
	within := func(domain string) bool {
		domain = strings.ToLower(domain)
		return domain != "" && (standard && (name == domain || strings.HasSuffix(name, "."+domain)) || strings.EqualFold(address.Host, domain))
	}
	if slices.ContainsFunc(logDomains, within) || slices.ContainsFunc(hosts, within) {
		return address, nil
	}
	return nil, logError(address, fmt.Errorf("the file is on %q, which is neither RongCloud's nor in Hosts", address.Host))
}

// logError wraps an error about a log. It includes only the host of the address, since the rest may
// grant access to the file.
func logError(address *url.URL, err error) *Error {
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	e := &Error{what: "message log", Err: err}
	if address != nil {
		e.what += " at " + address.Host
		e.Host = address.Host
	}
	return e
}

// fetchFile downloads a file from RongCloud's storage into w, and returns its length. The request
// is not signed and carries nothing of the client but the User-Agent. Redirects are not followed.
func (k *core) fetchFile(ctx context.Context, address *url.URL, w io.Writer, limit int64, opts []CallOption) (int64, error) {
	config := callConfig{attemptTimeout: k.config.attemptTimeout}
	for _, opt := range opts {
		opt.applyCall(&config)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(config.attemptTimeout, func() { cancel(&attemptTimeoutError{config.attemptTimeout}) })
	defer silence.Stop()
	fail := func(status int, err error) (int64, error) {
		if cause := context.Cause(ctx); cause != nil {
			err = cause
		}
		failure := logError(address, err)
		failure.HTTPStatus = status
		return 0, failure
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return fail(0, err)
	}
	request.Header["User-Agent"] = k.headers.userAgent
	// A RoundTripper has none of an http.Client's cookies and redirects.
	response, err := k.transport().RoundTrip(request) //nolint:bodyclose // closed below
	if err != nil {
		return fail(0, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode/100 == 3:
		return fail(response.StatusCode, fmt.Errorf("redirected to %q, which is never followed", redirectTarget(response)))
	case response.StatusCode != http.StatusOK:
		return fail(response.StatusCode, errors.New("the file is not available"))
	case response.ContentLength > limit:
		return fail(response.StatusCode, errLogFileTooLong)
	}
	body := readerFunc(func(p []byte) (int, error) {
		silence.Reset(config.attemptTimeout)
		return readSome(ctx, response.Body, p)
	})
	size, err := io.Copy(w, io.LimitReader(body, limit+1))
	switch {
	case err != nil:
		return fail(response.StatusCode, err)
	case untrustedEnd(ctx, response) != nil:
		return fail(response.StatusCode, ctx.Err())
	case size > limit:
		return fail(response.StatusCode, errLogFileTooLong)
	}
	return size, nil
}

// transport is the transport of the client's calls, below signing and retries.
func (k *core) transport() http.RoundTripper {
	switch {
	case k.pool != nil:
		// The files are not on the API's hosts, so its rules for connections do not apply.
		return k.pool.Base
	case k.config.httpClient.Transport != nil:
		return k.config.httpClient.Transport
	default:
		return http.DefaultTransport
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
