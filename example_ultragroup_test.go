package rongcloud_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Create an ultra group with a private channel, and let a user group read it.
func ExampleUltraGroupService() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	ultra := client.UltraGroup

	steps := []error{
		ultra.Create(ctx, rongcloud.UltraGroupCreateParams{GroupID: "game", Name: "The game", UserID: "u1"}),
		ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "game", UserID: "u2"}),
		ultra.Join(ctx, rongcloud.UltraGroupJoinParams{GroupID: "game", UserID: "u3"}),
		ultra.Channel.Create(ctx, rongcloud.UltraGroupChannelCreateParams{
			GroupID: "game", ChannelID: "staff", Type: rongcloud.UltraGroupChannelPrivate,
		}),
		ultra.UserGroup.Create(ctx, rongcloud.UltraGroupUserGroupCreateParams{GroupID: "game", UserGroupIDs: []string{"admins"}}),
		ultra.UserGroup.AddUsers(ctx, rongcloud.UltraGroupUserGroupUsersParams{
			GroupID: "game", UserGroupID: "admins", UserIDs: []string{"u1", "u2"},
		}),
		ultra.UserGroup.Bind(ctx, rongcloud.UltraGroupUserGroupBindParams{
			GroupID: "game", ChannelID: "staff", UserGroupIDs: []string{"admins"},
		}),
	}
	for _, err := range steps {
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	_, err = client.Message.SendUltraGroup(ctx, rongcloud.UltraGroupMessage{
		From: "u1", To: []string{"game"}, ChannelID: "staff", Content: rongcloud.TextMessage{Content: "for our eyes only"},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, id := range []string{"u2", "u3"} {
		fmt.Println(id, "received", len(srv.User(id).Inbox()))
	}

	// Output:
	// u2 received 1
	// u3 received 0
}

// List all channels of an ultra group. Pages are fetched as needed.
func ExampleUltraGroupChannelService_All() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddUltraGroup("game", "u1")
	srv.AddUltraGroupChannels("game", "news", "help")

	query := rongcloud.UltraGroupChannelQuery{GroupID: "game", Size: 2}
	for channel, err := range srv.Client().UltraGroup.Channel.All(context.Background(), query) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(channel.ChannelID, "is", channel.Type)
	}

	// Output:
	// RCDefault is public
	// news is public
	// help is public
}

// Find the messages that a user wrote, and change one of them.
func ExampleUltraGroupMessageService_All() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddUltraGroup("game", "u1", "u2")
	client := srv.Client()
	ctx := context.Background()

	for _, from := range []string{"u1", "u2", "u1"} {
		_, err := client.Message.SendUltraGroup(ctx, rongcloud.UltraGroupMessage{
			From: from, To: []string{"game"}, ChannelID: "RCDefault", Content: rongcloud.TextMessage{Content: "hello from " + from},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}

	search := rongcloud.UltraGroupMessageQuery{
		GroupID: "game", ChannelID: "RCDefault", From: "u2",
		// The span may be of any length.
		After: time.Now().Add(-30 * 24 * time.Hour), Until: time.Now().Add(time.Minute),
	}
	for message, err := range client.UltraGroup.Message.All(ctx, search) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("found", message.Body)
		err = client.UltraGroup.Message.Modify(ctx, rongcloud.UltraGroupMessageModifyParams{
			GroupID: "game", ChannelID: message.ChannelID, From: message.From, MessageUID: message.MessageUID,
			Content: rongcloud.TextMessage{Content: "(removed)"},
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println("now", srv.Sent()[1].Body)

	// Output:
	// found {"content":"hello from u2"}
	// now {"content":"(removed)"}
}

// Mute everybody in a channel except the speaker.
func ExampleUltraGroupMuteAllMembersService_Add() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddUltraGroup("game", "u1", "u2")
	ultra := srv.Client().UltraGroup
	ctx := context.Background()

	speakers := rongcloud.UltraGroupMuteAllMembersWhitelistParams{GroupID: "game", ChannelID: "RCDefault", UserIDs: []string{"u1"}}
	if err := ultra.MuteAllMembersWhitelist.Add(ctx, speakers); err != nil {
		fmt.Println(err)
		return
	}
	everybody := rongcloud.UltraGroupMuteAllMembersParams{GroupID: "game", ChannelID: "RCDefault"}
	if err := ultra.MuteAllMembers.Add(ctx, everybody); err != nil {
		fmt.Println(err)
		return
	}

	for _, query := range []rongcloud.UltraGroupMuteAllMembersQuery{{GroupID: "game", ChannelID: "RCDefault"}, {GroupID: "game"}} {
		muted, err := ultra.MuteAllMembers.IsMuted(ctx, query)
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Printf("%q muted: %v\n", query.ChannelID, muted)
	}

	// Output:
	// "RCDefault" muted: true
	// "" muted: false
}
