package chart

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// timelineChart shows when attempts failed: a strip of bins over time per channel, and how long clips took.
type timelineChart struct {
	run      *record.Run
	lanes    []lane
	bin, end float64 // seconds; nothing is submitted after the end, though what is open may settle for long
	width    vg.Length
}

// lane is what became of one channel's attempts.
type lane struct {
	channel, word string
	mark          color.RGBA
	slots         []slot // ascending
	outcomes      map[string]float64
	reasons       []string // why attempts failed, most often first
	found         []spell
	tally
}

// slot are the attempts submitted within one bin.
type slot struct {
	from     float64
	outcomes map[string]float64
	median   *float64
	tally
}

// tally counts attempts. Those that are neither delivered nor failed are open, or were overtaken by another.
type tally struct{ all, delivered, failed float64 }

// reasonNames say in titles what failed.
var reasonNames = map[string]string{
	"": "failures", "rate_limited": "rate limits", "moderation": "moderation refusals", "region": "region errors",
	"submit":    "refused submits",
	"ambiguous": "lost answers", "job": "failed jobs", "unusable": "unusable clips", "download": "failed downloads",
	"timeout": "timeouts", "deadline": "missed deadlines",
}

func reasonName(reason string) string {
	if name, found := reasonNames[reason]; found {
		return name
	}
	return channelWord(reason) + " failures"
}

// neutral says whether an outcome is neither a clip nor a failure.
func neutral(outcome string) bool { return outcome == "open" || outcome == "overtaken" }

func newTimeline(run *record.Run, width vg.Length) Chart {
	if c := newTimelineChart(run, width); c != nil {
		return c
	}
	return nil
}

func (c *timelineChart) Height() vg.Length {
	return max(timelineFoot+vg.Length(min(len(c.lanes), 6))*laneHeight, timelineLeast)
}

// latestTime bounds the axis, in seconds.
const latestTime = 1e9

func newTimelineChart(run *record.Run, width vg.Length) *timelineChart {
	t := run.Timeline
	if t == nil || !(t.BinSeconds > 0) || t.BinSeconds > latestTime {
		return nil
	}
	c := &timelineChart{run: run, bin: max(t.BinSeconds, 1e-3), width: width}
	kinds := channelColors(run.Scenario.Channels)
	for _, from := range t.Channels {
		l := newLane(from)
		if l.all == 0 {
			continue
		}
		l.word = channelWord(view.ChannelName(run, l.channel))
		l.mark = canvas.Faint
		if mark, found := kinds[l.channel]; found {
			l.mark = mark
		}
		c.lanes = append(c.lanes, l)
		c.end = max(c.end, l.slots[len(l.slots)-1].from+c.bin)
	}
	for i := range c.lanes {
		c.lanes[i].found = c.lanes[i].spells(c.bin, c.end)
	}
	if len(c.lanes) == 0 {
		return nil
	}
	return c
}

// newLane keeps the bins that can be drawn.
func newLane(from record.ChannelTimeline) lane {
	l := lane{channel: from.Channel, word: channelWord(from.Channel), outcomes: map[string]float64{}}
	for _, b := range from.Bins {
		s := slot{from: b.From, outcomes: map[string]float64{}}
		for outcome, n := range b.Outcomes {
			if n <= 0 || !(b.From >= 0 && b.From <= latestTime) {
				continue
			}
			s.outcomes[outcome] = float64(n)
			s.count(outcome, float64(n))
			l.outcomes[outcome] += float64(n)
			l.count(outcome, float64(n))
		}
		if v, ok := words.Known(b.MedianSeconds); ok && v >= 0 {
			s.median = &v
		}
		if s.all > 0 {
			l.slots = append(l.slots, s)
		}
	}
	sort.SliceStable(l.slots, func(i, j int) bool { return l.slots[i].from < l.slots[j].from })
	for _, outcome := range slices.Sorted(maps.Keys(l.outcomes)) {
		if outcome != "delivered" && !neutral(outcome) {
			l.reasons = append(l.reasons, outcome)
		}
	}
	sort.SliceStable(l.reasons, func(i, j int) bool { return l.outcomes[l.reasons[i]] > l.outcomes[l.reasons[j]] })
	return l
}

func (t *tally) count(outcome string, n float64) {
	t.all += n
	switch {
	case outcome == "delivered":
		t.delivered += n
	case !neutral(outcome):
		t.failed += n
	}
}

// failures counts those of a kind; "" is any.
func (s slot) failures(reason string) float64 {
	if reason == "" {
		return s.failed
	}
	return s.outcomes[reason]
}

func (l lane) failures(reason string) float64 {
	if reason == "" {
		return l.failed
	}
	return l.outcomes[reason]
}

// shade is the colour of an outcome in the colour of the channel: pale for clips, dark for failures, the commonest in
// the channel's own; grey where nobody knows.
func (l lane) shade(outcome string) color.RGBA {
	switch {
	case outcome == "delivered":
		return canvas.Tint(l.mark, 0.72)
	case neutral(outcome):
		return canvas.Tint(canvas.Faint, 0.45)
	}
	switch slices.Index(l.reasons, outcome) {
	case 0:
		return l.mark
	case 1:
		return canvas.Mix(l.mark, canvas.Black, 0.6)
	case 2:
		return canvas.Tint(l.mark, 0.35)
	}
	return canvas.Mix(l.mark, canvas.Black, 0.85)
}

// stack lists the outcomes of a lane from the bottom of its bars: failures stand on the axis, where they compare best.
func (l lane) stack() []string {
	list := slices.Clone(l.reasons)
	for _, outcome := range []string{"overtaken", "open", "delivered"} {
		if l.outcomes[outcome] > 0 {
			list = append(list, outcome)
		}
	}
	return list
}

// listed are the outcomes of a lane in the order in which they are told.
func (l lane) listed() []string {
	var list []string
	for _, outcome := range append(append([]string{"delivered"}, l.reasons...), "overtaken", "open") {
		if l.outcomes[outcome] > 0 {
			list = append(list, outcome)
		}
	}
	return list
}

// whole prints a count.
func whole(n float64) string { return words.Count(int64(min(n, 1e15))) }

// The measures of the lanes.
const (
	laneHeight   = vg.Length(114)
	laneHead     = vg.Length(17) // its name and counts
	laneSpells   = vg.Length(15) // brackets, where it has any
	laneGap      = vg.Length(8)
	laneLeast    = laneHead + laneSpells + laneGap + 18
	timelineFoot = vg.Length(18)

	timelineLeast = vg.Length(180) // of a page of its own
)

func (c *timelineChart) Paint(p *canvas.Page, body vg.Rectangle) error {
	fit := int((body.Max.Y - body.Min.Y - timelineFoot) / laneLeast)
	if fit < 1 {
		return nil // not even one strip has room
	}
	lanes := c.worst(fit)
	body.Min.Y += timelineFoot
	if left := len(c.lanes) - len(lanes); left > 0 {
		text := words.Plural(left, "channel") + " with fewer failures not shown"
		p.Write(text, vg.Point{X: body.Max.X, Y: body.Min.Y - timelineFoot + 2}, canvas.NoteStyle, canvas.Right)
		body.Min.Y += canvas.NoteStyle.Leading()
	}
	slow := slowest(lanes)
	gutter := c.gutter(lanes, slow)
	ticks, end := canvas.TimeTicks(c.end, max(1, int((body.Max.X-body.Min.X-gutter)/58)))
	area := vg.Rectangle{Min: vg.Point{X: body.Min.X + gutter, Y: body.Min.Y},
		Max: vg.Point{X: body.Max.X - canvas.TickStyle.Width(ticks[len(ticks)-1].Label)/2, Y: body.Max.Y}}
	height := (body.Max.Y - body.Min.Y) / vg.Length(len(lanes))
	for i, l := range lanes {
		box := area
		box.Max.Y = area.Max.Y - vg.Length(i)*height
		box.Min.Y = box.Max.Y - height
		if i < len(lanes)-1 {
			box.Min.Y += laneGap
		}
		c.lane(p, l, box, body, end, slow)
	}
	n := p.NewPanel(area, end, 1)
	n.TickMarks(ticks)
	n.XLabels(body, ticks)
	return nil
}

// worst are the lanes with the most failures, in their order, as many as have room.
func (c *timelineChart) worst(fit int) []lane {
	if len(c.lanes) <= fit {
		return c.lanes
	}
	failed := make([]float64, len(c.lanes))
	for i, l := range c.lanes {
		failed[i] = l.failed
	}
	slices.Sort(failed)
	bar, skip := failed[len(failed)-fit-1], len(c.lanes)-fit
	return slices.DeleteFunc(slices.Clone(c.lanes), func(l lane) bool {
		drop := skip > 0 && l.failed <= bar
		if drop {
			skip--
		}
		return drop
	})
}

// slowest is the longest median time of any lane; 0: there is none.
func slowest(lanes []lane) float64 {
	top := 0.0
	for _, l := range lanes {
		for _, s := range l.slots {
			if v, ok := words.Known(s.median); ok {
				top = max(top, min(v, latestTime))
			}
		}
	}
	return top
}

// gutter is the room of the labels left of the strips.
func (c *timelineChart) gutter(lanes []lane, slow float64) vg.Length {
	w := vg.Length(12)
	for _, l := range lanes {
		w = max(w, partStyle.Width(tallest(c.columns(l))))
	}
	if slow > 0 {
		w = max(w, partStyle.Width(words.Clock(slow)))
	}
	return w + 6
}

// tallest prints the highest bar.
func tallest(columns []slot) string { return whole(highest(columns)) }

func highest(columns []slot) float64 {
	top := 0.0
	for _, s := range columns {
		top = max(top, s.all)
	}
	return top
}

// step is the length of time that a bar stands for: a bin, or as many as make it wide enough to be seen.
func (c *timelineChart) step() float64 {
	const finest = 2.2 // points
	return c.bin * max(1, math.Ceil(c.end/c.bin/(float64(c.width)/finest)))
}

// columns joins bins into bars. The median of joined bins is the middle one of theirs.
func (c *timelineChart) columns(l lane) []slot {
	step := c.step()
	var list []slot
	var medians []float64
	for _, s := range l.slots {
		from := math.Floor(s.from/step*(1+1e-12)) * step
		if len(list) == 0 || list[len(list)-1].from != from {
			list, medians = append(list, slot{from: from, outcomes: map[string]float64{}}), nil
		}
		last := &list[len(list)-1]
		for outcome, n := range s.outcomes {
			last.outcomes[outcome] += n
			last.count(outcome, n)
		}
		if s.median != nil {
			medians = append(medians, *s.median)
			slices.Sort(medians)
			last.median = record.Number(medians[len(medians)/2])
		}
	}
	return list
}

// lane draws a channel: its name and counts, its brackets, its bars, and the times under them.
func (c *timelineChart) lane(p *canvas.Page, l lane, box, body vg.Rectangle, end, slow float64) {
	c.head(p, l, vg.Point{X: body.Min.X, Y: box.Max.Y - 10}, body.Max.X)
	box.Max.Y -= laneHead
	if len(l.found) > 0 {
		box.Max.Y -= laneSpells
	}
	columns := c.columns(l)
	bars := box
	if slow > 0 && box.Max.Y-box.Min.Y > 46 {
		bars.Min.Y += (box.Max.Y - box.Min.Y) * 0.36
		times := box
		times.Max.Y = bars.Min.Y - 6
		c.times(p.NewPanel(times, end, slow*1.08), l, columns, slow)
	}
	n := p.NewPanel(bars, end, highest(columns))
	c.bars(n, l, columns)
	spans := slices.Clone(l.found)
	sort.SliceStable(spans, func(i, j int) bool { return spans[i].odds < spans[j].odds })
	for _, s := range spans {
		bracket(n, s)
	}
}

// head writes a channel's name and counts, each with its colour.
func (c *timelineChart) head(p *canvas.Page, l lane, at vg.Point, end vg.Length) {
	name := canvas.Style{Medium: true, Size: 10.5, Color: canvas.TextColor(l.mark)}
	box := p.Write(name.Shorten(words.UpperFirst(l.word), (end-at.X)*0.3), at, name, canvas.Left)
	text := whole(l.all) + " attempts:"
	box = p.Write(text, vg.Point{X: box.Max.X + 8, Y: at.Y}, canvas.NoteStyle, canvas.Left)
	x, list := box.Max.X+8, l.listed()
	for i, outcome := range list {
		text := shortOutcome(outcome) + " " + whole(l.outcomes[outcome])
		more := fmt.Sprintf("+%d", len(list)-i)
		w, room := chip+chipGap+canvas.NoteStyle.Width(text), end-x
		if i < len(list)-1 {
			room -= flowGap + canvas.NoteStyle.Width(more)
		}
		if w > room {
			if canvas.NoteStyle.Width(more) <= end-x {
				p.Write(more, vg.Point{X: x, Y: at.Y}, canvas.NoteStyle, canvas.Left)
			}
			return
		}
		p.Fill(vg.Rectangle{Min: vg.Point{X: x, Y: at.Y}, Max: vg.Point{X: x + chip, Y: at.Y + chip}}, l.shade(outcome))
		p.Write(text, vg.Point{X: x + chip + chipGap, Y: at.Y}, canvas.NoteStyle, canvas.Left)
		x += w + flowGap
	}
}

// shortOutcome is an outcome on a mark.
func shortOutcome(outcome string) string {
	if outcome == "ambiguous" {
		return "answer lost"
	}
	return channelWord(outcome)
}

// bars draws the attempts. Failures are never lower than a hair.
func (c *timelineChart) bars(n *canvas.Panel, l lane, columns []slot) {
	p, step, stack := n.Page, c.step(), l.stack()
	top := n.Area.Max.Y
	p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: n.Area.Min.X, Y: top}, n.Area.Max)
	p.Write(tallest(columns), vg.Point{X: n.Area.Min.X - 5, Y: top - 6}, partStyle, canvas.Right)
	for _, s := range columns {
		from, to := n.X(s.from), min(n.X(s.from+step), n.Area.Max.X)
		if to-from > 3 {
			to -= 0.6
		}
		y := n.Area.Min.Y
		for _, outcome := range stack {
			h := n.Y(s.outcomes[outcome]) - n.Area.Min.Y
			if s.outcomes[outcome] > 0 && outcome != "delivered" {
				h = max(h, 1)
			}
			h = min(h, top-y)
			if h > 0 {
				p.Fill(vg.Rectangle{Min: vg.Point{X: from, Y: y}, Max: vg.Point{X: to, Y: y + h}}, l.shade(outcome))
				y += h
			}
		}
	}
	p.Line(canvas.Stroke(canvas.AxisColor, 0.8), n.Area.Min, vg.Point{X: n.Area.Max.X, Y: n.Area.Min.Y})
}

// times draws the median time to a clip, bar by bar; neighbours are joined.
func (c *timelineChart) times(n *canvas.Panel, l lane, columns []slot, slow float64) {
	p, step := n.Page, c.step()
	top := n.Y(slow)
	p.Line(canvas.Stroke(canvas.GridColor, 0.8), vg.Point{X: n.Area.Min.X, Y: top}, vg.Point{X: n.Area.Max.X, Y: top})
	p.Line(canvas.Stroke(canvas.GridColor, 0.8), n.Area.Min, vg.Point{X: n.Area.Max.X, Y: n.Area.Min.Y})
	p.Write(words.Clock(slow), vg.Point{X: n.Area.Min.X - 5, Y: top - 5}, partStyle, canvas.Right)
	var points []vg.Point
	last := 0.0
	flush := func() {
		if len(points) > 1 {
			p.Line(canvas.Stroke(l.mark, 1.4), points...)
		}
		if len(points) > 0 && (len(points) == 1 || n.X(step)-n.X(0) > 5) {
			for _, q := range points {
				p.Dot(q, 1.5, l.mark)
			}
		}
		points = nil
	}
	for _, s := range columns {
		if s.median == nil || s.from-last > 1.5*step {
			flush()
		}
		if s.median != nil {
			points, last = append(points, vg.Point{X: n.X(s.from + step/2), Y: n.Y(min(*s.median, slow))}), s.from
		}
	}
	flush()
}

// bracket marks a spell over the bars, and names it where there is room.
func bracket(n *canvas.Panel, s spell) {
	p, y := n.Page, n.Area.Max.Y+4
	from, to := n.X(s.from), min(max(n.X(s.to), n.X(s.from)+2), n.Area.Max.X)
	p.Line(canvas.Stroke(canvas.Ink, 1), vg.Point{X: from, Y: y - 2.5}, vg.Point{X: from, Y: y}, vg.Point{X: to, Y: y},
		vg.Point{X: to, Y: y - 2.5})
	letters, text := canvas.Style{Medium: true, Size: partStyle.Size, Color: canvas.Ink}, s.name()
	half := letters.Width(text) / 2
	at := vg.Point{X: min(max((from+to)/2, n.Area.Min.X+half), n.Area.Max.X-half), Y: y + 4}
	if box := letters.Box(text, at, canvas.Centre); box.Min.X >= n.Area.Min.X-1 && p.Free(box, 1) {
		p.Write(text, at, letters, canvas.Centre)
	}
}

// name is a spell on its bracket.
func (s spell) name() string {
	switch {
	case s.outage && s.delivered > 0:
		return "nearly all failed for " + lasting(s.seconds())
	case s.outage && s.silent:
		return "no answer for " + lasting(s.seconds())
	case s.outage:
		return "nothing delivered for " + lasting(s.seconds())
	}
	return fmt.Sprintf("%s of %s %s in %s", whole(s.failed), whole(s.of), reasonName(s.reason), lasting(s.seconds()))
}

// Title says whether failures came together, by the rule for spells.
func (c *timelineChart) Title() string {
	total, open, worst := tally{}, 0.0, c.lanes[0]
	var gravest *spell
	var where lane
	for i, l := range c.lanes {
		total.all, total.failed = total.all+l.all, total.failed+l.failed
		open += l.outcomes["open"]
		if l.failed > worst.failed {
			worst = l
		}
		for k := range l.found {
			if s := &c.lanes[i].found[k]; gravest == nil || s.graver(*gravest) {
				gravest, where = s, l
			}
		}
	}
	switch {
	case gravest != nil:
		return words.UpperFirst(gravest.title(where.word))
	case total.failed == 0 && open > 0:
		return fmt.Sprintf("No attempt has failed; %s of %s are still open", whole(open), whole(total.all))
	case total.failed == 0:
		return "No attempt failed"
	case total.failed == total.all:
		return "Every attempt failed"
	case worst.failed < burstFailures:
		return fmt.Sprintf("%s of %s attempts failed, too few to tell a burst from luck", whole(total.failed),
			whole(total.all))
	}
	failed, seconds := worst.fullest(c.bin, c.end)
	if failed > worst.failed/3 {
		return fmt.Sprintf("%s of %s's %s attempts failed, no more together than chance explains", whole(worst.failed),
			worst.word, whole(worst.all))
	}
	return fmt.Sprintf("No burst beyond chance: the worst %s hold %s of %s's %s failures", lasting(seconds), whole(failed),
		worst.word, whole(worst.failed))
}

// graver says whether a spell is the one to speak of: outages before bursts, then what chance explains less.
func (s spell) graver(t spell) bool {
	if s.outage != t.outage {
		return s.outage
	}
	if s.outage {
		return s.failed > t.failed
	}
	return s.odds < t.odds
}

// title is a spell in a sentence.
func (s spell) title(channel string) string {
	switch {
	case s.outage && s.delivered > 0:
		return fmt.Sprintf("%s failed nearly always for %s: %s of %s attempts", channel, lasting(s.seconds()),
			whole(s.failed), whole(s.of))
	case s.outage && s.silent:
		return fmt.Sprintf("%s did not answer for %s: all %s attempts failed", channel, lasting(s.seconds()), whole(s.of))
	case s.outage:
		return fmt.Sprintf("%s delivered nothing for %s: all %s attempts failed", channel, lasting(s.seconds()), whole(s.of))
	}
	return fmt.Sprintf("%s failed in a burst: %s of its %s %s within %s", channel, whole(s.failed), whole(s.of),
		reasonName(s.reason), lasting(s.seconds()))
}

func (c *timelineChart) Subtitle() string {
	text := "Attempts submitted per " + words.Span(c.step()) + " of the scenario's time. Pale: delivered; dark: failed"
	if slowest(c.lanes) > 0 {
		text += ". Line below: median time to a clip"
	}
	return text
}

// Alt tells the chart in words.
func (c *timelineChart) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(c.run, c.Title()), ".") + ".")
	for _, l := range c.lanes {
		fmt.Fprintf(&b, " %s: %s attempts", words.UpperFirst(l.word), whole(l.all))
		for _, outcome := range l.listed() {
			fmt.Fprintf(&b, ", %s %s", whole(l.outcomes[outcome]), shortOutcome(outcome))
		}
		for _, s := range l.found {
			fmt.Fprintf(&b, "; %s, from %s on", s.name(), words.Clock(s.from))
		}
		b.WriteString(".")
	}
	return b.String()
}

func (c *timelineChart) CSV() [][]string {
	rows := [][]string{{"channel", "from_seconds", "bin_seconds", "outcome", "attempts", "median_seconds"}}
	for _, l := range c.lanes {
		for _, s := range l.slots {
			for _, outcome := range slices.Sorted(maps.Keys(s.outcomes)) {
				median := ""
				if outcome == "delivered" {
					median = cell(s.median)
				}
				rows = append(rows, []string{l.channel, cell(&s.from), cell(&c.bin), outcome,
					strconv.FormatFloat(s.outcomes[outcome], 'f', 0, 64), median})
			}
		}
	}
	return rows
}
