package reports

import (
	"gonum.org/v1/plot/vg"
)

// legend is a small table of the strategies' names and figures, standing in the corner that a
// cumulative curve leaves empty.
type legend struct {
	heads  []string
	names  []entry
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
		l.more = count(int64(c.left)) + " more not shown"
	}
	inTime := shareDecimals(figures(c.list, inTimeOf))
	if c.promise != nil {
		l.heads = append(l.heads, "in time")
	}
	l.heads = append(l.heads, "95% done", "undelivered")
	var lost []float64
	for _, e := range c.list {
		if v, ok := known(deliveredOf(e)); ok {
			lost = append(lost, 1-v)
		}
	}
	decimals := shareDecimals(lost)
	for _, e := range c.list {
		var row []string
		if c.promise != nil {
			row = append(row, shareOrNone(inTimeOf(e), false, inTime))
		}
		row = append(row, clockOrNever(p95Of(e)), shareOrNone(deliveredOf(e), true, decimals))
		l.cells = append(l.cells, row)
	}
	return l
}

func (l *legend) columnWidth(i int) vg.Length {
	w := noteStyle.width(l.heads[i])
	for _, row := range l.cells {
		w = max(w, tickStyle.width(row[i]))
	}
	return w
}

func (l *legend) nameWidth() vg.Length {
	w := vg.Length(0)
	for _, e := range l.names {
		w = max(w, labelStyle.width(e.label))
	}
	return w
}

func (l *legend) width() vg.Length {
	w := l.nameWidth()
	for i := range l.shown() {
		w += legendGap + l.columnWidth(i)
	}
	return max(w, noteStyle.width(l.more))
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
func (l *legend) spot(n *panel, curves []*curve, promise *float64) (vg.Point, bool) {
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
func (l *legend) spotAsIs(n *panel, curves []*curve, promise *float64) (vg.Point, bool) {
	w, h := l.width(), l.height()
	line := n.area.Max.X
	if promise != nil {
		line = n.x(*promise)
	}
	lowest := n.area.Min.Y + 22 + h // the promise is named below
	for _, x := range []vg.Length{n.area.Max.X - 10, line - 10, n.area.Min.X + 10 + w} {
		for _, y := range []vg.Length{n.area.Min.Y + 0.62*(n.area.Max.Y-n.area.Min.Y), lowest} {
			top := max(y, lowest)
			box := vg.Rectangle{Min: vg.Point{X: x - w, Y: top - h}, Max: vg.Point{X: x, Y: top}}
			crossed := promise != nil && box.Min.X < line+6 && box.Max.X > line-6
			if crossed || !within(n.area, grow(box, 2)) || anyMeets(curves, grow(box, 12)) {
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
func (l *legend) write(p *page, at vg.Point) {
	y, cell := at.Y-tickStyle.above(), style{size: tickStyle.size, color: ink, halo: true}
	edges := make([]vg.Length, l.shown())
	x := at.X
	for i := l.shown() - 1; i >= 0; i-- {
		edges[i] = x
		p.write(l.heads[i], vg.Point{X: x, Y: y}, noteStyle, right)
		x -= l.columnWidth(i) + legendGap
	}
	for r, e := range l.names {
		y -= legendLine
		p.write(e.label, vg.Point{X: x, Y: y}, labelStyle.in(e.text), right)
		for i, text := range l.cells[r][:l.shown()] {
			p.write(text, vg.Point{X: edges[i], Y: y}, cell, right)
		}
	}
	p.write(l.more, vg.Point{X: at.X, Y: y - legendLine}, noteStyle, right)
}
