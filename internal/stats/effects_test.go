package stats_test

import (
	"math"
	"testing"

	"channelbench/internal/sobol"
	"channelbench/internal/stats"
)

// effectsOf estimates the effects of the inputs of f, which are uniform over the unit cube.
func effectsOf(f func([]float64) float64, inputs, n int, seed uint64) []stats.Effect {
	points := sobol.New(2*inputs, seed)
	var a, b []float64
	mixed := make([][]float64, inputs)
	for i := range uint32(n) {
		x := points.At(i)
		a, b = append(a, f(x[:inputs])), append(b, f(x[inputs:]))
		for k := range inputs {
			y := append([]float64(nil), x[:inputs]...)
			y[k] = x[inputs+k]
			mixed[k] = append(mixed[k], f(y))
		}
	}
	return stats.Effects(a, b, mixed)
}

// ishigami is the usual test function of a = 7, b = 0.1.
func ishigami(u []float64) float64 {
	x := func(k int) float64 { return math.Pi * (2*u[k] - 1) }
	return math.Sin(x(0)) + 7*math.Pow(math.Sin(x(1)), 2) + 0.1*math.Pow(x(2), 4)*math.Sin(x(0))
}

// TestIshigami: all indices within 0.005 of the analytic ones at 8,192 points (simulation.md §5), whatever the seed.
func TestIshigami(t *testing.T) {
	want := []stats.Effect{{0.3139051911, 0.5575888552}, {0.4424111448, 0.4424111448}, {0, 0.2436836641}}
	worst := 0.0
	for seed := range uint64(8) {
		for i, got := range effectsOf(ishigami, 3, 8192, seed) {
			worst = max(worst, math.Abs(got.First-want[i].First), math.Abs(got.Total-want[i].Total))
			if math.Abs(got.First-want[i].First) > 0.005 || math.Abs(got.Total-want[i].Total) > 0.005 {
				t.Errorf("seed %d: input %d has %+v, want %+v ± 0.005", seed, i+1, got, want[i])
			}
		}
	}
	t.Logf("the worst of 48 is %.4f off", worst)
}

// TestEffectsOfSums: the variances of a sum add up, and few points tell them: with 64 of them within 0.1.
func TestEffectsOfSums(t *testing.T) {
	weights := []float64{4, 0, 2, 1}
	f := func(u []float64) float64 {
		v := 1000.0
		for k, w := range weights {
			v += w * u[k]
		}
		return v
	}
	for seed := range uint64(16) {
		for k, got := range effectsOf(f, len(weights), 64, seed) {
			want := weights[k] * weights[k] / 21
			if math.Abs(got.First-want) > 0.1 || math.Abs(got.Total-want) > 0.1 {
				t.Errorf("seed %d: weight %v has the effect %+v, want %.3f", seed, weights[k], got, want)
			}
		}
	}
}

// TestNoEffects: a figure that doesn't vary, and an input that moves nothing.
func TestNoEffects(t *testing.T) {
	for i, e := range effectsOf(func([]float64) float64 { return 0.1 }, 2, 64, 1) {
		if e != (stats.Effect{}) {
			t.Errorf("input %d of a constant has the effect %+v", i+1, e)
		}
	}
	got := stats.Effects([]float64{1, 2}, []float64{2, 1}, [][]float64{nil, {2, 1}})
	if got[0] != (stats.Effect{}) || got[1].Total != 2 {
		t.Errorf("effects %+v, want none of the first and 1/(2 × 0.25) of the second", got)
	}
}
