package bench

import (
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"channelbench/bench/mockchannel"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/sim/exact"
)

// apart is a scenario of which forwarding and reverse are driven and hybrid is replayed, with errors enough to fall
// back.
func apart(t *testing.T, pairs int) *scenario.Scenario {
	t.Helper()
	return benchable(t, "starter", pairs, "workload.promise=3m", `bench.run=["forwarding","reverse"]`,
		`bench.rate="60/min"`,
		"channels.reverse.errors.region.rate=20%", "channels.reverse.errors.region.range=[\"10%\", \"30%\"]",
		"channels.reverse.errors.job.rate=10%", "channels.forwarding.errors.submit.rate=5%")
}

// closed is the closed form of a strategy.
func closed(t *testing.T, s *scenario.Scenario, name string) *exact.Answer {
	t.Helper()
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	i := slices.IndexFunc(s.Strategies, func(st scenario.Strategy) bool { return st.Name == name })
	a, err := exact.Solve(&c.Model, &c.Strategies[i], c.Uses[i], exact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestReplayedAgreesWithTheClosedForm holds a strategy that nothing was spent for against its closed form, five
// standard errors as its interval states them.
func TestReplayedAgreesWithTheClosedForm(t *testing.T) {
	orders := proof.Size(500, 1500)
	synctest.Test(t, func(t *testing.T) {
		s := apart(t, orders)
		o, server := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		want, got := closed(t, s, "hybrid"), figuresOf(t, run, "hybrid")
		if got.Engine != "replay" || got.Orders != int64(orders) {
			t.Errorf("engine %s, %d orders", got.Engine, got.Orders)
		}
		for name, f := range map[string]struct {
			figure record.Figure
			exact  float64
		}{
			"delivered": {got.DeliveredShare, want.Delivered}, "in time": {got.InTimeShare, want.InTime},
			"fallback": {got.FallbackShare, want.Fallback},
			"attempts": {got.AttemptsPerOrder, want.Attempts}, "cost": {got.CostPerOrder, want.CostPerOrder()},
		} {
			se := (*f.figure.High - *f.figure.Low) / (2 * 1.96)
			if off := math.Abs(*f.figure.Value - f.exact); off > 5*se || se == 0 {
				t.Errorf("%s: %v replayed, from %v to %v; %v exact (seed %d)", name, *f.figure.Value, *f.figure.Low, *f.figure.High,
					f.exact, s.Seed)
			}
		}
		submits := 0
		for _, b := range server.Books() {
			submits += b.Submits
		}
		if driven := figuresOf(t, run,
			"forwarding").AttemptsPerOrder; submits > int(float64(orders)*(*driven.Value+*figuresOf(t, run,
			"reverse").AttemptsPerOrder.Value)+0.5) {
			t.Errorf("%d submits, more than the driven strategies made", submits)
		}
	})
}

// TestReplayIntervalsCover counts in how many small benches the interval of a replayed figure holds the closed form's:
// in 95 %, give or take five standard errors.
func TestReplayIntervalsCover(t *testing.T) {
	const pairs = 60
	benches := proof.Size(12, 40)
	least := 0.95*float64(benches) - 5*math.Sqrt(0.95*0.05*float64(benches))
	covered := map[string]int{}
	for seed := range benches {
		synctest.Test(t, func(t *testing.T) {
			s := apart(t, pairs)
			s.Seed = uint64(seed + 1)
			want := closed(t, s, "hybrid")
			o, _ := onMock(t, s, mockchannel.Options{})
			run, err := Run(t.Context(), s, o)
			if err != nil {
				t.Fatal(err)
			}
			got := figuresOf(t, run, "hybrid")
			for name, f := range map[string]struct {
				figure record.Figure
				exact  float64
			}{"delivered": {got.DeliveredShare, want.Delivered}, "in time": {got.InTimeShare, want.InTime},
				"fallback": {got.FallbackShare, want.Fallback},
				"cost":     {got.CostPerOrder, want.CostPerOrder()}, "attempts": {got.AttemptsPerOrder, want.Attempts}} {
				if *f.figure.Low <= f.exact && f.exact <= *f.figure.High {
					covered[name]++
				}
			}
		})
	}
	t.Logf("of %d benches with %d pairs, seeds 1 to %d, the interval held the exact figure in: %v", benches, pairs,
		benches, covered)
	for name, n := range covered {
		if float64(n) < least {
			t.Errorf("%s: %d of %d", name, n, benches)
		}
	}
}

// TestAFewOrdersAreNotSure: thirty orders without a failure show no 99 %.
func TestAFewOrdersAreNotSure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "vendor-claims", 30, "channels.reverse.errors.region={ rate = \"0.0001%\" }",
			`decision.require=["delivered >= 99%"]`)
		o, _ := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if got := figuresOf(t, run, "reverse"); got.Delivered != got.Orders {
			t.Fatalf("%d of %d delivered, not fit for the test", got.Delivered, got.Orders)
		}
		if run.Verdict.Winner != nil || !strings.Contains(run.Verdict.Sentence, "what the measured orders leave open") {
			t.Errorf("the verdict is %q", run.Verdict.Sentence)
		}
	})
}

// TestWhatCannotBeAnsweredIsSaid: a strategy on a channel that nobody was driven to is left out, with what to drive.
func TestWhatCannotBeAnsweredIsSaid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", 10, `bench.run=["reverse"]`)
		o, _ := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		if len(run.Strategies) != 1 {
			t.Errorf("%d strategies, want 1", len(run.Strategies))
		}
		for _, name := range []string{"forwarding", "hybrid"} {
			if !slices.ContainsFunc(run.Warnings, func(w string) bool {
				return strings.HasPrefix(w, name+" is not answered") && strings.Contains(w, "[bench] run")
			}) {
				t.Errorf("nothing says why %s is missing: %q", name, run.Warnings)
			}
		}
	})
}
