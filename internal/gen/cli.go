package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// callback is what the command line says of a kind of callbacks.
type callback struct {
	Name    string `yaml:"name"`
	Purpose string `yaml:"purpose"`
}

// loadCallbacks reads the kinds of callbacks from webhook.yaml.
func loadCallbacks(dir string) ([]callback, error) {
	text, err := os.ReadFile(filepath.Join(dir, "webhook.yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Callbacks []callback `yaml:"callbacks"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("webhook.yaml: %w", err)
	}
	if len(file.Callbacks) == 0 {
		return nil, errors.New("webhook.yaml: there are no callbacks")
	}
	for _, c := range file.Callbacks {
		if c.Name == "" || c.Purpose == "" {
			return nil, fmt.Errorf("webhook.yaml: the callback %q has no name or no purpose", c.Name)
		}
	}
	return file.Callbacks, nil
}

// summary is the purpose in a line: without what stands behind a semicolon, and with a capital.
func (c callback) summary() string {
	line, _, _ := strings.Cut(c.Purpose, ";")
	first, size := utf8.DecodeRuneInString(line)
	return string(unicode.ToUpper(first)) + line[size:]
}

// cliTable returns the source of what the command line knows besides package endpoint: the methods
// of the SDK for each endpoint, the errors page's text for each code, and what each callback is
// for.
func cliTable(endpoints []*endpoint, methods map[string][]string, book *codeBook, callbacks []callback) ([]byte, error) {
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
	b.WriteString("}\n\n// kindSummaries say what each kind of callbacks is for.\nvar kindSummaries = map[string]string{\n")
	for _, c := range callbacks {
		fmt.Fprintf(&b, "%q: %q,\n", c.Name, c.summary())
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// plain returns a text without Markdown's code marks.
func plain(text string) string { return strings.ReplaceAll(text, "`", "") }
