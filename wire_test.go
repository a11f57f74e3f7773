package rongcloud_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
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

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The golden wire file shows what every method sends, once with all optional fields set and once
// with none. Reviewers read it; these tests compare it with the code and the catalogue.

var update = flag.Bool("update", false, "rewrite testdata/wire.jsonl")

const goldenFile = "testdata/wire.jsonl"

// notCovered are the catalogue's areas without a service.
var notCovered = []string{}

// alwaysSent are optional parameters that a method always sends, by the endpoint's name.
var alwaysSent = map[string][]string{
	"UserProfileSet":                  {"userExtProfile"}, // one of the two profiles is required
	"ConversationNotificationSet":     {"unpushLevel"},    // one of the two switches is required
	"ConversationMessageHistoryClean": {"msgTimestamp"},   // ClearAllHistory leaves it out
	// The objectName is always sent with the content.
	"MessagePrivateModify": {"objectName"},
	"MessageGroupModify":   {"objectName"},
	"UserBlockQuery":       {"page"},    // ListUnpaged leaves it out
	"SensitivewordList":    {"type"},    // the type to list is an argument
	"GroupSync":            {"group"},   // QuitAll leaves it out
	"GroupUserGagAdd":      {"groupId"}, // GlobalMute leaves it out
	"GroupUserGagRollback": {"groupId"},
	"GroupUserGagList":     {"groupId"},
	"UserGroupQuery":       {"page"},       // ListByUserUnpaged leaves it out
	"GroupBanQuery":        {"groupId"},    // Check asks about groups, List about none
	"FriendProfileSet":     {"remarkName"}, // if omitted, the name may be cleared
	"V3ChatGenerate":       {"stream"},     // Stream is another method
	"V2RTCAIASRRoomStop":   {"Content-Type"},
}

// neverSent are parameters that no method sends, by the endpoint's name: others replace them, or
// they have no known use. Client.Call and WithExtraField can send them.
var neverSent = map[string][]string{
	"ConversationNotificationSet": {"isMuted"},   // unpushLevel overrides it
	"GroupQuit":                   {"maxMember"}, // nobody joins
	"GroupDismiss":                {"maxMember"},
	"GroupRefresh":                {"maxMember"},
	"MessageBroadcast":            {"os"}, // of old SDKs
}

// wireCase is one line of the golden file.
type wireCase struct {
	Call     string `json:"call"`
	Method   string `json:"method"`
	Path     string `json:"path"`
	Encoding string `json:"encoding"`
	// Parameters in the path, by the names in its braces, and in headers.
	Place url.Values      `json:"place,omitempty"`
	Form  url.Values      `json:"form,omitempty"`
	JSON  json.RawMessage `json:"json,omitempty"`
}

// claim is a method with its //rongcloud:endpoint directive.
type claim struct {
	service, method string
	at              string // method and path of the endpoint
}

func (c claim) endpoint() *endpoint.Endpoint {
	method, path, _ := strings.Cut(c.at, " ")
	return endpoint.ByPath(method, path)
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
					found = append(found, claim{service: receiver, method: f.Name.Name, at: at})
				}
			}
		}
	}
	return found
}

// services finds all services of a client by their type names, with the path of fields to each.
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

// record calls every claimed method and returns what it sent.
func record(t *testing.T) []wireCase {
	t.Helper()
	var sent []wireCase
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		sent = append(sent, readWire(t, req))
		result := ""
		if req.URL.Path == endpoint.EmbedAccessToken.Path {
			result = `,"data":"https://console.example/"`
		}
		code := successOf(req)
		return httpmock.NewStringResponse(200, `{"code":`+code+`,"token":"t","translated":"x"`+result+`}`), nil
	})
	client, err := rongcloud.New("test-key", "test-secret", rongcloud.WithBaseURL("https://api.example"),
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}))
	require.NoError(t, err)
	found, ways := map[string]reflect.Value{}, map[string]string{}
	services(reflect.ValueOf(client).Elem(), "", found, ways)

	for _, c := range append(claims(t), sharing...) {
		require.NotNil(t, c.endpoint(), "%s.%s claims %s, which the catalogue does not have", c.service, c.method, c.at)
		require.Contains(t, found, c.service, "no way leads from the client to this service")
		method := found[c.service].MethodByName(c.method)
		cases := map[string][]reflect.Value{"/full": arguments(c, method.Type(), true), "/bare": arguments(c, method.Type(), false)}
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
	ep, inPath := endpoint.Match(req.Method, req.URL.EscapedPath())
	require.NotNil(t, ep, "%s %s", req.Method, req.URL)
	c := wireCase{Method: req.Method, Path: ep.Path, Encoding: "none"}
	c.readPlaces(ep, inPath, req.Header)
	var body []byte
	if req.Body != nil {
		var err error
		body, err = io.ReadAll(req.Body)
		require.NoError(t, err)
	}
	kind, _, _ := mime.ParseMediaType(req.Header.Get("Content-Type"))
	switch {
	case kind == "application/json" && len(body) > 0:
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

// readPlaces reads the parameters that are sent in neither the body nor a query.
func (c *wireCase) readPlaces(ep *endpoint.Endpoint, inPath map[string]string, header http.Header) {
	for _, param := range ep.Params {
		values := header.Values(param.Name)
		switch param.In {
		case endpoint.InBody:
			continue
		case endpoint.InPath:
			values = []string{inPath[param.Name]}
		}
		if len(values) > 0 {
			if c.Place == nil {
				c.Place = url.Values{}
			}
			c.Place[param.Name] = values
		}
	}
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

// TestCatalogueIsCovered checks both directions: every endpoint has a method, and every method an
// endpoint.
func TestCatalogueIsCovered(t *testing.T) {
	t.Parallel()
	claimed := map[*endpoint.Endpoint]string{}
	for _, c := range claims(t) {
		ep, name := c.endpoint(), c.service+"."+c.method
		require.NotNil(t, ep, "%s claims %s, which the catalogue does not have", name, c.at)
		require.Equal(t, ep.String(), c.at, name)
		require.NotEqual(t, endpoint.Unconfirmed, ep.Status, "%s calls an endpoint that nobody confirms", name)
		require.Empty(t, claimed[ep], "%s and %s claim the same endpoint", name, claimed[ep])
		require.NotContains(t, notCovered, string(ep.Area), "take %s off the list of areas not covered", ep.Area)
		claimed[ep] = name
	}
	inScope, covered := 0, 0
	for ep := range endpoint.All() {
		if ep.Status != endpoint.Current || slices.Contains(notCovered, string(ep.Area)) {
			continue
		}
		inScope++
		if claimed[ep] == "" {
			t.Errorf("%s has no method", ep)
			continue
		}
		covered++
	}
	t.Logf("%d of %d current endpoints in scope have a method: %d %%", covered, inScope, 100*covered/inScope)
}

// TestGoldenWireIsTheCatalogues compares the golden file with the endpoint table: every parameter
// is sent, in the documented form, and nothing else.
func TestGoldenWireIsTheCatalogues(t *testing.T) {
	t.Parallel()
	sent := map[*endpoint.Endpoint]map[string]bool{}
	for _, c := range readGolden(t) {
		ep := endpoint.ByPath(c.Method, c.Path)
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
			if slices.Contains(neverSent[ep.Name], param.Name) {
				require.False(t, names[param.Name], "%s: %s is sent", ep, param.Name)
				continue
			}
			total++
			if !names[param.Name] {
				t.Errorf("%s: no case sends %s", ep, param.Name)
				continue
			}
			reached++
		}
	}
	t.Logf("%d of %d parameters of %d endpoints are sent: %d %%", reached, total, len(sent), 100*reached/total)
}

// check compares the format of every parameter with the table and returns the parameters' names.
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
	placed := map[string]bool{}
	for name := range c.Place {
		placed[name] = true
	}
	all := maps.Clone(c.Form)
	if len(placed) > 0 {
		all = maps.Clone(c.Place)
		maps.Copy(all, c.Form)
	}
	for name, values := range all {
		param := find(name)
		require.Equal(t, param.In != endpoint.InBody, placed[name], "%s: %s travels in the wrong place", c.Call, name)
		if param.List != endpoint.Repeat {
			require.Len(t, values, 1, "%s: %s is not repeated", c.Call, name)
		}
		for _, value := range values {
			require.True(t, inForm(param, value), "%s: %s is %q, which is no %v", c.Call, name, value, param.Type)
			c.checkValue(t, param, value)
		}
	}
	if len(c.JSON) > 0 {
		var body map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(c.JSON, &body), c.Call)
		for name, value := range body {
			param := find(name)
			require.Equal(t, endpoint.InBody, param.In, "%s: %s", c.Call, name)
			require.True(t, inJSON(param, value), "%s: %s is %s, which is no %v", c.Call, name, value, param.Type)
			var items []json.RawMessage
			if param.Type != endpoint.StringList {
				items = append(items, value)
			} else {
				require.NoError(t, json.Unmarshal(value, &items), c.Call)
			}
			for _, item := range items {
				c.checkValue(t, param, strings.Trim(string(item), `"`))
			}
		}
	}
	return names
}

// checkValue fails for a value that is not among those the catalogue lists, if it lists any.
func (c wireCase) checkValue(t *testing.T, param *endpoint.Param, value string) {
	t.Helper()
	if len(param.Values) > 0 {
		require.Contains(t, param.Values, value, "%s: %s", c.Call, param.Name)
	}
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

// wireArguments are arguments that the filler cannot make, by service and method. Each area adds
// its own.
var wireArguments = mergeArguments(
	coreArguments,
	groupArguments,
	miscArguments,
	rtcArguments,
)

// sharing are methods that call an endpoint claimed by another method.
var sharing = []claim{
	{service: "GroupService", method: "QuitAll", at: "POST /group/sync.json"},
	{service: "GroupService", method: "ListByUserUnpaged", at: "POST /user/group/query.json"},
	{service: "GroupGlobalMuteService", method: "Add", at: "POST /group/user/gag/add.json"},
	{service: "GroupGlobalMuteService", method: "Remove", at: "POST /group/user/gag/rollback.json"},
	{service: "GroupGlobalMuteService", method: "List", at: "POST /group/user/gag/list.json"},
	{service: "GroupMuteAllMembersService", method: "Check", at: "POST /group/ban/query.json"},
}

func mergeArguments(parts ...map[string]func(full bool) []any) map[string]func(full bool) []any {
	all := map[string]func(full bool) []any{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}
