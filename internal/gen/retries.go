package main

import (
	"fmt"
	"slices"
	"strings"
)

// retryLists are the marks on the pages about retries, and which endpoints are listed there.
var retryLists = []struct {
	mark   string
	listed func(*endpoint) bool
}{
	{"<!-- unsafe -->\n", func(e *endpoint) bool { return e.class() == "Unsafe" }},
	{"<!-- unsafe with -->\n", func(e *endpoint) bool { return len(e.UnsafeWith) > 0 }},
	{"<!-- guarded -->\n", func(e *endpoint) bool {
		return e.class() == "Unsafe" && slices.ContainsFunc(e.Params, func(f field) bool { return f.Name == "msgRandom" })
	}},
	{"<!-- final -->\n", func(e *endpoint) bool { return len(e.Final) > 0 }},
	{"<!-- idempotent -->\n", func(e *endpoint) bool { return e.class() == "Idempotent" && len(e.UnsafeWith) == 0 }},
	{"<!-- safe -->\n", func(e *endpoint) bool { return e.class() == "Safe" }},
}

// retriesPage returns docs/retries.md and its translations: which calls may be repeated.
func retriesPage(lang language, endpoints []*endpoint, methods map[string][]string) []byte {
	text := unixLines(lang.retriesPage)
	for _, list := range retryLists {
		text = fill(text, list.mark, callList(lang, endpoints, methods, list.listed))
	}
	return generated(lang, text)
}

// callList names methods, one line per service. Endpoints without a method are only in
// endpoints.md.
func callList(lang language, endpoints []*endpoint, methods map[string][]string, listed func(*endpoint) bool) string {
	var services []string
	calls := map[string][]string{}
	for _, e := range endpoints {
		own := methods[e.Method+" "+e.Path]
		if len(own) == 0 || !listed(e) {
			continue
		}
		service := serviceOf(own[0])
		if calls[service] == nil {
			services = append(services, service)
		}
		for _, method := range own {
			if name := shortCall(method, service) + unsafeWhen(lang, e); !slices.Contains(calls[service], name) {
				calls[service] = append(calls[service], name)
			}
		}
	}
	var b strings.Builder
	for _, service := range services {
		fmt.Fprintf(&b, "- `%s`%s%s\n", service, lang.of(wordColon), strings.Join(calls[service], lang.of(wordComma)))
	}
	return b.String()
}

// shortCall drops the service from a method's name, since the line begins with it.
func shortCall(method, service string) string {
	return "`" + strings.TrimPrefix(method, service+".") + "`"
}

var wordWith = translated{" (with `%s`)", "（带 `%s` 时）"}

// unsafeWhen names the parameters that make a call unsafe.
func unsafeWhen(lang language, e *endpoint) string {
	if len(e.UnsafeWith) == 0 {
		return ""
	}
	return fmt.Sprintf(lang.of(wordWith), strings.Join(e.UnsafeWith, "`, `"))
}
