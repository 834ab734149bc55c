package sim

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"

	"channelbench/internal/decision"
	"channelbench/internal/scenario"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// draws is how many draws of the stated ranges are judged.
const draws = 256

// draw evaluates every strategy under draws of the stated ranges: the same draws for all. If the
// context ends first, only the stated values are judged, and a warning says so.
func (r *runner) draw(ctx context.Context, q *decision.Question) error {
	inputs := r.scenario.Inputs()
	q.Draws = [][]decision.Outlook{q.Stated}
	if len(inputs) == 0 {
		return nil
	}
	values := sample(inputs, r.scenario.Seed)
	drawn := make([][]decision.Outlook, len(values))
	var next atomic.Int64
	var workers sync.WaitGroup
	failures := make([]error, len(values))
	for range r.options.Workers {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(values) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				drawn[i], failures[i] = r.foresee(ctx, values[i])
			}
		})
	}
	workers.Wait()
	if ctx.Err() != nil {
		r.warnings = append(r.warnings, "interrupted: the verdict is on the stated values, the stated ranges were not judged")
		return nil
	}
	if err := errors.Join(failures...); err != nil {
		return err
	}
	q.Draws = drawn
	for i, in := range inputs {
		column := decision.Input{Key: in.Key}
		for _, row := range values {
			column.Values = append(column.Values, row[i])
		}
		q.Inputs = append(q.Inputs, column)
	}
	return nil
}

// sample draws the inputs by Latin hypercube: each input's values are spread evenly over its range.
func sample(inputs []scenario.Input, seed uint64) [][]float64 {
	batch := mat.NewDense(draws, len(inputs), nil)
	source := rand.NewPCG(seed, 0x6472617773) // apart from other uses of the seed
	samplemv.LatinHypercube{Q: distmv.NewUnitUniform(len(inputs), source), Src: source}.Sample(batch)
	rows := make([][]float64, draws)
	for i := range rows {
		rows[i] = make([]float64, len(inputs))
		for k := range inputs {
			rows[i][k] = inputs[k].Range.Quantile(batch.At(i, k))
		}
	}
	return rows
}

// foresee is what is expected of each strategy when the inputs have given values: by the closed form,
// or by a simulated month where there is none.
func (r *runner) foresee(ctx context.Context, values []float64) ([]decision.Outlook, error) {
	compiled, err := r.scenario.With(values).Compile()
	if err != nil {
		return nil, err
	}
	outlooks := make([]decision.Outlook, len(compiled.Strategies))
	for i := range compiled.Strategies {
		answer, err := exact.Solve(&compiled.Model, &compiled.Strategies[i], compiled.Uses[i], exact.Options{Rough: true})
		switch {
		case errors.Is(err, exact.ErrTooLong), errors.Is(err, exact.ErrDependent):
			outlooks[i], err = oneMonth(ctx, compiled, i)
		case err == nil:
			outlooks[i] = r.expect(answer)
		}
		if err != nil {
			return nil, err
		}
	}
	return outlooks, nil
}

// oneMonth simulates a month of a strategy.
func oneMonth(ctx context.Context, c *scenario.Compiled, strategy int) (decision.Outlook, error) {
	engine, err := event.New(&c.Model, &c.Strategies[strategy])
	if err != nil {
		return decision.Outlook{}, err
	}
	engine.Stop = ctx.Done()
	t := engine.Month(0)
	if t == nil {
		return decision.Outlook{}, ctx.Err()
	}
	return showed(t, (t.Charge() + t.Handling(&c.Model.Costs, c.Uses[strategy])).Dollars(), 1), nil
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
