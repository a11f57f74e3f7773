package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminalRun runs the program on a pseudo-terminal. Its methods read and type as a person would.
type terminalRun struct {
	t      *testing.T
	hand   *os.File // the person's end of the terminal
	cmd    *exec.Cmd
	closed chan struct{} // closed once all output is read

	mu   sync.Mutex
	seen strings.Builder
	from int // where sees starts to search
}

// onTerminal starts the program on a new terminal.
func onTerminal(t *testing.T, env map[string]string, args ...string) *terminalRun {
	t.Helper()
	hand, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = hand.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(hand.Fd()), unix.TIOCSPTLCK, 0))
	number, err := unix.IoctlGetInt(int(hand.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	r := &terminalRun{t: t, hand: hand, closed: make(chan struct{})}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // if the program asks for more than the test types
	t.Cleanup(cancel)
	r.cmd = exec.CommandContext(ctx, program, args...)
	r.cmd.Stdin, r.cmd.Stdout, r.cmd.Stderr = screen, screen, screen
	r.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	r.cmd.Env = []string{"TERM=xterm", "PATH=" + os.Getenv("PATH")}
	for name, value := range env {
		r.cmd.Env = append(r.cmd.Env, name+"="+value)
	}
	require.NoError(t, r.cmd.Start())
	require.NoError(t, screen.Close())
	go func() {
		defer close(r.closed)
		buffer := make([]byte, 4096)
		for {
			n, err := hand.Read(buffer)
			r.mu.Lock()
			r.seen.Write(buffer[:n])
			r.mu.Unlock()
			if err != nil { // the program has ended
				return
			}
		}
	}()
	return r
}

// sees waits for a text behind the one it found before.
func (r *terminalRun) sees(text string) {
	r.t.Helper()
	require.Eventually(r.t, func() bool {
		r.mu.Lock()
		defer r.mu.Unlock()
		at := strings.Index(r.seen.String()[r.from:], text)
		if at < 0 {
			return false
		}
		r.from += at + len(text)
		return true
	}, 20*time.Second, 5*time.Millisecond, "waiting for %q", text)
}

// types types a text once the terminal shows typed text, or hides it if shown is false.
func (r *terminalRun) types(text string, shown bool) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.echoes() == shown }, 20*time.Second, 5*time.Millisecond)
	_, err := r.hand.WriteString(text)
	require.NoError(r.t, err)
}

func (r *terminalRun) echoes() bool {
	state, err := unix.IoctlGetTermios(int(r.hand.Fd()), unix.TCGETS)
	return err == nil && state.Lflag&unix.ECHO != 0
}

// ends waits for the program to end, and returns the exit code and all text on the terminal.
func (r *terminalRun) ends() (code int, seen string) {
	r.t.Helper()
	_ = r.cmd.Wait() // the exit code tells
	<-r.closed
	return r.cmd.ProcessState.ExitCode(), r.seen.String()
}

func loginStage(t *testing.T) (env map[string]string, address string) {
	t.Helper()
	emulator, err := runEmulator(t.Cleanup, nil)
	require.NoError(t, err)
	return map[string]string{envConfig: filepath.Join(t.TempDir(), "profiles.json")}, emulator[envAPIURL]
}

func TestLoginAsks(t *testing.T) {
	t.Parallel()
	env, address := loginStage(t)
	r := onTerminal(t, env, "login", "--api-url", address)
	r.sees("App Key: ")
	r.types("test-app-key\n", true)
	r.sees("App Secret (not shown): ")
	r.types("test-app-secret\n", false)
	code, seen := r.ends()
	require.Equal(t, exitDone, code, seen)
	require.NotContains(t, seen, "test-app-secret")
	require.Contains(t, seen, "The profile default is stored in ")
	info, err := os.Stat(env[envConfig])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	stored, err := os.ReadFile(env[envConfig])
	require.NoError(t, err)
	require.Contains(t, string(stored), `"appSecret": "test-app-secret"`)
	files, err := os.ReadDir(filepath.Dir(env[envConfig])) // login leaves no other file, such as a history
	require.NoError(t, err)
	require.Len(t, files, 1)
}

// login asks for the data centre, and takes BJ if the user types nothing.
func TestLoginAsksForDataCentre(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{"\n": "BJ", "sg\n": "SG"} {
		env, _ := loginStage(t)
		r := onTerminal(t, env, "login", "--app-key", "some-key", "--no-check")
		r.sees("App Secret (not shown): ")
		r.types("some-secret\n", false)
		r.sees("Data centre (BJ, SG")
		r.types(typed, true)
		code, seen := r.ends()
		require.Equal(t, exitDone, code, seen)
		require.NotContains(t, seen, "some-secret")
		r = onTerminal(t, env, "profile", "show")
		_, seen = r.ends()
		require.Contains(t, seen, "where       "+want)
		require.NotContains(t, seen, "some-secret")
	}
}

// login refuses an empty key, an empty secret and an unknown data centre, and then stores nothing.
func TestLoginRefuses(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		key, secret, region string
		says                string
	}{
		"no key":      {"\n", "", "", "no App Key was given"},
		"no secret":   {"key\n", "\n", "", "no App Secret was given"},
		"data centre": {"key\n", "some-secret\n", "Mars\n", `there is no data centre "MARS"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env, _ := loginStage(t)
			r := onTerminal(t, env, "login", "--no-check")
			r.sees("App Key: ")
			r.types(test.key, true)
			if test.secret != "" {
				r.sees("not shown")
				r.types(test.secret, false)
			}
			if test.region != "" {
				r.sees("Data centre")
				r.types(test.region, true)
			}
			code, seen := r.ends()
			require.Equal(t, exitUsage, code, seen)
			require.Contains(t, seen, test.says)
			require.NoFileExists(t, env[envConfig])
		})
	}
}

// Ctrl-C at the question for the secret stores nothing, and restores a terminal that shows typed
// text.
func TestLoginInterrupted(t *testing.T) {
	t.Parallel()
	env, _ := loginStage(t)
	r := onTerminal(t, env, "login", "--app-key", "key", "--no-check")
	r.sees("not shown")
	r.types("some-sec\x03", false)
	code, seen := r.ends()
	require.Equal(t, exitRefused, code, seen)
	require.NotContains(t, seen, "some-sec")
	require.True(t, r.echoes())
	require.NoFileExists(t, env[envConfig])
}

// login asks before it replaces a profile with another App Key.
func TestLoginReplaces(t *testing.T) {
	t.Parallel()
	env, address := loginStage(t)
	require.NoError(t, os.WriteFile(env[envConfig], []byte(`{"profiles": {"default": {"appKey": "old-key", "appSecret": "old-secret"}}}`), 0o600))
	for _, answer := range []string{"n", "y"} {
		r := onTerminal(t, env, "login", "--api-url", address, "--app-key", "test-app-key")
		r.sees("not shown")
		r.types("test-app-secret\n", false)
		r.sees("This will replace the profile default, which has the App Key old-key. Go on? [y/N] ")
		r.types(answer+"\n", true)
		code, seen := r.ends()
		require.Equal(t, map[string]int{"n": exitRefused, "y": exitDone}[answer], code, seen)
		stored, err := os.ReadFile(env[envConfig])
		require.NoError(t, err)
		require.Equal(t, answer == "y", strings.Contains(string(stored), "test-app-key"))
	}
}
