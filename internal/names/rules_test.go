package names

import (
	"fmt"
	"go/ast"
	"go/types"
	"regexp"
	"slices"
	"strings"
)

// finding is a name that breaks a rule.
type finding struct {
	rule, name, why string
}

func (f finding) String() string { return f.rule + " " + f.name + ": " + f.why }

// rules are the ten rules of CONTRIBUTING.md, as far as a machine can check them, each with its
// keyword there.
var rules = []struct {
	word  string
	check func(s *source, found func(name, why string, args ...any))
}{
	{"words", checkWords},
	{"verbs", checkVerbs},
	{"arguments", checkArguments},
	{"types", checkTypes},
	{"types", checkServices},
	{"results", checkResults},
	{"fields", checkFields},
	{"enums", checkEnums},
	{"options", checkOptions},
	{"english", checkEnglish},
}

// check checks a package against all rules.
func check(s *source) []finding {
	var all []finding
	for _, rule := range rules {
		rule.check(s, func(name, why string, args ...any) {
			f := finding{rule.word, s.name + "." + name, fmt.Sprintf(why, args...)}
			if !slices.Contains(all, f) {
				all = append(all, f)
			}
		})
	}
	slices.SortFunc(all, func(a, b finding) int { return strings.Compare(a.String(), b.String()) })
	return all
}

// otherWords are words for which the SDK uses another word.
var otherWords = map[string]string{
	"Uri": "URL", "URI": "URL", "URIs": "URLs", "Url": "URL", "Id": "ID", "Ids": "IDs",
	"Msg": "Message", "Msgs": "Messages", "Num": "Count", "Cnt": "Count", "Kv": "Entry", "KV": "Entry",
	"Entrust": "Hosted", "Entrusted": "Hosted", "Gag": "Mute", "Gagged": "Muted", "Ban": "Mute", "Banned": "Muted",
	"Avatar": "PortraitURL", "Refer": "Quoted", "Operate": "Operation", "Clean": "Clear", "Refresh": "Update",
	"Receiver": "Recipient", "Receivers": "Recipients", "Answer": "Response", "Answers": "Responses",
}

// checkWords checks rule 1: one thing, one word.
func checkWords(s *source, found func(name, why string, args ...any)) {
	look := func(name, in string) {
		all := words(name)
		for _, word := range all {
			if better := otherWords[word]; better != "" && (better != "Response" || !slices.Contains(all, "Agent")) {
				found(in, "%s is called %s", word, better)
			}
		}
	}
	for name := range s.types {
		if ast.IsExported(name) {
			look(name, name)
		}
	}
	s.callables(func(name, receiver string, _ *ast.FuncType, _ string) { look(name, path(receiver, name)) })
	s.fields(func(typ, field string, _ ast.Expr) { look(field, path(typ, field)) })
	s.constants(func(name, _ string) { look(name, name) })
}

func path(receiver, name string) string {
	if receiver == "" {
		return name
	}
	return receiver + "." + name
}

var (
	// reads take a Query, changes take Params; the other verbs may take either.
	reads   = []string{"Get", "List", "All", "Is", "Check"}
	changes = []string{"Add", "Remove", "Create", "Delete", "Dismiss", "Destroy", "Set", "Reset", "Update", "Recall", "Join", "Quit",
		"Kick", "Import", "Sync", "Transfer", "Bind", "Unbind", "Start", "Stop", "Resume", "Register", "Deactivate", "Reactivate",
		"Expire", "Modify", "Pin", "Unpin", "Clear"}
	otherVerbs = []string{"Send", "Translate", "Generate", "Stream", "Open", "Download", "Read"}
)

// verb returns the verb of a method's name: Add for BatchAdd.
func verb(name string) string { return first(strings.TrimPrefix(name, "Batch")) }

// checkVerbs checks rule 2.
func checkVerbs(s *source, found func(name, why string, args ...any)) {
	s.serviceMethods(func(service string, fn *ast.FuncDecl) {
		if v := verb(fn.Name.Name); !slices.Contains(slices.Concat(reads, changes, otherVerbs), v) {
			found(service+"."+fn.Name.Name, "%s is not one of the verbs", v)
		}
	})
}

// checkArguments checks rule 3. Without a context a function may have several arguments, as long
// as no two can be swapped unnoticed.
func checkArguments(s *source, found func(name, why string, args ...any)) {
	s.callables(func(name, receiver string, typ *ast.FuncType, _ string) {
		plain, ctx := arguments(typ)
		if ctx && len(plain) > 1 {
			found(path(receiver, name), "it has %d arguments after ctx, and may have one", len(plain))
		}
		seen := map[string]string{}
		for _, a := range plain {
			text := types.ExprString(a.typ)
			if other, twice := seen[text]; twice && !ctx {
				found(path(receiver, name), "%s and %s are both %s", other, a.name, text)
			}
			seen[text] = a.name
		}
	})
}

// badSuffixes are suffixes of types that should be Params, Query or a plain noun.
var badSuffixes = []string{"Info", "Entry", "Request", "Response", "Removal", "Modification", "Batch", "Tagging", "Binding", "Scope",
	"Users", "Param", "Req", "Resp", "Args", "Input", "Output", "Data"}

// checkTypes checks rule 4.
func checkTypes(s *source, found func(name, why string, args ...any)) {
	for name := range s.types {
		if w := words(name); ast.IsExported(name) && len(w) > 1 && slices.Contains(badSuffixes, last(name)) {
			found(name, "a type does not end in %s", last(name))
		}
	}
	open := []string{}
	s.serviceMethods(func(service string, fn *ast.FuncDecl) {
		name, v := service+"."+fn.Name.Name, verb(fn.Name.Name)
		plain, _ := arguments(fn.Type)
		for _, a := range plain {
			typ := base(a.typ)
			switch {
			case !s.isStruct(typ):
			case slices.Contains(reads, v) && last(typ) != "Query":
				found(name, "%s reads, so that %s ends in Query", v, typ)
			case slices.Contains(changes, v) && last(typ) != "Params":
				found(name, "%s changes something, so that %s ends in Params", v, typ)
			}
		}
		if fn.Type.Results != nil {
			open = append(open, mentioned(fn.Type.Results)...)
		}
	})
	// A type inside a result, at any depth, is not a parameter.
	for seen := map[string]bool{}; len(open) > 0; open = open[1:] {
		name := open[0]
		if seen[name] || !s.isStruct(name) {
			continue
		}
		seen[name] = true
		if last(name) == "Params" || last(name) == "Query" {
			found(name, "it is a parameter, and a result holds it")
			continue
		}
		for _, field := range s.types[name].Type.(*ast.StructType).Fields.List {
			if len(field.Names) == 0 || field.Names[0].IsExported() {
				open = append(open, mentioned(field.Type)...)
			}
		}
	}
}

// checkServices checks the part of rule 4 about services: the type of client.User.PushPeriod is
// UserPushPeriodService.
func checkServices(s *source, found func(name, why string, args ...any)) {
	for owner, spec := range s.types {
		typ, ok := spec.Type.(*ast.StructType)
		parent, service := strings.CutSuffix(owner, "Service")
		if !ok || !ast.IsExported(owner) || !service && owner != "Client" {
			continue
		}
		if !service {
			parent = ""
		}
		for _, field := range typ.Fields.List {
			got, child := strings.CutSuffix(base(field.Type), "Service")
			for _, id := range field.Names {
				if want := parent + id.Name; child && id.IsExported() && got != want {
					found(owner+"."+id.Name, "its type is %sService, and should be %sService", got, want)
				}
			}
		}
	}
}

// checkResults checks rule 5, and the rule for pages: each says whether there is more, and a
// method All iterates over them.
func checkResults(s *source, found func(name, why string, args ...any)) {
	s.serviceMethods(func(service string, fn *ast.FuncDecl) {
		name, got := service+"."+fn.Name.Name, results(fn.Type)
		is := verb(fn.Name.Name) == "Is"
		if is && !slices.Equal(got, []string{"bool", "error"}) {
			found(name, "it returns %v, and a question of yes or no returns bool and error", got)
		}
		if !is && slices.Contains(got, "bool") {
			found(name, "it answers yes or no, and does not begin with Is")
		}
		if len(got) > 2 || len(got) == 2 && got[1] != "error" {
			found(name, "it returns %v", got)
			return
		}
		if len(got) == 2 && (strings.HasPrefix(got[0], "[") || strings.HasPrefix(got[0], "map[") || s.isStruct(got[0])) {
			found(name, "it returns %s in place of a pointer to a struct", got[0])
		}
		rest, lists := strings.CutPrefix(fn.Name.Name, "List")
		if lists && len(got) == 2 && strings.HasSuffix(got[0], "Page") && !s.has(service, "All"+rest) {
			found(name, "it returns a page, and there is no All%s", rest)
		}
	})
	for name := range s.types {
		if ast.IsExported(name) && s.isStruct(name) && last(name) == "Page" && !s.has(name, "More") {
			found(name, "it does not say whether there is More")
		}
	}
}

func (s *source) has(typ, method string) bool {
	return slices.ContainsFunc(s.methods[typ], func(fn *ast.FuncDecl) bool { return fn.Name.Name == method })
}

var (
	moments = []string{"At", "Since", "Until", "After", "Before", "Hour", "Day"}
	// nouns for things: a text field with such a name is an ID.
	nouns = []string{"User", "Users", "Group", "Groups", "Chatroom", "Chatrooms", "Room", "Rooms", "Channel", "Channels", "Member", "Members",
		"Owner", "Creator", "Operator", "Manager", "Managers", "Friend", "Friends", "Target", "Targets", "Bot", "Bots", "Agent", "Agents",
		"Admin", "Admins"}
	units    = []string{"Seconds", "Minutes", "Hours", "Days", "Milliseconds", "Millis", "Minute", "Second"}
	integers = []string{"int", "int32", "int64", "uint", "uint32", "uint64"}
)

// checkFields checks rule 6.
func checkFields(s *source, found func(name, why string, args ...any)) {
	s.fields(func(typ, field string, of ast.Expr) {
		name, end := typ+"."+field, last(field)
		text := strings.TrimLeft(types.ExprString(of), "*")
		switch {
		case text == "time.Time":
			if !slices.Contains(moments, end) {
				found(name, "a moment ends in At, or is a bound")
			}
		case slices.Contains([]string{"Time", "Timestamp", "Date", "Period"}, end) && !strings.HasSuffix(text, "Service"):
			found(name, "a moment ends in At, a span says what it measures")
		case text == "time.Duration" && end == "At":
			found(name, "it is a span")
		case slices.Contains(integers, text) && end == "At":
			found(name, "a moment is a time.Time")
		case slices.Contains(integers, text) && slices.Contains(units, end):
			found(name, "a span is a time.Duration")
		case text == "string" && slices.Contains(nouns, end):
			found(name, "an ID ends in ID")
		case text == "[]string" && slices.Contains(nouns, end):
			found(name, "IDs end in IDs")
		case text == "[]string" && end == "ID", text == "string" && end == "IDs":
			found(name, "ID is one, IDs are several")
		case text == "string" && slices.Contains([]string{"Portrait", "Address", "Link", "Href"}, end):
			found(name, "an address ends in URL")
		case slices.Contains(integers, text) && first(field) != "Max" && (slices.Contains(nouns, end) && strings.HasSuffix(end, "s") || slices.Contains([]string{"Quantity", "Amount"}, end)):
			found(name, "a count ends in Count or Total")
		}
	})
}

// checkEnums checks rule 8.
func checkEnums(s *source, found func(name, why string, args ...any)) {
	values := map[string]bool{}
	s.constants(func(name, typ string) {
		if !ast.IsExported(typ) {
			return
		}
		values[typ] = true
		if stem := stem(typ); !strings.HasPrefix(name, stem) || name == stem {
			found(name, "a value of %s begins with %s", typ, stem)
		}
	})
	for typ := range values {
		number := slices.Contains(append(integers, "int8", "uint8"), types.ExprString(s.types[typ].Type))
		if prints := s.has(typ, "String"); prints && !number {
			found(typ, "it is a text, and has a method String")
		} else if !prints && number && !s.has(typ, "Error") {
			found(typ, "it is a number, and has no method String")
		}
	}
}

// stem returns the prefix of the names of an enumeration's values.
func stem(typ string) string {
	for _, end := range []string{"Type", "Order", "Mode", "Level", "Status", "Kind", "Permission",
		"Event", "Result", "State", "Change", "Operation"} {
		if before, ok := strings.CutSuffix(typ, end); ok && before != "" {
			return before
		}
	}
	return typ
}

// checkOptions checks rule 9.
func checkOptions(s *source, found func(name, why string, args ...any)) {
	s.callables(func(name, receiver string, typ *ast.FuncType, _ string) {
		got := results(typ)
		if len(got) == 1 && receiver == "" && strings.HasSuffix(got[0], "Option") && !strings.HasPrefix(name, "With") {
			found(name, "an option begins with With, or is one of the bare verbs")
		}
	})
}

// checkEnglish checks rule 10 for the comments of a package; their width is checked by file.
func checkEnglish(s *source, found func(name, why string, args ...any)) {
	s.callables(func(name, receiver string, typ *ast.FuncType, doc string) {
		got := results(typ)
		yesNo := slices.Equal(got, []string{"bool"}) || slices.Equal(got, []string{"bool", "error"})
		if yesNo && !strings.Contains(strings.Join(strings.Fields(doc), " "), "reports whether") {
			found(path(receiver, name), "it returns a bool: it reports whether")
		}
	})
	for _, file := range s.files {
		for _, group := range file.Comments {
			name, text := declared(file, group), strings.ToLower(strings.Join(strings.Fields(group.Text()), " "))
			all := plainWords(text)
			for word, better := range otherPersons {
				if slices.Contains(all, word) {
					found(name, "%q is %q", word, better)
				}
			}
			if !exported(name) {
				continue
			}
			for word, better := range otherEnglish {
				if slices.Contains(all, word) {
					found(name, "%q is %q", word, better)
				}
			}
			if answer := theAnswer.FindString(text); answer != "" && !answering.MatchString(name) {
				found(name, "%q: an agent answers, a server has a response", answer)
			}
		}
	}
}

var (
	otherPersons = map[string]string{"he": "they", "she": "they", "his": "their", "her": "their"}
	otherEnglish = map[string]string{"receiver": "recipient", "receivers": "recipients"}
	// theAnswer matches "answer" as a noun; the verb is allowed.
	theAnswer = regexp.MustCompile(`(\b(the|an|its|no|every|each|whose|that|one)|'s) answers?\b`)
	answering = regexp.MustCompile(`Agent|ProxyChat|ChatGenerate`)
)

// plainWords returns the words of a text in lower case.
func plainWords(text string) []string {
	return strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r != '\'' && (r < 'a' || r > 'z') })
}

func exported(name string) bool {
	for part := range strings.SplitSeq(name, ".") {
		if !ast.IsExported(part) {
			return false
		}
	}
	return true
}

// declared returns the name of the declaration that a comment is before or in.
func declared(file *ast.File, group *ast.CommentGroup) string {
	for _, decl := range file.Decls {
		if decl.End() < group.Pos() {
			continue
		}
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Recv != nil {
				return path(base(decl.Recv.List[0].Type), decl.Name.Name)
			}
			return decl.Name.Name
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				if spec.End() < group.Pos() {
					continue
				}
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					return spec.Name.Name
				case *ast.ValueSpec:
					return spec.Names[0].Name
				}
			}
		}
	}
	return file.Name.Name
}
