package dialect

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, body, fails string
	}{
		{"an object", `{"a":{"b":[1,{"c":"x"}]}}`, ""},
		{"a mark of byte order", "\xef\xbb\xbf {}\n", ""},
		{"the same key elsewhere", `{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}`, ""},
		{"a huge number", `{"a":1e999999999}`, ""},
		{"nothing", " \n", "empty"},
		{"two values", `{} {}`, "not JSON"},
		{"a page", "<html>", "not JSON"},
		{"a key twice", `{"a":{"b":1,"b":2}}`, `"b" twice`},
		{"deep", strings.Repeat("[", 34) + strings.Repeat("]", 34), "nested deeper"},
		{"very deep", strings.Repeat("[", 500_000) + strings.Repeat("]", 500_000), "not JSON"},
		{"many", "[" + strings.Repeat("0,", maxMembers) + "0]", "more than 10000 values"},
		{"large", `"` + strings.Repeat("x", MaxAnswer) + `"`, "more than 1048576 bytes"},
	}
	for _, tt := range tests {
		_, err := parse([]byte(tt.body))
		if (err != nil) != (tt.fails != "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
			t.Errorf("%s: got %v, want %q", tt.name, err, tt.fails)
		}
	}
}

func TestAt(t *testing.T) {
	d, err := parse([]byte(`{"a":{"b":["x","y"]},"n":1.50,"t":true}`))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{"a.b.0": "x", "a.b.1": "", "a.b": "", "a.x.0": "", "n": "1.50", "n.0": "",
		"t": "", "x": ""} {
		if got := d.at(path).text(); got != want {
			t.Errorf("%s: got %q, want %q", path, got, want)
		}
	}
}

func TestTidy(t *testing.T) {
	at := Target{Key: NewSecret("sk-canary")}
	for in, want := range map[string]string{
		"one\r\ntwo\tthree":             "one  two three",
		"\x1b[31mred\x00":               "[31mred",
		"key sk-canary, sk-canary":      "key ***, ***",
		"sk-\x00canary":                 "***",
		strings.Repeat("ä", maxMessage): strings.Repeat("ä", maxMessage/2) + "…",
	} {
		if got := tidy(at, in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
