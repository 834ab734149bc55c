package reports

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"
)

// axes.go holds what axes need that don't begin at zero.

// widened is a range with so much of its length added at either end. A range that is a point gets a length.
func widened(low, high, share float64) (float64, float64) {
	low, high = max(low, -1e200), min(high, 1e200) // so that no sum overflows
	size := max(math.Abs(low), math.Abs(high))
	if high-low <= 1e-9*size || size == 0 {
		room := 0.1 * size
		if size < 1e-200 {
			room = 1
		}
		return low - room, high + room
	}
	pad := (high - low) * share
	return low - pad, high + pad
}

// evenTicks are the multiples of a step within a range. Labels that would repeat are left out.
func evenTicks(low, high, step float64, label func(float64) string) []tick {
	var ticks []tick
	for i := range 40 {
		v := (math.Ceil(low/step*(1-1e-12)) + float64(i)) * step
		if v > high+1e-9*step {
			break
		}
		text := label(v + 0) // no "−0"
		if len(ticks) == 0 || ticks[len(ticks)-1].label != text {
			ticks = append(ticks, tick{v, text})
		}
	}
	return ticks
}

// amountTicks are at most so many steps of an axis of dollars.
func amountTicks(low, high float64, most int) []tick {
	step := evenStep(high-low, most)
	return evenTicks(low, high, step, func(v float64) string { return amount(v, step) })
}

// amount is a dollar value beside an axis with that step.
func amount(v, step float64) string {
	switch {
	case math.Abs(v) < step/2:
		return "0"
	case step < 1e-6:
		return "$" + strconv.FormatFloat(v, 'g', 3, 64)
	}
	return shortDollars(v, moneyDecimals(step))
}

// clockTicks are at most so many steps of an axis of times.
func clockTicks(low, high float64, most int) []tick {
	step := timeStep(high-low, most)
	return evenTicks(low, high, step, func(v float64) string {
		if step < 1 {
			return strconv.FormatFloat(v, 'g', 4, 64) + " s"
		}
		if v >= 0.5 && v < 9.95 { // "0:05" beside "0:10"
			return "0:0" + strconv.FormatFloat(v, 'f', 0, 64)
		}
		return clock(v)
	})
}

// roomy is the finest set of ticks, of at most so many steps, whose labels don't touch.
func (n *panel) roomy(most int, make func(most int) []tick) []tick {
	ticks := make(most)
	for ; most > 1 && crowded(n, ticks); most-- {
		ticks = make(most - 1)
	}
	return ticks
}

// labelsWithin writes the labels under the horizontal axis, moved inwards where they would leave the box, and
// none where it would touch another text. It returns the ticks that have one.
func (n *panel) labelsWithin(box vg.Rectangle, ticks []tick) (labelled []tick) {
	for _, t := range ticks {
		half := tickStyle.width(t.label) / 2
		at := vg.Point{X: min(max(n.x(t.value), box.Min.X+half), box.Max.X-half), Y: n.area.Min.Y - 12}
		if b := tickStyle.box(t.label, at, centre); n.page.free(b, 3) {
			n.page.write(t.label, at, tickStyle, centre)
			labelled = append(labelled, t)
		}
	}
	return labelled
}

// moneyAxis draws the grid of an axis of dollars with as many labels as have room.
func (n *panel) moneyAxis(body vg.Rectangle) {
	ticks := moneyTicks(n.plot.X.Max, 4)
	for most := 3; most > 0 && crowded(n, ticks); most-- {
		ticks = moneyTicks(n.plot.X.Max, most)
	}
	n.verticals(ticks)
	n.xLabels(body, ticks)
}

// crowded says whether labels would touch.
func crowded(n *panel, ticks []tick) bool {
	for i := 1; i < len(ticks); i++ {
		room := n.x(ticks[i].value) - n.x(ticks[i-1].value)
		if (tickStyle.width(ticks[i].label)+tickStyle.width(ticks[i-1].label))/2+8 > room {
			return true
		}
	}
	return false
}
