// Package rongcloudtest is a fake RongCloud that runs inside a test: a server that checks requests
// as RongCloud's Server API would, keeps state, shows what users received, and fails on purpose.
//
//	srv := rongcloudtest.NewServer(t)
//	client := srv.Client()
//
//	_, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"})
//	...
//	inbox := srv.User("u2").Inbox()
//
// # Three ways in
//
// [Server.Client] returns a ready client over a loopback socket. [Server.Transport] serves any
// http.Client in the same process without a socket, whatever host the request names. [Server.URL]
// is for programs in other languages, together with [Server.AppKey] and [Server.AppSecret].
//
// # What is checked
//
// The server checks path, method, signature, content type, and every parameter against the
// endpoint table: required ones, numbers, values, lengths, list sizes. The response to an invalid
// request has the HTTP status and code that RongCloud documents. Where RongCloud documents
// nothing, or its own SDKs send something else, the server is as lenient as they need: timestamps
// may be old or in seconds, nonces may be repeated, lists of IDs may be joined or repeated,
// unknown parameters are recorded but not refused, and chat rooms need not exist. [WithStrict]
// refuses what the documentation rules out.
//
// # What is kept
//
// The server keeps state for every endpoint that the catalogue lists as current, and for the old
// endpoints for sensitive words and chat rooms. What was set can be queried: messages land in
// inboxes and in the cloud history, a recall removes them from both, streams grow piece by piece,
// the hourly log can be downloaded. [Server.Pushes] shows the pushes and their recipients. As with
// RongCloud, mutes do not hold back messages sent through the Server API; mutes end by the
// server's clock. [Server.AddGroup] is a quick way to create a group with members, and
// [Server.AddUltraGroup] an ultra group. Messages to a private channel of an ultra group reach
// only users on its list or in a user group bound to it. Users join and leave chat rooms by
// [Server.JoinChatroom] and [Server.LeaveChatroom]; rooms are destroyed by the server's clock.
// [User.JoinRTCRoom] creates audio and video rooms; [Server.RTCRoom] shows them. For any other
// endpoint of the catalogue the response is HTTP 501, never a silent success. Where the
// documentation leaves the behaviour open, the handlers' comments say what the server does.
//
// Three things are off by default, as with RongCloud, or so that they do not disturb other tests:
// [WithQuotas], [WithIdempotencyService] and [WithSensitiveFilter]. [Server.Advance] moves the
// clock that they, blocks and logs use.
//
// # Faults
//
//	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
//
// executes the next send and then closes the connection without a response, which the client must
// report as rongcloud.ErrOutcomeUnknown. See [Fault] for the rest: other responses, delays, cut
// responses, the nth request or those that a predicate chooses.
//
// # Callbacks
//
//	srv.AddWebhook(handler)
//	uid, err := srv.User("u1").SendPrivate("u2", rongcloud.TextMessage{Content: "hello"})
//
// makes callbacks as RongCloud does to an app's server, about what users do with their apps
// ([User.Connect], [User.SendPrivate], [User.JoinChatroom] and so on) and about what is done
// through the Server API: chat rooms and their attributes, recalls, deactivations, profiles,
// friends and hosted groups. With [WithPreMessages] it asks before delivery, and follows the
// decision. Mutes, blacklists and sensitive words apply to what users send. [Server.Emit] makes
// any callback; [Server.Callbacks] shows them all.
//
// # Expectations
//
//	hello := rongcloud.TextMessage{Content: "hello"}
//	srv.ExpectSent(t, rongcloudtest.Want{From: "u1", TargetID: "u2", Content: hello})
//
// fails the test with a diff unless exactly that was sent; [Server.ExpectRequests] does the same
// for requests. [Server.Sent] and [Server.Requests] are for everything else.
package rongcloudtest
