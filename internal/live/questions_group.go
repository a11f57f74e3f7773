package live

import (
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const note = `objectName=RC:TxtMsg&content={"content":"live check"}`

// notified are the fields that make a group change send a message.
const notified = "&bindNotifyMsg=true&fromUserId=$a&" + note

func createGroup(name string, users ...string) call {
	return call{ep: endpoint.GroupCreate,
		params: "userId=$" + strings.Join(users, "&userId=$") + "&groupId=$" + name + "&groupName=Live"}
}

func notifying(id string, probe call, before ...call) question {
	probe.params += notified
	return question{
		ID: id, Entry: probe.ep.Path, Ask: "Is bindNotifyMsg taken, and does the response carry messageUID?",
		Settles: []string{"bindNotifyMsg and its companions", "SDK defaults differ"}, Before: before,
		Probe: probe, Read: fieldThere("messageUID"),
		Means: map[string]string{
			present: "bindNotifyMsg works here, and isIncludeSender and isPersisted may be left out",
			absent:  "bindNotifyMsg does nothing here: say so in its comment",
			refused: "bindNotifyMsg is refused here: take it out",
		},
	}
}

var groupQuestions = []question{
	limitOf("group-id-65", createGroup("glong", "a"), "Is a group ID of 65 characters refused?", nil, refused),
	refusalOf("group-create-twice", createGroup("g", "a", "b"), "Is creating a group that exists an error?",
		[]call{createGroup("g", "a", "b")}, accepted),
	listForm("group-join-csv", call{ep: endpoint.GroupJoin, params: "userId=$c,$d&groupId=$g&groupName=Live"},
		"c", "d", []call{createGroup("g", "a", "b")},
		call{ep: endpoint.GroupUserQuery, params: "groupId=$g"}, whom("c", "d"), ""),
	refusalOf("group-dismiss-unknown", call{ep: endpoint.GroupDismiss, params: "userId=$a&groupId=$gx"},
		"Is dismissing an unknown group an error?", nil, "", "answer when the group does not exist"),
	refusalOf("group-refresh-unknown", call{ep: endpoint.GroupRefresh, params: "groupId=$gx&groupName=Live"},
		"Is renaming an unknown group an error?", nil, ""),
	{
		ID: "group-sync-missing", Entry: endpoint.GroupSync.Path,
		Ask:     "Does a user leave the groups that are missing from the list?",
		Settles: []string{"whether groups missing"},
		Before:  []call{createGroup("gg", "e"), createGroup("ggg", "e")},
		Probe:   call{ep: endpoint.GroupSync, params: "userId=$e&group[$gg]=Live"},
		After:   []call{{ep: endpoint.UserGroupQuery, params: "userId=$e"}}, Read: contains("$ggg", "stays", "leaves"),
		Means: map[string]string{"stays": "the list only adds and renames",
			"leaves": "the list is all: what is missing is left", refused: "the call is refused: see the code"},
	},
	{
		ID: "user-groups-first-page", Entry: endpoint.UserGroupQuery.Path,
		Ask: "Is the first page of a user's groups page 1?", Settles: []string{"whether pages start at 1"},
		Before: []call{createGroup("gg", "d"), createGroup("ggg", "d")},
		Probe:  call{ep: endpoint.UserGroupQuery, params: "userId=$d&page=1&size=1"},
		After: []call{{ep: endpoint.UserGroupQuery, params: "userId=$d&page=2&size=1", may: true},
			{ep: endpoint.UserGroupQuery, params: "userId=$d"}},
		Read: func(e exchange) string {
			all, _ := e.after[1].at("groups").([]any)
			one, _ := e.asked.at("groups").([]any)
			two, _ := e.after[0].at("groups").([]any)
			switch {
			case !e.asked.ok:
				return refused
			case len(one) == 1 && len(two) == 1 && len(all) >= 2:
				return "page 1"
			case len(one) == 1 && len(two) == 0:
				return "page 0"
			case len(one) == len(all) && len(all) > 1:
				return "not paged"
			}
			return "another way"
		},
		Means: map[string]string{
			"page 1": "pages start at 1", "page 0": "pages start at 0: the walk loses the first page",
			"not paged": "page and size do nothing", refused: "pages are refused",
			"another way": "see the shape of the answers",
		},
	},
	pagedLike("user-groups-unpaged", call{ep: endpoint.UserGroupQuery, params: "userId=$d"}, "&page=1&size=50",
		"groups", []call{createGroup("gg", "d"), createGroup("ggg", "d")}),
	inCatalogue(extraField("group-create-count", createGroup("gg", "a", "b"), "memberCount", nil)),
	{
		ID: "group-full", Entry: endpoint.GroupCreate.Path, Ask: "With which code does a full group refuse?",
		Settles: []string{"groups over capacity"},
		Before: []call{{ep: endpoint.GroupCreate,
			params: "userId=$a&userId=$b&groupId=$gf&groupName=Live&maxMember=2"}},
		Probe: call{ep: endpoint.GroupJoin, params: "userId=$c&groupId=$gf&maxMember=2"}, Read: acceptance,
		Means: map[string]string{refused: "enter the code", accepted: "maxMember does not bound the group"},
	},
	{
		ID: "group-mute-forever", Entry: endpoint.GroupUserGagList.Path,
		Ask: "How does the end of a mute without end look?", Settles: []string{"permanent mute"},
		Before: []call{createGroup("g", "a", "b"),
			{ep: endpoint.GroupUserGagAdd, params: "userId=$b&groupId=$g&minute=0"}},
		Probe: call{ep: endpoint.GroupUserGagList, params: "groupId=$g"}, Read: endOf,
		Means: map[string]string{
			"empty": "an empty text", absent: "no field, or null",
			"a date far away": "a date decades ahead: read it as without end",
			"a date":          "a date: 0 minutes is not forever",
			"another text":    "another text: see it by hand", refused: "the list is refused",
			nobody: "nobody is muted: 0 minutes mutes nobody",
		},
	},
	refusalOf("group-mute-outsider", call{ep: endpoint.GroupUserGagAdd, params: "userId=$u&groupId=$g&minute=1"},
		"Is muting a user an error who is not in the group?", []call{createGroup("g", "a", "b")}, ""),
	{
		ID: "group-remark-none", Entry: endpoint.GroupRemarksGet.Path, Ask: "What comes if no name is set?",
		Settles: []string{"answer when no name is set"},
		Before:  []call{createGroup("g", "a", "b")},
		Probe:   call{ep: endpoint.GroupRemarksGet, params: "userId=$a&groupId=$g"}, Read: unsetText("remark"),
		Means: noneMeans,
	},
	limitOf("group-remark-200",
		call{ep: endpoint.GroupRemarksSet, params: "userId=$a&groupId=$g&remark=" + repeated("n", 200)},
		"Is a remark of 200 characters refused?", []call{createGroup("g", "a", "b")}, "", "maximum length of remark"),
	notifying("group-create-notify", createGroup("gg", "a", "b")),
	notifying("group-join-notify", call{ep: endpoint.GroupJoin, params: "userId=$c&groupId=$gg"},
		createGroup("gg", "a", "b")),
	notifying("group-rename-notify", call{ep: endpoint.GroupRefresh, params: "groupId=$gg&groupName=Renamed"},
		createGroup("gg", "a", "b")),
	notifying("group-quit-notify", call{ep: endpoint.GroupQuit, params: "userId=$c&groupId=$gg"},
		createGroup("gg", "a", "b", "c")),
	notifying("group-dismiss-notify", call{ep: endpoint.GroupDismiss, params: "userId=$a&groupId=$gg"},
		createGroup("gg", "a", "b")),
}

// inCatalogue is for a field that the catalogue took from one SDK.
func inCatalogue(q question) question {
	q.Catalogue = present
	q.Means = map[string]string{present: "the field is sent", absent: "the field is not sent: take it out",
		refused: q.Means[refused]}
	return q
}

var noneMeans = map[string]string{
	"empty": "an empty text", absent: "no field, or null", refused: "it is an error: enter the code",
	"a value": "there is a default",
}

// unsetText reads what an unset text looks like.
func unsetText(path string) func(exchange) string {
	return func(e exchange) string {
		text, isText := e.asked.at(path).(string)
		switch {
		case !e.asked.ok:
			return refused
		case !isText:
			return absent
		}
		return choose(text == "", "empty", "a value")
	}
}

func endOf(e exchange) string {
	if !e.asked.ok {
		return refused
	}
	if users, _ := e.asked.at("users").([]any); len(users) == 0 {
		return nobody
	}
	text, isText := e.asked.at("users.0.time").(string)
	if !isText || text == "" {
		return choose(isText, "empty", absent)
	}
	at, err := time.Parse(time.DateTime, text)
	if err != nil {
		return "another text"
	}
	return choose(time.Until(at) > 10*365*24*time.Hour, "a date far away", "a date")
}
