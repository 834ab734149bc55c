package canvas

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"slices"
)

const (
	MostColors  = 256 // what a palette of one byte a pixel holds
	exactColors = 96  // how many of the most frequent ones are kept, however much alike
)

// Encode writes a picture as PNG with a palette, a third as large as one without. Nearly all pixels keep their colour
// exactly: fills, lines, and the greys of letters are the most frequent ones. A rim where two marks meet takes the
// nearest colour that is kept. The same picture gives the same bytes.
func Encode(img *image.RGBA) ([]byte, error) {
	var b bytes.Buffer
	err := png.Encode(&b, Reduce(img))
	return b.Bytes(), err
}

// Reduce gives an opaque picture a palette.
func Reduce(img *image.RGBA) *image.Paletted {
	pixels := make([]color.RGBA, 0, img.Rect.Dx()*img.Rect.Dy())
	frequency := map[color.RGBA]int{}
	for y := img.Rect.Min.Y; y < img.Rect.Max.Y; y++ {
		row := img.Pix[img.PixOffset(img.Rect.Min.X, y):]
		for x := range img.Rect.Dx() {
			pixels = append(pixels, color.RGBA{row[4*x], row[4*x+1], row[4*x+2], 0xFF})
		}
	}
	runs(pixels, func(c color.RGBA, from, to int) { frequency[c] += to - from })
	colors := slices.SortedFunc(maps.Keys(frequency), func(a, b color.RGBA) int {
		return cmp.Or(cmp.Compare(frequency[b], frequency[a]), cmp.Compare(a.R, b.R), cmp.Compare(a.G, b.G),
			cmp.Compare(a.B, b.B))
	})
	kept := representatives(colors)
	small := image.NewPaletted(img.Rect, nil)
	for _, c := range kept {
		small.Palette = append(small.Palette, c)
	}
	nearest := make(map[color.RGBA]uint8, len(colors))
	for _, c := range colors {
		best := 0
		for i, k := range kept {
			if apartBy(c, k) < apartBy(c, kept[best]) {
				best = i
			}
		}
		nearest[c] = uint8(best)
	}
	runs(pixels, func(c color.RGBA, from, to int) {
		index := nearest[c]
		for i := from; i < to; i++ {
			small.Pix[i] = index
		}
	})
	return small
}

// runs calls f for each run of pixels of one colour.
func runs(pixels []color.RGBA, f func(c color.RGBA, from, to int)) {
	from := 0
	for i, c := range pixels {
		if c != pixels[from] {
			f(pixels[from], from, i)
			from = i
		}
	}
	if from < len(pixels) {
		f(pixels[from], from, len(pixels))
	}
}

// representatives are as many of the colours as a palette holds: the most frequent, and of the others so many that each
// is near one of them.
func representatives(colors []color.RGBA) []color.RGBA {
	for gap := 0; ; gap++ {
		if kept, ok := thinned(colors, gap); ok {
			return kept
		}
	}
}

// thinned drops each colour, but for the most frequent, that is within the gap of an earlier one; false if more are
// left than a palette holds.
func thinned(colors []color.RGBA, gap int) ([]color.RGBA, bool) {
	exact := min(len(colors), exactColors)
	kept := slices.Clone(colors[:exact])
next:
	for _, c := range colors[exact:] {
		for _, k := range kept {
			if apartBy(c, k) <= gap {
				continue next
			}
		}
		if len(kept) == MostColors {
			return nil, false
		}
		kept = append(kept, c)
	}
	return kept, true
}

// apartBy is the largest difference of two colours in a channel, 0 to 255.
func apartBy(a, b color.RGBA) int {
	d := func(a, b uint8) int { return max(int(a)-int(b), int(b)-int(a)) }
	return max(d(a.R, b.R), d(a.G, b.G), d(a.B, b.B))
}
