package chart

import (
	"math"
	"slices"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// SavingField is a map's grid, bilinear between its points. Places on it are shares of its sides, from the shortest
// clip and the rarest failure.
type SavingField struct {
	X, Y []float64  // ascending: seconds, and decimal logarithms of rates
	z    [][]Saving // by y, then x
}

// Saving is a saving per clip in dollars, where it is known.
type Saving struct {
	Usd   float64
	Known bool
}

// NewSavingField is nil where a map has no two lengths, no two rates, or nothing in between.
func NewSavingField(m *record.BreakEvenMap) *SavingField {
	f := &SavingField{X: m.Seconds}
	if !climbs(f.X) || len(m.Saving) != len(m.Rates) {
		return nil
	}
	for j, rate := range m.Rates {
		if rate <= 0 { // has no place on a logarithmic axis
			continue
		}
		if len(m.Saving[j]) != len(f.X) {
			return nil
		}
		row := make([]Saving, len(f.X))
		for i, v := range m.Saving[j] {
			usd, ok := words.Known(v)
			row[i] = Saving{view.Bounded(usd), ok}
		}
		f.Y, f.z = append(f.Y, LogRate(rate)), append(f.z, row)
	}
	if !climbs(f.Y) || !f.anyKnown() {
		return nil
	}
	return f
}

// LogRate is where a rate lies on its axis. A rate of zero lies below every map.
func LogRate(rate float64) float64 {
	if rate <= 0 {
		return -400
	}
	return math.Log10(rate)
}

// climbs says whether numbers ascend, far enough apart to be told apart on an axis.
func climbs(v []float64) bool {
	if len(v) < 2 {
		return false
	}
	span := v[len(v)-1] - v[0]
	for i := range v {
		if math.IsNaN(v[i]) || math.IsInf(v[i], 0) || i > 0 && !(v[i]-v[i-1] > 1e-9*span) {
			return false
		}
	}
	return !math.IsInf(span, 0) && span > 1e-6*max(math.Abs(v[0]), math.Abs(v[len(v)-1]))
}

// anyKnown says whether there is an area with a value, not only points.
func (f *SavingField) anyKnown() bool {
	for j := 1; j < len(f.Y); j++ {
		for i := 1; i < len(f.X); i++ {
			if f.between(i, j, 0, 0).Known {
				return true
			}
		}
	}
	return false
}

// Values are all that are known.
func (f *SavingField) Values() []float64 {
	var all []float64
	for _, row := range f.z {
		for _, v := range row {
			if v.Known {
				all = append(all, v.Usd)
			}
		}
	}
	return all
}

// Gaps says whether anything isn't known.
func (f *SavingField) Gaps() bool { return len(f.Values()) < len(f.X)*len(f.Y) }

// ShareOf is where a value lies between the ends of an axis.
func ShareOf(axis []float64, v float64) float64 {
	first, last := axis[0], axis[len(axis)-1]
	return min(max((v-first)/(last-first), 0), 1)
}

// locate finds the grid points around a share of an axis, and how far the place is from the lower to the upper one.
func locate(axis []float64, share float64) (upper int, along float64) {
	v := axis[0] + share*(axis[len(axis)-1]-axis[0])
	upper, _ = slices.BinarySearch(axis, v)
	upper = min(max(upper, 1), len(axis)-1)
	return upper, min(max((v-axis[upper-1])/(axis[upper]-axis[upper-1]), 0), 1)
}

// At is the saving at a place.
func (f *SavingField) At(x, y float64) Saving {
	i, u := locate(f.X, x)
	j, v := locate(f.Y, y)
	return f.between(i, j, u, v)
}

// between is the saving within a cell.
func (f *SavingField) between(i, j int, u, v float64) Saving {
	a, b, c, d := f.z[j-1][i-1], f.z[j-1][i], f.z[j][i-1], f.z[j][i]
	if !(a.Known && b.Known && c.Known && d.Known) {
		return Saving{}
	}
	return Saving{(a.Usd*(1-u)+b.Usd*u)*(1-v) + (c.Usd*(1-u)+d.Usd*u)*v, true}
}

// Row works out a row of places at one height, from the left edge to one place beyond the right.
func (f *SavingField) Row(y float64, row []Saving) {
	j, v := locate(f.Y, y)
	width := float64(len(row) - 1)
	for n := range row {
		i, u := locate(f.X, min((float64(n)+0.5)/width, 1))
		row[n] = f.between(i, j, u, v)
	}
}

// fieldSteps is how finely a line or an area is searched.
const fieldSteps = 60

// Extremes are the least and the most saved within a box.
func (f *SavingField) Extremes(b MapBox) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	x0, x1, y0, y1 := ShareOf(f.X, b.X0), ShareOf(f.X, b.X1), ShareOf(f.Y, b.Y0), ShareOf(f.Y, b.Y1)
	for i := range fieldSteps + 1 {
		for j := range fieldSteps + 1 {
			u, v := float64(i)/fieldSteps, float64(j)/fieldSteps
			if s := f.At(x0+u*(x1-x0), y0+v*(y1-y0)); s.Known {
				low, high, ok = min(low, s.Usd), max(high, s.Usd), true
			}
		}
	}
	return low, high, ok
}

// Positive is the share of the known area in which something is saved.
func (f *SavingField) Positive() float64 {
	saved, all := 0, 0
	for i := range fieldSteps {
		for j := range fieldSteps {
			if s := f.At((float64(i)+0.5)/fieldSteps, (float64(j)+0.5)/fieldSteps); s.Known {
				all++
				if s.Usd >= 0 {
					saved++
				}
			}
		}
	}
	if all == 0 {
		return 0
	}
	return float64(saved) / float64(all)
}

// Spans says whether an axis shows a value.
func Spans(axis []float64, v float64) bool { return v >= axis[0] && v <= axis[len(axis)-1] }

// LengthFlip is where the saving changes its sign along a line of one rate; not ok where it does so never, or more than
// once.
func (f *SavingField) LengthFlip(y float64) (x float64, ok bool) {
	const steps = 4 * fieldSteps
	last := f.At(0, y)
	for i := 1; i <= steps; i++ {
		s := f.At(float64(i)/steps, y)
		if s.Known && last.Known && (s.Usd < 0) != (last.Usd < 0) {
			if ok {
				return 0, false
			}
			x, ok = (float64(i-1)+last.Usd/(last.Usd-s.Usd))/steps, true
		}
		last = s
	}
	return x, ok
}

// MapBox is an area of the map in the coordinates of its axes: seconds, and the decimal logarithm of the rate.
type MapBox struct{ X0, X1, Y0, Y1 float64 }
