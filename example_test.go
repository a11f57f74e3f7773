package rongcloud_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"sync/atomic"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Register two users and send a message from one to the other. A program that talks to RongCloud
// itself creates its client with [rongcloud.New] or [rongcloud.NewFromEnv]; everything else is the
// same.
func Example() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	for _, user := range []rongcloud.RegisterParams{{UserID: "u1", Name: "Ann"}, {UserID: "u2", Name: "Ben"}} {
		token, err := client.User.Register(ctx, user)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(token.UserID, token.Token)
	}

	sent, err := client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("sent", sent.UIDOf("u2"))
	for _, m := range srv.User("u2").Inbox() {
		fmt.Println("received", m.ObjectName, m.Body)
	}

	// Output:
	// u1 test-token-1-u1
	// u2 test-token-2-u2
	// sent TEST-0000-0000-0001
	// received RC:TxtMsg {"content":"hello"}
}

// Call calls any endpoint by its path, even one that has no method yet: signed, retried and with
// the same errors as any other call.
func ExampleClient_Call() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	if _, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "u1", Name: "Ann"}); err != nil {
		fmt.Println(err)
		return
	}
	var answer struct {
		UserName string `json:"userName"`
	}
	err = client.Call(ctx, endpoint.UserInfo, url.Values{"userId": {"u1"}}, &answer)
	fmt.Println(answer.UserName, err)

	// Output:
	// Ann <nil>
}

// Count calls by outcome: a send that may or may not have been carried out is neither a success nor
// a refusal.
func ExampleWithCallHook() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	var mu sync.Mutex
	counts := map[rongcloud.Outcome]int{}
	client := srv.Client(rongcloud.WithCallHook(func(ctx context.Context, _ rongcloud.CallStart) (context.Context, func(rongcloud.CallEnd)) {
		return ctx, func(end rongcloud.CallEnd) {
			mu.Lock()
			defer mu.Unlock()
			counts[end.Outcome]++
		}
	}))
	ctx := context.Background()
	message := rongcloud.PrivateMessage{From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"}}

	_, _ = client.Message.SendPrivate(ctx, message)
	_, _ = client.Message.SendPrivate(ctx, rongcloud.PrivateMessage{From: "u1"})
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	_, _ = client.Message.SendPrivate(ctx, message)

	fmt.Println(counts[rongcloud.OutcomeAccepted], "accepted,", counts[rongcloud.OutcomeUnsent], "refused before it was sent,",
		counts[rongcloud.OutcomeUnknown], "unknown")

	// Output:
	// 1 accepted, 1 refused before it was sent, 1 unknown
}

// With RongCloud's idempotency service a send is retried even though its first attempt may have
// arrived: all attempts carry the same msgRandom, and the service refuses one that it has seen
// before.
func ExampleWithIdempotentSends() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client(rongcloud.WithIdempotentSends(rongcloud.IdempotentSends{}))

	// The connection breaks.
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Reset: true})
	_, err = client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
	})
	fmt.Println("error:", err)
	fmt.Println("requests:", len(srv.Requests()))
	fmt.Println("has a msgRandom:", srv.Sent()[0].Params.Has("msgRandom"))

	// Output:
	// error: <nil>
	// requests: 2
	// has a msgRandom: true
}

// A send ends in one of three ways: it was accepted, it was refused, or its outcome is unknown.
func ExampleError() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()

	send := func() error {
		_, err := client.Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
			From: "u1", To: []string{"u2"}, Content: rongcloud.TextMessage{Content: "hello"},
		})
		return err
	}
	report := func(err error) {
		var failure *rongcloud.Error
		switch {
		case err == nil:
			fmt.Println("accepted")
		case errors.Is(err, rongcloud.ErrOutcomeUnknown):
			fmt.Println("unknown: it may have been delivered")
		case errors.Is(err, rongcloud.CodeServiceNotEnabled): // a Code is an error
			fmt.Println("refused: switch the service on in the console")
		case errors.As(err, &failure):
			fmt.Println("refused:", failure.HTTPStatus, failure.Code, failure.Message)
		default:
			fmt.Println("not sent:", err)
		}
	}

	report(send())

	// Carried out, but without a response.
	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{DropResponse: true})
	report(send())

	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Code: rongcloud.CodeServiceNotEnabled})
	report(send())

	srv.Fail(endpoint.MessagePrivatePublish, rongcloudtest.Fault{Code: rongcloud.CodeInvalidParameter, Message: "wrong objectName"})
	report(send())

	// Output:
	// accepted
	// unknown: it may have been delivered
	// refused: switch the service on in the console
	// refused: 400 code 1002 (a parameter is missing or invalid) wrong objectName
}

// Mistakes found before anything is sent are ArgumentErrors. They name the call and the field.
func ExampleArgumentError() {
	client, err := rongcloud.New("app-key", "app-secret")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer client.CloseIdleConnections()

	_, err = client.User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u1"})
	var wrong *rongcloud.ArgumentError
	if errors.As(err, &wrong) {
		fmt.Println(wrong.Field, wrong.Reason)
	}
	fmt.Println(err)

	// Output:
	// RegisterParams.Name is required
	// rongcloud: POST /user/getToken.json: RegisterParams.Name (name): is required
}

// All fetches pages as needed.
func ExampleUserBlacklistService_All() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	if err := client.User.Blacklist.Add(ctx, rongcloud.UserBlacklistParams{UserID: "u1", TargetIDs: []string{"u7", "u8", "u9"}}); err != nil {
		fmt.Println(err)
		return
	}
	for userID, err := range client.User.Blacklist.All(ctx, rongcloud.UserBlacklistQuery{UserID: "u1", Size: 2}) {
		if err != nil { // an error comes once, as the last item
			fmt.Println(err)
			return
		}
		fmt.Println(userID)
	}
	fmt.Println("requests:", len(srv.Requests()))

	// Output:
	// u9
	// u8
	// u7
	// requests: 3
}

// Mention a member of a group. SendGroup automatically tells the server about the mention.
func ExampleMessageService_SendGroup() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddGroup("g1", "u1", "u2", "u3")
	client := srv.Client()

	sent, err := client.Message.SendGroup(context.Background(), rongcloud.GroupMessage{
		From: "u1",
		To:   []string{"g1"},
		Content: rongcloud.TextMessage{
			Content: "@Ben can you have a look?",
			Mention: &rongcloud.Mention{Type: rongcloud.MentionUsers, UserIDs: []string{"u2"}},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(sent.UIDOf("g1"))
	fmt.Println("isMentioned:", srv.Sent()[0].Params.Get("isMentioned"))
	fmt.Println("receivers:", srv.Sent()[0].RecipientIDs)

	// Output:
	// TEST-0000-0000-0001
	// isMentioned: 1
	// receivers: [u2 u3]
}

// RawContent sends a body that you already have as JSON text.
func ExampleRawContent() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	_, err = srv.Client().Message.SendPrivate(context.Background(), rongcloud.PrivateMessage{
		From: "u1", To: []string{"u2"},
		Content:     rongcloud.RawContent{Name: "shop:order", Body: `{"order":17}`},
		PushContent: "Order 17 has been sent", // without it, an app's own type is not pushed
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range srv.User("u2").Inbox() {
		fmt.Println(m.ObjectName, m.Body)
	}

	// Output:
	// shop:order {"order":17}
}

// order is an app's own message type.
type order struct {
	Order int    `json:"order"`
	State string `json:"state"`
}

func (order) ObjectName() string { return "shop:order" }

// An app's own message type is any type that encodes to JSON and has an object name.
func ExampleMessageContent() {
	// type order struct {
	// 	Order int    `json:"order"`
	// 	State string `json:"state"`
	// }
	//
	// func (order) ObjectName() string { return "shop:order" }

	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	_, err = srv.Client().Message.SendSystem(context.Background(), rongcloud.SystemMessage{
		From: "shop", To: []string{"u2"}, Content: order{Order: 17, State: "sent"}, PushContent: "Order 17 has been sent",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range srv.User("u2").Inbox() {
		fmt.Println(m.ObjectName, m.Body)
	}

	// Output:
	// shop:order {"order":17,"state":"sent"}
}

// The client signs its requests itself. Sign is for programs that call the API directly.
func ExampleSign() {
	fmt.Println(rongcloud.Sign("test-secret", "1234567890", "1700000000000"))

	// Output:
	// 8412d2a2e2bd25260da45037caec8d483c1f6413
}

// Verify checks the signature of a callback. The caller must check the age of the timestamp.
func ExampleVerify() {
	const signature = "8412d2a2e2bd25260da45037caec8d483c1f6413"
	fmt.Println(rongcloud.Verify("test-secret", "1234567890", "1700000000000", signature))
	fmt.Println(rongcloud.Verify("test-secret", "1234567890", "1700000000001", signature))

	// Output:
	// true
	// false
}

// Count attempts for metrics. A hook sees the cost and outcome of each attempt, but never what was
// sent.
func ExampleWithAttemptHook() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client(rongcloud.WithAttemptHook(func(_ context.Context, a rongcloud.Attempt) {
		fmt.Println(a.Endpoint, "attempt", a.Number, "status", a.HTTPStatus, "outcome", a.Outcome, "again", a.Retry)
	}))

	srv.Fail(endpoint.UserCheckOnline, rongcloudtest.Fault{Status: 503})
	online, err := client.User.IsOnline(context.Background(), "u1")
	fmt.Println(online, err)

	// Output:
	// POST /user/checkOnline.json attempt 1 status 503 outcome failed again true
	// POST /user/checkOnline.json attempt 2 status 200 outcome accepted again false
	// false <nil>
}

// CaptureResponse returns the response itself: for a log, or for a field that the SDK does not
// have.
func ExampleCaptureResponse() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	var response rongcloud.Response
	token, err := srv.Client().User.Register(context.Background(), rongcloud.RegisterParams{UserID: "u1", Name: "Ann"},
		rongcloud.CaptureResponse(&response), rongcloud.WithRequestID("checkout-17"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(token.UserID)
	fmt.Println(response.HTTPStatus, response.RequestID, response.Attempts)
	fmt.Println(response.Header.Get("Content-Type"))
	fmt.Println(string(response.Body))

	// Output:
	// u1
	// 200 checkout-17 1
	// application/json; charset=UTF-8
	// {"code":200,"userId":"u1","token":"test-token-1-u1"}
}

// Change the App Secret while the client is in use: the client asks for it before each attempt.
func ExampleWithSecretSource() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()

	var secret atomic.Value // last fetched by a goroutine of the program
	secret.Store("the-former-one")
	client := srv.Client(rongcloud.WithSecretSource(func(context.Context) (string, error) {
		return secret.Load().(string), nil
	}))
	fmt.Println("refused:", errors.Is(client.Ping(context.Background()), rongcloud.ErrUnauthorized))
	secret.Store(srv.AppSecret())
	fmt.Println("refused:", errors.Is(client.Ping(context.Background()), rongcloud.ErrUnauthorized))

	// Output:
	// refused: true
	// refused: false
}
