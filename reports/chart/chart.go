package chart

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// Chart is what a picture says and shows. It knows how much room it wants, but not yet where it stands: on a page of
// its own, or beside others.
type Chart interface {
	Title() string                                 // what it says, in a sentence computed from the data
	Subtitle() string                              // what is drawn, its unit, what bands mean
	Alt() string                                   // what it says, with its numbers
	CSV() [][]string                               // the numbers drawn, header first
	Height() vg.Length                             // of the body, at the width that it was made for
	Paint(p *canvas.Page, body vg.Rectangle) error // into a box of that width; a lower one than asked for squeezes it
}

// alongOthers is a chart whose axes can be as long as those of its like in other runs.
type alongOthers interface {
	Chart
	Axes() []float64            // how far they reach
	Along(axes []float64) Chart // the same chart on axes that reach so far
}

// kind is a chart that is drawn of any run.
type kind struct {
	file string
	make func(run *record.Run, width vg.Length) Chart // nil where the run holds nothing that it could show
}

// kinds lists the charts in the order in which they are read.
var kinds = []kind{
	{"at-a-glance.png", newGlanceChart},
	{"latency-ecdf.png", newECDFChart},
	{"cost-latency.png", newTradeOffChart},
	{"break-even.png", newBreakEven},
	{"tornado.png", newTornado},
	{"budget.png", newBudget},
	{"spend.png", newSpend},
	{"timeline.png", newTimeline},
}

// figure is a chart with what stands around it on a page of its own.
type figure struct {
	file string
	Chart
	marks string   // what marks on names mean; "" where there are none
	foot  []string // parts of where the numbers come from
}

// of is the figure of a run; nil where there is nothing to show.
func (k kind) of(run *record.Run, width vg.Length) *figure {
	c := k.make(run, width)
	if c == nil {
		return nil
	}
	f := &figure{k.file, warned{c, run}, view.Marks(run), view.Footnote(run)}
	if _, ok := c.(*timelineChart); ok { // it names channels only
		f.marks = ""
	}
	return f
}

// warned is a chart of a run; if that must not be used, the chart says so.
type warned struct {
	Chart
	run *record.Run
}

func (w warned) Title() string { return view.Headline(w.run, w.Chart.Title()) }

// alone draws a figure on a page of its own.
func (f *figure) alone() (*canvas.Page, error) {
	p, body := canvas.NewPage(canvas.Header{Title: f.Title(), Subtitle: f.Subtitle(), Marks: f.marks, Foot: f.foot},
		f.Height())
	return p, f.Paint(p, body)
}

// picture encodes a figure on a page of its own.
func (f *figure) picture(formats []canvas.Format) (canvas.Picture, error) {
	p, err := f.alone()
	if err != nil {
		return canvas.Picture{}, fmt.Errorf("draw %s: %w", f.file, err)
	}
	c, err := p.Encode(strings.TrimSuffix(f.file, ".png"), f.Title(), f.Alt(), formats)
	if err == nil {
		c.CSV, err = canvas.EncodeCSV(f.CSV())
	}
	if err != nil {
		return c, fmt.Errorf("encode %s: %w", f.file, err)
	}
	return c, nil
}

// Of draws the one page that sums the run up, and every chart that the run has something to show in.
func Of(run *record.Run, formats ...canvas.Format) ([]canvas.Picture, error) {
	page, err := pageChart(run, formats)
	if err != nil {
		return nil, fmt.Errorf("draw %s: %w", pageFile, err)
	}
	charts := []canvas.Picture{page}
	for _, k := range kinds {
		f := k.of(run, canvas.BodyWidth)
		if f == nil {
			continue
		}
		c, err := f.picture(formats)
		if err != nil {
			return nil, err
		}
		charts = append(charts, c)
	}
	return charts, nil
}

// axes are how far a chart's axes reach; nil: all runs have the same.
func (f *figure) axes() []float64 {
	if f == nil {
		return nil
	}
	if c, ok := f.Chart.(warned).Chart.(alongOthers); ok {
		return c.Axes()
	}
	return nil
}

// along is the figure with axes that reach so far.
func (f *figure) along(axes []float64) *figure {
	w := f.Chart.(warned)
	same := *f
	same.Chart = warned{w.Chart.(alongOthers).Along(axes), w.run}
	return &same
}

// aligned makes the figures of one kind again so that their axes reach equally far; nil where a run has none.
func aligned(figures []*figure) []*figure {
	var reach []float64
	for _, f := range figures {
		for i, v := range f.axes() {
			if i == len(reach) {
				reach = append(reach, v)
			}
			reach[i] = max(reach[i], v)
		}
	}
	figures = slices.Clone(figures)
	for i, f := range figures {
		if f.axes() != nil {
			figures[i] = f.along(reach)
		}
	}
	return figures
}

// cell is a number for the CSV: shortest exact form, empty where there is none.
func cell(v *float64) string {
	x, ok := words.Known(v)
	if !ok {
		return ""
	}
	return strconv.FormatFloat(x, 'g', -1, 64)
}
