package stats_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/stats"
)

// unmixed estimates without strata.
var unmixed *stats.Mix

func ExampleRatio() {
	costs := []float64{120, 118, 125, 121} // dollars in each of four months
	delivered := []float64{990, 985, 998, 992}
	e := stats.Ratio(costs, delivered)
	fmt.Printf("%.3f (%.3f to %.3f)\n", e.Value, e.Low, e.High)
	fmt.Println(unmixed.Mean([]float64{120}).Warnings)
	// Output:
	// 0.122 (0.118 to 0.126)
	// [one month only: no interval; simulate at least two]
}

// near says whether two numbers agree to a relative tolerance; NaN agrees with NaN.
func near(got, want, tolerance float64) bool {
	if math.IsNaN(want) || math.IsInf(want, 0) || want == 0 {
		return math.IsNaN(got) == math.IsNaN(want) && (math.IsNaN(want) || got == want)
	}
	return math.Abs(got/want-1) <= tolerance
}

func checkEstimate(t *testing.T, got stats.Estimate, value, low, high, se float64) {
	t.Helper()
	for _, f := range []struct {
		name      string
		got, want float64
	}{{"value", got.Value, value}, {"low", got.Low, low}, {"high", got.High, high}, {"standard error", got.SE, se}} {
		if !near(f.got, f.want, 1e-5) {
			t.Errorf("%s = %v, want %v", f.name, f.got, f.want)
		}
	}
}

func checkWarning(t *testing.T, e stats.Estimate, want string) {
	t.Helper()
	if got := strings.Join(e.Warnings, "; "); (want == "") != (got == "") || !strings.Contains(got, want) {
		t.Errorf("warnings %q, want %q", e.Warnings, want)
	}
}

var nan = math.NaN()

func TestMean(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		months               []float64
		value, low, high, se float64
		warning              string
	}{
		// Student's t: 12.7062 with one degree of freedom, 2.77645 with four.
		{"two months", []float64{1, 3}, 2, 2 - 12.7062, 2 + 12.7062, 1, ""},
		{"five months", []float64{1, 2, 3, 4, 5}, 3, 3 - 2.776445*math.Sqrt(0.5), 3 + 2.776445*math.Sqrt(0.5), math.Sqrt(0.5),
			""},
		{"no scatter", []float64{7, 7, 7}, 7, 7, 7, 0, ""},
		{"one month", []float64{7}, 7, nan, nan, nan, "one month only"},
		{"no month", nil, nan, nan, nan, nan, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := unmixed.Mean(tt.months)
			checkEstimate(t, e, tt.value, tt.low, tt.high, tt.se)
			checkWarning(t, e, tt.warning)
		})
	}
}

func TestRatio(t *testing.T) {
	// Residuals of 1/2, 3/2, 2/5: the ratio is 2/3, the residuals 1/3·(−1, 5, −4), their variance 7/3.
	se := math.Sqrt(7.0/3/3) / 3
	for _, tt := range []struct {
		name                 string
		a, b                 []float64
		value, low, high, se float64
		warning              string
	}{
		{"of sums, not the mean of ratios", []float64{1, 3, 2}, []float64{2, 2, 5}, 2.0 / 3, 2.0/3 - 4.302653*se,
			2.0/3 + 4.302653*se, se, ""},
		{"two months", []float64{1, 3}, []float64{2, 2}, 1, 1 - 12.7062*0.5, 1 + 12.7062*0.5, 0.5, ""},
		{"the same in every month", []float64{1, 2, 4}, []float64{2, 4, 8}, 0.5, 0.5, 0.5, 0, ""},
		{"nothing to divide by", []float64{1, 2}, []float64{0, 0}, nan, nan, nan, nan, ""},
		{"one month", []float64{3}, []float64{4}, 0.75, nan, nan, nan, "one month only"},
		{"no month", nil, nil, nan, nan, nan, nan, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := stats.Ratio(tt.a, tt.b)
			checkEstimate(t, e, tt.value, tt.low, tt.high, tt.se)
			checkWarning(t, e, tt.warning)
		})
	}
}

// TestClopperPearson holds intervals against published ones: exact tables as in R's binom.test.
func TestClopperPearson(t *testing.T) {
	for _, tt := range []struct{ hits, tries, low, high float64 }{
		{0, 10, 0, 0.3084971},
		{10, 10, 0.6915029, 1},
		{5, 10, 0.1870860, 0.8129140},
		{1, 10, 0.002528579, 0.4450161},
		{48, 50, 0.8628614, 0.9951144},
		{0, 1, 0, 0.975},
		{10, 100, 0.04900469, 0.1762226},
	} {
		low, high := stats.ClopperPearson(tt.hits, tt.tries)
		if !near(low, tt.low, 1e-5) || !near(high, tt.high, 1e-5) {
			t.Errorf("%v of %v: %.7g to %.7g, want %.7g to %.7g", tt.hits, tt.tries, low, high, tt.low, tt.high)
		}
	}
}

// TestClopperPearsonMeansTails: at each end of the interval, the tail towards the hits is 2.5 %.
func TestClopperPearsonMeansTails(t *testing.T) {
	for _, tt := range []struct{ hits, tries int }{{1, 4}, {7, 20}, {19, 20}, {100, 1000}} {
		low, high := stats.ClopperPearson(float64(tt.hits), float64(tt.tries))
		if tail := tailUp(tt.hits, tt.tries, low); !near(tail, 0.025, 1e-9) {
			t.Errorf("%d of %d: at the low end %v, P(as many or more) = %v, want 0.025", tt.hits, tt.tries, low, tail)
		}
		if tail := tailUp(tt.tries-tt.hits, tt.tries, 1-high); !near(tail, 0.025, 1e-9) {
			t.Errorf("%d of %d: at the high end %v, P(as few or fewer) = %v, want 0.025", tt.hits, tt.tries, high, tail)
		}
	}
}

// tailUp adds up binomial probabilities from k to n.
func tailUp(k, n int, p float64) float64 {
	b := distuv.Binomial{N: float64(n), P: p}
	total := 0.0
	for i := n; i >= k; i-- {
		total += b.Prob(float64(i))
	}
	return total
}

func TestBinomialP(t *testing.T) {
	for _, n := range []int{1, 2, 7, 40} {
		for _, p := range []float64{0.01, 0.3, 0.5, 0.97} {
			for k := range n + 1 {
				want := min(1, 2*min(tailUp(k, n, p), tailUp(n-k, n, 1-p)))
				if got := stats.BinomialP(int64(k), int64(n), p); !near(got, want, 1e-9) {
					t.Errorf("BinomialP(%d, %d, %v) = %v, the probabilities add up to %v", k, n, p, got, want)
				}
			}
		}
	}
	for _, tt := range []struct {
		name        string
		hits, tries int64
		p, want     float64
	}{
		{"impossible and not seen", 0, 10, 0, 1},
		{"impossible but seen", 1, 10, 0, 0},
		{"certain and always seen", 10, 10, 1, 1},
		{"certain but once not seen", 9, 10, 1, 0},
		{"below all shares", 0, 10, -0.1, 1},
		{"above all shares", 10, 10, 1.1, 1},
		{"no tries", 0, 0, 0.5, 1},
	} {
		if got := stats.BinomialP(tt.hits, tt.tries, tt.p); got != tt.want {
			t.Errorf("%s: BinomialP(%d, %d, %v) = %v, want %v", tt.name, tt.hits, tt.tries, tt.p, got, tt.want)
		}
	}
}

func TestShare(t *testing.T) {
	for _, tt := range []struct {
		name                 string
		hits, tries          []int64
		value, low, high, se float64
		warning              string
	}{
		{"one month, independent orders", []int64{5}, []int64{10}, 0.5, 0.1870860, 0.8129140, math.Sqrt(0.025),
			"takes its orders as independent"},
		{"calm months count as independent orders", []int64{5, 5}, []int64{10, 10}, 0.5, 0.2719578, 0.7280422,
			math.Sqrt(0.0125), ""},
		{"none", []int64{0, 0}, []int64{5, 5}, 0, 0, 0.3084971, 0, ""},
		{"all", []int64{5, 5}, []int64{5, 5}, 1, 0.6915029, 1, 0, ""},
		// Σ d²/(n p q) over months − 1 is 800/10/4 = 20: the 200 orders are worth 10,
		// and (1.971957/2.776445)² of that, as it takes t with 4 degrees instead of 199 to be sure.
		{"months that scatter count for less", []int64{40, 0, 20, 20, 20}, []int64{40, 40, 40, 40, 40}, 0.5, 0.0955125,
			0.9044875, math.Sqrt(0.025), ""},
		{"one month with orders, one empty", []int64{5, 0}, []int64{10, 0}, 0.5, 0.1870860, 0.8129140, math.Sqrt(0.025), ""},
		{"an empty month changes nothing", []int64{40, 0, 0, 20, 20, 20}, []int64{40, 40, 0, 40, 40, 40}, 0.5, 0.0955125,
			0.9044875, math.Sqrt(0.025), ""},
		{"no tries", []int64{0}, []int64{0}, nan, nan, nan, nan, ""},
		{"no month", nil, nil, nan, nan, nan, nan, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := stats.Share(tt.hits, tt.tries)
			checkEstimate(t, e, tt.value, tt.low, tt.high, tt.se)
			checkWarning(t, e, tt.warning)
		})
	}
}

func TestFewestForQuantile(t *testing.T) {
	for q, want := range map[float64]int{0.5: 6, 0.9: 36, 0.95: 72, 0.99: 368, 0.1: 36, 0.05: 72, 0.01: 368} {
		if got := stats.FewestForQuantile(q); got != want {
			t.Errorf("FewestForQuantile(%v) = %d, want %d", q, got, want)
		}
	}
}

func TestPercentile(t *testing.T) {
	months := []float64{4, 1, 3, 2}
	for _, tt := range []struct {
		name   string
		months []float64
		q      float64
		want   float64
	}{
		{"the smallest", months, 0, 1},
		{"at a value", months, 1.0 / 3, 2},
		{"between two", months, 0.5, 2.5},
		{"R's quantile(c(4,1,3,2), 0.05)", months, 0.05, 1.15},
		{"R's quantile(c(4,1,3,2), 0.95)", months, 0.95, 3.85},
		{"the largest", months, 1, 4},
		{"one month", []float64{7}, 0.3, 7},
		{"no month", nil, 0.5, nan},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := stats.Percentile(tt.months, tt.q); !near(got, tt.want, 1e-12) {
				t.Errorf("Percentile(%v, %v) = %v, want %v", tt.months, tt.q, got, tt.want)
			}
		})
	}
	if !slices.Equal(months, []float64{4, 1, 3, 2}) {
		t.Errorf("Percentile sorted its input: %v", months)
	}
}

func TestSum(t *testing.T) {
	var s stats.Sum
	if got := s.Seconds(); got != 0 {
		t.Errorf("an empty sum is %v s", got)
	}
	s.Add(1500 * time.Millisecond)
	s.Add(500 * time.Millisecond)
	if got := s.Seconds(); got != 2 {
		t.Errorf("1.5 s + 0.5 s = %v s", got)
	}
	const each = math.MaxInt64 / 1e9 // seconds
	var added, merged stats.Sum
	for range 9 {
		added.Add(math.MaxInt64)
	}
	if got := added.Seconds(); !near(got, 9*each, 1e-15) {
		t.Errorf("nine times the longest duration = %v s, want %v", got, 9*each)
	}
	for range 5 {
		merged.Merge(added)
	}
	if got := merged.Seconds(); !near(got, 45*each, 1e-15) {
		t.Errorf("five times that, merged = %v s, want %v", got, 45*each)
	}
}

func TestQuantile(t *testing.T) {
	seconds := func(from, to int) *stats.Histogram {
		var h stats.Histogram
		for s := from; s <= to; s++ {
			h.Add(time.Duration(s) * time.Second)
		}
		return &h
	}
	for _, tt := range []struct {
		name             string
		months           []*stats.Histogram
		orders           []int64
		q                float64
		value, low, high float64
		warning          string
	}{
		// Of 100, Clopper and Pearson allow 39.832 to 60.168 about 50.
		{"median of 1 to 100 s", []*stats.Histogram{seconds(1, 100)}, []int64{100}, 0.5, 50, 40, 61, "as independent"},
		{"two calm months", []*stats.Histogram{seconds(1, 100), seconds(1, 100)}, []int64{100, 100}, 0.5, 50, 43, 58, ""},
		// Each half is one month: the 200 orders are worth one, whose interval is all there is.
		{"two months apart", []*stats.Histogram{seconds(1, 100), seconds(101, 200)}, []int64{100, 100}, 0.5, 100, 1, 200, ""},
		{"over all orders, delivered or not", []*stats.Histogram{seconds(1, 100)}, []int64{200}, 0.25, 50, 39, 63,
			"as independent"},
		{"upper end not reached", []*stats.Histogram{seconds(1, 100)}, []int64{200}, 0.49, 98, 84, nan, "as independent"},
		{"not reached", []*stats.Histogram{seconds(1, 100)}, []int64{200}, 0.51, nan, nan, nan, ""},
		{"enough orders", []*stats.Histogram{seconds(1, 72)}, []int64{72}, 0.95, 69, 64, 72, "as independent"},
		{"an order too few", []*stats.Histogram{seconds(1, 71)}, []int64{71}, 0.95, 68, nan, nan, "needs at least 72 orders"},
		{"no month", nil, nil, 0.5, nan, nan, nan, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			e := unmixed.Quantile(tt.months, tt.orders, tt.q)
			for _, f := range []struct {
				name      string
				got, want float64
			}{{"value", e.Value, tt.value}, {"low", e.Low, tt.low}, {"high", e.High, tt.high}} {
				if math.IsNaN(f.got) != math.IsNaN(f.want) || math.Abs(f.got-f.want) > 1 {
					t.Errorf("%s = %v, want %v ± 1", f.name, f.got, f.want)
				}
			}
			checkWarning(t, e, tt.warning)
		})
	}
}

// coverage counts how many of the intervals of independent runs hold the truth.
func coverage(t *testing.T, seed uint64, runs int, truth float64, run func(r *rand.Rand) stats.Estimate) float64 {
	t.Helper()
	held := 0
	for i := range runs {
		e := run(rand.New(rand.NewPCG(seed, uint64(i))))
		if math.IsNaN(e.Low) || math.IsNaN(e.High) || e.Low > e.Value || e.Value > e.High {
			t.Fatalf("seed %d, run %d: %v is not within %v to %v", seed, i, e.Value, e.Low, e.High)
		}
		if e.Low <= truth && truth <= e.High {
			held++
		}
	}
	return float64(held) / float64(runs)
}

// binomial draws hits out of n tries.
func binomial(r *rand.Rand, n int, p float64) int64 {
	return int64(distuv.Binomial{N: float64(n), P: p, Src: r}.Rand())
}

// TestCoverage holds the confidence of every interval against runs whose truth is known. What is exact must cover
// 95 % within three standard errors; what is conservative, at least that; what is an approximation has room said here.
func TestCoverage(t *testing.T) {
	const runs, seed = 2000, 5
	threeSE := 3 * math.Sqrt(stats.Confidence*(1-stats.Confidence)/runs)
	for _, tt := range []struct {
		name         string
		truth        float64
		below, above float64 // room beyond three standard errors
		run          func(r *rand.Rand) stats.Estimate
	}{
		{"mean of 3 normal months", 10, 0, 0, func(r *rand.Rand) stats.Estimate {
			return unmixed.Mean([]float64{10 + r.NormFloat64(), 10 + r.NormFloat64(), 10 + r.NormFloat64()})
		}},
		{"ratio of 30 months that scatter in both", 0.5, 0, 0, func(r *rand.Rand) stats.Estimate {
			var a, b []float64
			for range 30 {
				b = append(b, 100+10*r.NormFloat64())
				a = append(a, 0.5*b[len(b)-1]+r.NormFloat64())
			}
			return stats.Ratio(a, b)
		}},
		{"share of independent orders", 0.3, 0, 0, func(r *rand.Rand) stats.Estimate {
			hits, tries := make([]int64, 20), make([]int64, 20)
			for i := range hits {
				hits[i], tries[i] = binomial(r, 100, 0.3), 100
			}
			return stats.Share(hits, tries)
		}},
		{"rare share of independent orders", 0.002, 0, 0.05, func(r *rand.Rand) stats.Estimate {
			return stats.Share([]int64{binomial(r, 500, 0.002)}, []int64{500})
		}},
		{"share of months in each of which orders share their luck", 0.4, 0, 0, func(r *rand.Rand) stats.Estimate {
			hits, tries := make([]int64, 60), make([]int64, 60)
			for i := range hits {
				hits[i], tries[i] = binomial(r, 1000, 0.3+0.2*r.Float64()), 1000
			}
			return stats.Share(hits, tries)
		}},
		{"share of 4 such months", 0.4, 0.01, 0.01, func(r *rand.Rand) stats.Estimate {
			hits, tries := make([]int64, 4), make([]int64, 4)
			for i := range hits {
				hits[i], tries[i] = binomial(r, 1000, 0.3+0.2*r.Float64()), 1000
			}
			return stats.Share(hits, tries)
		}},
		{"p90 of independent orders", 10 + math.Log(10), 0, 0, func(r *rand.Rand) stats.Estimate {
			return exponentialMonths(r, 10, func() float64 { return 1 }, 1, 0.9)
		}},
		{"median where only 80 % are delivered", 10 + math.Log(1/(1-0.5/0.8)), 0, 0, func(r *rand.Rand) stats.Estimate {
			return exponentialMonths(r, 10, func() float64 { return 1 }, 0.8, 0.5)
		}},
		// Half of the months are twice as slow: (x² + x)/2 = 0.1 for x = exp(−t/2).
		{"p90 of months that differ", 10 - 2*math.Log((math.Sqrt(1.8)-1)/2), 0, 0, func(r *rand.Rand) stats.Estimate {
			return exponentialMonths(r, 20, func() float64 { return float64(1 + r.IntN(2)) }, 1, 0.9)
		}},
		{"median of latencies seen at polls, just on the first", 10, 0, 0.05, func(r *rand.Rand) stats.Estimate {
			return polled(r, 0.505)
		}},
		{"median of latencies seen at polls, just on the second", 20, 0, 0.05, func(r *rand.Rand) stats.Estimate {
			return polled(r, 0.495)
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := coverage(t, seed, runs, tt.truth, tt.run)
			if got < stats.Confidence-threeSE-tt.below || got > stats.Confidence+threeSE+tt.above {
				t.Errorf("seed %d: %.2f %% of the intervals hold %v, want 95 %% − %.2g + %.2g", seed, 100*got, tt.truth,
					100*(threeSE+tt.below), 100*(threeSE+tt.above))
			}
		})
	}
}

// exponentialMonths estimates a quantile of months of 100 orders, of which a share is delivered after 10 s and an
// exponential, whose mean is drawn once a month.
func exponentialMonths(r *rand.Rand, months int, mean func() float64, delivered, q float64) stats.Estimate {
	var histograms []*stats.Histogram
	var orders []int64
	for range months {
		var h stats.Histogram
		m := mean()
		for range 100 {
			if r.Float64() < delivered {
				h.Add(time.Duration((10 + m*r.ExpFloat64()) * 1e9))
			}
		}
		histograms, orders = append(histograms, &h), append(orders, 100)
	}
	return unmixed.Quantile(histograms, orders, q)
}

// polled estimates the median of latencies of 10 s, with a probability, and of 20 s.
func polled(r *rand.Rand, first float64) stats.Estimate {
	var months []*stats.Histogram
	var orders []int64
	for range 10 {
		var h stats.Histogram
		for range 100 {
			if r.Float64() < first {
				h.Add(10 * time.Second)
			} else {
				h.Add(20 * time.Second)
			}
		}
		months, orders = append(months, &h), append(orders, 100)
	}
	return unmixed.Quantile(months, orders, 0.5)
}

// TestMonthsThatDifferWidenTheInterval: with the same pooled orders, intervals are wider the more the months differ.
func TestMonthsThatDifferWidenTheInterval(t *testing.T) {
	tries := []int64{1000, 1000, 1000, 1000}
	calm := stats.Share([]int64{500, 500, 500, 500}, tries)
	moved := stats.Share([]int64{560, 440, 540, 460}, tries)
	wild := stats.Share([]int64{900, 100, 800, 200}, tries)
	width := func(e stats.Estimate) float64 { return e.High - e.Low }
	if calm.Value != 0.5 || moved.Value != 0.5 || wild.Value != 0.5 {
		t.Errorf("shares %v, %v, %v; want 0.5", calm.Value, moved.Value, wild.Value)
	}
	if !(width(calm) < width(moved) && width(moved) < width(wild)) || !(calm.SE < moved.SE && moved.SE < wild.SE) {
		t.Errorf("widths %v, %v, %v and standard errors %v, %v, %v must ascend", width(calm), width(moved), width(wild),
			calm.SE, moved.SE, wild.SE)
	}
}
