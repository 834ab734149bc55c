package sim

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"channelbench/internal/decision"
	"channelbench/internal/figure"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/sobol"
	"channelbench/internal/stats"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// Powers of two, for which Sobol' points are even.
const (
	rangeDraws = 256 // of the stated ranges that are judged
	freshDraws = 64  // of them have a second sample beside them, for the effects of single inputs
)

// basis is what is known at the stated values. Draws of the ranges are set against it.
type basis struct {
	*sample
	answers []*exact.Answer    // by strategy; nil: no closed form
	reasons []error            // by strategy: why there is none
	stated  []decision.Outlook // by strategy
	solvers []*exact.Solver    // by worker, for draws and what-if scenarios
}

// solve finds the closed forms.
func (s *sample) solve() (*basis, error) {
	b, solver := &basis{sample: s}, exact.NewSolver()
	for range s.options.Workers {
		b.solvers = append(b.solvers, exact.NewSolver())
	}
	for i := range s.compiled.Strategies {
		answer, err := solver.Solve(&s.compiled.Model, &s.compiled.Strategies[i], s.compiled.Uses[i],
			exact.Options{Exits: true})
		if err != nil && !unsolvable(err) {
			return nil, err
		}
		b.answers, b.reasons = append(b.answers, answer), append(b.reasons, err)
		b.stated = append(b.stated, s.outlook(i, answer))
	}
	return b, nil
}

// unsolvable says of an error that there is no closed form, but months can be simulated.
func unsolvable(err error) bool {
	return errors.Is(err, exact.ErrTooLong) || errors.Is(err, exact.ErrDependent) || errors.Is(err, exact.ErrStrategy)
}

// noClosedForm warns of strategies without one.
func (b *basis) noClosedForm() []string {
	var warnings []string
	for i, err := range b.reasons {
		if err == nil {
			continue
		}
		warning := fmt.Sprintf("%s: %v", b.scenario.Strategies[i].Name, err)
		if len(b.scenario.Inputs()) > 0 {
			warning += fmt.Sprintf("; each draw of the stated ranges is judged by %d simulated months, "+
				"set against the same months at the stated values", drawMonths)
		}
		warnings = append(warnings, warning)
	}
	return warnings
}

// question asks for a verdict.
func (b *basis) question(d *draws) *decision.Question {
	q := &decision.Question{Decision: b.scenario.Decision, NoPromise: b.scenario.Workload.Promise == 0,
		MonthMisses: b.monthMisses(), Stated: b.stated, Draws: d.outlooks, Inputs: d.inputs,
		Refused: b.scenario.Refused()}
	if len(q.Draws) == 0 {
		q.Draws = [][]decision.Outlook{b.stated}
	}
	for i := range b.scenario.Strategies {
		st := &b.scenario.Strategies[i]
		q.Strategies = append(q.Strategies, st.Name)
		q.Excluded = append(q.Excluded, b.scenario.Excludes(st))
	}
	return q
}

// draws are outlooks under draws of the stated ranges, the same draws for all strategies.
type draws struct {
	inputs      []decision.Input     // none: no range is stated, or the context ended first
	outlooks    [][]decision.Outlook // by draw, then strategy
	interrupted bool                 // only the stated values are judged
}

// draw evaluates every strategy under draws of the stated ranges.
func (b *basis) draw(ctx context.Context) (*draws, error) {
	inputs := b.scenario.Inputs()
	if len(inputs) == 0 {
		return &draws{}, nil
	}
	columns := b.columns(inputs)
	var all []int
	for i := range b.scenario.Strategies {
		all = append(all, i)
	}
	cases := make([]decision.Case, rangeDraws)
	for d := range cases {
		cases[d].Strategies = all
		for k := range columns {
			cases[d].Values = append(cases[d].Values, columns[k].Values[d])
		}
	}
	outlooks, err := b.foresee(ctx, Draws, cases)
	if ctx.Err() != nil {
		return &draws{interrupted: true}, nil
	}
	return &draws{inputs: columns, outlooks: outlooks}, err
}

func (d *draws) warnings() []string {
	if !d.interrupted {
		return nil
	}
	return []string{"interrupted: the verdict is on the stated values, the stated ranges were not judged"}
}

// months are the middle 95 % of a strategy's expected monthly cost over the draws, and the share of draws in which it
// is above the budget; nil where there are none.
func (d *draws) months(strategy int, budget money.Micros) (*record.Band, *float64) {
	if len(d.inputs) == 0 {
		return nil, nil
	}
	costs := make([]float64, len(d.outlooks))
	for i, outlooks := range d.outlooks {
		costs[i] = outlooks[strategy].MonthlyCost
	}
	band := &record.Band{P025: stats.Percentile(costs, 0.025), P975: stats.Percentile(costs, 0.975)}
	if budget <= 0 {
		return band, nil
	}
	return band, record.Number(above(costs, budget) / float64(len(costs)))
}

// columns draws the inputs: scrambled Sobol' points, of which the first half of the coordinates
// are the draws and the second half the sample beside them.
func (x *experiment) columns(inputs []scenario.Input) []decision.Input {
	columns := make([]decision.Input, len(inputs))
	for k, in := range inputs {
		columns[k] = decision.Input{Key: in.Key, Range: in.Range, Stated: in.Nominal,
			Confidence: x.confidence(in.Key), Moves: x.dependents(in.Key)}
	}
	points := sobol.New(2*len(inputs), x.scenario.Seed)
	for d := range rangeDraws {
		point := points.At(uint32(d))
		for k, in := range inputs {
			columns[k].Values = append(columns[k].Values, in.Range.Quantile(point[k]))
			if d < freshDraws {
				columns[k].Fresh = append(columns[k].Fresh, in.Range.Quantile(point[len(inputs)+k]))
			}
		}
	}
	return columns
}

// confidence is that of an input's stated value; "" where none is stated, or it was measured.
func (x *experiment) confidence(key string) string {
	for _, a := range x.scenario.Assumptions() {
		if key == a.Key || strings.HasPrefix(key, a.Key+".") {
			return a.Confidence.String()
		}
	}
	return ""
}

// dependents are the strategies whose figures may depend on an input, those that use its channel; nil: all.
func (x *experiment) dependents(key string) []bool {
	for ch := range x.scenario.Channels {
		if !strings.HasPrefix(key, "channels."+x.scenario.Channels[ch].Name+".") {
			continue
		}
		dependent := make([]bool, len(x.compiled.Uses))
		for i, uses := range x.compiled.Uses {
			dependent[i] = uses[ch]
		}
		return dependent
	}
	return nil
}

// effects are those of single ranges.
type effects struct {
	sensitivity *record.Sensitivity // nil: no range is stated, or the context ended first
	interrupted bool
}

// effects finds how single ranges could change the decision, unless the context ends first.
func (b *basis) effects(ctx context.Context, q *decision.Question) (*effects, error) {
	found, err := decision.Explore(q, func(cases []decision.Case) ([][]decision.Outlook, error) {
		return b.foresee(ctx, Effects, cases)
	})
	if err != nil && ctx.Err() != nil {
		return &effects{interrupted: true}, nil
	}
	return &effects{sensitivity: found}, err
}

func (e *effects) warnings() []string {
	if !e.interrupted {
		return nil
	}
	return []string{"interrupted: what single ranges could change was not looked at"}
}

// foresee works out the outlooks of each case; cases are shared out among the workers.
func (b *basis) foresee(ctx context.Context, phase Phase, cases []decision.Case) ([][]decision.Outlook, error) {
	outlooks := make([][]decision.Outlook, len(cases))
	err := b.shareOut(ctx, phase, len(cases), func(solver *exact.Solver, i int) (err error) {
		outlooks[i], err = b.foreseeOne(ctx, solver, &cases[i])
		return err
	})
	return outlooks, err
}

// shareOut has the workers do n tasks, or those until the context ends.
func (b *basis) shareOut(ctx context.Context, phase Phase, n int, task func(*exact.Solver, int) error) error {
	failures := make([]error, n)
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for _, solver := range b.solvers[:min(len(b.solvers), n)] {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				failures[i] = task(solver, i)
				b.options.progress(phase, int(done.Add(1)), n)
			}
		})
	}
	workers.Wait()
	return errors.Join(append(failures, ctx.Err())...)
}

// foreseeOne works out the outlooks of strategies for given values of the inputs: by the closed form, or, where there
// is none, by the difference that these values make to simulated months.
func (b *basis) foreseeOne(ctx context.Context, solver *exact.Solver, c *decision.Case) ([]decision.Outlook, error) {
	compiled, err := b.scenario.With(c.Values).Compile()
	if err != nil {
		return nil, err
	}
	outlooks := make([]decision.Outlook, len(compiled.Strategies))
	for _, i := range c.Strategies {
		answer, err := solver.Solve(&compiled.Model, &compiled.Strategies[i], compiled.Uses[i],
			exact.Options{Rough: true, Exits: true})
		switch {
		case err == nil:
			outlooks[i] = b.expect(answer)
		case unsolvable(err):
			outlooks[i], err = b.simulateDraw(ctx, compiled, i)
		}
		if err != nil {
			return nil, err
		}
	}
	return outlooks, nil
}

// drawMonths is how many months of a draw are simulated where there is no closed form.
const drawMonths = 4

// simulateDraw is a strategy's outlook in a draw: its outlook at the stated values, shifted by the difference between
// the first months of the draw and the same months at the stated values. Both meet the same luck, so the luck of these
// few months drops out (common random numbers).
func (b *basis) simulateDraw(ctx context.Context, c *scenario.Compiled, strategy int) (decision.Outlook, error) {
	engine, err := event.New(&c.Model, &c.Strategies[strategy])
	if err != nil {
		return decision.Outlook{}, err
	}
	engine.Stop = ctx.Done()
	months := min(drawMonths, b.n)
	var drawn, stated event.Tally
	var drawnCost, statedCost float64
	for m := range months {
		t := engine.Month(m)
		if t == nil {
			return decision.Outlook{}, ctx.Err()
		}
		drawn.Merge(t)
		drawnCost += (t.Charge() + t.Handling(&c.Model.Costs, c.Uses[strategy])).Dollars()
		stated.Merge(b.tallies[strategy][m])
		statedCost += b.totals[strategy].costs[m] - b.unused[strategy]
	}
	drawnCost += unusedIn(c, strategy, &drawn, months)
	statedCost += unusedIn(b.compiled, strategy, &stated, months)
	return shifted(b.stated[strategy], outcome(&drawn, drawnCost, months), outcome(&stated, statedCost, months)), nil
}

// unusedIn is what prepaid units cost beyond the charges of so many months, in dollars.
func unusedIn(c *scenario.Compiled, strategy int, t *event.Tally, months int) float64 {
	n := float64(months)
	return n * unusedBy(c, strategy, func(ch int) float64 { return t.Charged(ch).Dollars() / n })
}

// shifted is an outlook plus the difference of two others; a figure that one of the three doesn't reach is that of to.
func shifted(o, to, from decision.Outlook) decision.Outlook {
	shift := func(o, to, from, most float64) float64 {
		if sum := o + to - from; !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			return min(max(sum, 0), most)
		}
		return to
	}
	unbounded := math.Inf(1)
	return decision.Outlook{
		MonthlyCost:      shift(o.MonthlyCost, to.MonthlyCost, from.MonthlyCost, unbounded),
		CostPerDelivered: shift(o.CostPerDelivered, to.CostPerDelivered, from.CostPerDelivered, unbounded),
		Delivered:        shift(o.Delivered, to.Delivered, from.Delivered, 1),
		InTime:           shift(o.InTime, to.InTime, from.InTime, 1),
		P50:              shift(o.P50, to.P50, from.P50, unbounded),
		P95:              shift(o.P95, to.P95, from.P95, unbounded),
		P99:              shift(o.P99, to.P99, from.P99, unbounded),
	}
}

// expect turns a closed form into an outlook. Quantiles are worked out only where the decision asks for them.
func (x *experiment) expect(a *exact.Answer) decision.Outlook {
	o := decision.Outlook{
		MonthlyCost:      a.CostPerOrder() * float64(x.scenario.Workload.OrdersPerMonth),
		CostPerDelivered: a.CostPerDelivered(),
		Delivered:        a.Delivered,
		InTime:           a.InTime,
	}
	if math.IsNaN(o.CostPerDelivered) {
		o.CostPerDelivered = math.Inf(1)
	}
	for m, into := range map[figure.ID]*float64{figure.P50: &o.P50, figure.P95: &o.P95, figure.P99: &o.P99} {
		if x.asksFor(m) {
			*into = never(a.Quantile(quantiles[m]))
		}
	}
	return o
}

var quantiles = map[figure.ID]float64{figure.P50: 0.5, figure.P95: 0.95, figure.P99: 0.99}

// never is the seconds, or +Inf where they are not reached.
func never(seconds float64, reached bool) float64 {
	if !reached {
		return math.Inf(1)
	}
	return seconds
}

// asksFor says whether the decision depends on a figure.
func (x *experiment) asksFor(m figure.ID) bool {
	d := &x.scenario.Decision
	if m == figure.P95 && d.Minimise == "p95" {
		return true
	}
	for _, q := range d.Require {
		if q.Metric == m {
			return true
		}
	}
	return false
}
