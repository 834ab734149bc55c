package chart

import (
	"fmt"
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

// drivers shows what drives the result: how far it moves when one input alone moves over its stated range.
type drivers struct {
	run     *record.Run
	s       *record.Sensitivity
	subject view.Entry
	rival   *view.Entry // nil: the result is the subject's own figure, not a difference
	stated  float64
	seconds bool    // the result is a time, not dollars a month
	bars    []swing // widest first
	still   int     // inputs that move nothing
	keeping int     // of those, the ones that bear on what is required
	unknown int     // inputs without a result at either end
	width   vg.Length
}

func newTornado(run *record.Run, width vg.Length) Chart {
	d := newDrivers(run)
	if d == nil || len(d.bars) == 0 {
		return nil
	}
	d.width = width
	return d
}

func (d *drivers) Height() vg.Length {
	n := min(len(d.bars), mostBars)
	return d.head() + vg.Length(n)*24 + driversAxis + d.footHeight(n, d.width)
}

// newDrivers looks at the deciding difference or, where that is not known, at the strategy's own monthly cost.
func newDrivers(run *record.Run) *drivers {
	s := run.Sensitivity
	if s == nil {
		return nil
	}
	all := view.Roster(run)
	d := &drivers{run: run, s: s, subject: entryOf(all, s.Strategy), seconds: s.Minimise == "p95"}
	result := func(in record.InputEffect) (low, high *float64) { return in.DifferenceAtLow, in.DifferenceAtHigh }
	stated, ok := words.Known(s.StatedDifference)
	if !ok {
		d.seconds = false
		if stated, ok = view.StatedCost(s, s.Strategy); !ok {
			return nil
		}
		result = func(in record.InputEffect) (low, high *float64) { return view.CostEnds(in, s.Strategy) }
	} else if s.Against != nil {
		rival := entryOf(all, *s.Against)
		d.rival = &rival
	}
	d.stated = view.Bounded(stated)
	for _, in := range s.Inputs {
		low, high := result(in)
		d.add(in, newBarEnd(in.Low, low), newBarEnd(in.High, high))
	}
	sort.SliceStable(d.bars, func(i, j int) bool { return d.length(d.bars[i]) > d.length(d.bars[j]) })
	d.dropStubs()
	return d
}

// entryOf is the strategy of that name, or a stand-in where the run doesn't hold it.
func entryOf(list []view.Entry, name string) view.Entry {
	if e := view.Named(list, &name); e != nil {
		return *e
	}
	word := view.ShortName(name, "", "")
	return view.Entry{Strategy: &record.Strategy{Name: name}, Word: word, Label: words.UpperFirst(word),
		Mark: canvas.Faint, Text: canvas.TextColor(canvas.Faint)}
}

func (d *drivers) add(in record.InputEffect, low, high barEnd) {
	row, phrase := view.InputWords(d.run, in.Key)
	b := swing{in, row, phrase, low, high}
	switch {
	case !low.known && !high.known:
		d.unknown++
	case low.known && high.known && d.length(b) == 0:
		d.leaveOut(in)
	default:
		d.bars = append(d.bars, b)
	}
}

func (d *drivers) leaveOut(in record.InputEffect) {
	d.still++
	if share, ok := words.Known(in.KeepingShare); ok && share >= view.LeastShare {
		d.keeping++
	}
}

// length is how far an input moves the result. A time that is never reached is farther off than any.
func (d *drivers) length(b swing) float64 {
	low, high := d.stated, d.stated
	for _, e := range []barEnd{b.low, b.high} {
		if e.known {
			low, high = min(low, e.at), max(high, e.at)
		} else if d.seconds {
			return math.Inf(1)
		}
	}
	return high - low
}

// dropStubs leaves out bars that would be too short to see.
func (d *drivers) dropStubs() {
	longest := leastSpan * math.Abs(d.stated)
	for _, b := range d.bars {
		if l := d.length(b); !math.IsInf(l, 1) {
			longest = max(longest, l)
		}
	}
	kept := d.bars[:0:0]
	for _, b := range d.bars {
		if !b.low.known || !b.high.known || d.length(b) >= longest*shortestBar {
			kept = append(kept, b)
		} else {
			d.leaveOut(b.InputEffect)
		}
	}
	d.bars = kept
}

// shortestBar is the shortest bar worth a row, as a share of the longest or, if that is short itself, of the axis.
const shortestBar = 0.01

// reading is a result as text.
func (d *drivers) reading(v float64) string { return d.signed(v, d.size) }

// size is a result as text, without its sign.
func (d *drivers) size(v float64) string {
	if d.seconds {
		return words.Clock(math.Abs(v))
	}
	return words.Month(math.Abs(v))
}

// signed prints a result, a difference with its sign.
func (d *drivers) signed(v float64, print func(float64) string) string {
	text := print(math.Abs(v))
	switch {
	case v < 0:
		return words.Minus + text
	case v > 0 && d.rival != nil:
		return "+" + text
	}
	return text
}

// crosses says whether an end lies where the other strategy is the better one.
func (d *drivers) crosses(e barEnd) bool {
	return d.rival != nil && e.known && (e.at < 0 && d.stated > 0 || e.at > 0 && d.stated < 0)
}

func (d *drivers) flips(b swing) bool { return d.crosses(b.low) || d.crosses(b.high) }

// better is the word for what a lower figure is.
func (d *drivers) better() string {
	if d.seconds {
		return "faster"
	}
	return "cheaper"
}

func (d *drivers) Title() string {
	top := d.bars[0]
	if d.rival == nil {
		return d.ownTitle(top)
	}
	ahead, behind := d.subject.Word, d.rival.Word
	if d.stated > 0 {
		ahead, behind = behind, ahead
	}
	var flipping []swing
	for _, b := range d.bars {
		if d.flips(b) {
			flipping = append(flipping, b)
		}
	}
	switch {
	case d.stated == 0:
		return fmt.Sprintf("%s and %s come to the same; the widest swing is from %s", words.UpperFirst(ahead), behind,
			top.phrase)
	case len(flipping) == 2:
		return fmt.Sprintf("Either of 2 inputs alone could make %s %s than %s", behind, d.better(), ahead)
	case len(flipping) == 1:
		return fmt.Sprintf("%s alone could make %s %s than %s", words.UpperFirst(flipping[0].phrase), behind, d.better(),
			ahead)
	case len(flipping) > 2:
		return fmt.Sprintf("Any of %d inputs alone could make %s %s than %s", len(flipping), behind, d.better(), ahead)
	}
	if longest := d.length(top); longest < leastSpan*math.Abs(d.stated) {
		by := d.size(d.stated)
		if !d.seconds {
			by += " a month"
		}
		return fmt.Sprintf("%s stays about %s %s than %s whichever input moves", words.UpperFirst(ahead), by, d.better(),
			behind)
	}
	return fmt.Sprintf("No single input makes %s %s than %s", behind, d.better(), ahead)
}

// ownTitle is for a figure that is compared with nothing.
func (d *drivers) ownTitle(top swing) string {
	what, unit := "cost", " a month"
	if d.seconds {
		what, unit = "time for 95% of orders", ""
	}
	s := fmt.Sprintf("Nothing moves the %s of %s more than %s", what, d.subject.Word, top.phrase)
	if !top.low.known || !top.high.known {
		return s
	}
	low, high := min(top.low.at, top.high.at), max(top.low.at, top.high.at)
	return fmt.Sprintf("%s: %s to %s%s", s, d.reading(low), d.reading(high), unit)
}

func (d *drivers) Subtitle() string {
	what, unit := "Monthly cost", "US dollars"
	if d.seconds {
		what, unit = "Time until 95% of orders are done", "minutes:seconds"
	}
	what += ", " + d.subject.Word
	if d.rival != nil {
		what += " less " + d.rival.Word
	}
	s := fmt.Sprintf("%s, when one input alone moves over its stated range, %s. Solid line: all as stated, %s. Beside the bars: the input's value",
		what, unit, d.reading(d.stated))
	if slices.ContainsFunc(d.bars, d.flips) {
		s += ". Diamond: no difference"
	}
	return s
}

// note counts what is not drawn, in less words where the width asks for it.
func (d *drivers) note(drawn int, width vg.Length) string {
	var parts []string
	if left := len(d.bars) - drawn; left > 0 {
		parts = append(parts, fmt.Sprintf("%d that move it less", left))
	}
	if d.still > 0 {
		parts = append(parts, fmt.Sprintf("%d that hardly move it", d.still))
	}
	if d.unknown > 0 {
		parts = append(parts, fmt.Sprintf("%d without a figure", d.unknown))
	}
	if len(parts) == 0 {
		return ""
	}
	short := "Inputs not drawn: " + strings.Join(parts, ", ")
	if long := fmt.Sprintf("%s; %d can decide whether requirements are met", short, d.keeping); d.keeping > 0 &&
		canvas.NoteStyle.Fits(long, width) {
		return long
	}
	return short
}

func (d *drivers) Alt() string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(view.Headline(d.run, d.Title()), ".") + ".")
	fmt.Fprintf(&b, " As stated: %s.", d.reading(d.stated))
	for _, s := range d.bars[:min(len(d.bars), mostBars)] {
		fmt.Fprintf(&b, " %s: %s at %s, %s at %s.", s.row, d.endReading(s.low), s.low.input, d.endReading(s.high),
			s.high.input)
	}
	if note := d.note(min(len(d.bars), mostBars), 2*canvas.BodyWidth); note != "" {
		b.WriteString(" " + note + ".")
	}
	if text := view.Marks(d.run); text != "" {
		b.WriteString(" " + text + ".")
	}
	return b.String()
}

func (d *drivers) endReading(e barEnd) string {
	if !e.known {
		return words.NoData
	}
	return d.reading(e.at)
}

func (d *drivers) CSV() [][]string {
	unit := "usd_a_month"
	if d.seconds {
		unit = "seconds"
	}
	rows := [][]string{{"input", "confidence", "low", "stated", "high", "at_low", "as_stated", "at_high", "unit"}}
	for _, in := range d.s.Inputs {
		low, high := in.DifferenceAtLow, in.DifferenceAtHigh
		if _, ok := words.Known(d.s.StatedDifference); !ok {
			low, high = view.CostEnds(in, d.s.Strategy)
		}
		rows = append(rows, []string{in.Key, in.Confidence, cell(&in.Low), cell(&in.Stated), cell(&in.High), cell(low),
			cell(&d.stated), cell(high), unit})
	}
	return rows
}
