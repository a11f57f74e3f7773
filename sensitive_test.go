package rongcloud_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

const sensitiveAwkward = `你好 😀 &=+%"<>`

// sensitiveCall is one way to call an endpoint, and what it sends.
type sensitiveCall struct {
	path, what string
	call       func(context.Context, *rongcloud.Client) error
	form       url.Values
	json       string
}

func sensitiveCalls() []sensitiveCall {
	type client = *rongcloud.Client
	type ctx = context.Context
	list := func(kind rongcloud.SensitiveWordType) func(ctx, client) error {
		return func(x ctx, c client) error {
			_, err := c.SensitiveWord.List(x, rongcloud.SensitiveWordQuery{Type: kind})
			return err
		}
	}
	return []sensitiveCall{
		{"/sensitiveword/add.json", "all", func(x ctx, c client) error {
			return c.SensitiveWord.Add(x, rongcloud.SensitiveWordParams{Word: sensitiveAwkward, Replacement: "** " + sensitiveAwkward})
		}, userForm("word", sensitiveAwkward, "replaceWord", "** "+sensitiveAwkward), ""},
		{"/sensitiveword/add.json", "bare", func(x ctx, c client) error {
			return c.SensitiveWord.Add(x, rongcloud.SensitiveWordParams{Word: "bad"})
		}, userForm("word", "bad"), ""},
		{"/sensitiveword/batch/add.json", "all", func(x ctx, c client) error {
			_, err := c.SensitiveWord.BatchAdd(x, []rongcloud.SensitiveWordParams{{Word: "bad"}, {Word: sensitiveAwkward, Replacement: "*"}})
			return err
		}, nil, `{"words":[{"word":"bad"},{"word":"你好 😀 &=+%\"<>","replaceWord":"*"}]}`},
		{"/sensitiveword/delete.json", "all", func(x ctx, c client) error {
			return c.SensitiveWord.Remove(x, sensitiveAwkward)
		}, userForm("word", sensitiveAwkward), ""},
		{"/sensitiveword/batch/delete.json", "all", func(x ctx, c client) error {
			return c.SensitiveWord.BatchRemove(x, []string{"bad", "a,b", sensitiveAwkward})
		}, userForm("words", "bad", "words", "a,b", "words", sensitiveAwkward), ""},
		{"/sensitiveword/list.json", "all", list(0), userForm("type", "2"), ""},
		{"/sensitiveword/list.json", "replacing", list(rongcloud.SensitiveWordReplace), userForm("type", "0"), ""},
		{"/sensitiveword/list.json", "blocking", list(rongcloud.SensitiveWordBlock), userForm("type", "1"), ""},
	}
}

func TestSensitiveSends(t *testing.T) {
	t.Parallel()
	for _, test := range sensitiveCalls() {
		t.Run(test.path+" "+test.what, func(t *testing.T) {
			t.Parallel()
			calls, body := 0, ""
			client := userMock(t, test.path, func(got string) (int, string) {
				calls, body = calls+1, got
				return 200, `{"code":200}`
			})
			require.NoError(t, test.call(t.Context(), client))
			require.Equal(t, 1, calls)
			if test.json != "" {
				require.Equal(t, test.json, body)
				return
			}
			form, err := url.ParseQuery(body)
			require.NoError(t, err)
			require.Equal(t, test.form, form)
		})
	}
}

// TestSensitiveCatalogue proves that every current endpoint has a method, and that no other one
// has.
func TestSensitiveCatalogue(t *testing.T) {
	t.Parallel()
	tested := map[string]bool{}
	for _, test := range sensitiveCalls() {
		tested[test.path] = true
		if test.what == "all" && test.json == "" {
			for _, param := range endpointAt(test.path).Params {
				require.True(t, test.form.Has(param.Name), "%s never sends %s", test.path, param.Name)
			}
		}
	}
	for ep := range endpoint.All() {
		if ep.Area == "sensitive" {
			require.Equal(t, ep.Status == endpoint.Current, tested[ep.Path], ep.Path)
		}
	}
}

func TestSensitiveFails(t *testing.T) {
	t.Parallel()
	for _, test := range sensitiveCalls() {
		t.Run(test.path+" "+test.what, func(t *testing.T) {
			t.Parallel()
			client := userMock(t, test.path, func(string) (int, string) { return 400, `{"code":1002,"errorMessage":"no"}` })
			require.ErrorIs(t, test.call(t.Context(), client), rongcloud.CodeInvalidParameter)
			client = userMock(t, test.path, func(string) (int, string) { return 502, "<html>" })
			require.NotErrorIs(t, test.call(t.Context(), client), rongcloud.ErrOutcomeUnknown)
		})
	}
}

func TestSensitiveLists(t *testing.T) {
	t.Parallel()
	replaced := rongcloud.SensitiveWord{Word: "bad", Replacement: "*", Type: rongcloud.SensitiveWordReplace}
	blocked := rongcloud.SensitiveWord{Word: "worse", Type: rongcloud.SensitiveWordBlock}
	both := []rongcloud.SensitiveWord{replaced, blocked}
	for name, test := range map[string]struct {
		words string
		want  []rongcloud.SensitiveWord
	}{
		"texts":     {`[{"word":"bad","replaceWord":"*","type":"0"},{"word":"worse","replaceWord":"","type":"1"}]`, both},
		"numbers":   {`[{"word":"bad","replaceWord":"*","type":0},{"word":"worse","type":1}]`, both},
		"no types":  {`[{"word":"bad","replaceWord":"*"},{"word":"worse","replaceWord":null,"type":null}]`, both},
		"Java's":    {`[{"keyword":"bad","replace":"*","type":"0"},{"keyword":"worse","replace":"","type":"1"}]`, both},
		"a number":  {`[{"word":7,"type":"1"}]`, []rongcloud.SensitiveWord{{Word: "7", Type: rongcloud.SensitiveWordBlock}}},
		"one":       {`{"word":"worse","type":"1"}`, []rongcloud.SensitiveWord{blocked}},
		"an empty":  {`[]`, []rongcloud.SensitiveWord{}},
		"a null":    {`null`, []rongcloud.SensitiveWord{}},
		"the empty": {`""`, []rongcloud.SensitiveWord{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := userMock(t, "/sensitiveword/list.json", func(string) (int, string) { return 200, `{"code":200,"words":` + test.words + `}` })
			got, err := client.SensitiveWord.List(t.Context(), rongcloud.SensitiveWordQuery{})
			require.NoError(t, err)
			require.Equal(t, &rongcloud.SensitiveWords{Words: test.want}, got)
		})
	}
}

func TestSensitiveQuota(t *testing.T) {
	t.Parallel()
	words := []rongcloud.SensitiveWordParams{{Word: "bad"}}
	for answer, want := range map[string]int64{
		`,"remainQuota":49`: 49, `,"remainQuota":"49"`: 49, `,"remainQuota":4294967296`: 4294967296, ``: 0, `,"remainQuota":null`: 0,
	} {
		client := userMock(t, "/sensitiveword/batch/add.json", func(string) (int, string) { return 200, `{"code":200` + answer + `}` })
		quota, err := client.SensitiveWord.BatchAdd(t.Context(), words)
		require.NoError(t, err)
		require.Equal(t, want, quota.RemainingCount, answer)
	}

	client := userMock(t, "/sensitiveword/batch/add.json", func(string) (int, string) { return 400, `{"code":1002,"remainQuota":3}` })
	var info rongcloud.Response
	quota, err := client.SensitiveWord.BatchAdd(t.Context(), words, rongcloud.CaptureResponse(&info))
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.Nil(t, quota)
	require.Contains(t, string(info.Body), `"remainQuota":3`)
}

func TestSensitiveRefuses(t *testing.T) {
	t.Parallel()
	type client = *rongcloud.Client
	type ctx = context.Context
	add := func(words ...rongcloud.SensitiveWordParams) func(ctx, client) error {
		return func(x ctx, c client) error {
			_, err := c.SensitiveWord.BatchAdd(x, words)
			return err
		}
	}
	many := make([]rongcloud.SensitiveWordParams, 51)
	for i := range many {
		many[i].Word = "bad"
	}
	for _, test := range []struct {
		name, field, reason string
		call                func(ctx, client) error
	}{
		{"add nothing", "word", "is required", func(x ctx, c client) error {
			return c.SensitiveWord.Add(x, rongcloud.SensitiveWordParams{Replacement: "*"})
		}},
		{"add no words", "words", "is required", add()},
		{"add an empty word", "words", "item 2 lacks the word", add(rongcloud.SensitiveWordParams{Word: "a"}, rongcloud.SensitiveWordParams{Replacement: "*"})},
		{"add 51 words", "words", "51 items, at most 50", add(many...)},
		{"list an unknown type", "type", "SensitiveWordType(3) is none of its values", func(x ctx, c client) error {
			_, err := c.SensitiveWord.List(x, rongcloud.SensitiveWordQuery{Type: 3})
			return err
		}},
		{"delete nothing", "word", "is required", func(x ctx, c client) error { return c.SensitiveWord.Remove(x, "") }},
		{"delete no words", "words", "is required", func(x ctx, c client) error { return c.SensitiveWord.BatchRemove(x, nil) }},
		{"delete an empty word", "words", "item 1 is empty", func(x ctx, c client) error { return c.SensitiveWord.BatchRemove(x, []string{""}) }},
		{"delete 51 words", "words", "51 items, at most 50", func(x ctx, c client) error { return c.SensitiveWord.BatchRemove(x, userIDs(51)) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := userMock(t, "/sensitiveword/add.json", func(string) (int, string) {
				t.Error("the server was asked")
				return 200, `{"code":200}`
			})
			var refused *rongcloud.ArgumentError
			require.ErrorAs(t, test.call(t.Context(), client), &refused)
			require.Equal(t, test.field, cmp.Or(refused.Wire, refused.Field))
			require.Contains(t, refused.Reason, test.reason)
		})
	}
}

func TestSensitiveWords(t *testing.T) {
	t.Parallel()
	for want, value := range map[string]fmt.Stringer{
		"replace": rongcloud.SensitiveWordReplace, "block": rongcloud.SensitiveWordBlock,
		"SensitiveWordType(3)": rongcloud.SensitiveWordType(3),
	} {
		require.Equal(t, want, value.String())
	}
}
