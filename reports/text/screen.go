package text

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// ScreenLines is how many lines of 100 columns a result takes, whatever it is of.
const ScreenLines = 40

// screenRows is how many strategies a screen has room for.
const screenRows = 9

// ScreenOptions say what goes onto one screen.
type ScreenOptions struct {
	Options
	Exact bool   // the closed form's rows, too, even where they say the same
	Files string // the folder that holds everything; "": none does
	Call  view.Call
}

// screen is what a run comes to in three parts. The middle one gets what the others leave of the lines.
type screen struct {
	Options
	top, notes, end *sheet
}

func newScreen(run *record.Run, opts Options) *screen {
	return &screen{opts, newSheet(run, opts), newSheet(run, opts), newSheet(run, opts)}
}

// sheet is a terminal that nobody has seen yet.
type sheet struct {
	*terminal
	written *bytes.Buffer
}

func newSheet(run *record.Run, opts Options) *sheet {
	b := &bytes.Buffer{}
	return &sheet{newTerminal(b, run, opts), b}
}

func (s *sheet) text() string {
	_ = s.out.Flush() // into memory
	return s.written.String()
}

func (s *sheet) lines() int { return strings.Count(s.text(), "\n") }

// Screen writes what a run comes to onto one screen: the decision, one table, why not the others, what to do next, and
// where everything else is.
func Screen(w io.Writer, run *record.Run, opts ScreenOptions) error {
	s := newScreen(run, opts.Options)
	shown := view.Shortlist(view.Roster(run), screenRows, view.Chosen(view.Roster(run), run.Verdict))
	s.top.paragraph("", view.Invalidity(run), AnsiRed)
	s.top.paragraph("", view.VerdictSentence(run), AnsiBold)
	s.top.paragraph("", view.MockNote(run), "")
	for _, r := range view.Reasons(run) {
		s.top.paragraph("", r, "")
	}
	s.top.line("")
	s.top.table("", s.figures(run, shown, opts.Exact))
	if left := len(run.Strategies) - len(shown); left > 0 {
		s.top.paragraph("", "And "+words.Plural(left, "more strategy")+", see --details.", "")
	}
	s.top.paragraph("", view.ReplayNote(run, "replayed"), "")
	s.objections(view.Objections(run, shown))
	s.next(view.Next(run, opts.Call))
	s.end.line("")
	s.end.paragraph("", elsewhere(opts.Files), "")
	s.end.paragraph("", strings.Join(view.Footnote(run), " · "), AnsiDim)
	return s.write(w, "Findings and warnings", slices.Concat(run.Findings, view.Warnings(run)))
}

// elsewhere says where everything else is.
func elsewhere(folder string) string {
	if folder == "" {
		return "Everything else: --details."
	}
	return "Everything else: --details, or " + folder + "/report.md and the files beside it."
}

// figures is the one table, of the columns that a screen has room for.
func (s *screen) figures(run *record.Run, shown []view.Entry, exact bool) table {
	columns := slices.Concat(sourceMeasure(run), measures(run), []measure{verdictMeasure(run)})
	cost := slices.IndexFunc(columns, func(m measure) bool { return m.head == "Cost/clip" })
	columns = slices.Insert(columns, cost+1, barMeasure(run, 8))
	t := tabulate(run, columns, true)
	var rows []tableRow
	at := -1
	for i, r := range t.rows {
		if !r.exact {
			at++
		}
		of := &run.Strategies[at]
		switch {
		case !slices.ContainsFunc(shown, func(e view.Entry) bool { return e.Name == of.Name }):
		case !r.exact || exact || view.Differs(of) && !r.repeats(t.rows[i-1]):
			rows = append(rows, r)
		}
	}
	t.rows = rows
	return t.fitting(s.top.width, wanted)
}

// repeats says whether a row of the closed form reads as the one above it.
func (r tableRow) repeats(above tableRow) bool {
	for i, cell := range r.cells[1:] {
		if cell != "" && cell != above.cells[i+1] {
			return false
		}
	}
	return true
}

// wanted are the columns of runs in the order in which a screen wants them; those with other heads come first.
var wanted = []string{"Cost/clip", "Per month", "Delivered", "In time", "p95", "95% interval", "", "Verdict", "p50",
	"Months p05–p95", "p99", "Attempts", "Fallback"}

// fitting leaves out the columns that so much width has no room for, the least wanted ones first.
func (t table) fitting(width int, wanted []string) table {
	order := make([]int, len(t.heads)-1)
	for i := range order {
		order[i] = i + 1
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return slices.Index(wanted, t.heads[a]) - slices.Index(wanted, t.heads[b])
	})
	room := width - t.widths()[0]
	keep := []int{0}
	for _, i := range order {
		if need := 2 + t.widths()[i]; need <= room {
			keep, room = append(keep, i), room-need
		}
	}
	slices.Sort(keep)
	pick := func(cells []string) []string {
		var kept []string
		for _, i := range keep {
			kept = append(kept, cells[i])
		}
		return kept
	}
	rows := slices.Clone(t.rows)
	for i := range rows {
		rows[i].cells = pick(rows[i].cells)
	}
	return table{pick(t.heads), rows}
}

// objections writes a line a strategy: as much as it has room for.
func (s *screen) objections(list []view.Objection) {
	if len(list) == 0 {
		return
	}
	s.top.heading("Why not")
	room := 0
	for _, o := range list {
		room = max(room, columnsOf(plainCell(o.Name)))
	}
	for _, o := range list {
		lead := "  " + pad(plainCell(o.Name), room, false) + "  "
		left := s.top.width - columnsOf(lead)
		fits := func(why string) bool { return columnsOf(plain(why)) <= left }
		why := o.Why[len(o.Why)-1]
		if i := slices.IndexFunc(o.Why, fits); i >= 0 {
			why = o.Why[i]
		}
		s.top.line(lead + words.CutEnd(plain(why), max(left, 10)))
	}
}

// next writes what to do next; its command stands on a line of its own, as it is to be typed.
func (s *screen) next(step *view.Step) {
	if step == nil {
		return
	}
	s.end.heading("Next")
	s.end.paragraph("  ", step.Why, "")
	s.end.line(s.end.paint("    "+plain(step.Command), AnsiBold))
}

// write joins the parts. Of the notes it writes as many as there is room for, and counts the others.
func (s *screen) write(w io.Writer, title string, notes []string) error {
	room := ScreenLines - s.top.lines() - s.end.lines() - 2 // a heading
	for i, note := range notes {
		one := newSheet(s.top.run, s.Options)
		one.paragraph("  ", note, "")
		last := i == len(notes)-1
		if i == 0 {
			s.notes.heading(title)
		}
		if n := one.lines(); n <= room && (last || n < room) {
			room -= n
			s.notes.paragraph("  ", note, "")
			continue
		}
		s.notes.line(fmt.Sprintf("  … %d of %d are left out here; --details prints them.", len(notes)-i, len(notes)))
		break
	}
	for _, part := range []*sheet{s.top, s.notes, s.end} {
		if _, err := io.WriteString(w, part.text()); err != nil {
			return err
		}
	}
	return nil
}

// PlanScreen writes onto one screen what to do first, what a night costs, and what it finds.
func PlanScreen(w io.Writer, p *record.Plan, opts ScreenOptions) error {
	s := newScreen(nil, opts.Options)
	planAnswer(s.top.terminal, p)
	s.top.paragraph("", planTiming(p), "")
	costs := planParts(p)[0]
	s.top.heading(costs.title)
	left := len(costs.table.rows) - 2*screenRows
	if left > 0 { // the sums stand last
		costs.table.rows = slices.Delete(costs.table.rows, screenRows, screenRows+left)
		costs.note = fmt.Sprintf("And %s, see --details. %s", words.Plural(left, "more strategy"), costs.note)
	}
	s.top.table("  ", costs.table)
	s.top.paragraph("  ", costs.note, "")
	s.next(view.NextOfPlan(p, opts.Call))
	s.end.line("")
	s.end.paragraph("", "Everything else: --details (what it shows, what it is worth, what is taken for granted).", "")
	s.end.paragraph("", strings.Join(planFootnote(p), " · "), AnsiDim)
	return s.write(w, "Advice", p.Advice)
}

// TogetherScreen writes several runs onto one screen: what they come to, one table over all, and each run's decision.
func TogetherScreen(w io.Writer, set *view.Set, sentences []string, opts ScreenOptions) error {
	s := newScreen(nil, opts.Options)
	s.top.paragraph("", set.Warning(), AnsiRed)
	for i, text := range sentences[:min(4, len(sentences))] {
		code := ""
		if i == 0 {
			code = AnsiBold
		}
		s.top.paragraph("", text, code)
	}
	s.top.line("")
	t := setTable(set)
	left := len(t.rows) - 2*screenRows
	if left > 0 {
		t.rows = t.rows[:2*screenRows]
	}
	s.top.table("", t.fitting(s.top.width, t.heads))
	if left > 0 {
		s.top.paragraph("", "And "+words.Plural(left, "more row")+", see --details.", "")
	}
	s.top.paragraph("", set.ReplayNote(), "")
	s.end.line("")
	s.end.paragraph("", elsewhere(opts.Files), "")
	s.end.paragraph("", strings.Join(view.SetFootnote(set.All()), " · "), AnsiDim)
	var notes []string
	for _, m := range set.Runs {
		notes = append(notes, m.Label+": "+m.Decision())
	}
	return s.write(w, "Each run's decision, and warnings", append(notes, set.Cautions()...))
}
