package sim

import (
	"fmt"
	"math"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim/exact"
)

// shaky is the starter scenario with small months and so many errors that every figure varies.
func shaky(t *testing.T) (*scenario.Scenario, *scenario.Compiled) {
	t.Helper()
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source, scenario.Options{Set: []string{
		"workload.orders_per_month=100", "channels.reverse.errors.region={ rate = '30%', takes = { median = '6s' } }", "channels.reverse.errors.unusable.rate=20%",
		"channels.reverse.errors.job.rate=20%", "channels.forwarding.errors.submit.rate=20%", "costs.undelivered=$1", "workload.promise=3m", "decision.require=[]",
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	return s, c
}

// coverage counts how often intervals hold the truth, by figure.
type coverage map[string]*struct{ held, of int }

func (c coverage) count(figure string, f record.Figure, truth float64) {
	if c[figure] == nil {
		c[figure] = &struct{ held, of int }{}
	}
	c[figure].of++
	slack := 1e-6 * math.Abs(truth) // quantiles on the poll's grid are found by bisection
	if f.Low != nil && f.High != nil && *f.Low <= truth+slack && truth-slack <= *f.High {
		c[figure].held++
	}
}

// TestCoverage: the 95 % intervals that a run reports hold the truth, as the closed form knows it, in 95 % of 1,000
// runs, within three binomial standard errors. Those of shares and quantiles may hold it more often: they are
// made so that they never hold it more rarely. The seeds are 1 to 1,000.
func TestCoverage(t *testing.T) {
	const runs, months = 1000, 12
	if testing.Short() {
		t.Skip("five million orders")
	}
	s, c := shaky(t)
	var truth []*exact.Answer
	quantiles := map[float64][]float64{0.5: nil, 0.95: nil}
	for i := range c.Strategies {
		a, err := exact.Solve(&c.Model, &c.Strategies[i], c.Uses[i], exact.Options{})
		if err != nil {
			t.Fatal(err)
		}
		truth = append(truth, a)
		for q := range quantiles {
			v, _ := a.Quantile(q)
			quantiles[q] = append(quantiles[q], v)
		}
	}
	means, others := coverage{}, coverage{}
	for seed := uint64(1); seed <= runs; seed++ {
		c.Model.Seed = seed
		r := &runner{scenario: s, compiled: c, options: Options{Months: months, Workers: 2}, answers: make([]*exact.Answer, len(truth))}
		if err := r.simulate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, a := range truth {
			st := r.strategy(i)
			name := st.Name + "'s "
			means.count(name+"cost per clip", st.CostPerDelivered, a.CostPerDelivered())
			means.count(name+"monthly cost", st.MonthlyCost.Figure, a.CostPerOrder()*100)
			means.count(name+"attempts", st.AttemptsPerOrder, a.Attempts)
			means.count(name+"mean latency", st.LatencySeconds.Mean, a.MeanLatency)
			others.count(name+"delivered share", st.DeliveredShare, a.Delivered)
			others.count(name+"share in time", st.InTimeShare, a.InTime)
			for q, f := range map[float64]record.Figure{0.5: st.LatencySeconds.P50, 0.95: st.LatencySeconds.P95} {
				if a.Delivered > q+0.03 { // else some runs never reach it
					others.count(fmt.Sprintf("%s%v quantile", name, q), f, quantiles[q][i])
				}
			}
		}
		p := r.precise()
		means.count("the deciding difference", p.Difference, r.truthOf(p, truth))
	}
	slack := 3 * math.Sqrt(0.95*0.05/runs)
	for figure, n := range means {
		share := float64(n.held) / float64(n.of)
		t.Logf("%s: %.1f%%", figure, 100*share)
		if math.Abs(share-0.95) > slack {
			t.Errorf("%s: %.1f%% of %d intervals hold the truth, want 95%% ± %.1f", figure, 100*share, n.of, 100*slack)
		}
	}
	for figure, n := range others {
		t.Logf("%s: %.1f%%", figure, 100*float64(n.held)/float64(n.of))
		if share := float64(n.held) / float64(n.of); share < 0.95-slack {
			t.Errorf("%s: only %.1f%% of %d intervals hold the truth", figure, 100*share, n.of)
		}
	}
}

// truthOf is the difference that a precision speaks of.
func (r *runner) truthOf(p *record.Precision, truth []*exact.Answer) float64 {
	d := 0.0
	for i := range r.scenario.Strategies {
		switch name := r.scenario.Strategies[i].Name; {
		case name == p.Strategy:
			d += truth[i].CostPerOrder() * float64(r.compiled.Model.Orders)
		case p.Against != nil && name == *p.Against:
			d -= truth[i].CostPerOrder() * float64(r.compiled.Model.Orders)
		}
	}
	return d
}
