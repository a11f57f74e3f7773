package lenient

import (
	"bytes"
	"errors"
	"math"
	"strconv"
)

var (
	errNumber = errors.New("not a number")
	errRange  = errors.New("the number does not fit")
)

// wholeNumber reads a whole number as responses have it: booleans are 1 and 0, an empty text is 0,
// fractions are rounded.
func wholeNumber(text []byte) (int64, error) {
	if n, ok := digits(text); ok {
		return n, nil
	}
	if n, ok := boolWord(text); ok {
		return int64(n), nil //nolint:gosec // 0 or 1
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err == nil {
		return n, nil
	}
	cut, up, ok := round(text)
	if ok {
		if n, err = strconv.ParseInt(cut, 10, 64); err != nil {
			return 0, errRange
		}
		switch {
		case up && cut[0] == '-' && n > math.MinInt64:
			return n - 1, nil
		case up && cut[0] != '-' && n < math.MaxInt64:
			return n + 1, nil
		case up:
			return 0, errRange
		}
		return n, nil
	}
	f, err := decimal(text, 64)
	if err != nil {
		return 0, err
	}
	if f = math.Round(f); f >= math.MaxInt64 || f < math.MinInt64 {
		return 0, errRange
	}
	return int64(f), nil
}

// digits reads up to 18 digits, which covers nearly every number.
func digits(text []byte) (int64, bool) {
	if len(text) == 0 || len(text) > 18 {
		return 0, false
	}
	n := int64(0)
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int64(c-'0')
	}
	return n, true
}

// boolWord reads the words that mean 0 and 1.
func boolWord(text []byte) (uint64, bool) {
	switch string(text) {
	case "", "false":
		return 0, true
	case "true":
		return 1, true
	}
	return 0, false
}

// round cuts a plain number at its decimal point, and reports whether the part cut off is a half
// or more.
func round(text []byte) (cut string, up, ok bool) {
	before, after, found := bytes.Cut(text, []byte("."))
	unsigned := bytes.TrimPrefix(before, []byte("-"))
	if !found || len(unsigned) == 0 || len(after) == 0 || !allDigits(unsigned) || !allDigits(after) {
		return "", false, false
	}
	return string(before), after[0] >= '5', true
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}

// unsigned is whole for numbers without a sign.
func unsigned(text []byte) (uint64, error) {
	if n, ok := boolWord(text); ok {
		return n, nil
	}
	n, err := strconv.ParseUint(string(text), 10, 64)
	if err == nil {
		return n, nil
	}
	if cut, up, ok := round(text); ok && cut[0] != '-' {
		n, err = strconv.ParseUint(cut, 10, 64)
		if err != nil || up && n == math.MaxUint64 {
			return 0, errRange
		}
		if up {
			n++
		}
		return n, nil
	}
	f, err := decimal(text, 64)
	if err != nil {
		return 0, err
	}
	if f = math.Round(f); f < 0 || f >= math.MaxUint64 {
		return 0, errRange
	}
	return uint64(f), nil
}

// decimal reads any finite number.
func decimal(text []byte, bits int) (float64, error) {
	if n, ok := boolWord(text); ok {
		return float64(n), nil
	}
	f, err := strconv.ParseFloat(string(text), bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errRange
	case err != nil || math.IsNaN(f) || math.IsInf(f, 0):
		return 0, errNumber
	}
	return f, nil
}
