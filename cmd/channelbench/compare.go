package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/google/renameio/v2"
	"github.com/spf13/cobra"

	"channelbench/internal/history"
	"channelbench/internal/scenario"
	"channelbench/reports/nightly"
)

const exitInconclusive = 5 // with --strict

// compareFlags are the flags of compare.
type compareFlags struct {
	history     string
	site        string
	scenario    string
	gates       []string
	out         []string
	export      []string
	format      string
	strict      bool
	anyPurchase bool
	accept      string
	from        string
	strategy    string
}

func (p *program) compareCommand() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare BASE NEW | --history FILE",
		Short: "Fail where a channel got worse or dearer: night against nights, or run against run",
		Long: `compare judges the gates of [gates], or of --gate, on effect and evidence: a figure fails if it got worse by
more than its gate, and
beyond chance. Where the scenario states no gates, these apply: ` + defaultGates() + `.

With --history it judges the night that was appended last against the first 120 within the gate since the last accepted mark
(at least 8). A figure fails if 2 to 14 nights running are beyond chance and the gate together. Limits are the stricter, the
more strategies and gates are judged. Only nights of one site, of equal channels (mock or live), poll intervals and purchases
are compared. Lines that can't be read are named and left out; the file is never rewritten.

BASE and NEW are two run.json of benches, or their folders. What two nights differ by without any change is then assumed (5 %).

Where a change is there to stay, --accept begins a new baseline with the night that --from names (default: where the change began).

It exits with 0 if nothing got worse, 1 if something did, and with --strict 5 if a gate is inconclusive.`,
		Example: `  channelbench bench mine.toml --live --max-spend '$5' --history h.jsonl --site ci -o night
  channelbench compare --history h.jsonl --strict --export junit=gates.xml --export github
  channelbench compare --history h.jsonl --gate p50=+8% --gate delivered=-1pp
  channelbench compare --history h.jsonl --accept 'the vendor now renders in two passes'
  channelbench compare main/run.json branch/run.json --export gobench=runs.txt`,
		Args: takes("BASE", 0, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			if cmd.Flags().Changed("accept") && strings.TrimSpace(f.accept) == "" {
				return fail(exitUsage, errors.New("--accept needs a reason\n  hint: --accept 'the vendor renders "+
					"in two passes now'"))
			}
			return p.compare(args, &f)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.history, "history", "", "judge the latest night of this `file`")
	flags.StringVar(&f.site, "site", "", "of the history, only nights from `NAME` (default: that of the latest night)")
	flags.StringVar(&f.scenario, "scenario", "", "of the history, only nights of `NAME` (default: that of the "+
		"latest night)")
	flags.StringArrayVar(&f.gates, "gate", nil, "a gate, in place of or beside the scenario's, such as "+
		"`p95=+15%`; repeatable")
	flags.StringArrayVarP(&f.out, "out", "o", nil, "also write what stdout shows into this `file`")
	flags.StringArrayVar(&f.export, "export", nil, "also write `KIND=FILE`: junit, gobench (for benchstat), "+
		"markdown, csv or json; or github: summary and annotations; repeatable")
	addFormat(cmd, &f.format, comparisonFormats)
	flags.BoolVar(&f.strict, "strict", false, "exit with 5 where a gate is inconclusive")
	flags.BoolVar(&f.anyPurchase, "any-purchase", false, "compare what doesn't buy the same, too")
	flags.StringVar(&f.accept, "accept", "", "put on record, for the `reason` given, that the change is there to stay")
	flags.StringVar(&f.from, "from", "", "with --accept: the first night of the new baseline, a `date` or a "+
		"moment in RFC 3339")
	flags.StringVar(&f.strategy, "strategy", "", "with --accept: only of the strategy `NAME`")
	return cmd
}

// comparisonFormats are what stdout can show of a comparison.
var comparisonFormats = []string{"text", "json", "markdown", "csv"}

func defaultGates() string {
	var all []string
	for _, g := range history.Defaults {
		all = append(all, g.Metric+" "+g.String())
	}
	return strings.Join(all, ", ")
}

func (p *program) compare(args []string, f *compareFlags) error {
	sinks, err := p.sinks(args, f)
	if err != nil {
		return err
	}
	o := history.Options{Site: f.site, Scenario: f.scenario, AnyPurchase: f.anyPurchase}
	for _, text := range f.gates {
		metric, change, _ := strings.Cut(text, "=")
		g, err := scenario.ParseGate(metric, change)
		if err != nil {
			return fail(exitUsage, fmt.Errorf("--gate %s: %w", text, err))
		}
		o.Gates = append(o.Gates, g)
	}
	var c *history.Comparison
	if f.history != "" {
		c, err = p.judge(f, o)
	} else {
		c, err = pair(args[0], args[1], o)
	}
	if err != nil {
		return err
	}
	if f.accept != "" {
		return p.accept(f, c)
	}
	for _, s := range sinks {
		if err := p.write(s, c, f.strict); err != nil {
			return err
		}
	}
	if err := show(p.out, c, f.format); err != nil {
		return fail(exitFailed, fmt.Errorf("write the result: %w", err))
	}
	return verdictOf(c, f.strict)
}

// sinks refuses what can't be meant, before anything is read or written, and returns what is to be written where.
func (p *program) sinks(args []string, f *compareFlags) ([]sink, error) {
	if err := f.check(args); err != nil {
		return nil, err
	}
	var files []sink
	exports := slices.Clone(f.export)
	for _, text := range f.out {
		if kind, _, given := strings.Cut(text, "="); !given && !slices.Contains(exportKinds, kind) {
			files = append(files, sink{f.format, text})
			continue
		}
		p.note("--out names a file of what stdout shows\n  hint: write --export %s", text)
		exports = append(exports, text)
	}
	exported, err := sinksOf(exports, exportKinds...)
	return append(files, exported...), err
}

// exportKinds are what compare writes for other tools.
var exportKinds = []string{"junit", "gobench", "markdown", "csv", "json", "github"}

// check refuses what can't be meant.
func (f *compareFlags) check(args []string) error {
	switch {
	case f.history == "" && len(args) != 2:
		return fail(exitUsage,
			errors.New("name two runs to compare, or a history\n  hint: channelbench compare BASE NEW, or compare --history FILE"))
	case f.history != "" && len(args) > 0:
		return fail(exitUsage, errors.New("--history judges its own latest night: leave the runs out"))
	case f.history == "" && (f.accept != "" || f.site != "" || f.scenario != ""):
		return fail(exitUsage, errors.New("--accept, --site and --scenario are for a --history"))
	case f.accept == "" && (f.from != "" || f.strategy != ""):
		return fail(exitUsage, errors.New("--from and --strategy say what to --accept"))
	}
	return checkFormat(f.format, comparisonFormats)
}

// judge reads a history and judges its latest night.
func (p *program) judge(f *compareFlags, o history.Options) (*history.Comparison, error) {
	file, err := os.Open(f.history)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail(exitUsage, fmt.Errorf("there is no %s\n  hint: bench --history %s begins it", f.history, f.history))
	}
	if err != nil {
		return nil, fail(exitUsage, err)
	}
	defer file.Close()
	log, err := history.Read(file)
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", f.history, err))
	}
	for _, problem := range log.Problems {
		p.note("warning: %s: %v; it is left out", f.history, problem)
	}
	for _, clock := range append(log.Clocks, log.Ahead(time.Now())...) {
		p.note("warning: %s: %v; nights are judged in the order in which they were appended", f.history, clock)
	}
	if log.Unread != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: its last line can't be judged: %v\n"+
			"  hint: bench again; the night after it can be", f.history, log.Unread))
	}
	c, err := history.Judge(log, o)
	if errors.Is(err, history.ErrNothing) {
		return nil, fail(exitUsage, fmt.Errorf("%s holds no night to judge", f.history))
	}
	if err != nil {
		return nil, fail(exitUsage, fmt.Errorf("%s: %w", f.history, err))
	}
	return c, nil
}

// pair compares two runs.
func pair(base, now string, o history.Options) (*history.Comparison, error) {
	var sides [2][]history.Night
	for i, path := range []string{base, now} {
		r, err := readRun(path)
		if err != nil {
			return nil, err
		}
		if sides[i], err = history.Nights(r.Run, ""); err != nil {
			return nil, fail(exitUsage, fmt.Errorf("%s: %w", path, err))
		}
	}
	c, err := history.Pair(sides[0], sides[1], o)
	var differ *history.PurchaseError
	switch {
	case errors.As(err, &differ):
		return nil, fail(exitUsage, fmt.Errorf("%w\n  hint: --any-purchase compares them all the same", err))
	case err != nil:
		return nil, fail(exitUsage, err)
	}
	return c, nil
}

// accept puts a person's mark on record.
func (p *program) accept(f *compareFlags, c *history.Comparison) error {
	from, err := parseDate(f.from)
	if err != nil {
		return fail(exitUsage, fmt.Errorf("--from %q is no date\n  hint: 2026-11-28, or 2026-11-28T03:00:00Z", f.from))
	}
	at, err := c.Start(from)
	switch {
	case err != nil:
		return fail(exitUsage, fmt.Errorf("--from %s %w", f.from, err))
	case f.strategy != "" && !c.Judges(f.strategy):
		return fail(exitUsage, fmt.Errorf("there is no strategy %q in the latest nights", f.strategy))
	}
	if err := history.Append(f.history, history.NewMark(time.Now(), c.Group, f.strategy, at, f.accept)); err != nil {
		return fail(exitFailed, err)
	}
	p.note("accepted: the baseline of %s begins with %s", c.Group.Scenario, at.Format(time.RFC3339))
	return nil
}

// parseDate reads a moment or a day; "" is the zero time.
func parseDate(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	return time.Parse(time.DateOnly, text)
}

// sink is a file to write, or GitHub.
type sink struct{ kind, path string }

// sinksOf reads kind=FILE.
func sinksOf(texts []string, kinds ...string) ([]sink, error) {
	var all []sink
	for _, text := range texts {
		kind, path, _ := strings.Cut(text, "=")
		switch {
		case !slices.Contains(kinds, kind):
			return nil, fail(exitUsage, fmt.Errorf("%q is no format to write\n  hint: one of %s", kind,
				strings.Join(kinds, ", ")))
		case (path == "") != (kind == "github"):
			return nil, fail(exitUsage, fmt.Errorf("%q: write %s=FILE; github alone takes no file", text, kind))
		}
		all = append(all, sink{kind, path})
	}
	return all, nil
}

func (p *program) write(s sink, c *history.Comparison, strict bool) error {
	var b bytes.Buffer
	var err error
	switch s.kind {
	case "github":
		return p.github(c)
	case "junit":
		err = nightly.JUnit(&b, c, strict)
	case "gobench":
		err = nightly.GoBench(&b, c)
	default:
		err = show(&b, c, s.kind)
	}
	if err != nil {
		return fail(exitFailed, err)
	}
	return writeWhole(s.path, b.Bytes())
}

func writeWhole(path string, content []byte) error {
	if err := renameio.WriteFile(path, content, 0o644); err != nil {
		return fail(exitFailed, fmt.Errorf("%s cannot be written: %w", path, err))
	}
	return nil
}

func show(w io.Writer, c *history.Comparison, format string) error {
	switch format {
	case "markdown":
		return nightly.Markdown(w, c)
	case "csv":
		return nightly.CSV(w, c)
	case "json":
		return nightly.JSON(w, c)
	}
	return nightly.Text(w, c)
}

// github adds to the summary of the job, and annotates its page. The runner reads both streams of a step, so stdout
// stays what it is.
func (p *program) github(c *history.Comparison) error {
	if path := os.Getenv("GITHUB_STEP_SUMMARY"); path != "" {
		var b bytes.Buffer
		if err := nightly.Markdown(&b, c); err != nil {
			return fail(exitFailed, err)
		}
		f, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
		if err != nil {
			return fail(exitFailed, fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err))
		}
		_, err = f.Write(b.Bytes())
		if err := errors.Join(err, f.Close()); err != nil {
			return fail(exitFailed, fmt.Errorf("GITHUB_STEP_SUMMARY: %w", err))
		}
	}
	if err := nightly.Annotations(p.err, c); err != nil {
		return fail(exitFailed, err)
	}
	return nil
}

// verdictOf is the exit code of a comparison.
func verdictOf(c *history.Comparison, strict bool) error {
	switch {
	case c.Count(history.Regression) > 0:
		return fail(exitFailedGate, fmt.Errorf("%d of %d gates fail", c.Count(history.Regression), len(c.Verdicts)))
	case strict && c.Count(history.Inconclusive) > 0:
		return fail(exitInconclusive, fmt.Errorf("%d of %d gates are inconclusive, and --strict asks for a verdict",
			c.Count(history.Inconclusive), len(c.Verdicts)))
	}
	return nil
}
