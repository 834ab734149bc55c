package reports

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"channelbench/internal/record"
)

// budgetChart shows whether the budget holds: what a month has cost by the end of each of its days, as a fan of
// simulated months per strategy.
type budgetChart struct {
	run    *record.Run
	list   []entry        // those that were simulated, cheapest month first
	fans   map[string]fan // by label
	reach  float64        // of the axis, at least
	budget *float64       // nil: none is stated
	choice *entry
}

// fan is how a strategy's months add up, day by day.
type fan []fanDay

// fanDay holds the quantiles of months by the end of a day, ascending.
type fanDay struct {
	day int
	at  [7]float64
}

// The quantiles of a fan.
const (
	lowMonth    = 0 // 2.5 % of months cost less
	medianMonth = 3
	highMonth   = 6 // 2.5 % of months cost more
)

const (
	monthDays    = 30
	budgetHeight = vg.Length(256)
	blockGap     = vg.Length(4) // between the labels of two fans
)

func newBudget(run *record.Run, _ vg.Length) Chart {
	b := newBudgetChart(run)
	if len(b.list) == 0 {
		return nil
	}
	return b
}

func (b *budgetChart) Height() vg.Length {
	return max(budgetHeight, budgetFrame+vg.Length(min(len(b.list), 6))*(b.blockHeight(fullDetail)+blockGap))
}

func (b *budgetChart) Axes() []float64 { return []float64{b.top(b.list)} }

func (b *budgetChart) Along(axes []float64) Chart {
	along := *b
	along.reach = axes[0]
	return &along
}

func newBudgetChart(run *record.Run) *budgetChart {
	b := &budgetChart{run: run, fans: map[string]fan{}}
	if v, ok := known(run.Scenario.BudgetUSD); ok && v > 0 {
		b.budget = &v
	}
	for _, e := range roster(run) {
		if f := newFan(e.Days); len(f) > 0 {
			b.fans[e.label] = f
			b.list = append(b.list, e)
		}
	}
	b.list = sorted(b.list, func(e entry) *float64 {
		d := b.end(e)
		return &d.at[medianMonth]
	})
	b.choice = chosen(b.list, run.Verdict)
	return b
}

// newFan keeps the days that can be drawn.
func newFan(days []record.Day) fan {
	var f fan
next:
	for _, d := range days {
		x := fanDay{d.Day, [7]float64{d.P025, d.P10, d.P25, d.P50, d.P75, d.P90, d.P975}}
		if d.Day < 1 || d.Day > monthDays || len(f) > 0 && d.Day <= f[len(f)-1].day {
			continue
		}
		for i, v := range x.at {
			if _, ok := known(&v); !ok {
				continue next
			}
			x.at[i] = max(v, 0)
		}
		slices.Sort(x.at[:])
		f = append(f, x)
	}
	return f
}

// passes is the first day by whose end a quantile of the months has cost more than the amount; 0: none.
func (f fan) passes(amount float64, quantile int) int {
	for _, d := range f {
		if d.at[quantile] > amount {
			return d.day
		}
	}
	return 0
}

// end is the last day of a strategy's fan.
func (b *budgetChart) end(e entry) fanDay {
	f := b.fans[e.label]
	return f[len(f)-1]
}

// top is the end of the axis: all of the fans and, unless it is far above them, the budget.
func (b *budgetChart) top(list []entry) float64 {
	top := 0.0
	for _, e := range list {
		for _, d := range b.fans[e.label] {
			top = max(top, d.at[highMonth])
		}
	}
	if top < 1e-6 { // money has no smaller unit
		top = 1
	}
	if b.budget != nil && *b.budget < 3*top {
		top = max(top, *b.budget)
	}
	return max(min(top, 1e200)*1.04, b.reach)
}

// The measures of the frame around the plot.
const (
	budgetHead  = vg.Length(10) // the budget's name may stand above the highest line
	budgetFoot  = vg.Length(18) // the labels of the days
	budgetFrame = budgetHead + budgetFoot
)

func (b *budgetChart) Paint(p *page, body vg.Rectangle) error {
	room := body.Max.Y - body.Min.Y - budgetFrame
	detail, fit := b.detail(room)
	if fit == 0 {
		return nil // not even one name has room
	}
	list := shortlist(b.list, fit, b.choice)
	column := b.columnWidth(list, detail, (body.Max.X-body.Min.X)*0.45)
	ticks := moneyTicks(b.top(list), max(1, min(5, int(room/32))))
	gutter := vg.Length(0)
	for _, t := range ticks {
		gutter = max(gutter, tickStyle.width(t.label)+6)
	}
	n := p.newPanel(vg.Rectangle{
		Min: vg.Point{X: body.Min.X + gutter, Y: body.Min.Y + budgetFoot},
		Max: vg.Point{X: body.Max.X - column - columnGap, Y: body.Max.Y - budgetHead},
	}, monthDays, b.top(list))
	drawDollarGrid(n, ticks)
	b.drawFans(n, list)
	drawDays(n, body)
	b.drawBudget(n, list)
	b.drawLabels(n, list, detail, column)
	if left := len(b.list) - len(list); left > 0 {
		text := count(int64(left)) + " more not shown"
		p.write(noteStyle.shortenEnd(text, column-8), vg.Point{X: body.Max.X, Y: n.area.Min.Y - 13}, noteStyle, right)
	}
	return nil
}

// drawDollarGrid draws the lines and labels of a vertical axis of dollars.
func drawDollarGrid(n *panel, ticks []tick) {
	for _, t := range ticks {
		y := n.y(t.value)
		n.page.line(stroke(grid, 0.8), vg.Point{X: n.area.Min.X, Y: y}, vg.Point{X: n.area.Max.X, Y: y})
		n.page.write(t.label, vg.Point{X: n.area.Min.X - 6, Y: y - 3}, tickStyle, right)
	}
}

// drawDays draws the axis of days.
func drawDays(n *panel, body vg.Rectangle) {
	var ticks []tick
	for day := 0; day <= monthDays; day += 5 {
		ticks = append(ticks, tick{float64(day), strconv.Itoa(day)})
	}
	ticks[len(ticks)-1].label = "day 30"
	n.tickMarks(ticks)
	n.xLabels(body, ticks)
}

// bands are the shares of months that a fan's bands hold, as pairs of quantiles, with how much white is mixed in.
var bands = []struct {
	low, high int
	white     float64
}{{0, 6, 0.80}, {1, 5, 0.65}, {2, 4, 0.45}}

// drawFans draws the widest bands of all fans first and the medians last, so that no fan hides another's middle.
func (b *budgetChart) drawFans(n *panel, list []entry) {
	for _, band := range bands {
		for _, e := range list {
			up, down := b.track(n, e, band.high), b.track(n, e, band.low)
			slices.Reverse(down)
			n.page.polygon(append(up, down...), tint(b.shade(e), band.white))
		}
	}
	for i, e := range list {
		together, turn := b.together(n, list, i)
		s := draw.LineStyle{Color: b.shade(e), Width: 2}
		if turn > 0 { // lines that run on one another are dashed in turn, so that each colour shows
			const dash = vg.Length(9)
			s.Dashes = []vg.Length{dash, dash * vg.Length(together-1)}
			s.DashOffs = dash * vg.Length(together-turn+1)
		}
		n.page.line(s, b.track(n, e, medianMonth)...)
	}
}

// shade is the colour of a strategy's marks: paler where it takes no part in the decision.
func (b *budgetChart) shade(e entry) color.RGBA {
	if e.Excluded {
		return tint(e.mark, 0.45)
	}
	return e.mark
}

// track is one quantile's way through the month, from nothing at its beginning.
func (b *budgetChart) track(n *panel, e entry, quantile int) []vg.Point {
	points := []vg.Point{{X: n.x(0), Y: n.y(0)}}
	for _, d := range b.fans[e.label] {
		points = append(points, vg.Point{X: n.x(float64(d.day)), Y: n.y(min(d.at[quantile], n.plot.Y.Max))})
	}
	return points
}

// together counts the medians that end where the ith does, and says which of them it is, from 0.
func (b *budgetChart) together(n *panel, list []entry, i int) (all, turn int) {
	here := b.endOf(n, list[i])
	for j, e := range list {
		if math.Abs(float64(b.endOf(n, e)-here)) < 1 {
			if j < i {
				turn++
			}
			all++
		}
	}
	return all, turn
}

// endOf is the height at which a median ends.
func (b *budgetChart) endOf(n *panel, e entry) vg.Length {
	return n.y(min(b.end(e).at[medianMonth], n.plot.Y.Max))
}

// drawBudget draws the budget's line and its name, where no fan is in the way.
func (b *budgetChart) drawBudget(n *panel, list []entry) {
	if b.budget == nil {
		return
	}
	s, text := noteStyle.in(ink).bold(), "budget "+shortDollars(*b.budget, centDecimals([]float64{*b.budget}))
	if *b.budget > n.plot.Y.Max {
		n.page.write(s.shortenEnd(text+", beyond this axis", n.area.Max.X-n.area.Min.X), vg.Point{X: n.area.Min.X, Y: n.area.Max.Y + 3}, s, left)
		return
	}
	y := n.y(*b.budget)
	n.page.line(dashed, vg.Point{X: n.area.Min.X, Y: y}, vg.Point{X: n.area.Max.X, Y: y})
	text = s.shortenEnd(text, n.area.Max.X-n.area.Min.X-8)
	spot, side := vg.Point{X: n.area.Min.X + 4, Y: y + 4}, left
	for _, c := range []struct {
		at   vg.Point
		side align
	}{
		{spot, left},
		{vg.Point{X: spot.X, Y: y - 10}, left},
		{vg.Point{X: n.area.Max.X - 4, Y: y + 4}, right},
		{vg.Point{X: n.area.Max.X - 4, Y: y - 10}, right},
	} {
		if box := s.box(text, c.at, c.side); box.Min.Y > n.area.Min.Y && !b.crossed(n, list, grow(box, 2)) {
			spot, side = c.at, c.side
			break
		}
	}
	n.page.write(text, spot, s, side)
}

// crossed says whether a fan passes through the box.
func (b *budgetChart) crossed(n *panel, list []entry, box vg.Rectangle) bool {
	for _, e := range list {
		low, high := b.track(n, e, lowMonth), b.track(n, e, highMonth)
		for i := 1; i < len(low); i++ {
			part := vg.Rectangle{Min: vg.Point{X: low[i-1].X, Y: min(low[i-1].Y, low[i].Y) - 1}, Max: vg.Point{X: low[i].X, Y: max(high[i-1].Y, high[i].Y) + 1}}
			if meets(part, box) {
				return true
			}
		}
	}
	return false
}

// The detail of the labels at the ends of the fans.
const (
	fullDetail  = iota // the median, its range, months and draws over budget, each on a line
	shortDetail        // months and draws on one line
	bareDetail         // the median alone
)

// detail is how much the labels can say so that the four that matter fit, and how many do fit.
func (b *budgetChart) detail(room vg.Length) (detail, fit int) {
	for detail = fullDetail; ; detail++ {
		fit = int((room + blockGap) / (b.blockHeight(detail) + blockGap))
		if fit >= min(len(b.list), 4) || detail == bareDetail {
			return detail, min(max(fit, 0), 8)
		}
	}
}

const (
	columnGap    = vg.Length(14) // between the plot and the labels
	columnLeast  = vg.Length(96)
	blockLeading = vg.Length(10.4)
)

var fanStyle = style{medium: true, size: 10.5}

// blockHeight is the height of the longest label.
func (b *budgetChart) blockHeight(detail int) vg.Length {
	lines := 0
	for _, e := range b.list {
		lines = max(lines, len(b.notes(e, detail)))
	}
	return fanStyle.above() + vg.Length(lines)*blockLeading + 2
}

func (b *budgetChart) columnWidth(list []entry, detail int, limit vg.Length) vg.Length {
	w := columnLeast
	for _, e := range list {
		w = max(w, fanStyle.width(b.name(e)))
		for _, note := range b.notes(e, detail) {
			w = max(w, noteStyle.width(note))
		}
	}
	return min(w, limit)
}

func (b *budgetChart) name(e entry) string {
	if e.Excluded {
		return e.label + " (excluded)"
	}
	return e.label
}

// notes are the lines under a strategy's name.
func (b *budgetChart) notes(e entry, detail int) []string {
	if detail == bareDetail {
		return []string{b.amount(e, medianMonth)}
	}
	notes := []string{b.amount(e, medianMonth) + b.spread(e)}
	var over []string
	if v, ok := b.over(e); ok {
		over = append(over, percent(v, overDecimals(v))+" of months")
	}
	if v, ok := b.overDraws(e); ok {
		over = append(over, wholePercent(v)+" of draws")
	}
	switch {
	case len(over) == 0:
	case detail == fullDetail:
		notes = append(notes, "over budget in "+over[0])
		if len(over) > 1 {
			notes = append(notes, "and in "+over[1])
		}
	default:
		notes = append(notes, "over in "+strings.Join(over, ", "))
	}
	return notes
}

// overDecimals keeps a rare month from reading like none.
func overDecimals(share float64) int {
	if share > 0 && share < 0.01 || share > 0.99 && share < 1 {
		return 1
	}
	return 0
}

// over is the share of simulated months that cost more than the budget.
func (b *budgetChart) over(e entry) (float64, bool) {
	if b.budget == nil || e.OverBudget == nil {
		return 0, false
	}
	v, ok := known(e.OverBudget.Value)
	return v, ok && v >= 0 && v <= 1
}

// overDraws is the share of the draws of the stated ranges in which the expected month does.
func (b *budgetChart) overDraws(e entry) (float64, bool) {
	v, ok := known(e.OverBudgetDraws)
	return v, ok && b.budget != nil && v >= 0 && v <= 1
}

// amount prints a quantile of the whole month.
func (b *budgetChart) amount(e entry, quantile int) string {
	return shortDollars(b.end(e).at[quantile], b.decimals(e))
}

func (b *budgetChart) decimals(e entry) int {
	at := b.end(e).at
	return centDecimals([]float64{at[lowMonth], at[medianMonth], at[highMonth]})
}

// spread is the range of 95 % of months behind the median; "" where they print alike.
func (b *budgetChart) spread(e entry) string {
	low, high := b.amount(e, lowMonth), b.amount(e, highMonth)
	if low == high {
		return ""
	}
	return " (" + strings.TrimPrefix(low, "$") + "–" + strings.TrimPrefix(high, "$") + ")"
}

// drawLabels writes a label at the end of each fan, moved apart where they would touch, and ties it to its line.
func (b *budgetChart) drawLabels(n *panel, list []entry, detail int, width vg.Length) {
	order := slices.Clone(list)
	sort.SliceStable(order, func(i, j int) bool { return b.endOf(n, order[i]) > b.endOf(n, order[j]) })
	height := b.blockHeight(detail)
	tops := make([]vg.Length, len(order)) // measured downwards from the upper edge
	for i, e := range order {
		tops[i] = n.area.Max.Y - b.endOf(n, e) - fanStyle.above()/2
	}
	spreadApart(tops, height+blockGap, 0, n.area.Max.Y-n.area.Min.Y-height)
	for i, e := range order {
		at := vg.Point{X: n.area.Max.X + columnGap, Y: n.area.Max.Y - tops[i] - fanStyle.above()}
		n.page.line(stroke(b.shade(e), 0.9), vg.Point{X: n.area.Max.X + 1, Y: b.endOf(n, e)}, vg.Point{X: at.X - 2.5, Y: at.Y + fanStyle.above()/2})
		n.page.write(fanStyle.shorten(b.name(e), width), at, fanStyle.in(e.text), left)
		for _, note := range b.notes(e, detail) {
			at.Y -= blockLeading
			n.page.write(noteStyle.shortenEnd(note, width), at, noteStyle, left)
		}
	}
}

// spreadApart moves ascending places as little as it takes until neighbours are a gap apart, within the bounds: places
// that would be too near are pooled around their mean.
func spreadApart(places []vg.Length, gap, low, high vg.Length) {
	type pool struct {
		sum  vg.Length
		size int
	}
	mean := func(p pool) vg.Length { return p.sum / vg.Length(p.size) }
	var pools []pool
	for i, at := range places {
		pools = append(pools, pool{at - vg.Length(i)*gap, 1})
		for k := len(pools) - 1; k > 0 && mean(pools[k-1]) > mean(pools[k]); k-- {
			pools[k-1].sum, pools[k-1].size = pools[k-1].sum+pools[k].sum, pools[k-1].size+pools[k].size
			pools = pools[:k]
		}
	}
	i, last := 0, vg.Length(len(places)-1)*gap
	for _, p := range pools {
		for range p.size {
			places[i] = max(low, min(mean(p), high-last)) + vg.Length(i)*gap
			i++
		}
	}
}

func (b *budgetChart) Subtitle() string {
	height := b.Height()
	text := "Cost of a month so far, US dollars. " + b.bandHint(height)
	if b.budget == nil {
		return text
	}
	for _, e := range b.list {
		if _, ok := b.overDraws(e); ok {
			return text + ". Draws of the stated ranges: over where the expected month is"
		}
	}
	return text
}

// bandHint says what the bands hold, or that they are too narrow to be seen.
func (b *budgetChart) bandHint(height vg.Length) string {
	narrow, scale := 0, float64(height-budgetFrame)/b.top(b.list)
	for _, e := range b.list {
		at := b.end(e).at
		if (at[highMonth]-at[lowMonth])*scale < 3 {
			narrow++
		}
	}
	switch narrow {
	case 0:
		return "Line: median; bands: 50%, 80%, 95% of simulated months (95% in brackets)"
	case len(b.list):
		return "95% of simulated months (in brackets) lie within the width of the line"
	}
	return "Line: median; bands: 50%, 80%, 95% of months (95% in brackets), some narrower than the line"
}

// alt tells the chart in words.
func (b *budgetChart) Alt() string {
	var t strings.Builder
	t.WriteString(strings.TrimSuffix(headline(b.run, b.Title()), ".") + ".")
	if b.budget != nil {
		fmt.Fprintf(&t, " The budget is %s a month.", shortDollars(*b.budget, centDecimals([]float64{*b.budget})))
	}
	for _, e := range b.list {
		fmt.Fprintf(&t, " %s: a median month costs %s, 95%% of months %s to %s", b.name(e), b.amount(e, medianMonth), b.amount(e, lowMonth), b.amount(e, highMonth))
		if d := e.MonthlyDraws; d != nil {
			fmt.Fprintf(&t, ", the expected one %s to %s in 95%% of draws of the stated ranges", record.Dollars(d.P025), record.Dollars(d.P975))
		}
		if v, ok := b.over(e); ok {
			fmt.Fprintf(&t, ", over budget in %s of months", percent(v, overDecimals(v)))
		}
		if v, ok := b.overDraws(e); ok {
			fmt.Fprintf(&t, ", expected to be in %s of draws of the stated ranges", wholePercent(v))
		}
		t.WriteString(".")
	}
	return t.String()
}

func (b *budgetChart) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "day", "p025_usd", "p10_usd", "p25_usd", "p50_usd", "p75_usd", "p90_usd", "p975_usd",
		"budget_usd", "over_budget_share", "over_budget_draws_share", "draws_p025_usd", "draws_p975_usd"}}
	for _, e := range b.list {
		var over *float64
		if e.OverBudget != nil {
			over = e.OverBudget.Value
		}
		for _, d := range b.fans[e.label] {
			row := []string{e.Name, e.Kind, strconv.Itoa(d.day)}
			for _, v := range d.at {
				row = append(row, cell(&v))
			}
			row = append(row, cell(b.budget), cell(over), cell(e.OverBudgetDraws))
			if d := e.MonthlyDraws; d != nil {
				row = append(row, cell(&d.P025), cell(&d.P975))
			} else {
				row = append(row, "", "")
			}
			rows = append(rows, row)
		}
	}
	return rows
}
