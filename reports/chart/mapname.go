package chart

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"

	"channelbench/reports/canvas"
)

// mapname.go says on a map where we are and who is cheaper where.

// ours draws a dashed box around what we sell, with a white rim so that it shows on any colour, and names it.
func (c *breakEven) ours(n *canvas.Panel) {
	if c.workload == nil {
		return
	}
	b := *c.workload
	r := vg.Rectangle{Min: vg.Point{X: n.X(b.X0), Y: n.Y(b.Y0)}, Max: vg.Point{X: n.X(b.X1), Y: n.Y(b.Y1)}}
	r = inside(n.Area, r, 6)
	corners := []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	n.Page.Line(canvas.Stroke(canvas.White, 3), corners...)
	line := canvas.Dashed
	if r.Size().X+r.Size().Y < 40 { // too small for dashes
		line = canvas.Stroke(canvas.Ink, 1.2)
	}
	n.Page.Line(line, corners...)
	for i := 1; i < len(corners); i++ {
		a, b := corners[i-1], corners[i]
		n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: vg.Point{X: min(a.X, b.X), Y: min(a.Y, b.Y)},
			Max: vg.Point{X: max(a.X, b.X), Y: max(a.Y, b.Y)}}, 2))
	}
	c.nameOurs(n, r)
}

// inside is a box of at least that size, moved into the area.
func inside(area, r vg.Rectangle, size vg.Length) vg.Rectangle {
	fit := func(low, high, least, most vg.Length) (vg.Length, vg.Length) {
		if high-low < size {
			middle := min(max((low+high)/2, least+size/2+1), most-size/2-1)
			low, high = middle-size/2, middle+size/2
		}
		return max(low, least+1), min(high, most-1)
	}
	r.Min.X, r.Max.X = fit(r.Min.X, r.Max.X, area.Min.X, area.Max.X)
	r.Min.Y, r.Max.Y = fit(r.Min.Y, r.Max.Y, area.Min.Y, area.Max.Y)
	return r
}

// nameOurs writes the name of the box above, below or beside it, or in it: the longest that has room.
func (c *breakEven) nameOurs(n *canvas.Panel, r vg.Rectangle) {
	w := c.m.Workload
	lengths := rangeText(strconv.FormatFloat(w.SecondsLow, 'g', 3, 64), strconv.FormatFloat(w.SecondsHigh, 'g', 3, 64)) +
		" s"
	rates := rangeText(rateText(w.RateLow), rateText(w.RateHigh))
	s := canvas.Style{Medium: true, Size: 9, Color: canvas.Ink, Halo: true}
	name := "our " + c.clip() + "s"
	for _, text := range []string{name + ": " + lengths + ", " + rates + " " + c.failures(), name + ": " + lengths, name} {
		for _, spot := range []struct {
			at vg.Point
			canvas.Align
		}{
			{vg.Point{X: r.Min.X, Y: r.Max.Y + 6}, canvas.Left},
			{vg.Point{X: r.Min.X, Y: r.Min.Y - 12}, canvas.Left},
			{vg.Point{X: r.Max.X, Y: r.Max.Y + 6}, canvas.Right},
			{vg.Point{X: r.Max.X, Y: r.Min.Y - 12}, canvas.Right},
			{vg.Point{X: r.Max.X + 6, Y: (r.Min.Y+r.Max.Y)/2 - 3}, canvas.Left},
			{vg.Point{X: r.Min.X - 6, Y: (r.Min.Y+r.Max.Y)/2 - 3}, canvas.Right},
			{vg.Point{X: r.Min.X + 6, Y: r.Max.Y - 13}, canvas.Left},
		} {
			if box := s.Box(text, spot.at, spot.Align); canvas.Within(n.Area, canvas.Grow(box, 1)) && n.Page.Free(box, 0.5) {
				n.Page.Write(text, spot.at, s, spot.Align)
				return
			}
		}
	}
}

// rangeText is "1 to 3", or "1" where both are the same.
func rangeText(low, high string) string {
	if low == high {
		return low
	}
	return low + " to " + high
}

// sides says in each area who is cheaper there, if it has room.
func (c *breakEven) sides(n *canvas.Panel) {
	for _, side := range []struct {
		sign int
		word string
	}{{1, c.subject.Label}, {-1, c.rival.Label}} {
		text := side.word + " cheaper"
		for _, size := range []vg.Length{10, 8.5} {
			s := canvas.Style{Medium: true, Size: size, Color: canvas.Ink, Halo: true}
			if at, ok := c.roomiest(n, s, text, side.sign); ok {
				n.Page.Write(text, at, s, canvas.Centre)
				break
			}
		}
	}
}

// roomiest is the place for a text that is farthest from where the answer flips.
func (c *breakEven) roomiest(n *canvas.Panel, s canvas.Style, text string, sign int) (vg.Point, bool) {
	for _, margin := range []vg.Length{34, 20, 12, 6, 3} {
		var spots []vg.Point
		var sum vg.Point
		for i := range 40 {
			for j := range 24 {
				at := n.Share((float64(i)+0.5)/40, (float64(j)+0.5)/24)
				box := s.Box(text, at, canvas.Centre)
				if canvas.Within(n.Area, canvas.Grow(box, 3)) && n.Page.Free(box, 5) &&
					c.sign(n, canvas.Grow(box, margin)) == sign {
					spots, sum = append(spots, at), sum.Add(at)
				}
			}
		}
		if len(spots) > 0 {
			middle := sum.Scale(1 / vg.Length(len(spots)))
			return slices.MinFunc(spots, func(a, b vg.Point) int {
				return cmp.Compare(distance(a, middle),
					distance(b, middle))
			}), true
		}
	}
	return vg.Point{}, false
}

// sign is 1 where the subject is cheaper all over a box, −1 where the rival is, and 0 where it depends or isn't known.
func (c *breakEven) sign(n *canvas.Panel, box vg.Rectangle) int {
	first := 0
	size := n.Area.Size()
	for i := range 9 {
		for j := range 5 {
			x := min(max(box.Min.X+box.Size().X*vg.Length(i)/8, n.Area.Min.X), n.Area.Max.X)
			y := min(max(box.Min.Y+box.Size().Y*vg.Length(j)/4, n.Area.Min.Y), n.Area.Max.Y)
			v := c.field.At(float64((x-n.Area.Min.X)/size.X), float64((y-n.Area.Min.Y)/size.Y))
			s := 1
			if v.Usd < 0 {
				s = -1
			}
			if !v.Known || first != 0 && s != first {
				return 0
			}
			first = s
		}
	}
	return first
}

// nameContour writes what the black line is, beside it.
func (c *breakEven) nameContour(n *canvas.Panel) {
	s := canvas.Style{Medium: true, Size: 9, Color: canvas.Ink, Halo: true}
	for _, share := range []float64{0.75, 0.6, 0.85, 0.45, 0.3, 0.92, 0.15} {
		at, ok := c.field.LengthFlip(share)
		if !ok {
			continue
		}
		spot := n.Share(at, share)
		for _, a := range []canvas.Align{canvas.Left, canvas.Right} {
			to := vg.Point{X: spot.X + 7*vg.Length(1-2*a), Y: spot.Y - 3}
			if box := s.Box("break-even", to, a); canvas.Within(n.Area, canvas.Grow(box, 2)) && n.Page.Free(box, 4) &&
				c.sign(n, canvas.Grow(box, 1)) != 0 {
				n.Page.Write("break-even", to, s, a)
				return
			}
		}
	}
}

func distance(a, b vg.Point) float64 { return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) }
