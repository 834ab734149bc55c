package scenario

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/scenario/document"
)

// TestClashes: the place is that of the key whose name is taken, wherever in its statement it stands, and of the first.
func TestClashes(t *testing.T) {
	for _, c := range []struct{ name, source, at, first string }{
		{"a key", "a = 1\nb = 2\na = 3\n", "3:1", "1:1"},
		{"a quoted key", "[x]\nk = 1\n  \"k\" = 2\n", "3:3", "2:1"},
		{"in an inline table", "a = { x = 1, y = { z = 1, z = 2 } }\n", "1:27", "1:20"},
		{"in an array over lines", "a = [ { x = 1 },\n  { y = 1,\n y = 2 } ]\n", "3:2", "2:5"},
		{"equal keys of two items are none", "a = [ { x = 1 }, { x = 1, 'x' = 3 } ]\n", "1:27", "1:20"},
		{"a dotted key", "a.b = 1\na.b = 2\n", "2:3", "1:3"},
		{"dotted, in an inline table", "a = { b.c = 1, b.d = 2, b.c = 3 }\n", "1:27", "1:9"},
		{"a table as a value", "a = { b.c = 1, b = 2 }\n", "1:16", "1:7"},
		{"a value as a table", "a = 1\na.c = 2\n", "2:1", "1:1"},
		{"a value as a table, inline", "a = { b = 1, b.c = 2 }\n", "1:14", "1:7"},
		{"a closed table", "a = { b = 1 }\n[a.c]\n", "2:2", "1:1"},
		{"a table", "[t.x]\n[t.y]\n[t.x]\n", "3:4", "1:4"},
		{"a table in an item", "[[v]]\nn = 1\n[v.p]\n[v.p]\n", "4:4", "3:4"},
		{"a table that is a list", "[[t]]\n[t]\n", "2:2", "1:3"},
		{"a list that is a table", "[t]\n[[t]]\n", "2:3", "1:2"},
		{"after quoted letters", "'é' = { 'ü' = 1, 'ü' = 2 }\n", "1:18", "1:9"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, _, err := Load("x.toml", []byte(c.source), Options{})
			problems := err.(document.Problems)
			at := problems[slices.IndexFunc(problems,
				func(p document.Problem) bool { return strings.HasPrefix(p.Text, "not valid TOML") })]
			if got := fmt.Sprintf("%d:%d", at.Line, at.Column); got != c.at {
				t.Errorf("at %s, want %s: %v", got, c.at, at)
			}
			if want := "it stands at " + c.first + " first"; !strings.Contains(at.Hint, want) {
				t.Errorf("hint %q lacks %q", at.Hint, want)
			}
		})
	}
}
