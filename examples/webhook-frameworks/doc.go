// Package frameworks shows package webhook in the routers gin and echo: as a handler, which is the
// better choice because it recognises replays, and by [webhook.Parse].
package frameworks
