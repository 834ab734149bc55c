package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// tradeOff shows what one gives up: cost against time, a dot per strategy. Lower left is better.
type tradeOff struct {
	run     *record.Run
	reached []view.Entry // with a cost and a time; cheapest first
	never   []view.Entry // with a cost, but undelivered orders push the time out of reach
	front   []view.Entry // of those reached, the ones that no other beats; soonest first
	left    int          // without a cost
	promise *float64
	// of the axes, at least: the cost, the longest time, and less the shortest; fewer: as far as there is to see
	reach []float64
}

func newTradeOffChart(run *record.Run, _ vg.Length) Chart {
	c := newTradeOff(run)
	if len(c.reached)+len(c.never) == 0 {
		return nil
	}
	return c
}

func (c *tradeOff) Height() vg.Length { return 260 + 9*vg.Length(max(0, len(c.all())-8)) }

func (c *tradeOff) Axes() []float64 {
	axes := []float64{c.top()}
	if low, high := c.times(); len(c.reached) > 0 {
		axes = append(axes, high, -low)
	}
	return axes
}

func (c *tradeOff) Along(axes []float64) Chart {
	along := *c
	along.reach = axes
	return &along
}

func newTradeOff(run *record.Run) *tradeOff {
	c := &tradeOff{run: run}
	if s, ok := words.Known(run.Scenario.PromiseSeconds); ok && s > 0 {
		c.promise = &s
	}
	for _, e := range view.Sorted(view.Roster(run), view.CostOf) {
		if e.Excluded {
			e.Label += " (excluded)"
		}
		_, cost := words.Known(view.CostOf(e))
		_, time := words.Known(view.P95Of(e))
		switch {
		case !cost:
			c.left++
		case time:
			c.reached = append(c.reached, e)
		default:
			c.never = append(c.never, e)
		}
	}
	for _, e := range view.Sorted(view.Included(c.reached), view.P95Of) {
		if !slices.ContainsFunc(view.Included(c.reached), e.BeatenBy) {
			c.front = append(c.front, e)
		}
	}
	return c
}

// Title names the cheapest strategy that is fast enough or, without a promise, what speed costs.
func (c *tradeOff) Title() string {
	in := view.Included(c.reached)
	switch {
	case len(in) == 0:
		return "No strategy has 95% of its orders done"
	case c.promise == nil:
		return words.UpperFirst(c.speedTitle(in))
	}
	within := slices.DeleteFunc(slices.Clone(in), func(e view.Entry) bool { return *view.P95Of(e) > *c.promise })
	promise := words.Span(*c.promise)
	if len(within) == 0 {
		soonest := view.Sorted(in, view.P95Of)[0]
		return fmt.Sprintf("No strategy has 95%% done within %s; %s comes closest, with %s", promise, soonest.Word,
			words.Clock(*view.P95Of(soonest)))
	}
	if len(within) == 1 && len(in)+len(view.Included(c.never)) > 1 {
		return fmt.Sprintf("Only %s has 95%% done within %s, at %s a clip", within[0].Word, promise, c.price(within[0]))
	}
	if meet := slices.DeleteFunc(slices.Clone(within),
		func(e view.Entry) bool { return len(e.Fails) > 0 }); len(meet) > 0 {
		within = meet // the others may be cheaper, but are not to be had
	}
	best, price := within[0], c.price(within[0])
	switch {
	case len(best.Fails) > 0:
		return fmt.Sprintf("%s has 95%% done within %s at %s a clip, but %s a requirement", words.UpperFirst(best.Word),
			promise, price, best.Shortcomings()[view.Shortest])
	case len(within) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s, at %s a clip", words.UpperFirst(best.Word), promise, price)
	}
	return fmt.Sprintf("%s has 95%% done within %s at %s a clip%s", words.UpperFirst(best.Word), promise, price,
		c.instead(best, within[1]))
}

// instead says what a clip costs with another strategy; it is empty where that is less.
func (c *tradeOff) instead(best, other view.Entry) string {
	switch saving := 1 - *view.CostOf(best) / *view.CostOf(other); {
	case math.IsNaN(saving) || math.IsInf(saving, 0) || saving < -0.005:
		return ""
	case saving < 0.005:
		return ", about as much as " + other.Word
	}
	return fmt.Sprintf(" instead of %s with %s", c.price(other), other.Word)
}

// speedTitle compares the cheapest with the fastest.
func (c *tradeOff) speedTitle(in []view.Entry) string {
	cheap, fast := in[0], view.Sorted(in, view.P95Of)[0]
	switch {
	case len(in) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s, at %s a clip", cheap.Word, words.Clock(*view.P95Of(cheap)),
			c.price(cheap))
	case cheap.Name == fast.Name && c.alone(in, cheap):
		return fmt.Sprintf("%s is the cheapest and the fastest: %s a clip, 95%% done within %s", cheap.Word, c.price(cheap),
			words.Clock(*view.P95Of(cheap)))
	case words.Clock(*view.P95Of(cheap)) == words.Clock(*view.P95Of(fast)):
		return fmt.Sprintf("No strategy is cheaper than %s, at %s a clip, or faster: 95%% done within %s", cheap.Word,
			c.price(cheap), words.Clock(*view.P95Of(cheap)))
	case c.price(cheap) == c.price(fast):
		return fmt.Sprintf("%s has 95%% done within %s, %s within %s, both at %s a clip", fast.Word,
			words.Clock(*view.P95Of(fast)), cheap.Word, words.Clock(*view.P95Of(cheap)), c.price(cheap))
	}
	return fmt.Sprintf("%s has 95%% done within %s, at %s a clip; %s within %s, at %s",
		fast.Word, words.Clock(*view.P95Of(fast)), c.price(fast), cheap.Word, words.Clock(*view.P95Of(cheap)), c.price(cheap))
}

// alone says whether no other strategy has the same cost or the same time, as they are printed.
func (c *tradeOff) alone(in []view.Entry, e view.Entry) bool {
	return !slices.ContainsFunc(in, func(o view.Entry) bool {
		return o.Name != e.Name && (c.price(o) == c.price(e) || words.Clock(*view.P95Of(o)) == words.Clock(*view.P95Of(e)))
	})
}

// price is a strategy's cost per delivered clip.
func (c *tradeOff) price(e view.Entry) string {
	return words.Clip(*view.CostOf(e))
}

func (c *tradeOff) all() []view.Entry { return slices.Concat(c.reached, c.never) }

func (c *tradeOff) Subtitle() string {
	s := "Cost per delivered clip against the time within which 95% of all orders are done. Lower left is better"
	if n := len(c.front); n > 1 && *view.P95Of(c.front[0]) < *view.P95Of(c.front[n-1]) {
		s += ". Dashes join what no other strategy beats in both"
	}
	if c.run.Verdict.Winner != nil && slices.ContainsFunc(c.all(), c.won) {
		s += ". Large dot: the winner"
	}
	if slices.ContainsFunc(c.all(), c.crossed) {
		s += ". Crosses: 95% intervals"
	}
	return s
}

// crossed says whether a strategy's intervals are wider than its dot where the figure has a page of its own.
func (c *tradeOff) crossed(e view.Entry) bool {
	low, high := c.times()
	size := func(f record.Figure, room float64) float64 {
		a, b, _ := span95(f)
		return (b - a) * room
	}
	return size(e.CostPerDelivered, 210/c.top()) > 12 || size(e.LatencySeconds.P95, 480/(high-low)) > 12
}

// dotRadius is the size of a strategy's dot; the decision's is larger.
const dotRadius = vg.Length(4.2)

func (c *tradeOff) Paint(p *canvas.Page, body vg.Rectangle) error {
	n := c.panel(p, body)
	c.backdrop(n, body)
	dots := c.dots(n, c.strip(n, body))
	c.promiseLine(n)
	lines := [][]vg.Point{c.frontLine(n)}
	for _, d := range dots {
		lines = append(lines, c.cross(n, d)...)
	}
	for behind := 3; behind >= 0; behind-- { // dots under others are larger, so that they show as rings
		for _, d := range dots {
			if d.behind == behind {
				p.Dot(d.at, d.radius, d.Mark)
			}
		}
	}
	c.promiseText(n, lines)
	names := dotNames{page: p, field: c.field(n, body), dots: dots, lines: lines}
	c.note(p, body, names.write())
	return nil
}

const (
	tradeHead = vg.Length(16) // the title of the axis of cost
	tradeFoot = vg.Length(31) // the labels of the axis of time, and its title
)

// panel lays out the axes: the one of cost from zero, the one of time around what there is to see.
func (c *tradeOff) panel(p *canvas.Page, body vg.Rectangle) *canvas.Panel {
	low, high := c.times()
	n := p.NewPanel(vg.Rectangle{
		Min: vg.Point{X: body.Min.X, Y: body.Min.Y + tradeFoot},
		Max: vg.Point{X: body.Max.X - 12, Y: body.Max.Y - tradeHead},
	}, high, 1)
	n.Plot.X.Min = low
	n.Plot.Y.Max = c.top()
	labels := vg.Length(0)
	for _, t := range c.costTicks(n) {
		labels = max(labels, canvas.TickStyle.Width(t.Label))
	}
	n.Area.Min.X += labels + 6
	if len(c.never) > 0 {
		n.Area.Max.X -= c.stripWidth(body.Max.X - n.Area.Min.X)
	}
	return n
}

// top is the end of the axis of cost.
func (c *tradeOff) top() float64 {
	top := 0.0
	for _, v := range view.Figures(c.all(), view.CostOf) {
		top = max(top, v)
	}
	if top <= 0 {
		top = 1 / 1.1
	}
	top = min(top, 1e200) * 1.1
	if len(c.reach) > 0 {
		top = max(top, c.reach[0])
	}
	return top
}

// stripWidth is the room for strategies that never get there.
func (c *tradeOff) stripWidth(room vg.Length) vg.Length {
	if len(c.reached) == 0 {
		return room * 0.6
	}
	width := vg.Length(60)
	for _, e := range c.never {
		width = max(width, 40+canvas.LabelStyle.Width(e.Label+" "+c.price(e)))
	}
	return min(width, room*0.3)
}

// times is the range of the axis of time. The promise belongs to it, if it isn't far from every dot.
func (c *tradeOff) times() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, v := range view.Figures(c.reached, view.P95Of) {
		low, high = min(low, v), max(high, v)
	}
	if len(c.reached) == 0 {
		low, high = 0, 60
		if c.promise != nil {
			high = min(*c.promise*1.35, 1e9)
		}
		return low, high
	}
	if room := max(2*(high-low), 0.4*high); c.promise != nil && *c.promise > low-room && *c.promise < high+room {
		low, high = min(low, *c.promise), max(high, *c.promise)
	}
	if high-low < 0.1*high { // a difference of seconds must not look like one of minutes
		low, high = low-0.05*high, high+0.05*high
	}
	low, high = canvas.Widened(low, high, 0.14)
	if len(c.reach) == 3 {
		low, high = min(low, -c.reach[2]), max(high, c.reach[1])
	}
	return max(low, 0), high
}

func (c *tradeOff) costTicks(n *canvas.Panel) []canvas.Tick {
	room := float64(n.Area.Max.Y - n.Area.Min.Y)
	return canvas.AmountTicks(0, n.Plot.Y.Max, max(1, min(6, int(room/22))))
}

// backdrop draws the grid, the axes and their titles, and the strip of those that never get there.
func (c *tradeOff) backdrop(n *canvas.Panel, body vg.Rectangle) {
	p := n.Page
	if x, ok := c.promiseAt(n); ok {
		p.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: n.Area.Min.Y}, Max: n.Area.Max}, canvas.BadArea)
	}
	edge := n.Area.Max.X
	if len(c.never) > 0 {
		edge = body.Max.X
		p.Fill(c.strip(n, body), canvas.BadArea)
	}
	for _, t := range c.costTicks(n) {
		y := n.Y(t.Value)
		p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: n.Area.Min.X, Y: y}, vg.Point{X: edge, Y: y})
		p.Write(t.Label, vg.Point{X: n.Area.Min.X - 6, Y: y - 3}, canvas.TickStyle, canvas.Right)
	}
	p.Write("Cost per delivered clip", vg.Point{X: body.Min.X, Y: body.Max.Y - 8}, canvas.HeadStyle, canvas.Left)
	title := "95% of all orders done within"
	p.Write(canvas.HeadStyle.ShortenEnd(title, body.Max.X-body.Min.X),
		vg.Point{X: min(n.Area.Max.X, body.Max.X), Y: body.Min.Y + 4}, canvas.HeadStyle, canvas.Right)
	if len(c.never) > 0 {
		strip := c.strip(n, body)
		p.Write(words.Never, vg.Point{X: (strip.Min.X + strip.Max.X) / 2, Y: n.Area.Min.Y - 12}, canvas.TickStyle.Bold(),
			canvas.Centre)
	}
	ticks := n.Roomy(8, func(most int) []canvas.Tick { return canvas.ClockTicks(n.Plot.X.Min, n.Plot.X.Max, most) })
	n.TickMarks(n.LabelsWithin(body, ticks))
}

// strip is where strategies stand that never have 95 % done.
func (c *tradeOff) strip(n *canvas.Panel, body vg.Rectangle) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: n.Area.Max.X + 6, Y: n.Area.Min.Y}, Max: vg.Point{X: body.Max.X, Y: n.Area.Max.Y}}
}

// field is where names may stand.
func (c *tradeOff) field(n *canvas.Panel, body vg.Rectangle) vg.Rectangle {
	if len(c.never) == 0 {
		return n.Area
	}
	return vg.Rectangle{Min: n.Area.Min, Max: vg.Point{X: body.Max.X, Y: n.Area.Max.Y}}
}

// dots places every strategy, the decision's choice first, then those that no other beats: the order in which they
// are named.
func (c *tradeOff) dots(n *canvas.Panel, strip vg.Rectangle) []*dot {
	var dots []*dot
	place := func(e view.Entry, x vg.Length, home vg.Rectangle) {
		d := &dot{Entry: e, home: home, price: c.price(e), radius: dotRadius,
			at: vg.Point{X: x, Y: n.Y(max(*view.CostOf(e), 0))}}
		switch {
		case c.won(e):
			d.rank, d.radius = 2, dotRadius+1.6
		case c.unbeaten(e):
			d.rank = 1
		}
		dots = append(dots, d)
	}
	for _, e := range c.reached {
		place(e, n.X(*view.P95Of(e)), n.Area)
	}
	for _, e := range c.never {
		place(e, strip.Min.X+14, strip)
	}
	slices.SortStableFunc(dots, func(a, b *dot) int { return b.rank - a.rank })
	for i, d := range dots {
		for _, later := range dots[i+1:] {
			if near(d.at, later.at) && d.behind < 3 {
				d.behind++
			}
		}
		d.radius += 2.2 * vg.Length(d.behind)
		n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: d.at, Max: d.at}, d.radius+1))
	}
	return dots
}

// near says whether two dots fall together.
func near(a, b vg.Point) bool {
	return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) < 2
}

// won says whether the decision is for the strategy.
func (c *tradeOff) won(e view.Entry) bool {
	return c.run.Verdict.Winner != nil && *c.run.Verdict.Winner == e.Name
}

// unbeaten says whether no strategy beats this one.
func (c *tradeOff) unbeaten(e view.Entry) bool {
	return slices.ContainsFunc(c.front, func(f view.Entry) bool { return f.Strategy == e.Strategy })
}

// frontLine joins the strategies that no other beats in both.
func (c *tradeOff) frontLine(n *canvas.Panel) (points []vg.Point) {
	for _, e := range c.front {
		points = append(points, vg.Point{X: n.X(*view.P95Of(e)), Y: n.Y(max(*view.CostOf(e), 0))})
	}
	if len(points) > 1 {
		n.Page.Line(draw.LineStyle{Color: canvas.AxisColor, Width: 1.2, Dashes: []vg.Length{4, 3}}, points...)
	}
	return points
}

// cross draws the intervals that reach beyond the dot.
func (c *tradeOff) cross(n *canvas.Panel, d *dot) (lines [][]vg.Point) {
	if low, high, ok := span95(d.CostPerDelivered); ok {
		a, b := max(n.Y(low), n.Area.Min.Y), min(n.Y(high), n.Area.Max.Y)
		if b-a > 2*d.radius+2 {
			lines = append(lines, []vg.Point{{X: d.at.X, Y: a}, {X: d.at.X, Y: b}})
		}
	}
	_, reached := words.Known(view.P95Of(d.Entry))
	if low, high, ok := span95(d.LatencySeconds.P95); ok && reached {
		a, b := max(n.X(low), n.Area.Min.X), min(n.X(high), n.Area.Max.X)
		if b-a > 2*d.radius+2 {
			lines = append(lines, []vg.Point{{X: a, Y: d.at.Y}, {X: b, Y: d.at.Y}})
		}
	}
	for _, l := range lines {
		n.Page.Line(canvas.Stroke(canvas.Tint(d.Mark, 0.35), 1.4), l...)
	}
	return lines
}

// span95 is a figure's interval.
func span95(f record.Figure) (low, high float64, ok bool) {
	low, okLow := words.Known(f.Low)
	high, okHigh := words.Known(f.High)
	return low, high, okLow && okHigh
}

// promiseAt is where the promise lies, if the axis shows it.
func (c *tradeOff) promiseAt(n *canvas.Panel) (vg.Length, bool) {
	if c.promise == nil || *c.promise < n.Plot.X.Min || *c.promise > n.Plot.X.Max {
		return 0, false
	}
	return n.X(*c.promise), true
}

func (c *tradeOff) promiseLine(n *canvas.Panel) {
	if x, ok := c.promiseAt(n); ok {
		a, b := vg.Point{X: x, Y: n.Area.Min.Y}, vg.Point{X: x, Y: n.Area.Max.Y}
		n.Page.Line(canvas.Dashed, a, b)
		n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: a, Max: b}, 1.5))
	}
}

// promiseText says what the line is, or that the axis doesn't reach it.
func (c *tradeOff) promiseText(n *canvas.Panel, lines [][]vg.Point) {
	if c.promise == nil {
		return
	}
	s, text := canvas.NoteStyle.In(canvas.Ink), "promise: "+words.Span(*c.promise)
	x, ok := c.promiseAt(n)
	if !ok {
		side := ", beyond this axis"
		if *c.promise < n.Plot.X.Min {
			side = ", before this axis"
		}
		beside(n, n.Area.Max.X+2, text+side, "", s, lines)
		return
	}
	beside(n, x, text, "too late", s, lines)
}

// note counts what could not be shown.
func (c *tradeOff) note(p *canvas.Page, body vg.Rectangle, unnamed int) {
	var parts []string
	if unnamed > 0 {
		parts = append(parts, fmt.Sprintf("%s without room for a name", words.Plural(unnamed, "dot")))
	}
	if c.left > 0 {
		parts = append(parts, fmt.Sprintf("no cost: %s", words.Plural(c.left, "strategy")))
	}
	if len(parts) == 0 {
		return
	}
	text := strings.Join(parts, "; ")
	room := body.Max.X - body.Min.X - canvas.HeadStyle.Width("Cost per delivered clip") - 20
	p.Write(canvas.NoteStyle.ShortenEnd(text, room), vg.Point{X: body.Max.X, Y: body.Max.Y - 8}, canvas.NoteStyle,
		canvas.Right)
}

func (c *tradeOff) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(c.run, c.Title()), ".") + ".")
	for _, e := range c.all() {
		within := words.ClockOrNever(view.P95Of(e))
		if within != words.Never {
			within = "within " + within
		}
		fmt.Fprintf(&b, " %s: %s a clip, 95%% done %s.", e.Label, c.price(e), within)
	}
	if text := view.Marks(c.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (c *tradeOff) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "cost_per_delivered_usd", "cost_low", "cost_high", "p95_seconds", "p95_low",
		"p95_high", "unbeaten"}}
	for _, e := range c.all() {
		cost, time := e.CostPerDelivered, e.LatencySeconds.P95
		rows = append(rows, []string{e.Name, e.Kind, cell(cost.Value), cell(cost.Low), cell(cost.High), cell(time.Value),
			cell(time.Low), cell(time.High), strconv.FormatBool(c.unbeaten(e))})
	}
	return rows
}

// beside writes a text on either side of a vertical line, where dots and lines leave room: as high up as can be. One
// that finds none is left out; what is said before the line may stand after it.
func beside(n *canvas.Panel, x vg.Length, before, after string, s canvas.Style, lines [][]vg.Point) {
	if x-6-s.Width(before) < n.Area.Min.X {
		before, after = "", before
	}
	for _, t := range []struct {
		text string
		at   vg.Length
		canvas.Align
	}{{before, x - 6, canvas.Right}, {after, x + 6, canvas.Left}} {
		for _, down := range []vg.Length{0, 0.15, 0.3, 0.5, 0.7, 0.85} {
			spot := vg.Point{X: t.at, Y: n.Area.Max.Y - 10 - down*(n.Area.Max.Y-n.Area.Min.Y-16)}
			box := s.Box(t.text, spot, t.Align)
			if canvas.Within(n.Area, box) && n.Page.Free(box, 2) && crossings(box, lines) == 0 {
				n.Page.Write(t.text, spot, s, t.Align)
				break
			}
		}
	}
}
