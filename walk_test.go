package rongcloud_test

import (
	"context"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// iterator is a method of a service that walks pages.
type iterator struct {
	service, name string
	method        reflect.Value
}

// iterators finds the methods of all services that return an iter.Seq2 and call the server.
func iterators(client *rongcloud.Client) []iterator {
	found, ways := map[string]reflect.Value{}, map[string]string{}
	services(reflect.ValueOf(client).Elem(), "", found, ways)
	var all []iterator
	for service, v := range found {
		for i := range v.NumMethod() {
			m := v.Type().Method(i)
			takesOptions := m.Type.IsVariadic() && m.Type.In(m.Type.NumIn()-1).Elem() == reflect.TypeFor[rongcloud.CallOption]()
			if takesOptions && m.Type.NumOut() == 1 && strings.HasPrefix(m.Type.Out(0).String(), "iter.Seq2[") {
				all = append(all, iterator{service: service, name: m.Name, method: v.Method(i)})
			}
		}
	}
	slices.SortFunc(all, func(a, b iterator) int { return strings.Compare(a.service+a.name, b.service+b.name) })
	return all
}

// arguments returns the method's own arguments, those of the method for one page, or made-up ones.
func (i *iterator) arguments() []reflect.Value {
	for _, name := range []string{i.name, strings.Replace(i.name, "All", "List", 1)} {
		if _, ok := wireArguments[i.service+"."+name]; ok {
			return arguments(claim{service: i.service, method: name}, i.method.Type(), true)
		}
	}
	f := &filler{full: true}
	var args []reflect.Value
	for n := 1; n < i.method.Type().NumIn()-1; n++ {
		arg := reflect.New(i.method.Type().In(n)).Elem()
		f.fill(arg)
		args = append(args, arg)
	}
	return args
}

// TestEveryPagingEndpointIsWalked calls every iterator and checks that each paging endpoint of the
// catalogue is called.
func TestEveryPagingEndpointIsWalked(t *testing.T) {
	t.Parallel()
	type request struct{ path, body string }
	var sent []request
	mock := httpmock.NewMockTransport()
	mock.RegisterNoResponder(func(req *http.Request) (*http.Response, error) {
		r := request{path: req.URL.Path, body: req.URL.RawQuery}
		if req.Body != nil {
			body, err := io.ReadAll(req.Body)
			if err != nil {
				return nil, err
			}
			r.body = string(body)
		}
		sent = append(sent, r)
		return httpmock.NewStringResponse(200, `{"code":`+successOf(req)+`}`), nil
	})
	client, err := rongcloud.New("test-key", "test-secret", rongcloud.WithBaseURL("https://api.example"),
		rongcloud.WithHTTPClient(&http.Client{Transport: mock}), rongcloud.WithoutRetries())
	require.NoError(t, err)

	walked := map[string]string{}
	for _, i := range iterators(client) {
		name := i.service + "." + i.name
		args := i.arguments()
		seq := i.method.Call(append([]reflect.Value{reflect.ValueOf(context.Background())}, args...))[0]
		require.Empty(t, sent, "%s asks before anything is needed", name)
		for range 2 {
			for _, err := range seq.Seq2() {
				if failure, ok := reflect.TypeAssert[error](err); ok {
					var refused *rongcloud.ArgumentError
					require.NotErrorAs(t, failure, &refused, "%s cannot be called like this", name)
				}
			}
		}
		require.NotEmpty(t, sent, "%s asks nothing", name)
		require.Equal(t, sent[:len(sent)/2], sent[len(sent)/2:], "%s changes its parameters, or does not start anew", name)
		walked[sent[0].path] = name
		sent = nil
	}

	paging, covered := 0, 0
	for ep := range endpoint.All() {
		if ep.Status != endpoint.Current || ep.Paging.Style == endpoint.NoPaging || slices.Contains(notCovered, string(ep.Area)) {
			continue
		}
		paging++
		if walked[ep.Path] == "" {
			t.Errorf("%s answers in pages, and no iterator walks them", ep)
			continue
		}
		covered++
	}
	t.Logf("%d of %d paging endpoints in scope are walked, by %d iterators", covered, paging, len(walked))
	require.GreaterOrEqual(t, covered, 20)
}
