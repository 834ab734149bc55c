package fit

import (
	"math"

	"gonum.org/v1/gonum/mat"
)

// climb finds the maximum of a smooth function of a few parameters by Newton's method, damped as by Levenberg (1944)
// where a step doesn't climb. The derivatives are central differences. It returns the curvature there: minus the
// Hessian.
func climb(f func([]float64) float64, x []float64) (top float64, curvature *mat.SymDense) {
	top = f(x)
	damping := 0.0
	for range 60 {
		var gradient []float64
		gradient, curvature = slopes(f, x, top)
		minus := curvature
		moved := false
		for range 12 {
			step, ok := solve(minus, gradient, damping)
			if ok {
				next := make([]float64, len(x))
				for i := range x {
					next[i] = x[i] + math.Max(-1.5, math.Min(1.5, step[i]))
				}
				if v := f(next); v > top {
					gain := v - top
					copy(x, next)
					top, moved = v, gain > 1e-7
					damping /= 10
					break
				}
			}
			damping = math.Max(10*damping, 1e-3)
		}
		if !moved {
			break
		}
	}
	return top, curvature
}

// slopes returns the gradient and minus the Hessian at x, where f has the value at.
func slopes(f func([]float64) float64, x []float64, at float64) ([]float64, *mat.SymDense) {
	const h = 1e-3
	n := len(x)
	gradient, minus := make([]float64, n), mat.NewSymDense(n, nil)
	y := append([]float64(nil), x...)
	up := make([]float64, n)
	for i := range n {
		y[i] = x[i] + h
		up[i] = f(y)
		y[i] = x[i] - h
		down := f(y)
		y[i] = x[i]
		gradient[i] = (up[i] - down) / (2 * h)
		minus.SetSym(i, i, -(up[i]-2*at+down)/(h*h))
	}
	for i := range n {
		for j := range i {
			y[i], y[j] = x[i]+h, x[j]+h
			both := f(y)
			y[i], y[j] = x[i]-h, x[j]-h
			neither := f(y)
			y[i], y[j] = x[i]+h, x[j]-h
			first := f(y)
			y[i], y[j] = x[i]-h, x[j]+h
			second := f(y)
			y[i], y[j] = x[i], x[j]
			minus.SetSym(i, j, -(both+neither-first-second)/(4*h*h))
		}
	}
	return gradient, minus
}

// solve is the step of Newton's method; false where the damped curvature isn't that of a hill.
func solve(minus *mat.SymDense, gradient []float64, damping float64) ([]float64, bool) {
	n := len(gradient)
	damped := mat.NewSymDense(n, nil)
	damped.CopySym(minus)
	for i := range n {
		damped.SetSym(i, i, minus.At(i, i)+damping*(1+math.Abs(minus.At(i, i))))
	}
	var hill mat.Cholesky
	if !hill.Factorize(damped) {
		return nil, false
	}
	var step mat.VecDense
	if hill.SolveVecTo(&step, mat.NewVecDense(n, gradient)) != nil {
		return nil, false
	}
	return step.RawVector().Data, true
}

// errorsOf are the standard errors that a curvature tells; +Inf where it is not that of a hill.
func errorsOf(curvature *mat.SymDense) []float64 {
	n := curvature.SymmetricDim()
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

// profiled is the interval of parameter i by profile likelihood: where the best that the other parameters can do is no
// more than drop below the top. An end that isn't found within reach on either side is infinite.
func profiled(f func([]float64) float64, x []float64, top float64, i int, step, reach, drop float64) (low,
	high float64) {
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

// crossing finds where a function crosses 0 between two places, by regula falsi with the Illinois rule (Dowell and
// Jarratt 1971).
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
		top, _ := climb(f, x)
		return top
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
