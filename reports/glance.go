package reports

import (
	"fmt"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
)

// glance is the slide: which strategy, what a delivered clip costs, and what one gives up for it.
type glance struct {
	answer
	columns []column
	width   vg.Length // of the body
	end     float64   // of the cost axis
}

// newGlanceChart is the chart at a width, with a cost axis that ends by itself.
func newGlanceChart(run *record.Run, width vg.Length) Chart {
	g := newGlance(run)
	g.width, g.end = width, g.top()
	return g
}

func (g *glance) Title() string { return g.sentence() }

func (g *glance) Height() vg.Length {
	row, _ := g.measures()
	return glanceHead + vg.Length(max(1, len(g.list)))*row + glanceFoot
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

// paint draws the rows; where there is less room than asked for, they move together.
func (g *glance) Paint(p *page, body vg.Rectangle) error {
	if len(g.list) == 0 {
		p.write("Nothing to show.", vg.Point{X: body.Min.X, Y: body.Max.Y - 20}, noteStyle, left)
		return nil
	}
	rowHeight, barHeight := g.measures()
	room := body.Max.Y - body.Min.Y - glanceHead - glanceFoot
	list := shortlist(g.list, max(1, int(room/glanceLeast)), chosen(g.list, g.run.Verdict))
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
	bars := p.newPanel(rows, g.end, 1)
	bars.moneyAxis(body)
	for i, e := range list {
		middle := rows.Max.Y - (vg.Length(i)+0.5)*rowHeight
		if i > 0 {
			y := middle + rowHeight/2
			p.line(stroke(grid, 0.8), vg.Point{X: table, Y: y}, vg.Point{X: body.Max.X, Y: y})
		}
		note := ""
		if noted {
			note = g.note(e)
		}
		g.row(bars, e, note, vg.Point{X: body.Max.X, Y: middle}, barHeight)
	}
	if left := len(g.list) - len(list); left > 0 {
		p.write(count(int64(left))+" more not shown", vg.Point{X: body.Max.X, Y: rows.Min.Y - 13}, noteStyle, right)
	}
	p.line(stroke(axis, 1.2), rows.Min, vg.Point{X: rows.Min.X, Y: rows.Max.Y})
	return nil
}

const (
	columnWidth = vg.Length(62)
	barGap      = vg.Length(14) // between bars and figures
)

// shown are the columns that have room: the first two, and the others before the axis gets too short.
func (g *glance) shown() []column {
	room := g.width - g.nameWidth() - 8 - barGap - barLeast
	return g.columns[:min(max(2, int(room/columnWidth)), len(g.columns))]
}

func (g *glance) tableWidth() vg.Length { return vg.Length(len(g.shown())) * columnWidth }

// barRoom is the length of the cost axis: what names and figures leave.
func (g *glance) barRoom() vg.Length {
	return g.width - g.nameWidth() - 8 - barGap - g.tableWidth()
}

func newGlance(run *record.Run) *glance {
	all := roster(run)
	g := &glance{answer: newAnswer(run)}
	cents := centDecimals(figures(all, costOf))
	inTime := shareDecimals(figures(all, inTimeOf))
	delivered := shareDecimals(figures(all, deliveredOf))
	share := func(figure func(entry) *float64, decimals int) func(entry) string {
		return func(e entry) string {
			if v, ok := known(figure(e)); ok {
				return percent(v, decimals)
			}
			return noData
		}
	}
	g.columns = []column{{[2]string{"Cost per", "delivered clip"}, func(e entry) string {
		if v, ok := known(costOf(e)); ok {
			return shortDollars(v, cents)
		}
		return noData
	}, "cost"}}
	if s, ok := known(run.Scenario.PromiseSeconds); ok {
		g.columns = append(g.columns, column{[2]string{"In time", "(≤ " + span(s) + ")"}, share(inTimeOf, inTime), "in"})
	} else {
		g.columns = append(g.columns, column{[2]string{"", "Delivered"}, share(deliveredOf, delivered), "delivered"})
	}
	g.columns = append(g.columns,
		column{[2]string{"95% done", "within"}, func(e entry) string { return clockOrNever(p95Of(e)) }, "p95"},
		column{[2]string{"Undelivered", "per 10,000"}, func(e entry) string {
			if v, ok := known(deliveredOf(e)); ok {
				return perTenThousand(1 - v)
			}
			return noData
		}, "delivered"})
	return g
}

// measures are the heights of a row and its bar: lower where there are many.
func (g *glance) measures() (row, bar vg.Length) {
	switch n := len(g.list); {
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
	for _, e := range g.list {
		w = max(w, style{medium: true, size: rowSize}.width(e.label))
	}
	return w
}

// top is where the cost axis ends by itself: the longest bar or whisker, and a little air.
func (g *glance) top() float64 {
	top := 0.0
	for _, e := range g.list {
		for _, f := range []*float64{e.CostPerDelivered.Value, e.CostPerDelivered.High} {
			if v, ok := known(f); ok {
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
func (g *glance) heads(p *page, at vg.Point) {
	columns := g.shown()
	for i, c := range columns {
		x := at.X - vg.Length(len(columns)-1-i)*columnWidth
		p.write(c.head[0], vg.Point{X: x, Y: at.Y + headStyle.leading()}, headStyle, right)
		p.write(headStyle.shorten(c.head[1], columnWidth-4), vg.Point{X: x, Y: at.Y}, headStyle, right)
	}
}

// row draws one strategy: name, bar, note and figures; end is the right end of its middle.
func (g *glance) row(n *panel, e entry, note string, end vg.Point, bar vg.Length) {
	p, chosen, middle := n.page, g.winner != nil && e.Name == g.winner.Name, end.Y
	if note != "" { // the bar moves up to make room for the note under it
		middle += 4.5
	}
	nameStyle := style{size: rowSize, color: ink, medium: chosen}
	p.write(e.label, vg.Point{X: n.area.Min.X - 6, Y: middle - 4}, nameStyle, right)
	g.bar(n, e, middle, bar)
	if note != "" {
		s := noteStyle
		if chosen {
			s = noteStyle.bold().in(e.text)
		}
		room := n.area.Max.X - n.area.Min.X
		for _, shorter := range e.shortcomings() {
			if !s.fits(note, room) {
				note = shorter
			}
		}
		p.write(s.shortenEnd(note, room), vg.Point{X: n.area.Min.X + 5, Y: middle - bar/2 - 9}, s, left)
	}
	columns := g.shown()
	for i, c := range columns {
		x := end.X - vg.Length(len(columns)-1-i)*columnWidth
		s := style{size: 11, color: ink}
		switch {
		case i == 0:
			s = style{size: 12.5, medium: true, color: e.text}
		case e.misses(c.wrong):
			s = style{size: 11, medium: true, color: badFigure}
		}
		p.write(c.value(e), vg.Point{X: x, Y: middle - 4}, s.squeezed(c.value(e), columnWidth-4), right)
	}
}

// bar draws a bar from zero with a tick at the mean; the whisker lies over it, so that a narrow
// interval is not hidden.
func (g *glance) bar(n *panel, e entry, middle, height vg.Length) {
	cost, ok := known(costOf(e))
	if !ok {
		return
	}
	cost = min(max(cost, 0), n.plot.X.Max)
	x := n.x(cost)
	n.page.fill(vg.Rectangle{
		Min: vg.Point{X: n.area.Min.X, Y: middle - height/2},
		Max: vg.Point{X: x, Y: middle + height/2},
	}, tint(e.mark, 0.8))
	n.page.fill(vg.Rectangle{
		Min: vg.Point{X: max(x-1.25, n.area.Min.X), Y: middle - height/2},
		Max: vg.Point{X: max(x+1.25, n.area.Min.X+2.5), Y: middle + height/2},
	}, e.mark)
	if low, high, ok := g.interval(e); ok {
		n.whisker(max(low, 0), min(high, n.plot.X.Max), middle, min(3.5, height/3))
	}
}

// interval is what a whisker shows; one that would lie within the tick at the bar's end is not drawn.
func (g *glance) interval(e entry) (low, high float64, visible bool) {
	low, okLow := known(e.CostPerDelivered.Low)
	high, okHigh := known(e.CostPerDelivered.High)
	return low, high, okLow && okHigh && (high-low)/g.end*float64(g.barRoom()) > 4
}

// note says under the bar what the decision makes of the strategy.
func (g *glance) note(e entry) string {
	switch {
	case g.winner != nil && e.Name == g.winner.Name:
		return "Winner"
	case e.Excluded:
		return "excluded from the decision"
	case g.leader != nil && e.Name == g.leader.Name:
		return "leads, not clearly"
	case len(e.fails) > 0:
		return e.shortcomings()[0]
	}
	return ""
}

func (g *glance) Subtitle() string {
	bar := "expected cost"
	switch {
	case g.run.Mock():
		bar = "cost measured on mock channels"
	case g.run.Mode == "bench":
		bar = "measured cost"
	}
	s := "Cost per delivered clip, US dollars. Bar: " + bar + g.intervalHint()
	for _, e := range g.list {
		if strings.HasPrefix(g.note(e), "may miss") {
			if g.run.Mode == "bench" {
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
	for _, e := range g.list {
		if _, _, visible := g.interval(e); visible {
			if g.run.Mode == "bench" {
				return "; whisker: its 95% interval"
			}
			return "; whisker: 95% interval of that expectation"
		}
		_, low := known(e.CostPerDelivered.Low)
		if _, high := known(e.CostPerDelivered.High); low && high {
			hint = "; its 95% interval is narrower than the dark tick"
		}
	}
	return hint
}

// alt tells the chart in words.
func (g *glance) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(headline(g.run, g.Title()), ".") + ".")
	for _, e := range g.list {
		fmt.Fprintf(&b, " %s:", e.label)
		for i, c := range g.columns {
			if i > 0 {
				b.WriteString(",")
			}
			head := strings.TrimSpace(c.head[0] + " " + c.head[1])
			fmt.Fprintf(&b, " %s %s", strings.ToLower(head[:1])+head[1:], c.value(e))
		}
		if note := g.note(e); note != "" {
			fmt.Fprintf(&b, " (%s)", note)
		}
		b.WriteString(".")
	}
	if text := marks(g.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (g *glance) CSV() [][]string {
	rows := [][]string{{
		"strategy", "kind", "cost_per_delivered_usd", "low", "high", "in_time_share", "p95_seconds", "delivered_share", "winner", "engine",
	}}
	for _, e := range g.list {
		c := e.CostPerDelivered
		rows = append(rows, []string{
			e.Name, e.Kind, cell(c.Value), cell(c.Low), cell(c.High), cell(inTimeOf(e)), cell(p95Of(e)), cell(deliveredOf(e)),
			strconv.FormatBool(g.winner != nil && e.Name == g.winner.Name), engine(g.run, e.Strategy),
		})
	}
	return rows
}
