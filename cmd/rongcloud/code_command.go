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

// maxListedCalls is how many endpoints are listed at most. Of more, only the number is printed.
const maxListedCalls = 20

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

	Status *shownStatus `json:"asHTTPStatus,omitempty"` // if the number is also an HTTP status
}

func newCodeCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "code NUMBER",
		Short:   "Explain a code of RongCloud, and what to do about it",
		Example: "  rongcloud code 1004",
		Args:    cobra.ExactArgs(1),

		Annotations:       map[string]string{whyPositive: "no code is negative"},
		ValidArgsFunction: completeCode,
		RunE: a.do(func(_ *cobra.Command, args []string) error {
			n, err := strconv.Atoi(args[0])
			switch {
			case err != nil:
				return usagef("%q is not a number", args[0])
			case n < 0:
				return usagef("%q: no code is negative", args[0])
			}
			fact, known := codeFacts[n]
			if !known {
				if n == http.StatusOK {
					return a.show(shownCode{Code: n, Meaning: "success", HTTPStatus: n}, func(w io.Writer) error {
						_, err := io.WriteString(w, a.headline("200", "success: the code, and the HTTP status, of a call that was carried out."))
						return err
					})
				}
				if isStatus(n) {
					s := shownStatusOf(n)
					return a.show(s, func(w io.Writer) error { return a.printStatus(w, s) })
				}
				return &hintedError{fmt.Errorf("code %d is not known", n), "the message beside it in the response is all there is"}
			}
			code := rongcloud.Code(n)
			s := shownCode{n, fact.name, code.Meaning(), fact.more, code.HTTPStatus(), fact.retry, fact.remedy, fact.general, fact.endpoints, nil}
			if isStatus(n) {
				status := shownStatusOf(n)
				s.Status = &status
			}
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
	calls := strings.Join(s.Endpoints, "\n")
	switch {
	case s.AnyCall:
		calls = "any"
	case len(s.Endpoints) > maxListedCalls:
		calls = fmt.Sprintf("%d; --json lists them", len(s.Endpoints))
	}
	status := ""
	if s.HTTPStatus != 0 {
		status = strconv.Itoa(s.HTTPStatus)
	}
	also := ""
	if s.Status != nil {
		also = s.Status.title() + ": " + s.Status.Meaning
	}
	_, err := io.WriteString(w, a.headline(strconv.Itoa(s.Code), strings.TrimSpace(s.Meaning+". "+s.More))+a.factText([][2]string{
		{"what to do", s.Remedy}, {"repeat", s.Retry}, {"HTTP", status}, {"in Go", "rongcloud." + s.Name}, {"calls", calls}, {"as status", also},
	}))
	return err
}

// shownStatus is an HTTP status as rongcloud code prints it. Users look up a status because every
// error shows it next to the code.
type shownStatus struct {
	Status  int    `json:"httpStatus"`
	Name    string `json:"name,omitempty"`
	Meaning string `json:"meaning"`
	Remedy  string `json:"whatToDo,omitempty"`
	Codes   []int  `json:"codes,omitempty"` // that RongCloud sends with this status
}

func isStatus(n int) bool { return n >= 200 && n < 600 }

func shownStatusOf(n int) shownStatus {
	s := shownStatus{Status: n, Name: http.StatusText(n)}
	for _, code := range slices.Sorted(maps.Keys(codeFacts)) {
		if rongcloud.Code(code).HTTPStatus() == n && n != http.StatusOK {
			s.Codes = append(s.Codes, code)
		}
	}
	switch {
	case n < 300:
		s.Meaning = "success"
	case n < 400:
		s.Meaning, s.Remedy = "a redirect, which RongCloud's API does not send: something else has responded", "Check the address; rongcloud doctor looks at it."
	case n == http.StatusUnauthorized:
		s.Meaning, s.Remedy = "the App Key or the signature is not accepted", "rongcloud doctor looks for the reason."
	case n == http.StatusTooManyRequests:
		s.Meaning, s.Remedy = "a quota of the App Key is used up, and the call was not carried out", "Wait, and repeat it: any call may be repeated. rongcloud api show PATH shows its quota."
	case n < 500:
		s.Meaning, s.Remedy = "the request is refused", "The code in the response says why; rongcloud code explains it."
	default:
		s.Meaning = "the server failed, or what stands before it, and nobody knows whether the call was carried out"
		s.Remedy = "Repeat only what may be repeated; rongcloud api show PATH says so."
	}
	return s
}

// title returns "HTTP status" with the name of the status.
func (s shownStatus) title() string {
	if s.Name == "" {
		return "HTTP status"
	}
	return "HTTP status " + s.Name
}

func (a *app) printStatus(w io.Writer, s shownStatus) error {
	var codes []string
	for _, code := range s.Codes {
		codes = append(codes, strconv.Itoa(code))
	}
	_, err := io.WriteString(w, a.headline(strconv.Itoa(s.Status), s.title()+", not a code of RongCloud: "+s.Meaning+".")+
		a.factText([][2]string{{"what to do", s.Remedy}, {"codes", strings.Join(codes, ", ")}}))
	return err
}

// headline formats a number and its meaning as the first line of an explanation.
func (a *app) headline(number, text string) string {
	return a.factText([][2]string{{a.paint(bold, number), text}})
}
