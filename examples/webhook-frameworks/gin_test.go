package frameworks_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

func Example_gin() {
	h, err := webhook.NewHandler("app-secret")
	if err != nil {
		panic(err)
	}
	h.OnMessage(func(_ context.Context, m *webhook.Message) error {
		fmt.Println("gin: message", m.MessageUID)
		return nil
	})

	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.POST("/rongcloud", gin.WrapH(h))
	router.POST("/rongcloud/status", gin.WrapH(h.For(webhook.KindUserStatus)))

	post(router, "/rongcloud", webhooktest.Sample(webhook.KindMessage))
	post(router, "/rongcloud/status", webhooktest.Sample(webhook.KindUserStatus))
	// Output:
	// gin: message 596E-P5PG-4FS2-7OJK
	// 200
	// 200
}

// Example_ginParse parses the callback in your own gin handler. It does not detect replays.
func Example_ginParse() {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.POST("/rongcloud", func(c *gin.Context) {
		callback, err := webhook.Parse(c.Request, "app-secret")
		var refused *webhook.Error
		if errors.As(err, &refused) {
			c.AbortWithStatus(refused.Status)
			return
		}
		for _, e := range callback.Events {
			if s, ok := e.(*webhook.UserStatus); ok {
				fmt.Println("gin:", s.UserID, "is", s.Status)
			}
		}
		c.Status(http.StatusOK)
	})

	post(router, "/rongcloud", webhooktest.Sample(webhook.KindUserStatus))
	app.Secret = "guessed"
	post(router, "/rongcloud", webhooktest.Sample(webhook.KindUserStatus))
	app.Secret = "app-secret"
	// Output:
	// gin: u1 is online
	// 200
	// 403
}
