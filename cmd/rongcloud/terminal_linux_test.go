package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// terminalRun runs the program on a pseudo-terminal. Its methods read and type as a person would.
type terminalRun struct {
	t        *testing.T
	keyboard *os.File // the person's end of the terminal
	cmd      *exec.Cmd
	closed   chan struct{} // closed once all output is read

	mu   sync.Mutex
	seen strings.Builder
	from int // where sees starts to search
}

// onTerminal starts the program on a new terminal.
func onTerminal(t *testing.T, env map[string]string, args ...string) *terminalRun {
	t.Helper()
	return onTerminalOf(t, 80, env, args...)
}

// onTerminalOf starts the program on a new terminal with this number of columns.
func onTerminalOf(t *testing.T, columns uint16, env map[string]string, args ...string) *terminalRun {
	t.Helper()
	keyboard, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	t.Cleanup(func() { _ = keyboard.Close() })
	require.NoError(t, unix.IoctlSetPointerInt(int(keyboard.Fd()), unix.TIOCSPTLCK, 0))
	require.NoError(t, unix.IoctlSetWinsize(int(keyboard.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}))
	number, err := unix.IoctlGetInt(int(keyboard.Fd()), unix.TIOCGPTN)
	require.NoError(t, err)
	screen, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	require.NoError(t, err)
	r := &terminalRun{t: t, keyboard: keyboard, closed: make(chan struct{})}
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
			n, err := keyboard.Read(buffer)
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

// types waits until the terminal shows typed text, or hides it if shown is false, and then types.
func (r *terminalRun) types(text string, shown bool) {
	r.t.Helper()
	require.Eventually(r.t, func() bool { return r.echoes() == shown }, 20*time.Second, 5*time.Millisecond)
	_, err := r.keyboard.WriteString(text)
	require.NoError(r.t, err)
}

func (r *terminalRun) echoes() bool {
	state, err := unix.IoctlGetTermios(int(r.keyboard.Fd()), unix.TCGETS)
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

// Ctrl-C at the question for the App Secret stores nothing, and turns the echo of the terminal on
// again.
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

// tableRuns maps commands that print tables or facts to a text that they must show at every width.
var tableRuns = map[string]string{
	"api list":                               "/user/getToken.json",
	"api list group mute":                    "/group/user/ban/whitelist/rollback.json",
	"api show /message/private/publish.json": "pushContent",
	"api show /user/getToken.json":           "RESPONSE",
	"code 1004":                              "rongcloud.CodeWrongSignature",
	"code 1008":                              "  rate limit exceeded",
	"code 429":                               "1008",
	"doctor":                                 "ok",
	"emulator fault /user/info.json --status 429 --message wait,please,for,a,while --header Retry-After=20 --where userId=ann --times 3": "userId=ann",
	"emulator fault list":                       "TIMES",
	"emulator state":                            "test-app-key",
	"live --list":                               "timestamp-seconds",
	"profile list":                              "production-of-the-shop",
	"profile show production-of-the-shop":       "app-key-of-the-shop",
	"send private --from ann --to ben --text x": "TEST-0000",
	"webhook trigger":                           "rtc_content_censor_status",
	"webhook verify":                            "milliseconds",
	"--help":                                    "completion",
	"help send private":                         "--resend-unknown",
	"help emulator exec":                        "RONGCLOUD_PHP_API_URL",
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// At any width of the terminal no line of a table ends with a space, and no line is wider than the
// terminal unless a single word such as a path is. The help does not wrap examples.
func TestTablesOnTerminals(t *testing.T) {
	t.Parallel()
	env, err := runEmulator(t.Cleanup, nil)
	require.NoError(t, err)
	env[envConfig] = filepath.Join(t.TempDir(), "profiles.json")
	require.NoError(t, os.WriteFile(env[envConfig], []byte(`{"profiles": {
		"production-of-the-shop": {"appKey": "app-key-of-the-shop", "appSecret": "s", "region": "SG_B", "production": true},
		"b": {"appKey": "k", "appSecret": "s", "apiUrls": ["https://api.private-cloud.example.com:8443", "https://api2.private-cloud.example.com:8443"]}
	}}`), 0o600))
	code, seen := onTerminal(t, env, "emulator", "fault", "/user/info.json").ends() // emulator fault list needs a fault
	require.Equal(t, exitDone, code, seen)
	for _, columns := range []uint16{40, 80, 140} {
		for command, shows := range tableRuns {
			r := onTerminalOf(t, columns, env, strings.Fields(command)...)
			if command == "webhook verify" {
				r.types("POST /?nonce=1&timestamp=1400000000&signature=x HTTP/1.1\n\n\x04", true)
			}
			_, seen := r.ends()
			seen = strings.ReplaceAll(seen, "\r\n", "\n")
			require.Contains(t, seen, shows, "%s at %d", command, columns)
			for line := range strings.Lines(escapes.ReplaceAllString(seen, "")) {
				line = strings.TrimSuffix(line, "\n")
				require.Equal(t, strings.TrimRight(line, " "), line, "%s at %d", command, columns)
				longest := 0
				for word := range strings.FieldsSeq(line) {
					longest = max(longest, lipgloss.Width(word))
				}
				if strings.Contains(command, "help") && strings.HasPrefix(line, "  rongcloud ") || strings.HasPrefix(line, "POST /?") {
					continue
				}
				const names = len("what to do  ") + 2 // the column of names before a fact
				require.LessOrEqual(t, lipgloss.Width(line), max(int(columns), longest+names), "%s at %d: %q", command, columns, line)
			}
		}
	}
}

// A terminal without a width, as in some containers, gets lines instead of a bar.
func TestProgressWithoutWidth(t *testing.T) {
	t.Parallel()
	env, err := runEmulator(t.Cleanup, nil)
	require.NoError(t, err)
	dir := t.TempDir()
	env[envConfig] = filepath.Join(dir, "profiles.json")
	list := filepath.Join(dir, "users.txt")
	require.NoError(t, os.WriteFile(list, []byte("ann\nben\n"), 0o600))
	args := []string{"send", "private", "--from", "shop", "--to-file", list, "--text", "hello"}
	r := onTerminalOf(t, 0, env, args...)
	r.sees("Sending to 2 recipients, ")
	r.sees("delivered  2")
	code, seen := r.ends()
	require.Zero(t, code, seen)
	require.NotContains(t, seen, "\x1b[", "the cursor does not move")
	require.NoError(t, os.Remove(list+".send.json"))
	r = onTerminal(t, env, args...)
	r.sees("2 of 2 delivered")
	code, seen = r.ends()
	require.Zero(t, code, seen)
	require.NotContains(t, seen, "Sending to 2 recipients, ")
}
