package evsi_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"channelbench/internal/decision/evsi"
)

const seed = 20261128

func Example() {
	// A change saves between −$1 and $1 a clip, nobody knows which; trying it out shows the saving ± $0.50 an order.
	var s evsi.Study
	saves := make([]float64, 1000)
	for d := range saves {
		saves[d] = -1 + 2*(float64(d)+0.5)/1000
		s.Loss = append(s.Loss, []float64{0, -saves[d]})
	}
	s.Observe = func(truth, orders, _ int, luck *rand.Rand) func(int) float64 {
		sd := 0.5 / math.Sqrt(float64(orders))
		shown := evsi.Normal(saves[truth], sd, luck)
		return func(d int) float64 { return -math.Pow((shown-saves[d])/sd, 2) / 2 }
	}
	fmt.Printf("knowing it: $%.2f, ten orders: $%.2f", s.Perfect().Value, s.Worth(10, 1).Value)
	// Output: knowing it: $0.25, ten orders: $0.24
}

// unitLoss is the unit normal loss ∫ₜ^∞ (x−t) φ(x) dx.
func unitLoss(t float64) float64 {
	return distuv.UnitNormal.Prob(t) - t*(1-distuv.UnitNormal.CDF(t))
}

// TestAgainstTheNormalCase: a saving that is believed to be normal, shown with normal error, is worth s·L(|m|/s) with
// s = s₀²/√(s₀²+σ²/n) (Raiffa and Schlaifer 1961). Tolerance: 3 % of perfect information, and 3 standard errors.
func TestAgainstTheNormalCase(t *testing.T) {
	const draws = 1024
	for _, tt := range []struct{ mean, sd, noise float64 }{{0, 1, 2}, {0.5, 1, 2}, {-1, 1, 4}, {2, 1, 1},
		{100, 250, 900}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			belief := distuv.Normal{Mu: tt.mean, Sigma: tt.sd}
			truth := make([]float64, draws)
			s := evsi.Study{Seed: seed}
			for d := range truth {
				truth[d] = belief.Quantile((float64(d) + 0.5) / draws)
				s.Loss = append(s.Loss, []float64{0, truth[d]})
			}
			s.Observe = func(d, orders, _ int, luck *rand.Rand) func(int) float64 {
				sd := tt.noise / math.Sqrt(float64(orders))
				shown := evsi.Normal(truth[d], sd, luck)
				return func(j int) float64 { return -math.Pow((shown-truth[j])/sd, 2) / 2 }
			}
			perfect := tt.sd * unitLoss(math.Abs(tt.mean)/tt.sd)
			if got := s.Perfect().Value; math.Abs(got-perfect) > 0.02*perfect {
				t.Errorf("perfect information: %v, want %v", got, perfect)
			}
			for _, n := range []int{1, 4, 16, 100, 1000} {
				after := tt.sd * tt.sd / math.Sqrt(tt.sd*tt.sd+tt.noise*tt.noise/float64(n))
				want := after * unitLoss(math.Abs(tt.mean)/after)
				got := s.Worth(n, 1)
				if math.Abs(got.Value-want) > 0.03*perfect+3*got.SE {
					t.Errorf("%d orders: %v ± %v, want %v (seed %d)", n, got.Value, got.SE, want, seed)
				}
			}
		})
	}
}

// TestAgainstTheBinomialCase: a share with a beta belief, and a choice that pays if it exceeds a bound. After k of n hits the
// share is expected to be (a+k)/(a+b+n), so what n orders are worth is a sum over k.
func TestAgainstTheBinomialCase(t *testing.T) {
	const draws = 1024
	for _, tt := range []struct{ a, b, bound float64 }{{1, 1, 0.5}, {1, 1, 0.7}, {8, 2, 0.8}, {95, 5, 0.96},
		{2, 50, 0.02}} {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			belief := distuv.Beta{Alpha: tt.a, Beta: tt.b}
			share := make([]float64, draws)
			s := evsi.Study{Seed: seed}
			for d := range share {
				share[d] = belief.Quantile((float64(d) + 0.5) / draws)
				s.Loss = append(s.Loss, []float64{0, tt.bound - share[d]})
			}
			s.Observe = func(d, orders, _ int, luck *rand.Rand) func(int) float64 {
				hits := evsi.Binomial(orders, share[d], luck.Float64())
				return func(j int) float64 { return logBinomial(hits, orders-hits, share[j]) }
			}
			perfect := s.Perfect().Value
			for _, n := range []int{1, 10, 50, 300} {
				want := -max(0, belief.Mean()-tt.bound)
				for k := range n + 1 {
					hits, misses := float64(k), float64(n-k)
					p := math.Exp(logChoose(n, k) + mathext.Lbeta(tt.a+hits, tt.b+misses) - mathext.Lbeta(tt.a, tt.b))
					want += p * max(0, (tt.a+hits)/(tt.a+tt.b+float64(n))-tt.bound)
				}
				got := s.Worth(n, 1)
				if math.Abs(got.Value-want) > 0.03*perfect+3*got.SE {
					t.Errorf("%d orders: %v ± %v, want %v (seed %d)", n, got.Value, got.SE, want, seed)
				}
			}
		})
	}
}

func logChoose(n, k int) float64 {
	return -mathext.Lbeta(float64(n-k+1), float64(k+1)) - math.Log(float64(n+1))
}

// TestWorthProperties: nothing measured is worth nothing, no study is worth more than the truth, and more orders are worth
// as much or more, but for Monte Carlo error.
func TestWorthProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draws, choices := 256, rapid.IntRange(1, 4).Draw(t, "choices")
		random := rand.New(rand.NewPCG(seed, rapid.Uint64().Draw(t, "luck")))
		share := make([]float64, draws)
		slope := make([]float64, choices)
		for c := range slope {
			slope[c] = random.NormFloat64()
		}
		s := evsi.Study{Seed: seed}
		for d := range share {
			share[d] = (float64(d) + 0.5) / float64(draws)
			losses := make([]float64, choices)
			for c := range losses {
				losses[c] = slope[c] * (share[d] - 0.5)
			}
			s.Loss = append(s.Loss, losses)
		}
		s.Observe = func(d, orders, _ int, luck *rand.Rand) func(int) float64 {
			hits := evsi.Binomial(orders, share[d], luck.Float64())
			return func(j int) float64 { return logBinomial(hits, orders-hits, share[j]) }
		}
		if v := s.Worth(0, 1); v.Value != 0 {
			t.Fatalf("no order is worth %v", v)
		}
		perfect, last := s.Perfect(), evsi.Value{}
		for _, n := range []int{1, 5, 20, 100, 500} {
			v := s.Worth(n, 1)
			if v.Value > perfect.Value+1e-12 || v.Value < 0 {
				t.Fatalf("%d orders are worth %v, the truth %v", n, v.Value, perfect.Value)
			}
			if v.Value < last.Value-4*math.Hypot(v.SE, last.SE) {
				t.Fatalf("%d orders are worth %v, fewer %v", n, v, last)
			}
			last = v
		}
	})
}

// TestBinomialIsTheQuantile of the distribution that it draws from.
func TestBinomialIsTheQuantile(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, p, u := rapid.IntRange(1, 3000).Draw(t, "n"), rapid.Float64Range(0.0001, 0.9999).Draw(t, "p"),
			rapid.Float64Range(1e-6, 1-1e-6).Draw(t, "u")
		k := evsi.Binomial(n, p, u)
		b := distuv.Binomial{N: float64(n), P: p}
		if b.CDF(float64(k)) < u-1e-9 || k > 0 && b.CDF(float64(k-1)) >= u+1e-9 {
			t.Fatalf("%d of %d at %v, u = %v: CDF %v", k, n, p, u, b.CDF(float64(k)))
		}
	})
}

// logBinomial is how likely so many hits are under a share, as a logarithm but for a constant.
func logBinomial(hits, misses int, p float64) float64 {
	return times(hits, p) + times(misses, 1-p)
}

// times is n·ln p, and 0 for n = 0 whatever p is.
func times(n int, p float64) float64 {
	if n == 0 {
		return 0
	}
	return float64(n) * math.Log(p)
}
