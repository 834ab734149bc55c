package fit

import (
	"math"

	"gonum.org/v1/gonum/mathext"
)

// Shape is a family of times, given by their median and one parameter of spread.
type Shape string

// The shapes: the parameter is sigma of the first, k of the others.
const (
	Lognormal Shape = "lognormal"
	Gamma     Shape = "gamma"
	Weibull   Shape = "weibull"
)

// Shapes are all of them.
var Shapes = []Shape{Lognormal, Gamma, Weibull}

// tails are the logarithms' ends that floating point can tell apart.
const least = 1e-280

// spreads are the bounds of a shape's parameter.
func (s Shape) spreads() (low, high float64) {
	if s == Lognormal {
		return 0.002, 5
	}
	return 0.06, 900
}

// start is the parameter for times whose logarithms have a standard deviation.
func (s Shape) start(sd float64) float64 {
	switch s {
	case Gamma:
		return 1 / (sd * sd)
	case Weibull:
		return math.Pi / math.Sqrt(6) / sd
	}
	return sd
}

// family is a shape with its parameter, and what of it doesn't depend on the median.
type family struct {
	shape  Shape
	spread float64
	unit   float64 // gamma: its median over its scale
}

func (s Shape) with(spread float64) family {
	f := family{shape: s, spread: spread}
	if s == Gamma {
		f.unit = mathext.GammaIncRegInv(spread, 0.5)
	}
	return f
}

// survival is the share of times longer than t, and the share of those that aren't. One of the two is exact even far
// out.
func (f *family) survival(t, median float64) (above, below float64) {
	if t <= 0 {
		return 1, 0
	}
	switch f.shape {
	case Gamma:
		x := t / median * f.unit
		if x > f.unit {
			above = mathext.GammaIncRegComp(f.spread, x)
			return above, 1 - above
		}
		below = mathext.GammaIncReg(f.spread, x)
		return 1 - below, below
	case Weibull:
		h := math.Ln2 * math.Pow(t/median, f.spread)
		return math.Exp(-h), -math.Expm1(-h)
	}
	z := math.Log(t/median) / f.spread / math.Sqrt2
	return math.Erfc(z) / 2, math.Erfc(-z) / 2
}

// within is the probability of (low, high].
func (f *family) within(low, high, median float64) float64 {
	a1, b1 := f.survival(low, median)
	a2, b2 := f.survival(high, median)
	if b1 > a1 {
		return a1 - a2
	}
	return b2 - b1
}

// density is the logarithm of the density of the time's logarithm.
func (f *family) density(t, median float64) float64 {
	switch f.shape {
	case Gamma:
		x := t / median * f.unit
		g, _ := math.Lgamma(f.spread)
		return f.spread*math.Log(x) - x - g
	case Weibull:
		h := math.Ln2 * math.Pow(t/median, f.spread)
		return math.Log(f.spread*h) - h
	}
	z := math.Log(t/median) / f.spread
	return -z*z/2 - math.Log(f.spread) - math.Log(2*math.Pi)/2
}
