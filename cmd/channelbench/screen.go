package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/pflag"

	"channelbench/bench"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/reports"
)

// screen is what stdout shows as text: one screen, or everything.
type screen struct {
	details bool
	exact   bool
	files   string // where all of it is
	call    reports.Call
}

// flags adds the flag that asks for more than a screen.
func (s *screen) flags(flags *pflag.FlagSet) {
	flags.BoolVar(&s.details, "details", false, "print everything, instead of what fits one screen")
}

// exactly adds the flag that shows the closed form.
func (s *screen) exactly(flags *pflag.FlagSet) {
	flags.BoolVar(&s.exact, "exact", false, "show the closed form below each strategy, even where it says the same")
}

// again is how a later command can name the same scenario; "" for stdin, which is read.
func again(name string) string {
	if name == "-" {
		return ""
	}
	return name
}

// options are those of a text.
func (p *program) options(s *screen) reports.ScreenOptions {
	return reports.ScreenOptions{Options: p.text(), Exact: s.exact, Files: s.files, Call: s.call}
}

// text says what stdout can show.
func (p *program) text() reports.TextOptions {
	return reports.TextOptions{Color: p.color, Width: p.width}
}

// printRun prints a run as text.
func (p *program) printRun(run *record.Run, s *screen) error {
	if s.details {
		return reports.Text(p.out, run, p.text())
	}
	return reports.Screen(p.out, run, p.options(s))
}

// finds looks for the scenario of a run that was read from a folder. It is named only where it still is the same.
func (s *screen) finds(run *record.Run, folder string) {
	s.call.Folder = folder
	if past, err := bench.ReadPast(filepath.Join(folder, "orders.jsonl")); err == nil {
		s.call.Set, s.call.Live = past.Set, past.Live
	}
	of := readManifest(folder).Of
	beside := filepath.Join(folder, filepath.FromSlash(of.From))
	for _, name := range []string{filepath.Join(folder, keptScenario), beside, of.Name} {
		src, err := (&program{in: strings.NewReader("")}).open(name)
		if err != nil {
			continue
		}
		o := scenario.Options{Set: s.call.Set, ReadFile: src.read, Today: today()}
		loaded, _, err := scenario.Load(src.label, src.text, o)
		if err == nil && loaded.SHA256() == run.Scenario.SHA256 {
			s.call.Scenario = name
			return
		}
	}
}
