package rongcloud

import "strconv"

// Code is the number in the field code of an answer. A Code is itself an error, so that
// errors.Is(err, CodeRateLimited) tells whether err is an [Error] with that code. Codes that the
// SDK does not know keep their number.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/code
type Code int //nolint:errname // like syscall.Errno, it is a number first

type codeFact struct {
	meaning   string
	status    int // HTTP status that is documented with it, or 0
	retryable bool
}

// Error returns the number and its meaning, such as "code 1008 (rate limit exceeded)".
func (c Code) Error() string {
	if meaning := c.Meaning(); meaning != "" {
		return "code " + strconv.Itoa(int(c)) + " (" + meaning + ")"
	}
	return "code " + strconv.Itoa(int(c))
}

// Meaning says in a few words what RongCloud documents for the code, or nothing for an unknown one.
func (c Code) Meaning() string { return codeFacts[c].meaning }

// HTTPStatus returns the HTTP status that RongCloud documents with the code, or 0 if it documents none.
func (c Code) HTTPStatus() int { return codeFacts[c].status }

// rateLimited tells the codes by which the server refuses a request before acting on it.
func (c Code) rateLimited() bool { return c == CodeRateLimited || c == CodeSendingTooFast }

// transient tells the codes of a trouble inside the server, after which the request may or may not have been carried out.
func (c Code) transient() bool { return codeFacts[c].retryable && !c.rateLimited() }
