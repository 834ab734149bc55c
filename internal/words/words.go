package words

import (
	"fmt"
	"math"
	"strconv"
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

// Dollars prints an amount with so many decimals: "$0.12", "−$3.50", "$12,345".
func Dollars(v float64, decimals int) string {
	digits := strconv.FormatFloat(math.Abs(v), 'f', decimals, 64)
	sign := ""
	if v < 0 && strings.Trim(digits, "0.") != "" { // no "−$0.00"
		sign = Minus
	}
	if math.Abs(v) >= 1e15 {
		return sign + "$" + strconv.FormatFloat(math.Abs(v), 'g', 3, 64)
	}
	whole, fraction, dotted := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole, 10, 64)
	if err == nil {
		whole = money.Group(n)
	}
	if dotted {
		whole += "." + fraction
	}
	return sign + "$" + whole
}

// ShortDollars prints large amounts in a chart's narrow columns: "$1.3M". Others as dollars does.
func ShortDollars(v float64, decimals int) string {
	for _, u := range []struct {
		from float64
		name string
	}{{1e9, "bn"}, {1e6, "M"}} {
		if a := math.Abs(v); a >= u.from && a < 1e15 {
			return Dollars(v/u.from, 1) + u.name
		}
	}
	return Dollars(v, decimals)
}

// CentDecimals is how many decimals tell the amounts apart: two as a rule, none above $1,000, more
// where amounts are below ten cents or would look equal though they differ by half a percent.
func CentDecimals(amounts []float64) int {
	largest := 0.0
	for _, v := range amounts {
		largest = max(largest, math.Abs(v))
	}
	if largest >= 1000 {
		return 0
	}
	for d := 2; d < 6; d++ {
		if distinct(amounts, d) {
			return d
		}
	}
	return 6
}

// distinct says whether rounding to d decimals keeps two digits of every amount, and keeps amounts
// apart that differ by half a percent.
func distinct(amounts []float64, d int) bool {
	unit := math.Pow(10, -float64(d))
	for i, a := range amounts {
		if rounded := math.Round(a/unit) * unit; a > 0 && a < 10*unit && math.Abs(rounded-a) > 0.01*a {
			return false
		}
		for _, b := range amounts[:i] {
			apart := math.Abs(a-b) > 0.005*max(math.Abs(a), math.Abs(b))
			if apart && math.Round(a/unit) == math.Round(b/unit) {
				return false
			}
		}
	}
	return true
}

// Percent prints a share: "96.7%". What is not all never reads 100 %, what is not nothing never 0 %.
func Percent(share float64, decimals int) string {
	least := math.Pow(10, -float64(decimals))
	switch p := share * 100; {
	case share == 0:
		return "0%"
	case share == 1:
		return "100%"
	case p > 0 && p < least/2:
		return "<" + strconv.FormatFloat(least, 'f', decimals, 64) + "%"
	case p < 100 && p > 100-least/2:
		return ">" + strconv.FormatFloat(100-least, 'f', decimals, 64) + "%"
	default:
		return strings.Replace(strconv.FormatFloat(p, 'f', decimals, 64), "-", Minus, 1) + "%"
	}
}

// ShareDecimals is how many decimals a column of shares needs so that 99.98 % is not shown as 100 %.
func ShareDecimals(shares []float64) int {
	d := 1
	for _, s := range shares {
		for d < 3 && s > 0 && s < 1 && strings.ContainsAny(Percent(s, d), "<>") {
			d++
		}
	}
	return d
}

// WholePercent prints a probability: "71%".
func WholePercent(share float64) string { return Percent(share, 0) }

// Clock prints a time to read off: "3:39", "1:02:33", "4.2 s", "5.3 days".
func Clock(seconds float64) string {
	switch s := math.Round(seconds); {
	case seconds < 0 || math.IsNaN(seconds):
		return NoData
	case seconds == 0:
		return "0 s"
	case seconds < 0.05:
		return "<0.1 s"
	case seconds < 9.95:
		return strconv.FormatFloat(seconds, 'f', 1, 64) + " s"
	case s < 3600:
		return fmt.Sprintf("%d:%02d", int(s)/60, int(s)%60)
	case s < 100*3600:
		return fmt.Sprintf("%d:%02d:%02d", int(s)/3600, int(s)/60%60, int(s)%60)
	default:
		return strconv.FormatFloat(seconds/86400, 'g', 3, 64) + " days"
	}
}

// unitOf splits a stated time into a count of its largest even unit: 240 into 4 and "minute".
func unitOf(seconds float64) (count, unit string, ok bool) {
	for _, u := range []struct {
		name   string
		length float64
		most   float64
	}{{"day", 86400, 1000}, {"hour", 3600, 1000}, {"minute", 60, 1000}, {"second", 1, 1000}} {
		n := seconds / u.length
		if n >= 1 && n < u.most && n == math.Trunc(n) && (u.name != "day" || n > 1) {
			return strconv.Itoa(int(n)), u.name, true
		}
	}
	return "", "", false
}

// Span prints a stated time: "4 min", "90 s", "36 h".
func Span(seconds float64) string {
	count, unit, ok := unitOf(seconds)
	if !ok {
		return Clock(seconds)
	}
	return count + " " + map[string]string{"day": "days", "hour": "h", "minute": "min", "second": "s"}[unit]
}

// SpanAdjective prints a stated time before a noun: "4-minute".
func SpanAdjective(seconds float64) string {
	count, unit, ok := unitOf(seconds)
	if !ok {
		return Clock(seconds)
	}
	return count + "-" + unit
}

// PerTenThousand prints a share as a count of 10,000: "12.5".
func PerTenThousand(share float64) string {
	n := share * 10_000
	switch {
	case n <= 0:
		return "0"
	case n < 0.05:
		return "<0.1"
	case n < 99.95:
		return strconv.FormatFloat(n, 'f', 1, 64)
	default:
		return money.Group(uint64(math.Round(min(n, 10_000))))
	}
}

// OneIn says a share in words: "1 order in 20", "38% of orders". noun is singular.
func OneIn(share float64, noun string) string {
	switch {
	case share <= 0:
		return "no " + noun
	case share >= 1:
		return "every " + noun
	case share > 0.15:
		return WholePercent(share) + " of " + noun + "s"
	case share < 1e-6:
		return "less than 1 " + noun + " in a million"
	default:
		return "1 " + noun + " in " + money.Group(uint64(math.Round(1/share)))
	}
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

// ClockOrNever prints a quantile of all orders, which undelivered ones may push out of reach.
func ClockOrNever(v *float64) string {
	if s, ok := Known(v); ok {
		return Clock(s)
	}
	return Never
}

// ShareOrNone prints a share or its complement.
func ShareOrNone(v *float64, complement bool, decimals int) string {
	s, ok := Known(v)
	if !ok {
		return NoData
	}
	if complement {
		s = 1 - s
	}
	return Percent(s, decimals)
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
