package document

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersReadAsTheyAreWritten(t *testing.T) {
	for v, want := range map[any]string{int64(-7): "-7", 0.4: "0.4", 1.0: "1", 1e-7: "0.0000001", 1e300: "1e+300",
		0.0: "0"} {
		if got := Number(v); got != want {
			t.Errorf("number(%v) = %q, want %q", v, got, want)
		}
	}
	if got := Describe(math.Inf(1)) + Describe(2.0); got != "the number infthe number 2.0" {
		t.Errorf("describe = %q", got)
	}
}

func TestNearest(t *testing.T) {
	names := []string{"poll", "price", "latency", "makes", "on_ambiguous", "k"}
	for key, want := range map[string]string{
		"pol": "poll", "polls": "poll", "Poll": "poll", "lpol": "poll", "pirce": "price", "latencies": "latency",
		"on_ambigous": "on_ambiguous",
		"onambigious": "on_ambiguous",
		"x":           "", "frequency": "", "": "", "zz": "",
	} {
		if got, ok := Nearest(key, names); got != want || ok != (want != "") {
			t.Errorf("Nearest(%q) = %q, %v; want %q", key, got, ok, want)
		}
	}
}

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"abc", "xbc", 1},
		{"kitten", "sitting", 3}, {"ca", "abc", 3}, {"größe", "grösse", 2}} {
		if got := distance(test.a, test.b); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a); got != test.want {
			t.Errorf("distance(%q, %q) = %d, want %d", test.b, test.a, got, test.want)
		}
	}
}

func TestQuotedTextsReadAsTheyAreWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		n, wrong := decode([]byte("v = "+Quote(s)+"\n"+QuoteKey(s+"?")+" = 1"), 2)
		if wrong != nil {
			t.Fatal(wrong.message)
		}
		if got := n.Find("v").Value; got != any(s) || n.Fields()[s+"?"] == nil {
			t.Fatalf("%q is read as %q", s, got)
		}
	})
	for key, want := range map[string]string{"poll": "poll", "a-b_C9": "a-b_C9", "": `""`, "720p": `"720p"`,
		"a b": `"a b"`, "ü": `"ü"`} {
		if got := QuoteKey(key); got != want {
			t.Errorf("quoteKey(%q) = %s, want %s", key, got, want)
		}
	}
}
