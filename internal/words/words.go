package words

import (
	"fmt"
	"math"
	"strings"
	"unicode"
	"unicode/utf8"

	"channelbench/internal/money"
)

const (
	Minus  = "\u2212" // as long as a plus sign, unlike a hyphen
	NoData = "–"
	Never  = "never"
)

// Known is the number, and whether there is one: null and what is not finite are none.
func Known(v *float64) (float64, bool) {
	if v == nil || math.IsNaN(*v) || math.IsInf(*v, 0) {
		return 0, false
	}
	return *v, true
}

// Count prints a whole number.
func Count(n int64) string {
	if n < 0 {
		return Minus + money.Group(uint64(-n))
	}
	return money.Group(uint64(n))
}

// Plural prints a count with its noun: "1 input", "3 strategies".
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, found := strings.CutSuffix(noun, "y"); found {
		return Count(int64(n)) + " " + stem + "ies"
	}
	return Count(int64(n)) + " " + noun + "s"
}

// Units is a quantity of a vendor's units, to the millionth: "1,234.5 tokens".
func Units(v float64, unit string) string {
	millionths := int64(math.Round(v * 1e6))
	text := Count(millionths / 1e6)
	if rest := millionths % 1e6; rest != 0 {
		text += "." + strings.TrimRight(fmt.Sprintf("%06d", rest), "0")
	}
	if millionths == 1e6 {
		return text + " " + unit
	}
	return text + " " + unit + "s"
}

// UpperFirst is text as the beginning of a sentence.
func UpperFirst(text string) string {
	r, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(r)) + text[size:]
}

// Readable is a requirement as people write it: "in time ≥ 96%".
func Readable(requirement string) string {
	return strings.NewReplacer(">=", "≥", "<=", "≤", "_", " ").Replace(requirement)
}

func OrNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}

// CutEnd keeps so many characters.
func CutEnd(text string, most int) string {
	if runes := []rune(text); len(runes) > most {
		return string(runes[:most-1]) + "…"
	}
	return text
}
