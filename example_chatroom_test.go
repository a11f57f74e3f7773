package rongcloud_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Open a chat room for exactly three hours, and query it.
func ExampleChatroomService_Create() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	err = client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{
		ChatroomID: "concert", DestroyType: rongcloud.ChatroomDestroyFixed, DestroyAfter: 3 * time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	srv.JoinChatroom("concert", "u1", "u2") // as their client apps do

	room, err := client.Chatroom.Get(ctx, "concert")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(room.MemberCount, "members, ends", room.DestroyAfter, room.DestroyType)

	srv.Advance(3 * time.Hour)
	_, err = client.Chatroom.Get(ctx, "concert")
	fmt.Println("gone:", errors.Is(err, rongcloud.CodeChatroomNotFound))

	// Output:
	// 2 members, ends 3h0m0s after creation
	// gone: true
}

// Keep the seats of a voice room in its attributes. A seat is free again when its owner leaves.
func ExampleChatroomEntryService_Set() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.JoinChatroom("voice", "ann", "ben")
	client := srv.Client()
	ctx := context.Background()

	for seat, user := range map[string]string{"seat1": "ann", "seat2": "ben"} {
		err := client.Chatroom.Entry.Set(ctx, rongcloud.ChatroomEntrySetParams{
			ChatroomID: "voice", OwnerID: user, Key: seat, Value: "taken", AutoDelete: true,
		})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	srv.LeaveChatroom("voice", "ann")

	seats, err := client.Chatroom.Entry.List(ctx, rongcloud.ChatroomEntryQuery{ChatroomID: "voice"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, seat := range seats.Entries {
		fmt.Println(seat.Key, seat.Value, "by", seat.OwnerID)
	}

	// Output:
	// seat2 taken by ben
}

// Let only the host talk, and then everybody but one user.
func ExampleChatroomMuteAllMembersService_Add() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.JoinChatroom("show", "host", "u1", "u2")
	client := srv.Client()
	ctx := context.Background()
	report := func(when string) {
		fmt.Print(when, ":")
		for _, id := range []string{"host", "u1", "u2"} {
			if !srv.User(id).IsMutedInChatroom("show") {
				fmt.Print(" ", id)
			}
		}
		fmt.Println()
	}

	err = errors.Join(
		client.Chatroom.MuteAllMembersWhitelist.Add(ctx, rongcloud.ChatroomMuteAllMembersWhitelistParams{ChatroomID: "show", UserIDs: []string{"host"}}),
		client.Chatroom.MuteAllMembers.Add(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "show", Notify: true}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	report("during the show")

	err = errors.Join(
		client.Chatroom.MuteAllMembers.Remove(ctx, rongcloud.ChatroomMuteAllMembersParams{ChatroomID: "show", Notify: true}),
		client.Chatroom.Mute.Add(ctx, rongcloud.ChatroomMuteAddParams{ChatroomID: "show", UserIDs: []string{"u2"}, Duration: 10 * time.Minute}),
	)
	if err != nil {
		fmt.Println(err)
		return
	}
	report("after the show")
	srv.Advance(10 * time.Minute)
	report("ten minutes later")

	// Output:
	// during the show: host
	// after the show: host u1
	// ten minutes later: host u1 u2
}

// All walks the banned rooms page by page.
func ExampleChatroomMuteAllMembersService_All() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	for _, id := range []string{"r1", "r2", "r3"} {
		if err := client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: id, AllMembersMuted: true}); err != nil {
			fmt.Println(err)
			return
		}
	}
	for id, err := range client.Chatroom.MuteAllMembers.All(ctx, rongcloud.ChatroomMuteAllMembersQuery{Size: 2}) {
		if err != nil { // an error comes once, as the last item
			fmt.Println(err)
			return
		}
		fmt.Println(id)
	}

	// Output:
	// r1
	// r2
	// r3
}

// Remove somebody from a chat room, and keep them out for an hour. There is no way to remove
// somebody who may come back at once.
func ExampleChatroomBlockService_Add() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()
	if err := client.Chatroom.Create(ctx, rongcloud.ChatroomCreateParams{ChatroomID: "room"}); err != nil {
		fmt.Println(err)
		return
	}
	srv.JoinChatroom("room", "ann", "troll") // as their client apps do

	err = client.Chatroom.Block.Add(ctx, rongcloud.ChatroomBlockAddParams{
		ChatroomID: "room", UserIDs: []string{"troll"}, Duration: time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	member, err := client.Chatroom.IsMember(ctx, rongcloud.ChatroomIsMemberQuery{ChatroomID: "room", UserID: "troll"})
	fmt.Println("still there:", member, err)
	blocks, err := client.Chatroom.Block.List(ctx, "room")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, block := range blocks.Users {
		fmt.Println("kept out:", block.UserID)
	}

	// Output:
	// still there: false <nil>
	// kept out: troll
}
