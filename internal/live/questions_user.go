package live

import (
	"encoding/json"
	"strings"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// Calls that many questions make.
func info(user string) call { return call{ep: endpoint.UserInfo, params: "userId=$" + user, may: true} }

var (
	keepMeans = map[string]string{
		kept:    "what is left out keeps its value: a part can be changed alone",
		dropped: "what is left out is erased: always send all",
		refused: "a part alone is refused: always send all",
	}
	sizeMeans = map[string]string{
		"limited": "size counts without pageToken: a walk need not begin with one",
		"all":     "size alone does not limit: without pageToken everything comes at once",
		refused:   "size without pageToken is refused",
	}
)

// limited returns a function that reads from a response whether a query for one of three items got
// one item or all of them. List names the field of the response that has the items.
func limited(list string) func(exchange) string {
	return func(e exchange) string {
		items, _ := e.asked.at(list).([]any)
		switch {
		case !e.asked.ok:
			return refused
		case len(items) == 1:
			return "limited"
		case len(items) == 3:
			return "all"
		}
		return "another number"
	}
}

var userQuestions = []question{
	limitOf("user-id-65", call{ep: endpoint.UserGetToken, params: "userId=$ulong&name=Long"},
		"Is a user ID of 65 bytes refused?", nil, refused),
	refusalOf("user-info-unknown", call{ep: endpoint.UserInfo, params: "userId=$u"},
		"Is asking for an unknown user an error?", nil, "", "answer for an unknown userId"),
	{
		ID: "user-create-time", Entry: endpoint.UserInfo.Path, Ask: "In which time zone is createTime?",
		Settles: []string{"time zone of createTime"},
		Probe:   info("a"), Read: zoneOf("createTime"),
		Means: map[string]string{
			"UTC": "read it as UTC", "UTC+8": "read it as UTC+8, Beijing's zone",
			refused:        "the user just registered is not found: it takes a while",
			absent:         "the field is missing or no date",
			"another zone": "the zone is neither UTC nor UTC+8: compare with the data centre's",
		},
	},
	refusalOf("user-delete-unknown", call{ep: endpoint.UserDelusers, params: "userId=$u"},
		"Is deleting an unknown user an error?", nil, "", "whether deleting an unknown user"),
	{
		ID: "user-delete-csv", Entry: endpoint.UserDelusers.Path,
		Ask: "Are several users deleted that are joined with commas?",
		Before: []call{{ep: endpoint.UserGetToken, params: "userId=$t&name=T"},
			{ep: endpoint.UserGetToken, params: "userId=$tt&name=TT"}},
		Probe: call{ep: endpoint.UserDelusers, params: "userId=$t,$tt"}, After: []call{info("t"), info("tt")},
		Read: deleted,
		Means: map[string]string{both: "both spellings may be sent", nobody: "only repeated fields delete",
			first: "only the first is deleted: never send it", last: "only the last is deleted: never send it",
			refused: "only repeated fields are taken"},
	},
	{
		ID: "user-refresh-empty", Entry: endpoint.UserRefresh.Path,
		Ask: "Does an empty portraitUri clear the portrait?", Settles: []string{"What an empty value does"},
		Before: []call{{ep: endpoint.UserRefresh, params: "userId=$c&name=C&portraitUri=https://example.com/c.png"}},
		Probe:  call{ep: endpoint.UserRefresh, params: "userId=$c&name=C&portraitUri="},
		After:  []call{{ep: endpoint.UserInfo, params: "userId=$c"}},
		Read:   contains("https://example.com/c.png", kept, dropped),
		Means: map[string]string{
			kept:    "an empty value is as good as none: nothing clears a portrait",
			dropped: "an empty value clears it: leave unset fields out", refused: "an empty value is refused",
		},
	},
	permissionFor("user-activate", call{ep: endpoint.UserActivate, params: "userId=$a"},
		"Does /user/activate.json exist?", nil, "", "the endpoint as a whole"),
	limitOf("user-block-0-minutes", call{ep: endpoint.UserBlock, params: "userId=$e&minute=0"},
		"Is a block of 0 minutes refused?", nil, refused),
	{
		ID: "user-unblock", Entry: endpoint.UserUnblock.Path, Ask: "Is lifting a block that is not there an error?",
		Before: []call{{ep: endpoint.UserUnblock, params: "userId=$e", may: true}},
		Probe:  call{ep: endpoint.UserUnblock, params: "userId=$e"}, Read: acceptance,
		Means: map[string]string{accepted: "lifting it again is no error", refused: "the code is to be entered"},
	},
	listForm("blacklist-repeat",
		call{ep: endpoint.UserBlacklistAdd, params: "userId=$a&blackUserId=$b&blackUserId=$c"}, "b", "c", nil,
		call{ep: endpoint.UserBlacklistQuery, params: "userId=$a"}, whom("b", "c"), both),
	listForm("blacklist-csv", call{ep: endpoint.UserBlacklistAdd, params: "userId=$b&blackUserId=$c,$d"}, "c",
		"d", nil,
		call{ep: endpoint.UserBlacklistQuery, params: "userId=$b"}, whom("c", "d"), ""),
	{
		ID: "blacklist-size", Entry: endpoint.UserBlacklistQuery.Path,
		Ask: "Does size limit the first page without pageToken?", Settles: []string{"whether size alone"},
		Before: []call{{ep: endpoint.UserBlacklistAdd,
			params: "userId=$c&blackUserId=$a&blackUserId=$b&blackUserId=$d"}},
		Probe: call{ep: endpoint.UserBlacklistQuery, params: "userId=$c&size=1"}, Read: limited("users"),
		Means: sizeMeans,
	},
	pagedLike("blacklist-unpaged", call{ep: endpoint.UserBlacklistQuery, params: "userId=$c"}, "&size=50",
		"users", []call{{ep: endpoint.UserBlacklistAdd, params: "userId=$c&blackUserId=$a&blackUserId=$b"}}),
	pagedLike("remarks-unpaged", call{ep: endpoint.UserRemarksGet, params: "userId=$a"}, "&page=1&size=50",
		"users", nil),
	{
		ID: "whitelist-size", Entry: endpoint.UserWhitelistQuery.Path,
		Ask: "Does size limit the first page without pageToken?", Settles: []string{"whether size alone"},
		Before: []call{{ep: endpoint.UserWhitelistAdd,
			params: "userId=$c&whiteUserId=$a&whiteUserId=$b&whiteUserId=$d"}},
		Probe: call{ep: endpoint.UserWhitelistQuery, params: "userId=$c&size=1"}, Read: limited("users"),
		Means: sizeMeans,
	},
	refusalOf("user-remark-delete", call{ep: endpoint.UserRemarksDel, params: "userId=$a&targetId=$e"},
		"Is removing a name that is not set an error?", nil, "", "whether removing a name"),
	limitOf("user-remark-200",
		call{ep: endpoint.UserRemarksSet, params: `userId=$a&remarks=[{"id":"$b","remark":"` + repeated("n", 200) + `"}]`},
		"Is a remark of 200 characters refused?", nil, "", "length limit of remark"),
	limitOf("user-remarks-51", call{ep: endpoint.UserRemarksGet, params: "userId=$a&page=1&size=51"},
		"Is a page of more than 50 remarks refused?", nil, refused, "what a larger size does"),
	{
		ID: "push-period-none", Entry: endpoint.UserBlockPushPeriodGet.Path,
		Ask: "How does a user without a window look?", Settles: []string{"shape of data"},
		Probe: call{ep: endpoint.UserBlockPushPeriodGet, params: "userId=$d"},
		Read: func(e exchange) string {
			period, isNumber := e.asked.at("data.period").(json.Number)
			switch data := e.asked.at("data").(type) {
			case map[string]any:
				if len(data) > 0 && isNumber && period.String() != "0" {
					return "a window"
				}
				return choose(len(data) == 0, "empty", "zeros")
			case nil:
				return choose(e.asked.ok, absent, refused)
			}
			return "another type"
		},
		Means: map[string]string{
			"zeros": "zeros stand for none", "empty": "an empty object stands for none",
			absent: "data is missing or null", refused: "it is an error: enter the code",
			"a window":     "there is a default window",
			"another type": "data is no object there: the decoder must take it",
		},
	},
	{
		ID: "profile-part", Entry: endpoint.UserProfileSet.Path,
		Ask: "Do attributes keep their value that are left out?", Settles: []string{"attributes left out"},
		Before: []call{{ep: endpoint.UserProfileSet,
			params: `userId=$a&userProfile={"name":"Kept","email":"kept@example.com"}`}},
		Probe: call{ep: endpoint.UserProfileSet, params: `userId=$a&userProfile={"name":"Other"}`},
		After: []call{{ep: endpoint.UserProfileBatchQuery, params: "userId=$a"}},
		Read:  contains("kept@example.com", kept, dropped), Means: keepMeans,
	},
	{
		ID: "profile-empty", Entry: endpoint.UserProfileSet.Path,
		Ask: "Does an empty userExtProfile clear the attributes?", Settles: []string{"what an empty one does"},
		Before: []call{{ep: endpoint.UserProfileSet,
			params: `userId=$b&userProfile={"name":"B"}&userExtProfile={"ext_live":"kept"}`}},
		Probe: call{ep: endpoint.UserProfileSet, params: `userId=$b&userProfile={"name":"B"}&userExtProfile=`},
		After: []call{{ep: endpoint.UserProfileBatchQuery, params: "userId=$b"}},
		Read:  contains("ext_live", kept, dropped), Means: keepMeans,
	},
	{
		ID: "profile-key", Entry: endpoint.UserProfileSet.Path, Ask: "Does the response carry profileKey?",
		Settles: []string{"profileKey"},
		Probe:   call{ep: endpoint.UserProfileSet, params: `userId=$a&userProfile={"name":"Key"}`},
		Read:    fieldThere("profileKey"),
		Means: map[string]string{present: "the response carries it: add it to the entry", absent: "v1 has none",
			refused: "setting a profile is refused: see the code"},
	},
	listForm("profile-query-repeat", call{ep: endpoint.UserProfileBatchQuery, params: "userId=$a&userId=$b"}, "a",
		"b", profiles,
		call{ep: endpoint.UserProfileBatchQuery, params: "userId=$a&userId=$b"}, whom("a", "b"), both),
	listForm("profile-query-csv", call{ep: endpoint.UserProfileBatchQuery, params: "userId=$a,$b"}, "a", "b",
		profiles,
		call{ep: endpoint.UserProfileBatchQuery, params: "userId=$a,$b"}, whom("a", "b"), ""),
	permissionFor("private-mute-group", call{ep: endpoint.UserChatFbSet, params: "userId=$e&state=0&type=GROUP"},
		"Is type GROUP refused?", nil, refused),
}

var profiles = []call{
	{ep: endpoint.UserProfileSet, params: `userId=$a&userProfile={"name":"A"}`},
	{ep: endpoint.UserProfileSet, params: `userId=$b&userProfile={"name":"B"}`},
}

// deleted reads which of two users are unknown after the probe.
func deleted(e exchange) string {
	if !e.asked.ok {
		return refused
	}
	one, other := !isKnown(e.after[0]), !isKnown(e.after[1])
	switch {
	case one && other:
		return both
	case one:
		return first
	case other:
		return last
	}
	return nobody
}

// isKnown reports whether a user was found, whether or not the server treats a missing user as an
// error.
func isKnown(r reply) bool {
	name, _ := r.at("userName").(string)
	return r.ok && name != ""
}

// fieldThere reads whether the response has a field.
func fieldThere(path string) func(exchange) string {
	return func(e exchange) string {
		if !e.asked.ok {
			return refused
		}
		return choose(e.asked.at(path) != nil, present, absent)
	}
}

// zoneOf reads the time zone of a date that was created just now.
func zoneOf(path string) func(exchange) string {
	return func(e exchange) string {
		if !e.asked.ok {
			return refused
		}
		text, _ := e.asked.at(path).(string)
		at, err := time.Parse(time.DateTime, text)
		if err != nil {
			return absent
		}
		switch time.Since(at).Round(time.Hour) {
		case 0:
			return "UTC"
		case -8 * time.Hour:
			return "UTC+8"
		}
		return "another zone"
	}
}

func repeated(text string, n int) string { return strings.Repeat(text, n) }

var conversationQuestions = []question{
	{
		ID: "tag-twice", Entry: endpoint.UserConversationTagSet.Path,
		Ask: "Does a tag that exists get the new name?", Settles: []string{"existing tagId"},
		Before: []call{{ep: endpoint.UserConversationTagSet,
			params: `{"userId":"$a","tags":[{"tagId":"live","tagName":"before"}]}`}},
		Probe: call{ep: endpoint.UserConversationTagSet,
			params: `{"userId":"$a","tags":[{"tagId":"live","tagName":"after"}]}`},
		After: []call{{ep: endpoint.UserConversationTagGet, params: "userId=$a"}},
		Read:  contains("after", "renamed", kept),
		Means: map[string]string{"renamed": "setting it again renames",
			kept: "the old name stays without an error", refused: "a second time is an error: enter the code"},
	},
	limitOf("tag-id-11",
		call{ep: endpoint.UserConversationTagSet, params: `{"userId":"$b","tags":[{"tagId":"elevenchars","tagName":"long"}]}`},
		"Is a tag ID of 11 characters refused?", nil, ""),
	permissionFor("pin-type-10",
		call{ep: endpoint.ConversationTopSet, params: "userId=$a&conversationType=10&targetId=$s&setTop=false"},
		"Is pinning refused in an ultra group?", nil, refused),
}
