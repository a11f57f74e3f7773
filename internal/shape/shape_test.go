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
		{
			name: "as the catalogue has it", path: "/chatroom/user/exist.json",
			response: `{"code":200,"requestId":"1","isInChrm":true}`, unknown: nil, types: nil, absent: nil,
		},
		{
			name: "an unknown field", path: "/chatroom/user/exist.json", response: `{"code":200,"inRoom":true}`,
			unknown: []string{"inRoom (boolean)"}, types: nil, absent: []string{"isInChrm"},
		},
		{
			name: "a name that may be the app's", path: "/chatroom/user/exist.json", response: `{"user-1":1,"isInChrm":false}`,
			unknown: []string{"(a name that is no identifier)"}, types: nil, absent: nil,
		},
		{
			name: "another kind", path: "/chatroom/user/exist.json", response: `{"isInChrm":1}`, unknown: nil,
			types: []string{"isInChrm: number, not bool"}, absent: nil,
		},
		{name: "null", path: "/chatroom/user/exist.json", response: `{"isInChrm":null}`, unknown: nil, types: nil, absent: nil},
		{
			name: "in a list", path: "/chatroom/users/exist.json", response: `{"result":[{"userId":"u1"},{"userId":2,"there":[]}]}`,
			unknown: []string{"result.there (array)"}, types: []string{"result.userId: number, not string"}, absent: []string{"result.isInChrm"},
		},
		{name: "an empty list", path: "/chatroom/users/exist.json", response: `{"result":[]}`, unknown: nil, types: nil, absent: nil},
		{
			name: "no list", path: "/chatroom/users/exist.json", response: `{"result":{}}`, unknown: nil,
			types: []string{"result: object, not object list"}, absent: []string{"result.isInChrm", "result.userId"},
		},
		{name: "no such endpoint", path: "/none.json", response: `{"a":{}}`, unknown: []string{"a (object)"}, types: nil, absent: nil},
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
