// Command gen writes package endpoint, codes_gen.go, tables of internal/live and cmd/rongcloud and
// pages of docs/ from the catalogue in api/.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	root := flag.String("root", ".", "top folder of the repository")
	check := flag.Bool("check", false, "write nothing; fail if a generated file is stale, or an endpoint in use has no method")
	client := flag.String("compare", "", "write nothing; print what the web client of RongCloud in this folder knows, and the catalogue does not")
	flag.Parse()
	var err error
	if *client != "" {
		err = compare(os.Stdout, filepath.Join(*root, "api"), *client)
	} else {
		err = run(*root, *check)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gen:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	endpoints, err := load(filepath.Join(root, "api"))
	if err != nil {
		return err
	}
	methods, err := claims(root)
	if err != nil {
		return err
	}
	book, err := loadCodes(filepath.Join(root, "api"))
	if err != nil {
		return err
	}
	table, err := table(endpoints)
	if err != nil {
		return err
	}
	constants, err := codeConstants(book.Codes)
	if err != nil {
		return err
	}
	live, err := liveTable(endpoints, book.Codes)
	if err != nil {
		return err
	}
	shapes, err := shapeTable(endpoints)
	if err != nil {
		return err
	}
	callbacks, err := loadCallbacks(filepath.Join(root, "api"))
	if err != nil {
		return err
	}
	cli, err := cliTable(endpoints, methods, book, callbacks)
	if err != nil {
		return err
	}
	sdk, err := loadOfficial(root)
	if err != nil {
		return err
	}
	own, err := ownNames(root, constants)
	if err != nil {
		return err
	}
	stale := sdk.check(endpoints, own)
	if check {
		stale = append(stale, unimplemented(endpoints, methods)...)
	}
	files := map[string][]byte{
		filepath.Join(root, "endpoint", "endpoint_gen.go"):          table,
		filepath.Join(root, "docs", "endpoints.md"):                 page(endpoints, methods),
		filepath.Join(root, "docs", "migration.md"):                 migrationPage(english, endpoints, methods, sdk),
		filepath.Join(root, "docs", "migration_zh.md"):              migrationPage(chinese, endpoints, methods, sdk),
		filepath.Join(root, "codes_gen.go"):                         constants,
		filepath.Join(root, "internal", "live", "catalogue_gen.go"): live,
		filepath.Join(root, "internal", "shape", "shape_gen.go"):    shapes,
		filepath.Join(root, "cmd", "rongcloud", "catalogue_gen.go"): cli,
		filepath.Join(root, "docs", "errors.md"):                    codesPage(english, book, endpoints, methods),
		filepath.Join(root, "docs", "errors_zh.md"):                 codesPage(chinese, book, endpoints, methods),
		filepath.Join(root, "docs", "retries.md"):                   retriesPage(english, endpoints, methods),
		filepath.Join(root, "docs", "retries_zh.md"):                retriesPage(chinese, endpoints, methods),
	}
	for name, lang := range map[string]language{"scale.md": english, "scale_zh.md": chinese} {
		scale := filepath.Join(root, "docs", name)
		if text, err := os.ReadFile(scale); err == nil {
			if files[scale], err = withLimits(text, lang, endpoints); err != nil {
				return fmt.Errorf("%s: %w", scale, err)
			}
		}
	}
	for path, text := range files {
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(bytes.ReplaceAll(old, []byte("\r\n"), []byte("\n")), text) {
			continue
		}
		if check {
			stale = append(stale, fmt.Errorf("%s is stale at line %d: run \"go generate ./...\" and commit what it writes", path, firstDifference(old, text)))
			continue
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			return err
		}
	}
	return errors.Join(stale...)
}

// firstDifference returns the number of the first line in which two texts differ.
func firstDifference(a, b []byte) int {
	theirs := bytes.Split(a, []byte("\n"))
	for i, line := range bytes.Split(b, []byte("\n")) {
		if i >= len(theirs) || !bytes.Equal(bytes.TrimSuffix(theirs[i], []byte("\r")), line) {
			return i + 1
		}
	}
	return bytes.Count(b, []byte("\n")) + 2
}

// unimplemented returns errors for the current endpoints that no method calls, and for methods
// that call endpoints the catalogue does not have.
func unimplemented(endpoints []*endpoint, methods map[string][]string) []error {
	var found []error
	known := map[string]bool{}
	for _, e := range endpoints {
		at := e.Method + " " + e.Path
		known[at] = true
		if e.Status == "current" && len(methods[at]) == 0 {
			found = append(found, fmt.Errorf("%s has no method", at))
		}
	}
	for _, at := range slices.Sorted(maps.Keys(methods)) {
		if !known[at] {
			found = append(found, fmt.Errorf("%s calls %s, which the catalogue does not have", strings.Join(methods[at], ", "), at))
		}
	}
	return found
}
