package document

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

func TestExcerpt(t *testing.T) {
	for _, test := range []struct{ source, mark, line, caret string }{
		{"a = 1\nb = 22\nc = 3", "22", "b = 22", "    ^^"},
		{"b = 22\r\n", "22", "b = 22", "    ^^"},
		{"\tb\t= 22", "22", "\tb\t= 22", "\t \t  ^^"},
		{"b = '\r' 22", "22", "b = '\ufffd' 22", "        ^^"},
		{"b = '渠道' # 22", "'渠道'", "b = '渠道' # 22", "    ^^^^^^"},
		{"b = '渠道' # 22", "22", "b = '渠道' # 22", "             ^^"},
		{"e\u0301 = 22", "22", "e\u0301 = 22", "    ^^"},
		{"b = '\x1b[31m' 22", "22", "b = '\ufffd[31m' 22", "            ^^"},
		{"b = '\xff' 22", "22", "b = '\ufffd' 22", "        ^^"},
		{"t = 'sk-abcdef123456' # 22", "22", "t = '***' # 22", "            ^^"},
		{"password = 'a' # 22", "'a'", "password = *** # 22", "           ^^^"},
		{`token="a\"b,c" 22`, "22", "token=*** 22", "          ^^"},
		{"key = 'unterminated, } 22", "u", "key = ***", "      ^^^"},
		{"k = \"\"\"\nmore\"\"\"", "\"\"\"\nmore\"\"\"", "k = \"\"\"", "    ^^^"},
	} {
		source := []byte(test.source)
		start := strings.Index(test.source, test.mark)
		var p Problem
		(&text{source: source}).mark(&p, span{start, start + len(test.mark)})
		if p.Excerpt != test.line || p.Caret != test.caret {
			t.Errorf("%q:\n%s\n%s\nwant\n%s\n%s", test.source, p.Excerpt, p.Caret, test.line, test.caret)
		}
	}
}

// Places at and beyond the ends of a text are still inside it.
func TestMarkAtTheEnds(t *testing.T) {
	for _, test := range []struct {
		source       string
		at           span
		line, column int
		caret        string
	}{
		{"", span{}, 1, 1, "^"},
		{"ab", span{2, 2}, 1, 3, "  ^"},
		{"ab\n", span{3, 9}, 2, 1, "^"},
		{"ab\ncd", span{3, 3}, 2, 1, "^"},
		{"ab", span{-4, -2}, 1, 1, "^"},
		{"ab", span{9, 4}, 1, 3, "  ^"},
	} {
		var p Problem
		(&text{source: []byte(test.source)}).mark(&p, test.at)
		if p.Line != test.line || p.Column != test.column || p.Caret != test.caret || p.Length != 1 {
			t.Errorf("%q %v: %d:%d (%d) %q", test.source, test.at, p.Line, p.Column, p.Length, p.Caret)
		}
	}
}

// A long line is cut around the place, which stays in sight with a caret under it.
func TestLongLinesAreCut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		before := rapid.StringOfN(rapid.RuneFrom([]rune("aé渠\t")), 0, 300, -1).Draw(t, "before")
		after := rapid.StringOfN(rapid.RuneFrom([]rune("aé渠")), 0, 300, -1).Draw(t, "after")
		var p Problem
		(&text{source: []byte(before + "X" + after)}).mark(&p, span{len(before), len(before) + 1})
		if !utf8.ValidString(p.Excerpt) || len(p.Excerpt) > longestExcerpt+2*len("…")+2*utf8.UTFMax {
			t.Fatalf("excerpt %q", p.Excerpt)
		}
		seen, _, _ := strings.Cut(p.Excerpt, "X")
		under := strings.TrimSuffix(p.Caret, "^")
		if cells(seen) != cells(under) || strings.Count(seen, "\t") != strings.Count(under, "\t") ||
			strings.Contains(under, "^") {
			t.Fatalf("\n%s\n%s", p.Excerpt, p.Caret)
		}
		if p.Column != utf8.RuneCountInString(before)+1 {
			t.Fatalf("column %d", p.Column)
		}
	})
}
