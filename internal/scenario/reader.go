package scenario

import (
	"slices"
	"strings"
	"time"
)

// reader reads one scenario.
type reader struct {
	*Document
	readFile func(string) ([]byte, error)
	today    time.Time
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
		if !t.full() {
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
