package rongcloud

import (
	"strconv"
	"sync"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Code is the number in a response's code field. A Code is itself an error, so errors.Is(err,
// CodeRateLimited) reports whether err is an [Error] with that code. Codes that the SDK does not
// know keep their number.
//
// The page docs/errors.md explains each code, what to do about it and which calls return it:
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/errors.md
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/code
//
//nolint:errname // like syscall.Errno, it is a number first
type Code int

// codeKind says what a code implies for the call.
type codeKind uint8

const (
	kindRefusal     codeKind = iota // not carried out, and a repeat would fail again
	kindRateLimit                   // not carried out, and a repeat may succeed a little later
	kindServerFault                 // a server fault: the call may have been carried out
)

type codeFact struct {
	meaning string
	status  int // HTTP status that is documented with it, or 0
	kind    codeKind
}

// Error returns the number and its meaning, such as "code 1008 (rate limit exceeded)".
func (c Code) Error() string {
	if meaning := c.Meaning(); meaning != "" {
		return "code " + strconv.Itoa(int(c)) + " (" + meaning + ")"
	}
	return "code " + strconv.Itoa(int(c))
}

// Meaning returns in a few words what RongCloud documents for the code, or "" for an unknown code.
func (c Code) Meaning() string { return codeFacts[c].meaning }

// HTTPStatus returns the HTTP status that RongCloud documents with the code, or 0 if it documents
// none.
func (c Code) HTTPStatus() int { return codeFacts[c].status }

// rateLimited reports whether the code is a rate limit, with which the server refuses a request
// before acting on it.
func (c Code) rateLimited() bool { return codeFacts[c].kind == kindRateLimit }

// transient reports whether the code means a fault inside the server.
func (c Code) transient() bool { return codeFacts[c].kind == kindServerFault }

// succeedsSomewhere reports whether some endpoint uses the code for success, or the code is 0: it
// then never means a refusal.
func (c Code) succeedsSomewhere() bool { return c == 0 || successes()[c] }

var successes = sync.OnceValue(func() map[Code]bool {
	found := map[Code]bool{}
	for ep := range endpoint.All() {
		if code, ok := ep.Success.Code(); ok {
			found[Code(code)] = true
		}
	}
	return found
})
