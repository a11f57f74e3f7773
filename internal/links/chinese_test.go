package links

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// chineseHouse is how Chinese pages are written: in the words of RongCloud's own pages, with a
// blank between Chinese and Latin words and full-width punctuation behind Chinese ones.
var chineseHouse = []struct {
	name  string
	wrong *regexp.Regexp
}{
	{"响应, for what a server sends back", regexp.MustCompile(`应答`)},
	{"Token", regexp.MustCompile(`令牌|\p{Han} token|token \p{Han}`)},
	{"限流器 and 频率限制", regexp.MustCompile(`限速`)},
	{"下发, of messages", regexp.MustCompile(`投递`)},
	{"接收者 and 发送者", regexp.MustCompile(`收件人|接收人|接收方|发件人`)},
	{"登录, 账号, 默认 and 密钥", regexp.MustCompile(`登陆|帐号|缺省|密匙|秘钥`)},
	{"您, if anybody is addressed", regexp.MustCompile(`你[^好]`)},
	{"Chinese and Latin words with a blank between them", regexp.MustCompile(`\p{Han}[A-Za-z0-9]|[A-Za-z0-9]\p{Han}`)},
	{"Chinese words and code with a blank between them", regexp.MustCompile("\\p{Han}\x00|\x00\\p{Han}")},
	{"full-width punctuation", regexp.MustCompile("[\\p{Han}\x00][,;:?!](?: |$|\\p{Han})|\\p{Han}[()]|[()]\\p{Han}")},
	{"no blank beside full-width punctuation", regexp.MustCompile(`[，。；：？！、）》”] [^|]|[（《] |[^|] [，。；：？！、）》”（《“]`)},
}

// misspelt lists where a Chinese page breaks the rules. In blocks of code only the words count, not
// the last four rules, which are about blanks and punctuation.
func misspelt(name, text string) []string {
	var wrong []string
	open, n := false, 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimRight(line, "\r\n")
		if fence.MatchString(line) {
			open = !open
			continue
		}
		prose := codeSpan.ReplaceAllString(linkText.ReplaceAllString(line, "$1"), "\x00")
		for i, rule := range chineseHouse {
			if open && i >= len(chineseHouse)-4 {
				continue
			}
			if at := rule.wrong.FindStringIndex(prose); at != nil {
				wrong = append(wrong, fmt.Sprintf("%s:%d: write %s: %q", name, n, rule.name, strings.ToValidUTF8(prose[max(0, at[0]-30):min(len(prose), at[1]+30)], "")))
			}
		}
	}
	return wrong
}

func TestChineseWords(t *testing.T) {
	t.Parallel()
	checkChinese(t, misspelt)
}

// checkChinese reports what a check finds on the Chinese pages.
func checkChinese(t *testing.T, check func(name, text string) []string) {
	t.Helper()
	all := pages(t, os.DirFS(filepath.Join("..", "..")))
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasSuffix(name, translation) {
			for _, line := range check(name, all[name].text) {
				t.Error(line)
			}
		}
	}
}

// Each rule finds what breaks it, and lets good Chinese pass.
func TestMisspelt(t *testing.T) {
	t.Parallel()
	require.Empty(t, misspelt("a_zh.md", "# 题\n\n向 `Call` 发送，收到响应（200），见[文](a.md)：“你好”。\n\n| 甲（一） | 乙 |\n\n"+
		"```go\nf(\"中文\", x) // 用Call,\n```\n"))
	require.Equal(t, []string{`a_zh.md:3: write 响应, for what a server sends back: "// 没有应答"`}, misspelt("a_zh.md", "甲\n```go\n// 没有应答\n```\n"))
	for wrong, rule := range map[string]string{
		"没有应答": "响应", "封禁和令牌": "Token", "用这个 token 连接": "Token", "限速器": "限流器", "投递前": "下发", "收件人": "接收者", "登陆": "登录",
		"你的代码":   "您",
		"使用Call": "Latin", "用`Call`": "code", "第一,第二": "full-width", "原因: 无": "full-width", "密钥(可选)": "full-width", "`A`, `B`": "full-width",
		"甲， 乙": "no blank", "与 “甲”": "no blank",
	} {
		found := misspelt("a_zh.md", wrong)
		require.Len(t, found, 1, wrong)
		require.Contains(t, found[0], rule)
	}
}
