package stats

import (
	"math"
	"time"
)

// Histogram counts durations in fixed buckets, 128 to an octave of seconds, so that a bucket is at
// most 0.78 % wide, and keeps the ends of what fell into each. All of it is integers: merging is
// exact and its order doesn't matter. The zero value is empty.
type Histogram struct {
	first   int // bucket of buckets[0]
	buckets []tally
	n       int64
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
	h.add(bucket(float64(d)/float64(time.Second)), tally{1, d, d})
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
}

// Count returns how many durations were added.
func (h *Histogram) Count() int64 { return h.n }

// Quantile returns the number of seconds that a share q of total orders did not exceed,
// interpolated between the ends of what its bucket holds. Those of total that were never added are
// never reached: the result is false where q lies beyond them.
func (h *Histogram) Quantile(q float64, total int64) (seconds float64, ok bool) {
	rank := q * float64(total)
	if h.n == 0 || rank > float64(h.n) {
		return 0, false
	}
	below := 0.0
	for _, t := range h.buckets {
		if n := float64(t.n); t.n > 0 && below+n >= rank {
			low, high := t.low.Seconds(), t.high.Seconds()
			return low + (high-low)*max(0, rank-below)/n, true
		}
		below += float64(t.n)
	}
	return 0, false
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
	return sum
}

// Each calls f for each bucket that holds anything, from the shortest on: with the longest of its
// durations in seconds, and how many did not exceed that.
func (h *Histogram) Each(f func(seconds float64, upTo int64)) {
	upTo := int64(0)
	for _, t := range h.buckets {
		if t.n > 0 {
			upTo += t.n
			f(t.high.Seconds(), upTo)
		}
	}
}
