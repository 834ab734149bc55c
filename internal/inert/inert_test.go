package inert

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestNamesThatHurt(t *testing.T) {
	for _, tt := range []struct{ name, text, line, markdown string }{
		{"harmless", "reverse, 720p: a—b “ü” 東京", "reverse, 720p: a—b “ü” 東京", "reverse, 720p: a—b “ü” 東京"},
		{"colours", "\x1b[31mred\x1b[0m", "\uFFFD[31mred\uFFFD[0m", `�\[31mred�\[0m`},
		{"eight-bit controls", "a\u009b2Jb\x7f\x00", "a\uFFFD2Jb\uFFFD\uFFFD", "a\uFFFD2Jb\uFFFD\uFFFD"},
		{"lines", "a\r\nb\tc\vd\u2028e", "a  b c\uFFFDd\uFFFDe", "a b c\uFFFDd\uFFFDe"},
		{"turned around", "a\u202egnp.exe\u2066", "a\uFFFDgnp.exe\uFFFD", "a\uFFFDgnp.exe\uFFFD"},
		{"invisible", "a\u200bb\u00adc\ufeff", "a\uFFFDb\uFFFDc\uFFFD", "a\uFFFDb\uFFFDc\uFFFD"},
		{"broken letters", "a\xffb\xed\xa0\x80c", "a\uFFFDb\uFFFD\uFFFD\uFFFDc", "a\uFFFDb\uFFFD\uFFFD\uFFFDc"},
		{"a command of GitHub", "::error::x", `\::error::x`, `\\::error::x`},
		{"behind a line", "a\n::add-mask::x", `a \::add-mask::x`, `a \\::add-mask::x`},
		{"behind a wide space", "a\u3000::error::x", "a\u3000" + `\::error::x`, `a \\::error::x`},
		{"many colons", ":::error::", `\:::error::`, `\\:::error::`},
		{"its old commands", "a ##[error]x", `a ##\[error]x`, `a \#\#\\\[error\]x`},
		{"those of others", "##vso[a]##teamcity[b]", `##vso\[a]##teamcity\[b]`, `\#\#vso\\\[a\]\#\#teamcity\\\[b\]`},
		{"an address", "http://[::1]:80/a", "http://[::1]:80/a", `http://\[::1\]:80/a`},
		{"Markdown", "# a|b *c* _d_ `e` ~~f~~ [g](http://h) ![i](j)", "# a|b *c* _d_ `e` ~~f~~ [g](http://h) ![i](j)",
			"\\# a\\|b \\*c\\* \\_d\\_ \\`e\\` \\~\\~f\\~\\~ \\[g\\](http://h) !\\[i\\](j)"},
		{"HTML", `<img src=x> &lt; -->`, `<img src=x> &lt; -->`, `&lt;img src=x&gt; &amp;lt; --&gt;`},
		{"a mention", "@team", "@team", "@\u2060team"},
		{"a backslash", `a\|b`, `a\|b`, `a\\\|b`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Line(tt.text); got != tt.line {
				t.Errorf("line %q, want %q", got, tt.line)
			}
			if got := Markdown(tt.text); got != tt.markdown {
				t.Errorf("markdown %q, want %q", got, tt.markdown)
			}
			document, err := json.Marshal(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			var shown, meant string
			if err := json.Unmarshal(JSON(document), &shown); err != nil || json.Unmarshal(document, &meant) != nil ||
				shown != meant {
				t.Errorf("the JSON %s says %q, %v, and not %q", JSON(document), shown, err, meant)
			}
		})
	}
}

func TestLinesStayLines(t *testing.T) {
	if got, want := Lines("a\n  hint: b\n::error::c\r\n\x1b[2J"),
		"a\n  hint: b\n\\::error::c\uFFFD\n\uFFFD[2J"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := Comment("a--><!---b"), "a-&gt;&lt;!-b"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := string(JSON([]byte("{\r\n\"##[a]\": \"\u009b\U000e0001\"}"))),
		"{\n\"##\\u005ba]\": \"\\u009b\\udb40\\udc01\"}"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func FuzzInert(f *testing.F) {
	f.Add("::error::\x1b[31m##[a]|@b")
	f.Fuzz(func(t *testing.T, text string) {
		for _, shown := range []string{Line(text), Markdown(text), Lines(text)} {
			for line := range strings.Lines(shown) {
				if strings.HasPrefix(strings.TrimSpace(line), "::") || bracket.MatchString(line) {
					t.Errorf("%q of %q is a command", line, text)
				}
			}
			if !utf8.ValidString(shown) {
				t.Errorf("%q is no UTF-8", shown)
			}
		}
		hidden := func(r rune) bool { return !unicode.IsGraphic(r) && r != '\u2060' }
		if strings.ContainsFunc(Line(text)+Markdown(text), hidden) {
			t.Errorf("%q and %q steer a terminal", Line(text), Markdown(text))
		}
	})
}
