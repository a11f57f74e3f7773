package live

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const noMessage = "NONE-NONE-NONE-NONE" // a message ID that no message has

func private(more string) call {
	return call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&" + note + more, keep: "uid=messageUIDs.0.messageUID"}
}

func recall(uid, more string) call {
	return call{ep: endpoint.MessageRecall, params: "fromUserId=$a&conversationType=1&targetId=$b&messageUID=" + uid + more}
}

func expandable(more string) call {
	return private(`&expansion=true&extraContent={"live":"kept"}` + more)
}

func template(pushExt string) call {
	return call{ep: endpoint.MessagePrivatePublishTemplate, params: `{"fromUserId":"$a","toUserId":["$b"],"objectName":"RC:TxtMsg","content":"{\"content\":\"live {n}\"}","values":[{"{n}":"check"}],"pushContent":["live"],"pushExt":` + pushExt + `}`}
}

var messageQuestions = []question{
	permissionFor("content-not-json", call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&objectName=app:live&content=plain"}, "Is a content of an app's own type refused that is not JSON?", nil, ""),
	permissionFor("content-not-json-text", call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&objectName=RC:TxtMsg&content=plain"}, "Is a text message refused whose content is not JSON?", nil, ""),
	permissionFor("sender-unknown", call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$u&toUserId=$b&" + note}, "Is a sender refused who is not registered?", nil, ""),
	permissionFor("recipient-unknown", call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$u&" + note}, "Is a recipient refused who is not registered?", nil, ""),
	listForm("send-csv", call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b,$c&" + note, keep: "uid=messageUIDs.0.userId"}, "b", "c", nil,
		call{ep: endpoint.UserCheckOnline, params: "userId=$a"}, sentTo("b", "c"), ""),
	{
		ID: "msgrandom-twice", Entry: endpoint.MessagePrivatePublish.Path, Ask: "What does a repeated msgRandom answer?", Before: []call{private("&msgRandom=$random")},
		Probe: call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&" + note + "&msgRandom=$random"},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			return choose(e.asked.at("messageUIDs.0.messageUID") == any(e.vars["uid"]), "the same message", "another message")
		},
		Means: map[string]string{
			refused:            "the code is IdempotentSends' DuplicateCode: a repeat within a minute is safe",
			"the same message": "the repeat succeeds and sends nothing: a repeat is safe, and no code tells it",
			"another message":  "the service is not switched on for this app: a repeat is a second message",
		},
	},
	permissionFor("recall-without-time", recall("$uid", ""), "Is a recall without sentTime refused?", []call{private("")}, accepted),
	refusalOf("recall-unknown", recall(noMessage, ""), "Is recalling a message refused that was never sent?", nil, ""),
	refusalOf("recall-twice", recall("$uid", ""), "Is recalling a message twice an error?", []call{private(""), recall("$uid", "")}, ""),
	permissionFor("modify-object-name", call{ep: endpoint.MessagePrivateModify, params: `fromUserId=$a&targetId=$b&msgUID=$uid&content={"content":"changed"}`}, "Is a change without objectName refused?", []call{private("")}, accepted),
	permissionFor("template-pushext-array", template(`["{\"title\":\"live\"}"]`), "Is pushExt of a template taken as an array of JSON texts?", nil, accepted, "pushExt: Java sends an array"),
	permissionFor("template-pushext-text", template(`"{\"title\":\"live\"}"`), "Is pushExt of a template taken as one JSON text?", nil, "", "pushExt: Java sends an array"),
	{
		ID: "expansion-first-page", Entry: endpoint.MessageExpansionQuery.Path, Ask: "Is the first page of an expansion page 1?", Before: []call{expandable("")},
		Probe: call{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=1"}, After: []call{{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=0", may: true}},
		Read: func(e exchange) string {
			one, zero := e.asked.texts()["live"], e.after[0].texts()["live"]
			switch {
			case !e.asked.ok:
				return refused
			case one && zero:
				return both
			case one:
				return "page 1"
			case zero:
				return "page 0"
			}
			return nobody
		},
		Means: map[string]string{
			both: "0 and 1 are the first page", "page 1": "pages start at 1", "page 0": "pages start at 0: the walk loses the first page", nobody: "neither page has the pairs: a message is expanded later",
			refused: "the call is refused: see the code",
		},
	},
	{
		ID: "expansion-time", Entry: endpoint.MessageExpansionQuery.Path, Ask: "Is ts of an expansion in milliseconds?", Before: []call{expandable("")},
		Probe: call{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=1"}, Read: unitOf("extraContent.live.ts"),
		Means: map[string]string{"milliseconds": "it is in milliseconds", "seconds": "it is in seconds", absent: "there is none", refused: "the call is refused: see the code", "another unit": "neither: see it by hand"},
	},
	{
		ID: "history-number-text", Entry: endpoint.V3MessagePrivateQuery.Path, Ask: "Are numbers and booleans taken as texts, as the official Go SDK sends them?",
		Probe: call{ep: endpoint.V3MessagePrivateQuery, params: `{"userId":"$a","targetId":"$b","startTime":"$now","endTime":"$hour","pageSize":"10","includeStart":"true"}`}, Read: taken,
		Means: map[string]string{accepted: "both are taken", refused: "only numbers and booleans are taken"},
	},
	{
		ID: "history-order", Entry: endpoint.V3MessagePrivateQuery.Path, Ask: "Is startTime the newer end?", Catalogue: accepted,
		Probe: call{ep: endpoint.V3MessagePrivateQuery, params: `{"userId":"$a","targetId":"$b","startTime":$now,"endTime":$hour,"pageSize":10,"includeStart":true}`}, Read: taken,
		Means: map[string]string{accepted: "startTime is the newer one", refused: "startTime is the older one, or the history is not switched on: see the code"},
	},
	refusalOf("discussion", call{ep: endpoint.MessageDiscussionPublish, params: "fromUserId=$a&toDiscussionId=$dx&" + note}, "Is /message/discussion/publish.json gone?", nil, "", "whether the service still answers"),
}

// sentTo reads from the IDs of the messages who got one.
func sentTo(one, other string) func(exchange) string {
	return func(e exchange) string {
		e.after = []reply{e.asked}
		return whom(one, other)(e)
	}
}

func unitOf(path string) func(exchange) string {
	return func(e exchange) string {
		number, isNumber := e.asked.at(path).(json.Number)
		n, err := number.Int64()
		switch {
		case !e.asked.ok:
			return refused
		case !isNumber || err != nil:
			return absent
		case time.Since(time.UnixMilli(n)).Abs() < 24*time.Hour:
			return "milliseconds"
		case time.Since(time.Unix(n, 0)).Abs() < 24*time.Hour:
			return "seconds"
		}
		return "another unit"
	}
}

// freshUltra makes an ultra group anew.
func freshUltra(more ...call) []call {
	return append([]call{
		{ep: endpoint.UltragroupDis, params: "groupId=$s", may: true},
		{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$s&groupName=Live"},
		{ep: endpoint.UltragroupJoin, params: "userId=$b&groupId=$s", may: true},
		{ep: endpoint.UltragroupJoin, params: "userId=$c&groupId=$s", may: true},
	}, more...)
}

var (
	channel     = call{ep: endpoint.UltragroupChannelCreate, params: "groupId=$s&busChannel=live"}
	secluded    = call{ep: endpoint.UltragroupChannelCreate, params: "groupId=$s&busChannel=secluded&type=1"}
	userGroup   = call{ep: endpoint.UltragroupUsergroupAdd, params: `{"groupId":"$s","userGroups":[{"userGroupId":"$v"},{"userGroupId":"$w"}]}`}
	userGroupOf = call{ep: endpoint.UltragroupUserUsergroupQuery, params: "groupId=$s&userId=$b"}
)

// ultraForms asks for both spellings of a list that is joined with commas in the catalogue.
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
		refusalOf("ultra-create-twice", call{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$s&groupName=Live"}, "Is creating an ultra group that exists an error?", freshUltra(), "", "what a repeated create answers"),
		refusalOf("ultra-dismiss-twice", call{ep: endpoint.UltragroupDis, params: "groupId=$ss"}, "Is dissolving an ultra group twice an error?",
			[]call{{ep: endpoint.UltragroupCreate, params: "userId=$a&groupId=$ss&groupName=Live"}, {ep: endpoint.UltragroupDis, params: "groupId=$ss"}}, "", "second call on a dissolved group"),
		refusalOf("ultra-join-unknown", call{ep: endpoint.UltragroupJoin, params: "userId=$b&groupId=$sx"}, "Is joining an unknown ultra group refused?", nil, ""),
		refusalOf("ultra-channel-twice", channel, "Is creating a channel that exists an error?", freshUltra(channel), "", "creating an existing channel"),
		{
			ID: "ultra-channel-time", Entry: endpoint.UltragroupChannelGet.Path, Ask: "How does createTime of a channel look?", Settles: []string{"its format stays unconfirmed"},
			Before: freshUltra(channel), Probe: call{ep: endpoint.UltragroupChannelGet, params: "groupId=$s&page=1&limit=20"},
			Read: func(e exchange) string {
				if !e.asked.ok {
					return refused
				}
				return formOf(e.asked.at("channelList.0.createTime"))
			},
			Means: map[string]string{"a date": "YYYY-MM-DD HH:MM:SS", "milliseconds": "digits: milliseconds", absent: "there is none", "another text": "another form: see it by hand", refused: "the list is refused"},
		},
		refusalOf("ultra-usergroup-twice", userGroup, "Is creating a user group that exists an error?", freshUltra(userGroup), "", "creating an existing user group"),
		refusalOf("ultra-usergroup-delete-unknown", call{ep: endpoint.UltragroupUsergroupDel, params: "groupId=$s&userGroupIds=$x"}, "Is deleting an unknown user group an error?", freshUltra(), "", "deleting an unknown user group"),
		limitOf("ultra-mutes-1000", call{ep: endpoint.UltragroupUserbannedGet, params: "groupId=$s&page=1&pageSize=1000"}, "Is a page of 1000 refused?", freshUltra(), "", "largest pageSize"),
		listForm("ultra-bind-csv", call{ep: endpoint.UltragroupChannelUsergroupBind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v,$w"}, "v", "w", freshUltra(secluded, userGroup),
			call{ep: endpoint.UltragroupChannelUsergroupQuery, params: "groupId=$s&busChannel=secluded"}, whom("v", "w"), both),
		listForm("ultra-bind-repeat", call{ep: endpoint.UltragroupChannelUsergroupBind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v&userGroupIds=$w"}, "v", "w", freshUltra(secluded, userGroup),
			call{ep: endpoint.UltragroupChannelUsergroupQuery, params: "groupId=$s&busChannel=secluded"}, whom("v", "w"), ""),
	},
	ultraForms("mute", call{ep: endpoint.UltragroupUserbannedAdd, params: "groupId=$s&" + someJoined}, freshUltra(), call{ep: endpoint.UltragroupUserbannedGet, params: "groupId=$s"}),
	ultraForms("whitelist", call{ep: endpoint.UltragroupBannedWhitelistAdd, params: "groupId=$s&" + someJoined}, freshUltra(), call{ep: endpoint.UltragroupBannedWhitelistGet, params: "groupId=$s"}),
	ultraForms("private-channel", call{ep: endpoint.UltragroupChannelPrivateUsersAdd, params: "groupId=$s&busChannel=secluded&" + someJoined}, freshUltra(secluded),
		call{ep: endpoint.UltragroupChannelPrivateUsersGet, params: "groupId=$s&busChannel=secluded"}),
)

// formOf tells a date, a number of milliseconds and other texts apart.
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

// tour are calls made for the shape of their answers alone, after the questions.
var tour = []call{
	group("g", "a", "b"), room("r"), befriended("a", "b"), hosted("h", "a"),
	{ep: endpoint.UserBlockPushPeriodSet, params: "userId=$a&startTime=22:00:00&period=60&level=1"}, {ep: endpoint.UserBlockPushPeriodGet, params: "userId=$a"},
	{ep: endpoint.UserBlockPushPeriodDelete, params: "userId=$a"},
	{ep: endpoint.UserRemarksGet, params: "userId=$a&page=1&size=10"}, {ep: endpoint.UserTagSet, params: `{"userId":"$a","tags":["live"]}`},
	{ep: endpoint.UserTagsGet, params: "userIds=$a&userIds=$b"}, {ep: endpoint.UserWhitesettingQuery, params: "userId=$a"}, {ep: endpoint.UserWhitelistQuery, params: "userId=$c"},
	{ep: endpoint.ConversationNotificationGet, params: "conversationType=1&requestId=$a&targetId=$b"},
	{ep: endpoint.GroupUserBanWhitelistAdd, params: "userId=$b&groupId=$g"}, {ep: endpoint.GroupUserBanWhitelistQuery, params: "groupId=$g"},
	{ep: endpoint.GroupBanAdd, params: "groupId=$g"}, {ep: endpoint.GroupBanQuery, params: "groupId=$g"}, {ep: endpoint.GroupBanRollback, params: "groupId=$g"},
	{ep: endpoint.ChatroomUserExist, params: "chatroomId=$r&userId=$a"}, {ep: endpoint.ChatroomUsersExist, params: "chatroomId=$r&userId=$a&userId=$b"},
	{ep: endpoint.ChatroomUserQuery, params: "chatroomId=$r&count=10&order=1"}, entry("tour"), {ep: endpoint.ChatroomEntryQuery, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserGagAdd, params: "chatroomId=$r&userId=$b&minute=1"}, {ep: endpoint.ChatroomUserGagList, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserBlockAdd, params: "chatroomId=$r&userId=$c&minute=1"}, {ep: endpoint.ChatroomUserBlockList, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserWhitelistQuery, params: "chatroomId=$r"}, {ep: endpoint.ChatroomUserBanWhitelistQuery, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomBanAdd, params: "chatroomId=$r"}, {ep: endpoint.ChatroomBanCheck, params: "chatroomId=$r"}, {ep: endpoint.ChatroomBanRollback, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomGet, params: "chatroomId=$r"}, {ep: endpoint.MessageChatroomPublish, params: "fromUserId=$a&toChatroomId=$r&" + note},
	{ep: endpoint.MessageGroupPublish, params: "fromUserId=$a&toGroupId=$g&" + note}, {ep: endpoint.MessageSystemPublish, params: "fromUserId=$a&toUserId=$b&" + note},
	{ep: endpoint.StatusmessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&" + note},
	{ep: endpoint.V3MessageGroupQuery, params: `{"userId":"$a","targetId":"$g","startTime":$now,"endTime":$hour,"pageSize":10,"includeStart":true}`},
	{ep: endpoint.FriendCheck, params: "userId=$a&targetIds=$b,$e"}, {ep: endpoint.FriendPermissionGet, params: "userIds=$a"},
	{ep: endpoint.EntrustGroupJoin, params: "groupId=$h&userIds=$b"}, members, {ep: endpoint.EntrustJoinedGroupQuery, params: "userId=$a&role=0"},
	{ep: endpoint.UltragroupMemberExist, params: "groupId=$s&userId=$a"}, {ep: endpoint.UltragroupUsergroupQuery, params: "groupId=$s"},
	{ep: endpoint.UltragroupUserChannelQuery, params: "groupId=$s&userId=$a"}, {ep: endpoint.UltragroupGlobalbannedGet, params: "groupId=$s"}, userGroupOf,
}
