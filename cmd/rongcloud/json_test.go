package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/stretchr/testify/require"

	"github.com/rongcloud-go/rongcloud"
)

// jsonRun is a run of a command whose JSON is checked. Its args may contain the $NAMES of
// jsonStage.
type jsonRun struct {
	args  string // besides the command and --json
	stdin string
	code  int
	lines bool // one value on each line, else one value in all
}

// jsonRuns has the runs of each command. TestJSON goes through the commands in the order of the
// help, so that each finds what the commands before it did.
var jsonRuns = map[string][]jsonRun{
	"login":           {{args: "--name new --app-key key --secret-stdin --no-check", stdin: "secret\n"}},
	"profile list":    {{}},
	"profile use":     {{args: "new"}},
	"profile show":    {{}, {args: "new"}},
	"profile remove":  {{args: "new --yes"}},
	"doctor":          {{}, {args: "--profile broken", code: exitRefused}},
	"api list":        {{args: "user block"}, {args: "no such words"}},
	"api show":        {{args: "/user/getToken.json"}},
	"send private":    {{args: "--from ann --to ben --text hello"}, {args: "--from ann --to-file $LIST --text hello", lines: true}},
	"send group":      {{args: "--from ann --to team --text hello --yes"}},
	"send chatroom":   {{args: "--from ann --to lobby --text hello --yes"}},
	"send system":     {{args: "--from ann --to ben --text hello"}},
	"history":         {{args: "ben --with ann --since 1h", lines: true}},
	"message recall":  {{args: "UID --from ann --to ben"}},
	"log fetch":       {{args: "--hour $HOUR", lines: true}},
	"webhook trigger": {{}, {args: "message_sync"}, {args: "message_sync --to $HANDLER"}},
	"webhook replay":  {{args: "$CALLBACK --to $HANDLER", lines: true}},
	"webhook verify":  {{stdin: "POST /?appKey=k&nonce=1&timestamp=2&signature=x HTTP/1.1\n\n", code: exitRefused}},

	"emulator state": {{}}, "emulator seed": {{args: "$SEED"}}, "emulator fault": {{args: "/user/info.json --status 500"}}, "emulator fault list": {{}},
	"emulator fault clear": {{}}, "emulator advance": {{args: "1h"}},

	"code":           {{args: "1004"}, {args: "200"}, {args: "429"}, {args: "404"}},
	"sign":           {{}, {args: "--nonce 1 --timestamp 2 --verify $SIGNATURE"}},
	"decode content": {{args: `RC:TxtMsg {"content":"hello"}`}},
	"decode log":     {{args: "$LOG", lines: true}},
	"live":           {{args: "--list"}, {args: "--i-have-a-development-key --only nonce-twice -o $REPORT", lines: true}, {args: "--i-have-a-development-key --clean $PREFIX"}},
	"version":        {{}},
}

// withoutJSON has the commands that TestJSON skips, and why.
var withoutJSON = map[string]string{
	"api":            "its --json takes a file, and it prints JSON anyway",
	"completion":     "it prints a script for a shell",
	"emulator":       "it does not end; emulator.txtar reads its lines",
	"emulator tail":  "it does not end; emulator.txtar reads its lines",
	"emulator exec":  "stdout is that of the program that it runs",
	"webhook listen": "it does not end; webhook.txtar reads its lines",
}

// jsonStage starts an emulator and writes files for the runs. It returns the environment of the
// program and the values of the $NAMES.
func jsonStage(t *testing.T) (env, names map[string]string) {
	t.Helper()
	env, err := runEmulator(t.Cleanup, nil)
	require.NoError(t, err)
	dir := t.TempDir()
	env[envConfig] = filepath.Join(dir, "profiles.json")
	handler := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	t.Cleanup(handler.Close)
	file := func(name, text string) string {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
		return filepath.Join(dir, name)
	}
	file("profiles.json", `{"current": "broken", "profiles": {"broken": {"appKey": "k", "appSecret": "s", "apiUrls": ["http://127.0.0.1:1"]}}}`)
	run := func(args string) string {
		var out bytes.Buffer
		a := newApp(strings.NewReader(""), &out, io.Discard, func(name string) string { return env[name] })
		require.Equal(t, exitDone, a.run(t.Context(), strings.Fields(args)), args)
		return out.String()
	}
	callback := run("webhook trigger message_sync --json")
	thisHour := func() string { return time.Now().In(rongcloud.RegionBeijing.TimeZone()).Format(hourLayout) }
	hour := ""
	for hour != thisHour() { // send again if the hour ends meanwhile
		hour = thisHour()
		run("send private --from ann --to ben --text hello")
	}
	run("emulator advance 2h") // so that the log of the hour is complete
	return env, map[string]string{
		"$LIST": file("list.txt", "ann\nben\n"), "$HOUR": hour, "$HANDLER": handler.URL,
		"$CALLBACK": file("1.json", callback), "$SIGNATURE": "6ad867eec6cea95336d44e9ada9d914cbf2365a7",
		"$LOG":    file("log.zip", zippedLog(t, `2026/01/02 03:04:05{"msgUID":"first","timestamp":1}`+"\n")),
		"$SEED":   file("seed.json", `{"users": [{"id": "ann"}]}`),
		"$REPORT": filepath.Join(dir, "report.json"), "$PREFIX": "rclive0f3a9c21",
	}
}

// Every command prints only JSON with --json.
func TestJSON(t *testing.T) {
	t.Parallel()
	env, names := jsonStage(t)
	var commands []string
	eachCommand(newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard, os.Getenv)), func(cmd *cobra.Command) {
		if cmd.Runnable() {
			commands = append(commands, strings.TrimPrefix(cmd.CommandPath(), "rongcloud "))
		}
	})
	for _, command := range commands {
		_, skipped := withoutJSON[command]
		require.NotEqual(t, skipped, len(jsonRuns[command]) > 0, "%s is to be in jsonRuns or in withoutJSON", command)
		for _, one := range jsonRuns[command] {
			args := append(strings.Fields(command), "--json")
			for arg := range strings.FieldsSeq(one.args) {
				if value, ok := names[arg]; ok {
					arg = value
				}
				args = append(args, arg)
			}
			var out, said bytes.Buffer
			code := newApp(strings.NewReader(one.stdin), &out, &said, func(name string) string { return env[name] }).run(t.Context(), args)
			require.Equal(t, one.code, code, "%q: %s", args, said.String())
			requireJSON(t, out.Bytes(), one.lines, args)
		}
	}
	require.Len(t, commands, len(jsonRuns)+len(withoutJSON), "jsonRuns and withoutJSON have commands that are not there")
}

func requireJSON(t *testing.T, out []byte, lines bool, args []string) {
	t.Helper()
	values := [][]byte{out}
	if lines {
		values = bytes.Split(bytes.TrimSuffix(out, []byte("\n")), []byte("\n"))
	}
	for _, value := range values {
		require.True(t, json.Valid(value), "%q prints %q", args, value)
	}
}
