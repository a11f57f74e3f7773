package webhooktest_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/webhook"
	"github.com/rongcloud-go/rongcloud/webhook/webhooktest"
)

var app = webhooktest.App{Key: "test-key", Secret: "test-secret", Now: func() time.Time { return time.UnixMilli(1700000000000) }, Nonce: func() string { return "1234567890" }}

// bodies are what RongCloud sends for the samples, according to the catalogue.
var bodies = map[webhook.Kind]string{
	webhook.KindMessage: "fromUserId=u1&toUserId=g1&objectName=RC%3ATxtMsg&content=%7B%22content%22%3A%22hello%22%7D&channelType=ULTRAGROUP&msgTimestamp=1700000000000&timestamp=1700000000000" +
		"&msgUID=596E-P5PG-4FS2-7OJK&originalMsgUID=596E-P5PG-4FS2-7OJJ&sensitiveType=2&source=iOS&clientIp=203.0.113.7%3A50123&busChannel=c1&groupUserIds=u2&groupUserIds=u3&aiGenerated=true",
	webhook.KindPreMessage: "appKey=test-key&fromUserId=u1&targetId=g1&toUserIds=u2%2Cu3&msgType=RC%3ATxtMsg&content=%7B%22content%22%3A%22hello%22%7D&pushContent=hello" +
		"&disablePush=true&pushExt=%7B%22title%22%3A%22News%22%7D&expansion=true&extraContent=%7B%22likes%22%3A%221%22%7D&channelType=ULTRAGROUP&msgTimeStamp=1700000000000" +
		"&messageId=596E-P5PG-4FS2-7OJK&originalMsgUID=596E-P5PG-4FS2-7OJJ&os=Android&busChannel=c1&clientIp=203.0.113.7%3A50123&aiGenerated=true",
	webhook.KindMessageOperation: `{"eventType":1,"fromUserId":"u1","optTime":1700000000000,"source":"Server",` +
		`"conversationInfo":{"conversationType":10,"targetId":"g1","busChannel":"c1"},"originalMsgInfo":{"messageId":"596E-P5PG-4FS2-7OJK","messageTime":1699999940000},` +
		`"recallMsgInfo":{"isDelete":1,"isAdmin":1,"extra":"because"}}`,
	webhook.KindUserStatus:       `[{"userid":"u1","status":"0","os":"iOS","time":1700000000000,"clientIp":"203.0.113.7:50123","sessionId":"s1"}]`,
	webhook.KindUserDeactivation: "userId=u1&operateId=ABCD-EFGH&type=1&code=0&time=1700000000000",
	webhook.KindUserProfile: `{"userId":"u1","type":1,"time":1700000000000,"userProfile":"{\"uniqueId\":\"1001\",\"name\":\"Ann\",\"portraitUri\":\"https://example.com/ann.png\",` +
		`\"email\":\"ann@example.com\",\"birthday\":\"1990-01-01\",\"gender\":2,\"location\":\"Oslo\",\"role\":1,\"level\":2}","userExtProfile":"{\"ext_hobby\":\"chess\"}"}`,
	webhook.KindFriendship:     `{"eventType":1,"userId":"u1","toUserId":"u2","time":1700000000000,"source":"iOS","extra":"it is me, Ann"}`,
	webhook.KindChatroomStatus: `[{"chatRoomId":"room1","userIds":["u1","u2"],"status":1,"type":2,"time":1700000000000}]`,
	webhook.KindChatroomEntry:  `{"chatroomId":"room1","key":"topic","value":"chess","optType":1,"userId":"u1","status":1,"timestamp":1700000000000,"version":1700000000001}`,
	webhook.KindHostedGroupProfile: `{"profiles":[{"groupId":"g1","groupName":"Team","time":1700000000000,"optUserId":"u1",` +
		`"groupProfile":{"introduction":"who we are","announcement":"what is new","portraitUrl":"https://example.com/team.png"},"groupExtProfile":{"ext_city":"Oslo"},` +
		`"permissions":{"joinPerm":2,"removePerm":1,"memInvitePerm":2,"invitePerm":1,"profilePerm":1,"memProfilePerm":0}}]}`,
	webhook.KindHostedGroupOperation: `{"profiles":[{"groupId":"g1","eventType":2,"time":1700000000000,"optUserId":"u1","userIds":["u2","u3"]}]}`,
	webhook.KindMessageAudit: `{"result":10001,"content":"{\"appKey\":\"test-key\",\"fromUserId\":\"u1\",\"targetId\":\"g1\",\"toUserIds\":\"u2,u3\",\"conversationType\":\"GROUP\",` +
		`\"objectName\":\"RC:TxtMsg\",\"message\":\"{\\\"content\\\":\\\"hello\\\"}\",\"extraContent\":{\"likes\":\"1\"},\"clientOs\":\"PC\",\"messageTime\":1700000000000,` +
		`\"messageId\":\"596E-P5PG-4FS2-7OJK\"}","msgUID":"596E-P5PG-4FS2-7OJK","serviceProvider":"shumei","resultDetail":"{\"riskLevel\":\"REJECT\"}"}`,
	webhook.KindHostedInfoAudit: `{"eventType":2,"result":true,"time":1700000000000,"optUserId":"u1","targetGroupId":"g1","targetUserId":"u2",` +
		`"contents":[{"key":"nickname","content":"Benny","result":true},{"key":"extra","content":"x","result":false}]}`,
	webhook.KindBotEvent: `{"type":"message:private","timestamp":1700000000000,"bot":{"userId":"bot1","name":"Helper","profileUrl":"https://example.com/bot.png","type":"BOT",` +
		`"metadata":{"team":"a"}},"data":{"fromUserId":"u1","toUserId":"bot1","objectName":"RC:TxtMsg","content":"{\"content\":\"hello\"}","channelType":"PERSON"}}`,
	webhook.KindRTCRoomStatus: `{"event":12,"roomId":"room1","sessionId":"s1","userId":"u1","timestamp":1700000000000,"exitType":3}`,
	webhook.KindRTCCDNPush: `{"timestamp":1700000000000,"type":1,"stateCode":10000,"appKey":"test-key","sessionId":"s1","roomId":"room1","userId":"u1",` +
		`"pushUrl":"rtmp://cdn.example/live/1","output":{"videoResoulation":"240x320"}}`,
	webhook.KindRTCCloudPlayer: `{"timestamp":1700000000000,"type":5,"app_key":"test-key","room_id":"room1","rtmp_url":"rtmp://example.com/1","user_id":"u1",` +
		`"code":10000,"video_resolution":"1920X1080","kind":"video"}`,
	webhook.KindRTCModeration: `{"type":4,"code":10000,"appKey":"test-key","roomId":"room1","userId":"u1","scene":"VIDEO_LIVE","sessionId":"s1",` +
		`"content":{"streamId":"st1","mediaType":1,"errorMessage":"Success","requestId":"req1","contentType":2,"riskLevel":2,"riskType":100,` +
		`"riskTime":1700000000000,"contentUrl":"https://example.com/clip.mp3","desc":"rude","matchText":"what was said","matchedItem":"said","matchedList":"list1"}}`,
	webhook.KindRTCAITask: `{"type":"sum","status":"started","appKey":"test-key","roomId":"room1","code":10000,"errorMessage":"Success","taskId":"task1"}`,
}

// Requests match the catalogue: no extra field, none missing, and the signature in the right
// place.
func TestRequests(t *testing.T) {
	t.Parallel()
	const signature = "nonce=1234567890&signature=8412d2a2e2bd25260da45037caec8d483c1f6413&timestamp=1700000000000"
	fields := catalogueFields(t)
	for _, kind := range webhooktest.Kinds() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			r, err := app.Request(t.Context(), "http://localhost/x?own=1", webhooktest.Sample(kind))
			require.NoError(t, err)
			contentType, body, err := app.Encode(webhooktest.Sample(kind))
			require.NoError(t, err)
			require.Equal(t, bodies[kind], string(body))
			require.Equal(t, contentType, r.Header.Get("Content-Type"))
			require.EqualValues(t, len(body), r.ContentLength)
			require.Equal(t, http.MethodPost, r.Method)

			form := !strings.ContainsAny(bodies[kind][:1], "{[")
			require.Equal(t, form, strings.HasPrefix(contentType, "application/x-www-form-urlencoded"))
			sent := jsonNames(t, string(body))
			if form {
				values, err := url.ParseQuery(string(body))
				require.NoError(t, err)
				sent = nil
				for name := range values {
					sent = append(sent, name)
				}
			}
			if kind == webhook.KindMessageOperation { // a deletion has other fields
				deletion := webhooktest.Sample(kind).(*webhook.MessageOperation)
				deletion.Type, deletion.DeleteType, deletion.DeleteUntil = webhook.MessageOperationDelete, webhook.MessageDeleteUntil, deletion.OccurredAt
				_, body, err := app.Encode(deletion)
				require.NoError(t, err)
				sent = append(sent, jsonNames(t, string(body))...)
			}
			if kind == webhook.KindRTCModeration { // before a result, its time has another name
				sent = append(sent, "timestamp")
			}
			slices.Sort(sent)
			require.Equal(t, fields[kind], slices.Compact(sent))

			switch kind {
			case webhook.KindMessageAudit:
				require.Equal(t, "own=1", r.URL.RawQuery)
				for name, value := range map[string]string{
					"RC-App-Key": "test-key", "RC-Nonce": "1234567890", "RC-Timestamp": "1700000000000", "RC-Signature": "8412d2a2e2bd25260da45037caec8d483c1f6413",
				} {
					require.Equal(t, value, r.Header.Get(name))
				}
			case webhook.KindRTCRoomStatus, webhook.KindRTCCDNPush, webhook.KindRTCCloudPlayer, webhook.KindRTCModeration, webhook.KindRTCAITask:
				require.Equal(t, "own=1", r.URL.RawQuery)
				require.Equal(t, "test-key", r.Header.Get("appKey"))
				require.Equal(t, "8412d2a2e2bd25260da45037caec8d483c1f6413", r.Header.Get("signature"))
			case webhook.KindPreMessage, webhook.KindUserStatus:
				require.Equal(t, "own=1&"+signature, r.URL.RawQuery)
			default:
				require.Equal(t, "own=1&appKey=test-key&"+signature, r.URL.RawQuery)
			}
		})
	}
}

var jsonName = regexp.MustCompile(`\\*"(\w+)\\*":`)

// jsonNames returns the names in a JSON text, including those inside its strings, but not the
// app's own or those of other catalogues.
func jsonNames(t *testing.T, text string) []string {
	t.Helper()
	var names []string
	text = regexp.MustCompile(`"userProfile":"(\\.|[^"])*"`).ReplaceAllString(text, `"userProfile":""`)
	text = regexp.MustCompile(`\{(\\*"(ext_\w+|likes|riskLevel|team)[^}]*)\}`).ReplaceAllString(text, `{}`)
	text = strings.ReplaceAll(text, `{\\\"content\\\":\\\"hello\\\"}`, "")
	text = strings.ReplaceAll(text, `{\"content\":\"hello\"}`, "")
	for _, found := range jsonName.FindAllStringSubmatch(text, -1) {
		names = append(names, found[1])
	}
	return names
}

// catalogueFields returns the names of the fields of each callback in api/webhook.yaml, including
// inner ones.
func catalogueFields(t *testing.T) map[webhook.Kind][]string {
	t.Helper()
	text, err := os.ReadFile("../../api/webhook.yaml")
	require.NoError(t, err)
	_, callbacks, _ := strings.Cut(string(text), "\ncallbacks:\n")
	callbacks, _, _ = strings.Cut(callbacks, "\nno_callback:")
	fields := map[webhook.Kind][]string{}
	for block := range strings.SplitSeq("\n"+callbacks, "\n  - name: ") {
		name, rest, found := strings.Cut(block, "\n")
		if !found || name == "" {
			continue
		}
		_, rest, found = strings.Cut(rest, "\n    fields:\n")
		require.True(t, found, name)
		rest, _, _ = strings.Cut(rest, "\n    answer:")
		rest, _, _ = strings.Cut(rest, "\n    sample:")
		var names []string
		for _, found := range regexp.MustCompile(`(?m)^ +- (?:\{name: (\w+)|name: (\w+)$)`).FindAllStringSubmatch(rest, -1) {
			names = append(names, found[1]+found[2])
		}
		slices.Sort(names)
		fields[webhook.Kind(name)] = slices.Compact(names)
	}
	return fields
}

func TestRequestsOfSeveralEvents(t *testing.T) {
	t.Parallel()
	for _, kind := range webhooktest.Kinds() {
		_, body, err := app.Encode(webhooktest.Sample(kind), webhooktest.Sample(kind))
		switch kind {
		case webhook.KindUserStatus, webhook.KindChatroomStatus, webhook.KindChatroomEntry:
			one := strings.Trim(bodies[kind], "[]")
			require.NoError(t, err)
			require.Equal(t, "["+one+","+one+"]", string(body))
		case webhook.KindHostedGroupProfile, webhook.KindHostedGroupOperation:
			one := strings.TrimSuffix(strings.TrimPrefix(bodies[kind], `{"profiles":[`), "]}")
			require.NoError(t, err)
			require.Equal(t, `{"profiles":[`+one+","+one+"]}", string(body))
		default:
			require.ErrorContains(t, err, "one "+string(kind)+" at a time")
		}
	}
	_, err := app.Request(t.Context(), "http://localhost/")
	require.ErrorContains(t, err, "no event")
	_, err = app.Request(t.Context(), "http://localhost/", webhooktest.Sample(webhook.KindMessage), webhooktest.Sample(webhook.KindFriendship))
	require.ErrorContains(t, err, "has one kind")
	_, err = app.Request(t.Context(), ":", webhooktest.Sample(webhook.KindMessage))
	require.Error(t, err)
	_, err = app.Deliver(t.Context(), http.NotFoundHandler())
	require.Error(t, err)
	_, err = app.Post(t.Context(), ":", webhooktest.Sample(webhook.KindMessage))
	require.Error(t, err)
	_, err = app.Post(t.Context(), "http://127.0.0.1:1", webhooktest.Sample(webhook.KindMessage))
	require.Error(t, err)
	require.Nil(t, webhooktest.Sample(webhook.KindUnknown))
}

func TestGroupForm(t *testing.T) {
	t.Parallel()
	older := app
	older.GroupForm = true
	for _, kind := range webhooktest.Kinds() {
		contentType, body, err := older.Encode(webhooktest.Sample(kind))
		require.NoError(t, err)
		if kind != webhook.KindHostedGroupProfile && kind != webhook.KindHostedGroupOperation {
			require.Equal(t, bodies[kind], string(body))
			continue
		}
		require.Equal(t, "application/x-www-form-urlencoded; charset=UTF-8", contentType)
		values, err := url.ParseQuery(string(body))
		require.NoError(t, err)
		require.Equal(t, bodies[kind], `{"profiles":`+values.Get("profiles")+`}`)
	}
}

// Fields missing in an event are left out where RongCloud may leave them out.
func TestSparseEvents(t *testing.T) {
	t.Parallel()
	for e, want := range map[webhook.Event]string{
		&webhook.Message{}:                        "fromUserId=&toUserId=&objectName=&content=&channelType=&msgTimestamp=0&timestamp=0&msgUID=&sensitiveType=0&source=",
		&webhook.ChatroomStatus{}:                 `[{"chatRoomId":"","userIds":[],"status":0,"time":0}]`,
		&webhook.UserProfile{}:                    `{"userId":"","time":0}`,
		&webhook.HostedGroupProfile{GroupID: "g"}: `{"profiles":[{"groupId":"g","time":0}]}`,
		&webhook.HostedInfoAudit{}:                `{"eventType":0,"result":false,"time":0,"contents":[]}`,
		&webhook.Unknown{Envelope: raw(`a=1`)}:    `a=1`,
		&webhook.Unknown{Envelope: raw(`{}`)}:     `{}`,
	} {
		_, body, err := app.Encode(e)
		require.NoError(t, err)
		require.Equal(t, want, string(body))
	}
	_, _, err := app.Encode(&webhook.BotEvent{Data: []byte("{")})
	require.Error(t, err)
}

func raw(text string) webhook.Envelope { return webhook.Envelope{Raw: []byte(text)} }

func TestFreshSignatures(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 100 {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://localhost/", nil)
		require.NoError(t, err)
		webhooktest.App{Key: "k", Secret: "s"}.Sign(r)
		nonce := r.URL.Query().Get("nonce")
		require.LessOrEqual(t, len(nonce), 18)
		require.False(t, seen[nonce])
		seen[nonce] = true
	}
}

func TestServe(t *testing.T) {
	t.Parallel()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://localhost/", nil)
	require.NoError(t, err)
	answer := webhooktest.Serve(http.NotFoundHandler(), r)
	require.Equal(t, 404, answer.Status)
	require.Contains(t, string(answer.Body), "not found")
	require.Equal(t, 200, webhooktest.Serve(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), r).Status)
	answer = webhooktest.Serve(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(201)
		w.WriteHeader(500)
		_, _ = w.Write([]byte("x"))
	}), r)
	require.Equal(t, 201, answer.Status)
}

// The checks detect stores that break the rules.
func TestChecksFindFaults(t *testing.T) {
	t.Parallel()
	require.ErrorContains(t, webhooktest.CheckNonceStore(t.Context(), forgetful{}), "want unfinished")
	require.ErrorContains(t, webhooktest.CheckNonceStore(t.Context(), forgetful{errors.New("away")}), "away")
	for name, q := range map[string]*faultyQueue{
		"pull from an empty queue": {MemoryQueue: webhook.NewMemoryQueue(9), never: true},
		"push: away":               {MemoryQueue: webhook.NewMemoryQueue(9), push: errors.New("away")},
		"came back as":             {MemoryQueue: webhook.NewMemoryQueue(9), change: func(j *webhook.Job) { j.Form = !j.Form }},
		"has ID 0 after 0":         {MemoryQueue: webhook.NewMemoryQueue(9), change: func(j *webhook.Job) { j.ID = 0 }},
		"done: away":               {MemoryQueue: webhook.NewMemoryQueue(9), done: errors.New("away")},
	} {
		require.ErrorContains(t, webhooktest.CheckQueue(t.Context(), q), name)
	}
}

type forgetful struct{ err error }

func (f forgetful) Begin(context.Context, string, webhook.Fingerprint, time.Duration) (webhook.NonceStatus, error) {
	return webhook.NonceNew, f.err
}

func (f forgetful) Done(context.Context, string, webhook.Fingerprint, time.Duration) error {
	return f.err
}

type faultyQueue struct {
	*webhook.MemoryQueue

	never      bool
	push, done error
	change     func(*webhook.Job)
}

func (q *faultyQueue) Push(ctx context.Context, jobs ...webhook.Job) error {
	return errors.Join(q.MemoryQueue.Push(ctx, jobs...), q.push)
}

func (q *faultyQueue) Pull(ctx context.Context) (webhook.Job, error) {
	if q.never {
		return webhook.Job{}, errors.New("never")
	}
	job, err := q.MemoryQueue.Pull(ctx)
	if q.change != nil {
		q.change(&job)
	}
	return job, err
}

func (q *faultyQueue) Done(ctx context.Context, id uint64) error {
	return errors.Join(q.MemoryQueue.Done(ctx, id), q.done)
}
