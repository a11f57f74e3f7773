package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"charm.land/lipgloss/v2"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
)

// callback is a callback as it is recorded and shown: with placeholders where its signature was,
// as whoever has one can call the Server API with it.
type callback struct {
	Kind       webhook.Kind      `json:"kind"`
	ReceivedAt time.Time         `json:"receivedAt,omitzero"`
	Query      string            `json:"query,omitempty"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body,omitempty"`
	Base64     []byte            `json:"bodyBase64,omitempty"` // in place of Body, if that is no text
	Status     int               `json:"status,omitempty"`     // of the response
}

// The placeholders.
const (
	placeAppKey    = "{appKey}"
	placeNonce     = "{nonce}"
	placeTimestamp = "{timestamp}"
	placeSignature = "{signature}"
)

// placeFor is the placeholder for a parameter or header, or nothing for what is no part of a
// signature.
func placeFor(name string) string {
	switch strings.ReplaceAll(strings.TrimPrefix(strings.ToLower(name), "rc-"), "-", "") {
	case "appkey":
		return placeAppKey
	case "nonce":
		return placeNonce
	case "timestamp", "signtimestamp":
		return placeTimestamp
	case "signature":
		return placeSignature
	}
	return ""
}

// recordCallback takes a request without its signature. What else its query had belongs to the
// address that it came to.
func recordCallback(r *http.Request, kind webhook.Kind, body []byte) callback {
	c := callback{Kind: kind, Headers: map[string]string{}}
	var parts []string
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil && placeFor(plain) != "" {
			parts = append(parts, name+"="+placeFor(plain))
		}
	}
	c.Query = strings.Join(parts, "&")
	for name, values := range r.Header {
		switch place := placeFor(name); {
		case place != "":
			c.Headers[name] = place
		case name == "Content-Type" || name == "Content-Encoding":
			c.Headers[name] = values[0]
		}
	}
	c.setBody(body)
	return c
}

func (c *callback) setBody(body []byte) {
	c.Body, c.Base64 = string(body), nil
	if !utf8.Valid(body) {
		c.Body, c.Base64 = "", body
	}
}

func (c *callback) body() []byte {
	if c.Base64 != nil {
		return c.Base64
	}
	return []byte(c.Body)
}

// isForm reports whether the body is a form.
func (c *callback) isForm() bool {
	return strings.HasPrefix(c.Headers["Content-Type"], "application/x-www-form-urlencoded")
}

// signing is what fills the placeholders.
type signing struct{ appKey, nonce, timestamp, signature string }

func sign(p profile, nonce string, at time.Time) signing {
	timestamp := fmt.Sprintf("%013d", at.UnixMilli())
	return signing{p.AppKey, nonce, timestamp, rongcloud.Sign(string(p.AppSecret), nonce, timestamp)}
}

// spoiled has a signature that no secret makes.
func (s signing) spoiled() signing {
	first := "0"
	if s.signature[:1] == first {
		first = "1"
	}
	s.signature = first + s.signature[1:]
	return s
}

func (s signing) replacer(escape func(string) string) *strings.Replacer {
	return strings.NewReplacer(placeAppKey, escape(s.appKey), placeNonce, escape(s.nonce), placeTimestamp, escape(s.timestamp), placeSignature, escape(s.signature))
}

// request is the callback to a URL, which keeps its own query.
func (c *callback) request(ctx context.Context, target *url.URL, s signing) (*http.Request, error) {
	own := *target
	query := s.replacer(url.QueryEscape).Replace(c.Query)
	if own.RawQuery != "" && query != "" {
		own.RawQuery += "&"
	}
	own.RawQuery += query
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, own.String(), bytes.NewReader(c.body()))
	if err != nil {
		return nil, err
	}
	fill := s.replacer(func(text string) string { return text })
	for name, value := range c.Headers {
		r.Header.Set(name, fill.Replace(value))
	}
	return r, nil
}

// asHTTP is the callback as it travels, with its placeholders.
func (c *callback) asHTTP() string {
	var b strings.Builder
	b.WriteString("POST /")
	if c.Query != "" {
		b.WriteString("?" + c.Query)
	}
	b.WriteString("\n")
	for _, name := range sortedKeys(c.Headers) {
		fmt.Fprintf(&b, "%s: %s\n", name, c.Headers[name])
	}
	b.WriteString("\n" + string(c.body()) + "\n")
	return b.String()
}

// longestSummary bounds what a line shows of a body.
const longestSummary = 160

// summary is the body in a line: the fields of a form, or the JSON.
func (c *callback) summary() string {
	text := string(c.body())
	if c.isForm() {
		var fields []string
		for part := range strings.SplitSeq(text, "&") {
			if plain, err := url.QueryUnescape(part); err == nil {
				part = plain
			}
			fields = append(fields, part)
		}
		text = strings.Join(fields, " ")
	} else {
		var b bytes.Buffer
		if json.Compact(&b, []byte(text)) == nil {
			text = b.String()
		}
	}
	return shortened(oneLine(text))
}

// leastSummary is how many columns a summary needs to be worth its place.
const leastSummary = 16

// fitted is a line with as much of a summary behind it as the terminal has room for.
func (a *app) fitted(line, summary string) string {
	width := terminalWidth(a.stdout)
	room := width - lipgloss.Width(line) - 1
	switch {
	case summary == "", width > 0 && room < leastSummary:
		return line
	case width > 0 && lipgloss.Width(summary) > room:
		summary = lipgloss.NewStyle().MaxWidth(room-1).Render(summary) + "…"
	}
	return line + " " + summary
}

// The widths of the longest kind, and of the name of its file.
const (
	kindWidth = 25
	nameWidth = len("000001-") + kindWidth
)

// column is a text of this width, where there is room for it.
func (a *app) column(text string, wide int) string {
	if width := terminalWidth(a.stdout); width > 0 && width < 72 {
		return text
	}
	return fmt.Sprintf("%-*s", wide, text)
}

// shortened is the beginning of a text.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > longestSummary {
		return string(runes[:longestSummary]) + "…"
	}
	return text
}

// delivery is what became of a callback that was sent.
type delivery struct {
	Kind         webhook.Kind    `json:"kind"`
	Name         string          `json:"name,omitempty"`   // of the file
	Signed       string          `json:"signed,omitempty"` // how, if not as it should be
	Status       int             `json:"status,omitempty"`
	Was          int             `json:"was,omitempty"` // the status when it was recorded
	Milliseconds float64         `json:"ms"`
	Response     json.RawMessage `json:"response,omitempty"`
	Error        string          `json:"error,omitempty"`
}

// taken reports whether the handler took it.
func (d delivery) taken() bool { return d.Status/100 == 2 }

func (d delivery) text(a *app) string {
	status := a.paint(bad, "failed")
	if d.Status != 0 {
		style := good
		if !d.taken() {
			style = bad
		}
		status = a.paint(style, strconv.Itoa(d.Status))
	}
	name := a.column(string(d.Kind), kindWidth)
	if d.Name != "" {
		name = a.column(oneLine(d.Name), nameWidth)
	}
	line := fmt.Sprintf("%s %s %6.1fms", name, status, d.Milliseconds)
	if d.Was != 0 && d.Was != d.Status {
		line += fmt.Sprintf(" (it was %d)", d.Was)
	}
	return a.fitted(strings.Join(nonEmpty(line, d.Signed, d.Error), " "), shortened(oneLine(textOf(d.Response))))
}

// textOf is a response as people read it.
func textOf(response json.RawMessage) string {
	var text string
	if json.Unmarshal(response, &text) == nil {
		return text
	}
	return string(response)
}

// noFinalStatus says so of a status such as 042 or 101, which no server can pass on.
func noFinalStatus(status int) string {
	return fmt.Sprintf("status is %03d, which ends no request", status)
}

// post sends a callback and says what became of it.
func (a *app) post(p profile, client *http.Client, r *http.Request, kind webhook.Kind) delivery {
	signer := p.signer()
	signer.Client = client
	began := time.Now()
	response, err := signer.Send(r)
	d := delivery{Kind: kind, Milliseconds: float64(time.Since(began).Microseconds()) / 1000}
	if err != nil {
		d.Error = plainNetworkError(err)
		return d
	}
	if response.Status < http.StatusOK {
		d.Error = noFinalStatus(response.Status)
		return d
	}
	d.Status = response.Status
	switch {
	case len(response.Body) == 0:
	case json.Valid(response.Body):
		d.Response = response.Body
	default:
		text := strings.TrimSpace(strings.ToValidUTF8(string(response.Body), "\uFFFD"))
		d.Response, _ = json.Marshal(text)
	}
	return d
}
