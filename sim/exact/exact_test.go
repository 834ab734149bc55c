package exact_test

import (
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/exact"
)

func solve(t *testing.T, m *world.Model, s *policy.Strategy) *exact.Answer {
	t.Helper()
	a, err := exact.Solve(m, s, make([]bool, len(m.Channels)), exact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// digits fails unless got agrees with want to six significant digits.
func digits(t *testing.T, what string, got, want float64) {
	t.Helper()
	if math.Abs(got/want-1) > 0.5e-6 {
		t.Errorf("%s = %.9g, want %.9g", what, got, want)
	}
}

// TestRefV1 holds the reference model against figures computed elsewhere, by FFT on a grid of 0.02 s.
func TestRefV1(t *testing.T) {
	m := worldtest.RefV1(1)
	reverse := solve(t, m, worldtest.Strategy("reverse", m, 0, worldtest.Reverse))
	digits(t, "delivered", reverse.Delivered, 0.9999917)
	digits(t, "undelivered", 1-reverse.Delivered, 8.3e-6)
	if got := reverse.Attempts; math.Abs(got-1.01735) > 0.5e-5 {
		t.Errorf("attempts = %.7f, want 1.01735", got)
	}
	digits(t, "mean", reverse.MeanLatency, 91.319292)
	digits(t, "cost per delivered", reverse.CostPerDelivered(), 0.12)

	// Conditional on delivery, and over all orders.
	for _, tt := range []struct{ q, delivered, all, half float64 }{
		{0.5, 65.76282, 65.7632, 0.5e-4}, {0.95, 243.61803, 243.634, 0.5e-3}, {0.99, 421.18202, 421.277, 0.5e-3},
	} {
		given, _ := reverse.Quantile(tt.q * reverse.Delivered)
		digits(t, "quantile given delivery", given, tt.delivered)
		if all, _ := reverse.Quantile(tt.q); math.Abs(all-tt.all) > tt.half {
			t.Errorf("quantile %v over all orders = %.9g, want %.6g", tt.q, all, tt.all)
		}
	}
	if got, _ := reverse.Quantile(0.999 * reverse.Delivered); math.Abs(got-704.671) > 0.5e-3 {
		t.Errorf("p99.9 = %.6f, want 704.671", got)
	}

	forwarding := solve(t, m, worldtest.Strategy("forwarding", m, 0, worldtest.Forwarding))
	digits(t, "forwarding's cost", forwarding.CostPerDelivered(), 0.6375)
	digits(t, "forwarding's mean", forwarding.MeanLatency, 91.159430)
	for _, tt := range []struct{ q, want float64 }{{0.5, 65.579728}, {0.95, 243.446840}, {0.99, 421.012991},
		{0.999, 704.503442}} {
		got, _ := forwarding.Quantile(tt.q)
		digits(t, "forwarding's quantile", got, tt.want)
	}
	hybrid := solve(t, m, worldtest.Strategy("hybrid", m, 0, worldtest.Reverse, worldtest.Forwarding))
	digits(t, "hybrid's cost", hybrid.CostPerOrder(), 0.12000429525)
}

// TestPollsTooFrequentForTheGrid: polls every few milliseconds lose half an interval each on average,
// and nothing else changes.
func TestPollsTooFrequentForTheGrid(t *testing.T) {
	m := worldtest.RefV1(1)
	m.Deadline = 10 * time.Minute
	m.Channels[worldtest.Reverse].Errors.By[channel.Job].Rate = 0.2
	seen := solve(t, m, worldtest.Strategy("s", m, 0, worldtest.Reverse))
	polled := solve(t, m, worldtest.Strategy("s", m, 4*time.Millisecond, worldtest.Reverse))
	digits(t, "delivered", polled.Delivered, seen.Delivered)
	jobs := 1.0 + 0.2 + 0.04 // each of them polled
	if got := polled.MeanLatency - seen.MeanLatency; math.Abs(got-0.002*jobs) > 0.0005 {
		t.Errorf("polls every 4 ms cost %.4f s, want about %.4f", got, 0.002*jobs)
	}
}
