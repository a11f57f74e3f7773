package links

import (
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud/internal/markdown"
)

var update = flag.Bool("update", false, "wrap the lines of English pages")

// forms are texts that GitHub shows with every break of a line in the source.
const forms = ".github/"

// No line of an English page is wider than 100 columns, unless it cannot be broken. Chinese
// paragraphs have one line: see TestChineseParagraphs.
func TestWidth(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	all := pages(t, os.DirFS(root))
	parts, err := filepath.Glob(filepath.Join(root, "internal", "gen", "*.md"))
	require.NoError(t, err)
	require.NotEmpty(t, parts)
	for _, part := range parts {
		text, err := os.ReadFile(part)
		require.NoError(t, err)
		all["internal/gen/"+filepath.Base(part)] = page{text: string(text)}
	}
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if strings.HasSuffix(name, translation) || strings.HasPrefix(name, forms) {
			continue
		}
		text := strings.ReplaceAll(all[name].text, "\r\n", "\n")
		if *update && !strings.HasPrefix(text, "<!-- Code generated") && len(markdown.Wide(text)) > 0 {
			text = markdown.Wrap(text)
			require.NoError(t, os.WriteFile(filepath.Join(root, filepath.FromSlash(name)), []byte(text), 0o644))
		}
		if wide := markdown.Wide(text); len(wide) > 0 {
			t.Errorf("%s: wider than %d columns: lines %v. go test ./internal/links -run TestWidth -update wraps them", name, markdown.Columns, wide)
		}
	}
}
