package reports

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"channelbench/internal/record"
)

// tradeOff shows what one gives up: cost against time, a dot per strategy. Lower left is better.
type tradeOff struct {
	run     *record.Run
	reached []entry // with a cost and a time; cheapest first
	never   []entry // with a cost, but undelivered orders push the time out of reach
	front   []entry // of those reached, the ones that no other beats; soonest first
	left    int     // without a cost
	promise *float64
	reach   []float64 // of the axes, at least: the cost, the longest time, and less the shortest; fewer: as far as there is to see
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
	if s, ok := known(run.Scenario.PromiseSeconds); ok && s > 0 {
		c.promise = &s
	}
	for _, e := range sorted(roster(run), costOf) {
		if e.Excluded {
			e.label += " (excluded)"
		}
		_, cost := known(costOf(e))
		_, time := known(p95Of(e))
		switch {
		case !cost:
			c.left++
		case time:
			c.reached = append(c.reached, e)
		default:
			c.never = append(c.never, e)
		}
	}
	for _, e := range sorted(included(c.reached), p95Of) {
		if !slices.ContainsFunc(included(c.reached), e.beatenBy) {
			c.front = append(c.front, e)
		}
	}
	return c
}

// title names the cheapest strategy that is fast enough or, without a promise, what speed costs.
func (c *tradeOff) Title() string {
	in := included(c.reached)
	switch {
	case len(in) == 0:
		return "No strategy has 95% of its orders done"
	case c.promise == nil:
		return upperFirst(c.speedTitle(in))
	}
	within := slices.DeleteFunc(slices.Clone(in), func(e entry) bool { return *p95Of(e) > *c.promise })
	promise := span(*c.promise)
	if len(within) == 0 {
		soonest := sorted(in, p95Of)[0]
		return fmt.Sprintf("No strategy has 95%% done within %s; %s comes closest, with %s", promise, soonest.word, clock(*p95Of(soonest)))
	}
	if len(within) == 1 && len(in)+len(included(c.never)) > 1 {
		return fmt.Sprintf("Only %s has 95%% done within %s, at %s a clip", within[0].word, promise, c.price(within[0]))
	}
	if meet := slices.DeleteFunc(slices.Clone(within), func(e entry) bool { return len(e.fails) > 0 }); len(meet) > 0 {
		within = meet // the others may be cheaper, but are not to be had
	}
	best, price := within[0], c.price(within[0])
	switch {
	case len(best.fails) > 0:
		return fmt.Sprintf("%s has 95%% done within %s at %s a clip, but %s a requirement", upperFirst(best.word), promise, price, best.shortcomings()[shortest])
	case len(within) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s, at %s a clip", upperFirst(best.word), promise, price)
	}
	return fmt.Sprintf("%s has 95%% done within %s at %s a clip%s", upperFirst(best.word), promise, price,
		c.instead(best, within[1]))
}

// instead says what a clip costs with another strategy; it is empty where that is less.
func (c *tradeOff) instead(best, other entry) string {
	switch saving := 1 - *costOf(best) / *costOf(other); {
	case math.IsNaN(saving) || math.IsInf(saving, 0) || saving < -0.005:
		return ""
	case saving < 0.005:
		return ", about as much as " + other.word
	}
	return fmt.Sprintf(" instead of %s with %s", c.price(other), other.word)
}

// speedTitle compares the cheapest with the fastest.
func (c *tradeOff) speedTitle(in []entry) string {
	cheap, fast := in[0], sorted(in, p95Of)[0]
	switch {
	case len(in) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s, at %s a clip", cheap.word, clock(*p95Of(cheap)), c.price(cheap))
	case cheap.Name == fast.Name && c.alone(in, cheap):
		return fmt.Sprintf("%s is the cheapest and the fastest: %s a clip, 95%% done within %s", cheap.word, c.price(cheap), clock(*p95Of(cheap)))
	case clock(*p95Of(cheap)) == clock(*p95Of(fast)):
		return fmt.Sprintf("No strategy is cheaper than %s, at %s a clip, or faster: 95%% done within %s", cheap.word, c.price(cheap), clock(*p95Of(cheap)))
	case c.price(cheap) == c.price(fast):
		return fmt.Sprintf("%s has 95%% done within %s, %s within %s, both at %s a clip", fast.word, clock(*p95Of(fast)), cheap.word, clock(*p95Of(cheap)), c.price(cheap))
	}
	return fmt.Sprintf("%s has 95%% done within %s, at %s a clip; %s within %s, at %s",
		fast.word, clock(*p95Of(fast)), c.price(fast), cheap.word, clock(*p95Of(cheap)), c.price(cheap))
}

// alone says whether no other strategy has the same cost or the same time, as they are printed.
func (c *tradeOff) alone(in []entry, e entry) bool {
	return !slices.ContainsFunc(in, func(o entry) bool {
		return o.Name != e.Name && (c.price(o) == c.price(e) || clock(*p95Of(o)) == clock(*p95Of(e)))
	})
}

// price is a strategy's cost with as many decimals as tell the strategies apart.
func (c *tradeOff) price(e entry) string {
	return shortDollars(*costOf(e), centDecimals(figures(c.all(), costOf)))
}

func (c *tradeOff) all() []entry { return slices.Concat(c.reached, c.never) }

func (c *tradeOff) Subtitle() string {
	s := "Cost per delivered clip against the time within which 95% of all orders are done. Lower left is better"
	if n := len(c.front); n > 1 && *p95Of(c.front[0]) < *p95Of(c.front[n-1]) {
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
func (c *tradeOff) crossed(e entry) bool {
	low, high := c.times()
	size := func(f record.Figure, room float64) float64 {
		a, b, _ := span95(f)
		return (b - a) * room
	}
	return size(e.CostPerDelivered, 210/c.top()) > 12 || size(e.LatencySeconds.P95, 480/(high-low)) > 12
}

// dotRadius is the size of a strategy's dot; the decision's is larger.
const dotRadius = vg.Length(4.2)

func (c *tradeOff) Paint(p *page, body vg.Rectangle) error {
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
				p.dot(d.at, d.radius, d.mark)
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
func (c *tradeOff) panel(p *page, body vg.Rectangle) *panel {
	low, high := c.times()
	n := p.newPanel(vg.Rectangle{
		Min: vg.Point{X: body.Min.X, Y: body.Min.Y + tradeFoot},
		Max: vg.Point{X: body.Max.X - 12, Y: body.Max.Y - tradeHead},
	}, high, 1)
	n.plot.X.Min = low
	n.plot.Y.Max = c.top()
	labels := vg.Length(0)
	for _, t := range c.costTicks(n) {
		labels = max(labels, tickStyle.width(t.label))
	}
	n.area.Min.X += labels + 6
	if len(c.never) > 0 {
		n.area.Max.X -= c.stripWidth(body.Max.X - n.area.Min.X)
	}
	return n
}

// top is the end of the axis of cost.
func (c *tradeOff) top() float64 {
	top := 0.0
	for _, v := range figures(c.all(), costOf) {
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
		width = max(width, 40+labelStyle.width(e.label+" "+c.price(e)))
	}
	return min(width, room*0.3)
}

// times is the range of the axis of time. The promise belongs to it, if it isn't far from every dot.
func (c *tradeOff) times() (low, high float64) {
	low, high = math.Inf(1), 0
	for _, v := range figures(c.reached, p95Of) {
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
	low, high = widened(low, high, 0.14)
	if len(c.reach) == 3 {
		low, high = min(low, -c.reach[2]), max(high, c.reach[1])
	}
	return max(low, 0), high
}

func (c *tradeOff) costTicks(n *panel) []tick {
	room := float64(n.area.Max.Y - n.area.Min.Y)
	return amountTicks(0, n.plot.Y.Max, max(1, min(6, int(room/22))))
}

// backdrop draws the grid, the axes and their titles, and the strip of those that never get there.
func (c *tradeOff) backdrop(n *panel, body vg.Rectangle) {
	p := n.page
	if x, ok := c.promiseAt(n); ok {
		p.fill(vg.Rectangle{Min: vg.Point{X: x, Y: n.area.Min.Y}, Max: n.area.Max}, badArea)
	}
	edge := n.area.Max.X
	if len(c.never) > 0 {
		edge = body.Max.X
		p.fill(c.strip(n, body), badArea)
	}
	for _, t := range c.costTicks(n) {
		y := n.y(t.value)
		p.line(stroke(grid, 0.8), vg.Point{X: n.area.Min.X, Y: y}, vg.Point{X: edge, Y: y})
		p.write(t.label, vg.Point{X: n.area.Min.X - 6, Y: y - 3}, tickStyle, right)
	}
	p.write("Cost per delivered clip", vg.Point{X: body.Min.X, Y: body.Max.Y - 8}, headStyle, left)
	title := "95% of all orders done within"
	p.write(headStyle.shortenEnd(title, body.Max.X-body.Min.X), vg.Point{X: min(n.area.Max.X, body.Max.X), Y: body.Min.Y + 4}, headStyle, right)
	if len(c.never) > 0 {
		strip := c.strip(n, body)
		p.write(never, vg.Point{X: (strip.Min.X + strip.Max.X) / 2, Y: n.area.Min.Y - 12}, tickStyle.bold(), centre)
	}
	ticks := n.roomy(8, func(most int) []tick { return clockTicks(n.plot.X.Min, n.plot.X.Max, most) })
	n.tickMarks(n.labelsWithin(body, ticks))
}

// strip is where strategies stand that never have 95 % done.
func (c *tradeOff) strip(n *panel, body vg.Rectangle) vg.Rectangle {
	return vg.Rectangle{Min: vg.Point{X: n.area.Max.X + 6, Y: n.area.Min.Y}, Max: vg.Point{X: body.Max.X, Y: n.area.Max.Y}}
}

// field is where names may stand.
func (c *tradeOff) field(n *panel, body vg.Rectangle) vg.Rectangle {
	if len(c.never) == 0 {
		return n.area
	}
	return vg.Rectangle{Min: n.area.Min, Max: vg.Point{X: body.Max.X, Y: n.area.Max.Y}}
}

// dots places every strategy, the decision's choice first, then those that no other beats: the order in which they
// are named.
func (c *tradeOff) dots(n *panel, strip vg.Rectangle) []*dot {
	var dots []*dot
	place := func(e entry, x vg.Length, home vg.Rectangle) {
		d := &dot{entry: e, home: home, price: c.price(e), radius: dotRadius, at: vg.Point{X: x, Y: n.y(max(*costOf(e), 0))}}
		switch {
		case c.won(e):
			d.rank, d.radius = 2, dotRadius+1.6
		case c.unbeaten(e):
			d.rank = 1
		}
		dots = append(dots, d)
	}
	for _, e := range c.reached {
		place(e, n.x(*p95Of(e)), n.area)
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
		n.page.reserve(grow(vg.Rectangle{Min: d.at, Max: d.at}, d.radius+1))
	}
	return dots
}

// near says whether two dots fall together.
func near(a, b vg.Point) bool {
	return math.Hypot(float64(a.X-b.X), float64(a.Y-b.Y)) < 2
}

// won says whether the decision is for the strategy.
func (c *tradeOff) won(e entry) bool {
	return c.run.Verdict.Winner != nil && *c.run.Verdict.Winner == e.Name
}

// unbeaten says whether no strategy beats this one.
func (c *tradeOff) unbeaten(e entry) bool {
	return slices.ContainsFunc(c.front, func(f entry) bool { return f.Strategy == e.Strategy })
}

// frontLine joins the strategies that no other beats in both.
func (c *tradeOff) frontLine(n *panel) (points []vg.Point) {
	for _, e := range c.front {
		points = append(points, vg.Point{X: n.x(*p95Of(e)), Y: n.y(max(*costOf(e), 0))})
	}
	if len(points) > 1 {
		n.page.line(draw.LineStyle{Color: axis, Width: 1.2, Dashes: []vg.Length{4, 3}}, points...)
	}
	return points
}

// cross draws the intervals that reach beyond the dot.
func (c *tradeOff) cross(n *panel, d *dot) (lines [][]vg.Point) {
	if low, high, ok := span95(d.CostPerDelivered); ok {
		a, b := max(n.y(low), n.area.Min.Y), min(n.y(high), n.area.Max.Y)
		if b-a > 2*d.radius+2 {
			lines = append(lines, []vg.Point{{X: d.at.X, Y: a}, {X: d.at.X, Y: b}})
		}
	}
	_, reached := known(p95Of(d.entry))
	if low, high, ok := span95(d.LatencySeconds.P95); ok && reached {
		a, b := max(n.x(low), n.area.Min.X), min(n.x(high), n.area.Max.X)
		if b-a > 2*d.radius+2 {
			lines = append(lines, []vg.Point{{X: a, Y: d.at.Y}, {X: b, Y: d.at.Y}})
		}
	}
	for _, l := range lines {
		n.page.line(stroke(tint(d.mark, 0.35), 1.4), l...)
	}
	return lines
}

// span95 is a figure's interval.
func span95(f record.Figure) (low, high float64, ok bool) {
	low, okLow := known(f.Low)
	high, okHigh := known(f.High)
	return low, high, okLow && okHigh
}

// promiseAt is where the promise lies, if the axis shows it.
func (c *tradeOff) promiseAt(n *panel) (vg.Length, bool) {
	if c.promise == nil || *c.promise < n.plot.X.Min || *c.promise > n.plot.X.Max {
		return 0, false
	}
	return n.x(*c.promise), true
}

func (c *tradeOff) promiseLine(n *panel) {
	if x, ok := c.promiseAt(n); ok {
		a, b := vg.Point{X: x, Y: n.area.Min.Y}, vg.Point{X: x, Y: n.area.Max.Y}
		n.page.line(dashed, a, b)
		n.page.reserve(grow(vg.Rectangle{Min: a, Max: b}, 1.5))
	}
}

// promiseText says what the line is, or that the axis doesn't reach it.
func (c *tradeOff) promiseText(n *panel, lines [][]vg.Point) {
	if c.promise == nil {
		return
	}
	s, text := noteStyle.in(ink), "promise: "+span(*c.promise)
	x, ok := c.promiseAt(n)
	if !ok {
		side := ", beyond this axis"
		if *c.promise < n.plot.X.Min {
			side = ", before this axis"
		}
		beside(n, n.area.Max.X+2, text+side, "", s, lines)
		return
	}
	beside(n, x, text, "too late", s, lines)
}

// note counts what could not be shown.
func (c *tradeOff) note(p *page, body vg.Rectangle, unnamed int) {
	var parts []string
	if unnamed > 0 {
		parts = append(parts, fmt.Sprintf("%s without room for a name", plural(unnamed, "dot")))
	}
	if c.left > 0 {
		parts = append(parts, fmt.Sprintf("no cost: %s", plural(c.left, "strategy")))
	}
	if len(parts) == 0 {
		return
	}
	text := strings.Join(parts, "; ")
	room := body.Max.X - body.Min.X - headStyle.width("Cost per delivered clip") - 20
	p.write(noteStyle.shortenEnd(text, room), vg.Point{X: body.Max.X, Y: body.Max.Y - 8}, noteStyle, right)
}

func (c *tradeOff) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(headline(c.run, c.Title()), ".") + ".")
	for _, e := range c.all() {
		within := clockOrNever(p95Of(e))
		if within != never {
			within = "within " + within
		}
		fmt.Fprintf(&b, " %s: %s a clip, 95%% done %s.", e.label, c.price(e), within)
	}
	if text := marks(c.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (c *tradeOff) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "cost_per_delivered_usd", "cost_low", "cost_high", "p95_seconds", "p95_low", "p95_high", "unbeaten"}}
	for _, e := range c.all() {
		cost, time := e.CostPerDelivered, e.LatencySeconds.P95
		rows = append(rows, []string{e.Name, e.Kind, cell(cost.Value), cell(cost.Low), cell(cost.High), cell(time.Value), cell(time.Low), cell(time.High), strconv.FormatBool(c.unbeaten(e))})
	}
	return rows
}

// beside writes a text on either side of a vertical line, where dots and lines leave room: as high up as can be. One
// that finds none is left out; what is said before the line may stand after it.
func beside(n *panel, x vg.Length, before, after string, s style, lines [][]vg.Point) {
	if x-6-s.width(before) < n.area.Min.X {
		before, after = "", before
	}
	for _, t := range []struct {
		text string
		at   vg.Length
		align
	}{{before, x - 6, right}, {after, x + 6, left}} {
		for _, down := range []vg.Length{0, 0.15, 0.3, 0.5, 0.7, 0.85} {
			spot := vg.Point{X: t.at, Y: n.area.Max.Y - 10 - down*(n.area.Max.Y-n.area.Min.Y-16)}
			box := s.box(t.text, spot, t.align)
			if within(n.area, box) && n.page.free(box, 2) && crossings(box, lines) == 0 {
				n.page.write(t.text, spot, s, t.align)
				break
			}
		}
	}
}
