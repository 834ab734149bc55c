package canvas

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
	Dpi       = 200
	pageWidth = 8 * vg.Inch
	Margin    = vg.Length(18)
)

// The colours of paper and ink.
var (
	White     = color.RGBA{0xFF, 0xFF, 0xFF, 0xFF}
	Black     = color.RGBA{0, 0, 0, 0xFF} // only mixed in: ink is what is written with
	Ink       = Hex(0x22262B)
	BodyColor = Hex(0x4A5057)
	Faint     = Hex(0x6B7178)
	GridColor = Hex(0xE3E6E9)
	AxisColor = Hex(0x9AA0A6)
	BadArea   = Hex(0xF4F6F8)
	BadFigure = Hex(0xA31621) // not reverse's orange: it marks a missed requirement on any row
)

// The styles of text. Nothing is smaller than 7.5 points.
var (
	titleStyle    = Style{Medium: true, Size: 15, Color: Ink}
	subtitleStyle = Style{Size: 10, Color: BodyColor}
	footStyle     = Style{Size: 7.5, Color: Faint}
	TickStyle     = Style{Size: 9, Color: BodyColor}
	HeadStyle     = Style{Size: 9, Color: BodyColor}
	NoteStyle     = Style{Size: 8.5, Color: BodyColor, Halo: true}
	LabelStyle    = Style{Medium: true, Size: 10, Halo: true}
)

// KindColors gives every kind of strategy its colours, the same in every chart; the first is that of its first
// strategy. Those are Okabe and Ito's palette, which stays apart for colour-blind readers. Purple is darkened to reach
// a contrast of 3 on white; "direct", the vendor's own route, is the palette's black, softened. The others were
// searched for within the kind's hues, as far as can be from all before them.
var KindColors = map[string][4]color.RGBA{
	"direct":     {Hex(0x3C434A), Hex(0x8F8FBB), Hex(0x6E6363), Hex(0xBB849A)},
	"forwarding": {Hex(0x0072B2), Hex(0x1616FD), Hex(0x1637B0), Hex(0x3737DC)},
	"hybrid":     {Hex(0x009E73), Hex(0x1F5B3A), Hex(0x4DA558), Hex(0x37794D)},
	"reverse":    {Hex(0xD55E00), Hex(0x7A3B00), Hex(0xD15837), Hex(0xA54D00)},
	"routed":     {Hex(0xB5578D), Hex(0xA558FD), Hex(0x840B79), Hex(0xC66EE7)},
}

// paint is what strategies of a run are drawn with; each colour is given once, while there are any.
type Palette map[color.RGBA]bool

// Next is the colour of a kind's next strategy for lines, bars and dots. A kind that has used up its own borrows.
func (taken Palette) Next(kind string) color.RGBA {
	own, known := KindColors[kind]
	if !known {
		return Faint
	}
	for _, shade := range own {
		if !taken[shade] {
			taken[shade] = true
			return shade
		}
	}
	for n := range own {
		for _, other := range slices.Sorted(maps.Keys(KindColors)) {
			if shade := KindColors[other][n]; !taken[shade] {
				taken[shade] = true
				return shade
			}
		}
	}
	return own[0]
}

// TextColor is c, darkened until text in it has the contrast 4.5 that small letters need on white.
func TextColor(c color.RGBA) color.RGBA {
	for Contrast(c) < 4.5 {
		c = Mix(c, Black, 0.04)
	}
	return c
}

// Tint is c mixed with so much white. Mixed, not transparent: overlaps stay clean.
func Tint(c color.RGBA, share float64) color.RGBA { return Mix(c, White, share) }

// Mix goes from a (share 0) to b (share 1).
func Mix(a, b color.RGBA, share float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*share)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 0xFF}
}

// Contrast is the ratio of luminances of white and c, 1 to 21, as accessibility rules define it.
func Contrast(c color.RGBA) float64 {
	linear := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.03928 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 1.05 / (0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B) + 0.05)
}

func Hex(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 0xFF} }

// Stroke is a solid line style.
func Stroke(c color.Color, width vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width}
}

// Dashed is the style of limits: promise, deadline, budget.
var Dashed = draw.LineStyle{Color: Ink, Width: 1, Dashes: []vg.Length{4, 3}}

// RunStyle is that of the labels of runs.
var RunStyle = Style{Size: 9.5, Color: BodyColor}
