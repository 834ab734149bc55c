package reports

import (
	_ "embed"
	"fmt"
	"image/color"
	"slices"
	"strings"
	"sync"

	xfont "golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
	"golang.org/x/text/unicode/norm"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

//go:embed fonts/Roboto-Regular.ttf
var regularTTF []byte

//go:embed fonts/Roboto-Medium.ttf
var mediumTTF []byte

// missing stands for every character the fonts lack. gonum would leave it out without a word.
const missing = '\uFFFD'

// weights are the parsed fonts: regular, medium.
var weights = sync.OnceValues(func() ([2]*opentype.Font, error) {
	var fonts [2]*opentype.Font
	for i, ttf := range [][]byte{regularTTF, mediumTTF} {
		f, err := opentype.Parse(ttf)
		if err != nil {
			return fonts, fmt.Errorf("parse the embedded font: %w", err)
		}
		fonts[i] = f
	}
	return fonts, nil
})

// style says how a text looks.
type style struct {
	medium bool
	size   vg.Length
	color  color.Color
	halo   bool // a white rim, for text over marks
}

func (s style) in(c color.Color) style { s.color = c; return s }
func (s style) bold() style            { s.medium = true; return s }
func (s style) leading() vg.Length     { return s.size * 1.22 }
func (s style) above() vg.Length       { return s.size * 0.74 } // capitals and digits
func (s style) below() vg.Length       { return s.size * 0.22 } // descenders

func (s style) fits(t string, w vg.Length) bool { return s.width(t) <= w }

// width is how long text will be once written.
func (s style) width(text string) vg.Length {
	f := s.face()
	return f.Width(legible(text))
}

func (s style) face() font.Face {
	fonts, err := weights()
	if err != nil { // The fonts are part of the program: only a broken build gets here.
		panic("reports: " + err.Error())
	}
	f := fonts[0]
	if s.medium {
		f = fonts[1]
	}
	return font.Face{Font: font.Font{Typeface: "Roboto", Size: s.size}, Face: f}
}

// legible is text as the fonts can draw it: composed, signs that are letters in another guise as those, and every
// other character that the fonts lack replaced visibly.
func legible(text string) string {
	face := style{size: 10}.face().Face
	var buffer sfnt.Buffer
	lacks := func(r rune) bool { return !draws(face, &buffer, r) }
	text = norm.NFC.String(strings.ToValidUTF8(text, string(missing)))
	if !strings.ContainsFunc(text, lacks) {
		return text
	}
	var drawn strings.Builder
	for _, r := range text {
		plain := string(r)
		if lacks(r) {
			plain = norm.NFKC.String(plain)
		}
		if strings.ContainsFunc(plain, lacks) {
			plain = string(missing)
		}
		drawn.WriteString(plain)
	}
	return drawn.String()
}

// draws says whether a font has a character.
func draws(face *opentype.Font, buffer *sfnt.Buffer, r rune) bool {
	glyph, err := face.GlyphIndex(buffer, r)
	return err == nil && glyph != 0
}

// Illegible are the characters of a text that charts can't show, each once.
func Illegible(text string) []string {
	var all []string
	for _, r := range norm.NFC.String(text) {
		if c := string(r); r != missing && legible(c) == string(missing) && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// shorten cuts text in its middle, visibly, until it fits. The end of a name often tells two apart.
func (s style) shorten(text string, width vg.Length) string {
	if s.fits(text, width) {
		return text
	}
	runes := []rune(text)
	low, high := 0, min(len(runes), 400) // more runes never fit on a page
	for low < high {
		keep := (low + high + 1) / 2
		if s.fits(middleCut(runes, keep), width) {
			low = keep
		} else {
			high = keep - 1
		}
	}
	return middleCut(runes, low)
}

// squeezed is the style, as much smaller as a figure needs to fit: one that is cut is another figure.
func (s style) squeezed(text string, width vg.Length) style {
	if w := s.width(text); w > width {
		s.size *= width / w
	}
	return s
}

// middleCut keeps so many runes, two thirds of them from the front.
func middleCut(runes []rune, keep int) string {
	if keep >= len(runes) {
		return string(runes)
	}
	tail := keep / 3
	return strings.TrimSpace(string(runes[:keep-tail])) + "…" + strings.TrimSpace(string(runes[len(runes)-tail:]))
}

// wrap breaks text at spaces into lines that fit, at most so many; what is left is cut visibly.
func (s style) wrap(text string, width vg.Length, most int) []string {
	return s.wrapAt(" ", strings.Fields(text), width, most)
}

// wrapAt breaks only between the given parts.
func (s style) wrapAt(separator string, parts []string, width vg.Length, most int) []string {
	var lines []string
	for len(parts) > 0 {
		if len(lines) == most-1 {
			return append(lines, s.shortenEnd(strings.Join(parts, separator), width))
		}
		n := 1
		for n < len(parts) && s.fits(strings.Join(parts[:n+1], separator), width) {
			n++
		}
		lines = append(lines, s.shorten(strings.Join(parts[:n], separator), width))
		parts = parts[n:]
	}
	return lines
}

// balance wraps like wrap, with lines of about the same length: no single word in the last one.
func (s style) balance(text string, width vg.Length, most int) []string {
	lines := s.wrap(text, width, most)
	for w := width * 0.97; len(lines) > 1 && w > width/2; w *= 0.97 {
		narrower := s.wrap(text, w, most+1)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// shortenEnd cuts running text at its end, and never within a figure or right after it, where it would look cut.
func (s style) shortenEnd(text string, width vg.Length) string {
	if s.fits(text, width) {
		return text
	}
	runes := []rune(text)
	runes = runes[:min(len(runes), 400)]
	for len(runes) > 0 && !s.fits(string(runes)+"…", width) {
		runes = runes[:len(runes)-1]
	}
	words := strings.Fields(string(runes))
	for n := len(words) - 1; n >= 0 && strings.ContainsAny(words[n], "0123456789$"); n-- {
		words = words[:n]
	}
	return strings.Join(words, " ") + "…"
}

// align says which end of a text lies at its point.
type align float64

const (
	left   align = 0
	centre align = 0.5
	right  align = 1
)

// lettered is a text on a page and the box it fills.
type lettered struct {
	text string
	box  vg.Rectangle
}

// box is where text would stand if written at a point of its baseline.
func (s style) box(text string, at vg.Point, a align) vg.Rectangle {
	w := s.width(text)
	x := at.X - w*vg.Length(a)
	return vg.Rectangle{
		Min: vg.Point{X: x, Y: at.Y - s.below()},
		Max: vg.Point{X: x + w, Y: at.Y + s.above()},
	}
}

// write puts text on the page, and is the only way to do so. at lies on the baseline.
func (p *page) write(text string, at vg.Point, s style, a align) vg.Rectangle {
	text = legible(text)
	box := s.box(text, at, a)
	if strings.TrimSpace(text) == "" {
		return box
	}
	outline := s.outline(text, vg.Point{X: box.Min.X, Y: at.Y})
	if s.halo {
		p.canvas.SetColor(white)
		p.canvas.SetLineWidth(2.4)
		p.canvas.SetLineDash(nil, 0)
		p.canvas.Stroke(outline)
	}
	p.canvas.SetColor(s.color)
	p.canvas.Fill(outline)
	p.texts = append(p.texts, lettered{text, box})
	return box
}

// writeLines writes lines downwards from the baseline of the first, and returns the last baseline.
func (p *page) writeLines(lines []string, at vg.Point, s style, a align) vg.Length {
	for i, line := range lines {
		if i > 0 {
			at.Y -= s.leading()
		}
		p.write(line, at, s, a)
	}
	return at.Y
}

// reserve keeps names off a mark.
func (p *page) reserve(box vg.Rectangle) { p.marks = append(p.marks, box) }

// outline is text as shapes. gonum's own FillString resamples every glyph as an image: slower by far,
// softer, and it has no rim to stroke.
func (s style) outline(text string, at vg.Point) vg.Path {
	var (
		path   vg.Path
		buffer sfnt.Buffer
		last   sfnt.GlyphIndex
		f      = s.face().Face
		units  = fixed.Int26_6(f.UnitsPerEm()) // so that all lengths come in units of the font
		scale  = s.size / vg.Length(units)
		x      = at.X
	)
	for i, r := range text {
		glyph, err := f.GlyphIndex(&buffer, r)
		if err != nil {
			continue
		}
		if kern, err := f.Kern(&buffer, last, glyph, units, xfont.HintingNone); err == nil && i > 0 {
			x += vg.Length(kern) * scale
		}
		segments, err := f.LoadGlyph(&buffer, glyph, units, nil)
		if err != nil {
			continue
		}
		path = appendGlyph(path, segments, func(p fixed.Point26_6) vg.Point {
			return vg.Point{X: x + vg.Length(p.X)*scale, Y: at.Y - vg.Length(p.Y)*scale}
		})
		if advance, err := f.GlyphAdvance(&buffer, glyph, units, xfont.HintingNone); err == nil {
			x += vg.Length(advance) * scale
		}
		last = glyph
	}
	return path
}

// appendGlyph adds a glyph's contours, each closed.
func appendGlyph(path vg.Path, segments sfnt.Segments, place func(fixed.Point26_6) vg.Point) vg.Path {
	for i, s := range segments {
		to := func(j int) vg.Point { return place(s.Args[j]) }
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if i > 0 {
				path.Close()
			}
			path.Move(to(0))
		case sfnt.SegmentOpLineTo:
			path.Line(to(0))
		case sfnt.SegmentOpQuadTo:
			path.QuadTo(to(0), to(1))
		case sfnt.SegmentOpCubeTo:
			path.CubeTo(to(0), to(1), to(2))
		}
	}
	if len(segments) > 0 {
		path.Close()
	}
	return path
}

// free says whether neither text nor a reserved mark stands in the box yet, a gap included.
func (p *page) free(box vg.Rectangle, gap vg.Length) bool {
	for _, m := range p.marks {
		if meets(grow(m, gap), box) {
			return false
		}
	}
	for _, t := range p.texts {
		if meets(grow(t.box, gap), box) {
			return false
		}
	}
	return true
}

// meets says whether two boxes share more than an edge.
func meets(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// within says whether b lies inside a.
func within(a, b vg.Rectangle) bool {
	return b.Min.X >= a.Min.X && b.Max.X <= a.Max.X && b.Min.Y >= a.Min.Y && b.Max.Y <= a.Max.Y
}

// grow widens a box on every side.
func grow(r vg.Rectangle, by vg.Length) vg.Rectangle {
	d := vg.Point{X: by, Y: by}
	return vg.Rectangle{Min: r.Min.Sub(d), Max: r.Max.Add(d)}
}
