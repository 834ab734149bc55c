package reports

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
)

// lineupChart shows a line-up: a block for each strategy, a row for each run.
type lineupChart struct{ *lineup }

const (
	lineupHead  = vg.Length(17)
	lineupRoom  = vg.Length(15) // of a row
	lineupGap   = vg.Length(9)
	lineupWidth = vg.Length(56) // of a column
)

func (l *lineupChart) Height() vg.Length {
	height := vg.Length(glanceHead + glanceFoot)
	for _, b := range l.blocks {
		height += lineupHead + lineupRoom*vg.Length(len(b.rows)) + lineupGap
	}
	return height
}

// lineupFigure is the chart with what stands around it.
func lineupFigure(s *Set) figure {
	return figure{"runs-cost.png", &lineupChart{newLineup(s)}, s.replayNote(), setFootnote(s.all())}
}

func (l *lineupChart) Paint(p *page, body vg.Rectangle) error {
	if len(l.blocks) == 0 {
		p.write("Nothing to show.", vg.Point{X: body.Min.X, Y: body.Max.Y - 20}, noteStyle, left)
		return nil
	}
	names := vg.Length(0)
	for _, m := range l.set.runs {
		names = max(names, runStyle.width(m.short+replayStar))
	}
	table := body.Max.X - vg.Length(len(l.columns)+1)*lineupWidth
	rows := vg.Rectangle{
		Min: vg.Point{X: body.Min.X + names + 8, Y: body.Min.Y + glanceFoot},
		Max: vg.Point{X: table - 6, Y: body.Max.Y - glanceHead},
	}
	bars := p.newPanel(rows, l.top(), 1)
	bars.moneyAxis(body)
	l.heads(p, vg.Point{X: body.Max.X, Y: rows.Max.Y + 9})
	y := rows.Max.Y
	for i, b := range l.blocks {
		if i > 0 {
			p.line(stroke(grid, 0.8), vg.Point{X: body.Min.X, Y: y + lineupGap/2}, vg.Point{X: body.Max.X, Y: y + lineupGap/2})
		}
		p.write(b.label, vg.Point{X: body.Min.X, Y: y - 11}, labelStyle.in(b.text), left)
		y -= lineupHead
		for _, r := range b.rows {
			l.row(bars, b, r, vg.Point{X: body.Max.X, Y: y - lineupRoom/2})
			y -= lineupRoom
		}
		p.line(stroke(axis, 1.2), vg.Point{X: rows.Min.X, Y: y}, vg.Point{X: rows.Min.X, Y: y + lineupRoom*vg.Length(len(b.rows))})
		y -= lineupGap
	}
	return nil
}

// top is the end of the cost axis.
func (l *lineupChart) top() float64 {
	g := glance{answer: answer{list: l.all()}}
	return g.top()
}

func (l *lineupChart) heads(p *page, at vg.Point) {
	for i, c := range append(slices.Clone(l.columns), column{head: [2]string{"", "Verdict"}}) {
		x := at.X - vg.Length(len(l.columns)-i)*lineupWidth
		p.write(c.head[0], vg.Point{X: x, Y: at.Y + headStyle.leading()}, headStyle, right)
		p.write(headStyle.shorten(c.head[1], lineupWidth-3), vg.Point{X: x, Y: at.Y}, headStyle, right)
	}
}

// row draws one run of a strategy; end is the right end of its middle.
func (l *lineupChart) row(n *panel, b lineupBlock, r lineupRow, end vg.Point) {
	spoilt := r.run.Run.Invalid != ""
	r.mark, r.text = b.mark, b.text
	if spoilt {
		r.mark, r.text = axis, faint
	}
	label := r.run.short
	if r.Engine == "replay" {
		label += replayStar
	}
	n.page.write(label, vg.Point{X: n.area.Min.X - 6, Y: end.Y - 3.4}, runStyle, right)
	g := glance{end: n.plot.X.Max, width: n.area.Max.X - n.area.Min.X + 8 + barGap}
	g.bar(n, r.entry, end.Y, lineupRoom*0.62)
	for i, c := range l.columns {
		s := style{size: 9.5, color: ink}
		switch {
		case i == 0:
			s = style{size: 10, medium: true, color: r.text}
		case spoilt:
			s.color = faint
		case r.misses(c.wrong):
			s = style{size: 9.5, medium: true, color: badFigure}
		}
		x := end.X - vg.Length(len(l.columns)-i)*lineupWidth
		n.page.write(c.value(r.entry), vg.Point{X: x, Y: end.Y - 3.4}, s.squeezed(c.value(r.entry), lineupWidth-4), right)
	}
	s := style{size: 9, color: faint}
	verdict := r.verdict()
	if verdict == "winner" {
		s = style{size: 9, medium: true, color: r.text}
	}
	n.page.write(verdict, vg.Point{X: end.X, Y: end.Y - 3.4}, s, right)
}

// title says what the runs choose. Runs that must not be used have no say.
func (l *lineupChart) Title() string { return choiceTitle(l.set) }

func (l *lineupChart) Subtitle() string {
	text := "Cost per delivered clip, US dollars. Dark tick: expected or measured cost; whisker: its 95% interval"
	if l.left > 0 {
		text += fmt.Sprintf(". In the CSV only: %s", plural(l.left, "dearer strategy"))
	}
	if l.set.warning() != "" {
		return "These runs don't all buy the same, so their costs are not comparable. " + text
	}
	return text
}

func (l *lineupChart) Alt() string {
	var b strings.Builder
	b.WriteString(l.Title() + ".")
	for _, block := range l.blocks {
		fmt.Fprintf(&b, " %s:", block.label)
		for i, r := range block.rows {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " %s in %s", l.columns[0].value(r.entry), r.run.Label)
			if v := r.verdict(); v != "" {
				b.WriteString(" (" + v + ")")
			}
		}
		b.WriteString(".")
	}
	return b.String()
}

// csv holds every strategy, those without room in the picture, too.
func (l *lineupChart) CSV() [][]string {
	rows := [][]string{{"run", "mode", "started", "strategy", "kind", "engine", "orders", "cost_per_delivered_usd", "low", "high",
		"delivered_share", "in_time_share", "p95_seconds", "verdict"}}
	for i := range l.set.runs {
		m := &l.set.runs[i]
		for _, e := range m.list {
			c := e.CostPerDelivered
			rows = append(rows, []string{m.Label, m.Run.Mode, m.Run.Started, e.Name, e.Kind, engine(m.Run, e.Strategy), fmt.Sprint(e.Orders), cell(c.Value), cell(c.Low), cell(c.High),
				cell(deliveredOf(e)), cell(inTimeOf(e)), cell(p95Of(e)), lineupRow{m, e}.verdict()})
		}
	}
	return rows
}
