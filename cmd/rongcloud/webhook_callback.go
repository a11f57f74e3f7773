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

// callback is a callback as it is recorded and shown. Placeholders replace its signature, because
// anyone can call the Server API with a signature.
type callback struct {
	Kind       webhook.Kind      `json:"kind"`
	ReceivedAt time.Time         `json:"receivedAt,omitzero"`
	Query      string            `json:"query,omitempty"`
	Headers    map[string]string `json:"headers"`
	Body       string            `json:"body,omitempty"`
	Base64     []byte            `json:"bodyBase64,omitempty"` // replaces Body if that is not UTF-8
	Status     int               `json:"status,omitempty"`     // of the response
}

// The placeholders for the parts of a signature.
const (
	placeAppKey    = "{appKey}"
	placeNonce     = "{nonce}"
	placeTimestamp = "{timestamp}"
	placeSignature = "{signature}"
)

// placeholderFor returns the placeholder for a parameter or header, or "" if it is not part of a
// signature.
func placeholderFor(name string) string {
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

// recordCallback records a request without its signature. It drops other query parameters, which
// belong to the URL of the handler.
func recordCallback(r *http.Request, kind webhook.Kind, body []byte) callback {
	c := callback{Kind: kind, Headers: map[string]string{}}
	var parts []string
	for part := range strings.SplitSeq(r.URL.RawQuery, "&") {
		name, _, _ := strings.Cut(part, "=")
		if plain, err := url.QueryUnescape(name); err == nil && placeholderFor(plain) != "" {
			parts = append(parts, name+"="+placeholderFor(plain))
		}
	}
	c.Query = strings.Join(parts, "&")
	for name, values := range r.Header {
		switch place := placeholderFor(name); {
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

// signing holds the values for the placeholders.
type signing struct{ appKey, nonce, timestamp, signature string }

func sign(p profile, nonce string, at time.Time) signing {
	timestamp := fmt.Sprintf("%013d", at.UnixMilli())
	return signing{p.AppKey, nonce, timestamp, rongcloud.Sign(string(p.AppSecret), nonce, timestamp)}
}

// withWrongSignature returns a copy with a wrong signature.
func (s signing) withWrongSignature() signing {
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

// request returns the callback as a request to a URL. It keeps the URL's own query.
func (c *callback) request(ctx context.Context, target *url.URL, s signing) (*http.Request, error) {
	destination := *target
	query := s.replacer(url.QueryEscape).Replace(c.Query)
	if destination.RawQuery != "" && query != "" {
		destination.RawQuery += "&"
	}
	destination.RawQuery += query
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, destination.String(), bytes.NewReader(c.body()))
	if err != nil {
		return nil, err
	}
	fill := s.replacer(func(text string) string { return text })
	for name, value := range c.Headers {
		r.Header.Set(name, fill.Replace(value))
	}
	return r, nil
}

// asHTTP returns the callback as an HTTP request, with its placeholders.
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

// maxSummary is how many characters of a body one line shows at most.
const maxSummary = 160

// summary returns the body as one line: the fields of a form, or the JSON.
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

// minSummary is the least width of a summary. In fewer columns it is left out.
const minSummary = 16

// fitted appends as much of a summary to a line as the terminal has room for.
func (a *app) fitted(line, summary string) string {
	width := terminalWidth(a.stdout)
	room := width - lipgloss.Width(line) - 1
	switch {
	case summary == "", width > 0 && room < minSummary:
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

// column pads a text to a width, unless the terminal is narrow.
func (a *app) column(text string, wide int) string {
	if width := terminalWidth(a.stdout); width > 0 && width < 72 {
		return text
	}
	return fmt.Sprintf("%-*s", wide, text)
}

// shortened returns at most maxSummary characters of a text.
func shortened(text string) string {
	if runes := []rune(text); len(runes) > maxSummary {
		return string(runes[:maxSummary]) + "…"
	}
	return text
}

// delivery is the result of sending a callback.
type delivery struct {
	Kind         webhook.Kind    `json:"kind"`
	Name         string          `json:"name,omitempty"`   // of the file
	Signed       string          `json:"signed,omitempty"` // what is wrong with the signature, if anything
	Status       int             `json:"status,omitempty"`
	Was          int             `json:"was,omitempty"` // the status when it was recorded
	Milliseconds float64         `json:"ms"`
	Response     json.RawMessage `json:"response,omitempty"`
	Error        string          `json:"error,omitempty"`

	cause error // the error that Error describes
}

// taken reports whether the handler accepted the callback.
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

// textOf returns a response as text: a JSON string without quotes, and other JSON unchanged.
func textOf(response json.RawMessage) string {
	var text string
	if json.Unmarshal(response, &text) == nil {
		return text
	}
	return string(response)
}

// noFinalStatus describes a status such as 042 or 101, which cannot be the status of a final
// response.
func noFinalStatus(status int) string {
	return fmt.Sprintf("status is %03d, which ends no request", status)
}

// post sends a callback and returns the result.
func (a *app) post(p profile, client *http.Client, r *http.Request, kind webhook.Kind) delivery {
	signer := p.signer()
	signer.Client = client
	began := time.Now()
	response, err := signer.Send(r)
	d := delivery{Kind: kind, Milliseconds: float64(time.Since(began).Microseconds()) / 1000}
	if err != nil {
		d.cause, d.Error = err, plainNetworkError(err)
		if isTimeout(err) {
			d.Error = "no response within " + client.Timeout.String()
		}
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
