package document

import (
	"github.com/pelletier/go-toml/v2/unstable"
)

// clash is a key that stands where its name is taken.
type clash struct {
	at, first span
	table     bool // it is the header of a table
}

// findClash finds the key that can't stand in the statement that begins at a place, up to which source is valid.
// go-toml names the key, but tells the place of the whole statement.
func findClash(source []byte, statement int) (clash, bool) {
	l := locator{source: source}
	l.parser.Reset(source)
	root := &spot{}
	here := root
	for l.parser.NextExpression() {
		e := l.parser.Expression()
		keys := e.Key()
		if !keys.Next() {
			continue
		}
		if rawSpan(keys.Node()).start < statement {
			here = l.expression(root, here, e)
			continue
		}
		if e.Kind != unstable.KeyValue {
			c, found := taken(root, e.Key())
			c.table = true
			return c, found
		}
		if c, found := repeated(e.Value()); found {
			return c, true
		}
		return taken(here, e.Key())
	}
	return clash{}, false
}

// taken finds the last part of a dotted key that is there already.
func taken(s *spot, keys unstable.Iterator) (c clash, found bool) {
	for keys.Next() {
		next := s.fields[string(keys.Node().Data)]
		if next == nil {
			break
		}
		c, found = clash{at: rawSpan(keys.Node()), first: next.key}, true
		if s = next; len(s.items) > 0 {
			s = s.items[len(s.items)-1]
		}
	}
	return c, found
}

// repeated finds the first key in the inline tables of a value that is there already.
func repeated(v *unstable.Node) (clash, bool) {
	type mention struct {
		at  span
		end bool // it has a value of its own
	}
	known := map[string]mention{}
	for it := v.Children(); it.Next(); {
		child := it.Node()
		if v.Kind == unstable.InlineTable {
			path := ""
			for keys := child.Key(); keys.Next(); {
				k := keys.Node()
				path += "\x00" + string(k.Data)
				earlier, there := known[path]
				if there && (keys.IsLast() || earlier.end) {
					return clash{at: rawSpan(k), first: earlier.at}, true
				}
				if !there {
					known[path] = mention{rawSpan(k), keys.IsLast()}
				}
			}
			child = child.Value()
		} else if v.Kind != unstable.Array {
			break
		}
		if c, found := repeated(child); found {
			return c, true
		}
	}
	return clash{}, false
}
