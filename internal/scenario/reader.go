package scenario

import (
	"slices"
	"strings"
	"time"

	"channelbench/internal/scenario/document"
	"channelbench/internal/scenario/synonym"
)

// reader reads one scenario.
type reader struct {
	*document.Document
	readFile func(string) ([]byte, error)
	today    time.Time
	live     bool
	rates    []FX // of other currencies
}

// table reads the fields of a table and remembers which keys are known there.
type table struct {
	*reader
	node  *document.Node
	known []string
	lacks []lack
}

// lack is a field that has no default and isn't there.
type lack struct{ key, example string }

// table begins to read n as a table; what is none reads as an empty one.
func (r *reader) table(n *document.Node, example string) *table {
	if n.Fields() == nil {
		r.Fail(n, "write "+example, "%s must be a table, not %s", n.Name, document.Describe(n.Value))
	}
	return &table{reader: r, node: n}
}

// get returns the field of a known key, nil where it is absent.
func (t *table) get(key string) *document.Node {
	if !slices.Contains(t.known, key) {
		t.known = append(t.known, key)
	}
	return t.node.Fields()[key]
}

// close reports the keys that nothing asked for, and those that are lacking. It is meant to be
// deferred.
func (t *table) close() {
	defer t.reportLacks()
	for _, n := range t.node.Ordered() {
		if slices.Contains(t.known, n.Name) {
			continue
		}
		if t.RefuseSecretKeys(n); n.Bad && n.Fields() == nil {
			continue
		}
		hint := ""
		if !t.Full() {
			hint = t.suggest(n.Name)
		}
		t.FailKey(n, hint, "unknown key %s", document.QuoteKey(n.Name))
	}
}

// reportLacks reports what is lacking, but not what an unknown key was probably meant to be.
func (t *table) reportLacks() {
	where := t.node.Path()
	if where == "" {
		where = "the scenario"
	}
	for _, l := range t.lacks {
		if !t.misspelt(strings.Split(l.key, " or ")...) {
			t.FailKey(t.node, "add "+l.example, "%s needs %s", where, l.key)
		}
	}
}

// suggest says which key may have been meant, or which there are.
func (t *table) suggest(key string) string {
	meant, note := t.meant(key)
	switch {
	case len(meant) == 0:
		return "known here: " + strings.Join(t.known, ", ")
	case note != "":
		note = " (" + note + ")"
	}
	return "did you mean " + strings.Join(meant, " or ") + note + "?"
}

// meant are the known keys that an unknown one may stand for, and what else there is to say of it.
func (t *table) meant(key string) (keys []string, note string) {
	if keys, note = synonym.Of(key, t.known); keys != nil {
		return keys, note
	}
	if near, ok := document.Nearest(key, t.known); ok {
		return []string{near}, ""
	}
	return nil, ""
}

// misspelt says whether an unknown key probably stands for one of some.
func (t *table) misspelt(keys ...string) bool {
	all := t.node.Ordered()
	return slices.ContainsFunc(all[:min(len(all), document.Placed)], func(n *document.Node) bool {
		if slices.Contains(t.known, n.Name) {
			return false
		}
		meant, _ := t.meant(n.Name)
		return slices.ContainsFunc(meant, func(k string) bool { return slices.Contains(keys, k) })
	})
}

// missing notes that a field without default isn't there, unless there isn't even a table.
func (t *table) missing(key, example string) {
	if t.node.Fields() != nil {
		t.lacks = append(t.lacks, lack{key, example})
		t.node.Spoil()
	}
}

// parse makes a T of a value, or reports what is wrong with it and returns false.
type parse[T any] func(*reader, *document.Node) (T, bool)

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
	if t.node.Fields()[key] == nil {
		t.missing(key, example)
	}
	var zero T
	return read(t, key, zero, p)
}

// list reads an array, each item by p. Items that are wrong are reported, but stay in the list, so
// that the others keep their places.
func list[T any](what string, p parse[T]) parse[[]T] {
	return func(r *reader, n *document.Node) ([]T, bool) {
		items, ok := n.Value.([]*document.Node)
		if !ok {
			r.Fail(n, "write "+what, "%s must be an array, not %s", n.Name, document.Describe(n.Value))
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
