package rongcloudtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// answer is the response to a request. The zero value is a success without data.
type answer struct {
	status  int            // HTTP status; 0 means 200
	code    rongcloud.Code // 0 means the endpoint's success code
	message string
	fields  []field
	raw     *string  // the whole body, instead of JSON
	events  []string // the data of server-sent events, instead of one body

	mediaType string // both as sent; see render
	body      []byte
}

// observeAnswer is set by this package's tests, which compare the handlers' responses with the
// catalogue.
var observeAnswer func(ep *endpoint.Endpoint, a answer)

type field struct {
	name  string
	value any
}

// ok returns a success with the given fields.
func ok(fields ...field) answer { return answer{fields: fields} }

// refuse returns a failure with the given code, and the HTTP status documented with it.
func refuse(code rongcloud.Code, format string, args ...any) answer {
	return answer{status: statusOf(code), code: code, message: fmt.Sprintf(format, args...)}
}

// statusOf falls back to 200: errors with that status are documented, and callers must cope.
func statusOf(code rongcloud.Code) int {
	if status := code.HTTPStatus(); status != 0 {
		return status
	}
	return http.StatusOK
}

// codeOf returns the code that usually comes with an HTTP status, or 0.
func codeOf(status int) rongcloud.Code {
	switch status {
	case http.StatusBadRequest:
		return rongcloud.CodeInvalidParameter
	case http.StatusUnauthorized:
		return rongcloud.CodeWrongSignature
	case http.StatusNotFound:
		return rongcloud.CodeNoSuchEndpoint
	case http.StatusTooManyRequests:
		return rongcloud.CodeRateLimited
	case 430:
		return rongcloud.CodeServiceNotEnabled
	case http.StatusInternalServerError:
		return rongcloud.CodeInternalError
	case http.StatusGatewayTimeout:
		return rongcloud.CodeServerTimeout
	default:
		return 0
	}
}

func (a *answer) httpStatus() int {
	if a.status == 0 {
		return http.StatusOK
	}
	return a.status
}

// answerCode returns the code in the body.
func (a *answer) answerCode(ep *endpoint.Endpoint) rongcloud.Code {
	switch {
	case a.raw != nil || a.code != 0:
		return a.code
	case ep == nil:
		return http.StatusOK
	default:
		code, _ := ep.Success.Code()
		return rongcloud.Code(code)
	}
}

// render builds the body.
func (a *answer) render(ep *endpoint.Endpoint) {
	switch {
	case a.events != nil:
		a.mediaType = "text/event-stream; charset=UTF-8"
		for i := range a.events {
			a.body = append(a.body, a.event(i)...)
		}
	case a.raw != nil:
		a.body = []byte(*a.raw)
		a.mediaType = http.DetectContentType(a.body)
	default:
		a.body = a.encode(ep)
		a.mediaType = "application/json; charset=UTF-8"
	}
}

// write sends what render made.
func (a *answer) write(w http.ResponseWriter) {
	header := w.Header()
	if header.Get("Content-Type") == "" {
		header.Set("Content-Type", a.mediaType)
	}
	if a.events != nil {
		a.stream(w)
		return
	}
	header.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.httpStatus())
	_, _ = w.Write(a.body) // the server does not care if the caller has gone
}

// stream flushes each event at once.
func (a *answer) stream(w http.ResponseWriter) {
	w.WriteHeader(a.httpStatus())
	for i := range a.events {
		_, _ = w.Write(a.event(i))                // the server does not care if the caller has gone
		_ = http.NewResponseController(w).Flush() // in-process there is nothing to flush
	}
}

func (a *answer) event(i int) []byte {
	return fmt.Appendf(nil, "event: message\nid: %d\ndata: %s\n\n", i+1, a.events[i])
}

// encode writes the code first, as RongCloud does, then the fields in order.
func (a *answer) encode(ep *endpoint.Endpoint) []byte {
	body := strconv.AppendInt([]byte(`{"code":`), int64(a.answerCode(ep)), 10)
	fields := a.fields
	if a.message != "" {
		fields = append([]field{{"errorMessage", a.message}}, fields...)
	}
	for _, f := range fields {
		value, err := json.Marshal(f.value)
		if err != nil { // handlers put only plain data into answers
			panic(fmt.Sprintf("rongcloudtest: field %s: %v", f.name, err))
		}
		body = append(append(body, `,"`+f.name+`":`...), value...)
	}
	return append(body, '}')
}
