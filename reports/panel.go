package reports

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is an area of a page with two linear axes. gonum scales and clips the data; its own titles,
// legends and tick labels stay switched off, since the page has better ones.
type panel struct {
	page *page
	area vg.Rectangle
	plot *plot.Plot
}

func (p *page) newPanel(area vg.Rectangle, xmax, ymax float64) *panel {
	pl := plot.New()
	pl.X.Min, pl.X.Max = 0, xmax
	pl.Y.Min, pl.Y.Max = 0, ymax
	return &panel{p, area, pl}
}

// add draws plotters onto the panel.
func (n *panel) add(plotters ...plot.Plotter) {
	for _, p := range plotters {
		p.Plot(n.page.paper(n.area), n.plot)
	}
}

// x is where a value of the horizontal axis lies on the page.
func (n *panel) x(v float64) vg.Length {
	c := n.page.paper(n.area)
	toX, _ := n.plot.Transforms(&c)
	return toX(v)
}

// y is where a value of the vertical axis lies on the page.
func (n *panel) y(v float64) vg.Length {
	c := n.page.paper(n.area)
	_, toY := n.plot.Transforms(&c)
	return toY(v)
}

// tick is a labelled value of an axis.
type tick struct {
	value float64
	label string
}

// verticals draws a grid line at every tick of the horizontal axis, and none at the axis itself.
func (n *panel) verticals(ticks []tick) {
	for _, t := range ticks {
		if x := n.x(t.value); x > n.area.Min.X+0.5 {
			n.page.line(stroke(grid, 0.8), vg.Point{X: x, Y: n.area.Min.Y}, vg.Point{X: x, Y: n.area.Max.Y})
		}
	}
}

// xLabels writes the labels under the horizontal axis: first and last before the others, since they
// carry the unit, and none where it would touch another. None leaves the figure's box.
func (n *panel) xLabels(body vg.Rectangle, ticks []tick) {
	order := slices.Clone(ticks)
	if len(order) > 2 {
		order = append([]tick{ticks[0], ticks[len(ticks)-1]}, ticks[1:len(ticks)-1]...)
	}
	for _, t := range order {
		at := vg.Point{X: n.x(t.value), Y: n.area.Min.Y - 13}
		half := tickStyle.width(t.label) / 2
		at.X = min(max(at.X, body.Min.X+half), body.Max.X-half)
		box := tickStyle.box(t.label, at, centre)
		box.Min.X, box.Max.X = box.Min.X-4, box.Max.X+4
		if n.page.free(box, 0) {
			n.page.write(t.label, at, tickStyle, centre)
		}
	}
}

// tickMarks draws the short strokes under the horizontal axis, and the axis.
func (n *panel) tickMarks(ticks []tick) {
	s := stroke(axis, 1)
	for _, t := range ticks {
		x := n.x(t.value)
		n.page.line(s, vg.Point{X: x, Y: n.area.Min.Y - 3}, vg.Point{X: x, Y: n.area.Min.Y})
	}
	n.page.line(s, n.area.Min, vg.Point{X: n.area.Max.X, Y: n.area.Min.Y})
}

// evenStep is the smallest of 1, 2, 2.5, 5 times a power of ten that divides the range into at most
// so many steps.
func evenStep(span float64, most int) float64 {
	if span <= 0 || most < 1 {
		return 1
	}
	rough := span / float64(most)
	power := math.Pow(10, math.Floor(math.Log10(rough)))
	for _, m := range []float64{1, 2, 2.5, 5, 10} {
		if m*power >= rough*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// moneyTicks are at most so many steps of an axis of dollars, with as many decimals as the step needs.
func moneyTicks(top float64, most int) []tick {
	step := evenStep(top, most)
	decimals := moneyDecimals(step)
	ticks := []tick{{0, "0"}}
	for i := 1; float64(i)*step <= top*(1+1e-9); i++ {
		v := float64(i) * step
		ticks = append(ticks, tick{v, shortDollars(v, decimals)})
	}
	return ticks
}

// moneyDecimals is how many decimals an axis of dollars needs with that step.
func moneyDecimals(step float64) int {
	decimals := decimalsOf(step)
	if decimals == 1 { // "$0.50", as on a price tag
		decimals = 2
	}
	return decimals
}

// decimalsOf is how many decimals the multiples of a step need.
func decimalsOf(step float64) int {
	decimals := 0
	for d := step; d < 1e6 && math.Abs(d-math.Round(d)) > 1e-6*d && decimals < 9; d *= 10 {
		decimals++
	}
	return decimals
}

// timeSteps are the steps people know from clocks, in seconds.
var timeSteps = []float64{
	1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800,
	3600, 2 * 3600, 3 * 3600, 6 * 3600, 12 * 3600, 86400, 2 * 86400, 7 * 86400, 30 * 86400,
}

// timeTicks are the steps of an axis of time that reaches at least top, and its end: the last tick,
// which carries the unit.
func timeTicks(top float64, most int) (ticks []tick, end float64) {
	step := timeStep(top, most)
	unit, name := 1.0, "s"
	switch {
	case step >= 86400:
		unit, name = 86400, "days"
	case step >= 3600:
		unit, name = 3600, "h"
	case step >= 30:
		unit, name = 60, "min"
	}
	n := max(1, int(math.Ceil(top/step*(1-1e-9))))
	for i := range n + 1 {
		v := float64(i) * step
		label := strconv.FormatFloat(v/unit, 'g', 4, 64)
		if i == n {
			label += " " + name
		}
		ticks = append(ticks, tick{v, label})
	}
	return ticks, float64(n) * step
}

// timeStep is the smallest step of a clock that divides a span of seconds into at most so many steps.
func timeStep(span float64, most int) float64 {
	if span >= timeSteps[0]*2 {
		for _, s := range timeSteps {
			if span/s <= float64(most) {
				return s
			}
		}
	}
	return evenStep(span, most)
}

// whisker draws a horizontal interval with caps.
func (n *panel) whisker(low, high float64, y vg.Length, cap vg.Length) {
	s := draw.LineStyle{Color: ink, Width: 1.2}
	a, b := n.x(low), n.x(high)
	n.page.line(s, vg.Point{X: a, Y: y}, vg.Point{X: b, Y: y})
	for _, x := range []vg.Length{a, b} {
		n.page.line(s, vg.Point{X: x, Y: y - cap}, vg.Point{X: x, Y: y + cap})
	}
}

// share is a point of the panel's area, as shares of its sides.
func (n *panel) share(x, y float64) vg.Point {
	size := n.area.Size()
	return vg.Point{X: n.area.Min.X + size.X*vg.Length(x), Y: n.area.Min.Y + size.Y*vg.Length(y)}
}
