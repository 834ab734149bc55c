package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"channelbench/bench"
	"channelbench/bench/dialect"
	"channelbench/internal/scenario"
	"channelbench/internal/scenario/document"
	"channelbench/reports"
	"channelbench/scenarios"
)

// source is a scenario before it is loaded.
type source struct {
	label string // how problems call it
	path  string // of its file; "": it is no file
	from  string // where it comes from instead
	text  []byte
	dir   string            // where the files that it names are looked for
	kept  string            // the folder of what a run kept of them beside its copy of the scenario; "": there is none
	named map[string][]byte // what was read of them, by the names that the scenario gives them
	apart bool              // some of that isn't kept
}

// A run keeps in its folder what it ran on: the scenario, and what that names.
const (
	keptScenario   = "scenario.toml"
	keptInputs     = "inputs"
	keptClips      = "clips"
	shippedPrompts = "shipped prompts" // the name of what no scenario names
)

// keptName is what a file that a scenario names is called among the kept inputs.
func keptName(name string) string {
	sum := sha256.Sum256([]byte(name))
	return fmt.Sprintf("%x-%s", sum[:4], filepath.Base(name))
}

// open finds a scenario: "-" is stdin, a shipped name is a shipped scenario unless a file is
// called so, and all else is a path.
func (p *program) open(name string) (*source, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(p.in, document.MaxSource+1)) // Load says that it is too long
		if err != nil {
			return nil, fail(exitFailed, fmt.Errorf("read stdin: %w", err))
		}
		return &source{label: "stdin", from: "stdin", text: text, dir: ".", named: map[string][]byte{}}, nil
	}
	text, err := readUpTo(name, document.MaxSource+1)
	if err == nil {
		src := &source{label: name, path: name, text: text, dir: filepath.Dir(name), named: map[string][]byte{}}
		if filepath.Base(name) == keptScenario {
			src.kept = filepath.Join(src.dir, keptInputs)
		}
		return src, nil
	}
	if shipped, ok := scenarios.Open(name); ok {
		return &source{label: name + ".toml", from: "shipped", text: shipped, dir: ".", named: map[string][]byte{}}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail(exitUsage, fmt.Errorf("there is no file and no shipped scenario %q\n  hint: %s", name,
			shipped(name)))
	}
	return nil, fail(exitUsage, err)
}

// shipped says which shipped scenarios there are, and which one may have been meant.
func shipped(name string) string {
	all := "shipped are " + strings.Join(scenarios.Names(), ", ")
	if near, ok := document.Nearest(name, scenarios.Names()); ok {
		return "did you mean " + near + "? " + all
	}
	return all
}

// load reads and checks a scenario, and prints its warnings.
func (p *program) load(name string, set []string) (*scenario.Scenario, *source, error) {
	return p.loadAs(name, scenario.Options{Set: set})
}

// loadAs is load with more options.
func (p *program) loadAs(name string, o scenario.Options) (*scenario.Scenario, *source, error) {
	src, err := p.open(name)
	if err != nil {
		return nil, nil, err
	}
	o.ReadFile, o.Today, o.Illegible = src.read, today(), reports.Illegible
	o.Protocols = scenario.Protocols{CanOrder: dialect.CanOrder, Traps: dialect.Traps}
	s, warnings, err := scenario.Load(src.label, src.text, o)
	p.warn(warnings)
	if err != nil {
		return nil, nil, fail(exitUsage, err)
	}
	return s, src, nil
}

// clock tells the day by which scenarios are judged; tests set it, so that they don't change as prices get old.
var clock = time.Now

// today is the day by which it is judged how old prices are.
func today() time.Time { return believed(clock()) }

// believed is what a clock says; one that is years behind tells nothing.
func believed(now time.Time) time.Time {
	if now.Year() < 2026 {
		return time.Time{}
	}
	return now
}

// read reads a file that the scenario names: as a run kept it, else relative to the scenario's own folder.
func (s *source) read(name string) ([]byte, error) {
	text, err := s.readKept(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	s.apart = true
	if filepath.IsAbs(name) {
		return s.readAs(name, name)
	}
	return s.readAs(name, filepath.Join(s.dir, name))
}

func (s *source) readKept(name string) ([]byte, error) {
	if s.kept == "" {
		return nil, fs.ErrNotExist
	}
	return s.readAs(name, filepath.Join(s.kept, keptName(name)))
}

// readAs reads a file, and remembers what it says under the name that the scenario gives it.
func (s *source) readAs(name, path string) ([]byte, error) {
	text, err := readUpTo(path, document.MaxNamed+1)
	if err != nil {
		return nil, err
	}
	if len(text) > document.MaxNamed {
		return nil, fmt.Errorf("%s is longer than %d MB", path, document.MaxNamed>>20)
	}
	s.named[name] = text
	return text, nil
}

// prompts are those in the file that the scenario names, else the shipped ones: of a run's own version, where it kept
// them.
func (s *source) prompts(name string) ([]string, error) {
	read := s.readPrompts
	if name == "" {
		name, read = shippedPrompts, s.readShipped
	}
	text, err := read(name)
	var prompts []string
	if err == nil {
		prompts, err = bench.ReadPrompts(string(text))
	}
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("[bench] prompts: %w", err))
	}
	return prompts, nil
}

func (s *source) readPrompts(name string) ([]byte, error) {
	text, err := s.read(name)
	if !errors.Is(err, fs.ErrNotExist) {
		return text, err
	}
	// Runs of earlier versions looked for it where they were called.
	if text, missing := s.readAs(name, name); missing == nil {
		return text, nil
	}
	return nil, err
}

func (s *source) readShipped(name string) ([]byte, error) {
	text, err := s.readKept(name)
	if errors.Is(err, fs.ErrNotExist) {
		text, err = []byte(strings.Join(bench.Prompts(), "\n")+"\n"), nil
		s.named[name] = text
	}
	return text, err
}

// readUpTo reads at most so many bytes of a file, which may have no end.
func readUpTo(path string, most int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}
