package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const genGood = `domain: test
endpoints:
  - path: /test/one.json
    method: POST
    encoding: form
    success: 200
    status: current
    summary: Do one thing.
    idempotent: true
    unsafe_with: [needNotify]
    rate: {limit: 100, per: second, counts: targets}
    params:
      - {name: userId, type: string list, list: repeat, required: true, max: "20 items, each 40 bytes"}
      - {name: needNotify, type: bool}
      - {name: "room[<id>]", type: string, max: "100 fields; id 64 bytes"}
      - {name: minute, type: int (minutes), required: true, min: 0, max: 43200}
    result:
      - {name: list, type: object list, fields: [{name: id, type: string}]}
    paging: {style: offset, params: [minute]}
    sources: {docs: https://docs.example.com/one}
`

const genCodes = `domain: codes
remedies:
  slow: {en: Slow down., zh: 放慢。}
  ask: {en: Ask., zh: 询问。}
codes:
  - {code: 1050, name: Timeout, http: 504, area: server, retryable: true, status: documented, remedy: slow, general: true, meaning: late, zh: 超时}
  - {code: 1008, name: RateLimited, http: 429, area: rate, retryable: true, status: documented, remedy: slow,
     meaning: too fast, zh: 太快, more: Really., more_zh: 真的。}
  - {code: 405, name: Blocked, http: null, area: user, retryable: false, status: client-list, remedy: ask, meaning: "blocked.", zh: 被屏蔽}
`

// genTree writes files into a new folder and returns it.
func genTree(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range files {
		path := filepath.Join(root, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return root
}

// genCallbacks is what the command line reads of webhook.yaml, whose other fields are for people.
const genCallbacks = "callbacks:\n  - {name: message_sync, title: x, purpose: a copy of each message; for archives}\n"

// genChanged returns genGood with one text replaced.
func genChanged(t *testing.T, old, replacement string) string {
	t.Helper()
	require.Equal(t, 1, strings.Count(genGood, old), old)
	return strings.Replace(genGood, old, replacement, 1)
}

func TestLoad(t *testing.T) {
	t.Parallel()
	root := genTree(t, map[string]string{"test.yaml": genGood, "codes.yaml": genCodes, "webhook.yaml": "anything: [", "notes.txt": "x"})
	endpoints, err := load(root)
	require.NoError(t, err)
	require.Len(t, endpoints, 1)
	e := endpoints[0]
	require.Equal(t, "test", e.area)
	require.Equal(t, "TestOne", e.goName())
	require.Equal(t, "Idempotent", e.class())
	require.Equal(t, "userId", e.targets())
	require.Equal(t, "idempotent; unsafe with `needNotify`", e.classWords())
	require.Equal(t, "100 targets/second", e.quota())
	require.Equal(t, "offset (`minute`)", e.pagingStyle())
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	unknownKey := genChanged(t, "    status: current\n", "    status: current\n    colour: blue\n")
	_, first, found := strings.Cut(genGood, "  - path:")
	require.True(t, found)
	twice := genGood + "  - path:" + first
	tests := []struct{ name, text, says string }{
		{"unknown key", unknownKey, "colour"},
		{"unknown key of a parameter", genChanged(t, "{name: needNotify, type: bool}", "{name: needNotify, type: bool, sort: x}"), "sort"},
		{"unknown key of a rate", genChanged(t, "counts: targets}", "counts: targets, burst: 1}"), "burst"},
		{"unknown key at the top", "extra: 1\n" + genGood, "extra"},
		{"no YAML", "a: [", "test.yaml"},
		{"path without a slash", genChanged(t, "/test/one.json", "test/one.json"), "odd path"},
		{"path with a query", genChanged(t, "/test/one.json", "/test/one.json?a=b"), "odd path"},
		{"path with another ending", genChanged(t, "/test/one.json", "/test/one.xml"), "odd path"},
		{"path with an ID", genChanged(t, "/test/one.json", "/test/{id}.json"), "the path names the unknown parameter id"},
		{"host without a scheme", genChanged(t, "    method: POST", "    host: api.example.com\n    method: POST"), `host "api.example.com"`},
		{"host of the customer's without a word", genChanged(t, "    method: POST", "    custom_host: https://api.example.com\n    method: POST"), `custom_host "https://api.example.com"`},
		{"host of the customer's and of its own", genChanged(t, "    method: POST", "    host: https://api.example.com\n    custom_host: a\n    method: POST"), `custom_host "a"`},
		{"host with a path", genChanged(t, "    method: POST", "    host: https://api.example.com/v1\n    method: POST"), `host "https://api.example.com/v1"`},
		{"method", genChanged(t, "method: POST", "method: PATCH"), `method "PATCH"`},
		{"encoding", genChanged(t, "encoding: form", "encoding: xml"), `encoding "xml"`},
		{"status", genChanged(t, "status: current", "status: new"), `status "new"`},
		{"no success", genChanged(t, "    success: 200\n", ""), "missing"},
		{"no summary", genChanged(t, "    summary: Do one thing.\n", ""), "missing"},
		{"no class", genChanged(t, "    idempotent: true\n", ""), "missing"},
		{"no sources", genChanged(t, "    sources: {docs: https://docs.example.com/one}\n", ""), "missing"},
		{"safe but not idempotent", genChanged(t, "idempotent: true", "idempotent: false\n    safe: true"), "safe but not idempotent"},
		{"final", genChanged(t, "    idempotent: true\n", "    idempotent: true\n    codes: [1002]\n    final: [1008]\n"), "final names 1008"},
		{"unsafe_with", genChanged(t, "[needNotify]", "[notify]"), "unknown parameter notify"},
		{"type", genChanged(t, "{name: needNotify, type: bool}", "{name: needNotify, type: boolean}"), `needNotify: type "boolean"`},
		{"no type", genChanged(t, "{name: needNotify, type: bool}", "{name: needNotify}"), `needNotify: type ""`},
		{"unit", genChanged(t, "int (minutes)", "int (hours)"), `minute: type "int (hours)"`},
		{"list", genChanged(t, "list: repeat", "list: lines"), `userId: list "lines"`},
		{"another zero", genChanged(t, "min: 0, max: 43200", "min: 0, max: 43200, zero: never"), `minute: zero "never"`},
		{"forever above zero", genChanged(t, "min: 0, max: 43200", "min: 1, max: 43200, zero: forever"), `minute: zero "forever"`},
		{"forever without min", genChanged(t, "min: 0, max: 43200", "max: 43200, zero: forever"), `minute: zero "forever"`},
		{"forever without a unit", genChanged(t, "int (minutes), required: true, min: 0, max: 43200", "int, min: 0, zero: forever"), `minute: zero "forever"`},
		{"forever in a result", genChanged(t, "{name: id, type: string}", "{name: id, type: string, zero: forever}"), `list: id: zero "forever"`},
		{"no name", genChanged(t, "{name: needNotify, type: bool}", "{name: needNotify, type: bool}\n      - {type: bool}"), "no name"},
		{"type of a result", genChanged(t, "{name: id, type: string}", "{name: id, type: text}"), `list: id: type "text"`},
		{"rate of an unknown parameter", genChanged(t, "counts: targets}", "counts: targets, param: group}"), "unknown parameter group"},
		{"cap of nothing", genChanged(t, "    params:\n", "    caps: [{limit: 0, per: day}]\n    params:\n"), "cap"},
		{"cap without a time", genChanged(t, "    params:\n", "    caps: [{limit: 3}]\n    params:\n"), "cap"},
		{"cap that uses and limits", genChanged(t, "    params:\n", "    caps: [{limit: 3, per: day, uses: /test/one.json}]\n    params:\n"), "cap"},
		{"cap with two conditions", genChanged(t, "    params:\n", "    caps: [{limit: 3, per: day, when: {userId: a, minute: b}}]\n    params:\n"), "condition"},
		{"cap for each unknown", genChanged(t, "    params:\n", "    caps: [{limit: 3, per: day, each: [group]}]\n    params:\n"), "unknown parameter group"},
		{"cap when unknown", genChanged(t, "    params:\n", "    caps: [{limit: 3, per: day, when: {group: a}}]\n    params:\n"), "unknown parameter group"},
		{"cap that uses the unknown", genChanged(t, "    params:\n", "    caps: [{uses: /test/two.json}]\n    params:\n"), "/test/two.json, which has no plain quota"},
		{"stands twice", twice, "stands twice"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := load(genTree(t, map[string]string{"test.yaml": tt.text}))
			require.ErrorContains(t, err, tt.says)
			require.ErrorContains(t, err, "test.yaml")
		})
	}
}

func TestLoadRefusesTwiceInTwoFiles(t *testing.T) {
	t.Parallel()
	_, err := load(genTree(t, map[string]string{"a.yaml": genGood, "b.yaml": genGood}))
	require.ErrorContains(t, err, "b.yaml: POST /test/one.json stands twice")
}

func TestLoadPools(t *testing.T) {
	t.Parallel()
	pool := genChanged(t, "counts: targets}", "counts: targets, pool: p}")
	second := func(from, to string) string {
		return strings.Replace(strings.Replace(pool, "/test/one.json", "/test/two.json", 1), from, to, 1)
	}
	_, err := load(genTree(t, map[string]string{"a.yaml": pool, "b.yaml": second("limit: 100", "limit: 50")}))
	require.ErrorContains(t, err, "/test/one.json and /test/two.json share a quota and have different rates")
	endpoints, err := load(genTree(t, map[string]string{"a.yaml": pool, "b.yaml": second("pool: p", "pool: p, param: minute")}))
	require.NoError(t, err)
	text, err := table(endpoints)
	require.NoError(t, err)
	require.Contains(t, string(text), `Quota{Limit: 100, Per: time.Second, Counts: Targets, Param: "minute", Pool: "p"}`)
	require.Contains(t, string(page(endpoints, nil)), "| 100 targets/second, shared: p |")
}

func TestCaps(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{
		"a.yaml": genChanged(t, "    params:\n", "    caps:\n      - {limit: 3, per: day}\n      - {limit: 20, per: second, each: [userId], when: {minute: \"3\"}}\n      - {uses: /test/two.json}\n    params:\n"),
		"b.yaml": genChanged(t, "/test/one.json", "/test/two.json"),
	}))
	require.NoError(t, err)
	text, err := table(endpoints)
	require.NoError(t, err)
	require.Contains(t, string(text), `Caps: []Cap{{Limit: 3, Per: 24 * time.Hour}, {Limit: 20, Per: time.Second, Each: []string{"userId"}, When: Condition{Param: "minute", Value: "3"}}, {Uses: &testTwo}}}`)
	require.Contains(t, string(page(endpoints, nil)), "| 100 targets/second; 3/day; 20/second for each `userId` with `minute` 3; counts as 1 call of `/test/two.json` |")
}

func TestLimitsTable(t *testing.T) {
	t.Parallel()
	pool := genChanged(t, "counts: targets}", "counts: targets, pool: p}")
	root := genTree(t, map[string]string{
		"a.yaml": pool,
		"b.yaml": strings.Replace(strings.Replace(pool, "/test/one.json", "/test/two.json", 1), "    params:\n", "    caps: [{limit: 3, per: day}, {limit: 9, per: hour}]\n    params:\n", 1),
		"c.yaml": strings.Replace(genChanged(t, "counts: targets}", "counts: requests}"), "/test/one.json", "/test/three.json", 1),
	})
	endpoints, err := load(root)
	require.NoError(t, err)
	text, err := withLimits([]byte("# Page\r\n"+limitsBegin+"old\n"+limitsEnd+"rest\n"), english, endpoints)
	require.NoError(t, err)
	require.Equal(t, "# Page\n"+limitsBegin+`
| endpoint | quota | shared with | further limits |
|---|---|---|---|
| [`+"`POST /test/one.json`"+`](https://docs.example.com/one) | 100 targets/second | `+"`/test/two.json`"+` |  |
| [`+"`POST /test/two.json`"+`](https://docs.example.com/one) | 100 targets/second | `+"`/test/one.json`"+` | 3/day, 9/hour |
| 1 others | 100 requests/second | | |
| 0 others | none is documented | | |

`+limitsEnd+"rest\n", string(text))
	text, err = withLimits([]byte(limitsBegin+limitsEnd), chinese, endpoints)
	require.NoError(t, err)
	require.Equal(t, limitsBegin+`
| 接口 | 频率限制 | 与其共用 | 其他限制 |
|---|---|---|---|
| [`+"`POST /test/one.json`"+`](https://docs.example.com/one) | 每秒 100 个目标 | `+"`/test/two.json`"+` |  |
| [`+"`POST /test/two.json`"+`](https://docs.example.com/one) | 每秒 100 个目标 | `+"`/test/one.json`"+` | 每天 3 次；每小时 9 次 |
| 其余 1 个接口 | 每秒 100 次 | | |
| 另有 0 个接口 | 文档未说明 | | |

`+limitsEnd, string(text))
	_, err = withLimits([]byte("# Page\n"), english, endpoints)
	require.ErrorContains(t, err, "marks")
}

// Chinese pages lead to RongCloud's Chinese pages where these have the paths of the English ones.
func TestLinksByLanguage(t *testing.T) {
	t.Parallel()
	e := &endpoint{Method: "POST", Path: "/test/one.json", Status: "current", Sources: sources{"docs": "https://docs.rongcloud.io/platform-chat-api/user/one"}}
	require.Equal(t, "[`POST /test/one.json`](https://docs.rongcloud.io/platform-chat-api/user/one)", e.link(english))
	require.Equal(t, "[`POST /test/one.json`](https://docs.rongcloud.cn/platform-chat-api/user/one)", e.link(chinese))
	const other = "https://docs.rongcloud.io/platform-chat-api/push/set-do-not-disturb-by-id"
	require.Equal(t, other, chinesePage(other))
}

// A cap of a combination of parameters, under a condition.
func TestCapInChinese(t *testing.T) {
	t.Parallel()
	require.Equal(t, "`kind` 为 3 时每个 `a`、`b` 组合每秒 20 次",
		limit{Limit: 20, Per: "second", Each: []string{"a", "b"}, When: map[string]string{"kind": "3"}}.chineseWords())
	require.Equal(t, "占用 `/x` 1 次", limit{Uses: "/x"}.chineseWords())
}

func TestLoadReportsAllProblems(t *testing.T) {
	t.Parallel()
	_, err := load(genTree(t, map[string]string{
		"a.yaml": genChanged(t, "method: POST", "method: PATCH"),
		"b.yaml": genChanged(t, "/test/one.json", "odd"),
	}))
	require.ErrorContains(t, err, "method")
	require.ErrorContains(t, err, "odd path")
}

func TestLoadEmptyFolder(t *testing.T) {
	t.Parallel()
	_, err := load(t.TempDir())
	require.ErrorContains(t, err, "no catalogue")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	tests := map[string]limits{
		"":                             {},
		"100":                          {},
		"2.0":                          {},
		"64 bytes":                     {bytes: 64},
		"64 bytes each":                {bytes: 64},
		"64 characters":                {chars: 64},
		"20 items":                     {items: 20},
		"20 items, each 40 bytes":      {items: 20, bytes: 40},
		"20 items, 32 characters each": {items: 20, chars: 32},
		"20 items, 64 bytes each":      {items: 20, bytes: 64},
		"10 items of 50 characters":    {items: 10, chars: 50},
		"50 items of 64 characters":    {items: 50, chars: 64},
		"10 items recommended":         {},
		"16 pairs":                     {items: 16},
		"100 pairs per call":           {items: 100},
		"100 pairs; key 32 characters": {items: 100},
		"100 fields; id 64 bytes":      {items: 100},
		"20 pairs by default; key 32 characters, value 256 characters": {},
		"key 32 characters, value 4096 characters":                     {},
		"120 by default":                {},
		"128 KB":                        {bytes: 128 * 1024},
		"128 KB per call":               {bytes: 128 * 1024},
		"2 KB":                          {bytes: 2048},
		"1 MB image":                    {},
		"docs 1000":                     {},
		"docs give 10 admins per group": {},
	}
	for text, want := range tests {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, want, field{Max: text}.limits())
		})
	}
}

func TestGoName(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/user/getToken.json":                    "UserGetToken",
		"/user/blockPushPeriod/set.json":         "UserBlockPushPeriodSet",
		"/message/private/publish_template.json": "MessagePrivatePublishTemplate",
		"/v3/bot/integration/create.json":        "V3BotIntegrationCreate",
		"/push.json":                             "Push",
		"/stat/getDayPushData":                   "StatGetDayPushData",
		"/embed/access/token":                    "EmbedAccessToken",
		"/stat/getPushIdData":                    "StatGetPushIDData",
		"/rtc/mcu/config.json":                   "RTCMCUConfig",
		"/v2/rtc/rooms/{room_id}/block-users":    "V2RTCRoomsRoomIDBlockUsers",
		"/ultragroup/hismsg/msgid/query.json":    "UltragroupHismsgMsgidQuery",
		"/message/idea/said.json":                "MessageIdeaSaid",
	} {
		require.Equal(t, want, (&endpoint{Path: path}).goName())
	}
	require.Equal(t, "rtcUserKick", (&endpoint{Path: "/rtc/user/kick.json"}).dataName())
	require.Equal(t, "userGetToken", (&endpoint{Path: "/user/getToken.json"}).dataName())
	require.Equal(t, "V2RTCRoomsDelete", (&endpoint{Path: "/v2/rtc/rooms", Method: "DELETE", shared: true}).goName())
}

func TestClass(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	require.Equal(t, "Safe", (&endpoint{Safe: true, Idempotent: &yes}).class())
	require.Equal(t, "Idempotent", (&endpoint{Idempotent: &yes}).class())
	require.Equal(t, "Unsafe", (&endpoint{Idempotent: &no}).class())
}

func TestZeroValid(t *testing.T) {
	t.Parallel()
	require.True(t, field{Min: "0"}.zeroValid())
	require.True(t, field{Min: "-1"}.zeroValid())
	require.True(t, field{Values: []string{"1", "0"}}.zeroValid())
	require.False(t, field{Min: "1"}.zeroValid())
	require.False(t, field{Values: []string{"1", "2"}}.zeroValid())
	require.False(t, field{}.zeroValid())
}

func TestTargets(t *testing.T) {
	t.Parallel()
	list := func(name string, required bool) field {
		return field{Name: name, Type: "string list", List: "repeat", Required: required}
	}
	require.Equal(t, "to", (&endpoint{Params: []field{{Name: "from", Type: "string", Required: true}, list("cc", false), list("to", true), list("x", true)}}).targets())
	require.Empty(t, (&endpoint{Params: []field{list("cc", false)}}).targets())
}

func TestDoc(t *testing.T) {
	t.Parallel()
	require.Equal(t, "https://a", sources{"docs": "https://a", "docs2": "https://b"}.doc())
	require.Equal(t, "https://b", sources{"docs": "see page", "docs2": "https://b"}.doc())
	require.Equal(t, "https://b", sources{"docs": []any{"https://a"}, "docs2": "https://b"}.doc())
	require.Empty(t, sources{"java": "User.java"}.doc())
}

func TestTable(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{"test.yaml": genGood}))
	require.NoError(t, err)
	text, err := table(endpoints)
	require.NoError(t, err)
	squeezed := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		`// Code generated by internal/gen from api/*.yaml. DO NOT EDIT.`,
		`testOne = Endpoint{ Name: "TestOne", Method: "POST", Path: "/test/one.json", Encoding: Form, Success: SuccessOf(200), Status: Current, Class: Idempotent,`,
		`UnsafeWith: []string{"needNotify"},`,
		`Quota: Quota{Limit: 100, Per: time.Second, Counts: Targets, Param: "userId"},`,
		`{Name: "userId", Type: StringList, List: Repeat, Required: true, MaxItems: 20, MaxBytes: 40},`,
		`{Name: "needNotify", Type: Bool},`,
		`{Name: "room", Keyed: true, MaxItems: 100},`,
		`{Name: "minute", Type: Int, Unit: Minutes, Required: true, Min: num(0), Max: num(43200), ZeroValid: true},`,
		`Paging: Paging{Style: Offset, Params: []string{"minute"}},`,
		`Doc: "https://docs.example.com/one",`,
		`var all = []*Endpoint{ TestOne, }`,
	} {
		require.Contains(t, squeezed, want)
	}
	require.NotContains(t, squeezed, "Host:")
	require.NotContains(t, squeezed, "Unsigned:")

	endpoints[0].Host, endpoints[0].Unsigned = "https://other.example.com", true
	text, err = table(endpoints)
	require.NoError(t, err)
	require.Contains(t, strings.Join(strings.Fields(string(text)), " "), `Host: "https://other.example.com", Unsigned: true,`)
}

func TestTableZeroSuccess(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{"test.yaml": genChanged(t, "success: 200", "success: 200\n    zero_success: true")}))
	require.NoError(t, err)
	text, err := table(endpoints)
	require.NoError(t, err)
	require.Contains(t, string(text), "Success: SuccessOf(200, 0),")
}

// A zero that means forever is not an ordinary number.
func TestTableForever(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{"test.yaml": genChanged(t, "min: 0, max: 43200", "min: 0, max: 43200, zero: forever")}))
	require.NoError(t, err)
	text, err := table(endpoints)
	require.NoError(t, err)
	require.Contains(t, string(text), `Min: num(0), Max: num(43200), ZeroForever: true},`)
	require.NotContains(t, string(text), "ZeroValid")
}

func TestTableRefusesTheSameName(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{"a.yaml": genGood, "b.yaml": genChanged(t, "/test/one.json", "/test_one.json")}))
	require.NoError(t, err)
	_, err = table(endpoints)
	require.ErrorContains(t, err, "TestOne")
}

func TestCodes(t *testing.T) {
	t.Parallel()
	book, err := loadCodes(genTree(t, map[string]string{"codes.yaml": genCodes}))
	require.NoError(t, err)
	text, err := codeConstants(book.Codes)
	require.NoError(t, err)
	squeezed := strings.Join(strings.Fields(string(text)), " ")
	for _, want := range []string{
		"// CodeRateLimited: too fast (HTTP 429). CodeRateLimited Code = 1008",
		"// unconfirmed. docs/errors.md covers these too. const ( // CodeBlocked: blocked. CodeBlocked Code = 405 )",
		`CodeRateLimited: {meaning: "too fast", status: 429, kind: kindRateLimit},`,
		`CodeTimeout: {meaning: "late", status: 504, kind: kindServerFault},`,
		`CodeBlocked: {meaning: "blocked."},`,
	} {
		require.Contains(t, squeezed, want)
	}
}

func TestComment(t *testing.T) {
	t.Parallel()
	word := strings.Repeat("x", 45)
	require.Equal(t, "\t// "+word+" "+word+"\n\t// ab\n", comment("\t", word+" "+word+" ab"))
	require.Equal(t, "// "+word+" "+word+" abcd\n", comment("", word+" "+word+" abcd"))
	require.Equal(t, "//\n", comment("", ""))
}

func TestCodesRefused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ old, replacement, says string }{
		"no number":              {"code: 1008, ", "", "a number, a name"},
		"no name":                {"name: RateLimited, ", "", "code 1008: a number, a name"},
		"no meaning":             {"meaning: too fast, ", "", "code 1008: a number, a name"},
		"no meaning in Chinese":  {", zh: 太快", "", "code 1008: a number, a name"},
		"no status":              {"status: documented, remedy: slow,\n", "remedy: slow,\n", "code 1008: a number, a name"},
		"unknown key":            {"code: 1008, ", "code: 1008, colour: red, ", "colour"},
		"unknown area":           {"area: user", "area: garden", `code 405: area "garden"`},
		"a rate limit for ever":  {"area: rate, retryable: true", "area: rate, retryable: false", "code 1008: retryable is false"},
		"a refusal to be tried":  {"area: user, retryable: false", "area: user, retryable: true", "code 405: retryable is true"},
		"unknown remedy":         {"remedy: ask", "remedy: pray", `code 405: remedy "pray"`},
		"remedy in one language": {"zh: 询问。", "zh: ''", `code 405: remedy "ask"`},
		"more in one language":   {", more_zh: 真的。", "", "code 1008: more"},
		"number twice":           {"code: 405", "code: 1008", "stands twice"},
		"name twice":             {"name: Blocked", "name: RateLimited", "stands twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, 1, strings.Count(genCodes, test.old), test.old)
			text := strings.Replace(genCodes, test.old, test.replacement, 1)
			_, err := loadCodes(genTree(t, map[string]string{"codes.yaml": text}))
			require.ErrorContains(t, err, test.says)
		})
	}
	_, err := loadCodes(t.TempDir())
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestClaims(t *testing.T) {
	t.Parallel()
	root := genTree(t, map[string]string{
		"a.go": `package x

type S struct{}
type V struct{}

// One does.
//
//rongcloud:endpoint POST /test/one.json
func (s *S) One() {}

//rongcloud:endpoint POST /test/one.json
//rongcloud:endpoint GET /test/two.json
func (V) Two() {}

//rongcloud:endpoint POST /no/receiver.json
func Free() {}

// rongcloud:endpoint POST /with/space.json
func (s *S) Space() {}

func (s *S) Bare() {
	//rongcloud:endpoint POST /inside.json
}

//rongcloud:endpoint POST /of/a/type.json
type T struct{}
`,
		"b_test.go":     "package x\n\n//rongcloud:endpoint POST /test.json\nfunc (s *S) Test() {}\n",
		"sub/c.go":      "package y\n\n//rongcloud:endpoint POST /sub.json\nfunc (s *S) Sub() {}\n",
		"not_go_at.txt": "//rongcloud:endpoint POST /text.json\n",
	})
	found, err := claims(root)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"POST /test/one.json": {"S.One", "V.Two"}, "GET /test/two.json": {"V.Two"}}, found)

	_, err = claims(genTree(t, map[string]string{"a.go": "package"}))
	require.Error(t, err)
}

func TestPage(t *testing.T) {
	t.Parallel()
	endpoints, err := load(genTree(t, map[string]string{
		"a.yaml": genGood,
		"b.yaml": strings.Replace(genChanged(t, "/test/one.json", "/test/two.json"), "status: current", "status: unconfirmed", 1),
	}))
	require.NoError(t, err)
	text := string(page(endpoints, map[string][]string{"POST /test/one.json": {"S.One"}, "POST /test/two.json": {"S.Two"}}))
	require.Contains(t, text, "| [`POST /test/one.json`](https://docs.example.com/one) | Do one thing | `S.One` | idempotent; unsafe with `needNotify` | 100 targets/second | offset (`minute`) |  |\n")
	require.Contains(t, text, "| [`POST /test/two.json`](https://docs.example.com/one) *(unconfirmed)* | Do one thing | `S.Two` |")
	require.Contains(t, text, "\n## a\n")
	require.Contains(t, text, "\n## b\n")
	require.Contains(t, text, "\n1 of 1 current endpoints have a method.\n")
	require.Contains(t, string(page(endpoints, nil)), "\n0 of 1 current endpoints have a method.\n")
}

// genRead returns every file below root with its modification time.
func genRead(t *testing.T, root string) (texts map[string]string, times map[string]time.Time) {
	t.Helper()
	texts, times = map[string]string{}, map[string]time.Time{}
	require.NoError(t, filepath.Walk(root, func(path string, info os.FileInfo, err error) error {
		if err != nil || info.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		texts[path], times[path] = string(text), info.ModTime()
		return err
	}))
	return texts, times
}

var genOutputs = []string{
	"cmd/rongcloud/catalogue_gen.go", "codes_gen.go", "docs/endpoints.md", "docs/errors.md", "docs/errors_zh.md", "docs/migration.md", "docs/migration_zh.md", "docs/retries.md", "docs/retries_zh.md",
	"endpoint/endpoint_gen.go", "internal/live/catalogue_gen.go", "internal/shape/shape_gen.go",
}

func TestRun(t *testing.T) {
	t.Parallel()
	root := genTree(t, map[string]string{
		"api/test.yaml": genGood, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "cmd/rongcloud/main.go": "package main\n", "docs/other.md": "x", "endpoint/endpoint.go": "package endpoint\n",
		"internal/live/live.go": "package live\n", "internal/shape/shape.go": "package shape\n",
		"a.go": "package x\n\ntype S struct{}\n\n//rongcloud:endpoint POST /test/one.json\nfunc (s *S) One() {}\n",
	})
	before, _ := genRead(t, root)

	err := run(root, true)
	for _, name := range genOutputs {
		require.ErrorContains(t, err, filepath.Join(root, name)+" is stale")
	}
	after, _ := genRead(t, root)
	require.Equal(t, before, after, "a check writes nothing")

	require.NoError(t, run(root, false))
	written, times := genRead(t, root)
	expected := slices.Collect(maps.Keys(before))
	for _, name := range genOutputs {
		expected = append(expected, filepath.Join(root, name))
	}
	require.ElementsMatch(t, expected, slices.Collect(maps.Keys(written)))
	require.Contains(t, written[filepath.Join(root, "docs/endpoints.md")], "`S.One`")
	require.Contains(t, written[filepath.Join(root, "cmd/rongcloud/catalogue_gen.go")], `"message_sync": "A copy of each message",`)
	require.NoError(t, run(root, true))
	require.NoError(t, run(root, false))
	again, timesAgain := genRead(t, root)
	require.Equal(t, written, again)
	require.Equal(t, times, timesAgain, "what is up to date is not written again")

	for _, name := range genOutputs {
		path := filepath.Join(root, name)
		// The checker ignores Windows line endings.
		require.NoError(t, os.WriteFile(path, []byte(strings.ReplaceAll(written[path], "\n", "\r\n")), 0o644))
		require.NoError(t, run(root, true))

		stale := written[path] + "// changed by hand\n"
		require.NoError(t, os.WriteFile(path, []byte(stale), 0o644))
		err := run(root, true)
		require.ErrorContains(t, err, fmt.Sprintf("%s is stale at line %d: run \"go generate ./...\"", path, strings.Count(stale, "\n")))
		require.Equal(t, 1, strings.Count(err.Error(), "is stale"))
		now, err := os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, stale, string(now), "a check writes nothing")
		require.NoError(t, run(root, false))
		now, err = os.ReadFile(path)
		require.NoError(t, err)
		require.Equal(t, written[path], string(now))
	}
}

func TestRunFails(t *testing.T) {
	t.Parallel()
	good := map[string]string{"api/test.yaml": genGood, "api/codes.yaml": genCodes, "api/webhook.yaml": genCallbacks, "a.go": "package x\n", "cmd/rongcloud/x": "", "docs/x": "", "endpoint/x": "", "internal/live/x": "", "internal/shape/x": ""}
	for name, change := range map[string]map[string]string{
		"catalogue": {"api/test.yaml": "a: ["},
		"codes":     {"api/codes.yaml": "a: ["},
		"callbacks": {"api/webhook.yaml": "a: ["},
		"no kinds":  {"api/webhook.yaml": "callbacks: []"},
		"no word":   {"api/webhook.yaml": "callbacks: [{name: message_sync}]"},
		"source":    {"a.go": "package"},
		"period":    {"api/test.yaml": genChanged(t, "per: second", "per: fortnight")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := maps.Clone(good)
			maps.Copy(files, change)
			root := genTree(t, files)
			before, _ := genRead(t, root)
			require.Error(t, run(root, false))
			after, _ := genRead(t, root)
			require.Equal(t, before, after, "nothing is written where anything is wrong")
		})
	}
}

// The committed files match what is generated from the catalogue.
func TestCommittedFilesAreCurrent(t *testing.T) {
	t.Parallel()
	const top = "../.."
	files := map[string]string{"cmd/rongcloud/x": "", "docs/x": "", "endpoint/x": "", "internal/live/x": "", "internal/shape/x": ""}
	for _, pattern := range []string{"api/*.yaml", "*.go", "internal/gen/migration.yaml"} {
		found, err := filepath.Glob(filepath.Join(top, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, found)
		for _, path := range found {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			name, err := filepath.Rel(top, path)
			require.NoError(t, err)
			if name != "codes_gen.go" {
				files[name] = string(text)
			}
		}
	}
	root := genTree(t, files)
	require.NoError(t, run(root, false))
	for _, name := range genOutputs {
		t.Run(name, func(t *testing.T) {
			committed, err := os.ReadFile(filepath.Join(top, name))
			require.NoError(t, err)
			made, err := os.ReadFile(filepath.Join(root, name))
			require.NoError(t, err)
			if strings.ReplaceAll(string(committed), "\r\n", "\n") != string(made) {
				t.Errorf("%s is stale; run go generate ./...", name)
			}
		})
	}
}

func TestQuotaOfOne(t *testing.T) {
	t.Parallel()
	require.Equal(t, "1 request/second", (&rate{Limit: 1, Per: "second", Counts: "requests"}).words())
	require.Equal(t, "2 targets/hour", (&rate{Limit: 2, Per: "hour", Counts: "targets"}).words())
}
