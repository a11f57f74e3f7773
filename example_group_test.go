package rongcloud_test

import (
	"context"
	"fmt"
	"time"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Create a group, and notify its members in the same call.
func ExampleGroupService_Create() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	_, err = client.Group.Create(ctx, rongcloud.GroupCreateParams{
		GroupID: "g1", Name: "Hikers", UserIDs: []string{"u1", "u2", "u3"},
		Notice: &rongcloud.GroupNotice{From: "u1", Content: rongcloud.TextMessage{Content: "Welcome!"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	members, err := client.Group.ListMembers(ctx, "g1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(members.UserIDs)
	fmt.Println(srv.User("u2").Inbox()[0].Body)

	// Output:
	// [u1 u2 u3]
	// {"content":"Welcome!"}
}

// Mute one member for an hour and another one permanently.
func ExampleGroupMuteService_Add() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	mute := srv.Client().Group.Mute
	ctx := context.Background()
	for user, span := range map[string]time.Duration{"u2": time.Hour, "u3": rongcloud.Forever} {
		err := mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g1", UserIDs: []string{user}, Duration: span})
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	fmt.Println(mute.Add(ctx, rongcloud.GroupMuteAddParams{GroupID: "g1", UserIDs: []string{"u4"}, Duration: 30 * time.Second}))

	srv.Advance(2 * time.Hour)
	muted, err := mute.List(ctx, "g1")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, m := range muted.Users {
		fmt.Println(m.UserID, "is still muted")
	}

	// Output:
	// rongcloud: POST /group/user/gag/add.json: GroupMuteAddParams.Duration (minute): 30s is not a whole number of minutes
	// u3 is still muted
}

// Mute a whole group except for one member.
func ExampleGroupMuteAllMembersService_Add() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	groups := srv.Client().Group
	ctx := context.Background()
	if err := groups.MuteAllMembers.Add(ctx, []string{"g1", "g2"}); err != nil {
		fmt.Println(err)
		return
	}
	if err := groups.MuteAllMembersWhitelist.Add(ctx, rongcloud.GroupMuteAllMembersWhitelistParams{GroupID: "g1", UserIDs: []string{"u1"}}); err != nil {
		fmt.Println(err)
		return
	}
	for id, err := range groups.MuteAllMembers.All(ctx, rongcloud.GroupMuteAllMembersQuery{}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(id, "is muted")
	}

	// Output:
	// g1 is muted
	// g2 is muted
}

// Kick a member out of a group. A Notice in the same call would tell the group about it.
func ExampleGroupService_Quit() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	srv.AddGroup("g1", "ann", "ben", "troll")
	client := srv.Client()
	ctx := context.Background()

	_, err = client.Group.Quit(ctx, rongcloud.GroupQuitParams{GroupID: "g1", UserIDs: []string{"troll"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	members, err := client.Group.ListMembers(ctx, "g1")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(members.UserIDs)

	// Output:
	// [ann ben]
}
