package live

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// freshUltra recreates an ultra group.
func freshUltra(more ...call) []call {
	return append([]call{
		{ep: endpoint.UltragroupDis, params: "groupId=$s", may: true},
		{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$s&groupName=Live"},
		{ep: endpoint.UltragroupJoin, params: "userId=$b&groupId=$s", may: true},
		{ep: endpoint.UltragroupJoin, params: "userId=$c&groupId=$s", may: true},
	}, more...)
}

var (
	channel   = call{ep: endpoint.UltragroupChannelCreate, params: "groupId=$s&busChannel=live"}
	secluded  = call{ep: endpoint.UltragroupChannelCreate, params: "groupId=$s&busChannel=secluded&type=1"}
	userGroup = call{ep: endpoint.UltragroupUsergroupAdd,
		params: `{"groupId":"$s","userGroups":[{"userGroupId":"$v"},{"userGroupId":"$w"}]}`}
)

// ultraForms asks about both formats of a list that the catalogue joins with commas.
func ultraForms(name string, add call, before []call, list call) []question {
	repeatedForm := add
	repeatedForm.params = strings.ReplaceAll(add.params, someJoined, someRepeated)
	return []question{
		listForm("ultra-"+name+"-csv", add, "b", "c", before, list, whom("b", "c"), both),
		listForm("ultra-"+name+"-repeat", repeatedForm, "b", "c", before, list, whom("b", "c"), ""),
	}
}

var ultraQuestions = join(
	[]question{
		refusalOf("ultra-create-twice",
			call{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$s&groupName=Live"},
			"Is creating an ultra group that exists an error?", freshUltra(), "", "what a repeated create answers"),
		refusalOf("ultra-dismiss-twice", call{ep: endpoint.UltragroupDis, params: "groupId=$ss"},
			"Is dissolving an ultra group twice an error?",
			[]call{{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$ss&groupName=Live"},
				{ep: endpoint.UltragroupDis, params: "groupId=$ss"}},
			"", "second call on a dissolved group"),
		refusalOf("ultra-join-unknown", call{ep: endpoint.UltragroupJoin, params: "userId=$b&groupId=$sx"},
			"Is joining an unknown ultra group refused?", nil, ""),
		refusalOf("ultra-channel-twice", channel, "Is creating a channel that exists an error?",
			freshUltra(channel), "", "creating an existing channel"),
		{
			ID: "ultra-channel-time", Entry: endpoint.UltragroupChannelGet.Path,
			Ask: "How does createTime of a channel look?", Settles: []string{"its format stays unconfirmed"},
			Before: freshUltra(channel),
			Probe:  call{ep: endpoint.UltragroupChannelGet, params: "groupId=$s&page=1&limit=20"},
			Read: func(e exchange) string {
				if !e.asked.ok {
					return refused
				}
				return formOf(e.asked.at("channelList.0.createTime"))
			},
			Means: map[string]string{"a date": "YYYY-MM-DD HH:MM:SS", "milliseconds": "digits: milliseconds",
				absent: "there is none", "another text": "another form: see it by hand",
				refused: "the list is refused"},
		},
		refusalOf("ultra-usergroup-twice", userGroup, "Is creating a user group that exists an error?",
			freshUltra(userGroup), "", "creating an existing user group"),
		refusalOf("ultra-usergroup-delete-unknown",
			call{ep: endpoint.UltragroupUsergroupDel, params: "groupId=$s&userGroupIds=$x"},
			"Is deleting an unknown user group an error?", freshUltra(), "", "deleting an unknown user group"),
		limitOf("ultra-mutes-1000",
			call{ep: endpoint.UltragroupUserbannedGet, params: "groupId=$s&page=1&pageSize=1000"},
			"Is a page of 1000 refused?", freshUltra(), "", "largest pageSize"),
		listForm("ultra-bind-csv",
			call{ep: endpoint.UltragroupChannelUsergroupBind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v,$w"},
			"v", "w", freshUltra(secluded, userGroup),
			call{ep: endpoint.UltragroupChannelUsergroupQuery, params: "groupId=$s&busChannel=secluded"},
			whom("v", "w"), both),
		listForm("ultra-bind-repeat",
			call{ep: endpoint.UltragroupChannelUsergroupBind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v&userGroupIds=$w"},
			"v", "w", freshUltra(secluded, userGroup),
			call{ep: endpoint.UltragroupChannelUsergroupQuery, params: "groupId=$s&busChannel=secluded"},
			whom("v", "w"), ""),
	},
	ultraForms("mute", call{ep: endpoint.UltragroupUserbannedAdd, params: "groupId=$s&" + someJoined},
		freshUltra(), call{ep: endpoint.UltragroupUserbannedGet, params: "groupId=$s"}),
	ultraForms("whitelist", call{ep: endpoint.UltragroupBannedWhitelistAdd, params: "groupId=$s&" + someJoined},
		freshUltra(), call{ep: endpoint.UltragroupBannedWhitelistGet, params: "groupId=$s"}),
	ultraForms("private-channel",
		call{ep: endpoint.UltragroupChannelPrivateUsersAdd, params: "groupId=$s&busChannel=secluded&" + someJoined},
		freshUltra(secluded),
		call{ep: endpoint.UltragroupChannelPrivateUsersGet, params: "groupId=$s&busChannel=secluded"}),
)

// formOf distinguishes a date, a number of milliseconds and other texts.
func formOf(value any) string {
	text, isText := value.(string)
	if number, isNumber := value.(json.Number); isNumber {
		text, isText = number.String(), true
	}
	switch {
	case !isText || text == "":
		return absent
	case len(text) == 13 && strings.Trim(text, "0123456789") == "":
		return "milliseconds"
	}
	if _, err := time.Parse(time.DateTime, text); err == nil {
		return "a date"
	}
	return "another text"
}
