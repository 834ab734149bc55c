package reports

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"

	"channelbench/internal/record"
)

// The one page for those who pay, as a slide that can be read 800 pixels wide: the decision in words, and the chart that shows
// it. 720 × 405 points at 200 dpi are 2000 × 1125 pixels.
const (
	sheetWidth  = vg.Length(720)
	sheetHeight = vg.Length(405)
	sheetMargin = vg.Length(24)
	panelWidth  = vg.Length(424)
	answerWidth = sheetWidth - 2*sheetMargin - 30 - panelWidth
	pageFile    = "report.png"
)

var (
	sheetTitleStyle    = style{medium: true, size: 20, color: ink}
	contextStyle       = style{size: 9.5, color: body}
	questionStyle      = style{size: 9, color: faint}
	answerStyle        = style{size: 10, color: ink}
	panelTitleStyle    = style{medium: true, size: 11.5, color: ink}
	panelSubtitleStyle = style{size: 9, color: body}
	sheetFootStyle     = style{size: 8.2, color: faint}
)

// onePage draws the page, and says in words what it shows.
func onePage(run *record.Run) (p *page, alt string, err error) {
	const width = sheetWidth - 2*sheetMargin
	p = &page{canvas: &recorder.Canvas{}, width: sheetWidth, height: sheetHeight, dpi: dpi}
	p.fill(vg.Rectangle{Min: vg.Point{Y: sheetHeight - 5}, Max: vg.Point{X: sheetWidth, Y: sheetHeight}}, bannerColor(run))
	b := briefing(run)
	y := p.writeLines(sheetTitleStyle.balance(b.title, width, 2), vg.Point{X: sheetMargin, Y: sheetHeight - 32}, sheetTitleStyle, left)
	y = p.writeLines(contextStyle.wrapAt(" · ", purchase(run), width, 2), vg.Point{X: sheetMargin, Y: y - 17}, contextStyle, left)

	foot := sheetFootStyle.wrapAt(" · ", footnote(run), width, 2)
	if text := marks(run); text != "" {
		foot = append([]string{sheetFootStyle.shortenEnd(text, width)}, foot...)
	}
	bottom := 10 + vg.Length(len(foot))*sheetFootStyle.leading() + 6
	p.writeLines(foot, vg.Point{X: sheetMargin, Y: 10 + vg.Length(len(foot)-1)*sheetFootStyle.leading()}, sheetFootStyle, left)

	area := vg.Rectangle{Min: vg.Point{X: sheetMargin, Y: bottom}, Max: vg.Point{X: sheetWidth - sheetMargin, Y: y - 12}}
	p.line(stroke(grid, 1), vg.Point{X: area.Min.X, Y: area.Max.Y}, area.Max)
	writeAnswers(p, b.facts, area)
	area.Min.X = area.Max.X - panelWidth
	return p, b.words(), writePanel(p, kinds[0].of(run, panelWidth), area)
}

// pageChart encodes the page. The numbers behind it are those of its charts.
func pageChart(run *record.Run) (Picture, error) {
	p, alt, err := onePage(run)
	if err != nil {
		return Picture{}, err
	}
	c := Picture{File: pageFile, Title: briefing(run).title, Alt: alt}
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

// writeAnswers writes the answers below each other. Each has an equal share of the room, and what the later ones leave.
func writeAnswers(p *page, facts []fact, area vg.Rectangle) {
	const above, below = 13, 20 // of an answer: down from its question, and to the next one
	height := func(lines int) vg.Length { return above + vg.Length(lines)*answerStyle.leading() + below }
	y := area.Max.Y - 16
	for i, f := range facts {
		share := (y - area.Min.Y) / vg.Length(len(facts)-i)
		room := y - area.Min.Y
		for _, later := range facts[i+1:] {
			room -= min(share, height(len(answerStyle.wrap(later.answer, answerWidth, 99))))
		}
		lines := max(1, int((room-height(0)+below)/answerStyle.leading()))
		p.write(f.question, vg.Point{X: area.Min.X, Y: y}, questionStyle, left)
		at := vg.Point{X: area.Min.X, Y: y - above}
		y = p.writeLines(answerStyle.wrap(f.answer, answerWidth, lines), at, answerStyle, left) - below
	}
}

// writePanel draws a figure with its title into a box. A figure that wants little room gets little more.
func writePanel(p *page, f *figure, cell vg.Rectangle) error {
	title := panelTitleStyle.balance(f.Title(), panelWidth, 2)
	y := p.writeLines(title, vg.Point{X: cell.Min.X, Y: cell.Max.Y - 16}, panelTitleStyle, left)
	y = p.writeLines(panelSubtitleStyle.wrap(f.Subtitle(), panelWidth, 3), vg.Point{X: cell.Min.X, Y: y - 14}, panelSubtitleStyle, left)
	top := y - 9
	return f.Paint(p, vg.Rectangle{Min: vg.Point{X: cell.Min.X, Y: max(cell.Min.Y, top-1.25*f.Height())}, Max: vg.Point{X: cell.Max.X, Y: top}})
}
