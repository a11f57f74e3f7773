package rongcloud_test

import (
	"time"

	"github.com/rongcloud-go/rongcloud"
)

// groupArguments are the arguments for groups, plain and hosted.
var groupArguments = map[string]func(full bool) []any{
	"GroupService.Create": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupCreateParams]()
		}
		return []any{rongcloud.GroupCreateParams{GroupID: "g1", Name: awkward, UserIDs: []string{"u1", awkward}}}
	},
	"GroupService.Join": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupJoinParams]()
		}
		return []any{rongcloud.GroupJoinParams{GroupID: "g1", UserIDs: []string{"u1", awkward}}}
	},
	"GroupService.Quit": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupQuitParams]()
		}
		return []any{rongcloud.GroupQuitParams{GroupID: "g1", UserIDs: []string{"u1", awkward}}}
	},
	"GroupService.Dismiss": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupDismissParams]()
		}
		return []any{rongcloud.GroupDismissParams{GroupID: "g1", UserID: awkward}}
	},
	"GroupService.Update": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupUpdateParams]()
		}
		return []any{rongcloud.GroupUpdateParams{GroupID: "g1", Name: awkward}}
	},
	"GroupService.Sync": func(full bool) []any {
		if full {
			return filled[rongcloud.GroupSyncParams]()
		}
		return []any{rongcloud.GroupSyncParams{UserID: "u1", Groups: map[string]string{awkward: ""}}}
	},
	"GroupMuteService.Remove": func(bool) []any {
		return []any{rongcloud.GroupMuteRemoveParams{GroupID: "g1", UserIDs: []string{"u1", awkward}}}
	},
	"GroupMuteService.Add": func(full bool) []any {
		params := rongcloud.GroupMuteAddParams{GroupID: "g1", UserIDs: []string{"u1", awkward}, Duration: rongcloud.Forever}
		if full {
			params.Duration = 30 * 24 * time.Hour
		}
		return []any{params}
	},
	"HostedGroupProfileService.Update": func(full bool) []any {
		if full {
			return filled[rongcloud.HostedGroupProfileUpdateParams]()
		}
		return []any{rongcloud.HostedGroupProfileUpdateParams{GroupID: "g1"}}
	},
}
