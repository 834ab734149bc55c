package text

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"channelbench/internal/inert"
	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// Options says what the terminal can show.
type Options struct {
	Color bool // use ANSI colours
	Width int  // columns; 0 means 100
}

// The ANSI codes in use. Colour only repeats what words say.
const (
	AnsiBold  = "1"
	AnsiDim   = "2"
	AnsiRed   = "31"
	AnsiGreen = "32"
)

// Terminal writes the run for a terminal: the decision first, then the figures, then what they rest on.
func Terminal(w io.Writer, run *record.Run, opts Options) error {
	t := newTerminal(w, run, opts)
	t.paragraph("", view.Invalidity(run), AnsiRed)
	t.verdict()
	t.figures()
	t.requirements()
	t.section("Break-evens", view.BreakEvens(run))
	t.ranges()
	t.channels()
	t.errors()
	t.assumptions()
	t.bills()
	t.section("Findings", run.Findings)
	t.section("Warnings", view.Warnings(run))
	t.line("")
	t.paragraph("", strings.Join(view.Footnote(run), " · "), AnsiDim)
	return t.out.Flush()
}

// terminal writes lines; its writer keeps the first error until Flush.
type terminal struct {
	out   *bufio.Writer
	run   *record.Run
	color bool
	width int
}

func newTerminal(w io.Writer, run *record.Run, opts Options) *terminal {
	t := &terminal{out: bufio.NewWriter(w), run: run, color: opts.Color, width: opts.Width}
	if t.width <= 0 {
		t.width = 100
	}
	t.width = max(t.width, 40)
	return t
}

func (t *terminal) verdict() {
	t.paragraph("", view.VerdictSentence(t.run), AnsiBold)
	t.paragraph("", view.MockNote(t.run), "")
	for _, r := range t.run.Verdict.Reasons {
		t.paragraph("", r, "")
	}
}

// figures writes the table of strategies.
func (t *terminal) figures() {
	columns := measures(t.run)
	columns = append([]measure{columns[0], barMeasure(t.run, 8)}, append(columns[1:], verdictMeasure(t.run))...)
	t.line("")
	t.table("", tabulate(t.run, append(sourceMeasure(t.run), columns...), true))
	t.paragraph("", view.ReplayNote(t.run, "replayed"), "")
}

// ranges writes what the stated ranges could change.
func (t *terminal) ranges() {
	s := t.run.Sensitivity
	if s == nil {
		return
	}
	t.section("What the stated ranges could change", uncertainty(s))
	if effects, note := effectTable(s); len(effects.rows) > 0 {
		t.line("")
		t.table("  ", effects)
		t.paragraph("  ", note, "")
	}
	if costs := tornado(s); len(costs.rows) > 0 {
		t.heading("Change of the monthly cost, at the low and the high end of one range")
		t.table("  ", costs)
	}
	t.section("Where another strategy becomes the best", flips(s))
}

// bills writes what channels and accounts were paid.
func (t *terminal) bills() {
	if len(t.run.Bills) > 0 {
		t.heading("Bills")
		t.table("  ", billTable(t.run))
	}
	if len(t.run.Accounts) > 0 {
		t.heading("Accounts")
		t.table("  ", accountTable(t.run))
	}
}

// table writes a table, in several parts where it is wider than the terminal.
func (t *terminal) table(indent string, tab table) {
	widths := tab.widths()
	for from := 1; from < len(widths); {
		to, used := from, len(indent)+widths[0]
		for to < len(widths) && (to == from || used+2+widths[to] <= t.width) {
			used += 2 + widths[to]
			to++
		}
		if from > 1 {
			t.line("")
		}
		t.part(indent, tab, widths, from, to)
		from = to
	}
}

// widths are those of the columns.
func (t table) widths() []int {
	widths := make([]int, len(t.heads))
	for i, head := range t.heads {
		widths[i] = columnsOf(plain(head))
		for _, row := range t.rows {
			widths[i] = max(widths[i], columnsOf(plainCell(row.cells[i])))
		}
	}
	return widths
}

// part writes the first column and those from one to another.
func (t *terminal) part(indent string, tab table, widths []int, from, to int) {
	row := func(cells []string) string {
		text := indent + pad(plainCell(cells[0]), widths[0], false)
		for i := from; i < to; i++ {
			leftAligned := slices.Contains([]string{"", "Run", "Source", "Verdict"}, tab.heads[i])
			text += "  " + pad(plainCell(cells[i]), widths[i], !leftAligned)
		}
		return strings.TrimRight(text, " ")
	}
	t.line(t.paint(row(tab.heads), AnsiBold))
	for _, r := range tab.rows {
		code := ""
		if r.exact {
			code = AnsiDim
		}
		t.line(t.paint(row(r.cells), code))
	}
}

func (t *terminal) requirements() {
	list := t.run.Verdict.Requirements
	if len(list) == 0 {
		return
	}
	t.heading("Requirements")
	nameWidth, textWidth := 0, 0
	for _, r := range list {
		nameWidth = max(nameWidth, columnsOf(plain(r.Strategy)))
		textWidth = max(textWidth, columnsOf(plain(r.Text)))
	}
	for _, r := range list {
		code := AnsiRed
		if r.Holds {
			code = AnsiGreen
		}
		t.line("  " + t.paint(view.Mark(r.Holds), code) + " " + pad(plain(r.Strategy), nameWidth, false) + "  " +
			pad(plain(r.Text), textWidth, false) + "  " + view.RequirementText(t.run, r))
	}
}

// channels writes what each channel costs and, beside it, on what terms it is used.
func (t *terminal) channels() {
	if len(t.run.Scenario.Channels) == 0 {
		return
	}
	t.heading("Channels")
	for _, c := range t.run.Scenario.Channels {
		t.paragraph("  ", fmt.Sprintf("%s (%s): %s", view.WithLabel(c.Name, c.Label), c.Kind,
			words.OrNone(c.Terms, "no terms noted")), "")
		t.paragraph("    ", view.PriceNote(c), "")
		if s := view.Spend(t.run, c.Name); s != "" {
			t.paragraph("    ", "charges a month: "+s, "")
		}
	}
	if h := view.Handling(t.run); h != "" {
		t.paragraph("  ", "penalties and fixed costs a month: "+h, "")
	}
}

func (t *terminal) errors() { t.section("Errors per 1,000 orders", errorLines(t.run)) }

// errorLines say what each strategy's attempts met, and why orders were lost.
func errorLines(run *record.Run) []string {
	var lines []string
	for _, s := range run.Strategies {
		line := s.Name + ": "
		failed, lost := view.Counts(s.ErrorsPer1000), view.Counts(s.UndeliveredReasons)
		switch {
		case failed != "" && lost != "":
			line += failed + "; undelivered: " + lost
		case failed != "":
			line += failed
		case lost != "":
			line += "undelivered: " + lost
		default:
			continue
		}
		if countries := view.Counts(s.RegionByCountry); countries != "" {
			line += "; region errors by country: " + countries
		}
		lines = append(lines, line)
	}
	return lines
}

func (t *terminal) assumptions() {
	var lines []string
	for _, a := range t.run.Scenario.Assumptions {
		lines = append(lines, "["+a.Confidence+"] "+view.Assumption(a))
	}
	t.section("Not measured", lines)
}

// section writes a heading and its lines, or nothing.
func (t *terminal) section(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	t.heading(title)
	for _, l := range lines {
		t.paragraph("  ", l, "")
	}
}

func (t *terminal) heading(title string) {
	t.line("")
	t.line(t.paint(title, AnsiBold))
}

// paragraph writes text wrapped at spaces; later lines stand two further in.
func (t *terminal) paragraph(indent, text, code string) {
	words := strings.Fields(plain(text))
	for first := true; len(words) > 0; first = false {
		lead := indent
		if !first && indent != "" {
			lead += "  "
		}
		n, used := 1, columnsOf(lead+words[0])
		for n < len(words) && used+1+columnsOf(words[n]) <= t.width {
			used += 1 + columnsOf(words[n])
			n++
		}
		t.line(lead + t.paint(strings.Join(words[:n], " "), code))
		words = words[n:]
	}
}

func (t *terminal) line(text string) {
	t.out.WriteString(text)
	t.out.WriteByte('\n')
}

func (t *terminal) paint(text, code string) string {
	if !t.color || code == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// plain is text without anything that could steer a terminal; names come from a file that someone
// else may have written.
func plain(text string) string { return inert.Line(text) }

// plainCell is plain, with names cut so that one of them cannot push the table off the screen.
func plainCell(text string) string { return words.CutEnd(plain(text), 40) }

// columnsOf is how many columns of a terminal the text takes: two for the wide letters of East Asia.
func columnsOf(text string) int {
	n := 0
	for _, r := range text {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			if !unicode.Is(unicode.Mn, r) {
				n++
			}
		}
	}
	return n
}

// pad fills text with spaces.
func pad(text string, columns int, toTheRight bool) string {
	fill := strings.Repeat(" ", max(0, columns-columnsOf(text)))
	if toTheRight {
		return fill + text
	}
	return text + fill
}
