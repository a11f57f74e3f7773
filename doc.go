// Package rongcloud is a client for the IM Server API of RongCloud (融云): from an app's own backend,
// it registers users, sends messages and manages everything that a chat app keeps on RongCloud's
// servers.
//
//	region := rongcloud.WithRegion(rongcloud.RegionSingapore)
//	client, err := rongcloud.New(appKey, appSecret, region)
//	...
//	token, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
//	...
//	sent, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
//		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
//	})
//
// A [Client] is safe for concurrent use. Make one for each App Key and keep it. [NewFromEnv] reads
// key, secret and region from the environment.
//
// # Services
//
// The methods are grouped by RongCloud's own terms, so that you can find a method from RongCloud's
// documentation: client.User, client.User.Blacklist, client.Message, client.Group,
// client.Chatroom.Entry, client.UltraGroup.Channel and so on. Start from the fields of [Client].
// Every endpoint that RongCloud documents as current has a method. The zero value of an optional
// field leaves the decision to the server; a field for which zero is a meaningful value is a
// pointer, and [Ptr] makes one. Lists come page by page, or whole with range:
//
//	query := rongcloud.UserBlacklistQuery{UserID: "u1"}
//	for userID, err := range client.User.Blacklist.All(ctx, query) {
//
// [Client.Call] calls endpoints that are newer than the SDK. Package endpoint describes all
// endpoints as data.
//
// # Errors
//
// Every error of a method is an [*ArgumentError], found before anything was sent, or an [*Error]
// with all that is known about the failure. Ask for a category or a [Code] with errors.Is:
//
//	switch {
//	case err == nil:
//		// accepted
//	case errors.Is(err, rongcloud.ErrOutcomeUnknown):
//		// it may have been carried out: do not blindly send it again
//	case errors.Is(err, rongcloud.CodeServiceNotEnabled):
//		// refused
//	}
//
// # Retries
//
// Nearly every endpoint is a POST, so the HTTP method does not say which calls may be repeated. The
// endpoint's class does: safe and idempotent calls are retried after connection failures, timeouts,
// HTTP 429 and 5xx. Unsafe calls, such as sends, are retried only if the server cannot have carried
// them out. If it may have, the call ends with [ErrOutcomeUnknown]. [WithIdempotentSends],
// [RetryUnsafe] and [WithRetry] change that. For the class of each call see
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/retries.md, and for all codes
// https://github.com/rongcloud-go/rongcloud/blob/main/docs/errors.md.
//
// A call that fails on one host of the data centre continues on the other one, and later calls stay
// there. The context limits a call as a whole, [WithAttemptTimeout] each attempt.
//
// # Many messages
//
// [WithLimiter] keeps calls within RongCloud's documented quotas. [MessageService.SendPrivateBulk]
// and its like send to any number of recipients, in chunks, with a checkpoint to resume from.
// Module redis shares the quotas between processes.
//
// # Callbacks
//
// Package webhook receives RongCloud's callbacks to an app's server: verified, protected against
// replays, and typed.
//
// # Testing
//
// Package rongcloudtest provides a fake RongCloud server for tests, which can also fail on purpose:
//
//	srv := rongcloudtest.NewServer(t)
//	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
//	_, err := srv.Client().Message.SendPrivate(ctx, message)
//	// errors.Is(err, rongcloud.ErrOutcomeUnknown)
//	inbox := srv.User("u2").Inbox() // the message is there
package rongcloud
