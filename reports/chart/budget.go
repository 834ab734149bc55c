package chart

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
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// budgetChart shows whether the budget holds: what a month has cost by the end of each of its days, as a fan of
// simulated months per strategy.
type budgetChart struct {
	run    *record.Run
	list   []view.Entry   // those that were simulated, cheapest month first
	fans   map[string]fan // by label
	reach  float64        // of the axis, at least
	budget *float64       // nil: none is stated
	choice *view.Entry
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
	if v, ok := words.Known(run.Scenario.BudgetUSD); ok && v > 0 {
		b.budget = &v
	}
	for _, e := range view.Roster(run) {
		if f := newFan(e.Days); len(f) > 0 {
			b.fans[e.Label] = f
			b.list = append(b.list, e)
		}
	}
	b.list = view.Sorted(b.list, func(e view.Entry) *float64 {
		d := b.end(e)
		return &d.at[medianMonth]
	})
	b.choice = view.Chosen(b.list, run.Verdict)
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
			if _, ok := words.Known(&v); !ok {
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
func (b *budgetChart) end(e view.Entry) fanDay {
	f := b.fans[e.Label]
	return f[len(f)-1]
}

// top is the end of the axis: all of the fans and, unless it is far above them, the budget.
func (b *budgetChart) top(list []view.Entry) float64 {
	top := 0.0
	for _, e := range list {
		for _, d := range b.fans[e.Label] {
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

func (b *budgetChart) Paint(p *canvas.Page, body vg.Rectangle) error {
	room := body.Max.Y - body.Min.Y - budgetFrame
	detail, fit := b.detail(room)
	if fit == 0 {
		return nil // not even one name has room
	}
	list := view.Shortlist(b.list, fit, b.choice)
	column := b.columnWidth(list, detail, (body.Max.X-body.Min.X)*0.45)
	ticks := canvas.MoneyTicks(b.top(list), max(1, min(5, int(room/32))))
	gutter := vg.Length(0)
	for _, t := range ticks {
		gutter = max(gutter, canvas.TickStyle.Width(t.Label)+6)
	}
	n := p.NewPanel(vg.Rectangle{
		Min: vg.Point{X: body.Min.X + gutter, Y: body.Min.Y + budgetFoot},
		Max: vg.Point{X: body.Max.X - column - columnGap, Y: body.Max.Y - budgetHead},
	}, monthDays, b.top(list))
	drawDollarGrid(n, ticks)
	b.drawFans(n, list)
	drawDays(n, body)
	b.drawBudget(n, list)
	b.drawLabels(n, list, detail, column)
	if left := len(b.list) - len(list); left > 0 {
		text := words.Count(int64(left)) + " more not shown"
		p.Write(canvas.NoteStyle.ShortenEnd(text, column-8), vg.Point{X: body.Max.X, Y: n.Area.Min.Y - 13}, canvas.NoteStyle,
			canvas.Right)
	}
	return nil
}

// drawDollarGrid draws the lines and labels of a vertical axis of dollars.
func drawDollarGrid(n *canvas.Panel, ticks []canvas.Tick) {
	for _, t := range ticks {
		y := n.Y(t.Value)
		n.Page.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: n.Area.Min.X, Y: y}, vg.Point{X: n.Area.Max.X, Y: y})
		n.Page.Write(t.Label, vg.Point{X: n.Area.Min.X - 6, Y: y - 3}, canvas.TickStyle, canvas.Right)
	}
}

// drawDays draws the axis of days.
func drawDays(n *canvas.Panel, body vg.Rectangle) {
	var ticks []canvas.Tick
	for day := 0; day <= monthDays; day += 5 {
		ticks = append(ticks, canvas.Tick{Value: float64(day), Label: strconv.Itoa(day)})
	}
	ticks[len(ticks)-1].Label = "day 30"
	n.TickMarks(ticks)
	n.XLabels(body, ticks)
}

// bands are the shares of months that a fan's bands hold, as pairs of quantiles, with how much white is mixed in.
var bands = []struct {
	low, high int
	white     float64
}{{0, 6, 0.80}, {1, 5, 0.65}, {2, 4, 0.45}}

// drawFans draws the widest bands of all fans first and the medians last, so that no fan hides another's middle.
func (b *budgetChart) drawFans(n *canvas.Panel, list []view.Entry) {
	for _, band := range bands {
		for _, e := range list {
			up, down := b.track(n, e, band.high), b.track(n, e, band.low)
			slices.Reverse(down)
			n.Page.Polygon(append(up, down...), canvas.Tint(b.shade(e), band.white))
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
		n.Page.Line(s, b.track(n, e, medianMonth)...)
	}
}

// shade is the colour of a strategy's marks: paler where it takes no part in the decision.
func (b *budgetChart) shade(e view.Entry) color.RGBA {
	if e.Excluded {
		return canvas.Tint(e.Mark, 0.45)
	}
	return e.Mark
}

// track is one quantile's way through the month, from nothing at its beginning.
func (b *budgetChart) track(n *canvas.Panel, e view.Entry, quantile int) []vg.Point {
	points := []vg.Point{{X: n.X(0), Y: n.Y(0)}}
	for _, d := range b.fans[e.Label] {
		points = append(points, vg.Point{X: n.X(float64(d.day)), Y: n.Y(min(d.at[quantile], n.Plot.Y.Max))})
	}
	return points
}

// together counts the medians that end where the ith does, and says which of them it is, from 0.
func (b *budgetChart) together(n *canvas.Panel, list []view.Entry, i int) (all, turn int) {
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
func (b *budgetChart) endOf(n *canvas.Panel, e view.Entry) vg.Length {
	return n.Y(min(b.end(e).at[medianMonth], n.Plot.Y.Max))
}

// drawBudget draws the budget's line and its name, where no fan is in the way.
func (b *budgetChart) drawBudget(n *canvas.Panel, list []view.Entry) {
	if b.budget == nil {
		return
	}
	s, text := canvas.NoteStyle.In(canvas.Ink).Bold(),
		"budget "+words.ShortDollars(*b.budget, words.CentDecimals([]float64{*b.budget}))
	if *b.budget > n.Plot.Y.Max {
		n.Page.Write(s.ShortenEnd(text+", beyond this axis", n.Area.Max.X-n.Area.Min.X),
			vg.Point{X: n.Area.Min.X, Y: n.Area.Max.Y + 3}, s, canvas.Left)
		return
	}
	y := n.Y(*b.budget)
	n.Page.Line(canvas.Dashed, vg.Point{X: n.Area.Min.X, Y: y}, vg.Point{X: n.Area.Max.X, Y: y})
	text = s.ShortenEnd(text, n.Area.Max.X-n.Area.Min.X-8)
	spot, side := vg.Point{X: n.Area.Min.X + 4, Y: y + 4}, canvas.Left
	for _, c := range []struct {
		at   vg.Point
		side canvas.Align
	}{
		{spot, canvas.Left},
		{vg.Point{X: spot.X, Y: y - 10}, canvas.Left},
		{vg.Point{X: n.Area.Max.X - 4, Y: y + 4}, canvas.Right},
		{vg.Point{X: n.Area.Max.X - 4, Y: y - 10}, canvas.Right},
	} {
		if box := s.Box(text, c.at, c.side); box.Min.Y > n.Area.Min.Y && !b.crossed(n, list, canvas.Grow(box, 2)) {
			spot, side = c.at, c.side
			break
		}
	}
	n.Page.Write(text, spot, s, side)
}

// crossed says whether a fan passes through the box.
func (b *budgetChart) crossed(n *canvas.Panel, list []view.Entry, box vg.Rectangle) bool {
	for _, e := range list {
		low, high := b.track(n, e, lowMonth), b.track(n, e, highMonth)
		for i := 1; i < len(low); i++ {
			part := vg.Rectangle{Min: vg.Point{X: low[i-1].X, Y: min(low[i-1].Y, low[i].Y) - 1},
				Max: vg.Point{X: low[i].X, Y: max(high[i-1].Y, high[i].Y) + 1}}
			if canvas.Meets(part, box) {
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

var fanStyle = canvas.Style{Medium: true, Size: 10.5}

// blockHeight is the height of the longest label.
func (b *budgetChart) blockHeight(detail int) vg.Length {
	lines := 0
	for _, e := range b.list {
		lines = max(lines, len(b.notes(e, detail)))
	}
	return fanStyle.Above() + vg.Length(lines)*blockLeading + 2
}

func (b *budgetChart) columnWidth(list []view.Entry, detail int, limit vg.Length) vg.Length {
	w := columnLeast
	for _, e := range list {
		w = max(w, fanStyle.Width(b.name(e)))
		for _, note := range b.notes(e, detail) {
			w = max(w, canvas.NoteStyle.Width(note))
		}
	}
	return min(w, limit)
}

func (b *budgetChart) name(e view.Entry) string {
	if e.Excluded {
		return e.Label + " (excluded)"
	}
	return e.Label
}

// notes are the lines under a strategy's name.
func (b *budgetChart) notes(e view.Entry, detail int) []string {
	if detail == bareDetail {
		return []string{b.amount(e, medianMonth)}
	}
	notes := []string{b.amount(e, medianMonth) + b.spread(e)}
	var over []string
	if v, ok := b.over(e); ok {
		over = append(over, words.Percent(v, overDecimals(v))+" of months")
	}
	if v, ok := b.overDraws(e); ok {
		over = append(over, words.WholePercent(v)+" of draws")
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
func (b *budgetChart) over(e view.Entry) (float64, bool) {
	if b.budget == nil || e.OverBudget == nil {
		return 0, false
	}
	v, ok := words.Known(e.OverBudget.Value)
	return v, ok && v >= 0 && v <= 1
}

// overDraws is the share of the draws of the stated ranges in which the expected month does.
func (b *budgetChart) overDraws(e view.Entry) (float64, bool) {
	v, ok := words.Known(e.OverBudgetDraws)
	return v, ok && b.budget != nil && v >= 0 && v <= 1
}

// amount prints a quantile of the whole month.
func (b *budgetChart) amount(e view.Entry, quantile int) string {
	return words.ShortDollars(b.end(e).at[quantile], b.decimals(e))
}

func (b *budgetChart) decimals(e view.Entry) int {
	at := b.end(e).at
	if at[highMonth] >= 9.995 { // as months are written elsewhere
		return 0
	}
	return words.CentDecimals([]float64{at[lowMonth], at[medianMonth], at[highMonth]})
}

// spread is the range of 95 % of months behind the median; "" where they print alike.
func (b *budgetChart) spread(e view.Entry) string {
	low, high := b.amount(e, lowMonth), b.amount(e, highMonth)
	if low == high {
		return ""
	}
	return " (" + strings.TrimPrefix(low, "$") + "–" + strings.TrimPrefix(high, "$") + ")"
}

// drawLabels writes a label at the end of each fan, moved apart where they would touch, and ties it to its line.
func (b *budgetChart) drawLabels(n *canvas.Panel, list []view.Entry, detail int, width vg.Length) {
	order := slices.Clone(list)
	sort.SliceStable(order, func(i, j int) bool { return b.endOf(n, order[i]) > b.endOf(n, order[j]) })
	height := b.blockHeight(detail)
	tops := make([]vg.Length, len(order)) // measured downwards from the upper edge
	for i, e := range order {
		tops[i] = n.Area.Max.Y - b.endOf(n, e) - fanStyle.Above()/2
	}
	spreadApart(tops, height+blockGap, 0, n.Area.Max.Y-n.Area.Min.Y-height)
	for i, e := range order {
		at := vg.Point{X: n.Area.Max.X + columnGap, Y: n.Area.Max.Y - tops[i] - fanStyle.Above()}
		n.Page.Line(canvas.Stroke(b.shade(e), 0.9), vg.Point{X: n.Area.Max.X + 1, Y: b.endOf(n, e)},
			vg.Point{X: at.X - 2.5, Y: at.Y + fanStyle.Above()/2})
		n.Page.Write(fanStyle.Shorten(b.name(e), width), at, fanStyle.In(e.Text), canvas.Left)
		for _, note := range b.notes(e, detail) {
			at.Y -= blockLeading
			n.Page.Write(canvas.NoteStyle.ShortenEnd(note, width), at, canvas.NoteStyle, canvas.Left)
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

// Alt tells the chart in words.
func (b *budgetChart) Alt() string {
	var t strings.Builder
	t.WriteString(strings.TrimSuffix(view.Headline(b.run, b.Title()), ".") + ".")
	if b.budget != nil {
		fmt.Fprintf(&t, " The budget is %s a month.", words.ShortDollars(*b.budget, words.CentDecimals([]float64{*b.budget})))
	}
	for _, e := range b.list {
		fmt.Fprintf(&t, " %s: a median month costs %s, 95%% of months %s to %s", b.name(e), b.amount(e, medianMonth),
			b.amount(e, lowMonth), b.amount(e, highMonth))
		if d := e.MonthlyDraws; d != nil {
			fmt.Fprintf(&t, ", the expected one %s to %s in 95%% of draws of the stated ranges", words.Month(d.P025),
				words.Month(d.P975))
		}
		if v, ok := b.over(e); ok {
			fmt.Fprintf(&t, ", over budget in %s of months", words.Percent(v, overDecimals(v)))
		}
		if v, ok := b.overDraws(e); ok {
			fmt.Fprintf(&t, ", expected to be in %s of draws of the stated ranges", words.WholePercent(v))
		}
		t.WriteString(".")
	}
	return t.String()
}

func (b *budgetChart) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "day", "p025_usd", "p10_usd", "p25_usd", "p50_usd", "p75_usd", "p90_usd",
		"p975_usd",
		"budget_usd", "over_budget_share", "over_budget_draws_share", "draws_p025_usd", "draws_p975_usd"}}
	for _, e := range b.list {
		var over *float64
		if e.OverBudget != nil {
			over = e.OverBudget.Value
		}
		for _, d := range b.fans[e.Label] {
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
