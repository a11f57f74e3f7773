package frameworks_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// app stands in for RongCloud.
var app = webhooktest.App{Key: "app-key", Secret: "app-secret"}

// post delivers an event to a router and prints the response.
func post(router http.Handler, path string, e webhook.Event) {
	r, err := app.Request(context.Background(), "http://localhost"+path, e)
	if err != nil {
		panic(err)
	}
	answer := webhooktest.Serve(router, r)
	fmt.Println(strings.TrimSpace(fmt.Sprintf("%d %s", answer.Status, answer.Body)))
}
