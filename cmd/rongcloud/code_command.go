package main

import (
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/rongcloud-go/rongcloud"
)

// mostCalls is how many endpoints are listed at most. Of more, only the number is printed.
const mostCalls = 20

// codeFact holds what is known about a code besides its meaning.
type codeFact struct {
	name, more, retry, remedy string
	general                   bool     // any call may return it
	endpoints                 []string // known to return it
}

// shownCode is a code as rongcloud code prints it.
type shownCode struct {
	Code       int      `json:"code"`
	Name       string   `json:"name"`
	Meaning    string   `json:"meaning"`
	More       string   `json:"more,omitempty"`
	HTTPStatus int      `json:"httpStatus,omitempty"`
	Retry      string   `json:"retry"`
	Remedy     string   `json:"whatToDo"`
	AnyCall    bool     `json:"anyCall"`
	Endpoints  []string `json:"endpoints,omitempty"`
}

func newCodeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "code NUMBER",
		Short:   "Explain a code of RongCloud, and what to do about it",
		Example: "  rongcloud code 1004",
		Args:    cobra.ExactArgs(1),

		ValidArgsFunction: completeCode,
		RunE: a.do(func(_ *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			if err != nil {
				return usagef("%q is not a number", args[0])
			}
			fact, known := codeFacts[n]
			if !known {
				if n == http.StatusOK {
					return a.show(shownCode{Code: n, Meaning: "success"}, func(w io.Writer) error {
						_, err := fmt.Fprintln(w, "200  success")
						return err
					})
				}
				return &hintedError{fmt.Errorf("code %d is not known", n), "the message beside it in the response is all there is"}
			}
			code := rongcloud.Code(n)
			s := shownCode{n, fact.name, code.Meaning(), fact.more, code.HTTPStatus(), fact.retry, fact.remedy, fact.general, fact.endpoints}
			return a.show(s, func(w io.Writer) error { return a.printCode(w, s) })
		}),
	}
}

func completeCode(_ *cobra.Command, args []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var found []cobra.Completion
	if len(args) == 0 {
		for _, n := range slices.Sorted(maps.Keys(codeFacts)) {
			found = append(found, cobra.CompletionWithDesc(strconv.Itoa(n), rongcloud.Code(n).Meaning()))
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}

func (a *app) printCode(w io.Writer, s shownCode) error {
	calls := strings.Join(s.Endpoints, "\n            ")
	switch {
	case s.AnyCall:
		calls = "any"
	case len(s.Endpoints) > mostCalls:
		calls = fmt.Sprintf("%d; --json lists them", len(s.Endpoints))
	}
	status := ""
	if s.HTTPStatus != 0 {
		status = strconv.Itoa(s.HTTPStatus)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %s\n", a.paint(bold, strconv.Itoa(s.Code)), strings.TrimSpace(s.Meaning+". "+s.More))
	for _, fact := range [][2]string{{"what to do", s.Remedy}, {"repeat", s.Retry}, {"HTTP", status}, {"in Go", "rongcloud." + s.Name}, {"calls", calls}} {
		if fact[1] != "" {
			fmt.Fprintf(&b, "%-11s %s\n", fact[0], fact[1])
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
