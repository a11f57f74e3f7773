// Package credential checks App Keys and App Secrets as they come from files and environments. It
// promises to find what would make every signature wrong, and never to quote a value.
package credential

import (
	"strings"
	"unicode"
)

// Fault tells what is wrong with a key or secret; it is empty if nothing is. What a mounted file
// or a copied cell adds at the ends is a fault: with it every signature would be wrong.
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
