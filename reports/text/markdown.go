package text

import (
	"cmp"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strings"

	"channelbench/internal/inert"
	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// MarkdownRoom is what a pull-request comment holds: GitHub takes 65,536 characters.
const MarkdownRoom = 60_000

// MarkdownOptions say where a report will be read.
type MarkdownOptions struct {
	ImageBase *url.URL // where the pictures lie; nil: beside the file
	// a comment of a pull request, beside which nothing lies: the sentence, one table, all else folded away
	Comment bool
}

// Markdown writes the run as a report: the decision first, one table, the charts, and everything else folded away.
// Charts are named, not embedded.
func Markdown(w io.Writer, run *record.Run, charts []canvas.Picture, opts MarkdownOptions) error {
	text := ""
	for _, most := range []int{60, 25, 10, 4, 1} { // lines per list, fewer until the comment fits
		m := &markdown{run: run, most: most, opts: opts}
		m.report(charts)
		if text = m.b.String(); len(text) < MarkdownRoom {
			break
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

type markdown struct {
	b    strings.Builder
	run  *record.Run
	most int // lines of a list; what is left out is counted
	opts MarkdownOptions
}

func (m *markdown) report(charts []canvas.Picture) {
	if text := view.Invalidity(m.run); text != "" {
		m.printf("**%s**\n\n", escape(text))
	}
	m.printf("**%s**\n\n", escape(view.VerdictSentence(m.run)))
	if text := view.MockNote(m.run); text != "" {
		m.printf("%s\n\n", text)
	}
	figures := slices.Concat(sourceMeasure(m.run), measures(m.run), []measure{verdictMeasure(m.run)})
	if m.opts.Comment {
		m.table(tabulate(m.run, few(figures), false))
	} else {
		m.reasons()
		m.table(tabulate(m.run, figures, false))
	}
	if text := view.ReplayNote(m.run, "replayed"); text != "" {
		m.printf("%s.\n\n", text)
	}
	if text := strings.Join(view.Purchase(m.run), " · "); text != "" {
		m.printf("%s\n\n", escape(text))
	}
	if m.opts.Comment {
		m.list("Why", m.run.Verdict.Reasons)
		m.fold("All figures", func() { m.table(tabulate(m.run, figures, false)) })
	}
	m.charts(charts)
	m.findings()
	m.requirements()
	m.channels()
	m.list("Errors per 1,000 orders", errorLines(m.run))
	m.exact()
	m.list("Break-evens", view.BreakEvens(m.run))
	m.ranges()
	m.bills()
	m.list("Warnings", view.Warnings(m.run))
	m.list("Not measured", m.assumptions())
	m.printf("<sub>%s</sub>\n\n", escape(strings.Join(view.Footnote(m.run), " · ")))
	// The mark by which a later run finds its own comment.
	m.printf("<!-- channelbench: %s -->\n", inert.Comment(words.CutEnd(m.run.Scenario.Name, 600)))
}

// few are the figures that a comment has room for.
func few(figures []measure) []measure {
	wide := []string{"95% interval", "Months p05–p95", "p50", "p99", "Attempts", "Fallback"}
	return slices.DeleteFunc(slices.Clone(figures), func(f measure) bool { return slices.Contains(wide, f.head) })
}

func (m *markdown) reasons() {
	for i, r := range m.run.Verdict.Reasons {
		if m.full(i, len(m.run.Verdict.Reasons)) {
			break
		}
		m.printf("%s\n\n", escape(r))
	}
}

// charts shows the page, folds the others away, and tells in words what all of them show.
func (m *markdown) charts(charts []canvas.Picture) {
	if m.shows() && len(charts) > 0 {
		m.pictures("", charts[:1])
	}
	if m.shows() && len(charts) > 1 {
		m.fold(fmt.Sprintf("Further charts (%d)", len(charts)-1), func() { m.pictures("", charts[1:]) })
	}
	m.list("All charts in words", inWords(charts))
}

// shows says whether pictures can be seen where the report will be read.
func (m *markdown) shows() bool { return m.opts.ImageBase != nil || !m.opts.Comment }

// pictures shows charts that lie in a folder. Their alt texts are what stands there if they can't be seen.
func (m *markdown) pictures(folder string, charts []canvas.Picture) {
	for _, c := range charts {
		m.printf("![%s](%s)\n\n", escapeUpTo(c.Title, 150), m.address(folder, c.File))
	}
}

// address is where a picture lies, as the target of a link.
func (m *markdown) address(folder, file string) string {
	path := cmp.Or(m.opts.ImageBase, &url.URL{}).JoinPath(url.PathEscape(folder), file).String()
	return strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", `"`, "%22", " ", "%20").Replace(path)
}

// inWords are what charts say, for those who don't see them.
func inWords(charts []canvas.Picture) []string {
	var list []string
	for _, c := range charts {
		list = append(list, c.File+": "+c.Alt)
	}
	return list
}

func (m *markdown) printf(format string, args ...any) { fmt.Fprintf(&m.b, format, args...) }

// full says whether the ith of n lines is one too many, and counts what is left out.
func (m *markdown) full(i, n int) bool {
	if i < m.most {
		return false
	}
	m.printf("… and %s more in run.json.\n\n", words.Count(int64(n-i)))
	return true
}

// table writes rows of figures; all but the names stand to the right.
func (m *markdown) table(t table) {
	heads := make([]string, len(t.heads))
	for i, head := range t.heads {
		heads[i] = escape(head)
	}
	m.printf("| %s |\n|:--%s\n", strings.Join(heads, " | "), strings.Repeat("|--:", len(heads)-1)+"|")
	for i, row := range t.rows {
		if i >= m.most {
			m.printf("\n")
			m.full(i, len(t.rows))
			return
		}
		cells := make([]string, len(row.cells))
		for j, c := range row.cells {
			cells[j] = escape(c)
		}
		if row.winner {
			cells[0] = "**" + cells[0] + "**"
		}
		m.printf("| %s |\n", strings.Join(cells, " | "))
	}
	m.printf("\n")
}

// fold writes a part that is closed at first.
func (m *markdown) fold(title string, write func()) {
	m.printf("<details><summary>%s</summary>\n\n", title)
	write()
	m.printf("</details>\n\n")
}

// list folds lines away, or writes nothing.
func (m *markdown) list(title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	m.fold(fmt.Sprintf("%s (%d)", title, len(lines)), func() { m.items(lines) })
}

// items writes lines as a list.
func (m *markdown) items(lines []string) {
	for i, l := range lines {
		if i >= m.most {
			m.printf("\n")
			m.full(i, len(lines))
			return
		}
		m.printf("- %s\n", escape(l))
	}
	m.printf("\n")
}

// findings writes what was found out about the channels; not folded, since nobody looks for it.
func (m *markdown) findings() {
	if len(m.run.Findings) > 0 {
		m.printf("**Findings**\n\n")
		m.items(m.run.Findings)
	}
}

func (m *markdown) requirements() {
	list := m.run.Verdict.Requirements
	if len(list) == 0 {
		return
	}
	held := 0
	for _, r := range list {
		if r.Holds {
			held++
		}
	}
	m.fold(fmt.Sprintf("Requirements (%d of %d hold)", held, len(list)), func() {
		m.printf("| | Strategy | Requirement | Outcome |\n|:-:|:--|:--|:--|\n")
		for i, r := range list {
			if i >= m.most {
				m.printf("\n")
				m.full(i, len(list))
				return
			}
			m.printf("| %s | %s | %s | %s |\n", view.Mark(r.Holds), escape(r.Strategy), escape(r.Text),
				escape(view.RequirementText(m.run, r)))
		}
		m.printf("\n")
	})
}

// channels folds away what each channel costs and on what terms it is used.
func (m *markdown) channels() {
	list := m.run.Scenario.Channels
	if len(list) == 0 {
		return
	}
	m.fold(fmt.Sprintf("Channels: prices and terms (%d)", len(list)), func() {
		m.printf("| Channel | Kind | Charges a month | Price | Terms |\n|:--|:--|:--|:--|:--|\n")
		for i, c := range list {
			if i >= m.most {
				m.printf("\n")
				m.full(i, len(list))
				return
			}
			m.printf("| %s | %s | %s | %s | %s |\n", escape(view.WithLabel(c.Name, c.Label)), escape(c.Kind),
				escape(words.OrNone(view.Spend(m.run, c.Name), words.NoData)),
				escape(strings.TrimPrefix(view.PriceNote(c), "price ")), escape(words.OrNone(c.Terms, "none noted")))
		}
		m.printf("\n")
		if h := view.Handling(m.run); h != "" {
			m.printf("Penalties and fixed costs a month: %s\n\n", escape(h))
		}
	})
}

// ranges folds away what the stated ranges could change.
func (m *markdown) ranges() {
	s := m.run.Sensitivity
	if s == nil {
		return
	}
	m.fold("What the stated ranges could change", func() {
		m.items(uncertainty(s))
		if effects, note := effectTable(s); len(effects.rows) > 0 {
			m.table(effects)
			m.printf("%s\n\n", escape(note))
		}
		if costs := tornado(s); len(costs.rows) > 0 {
			m.printf("Change of the monthly cost, at the low and the high end of one range:\n\n")
			m.table(costs)
		}
		m.printf("Where another strategy becomes the best:\n\n")
		m.items(flips(s))
	})
}

// bills folds away what channels and accounts were paid.
func (m *markdown) bills() {
	if len(m.run.Bills)+len(m.run.Accounts) == 0 {
		return
	}
	m.fold("Bills", func() {
		for _, t := range []table{billTable(m.run), accountTable(m.run)} {
			if len(t.rows) > 0 {
				m.table(t)
			}
		}
	})
}

// exact folds away the comparison with the closed form.
func (m *markdown) exact() {
	for i := range m.run.Strategies {
		if compared(&m.run.Strategies[i]) {
			m.fold("Simulated against the closed form", func() {
				var both []measure
				for _, c := range measures(m.run) {
					if c.exact != nil {
						both = append(both, c)
					}
				}
				m.table(tabulate(m.run, both, true))
			})
			return
		}
	}
}

func (m *markdown) assumptions() []string {
	var lines []string
	for _, a := range m.run.Scenario.Assumptions {
		lines = append(lines, a.Confidence+": "+view.Assumption(a))
	}
	return lines
}

// escape makes text harmless in a table, a heading or an image's alt text, and cuts what no one reads.
func escape(text string) string { return escapeUpTo(text, 600) }

func escapeUpTo(text string, most int) string { return inert.Markdown(words.CutEnd(text, most)) }
