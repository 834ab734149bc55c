package sim_test

import (
	"math"
	"testing"

	"channelbench/internal/record"
	"channelbench/sim"
)

// packs is a channel that is paid in advance and never fails, and one beside it that is seldom needed.
const packs = `
[workload]
orders_per_month = 100
deadline = "30m"
[[workload.videos]]
name = "short"
share = "100%"
seconds = 5
resolution = "720p"
[channels.kling]
kind = "direct"
price = { per_unit = { unit = "unit", prepaid = { pays = "$700.00", units = 5000, expires = "180d" }, per_call = 3 } }
latency = { base = "60s", sigma = 0.3 }
[channels.relay]
kind = "forwarding"
price = { per_call = "$0.50" }
latency = { base = "60s", sigma = 0.3 }
[strategies.direct]
steps = [{ channel = "kling" }]
[strategies.relay]
steps = [{ channel = "relay" }]
`

// TestPrepaidUnits: a month costs the units that are used and the share of the packs that expires, by hand, in the
// simulation and in the closed form alike.
func TestPrepaidUnits(t *testing.T) {
	const tiers = `channels.kling.price.per_unit.prepaid=[{ pays = "$700.00", units = 5000, expires = "180d" },
		{ pays = "$5,670.00", units = 45_000, expires = "180d" }]`
	for _, tt := range []struct {
		name           string
		set            []string
		month, charged float64
	}{
		{"300 units a month of 833", nil, 700.0 / 6, 42},
		{"of which half fail and aren't billed", []string{"channels.kling.errors.job.rate=50%", "retry.retry_on=[]"},
			700.0 / 6, 21},
		{"900 units a month", []string{"workload.orders_per_month=300"}, 126, 126},
		{"packs that never expire", []string{`channels.kling.price.per_unit.prepaid={ pays = "$700.00", units = 5000 }`},
			42, 42},
		{"15 % off", []string{`channels.kling.price.discount=15%`}, 0.85 * 700 / 6, 35.7},
		{"tiers, of which the smaller is cheaper", []string{tiers, "workload.orders_per_month=300"}, 126, 113.4},
		{"tiers, of which the larger is cheaper", []string{tiers, "workload.orders_per_month=2_500"}, 945, 945},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := load(t, packs, tt.set...)
			run, err := sim.Run(t.Context(), s, sim.Options{Months: 40})
			if err != nil {
				t.Fatal(err)
			}
			direct := strategyOf(t, run, "direct")
			near := func(what string, got, want float64) {
				if slack := 5 * scatter(direct.MonthlyCost.Figure); math.Abs(got-want) > slack+1e-6*want {
					t.Errorf("%s: %v, want %v", what, got, want)
				}
			}
			near("a month", *direct.MonthlyCost.Value, tt.month)
			near("a month by the closed form", direct.Exact.CostPerOrder*float64(s.Workload.OrdersPerMonth), tt.month)
			near("charged", direct.SpendByChannel["kling"], tt.charged)
			near("unused", direct.HandlingPerMonth, tt.month-tt.charged)
			parts := 0.0
			for _, x := range direct.Spend {
				parts += x.USD
			}
			near("all parts", parts, *direct.MonthlyCost.Value)
			near("the last day", direct.Days[len(direct.Days)-1].P50, tt.month)
			if relay := strategyOf(t, run, "relay"); relay.HandlingPerMonth != 0 {
				t.Errorf("the relay has handling of %v", relay.HandlingPerMonth)
			}
		})
	}
}

// TestPrepaidUnitsWithoutClosedForm: slots are limits, of which there is none.
func TestPrepaidUnitsWithoutClosedForm(t *testing.T) {
	s := load(t, packs, `channels.kling.price.per_unit.prepaid.slots=20`, `channels.kling.price.range=["50%", "200%"]`)
	if got := s.Channels[0].Limits.Concurrent; got != 20 {
		t.Fatalf("%d run at once", got)
	}
	run, err := sim.Run(t.Context(), s, sim.Options{Months: 10})
	if err != nil {
		t.Fatal(err)
	}
	direct := strategyOf(t, run, "direct")
	if got := *direct.MonthlyCost.Value; direct.Exact != nil || math.Abs(got-700.0/6) > 1e-6 {
		t.Errorf("a month costs %v, by the closed form %v", got, direct.Exact)
	}
	price := exploredInput(t, run, "channels.kling.price")
	low, high := *price.Costs[0].AtLow, *price.Costs[0].AtHigh
	if math.Abs(low-350.0/6) > 1e-6 || math.Abs(high-1400.0/6) > 1e-6 {
		t.Errorf("a month costs %v to %v over the range of the price", low, high)
	}
}

// strategyOf is a strategy of a run.
func strategyOf(t *testing.T, run *record.Run, name string) *record.Strategy {
	t.Helper()
	for i := range run.Strategies {
		if run.Strategies[i].Name == name {
			return &run.Strategies[i]
		}
	}
	t.Fatalf("no strategy %s", name)
	return nil
}

// scatter is the standard error behind a figure's interval.
func scatter(f record.Figure) float64 { return (*f.High - *f.Low) / 4 }
