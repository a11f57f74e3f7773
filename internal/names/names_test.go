package names

import (
	"bufio"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
)

const root = "../.."

// packages are the folders whose exported names must follow the rules.
var packages = []string{".", "webhook", "webhook/webhooktest", "webhook/boltqueue", "rongcloudtest", "endpoint", "redis", "otel"}

// Every exported name follows the rules, except those that CONTRIBUTING.md lists. An unneeded
// exception must be removed.
func TestNames(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "CONTRIBUTING.md"))
	require.NoError(t, err)
	allowed, needed := exceptions(string(text)), map[string]bool{}
	require.NotEmpty(t, allowed)
	for _, dir := range packages {
		s, err := load(filepath.Join(root, dir))
		require.NoError(t, err)
		require.NotEmpty(t, s.files, dir)
		for _, f := range check(s) {
			key := f.rule + " " + f.name
			all := f.rule + " " + s.name + ".*"
			switch {
			case allowed[key], allowed[all]:
				needed[key], needed[all] = true, true
			default:
				t.Errorf("%s", f)
			}
		}
	}
	for key := range allowed {
		if !needed[key] {
			t.Errorf("CONTRIBUTING.md makes an exception of %s, which keeps the rule or is gone", key)
		}
	}
}

// exceptionRow is a line of the table of exceptions: the word of a rule, names, a reason.
var (
	exceptionRow  = regexp.MustCompile("(?m)^\\| ([a-z]+) \\| (`[^|]+`) \\| [^|]+ \\|$")
	exceptionName = regexp.MustCompile("`([^`]+)`")
)

// exceptions returns the exceptions in the section "Names" of CONTRIBUTING.md.
func exceptions(text string) map[string]bool {
	_, section, _ := strings.Cut(text, "\n## Names\n")
	section, _, _ = strings.Cut(section, "\n## ")
	all := map[string]bool{}
	for _, row := range exceptionRow.FindAllStringSubmatch(section, -1) {
		for _, name := range exceptionName.FindAllStringSubmatch(row[2], -1) {
			all[row[1]+" "+name[1]] = true
		}
	}
	return all
}

// maxColumns is how wide a comment line may be; a tab counts four.
const maxColumns = 100

// No comment in any Go file is wider than 100 columns.
func TestCommentWidth(t *testing.T) {
	t.Parallel()
	var files int
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") {
			return nil
		}
		files++
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if wide := wideComments(string(text)); len(wide) > 0 {
			t.Errorf("english %s: comments are wider than %d columns in lines %v", filepath.ToSlash(name), maxColumns, wide)
		}
		return nil
	}))
	require.Greater(t, files, 100)
}

// wideComments returns the numbers of comment lines wider than maxColumns, except those that
// cannot be wrapped: directives, single words such as addresses, and the output of examples.
func wideComments(text string) []int {
	var wide []int
	output := false
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := strings.ReplaceAll(lines.Text(), "\t", "    ")
		comment, ok := strings.CutPrefix(strings.TrimLeft(line, " "), "//")
		output = ok && (output || strings.HasPrefix(comment, " Output:"))
		if !ok || output || !strings.HasPrefix(comment, " ") || utf8.RuneCountInString(line) <= maxColumns {
			continue
		}
		if longest := slices.MaxFunc(strings.Fields(comment), func(a, b string) int { return len(a) - len(b) }); len(longest) < 60 {
			wide = append(wide, n)
		}
	}
	return wide
}

// The pages use the same words for people and recipients as the comments.
func TestPagesEnglish(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob(filepath.Join(root, "docs", "*.md"))
	require.NoError(t, err)
	top, err := filepath.Glob(filepath.Join(root, "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, pages)
	require.NotEmpty(t, top)
	for _, page := range append(pages, top...) {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for n, line := range strings.Split(string(text), "\n") {
			for _, word := range plainWords(line) {
				if better := otherPersons[word] + otherEnglish[word]; better != "" {
					t.Errorf("%s:%d: %q is %q", page, n+1, word, better)
				}
			}
		}
	}
}
