package webhook

import (
	"errors"
	"net/http"
)

// Reasons why a callback is refused. An [Error] wraps one of them; check with errors.Is.
var (
	ErrMethod      = errors.New("the method is not POST")                             // 405
	ErrMediaType   = errors.New("the body is neither a form nor JSON in UTF-8")       // 415
	ErrTooLarge    = errors.New("the body is too large")                              // 413
	ErrSource      = errors.New("the address is not among the allowed ones")          // 403
	ErrUnsigned    = errors.New("the callback is not signed")                         // 403
	ErrSignature   = errors.New("the signature does not match")                       // 403
	ErrStale       = errors.New("the callback was signed too long ago")               // 403
	ErrFuture      = errors.New("the callback was signed in the future")              // 403
	ErrReplayed    = errors.New("the signature was used before, for another request") // 403
	ErrMalformed   = errors.New("the body is malformed")                              // 400
	ErrUnavailable = errors.New("the callback cannot be accepted now")                // 503
	// 503, with ErrUnavailable
	ErrQueueFull = errors.New("the queue is full")
)

// Error says why a callback is refused, and with which HTTP status. It contains nothing that helps
// to forge a signature.
type Error struct {
	Status int   // the HTTP status to respond with
	Err    error // the reason
}

// Error describes the reason in one line.
func (e *Error) Error() string { return "webhook: " + e.Err.Error() }

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

var statuses = map[error]int{
	ErrMethod: http.StatusMethodNotAllowed, ErrMediaType: http.StatusUnsupportedMediaType, ErrTooLarge: http.StatusRequestEntityTooLarge,
	ErrMalformed: http.StatusBadRequest, ErrUnavailable: http.StatusServiceUnavailable, ErrQueueFull: http.StatusServiceUnavailable,
}

// refuse makes an Error from a reason and optional details, which anybody may see.
func refuse(reason error, details ...error) error {
	status, ok := statuses[reason]
	if !ok {
		status = http.StatusForbidden
	}
	if len(details) > 0 {
		reason = &detailed{reason, errors.Join(details...)}
	}
	return &Error{Status: status, Err: reason}
}

// detailed is a reason with its cause.
type detailed struct{ reason, detail error }

func (d *detailed) Error() string   { return d.reason.Error() + ": " + d.detail.Error() }
func (d *detailed) Unwrap() []error { return []error{d.reason, d.detail} }
