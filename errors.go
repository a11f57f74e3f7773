package rongcloud

import (
	"cmp"
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/envelope"
	"github.com/rongcloud-go/rongcloud/internal/form"
	"github.com/rongcloud-go/rongcloud/internal/sse"
)

// Categories of an [Error]; test for them with errors.Is. An error may belong to several.
var (
	// ErrOutcomeUnknown marks an unsafe call, such as a send, that may or may not have been carried
	// out: it was written to the server and no trustworthy response came back. Do not blindly
	// repeat it: recipients may get it twice. For the calls that can end this way see
	// https://github.com/rongcloud-go/rongcloud/blob/main/docs/retries.md.
	ErrOutcomeUnknown = errors.New("rongcloud: outcome unknown, the request may have been carried out")

	// ErrRateLimited marks a call that was refused because a quota of the App Key is used up (HTTP
	// 429 or an equivalent code). It was not carried out. See also [Error.RetryAfter].
	ErrRateLimited = errors.New("rongcloud: rate limited")

	// ErrUnauthorized marks a call whose App Key, signature or address the server does not accept.
	ErrUnauthorized = errors.New("rongcloud: unauthorized")

	// ErrTransport marks a call that got no response from RongCloud's API: the connection failed,
	// time ran out, or an intermediary responded instead. For an unsafe call, ErrTransport without
	// ErrOutcomeUnknown means that the request was not carried out.
	ErrTransport = errors.New("rongcloud: no response from the API")
)

// Error is the failure of a call that passed the SDK's checks. Every error of a service method is
// an *Error or an [ArgumentError].
//
// Use errors.Is with a [Code], with [ErrOutcomeUnknown], [ErrRateLimited], [ErrUnauthorized] or
// [ErrTransport], and with whatever caused it, such as context.DeadlineExceeded. For every code,
// what to do about it and which calls return it, see
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/errors.md
type Error struct {
	// What was called; nil for anything but an API call, such as a file download.
	Endpoint *endpoint.Endpoint
	// The status of the last response; 0 if there was none.
	HTTPStatus int
	// The code of the last response; 0 if it had none.
	Code Code
	// The server's own message.
	Message string
	// X-Request-ID, the same for all attempts; give it to RongCloud's support.
	RequestID string
	// The last host that was tried.
	Host string
	// Number of attempts; see [RetryPolicy].
	Attempts int
	// How long the server asked to wait; 0 if it did not.
	RetryAfter time.Duration
	// First bytes of a response not from the API, such as a proxy's HTML page.
	Body string
	// The underlying error, if any.
	Err error

	what           string // what was called, if not an endpoint
	outcomeUnknown bool
	ofMany         bool // for a bulk send as a whole: the error of its call is in Err
}

// Error describes the failure in one line.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("rongcloud: ")
	b.WriteString(cmp.Or(e.what, e.Endpoint.String()))
	b.WriteString(": ")
	b.WriteString(strings.Join(e.findings(), ", "))
	if e.outcomeUnknown {
		b.WriteString("; outcome unknown, the request may have been carried out")
	}
	if e.RequestID != "" {
		fmt.Fprintf(&b, " [request %s, host %s, attempts %d]", e.RequestID, e.Host, e.Attempts)
	}
	return b.String()
}

func (e *Error) findings() []string {
	var found []string
	if e.HTTPStatus != 0 {
		found = append(found, "HTTP "+strconv.Itoa(e.HTTPStatus))
	}
	if e.Code != 0 {
		found = append(found, e.Code.Error())
	}
	if e.Message != "" {
		found = append(found, strconv.Quote(e.Message))
	}
	if e.RetryAfter > 0 {
		found = append(found, "retry after "+e.RetryAfter.String())
	}
	if e.Err != nil {
		found = append(found, oneLine(e.Err.Error()))
	}
	if e.Body != "" {
		found = append(found, "response begins "+strconv.Quote(e.Body))
	}
	return found
}

// Is reports whether the failure belongs to the target category or carries the target [Code].
func (e *Error) Is(target error) bool {
	switch target {
	case ErrOutcomeUnknown:
		return e.outcomeUnknown
	case ErrRateLimited:
		return rateLimited(e.HTTPStatus, e.Code)
	case ErrUnauthorized:
		return e.HTTPStatus == http.StatusUnauthorized || e.Code.HTTPStatus() == http.StatusUnauthorized
	case ErrTransport:
		return e.Code == 0 && !e.ofMany && !errors.Is(e.Err, errPageRepeated)
	}
	code, ok := target.(Code)
	return ok && code != 0 && code == e.Code
}

// Unwrap returns the underlying error, such as a network error or the context's error.
func (e *Error) Unwrap() error { return e.Err }

// ArgumentError says that the SDK refused a parameter before anything was sent.
type ArgumentError struct {
	// Endpoint is what was to be called; nil if the refusal does not concern a single call, as from
	// [New].
	Endpoint *endpoint.Endpoint

	// Field is what the caller set: a field of a struct, such as "UserBlockParams.Duration", an
	// argument, such as "userID", an option or an environment variable.
	Field string

	// Wire is the parameter's name on the wire, such as "minute", if it has one.
	Wire string

	Reason string
}

// Error names the call and the field and says what is wrong with it.
func (e *ArgumentError) Error() string {
	var b strings.Builder
	b.WriteString("rongcloud: ")
	if e.Endpoint != nil {
		b.WriteString(e.Endpoint.String())
		b.WriteString(": ")
	}
	wire := e.Wire
	if !form.Printable(wire) {
		wire = strconv.Quote(wire) // a caller's own name, whose line breaks must not reach a log
	}
	switch {
	case e.Field == "":
		b.WriteString(wire)
	case e.Wire == "" || e.Wire == e.Field:
		b.WriteString(e.Field)
	default:
		b.WriteString(e.Field + " (" + wire + ")")
	}
	b.WriteString(": ")
	b.WriteString(e.Reason)
	return b.String()
}

// refuse refuses an option, or an argument that is not a parameter of an endpoint.
func refuse(field, format string, args ...any) error {
	return &ArgumentError{Field: field, Reason: fmt.Sprintf(format, args...)}
}

// refuseField refuses a field or an argument that the caller set for a parameter of ep.
func refuseField(ep *endpoint.Endpoint, field, wire, format string, args ...any) error {
	return &ArgumentError{Endpoint: ep, Field: field, Wire: wire, Reason: fmt.Sprintf(format, args...)}
}

// refuseParam refuses the parameter called wire in params, a pointer to the struct that is encoded
// for ep. The error names the field as the encoder would.
func refuseParam(ep *endpoint.Endpoint, params any, wire, format string, args ...any) error {
	return inParams(refuseWire(wire, format, args...), ep, params)
}

// inParams adds the call and the field to a refusal of a parameter of params.
func inParams(err error, ep *endpoint.Endpoint, params any) error {
	var refused *ArgumentError
	if !errors.As(err, &refused) || refused.Field != "" {
		return inCall(err, ep, "")
	}
	field, bad := requests.FieldOf(ep, params, refused.Wire)
	if bad != nil {
		return bad
	}
	return inCall(err, ep, field)
}

// refuseWire refuses a parameter by its name on the wire. The encoder adds the rest; see inCall.
func refuseWire(wire, format string, args ...any) error {
	return &ArgumentError{Wire: wire, Reason: fmt.Sprintf(format, args...)}
}

// inCall adds the call and the caller's field to a refusal that lacks them. An error of package
// form becomes an *ArgumentError.
func inCall(err error, ep *endpoint.Endpoint, field string) error {
	var foreign *form.RefusedError
	if errors.As(err, &foreign) {
		field = cmp.Or(foreign.Field, field)
		if err = foreign.Err; err == nil {
			err = &ArgumentError{Wire: foreign.Wire, Reason: foreign.Reason}
		}
	}
	var refused *ArgumentError
	if errors.As(err, &refused) {
		refused.Endpoint = cmp.Or(refused.Endpoint, ep)
		refused.Field = cmp.Or(refused.Field, field)
	}
	return err
}

// problems are several errors in one line.
type problems []error

func (p problems) Error() string {
	texts := make([]string, len(p))
	for i, err := range p {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (p problems) Unwrap() []error { return p }

// oneLine keeps line breaks and control characters of foreign text out of an error message.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// quotingError is an error whose text may quote the server. Hooks and logs get only its own part,
// what.
type quotingError struct {
	what string
	err  error
}

func (e *quotingError) Error() string { return e.what + ": " + e.err.Error() }
func (e *quotingError) Unwrap() error { return e.err }

// stepError is a failure of a step before a call is sent, with an error from outside the SDK.
type stepError struct {
	step string
	err  error
}

func (e *stepError) Error() string { return e.step + ": " + e.err.Error() }
func (e *stepError) Unwrap() error { return e.err }

// ownError is an error in the SDK's own words.
type ownError string

func (e ownError) Error() string { return string(e) }

// withoutQuotes returns the part of err that is known not to quote the server: net/http's errors
// can contain whole lines of a response.
func withoutQuotes(err error) error {
	var quoting *quotingError
	if errors.As(err, &quoting) {
		return ownError(quoting.what)
	}
	return plainly(err, "the transport failed")
}

// plainly returns the part of err that quotes nothing, or otherwise the given text.
func plainly(err error, otherwise ownError) error {
	var step *stepError
	known := firstPlain(err)
	switch {
	case errors.As(err, &step) && known == nil:
		return ownError(step.step)
	case step != nil:
		return &stepError{step.step, known}
	case known == nil:
		return otherwise
	}
	return known
}

// firstPlain returns the first error of a chain that quotes nothing, or nil.
func firstPlain(err error) error {
	for ; err != nil; err = errors.Unwrap(err) {
		if refused, ok := err.(*ArgumentError); ok { //nolint:errorlint // one error at a time
			return hookRefusal(refused)
		}
		if quotesNothing(err) {
			return err
		}
	}
	return nil
}

// ownTexts are errors whose text is always the same.
var ownTexts = []error{
	context.Canceled, context.DeadlineExceeded, io.EOF, io.ErrUnexpectedEOF, io.ErrNoProgress, net.ErrClosed, http.ErrSchemeMismatch,
	gzip.ErrHeader, gzip.ErrChecksum, errTooLong, envelope.ErrNone, sse.ErrLineTooLong, sse.ErrEventTooLong,
}

func quotesNothing(err error) bool {
	switch e := err.(type) { //nolint:errorlint // one error at a time
	case ownError, *attemptTimeoutError, syscall.Errno, *net.DNSError, tls.AlertError,
		x509.UnknownAuthorityError, x509.HostnameError, x509.CertificateInvalidError:
		return true
	case *net.OpError:
		return quotesNothing(e.Err)
	case *os.SyscallError:
		return quotesNothing(e.Err)
	case *tls.CertificateVerificationError:
		return quotesNothing(e.Err)
	}
	return slices.Contains(ownTexts, err)
}
