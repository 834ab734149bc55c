package stats

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// OrderQuantile estimates the quantile q of latencies from single orders, ascending, with +Inf for
// those that were never delivered. Its interval is that of the order statistics whose ranks are
// binomial (Hahn and Meeker 1991); it takes the orders as independent. NaN: not reached.
func OrderQuantile(sorted []float64, q float64) Estimate {
	n := len(sorted)
	if n == 0 {
		return noInterval(math.NaN())
	}
	value := reached(sorted, int(math.Ceil(q*float64(n))))
	if need := FewestForQuantile(q); n < need {
		return noInterval(value, fmt.Sprintf("needs at least %d orders for a %.0f %% interval of p%g", need, 100*Confidence, 100*q))
	}
	low, high := ranks(n, q)
	return Estimate{Value: value, Low: reached(sorted, low), High: reached(sorted, high), SE: math.NaN()}
}

// ranks are those, counted from 1, between which the quantile lies with at least Confidence.
func ranks(n int, q float64) (low, high int) {
	const tail = (1 - Confidence) / 2
	b := distuv.Binomial{N: float64(n), P: q}
	low, high = 1, n
	for low < n && b.CDF(float64(low)) <= tail {
		low++
	}
	for high > 1 && 1-b.CDF(float64(high-2)) <= tail {
		high--
	}
	return low, high
}

// reached is the latency of a rank, NaN where it was never delivered.
func reached(sorted []float64, rank int) float64 {
	if v := sorted[min(max(rank, 1), len(sorted))-1]; !math.IsInf(v, 1) {
		return v
	}
	return math.NaN()
}
