package reports

import (
	"bytes"
	"image/color"
	"image/png"
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
	canvas *recorder.Canvas // drawn into pixels only by png
	height vg.Length
	body   vg.Rectangle // between header and footnote, inside the margins
	texts  []lettered
	marks  []vg.Rectangle // where no name may stand, though a line may pass
}

// newPage makes a page with a header, a footnote and a body of the given height.
func newPage(h header, bodyHeight vg.Length) *page {
	width := pageWidth - 2*margin
	title := titleStyle.balance(h.title, width, 2)
	sub := append(subtitleStyle.wrap(h.subtitle, width, 2), subtitleStyle.wrap(h.marks, width, 1)...)
	foot := footStyle.wrapAt(" · ", h.foot, width, 3)

	top := 14 + vg.Length(len(title))*titleStyle.leading() + vg.Length(len(sub))*subtitleStyle.leading() + 10
	bottom := 12 + vg.Length(len(foot))*footStyle.leading() + 6
	// A whole number of pixels: 9 points are 25 of them.
	height := 9 * vg.Length(math.Ceil(float64(top+bodyHeight+bottom)/9))

	p := &page{
		canvas: &recorder.Canvas{},
		height: height,
		body: vg.Rectangle{
			Min: vg.Point{X: margin, Y: bottom},
			Max: vg.Point{X: pageWidth - margin, Y: height - top},
		},
	}
	p.fill(vg.Rectangle{Min: vg.Point{X: margin, Y: height - 4}, Max: vg.Point{X: margin + 30, Y: height}}, ink)
	y := p.writeLines(title, vg.Point{X: margin, Y: height - 29}, titleStyle, left)
	p.writeLines(sub, vg.Point{X: margin, Y: y - 16}, subtitleStyle, left)
	p.writeLines(foot, vg.Point{X: margin, Y: 12 + vg.Length(len(foot)-1)*footStyle.leading()}, footStyle, left)
	return p
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

// sheet is the box of the whole page.
func (p *page) sheet() vg.Rectangle {
	return vg.Rectangle{Max: vg.Point{X: pageWidth, Y: p.height}}
}

// png encodes the page.
func (p *page) png() ([]byte, error) {
	img := vgimg.NewWith(vgimg.UseWH(pageWidth, p.height), vgimg.UseDPI(dpi))
	if err := p.canvas.ReplayOn(img); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	err := png.Encode(&b, img.Image())
	return b.Bytes(), err
}
