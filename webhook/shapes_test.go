package webhook_test

import (
	"context"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

const (
	firstOperation  = `{"groupId":"groupId","eventType":7,"time":1574476797772,"optUserId":"userId","userIds":["userId1","userId2"]}`
	secondOperation = `{"groupId":"groupId1","eventType":5,"time":1574476797772,"optUserId":["userId13","userId3"]}`
	twoOperations   = "[" + firstOperation + "," + secondOperation + "]"
	oneProfile      = `[{"groupId":"g","groupname":"n","time":1574476797772,"groupProfile":{"introduction":"i"}}]`
)

// Shapes that other pages of RongCloud's and receivers in public repositories show, in addition to
// those on the current pages.
func TestShapes(t *testing.T) {
	t.Parallel()
	at := time.UnixMilli(1574476797772)
	operations := []webhook.Event{
		&webhook.HostedGroupOperation{
			GroupID: "groupId", Event: webhook.HostedGroupEventManagerRemoved, OccurredAt: at, OperatorID: "userId", OperatorIDs: []string{"userId"},
			UserIDs: []string{"userId1", "userId2"},
		},
		&webhook.HostedGroupOperation{
			GroupID: "groupId1", Event: webhook.HostedGroupEventDismissed, OccurredAt: at, OperatorID: "userId13", OperatorIDs: []string{"userId13", "userId3"},
		},
	}
	profiles := []webhook.Event{&webhook.HostedGroupProfile{GroupID: "g", GroupName: "n", OccurredAt: at, Introduction: "i"}}
	offline := []webhook.Event{&webhook.UserStatus{UserID: "123", Status: webhook.PresenceOffline, OccurredAt: at, ClientIP: "1.2.3.4:5", SessionID: "s"}}
	message := webhook.Message{
		From: "u1", TargetID: "u2", ConversationType: rongcloud.ConversationPrivate, ObjectName: "RC:TxtMsg", Body: "{}", MessageUID: "m1", SentAt: at,
	}
	withIP := message
	withIP.ClientIP = "10.41.20.57:22263"
	const messageForm = "fromUserId=u1&toUserId=u2&objectName=RC:TxtMsg&content={}&channelType=PERSON&msgUID=m1"
	verdict := []webhook.Event{&webhook.MessageAudit{Result: webhook.AuditResultRefused, MessageUID: "m", Provider: "shumei", ObjectName: "RC:TxtMsg"}}
	for name, tt := range map[string]struct {
		kind              webhook.Kind
		contentType, body string
		want              []webhook.Event
	}{
		"operations, bare array": {
			kind: webhook.KindHostedGroupOperation, contentType: jsonType, body: twoOperations, want: operations,
		},
		"operations, object": {
			kind: webhook.KindHostedGroupOperation, contentType: jsonType, body: `{"profiles":` + twoOperations + `}`,
			want: operations,
		},
		"operations, form": {
			kind: webhook.KindHostedGroupOperation, contentType: formType, body: "profiles=" + url.QueryEscape(twoOperations),
			want: operations,
		},
		"operations, form with an app": {
			kind: webhook.KindHostedGroupOperation, contentType: formType,
			body: "appKey=test-key&Profiles=" + url.QueryEscape(" "+twoOperations), want: operations,
		},
		"operations, object in a form": {
			kind: webhook.KindHostedGroupOperation, contentType: formType,
			body: "profiles=" + url.QueryEscape(`{"profiles":`+twoOperations+`}`), want: operations,
		},
		"operations, one each field": {
			kind: webhook.KindHostedGroupOperation, contentType: formType,
			body: "profiles=" + url.QueryEscape(firstOperation) + "&profiles[]=" + url.QueryEscape(secondOperation),
			want: operations,
		},
		"operations, bare array as a form": {
			kind: webhook.KindHostedGroupOperation, contentType: formType, body: twoOperations, want: operations,
		},
		"profiles, form": {
			kind: webhook.KindHostedGroupProfile, contentType: formType, body: "profiles=" + url.QueryEscape(oneProfile),
			want: profiles,
		},
		"profiles, bare array": {kind: webhook.KindHostedGroupProfile, contentType: jsonType, body: oneProfile, want: profiles},
		"status without os": {
			kind: webhook.KindUserStatus, contentType: jsonType, body: `[{"userid":"123","status":"1","time":1574476797772,"clientIp":"1.2.3.4:5","sessionId":"s"}]`, want: offline,
		},
		"status with an empty os": {
			kind: webhook.KindUserStatus, contentType: jsonType, body: `[{"userid":"123","status":"1","os":"","time":1574476797772,"clientIp":"1.2.3.4:5","sessionId":"s"}]`, want: offline,
		},
		"message with the old name of the time": {
			kind: webhook.KindMessage, contentType: formType, body: messageForm + "&timestamp=1574476797772",
			want: []webhook.Event{&message},
		},
		"message with both names": {
			kind: webhook.KindMessage, contentType: formType, body: messageForm + "&msgTimestamp=1574476797772&timestamp=5&clientIp=10.41.20.57:22263", want: []webhook.Event{&withIP},
		},
		"message with an empty time": {
			kind: webhook.KindMessage, contentType: formType, body: messageForm + "&msgTimestamp=&timestamp=1574476797772",
			want: []webhook.Event{&message},
		},
		"message with a field profiles": {
			kind: webhook.KindMessage, contentType: formType, body: messageForm + "&msgTimestamp=1574476797772&profiles=" + url.QueryEscape(twoOperations), want: []webhook.Event{&message},
		},
		"audit without msgUID": {
			kind: webhook.KindMessageAudit, contentType: jsonType,
			body: `{"result":10001,"content":"{\"messageId\":\"m\",\"objectName\":\"RC:TxtMsg\"}","serviceProvider":"shumei"}`, want: verdict,
		},
		"audit of user data": {
			kind: webhook.KindHostedInfoAudit, contentType: jsonType, body: `{"eventType":3,"result":true,"time":1574476797772,"optUserId":["u1"],"contents":[]}`,
			want: []webhook.Event{&webhook.HostedInfoAudit{Type: webhook.HostedInfoUserProfile, Passed: true, OccurredAt: at, OperatorID: "u1"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, opts := range [][]webhook.Option{nil, {webhook.WithKind(tt.kind)}} {
				callback, err := webhook.Parse(request(t, tt.contentType, tt.body), testSecret, opts...)
				require.NoError(t, err)
				require.Equal(t, tt.kind, callback.Kind)
				require.Len(t, callback.Events, len(tt.want))
				for i, e := range callback.Events {
					require.Equal(t, tt.want[i], plain(t, e))
				}
			}
		})
	}
}

// Without the provider's name, an audit is recognised by its report.
func TestAuditByItsReport(t *testing.T) {
	t.Parallel()
	callback, err := webhook.Parse(request(t, jsonType, `{"result":10000,"content":{"messageId":"m"},"resultDetail":"x"}`), testSecret)
	require.NoError(t, err)
	require.Equal(t, webhook.KindMessageAudit, callback.Kind)
	require.Equal(t, "m", callback.Events[0].(*webhook.MessageAudit).MessageUID)
}

// The items of a form survive the queue, each as its own job.
func TestAsyncProfilesInAForm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, logged := newHandler(t, webhook.WithQueue(webhook.NewMemoryQueue(10), 1))
		got := receive(h)
		h.Start()
		require.Equal(t, 200, webhooktest.Serve(h, request(t, formType, "profiles="+url.QueryEscape(twoOperations))).Status)
		require.NoError(t, h.Shutdown(context.Background()))
		require.Len(t, got.all(), 2, logged.String())
		require.Equal(t, []string{"userId13", "userId3"}, got.all()[1].(*webhook.HostedGroupOperation).OperatorIDs)
	})
}

// The verdicts on the data of different users are different events.
func TestHostedInfoAuditKeys(t *testing.T) {
	t.Parallel()
	pushed := &recordingQueue{}
	h, _ := newHandler(t, webhook.WithQueue(pushed, 1))
	h.Start()
	for _, user := range []string{"u1", "u2", "u1"} {
		e := &webhook.HostedInfoAudit{Type: webhook.HostedInfoUserProfile, Passed: true, OccurredAt: time.UnixMilli(1), OperatorID: user}
		require.Equal(t, 200, deliver(t, h, e))
	}
	require.NotEqual(t, pushed.jobs[0].Key, pushed.jobs[1].Key)
	require.Equal(t, pushed.jobs[0].Key, pushed.jobs[2].Key)
	require.NoError(t, h.Shutdown(t.Context()))
}

// FuzzProfiles reads group events in all shapes that a list can have, including JSON inside a
// form.
func FuzzProfiles(f *testing.F) {
	f.Add(twoOperations, "")
	f.Add(oneProfile, "&a=1")
	f.Add(`[{"groupId":"g","eventType":1,"optUserId":[]}]`, "&profiles=[]")
	f.Add(`[{"groupId":"g","time":"x"}]`, "&toUserId=a&objectName=b&msgUID=c")
	f.Add(`{"profiles":"[{}]"}`, "&profiles=%5B%5D")
	f.Add(`[1]`, "&%zz")
	for _, body := range seeds(f) {
		f.Add(body, "")
	}
	f.Fuzz(func(t *testing.T, list, rest string) {
		parse := func(contentType, body string) *webhook.Callback {
			callback, err := webhook.Parse(request(t, contentType, body), testSecret)
			if err != nil {
				requireRefusal(t, err)
				return nil
			}
			for _, e := range callback.Events {
				require.Equal(t, callback.Kind, e.Kind())
				if content, ok := e.(interface {
					Content() (rongcloud.MessageContent, error)
				}); ok {
					_, _ = content.Content()
				}
			}
			return callback
		}
		form := "profiles=" + url.QueryEscape(list)
		parse(formType, form+rest)
		parse(formType, "content="+url.QueryEscape(list)+rest)
		bare := parse(sampleType(list), list)
		if bare == nil || bare.Kind != webhook.KindHostedGroupOperation && bare.Kind != webhook.KindHostedGroupProfile || sampleType(list) != jsonType {
			return
		}
		inForm := parse(formType, form)
		require.NotNil(t, inForm)
		require.Equal(t, bare.Kind, inForm.Kind)
		require.Len(t, inForm.Events, len(bare.Events))
		for i := range bare.Events {
			require.Equal(t, plain(t, bare.Events[i]), plain(t, inForm.Events[i]))
		}
	})
}
