package document

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const patched = `# Comments stay.
name = "x"   # so do these

[channels.a]
kind    = "reverse"                        # of a kind
latency = { base = "20s", per_second = { "720p" = "8s" }, sigma = 0.4 } # a line

[channels.a.errors]
region = { rate = "2%" }   # stated
# the last one
[channels.b]
errors = {}
[channels.b.latency]
base = "1s"

[[outages]]
channels = ["a", "b"]
between = "1d"
`

func TestPatch(t *testing.T) {
	for _, tt := range []struct {
		name  string
		edits []Edit
		notes map[string]string
		old   []string // pairs of what is replaced in patched, and by what
	}{
		{"nothing", nil, nil, nil},
		{"a value", []Edit{{Path: []string{"channels", "a", "latency", "sigma"}, Value: "0.51"}}, nil,
			[]string{"sigma = 0.4 ", "sigma = 0.51 "}},
		{"a value within", []Edit{{Path: []string{"channels", "a", "latency", "per_second", "720p"}, Value: `"9s"`}}, nil,
			[]string{`"8s"`, `"9s"`}},
		{"an inline key", []Edit{{Path: []string{"channels", "a", "errors", "region", "range"}, Value: `["1%", "3%"]`}}, nil,
			[]string{`{ rate = "2%" }`, `{ rate = "2%", range = ["1%", "3%"] }`}},
		{"into an empty table", []Edit{{Path: []string{"channels", "b", "errors", "job"}, Value: `{ rate = "1%" }`}}, nil,
			[]string{"errors = {}", `errors = { job = { rate = "1%" } }`}},
		{"a line", []Edit{{Path: []string{"channels", "a", "errors", "job"}, Value: `{ rate = "1%" }`}}, nil,
			[]string{"# stated\n", "# stated\njob = { rate = \"1%\" }\n"}},
		{"a line of a table", []Edit{{Path: []string{"channels", "b", "latency", "sigma"}, Value: "0.5"}}, nil,
			[]string{"base = \"1s\"\n", "base = \"1s\"\nsigma = 0.5\n"}},
		{"a table", []Edit{{Path: []string{"channels", "c d", "errors", "job"}, Value: `{ rate = "1%" }`}}, nil,
			[]string{"between = \"1d\"\n", "between = \"1d\"\n\n[channels.\"c d\".errors]\njob = { rate = \"1%\" }\n"}},
		{"an item", []Edit{{Path: []string{"outages", "0", "between"}, Value: `"2d"`}}, nil, []string{`"1d"`, `"2d"`}},
		{"without the last of a table", []Edit{{Path: []string{"channels", "a", "latency", "sigma"}, Remove: true}}, nil,
			[]string{", sigma = 0.4 }", " }"}},
		{"without the first", []Edit{{Path: []string{"channels", "a", "latency", "base"}, Remove: true}}, nil,
			[]string{`base = "20s", `, ""}},
		{"without a line", []Edit{{Path: []string{"channels", "a", "kind"}, Remove: true}}, nil,
			[]string{"kind    = \"reverse\"                        # of a kind\n", ""}},
		{"without what isn't there", []Edit{{Path: []string{"channels", "a", "poll"}, Remove: true}}, nil, nil},
		{"a note", nil, map[string]string{NotePath([]string{"channels", "a", "errors", "region"}): "n = 5"},
			[]string{"region = {", "# measured: n = 5\nregion = {"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := patched
			for i := 0; i < len(tt.old); i += 2 {
				want = replaceOnce(t, want, tt.old[i], tt.old[i+1])
			}
			got, err := Patch([]byte(patched), tt.edits, tt.notes)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, string(got)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			again, err := Patch(got, nil, tt.notes)
			if err != nil || string(again) != string(got) {
				t.Errorf("a second time, its notes make it\n%s\n%v", again, err)
			}
		})
	}
}

func TestPatchKeepsAByteOrderMark(t *testing.T) {
	got, err := Patch([]byte("\ufeffa = 1\n"), []Edit{{Path: []string{"a"}, Value: "2"}}, nil)
	if err != nil || string(got) != "\ufeffa = 2\n" {
		t.Errorf("got %q, %v", got, err)
	}
}

func replaceOnce(t *testing.T, text, old, new string) string {
	t.Helper()
	before, after, found := strings.Cut(text, old)
	if !found {
		t.Fatalf("there is no %q", old)
	}
	return before + new + after
}
