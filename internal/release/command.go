package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// patience is how long a command may take.
const patience = 10 * time.Minute

// failure is a command that failed.
type failure struct {
	what           string
	stdout, stderr string
	err            error
}

// Error includes all output.
func (f *failure) Error() string {
	return fmt.Sprintf("%s: %v\n%s%s", f.what, f.err, f.stdout, f.stderr)
}

func (f *failure) Unwrap() error { return f.err }

// command runs a program in a folder and returns its output. Its error is a *failure.
func command(dir string, env []string, name string, args ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, name, args...) //nolint:gosec // our own commands
	c.Dir, c.Env = dir, env
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil {
		return "", &failure{fmt.Sprintf("%s %s in %s", filepath.Base(name), strings.Join(args, " "), dir), stdout.String(), stderr.String(), err}
	}
	return strings.TrimRight(stdout.String(), "\r\n"), nil
}

func git(dir string, args ...string) (string, error) {
	return command(dir, nil, "git", args...)
}

// remote makes a bare repository and the environment in which the go command gets our modules only
// from there, into a cache without them. Modules of others come from the existing cache, or else
// from the usual source.
func remote(work string, s state) (repository string, env []string, err error) {
	repository = filepath.Join(work, "remote.git")
	if _, err := git(work, "init", "--quiet", "--bare", repository); err != nil {
		return "", nil, err
	}
	given, err := command(work, nil, "go", "env", "GOMODCACHE", "GOPROXY")
	if err != nil {
		return "", nil, err
	}
	cache, proxy, _ := strings.Cut(given, "\n")
	ours := s.modules[0].path
	for _, m := range s.modules {
		if m.dir == "." {
			ours = m.path
		}
	}
	for _, line := range os.Environ() {
		if !strings.HasPrefix(line, "RONGCLOUD_") { // nothing here may reach a live app
			env = append(env, line)
		}
	}
	n, _ := strconv.Atoi(os.Getenv("GIT_CONFIG_COUNT")) // 0 if not set
	return repository, append(env,
		fmt.Sprintf("GIT_CONFIG_COUNT=%d", n+1),
		fmt.Sprintf("GIT_CONFIG_KEY_%d=url.file://%s.insteadOf", n, filepath.ToSlash(repository)),
		fmt.Sprintf("GIT_CONFIG_VALUE_%d=https://%s", n, ours),
		"GOPROXY=file://"+filepath.ToSlash(cache)+"/cache/download,"+proxy,
		"GONOPROXY="+ours+","+ours+"/*",
		"GOSUMDB=off", // the go.sum files verify modules of others
		"GOMODCACHE="+filepath.Join(work, "cache"),
		"GOBIN="+filepath.Join(work, "bin"),
		"GOFLAGS=-trimpath -modcacherw -buildvcs=false",
		"GOWORK=off",
	), nil
}
