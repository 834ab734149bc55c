// Package stats turns counts and sums of replicated months into figures with intervals and
// warnings.
//
// It deliberately never takes a single order for a replication: orders of one month share
// queues and outages, so months (or blocks of a bench) are the unit of error throughout.
//
//	e := stats.Ratio(costs, delivered)
//	fmt.Println(e.Value, e.Low, e.High, e.Warnings)
package stats

import (
	"math"
	"math/bits"
	"slices"
	"time"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Confidence is that of all intervals.
const Confidence = 0.95

// Estimate is a figure with its interval. NaN stands for what is not known or not reached.
type Estimate struct {
	Value, Low, High float64
	SE               float64 // standard error of Value
	Warnings         []string
}

const oneMonth = "one month only: no interval; simulate at least two"

func noInterval(value float64, warnings ...string) Estimate {
	return Estimate{Value: value, Low: math.NaN(), High: math.NaN(), SE: math.NaN(), Warnings: warnings}
}

// Mean is that of the nil Mix.
func Mean(months []float64) Estimate { return (*Mix)(nil).Mean(months) }

// tInterval is the t interval about a value.
func tInterval(value, se float64, degrees int) Estimate {
	t := StudentT(float64(degrees))
	return Estimate{Value: value, Low: value - t*se, High: value + t*se, SE: se}
}

// StudentT is how many standard errors the interval reaches to each side.
func StudentT(degrees float64) float64 {
	return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: degrees}.Quantile((1 + Confidence) / 2)
}

// Ratio is that of the nil Mix.
func Ratio(a, b []float64) Estimate { return (*Mix)(nil).Ratio(a, b) }

// Share is that of the nil Mix.
func Share(hits, tries []int64) Estimate { return (*Mix)(nil).Share(hits, tries) }

// Quantile is that of the nil Mix.
func Quantile(months []*Histogram, orders []int64, q float64) Estimate {
	return (*Mix)(nil).Quantile(months, orders, q)
}

// fewShare is the interval of a share by Clopper and Pearson, on no more tries than there were.
func fewShare(p, n, effect float64, degrees, months int) Estimate {
	worth := n
	if degrees > 0 {
		// The fewer the months, the less is known of their scatter.
		t := StudentT(n-1) / StudentT(float64(degrees))
		worth = min(worth, worth/effect*t*t)
	}
	low, high := ClopperPearson(p*worth, worth)
	e := Estimate{Value: p, Low: low, High: high, SE: math.Sqrt(p * (1 - p) * max(1, effect) / n)}
	if months == 1 {
		e.Warnings = []string{"one month only: the interval takes its orders as independent"}
	}
	return e
}

// designEffect is how much more months scatter than independent tries would, and how many degrees of
// freedom tell so.
func designEffect(hits, tries []int64, p float64) (effect float64, degrees int) {
	if p <= 0 || p >= 1 {
		return 1, 0
	}
	months := 0
	for i := range hits {
		if tries[i] == 0 {
			continue
		}
		months++
		n := float64(tries[i])
		d := float64(hits[i]) - n*p
		effect += d * d / (n * p * (1 - p))
	}
	if months < 2 {
		return 1, 0
	}
	return effect / float64(months-1), months - 1
}

// ClopperPearson is the interval of a share after hits out of tries; neither need be whole.
func ClopperPearson(hits, tries float64) (low, high float64) {
	const tail = (1 - Confidence) / 2
	low, high = 0, 1
	if hits > 0 {
		low = mathext.InvRegIncBeta(hits, tries-hits+1, tail)
	}
	if hits < tries {
		high = mathext.InvRegIncBeta(hits+1, tries-hits, 1-tail)
	}
	return low, high
}

// FewestForQuantile is the smallest sample whose extremes bound the quantile q on both sides.
func FewestForQuantile(q float64) int {
	const tail = (1 - Confidence) / 2
	return int(math.Ceil(math.Log(tail) / math.Log(max(q, 1-q))))
}

// Percentile is the quantile q of single months, by linear interpolation (Hyndman and Fan 1996, type 7).
func Percentile(months []float64, q float64) float64 {
	if len(months) == 0 {
		return math.NaN()
	}
	sorted := slices.Sorted(slices.Values(months))
	at := q * float64(len(sorted)-1)
	i := int(at)
	if i+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[i] + (at-float64(i))*(sorted[i+1]-sorted[i])
}

// BinomialP is the two-sided p-value of hits out of tries under a share p: twice the smaller tail.
func BinomialP(hits, tries int64, p float64) float64 {
	k, n := float64(hits), float64(tries)
	switch {
	case p <= 0:
		return boolToP(hits == 0)
	case p >= 1:
		return boolToP(hits == tries)
	}
	atMost, atLeast := 1.0, 1.0
	if hits < tries {
		atMost = mathext.RegIncBeta(n-k, k+1, 1-p)
	}
	if hits > 0 {
		atLeast = mathext.RegIncBeta(k, n-k+1, p)
	}
	return min(1, 2*min(atMost, atLeast))
}

func boolToP(agrees bool) float64 {
	if agrees {
		return 1
	}
	return 0
}

// Sum adds durations without overflow: 128 bits hold 10⁹ orders of ten years.
type Sum struct{ high, low uint64 }

// Add adds a duration, which must not be negative.
func (s *Sum) Add(d time.Duration) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, uint64(d), 0)
	s.high += carry
}

// Merge adds another sum.
func (s *Sum) Merge(other Sum) {
	var carry uint64
	s.low, carry = bits.Add64(s.low, other.low, 0)
	s.high += other.high + carry
}

// Seconds is the sum in seconds.
func (s Sum) Seconds() float64 {
	return (float64(s.high)*0x1p64 + float64(s.low)) / float64(time.Second)
}

func sum[T int64 | float64](values []T) T {
	var s T
	for _, v := range values {
		s += v
	}
	return s
}
