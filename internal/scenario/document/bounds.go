package document

import (
	"bytes"
	"fmt"
)

// Limits of a scenario, far above what one needs. They are checked by one look at the text before anything else reads
// it, so that no text, however it was made, holds a reader up or fills the memory.
const (
	MaxSource = 4 << 20 // bytes of the file
	maxKeys   = 100_000 // keys, tables and items of arrays
	maxDepth  = 32      // parts of a dotted key, and brackets within brackets
	maxString = 1 << 20 // bytes of one text, key, number or comment
)

// MaxNamed bounds a file that a scenario names, in bytes.
const MaxNamed = 64 << 20

// excess is what of a document is beyond a limit, and where.
type excess struct {
	at         span
	text, hint string
}

// exceeds returns the first place where a document is beyond a limit, nil where it is within all, and how many keys
// it has. What is no TOML may be judged wrongly, but is bounded all the same.
func exceeds(source []byte) (beyond *excess, keys int) {
	if len(source) > MaxSource {
		return &excess{span{MaxSource, MaxSource + 1}, fmt.Sprintf("the scenario is longer than %d MB", MaxSource>>20),
			"put long lists into files that it names"}, 0
	}
	s := scan{source: source, key: true}
	for s.at < len(source) && s.found == nil {
		s.next()
	}
	return s.found, s.keys
}

// scan goes through a document token by token.
type scan struct {
	source []byte
	at     int
	depth  int  // of open brackets
	key    bool // a key may come, not a value
	parts  int  // of the dotted key so far
	keys   int
	found  *excess
}

func (s *scan) next() {
	from := s.at
	switch c := s.source[s.at]; c {
	case '\n':
		s.at++
		if s.depth == 0 {
			s.key, s.parts = true, 0
		}
	case '#':
		s.upTo(bytes.IndexByte(s.source[s.at:], '\n'), 0)
	case '"', '\'':
		s.quoted(c)
	case '[', '{':
		s.at++
		s.depth++
		s.keys++
		s.parts = 0
		s.key = s.key && c == '[' || c == '{'
	case ']', '}':
		s.at++
		s.depth = max(0, s.depth-1)
	case ',':
		s.at++
		s.keys++
		s.key, s.parts = true, 0 // in an array, too, where no dots follow that would count
	case '=':
		s.at++
		s.keys++
		s.key, s.parts = false, 0
	case '.':
		s.at++
		if s.key {
			s.parts++
			s.keys++
		}
	case ' ', '\t', '\r':
		s.at++
	default:
		s.upTo(bytes.IndexAny(s.source[s.at:], "\n#\"'[]{},=. \t\r"), 0)
	}
	s.judge(from)
}

// quoted passes a text over.
func (s *scan) quoted(quote byte) {
	fence := bytes.Repeat([]byte{quote}, 3)
	rest := s.source[s.at:]
	if bytes.HasPrefix(rest, fence) {
		s.upTo(closing(rest[3:], fence, quote == '"'), 6)
		return
	}
	end := closing(rest[1:], fence[:1], quote == '"')
	if line := bytes.IndexByte(rest[1:], '\n'); line >= 0 && (end < 0 || line < end) {
		s.upTo(line, 1) // it isn't closed
		return
	}
	s.upTo(end, 2)
}

// closing is where a text ends, -1 where it doesn't; a backslash hides what follows it where it escapes.
func closing(text, fence []byte, escapes bool) int {
	for i := 0; i < len(text); i++ {
		switch {
		case escapes && text[i] == '\\':
			i++
		case text[i] == fence[0] && bytes.HasPrefix(text[i:], fence):
			return i
		}
	}
	return -1
}

// upTo moves on by n and some more bytes, or to the end of the document where n is less than 0.
func (s *scan) upTo(n, more int) {
	if n < 0 {
		s.at = len(s.source)
		return
	}
	s.at = min(len(s.source), s.at+n+more)
}

// judge looks at what the token that began at a place has led to.
func (s *scan) judge(from int) {
	beyond := func(hint, format string, limit int) {
		s.found = &excess{span{from, min(s.at, from+1)}, fmt.Sprintf(format, limit), hint}
	}
	switch {
	case s.at-from > maxString:
		beyond("", "a text, key or comment of more than %d bytes", maxString)
	case s.keys > maxKeys:
		beyond("put long lists into files that the scenario names", "the scenario has more than %d keys and items", maxKeys)
	case s.depth > maxDepth:
		beyond("", "brackets nested deeper than %d", maxDepth)
	case s.parts >= maxDepth:
		beyond("", "a key of more than %d parts", maxDepth)
	}
}
