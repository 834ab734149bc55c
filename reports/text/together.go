package text

import (
	"io"
	"strings"

	"channelbench/internal/inert"
	"channelbench/internal/words"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// Together writes the runs for a terminal: what they come to, then one table over all, then each run's decision.
func Together(w io.Writer, s *view.Set, sentences []string, opts Options) error {
	t := newTerminal(w, nil, opts)
	t.paragraph("", s.Warning(), AnsiRed)
	for i, text := range sentences {
		code := ""
		if i == 0 {
			code = AnsiBold
		}
		t.paragraph("", text, code)
	}
	t.line("")
	t.table("", setTable(s))
	t.paragraph("", s.ReplayNote(), "")
	t.heading("Each run's decision")
	for _, m := range s.Runs {
		t.paragraph("  ", m.Label+": "+m.Decision(), "")
	}
	t.section("Warnings", s.Cautions())
	t.line("")
	t.paragraph("", strings.Join(view.SetFootnote(s.All()), " · "), AnsiDim)
	return t.out.Flush()
}

// table has a row for each strategy of each run, the strategies together.
func setTable(s *view.Set) table {
	l := view.NewLineup(s)
	t := table{heads: []string{"Strategy", "Run"}}
	for _, c := range l.Columns {
		t.heads = append(t.heads, strings.TrimSpace(c.Head[0]+" "+c.Head[1]))
	}
	t.heads = append(t.heads, "95% interval", "Orders", "Verdict")
	cents := min(words.CentDecimals(view.Figures(l.All(), view.CostOf))+1, 6)
	clip := func(v *float64) string { return dollarsOrNone(v, cents) }
	for _, b := range l.Blocks {
		for _, r := range b.Rows {
			label := r.Run.Label
			if r.Engine == "replay" {
				label += view.ReplayStar
			}
			cells := []string{r.Name, label}
			for _, c := range l.Columns {
				cells = append(cells, c.Value(r.Entry))
			}
			verdict := r.Verdict()
			t.rows = append(t.rows, tableRow{cells: append(cells, between(r.CostPerDelivered.Low, r.CostPerDelivered.High, clip),
				words.Count(r.Orders), verdict), winner: verdict == "winner"})
		}
	}
	return t
}

// Markdown writes the runs as a report. Each run's own charts lie in a folder called by its label.
func TogetherMarkdown(w io.Writer, s *view.Set, sentences []string, charts []canvas.Picture, own [][]canvas.Picture,
	opts MarkdownOptions) error {
	text := ""
	for _, most := range []int{120, 60, 25, 10, 4, 1} { // lines per list, fewer until the comment fits
		m := &markdown{most: most, opts: opts}
		m.set(s, sentences, charts, own)
		if text = m.b.String(); len(text) < MarkdownRoom {
			break
		}
	}
	_, err := io.WriteString(w, text)
	return err
}

func (m *markdown) set(s *view.Set, sentences []string, charts []canvas.Picture, own [][]canvas.Picture) {
	if text := s.Warning(); text != "" {
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
	if text := s.ReplayNote(); text != "" {
		m.printf("%s.\n\n", escape(text))
	}
	decisions := make([]string, len(s.Runs))
	for i, r := range s.Runs {
		decisions[i] = "**" + escape(r.Label) + "**: " + escape(r.Decision())
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
	m.list("These charts in words", inWords(charts))
	m.list("Warnings", s.Cautions())
	m.list("Not measured", s.Assumptions())
	m.printf("<sub>%s</sub>\n\n", escape(strings.Join(view.SetFootnote(s.All()), " · ")))
	m.printf("<!-- channelbench: report %s -->\n", inert.Comment(words.CutEnd(strings.Join(s.Scenarios(), ", "), 600)))
}

// albums fold each run's own charts away.
func (m *markdown) albums(s *view.Set, own [][]canvas.Picture) {
	for i, of := range own {
		if label := s.Runs[i].Label; i < m.most && len(of) > 0 {
			m.fold("Charts of "+escape(label), func() { m.pictures(label, of) })
		}
	}
}
