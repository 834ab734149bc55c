package scenario

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"channelbench/internal/proof"
	"channelbench/internal/scenario/document"
)

// FuzzLoad holds Load against what is promised for every file: it doesn't panic, every problem
// has a place inside the file, a secret is never shown, and a scenario that loads resolves to an
// equal one.
func FuzzLoad(f *testing.F) {
	for _, folder := range []string{"bad", "good"} {
		paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.toml"))
		if err != nil {
			f.Fatal(err)
		}
		for _, path := range paths {
			source, err := os.ReadFile(path)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(source, "")
		}
	}
	for _, set := range []string{"seed=2", "channels.reverse.poll=5s", "workload.videos.0.seconds=9",
		`costs={ late = "$1" }`, "a.b.c=[1, { x = 2 }]", "=", "workload=1"} {
		f.Add(goodSource(f), set)
	}
	f.Fuzz(keepsItsPromises)
}

// Scenarios with one or two tokens changed get further than random bytes.
func TestChangedScenarios(t *testing.T) {
	tokens := regexp.MustCompile(`"[^"\n]*"|[A-Za-z_]+|[0-9][0-9_.-]*|[=,{}\[\]]`)
	words := []string{`""`, `"x"`, `"0s"`, `"10s"`, `"3650d"`, `"0%"`, `"100%"`, `"250%"`, `"$0"`, `"$1"`,
		`"$999,999,999"`, `"720p"`, `"short"`, `"reverse"`, "0", "1", "-1", "17", "3600",
		"9223372036854775807", "0.5", "nan", "inf", "1e300", "true", "2025-12-01", "{}", "[]", "[[]]", "{ a = 1 }", "steps",
		"channel", "price", "seconds", "=", ",", "}", "]", "\n"}
	paths, err := filepath.Glob(filepath.Join("testdata", "good", "*.toml"))
	if err != nil || len(paths) == 0 {
		t.Fatal(err)
	}
	for round := range proof.Size(300, 3000) {
		random := rand.New(rand.NewPCG(1, uint64(round)))
		source, err := os.ReadFile(paths[random.IntN(len(paths))])
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + random.IntN(2) {
			all := tokens.FindAllIndex(source, -1)
			at := all[random.IntN(len(all))]
			word := words[random.IntN(len(words))]
			if random.IntN(3) == 0 {
				other := all[random.IntN(len(all))]
				word = string(source[other[0]:other[1]])
			}
			source = slices.Concat(source[:at[0]], []byte(word), source[at[1]:])
		}
		if keepsItsPromises(t, source, ""); t.Failed() {
			t.Fatalf("round %d:\n%s", round, source)
		}
	}
}

// keepsItsPromises loads one scenario, good or bad.
func keepsItsPromises(t *testing.T, source []byte, set string) {
	opts := Options{ReadFile: readTestFile}
	if set != "" {
		opts.Set = []string{set}
	}
	s, warnings, err := load("fuzz.toml", source, opts, nothing)
	for _, w := range warnings {
		checkPlace(t, source, w, true)
	}
	if err != nil {
		var problems document.Problems
		if !errors.As(err, &problems) || len(problems) == 0 || s != nil {
			t.Fatalf("%v, %#v", s, err)
		}
		for _, p := range problems {
			checkPlace(t, source, p, false)
		}
		return
	}
	sameAgain(t, s, opts, nothing)
	if len(unmodelled(s)) == 0 {
		if _, err := s.Compile(); err != nil {
			t.Fatalf("it loads, but doesn't compile: %v", err)
		}
	}
}

func goodSource(f testing.TB) []byte {
	source, err := os.ReadFile(filepath.Join("testdata", "good", "small.toml"))
	if err != nil {
		f.Fatal(err)
	}
	return source
}

// checkPlace checks that a problem is somewhere, says something and can be printed.
func checkPlace(t *testing.T, source []byte, p document.Problem, warning bool) {
	t.Helper()
	lines := bytes.Split(bytes.TrimPrefix(source, []byte("\ufeff")), []byte("\n"))
	switch {
	case p.File != "fuzz.toml" && !strings.HasPrefix(p.File, "--set"):
		t.Errorf("it is in the file %q", p.File)
	case p.File == "fuzz.toml" && (p.Line < 1 || p.Line > len(lines) || p.Column < 1 ||
		p.Column+p.Length-1 > utf8.RuneCount(lines[p.Line-1])+1):
		t.Errorf("%d:%d (%d) is outside the file", p.Line, p.Column, p.Length)
	case p.Text == "" || p.Warning != warning || !strings.Contains(p.Caret, "^"):
		t.Errorf("%#v", p)
	case vendorKey.MatchString(p.String()):
		t.Errorf("it shows a secret: %v", p)
	}
}

// vendorKey matches the keys of well-known vendors.
var vendorKey = regexp.MustCompile(`\b(?:sk|rk|pk)-[A-Za-z0-9_-]{6,}|\bAIza[A-Za-z0-9_-]{20,}|\bgh[po]_[A-Za-z0-9]{16,}|\bBearer\s+[^\s"']{6,}`)
