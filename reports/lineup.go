package reports

import (
	"fmt"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
)

// lineup shows how each strategy fares from run to run: a block for each strategy, a row for each run.
type lineup struct {
	set     *Set
	blocks  []lineupBlock // cheapest first
	left    int           // strategies for which there is no room
	columns []column
}

type lineupBlock struct {
	entry // as all runs call and colour it
	rows  []lineupRow
}

// lineupRow is a run's figures of a strategy.
type lineupRow struct {
	run *member
	entry
}

const (
	lineupRows  = 72 // more than that nobody compares by eye
	lineupHead  = vg.Length(17)
	lineupRoom  = vg.Length(15) // of a row
	lineupGap   = vg.Length(9)
	lineupWidth = vg.Length(56) // of a column
)

// runStyle is that of the labels of runs.
var runStyle = style{size: 9.5, color: body}

func (s *Set) lineupFigure() *figure {
	l := newLineup(s)
	height := vg.Length(glanceHead + glanceFoot)
	for _, b := range l.blocks {
		height += lineupHead + lineupRoom*vg.Length(len(b.rows)) + lineupGap
	}
	return &figure{
		header: header{l.title(), l.subtitle(), s.replayNote(), setFootnote(s.all())},
		height: height, paint: l.paint, alt: l.alt(), rows: l.csv(),
	}
}

func newLineup(s *Set) *lineup {
	l := &lineup{set: s}
	for _, e := range s.names {
		b := lineupBlock{entry: e}
		for i := range s.runs {
			if of := s.runs[i].of(e.Name); of != nil {
				b.rows = append(b.rows, lineupRow{&s.runs[i], *of})
			}
		}
		l.blocks = append(l.blocks, b)
	}
	sort.SliceStable(l.blocks, func(i, j int) bool { return l.blocks[i].cost() < l.blocks[j].cost() })
	rows := 0
	for i, b := range l.blocks {
		if rows += len(b.rows); rows > lineupRows && i > 0 {
			l.blocks, l.left = l.blocks[:i], len(l.blocks)-i
			break
		}
	}
	l.columns = l.figureColumns()
	return l
}

// cost orders the blocks: by the first run that has one.
func (b *lineupBlock) cost() float64 {
	for _, r := range b.rows {
		if v, ok := known(costOf(r.entry)); ok {
			return v
		}
	}
	return 1e308
}

// all are the rows of all blocks.
func (l *lineup) all() []entry {
	var list []entry
	for _, b := range l.blocks {
		for _, r := range b.rows {
			list = append(list, r.entry)
		}
	}
	return list
}

func (l *lineup) figureColumns() []column {
	all := l.all()
	cents := centDecimals(figures(all, costOf))
	share := func(figure func(entry) *float64) func(entry) string {
		decimals := shareDecimals(figures(all, figure))
		return func(e entry) string { return shareOrNone(figure(e), false, decimals) }
	}
	columns := []column{
		{[2]string{"Cost per", "delivered clip"}, func(e entry) string {
			if v, ok := known(costOf(e)); ok {
				return shortDollars(v, cents)
			}
			return noData
		}, "cost"},
		{[2]string{"", "Delivered"}, share(deliveredOf), "delivered"},
	}
	if promise, ok := l.set.promise(); ok {
		columns = append(columns, column{[2]string{"In time", "(≤ " + span(promise) + ")"}, share(inTimeOf), "in"})
	}
	return append(columns, column{[2]string{"95% done", "within"}, func(e entry) string { return clockOrNever(p95Of(e)) }, "p95"})
}

// promise is what all runs promise, if they promise the same.
func (s *Set) promise() (float64, bool) {
	promise := 0.0
	for i, m := range s.runs {
		v, ok := known(m.Run.Scenario.PromiseSeconds)
		if !ok || i > 0 && v != promise {
			return 0, false
		}
		promise = v
	}
	return promise, len(s.runs) > 0
}

func (l *lineup) paint(p *page, body vg.Rectangle) error {
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
func (l *lineup) top() float64 {
	g := glance{list: l.all()}
	return g.top()
}

func (l *lineup) heads(p *page, at vg.Point) {
	for i, c := range append(slices.Clone(l.columns), column{head: [2]string{"", "Verdict"}}) {
		x := at.X - vg.Length(len(l.columns)-i)*lineupWidth
		p.write(c.head[0], vg.Point{X: x, Y: at.Y + headStyle.leading()}, headStyle, right)
		p.write(headStyle.shorten(c.head[1], lineupWidth-3), vg.Point{X: x, Y: at.Y}, headStyle, right)
	}
}

// row draws one run of a strategy; end is the right end of its middle.
func (l *lineup) row(n *panel, b lineupBlock, r lineupRow, end vg.Point) {
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

// verdict says in a word what the run's decision makes of the strategy.
func (r lineupRow) verdict() string {
	name, won := r.run.choice()
	switch {
	case r.run.Run.Invalid != "":
		return "invalid run"
	case r.Excluded:
		return "excluded"
	case name == r.Name && won:
		return "winner"
	case name == r.Name:
		return "leads"
	case len(r.fails) > 0:
		return r.shortcomings()[shortest]
	}
	return ""
}

// title says what the runs choose. Runs that must not be used have no say.
func (l *lineup) title() string { return l.set.choiceTitle() }

func (s *Set) choiceTitle() string {
	counts, wins := map[string]int{}, 0
	var order []string
	valid := 0
	for i := range s.runs {
		m := &s.runs[i]
		if m.Run.Invalid != "" {
			continue
		}
		valid++
		name, won := m.choice()
		if counts[name]++; counts[name] == 1 && name != "" {
			order = append(order, name)
		}
		if won {
			wins++
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return counts[order[i]] > counts[order[j]] })
	switch {
	case valid == 0:
		return "None of these runs may be used"
	case len(order) == 0:
		return noneOf(valid) + " a strategy sure to meet every requirement"
	case len(order) > 1:
		return fmt.Sprintf("The choice differs: %s in %s, %s in %d", s.word(order[0]), plural(counts[order[0]], "run"), s.word(order[1]), counts[order[1]])
	case counts[order[0]] < valid:
		return fmt.Sprintf("%s is the choice in %d of %d runs; the others find none", upperFirst(s.word(order[0])), counts[order[0]], valid)
	case wins == valid:
		return upperFirst(allRuns(valid)) + fmt.Sprintf(" %s %s%s", chooses(valid), s.word(order[0]), s.priceRange(order[0])+s.savingRange(order[0], valid))
	case wins == 0:
		return fmt.Sprintf("%s leads in %s, without a clear winner", upperFirst(s.word(order[0])), allRuns(valid))
	}
	return fmt.Sprintf("%s leads in %s and wins clearly in %d", upperFirst(s.word(order[0])), allRuns(valid), wins)
}

// allRuns are the runs inside a sentence.
func allRuns(n int) string {
	switch n {
	case 1:
		return "the one valid run"
	case 2:
		return "both runs"
	}
	return fmt.Sprintf("all %d runs", n)
}

// noneOf begins a sentence on what no run finds.
func noneOf(n int) string {
	switch n {
	case 1:
		return "Not even in the one valid run is"
	case 2:
		return "In neither run is"
	}
	return fmt.Sprintf("In none of the %d runs is", n)
}

func chooses(n int) string {
	if n == 1 {
		return "chooses"
	}
	return "choose"
}

// priceRange is what the strategy costs a clip over all valid runs.
func (s *Set) priceRange(name string) string {
	var costs []float64
	for i := range s.runs {
		if e := s.runs[i].of(name); e != nil && s.runs[i].Run.Invalid == "" {
			if v, ok := known(costOf(*e)); ok {
				costs = append(costs, v)
			}
		}
	}
	if len(costs) == 0 {
		return ""
	}
	d := centDecimals(costs)
	low, high := shortDollars(slices.Min(costs), d), shortDollars(slices.Max(costs), d)
	if low == high {
		return ", at " + low + " a clip"
	}
	return ", at " + low + " to " + high + " a clip"
}

// savingRange is what the strategy costs less a month than the baseline that all valid runs name; "" where they don't, or it
// costs more.
func (s *Set) savingRange(name string, valid int) string {
	var low, high float64
	against, n := "", 0
	for i := range s.runs {
		saving := s.runs[i].Run.Verdict.Saving
		if s.runs[i].Run.Invalid != "" || saving == nil || !saving.Baseline || saving.Strategy != name || n > 0 && saving.Against != against {
			continue
		}
		if against = saving.Against; n == 0 {
			low, high = saving.USD(), saving.USD()
		}
		low, high, n = min(low, saving.USD()), max(high, saving.USD()), n+1
	}
	if n < valid || low < 1 {
		return ""
	}
	amount := record.Dollars(low)
	if record.Dollars(high) != amount {
		amount += " to " + record.Dollars(high)
	}
	return fmt.Sprintf("; that is %s less a month than %s", amount, s.word(against))
}

func (l *lineup) subtitle() string {
	text := "Cost per delivered clip, US dollars. Dark tick: expected or measured cost; whisker: its 95% interval"
	if l.left > 0 {
		text += fmt.Sprintf(". In the CSV only: %s", plural(l.left, "dearer strategy"))
	}
	if l.set.warning() != "" {
		return "These runs don't all buy the same, so their costs are not comparable. " + text
	}
	return text
}

func (l *lineup) alt() string {
	var b strings.Builder
	b.WriteString(l.title() + ".")
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
func (l *lineup) csv() [][]string {
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
