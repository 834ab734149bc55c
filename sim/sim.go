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
	"fmt"
	"runtime"
	"slices"

	"channelbench/internal/decision"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// DefaultMonths is how many months are simulated unless told otherwise: a number, or a precision.
const DefaultMonths = 200

// Options say how a scenario is simulated; the zero value is usable.
type Options struct {
	Months    int     // per strategy; 0: as Precision asks, or DefaultMonths
	Precision float64 // half of the deciding difference's interval, as a share of what the best strategy comes to; 0: none is asked
	Workers   int     // 0: one per processor
	Version   string  // of the tool, for the record

	// Progress is called now and then, by several goroutines; nil: not at all.
	Progress func(phase Phase, done, total int)
}

// Phase is what a run is at, by what it counts.
type Phase string

// The phases, in their order. A scenario without ranges has no draws and no effects, one without a pair to compare no map.
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

// Run simulates and judges a scenario. When ctx ends early, the run of the months finished is
// returned together with the context's error. A *DisagreementError comes with the run, too.
func Run(ctx context.Context, s *scenario.Scenario, o Options) (*record.Run, error) {
	if o.Months == 0 && o.Precision == 0 {
		o.Months = DefaultMonths
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	r := &runner{scenario: s, compiled: compiled, options: o}
	interrupted := r.simulate(ctx)
	if r.months == 0 {
		return nil, errors.Join(ErrNothingFinished, interrupted)
	}
	if err := r.solve(); err != nil {
		return nil, err
	}
	run := r.record()
	run.Precision = r.precision
	if coarse := tooCoarse(r.precision, r.months); coarse != "" {
		r.warnings = append(r.warnings, coarse)
	}
	if err := r.judge(ctx, run); err != nil {
		return nil, err
	}
	if err := r.breakEvens(ctx, run); err != nil {
		return nil, err
	}
	run.Warnings = slices.Concat(run.Warnings, r.fewMonths(), r.rareSpells(), r.warnings)
	if interrupted == nil {
		interrupted = ctx.Err()
	}
	if run.Incomplete = interrupted != nil; run.Incomplete {
		return run, interrupted
	}
	if len(r.findings) > 0 {
		return run, &DisagreementError{r.findings}
	}
	return run, nil
}

// solve finds the closed forms and holds the simulation against them.
func (r *runner) solve() error {
	for i := range r.compiled.Strategies {
		s := &r.compiled.Strategies[i]
		answer, err := exact.Solve(&r.compiled.Model, s, r.compiled.Uses[i], exact.Options{Exits: true})
		switch {
		case errors.Is(err, exact.ErrTooLong), errors.Is(err, exact.ErrDependent), errors.Is(err, exact.ErrStrategy):
			warning := fmt.Sprintf("%s: %v", s.Name, err)
			if len(r.scenario.Inputs()) > 0 {
				warning += fmt.Sprintf("; each draw of the stated ranges is judged by %d simulated months, set against the same months at the stated values", drawMonths)
			}
			r.warnings = append(r.warnings, warning)
		case err != nil:
			return err
		default:
			for _, f := range disagreements(answer, r.pooled(i), spellOf(&r.compiled.Model, r.compiled.Uses[i])) {
				r.findings = append(r.findings, s.Name+": "+f)
			}
		}
		r.answers = append(r.answers, answer)
	}
	return nil
}

// judge evaluates the ranges, and asks for the verdict and what could change it.
func (r *runner) judge(ctx context.Context, run *record.Run) error {
	q := &decision.Question{Decision: r.scenario.Decision, NoPromise: r.scenario.Workload.Promise == 0, MonthMisses: r.monthMisses()}
	for i := range r.scenario.Strategies {
		st := &r.scenario.Strategies[i]
		q.Strategies = append(q.Strategies, st.Name)
		q.Excluded = append(q.Excluded, r.scenario.Excludes(st))
		q.Stated = append(q.Stated, r.outlook(i))
	}
	r.stated = q.Stated
	if err := r.draw(ctx, q); err != nil {
		return err
	}
	r.monthDraws(q, run)
	run.Verdict = decision.Decide(q)
	if r.unjudged {
		run.Verdict.Sentence = "The stated ranges were not judged; on the stated values: " + run.Verdict.Sentence
	}
	return r.explore(ctx, q, run)
}

// explore finds what single ranges could change, unless the context ends first.
func (r *runner) explore(ctx context.Context, q *decision.Question, run *record.Run) error {
	found, err := decision.Explore(q, func(cases []decision.Case) ([][]decision.Outlook, error) { return r.foresee(ctx, Effects, cases) })
	if err != nil && ctx.Err() != nil {
		r.warnings = append(r.warnings, "interrupted: what single ranges could change was not looked at")
		return nil
	}
	run.Sensitivity = found
	return err
}
