// Package sim answers a scenario by simulation: months of every strategy, the closed form beside
// them, and the verdict over the stated ranges.
//
// It deliberately does no I/O and prints nothing: a scenario goes in, a record.Run comes out. The
// result depends on the scenario and its seed only, not on how many workers share the months.
//
//	run, err := sim.Run(ctx, s, sim.Options{})
package sim

import (
	"context"
	"errors"
	"runtime"
	"slices"

	"channelbench/internal/decision"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// DefaultMonths is how many months are simulated unless Options ask for a number or a precision.
const DefaultMonths = 200

// Options say how a scenario is simulated; the zero value is usable.
type Options struct {
	Months  int    // per strategy; 0: as Precision asks, or DefaultMonths
	Workers int    // 0: one per processor
	Version string // of the tool, for the record

	// Precision is the target half-width of the interval of (best − runner-up), relative to the best; 0: off.
	Precision float64

	// Progress is called now and then, by several goroutines; nil: not at all.
	Progress func(phase Phase, done, total int)
}

// Phase is a part of a run, named after what it counts.
type Phase string

// The phases, in their order. A scenario without ranges has no draws and no effects, one without a pair to compare
// no map.
const (
	Months  Phase = "months"
	Draws   Phase = "draws of the stated ranges"
	Effects Phase = "effects of single ranges"
	Map     Phase = "lengths of the break-even map"
)

func (o *Options) progress(phase Phase, done, total int) {
	if o.Progress != nil {
		o.Progress(phase, done, total)
	}
}

// ErrNothingFinished is returned when a run is interrupted before all strategies have finished a month.
var ErrNothingFinished = errors.New("interrupted before the first month of every strategy was finished")

// DisagreementError says that simulation and closed form contradict each other: one of them is wrong.
type DisagreementError struct{ Findings []string }

func (e *DisagreementError) Error() string {
	text := "simulation and closed form disagree; this is a bug, please report it with the scenario:"
	for _, f := range e.Findings {
		text += "\n  " + f
	}
	return text
}

// experiment is a scenario, compiled, and how it is to be simulated. It never changes: each step of a run takes what
// the steps before it returned.
type experiment struct {
	scenario *scenario.Scenario
	compiled *scenario.Compiled
	options  Options
}

func newExperiment(s *scenario.Scenario, o Options) (*experiment, error) {
	if o.Months == 0 && o.Precision == 0 {
		o.Months = DefaultMonths
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	compiled, err := s.Compile()
	return &experiment{scenario: s, compiled: compiled, options: o}, err
}

// Run simulates and judges a scenario. When ctx ends early, the run of the months finished is
// returned together with the context's error. A *DisagreementError comes with the run, too.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*record.Run, error) {
	x, err := newExperiment(s, o)
	if err != nil {
		return nil, err
	}
	months, interrupted := x.simulate(ctx)
	if months.n == 0 {
		return nil, errors.Join(ErrNothingFinished, interrupted)
	}
	b, err := months.solve()
	if err != nil {
		return nil, err
	}
	draws, err := b.draw(ctx)
	if err != nil {
		return nil, err
	}
	question := b.question(draws)
	verdict := decision.Decide(question)
	effects, err := b.effects(ctx, question)
	if err != nil {
		return nil, err
	}
	even, err := b.breakEvens(ctx, verdict.Candidate)
	if err != nil {
		return nil, err
	}
	if interrupted == nil {
		interrupted = ctx.Err()
	}
	run := b.record(draws, verdict, effects, even)
	if run.Incomplete = interrupted != nil; run.Incomplete {
		return run, interrupted
	}
	if findings := b.disagreements(); len(findings) > 0 {
		return run, &DisagreementError{findings}
	}
	return run, nil
}

// record assembles the run from what its steps returned.
func (b *basis) record(draws *draws, verdict record.Verdict, effects *effects, even *breakEvens) *record.Run {
	run := decision.NewRun(b.scenario, "sim", b.options.Version)
	run.Months, run.Precision = b.n, b.precision
	run.Strategies = b.strategies(draws)
	run.Verdict = verdict
	if draws.interrupted {
		run.Verdict.Sentence = "The stated ranges were not judged; on the stated values: " + verdict.Sentence
	}
	run.Verdict.BreakEvens = even.points
	run.Sensitivity, run.Map = effects.sensitivity, even.drawn
	run.Warnings = slices.Concat(run.Warnings, b.fewMonths(), b.rareSpells(), b.noClosedForm(), b.tooCoarse(),
		draws.warnings(), effects.warnings())
	return run
}
