// Package webhook receives RongCloud's callbacks: the copies of messages, the questions before
// delivery, and what happens to users, chat rooms, groups and friends. It verifies them, recognises
// replays and hands them over as typed values.
//
//	later := webhook.Block("later") // if nothing can decide
//	h, err := webhook.NewHandler(appSecret, webhook.WithDecisionTimeout(2*time.Second, later))
//	...
//	h.OnMessage(func(ctx context.Context, m *webhook.Message) error {
//		return archive.Save(ctx, m.MessageUID, m.From, m.TargetID, m.Body)
//	})
//	h.OnPreMessage(func(ctx context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
//		texts, err := m.Texts() // all that the message says, decoded
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
// Set ReadHeaderTimeout, ReadTimeout, WriteTimeout and IdleTimeout of the http.Server that it runs
// in.
//
// # One URL or many
//
// A [Handler] tells the kinds apart by their fields, so that all callbacks can go to one URL. What
// cannot be told apart is an empty list, and a future kind that has the fields of a present one.
// Nor is a question before delivery known for one there if its body cannot be read: it is refused,
// and RongCloud delivers the message. A path for each kind, as above, leaves nothing to guess.
//
// [Handler.For] shares functions, nonces and queue with its handler. Routers of other frameworks
// take it as any http.Handler; [Parse] and [Verify] serve where that does not fit.
//
// # Verification
//
// A callback is refused unless its signature was made with a known secret, and unless it was
// signed within the window around now, ten minutes both ways. The signature stands in the query;
// that of [MessageAudit], and of what audio and video report, may stand in a full set of headers.
// The timestamp has 13 digits, so that a signed text has one reading only. An empty secret makes
// no handler. [WithSecrets] and [WithApp] add secrets, [WithWindow] and [WithSources] change what
// else is asked.
//
// RongCloud signs callbacks and requests to the Server API by the same rule with the same secret.
// So keep the query of callbacks out of access logs: it may be good for a call of the API.
//
// RongCloud signs neither path nor body. Whoever sees one signed request could send any other body
// with its signature as long as the window lasts. So a handler remembers the signatures that it has
// met, each with a fingerprint of the whole request, in a [NonceStore]:
//
//   - a known signature with another body, path or query is an attack, and refused;
//   - the same request again is RongCloud's own retry: acknowledged at once if it was handled, and
//     handled again if that failed or is unfinished, also while it goes on: how it ends is not yet
//     known, so functions must bear concurrent repeats;
//   - a question before delivery is asked again, because its decision is wanted again. One that is
//     a replay gets the fallback.
//
// That does not protect against one who holds a request back, and sends another body first with its
// signature: only TLS does. Nor does it see what another process has met, unless they share a
// store. So use https, and let the firewall or [WithSources] admit RongCloud's addresses alone.
//
// RongCloud's pages do not say that every callback has a signature of its own, nor that a retry
// keeps it. If a retry is signed anew, it is handled again. If two callbacks ever share a
// signature, the second one is refused, which the log shows; a NonceStore that always answers
// [NonceNew] turns the check off.
//
// # Responses
//
// A question before delivery with a good signature always gets a decision, because RongCloud
// delivers a message if it gets none: see [WithDecisionTimeout], whose default delivers too.
//
// RongCloud waits five seconds, tries twice more, and drops the callback then. A function that
// returns an error or panics is answered with 500, and its context ends after [WithTimeout].
// Callbacks come repeatedly and in any order: drop repeats by the message UID or whatever a type's
// comment names, and sort by the time in the callback.
//
// Work that takes longer belongs into a queue. With [WithQueue] a handler stores a callback,
// answers 200, and calls the functions later, in order for each conversation:
//
//	h, err := webhook.NewHandler(appSecret, webhook.WithQueue(webhook.NewMemoryQueue(10_000), 8))
//	...
//	h.Start()
//	defer h.Shutdown(ctx)
//
// A [MemoryQueue] survives a graceful stop. Package boltqueue, a module of its own, survives a
// crash as well.
//
// Some errors no retry cures, such as a body that does not decode, which any user can send at will.
// Mark them with [Permanent], as the errors of [Message.Content] are: they cost one attempt, do not
// hold their conversation, and are told to [WithGiveUp]. Archive the raw body before you decode it.
//
// # Leniency
//
// RongCloud's pages contradict each other in places. Numbers may come as text and text as numbers,
// one object in place of a list, JSON inside a string, names in other letter case, lists repeated,
// joined by commas or as JSON. Fields that are missing are zero. The raw text is always there too.
// A callback of an unknown kind is acknowledged and goes to [Handler.OnUnknown], or is logged
// without one. A body that is empty, is neither a form nor JSON, or was read before by a
// middleware, is refused.
//
// # Tests
//
// Package webhooktest makes and signs callbacks of every kind.
//
// RongCloud: https://docs.rongcloud.io/platform-chat-api/auth-callback
package webhook
