package frameworks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func Example_echo() {
	h, err := webhook.NewHandler("app-secret", webhook.WithDecisionTimeout(2*time.Second, webhook.Block("try again later")))
	if err != nil {
		panic(err)
	}
	h.OnPreMessage(func(_ context.Context, m *webhook.PreMessage) (webhook.Decision, error) {
		fmt.Println("echo: may", m.From, "write to", m.TargetID+"?")
		return webhook.Block("not today"), nil
	})

	router := echo.New()
	router.POST("/rongcloud/moderation", echo.WrapHandler(h.For(webhook.KindPreMessage)))

	post(router, "/rongcloud/moderation", webhooktest.Sample(webhook.KindPreMessage))
	// Output:
	// echo: may u1 write to g1?
	// 200 {"pass":0,"extra":"not today"}
}

// Example_echoParse parses the callback in your own echo handler. It does not detect replays.
func Example_echoParse() {
	router := echo.New()
	router.POST("/rongcloud", func(c echo.Context) error {
		callback, err := webhook.Parse(c.Request(), "app-secret")
		var refused *webhook.Error
		if errors.As(err, &refused) {
			return c.NoContent(refused.Status)
		}
		fmt.Println("echo:", callback.Kind)
		return c.NoContent(http.StatusOK)
	})

	post(router, "/rongcloud", webhooktest.Sample(webhook.KindFriendship))
	app.Secret = "guessed"
	post(router, "/rongcloud", webhooktest.Sample(webhook.KindFriendship))
	app.Secret = "app-secret"
	// Output:
	// echo: friendship
	// 200
	// 403
}
