package sprt

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"channelbench/internal/proof"
)

const seed = 20261128

func Example() {
	q := NewQueue(Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, 150)
	for n := 1; ; n++ {
		if q.Tell(q.Enter(), false) {
			fmt.Printf("dead after %d orders", n)
			return
		}
	}
	// Output: dead after 7 orders
}

// outcome is what a test comes to on orders that are good with probability p, and after how many.
func outcome(random *rand.Rand, r Rule, most int, p float64) (verdict, int) {
	t := newTest(r, most)
	for {
		if v := t.add(random.Float64() < p); v != undecided {
			return v, t.orders
		}
	}
}

// TestAgainstThePublishedTable holds single tests against figures that were simulated beforehand, for α 5 % and β 10 %:
// the error rates of tests that are cut off at the size of the fixed test, and the mean orders of tests that aren't.
// Each is of 20,000 simulations and rounded, those here of as many or, in short, of fewer.
func TestAgainstThePublishedTable(t *testing.T) {
	const published = 20_000
	runs := float64(proof.Size(4_000, published))
	for _, tt := range []struct {
		good, bad              float64
		fixed                  int
		healthy, dead, outage  float64 // mean orders at good, at bad, and at ½
		falseStops, recognised float64
	}{
		{0.98, 0.90, 65, 42, 35, 4, 0.040, 0.863},
		{0.98, 0.93, 131, 79, 71, 6, 0.052, 0.864},
		{0.98, 0.95, 306, 171, 164, 8, 0.051, 0.865},
		{0.95, 0.90, 233, 123, 128, 10, 0.074, 0.891},
		{0.95, 0.85, 77, 42, 39, 7, 0.048, 0.874},
	} {
		t.Run(fmt.Sprintf("%v or %v", tt.good, tt.bad), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 1))
			rule := Rule{Good: tt.good, Bad: tt.bad, FalseStop: 0.05, Missed: 0.10}
			measure := func(p float64, most int) (dead, mean float64) {
				for range int(runs) {
					v, n := outcome(random, rule, most, p)
					if v == failed {
						dead++
					}
					mean += float64(n)
				}
				return dead / runs, mean / runs
			}
			near := func(what string, got, want, tolerance float64) {
				if math.Abs(got-want) > tolerance {
					t.Errorf("%s: %.4f, want %v ± %.4f (seed %d)", what, got, want, tolerance, seed)
				}
			}
			// Both sides are simulated: 4 standard errors of the difference, and the rounding.
			se := func(p float64) float64 { return 4 * math.Sqrt(p*(1-p)*(1/runs+1.0/published)) }
			dead, _ := measure(tt.good, tt.fixed)
			near("false stops", dead, tt.falseStops, se(tt.falseStops)+0.0005)
			dead, _ = measure(tt.bad, tt.fixed)
			near("recognised", dead, tt.recognised, se(tt.recognised)+0.0005)
			for p, want := range map[float64]float64{tt.good: tt.healthy, tt.bad: tt.dead, 0.5: tt.outage} {
				_, mean := measure(p, 0)
				near(fmt.Sprintf("mean orders at %v, not cut off", p), mean, want, 0.03*math.Sqrt(published/runs)*want+0.5)
			}
		})
	}
}

// TestMonitorKeepsItsErrorRates: over a whole run a channel at Good is stopped no more often than FalseStop, and a dead
// one is recognised within about 10 orders, whenever it dies.
func TestMonitorKeepsItsErrorRates(t *testing.T) {
	const runs = 4000
	for _, tt := range []struct {
		name   string
		rule   Rule
		orders int
	}{
		{"default, a night of 30", Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, 30},
		{"default, a night of 150", Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, 150},
		{"default, 1,500 orders", Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, 1500},
		{"a strict channel", Rule{Good: 0.95, Bad: 0.5, FalseStop: 0.05, Missed: 0.1}, 150},
	} {
		t.Run(tt.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 2))
			stopped := 0
			for range runs {
				m := newMonitor(tt.rule, tt.orders)
				for range tt.orders {
					if m.add(random.Float64() < tt.rule.Good) {
						stopped++
						break
					}
				}
			}
			share := float64(stopped) / runs
			if most := tt.rule.FalseStop + 4*math.Sqrt(tt.rule.FalseStop/runs); share > most {
				t.Errorf("a healthy channel is stopped in %.4f of runs, want at most %.4f (seed %d)", share, most, seed)
			}
			worst := 0
			for dies := range min(tt.orders, 60) {
				m := newMonitor(tt.rule, tt.orders)
				for n := 0; ; n++ {
					if m.add(n < dies) {
						worst = max(worst, n+1-dies)
						break
					}
				}
			}
			if worst > 11 {
				t.Errorf("a channel that dies is recognised after %d orders, want about 10", worst)
			}
			t.Logf("false stops %.4f, recognised after at most %d orders", share, worst)
		})
	}
}

// TestMonitorProperties: what is found dead stays so, no good order makes a channel dead, and bad ones in a row do.
func TestMonitorProperties(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		orders := rapid.SliceOfN(rapid.Bool(), 1, 200).Draw(t, "orders")
		m := newMonitor(Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, len(orders))
		dead, row := false, 0
		for _, ok := range orders {
			if row++; ok {
				row = 0
			}
			now := m.add(ok)
			if dead && !now {
				t.Fatal("it came to life")
			}
			if now && !dead && ok {
				t.Fatal("a good order made it dead")
			}
			if dead = now; !dead && row > soonestStop(m)+2 {
				t.Fatalf("%d bad orders in a row don't make it dead", row)
			}
		}
	})
}

// TestQueueTakesOrdersAsTheyBegan: whatever the order in which ends become known, in the end the verdict is the
// monitor's on the orders as they began; and while some are open, nothing is found dead that wouldn't be if these were
// good.
func TestQueueTakesOrdersAsTheyBegan(t *testing.T) {
	rule := Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}
	rapid.Check(t, func(t *rapid.T) {
		ends := rapid.SliceOfN(rapid.SampledFrom([]string{"good", "bad", "bad", "void"}), 1, 60).Draw(t, "ends")
		told := rapid.Permutation(indices(len(ends))).Draw(t, "told")
		q := NewQueue(rule, 100)
		for n := range ends {
			if q.Enter() != n {
				t.Fatal("numbers are not those of the orders")
			}
		}
		known := make([]bool, len(ends))
		good, bad := 0, 0
		for i, n := range told {
			known[n] = true
			var dead bool
			switch ends[n] {
			case "void":
				q.Forget(n)
				continue
			case "good":
				good++
				dead = q.Tell(n, true)
			default:
				bad++
				dead = q.Tell(n, false)
			}
			m, want := newMonitor(rule, 100), false
			for k := range ends {
				if !known[k] || ends[k] != "void" {
					want = m.add(!known[k] || ends[k] == "good")
				}
			}
			if dead != want {
				t.Fatalf("dead is %v after %d ends, want %v", dead, i+1, want)
			}
		}
		if g, b, open := q.Counts(); g != good || b != bad || open != 0 {
			t.Fatalf("counts %d, %d and %d open, want %d and %d", g, b, open, good, bad)
		}
	})
}

func indices(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// TestQueueIsNotTakenInByFastFailures: a healthy channel whose failures are known at once and whose clips take minutes.
func TestQueueIsNotTakenInByFastFailures(t *testing.T) {
	random := rand.New(rand.NewPCG(seed, 4))
	q := NewQueue(Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, 200)
	for range 150 { // all of them under way at once
		if n := q.Enter(); random.Float64() < 0.1 && q.Tell(n, false) {
			t.Fatalf("dead after order %d (seed %d)", n, seed)
		}
	}
}

// TestSequenceCoversAtAllTimes: with at least 95 % the share is in the interval after every single order, so also after
// one at which a run was stopped.
func TestSequenceCoversAtAllTimes(t *testing.T) {
	const runs, orders = 500, 200
	for _, p := range []float64{0.02, 0.5, 0.9, 0.98} {
		random := rand.New(rand.NewPCG(seed, 3))
		missed := 0
		for range runs {
			good := 0
			for n := 1; n <= orders; n++ {
				if random.Float64() < p {
					good++
				}
				if low, high := Sequence(good, n-good, 0.95); p < low || p > high {
					missed++
					break
				}
			}
		}
		if share := float64(missed) / runs; share > 0.05+4*math.Sqrt(0.05/runs) {
			t.Errorf("at %v the interval misses in %.3f of runs (seed %d)", p, share, seed)
		}
	}
}

// TestSequenceByHand: where all orders are bad, B(1, 1+n) = 1/(n+1), so the interval ends at 1 − (0.05/(n+1))^(1/n).
func TestSequenceByHand(t *testing.T) {
	for _, n := range []int{1, 7, 100} {
		low, high := Sequence(0, n, 0.95)
		want := 1 - math.Pow(0.05/float64(n+1), 1/float64(n))
		if low != 0 || math.Abs(high-want) > 1e-12 {
			t.Errorf("%d bad orders: %v to %v, want 0 to %v", n, low, high, want)
		}
	}
	if low, high := Sequence(0, 0, 0.95); low != 0 || high != 1 {
		t.Errorf("no order: %v to %v", low, high)
	}
}

func TestRuleCheck(t *testing.T) {
	for name, tt := range map[string]struct {
		rule Rule
		good bool
	}{
		"default":        {Rule{Good: 0.8, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, true},
		"the same share": {Rule{Good: 0.5, Bad: 0.5, FalseStop: 0.01, Missed: 0.1}, false},
		"upside down":    {Rule{Good: 0.2, Bad: 0.8, FalseStop: 0.01, Missed: 0.1}, false},
		"certain":        {Rule{Good: 1, Bad: 0.2, FalseStop: 0.01, Missed: 0.1}, false},
		"never wrong":    {Rule{Good: 0.8, Bad: 0.2, FalseStop: 0, Missed: 0.1}, false},
		"no number":      {Rule{Good: math.NaN(), Bad: 0.2, FalseStop: 0.1, Missed: 0.1}, false},
	} {
		if err := tt.rule.Check(); (err == nil) != tt.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// soonestStop is after how many orders, all of them bad, a channel is stopped.
func soonestStop(m *monitor) int {
	_, bad := m.each.steps()
	_, upper := m.each.bounds()
	return int(math.Ceil(upper / bad))
}
