package rongcloud_test

import (
	"cmp"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"net/http"
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

// argumentNames are the names of the arguments between the context and the call options, by
// service and method.
func argumentNames(t *testing.T) map[string][]string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	names := map[string][]string{}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, decl := range parsed.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || f.Recv == nil {
				continue
			}
			receiver, ok := f.Recv.List[0].Type.(*ast.StarExpr)
			if !ok {
				continue
			}
			id, ok := receiver.X.(*ast.Ident)
			if !ok {
				continue
			}
			for _, param := range f.Type.Params.List {
				for _, name := range param.Names {
					names[id.Name+"."+f.Name.Name] = append(names[id.Name+"."+f.Name.Name], name.Name)
				}
			}
		}
	}
	return names
}

// accepting returns a client all of whose calls succeed.
func accepting(t *testing.T, opts ...rongcloud.Option) *rongcloud.Client {
	t.Helper()
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		result := ""
		if req.URL.Path == endpoint.EmbedAccessToken.Path {
			result = `,"data":"https://console.example/"`
		}
		code := successOf(req)
		return httpmock.NewStringResponse(http.StatusOK, `{"code":`+code+`,"token":"t","translated":"x"`+result+`}`), nil
	})
	client, err := rongcloud.New("test-key", "test-secret", append([]rongcloud.Option{
		rongcloud.WithBaseURL("https://api.example"), rongcloud.WithTranslationURL("https://translation.example"),
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}),
	}, opts...)...)
	require.NoError(t, err)
	return client
}

// emptied returns variants of a method's arguments. Each variant lacks one argument or one field,
// whose name in the caller's code is its key.
func emptied(args []reflect.Value, names []string) map[string][]reflect.Value {
	found := map[string][]reflect.Value{}
	with := func(name string, i int, v reflect.Value) {
		changed := slices.Clone(args)
		changed[i] = v
		found[name] = changed
	}
	for i, arg := range args {
		if arg.Kind() != reflect.Struct {
			with(names[i], i, reflect.Zero(arg.Type()))
			continue
		}
		for _, field := range reflect.VisibleFields(arg.Type()) {
			if !field.IsExported() || field.Anonymous {
				continue
			}
			changed := reflect.New(arg.Type()).Elem()
			changed.Set(arg)
			changed.FieldByIndex(field.Index).SetZero()
			with(arg.Type().Name()+"."+field.Name, i, changed)
		}
	}
	return found
}

// wireName returns the parameter that a field of the arguments' structs fills, or "".
func wireName(args []reflect.Value, written string) string {
	for _, arg := range args {
		typ, field, _ := strings.Cut(written, ".")
		if arg.Kind() != reflect.Struct || arg.Type().Name() != typ {
			continue
		}
		if f, ok := arg.Type().FieldByName(field); ok {
			name, _, _ := strings.Cut(f.Tag.Get("wire"), ",")
			return name
		}
	}
	return ""
}

// inside are the fields whose refusal names a field of a nested struct, or an alternative field.
var inside = map[string]string{
	"AgentCreateParams.Config":         "AgentModel.Name",
	"MessageStreamPieceParams.Content": "StreamMessage.Sequence",
	"HistoryQuery.Until":               "HistoryQuery.Since", // an Until of now needs Since
	"UltraGroupHistoryQuery.Until":     "UltraGroupHistoryQuery.Since",
	"RTCRecordStartParams.Config":      "RTCRecordConfig.VideoFormat",
	"UserProfileParams.Attributes":     "UserProfileParams.Profile",
}

// saidByMethods are required parameters whose zero has a meaning, but which the caller cannot omit:
// there is a method for each value, or only one value is ever sent.
var saidByMethods = []string{
	"ConversationTopSet.setTop", "UltragroupGlobalbannedSet.status", "UserChatFbSet.state",
	"V3MessagePrivateQuery.includeStart", "V3MessageGroupQuery.includeStart", "V3MessageUltragroupQuery.includeStart", "V3MessageChatroomQuery.includeStart",
}

// TestArgumentErrorsNameWhatTheCallerWrote leaves out one argument or field at a time, for all
// methods. A refusal must name it and the endpoint. A required parameter must be refused, even if
// zero is one of its values.
func TestArgumentErrorsNameWhatTheCallerWrote(t *testing.T) {
	t.Parallel()
	client := accepting(t)
	found := map[string]reflect.Value{}
	services(reflect.ValueOf(client).Elem(), "", found, map[string]string{})
	names := argumentNames(t)
	refusals, refusedParams := 0, map[string]bool{}
	for _, c := range append(claims(t), sharing...) {
		method := found[c.service].MethodByName(c.method)
		args := arguments(c, method.Type(), false)
		for written, changed := range emptied(args, names[c.service+"."+c.method][1:]) {
			results := method.Call(append([]reflect.Value{reflect.ValueOf(context.Background())}, changed...))
			err, _ := reflect.TypeAssert[error](results[len(results)-1])
			if err == nil {
				if param := c.endpoint().Param(wireName(args, written)); param != nil && param.Required {
					t.Errorf("%s.%s without %s sends a %s of its own", c.service, c.method, written, param.Name)
				}
				continue
			}
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, err, &refused, "%s.%s without %s", c.service, c.method, written)
			refusals++
			refusedParams[c.endpoint().Name+"."+refused.Wire] = true
			if refused.Field != cmp.Or(inside[written], written) || refused.Endpoint != c.endpoint() {
				t.Errorf("%s.%s without %s: %v", c.service, c.method, written, err)
			}
			if inside[written] == "" && c.endpoint().Param(refused.Wire) == nil {
				t.Errorf("%s.%s without %s: the parameter on the wire is not %q", c.service, c.method, written, refused.Wire)
			}
		}
	}
	require.Greater(t, refusals, 300)
	for ep := range endpoint.All() {
		for _, param := range ep.Params {
			name := ep.Name + "." + param.Name
			meant := param.ZeroValid || param.ZeroForever || param.Type == endpoint.Bool
			if ep.Status == endpoint.Current && param.Required && meant && refusedParams[name] == slices.Contains(saidByMethods, name) {
				t.Errorf("%s has a zero that does something: it is refused %t, and said by methods %t", name, refusedParams[name], !refusedParams[name])
			}
		}
	}
}

// successOf returns the code with which the server reports success for a request.
func successOf(req *http.Request) string {
	ep, _ := endpoint.Match(req.Method, req.URL.EscapedPath())
	code, _ := ep.Success.Code()
	return strconv.Itoa(code)
}

// endpointAt returns the catalogue's endpoint with the given path, whatever its method.
func endpointAt(path string) *endpoint.Endpoint {
	for ep := range endpoint.All() {
		if ep.Path == path {
			return ep
		}
	}
	return nil
}
