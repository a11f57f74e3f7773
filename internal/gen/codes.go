package main

import (
	"bytes"
	"errors"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"

	"go.yaml.in/yaml/v3"
)

type code struct {
	Code      int    `yaml:"code"`
	Name      string `yaml:"name"`
	HTTP      int    `yaml:"http"`
	Area      string `yaml:"area"`
	Retryable bool   `yaml:"retryable"`
	Status    string `yaml:"status"`
	Remedy    string `yaml:"remedy"`
	General   bool   `yaml:"general"` // any call may return it
	Meaning   string `yaml:"meaning"`
	Chinese   string `yaml:"zh"`
	More      string `yaml:"more"`
	MoreZh    string `yaml:"more_zh"`
	Note      string `yaml:"note"`
	Seen      string `yaml:"seen"`
}

// The areas whose codes are worth a retry.
const (
	areaRate   = "rate"   // refused, and nothing was done
	areaServer = "server" // whether the call was executed is unknown
)

// codeBook is the part of api/codes.yaml that the generator uses.
type codeBook struct {
	Codes    []code
	Remedies map[string]translated
}

// translated is a text in English and in Chinese, the languages of the pages.
type translated struct {
	En string `yaml:"en"`
	Zh string `yaml:"zh"`
}

func loadCodes(dir string) (*codeBook, error) {
	text, err := os.ReadFile(filepath.Join(dir, "codes.yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Codes    []yaml.Node           `yaml:"codes"`
		Remedies map[string]translated `yaml:"remedies"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("codes.yaml: %w", err)
	}
	book := &codeBook{Remedies: file.Remedies}
	seen := map[any]bool{}
	for _, node := range file.Codes {
		var c code
		if err := strictly(&node, &c); err != nil {
			return nil, fmt.Errorf("codes.yaml: line %d: %w", node.Line, err)
		}
		if err := c.check(file.Remedies); err != nil {
			return nil, fmt.Errorf("codes.yaml: code %d: %w", c.Code, err)
		}
		if seen[c.Code] || seen[c.Name] {
			return nil, fmt.Errorf("codes.yaml: code %d or its name %s stands twice", c.Code, c.Name)
		}
		seen[c.Code], seen[c.Name] = true, true
		book.Codes = append(book.Codes, c)
	}
	return book, nil
}

// strictly decodes a node and refuses unknown keys.
func strictly(node *yaml.Node, to any) error {
	text, err := yaml.Marshal(node)
	if err != nil {
		return err
	}
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	decoder.KnownFields(true)
	return decoder.Decode(to)
}

func (c code) check(remedies map[string]translated) error {
	remedy := remedies[c.Remedy]
	switch {
	case c.Code == 0 || c.Name == "" || c.Meaning == "" || c.Chinese == "" || c.Status == "":
		return errors.New("a number, a name, a meaning (in English and in Chinese) or a status is missing")
	case codeAreas[c.Area].En == "":
		return fmt.Errorf("area %q", c.Area)
	case c.Retryable != (c.Area == areaRate || c.Area == areaServer):
		return fmt.Errorf("retryable is %t in area %s; the codes of %s and %s are, and no others", c.Retryable, c.Area, areaRate, areaServer)
	case remedy.En == "" || remedy.Zh == "":
		return fmt.Errorf("remedy %q is not known, or not in English and in Chinese", c.Remedy)
	case (c.More == "") != (c.MoreZh == ""):
		return errors.New("more is in one language only")
	}
	return nil
}

// The statuses of a code that its doc comment mentions.
const (
	codeStatusCopy       = "copy"        // known only from a copy of an older page
	codeStatusClientList = "client-list" // not confirmed for the Server API
)

// codeKinds are the kinds of package rongcloud; codes of all other areas are refusals, its zero
// value.
var codeKinds = map[string]string{areaRate: "kindRateLimit", areaServer: "kindServerFault"}

// codeConstants returns the source of codes_gen.go.
func codeConstants(codes []code) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(strings.Replace(header, "api/*.yaml", "api/codes.yaml", 1) + "package rongcloud\n\n")
	b.WriteString("// The codes that RongCloud's Server API responds with. For what to do about each, and which calls\n" +
		"// return it, see\n// https://github.com/rongcloud-go/rongcloud/blob/main/docs/errors.md.\n//\n// RongCloud: https://docs.rongcloud.io/platform-chat-api/code\n")
	codeBlock(&b, codes, func(c code) bool { return c.Status != codeStatusClientList })
	b.WriteString("\n// The codes of RongCloud's list for client SDKs. Whether the Server API responds with them is\n" +
		"// unconfirmed. docs/errors.md covers these too.\n")
	codeBlock(&b, codes, func(c code) bool { return c.Status == codeStatusClientList })
	b.WriteString("\nvar codeFacts = map[Code]codeFact{\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "\tCode%s: {meaning: %q", c.Name, c.Meaning)
		if c.HTTP != 0 {
			fmt.Fprintf(&b, ", status: %d", c.HTTP)
		}
		if kind := codeKinds[c.Area]; kind != "" {
			b.WriteString(", kind: " + kind)
		}
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// codeBlock writes the constants of the wanted codes.
func codeBlock(b *bytes.Buffer, codes []code, wanted func(code) bool) {
	b.WriteString("const (\n")
	for _, c := range codes {
		if !wanted(c) {
			continue
		}
		words := "Code" + c.Name + ": " + strings.TrimSuffix(c.Meaning, ".")
		if c.HTTP != 0 {
			words += fmt.Sprintf(" (HTTP %d)", c.HTTP)
		}
		words += "."
		if c.Status == codeStatusCopy {
			words += " It is known only from a copy of an older page."
		}
		fmt.Fprintf(b, "%s\tCode%s Code = %d\n", comment("\t", words), c.Name, c.Code)
	}
	b.WriteString(")\n")
}

// comment breaks words into lines of a comment, of at most 100 columns. The indent consists of
// tabs.
func comment(indent, words string) string {
	begin := indent + "//"
	lines := []string{begin}
	for word := range strings.FieldsSeq(words) {
		last := &lines[len(lines)-1]
		if *last != begin && len(*last)+3*len(indent)+1+len(word) > 100 {
			lines = append(lines, begin)
			last = &lines[len(lines)-1]
		}
		*last += " " + word
	}
	return strings.Join(lines, "\n") + "\n"
}
