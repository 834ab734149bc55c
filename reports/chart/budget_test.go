package chart

import (
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"pgregory.net/rapid"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

// month makes the days of a strategy whose month costs so much, give or take a share of it in 95 % of months.
func month(cost, share float64) []record.Day {
	var days []record.Day
	for d := 1; d <= 30; d++ {
		part := float64(d) / 30
		at := func(z float64) float64 { return cost * (part + share*z/1.96*math.Sqrt(part)*(1+0.3*z*share)) }
		days = append(days, record.Day{Day: d, P025: at(-1.96), P10: at(-1.28), P25: at(-0.67), P50: at(0), P75: at(0.67),
			P90: at(1.28), P975: at(1.96)})
	}
	return days
}

// budgeted: three strategies, of which the dearest passes the budget.
func budgeted(spread float64) *record.Run {
	run := reporttest.Typical()
	run.Scenario.BudgetUSD = reporttest.Ptr(10_000.0)
	for i, over := range []float64{1, 0, 0} {
		s := &run.Strategies[i]
		s.Days, s.OverBudget = month(*s.MonthlyCost.P50, spread), reporttest.Ptr(reporttest.FigureOf(over, 0))
	}
	return run
}

// outages: months that differ, so that the winner may pass the budget, and the more so in what the ranges leave open.
func outages() *record.Run {
	run := budgeted(0.28)
	run.Scenario.BudgetUSD = reporttest.Ptr(7400.0)
	run.Strategies[1].OverBudget = reporttest.Ptr(reporttest.FigureOf(0.12, 0.02))
	for i, share := range []float64{1, 0.23, 0} {
		run.Strategies[i].OverBudgetDraws = reporttest.Ptr(share)
	}
	return run
}

// crowd: twenty strategies with a month each.
func crowd() *record.Run {
	run := reporttest.Twenty()
	run.Scenario.BudgetUSD = reporttest.Ptr(9000.0)
	for i := range run.Strategies {
		s := &run.Strategies[i]
		s.Days = month(*s.MonthlyCost.P50, 0.05)
		s.OverBudget, s.OverBudgetDraws = reporttest.Ptr(reporttest.FigureOf(float64(i)/19, 0)), reporttest.Ptr(float64(i)/19)
	}
	run.Verdict.Winner = reporttest.Ptr(run.Strategies[6].Name)
	return run
}

func TestBudgetTitleFollowsTheData(t *testing.T) {
	edit := func(run *record.Run, change func(run *record.Run)) *record.Run {
		change(run)
		return run
	}
	budget := func(run *record.Run, usd float64) *record.Run {
		run.Scenario.BudgetUSD = reporttest.Ptr(usd)
		return run
	}
	flip := func(run *record.Run) {
		a, b := &run.Strategies[0], &run.Strategies[1]
		a.Days, b.Days, a.OverBudget, b.OverBudget = b.Days, a.Days, b.OverBudget, a.OverBudget
	}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"one passes", budgeted(0.01), "Forwarding spends the $10,000 by day 19; hybrid holds it in every simulated month"},
		{"flipped", edit(budgeted(0.01), flip),
			"Hybrid spends the $10,000 by day 19; reverse holds it in every simulated month"},
		{"months differ", outages(),
			"Forwarding spends the $7,400 by about day 14; hybrid holds it in 88% of months as stated, in 77% of draws of the ranges"},
		{"all pass", budget(budgeted(0.01), 1000),
			"Every strategy spends the $1,000 before the month ends; reverse lasts longest, to day 13"},
		{"one strategy passes", edit(budgeted(0.01), func(run *record.Run) { run.Strategies = run.Strategies[:1] }),
			"Forwarding spends the $10,000 by day 19"},
		{"one strategy holds", edit(budgeted(0.01), func(run *record.Run) { run.Strategies = run.Strategies[1:2] }),
			"Hybrid holds the $10,000 in every simulated month"},
		{"others excluded", edit(budgeted(0.01), func(run *record.Run) { run.Strategies[0].Excluded = true }),
			"Every strategy holds the $10,000 in every simulated month"},
		{"all hold but for luck", edit(outages(), func(run *record.Run) { run.Strategies = run.Strategies[1:] }),
			"Hybrid goes over the $7,400 in 12% of months; reverse holds it in every simulated month"},
		{"all hold", budget(edit(budgeted(0.01),
			func(run *record.Run) { run.Strategies[0].OverBudget.Value = reporttest.Ptr(0.0) }), 20_000),
			"Every strategy holds the $20,000 in every simulated month"},
		{"all hold as stated", edit(budgeted(0.01), func(run *record.Run) {
			run.Strategies = run.Strategies[1:]
			run.Strategies[0].OverBudgetDraws = reporttest.Ptr(0.4)
		}), "Hybrid holds the $10,000 in every month as stated, in 60% of draws of the ranges"},
		{"shares unknown", edit(budgeted(0.01), func(run *record.Run) { run.Strategies[1].OverBudget = nil }),
			"Forwarding spends the $10,000 by day 19; hybrid's median month stays within it"},
		{"no budget", edit(budgeted(0.031), func(run *record.Run) { run.Scenario.BudgetUSD = nil }),
			"A month costs $2,407 with reverse, $16,318 with forwarding, give or take 3%"},
		{"no budget: what isn't named doesn't count", edit(budgeted(0.031), func(run *record.Run) {
			run.Scenario.BudgetUSD, run.Strategies[1].Days = nil, month(6600, 0.5)
		}), "A month costs $2,407 with reverse, $16,318 with forwarding, give or take 3%"},
		{"no budget, and ranges", edit(budgeted(0.031), func(run *record.Run) {
			run.Scenario.BudgetUSD = nil
			run.Strategies[2].MonthlyDraws = &record.Band{P025: 2300, P975: 3129}
		}), "A month costs $2,407 with reverse, $16,318 with forwarding, give or take 30%, the stated ranges included"},
		{"no budget, wide ranges", edit(budgeted(0.031), func(run *record.Run) {
			run.Scenario.BudgetUSD = nil
			run.Strategies[2].MonthlyDraws = &record.Band{P025: 100, P975: 9000}
		}), "A month costs $2,407 with reverse, $16,318 with forwarding; single months differ widely"},
		{"no budget, no spread", edit(budgeted(0), func(run *record.Run) { run.Scenario.BudgetUSD = nil }),
			"A month costs $2,407 with reverse, $16,318 with forwarding"},
		{"nothing is spent", edit(budgeted(0), func(run *record.Run) {
			run.Scenario.BudgetUSD, run.Strategies = nil, run.Strategies[:1]
			run.Strategies[0].Days = month(0, 0)
		}), "No simulated month costs anything"},
	} {
		if got := newBudgetChart(c.run).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Bands that nobody can see are not promised.
func TestBudgetSaysWhenFansAreNarrow(t *testing.T) {
	for spread, want := range map[float64]string{0.002: "lie within the width of the line",
		0.03: "some narrower than the line", 0.4: "of simulated months (95% in brackets)"} {
		run := budgeted(spread)
		if spread > 0.1 {
			run.Strategies = run.Strategies[:2]
		}
		if got := chartOf("budget.png", run, canvas.BodyWidth).Subtitle(); !strings.Contains(got, want) {
			t.Errorf("spread %v: subtitle %q lacks %q", spread, got, want)
		}
	}
}

// Labels keep their order and their distance, and move no further than it takes.
func TestSpreadApart(t *testing.T) {
	for _, c := range []struct{ places, want []vg.Length }{
		{[]vg.Length{10, 60, 90}, []vg.Length{10, 60, 90}},
		{[]vg.Length{50, 50}, []vg.Length{40, 60}},
		{[]vg.Length{0, 0, 5}, []vg.Length{0, 20, 40}},
		{[]vg.Length{-30, 99, 100}, []vg.Length{0, 80, 100}},
	} {
		got := slices.Clone(c.places)
		spreadApart(got, 20, 0, 100)
		if !slices.Equal(got, c.want) {
			t.Errorf("spreadApart(%v) = %v, want %v", c.places, got, c.want)
		}
	}
}

// What the decision is about is shown before anything else.
func TestShortlistKeepsWhatMatters(t *testing.T) {
	b := newBudgetChart(crowd())
	var names []string
	for _, e := range view.Shortlist(b.list, 4, b.choice) {
		names = append(names, e.Name[len(e.Name)-1:])
	}
	if got := strings.Join(names, ""); got != "abgt" { // cheapest, next, winner, dearest
		t.Errorf("shows %s, want abgt", got)
	}
}

// anyDays is a month as engines may hand it over.
func anyDays() *rapid.Generator[[]record.Day] {
	return rapid.Custom(func(t *rapid.T) []record.Day {
		if rapid.IntRange(0, 3).Draw(t, "sort") > 0 {
			scale := rapid.SampledFrom([]float64{1e-300, 1e-6, 1, 3000, 3000, 3000, 1e9, 1e299}).Draw(t, "scale")
			return month(scale*rapid.Float64Range(0, 10).Draw(t, "cost"), rapid.Float64Range(0, 1).Draw(t, "spread"))
		}
		var days []record.Day
		amount := func(name string) float64 {
			if v := anyNumber().Draw(t, name); v != nil {
				return *v
			}
			return 0
		}
		for range rapid.IntRange(0, 5).Draw(t, "days") {
			days = append(days, record.Day{Day: rapid.IntRange(-1, 40).Draw(t, "day"), P025: amount("p025"), P50: amount("p50"),
				P975: amount("p975")})
		}
		return days
	})
}
