package stats_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"channelbench/internal/proof"
	"channelbench/internal/stats"
)

// TestMixByHand: six months of ten orders, of which half should be long. Short ones cost 1, long ones 3, and the months
// drew 4, 5, 6, 6, 7 and 8 long ones: 36 of 60.
func TestMixByHand(t *testing.T) {
	long := []int64{4, 5, 6, 6, 7, 8}
	lateness := []float64{1, 0, 0, 0, 0, 1} // has nothing to do with the classes
	var orders [][]int64
	var costs, tries []float64
	for _, n := range long {
		orders = append(orders, []int64{n, 10 - n})
		costs = append(costs, float64(10-n)+3*float64(n))
		tries = append(tries, 10)
	}
	mix := stats.NewMix(orders, []float64{0.5, 0.5})
	// Without luck in the classes a month costs 20, whatever it drew, and nothing is left to scatter: the interval is what
	// 3 of 60 orders could change that no month met, of the 22 that months came to, or of the ratio.
	for _, tt := range []struct {
		e    stats.Estimate
		half float64
	}{{mix.Mean(costs), 22 * 3.0 / 60}, {mix.Ratio(costs, []float64{1, 1, 1, 1, 1, 1}), 20 * 3.0 / 60}} {
		if !near(tt.e.Value, 20, 1e-9) || !near(tt.e.High-20, tt.half, 1e-9) || !near(20-tt.e.Low, tt.half, 1e-9) ||
			tt.e.SE > 1e-9 {
			t.Errorf("months without luck come to %+v, want 20 ± %v", tt.e, tt.half)
		}
	}
	if plain := stats.Ratio(costs, tries); !near(plain.Value, 2.2, 1e-9) {
		t.Errorf("the months came to %v an order, want 2.2", plain.Value)
	}
	// The months are −2, −1, 0, 0, 1, 2 off their mean, which is 1 too high: the weights are 1/6 less a tenth of that. The
	// lateness has nothing in common with it, so its mean stays, and its squares, Σ (y − ⅓)² = 4/3, over 6 − 2 months.
	se := math.Sqrt(4.0 / 3 / 4 * (1.0/6 + 10.0/100))
	checkEstimate(t, mix.Mean(lateness), 1.0/3, 1.0/3-2.776445*se, 1.0/3+2.776445*se, se)
}

func TestMixOfLittle(t *testing.T) {
	months := []float64{3, 5, 4, 8}
	plain := unmixed.Mean(months)
	for name, mix := range map[string]*stats.Mix{
		"none":                     nil,
		"one class":                stats.NewMix([][]int64{{10}, {10}, {10}, {10}}, []float64{1}),
		"all months drew the same": stats.NewMix([][]int64{{4, 6}, {4, 6}, {4, 6}, {4, 6}}, []float64{0.5, 0.5}),
		"no orders":                stats.NewMix([][]int64{{0, 0}, {0, 0}, {0, 0}, {0, 0}}, []float64{0.5, 0.5}),
		"too few months":           stats.NewMix([][]int64{{5, 5}, {6, 4}, {5, 5}, {4, 6}}, []float64{0.5, 0.5}),
	} {
		e := mix.Mean(months)
		if checkEstimate(t, e, plain.Value, plain.Low, plain.High, plain.SE); t.Failed() {
			t.Fatal(name)
		}
	}
	if e := stats.NewMix(nil, []float64{1}).Mean(nil); !math.IsNaN(e.Value) {
		t.Errorf("no months come to %v", e.Value)
	}
}

// TestMixStaysSound: what is never negative doesn't come to less than nothing, and an interval holds its own value,
// however rare what is counted and however few the months.
func TestMixStaysSound(t *testing.T) {
	for seed := range uint64(20_000) {
		r := rand.New(rand.NewPCG(12, seed))
		n, classes := 2+r.IntN(39), 1+r.IntN(5)
		shares := make([]float64, classes)
		for c := range shares {
			shares[c] = 1 / float64(classes)
		}
		var orders [][]int64
		var rare, some []float64
		var hits, tries []int64
		for range n {
			drawn := make([]int64, classes)
			for range 10 {
				drawn[r.IntN(classes)]++
			}
			hit := int64(0)
			if r.Float64() < 0.1 {
				hit = 1
			}
			orders, rare, some = append(orders, drawn), append(rare, float64(hit)), append(some, float64(hit)*10*r.Float64())
			hits, tries = append(hits, hit), append(tries, 10)
		}
		mix := stats.NewMix(orders, shares)
		for what, e := range map[string]stats.Estimate{"mean": mix.Mean(some), "ratio": mix.Ratio(some, rare),
			"share": mix.Share(hits, tries)} {
			if e.Value < 0 || e.Low > e.Value || e.High < e.Value || e.SE < 0 {
				t.Fatalf("seed %d: a %s of %+v", seed, what, e)
			}
		}
	}
}

// TestMixAddsUp: parts of a sum come to the sum, whatever the months drew.
func TestMixAddsUp(t *testing.T) {
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(11, seed))
		n, classes := 1+r.IntN(30), 1+r.IntN(6)
		var orders [][]int64
		shares := make([]float64, classes)
		for c := range shares {
			shares[c] = 1 / float64(classes)
		}
		var a, b, both []float64
		for range n {
			drawn := make([]int64, classes)
			for range 50 {
				drawn[r.IntN(classes)]++
			}
			orders = append(orders, drawn)
			a, b = append(a, r.NormFloat64()), append(b, 100*r.Float64())
			both = append(both, a[len(a)-1]+b[len(b)-1])
		}
		mix := stats.NewMix(orders, shares)
		if got, want := mix.Mean(a).Value+mix.Mean(b).Value, mix.Mean(both).Value; math.Abs(got-want) > 1e-9 {
			t.Errorf("seed %d: the parts come to %v, the sum to %v", seed, got, want)
		}
	}
}

// classed are months of 100 orders each, 60 % of them short and 40 % long.
type classed struct {
	orders      [][]int64
	costs       []float64 // $0.40 and $1.20, of which 0 to 10 % are lost on the way
	late, tries []int64   // 5 % of the short ones and half of the long ones
	latencies   []*stats.Histogram
}

var classShares = []float64{0.6, 0.4}

func drawClassed(r *rand.Rand, months int) *classed {
	c := &classed{}
	for range months {
		drawn, cost, late := make([]int64, 2), 0.0, int64(0)
		var h stats.Histogram
		for range 100 {
			class := 0
			if r.Float64() < classShares[1] {
				class = 1
			}
			drawn[class]++
			cost += []float64{0.4, 1.2}[class] * (1 - 0.1*r.Float64())
			if r.Float64() < []float64{0.05, 0.5}[class] {
				late++
			}
			h.Add(time.Duration([]float64{10, 30}[class] * r.ExpFloat64() * 1e9))
		}
		c.orders, c.costs, c.late = append(c.orders, drawn), append(c.costs, cost), append(c.late, late)
		c.tries, c.latencies = append(c.tries, 100), append(c.latencies, &h)
	}
	return c
}

// TestMixCovers: intervals that take the luck of the classes out hold the truth in 95 % of 2,000 runs, within three
// binomial standard errors, and are as much narrower as the classes explain. The seed is 6.
func TestMixCovers(t *testing.T) {
	const months, seed = 20, 6
	runs := proof.Size(500, 2000)
	share := 0.6*0.05 + 0.4*0.5
	median := bisect(func(x float64) float64 { return 0.6*math.Exp(-x/10) + 0.4*math.Exp(-x/30) - 0.5 }, 1, 60)
	cases := []*struct {
		name     string
		truth    float64
		narrower float64 // at least so many times
		of       func(m *stats.Mix, c *classed) stats.Estimate

		held              int
		width, plainWidth float64
	}{
		{name: "monthly cost", truth: 100 * (0.6*0.4 + 0.4*1.2) * 0.95, narrower: 10,
			of: func(m *stats.Mix, c *classed) stats.Estimate { return m.Mean(c.costs) }},
		{name: "cost per late order", truth: (0.6*0.4 + 0.4*1.2) * 0.95 / share, narrower: 0.99,
			of: func(m *stats.Mix, c *classed) stats.Estimate {
				late := make([]float64, len(c.late))
				for i, n := range c.late {
					late[i] = float64(n)
				}
				return m.Ratio(c.costs, late)
			}},
		{name: "share late", truth: share, narrower: 1.1,
			of: func(m *stats.Mix, c *classed) stats.Estimate { return m.Share(c.late, c.tries) }},
		{name: "median", truth: median, narrower: 1.02,
			of: func(m *stats.Mix, c *classed) stats.Estimate { return m.Quantile(c.latencies, c.tries, 0.5) }},
	}
	for i := range runs {
		c := drawClassed(rand.New(rand.NewPCG(seed, uint64(i))), months)
		mix := stats.NewMix(c.orders, classShares)
		for _, tt := range cases {
			e, plain := tt.of(mix, c), tt.of(nil, c)
			if e.Low <= tt.truth && tt.truth <= e.High {
				tt.held++
			}
			tt.width, tt.plainWidth = tt.width+e.High-e.Low, tt.plainWidth+plain.High-plain.Low
		}
	}
	for _, tt := range cases {
		got, slack := float64(tt.held)/float64(runs), 3*math.Sqrt(0.95*0.05/float64(runs))
		t.Logf("%s, seed %d: %.1f%% hold %v; %.2f times narrower than without classes", tt.name, seed, 100*got, tt.truth,
			tt.plainWidth/tt.width)
		if math.Abs(got-0.95) > slack {
			t.Errorf("%s, seed %d: %.1f%% of the intervals hold the truth, want 95%% ± %.1f", tt.name, seed, 100*got, 100*slack)
		}
		if tt.plainWidth/tt.width < tt.narrower {
			t.Errorf("%s, seed %d: %.2f times narrower, want %v", tt.name, seed, tt.plainWidth/tt.width, tt.narrower)
		}
	}
}

// bisect finds where a falling function is 0.
func bisect(f func(float64) float64, low, high float64) float64 {
	for range 60 {
		if middle := (low + high) / 2; f(middle) > 0 {
			low = middle
		} else {
			high = middle
		}
	}
	return low
}
