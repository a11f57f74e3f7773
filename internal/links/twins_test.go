package links

import (
	"cmp"
	"fmt"
	"go/scanner"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// translation is the suffix of the names of Chinese pages.
const translation = "_zh.md"

// outline is what a page has in every language, such as "heading of level 2", "block sh: go vet"
// and "row with 2 cells: `OnMessage`". The links and the code names of a section may be in another
// order.
type outline struct {
	parts []string
	lines []int // lines of the page, one per part
}

func (o *outline) add(line int, format string, args ...any) {
	o.parts = append(o.parts, fmt.Sprintf(format, args...))
	o.lines = append(o.lines, line)
}

var (
	span    = regexp.MustCompile("`[^`]+`")
	item    = regexp.MustCompile(`^(\s*)(?:[-*]|\d+\.) `)
	remark  = regexp.MustCompile(`\s*(?:#|//).*$`)
	foreign = regexp.MustCompile(`[^\x00-\x7f]`)
	label   = regexp.MustCompile(`\[[^\]]*\]|\|[^|]*\|`) // of a node or an arrow of a drawing
)

// outlineOf reads a page; places returns where a link leads, the same for both languages.
func outlineOf(name, text string, places func(from, link string) string) outline {
	var o outline
	var links, names []string
	var block []string
	open, language, begun := false, "", 0
	endSection := func(line int) {
		slices.Sort(links)
		for _, link := range links {
			o.add(line, "link %s", link)
		}
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			o.add(line, "name %s", name)
		}
		links, names = nil, nil
	}
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		switch {
		case fence.MatchString(line) && !open:
			open, language, begun, block = true, strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "`~")), n, nil
			continue
		case fence.MatchString(line):
			open = false
			o.add(begun, "block %s: %s", language, skeleton(language, strings.Join(block, "\n")))
			continue
		case open:
			block = append(block, line)
			continue
		}
		if level := strings.IndexFunc(line, func(r rune) bool { return r != '#' }); title.MatchString(line) {
			endSection(n)
			o.add(n, "heading of level %d", level)
		}
		if strings.HasPrefix(line, "|") {
			o.add(n, "row with %d cells: %s", strings.Count(line, "|")-1, strings.Join(codeOf(line), " "))
		} else if mark := item.FindStringSubmatch(line); mark != nil {
			o.add(n, "item at %d", len(mark[1]))
		}
		names = append(names, codeOf(line)...)
		for _, link := range read(line).links {
			links = append(links, places(name, link))
		}
	}
	endSection(n)
	return o
}

// codeOf lists the code in a row, except code with words, which are translated.
func codeOf(row string) []string {
	found := slices.DeleteFunc(span.FindAllString(strings.ReplaceAll(row, translation, ".md"), -1), foreign.MatchString)
	slices.Sort(found)
	return found
}

// skeleton returns what a block has in every language: without comments, and with placeholders for
// texts.
func skeleton(language, code string) string {
	if language == "mermaid" {
		return label.ReplaceAllString(code, "[]")
	}
	if language != "go" {
		var lines []string
		for line := range strings.SplitSeq(code, "\n") {
			if language != "nginx" && language != "console" {
				line = remark.ReplaceAllString(line, "")
			}
			if !foreign.MatchString(line) && (language != "console" || strings.HasPrefix(line, "$")) {
				lines = append(lines, strings.Join(strings.Fields(line), " "))
			}
		}
		return strings.Join(lines, "\n")
	}
	var s scanner.Scanner
	fset := token.NewFileSet()
	s.Init(fset.AddFile("", fset.Base(), len(code)), []byte(code), func(token.Position, string) {}, 0)
	var tokens []string
	for {
		_, kind, literal := s.Scan()
		switch kind {
		case token.EOF:
			return strings.Join(tokens, " ")
		case token.STRING:
			literal = `"…"`
		case token.SEMICOLON:
			continue
		default:
		}
		tokens = append(tokens, cmp.Or(literal, kind.String()))
	}
}

// untranslated lists the differences between a page and its translation.
func untranslated(all map[string]page, english, chinese string) []string {
	var wrong []string
	places := func(from, link string) string {
		name, anchor, ok := follow(from, link)
		if !ok {
			return strings.Replace(link, "rongcloud.io", "rongcloud.cn", 1)
		}
		to, translated := twinOf(all, name)
		if translated && from == chinese && name == to && to != english {
			wrong = append(wrong, fmt.Sprintf("%s: %s leads to a page that there is in Chinese", from, link))
		}
		if anchor == "" {
			return to
		}
		return fmt.Sprintf("%s, place %d", to, slices.Index(all[name].order, anchor))
	}
	a, b := outlineOf(english, all[english].text, places), outlineOf(chinese, all[chinese].text, places)
	for i := range max(len(a.parts), len(b.parts)) {
		x, y := a.at(i), b.at(i)
		if x == y {
			continue
		}
		same := 0
		for same < min(len(x), len(y)) && x[same] == y[same] {
			same++
		}
		same = max(0, strings.LastIndexByte(x[:max(0, same-30)], ' '))
		return append(wrong, fmt.Sprintf("%s:%d: %.200s\n%s:%d: %.200s", english, a.line(i), x[same:], chinese, b.line(i), y[same:]))
	}
	return wrong
}

func (o outline) at(i int) string {
	if i >= len(o.parts) {
		return "the end"
	}
	return o.parts[i]
}

func (o outline) line(i int) int { return o.lines[min(i, len(o.lines)-1)] }

// twinOf returns the English one of a page's two names, and reports whether there are two.
func twinOf(all map[string]page, name string) (string, bool) {
	stem, chinese := strings.CutSuffix(name, translation)
	if !chinese {
		stem = strings.TrimSuffix(name, ".md")
	}
	if _, ok := all[stem+translation]; !ok {
		return name, false
	}
	return stem + ".md", true
}

// Pages in two languages have the same headings, blocks, rows, items, names and links.
func TestTranslations(t *testing.T) {
	t.Parallel()
	all := pages(t, os.DirFS(filepath.Join("..", "..")))
	pairs := 0
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if english, _ := twinOf(all, name); english != name {
			pairs++
			for _, difference := range untranslated(all, english, name) {
				t.Error(difference)
			}
		}
	}
	require.Greater(t, pairs, 6)
}

// badge begins a line that is a picture with a link.
const badge = "[!["

// split lists the lines of Chinese pages after which the paragraph continues: a browser shows a
// gap there, in the middle of a sentence.
func split(name, text string) []string {
	var wrong []string
	open, before, n := false, "", 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		mark := fence.MatchString(line)
		if mark {
			open = !open
		}
		if mark || open || line == "" || strings.ContainsAny(line[:1], "#|<-") || item.MatchString(line) || strings.HasPrefix(line, badge) {
			before = ""
			if !mark && !open && item.MatchString(line) {
				before = line
			}
			continue
		}
		if before != "" && foreign.MatchString(before+line) {
			wrong = append(wrong, fmt.Sprintf("%s:%d: the paragraph goes on in the next line", name, n-1))
		}
		before = line
	}
	return wrong
}

func TestChineseParagraphs(t *testing.T) {
	t.Parallel()
	checkChinese(t, split)
	const goesOn = ": the paragraph goes on in the next line"
	require.Equal(t, []string{"a_zh.md:2" + goesOn, "a_zh.md:8" + goesOn, "a_zh.md:17" + goesOn, "a_zh.md:20" + goesOn},
		split("a_zh.md", "# 题\n一，\n二。\n\n- 三\n- 四\n\n五 `x`，\n  六\n\n```\n七\n八\n```\n| 九 |\n| 十 |\n十一：\n`x`\n\n`y`\n十二\n\n[![a](b)](c)\n[![甲](b)](c)\n"))
}

// Each kind of difference is found.
func TestUntranslated(t *testing.T) {
	t.Parallel()
	const english = "# Page\n\n[中文](p_zh.md)\n\nSee [below](#below) and [more](https://docs.rongcloud.io/x) in `Client.Call`.\n\n## Below\n\n- one, as [another page](q.md#more) has it\n\n" +
		"```mermaid\na[one] -->|to| b\n```\n\n```sh\ngo run . # now\n```\n\n```go\nfmt.Println(\"hello\", n) // greets\n```\n\n| a | b |\n|---|---|\n| `x` and `y` | text |\n"
	const chinese = "# 页\n\n[English](p.md)\n\n用 `Client.Call`，见[下文](#下文)和[更多](https://docs.rongcloud.cn/x)。\n\n## 下文\n\n- 一，见[另一页](q_zh.md#更多)\n\n" +
		"```mermaid\na[一] -->|到| b\n```\n\n```sh\ngo run . # 现在\n```\n\n```go\nfmt.Println(\"你好\", n) // 问候\n```\n\n| 甲 | 乙 |\n|---|---|\n| `y` 和 `x` | 文字 |\n"
	differences := func(chinese string) string {
		all := map[string]page{"p.md": read(english), "p_zh.md": read(chinese), "q.md": read("# Q\n## More\n"), "q_zh.md": read("# 问\n## 更多\n")}
		return strings.Join(untranslated(all, "p.md", "p_zh.md"), "\n")
	}
	require.Empty(t, differences(chinese))
	for _, c := range [][3]string{
		{"## 下文", "### 下文", "heading of level 3"},
		{"- 一，", "一，", "p.md:9: item at 0"},
		{"| b", "| c", "block mermaid: a[] -->[] c"},
		{"go run .", "go run ./x", "block sh: go run ./x"},
		{"```sh\ngo run . # 现在\n```\n\n", "", "block go"},
		{", n)", ", m)", ", m )"},
		{"| 甲 | 乙 |", "| 甲 |", "row with 1 cells"},
		{"`y` 和 `x`", "`y`", "row with 2 cells: `y`"},
		{"| `y` 和 `x` | 文字 |\n", "", "p.md:25: row with 2 cells"},
		{"#下文", "#页", "place 0"},
		{"q_zh.md#更多", "q_zh.md", "link q.md"},
		{"q_zh.md#更多", "q.md#more", "q.md#more leads to a page that there is in Chinese"},
		{"rongcloud.cn/x", "rongcloud.cn/y", "link https://docs.rongcloud.cn/y"},
		{"`Client.Call`", "", "p.md:7: name `Client.Call`"},
	} {
		changed := strings.Replace(chinese, c[0], c[1], 1)
		require.NotEqual(t, chinese, changed)
		require.Contains(t, differences(changed), c[2], "%s: %s", c[0], c[1])
	}
}
