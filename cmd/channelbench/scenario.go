package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"channelbench/internal/scenario"
	"channelbench/scenarios"
)

// source is a scenario before it is loaded.
type source struct {
	label string // how problems call it
	text  []byte
	dir   string // where the files that it names are looked for
}

// open finds a scenario: "-" is stdin, a shipped name is a shipped scenario unless a file is
// called so, and all else is a path.
func (p *program) open(name string) (*source, error) {
	if name == "-" {
		text, err := io.ReadAll(io.LimitReader(p.in, scenario.MaxSource+1)) // Load says that it is too long
		if err != nil {
			return nil, fail(exitFailed, fmt.Errorf("read stdin: %w", err))
		}
		return &source{label: "stdin", text: text, dir: "."}, nil
	}
	text, err := readUpTo(name, scenario.MaxSource+1)
	if err == nil {
		return &source{label: name, text: text, dir: filepath.Dir(name)}, nil
	}
	if shipped, ok := scenarios.Open(name); ok {
		return &source{label: name + ".toml", text: shipped, dir: "."}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail(exitUsage, fmt.Errorf("there is no file and no shipped scenario %q\n  hint: shipped are %s", name, strings.Join(scenarios.Names(), ", ")))
	}
	return nil, fail(exitUsage, err)
}

// load reads and checks a scenario, and prints its warnings.
func (p *program) load(name string, set []string) (*scenario.Scenario, error) {
	src, err := p.open(name)
	if err != nil {
		return nil, err
	}
	s, warnings, err := scenario.Load(src.label, src.text, scenario.Options{Set: set, ReadFile: src.read, Today: today()})
	p.warn(warnings)
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	return s, nil
}

// today is the day by which prices are judged; a clock that is years behind tells none.
func today() time.Time {
	if now := time.Now(); now.Year() >= 2026 {
		return now
	}
	return time.Time{}
}

// read reads a file that the scenario names, relative to the scenario's own folder.
func (s *source) read(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join(s.dir, path)
	}
	text, err := readUpTo(path, scenario.MaxNamed+1)
	if err == nil && len(text) > scenario.MaxNamed {
		err = fmt.Errorf("%s is longer than %d MB", path, scenario.MaxNamed>>20)
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
