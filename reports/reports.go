package reports

import (
	"io"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/chart"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

type (
	// Chart is a picture with what it says in words and the numbers behind it.
	Chart = canvas.Picture
	// Format is how charts are encoded: "png" or "svg".
	Format = canvas.Format
	// TextOptions say how wide the text may be, and whether it has colours.
	TextOptions = text.Options
	// MarkdownOptions say what the Markdown is for.
	MarkdownOptions = text.MarkdownOptions
	// Labelled is a run among others.
	Labelled = view.Labelled
)

// Text writes a run for a terminal.
func Text(w io.Writer, run *record.Run, opts TextOptions) error { return text.Terminal(w, run, opts) }

// Markdown writes a run as a report that can be pasted into a pull request, with its charts.
func Markdown(w io.Writer, run *record.Run, charts []Chart, opts MarkdownOptions) error {
	return text.Markdown(w, run, charts, opts)
}

// Charts draws the one page that sums the run up, and every chart that the run has something to show in. Without
// a format they are PNG.
func Charts(run *record.Run, formats ...Format) ([]Chart, error) { return chart.Of(run, formats...) }

// PlanText writes a plan for a terminal.
func PlanText(w io.Writer, p *record.Plan, opts TextOptions) error { return text.Plan(w, p, opts) }

// PlanMarkdown writes a plan for a pull request.
func PlanMarkdown(w io.Writer, p *record.Plan) error { return text.PlanMarkdown(w, p) }

// Illegible are the letters of a text that charts can't draw, each once.
func Illegible(s string) []string { return canvas.Illegible(s) }

// Set is several runs that are read together.
type Set struct{ of *view.Set }

// NewSet takes runs in the order in which they are to be shown.
func NewSet(runs []Labelled) Set { return Set{view.NewSet(runs)} }

// Own draws the charts of each run, on axes that all of them share; the page that sums a run up keeps its own.
func (s Set) Own(formats ...Format) ([][]Chart, error) { return chart.Own(s.of, formats...) }

// Charts draws the charts that show the runs side by side.
func (s Set) Charts(formats ...Format) ([]Chart, error) { return chart.Together(s.of, formats...) }

// Text writes the runs for a terminal.
func (s Set) Text(w io.Writer, opts TextOptions) error {
	return text.Together(w, s.of, chart.Sentences(s.of), opts)
}

// Markdown writes the runs as a report. Each run's own charts lie in a folder called by its label.
func (s Set) Markdown(w io.Writer, charts []Chart, own [][]Chart, opts MarkdownOptions) error {
	return text.TogetherMarkdown(w, s.of, chart.Sentences(s.of), charts, own, opts)
}
