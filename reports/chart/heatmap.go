package chart

import (
	"image"
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"

	"channelbench/internal/words"
	"channelbench/reports/canvas"
)

// heatmap.go paints a map in bins of colour, and their key.

// The colours of the bins, from the first beyond zero outwards.
var (
	gains = []color.RGBA{canvas.Hex(0xDCEBF7), canvas.Hex(0xB0D3EC), canvas.Hex(0x74B0DB), canvas.Hex(0x3A82BF),
		canvas.Hex(0x0B559F)}
	losses = []color.RGBA{canvas.Hex(0xFDE6C8), canvas.Hex(0xFDC583), canvas.Hex(0xF09A3C), canvas.Hex(0xC96D12),
		canvas.Hex(0x8A4106)}
)

// binEdges are 1, 2 and 5 times powers of ten on either side of zero, up to what is saved or lost in most of the
// map: near zero, where the answer flips, the steps are the finest.
func binEdges(f *SavingField) []float64 {
	var sizes []float64
	for _, v := range f.Values() {
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
func (c *breakEven) pixels(n *canvas.Panel) *image.RGBA {
	perPoint := float64(n.Page.Dpi) / 72
	width := int(math.Round(float64(n.Area.Max.X-n.Area.Min.X) * perPoint))
	height := int(math.Round(float64(n.Area.Max.Y-n.Area.Min.Y) * perPoint))
	img := image.NewRGBA(image.Rect(0, 0, max(width, 1), max(height, 1)))
	above := make([]Saving, width+1)
	row := make([]Saving, width+1)
	for j := range height {
		c.field.Row(1-(float64(j)+0.5)/float64(height), row)
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
func (c *breakEven) pixel(i, j int, v, right, above Saving, halfLine float64) color.RGBA {
	if !v.Known {
		return hatch(i + j)
	}
	var dx, dy float64
	if right.Known && above.Known {
		dx, dy = right.Usd-v.Usd, above.Usd-v.Usd
	}
	spread := math.Abs(dx) + math.Abs(dy)
	low, high := c.bin(v.Usd-spread/2), c.bin(v.Usd+spread/2)
	shade := binColor(low)
	if low != high {
		shade = canvas.Mix(shade, binColor(high), min(max((v.Usd+spread/2-c.edges[high-1])/spread, 0), 1))
	}
	if slope := math.Hypot(dx, dy); slope > 0 {
		shade = canvas.Mix(shade, canvas.Ink, min(max(halfLine+0.5-math.Abs(v.Usd)/slope, 0), 1))
	}
	return shade
}

// hatch is the colour of a pixel on a diagonal where nothing is known.
func hatch(diagonal int) color.RGBA {
	if diagonal%16 < 3 {
		return canvas.AxisColor
	}
	return canvas.BadArea
}

const zeroText = "0 break-even"

// key is a column of the colours that the map uses, with the values between them; zero first, the others where they
// have room.
func (c *breakEven) key(p *canvas.Page, box vg.Rectangle) {
	low, high := c.binsUsed()
	height := min((box.Max.Y-box.Min.Y)/vg.Length(high-low+1), 44)
	for bin := low; bin <= high; bin++ {
		y := box.Min.Y + vg.Length(bin-low)*height
		p.Fill(vg.Rectangle{Min: vg.Point{X: box.Min.X, Y: y}, Max: vg.Point{X: box.Min.X + 14, Y: y + height + 0.1}},
			binColor(bin))
	}
	write := func(edge int, s canvas.Style) {
		at := vg.Point{X: box.Min.X + 20, Y: box.Min.Y + vg.Length(edge+1-low)*height - 3}
		if b := s.Box(c.edgeText(c.edges[edge]), at, canvas.Left); p.Free(b, 1) {
			p.Write(c.edgeText(c.edges[edge]), at, s, canvas.Left)
		}
	}
	zero := len(losses) - 1
	y := box.Min.Y + vg.Length(zero+1-low)*height
	p.Line(canvas.Stroke(canvas.Ink, 1.6), vg.Point{X: box.Min.X, Y: y}, vg.Point{X: box.Min.X + 17, Y: y})
	write(zero, canvas.TickStyle.Bold().In(canvas.Ink))
	for edge := low; edge < high; edge++ {
		if edge != zero {
			write(edge, canvas.TickStyle)
		}
	}
}

func (c *breakEven) keyWidth() vg.Length {
	w := canvas.TickStyle.Bold().Width(zeroText)
	for _, e := range c.edges {
		w = max(w, canvas.TickStyle.Width(c.edgeText(e)))
	}
	return 20 + w
}

func (c *breakEven) edgeText(e float64) string {
	if e == 0 {
		return zeroText
	}
	step := math.Abs(c.edges[len(c.edges)/2+1])
	text := canvas.Amount(math.Abs(e), step)
	if e < 0 {
		return words.Minus + text
	}
	return "+" + text
}

// binsUsed are the first and last bin of the key: those that occur, and both beside zero.
func (c *breakEven) binsUsed() (low, high int) {
	values := c.field.Values()
	return min(c.bin(slices.Min(values)), len(losses)-1), max(c.bin(slices.Max(values)), len(losses))
}
