package follow

import (
	"math"
	"sort"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// A figure has changed over nights if its 95% intervals in the first and in the last half of the nights don't overlap;
// that happens by chance about once in 180 times. Of an odd number of nights the middle one belongs to neither half.
// Nights that must not be used are left out, and so are strategies that were replayed in any night: they repeat the
// attempts of those that were driven.

// Shift is a figure in the first and the last half of some nights.
type Shift struct{ Before, After stats.Estimate }

// Changed is −1 if the figure fell, 1 if it rose, 0 if that is not beyond chance. A quantile that is not reached is
// higher than any that is.
func (s Shift) Changed() int {
	switch {
	case s.Before.High < s.After.Low:
		return 1
	case s.After.High < s.Before.Low:
		return -1
	}
	return 0
}

// Halves splits what the valid nights have of a strategy.
func Halves(of []*record.Strategy) (before, after []*record.Strategy) {
	half := len(of) / 2
	return of[:half], of[len(of)-half:]
}

// pooledShare pools a share of orders over some nights.
func pooledShare(nights []*record.Strategy, of func(*record.Strategy) record.Figure) stats.Estimate {
	hits, tries := 0.0, 0.0
	for _, s := range nights {
		if v, ok := words.Known(of(s).Value); ok && s.Orders > 0 && v >= 0 && v <= 1 {
			hits, tries = hits+v*float64(s.Orders), tries+float64(s.Orders)
		}
	}
	if tries == 0 {
		return nothing
	}
	low, high := stats.ClopperPearson(hits, tries)
	return stats.Estimate{Value: hits / tries, Low: low, High: high}
}

// nothing is an estimate that is not known, and overlaps every other.
var nothing = stats.Estimate{Value: math.NaN(), Low: math.NaN(), High: math.NaN()}

// pooledMean is the mean of a cost over some nights, in which it is that of so many, each with the error that its
// interval tells.
func pooledMean(nights []*record.Strategy, of func(*record.Strategy) record.Figure,
	many func(*record.Strategy) int64) stats.Estimate {
	sum, square, all := 0.0, 0.0, 0.0
	for _, s := range nights {
		f, n := of(s), float64(many(s))
		v, ok := words.Known(f.Value)
		low, okLow := words.Known(f.Low)
		high, okHigh := words.Known(f.High)
		if !ok || !okLow || !okHigh || n <= 0 {
			continue
		}
		sum, square, all = sum+n*v, square+n*n*(high-low)*(high-low)/4, all+n
	}
	if all == 0 {
		return nothing
	}
	off := math.Sqrt(square) / all
	return stats.Estimate{Value: sum / all, Low: sum/all - off, High: sum/all + off}
}

// pooledQuantile is the time within which the share q of all orders of some nights was done. Its interval reaches from
// one order to another, by their ranks; +Inf: never.
func pooledQuantile(nights []*record.Strategy, q float64) stats.Estimate {
	curve, orders := pooledCurve(nights)
	if orders == 0 {
		return nothing
	}
	at := func(rank float64) float64 {
		if t, ok := curve.Reaches(min(max(rank, 1), float64(orders))/float64(orders) - 1e-9); ok {
			return t
		}
		return math.Inf(1)
	}
	low, high := stats.PredictShare(q, orders, stats.Confidence)
	e := stats.Estimate{Value: at(math.Ceil(q * float64(orders))), Low: at(low * float64(orders)),
		High: at(high*float64(orders) + 1)}
	if orders < int64(stats.FewestForQuantile(q)) {
		e.High = math.Inf(1)
	}
	return e
}

// pooledCurve is the share of all orders of some nights that was delivered within a time.
func pooledCurve(nights []*record.Strategy) (view.Curve, int64) {
	var rises []record.Point
	total := int64(0)
	for _, s := range nights {
		if s.Orders <= 0 {
			continue
		}
		total += s.Orders
		last := 0.0
		for _, p := range view.Steps(s.LatencyCDF) {
			rises = append(rises, record.Point{Seconds: p.Seconds, Share: (p.Share - last) * float64(s.Orders)})
			last = p.Share
		}
	}
	sort.SliceStable(rises, func(i, j int) bool { return rises[i].Seconds < rises[j].Seconds })
	sum := 0.0
	for i := range rises {
		sum += rises[i].Share
		rises[i].Share = sum / float64(total)
	}
	return rises, total
}
