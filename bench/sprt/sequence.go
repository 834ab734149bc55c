package sprt

import "math"

// Sequence is an interval of the share of good orders that holds at whatever moment one stops: it covers the share at
// all times with the given probability, which intervals for a fixed number of orders don't. It holds the shares p
// against which the mixture of all shares, B(1+good, 1+bad) / (pᵍᵒᵒᵈ (1−p)ᵇᵃᵈ), has not reached 1/(1−level) (Ville's
// inequality; Robbins 1970, Howard and others 2021).
func Sequence(good, bad int, level float64) (low, high float64) {
	g, b := float64(good), float64(bad)
	limit := -math.Log(1 - level)
	mixture := logBeta(1+g, 1+b)
	excluded := func(p float64) bool { return mixture-xlogy(g, p)-xlogy(b, 1-p) >= limit }
	if good+bad == 0 {
		return 0, 1
	}
	top := g / (g + b) // the likeliest share is never excluded
	return edge(0, top, excluded), edge(1, top, excluded)
}

// edge is where shares begin not to be excluded, on the way from the end of the scale to one that isn't.
func edge(end, inside float64, excluded func(float64) bool) float64 {
	if !excluded(end) {
		return end
	}
	for range 60 {
		if middle := (end + inside) / 2; excluded(middle) {
			end = middle
		} else {
			inside = middle
		}
	}
	return end
}

func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}

// xlogy is x·ln y, and 0 where x is.
func xlogy(x, y float64) float64 {
	if x == 0 {
		return 0
	}
	return x * math.Log(y)
}
