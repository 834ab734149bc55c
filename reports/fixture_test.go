package reports

import (
	"math"
	"slices"

	"channelbench/internal/record"
)

// The fixtures are toys: plausible numbers, closed in themselves, of no channel that exists.

func ptr[T any](v T) *T { return &v }

func figureOf(v, half float64) record.Figure {
	return record.Figure{Value: ptr(v), Low: ptr(v - half), High: ptr(v + half)}
}

// toy describes a strategy by what its curve and its costs depend on.
type toy struct {
	name, kind  string
	cost, half  float64
	median      float64 // seconds
	sigma, lost float64
	poll        float64 // seconds between looks; 0: none
}

// strategy works out a consistent record from the toy's lognormal latency.
func (t toy) strategy(promise float64) record.Strategy {
	s := record.Strategy{
		Name: t.name, Kind: t.kind, Engine: "event", Channels: []string{"reverse", "forwarding"},
		Orders: 6_000_000, Delivered: int64(math.Round(6_000_000 * (1 - t.lost))),
		CostPerDelivered: figureOf(t.cost, t.half), CostPerOrder: figureOf(t.cost*(1-t.lost), t.half),
		DeliveredShare: figureOf(1-t.lost, 0.0001),
		InTimeShare:    figureOf(t.share(promise), 0.0006),
		MonthlyCost: record.Spread{Figure: figureOf(t.cost*20_000, t.half*20_000),
			P05: ptr(t.cost * 19_300), P50: ptr(t.cost * 19_990), P95: ptr(t.cost * 20_700)},
		AttemptsPerOrder: figureOf(1+t.lost*8+0.04, 0.001), FallbackShare: figureOf(t.lost, 0.0002),
		SpendByChannel: map[string]float64{"reverse": t.cost * 12_000, "forwarding": t.cost * 8_000}, HandlingPerMonth: 120,
		ErrorsPer1000: map[string]float64{"region": 20.4, "job": 9.8}, UndeliveredReasons: map[string]float64{"deadline": t.lost * 1000},
		LatencySeconds: record.Latency{Mean: figureOf(t.median*1.1, 0.4), P50: t.quantile(0.5), P95: t.quantile(0.95), P99: t.quantile(0.99)},
	}
	step := max(t.poll, 1)
	for at := step; at <= 1800; at += step {
		s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: at, Share: t.share(at)})
	}
	return s
}

func (t toy) share(at float64) float64 {
	if t.poll > 0 {
		at = math.Floor(at/t.poll+1e-9) * t.poll
	}
	return (1 - t.lost) * 0.5 * math.Erfc(-math.Log(at/t.median)/t.sigma/math.Sqrt2)
}

func (t toy) quantile(q float64) record.Figure {
	for at := 0.5; at < 3600; at += 0.5 {
		if t.share(at) >= q {
			return figureOf(at, 0.5)
		}
	}
	return record.Figure{}
}

// runOf makes a run of toys with a promise, in seconds.
func runOf(promise float64, toys ...toy) *record.Run {
	run := &record.Run{
		Schema: record.Schema, Mode: "sim", Tool: record.Tool{Version: "0.1"}, Seed: 1, Months: 300, Orders: 20_000,
		Scenario: record.Scenario{
			Name: "demo", Title: "Forwarding, reverse or hybrid?", SHA256: "3f9c2a1b77", PurchaseSHA256: "99aa",
			PromiseSeconds: &promise, DeadlineSeconds: ptr(1800.0),
			Channels: []record.Channel{
				{Name: "forwarding", Kind: "forwarding", Terms: "relay of the official API", PriceAsOf: "2025-12-01", PriceSource: "vendor article, undated"},
				{Name: "reverse", Kind: "reverse", Terms: "unofficial route; may break the vendor's terms", PriceAsOf: "2025-11-15", PriceSource: "vendor article, undated"},
			},
			Assumptions: []record.Assumption{
				{Key: "channels.reverse.latency", Confidence: "assumed", Text: "lognormal, median 40 s + 10 s per second, sigma 0.55"},
				{Key: "channels.forwarding.latency", Confidence: "vendor", Text: "lognormal, median 20 s + 8 s per second, sigma 0.40"},
			},
		},
		Verdict: record.Verdict{Minimise: "cost", Draws: 1},
	}
	for _, t := range toys {
		run.Strategies = append(run.Strategies, t.strategy(promise))
	}
	return run
}

// require judges every strategy by its share in time.
func require(run *record.Run, least float64, text string) {
	for _, s := range run.Strategies {
		holds := *s.InTimeShare.Value >= least
		r := record.Requirement{Strategy: s.Name, Text: text, Holds: holds, HoldsAsStated: holds, Value: s.InTimeShare.Value, MonthMissesShare: ptr(0.875)}
		if holds {
			r.Probability, r.MonthMissesShare = 1, ptr(0.003)
		}
		run.Verdict.Requirements = append(run.Verdict.Requirements, r)
	}
}

// saves has the decision of a run save what the months of two of its strategies differ by.
func saves(run *record.Run, strategy, against string) *record.Run {
	cost := func(name string) float64 {
		i := slices.IndexFunc(run.Strategies, func(s record.Strategy) bool { return s.Name == name })
		return *run.Strategies[i].MonthlyCost.Value
	}
	run.Verdict.Saving = &record.Saving{Strategy: strategy, Against: against, CostUSD: cost(strategy), AgainstUSD: cost(against)}
	return run
}

var (
	forwarding = toy{name: "forwarding", kind: "forwarding", cost: 0.8163, half: 0.0121, median: 95, sigma: 0.38, lost: 0.0001}
	hybrid     = toy{name: "hybrid", kind: "hybrid", cost: 0.3312, half: 0.0112, median: 106, sigma: 0.44, lost: 0.0002}
	reverse    = toy{name: "reverse", kind: "reverse", cost: 0.1204, half: 0.0004, median: 107, sigma: 0.5, lost: 0.0125}
)

// typical: three strategies, the middle one wins.
func typical() *record.Run {
	run := runOf(240, forwarding, hybrid, reverse)
	require(run, 0.96, "in_time >= 96%")
	v := &run.Verdict
	v.Winner, v.Candidate, v.ExpectedRegret = ptr("hybrid"), ptr("hybrid"), ptr(0.0)
	v.ProbabilityBest = map[string]float64{"hybrid": 1, "forwarding": 0, "reverse": 0}
	v.Saving = &record.Saving{Strategy: "hybrid", Against: "forwarding", CostUSD: 6624, AgainstUSD: 16_326}
	v.Sentence = "Use hybrid: it keeps in_time >= 96% and costs $9,702 less a month (59.4%) than forwarding."
	v.Reasons = []string{"reverse is cheaper, but misses in_time >= 96% in 88% of months."}
	v.BreakEvens = []record.BreakEven{{Cheaper: "reverse", Dearer: "forwarding", Clip: "720p", Seconds: ptr(1.41), Sentence: "From 1.41 s of 720p on, reverse is cheaper than forwarding."}}
	for i := range run.Strategies {
		s := &run.Strategies[i]
		s.Exact = &record.Exact{CostPerDelivered: ptr(*s.CostPerDelivered.Value - 0.0003), CostPerOrder: *s.MonthlyCost.Value / 20_000, DeliveredShare: *s.DeliveredShare.Value,
			InTimeShare: *s.InTimeShare.Value - 0.0002, AttemptsPerOrder: *s.AttemptsPerOrder.Value,
			Latency: record.ExactLatency{P50: s.LatencySeconds.P50.Value, P95: s.LatencySeconds.P95.Value, P99: s.LatencySeconds.P99.Value}}
	}
	run.Warnings = []string{"The price of reverse is 341 days old."}
	run.Sensitivity = explored()
	return run
}

// explored: three inputs, of which one can change the choice and one changes nothing.
func explored() *record.Sensitivity {
	costs := func(low, high float64) []record.CostRange {
		return []record.CostRange{{Strategy: "forwarding", AtLow: ptr(16_326.0), AtHigh: ptr(16_326.0)},
			{Strategy: "hybrid", AtLow: ptr(6624 + low), AtHigh: ptr(6624 + high)}, {Strategy: "reverse", AtLow: ptr(2408.0), AtHigh: ptr(2408.0)}}
	}
	return &record.Sensitivity{
		Strategy: "hybrid", Against: ptr("forwarding"), Minimise: "cost", PerfectInformation: ptr(41.5), Points: 64, StatedDifference: ptr(-9702.0),
		Stated: []record.StrategyCost{{Strategy: "forwarding", MonthlyCost: ptr(16_326.0)}, {Strategy: "hybrid", MonthlyCost: ptr(6624.0)}, {Strategy: "reverse", MonthlyCost: ptr(2408.0)}},
		Inputs: []record.InputEffect{
			{Key: "channels.reverse.errors.region.rate", Confidence: "vendor", Low: 0.005, Stated: 0.02, High: 0.9, FirstShare: ptr(0.8), TotalShare: ptr(0.86), KeepingShare: ptr(0.1), Worth: ptr(38.0),
				DifferenceAtLow: ptr(-9800.0), DifferenceAtHigh: ptr(120.0), Costs: costs(-98, 9822),
				Flips: []record.Flip{{At: 0.71, From: ptr("hybrid"), To: ptr("forwarding")}, {At: 0.8999, From: ptr("forwarding")}}},
			{Key: "channels.reverse.latency", Confidence: "assumed", Low: 0.45, Stated: 1, High: 1.6, FirstShare: ptr(0.1), TotalShare: ptr(0.2), KeepingShare: ptr(0.95), Worth: ptr(0.0),
				DifferenceAtLow: ptr(-9702.0), DifferenceAtHigh: ptr(-9694.5), Costs: costs(0, 7.5)},
			{Key: "channels.forwarding.errors.download.rate", Low: 0, Stated: 0.001, High: 0.0025, FirstShare: ptr(0.0), TotalShare: ptr(0.0), KeepingShare: ptr(0.0), Worth: ptr(0.0), Costs: costs(0, 0)},
		},
	}
}

// six strategies, three of them hybrids; no clear winner.
func six() *record.Run {
	run := runOf(360, forwarding, reverse, hybrid,
		toy{name: "hybrid-1-attempt", kind: "hybrid", cost: 0.3402, half: 0.013, median: 103, sigma: 0.43, lost: 0.0003},
		toy{name: "hybrid-breaker", kind: "hybrid", cost: 0.3951, half: 0.010, median: 99, sigma: 0.4, lost: 0.0001},
		toy{name: "routed", kind: "routed", cost: 0.5411, half: 0.012, median: 98, sigma: 0.41, lost: 0.0004})
	require(run, 0.98, "in_time >= 98%")
	v := &run.Verdict
	v.Candidate, v.ExpectedRegret, v.Draws = ptr("hybrid"), ptr(212.0), 64
	v.ProbabilityBest = map[string]float64{"hybrid": 0.61, "hybrid-1-attempt": 0.39}
	v.Sentence = "No clear winner: hybrid leads, but hybrid-1-attempt is cheaper in 39% of the draws."
	return run
}

// nobody: every strategy misses the same requirement.
func nobody() *record.Run {
	run := runOf(150, forwarding, hybrid, reverse)
	require(run, 0.99, "in_time >= 99%")
	run.Verdict.Sentence = "No strategy meets in_time >= 99%; forwarding comes closest with 88.5%."
	return run
}

// open: every strategy may yet qualify, but one that misses a requirement for certain.
func open() *record.Run {
	run := runOf(240, forwarding, hybrid, reverse)
	require(run, 0.95, "in_time >= 95%")
	run.Verdict.Draws = 64
	for i := range 2 {
		r := &run.Verdict.Requirements[i]
		r.Holds, r.HoldsAsStated, r.Probability = false, true, 0.81-0.3*float64(i)
	}
	run.Verdict.Sentence = "No strategy is sure to meet in_time >= 95%."
	return run
}

// without: reverse is excluded, at a price.
func without() *record.Run {
	run := runOf(300, forwarding, hybrid, reverse)
	run.Strategies[1].Excluded, run.Strategies[2].Excluded = true, true
	require(run, 0.9, "in_time >= 90%")
	v := &run.Verdict
	v.Winner, v.Candidate, v.Excluded, v.ExclusionCost = ptr("forwarding"), ptr("forwarding"), []string{"reverse"}, ptr(9702.0)
	v.Sentence = "Use forwarding. Excluding reverse costs $9,702 a month."
	return run
}

// polled: a look every ten seconds, and two strategies whose curves are one.
func polled() *record.Run {
	f, h, r := forwarding, hybrid, reverse
	f.poll, h.poll, r.poll = 10, 10, 10
	h.median, h.sigma, h.lost = r.median, r.sigma, 0.0001
	r.lost = 0.0008
	run := runOf(240, f, h, r)
	require(run, 0.90, "in_time >= 90%")
	run.Verdict.Winner, run.Verdict.Candidate = ptr("reverse"), ptr("reverse")
	run.Verdict.Sentence = "Use reverse."
	return saves(run, "reverse", "hybrid")
}

// lossy: curves that leave no corner empty.
func lossy() *record.Run {
	f, h, r := forwarding, hybrid, reverse
	f.lost, h.lost, r.lost = 0.35, 0.55, 0.8
	f.median, r.median = 30, 200
	run := runOf(240, f, h, r)
	require(run, 0.90, "in_time >= 90%")
	run.Verdict.Sentence = "No strategy meets in_time >= 90%."
	return run
}

// twenty strategies with long names.
func twenty() *record.Run {
	var toys []toy
	for i := range 20 {
		kind := []string{"forwarding", "hybrid", "reverse", "routed", "direct"}[i%5]
		toys = append(toys, toy{name: kind + "-with-a-rather-long-name-" + string(rune('a'+i)), kind: kind,
			cost: 0.11 + 0.04*float64(i), half: 0.01, median: 60 + 9*float64(i), sigma: 0.4, lost: 0.001 * float64(i)})
	}
	return runOf(240, toys...)
}

// foreign: names that the fonts cannot write, and no promise.
func foreign() *record.Run {
	f, h, r := forwarding, hybrid, reverse
	f.name, h.name, r.name = "官方转发", "混合策略", "неофициальный канал с очень длинным именем"
	run := runOf(240, f, h, r)
	run.Scenario.PromiseSeconds = nil
	run.Scenario.Name = "名前"
	return run
}

// measured: a bench, whose hybrid is replayed and whose reverse charges more than it says.
func measured() *record.Run {
	run := typical()
	run.Mode, run.Months, run.Orders, run.Sensitivity = "bench", 0, 0, nil
	for i := range run.Strategies {
		s := &run.Strategies[i]
		s.Engine, s.Exact, s.Orders, s.Delivered = "live", nil, 30, 29
		if s.Kind == "hybrid" {
			s.Engine, s.Orders, s.Delivered = "replay", 10_000, 9998
		}
	}
	run.Bills = []record.Bill{
		{Channel: "forwarding", Submits: 31, ReservedUSD: 24.8, ComputedUSD: 24, Counted: 24},
		{Channel: "reverse", Submits: 33, ReservedUSD: 3.96, ComputedUSD: 3.48, ReportedUSD: ptr(3.4191), ReportedFor: 27, ComparedUSD: 3.24, Counted: 3.6591},
	}
	run.Accounts = []record.Account{
		{Channels: []string{"forwarding"}, BeforeUSD: 999_999_999.88, AfterUSD: 999_999_975.88, SpentUSD: 24, ComputedUSD: 24, LeastUSD: 24, MostUSD: 24},
		{Channels: []string{"reverse", "reverse-2"}, BeforeUSD: 0.5, PaidInUSD: 2, AfterUSD: -1.4, SpentUSD: 3.9, ComputedUSD: 3.48, LeastUSD: 3.48, MostUSD: 3.48, MissingUSD: 0.2409},
	}
	run.Findings = record.BillFindings(run.Bills, run.Accounts)
	return run
}

// spoilt: a bench that ended early by our own fault.
func spoilt() *record.Run {
	run := measured()
	run.Invalid = "reverse refused the key (401, invalid_api_key): put a valid one into REVERSE_KEY and run again"
	run.Incomplete = true
	return run
}

// bare: a run in which nothing is known.
func bare() *record.Run {
	return &record.Run{Schema: record.Schema, Mode: "sim", Strategies: []record.Strategy{{Name: "hybrid", Kind: "hybrid"}, {Name: "reverse", Kind: "reverse"}}}
}

// fixtures are all runs that the tests draw.
var fixtures = map[string]func() *record.Run{
	"typical": typical, "six": six, "nobody": nobody, "without": without, "open": open, "polled": polled,
	"measured": measured, "spoilt": spoilt, "lossy": lossy, "twenty": twenty, "foreign": foreign, "bare": bare,
}
