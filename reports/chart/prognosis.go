package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// prognosis sets a bench against the simulation of the same purchase: the interval predicted for each figure, and the
// measured value in it or outside.
type prognosis struct {
	set        *view.Set
	sim, bench *view.Member
	rows       []prognosisRow
}

// prognosisRow is a strategy.
type prognosisRow struct {
	view.Entry
	figures []Prediction
	counted bool // a replayed strategy is not: it repeats the attempts of those that were driven
}

// prognosisColumns are the figures, as predictor.predict returns them, and what it means if one lies too low or too
// high.
var prognosisColumns = []struct {
	head [2]string
	name string // in the CSV
	says map[int]string
}{
	{[2]string{"Cost per", "delivered clip"}, "cost_per_delivered_usd", map[int]string{-1: "costs less", 1: "costs more"}},
	{[2]string{"", "Delivered"}, "delivered_share", map[int]string{-1: "delivers less", 1: "delivers more"}},
	{[2]string{"", "In time"}, "in_time_share", map[int]string{-1: "is in time less often", 1: "is in time more often"}},
	{[2]string{"50% done", "within"}, "p50_seconds", map[int]string{-1: "is faster", 1: "takes longer"}},
	{[2]string{"95% done", "within"}, "p95_seconds", map[int]string{-1: "is faster", 1: "takes longer"}},
}

// prognosisFigure shows the latest bench that may be used beside the first simulation of the same purchase; nil where
// there are not both, or they have no strategy in common.
func prognosisFigure(s *view.Set, group []*view.Member) *figure {
	c := &prognosis{set: s}
	for _, m := range group {
		if m.Run.Mode == "sim" && m.Run.Invalid == "" && c.sim == nil {
			c.sim = m
		}
	}
	for _, m := range view.Nights(group) {
		if m.Run.Invalid == "" {
			c.bench = m
		}
	}
	if c.sim == nil || c.bench == nil {
		return nil
	}
	if c.compare(); len(c.rows) == 0 {
		return nil
	}
	return &figure{"sim-against-bench.png", c, c.marks(), view.SetFootnote([]*view.Member{c.sim, c.bench})}
}

func (c *prognosis) Height() vg.Length { return prognosisHead + prognosisRoom*vg.Length(len(c.rows)) }

// compare predicts every figure of the common strategies. The far interval is as wide as it must be for all counted
// figures to keep to theirs at once (Bonferroni, which holds however they hang together).
func (c *prognosis) compare() {
	counted := 0
	for i := range c.bench.List {
		e := &c.bench.List[i]
		if c.sim.Of(e.Name) == nil || c.bench.Of(e.Name) != e {
			continue
		}
		name := view.Named(c.set.Names, &e.Name)
		row := prognosisRow{Entry: *e, counted: e.Engine != "replay"}
		row.Mark, row.Text, row.Word, row.Label = name.Mark, name.Text, name.Word, name.Label
		if !row.counted {
			row.Label += view.ReplayStar
		} else {
			counted += len(prognosisColumns)
		}
		c.rows = append(c.rows, row)
	}
	level := 1 - (1-stats.Confidence)/float64(max(counted, 1))
	for i := range c.rows {
		r := &c.rows[i]
		r.figures = Predictor{Run: c.sim.Run, Sim: c.sim.Of(r.Name).Strategy, Measured: r.Strategy, Level: level}.Predict()
	}
}

// tally counts the figures of driven strategies, those outside, and whether these are more than chance leaves there.
func (c *prognosis) tally() (all, outside int, surprising bool) {
	for _, r := range c.rows {
		for _, f := range r.figures {
			if !r.counted || !f.Known {
				continue
			}
			all++
			if f.Side() != 0 {
				outside++
			}
			surprising = surprising || f.Far() != 0
		}
	}
	return all, outside, surprising || stats.AtLeast(outside, all, 1-stats.Confidence) < Chance
}

func (c *prognosis) Title() string {
	all, outside, surprising := c.tally()
	switch {
	case all == 0:
		return "Nothing was measured that the simulation predicts"
	case outside == 0 && all == 1:
		return "The bench doesn't contradict the one figure that the simulation predicts"
	case outside == 0:
		return fmt.Sprintf("The bench contradicts none of the %d figures that the simulation predicts", all)
	}
	predicts := fmt.Sprintf("The simulation predicts %d of %d measured figures", all-outside, all)
	switch {
	case !surprising && outside == 1:
		return predicts + "; one miss is within chance"
	case !surprising:
		return predicts + fmt.Sprintf("; %d misses are within chance", outside)
	}
	return predicts + "; " + c.differences()
}

// differences says of the strategies that stray what is other than assumed, for two of them at most.
func (c *prognosis) differences() string {
	var parts []string
	strays := 0
	for _, r := range c.rows {
		if said := r.strays(); r.counted && len(said) > 0 {
			if strays++; strays <= 2 {
				parts = append(parts, r.Word+" "+strings.Join(said[:min(2, len(said))], " and "))
			}
		}
	}
	text := strings.Join(parts, ", ") + " than assumed"
	if strays > 2 {
		text += fmt.Sprintf(", and %d more differ", strays-2)
	}
	return text
}

// strays are the ways in which the measured strategy is other than the simulated one: the far ones where there are any.
func (r prognosisRow) strays() []string {
	var near, far []string
	add := func(list []string, i, side int) []string {
		text := prognosisColumns[i].says[side]
		if side == 0 || len(list) > 0 && list[len(list)-1] == text {
			return list
		}
		return append(list, text)
	}
	for i, f := range r.figures {
		near, far = add(near, i, f.Side()), add(far, i, f.Far())
	}
	if len(far) > 0 {
		return far
	}
	return near
}

func (c *prognosis) Subtitle() string {
	return fmt.Sprintf("Band: where 95%% of benches with as many orders land if the simulation is right (times: plus %s for requests). ", words.WholePercent(Requests)) +
		"Dot: measured. All bands are drawn at one length; 1 figure in 20 lies outside by chance"
}

func (c *prognosis) marks() string {
	var texts []string
	for _, r := range c.rows {
		if !r.counted {
			texts = append(texts, view.ReplayStar+" replayed from recorded attempts, so not counted in the title")
			break
		}
	}
	for _, r := range c.rows {
		if c.sim.Of(r.Name).Exact == nil { // what the bands take for granted
			texts = append(texts, "Where trouble comes in spells, bands are too narrow")
			break
		}
	}
	return strings.Join(texts, ". ")
}

const (
	prognosisHead = vg.Length(30)
	prognosisRoom = vg.Length(42) // of a row
	bandHalf      = vg.Length(19) // half of a band's length
	stripHalf     = vg.Length(38) // half of the room of a figure
)

// bandStyle is that of the ends of a predicted interval.
var bandStyle = canvas.Style{Size: 8, Color: canvas.BodyColor}

func (c *prognosis) Paint(p *canvas.Page, body vg.Rectangle) error {
	names := vg.Length(0)
	for _, r := range c.rows {
		names = max(names, canvas.LabelStyle.Width(r.Label))
	}
	first := body.Min.X + names + 10
	room := (body.Max.X - first) / vg.Length(len(prognosisColumns))
	row := min(prognosisRoom, (body.Max.Y-body.Min.Y-prognosisHead)/vg.Length(len(c.rows)))
	centreOf := func(i int) vg.Length { return first + room*(vg.Length(i)+0.5) }
	for i, head := range c.heads() {
		p.Write(head[0], vg.Point{X: centreOf(i), Y: body.Max.Y - 7}, canvas.HeadStyle, canvas.Centre)
		p.Write(canvas.HeadStyle.Shorten(head[1], room-4),
			vg.Point{X: centreOf(i), Y: body.Max.Y - 7 - canvas.HeadStyle.Leading()}, canvas.HeadStyle, canvas.Centre)
	}
	for n, r := range c.rows {
		middle := body.Max.Y - prognosisHead - (vg.Length(n)+0.5)*row
		y := middle + row/2
		p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: body.Min.X, Y: y}, vg.Point{X: body.Max.X, Y: y})
		p.Write(r.Label, vg.Point{X: first - 10, Y: middle - 3.4}, canvas.LabelStyle.In(r.Text), canvas.Right)
		for i, f := range r.figures {
			r.strip(p, vg.Point{X: centreOf(i), Y: middle}, f, formatOf(f, i), room)
		}
	}
	return nil
}

// heads are those of the columns; the promise belongs to "in time".
func (c *prognosis) heads() [][2]string {
	heads := make([][2]string, len(prognosisColumns))
	for i, column := range prognosisColumns {
		heads[i] = column.head
	}
	if promise, ok := words.Known(c.bench.Run.Scenario.PromiseSeconds); ok {
		heads[2] = [2]string{"In time", "(≤ " + words.Span(promise) + ")"}
	}
	return heads
}

// format prints the values of the ith figure, all to the same digit.
func formatOf(f Prediction, i int) func(float64) string {
	return func(v float64) string {
		switch {
		case math.IsInf(v, 1):
			return words.Never
		case i == 0:
			return words.Clip(v)
		case i <= 2:
			return words.Share(v)
		}
		return words.Clock(v)
	}
}

// strip draws one figure about a point: the measured value above, the predicted band in the middle, its ends below. The
// band is always as long, so that near and far look alike for cents and for minutes.
func (r prognosisRow) strip(p *canvas.Page, at vg.Point, f Prediction, format func(float64) string, room vg.Length) {
	if !f.Known {
		p.Write(words.NoData, vg.Point{X: at.X, Y: at.Y - 3}, bandStyle, canvas.Centre)
		return
	}
	half := min(stripHalf, room/2-3)
	p.Line(canvas.Stroke(canvas.GridColor, 1), vg.Point{X: at.X - half, Y: at.Y}, vg.Point{X: at.X + half, Y: at.Y})
	low, high, dot := places(f, half)
	p.Fill(vg.Rectangle{Min: vg.Point{X: at.X + low, Y: at.Y - 3.5}, Max: vg.Point{X: at.X + high, Y: at.Y + 3.5}},
		canvas.Tint(r.Mark, 0.6))
	s, colour, suffix := canvas.Style{Medium: true, Size: 9.5, Color: canvas.Ink}, r.Mark, ""
	if side := f.Side(); side != 0 {
		s.Color, colour, suffix = canvas.BadFigure, canvas.BadFigure, map[int]string{-1: " low", 1: " high"}[side]
	}
	p.Dot(vg.Point{X: at.X + dot, Y: at.Y}, 3.4, colour)
	text := format(f.Measured) + suffix
	s = s.Squeezed(text, room-4)
	w := s.Width(text) / 2
	x := min(max(at.X+dot, at.X-room/2+2+w), at.X+room/2-2-w)
	p.Write(text, vg.Point{X: x, Y: at.Y + 7.5}, s, canvas.Centre)
	band := ends(f.Low, f.High, format)
	p.Write(band, vg.Point{X: at.X, Y: at.Y - 13.5}, bandStyle.Squeezed(band, room-4), canvas.Centre)
}

// ends prints an interval.
func ends(low, high float64, format func(float64) string) string {
	if a, b := format(low), format(high); a != b {
		return a + "–" + b
	}
	return format(low)
}

// places are where the band begins and ends and where the dot lies, from the middle of a strip.
func places(f Prediction, half vg.Length) (low, high, dot vg.Length) {
	edge := half - 4
	switch width := f.High - f.Low; {
	case math.IsInf(f.Low, 1): // never is predicted
		low, high = edge-8, half
		dot = -edge
	case math.IsInf(f.High, 1): // the band is open
		low, high = -bandHalf, half
		dot = -bandHalf + vg.Length(min(max((f.Measured-f.Low)/max(f.Low, 1e-9), -1), 1))*bandHalf
	case width <= 1e-9*math.Abs(f.High): // nothing else is possible
		low, high = -2, 2
		dot = vg.Length(f.Side()) * edge
	default:
		low, high = -bandHalf, bandHalf
		dot = vg.Length(min(max((f.Measured-(f.Low+width/2))/(width/2), -9), 9)) * bandHalf
	}
	if math.IsInf(f.Measured, 1) {
		dot = edge
	}
	return low, high, min(max(dot, -edge), edge)
}

func (c *prognosis) Alt() string {
	var b strings.Builder
	b.WriteString(c.Title() + ".")
	for _, r := range c.rows {
		fmt.Fprintf(&b, " %s:", r.Label)
		said := 0
		for i, f := range r.figures {
			if !f.Known {
				continue
			}
			if said++; said > 1 {
				b.WriteString(";")
			}
			head := strings.TrimSpace(prognosisColumns[i].head[0] + " " + prognosisColumns[i].head[1])
			fmt.Fprintf(&b, " %s predicted %s, measured %s", strings.ToLower(head[:1])+head[1:],
				ends(f.Low, f.High, formatOf(f, i)), formatOf(f, i)(f.Measured))
			if f.Side() != 0 {
				b.WriteString(" (outside)")
			}
		}
		b.WriteString(".")
	}
	if text := c.marks(); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (c *prognosis) CSV() [][]string {
	rows := [][]string{{"strategy", "kind", "engine", "orders", "figure", "predicted_low", "predicted_high", "measured",
		"inside", "counted"}}
	for _, r := range c.rows {
		for i, f := range r.figures {
			if !f.Known {
				continue
			}
			rows = append(rows, []string{r.Name, r.Kind, r.Engine, strconv.FormatInt(r.Orders, 10), prognosisColumns[i].name,
				cell(record.Number(f.Low)), cell(record.Number(f.High)), cell(record.Number(f.Measured)),
				strconv.FormatBool(f.Side() == 0), strconv.FormatBool(r.counted)})
		}
	}
	return rows
}
