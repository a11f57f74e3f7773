package rongcloud_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Log a user out of all devices, for example after a password change. Invalid tokens prevent new
// connections; a block, which is removed at once, closes the open ones.
func ExampleUserService_ExpireTokens() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	ann := srv.User("ann")
	if _, err := client.User.Register(ctx, rongcloud.RegisterParams{UserID: "ann", Name: "Ann"}); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("connects:", ann.Connect(), "online:", ann.IsOnline())

	srv.Advance(time.Minute) // tokens issued at this very moment would stay valid
	if err := logOut(ctx, client, "ann", srv.Now()); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("online:", ann.IsOnline())
	fmt.Println("the old token is void:", errors.Is(ann.Connect(), rongcloudtest.ErrNoToken))

	// Output:
	// connects: <nil> online: true
	// online: false
	// the old token is void: true
}

func logOut(ctx context.Context, client *rongcloud.Client, userID string, now time.Time) error {
	// First the tokens: a client whose connection is closed reconnects with the token it has.
	err := client.User.ExpireTokens(ctx, rongcloud.ExpireTokensParams{UserIDs: []string{userID}, Before: now})
	if err != nil {
		return err
	}
	err = client.User.Block.Add(ctx, rongcloud.UserBlockParams{UserIDs: []string{userID}, Duration: time.Minute})
	if err != nil {
		return err
	}
	return client.User.Block.Remove(ctx, []string{userID}) // or let the minute run out
}
