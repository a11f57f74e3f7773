package live

import "github.com/rongcloud-go/rongcloud/endpoint"

func room(name string) call {
	return call{ep: endpoint.ChatroomCreateNew, params: "chatroomId=$" + name}
}

func entry(key string) call {
	return call{ep: endpoint.ChatroomEntrySet, params: "chatroomId=$r&userId=$a&key=" + key + "&value=v"}
}

var roomQuestions = []question{
	limitOf("room-id-65", room("rlong"), "Is a room ID of 65 bytes refused?", nil, refused),
	refusalOf("room-create-twice", room("r"), "Is creating a room that exists an error?", []call{room("r")},
		accepted, "when the room already exists"),
	{
		ID: "room-create-entries", Entry: endpoint.ChatroomCreateNew.Path,
		Ask:     "Is a room with attributes refused if their service is off?",
		Settles: []string{"when the attribute service is off"},
		Before:  []call{{ep: endpoint.ChatroomDestroy, params: "chatroomId=$rr", may: true}},
		Probe:   call{ep: endpoint.ChatroomCreateNew, params: `chatroomId=$rr&entryOwnerId=$a&entryInfo={"k":"v"}`},
		Read:    acceptance, OffTells: true,
		Means: map[string]string{accepted: "the service is on for this app, or its being off is not told",
			refused: "the service is off for this app: enter the code"},
	},
	refusalOf("room-get-unknown", call{ep: endpoint.ChatroomGet, params: "chatroomId=$rx"},
		"Is an unknown room refused?", nil, refused),
	refusalOf("room-destroy-unknown", call{ep: endpoint.ChatroomDestroy, params: "chatroomId=$rx"},
		"Is destroying an unknown room an error?", nil, "", "the answer for a room that does not exist"),
	refusalOf("room-lifetime-unknown",
		call{ep: endpoint.ChatroomDestroySet, params: "chatroomId=$rx&destroyType=1&destroyTime=60"},
		"Is an unknown room refused?", nil, "", "the code for a room that does not exist"),
	refusalOf("room-send-unknown",
		call{ep: endpoint.MessageChatroomPublish, params: "fromUserId=$a&toChatroomId=$rx&" + note},
		"Is a message to an unknown room refused?", nil, ""),
	refusalOf("room-mute-unknown",
		call{ep: endpoint.ChatroomUserGagAdd, params: "chatroomId=$rx&userId=$b&minute=1"},
		"Is muting in an unknown room refused?", nil, ""),
	refusalOf("room-entry-unknown-room",
		call{ep: endpoint.ChatroomEntrySet, params: "chatroomId=$rx&userId=$a&key=k&value=v"},
		"Is an attribute of an unknown room refused?", nil, ""),
	refusalOf("room-entry-unknown-key",
		call{ep: endpoint.ChatroomEntryRemove, params: "chatroomId=$r&userId=$a&key=none"},
		"Is removing an unknown attribute an error?", []call{room("r")}, "", "when the key does not exist"),
	refusalOf("room-mute-outsider",
		call{ep: endpoint.ChatroomUserGagAdd, params: "chatroomId=$r&userId=$b&minute=1"},
		"Is muting a user an error who is not in the room?", []call{room("r")}, ""),
	{
		ID: "room-destroy-csv", Entry: endpoint.ChatroomDestroy.Path,
		Ask: "Are rooms destroyed that are joined with commas?", Before: []call{room("r"), room("rr")},
		Probe: call{ep: endpoint.ChatroomDestroy, params: "chatroomId=$r,$rr"},
		After: []call{{ep: endpoint.ChatroomGet, params: "chatroomId=$r", may: true},
			{ep: endpoint.ChatroomGet, params: "chatroomId=$rr", may: true}},
		Read: destroyed,
		Means: map[string]string{both: "both spellings may be sent",
			nobody: "only repeated fields are taken, and commas are no error",
			first:  "only the first is destroyed: never send it", last: "only the last is destroyed: never send it",
			refused: "only repeated fields are taken"},
	},
	{
		ID: "room-destroy-repeat", Entry: endpoint.ChatroomDestroy.Path,
		Ask: "Are rooms destroyed in repeated fields?", Before: []call{room("r"), room("rr")}, Catalogue: both,
		Probe: call{ep: endpoint.ChatroomDestroy, params: "chatroomId=$r&chatroomId=$rr"},
		After: []call{{ep: endpoint.ChatroomGet, params: "chatroomId=$r", may: true},
			{ep: endpoint.ChatroomGet, params: "chatroomId=$rr", may: true}},
		Read: destroyed,
		Means: map[string]string{both: "several rooms may be named",
			nobody: "nothing is destroyed: one room a call", first: "only the first is destroyed: one room a call",
			last: "only the last is destroyed: one room a call", refused: "one room a call"},
	},
	listEntries("room-entries-json", `["one","two"]`, both),
	listEntries("room-entries-repeat", `one&entryKeys=two`, ""),
	refusalOf("room-entry-autodelete-true",
		call{ep: endpoint.ChatroomEntrySet, params: "chatroomId=$r&userId=$a&key=k&value=v&autoDelete=true"},
		"Is autoDelete=true refused?", []call{room("r")}, refused),
	refusalOf("room-entry-not-json",
		call{ep: endpoint.ChatroomEntrySet, params: "chatroomId=$r&userId=$a&key=k&value=v&objectName=RC:TxtMsg&content=plain"},
		"Is a content refused that is not JSON?", []call{room("r")}, ""),
	{
		ID: "room-keepalive-code", Entry: endpoint.ChatroomKeepaliveAdd.Path,
		Ask: "Is the code of success 0 or 200?", Before: []call{room("r")},
		Probe: call{ep: endpoint.ChatroomKeepaliveAdd, params: "chatroomId=$r"},
		After: []call{{ep: endpoint.ChatroomKeepaliveRemove, params: "chatroomId=$r", may: true}},
		Read: func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			return choose(e.asked.code == 0, "0", "200")
		},
		Means: map[string]string{"0": "code 0 is a success here: zero_success stays",
			"200":   "code 200: zero_success may go if all of it agree",
			refused: "the app has used up its five, or lacks the service: see the code"},
	},
}

func listEntries(id, keys, catalogue string) question {
	q := listForm(id,
		call{ep: endpoint.ChatroomEntryBatchRemove, params: "chatroomId=$r&entryOwnerId=$a&entryKeys=" + keys}, "",
		"", []call{room("r"), entry("one"), entry("two")},
		call{ep: endpoint.ChatroomEntryQuery, params: "chatroomId=$r"}, func(e exchange) string {
			if !e.asked.ok {
				return refused
			}
			texts := e.after[0].texts()
			one, two := !texts["one"], !texts["two"]
			if one != two {
				return choose(one, first, last)
			}
			return choose(one, both, nobody)
		}, catalogue)
	return q
}

// destroyed reads which of two rooms are unknown after the probe.
func destroyed(e exchange) string {
	if !e.asked.ok {
		return refused
	}
	one, other := !e.after[0].ok, !e.after[1].ok
	if one != other {
		return choose(one, first, last)
	}
	return choose(one, both, nobody)
}
