package reports

import (
	"bufio"
	"io"
	"strings"

	"channelbench/internal/inert"
)

// Text writes the runs for a terminal: what they come to, then one table over all, then each run's decision.
func SetText(w io.Writer, s *Set, sentences []string, opts TextOptions) error {
	t := &terminal{out: bufio.NewWriter(w), color: opts.Color, width: opts.Width}
	if t.width <= 0 {
		t.width = 100
	}
	t.width = max(t.width, 40)
	t.paragraph("", s.warning(), ansiRed)
	for i, text := range sentences {
		code := ""
		if i == 0 {
			code = ansiBold
		}
		t.paragraph("", text, code)
	}
	t.line("")
	t.table("", setTable(s))
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
func setTable(s *Set) table {
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

// Markdown writes the runs as a report. Each run's own charts lie in a folder called by its label.
func SetMarkdown(w io.Writer, s *Set, sentences []string, charts []Picture, own [][]Picture, opts MarkdownOptions) error {
	text := ""
	for _, most := range []int{120, 60, 25, 10, 4, 1} { // lines per list, fewer until the comment fits
		m := &markdown{most: most, opts: opts}
		m.set(s, sentences, charts, own)
		if text = m.b.String(); len(text) < markdownRoom {
			break
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

func (m *markdown) set(s *Set, sentences []string, charts []Picture, own [][]Picture) {
	if text := s.warning(); text != "" {
		m.printf("**%s**\n\n", escape(text))
	}
	first, more := sentences[0], sentences[1:]
	m.printf("**%s**\n\n", escape(first))
	for _, text := range more {
		if !m.opts.Comment {
			m.printf("%s\n\n", escape(text))
		}
	}
	m.table(setTable(s))
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
		m.albums(s, own)
	}
	m.list("Charts in words", inWords(charts))
	m.list("Warnings", s.cautions())
	m.list("Not measured", s.assumptions())
	m.printf("<sub>%s</sub>\n\n", escape(strings.Join(setFootnote(s.all()), " · ")))
	m.printf("<!-- channelbench: report %s -->\n", inert.Comment(cutEnd(strings.Join(s.scenarios(), ", "), 600)))
}

// albums fold each run's own charts away.
func (m *markdown) albums(s *Set, own [][]Picture) {
	for i, of := range own {
		if label := s.runs[i].Label; i < m.most && len(of) > 0 {
			m.fold("Charts of "+escape(label), func() { m.pictures(label, of) })
		}
	}
}
