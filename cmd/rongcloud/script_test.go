package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/rongcloud-go/rongcloud/internal/emulator"
)

var update = flag.Bool("update", false, "rewrite docs/cli.md and its translation")

// program is the path of the built program.
var program string

// TestMain builds the program that the scripts run.
func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "rongcloud")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	program = filepath.Join(dir, "rongcloud")
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	build := exec.Command("go", "build", "-o", program, ".")
	build.Stderr = os.Stderr
	code := 1
	if err := build.Run(); err == nil {
		code = m.Run()
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// TestScripts runs the scripts in testdata/script. Besides testscript's own commands they have
//
//	emulator [flags]            starts an emulator for this script, and points RONGCLOUD_* at it
//	admin METHOD PATH [JSON]    calls the emulator's admin API, and prints the response
//	handler [STATUS]            starts an HTTP server as the app's own; its URL is in $HANDLER
//	slow                        starts one that never responds; its URL is in $HANDLER
//	handled                     prints the requests that the handler got, one on each line
//	exits CODE COMMAND ...      runs a command, and requires this exit code
//	until FILE PATTERN          waits until the content of a file matches
//	users NUMBER FILE           writes a list of users as a spreadsheet does
//	datacentres REGION          starts all data centres; this one accepts the App Key
//	received LEAST [MOST]       requires that so many users got one message, and nobody two
//	address FILE NAME           waits for a local server's URL in a file, and sets $NAME
//
// and the variables RONGCLOUD_CONFIG and HOME, which lead to the directory of the script.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", filepath.Dir(program)+string(os.PathListSeparator)+env.Getenv("PATH"))
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("RONGCLOUD_CONFIG", filepath.Join(env.WorkDir, "profiles.json"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"emulator": startEmulator, "admin": callAdmin, "handler": startHandler, "handled": showHandled, "exits": runExpecting, "until": waitUntil,
			"users": writeUsers, "received": checkReceived, "address": findAddress, "slow": startSlowHandler,
			"datacentres": startDataCentres,
		},
	})
}

// refuseNegation fails a script that negates a command for which negation has no meaning.
func refuseNegation(ts *testscript.TestScript, negated bool) {
	if negated {
		ts.Fatalf("cannot be negated")
	}
}

func startEmulator(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	env, err := runEmulator(ts.Defer, args)
	ts.Check(err)
	for name, value := range env {
		ts.Setenv(name, value)
	}
}

// runEmulator starts an emulator, and returns the environment in which the program uses it.
func runEmulator(atEnd func(func()), args []string) (map[string]string, error) {
	ctx, cancel := context.WithCancel(context.Background())
	lines, out := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := emulator.Run(ctx, append([]string{"-json", "-listen", "127.0.0.1:0"}, args...), out)
		_ = out.CloseWithError(err)
		done <- err
	}()
	atEnd(func() {
		cancel()
		<-done
	})
	reader := bufio.NewReader(lines)
	first, err := reader.ReadBytes('\n')
	if err != nil {
		return nil, err
	}
	go func() { _, _ = io.Copy(io.Discard, reader) }()
	var about struct{ URL, AppKey string }
	if err := json.Unmarshal(first, &about); err != nil {
		return nil, err
	}
	return map[string]string{envAPIURL: about.URL, envAppKey: about.AppKey, envAppSecret: "test-app-secret"}, nil
}

func callAdmin(ts *testscript.TestScript, negated bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: admin METHOD PATH [JSON]")
	}
	request, err := http.NewRequest(args[0], ts.Getenv(envAPIURL)+"/_emulator/"+args[1], strings.NewReader(strings.Join(args[2:], " ")))
	ts.Check(err)
	response, err := http.DefaultClient.Do(request)
	ts.Check(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	ts.Check(err)
	_, _ = ts.Stdout().Write(body)
	if failed := response.StatusCode >= http.StatusBadRequest; failed != negated {
		ts.Fatalf("HTTP %d: %s", response.StatusCode, body)
	}
}

func runExpecting(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND ...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := 0
	if exit, ok := err.(*exec.ExitError); ok { //nolint:errorlint // testscript does not wrap it
		code = exit.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if fmt.Sprint(code) != args[0] {
		ts.Fatalf("exit code %d", code)
	}
}

func waitUntil(ts *testscript.TestScript, negated bool, args []string) {
	refuseNegation(ts, negated)
	if len(args) != 2 {
		ts.Fatalf("usage: until FILE PATTERN")
	}
	pattern, err := regexp.Compile(args[1])
	ts.Check(err)
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		text, err := os.ReadFile(ts.MkAbs(args[0]))
		if err == nil && pattern.Match(text) {
			return
		}
	}
	ts.Fatalf("%s does not match %s after 30 s", args[0], args[1])
}
