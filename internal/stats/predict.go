package stats

import (
	"math"
	"sort"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// What a sample will show if a model is right. The intervals below are of a figure yet to be measured, not of an
// expectation; the orders are taken as independent.

// PredictShare is the interval in which the share of hits among n orders lies with at least the given probability,
// if each hits with probability p: no more than half of what is left lies beyond either end.
func PredictShare(p float64, n int64, level float64) (low, high float64) {
	tail := (1 - level) / 2
	if n <= 0 || p <= 0 || p >= 1 {
		return p, p
	}
	b := distuv.Binomial{N: float64(n), P: p}
	least := sort.Search(int(n), func(k int) bool { return b.CDF(float64(k)) > tail })
	most := sort.Search(int(n), func(k int) bool { return 1-b.CDF(float64(k)) <= tail })
	return float64(least) / float64(n), float64(most) / float64(n)
}

// PredictQuantile is where the quantile q of n orders will lie, as shares of the true distribution: the order with
// the rank ⌈q·n⌉ lies between its quantiles at low and at high with the given probability (a beta distribution,
// whatever the distribution of the orders).
func PredictQuantile(q float64, n int64, level float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	tail, rank := (1-level)/2, min(max(math.Ceil(q*float64(n)), 1), float64(n))
	rest := float64(n) - rank + 1
	return mathext.InvRegIncBeta(rank, rest, tail), mathext.InvRegIncBeta(rank, rest, 1-tail)
}

// PredictMean is how far to either side of the expectation the mean over n orders will lie with the given probability,
// from half of the Confidence interval of that expectation, which rests on so many months of so many orders in all.
func PredictMean(half float64, months int, orders, n int64, level float64) float64 {
	if n <= 0 {
		return math.Inf(1)
	}
	t := distuv.StudentsT{Sigma: 1, Nu: float64(max(months-1, 1))}
	wider := t.Quantile((1+level)/2) / t.Quantile((1+Confidence)/2)
	return half * wider * math.Sqrt(1+float64(orders)/float64(n))
}

// AtLeast is the probability of so many hits, or more, among n tries that each hit with probability p.
func AtLeast(hits, n int, p float64) float64 {
	switch {
	case hits <= 0:
		return 1
	case hits > n:
		return 0
	}
	return mathext.RegIncBeta(float64(hits), float64(n-hits+1), p)
}
