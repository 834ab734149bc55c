package chart

import (
	"fmt"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// glance is the slide: which strategy, what a delivered clip costs, and what one gives up for it.
type glance struct {
	view.Answer
	columns []view.Column
	width   vg.Length // of the body
	end     float64   // of the cost axis
}

// newGlanceChart is the chart at a width, with a cost axis that ends by itself.
func newGlanceChart(run *record.Run, width vg.Length) Chart {
	g := newGlance(run)
	g.width, g.end = width, g.top()
	return g
}

func (g *glance) Title() string { return g.Sentence() }

func (g *glance) Height() vg.Length {
	row, _ := g.measures()
	return glanceHead + vg.Length(max(1, len(g.List)))*row + glanceFoot
}

func (g *glance) Axes() []float64 { return []float64{g.end} }

func (g *glance) Along(axes []float64) Chart {
	along := *g
	along.end = axes[0]
	return &along
}

const (
	glanceHead = vg.Length(26) // the heads of the columns
	glanceFoot = vg.Length(18) // the labels of the axis

	glanceNoted = vg.Length(24) // the lowest row with a note under its bar
	glanceLeast = vg.Length(18) // the lowest row
	barLeast    = vg.Length(86) // the shortest axis; columns are left out before it gets shorter
)

// Paint draws the rows; where there is less room than asked for, they move together.
func (g *glance) Paint(p *canvas.Page, body vg.Rectangle) error {
	if len(g.List) == 0 {
		p.Write("Nothing to show.", vg.Point{X: body.Min.X, Y: body.Max.Y - 20}, canvas.NoteStyle, canvas.Left)
		return nil
	}
	rowHeight, barHeight := g.measures()
	room := body.Max.Y - body.Min.Y - glanceHead - glanceFoot
	list := view.Shortlist(g.List, max(1, int(room/glanceLeast)), view.Chosen(g.List, g.Run.Verdict))
	n := vg.Length(len(list))
	if room/n > rowHeight { // a page has more room than was asked for
		rowHeight, barHeight = 1.35*rowHeight, 1.2*barHeight
	}
	rowHeight = min(rowHeight, room/n)
	noted := rowHeight >= glanceNoted
	if barHeight = min(barHeight, rowHeight-7); noted {
		barHeight = min(barHeight, rowHeight-16)
	}
	table := body.Max.X - g.tableWidth()
	rows := vg.Rectangle{
		Min: vg.Point{X: table - barGap - g.barRoom(), Y: body.Max.Y - glanceHead - n*rowHeight},
		Max: vg.Point{X: table - barGap, Y: body.Max.Y - glanceHead},
	}
	g.heads(p, vg.Point{X: body.Max.X, Y: rows.Max.Y + 9})
	bars := p.NewPanel(rows, g.end, 1)
	bars.MoneyAxis(body)
	for i, e := range list {
		middle := rows.Max.Y - (vg.Length(i)+0.5)*rowHeight
		if i > 0 {
			y := middle + rowHeight/2
			p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: table, Y: y}, vg.Point{X: body.Max.X, Y: y})
		}
		note := ""
		if noted {
			note = g.note(e)
		}
		g.row(bars, e, note, vg.Point{X: body.Max.X, Y: middle}, barHeight)
	}
	if left := len(g.List) - len(list); left > 0 {
		p.Write(words.Count(int64(left))+" more not shown", vg.Point{X: body.Max.X, Y: rows.Min.Y - 13}, canvas.NoteStyle,
			canvas.Right)
	}
	p.Line(canvas.Stroke(canvas.AxisColor, 1.2), rows.Min, vg.Point{X: rows.Min.X, Y: rows.Max.Y})
	return nil
}

const (
	columnWidth = vg.Length(62)
	barGap      = vg.Length(14) // between bars and figures
)

// shown are the columns that have room: the first two, and the others before the axis gets too short.
func (g *glance) shown() []view.Column {
	room := g.width - g.nameWidth() - 8 - barGap - barLeast
	return g.columns[:min(max(2, int(room/columnWidth)), len(g.columns))]
}

func (g *glance) tableWidth() vg.Length { return vg.Length(len(g.shown())) * columnWidth }

// barRoom is the length of the cost axis: what names and figures leave.
func (g *glance) barRoom() vg.Length {
	return g.width - g.nameWidth() - 8 - barGap - g.tableWidth()
}

func newGlance(run *record.Run) *glance {
	g := &glance{Answer: view.NewAnswer(run)}
	kept := view.DeliveredColumn
	if promise, ok := words.Known(run.Scenario.PromiseSeconds); ok {
		kept = view.InTimeColumn(promise)
	}
	lost := view.Column{Head: [2]string{"Orders", "undelivered"}, Value: func(e view.Entry) string {
		if v, ok := words.Known(view.DeliveredOf(e)); ok {
			return words.Rate(1 - v)
		}
		return words.NoData
	}, Wrong: view.DeliveredColumn.Wrong}
	g.columns = []view.Column{view.CostColumn, kept, view.P95Column, lost}
	return g
}

// measures are the heights of a row and its bar: lower where there are many.
func (g *glance) measures() (row, bar vg.Length) {
	switch n := len(g.List); {
	case n <= 4:
		return 42, 20
	case n <= 8:
		return 33, 14
	default:
		return 27, 10
	}
}

func (g *glance) nameWidth() vg.Length {
	w := vg.Length(0)
	for _, e := range g.List {
		w = max(w, canvas.Style{Medium: true, Size: view.RowSize}.Width(e.Label))
	}
	return w
}

// top is where the cost axis ends by itself: the longest bar or whisker, and a little air.
func (g *glance) top() float64 {
	top := 0.0
	for _, e := range g.List {
		for _, f := range []*float64{e.CostPerDelivered.Value, e.CostPerDelivered.High} {
			if v, ok := words.Known(f); ok {
				top = max(top, v)
			}
		}
	}
	if top <= 0 {
		return 1
	}
	return min(top, 1e200) * 1.05
}

// heads writes the two-line heads of the columns; at is the end of the last one's lower baseline.
func (g *glance) heads(p *canvas.Page, at vg.Point) {
	columns := g.shown()
	for i, c := range columns {
		x := at.X - vg.Length(len(columns)-1-i)*columnWidth
		p.Write(c.Head[0], vg.Point{X: x, Y: at.Y + canvas.HeadStyle.Leading()}, canvas.HeadStyle, canvas.Right)
		p.Write(canvas.HeadStyle.Shorten(c.Head[1], columnWidth-4), vg.Point{X: x, Y: at.Y}, canvas.HeadStyle, canvas.Right)
	}
}

// row draws one strategy: name, bar, note and figures; end is the right end of its middle.
func (g *glance) row(n *canvas.Panel, e view.Entry, note string, end vg.Point, bar vg.Length) {
	p, chosen, middle := n.Page, g.Winner != nil && e.Name == g.Winner.Name, end.Y
	if note != "" { // the bar moves up to make room for the note under it
		middle += 4.5
	}
	nameStyle := canvas.Style{Size: view.RowSize, Color: canvas.Ink, Medium: chosen}
	p.Write(e.Label, vg.Point{X: n.Area.Min.X - 6, Y: middle - 4}, nameStyle, canvas.Right)
	g.bar(n, e, middle, bar)
	if note != "" {
		s := canvas.NoteStyle
		if chosen {
			s = canvas.NoteStyle.Bold().In(e.Text)
		}
		room := n.Area.Max.X - n.Area.Min.X
		for _, shorter := range e.Shortcomings() {
			if !s.Fits(note, room) {
				note = shorter
			}
		}
		p.Write(s.ShortenEnd(note, room), vg.Point{X: n.Area.Min.X + 5, Y: middle - bar/2 - 9}, s, canvas.Left)
	}
	columns := g.shown()
	for i, c := range columns {
		x := end.X - vg.Length(len(columns)-1-i)*columnWidth
		s := canvas.Style{Size: 11, Color: canvas.Ink}
		switch {
		case i == 0:
			s = canvas.Style{Size: 12.5, Medium: true, Color: e.Text}
		case e.Misses(c.Wrong):
			s = canvas.Style{Size: 11, Medium: true, Color: canvas.BadFigure}
		}
		p.Write(c.Value(e), vg.Point{X: x, Y: middle - 4}, s.Squeezed(c.Value(e), columnWidth-4), canvas.Right)
	}
}

// bar draws a bar from zero with a tick at the mean; the whisker lies over it, so that a narrow
// interval is not hidden.
func (g *glance) bar(n *canvas.Panel, e view.Entry, middle, height vg.Length) {
	cost, ok := words.Known(view.CostOf(e))
	if !ok {
		return
	}
	cost = min(max(cost, 0), n.Plot.X.Max)
	x := n.X(cost)
	n.Page.Fill(vg.Rectangle{
		Min: vg.Point{X: n.Area.Min.X, Y: middle - height/2},
		Max: vg.Point{X: x, Y: middle + height/2},
	}, canvas.Tint(e.Mark, 0.8))
	n.Page.Fill(vg.Rectangle{
		Min: vg.Point{X: max(x-1.25, n.Area.Min.X), Y: middle - height/2},
		Max: vg.Point{X: max(x+1.25, n.Area.Min.X+2.5), Y: middle + height/2},
	}, e.Mark)
	if low, high, ok := g.interval(e); ok {
		n.Whisker(max(low, 0), min(high, n.Plot.X.Max), middle, min(3.5, height/3))
	}
}

// interval is what a whisker shows; one that would lie within the tick at the bar's end is not drawn.
func (g *glance) interval(e view.Entry) (low, high float64, visible bool) {
	low, okLow := words.Known(e.CostPerDelivered.Low)
	high, okHigh := words.Known(e.CostPerDelivered.High)
	return low, high, okLow && okHigh && (high-low)/g.end*float64(g.barRoom()) > 4
}

// note says under the bar what the decision makes of the strategy.
func (g *glance) note(e view.Entry) string {
	switch {
	case g.Winner != nil && e.Name == g.Winner.Name:
		return "Winner"
	case e.Excluded:
		return "excluded from the decision"
	case g.Leader != nil && e.Name == g.Leader.Name:
		return "leads, not clearly"
	case len(e.Fails) > 0:
		return e.Shortcomings()[0]
	}
	return ""
}

func (g *glance) Subtitle() string {
	bar := "expected cost"
	switch {
	case g.Run.Mock():
		bar = "cost measured on mock channels"
	case g.Run.Mode == "bench":
		bar = "measured cost"
	}
	s := "Cost per delivered clip, US dollars. Bar: " + bar + g.intervalHint()
	for _, e := range g.List {
		if strings.HasPrefix(g.note(e), "may miss") {
			if g.Run.Mode == "bench" {
				return s + ". “May miss”: too few orders"
			}
			return s + ". “May miss” depends on inputs known only as ranges"
		}
	}
	return s
}

// intervalHint says what a whisker means, or why there is none.
func (g *glance) intervalHint() string {
	hint := ""
	for _, e := range g.List {
		if _, _, visible := g.interval(e); visible {
			if g.Run.Mode == "bench" {
				return "; whisker: its 95% interval"
			}
			return "; whisker: 95% interval of that expectation"
		}
		_, low := words.Known(e.CostPerDelivered.Low)
		if _, high := words.Known(e.CostPerDelivered.High); low && high {
			hint = "; its 95% interval is narrower than the dark tick"
		}
	}
	return hint
}

// Alt tells the chart in words.
func (g *glance) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(g.Run, g.Title()), ".") + ".")
	for _, e := range g.List {
		fmt.Fprintf(&b, " %s:", e.Label)
		for i, c := range g.columns {
			if i > 0 {
				b.WriteString(",")
			}
			head := strings.TrimSpace(c.Head[0] + " " + c.Head[1])
			fmt.Fprintf(&b, " %s %s", strings.ToLower(head[:1])+head[1:], c.Value(e))
		}
		if note := g.note(e); note != "" {
			fmt.Fprintf(&b, " (%s)", note)
		}
		b.WriteString(".")
	}
	if text := view.Marks(g.Run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (g *glance) CSV() [][]string {
	rows := [][]string{{
		"strategy", "kind", "cost_per_delivered_usd", "low", "high", "in_time_share", "p95_seconds", "delivered_share",
		"winner", "engine",
	}}
	for _, e := range g.List {
		c := e.CostPerDelivered
		rows = append(rows, []string{
			e.Name, e.Kind, cell(c.Value), cell(c.Low), cell(c.High), cell(view.InTimeOf(e)), cell(view.P95Of(e)),
			cell(view.DeliveredOf(e)),
			strconv.FormatBool(g.Winner != nil && e.Name == g.Winner.Name), view.Engine(g.Run, e.Strategy),
		})
	}
	return rows
}
