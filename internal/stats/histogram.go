package stats

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Histogram counts durations in fixed buckets, 128 to an octave of seconds, so that a bucket is at most 0.78 % wide,
// and keeps the ends of what fell into each. Round durations, such as those to a poll, are counted by themselves:
// many are exactly as long. All of it is integers: merging is exact and its order doesn't matter. The zero value is
// empty.
type Histogram struct {
	first   int // bucket of buckets[0]
	buckets []tally
	round   []mark // ascending
	n       int64
}

// mark is how many durations were exactly as long.
type mark struct {
	at time.Duration
	n  int64
}

// tally is what fell into one bucket: how many, and the shortest and longest of them.
type tally struct {
	n         int64
	low, high time.Duration
}

const (
	perOctave = 128
	shift     = 52 - 7 // leaves the exponent and the first seven bits of the fraction
	lowest    = (1023 - 10) * perOctave
	highest   = (1023 + 30) * perOctave
)

// bucket returns the bucket of a number of seconds. Bucket 0 holds all below 2⁻¹⁰ s, the last
// one all above 2³⁰ s.
func bucket(seconds float64) int {
	i := int(math.Float64bits(seconds)>>shift) - lowest + 1
	return min(max(i, 0), highest-lowest+1)
}

// edge returns the lower edge of a bucket in seconds.
func edge(b int) float64 {
	if b <= 0 {
		return 0
	}
	return math.Float64frombits(uint64(b-1+lowest) << shift)
}

// Add counts one duration, which must not be negative.
func (h *Histogram) Add(d time.Duration) {
	if isRound(d) {
		h.mark(d, 1)
		return
	}
	h.add(bucket(float64(d)/float64(time.Second)), tally{1, d, d})
}

// isRound says whether a duration is one of tenths of a second; from 1,000 s on of seconds, and so on, so that there
// are not too many.
func isRound(d time.Duration) bool {
	unit := time.Second / 10
	for unit < d/10_000 {
		unit *= 10
	}
	return d%unit == 0
}

func (h *Histogram) mark(d time.Duration, n int64) {
	i, found := slices.BinarySearchFunc(h.round, d, func(m mark, d time.Duration) int { return cmp.Compare(m.at, d) })
	if !found {
		h.round = slices.Insert(h.round, i, mark{at: d})
	}
	h.round[i].n += n
	h.n += n
}

func (h *Histogram) add(b int, t tally) {
	if i := b - h.first; i < 0 || i >= len(h.buckets) {
		h.grow(b)
	}
	into := &h.buckets[b-h.first]
	if into.n == 0 || t.low < into.low {
		into.low = t.low
	}
	into.high = max(into.high, t.high)
	into.n += t.n
	h.n += t.n
}

// grow makes room for bucket b, and some around it.
func (h *Histogram) grow(b int) {
	first, end := max(b-perOctave/2, 0), b+perOctave/2
	if len(h.buckets) > 0 {
		first, end = min(first, h.first), max(end, h.first+len(h.buckets))
	}
	buckets := make([]tally, end-first)
	copy(buckets[max(h.first-first, 0):], h.buckets)
	h.first, h.buckets = first, buckets
}

// Merge adds all counts of other.
func (h *Histogram) Merge(other *Histogram) {
	for i, t := range other.buckets {
		if t.n > 0 {
			h.add(other.first+i, t)
		}
	}
	for _, m := range other.round {
		h.mark(m.at, m.n)
	}
}

// Quantile returns the number of seconds that a share q of total orders did not exceed,
// interpolated between the ends of what its bucket holds. Those of total that were never added are
// never reached: the result is false where q lies beyond them.
func (h *Histogram) Quantile(q float64, total int64) (seconds float64, ok bool) {
	p := (*Mix)(nil).pool([]*Histogram{h}, []int64{total})
	seconds, _, ok = p.quantile(q)
	return seconds, ok
}

// Around returns the edges of the bucket that holds a number of seconds.
func Around(seconds float64) (low, high float64) {
	b := bucket(seconds)
	return edge(b), edge(b + 1)
}

// UpTo returns how many durations did not exceed a number of seconds, interpolated within its bucket.
func (h *Histogram) UpTo(seconds float64) float64 {
	sum := 0.0
	for _, t := range h.buckets {
		switch low, high := t.low.Seconds(), t.high.Seconds(); {
		case t.n == 0:
		case seconds >= high:
			sum += float64(t.n)
		case seconds > low:
			sum += float64(t.n) * (seconds - low) / (high - low)
		}
	}
	for _, m := range h.round {
		if m.at.Seconds() <= seconds {
			sum += float64(m.n)
		}
	}
	return sum
}
