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
		Long: `Check the signature of a request on stdin, and say what is wrong with it. The request has
the form of HTTP/1.1, as in the logs of proxies: the line with POST, path and query, the headers, an empty line, the
body. The command also takes the log of "curl -v"; add the body after the headers, because curl does not log it.

RongCloud signs a nonce and the time, not the body: a valid signature does not prove that the body is unchanged.`,
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
			if text, err = plainText(text); err != nil {
				return usagef("stdin holds no request: %w", err)
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
			notes = append(notes, fmt.Sprintf("The body has %s, and Content-Length says %d.", counted(len(body), "byte"), length))
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
	given := credentialsOf(r)
	checked := given.Clone()
	checked.Set("App-Key", p.AppKey) // the App Key is not signed
	explained := emulator.Explain(checked, p.AppKey, string(p.AppSecret), time.Now())
	v := verification{Time: explained.Time, AppKey: given.Get("App-Key")}
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
			if v.AppKey != "" && v.AppKey != p.AppKey {
				v.Hint = "it names the App Key " + v.AppKey + ", and was checked with the App Secret of " + p.AppKey + ", of " + p.Source
			}
		case errors.Is(err, webhook.ErrStale), errors.Is(err, webhook.ErrFuture):
			v.Hint = fmt.Sprintf("the signature is right, but handlers take it for %v only: --any-age does not mind", webhook.DefaultWindow)
		case errors.Is(err, webhook.ErrUnsigned):
			v.unsigned(given, explained)
		}
		return v
	}
	v.Valid, v.Kind = true, parsed.Kind
	for _, event := range parsed.Events {
		if unknown, ok := event.(*webhook.Unknown); ok {
			v.Hint = whyUnknown(unknown)
			continue
		}
		v.Events = append(v.Events, event)
	}
	if v.AppKey != "" && v.AppKey != p.AppKey {
		v.Hint = "it names another App Key than that of " + p.Source
	}
	return v
}

// whyUnknown says why a body that is signed well counts as no callback.
func whyUnknown(u *webhook.Unknown) string {
	const signed = "the signature is right, but "
	switch {
	case u.Err == nil:
		return signed + "path and body are those of no kind of callback"
	case u.Expected == webhook.KindUnknown:
		return signed + "the body is not that of a callback: " + u.Err.Error()
	default:
		return fmt.Sprintf("%sthe body is not that of %s: %v", signed, u.Expected, u.Err)
	}
}

// unsigned sets the problem of a request that counts as unsigned, because a part of its signature
// is missing or malformed.
func (v *verification) unsigned(given http.Header, explained emulator.Explanation) {
	const where = "nonce, timestamp (13 digits) and signature stand in the query, or in headers for results of moderation and for audio and video"
	parts := []string{"Nonce", "Timestamp", "Signature"}
	var missing []string
	for _, part := range parts {
		if given.Get(part) == "" {
			missing = append(missing, strings.ToLower(part))
		}
	}
	timestamp := given.Get("Timestamp")
	number, err := strconv.ParseInt(timestamp, 10, 64)
	switch {
	case len(missing) == len(parts):
		v.Hint = where
	case len(missing) > 0:
		v.Problem, v.Hint = "it has no "+strings.Join(missing, " and no "), where
	case err == nil && len(timestamp) == len("1700000000"):
		v.Problem = "the timestamp is in seconds, and handlers take milliseconds"
		v.Hint = timestamp + "000 would be the same moment in 13 digits; sign that"
	case err != nil || number < 0 || len(timestamp) != len("1700000000000"):
		v.Problem = fmt.Sprintf("the timestamp %q is not one of 13 digits, in milliseconds", timestamp)
		v.Hint = explained.Hint
	default: // no part is missing: the error has the reason
		v.Problem = strings.TrimPrefix(v.Problem, webhook.ErrUnsigned.Error()+": ")
		v.Hint = where
	}
}

// credentialsOf returns the parts of a signature as headers, whether the request has them in its
// headers or in its query.
func credentialsOf(r *http.Request) http.Header {
	names := map[string]string{placeAppKey: "App-Key", placeNonce: "Nonce", placeTimestamp: "Timestamp", placeSignature: "Signature"}
	found := http.Header{}
	for name, values := range r.Header {
		if place := placeholderFor(name); place != "" {
			found.Set(names[place], values[0])
		}
	}
	for name, values := range r.URL.Query() {
		if place := placeholderFor(name); place != "" {
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
		_, err := io.WriteString(w, a.factText([][2]string{
			{"verdict", verdict}, {"problem", oneLine(v.Problem)}, {"hint", oneLine(v.Hint)}, {"kind", oneLine(string(v.Kind))},
			{"app key", oneLine(v.AppKey)}, {"signed", oneLine(v.Time)},
		}))
		if err == nil && len(v.Events) > 0 {
			err = a.printJSON(v.Events)
		}
		return err
	}
}
