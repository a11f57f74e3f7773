package live

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// client signs and sends requests unchanged, even invalid ones, which the SDK would not send. It
// sends one at a time.
type client struct {
	key     string
	secret  func() string
	base    string
	http    *http.Client
	limiter rongcloud.Limiter
	names   *names
	shapes  shapes
	calls   int
	pause   time.Duration
}

const (
	maxResponse = 1 << 20
	maxTries    = 3
)

// newClient checks config and fills in its prefix.
func newClient(config *Config) (*client, error) {
	if config.Prefix == "" {
		config.Prefix = NewPrefix()
	}
	if config.Pause == 0 {
		config.Pause = usualPause
	}
	base := config.BaseURL
	if base == "" {
		region := config.Region
		if region == "" {
			region = rongcloud.RegionBeijing
		}
		if urls := region.BaseURLs(); urls != nil {
			base = urls[0]
		}
	}
	u, err := url.Parse(base)
	switch {
	case config.AppKey == "":
		return nil, errors.New("live: AppKey is empty")
	case config.AppSecret == nil || config.AppSecret() == "":
		return nil, errors.New("live: AppSecret is empty")
	case !validPrefix.MatchString(config.Prefix):
		return nil, fmt.Errorf("live: Prefix %q is not like %s0f3a9c21", config.Prefix, prefixStart)
	case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "":
		return nil, errors.New("live: BaseURL, or that of Region, is not the address of an API")
	}
	// Half of the quotas is enough, and leaves the other half to the app.
	limiter, err := rongcloud.NewLimiter(rongcloud.Quotas{Factor: 0.5})
	if err != nil {
		return nil, err
	}
	transport := config.Transport
	if transport == nil {
		transport = &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: callTimeout}
	}
	return &client{
		key: config.AppKey, secret: config.AppSecret, base: strings.TrimSuffix(base, "/"), limiter: limiter,
		http: &http.Client{
			Transport: transport, Timeout: callTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		names: &names{prefix: config.Prefix, seen: map[string]bool{}, made: map[string]bool{}}, shapes: shapes{},
		pause: config.Pause,
	}, nil
}

func (c *client) now() time.Time { return time.Now() }

// do makes a call, retries if the rate was too high, and keeps what the question asks for.
func (c *client) do(ctx context.Context, made call, known vars) reply {
	params := c.expand(made.params, known)
	signing := auth{nonce: c.expand(made.auth.nonce, known), timestamp: c.expand(made.auth.timestamp, known),
		upper: made.auth.upper}
	var r reply
	for try := range maxTries {
		if r = c.send(ctx, made.ep, params, signing); !r.rateLimited() {
			break
		}
		if err := sleep(ctx, time.Second<<try); err != nil {
			return reply{err: err}
		}
	}
	if r.ok {
		c.names.note(made.ep, params)
	}
	if name, path, ok := strings.Cut(made.keep, "="); ok && r.ok {
		if text, isText := r.at(path).(string); isText {
			known[name] = text
		}
	}
	return r
}

// send makes one request. It refuses endpoints in leftOut, and requests that name anybody outside
// the prefix.
func (c *client) send(ctx context.Context, ep *endpoint.Endpoint, params string, signing auth) reply {
	pairs, body, contentType, err := encode(ep, params)
	if err == nil {
		err = c.guard(ep, pairs)
	}
	if err != nil {
		return reply{err: err}
	}
	use := rongcloud.QuotaUse{Endpoint: ep, Units: units(ep, pairs)}
	if err := c.limiter.Wait(ctx, use); err != nil {
		return reply{err: err}
	}
	address := c.base + ep.Path
	if ep.Encoding == endpoint.Query {
		address, body = address+"?"+body, ""
	}
	req, err := http.NewRequestWithContext(ctx, ep.Method, address, strings.NewReader(body))
	if err != nil {
		return reply{err: errors.New("the request cannot be built")}
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	c.sign(req, signing)
	c.calls++
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{err: withoutAddress(ctx, err)}
	}
	defer resp.Body.Close()
	r := read(ep, resp)
	if r.rateLimited() {
		c.limiter.Refused(use, 0)
	}
	c.shapes.note(ep, r)
	return r
}

// encode returns the fields of params, and the body or query that carries them.
func encode(ep *endpoint.Endpoint, params string) (pairs []pair, body, contentType string, err error) {
	switch ep.Encoding {
	case endpoint.JSON:
		var document any
		if err := json.Unmarshal([]byte(params), &document); err != nil {
			return nil, "", "", fmt.Errorf("the body for %s is not JSON", ep.Path)
		}
		return fieldsOf("", document, nil), params, "application/json; charset=UTF-8", nil
	case endpoint.None, endpoint.Form, endpoint.Query:
		pairs = pairsOf(params)
		form := make([]string, len(pairs))
		for i, p := range pairs {
			form[i] = url.QueryEscape(p.name) + "=" + url.QueryEscape(p.value)
		}
		if ep.Encoding == endpoint.Form {
			contentType = "application/x-www-form-urlencoded; charset=UTF-8"
		}
		return pairs, strings.Join(form, "&"), contentType, nil
	default:
		return nil, "", "", fmt.Errorf("%s has an unknown encoding", ep.Path)
	}
}

// fieldsOf returns the texts of a JSON document, each with the name of its field.
func fieldsOf(name string, value any, pairs []pair) []pair {
	switch v := value.(type) {
	case string:
		pairs = append(pairs, pair{name, v})
	case []any:
		for _, item := range v {
			pairs = fieldsOf(name, item, pairs)
		}
	case map[string]any:
		for inner, item := range v {
			pairs = fieldsOf(inner, item, pairs)
		}
	}
	return pairs
}

func (c *client) sign(req *http.Request, signing auth) {
	nonce, timestamp := signing.nonce, signing.timestamp
	if nonce == "" {
		nonce = newNonce()
	}
	if timestamp == "" {
		timestamp = strconv.FormatInt(c.now().UnixMilli(), 10)
	}
	signature := rongcloud.Sign(c.secret(), nonce, timestamp)
	if signing.upper {
		signature = strings.ToUpper(signature)
	}
	req.Header.Set("App-Key", c.key)
	req.Header.Set("Nonce", nonce)
	req.Header.Set("Timestamp", timestamp)
	req.Header.Set("Signature", signature)
	req.Header.Set("User-Agent", "rongcloud-go/"+rongcloud.Version+" live")
}

// units returns how many units of the endpoint's quota the request uses.
func units(ep *endpoint.Endpoint, pairs []pair) int {
	n := 0
	for _, p := range pairs {
		if ep.Quota.Counts == endpoint.Targets && p.name == ep.Quota.Param {
			n += 1 + strings.Count(p.value, ",")
		}
	}
	return max(n, 1)
}

func read(ep *endpoint.Endpoint, resp *http.Response) reply {
	r := reply{status: resp.StatusCode}
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxResponse+1))
	switch {
	case err != nil:
		return reply{err: errors.New("the response broke off")}
	case len(text) > maxResponse:
		return reply{err: errors.New("the response is too long")}
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if decoder.Decode(&r.body) != nil {
		if resp.StatusCode/100 == 2 {
			return reply{err: fmt.Errorf("HTTP %d without JSON", resp.StatusCode)}
		}
		return r // a proxy's page, or nothing
	}
	if number, ok := r.at("code").(json.Number); ok {
		r.code, _ = strconv.Atoi(number.String())
	}
	r.ok = resp.StatusCode/100 == 2 && ep.Success.Has(r.code)
	if resp.StatusCode >= http.StatusInternalServerError {
		r.err = fmt.Errorf("HTTP %d, code %d", r.status, r.code)
	}
	return r
}

// withoutAddress removes from an error of net/http what the report need not show.
func withoutAddress(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var timeout interface{ Timeout() bool }
	if errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("no response within %v", callTimeout)
	}
	return errors.New("the connection failed")
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
