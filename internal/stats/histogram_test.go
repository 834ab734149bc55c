package stats_test

import (
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"channelbench/internal/stats"
)

func histogram(durations ...time.Duration) *stats.Histogram {
	var h stats.Histogram
	for _, d := range durations {
		h.Add(d)
	}
	return &h
}

// step is a duration, and how many did not exceed it.
type step struct {
	seconds float64
	upTo    int64
}

// steps are those of the curve of all durations.
func steps(h *stats.Histogram) []step {
	var all []step
	(*stats.Mix)(nil).Curve([]*stats.Histogram{h}, []int64{stats.Count(h)}, func(seconds, share float64) {
		all = append(all, step{seconds, int64(math.Round(share * float64(stats.Count(h))))})
	})
	return all
}

func TestHistogramQuantile(t *testing.T) {
	atoms := []time.Duration{2 * time.Second, 10 * time.Second, 10 * time.Second, 10 * time.Second}
	close := []time.Duration{100_010 * time.Millisecond, 100_110 * time.Millisecond, 100_210 * time.Millisecond,
		100_410 * time.Millisecond}
	for _, tt := range []struct {
		name  string
		added []time.Duration
		total int64
		q     float64
		want  float64 // NaN: not reached
	}{
		{"one value", []time.Duration{7 * time.Second}, 1, 0.5, 7},
		{"one value, at the end", []time.Duration{7 * time.Second}, 1, 1, 7},
		{"lower atom", atoms, 4, 0.25, 2},
		{"just above the lower atom", atoms, 4, 0.26, 10},
		{"upper atom", atoms, 4, 0.99, 10},
		{"the shortest", atoms, 4, 0, 2},
		{"the longest", atoms, 4, 1, 10},
		{"a share of all orders, not of those added", atoms, 10, 0.1, 2},
		{"the last that is reached", atoms, 10, 0.4, 10},
		{"never reached", atoms, 10, 0.41, math.NaN()},
		{"nothing added", nil, 10, 0, math.NaN()},
		{"nothing at all", nil, 0, 0.5, math.NaN()},
		{"within a bucket, from its shortest", close, 4, 0, 100.01},
		{"within a bucket, half of the way", close, 4, 0.5, 100.21},
		{"within a bucket, to its longest", close, 4, 1, 100.41},
		{"zero", []time.Duration{0, 0, time.Second}, 3, 0.5, 0},
		{"below a millisecond", []time.Duration{3, 3, 3}, 3, 0.5, 3e-9},
		{"the longest duration there is", []time.Duration{math.MaxInt64}, 1, 0.5, 9223372036.854775807},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := histogram(tt.added...).Quantile(tt.q, tt.total)
			if math.IsNaN(tt.want) {
				if ok || got != 0 {
					t.Errorf("Quantile(%v, %d) = %v, %v; want never", tt.q, tt.total, got, ok)
				}
				return
			}
			if !ok || math.Abs(got-tt.want) > 1e-9*tt.want {
				t.Errorf("Quantile(%v, %d) = %v, %v; want %v", tt.q, tt.total, got, ok, tt.want)
			}
		})
	}
}

// TestHistogramAgainstTheSample holds quantiles of a sample against the sorted sample: the value of that
// rank, within a bucket's width.
func TestHistogramAgainstTheSample(t *testing.T) {
	const seed, n = 11, 20_000
	r := rand.New(rand.NewPCG(seed, 0))
	durations := make([]time.Duration, n)
	for i := range durations {
		durations[i] = time.Duration(math.Exp(4+1.2*r.NormFloat64()) * float64(time.Second))
	}
	h := histogram(durations...)
	slices.Sort(durations)
	for _, q := range []float64{0.0001, 0.01, 0.25, 0.5, 0.95, 0.99, 0.9999, 1} {
		got, ok := h.Quantile(q, n)
		want := durations[int(math.Ceil(q*n))-1].Seconds()
		if !ok || math.Abs(got/want-1) > 1.0/128 {
			t.Errorf("seed %d: Quantile(%v) = %v, %v; the sample has %v", seed, q, got, ok, want)
		}
		if upTo := h.UpTo(got); math.Abs(upTo-q*n) > 1e-6*n {
			t.Errorf("seed %d: UpTo(Quantile(%v)) = %v, want %v", seed, q, upTo, q*n)
		}
	}
	if got := stats.Count(h); got != n {
		t.Errorf("Count() = %d, want %d", got, n)
	}
}

func TestUpTo(t *testing.T) {
	h := histogram(2*time.Second, 100_010*time.Millisecond, 100_110*time.Millisecond, 100_210*time.Millisecond,
		100_410*time.Millisecond, 300*time.Second)
	for _, tt := range []struct {
		name          string
		seconds, want float64
	}{
		{"before the first", 1.9, 0},
		{"at an atom", 2, 1},
		{"between buckets", 50, 1},
		{"at a bucket's shortest", 100.01, 1},
		{"half through a bucket", 100.21, 3},
		{"at a bucket's longest", 100.41, 5},
		{"beyond a bucket", 200, 5},
		{"beyond the last", 301, 6},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := h.UpTo(tt.seconds); math.Abs(got-tt.want) > 1e-9 {
				t.Errorf("UpTo(%v) = %v, want %v", tt.seconds, got, tt.want)
			}
		})
	}
}

func TestCurve(t *testing.T) {
	h := histogram(300*time.Second, 100*time.Second, 2*time.Second, 100_410*time.Millisecond, 100_430*time.Millisecond, 0)
	want := []step{{0, 1}, {2, 2}, {100, 3}, {100.43, 5}, {300, 6}}
	if got := steps(h); !reflect.DeepEqual(got, want) {
		t.Errorf("the curve is %v, want %v", got, want)
	}
	if got := steps(&stats.Histogram{}); got != nil {
		t.Errorf("that of an empty histogram: %v", got)
	}
}

// TestPolledQuantiles: what is exactly as long is told so, whatever lies close to it.
func TestPolledQuantiles(t *testing.T) {
	var h stats.Histogram
	for range 900 {
		h.Add(330 * time.Second)
	}
	for i := range 100 { // retried, and polled a little later: in the same bucket
		h.Add(330*time.Second + time.Duration(i)*20_000_001*time.Nanosecond)
		h.Add(320*time.Second + time.Duration(i)*20_000_001*time.Nanosecond)
	}
	for _, q := range []float64{0.12, 0.5, 0.86} {
		if got, ok := h.Quantile(q, 1100); !ok || got != 330 {
			t.Errorf("p%v is %v, %v, want 330", 100*q, got, ok)
		}
		months, orders := []*stats.Histogram{&h, &h}, []int64{1100, 1100}
		if e := unmixed.Quantile(months, orders, q); e.Value != 330 || e.Low != 330 || e.High != 330 {
			t.Errorf("p%v is %v, from %v to %v, want 330", 100*q, e.Value, e.Low, e.High)
		}
	}
	if got, _ := h.Quantile(0.96, 1100); got <= 330 || got > 332 {
		t.Errorf("p96 is %v, want what was polled later", got)
	}
}

func TestAround(t *testing.T) {
	for _, tt := range []struct {
		name               string
		seconds, low, high float64
	}{
		{"zero", 0, 0, 0x1p-10},
		{"below a millisecond", 0.0005, 0, 0x1p-10},
		{"the first edge", 0x1p-10, 0x1p-10, 0x1p-10 * (1 + 1.0/128)},
		{"a second", 1, 1, 1 + 1.0/128},
		{"just below a second", math.Nextafter(1, 0), 1 - 1.0/256, 1},
		{"the first bucket's end", 1 + 1.0/128, 1 + 1.0/128, 1 + 2.0/128},
		{"a hundred seconds", 100.2, 100, 100.5},
		{"the last octave's end", math.Nextafter(0x1p30, 0), 0x1p30 * (1 - 1.0/256), 0x1p30},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if low, high := stats.Around(tt.seconds); low != tt.low || high != tt.high {
				t.Errorf("Around(%v) = %v, %v; want %v, %v", tt.seconds, low, high, tt.low, tt.high)
			}
		})
	}
	if low, _ := stats.Around(1e300); low != 0x1p30 {
		t.Errorf("Around(1e300) begins at %v, want 2³⁰", low)
	}
}

// anyDuration draws durations of every size, many of them equal or close to each other.
func anyDuration() *rapid.Generator[time.Duration] {
	return rapid.Custom(func(t *rapid.T) time.Duration {
		switch rapid.IntRange(0, 3).Draw(t, "sort") {
		case 0:
			return time.Duration(rapid.Int64Min(0).Draw(t, "any"))
		case 1:
			return time.Duration(rapid.Int64Range(0, 2e6).Draw(t, "around the lowest edge"))
		case 2:
			return 100*time.Second + time.Duration(rapid.Int64Range(0, 1e9).Draw(t, "close"))
		}
		return time.Duration(rapid.IntRange(0, 5).Draw(t, "atom")) * 10 * time.Second
	})
}

func TestMergeIsExactWhateverTheOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		months := rapid.SliceOfN(rapid.SliceOfN(anyDuration(), 0, 20), 1, 5).Draw(t, "months")
		var all, forth, back stats.Histogram
		for _, month := range months {
			for _, d := range month {
				all.Add(d)
			}
			forth.Merge(histogram(month...))
		}
		for _, month := range slices.Backward(months) {
			back.Merge(histogram(month...))
		}
		want := steps(&all)
		for what, h := range map[string]*stats.Histogram{"merged": &forth, "merged backwards": &back} {
			if got := steps(h); !reflect.DeepEqual(got, want) || stats.Count(h) != stats.Count(&all) {
				t.Fatalf("%s: %v, added: %v", what, got, want)
			}
			for _, q := range []float64{0, 0.1, 0.5, 0.9, 1} {
				got, reached := h.Quantile(q, stats.Count(&all))
				if want, should := all.Quantile(q, stats.Count(&all)); got != want || reached != should {
					t.Fatalf("%s: Quantile(%v) = %v, added: %v", what, q, got, want)
				}
			}
		}
	})
}

func TestMergeLeavesTheOtherAlone(t *testing.T) {
	a, b := histogram(time.Second), histogram(time.Minute, time.Hour)
	a.Merge(b)
	a.Merge(&stats.Histogram{})
	if got, want := steps(b), []step{{60, 1}, {3600, 2}}; !reflect.DeepEqual(got, want) {
		t.Errorf("after merging, the other holds %v, want %v", got, want)
	}
	if got, want := steps(a), []step{{1, 1}, {60, 2}, {3600, 3}}; !reflect.DeepEqual(got, want) {
		t.Errorf("merged: %v, want %v", got, want)
	}
}

// TestHistogramIsAMonotoneCDF: over any sample, quantiles ascend, lie between the ends of the sample, and
// UpTo agrees with the sample but for what lies in the same bucket.
func TestHistogramIsAMonotoneCDF(t *testing.T) {
	const ulps = 1e-14 // interpolation rounds
	rapid.Check(t, func(t *rapid.T) {
		sample := rapid.SliceOfN(anyDuration(), 1, 60).Draw(t, "sample")
		h := histogram(sample...)
		slices.Sort(sample)
		n := int64(len(sample))
		last := 0.0
		for i := range 21 {
			q := float64(i) / 20
			got, ok := h.Quantile(q, n)
			if !ok || got < last*(1-ulps) || got < sample[0].Seconds() || got > sample[n-1].Seconds()*(1+ulps) {
				t.Fatalf("Quantile(%v) = %v, %v after %v; the sample runs from %v to %v", q, got, ok, last, sample[0], sample[n-1])
			}
			last = got
		}
		for i, d := range sample {
			low, high := stats.Around(d.Seconds())
			close := 0 // within whose bucket counts are interpolated
			for _, other := range sample {
				if s := other.Seconds(); s >= low && s <= high {
					close++
				}
			}
			if off := h.UpTo(d.Seconds()) - float64(i+1); math.Abs(off) > float64(close) && high < 0x1p30 {
				t.Fatalf("UpTo(%v) is %v off, where %d are as long", d.Seconds(), off, close)
			}
		}
	})
}
