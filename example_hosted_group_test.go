package rongcloud_test

import (
	"context"
	"fmt"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// Create a hosted group in which anyone may invite, and list its members with their roles.
func ExampleHostedGroupService_Create() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	groups := srv.Client().HostedGroup
	ctx := context.Background()

	err = groups.Create(ctx, rongcloud.HostedGroupCreateParams{
		GroupID: "g1", Name: "Hikers", OwnerID: "u1", UserIDs: []string{"u2", "u3"},
		Profile:     rongcloud.HostedGroupProfile{Introduction: "Every Sunday, whatever the weather"},
		Permissions: rongcloud.HostedGroupPermissions{Invite: rongcloud.HostedGroupEveryone},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	added, err := groups.Manager.Add(ctx, rongcloud.HostedGroupManagerParams{GroupID: "g1", UserIDs: []string{"u2", "u9"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("not members:", added.NotMemberIDs)

	query := rongcloud.HostedGroupMemberQuery{GroupID: "g1", Order: rongcloud.SortOldestFirst}
	for member, err := range groups.Member.All(ctx, query) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(member.UserID, member.Role)
	}

	// Output:
	// not members: [u9]
	// u1 owner
	// u2 manager
	// u3 member
}

// The owner cannot leave, but can transfer the group to somebody else.
func ExampleHostedGroupService_TransferOwner() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	groups := srv.Client().HostedGroup
	ctx := context.Background()
	err = groups.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g1", Name: "Hikers", OwnerID: "u1", UserIDs: []string{"u2"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := groups.Quit(ctx, rongcloud.HostedGroupQuitParams{GroupID: "g1", UserIDs: []string{"u1"}}); err != nil {
		fmt.Println("u1 cannot leave")
	}
	if err := groups.TransferOwner(ctx, rongcloud.HostedGroupTransferOwnerParams{GroupID: "g1", NewOwnerID: "u2", Quit: true}); err != nil {
		fmt.Println(err)
		return
	}
	for group, err := range groups.Joined.All(ctx, rongcloud.HostedGroupJoinedQuery{UserID: "u2", Role: rongcloud.HostedGroupRoleOwner}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println("u2 owns", group.Name, "with", group.MemberCount, "member")
	}

	// Output:
	// u1 cannot leave
	// u2 owns Hikers with 1 member
}

// Kick a member out of one hosted group, and another out of all of them.
func ExampleHostedGroupMemberService_Kick() {
	srv, err := rongcloudtest.New()
	if err != nil {
		fmt.Println(err)
		return
	}
	defer srv.Close()
	client := srv.Client()
	ctx := context.Background()

	err = client.HostedGroup.Create(ctx, rongcloud.HostedGroupCreateParams{GroupID: "g1", Name: "Friends", OwnerID: "ann", UserIDs: []string{"ben", "cy", "troll"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = client.HostedGroup.Member.Kick(ctx, rongcloud.HostedGroupMemberKickParams{
		GroupID: "g1", UserIDs: []string{"cy"}, DeleteMute: rongcloud.Ptr(true),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := client.HostedGroup.Member.KickFromAllGroups(ctx, "troll"); err != nil {
		fmt.Println(err)
		return
	}
	for member, err := range client.HostedGroup.Member.All(ctx, rongcloud.HostedGroupMemberQuery{GroupID: "g1"}) {
		if err != nil { // an error comes once, as the last item
			fmt.Println(err)
			return
		}
		fmt.Println(member.UserID)
	}

	// Output:
	// ben
	// ann
}
