package links

import (
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
)

// page is a Markdown file.
type page struct {
	text    string
	links   []string
	anchors map[string]bool
	order   []string // order of the anchors
}

var (
	fence     = regexp.MustCompile("^\\s*(```|~~~)")
	codeSpan  = regexp.MustCompile("`[^`]*`")
	inline    = regexp.MustCompile(`\]\(\s*<?([^)>\s]+)>?(?:\s+"[^"]*")?\s*\)`)
	reference = regexp.MustCompile(`^\s{0,3}\[[^\]]+\]:\s+<?([^>\s]+)`)
	tagged    = regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	anchor    = regexp.MustCompile(`(?:id|name)="([^"]+)"`)
	title     = regexp.MustCompile(`^#{1,6}\s+(.+?)\s*#*$`)
	linkText  = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
)

// read finds the links and anchors of a text, except inside code.
func read(text string) page {
	p := page{text: text, anchors: map[string]bool{}}
	open := ""
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if mark := fence.FindStringSubmatch(line); mark != nil && (open == "" || open == mark[1]) {
			if open == "" {
				open = mark[1]
			} else {
				open = ""
			}
			continue
		}
		if open != "" {
			continue
		}
		if heading := title.FindStringSubmatch(line); heading != nil {
			p.name(slug(heading[1]))
		}
		line = codeSpan.ReplaceAllString(line, "")
		for _, mark := range anchor.FindAllStringSubmatch(line, -1) {
			p.add(mark[1])
		}
		for _, kind := range []*regexp.Regexp{inline, reference, tagged} {
			for _, link := range kind.FindAllStringSubmatch(line, -1) {
				p.links = append(p.links, link[1])
			}
		}
	}
	return p
}

// name adds the anchor of a heading: a second heading with the same words is called words-1.
func (p *page) name(words string) {
	free := words
	for n := 1; p.anchors[free]; n++ {
		free = words + "-" + strconv.Itoa(n)
	}
	p.add(free)
}

func (p *page) add(anchor string) {
	p.anchors[anchor] = true
	p.order = append(p.order, anchor)
}

// slug returns the anchor that GitHub gives a heading: lower case, no punctuation, hyphens.
func slug(heading string) string {
	heading = linkText.ReplaceAllString(heading, "$1")
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r == '_', unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mn, r):
			return unicode.ToLower(r)
		}
		return -1
	}, heading)
}

// pages reads all Markdown files of a tree, except those that are parts of pages.
func pages(t *testing.T, tree fs.FS) map[string]page {
	t.Helper()
	found := map[string]page{}
	require.NoError(t, fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (slices.Contains([]string{".git", "node_modules", "cache"}, entry.Name()) || name == "internal/gen") {
			return fs.SkipDir
		}
		if !entry.IsDir() && path.Ext(name) == ".md" {
			text, err := fs.ReadFile(tree, name)
			if err != nil {
				return err
			}
			found[name] = read(string(text))
		}
		return nil
	}))
	return found
}

// follow returns where a link of a page leads: a path in the tree and an anchor. ok is false for
// an external address.
func follow(from, link string) (name, anchor string, ok bool) {
	to, err := url.Parse(link)
	if err != nil {
		return link, "", true // which does not exist
	}
	if to.Scheme != "" || to.Host != "" {
		return "", "", false
	}
	if to.Path == "" {
		return from, to.Fragment, true
	}
	return path.Join(path.Dir(from), to.Path), to.Fragment, true
}

// broken lists the broken links.
func broken(tree fs.FS, all map[string]page) []string {
	var found []string
	for _, from := range slices.Sorted(maps.Keys(all)) {
		for _, link := range all[from].links {
			name, anchor, ok := follow(from, link)
			if !ok {
				continue
			}
			_, err := fs.Stat(tree, name)
			to, isPage := all[name]
			if err != nil || anchor != "" && isPage && !to.anchors[anchor] {
				found = append(found, from+": "+link)
			}
		}
	}
	return found
}

// reached returns the pages that can be reached from a page in the given number of clicks.
func reached(all map[string]page, from string, clicks int) map[string]bool {
	seen := map[string]bool{from: true}
	for range clicks {
		for _, at := range slices.Sorted(maps.Keys(seen)) {
			for _, link := range all[at].links {
				if name, _, ok := follow(at, link); ok && all[name].anchors != nil {
					seen[name] = true
				}
			}
		}
	}
	return seen
}

func TestLinks(t *testing.T) {
	t.Parallel()
	tree := os.DirFS(filepath.Join("..", ".."))
	all := pages(t, tree)
	require.Greater(t, len(all), 10)
	require.Empty(t, broken(tree, all))
}

func TestTwoClicks(t *testing.T) {
	t.Parallel()
	all := pages(t, os.DirFS(filepath.Join("..", "..")))
	for _, start := range []string{"README.md", "README_zh.md"} {
		found := reached(all, start, 2)
		for name := range all {
			if path.Dir(name) == "docs" || path.Dir(name) == "." {
				require.True(t, found[name], "%s is more than two clicks from %s", name, start)
			}
		}
	}
}

func TestReading(t *testing.T) {
	t.Parallel()
	p := read("# `Code`, twice!\n\n## Twice\n## Twice\n[a](b.md#c) ![d](e.png \"f\") `[no](no.md)`\n\n```md\n[no](no.md)\n# No\n```\n[r]: <g.md>\n" +
		"<a id=\"own\" href=\"h.md\">x</a>\n## 中文 标题 · 二\n")
	require.Equal(t, []string{"b.md#c", "e.png", "g.md", "h.md"}, p.links)
	require.Equal(t, []string{"code-twice", "own", "twice", "twice-1", "中文-标题--二"}, slices.Sorted(maps.Keys(p.anchors)))
}

func TestBroken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"README.md":  "# Top\n[1](docs/a.md) [2](#top) [3](#gone) [4](docs/gone.md) [5](https://example.com/gone) [6](docs/a.md#a%C3%A4) [7](docs/a.md#b)",
		"docs/a.md":  "# aä\n[up](../README.md#top) [b](b.md) [file](x.go)",
		"docs/b.md":  "[c](c.md)",
		"docs/c.md":  "",
		"docs/x.go":  "package x",
		"cache/d.md": "[gone](gone.md)",
	} {
		name = filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(name), 0o755))
		require.NoError(t, os.WriteFile(name, []byte(text), 0o600))
	}
	tree := os.DirFS(dir)
	all := pages(t, tree)
	require.Equal(t, []string{"README.md: #gone", "README.md: docs/gone.md", "README.md: docs/a.md#b"}, broken(tree, all))
	require.Equal(t, []string{"README.md", "docs/a.md", "docs/b.md"}, slices.Sorted(maps.Keys(reached(all, "README.md", 2))))
}
