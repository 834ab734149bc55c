package chart

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
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// ecdf shows how fast: the share of all orders delivered within a time. Undelivered orders are in the
// share's denominator, so a quick refusal cannot improve a curve.
type ecdf struct {
	run     *record.Run
	list    []view.Entry // soonest p95 first
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
	c := &ecdf{run: run, list: view.Sorted(view.Roster(run), view.P95Of)}
	if s, ok := words.Known(run.Scenario.PromiseSeconds); ok && s > 0 {
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

func (c *ecdf) Paint(p *canvas.Page, body vg.Rectangle) error {
	c = c.shortened(int((body.Max.Y-body.Min.Y-24)/legendLine) - 1)
	ticks, end := canvas.TimeTicks(c.end, min(9, int((body.Max.X-body.Min.X)/50)))
	area := vg.Rectangle{
		Min: vg.Point{X: body.Min.X + 30, Y: body.Min.Y + 18},
		Max: vg.Point{X: body.Max.X - max(6, canvas.TickStyle.Width(ticks[len(ticks)-1].Label)/2), Y: body.Max.Y - 6},
	}
	legend := newLegend(c)
	n := p.NewPanel(area, end, 1)
	curves := c.curves(n)
	spot, inside := legend.spot(n, curves, c.promiseIn(end))
	if !inside { // no corner is empty: the legend stands beside a narrower plot
		legend.narrow((body.Max.X - body.Min.X) / 2)
		area.Max.X = body.Max.X - legend.width() - 20
		n = p.NewPanel(area, end, 1)
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

// shortened is the chart with so many lines in its legend: one for each curve, or the last one for how many are left
// out.
func (c *ecdf) shortened(lines int) *ecdf {
	if len(c.list) <= lines {
		return c
	}
	short := *c
	short.list = view.Shortlist(c.list, max(lines-1, 1), view.Chosen(c.list, c.run.Verdict))
	short.left = len(c.list) - len(short.list)
	return &short
}

// reach is how much of the time axis is worth showing: until nearly all that will be delivered is,
// and the promise with some room behind it, but not so much that the promise is squeezed to the left.
func (c *ecdf) reach() float64 {
	slowest, base := 0.0, math.Inf(1)
	for _, e := range c.list {
		curve := view.Steps(e.LatencyCDF)
		if t, ok := curve.Reaches(0.99 * curve.Last()); ok && t > 0 {
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
func (c *ecdf) backdrop(n *canvas.Panel, body vg.Rectangle, ticks []canvas.Tick) {
	if promise := c.promiseIn(n.Plot.X.Max); promise != nil {
		n.Page.Fill(vg.Rectangle{Min: vg.Point{X: n.X(*promise), Y: n.Area.Min.Y}, Max: n.Area.Max}, canvas.BadArea)
	}
	shares := []float64{0, 0.25, 0.5, 0.75, 0.95, 1}
	if n.Y(1)-n.Y(0.95) < canvas.TickStyle.Leading() {
		shares = shares[:5]
	}
	for _, share := range shares {
		y := n.Y(share)
		if share > 0 {
			n.Page.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: n.Area.Min.X, Y: y}, vg.Point{X: n.Area.Max.X, Y: y})
		}
		label := strconv.Itoa(int(share * 100))
		if share == shares[len(shares)-1] {
			label += "%"
		}
		at := vg.Point{X: n.Area.Min.X - 6, Y: y - 3}
		n.Page.Write(label, at, canvas.TickStyle, canvas.Right)
	}
	n.TickMarks(ticks)
	n.XLabels(body, ticks)
}

// limits draws the promise over the curves and says what it is.
func (c *ecdf) limits(n *canvas.Panel, curves []*curve) {
	if c.promise == nil {
		return
	}
	s, text, late := canvas.NoteStyle.In(canvas.Ink), "promise: "+words.Span(*c.promise), "too late"
	promise := c.promiseIn(n.Plot.X.Max)
	if promise == nil {
		annotate(n, text+", beyond this axis", "", n.Area.Max.X+2, s, curves)
		return
	}
	x := n.X(*promise)
	bottom, top := vg.Point{X: x, Y: n.Area.Min.Y}, vg.Point{X: x, Y: n.Area.Max.Y}
	n.Page.Line(canvas.Dashed, bottom, top)
	if x-n.Area.Min.X < s.Width(text)+12 {
		text, late = "", text+"; later is too late"
	}
	if n.Area.Max.X-x < s.Width(late)+12 {
		late = ""
	}
	annotate(n, text, late, x, s, curves)
	n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: bottom, Max: top}, 2))
}

// dots mark where each curve crosses 95 %. Where dots fall together the earlier are larger and drawn
// first, so that they show as rings around the last.
func (c *ecdf) dots(n *canvas.Panel) {
	for behind := len(c.list) - 1; behind >= 0; behind-- {
		for i, e := range c.list {
			v, ok := words.Known(view.P95Of(e))
			if !ok || v < 0 || v > n.Plot.X.Max || c.hidden(n, i) != behind {
				continue
			}
			at, radius := vg.Point{X: n.X(v), Y: n.Y(0.95)}, 4+2.2*vg.Length(min(behind, 3))
			n.Page.Dot(at, radius, e.Mark)
			n.Page.Reserve(canvas.Grow(vg.Rectangle{Min: at, Max: at}, radius+1))
		}
	}
}

// hidden counts the later dots that fall onto the ith.
func (c *ecdf) hidden(n *canvas.Panel, i int) int {
	hidden := 0
	v, _ := words.Known(view.P95Of(c.list[i]))
	for _, later := range c.list[i+1:] {
		if w, ok := words.Known(view.P95Of(later)); ok && math.Abs(float64(n.X(w)-n.X(v))) < 1.5 {
			hidden++
		}
	}
	return hidden
}

// Title says who keeps the promise how often; without a promise, how soon 95 % are done.
func (c *ecdf) Title() string {
	in := view.Included(c.list)
	switch {
	case len(c.list) == 0:
		return "This run holds no strategy"
	case view.DeliversNothing(c.list):
		return "No strategy delivers an order"
	case len(in) == 0:
		in = c.list
	}
	if c.promise != nil && len(view.Figures(in, view.InTimeOf)) > 0 {
		return words.UpperFirst(c.promiseTitle(in))
	}
	return words.UpperFirst(quantileTitle(in))
}

func (c *ecdf) promiseTitle(in []view.Entry) string {
	in = slices.DeleteFunc(slices.Clone(in), func(e view.Entry) bool { _, ok := e.Missed(); return !ok })
	share := func(e view.Entry) float64 { v, _ := e.Missed(); return v }
	sort.SliceStable(in, func(i, j int) bool { return share(in[i]) < share(in[j]) })
	best, worst := in[0], in[len(in)-1]
	least, missed := share(best), share(worst)
	kept := *view.InTimeOf(best)
	promise := "the " + words.SpanAdjective(*c.promise) + " promise"
	every := "every order"
	if moderates(in) {
		every = "every order that moderation lets pass"
	}
	switch {
	case missed <= 0 && len(in) == 1:
		return fmt.Sprintf("%s keeps %s for %s", worst.Word, promise, every)
	case missed <= 0:
		return fmt.Sprintf("every strategy keeps %s for %s", promise, every)
	case len(in) == 1:
		return fmt.Sprintf("%s misses %s for %s", worst.Word, promise, words.OneIn(missed, "order"))
	case words.Share(kept) == words.Share(*view.InTimeOf(worst)):
		return fmt.Sprintf("every strategy delivers %s of orders within %s", words.Share(kept), words.Span(*c.promise))
	}
	second := strings.Replace(words.OneIn(least, "order"), "1 order in", "1 in", 1)
	if missed > 0.15 {
		second = strings.TrimSuffix(second, " of orders")
	}
	return fmt.Sprintf("%s misses %s for %s, %s for %s", worst.Word, promise, words.OneIn(missed, "order"), best.Word,
		second)
}

func quantileTitle(in []view.Entry) string {
	in = view.Sorted(in, view.P95Of)
	first, ok := words.Known(view.P95Of(in[0]))
	last, all := words.Known(view.P95Of(in[len(in)-1]))
	best, worst := in[0].Word, in[len(in)-1].Word
	switch {
	case !ok && len(in) == 1:
		return best + " does not deliver 95% of its orders"
	case !ok:
		return "no strategy delivers 95% of its orders"
	case len(in) == 1:
		return fmt.Sprintf("%s has 95%% of orders done within %s", best, words.Clock(first))
	case !all:
		return fmt.Sprintf("%s has 95%% of orders done within %s; %s never", best, words.Clock(first), worst)
	case words.Clock(first) == words.Clock(last):
		return fmt.Sprintf("every strategy has 95%% of orders done within %s", words.Clock(first))
	}
	return fmt.Sprintf("%s has 95%% of orders done within %s, %s within %s", best, words.Clock(first), worst,
		words.Clock(last))
}

func (c *ecdf) Subtitle() string {
	s := "Share of all orders delivered within the given time. Undelivered orders count as never. Dot: 95% done"
	if moderates(c.list) && c.promise != nil {
		s += ". What moderation refuses is undelivered, but not late: titles leave it out"
	}
	return s
}

// moderates says whether moderation refused any strategy's order.
func moderates(list []view.Entry) bool {
	return slices.ContainsFunc(list, func(e view.Entry) bool { return e.Moderated() > 0 })
}

func (c *ecdf) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(c.run, c.Title()), ".") + ".")
	for _, e := range c.list {
		fmt.Fprintf(&b, " %s:", e.Label)
		if v, ok := words.Known(view.InTimeOf(e)); ok && c.promise != nil {
			fmt.Fprintf(&b, " %s in time,", words.Percent(v, words.ShareDecimals([]float64{v})))
		}
		fmt.Fprintf(&b, " 95%% done within %s.", words.ClockOrNever(view.P95Of(e)))
	}
	if text := view.Marks(c.run); text != "" {
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
	view.Entry
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
func (c *ecdf) curves(n *canvas.Panel) []*curve {
	list := make([]*curve, 0, len(c.list))
	for _, e := range c.list {
		k := &curve{Entry: e, together: 1}
		if e.Excluded {
			k.Mark, k.Label = canvas.Tint(e.Mark, 0.45), e.Label+" (excluded)"
		}
		share := 0.0
		corner := func(x, y float64) {
			k.xys = append(k.xys, plotter.XY{X: x, Y: y})
			k.points = append(k.points, vg.Point{X: n.X(x), Y: n.Y(y)})
		}
		corner(0, 0)
		for _, p := range view.Steps(e.LatencyCDF) {
			if p.Seconds > n.Plot.X.Max {
				break
			}
			if n.X(p.Seconds)-k.points[len(k.points)-1].X > finestStep {
				corner(p.Seconds, share)
			}
			share = p.Share
			corner(p.Seconds, share)
		}
		corner(n.Plot.X.Max, share)
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
func drawCurves(n *canvas.Panel, list []*curve) error {
	const dash = vg.Length(9)
	for _, k := range list {
		line, err := plotter.NewLine(k.xys)
		if err != nil {
			return err
		}
		line.LineStyle = draw.LineStyle{Color: k.Mark, Width: 2.2}
		if k.turn > 0 {
			line.Dashes = []vg.Length{dash, dash * vg.Length(k.together-1)}
			line.DashOffs = dash * vg.Length(k.together-k.turn+1)
		}
		n.Add(line)
	}
	return nil
}

// annotate writes a text on either side of a vertical line: at its foot, or higher where curves or
// other text are in the way.
func annotate(n *canvas.Panel, before, after string, x vg.Length, s canvas.Style, curves []*curve) {
	height := n.Area.Max.Y - n.Area.Min.Y
	place := func(y vg.Length) (a, b vg.Point) {
		return vg.Point{X: x - 6, Y: n.Area.Min.Y + y}, vg.Point{X: x + 6, Y: n.Area.Min.Y + y}
	}
	fitting := func(text string, room vg.Length) string {
		if s.Width("…") > room {
			return ""
		}
		return s.ShortenEnd(text, room)
	}
	before, after = fitting(before, x-6-n.Area.Min.X), fitting(after, n.Area.Max.X-x-6)
	for _, inTheWay := range [][]*curve{curves, nil} { // where nothing else is free, over the curves
		for _, y := range []vg.Length{6, height - 12, height * 0.6, height * 0.4, height * 0.2} {
			a, b := place(y)
			boxes := []vg.Rectangle{s.Box(before, a, canvas.Right), s.Box(after, b, canvas.Left)}
			if n.Page.Free(boxes[0], 2) && n.Page.Free(boxes[1], 2) && !anyMeets(inTheWay, boxes[0]) &&
				!anyMeets(inTheWay, boxes[1]) {
				n.Page.Write(before, a, s, canvas.Right)
				n.Page.Write(after, b, s, canvas.Left)
				return
			}
		}
	}
}
