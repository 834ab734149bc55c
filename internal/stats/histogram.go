package stats

import (
	"math"
	"time"
)

// Histogram counts durations in fixed buckets, 128 to an octave of seconds, so that a bucket is at
// most 0.78 % wide. Counts are integers: merging is exact and its order doesn't matter. The
// zero value is empty.
type Histogram struct {
	first  int // bucket of counts[0]
	counts []int64
	n      int64
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
func (h *Histogram) Add(d time.Duration) { h.add(bucket(float64(d)/float64(time.Second)), 1) }

func (h *Histogram) add(b int, n int64) {
	if i := b - h.first; i >= 0 && i < len(h.counts) {
		h.counts[i] += n
	} else {
		h.grow(b)
		h.counts[b-h.first] += n
	}
	h.n += n
}

// grow makes room for bucket b, and some around it.
func (h *Histogram) grow(b int) {
	first, end := max(b-perOctave/2, 0), b+perOctave/2
	if len(h.counts) > 0 {
		first, end = min(first, h.first), max(end, h.first+len(h.counts))
	}
	counts := make([]int64, end-first)
	copy(counts[max(h.first-first, 0):], h.counts)
	h.first, h.counts = first, counts
}

// Merge adds all counts of other.
func (h *Histogram) Merge(other *Histogram) {
	for i, n := range other.counts {
		if n > 0 {
			h.add(other.first+i, n)
		}
	}
}

// Count returns how many durations were added.
func (h *Histogram) Count() int64 { return h.n }

// Quantile returns the number of seconds that a share q of total orders did not exceed,
// interpolated within its bucket. Those of total that were never added are never reached: the
// result is false where q lies beyond them.
func (h *Histogram) Quantile(q float64, total int64) (seconds float64, ok bool) {
	rank := q * float64(total)
	if h.n == 0 || rank > float64(h.n) {
		return 0, false
	}
	below := 0.0
	for i, n := range h.counts {
		if n > 0 && below+float64(n) >= rank {
			low, high := edge(h.first+i), edge(h.first+i+1)
			return low + (high-low)*max(0, rank-below)/float64(n), true
		}
		below += float64(n)
	}
	return edge(h.first + len(h.counts)), true
}

// Around returns the edges of the bucket that holds a number of seconds.
func Around(seconds float64) (low, high float64) {
	b := bucket(seconds)
	return edge(b), edge(b + 1)
}

// UpTo returns how many durations did not exceed a number of seconds, interpolated within its bucket.
func (h *Histogram) UpTo(seconds float64) float64 {
	b, sum := bucket(seconds), int64(0)
	for i, n := range h.counts {
		if h.first+i == b {
			low, high := edge(b), edge(b+1)
			return float64(sum) + float64(n)*(seconds-low)/(high-low)
		}
		if h.first+i > b {
			break
		}
		sum += n
	}
	return float64(sum)
}

// Each calls f for each bucket from the lowest to the highest that holds anything, with its upper
// edge in seconds and how many durations lie below that edge.
func (h *Histogram) Each(f func(upper float64, below int64)) {
	below := int64(0)
	for i, n := range h.counts {
		if below += n; below > 0 {
			f(edge(h.first+i+1), below)
		}
		if below == h.n {
			return
		}
	}
}
