package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/reports"
	"channelbench/sim"
)

// simFlags are the flags of sim.
type simFlags struct {
	out       string
	format    string
	set       []string
	months    int
	precision precision
	workers   int
	counted   bool // --workers was given
	require   bool
	images    images
	screen    screen
}

// precision is a share on the command line, such as 1%.
type precision float64

// Set reads a share; a bare number is refused, as it might be either a share or a percentage.
func (p *precision) Set(text string) error {
	digits, percent := strings.CutSuffix(text, "%")
	v, err := strconv.ParseFloat(digits, 64)
	switch {
	case err != nil || !percent:
		return fmt.Errorf("must be a percentage, such as 1%%")
	case !(v >= 0.001 && v <= 100):
		return fmt.Errorf("must lie between 0.001%% and 100%%")
	}
	*p = precision(v / 100)
	return nil
}

// String prints the share as Set reads it; "" where none is set.
func (p *precision) String() string {
	if *p == 0 {
		return ""
	}
	return strconv.FormatFloat(100*float64(*p), 'g', -1, 64) + "%"
}

// Type names what is expected in the help.
func (p *precision) Type() string { return "share" }

func (p *program) simCommand() *cobra.Command {
	var f simFlags
	cmd := &cobra.Command{
		Use:   "sim SCENARIO",
		Short: "Simulate the strategies and decide: verdict, table, run.json, report.md, PNGs",
		Long: `sim simulates every strategy of a scenario over many months, sets the closed form beside it where one exists, and
decides. SCENARIO is a path, "-" for stdin, or the name of a shipped scenario.

The result goes to stdout; run.json, report.md, the charts and the numbers behind them go to the output folder.
The same scenario and seed give the same bytes, whatever the number of workers.`,
		Example: `  channelbench sim omni-flash
  channelbench sim mine.toml -o report --months 1000
  channelbench sim mine.toml --precision 0.5%
  channelbench sim omni-flash --format json | jq .verdict.sentence
  channelbench sim mine.toml --set 'decision.exclude=["reverse"]'
  channelbench sim omni-flash --details       everything that report.md says
  channelbench sim mine.toml --require        exit with 1 if no strategy qualifies`,
		Args: takes("SCENARIO", 1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			f.counted = cmd.Flags().Changed("workers")
			if cmd.Flags().Changed("months") {
				f.precision = 0
			}
			return p.sim(cmd.Context(), args[0], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "output `folder` (default out/<scenario>/sim)")
	addFormat(cmd, &f.format, formats)
	f.images.flags(flags)
	f.screen.flags(flags)
	f.screen.exactly(flags)
	flags.IntVar(&f.months, "months", sim.DefaultMonths, "simulated months per strategy, at least 2")
	flags.Var(&f.precision, "precision", fmt.Sprintf("instead of a number of months: add months until the difference "+
		"between the best two is known to this share of the best one's figure, or there are %d; --months overrides",
		sim.MostMonths))
	flags.IntVar(&f.workers, "workers", 0, "months simulated at once (default: one per processor)")
	flags.BoolVar(&f.require, "require", false, "exit with 1 if no strategy qualifies")
	p.addSet(cmd, &f.set)
	return cmd
}

func (f *simFlags) check() error {
	if f.months < 2 {
		return fail(exitUsage, fmt.Errorf("--months %d is too few for an interval; use at least 2", f.months))
	}
	if f.counted && f.workers < 1 {
		return fail(exitUsage, fmt.Errorf("--workers %d: at least 1", f.workers))
	}
	return checkFormat(f.format, formats)
}

// formats are what stdout can show of a run.
var formats = []string{"text", "json", "markdown", "github"}

// addFormat adds the flag that says what stdout shows; the first format is what it shows unless asked.
func addFormat(cmd *cobra.Command, format *string, formats []string) {
	cmd.Flags().StringVar(format, "format", formats[0], "what stdout shows: "+either(formats))
	_ = cmd.RegisterFlagCompletionFunc("format", listed(formats...)) // it fails for flags that aren't there only
}

func either(words []string) string {
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}

// checkFormat refuses what can't be printed.
func checkFormat(format string, formats []string) error {
	if slices.Contains(formats, format) {
		return nil
	}
	return fail(exitUsage, fmt.Errorf("--format %q is unknown\n  hint: %s", format, either(formats)))
}

func (p *program) sim(ctx context.Context, name string, f *simFlags) error {
	if err := f.check(); err != nil {
		return err
	}
	s, src, err := p.load(name, f.set)
	if err != nil {
		return err
	}
	chosen := f.out != ""
	if !chosen {
		f.out = filepath.Join("out", s.Name, "sim")
	}
	folder, err := p.folderOf(f.out, src.ownerOf(s.Name, f.out), chosen)
	if err != nil {
		return err
	}
	defer folder.tidy()
	run, failure := p.simulate(ctx, s, f)
	if run == nil {
		return failure
	}
	f.screen.files, f.screen.call = f.out, reports.Call{Scenario: again(name), Set: f.set, Folder: f.out}
	if err := p.publish(run, folder, f.format, f.images, &f.screen); err != nil {
		return err
	}
	if failure != nil {
		return failure
	}
	if f.require && run.Verdict.Candidate == nil {
		return fail(exitFailedGate, errors.New("no strategy qualifies, and --require asks for one"))
	}
	return nil
}

// simulate runs the simulation. There may be both a run and an error: of an interruption, or of a
// disagreement between simulation and closed form.
func (p *program) simulate(ctx context.Context, s *scenario.Scenario, f *simFlags) (*record.Run, error) {
	progress := p.progress()
	options := sim.Options{Months: f.months, Workers: f.workers, Version: version(),
		Progress: func(phase sim.Phase, done, total int) { progress.show(string(phase), done, total) }}
	if f.precision > 0 {
		options.Months, options.Precision = 0, float64(f.precision)
	}
	run, err := sim.Run(ctx, s, options)
	progress.end()
	switch {
	case err == nil:
		return run, nil
	case ctx.Err() == nil:
		return run, fail(exitFailed, err)
	}
	var stopped *exitError
	errors.As(context.Cause(ctx), &stopped)
	if run == nil {
		return nil, fail(stopped.code, err)
	}
	of := fmt.Sprintf(" of %d", f.months)
	if f.precision > 0 {
		of = ""
	}
	return run, fail(stopped.code, fmt.Errorf("interrupted after %d%s months; what was finished is saved", run.Months, of))
}

// publish writes the files and prints the result.
func (p *program) publish(run *record.Run, folder *folder, format string, images images, s *screen) error {
	charts, err := reports.Charts(run, images.formats...)
	if err != nil {
		return fail(exitFailed, err)
	}
	if err := folder.save(run, charts, images); err != nil {
		return err
	}
	switch format {
	case "json":
		err = record.Write(p.out, run)
	case "markdown", "github":
		err = reports.Markdown(p.out, run, charts, images.in(format))
	default:
		err = p.printRun(run, s)
	}
	if err != nil {
		return fail(exitFailed, fmt.Errorf("write the result: %w", err))
	}
	if format != "text" || s.details { // a screen says it itself
		p.note("wrote %s", filepath.Join(folder.path, "{run.json,report.md,*.png,*.csv}"))
	}
	return nil
}
