package document

import (
	"bytes"
	"errors"
	"strings"

	pelletier "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// This file is the only one that knows go-toml. BurntSushi decodes; go-toml judges the syntax a
// second time, more strictly, and its parser says where every key and value stands, which
// BurntSushi doesn't. Its package unstable may change: whatever does is mended here.

// span is a range of bytes.
type span struct{ start, end int }

// spot says where a key, its value and what is in it stand.
type spot struct {
	key    span
	value  span
	fields map[string]*spot
	items  []*spot
}

// syntaxError is what a parser says against a document.
type syntaxError struct {
	at      span
	message string
}

// strict parses source with go-toml and returns what it says against it, or nil.
func strict(source []byte) *syntaxError {
	var tree map[string]any
	err := pelletier.Unmarshal(source, &tree)
	if err == nil {
		return nil
	}
	message := strings.TrimPrefix(err.Error(), "toml: ")
	var decode *pelletier.DecodeError
	if !errors.As(err, &decode) {
		return &syntaxError{message: message}
	}
	line, column := decode.Position()
	start := lineStart(source, line) + column - 1
	return &syntaxError{at: span{start, start + tokenLength(source[min(start, len(source)):])}, message: message}
}

// lineStart is the offset of the first byte of a line, counted from 1.
func lineStart(source []byte, line int) int {
	offset := 0
	for ; line > 1; line-- {
		next := bytes.IndexByte(source[offset:], '\n')
		if next < 0 {
			return len(source)
		}
		offset += next + 1
	}
	return offset
}

// tokenLength is how far a caret under the token at the start of rest reaches.
func tokenLength(rest []byte) int {
	n := 0
	for n < len(rest) && (rest[n] == '_' || rest[n] == '-' || rest[n] == '.' || rest[n] >= '0' && rest[n] <= '9' ||
		rest[n]|0x20 >= 'a' && rest[n]|0x20 <= 'z') {
		n++
	}
	return max(n, 1)
}

// locator finds the places of one document that is known to be valid.
type locator struct {
	source []byte
	parser unstable.Parser
}

// locate returns the places of everything in source, which must be valid.
func locate(source []byte) *spot {
	l := locator{source: source}
	l.parser.Reset(source)
	root := &spot{}
	here := root
	for l.parser.NextExpression() {
		here = l.expression(root, here, l.parser.Expression())
	}
	return root
}

// expression notes what a header or a line of a table says, and returns the table that is filled from then on.
func (l *locator) expression(root, here *spot, e *unstable.Node) *spot {
	switch e.Kind {
	case unstable.Table:
		table, at := l.descend(root, e.Key(), false)
		// The header of a table is a better place for it than an earlier mention in the
		// header of a table within it.
		table.key, table.value = at, at
		return table
	case unstable.ArrayTable:
		array, at := l.descend(root, e.Key(), true)
		item := &spot{key: at, value: at}
		array.items = append(array.items, item)
		return item
	case unstable.KeyValue:
		l.keyValue(here, e)
	}
	return here
}

// descend follows a dotted key, through the last items of arrays of tables, but leaves an array
// that a header is about to extend as it is.
func (l *locator) descend(s *spot, keys unstable.Iterator, extends bool) (*spot, span) {
	var at span
	for keys.Next() {
		k := keys.Node()
		at = rawSpan(k)
		next := s.fields[string(k.Data)]
		if next == nil {
			next = &spot{key: at, value: at}
			if s.fields == nil {
				s.fields = map[string]*spot{}
			}
			s.fields[string(k.Data)] = next
		}
		s = next
		if n := len(s.items); n > 0 && !(extends && keys.IsLast()) {
			s = s.items[n-1]
		}
	}
	return s, at
}

// keyValue notes a key and its value, and returns where the value ends.
func (l *locator) keyValue(in *spot, e *unstable.Node) int {
	s, at := l.descend(in, e.Key(), true)
	from := at.end
	for l.source[from] != '=' {
		from++
	}
	return l.value(s, e.Value(), from+1)
}

// value notes where a value stands that begins at the first token after from, and what is in it.
// go-toml tells the place of scalars only, so brackets are found by walking over what they hold.
func (l *locator) value(s *spot, v *unstable.Node, from int) int {
	start := l.skip(from)
	end := start + 1
	switch v.Kind {
	case unstable.Array:
		for it := v.Children(); it.Next(); {
			item := &spot{}
			end = l.value(item, it.Node(), end)
			item.key = item.value
			s.items = append(s.items, item)
		}
		end = l.skip(end) + 1
	case unstable.InlineTable:
		for it := v.Children(); it.Next(); {
			end = l.keyValue(s, it.Node())
		}
		end = l.skip(end) + 1
	default:
		start, end = rawSpan(v).start, rawSpan(v).end
	}
	s.value = span{start, end}
	return end
}

// skip moves over white space, commas and comments.
func (l *locator) skip(i int) int {
	for i < len(l.source) {
		switch l.source[i] {
		case ' ', '\t', '\r', '\n', ',':
			i++
		case '#':
			for i < len(l.source) && l.source[i] != '\n' {
				i++
			}
		default:
			return i
		}
	}
	return i
}

func rawSpan(n *unstable.Node) span {
	return span{int(n.Raw.Offset), int(n.Raw.Offset + n.Raw.Length)}
}

// keySpan is one part of a dotted key.
type keySpan struct {
	name string
	at   span
}

// splitKey reads a dotted key such as channels."veo 3.1".poll.
func splitKey(key string) ([]keySpan, bool) {
	var p unstable.Parser
	p.Reset([]byte(key + "=0"))
	if !p.NextExpression() {
		return nil, false
	}
	var parts []keySpan
	for it := p.Expression().Key(); it.Next(); {
		parts = append(parts, keySpan{string(it.Node().Data), rawSpan(it.Node())})
	}
	return parts, !p.NextExpression()
}
