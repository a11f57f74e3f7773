package rongcloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The golden wire file holds what every method sends, once with all optional fields set and once with none. Its
// reviewer reads the wire; these tests hold it against the code and the catalogue.

var update = flag.Bool("update", false, "rewrite testdata/wire.jsonl")

const goldenFile = "testdata/wire.jsonl"

// notCovered are the catalogue's areas that have no service yet.
var notCovered = []string{}

// alwaysSent are optional parameters that a method sends in any case, by the endpoint's name.
var alwaysSent = map[string][]string{
	"UserProfileSet":                  {"userExtProfile"}, // one of the two profiles is required
	"ConversationNotificationSet":     {"unpushLevel"},    // one of the two switches is required
	"ConversationMessageHistoryClean": {"msgTimestamp"},   // CleanAllHistory leaves it out
	"MessagePrivateModify":            {"objectName"},     // what a content is called always comes with it
	"MessageGroupModify":              {"objectName"},
	"SensitivewordList":               {"type"},    // what is listed is an argument
	"GroupSync":                       {"group"},   // QuitAll leaves it out
	"GroupUserGagAdd":                 {"groupId"}, // AddEverywhere leaves it out, and so on
	"GroupUserGagRollback":            {"groupId"},
	"GroupUserGagList":                {"groupId"},
	"FriendProfileSet":                {"remarkName"}, // left out it may be cleared
	"V3ChatGenerate":                  {"stream"},     // Stream is another method
}

// wireCase is one line of the golden file.
type wireCase struct {
	Call     string          `json:"call"`
	Method   string          `json:"method"`
	Path     string          `json:"path"`
	Encoding string          `json:"encoding"`
	Form     url.Values      `json:"form,omitempty"`
	JSON     json.RawMessage `json:"json,omitempty"`
}

// claim is a method with its line //rongcloud:endpoint.
type claim struct {
	service, method string
	at              string // method and path of the endpoint
}

func (c claim) endpoint() *endpoint.Endpoint {
	_, path, _ := strings.Cut(c.at, " ")
	return endpoint.ByPath(path)
}

// claims reads the directives in the package's source.
func claims(t *testing.T) []claim {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	var found []claim
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Doc == nil {
				continue
			}
			for _, comment := range f.Doc.List {
				if at, ok := strings.CutPrefix(comment.Text, "//rongcloud:endpoint "); ok {
					receiver := f.Recv.List[0].Type.(*ast.StarExpr).X.(*ast.Ident).Name
					found = append(found, claim{receiver, f.Name.Name, at})
				}
			}
		}
	}
	return found
}

// services finds all services of a client by the names of their types, with the way that leads to each.
func services(v reflect.Value, way string, found map[string]reflect.Value, ways map[string]string) {
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || field.Type.Kind() != reflect.Pointer || !strings.HasSuffix(field.Type.Elem().Name(), "Service") {
			continue
		}
		name := field.Type.Elem().Name()
		found[name], ways[name] = v.Field(i), way+field.Name
		if field.Type.Elem().Kind() == reflect.Struct {
			services(v.Field(i).Elem(), way+field.Name+".", found, ways)
		}
	}
}

// awkward is text that shows any mistake in escaping.
const awkward = `你好 😀 &=+%"<>\/`

// filler makes arguments: with everything set, or with what the endpoint requires only.
type filler struct {
	ep   *endpoint.Endpoint
	full bool
	n    int
}

var (
	contentType  = reflect.TypeFor[rongcloud.MessageContent]()
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[time.Duration]()
)

// fill sets v to a value that no other one equals.
func (f *filler) fill(v reflect.Value) {
	f.n++
	switch v.Type() {
	case contentType:
		v.Set(reflect.ValueOf(rongcloud.TextMessage{Content: awkward}))
		return
	case timeType:
		v.Set(reflect.ValueOf(time.UnixMilli(1767323045000 + int64(f.n)))) // 2026-01-02
		return
	case durationType:
		v.SetInt(int64(time.Duration(f.n) * time.Hour))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(f.text())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(f.n))
		if v.Type().PkgPath() != "" { // an enumeration, whose first value is usually 1
			v.SetInt(1)
		}
	case reflect.Float64:
		v.SetFloat(float64(f.n) + 0.5)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		f.fill(v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			f.fill(v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range 2 {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			f.fill(key)
			f.fill(value)
			v.SetMapIndex(key, value)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Type().Field(i).IsExported() || !f.wanted(v.Type().Field(i)) {
				continue
			}
			f.fill(v.Field(i))
			if f.document(v.Type().Field(i)) {
				text, _ := json.Marshal(v.Field(i).String())
				v.Field(i).SetString(`{"text":` + string(text) + `}`)
			}
		}
	case reflect.Interface:
		if v.NumMethod() == 0 {
			v.Set(reflect.ValueOf(awkward))
		}
	default:
		panic(fmt.Sprintf("cannot fill a %v", v.Type()))
	}
}

// text returns text that no other one equals, as long as the shortest limit of the endpoint's parameters allows.
func (f *filler) text() string {
	number := " " + strconv.Itoa(f.n)
	text := []rune(awkward)
	for i := range f.params() {
		param := &f.params()[i]
		if param.MaxChars > 0 {
			text = text[:min(len(text), param.MaxChars-len(number))]
		}
		for param.MaxBytes > 0 && len(string(text))+len(number) > param.MaxBytes {
			text = text[:len(text)-1]
		}
	}
	return string(text) + number
}

func (f *filler) params() []endpoint.Param {
	if f.ep == nil {
		return nil
	}
	return f.ep.Params
}

// wanted tells whether to set a field: all, or those that the endpoint requires and those inside them.
func (f *filler) wanted(field reflect.StructField) bool {
	if f.full {
		return true
	}
	name, _, _ := strings.Cut(field.Tag.Get("wire"), ",")
	param := f.ep.Param(name)
	return param != nil && param.Required || name == "" && !strings.Contains(field.Tag.Get("json"), "omit")
}

// document tells a text that must be a JSON document.
func (f *filler) document(field reflect.StructField) bool {
	if f.ep == nil || field.Type.Kind() != reflect.String {
		return false
	}
	param := f.ep.Param(field.Tag.Get("wire"))
	return param != nil && param.Type == endpoint.JSONString
}

// arguments makes the arguments of a method between the context and the call options.
func arguments(c claim, method reflect.Type, full bool) []reflect.Value {
	if own, ok := wireArguments[c.service+"."+c.method]; ok {
		return values(own(full))
	}
	f := &filler{ep: c.endpoint(), full: full}
	var args []reflect.Value
	for i := 1; i < method.NumIn()-1; i++ {
		arg := reflect.New(method.In(i)).Elem()
		f.fill(arg)
		args = append(args, arg)
	}
	return args
}

func values(args []any) []reflect.Value {
	var all []reflect.Value
	for _, arg := range args {
		all = append(all, reflect.ValueOf(arg))
	}
	return all
}

// record calls every claimed method and returns what it sent.
func record(t *testing.T) []wireCase {
	t.Helper()
	var sent []wireCase
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, readWire(t, req))
		return httpmock.NewStringResponse(200, `{"code":`+strconv.Itoa(endpoint.ByPath(req.URL.Path).Success)+`}`), nil
	})
	client, err := rongcloud.New("test-key", "test-secret", rongcloud.WithBaseURL("https://api.example"),
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	found, ways := map[string]reflect.Value{}, map[string]string{}
	services(reflect.ValueOf(client).Elem(), "", found, ways)

	for _, c := range claims(t) {
		require.NotNil(t, c.endpoint(), "%s.%s claims %s, which the catalogue does not have", c.service, c.method, c.at)
		require.Contains(t, found, c.service, "no way leads from the client to this service")
		method := found[c.service].MethodByName(c.method)
		cases := map[string][]reflect.Value{"/full": arguments(c, method.Type(), true), "/bare": arguments(c, method.Type(), false)}
		if other, ok := otherArguments[c.service+"."+c.method]; ok {
			cases["/other"] = values(other)
		}
		for kind, args := range cases {
			before := len(sent)
			results := method.Call(append([]reflect.Value{reflect.ValueOf(context.Background())}, args...))
			name := ways[c.service] + "." + c.method + kind
			if err := results[len(results)-1].Interface(); err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			require.Len(t, sent, before+1, "%s must send one request", name)
			sent[before].Call = name
		}
	}
	slices.SortFunc(sent, func(a, b wireCase) int { return strings.Compare(a.Call, b.Call) })
	return sent
}

func readWire(t *testing.T, req *http.Request) wireCase {
	t.Helper()
	c := wireCase{Method: req.Method, Path: req.URL.Path, Encoding: "none"}
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		require.NoError(t, err)
	}
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch {
	case kind == "application/json":
		require.True(t, json.Valid(body), "%s", body)
		c.Encoding, c.JSON = "json", body
	case kind == "application/x-www-form-urlencoded":
		form, err := url.ParseQuery(string(body))
		require.NoError(t, err)
		c.Encoding, c.Form = "form", form
	case req.URL.RawQuery != "":
		c.Encoding, c.Form = "query", req.URL.Query()
	}
	return c
}

func (c wireCase) line(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	require.NoError(t, encoder.Encode(c))
	return b.String()
}

func TestGoldenWire(t *testing.T) {
	t.Parallel()
	var got strings.Builder
	for _, c := range record(t) {
		got.WriteString(c.line(t))
	}
	if *update {
		require.NoError(t, os.WriteFile(goldenFile, []byte(got.String()), 0o644))
	}
	want, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		require.Equal(t, wantLines[i], gotLines[i], "line %d; go test . -update rewrites the file", i+1)
	}
	require.Len(t, gotLines, len(wantLines), "go test . -update rewrites the file")
}

func readGolden(t *testing.T) []wireCase {
	t.Helper()
	text, err := os.ReadFile(goldenFile)
	require.NoError(t, err)
	var cases []wireCase
	for line := range strings.Lines(string(text)) {
		var c wireCase
		require.NoError(t, json.Unmarshal([]byte(line), &c))
		cases = append(cases, c)
	}
	return cases
}

// TestCatalogueIsCovered proves both directions: every endpoint has its method, and every method its endpoint.
func TestCatalogueIsCovered(t *testing.T) {
	t.Parallel()
	claimed := map[*endpoint.Endpoint]string{}
	for _, c := range claims(t) {
		ep, name := c.endpoint(), c.service+"."+c.method
		require.NotNil(t, ep, "%s claims %s, which the catalogue does not have", name, c.at)
		require.Equal(t, ep.String(), c.at, name)
		require.NotEqual(t, endpoint.Unconfirmed, ep.Status, "%s calls an endpoint that nobody confirms", name)
		require.Empty(t, claimed[ep], "%s and %s claim the same endpoint", name, claimed[ep])
		require.NotContains(t, notCovered, ep.Area, "take %s off the list of areas not covered", ep.Area)
		claimed[ep] = name
	}
	inScope, covered := 0, 0
	for ep := range endpoint.All() {
		if ep.Status != endpoint.Current || slices.Contains(notCovered, ep.Area) {
			continue
		}
		inScope++
		if claimed[ep] == "" {
			t.Errorf("%s has no method", ep)
			continue
		}
		covered++
	}
	t.Logf("%d of %d current endpoints in scope have a method", covered, inScope)
}

// TestGoldenWireIsTheCatalogues holds the golden file against the endpoint table: every parameter is sent, in the documented form, and
// nothing else.
func TestGoldenWireIsTheCatalogues(t *testing.T) {
	t.Parallel()
	sent := map[*endpoint.Endpoint]map[string]bool{}
	for _, c := range readGolden(t) {
		ep := endpoint.ByPath(c.Path)
		require.NotNil(t, ep, c.Call)
		require.Equal(t, ep.Method, c.Method, c.Call)
		require.Equal(t, ep.Encoding.String(), c.Encoding, c.Call)
		if sent[ep] == nil {
			sent[ep] = map[string]bool{}
		}
		names := c.check(t, ep)
		for _, param := range ep.Params {
			switch {
			case param.Required:
				require.Contains(t, names, param.Name, "%s: a required parameter is missing", c.Call)
			case strings.HasSuffix(c.Call, "/bare") && slices.Contains(names, param.Name) && !slices.Contains(alwaysSent[ep.Name], param.Name):
				t.Errorf("%s: the optional parameter %s is sent unasked", c.Call, param.Name)
			}
		}
		for _, name := range names {
			sent[ep][name] = true
		}
	}
	total, reached := 0, 0
	for ep, names := range sent {
		for _, param := range ep.Params {
			total++
			if !names[param.Name] {
				t.Errorf("%s: no case sends %s", ep, param.Name)
				continue
			}
			reached++
		}
	}
	t.Logf("%d of %d parameters of %d endpoints are sent", reached, total, len(sent))
}

// check compares the form of every parameter with the table and returns their names.
func (c wireCase) check(t *testing.T, ep *endpoint.Endpoint) []string {
	t.Helper()
	var names []string
	find := func(name string) *endpoint.Param {
		base, _, keyed := strings.Cut(name, "[")
		param := ep.Param(base)
		require.NotNil(t, param, "%s sends %s, which the catalogue does not have", c.Call, name)
		require.Equal(t, param.Keyed, keyed, "%s: %s", c.Call, name)
		names = append(names, base)
		return param
	}
	for name, values := range c.Form {
		param := find(name)
		if param.List != endpoint.Repeat {
			require.Len(t, values, 1, "%s: %s is not repeated", c.Call, name)
		}
		for _, value := range values {
			require.True(t, inForm(param, value), "%s: %s is %q, which is no %v", c.Call, name, value, param.Type)
		}
	}
	if len(c.JSON) > 0 {
		var body map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(c.JSON, &body), c.Call)
		for name, value := range body {
			param := find(name)
			require.True(t, inJSON(param, value), "%s: %s is %s, which is no %v", c.Call, name, value, param.Type)
		}
	}
	return names
}

func inForm(param *endpoint.Param, value string) bool {
	switch param.Type {
	case endpoint.Int:
		_, err := strconv.ParseInt(value, 10, 64)
		return err == nil
	case endpoint.Bool:
		return value == "true" || value == "false"
	case endpoint.JSONString, endpoint.Object, endpoint.ObjectList:
		return json.Valid([]byte(value))
	case endpoint.StringList:
		return param.List != endpoint.Text || json.Valid([]byte(value))
	default:
		return true
	}
}

func inJSON(param *endpoint.Param, value json.RawMessage) bool {
	first := value[0]
	switch param.Type {
	case endpoint.Int:
		_, err := strconv.ParseInt(string(value), 10, 64)
		return err == nil
	case endpoint.Bool:
		return string(value) == "true" || string(value) == "false"
	case endpoint.JSONString:
		var text string
		return json.Unmarshal(value, &text) == nil && json.Valid([]byte(text))
	case endpoint.StringList, endpoint.ObjectList:
		return first == '['
	case endpoint.Object:
		return first == '{'
	default:
		return first == '"'
	}
}

// wireArguments are the arguments of methods that the filler cannot make, by service and method. Each area brings its own part.
var wireArguments = mergeArguments(
	coreArguments,
	groupArguments,
	miscArguments,
)

// otherArguments are those of a third case, where a method's parameters exclude each other.
var otherArguments = map[string][]any{
	"GroupBanService.List": {rongcloud.GroupBanQuery{GroupIDs: []string{"g1", awkward}}},
}

func mergeArguments(parts ...map[string]func(full bool) []any) map[string]func(full bool) []any {
	all := map[string]func(full bool) []any{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}

// coreArguments are those of users, messages, pushes, sensitive words and conversations.
var coreArguments = map[string]func(full bool) []any{
	"UserProfileService.Set": func(full bool) []any {
		p := rongcloud.UserProfileParams{UserID: "u1", Attributes: map[string]string{"ext_hobby": awkward}}
		if full {
			p.Profile = rongcloud.UserProfile{
				UniqueID: "7", Name: awkward, PortraitURI: "https://example.com/a.png?x=1&y=2", Email: "ann@example.com",
				Birthday: "2000-02-29", Gender: rongcloud.Ptr(rongcloud.GenderUnknown), Location: "北京",
				Role: rongcloud.Ptr(0), Level: rongcloud.Ptr(100),
			}
		}
		return []any{p}
	},
	"PushPeriodService.Set": func(full bool) []any {
		p := rongcloud.PushPeriodParams{UserID: "u1", StartTime: "23:59:59", Period: 8 * time.Hour, Level: rongcloud.PushLevelMentions}
		if full {
			p.TimeZone = "Asia/Shanghai"
		}
		return []any{p}
	},
	"MessageService.SendPrivateTemplate": func(full bool) []any {
		if full {
			return filled[rongcloud.PrivateTemplate]()
		}
		return []any{rongcloud.PrivateTemplate{From: "u1", Content: templateText, Recipients: templateRecipients}}
	},
	"MessageService.SendSystemTemplate": func(full bool) []any {
		if full {
			return filled[rongcloud.SystemTemplate]()
		}
		return []any{rongcloud.SystemTemplate{From: "u1", Content: templateText, Recipients: templateRecipients}}
	},
	"MessageService.SendStreamPiece": func(full bool) []any {
		if full {
			return filled[rongcloud.StreamPiece]()
		}
		return []any{rongcloud.StreamPiece{From: "u1", To: "u2", Content: rongcloud.StreamMessage{Content: awkward, Seq: 1}}}
	},
	"MessageHistoryService.ListPrivate":  history,
	"MessageHistoryService.ListGroup":    history,
	"MessageHistoryService.ListChatroom": history,
	"MessageHistoryService.ListUltraGroup": func(full bool) []any {
		q := history(full)[0].(rongcloud.HistoryQuery)
		u := rongcloud.UltraGroupHistoryQuery{UserID: q.UserID, TargetID: q.TargetID, Newest: q.Newest, Oldest: q.Oldest, Size: q.Size, ExcludeNewest: q.ExcludeNewest}
		if full {
			u.Channel = awkward
		}
		return []any{u}
	},
	"SensitiveService.BatchAdd": func(full bool) []any {
		if full {
			return filled[[]rongcloud.SensitiveWord]()
		}
		return []any{[]rongcloud.SensitiveWord{{Word: awkward}}}
	},
	"ConversationService.SetPushLevel": func(full bool) []any {
		if full {
			return filled[rongcloud.ConversationPushLevel]()
		}
		return []any{rongcloud.ConversationPushLevel{
			UserID: "u1", Type: rongcloud.ConversationPrivate, TargetID: "u2", Level: rongcloud.PushLevelUnset,
		}}
	},
	"PushService.Send": func(full bool) []any {
		if full {
			push := filled[rongcloud.Push]()[0].(rongcloud.Push)
			push.Platforms = allPlatforms
			push.Audience = rongcloud.AudienceTags{All: []string{awkward, "b"}, Any: []string{"c"}, Package: "com.example.app"}
			return []any{push}
		}
		return []any{rongcloud.Push{
			Platforms: allPlatforms[:1], Audience: rongcloud.AudienceAll{}, Notification: rongcloud.PushNotification{Text: awkward},
		}}
	},
	"PushService.SendToUsers": func(full bool) []any {
		if full {
			return filled[rongcloud.UserPush]()
		}
		return []any{rongcloud.UserPush{UserIDs: []string{"u1"}, Notification: rongcloud.UserPushNotification{Text: awkward}}}
	},
	"PushService.SendCustom": func(full bool) []any {
		if full {
			push := filled[rongcloud.CustomPush]()[0].(rongcloud.CustomPush)
			push.Platforms = allPlatforms
			push.Audience = rongcloud.AudienceTagLogic{Package: "com.example.app", Items: []rongcloud.TagCondition{
				{Tags: []string{awkward, "b"}, Operator: rongcloud.TagAnd},
				{Tags: []string{"c"}, Not: true, Join: rongcloud.TagOr, Operator: rongcloud.TagOr},
			}}
			return []any{push}
		}
		return []any{rongcloud.CustomPush{
			Platforms: allPlatforms[:1], Audience: rongcloud.AudienceAll{}, Notification: rongcloud.CustomPushNotification{Text: awkward},
		}}
	},
}

var (
	templateText       = rongcloud.TextMessage{Content: "{greeting}, {name} " + awkward}
	templateRecipients = []rongcloud.TemplateRecipient{
		{UserID: "u2", Values: map[string]string{"{greeting}": "你好", "{name}": "Ann"}},
		{UserID: "u3", Values: map[string]string{"{greeting}": "hello", "{name}": "Ben"}},
	}
	allPlatforms = []rongcloud.PushPlatform{rongcloud.PlatformIOS, rongcloud.PlatformAndroid}
)

func history(full bool) []any {
	newest := time.UnixMilli(1767323045678)
	q := rongcloud.HistoryQuery{UserID: "u1", TargetID: awkward, Newest: newest, Oldest: newest.Add(-time.Hour), ExcludeNewest: true}
	if full {
		q.Size, q.ExcludeNewest = 100, false
	}
	return []any{q}
}

// filled is an argument with everything set.
func filled[T any]() []any {
	v := reflect.New(reflect.TypeFor[T]()).Elem()
	(&filler{full: true}).fill(v)
	return []any{v.Interface()}
}
