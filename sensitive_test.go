package rongcloud_test

import (
	"cmp"
	"context"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

const sensitiveAwkward = `你好 😀 &=+%"<>`

func sensitiveCalls() []apiCall {
	list := func(kind rongcloud.SensitiveWordType) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.SensitiveWord.List(ctx, rongcloud.SensitiveWordQuery{Type: kind})
			return err
		}
	}
	return []apiCall{
		{path: "/sensitiveword/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.Add(ctx, rongcloud.SensitiveWordParams{Word: sensitiveAwkward, Replacement: "** " + sensitiveAwkward})
		}, form: formOf("word", sensitiveAwkward, "replaceWord", "** "+sensitiveAwkward)},
		{path: "/sensitiveword/add.json", what: "bare", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.Add(ctx, rongcloud.SensitiveWordParams{Word: "bad"})
		}, form: formOf("word", "bad")},
		{path: "/sensitiveword/batch/add.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.SensitiveWord.BatchAdd(ctx, []rongcloud.SensitiveWordParams{{Word: "bad"}, {Word: sensitiveAwkward, Replacement: "*"}})
			return err
		}, json: `{"words":[{"word":"bad"},{"word":"你好 😀 &=+%\"<>","replaceWord":"*"}]}`},
		{path: "/sensitiveword/delete.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.Remove(ctx, sensitiveAwkward)
		}, form: formOf("word", sensitiveAwkward)},
		{path: "/sensitiveword/batch/delete.json", what: "all", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.BatchRemove(ctx, []string{"bad", "a,b", sensitiveAwkward})
		}, form: formOf("words", "bad", "words", "a,b", "words", sensitiveAwkward)},
		{path: "/sensitiveword/list.json", what: "all", call: list(0), form: formOf("type", "2")},
		{path: "/sensitiveword/list.json", what: "replacing", call: list(rongcloud.SensitiveWordReplace), form: formOf("type", "0")},
		{path: "/sensitiveword/list.json", what: "blocking", call: list(rongcloud.SensitiveWordBlock), form: formOf("type", "1")},
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
			client := mockPath(t, "/sensitiveword/list.json", func(string) (int, string) { return 200, `{"code":200,"words":` + test.words + `}` })
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
		client := mockPath(t, "/sensitiveword/batch/add.json", func(string) (int, string) { return 200, `{"code":200` + answer + `}` })
		quota, err := client.SensitiveWord.BatchAdd(t.Context(), words)
		require.NoError(t, err)
		require.Equal(t, want, quota.RemainingCount, answer)
	}

	client := mockPath(t, "/sensitiveword/batch/add.json", func(string) (int, string) { return 400, `{"code":1002,"remainQuota":3}` })
	var info rongcloud.Response
	quota, err := client.SensitiveWord.BatchAdd(t.Context(), words, rongcloud.CaptureResponse(&info))
	require.ErrorIs(t, err, rongcloud.CodeInvalidParameter)
	require.Nil(t, quota)
	require.Contains(t, string(info.Body), `"remainQuota":3`)
}

func TestSensitiveRefuses(t *testing.T) {
	t.Parallel()
	add := func(words ...rongcloud.SensitiveWordParams) func(context.Context, *rongcloud.Client) error {
		return func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.SensitiveWord.BatchAdd(ctx, words)
			return err
		}
	}
	many := make([]rongcloud.SensitiveWordParams, 51)
	for i := range many {
		many[i].Word = "bad"
	}
	for _, test := range []struct {
		name, field, reason string
		call                func(context.Context, *rongcloud.Client) error
	}{
		{name: "add nothing", field: "word", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.Add(ctx, rongcloud.SensitiveWordParams{Replacement: "*"})
		}},
		{name: "add no words", field: "words", reason: "is required", call: add()},
		{
			name: "add an empty word", field: "words", reason: "item 2 lacks the word",
			call: add(rongcloud.SensitiveWordParams{Word: "a"}, rongcloud.SensitiveWordParams{Replacement: "*"}),
		},
		{name: "add 51 words", field: "words", reason: "51 items, at most 50", call: add(many...)},
		{name: "list an unknown type", field: "type", reason: "SensitiveWordType(3) is not a valid value", call: func(ctx context.Context, client *rongcloud.Client) error {
			_, err := client.SensitiveWord.List(ctx, rongcloud.SensitiveWordQuery{Type: 3})
			return err
		}},
		{
			name: "delete nothing", field: "word", reason: "is required",
			call: func(ctx context.Context, client *rongcloud.Client) error { return client.SensitiveWord.Remove(ctx, "") },
		},
		{name: "delete no words", field: "words", reason: "is required", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.BatchRemove(ctx, nil)
		}},
		{name: "delete an empty word", field: "words", reason: "item 1 is empty", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.BatchRemove(ctx, []string{""})
		}},
		{name: "delete 51 words", field: "words", reason: "51 items, at most 50", call: func(ctx context.Context, client *rongcloud.Client) error {
			return client.SensitiveWord.BatchRemove(ctx, userIDs(51))
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			client := mockPath(t, "/sensitiveword/add.json", func(string) (int, string) {
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
