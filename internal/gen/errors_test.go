package main

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pageEndpoints returns three calls of a service, one per class, and one call without a method.
func pageEndpoints() ([]*endpoint, map[string][]string) {
	yes, no := true, false
	return []*endpoint{
			{Method: "POST", Path: "/a.json", Status: "current", Safe: true, Idempotent: &yes, Codes: []int{1008, 405}},
			{Method: "POST", Path: "/b.json", Status: "current", Idempotent: &yes, UnsafeWith: []string{"tell"}, Codes: []int{1008}},
			{
				Method: "POST", Path: "/c.json", Status: "current", Idempotent: &no, Codes: []int{1008, 1050}, Final: []int{1008},
				Params: []field{{Name: "msgRandom"}},
			},
			{Method: "GET", Path: "/d.json", Status: "unconfirmed", Idempotent: &no, Codes: []int{405}},
			{Method: "POST", Path: "/e.json", Status: "current", Idempotent: &yes},
		}, map[string][]string{
			"POST /a.json": {"client.User.Get", "client.User.All"}, "POST /b.json": {"client.User.Mute.Add"}, "POST /c.json": {"client.Push.Send"},
			"POST /e.json": {"client.User.Set"},
		}
}

func TestCodesPage(t *testing.T) {
	t.Parallel()
	book, err := loadCodes(genTree(t, map[string]string{"codes.yaml": genCodes}))
	require.NoError(t, err)
	endpoints, methods := pageEndpoints()

	page := string(codesPage(english, book, endpoints, methods))
	require.Contains(t, page, "- **[Rate limits](#rate)**: [1008](#1008)\n- **[Faults of the server](#server)**: [1050](#1050)\n"+
		"- **[Users and profiles](#user)**: [405](#405)\n")
	require.Contains(t, page, "<a id=\"rate\"></a>\n\n## Rate limits\n\n<a id=\"1008\"></a>\n\n### 1008 `CodeRateLimited`\n\nToo fast. Really.\n\n"+
		"*HTTP 429 · retry: yes, sends too*\n\n**What to do**: Slow down.\n\n**Calls**: `client.User.Get`, `client.User.All`, `client.User.Mute.Add`, `client.Push.Send`.\n\n")
	require.Contains(t, page, "### 1050 `CodeTimeout`\n\nLate.\n\n*HTTP 504 · retry: only what may be repeated*\n\n**What to do**: Slow down.\n\n**Calls**: any.\n\n<a")
	require.True(t, strings.HasSuffix(page, "Blocked.\n\n*retry: no · from the list for clients*\n\n**What to do**: Ask.\n\n"+
		"**Calls**: `client.User.Get`, `client.User.All`, `GET /d.json` *(unconfirmed)*.\n"), page)

	page = string(codesPage(chinese, book, endpoints, methods))
	require.Contains(t, page, "### 1008 `CodeRateLimited`\n\n太快。真的。\n\n*HTTP 429 · 重试：可以，发送类调用也可以*\n\n**处理**：放慢。\n\n"+
		"**相关调用**：`client.User.Get`, `client.User.All`、`client.User.Mute.Add`、`client.Push.Send`。\n\n")
	require.Contains(t, page, "超时。\n\n*HTTP 504 · 重试：仅限可重复的调用*\n\n**处理**：放慢。\n\n**相关调用**：所有调用。\n\n<a")
	require.NotContains(t, page, "Too fast")

	many := endpoints
	for i := range manyCalls {
		many = append(many, &endpoint{Method: "POST", Path: fmt.Sprintf("/f%d.json", i), Codes: []int{1008}})
	}
	require.Contains(t, string(codesPage(english, book, many, methods)), "**Calls**: 23 of the 25 endpoints in [endpoints.md](endpoints.md).")
	require.Contains(t, string(codesPage(chinese, book, many, methods)), "所列 25 个接口中的 23 个。")
}

func TestRetriesPage(t *testing.T) {
	t.Parallel()
	endpoints, methods := pageEndpoints()
	section := func(page, title string) string {
		_, rest, found := strings.Cut(page, "\n## "+title+"\n")
		require.True(t, found, title)
		rest, _, _ = strings.Cut(rest, "\n## ")
		return rest
	}
	page := string(retriesPage(english, endpoints, methods))
	for title, want := range map[string]string{
		"Unsafe: a repeat acts again":                   "- `client.Push`: `Send`\n",
		"Unsafe with a parameter, otherwise idempotent": "- `client.User`: `Mute.Add` (with `tell`)\n",
		"Sends that RongCloud can protect":              "- `client.Push`: `Send`\n",
		"Not repeated after 1008":                       "- `client.Push`: `Send`\n",
		"Idempotent: a repeat leaves the same state":    "- `client.User`: `Set`\n",
		"Safe: reads": "- `client.User`: `Get`, `All`\n",
	} {
		text := section(page, title)
		require.Contains(t, text, want, title)
		require.Equal(t, 1, strings.Count(text, "- `client."), title)
	}
	require.NotContains(t, page, "/d.json", "no class of an endpoint without a method is promised")
	require.Contains(t, section(string(retriesPage(chinese, endpoints, methods)), "带某个参数时不可重复，否则幂等"), "- `client.User`：`Mute.Add`（带 `tell` 时）\n")
}

// The handwritten texts have a mark for each generated part, and so do the translations.
func TestPagesHaveTheirMarks(t *testing.T) {
	t.Parallel()
	for _, lang := range []language{english, chinese} {
		for _, mark := range []string{indexMark, codesMark} {
			require.Equal(t, 1, strings.Count(lang.errorsPage, mark), mark)
		}
		for _, list := range retryLists {
			require.Equal(t, 1, strings.Count(lang.retriesPage, list.mark), list.mark)
		}
	}
	for area := range codeAreas {
		require.Contains(t, codeAreaOrder, area)
		require.NotEmpty(t, codeAreas[area].Zh, area)
	}
	require.Len(t, codeAreaOrder, len(codeAreas))
}

// The methods that remedies recommend exist.
func TestRemediesNameMethods(t *testing.T) {
	t.Parallel()
	book, err := loadCodes("../../api")
	require.NoError(t, err)
	methods, err := claims("../..")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, names := range methods {
		for _, name := range names {
			known[name] = true
		}
	}
	named := 0
	for key, remedy := range book.Remedies {
		for _, text := range []string{remedy.En, remedy.Zh} {
			for _, name := range regexp.MustCompile(`client\.[\w.]*\w`).FindAllString(text, -1) {
				require.True(t, known[name], "%s: %s is no method", key, name)
				named++
			}
		}
	}
	require.NotZero(t, named)
}

// Every code of the catalogue has exactly one anchor with its number, and no link within the pages
// is broken.
func TestOwnPages(t *testing.T) {
	t.Parallel()
	book, err := loadCodes("../../api")
	require.NoError(t, err)
	anchor, link := regexp.MustCompile(`<a id="([^"]+)"></a>`), regexp.MustCompile(`\]\(#([^)]+)\)`)
	for _, name := range []string{"errors.md", "errors_zh.md"} {
		text, err := os.ReadFile("../../docs/" + name)
		require.NoError(t, err)
		anchors := map[string]int{}
		for _, m := range anchor.FindAllStringSubmatch(string(text), -1) {
			anchors[m[1]]++
			require.Equal(t, 1, anchors[m[1]], m[1])
		}
		for _, c := range book.Codes {
			require.Equal(t, 1, anchors[fmt.Sprint(c.Code)], c.Code)
			require.Contains(t, string(text), "Code"+c.Name+"`")
		}
		links := link.FindAllStringSubmatch(string(text), -1)
		require.GreaterOrEqual(t, len(links), len(book.Codes))
		for _, m := range links {
			require.Equal(t, 1, anchors[m[1]], "%s: #%s leads nowhere", name, m[1])
		}
	}
}
