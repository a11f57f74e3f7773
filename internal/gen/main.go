// Command gen writes package endpoint, codes_gen.go and docs/endpoints.md from the catalogue in api/.
package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", ".", "top folder of the repository")
	check := flag.Bool("check", false, "write nothing; fail if a generated file is stale")
	flag.Parse()
	if err := run(*root, *check); err != nil {
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
	codes, err := loadCodes(filepath.Join(root, "api"))
	if err != nil {
		return err
	}
	table, err := table(endpoints)
	if err != nil {
		return err
	}
	constants, err := codeConstants(codes)
	if err != nil {
		return err
	}
	var stale []error
	for path, text := range map[string][]byte{
		filepath.Join(root, "endpoint", "endpoint_gen.go"): table,
		filepath.Join(root, "docs", "endpoints.md"):        page(endpoints, methods),
		filepath.Join(root, "codes_gen.go"):                constants,
	} {
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
