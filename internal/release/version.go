package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"golang.org/x/mod/semver"

	"github.com/rongcloud-go/rongcloud/internal/markdown"
)

const (
	versionFile   = "rongcloud.go"
	changelogFile = "CHANGELOG.md"
	dev           = "-dev"
	unreleased    = "Unreleased"
)

var (
	versionLine = regexp.MustCompile(`(?m)^const Version = "([^"]+)"$`)
	relative    = regexp.MustCompile(`\]\(([^):]+)\)`)
	heading     = regexp.MustCompile(`(?m)^## \[?([^\]\s]+)\]? - (.+)$`)
)

// state is what a tree says about its version.
type state struct {
	version string // as in a tag: v1.2.3
	dev     bool   // in development towards that version
	modules []module
}

// look reads the state of the tree below root, and returns an error that names all contradictions.
func look(root string) (state, error) {
	source, err := os.ReadFile(filepath.Join(root, versionFile))
	if err != nil {
		return state{}, err
	}
	found := versionLine.FindSubmatch(source)
	if found == nil {
		return state{}, fmt.Errorf("%s declares no constant Version", versionFile)
	}
	plain, isDev := strings.CutSuffix(string(found[1]), dev)
	s := state{version: "v" + plain, dev: isDev}
	if !semver.IsValid(s.version) || semver.Canonical(s.version) != s.version {
		return state{}, fmt.Errorf("%s: %q is not a version such as 1.2.3 or 1.2.3%s", versionFile, found[1], dev)
	}
	if s.modules, err = modules(root); err != nil {
		return state{}, err
	}
	top, err := topSection(root)
	if err != nil {
		return state{}, err
	}
	return s, errors.Join(s.contradicts(top), older(root), s.misfits())
}

// older reports errors below the top section of the changelog: a section without a date, or whose
// version is not before that of the section above.
func older(root string) error {
	text, err := os.ReadFile(filepath.Join(root, changelogFile))
	if err != nil {
		return err
	}
	found := heading.FindAllSubmatch(text, -1)
	for i := 1; i < len(found); i++ {
		version, above := "v"+string(found[i][1]), "v"+string(found[i-1][1])
		if _, err := time.Parse(time.DateOnly, string(found[i][2])); err != nil {
			return fmt.Errorf("%s: %s is not on top, and %q is not a date", changelogFile, version, found[i][2])
		}
		if semver.Compare(version, above) >= 0 {
			return fmt.Errorf("%s: %s stands below %s, and is not a version before it", changelogFile, version, above)
		}
	}
	return nil
}

// contradicts compares the top section of the changelog with the version.
func (s state) contradicts(top section) error {
	if top.version != s.version {
		return fmt.Errorf("the top section of %s is of %s, but Version in %s is of %s", changelogFile, top.version, versionFile, s.version)
	}
	_, err := time.Parse(time.DateOnly, top.date)
	switch {
	case s.dev && top.date != unreleased:
		return fmt.Errorf("%s: %s ends in %q, but Version in %s in %s", changelogFile, s.version, top.date, versionFile, dev)
	case !s.dev && err != nil:
		return fmt.Errorf("%s: %q is not a date, but Version in %s has no %s", changelogFile, top.date, versionFile, dev)
	}
	return nil
}

// misfits names the lines of go.mod files that do not match the version or the state.
func (s state) misfits() error {
	var all []error
	for _, m := range s.modules {
		for _, n := range m.needs {
			if n.version != s.version {
				all = append(all, fmt.Errorf("%s/go.mod requires %s %s, not %s", m.dir, n.path, n.version, s.version))
			}
			if n.replaced != s.dev {
				all = append(all, fmt.Errorf("%s/go.mod: replaces %s: %t, with Version %s%s", m.dir, n.path, n.replaced, s.version, map[bool]string{true: dev}[s.dev]))
			}
		}
		if m.released && len(m.foreign) > 0 {
			all = append(all, fmt.Errorf("%s/go.mod replaces or excludes %v: nobody could install from it", m.dir, m.foreign))
		}
	}
	return errors.Join(all...)
}

// tags returns the names of the release's tags, in the order of creation.
func (s state) tags() []string {
	var names []string
	for _, m := range s.modules {
		if m.released {
			names = append(names, m.tag(s.version))
		}
	}
	return names
}

// check reports what contradicts the version below root and, if a tag is given, whether the tree
// is the one for that tag.
func check(root, tag string, out io.Writer) error {
	s, err := look(root)
	if err != nil {
		return err
	}
	if err := s.installs(root); err != nil {
		return err
	}
	if tag != "" && (s.dev || tag != s.version) {
		return fmt.Errorf("tag %s, but Version in %s is %s%s", tag, versionFile, s.version, map[bool]string{true: dev}[s.dev])
	}
	fmt.Fprintf(out, "%s%s, tags: %s\n", s.version, map[bool]string{true: ", in development"}[s.dev], strings.Join(s.tags(), " "))
	return nil
}

// section is a part of the changelog.
type section struct {
	version string // as in a tag
	date    string // or the word Unreleased
	text    string // without the heading
	at      [2]int // position of the heading in the file
}

// topSection reads the first section of the changelog.
func topSection(root string) (section, error) {
	text, err := os.ReadFile(filepath.Join(root, changelogFile))
	if err != nil {
		return section{}, err
	}
	found := heading.FindAllSubmatchIndex(text, 2)
	if len(found) == 0 {
		return section{}, fmt.Errorf("%s has no heading such as \"## 1.2.3 - %s\"", changelogFile, unreleased)
	}
	h, end := found[0], len(text)
	if len(found) > 1 {
		end = found[1][0]
	}
	s := section{version: "v" + string(text[h[2]:h[3]]), date: string(text[h[4]:h[5]]), at: [2]int{h[0], h[1]}}
	s.text = strings.TrimSpace(string(text[h[1]:end]))
	return s, nil
}

// notes prints the changelog's top section. If a tag is given, it must be of that version.
func notes(root, tag string, out io.Writer) error {
	top, err := topSection(root)
	switch {
	case err != nil:
		return err
	case tag != "" && tag != top.version:
		return fmt.Errorf("the top section of %s is of %s, not of %s", changelogFile, top.version, tag)
	case top.text == "":
		return fmt.Errorf("%s says nothing about %s", changelogFile, top.version)
	}
	f, err := readMod(filepath.Join(root, "go.mod"))
	if err != nil {
		return err
	}
	// The notes are shown elsewhere, where relative links would be broken.
	base := "https://" + f.Module.Mod.Path + "/blob/" + top.version + "/"
	_, err = fmt.Fprint(out, markdown.Unwrap(relative.ReplaceAllString(top.text, "]("+base+"$1)")))
	return err
}

// setVersion writes the version into the source.
func setVersion(root, version, date string) error {
	plain := strings.TrimPrefix(version, "v")
	if date == unreleased {
		plain += dev
	}
	return rewrite(filepath.Join(root, versionFile), func(source []byte) []byte {
		return versionLine.ReplaceAll(source, fmt.Appendf(nil, "const Version = %q", plain))
	})
}

// head writes a heading into the changelog, replacing the first one or before it.
func head(root, version, date string, inPlace bool) error {
	top, err := topSection(root)
	if err != nil {
		return err
	}
	line := fmt.Sprintf("## %s - %s", strings.TrimPrefix(version, "v"), date)
	rest := top.at[1]
	if !inPlace {
		line += "\n\n"
		rest = top.at[0]
	}
	return rewrite(filepath.Join(root, changelogFile), func(text []byte) []byte {
		return fmt.Appendf(nil, "%s%s%s", text[:top.at[0]], line, text[rest:])
	})
}

func rewrite(name string, change func([]byte) []byte) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return os.WriteFile(name, change(text), 0o644)
}

// following returns the next minor version.
func following(version string) string {
	var major, minor int
	_, err := fmt.Sscanf(semver.MajorMinor(version), "v%d.%d", &major, &minor)
	if err != nil {
		return ""
	}
	return fmt.Sprintf("v%d.%d.0", major, minor+1)
}
