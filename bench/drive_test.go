package bench

import (
	"math"
	"testing"
	"testing/synctest"

	"channelbench/bench/mockchannel"
	"channelbench/internal/history"
)

// What a night is made of agrees with the figures of the run that it is from.
func TestCountsAgreeWithFigures(t *testing.T) {
	const orders = 120
	synctest.Test(t, func(t *testing.T) {
		s := benchable(t, "starter", orders, `bench.run=["reverse","hybrid"]`, `bench.rate="60/min"`,
			`channels.reverse.errors.region={ rate = "20%" }`, `gates={p95="+15%"}`)
		o, _ := onMock(t, s, mockchannel.Options{})
		run, err := Run(t.Context(), s, o)
		if err != nil {
			t.Fatal(err)
		}
		d := run.Drive
		if d == nil || d.Channels != "mock" || d.Planned != 2*orders || d.Cut != 0 || *d.SendLagP99 > 0.01 ||
			math.Abs(*d.Rate / *d.PlannedRate - 1) > 0.001 {
			t.Errorf("%+v", d)
		}
		if len(d.Gates) != 1 || d.Gates[0].Metric != "p95" || d.Gates[0].Change != 0.15 || d.Poll["reverse"] == 0 {
			t.Errorf("gates %v, polls %v", d.Gates, d.Poll)
		}
		for _, name := range []string{"reverse", "hybrid"} {
			f := figuresOf(t, run, name)
			c := f.Counts
			near := func(what string, got int64, per *float64) {
				if math.Abs(float64(got)-*per*orders) > 1e-6 {
					t.Errorf("%s: %d %s, and %v by the figures", name, got, what, *per*orders)
				}
			}
			near("attempts", c.Attempts, f.AttemptsPerOrder.Value)
			near("in time", c.InTime, f.InTimeShare.Value)
			near("fallbacks", c.Fallbacks, f.FallbackShare.Value)
			if c.Retries == 0 || c.Errors["region"] == 0 || c.Retries+c.Fallbacks+orders != c.Attempts && name == "reverse" {
				t.Errorf("%s: %+v", name, c)
			}
			if !(*f.LatencySeconds.P50.Value <= *c.P90.Value && *c.P90.Value <= *f.LatencySeconds.P95.Value) {
				t.Errorf("%s: p90 of %v is not between p50 and p95", name, *c.P90.Value)
			}
			sum, delivered, cost := int64(0), int64(0), 0.0
			for _, b := range c.Batches {
				sum, delivered, cost = sum+b.Orders, delivered+b.Delivered, cost+b.CostUSD
			}
			if len(c.Batches) != 10 || sum != orders || delivered != f.Delivered ||
				math.Abs(cost-*f.CostPerOrder.Value*orders) > 1e-4 {
				t.Errorf("%s: batches of %d orders, %d delivered, %v dollars", name, sum, delivered, cost)
			}
		}
		nights, err := history.Nights(run, "here")
		if err != nil || len(nights) != len(run.Strategies) {
			t.Errorf("%d nights, %v", len(nights), err)
		}
	})
}
