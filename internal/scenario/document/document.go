// Package document is a TOML text with places: a tree whose every key and value knows where it stands, what is wrong
// with it, told with its line, a caret and a hint, overrides of single values, and patches that keep the rest as it is.
//
// It deliberately knows no key of the scenario language and no meaning of a value (package scenario).
//
//	d, root := document.Open("veo31.toml", source)
//	d.Fail(root.Find("seed"), "write seed = 1", "the seed is no number")
//	wrong, odd := d.Problems()
package document

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
)

// Document is a scenario's text with its overrides, and what was found wrong with them.
type Document struct {
	texts  []*text // the file, then the overrides
	found  []finding
	known  map[finding]bool // those found
	mended []mend           // what is read otherwise than it is written
}

// byteOrderMark may begin a file in UTF-8; it is no part of the first line.
var byteOrderMark = []byte("\ufeff")

// Open reads a text; the root of its tree is nil where that can't be read. Mistakes of syntax that can be mended are
// reported, and the rest is read as if they weren't there.
func Open(label string, source []byte) (*Document, *Node) {
	body := bytes.TrimPrefix(source, byteOrderMark)
	d := &Document{texts: []*text{{label: label, source: body}}}
	e, keys := exceeds(body)
	if e != nil {
		d.Note(Place{0, e.at}, false, e.hint, e.text)
		return d, nil
	}
	return d, d.parse(body, keys)
}

// Full says whether more problems were found than are told in full.
func (d *Document) Full() bool { return len(d.found) >= Placed }

// Failed says whether anything was found that is no warning.
func (d *Document) Failed() bool {
	return slices.ContainsFunc(d.found, func(f finding) bool { return !f.warning })
}

// finding is a problem before its place is worked out, and its text redacted.
type finding struct {
	at         Place
	text, hint string
	warning    bool
	cause      string // what else follows from the same mistake has the same; "": nothing does
}

func (d *Document) Note(at Place, warning bool, hint, text string) {
	d.add(finding{at: at, text: text, hint: hint, warning: warning})
}

func (d *Document) add(f finding) {
	if !d.known[f] && !d.mends(f.at) {
		if d.known == nil {
			d.known = map[finding]bool{}
		}
		d.known[f] = true
		d.found = append(d.found, f)
	}
}

// Judged says whether a problem with a place was found already.
func (d *Document) Judged(at Place) bool {
	return slices.ContainsFunc(d.found, func(f finding) bool { return f.at == at && !f.warning })
}

// Fail reports a problem with the value n.
func (d *Document) Fail(n *Node, hint, format string, args ...any) {
	d.Note(n.At, false, hint, fmt.Sprintf(format, args...))
	n.Spoil()
}

// FailKey reports a problem with the key of n, or with what is missing in n.
func (d *Document) FailKey(n *Node, hint, format string, args ...any) {
	d.Note(n.Key, false, hint, fmt.Sprintf(format, args...))
	n.Spoil()
}

// Warn reports that the value n is odd.
func (d *Document) Warn(n *Node, hint, format string, args ...any) {
	d.Note(n.At, true, hint, fmt.Sprintf(format, args...))
}

// Because reports a problem that follows from a mistake made elsewhere, as others may. Of all that follow from one
// cause, the first is told, and where the others are.
func (d *Document) Because(cause string, n *Node, hint, format string, args ...any) {
	d.add(finding{at: n.At, text: fmt.Sprintf(format, args...), hint: hint, cause: cause})
	n.Spoil()
}

// OddBecause is because for a warning.
func (d *Document) OddBecause(cause string, n *Node, hint, format string, args ...any) {
	d.add(finding{at: n.At, text: fmt.Sprintf(format, args...), hint: hint, cause: cause, warning: true})
}

// Spoiled says whether a problem was found with this very value, not just beside it.
func (n *Node) Spoiled() bool { return n.Bad && n.Fields() == nil }

// Spoil marks n and all it is part of, so that what depends on it isn't judged.
func (n *Node) Spoil() {
	for ; n != nil; n = n.Parent {
		n.Bad = true
	}
}

// Placed is how many problems are given their places; they are far more than are printed.
const Placed = 1000

// Problems returns the errors and the warnings, each in the order of the file.
func (d *Document) Problems() (wrong Problems, odd []Problem) {
	slices.SortStableFunc(d.found, func(a, b finding) int { return a.at.Compare(b.at) })
	for _, f := range d.byCause() {
		t := d.texts[f.at.Origin]
		p := Problem{File: t.label, Warning: f.warning}
		if len(wrong)+len(odd) < Placed { // the others count
			p.Text, p.Hint = redact(f.text), redact(f.hint)
			t.mark(&p, f.at.span)
		}
		if f.at.Origin > 0 {
			p.Line = 0
		}
		if f.warning {
			odd = append(odd, p)
		} else {
			wrong = append(wrong, p)
		}
	}
	return wrong, odd
}

// byCause makes one finding of all that follow from one mistake; a warning does where an error does, too.
func (d *Document) byCause() []finding {
	var all []finding
	first := map[string]int{} // by cause
	also := map[string][]Place{}
	for _, f := range d.found {
		i, told := first[f.cause]
		switch {
		case f.cause == "":
			all = append(all, f)
		case !told:
			first[f.cause] = len(all)
			all = append(all, f)
		case all[i].warning && !f.warning:
			all[i] = f // an error says more
			also[f.cause] = nil
		case all[i].warning == f.warning:
			also[f.cause] = append(also[f.cause], f.at)
		}
	}
	for cause, places := range also {
		if len(places) > 0 {
			all[first[cause]].text += d.elsewhere(places)
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return a.at.Compare(b.at) })
	return all
}

// elsewhere says where the same mistake is felt, too.
func (d *Document) elsewhere(places []Place) string {
	const named = 3
	var all []string
	for _, at := range places[:min(len(places), named)] {
		t := d.texts[at.Origin]
		if at.Origin > 0 {
			all = append(all, t.label)
			continue
		}
		all = append(all, position(t.source, at.start))
	}
	text := "; likewise at " + strings.Join(all, ", ")
	switch more := len(places) - named; {
	case more == 1:
		text += " and 1 place more"
	case more > 1:
		text += fmt.Sprintf(" and %d places more", more)
	}
	return text
}
