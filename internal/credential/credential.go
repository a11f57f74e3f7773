// Package credential checks App Keys and App Secrets read from files and environment variables. It
// promises to find what would make every signature wrong, and never to quote a value.
package credential

import (
	"strings"
	"unicode"
)

// Fault returns what is wrong with a key or secret, or nothing. White space at the ends, as from a
// mounted file or a copied table cell, is a fault: it would make every signature wrong.
func Fault(value string) string {
	blank := func(r rune) bool { return unicode.IsSpace(r) || !unicode.IsGraphic(r) }
	switch trimmed := strings.TrimFunc(value, blank); {
	case trimmed == "":
		return "is empty"
	case trimmed != value:
		return "begins or ends with white space or an invisible character, such as a line break"
	}
	return ""
}
