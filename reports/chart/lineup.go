package chart

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// lineupChart shows a line-up: a block for each strategy, a row for each run.
type lineupChart struct{ *view.Lineup }

const (
	lineupHead  = vg.Length(17)
	lineupRoom  = vg.Length(15) // of a row
	lineupGap   = vg.Length(9)
	lineupWidth = vg.Length(56) // of a column
)

func (l *lineupChart) Height() vg.Length {
	height := vg.Length(glanceHead + glanceFoot)
	for _, b := range l.Blocks {
		height += lineupHead + lineupRoom*vg.Length(len(b.Rows)) + lineupGap
	}
	return height
}

// lineupFigure is the chart with what stands around it.
func lineupFigure(s *view.Set) figure {
	return figure{"runs-cost.png", &lineupChart{view.NewLineup(s)}, s.ReplayNote(), view.SetFootnote(s.All())}
}

func (l *lineupChart) Paint(p *canvas.Page, body vg.Rectangle) error {
	if len(l.Blocks) == 0 {
		p.Write("Nothing to show.", vg.Point{X: body.Min.X, Y: body.Max.Y - 20}, canvas.NoteStyle, canvas.Left)
		return nil
	}
	names := vg.Length(0)
	for _, m := range l.Set.Runs {
		names = max(names, canvas.RunStyle.Width(m.Short+view.ReplayStar))
	}
	table := body.Max.X - vg.Length(len(l.Columns)+1)*lineupWidth
	rows := vg.Rectangle{
		Min: vg.Point{X: body.Min.X + names + 8, Y: body.Min.Y + glanceFoot},
		Max: vg.Point{X: table - 6, Y: body.Max.Y - glanceHead},
	}
	bars := p.NewPanel(rows, l.top(), 1)
	bars.MoneyAxis(body)
	l.heads(p, vg.Point{X: body.Max.X, Y: rows.Max.Y + 9})
	y := rows.Max.Y
	for i, b := range l.Blocks {
		if i > 0 {
			p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: body.Min.X, Y: y + lineupGap/2},
				vg.Point{X: body.Max.X, Y: y + lineupGap/2})
		}
		p.Write(b.Label, vg.Point{X: body.Min.X, Y: y - 11}, canvas.LabelStyle.In(b.Text), canvas.Left)
		y -= lineupHead
		for _, r := range b.Rows {
			l.row(bars, b, r, vg.Point{X: body.Max.X, Y: y - lineupRoom/2})
			y -= lineupRoom
		}
		p.Line(canvas.Stroke(canvas.AxisColor, 1.2), vg.Point{X: rows.Min.X, Y: y},
			vg.Point{X: rows.Min.X, Y: y + lineupRoom*vg.Length(len(b.Rows))})
		y -= lineupGap
	}
	return nil
}

// top is the end of the cost axis.
func (l *lineupChart) top() float64 {
	g := glance{Answer: view.Answer{List: l.All()}}
	return g.top()
}

func (l *lineupChart) heads(p *canvas.Page, at vg.Point) {
	for i, c := range append(slices.Clone(l.Columns), view.Column{Head: [2]string{"", "Verdict"}}) {
		x := at.X - vg.Length(len(l.Columns)-i)*lineupWidth
		p.Write(c.Head[0], vg.Point{X: x, Y: at.Y + canvas.HeadStyle.Leading()}, canvas.HeadStyle, canvas.Right)
		p.Write(canvas.HeadStyle.Shorten(c.Head[1], lineupWidth-3), vg.Point{X: x, Y: at.Y}, canvas.HeadStyle, canvas.Right)
	}
}

// row draws one run of a strategy; end is the right end of its middle.
func (l *lineupChart) row(n *canvas.Panel, b view.LineupBlock, r view.LineupRow, end vg.Point) {
	spoilt := r.Run.Run.Invalid != ""
	r.Mark, r.Text = b.Mark, b.Text
	if spoilt {
		r.Mark, r.Text = canvas.AxisColor, canvas.Faint
	}
	label := r.Run.Short
	if r.Engine == "replay" {
		label += view.ReplayStar
	}
	n.Page.Write(label, vg.Point{X: n.Area.Min.X - 6, Y: end.Y - 3.4}, canvas.RunStyle, canvas.Right)
	g := glance{end: n.Plot.X.Max, width: n.Area.Max.X - n.Area.Min.X + 8 + barGap}
	g.bar(n, r.Entry, end.Y, lineupRoom*0.62)
	for i, c := range l.Columns {
		s := canvas.Style{Size: 9.5, Color: canvas.Ink}
		switch {
		case i == 0:
			s = canvas.Style{Size: 10, Medium: true, Color: r.Text}
		case spoilt:
			s.Color = canvas.Faint
		case r.Misses(c.Wrong):
			s = canvas.Style{Size: 9.5, Medium: true, Color: canvas.BadFigure}
		}
		x := end.X - vg.Length(len(l.Columns)-i)*lineupWidth
		n.Page.Write(c.Value(r.Entry), vg.Point{X: x, Y: end.Y - 3.4}, s.Squeezed(c.Value(r.Entry), lineupWidth-4),
			canvas.Right)
	}
	s := canvas.Style{Size: 9, Color: canvas.Faint}
	verdict := r.Verdict()
	if verdict == "winner" {
		s = canvas.Style{Size: 9, Medium: true, Color: r.Text}
	}
	n.Page.Write(verdict, vg.Point{X: end.X, Y: end.Y - 3.4}, s, canvas.Right)
}

// Title says what the runs choose. Runs that must not be used have no say.
func (l *lineupChart) Title() string { return view.ChoiceTitle(l.Set) }

func (l *lineupChart) Subtitle() string {
	text := "Cost per delivered clip, US dollars. Dark tick: expected or measured cost; whisker: its 95% interval"
	if l.Left > 0 {
		text += fmt.Sprintf(". In the CSV only: %s", words.Plural(l.Left, "dearer strategy"))
	}
	if l.Set.Warning() != "" {
		return "These runs don't all buy the same, so their costs are not comparable. " + text
	}
	return text
}

func (l *lineupChart) Alt() string {
	var b strings.Builder
	b.WriteString(l.Title() + ".")
	for _, block := range l.Blocks {
		fmt.Fprintf(&b, " %s:", block.Label)
		for i, r := range block.Rows {
			if i > 0 {
				b.WriteString(",")
			}
			fmt.Fprintf(&b, " %s in %s", l.Columns[0].Value(r.Entry), r.Run.Label)
			if v := r.Verdict(); v != "" {
				b.WriteString(" (" + v + ")")
			}
		}
		b.WriteString(".")
	}
	return b.String()
}

// CSV holds every strategy, those without room in the picture, too.
func (l *lineupChart) CSV() [][]string {
	rows := [][]string{{"run", "mode", "started", "strategy", "kind", "engine", "orders", "cost_per_delivered_usd", "low",
		"high",
		"delivered_share", "in_time_share", "p95_seconds", "verdict"}}
	for i := range l.Set.Runs {
		m := &l.Set.Runs[i]
		for _, e := range m.List {
			c := e.CostPerDelivered
			rows = append(rows, []string{m.Label, m.Run.Mode, m.Run.Started, e.Name, e.Kind, view.Engine(m.Run, e.Strategy),
				fmt.Sprint(e.Orders), cell(c.Value), cell(c.Low), cell(c.High),
				cell(view.DeliveredOf(e)), cell(view.InTimeOf(e)), cell(view.P95Of(e)), view.LineupRow{Run: m, Entry: e}.Verdict()})
		}
	}
	return rows
}
