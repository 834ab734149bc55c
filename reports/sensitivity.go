package reports

import (
	"channelbench/internal/record"
	"math"
	"strconv"
	"strings"
)

// leastShare is the share of a variance from which an input is worth a line.
const leastShare = 0.005

// monthly prints an amount a month: whole dollars, or cents below ten.
func monthly(v float64) string {
	if math.Abs(v) < 10 {
		return dollars(v, 2)
	}
	return dollars(v, 0)
}

// inputValue prints a rate, or a factor of a latency.
func inputValue(v float64) string { return strconv.FormatFloat(100*v, 'g', 4, 64) + "%" }

// costsAt are a strategy's costs at both ends of a range.
func costsAt(in record.InputEffect, strategy string) (low, high float64, ok bool) {
	for _, c := range in.Costs {
		if c.Strategy == strategy {
			low, ok = known(c.AtLow)
			high, also := known(c.AtHigh)
			return low, high, ok && also
		}
	}
	return 0, 0, false
}

// inputName is an input's key, shorter by the word that most of them end in.
func inputName(in record.InputEffect) string { return strings.TrimSuffix(in.Key, ".rate") }

// matters says whether an input is worth a line.
func matters(in record.InputEffect) bool {
	for _, v := range []*float64{in.TotalShare, in.KeepingShare} {
		if share, ok := known(v); ok && share >= leastShare {
			return true
		}
	}
	worth, ok := known(in.Worth)
	return ok && worth >= 0.01
}

// statedCost is what a strategy costs with all inputs as stated.
func statedCost(s *record.Sensitivity, strategy string) (float64, bool) {
	for _, st := range s.Stated {
		if st.Strategy == strategy {
			return known(st.MonthlyCost)
		}
	}
	return 0, false
}

// bounded keeps sums of values finite.
func bounded(v float64) float64 { return min(max(v, -1e200), 1e200) }

// costEnds are a strategy's costs at both ends of a range, where they are known.
func costEnds(in record.InputEffect, strategy string) (low, high *float64) {
	for _, c := range in.Costs {
		if c.Strategy == strategy {
			return c.AtLow, c.AtHigh
		}
	}
	return nil, nil
}
