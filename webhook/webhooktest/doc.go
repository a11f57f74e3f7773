// Package webhooktest makes RongCloud's callbacks for tests of programs that receive them: of
// every kind, encoded and signed as RongCloud does it.
//
//	app := webhooktest.App{Key: "key", Secret: "secret"}
//	response, err := app.Deliver(ctx, handler, &webhook.Message{
//		From: "u1", TargetID: "u2", ConversationType: rongcloud.ConversationPrivate,
//		ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, MessageUID: "596E-P5PG-4FS2-7OJK",
//	})
//
// Any event of package webhook can be delivered; [Sample] has one of each kind. [CheckNonceStore]
// and [CheckQueue] test your own implementations of the stores of package webhook.
package webhooktest
