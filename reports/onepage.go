package reports

import (
	"image/color"
	"slices"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"

	"channelbench/internal/record"
)

// The one page for those who pay: the decision in words, and the four charts that matter for it. 960 × 676.8 points at 150 dpi
// are 2000 × 1410 pixels.
const (
	sheetWidth  = vg.Length(960)
	sheetHeight = vg.Length(676.8)
	sheetDPI    = 150
	sheetMargin = vg.Length(24)
	gutter      = vg.Length(40)
	panelWidth  = (sheetWidth - 2*sheetMargin - gutter) / 2
	pageFile    = "report.png"
)

var (
	sheetTitleStyle    = style{medium: true, size: 23, color: ink}
	questionStyle      = style{size: 9, color: faint}
	answerStyle        = style{size: 10.5, color: ink}
	panelTitleStyle    = style{medium: true, size: 12.5, color: ink}
	panelSubtitleStyle = style{size: 9, color: body}
)

// onePage draws the page, and says in words what it shows.
func onePage(run *record.Run) (p *page, alt string, err error) {
	p = &page{canvas: &recorder.Canvas{}, width: sheetWidth, height: sheetHeight, dpi: sheetDPI}
	b, panels := briefing(run), pageFigures(run)
	p.fill(vg.Rectangle{Min: vg.Point{Y: sheetHeight - 7}, Max: vg.Point{X: sheetWidth, Y: sheetHeight}}, bannerColor(run))
	top := p.writeBrief(b)

	foot := footStyle.wrapAt(" · ", footnote(run), sheetWidth-2*sheetMargin, 2)
	if text := marks(run); text != "" {
		foot = append([]string{footStyle.shortenEnd(text, sheetWidth-2*sheetMargin)}, foot...)
	}
	bottom := 10 + vg.Length(len(foot))*footStyle.leading() + 6
	p.writeLines(foot, vg.Point{X: sheetMargin, Y: 12 + vg.Length(len(foot)-1)*footStyle.leading()}, footStyle, left)

	cells := quarters(vg.Rectangle{Min: vg.Point{X: sheetMargin, Y: bottom}, Max: vg.Point{X: sheetWidth - sheetMargin, Y: top}})
	for i, f := range panels {
		if err := p.writePanel(f.figure, cells[i]); err != nil {
			return nil, "", err
		}
	}
	p.rules(len(panels), top, bottom)
	return p, b.words(), nil
}

// pageChart encodes the page. The numbers behind it are those of its charts.
func pageChart(run *record.Run) (Chart, error) {
	p, alt, err := onePage(run)
	if err != nil {
		return Chart{}, err
	}
	c := Chart{File: pageFile, Title: briefing(run).title, Alt: alt}
	c.PNG, err = p.png()
	return c, err
}

// bannerColor is the winner's, as far as there is one.
func bannerColor(run *record.Run) color.Color {
	if w := named(roster(run), run.Verdict.Winner); w != nil && run.Invalid == "" {
		return w.mark
	}
	return ink
}

// words are the brief as running text.
func (b brief) words() string {
	text := strings.TrimSuffix(b.title, ".") + "."
	for _, f := range b.facts {
		text += " " + strings.TrimSuffix(f.answer, ".") + "."
	}
	return text
}

// writeBrief writes the decision and the answers below it, and returns where the charts may begin.
func (p *page) writeBrief(b brief) vg.Length {
	width := sheetWidth - 2*sheetMargin
	lines := sheetTitleStyle.balance(b.title, width, 2)
	y := p.writeLines(lines, vg.Point{X: sheetMargin, Y: sheetHeight - 38}, sheetTitleStyle, left) - 22
	n := vg.Length(len(b.facts))
	if n == 0 {
		return y
	}
	const between = vg.Length(20)
	column, lowest := (width-between*(n-1))/n, y
	for i, f := range b.facts {
		x := sheetMargin + vg.Length(i)*(column+between)
		p.write(f.question, vg.Point{X: x, Y: y}, questionStyle, left)
		end := p.writeLines(answerStyle.wrap(f.answer, column, 5), vg.Point{X: x, Y: y - 14}, answerStyle, left)
		lowest = min(lowest, end)
	}
	return lowest - 14
}

// quarters are the places of the four charts, in the order of reading.
func quarters(area vg.Rectangle) [4]vg.Rectangle {
	const between = vg.Length(22)
	height := (area.Max.Y - area.Min.Y - between) / 2
	var cells [4]vg.Rectangle
	for i := range cells {
		x, y := area.Min.X+vg.Length(i%2)*(panelWidth+gutter), area.Max.Y-vg.Length(i/2)*(height+between)
		cells[i] = vg.Rectangle{Min: vg.Point{X: x, Y: y - height}, Max: vg.Point{X: x + panelWidth, Y: y}}
	}
	return cells
}

// writePanel draws a figure with its title into a quarter. A figure that wants little room gets no more.
func (p *page) writePanel(f *figure, cell vg.Rectangle) error {
	title := panelTitleStyle.balance(f.title, panelWidth, 2)
	y := p.writeLines(title, vg.Point{X: cell.Min.X, Y: cell.Max.Y - 16}, panelTitleStyle, left)
	y = p.writeLines(panelSubtitleStyle.wrap(f.subtitle, panelWidth, 3), vg.Point{X: cell.Min.X, Y: y - 14}, panelSubtitleStyle, left)
	top := y - 9
	return f.paint(p, vg.Rectangle{Min: vg.Point{X: cell.Min.X, Y: max(cell.Min.Y, top-f.height)}, Max: vg.Point{X: cell.Max.X, Y: top}})
}

// rules draws the lines between the quarters.
func (p *page) rules(panels int, top, bottom vg.Length) {
	middle, x := (top+bottom)/2, sheetWidth/2
	if panels > 1 {
		p.line(stroke(grid, 1), vg.Point{X: x, Y: bottom + 8}, vg.Point{X: x, Y: top - 2})
	}
	if panels > 2 {
		p.line(stroke(grid, 1), vg.Point{X: sheetMargin, Y: middle}, vg.Point{X: sheetWidth - sheetMargin, Y: middle})
	}
	p.line(stroke(grid, 1), vg.Point{X: sheetMargin, Y: top + 2}, vg.Point{X: sheetWidth - sheetMargin, Y: top + 2})
}

// pageFigures picks the charts: what the strategies cost, and how fast they are; then what the question of the run hangs on. A
// budget is asked about where one is stated; the inputs that could change the answer, where ranges are; a bench, when its
// attempts failed. What is left is filled with what else the run can show.
func pageFigures(run *record.Run) []namedFigure {
	order := []string{"at-a-glance.png", "latency-ecdf.png"}
	if run.Scenario.BudgetUSD != nil {
		order = append(order, "budget.png")
	}
	order = append(order, "timeline.png", "tornado.png", "cost-latency.png", "break-even.png", "spend.png", "budget.png")
	var picked []namedFigure
	for _, file := range order {
		if len(picked) == 4 {
			break
		}
		if f := makeFigure(run, file); f != nil && !slices.ContainsFunc(picked, func(p namedFigure) bool { return p.file == file }) {
			picked = append(picked, namedFigure{file, f})
		}
	}
	return picked
}

// makeFigure makes one kind of figure for the page.
func makeFigure(run *record.Run, file string) *figure {
	for _, k := range kinds {
		if k.file == file {
			return k.make(run, panelWidth)
		}
	}
	return nil
}
