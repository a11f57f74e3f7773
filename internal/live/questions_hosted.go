package live

import (
	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

func createHostedGroup(name, owner string) call {
	return call{ep: endpoint.EntrustGroupCreate, params: "groupId=$" + name + "&name=Live&owner=$" + owner, may: true}
}

// recreateHostedGroup recreates a hosted group, with the members that a question starts with.
func recreateHostedGroup(name string, members string) []call {
	calls := []call{{ep: endpoint.EntrustGroupDismiss, params: "groupId=$" + name, may: true},
		{ep: endpoint.EntrustGroupCreate, params: "groupId=$" + name + "&name=Live&owner=$a"}}
	if members != "" {
		calls = append(calls, call{ep: endpoint.EntrustGroupJoin, params: "groupId=$" + name + "&userIds=" + members})
	}
	return calls
}

var members = call{ep: endpoint.EntrustGroupMemberQuery, params: "groupId=$h&type=0"}

const (
	someRepeated = "userIds=$b&userIds=$c"
	someJoined   = "userIds=$b,$c"
)

var hostedQuestions = []question{
	refusalOf("hosted-create-twice", createHostedGroup("h", "a"), "Is creating a hosted group that exists an error?",
		recreateHostedGroup("h", ""), refused, "a repeat is expected to fail"),
	listForm("hosted-create-csv",
		call{ep: endpoint.EntrustGroupCreate, params: "groupId=$h&name=Live&owner=$a&" + someJoined}, "b", "c",
		dismissed, members, whom("b", "c"), both),
	listForm("hosted-create-repeat",
		call{ep: endpoint.EntrustGroupCreate, params: "groupId=$h&name=Live&owner=$a&" + someRepeated}, "b", "c",
		dismissed, members, whom("b", "c"), ""),
	listForm("hosted-join-csv", call{ep: endpoint.EntrustGroupJoin, params: "groupId=$h&" + someJoined}, "b", "c",
		recreateHostedGroup("h", ""), members, whom("b", "c"), both),
	listForm("hosted-join-repeat", call{ep: endpoint.EntrustGroupJoin, params: "groupId=$h&" + someRepeated}, "b",
		"c", recreateHostedGroup("h", ""), members, whom("b", "c"), ""),
	listForm("hosted-quit-csv", call{ep: endpoint.EntrustGroupQuit, params: "groupId=$h&" + someJoined}, "b", "c",
		recreateHostedGroup("h", "$b,$c"), members, without, both),
	listForm("hosted-quit-repeat", call{ep: endpoint.EntrustGroupQuit, params: "groupId=$h&" + someRepeated}, "b",
		"c", recreateHostedGroup("h", "$b,$c"), members, without, ""),
	listForm("hosted-kick-csv", call{ep: endpoint.EntrustGroupMemberKick, params: "groupId=$h&" + someJoined},
		"b", "c", recreateHostedGroup("h", "$b,$c"), members, without, both),
	listForm("hosted-kick-repeat",
		call{ep: endpoint.EntrustGroupMemberKick, params: "groupId=$h&" + someRepeated}, "b", "c",
		recreateHostedGroup("h", "$b,$c"), members, without, ""),
	listForm("hosted-managers-csv", call{ep: endpoint.EntrustGroupManagerAdd, params: "groupId=$h&" + someJoined},
		"b", "c", recreateHostedGroup("h", "$b,$c"), managers, whom("b", "c"), both),
	listForm("hosted-managers-repeat",
		call{ep: endpoint.EntrustGroupManagerAdd, params: "groupId=$h&" + someRepeated}, "b", "c",
		recreateHostedGroup("h", "$b,$c"), managers, whom("b", "c"), ""),
	listForm("hosted-managers-remove-csv",
		call{ep: endpoint.EntrustGroupManagerRemove, params: "groupId=$h&" + someJoined}, "b", "c", withManagers,
		managers, without, both),
	listForm("hosted-managers-remove-repeat",
		call{ep: endpoint.EntrustGroupManagerRemove, params: "groupId=$h&" + someRepeated}, "b", "c", withManagers,
		managers, without, ""),
	listForm("hosted-specific-csv",
		call{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&" + someJoined}, "b", "c",
		recreateHostedGroup("h", "$b,$c"),
		call{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&" + someJoined}, whom("b", "c"), both),
	listForm("hosted-specific-repeat",
		call{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&" + someRepeated}, "b", "c",
		recreateHostedGroup("h", "$b,$c"),
		call{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&" + someRepeated}, whom("b", "c"), ""),
	listForm("hosted-follow-csv",
		call{ep: endpoint.EntrustGroupMemberFollow, params: "userId=$a&groupId=$h&followUserIds=$b,$c"}, "b", "c",
		recreateHostedGroup("h", "$b,$c"), followed, whom("b", "c"), both),
	listForm("hosted-follow-repeat",
		call{ep: endpoint.EntrustGroupMemberFollow, params: "userId=$a&groupId=$h&followUserIds=$b&followUserIds=$c"},
		"b", "c", recreateHostedGroup("h", "$b,$c"), followed, whom("b", "c"), ""),
	listForm("hosted-unfollow-csv",
		call{ep: endpoint.EntrustGroupMemberUnfollow, params: "userId=$a&groupId=$h&followUserIds=$b,$c"}, "b", "c",
		withFollowed, followed, without, both),
	listForm("hosted-unfollow-repeat",
		call{ep: endpoint.EntrustGroupMemberUnfollow, params: "userId=$a&groupId=$h&followUserIds=$b&followUserIds=$c"},
		"b", "c", withFollowed, followed, without, ""),
	listForm("hosted-profiles-csv", call{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h,$hh"}, "h",
		"hh", append(recreateHostedGroup("h", ""), recreateHostedGroup("hh", "")...),
		call{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h,$hh"}, whom("h", "hh"), both),
	listForm("hosted-profiles-repeat",
		call{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h&groupIds=$hh"}, "h", "hh",
		append(recreateHostedGroup("h", ""), recreateHostedGroup("hh", "")...),
		call{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h&groupIds=$hh"}, whom("h", "hh"), ""),
	withCodes(refusalOf("hosted-quit-owner", call{ep: endpoint.EntrustGroupQuit, params: "groupId=$h&userIds=$a"},
		"Is the owner refused to leave?", recreateHostedGroup("h", "$b"), refused, "the owner is expected to be refused")),
	withCodes(refusalOf("hosted-kick-owner",
		call{ep: endpoint.EntrustGroupMemberKick, params: "groupId=$h&userIds=$a"}, "Is removing the owner refused?",
		recreateHostedGroup("h", "$b"), refused, "the owner is expected to be refused")),
	withCodes(refusalOf("hosted-dismiss-unknown", call{ep: endpoint.EntrustGroupDismiss, params: "groupId=$hx"},
		"Is dismissing an unknown group an error?", nil, "", "answer when the group does not exist")),
	withCodes(refusalOf("hosted-join-unknown",
		call{ep: endpoint.EntrustGroupJoin, params: "groupId=$hx&userIds=$b"}, "Is joining an unknown group refused?",
		nil, refused)),
	withCodes(refusalOf("hosted-update-unknown",
		call{ep: endpoint.EntrustGroupProfileUpdate, params: "groupId=$hx&name=Live"},
		"Is changing an unknown group refused?", nil, refused)),
	withCodes(refusalOf("hosted-transfer-outsider",
		call{ep: endpoint.EntrustGroupTransferOwner, params: "groupId=$h&newOwner=$e"},
		"Is a new owner refused who is no member?", recreateHostedGroup("h", "$b"), "", "whether newOwner must already")),
	withCodes(refusalOf("hosted-import-unknown",
		call{ep: endpoint.EntrustGroupImport, params: "groupId=$hx&name=Live&owner=$a"},
		"Is importing an unknown group refused?", nil, "", "already hosted or does not exist")),
	withCodes(refusalOf("hosted-import-hosted",
		call{ep: endpoint.EntrustGroupImport, params: "groupId=$h&name=Live&owner=$a"},
		"Is importing a hosted group refused?", recreateHostedGroup("h", ""), "", "already hosted or does not exist")),
	{
		ID: "hosted-import-result", Entry: endpoint.EntrustGroupImport.Path,
		Ask: "Does importing answer with more than a code?", Settles: []string{"result fields"},
		Before: []call{{ep: endpoint.EntrustGroupDismiss, params: "groupId=$hi", may: true},
			{ep: endpoint.GroupCreate, params: "userId=$a&groupId=$hi&groupName=Live"}},
		Probe: call{ep: endpoint.EntrustGroupImport, params: "groupId=$hi&name=Live&owner=$a"},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			object, _ := e.asked.body.(map[string]any)
			for name := range object {
				if !shape.InEnvelope(name) {
					return present
				}
			}
			return absent
		},
		Means: map[string]string{present: "there are fields: see the shapes", absent: "the code is all",
			refused: "importing a plain group is refused: see the code"},
	},
	{
		ID: "hosted-profile-part", Entry: endpoint.EntrustGroupProfileUpdate.Path,
		Ask: "Do keys keep their value that are left out?", Settles: []string{"keys left out"},
		Before: append(recreateHostedGroup("h", ""),
			call{ep: endpoint.EntrustGroupProfileUpdate, params: `groupId=$h&name=Live&groupProfile={"name":"Live","introduction":"kept introduction"}`}),
		Probe: call{ep: endpoint.EntrustGroupProfileUpdate,
			params: `groupId=$h&name=Live&groupProfile={"name":"Live","announcement":"new"}`},
		After: []call{{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h"}},
		Read:  contains("kept introduction", kept, dropped), Means: keepMeans,
	},
	{
		ID: "hosted-rename-top", Entry: endpoint.EntrustGroupProfileUpdate.Path,
		Ask: "Does a name beside groupProfile rename the group?", Before: recreateHostedGroup("h", ""),
		Probe: call{ep: endpoint.EntrustGroupProfileUpdate, params: "groupId=$h&name=Beside"},
		After: []call{{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h"}},
		Read:  contains("Beside", "renamed", kept), Means: renameMeans,
	},
	{
		ID: "hosted-rename-inside", Entry: endpoint.EntrustGroupProfileUpdate.Path,
		Ask: "Does a name inside groupProfile rename the group?", Before: recreateHostedGroup("h", ""),
		Probe: call{ep: endpoint.EntrustGroupProfileUpdate, params: `groupId=$h&groupProfile={"name":"Inside"}`},
		After: []call{{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h"}},
		Read:  contains("Inside", "renamed", kept), Means: renameMeans,
	},
	{
		ID: "hosted-member-extra", Entry: endpoint.EntrustGroupMemberSet.Path,
		Ask: "Does leaving extra out keep the old text?", Settles: []string{"leaving extra out"},
		Before: append(recreateHostedGroup("h", "$b"),
			call{ep: endpoint.EntrustGroupMemberSet, params: "groupId=$h&userId=$b&nickname=B&extra=kept+extra"}),
		Probe: call{ep: endpoint.EntrustGroupMemberSet, params: "groupId=$h&userId=$b&nickname=Bee"},
		After: []call{{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&userIds=$b"}},
		Read:  contains("kept extra", kept, dropped), Means: keepMeans,
	},
	{
		ID: "hosted-specific-outsider", Entry: endpoint.EntrustGroupMemberSpecificQuery.Path,
		Ask:     "Are users missing from the response who are no members?",
		Settles: []string{"users who are not members"},
		Before:  recreateHostedGroup("h", "$b"),
		Probe:   call{ep: endpoint.EntrustGroupMemberSpecificQuery, params: "groupId=$h&userIds=$b,$e"},
		Read:    contains("$e", present, absent), Catalogue: absent,
		Means: map[string]string{present: "they are listed all the same: tell them apart by role",
			absent: "they are missing", refused: "one who is no member spoils the whole call"},
	},
	{
		ID: "hosted-remark-none", Entry: endpoint.EntrustGroupRemarknameQuery.Path,
		Ask: "What comes if no name is set?", Settles: []string{"answer when no name is set"},
		Before: recreateHostedGroup("h", ""),
		Probe:  call{ep: endpoint.EntrustGroupRemarknameQuery, params: "userId=$a&groupId=$h"},
		Read:   unsetText("remarkName"), Means: noneMeans,
	},
	{
		ID: "hosted-managers-count", Entry: endpoint.EntrustGroupManagerAdd.Path,
		Ask:     "Does the response carry managerCount?",
		Settles: []string{"code returned together with managerCount"},
		Before:  recreateHostedGroup("h", "$b"),
		Probe:   call{ep: endpoint.EntrustGroupManagerAdd, params: "groupId=$h&userIds=$b"},
		Read:    fieldThere("managerCount"),
		Means: map[string]string{present: "it comes with success",
			absent:  "it does not come with success: only with a refusal, or never",
			refused: "naming an admin is refused: see the code"},
	},
	unfollowedOn("hosted-quit-followed", endpoint.EntrustGroupQuit),
	unfollowedOn("hosted-kick-followed", endpoint.EntrustGroupMemberKick),
	{
		ID: "hosted-invite", Entry: endpoint.EntrustGroupCreate.Path,
		Ask:     "Are users members at once who must accept an invitation?",
		Settles: []string{"how invited users are answered"},
		Before:  dismissed,
		Probe: call{ep: endpoint.EntrustGroupCreate,
			params: `groupId=$h&name=Live&owner=$a&userIds=$b&permissions={"invitePerm":1}`},
		After: []call{members}, Read: contains("$b", "members", "invited"),
		Means: map[string]string{"members": "the Server API adds them all the same",
			"invited": "they are no members until they accept", refused: "the call is refused: enter the code"},
	},
	extraField("hosted-profile-remark", call{ep: endpoint.EntrustGroupProfileQuery, params: "groupIds=$h"},
		"profiles.0.remarkName", recreateHostedGroup("h", "")),
	extraField("hosted-join-remark", call{ep: endpoint.EntrustGroupJoin, params: "groupId=$h&userIds=$b"},
		"remarkName", recreateHostedGroup("h", "")),
	lastPage("hosted-members-last-page",
		call{ep: endpoint.EntrustGroupMemberQuery, params: "groupId=$h&type=0&size=50"}, recreateHostedGroup("h", "$b")),
	lastPage("hosted-joined-last-page",
		call{ep: endpoint.EntrustJoinedGroupQuery, params: "userId=$a&role=0&size=50"}, recreateHostedGroup("h", "")),
	{
		ID: "hosted-kick-everywhere", Entry: endpoint.EntrustGroupMemberKickAll.Path,
		Ask:     "Is the call refused for one who owns a group?",
		Settles: []string{"whether the call fails as a whole"},
		Before:  append(recreateHostedGroup("h", ""), recreateHostedGroup("hh", "$e")...),
		Probe:   call{ep: endpoint.EntrustGroupMemberKickAll, params: "userId=$a"}, Read: acceptance,
		Means: map[string]string{accepted: "owned groups are skipped",
			refused: "the call fails as a whole: enter the code"},
	},
}

var (
	dismissed    = []call{{ep: endpoint.EntrustGroupDismiss, params: "groupId=$h", may: true}}
	managers     = call{ep: endpoint.EntrustGroupMemberQuery, params: "groupId=$h&type=2"}
	followed     = call{ep: endpoint.EntrustGroupMemberFollowedGet, params: "userId=$a&groupId=$h"}
	withManagers = append(recreateHostedGroup("h", "$b,$c"),
		call{ep: endpoint.EntrustGroupManagerAdd, params: "groupId=$h&" + someJoined})
	withFollowed = append(recreateHostedGroup("h", "$b,$c"),
		call{ep: endpoint.EntrustGroupMemberFollow, params: "userId=$a&groupId=$h&followUserIds=$b,$c"})
	renameMeans = map[string]string{"renamed": "this place counts",
		kept: "this place does not count: send the name in the other one", refused: "this place alone is refused"}
)

// unfollowedOn asks from whose list of followed members isDelFollowed removes a user who leaves.
func unfollowedOn(id string, ep *endpoint.Endpoint) question {
	return question{
		ID: id, Entry: ep.Path, Ask: "Does isDelFollowed take a leaving member from the lists of others?",
		Settles: []string{"isDelFollowed"},
		Before:  withFollowed, Probe: call{ep: ep, params: "groupId=$h&userIds=$b&isDelFollowed=1"},
		After: []call{followed}, Read: contains("$b", kept, dropped), Catalogue: dropped,
		Means: map[string]string{dropped: "from the lists of others",
			kept:    "not from the lists of others: it means the list that the member keeps",
			refused: "the call is refused: see the code"},
	}
}

// withCodes also settles the points about codes of hosted groups, which all their endpoints have.
func withCodes(q question) question {
	q.Settles = append(q.Settles, "error codes; the client-side list")
	q.Also = []string{"/entrust/"}
	return q
}

// lastPage asks how the last page is marked.
func lastPage(id string, probe call, before []call) question {
	return question{
		ID: id, Entry: probe.ep.Path, Ask: "How does the last page say that it is the last?",
		Settles: []string{"last page", "the token is there when more"},
		Before:  before, Probe: probe, Read: unsetText("pageToken"),
		Means: map[string]string{
			"empty": "an empty token", absent: "no token", refused: "the call is refused: see the code",
			"a value": "a token on the last page, too: a walk ends with an empty page",
		},
	}
}

// befriended makes a and b friends, if they are not friends already.
var befriended = call{ep: endpoint.FriendAdd, params: "userId=$a&targetId=$b&optType=2", may: true}

var friendQuestions = []question{
	refusalOf("friend-twice", befriended, "Is adding a friend twice an error?",
		[]call{befriended}, ""),
	{
		ID: "friend-pending", Entry: endpoint.FriendAdd.Path,
		Ask:     "Does the response tell a pending request from a finished one?",
		Settles: []string{"largest number of friends"},
		Before:  []call{{ep: endpoint.FriendDelete, params: "userId=$a&targetIds=$c", may: true}},
		Probe:   call{ep: endpoint.FriendAdd, params: "userId=$a&targetId=$c&optType=1"},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			object, _ := e.asked.body.(map[string]any)
			for name := range object {
				if !shape.InEnvelope(name) {
					return present
				}
			}
			return absent
		},
		Means: map[string]string{present: "there are fields: see the shapes",
			absent: "the response does not tell", refused: "a pending request is told by its code"},
	},
	refusalOf("friend-delete-stranger", call{ep: endpoint.FriendDelete, params: "userId=$a&targetIds=$e"},
		"Is deleting one who is no friend an error?", nil, "", "answer when a target is no friend"),
	lastPage("friend-last-page", call{ep: endpoint.FriendGet, params: "userId=$a&size=50"},
		[]call{befriended}),
	extraField("friend-is-blacklist", call{ep: endpoint.FriendGet, params: "userId=$a"},
		"friendList.0.isBlacklist", []call{befriended}),
	extraField("friend-direction", call{ep: endpoint.FriendGet, params: "userId=$a"},
		"friendList.0.directionType", []call{befriended}),
	{
		ID: "friend-alias-absent", Entry: endpoint.FriendProfileSet.Path,
		Ask: "Does leaving remarkName out clear the alias?",
		Before: []call{befriended,
			{ep: endpoint.FriendProfileSet, params: "userId=$a&targetId=$b&remarkName=kept+alias"}},
		Probe: call{ep: endpoint.FriendProfileSet,
			params: `userId=$a&targetId=$b&friendExtProfile={"ext_live":"1"}`},
		After: []call{{ep: endpoint.FriendGet, params: "userId=$a"}},
		Read:  contains("kept alias", kept, dropped), Means: keepMeans,
	},
}
