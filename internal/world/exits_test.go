package world_test

import (
	"fmt"
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/world"
)

// chain is a two-state Markov chain in discrete steps, and how often each state fails: good with
// pG, bad with pB (Gilbert 1960, Elliott 1963).
type chain struct{ toBad, toGood, pG, pB float64 }

func (c chain) bad() float64 { return c.toBad / (c.toBad + c.toGood) }

// run is the probability that so many steps in a row fail: π D (P D)ⁿ⁻¹ 1.
func (c chain) run(n int) float64 {
	good, bad := (1-c.bad())*c.pG, c.bad()*c.pB
	for range n - 1 {
		good, bad = (good*(1-c.toBad)+bad*c.toGood)*c.pG, (good*c.toBad+bad*(1-c.toGood))*c.pB
	}
	return good + bad
}

// exit is a channel with one exit that is bad for a share of the time, in spells of a mean length.
func exit(share, burst float64) *world.Model {
	m := one(world.Errors{By: world.ByReason{channel.Region: {Rate: share}}})
	m.Channels[0].Errors.Exits = world.Exits{Count: 1, Burst: time.Duration(burst * float64(time.Second))}
	return m
}

// TestGilbertElliott holds exits asked at equal steps against the discrete chain: loss, runs of two and
// three, the mean run and the correlation of neighbours. What the exit's state leaves open is averaged
// exactly, so only the state is drawn.
func TestGilbertElliott(t *testing.T) {
	for _, c := range []chain{
		{toBad: 0.01, toGood: 0.1, pG: 1 - 0.999, pB: 0.5},
		{toBad: 0.02, toGood: 0.5, pG: 0, pB: 1},
		{toBad: 0.001, toGood: 0.02, pG: 0.01, pB: 0.9},
	} {
		// A step forgets 1 − (1 − toBad − toGood) of the state: exp(−rate × step) with both rates together.
		rate := -math.Log(1 - c.toBad - c.toGood)
		m := exit(c.bad(), 1/(rate*(1-c.bad())))
		const months, steps = 200, 20_000
		var loss, two, three, clumps, state [months]float64
		for month := range months {
			trouble := m.Trouble(month)
			p := make([]float64, steps)
			for i := range steps {
				p[i] = c.pG
				if _, bad := trouble.Exit(m.Key(month, i), 0, 0, time.Duration(i)*time.Second); bad {
					p[i] = c.pB
					state[month] += 1.0 / steps
				}
				loss[month] += p[i] / steps
				if i > 0 {
					two[month] += p[i-1] * p[i] / (steps - 1)
					clumps[month] += (1 - p[i-1]) * p[i] / (steps - 1)
				}
				if i > 1 {
					three[month] += p[i-2] * p[i-1] * p[i] / (steps - 2)
				}
			}
		}
		name := fmt.Sprintf("%+v: ", c)
		checkMonths(t, name+"bad", state[:], c.bad())
		checkMonths(t, name+"loss", loss[:], c.run(1))
		checkMonths(t, name+"two in a row", two[:], c.run(2))
		checkMonths(t, name+"three in a row", three[:], c.run(3))
		checkMonths(t, name+"runs begin", clumps[:], c.run(1)-c.run(2)) // so the mean run is loss ÷ that
	}
	// The published digits of the first two.
	first, second := chain{0.01, 0.1, 1 - 0.999, 0.5}, chain{0.02, 0.5, 0, 1}
	for _, d := range []struct{ got, want float64 }{
		{first.bad(), 0.0909090909}, {first.run(1), 0.0463636364}, {first.run(2), 2.0464536e-2}, {first.run(3), 9.2086694e-3},
		{first.run(1) / (first.run(1) - first.run(2)), 1.7901639966},
		{second.bad(), 0.0384615385}, {second.run(2), 1.9230769e-2}, {second.run(3), 9.6153846e-3},
	} {
		if math.Abs(d.got/d.want-1) > 1e-7 {
			t.Errorf("%v, want %v", d.got, d.want)
		}
	}
}

// TestStickyExits: three attempts on the same exit, 9.18 s and 11.18 s apart, with a mean error of 2 %, all
// fail far more often than 0.02³ = 8 in a million; with an exit at random each time they don't.
func TestStickyExits(t *testing.T) {
	const first, second = 9.18, 11.18
	for _, tt := range []struct {
		dwell, pG, pB float64
		published     float64
	}{
		{1, 0.002, 0.5, 8.0e-6}, {1, 0, 0.9, 8.0e-6}, {1, 0.01, 0.2, 8.0e-6},
		{10, 0.002, 0.5, 6.3e-4}, {10, 0, 0.9, 2.2e-3}, {10, 0.01, 0.2, 7.3e-5},
		{60, 0.002, 0.5, 3.2e-3}, {60, 0, 0.9, 1.2e-2}, {60, 0.01, 0.2, 3.1e-4},
		{300, 0.002, 0.5, 4.2e-3}, {300, 0, 0.9, 1.5e-2}, {300, 0.01, 0.2, 4.0e-4},
	} {
		share := (0.02 - tt.pG) / (tt.pB - tt.pG)
		chained := func(gap float64) chain {
			forgets := -math.Expm1(-gap / (tt.dwell * (1 - share)))
			return chain{toBad: share * forgets, toGood: (1 - share) * forgets, pG: tt.pG, pB: tt.pB}
		}
		a, b := chained(first), chained(second)
		good, bad := (1-share)*tt.pG, share*tt.pB
		good, bad = (good*(1-a.toBad)+bad*a.toGood)*tt.pG, (good*a.toBad+bad*(1-a.toGood))*tt.pB
		want := (good*(1-b.toBad)+bad*b.toGood)*tt.pG + (good*b.toBad+bad*(1-b.toGood))*tt.pB
		if math.Abs(want/tt.published-1) > 0.07 && math.Abs(want-tt.published) > 6e-7 {
			t.Errorf("dwell %v, %v and %v: %.3g, published %.2g", tt.dwell, tt.pG, tt.pB, want, tt.published)
		}
		m := exit(share, tt.dwell)
		// Each order has an hour of its own, which is many dwells.
		const months, orders = 100, 3000
		var all, moved [months]float64
		for month := range months {
			trouble := m.Trouble(month)
			var last [2]float64
			for i := range orders {
				k, at := m.Key(month, i), time.Duration(i)*3*time.Hour
				product, states := 1.0, [3]float64{}
				for try, after := range []float64{0, first, first + second} {
					states[try] = tt.pG
					if _, bad := trouble.Exit(k, 0, try, at+time.Duration(after*1e9)); bad {
						states[try] = tt.pB
					}
					product *= states[try]
				}
				all[month] += product / orders
				// Exits of the two orders before are as good as other exits.
				moved[month] += states[0] * last[0] * last[1] / orders
				last = [2]float64{last[1], states[0]}
			}
		}
		name := fmt.Sprintf("dwell %v s, fails with %v or %v", tt.dwell, tt.pG, tt.pB)
		checkMonths(t, name, all[:], want)
		if tt.pG > 0 && tt.dwell == 60 {
			checkMonths(t, name+", on three exits", moved[:], 0.02*0.02*0.02*(orders-2)/orders)
		}
	}
}

// TestRotation: with an exit for each attempt the tries differ, with one per order they don't, and both take all
// exits equally often. The rate of errors stays the rate.
func TestRotation(t *testing.T) {
	m := exit(0.25, 60)
	e := &m.Channels[0].Errors
	e.Exits.Count, e.By[channel.Region].Takes = 20, dist.Constant(3)
	for _, perOrder := range []bool{false, true} {
		e.Exits.PerOrder = perOrder
		same := 0
		taken := make([]int, 20)
		var share []float64
		for month := range 40 {
			trouble := m.Trouble(month)
			refused := 0
			for i := range 2000 {
				k, at := m.Key(month, i), time.Duration(i)*20*time.Minute
				first, _ := trouble.Exit(k, 0, 0, at)
				second, _ := trouble.Exit(k, 0, 1, at+time.Second)
				taken[first]++
				if first == second {
					same++
				}
				f := trouble.Attempt(k, 0, 0, 2, at+2*time.Second)
				if f.Outcome == channel.Refused {
					if refused++; f.Reason != channel.Region || f.Answered != 3*time.Second {
						t.Fatalf("%+v", f)
					}
				}
			}
			share = append(share, float64(refused)/2000)
		}
		checkMonths(t, fmt.Sprintf("an exit per order: %v: refused", perOrder), share, 0.25)
		for i, n := range taken {
			checkShare(t, fmt.Sprintf("exit %d", i), n, 80_000, 0.05)
		}
		if perOrder && same != 80_000 {
			t.Errorf("%d of 80,000 orders keep their exit", same)
		} else if !perOrder {
			checkShare(t, "the same exit by chance", same, 80_000, 0.05)
		}
	}
}

// TestExitsRarelyUsedAreIndependent: what an exit was hours ago is forgotten, so an order meets the very luck
// that it has where region errors are independent.
func TestExitsRarelyUsedAreIndependent(t *testing.T) {
	m, plain := exit(0.3, 10), one(world.Errors{By: world.ByReason{channel.Region: {Rate: 0.3}}})
	trouble := m.Trouble(0)
	for i := range 5000 {
		k := m.Key(0, i)
		if got, want := trouble.Attempt(k, 0, 0, 0, time.Duration(i)*time.Hour), plain.Attempt(k, 0, 0, 0); got != want {
			t.Fatalf("order %d: %+v, want %+v", i, got, want)
		}
	}
	for _, rate := range []float64{0, 1} {
		m := exit(rate, 10)
		m.Channels[0].Limits.PerMinute = 1_000_000
		trouble := m.Trouble(0)
		for i := range 100 {
			f := trouble.Attempt(m.Key(0, i), 0, 0, 0, time.Duration(i)*time.Second)
			if (f.Outcome == channel.Refused) != (rate == 1) {
				t.Fatalf("a rate of %v: %+v", rate, f)
			}
		}
	}
}

// TestExitsThatAreAlwaysBad stay so, for submits of the same moment, too.
func TestExitsThatAreAlwaysBad(t *testing.T) {
	m := exit(1, 60)
	trouble := m.Trouble(0)
	for i, at := range []time.Duration{0, 0, time.Hour} {
		if _, bad := trouble.Exit(m.Key(0, i), 0, 0, at); !bad {
			t.Errorf("good at %v", at)
		}
	}
}
