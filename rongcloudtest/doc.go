// Package rongcloudtest is a RongCloud that runs inside a test: a server that checks requests as
// RongCloud's Server API would, keeps state, shows what users received, and fails on purpose.
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
// is for programs in other languages, with [Server.AppKey] and [Server.AppSecret].
//
// # What is checked
//
// Path, method, signature, content type, and every parameter against the endpoint table: required
// ones, numbers, values, lengths, list sizes. A wrong request is answered with the HTTP status and
// code that RongCloud documents for it. Where RongCloud documents nothing, or its own SDKs send
// something else, the server is as lenient as they need: timestamps may be old and in seconds,
// nonces may come again, lists of IDs may be joined or repeated, unknown parameters are recorded
// but not refused, and chat rooms need not exist. [WithStrict] refuses what the documentation
// rules out.
//
// # What is kept
//
// Every endpoint that the catalogue lists as current, and the old forms for sensitive words and
// chat rooms. What is set is what is queried back: messages land in inboxes and in the cloud
// history, a recall takes them out of both, streams grow piece by piece, the hourly log can be
// downloaded. [Server.Pushes] shows the pushes and whom they chose. Mutes hold back nothing that
// is sent through the Server API, as with RongCloud; they end by the server's clock.
// [Server.AddGroup] is a short way to a group with members, and [Server.AddUltraGroup] to an ultra
// group. Messages to a private channel of an ultra group reach those alone who are on its list or
// in a user group bound to it. Users are in chat rooms by [Server.JoinChatroom] and
// [Server.LeaveChatroom]; rooms destroy themselves by the server's clock. Audio and video rooms are
// those that [User.JoinRTCRoom] makes; [Server.RTCRoom] shows them. Any other endpoint of the
// catalogue is answered with HTTP 501, never with a silent success. Where the documentation
// leaves the behaviour open, the comments of the handlers say which way was taken.
//
// Three things are off unless asked for, as they are with RongCloud or so that they do not disturb
// other tests: [WithQuotas], [WithIdempotencyService] and [WithSensitiveFilter]. [Server.Advance]
// moves the clock that they, blocks and logs go by.
//
// # Faults
//
//	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
//
// carries the next send out and closes the connection in place of a response, which the client must
// report as rongcloud.ErrOutcomeUnknown. See [Fault] for the rest: other responses, delays, cut
// answers, the n-th request or those that a predicate chooses.
//
// # Callbacks
//
//	srv.AddWebhook(handler)
//	uid, err := srv.User("u1").SendPrivate("u2", rongcloud.TextMessage{Content: "hello"})
//
// calls back as RongCloud calls an app's server, about what users do with their apps
// ([User.Connect], [User.SendPrivate], [User.JoinChatroom] and so on) and about what is done
// through the Server API: chat rooms and their attributes, recalls, deactivations, profiles,
// friends and hosted groups. With [WithPreMessages] it asks before delivery, and obeys. Mutes,
// blacklists and sensitive words count for what users send. [Server.Emit] makes any callback;
// [Server.Callbacks] shows them all.
//
// # Expectations
//
//	hello := rongcloud.TextMessage{Content: "hello"}
//	srv.ExpectSent(t, rongcloudtest.Want{From: "u1", TargetID: "u2", Content: hello})
//
// fails the test with a diff unless just that was sent; [Server.ExpectRequests] does the same for
// requests. [Server.Sent] and [Server.Requests] are for everything else.
package rongcloudtest
