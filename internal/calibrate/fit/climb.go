package fit

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/diff/fd"
	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/optimize"
)

// nudge is the step of the finite differences: parameters are logarithms and logits.
const nudge = 1e-3

// climb moves x to the maximum of a smooth function of a few parameters, by the method of Broyden, Fletcher, Goldfarb and
// Shanno (1970), and returns the height. It is that of the best place that was looked at: at a wall the method gives up.
func climb(f func([]float64) float64, x []float64) (top float64) {
	top = math.Inf(-1)
	best := slices.Clone(x)
	down := func(at []float64) float64 {
		v := f(at)
		if v > top {
			top = v
			copy(best, at)
		}
		return -v
	}
	slope := func(to, at []float64) { fd.Gradient(to, down, at, &fd.Settings{Formula: fd.Central, Step: nudge}) }
	enough := optimize.Settings{Converger: &optimize.FunctionConverge{Absolute: 1e-7, Iterations: 1}, FuncEvaluations: 1000}
	_, _ = optimize.Minimize(optimize.Problem{Func: down, Grad: slope}, x, &enough, &optimize.BFGS{})
	copy(x, best)
	return top
}

// errorsOf are the standard errors that the curvature of a function at its maximum tells; +Inf where it is not that of a hill.
func errorsOf(f func([]float64) float64, x []float64) []float64 {
	n := len(x)
	curvature := mat.NewSymDense(n, nil)
	fd.Hessian(curvature, func(x []float64) float64 { return -f(x) }, x, &fd.Settings{Formula: fd.Central, Step: nudge / 2})
	all := make([]float64, n)
	var hill mat.Cholesky
	var inverse mat.SymDense
	bad := !hill.Factorize(curvature) || hill.InverseTo(&inverse) != nil
	for i := range all {
		if all[i] = math.Inf(1); !bad {
			all[i] = math.Sqrt(inverse.At(i, i))
		}
	}
	return all
}

// profiled is the interval of parameter i by profile likelihood: where the best that the other parameters can do is no more
// than drop below the top. An end that isn't found within reach on either side is infinite.
func profiled(f func([]float64) float64, x []float64, top float64, i int, step, reach, drop float64) (low, high float64) {
	return profileEnd(f, x, top, i, -step, reach, drop), profileEnd(f, x, top, i, step, reach, drop)
}

func profileEnd(f func([]float64) float64, x []float64, top float64, i int, step, reach, drop float64) float64 {
	rest := make([]float64, 0, len(x))
	for j := range x {
		if j != i {
			rest = append(rest, x[j])
		}
	}
	fall := func(at float64) float64 {
		whole := make([]float64, len(x))
		best := func(r []float64) float64 {
			k := 0
			for j := range whole {
				if whole[j] = at; j != i {
					whole[j] = r[k]
					k++
				}
			}
			return f(whole)
		}
		// Begin where the others were best at the last place inside: beyond it another hill may take over.
		r := append([]float64(nil), rest...)
		below := top - ridge(best, r) - drop
		if below <= 0 {
			copy(rest, r)
		}
		return below
	}
	inside, outside, before := x[i], x[i], -drop
	after := before
	for math.Abs(outside-x[i]) < reach {
		outside += step
		step *= 1.6
		if after = fall(outside); after > 0 {
			break
		}
		inside, before = outside, after
	}
	if !(after > 0) {
		return math.Copysign(math.Inf(1), step)
	}
	return crossing(fall, inside, outside, before, after)
}

// crossing finds where a function crosses 0 between two places, by regula falsi with the Illinois rule (Dowell and Jarratt 1971).
func crossing(f func(float64) float64, a, b, fa, fb float64) float64 {
	for range 25 {
		c := b - fb*(b-a)/(fb-fa)
		fc := f(c)
		if math.Abs(fc) < 2e-3 || math.Abs(b-a) < 1e-4 {
			return c
		}
		if (fc > 0) == (fb > 0) {
			fa /= 2
		} else {
			a, fa = b, fb
		}
		b, fb = c, fc
	}
	return b
}

// ridge climbs from x, which it moves, and returns the height.
func ridge(f func([]float64) float64, x []float64) float64 {
	if len(x) != 1 {
		return climb(f, x)
	}
	const h = 1e-3
	top := f(x)
	for range 25 {
		up, down := f([]float64{x[0] + h}), f([]float64{x[0] - h})
		slope, bend := (up-down)/(2*h), -(up-2*top+down)/(h*h)
		step := math.Copysign(0.5, slope)
		if bend > 0 {
			step = math.Max(-1, math.Min(1, slope/bend))
		}
		moved := false
		for range 20 {
			if v := f([]float64{x[0] + step}); v > top {
				moved = v-top > 1e-6
				x[0] += step
				top = v
				break
			}
			step /= 4
		}
		if !moved {
			return top
		}
	}
	return top
}
