package webhook

import (
	"errors"

	"github.com/rongcloud-go/rongcloud"
)

// Permanent marks an error that a retry cannot fix, such as a body that does not match its type. A
// function that returns it is not called again for the same event: the error is logged, the
// function of [WithGiveUp] is called, the callback is acknowledged, and the later events of the
// conversation go on. Every [rongcloud.ErrUndecodable] counts as marked: the errors of
// [Message.Content], [Message.Texts] and the like, and of [rongcloud.ContentAs]. Permanent(nil) is
// nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (p *permanentError) Error() string { return p.err.Error() }
func (p *permanentError) Unwrap() error { return p.err }

// IsPermanent reports whether an error is marked by [Permanent], or is a
// [rongcloud.ErrUndecodable].
func IsPermanent(err error) bool {
	var permanent *permanentError
	return errors.As(err, &permanent) || errors.Is(err, rongcloud.ErrUndecodable)
}
