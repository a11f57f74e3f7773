package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/itchyny/gojq"
	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
	"github.com/rongcloud-go/rongcloud/endpoint"
)

// apiFlags holds the flags of rongcloud api.
type apiFlags struct {
	method, file, jq, unlisted string
	paginate, dryRun, curl     bool
	sign, retryUnsafe          bool
}

func newAPICommand(a *app) *cobra.Command {
	var f apiFlags
	cmd := &cobra.Command{
		Use:   "api PATH [NAME=VALUE ...]",
		Short: "Call any endpoint of the Server API",
		Long: `Call any endpoint of the Server API, and print its response.

Give parameters as NAME=VALUE, and repeat one to give a list. NAME=@FILE reads the value from a file, NAME:=JSON takes
JSON. Parameters are checked against the catalogue of endpoints before anything is sent. Find endpoints with
rongcloud api list, and see the parameters of one with rongcloud api show PATH.`,
		Example: `  rongcloud api /user/info.json userId=ann
  rongcloud api /message/private/publish.json fromUserId=ann toUserId=ben toUserId=carol objectName=RC:TxtMsg content='{"content":"hello"}'
  rongcloud api /user/block/query.json --paginate --jq '.users[].userId'
  rongcloud api /user/getToken.json userId=ann name=Ann --curl`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeCall,
		RunE: a.do(func(cmd *cobra.Command, args []string) error {
			return a.call(cmd, f, args[0], args[1:])
		}),
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.method, "method", "X", "", "HTTP `method`, for a path that has several")
	flags.StringVar(&f.file, "json", "", "read the parameters from a `file` with a JSON object; - reads stdin")
	flags.StringVar(&f.jq, "jq", "", "filter the response with this jq `expression`")
	flags.BoolVar(&f.paginate, "paginate", false, "fetch all pages, and print a line for each item")
	flags.BoolVar(&f.dryRun, "dry-run", false, "print the request instead of sending it")
	flags.BoolVar(&f.curl, "curl", false, "print a curl command instead of sending the request")
	flags.BoolVar(&f.sign, "sign", false, "with --dry-run or --curl: include a real signature, which anyone can use for any call, forever")
	flags.BoolVar(&f.retryUnsafe, "retry-unsafe", false, "retry even if the call may have been carried out")
	flags.StringVar(&f.unlisted, "unlisted", "", "call a path that is not in the catalogue, with this `encoding`: form, json, query or none; asks for confirmation as for the listed path that a server may take it for")
	cmd.MarkFlagsMutuallyExclusive("dry-run", "curl", "paginate")
	_ = cmd.RegisterFlagCompletionFunc("unlisted", cobra.FixedCompletions([]cobra.Completion{"form", "json", "query", "none"}, cobra.ShellCompDirectiveNoFileComp))
	_ = cmd.RegisterFlagCompletionFunc("method", cobra.FixedCompletions([]cobra.Completion{"GET", "POST", "PUT", "DELETE"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.AddCommand(newAPIListCommand(a), newAPIShowCommand(a))
	return cmd
}

// call runs rongcloud api.
func (a *app) call(cmd *cobra.Command, f apiFlags, path string, pairs []string) error {
	if strings.HasPrefix(f.file, "--") { // --json took the next flag for its file
		return errJSONTakesFile
	}
	ep, placed, err := findEndpoint(f.method, path, f.unlisted)
	if err != nil && strings.Contains(path, "=") && f.file != "" { // --json took the path for its file
		return errJSONTakesFile
	}
	if errors.Is(err, errNoEndpoint) {
		return &hintedError{err, listHint + "; --unlisted calls it all the same"}
	}
	if err != nil {
		return err
	}
	filter, err := newFilter(f.jq)
	if err != nil {
		return err
	}
	params, err := a.readParams(cmd.Context(), ep, f.file, placed, pairs)
	if err != nil {
		return err
	}
	p, err := a.profile()
	if err != nil {
		return err
	}
	if f.dryRun || f.curl {
		return a.showRequest(cmd.Context(), p, ep, params, f)
	}
	if err := a.askBeforeCall(cmd.Context(), p, ep, params); err != nil {
		return err
	}
	client, err := a.clientOf(p)
	if err != nil {
		return err
	}
	var opts []rongcloud.CallOption
	if f.retryUnsafe {
		opts = append(opts, rongcloud.RetryUnsafe())
	}
	if f.paginate {
		return a.callPages(cmd.Context(), client, ep, params, filter, opts)
	}
	var response rongcloud.Response
	err = client.Call(cmd.Context(), ep, params.encoded(), nil, append(opts, rongcloud.CaptureResponse(&response))...)
	if err != nil {
		if json.Valid(response.Body) && f.jq == "" { // scripts read the error response from stdout, too
			_ = a.printResponse(response.Body, nil)
		}
		return err
	}
	return unprinted("the call was carried out", a.printResponse(response.Body, filter))
}

// filter is a compiled jq expression. A nil filter prints the whole response.
type filter struct{ code *gojq.Code }

func newFilter(expression string) (*filter, error) {
	if expression == "" {
		return nil, nil //nolint:nilnil // nil means no filter
	}
	query, err := gojq.Parse(expression)
	if err != nil {
		return nil, usagef("--jq: %w", err)
	}
	code, err := gojq.Compile(query)
	if err != nil {
		return nil, usagef("--jq: %w", err)
	}
	return &filter{code}, nil
}

// printResponse prints a response, or each result of a filter on its own line. It prints strings
// without quotes, as jq -r does.
func (a *app) printResponse(body []byte, f *filter) error {
	if f == nil {
		var b bytes.Buffer
		if json.Indent(&b, body, "", "  ") != nil {
			b.Reset()
			b.Write(body)
		}
		b.WriteByte('\n')
		_, err := a.stdout.Write(b.Bytes())
		return err
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return fmt.Errorf("the response is not JSON: %w", err)
	}
	for results := f.code.Run(value); ; {
		result, ok := results.Next()
		if !ok {
			return nil
		}
		if err, ok := result.(error); ok {
			return fmt.Errorf("--jq: %w", err) // not a usageError: exit code 2 means that nothing was sent
		}
		text, ok := result.(string)
		if !ok {
			encoded, err := gojq.Marshal(result)
			if err != nil {
				return err
			}
			text = string(encoded)
		}
		if _, err := fmt.Fprintln(a.stdout, text); err != nil {
			return err
		}
	}
}

var (
	errJSONTakesFile  = usagef("--json takes the file with the parameters here: a response is JSON without it, and what --dry-run and --curl print never is")
	errNoEndpoint     = errors.New("the catalogue has no")
	errSeveralMethods = errors.New("which one")
)

// listHint tells users how to find a path.
const listHint = "rongcloud api list WORD finds it"

// findEndpoint returns the endpoint to call and the parameters in its path. If the path has
// several methods and none is given, it returns errSeveralMethods with one of the endpoints.
func findEndpoint(method, path, unlisted string) (*endpoint.Endpoint, map[string]string, error) {
	method = strings.ToUpper(method)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	if unlisted != "" {
		ep, err := unlistedEndpoint(method, path, unlisted)
		return ep, nil, err
	}
	methods := []string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch}
	if method != "" {
		methods = []string{method}
	}
	var found []*endpoint.Endpoint
	var placed map[string]string
	for _, path := range []string{path, path + ".json"} {
		for _, method := range methods {
			if ep, values := endpoint.Match(method, path); ep != nil {
				found, placed = append(found, ep), values
			}
		}
		if len(found) > 0 {
			break
		}
	}
	switch {
	case len(found) == 0 && method != "":
		other, _, err := findEndpoint("", path, "")
		if err == nil || errors.Is(err, errSeveralMethods) {
			return nil, nil, usagef("--method: %w %s %s; rongcloud api show %s shows what it has", errNoEndpoint, method, other.Path, other.Path)
		}
		return nil, nil, err
	case len(found) == 0:
		return nil, nil, &hintedError{usagef("%w %s%s", errNoEndpoint, path, nearest(path)), listHint}
	case len(found) > 1:
		all := make([]string, len(found))
		for i, ep := range found {
			all[i] = ep.Method
		}
		return found[0], placed, usagef("%w: %s takes %s, choose with --method", errSeveralMethods, path, strings.Join(all, " and "))
	}
	return found[0], placed, nil
}

func unlistedEndpoint(method, path, encoding string) (*endpoint.Endpoint, error) {
	for _, e := range []endpoint.Encoding{endpoint.None, endpoint.Form, endpoint.JSON, endpoint.Query} {
		if e.String() == encoding {
			if method == "" && e == endpoint.Query {
				method = http.MethodGet
			}
			return endpoint.New(method, path, e), nil
		}
	}
	return nil, usagef("--unlisted: %q is none of form, json, query and none", encoding)
}

// nearest suggests up to three paths of the catalogue that resemble a mistyped one.
func nearest(path string) string {
	var best []string
	path = strings.TrimSuffix(path, ".json")
	least := len(path)/3 + 1
	for ep := range endpoint.All() {
		switch d := distance(path, strings.TrimSuffix(ep.Path, ".json")); {
		case d < least:
			least, best = d, []string{ep.Path}
		case d == least && len(best) > 0 && len(best) < 3 && best[len(best)-1] != ep.Path:
			best = append(best, ep.Path)
		}
	}
	if best == nil {
		return ""
	}
	return " (is it " + strings.Join(best, " or ") + "?)"
}

// distance returns the Levenshtein distance between two strings, in bytes.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := before
			if a[i] != b[j] {
				cost = min(before, row[j], row[j+1]) + 1
			}
			before, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
