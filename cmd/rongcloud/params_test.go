package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// api checks parameters given as JSON like those given as text.
func TestJSONParametersAreChecked(t *testing.T) {
	t.Parallel()
	template := []string{"/message/private/publish_template.json", "fromUserId=a", "objectName=RC:TxtMsg", "content={}"}
	env := map[string]string{envAppKey: "key", envAppSecret: "secret"}
	for _, c := range []struct {
		name string
		args []string
		want string // part of the body or of the error
	}{
		{"one object of a list", append(template, "toUserId=b", `values={"a":"1"}`, "pushContent=x"), `"values":[{"a":"1"}]`},
		{"an object for a list", append(template, "toUserId=b", `values:={"a":"1"}`, "pushContent=x"), "values is an object, and must be a list"},
		{"objects and lists", append(template, "toUserId=b", `values={"a":"1"}`, `values=[{"b":"2"}]`, "pushContent=x"), `"values":[{"a":"1"},{"b":"2"}]`},
		{"a number among objects", append(template, "toUserId=b", "values=[{},3]", "pushContent=x"), "values has a number, and must be a list of which each is an object"},
		{"a text for a list", append(template, `toUserId:="b"`, "values={}", "pushContent=x"), "toUserId is a text, and must be a list"},
		{"a list in one text", append(template, `toUserId=["b","c"]`, "values={}", "pushContent=x"), `"toUserId":["b","c"]`},
		{"a number among texts", append(template, "toUserId:=[1]", "values={}", "pushContent=x"), "toUserId has a number"},
		{"null", append(template, "toUserId:=null", "values={}", "pushContent=x"), "toUserId is null: leave it out"},
		{"a document", []string{template[0], "fromUserId=a", "objectName=o", `content:={"a": 1}`, "toUserId=b", "values={}", "pushContent=x"}, `"content":"{\"a\": 1}"`},
		{"a text for a number", []string{"/v3/bot/query.json", `page:="2"`}, "page is a text, and must be a number"},
		{"a fraction", []string{"/v3/bot/query.json", "page:=1.5"}, `page is "1.5", and not a number`},
		{"space before JSON", []string{"/v3/bot/query.json", "page:= 2"}, `{"page":2}`},
		{"too many objects in a list", []string{"/tag/conversation/set.json", "userId=a", "tagId=t", "conversations=[{}" + strings.Repeat(",{}", 100) + "]"}, "conversations has 101 values, of at most 100"},
		{"too many IDs in one text", []string{"/entrust/group/member/kick.json", "groupId=g", "userIds=a" + strings.Repeat(",a", 100)}, "userIds has 101 values, of at most 100"},
		{"a number for a text of a form", []string{"/user/getToken.json", "userId:=12", "name=n"}, "userId=12"},
		{"an object in a form", []string{"/user/getToken.json", `userId:={"a":1}`, "name=n"}, "userId is an object, and must be a text"},
		{"a list in a form", []string{"/user/getToken.json", `userId:=["a","b"]`, "name=n"}, "userId is a list, and must be a text"},
		{"a number out of bounds", []string{"/user/block.json", "userId=a", "minute:=99999999"}, "minute is 99999999, and not between 1 and 43200"},
		{"a text of a form that is no number", []string{"/user/block.json", "userId=a", `minute:="x"`}, `minute is "x", and not a number`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			code, out, talk := runApp(t, env, append([]string{"api", "--dry-run"}, c.args...)...)
			if strings.ContainsAny(c.want[:1], `"{`) || strings.Contains(c.want, "=") {
				require.Zero(t, code, talk)
				require.Contains(t, out, c.want)
				return
			}
			require.Equal(t, exitUsage, code, out)
			require.Contains(t, talk, c.want)
		})
	}
	file := filepath.Join(t.TempDir(), "body.json")
	require.NoError(t, os.WriteFile(file, []byte(`{"userId": {"a": 1}, "name": "n"}`), 0o600))
	code, out, talk := runApp(t, env, "api", "--dry-run", "/user/getToken.json", "--json", file)
	require.Equal(t, exitUsage, code, out)
	require.Contains(t, talk, "userId is an object, and must be a text")
}
