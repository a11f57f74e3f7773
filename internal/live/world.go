package live

import "github.com/rongcloud-go/rongcloud/endpoint"

// userGetToken creates users, and Run begins with it. The others are deprecated, but still asked
// about.
var (
	userGetToken      = endpoint.UserGetToken
	chatroomCreate    = endpoint.ChatroomCreate           //nolint:staticcheck // apps may still use it
	chatroomQuery     = endpoint.ChatroomQuery            //nolint:staticcheck // apps may still use it
	discussionPublish = endpoint.MessageDiscussionPublish //nolint:staticcheck // apps may still use it
)

// kind is a kind of thing that questions create: the names of its instances, the endpoints that
// create one, and the calls that remove one, $it; any one that works is enough.
type kind struct {
	names  []string
	made   []*endpoint.Endpoint
	remove []call
}

// firstUsers are registered before the first question. They are few, as a development app may have
// only 100 users.
var firstUsers = []string{"a", "b", "c", "d", "e"}

// kinds are everything that a run can create. A name that is not listed cannot be removed, so a
// test checks all questions against the lists.
var kinds = map[string]kind{
	"room": {
		[]string{"r", "rr", "rx", "rlong"}, []*endpoint.Endpoint{endpoint.ChatroomCreateNew, chatroomCreate},
		[]call{{ep: endpoint.ChatroomDestroy, params: "chatroomId=$it"}},
	},
	"hosted group": {
		[]string{"h", "hh", "hi", "hx"},
		[]*endpoint.Endpoint{endpoint.EntrustGroupCreate, endpoint.EntrustGroupImport, endpoint.GroupCreate},
		[]call{{ep: endpoint.EntrustGroupDismiss, params: "groupId=$it"},
			{ep: endpoint.GroupDismiss, params: "userId=$a&groupId=$it"}},
	},
	"ultra group": {
		[]string{"s", "ss", "sx"}, []*endpoint.Endpoint{endpoint.UltragroupCreate},
		[]call{{ep: endpoint.UltragroupDis, params: "groupId=$it"}},
	},
	"group": {
		[]string{"g", "gg", "ggg", "gf", "gx", "glong"}, []*endpoint.Endpoint{endpoint.GroupCreate},
		[]call{{ep: endpoint.GroupDismiss, params: "userId=$a&groupId=$it"}},
	},
	"block": {firstUsers, nil, []call{{ep: endpoint.UserUnblock, params: "userId=$it"}}},
	"blacklist": {
		firstUsers, nil,
		[]call{{ep: endpoint.UserBlacklistRemove,
			params: "userId=$it&blackUserId=$a&blackUserId=$b&blackUserId=$c&blackUserId=$d&blackUserId=$e"}},
	},
	"whitelist": {
		firstUsers, nil,
		[]call{{ep: endpoint.UserWhitelistRemove,
			params: "userId=$it&whiteUserId=$a&whiteUserId=$b&whiteUserId=$c&whiteUserId=$d&whiteUserId=$e"}},
	},
	"friends": {firstUsers, nil, []call{{ep: endpoint.FriendClean, params: "userId=$it"}}},
	"profile": {firstUsers, nil, []call{{ep: endpoint.UserProfileClean, params: "userId=$it"}}},
	"user": {
		[]string{"a", "b", "c", "d", "e", "u", "ulong", "t", "tt"}, []*endpoint.Endpoint{userGetToken},
		[]call{{ep: endpoint.UserDelusers, params: "userId=$it"}},
	},
	"user group": {[]string{"v", "w", "x"}, nil, nil}, // goes with its ultra group
	"discussion": {[]string{"dx"}, nil, nil},          // never made
}

// removalOrder lists whatever refers to users before the users.
var removalOrder = []string{"room", "hosted group", "ultra group", "group", "block", "blacklist", "whitelist",
	"friends", "profile", "user"}

// sizes are the ID lengths that are asked about, in bytes.
var sizes = map[string]int{"ulong": 65, "glong": 65, "rlong": 65}

// LeftOut is a part of the API that is not tested, and why.
type LeftOut struct {
	Entry string `json:"entry"` // path, or the beginning of several
	// words of the one open point left out; empty for the whole endpoint
	Point  string `json:"point,omitempty"`
	Reason string `json:"reason"`
}

// leftOut also restricts the client: it refuses to call entries without a point.
var leftOut = []LeftOut{
	{Entry: "/message/broadcast", Reason: "reaches every user of the app"},
	{Entry: "/message/chatroom/broadcast", Reason: "reaches every room of the app"},
	{Entry: "/message/online/broadcast", Reason: "reaches every user who is online"},
	{Entry: "/push", Reason: "reaches users outside the check, and a push cannot be taken back"},
	{Entry: "/sensitiveword", Reason: "the list of words holds for the whole app"},
	{Entry: "/wordfilter", Reason: "the list of words holds for the whole app"},
	{Entry: "/chatroom/message/priority", Reason: "the list holds for all rooms of the app"},
	{Entry: "/chatroom/whitelist", Reason: "the list holds for all rooms of the app"},
	{Entry: "/chatroom/correlation", Reason: "ties a room to a paid call service"},
	{Entry: "/chatroom/message/stopDistribution",
		Reason: "may need an app of an old kind, and its effect shows in clients only"},
	{Entry: "/chatroom/message/resumeDistribution", Reason: "goes with stopDistribution"},
	{Entry: "/chatroom/keepalive/query", Reason: "reads the IDs of the app's own rooms"},
	{Entry: "/chatroom/ban/query", Reason: "reads the IDs of the app's own rooms"},
	{Entry: "/v3/bot", Reason: "bots are paid and few"},
	{Entry: "/v3/agent", Reason: "agents are paid and few"},
	{Entry: "/v3/chat", Reason: "talking to an agent is paid"},
	{Entry: "/v3/user/proxychat", Reason: "needs an agent, which is paid"},
	{Entry: "/v3/message/group/publish_stream", Reason: "a stream that nobody continues would stay open"},
	{Entry: "/v3/translate", Reason: "paid"},
	{Entry: "/message/history", Reason: "the log holds messages of all users"},
	{Entry: "/stat/", Reason: "figures of the whole app"},
	{Entry: "/user/query", Reason: "reads users of the whole app"},
	{Entry: "/user/profile/query", Reason: "reads users of the whole app"},
	{Entry: "/user/block/query", Reason: "reads users of the whole app"},
	{Entry: "/user/deactivate",
		Reason: "takes minutes and ends with a callback; its list has users of the whole app"},
	{Entry: "/user/reactivate", Reason: "goes with deactivate"},
	{Entry: "/chatroom/user/ban/query", Reason: "reads users of the whole app"},
	{Entry: "/user/chat/fb/querylist", Reason: "reads users of the whole app"},
	{Entry: "/entrust/group/query", Reason: "reads groups of the whole app"},
	{Entry: "/jwt", Reason: "a token for another service, of no use here"},
	{Entry: "/rtc/", Reason: "audio and video are paid, and rooms are made by clients only"},
	{Entry: "/v2/rtc/", Reason: "audio and video are paid, and rooms are made by clients only"},
	{Entry: "/embed", Reason: "a token for the console"},
	{"/chatroom/destroy.json", "a maximum count per call", "needs hundreds of rooms"},
	{"/chatroom/keepalive/add.json", "when the quota of 5 is used up", "uses up what the app's own rooms may need"},
	{"/user/conversation/tag/get.json", "rate unconfirmed", "a rate shows only when it is exceeded"},
	{"/group/sync.json", "maximum number of groups", "needs a thousand groups"},
	{"/message/", "rate and time limit", "a rate shows only when it is exceeded, and the time limit after a day"},
	{"/ultragroup/hismsg/msgid/query.json", "rate (not in the list", "a rate shows only when it is exceeded"},
	{"/ultragroup/", "whether a repeat notifies", "shows in clients only"},
	{"/user/delusers.json", "limit of 100", "needs a hundred users, and a rate shows only when it is exceeded"},
}
