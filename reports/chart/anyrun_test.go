package chart

import (
	"flag"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/recorder"
	"pgregory.net/rapid"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/text"
	"channelbench/reports/view"
)

// An arbitrary run is drawn many times over, so that in short there are fewer of them than rapid's 100.
func init() {
	if err := flag.Set("rapid.checks", strconv.Itoa(proof.Size(25, 100))); err != nil {
		panic(err)
	}
}

// anyNumber is a figure as engines may hand it over: none, ordinary, nothing, tiny, huge or broken.
func anyNumber() *rapid.Generator[*float64] {
	return rapid.Custom(func(t *rapid.T) *float64 {
		switch rapid.IntRange(0, 9).Draw(t, "sort") {
		case 0:
			return nil
		case 1:
			return reporttest.Ptr(rapid.SampledFrom([]float64{0, 1e-300, 1e300, math.NaN(), math.Inf(1), -1, 1e-9, 1e12}).Draw(t,
				"odd"))
		default:
			return reporttest.Ptr(rapid.Float64Range(0, 1000).Draw(t, "plain"))
		}
	})
}

func anyShare() *rapid.Generator[*float64] {
	return rapid.Custom(func(t *rapid.T) *float64 {
		if rapid.IntRange(0, 5).Draw(t, "sort") == 0 {
			return rapid.SampledFrom([]*float64{nil, reporttest.Ptr(0.0), reporttest.Ptr(1.0), reporttest.Ptr(1e-12),
				reporttest.Ptr(1 - 1e-12)}).Draw(t, "edge")
		}
		return reporttest.Ptr(rapid.Float64Range(0, 1).Draw(t, "plain"))
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
			Name: anyName().Draw(t, "name"), Engine: rapid.SampledFrom([]string{"exact", "event", "live", "mock", "replay", ""}).Draw(t, "engine"),
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
			s.Against = reporttest.Ptr(anyName().Draw(t, "against"))
		}
		if rapid.Bool().Draw(t, "behind") && s.StatedDifference != nil {
			s.StatedDifference = reporttest.Ptr(-*s.StatedDifference)
		}
		if rapid.Bool().Draw(t, "subject stated") {
			s.Stated = append(s.Stated, record.StrategyCost{Strategy: s.Strategy, MonthlyCost: anyNumber().Draw(t, "subject cost")})
		}
		for range rapid.IntRange(0, 8).Draw(t, "strategies") {
			s.Stated = append(s.Stated, record.StrategyCost{Strategy: anyName().Draw(t, "strategy"), MonthlyCost: anyNumber().Draw(t, "cost")})
		}
		for range rapid.IntRange(0, 30).Draw(t, "inputs") {
			in := record.InputEffect{Key: anyKey().Draw(t, "key"), Low: rapid.Float64Range(0, 1e6).Draw(t, "low"), High: rapid.Float64Range(0, 1e6).Draw(t, "high"), TotalShare: anyNumber().Draw(t, "total"), Worth: anyNumber().Draw(t, "worth"),
				KeepingShare: anyShare().Draw(t, "keeping"), DifferenceAtLow: anyNumber().Draw(t, "difference at low"), DifferenceAtHigh: anyNumber().Draw(t, "difference at high")}
			for i := range s.Stated {
				in.Costs = append(in.Costs, record.CostRange{Strategy: s.Stated[i].Strategy, AtLow: anyNumber().Draw(t, "at low"), AtHigh: anyNumber().Draw(t, "at high")})
			}
			if rapid.Bool().Draw(t, "flips") {
				in.Flips = []record.Flip{{At: rapid.Float64Range(0, 1e6).Draw(t, "at"), To: reporttest.Ptr(anyName().Draw(t, "to"))}}
			}
			s.Inputs = append(s.Inputs, in)
		}
		return s
	})
}

func anyKey() *rapid.Generator[string] {
	return rapid.OneOf(anyName(), rapid.Custom(func(t *rapid.T) string {
		return "channels." + anyName().Draw(t, "channel") + rapid.SampledFrom([]string{".latency", ".errors.region.rate", ".errors.unusable.rate", ".price", ""}).Draw(t, "what")
	}))
}

// anyMap is a map as an engine may hand it over, with holes and odd numbers, or unfit to be drawn.
func anyMap() *rapid.Generator[*record.BreakEvenMap] {
	return rapid.Custom(func(t *rapid.T) *record.BreakEvenMap {
		axis := func(name string, scales []float64) []float64 {
			v, scale := []float64{}, rapid.SampledFrom(scales).Draw(t, name+" scale")
			at := rapid.SampledFrom([]float64{0, 1, 1, 1}).Draw(t, name+" start") * scale
			for range rapid.IntRange(0, 8).Draw(t, name+" points") {
				v = append(v, at)
				at += scale * rapid.SampledFrom([]float64{0, 1, 1, 1, 1, 10}).Draw(t, name+" step")
			}
			return v
		}
		m := &record.BreakEvenMap{Strategy: anyName().Draw(t, "strategy"), Against: anyName().Draw(t, "against"), Resolution: anyName().Draw(t, "resolution"),
			Channel: anyName().Draw(t, "channel"), Failure: rapid.SampledFrom([]string{"region", "submit", "job", "unusable", ""}).Draw(t, "failure"),
			Seconds: axis("seconds", []float64{1, 1, 0.01, 1e-300, 1e6, 1e300}), Rates: axis("rates", []float64{0.01, 0.01, 0.1, 1e-12, 1e-300, 1e5})}
		tilt := rapid.SampledFrom([]float64{0, 0.1, -0.1, 1e12, 1e-300}).Draw(t, "tilt")
		for range m.Rates {
			row := make([]*float64, 0, len(m.Seconds))
			for i := range m.Seconds {
				if v := anyNumber().Draw(t, "saving"); v == nil || *v < 200 {
					row = append(row, v)
				} else { // mostly a plain slope
					row = append(row, reporttest.Ptr(tilt*(float64(i)-2.5)))
				}
			}
			m.Saving = append(m.Saving, row)
		}
		if rapid.IntRange(0, 9).Draw(t, "short") == 0 && len(m.Saving) > 0 {
			m.Saving = m.Saving[1:]
		}
		number := func(name string) float64 {
			if v := anyNumber().Draw(t, name); v != nil {
				return *v
			}
			return 0
		}
		m.Workload = record.MapBox{SecondsLow: number("from"), SecondsHigh: number("to"), RateLow: number("rarest") / 1000, RateHigh: number("likeliest") / 1000}
		if rapid.Bool().Draw(t, "on the map") && len(m.Seconds) > 1 && len(m.Rates) > 1 {
			m.Workload = record.MapBox{SecondsLow: m.Seconds[0], SecondsHigh: m.Seconds[1], RateLow: m.Rates[0], RateHigh: m.Rates[len(m.Rates)-1]}
		}
		return m
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
		if rapid.Bool().Draw(t, "mapped") {
			run.Map = anyMap().Draw(t, "map")
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
					Metric: rapid.SampledFrom([]string{"in_time", "delivered", "p95", "cost", ""}).Draw(t, "metric"),
					Text:   rapid.SampledFrom([]string{"in_time >= 96%", "delivered >= 99%", "p95 <= 4m", "cost <= $1", ""}).Draw(t, "text"), Holds: rapid.Bool().Draw(t, "holds"), HoldsAsStated: rapid.Bool().Draw(t, "as stated")})
			}
		}
		if rapid.Bool().Draw(t, "won") {
			v.Winner = reporttest.Ptr(rapid.SampledFrom(names).Draw(t, "winner"))
		}
		if rapid.Bool().Draw(t, "nobody") {
			v.Closest, v.MeasureFirst = reporttest.Ptr(rapid.SampledFrom(names).Draw(t, "closest")), reporttest.Ptr("channels."+anyName().Draw(t, "measured")+".latency")
		}
		if rapid.Bool().Draw(t, "led") {
			v.Candidate = reporttest.Ptr(rapid.SampledFrom(names).Draw(t, "candidate"))
			v.ProbabilityBest, v.Draws = map[string]float64{names[0]: 0.3, names[len(names)-1]: 0.7}, 64
		}
		if rapid.IntRange(0, 3).Draw(t, "exclusion") == 0 {
			v.Excluded, v.ExclusionCost = []string{anyName().Draw(t, "excluded")}, anyNumber().Draw(t, "exclusion cost")
		}
		v.Minimise = rapid.SampledFrom([]string{"cost", "p95", ""}).Draw(t, "minimise")
		return run
	})
}

// yielding are the charts that shed what has no room in a low box.
var yielding = []string{"cost-latency.png", "break-even.png", "tornado.png"}

// squeezed lists what goes wrong where a figure gets a box of that size, beside others.
func squeezed(f *figure, width, height vg.Length) []string {
	p := &canvas.Page{Canvas: &recorder.Canvas{}, Width: width + 100, Height: height + 100, Dpi: 36}
	body := vg.Rectangle{Min: vg.Point{X: 50, Y: 50}, Max: vg.Point{X: 50 + width, Y: 50 + height}}
	if err := f.Paint(p, body); err != nil {
		return []string{err.Error()}
	}
	found := collisions(p)
	for _, w := range p.Texts {
		if !canvas.Within(canvas.Grow(body, 1), w.Box) {
			found = append(found, fmt.Sprintf("outside its box: %q, %v in %v", w.Text, w.Box, body))
		}
	}
	return found
}

// Whatever an engine hands over, every report is made, and no chart cuts a text or puts two on one place.
func TestAnyRunRenders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		run := anyRun().Draw(t, "run")
		p, words, err := onePage(run)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range collisions(p) {
			t.Errorf("%s: %s", pageFile, c)
		}
		charts := []canvas.Picture{{File: pageFile, Title: words, Alt: words}}
		for _, k := range kinds {
			f := k.of(run, canvas.BodyWidth)
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
			width, height := int(frameWidth), rapid.IntRange(190, 230).Draw(t, "height of a quarter")
			if slices.Contains(yielding, k.file) {
				width, height = rapid.IntRange(400, 600).Draw(t, "width of a box"), rapid.IntRange(110, 300).Draw(t, "height of a box")
			}
			for _, c := range squeezed(k.of(run, frameWidth), vg.Length(width), vg.Length(height)) {
				t.Errorf("%s in a box of %d by %d: %s", k.file, width, height, c)
			}
			charts = append(charts, canvas.Picture{File: k.file, Title: f.Title(), Alt: f.Alt()})
		}
		for _, fault := range crammed(t, run) {
			t.Error(fault)
		}
		var txt, md strings.Builder
		if err := text.Terminal(&txt, run, text.Options{Width: rapid.IntRange(0, 200).Draw(t, "width")}); err != nil {
			t.Error(err)
		}
		if err := text.Screen(&txt, run, text.ScreenOptions{Exact: true, Call: view.Call{Scenario: "s"}}); err != nil {
			t.Error(err)
		}
		if err := text.Markdown(&md, run, charts, text.MarkdownOptions{}); err != nil {
			t.Error(err)
		}
		if md.Len() >= text.MarkdownRoom {
			t.Errorf("Markdown has %d characters", md.Len())
		}
		for _, bad := range []string{"NaN", "+Inf"} {
			if strings.Contains(txt.String(), bad) || strings.Contains(md.String(), bad) {
				t.Errorf("a report holds %q", bad)
			}
		}
	})
}
