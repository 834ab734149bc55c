package chart

import (
	"encoding/json"
	"math"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/reports/canvas"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

// namedRuns are what a run may be at its extremes, each with figures for every chart that can be drawn of it. Random
// ones are in TestAnyRunRenders.
var namedRuns = []struct {
	name    string
	run     func() *record.Run
	missing []string // charts that there is nothing to draw of
}{
	{"one strategy", func() *record.Run {
		run := full()
		run.Strategies, run.Sensitivity.Against = run.Strategies[1:2], nil
		return run
	}, nil},
	{"twenty strategies", func() *record.Run {
		run := paidForCrowd()
		for i, s := range crowd().Strategies {
			run.Strategies[i].Days, run.Strategies[i].OverBudget = s.Days, s.OverBudget
		}
		run.Scenario.BudgetUSD, run.Sensitivity, run.Map, run.Timeline = reporttest.Ptr(7400.0), reporttest.Explored(),
			flatOrBySecond(0.085), channels().Timeline
		run.Map.Strategy, run.Map.Against = run.Strategies[2].Name, run.Strategies[5].Name
		return run
	}, nil},
	{"nothing delivered", func() *record.Run {
		run := full()
		for i := range run.Strategies {
			s := &run.Strategies[i]
			s.Delivered, s.CostPerDelivered, s.LatencyCDF, s.LatencySeconds = 0, record.Figure{}, nil, record.Latency{}
			s.DeliveredShare, s.InTimeShare = record.Figure{Value: reporttest.Ptr(0.0), Low: reporttest.Ptr(0.0),
				High: reporttest.Ptr(0.1)}, record.Figure{Value: reporttest.Ptr(0.0)}
		}
		for _, row := range run.Map.Saving {
			clear(row)
		}
		for _, c := range run.Timeline.Channels {
			for i := range c.Bins {
				c.Bins[i] = record.TimelineBin{From: c.Bins[i].From, Outcomes: map[string]int{"submit": 3}}
			}
		}
		return run
	}, []string{"break-even.png", "cost-latency.png"}},
	{"one order", func() *record.Run {
		run := full()
		run.Mode, run.Orders, run.Months = "bench", 1, 0
		for i := range run.Strategies {
			s := &run.Strategies[i]
			s.Engine, s.Orders, s.Delivered, s.LatencyCDF = "live", 1, 1, []record.Point{{Seconds: 95, Share: 1}}
			for _, f := range []*record.Figure{&s.DeliveredShare, &s.InTimeShare} {
				*f = record.Figure{Value: reporttest.Ptr(1.0), Low: reporttest.Ptr(0.025), High: reporttest.Ptr(1.0)}
			}
			for _, f := range []*record.Figure{&s.CostPerDelivered, &s.LatencySeconds.P50, &s.LatencySeconds.P95} {
				f.Low, f.High = nil, nil
			}
		}
		for i := range run.Timeline.Channels {
			c := &run.Timeline.Channels[i]
			c.Bins = []record.TimelineBin{{Outcomes: map[string]int{"delivered": 1}, MedianSeconds: reporttest.Ptr(95.0)}}
		}
		return run
	}, nil},
	{"huge values", func() *record.Run { return scaled(full(), 1e9, 1e6) }, nil},
	{"tiny values", func() *record.Run { return scaled(full(), 1e-9, 1e-6) }, nil},
	{"long names", func() *record.Run {
		return renamed(full(), strings.Repeat("a-very-long-name-", 12)+"1", strings.Repeat("a-very-long-name-", 12)+"2",
			strings.Repeat("unbroken", 30))
	}, nil},
	{"non-Latin names", func() *record.Run {
		return renamed(full(), "官方转发渠道", "混合策略（先反向后转发）", "неофициальный канал")
	}, nil},
	{"nobody qualifies", func() *record.Run {
		run := full()
		run.Verdict = record.Verdict{Minimise: "cost", Draws: 1, Sentence: "No strategy meets in_time >= 99.9%."}
		reporttest.Require(run, 0.9999, "in_time >= 99.99%")
		return run
	}, nil},
}

// scaled is a run in which all money and all times are so many times what they are.
func scaled(run *record.Run, money, time float64) *record.Run {
	var walk func(v any, factor float64) any
	walk = func(v any, factor float64) any {
		switch v := v.(type) {
		case float64:
			return v * factor
		case []any:
			for i := range v {
				v[i] = walk(v[i], factor)
			}
		case map[string]any:
			for key, of := range v {
				f := factor
				switch {
				case strings.Contains(key, "share"), strings.Contains(key, "probability"), strings.Contains(key, "draws"),
					key == "outcomes", key == "day":
					f = 1
				case strings.Contains(key, "seconds"):
					f = time
				case strings.Contains(key, "usd"), strings.Contains(key, "saving"), strings.Contains(key, "difference"),
					key == "days", key == "spend", key == "worth":
					f = money
				}
				v[key] = walk(of, f)
			}
		}
		return v
	}
	return rewritten(run, func(text string) string {
		var all any
		if err := json.Unmarshal([]byte(text), &all); err != nil {
			panic(err)
		}
		out, err := json.Marshal(walk(all, 1))
		if err != nil {
			panic(err)
		}
		return string(out)
	})
}

// renamed is a run with other names of strategies and channels.
func renamed(run *record.Run, forwarding, hybrid, reverse string) *record.Run {
	return rewritten(run, strings.NewReplacer(`"name":"forwarding"`, `"name":"`+forwarding+`"`, `"hybrid"`, `"`+hybrid+`"`,
		`"name":"reverse"`, `"name":"`+reverse+`"`,
		`"strategy":"reverse"`, `"strategy":"`+reverse+`"`, `"against":"forwarding"`, `"against":"`+forwarding+`"`,
		`"channel":"forwarding"`, `"channel":"`+forwarding+`"`, `"channel":"reverse"`, `"channel":"`+reverse+`"`,
		`channels.reverse`, `channels.`+reverse).Replace)
}

// rewritten is a run whose JSON is changed.
func rewritten(run *record.Run, change func(string) string) *record.Run {
	text, err := json.Marshal(run)
	if err != nil {
		panic(err)
	}
	var changed record.Run
	if err := json.Unmarshal([]byte(change(string(text))), &changed); err != nil {
		panic(err)
	}
	for i := range changed.Strategies { // kinds were renamed, too
		changed.Strategies[i].Kind = run.Strategies[i].Kind
	}
	return &changed
}

// Every chart of such a run has its texts apart and inside, on a page of its own, in a quarter of a page, and side by
// side with another run.
func TestNamedRunsRender(t *testing.T) {
	for _, c := range namedRuns {
		t.Run(c.name, func(t *testing.T) {
			run := c.run()
			for _, k := range kinds {
				f := k.of(run, canvas.BodyWidth)
				if absent := slices.Contains(c.missing, k.file); (f == nil) != absent {
					t.Errorf("%s: drawn %t", k.file, f != nil)
				}
				if f == nil {
					continue
				}
				p, err := f.alone()
				if err != nil {
					t.Fatal(err)
				}
				for _, fault := range append(collisions(p), squeezed(k.of(run, frameWidth), frameWidth, 190)...) {
					t.Errorf("%s: %s", k.file, fault)
				}
				if n := len(p.Texts); n < 6 {
					t.Errorf("%s: only %d texts", k.file, n)
				}
			}
			night := c.run()
			night.Mode, night.Months, night.Started = "bench", 0, "2026-11-28T02:00:00Z"
			later := c.run()
			later.Mode, later.Months, later.Started = "bench", 0, "2026-11-29T02:00:00Z"
			figures := sideBySide(view.NewSet([]view.Labelled{{Label: "sim", Run: run}, {Label: "night", Run: night},
				{Label: "another night", Run: later}}))
			if len(figures) < 2 {
				t.Errorf("%d charts of runs side by side", len(figures))
			}
			for _, f := range figures {
				p, err := f.alone()
				if err != nil {
					t.Fatal(err)
				}
				for _, fault := range collisions(p) {
					t.Errorf("%s: %s", f.file, fault)
				}
			}
		})
	}
}

// The extremes are what they are called.
func TestNamedRunsAreExtreme(t *testing.T) {
	was := full().Strategies[0]
	for factor, run := range map[float64]*record.Run{1e9: scaled(full(), 1e9, 1e6), 1e-9: scaled(full(), 1e-9, 1e-6)} {
		got := run.Strategies[0]
		if a, b := *got.CostPerDelivered.Value, *was.CostPerDelivered.Value*factor; math.Abs(a/b-1) > 1e-9 {
			t.Errorf("a clip costs %v, want %v", a, b)
		}
		if *got.DeliveredShare.Value != *was.DeliveredShare.Value ||
			*got.LatencySeconds.P95.Value == *was.LatencySeconds.P95.Value {
			t.Errorf("delivered %v, 95%% within %v", *got.DeliveredShare.Value, *got.LatencySeconds.P95.Value)
		}
	}
}
