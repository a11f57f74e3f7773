// Package rongcloudotel tells OpenTelemetry what a client calls and what a webhook handler is
// called with: traces and metrics, by the tracer, meter and propagator of the program's own, or the
// global ones.
//
//	client, err := rongcloud.New(appKey, appSecret, rongcloudotel.Options()...)
//	handler, err := webhook.NewHandler(appSecret, rongcloudotel.Webhook()...)
//
// A call is a span of kind internal, and each of its attempts one of kind client within it. What
// may have been carried out and what was refused are told apart: rongcloud.outcome. A callback, and
// each attempt at a job of the queue, is a span of kind consumer. No name and no attribute holds a
// user's ID, a token, a content or the App Secret, and all metrics have few series, whoever is
// written to. The page
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/observability.md lists all of them, with
// rules and queries for Prometheus.
//
// It is a module of its own, so that those who do not use OpenTelemetry do not depend on it.
package rongcloudotel
