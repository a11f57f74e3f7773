package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const genServices = `package x

type Client struct {
	User *UserService
	Bot  *BotService
	core *core
	Name string
}

type core struct{ Hidden *HiddenService }

type UserService struct {
	service
	Blacklist *BlacklistService
	Loop      *UserService
}

type (
	service          struct{ client *Client }
	BlacklistService service
	HiddenService    service
	BotService       service
)

//rongcloud:endpoint POST /client.json
func (c *Client) Do() {}

//rongcloud:endpoint POST /user.json
func (s *UserService) Get() {}

//rongcloud:endpoint POST /blacklist.json
func (s BlacklistService) Add() {}

//rongcloud:endpoint POST /hidden.json
func (s *HiddenService) Hide() {}
`

// Methods are named as a caller writes them; what no way leads to keeps the name of its type.
func TestClaimsFollowServices(t *testing.T) {
	t.Parallel()
	found, err := claims(genTree(t, map[string]string{"a.go": genServices, "b.go": "package x\n\n//rongcloud:endpoint POST /bot.json\nfunc (*BotService) List() {}\n"}))
	require.NoError(t, err)
	require.Equal(t, map[string][]string{
		"POST /client.json": {"client.Do"}, "POST /user.json": {"client.User.Get"}, "POST /blacklist.json": {"client.User.Blacklist.Add"},
		"POST /bot.json": {"client.Bot.List"}, "POST /hidden.json": {"HiddenService.Hide"},
	}, found)
}

func TestOfficialGo(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"sdk/user.go UserRegister":                                     {"UserRegister"},
		"sdk/group.go GroupMuteMembersAdd, GroupGagAdd":                {"GroupMuteMembersAdd", "GroupGagAdd"},
		"sdk/chatroom.go ChatRoomMuteMembersAdd (also ChatRoomGagAdd)": {"ChatRoomMuteMembersAdd", "ChatRoomGagAdd"},
		"sdk/rongcloud.go":                                             nil,
		"":                                                             nil,
	} {
		require.Equal(t, want, sources{"go": text}.officialGo(), text)
	}
	require.Nil(t, sources{"go": 7}.officialGo())
	require.Nil(t, sources{"java": "User.java register"}.officialGo())
}

func TestMigration(t *testing.T) {
	t.Parallel()
	from := func(path, official string) *endpoint {
		return &endpoint{Method: "POST", Path: path, Status: "current", Sources: sources{"go": official, "docs": "https://docs.example.com" + path}}
	}
	text := string(migration([]*endpoint{
		from("/unknown.json", "sdk/x.go Unknown"), from("/user.json", "sdk/x.go UserGet, UserGetObj"), from("/bot.json", "sdk/x.go BotList"),
		from("/blacklist.json", "sdk/x.go BlacklistAdd"), from("/new.json", ""),
	}, map[string][]string{
		"POST /user.json": {"client.User.Get"}, "POST /bot.json": {"client.Bot.List"}, "POST /blacklist.json": {"client.User.Blacklist.Add"},
		"POST /new.json": {"client.User.New"},
	}))
	before, rest, found := strings.Cut(migrationText, tablesMark)
	require.True(t, found, "the template has a place for the tables")
	require.NotContains(t, rest, tablesMark)
	require.Contains(t, text, before+"### client.User\n\n"+tableHead+
		"| `UserGet`, `UserGetObj` | `client.User.Get` | [`POST /user.json`](https://docs.example.com/user.json) |\n"+
		"| `BlacklistAdd` | `client.User.Blacklist.Add` | [`POST /blacklist.json`](https://docs.example.com/blacklist.json) |\n\n"+
		"### client.Bot\n\n"+tableHead+
		"| `BotList` | `client.Bot.List` | [`POST /bot.json`](https://docs.example.com/bot.json) |\n\n"+
		"### Without a method\n\n"+tableHead+
		"| `Unknown` | `client.Call` | [`POST /unknown.json`](https://docs.example.com/unknown.json) |\n"+rest)
	require.NotContains(t, text, "client.User.New")
	require.True(t, strings.HasPrefix(text, "<!-- Code generated"))
}

// The check of the gate fails when the catalogue and the methods do not agree any more, while the generator itself goes on.
func TestRunFindsHoles(t *testing.T) {
	t.Parallel()
	const own = "package x\n\ntype S struct{}\n\n//rongcloud:endpoint POST /test/one.json\nfunc (s *S) One() {}\n"
	current := func(t *testing.T, files map[string]string) (string, error) {
		root := genTree(t, files)
		require.NoError(t, os.MkdirAll(filepath.Join(root, "docs"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "endpoint"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "internal", "live"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "internal", "shape"), 0o755))
		require.NoError(t, run(root, false))
		return root, run(root, true)
	}
	_, err := current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "a.go": own})
	require.NoError(t, err)

	_, one, found := strings.Cut(genGood, "endpoints:\n")
	require.True(t, found)
	made := strings.Replace(one, "/test/one.json", "/made/up.json", 1)
	_, err = current(t, map[string]string{"api/test.yaml": genGood + made, "api/codes.yaml": genCodes, "a.go": own})
	require.EqualError(t, err, "POST /made/up.json has no method")

	_, err = current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "a.go": strings.Replace(own, "//rongcloud:endpoint", "// was", 1)})
	require.EqualError(t, err, "POST /test/one.json has no method")

	_, err = current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "a.go": own + "\n//rongcloud:endpoint POST /gone.json\nfunc (s *S) Gone() {}\n"})
	require.EqualError(t, err, "S.Gone calls POST /gone.json, which the catalogue does not have")

	unused := strings.Replace(made, "status: current", "status: unconfirmed", 1)
	_, err = current(t, map[string]string{"api/test.yaml": genGood + unused, "api/codes.yaml": genCodes, "a.go": own})
	require.NoError(t, err)
}

// TestOwnCatalogueHasNoHoles takes one method away from the repository, and adds one endpoint, in memory.
func TestOwnCatalogueHasNoHoles(t *testing.T) {
	t.Parallel()
	endpoints, err := load("../../api")
	require.NoError(t, err)
	methods, err := claims("../..")
	require.NoError(t, err)
	require.Empty(t, unimplemented(endpoints, methods))

	require.Contains(t, methods, "POST /user/blacklist/add.json")
	delete(methods, "POST /user/blacklist/add.json")
	require.Len(t, unimplemented(endpoints, methods), 1)
	require.Len(t, unimplemented(append(endpoints, &endpoint{Method: "POST", Path: "/made/up.json", Status: "current"}), methods), 2)
}
