package canvas

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

// Missing stands for every character the fonts lack. gonum would leave it out without a word.
const Missing = '\uFFFD'

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

// Style says how a text looks.
type Style struct {
	Medium bool
	Size   vg.Length
	Color  color.Color
	Halo   bool // a white rim, for text over marks
}

func (s Style) In(c color.Color) Style { s.Color = c; return s }
func (s Style) Bold() Style            { s.Medium = true; return s }
func (s Style) Leading() vg.Length     { return s.Size * 1.22 }
func (s Style) Above() vg.Length       { return s.Size * 0.74 } // capitals and digits
func (s Style) Below() vg.Length       { return s.Size * 0.22 } // descenders

func (s Style) Fits(t string, w vg.Length) bool { return s.Width(t) <= w }

// Width is how long text will be once written.
func (s Style) Width(text string) vg.Length {
	f := s.face()
	return f.Width(Legible(text))
}

func (s Style) face() font.Face {
	fonts, err := weights()
	if err != nil { // The fonts are part of the program: only a broken build gets here.
		panic("reports: " + err.Error())
	}
	f := fonts[0]
	if s.Medium {
		f = fonts[1]
	}
	return font.Face{Font: font.Font{Typeface: "Roboto", Size: s.Size}, Face: f}
}

// Legible is text as the fonts can draw it: composed, signs that are letters in another guise as those, and every
// other character that the fonts lack replaced visibly.
func Legible(text string) string {
	face := Style{Size: 10}.face().Face
	var buffer sfnt.Buffer
	lacks := func(r rune) bool { return !draws(face, &buffer, r) }
	text = norm.NFC.String(strings.ToValidUTF8(text, string(Missing)))
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
			plain = string(Missing)
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
		if c := string(r); r != Missing && Legible(c) == string(Missing) && !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all
}

// Shorten cuts text in its middle, visibly, until it fits. The end of a name often tells two apart.
func (s Style) Shorten(text string, width vg.Length) string {
	if s.Fits(text, width) {
		return text
	}
	runes := []rune(text)
	low, high := 0, min(len(runes), 400) // more runes never fit on a page
	for low < high {
		keep := (low + high + 1) / 2
		if s.Fits(middleCut(runes, keep), width) {
			low = keep
		} else {
			high = keep - 1
		}
	}
	return middleCut(runes, low)
}

// Squeezed is the style, as much smaller as a figure needs to fit: one that is cut is another figure.
func (s Style) Squeezed(text string, width vg.Length) Style {
	if w := s.Width(text); w > width {
		s.Size *= width / w
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

// Wrap breaks text at spaces into lines that fit, at most so many; what is left is cut visibly.
func (s Style) Wrap(text string, width vg.Length, most int) []string {
	return s.WrapAt(" ", strings.Fields(text), width, most)
}

// WrapAt breaks only between the given parts.
func (s Style) WrapAt(separator string, parts []string, width vg.Length, most int) []string {
	var lines []string
	for len(parts) > 0 {
		if len(lines) == most-1 {
			return append(lines, s.ShortenEnd(strings.Join(parts, separator), width))
		}
		n := 1
		for n < len(parts) && s.Fits(strings.Join(parts[:n+1], separator), width) {
			n++
		}
		lines = append(lines, s.Shorten(strings.Join(parts[:n], separator), width))
		parts = parts[n:]
	}
	return lines
}

// Balance wraps like wrap, with lines of about the same length: no single word in the last one.
func (s Style) Balance(text string, width vg.Length, most int) []string {
	lines := s.Wrap(text, width, most)
	for w := width * 0.97; len(lines) > 1 && w > width/2; w *= 0.97 {
		narrower := s.Wrap(text, w, most+1)
		if len(narrower) > len(lines) {
			break
		}
		lines = narrower
	}
	return lines
}

// ShortenEnd cuts running text at its end, and never within a figure or right after it, where it would look cut.
func (s Style) ShortenEnd(text string, width vg.Length) string {
	if s.Fits(text, width) {
		return text
	}
	runes := []rune(text)
	runes = runes[:min(len(runes), 400)]
	for len(runes) > 0 && !s.Fits(string(runes)+"…", width) {
		runes = runes[:len(runes)-1]
	}
	words := strings.Fields(string(runes))
	for n := len(words) - 1; n >= 0 && strings.ContainsAny(words[n], "0123456789$"); n-- {
		words = words[:n]
	}
	return strings.Join(words, " ") + "…"
}

// Align says which end of a text lies at its point.
type Align float64

const (
	Left   Align = 0
	Centre Align = 0.5
	Right  Align = 1
)

// Lettered is a text on a page and the box it fills.
type Lettered struct {
	Text string
	Box  vg.Rectangle
}

// Box is where text would stand if written at a point of its baseline.
func (s Style) Box(text string, at vg.Point, a Align) vg.Rectangle {
	w := s.Width(text)
	x := at.X - w*vg.Length(a)
	return vg.Rectangle{
		Min: vg.Point{X: x, Y: at.Y - s.Below()},
		Max: vg.Point{X: x + w, Y: at.Y + s.Above()},
	}
}

// Write puts text on the page, and is the only way to do so. at lies on the baseline.
func (p *Page) Write(text string, at vg.Point, s Style, a Align) vg.Rectangle {
	text = Legible(text)
	box := s.Box(text, at, a)
	if strings.TrimSpace(text) == "" {
		return box
	}
	outline := s.outline(text, vg.Point{X: box.Min.X, Y: at.Y})
	if s.Halo {
		p.Canvas.SetColor(White)
		p.Canvas.SetLineWidth(2.4)
		p.Canvas.SetLineDash(nil, 0)
		p.Canvas.Stroke(outline)
	}
	p.Canvas.SetColor(s.Color)
	p.Canvas.Fill(outline)
	p.Texts = append(p.Texts, Lettered{text, box})
	return box
}

// WriteLines writes lines downwards from the baseline of the first, and returns the last baseline.
func (p *Page) WriteLines(lines []string, at vg.Point, s Style, a Align) vg.Length {
	for i, line := range lines {
		if i > 0 {
			at.Y -= s.Leading()
		}
		p.Write(line, at, s, a)
	}
	return at.Y
}

// Reserve keeps names off a mark.
func (p *Page) Reserve(box vg.Rectangle) { p.marks = append(p.marks, box) }

// outline is text as shapes. gonum's own FillString resamples every glyph as an image: slower by far,
// softer, and it has no rim to stroke.
func (s Style) outline(text string, at vg.Point) vg.Path {
	var (
		path   vg.Path
		buffer sfnt.Buffer
		last   sfnt.GlyphIndex
		f      = s.face().Face
		units  = fixed.Int26_6(f.UnitsPerEm()) // so that all lengths come in units of the font
		scale  = s.Size / vg.Length(units)
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

// Free says whether neither text nor a reserved mark stands in the box yet, a gap included.
func (p *Page) Free(box vg.Rectangle, gap vg.Length) bool {
	for _, m := range p.marks {
		if Meets(Grow(m, gap), box) {
			return false
		}
	}
	for _, t := range p.Texts {
		if Meets(Grow(t.Box, gap), box) {
			return false
		}
	}
	return true
}

// Meets says whether two boxes share more than an edge.
func Meets(a, b vg.Rectangle) bool {
	return a.Min.X < b.Max.X && b.Min.X < a.Max.X && a.Min.Y < b.Max.Y && b.Min.Y < a.Max.Y
}

// Within says whether b lies inside a.
func Within(a, b vg.Rectangle) bool {
	return b.Min.X >= a.Min.X && b.Max.X <= a.Max.X && b.Min.Y >= a.Min.Y && b.Max.Y <= a.Max.Y
}

// Grow widens a box on every side.
func Grow(r vg.Rectangle, by vg.Length) vg.Rectangle {
	d := vg.Point{X: by, Y: by}
	return vg.Rectangle{Min: r.Min.Sub(d), Max: r.Max.Add(d)}
}
