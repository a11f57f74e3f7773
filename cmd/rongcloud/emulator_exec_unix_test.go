//go:build unix

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// execWithoutTerminal starts emulator exec in a session without a terminal, and returns its
// output.
func execWithoutTerminal(t *testing.T, script string) (*exec.Cmd, *bufio.Reader) {
	t.Helper()
	run := exec.CommandContext(t.Context(), program, "emulator", "exec", "--", "sh", "-c", script)
	run.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	run.Env = append(os.Environ(), envConfig+"="+filepath.Join(t.TempDir(), "profiles.json"))
	out, err := run.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, run.Start())
	t.Cleanup(func() { _ = run.Process.Kill() })
	return run, bufio.NewReader(out)
}

// requireGone waits until a process has ended.
func requireGone(t *testing.T, number int) {
	t.Helper()
	require.Eventually(t, func() bool {
		state, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", number))
		zombie := err == nil && strings.Contains(string(state), ") Z ") // ended, but not yet reaped by its parent
		return zombie || syscall.Kill(number, 0) != nil
	}, 20*time.Second, 10*time.Millisecond, "process %d is still there", number)
}

func readNumber(t *testing.T, out *bufio.Reader) int {
	t.Helper()
	line, err := out.ReadString('\n')
	require.NoError(t, err)
	number, err := strconv.Atoi(strings.TrimSpace(line))
	require.NoError(t, err)
	return number
}

// exec passes every signal that ends programs on to the command and its child processes. SIGINT
// becomes SIGTERM, because shells make background processes ignore SIGINT.
func TestExecPassesSignalsOn(t *testing.T) {
	t.Parallel()
	for s, trapped := range map[syscall.Signal]string{syscall.SIGINT: "TERM", syscall.SIGTERM: "TERM", syscall.SIGHUP: "HUP", syscall.SIGQUIT: "QUIT"} {
		t.Run(s.String(), func(t *testing.T) {
			t.Parallel()
			run, out := execWithoutTerminal(t, `trap "echo told; exit 9" `+trapped+`; sleep 100 & echo $!; while :; do sleep 0.02; done`)
			child := readNumber(t, out)
			require.NoError(t, run.Process.Signal(s))
			told, err := out.ReadString('\n')
			require.NoError(t, err)
			require.Equal(t, "told\n", told)
			_, _ = io.Copy(io.Discard, out)
			var exit *exec.ExitError
			require.ErrorAs(t, run.Wait(), &exit)
			require.Equal(t, 9, exit.ExitCode())
			requireGone(t, child)
		})
	}
}

// exec stops a process that its command leaves behind, even if the process ignores SIGTERM.
func TestExecLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	for name, script := range map[string]string{
		"ends on SIGTERM": `sleep 100 & echo $!; exit 3`,
		"ignores SIGTERM": `sh -c 'trap "" TERM; echo $$; while :; do sleep 0.05; done' & sleep 0.3; exit 3`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			run, out := execWithoutTerminal(t, script)
			child := readNumber(t, out)
			_, _ = io.Copy(io.Discard, out)
			var exit *exec.ExitError
			require.ErrorAs(t, run.Wait(), &exit)
			require.Equal(t, 3, exit.ExitCode())
			requireGone(t, child)
		})
	}
}
