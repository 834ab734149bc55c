package power_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"gonum.org/v1/gonum/stat/distuv"
	"pgregory.net/rapid"

	"channelbench/internal/stats/power"
)

const seed = 20261128

func Example() {
	fmt.Printf("100 orders know 98 %% to ±%.1f points; against 3,000 earlier ones a fall by %.1f points is found",
		100*power.Known(0.98, 100), 100*power.Fall(0.98, 100, 3000))
	// Output: 100 orders know 98 % to ±3.1 points; against 3,000 earlier ones a fall by 5.1 points is found
}

// TestKnown holds mean widths of Wilson's interval at 98 % against ones that were computed beforehand.
func TestKnown(t *testing.T) {
	for n, width := range map[int]float64{50: 0.098, 100: 0.063, 200: 0.042, 500: 0.025} {
		if got := 2 * power.Known(0.98, n); math.Abs(got-width) > 0.0006 {
			t.Errorf("%d orders: %.4f, want %v", n, got, width)
		}
	}
}

// TestRise holds steps that are found in one night against ones that were computed beforehand: at z > 3 with power .8,
// a spread of .4 and nights that differ by 5 %, against a baseline that is known.
func TestRise(t *testing.T) {
	for n, rise := range map[int]float64{50: 0.40, 100: 0.32, 200: 0.27, 500: 0.24} {
		if got := power.Rise(0.4, 0.05, n, 1, 1_000_000, 3); math.Abs(got-rise) > 0.011 {
			t.Errorf("%d orders: +%.3f, want +%v", n, got, rise)
		}
	}
}

// TestRiseByTrial: nights are drawn and compared, and the step is found as often as is said.
func TestRiseByTrial(t *testing.T) {
	const trials, orders, nights = 2000, 60, 10
	random := rand.New(rand.NewPCG(seed, 1))
	step := math.Log1p(power.Rise(0.4, 0.05, orders, 1, nights, power.Z()))
	night := func(shift float64) float64 {
		sum := 0.0 // the median of normal values scatters like a mean of them, but for a factor
		for range orders {
			sum += random.NormFloat64() * 0.4 * math.Sqrt(math.Pi/2)
		}
		return shift + 0.05*random.NormFloat64() + sum/orders
	}
	found := 0
	for range trials {
		before := 0.0
		for range nights {
			before += night(0) / nights
		}
		if night(step)-before > power.Z()*power.Night(0.4, 0.05, orders)*math.Sqrt(1+1.0/nights) {
			found++
		}
	}
	if share := float64(found) / trials; math.Abs(share-power.Power) > 4*math.Sqrt(0.16/trials) {
		t.Errorf("found in %.3f of trials, want %v (seed %d)", share, power.Power, seed)
	}
}

// TestFallByTrial: the fall is found as often as is said, a quarter less of it is found less often.
func TestFallByTrial(t *testing.T) {
	for _, tt := range []struct {
		p    float64
		n, m int
	}{{0.98, 100, 3000}, {0.85, 30, 900}, {0.998, 60, 60}, {0.9, 900, 900}} {
		fall := power.Fall(tt.p, tt.n, tt.m)
		share := func(p float64) float64 {
			found := 0
			random := rand.New(rand.NewPCG(seed, 2))
			for range 4000 {
				now := distuv.Binomial{N: float64(tt.n), P: p, Src: random}.Rand()
				before := distuv.Binomial{N: float64(tt.m), P: tt.p, Src: random}.Rand()
				if power.Below(now, float64(tt.n), before, float64(tt.m)) {
					found++
				}
			}
			return float64(found) / 4000
		}
		if got := share(tt.p - fall); math.Abs(got-power.Power) > 0.03 {
			t.Errorf("%v: a fall by %.4f is found in %.3f of trials (seed %d)", tt, fall, got, seed)
		}
		if got := share(tt.p); got > 0.05 {
			t.Errorf("%v: a fall is found in %.3f of trials without any (seed %d)", tt, got, seed)
		}
	}
}

// TestMoreOrdersFindMore, whatever the share.
func TestMoreOrdersFindMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n := rapid.Float64Range(0.5, 0.999).Draw(t, "p"), rapid.IntRange(20, 150).Draw(t, "n")
		few, many := power.Fall(p, n, 1000), power.Fall(p, 2*n, 1000)
		if !(few > 0 && few <= p && many <= few+0.01) {
			t.Errorf("%d orders find a fall by %v, twice as many one by %v", n, few, many)
		}
		if power.Known(p, 2*n) >= power.Known(p, n) {
			t.Errorf("twice as many orders than %d don't know %v better", n, p)
		}
		if power.Rise(0.4, 0.05, 2*n, 1, 30, 2) >= power.Rise(0.4, 0.05, n, 1, 30, 2) {
			t.Errorf("twice as many orders than %d find no smaller rise", n)
		}
	})
	for what, v := range map[string]float64{"no orders": power.Fall(0.9, 0, 10), "no share": power.Fall(0, 10, 10),
		"one order": power.Fall(0.5, 1, 1), "no night": power.Rise(0.4, 0.05, 10, 0, 1, 2),
		"nothing known": power.Known(0.5, 0)} {
		if !math.IsNaN(v) {
			t.Errorf("%s: %v", what, v)
		}
	}
}
