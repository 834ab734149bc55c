package world

import (
	"math"
	"time"
)

// Arrivals yields the arrival times of a month in ascending order, in memory that doesn't grow.
type Arrivals struct {
	key   Key
	next  int
	n     int
	gap   float64 // even: all gaps; else the month over the sum of all exponentials
	sum   float64 // of the exponentials so far
	even  bool
	trace []time.Duration
	day   *profile
}

// Arrivals returns the arrivals of a month, counted from 0.
//
// The i-th of n uniform order statistics is the sum of i independent exponentials over the sum
// of n+1 (Rényi 1953), so the exponentials are drawn twice: for their sum, and one by one.
func (m *Model) Arrivals(month int) Arrivals {
	a := Arrivals{key: m.Key(month, -1), n: m.Orders, even: m.Process == EvenArrival, day: newProfile(m.Profile)}
	switch m.Process {
	case Traced:
		a.trace, a.n = m.Trace, min(m.Orders, len(m.Trace))
		return a
	case EvenArrival:
		a.gap = float64(Month) / float64(max(1, a.n))
		return a
	}
	a.gap = float64(Month) / a.exponentials(a.n+1)
	return a
}

// exponentials is the sum of the first n. It takes the logarithm of products of uniforms: of sixteen, each at least
// 2⁻⁵³, the product is far from the smallest number.
func (a *Arrivals) exponentials(n int) float64 {
	sum, product := 0.0, 1.0
	for i := range n {
		product *= a.key.nth(i)
		if i%16 == 15 {
			sum -= math.Log(product)
			product = 1
		}
	}
	return sum - math.Log(product)
}

// Next returns the next arrival since the start of the month, and false after the last.
func (a *Arrivals) Next() (time.Duration, bool) {
	if a.next >= a.n {
		return 0, false
	}
	i := a.next
	a.next++
	if a.trace != nil {
		return a.trace[i], true
	}
	at := (float64(i) + 0.5) * a.gap
	if !a.even {
		a.sum -= math.Log(a.key.nth(i))
		at = a.sum * a.gap
	}
	if a.day != nil {
		at = a.day.at(at)
	}
	return time.Duration(at), true
}

// profile is how the arrivals of a day are spread over its hours.
type profile struct{ until [24]float64 } // share of the day's arrivals before the end of each hour

// newProfile is nil where all hours are alike.
func newProfile(weights []float64) *profile {
	if weights == nil {
		return nil
	}
	p, sum := &profile{}, 0.0
	for h, w := range weights {
		sum += w
		p.until[h] = sum
	}
	for h := range p.until {
		p.until[h] /= sum
	}
	return p
}

// at moves a time, in nanoseconds, within its day: uniform times become spread as the weights say, and
// stay in their order.
func (p *profile) at(t float64) float64 {
	const day, hour = float64(24 * time.Hour), float64(time.Hour)
	start := math.Floor(t/day) * day
	share := (t - start) / day
	before := 0.0
	for h, until := range p.until {
		if share < until {
			return start + (float64(h)+(share-before)/(until-before))*hour
		}
		before = until
	}
	return start + day
}
