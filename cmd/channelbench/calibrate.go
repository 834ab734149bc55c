package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
	_ "time/tzdata" // zones have names where the system knows none, too

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"channelbench/bench/dialect"
	"channelbench/bench/evidence"
	"channelbench/bench/recording"
	"channelbench/internal/calibrate"
	"channelbench/internal/calibrate/attempt"
	"channelbench/internal/inert"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// calibrateFlags are the flags of calibrate.
type calibrateFlags struct {
	out         string
	imported    []string
	columns     string
	outcomes    []string
	zone, unit  string
	polled      time.Duration
	anyPurchase bool
	discount    float64
	wide        bool
	months      int
}

func (p *program) calibrateCommand() *cobra.Command {
	var f calibrateFlags
	cmd := &cobra.Command{
		Use:   "calibrate SCENARIO RUN... -o FILE",
		Short: "Put into a scenario what its channels were measured to do",
		Long: `calibrate fits error rates, spells of errors, latencies and outages to what attempts met, and
writes the scenario with them: comments and layout stay, each fitted value gets its 95% interval as
range, confidence = "measured", and a comment that says what it rests on. A value stays as it is
where so few attempts know it less well than the scenario states it; the text says what it takes.

RUN is a folder that bench wrote, or its orders.jsonl. --import reads attempts of your production
from CSV: a line each, with a header. --columns names the columns, as field=column,…; fields are
` + strings.Join(attempt.Fields(), ", ") + `
(the first three are needed). Times are Unix, or as RFC 3339, Postgres and MySQL write them; --zone
is that of times without an offset. Outcomes are the words of the channels' protocols, and those in
scenarios/README.md; --outcome says what another one means:
` + strings.Join(attempt.Kinds(), " ") + `

What would tell wrong figures ends with exit code 2: a word for an outcome that isn't known on more
than 1% of the rows, times that look like milliseconds. Rows that don't count are named: those that
can't be read, those from the future, and those from before the scenario's first price.`,
		Example: `  channelbench calibrate mine.toml nights/* -o measured.toml
  channelbench calibrate mine.toml nights/* -o mine.toml            in place
  channelbench calibrate mine.toml --import attempts.csv \
    --columns channel=provider,submitted=created_at,outcome=status,service=duration_s \
    -o measured.toml
  channelbench calibrate mine.toml --import attempts.csv \
    --zone Asia/Shanghai --unit ms --outcome kaputt=job --outcome draft=ignore -o measured.toml`,
		Args: takes("SCENARIO", 1, unbounded),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.calibrate(cmd.Context(), args[0], args[1:], &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVarP(&f.out, "out", "o", "", "the `file` to write, whole or not at all; \"-\" is stdout")
	flags.StringArrayVar(&f.imported, "import", nil, "a CSV `file` of attempts; may be repeated")
	flags.StringVar(&f.columns, "columns", "", "which column of it holds what: `field=column,…`")
	flags.StringArrayVar(&f.outcomes, "outcome", nil, "what a word of its outcomes means: `word=kind`; may be repeated")
	flags.StringVar(&f.zone, "zone", "", "the `zone` of times that say no offset: UTC, +08:00, Asia/Shanghai")
	flags.StringVar(&f.unit, "unit", "", "the `unit` of its service and waited: s (default), ms, us, ns, m, h")
	flags.DurationVar(&f.polled, "polled", 0, "how often its jobs were polled: times were seen so late at most")
	flags.BoolVar(&f.anyPurchase, "any-purchase", false, "take runs that bought something else, too")
	flags.Float64Var(&f.discount, "discount", calibrate.DefaultDiscount, "how much a night counts for each day of its age")
	flags.BoolVar(&f.wide, "wide", false, "write also what is known less well than it was stated")
	flags.IntVar(&f.months, "months", 20, "months to simulate to see the decision move; 0: none")
	return cmd
}

func (f *calibrateFlags) check(runs []string) error {
	switch {
	case f.out == "":
		return fail(exitUsage, errors.New("name the file to write with -o; naming SCENARIO itself calibrates it in place"))
	case len(runs) == 0 && len(f.imported) == 0:
		return fail(exitUsage, errors.New("name a run that bench wrote, or a CSV of attempts with --import"))
	case len(f.imported) == 0 && (f.columns != "" || f.outcomes != nil || f.zone != "" || f.unit != ""):
		return fail(exitUsage, errors.New("--columns, --outcome, --zone and --unit say how to read what --import "+
			"names, and nothing is imported"))
	case !(f.discount > 0 && f.discount <= 1):
		return fail(exitUsage, errors.New("--discount must be above 0 and at most 1"))
	case f.months < 0 || f.months == 1:
		return fail(exitUsage, errors.New("--months must be 0 or at least 2"))
	case f.polled < 0:
		return fail(exitUsage, errors.New("--polled must not be negative"))
	}
	return nil
}

func (p *program) calibrate(ctx context.Context, name string, runs []string, f *calibrateFlags) error {
	if err := f.check(runs); err != nil {
		return err
	}
	s, src, err := p.load(name, nil)
	if err != nil {
		return err
	}
	o := calibrate.Options{Discount: f.discount, Wide: f.wide, File: f.out, Units: f.unit != "",
		Load: scenario.Options{ReadFile: src.read}}
	if o.Nights, o.Unread, err = p.evidence(s, runs, f); err != nil {
		return err
	}
	result, err := calibrate.Run(s, o)
	if err != nil {
		return fail(exitUsage, err)
	}
	for _, w := range result.Warnings {
		p.note("warning: %s", w)
	}
	if err := p.saveCalibrated(result, f.out); err != nil {
		return err
	}
	text := result.Report()
	if f.months > 0 && len(result.Changed()) > 0 {
		moved, err := p.moved(ctx, s, result, f.months)
		if err != nil {
			return err
		}
		text += moved
	}
	out := p.out
	if f.out == "-" {
		out = p.err
	}
	if _, err := fmt.Fprint(out, inert.Lines(text)); err != nil {
		return fail(exitFailed, fmt.Errorf("write the result: %w", err))
	}
	return nil
}

// evidence reads all attempts, and says what doesn't count.
func (p *program) evidence(s *scenario.Scenario, runs []string, f *calibrateFlags) ([]attempt.Night, []string, error) {
	format, err := f.format(s)
	if err != nil {
		return nil, nil, fail(exitUsage, err)
	}
	nights, unread, err := p.readNights(s, runs, format.To, f.anyPurchase)
	if err != nil {
		return nil, nil, err
	}
	for _, path := range f.imported {
		log, err := p.readLog(path, format)
		if err != nil {
			return nil, nil, err
		}
		log.Polled(f.polled)
		nights = append(nights, log.Nights...)
		for _, u := range log.Unread(format) {
			unread = append(unread, path+": "+u)
		}
	}
	return nights, unread, nil
}

// format is how the flags say that CSV is to be read.
func (f *calibrateFlags) format(s *scenario.Scenario) (*attempt.Format, error) {
	format := &attempt.Format{Known: dialect.Outcome, From: calibrate.FirstPrice(s), To: believed(time.Now())}
	var err error
	if format.Columns, err = attempt.ParseColumns(f.columns); err != nil {
		return nil, fmt.Errorf("--columns: %w", err)
	}
	if format.Outcomes, err = attempt.ParseOutcomes(f.outcomes); err != nil {
		return nil, fmt.Errorf("--outcome: %w", err)
	}
	if format.Zone, err = attempt.ParseZone(f.zone); err != nil {
		return nil, fmt.Errorf("--zone: %w", err)
	}
	if f.unit != "" {
		if format.Unit, err = time.ParseDuration("1" + f.unit); err != nil || format.Unit <= 0 {
			return nil, fmt.Errorf("--unit: %q is no unit of time; units are s, ms, us, ns, m and h", f.unit)
		}
	}
	return format, nil
}

// readNights reads the journals of runs, and says which don't count.
func (p *program) readNights(
	s *scenario.Scenario, runs []string, today time.Time, anyPurchase bool,
) (nights []attempt.Night, unread []string, err error) {
	admission := calibrate.Admission{Today: today}
	for _, path := range runs {
		if info, err := os.Stat(path); err == nil && info.IsDir() {
			path = filepath.Join(path, "orders.jsonl")
		}
		recorded, torn, err := readJournal(path)
		if err != nil {
			return nil, nil, err
		}
		run := &recorded.Run
		refusal, warning, err := admission.Admit(calibrate.Applicant{Path: path, At: run.At.Time, Seed: run.Seed,
			Live: run.Live})
		if err != nil {
			return nil, nil, fail(exitUsage, err)
		}
		if refusal != "" {
			unread = append(unread, refusal)
			continue
		}
		if warning != "" {
			p.note("warning: %s", warning)
		}
		attempts, err := p.attempts(s, path, recorded, anyPurchase)
		if err != nil {
			return nil, nil, err
		}
		if torn != nil {
			p.note("warning: %s: %v; what comes before it counts", path, torn)
		}
		if len(attempts) == 0 {
			return nil, nil, fail(exitUsage, fmt.Errorf("%s holds no attempt whose outcome is known", path))
		}
		nights = append(nights, attempt.Night{Name: path, From: run.At.Time, Attempts: attempts, Mock: !run.Live})
	}
	return nights, unread, nil
}

// readJournal reads a journal as far as it can be trusted, and refuses that of a run that is invalid by our own fault:
// what our key or our network did is not what the channels do.
func readJournal(path string) (recorded *recording.Recording, torn, err error) {
	const hint = "\n  hint: name a folder that bench wrote, or its orders.jsonl"
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fail(exitUsage, fmt.Errorf("there is no %s"+hint, path))
	}
	if err != nil {
		return nil, nil, fail(exitUsage, err)
	}
	recorded, torn, err = evidence.Read(bytes.NewReader(text))
	if err != nil {
		return nil, nil, fail(exitUsage, fmt.Errorf("%s: %w"+hint, path, err))
	}
	if content, err := os.ReadFile(filepath.Join(filepath.Dir(path), "run.json")); err == nil {
		if run, err := record.Read(bytes.NewReader(content)); err == nil && run.Invalid != "" {
			return nil, nil, fail(exitUsage, fmt.Errorf("%s is of an invalid run: %s\n  hint: leave it out", path, run.Invalid))
		}
	}
	return recorded, torn, nil
}

// attempts are those of a journal, if it bought what the scenario buys.
func (p *program) attempts(
	s *scenario.Scenario, path string, recorded *recording.Recording, anyPurchase bool,
) (all []attempt.Attempt, err error) {
	if recorded.Run.PurchaseSHA256 != s.PurchaseSHA256() {
		if !anyPurchase {
			return nil, fail(exitUsage, fmt.Errorf("%s bought something else than the scenario: other videos, "+
				"channels, prices or strategies\n  hint: calibrate the scenario of that run, or take it all the "+
				"same with --any-purchase", path))
		}
		// Videos have the numbers that the run's own scenario gives them.
		if s, _, err = p.load(filepath.Join(filepath.Dir(path), keptScenario), recorded.Run.Set); err != nil {
			return nil, err
		}
	}
	if all, err = evidence.Attempts(recorded, s); err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", path, err))
	}
	return all, nil
}

// shownRows is how many bad rows are printed.
const shownRows = 20

// readLog reads a CSV of attempts, and names the rows that don't count.
func (p *program) readLog(path string, format *attempt.Format) (*attempt.Log, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	defer file.Close()
	log, err := attempt.ReadCSV(file, *format)
	if log != nil {
		for i, bad := range log.Bad {
			if i == shownRows {
				p.say("%s: and %d more rows that don't count", path, len(log.Bad)-i)
				break
			}
			p.say("%s: %v", path, bad)
		}
	}
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", path, err))
	}
	return log, nil
}

// saveCalibrated writes the files that the scenario names, and then the scenario.
func (p *program) saveCalibrated(r *calibrate.Result, out string) error {
	if out == "-" {
		if len(r.Files) > 0 {
			return fail(exitUsage, errors.New("measured values go to files beside the scenario, so it can't go to "+
				"stdout\n  hint: name a file with -o"))
		}
		if _, err := p.out.Write(r.Text); err != nil {
			return fail(exitFailed, err)
		}
		return nil
	}
	beside := folder{path: filepath.Dir(out)}
	for name, content := range r.Files {
		if err := beside.write(name, content); err != nil {
			return err
		}
	}
	if err := renameio.WriteFile(out, r.Text, 0o644); err != nil {
		return unwritable(beside.path, err)
	}
	p.note("wrote %s; next: channelbench check %s, then channelbench sim %s", out, out, out)
	return nil
}

// moved says what the calibration changes in the decision.
func (p *program) moved(ctx context.Context, s *scenario.Scenario, r *calibrate.Result, months int) (string, error) {
	f := &simFlags{months: months}
	was, err := p.simulate(ctx, s, f)
	if err != nil {
		return "", err
	}
	is, err := p.simulate(ctx, r.Scenario, f)
	if err != nil {
		return "", err
	}
	return calibrate.Moved(was, is), nil
}
