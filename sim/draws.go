package sim

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"sync/atomic"

	"channelbench/internal/decision"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/sobol"
	"channelbench/internal/stats"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// Powers of two, for which Sobol' points are even.
const (
	draws = 256 // of the stated ranges that are judged
	fresh = 64  // of them have a second sample beside them, for the effects of single inputs
)

// draw evaluates every strategy under draws of the stated ranges: the same draws for all. If the
// context ends first, only the stated values are judged, and a warning says so.
func (r *runner) draw(ctx context.Context, q *decision.Question) error {
	inputs := r.scenario.Inputs()
	q.Draws = [][]decision.Outlook{q.Stated}
	if len(inputs) == 0 {
		return nil
	}
	columns := r.sample(inputs)
	var all []int
	for i := range q.Strategies {
		all = append(all, i)
	}
	cases := make([]decision.Case, draws)
	for d := range cases {
		cases[d].Strategies = all
		for k := range columns {
			cases[d].Values = append(cases[d].Values, columns[k].Values[d])
		}
	}
	drawn, err := r.foresee(ctx, Draws, cases)
	if ctx.Err() != nil {
		r.unjudged = true
		r.warnings = append(r.warnings, "interrupted: the verdict is on the stated values, the stated ranges were not judged")
		return nil
	}
	if err != nil {
		return err
	}
	q.Draws, q.Inputs = drawn, columns
	return nil
}

// monthDraws notes for each strategy what its expected month costs over the draws, and in which share of them that is more
// than the budget.
func (r *runner) monthDraws(q *decision.Question, run *record.Run) {
	if len(q.Inputs) == 0 {
		return
	}
	budget := r.scenario.Decision.Budget.Dollars()
	for i := range run.Strategies {
		over, months := 0.0, make([]float64, len(q.Draws))
		for d, outlooks := range q.Draws {
			if months[d] = outlooks[i].MonthlyCost; months[d] > budget {
				over++
			}
		}
		run.Strategies[i].MonthlyDraws = &record.Band{P025: stats.Percentile(months, 0.025), P975: stats.Percentile(months, 0.975)}
		if budget > 0 {
			run.Strategies[i].OverBudgetDraws = record.Number(over / float64(len(q.Draws)))
		}
	}
}

// sample draws the inputs: scrambled Sobol' points, of which the first half of the coordinates
// are the draws and the second half the sample beside them.
func (r *runner) sample(inputs []scenario.Input) []decision.Input {
	columns := make([]decision.Input, len(inputs))
	for k, in := range inputs {
		columns[k] = decision.Input{Key: in.Key, Range: in.Range, Stated: in.Nominal, Confidence: r.confidence(in.Key), Moves: r.moved(in.Key)}
	}
	points := sobol.New(2*len(inputs), r.scenario.Seed)
	for d := range draws {
		x := points.At(uint32(d))
		for k, in := range inputs {
			columns[k].Values = append(columns[k].Values, in.Range.Quantile(x[k]))
			if d < fresh {
				columns[k].Fresh = append(columns[k].Fresh, in.Range.Quantile(x[len(inputs)+k]))
			}
		}
	}
	return columns
}

// confidence says how far the stated value of an input is to be trusted; "" where that isn't said,
// or it was measured.
func (r *runner) confidence(key string) string {
	for _, a := range r.scenario.Assumptions() {
		if key == a.Key || strings.HasPrefix(key, a.Key+".") {
			return a.Confidence.String()
		}
	}
	return ""
}

// moved says which strategies may depend on an input: those that use its channel.
func (r *runner) moved(key string) []bool {
	for ch := range r.scenario.Channels {
		if !strings.HasPrefix(key, "channels."+r.scenario.Channels[ch].Name+".") {
			continue
		}
		moved := make([]bool, len(r.compiled.Uses))
		for i, uses := range r.compiled.Uses {
			moved[i] = uses[ch]
		}
		return moved
	}
	return nil
}

// foresee is what is expected of strategies in each case; cases are shared out among the workers.
func (r *runner) foresee(ctx context.Context, phase Phase, cases []decision.Case) ([][]decision.Outlook, error) {
	outlooks := make([][]decision.Outlook, len(cases))
	err := r.shareOut(ctx, phase, len(cases), func(i int) (err error) {
		outlooks[i], err = r.foreseeOne(ctx, &cases[i])
		return err
	})
	return outlooks, err
}

// shareOut has the workers do n tasks, or those until the context ends.
func (r *runner) shareOut(ctx context.Context, phase Phase, n int, task func(int) error) error {
	failures := make([]error, n)
	var next, done atomic.Int64
	var workers sync.WaitGroup
	for range min(r.options.Workers, n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				failures[i] = task(i)
				r.options.progress(phase, int(done.Add(1)), n)
			}
		})
	}
	workers.Wait()
	return errors.Join(append(failures, ctx.Err())...)
}

// foreseeOne is what is expected of strategies when the inputs have given values: by the closed form, or, where there is
// none, by what simulated months do to the figures at the stated values.
func (r *runner) foreseeOne(ctx context.Context, c *decision.Case) ([]decision.Outlook, error) {
	compiled, err := r.scenario.With(c.Values).Compile()
	if err != nil {
		return nil, err
	}
	outlooks := make([]decision.Outlook, len(compiled.Strategies))
	for _, i := range c.Strategies {
		answer, err := exact.Solve(&compiled.Model, &compiled.Strategies[i], compiled.Uses[i], exact.Options{Rough: true, Exits: true})
		switch {
		case errors.Is(err, exact.ErrTooLong), errors.Is(err, exact.ErrDependent), errors.Is(err, exact.ErrStrategy):
			outlooks[i], err = r.simulateDraw(ctx, compiled, i)
		case err == nil:
			outlooks[i] = r.expect(answer)
		}
		if err != nil {
			return nil, err
		}
	}
	return outlooks, nil
}

// drawMonths is how many months of a draw are simulated where there is no closed form.
const drawMonths = 4

// simulateDraw is what a strategy would come to in a draw: what all months show at the stated values, moved by how much
// the first months differ from the same months there. Both meet the same luck, so the luck of these few months
// drops out (common random numbers).
func (r *runner) simulateDraw(ctx context.Context, c *scenario.Compiled, strategy int) (decision.Outlook, error) {
	engine, err := event.New(&c.Model, &c.Strategies[strategy])
	if err != nil {
		return decision.Outlook{}, err
	}
	engine.Stop = ctx.Done()
	months := min(drawMonths, r.months)
	var drawn, stated event.Tally
	var drawnCost, statedCost float64
	for m := range months {
		t := engine.Month(m)
		if t == nil {
			return decision.Outlook{}, ctx.Err()
		}
		drawn.Merge(t)
		drawnCost += (t.Charge() + t.Handling(&c.Model.Costs, c.Uses[strategy])).Dollars()
		stated.Merge(r.tallies[strategy][m])
		statedCost += r.monthCost(strategy, m)
	}
	return moved(r.stated[strategy], showed(&drawn, drawnCost, months), showed(&stated, statedCost, months)), nil
}

// moved is an outlook moved by the difference of two others; a figure that any of them doesn't reach is taken from the first
// of these.
func moved(o, to, from decision.Outlook) decision.Outlook {
	by := func(o, to, from, least, most float64) float64 {
		if sum := o + to - from; !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			return min(max(sum, least), most)
		}
		return to
	}
	never := math.Inf(1)
	return decision.Outlook{
		MonthlyCost: by(o.MonthlyCost, to.MonthlyCost, from.MonthlyCost, 0, never), CostPerDelivered: by(o.CostPerDelivered, to.CostPerDelivered, from.CostPerDelivered, 0, never),
		Delivered: by(o.Delivered, to.Delivered, from.Delivered, 0, 1), InTime: by(o.InTime, to.InTime, from.InTime, 0, 1),
		P50: by(o.P50, to.P50, from.P50, 0, never), P95: by(o.P95, to.P95, from.P95, 0, never), P99: by(o.P99, to.P99, from.P99, 0, never),
	}
}

// expect turns a closed form into an outlook. Quantiles are worked out only where the decision asks for them.
func (r *runner) expect(a *exact.Answer) decision.Outlook {
	o := decision.Outlook{
		MonthlyCost:      a.CostPerOrder() * float64(r.scenario.Workload.OrdersPerMonth),
		CostPerDelivered: a.CostPerDelivered(),
		Delivered:        a.Delivered,
		InTime:           a.InTime,
	}
	if math.IsNaN(o.CostPerDelivered) {
		o.CostPerDelivered = math.Inf(1)
	}
	for m, into := range map[scenario.Metric]*float64{scenario.P50: &o.P50, scenario.P95: &o.P95, scenario.P99: &o.P99} {
		if r.asksFor(m) {
			*into = never(a.Quantile(quantiles[m]))
		}
	}
	return o
}

var quantiles = map[scenario.Metric]float64{scenario.P50: 0.5, scenario.P95: 0.95, scenario.P99: 0.99}

// never is the seconds, or +Inf where they are not reached.
func never(seconds float64, reached bool) float64 {
	if !reached {
		return math.Inf(1)
	}
	return seconds
}

// asksFor says whether the decision depends on a figure.
func (r *runner) asksFor(m scenario.Metric) bool {
	d := &r.scenario.Decision
	if m == scenario.P95 && d.Minimise == "p95" {
		return true
	}
	for _, q := range d.Require {
		if q.Metric == m {
			return true
		}
	}
	return false
}
