package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"sort"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// spendChart shows what each dollar of a month buys: a bar per strategy, in parts by channel and outcome.
type spendChart struct {
	run    *record.Run
	list   []view.Entry       // those that pay anything, cheapest month first
	parts  map[string][]spent // by label; the useful first
	late   bool               // whether anything is paid for late clips
	choice *view.Entry
	width  vg.Length // of the body

	reach, reachWaste float64 // of the two axes, at least
}

// spent is one part of a month's money.
type spent struct {
	channel, outcome string  // of the record
	name, word       string  // for people: with and without the channel
	rank             int     // of its channel
	usd, of          float64 // and the whole month's
	color            color.RGBA
	wasted           bool // it bought no clip in time, and was not a fixed cost
}

// outcomeNames say what the money of a channel went to.
var outcomeNames = map[string]string{
	"in_time": "in time", "late": "late", "failed": "failed", "ambiguous": "answer lost", "unusable": "unusable",
	"abandoned": "abandoned",
}

// handlingNames say what no channel charges.
var handlingNames = map[string]string{"fixed": "fixed costs", "late": "handling of late orders",
	"undelivered": "handling of undelivered orders"}

// causes end a title that names the largest part of the waste.
var causes = map[string]string{
	"late": "late clips", "failed": "failed jobs", "ambiguous": "submits whose answer was lost",
	"unusable": "unusable clips", "abandoned": "abandoned attempts",
}

// outcomeShade is the colour of an outcome within the colour of its channel: pale is useful, and the darker the worse.
func outcomeShade(c color.RGBA, outcome string) color.RGBA {
	switch outcome {
	case "in_time":
		return canvas.Tint(c, 0.72)
	case "late":
		return canvas.Tint(c, 0.3)
	}
	return canvas.Mix(c, canvas.Black, map[string]float64{"failed": 0.08, "ambiguous": 0.35, "unusable": 0.55,
		"abandoned": 0.75}[outcome])
}

// handlingShade is the grey of what no channel charges.
func handlingShade(what string) color.RGBA {
	return canvas.Tint(canvas.Faint, map[string]float64{"fixed": 0.7, "late": 0.35}[what])
}

func newSpend(run *record.Run, width vg.Length) Chart {
	s := newSpendChart(run, width)
	if len(s.list) == 0 {
		return nil
	}
	return s
}

func (s *spendChart) Height() vg.Length {
	return spendHead + spendFoot + vg.Length(len(s.list))*spendRowHeight(s.lines())
}

func (s *spendChart) Axes() []float64 { return []float64{s.top(s.list), s.topWaste(s.list)} }

func (s *spendChart) Along(axes []float64) Chart {
	along := *s
	along.reach, along.reachWaste = axes[0], axes[1]
	return &along
}

func newSpendChart(run *record.Run, width vg.Length) *spendChart {
	s := &spendChart{run: run, width: width, parts: map[string][]spent{}}
	paint := channelColors(run.Scenario.Channels)
	for _, e := range view.Roster(run) {
		if parts := spentBy(run, e, paint); len(parts) > 0 {
			s.parts[e.Label] = parts
			s.list = append(s.list, e)
		}
	}
	s.list = view.Sorted(s.list, func(e view.Entry) *float64 {
		total := s.total(e)
		return &total
	})
	for _, parts := range s.parts {
		s.late = s.late || slices.ContainsFunc(parts, func(x spent) bool { return x.outcome == "late" })
	}
	s.choice = view.Chosen(s.list, run.Verdict)
	return s
}

// channelColors gives every channel one of its kind's colours.
func channelColors(channels []record.Channel) map[string]color.RGBA {
	colors, taken := map[string]color.RGBA{}, canvas.Palette{}
	for _, c := range channels {
		colors[c.Name] = taken.Next(c.Kind)
	}
	return colors
}

// channelWord is a channel's name inside a sentence.
func channelWord(name string) string {
	if name == "" {
		name = "unnamed"
	}
	return canvas.Legible(canvas.NoteStyle.Shorten(canvas.Legible(strings.ReplaceAll(name, "_", " ")), 78))
}

// spentBy lists a strategy's parts: clips in time, fixed costs, then what bought no clip in time.
func spentBy(run *record.Run, e view.Entry, colors map[string]color.RGBA) []spent {
	var parts []spent
	ranks := map[string]int{"": math.MaxInt} // handling comes last
	for _, x := range e.Spend {
		usd, ok := words.Known(&x.USD)
		if !ok || usd <= 0 {
			continue
		}
		if _, found := ranks[x.Channel]; !found {
			ranks[x.Channel] = len(ranks)
		}
		i := slices.IndexFunc(parts, func(y spent) bool { return y.channel == x.Channel && y.outcome == x.For })
		if i < 0 {
			i, parts = len(parts), append(parts, newSpent(run, x, colors))
			parts[i].rank = ranks[x.Channel]
		}
		parts[i].usd += min(usd, 1e200)
	}
	total := 0.0
	for _, x := range parts {
		total += x.usd
	}
	for i := range parts {
		parts[i].of = total
	}
	sort.SliceStable(parts, func(i, j int) bool { return parts[i].before(parts[j]) })
	return parts
}

func newSpent(run *record.Run, x record.Spend, colors map[string]color.RGBA) spent {
	part := spent{channel: x.Channel, outcome: x.For}
	if x.Channel == "" {
		part.word, part.color, part.wasted = handlingNames[x.For], handlingShade(x.For), x.For != "fixed"
		if part.word == "" {
			part.word = "handling"
		}
		part.name = part.word
		return part
	}
	c, found := colors[x.Channel]
	if !found {
		c = canvas.Faint
	}
	part.word, part.color, part.wasted = outcomeNames[x.For], outcomeShade(c, x.For), x.For != "in_time"
	if part.word == "" {
		part.word = "otherwise"
	}
	part.name = channelWord(view.ChannelName(run, x.Channel)) + " " + part.word
	return part
}

// before orders the parts of a bar: the useful first, then what is wasted, channel by channel and handling at the end.
func (x spent) before(y spent) bool {
	if x.wasted != y.wasted {
		return y.wasted
	}
	if x.rank != y.rank {
		return x.rank < y.rank
	}
	return slices.Index(record.SpendOutcomes, x.outcome) < slices.Index(record.SpendOutcomes, y.outcome)
}

func (s *spendChart) total(e view.Entry) float64 { return s.sum(e, func(spent) bool { return true }) }
func (s *spendChart) waste(e view.Entry) float64 {
	return s.sum(e, func(x spent) bool { return x.wasted })
}

func (s *spendChart) sum(e view.Entry, of func(spent) bool) float64 {
	sum := 0.0
	for _, x := range s.parts[e.Label] {
		if of(x) {
			sum += x.usd
		}
	}
	return sum
}

// top is the end of the axis.
func (s *spendChart) top(list []view.Entry) float64 {
	top := 0.0
	for _, e := range list {
		top = max(top, s.total(e))
	}
	if top < 1e-6 { // money has no smaller unit
		top = 1 / 1.02
	}
	return max(top*1.02, s.reach)
}

// topWaste is the end of the axis of what is wasted.
func (s *spendChart) topWaste(list []view.Entry) float64 {
	top := 0.0
	for _, e := range list {
		top = max(top, s.waste(e))
	}
	if top < 1e-6 {
		top = 1 / 1.02
	}
	return max(top*1.02, s.reachWaste)
}

// The measures of the rows.
const (
	spendHead  = vg.Length(27) // the heads of the columns
	spendFoot  = vg.Length(18) // the labels of the axes
	totalWidth = vg.Length(56) // of the column of totals, a gap included
	wasteWidth = vg.Length(80)
	partLine   = vg.Length(10.6)
)

const excludedNote = "excluded" // from the decision

var partStyle = canvas.Style{Size: 8, Color: canvas.BodyColor, Halo: true}

// spendBar is the height of a bar with so many lines under it.
func spendBar(lines int) vg.Length {
	if lines > 1 {
		return 15
	}
	return 12.5
}

// spendRowHeight is the height of a row with so many lines under its bar.
func spendRowHeight(lines int) vg.Length {
	gap := vg.Length(7)
	if lines > 1 {
		gap = 12
	}
	return spendBar(lines) + vg.Length(lines)*partLine + gap
}

// spendFrame is where a body has its bars: of all money, and of what is wasted, on a scale of its own.
type spendFrame struct {
	all, wasted vg.Rectangle
	right       vg.Length
}

// usefulEnd is how far the names of useful parts may reach.
func (f spendFrame) usefulEnd() vg.Length { return f.wasted.Min.X - 8 }

func (s *spendChart) frame(body vg.Rectangle) spendFrame {
	names := vg.Length(0)
	for _, e := range s.list {
		names = max(names, canvas.Style{Medium: true, Size: view.RowSize}.Width(e.Label))
		if e.Excluded {
			names = max(names, partStyle.Width(excludedNote))
		}
	}
	begin := body.Min.X + min(names, (body.Max.X-body.Min.X)*0.24) + 7
	f := spendFrame{all: body, wasted: body, right: body.Max.X}
	end := body.Max.X - wasteWidth
	f.wasted.Min.X, f.wasted.Max.X = end-(end-begin-totalWidth)*0.42, end
	f.all.Min.X, f.all.Max.X = begin, f.wasted.Min.X-totalWidth
	return f
}

// lines is how many lines of parts the rows need, two at most, and one where there are many rows.
func (s *spendChart) lines() int {
	f := s.frame(vg.Rectangle{Max: vg.Point{X: s.width}})
	if len(s.list) > 6 {
		return 1
	}
	fits := func(parts []spent, box vg.Rectangle, top float64, end vg.Length) bool {
		bar := segments(parts, float64(box.Max.X-box.Min.X)/top)
		_, all := flow(unlabelled(bar), end-box.Min.X-partInset, 1)
		return all
	}
	for _, e := range s.list {
		useful, wasted := s.split(e)
		if !fits(useful, f.all, s.top(s.list), f.usefulEnd()) || !fits(wasted, f.wasted, s.topWaste(s.list), f.right) {
			return 2
		}
	}
	return 1
}

// split parts what is useful from what is wasted.
func (s *spendChart) split(e view.Entry) (useful, wasted []spent) {
	parts := s.parts[e.Label]
	i := slices.IndexFunc(parts, func(x spent) bool { return x.wasted })
	if i < 0 {
		i = len(parts)
	}
	return parts[:i], parts[i:]
}

// segment is a part as it lies in its bar.
type segment struct {
	spent
	from, to vg.Length // from the bar's beginning
	label    string    // "": it has no room for one
}

// segments lays the parts out.
func segments(parts []spent, perDollar float64) []segment {
	var bar []segment
	sum := 0.0
	for _, x := range parts {
		g := segment{spent: x, from: vg.Length(sum * perDollar), to: vg.Length((sum + x.usd) * perDollar)}
		if text := x.text(); labelStyleIn(x.color).Width(text)+8 <= g.to-g.from {
			g.label = text
		}
		sum += x.usd
		bar = append(bar, g)
	}
	return bar
}

// unlabelled are the parts whose names stand under the bar.
func unlabelled(bar []segment) []spent {
	var parts []spent
	for _, g := range bar {
		if g.label == "" {
			parts = append(parts, g.spent)
		}
	}
	return parts
}

// labelStyleIn is how a label is written onto a colour.
func labelStyleIn(c color.RGBA) canvas.Style {
	if canvas.Contrast(c) < 4 {
		return canvas.Style{Size: partStyle.Size, Color: canvas.Ink}
	}
	return canvas.Style{Size: partStyle.Size, Medium: true, Color: canvas.White}
}

// text is a part's name and amount.
func (x spent) text() string { return x.name + " " + partDollars(x.usd, x.of) }

// partDollars prints part of a total: without cents where the total is in thousands, never as nothing.
func partDollars(v, total float64) string {
	switch {
	case v <= 0:
		return "$0"
	case v < 0.5e-6:
		return "<$0.000001"
	case total < 10:
		return words.Dollars(v, words.CentDecimals([]float64{v, total}))
	case v < 0.005:
		return "<$0.01"
	case v >= 100 || total >= 1000 && v >= 1:
		return words.ShortDollars(v, 0)
	}
	return words.Dollars(v, 2)
}

func (s *spendChart) Paint(p *canvas.Page, body vg.Rectangle) error {
	room := body.Max.Y - body.Min.Y - spendHead - spendFoot
	lines := s.lines()
	fit := func() int { return int(room / spendRowHeight(lines)) }
	for lines > 0 && fit() < min(len(s.list), 4) {
		lines--
	}
	if fit() < 1 {
		return nil // not even one row has room
	}
	list := view.Shortlist(s.list, fit(), s.choice)
	rowHeight := spendRowHeight(lines)
	f := s.frame(body)
	for _, r := range []*vg.Rectangle{&f.all, &f.wasted} {
		r.Max.Y -= spendHead
		r.Min.Y = r.Max.Y - vg.Length(len(list))*rowHeight
	}
	s.heads(p, f)
	if left := len(s.list) - len(list); left > 0 {
		at := vg.Point{X: body.Max.X, Y: f.all.Min.Y - 13}
		p.Write(words.Count(int64(left))+" more not shown", at, canvas.NoteStyle, canvas.Right)
	}
	all, wasted := p.NewPanel(f.all, s.top(list), 1), p.NewPanel(f.wasted, s.topWaste(list), 1)
	dollarAxis(all, body, 5)
	dollarAxis(wasted, body, 3)
	for i, e := range list {
		top := f.all.Max.Y - vg.Length(i)*rowHeight
		s.row(all, wasted, f, e, vg.Rectangle{Min: vg.Point{X: body.Min.X, Y: top - rowHeight},
			Max: vg.Point{X: body.Max.X, Y: top}}, lines)
	}
	return nil
}

// dollarAxis draws a horizontal axis of dollars with its grid and as many labels as have room.
func dollarAxis(n *canvas.Panel, body vg.Rectangle, most int) {
	ticks := canvas.MoneyTicks(n.Plot.X.Max, most)
	for most--; most > 0 && canvas.Crowded(n, ticks); most-- {
		ticks = canvas.MoneyTicks(n.Plot.X.Max, most)
	}
	n.Verticals(ticks)
	n.XLabels(body, ticks)
	n.Page.Line(canvas.Stroke(canvas.AxisColor, 1.2), n.Area.Min, vg.Point{X: n.Area.Min.X, Y: n.Area.Max.Y})
}

// heads says what the two scales are of.
func (s *spendChart) heads(p *canvas.Page, f spendFrame) {
	y := f.all.Max.Y + 7
	p.Write("All money of a month", vg.Point{X: f.all.Min.X, Y: y}, canvas.HeadStyle, canvas.Left)
	verb := vg.Point{X: f.wasted.Min.X, Y: y + canvas.HeadStyle.Leading()}
	p.Write(words.UpperFirst(s.verb()), verb, canvas.HeadStyle, canvas.Left)
	p.Write("(on a scale of its own)", vg.Point{X: f.wasted.Min.X, Y: y}, canvas.HeadStyle, canvas.Left)
}

// row draws a strategy: name, bars and figures on one line, and under each bar what is too small for a label.
func (s *spendChart) row(all, wasted *canvas.Panel, f spendFrame, e view.Entry, box vg.Rectangle, lines int) {
	p, height := all.Page, spendBar(lines)
	foot := box.Max.Y - (box.Max.Y-box.Min.Y+height-vg.Length(lines)*partLine)/2 // the lower edge of the bars
	base, total, waste := foot+height/2-4, s.total(e), s.waste(e)
	name := canvas.Style{Size: view.RowSize, Color: canvas.Ink, Medium: s.choice != nil && s.choice.Label == e.Label}
	p.Write(name.Shorten(e.Label, all.Area.Min.X-6-box.Min.X), vg.Point{X: all.Area.Min.X - 6, Y: base}, name,
		canvas.Right)
	if e.Excluded && lines > 0 {
		p.Write(excludedNote, vg.Point{X: all.Area.Min.X - 6, Y: foot - 9}, partStyle, canvas.Right)
	}

	useful, lost := s.split(e)
	bar := segments(s.parts[e.Label], perDollar(all))
	for i := range lost { // they have their names on the other scale
		bar[len(useful)+i].label = ""
	}
	drawBar(p, bar, vg.Point{X: all.Area.Min.X, Y: foot}, height)
	writeParts(p, unlabelled(bar[:len(useful)]), vg.Point{X: all.Area.Min.X + partInset, Y: foot - 9}, f.usefulEnd(),
		lines)
	figure := canvas.Style{Size: 11, Medium: true, Color: e.Text}
	sum := partDollars(total, total)
	p.Write(sum, vg.Point{X: all.Area.Max.X + totalWidth - 12, Y: base}, figure.Squeezed(sum, totalWidth-12), canvas.Right)

	bar = segments(lost, perDollar(wasted))
	drawBar(p, bar, vg.Point{X: wasted.Area.Min.X, Y: foot}, height)
	writeParts(p, unlabelled(bar), vg.Point{X: wasted.Area.Min.X + partInset, Y: foot - 9}, f.right, lines)
	figure = canvas.Style{Size: 10.5, Color: canvas.Ink}
	sum = wasteText(waste, total)
	p.Write(sum, vg.Point{X: wasted.X(waste) + 5, Y: base}, figure.Squeezed(sum, wasteWidth-5), canvas.Left)
}

// perDollar is how many points of a panel a dollar takes.
func perDollar(n *canvas.Panel) float64 { return float64(n.Area.Max.X-n.Area.Min.X) / n.Plot.X.Max }

// drawBar draws the parts of a bar from its lower left corner, with white edges where they don't hide a part.
func drawBar(p *canvas.Page, bar []segment, at vg.Point, height vg.Length) {
	for _, g := range bar {
		box := vg.Rectangle{Min: vg.Point{X: at.X + g.from, Y: at.Y}, Max: vg.Point{X: at.X + g.to, Y: at.Y + height}}
		if g.from > 0 && g.to-g.from > 3 {
			box.Min.X += 0.7
		}
		p.Fill(box, g.color)
		p.Write(g.label, vg.Point{X: box.Min.X + 4, Y: at.Y + height/2 - 3}, labelStyleIn(g.color), canvas.Left)
	}
}

// writeParts writes names and amounts in lines under a bar, each with its colour.
func writeParts(p *canvas.Page, small []spent, at vg.Point, end vg.Length, lines int) {
	list, _ := flow(small, end-at.X, lines)
	for _, t := range list {
		spot := vg.Point{X: at.X + t.x, Y: at.Y - vg.Length(t.line)*partLine}
		if t.name != "" {
			p.Fill(vg.Rectangle{Min: spot, Max: spot.Add(vg.Point{X: chip, Y: chip})}, t.color)
		}
		p.Write(t.text, vg.Point{X: spot.X + t.indent(), Y: spot.Y}, partStyle, canvas.Left)
	}
}

// wasteText is an amount and its share.
func wasteText(waste, total float64) string {
	if waste <= 0 {
		return "$0"
	}
	return partDollars(waste, total) + " · " + words.Percent(waste/total, 1)
}

// verb is what the wasted money does.
func (s *spendChart) verb() string {
	if s.late {
		return "buys no clip in time"
	}
	return "buys nothing"
}

// Title says what the strategy of the decision wastes, or without one, who wastes most and who least.
func (s *spendChart) Title() string {
	in := view.Included(s.list)
	if len(in) == 0 {
		in = s.list
	}
	subject := &in[0]
	if s.choice != nil && view.Named(in, &s.choice.Name) != nil {
		subject = s.choice
	} else if len(in) > 1 {
		return s.pairTitle(in)
	}
	total, waste := s.total(*subject), s.waste(*subject)
	text := fmt.Sprintf("Of %s's %s a month, %s", subject.Word, partDollars(total, total), partDollars(waste, total))
	switch {
	case waste <= 0:
		return fmt.Sprintf("%s's %s a month buys nothing but clips", words.UpperFirst(subject.Word),
			partDollars(total, total)) + map[bool]string{true: " in time"}[s.late]
	case waste >= total:
		return fmt.Sprintf("%s's %s a month %s", words.UpperFirst(subject.Word), partDollars(total, total), s.verb())
	}
	return text + " " + s.verb() + s.cause(*subject)
}

// cause names what takes more than half of the waste, where the waste has several parts.
func (s *spendChart) cause(e view.Entry) string {
	by, kinds := map[string]float64{}, 0
	for _, x := range s.parts[e.Label] {
		if x.wasted {
			kinds++
			if x.channel != "" {
				by[x.outcome] += x.usd
			}
		}
	}
	for _, outcome := range record.SpendOutcomes {
		if by[outcome] > s.waste(e)/2 && kinds > 1 {
			return ", most of it for " + causes[outcome]
		}
	}
	return ""
}

func (s *spendChart) pairTitle(in []view.Entry) string {
	share := func(e view.Entry) float64 { return s.waste(e) / s.total(e) }
	worst, best := in[0], in[0]
	for _, e := range in {
		if share(e) > share(worst) {
			worst = e
		}
		if share(e) < share(best) {
			best = e
		}
	}
	high, low := words.Percent(share(worst), 1), words.Percent(share(best), 1)
	switch {
	case share(worst) <= 0:
		return "Every dollar buys a clip" + map[bool]string{true: " in time"}[s.late]
	case high == low:
		return fmt.Sprintf("With every strategy, %s of the money %s", high, s.verb())
	}
	return fmt.Sprintf("%s of %s's money %s, %s of %s's", high, worst.Word, s.verb(), low, best.Word)
}

func (s *spendChart) Subtitle() string {
	text := "Where a month's money goes, US dollars. Pale: "
	if s.run.Mode == "bench" {
		text = "What was measured, as a month's money, US dollars. Pale: "
	}
	for _, parts := range s.parts {
		if slices.ContainsFunc(parts, func(x spent) bool { return x.channel == "" && !x.wasted }) {
			return text + "clips in time and fixed costs; the darker, the less it bought"
		}
	}
	return text + "clips in time; the darker, the less it bought"
}

// Alt tells the chart in words.
func (s *spendChart) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(s.run, s.Title()), ".") + ".")
	for _, e := range s.list {
		total, waste := s.total(e), s.waste(e)
		fmt.Fprintf(&b, " %s: %s a month, of which %s %s:", e.Label, partDollars(total, total), wasteText(waste, total),
			s.verb())
		for i, x := range s.parts[e.Label] {
			if i > 0 {
				b.WriteString(",")
			}
			b.WriteString(" " + x.text())
		}
		b.WriteString(".")
	}
	if text := view.Marks(s.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (s *spendChart) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "channel", "for", "usd", "wasted"}}
	for _, e := range s.list {
		for _, x := range s.parts[e.Label] {
			rows = append(rows, []string{e.Name, e.Kind, x.channel, x.outcome, cell(&x.usd), fmt.Sprint(x.wasted)})
		}
	}
	return rows
}
