package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	metrics "channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/follow"
	"channelbench/reports/view"
)

// trend shows benches of one purchase in the order in which they began: what each chose, and what became of the figures
// of each strategy.
type trend struct {
	set     *view.Set
	nights  []*view.Member
	columns []follow.Figure
	rows    []trendRow
}

// trendRow is a strategy: what each night has of it, nil where a night has nothing.
type trendRow struct {
	view.Entry
	of     []*record.Strategy
	judged bool           // driven in every valid night
	shifts []follow.Shift // by column
	said   []string       // what has changed beyond chance, by column; "": nothing has
}

// trendFigure is nil where there are fewer than two benches.
func trendFigure(s *view.Set, group []*view.Member) *figure {
	t := &trend{set: s, nights: view.Nights(group)}
	if len(t.nights) < 2 {
		return nil
	}
	t.columns = follow.Figures(t.nights)
	t.follow()
	return &figure{"trend.png", t, t.marks(), view.SetFootnote(t.footed())}
}

func (t *trend) Height() vg.Length {
	return stripRoom + vg.Length(len(t.bands()))*(trendHead+trendRoom*vg.Length(max(1, len(t.rows)))+trendFoot)
}

// bands are the columns, below each other where there are more than one row has room for.
func (t *trend) bands() [][]int {
	all := make([]int, len(t.columns))
	for i := range all {
		all[i] = i
	}
	return slices.Collect(slices.Chunk(all, follow.Always))
}

// footed are the nights that the footnote has room for.
func (t *trend) footed() []*view.Member {
	if len(t.nights) <= 2 {
		return t.nights
	}
	return []*view.Member{t.nights[0], t.nights[len(t.nights)-1]}
}

// follow collects what the nights have of every strategy, and what has changed.
func (t *trend) follow() {
	for _, e := range t.set.Names {
		row := trendRow{Entry: e, judged: true}
		var valid []*record.Strategy
		found := false
		for _, m := range t.nights {
			of := m.Of(e.Name)
			if of == nil {
				row.of = append(row.of, nil)
				continue
			}
			found = true
			row.of = append(row.of, of.Strategy)
			if m.Run.Invalid == "" {
				valid = append(valid, of.Strategy)
				row.judged = row.judged && of.Engine != "replay"
			}
		}
		if !found {
			continue
		}
		if !row.judged {
			row.Label += view.ReplayStar
		}
		before, after := follow.Halves(valid)
		for _, c := range t.columns {
			shift, said := follow.Shift{Before: c.Pooled(before), After: c.Pooled(after)}, ""
			if row.judged {
				said = c.Said(shift)
			}
			row.shifts, row.said = append(row.shifts, shift), append(row.said, said)
		}
		t.rows = append(t.rows, row)
	}
}

func (t *trend) Title() string {
	var first string
	more, valid, judged := 0, 0, false
	for _, m := range t.nights {
		if m.Run.Invalid == "" {
			valid++
		}
	}
	for _, r := range t.rows {
		judged = judged || r.judged
		for _, said := range r.said {
			switch {
			case said == "":
			case first == "":
				first = words.UpperFirst(r.Word) + " got " + said
			default:
				more++
			}
		}
	}
	switch {
	case valid < 2:
		return fmt.Sprintf("Only %d of %d nights may be used, too few to see a change", valid, len(t.nights))
	case first != "" && more > 0:
		return first + fmt.Sprintf("; %s", words.Plural(more, "further change"))
	case first != "":
		return first
	case !judged:
		return fmt.Sprintf("%d nights, in which every strategy was replayed", len(t.nights))
	}
	return fmt.Sprintf("No change beyond chance in %d nights", valid)
}

func (t *trend) Subtitle() string {
	return "Dot: measured in a night; whisker: its 95% interval, where there are orders enough; hollow: incomplete; crossed out: invalid. " +
		"A change is called one if the 95% intervals of the first and the last half of the nights don't overlap"
}

func (t *trend) marks() string {
	for _, r := range t.rows {
		if !r.judged {
			return view.ReplayStar + " replayed from recorded attempts, so not judged: a change would show in what was driven"
		}
	}
	return ""
}

const (
	stripRoom = vg.Length(40) // what each night chose, and its date
	trendHead = vg.Length(20)
	trendRoom = vg.Length(58) // of a row
	trendFoot = vg.Length(14)
	trendAxis = vg.Length(40) // the labels of an axis
	trendName = vg.Length(112)
)

// smallTick is the style of the axes of small panels.
var smallTick = canvas.Style{Size: 8, Color: canvas.BodyColor}

func (t *trend) Paint(p *canvas.Page, body vg.Rectangle) error {
	t.choices(p, vg.Rectangle{Min: vg.Point{X: body.Min.X + trendName, Y: body.Max.Y - stripRoom}, Max: body.Max})
	bands := t.bands()
	room := (body.Max.Y - body.Min.Y - stripRoom) / vg.Length(len(bands))
	for i, columns := range bands {
		top := body.Max.Y - stripRoom - room*vg.Length(i)
		box := vg.Rectangle{Min: vg.Point{X: body.Min.X, Y: top - room}, Max: vg.Point{X: body.Max.X, Y: top}}
		t.band(p, columns, (box.Max.X-box.Min.X-trendName)/follow.Always, box)
	}
	return nil
}

// band draws some columns, each so wide, of all strategies.
func (t *trend) band(p *canvas.Page, columns []int, room vg.Length, box vg.Rectangle) {
	top := box.Max.Y - trendHead
	row := min(trendRoom, (top-box.Min.Y-trendFoot)/vg.Length(max(1, len(t.rows))))
	left := func(i int) vg.Length { return box.Min.X + trendName + room*vg.Length(i) + trendAxis }
	for i, c := range columns {
		p.Write(canvas.HeadStyle.Shorten(t.columns[c].Head, room-trendAxis), vg.Point{X: left(i), Y: top + 6},
			canvas.HeadStyle, canvas.Left)
	}
	for n, r := range t.rows {
		y := top - row*vg.Length(n)
		p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: box.Min.X, Y: y}, vg.Point{X: box.Max.X, Y: y})
		t.name(p, r, columns, vg.Point{X: box.Min.X, Y: y - 14})
		for i, c := range columns {
			area := vg.Rectangle{Min: vg.Point{X: left(i), Y: y - row + 9},
				Max: vg.Point{X: left(i) + room - trendAxis - 4, Y: y - 9}}
			t.panel(p, r, c, area)
			if n == len(t.rows)-1 {
				t.ends(p, area)
			}
		}
	}
}

// name writes a strategy's name, and under it what has changed of some columns.
func (t *trend) name(p *canvas.Page, r trendRow, columns []int, at vg.Point) {
	p.Write(r.Label, at, canvas.LabelStyle.In(r.Text), canvas.Left)
	s := canvas.Style{Size: 8, Color: canvas.BadFigure}
	changes := slices.DeleteFunc(slices.Clone(columns), func(i int) bool { return r.said[i] == "" })
	var lines []string
	for _, i := range changes {
		lines = append(lines, s.Wrap(words.UpperFirst(r.said[i]), trendName-4, max(1, 4-len(changes)))...)
	}
	p.WriteLines(lines[:min(len(lines), 4)], vg.Point{X: at.X, Y: at.Y - 12}, s, canvas.Left)
}

// at is where a night lies in a width.
func (t *trend) at(i int, from, to vg.Length) vg.Length {
	return from + (to-from)*(vg.Length(i)+0.5)/vg.Length(len(t.nights))
}

// choices draws what each night chose: a bar over all nights in a row that chose the same.
func (t *trend) choices(p *canvas.Page, box vg.Rectangle) {
	box.Min.X += trendAxis
	p.Write("Choice of the night", vg.Point{X: box.Min.X - trendAxis - trendName, Y: box.Max.Y - 13},
		canvas.Style{Size: 10, Medium: true, Color: canvas.Ink}, canvas.Left)
	bar := vg.Rectangle{Min: vg.Point{Y: box.Max.Y - 19}, Max: vg.Point{Y: box.Max.Y - 2}}
	cell := (box.Max.X - box.Min.X) / vg.Length(len(t.nights))
	for from := 0; from < len(t.nights); {
		name, won := t.nights[from].Choice()
		invalid, to := t.nights[from].Run.Invalid != "", from+1
		for to < len(t.nights) && (t.nights[to].Run.Invalid != "") == invalid {
			if next, also := t.nights[to].Choice(); next != name || also != won {
				break
			}
			to++
		}
		bar.Min.X, bar.Max.X = box.Min.X+cell*vg.Length(from)+0.8, box.Min.X+cell*vg.Length(to)-0.8
		t.choice(p, bar, name, won, invalid)
		from = to
	}
	t.dates(p, box, bar.Min.Y-11)
}

// choice fills a bar: in the strategy's colour for a winner, pale for one that only leads.
func (t *trend) choice(p *canvas.Page, bar vg.Rectangle, name string, won, invalid bool) {
	back, s, text := color.Color(canvas.BadArea), canvas.Style{Size: 8.5, Color: canvas.BodyColor}, "none"
	switch e := view.Named(t.set.Names, &name); {
	case invalid:
		text = "invalid"
	case e != nil && won:
		back, text, s = e.Text, e.Label, canvas.Style{Size: 8.5, Medium: true, Color: canvas.White}
	case e != nil:
		back, text, s = canvas.Tint(e.Mark, 0.8), e.Label+" leads", canvas.Style{Size: 8.5, Color: e.Text}
		s.Color = canvas.TextColor(canvas.Mix(e.Text, canvas.Ink, 0.25))
	}
	p.Fill(bar, back)
	if room := bar.Max.X - bar.Min.X - 4; room > s.Width("M…") {
		p.Write(s.ShortenEnd(text, room), vg.Point{X: (bar.Min.X + bar.Max.X) / 2, Y: bar.Min.Y + 5.5}, s, canvas.Centre)
	}
}

// dates writes when the nights began, as many as have room.
func (t *trend) dates(p *canvas.Page, box vg.Rectangle, y vg.Length) {
	order := []int{0, len(t.nights) - 1}
	for i := 1; i < len(t.nights)-1; i++ {
		order = append(order, i)
	}
	for _, i := range order {
		text := smallTick.Shorten(t.date(i), 60)
		at := vg.Point{X: t.at(i, box.Min.X, box.Max.X), Y: y}
		half := smallTick.Width(text) / 2
		at.X = min(max(at.X, box.Min.X+half), box.Max.X-half)
		if p.Free(canvas.Grow(smallTick.Box(text, at, canvas.Centre), 2), 0) {
			p.Write(text, at, smallTick, canvas.Centre)
		}
	}
}

// date is a night's, or its time of day if all began on one day; its label where the run doesn't say.
func (t *trend) date(i int) string {
	began, first, last := t.nights[i].Began(), t.nights[0].Began(), t.nights[len(t.nights)-1].Began()
	switch {
	case began.IsZero():
		return t.nights[i].Short
	case first.Format("2006-01-02") == last.Format("2006-01-02"):
		return began.Format("15:04")
	}
	return began.Format("Jan 2")
}

// ends writes the first and the last date under a panel.
func (t *trend) ends(p *canvas.Page, area vg.Rectangle) {
	first, last := smallTick.Shorten(t.date(0), 45), smallTick.Shorten(t.date(len(t.nights)-1), 45)
	y := area.Min.Y - 13
	p.Write(first, vg.Point{X: area.Min.X, Y: y}, smallTick, canvas.Left)
	p.Write(last, vg.Point{X: area.Max.X, Y: y}, smallTick, canvas.Right)
}

// panel draws a figure of a strategy over the nights.
func (t *trend) panel(p *canvas.Page, r trendRow, column int, area vg.Rectangle) {
	c := t.columns[column]
	low, high, nevers := t.span(r, c)
	plot := area
	if nevers { // a line of its own at the top
		plot.Max.Y -= 9
		p.Write(words.Never, vg.Point{X: area.Min.X - 5, Y: area.Max.Y - 3}, smallTick, canvas.Right)
		p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: area.Min.X, Y: area.Max.Y}, area.Max)
	}
	if low > high {
		if !nevers {
			p.Write("no figures", vg.Point{X: area.Min.X + 4, Y: (area.Min.Y+area.Max.Y)/2 - 3}, smallTick, canvas.Left)
		}
		high, low = 1, 0
	} else {
		t.ticks(p, plot, c, low, high)
	}
	y := func(v float64) vg.Length {
		return plot.Min.Y + vg.Length((min(max(v, low), high)-low)/(high-low))*(plot.Max.Y-plot.Min.Y)
	}
	t.levels(p, r, column, area, y)
	for i, s := range r.of {
		if s != nil {
			t.dot(p, nightDot{r.Mark, c, s, t.nights[i].Run}, t.at(i, area.Min.X, area.Max.X), area, y)
		}
	}
}

// span is the range of a panel's axis, and whether any night never reached the figure.
func (t *trend) span(r trendRow, c follow.Figure) (low, high float64, nevers bool) {
	low, high = math.Inf(1), math.Inf(-1)
	most := 1e200
	if c.Kind() == metrics.Share {
		most = 1
	}
	for _, s := range r.of {
		if s == nil {
			continue
		}
		f := c.Of(s)
		for _, v := range []*float64{f.Value, f.Low, f.High} {
			if x, ok := words.Known(v); ok {
				low, high = min(low, min(max(x, 0), most)), max(high, min(x, most))
			}
		}
		nevers = nevers || c.Never(s)
	}
	switch off := (high - low) * 0.08; {
	case low > high:
		return 1, 0, nevers
	case high-low <= 1e-3*high:
		return low * 0.95, min(high*1.05+1e-12, most), nevers
	default:
		return max(low-off, 0), min(high+off, most), nevers
	}
}

// ticks writes two or three values beside a panel.
func (t *trend) ticks(p *canvas.Page, area vg.Rectangle, c follow.Figure, low, high float64) {
	step, last := canvas.EvenStep(high-low, 3), ""
	if c.Kind() == metrics.Time {
		step = canvas.TimeStep(high-low, 4)
	}
	for v := math.Ceil(low/step) * step; v <= high && step > 0; v += step {
		y := area.Min.Y + vg.Length((v-low)/(high-low))*(area.Max.Y-area.Min.Y)
		at := vg.Point{X: area.Min.X - 5, Y: y - 2.8}
		text := trendTick(c, v, step)
		if text == last || !p.Free(smallTick.Box(text, at, canvas.Right), 1.5) {
			continue
		}
		last = text
		p.Write(text, at, smallTick, canvas.Right)
		p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: area.Min.X, Y: y}, vg.Point{X: area.Max.X, Y: y})
	}
}

// trendTick prints a value of an axis.
func trendTick(c follow.Figure, v, step float64) string {
	switch c.Kind() {
	case metrics.Money:
		return words.ShortDollars(v, max(2, canvas.DecimalsOf(step)))
	case metrics.Share:
		return words.Percent(v, canvas.DecimalsOf(100*step))
	case metrics.Time:
		return words.Clock(v)
	}
	return strconv.FormatFloat(v, 'f', canvas.DecimalsOf(step), 64)
}

// levels draws what both halves of the nights come to, if that differs beyond chance.
func (t *trend) levels(p *canvas.Page, r trendRow, column int, area vg.Rectangle, y func(float64) vg.Length) {
	s := r.shifts[column]
	if r.said[column] == "" {
		return
	}
	middle := (area.Min.X + area.Max.X) / 2
	for i, v := range []float64{s.Before.Value, s.After.Value} {
		at := area.Max.Y
		if !math.IsInf(v, 1) {
			at = y(v)
		}
		from, to := area.Min.X, middle-2
		if i == 1 {
			from, to = middle+2, area.Max.X
		}
		p.Line(canvas.Stroke(canvas.Tint(canvas.BadFigure, 0.35), 1.4), vg.Point{X: from, Y: at}, vg.Point{X: to, Y: at})
	}
}

// nightDot is a figure of one night.
type nightDot struct {
	mark   color.RGBA
	column follow.Figure
	of     *record.Strategy
	run    *record.Run
}

// dot draws one night. What was never reached lies at the top, and so does the end of an interval that is open.
func (t *trend) dot(p *canvas.Page, d nightDot, x vg.Length, area vg.Rectangle, y func(float64) vg.Length) {
	f := d.column.Of(d.of)
	place := func(v *float64) vg.Length {
		if v, ok := words.Known(v); ok {
			return y(v)
		}
		return area.Max.Y
	}
	_, okValue := words.Known(f.Value)
	_, okLow := words.Known(f.Low)
	_, okHigh := words.Known(f.High)
	if !okValue && !d.column.Never(d.of) {
		return
	}
	if d.run.Invalid != "" {
		d.mark = canvas.AxisColor
	}
	if okLow && (okHigh || d.column.Kind() == metrics.Time) {
		p.Line(canvas.Stroke(canvas.Tint(d.mark, 0.3), 1.1), vg.Point{X: x, Y: place(f.Low)},
			vg.Point{X: x, Y: place(f.High)})
	}
	at := vg.Point{X: x, Y: place(f.Value)}
	radius := min(2.8, max(1, (area.Max.X-area.Min.X)/vg.Length(len(t.nights))*0.4))
	p.Dot(at, radius, d.mark)
	switch {
	case d.run.Invalid != "":
		p.Cross(at, radius+1.6)
	case d.run.Incomplete:
		p.Dot(at, max(radius-2.2, 0.3), canvas.White)
	}
}

func (t *trend) Alt() string {
	var b strings.Builder
	b.WriteString(t.Title() + ".")
	for i, m := range t.nights {
		name, won := m.Choice()
		fmt.Fprintf(&b, " %s:", t.date(i))
		switch {
		case m.Run.Invalid != "":
			b.WriteString(" invalid.")
		case name == "":
			b.WriteString(" no choice.")
		case won:
			b.WriteString(" " + t.set.Word(name) + ".")
		default:
			b.WriteString(" " + t.set.Word(name) + " leads.")
		}
	}
	for _, r := range t.rows {
		fmt.Fprintf(&b, " %s:", r.Label)
		for i, c := range t.columns {
			s := r.shifts[i]
			if i > 0 {
				b.WriteString(",")
			}
			head := strings.ToLower(c.Head[:1]) + c.Head[1:]
			if math.IsNaN(s.Before.Value) || math.IsNaN(s.After.Value) {
				fmt.Fprintf(&b, " %s not known in both halves", head)
				continue
			}
			fmt.Fprintf(&b, " %s %s, then %s", head, c.Text(s.Before.Value),
				c.Text(s.After.Value))
		}
		b.WriteString(".")
	}
	return b.String()
}

func (t *trend) CSV() [][]string {
	rows := [][]string{{"run", "started", "valid", "complete", "choice", "strategy", "engine", "orders", "figure", "value",
		"low", "high"}}
	for i, m := range t.nights {
		name, _ := m.Choice()
		for _, r := range t.rows {
			s := r.of[i]
			if s == nil {
				continue
			}
			for _, c := range t.columns {
				f := c.Of(s)
				rows = append(rows, []string{m.Label, m.Run.Started, strconv.FormatBool(m.Run.Invalid == ""),
					strconv.FormatBool(!m.Run.Incomplete), name,
					r.Name, s.Engine, strconv.FormatInt(s.Orders, 10), c.Name, cell(f.Value), cell(f.Low), cell(f.High)})
			}
		}
	}
	return rows
}
