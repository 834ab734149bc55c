package canvas

import (
	"math"
	"strconv"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/words"
)

// axes.go holds what axes need that don't begin at zero.

// Widened is a range with so much of its length added at either end. A range that is a point gets a length.
func Widened(low, high, share float64) (float64, float64) {
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

// EvenTicks are the multiples of a step within a range. Labels that would repeat are left out.
func EvenTicks(low, high, step float64, label func(float64) string) []Tick {
	var ticks []Tick
	for i := range 40 {
		v := (math.Ceil(low/step*(1-1e-12)) + float64(i)) * step
		if v > high+1e-9*step {
			break
		}
		text := label(v + 0) // no "−0"
		if len(ticks) == 0 || ticks[len(ticks)-1].Label != text {
			ticks = append(ticks, Tick{v, text})
		}
	}
	return ticks
}

// AmountTicks are at most so many steps of an axis of dollars.
func AmountTicks(low, high float64, most int) []Tick {
	step := EvenStep(high-low, most)
	return EvenTicks(low, high, step, func(v float64) string { return Amount(v, step) })
}

// Amount is a dollar value beside an axis with that step.
func Amount(v, step float64) string {
	switch {
	case math.Abs(v) < step/2:
		return "0"
	case step < 1e-6:
		return "$" + strconv.FormatFloat(v, 'g', 3, 64)
	}
	return words.ShortDollars(v, moneyDecimals(step))
}

// ClockTicks are at most so many steps of an axis of times.
func ClockTicks(low, high float64, most int) []Tick {
	step := TimeStep(high-low, most)
	return EvenTicks(low, high, step, func(v float64) string {
		if step < 1 {
			return strconv.FormatFloat(v, 'g', 4, 64) + " s"
		}
		if v >= 0.5 && v < 9.95 { // "0:05" beside "0:10"
			return "0:0" + strconv.FormatFloat(v, 'f', 0, 64)
		}
		return words.Clock(v)
	})
}

// Roomy is the finest set of ticks, of at most so many steps, whose labels don't touch.
func (n *Panel) Roomy(most int, make func(most int) []Tick) []Tick {
	ticks := make(most)
	for ; most > 1 && Crowded(n, ticks); most-- {
		ticks = make(most - 1)
	}
	return ticks
}

// LabelsWithin writes the labels under the horizontal axis, moved inwards where they would leave the box, and
// none where it would touch another text. It returns the ticks that have one.
func (n *Panel) LabelsWithin(box vg.Rectangle, ticks []Tick) (labelled []Tick) {
	for _, t := range ticks {
		half := TickStyle.Width(t.Label) / 2
		at := vg.Point{X: min(max(n.X(t.Value), box.Min.X+half), box.Max.X-half), Y: n.Area.Min.Y - 12}
		if b := TickStyle.Box(t.Label, at, Centre); n.Page.Free(b, 3) {
			n.Page.Write(t.Label, at, TickStyle, Centre)
			labelled = append(labelled, t)
		}
	}
	return labelled
}

// MoneyAxis draws the grid of an axis of dollars with as many labels as have room.
func (n *Panel) MoneyAxis(body vg.Rectangle) {
	ticks := MoneyTicks(n.Plot.X.Max, 4)
	for most := 3; most > 0 && Crowded(n, ticks); most-- {
		ticks = MoneyTicks(n.Plot.X.Max, most)
	}
	n.Verticals(ticks)
	n.XLabels(body, ticks)
}

// Crowded says whether labels would touch.
func Crowded(n *Panel, ticks []Tick) bool {
	for i := 1; i < len(ticks); i++ {
		room := n.X(ticks[i].Value) - n.X(ticks[i-1].Value)
		if (TickStyle.Width(ticks[i].Label)+TickStyle.Width(ticks[i-1].Label))/2+8 > room {
			return true
		}
	}
	return false
}
