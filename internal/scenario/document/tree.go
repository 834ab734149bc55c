package document

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

// Place is where something stands: in the file, or in an override.
type Place struct {
	Origin int // 0: the file; i: the i-th override, counted from 1
	span
}

// Node is one value of the document with its places.
type Node struct {
	Name   string // its key; in an array, the array's key and an index counted from 0
	Parent *Node
	Key    Place // where its key stands; in an array, where it begins itself
	At     Place // where it stands itself
	Value  any   // string, int64, float64, bool, time.Time, []*node or map[string]*node
	Bad    bool  // a problem was found in it
}

// strictKeys is up to how many keys a document is parsed strictly, too: go-toml looks for keys that are there twice
// in a time that grows with the square of a table's length.
const strictKeys = 10_000

// decode parses a document of so many keys into a tree, or says what is wrong with it.
func decode(source []byte, keys int) (*Node, *syntaxError) {
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
func grow(parent *Node, name string, value any, s *spot, origin int) *Node {
	n := &Node{Name: name, Parent: parent, Key: Place{origin, s.key}, At: Place{origin, s.value}}
	switch v := value.(type) {
	case map[string]any:
		fields := make(map[string]*Node, len(v))
		for key, value := range v {
			fields[key] = grow(n, key, value, s.field(key), origin)
		}
		n.Value = fields
	case []map[string]any:
		items := make([]*Node, len(v))
		for i, value := range v {
			items[i] = grow(n, index(name, i), value, s.item(i), origin)
		}
		n.Value = items
	case []any:
		items := make([]*Node, len(v))
		for i, value := range v {
			items[i] = grow(n, index(name, i), value, s.item(i), origin)
		}
		n.Value = items
	default:
		n.Value = v
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

// Fields are what a table holds; nil where n is no table.
func (n *Node) Fields() map[string]*Node {
	fields, _ := n.Value.(map[string]*Node)
	return fields
}

// Items are what an array holds; nil where n is no array.
func (n *Node) Items() []*Node {
	items, _ := n.Value.([]*Node)
	return items
}

// Ordered are the fields of a table in the order of the file, then of the overrides.
func (n *Node) Ordered() []*Node {
	return slices.SortedFunc(maps.Values(n.Fields()), func(a, b *Node) int {
		return cmp.Or(a.Key.Compare(b.Key), cmp.Compare(a.Name, b.Name))
	})
}

func (p Place) Compare(q Place) int {
	return cmp.Or(cmp.Compare(p.Origin, q.Origin), cmp.Compare(p.start, q.start), cmp.Compare(p.end, q.end))
}

// Find returns the node at a path of keys and indexes, or the nearest one above it.
func (n *Node) Find(path ...any) *Node {
	for _, part := range path {
		var next *Node
		switch part := part.(type) {
		case string:
			next = n.Fields()[part]
		case int:
			if items := n.Items(); part < len(items) {
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

// Child is the direct part of n with a key or an index, or nil.
func (n *Node) Child(part any) *Node {
	if next := n.Find(part); next != n {
		return next
	}
	return nil
}

// Path is the dotted key of n.
func (n *Node) Path() string {
	if n.Parent == nil {
		return ""
	}
	if n.Parent.Items() != nil {
		return n.Parent.Path() + strings.TrimPrefix(n.Name, n.Parent.Name)
	}
	return Dotted(n.Parent.Path(), n.Name)
}

// Dotted appends a key to a path, quoted where it must be.
func Dotted(path, key string) string {
	if path == "" {
		return QuoteKey(key)
	}
	return path + "." + QuoteKey(key)
}

// Describe says in words what a value is.
func Describe(value any) string {
	switch v := value.(type) {
	case string:
		return fmt.Sprintf("the text %q", v)
	case int64:
		return "the number " + Number(v)
	case float64:
		s := Number(v)
		if !strings.ContainsAny(s, ".einf") {
			s += ".0" // 8.0 is no whole number to TOML
		}
		return "the number " + s
	case bool:
		return fmt.Sprint(v)
	case time.Time:
		return "a point in time"
	case []*Node:
		return "an array"
	}
	return "a table"
}
