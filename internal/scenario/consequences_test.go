package scenario

import (
	"fmt"
	"strings"
	"testing"

	"channelbench/internal/scenario/document"
)

// many is a scenario of three videos and six strategies over two channels.
func many() string {
	var b strings.Builder
	b.WriteString("[workload]\norders_per_month = 1000\npromise = \"6m\"\n")
	for i, share := range []string{"40%", "30%", "30%"} {
		fmt.Fprintf(&b, "[[workload.videos]]\nname = \"v%d\"\nshare = %q\nseconds = %d\nresolution = \"720p\"\n", i, share,
			4+i)
	}
	for _, name := range []string{"first", "second"} {
		fmt.Fprintf(&b,
			"[channels.%s]\nkind = \"reverse\"\nterms = \"none\"\nprice = { per_second = { \"720p\" = \"$0.10\" }, as_of = 2025-12-01, source = \"test\" }\n"+
				"latency = { base = \"20s\", sigma = 0.4, confidence = \"assumed\" }\n", name)
	}
	for i := range 6 {
		fmt.Fprintf(&b,
			"[strategies.s%d]\nroute = [{ when = { video = \"v0\" }, steps = [{ channel = \"first\" }] }, { when = { video = \"v1\" }, steps = [{ channel = \"first\" }] }]\n"+
				"steps = [{ channel = \"first\" }]\n", i)
	}
	return b.String()
}

// TestOneMistakeIsOneProblem, whatever follows from it, with the places of the first few consequences; and what doesn't
// follow from it is told, too.
func TestOneMistakeIsOneProblem(t *testing.T) {
	if _, odd, err := Load("x.toml", []byte(many()), Options{}); err != nil || len(odd) > 0 {
		t.Fatal(err, odd)
	}
	for _, c := range []struct {
		name  string
		edits []string // old, new
		want  []string
	}{
		{"a channel's name", []string{"[channels.first]", "[channels.frist]"},
			[]string{`there is no channel "first"; likewise at 30:120, 31:22, 33:58 and 14 places more`}},
		{"a price by resolution",
			[]string{"[channels.first]\nkind = \"reverse\"\nterms = \"none\"\nprice = { per_second = { \"720p\"",
				"[channels.first]\nkind = \"reverse\"\nterms = \"none\"\nprice = { per_second = { \"1080p\""},
			[]string{`no step of strategy s0 can make "v0", a clip of 4 s 720p; likewise at 30:107, 31:9, 33:45 and 14 places more`}},
		{"a resolution", []string{"seconds = 4\nresolution = \"720p\"", "seconds = 4\nresolution = \"72p\""},
			[]string{`no channel makes "v0", a clip of 4 s 72p`}},
		{"a video's name", []string{`name = "v1"`, `name = "w1"`},
			[]string{`there is no video "v1"; likewise at 33:91, 36:91, 39:91 and 2 places more`}},
		{"two mistakes, of which one is in a channel",
			[]string{"[channels.second]\nkind = \"reverse\"", "[channels.second]\nkind = \"revers\"",
				"seconds = 4\nresolution = \"720p\"", "seconds = 0\nresolution = \"720p\"",
				"steps = [{ channel = \"first\" }]\n[strategies.s5]", "[strategies.s5]"},
			[]string{`seconds is 0; it must be from 1 to 3,600`, `kind cannot be "revers"`,
				`strategy s4 has no steps for "v2"`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			source := many()
			for i := 0; i < len(c.edits); i += 2 {
				if !strings.Contains(source, c.edits[i]) {
					t.Fatalf("there is no %q", c.edits[i])
				}
				source = strings.Replace(source, c.edits[i], c.edits[i+1], 1)
			}
			_, _, err := Load("x.toml", []byte(source), Options{})
			var got []string
			for _, p := range err.(document.Problems) {
				got = append(got, p.Text)
			}
			if strings.Join(got, "\n") != strings.Join(c.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
		})
	}
}
