package scenario

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// reader collects what is wrong with one scenario while it is read.
type reader struct {
	texts    []*text // the file, then the overrides
	found    []finding
	known    map[finding]bool // those found
	mended   []mend           // what is read otherwise than it is written
	readFile func(string) ([]byte, error)
	today    time.Time
}

// finding is a problem before its place is worked out, and its text redacted.
type finding struct {
	at         place
	text, hint string
	warning    bool
	cause      string // what else follows from the same mistake has the same; "": nothing does
}

func (r *reader) note(at place, warning bool, hint, text string) {
	r.add(finding{at: at, text: text, hint: hint, warning: warning})
}

func (r *reader) add(f finding) {
	if !r.known[f] && !r.mends(f.at) {
		if r.known == nil {
			r.known = map[finding]bool{}
		}
		r.known[f] = true
		r.found = append(r.found, f)
	}
}

// judged says whether a problem with a place was found already.
func (r *reader) judged(at place) bool {
	return slices.ContainsFunc(r.found, func(f finding) bool { return f.at == at && !f.warning })
}

// fail reports a problem with the value n.
func (r *reader) fail(n *node, hint, format string, args ...any) {
	r.note(n.at, false, hint, fmt.Sprintf(format, args...))
	n.spoil()
}

// failKey reports a problem with the key of n, or with what is missing in n.
func (r *reader) failKey(n *node, hint, format string, args ...any) {
	r.note(n.key, false, hint, fmt.Sprintf(format, args...))
	n.spoil()
}

// warn reports that the value n is odd.
func (r *reader) warn(n *node, hint, format string, args ...any) {
	r.note(n.at, true, hint, fmt.Sprintf(format, args...))
}

// because reports a problem that follows from a mistake made elsewhere, as others may. Of all that follow from one
// cause, the first is told, and where the others are.
func (r *reader) because(cause string, n *node, hint, format string, args ...any) {
	r.add(finding{at: n.at, text: fmt.Sprintf(format, args...), hint: hint, cause: cause})
	n.spoil()
}

// oddBecause is because for a warning.
func (r *reader) oddBecause(cause string, n *node, hint, format string, args ...any) {
	r.add(finding{at: n.at, text: fmt.Sprintf(format, args...), hint: hint, cause: cause, warning: true})
}

// spoil marks n and all it is part of, so that what depends on it isn't judged.
func (n *node) spoil() {
	for ; n != nil; n = n.parent {
		n.bad = true
	}
}

// placed is how many problems are given their places; they are far more than are printed.
const placed = 1000

// problems returns the errors and the warnings, each in the order of the file.
func (r *reader) problems() (wrong Problems, odd []Problem) {
	slices.SortStableFunc(r.found, func(a, b finding) int { return a.at.compare(b.at) })
	for _, f := range r.byCause() {
		t := r.texts[f.at.origin]
		p := Problem{File: t.label, Warning: f.warning}
		if len(wrong)+len(odd) < placed { // the others count
			p.Text, p.Hint = redact(f.text), redact(f.hint)
			t.mark(&p, f.at.span)
		}
		if f.at.origin > 0 {
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
func (r *reader) byCause() []finding {
	var all []finding
	first := map[string]int{} // by cause
	also := map[string][]place{}
	for _, f := range r.found {
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
			all[first[cause]].text += r.elsewhere(places)
		}
	}
	slices.SortStableFunc(all, func(a, b finding) int { return a.at.compare(b.at) })
	return all
}

// elsewhere says where the same mistake is felt, too.
func (r *reader) elsewhere(places []place) string {
	const named = 3
	var all []string
	for _, at := range places[:min(len(places), named)] {
		t := r.texts[at.origin]
		if at.origin > 0 {
			all = append(all, t.label)
			continue
		}
		all = append(all, position(t.source, at.start))
	}
	text := "; likewise at " + strings.Join(all, ", ")
	if more := len(places) - named; more > 0 {
		text += " and " + count(more, "place") + " more"
	}
	return text
}

// table reads the fields of a table and remembers which keys are known there.
type table struct {
	*reader
	node  *node
	known []string
	lacks []lack
}

// lack is a field that has no default and isn't there.
type lack struct{ key, example string }

// table begins to read n as a table; what is none reads as an empty one.
func (r *reader) table(n *node, example string) *table {
	if n.fields() == nil {
		r.fail(n, "write "+example, "%s must be a table, not %s", n.name, describe(n.value))
	}
	return &table{reader: r, node: n}
}

// get returns the field of a known key, nil where it is absent.
func (t *table) get(key string) *node {
	t.known = append(t.known, key)
	return t.node.fields()[key]
}

// close reports the keys that nothing asked for, and those that are lacking. It is meant to be
// deferred.
func (t *table) close() {
	defer t.reportLacks()
	for _, n := range t.node.ordered() {
		if slices.Contains(t.known, n.name) {
			continue
		}
		if t.refuseSecretKeys(n); n.bad && n.fields() == nil {
			continue
		}
		hint := ""
		if len(t.found) < placed {
			hint = t.suggest(n.name)
		}
		t.failKey(n, hint, "unknown key %s", quoteKey(n.name))
	}
}

// reportLacks reports what is lacking, but not what an unknown key was probably meant to be.
func (t *table) reportLacks() {
	where := t.node.path()
	if where == "" {
		where = "the scenario"
	}
	unknown := t.node.ordered()
	for _, l := range t.lacks {
		misspelt := slices.ContainsFunc(unknown[:min(len(unknown), placed)], func(n *node) bool {
			near, ok := Nearest(n.name, t.known)
			return ok && near == l.key
		})
		if !misspelt {
			t.failKey(t.node, "add "+l.example, "%s needs %s", where, l.key)
		}
	}
}

// suggest says which key may have been meant, or which there are.
func (t *table) suggest(key string) string {
	if near, ok := Nearest(key, t.known); ok {
		return "did you mean " + near + "?"
	}
	return "known here: " + strings.Join(t.known, ", ")
}

// missing notes that a field without default isn't there, unless there isn't even a table.
func (t *table) missing(key, example string) {
	if t.node.fields() != nil {
		t.lacks = append(t.lacks, lack{key, example})
		t.node.spoil()
	}
}

// parse makes a T of a value, or reports what is wrong with it and returns false.
type parse[T any] func(*reader, *node) (T, bool)

// read returns the field of a key, or what applies where it is absent or wrong.
func read[T any](t *table, key string, otherwise T, p parse[T]) T {
	if n := t.get(key); n != nil {
		if v, ok := p(t.reader, n); ok {
			return v
		}
	}
	return otherwise
}

// need is read for a field that has no default; example is the line to add.
func need[T any](t *table, key, example string, p parse[T]) T {
	if t.node.fields()[key] == nil {
		t.missing(key, example)
	}
	var zero T
	return read(t, key, zero, p)
}

// list reads an array, each item by p. Items that are wrong are reported, but stay in the list, so
// that the others keep their places.
func list[T any](what string, p parse[T]) parse[[]T] {
	return func(r *reader, n *node) ([]T, bool) {
		items, ok := n.value.([]*node)
		if !ok {
			r.fail(n, "write "+what, "%s must be an array, not %s", n.name, describe(n.value))
			return nil, false
		}
		var values []T
		for _, item := range items {
			v, _ := p(r, item)
			values = append(values, v)
		}
		return values, true
	}
}
