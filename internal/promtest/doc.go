// Package promtest contains only a test: Prometheus itself loads the alerts of
// docs/observability.rules.yml, and evaluates them and the queries of docs/observability.md on a
// program that has problems.
package promtest
