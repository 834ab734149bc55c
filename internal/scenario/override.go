package scenario

import (
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

const setHint = `write --set key.path=value, such as --set channels.reverse.errors.region.rate=3%`

// override applies --set key=value to the tree.
func (d *Document) override(root *node, argument string) {
	key, value, found := strings.Cut(argument, "=")
	key = strings.TrimRight(key, " ")
	d.texts = append(d.texts, &text{label: "--set " + key, source: []byte(argument)})
	origin := len(d.texts) - 1
	if e, _ := exceeds([]byte(argument)); e != nil {
		d.note(place{origin, e.at}, false, e.hint, e.text)
		return
	}
	parts, ok := splitKey(key)
	if !found || !ok {
		d.texts[origin].label = "--set"
		d.note(place{origin, span{0, len(argument)}}, false, setHint, "this is not key=value")
		return
	}
	at := span{strings.IndexByte(argument, '=') + 1, len(argument)}
	n := root
	for i, part := range parts {
		next, ok := d.enter(n, part, place{origin, part.at})
		if !ok {
			return
		}
		if i == len(parts)-1 {
			next.parent.replace(next, grow(next.parent, next.name, parseValue(value), &spot{key: part.at, value: at}, origin))
		}
		n = next
	}
}

// enter goes one part of a key deeper, into a table that may be new, or an item of an array: by
// its index, counted from 0, or its name.
func (d *Document) enter(n *node, part keySpan, at place) (*node, bool) {
	switch v := n.value.(type) {
	case map[string]*node:
		if v[part.name] == nil {
			v[part.name] = &node{name: part.name, parent: n, key: at, at: at, value: map[string]*node{}}
		}
		return v[part.name], true
	case []*node:
		i, err := strconv.Atoi(part.name)
		if err != nil {
			i = slices.IndexFunc(v, func(item *node) bool { return item.find("name").value == any(part.name) })
		}
		if i >= 0 && i < len(v) {
			return v[i], true
		}
		d.note(at, false, "name an item by its index, counted from 0, or by its name", n.name+" has no item "+strconv.Quote(part.name))
		return nil, false
	}
	d.note(at, false, "", n.name+" is "+describe(n.value)+"; it holds no keys")
	return nil, false
}

// replace puts one node in the place of another.
func (n *node) replace(old, with *node) {
	switch v := n.value.(type) {
	case map[string]*node:
		v[old.name] = with
	case []*node:
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
