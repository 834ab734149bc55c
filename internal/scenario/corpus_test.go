package scenario

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

// directives are comments at the head of a file of the corpus that say how to load it:
//
//	# set: key=value     an override
//	# no files           without Options.ReadFile
//	# refuse nothing     as if everything was modelled
//	# today: 2026-12-01  on that day
//	# live               before money is spent
func directives(source []byte) (Options, func(*Scenario) []gap) {
	opts, refused := Options{ReadFile: readTestFile}, unmodelled
	for line := range strings.Lines(string(source)) {
		line = strings.TrimSpace(line)
		if set, ok := strings.CutPrefix(line, "# set: "); ok {
			opts.Set = append(opts.Set, set)
		}
		if day, ok := strings.CutPrefix(line, "# today: "); ok {
			opts.Today, _ = time.Parse(time.DateOnly, day) // none, where it is no day
		}
		switch line {
		case "# live":
			opts.Live = true
		case "# no files":
			opts.ReadFile = nil
		case "# refuse nothing":
			refused = nothing
		}
	}
	return opts, refused
}

func nothing(*Scenario) []gap { return nil }

func readTestFile(path string) ([]byte, error) {
	source, err := os.ReadFile(filepath.Join("testdata", "files", path))
	if err != nil {
		return nil, errors.New("there is no such file") // the text of the system's error differs
	}
	return source, nil
}

// corpus runs test on every file of a folder of testdata.
func corpus(t *testing.T, folder string, atLeast int, test func(t *testing.T, path string, source []byte)) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join("testdata", folder, "*.toml"))
	if err != nil || len(paths) < atLeast {
		t.Fatalf("%d files in %s (%v), want at least %d", len(paths), folder, err, atLeast)
	}
	for _, path := range paths {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".toml"), func(t *testing.T) {
			source, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			test(t, path, source)
		})
	}
}

// golden holds got against the file beside path.
func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	path = strings.TrimSuffix(path, ".toml") + ".txt"
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// Every wrong scenario says exactly what its golden file says.
func TestWrongScenarios(t *testing.T) {
	corpus(t, "bad", 70, func(t *testing.T, path string, source []byte) {
		opts, refused := directives(source)
		s, warnings, err := load(filepath.Base(path), source, opts, refused)
		if err == nil || s != nil {
			t.Fatal("it loads")
		}
		var b bytes.Buffer
		for _, w := range warnings {
			b.WriteString(w.String() + "\n")
		}
		b.WriteString(err.Error() + "\n")
		golden(t, path, b.Bytes())
	})
}

// Every good scenario gives the warnings and resolves to the text of its golden file.
func TestGoodScenarios(t *testing.T) {
	corpus(t, "good", 10, func(t *testing.T, path string, source []byte) {
		opts, refused := directives(source)
		s, warnings, err := load(filepath.Base(path), source, opts, refused)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for _, w := range warnings {
			b.WriteString(w.String() + "\n")
		}
		b.Write(Resolved(s))
		golden(t, path, b.Bytes())
		sameAgain(t, s, opts, refused)
	})
}
