package reports

import (
	"bufio"
	"io"
	"strings"

	"channelbench/internal/inert"
)

// Text writes the runs for a terminal: what they come to, then one table over all, then each run's decision.
func (s *Set) Text(w io.Writer, opts TextOptions) error {
	t := &terminal{out: bufio.NewWriter(w), color: opts.Color, width: opts.Width}
	if t.width <= 0 {
		t.width = 100
	}
	t.width = max(t.width, 40)
	t.paragraph("", s.warning(), ansiRed)
	for i, text := range s.sentences() {
		code := ""
		if i == 0 {
			code = ansiBold
		}
		t.paragraph("", text, code)
	}
	t.line("")
	t.table("", s.table())
	t.paragraph("", s.replayNote(), "")
	t.heading("Each run's decision")
	for _, m := range s.runs {
		t.paragraph("  ", m.Label+": "+m.decision(), "")
	}
	t.section("Warnings", s.cautions())
	t.line("")
	t.paragraph("", strings.Join(setFootnote(s.all()), " · "), ansiDim)
	return t.out.Flush()
}

// table has a row for each strategy of each run, the strategies together.
func (s *Set) table() table {
	l := newLineup(s)
	t := table{heads: []string{"Strategy", "Run"}}
	for _, c := range l.columns {
		t.heads = append(t.heads, strings.TrimSpace(c.head[0]+" "+c.head[1]))
	}
	t.heads = append(t.heads, "95% interval", "Orders", "Verdict")
	cents := min(centDecimals(figures(l.all(), costOf))+1, 6)
	clip := func(v *float64) string { return dollarsOrNone(v, cents) }
	for _, b := range l.blocks {
		for _, r := range b.rows {
			label := r.run.Label
			if r.Engine == "replay" {
				label += replayStar
			}
			cells := []string{r.Name, label}
			for _, c := range l.columns {
				cells = append(cells, c.value(r.entry))
			}
			verdict := r.verdict()
			t.rows = append(t.rows, tableRow{cells: append(cells, between(r.CostPerDelivered.Low, r.CostPerDelivered.High, clip), count(r.Orders), verdict), winner: verdict == "winner"})
		}
	}
	return t
}

func (s *Set) replayNote() string {
	for _, m := range s.runs {
		if text := marks(m.Run); text != "" {
			return text
		}
	}
	return ""
}

// all are the runs of the set.
func (s *Set) all() []*member {
	list := make([]*member, len(s.runs))
	for i := range s.runs {
		list[i] = &s.runs[i]
	}
	return list
}

// decision is what a run says, after what forbids its use.
func (m *member) decision() string {
	if text := invalidity(m.Run); text != "" {
		return strings.TrimSuffix(text, ".") + ". " + verdictSentence(m.Run)
	}
	return verdictSentence(m.Run)
}

// cautions are the warnings of all runs, each said once.
func (s *Set) cautions() []string {
	var list []string
	of := map[string][]string{}
	for _, m := range s.runs {
		for _, w := range warnings(m.Run) {
			if of[w] == nil {
				list = append(list, w)
			}
			of[w] = append(of[w], m.Label)
		}
	}
	for i, w := range list {
		list[i] = strings.Join(of[w], ", ") + ": " + w
	}
	return list
}

// Markdown writes the runs as a report. Each run's own charts lie in a folder called by its label.
func (s *Set) Markdown(w io.Writer, charts []Chart, own [][]Chart, opts MarkdownOptions) error {
	text := ""
	for _, most := range []int{120, 60, 25, 10, 4, 1} { // lines per list, fewer until the comment fits
		m := &markdown{most: most, opts: opts}
		s.report(m, charts, own)
		if text = m.b.String(); len(text) < markdownRoom {
			break
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

func (s *Set) report(m *markdown, charts []Chart, own [][]Chart) {
	if text := s.warning(); text != "" {
		m.printf("**%s**\n\n", escape(text))
	}
	first, more := s.sentences()[0], s.sentences()[1:]
	m.printf("**%s**\n\n", escape(first))
	for _, text := range more {
		if !m.opts.Comment {
			m.printf("%s\n\n", escape(text))
		}
	}
	m.table(s.table())
	if m.opts.Comment {
		m.list("What else they show", more)
	}
	if text := s.replayNote(); text != "" {
		m.printf("%s.\n\n", escape(text))
	}
	decisions := make([]string, len(s.runs))
	for i, r := range s.runs {
		decisions[i] = "**" + escape(r.Label) + "**: " + escape(r.decision())
	}
	for i, text := range decisions {
		if m.full(i, len(decisions)) {
			break
		}
		m.printf("- %s\n", text)
	}
	m.printf("\n")
	if m.shows() {
		m.pictures("", charts)
		s.albums(m, own)
	}
	m.list("Charts in words", inWords(charts))
	m.list("Warnings", s.cautions())
	m.list("Not measured", s.assumptions())
	m.printf("<sub>%s</sub>\n\n", escape(strings.Join(setFootnote(s.all()), " · ")))
	m.printf("<!-- channelbench: report %s -->\n", inert.Comment(cutEnd(strings.Join(s.scenarios(), ", "), 600)))
}

// albums fold each run's own charts away.
func (s *Set) albums(m *markdown, own [][]Chart) {
	for i, of := range own {
		if label := s.runs[i].Label; i < m.most && len(of) > 0 {
			m.fold("Charts of "+escape(label), func() { m.pictures(label, of) })
		}
	}
}

// assumptions are those of all runs, each said once.
func (s *Set) assumptions() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.runs {
		for _, a := range m.Run.Scenario.Assumptions {
			text := a.Confidence + ": " + assumption(a)
			if !seen[text] {
				seen[text] = true
				list = append(list, text)
			}
		}
	}
	return list
}

// scenarios are the names of the runs' scenarios, each once.
func (s *Set) scenarios() []string {
	var list []string
	seen := map[string]bool{}
	for _, m := range s.runs {
		if name := m.Run.Scenario.Name; !seen[name] {
			seen[name] = true
			list = append(list, name)
		}
	}
	return list
}
