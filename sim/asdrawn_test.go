package sim

import (
	"math"
	"testing"

	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/scenarios"
)

// TestCostAsDrawnForetellsSmallRuns: what 60 months of 500 orders say of the cost of 30 orders holds in at least 95 %,
// or 90 %, of 600 runs of 30 orders, within three binomial standard errors. The seeds are 1 and 2.
func TestCostAsDrawnForetellsSmallRuns(t *testing.T) {
	run := func(seed, orders string, months int) *basis {
		source, _ := scenarios.Open("sora2")
		s, _, err := scenario.Load("sora2", source,
			scenario.Options{Set: []string{"seed=" + seed, "workload.orders_per_month=" + orders}})
		if err != nil {
			t.Fatal(err)
		}
		c, err := s.Compile()
		if err != nil {
			t.Fatal(err)
		}
		return unsolved(t, s, c, months)
	}
	long, short := run("1", "500", 60), run("2", "30", 600)
	for i := range long.scenario.Strategies {
		st := long.strategy(i, &draws{})
		for _, level := range []float64{0.95, 0.9} {
			off := stats.PredictMean((*st.CostAsDrawn.High-*st.CostAsDrawn.Low)/2, 60, st.Orders, 30, level)
			held := 0
			for m := range short.n {
				cost := short.totals[i].costs[m] / float64(short.tallies[i][m].Delivered)
				if math.Abs(cost-*st.CostPerDelivered.Value) <= off {
					held++
				}
			}
			got, slack := float64(held)/600, 3*math.Sqrt(level*(1-level)/600)
			t.Logf("%s: %.1f%% of 600 runs lie within ±$%.3f, asked are %.0f%%", st.Name, 100*got, off, 100*level)
			if got < level-slack {
				t.Errorf("%s: only %.1f%% of 600 runs lie within ±$%.3f, want %.0f%% ± %.1f", st.Name, 100*got, off, 100*level,
					100*slack)
			}
		}
	}
}
