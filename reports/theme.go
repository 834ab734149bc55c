package reports

import (
	"image/color"
	"maps"
	"math"
	"slices"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// The measures of every chart, in points. 8 in at 200 dpi are 1600 px; at gonum's default of 96 dpi
// the letters would be thin.
const (
	dpi       = 200
	pageWidth = 8 * vg.Inch
	margin    = vg.Length(18)
)

// The colours of paper and ink.
var (
	white     = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
	black     = color.RGBA{0, 0, 0, 0xFF} // only mixed in: ink is what is written with
	ink       = hex(0x22262B)
	body      = hex(0x4A5057)
	faint     = hex(0x6B7178)
	grid      = hex(0xE3E6E9)
	axis      = hex(0x9AA0A6)
	badArea   = hex(0xF4F6F8)
	badFigure = hex(0xA31621) // not reverse's orange: it marks a missed requirement on any row
)

// The styles of text. Nothing is smaller than 7.5 points.
var (
	titleStyle    = style{medium: true, size: 15, color: ink}
	subtitleStyle = style{size: 10, color: body}
	footStyle     = style{size: 7.5, color: faint}
	tickStyle     = style{size: 9, color: body}
	headStyle     = style{size: 9, color: body}
	noteStyle     = style{size: 8.5, color: body, halo: true}
	labelStyle    = style{medium: true, size: 10, halo: true}
)

// kindColors gives every kind of strategy its colours, the same in every chart; the first is that of its first strategy. Those
// are Okabe and Ito's palette, which stays apart for colour-blind readers. Purple is darkened to reach a contrast of 3
// on white; "direct", the vendor's own route, is the palette's black, softened. The others were searched for within the
// kind's hues, as far as can be from all before them.
var kindColors = map[string][4]color.RGBA{
	"direct":     {hex(0x3C434A), hex(0x8F8FBB), hex(0x6E6363), hex(0xBB849A)},
	"forwarding": {hex(0x0072B2), hex(0x1616FD), hex(0x1637B0), hex(0x3737DC)},
	"hybrid":     {hex(0x009E73), hex(0x1F5B3A), hex(0x4DA558), hex(0x37794D)},
	"reverse":    {hex(0xD55E00), hex(0x7A3B00), hex(0xD15837), hex(0xA54D00)},
	"routed":     {hex(0xB5578D), hex(0xA558FD), hex(0x840B79), hex(0xC66EE7)},
}

// paint is what strategies of a run are drawn with; each colour is given once, while there are any.
type paint map[color.RGBA]bool

// next is the colour of a kind's next strategy for lines, bars and dots. A kind that has used up its own borrows.
func (taken paint) next(kind string) color.RGBA {
	own, known := kindColors[kind]
	if !known {
		return faint
	}
	for _, shade := range own {
		if !taken[shade] {
			taken[shade] = true
			return shade
		}
	}
	for n := range own {
		for _, other := range slices.Sorted(maps.Keys(kindColors)) {
			if shade := kindColors[other][n]; !taken[shade] {
				taken[shade] = true
				return shade
			}
		}
	}
	return own[0]
}

// textColor is c, darkened until text in it has the contrast 4.5 that small letters need on white.
func textColor(c color.RGBA) color.RGBA {
	for contrast(c) < 4.5 {
		c = mix(c, black, 0.04)
	}
	return c
}

// tint is c mixed with so much white. Mixed, not transparent: overlaps stay clean.
func tint(c color.RGBA, share float64) color.RGBA { return mix(c, white, share) }

// mix goes from a (share 0) to b (share 1).
func mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*share)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xFF}
}

// contrast is the ratio of luminances of white and c, 1 to 21, as accessibility rules define it.
func contrast(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 1.05 / (0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B) + 0.05)
}

func hex(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xFF} }

// stroke is a solid line style.
func stroke(c color.Color, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width}
}

// dashed is the style of limits: promise, deadline, budget.
var dashed = draw.LineStyle{Color: ink, Width: 1, Dashes: []vg.Length{4, 3}}

// runStyle is that of the labels of runs.
var runStyle = style{size: 9.5, color: body}
