package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/rongcloud-go/rongcloud/internal/emulator"
	"github.com/rongcloud-go/rongcloud/rongcloudtest"
)

// envEmulatorSecret names the variable with the App Secret for --app-key.
const envEmulatorSecret = "RONGCLOUD_EMULATOR_SECRET" //nolint:gosec // the name of the variable

func newEmulatorCommand(a *app) *cobra.Command {
	var own emulatorFlags
	cmd := &cobra.Command{
		Use:   "emulator",
		Short: "Run a RongCloud on this machine, and tests against it",
		Long: `Run a RongCloud on this machine, for programs in any language, until Ctrl-C. It shows what happens on a page, and
forgets everything when it ends. docs/emulator.md describes it. It serves the app test-app-key with the secret
test-app-secret; with --app-key the secret is that of RONGCLOUD_EMULATOR_SECRET.`,
		Example: `  rongcloud emulator --seed seed.json --webhook http://localhost:8080/rongcloud
  rongcloud emulator exec -- go test ./...`,
		Args: cobra.NoArgs,
		RunE: a.do(func(cmd *cobra.Command, _ []string) error {
			args, err := own.args(a)
			if err != nil {
				return err
			}
			return emulatorError(emulator.Run(cmd.Context(), args, rawOutput(a.stdout)))
		}),
	}
	own.register(cmd)
	cmd.AddCommand(newEmulatorExecCommand(a), newEmulatorSeedCommand(a), newEmulatorFaultCommand(a),
		newEmulatorTailCommand(a), newEmulatorStateCommand(a), newEmulatorAdvanceCommand(a))
	return cmd
}

// emulatorFlags holds the flags that emulator.Run takes.
type emulatorFlags struct{ flags *pflag.FlagSet }

// register adds the emulator's flags to a command, except those in without, those that this
// program replaces, and app-secret: other users can read the arguments of a process.
func (f *emulatorFlags) register(cmd *cobra.Command, without ...string) {
	f.flags = pflag.NewFlagSet("", pflag.ContinueOnError)
	emulator.Flags().VisitAll(func(one *flag.Flag) {
		if !slices.Contains(append(without, "json", "version", "health", "app-secret"), one.Name) {
			converted := pflag.PFlagFromGoFlag(one)
			converted.Usage = strings.ReplaceAll(converted.Usage, " -", " --")
			converted.Value = &rememberedFlag{Value: converted.Value}
			f.flags.AddFlag(converted)
		}
	})
	cmd.Flags().AddFlagSet(f.flags)
}

// args returns the flags that were set, as arguments for emulator.Run.
func (f *emulatorFlags) args(a *app) ([]string, error) {
	var args []string
	if a.json {
		args = append(args, "-json")
	}
	var err error
	f.flags.VisitAll(func(one *pflag.Flag) {
		if !one.Changed {
			return
		}
		args = append(args, "-"+one.Name+"="+one.Value.String())
		if one.Name != "app-key" {
			return
		}
		secret := a.env(envEmulatorSecret)
		if secret == "" {
			err = usagef("--app-key: %s, which has the secret that goes with it, is empty", envEmulatorSecret)
		}
		args = append(args, "-app-secret="+secret)
	})
	return args, err
}

// rememberedFlag remembers the texts that a flag was set to. The String method of a flag made by
// flag.Func does not return them.
type rememberedFlag struct {
	pflag.Value
	given []string
}

func (f *rememberedFlag) Set(text string) error {
	if err := f.Value.Set(text); err != nil {
		return err
	}
	f.given = append(f.given, text)
	return nil
}

func (f *rememberedFlag) String() string {
	if len(f.given) == 0 {
		return f.Value.String()
	}
	return strings.Join(f.given, ",")
}

// emulatorFlagName matches a flag in an error of the emulator's own program, which has one dash.
var emulatorFlagName = regexp.MustCompile(` -([a-z][a-z-]+)`)

// emulatorError turns an error of emulator.Run about its flags into a usage error.
func emulatorError(err error) error {
	if err == nil {
		return nil
	}
	text := err.Error()
	if strings.HasPrefix(text, "-") || strings.HasPrefix(text, "invalid value") {
		text = emulatorFlagName.ReplaceAllString(text, " --$1")
		return usagef("-%s", strings.ReplaceAll(text, "--app-secret", envEmulatorSecret))
	}
	return err
}

func newEmulatorExecCommand(a *app) *cobra.Command {
	var own emulatorFlags
	cmd := &cobra.Command{
		Use:   "exec [flags] -- COMMAND [ARGUMENT ...]",
		Short: "Start an emulator, run a command against it, and end with the command's status",
		Long: `Start an emulator on a free port, run a command against it, and end with the command's status.

The command finds it by RONGCLOUD_API_URL, RONGCLOUD_APP_KEY and RONGCLOUD_APP_SECRET, which this SDK reads. RongCloud's
own SDKs read no variables: their constructors take the three (PHP the address of RONGCLOUD_PHP_API_URL, which ends with a
slash). At the end stderr lists the calls that were refused, the calls that faults struck, the calls to paths that RongCloud
does not have, and the faults that struck no call; --json prints this as an object. The emulator passes signals on to the
command, and at the end stops programs that the command has left running.`,
		Example: `  rongcloud emulator exec -- go test ./...
  rongcloud emulator exec --strict --seed seed.json -- npm test`,
		Args: cobra.MinimumNArgs(1),
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			given, err := own.args(a)
			if err != nil {
				return err
			}
			return a.execWithEmulator(cmd.Context(), given, args)
		}),
	}
	own.register(cmd, "listen", "host")
	cmd.Flags().SetInterspersed(false)
	return cmd
}

// startedEmulator is an emulator that runs in this process.
type startedEmulator struct {
	url, appKey string

	stop context.CancelFunc
	done chan struct{} // closed when it has ended
	read chan struct{} // closed when its last line is read
	err  error         // valid once done is closed

	mu    sync.Mutex
	calls int
	bad   []emulatedCall
}

// emulatedCall is a call as the emulator reports it.
type emulatedCall struct {
	Method  string `json:"method"`
	Path    string `json:"path"`
	Area    string `json:"area,omitempty"`
	Status  int    `json:"status"`
	Code    int    `json:"code"`
	Message string `json:"message,omitempty"`
	OK      bool   `json:"ok"`
	Fault   bool   `json:"fault"`
}

func startEmulatorHere(parent context.Context, args []string) (*startedEmulator, error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(parent)) // the command may outlive Ctrl-C, and needs the emulator
	disarm := context.AfterFunc(parent, stop)                      // until it serves, Ctrl-C ends it, too
	e := &startedEmulator{stop: stop, done: make(chan struct{}), read: make(chan struct{})}
	lines, out := io.Pipe()
	go func() {
		defer close(e.done)
		e.err = emulator.Run(ctx, append(args, "-json", "-listen=127.0.0.1:0"), out)
		_ = out.CloseWithError(e.err)
	}()
	reader := bufio.NewReader(lines)
	first, err := reader.ReadBytes('\n')
	var about struct{ URL, AppKey string }
	if err == nil {
		err = json.Unmarshal(first, &about)
	}
	if !disarm() || err != nil {
		stop()
		_ = lines.Close()
		<-e.done
		if parent.Err() != nil {
			return nil, errInterrupted
		}
		if e.err != nil {
			err = e.err
		}
		return nil, emulatorError(err)
	}
	e.url, e.appKey = about.URL, about.AppKey
	go e.listen(reader)
	return e, nil
}

// listen counts the calls, and keeps those that were refused or struck by a fault for the report.
func (e *startedEmulator) listen(reader *bufio.Reader) {
	defer close(e.read)
	for {
		line, err := reader.ReadBytes('\n')
		if err != nil {
			return
		}
		var call struct {
			emulatedCall
			Dropped int `json:"droppedLines"` // calls left out because they came too fast
		}
		if json.Unmarshal(line, &call) != nil || call.Path == "" && call.Dropped == 0 {
			continue
		}
		e.mu.Lock()
		if e.calls += call.Dropped; call.Path != "" {
			e.calls++
		}
		if call.Path != "" && (!call.OK || call.Fault) && len(e.bad) < maxReported {
			e.bad = append(e.bad, call.emulatedCall)
		}
		e.mu.Unlock()
	}
}

// maxReported bounds the calls that listen keeps for the report.
const maxReported = 1000

// close stops the emulator and waits until its last line has been read.
func (e *startedEmulator) close() {
	e.stop()
	<-e.done
	<-e.read
}

// environment returns the variables for a command that uses the emulator. It leaves out those that
// could lead the command to another app.
func (e *startedEmulator) environment(secret string) []string {
	var env []string
	for _, one := range os.Environ() {
		name, _, _ := strings.Cut(one, "=")
		if !slices.Contains([]string{envAppKey, envAppSecret, envAPIURL, envRegion, envProfile, envEmulatorSecret}, name) {
			env = append(env, one)
		}
	}
	return append(env, envAppKey+"="+e.appKey, envAppSecret+"="+secret, envAPIURL+"="+e.url, "RONGCLOUD_PHP_API_URL="+e.url+"/")
}

func (a *app) execWithEmulator(ctx context.Context, args, command []string) error {
	program, err := exec.LookPath(command[0])
	if err != nil {
		return usagef("%w", err)
	}
	e, err := startEmulatorHere(ctx, args)
	if err != nil {
		return err
	}
	defer e.close()
	secret := rongcloudtest.DefaultAppSecret
	if e.appKey != rongcloudtest.DefaultAppKey {
		secret = a.env(envEmulatorSecret)
	}
	run := exec.CommandContext(context.WithoutCancel(ctx), program, command[1:]...) //nolint:gosec // the user's command
	run.Args[0] = command[0]
	run.Stdin, run.Stdout, run.Stderr = a.in, rawOutput(a.stdout), a.stderr
	run.Env = e.environment(secret)
	err = a.runToItsEnd(run)
	if err := a.reportExec(ctx, e); err != nil {
		return err
	}
	return statusOf(run, err)
}

// rawOutput unwraps stdout, so that a command writes to the terminal itself.
func rawOutput(w io.Writer) io.Writer {
	if data, ok := w.(*dataWriter); ok {
		return data.w
	}
	return w
}

// statusOf returns the exit code of a command as shells report it: 128 plus the signal's number if
// a signal ended the command.
func statusOf(run *exec.Cmd, err error) error {
	var exit *exec.ExitError
	switch {
	case run.ProcessState == nil:
		return err
	case errors.As(err, &exit) && exit.ExitCode() < 0: // ended by a signal
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			return exitError(128 + int(status.Signal()))
		}
		return exitError(exitRefused)
	case run.ProcessState.ExitCode() != 0:
		return exitError(run.ProcessState.ExitCode())
	}
	return nil
}

// execReport is the report at the end of emulator exec.
type execReport struct {
	Calls      int            `json:"calls"`
	Unexpected []tally        `json:"unexpected"` // calls to paths that RongCloud does not have
	Refused    []tally        `json:"refused"`
	Faults     []tally        `json:"faults"`       // calls that a fault struck
	Waiting    []pendingFault `json:"unusedFaults"` // faults that struck too few calls
}

// tally counts calls with the same method, path and outcome.
type tally struct {
	Call  string `json:"call"`
	Why   string `json:"why,omitempty"`
	Times int    `json:"times"`
}

func (e *startedEmulator) report(waiting []pendingFault) execReport {
	e.mu.Lock()
	defer e.mu.Unlock()
	r := execReport{Calls: e.calls, Unexpected: []tally{}, Refused: []tally{}, Faults: []tally{}, Waiting: []pendingFault{}}
	for _, call := range e.bad {
		list := &r.Refused
		switch {
		case call.Fault:
			list = &r.Faults
		case call.Area == "":
			list = &r.Unexpected
		}
		why := fmt.Sprintf("HTTP %d code %d %s", call.Status, call.Code, oneLine(call.Message))
		if call.Status == 0 {
			why = "no response"
		}
		t := tally{call.Method + " " + call.Path, strings.TrimSpace(why), 1}
		i := slices.IndexFunc(*list, func(one tally) bool { return one.Call == t.Call && one.Why == t.Why })
		if i >= 0 {
			(*list)[i].Times++
		} else {
			*list = append(*list, t)
		}
	}
	for _, f := range waiting {
		if f.Times >= 0 { // a fault with -1 is for all calls, and never used up
			r.Waiting = append(r.Waiting, f)
		}
	}
	return r
}

func (a *app) reportExec(ctx context.Context, e *startedEmulator) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adminLimit)
	defer cancel()
	var waiting pendingFaults
	if err := (adminAPI{e.url, e.url}).call(ctx, "GET", "faults", nil, &waiting); err != nil {
		a.talk("The faults that wait are not known: %v", err)
	}
	e.close() // so that the report has its last line
	r := e.report(waiting)
	if a.json {
		text, err := json.Marshal(r)
		a.talk("%s", text)
		return err
	}
	a.talk("The emulator took %s.", counted(r.Calls, "call"))
	for _, part := range []struct {
		title string
		list  []tally
	}{{"Calls that RongCloud does not have", r.Unexpected}, {"Calls that were refused", r.Refused}, {"Calls that faults struck", r.Faults}} {
		if len(part.list) > 0 {
			a.talk("%s:", part.title)
		}
		for _, one := range part.list {
			a.talk("  %d× %s: %s", one.Times, one.Call, one.Why)
		}
	}
	if len(r.Waiting) > 0 {
		a.talk("Faults that no call came for:")
	}
	for _, f := range r.Waiting {
		a.talk("  %d× %s", f.Times, f.text())
	}
	return nil
}
