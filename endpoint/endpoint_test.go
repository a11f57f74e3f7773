package endpoint_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/endpoint"
)

// The table has exactly the entries of the catalogue.
func TestAllIsTheCatalogue(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../api/*.yaml")
	require.NoError(t, err)
	entry := regexp.MustCompile(`(?m)^  - path: (\S+)\r?\n(?:    .*\n)*?    method: ([A-Z]+)`)
	var catalogue, table []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		for _, match := range entry.FindAllStringSubmatch(string(text), -1) {
			catalogue = append(catalogue, match[2]+" "+match[1])
		}
	}
	for ep := range endpoint.All() {
		table = append(table, ep.String())
	}
	require.NotEmpty(t, table)
	require.ElementsMatch(t, catalogue, table)
}

func TestAllCanBeLeftEarlyAndRepeated(t *testing.T) {
	t.Parallel()
	var first *endpoint.Endpoint
	for range 2 {
		for ep := range endpoint.All() {
			if first == nil {
				first = ep
			}
			require.Same(t, first, ep)
			break
		}
	}
}

func TestByPath(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		require.Same(t, ep, endpoint.ByPath(ep.Method, ep.Path))
		require.Nil(t, endpoint.ByPath(http.MethodPatch, ep.Path))
	}
	require.Same(t, endpoint.UserGetToken, endpoint.ByPath("", "/user/getToken.json"), "POST goes without saying")
	for _, path := range []string{"", "/", "/user/gettoken.json", "user/getToken.json", "/user/getToken", "/user/getToken.json/"} {
		require.Nil(t, endpoint.ByPath("POST", path), path)
	}
}

func TestParam(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		for i := range ep.Params {
			require.Same(t, &ep.Params[i], ep.Param(ep.Params[i].Name), ep)
		}
		require.Nil(t, ep.Param(""), ep)
		require.Nil(t, ep.Param("noSuchParameter"), ep)
	}
	require.Nil(t, endpoint.UserGetToken.Param("UserId"), "names are told apart by letter case")
}

func TestUserGetToken(t *testing.T) {
	t.Parallel()
	require.Equal(t, &endpoint.Endpoint{
		Name: "UserGetToken", Method: "POST", Path: "/user/getToken.json", Encoding: endpoint.Form, Success: endpoint.SuccessOf(200),
		Status: endpoint.Current, Class: endpoint.Idempotent,
		Quota: endpoint.Quota{Limit: 200, Per: time.Second, Counts: endpoint.Requests},
		Params: []endpoint.Param{
			{Name: "userId", Type: endpoint.String, Required: true, MaxBytes: 64},
			{Name: "name", Type: endpoint.String, Required: true, MaxChars: 64},
			{Name: "portraitUri", Type: endpoint.String, MaxBytes: 1024},
		},
		Area: endpoint.AreaUser, Summary: "Register a user ID, or fetch a further connect token for it.",
		Doc: "https://docs.rongcloud.io/platform-chat-api/user/register",
	}, endpoint.UserGetToken)
	require.Equal(t, "POST /user/getToken.json", endpoint.UserGetToken.String())
}

func TestKeyedParam(t *testing.T) {
	t.Parallel()
	require.Equal(t, &endpoint.Param{Name: "chatroom", Keyed: true, Required: true, MaxItems: 100}, endpoint.ChatroomCreate.Param("chatroom"))
	require.Equal(t, endpoint.Deprecated, endpoint.ChatroomCreate.Status)
	require.Nil(t, endpoint.ChatroomCreate.Param("chatroom[<id>]"))
}

func TestSend(t *testing.T) {
	t.Parallel()
	send := endpoint.MessagePrivatePublish
	require.Equal(t, endpoint.Unsafe, send.Class)
	require.Equal(t, endpoint.Quota{Limit: 6000, Per: time.Minute, Counts: endpoint.Targets, Param: "toUserId"}, send.Quota)
	to := send.Param("toUserId")
	require.Equal(t, endpoint.StringList, to.Type)
	require.Equal(t, endpoint.Repeat, to.List)
	require.Equal(t, 1000, to.MaxItems)
	require.True(t, to.Required)
}

func TestRepeatedNotifications(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		if ep.Param("needNotify") != nil && ep.Class != endpoint.Unsafe {
			require.Contains(t, ep.UnsafeWith, "needNotify", ep)
		}
	}
	require.Equal(t, []string{"objectName"}, endpoint.ChatroomEntrySet.UnsafeWith)
}

func TestEveryEndpointIsWhole(t *testing.T) {
	t.Parallel()
	names, paths := map[string]bool{}, map[string]bool{}
	for ep := range endpoint.All() {
		t.Run(ep.Name, func(t *testing.T) {
			require.NotEmpty(t, ep.Name)
			require.False(t, names[ep.Name] || paths[ep.String()], "stands twice")
			names[ep.Name], paths[ep.String()] = true, true

			require.Contains(t, []string{"POST", http.MethodGet, http.MethodDelete}, ep.Method)
			require.Regexp(t, `^(/([A-Za-z0-9_-]+|\{[a-z_]+\}))+(\.json)?$`, ep.Path)
			code, _ := ep.Success.Code()
			require.Contains(t, []int{200, 10000}, code)
			require.Contains(t, []endpoint.Class{endpoint.Safe, endpoint.Idempotent, endpoint.Unsafe}, ep.Class)
			require.NotEmpty(t, ep.Area)
			require.NotEmpty(t, ep.Summary)
			if ep.Doc != "" {
				require.Regexp(t, `^https://\S+$`, ep.Doc)
			}
			require.Equal(t, ep.Method+" "+ep.Path, ep.String())

			require.Equal(t, ep.Method == http.MethodGet, ep.Encoding == endpoint.Query, "a query string is a GET's")
			if ep.Method == http.MethodGet {
				require.Equal(t, endpoint.Safe, ep.Class)
			}
			if ep.Status == endpoint.Current { // the others are not fully known
				inBody := slices.ContainsFunc(ep.Params, func(p endpoint.Param) bool { return p.In == endpoint.InBody })
				require.Equal(t, ep.Encoding == endpoint.None, !inBody, "no parameters, no encoding")
			}
			if ep.Class != endpoint.Idempotent {
				require.Empty(t, ep.UnsafeWith, "only an idempotent call can become unsafe")
			}
			for _, name := range ep.UnsafeWith {
				require.NotNil(t, ep.Param(name), name)
			}
			for _, name := range ep.Paging.Params {
				require.NotNil(t, ep.Param(name), name)
			}
			if ep.Paging.Style != endpoint.NoPaging {
				require.NotContains(t, ep.Paging.Style.String(), "(")
				require.NotEmpty(t, ep.Paging.Params)
				require.Equal(t, endpoint.Safe, ep.Class, "what is read page by page changes nothing")
			}
			endpointQuota(t, ep)
			seen := map[string]bool{}
			for _, param := range ep.Params {
				require.False(t, seen[param.Name], "%s stands twice", param.Name)
				seen[param.Name] = true
				endpointParam(t, ep, param)
			}
		})
	}
}

func endpointQuota(t *testing.T, ep *endpoint.Endpoint) {
	t.Helper()
	q := ep.Quota
	if q.Limit == 0 {
		require.Zero(t, q)
		return
	}
	require.Positive(t, q.Limit)
	require.Contains(t, []time.Duration{time.Second, time.Minute, time.Hour, 24 * time.Hour}, q.Per)
	require.Contains(t, []endpoint.Counts{endpoint.Requests, endpoint.Targets}, q.Counts)
	for _, c := range q.Caps {
		if c.Uses != nil {
			require.Zero(t, c.Limit)
			require.Positive(t, c.Uses.Quota.Limit)
			require.Empty(t, c.Uses.Quota.Caps)
		} else {
			require.Positive(t, c.Limit)
			require.Positive(t, c.Per)
		}
		for _, name := range append([]string{c.When.Param}, c.Each...) {
			require.True(t, name == "" || ep.Param(name) != nil, name)
		}
	}
	if q.Param == "" {
		return
	}
	require.Equal(t, endpoint.Targets, q.Counts)
	param := ep.Param(q.Param)
	require.NotNil(t, param)
	require.True(t, param.Required)
	require.Contains(t, []endpoint.Type{endpoint.StringList, endpoint.JSONString}, param.Type)
	if param.MaxItems > 0 {
		require.GreaterOrEqual(t, q.Limit, 1)
	}
}

func endpointParam(t *testing.T, ep *endpoint.Endpoint, p endpoint.Param) {
	t.Helper()
	if p.In == endpoint.InHeader {
		require.Regexp(t, `^[A-Z][a-z]*(-[A-Z][a-z]*)*$`, p.Name)
	} else {
		require.Regexp(t, `^[A-Za-z][A-Za-z0-9_.]*$`, p.Name)
	}
	switch p.List {
	case endpoint.NoList:
	case endpoint.Text: // a JSON document too
		require.Contains(t, []endpoint.Type{endpoint.StringList, endpoint.ObjectList, endpoint.JSONString}, p.Type, p.Name)
	default:
		require.Contains(t, []endpoint.Type{endpoint.StringList, endpoint.ObjectList}, p.Type, "%s: a list of what?", p.Name)
	}
	if p.Type == endpoint.StringList {
		require.NotEqual(t, endpoint.NoList, p.List, "%s: which list?", p.Name)
	}
	switch ep.Encoding {
	case endpoint.JSON:
		require.NotContains(t, []endpoint.List{endpoint.Repeat, endpoint.CSV}, p.List, p.Name)
		require.False(t, p.Keyed, p.Name)
	default:
		require.NotEqual(t, endpoint.Array, p.List, p.Name)
	}
	if p.Keyed {
		require.Equal(t, endpoint.String, p.Type)
	}
	if p.Type != endpoint.Int {
		require.Equal(t, endpoint.NoUnit, p.Unit, p.Name)
		require.Nil(t, p.Min, p.Name)
		require.Nil(t, p.Max, p.Name)
		require.False(t, p.ZeroValid, p.Name)
	}
	if p.ZeroForever {
		require.NotEqual(t, endpoint.NoUnit, p.Unit, p.Name)
		require.False(t, p.ZeroValid, "%s: a plain zero must not be sent where it means for ever", p.Name)
	}
	if p.Min != nil && p.Max != nil {
		require.LessOrEqual(t, *p.Min, *p.Max, p.Name)
	}
	if p.Min != nil && *p.Min <= 0 || p.Type == endpoint.Int && slices.Contains(p.Values, "0") {
		require.True(t, p.ZeroValid || p.ZeroForever, p.Name)
	}
	for _, limit := range []int{p.MaxItems, p.MaxBytes, p.MaxChars} {
		require.GreaterOrEqual(t, limit, 0, p.Name)
	}
}

// Endpoints that send or recall must never be repeated lightly.
func TestSendsAreUnsafe(t *testing.T) {
	t.Parallel()
	sends := 0
	for ep := range endpoint.All() {
		words := strings.FieldsFunc(strings.TrimSuffix(ep.Path, ".json"), func(r rune) bool { return r == '/' || r == '_' })
		if !slices.ContainsFunc([]string{"publish", "push", "recall", "broadcast"}, func(word string) bool { return slices.Contains(words, word) }) {
			continue
		}
		if last := words[len(words)-1]; last == "query" || last == "get" || last == "list" {
			require.Equal(t, endpoint.Safe, ep.Class, ep)
			continue
		}
		require.Equal(t, endpoint.Unsafe, ep.Class, ep)
		sends++
	}
	require.GreaterOrEqual(t, sends, 20)
}

// An endpoint whose name is a change, such as add, is not in class safe; one whose name is a query,
// such as list, is.
func TestSafeEndpointsAreQueries(t *testing.T) {
	t.Parallel()
	changes := []string{"add", "set", "remove", "delete", "del", "create", "update", "destroy", "dismiss", "join", "quit", "kick", "publish",
		"modify", "rollback", "block", "unblock", "import", "transfer", "deactivate", "reactivate"}
	for ep := range endpoint.All() {
		words := strings.FieldsFunc(strings.TrimSuffix(ep.Path, ".json"), func(r rune) bool { return r == '/' || r == '_' })
		switch last := words[len(words)-1]; {
		case slices.Contains(changes, last):
			require.NotEqual(t, endpoint.Safe, ep.Class, ep)
		case slices.Contains([]string{"query", "get", "list"}, last):
			require.Equal(t, endpoint.Safe, ep.Class, ep)
		}
	}
}

func TestStrings(t *testing.T) {
	t.Parallel()
	words := func(n int, text func(int) string) (all []string) {
		for i := range n {
			all = append(all, text(i))
		}
		return all
	}
	require.Equal(t, []string{"none", "form", "json", "query", "Encoding(4)"}, words(5, func(i int) string { return endpoint.Encoding(i).String() }))
	require.Equal(t, []string{"current", "deprecated", "unconfirmed", "Status(3)"}, words(4, func(i int) string { return endpoint.Status(i).String() }))
	require.Equal(t, []string{"unsafe", "idempotent", "safe", "Class(3)"}, words(4, func(i int) string { return endpoint.Class(i).String() }))
	require.Equal(t, []string{"requests", "targets", "Counts(2)"}, words(3, func(i int) string { return endpoint.Counts(i).String() }))
	require.Equal(t, []string{"string", "int", "bool", "string list", "json string", "object", "object list", "Type(7)"},
		words(8, func(i int) string { return endpoint.Type(i).String() }))
	require.Equal(t, []string{"", "ms", "seconds", "minutes", "Unit(4)"}, words(5, func(i int) string { return endpoint.Unit(i).String() }))
	require.Equal(t, []string{"", "repeat", "csv", "json", "array", "List(5)"}, words(6, func(i int) string { return endpoint.List(i).String() }))
	require.Equal(t, []string{"", "offset", "cursor", "time", "PagingStyle(4)"}, words(5, func(i int) string { return endpoint.PagingStyle(i).String() }))
	require.Equal(t, []string{"body", "header", "path", "Place(3)"}, words(4, func(i int) string { return endpoint.Place(i).String() }))
	require.Equal(t, "Class(255)", endpoint.Class(255).String())
}

// Name is the name of the variable, so that generated code and reports can refer to it.
func TestNamesAreTheVariables(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "endpoint_gen.go", nil, 0)
	require.NoError(t, err)
	variables := map[string]bool{}
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.VAR {
			continue
		}
		for _, spec := range group.Specs {
			for _, name := range spec.(*ast.ValueSpec).Names {
				if name.IsExported() {
					variables[name.Name] = true
				}
			}
		}
	}
	n := 0
	for ep := range endpoint.All() {
		require.True(t, variables[ep.Name], ep.Name)
		n++
	}
	require.Len(t, variables, n, "a variable is missing in All")
}

func TestNew(t *testing.T) {
	t.Parallel()
	ep := endpoint.New("POST", "/new.json", endpoint.Form)
	require.Equal(t, &endpoint.Endpoint{Method: "POST", Path: "/new.json", Encoding: endpoint.Form, Success: endpoint.SuccessOf(200)}, ep)
	require.Equal(t, endpoint.Unsafe, ep.Class)
	require.Equal(t, "POST /new.json", ep.String())
	require.Equal(t, "POST /new.json", (&endpoint.Endpoint{Path: "/new.json"}).String())
	require.Empty(t, (*endpoint.Endpoint)(nil).String())
}

func TestSuccess(t *testing.T) {
	t.Parallel()
	var unsaid endpoint.Success
	require.True(t, unsaid.IsZero())
	require.False(t, unsaid.Has(0))
	_, ok := unsaid.Code()
	require.False(t, ok)

	zero := endpoint.SuccessOf(0)
	require.False(t, zero.IsZero())
	require.True(t, zero.Has(0))
	require.False(t, zero.Has(200))

	both := endpoint.SuccessOf(200, 0)
	require.True(t, both.Has(0) && both.Has(200))
	require.False(t, both.Has(1))
	code, ok := both.Code()
	require.True(t, ok)
	require.Equal(t, 200, code)
}

// Changing a clone does not change the table.
func TestClone(t *testing.T) {
	t.Parallel()
	for ep := range endpoint.All() {
		clone := ep.Clone()
		require.Equal(t, ep, clone)
		require.NotSame(t, ep, clone)
		for i := range clone.Params {
			p := &clone.Params[i]
			p.Name += "x"
			if p.Max != nil {
				*p.Max++
				require.NotEqual(t, *ep.Params[i].Max, *p.Max)
			}
			require.NotEqual(t, ep.Params[i].Name, p.Name)
		}
	}
}

// TestMatch finds endpoints by request paths that contain parameter values.
func TestMatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		method, path string
		want         *endpoint.Endpoint
		values       map[string]string
	}{
		{method: "", path: "/user/getToken.json", want: endpoint.UserGetToken, values: nil},
		{
			method: "POST", path: "/v2/rtc/rooms/r1/block-users", want: endpoint.V2RTCRoomsRoomIDBlockUsersPost,
			values: map[string]string{"room_id": "r1"},
		},
		{
			method: "", path: "/v2/rtc/rooms/r1/block-users", want: endpoint.V2RTCRoomsRoomIDBlockUsersPost,
			values: map[string]string{"room_id": "r1"},
		},
		{
			method: "DELETE", path: "/v2/rtc/rooms/a%2Fb%20c/block-users", want: endpoint.V2RTCRoomsRoomIDBlockUsersDelete,
			values: map[string]string{"room_id": "a/b c"},
		},
		{
			method: "DELETE", path: "/v2/rtc/rooms/%7Broom_id%7D/block-users", want: endpoint.V2RTCRoomsRoomIDBlockUsersDelete,
			values: map[string]string{"room_id": "{room_id}"},
		},
		{method: "GET", path: "/v2/rtc/rooms/r1/block-users", want: nil, values: nil},
		{method: "POST", path: "/v2/rtc/rooms//block-users", want: nil, values: nil},
		{method: "POST", path: "/v2/rtc/rooms/a/b/block-users", want: nil, values: nil},
		{method: "POST", path: "/v2/rtc/rooms/%zz/block-users", want: nil, values: nil},
		{method: "POST", path: "/v2/rtc/rooms/r1/block-users/", want: nil, values: nil},
		{method: "GET", path: "/user/getToken.json", want: nil, values: nil},
		{method: "POST", path: "", want: nil, values: nil},
	} {
		ep, values := endpoint.Match(c.method, c.path)
		require.Same(t, c.want, ep, "%s %s", c.method, c.path)
		require.Equal(t, c.values, values, "%s %s", c.method, c.path)
	}
}
