package dist_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"

	"channelbench/internal/dist"
)

func mustEmpirical(t *testing.T, seconds ...float64) dist.Empirical {
	t.Helper()
	e, err := dist.NewEmpirical(seconds)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestMoments holds Mean, PartialMean and CDF against the quantile function, integrated numerically:
// E[X; X ≤ t] = ∫₀^F(t) Q(u) du.
func TestMoments(t *testing.T) {
	for _, tt := range []struct {
		name string
		d    dist.Distribution
		tol  float64 // relative; the quantile's tail limits the quadrature
	}{
		{"lognormal", dist.NewLogNormal(65, 0.4), 1e-4},
		{"gamma", dist.NewGamma(65, 2.5), 1e-4},
		{"weibull", dist.NewWeibull(65, 1.7), 1e-4},
		{"uniform", dist.Uniform{Low: 1, High: 3}, 1e-9},
	} {
		t.Run(tt.name, func(t *testing.T) {
			mean := quad.Fixed(tt.d.Quantile, 0, 1, 4000, quad.Legendre{}, 0)
			if got := tt.d.Mean(); math.Abs(got/mean-1) > tt.tol {
				t.Errorf("Mean() = %v, the quantiles integrate to %v", got, mean)
			}
			for _, u := range []float64{0.01, 0.3, 0.5, 0.9, 0.999} {
				x := tt.d.Quantile(u)
				if got := tt.d.CDF(x); math.Abs(got-u) > 1e-9 {
					t.Errorf("CDF(Quantile(%v)) = %v", u, got)
				}
				partial := quad.Fixed(tt.d.Quantile, 0, u, 4000, quad.Legendre{}, 0)
				if got := tt.d.PartialMean(x); math.Abs(got/partial-1) > tt.tol {
					t.Errorf("PartialMean(Quantile(%v)) = %v, the quantiles integrate to %v", u, got, partial)
				}
			}
			if got := tt.d.CDF(-1); got != 0 {
				t.Errorf("CDF(-1) = %v", got)
			}
			if got := tt.d.PartialMean(math.Inf(1)); math.Abs(got/tt.d.Mean()-1) > 1e-12 {
				t.Errorf("PartialMean(∞) = %v, Mean() = %v", got, tt.d.Mean())
			}
		})
	}
}

func TestMedianIsTheParameter(t *testing.T) {
	for name, d := range map[string]dist.Distribution{
		"lognormal": dist.NewLogNormal(42, 0.7),
		"gamma":     dist.NewGamma(42, 0.8),
		"weibull":   dist.NewWeibull(42, 3),
		"constant":  dist.Constant(42),
	} {
		if got := d.Quantile(0.5); math.Abs(got-42) > 1e-6 {
			t.Errorf("%s: median %v, want 42", name, got)
		}
	}
}

func TestSteps(t *testing.T) {
	e := mustEmpirical(t, 3, 1, 2, 2)
	for _, tt := range []struct{ t, cdf, partial float64 }{{0.5, 0, 0}, {1, .25, .25}, {2, .75, 1.25}, {2.5, .75, 1.25},
		{3, 1, 2}} {
		if got := e.CDF(tt.t); got != tt.cdf {
			t.Errorf("CDF(%v) = %v, want %v", tt.t, got, tt.cdf)
		}
		if got := e.PartialMean(tt.t); got != tt.partial {
			t.Errorf("PartialMean(%v) = %v, want %v", tt.t, got, tt.partial)
		}
	}
	for _, tt := range []struct{ u, want float64 }{{0.01, 1}, {0.25, 1}, {0.26, 2}, {0.75, 2}, {0.76, 3}, {0.999, 3}} {
		if got := e.Quantile(tt.u); got != tt.want {
			t.Errorf("Quantile(%v) = %v, want %v", tt.u, got, tt.want)
		}
	}
	c := dist.Constant(5)
	if c.CDF(4.999) != 0 || c.CDF(5) != 1 || c.PartialMean(4) != 0 || c.PartialMean(5) != 5 {
		t.Error("a constant must step at its value")
	}
}

func TestEmpiricalRefusesNonsense(t *testing.T) {
	for name, values := range map[string][]float64{
		"none": nil, "negative": {1, -1}, "not a number": {math.NaN()}, "infinite": {math.Inf(1)},
	} {
		if _, err := dist.NewEmpirical(values); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
