// Package power says what a number of orders can show, before any are bought: how well a share will be known, and how large a
// change is found with a given probability.
//
// It deliberately looks at no data: shares, spreads and numbers of orders come in. Latencies know nights, which orders of a
// night share; shares take orders as independent.
//
//	fall := power.Fall(0.98, 100, 3000)
package power

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// Power is the probability with which a change that can be found is found; Confidence, that of intervals.
const (
	Power      = 0.80
	Confidence = 0.95
)

// Nightly is how much the medians of nights differ when nothing changed (standard deviation of the logarithm). It is assumed:
// measured clouds differ by 2.5 to 4 % from day to day (Henning and others 2025), a queue of others' orders by more.
const Nightly = 0.05

var z = distuv.UnitNormal.Quantile((1 + Confidence) / 2)

// wilson is the interval of a share after hits out of n tries (Wilson 1927).
func wilson(hits, n float64) (low, high float64) {
	p := hits / n
	centre := (p + z*z/2/n) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/4/n/n)
	return max(0, centre-half), min(1, centre+half)
}

// Known is how far to either side a share is known after n orders: half of the mean width of Wilson's interval.
func Known(p float64, n int) float64 {
	if n <= 0 {
		return math.NaN()
	}
	width := 0.0
	eachLikely(p, n, func(hits int, probability float64) {
		low, high := wilson(float64(hits), float64(n))
		width += probability * (high - low)
	})
	return width / 2
}

// Fall is by how much a share has to fall to be found with Power: the interval of the difference of n orders now and m before
// lies below 0 (Newcombe 1998, hybrid of Wilson's). NaN: not even a fall to 0 is.
func Fall(p float64, n, m int) float64 {
	if n <= 0 || m <= 0 || detection(p, p, n, m) < Power {
		return math.NaN()
	}
	small, large := 0.0, p
	for range 30 {
		if middle := (small + large) / 2; detection(p, middle, n, m) < Power {
			small = middle
		} else {
			large = middle
		}
	}
	return large
}

// detection is the probability that a fall from p by d is found.
func detection(p, d float64, n, m int) float64 {
	total := 0.0
	eachLikely(p, m, func(before int, weight float64) {
		eachLikely(p-d, n, func(now int, probability float64) {
			if Below(float64(now), float64(n), float64(before), float64(m)) {
				total += weight * probability
			}
		})
	})
	return total
}

// Below says whether a share of a hits among n orders is below one of b among m, beyond chance: the upper end of the
// interval of their difference is below 0.
func Below(a, n, b, m float64) bool {
	p, q := a/n, b/m
	_, high := wilson(a, n)
	low, _ := wilson(b, m)
	return p-q+math.Hypot(high-p, q-low) < 0
}

// eachLikely goes through the numbers of hits among n orders, but for those that are next to impossible.
func eachLikely(p float64, n int, each func(hits int, probability float64)) {
	if p <= 0 || p >= 1 {
		each(int(math.Round(max(0, min(p, 1))*float64(n))), 1)
		return
	}
	sd := math.Sqrt(float64(n) * p * (1 - p))
	b := distuv.Binomial{N: float64(n), P: p}
	for k := max(0, int(float64(n)*p-5*sd-5)); k <= min(n, int(float64(n)*p+5*sd+5)); k++ {
		each(k, b.Prob(float64(k)))
	}
}

// medianSE is how much more the median of normal values scatters than their mean.
var medianSE = math.Sqrt(math.Pi / 2)

// Night is the standard deviation of a night's ln median latency: that of nights, and what the spread of so many orders adds.
func Night(sigma, nightly float64, orders int) float64 {
	own := medianSE * sigma
	return math.Sqrt(nightly*nightly + own*own/float64(orders))
}

// Rise is by which share the median latency has to rise to be found with Power at so many standard deviations, if nights of
// so many orders follow on nights of as many.
func Rise(sigma, nightly float64, orders, nights, before int, at float64) float64 {
	if orders <= 0 || nights <= 0 || before <= 0 {
		return math.NaN()
	}
	sd := Night(sigma, nightly, orders) * math.Sqrt(1/float64(nights)+1/float64(before))
	return math.Expm1((at + distuv.UnitNormal.Quantile(Power)) * sd)
}

// Z is at how many standard deviations Confidence lies.
func Z() float64 { return z }
