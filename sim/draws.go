package sim

import (
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat/distmv"
	"gonum.org/v1/gonum/stat/samplemv"

	"channelbench/internal/decision"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// draws is how many draws of the stated ranges are judged.
const draws = 256

// draw evaluates every strategy under draws of the stated ranges: the same draws for all. Where a
// strategy has no closed form, its simulated figures stand in for all draws.
func (r *runner) draw(q *decision.Question) error {
	inputs := r.scenario.Inputs()
	if len(inputs) == 0 {
		q.Draws = [][]decision.Outlook{q.Stated}
		return nil
	}
	values := sample(inputs, r.scenario.Seed)
	for i, in := range inputs {
		column := decision.Input{Key: in.Key}
		for _, row := range values {
			column.Values = append(column.Values, row[i])
		}
		q.Inputs = append(q.Inputs, column)
	}
	q.Draws = make([][]decision.Outlook, len(values))
	var next atomic.Int64
	var workers sync.WaitGroup
	failures := make([]error, len(values))
	for range r.options.Workers {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(values); i = int(next.Add(1)) - 1 {
				q.Draws[i], failures[i] = r.foresee(values[i], q.Stated)
			}
		})
	}
	workers.Wait()
	for _, err := range failures {
		if err != nil {
			return err
		}
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

// foresee is what is expected of each strategy when the inputs have given values.
func (r *runner) foresee(values []float64, stated []decision.Outlook) ([]decision.Outlook, error) {
	compiled, err := r.scenario.With(values).Compile()
	if err != nil {
		return nil, err
	}
	outlooks := make([]decision.Outlook, len(compiled.Strategies))
	for i := range compiled.Strategies {
		if r.answers[i] == nil {
			outlooks[i] = stated[i]
			continue
		}
		answer, err := exact.Solve(&compiled.Model, &compiled.Strategies[i], compiled.Uses[i], exact.Options{Rough: true})
		if err != nil {
			return nil, err
		}
		outlooks[i] = r.expect(answer)
	}
	return outlooks, nil
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
