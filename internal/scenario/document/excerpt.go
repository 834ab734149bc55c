package document

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"
)

// text is the file or an override, and what of it must not be shown.
type text struct {
	label   string
	source  []byte
	secrets []span
}

// longestExcerpt is the length in characters from which a line is shortened.
const longestExcerpt = 120

// mark fills in the place of a problem.
func (t *text) mark(p *Problem, at span) {
	at.start = min(max(at.start, 0), len(t.source))
	at.end = min(max(at.end, at.start), len(t.source))
	from := bytes.LastIndexByte(t.source[:at.start], '\n') + 1
	to := len(t.source)
	if n := bytes.IndexByte(t.source[from:], '\n'); n >= 0 {
		to = from + n
	}
	at.end = min(at.end, to)
	p.Line = bytes.Count(t.source[:from], []byte("\n")) + 1
	p.Column = utf8.RuneCount(t.source[from:at.start]) + 1
	p.Length = max(1, utf8.RuneCount(t.source[at.start:at.end]))
	p.Excerpt, p.Caret = t.excerpt(span{from, to}, at)
}

// excerpt returns the line and, character below character, the carets under at: a tab stays a
// tab, a wide character takes two places. Secrets become stars; control characters, which could
// play tricks with a terminal, become a replacement character.
func (t *text) excerpt(line, at span) (string, string) {
	line = window(t.source, line, at)
	hidden := secretSpans(t.source[line.start:line.end], line.start)
	for _, s := range t.secrets {
		if s.start < line.end && s.end > line.start {
			hidden = append(hidden, s)
		}
	}
	var shown, below strings.Builder
	if line.start > 0 && t.source[line.start-1] != '\n' {
		shown.WriteString("…")
		below.WriteString(" ")
	}
	under := "^"
	for i := line.start; i < line.end; {
		r, size := utf8.DecodeRune(t.source[i:])
		written := visible(r)
		if end := covered(hidden, i); end > i {
			size, written = min(end, line.end)-i, "***"
		} else if r == '\r' && i+size == line.end {
			break
		}
		shown.WriteString(written)
		switch {
		case i+size > at.start && i < max(at.end, at.start+1):
			below.WriteString(strings.Repeat(under, cells(written)))
		case i < at.start && written == "\t":
			below.WriteString("\t")
		case i < at.start:
			below.WriteString(strings.Repeat(" ", cells(written)))
		}
		i += size
	}
	if line.end < len(t.source) && t.source[line.end] != '\n' {
		shown.WriteString("…")
	}
	if !strings.Contains(below.String(), under) { // at the end of the line
		below.WriteString(under)
	}
	return shown.String(), below.String()
}

// window shortens a long line to the characters around at.
func window(source []byte, line, at span) span {
	if line.end-line.start <= longestExcerpt {
		return line
	}
	from := max(line.start, at.start-longestExcerpt/2)
	to := min(line.end, from+longestExcerpt)
	for from > line.start && !utf8.RuneStart(source[from]) {
		from--
	}
	for to < line.end && !utf8.RuneStart(source[to]) {
		to++
	}
	return span{from, to}
}

// covered returns where the secrets end that begin at or before byte i; it is hidden up to there.
func covered(hidden []span, i int) int {
	end := 0
	for _, h := range hidden {
		if i >= h.start {
			end = max(end, h.end)
		}
	}
	return end
}

// visible is what is printed for a character.
func visible(r rune) string {
	if r != '\t' && !unicode.IsPrint(r) {
		return string(utf8.RuneError)
	}
	return string(r)
}

// wide are the characters that a terminal shows two places wide: East Asian scripts and pictographs.
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, {Lo: 0x2e80, Hi: 0x303e, Stride: 1}, {Lo: 0x3041, Hi: 0xa4cf, Stride: 1},
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, {Lo: 0xf900, Hi: 0xfaff, Stride: 1}, {Lo: 0xfe30, Hi: 0xfe6f, Stride: 1},
		{Lo: 0xff00, Hi: 0xff60, Stride: 1}, {Lo: 0xffe0, Hi: 0xffe6, Stride: 1},
	},
	R32: []unicode.Range32{{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, {Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1},
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}, {Lo: 0x20000, Hi: 0x3fffd, Stride: 1}},
}

// cells is how many places a text takes in a terminal.
func cells(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case unicode.In(r, unicode.Mn, unicode.Me):
		case unicode.Is(wide, r):
			n += 2
		default:
			n++
		}
	}
	return n
}
