package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

const setHint = `write --set key.path=value, such as --set channels.reverse.errors.region.rate=3%`

// Override applies --set key=value to the tree.
func (d *Document) Override(root *Node, argument string) {
	key, value, found := strings.Cut(argument, "=")
	key = strings.TrimRight(key, " ")
	d.texts = append(d.texts, &text{label: "--set " + key, source: []byte(argument)})
	origin := len(d.texts) - 1
	if e, _ := exceeds([]byte(argument)); e != nil {
		d.Note(Place{origin, e.at}, false, e.hint, e.text)
		return
	}
	parts, ok := splitKey(key)
	if !found || !ok {
		d.texts[origin].label = "--set"
		d.Note(Place{origin, span{0, len(argument)}}, false, setHint, "this is not key=value")
		return
	}
	at := span{strings.IndexByte(argument, '=') + 1, len(argument)}
	n := root
	for i, part := range parts {
		next, ok := d.enter(n, part, Place{origin, part.at})
		if !ok {
			return
		}
		if i == len(parts)-1 {
			next.Parent.replace(next, grow(next.Parent, next.Name, parseValue(value), &spot{key: part.at, value: at}, origin))
		}
		n = next
	}
}

// enter goes one part of a key deeper, into a table that may be new, or an item of an array: by
// its index, counted from 0, or its name.
func (d *Document) enter(n *Node, part keySpan, at Place) (*Node, bool) {
	switch v := n.Value.(type) {
	case map[string]*Node:
		if v[part.name] == nil {
			v[part.name] = &Node{Name: part.name, Parent: n, Key: at, At: at, Value: map[string]*Node{}}
		}
		return v[part.name], true
	case []*Node:
		i, err := strconv.Atoi(part.name)
		if err != nil {
			i = slices.IndexFunc(v, func(item *Node) bool { return item.Find("name").Value == any(part.name) })
		}
		if i >= 0 && i < len(v) {
			return v[i], true
		}
		d.Note(at, false, "name an item by its index, counted from 0, or by its name",
			n.Name+" has no item "+strconv.Quote(part.name))
		return nil, false
	}
	d.Note(at, false, "", n.Name+" is "+Describe(n.Value)+"; it holds no keys")
	return nil, false
}

// replace puts one node in the place of another.
func (n *Node) replace(old, with *Node) {
	switch v := n.Value.(type) {
	case map[string]*Node:
		v[old.Name] = with
	case []*Node:
		v[slices.Index(v, old)] = with
	}
}

// parseValue reads the value of an override as TOML, and as a text where it is none: a shell
// would eat the quotes of "2%".
func parseValue(value string) any {
	var document map[string]any
	if _, err := toml.Decode("v = "+value, &document); err != nil || len(document) != 1 {
		return value
	}
	return document["v"]
}
