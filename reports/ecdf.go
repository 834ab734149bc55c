package reports

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"channelbench/internal/record"
)

// ecdf shows how fast: the share of all orders delivered within a time. Undelivered orders are in the
// share's denominator, so a quick refusal cannot improve a curve.
type ecdf struct {
	run     *record.Run
	list    []entry // soonest p95 first
	promise *float64
	end     float64 // of the axis of time, at least
	left    int     // strategies that have no room
}

// ecdfHeight is the height of the plot; more strategies get more.
const ecdfHeight = vg.Length(248)

func newECDFChart(run *record.Run, _ vg.Length) Chart {
	c := newECDF(run)
	c.end = c.reach()
	return c
}

func newECDF(run *record.Run) *ecdf {
	c := &ecdf{run: run, list: sorted(roster(run), p95Of)}
	if s, ok := known(run.Scenario.PromiseSeconds); ok && s > 0 {
		c.promise = &s
	}
	return c
}

func (c *ecdf) Height() vg.Length { return max(ecdfHeight, vg.Length(len(c.list)+2)*legendLine) + 24 }

func (c *ecdf) Axes() []float64 { return []float64{c.end} }

func (c *ecdf) Along(axes []float64) Chart {
	along := *c
	along.end = axes[0]
	return &along
}

func (c *ecdf) Paint(p *page, body vg.Rectangle) error {
	c = c.shortened(int((body.Max.Y-body.Min.Y-24)/legendLine) - 1)
	ticks, end := timeTicks(c.end, min(9, int((body.Max.X-body.Min.X)/50)))
	area := vg.Rectangle{
		Min: vg.Point{X: body.Min.X + 30, Y: body.Min.Y + 18},
		Max: vg.Point{X: body.Max.X - max(6, tickStyle.width(ticks[len(ticks)-1].label)/2), Y: body.Max.Y - 6},
	}
	legend := newLegend(c)
	n := p.newPanel(area, end, 1)
	curves := c.curves(n)
	spot, inside := legend.spot(n, curves, c.promiseIn(end))
	if !inside { // no corner is empty: the legend stands beside a narrower plot
		legend.narrow((body.Max.X - body.Min.X) / 2)
		area.Max.X = body.Max.X - legend.width() - 20
		n = p.newPanel(area, end, 1)
		curves = c.curves(n)
		spot = vg.Point{X: body.Max.X, Y: area.Max.Y - 4}
	}
	c.backdrop(n, body, ticks)
	if err := drawCurves(n, curves); err != nil {
		return err
	}
	c.dots(n)
	legend.write(p, spot)
	c.limits(n, curves)
	nameCurves(n, curves)
	return nil
}

// shortened is the chart with so many lines in its legend: one for each curve, or the last one for how many are left out.
func (c *ecdf) shortened(lines int) *ecdf {
	if len(c.list) <= lines {
		return c
	}
	short := *c
	short.list = shortlist(c.list, max(lines-1, 1), chosen(c.list, c.run.Verdict))
	short.left = len(c.list) - len(short.list)
	return &short
}

// reach is how much of the time axis is worth showing: until nearly all that will be delivered is,
// and the promise with some room behind it, but not so much that the promise is squeezed to the left.
func (c *ecdf) reach() float64 {
	slowest, base := 0.0, math.Inf(1)
	for _, e := range c.list {
		curve := steps(e.LatencyCDF)
		if t, ok := curve.reaches(0.99 * curve.last()); ok && t > 0 {
			slowest, base = max(slowest, t), min(base, t)
		}
	}
	if slowest == 0 {
		if c.promise != nil {
			return min(*c.promise*1.35, 1e9)
		}
		return 60
	}
	if c.promise != nil && *c.promise <= 4*slowest {
		slowest, base = max(slowest, *c.promise*1.35), max(base, *c.promise)
	}
	return min(max(min(slowest*1.02, 4*base), 0.01), 1e9)
}

// promiseIn is the promise if the axis shows it.
func (c *ecdf) promiseIn(end float64) *float64 {
	if c.promise == nil || *c.promise > end {
		return nil
	}
	return c.promise
}

// backdrop draws what lies behind the curves: the area that is too late, the grid, the axes.
func (c *ecdf) backdrop(n *panel, body vg.Rectangle, ticks []tick) {
	if promise := c.promiseIn(n.plot.X.Max); promise != nil {
		n.page.fill(vg.Rectangle{Min: vg.Point{X: n.x(*promise), Y: n.area.Min.Y}, Max: n.area.Max}, badArea)
	}
	shares := []float64{0, 0.25, 0.5, 0.75, 0.95, 1}
	if n.y(1)-n.y(0.95) < tickStyle.leading() {
		shares = shares[:5]
	}
	for _, share := range shares {
		y := n.y(share)
		if share > 0 {
			n.page.line(stroke(grid, 0.8), vg.Point{X: n.area.Min.X, Y: y}, vg.Point{X: n.area.Max.X, Y: y})
		}
		label := strconv.Itoa(int(share * 100))
		if share == shares[len(shares)-1] {
			label += "%"
		}
		at := vg.Point{X: n.area.Min.X - 6, Y: y - 3}
		n.page.write(label, at, tickStyle, right)
	}
	n.tickMarks(ticks)
	n.xLabels(body, ticks)
}

// limits draws the promise over the curves and says what it is.
func (c *ecdf) limits(n *panel, curves []*curve) {
	if c.promise == nil {
		return
	}
	s, text, late := noteStyle.in(ink), "promise: "+span(*c.promise), "too late"
	promise := c.promiseIn(n.plot.X.Max)
	if promise == nil {
		annotate(n, text+", beyond this axis", "", n.area.Max.X+2, s, curves)
		return
	}
	x := n.x(*promise)
	bottom, top := vg.Point{X: x, Y: n.area.Min.Y}, vg.Point{X: x, Y: n.area.Max.Y}
	n.page.line(dashed, bottom, top)
	if x-n.area.Min.X < s.width(text)+12 {
		text, late = "", text+"; later is too late"
	}
	if n.area.Max.X-x < s.width(late)+12 {
		late = ""
	}
	annotate(n, text, late, x, s, curves)
	n.page.reserve(grow(vg.Rectangle{Min: bottom, Max: top}, 2))
}

// dots mark where each curve crosses 95 %. Where dots fall together the earlier are larger and drawn
// first, so that they show as rings around the last.
func (c *ecdf) dots(n *panel) {
	for behind := len(c.list) - 1; behind >= 0; behind-- {
		for i, e := range c.list {
			v, ok := known(p95Of(e))
			if !ok || v < 0 || v > n.plot.X.Max || c.hidden(n, i) != behind {
				continue
			}
			at, radius := vg.Point{X: n.x(v), Y: n.y(0.95)}, 4+2.2*vg.Length(min(behind, 3))
			n.page.dot(at, radius, e.mark)
			n.page.reserve(grow(vg.Rectangle{Min: at, Max: at}, radius+1))
		}
	}
}

// hidden counts the later dots that fall onto the ith.
func (c *ecdf) hidden(n *panel, i int) int {
	hidden := 0
	v, _ := known(p95Of(c.list[i]))
	for _, later := range c.list[i+1:] {
		if w, ok := known(p95Of(later)); ok && math.Abs(float64(n.x(w)-n.x(v))) < 1.5 {
			hidden++
		}
	}
	return hidden
}

// title says who keeps the promise how often; without a promise, how soon 95 % are done.
func (c *ecdf) Title() string {
	in := included(c.list)
	switch {
	case len(c.list) == 0:
		return "This run holds no strategy"
	case deliversNothing(c.list):
		return "No strategy delivers an order"
	case len(in) == 0:
		in = c.list
	}
	if c.promise != nil && len(figures(in, inTimeOf)) > 0 {
		return upperFirst(c.promiseTitle(in))
	}
	return upperFirst(quantileTitle(in))
}

func (c *ecdf) promiseTitle(in []entry) string {
	in = slices.DeleteFunc(slices.Clone(in), func(e entry) bool { _, ok := e.missed(); return !ok })
	share := func(e entry) float64 { v, _ := e.missed(); return v }
	sort.SliceStable(in, func(i, j int) bool { return share(in[i]) < share(in[j]) })
	best, worst := in[0], in[len(in)-1]
	least, missed := share(best), share(worst)
	kept := *inTimeOf(best)
	promise := "the " + spanAdjective(*c.promise) + " promise"
	shares := shareDecimals([]float64{kept, *inTimeOf(worst)})
	every := "every order"
	if moderates(in) {
		every = "every order that moderation lets pass"
	}
	switch {
	case missed <= 0 && len(in) == 1:
		return fmt.Sprintf("%s keeps %s for %s", worst.word, promise, every)
	case missed <= 0:
		return fmt.Sprintf("every strategy keeps %s for %s", promise, every)
	case len(in) == 1:
		return fmt.Sprintf("%s misses %s for %s", worst.word, promise, oneIn(missed, "order"))
	case percent(kept, shares) == percent(*inTimeOf(worst), shares):
		return fmt.Sprintf("every strategy delivers %s of orders within %s", percent(kept, shares), span(*c.promise))
	}
	second := strings.Replace(oneIn(least, "order"), "1 order in", "1 in", 1)
	if missed > 0.15 {
		second = strings.TrimSuffix(second, " of orders")
	}
	return fmt.Sprintf("%s misses %s for %s, %s for %s", worst.word, promise, oneIn(missed, "order"), best.word, second)
}

func quantileTitle(in []entry) string {
	in = sorted(in, p95Of)
	first, ok := known(p95Of(in[0]))
	last, all := known(p95Of(in[len(in)-1]))
	best, worst := in[0].word, in[len(in)-1].word
	switch {
	case !ok && len(in) == 1:
		return best + " does not deliver 95% of its orders"
	case !ok:
		return "no strategy delivers 95% of its orders"
	case len(in) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s", best, clock(first))
	case !all:
		return fmt.Sprintf("%s has 95%% of orders done within %s; %s never", best, clock(first), worst)
	case clock(first) == clock(last):
		return fmt.Sprintf("every strategy has 95%% of orders done within %s", clock(first))
	}
	return fmt.Sprintf("%s has 95%% of orders done within %s, %s within %s", best, clock(first), worst, clock(last))
}

func (c *ecdf) Subtitle() string {
	s := "Share of all orders delivered within the given time. Undelivered orders count as never. Dot: 95% done"
	if moderates(c.list) && c.promise != nil {
		s += ". What moderation refuses is undelivered, but not late: titles leave it out"
	}
	return s
}

// moderates says whether moderation refused any strategy's order.
func moderates(list []entry) bool {
	return slices.ContainsFunc(list, func(e entry) bool { return e.moderated() > 0 })
}

func (c *ecdf) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(headline(c.run, c.Title()), ".") + ".")
	for _, e := range c.list {
		fmt.Fprintf(&b, " %s:", e.label)
		if v, ok := known(inTimeOf(e)); ok && c.promise != nil {
			fmt.Fprintf(&b, " %s in time,", percent(v, shareDecimals([]float64{v})))
		}
		fmt.Fprintf(&b, " 95%% done within %s.", clockOrNever(p95Of(e)))
	}
	if text := marks(c.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (c *ecdf) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "seconds", "share"}}
	for _, e := range c.list {
		for _, p := range e.LatencyCDF {
			rows = append(rows, []string{e.Name, e.Kind, cell(&p.Seconds), cell(&p.Share)})
		}
	}
	return rows
}

// curve is a strategy's step function in the coordinates of the page.
type curve struct {
	entry
	xys      plotter.XYs
	points   []vg.Point // its corners, left to right and never falling
	together int        // how many curves run together here, itself included
	turn     int        // which of them it is, from 0
}

// finestStep is the narrowest step drawn as one: below the width of the line, a slope looks the same
// and is smooth.
const finestStep = vg.Length(2)

// curves turns the strategies' series into steps. A step, not a slope: with a poll every ten seconds
// nothing is delivered in between.
func (c *ecdf) curves(n *panel) []*curve {
	list := make([]*curve, 0, len(c.list))
	for _, e := range c.list {
		k := &curve{entry: e, together: 1}
		if e.Excluded {
			k.mark, k.label = tint(e.mark, 0.45), e.label+" (excluded)"
		}
		share := 0.0
		corner := func(x, y float64) {
			k.xys = append(k.xys, plotter.XY{X: x, Y: y})
			k.points = append(k.points, vg.Point{X: n.x(x), Y: n.y(y)})
		}
		corner(0, 0)
		for _, p := range steps(e.LatencyCDF) {
			if p.Seconds > n.plot.X.Max {
				break
			}
			if n.x(p.Seconds)-k.points[len(k.points)-1].X > finestStep {
				corner(p.Seconds, share)
			}
			share = p.Share
			corner(p.Seconds, share)
		}
		corner(n.plot.X.Max, share)
		list = append(list, k)
	}
	pair(list)
	return list
}

// height is the curve's lowest and highest point between two places; it never falls, so the ends tell.
func (k *curve) height(from, to vg.Length) (low, high vg.Length) {
	i := sort.Search(len(k.points), func(i int) bool { return k.points[i].X >= from })
	j := sort.Search(len(k.points), func(i int) bool { return k.points[i].X > to })
	low, high = k.points[max(i-1, 0)].Y, k.points[max(j-1, 0)].Y
	return low, high
}

// meets says whether the curve passes through the box.
func (k *curve) meets(box vg.Rectangle) bool {
	low, high := k.height(box.Min.X, box.Max.X)
	return box.Max.X >= k.points[0].X && low <= box.Max.Y && high >= box.Min.Y
}

// pair finds curves that run together for most of their way. They are drawn as dashes in turn, so
// that each colour shows.
func pair(list []*curve) {
	group := make([][]*curve, 0, len(list))
next:
	for _, k := range list {
		for i, g := range group {
			if runTogether(g[0], k) {
				group[i] = append(g, k)
				continue next
			}
		}
		group = append(group, []*curve{k})
	}
	for _, g := range group {
		for i, k := range g {
			k.together, k.turn = len(g), i
		}
	}
}

// runTogether compares two curves point by point. Dashes of one that strays from the other would look
// like a broken line, so hardly any distance is allowed: the few columns in which a step comes a little
// later.
func runTogether(a, b *curve) bool {
	from, to := a.points[0].X, a.points[len(a.points)-1].X
	near, all := 0, 0
	for x := from; x <= to; x++ {
		_, ya := a.height(x, x)
		_, yb := b.height(x, x)
		all++
		if math.Abs(float64(ya-yb)) < 2.5 {
			near++
		}
	}
	return near*100 >= all*97
}

// drawCurves draws the lines; the first of those that run together is solid beneath the others' dashes.
func drawCurves(n *panel, list []*curve) error {
	const dash = vg.Length(9)
	for _, k := range list {
		line, err := plotter.NewLine(k.xys)
		if err != nil {
			return err
		}
		line.LineStyle = draw.LineStyle{Color: k.mark, Width: 2.2}
		if k.turn > 0 {
			line.Dashes = []vg.Length{dash, dash * vg.Length(k.together-1)}
			line.DashOffs = dash * vg.Length(k.together-k.turn+1)
		}
		n.add(line)
	}
	return nil
}

// annotate writes a text on either side of a vertical line: at its foot, or higher where curves or
// other text are in the way.
func annotate(n *panel, before, after string, x vg.Length, s style, curves []*curve) {
	height := n.area.Max.Y - n.area.Min.Y
	place := func(y vg.Length) (a, b vg.Point) {
		return vg.Point{X: x - 6, Y: n.area.Min.Y + y}, vg.Point{X: x + 6, Y: n.area.Min.Y + y}
	}
	fitting := func(text string, room vg.Length) string {
		if s.width("…") > room {
			return ""
		}
		return s.shortenEnd(text, room)
	}
	before, after = fitting(before, x-6-n.area.Min.X), fitting(after, n.area.Max.X-x-6)
	for _, inTheWay := range [][]*curve{curves, nil} { // where nothing else is free, over the curves
		for _, y := range []vg.Length{6, height - 12, height * 0.6, height * 0.4, height * 0.2} {
			a, b := place(y)
			boxes := []vg.Rectangle{s.box(before, a, right), s.box(after, b, left)}
			if n.page.free(boxes[0], 2) && n.page.free(boxes[1], 2) && !anyMeets(inTheWay, boxes[0]) && !anyMeets(inTheWay, boxes[1]) {
				n.page.write(before, a, s, right)
				n.page.write(after, b, s, left)
				return
			}
		}
	}
}
