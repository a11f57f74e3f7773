package live

import (
	"encoding/json"
	"time"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

const noMessage = "NONE-NONE-NONE-NONE" // a message ID that no message has

func sendPrivate(more string) call {
	return call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&" + note + more,
		keep: "uid=messageUIDs.0.messageUID"}
}

func recall(uid string) call {
	return call{ep: endpoint.MessageRecall,
		params: "fromUserId=$a&conversationType=1&targetId=$b&messageUID=" + uid}
}

func expandable(more string) call {
	return sendPrivate(`&expansion=true&extraContent={"live":"kept"}` + more)
}

func template(pushExt string) call {
	return call{ep: endpoint.MessagePrivatePublishTemplate,
		params: `{"fromUserId":"$a","toUserId":["$b"],"objectName":"RC:TxtMsg","content":"{\"content\":\"live {n}\"}",` +
			`"values":[{"{n}":"check"}],"pushContent":["live"],"pushExt":` + pushExt + `}`}
}

var messageQuestions = []question{
	permissionFor("content-not-json",
		call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&objectName=app:live&content=plain"},
		"Is a content of an app's own type refused that is not JSON?", nil, ""),
	permissionFor("content-not-json-text",
		call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&objectName=RC:TxtMsg&content=plain"},
		"Is a text message refused whose content is not JSON?", nil, ""),
	permissionFor("sender-unknown",
		call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$u&toUserId=$b&" + note},
		"Is a sender refused who is not registered?", nil, ""),
	permissionFor("recipient-unknown",
		call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$u&" + note},
		"Is a recipient refused who is not registered?", nil, ""),
	listForm("send-csv",
		call{ep: endpoint.MessagePrivatePublish, params: "fromUserId=$a&toUserId=$b,$c&" + note, keep: "uid=messageUIDs.0.userId"},
		"b", "c", nil,
		call{ep: endpoint.UserCheckOnline, params: "userId=$a"}, sentTo("b", "c"), ""),
	{
		ID: "msgrandom-twice", Entry: endpoint.MessagePrivatePublish.Path,
		Ask: "What does a repeated msgRandom answer?", Before: []call{sendPrivate("&msgRandom=$random")},
		Probe: call{ep: endpoint.MessagePrivatePublish,
			params: "fromUserId=$a&toUserId=$b&" + note + "&msgRandom=$random"},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			return choose(e.asked.at("messageUIDs.0.messageUID") == any(e.vars["uid"]), "the same message",
				"another message")
		},
		Means: map[string]string{
			refused:            "the code is IdempotentSends' DuplicateCode: a repeat within a minute is safe",
			"the same message": "the repeat succeeds and sends nothing: a repeat is safe, and no code tells it",
			"another message":  "the service is not switched on for this app: a repeat is a second message",
		},
	},
	permissionFor("recall-without-time", recall("$uid"), "Is a recall without sentTime refused?",
		[]call{sendPrivate("")}, accepted),
	refusalOf("recall-unknown", recall(noMessage), "Is recalling a message refused that was never sent?", nil,
		""),
	refusalOf("recall-twice", recall("$uid"), "Is recalling a message twice an error?",
		[]call{sendPrivate(""), recall("$uid")}, ""),
	permissionFor("modify-object-name",
		call{ep: endpoint.MessagePrivateModify, params: `fromUserId=$a&targetId=$b&msgUID=$uid&content={"content":"changed"}`},
		"Is a change without objectName refused?", []call{sendPrivate("")}, accepted),
	permissionFor("template-pushext-array", template(`["{\"title\":\"live\"}"]`),
		"Is pushExt of a template taken as an array of JSON texts?", nil, accepted, "pushExt: Java sends an array"),
	permissionFor("template-pushext-text", template(`"{\"title\":\"live\"}"`),
		"Is pushExt of a template taken as one JSON text?", nil, "", "pushExt: Java sends an array"),
	{
		ID: "expansion-first-page", Entry: endpoint.MessageExpansionQuery.Path,
		Ask: "Is the first page of an expansion page 1?", Before: []call{expandable("")},
		Probe: call{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=1"},
		After: []call{{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=0", may: true}},
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
			both: "0 and 1 are the first page", "page 1": "pages start at 1",
			"page 0": "pages start at 0: the walk loses the first page",
			nobody:   "neither page has the pairs: a message is expanded later",
			refused:  "the call is refused: see the code",
		},
	},
	{
		ID: "expansion-time", Entry: endpoint.MessageExpansionQuery.Path,
		Ask: "Is ts of an expansion in milliseconds?", Before: []call{expandable("")},
		Probe: call{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=1"},
		Read:  unitOf("extraContent.live.ts"),
		Means: map[string]string{"milliseconds": "it is in milliseconds", "seconds": "it is in seconds",
			absent: "there is none", refused: "the call is refused: see the code",
			"another unit": "neither: see it by hand"},
	},
	{
		ID: "history-number-text", Entry: endpoint.V3MessagePrivateQuery.Path,
		Ask: "Are numbers and booleans taken as texts, as the official Go SDK sends them?",
		Probe: call{ep: endpoint.V3MessagePrivateQuery,
			params: `{"userId":"$a","targetId":"$b","startTime":"$now","endTime":"$hour","pageSize":"10","includeStart":"true"}`},
		Read:  acceptance,
		Means: map[string]string{accepted: "both are taken", refused: "only numbers and booleans are taken"},
	},
	{
		ID: "history-order", Entry: endpoint.V3MessagePrivateQuery.Path, Ask: "Is startTime the newer end?",
		Catalogue: accepted,
		Probe: call{ep: endpoint.V3MessagePrivateQuery,
			params: `{"userId":"$a","targetId":"$b","startTime":$now,"endTime":$hour,"pageSize":10,"includeStart":true}`},
		Read: acceptance,
		Means: map[string]string{accepted: "startTime is the newer one",
			refused: "startTime is the older one, or the history is not switched on: see the code"},
	},
	refusalOf("discussion",
		call{ep: discussionPublish, params: "fromUserId=$a&toDiscussionId=$dx&" + note},
		"Is /message/discussion/publish.json gone?", nil, "", "whether the service still answers"),
}

// sentTo reads from the message IDs who got a message.
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
