package reports

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// mapname.go says on a map where we are and who is cheaper where.

// ours draws a dashed box around what we sell, with a white rim so that it shows on any colour, and names it.
func (c *breakEven) ours(n *panel) {
	if c.workload == nil {
		return
	}
	b := *c.workload
	r := vg.Rectangle{Min: vg.Point{X: n.x(b.x0), Y: n.y(b.y0)}, Max: vg.Point{X: n.x(b.x1), Y: n.y(b.y1)}}
	r = inside(n.area, r, 6)
	corners := []vg.Point{r.Min, {X: r.Max.X, Y: r.Min.Y}, r.Max, {X: r.Min.X, Y: r.Max.Y}, r.Min}
	n.page.line(stroke(white, 3), corners...)
	line := dashed
	if r.Size().X+r.Size().Y < 40 { // too small for dashes
		line = stroke(ink, 1.2)
	}
	n.page.line(line, corners...)
	for i := 1; i < len(corners); i++ {
		a, b := corners[i-1], corners[i]
		n.page.reserve(grow(vg.Rectangle{Min: vg.Point{X: min(a.X, b.X), Y: min(a.Y, b.Y)}, Max: vg.Point{X: max(a.X, b.X), Y: max(a.Y, b.Y)}}, 2))
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
func (c *breakEven) nameOurs(n *panel, r vg.Rectangle) {
	w := c.m.Workload
	lengths := rangeText(strconv.FormatFloat(w.SecondsLow, 'g', 3, 64), strconv.FormatFloat(w.SecondsHigh, 'g', 3, 64)) + " s"
	rates := rangeText(rateText(w.RateLow), rateText(w.RateHigh))
	s := style{medium: true, size: 9, color: ink, halo: true}
	for _, text := range []string{"our clips: " + lengths + ", " + rates + " " + c.failures(), "our clips: " + lengths, "our clips"} {
		for _, spot := range []struct {
			at vg.Point
			align
		}{
			{vg.Point{X: r.Min.X, Y: r.Max.Y + 6}, left},
			{vg.Point{X: r.Min.X, Y: r.Min.Y - 12}, left},
			{vg.Point{X: r.Max.X, Y: r.Max.Y + 6}, right},
			{vg.Point{X: r.Max.X, Y: r.Min.Y - 12}, right},
			{vg.Point{X: r.Max.X + 6, Y: (r.Min.Y+r.Max.Y)/2 - 3}, left},
			{vg.Point{X: r.Min.X - 6, Y: (r.Min.Y+r.Max.Y)/2 - 3}, right},
			{vg.Point{X: r.Min.X + 6, Y: r.Max.Y - 13}, left},
		} {
			if box := s.box(text, spot.at, spot.align); within(n.area, grow(box, 1)) && n.page.free(box, 0.5) {
				n.page.write(text, spot.at, s, spot.align)
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
func (c *breakEven) sides(n *panel) {
	for _, side := range []struct {
		sign int
		word string
	}{{1, c.subject.label}, {-1, c.rival.label}} {
		text := side.word + " cheaper"
		for _, size := range []vg.Length{10, 8.5} {
			s := style{medium: true, size: size, color: ink, halo: true}
			if at, ok := c.roomiest(n, s, text, side.sign); ok {
				n.page.write(text, at, s, centre)
				break
			}
		}
	}
}

// roomiest is the place for a text that is farthest from where the answer flips.
func (c *breakEven) roomiest(n *panel, s style, text string, sign int) (vg.Point, bool) {
	for _, margin := range []vg.Length{34, 20, 12, 6, 3} {
		var spots []vg.Point
		var sum vg.Point
		for i := range 40 {
			for j := range 24 {
				at := n.share((float64(i)+0.5)/40, (float64(j)+0.5)/24)
				box := s.box(text, at, centre)
				if within(n.area, grow(box, 3)) && n.page.free(box, 5) && c.sign(n, grow(box, margin)) == sign {
					spots, sum = append(spots, at), sum.Add(at)
				}
			}
		}
		if len(spots) > 0 {
			middle := sum.Scale(1 / vg.Length(len(spots)))
			return slices.MinFunc(spots, func(a, b vg.Point) int { return cmp.Compare(distance(a, middle), distance(b, middle)) }), true
		}
	}
	return vg.Point{}, false
}

// sign is 1 where the subject is cheaper all over a box, −1 where the rival is, and 0 where it depends or isn't known.
func (c *breakEven) sign(n *panel, box vg.Rectangle) int {
	first := 0
	size := n.area.Size()
	for i := range 9 {
		for j := range 5 {
			x := min(max(box.Min.X+box.Size().X*vg.Length(i)/8, n.area.Min.X), n.area.Max.X)
			y := min(max(box.Min.Y+box.Size().Y*vg.Length(j)/4, n.area.Min.Y), n.area.Max.Y)
			v := c.field.at(float64((x-n.area.Min.X)/size.X), float64((y-n.area.Min.Y)/size.Y))
			s := 1
			if v.usd < 0 {
				s = -1
			}
			if !v.known || first != 0 && s != first {
				return 0
			}
			first = s
		}
	}
	return first
}

// nameContour writes what the black line is, beside it.
func (c *breakEven) nameContour(n *panel) {
	s := style{medium: true, size: 9, color: ink, halo: true}
	for _, share := range []float64{0.75, 0.6, 0.85, 0.45, 0.3, 0.92, 0.15} {
		at, ok := c.field.lengthFlip(share)
		if !ok {
			continue
		}
		spot := n.share(at, share)
		for _, a := range []align{left, right} {
			to := vg.Point{X: spot.X + 7*vg.Length(1-2*a), Y: spot.Y - 3}
			if box := s.box("break-even", to, a); within(n.area, grow(box, 2)) && n.page.free(box, 4) && c.sign(n, grow(box, 1)) != 0 {
				n.page.write("break-even", to, s, a)
				return
			}
		}
	}
}

func distance(a, b vg.Point) float64 { return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) }
