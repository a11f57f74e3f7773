package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
)

const (
	// adminLimit is how long an emulator may take to respond.
	adminLimit = 10 * time.Second

	// maxAdminResponse bounds the bytes read from a response.
	maxAdminResponse = 256 << 20

	emulatorURL = "http://127.0.0.1:8686"
)

// adminClient does not follow redirects: a redirected POST may lose its body.
var adminClient = callbackClient(0)

// adminAPI is the admin API of a running emulator.
type adminAPI struct {
	url   string
	shown string // the URL without a password
}

// addURLFlag adds --url to a command. The returned function reads the flag. If it is not set, the
// function uses RONGCLOUD_API_URL or else emulatorURL.
func addURLFlag(a *app, cmd *cobra.Command) func() (adminAPI, error) {
	given := cmd.Flags().String("url", "", "`URL` of the emulator (default "+envAPIURL+", or else "+emulatorURL+")")
	return func() (adminAPI, error) {
		target, err := callbackTarget("url", cmp.Or(*given, a.env(envAPIURL), emulatorURL))
		if err != nil {
			return adminAPI{}, err
		}
		if target.RawQuery != "" || target.Fragment != "" {
			return adminAPI{}, usagef("--url: an address such as %s has no query", emulatorURL)
		}
		return adminAPI{strings.TrimRight(target.String(), "/"), strings.TrimRight(target.Redacted(), "/")}, nil
	}
}

func (api adminAPI) request(ctx context.Context, method, path string, body []byte) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, method, api.url+"/_emulator/"+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	response, err := adminClient.Do(r)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		return nil, &hintedError{fmt.Errorf("no emulator at %s: %s", api.shown, plainNetworkError(err)), "rongcloud emulator starts one; --url says where it is"}
	}
	if response.StatusCode == http.StatusOK {
		return response, nil
	}
	defer response.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	var refused struct{ Error string }
	if json.Unmarshal(text, &refused) != nil || refused.Error == "" {
		return nil, api.notEmulator(fmt.Sprintf("HTTP %d", response.StatusCode))
	}
	return nil, errors.New(refused.Error)
}

// notEmulator returns the error for a server that is not an emulator.
func (api adminAPI) notEmulator(why string) error {
	return &hintedError{fmt.Errorf("%s is no emulator: %s", api.shown, why), "--url says where it is"}
}

// adminResponse is a response of the admin API. fromEmulator reports whether an emulator sent it,
// as other servers may respond with JSON, too.
type adminResponse interface{ fromEmulator() bool }

// call calls the admin API and decodes the response. It returns an error if the server is not an
// emulator.
func (api adminAPI) call(ctx context.Context, method, path string, body []byte, into adminResponse) error {
	ctx, cancel := context.WithTimeout(ctx, adminLimit)
	defer cancel()
	response, err := api.request(ctx, method, path, body)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(io.LimitReader(response.Body, maxAdminResponse))
	if err != nil {
		return fmt.Errorf("the emulator's response: %s", plainNetworkError(err))
	}
	if json.Unmarshal(text, into) != nil || !into.fromEmulator() {
		return api.notEmulator("its response is not one of the admin API")
	}
	return nil
}

func newEmulatorSeedCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "seed FILE", Short: "Add what a seed file describes to a running emulator; - is stdin",
		Example: "  rongcloud emulator seed seed.json", Args: cobra.ExactArgs(1),
	}
	api := addURLFlag(a, cmd)
	cmd.RunE = a.do(func(cmd *cobra.Command, args []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		text, err := a.readFile(cmd.Context(), args[0])
		if err != nil {
			return usagef("%w", err)
		}
		if !json.Valid(text) {
			return usagef("%s is not JSON", args[0])
		}
		var s emulatorState
		err = to.call(cmd.Context(), http.MethodPost, "seed", text, &s)
		if err != nil {
			if why, ok := strings.CutPrefix(err.Error(), "the body: "); ok {
				return fmt.Errorf("%s: %s", args[0], why)
			}
			return err
		}
		return unprinted("the emulator has what "+args[0]+" describes", a.tell(s.raw, "The emulator has what %s describes.", args[0]))
	})
	return cmd
}

// emulatorState holds the parts of the state that emulator state counts, and the whole state in
// raw.
type emulatorState struct {
	Instance   string            `json:"instance"`
	AppKey     string            `json:"appKey"`
	Now        time.Time         `json:"now"`
	Requests   int               `json:"requestCount"`
	Callbacks  int               `json:"callbackCount"`
	Messages   int               `json:"messageCount"`
	Users      []json.RawMessage `json:"users"`
	Groups     []json.RawMessage `json:"groups"`
	Chatrooms  []json.RawMessage `json:"chatrooms"`
	Ultra      []json.RawMessage `json:"ultraGroups"`
	RTCRooms   []json.RawMessage `json:"rtcRooms"`
	Forbidding []json.RawMessage `json:"sensitiveWords"`

	raw json.RawMessage
}

func (s *emulatorState) fromEmulator() bool { return s.Instance != "" }

// UnmarshalJSON also keeps the whole text in raw.
func (s *emulatorState) UnmarshalJSON(text []byte) error {
	type plain emulatorState
	s.raw = bytes.Clone(text)
	return json.Unmarshal(text, (*plain)(s))
}

func newEmulatorStateCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "state", Short: "Count what a running emulator has, or print all of it with --json",
		Example: "  rongcloud emulator state\n  rongcloud emulator state --json", Args: cobra.NoArgs,
	}
	api := addURLFlag(a, cmd)
	cmd.RunE = a.do(func(cmd *cobra.Command, _ []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		var s emulatorState
		if err := to.call(cmd.Context(), http.MethodGet, "state", nil, &s); err != nil {
			return err
		}
		return a.show(s.raw, func(io.Writer) error {
			rows := [][]string{{"app key", s.AppKey}, {"clock", s.Now.Format(time.RFC3339)}}
			for _, one := range []struct {
				what string
				n    int
			}{
				{"calls", s.Requests}, {"messages", s.Messages}, {"callbacks", s.Callbacks}, {"users", len(s.Users)}, {"groups", len(s.Groups)},
				{"chat rooms", len(s.Chatrooms)}, {"ultra groups", len(s.Ultra)}, {"audio and video rooms", len(s.RTCRooms)}, {"sensitive words", len(s.Forbidding)},
			} {
				rows = append(rows, []string{one.what, strconv.Itoa(one.n)})
			}
			return a.table([]string{"WHAT", "IT IS"}, rows)
		})
	})
	return cmd
}

// forwardOnly explains why a time for the clock is refused.
const forwardOnly = "the clock goes forward only, by a time such as 90s or 1h30m"

type emulatorClock struct {
	Now time.Time `json:"now"`
}

func (c *emulatorClock) fromEmulator() bool { return !c.Now.IsZero() }

func newEmulatorAdvanceCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "advance DURATION", Short: "Move the clock of a running emulator forward, so that blocks, tokens and quotas run out",
		Example: "  rongcloud emulator advance 1h30m", Args: cobra.ExactArgs(1),
		Annotations: map[string]string{whyPositive: forwardOnly},
	}
	api := addURLFlag(a, cmd)
	cmd.RunE = a.do(func(cmd *cobra.Command, args []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		span, err := time.ParseDuration(args[0])
		switch {
		case err != nil:
			return usagef("%q is not a time such as 90s or 1h30m", args[0])
		case span <= 0:
			return usagef("%q: %s", args[0], forwardOnly)
		}
		body, err := json.Marshal(map[string]string{"advance": span.String()})
		if err != nil {
			return err
		}
		var clock emulatorClock
		if err := to.call(cmd.Context(), http.MethodPost, "clock", body, &clock); err != nil {
			return err
		}
		return a.show(clock, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, clock.Now.Format(time.RFC3339))
			return err
		})
	})
	return cmd
}

// pendingFault is a pending fault in the format of the admin API; see docs/emulator.md.
type pendingFault struct {
	Number        int               `json:"number,omitempty"`
	Endpoint      string            `json:"endpoint,omitempty"`
	Status        int               `json:"status,omitempty"`
	Code          int               `json:"code,omitempty"`
	Message       string            `json:"message,omitempty"`
	Body          string            `json:"body,omitempty"`
	Header        map[string]string `json:"header,omitempty"`
	Delay         string            `json:"delay,omitempty"`
	DropResponse  bool              `json:"dropResponse,omitempty"`
	Reset         bool              `json:"reset,omitempty"`
	CutResponse   bool              `json:"cutResponse,omitempty"`
	ResetResponse bool              `json:"resetResponse,omitempty"`
	ContentLength int               `json:"contentLength,omitempty"`
	Skip          int               `json:"skip,omitempty"`
	Times         int               `json:"times,omitempty"`
	Where         map[string]string `json:"where,omitempty"`
}

type pendingFaults []pendingFault

// fromEmulator reports whether the list is not null and every fault has a number.
func (all *pendingFaults) fromEmulator() bool {
	return *all != nil && !slices.ContainsFunc(*all, func(f pendingFault) bool { return f.Number == 0 })
}

// text describes the pending faults in words.
func (all *pendingFaults) text() string {
	switch {
	case all == nil: // the emulator did not send them
		return "changed: rongcloud emulator fault list shows them"
	case len(*all) == 0:
		return "none wait"
	}
	var parts []string
	for _, f := range *all {
		times := "each time"
		if f.Times >= 0 {
			times = strconv.Itoa(f.Times) + "×"
		}
		parts = append(parts, times+" "+f.text())
	}
	return strings.Join(parts, "; ")
}

// check returns an error that names the flag of an impossible value. The emulator checks the rest.
func (f pendingFault) check() error {
	for _, one := range []struct {
		flag     string
		n, least int
	}{{"code", f.Code, 0}, {"content-length", f.ContentLength, 0}, {"skip", f.Skip, 0}, {"times", f.Times, -1}} {
		if one.n < one.least {
			return usagef("--%s: %d is below %d", one.flag, one.n, one.least)
		}
	}
	if f.Status != 0 && (f.Status < 200 || f.Status > 599) {
		return usagef("--status: %d is not a status between 200 and 599", f.Status)
	}
	if span, err := time.ParseDuration(f.Delay); f.Delay != "" && (err != nil || span < 0) {
		return usagef("--delay: %q is not a time such as 1500ms", f.Delay)
	}
	return nil
}

// isDefault reports whether a fault does not say how the call fails. The emulator then
// responds with HTTP 500 and code 1000.
func (f pendingFault) isDefault() bool {
	return f.Status == 0 && f.Code == 0 && f.Message == "" && f.Body == "" && len(f.Header) == 0 && f.Delay == "" &&
		!f.DropResponse && !f.Reset && !f.CutResponse && !f.ResetResponse && f.ContentLength == 0
}

// pairs formats headers or parameters as NAME=VALUE, sorted by name.
func pairs(named map[string]string) string {
	var parts []string
	for _, name := range sortedKeys(named) {
		parts = append(parts, name+"="+oneLine(named[name]))
	}
	return strings.Join(parts, " ")
}

// text describes in words which calls a fault affects, and how.
func (f pendingFault) text() string {
	parts := []string{cmp.Or(f.Endpoint, "any call")}
	for _, one := range []struct {
		holds bool
		what  string
	}{
		{len(f.Where) > 0, "where " + pairs(f.Where)}, {f.isDefault(), "HTTP 500, code 1000"}, {f.Status != 0, fmt.Sprintf("HTTP %d", f.Status)}, {f.Code != 0, fmt.Sprintf("code %d", f.Code)},
		{f.Message != "", oneLine(f.Message)}, {f.Body != "", "a body of its own"}, {len(f.Header) > 0, "with " + pairs(f.Header)}, {f.Delay != "", "after " + f.Delay},
		{f.DropResponse, "drop the response"}, {f.Reset, "reset the connection"}, {f.CutResponse, "cut the response"},
		{f.ResetResponse, "reset within the response"}, {f.ContentLength != 0, "a wrong length"}, {f.Skip > 0, "after " + counted(f.Skip, "call")},
	} {
		if one.holds {
			parts = append(parts, one.what)
		}
	}
	return strings.Join(parts, ", ")
}

// namedValues is the value of a flag that takes NAME=VALUE and can be repeated. Unlike the maps of
// pflag it accepts commas and quotes in a value, as in JSON.
type namedValues map[string]string

// Set adds one NAME=VALUE.
func (v *namedValues) Set(text string) error {
	name, value, found := strings.Cut(text, "=")
	if _, twice := (*v)[name]; !found || name == "" || twice {
		return fmt.Errorf("it is NAME=VALUE, each name once")
	}
	if *v == nil {
		*v = namedValues{}
	}
	(*v)[name] = value
	return nil
}

// String returns the values so far. It is empty at first, so that the help shows no default.
func (v *namedValues) String() string { return pairs(*v) }

// Type returns a name for the value that help never shows: the usage texts have their own.
func (v *namedValues) Type() string { return "NAME=VALUE" }

func newEmulatorFaultCommand(a *app) *cobra.Command {
	var f pendingFault
	cmd := &cobra.Command{
		Use:   "fault [PATH]",
		Short: "Have a running emulator fail calls of an endpoint, or any calls",
		Long: `Have a running emulator fail calls of an endpoint, or any calls if you name none. Without a flag that says how, the call
gets HTTP 500 and code 1000. Pending faults are printed.`,
		Example: `  rongcloud emulator fault /message/private/publish.json --drop-response
  rongcloud emulator fault /user/info.json --status 429 --code 1008 --times 3
  rongcloud emulator fault list
  rongcloud emulator fault clear`,
		Args: cobra.MaximumNArgs(1), ValidArgsFunction: completePath,
	}
	api := addURLFlag(a, cmd)
	flags := cmd.Flags()
	flags.IntVar(&f.Status, "status", 0, "HTTP `status` of the response, in place of carrying the call out")
	flags.IntVar(&f.Code, "code", 0, "`code` of the response")
	flags.StringVar(&f.Message, "message", "", "`text` of the response beside the code")
	flags.StringVar(&f.Body, "body", "", "whole `body` of the response, such as a gateway's page")
	flags.Var((*namedValues)(&f.Header), "header", "`NAME=VALUE` of a header of the response; can be repeated")
	flags.StringVar(&f.Delay, "delay", "", "hold the response back for this `time`, such as 1500ms")
	flags.BoolVar(&f.DropResponse, "drop-response", false, "carry the call out, then close the connection")
	flags.BoolVar(&f.Reset, "reset", false, "reset the connection, and do not carry the call out")
	flags.BoolVar(&f.CutResponse, "cut-response", false, "carry the call out, send half of the response, then close the connection")
	flags.BoolVar(&f.ResetResponse, "reset-response", false, "carry the call out, send half of the response, then reset the connection")
	flags.IntVar(&f.ContentLength, "content-length", 0, "announce this wrong `length`")
	flags.IntVar(&f.Skip, "skip", 0, "let this `number` of calls through first")
	flags.IntVar(&f.Times, "times", 0, "strike this `number` of calls; -1 is all (default 1)")
	flags.Var((*namedValues)(&f.Where), "where", "`NAME=VALUE` of a parameter that a call must have; can be repeated")
	cmd.RunE = a.do(func(cmd *cobra.Command, args []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		if len(args) == 1 {
			ep, _, err := findEndpoint("", args[0], "")
			if err != nil && !errors.Is(err, errSeveralMethods) { // a fault affects all methods of a path
				return err
			}
			f.Endpoint = ep.Path
		}
		for _, name := range []string{"status", "code", "content-length", "times"} { // omitempty would drop an explicit 0
			if flag := cmd.Flags().Lookup(name); flag.Changed && flag.Value.String() == "0" {
				return usagef("--%s: 0 is not a value that it takes", name)
			}
		}
		if err := f.check(); err != nil {
			return err
		}
		body, err := json.Marshal(f)
		if err != nil {
			return err
		}
		return a.faults(cmd.Context(), to, http.MethodPost, "faults", body)
	})
	cmd.AddCommand(newFaultListCommand(a), newFaultClearCommand(a))
	return cmd
}

// faults calls the admin API and prints the faults that are pending afterwards.
func (a *app) faults(ctx context.Context, to adminAPI, method, path string, body []byte) error {
	var all pendingFaults
	if err := to.call(ctx, method, path, body, &all); err != nil {
		return err
	}
	return a.show(all, func(io.Writer) error {
		var rows [][]string
		for _, f := range all {
			times := "all"
			if f.Times >= 0 {
				times = strconv.Itoa(f.Times)
			}
			rows = append(rows, []string{strconv.Itoa(f.Number), times, f.text()})
		}
		if len(rows) == 0 {
			a.talk("No faults wait.")
			return nil
		}
		return a.table([]string{"NUMBER", "TIMES", "FAULT"}, rows)
	})
}

func newFaultListCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{Use: "list", Short: "List the pending faults", Example: "  rongcloud emulator fault list --json", Args: cobra.NoArgs}
	api := addURLFlag(a, cmd)
	cmd.RunE = a.do(func(cmd *cobra.Command, _ []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		return a.faults(cmd.Context(), to, http.MethodGet, "faults", nil)
	})
	return cmd
}

func newFaultClearCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use: "clear [NUMBER]", Short: "Remove the pending faults, or one of them", Example: "  rongcloud emulator fault clear 2", Args: cobra.MaximumNArgs(1),
		Annotations: map[string]string{whyPositive: "it is not the number of a fault"},
	}
	api := addURLFlag(a, cmd)
	cmd.RunE = a.do(func(cmd *cobra.Command, args []string) error {
		to, err := api()
		if err != nil {
			return err
		}
		path := "faults"
		if len(args) == 1 {
			if n, err := strconv.Atoi(args[0]); err != nil || n < 1 {
				return usagef("%q is not the number of a fault", args[0])
			}
			path += "/" + args[0]
		}
		return a.faults(cmd.Context(), to, http.MethodDelete, path, nil)
	})
	return cmd
}
