package reports

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
)

// heatmap.go paints a map in bins of colour, and their key.

// The colours of the bins, from the first beyond zero outwards.
var (
	gains  = []color.RGBA{hex(0xDCEBF7), hex(0xB0D3EC), hex(0x74B0DB), hex(0x3A82BF), hex(0x0B559F)}
	losses = []color.RGBA{hex(0xFDE6C8), hex(0xFDC583), hex(0xF09A3C), hex(0xC96D12), hex(0x8A4106)}
)

// binEdges are 1, 2 and 5 times powers of ten on either side of zero, up to what is saved or lost in most of the
// map: near zero, where the answer flips, the steps are the finest.
func binEdges(f *savingField) []float64 {
	var sizes []float64
	for _, v := range f.values() {
		sizes = append(sizes, math.Abs(v))
	}
	slices.Sort(sizes)
	largest := sizes[(len(sizes)-1)*95/100]
	if largest == 0 {
		largest = sizes[len(sizes)-1]
	}
	if largest == 0 {
		largest = 1
	}
	edges := []float64{0}
	for e := roundBelow(largest); len(edges) < 2*len(gains)-1; e = roundBelow(e * 0.9) {
		edges = append(edges, e, -e)
	}
	slices.Sort(edges)
	return edges
}

// roundBelow is the largest of 1, 2 and 5 times a power of ten that is not above v.
func roundBelow(v float64) float64 {
	power := math.Pow(10, math.Floor(math.Log10(v)))
	for _, m := range []float64{5, 2, 1} {
		if m*power <= v*(1+1e-9) {
			return m * power
		}
	}
	return power
}

// bin counts from 0, the greatest loss.
func (c *breakEven) bin(v float64) int {
	n, found := slices.BinarySearch(c.edges, v)
	if found { // a bin begins at its lower edge
		n++
	}
	return n
}

// binColor is the colour of a bin.
func binColor(bin int) color.RGBA {
	if bin < len(losses) {
		return losses[len(losses)-1-bin]
	}
	return gains[bin-len(losses)]
}

// pixels are the map at the resolution of the page. Edges between bins and the line where both cost the same are
// smoothed by how far the saving changes within a pixel.
func (c *breakEven) pixels(n *panel) *image.RGBA {
	perPoint := float64(n.page.dpi) / 72
	width := int(math.Round(float64(n.area.Max.X-n.area.Min.X) * perPoint))
	height := int(math.Round(float64(n.area.Max.Y-n.area.Min.Y) * perPoint))
	img := image.NewRGBA(image.Rect(0, 0, max(width, 1), max(height, 1)))
	above := make([]saving, width+1)
	row := make([]saving, width+1)
	for j := range height {
		c.field.row(1-(float64(j)+0.5)/float64(height), row)
		if j == 0 {
			copy(above, row)
		}
		for i := range width {
			img.SetRGBA(i, j, c.pixel(i, j, row[i], row[i+1], above[i], 0.8*perPoint))
		}
		row, above = above, row
	}
	return img
}

// pixel is the colour of one: v is the saving there, right and above are those beside it.
func (c *breakEven) pixel(i, j int, v, right, above saving, halfLine float64) color.RGBA {
	if !v.known {
		return hatch(i + j)
	}
	var dx, dy float64
	if right.known && above.known {
		dx, dy = right.usd-v.usd, above.usd-v.usd
	}
	spread := math.Abs(dx) + math.Abs(dy)
	low, high := c.bin(v.usd-spread/2), c.bin(v.usd+spread/2)
	shade := binColor(low)
	if low != high {
		shade = mix(shade, binColor(high), min(max((v.usd+spread/2-c.edges[high-1])/spread, 0), 1))
	}
	if slope := math.Hypot(dx, dy); slope > 0 {
		shade = mix(shade, ink, min(max(halfLine+0.5-math.Abs(v.usd)/slope, 0), 1))
	}
	return shade
}

// hatch is the colour of a pixel on a diagonal where nothing is known.
func hatch(diagonal int) color.RGBA {
	if diagonal%16 < 3 {
		return axis
	}
	return badArea
}

const zeroText = "0 break-even"

// key is a column of the colours that the map uses, with the values between them; zero first, the others where they
// have room.
func (c *breakEven) key(p *page, box vg.Rectangle) {
	low, high := c.binsUsed()
	height := min((box.Max.Y-box.Min.Y)/vg.Length(high-low+1), 44)
	for bin := low; bin <= high; bin++ {
		y := box.Min.Y + vg.Length(bin-low)*height
		p.fill(vg.Rectangle{Min: vg.Point{X: box.Min.X, Y: y}, Max: vg.Point{X: box.Min.X + 14, Y: y + height + 0.1}}, binColor(bin))
	}
	write := func(edge int, s style) {
		at := vg.Point{X: box.Min.X + 20, Y: box.Min.Y + vg.Length(edge+1-low)*height - 3}
		if b := s.box(c.edgeText(c.edges[edge]), at, left); p.free(b, 1) {
			p.write(c.edgeText(c.edges[edge]), at, s, left)
		}
	}
	zero := len(losses) - 1
	y := box.Min.Y + vg.Length(zero+1-low)*height
	p.line(stroke(ink, 1.6), vg.Point{X: box.Min.X, Y: y}, vg.Point{X: box.Min.X + 17, Y: y})
	write(zero, tickStyle.bold().in(ink))
	for edge := low; edge < high; edge++ {
		if edge != zero {
			write(edge, tickStyle)
		}
	}
}

func (c *breakEven) keyWidth() vg.Length {
	w := tickStyle.bold().width(zeroText)
	for _, e := range c.edges {
		w = max(w, tickStyle.width(c.edgeText(e)))
	}
	return 20 + w
}

func (c *breakEven) edgeText(e float64) string {
	if e == 0 {
		return zeroText
	}
	step := math.Abs(c.edges[len(c.edges)/2+1])
	text := amount(math.Abs(e), step)
	if e < 0 {
		return minus + text
	}
	return "+" + text
}

// binsUsed are the first and last bin of the key: those that occur, and both beside zero.
func (c *breakEven) binsUsed() (low, high int) {
	values := c.field.values()
	return min(c.bin(slices.Min(values)), len(losses)-1), max(c.bin(slices.Max(values)), len(losses))
}
