package bench

import (
	"fmt"
	"math"
	"testing"
	"testing/synctest"

	"channelbench/bench/mockchannel"
	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
	"channelbench/sim/event"
)

// limited is a channel with limits, and orders that come at a rate.
const limited = `
[workload]
orders_per_month = 1000
deadline = "15m"
[[workload.videos]]
name = "clip"
share = "100%%"
seconds = 8
resolution = "720p"
[channels.reverse]
kind = "reverse"
protocol = "openai-videos-reverse"
base_url = "https://api.example.com/v1"
key_env = "R_KEY"
model = "m"
poll = "5s"
price = { per_call = "$0.12", as_of = 2026-11-01, source = "made up" }
latency = { shape = "constant", base = "58s" }
limits = { %s, takes = "0.4s" }
[strategies.reverse]
steps = [{ channel = "reverse", attempts = %d }]
[retry]
backoff = { kind = "constant", base = "2s", jitter = "none" }
[bench]
orders = 300
rate = "%d/h"
stop = "none"
`

// TestSimulationAndBenchAgreeOnLimits offers channels with limits less and more than they take: the simulation and a
// bench of the same arrivals deliver the same share, and take as long, within three standard errors.
func TestSimulationAndBenchAgreeOnLimits(t *testing.T) {
	for _, limits := range []struct {
		text  string
		takes float64 // orders an hour
	}{
		{"requests_per_minute = 2", 120},
		{"requests_per_minute = 4", 240},
		{"requests_per_minute = 15", 900},
		{"concurrent = 3", 3 * 3600 / 58.0},
		{"concurrent = 5, queue = 3", 5 * 3600 / 58.0},
	} {
		for _, load := range []float64{0.8, 1.5} {
			for _, attempts := range []int{2, 1}[:proof.Size(1, 2)] {
				name := fmt.Sprintf("%s, load %v, %d attempts", limits.text, load, attempts)
				t.Run(name, func(t *testing.T) {
					s, _, err := scenario.Load("limited.toml",
						fmt.Appendf(nil, limited, limits.text, attempts, int(load*limits.takes)), scenario.Options{})
					if err != nil {
						t.Fatal(err)
					}
					synctest.Test(t, func(t *testing.T) {
						o, _ := onMock(t, s, mockchannel.Options{})
						run, err := Run(t.Context(), s, o)
						if err != nil {
							t.Fatal(err)
						}
						agrees(t, s, figuresOf(t, run, "reverse"))
					})
				})
			}
		}
	}
}

// agrees holds what a bench delivered, and its median, to the simulation of the same arrivals.
func agrees(t *testing.T, s *scenario.Scenario, benched record.Strategy) {
	t.Helper()
	c, err := s.Compile()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range schedule(s, &c.Model, []int{0}, 1) {
		c.Model.Trace = append(c.Model.Trace, o.At)
	}
	c.Model.Orders, c.Model.Process = s.Bench.Orders, world.Traced
	engine, err := event.New(&c.Model, &c.Strategies[0])
	if err != nil {
		t.Fatal(err)
	}
	tally := engine.Month(0)
	n := float64(s.Bench.Orders)
	p := float64(tally.Delivered) / n
	if got := float64(benched.Delivered) / n; math.Abs(got-p) > 3*math.Sqrt(max(p*(1-p), 1/n)/n) {
		t.Errorf("seed %d: the bench delivers %.3f, the simulation %.3f", s.Seed, got, p)
	}
	// A median lies within a quantile's error of another: that many orders are above it, more or less.
	got, low, high := math.Inf(1), 0.0, math.Inf(1)
	if benched.LatencySeconds.P50.Value != nil {
		got = *benched.LatencySeconds.P50.Value
	}
	error := 3 * 0.5 / math.Sqrt(n)
	low, _ = tally.Latencies.Quantile(0.5-error, tally.Orders)
	if q, ok := tally.Latencies.Quantile(0.5+error, tally.Orders); ok {
		high = q
	}
	if got < low-1 || got > high+1 {
		t.Errorf("seed %d: the bench's median is %.1f s, the simulation's %.1f to %.1f s", s.Seed, got, low, high)
	}
	t.Logf("seed %d: delivered %d and %d of %.0f, p50 %.1f s in %.1f to %.1f s", s.Seed, benched.Delivered,
		tally.Delivered, n, got, low, high)
}
