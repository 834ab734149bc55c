package canvas

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"channelbench/internal/words"
)

// Panel is an area of a page with two linear axes. gonum scales and clips the data; its own titles,
// legends and tick labels stay switched off, since the page has better ones.
type Panel struct {
	Page *Page
	Area vg.Rectangle
	Plot *plot.Plot
}

func (p *Page) NewPanel(area vg.Rectangle, xmax, ymax float64) *Panel {
	pl := plot.New()
	pl.X.Min, pl.X.Max = 0, xmax
	pl.Y.Min, pl.Y.Max = 0, ymax
	return &Panel{p, area, pl}
}

// Add draws plotters onto the panel.
func (n *Panel) Add(plotters ...plot.Plotter) {
	for _, p := range plotters {
		p.Plot(n.Page.paper(n.Area), n.Plot)
	}
}

// X is where a value of the horizontal axis lies on the page.
func (n *Panel) X(v float64) vg.Length {
	c := n.Page.paper(n.Area)
	toX, _ := n.Plot.Transforms(&c)
	return toX(v)
}

// Y is where a value of the vertical axis lies on the page.
func (n *Panel) Y(v float64) vg.Length {
	c := n.Page.paper(n.Area)
	_, toY := n.Plot.Transforms(&c)
	return toY(v)
}

// Tick is a labelled value of an axis.
type Tick struct {
	Value float64
	Label string
}

// Verticals draws a grid line at every tick of the horizontal axis, and none at the axis itself.
func (n *Panel) Verticals(ticks []Tick) {
	for _, t := range ticks {
		if x := n.X(t.Value); x > n.Area.Min.X+0.5 {
			n.Page.Line(Stroke(GridColor, 0.8), vg.Point{X: x, Y: n.Area.Min.Y}, vg.Point{X: x, Y: n.Area.Max.Y})
		}
	}
}

// XLabels writes the labels under the horizontal axis: first and last before the others, since they
// carry the unit, and none where it would touch another. None leaves the figure's box.
func (n *Panel) XLabels(body vg.Rectangle, ticks []Tick) {
	order := slices.Clone(ticks)
	if len(order) > 2 {
		order = append([]Tick{ticks[0], ticks[len(ticks)-1]}, ticks[1:len(ticks)-1]...)
	}
	for _, t := range order {
		at := vg.Point{X: n.X(t.Value), Y: n.Area.Min.Y - 13}
		half := TickStyle.Width(t.Label) / 2
		at.X = min(max(at.X, body.Min.X+half), body.Max.X-half)
		box := TickStyle.Box(t.Label, at, Centre)
		box.Min.X, box.Max.X = box.Min.X-4, box.Max.X+4
		if n.Page.Free(box, 0) {
			n.Page.Write(t.Label, at, TickStyle, Centre)
		}
	}
}

// TickMarks draws the short strokes under the horizontal axis, and the axis.
func (n *Panel) TickMarks(ticks []Tick) {
	s := Stroke(AxisColor, 1)
	for _, t := range ticks {
		x := n.X(t.Value)
		n.Page.Line(s, vg.Point{X: x, Y: n.Area.Min.Y - 3}, vg.Point{X: x, Y: n.Area.Min.Y})
	}
	n.Page.Line(s, n.Area.Min, vg.Point{X: n.Area.Max.X, Y: n.Area.Min.Y})
}

// EvenStep is the smallest of 1, 2, 2.5, 5 times a power of ten that divides the range into at most
// so many steps.
func EvenStep(span float64, most int) float64 {
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

// MoneyTicks are at most so many steps of an axis of dollars, with as many decimals as the step needs.
func MoneyTicks(top float64, most int) []Tick {
	step := EvenStep(top, most)
	decimals := moneyDecimals(step)
	ticks := []Tick{{0, "0"}}
	for i := 1; float64(i)*step <= top*(1+1e-9); i++ {
		v := float64(i) * step
		ticks = append(ticks, Tick{v, words.ShortDollars(v, decimals)})
	}
	return ticks
}

// moneyDecimals is how many decimals an axis of dollars needs with that step.
func moneyDecimals(step float64) int {
	decimals := DecimalsOf(step)
	if decimals == 1 { // "$0.50", as on a price tag
		decimals = 2
	}
	return decimals
}

// DecimalsOf is how many decimals the multiples of a step need.
func DecimalsOf(step float64) int {
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

// TimeTicks are the steps of an axis of time that reaches at least top, and its end: the last tick,
// which carries the unit.
func TimeTicks(top float64, most int) (ticks []Tick, end float64) {
	step := TimeStep(top, most)
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
		ticks = append(ticks, Tick{v, label})
	}
	return ticks, float64(n) * step
}

// TimeStep is the smallest step of a clock that divides a span of seconds into at most so many steps.
func TimeStep(span float64, most int) float64 {
	if span >= timeSteps[0]*2 {
		for _, s := range timeSteps {
			if span/s <= float64(most) {
				return s
			}
		}
	}
	return EvenStep(span, most)
}

// Whisker draws a horizontal interval with caps.
func (n *Panel) Whisker(low, high float64, y vg.Length, cap vg.Length) {
	s := draw.LineStyle{Color: Ink, Width: 1.2}
	a, b := n.X(low), n.X(high)
	n.Page.Line(s, vg.Point{X: a, Y: y}, vg.Point{X: b, Y: y})
	for _, x := range []vg.Length{a, b} {
		n.Page.Line(s, vg.Point{X: x, Y: y - cap}, vg.Point{X: x, Y: y + cap})
	}
}

// Share is a point of the panel's area, as shares of its sides.
func (n *Panel) Share(x, y float64) vg.Point {
	size := n.Area.Size()
	return vg.Point{X: n.Area.Min.X + size.X*vg.Length(x), Y: n.Area.Min.Y + size.Y*vg.Length(y)}
}
