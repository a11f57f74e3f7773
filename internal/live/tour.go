package live

import "github.com/rongcloud-go/rongcloud/endpoint"

const ultraText = `{"fromUserId":"$a","toGroupIds":["$s"],"busChannel":"live","objectName":"RC:TxtMsg",` +
	`"content":"{\"content\":\"live check\"}","expansion":true,"extraContent":"{\"live\":\"1\"}"}`

// history queries the messages of the last hour.
func history(ep *endpoint.Endpoint, target string) call {
	return call{ep: ep,
		params: `{"userId":"$a","targetId":"` + target + `","startTime":$now,"endTime":$hour,"pageSize":10,"includeStart":true}`}
}

// tour are calls made only for the shape of their responses, after the questions. A test checks
// that every current endpoint is called somewhere or is in leftOut.
var tour = join(userTour, groupTour, roomTour, messageTour, ultraTour)

var userTour = []call{
	{ep: endpoint.UserBlockPushPeriodSet, params: "userId=$a&startTime=22:00:00&period=60&level=1"},
	{ep: endpoint.UserBlockPushPeriodGet, params: "userId=$a"},
	{ep: endpoint.UserBlockPushPeriodDelete, params: "userId=$a"},
	{ep: endpoint.UserRemarksGet, params: "userId=$a&page=1&size=10"},
	{ep: endpoint.UserTagSet, params: `{"userId":"$a","tags":["live"]}`},
	{ep: endpoint.UserTagBatchSet, params: `{"userIds":["$a","$b"],"tags":["live"]}`},
	{ep: endpoint.UserTagsGet, params: "userIds=$a&userIds=$b"},
	{ep: endpoint.UserWhitesettingSet, params: "userId=$a&whiteSetting=0"},
	{ep: endpoint.UserWhitesettingQuery, params: "userId=$a"},
	{ep: endpoint.UserWhitelistQuery, params: "userId=$c"},
	{ep: endpoint.UserBlock, params: "userId=$e&minute=1"},
	{ep: endpoint.UserUnblock, params: "userId=$e"},
	{ep: endpoint.UserChatFbSet, params: "userId=$e&state=0&type=PERSON"},
	{ep: endpoint.ConversationTopSet, params: "userId=$a&conversationType=1&targetId=$b&setTop=false"},
	{ep: endpoint.UserTokenExpire, params: "userId=$e&time=$now"},
	{ep: endpoint.ConversationNotificationSet, params: "conversationType=1&requestId=$a&targetId=$b&unpushLevel=1"},
	{ep: endpoint.ConversationNotificationGet, params: "conversationType=1&requestId=$a&targetId=$b"},
	{ep: endpoint.ConversationTypeNotificationSet, params: "conversationType=1&requestId=$a&unpushLevel=1"},
	{ep: endpoint.ConversationTypeNotificationGet, params: "conversationType=1&requestId=$a"},
	{ep: endpoint.UserConversationTagSet, params: `{"userId":"$a","tags":[{"tagId":"live","tagName":"live"}]}`},
	{ep: endpoint.TagConversationSet,
		params: `{"userId":"$a","tagId":"live","conversations":[{"conversationType":1,"targetId":"$b"}]}`},
	{ep: endpoint.TagConversationGet, params: "userId=$a&tagId=live"},
	{ep: endpoint.ConversationAttributeGet, params: "userId=$a&targetId=$b&conversationType=1"},
	{ep: endpoint.TagConversationDel,
		params: `{"userId":"$a","tagId":"live","conversations":[{"conversationType":1,"targetId":"$b"}]}`},
	{ep: endpoint.UserConversationTagDel, params: `{"userId":"$a","tagIds":["live"]}`},
	befriended,
	{ep: endpoint.FriendCheck, params: "userId=$a&targetIds=$b,$e"},
	{ep: endpoint.FriendPermissionSet, params: "userIds=$a&permissionType=1"},
	{ep: endpoint.FriendPermissionGet, params: "userIds=$a"},
}

var groupTour = []call{
	createGroup("g", "a", "b"),
	{ep: endpoint.GroupUserGagAdd, params: "userId=$b&groupId=$g&minute=1"},
	{ep: endpoint.GroupUserGagList, params: "groupId=$g"},
	{ep: endpoint.GroupUserGagRollback, params: "userId=$b&groupId=$g"},
	{ep: endpoint.GroupUserBanWhitelistAdd, params: "userId=$b&groupId=$g"},
	{ep: endpoint.GroupUserBanWhitelistQuery, params: "groupId=$g"},
	{ep: endpoint.GroupUserBanWhitelistRollback, params: "userId=$b&groupId=$g"},
	{ep: endpoint.GroupBanAdd, params: "groupId=$g"},
	{ep: endpoint.GroupBanQuery, params: "groupId=$g"},
	{ep: endpoint.GroupBanRollback, params: "groupId=$g"},
	{ep: endpoint.GroupRemarksSet, params: "userId=$a&groupId=$g&remark=live"},
	{ep: endpoint.GroupRemarksGet, params: "userId=$a&groupId=$g"},
	{ep: endpoint.GroupRemarksDel, params: "userId=$a&groupId=$g"},
	createHostedGroup("h", "a"),
	{ep: endpoint.EntrustGroupJoin, params: "groupId=$h&userIds=$b"},
	{ep: endpoint.EntrustGroupRemarknameSet, params: "userId=$a&groupId=$h&remarkName=live"},
	{ep: endpoint.EntrustGroupRemarknameQuery, params: "userId=$a&groupId=$h"},
	members,
	{ep: endpoint.EntrustJoinedGroupQuery, params: "userId=$a&role=0"},
	{ep: endpoint.EntrustGroupRemarknameDelete, params: "userId=$a&groupId=$h"},
	{ep: endpoint.EntrustGroupTransferOwner, params: "groupId=$h&newOwner=$b"},
}

var roomTour = []call{
	room("r"), entry("tour"),
	{ep: endpoint.ChatroomEntryBatchSet, params: `chatroomId=$r&entryOwnerId=$a&entryInfo={"tour":"1"}`},
	{ep: endpoint.ChatroomEntryQuery, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserExist, params: "chatroomId=$r&userId=$a"},
	{ep: endpoint.ChatroomUsersExist, params: "chatroomId=$r&userId=$a&userId=$b"},
	{ep: endpoint.ChatroomUserQuery, params: "chatroomId=$r&count=10&order=1"},
	{ep: endpoint.ChatroomUserGagAdd, params: "chatroomId=$r&userId=$b&minute=1"},
	{ep: endpoint.ChatroomUserGagList, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserGagRollback, params: "chatroomId=$r&userId=$b"},
	{ep: endpoint.ChatroomUserBlockAdd, params: "chatroomId=$r&userId=$c&minute=1"},
	{ep: endpoint.ChatroomUserBlockList, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserBlockRollback, params: "chatroomId=$r&userId=$c"},
	{ep: endpoint.ChatroomUserBanAdd, params: "userId=$e&minute=1"},
	{ep: endpoint.ChatroomUserBanRemove, params: "userId=$e"},
	{ep: endpoint.ChatroomUserWhitelistAdd, params: "chatroomId=$r&userId=$b"},
	{ep: endpoint.ChatroomUserWhitelistQuery, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserWhitelistRemove, params: "chatroomId=$r&userId=$b"},
	{ep: endpoint.ChatroomUserBanWhitelistAdd, params: "chatroomId=$r&userId=$b"},
	{ep: endpoint.ChatroomUserBanWhitelistQuery, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomUserBanWhitelistRollback, params: "chatroomId=$r&userId=$b"},
	{ep: endpoint.ChatroomBanAdd, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomBanCheck, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomBanRollback, params: "chatroomId=$r"},
	{ep: endpoint.ChatroomDestroySet, params: "chatroomId=$r&destroyType=1&destroyTime=60"},
	{ep: endpoint.ChatroomGet, params: "chatroomId=$r"},
	{ep: chatroomCreate, params: "chatroom[$rr]=Live"},
	{ep: chatroomQuery, params: "chatroomId=$rr"},
}

var messageTour = []call{
	expandable(""),
	{ep: endpoint.MessageExpansionSet,
		params: `msgUID=$uid&userId=$a&conversationType=1&targetId=$b&extraKeyVal={"more":"1"}`},
	{ep: endpoint.MessageExpansionQuery, params: "msgUID=$uid&pageNo=1"},
	{ep: endpoint.MessageExpansionDelete,
		params: `msgUID=$uid&userId=$a&conversationType=1&targetId=$b&extraKey=["more"]`},
	history(endpoint.V3MessagePrivateQuery, "$b"),
	{ep: endpoint.MessageChatroomPublish, params: "fromUserId=$a&toChatroomId=$r&" + note},
	history(endpoint.V3MessageChatroomQuery, "$r"),
	{ep: endpoint.MessageGroupPublish, params: "fromUserId=$a&toGroupId=$g&" + note,
		keep: "guid=messageUIDs.0.messageUID"},
	{ep: endpoint.MessageGroupModify, params: `fromUserId=$a&groupId=$g&msgUID=$guid&content={"content":"changed"}`},
	history(endpoint.V3MessageGroupQuery, "$g"),
	{ep: endpoint.MessageSystemPublish, params: "fromUserId=$a&toUserId=$b&" + note},
	{
		ep: endpoint.MessageSystemPublishTemplate,
		params: `{"fromUserId":"$a","toUserId":["$b"],"objectName":"RC:TxtMsg","content":"{\"content\":\"live {n}\"}",` +
			`"values":[{"{n}":"check"}],"pushContent":["live"]}`,
	},
	{ep: endpoint.StatusmessagePrivatePublish, params: "fromUserId=$a&toUserId=$b&" + note},
	{ep: endpoint.StatusmessageGroupPublish, params: "fromUserId=$a&toGroupId=$g&" + note},
	{
		ep: endpoint.V3MessagePrivatePublishStream, // begun and completed at once
		params: `{"fromUserId":"$a","toUserId":"$b","objectName":"RC:StreamMsg",` +
			`"content":{"content":"live check","type":"text","seq":1,"complete":true}}`,
	},
	{ep: endpoint.ConversationMessageHistoryClean,
		params: "conversationType=1&fromUserId=$a&targetId=$b&msgTimestamp=$now"},
}

var ultraTour = join(freshUltra(channel, secluded, userGroup), []call{
	{ep: endpoint.UltragroupRefresh, params: "groupId=$s&groupName=Live+2"},
	{ep: endpoint.UltragroupChannelGet, params: "groupId=$s&page=1&limit=20"},
	{ep: endpoint.UltragroupMemberExist, params: "groupId=$s&userId=$a"},
	{ep: endpoint.UltragroupUserChannelQuery, params: "groupId=$s&userId=$a"},
	{ep: endpoint.MessageUltragroupPublish, params: ultraText, keep: "suid=messageUIDs.0.messageUID"},
	{ep: endpoint.UltragroupMsgModify,
		params: `groupId=$s&busChannel=live&fromUserId=$a&msgUID=$suid&content={"content":"changed"}`},
	{ep: endpoint.UltragroupMsgGet, params: `groupId=$s&msgs=[{"msgUID":"$suid","busChannel":"live"}]`},
	{ep: endpoint.UltragroupHismsgQuery, params: "groupId=$s&busChannel=live&startTime=$hour&endTime=$now"},
	{ep: endpoint.UltragroupHismsgMsgidQuery, params: "groupId=$s&busChannel=live&msgUID=$suid&prevNum=1&lastNum=1"},
	history(endpoint.V3MessageUltragroupQuery, "$s"),
	{ep: endpoint.UltragroupMessageExpansionSet,
		params: `msgUID=$suid&userId=$a&busChannel=live&groupId=$s&extraKeyVal={"more":"1"}`},
	{ep: endpoint.UltragroupMessageExpansionQuery, params: "msgUID=$suid&busChannel=live&groupId=$s&pageNo=1"},
	{ep: endpoint.UltragroupMessageExpansionDelete,
		params: `msgUID=$suid&userId=$a&busChannel=live&groupId=$s&extraKey=["more"]`},
	{ep: endpoint.UltragroupNotdisturbSet, params: "groupId=$s&unpushLevel=1"},
	{ep: endpoint.UltragroupNotdisturbGet, params: "groupId=$s"},
	{ep: endpoint.UltragroupGlobalbannedSet, params: "groupId=$s&status=true"},
	{ep: endpoint.UltragroupGlobalbannedGet, params: "groupId=$s"},
	{ep: endpoint.UltragroupUserbannedAdd, params: "groupId=$s&userIds=$b"},
	{ep: endpoint.UltragroupUserbannedGet, params: "groupId=$s"},
	{ep: endpoint.UltragroupUserbannedDel, params: "groupId=$s&userIds=$b"},
	{ep: endpoint.UltragroupBannedWhitelistAdd, params: "groupId=$s&userIds=$b"},
	{ep: endpoint.UltragroupBannedWhitelistGet, params: "groupId=$s"},
	{ep: endpoint.UltragroupBannedWhitelistDel, params: "groupId=$s&userIds=$b"},
	{ep: endpoint.UltragroupChannelPrivateUsersAdd, params: "groupId=$s&busChannel=secluded&userIds=$b"},
	{ep: endpoint.UltragroupChannelPrivateUsersGet, params: "groupId=$s&busChannel=secluded"},
	{ep: endpoint.UltragroupChannelPrivateUsersDel, params: "groupId=$s&busChannel=secluded&userIds=$b"},
	{ep: endpoint.UltragroupUsergroupUserAdd, params: "groupId=$s&userGroupId=$v&userIds=$b"},
	{ep: endpoint.UltragroupUsergroupQuery, params: "groupId=$s"},
	{ep: endpoint.UltragroupUserUsergroupQuery, params: "groupId=$s&userId=$b"},
	{ep: endpoint.UltragroupChannelUsergroupBind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v"},
	{ep: endpoint.UltragroupChannelUsergroupQuery, params: "groupId=$s&busChannel=secluded"},
	{ep: endpoint.UltragroupUsergroupChannelQuery, params: "groupId=$s&userGroupId=$v"},
	{ep: endpoint.UltragroupChannelUsergroupUnbind, params: "groupId=$s&busChannel=secluded&userGroupIds=$v"},
	{ep: endpoint.UltragroupUsergroupUserDel, params: "groupId=$s&userGroupId=$v&userIds=$b"},
	{ep: endpoint.UltragroupChannelTypeChange, params: "groupId=$s&busChannel=secluded&type=0"},
	{ep: endpoint.UltragroupChannelDel, params: "groupId=$s&busChannel=secluded"},
	{ep: endpoint.UltragroupQuit, params: "groupId=$s&userId=$c"},
})
