package fit

import (
	"math"
	"testing"
)

// TestClimb: hills whose tops are known, from near and from far, and places from which no way leads up.
func TestClimb(t *testing.T) {
	bowl := func(x []float64) float64 { return 7 - 3*(x[0]-1)*(x[0]-1) - x[0]*(x[1]+2)*(x[1]+2)*x[0] }
	// Rosenbrock's (1960), upside down.
	ridge := func(x []float64) float64 { return -(1-x[0])*(1-x[0]) - 100*math.Pow(x[1]-x[0]*x[0], 2) }
	walled := func(x []float64) float64 {
		if x[0] > 1 {
			return math.Inf(-1)
		}
		return x[0]
	}
	for _, tt := range []struct {
		name   string
		f      func([]float64) float64
		from   []float64
		to     []float64
		top    float64
		within float64
	}{
		{"near", bowl, []float64{1.2, -1.5}, []float64{1, -2}, 7, 1e-3},
		{"far", bowl, []float64{9, 4}, []float64{1, -2}, 7, 1e-3},
		{"along a ridge", ridge, []float64{-1.2, 1}, []float64{1, 1}, 0, 1e-2},
		{"at the top", bowl, []float64{1, -2}, []float64{1, -2}, 7, 1e-6},
		{"outside", walled, []float64{2, 0}, []float64{2, 0}, math.Inf(-1), 0},
		{"up to a wall", walled, []float64{-3, 0}, []float64{1, 0}, 1, 0.01},
		{"nowhere", func([]float64) float64 { return math.NaN() }, []float64{1, 2}, []float64{1, 2}, math.Inf(-1), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			top := climb(tt.f, tt.from)
			for i := range tt.from {
				near(t, "a parameter", tt.from[i], tt.to[i], tt.within)
			}
			if !(math.Abs(top-tt.top) <= tt.within || top == tt.top) {
				t.Errorf("the top is %v, want %v", top, tt.top)
			}
		})
	}
}

// TestErrorsOf: of a parabola they are known; of what is no hill they are infinite.
func TestErrorsOf(t *testing.T) {
	hill := func(x []float64) float64 { return -(x[0]*x[0]/4 + x[1]*x[1]/9) / 2 }
	for i, se := range errorsOf(hill, []float64{0, 0}) {
		near(t, "an error", se, []float64{2, 3}[i], 1e-6)
	}
	pass := func(x []float64) float64 { return x[0]*x[0] - x[1]*x[1] }
	for _, se := range errorsOf(pass, []float64{0, 0}) {
		near(t, "one over the error of a pass", 1/se, 0, 0)
	}
}
