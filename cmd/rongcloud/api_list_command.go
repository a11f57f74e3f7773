package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud/endpoint"
	"github.com/rongcloud-go/rongcloud/internal/shape"
)

// shownEndpoint is an endpoint as api list and api show print it.
type shownEndpoint struct {
	Method     string        `json:"method"`
	Path       string        `json:"path"`
	Summary    string        `json:"summary"`
	Area       string        `json:"area"`
	Status     string        `json:"status"`
	Class      string        `json:"class"`
	UnsafeWith []string      `json:"unsafeWith,omitempty"`
	Encoding   string        `json:"encoding"`
	Quota      string        `json:"quota,omitempty"`
	Go         []string      `json:"go,omitempty"`
	Doc        string        `json:"doc,omitempty"`
	Paging     string        `json:"paging,omitempty"`
	Params     []shownParam  `json:"params"`
	Response   []shape.Field `json:"response"`
}

// shownParam is a parameter of a shownEndpoint.
type shownParam struct {
	Name     string `json:"name"`
	Type     string `json:"type"`
	Required bool   `json:"required"`
	Limits   string `json:"limits,omitempty"`
}

func shownOf(ep *endpoint.Endpoint) shownEndpoint {
	s := shownEndpoint{
		Method: ep.Method, Path: ep.Path, Summary: ep.Summary, Area: string(ep.Area), Status: ep.Status.String(), Class: ep.Class.String(),
		UnsafeWith: ep.UnsafeWith, Encoding: ep.Encoding.String(), Quota: quotaText(ep), Go: goMethods[ep.String()], Doc: ep.Doc,
		Paging: ep.Paging.Style.String(), Params: []shownParam{}, Response: shape.Fields(ep.String()),
	}
	for i := range ep.Params {
		p := &ep.Params[i]
		s.Params = append(s.Params, shownParam{p.Name, typeText(p), p.Required, limitsText(p)})
	}
	return s
}

func quotaText(ep *endpoint.Endpoint) string {
	q := ep.Quota
	if q.Limit == 0 {
		return ""
	}
	what := q.Counts.String()
	if q.Counts == endpoint.Targets && q.Param != "" {
		what = q.Param
	}
	if q.Limit == 1 && what == q.Counts.String() {
		what = strings.TrimSuffix(what, "s")
	}
	text := fmt.Sprintf("%d %s per %s", q.Limit, what, spanText(q.Per))
	if q.Pool != "" {
		text += ", shared: " + q.Pool
	}
	return text
}

func spanText(d time.Duration) string {
	switch d {
	case time.Second:
		return "second"
	case time.Minute:
		return "minute"
	case time.Hour:
		return "hour"
	case 24 * time.Hour:
		return "day"
	}
	return d.String()
}

func typeText(p *endpoint.Param) string {
	text := p.Type.String()
	if unit := p.Unit.String(); unit != "" {
		text += " (" + unit + ")"
	}
	if p.In != endpoint.InBody {
		text += ", in the " + p.In.String()
	}
	return text
}

func limitsText(p *endpoint.Param) string {
	var limits []string
	if p.Min != nil || p.Max != nil {
		limits = append(limits, bound(p.Min)+" to "+bound(p.Max))
	}
	for _, limit := range []struct {
		n    int
		unit string
	}{{p.MaxItems, "item"}, {p.MaxBytes, "byte"}, {p.MaxChars, "character"}} {
		if limit.n > 0 {
			limits = append(limits, "at most "+counted(limit.n, limit.unit))
		}
	}
	if len(p.Values) > 0 {
		limits = append(limits, strings.Join(p.Values, " | "))
	}
	return strings.Join(limits, "; ")
}

func newAPIListCommand(a *app) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "list [WORD ...]",
		Short: "List the endpoints of the Server API",
		Long: `List the endpoints of the Server API. With words, only those that have all of them in their path, summary, area or
Go method.`,
		Example: "  rongcloud api list group mute\n  rongcloud api list --json | jq -r '.[].path'",
		RunE: a.do(func(_ *cobra.Command, args []string) error {
			found := []shownEndpoint{}
			var rows [][]string
			for ep := range endpoint.All() {
				s := shownOf(ep)
				if (ep.Status != endpoint.Current && !all) || !s.has(args) {
					continue
				}
				found = append(found, s)
				rows = append(rows, []string{s.Method, s.Path, s.Class, s.Summary})
			}
			if len(found) == 0 {
				a.talk("No endpoint has all of these words.")
			}
			return a.show(found, func(io.Writer) error {
				if len(rows) == 0 {
					return nil
				}
				return a.table([]string{"METHOD", "PATH", "CLASS", "SUMMARY"}, rows, "CLASS")
			})
		}),
	}
	cmd.Flags().BoolVar(&all, "all", false, "include deprecated and unconfirmed endpoints")
	return cmd
}

// has reports whether every word occurs in the endpoint's path, summary, area or Go methods, in
// upper or lower case.
func (s shownEndpoint) has(words []string) bool {
	text := strings.ToLower(strings.Join(append([]string{s.Path, s.Summary, s.Area}, s.Go...), " "))
	return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(text, strings.ToLower(word)) })
}

func newAPIShowCommand(a *app) *cobra.Command {
	var method string
	cmd := &cobra.Command{
		Use:               "show PATH",
		Short:             "Show an endpoint: its parameters, class, quota, page and Go method",
		Example:           "  rongcloud api show /user/getToken.json",
		Args:              cobra.ExactArgs(1),
		ValidArgsFunction: completePath,
		RunE: a.do(func(_ *cobra.Command, args []string) error {
			ep, _, err := findEndpoint(method, args[0], "")
			if err != nil {
				return err
			}
			s := shownOf(ep)
			return a.show(s, func(io.Writer) error { return a.printEndpoint(s) })
		}),
	}
	cmd.Flags().StringVarP(&method, "method", "X", "", "HTTP `method`, for a path that has several")
	return cmd
}

// classTexts explain the class of an endpoint.
var classTexts = map[string]string{
	endpoint.Unsafe.String():     "unsafe: a repeat acts again, so it is not repeated once it may have been carried out",
	endpoint.Idempotent.String(): "idempotent: a repeat leaves the same state",
	endpoint.Safe.String():       "safe: it changes nothing",
}

func (a *app) printEndpoint(s shownEndpoint) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n%s\n\n", a.paint(bold, s.Method+" "+s.Path), a.paragraph(s.Summary))
	b.WriteString(a.factText([][2]string{
		{"class", classTexts[s.Class]}, {"unsafe with", strings.Join(s.UnsafeWith, ", ")}, {"status", mark(s.Status != "current", s.Status)},
		{"encoding", s.Encoding}, {"quota", s.Quota}, {"pages", s.Paging}, {"Go", strings.Join(s.Go, ", ")}, {"page", s.Doc},
	}))
	if _, err := io.WriteString(a.stdout, b.String()+"\n"); err != nil {
		return err
	}
	var rows [][]string
	for _, p := range s.Params {
		rows = append(rows, []string{p.Name, p.Type, mark(p.Required, "required"), p.Limits})
	}
	if len(rows) > 0 {
		if err := a.table([]string{"PARAMETER", "TYPE", "", "LIMITS"}, rows); err != nil {
			return err
		}
	}
	if len(s.Response) == 0 {
		return nil
	}
	if _, err := io.WriteString(a.stdout, "\n"); err != nil {
		return err
	}
	return a.table([]string{"RESPONSE", "TYPE"}, fieldRows("", s.Response))
}

func fieldRows(indent string, fields []shape.Field) [][]string {
	var rows [][]string
	for _, f := range fields {
		rows = append(rows, []string{indent + f.Name, f.Type})
		rows = append(rows, fieldRows(indent+f.Name+".", f.Fields)...)
	}
	return rows
}

// completePath completes the path of an endpoint.
func completePath(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var found []cobra.Completion
	for ep := range endpoint.All() {
		if ep.Status == endpoint.Current {
			found = append(found, cobra.CompletionWithDesc(ep.Path, ep.Summary))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

// completeCall completes the path of an endpoint, then the names and values of its parameters.
func completeCall(cmd *cobra.Command, args []string, part string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) == 0 {
		return completePath(cmd, args, part)
	}
	method, _ := cmd.Flags().GetString("method")
	ep, _, err := findEndpoint(method, args[0], "")
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	if name, _, found := strings.Cut(part, "="); found {
		p := ep.Param(name)
		if p == nil || len(p.Values) == 0 {
			return nil, cobra.ShellCompDirectiveDefault
		}
		values := make([]cobra.Completion, len(p.Values))
		for i, value := range p.Values {
			values[i] = name + "=" + value
		}
		return values, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for i := range ep.Params {
		p := &ep.Params[i]
		given := slices.ContainsFunc(args[1:], func(arg string) bool { return strings.HasPrefix(arg, p.Name+"=") })
		if !given || p.List != endpoint.NoList {
			names = append(names, cobra.CompletionWithDesc(p.Name+"=", strings.TrimPrefix(mark(p.Required, "required, ")+typeText(p), " ")))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
