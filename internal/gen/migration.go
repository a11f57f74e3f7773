package main

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

const tablesMark = "<!-- tables -->\n"

var (
	wordTableHead = translated{
		"| official Go SDK | here | note | endpoint |\n|---|---|---|---|\n", "| 官方 Go SDK | 本 SDK | 备注 | 接口 |\n|---|---|---|---|\n",
	}
	wordNone    = translated{"Without a method", "没有方法"}
	wordNothing = translated{"nothing", "无"}
	wordOlder   = translated{"*(an older API)*", "*（旧版 API）*"}
)

// migrationPage returns docs/migration.md and its translations: what the methods of the official
// Go SDK are called here, one table per service. Methods of one endpoint share a row, unless one
// of them has its own note.
func migrationPage(lang language, endpoints []*endpoint, methods map[string][]string, sdk *official) []byte {
	code := func(all []string) string { return strings.Join(quoted(all), lang.of(wordComma)) }
	tables := map[string]*bytes.Buffer{}
	var services []string
	row := func(service string, cells ...string) {
		if tables[service] == nil {
			tables[service] = bytes.NewBufferString(lang.of(wordTableHead))
			services = append(services, service)
		}
		fmt.Fprintf(tables[service], "| %s |\n", strings.Join(cells, " | "))
	}
	none := lang.of(wordNone)
	here := func(methods []string) (service, cell string) {
		if len(methods) == 0 {
			return none, "`client.Call`"
		}
		return serviceOf(methods[0]), code(methods)
	}
	for _, e := range endpoints {
		type way struct{ service, cell, note string }
		official := map[way][]string{}
		var order []way
		for _, method := range e.Sources.officialGo() {
			own := methods[e.Method+" "+e.Path]
			if other, ok := sdk.Here[method]; ok {
				own = other
			}
			service, cell := here(own)
			w := way{service, cell, lang.of(sdk.Notes[method])}
			if official[w] == nil {
				order = append(order, w)
			}
			official[w] = append(official[w], method)
		}
		for _, w := range order {
			row(w.service, code(official[w]), w.cell, w.note, e.link(lang))
		}
	}
	for _, method := range sdk.Methods {
		if call, ok := sdk.Older[method]; ok {
			service, cell := here(call.Here)
			if service == none {
				cell = lang.of(wordNothing)
			}
			row(service, code([]string{method}), cell, lang.of(call.Note), "`"+call.Calls+"` "+lang.of(wordOlder))
		}
	}
	slices.SortStableFunc(services, func(a, b string) int { // services without a method come last
		switch none {
		case a:
			return 1
		case b:
			return -1
		}
		return 0
	})
	var b strings.Builder
	for i, service := range services {
		if i > 0 {
			b.WriteString("\n")
		}
		fmt.Fprintf(&b, "### %s\n\n%s", service, tables[service])
	}
	return generated(lang, fill(unixLines(lang.migrationPage), tablesMark, b.String()))
}

// serviceOf returns the field of the client that leads to a method: client.User for
// client.User.Blacklist.Add.
func serviceOf(method string) string {
	parts := strings.SplitN(method, ".", 3)
	if len(parts) < 3 {
		return parts[0]
	}
	return parts[0] + "." + parts[1]
}

// asCode writes names as code.
func asCode(names []string) string { return strings.Join(quoted(names), ", ") }

// quoted writes each name as code.
func quoted(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = "`" + name + "`"
	}
	return all
}

var exportedName = regexp.MustCompile(`\b[A-Z]\w+`)

// officialGo returns the methods of the official Go SDK that a source such as "sdk/group.go
// GroupMuteMembersAdd, GroupGagAdd" names.
func (s sources) officialGo() []string {
	text, _ := s["go"].(string)
	_, names, _ := strings.Cut(text, " ") // the file comes first
	return exportedName.FindAllString(names, -1)
}

var (
	javaMethod = regexp.MustCompile(`(?:^|/)(\w+)\.java ([a-z]\w*)$`)
	javaMore   = regexp.MustCompile(`^[a-z]\w*$`)
)

// officialJava returns the methods of the official Java SDK that the source names: Group.join and
// Group.invite for ".../Group.java join, invite".
func (s sources) officialJava() []string {
	text, _ := s["java"].(string)
	text, _, _ = strings.Cut(text, " (") // a remark may follow
	var names []string
	class := ""
	for part := range strings.SplitSeq(text, ", ") {
		if found := javaMethod.FindStringSubmatch(part); found != nil {
			class = found[1]
			names = append(names, class+"."+found[2])
		} else if class != "" && javaMore.MatchString(part) {
			names = append(names, class+"."+part)
		}
	}
	return names
}
