package canvas

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
)

// Header is what stands above and below every chart.
type Header struct {
	Title    string   // a sentence, computed from the data
	Subtitle string   // what is drawn, its unit, what bands mean
	Marks    string   // what marks on names mean; "" where there are none
	Foot     []string // parts of where the numbers come from
}

// Page is one picture being drawn. Its origin is the lower left corner.
type Page struct {
	Canvas        *recorder.Canvas // drawn into pixels only by png
	Width, Height vg.Length
	Dpi           int
	Texts         []Lettered
	marks         []vg.Rectangle // where no name may stand, though a line may pass
}

// BodyWidth is the width of a figure that has a page of its own.
const BodyWidth = pageWidth - 2*Margin

// NewPage makes a page with a header and a footnote, and returns the box between them, of the given height.
func NewPage(h Header, bodyHeight vg.Length) (*Page, vg.Rectangle) {
	title := titleStyle.Balance(h.Title, BodyWidth, 2)
	sub := append(subtitleStyle.Wrap(h.Subtitle, BodyWidth, 2), subtitleStyle.Wrap(h.Marks, BodyWidth, 1)...)
	foot := footStyle.WrapAt(" · ", h.Foot, BodyWidth, 3)

	top := 14 + vg.Length(len(title))*titleStyle.Leading() + vg.Length(len(sub))*subtitleStyle.Leading() + 10
	bottom := 12 + vg.Length(len(foot))*footStyle.Leading() + 6
	// A whole number of pixels: 9 points are 25 of them.
	height := 9 * vg.Length(math.Ceil(float64(top+bodyHeight+bottom)/9))

	p := &Page{Canvas: &recorder.Canvas{}, Width: pageWidth, Height: height, Dpi: Dpi}
	p.Fill(vg.Rectangle{Min: vg.Point{X: Margin, Y: height - 4}, Max: vg.Point{X: Margin + 30, Y: height}}, Ink)
	y := p.WriteLines(title, vg.Point{X: Margin, Y: height - 29}, titleStyle, Left)
	p.WriteLines(sub, vg.Point{X: Margin, Y: y - 16}, subtitleStyle, Left)
	p.WriteLines(foot, vg.Point{X: Margin, Y: 12 + vg.Length(len(foot)-1)*footStyle.Leading()}, footStyle, Left)
	return p, vg.Rectangle{Min: vg.Point{X: Margin, Y: bottom}, Max: vg.Point{X: Margin + BodyWidth, Y: height - top}}
}

// paper is the whole page as a canvas for plotters.
func (p *Page) paper(area vg.Rectangle) draw.Canvas {
	return draw.Canvas{Canvas: p.Canvas, Rectangle: area}
}

// Fill paints a box.
func (p *Page) Fill(r vg.Rectangle, c color.Color) {
	p.Canvas.SetColor(c)
	p.Canvas.Fill(r.Path())
}

// Line draws a line through points.
func (p *Page) Line(s draw.LineStyle, points ...vg.Point) {
	c := p.paper(vg.Rectangle{})
	c.StrokeLines(s, points)
}

// Dot paints a disc with a white rim.
func (p *Page) Dot(at vg.Point, radius vg.Length, c color.Color) {
	disc := func(r vg.Length, c color.Color) {
		var path vg.Path
		path.Move(vg.Point{X: at.X + r, Y: at.Y})
		path.Arc(at, r, 0, 2*math.Pi)
		path.Close()
		p.Canvas.SetColor(c)
		p.Canvas.Fill(path)
	}
	disc(radius+1.1, White)
	disc(radius, c)
}

// Image paints a picture into a box. One pixel of it should be one of the page, so that nothing is resampled.
func (p *Page) Image(r vg.Rectangle, img image.Image) { p.Canvas.DrawImage(r, img) }

// Snap is the box with its edges on the page's pixels.
func (p *Page) Snap(r vg.Rectangle) vg.Rectangle {
	round := func(v vg.Length) vg.Length {
		return vg.Length(math.Round(float64(v)*float64(p.Dpi)/72) * 72 / float64(p.Dpi))
	}
	return vg.Rectangle{
		Min: vg.Point{X: round(r.Min.X), Y: round(r.Min.Y)},
		Max: vg.Point{X: round(r.Max.X), Y: round(r.Max.Y)},
	}
}

// Sheet is the box of the whole page.
func (p *Page) Sheet() vg.Rectangle {
	return vg.Rectangle{Max: vg.Point{X: p.Width, Y: p.Height}}
}

// Polygon fills the area within the points.
func (p *Page) Polygon(points []vg.Point, c color.Color) {
	var path vg.Path
	path.Move(points[0])
	for _, q := range points[1:] {
		path.Line(q)
	}
	path.Close()
	p.Canvas.SetColor(c)
	p.Canvas.Fill(path)
}

// Diamond paints a square that stands on a corner.
func (p *Page) Diamond(at vg.Point, radius vg.Length, c color.Color) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y + radius})
	path.Line(vg.Point{X: at.X - radius, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y - radius})
	path.Close()
	p.Canvas.SetColor(c)
	p.Canvas.Fill(path)
}

// Cross crosses out a mark.
func (p *Page) Cross(at vg.Point, arm vg.Length) {
	for _, d := range []vg.Length{-arm, arm} {
		p.Line(Stroke(Ink, 1.1), vg.Point{X: at.X - arm, Y: at.Y - d}, vg.Point{X: at.X + arm, Y: at.Y + d})
	}
}
