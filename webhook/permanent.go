package webhook

import (
	"errors"

	"github.com/rongcloud-go/rongcloud"
)

// Permanent marks an error that no other attempt can cure, such as a body that is not what its type
// asks for. A function that returns it is not called again for the same event: the error is logged,
// the function of [WithGiveUp] is told, the callback is acknowledged, and the later events of the
// conversation go on. Errors that are a [rongcloud.ErrUndecodable] count as marked: those of
// [Message.Content], [Message.Texts], their like, and [rongcloud.ContentAs]. Permanent(nil) is nil.
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
