package replay

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"channelbench/bench/recording"
	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/sim/exact"
)

const (
	reverse    = 0
	forwarding = 1
)

// troubled is a world of frequent errors of every kind, where orders are independent.
func troubled(seed uint64, orders int) *world.Model {
	m := &world.Model{
		Seed: seed, Orders: orders, Promise: 3 * time.Minute, Deadline: 8 * time.Minute,
		Classes: []world.Class{
			{Name: "short", Share: 0.6, Clip: channel.Clip{Seconds: 5, Resolution: "720p"}},
			{Name: "long", Share: 0.4, Clip: channel.Clip{Seconds: 10, Resolution: "720p"}},
		},
		Costs: world.Costs{Fixed: make([]money.Micros, 2)},
	}
	jobs := []world.Job{
		{Makes: true, Clip: m.Classes[0].Clip, Service: dist.NewLogNormal(60, 0.5)},
		{Makes: true, Clip: m.Classes[1].Clip, Service: dist.NewLogNormal(110, 0.5)},
	}
	second := dist.NewLogNormal(1, 0.3)
	m.Channels = []world.Channel{
		{Name: "reverse", Jobs: jobs, SubmitTakes: second,
			Price: &channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: 120_000}},
			Errors: world.Errors{
				By: world.ByReason{channel.Moderation: {Rate: 0.06, Takes: second},
					channel.Region: {Rate: 0.15, Takes: dist.NewLogNormal(6, 0.6)},
					channel.Submit: {Rate: 0.1}, channel.Lost: {Rate: 0.03, Takes: dist.Constant(20)},
					channel.Job: {Rate: 0.1, Billed: 0.5}, channel.BadClip: {Rate: 0.08}, channel.Download: {Rate: 0.05}},
			}},
		{Name: "forwarding", Jobs: jobs, SubmitTakes: second,
			Price: &channel.Price{Shape: channel.PerSecond, Units: map[string]money.Micros{channel.Any: 85_000}},
			Errors: world.Errors{By: world.ByReason{channel.Moderation: {Rate: 0.04}, channel.Submit: {Rate: 0.1},
				channel.Job: {Rate: 0.05}}}},
	}
	return m
}

// trying is a strategy of so many attempts on each channel, one after the other.
func trying(name string, m *world.Model, steps ...[2]int) *policy.Strategy {
	s := &policy.Strategy{Name: name}
	for range m.Classes {
		r := policy.Route{Deadline: m.Deadline}
		for _, step := range steps {
			r.Steps = append(r.Steps, policy.Step{
				Channel: step[0], Attempts: step[1], Poll: 10 * time.Second, OnAmbiguous: policy.NextStep,
				Backoff: policy.Backoff{Growth: policy.ExponentialBackoff, Base: 2 * time.Second, Factor: 2, Low: 0.5, High: 1.5},
				RetryOn: policy.SetOf(channel.Region, channel.Submit, channel.Job, channel.BadClip),
			})
		}
		s.Routes = append(s.Routes, r)
	}
	return s
}

// eighths are the time blocks of a month.
func eighths(at time.Duration) int { return min(int(at/(world.Month/8)), 7) }

// TestAgreesWithTheClosedForm replays many small recordings of the simulator and holds the means of their
// figures against the exact ones of the strategy: five standard errors, which come from the spread of the
// recordings. What remains is bias.
func TestAgreesWithTheClosedForm(t *testing.T) {
	var (
		hybrid  = [][2]int{{reverse, 3}, {forwarding, 2}}
		apart   = [][][2]int{{{reverse, 3}}, {{forwarding, 2}}}
		sticky  = []world.Weighted{{Weight: 0.9, Rate: 0.02}, {Weight: 0.1, Rate: 0.9}}
		oneTime = [][][2]int{{{reverse, 1}}, {{forwarding, 1}}}
	)
	for _, tt := range []struct {
		name          string
		seeds, orders int
		regions       []world.Weighted
		driven        [][][2]int
		replayed      [][2]int
	}{
		{"hybrid from both alone", 200, 100, nil, apart, hybrid},
		{"hybrid from both alone, by orders that meet bad regions again and again", 200, 100, sticky, apart, hybrid},
		{"hybrid from single attempts", 200, 100, nil, oneTime, hybrid},
		{"reverse from hybrid", 100, 200, nil, [][][2]int{hybrid}, apart[0]},
		{"forwarding, which was only the fallback", 100, 200, nil, [][][2]int{hybrid}, apart[1]},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var all []figures
			var want figures
			for seed := range tt.seeds {
				m := troubled(uint64(seed), tt.orders)
				m.Channels[reverse].Errors.RegionMix = tt.regions
				s := trying("replayed", m, tt.replayed...)
				if seed == 0 {
					want = solved(t, m, s)
				}
				var driven []*policy.Strategy
				for _, steps := range tt.driven {
					driven = append(driven, trying("driven", m, steps...))
				}
				orders, err := Orders(Options{Strategy: s, Channels: names(m), Model: m, Recorded: simulated(t, m, driven...),
					Block: eighths, Times: 2, Seed: uint64(seed)})
				if err != nil {
					t.Fatal(err)
				}
				if len(orders) != 2*tt.orders {
					t.Fatalf("%d orders, want %d (seed %d)", len(orders), 2*tt.orders, seed)
				}
				all = append(all, measured(orders, m, want))
			}
			compare(t, all, want)
		})
	}
}

// figures are per order. Those of latency are the shares within the exact median and tail, the p95 or else the p80: a
// sample's own quantiles are biased where it is small.
type figures struct {
	delivered, inTime, charge, fallback, attempts, withinP50, withinTail float64
	p50, tail                                                            float64 // seconds
}

func (f *figures) rows() []float64 {
	return []float64{f.delivered, f.inTime, f.charge, f.fallback, f.attempts, f.withinP50, f.withinTail}
}

var rowNames = []string{"delivered", "in time", "charge", "fallback", "attempts", "within p50", "within tail"}

func solved(t *testing.T, m *world.Model, s *policy.Strategy) figures {
	t.Helper()
	a, err := exact.Solve(m, s, make([]bool, len(m.Channels)), exact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	f := figures{delivered: a.Delivered, inTime: a.InTime, charge: a.ChargePerOrder, fallback: a.Fallback,
		attempts: a.Attempts}
	f.p50, _ = a.Quantile(0.5)
	tail := 0.95
	if a.Delivered < tail {
		tail = 0.8
	}
	f.tail, _ = a.Quantile(tail)
	f.withinP50, f.withinTail = a.CDF(f.p50), a.CDF(f.tail)
	return f
}

func measured(orders []recording.Order, m *world.Model, want figures) figures {
	var f figures
	each := 1 / float64(len(orders))
	for i := range orders {
		o := &orders[i]
		f.charge += o.Charge().Dollars() * each
		f.attempts += float64(len(o.Attempts)) * each
		if o.FellBack() {
			f.fallback += each
		}
		if !o.Delivered {
			continue
		}
		f.delivered += each
		if o.Latency <= m.Promise {
			f.inTime += each
		}
		if o.Latency.Seconds() <= want.p50 {
			f.withinP50 += each
		}
		if o.Latency.Seconds() <= want.tail {
			f.withinTail += each
		}
	}
	return f
}

func compare(t *testing.T, all []figures, want figures) {
	t.Helper()
	n := float64(len(all))
	for i, exactly := range want.rows() {
		sum, squares := 0.0, 0.0
		for k := range all {
			v := all[k].rows()[i]
			sum += v
			squares += v * v
		}
		mean := sum / n
		standard := math.Sqrt(max(0, squares/n-mean*mean) / (n - 1))
		off := mean - exactly
		t.Logf("%-11s replayed %.4f, exact %.4f: off by %+.4f, %.1f standard errors", rowNames[i], mean, exactly, off,
			off/max(standard, 1e-12))
		if math.Abs(off) > 5*standard+1e-12 {
			t.Errorf("%s is off by %v, five standard errors are %v (seeds 0 to %d)", rowNames[i], off, 5*standard, len(all)-1)
		}
	}
}

// TestReplaysItself: a strategy that is answered by its own attempts, with a time block for each of them, takes the
// very same course, retries, polls, deadlines and all.
func TestReplaysItself(t *testing.T) {
	for seed := range uint64(5) {
		m := troubled(seed, 300)
		m.Deadline = 4 * time.Minute // abandons some
		hybrid := trying("hybrid", m, [2]int{reverse, 3}, [2]int{forwarding, 2})
		recorded := simulated(t, m, hybrid)
		var submits []time.Duration
		abandoned, retried := 0, 0
		for i := range recorded {
			for k := range recorded[i].Attempts {
				a := &recorded[i].Attempts[k]
				submits = append(submits, a.Submitted)
				if a.Outcome == channel.Abandoned {
					abandoned++
				}
				retried += min(k, 1)
			}
		}
		slices.Sort(submits)
		block := func(at time.Duration) int {
			i, found := slices.BinarySearch(submits, at)
			if !found {
				i--
			}
			return i
		}
		got, err := Orders(Options{Strategy: hybrid, Channels: names(m), Model: m, Recorded: recorded, Block: block, Times: 1,
			Seed: 7})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(recorded, got); diff != "" {
			t.Fatalf("seed %d: recorded (-) and replayed (+) differ:\n%s", seed, diff)
		}
		if abandoned == 0 || retried == 0 {
			t.Errorf("seed %d: %d attempts were abandoned, %d were retries; want some of each", seed, abandoned, retried)
		}
	}
}
