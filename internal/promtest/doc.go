// Package promtest holds no code but a test: Prometheus itself loads the alerts of
// docs/observability.rules.yml, and answers them and the queries of docs/observability.md from a
// program with trouble.
package promtest
