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

// Methods are named as a caller writes them; an unreachable method keeps the name of its type.
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

func TestOfficialJava(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"src/main/java/io/rong/methods/user/User.java register":                          {"User.register"},
		"src/main/java/io/rong/methods/group/Group.java join, invite":                    {"Group.join", "Group.invite"},
		"src/mute/MuteMembers.java add, user/mute/MuteGroups.java add (also Gag.java x)": {"MuteMembers.add", "MuteGroups.add"},
		"server-sdk-java 4.0.11 BaseMessage.audit (auditType and strategy)":              nil,
		"": nil,
	} {
		require.Equal(t, want, sources{"java": text}.officialJava(), text)
	}
}

// Each endpoint can be found by its path, by what it does and by the official SDKs' names for it.
func TestEndpointIsFound(t *testing.T) {
	t.Parallel()
	endpoints, err := load("../../api")
	require.NoError(t, err)
	rows := map[string]string{}
	for line := range strings.Lines(string(page(endpoints, nil))) {
		for _, e := range endpoints {
			if strings.HasPrefix(line, "| "+e.link(english)+" |") {
				rows[e.Method+" "+e.Path] = line
			}
		}
	}
	require.Len(t, rows, len(endpoints))
	official := 0
	for _, e := range endpoints {
		row := rows[e.Method+" "+e.Path]
		require.Contains(t, row, "| "+strings.TrimSuffix(e.Summary, ".")+" |")
		for _, name := range append(e.Sources.officialGo(), e.Sources.officialJava()...) {
			require.Contains(t, row, "`"+name+"`")
			official++
		}
	}
	require.Greater(t, official, 400)
}

func TestMigration(t *testing.T) {
	t.Parallel()
	from := func(path, official string) *endpoint {
		return &endpoint{Method: "POST", Path: path, Status: "current", Sources: sources{"go": official, "docs": "https://docs.example.com" + path}}
	}
	endpoints := []*endpoint{
		from("/unknown.json", "sdk/x.go Unknown"), from("/user.json", "sdk/x.go UserGet, UserSet, UserGetObj"), from("/bot.json", "sdk/x.go BotList"),
		from("/blacklist.json", "sdk/x.go BlacklistAdd"), from("/new.json", ""),
	}
	methods := map[string][]string{
		"POST /user.json": {"client.User.Get"}, "POST /bot.json": {"client.Bot.List"}, "POST /blacklist.json": {"client.User.Blacklist.Add"},
		"POST /new.json": {"client.User.New"},
	}
	sdk := &official{
		Methods: []string{"UGNew", "UGOld"},
		Older:   map[string]olderCall{"UGOld": {Here: methodList{"client.User.Get"}, Calls: "POST /v2/old", Note: translated{"older", "旧"}}, "UGNew": {Calls: "POST /v2/new"}},
		Here:    map[string]methodList{"UserSet": {"client.User.Add", "client.User.Remove"}},
		Notes:   map[string]translated{"BotList": {"by page", "分页"}},
	}
	text := string(migrationPage(english, endpoints, methods, sdk))
	tableHead := wordTableHead.En
	before, rest, found := strings.Cut(migrationEnglish, tablesMark)
	require.True(t, found, "the template has a place for the tables")
	require.NotContains(t, rest, tablesMark)
	require.Contains(t, text, before+"### client.User\n\n"+tableHead+
		"| `UserGet`, `UserGetObj` | `client.User.Get` |  | [`POST /user.json`](https://docs.example.com/user.json) |\n"+
		"| `UserSet` | `client.User.Add`, `client.User.Remove` |  | [`POST /user.json`](https://docs.example.com/user.json) |\n"+
		"| `BlacklistAdd` | `client.User.Blacklist.Add` |  | [`POST /blacklist.json`](https://docs.example.com/blacklist.json) |\n"+
		"| `UGOld` | `client.User.Get` | older | `POST /v2/old` *(an older API)* |\n\n"+
		"### client.Bot\n\n"+tableHead+
		"| `BotList` | `client.Bot.List` | by page | [`POST /bot.json`](https://docs.example.com/bot.json) |\n\n"+
		"### Without a method\n\n"+tableHead+
		"| `Unknown` | `client.Call` |  | [`POST /unknown.json`](https://docs.example.com/unknown.json) |\n"+
		"| `UGNew` | nothing |  | `POST /v2/new` *(an older API)* |\n"+rest)
	require.NotContains(t, text, "client.User.New")
	require.True(t, strings.HasPrefix(text, "<!-- Code generated"))

	text = string(migrationPage(chinese, endpoints, methods, sdk))
	require.Contains(t, text, "| `UserSet` | `client.User.Add`、`client.User.Remove` |  | [`POST /user.json`](https://docs.example.com/user.json) |\n")
	require.Contains(t, text, "| `UGOld` | `client.User.Get` | 旧 | `POST /v2/old` *（旧版 API）* |\n")
	require.Contains(t, text, "### 没有方法\n\n"+wordTableHead.Zh+"| `Unknown` | `client.Call` |")
	require.Contains(t, text, "| `UGNew` | 无 |")

	old := from("/old.json", "")
	for status, want := range map[string][2]string{"current": {"", ""}, "deprecated": {" *(deprecated)*", " *（已弃用）*"}, "unconfirmed": {" *(unconfirmed)*", " *（未证实）*"}} {
		old.Status = status
		require.Equal(t, "[`POST /old.json`](https://docs.example.com/old.json)"+want[0], old.link(english))
		require.Equal(t, "[`POST /old.json`](https://docs.example.com/old.json)"+want[1], old.link(chinese))
	}
}

// The check fails when the catalogue and the methods no longer agree, while the generator itself
// still works.
func TestRunFindsHoles(t *testing.T) {
	t.Parallel()
	const own = "package x\n\ntype S struct{}\n\n//rongcloud:endpoint POST /test/one.json\nfunc (s *S) One() {}\n"
	current := func(t *testing.T, files map[string]string) (string, error) {
		root := genTree(t, files)
		require.NoError(t, os.MkdirAll(filepath.Join(root, "docs"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "endpoint"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "internal", "live"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "internal", "shape"), 0o755))
		require.NoError(t, os.MkdirAll(filepath.Join(root, "cmd", "rongcloud"), 0o755))
		require.NoError(t, run(root, false))
		return root, run(root, true)
	}
	_, err := current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": own})
	require.NoError(t, err)

	_, one, found := strings.Cut(genGood, "endpoints:\n")
	require.True(t, found)
	made := strings.Replace(one, "/test/one.json", "/made/up.json", 1)
	_, err = current(t, map[string]string{"api/test.yaml": genGood + made, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": own})
	require.EqualError(t, err, "POST /made/up.json has no method")

	_, err = current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": strings.Replace(own, "//rongcloud:endpoint", "// was", 1)})
	require.EqualError(t, err, "POST /test/one.json has no method")

	_, err = current(t, map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": own + "\n//rongcloud:endpoint POST /gone.json\nfunc (s *S) Gone() {}\n"})
	require.EqualError(t, err, "S.Gone calls POST /gone.json, which the catalogue does not have")

	unused := strings.Replace(made, "status: current", "status: unconfirmed", 1)
	_, err = current(t, map[string]string{"api/test.yaml": genGood + unused, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": own})
	require.NoError(t, err)
}

// TestOwnCatalogueHasNoHoles removes one method of the repository and adds one endpoint, in
// memory.
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

// The generator fails for a name that no longer exists, of this SDK or of the official one, and
// for an official method without a counterpart.
func TestOfficialCheck(t *testing.T) {
	t.Parallel()
	own := names{"client.User": true, "client.User.Get": true, "rongcloud.Ptr": true, "User.Name": true}
	endpoints := []*endpoint{{Method: "POST", Path: "/user.json", Sources: sources{"go": "sdk/x.go UserGet, UserGone"}}}
	sdk := &official{
		Methods: []string{"UserGet", "UserNew", "UGOld", "SetHttpTransport"},
		Client:  []string{"SetHttpTransport"},
		Older:   map[string]olderCall{"UGOld": {Here: methodList{"client.User.Old"}, Note: translated{"`User.Old`", "旧"}}},
		Here:    map[string]methodList{"UserGet": {"client.User.Get", "client.Group.Get"}},
		Notes:   map[string]translated{"UserGet": {"as `client.User.Get` and `rongcloud.Gone`, by `User.Name`", "`client.User.Lost`"}, "UserOther": {En: "x"}},
	}
	var found []string
	for _, err := range sdk.check(endpoints, own) {
		if !strings.Contains(err.Error(), "migration.md") && !strings.Contains(err.Error(), "migration_zh.md") {
			found = append(found, strings.TrimPrefix(err.Error(), "internal/gen/migration.yaml: "))
		}
	}
	require.Equal(t, []string{
		"api/: POST /user.json is said to be called by UserGone, which the official SDK does not have",
		"UserNew stands in 0 of: an endpoint's sources, older, client",
		"notes: UserGet: there is no rongcloud.Gone",
		"notes: UserGet: there is no client.User.Lost",
		"notes: UserOther has no row",
		"notes: UserOther: the note is not in English and in Chinese",
		"older: UGOld: there is no User.Old",
		"UGOld: there is no method client.User.Old",
		"UserGet: there is no method client.Group.Get",
	}, found)
}

// The repository's page covers all methods of the official SDK, and names only existing methods.
func TestOwnMigration(t *testing.T) {
	t.Parallel()
	endpoints, err := load("../../api")
	require.NoError(t, err)
	sdk, err := loadOfficial("../..")
	require.NoError(t, err)
	require.Len(t, sdk.Methods, 260)
	own, err := ownNames("../..", nil)
	require.NoError(t, err)
	require.Empty(t, sdk.check(endpoints, own))
	delete(own, "client.User.Register")
	delete(own, "PrivateMessage.From")
	delete(own, "client.Conversation.Unpin")
	require.Len(t, sdk.check(endpoints, own), 7, "each of the two texts names one of them twice")
}
