package scenario

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/BurntSushi/toml"
)

// place is where something stands: in the file, or in an override.
type place struct {
	origin int // 0: the file; i: the i-th override, counted from 1
	span
}

// node is one value of the document with its places.
type node struct {
	name   string // its key; in an array, the array's key and an index counted from 0
	parent *node
	key    place // where its key stands; in an array, where it begins itself
	at     place // where it stands itself
	value  any   // string, int64, float64, bool, time.Time, []*node or map[string]*node
	bad    bool  // a problem was found in it
}

// strictKeys is up to how many keys a document is parsed strictly, too: go-toml looks for keys that are there twice
// in a time that grows with the square of a table's length.
const strictKeys = 10_000

// decode parses a document of so many keys into a tree, or says what is wrong with it.
func decode(source []byte, keys int) (*node, *syntaxError) {
	if keys <= strictKeys {
		if wrong := strict(source); wrong != nil {
			return nil, wrong
		}
	}
	var document map[string]any
	if _, err := toml.Decode(string(source), &document); err != nil {
		return nil, complaint(err)
	}
	return grow(nil, "", document, locate(source), 0), nil
}

// complaint is what BurntSushi says against a document.
func complaint(err error) *syntaxError {
	var parse toml.ParseError
	if !errors.As(err, &parse) {
		return &syntaxError{message: strings.TrimPrefix(err.Error(), "toml: ")}
	}
	start := parse.Position.Start
	return &syntaxError{at: span{start, start + max(1, parse.Position.Len)}, message: parse.Message}
}

// grow makes a node of a decoded value.
func grow(parent *node, name string, value any, s *spot, origin int) *node {
	n := &node{name: name, parent: parent, key: place{origin, s.key}, at: place{origin, s.value}}
	switch v := value.(type) {
	case map[string]any:
		fields := make(map[string]*node, len(v))
		for key, value := range v {
			fields[key] = grow(n, key, value, s.field(key), origin)
		}
		n.value = fields
	case []map[string]any:
		items := make([]*node, len(v))
		for i, value := range v {
			items[i] = grow(n, index(name, i), value, s.item(i), origin)
		}
		n.value = items
	case []any:
		items := make([]*node, len(v))
		for i, value := range v {
			items[i] = grow(n, index(name, i), value, s.item(i), origin)
		}
		n.value = items
	default:
		n.value = v
	}
	return n
}

func index(name string, i int) string { return fmt.Sprintf("%s[%d]", name, i) }

// field is where a field stands; that of an override has no places of its own.
func (s *spot) field(key string) *spot {
	if f := s.fields[key]; f != nil {
		return f
	}
	return &spot{key: s.key, value: s.value}
}

func (s *spot) item(i int) *spot {
	if i < len(s.items) {
		return s.items[i]
	}
	return &spot{key: s.key, value: s.value}
}

// fields are what a table holds; nil where n is no table.
func (n *node) fields() map[string]*node {
	fields, _ := n.value.(map[string]*node)
	return fields
}

// items are what an array holds; nil where n is no array.
func (n *node) items() []*node {
	items, _ := n.value.([]*node)
	return items
}

// ordered are the fields of a table in the order of the file, then of the overrides.
func (n *node) ordered() []*node {
	return slices.SortedFunc(maps.Values(n.fields()), func(a, b *node) int {
		return cmp.Or(a.key.compare(b.key), cmp.Compare(a.name, b.name))
	})
}

func (p place) compare(q place) int {
	return cmp.Or(cmp.Compare(p.origin, q.origin), cmp.Compare(p.start, q.start), cmp.Compare(p.end, q.end))
}

// find returns the node at a path of keys and indexes, or the nearest one above it.
func (n *node) find(path ...any) *node {
	for _, part := range path {
		var next *node
		switch part := part.(type) {
		case string:
			next = n.fields()[part]
		case int:
			if items := n.items(); part < len(items) {
				next = items[part]
			}
		}
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// child is the direct part of n with a key or an index, or nil.
func (n *node) child(part any) *node {
	if next := n.find(part); next != n {
		return next
	}
	return nil
}

// path is the dotted key of n.
func (n *node) path() string {
	if n.parent == nil {
		return ""
	}
	if n.parent.items() != nil {
		return n.parent.path() + strings.TrimPrefix(n.name, n.parent.name)
	}
	return dotted(n.parent.path(), n.name)
}

// dotted appends a key to a path, quoted where it must be.
func dotted(path, key string) string {
	if path == "" {
		return quoteKey(key)
	}
	return path + "." + quoteKey(key)
}

// describe says in words what a value is.
func describe(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("the text %q", v)
	case int64:
		return "the number " + number(v)
	case float64:
		s := number(v)
		if !strings.ContainsAny(s, ".einf") {
			s += ".0" // 8.0 is no whole number to TOML
		}
		return "the number " + s
	case bool:
		return fmt.Sprint(v)
	case time.Time:
		return "a point in time"
	case []*node:
		return "an array"
	}
	return "a table"
}
