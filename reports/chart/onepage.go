package chart

import (
	"image/color"
	"strings"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/view"
)

// The one page for those who pay, as a slide that can be read 800 pixels wide: the decision in words, and the chart
// that shows it. 720 × 405 points at 200 dpi are 2000 × 1125 pixels.
const (
	sheetWidth  = vg.Length(720)
	sheetHeight = vg.Length(405)
	sheetMargin = vg.Length(24)
	panelWidth  = vg.Length(424)
	answerWidth = sheetWidth - 2*sheetMargin - 30 - panelWidth
	pageFile    = "report.png"
)

var (
	sheetTitleStyle    = canvas.Style{Medium: true, Size: 20, Color: canvas.Ink}
	contextStyle       = canvas.Style{Size: 9.5, Color: canvas.BodyColor}
	questionStyle      = canvas.Style{Size: 9, Color: canvas.Faint}
	answerStyle        = canvas.Style{Size: 10, Color: canvas.Ink}
	panelTitleStyle    = canvas.Style{Medium: true, Size: 11.5, Color: canvas.Ink}
	panelSubtitleStyle = canvas.Style{Size: 9, Color: canvas.BodyColor}
	sheetFootStyle     = canvas.Style{Size: 8.2, Color: canvas.Faint}
)

// onePage draws the page, and says in words what it shows.
func onePage(run *record.Run) (p *canvas.Page, alt string, err error) {
	const width = sheetWidth - 2*sheetMargin
	p = &canvas.Page{Canvas: &recorder.Canvas{}, Width: sheetWidth, Height: sheetHeight, Dpi: canvas.Dpi}
	p.Fill(vg.Rectangle{Min: vg.Point{Y: sheetHeight - 5}, Max: vg.Point{X: sheetWidth, Y: sheetHeight}}, bannerColor(run))
	b := briefing(run)
	y := p.WriteLines(sheetTitleStyle.Balance(b.title, width, 2), vg.Point{X: sheetMargin, Y: sheetHeight - 32},
		sheetTitleStyle, canvas.Left)
	y = p.WriteLines(contextStyle.WrapAt(" · ", view.Purchase(run), width, 2), vg.Point{X: sheetMargin, Y: y - 17},
		contextStyle, canvas.Left)

	foot := sheetFootStyle.WrapAt(" · ", view.Footnote(run), width, 2)
	if text := view.Marks(run); text != "" {
		foot = append([]string{sheetFootStyle.ShortenEnd(text, width)}, foot...)
	}
	bottom := 10 + vg.Length(len(foot))*sheetFootStyle.Leading() + 6
	p.WriteLines(foot, vg.Point{X: sheetMargin, Y: 10 + vg.Length(len(foot)-1)*sheetFootStyle.Leading()}, sheetFootStyle,
		canvas.Left)

	area := vg.Rectangle{Min: vg.Point{X: sheetMargin, Y: bottom}, Max: vg.Point{X: sheetWidth - sheetMargin, Y: y - 12}}
	p.Line(canvas.Stroke(canvas.GridColor, 1), vg.Point{X: area.Min.X, Y: area.Max.Y}, area.Max)
	writeAnswers(p, b.facts, area)
	area.Min.X = area.Max.X - panelWidth
	return p, b.words(), writePanel(p, kinds[0].of(run, panelWidth), area)
}

// pageChart encodes the page. The numbers behind it are those of its charts.
func pageChart(run *record.Run, formats []canvas.Format) (canvas.Picture, error) {
	p, alt, err := onePage(run)
	if err != nil {
		return canvas.Picture{}, err
	}
	return p.Encode(strings.TrimSuffix(pageFile, ".png"), briefing(run).title, alt, formats)
}

// bannerColor is the winner's, as far as there is one.
func bannerColor(run *record.Run) color.Color {
	if w := view.Named(view.Roster(run), run.Verdict.Winner); w != nil && run.Invalid == "" {
		return w.Mark
	}
	return canvas.Ink
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
func writeAnswers(p *canvas.Page, facts []fact, area vg.Rectangle) {
	const above, below = 13, 20 // of an answer: down from its question, and to the next one
	height := func(lines int) vg.Length { return above + vg.Length(lines)*answerStyle.Leading() + below }
	y := area.Max.Y - 16
	for i, f := range facts {
		share := (y - area.Min.Y) / vg.Length(len(facts)-i)
		room := y - area.Min.Y
		for _, later := range facts[i+1:] {
			room -= min(share, height(len(answerStyle.Wrap(later.answer, answerWidth, 99))))
		}
		lines := max(1, int((room-height(0)+below)/answerStyle.Leading()))
		p.Write(f.question, vg.Point{X: area.Min.X, Y: y}, questionStyle, canvas.Left)
		at := vg.Point{X: area.Min.X, Y: y - above}
		y = p.WriteLines(answerStyle.Wrap(f.answer, answerWidth, lines), at, answerStyle, canvas.Left) - below
	}
}

// writePanel draws a figure with its title into a box. A figure that wants little room gets little more.
func writePanel(p *canvas.Page, f *figure, cell vg.Rectangle) error {
	title := panelTitleStyle.Balance(f.Title(), panelWidth, 2)
	y := p.WriteLines(title, vg.Point{X: cell.Min.X, Y: cell.Max.Y - 16}, panelTitleStyle, canvas.Left)
	y = p.WriteLines(panelSubtitleStyle.Wrap(f.Subtitle(), panelWidth, 3), vg.Point{X: cell.Min.X, Y: y - 14},
		panelSubtitleStyle, canvas.Left)
	top := y - 9
	return f.Paint(p, vg.Rectangle{Min: vg.Point{X: cell.Min.X, Y: max(cell.Min.Y, top-1.25*f.Height())},
		Max: vg.Point{X: cell.Max.X, Y: top}})
}
