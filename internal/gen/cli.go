package main

import (
	"bytes"
	"fmt"
	"go/format"
	"slices"
	"strings"
)

// cliTable returns the source of what the command line knows besides package endpoint: the methods
// of the SDK for each endpoint, and the errors page's text for each code.
func cliTable(endpoints []*endpoint, methods map[string][]string, book *codeBook) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header + "package main\n\n// goMethods are the methods of the SDK, by the method and path that they call.\nvar goMethods = map[string][]string{\n")
	for _, e := range endpoints {
		if own := methods[e.Method+" "+e.Path]; len(own) > 0 {
			fmt.Fprintf(&b, "%q: %#v,\n", e.Method+" "+e.Path, own)
		}
	}
	b.WriteString("}\n\n// codeFacts are what is known of each code.\nvar codeFacts = map[int]codeFact{\n")
	for _, c := range sortedCodes(book.Codes) {
		retry, ok := wordRetry[c.Area]
		if !ok {
			retry = wordRetry[""]
		}
		fmt.Fprintf(&b, "%d: {name: %q, more: %q, retry: %q, remedy: %q", c.Code, "Code"+c.Name, c.More,
			strings.TrimPrefix(retry.En, "retry: "), plain(book.Remedies[c.Remedy].En))
		if c.General {
			b.WriteString(", general: true")
		}
		var paths []string
		for _, e := range endpoints {
			if slices.Contains(e.Codes, c.Code) {
				paths = append(paths, e.Method+" "+e.Path)
			}
		}
		if paths != nil && !c.General {
			fmt.Fprintf(&b, ", endpoints: %#v", paths)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// plain returns a text without Markdown's code marks.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }
