// Package dist holds the distributions of durations, in seconds.
//
// It deliberately has no random source: a draw is the inverse CDF of a uniform that the caller
// brings, so that common random numbers and quasi-random points fit in.
//
//	d := dist.NewLogNormal(65, 0.4)
//	seconds := d.Quantile(0.95)
package dist

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Distribution is a distribution of non-negative seconds.
type Distribution interface {
	// Quantile is the inverse CDF at u in (0, 1).
	Quantile(u float64) float64
	// CDF is P(X ≤ t).
	CDF(t float64) float64
	// Mean is E[X].
	Mean() float64
	// PartialMean is E[X; X ≤ t]: it grows from 0 to Mean.
	PartialMean(t float64) float64
}

// Constant is always the same number of seconds.
type Constant float64

// Quantile returns the constant.
func (c Constant) Quantile(float64) float64 { return float64(c) }

// CDF is 0 below the constant and 1 from it on.
func (c Constant) CDF(t float64) float64 {
	if t < float64(c) {
		return 0
	}
	return 1
}

// Mean returns the constant.
func (c Constant) Mean() float64 { return float64(c) }

// PartialMean is 0 below the constant, then the constant.
func (c Constant) PartialMean(t float64) float64 { return float64(c) * c.CDF(t) }

// LogNormal has ln X normal with mean Mu and standard deviation Sigma > 0.
type LogNormal struct{ Mu, Sigma float64 }

// NewLogNormal makes a lognormal from its median in seconds and sigma, both > 0.
func NewLogNormal(median, sigma float64) LogNormal {
	return LogNormal{Mu: math.Log(median), Sigma: sigma}
}

// Quantile is exp(μ + σ Φ⁻¹(u)).
func (l LogNormal) Quantile(u float64) float64 {
	return math.Exp(l.Mu + l.Sigma*mathext.NormalQuantile(u))
}

// CDF is Φ((ln t − μ) / σ).
func (l LogNormal) CDF(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return phi((math.Log(t) - l.Mu) / l.Sigma)
}

// Mean is exp(μ + σ²/2).
func (l LogNormal) Mean() float64 { return math.Exp(l.Mu + l.Sigma*l.Sigma/2) }

// PartialMean is Mean · Φ((ln t − μ − σ²) / σ).
func (l LogNormal) PartialMean(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return l.Mean() * phi((math.Log(t)-l.Mu)/l.Sigma-l.Sigma)
}

// phi is the standard normal CDF.
func phi(z float64) float64 { return math.Erfc(-z/math.Sqrt2) / 2 }

// Gamma has shape K > 0 and scale Theta > 0 in seconds.
type Gamma struct{ K, Theta float64 }

// NewGamma makes a gamma of shape k from its median in seconds.
func NewGamma(median, k float64) Gamma {
	return Gamma{K: k, Theta: median / mathext.GammaIncRegInv(k, 0.5)}
}

// Quantile is the inverse of CDF.
func (g Gamma) Quantile(u float64) float64 { return g.Theta * mathext.GammaIncRegInv(g.K, u) }

// CDF is the regularised incomplete gamma function P(K, t/Θ).
func (g Gamma) CDF(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return mathext.GammaIncReg(g.K, t/g.Theta)
}

// Mean is K Θ.
func (g Gamma) Mean() float64 { return g.K * g.Theta }

// PartialMean is K Θ P(K+1, t/Θ).
func (g Gamma) PartialMean(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return g.Mean() * mathext.GammaIncReg(g.K+1, t/g.Theta)
}

// Weibull has shape K > 0 and scale Lambda > 0 in seconds.
type Weibull struct{ K, Lambda float64 }

// NewWeibull makes a Weibull of shape k from its median in seconds.
func NewWeibull(median, k float64) Weibull {
	return Weibull{K: k, Lambda: median / math.Pow(math.Ln2, 1/k)}
}

// Quantile is Λ (−ln(1−u))^(1/K).
func (w Weibull) Quantile(u float64) float64 {
	return distuv.Weibull{K: w.K, Lambda: w.Lambda}.Quantile(u)
}

// CDF is 1 − exp(−(t/Λ)^K).
func (w Weibull) CDF(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return -math.Expm1(-math.Pow(t/w.Lambda, w.K))
}

// Mean is Λ Γ(1 + 1/K).
func (w Weibull) Mean() float64 { return w.Lambda * math.Gamma(1+1/w.K) }

// PartialMean is Mean · P(1 + 1/K, (t/Λ)^K).
func (w Weibull) PartialMean(t float64) float64 {
	if t <= 0 {
		return 0
	}
	return w.Mean() * mathext.GammaIncReg(1+1/w.K, math.Pow(t/w.Lambda, w.K))
}

// Uniform is uniform on [Low, High] seconds, Low < High.
type Uniform struct{ Low, High float64 }

// Quantile is Low + u (High − Low).
func (d Uniform) Quantile(u float64) float64 { return d.Low + u*(d.High-d.Low) }

// CDF rises linearly from Low to High.
func (d Uniform) CDF(t float64) float64 {
	return min(1, max(0, (t-d.Low)/(d.High-d.Low)))
}

// Mean is the middle.
func (d Uniform) Mean() float64 { return (d.Low + d.High) / 2 }

// PartialMean is E[X; X ≤ t].
func (d Uniform) PartialMean(t float64) float64 {
	t = min(d.High, max(d.Low, t))
	return (t*t - d.Low*d.Low) / 2 / (d.High - d.Low)
}

// Empirical gives each of its measured values the same weight.
type Empirical struct{ sorted []float64 }

// NewEmpirical copies the measured seconds. It wants at least one, none negative or infinite.
func NewEmpirical(seconds []float64) (Empirical, error) {
	if len(seconds) == 0 {
		return Empirical{}, errors.New("no values")
	}
	for i, s := range seconds {
		if !(s >= 0) || math.IsInf(s, 0) {
			return Empirical{}, fmt.Errorf("value %d is %v; seconds must be finite and not negative", i+1, s)
		}
	}
	return Empirical{sorted: slices.Sorted(slices.Values(seconds))}, nil
}

// Quantile is the smallest value with CDF ≥ u.
func (e Empirical) Quantile(u float64) float64 {
	i := int(math.Ceil(u*float64(len(e.sorted)))) - 1
	return e.sorted[min(max(i, 0), len(e.sorted)-1)]
}

// CDF is the share of values ≤ t.
func (e Empirical) CDF(t float64) float64 {
	return float64(e.upTo(t)) / float64(len(e.sorted))
}

// Mean is the average value.
func (e Empirical) Mean() float64 { return e.PartialMean(math.Inf(1)) }

// PartialMean is the sum of the values ≤ t over their whole number.
func (e Empirical) PartialMean(t float64) float64 {
	sum := 0.0
	for _, v := range e.sorted[:e.upTo(t)] {
		sum += v
	}
	return sum / float64(len(e.sorted))
}

// Values returns the sorted values; the caller must not change them.
func (e Empirical) Values() []float64 { return e.sorted }

func (e Empirical) upTo(t float64) int {
	i, _ := slices.BinarySearchFunc(e.sorted, t, func(v, t float64) int {
		if v <= t {
			return -1
		}
		return 1
	})
	return i
}
