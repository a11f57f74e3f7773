package form

import (
	"cmp"
	"errors"
	"fmt"
)

// RefusedError is a parameter that cannot be sent.
type RefusedError struct {
	Field  string // what the caller wrote: a field of a struct, an argument, an option
	Wire   string // the parameter's name, if it has one
	Reason string
	Err    error // the error of WriteContent, instead of Wire and Reason
}

// Error describes what is wrong.
func (r *RefusedError) Error() string {
	if r.Err != nil {
		return r.Field + ": " + r.Err.Error()
	}
	return cmp.Or(r.Field, r.Wire) + ": " + r.Reason
}

// Unwrap returns the error of WriteContent.
func (r *RefusedError) Unwrap() error { return r.Err }

// refuse refuses a parameter of which only the wire name is known; within adds the rest.
func refuse(wire, format string, args ...any) error {
	return &RefusedError{Wire: wire, Reason: fmt.Sprintf(format, args...)}
}

// within adds what the caller wrote to a refusal.
func within(err error, field string) error {
	var refused *RefusedError
	if errors.As(err, &refused) {
		refused.Field = cmp.Or(refused.Field, field)
	}
	return err
}
