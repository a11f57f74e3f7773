package main

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// notEndpoints are the catalogue's files that do not describe endpoints.
var notEndpoints = []string{"codes", "content", "signing", "webhook"}

type area struct {
	Domain    string      `yaml:"domain"`
	Endpoints []*endpoint `yaml:"endpoints"`
}

type endpoint struct {
	Path       string    `yaml:"path"`
	Host       string    `yaml:"host"`
	CustomHost string    `yaml:"custom_host"`
	Unsigned   bool      `yaml:"unsigned"`
	Method     string    `yaml:"method"`
	Encoding   string    `yaml:"encoding"`
	Success    *int      `yaml:"success"`
	ZeroToo    bool      `yaml:"zero_success"`
	Status     string    `yaml:"status"`
	Summary    string    `yaml:"summary"`
	Idempotent *bool     `yaml:"idempotent"`
	Safe       bool      `yaml:"safe"`
	UnsafeWith []string  `yaml:"unsafe_with"`
	Rate       *rate     `yaml:"rate"`
	Caps       []limit   `yaml:"caps"`
	Params     []field   `yaml:"params"`
	Result     []field   `yaml:"result"`
	Codes      []int     `yaml:"codes"`
	Final      []int     `yaml:"final"`
	Errors     yaml.Node `yaml:"errors"`
	Paging     *paging   `yaml:"paging"`
	Notes      yaml.Node `yaml:"notes"`
	Sources    sources   `yaml:"sources"`
	Disputes   yaml.Node `yaml:"disputes"`

	area   string
	shared bool // another endpoint has the same path
}

type rate struct {
	Limit  int    `yaml:"limit"`
	Per    string `yaml:"per"`
	Counts string `yaml:"counts"`
	Pool   string `yaml:"pool"`
	Param  string `yaml:"param"`
}

// equals compares rates, ignoring the parameter.
func (r rate) equals(other *rate) bool {
	r.Param = other.Param
	return r == *other
}

// limit is a limit in addition to the rate.
type limit struct {
	Limit int               `yaml:"limit"`
	Per   string            `yaml:"per"`
	Each  []string          `yaml:"each"`
	When  map[string]string `yaml:"when"`
	Uses  string            `yaml:"uses"`
}

type paging struct {
	Style  string   `yaml:"style"`
	Params []string `yaml:"params"`
}

type field struct {
	Name       string    `yaml:"name"`
	In         string    `yaml:"in"` // header or path; otherwise where the encoding puts it
	Type       string    `yaml:"type"`
	Required   bool      `yaml:"required"`
	Min        string    `yaml:"min"`
	Max        string    `yaml:"max"`
	Zero       string    `yaml:"zero"`
	About      string    `yaml:"about"`
	List       string    `yaml:"list"`
	Default    yaml.Node `yaml:"default"`
	Values     []string  `yaml:"values"`
	Fields     []field   `yaml:"fields"`
	Notes      yaml.Node `yaml:"notes"`
	Pattern    string    `yaml:"pattern"`
	Deprecated yaml.Node `yaml:"deprecated"`
}

// sources says where a fact comes from; only the documentation's address is used.
type sources map[string]any

func (s sources) doc() string {
	for _, key := range []string{"docs", "docs2"} {
		text, _ := s[key].(string)
		// a remark may follow
		if doc, _, _ := strings.Cut(text, " "); strings.HasPrefix(doc, "https://") {
			return doc
		}
	}
	return ""
}

// load reads every endpoint file of dir, in the order of their names, and refuses anything
// unknown.
func load(dir string) ([]*endpoint, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("no catalogue in %s", dir)
	}
	var all []*endpoint
	var problems []error
	seen := map[string]*endpoint{}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yaml")
		if slices.Contains(notEndpoints, name) {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		var a area
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err := decoder.Decode(&a); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		for _, e := range a.Endpoints {
			e.area = name
			if err := e.check(); err != nil {
				problems = append(problems, fmt.Errorf("%s: %s: %w", file, e.Path, err))
			}
			if seen[e.Method+" "+e.Path] != nil {
				problems = append(problems, fmt.Errorf("%s: %s %s stands twice", file, e.Method, e.Path))
			}
			seen[e.Method+" "+e.Path] = e
			if other := seen[e.Path]; other != nil {
				e.shared, other.shared = true, true
			}
			seen[e.Path] = e
		}
		all = append(all, a.Endpoints...)
	}
	return all, errors.Join(append(problems, checkQuotas(all))...)
}

var (
	validPath = regexp.MustCompile(`^(/([A-Za-z0-9_-]+|\{[A-Za-z0-9_]+\}))+(\.json)?$`)
	inBraces  = regexp.MustCompile(`\{([^}]*)\}`)
	validWord = regexp.MustCompile(`^[a-z]+$`)
	validHost = regexp.MustCompile(`^https://[a-z0-9.-]+$`)
	validType = regexp.MustCompile(`^(string|int|bool|float|string list|json string|object|object list|int list|int \((ms|seconds|minutes)\))$`)
)

func (e *endpoint) check() error {
	switch {
	case !validPath.MatchString(e.Path):
		return errors.New("odd path")
	case e.Host != "" && !validHost.MatchString(e.Host):
		return fmt.Errorf("host %q", e.Host)
	case e.CustomHost != "" && (e.Host != "" || !validWord.MatchString(e.CustomHost)):
		return fmt.Errorf("custom_host %q", e.CustomHost)
	case !slices.Contains([]string{http.MethodPost, http.MethodGet, http.MethodPut, http.MethodDelete}, e.Method):
		return fmt.Errorf("method %q", e.Method)
	case !slices.Contains([]string{"form", "json", "none", "query"}, e.Encoding):
		return fmt.Errorf("encoding %q", e.Encoding)
	case !slices.Contains([]string{"current", "deprecated", "unconfirmed"}, e.Status):
		return fmt.Errorf("status %q", e.Status)
	case e.Success == nil || e.Summary == "" || e.Idempotent == nil || e.Sources == nil:
		return errors.New("success, summary, idempotent or sources is missing")
	case e.Rate != nil && (e.Rate.Limit <= 0 || periods[e.Rate.Per] == "" || e.Rate.Counts != "requests" && e.Rate.Counts != "targets"):
		return fmt.Errorf("rate %+v", *e.Rate)
	case e.Safe && !*e.Idempotent:
		return errors.New("safe but not idempotent")
	}
	if err := e.checkPlaces(); err != nil {
		return err
	}
	for _, name := range e.UnsafeWith {
		if !slices.ContainsFunc(e.Params, func(f field) bool { return f.Name == name }) {
			return fmt.Errorf("unsafe_with names the unknown parameter %s", name)
		}
	}
	for _, code := range e.Final {
		if !slices.Contains(e.Codes, code) {
			return fmt.Errorf("final names %d, which is not among codes", code)
		}
	}
	if e.Rate != nil && e.Rate.Param != "" && !slices.ContainsFunc(e.Params, func(f field) bool { return f.Name == e.Rate.Param }) {
		return fmt.Errorf("rate names the unknown parameter %s", e.Rate.Param)
	}
	for _, c := range e.Caps {
		if err := e.checkCap(c); err != nil {
			return err
		}
	}
	return errors.Join(checkFields(e.Params), checkFields(e.Result))
}

func (e *endpoint) checkCap(c limit) error {
	switch {
	case e.Rate == nil:
		return errors.New("a cap without a rate")
	case c.Uses == "" && (c.Limit <= 0 || periods[c.Per] == ""), c.Uses != "" && (c.Limit != 0 || c.Per != "" || c.Each != nil):
		return fmt.Errorf("cap %+v", c)
	case len(c.When) > 1:
		return fmt.Errorf("cap %+v: more than one condition", c)
	}
	for _, name := range append(slices.Collect(maps.Keys(c.When)), c.Each...) {
		if !slices.ContainsFunc(e.Params, func(f field) bool { return f.Name == name }) {
			return fmt.Errorf("a cap names the unknown parameter %s", name)
		}
	}
	return nil
}

// checkQuotas refuses pools with different rates, and caps that use an unknown quota.
func checkQuotas(endpoints []*endpoint) error {
	var problems []error
	pools := map[string]*endpoint{}
	for _, e := range endpoints {
		if e.Rate != nil && e.Rate.Pool != "" {
			if first := pools[e.Rate.Pool]; first == nil {
				pools[e.Rate.Pool] = e
			} else if !first.Rate.equals(e.Rate) {
				problems = append(problems, fmt.Errorf("%s.yaml: %s and %s share a quota and have different rates", e.area, first.Path, e.Path))
			}
		}
		for _, c := range e.Caps {
			used := slices.IndexFunc(endpoints, func(other *endpoint) bool { return other.Path == c.Uses })
			if c.Uses != "" && (used < 0 || endpoints[used].Rate == nil || len(endpoints[used].Caps) > 0) {
				problems = append(problems, fmt.Errorf("%s.yaml: %s: a cap uses %s, which has no plain quota", e.area, e.Path, c.Uses))
			}
		}
	}
	return errors.Join(problems...)
}

func checkFields(fields []field) error {
	for _, f := range fields {
		if f.Name == "" {
			return errors.New("a field has no name")
		}
		if !validType.MatchString(f.Type) {
			return fmt.Errorf("%s: type %q", f.Name, f.Type)
		}
		if !slices.Contains([]string{"", "repeat", "csv", "json", "array"}, f.List) {
			return fmt.Errorf("%s: list %q", f.Name, f.List)
		}
		if f.Zero != "" && (f.Zero != "forever" || units[f.Type] == "" || f.Min != "0") {
			return fmt.Errorf("%s: zero %q; a span with min 0 may say forever, nothing else", f.Name, f.Zero)
		}
		if err := checkFields(f.Fields); err != nil {
			return fmt.Errorf("%s: %w", f.Name, err)
		}
	}
	return nil
}

// class returns the endpoint's retry class, as package endpoint spells it.
func (e *endpoint) class() string {
	switch {
	case e.Safe:
		return "Safe"
	case *e.Idempotent:
		return "Idempotent"
	default:
		return "Unsafe"
	}
}

// checkPlaces finds misplaced parameters: each name in braces must be a required parameter, and no
// other one may be in the path.
func (e *endpoint) checkPlaces() error {
	for _, f := range e.Params {
		switch named := strings.Contains(e.Path, "{"+f.Name+"}"); {
		case !slices.Contains([]string{"", "header", "path"}, f.In):
			return fmt.Errorf("%s: in %q", f.Name, f.In)
		case named != (f.In == "path"):
			return fmt.Errorf("%s: the path and in disagree", f.Name)
		case named && !f.Required:
			return fmt.Errorf("%s: what travels in the path is required", f.Name)
		case f.In != "" && (f.List == "repeat" || strings.Contains(f.Type, "object")):
			return fmt.Errorf("%s: a %s cannot travel in the %s", f.Name, f.Type, f.In)
		}
	}
	for _, braced := range inBraces.FindAllStringSubmatch(e.Path, -1) {
		if !slices.ContainsFunc(e.Params, func(f field) bool { return f.Name == braced[1] }) {
			return fmt.Errorf("the path names the unknown parameter %s", braced[1])
		}
	}
	return nil
}

// initialisms are the words of paths and of catalogue files that Go writes in capitals. A word
// that a path joins to another one is not changed.
var initialisms = []string{"ai", "asr", "id", "mcu", "rtc"}

// goWord turns a camel-case word into a part of an exported name: getPushIdData becomes
// GetPushIDData.
func goWord(word string) string {
	var name strings.Builder
	for _, part := range camelWord.FindAllString(word, -1) {
		if slices.Contains(initialisms, strings.ToLower(part)) {
			name.WriteString(strings.ToUpper(part))
			continue
		}
		name.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	return name.String()
}

var camelWord = regexp.MustCompile(`[A-Z]?[^A-Z]+|[A-Z]`)

// goWords returns the words of an endpoint's name: those of its path, and its method if it shares
// the path.
func (e *endpoint) goWords() []string {
	path := strings.TrimSuffix(e.Path, ".json")
	words := strings.FieldsFunc(path, func(r rune) bool { return strings.ContainsRune("/_-{}", r) })
	if e.shared {
		words = append(words, strings.ToLower(e.Method))
	}
	return words
}

// goName turns /user/getToken.json into UserGetToken, and the DELETE of a shared path into
// …Delete.
func (e *endpoint) goName() string {
	var name strings.Builder
	for _, word := range e.goWords() {
		name.WriteString(goWord(word))
	}
	return name.String()
}

// dataName returns the name of the variable that holds the endpoint's data.
func (e *endpoint) dataName() string {
	name, first := e.goName(), e.goWords()[0]
	if slices.Contains(initialisms, strings.ToLower(first)) {
		return strings.ToLower(first) + name[len(first):]
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// successes returns the values of code that mean success.
func (e *endpoint) successes() string {
	if e.ZeroToo {
		return strconv.Itoa(*e.Success) + ", 0"
	}
	return strconv.Itoa(*e.Success)
}

// targets returns the list parameter that a quota by targets counts: the first required one, if
// the rate names none.
func (e *endpoint) targets() string {
	if e.Rate != nil && e.Rate.Param != "" {
		return e.Rate.Param
	}
	for _, f := range e.Params {
		if f.Required && f.List != "" && f.Type == "string list" {
			return f.Name
		}
	}
	return ""
}

// limits are the bounds given by the catalogue's free text in max.
type limits struct{ items, bytes, chars int }

var limitWords = regexp.MustCompile(`(\d+) ?(KB|bytes|characters|items|pairs|fields)`)

func (f field) limits() (l limits) {
	if strings.Contains(f.Max, "recommended") || strings.Contains(f.Max, "by default") {
		return l
	}
	for _, m := range limitWords.FindAllStringSubmatch(f.Max, -1) {
		n, _ := strconv.Atoi(m[1])
		switch m[2] {
		case "items", "pairs", "fields":
			l.items = n
		case "bytes":
			l.bytes = n
		case "KB":
			l.bytes = n * 1024
		case "characters":
			l.chars = n
		}
		// "100 pairs; key 32 characters" limits the key, not the value.
		if strings.Contains(f.Max, "key ") || strings.Contains(f.Max, "id ") {
			return limits{items: l.items}
		}
	}
	return l
}

func isNumber(text string) bool {
	_, err := strconv.ParseInt(text, 10, 64)
	return err == nil
}
