package chart

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// breakEven shows when the answer would flip: what one strategy saves against another, for clips of any length and
// any rate of one failure.
type breakEven struct {
	run      *record.Run
	m        *record.BreakEvenMap
	subject  view.Entry
	rival    view.Entry
	field    *SavingField
	edges    []float64 // of the bins: ascending, with 0 among them; the outermost bins are open
	workload *MapBox   // nil: it lies elsewhere
}

func newBreakEven(run *record.Run, _ vg.Length) Chart {
	if run.Map == nil {
		return nil
	}
	field := NewSavingField(run.Map)
	if field == nil {
		return nil
	}
	all := view.Roster(run)
	c := &breakEven{run: run, m: run.Map, subject: entryOf(all, run.Map.Strategy), rival: entryOf(all, run.Map.Against),
		field: field}
	c.edges = binEdges(field)
	c.workload = c.box()
	return c
}

func (c *breakEven) Height() vg.Length { return 280 }

// box is where our clips lie, as far as the map shows it.
func (c *breakEven) box() *MapBox {
	w, f := c.m.Workload, c.field
	for _, v := range []float64{w.SecondsLow, w.SecondsHigh, w.RateLow, w.RateHigh} {
		if _, ok := words.Known(&v); !ok {
			return nil
		}
	}
	x, y := f.X[len(f.X)-1], f.Y[len(f.Y)-1]
	b := MapBox{X0: max(w.SecondsLow, f.X[0]), X1: min(w.SecondsHigh, x), Y0: max(LogRate(w.RateLow), f.Y[0]),
		Y1: min(max(LogRate(w.RateHigh), f.Y[0]), y)}
	if b.X0 > b.X1 || b.Y0 > b.Y1 {
		return nil
	}
	return &b
}

// Title says who is cheaper for what we sell, and where that would change.
func (c *breakEven) Title() string {
	ahead, behind := c.subject.Word, c.rival.Word
	if c.workload == nil {
		return c.mapTitle()
	}
	low, high, ok := c.field.Extremes(*c.workload)
	switch {
	case !ok:
		return c.mapTitle()
	case low == 0 && high == 0:
		return fmt.Sprintf("%s and %s cost the same for every %s we sell", words.UpperFirst(ahead), behind, c.clip())
	case low < 0 && high > 0:
		return c.mixedTitle()
	case low < 0:
		ahead, behind = behind, ahead
	}
	s := fmt.Sprintf("%s is cheaper for every %s we sell", words.UpperFirst(ahead), c.clip())
	if where := c.elsewhere(); where != "" {
		return s + "; " + where + " " + behind + " would be"
	}
	if share := c.field.Positive(); share == 0 || share == 1 {
		return s + ", and everywhere on this map"
	}
	return s
}

// clip is what is on the map, "720p clip" where clips of other resolutions are sold too.
func (c *breakEven) clip() string {
	for _, v := range c.run.Scenario.Videos {
		if v.Resolution != c.m.Resolution && c.m.Resolution != "" {
			return words.CutEnd(c.m.Resolution, 16) + " clip"
		}
	}
	return "clip"
}

// mapTitle is for a map that doesn't show what we sell.
func (c *breakEven) mapTitle() string {
	share := c.field.Positive()
	ahead := c.subject.Word
	if share < 0.5 {
		share, ahead = 1-share, c.rival.Word
	}
	if share == 1 {
		return fmt.Sprintf("%s is cheaper everywhere on this map", words.UpperFirst(ahead))
	}
	return fmt.Sprintf("%s is cheaper on %s of this map", words.UpperFirst(ahead), words.WholePercent(share))
}

// mixedTitle is for a break-even that runs through what we sell.
func (c *breakEven) mixedTitle() string {
	b := *c.workload
	if at, rising, ok := c.lengthFlip(); ok && at >= b.X0 && at <= b.X1 {
		longer, shorter := c.subject.Word, c.rival.Word
		if !rising {
			longer, shorter = shorter, longer
		}
		return fmt.Sprintf("For %ss of %s and more %s is cheaper, for shorter ones %s", c.clip(), lengthText(at), longer,
			shorter)
	}
	if at, rising, ok := c.rateFlip(); ok && at >= b.Y0 && at <= b.Y1 {
		above, below := c.subject.Word, c.rival.Word
		if !rising {
			above, below = below, above
		}
		text := fmt.Sprintf("Up to %s %s %s is cheaper, beyond that %s", rateText(math.Pow(10, at)), c.failures(), below,
			above)
		if clip := c.clip(); clip != "clip" {
			text += ", for " + clip + "s"
		}
		return text
	}
	return fmt.Sprintf("Whether %s or %s is cheaper depends on the %s", c.subject.Word, c.rival.Word, c.clip())
}

// elsewhere says from what length or rate the other is cheaper, if the map shows it.
func (c *breakEven) elsewhere() string {
	b := *c.workload
	if at, _, ok := c.lengthFlip(); ok {
		if at < b.X0 {
			return "below " + lengthText(at)
		}
		return "from " + lengthText(at) + " on"
	}
	if at, _, ok := c.rateFlip(); ok {
		if at < b.Y0 {
			return "below " + rateText(math.Pow(10, at)) + " " + c.failures()
		}
		return "beyond " + rateText(math.Pow(10, at)) + " " + c.failures()
	}
	return ""
}

// lengthFlip is the clip's length from which another strategy is cheaper, at the stated rate. Where there are several,
// none is told.
func (c *breakEven) lengthFlip() (at float64, rising, ok bool) {
	e, at, ok := c.only(func(e *record.BreakEven) *float64 { return e.Seconds },
		func(clip string) bool { return clip == c.m.Resolution })
	return at, ok && e.Cheaper == c.m.Strategy, ok && Spans(c.field.X, at)
}

// rateFlip is the rate, as its logarithm, from which another strategy is cheaper for a clip that we sell.
func (c *breakEven) rateFlip() (at float64, rising, ok bool) {
	e, at, ok := c.only(func(e *record.BreakEven) *float64 { return e.FailRate },
		func(clip string) bool { return strings.HasSuffix(clip, " "+c.m.Resolution) })
	at = LogRate(at)
	return at, ok && e.Cheaper != c.m.Strategy, ok && Spans(c.field.Y, at)
}

// only is the break-even of the map's strategies that has a figure, if it is the only one.
func (c *breakEven) only(figure func(*record.BreakEven) *float64, of func(clip string) bool) (even *record.BreakEven,
	at float64, ok bool) {
	for i := range c.run.Verdict.BreakEvens {
		e := &c.run.Verdict.BreakEvens[i]
		ours := e.Cheaper == c.m.Strategy && e.Dearer == c.m.Against || e.Cheaper == c.m.Against && e.Dearer == c.m.Strategy
		v, known := words.Known(figure(e))
		if !ours || !known || !of(e.Clip) {
			continue
		}
		if ok {
			return nil, 0, false
		}
		even, at, ok = e, v, true
	}
	return even, at, ok
}

// lengthText is a clip's length: "1.41 s".
func lengthText(seconds float64) string { return strconv.FormatFloat(seconds, 'g', 3, 64) + " s" }

// rateText is a rate with two digits.
func rateText(rate float64) string { return strconv.FormatFloat(100*rate, 'g', 2, 64) + "%" }

func (c *breakEven) failures() string {
	if noun, ok := view.InputNouns[c.m.Failure]; ok {
		return noun
	}
	return "failures"
}

func (c *breakEven) Subtitle() string {
	resolution := ""
	if c.m.Resolution != "" {
		resolution = words.CutEnd(c.m.Resolution, 16) + " "
	}
	s := fmt.Sprintf("What %s saves against %s per delivered %sclip, US dollars. Orange: it costs more. Black: break-even",
		c.subject.Word, c.rival.Word, resolution)
	if c.field.Gaps() {
		s += ". Hatched: one of the two delivers nothing"
	}
	return s + c.few()
}

// few says which lengths alone are made, where the map lies between few.
func (c *breakEven) few() string {
	var made []string
	for i, v := range c.field.X {
		made = append(made, strconv.FormatFloat(v, 'g', 3, 64))
		if i > 0 && v <= c.field.X[i-1]+1 || i > 5 {
			return ""
		}
	}
	return ". Only clips of " + strings.Join(made[:len(made)-1], ", ") + " and " + made[len(made)-1] + " s are made"
}

const (
	mapHead = vg.Length(16) // the title of the axis of rates
	mapFoot = vg.Length(29) // the labels of the axis of lengths, and its title
)

func (c *breakEven) Paint(p *canvas.Page, body vg.Rectangle) error {
	n := c.panel(p, body)
	p.Image(n.Area, c.pixels(n))
	c.axes(n, body)
	c.key(p, vg.Rectangle{Min: vg.Point{X: n.Area.Max.X + 12, Y: n.Area.Min.Y},
		Max: vg.Point{X: body.Max.X, Y: n.Area.Max.Y}})
	c.ours(n)
	c.sides(n)
	c.nameContour(n)
	return nil
}

// panel lays out the axes; the map covers whole pixels.
func (c *breakEven) panel(p *canvas.Page, body vg.Rectangle) *canvas.Panel {
	f := c.field
	labels := vg.Length(0)
	for _, t := range rateTicks(f.Y[0], f.Y[len(f.Y)-1]) {
		labels = max(labels, canvas.TickStyle.Width(t.Label))
	}
	area := p.Snap(vg.Rectangle{
		Min: vg.Point{X: body.Min.X + labels + 9, Y: body.Min.Y + mapFoot},
		Max: vg.Point{X: body.Max.X - c.keyWidth() - 12, Y: body.Max.Y - mapHead},
	})
	n := p.NewPanel(area, f.X[len(f.X)-1], f.Y[len(f.Y)-1])
	n.Plot.X.Min, n.Plot.Y.Min = f.X[0], f.Y[0]
	return n
}

// rateTicks are the round rates of a logarithmic axis, powers of ten first: the others stand where they have room.
func rateTicks(low, high float64) []canvas.Tick {
	var ticks []canvas.Tick
	every := max(1, math.Ceil((high-low)/8))
	for _, m := range []float64{1, 3, 5, 2} {
		for i := range 12 {
			power := (math.Floor(low/every) + float64(i)) * every
			v := math.Log10(m) + power
			if v >= low-1e-9 && v <= min(high, 0)+1e-9 && (m == 1 || every == 1) {
				ticks = append(ticks, canvas.Tick{Value: v, Label: strconv.FormatFloat(m*math.Pow(10, power+2), 'g', 3, 64) + "%"})
			}
		}
	}
	if len(ticks) > 1 {
		return ticks
	}
	from, to := 100*math.Pow(10, low), 100*math.Pow(10, high)
	ticks = canvas.EvenTicks(from, to, canvas.EvenStep(to-from, 4),
		func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) + "%" })
	for i := range ticks {
		ticks[i].Value = LogRate(ticks[i].Value / 100)
	}
	return ticks
}

func (c *breakEven) axes(n *canvas.Panel, body vg.Rectangle) {
	p, s := n.Page, canvas.Stroke(canvas.AxisColor, 1)
	for _, t := range rateTicks(n.Plot.Y.Min, n.Plot.Y.Max) {
		at := vg.Point{X: n.Area.Min.X - 7, Y: n.Y(t.Value) - 3}
		if box := canvas.TickStyle.Box(t.Label, at, canvas.Right); p.Free(box, 2) && box.Max.Y < body.Max.Y-mapHead+8 {
			p.Write(t.Label, at, canvas.TickStyle, canvas.Right)
			p.Line(s, vg.Point{X: n.Area.Min.X - 4, Y: n.Y(t.Value)}, vg.Point{X: n.Area.Min.X, Y: n.Y(t.Value)})
		}
	}
	title := c.rateTitle()
	p.Write(canvas.HeadStyle.ShortenEnd(title, body.Max.X-body.Min.X), vg.Point{X: body.Min.X, Y: body.Max.Y - 8},
		canvas.HeadStyle, canvas.Left)
	ticks := n.Roomy(9, func(most int) []canvas.Tick {
		step := max(1, canvas.EvenStep(n.Plot.X.Max-n.Plot.X.Min, most)) // clips have whole seconds
		return canvas.EvenTicks(n.Plot.X.Min, n.Plot.X.Max, step,
			func(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) + " s" })
	})
	n.TickMarks(n.LabelsWithin(body, ticks))
	p.Write("Clip length", vg.Point{X: n.Area.Max.X, Y: body.Min.Y + 4}, canvas.HeadStyle, canvas.Right)
}

// rateTitle names the axis of rates.
func (c *breakEven) rateTitle() string {
	text := words.UpperFirst(c.failures())
	if c.m.Channel != "" {
		text = words.UpperFirst(view.ShortName(view.ChannelName(c.run, c.m.Channel), "", "")) + "'s " + c.failures()
	}
	return text + ", log scale"
}

func (c *breakEven) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(c.run, c.Title()), ".") + ".")
	amounts := func(low, high float64) string {
		decimals := words.CentDecimals([]float64{low, high})
		return rangeText(words.ShortDollars(low, decimals), words.ShortDollars(high, decimals))
	}
	values := c.field.Values()
	fmt.Fprintf(&b, " Over this map %s saves %s a clip against %s.", c.subject.Word,
		amounts(slices.Min(values), slices.Max(values)), c.rival.Word)
	if c.workload != nil {
		if low, high, ok := c.field.Extremes(*c.workload); ok {
			fmt.Fprintf(&b, " For our %ss: %s.", c.clip(), amounts(low, high))
		}
	}
	if text := view.Marks(c.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (c *breakEven) CSV() [][]string {
	rows := [][]string{{"failure_rate", "seconds", "saving_usd"}}
	for j, rate := range c.m.Rates {
		for i, seconds := range c.m.Seconds {
			if j < len(c.m.Saving) && i < len(c.m.Saving[j]) {
				rows = append(rows, []string{cell(&rate), cell(&seconds), cell(c.m.Saving[j][i])})
			}
		}
	}
	return rows
}
