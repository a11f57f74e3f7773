package live

import "github.com/rongcloud-go/rongcloud/endpoint"

// questions are all questions, in the order in which they are asked.
var questions = join(signingQuestions, userQuestions, conversationQuestions, groupQuestions, roomQuestions,
	hostedQuestions, friendQuestions,
	messageQuestions, ultraQuestions)

func join[T any](areas ...[]T) []T {
	var all []T
	for _, area := range areas {
		all = append(all, area...)
	}
	return all
}

// ping is the call that signatures are tested with: it reads one of the run's own users.
func ping(signing auth) call {
	return call{ep: endpoint.UserCheckOnline, params: "userId=$a", auth: signing}
}

func signature(id, ask string, before []call, signing auth, catalogue string, means map[string]string) question {
	return question{ID: id, Entry: "signing", Ask: ask, Before: before, Probe: ping(signing), Read: acceptance,
		Catalogue: catalogue, Means: means}
}

var (
	ageMeans = map[string]string{
		accepted: "the age of a timestamp is not checked up to here: a wrong clock does no harm",
		refused:  "the age is checked: signing and the documentation of clocks must say so, and the code",
	}
	repeatMeans = map[string]string{
		accepted: "nonces are not remembered: a request that was overheard can be sent again",
		refused:  "nonces are remembered: every attempt must be signed afresh, and this code means it was not",
	}
	lengthMeans = map[string]string{
		accepted: "the limit of 18 characters is not enforced",
		refused:  "the limit of 18 characters is enforced",
	}
)

var signingQuestions = []question{
	signature("timestamp-seconds", "Is a timestamp in seconds taken?", nil, auth{timestamp: "$sec"}, accepted,
		map[string]string{
			accepted: "seconds are as good as milliseconds, as the official SDKs send them",
			refused:  "only milliseconds are taken: the catalogue must not say that both are",
		}),
	signature("timestamp-10-minutes", "Is a timestamp of 10 minutes ago taken?", nil, auth{timestamp: "$tenmin"},
		"", ageMeans),
	signature("timestamp-hour", "Is a timestamp of an hour ago taken?", nil, auth{timestamp: "$hour"}, "", ageMeans),
	signature("timestamp-3-days", "Is a timestamp of three days ago taken?", nil, auth{timestamp: "$days"}, "",
		ageMeans),
	signature("timestamp-future", "Is a timestamp three days ahead taken?", nil, auth{timestamp: "$future"}, "",
		ageMeans),
	signature("nonce-twice", "Is a nonce taken twice, with another timestamp?",
		[]call{ping(auth{nonce: "$nonce"})}, auth{nonce: "$nonce", timestamp: "$now"}, "", repeatMeans),
	signature("signature-twice", "Is a whole signature taken twice?",
		[]call{ping(auth{nonce: "$nonce", timestamp: "$now"})}, auth{nonce: "$nonce", timestamp: "$now"}, "",
		repeatMeans),
	signature("nonce-19", "Is a nonce of 19 characters taken?", nil, auth{nonce: "1$nonce"}, "", lengthMeans),
	signature("nonce-36", "Is a nonce of 36 characters taken?", nil, auth{nonce: "$nonce$nonce"}, "", lengthMeans),
	signature("signature-upper", "Is a signature in upper case taken?", nil, auth{upper: true}, "", map[string]string{
		accepted: "letter case does not count", refused: "only lower case is taken",
	}),
	{
		ID: "parameter-unknown", Entry: "signing", Ask: "Is a parameter that no page has refused?",
		Probe: call{ep: endpoint.UserCheckOnline, params: "userId=$a&notAParameter=1"}, Read: acceptance,
		Means: map[string]string{
			accepted: "unknown parameters are ignored: a misspelt one is not told",
			refused:  "unknown parameters are refused",
		},
	},
	{
		ID: "parameter-twice", Entry: "signing", Ask: "Which value counts if a field that is no list comes twice?",
		Before: []call{
			{ep: endpoint.UserRefresh, params: "userId=$a&name=first"},
			{ep: endpoint.UserRefresh, params: "userId=$b&name=second"},
		},
		Probe: call{ep: endpoint.UserInfo, params: "userId=$a&userId=$b"},
		Read: func(e exchange) string {
			texts := e.asked.texts()
			switch {
			case !e.asked.ok:
				return refused
			case texts["first"]:
				return first
			case texts["second"]:
				return last
			}
			return nobody
		},
		Means: map[string]string{
			refused: "a repeated field is refused", first: "the first counts", last: "the last counts",
			nobody: "the values are joined to one ID",
		},
	},
	errorText("error-text-form", call{ep: endpoint.UserRefresh, params: "userId=$a&name=" + tooLong}),
	errorText("error-text-json", call{ep: endpoint.UserTagSet, params: `{"userId":"$a","tags":["` + tooLong + `"]}`}),
}

// tooLong is refused by every endpoint that limits a length.
var tooLong = repeated("x", 2000)

func errorText(id string, probe call) question {
	return question{
		ID: id, Entry: "signing", Ask: "Under which name does an error carry its text?", Probe: probe,
		Read: func(e exchange) string {
			switch {
			case e.asked.ok:
				return accepted
			case e.asked.at("errorMessage") != nil && e.asked.at("msg") != nil:
				return both
			case e.asked.at("errorMessage") != nil:
				return "errorMessage"
			case e.asked.at("msg") != nil:
				return "msg"
			}
			return absent
		},
		Means: map[string]string{
			accepted: "a value that is too long is not refused here", both: "both names are to be read",
			"errorMessage": "errorMessage is read",
			"msg":          "msg is read, too", absent: "there is no text: the code is all",
		},
	}
}
