package main

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// The codes that servers and clients share. Below them are the Server API's own, above them those
// that a client generates.
const firstSharedCode, lastSharedCode = 20000, 28999

// bodyTypes are the types with which RongCloud's web client describes message bodies.
var bodyTypes = map[string]string{
	"ITextMessageContent": "RC:TxtMsg", "IImageMessageContent": "RC:ImgMsg", "IGIFMessageContent": "RC:GIFMsg",
	"IVoiceMessageContent": "RC:VcMsg", "IHQVoiceMessageContent": "RC:HQVCMsg", "IFileMessageContent": "RC:FileMsg",
	"ISightMessageContent": "RC:SightMsg", "ILocationMessageContent": "RC:LBSMsg", "IReferenceMessageContent": "RC:ReferenceMsg",
	"ICombineMessageContent": "RC:CombineMsg", "ICombineV2MessageContent": "RC:CombineV2Msg", "IRichContentMessageContent": "RC:ImgTextMsg",
	"IStreamMessageContent": "RC:StreamMsg", "IInformationNotificationMessageContent": "RC:InfoNtf",
	"IGroupNotificationMessageContent": "RC:GrpNtf", "ICommandMessageContent": "RC:CmdMsg", "IRecallCommandMessageContent": "RC:RcCmd",
	"IRecallNotificationMessageContent": "RC:RcNtf", "ISvrRecallNotificationMessageContent": "RC:RcNtf",
}

// compare writes what an unpacked npm package of RongCloud's web client has and the catalogue in
// api lacks: codes, message types and fields of their bodies.
func compare(w io.Writer, api, dir string) error {
	known, err := loadKnown(api)
	if err != nil {
		return err
	}
	found, err := readPackage(dir)
	if err != nil {
		return err
	}
	if found.empty() {
		return fmt.Errorf("%s: no codes, no message types and no declarations: is it an unpacked package?", dir)
	}
	fresh := slices.Concat(found.newCodes(known), found.newObjectNames(known), found.newFields(known))
	for _, line := range fresh {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "%d codes, %d message types and %d bodies compared, %d new\n",
		len(found.sharedCodes()), len(found.objectNames), len(found.bodies()), len(fresh))
	return nil
}

// knownWire is what the catalogue knows.
type knownWire struct {
	codes   map[int]bool
	types   map[string]*knownBody
	shared  map[string]*knownBody // parts that many bodies have, by the name of their field
	leftOut map[string]bool       // message types that the catalogue leaves out, or has retired
}

// knownBody is the body of a message type, or a part that many of them share. The names in LeftOut
// are known, but are not fields of the catalogue.
type knownBody struct {
	ObjectName string   `yaml:"object_name"`
	Name       string   `yaml:"name"`
	Fields     []field  `yaml:"fields"`
	LeftOut    []string `yaml:"left_out"`
}

func loadKnown(api string) (*knownWire, error) {
	book, err := loadCodes(api)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(filepath.Join(api, "content.yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Shared  []*knownBody `yaml:"shared"`
		Types   []*knownBody `yaml:"types"`
		LeftOut []string     `yaml:"left_out"`
		Retired yaml.Node    `yaml:"retired"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("content.yaml: %w", err)
	}
	retired, err := yaml.Marshal(&file.Retired)
	if err != nil {
		return nil, err
	}
	known := &knownWire{codes: map[int]bool{}, types: map[string]*knownBody{}, shared: map[string]*knownBody{}, leftOut: map[string]bool{}}
	for _, c := range book.Codes {
		known.codes[c.Code] = true
	}
	for _, part := range file.Shared {
		known.shared[part.Name] = part
	}
	for _, t := range file.Types {
		known.types[t.ObjectName] = t
	}
	for _, name := range append(objectNames.FindAllString(string(retired), -1), file.LeftOut...) {
		known.leftOut[name] = true
	}
	return known, nil
}

// npmPackage is what an unpacked package says about the wire.
type npmPackage struct {
	codes       map[int]string       // with their names
	objectNames map[string]bool      // of messages
	types       map[string]*bodyType // declared in TypeScript
}

func (p *npmPackage) empty() bool { return len(p.codes)+len(p.objectNames)+len(p.types) == 0 }

// bodyType is an object type of TypeScript.
type bodyType struct {
	extends []string
	fields  map[string]string // with the names of their types
}

var (
	objectNames   = regexp.MustCompile(`\bRC:[A-Za-z]{2,29}\b`)
	tsComments    = regexp.MustCompile(`/\*(?s:.*?)\*/|(?m:^[ \t]*//[^\n]*$)`)
	tsEnums       = regexp.MustCompile(`(?s)\benum \w*Code\w* \{(.*?)\}`)
	tsEnumMember  = regexp.MustCompile(`(\w+)\s*=\s*(-?\d+)`)
	tsDeclaration = regexp.MustCompile(`\b(?:interface|type) (\w+)(?:<[^>{]*>)?([^{};=]*)(?:=\s*)?\{`)
	tsMember      = regexp.MustCompile(`^(?:readonly )?['"]?([\w-]+)['"]?\??\s*:\s*(?s:(.*))$`)
	typeNames     = regexp.MustCompile(`\b[A-Z]\w+`)
)

// readPackage reads the declarations (.d.ts) of a package, and the message names in its code.
func readPackage(dir string) (*npmPackage, error) {
	found := &npmPackage{codes: map[int]string{}, objectNames: map[string]bool{}, types: map[string]*bodyType{}}
	files := os.DirFS(dir)
	err := fs.WalkDir(files, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		declares := strings.HasSuffix(path, ".d.ts")
		if !declares && filepath.Ext(path) != ".js" && filepath.Ext(path) != ".mjs" && filepath.Ext(path) != ".cjs" {
			return nil
		}
		text, err := fs.ReadFile(files, path)
		if err != nil {
			return err
		}
		text = tsComments.ReplaceAll(text, nil)
		for _, name := range objectNames.FindAll(text, -1) {
			found.objectNames[string(name)] = true
		}
		if declares {
			found.declarations(text)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return found, nil
}

func (p *npmPackage) declarations(text []byte) {
	for _, enum := range tsEnums.FindAllSubmatch(text, -1) {
		for _, m := range tsEnumMember.FindAllSubmatch(enum[1], -1) {
			if number, err := strconv.Atoi(string(m[2])); err == nil {
				p.codes[number] = string(m[1])
			}
		}
	}
	for _, at := range tsDeclaration.FindAllSubmatchIndex(text, -1) {
		body := &bodyType{fields: map[string]string{}}
		body.extends = typeNames.FindAllString(strings.TrimPrefix(string(text[at[4]:at[5]]), " extends"), -1)
		for _, part := range members(text[at[1]:]) {
			if m := tsMember.FindStringSubmatch(part); m != nil {
				body.fields[m[1]] = strings.TrimSpace(m[2])
			}
		}
		p.types[string(text[at[2]:at[3]])] = body
	}
}

// members returns the parts of an object type up to its closing brace, including nested ones.
func members(text []byte) []string {
	var parts []string
	depth, from := 0, 0
	for i, c := range text {
		switch {
		case c == '{' || c == '(' || c == '[':
			depth++
		case c == '}' && depth == 0:
			return append(parts, string(bytes.TrimSpace(text[from:i])))
		case c == '}' || c == ')' || c == ']':
			depth--
		case c == ';' && depth == 0:
			parts = append(parts, string(bytes.TrimSpace(text[from:i])))
			from = i + 1
		}
	}
	return parts
}

// allFields returns the fields of a type and of those it extends.
func (p *npmPackage) allFields(name string, seen []string) map[string]string {
	all := map[string]string{}
	body := p.types[name]
	if body == nil || slices.Contains(seen, name) {
		return all
	}
	for _, parent := range body.extends {
		maps.Copy(all, p.allFields(parent, append(seen, name)))
	}
	maps.Copy(all, body.fields)
	return all
}

// sharedCodes returns the codes that servers may return too, in order.
func (p *npmPackage) sharedCodes() []int {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(p.codes)), func(n int) bool { return n < firstSharedCode || n > lastSharedCode })
}

func (p *npmPackage) newCodes(known *knownWire) (fresh []string) {
	for _, number := range p.sharedCodes() {
		if !known.codes[number] {
			fresh = append(fresh, fmt.Sprintf("code %d %s", number, p.codes[number]))
		}
	}
	return fresh
}

func (p *npmPackage) newObjectNames(known *knownWire) (fresh []string) {
	for _, name := range slices.Sorted(maps.Keys(p.objectNames)) {
		if known.types[name] == nil && !known.leftOut[name] {
			fresh = append(fresh, "message type "+name)
		}
	}
	return fresh
}

// bodies returns the declared types that describe a message's body.
func (p *npmPackage) bodies() (names []string) {
	for _, name := range slices.Sorted(maps.Keys(p.types)) {
		if strings.HasSuffix(name, "MessageContent") {
			names = append(names, name)
		}
	}
	return names
}

// newFields returns the fields that the catalogue lacks, such as user.alias, each with the message
// types that have it.
func (p *npmPackage) newFields(known *knownWire) (fresh []string) {
	in := map[string][]string{}
	for _, name := range p.bodies() {
		objectName := bodyTypes[name]
		switch {
		case objectName == "":
			fresh = append(fresh, "body "+name+", whose message type is not known: add it to bodyTypes")
		case known.types[objectName] == nil:
			fresh = append(fresh, "body "+name+" of "+objectName+", which the catalogue does not have")
		default:
			for _, way := range p.unknown(name, known.types[objectName], known.shared, 0) {
				if !slices.Contains(in[way], objectName) {
					in[way] = append(in[way], objectName)
				}
			}
		}
	}
	for _, way := range slices.Sorted(maps.Keys(in)) {
		fresh = append(fresh, "field "+way+" of "+strings.Join(in[way], ", "))
	}
	return fresh
}

// maxNesting limits how deep bodies are compared: a type may contain itself.
const maxNesting = 4

// unknown returns the fields of a declared type that the catalogue's body lacks. It does not look
// into objects whose fields the catalogue leaves open.
func (p *npmPackage) unknown(name string, body *knownBody, shared map[string]*knownBody, depth int) (fresh []string) {
	fields := p.allFields(name, nil)
	for _, own := range slices.Sorted(maps.Keys(fields)) {
		inner := shared[own]
		at := slices.IndexFunc(body.Fields, func(f field) bool { return f.Name == own })
		if at >= 0 && len(body.Fields[at].Fields) > 0 {
			inner = &knownBody{Fields: body.Fields[at].Fields}
		}
		switch {
		case slices.Contains(body.LeftOut, own):
		case at < 0 && inner == nil:
			fresh = append(fresh, own)
		case inner != nil && len(inner.Fields) > 0 && depth < maxNesting:
			for _, way := range p.unknown(typeNames.FindString(fields[own]), inner, nil, depth+1) {
				fresh = append(fresh, own+"."+way)
			}
		}
	}
	return fresh
}
