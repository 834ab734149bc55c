package document

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// mend is how a document that is no TOML is read all the same, to say what else is wrong with it. The text keeps its
// length, so that all places stay what they are.
type mend struct {
	at      span
	text    string
	hint    string
	instead string // what to read there; "": nothing helps
	removes bool   // what is read there counts for nothing
}

// mostMends is how many mistakes of syntax are told at once.
const mostMends = 10

// parse makes a tree of a document. Mistakes that can be mended are reported, and the rest is read as if they weren't
// there; nil where one can't.
func (d *Document) parse(body []byte, keys int) *Node {
	for i := range mostMends {
		root, wrong := decode(body, keys)
		if wrong == nil {
			root.prune(d.mended)
			return root
		}
		m := mendOf(body, wrong, i)
		d.Note(Place{0, m.at}, false, m.hint, "not valid TOML: "+m.text)
		if m.instead == "" {
			return nil
		}
		body = slices.Concat(body[:m.at.start], []byte(m.instead), body[m.at.end:])
		d.mended = append(d.mended, m)
	}
	return nil
}

// mendOf says how the i-th mistake can be mended.
func mendOf(source []byte, wrong *syntaxError, i int) mend {
	if strings.Contains(wrong.message, " already ") || strings.Contains(wrong.message, " should be a") {
		if c, found := findClash(source, wrong.at.start); found {
			m := mend{at: c.at, text: wrong.message, removes: true}
			m.hint = "it stands at " + position(source, c.first.start) + " first: leave one of them out"
			if length := c.at.end - c.at.start; !c.table && length >= len("abc") {
				m.instead = fmt.Sprintf("%0*x", length, 0xfff-i)
			}
			return m
		}
	}
	if at := bareValue(source, wrong.at.start); unquoted.Match(source[at.start:at.end]) {
		value := string(source[at.start:at.end])
		blank := "'" + strings.Repeat(" ", len(value)-2) + "'"
		return mend{at: at, text: value + " has no quotes", hint: "write " + Quote(value), instead: blank}
	}
	return mend{at: wrong.at, text: wrong.message, hint: syntaxHint(source, wrong)}
}

// position is a place in words: line and column.
func position(source []byte, at int) string {
	var p Problem
	(&text{source: source}).mark(&p, span{at, at})
	return fmt.Sprintf("%d:%d", p.Line, p.Column)
}

// unquoted are values with a unit, as they would be right in quotes.
var unquoted = regexp.MustCompile(`^(\$[0-9][0-9,]*(\.[0-9]+)?|[0-9.]+%|([0-9.]+(ms|[dhms]))+|[0-9]+/(s|min|h))$`)

// bareValue is the value without quotes around a place: up to a space, a bracket or a comma, but for those between the
// digits of an amount.
func bareValue(source []byte, at int) span {
	const ends = " \t\r\n=[]{},#\"'"
	at = min(at, len(source))
	start := bytes.LastIndexAny(source[:at], ends) + 1
	if amount := grouping.Find(source[start:]); amount != nil {
		return span{start, start + len(amount)}
	}
	end := len(source)
	if n := bytes.IndexAny(source[start:], ends); n >= 0 {
		end = start + n
	}
	return span{start, end}
}

var grouping = regexp.MustCompile(`^\$[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?`)

// prune takes away what counts for nothing, and marks what isn't known.
func (n *Node) prune(mended []mend) {
	if len(mended) == 0 {
		return
	}
	for name, f := range n.Fields() {
		if slices.ContainsFunc(mended, func(m mend) bool { return m.removes && m.at == f.Key.span }) {
			delete(n.Fields(), name)
			continue
		}
		f.prune(mended)
	}
	for _, item := range n.Items() {
		item.prune(mended)
	}
	if slices.ContainsFunc(mended, func(m mend) bool { return m.at == n.At.span }) {
		n.Spoil()
	}
}

// mends says whether a place holds only what was put there to read on.
func (d *Document) mends(at Place) bool {
	return at.Origin == 0 && slices.ContainsFunc(d.mended, func(m mend) bool { return m.at == at.span })
}

// thousands is what follows the first comma of a number that has some.
var thousands = regexp.MustCompile(`^,[0-9]{3}\b`)

// syntaxHint recognises what people most often get wrong.
func syntaxHint(source []byte, wrong *syntaxError) string {
	lineEnd := strings.Contains(wrong.message, "U+000A") || strings.Contains(wrong.message, "U+000D")
	rest := source[min(wrong.at.start, len(source)):]
	switch {
	case !utf8.Valid(source):
		return "save the file as UTF-8"
	case bytes.HasPrefix(rest, []byte("“")), bytes.HasPrefix(rest, []byte("‘")):
		return `write straight quotes, as in "6m"`
	case strings.Contains(wrong.message, "after key"):
		return `write key = value, as promise = "6m"`
	case strings.Contains(wrong.message, "to close table name"):
		return "close the name of the table by ] in the same line"
	case thousands.Match(rest):
		return "write thousands without commas, as 20_000 or 20000"
	case lineEnd && strings.Contains(wrong.message, "at start of value"):
		return "write a value after ="
	case lineEnd:
		return "end lines with a line feed"
	case strings.Contains(wrong.message, "at start of value"), strings.Contains(wrong.message, "must be quoted"),
		strings.Contains(wrong.message, "expected newline"),
		wrong.at.start < len(source) && source[wrong.at.start] == '%':
		return `values with a unit stand in quotes: "10s", "$0.12", "2%"`
	case strings.Contains(wrong.message, "cannot have new lines"):
		return "close the quotes in the same line"
	}
	return ""
}
