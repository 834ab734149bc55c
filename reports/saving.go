package reports

import (
	"math"
	"slices"

	"channelbench/internal/record"
)

// savingField is a map's grid, bilinear between its points. Places on it are shares of its sides, from the shortest
// clip and the rarest failure.
type savingField struct {
	x, y []float64  // ascending: seconds, and decimal logarithms of rates
	z    [][]saving // by y, then x
}

// saving is a saving per clip in dollars, where it is known.
type saving struct {
	usd   float64
	known bool
}

// newSavingField is nil where a map has no two lengths, no two rates, or nothing in between.
func newSavingField(m *record.BreakEvenMap) *savingField {
	f := &savingField{x: m.Seconds}
	if !climbs(f.x) || len(m.Saving) != len(m.Rates) {
		return nil
	}
	for j, rate := range m.Rates {
		if rate <= 0 { // has no place on a logarithmic axis
			continue
		}
		if len(m.Saving[j]) != len(f.x) {
			return nil
		}
		row := make([]saving, len(f.x))
		for i, v := range m.Saving[j] {
			usd, ok := known(v)
			row[i] = saving{bounded(usd), ok}
		}
		f.y, f.z = append(f.y, logRate(rate)), append(f.z, row)
	}
	if !climbs(f.y) || !f.anyKnown() {
		return nil
	}
	return f
}

// logRate is where a rate lies on its axis. A rate of zero lies below every map.
func logRate(rate float64) float64 {
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
func (f *savingField) anyKnown() bool {
	for j := 1; j < len(f.y); j++ {
		for i := 1; i < len(f.x); i++ {
			if f.between(i, j, 0, 0).known {
				return true
			}
		}
	}
	return false
}

// values are all that are known.
func (f *savingField) values() []float64 {
	var all []float64
	for _, row := range f.z {
		for _, v := range row {
			if v.known {
				all = append(all, v.usd)
			}
		}
	}
	return all
}

// gaps says whether anything isn't known.
func (f *savingField) gaps() bool { return len(f.values()) < len(f.x)*len(f.y) }

// shareOf is where a value lies between the ends of an axis.
func shareOf(axis []float64, v float64) float64 {
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

// at is the saving at a place.
func (f *savingField) at(x, y float64) saving {
	i, u := locate(f.x, x)
	j, v := locate(f.y, y)
	return f.between(i, j, u, v)
}

// between is the saving within a cell.
func (f *savingField) between(i, j int, u, v float64) saving {
	a, b, c, d := f.z[j-1][i-1], f.z[j-1][i], f.z[j][i-1], f.z[j][i]
	if !(a.known && b.known && c.known && d.known) {
		return saving{}
	}
	return saving{(a.usd*(1-u)+b.usd*u)*(1-v) + (c.usd*(1-u)+d.usd*u)*v, true}
}

// row works out a row of places at one height, from the left edge to one place beyond the right.
func (f *savingField) row(y float64, row []saving) {
	j, v := locate(f.y, y)
	width := float64(len(row) - 1)
	for n := range row {
		i, u := locate(f.x, min((float64(n)+0.5)/width, 1))
		row[n] = f.between(i, j, u, v)
	}
}

// fieldSteps is how finely a line or an area is searched.
const fieldSteps = 60

// extremes are the least and the most saved within a box.
func (f *savingField) extremes(b mapBox) (low, high float64, ok bool) {
	low, high = math.Inf(1), math.Inf(-1)
	x0, x1, y0, y1 := shareOf(f.x, b.x0), shareOf(f.x, b.x1), shareOf(f.y, b.y0), shareOf(f.y, b.y1)
	for i := range fieldSteps + 1 {
		for j := range fieldSteps + 1 {
			u, v := float64(i)/fieldSteps, float64(j)/fieldSteps
			if s := f.at(x0+u*(x1-x0), y0+v*(y1-y0)); s.known {
				low, high, ok = min(low, s.usd), max(high, s.usd), true
			}
		}
	}
	return low, high, ok
}

// positive is the share of the known area in which something is saved.
func (f *savingField) positive() float64 {
	saved, all := 0, 0
	for i := range fieldSteps {
		for j := range fieldSteps {
			if s := f.at((float64(i)+0.5)/fieldSteps, (float64(j)+0.5)/fieldSteps); s.known {
				all++
				if s.usd >= 0 {
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

// spans says whether an axis shows a value.
func spans(axis []float64, v float64) bool { return v >= axis[0] && v <= axis[len(axis)-1] }

// lengthFlip is where the saving changes its sign along a line of one rate; not ok where it does so never, or more than once.
func (f *savingField) lengthFlip(y float64) (x float64, ok bool) {
	const steps = 4 * fieldSteps
	last := f.at(0, y)
	for i := 1; i <= steps; i++ {
		s := f.at(float64(i)/steps, y)
		if s.known && last.known && (s.usd < 0) != (last.usd < 0) {
			if ok {
				return 0, false
			}
			x, ok = (float64(i-1)+last.usd/(last.usd-s.usd))/steps, true
		}
		last = s
	}
	return x, ok
}

// mapBox is an area of the map in the coordinates of its axes: seconds, and the decimal logarithm of the rate.
type mapBox struct{ x0, x1, y0, y1 float64 }
