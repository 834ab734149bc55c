package document

import (
	"errors"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
)

// Every key and value of a document that uses all of TOML's ways to nest is found where it stands.
func TestLocate(t *testing.T) {
	source := `top = 1 # comment
"quoted key" = 'text'
dotted.deep."x y" = [ 1, [2.5, 3], # comment, with ] and ,
  { a = true, b.c = 1979-05-27 } , ]
empty = [ ]
none = { }

[ table . sub ] # comment
key = """
several lines"""
[[array]]
n = 1
[array.sub]
m = 2
[[array]]
n = 3
[[array.sub2]]
k = 4
[table]
late = -inf
`
	root, wrong := decode([]byte(source), 0)
	if wrong != nil {
		t.Fatal(wrong.message)
	}
	for _, test := range []struct {
		path       []any
		key, value string
	}{
		{[]any{"top"}, "top", "1"},
		{[]any{"quoted key"}, `"quoted key"`, "'text'"},
		{[]any{"dotted", "deep"}, "deep", "deep"},
		{[]any{"dotted", "deep", "x y", 0}, "1", "1"},
		{[]any{"dotted", "deep", "x y", 1}, "[2.5, 3]", "[2.5, 3]"},
		{[]any{"dotted", "deep", "x y", 1, 1}, "3", "3"},
		{[]any{"dotted", "deep", "x y", 2}, "{ a = true, b.c = 1979-05-27 }", "{ a = true, b.c = 1979-05-27 }"},
		{[]any{"dotted", "deep", "x y", 2, "b", "c"}, "c", "1979-05-27"},
		{[]any{"empty"}, "empty", "[ ]"},
		{[]any{"none"}, "none", "{ }"},
		{[]any{"table", "sub", "key"}, "key", "\"\"\"\nseveral lines\"\"\""},
		{[]any{"array", 0, "n"}, "n", "1"},
		{[]any{"array", 0, "sub", "m"}, "m", "2"},
		{[]any{"array", 1}, "array", "array"},
		{[]any{"array", 1, "n"}, "n", "3"},
		{[]any{"array", 1, "sub2", 0, "k"}, "k", "4"},
		{[]any{"table"}, "table", "table"},
		{[]any{"table", "late"}, "late", "-inf"},
	} {
		n := root.Find(test.path...)
		if key := source[n.Key.start:n.Key.end]; key != test.key {
			t.Errorf("%v: its key stands at %q, want %q", test.path, key, test.key)
		}
		if value := source[n.At.start:n.At.end]; value != test.value {
			t.Errorf("%v: its value stands at %q, want %q", test.path, value, test.value)
		}
	}
	if at := root.Find("array", 1).Key.start; at != strings.LastIndex(source, "[[array]]")+2 {
		t.Errorf("the second item of array stands at %d", at)
	}
	if at := root.Find("table").Key.start; at != strings.Index(source, "[table]")+1 {
		t.Errorf("table stands at %d, not at its own header", at)
	}
	if got := root.Find("dotted", "deep", "x y", 2, "b", "c").Path(); got != `dotted.deep."x y"[2].b.c` {
		t.Errorf("path() = %s", got)
	}
}

// BurntSushi accepts some documents that TOML forbids; go-toml doesn't.
func TestBothParsersMustAgree(t *testing.T) {
	for _, source := range []string{"a = 1\na = 2", "a.b = 1\n[a]", "a = [1,,2]", "a = \"\x01\"", "a = 0x",
		"a = 2025-02-30", "\x00", "a = \"\xff\"", "# \x7f"} {
		if _, wrong := decode([]byte(source), 0); wrong == nil {
			t.Errorf("%q is accepted", source)
		}
	}
}

func TestTokenLength(t *testing.T) {
	for rest, want := range map[string]int{"": 1, " x": 1, "a-b_C.9]": 7, "= 1": 1} {
		if got := tokenLength([]byte(rest)); got != want {
			t.Errorf("tokenLength(%q) = %d, want %d", rest, got, want)
		}
	}
}

func TestParseValue(t *testing.T) {
	for value, want := range map[string]any{"1": int64(1), "2%": "2%", "": "", `"x"`: "x", "true": true,
		"1\nx = 2": "1\nx = 2", "x y": "x y"} {
		if got := parseValue(value); got != want {
			t.Errorf("parseValue(%q) = %#v, want %#v", value, got, want)
		}
	}
}

func TestComplaint(t *testing.T) {
	var document map[string]any
	_, err := toml.Decode("a = 1\nbc = ?", &document)
	if wrong := complaint(err); wrong.at != (span{11, 12}) || !strings.HasPrefix(wrong.message, "expected value") {
		t.Errorf("%+v", wrong)
	}
	if wrong := complaint(errors.New("toml: no")); *wrong != (syntaxError{message: "no"}) {
		t.Errorf("%+v", wrong)
	}
}

func TestSplitKey(t *testing.T) {
	parts, ok := splitKey(`channels."veo 3.1".poll`)
	if !ok || len(parts) != 3 || parts[1].name != "veo 3.1" || parts[1].at != (span{9, 18}) {
		t.Errorf("splitKey = %v, %v", parts, ok)
	}
	for _, key := range []string{"", ".", "a..b", "a b", "[a]", "a=1\nb", "# c"} {
		if parts, ok := splitKey(key); ok {
			t.Errorf("splitKey(%q) = %v", key, parts)
		}
	}
}
