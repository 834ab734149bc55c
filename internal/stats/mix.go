package stats

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// Mix is how many orders of each class the months of a run happened to draw. As the shares that they were drawn with are
// known, this luck is taken out of estimates: strata after the fact, in the form of control variates (Lavenberg and Welch
// 1981), which are weights of the months (Deville and Särndal 1992). Single months stay as they were drawn, so their
// spread stays that of months.
//
// It corrects whatever was drawn: to leave out the mixes that are far off would keep just the worst luck.
//
// The nil Mix weighs all months alike.
type Mix struct {
	weights []float64   // of the months; they sum to 1, and make the weighted mean of every class what is expected
	basis   [][]float64 // what the classes say of the months: orthonormal, each sums to 0
	orders  float64     // in all months
}

// monthsPerClass keeps enough months to learn from what a class costs.
const monthsPerClass = 5

// NewMix takes the orders by month and class, and the shares that classes are drawn with. Where there are few months,
// only as many classes count as can be told apart, the most frequent first.
func NewMix(orders [][]int64, shares []float64) *Mix {
	n := len(orders)
	m := &Mix{weights: make([]float64, n)}
	for i := range m.weights {
		m.weights[i] = 1 / float64(n)
		m.orders += float64(sum(orders[i]))
	}
	classes := make([]int, len(shares))
	for c := range classes {
		classes[c] = c
	}
	slices.SortStableFunc(classes, func(a, b int) int { return cmp.Compare(shares[b], shares[a]) })
	for _, c := range classes {
		if len(m.basis) >= n/monthsPerClass {
			break
		}
		m.balance(surplus(orders, c, shares[c]))
	}
	return m
}

// surplus is by how much each month drew more orders of a class than expected.
func surplus(orders [][]int64, class int, share float64) []float64 {
	column := make([]float64, len(orders))
	for i, classes := range orders {
		column[i] = float64(classes[class]) - share*float64(sum(classes))
	}
	return column
}

// balance makes the weights such that the column, of expectation 0, has the weighted mean 0.
func (m *Mix) balance(column []float64) {
	mean, size := floats.Dot(column, m.weights), floats.Norm(column, 2)
	floats.AddConst(-stat.Mean(column, nil), column)
	for range 2 { // once more for rounding
		for _, b := range m.basis {
			floats.AddScaled(column, -floats.Dot(column, b), b)
		}
	}
	length := floats.Norm(column, 2)
	if length <= 1e-9*size || size == 0 {
		return // every month drew it as often, or the others tell it
	}
	floats.Scale(1/length, column)
	m.basis = append(m.basis, column)
	floats.AddScaled(m.weights, -mean/length, column)
}

// weightedMean is the weighted mean of months.
func (m *Mix) weightedMean(months []float64) float64 {
	if m == nil {
		return sum(months) / float64(len(months))
	}
	return floats.Dot(months, m.weights)
}

// scatter is the standard error of the weighted mean of months, and the degrees of freedom behind it, by what their
// classes don't explain.
func (m *Mix) scatter(months []float64) (se float64, degrees int) {
	rest, squares := months, 1/float64(len(months))
	degrees = len(months) - 1
	mean := stat.Mean(months, nil)
	if m != nil {
		rest = append([]float64(nil), months...)
		floats.AddConst(-mean, rest)
		for _, b := range m.basis {
			floats.AddScaled(rest, -floats.Dot(rest, b), b)
		}
		degrees -= len(m.basis)
		squares, mean = floats.Dot(m.weights, m.weights), 0
	}
	left := 0.0
	for _, r := range rest {
		left += (r - mean) * (r - mean)
	}
	return math.Sqrt(left / float64(degrees) * squares), degrees
}

// Mean estimates an expectation from one value a month: Student's t over months.
func (m *Mix) Mean(months []float64) Estimate {
	if len(months) == 0 {
		return noInterval(math.NaN())
	}
	if m != nil && m.misleads(months) {
		m = nil
	}
	mean := m.weightedMean(months)
	if len(months) == 1 {
		return noInterval(mean, oneMonth)
	}
	se, degrees := m.scatter(months)
	return m.RuleOfThree(tInterval(mean, se, degrees), meanMagnitude(months))
}

// misleads says whether the weights make less than nothing of what is never negative: it is so rare that it hangs on a
// month or two that count for less than nothing.
func (m *Mix) misleads(months []float64) bool {
	return m.weightedMean(months) < 0 && floats.Min(months) >= 0
}

// meanMagnitude is how large months are, whatever their sign.
func meanMagnitude(months []float64) float64 {
	size := 0.0
	for _, v := range months {
		size += math.Abs(v) / float64(len(months))
	}
	return size
}

// RuleOfThree gives an interval to an estimate whose months don't scatter at all once their classes are known: what no order met
// can still change it, of a size such as its own. By the rule of three, that is not more frequent than three in all orders
// (Hanley and Lippman-Hand 1983).
func (m *Mix) RuleOfThree(e Estimate, size float64) Estimate {
	if m == nil || m.orders == 0 || e.SE > 1e-9*size {
		return e
	}
	half := 3 / m.orders * size
	e.Low, e.High = min(e.Low, e.Value-half), max(e.High, e.Value+half)
	return e
}

// Ratio estimates ΣA / ΣB from pairs of one month each: t over months of the linearised ratio (delta method; Cochran
// 1977, eq. 6.9).
func (m *Mix) Ratio(a, b []float64) Estimate {
	if sum(b) == 0 {
		return noInterval(math.NaN())
	}
	if m != nil && (m.weightedMean(b) <= 0 || m.misleads(a)) {
		m = nil
	}
	divisor := m.weightedMean(b)
	ratio := m.weightedMean(a) / divisor
	if len(a) < 2 {
		return noInterval(ratio, oneMonth)
	}
	se, degrees := m.scatter(residuals(a, b, ratio))
	return m.RuleOfThree(tInterval(ratio, se/divisor, degrees), math.Abs(ratio))
}

// residuals are a less ratio times b.
func residuals(a, b []float64, ratio float64) []float64 {
	r := append([]float64(nil), a...)
	floats.AddScaled(r, -ratio, b)
	return r
}

// fewHits are too few for their scatter over months to be trusted.
const fewHits = 30

// Share estimates a share from hits out of tries in each month: the interval of Wilson (1927) on as many tries as the
// scatter of the months says they are worth, with Student's t for the few months that say so (Kott and Carr 1997). Where
// there are few hits or few misses, it is that of Clopper and Pearson (1934) on such a number (Korn and Graubard 1998),
// which errs on the wide side.
func (m *Mix) Share(hits, tries []int64) Estimate {
	k, n := sum(hits), sum(tries)
	if n == 0 {
		return noInterval(math.NaN())
	}
	p := float64(k) / float64(n)
	effect, degrees := designEffect(hits, tries, p)
	h, all := float64s(hits), float64s(tries)
	mean := m.weightedMean(all)
	if weighted := m.weightedMean(h) / mean; weighted > 0 && weighted < 1 && k > 0 && k < n {
		p = weighted
	}
	if degrees == 0 || float64(min(k, n-k)) < fewHits*max(1, effect) {
		return fewShare(p, float64(n), effect, degrees, len(hits))
	}
	se, degrees := m.scatter(residuals(h, all, p))
	se /= mean
	if se == 0 {
		return fewShare(p, float64(n), effect, degrees, len(hits))
	}
	low, high := wilson(p, p*(1-p)/(se*se), StudentT(float64(degrees)))
	return Estimate{Value: p, Low: low, High: high, SE: se}
}

// wilson is the interval of a share of so many tries, where t standard errors are to be bridged.
func wilson(p, tries, t float64) (low, high float64) {
	t2 := t * t / tries
	middle, half := (p+t2/2)/(1+t2), math.Sqrt(t2*(p*(1-p)+t2/4))/(1+t2)
	return middle - half, middle + half
}

func float64s(values []int64) []float64 {
	f := make([]float64, len(values))
	for i, v := range values {
		f[i] = float64(v)
	}
	return f
}

// Quantile estimates the latency that a share q of all orders did not exceed. Value is NaN where it was not reached, High
// where its upper end was not. The interval inverts the intervals of the shares that lie below the estimate and up to it
// (Woodruff 1952). An end that lies in a bucket with many orders is moved to where they end: they may all have taken exactly as
// long, such as to a poll, and then the interval holds the truth more often than it says.
func (m *Mix) Quantile(months []*Histogram, orders []int64, q float64) Estimate {
	all := m.pool(months, orders)
	value, _, ok := all.quantile(q)
	if !ok {
		return noInterval(math.NaN())
	}
	if need := FewestForQuantile(q); sum(orders) < int64(need) {
		return noInterval(value, fmt.Sprintf("needs at least %d orders for a %.0f %% interval of p%g", need, 100*Confidence, 100*q))
	}
	below, upTo := make([]int64, len(months)), make([]int64, len(months))
	for i, h := range months {
		below[i] = int64(math.Round(h.UpTo(math.Nextafter(value, 0))))
		upTo[i] = int64(math.Round(h.UpTo(value)))
	}
	down, up := m.Share(below, orders), m.Share(upTo, orders)
	e := Estimate{Value: value, SE: math.NaN(), High: math.NaN(), Warnings: up.Warnings}
	less, more := down.Value-down.Low, up.High-up.Value
	many := (less + more) / 2 * all.orders
	var b bucketMass
	if e.Low, b, _ = all.quantile(max(0, q-less)); b.mass > many {
		e.Low = b.low
	}
	if high, b, ok := all.quantile(q + more); ok {
		if e.High = high; b.mass > many {
			e.High = b.high
		}
	}
	return e
}

// Curve calls f for times at which any order was delivered, from the shortest on, with the share of all orders that were
// delivered by then.
func (m *Mix) Curve(months []*Histogram, orders []int64, f func(seconds, share float64)) {
	all := m.pool(months, orders)
	upTo := 0.0
	for _, b := range all.buckets {
		if b.mass != 0 {
			upTo += b.mass
			f(b.high, upTo/all.orders)
		}
	}
}

// pool is the weighted histogram of all months, in pieces that don't overlap. The weight of a month in it is relative to the average.
type pool struct {
	orders  float64
	buckets []bucketMass // ascending
}

// bucketMass is how much fell into a bucket, and the shortest and longest of it in seconds.
type bucketMass struct{ mass, low, high float64 }

func (m *Mix) pool(months []*Histogram, orders []int64) pool {
	var ends Histogram
	for _, h := range months {
		ends.Merge(h)
	}
	buckets, marks := make([]bucketMass, len(ends.buckets)), make([]bucketMass, len(ends.round))
	for i, t := range ends.buckets {
		buckets[i].low, buckets[i].high = t.low.Seconds(), t.high.Seconds()
	}
	for i, t := range ends.round {
		marks[i].low, marks[i].high = t.at.Seconds(), t.at.Seconds()
	}
	p := pool{}
	for i, h := range months {
		weight := 1.0
		if m != nil {
			weight = m.weights[i] * float64(len(months))
		}
		p.orders += weight * float64(orders[i])
		for b, t := range h.buckets {
			if t.n > 0 {
				buckets[h.first+b-ends.first].mass += weight * float64(t.n)
			}
		}
		at := 0
		for _, t := range h.round {
			for ends.round[at].at < t.at {
				at++
			}
			marks[at].mass += weight * float64(t.n)
		}
	}
	p.buckets = interleave(buckets, marks)
	return p
}

// interleave puts marks among buckets, which are cut where a mark lies within.
func interleave(buckets, marks []bucketMass) []bucketMass {
	var pieces []bucketMass
	for _, b := range buckets {
		if b.mass == 0 {
			continue
		}
		density, from := b.mass/(b.high-b.low), b.low
		left := b.mass
		for len(marks) > 0 && marks[0].low <= b.high && b.high > b.low {
			if at := marks[0].low; at > from {
				pieces = append(pieces, bucketMass{density * (at - from), from, at})
				left, from = left-density*(at-from), at
			}
			pieces, marks = append(pieces, marks[0]), marks[1:]
		}
		for len(marks) > 0 && marks[0].low <= b.low {
			pieces, marks = append(pieces, marks[0]), marks[1:]
		}
		if b.high == b.low || b.high > from {
			pieces = append(pieces, bucketMass{left, from, b.high})
		}
	}
	return append(pieces, marks...)
}

// quantile is Histogram.Quantile with weights, and the bucket that it lies in.
func (p *pool) quantile(q float64) (seconds float64, in bucketMass, ok bool) {
	rank, below := q*p.orders*(1-1e-12), 0.0 // sums of pieces are rounded
	for _, b := range p.buckets {
		if b.mass > 0 && below+b.mass >= rank {
			return b.low + (b.high-b.low)*max(0, rank-below)/b.mass, b, true
		}
		below += b.mass
	}
	return 0, bucketMass{}, false
}
