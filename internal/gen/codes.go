package main

import (
	"bytes"
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
	Meaning   string `yaml:"meaning"`
	Retryable bool   `yaml:"retryable"`
	Area      string `yaml:"area"`
	Status    string `yaml:"status"`
	Note      string `yaml:"note"`
	Seen      string `yaml:"seen"`
}

func loadCodes(dir string) ([]code, error) {
	text, err := os.ReadFile(filepath.Join(dir, "codes.yaml"))
	if err != nil {
		return nil, err
	}
	var file struct {
		Codes []code `yaml:"codes"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return nil, fmt.Errorf("codes.yaml: %w", err)
	}
	for _, c := range file.Codes {
		if c.Code == 0 || c.Name == "" || c.Meaning == "" || c.Status == "" {
			return nil, fmt.Errorf("codes.yaml: code %d lacks a name, a meaning or a status", c.Code)
		}
	}
	return file.Codes, nil
}

// certainty tells in a doc comment how far a code can be relied on.
var certainty = map[string]string{
	"copy":        "known only from a copy of an older page",
	"client-list": "from RongCloud's list for client SDKs; that the Server API answers with it is unconfirmed",
}

// codeConstants is the source of codes_gen.go.
func codeConstants(codes []code) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(strings.Replace(header, "api/*.yaml", "api/codes.yaml", 1) + "package rongcloud\n\n")
	b.WriteString("// The codes that RongCloud's Server API answers with.\n//\n" +
		"// RongCloud: https://docs.rongcloud.io/platform-chat-api/code\nconst (\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "\t// Code%s: %s", c.Name, strings.TrimSuffix(c.Meaning, "."))
		if c.HTTP != 0 {
			fmt.Fprintf(&b, " (HTTP %d)", c.HTTP)
		}
		b.WriteString(".")
		if words := certainty[c.Status]; words != "" {
			fmt.Fprintf(&b, " It is %s.", words)
		}
		fmt.Fprintf(&b, "\n\tCode%s Code = %d\n", c.Name, c.Code)
	}
	b.WriteString(")\n\nvar codeFacts = map[Code]codeFact{\n")
	for _, c := range codes {
		fmt.Fprintf(&b, "\tCode%s: {meaning: %q, status: %d, retryable: %t},\n", c.Name, c.Meaning, c.HTTP, c.Retryable)
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}
