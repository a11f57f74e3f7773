package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/semver"
)

// prepare makes two commits on the current branch: one without replace lines, which gets the tags,
// and one that returns to development. It works in a separate folder, so that a failed release
// changes nothing.
func prepare(root, next string, now time.Time, out io.Writer) error {
	s, err := ready(root)
	if err != nil {
		return err
	}
	if next == "" {
		next = following(s.version)
	}
	if !semver.IsValid(next) || semver.Compare(next, s.version) <= 0 {
		return fmt.Errorf("-next: %q is not a version after %s", next, s.version)
	}
	if err := compareAPI(root, false, out); err != nil {
		return err
	}
	api, err := publicAPI(root)
	if err != nil {
		return err
	}
	for _, m := range s.modules {
		if _, err := command(filepath.Join(root, m.dir), nil, "go", "mod", "tidy", "-diff"); err != nil {
			return err
		}
	}
	if err := release(root, s, next, now, api); err != nil {
		return err
	}
	tags := s.tags()
	fmt.Fprintf(out, "%s is committed and tagged, and nothing is pushed. Look at it:\n\n  git show %[1]s\n\nPublish it, the modules that others need first:\n\n", s.version)
	fmt.Fprintf(out, "  git push --atomic origin HEAD %s\n", tags[0])
	for _, tag := range tags[1:] {
		fmt.Fprintf(out, "  git push origin %s\n", tag)
	}
	fmt.Fprintf(out, "\nOr take it back:\n\n  git tag -d %s && git reset --hard HEAD~2\n", strings.Join(tags, " "))
	return nil
}

// ready returns the state of a tree, or an error if it cannot be released.
func ready(root string) (state, error) {
	s, err := look(root)
	if err != nil {
		return s, err
	}
	if !s.dev {
		return s, fmt.Errorf("%s is not in development: Version in %s has no %s", s.version, versionFile, dev)
	}
	if err := notes(root, s.version, io.Discard); err != nil {
		return s, err
	}
	changed, err := git(root, "status", "--porcelain")
	if err != nil {
		return s, err
	}
	if changed != "" {
		return s, fmt.Errorf("commit these first:\n%s", changed)
	}
	if _, err := git(root, "symbolic-ref", "HEAD"); err != nil {
		return s, errors.New("no branch is checked out")
	}
	for _, tag := range s.tags() {
		if _, err := git(root, "rev-parse", "--verify", "--quiet", "refs/tags/"+tag); err == nil {
			return s, fmt.Errorf("the tag %s exists", tag)
		}
	}
	return s, nil
}

// release commits and tags. The commit contains the given API, unless it is nil.
func release(root string, s state, next string, now time.Time, api []string) (err error) {
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer func() {
		_, gone := git(root, "worktree", "remove", "--force", filepath.Join(work, "tree"))
		err = errors.Join(err, gone, os.RemoveAll(work))
	}()
	tree := filepath.Join(work, "tree")
	if _, err := git(root, "worktree", "add", "--quiet", "--detach", tree); err != nil {
		return err
	}
	if err := commitRelease(work, tree, s, now, api); err != nil {
		return err
	}
	released, err := git(tree, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if err := commitNext(tree, s, next); err != nil {
		return err
	}
	last, err := git(tree, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	if err := tagAll(root, s, released); err != nil {
		return err
	}
	if _, err := git(root, "merge", "--quiet", "--ff-only", last); err != nil {
		_, undone := git(root, append([]string{"tag", "-d"}, s.tags()...)...)
		return errors.Join(err, undone)
	}
	return nil
}

// commitRelease makes the commit without replace lines.
func commitRelease(work, tree string, s state, now time.Time, api []string) error {
	if err := setVersion(tree, s.version, now.Format(time.DateOnly)); err != nil {
		return err
	}
	if err := head(tree, s.version, now.Format(time.DateOnly), true); err != nil {
		return err
	}
	if api != nil {
		if err := writeAPI(tree, api); err != nil {
			return err
		}
	}
	for _, m := range s.modules {
		if err := errors.Join(pin(tree, m, s.version), unreplace(tree, m)); err != nil {
			return err
		}
	}
	if err := sum(work, tree, s); err != nil {
		return err
	}
	if _, err := look(tree); err != nil {
		return err
	}
	return commit(tree, "all: release "+s.version)
}

// sum adds the hashes of our modules to the go.sum files. The go command computes them, from a
// repository in which the required modules have their tags.
func sum(work, tree string, s state) error {
	start, err := git(tree, "rev-parse", "HEAD")
	if err != nil {
		return err
	}
	remote, env, err := remote(work, s)
	if err != nil {
		return err
	}
	for _, m := range s.modules {
		if len(m.needs) > 0 {
			if _, err := command(filepath.Join(tree, m.dir), env, "go", "mod", "tidy"); err != nil {
				return err
			}
		}
		if err := commit(tree, m.path, "--no-gpg-sign"); err != nil {
			return err
		}
		if _, err := git(tree, "push", "--quiet", remote, "HEAD:refs/tags/"+m.tag(s.version)); err != nil {
			return err
		}
	}
	_, err = git(tree, "reset", "--quiet", "--soft", start)
	return err
}

// commitNext makes the commit that returns to development.
func commitNext(tree string, s state, next string) error {
	if err := setVersion(tree, next, unreleased); err != nil {
		return err
	}
	if err := head(tree, next, unreleased, false); err != nil {
		return err
	}
	files, err := git(tree, "ls-files", "--", "*go.mod", "*go.sum")
	if err != nil {
		return err
	}
	if _, err := git(tree, append([]string{"restore", "--source=HEAD~1", "--staged", "--worktree", "--"}, strings.Fields(files)...)...); err != nil {
		return err
	}
	for _, m := range s.modules {
		if err := pin(tree, m, next); err != nil {
			return err
		}
	}
	if _, err := look(tree); err != nil {
		return err
	}
	return commit(tree, "all: begin "+next)
}

func commit(tree, subject string, flags ...string) error {
	if _, err := git(tree, "add", "--all"); err != nil {
		return err
	}
	_, err := git(tree, append([]string{"commit", "--quiet", "--no-verify", "--allow-empty", "-m", subject}, flags...)...)
	return err
}

// tagAll makes all tags or none, each module's after those of the modules that it requires.
func tagAll(root string, s state, at string) error {
	var made []string
	for _, tag := range s.tags() {
		if _, err := git(root, "tag", "--annotate", "-m", tag, tag, at); err != nil {
			for _, tag := range made {
				_, undone := git(root, "tag", "-d", tag)
				err = errors.Join(err, undone)
			}
			return err
		}
		made = append(made, tag)
	}
	return nil
}
