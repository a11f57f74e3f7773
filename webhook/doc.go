// Package webhook receives RongCloud's callbacks: copies of messages, pre-delivery checks, and
// events of users, chat rooms, groups and friends. It verifies them, detects replays and decodes
// them into typed values.
//
//	later := webhook.Block("later") // if no decision can be made
//	h, err := webhook.NewHandler(appSecret, webhook.WithDecisionTimeout(2*time.Second, later))
//	...
//	h.OnMessage(func(ctx context.Context, m *webhook.Message) error {
//		return archive.Save(ctx, m.MessageUID, m.From, m.TargetID, m.Body)
//	})
//	h.OnPreMessage(func(ctx context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
//		texts, err := m.Texts() // all text in the message, decoded
//		if err != nil {
//			return webhook.Block("unreadable"), err
//		}
//		for _, text := range texts {
//			if strings.Contains(strings.ToLower(text), "casino") {
//				return webhook.Block("not allowed here"), nil
//			}
//		}
//		return webhook.Allow(), nil
//	})
//	http.Handle("/rongcloud/messages", h.For(webhook.KindMessage))
//	http.Handle("/rongcloud/moderation", h.For(webhook.KindPreMessage))
//
// Set ReadHeaderTimeout, ReadTimeout, WriteTimeout and IdleTimeout on the http.Server that serves
// the handler.
//
// # One URL or many
//
// A [Handler] recognises each kind of callback by its fields, so all callbacks can go to one URL.
// There it cannot recognise an empty list, nor a future kind with the fields of a present one. It
// also refuses a pre-delivery check whose body cannot be read, since it cannot recognise it, and
// RongCloud delivers the message. A path for each kind, as above, leaves nothing to guess.
//
// The handler that [Handler.For] returns shares functions, nonces and queue with the first one.
// Other frameworks' routers accept it like any http.Handler; where that does not fit, use [Parse]
// and [Verify].
//
// # Verification
//
// A callback is refused unless it was signed with a known secret, at most ten minutes ago or
// ahead. The signature is in the query; for [MessageAudit] and for audio and video callbacks, it
// may be in a full set of headers. The timestamp must have 13 digits, so that a signed text can be
// read in one way only. An empty secret is refused. [WithSecrets] and [WithApp] add secrets;
// [WithWindow] and [WithSources] change the other conditions.
//
// RongCloud signs callbacks and Server API requests by the same rule with the same secret. So keep
// the query of callbacks out of access logs: it may be valid for an API call.
//
// RongCloud signs neither path nor body. Anyone who sees a signed request could send any other
// body with its signature while the window lasts. So a handler remembers the signatures it has
// seen, each with a fingerprint of the whole request, in a [NonceStore]:
//
//   - a known signature with another body, path or query is an attack, and is refused;
//   - the same request again is RongCloud's own retry: acknowledged at once if it was handled, and
//     handled again if that failed or has not finished yet. So functions must tolerate concurrent
//     repeats;
//   - a repeated pre-delivery check is decided again, because RongCloud needs the decision. A
//     replayed one gets the fallback.
//
// That does not protect against an attacker who holds a request back and first sends another body
// with its signature: only TLS does. The handler also does not know what other processes have
// seen, unless they share a store. So use https, and let the firewall or [WithSources] admit only
// RongCloud's addresses.
//
// RongCloud's pages do not say that every callback has its own signature, nor that a retry keeps
// it. A retry with a new signature is handled again. If two callbacks ever share a signature, the
// second is refused, and the log says so; a NonceStore that always returns [NonceNew] turns the
// check off.
//
// # Responses
//
// A pre-delivery check with a valid signature always gets a decision, because RongCloud delivers
// the message if it gets none: see [WithDecisionTimeout], whose default delivers too.
//
// RongCloud waits five seconds, tries twice more, and then drops the callback. If a function
// returns an error or panics, the response is 500; its context ends after [WithTimeout]. Callbacks
// may be repeated and come in any order: drop repeats by the message UID or the fields that a
// type's comment names, and sort by the time in the callback.
//
// Work that takes longer belongs in a queue. With [WithQueue] a handler stores a callback,
// responds with 200, and calls the functions later, in order for each conversation:
//
//	h, err := webhook.NewHandler(appSecret, webhook.WithQueue(webhook.NewMemoryQueue(10_000), 8))
//	...
//	h.Start()
//	defer h.Shutdown(ctx)
//
// The jobs of a [MemoryQueue] survive a graceful stop only. Those of package boltqueue, a separate
// module, survive a crash as well.
//
// Retries cannot fix some errors, such as a body that does not decode, which any user can send at
// will. Mark them with [Permanent], as the errors of [Message.Content] are: they cost one attempt,
// do not block their conversation, and are passed to the function of [WithGiveUp]. Archive the raw
// body before you decode it.
//
// # Leniency
//
// RongCloud's pages contradict each other in places, so a handler accepts numbers as text and text
// as numbers, one object instead of a list, JSON inside a string, names in any letter case, and
// lists as repeated fields, joined by commas or as JSON. Missing fields are zero. The raw text is
// always available too. A callback of an unknown kind is acknowledged and goes to
// [Handler.OnUnknown], or is logged if there is none. A body that is empty, is neither a form nor
// JSON, or was already read by a middleware, is refused.
//
// # Tests
//
// Package webhooktest makes and signs callbacks of every kind.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth-callback
package webhook
