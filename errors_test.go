package rongcloud

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

func TestErrorText(t *testing.T) {
	t.Parallel()
	e := &Error{
		Endpoint: endpoint.UserGetToken, HTTPStatus: 429, Code: CodeRateLimited, Message: "too fast",
		RequestID: "id-1", Host: "api.example.com", Attempts: 3, RetryAfter: 2 * time.Second, Body: "<html>", Err: io.ErrUnexpectedEOF,
		outcomeUnknown: true,
	}
	require.Equal(t, `rongcloud: POST /user/getToken.json: HTTP 429, code 1008 (rate limit exceeded), `+
		`"too fast", retry after 2s, unexpected EOF, response begins "<html>"; outcome unknown, the request may have been carried out`+
		` [request id-1, host api.example.com, attempts 3]`, e.Error())

	require.Equal(t, "rongcloud: POST /x: HTTP 200, code 77777", (&Error{Endpoint: &endpoint.Endpoint{Path: "/x"}, HTTPStatus: 200, Code: 77777}).Error())
}

// Every combination of fields makes one readable line that includes all of them.
func TestErrorTextIsOneLine(t *testing.T) {
	t.Parallel()
	const dirt = "a\nb\r\n\x00c\x1b[31m\x7f\td\u0085e\u2028f\xffg"
	parts := []struct {
		set  func(*Error)
		word string
	}{
		{func(e *Error) { e.HTTPStatus = 502 }, "HTTP 502"},
		{func(e *Error) { e.Code = CodeServerTimeout }, "code 1050"},
		{func(e *Error) { e.Message = "message " + dirt }, "message a"},
		{func(e *Error) { e.RetryAfter = time.Minute }, "retry after 1m0s"},
		{func(e *Error) { e.Err = errors.New("cause " + dirt) }, "cause a"},
		{func(e *Error) { e.Body = "body " + dirt }, "body a"},
		{func(e *Error) { e.outcomeUnknown = true }, "outcome unknown"},
		{func(e *Error) { e.Host, e.RequestID, e.Attempts = "h.test", "r-1", 2 }, "[request r-1, host h.test, attempts 2]"},
	}
	for mask := range 1 << len(parts) {
		e := &Error{Endpoint: &endpoint.Endpoint{Path: "/x.json"}}
		var words []string
		for i, part := range parts {
			if mask&(1<<i) != 0 {
				part.set(e)
				words = append(words, part.word)
			}
		}
		text := e.Error()
		require.True(t, strings.HasPrefix(text, "rongcloud: POST /x.json: "), text)
		for _, word := range words {
			require.Contains(t, text, word)
		}
		require.True(t, utf8.ValidString(text), "%q", text)
		for _, r := range text {
			require.False(t, unicode.IsControl(r) || r == '\u2028' || r == '\u2029', "%q holds %U", text, r)
		}
	}
}

func TestErrorIs(t *testing.T) {
	t.Parallel()
	sentinels := map[string]error{
		"unknown": ErrOutcomeUnknown, "rate": ErrRateLimited, "auth": ErrUnauthorized, "transport": ErrTransport,
	}
	tests := []struct {
		name string
		err  Error
		is   string // the sentinels that match, separated by spaces
	}{
		{name: "no answer", err: Error{Err: io.EOF}, is: "transport"},
		{name: "no answer, written", err: Error{Err: io.EOF, outcomeUnknown: true}, is: "transport unknown"},
		{name: "a proxy's page", err: Error{HTTPStatus: 502, Body: "<html>"}, is: "transport"},
		{name: "429 with code", err: Error{HTTPStatus: 429, Code: CodeRateLimited}, is: "rate"},
		{name: "429 of a proxy", err: Error{HTTPStatus: 429}, is: "rate transport"},
		{name: "429 with an unknown code", err: Error{HTTPStatus: 429, Code: 77777}, is: "rate"},
		{name: "rate limit with status 200", err: Error{HTTPStatus: 200, Code: CodeRateLimited}, is: "rate"},
		{name: "sending too fast", err: Error{HTTPStatus: 200, Code: CodeSendingTooFast}, is: "rate"},
		{name: "401", err: Error{HTTPStatus: 401}, is: "auth transport"},
		{name: "wrong secret", err: Error{HTTPStatus: 200, Code: CodeWrongAppSecret}, is: "auth"},
		{name: "wrong signature", err: Error{HTTPStatus: 401, Code: CodeWrongSignature}, is: "auth"},
		{name: "app unavailable", err: Error{HTTPStatus: 200, Code: CodeAppUnavailable}, is: "auth"},
		{name: "address not allowed", err: Error{HTTPStatus: 200, Code: CodeAddressNotAllowed}, is: "auth"},
		{name: "bad parameter", err: Error{HTTPStatus: 400, Code: CodeInvalidParameter}},
		{name: "server timeout of a send", err: Error{HTTPStatus: 504, Code: CodeServerTimeout, outcomeUnknown: true}, is: "unknown"},
		{name: "unknown code", err: Error{HTTPStatus: 200, Code: 77777}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := fmt.Errorf("the caller's words: %w", &tt.err)
			is := strings.Fields(tt.is)
			for name, sentinel := range sentinels {
				require.Equal(t, slices.Contains(is, name), errors.Is(err, sentinel), name)
			}
			var found *Error
			require.ErrorAs(t, err, &found)
			require.Same(t, &tt.err, found)
		})
	}
}

func TestErrorIsCode(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", &Error{HTTPStatus: 200, Code: CodeTooManyUsers})
	require.ErrorIs(t, err, CodeTooManyUsers)
	require.ErrorIs(t, err, Code(2007))
	require.NotErrorIs(t, err, CodeRateLimited)
	require.NotErrorIs(t, err, Code(0))

	unknown := &Error{Code: 77777}
	require.ErrorIs(t, unknown, Code(77777))
	require.NotErrorIs(t, unknown, Code(77778))

	require.NotErrorIs(t, &Error{}, Code(0), "no code is none")
	require.NotErrorIs(t, &Error{}, errors.New("another"))
	require.ErrorIs(t, CodeRateLimited, Code(1008), "a code is an error by itself")
}

func TestErrorUnwrap(t *testing.T) {
	t.Parallel()
	err := error(&Error{Err: fmt.Errorf("dial: %w", context.DeadlineExceeded)})
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.NotErrorIs(t, err, context.Canceled)
	require.NoError(t, errors.Unwrap(&Error{}))

	err = &Error{Err: &attemptTimeoutError{time.Second}}
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "no response within 1s")
}

func TestArgumentError(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("wrapped: %w", refuse("toUserId", "%d items, at most %d are allowed", 21, 20))
	var refused *ArgumentError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, ArgumentError{Field: "toUserId", Reason: "21 items, at most 20 are allowed"}, *refused)
	require.Equal(t, "rongcloud: toUserId: 21 items, at most 20 are allowed", refused.Error())
	for _, c := range []struct {
		text string
		err  ArgumentError
	}{
		{"POST /user/block.json: UserBlockParams.Duration (minute): is required", ArgumentError{
			Endpoint: endpoint.UserBlock, Field: "UserBlockParams.Duration", Wire: "minute", Reason: "is required",
		}},
		{"POST /user/block.json: words: is required", ArgumentError{
			Endpoint: endpoint.UserBlock, Field: "words", Wire: "words", Reason: "is required",
		}},
		{"POST /user/block.json: ctx: is nil", ArgumentError{Endpoint: endpoint.UserBlock, Field: "ctx", Reason: "is nil"}},
		{"minute: is required", ArgumentError{Wire: "minute", Reason: "is required"}},
	} {
		require.Equal(t, "rongcloud: "+c.text, c.err.Error())
	}
	for _, sentinel := range []error{ErrOutcomeUnknown, ErrRateLimited, ErrUnauthorized, ErrTransport, Code(0)} {
		require.NotErrorIs(t, err, sentinel)
	}
}

func TestCodesAreTheCatalogues(t *testing.T) {
	t.Parallel()
	catalogue, err := os.ReadFile("api/codes.yaml")
	require.NoError(t, err)
	source, err := os.ReadFile("codes_gen.go")
	require.NoError(t, err)
	entry := regexp.MustCompile(`(?m)^  - \{code: (\d+), name: (\w+), http: (\w+), area: (\w+), retryable: (?:true|false), status: [\w-]+, remedy: \w+,
     meaning: "([^"]*)"`)
	constant := regexp.MustCompile(`(?m)^\tCode(\w+) Code = (\d+)$`)
	constants := map[string]string{}
	for _, m := range constant.FindAllStringSubmatch(string(source), -1) {
		constants[m[1]] = m[2]
	}
	entries := entry.FindAllStringSubmatch(string(catalogue), -1)
	_, listed, _ := strings.Cut(string(catalogue), "\ncodes:\n")
	listed, _, _ = strings.Cut(listed, "\nlocal_only:")
	require.Len(t, entries, strings.Count(listed, "- {code: ")-strings.Count(listed, "- {code: 0"), "an entry is not understood")
	require.Len(t, constants, len(entries))
	require.Len(t, codeFacts, len(entries))
	for _, m := range entries {
		require.Equal(t, m[1], constants[m[2]], m[2])
		n, err := strconv.Atoi(m[1])
		require.NoError(t, err)
		status, _ := strconv.Atoi(m[3]) // null is 0
		kind := map[string]codeKind{"rate": kindRateLimit, "server": kindServerFault}[m[4]]
		meaning := m[5]
		require.Equal(t, codeFact{meaning, status, kind}, codeFacts[Code(n)], m[2])
		require.Equal(t, meaning, Code(n).Meaning())
		require.Equal(t, fmt.Sprintf("code %d (%s)", n, meaning), Code(n).Error())
	}
}

func TestCodeKinds(t *testing.T) {
	t.Parallel()
	require.Equal(t, "code 77777", Code(77777).Error())
	require.Empty(t, Code(77777).Meaning())
	for code, want := range map[Code]struct{ rateLimited, transient bool }{
		CodeRateLimited: {true, false}, CodeSendingTooFast: {true, false}, CodeCalledTooOften: {true, false},
		CodeChannelSendingTooFast: {true, false}, CodeGroupQueryTooFast: {true, false}, CodeChatroomEntryTooFast: {true, false},
		CodeInternalError: {false, true}, CodeServerTimeout: {false, true}, CodeUltraGroupServiceError: {false, true},
		CodeUltraGroupUnknownError: {false, true}, CodeUnknownServerError: {false, true}, CodeHostingServiceError: {false, true},
		CodeTranslationServiceError: {false, true}, CodeSpeechToTextServiceError: {false, true}, CodeLegacyInternalError: {false, true},
		CodeInvalidParameter: {}, CodeWrongSignature: {}, CodeTranslationQuotaUsedUp: {}, CodeTranslationFailed: {}, CodeMutedInUltraGroup: {},
		77777: {}, 0: {}, 200: {},
	} {
		require.Equal(t, want.rateLimited, code.rateLimited(), code)
		require.Equal(t, want.transient, code.transient(), code)
	}
}
