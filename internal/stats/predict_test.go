package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/stats"
)

// mass is the probability of exactly k hits.
func mass(k, n int, p float64) float64 {
	a, _ := math.Lgamma(float64(n + 1))
	b, _ := math.Lgamma(float64(k + 1))
	c, _ := math.Lgamma(float64(n - k + 1))
	return math.Exp(a - b - c + float64(k)*math.Log(p) + float64(n-k)*math.Log(1-p))
}

func TestPredictShareAgainstTheSum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		p := rapid.Float64Range(0.001, 0.999).Draw(t, "p")
		level := rapid.SampledFrom([]float64{0.5, 0.95, 0.999}).Draw(t, "level")
		low, high := stats.PredictShare(p, int64(n), level)
		least, most := int(math.Round(low*float64(n))), int(math.Round(high*float64(n)))
		below, above, belowNext, aboveNext := 0.0, 0.0, 0.0, 0.0
		for k := range n + 1 {
			m := mass(k, n, p)
			if k < least {
				below += m
			}
			if k <= least {
				belowNext += m
			}
			if k > most {
				above += m
			}
			if k >= most {
				aboveNext += m
			}
		}
		tail := (1 - level) / 2
		if below > tail+1e-9 || above > tail+1e-9 {
			t.Fatalf("[%d, %d] leaves %g below and %g above, want at most %g each", least, most, below, above, tail)
		}
		if belowNext < tail-1e-9 || aboveNext < tail-1e-9 {
			t.Fatalf("[%d, %d] could be narrower: %g and %g", least, most, belowNext, aboveNext)
		}
	})
}

func TestPredictShareAtTheEdges(t *testing.T) {
	for _, p := range []float64{0, 1} {
		if low, high := stats.PredictShare(p, 30, 0.95); low != p || high != p {
			t.Errorf("share %g: [%g, %g]", p, low, high)
		}
	}
	if low, high := stats.PredictShare(0.3, 1_000_000_000, 0.95); math.Abs(high-low-2*1.96*math.Sqrt(0.21/1e9)) > 1e-8 {
		t.Errorf("a billion orders: [%g, %g]", low, high)
	}
}

// With one order, or the largest of n, the beta distribution has a closed form.
func TestPredictQuantileClosedForm(t *testing.T) {
	for _, c := range []struct {
		q         float64
		n         int64
		low, high float64
	}{
		{0.5, 1, 0.025, 0.975},
		{1, 10, math.Pow(0.025, 0.1), math.Pow(0.975, 0.1)},
		{0.001, 10, 1 - math.Pow(0.975, 0.1), 1 - math.Pow(0.025, 0.1)},
	} {
		low, high := stats.PredictQuantile(c.q, c.n, 0.95)
		if math.Abs(low-c.low) > 1e-9 || math.Abs(high-c.high) > 1e-9 {
			t.Errorf("q %g of %d: [%g, %g], want [%g, %g]", c.q, c.n, low, high, c.low, c.high)
		}
	}
}

// Whatever is predicted must happen as often as is said: within four standard errors of so many samples.
func TestPredictionsHoldInSimulation(t *testing.T) {
	const runs, level = 20_000, 0.95
	r := rand.New(rand.NewPCG(1, 2))
	low, high := stats.PredictQuantile(0.95, 40, level)
	inside := 0
	for range runs {
		sample := make([]float64, 40)
		for i := range sample {
			sample[i] = r.Float64()
		}
		slices.Sort(sample)
		if v := sample[37]; v >= low && v <= high {
			inside++
		}
	}
	checkRate(t, "p95 of 40 orders", inside, runs, level)

	// Costs: the spread of 200 months of 1,000 orders foretells the mean of 50.
	inside = 0
	for range runs / 10 {
		months := make([]float64, 200)
		for i := range months {
			months[i] = 1 + r.NormFloat64()/math.Sqrt(1000)
		}
		e := unmixed.Mean(months)
		off := stats.PredictMean((e.High-e.Low)/2, 200, 200_000, 50, level)
		if math.Abs(1+r.NormFloat64()/math.Sqrt(50)-e.Value) <= off {
			inside++
		}
	}
	checkRate(t, "mean of 50 orders", inside, runs/10, level)
}

func checkRate(t *testing.T, what string, hits, tries int, want float64) {
	t.Helper()
	got, se := float64(hits)/float64(tries), math.Sqrt(want*(1-want)/float64(tries))
	if math.Abs(got-want) > 4*se {
		t.Errorf("%s: %.4f lie inside, want %.4f within %.4f", what, got, want, 4*se)
	}
}

func TestAtLeast(t *testing.T) {
	for _, c := range []struct {
		hits, n int
		p, want float64
	}{{0, 10, 0.05, 1}, {1, 10, 0.05, 1 - math.Pow(0.95, 10)}, {10, 10, 0.5, math.Pow(0.5, 10)}, {11, 10, 0.5, 0}} {
		if got := stats.AtLeast(c.hits, c.n, c.p); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("at least %d of %d at %g: %g, want %g", c.hits, c.n, c.p, got, c.want)
		}
	}
}
