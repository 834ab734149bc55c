package chart

import (
	"gonum.org/v1/plot/vg"

	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// legend is a small table of the strategies' names and figures, standing in the corner that a
// cumulative curve leaves empty.
type legend struct {
	heads  []string
	names  []view.Entry
	cells  [][]string // by strategy
	hidden int        // columns at the end that are left out for want of room
	more   string     // how many strategies are left out
}

const (
	legendLine = vg.Length(13.5)
	legendGap  = vg.Length(13)
)

func newLegend(c *ecdf) *legend {
	l := &legend{names: c.list}
	if c.left > 0 {
		l.more = words.Count(int64(c.left)) + " more not shown"
	}
	inTime := words.ShareDecimals(view.Figures(c.list, view.InTimeOf))
	if c.promise != nil {
		l.heads = append(l.heads, "in time")
	}
	l.heads = append(l.heads, "95% done", "undelivered")
	var lost []float64
	for _, e := range c.list {
		if v, ok := words.Known(view.DeliveredOf(e)); ok {
			lost = append(lost, 1-v)
		}
	}
	decimals := words.ShareDecimals(lost)
	for _, e := range c.list {
		var row []string
		if c.promise != nil {
			row = append(row, words.ShareOrNone(view.InTimeOf(e), false, inTime))
		}
		row = append(row, words.ClockOrNever(view.P95Of(e)), words.ShareOrNone(view.DeliveredOf(e), true, decimals))
		l.cells = append(l.cells, row)
	}
	return l
}

func (l *legend) columnWidth(i int) vg.Length {
	w := canvas.NoteStyle.Width(l.heads[i])
	for _, row := range l.cells {
		w = max(w, canvas.TickStyle.Width(row[i]))
	}
	return w
}

func (l *legend) nameWidth() vg.Length {
	w := vg.Length(0)
	for _, e := range l.names {
		w = max(w, canvas.LabelStyle.Width(e.Label))
	}
	return w
}

func (l *legend) width() vg.Length {
	w := l.nameWidth()
	for i := range l.shown() {
		w += legendGap + l.columnWidth(i)
	}
	return max(w, canvas.NoteStyle.Width(l.more))
}

// shown is how many columns there is room for.
func (l *legend) shown() int { return len(l.heads) - l.hidden }

func (l *legend) height() vg.Length {
	lines := len(l.names) + 1
	if l.more != "" {
		lines++
	}
	return legendLine * vg.Length(lines)
}

// narrow leaves out columns, but for the first, until the legend is no wider than that.
func (l *legend) narrow(width vg.Length) {
	for l.width() > width && l.shown() > 1 {
		l.hidden++
	}
}

// spot finds a place inside the plot, as the upper right corner of the legend: clear of all curves and,
// if it can be, of the promise.
func (l *legend) spot(n *canvas.Panel, curves []*curve, promise *float64) (vg.Point, bool) {
	for range 2 { // without its last column it may fit
		if at, ok := l.spotAsIs(n, curves, promise); ok {
			return at, true
		}
		l.hidden++
	}
	l.hidden = 0
	return vg.Point{}, false
}

// spotAsIs tries the corners: right of the promise, left of it, and above the curves.
func (l *legend) spotAsIs(n *canvas.Panel, curves []*curve, promise *float64) (vg.Point, bool) {
	w, h := l.width(), l.height()
	line := n.Area.Max.X
	if promise != nil {
		line = n.X(*promise)
	}
	lowest := n.Area.Min.Y + 22 + h // the promise is named below
	for _, x := range []vg.Length{n.Area.Max.X - 10, line - 10, n.Area.Min.X + 10 + w} {
		for _, y := range []vg.Length{n.Area.Min.Y + 0.62*(n.Area.Max.Y-n.Area.Min.Y), lowest} {
			top := max(y, lowest)
			box := vg.Rectangle{Min: vg.Point{X: x - w, Y: top - h}, Max: vg.Point{X: x, Y: top}}
			crossed := promise != nil && box.Min.X < line+6 && box.Max.X > line-6
			if crossed || !canvas.Within(n.Area, canvas.Grow(box, 2)) || anyMeets(curves, canvas.Grow(box, 12)) {
				continue
			}
			return vg.Point{X: x, Y: top}, true
		}
	}
	return vg.Point{}, false
}

func anyMeets(curves []*curve, box vg.Rectangle) bool {
	for _, k := range curves {
		if k.meets(box) {
			return true
		}
	}
	return false
}

// write puts the legend on the page; at is its upper right corner.
func (l *legend) write(p *canvas.Page, at vg.Point) {
	y, cell := at.Y-canvas.TickStyle.Above(), canvas.Style{Size: canvas.TickStyle.Size, Color: canvas.Ink, Halo: true}
	edges := make([]vg.Length, l.shown())
	x := at.X
	for i := l.shown() - 1; i >= 0; i-- {
		edges[i] = x
		p.Write(l.heads[i], vg.Point{X: x, Y: y}, canvas.NoteStyle, canvas.Right)
		x -= l.columnWidth(i) + legendGap
	}
	for r, e := range l.names {
		y -= legendLine
		p.Write(e.Label, vg.Point{X: x, Y: y}, canvas.LabelStyle.In(e.Text), canvas.Right)
		for i, text := range l.cells[r][:l.shown()] {
			p.Write(text, vg.Point{X: edges[i], Y: y}, cell, canvas.Right)
		}
	}
	p.Write(l.more, vg.Point{X: at.X, Y: y - legendLine}, canvas.NoteStyle, canvas.Right)
}
