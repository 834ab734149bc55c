package reports

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/record"
)

// anyNumber is a figure as engines may hand it over: none, ordinary, nothing, tiny, huge or broken.
func anyNumber() *rapid.Generator[*float64] {
	return rapid.Custom(func(t *rapid.T) *float64 {
		switch rapid.IntRange(0, 9).Draw(t, "sort") {
		case 0:
			return nil
		case 1:
			return ptr(rapid.SampledFrom([]float64{0, 1e-300, 1e300, math.NaN(), math.Inf(1), -1, 1e-9, 1e12}).Draw(t, "odd"))
		default:
			return ptr(rapid.Float64Range(0, 1000).Draw(t, "plain"))
		}
	})
}

func anyShare() *rapid.Generator[*float64] {
	return rapid.Custom(func(t *rapid.T) *float64 {
		if rapid.IntRange(0, 5).Draw(t, "sort") == 0 {
			return rapid.SampledFrom([]*float64{nil, ptr(0.0), ptr(1.0), ptr(1e-12), ptr(1 - 1e-12)}).Draw(t, "edge")
		}
		return ptr(rapid.Float64Range(0, 1).Draw(t, "plain"))
	})
}

func anyFigure(of *rapid.Generator[*float64]) *rapid.Generator[record.Figure] {
	return rapid.Custom(func(t *rapid.T) record.Figure {
		return record.Figure{Value: of.Draw(t, "value"), Low: of.Draw(t, "low"), High: of.Draw(t, "high")}
	})
}

func anyName() *rapid.Generator[string] {
	return rapid.OneOf(rapid.SampledFrom([]string{
		"hybrid", "reverse", "", " ", "混合策略", "a\nb\x00c", strings.Repeat("very-long-", 30), "|<b>`*_", "ﷺ", "עברית", "ý́", "İ",
	}), rapid.StringN(0, 30, -1))
}

func anyStrategy() *rapid.Generator[record.Strategy] {
	return rapid.Custom(func(t *rapid.T) record.Strategy {
		number, share := anyFigure(anyNumber()), anyFigure(anyShare())
		s := record.Strategy{
			Name: anyName().Draw(t, "name"), Engine: rapid.SampledFrom([]string{"exact", "event", "live", "replay", ""}).Draw(t, "engine"),
			Kind:     rapid.SampledFrom([]string{"direct", "forwarding", "reverse", "hybrid", "routed", ""}).Draw(t, "kind"),
			Excluded: rapid.IntRange(0, 5).Draw(t, "excluded") == 0,
			Orders:   rapid.Int64Range(0, 1e9).Draw(t, "orders"), Delivered: rapid.SampledFrom([]int64{0, 1, 5000}).Draw(t, "delivered"),
			CostPerDelivered: number.Draw(t, "cost"), DeliveredShare: share.Draw(t, "delivered share"), InTimeShare: share.Draw(t, "in time"),
			AttemptsPerOrder: number.Draw(t, "attempts"), FallbackShare: share.Draw(t, "fallback"),
			MonthlyCost:    record.Spread{Figure: number.Draw(t, "month"), P05: anyNumber().Draw(t, "p05"), P95: anyNumber().Draw(t, "p95")},
			LatencySeconds: record.Latency{P50: number.Draw(t, "p50"), P95: number.Draw(t, "p95"), P99: number.Draw(t, "p99")},
			SpendByChannel: map[string]float64{"a": 1, anyName().Draw(t, "channel"): 1e17},
		}
		if rapid.Bool().Draw(t, "has exact") {
			s.Exact = &record.Exact{CostPerDelivered: anyNumber().Draw(t, "exact cost")}
		}
		scale := rapid.SampledFrom([]float64{1e-6, 1, 60, 1e7}).Draw(t, "scale")
		for range rapid.IntRange(0, 30).Draw(t, "points") {
			s.LatencyCDF = append(s.LatencyCDF, record.Point{Seconds: scale * rapid.Float64Range(0, 10).Draw(t, "seconds"), Share: rapid.Float64Range(0, 1).Draw(t, "share")})
		}
		return s
	})
}

func anySensitivity() *rapid.Generator[*record.Sensitivity] {
	return rapid.Custom(func(t *rapid.T) *record.Sensitivity {
		s := &record.Sensitivity{Strategy: anyName().Draw(t, "subject"), Minimise: rapid.SampledFrom([]string{"cost", "p95"}).Draw(t, "minimise"),
			PerfectInformation: anyNumber().Draw(t, "perfect"), StatedDifference: anyNumber().Draw(t, "stated")}
		if rapid.Bool().Draw(t, "compared") {
			s.Against = ptr(anyName().Draw(t, "against"))
		}
		for range rapid.IntRange(0, 8).Draw(t, "strategies") {
			s.Stated = append(s.Stated, record.StrategyCost{Strategy: anyName().Draw(t, "strategy"), MonthlyCost: anyNumber().Draw(t, "cost")})
		}
		for range rapid.IntRange(0, 30).Draw(t, "inputs") {
			in := record.InputEffect{Key: anyName().Draw(t, "key"), Low: rapid.Float64Range(0, 1e6).Draw(t, "low"), TotalShare: anyNumber().Draw(t, "total"), Worth: anyNumber().Draw(t, "worth")}
			for i := range s.Stated {
				in.Costs = append(in.Costs, record.CostRange{Strategy: s.Stated[i].Strategy, AtLow: anyNumber().Draw(t, "at low"), AtHigh: anyNumber().Draw(t, "at high")})
			}
			if rapid.Bool().Draw(t, "flips") {
				in.Flips = []record.Flip{{At: rapid.Float64Range(0, 1e6).Draw(t, "at"), To: ptr(anyName().Draw(t, "to"))}}
			}
			s.Inputs = append(s.Inputs, in)
		}
		return s
	})
}

func anyRun() *rapid.Generator[*record.Run] {
	return rapid.Custom(func(t *rapid.T) *record.Run {
		run := &record.Run{
			Schema: record.Schema, Mode: rapid.SampledFrom([]string{"sim", "bench", ""}).Draw(t, "mode"),
			Strategies: rapid.SliceOfN(anyStrategy(), 0, 20).Draw(t, "strategies"),
			Months:     rapid.IntRange(0, 1e6).Draw(t, "months"), Orders: rapid.IntRange(0, 1e9).Draw(t, "orders"),
			Incomplete: rapid.Bool().Draw(t, "incomplete"), Warnings: rapid.SliceOfN(anyName(), 0, 3).Draw(t, "warnings"),
		}
		if rapid.Bool().Draw(t, "billed") {
			amount := func(name string) float64 {
				if v := anyNumber().Draw(t, name); v != nil {
					return *v
				}
				return 0
			}
			run.Invalid, run.Findings = anyName().Draw(t, "invalid"), rapid.SliceOfN(anyName(), 0, 3).Draw(t, "findings")
			run.Bills = []record.Bill{{Channel: anyName().Draw(t, "billed channel"), ReservedUSD: amount("reserved"), ReportedUSD: anyNumber().Draw(t, "reported"), ComparedUSD: amount("compared")}}
			run.Accounts = []record.Account{{BeforeUSD: amount("before"), SpentUSD: amount("spent"), ComputedUSD: amount("computed")}}
		}
		if rapid.Bool().Draw(t, "ranges") {
			run.Sensitivity = anySensitivity().Draw(t, "sensitivity")
		}
		run.Scenario = record.Scenario{
			Name: anyName().Draw(t, "scenario"), SHA256: rapid.SampledFrom([]string{"", "ab", "0123456789"}).Draw(t, "hash"),
			PromiseSeconds: anyNumber().Draw(t, "promise"),
			Channels:       []record.Channel{{Name: anyName().Draw(t, "channel"), PriceAsOf: rapid.SampledFrom([]string{"", "2025-12-01"}).Draw(t, "date")}},
		}
		addSeries(t, run)
		v := &run.Verdict
		names := []string{"no such strategy"}
		for _, s := range run.Strategies {
			names = append(names, s.Name)
			if rapid.Bool().Draw(t, "judged") {
				v.Requirements = append(v.Requirements, record.Requirement{Strategy: s.Name, Value: anyNumber().Draw(t, "got"),
					Text: rapid.SampledFrom([]string{"in_time >= 96%", "delivered >= 99%", "p95 <= 4m", "cost <= $1", ""}).Draw(t, "text"), Holds: rapid.Bool().Draw(t, "holds"), HoldsAsStated: rapid.Bool().Draw(t, "as stated")})
			}
		}
		if rapid.Bool().Draw(t, "won") {
			v.Winner = ptr(rapid.SampledFrom(names).Draw(t, "winner"))
		}
		if rapid.Bool().Draw(t, "led") {
			v.Candidate = ptr(rapid.SampledFrom(names).Draw(t, "candidate"))
			v.ProbabilityBest, v.Draws = map[string]float64{names[0]: 0.3, names[len(names)-1]: 0.7}, 64
		}
		if rapid.IntRange(0, 3).Draw(t, "exclusion") == 0 {
			v.Excluded, v.ExclusionCost = []string{anyName().Draw(t, "excluded")}, anyNumber().Draw(t, "exclusion cost")
		}
		v.Minimise = rapid.SampledFrom([]string{"cost", "p95", ""}).Draw(t, "minimise")
		return run
	})
}

// Whatever an engine hands over, every report is made, and no chart cuts a text or puts two on one place.
func TestAnyRunRenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := anyRun().Draw(t, "run")
		var charts []Chart
		for _, k := range kinds {
			f := k.make(run, bodyWidth)
			if f == nil {
				continue
			}
			p, err := f.alone()
			if err != nil {
				t.Fatalf("%s: %v", k.file, err)
			}
			for _, c := range collisions(p) {
				t.Errorf("%s: %s", k.file, c)
			}
			charts = append(charts, Chart{File: k.file, Alt: f.alt})
		}
		for _, fault := range crammed(t, run) {
			t.Error(fault)
		}
		var text, md strings.Builder
		if err := Text(&text, run, TextOptions{Width: rapid.IntRange(0, 200).Draw(t, "width")}); err != nil {
			t.Error(err)
		}
		if err := Markdown(&md, run, charts); err != nil {
			t.Error(err)
		}
		if md.Len() >= markdownRoom {
			t.Errorf("Markdown has %d characters", md.Len())
		}
		for _, bad := range []string{"NaN", "+Inf"} {
			if strings.Contains(text.String(), bad) || strings.Contains(md.String(), bad) {
				t.Errorf("a report holds %q", bad)
			}
		}
	})
}
