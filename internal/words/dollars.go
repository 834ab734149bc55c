package words

import (
	"channelbench/internal/money"
	"math"
	"strconv"
	"strings"
)

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

// Clip prints what a clip costs: to three digits below a dollar, else to the cent: "$0.124", "$0.0042", "$12.35".
func Clip(v float64) string {
	if math.Abs(v) >= 1000 {
		return ShortDollars(v, 0)
	}
	decimals := 2
	for limit := 1.0; decimals < 6 && v != 0 && math.Abs(v) < limit; limit /= 10 {
		decimals++
	}
	text := Dollars(v, decimals)
	if decimals > 2 {
		text = strings.TrimSuffix(text, "0")
	}
	return text
}

// ClipOrNone prints what a clip costs, where that is known.
func ClipOrNone(v *float64) string {
	if x, ok := Known(v); ok {
		return Clip(x)
	}
	return NoData
}

// Month prints what a month costs: to the dollar, below ten dollars to the cent.
func Month(v float64) string {
	if math.Abs(v) < 9.995 {
		return Dollars(v, 2)
	}
	return Dollars(v, 0)
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
