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

// shaky is the starter scenario with small months, so many errors that every figure varies, and clips that are seen as soon as
// they are ready: seen by polls, many orders would take exactly as long, and the intervals of quantiles hold more than they say.
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
	for i := range c.Strategies {
		for _, route := range c.Strategies[i].Routes {
			for k := range route.Steps {
				route.Steps[k].Poll = 0
			}
		}
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
// runs, within three binomial standard errors. Those of shares with a few hits or misses may hold it more often: no
// interval of so few counts can do better without holding it too rarely elsewhere. The seeds are 1 to 1,000.
//
// Forty months have some 30 orders that forwarding loses at a dollar each. Of ten such orders, in 12 months, its cost hangs
// so lopsidedly that t over months holds the truth in 92 % only.
func TestCoverage(t *testing.T) {
	const runs, months = 1000, 40
	if testing.Short() {
		t.Skip("sixteen million orders")
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
	usual, few := coverage{}, coverage{}
	countShare := func(figure string, f record.Figure, truth float64) {
		into := usual
		if months*float64(c.Model.Orders)*min(truth, 1-truth) < 60 {
			into = few
		}
		into.count(figure, f, truth)
	}
	for seed := uint64(1); seed <= runs; seed++ {
		c.Model.Seed = seed
		r := &runner{scenario: s, compiled: c, options: Options{Months: months, Workers: 2}, answers: make([]*exact.Answer, len(truth))}
		if err := r.simulate(t.Context()); err != nil {
			t.Fatal(err)
		}
		for i, a := range truth {
			st := r.strategy(i, r.mix())
			name := st.Name + "'s "
			usual.count(name+"cost per clip", st.CostPerDelivered, a.CostPerDelivered())
			usual.count(name+"monthly cost", st.MonthlyCost.Figure, a.CostPerOrder()*100)
			usual.count(name+"attempts", st.AttemptsPerOrder, a.Attempts)
			usual.count(name+"mean latency", st.LatencySeconds.Mean, a.MeanLatency)
			countShare(name+"delivered share", st.DeliveredShare, a.Delivered)
			countShare(name+"share in time", st.InTimeShare, a.InTime)
			countShare(name+"fallback share", st.FallbackShare, a.Fallback)
			for q, f := range map[float64]record.Figure{0.5: st.LatencySeconds.P50, 0.95: st.LatencySeconds.P95} {
				if a.Delivered > q+0.03 { // else some runs never reach it
					usual.count(fmt.Sprintf("%s%v quantile", name, q), f, quantiles[q][i])
				}
			}
		}
		p := r.precise()
		usual.count("the deciding difference", p.Difference, r.truthOf(p, truth))
	}
	slack := 3 * math.Sqrt(0.95*0.05/runs)
	for figure, n := range usual {
		share := float64(n.held) / float64(n.of)
		t.Logf("%s: %.1f%%", figure, 100*share)
		if math.Abs(share-0.95) > slack {
			t.Errorf("%s: %.1f%% of %d intervals hold the truth, want 95%% ± %.1f", figure, 100*share, n.of, 100*slack)
		}
	}
	for figure, n := range few {
		t.Logf("%s, of which there are few: %.1f%%", figure, 100*float64(n.held)/float64(n.of))
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
