package chart

import (
	"math"

	"gonum.org/v1/plot/vg"

	"channelbench/reports/canvas"
)

// A name stands beside its curve where the curves leave room: greedy search over heights of the
// curve, both sides and growing distances, nearest first. A thin leader ties it to its curve. A name
// that finds no room is left to the legend, which holds them all.

// labelShares are the heights at which a curve may be named, best first.
var labelShares = []float64{0.5, 0.62, 0.38, 0.72, 0.28, 0.8, 0.2, 0.86, 0.14}

// labelGaps are distances between curve and name.
var labelGaps = []vg.Length{9, 20, 34, 50, 70, 95, 125}

// nameCurves writes each curve's name beside it.
func nameCurves(n *canvas.Panel, list []*curve) {
	for i, k := range list {
		if best, ok := bestLabel(n, list, i); ok {
			n.Page.Line(canvas.Stroke(k.Mark, 0.9), best.anchor, best.end)
			n.Page.Dot(best.anchor, 1.9, k.Mark)
			n.Page.Write(k.Label, best.at, canvas.LabelStyle.In(k.Text), best.side)
			n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: best.anchor, Max: best.anchor}, 3))
		}
	}
}

// labelSpot is a place for a curve's name.
type labelSpot struct {
	anchor, end, at vg.Point // on the curve, at the name, of the text
	side            canvas.Align
	cost            float64
}

func bestLabel(n *canvas.Panel, list []*curve, i int) (best labelSpot, found bool) {
	best.cost = math.Inf(1)
	for rank, share := range labelShares {
		for _, gap := range labelGaps {
			for _, side := range []canvas.Align{canvas.Right, canvas.Left} { // right-aligned: the name stands left of the curve
				s, ok := tryLabel(n, list, i, share, gap, side)
				s.cost += float64(rank)*4 + float64(gap)*0.6
				if ok && s.cost < best.cost {
					best, found = s, true
				}
			}
		}
	}
	return best, found
}

// tryLabel tests one place: free of curves, of other text and of the promise's line.
func tryLabel(n *canvas.Panel, list []*curve, i int, share float64, gap vg.Length, side canvas.Align) (labelSpot,
	bool) {
	k := list[i]
	anchor, ok := k.at(n.Y(share))
	if !ok {
		return labelSpot{}, false
	}
	direction := vg.Length(1)
	if side == canvas.Right {
		direction = -1
	}
	end := vg.Point{X: anchor.X + direction*gap, Y: anchor.Y}
	at := vg.Point{X: end.X + direction*2, Y: anchor.Y - 3.4}
	box := canvas.LabelStyle.Box(k.Label, at, side)
	if !canvas.Within(n.Area, canvas.Grow(box, 2)) || !n.Page.Free(box, 3) || anyMeets(list, canvas.Grow(box, 2.5)) {
		return labelSpot{}, false
	}
	s := labelSpot{anchor: anchor, end: end, at: at, side: side}
	leader := vg.Rectangle{
		Min: vg.Point{X: min(anchor.X, end.X), Y: anchor.Y - 0.5},
		Max: vg.Point{X: max(anchor.X, end.X), Y: anchor.Y + 0.5},
	}
	if !n.Page.Free(leader, 1) {
		return labelSpot{}, false
	}
	for j, other := range list {
		if j != i && other.meets(leader) {
			s.cost += 14
		}
	}
	return s, true
}

// at is where the curve passes a height, inside the panel.
func (k *curve) at(y vg.Length) (vg.Point, bool) {
	for i, p := range k.points {
		if p.Y >= y && i > 0 {
			return vg.Point{X: p.X, Y: y}, true
		}
	}
	return vg.Point{}, false
}
