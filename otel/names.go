package rongcloudotel

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel/attribute"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The attributes. Those without the prefix rongcloud follow OpenTelemetry's conventions.
const (
	keyMethod       = attribute.Key("http.request.method")
	keyStatus       = attribute.Key("http.response.status_code")
	keyResend       = attribute.Key("http.request.resend_count")
	keyRequestSize  = attribute.Key("http.request.body.size")
	keyResponseSize = attribute.Key("http.response.body.size")
	keyAddress      = attribute.Key("server.address")
	keyPort         = attribute.Key("server.port")
	keyPath         = attribute.Key("url.path")
	keyScheme       = attribute.Key("url.scheme")
	keyTemplate     = attribute.Key("url.template")
	keyErrorType    = attribute.Key("error.type")

	keyEndpoint  = attribute.Key("rongcloud.endpoint")
	keyClass     = attribute.Key("rongcloud.class")
	keyOutcome   = attribute.Key("rongcloud.outcome")
	keyCode      = attribute.Key("rongcloud.code")
	keyRequestID = attribute.Key("rongcloud.request_id")
	keyAttempts  = attribute.Key("rongcloud.attempts")
	keyWait      = attribute.Key("rongcloud.limiter.wait")
	keyBulk      = attribute.Key("rongcloud.bulk")
	keyDelivered = attribute.Key("rongcloud.bulk.delivered")
	keyRefused   = attribute.Key("rongcloud.bulk.refused")
	keyUnknown   = attribute.Key("rongcloud.bulk.unknown")
	keySkipped   = attribute.Key("rongcloud.bulk.skipped")

	keyKind    = attribute.Key("rongcloud.webhook.kind")
	keyVerdict = attribute.Key("rongcloud.webhook.verdict")
	keyQueue   = attribute.Key("rongcloud.webhook.queue.depth")
)

// other replaces values that are not listed: there may be any number of them, with any text.
const other = "_OTHER"

// The values of error.type for calls that have neither a code nor a status.
const (
	typeUnknown  = "outcome_unknown"
	typeArgument = "argument"
	typeTimeout  = "timeout"
	typeCanceled = "canceled"
	typeFailed   = "connection" // or anything else that prevented a response of the API
	// a response that is not the API's, such as a redirect or a proxy's page
	typeResponse = "response"
	typeUnsent   = "unsent" // the limiter, or the source of the App Secret, failed
	typeBulk     = "bulk"   // a bulk send was stopped, or some of its requests were refused
)

// named is an endpoint by names from a small set: a caller's own endpoint may have any path.
type named struct {
	name, method, path string
}

func nameOf(ep *endpoint.Endpoint) named {
	known := endpoint.ByPath(ep.Method, ep.Path)
	if known == nil {
		return named{"Call", methodOf(ep.Method), other}
	}
	return named{known.Name, known.Method, known.Path}
}

// methodOf returns the method of a call to a caller's own endpoint. An empty method is POST, and
// methods other than these are refused.
func methodOf(method string) string {
	switch method {
	case "":
		return http.MethodPost
	case http.MethodPost, http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodDelete:
		return method
	}
	return other
}

// endpoint returns method and path.
func (n named) endpoint() string {
	if n.path == other {
		return other
	}
	return n.method + " " + n.path
}

// errorType returns what went wrong, as one word from a small set.
func errorType(err error, outcome rongcloud.Outcome, code rongcloud.Code, status int) string {
	var wrong *rongcloud.ArgumentError
	var late net.Error
	switch {
	case err == nil:
		return ""
	case outcome == rongcloud.OutcomeUnknown:
		return typeUnknown
	case errors.As(err, &wrong):
		return typeArgument
	case outcome == rongcloud.OutcomeRefused && code.Meaning() != "":
		return strconv.Itoa(int(code))
	case outcome == rongcloud.OutcomeRefused:
		return "code" + other
	case errors.Is(err, context.Canceled):
		return typeCanceled
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &late) && late.Timeout():
		return typeTimeout
	case outcome == rongcloud.OutcomeUnsent:
		return typeUnsent
	case status >= 400 && status < 600:
		return strconv.Itoa(status)
	case status >= 200 && status < 400:
		return typeResponse
	}
	return typeFailed
}

// addressOf splits a host into name and port. The port defaults to that of the scheme.
func addressOf(scheme, host string) (name string, port int) {
	port = 443
	if scheme == "http" {
		port = 80
	}
	name, text, err := net.SplitHostPort(host)
	if err != nil {
		return strings.Trim(host, "[]"), port
	}
	if n, err := strconv.Atoi(text); err == nil {
		port = n
	}
	return name, port
}
