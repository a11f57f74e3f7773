// Package frameworks shows how to use package webhook with the routers gin and echo: as a handler,
// which is the better choice because it detects replays, and with [webhook.Parse].
package frameworks
