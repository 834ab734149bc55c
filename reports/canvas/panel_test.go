package canvas

import (
	"math"
	"testing"
)

func TestTicks(t *testing.T) {
	ticks := MoneyTicks(0.86, 4)
	if got := ticks[len(ticks)-1].Label; got != "$0.75" {
		t.Errorf("last tick %q, want $0.75", got)
	}
	times, end := TimeTicks(360, 9)
	if last := times[len(times)-1].Label; last != "6 min" || end != 360 || times[1].Label != "1" {
		t.Errorf("ticks %v to %v, want 0, 1, … 6 min", times, end)
	}
	for _, top := range []float64{1e-9, 0.3, 1, 7, 100, 1e4, 1e6, 1e9} {
		ticks, end := TimeTicks(top, 9)
		if len(ticks) < 2 || len(ticks) > 12 || end < top*(1-1e-6) || math.IsNaN(end) {
			t.Errorf("timeTicks(%v): %d ticks to %v", top, len(ticks), end)
		}
	}
}
