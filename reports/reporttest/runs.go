// Package reporttest holds runs for the tests of reports: typical ones, and ones at the edge of what an engine hands
// over.
package reporttest

import (
	"math"
	"slices"

	"channelbench/internal/record"
)

// The fixtures are toys: plausible numbers, closed in themselves, of no channel that exists.

func Ptr[T any](v T) *T { return &v }

func FigureOf(v, half float64) record.Figure {
	return record.Figure{Value: Ptr(v), Low: Ptr(v - half), High: Ptr(v + half)}
}

// Toy describes a strategy by what its curve and its costs depend on.
type Toy struct {
	Name, Kind  string
	Cost, Half  float64
	Median      float64 // seconds
	Sigma, Lost float64
	poll        float64 // seconds between looks; 0: none
}

// strategy works out a consistent record from the toy's lognormal latency.
func (t Toy) strategy(promise float64) record.Strategy {
	s := record.Strategy{
		Name: t.Name, Kind: t.Kind, Engine: "event", Channels: []string{"reverse", "forwarding"},
		Orders: 6_000_000, Delivered: int64(math.Round(6_000_000 * (1 - t.Lost))),
		CostPerDelivered: FigureOf(t.Cost, t.Half), CostPerOrder: FigureOf(t.Cost*(1-t.Lost), t.Half),
		DeliveredShare: FigureOf(1-t.Lost, 0.0001),
		InTimeShare:    FigureOf(t.Share(promise), 0.0006),
		MonthlyCost: record.Spread{Figure: FigureOf(t.Cost*20_000, t.Half*20_000),
			P05: Ptr(t.Cost * 19_300), P50: Ptr(t.Cost * 19_990), P95: Ptr(t.Cost * 20_700)},
		AttemptsPerOrder: FigureOf(1+t.Lost*8+0.04, 0.001), FallbackShare: FigureOf(t.Lost, 0.0002),
		SpendByChannel: map[string]float64{"reverse": t.Cost * 12_000, "forwarding": t.Cost * 8_000}, HandlingPerMonth: 120,
		ErrorsPer1000:      map[string]float64{"region": 20.4, "job": 9.8},
		UndeliveredReasons: map[string]float64{"deadline": t.Lost * 1000},
		LatencySeconds: record.Latency{Mean: FigureOf(t.Median*1.1, 0.4), P50: t.quantile(0.5), P95: t.quantile(0.95),
			P99: t.quantile(0.99)},
	}
	step := max(t.poll, 1)
	for at := step; at <= 1800; at += step {
		s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: at, Share: t.Share(at)})
	}
	return s
}

func (t Toy) Share(at float64) float64 {
	if t.poll > 0 {
		at = math.Floor(at/t.poll+1e-9) * t.poll
	}
	return (1 - t.Lost) * 0.5 * math.Erfc(-math.Log(at/t.Median)/t.Sigma/math.Sqrt2)
}

func (t Toy) quantile(q float64) record.Figure {
	for at := 0.5; at < 3600; at += 0.5 {
		if t.Share(at) >= q {
			return FigureOf(at, 0.5)
		}
	}
	return record.Figure{}
}

// RunOf makes a run of toys with a promise, in seconds.
func RunOf(promise float64, toys ...Toy) *record.Run {
	run := &record.Run{
		Schema: record.Schema, Mode: "sim", Tool: record.Tool{Version: "0.1"}, Seed: 1, Months: 300, Orders: 20_000,
		Scenario: record.Scenario{
			Name: "demo", Title: "Forwarding, reverse or hybrid?", SHA256: "3f9c2a1b77", PurchaseSHA256: "99aa",
			PromiseSeconds: &promise, DeadlineSeconds: Ptr(1800.0),
			Channels: []record.Channel{
				{Name: "forwarding", Kind: "forwarding", Terms: "relay of the official API", PriceAsOf: "2025-12-01",
					PriceSource: "vendor article, undated"},
				{Name: "reverse", Kind: "reverse", Terms: "unofficial route; may break the vendor's terms", PriceAsOf: "2025-11-15",
					PriceSource: "vendor article, undated"},
			},
			Assumptions: []record.Assumption{
				{Key: "channels.reverse.latency", Confidence: "assumed",
					Text: "lognormal, median 40 s + 10 s per second, sigma 0.55"},
				{Key: "channels.forwarding.latency", Confidence: "vendor",
					Text: "lognormal, median 20 s + 8 s per second, sigma 0.40"},
			},
		},
		Verdict: record.Verdict{Minimise: "cost", Draws: 1},
	}
	for _, t := range toys {
		run.Strategies = append(run.Strategies, t.strategy(promise))
	}
	return run
}

// Require judges every strategy by its share in time.
func Require(run *record.Run, least float64, text string) {
	for _, s := range run.Strategies {
		holds := *s.InTimeShare.Value >= least
		r := record.Requirement{Strategy: s.Name, Metric: "in_time", Text: text, Holds: holds, HoldsAsStated: holds,
			Value: s.InTimeShare.Value, MonthMissesShare: Ptr(0.875)}
		if holds {
			r.Probability, r.MonthMissesShare = 1, Ptr(0.003)
		}
		run.Verdict.Requirements = append(run.Verdict.Requirements, r)
	}
}

// Saves has the decision of a run save what the months of two of its strategies differ by.
func Saves(run *record.Run, strategy, against string) *record.Run {
	cost := func(name string) float64 {
		i := slices.IndexFunc(run.Strategies, func(s record.Strategy) bool { return s.Name == name })
		return *run.Strategies[i].MonthlyCost.Value
	}
	run.Verdict.Saving = &record.Saving{Strategy: strategy, Against: against, CostUSD: cost(strategy),
		AgainstUSD: cost(against)}
	return run
}

var (
	Forwarding = Toy{Name: "forwarding", Kind: "forwarding", Cost: 0.8163, Half: 0.0121, Median: 95, Sigma: 0.38,
		Lost: 0.0001}
	Hybrid  = Toy{Name: "hybrid", Kind: "hybrid", Cost: 0.3312, Half: 0.0112, Median: 106, Sigma: 0.44, Lost: 0.0002}
	Reverse = Toy{Name: "reverse", Kind: "reverse", Cost: 0.1204, Half: 0.0004, Median: 107, Sigma: 0.5, Lost: 0.0125}
)

// Typical: three strategies, the middle one wins.
func Typical() *record.Run {
	run := RunOf(240, Forwarding, Hybrid, Reverse)
	Require(run, 0.96, "in_time >= 96%")
	v := &run.Verdict
	v.Winner, v.Candidate, v.ExpectedRegret = Ptr("hybrid"), Ptr("hybrid"), Ptr(0.0)
	v.ProbabilityBest = map[string]float64{"hybrid": 1, "forwarding": 0, "reverse": 0}
	v.Saving = &record.Saving{Strategy: "hybrid", Against: "forwarding", CostUSD: 6624, AgainstUSD: 16_326}
	v.Sentence = "Use hybrid: it keeps in_time >= 96% and costs $9,702 less a month (59.4%) than forwarding."
	v.Reasons = []string{"reverse is cheaper, but misses in_time >= 96% in 88% of months."}
	v.BreakEvens = []record.BreakEven{{Cheaper: "reverse", Dearer: "forwarding", Clip: "720p", Seconds: Ptr(1.41),
		Sentence: "From 1.41 s of 720p on, reverse is cheaper than forwarding."}}
	for i := range run.Strategies {
		s := &run.Strategies[i]
		s.Exact = &record.Exact{CostPerDelivered: Ptr(*s.CostPerDelivered.Value - 0.0003),
			CostPerOrder: *s.MonthlyCost.Value / 20_000, DeliveredShare: *s.DeliveredShare.Value,
			InTimeShare: *s.InTimeShare.Value - 0.0002, AttemptsPerOrder: *s.AttemptsPerOrder.Value,
			Latency: record.ExactLatency{P50: s.LatencySeconds.P50.Value, P95: s.LatencySeconds.P95.Value,
				P99: s.LatencySeconds.P99.Value}}
	}
	run.Warnings = []string{"The price of reverse is 341 days old."}
	run.Sensitivity = Explored()
	return run
}

// Explored: three inputs, of which one can change the choice and one changes nothing.
func Explored() *record.Sensitivity {
	costs := func(low, high float64) []record.CostRange {
		return []record.CostRange{{Strategy: "forwarding", AtLow: Ptr(16_326.0), AtHigh: Ptr(16_326.0)},
			{Strategy: "hybrid", AtLow: Ptr(6624 + low), AtHigh: Ptr(6624 + high)},
			{Strategy: "reverse", AtLow: Ptr(2408.0), AtHigh: Ptr(2408.0)}}
	}
	return &record.Sensitivity{
		Strategy: "hybrid", Against: Ptr("forwarding"), Minimise: "cost", PerfectInformation: Ptr(41.5), Points: 64,
		StatedDifference: Ptr(-9702.0),
		Stated: []record.StrategyCost{{Strategy: "forwarding", MonthlyCost: Ptr(16_326.0)},
			{Strategy: "hybrid", MonthlyCost: Ptr(6624.0)}, {Strategy: "reverse", MonthlyCost: Ptr(2408.0)}},
		Inputs: []record.InputEffect{
			{Key: "channels.reverse.errors.region.rate", Confidence: "vendor", Low: 0.005, Stated: 0.02, High: 0.9,
				FirstShare: Ptr(0.8), TotalShare: Ptr(0.86), KeepingShare: Ptr(0.1), Worth: Ptr(38.0),
				DifferenceAtLow: Ptr(-9800.0), DifferenceAtHigh: Ptr(120.0), Costs: costs(-98, 9822),
				Flips: []record.Flip{{At: 0.71, From: Ptr("hybrid"), To: Ptr("forwarding")},
					{At: 0.8999, From: Ptr("forwarding")}}},
			{Key: "channels.reverse.latency", Confidence: "assumed", Low: 0.45, Stated: 1, High: 1.6, FirstShare: Ptr(0.1),
				TotalShare: Ptr(0.2), KeepingShare: Ptr(0.95), Worth: Ptr(0.0),
				DifferenceAtLow: Ptr(-9702.0), DifferenceAtHigh: Ptr(-9694.5), Costs: costs(0, 7.5)},
			{Key: "channels.forwarding.errors.download.rate", Low: 0, Stated: 0.001, High: 0.0025, FirstShare: Ptr(0.0),
				TotalShare: Ptr(0.0), KeepingShare: Ptr(0.0), Worth: Ptr(0.0), Costs: costs(0, 0)},
		},
	}
}

// Six strategies, three of them hybrids; no clear winner.
func Six() *record.Run {
	run := RunOf(360, Forwarding, Reverse, Hybrid,
		Toy{Name: "hybrid-1-attempt", Kind: "hybrid", Cost: 0.3402, Half: 0.013, Median: 103, Sigma: 0.43, Lost: 0.0003},
		Toy{Name: "hybrid-breaker", Kind: "hybrid", Cost: 0.3951, Half: 0.010, Median: 99, Sigma: 0.4, Lost: 0.0001},
		Toy{Name: "routed", Kind: "routed", Cost: 0.5411, Half: 0.012, Median: 98, Sigma: 0.41, Lost: 0.0004})
	Require(run, 0.98, "in_time >= 98%")
	v := &run.Verdict
	v.Candidate, v.ExpectedRegret, v.Draws = Ptr("hybrid"), Ptr(212.0), 64
	v.ProbabilityBest = map[string]float64{"hybrid": 0.61, "hybrid-1-attempt": 0.39}
	v.Sentence = "No clear winner: hybrid leads, but hybrid-1-attempt is cheaper in 39% of the draws."
	return run
}

// Nobody: every strategy misses the same requirement.
func Nobody() *record.Run {
	run := RunOf(150, Forwarding, Hybrid, Reverse)
	Require(run, 0.99, "in_time >= 99%")
	run.Verdict.Sentence = "No strategy meets in_time >= 99%; forwarding comes closest with 88.5%."
	return run
}

// Open: every strategy may yet qualify, but one that misses a requirement for certain.
func Open() *record.Run {
	run := RunOf(240, Forwarding, Hybrid, Reverse)
	Require(run, 0.95, "in_time >= 95%")
	run.Verdict.Draws = 64
	for i := range 2 {
		r := &run.Verdict.Requirements[i]
		r.Holds, r.HoldsAsStated, r.Probability = false, true, 0.81-0.3*float64(i)
	}
	run.Verdict.Sentence = "No strategy is sure to meet in_time >= 95%."
	return run
}

// Without: reverse is excluded, at a price.
func Without() *record.Run {
	run := RunOf(300, Forwarding, Hybrid, Reverse)
	run.Strategies[1].Excluded, run.Strategies[2].Excluded = true, true
	Require(run, 0.9, "in_time >= 90%")
	v := &run.Verdict
	v.Winner, v.Candidate, v.Excluded, v.ExclusionCost = Ptr("forwarding"), Ptr("forwarding"), []string{"reverse"},
		Ptr(9702.0)
	v.Sentence = "Use forwarding. Excluding reverse costs $9,702 a month."
	return run
}

// Polled: a look every ten seconds, and two strategies whose curves are one.
func Polled() *record.Run {
	f, h, r := Forwarding, Hybrid, Reverse
	f.poll, h.poll, r.poll = 10, 10, 10
	h.Median, h.Sigma, h.Lost = r.Median, r.Sigma, 0.0001
	r.Lost = 0.0008
	run := RunOf(240, f, h, r)
	Require(run, 0.90, "in_time >= 90%")
	run.Verdict.Winner, run.Verdict.Candidate = Ptr("reverse"), Ptr("reverse")
	run.Verdict.Sentence = "Use reverse."
	return Saves(run, "reverse", "hybrid")
}

// Lossy: curves that leave no corner empty.
func Lossy() *record.Run {
	f, h, r := Forwarding, Hybrid, Reverse
	f.Lost, h.Lost, r.Lost = 0.35, 0.55, 0.8
	f.Median, r.Median = 30, 200
	run := RunOf(240, f, h, r)
	Require(run, 0.90, "in_time >= 90%")
	run.Verdict.Sentence = "No strategy meets in_time >= 90%."
	return run
}

// Twenty strategies with long names.
func Twenty() *record.Run {
	var toys []Toy
	for i := range 20 {
		kind := []string{"forwarding", "hybrid", "reverse", "routed", "direct"}[i%5]
		toys = append(toys, Toy{Name: kind + "-with-a-rather-long-name-" + string(rune('a'+i)), Kind: kind,
			Cost: 0.11 + 0.04*float64(i), Half: 0.01, Median: 60 + 9*float64(i), Sigma: 0.4, Lost: 0.001 * float64(i)})
	}
	return RunOf(240, toys...)
}

// Foreign: names that the fonts cannot write, and no promise.
func Foreign() *record.Run {
	f, h, r := Forwarding, Hybrid, Reverse
	f.Name, h.Name, r.Name = "官方转发", "混合策略", "неофициальный канал с очень длинным именем"
	run := RunOf(240, f, h, r)
	run.Scenario.PromiseSeconds = nil
	run.Scenario.Name = "名前"
	return run
}

// Measured: a bench, whose hybrid is replayed and whose reverse charges more than it says.
func Measured() *record.Run {
	run := Typical()
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
		{Channel: "reverse", Submits: 33, ReservedUSD: 3.96, ComputedUSD: 3.48, ReportedUSD: Ptr(3.4191), ReportedFor: 27,
			ComparedUSD: 3.24, Counted: 3.6591},
	}
	run.Accounts = []record.Account{
		{Channels: []string{"forwarding"}, BeforeUSD: 999_999_999.88, AfterUSD: 999_999_975.88, SpentUSD: 24, ComputedUSD: 24,
			LeastUSD: 24, MostUSD: 24},
		{Channels: []string{"reverse", "reverse-2"}, BeforeUSD: 0.5, PaidInUSD: 2, AfterUSD: -1.4, SpentUSD: 3.9,
			ComputedUSD: 3.48, LeastUSD: 3.48, MostUSD: 3.48, MissingUSD: 0.2409},
	}
	run.Findings = record.BillFindings(run.Bills, run.Accounts)
	return run
}

// Spoilt: a bench that ended early by our own fault.
func Spoilt() *record.Run {
	run := Measured()
	run.Void("reverse refused the key (401, invalid_api_key): put a valid one into REVERSE_KEY and run again")
	run.Incomplete = true
	return run
}

// Bare: a run in which nothing is known.
func Bare() *record.Run {
	return &record.Run{Schema: record.Schema, Mode: "sim",
		Strategies: []record.Strategy{{Name: "hybrid", Kind: "hybrid"}, {Name: "reverse", Kind: "reverse"}}}
}

// Fixtures are all runs that the tests draw.
var Fixtures = map[string]func() *record.Run{
	"typical": Typical, "six": Six, "nobody": Nobody, "without": Without, "open": Open, "polled": Polled,
	"measured": Measured, "spoilt": Spoilt, "lossy": Lossy, "twenty": Twenty, "foreign": Foreign, "bare": Bare,
}
