package scenario

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// reader collects what is wrong with one scenario while it is read.
type reader struct {
	texts    []*text // the file, then the overrides
	found    []finding
	readFile func(string) ([]byte, error)
}

// finding is a problem before its place is worked out.
type finding struct {
	at         place
	text, hint string
	warning    bool
}

func (r *reader) note(at place, warning bool, hint, text string) {
	f := finding{at: at, text: redact(text), hint: redact(hint), warning: warning}
	if !slices.Contains(r.found, f) {
		r.found = append(r.found, f)
	}
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

// spoil marks n and all it is part of, so that what depends on it isn't judged.
func (n *node) spoil() {
	for ; n != nil; n = n.parent {
		n.bad = true
	}
}

// problems returns the errors and the warnings, each in the order of the file.
func (r *reader) problems() (wrong Problems, odd []Problem) {
	slices.SortStableFunc(r.found, func(a, b finding) int {
		return cmp.Or(a.at.compare(b.at), strings.Compare(a.text, b.text))
	})
	for _, f := range r.found {
		p := Problem{Text: f.text, Hint: f.hint, Warning: f.warning}
		t := r.texts[f.at.origin]
		p.File = t.label
		t.mark(&p, f.at.span)
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

// table reads the fields of a table and remembers which keys are known there.
type table struct {
	*reader
	node  *node
	known []string
}

// table begins to read n as a table; a nil or wrong n reads as an empty one.
func (r *reader) table(n *node, example string) *table {
	if n == nil {
		n = &node{}
	} else if n.fields() == nil {
		r.fail(n, "write "+example, "%s must be a table, not %s", n.name, describe(n.value))
	}
	return &table{reader: r, node: n}
}

// get returns the field of a known key, nil where it is absent.
func (t *table) get(key string) *node {
	t.known = append(t.known, key)
	return t.node.fields()[key]
}

// close reports the keys that nothing asked for. It is meant to be deferred.
func (t *table) close() {
	for _, n := range t.node.ordered() {
		if slices.Contains(t.known, n.name) {
			continue
		}
		if t.refuseSecretKeys(n); n.bad && n.fields() == nil {
			continue
		}
		t.failKey(n, t.suggest(n.name), "unknown key %s", quoteKey(n.name))
	}
}

// suggest says which key may have been meant, or which there are.
func (t *table) suggest(key string) string {
	if near, ok := nearest(key, t.known); ok {
		return "did you mean " + near + "?"
	}
	return "known here: " + strings.Join(t.known, ", ")
}

// missing reports a field that has no default.
func (t *table) missing(key, example string) {
	where := t.node.path()
	if where == "" {
		where = "the scenario"
	}
	if t.node.bad && t.node.fields() == nil {
		return // it isn't even a table
	}
	t.failKey(t.node, "add "+example, "%s needs %s", where, key)
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

// list reads an array, each item by p.
func list[T any](what string, p parse[T]) parse[[]T] {
	return func(r *reader, n *node) ([]T, bool) {
		items, ok := n.value.([]*node)
		if !ok {
			r.fail(n, "write "+what, "%s must be an array, not %s", n.name, describe(n.value))
			return nil, false
		}
		var values []T
		for _, item := range items {
			v, fine := p(r, item)
			values, ok = append(values, v), ok && fine
		}
		return values, ok
	}
}
