package sim

import (
	"fmt"
	"math"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/scenarios"
	"channelbench/sim/exact"
)

// shaky is the starter scenario with small months and so many errors that every figure varies; polls as stated, or
// none: clips are seen as soon as they are ready.
func shaky(t *testing.T, polls bool) (*scenario.Scenario, *scenario.Compiled) {
	t.Helper()
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source, scenario.Options{Set: []string{
		"workload.orders_per_month=100", "channels.reverse.errors.region={ rate = '30%', takes = { median = '6s' } }",
		"channels.reverse.errors.unusable.rate=20%",
		"channels.reverse.errors.job.rate=20%", "channels.forwarding.errors.submit.rate=20%", "costs.undelivered=$1",
		"workload.promise=3m", "decision.require=[]",
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
				if !polls {
					route.Steps[k].Poll = 0
				}
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

// covered is how often the intervals of many runs of shaky hold what the closed form knows.
type covered struct {
	means, quantiles coverage
	shares           coverage // of which there are many hits and misses
	few              coverage // shares of which there are less than 60
}

// unsolved is a run's basis before its closed forms are known.
func unsolved(t *testing.T, s *scenario.Scenario, c *scenario.Compiled, months int) *basis {
	t.Helper()
	x := &experiment{scenario: s, compiled: c, options: Options{Months: months, Workers: 2}}
	sample, err := x.simulate(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &basis{sample: sample, answers: make([]*exact.Answer, len(c.Strategies))}
}

// cover simulates runs with the seeds from 1 on.
func cover(t *testing.T, s *scenario.Scenario, c *scenario.Compiled, runs, months int) covered {
	t.Helper()
	found := covered{coverage{}, coverage{}, coverage{}, coverage{}}
	var truth []*exact.Answer
	for i := range c.Strategies {
		a, err := exact.Solve(&c.Model, &c.Strategies[i], c.Uses[i], exact.Options{})
		if err != nil {
			t.Fatal(err)
		}
		truth = append(truth, a)
	}
	orders := float64(c.Model.Orders)
	share := func(figure string, f record.Figure, truth float64) {
		into := found.shares
		if float64(months)*orders*min(truth, 1-truth) < 60 {
			into = found.few
		}
		into.count(figure, f, truth)
	}
	for seed := range uint64(runs) {
		c.Model.Seed = seed + 1
		b := unsolved(t, s, c, months)
		for i, a := range truth {
			st := b.strategy(i, &draws{})
			name := st.Name + "'s "
			found.means.count(name+"cost per clip", st.CostPerDelivered, a.CostPerDelivered())
			found.means.count(name+"monthly cost", st.MonthlyCost.Figure, a.CostPerOrder()*orders)
			found.means.count(name+"attempts", st.AttemptsPerOrder, a.Attempts)
			found.means.count(name+"mean latency", st.LatencySeconds.Mean, a.MeanLatency)
			share(name+"delivered share", st.DeliveredShare, a.Delivered)
			share(name+"share in time", st.InTimeShare, a.InTime)
			share(name+"fallback share", st.FallbackShare, a.Fallback)
			for q, f := range map[float64]record.Figure{0.5: st.LatencySeconds.P50, 0.95: st.LatencySeconds.P95} {
				if v, _ := a.Quantile(q); a.Delivered > q+0.03 { // else some runs never reach it
					found.quantiles.count(fmt.Sprintf("%s%v quantile", name, q), f, v)
				}
			}
		}
		p := b.precise()
		found.means.count("the deciding difference", p.Difference, b.truthOf(p, truth))
	}
	return found
}

// hold checks that the intervals of each figure hold the truth in 95 % of the runs, within three binomial standard
// errors, or at least as often.
func (c coverage) hold(t *testing.T, what string, least, most float64) {
	t.Helper()
	for figure, n := range c {
		share, slack := float64(n.held)/float64(n.of), 3*math.Sqrt(0.95*0.05/float64(n.of))
		t.Logf("%s, %s: %.1f%%", what, figure, 100*share)
		if share < least-slack || share > most+slack {
			t.Errorf("%s, %s: %.1f%% of %d intervals hold the truth, want %.0f%% to %.0f%% ± %.1f", what, figure, 100*share,
				n.of, 100*least, 100*most, 100*slack)
		}
	}
}

// TestCoverage: the 95 % intervals that a run reports hold the truth in 95 % of many runs. Those of shares with a few
// hits or misses may hold it more often: no interval of so few counts can do better without holding it too rarely
// elsewhere.
func TestCoverage(t *testing.T) {
	s, c := shaky(t, false)
	found := cover(t, s, c, proof.Size(100, 1000), 40)
	found.means.hold(t, "means", 0.95, 0.95)
	found.shares.hold(t, "shares", 0.95, 0.95)
	found.quantiles.hold(t, "quantiles", 0.95, 0.95)
	found.few.hold(t, "shares of few", 0.95, 1)
}

// TestCoverageAtPolls: where clips are seen at polls, many orders take exactly as long; the quantiles that lie there
// are met exactly or not at all, so their intervals hold more than they say, and never less.
func TestCoverageAtPolls(t *testing.T) {
	s, c := shaky(t, true)
	found := cover(t, s, c, proof.Size(50, 150), 40)
	found.means.hold(t, "means", 0.95, 0.95)
	found.quantiles.hold(t, "quantiles", 0.95, 1)
}

// TestCoverageOfFewMonths: in twelve months of 100 orders, forwarding loses ten orders at a dollar each. So few make a
// cost so lopsided that t over months holds it too rarely: a run of so few months warns. All else holds.
func TestCoverageOfFewMonths(t *testing.T) {
	s, c := shaky(t, false)
	found := cover(t, s, c, proof.Size(100, 300), 12)
	lopsided := coverage{}
	for _, figure := range []string{"forwarding's cost per clip", "forwarding's monthly cost"} {
		lopsided[figure] = found.means[figure]
		delete(found.means, figure)
	}
	lopsided.hold(t, "costs that hang on ten orders", 0.92, 0.95)
	found.means.hold(t, "means", 0.95, 0.95)
	found.shares.hold(t, "shares", 0.95, 0.95)
}

// TestCoverageInRegimes: months whose orders share their spells of suspension. A channel that refuses everything for a
// fifth of the time, tried once, delivers four fifths of the orders.
func TestCoverageInRegimes(t *testing.T) {
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source, scenario.Options{Set: []string{
		"workload.orders_per_month=50", "channels.reverse.errors={}",
		"channels.reverse.regimes={ suspended = { share = '20%', lasts = { median = '6h', sigma = 1.0 }, submit = '100%' } }",
		"workload.deadline=24h", "strategies={ reverse = { steps = [{ channel = 'reverse', attempts = 1 }] } }",
		"bench.run=['reverse']", "decision.require=[]",
	}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	found := coverage{}
	for seed := uint64(1); seed <= uint64(proof.Size(200, 1000)); seed++ {
		c.Model.Seed = seed
		st := unsolved(t, s, c, 40).strategy(0, &draws{})
		found.count("delivered share", st.DeliveredShare, 0.8)
	}
	found.hold(t, "regimes", 0.95, 0.95)
}

// truthOf is the difference that a precision speaks of.
func (x *experiment) truthOf(p *record.Precision, truth []*exact.Answer) float64 {
	d := 0.0
	for i := range x.scenario.Strategies {
		switch name := x.scenario.Strategies[i].Name; {
		case name == p.Strategy:
			d += truth[i].CostPerOrder() * float64(x.compiled.Model.Orders)
		case p.Against != nil && name == *p.Against:
			d -= truth[i].CostPerOrder() * float64(x.compiled.Model.Orders)
		}
	}
	return d
}
