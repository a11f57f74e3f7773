package webhook_test

import (
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

// The samples of the catalogue decode to the values that they show.
func TestCatalogueSamples(t *testing.T) {
	t.Parallel()
	samples := catalogueSamples(t)
	want := map[string][]webhook.Event{
		"message_sync": {&webhook.Message{
			From: "123", TargetID: "456", ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, ConversationType: rongcloud.ConversationPrivate,
			SentAt: time.UnixMilli(1408710653491), MessageUID: "596E-P5PG-4FS2-7OJK", Platform: webhook.PlatformIOS,
		}},
		"pre_message": {&webhook.PreMessage{
			From: "u1", TargetID: "g1", ObjectName: "RC:TxtMsg", Body: `{"content":"hello"}`, ConversationType: rongcloud.ConversationGroup,
			SentAt: time.UnixMilli(1700000000000), MessageUID: "596E-P5PG-4FS2-7OJK", Platform: webhook.PlatformAndroid, ClientIP: "203.0.113.7:50123",
		}},
		"user_online_status": {&webhook.UserStatus{
			UserID: "123", Status: webhook.PresenceOnline, Platform: webhook.PlatformIOS, OccurredAt: time.UnixMilli(1437982698684),
			ClientIP: "203.0.113.7:50123", SessionID: "s1",
		}},
		"user_deactivation": {&webhook.UserDeactivation{
			UserID: "u1", OperationID: "ABCD-EFGH", Type: webhook.DeactivationDeactivate, Code: "0", OccurredAt: time.UnixMilli(1700000000000),
		}},
		"chatroom_status": {&webhook.ChatroomStatus{
			ChatroomID: "room1", UserIDs: []string{"u1"}, Event: webhook.ChatroomEventJoined, Cause: webhook.ChatroomCauseCall, OccurredAt: time.UnixMilli(1574476797772),
		}},
	}
	require.Len(t, samples, len(want)+1, "a sample has no row here")
	for name, events := range want {
		for _, told := range []string{"by its path", "by its fields"} {
			t.Run(name+" "+told, func(t *testing.T) {
				t.Parallel()
				body := samples[name]
				require.NotEmpty(t, body)
				h, _ := newHandler(t)
				got := receive(h)
				var handler http.Handler = h
				if told == "by its path" {
					handler = h.For(webhook.Kind(name))
				}
				answer := webhooktest.Serve(handler, request(t, sampleType(body), body))
				require.Equal(t, http.StatusOK, answer.Status)
				require.Len(t, got.all(), len(events))
				for i, e := range got.all() {
					require.Equal(t, events[i], plain(t, e))
				}
			})
		}
	}
}

func TestCatalogueAnswerSample(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	decideWith(h, webhook.Block("not allowed"))
	answer, err := testApp.Deliver(t.Context(), h, webhooktest.Sample(webhook.KindPreMessage))
	require.NoError(t, err)
	require.Equal(t, catalogueSamples(t)["pre_message answer"], string(answer.Body))
}

// Every kind is distinguished from the others by its fields, and comes back as it was sent.
func TestEveryKind(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../api/webhook.yaml")
	require.NoError(t, err)
	catalogue, _, _ := strings.Cut(string(text), "\nno_callback:")
	require.Len(t, webhooktest.Kinds(), strings.Count(catalogue, "\n  - name: "), "a callback of the catalogue is missing")
	for _, kind := range webhooktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			require.Contains(t, catalogue, "\n  - name: "+string(kind)+"\n")
			for _, fixed := range []bool{true, false} {
				h, logged := newHandler(t)
				got := receive(h)
				var handler http.Handler = h
				if fixed {
					handler = h.For(kind)
				}
				answer, err := testApp.Deliver(t.Context(), handler, webhooktest.Sample(kind))
				require.NoError(t, err)
				require.Equal(t, http.StatusOK, answer.Status, logged.String())
				require.Len(t, got.all(), 1)
				require.Equal(t, kind, got.all()[0].Kind())
				require.Equal(t, webhooktest.Sample(kind), plain(t, got.all()[0]))
			}
		})
	}
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	now := time.UnixMilli(time.Now().UnixMilli())
	app := testApp
	app.Now = func() time.Time { return now }
	r, err := app.Request(t.Context(), "http://localhost/", webhooktest.Sample(webhook.KindChatroomStatus), webhooktest.Sample(webhook.KindChatroomStatus))
	require.NoError(t, err)
	callback, err := webhook.Parse(r, testSecret)
	require.NoError(t, err)
	require.Equal(t, webhook.KindChatroomStatus, callback.Kind)
	require.Equal(t, testKey, callback.AppKey)
	require.Equal(t, now, callback.SignedAt)
	require.Len(t, callback.Events, 2)
	item := callback.Events[1].(*webhook.ChatroomStatus)
	require.Equal(t, testKey, item.AppKey)
	require.Equal(t, now, item.SignedAt)
	require.JSONEq(t, `{"chatRoomId":"room1","userIds":["u1","u2"],"status":1,"type":2,"time":1700000000000}`, string(item.Raw))
	require.Equal(t, "["+string(item.Raw)+","+string(item.Raw)+"]", string(callback.Body))
}

// Where the catalogue records contradictory sources, every form is accepted.
func TestLeniency(t *testing.T) {
	t.Parallel()
	message := func(change string) string {
		return "fromUserId=u1&toUserId=g1&objectName=RC%3ATxtMsg&content=%7B%7D&channelType=GROUP&msgTimestamp=1&msgUID=m1&source=iOS" + change
	}
	question := func(change string) string {
		return "appKey=test-key&fromUserId=u1&targetId=g1&msgType=RC%3ATxtMsg&content=%7B%7D&channelType=GROUP&msgTimeStamp=1&messageId=m1&os=iOS" + change
	}
	receivers := func(t *testing.T, e webhook.Event) {
		require.Equal(t, []string{"a", "b"}, e.(*webhook.Message).ToUserIDs)
	}
	status := func(t *testing.T, e webhook.Event) {
		s := e.(*webhook.UserStatus)
		require.Equal(t, "123", s.UserID)
		require.Equal(t, webhook.PresenceLoggedOut, s.Status)
		require.Equal(t, int64(1437982698684), s.OccurredAt.UnixMilli())
	}
	group := func(t *testing.T, e webhook.Event) {
		p := e.(*webhook.HostedGroupProfile)
		require.Equal(t, "Team", p.GroupName)
		require.Equal(t, "x", p.Introduction)
		require.Equal(t, map[string]string{"ext_a": "1"}, p.Attributes)
		require.Equal(t, rongcloud.HostedGroupJoinManagerVerify, p.Permissions.Join)
		require.Zero(t, p.Permissions.Remove)
	}
	operation := func(t *testing.T, e webhook.Event) {
		o := e.(*webhook.HostedGroupOperation)
		require.Equal(t, "u1", o.OperatorID)
		require.Equal(t, []string{"u2", "u3"}, o.UserIDs)
	}
	tests := []struct {
		name, contentType, body string
		check                   func(*testing.T, webhook.Event)
	}{
		{name: "list repeated", contentType: formType, body: message("&groupUserIds=a&groupUserIds=b"), check: receivers},
		{name: "list with brackets", contentType: formType, body: message("&groupUserIds[]=a&groupUserIds[]=b"), check: receivers},
		{name: "list joined", contentType: formType, body: message("&groupUserIds=a,b"), check: receivers},
		{name: "list as JSON", contentType: formType, body: message("&groupUserIds=%5B%22a%22,%22b%22%5D"), check: receivers},
		{
			name: "list in a JSON body", contentType: jsonType,
			body: `{"toUserId":"g1","objectName":"x","msgUID":"m1","groupUserIds":["a","b"]}`, check: receivers,
		},
		{
			name: "list as JSON text in a JSON body", contentType: jsonType,
			body: `{"toUserId":"g1","objectName":"x","msgUID":"m1","groupUserIds":"[\"a\",\"b\"]"}`, check: receivers,
		},
		{
			name: "empty list", contentType: formType, body: message("&groupUserIds="),
			check: func(t *testing.T, e webhook.Event) { require.Nil(t, e.(*webhook.Message).ToUserIDs) },
		},
		{name: "other letter case", contentType: formType, body: strings.ToLower(message("&GROUPUSERIDS=a,b")), check: receivers},
		{
			name: "switches as words", contentType: formType, body: question("&disablePush=true&expansion=true&aiGenerated=true"),
			check: switches,
		},
		{name: "switches as numbers", contentType: formType, body: question("&disablePush=1&expansion=1&aiGenerated=1"), check: switches},
		{name: "expansion of objects", contentType: formType, body: question("&extraContent=%7B%22k%22%3A%7B%22v%22%3A1%7D%7D"), check: func(t *testing.T, e webhook.Event) {
			require.Equal(t, map[string]string{"k": `{"v":1}`}, e.(*webhook.PreMessage).Expansion)
		}},
		{name: "expansion of anything", contentType: formType, body: question("&extraContent=nonsense"), check: func(t *testing.T, e webhook.Event) {
			require.Nil(t, e.(*webhook.PreMessage).Expansion)
		}},
		{name: "no content type", contentType: "", body: message("&groupUserIds=a,b"), check: receivers},
		{
			name: "JSON with the type of forms", contentType: formType,
			body: `[{"userid":"123","status":"2","os":"iOS","time":1437982698684}]`, check: status,
		},
		{
			name: "status as number", contentType: jsonType, body: `[{"userid":"123","status":2,"os":"iOS","time":1437982698684}]`,
			check: status,
		},
		{name: "one object", contentType: jsonType, body: `{"userid":"123","status":"2","os":"iOS","time":1437982698684}`, check: status},
		{
			name: "time as text, ID as number", contentType: jsonType,
			body: ` [ {"userId":123,"status":"2","os":"iOS","time":"1437982698684"} ] `, check: status,
		},
		{
			name: "time as a power of ten", contentType: jsonType,
			body: `[{"userid":"123","status":"2","os":"iOS","time":1.437982698684e12}]`, check: status,
		},
		{
			name: "KV as object", contentType: jsonType, body: `{"chatroomId":"r","key":"k","optType":1,"timestamp":5,"version":"7"}`,
			check: attribute,
		},
		{
			name: "KV as list", contentType: jsonType,
			body: `[{"chatRoomId":"r","key":"k","optType":"1","timestamp":"5","version":7}]`, check: attribute,
		},
		{
			name: "bare list of groups", contentType: jsonType,
			body: `[{"groupId":"g","groupname":"Team","time":1,"groupProfile":{"introduction":"x"},"groupExtProfile":{"ext_a":1},"permissions":{"joinPerm":"2"}}]`, check: group,
		},
		{
			name: "groups as text", contentType: jsonType,
			body:  `{"profiles":[{"groupId":"g","groupName":"Team","time":1,"groupProfile":"{\"introduction\":\"x\"}","groupExtProfile":"{\"ext_a\":\"1\"}","permissions":"{\"joinPerm\":2}"}]}`,
			check: group,
		},
		{
			name: "operator as text", contentType: jsonType,
			body: `{"profiles":[{"groupId":"g","eventType":2,"time":1,"optUserId":"u1","userIds":["u2","u3"]}]}`, check: operation,
		},
		{
			name: "operator as list", contentType: jsonType,
			body: `[{"groupId":"g","eventType":2,"time":1,"optUserId":["u1"],"userIds":"u2,u3"}]`, check: operation,
		},
		{
			name: "profiles inside a string", contentType: jsonType,
			body:  `{"profiles":"[{\"groupId\":\"g\",\"eventType\":2,\"optUserId\":\"u1\",\"userIds\":[\"u2\",\"u3\"]}]"}`,
			check: operation,
		},
		{
			name: "profile as object", contentType: jsonType,
			body:  `{"userId":"u1","type":1,"time":1,"userProfile":{"name":"Ann","gender":"2"},"userExtProfile":{"ext_a":"1"}}`,
			check: profile,
		},
		{
			name: "profile as text", contentType: jsonType,
			body:  `{"userId":"u1","type":1,"time":1,"userProfile":"{\"name\":\"Ann\",\"gender\":2}","userExtProfile":"{\"ext_a\":1}"}`,
			check: profile,
		},
		{
			name: "profile in a form", contentType: formType,
			body:  `userId=u1&type=1&time=1&userProfile=%7B%22name%22%3A%22Ann%22%2C%22gender%22%3A2%7D&userExtProfile=%7B%22ext_a%22%3A1%7D`,
			check: profile,
		},
		{
			name: "audit with objects", contentType: jsonType,
			body: `{"result":"10001","content":{"targetId":"g1","toUserIds":["a","b"],"extraContent":"{\"k\":1}"},"msgUID":"m1","serviceProvider":"p","resultDetail":{"a":1}}`, check: audit,
		},
		{
			name: "audit with texts", contentType: jsonType,
			body: `{"result":10001,"content":"{\"targetId\":\"g1\",\"toUserIds\":\"a,b\",\"extraContent\":{\"k\":1}}","msgUID":"m1","serviceProvider":"p","resultDetail":"{\"a\":1}"}`, check: audit,
		},
		{
			name: "null fields", contentType: jsonType,
			body: `{"userid":"123","status":"2","os":null,"time":1437982698684,"clientIp":null,"sessionId":null}`, check: status,
		},
		{
			name: "unknown fields", contentType: jsonType,
			body: `{"userid":"123","status":"2","os":"","time":1437982698684,"new":{"deep":[1]}}`, check: status,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, logged := newHandler(t)
			got := receive(h)
			answer := webhooktest.Serve(h, request(t, tt.contentType, tt.body))
			require.Equal(t, http.StatusOK, answer.Status, logged.String())
			require.Len(t, got.all(), 1)
			tt.check(t, got.all()[0])
		})
	}
}

func switches(t *testing.T, e webhook.Event) {
	m := e.(*webhook.PreMessage)
	require.True(t, m.DisablePush && m.Expandable && m.AIGenerated)
}

func attribute(t *testing.T, e webhook.Event) {
	kv := e.(*webhook.ChatroomEntry)
	kv.Envelope = webhook.Envelope{}
	require.Equal(t, &webhook.ChatroomEntry{ChatroomID: "r", Key: "k", Event: webhook.ChatroomEntryEventSet, OccurredAt: time.UnixMilli(5), Version: 7}, kv)
}

func profile(t *testing.T, e webhook.Event) {
	p := e.(*webhook.UserProfile)
	require.Equal(t, &rongcloud.UserProfile{Name: "Ann", Gender: rongcloud.Ptr(rongcloud.GenderFemale)}, p.Profile)
	require.Equal(t, map[string]string{"ext_a": "1"}, p.Attributes)
}

func audit(t *testing.T, e webhook.Event) {
	a := e.(*webhook.MessageAudit)
	require.Equal(t, webhook.AuditResultRefused, a.Result)
	require.Equal(t, []string{"a", "b"}, a.ToUserIDs)
	require.JSONEq(t, `{"k":1}`, string(a.Expansion))
	require.JSONEq(t, `{"a":1}`, string(a.Detail))
}

// A callback of an unknown kind, or one that does not match its kind, is passed on raw.
func TestUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body string
		kind                    webhook.Kind
		expected                webhook.Kind
		problem                 string
	}{
		{
			name: "new kind", contentType: jsonType, body: `{"event":"room:exploded","room":"r1"}`, kind: "",
			expected: webhook.KindUnknown, problem: "",
		},
		{
			name: "new kind in a list", contentType: jsonType, body: `[{"event":"room:exploded"}]`, kind: "",
			expected: webhook.KindUnknown, problem: "",
		},
		{name: "new form", contentType: formType, body: `event=x`, kind: "", expected: webhook.KindUnknown, problem: ""},
		{name: "empty list", contentType: jsonType, body: `[]`, kind: "", expected: webhook.KindUnknown, problem: ""},
		{
			name: "scalar", contentType: jsonType, body: `12`, kind: "", expected: webhook.KindUnknown,
			problem: "JSON, but neither an object nor a list",
		},
		{
			name: "garbage", contentType: jsonType, body: `garbage`, kind: "", expected: webhook.KindUnknown,
			problem: "neither a form nor JSON",
		},
		{
			name: "garbage in a form", contentType: formType, body: `garbage`, kind: "", expected: webhook.KindUnknown,
			problem: "neither a form nor JSON",
		},
		{
			name: "garbage of a kind", contentType: formType, body: `garbage`, kind: webhook.KindMessage,
			expected: webhook.KindMessage, problem: "neither a form nor JSON",
		},
		{name: "bytes", contentType: formType, body: "\xff\xfe=\x00", kind: "", expected: webhook.KindUnknown, problem: "not text"},
		{name: "no JSON", contentType: jsonType, body: `{"userid":`, kind: "", expected: webhook.KindUnknown, problem: "not a JSON object"},
		{
			name: "broken list", contentType: jsonType, body: `[{"userid":"1","status":1,"os":"iOS"},`, kind: "",
			expected: webhook.KindUserStatus, problem: "not JSON",
		},
		{
			name: "list of numbers", contentType: jsonType, body: `[1,2]`, kind: webhook.KindUserStatus,
			expected: webhook.KindUserStatus, problem: "item 1 is not an object",
		},
		{
			name: "more after the list", contentType: jsonType, body: `[{"userid":"1","status":1,"os":"iOS"}] x`, kind: "",
			expected: webhook.KindUserStatus, problem: "there is more text after the JSON",
		},
		{
			name: "second item without a user", contentType: jsonType, body: `[{"userid":"1"},{"status":1}]`,
			kind: webhook.KindUserStatus, expected: webhook.KindUserStatus, problem: "item 2: userid is missing",
		},
		{
			name: "no whole number", contentType: jsonType, body: `[{"userid":"1","status":"on"}]`, kind: webhook.KindUserStatus,
			expected: webhook.KindUserStatus, problem: "item 1: status is not a whole number",
		},
		{
			name: "too large a number", contentType: jsonType, body: `[{"userid":"1","status":99999999999}]`,
			kind: webhook.KindUserStatus, expected: webhook.KindUserStatus, problem: "item 1: status is too large",
		},
		{
			name: "other kind than expected", contentType: formType, body: `userId=u1&operateId=x`, kind: webhook.KindMessage,
			expected: webhook.KindMessage, problem: "objectName is missing",
		},
		{
			name: "broken escape", contentType: formType, body: `fromUserId=%zz`, kind: webhook.KindMessage,
			expected: webhook.KindMessage, problem: "a field is not form-encoded",
		},
		{
			name: "broken name", contentType: formType, body: `%zz=1`, kind: webhook.KindMessage, expected: webhook.KindMessage,
			problem: "a field's name is not form-encoded",
		},
		{
			name: "too many fields", contentType: formType, body: strings.Repeat("a=&", 10_001), kind: webhook.KindMessage,
			expected: webhook.KindMessage, problem: "more than 10000 fields",
		},
		{
			name: "profile of the wrong type", contentType: jsonType, body: `{"userId":"u","userProfile":[1]}`,
			kind: webhook.KindUserProfile, expected: webhook.KindUserProfile, problem: "userProfile is not a JSON object",
		},
		{
			name: "inner field of the wrong type", contentType: jsonType, body: `{"userId":"u","userProfile":{"gender":"x"}}`,
			kind: webhook.KindUserProfile, expected: webhook.KindUserProfile, problem: "userProfile: gender is not a whole number",
		},
		{
			name: "null", contentType: jsonType, body: `{"profiles":null}`, kind: webhook.KindHostedGroupOperation,
			expected: webhook.KindHostedGroupOperation, problem: "groupId is missing",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h, _ := newHandler(t)
			var handler http.Handler = h
			if tt.kind != "" {
				handler = h.For(tt.kind)
			}
			bare := webhooktest.Serve(handler, request(t, tt.contentType, tt.body))
			got := receive(h)
			answer := webhooktest.Serve(handler, request(t, tt.contentType, tt.body))
			require.Equal(t, http.StatusOK, answer.Status)
			require.Len(t, got.all(), 1)
			unknown := got.all()[0].(*webhook.Unknown)
			require.Equal(t, tt.body, string(unknown.Raw))
			require.Equal(t, tt.expected, unknown.Expected)
			require.Equal(t, testKey, unknown.AppKey)
			if tt.problem == "" {
				require.NoError(t, unknown.Err)
				require.Equal(t, http.StatusOK, bare.Status, "without a function")
			} else {
				require.EqualError(t, unknown.Err, tt.problem)
				require.Equal(t, http.StatusBadRequest, bare.Status, "without a function")
			}
		})
	}
}

func TestEmptyListOfAKnownKind(t *testing.T) {
	t.Parallel()
	h, _ := newHandler(t)
	got := receive(h)
	require.Equal(t, http.StatusOK, webhooktest.Serve(h.For(webhook.KindUserStatus), request(t, jsonType, `[]`)).Status)
	require.Empty(t, got.all())
}

func TestContent(t *testing.T) {
	t.Parallel()
	text := rongcloud.TextMessage{Content: "hello"}
	for _, kind := range []webhook.Kind{webhook.KindMessage, webhook.KindPreMessage, webhook.KindMessageAudit, webhook.KindBotEvent} {
		content, err := webhooktest.Sample(kind).(interface {
			Content() (rongcloud.MessageContent, error)
		}).Content()
		require.NoError(t, err)
		require.Equal(t, text, content, kind)
	}
	own := &webhook.Message{ObjectName: "app:vote", Body: `{"yes":1}`}
	content, err := own.Content()
	require.NoError(t, err)
	require.Equal(t, rongcloud.RawContent{Name: "app:vote", Body: `{"yes":1}`}, content)
	broken := &webhook.Message{ObjectName: "RC:TxtMsg", Body: `{`}
	content, err = broken.Content()
	require.Error(t, err)
	require.Equal(t, rongcloud.RawContent{Name: "RC:TxtMsg", Body: `{`}, content)

	event := webhooktest.Sample(webhook.KindBotEvent).(*webhook.BotEvent)
	require.Equal(t, "u1", event.Message().From)
	event.Data = []byte(`[]`)
	require.Nil(t, event.Message())
	event.Type = webhook.BotEventGroupUserJoined
	content, err = event.Content()
	require.NoError(t, err)
	require.Nil(t, content)
}

func TestNames(t *testing.T) {
	t.Parallel()
	require.Equal(t, "replaced", webhook.SensitiveReplaced.String())
	require.Equal(t, "SensitiveType(7)", webhook.SensitiveType(7).String())
	require.Equal(t, "recall", webhook.MessageOperationRecall.String())
	require.Equal(t, "MessageOperationType(0)", webhook.MessageOperationType(0).String())
	require.Equal(t, "until", webhook.MessageDeleteUntil.String())
	require.Equal(t, "logged out", webhook.PresenceLoggedOut.String())
	require.Equal(t, "Presence(-1)", webhook.Presence(-1).String())
	require.Equal(t, "reactivate", webhook.DeactivationReactivate.String())
	require.Equal(t, "deleted", webhook.UserProfileEventDeleted.String())
	require.Equal(t, "added", webhook.FriendshipEventAdded.String())
	require.Equal(t, "destroyed", webhook.ChatroomEventDestroyed.String())
	require.Equal(t, "blocked", webhook.ChatroomCauseBlocked.String())
	require.Equal(t, "all deleted", webhook.ChatroomEntryEventAllDeleted.String())
	require.Equal(t, "owner changed", webhook.HostedGroupEventOwnerChanged.String())
	require.Equal(t, "refused", webhook.AuditResultRefused.String())
	require.Equal(t, "AuditResult(10002)", webhook.AuditResult(10002).String())
	require.Equal(t, "friend", webhook.HostedInfoFriend.String())
	require.Equal(t, "block", webhook.VerdictBlock.String())
	require.True(t, (&webhook.UserDeactivation{Code: "0"}).OK())
	require.False(t, (&webhook.UserDeactivation{Code: "1"}).OK())
}

func TestConversationTypes(t *testing.T) {
	t.Parallel()
	for word, kind := range map[string]rongcloud.ConversationType{
		"PERSON": rongcloud.ConversationPrivate, "GROUP": rongcloud.ConversationGroup, "TEMPGROUP": rongcloud.ConversationChatroom,
		"ULTRAGROUP": rongcloud.ConversationUltraGroup, "NOTIFY": rongcloud.ConversationSystem, "PERSONS": rongcloud.ConversationDiscussion,
		"CUSTOMERSERVICE": rongcloud.ConversationCustomerService, "MC": 0, "MP": 0, "NEW": 0, "": 0,
	} {
		body := "fromUserId=u1&toUserId=t&objectName=RC:TxtMsg&msgUID=1&channelType=" + word
		callback, err := webhook.Decode(webhook.KindMessage, "", []byte(body))
		require.NoError(t, err)
		m := callback.Events[0].(*webhook.Message)
		require.Equal(t, kind, m.ConversationType, word)
		require.Contains(t, string(m.Raw), "channelType="+word, "no word is lost")
	}
}

// Enumerations that begin at 0 on the wire begin at 1 in Go, so that a missing value is not taken
// for the first.
func TestUnsaidIsZero(t *testing.T) {
	t.Parallel()
	decode := func(kind webhook.Kind, body string) webhook.Event {
		callback, err := webhook.Decode(kind, jsonType, []byte(body))
		require.NoError(t, err)
		require.Len(t, callback.Events, 1)
		return callback.Events[0]
	}
	for value, want := range map[string]int{``: 0, `"%s":null,`: 0, `"%s":"",`: 0, `"%s":0,`: 1, `"%s":"0",`: 1, `"%s":1,`: 2, `"%s":7,`: 8, `"%s":-1,`: 0} {
		set := func(name string) string { return strings.ReplaceAll(value, "%s", name) }
		require.EqualValues(t, want, decode(webhook.KindUserStatus, `{`+set("status")+`"userid":"u"}`).(*webhook.UserStatus).Status, value)
		require.EqualValues(t, want, decode(webhook.KindUserDeactivation, `{`+set("type")+`"userId":"u"}`).(*webhook.UserDeactivation).Type, value)
		require.EqualValues(t, want, decode(webhook.KindUserProfile, `{`+set("type")+`"userId":"u"}`).(*webhook.UserProfile).Event, value)
		room := decode(webhook.KindChatroomStatus, `{`+set("type")+set("status")+`"chatRoomId":"r"}`).(*webhook.ChatroomStatus)
		require.EqualValues(t, want, room.Event, value)
		require.EqualValues(t, want, room.Cause, value)
		group := decode(webhook.KindHostedGroupProfile, `{"groupId":"g","permissions":{`+set("joinPerm")+set("memProfilePerm")+`"x":1}}`).(*webhook.HostedGroupProfile)
		require.EqualValues(t, want, group.Permissions.Join, value)
		require.EqualValues(t, want, group.Permissions.MemberProfile, value)
	}
}
