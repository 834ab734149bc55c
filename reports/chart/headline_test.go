package chart

import (
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

func TestGlanceTitleFollowsTheData(t *testing.T) {
	flipped := reporttest.Typical()
	flipped.Strategies[1].CostPerDelivered = reporttest.FigureOf(0.9, 0.01)
	flipped.Verdict.Winner = reporttest.Ptr("forwarding")
	flipped.Strategies[1].MonthlyCost.Value = reporttest.Ptr(18_000.0)
	reporttest.Saves(flipped, "forwarding", "hybrid")

	only := reporttest.Typical()
	only.Verdict.Requirements[0].Holds, only.Verdict.Saving = false, nil

	dearer := reporttest.Typical()
	dearer.Verdict.Winner = reporttest.Ptr("forwarding") // by what is expected over the ranges
	reporttest.Saves(dearer, "forwarding", "hybrid")

	fastest := reporttest.Typical()
	fastest.Verdict.Winner, fastest.Verdict.Minimise = reporttest.Ptr("forwarding"), "p95"

	level := reporttest.Typical()
	level.Verdict.Saving.AgainstUSD = 6626

	elsewhere := reporttest.Typical()
	elsewhere.Verdict.Saving.MeanUSD = reporttest.Ptr(7000.0)

	today, costlier, stays := reporttest.Typical(), reporttest.Typical(), reporttest.Typical()
	today.Verdict.Baseline, today.Verdict.Saving.Baseline = "forwarding", true
	reporttest.Saves(costlier, "hybrid", "reverse").Verdict.Saving.Baseline = true
	costlier.Verdict.Baseline, stays.Verdict.Baseline = "reverse", "hybrid"

	mixed := reporttest.Nobody()
	mixed.Verdict.Requirements = mixed.Verdict.Requirements[:2]
	mixed.Verdict.Requirements = append(mixed.Verdict.Requirements,
		record.Requirement{Strategy: "reverse", Metric: "delivered", Text: "delivered >= 99%"})

	unsure := reporttest.Six()
	unsure.Verdict.Draws = 1

	free := reporttest.Typical()
	free.Verdict = record.Verdict{Winner: reporttest.Ptr("reverse")}
	reporttest.Saves(free, "reverse", "hybrid")

	stray := reporttest.Typical()
	stray.Verdict = record.Verdict{Winner: reporttest.Ptr("no such strategy")}

	alone := reporttest.Typical()
	alone.Strategies, alone.Verdict.Saving = alone.Strategies[1:2], nil

	lost := reporttest.Bare()
	lost.Verdict.Winner = reporttest.Ptr("hybrid")

	all := reporttest.Without()
	all.Strategies[0].Excluded = true

	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"winner", reporttest.Typical(),
			"Hybrid meets every requirement at $0.331 a clip, 59.4% less a month than forwarding"},
		{"winner flipped", flipped, "Forwarding meets every requirement at $0.816 a clip, 9.3% less a month than hybrid"},
		{"only one qualifies", only, "Only hybrid meets every requirement, at $0.331 a clip"},
		{"dearer per clip", dearer, "Forwarding has the lowest total cost, at $0.816 a clip"},
		{"fastest", fastest, "Forwarding is the choice: 95% of orders done within 2:58, at $0.816 a clip"},
		{"level", level, "Hybrid meets every requirement at $0.331 a clip, about as much as forwarding"},
		{"another number over the ranges", elsewhere,
			"Hybrid meets every requirement at $0.331 a clip, 59.4% less a month than forwarding at the stated values"},
		{"against the baseline", today, "Hybrid costs $9,702 less a month (59.4%) than forwarding, at $0.331 a clip"},
		{"dearer than the baseline", costlier, "Hybrid costs $4,216 more a month (175.1%) than reverse, at $0.331 a clip"},
		{"the baseline stays", stays, "Hybrid, the baseline, stays the choice at $0.331 a clip"},
		{"nobody, one reason", reporttest.Nobody(), "No strategy meets “in time ≥ 99%”"},
		{"nobody for sure", reporttest.Open(), "No strategy is sure to meet “in time ≥ 95%”"},
		{"nobody, several reasons", mixed, "No strategy meets every requirement"},
		{"not clear", reporttest.Six(), "No clear winner: hybrid is best in 61% of draws, hybrid-1-attempt in 39%"},
		{"not clear, nothing drawn", unsure, "No clear winner; hybrid leads"},
		{"no requirements", free, "Reverse delivers a clip for $0.12, 63.6% less a month than hybrid"},
		{"no verdict", stray, "A delivered clip costs $0.12 with reverse, $0.816 with forwarding"},
		{"one strategy", alone, "Hybrid meets every requirement at $0.331 a clip"},
		{"excluded", reporttest.Without(),
			"Forwarding is the choice at $0.816 a clip; excluding reverse costs $9,702 a month"},
		{"excluded by an id", renamedExclusion(),
			"Forwarding is the choice at $0.816 a clip; excluding reverse fast costs $9,702 a month"},
		{"all excluded", all, "Every strategy is excluded from the decision"},
		{"nothing delivered", reporttest.Bare(), "No strategy delivers an order"},
		{"cost unknown", lost, "Hybrid is the choice; its cost per clip is not known"},
		{"empty", &record.Run{}, "This run holds no strategy"},
	} {
		if got := newGlance(c.run).Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

func TestECDFTitleFollowsTheData(t *testing.T) {
	flipped := reporttest.Typical()
	flipped.Strategies[0].InTimeShare, flipped.Strategies[2].InTimeShare = reporttest.FigureOf(0.9, 0),
		reporttest.FigureOf(0.999, 0)

	perfect := reporttest.Typical()
	for i := range perfect.Strategies {
		perfect.Strategies[i].InTimeShare = reporttest.FigureOf(1, 0)
	}

	same := reporttest.Typical()
	for i := range same.Strategies {
		same.Strategies[i].InTimeShare = reporttest.FigureOf(0.9671, 0)
	}

	open := reporttest.Typical()
	open.Scenario.PromiseSeconds = nil

	partly := reporttest.Lossy()
	partly.Scenario.PromiseSeconds = nil
	partly.Strategies[0].LatencySeconds.P95 = reporttest.FigureOf(61, 0)

	none := reporttest.Lossy()
	none.Scenario.PromiseSeconds = nil

	for _, c := range []struct {
		name string
		run  *record.Run
		want string
	}{
		{"promise", reporttest.Typical(), "Reverse misses the 4-minute promise for 1 order in 15, forwarding for 1 in 134"},
		{"promise flipped", flipped, "Forwarding misses the 4-minute promise for 1 order in 10, reverse for 1 in 1,000"},
		{"often missed", reporttest.Lossy(), "Reverse misses the 4-minute promise for 87% of orders, forwarding for 35%"},
		{"always kept", perfect, "Every strategy keeps the 4-minute promise for every order"},
		{"moderation is no lateness", moderating(0.05),
			"Reverse misses the 4-minute promise for 1 order in 67, forwarding for no order"},
		{"nothing but moderation", moderating(0.2),
			"Every strategy keeps the 4-minute promise for every order that moderation lets pass"},
		{"no difference", same, "Every strategy delivers 96.7% of orders within 4 min"},
		{"others excluded", reporttest.Without(), "Forwarding misses the 5-minute promise for 1 order in 747"},
		{"no promise", open, "Forwarding has 95% of orders done within 2:58, reverse within 4:20"},
		{"no promise, one never", partly, "Forwarding has 95% of orders done within 1:01; reverse never"},
		{"no promise, all never", none, "No strategy delivers 95% of its orders"},
		{"nothing delivered", reporttest.Bare(), "No strategy delivers an order"},
		{"empty", &record.Run{}, "This run holds no strategy"},
	} {
		p, err := chartOf("latency-ecdf.png", c.run, canvas.BodyWidth).alone()
		if err != nil {
			t.Fatal(err)
		}
		ecdf := &ecdf{run: c.run, list: view.Sorted(view.Roster(c.run), view.P95Of), promise: c.run.Scenario.PromiseSeconds}
		if got := ecdf.Title(); got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
		if len(p.Texts) == 0 {
			t.Errorf("%s: nothing written", c.name)
		}
	}
}

// A figure that fulfils its requirement at the stated values must not be marked as missing it.
func TestUnsureIsNotMissed(t *testing.T) {
	g := newGlance(reporttest.Open())
	notes := map[string]string{}
	for _, e := range g.List {
		notes[e.Name] = g.note(e)
		if got, want := e.Misses(view.InTimeColumn(1).Wrong), e.Name == "reverse"; got != want {
			t.Errorf("%s: marked as missed: %v, want %v", e.Name, got, want)
		}
	}
	for name, want := range map[string]string{
		"forwarding": "may miss in time ≥ 95%", "hybrid": "may miss in time ≥ 95%", "reverse": "misses in time ≥ 95%",
	} {
		if notes[name] != want {
			t.Errorf("%s: note %q, want %q", name, notes[name], want)
		}
	}
}

// moderating has moderation refuse a share of all orders.
func moderating(share float64) *record.Run {
	run := reporttest.Typical()
	for i := range run.Strategies {
		run.Strategies[i].UndeliveredReasons = map[string]float64{"moderation": 1000 * share, "region": 1}
	}
	return run
}

// What moderation refuses is told for what it is, on every page that counts it as undelivered.
func TestModerationIsNotLateness(t *testing.T) {
	run := moderating(0.02)
	risk := briefing(run).words()
	for _, want := range []string{"1 order in 50 refused by moderation", " not delivered within 4 min"} {
		if !strings.Contains(risk, want) {
			t.Errorf("no %q in %s", want, risk)
		}
	}
	if s := chartOf("latency-ecdf.png", run, canvas.BodyWidth).Subtitle(); !strings.Contains(s, "not late") {
		t.Errorf("the subtitle is %q", s)
	}
	if said := briefing(reporttest.Typical()).words() +
		chartOf("latency-ecdf.png", reporttest.Typical(), canvas.BodyWidth).Subtitle(); strings.Contains(said, "oderation") {
		t.Errorf("nothing was refused: %s", said)
	}
}

// renamedExclusion leaves out a channel whose id is no word.
func renamedExclusion() *record.Run {
	run := reporttest.Without()
	run.Verdict.Excluded = []string{"reverse_fast"}
	return run
}
