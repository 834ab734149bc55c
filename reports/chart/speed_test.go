package chart

import (
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// full is a run that has every chart: simulated months and a measured timeline in one, which no command writes.
func full() *record.Run {
	run := paidFor()
	run.Sensitivity, run.Map = reporttest.Explored(), flatOrBySecond(0.085)
	for i, s := range outages().Strategies {
		run.Strategies[i].Days, run.Strategies[i].OverBudget = s.Days, s.OverBudget
	}
	run.Scenario.BudgetUSD, run.Timeline = reporttest.Ptr(7400.0), bursty().Timeline
	return run
}

// BenchmarkCharts draws and encodes all charts of a run: less than two seconds on two cores.
func BenchmarkOf(b *testing.B) {
	run := full()
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			charts, err := Of(run)
			if err != nil || len(charts) != len(kinds)+1 {
				b.Fatalf("%d charts, %v", len(charts), err)
			}
		}
	})
	for _, k := range kinds {
		b.Run(k.file, func(b *testing.B) {
			for b.Loop() {
				if _, err := k.of(run, canvas.BodyWidth).picture(nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
