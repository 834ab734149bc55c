package chart

import (
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
)

// spending makes a strategy's parts from what each channel is paid a month and which shares of that come to what.
func spending(paid map[string]float64, shares map[string]float64, handling map[string]float64) []record.Spend {
	var list []record.Spend
	for _, channel := range []string{"reverse", "forwarding"} {
		for _, outcome := range record.SpendOutcomes {
			if usd := paid[channel] * shares[outcome]; usd > 0 {
				list = append(list, record.Spend{Channel: channel, For: outcome, USD: usd})
			}
		}
	}
	for _, what := range []string{"undelivered", "late", "fixed"} {
		if usd := handling[what]; usd > 0 {
			list = append(list, record.Spend{For: what, USD: usd})
		}
	}
	return list
}

// paidFor: three strategies; what the winner wastes is a small part of its bar, and that a small part of the longest.
func paidFor() *record.Run {
	run := reporttest.Typical()
	run.Strategies[0].Spend = spending(map[string]float64{"forwarding": 16_320},
		map[string]float64{"in_time": 0.981, "late": 0.007, "failed": 0.008, "unusable": 0.004}, nil)
	run.Strategies[1].Spend = spending(map[string]float64{"reverse": 2040, "forwarding": 4580},
		map[string]float64{"in_time": 0.955, "late": 0.033, "failed": 0.0004, "ambiguous": 0.0015, "unusable": 0.0096,
			"abandoned": 0.0005}, map[string]float64{"fixed": 49})
	run.Strategies[2].Spend = spending(map[string]float64{"reverse": 2120},
		map[string]float64{"in_time": 0.93, "late": 0.05, "ambiguous": 0.004, "unusable": 0.016},
		map[string]float64{"undelivered": 260, "fixed": 49})
	return run
}

func paidForCrowd() *record.Run {
	run := reporttest.Twenty()
	for i := range run.Strategies {
		share := float64(i) / 19
		run.Strategies[i].Spend = spending(map[string]float64{"reverse": 2000 * (1 - share), "forwarding": 16_000 * share},
			map[string]float64{"in_time": 0.95, "late": 0.03, "failed": 0.02}, nil)
	}
	return run
}

func TestSpendTitleFollowsTheData(t *testing.T) {
	edit := func(change func(run *record.Run)) *record.Run {
		run := paidFor()
		change(run)
		return run
	}
	spend := func(run *record.Run, i int, paid float64, shares map[string]float64) {
		run.Strategies[i].Spend = spending(map[string]float64{"reverse": paid}, shares, nil)
	}
	undecided := func(run *record.Run) { run.Verdict.Winner, run.Verdict.Candidate = nil, nil }
	clean := map[string]float64{"in_time": 1}
	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"winner", paidFor(), "Of hybrid's $6,669 a month, $298 buys no clip in time, most of it for late clips"},
		{"winner flipped", edit(func(run *record.Run) { run.Verdict.Winner = reporttest.Ptr("forwarding") }),
			"Of forwarding's $16,320 a month, $310 buys no clip in time"},
		{"candidate", edit(func(run *record.Run) {
			run.Verdict.Winner, run.Verdict.Candidate = nil,
				reporttest.Ptr("reverse")
		}), "Of reverse's $2,429 a month, $408 buys no clip in time"},
		{"undecided", edit(undecided), "16.8% of reverse's money buys no clip in time, 1.9% of forwarding's"},
		{"nothing is late", edit(func(run *record.Run) {
			for i := range run.Strategies {
				spend(run, i, 3316, map[string]float64{"in_time": 0.98, "failed": 0.015, "unusable": 0.005})
			}
		}), "Of hybrid's $3,316 a month, $66 buys nothing, most of it for failed jobs"},
		{"nothing is wasted", edit(func(run *record.Run) { spend(run, 1, 3316, clean) }),
			"Hybrid's $3,316 a month buys nothing but clips in time"},
		{"all is wasted", edit(func(run *record.Run) { spend(run, 1, 12.5, map[string]float64{"failed": 1}) }),
			"Hybrid's $12.50 a month buys no clip in time"},
		{"undecided, level", edit(func(run *record.Run) {
			undecided(run)
			for i := range run.Strategies {
				spend(run, i, 100, map[string]float64{"in_time": 0.5, "late": 0.5})
			}
		}), "With every strategy, 50.0% of the money buys no clip in time"},
		{"undecided, nothing is wasted", edit(func(run *record.Run) {
			undecided(run)
			for i := range run.Strategies {
				spend(run, i, 100, clean)
			}
		}), "Every dollar buys a clip"},
	} {
		if got := newSpendChart(c.run, canvas.BodyWidth).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// Fixed costs and clips in time are no waste; late clips are.
func TestSpendTellsWhatIsWasted(t *testing.T) {
	s := newSpendChart(paidFor(), canvas.BodyWidth)
	wasted := map[string]bool{}
	for _, parts := range s.parts {
		for _, x := range parts {
			wasted[x.name] = x.wasted
		}
	}
	for name, want := range map[string]bool{"reverse in time": false, "fixed costs": false, "forwarding late": true,
		"reverse answer lost": true, "handling of undelivered orders": true} {
		if got, found := wasted[name]; !found || got != want {
			t.Errorf("%s: wasted %v (found %v), want %v", name, got, found, want)
		}
	}
}

func TestPartDollarsNeverReadNothing(t *testing.T) {
	for _, c := range []struct {
		v, total float64
		want     string
	}{
		{64.4, 3316, "$64"}, {0.42, 3316, "$0.42"}, {0.0004, 3316, "<$0.01"}, {64.4, 120, "$64.40"},
		{0.0042, 0.12, "$0.0042"},
		{0, 120, "$0"}, {1_260_000, 2_000_000, "$1.3M"}, {1e-300, 1e-300, "<$0.000001"},
	} {
		if got := partDollars(c.v, c.total); got != c.want {
			t.Errorf("partDollars(%g, %g) = %q, want %q", c.v, c.total, got, c.want)
		}
	}
}

func anySpend() *rapid.Generator[[]record.Spend] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) record.Spend {
		x := record.Spend{
			Channel: rapid.OneOf(rapid.SampledFrom([]string{"", "a", "b"}), anyName()).Draw(t, "channel"),
			For:     rapid.SampledFrom(append([]string{"fixed", "undelivered", ""}, record.SpendOutcomes...)).Draw(t, "for"),
		}
		if v := anyNumber().Draw(t, "usd"); v != nil {
			x.USD = *v
		}
		return x
	}), 0, 12)
}
