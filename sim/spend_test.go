package sim

import (
	"context"
	"math"
	"slices"
	"sync"
	"testing"

	"channelbench/internal/channel"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/scenarios"
)

func TestPurposesAreThoseOfTheRecord(t *testing.T) {
	var names []string
	for p := range channel.NumPurposes {
		names = append(names, p.String())
	}
	if !slices.Equal(names, record.SpendOutcomes) {
		t.Errorf("charges are for %q, the record says %q", names, record.SpendOutcomes)
	}
}

// costly is a run of the starter scenario, where whatever costs money does.
var costly = sync.OnceValues(func() (*record.Run, error) {
	source, _ := scenarios.Open("starter")
	s, _, err := scenario.Load("starter", source, scenario.Options{Set: []string{
		"workload.orders_per_month=500", "workload.promise=2m", "channels.reverse.errors.unusable.rate=20%",
		"channels.reverse.errors.ambiguous.rate=3%",
		"channels.reverse.errors.job={ rate = '20%', billed = '50%' }", "costs.undelivered=$1", "costs.late=$0.10",
		"costs.fixed_per_month={ reverse = '$50' }", "decision.budget_per_month=$447",
	}})
	if err != nil {
		return nil, err
	}
	return Run(context.Background(), s, Options{Months: 40})
})

func costlyRun(t *testing.T) *record.Run {
	t.Helper()
	run, err := costly()
	if err != nil {
		t.Fatal(err)
	}
	return run
}

// TestSpendAddsUp: the parts of a month's money come to what the month costs, by channel, too; and each kind of part
// occurs.
func TestSpendAddsUp(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range costlyRun(t).Strategies {
		all, handling, channels := 0.0, 0.0, map[string]float64{}
		for _, p := range s.Spend {
			all += p.USD
			if p.Channel == "" {
				handling += p.USD
				seen["handling "+p.For] = true
			} else {
				channels[p.Channel] += p.USD
				seen[p.For] = true
			}
		}
		near := func(what string, got, want float64) {
			if math.Abs(got-want) > 1e-6*want {
				t.Errorf("%s: %s comes to %v, its parts to %v", s.Name, what, want, got)
			}
		}
		near("the month", all, *s.MonthlyCost.Value)
		near("handling", handling, s.HandlingPerMonth)
		for ch, usd := range s.SpendByChannel {
			near(ch, channels[ch], usd)
		}
	}
	for _, want := range []string{"in_time", "late", "failed", "ambiguous", "unusable", "handling undelivered",
		"handling late", "handling fixed"} {
		if !seen[want] {
			t.Errorf("no strategy paid for %q", want)
		}
	}
}

// TestDays: days never cost less than those before, quantiles are in order, and the last day is the month.
func TestDays(t *testing.T) {
	for _, s := range costlyRun(t).Strategies {
		if len(s.Days) != 30 {
			t.Fatalf("%s has %d days", s.Name, len(s.Days))
		}
		before := 0.0
		for i, d := range s.Days {
			row := []float64{before, d.P025, d.P10, d.P25, d.P50, d.P75, d.P90, d.P975}
			if !slices.IsSorted(row) || d.Day != i+1 {
				t.Errorf("%s, day %d: %v", s.Name, d.Day, row)
			}
			before = d.P025
		}
		if last := s.Days[29]; math.Abs(last.P50-*s.MonthlyCost.P50) > 1e-9 {
			t.Errorf("%s: the last day's median is %v, the month's %v", s.Name, last.P50, *s.MonthlyCost.P50)
		}
	}
}

// TestOverBudget: the share of dear months lies within what their quantiles allow, and its interval is that of
// independent months.
func TestOverBudget(t *testing.T) {
	run := costlyRun(t)
	between := false
	for _, s := range run.Strategies {
		f, last := s.OverBudget, s.Days[29]
		for _, q := range []struct{ share, cost float64 }{{0.025, last.P025}, {0.25, last.P25}, {0.5, last.P50},
			{0.75, last.P75}, {0.975, last.P975}} {
			if q.cost <= 447 && *f.Value > 1-q.share+0.025 || q.cost > 447 && *f.Value < 1-q.share-0.025 {
				t.Errorf("%s: %v of the months cost more than $447, a share of %v costs up to %v", s.Name, *f.Value, q.share,
					q.cost)
			}
		}
		low, high := stats.ClopperPearson(40**f.Value, 40)
		if *f.Low != low || *f.High != high {
			t.Errorf("%s: %v to %v, want %v to %v", s.Name, *f.Low, *f.High, low, high)
		}
		between = between || *f.Value > 0 && *f.Value < 1
		if d := s.OverBudgetDraws; d == nil || *d < 0 || *d > 1 {
			t.Errorf("%s: a share of %v of the draws", s.Name, d)
		}
	}
	if !between {
		t.Error("no strategy breaks the budget in some months only, so this test looks at little")
	}
}

// TestStrataNarrowTheIntervals: what the months happened to draw of each class is most of what a bill sways by where
// clips of different classes cost differently.
func TestStrataNarrowTheIntervals(t *testing.T) {
	source, _ := scenarios.Open("sora2")
	s, _, err := scenario.Load("sora2", source, scenario.Options{Set: []string{"workload.orders_per_month=2_000"}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	b := unsolved(t, s, c, 50)
	costs, mix := b.totals[4].costs, b.mix
	plain, strata := (*stats.Mix)(nil).Mean(costs), mix.Mean(costs)
	ratio := math.Pow(plain.SE/strata.SE, 2)
	t.Logf("%s, seed %d: ±$%.2f without strata, ±$%.2f with: as good as %.0f times as many months", s.Strategies[4].Name,
		s.Seed, plain.High-plain.Value, strata.High-strata.Value, ratio)
	if ratio < 10 {
		t.Errorf("seed %d: strata are worth %.1f times as many months, want 10", s.Seed, ratio)
	}
}
