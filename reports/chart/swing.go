package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// swing.go draws the bars of a tornado.

// swing is what one input does.
type swing struct {
	record.InputEffect
	row, phrase string // its name beside a bar, and within a sentence
	low, high   barEnd
}

// barEnd is the result at one end of a range.
type barEnd struct {
	input string // the value there
	at    float64
	known bool
}

func newBarEnd(input float64, at *float64) barEnd {
	v, ok := words.Known(at)
	return barEnd{view.InputValue(input), view.Bounded(v), ok}
}

const (
	driversHead = vg.Length(16) // who is better on either side of zero
	driversAxis = vg.Length(18) // the labels of the axis
	driversLine = vg.Length(12) // a line of the note
	mostBars    = 12
	lowestBar   = vg.Length(13) // the least height of a row
	tallestBar  = vg.Length(30)
)

var driverStyle = canvas.Style{Size: 9.5, Color: canvas.Ink}

// Paint draws as many bars as there is room for, and says how many are left out.
func (d *drivers) Paint(p *canvas.Page, body vg.Rectangle) error {
	n, foot := d.fit(body)
	room := body.Max.Y - body.Min.Y - d.head() - driversAxis - foot
	area, names := d.area(body, d.bars[:n])
	area.Max.Y = body.Max.Y - d.head()
	height := min(room/vg.Length(n), tallestBar)
	area.Min.Y = area.Max.Y - vg.Length(n)*height
	low, high := d.extent(d.bars[:n])
	chart := p.NewPanel(area, high, 1)
	chart.Plot.X.Min = low
	d.axis(chart, body)
	for i, b := range d.bars[:n] {
		d.bar(chart, b, area.Max.Y-(vg.Length(i)+0.5)*height, height*0.6)
	}
	d.lines(chart, n, height)
	for i, b := range d.bars[:n] {
		middle := area.Max.Y - (vg.Length(i)+0.5)*height
		p.Write(driverStyle.Shorten(b.row, names), vg.Point{X: body.Min.X + names, Y: middle - 3.4}, driverStyle,
			canvas.Right)
		d.ends(chart, b, middle)
	}
	d.heads(chart, body)
	d.foot(p, body, area.Min.Y-driversAxis-driversLine, d.note(n, body.Max.X-body.Min.X))
	return nil
}

// head is the room above the bars.
func (d *drivers) head() vg.Length {
	if d.rival == nil {
		return 2
	}
	return driversHead
}

// fit is how many bars have room, and the height of what stands below them.
func (d *drivers) fit(body vg.Rectangle) (bars int, foot vg.Length) {
	bars = min(len(d.bars), mostBars)
	for range 2 { // bars that are left out make the note longer
		foot = d.footHeight(bars, body.Max.X-body.Min.X)
		room := body.Max.Y - body.Min.Y - d.head() - driversAxis - foot
		bars = max(1, min(bars, int(room/lowestBar)))
	}
	return bars, foot
}

// area is where the bars may reach: what names and the values at the bars' ends leave. Also the width of names.
func (d *drivers) area(body vg.Rectangle, bars []swing) (area vg.Rectangle, names vg.Length) {
	var before, after vg.Length
	for _, b := range bars {
		l, r := d.endTexts(b)
		before, after = max(before, canvas.NoteStyle.Bold().Width(l)), max(after, canvas.NoteStyle.Bold().Width(r))
		names = max(names, driverStyle.Width(b.row))
	}
	width := body.Max.X - body.Min.X
	names = min(names, width*0.4, width-before-after-80)
	return vg.Rectangle{
		Min: vg.Point{X: body.Min.X + names + 10 + before + 5},
		Max: vg.Point{X: body.Max.X - after - 5},
	}, names
}

// extent is the range of the axis. Zero belongs to a difference if it isn't so far off that the bars would shrink.
func (d *drivers) extent(bars []swing) (low, high float64) {
	low, high = d.stated, d.stated
	for _, b := range bars {
		for _, e := range []barEnd{b.low, b.high} {
			if e.known {
				low, high = min(low, e.at), max(high, e.at)
			}
		}
	}
	if reach := (high - low) * 0.6; d.rival != nil && low-reach < 0 && high+reach > 0 {
		low, high = min(low, 0), max(high, 0)
		if d.stated < 0 && high > 0 { // room for a word about the other side
			high = max(high, -0.2*low)
		} else if d.stated > 0 && low < 0 {
			low = min(low, -0.2*high)
		}
	}
	if spare := leastSpan*math.Abs(d.stated) - (high - low); spare > 0 {
		low, high = low-spare/2, high+spare/2
	}
	return canvas.Widened(low, high, 0.01)
}

// leastSpan is the least length of the axis, as a share of the stated result: a change of little must look little.
const leastSpan = 0.1

func (d *drivers) axis(n *canvas.Panel, body vg.Rectangle) {
	low, high := n.Plot.X.Min, n.Plot.X.Max
	ticks := n.Roomy(6, func(most int) []canvas.Tick {
		if d.seconds {
			step := canvas.TimeStep(high-low, most)
			return canvas.EvenTicks(low, high, step, func(v float64) string {
				if math.Abs(v) < step/2 {
					return "0"
				}
				return d.signed(v, words.Clock)
			})
		}
		step := canvas.EvenStep(high-low, most)
		return canvas.EvenTicks(low, high, step, func(v float64) string {
			return d.signed(v, func(v float64) string { return canvas.Amount(v, step) })
		})
	})
	for _, t := range ticks {
		x := n.X(t.Value)
		n.Page.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: x, Y: n.Area.Min.Y}, vg.Point{X: x, Y: n.Area.Max.Y})
	}
	n.LabelsWithin(body, ticks)
}

// lowTint is how much white the low end's colour has.
const lowTint = 0.55

// bar draws one input's bar in the colour of who is better there, the longer part first where both lie on one
// side.
func (d *drivers) bar(n *canvas.Panel, b swing, middle, height vg.Length) {
	parts := []struct {
		barEnd
		white float64
	}{{b.low, lowTint}, {b.high, 0}}
	if math.Abs(b.low.at-d.stated) < math.Abs(b.high.at-d.stated) {
		slices.Reverse(parts)
	}
	for _, e := range parts {
		if !e.known {
			continue
		}
		middleAt := d.stated
		if d.crosses(e.barEnd) {
			middleAt = 0
			d.fill(n, d.stated, 0, middle, height, e.white)
		}
		d.fill(n, middleAt, e.at, middle, height, e.white)
	}
}

func (d *drivers) fill(n *canvas.Panel, from, to float64, middle, height vg.Length, whiteness float64) {
	c := d.subject.Mark
	if d.rival != nil && from+to > 0 {
		c = d.rival.Mark
	}
	a, b := n.X(min(from, to)), n.X(max(from, to))
	n.Page.Fill(vg.Rectangle{Min: vg.Point{X: a, Y: middle - height/2}, Max: vg.Point{X: b, Y: middle + height/2}},
		canvas.Tint(c, whiteness))
}

// ends writes the input's values beside the bar; in bold where the other strategy is the better one.
func (d *drivers) ends(n *canvas.Panel, b swing, middle vg.Length) {
	first, last := d.stated, d.stated
	for _, e := range []barEnd{b.low, b.high} {
		if e.known {
			first, last = min(first, e.at), max(last, e.at)
		}
	}
	l, r := d.endTexts(b)
	s := func(at float64) canvas.Style {
		if d.crosses(barEnd{at: at, known: true}) {
			return canvas.NoteStyle.Bold().In(canvas.Ink)
		}
		return canvas.NoteStyle
	}
	n.Page.Write(l, vg.Point{X: n.X(first) - 5, Y: middle - 3}, s(first), canvas.Right)
	n.Page.Write(r, vg.Point{X: n.X(last) + 5, Y: middle - 3}, s(last), canvas.Left)
}

// endTexts are the input's values left and right of its bar: both on one side if the bar lies there.
func (d *drivers) endTexts(b swing) (before, after string) {
	a, z := b.low, b.high
	switch {
	case a.known && z.known:
		if a.at > z.at {
			a, z = z, a
		}
		both := a.input + " · " + z.input
		switch {
		case z.at < d.stated:
			return both, ""
		case a.at > d.stated:
			return "", both
		}
		return a.input, z.input
	case z.known:
		a, z = z, a
	}
	lost := z.input + ": no figure"
	if d.seconds {
		lost = z.input + ": never"
	}
	if a.at > d.stated {
		return lost, a.input
	}
	return a.input, lost
}

// lines draws where all is as stated and where both cost the same, with a diamond where a bar crosses that.
func (d *drivers) lines(n *canvas.Panel, bars int, height vg.Length) {
	x := n.X(d.stated)
	n.Page.Line(canvas.Stroke(canvas.Ink, 1.3), vg.Point{X: x, Y: n.Area.Min.Y - 3}, vg.Point{X: x, Y: n.Area.Max.Y})
	if !d.zeroShown(n) || d.stated == 0 {
		return
	}
	x = n.X(0)
	n.Page.Line(canvas.Dashed, vg.Point{X: x, Y: n.Area.Min.Y - 3}, vg.Point{X: x, Y: n.Area.Max.Y + driversHead - 2})
	for i, b := range d.bars[:bars] {
		if d.flips(b) {
			at := vg.Point{X: x, Y: n.Area.Max.Y - (vg.Length(i)+0.5)*height}
			n.Page.Diamond(at, 5.2, canvas.White)
			n.Page.Diamond(at, 4, canvas.Ink)
		}
	}
}

func (d *drivers) zeroShown(n *canvas.Panel) bool {
	return d.rival != nil && n.Plot.X.Min <= 0 && n.Plot.X.Max >= 0
}

// heads say on either side of zero who is better there, or who is everywhere.
func (d *drivers) heads(n *canvas.Panel, body vg.Rectangle) {
	if d.rival == nil {
		return
	}
	y := n.Area.Max.Y + 5
	s := canvas.Style{Medium: true, Size: 9, Halo: true}
	if !d.zeroShown(n) {
		e := d.subject
		if d.stated > 0 {
			e = *d.rival
		}
		text := e.Label + " " + d.better() + " throughout"
		at := min(n.Area.Min.X, body.Max.X-s.Width(text))
		n.Page.Write(text, vg.Point{X: max(at, body.Min.X), Y: y}, s.In(e.Text), canvas.Left)
		return
	}
	x := n.X(0)
	write := func(e view.Entry, at, room vg.Length, a canvas.Align) {
		if text := e.Label + " " + d.better(); s.Fits(text, room) {
			n.Page.Write(text, vg.Point{X: at, Y: y}, s.In(e.Text), a)
		}
	}
	write(d.subject, x-6, x-6-body.Min.X, canvas.Right)
	write(*d.rival, x+6, body.Max.X-x-6, canvas.Left)
}

// footHeight is the room for the key and the note, which share a line if they can.
func (d *drivers) footHeight(bars int, width vg.Length) vg.Length {
	if note := d.note(bars, width); note != "" && d.keyWidth()+20+canvas.NoteStyle.Width(note) > width {
		return 2*driversLine + 4
	}
	return driversLine + 4
}

var driverKey = []string{"low end of the range", "high end"}

const swatch = vg.Length(8)

func (d *drivers) keyWidth() vg.Length {
	return 2*swatch + 22 + canvas.NoteStyle.Width(driverKey[0]) + canvas.NoteStyle.Width(driverKey[1])
}

// foot writes the key, and the note beside or below it.
func (d *drivers) foot(p *canvas.Page, body vg.Rectangle, y vg.Length, note string) {
	x := body.Min.X
	for i, white := range []float64{lowTint, 0} {
		p.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: y - 1}, Max: vg.Point{X: x + swatch, Y: y + swatch - 1}},
			canvas.Tint(d.subject.Mark, white))
		box := p.Write(driverKey[i], vg.Point{X: x + swatch + 4, Y: y}, canvas.NoteStyle, canvas.Left)
		x = box.Max.X + 12
	}
	x += 8
	if canvas.NoteStyle.Width(note) > body.Max.X-x {
		x, y = body.Min.X, y-driversLine
	}
	p.Write(canvas.NoteStyle.ShortenEnd(note, body.Max.X-x), vg.Point{X: x, Y: y}, canvas.NoteStyle, canvas.Left)
}
