package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rongcloud-go/rongcloud/internal/markdown"
)

// language is one of the languages of the reference pages. Their texts are written by hand, and
// generated parts replace the marks in them.
type language struct {
	of                                     func(translated) string
	wrap                                   func(page string) string
	errorsPage, retriesPage, migrationPage string
}

var (
	//go:embed errors.md
	errorsEnglish string
	//go:embed errors_zh.md
	errorsChinese string
	//go:embed retries.md
	retriesEnglish string
	//go:embed retries_zh.md
	retriesChinese string
	//go:embed migration.md
	migrationEnglish string
	//go:embed migration_zh.md
	migrationChinese string

	english = language{func(t translated) string { return t.En }, markdown.Wrap, errorsEnglish, retriesEnglish, migrationEnglish}
	chinese = language{func(t translated) string { return t.Zh }, oneLine, errorsChinese, retriesChinese, migrationChinese}
)

// codeAreas are the areas of codes.yaml and their titles. codeAreaOrder is their order on the
// page: the most frequently looked up come first.
var (
	codeAreaOrder = []string{
		areaRate, areaServer, "auth", "app", "service", "parameter", "request",
		"user", "friend", "message", "conversation", "group", "ultragroup", "chatroom", "translation", "rtc", "client",
	}
	codeAreas = map[string]translated{
		areaRate: {"Rate limits", "频率限制"}, areaServer: {"Faults of the server", "服务端故障"},
		"auth": {"Signature and access", "签名与访问权限"}, "app": {"The app", "应用"}, "service": {"Services not switched on", "未开通的服务"},
		"parameter": {"Parameters", "参数"}, "request": {"The request", "请求"},
		"user": {"Users and profiles", "用户与用户资料"}, "friend": {"Friends", "好友"}, "message": {"Messages", "消息"},
		"conversation": {"Conversations and read receipts", "会话与已读回执"}, "group": {"Groups", "群组"},
		"ultragroup": {"Ultra groups", "超级群"}, "chatroom": {"Chat rooms", "聊天室"},
		"translation": {"Translation and speech to text", "翻译与语音转文字"}, "rtc": {"Calls and live streams", "音视频"},
		"client": {"Devices and clients", "设备与客户端"},
	}
)

// Words of the pages between the catalogue's facts.
var (
	wordRetry = map[string]translated{
		areaRate:   {"retry: yes, sends too", "重试：可以，发送类调用也可以"},
		areaServer: {"retry: only what may be repeated", "重试：仅限可重复的调用"},
		"":         {"retry: no", "重试：否"},
	}
	wordStatus = map[string]translated{
		"copy":        {"from a copy of an older page", "来自旧文档的副本"},
		"client-list": {"from the list for clients", "来自客户端错误码表"},
	}
	wordRemedy = translated{"What to do", "处理"}
	wordCalls  = translated{"Calls", "相关调用"}
	wordAny    = translated{"any", "所有调用"}
	wordMany   = translated{"%d of the %d endpoints in [endpoints.md](endpoints.md)", "[endpoints.md](endpoints.md) 所列 %[2]d 个接口中的 %[1]d 个"}
	wordStop   = translated{".", "。"}
	wordColon  = translated{": ", "："}
	wordComma  = translated{", ", "、"}
	wordGap    = translated{" ", ""} // between two sentences
)

// manyCalls is the number of calls from which a page counts them instead of naming them.
const manyCalls = 20

const (
	indexMark = "<!-- index -->\n"
	codesMark = "<!-- codes -->\n"
)

// codesPage returns docs/errors.md and its translations: every code, what it means, what to do,
// and which calls return it.
func codesPage(lang language, book *codeBook, endpoints []*endpoint, methods map[string][]string) []byte {
	var index, list bytes.Buffer
	for _, area := range codeAreaOrder {
		var links []string
		var entries bytes.Buffer
		for _, c := range sortedCodes(book.Codes) {
			if c.Area == area {
				links = append(links, fmt.Sprintf("[%d](#%d)", c.Code, c.Code))
				writeCode(&entries, lang, book, c, endpoints, methods)
			}
		}
		if links == nil {
			continue
		}
		title := lang.of(codeAreas[area])
		fmt.Fprintf(&index, "- **[%s](#%s)**%s%s\n", title, area, lang.of(wordColon), strings.Join(links, " "))
		fmt.Fprintf(&list, "<a id=\"%s\"></a>\n\n## %s\n\n%s", area, title, entries.String())
	}
	text := fill(unixLines(lang.errorsPage), indexMark, index.String())
	return generated(lang, fill(text, codesMark, strings.TrimSuffix(list.String(), "\n")))
}

func sortedCodes(codes []code) []code {
	return slices.SortedFunc(slices.Values(codes), func(a, b code) int { return a.Code - b.Code })
}

func writeCode(b *bytes.Buffer, lang language, book *codeBook, c code, endpoints []*endpoint, methods map[string][]string) {
	fmt.Fprintf(b, "<a id=\"%d\"></a>\n\n### %d `Code%s`\n\n", c.Code, c.Code, c.Name)
	meaning := lang.of(translated{c.Meaning, c.Chinese})
	b.WriteString(capitalized(strings.TrimSuffix(meaning, ".")) + lang.of(wordStop))
	if more := lang.of(translated{c.More, c.MoreZh}); more != "" {
		b.WriteString(lang.of(wordGap) + more)
	}
	b.WriteString("\n\n")

	var facts []string
	if c.HTTP != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", c.HTTP))
	}
	retry, ok := wordRetry[c.Area]
	if !ok {
		retry = wordRetry[""]
	}
	facts = append(facts, lang.of(retry))
	if status, ok := wordStatus[c.Status]; ok {
		facts = append(facts, lang.of(status))
	}
	fmt.Fprintf(b, "*%s*\n\n", strings.Join(facts, " · "))

	fmt.Fprintf(b, "**%s**%s%s\n\n", lang.of(wordRemedy), lang.of(wordColon), lang.of(book.Remedies[c.Remedy]))
	if calls := callsWith(lang, c, endpoints, methods); calls != "" {
		fmt.Fprintf(b, "**%s**%s%s%s\n\n", lang.of(wordCalls), lang.of(wordColon), calls, lang.of(wordStop))
	}
}

// callsWith names the calls that return a code according to the catalogue.
func callsWith(lang language, c code, endpoints []*endpoint, methods map[string][]string) string {
	if c.General {
		return lang.of(wordAny)
	}
	var calls []string
	for _, e := range endpoints {
		if slices.Contains(e.Codes, c.Code) {
			calls = append(calls, callNames(lang, e, methods))
		}
	}
	if len(calls) >= manyCalls {
		return fmt.Sprintf(lang.of(wordMany), len(calls), len(endpoints))
	}
	return strings.Join(calls, lang.of(wordComma))
}

// callNames returns the methods that call an endpoint, or the endpoint if there is none.
func callNames(lang language, e *endpoint, methods map[string][]string) string {
	if own := methods[e.Method+" "+e.Path]; len(own) > 0 {
		return asCode(own)
	}
	return e.link(lang)
}

// fill replaces a mark with generated text.
func fill(text, mark, with string) string { return strings.Replace(text, mark, with, 1) }

// generated is a page with the mark of generated files.
func generated(lang language, text string) []byte {
	return []byte("<!-- Code generated by internal/gen from api/*.yaml and internal/gen/*.md. DO NOT EDIT. -->\n\n" + lang.wrap(text))
}

// oneLine does not wrap a Chinese page: browsers show each line break within a Chinese paragraph as
// a blank.
func oneLine(page string) string { return page }

func unixLines(text string) string { return strings.ReplaceAll(text, "\r\n", "\n") }

func capitalized(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	return string(unicode.ToUpper(first)) + text[size:]
}
