package reports

import (
	"image"
	"image/color"
	"math"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"
	"gonum.org/v1/plot/vg/vgimg"
)

// header is what stands above and below every chart.
type header struct {
	title    string   // a sentence, computed from the data
	subtitle string   // what is drawn, its unit, what bands mean
	marks    string   // what marks on names mean; "" where there are none
	foot     []string // parts of where the numbers come from
}

// page is one picture being drawn. Its origin is the lower left corner.
type page struct {
	canvas        *recorder.Canvas // drawn into pixels only by png
	width, height vg.Length
	dpi           int
	texts         []lettered
	marks         []vg.Rectangle // where no name may stand, though a line may pass
}

// bodyWidth is the width of a figure that has a page of its own.
const bodyWidth = pageWidth - 2*margin

// newPage makes a page with a header and a footnote, and returns the box between them, of the given height.
func newPage(h header, bodyHeight vg.Length) (*page, vg.Rectangle) {
	title := titleStyle.balance(h.title, bodyWidth, 2)
	sub := append(subtitleStyle.wrap(h.subtitle, bodyWidth, 2), subtitleStyle.wrap(h.marks, bodyWidth, 1)...)
	foot := footStyle.wrapAt(" · ", h.foot, bodyWidth, 3)

	top := 14 + vg.Length(len(title))*titleStyle.leading() + vg.Length(len(sub))*subtitleStyle.leading() + 10
	bottom := 12 + vg.Length(len(foot))*footStyle.leading() + 6
	// A whole number of pixels: 9 points are 25 of them.
	height := 9 * vg.Length(math.Ceil(float64(top+bodyHeight+bottom)/9))

	p := &page{canvas: &recorder.Canvas{}, width: pageWidth, height: height, dpi: dpi}
	p.fill(vg.Rectangle{Min: vg.Point{X: margin, Y: height - 4}, Max: vg.Point{X: margin + 30, Y: height}}, ink)
	y := p.writeLines(title, vg.Point{X: margin, Y: height - 29}, titleStyle, left)
	p.writeLines(sub, vg.Point{X: margin, Y: y - 16}, subtitleStyle, left)
	p.writeLines(foot, vg.Point{X: margin, Y: 12 + vg.Length(len(foot)-1)*footStyle.leading()}, footStyle, left)
	return p, vg.Rectangle{Min: vg.Point{X: margin, Y: bottom}, Max: vg.Point{X: margin + bodyWidth, Y: height - top}}
}

// paper is the whole page as a canvas for plotters.
func (p *page) paper(area vg.Rectangle) draw.Canvas {
	return draw.Canvas{Canvas: p.canvas, Rectangle: area}
}

// fill paints a box.
func (p *page) fill(r vg.Rectangle, c color.Color) {
	p.canvas.SetColor(c)
	p.canvas.Fill(r.Path())
}

// line draws a line through points.
func (p *page) line(s draw.LineStyle, points ...vg.Point) {
	c := p.paper(vg.Rectangle{})
	c.StrokeLines(s, points)
}

// dot paints a disc with a white rim.
func (p *page) dot(at vg.Point, radius vg.Length, c color.Color) {
	disc := func(r vg.Length, c color.Color) {
		var path vg.Path
		path.Move(vg.Point{X: at.X + r, Y: at.Y})
		path.Arc(at, r, 0, 2*math.Pi)
		path.Close()
		p.canvas.SetColor(c)
		p.canvas.Fill(path)
	}
	disc(radius+1.1, white)
	disc(radius, c)
}

// image paints a picture into a box. One pixel of it should be one of the page, so that nothing is resampled.
func (p *page) image(r vg.Rectangle, img image.Image) { p.canvas.DrawImage(r, img) }

// snap is the box with its edges on the page's pixels.
func (p *page) snap(r vg.Rectangle) vg.Rectangle {
	round := func(v vg.Length) vg.Length {
		return vg.Length(math.Round(float64(v)*float64(p.dpi)/72) * 72 / float64(p.dpi))
	}
	return vg.Rectangle{
		Min: vg.Point{X: round(r.Min.X), Y: round(r.Min.Y)},
		Max: vg.Point{X: round(r.Max.X), Y: round(r.Max.Y)},
	}
}

// sheet is the box of the whole page.
func (p *page) sheet() vg.Rectangle {
	return vg.Rectangle{Max: vg.Point{X: p.width, Y: p.height}}
}

// png encodes the page.
func (p *page) png() ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(p.width, p.height), vgimg.UseDPI(p.dpi))
	if err := p.canvas.ReplayOn(img); err != nil {
		return nil, err
	}
	return encode(img.Image().(*image.RGBA))
}

// polygon fills the area within the points.
func (p *page) polygon(points []vg.Point, c color.Color) {
	var path vg.Path
	path.Move(points[0])
	for _, q := range points[1:] {
		path.Line(q)
	}
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// diamond paints a square that stands on a corner.
func (p *page) diamond(at vg.Point, radius vg.Length, c color.Color) {
	var path vg.Path
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y + radius})
	path.Line(vg.Point{X: at.X - radius, Y: at.Y})
	path.Line(vg.Point{X: at.X, Y: at.Y - radius})
	path.Close()
	p.canvas.SetColor(c)
	p.canvas.Fill(path)
}

// cross crosses out a mark.
func (p *page) cross(at vg.Point, arm vg.Length) {
	for _, d := range []vg.Length{-arm, arm} {
		p.line(stroke(ink, 1.1), vg.Point{X: at.X - arm, Y: at.Y - d}, vg.Point{X: at.X + arm, Y: at.Y + d})
	}
}
