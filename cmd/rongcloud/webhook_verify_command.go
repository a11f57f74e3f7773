package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/textproto"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/internal/emulator"
	"github.com/rongcloud-go/rongcloud/webhook"
)

func newVerifyCommand(a *app) *cobra.Command {
	var anyAge bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Check the signature of a request on stdin, and say what is wrong with it",
		Long: `Check the signature of a request on stdin, and say what is wrong with it. The request is as HTTP/1.1 has it, and as
proxies log it: the line with POST, path and query, the headers, an empty line, the body. What "curl -v" logs is taken,
too, with the body put behind its headers, as curl does not log it.`,
		Example: "  rongcloud webhook verify < request.txt\n  rongcloud webhook verify --any-age < request-of-yesterday.txt",
		Args:    cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error {
			p, err := a.callbackProfile()
			if err != nil {
				return err
			}
			text, err := await(cmd.Context(), func() ([]byte, error) { return io.ReadAll(io.LimitReader(a.in, 2*webhook.DefaultMaxBody)) })
			if err != nil {
				return err
			}
			r, notes, err := readRequest(text)
			if err != nil {
				return usagef("stdin holds no request: %w", err)
			}
			for _, note := range notes {
				a.talk("%s", note)
			}
			v := verifyRequest(r, p, anyAge)
			if err := a.show(v, v.print(a)); err != nil {
				return err
			}
			if !v.Valid {
				return exitError(exitRefused)
			}
			return nil
		}),
	}
	cmd.Flags().BoolVar(&anyAge, "any-age", false, "accept a signature of any age")
	return cmd
}

// withoutMarks extracts the request from a log of "curl -v": the lines marked as sent, and as the
// body the unmarked lines before the response.
func withoutMarks(text []byte) []byte {
	if !bytes.HasPrefix(text, []byte("> ")) && !bytes.HasPrefix(text, []byte("* ")) {
		return text
	}
	var kept []byte
	for line := range bytes.Lines(text) {
		mark, rest := line[0], line[1:]
		bare := len(bytes.TrimSpace(rest)) == 0 // such as ">" for the empty line after the headers
		switch {
		case mark == '<' && (bare || rest[0] == ' ') && len(kept) > 0:
			return kept
		case mark == '>' && (bare || rest[0] == ' '):
			kept = append(kept, bytes.TrimPrefix(rest, []byte(" "))...)
		case mark == '*' && !bare && rest[0] == ' ', bytes.HasPrefix(line, []byte("} [")), bytes.HasPrefix(line, []byte("{ [")):
		default:
			kept = append(kept, line...)
		}
	}
	return kept
}

// readRequest parses a request from a log, which may have changed its line ends and its length.
// The returned notes tell the user what does not match.
func readRequest(text []byte) (*http.Request, []string, error) {
	text = withoutMarks(bytes.TrimLeft(text, "\r\n"))
	reader := textproto.NewReader(bufio.NewReader(bytes.NewReader(text)))
	first, err := reader.ReadLine()
	if err != nil {
		return nil, nil, errors.New("it is empty")
	}
	method, rest, _ := strings.Cut(first, " ")
	target, _, _ := strings.Cut(rest, " ")
	address, err := url.ParseRequestURI(target)
	if err != nil { // do not print the rest, which may have a signature
		return nil, nil, fmt.Errorf("the first line is not like POST /path?query HTTP/1.1: it begins with %q", shortened(method))
	}
	header, err := reader.ReadMIMEHeader()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, nil, err
	}
	body, err := io.ReadAll(reader.R)
	if err != nil {
		return nil, nil, err
	}
	var notes []string
	if length, err := strconv.Atoi(header.Get("Content-Length")); err == nil && length >= 0 && length != len(body) {
		if length < len(body) && len(bytes.TrimSpace(body[length:])) == 0 {
			body = body[:length] // an editor has added the last line break
		} else {
			notes = append(notes, fmt.Sprintf("The body has %d bytes, and Content-Length says %d.", len(body), length))
		}
	}
	r := &http.Request{
		Method: method, URL: address, Header: http.Header(header), Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)),
		Host: header.Get("Host"), RemoteAddr: "127.0.0.1:1",
	}
	return r, notes, nil
}

// verification is the result of checking a request.
type verification struct {
	Valid   bool            `json:"valid"`
	Kind    webhook.Kind    `json:"kind,omitempty"`
	Problem string          `json:"problem,omitempty"`
	Hint    string          `json:"hint,omitempty"`
	Time    string          `json:"time,omitempty"`
	AppKey  string          `json:"appKey,omitempty"`
	Events  []webhook.Event `json:"events,omitempty"`
}

func verifyRequest(r *http.Request, p profile, anyAge bool) verification {
	explained := emulator.Explain(credentialsOf(r), p.AppKey, string(p.AppSecret), time.Now())
	v := verification{Time: explained.Time, AppKey: explained.AppKey}
	window := webhook.DefaultWindow
	if anyAge {
		window = 0
	}
	parsed, err := webhook.Parse(r, string(p.AppSecret), webhook.WithWindow(window))
	if err != nil {
		v.Problem = strings.TrimPrefix(err.Error(), "webhook: ")
		switch {
		case errors.Is(err, webhook.ErrSignature):
			v.Hint = explained.Hint
		case errors.Is(err, webhook.ErrStale), errors.Is(err, webhook.ErrFuture):
			v.Hint = fmt.Sprintf("the signature is right, but handlers take it for %v only: --any-age does not mind", webhook.DefaultWindow)
		case errors.Is(err, webhook.ErrUnsigned):
			v.Hint = "nonce, timestamp (13 digits) and signature stand in the query, or in headers for results of moderation and for audio and video"
		}
		return v
	}
	v.Valid, v.Kind, v.Events = true, parsed.Kind, parsed.Events
	if explained.AppKey != "" && explained.AppKey != p.AppKey {
		v.Hint = "it names another App Key than that of " + p.Source
	}
	return v
}

// credentialsOf returns the parts of a signature as headers, whether the request has them in its
// headers or in its query.
func credentialsOf(r *http.Request) http.Header {
	names := map[string]string{placeAppKey: "App-Key", placeNonce: "Nonce", placeTimestamp: "Timestamp", placeSignature: "Signature"}
	found := http.Header{}
	for name, values := range r.Header {
		if place := placeFor(name); place != "" {
			found.Set(names[place], values[0])
		}
	}
	for name, values := range r.URL.Query() {
		if place := placeFor(name); place != "" {
			found.Set(names[place], values[0])
		}
	}
	return found
}

func (v verification) print(a *app) func(io.Writer) error {
	return func(w io.Writer) error {
		verdict := a.paint(good, "valid")
		if !v.Valid {
			verdict = a.paint(bad, "refused")
		}
		var b strings.Builder
		fmt.Fprintf(&b, "%-8s %s\n", "verdict", verdict) // not through oneLine, which removes colours
		for _, fact := range [][2]string{
			{"problem", v.Problem}, {"hint", v.Hint}, {"kind", string(v.Kind)}, {"app key", v.AppKey}, {"signed", v.Time},
		} {
			if fact[1] != "" {
				fmt.Fprintf(&b, "%-8s %s\n", fact[0], oneLine(fact[1]))
			}
		}
		_, err := io.WriteString(w, b.String())
		if err == nil && v.Valid {
			err = a.printJSON(v.Events)
		}
		return err
	}
}
