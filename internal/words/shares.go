package words

import (
	"channelbench/internal/money"
	"math"
	"strconv"
	"strings"
)

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

// Share prints a share so that what is not all, or not nothing, doesn't read as if it were: "96.7%", "99.98%".
func Share(v float64) string {
	return strings.Replace(Percent(v, ShareDecimals([]float64{v})), ".0%", "%", 1)
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

// ShortOf prints a probability that is less than another one so that it reads as less: "71%", and "94.6%" where 95 % is
// asked.
func ShortOf(share, asked float64) string {
	decimals := 0
	for scale := 100.0; decimals < 3 && share < asked && math.Round(share*scale)/scale >= asked; scale *= 10 {
		decimals++
	}
	return Percent(share, decimals)
}

// WholePercent prints a probability: "71%".
func WholePercent(share float64) string { return Percent(share, 0) }

// Rate prints a share of what is rare where a column's head says of what: "1 in 20", "38%", "none".
func Rate(share float64) string {
	switch {
	case share <= 0:
		return "none"
	case share >= 1:
		return "all"
	case share > 0.15:
		return WholePercent(share)
	case share < 1e-5: // too long for a column
		return Percent(share, 3)
	}
	return "1 in " + money.Group(uint64(math.Round(1/share)))
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

// ShareOrNone prints a share, where that is known.
func ShareOrNone(v *float64) string {
	if x, ok := Known(v); ok {
		return Share(x)
	}
	return NoData
}
