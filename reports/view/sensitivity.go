package view

import (
	"math"
	"strconv"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// LeastShare is the share of a variance from which an input is worth a line.
const LeastShare = 0.005

// Monthly prints an amount a month: whole dollars, or cents below ten.
func Monthly(v float64) string {
	if math.Abs(v) < 10 {
		return words.Dollars(v, 2)
	}
	return words.Dollars(v, 0)
}

// InputValue prints a rate, or a factor of a latency.
func InputValue(v float64) string { return strconv.FormatFloat(100*v, 'g', 4, 64) + "%" }

// CostsAt are a strategy's costs at both ends of a range.
func CostsAt(in record.InputEffect, strategy string) (low, high float64, ok bool) {
	for _, c := range in.Costs {
		if c.Strategy == strategy {
			low, ok = words.Known(c.AtLow)
			high, also := words.Known(c.AtHigh)
			return low, high, ok && also
		}
	}
	return 0, 0, false
}

// InputName is an input's key, shorter by the word that most of them end in.
func InputName(in record.InputEffect) string { return strings.TrimSuffix(in.Key, ".rate") }

// Matters says whether an input is worth a line.
func Matters(in record.InputEffect) bool {
	for _, v := range []*float64{in.TotalShare, in.KeepingShare} {
		if share, ok := words.Known(v); ok && share >= LeastShare {
			return true
		}
	}
	worth, ok := words.Known(in.Worth)
	return ok && worth >= 0.01
}

// StatedCost is what a strategy costs with all inputs as stated.
func StatedCost(s *record.Sensitivity, strategy string) (float64, bool) {
	for _, st := range s.Stated {
		if st.Strategy == strategy {
			return words.Known(st.MonthlyCost)
		}
	}
	return 0, false
}

// Bounded keeps sums of values finite.
func Bounded(v float64) float64 { return min(max(v, -1e200), 1e200) }

// CostEnds are a strategy's costs at both ends of a range, where they are known.
func CostEnds(in record.InputEffect, strategy string) (low, high *float64) {
	for _, c := range in.Costs {
		if c.Strategy == strategy {
			return c.AtLow, c.AtHigh
		}
	}
	return nil, nil
}
