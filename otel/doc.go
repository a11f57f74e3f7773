// Package rongcloudotel reports the calls of a client and the callbacks of a webhook handler to
// OpenTelemetry, as traces and metrics. It uses the tracer, meter and propagator that you give, or
// the global ones.
//
//	client, err := rongcloud.New(appKey, appSecret, rongcloudotel.Options()...)
//	handler, err := webhook.NewHandler(appSecret, rongcloudotel.Webhook()...)
//
// A call is a span of kind internal, and each of its attempts a span of kind client within it. The
// attribute rongcloud.outcome distinguishes calls that may have been executed from those that were
// refused. A callback, and each attempt at a job of the queue, is a span of kind consumer. No name
// or attribute contains a user's ID, a token, message content or the App Secret, and all metrics
// have few series, however many recipients there are. The page
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/observability.md lists all names, with rules and queries for Prometheus.
//
// It is a separate module, so that programs that do not use OpenTelemetry do not depend on it.
package rongcloudotel
