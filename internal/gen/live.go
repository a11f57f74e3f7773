package main

import (
	"bytes"
	"fmt"
	"go/format"
	"strings"

	"go.yaml.in/yaml/v3"
)

// shapeTable returns the source of package shape's data: the response fields of each endpoint.
func shapeTable(endpoints []*endpoint) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header + "package shape\n\n// results are the fields of every response, by method and path.\nvar results = map[string][]Field{\n")
	for _, e := range endpoints {
		fmt.Fprintf(&b, "%q: {", e.Method+" "+e.Path)
		writeResults(&b, e.Result)
		b.WriteString("},\n")
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

// liveTable returns the source of package live's data: what the catalogue marks as unconfirmed,
// and which codes mean that a service is off.
func liveTable(endpoints []*endpoint, codes []code) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString(header + "package live\n\n// openPoints are the statements of the catalogue that it calls unconfirmed, in its order.\nvar openPoints = []openPoint{\n")
	for _, e := range endpoints {
		if e.Status == "unconfirmed" {
			fmt.Fprintf(&b, "{%q, %q},\n", e.Path, "the endpoint as a whole is unconfirmed")
		}
		for _, text := range unconfirmed(&e.Disputes) {
			fmt.Fprintf(&b, "{%q, %q},\n", e.Path, text)
		}
	}
	b.WriteString("}\n\n// serviceOff are the codes of services that are not switched on for the app.\nvar serviceOff = map[int]bool{\n")
	for _, c := range codes {
		if c.Remedy == "enable" {
			fmt.Fprintf(&b, "%d: true,\n", c.Code)
		}
	}
	b.WriteString("}\n")
	return format.Source(b.Bytes())
}

func writeResults(b *bytes.Buffer, fields []field) {
	for _, f := range fields {
		fmt.Fprintf(b, "{Name: %q, Type: %q", f.Name, f.Type)
		if len(f.Fields) > 0 {
			b.WriteString(", Fields: []Field{")
			writeResults(b, f.Fields)
			b.WriteString("}")
		}
		b.WriteString("}, ")
	}
}

// unconfirmed returns the texts below a node that are marked as unconfirmed, one line each.
func unconfirmed(node *yaml.Node) []string {
	var found []string
	if node.Kind == yaml.ScalarNode && strings.Contains(strings.ToLower(node.Value), "unconfirmed") {
		found = append(found, strings.Join(strings.Fields(node.Value), " "))
	}
	for _, child := range node.Content {
		found = append(found, unconfirmed(child)...)
	}
	return found
}
