package form

import (
	"cmp"
	"errors"
	"fmt"
)

// RefusedError is a parameter that cannot be sent.
type RefusedError struct {
	Field  string // what the caller wrote: a field of a struct, an argument, an option
	Wire   string // the parameter's name, where it has one
	Reason string
	Err    error // what WriteContent said, in place of Wire and Reason
}

// Error says what is wrong.
func (r *RefusedError) Error() string {
	if r.Err != nil {
		return r.Field + ": " + r.Err.Error()
	}
	return cmp.Or(r.Field, r.Wire) + ": " + r.Reason
}

// Unwrap returns what WriteContent said.
func (r *RefusedError) Unwrap() error { return r.Err }

// refuse refuses a parameter of which only the name on the wire is known; within adds the rest.
func refuse(wire, format string, args ...any) error {
	return &RefusedError{Wire: wire, Reason: fmt.Sprintf(format, args...)}
}

// within adds to a refusal what the caller wrote.
func within(err error, field string) error {
	var refused *RefusedError
	if errors.As(err, &refused) {
		refused.Field = cmp.Or(refused.Field, field)
	}
	return err
}
