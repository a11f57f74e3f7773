package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"github.com/stretchr/testify/require"
)

// flagRuns has valid arguments for each command, so that only the tested flag is wrong.
var flagRuns = map[string]string{
	"profile use": "broken", "profile show": "broken", "profile remove": "broken --yes",
	"login":        "--app-key k --secret-stdin --no-check",
	"api":          "/user/getToken.json userId=ann name=Ann",
	"api show":     "/user/getToken.json",
	"send private": "--from ann --to-file $LIST --text hello", "send group": "--from ann --to-file $LIST --text hello --yes",
	"send chatroom": "--from ann --to lobby --text hello --yes", "send system": "--from ann --to-file $LIST --text hello",
	"message recall": "UID --from ann --to ben", "history": "ann --with ben --since 1h", "log fetch": "--hour 2026-11-26T10",
	"webhook trigger": "message_sync --to $HANDLER", "webhook replay": "$CALLBACK --to $HANDLER",
	"emulator exec": "-- true", "emulator seed": "$SEED", "emulator fault": "/user/info.json", "emulator advance": "1h",
	"live": "--i-have-a-development-key",
	"code": "1004", "decode content": "RC:TxtMsg {}", "decode log": "$LOG", "completion": "bash",
}

// badValues has invalid values for the flags of a type, and for single flags.
var badValues = map[string][]string{
	"bool": {"=maybe"}, "int": {"=some", "=1.5", "=99999999999999999999"}, "int64": {"=some", "=1.5"}, "float64": {"=some", "=NaN", "=-1"},
	"duration": {"=soon", "=5", "=-1s", "=0s"}, "time": {"=soon", "=-1h"},

	"--rate": {"=-1", "=0"}, "--limit": {"=-1", "=0"}, "--skip": {"=-1"}, "--times": {"=-2", "=0"}, "--status": {"=-1", "=0", "=199", "=600"},
	"--code": {"=-1", "=0"}, "--content-length": {"=-1", "=0"}, "--delay": {"=soon", "=-1s"}, "--memory": {"=-1", "=0", "=15"}, "--clock-skew": {"=soon"},
	"--header": {"=x"}, "--where": {"=x"}, "--hour": {"=now"}, "--kinds": {"=nonsense"}, "--only": {"=nonsense"}, "--listen": {"=8080", "=localhost", "=127.0.0.1:x", "=127.0.0.1:-1"},
	"--type": {"=nonsense"}, "--url": {"=localhost", "=ftp://a"}, "--to": {"=,"}, "--forward-to": {"=localhost:1"}, "--set": {"=x"},
	"--jq": {"=.["}, "--unlisted": {"=xml"}, "--json": {"=/nosuch"}, "--clean": {"=WRONG", "=rclive"}, "--to-file": {"=/nosuch"}, "--column": {"=-1", "=9"},
	"--output": {"=/nosuch/report.md"}, "--api-url": {"=nowhere"}, "--region": {"=XX"}, "--method": {"=FETCH"}, "--seed": {"=/nosuch"},
	"--checkpoint": {"=/dev/null"}, "--webhook": {"=nowhere"}, "--host": {"=http://a"}, "--content": {"=@/nosuch"}, "--record": {"=/dev/null"},
}

// anyText are the flags that accept any text except an empty one.
var anyText = map[string]bool{
	"--from": true, "--text": true, "--push": true, "--with": true, "--channel": true, "--app-key": true, "--name": true, "--nonce": true, "--timestamp": true, "--verify": true,
	"--message": true, "--body": true, "--profile": true,
}

// notWith has those of badValues that one command accepts, and why.
var notWith = map[string]string{
	"send private --type=nonsense": "an app's own type", "send group --type=nonsense": "", "send chatroom --type=nonsense": "", "send system --type=nonsense": "",
	"log fetch --host=http://a": "a host that no file is on", "message recall --to=,": "an ID may have commas", "webhook trigger --to=,": "",
}

// Every command refuses a wrong flag with exit code 2 and the name of the flag, and does nothing.
func TestBadFlags(t *testing.T) {
	t.Parallel()
	env, names := jsonStage(t)
	var reached atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached.Add(1) }))
	t.Cleanup(server.Close)
	env[envAPIURL], names["$HANDLER"] = server.URL, server.URL
	names["$SEED"] = filepath.Join(t.TempDir(), "seed.json")
	require.NoError(t, os.WriteFile(names["$SEED"], []byte(`{}`), 0o600))
	tried := 0
	refuse := func(command, name, value string, isBool bool) {
		tried++
		args := strings.Fields(flagRuns[command])
		if !isBool {
			args = withoutFlag(args, name)
		}
		commandLine := append(strings.Fields(command), name+value)
		if name == "--content" {
			args = append(withoutFlag(args, "--text"), "--type=RC:TxtMsg")
		}
		for _, arg := range args {
			if known, ok := names[arg]; ok {
				arg = known
			}
			commandLine = append(commandLine, arg)
		}
		var out, said strings.Builder
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second) // ends a command that accepts the value and serves
		defer cancel()
		code := newApp(strings.NewReader("secret\n"), &out, &said, func(name string) string { return env[name] }).run(ctx, commandLine)
		require.Equal(t, exitUsage, code, "%q: %s", commandLine, said.String())
		require.Contains(t, said.String(), name, "%q does not name the flag", commandLine)
		require.Equal(t, 1, strings.Count(said.String(), "\n"), "%q: %s", commandLine, said.String())
		require.NotRegexp(t, ` -[a-z]{2}`, said.String(), "flags have two dashes")
		require.Empty(t, out.String(), commandLine)
		require.Zero(t, reached.Load(), "%q has done something", commandLine)
	}
	eachCommand(newRoot(newApp(strings.NewReader(""), io.Discard, io.Discard, os.Getenv)), func(cmd *cobra.Command) {
		if !cmd.Runnable() {
			return
		}
		command := strings.TrimPrefix(cmd.CommandPath(), "rongcloud ")
		refuse(command, "--nosuch", "", true)
		cmd.InheritedFlags() // adds the inherited flags to Flags
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			name := "--" + flag.Name
			values := badValues[name]
			if kind := flag.Value.Type(); name != "--json" || kind != "bool" {
				values = append(slices.Clip(values), badValues[kind]...)
			} else {
				values = badValues[kind]
			}
			if flag.Value.Type() != "bool" && !strings.HasSuffix(flag.Value.Type(), "NAME=VALUE") {
				values = append(values, "=")
			}
			require.NotEmpty(t, values, "%s %s", command, name)
			require.True(t, len(values) > 1 || flag.Value.Type() == "bool" || anyText[name] || badValues[name] != nil, "%s %s is to be in badValues or in anyText", command, name)
			for _, value := range values {
				if _, fine := notWith[command+" "+name+value]; !fine {
					refuse(command, name, value, flag.Value.Type() == "bool")
				}
			}
		})
	})
	require.Greater(t, tried, 400)
}

// withoutFlag returns arguments without a flag and its value.
func withoutFlag(args []string, name string) []string {
	i := slices.Index(args, name)
	if i < 0 || i+1 == len(args) {
		return args
	}
	return slices.Delete(slices.Clone(args), i, i+2)
}
