package shape

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, path, response   string
		unknown, types, absent []string
	}{
		{"as the catalogue has it", "/chatroom/user/exist.json", `{"code":200,"requestId":"1","isInChrm":true}`, nil, nil, nil},
		{"an unknown field", "/chatroom/user/exist.json", `{"code":200,"inRoom":true}`, []string{"inRoom (boolean)"}, nil, []string{"isInChrm"}},
		{"a name that may be the app's", "/chatroom/user/exist.json", `{"user-1":1,"isInChrm":false}`, []string{"(a name that is no identifier)"}, nil, nil},
		{"another kind", "/chatroom/user/exist.json", `{"isInChrm":1}`, nil, []string{"isInChrm: number, not bool"}, nil},
		{"null", "/chatroom/user/exist.json", `{"isInChrm":null}`, nil, nil, nil},
		{
			"in a list", "/chatroom/users/exist.json", `{"result":[{"userId":"u1"},{"userId":2,"there":[]}]}`,
			[]string{"result.there (array)"}, []string{"result.userId: number, not string"}, []string{"result.isInChrm"},
		},
		{"an empty list", "/chatroom/users/exist.json", `{"result":[]}`, nil, nil, nil},
		{"no list", "/chatroom/users/exist.json", `{"result":{}}`, nil, []string{"result: object, not object list"}, []string{"result.isInChrm", "result.userId"}},
		{"no such endpoint", "/none.json", `{"a":{}}`, []string{"a (object)"}, nil, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			decoder := json.NewDecoder(strings.NewReader(c.response))
			decoder.UseNumber()
			var response map[string]any
			require.NoError(t, decoder.Decode(&response))
			n := NewNotes("POST " + c.path)
			n.Add(response)
			require.ElementsMatch(t, c.unknown, n.Unknown())
			require.ElementsMatch(t, c.types, n.Types())
			require.ElementsMatch(t, c.absent, n.Absent())
		})
	}
}
