package history

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"channelbench/internal/record"
)

type world struct {
	name                 string
	strategies, orders   int
	sd, rho, week, sigma float64
	tail                 float64 // degrees of freedom of a night's shock
	bad                  float64 // share of nights that are half as slow again
	lost, lostSD         float64 // lostSD: of the logarithm of a night's rate, with rho
	fallback             float64
	common, mixed        bool
	slowOrders           float64 // share of orders that take 5 times as long
	poll                 float64
	promise              float64
	harsh                bool // beyond what limits are made for; scenarios/README tells what they come to
	jump                 float64
}

type worldSim struct {
	*nightSimulator
	w           world
	shock, loss []float64
	day         int
}

func newWorldSim(w world, stream uint64) *worldSim {
	s := newNightSimulator(nightly{w.strategies, w.orders, w.sd}, stream)
	s.random = rand.New(rand.NewPCG(4242, stream))
	return &worldSim{nightSimulator: s, w: w, shock: make([]float64, w.strategies), loss: make([]float64, w.strategies)}
}

func (s *worldSim) innovation() float64 {
	z := s.random.NormFloat64()
	if nu := s.w.tail; nu > 0 {
		chi := 0.0
		for range int(nu) {
			x := s.random.NormFloat64()
			chi += x * x
		}
		z /= math.Sqrt(chi / nu)
		z *= math.Sqrt((nu - 2) / nu)
	}
	return z
}

func (s *worldSim) next() {
	for i := range s.shock {
		z, l := s.innovation(), s.random.NormFloat64()
		if s.w.common && i > 0 {
			s.shock[i], s.loss[i] = s.shock[0], s.loss[0]
			continue
		}
		if s.day == 0 {
			s.shock[i], s.loss[i] = z, l
		} else {
			k := math.Sqrt(1 - s.w.rho*s.w.rho)
			s.shock[i] = s.w.rho*s.shock[i] + k*z
			s.loss[i] = s.w.rho*s.loss[i] + k*l
		}
	}
	s.day++
}

func (s *worldSim) make(strategy int, change shiftOf) *Night {
	w := s.w
	n := &Night{Engine: "live", Orders: int64(w.orders)}
	median := 100 * math.Exp(w.sd*s.shock[strategy]) * (1 + w.week*math.Sin(2*math.Pi*float64(s.day)/7)) * (1 + change.latency)
	if w.bad > 0 && s.random.Float64() < w.bad {
		median *= 1.5
	}
	lost := w.lost
	if w.lostSD > 0 {
		lost = min(0.9, lost*math.Exp(w.lostSD*s.loss[strategy]-w.lostSD*w.lostSD/2))
	}
	s.sorted = s.sorted[:0]
	sum, square := 0.0, 0.0
	promise := 100 * math.Exp(1.47*w.sigma)
	if w.promise > 0 {
		promise = w.promise
	}
	for range w.orders {
		latency := median * math.Exp(w.sigma*s.random.NormFloat64())
		if w.slowOrders > 0 && s.random.Float64() < w.slowOrders {
			latency *= 5
		}
		if w.poll > 0 {
			latency = w.poll * math.Ceil(latency/w.poll)
		}
		cost := 1.0
		if w.mixed {
			cost = 0.8
			if s.random.IntN(2) == 0 {
				cost = 1.2
			}
		}
		if s.random.Float64() < w.fallback {
			j := w.jump
			if j == 0 {
				j = 6.2
			}
			cost *= j
		}
		if s.random.Float64() < lost+change.delivered {
			s.sorted = append(s.sorted, math.Inf(1))
			continue
		}
		cost *= 1 + change.cost
		sum, square = sum+cost, square+cost*cost
		n.Delivered++
		if latency <= promise {
			n.InTime++
		}
		s.sorted = append(s.sorted, latency)
	}
	slices.Sort(s.sorted)
	n.Latency.P50, n.Latency.P95 = s.figure(0.5), s.figure(0.95)
	if k := float64(n.Delivered); k > 1 {
		mean := sum / k
		half := 1.96 * math.Sqrt(max(0, (square/k-mean*mean))/(k-1))
		n.CostPerDelivered = record.Figure{Value: &mean, Low: record.Number(mean - half), High: record.Number(mean + half)}
	}
	return n
}

var worlds = []world{
	{name: "README 3%", strategies: 3, orders: 30, sd: .03, sigma: .4, lost: .02, mixed: true},
	{name: "README", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "README 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "README 8x60", strategies: 8, orders: 60, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "README 8x100", strategies: 8, orders: 100, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "one, 10 orders", strategies: 1, orders: 10, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "3, 20 orders", strategies: 3, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "3, 300 orders", strategies: 3, orders: 300, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5", strategies: 3, orders: 30, sd: .05, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5 common", strategies: 3, orders: 30, sd: .05, rho: .5, sigma: .4, lost: .02, mixed: true, common: true},
	{name: "rho.5 100", strategies: 3, orders: 100, sd: .05, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5 sd10", strategies: 3, orders: 30, sd: .10, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5 sd10 100", strategies: 3, orders: 100, sd: .10, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "rho.3 sd10 100", strategies: 3, orders: 100, sd: .10, rho: .3, sigma: .4, lost: .02, mixed: true},
	{name: "rho.7 sd5", strategies: 3, orders: 30, sd: .05, rho: .7, sigma: .4, lost: .02, mixed: true},
	{name: "rho.7 sd10", harsh: true, strategies: 3, orders: 30, sd: .10, rho: .7, sigma: .4, lost: .02, mixed: true},
	{name: "rho.8 sd10", harsh: true, strategies: 3, orders: 30, sd: .10, rho: .8, sigma: .4, lost: .02, mixed: true},
	{name: "rho.8 sd10 100", harsh: true, strategies: 3, orders: 100, sd: .10, rho: .8, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5 sd20", harsh: true, strategies: 3, orders: 30, sd: .20, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "sd20", strategies: 3, orders: 30, sd: .20, sigma: .4, lost: .02, mixed: true},
	{name: "weekly10", strategies: 3, orders: 30, sd: .03, week: .10, sigma: .4, lost: .02, mixed: true},
	{name: "weekly10 100", strategies: 3, orders: 100, sd: .03, week: .10, sigma: .4, lost: .02, mixed: true},
	{name: "weekly20 100", strategies: 3, orders: 100, sd: .03, week: .20, sigma: .4, lost: .02, mixed: true},
	{name: "weekly10 rho.5 sd5", strategies: 3, orders: 60, sd: .05, rho: .5, week: .10, sigma: .4, lost: .02, mixed: true},
	{name: "sigma.8", strategies: 3, orders: 30, sd: .05, sigma: .8, lost: .02, mixed: true},
	{name: "sigma1.2", strategies: 3, orders: 30, sd: .05, sigma: 1.2, lost: .02, mixed: true},
	{name: "t3 nights", strategies: 3, orders: 30, sd: .08, tail: 3, sigma: .4, lost: .02, mixed: true},
	{name: "t3 nights 100", strategies: 3, orders: 100, sd: .08, tail: 3, sigma: .4, lost: .02, mixed: true},
	{name: "3% bad nights", strategies: 3, orders: 30, sd: .05, bad: .03, sigma: .4, lost: .02, mixed: true},
	{name: "3% bad nights 100", strategies: 3, orders: 100, sd: .05, bad: .03, sigma: .4, lost: .02, mixed: true},
	{name: "slow orders 5%", strategies: 3, orders: 30, sd: .05, sigma: .4, slowOrders: .05, lost: .02, mixed: true},
	{name: "slow orders 5% 100", strategies: 3, orders: 100, sd: .05, sigma: .4, slowOrders: .05, lost: .02, mixed: true},
	{name: "polled 20", strategies: 3, orders: 30, sd: .03, sigma: .4, poll: 20, lost: .02, mixed: true},
	{name: "lost .1%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .001, mixed: true},
	{name: "lost .3%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .003, mixed: true, promise: 300},
	{name: "lost .3% 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .003, mixed: true, promise: 300},
	{name: "lost .5% 20", strategies: 8, orders: 20, sd: .05, sigma: .4, lost: .005, mixed: true},
	{name: "lost 5% 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .05, mixed: true},
	{name: "lost 20%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .2, mixed: true},
	{name: "lost bursts", harsh: true, strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .03, lostSD: 1, mixed: true},
	{name: "lost bursts 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .03, lostSD: 1, mixed: true},
	{name: "lost bursts rho.5 100", harsh: true, strategies: 3, orders: 100, sd: .05, rho: .5, sigma: .4, lost: .03, lostSD: 1, mixed: true},
	{name: "flat", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02},
	{name: "fallbacks .2%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .002},
	{name: "fallbacks .4%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .004},
	{name: "fallbacks 1%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .01},
	{name: "fallbacks 1% 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .02, fallback: .01},
	{name: "fallbacks 3%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .03},
	{name: "fallbacks 5%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .05},
	{name: "fallbacks 5% 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .02, fallback: .05},
	{name: "fallbacks 15%", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .15},
	{name: "fallbacks 1% mixed", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .01, mixed: true},
	{name: "fallbacks 1% mixed 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .02, fallback: .01, mixed: true},
	{name: "fallbacks 3% mixed", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .03, mixed: true},
	{name: "fallbacks 2% jump 1.5", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .02, jump: 1.5},
	{name: "fallbacks 2% jump 30", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, fallback: .02, jump: 30},
}

// worldYears is how many years are simulated of each world. The figures of scenarios/README are of 200.
var worldYears = flag.Int("world-years", 5, "years of each world")

// TestWorlds counts false alarms in worlds in which nothing changes.
//
//	go test ./internal/history -run TestWorlds -v -world-years 200
func TestWorlds(t *testing.T) {
	if testing.Short() {
		t.Skip("simulates years")
	}
	var table strings.Builder
	table.WriteString("\n| world | false alarms a year | nights that fail falsely |\n| --- | --- | --- |\n")
	for _, w := range worlds {
		count, nights, by := 0, 0, map[string]int{}
		for _, y := range each(*worldYears, func(i uint64) worldYear { return yearOf(w, i) }) {
			count, nights = count+y.alarms, nights+y.nights
			for metric, n := range y.by {
				by[metric] += n
			}
		}
		years := float64(*worldYears)
		perYear := float64(count) / years
		fmt.Fprintf(&table, "| %s | %.2f ± %.2f | %.2f%% |\n", w.name, perYear, 2*math.Sqrt(float64(count))/years,
			100*float64(nights)/years/nightsYear)
		t.Logf("%s: %v", w.name, by)
		// Three standard errors of a Poisson count.
		if most := 2 + 3*math.Sqrt(2/years); perYear > most && !w.harsh {
			t.Errorf("%s, seed 4242: %.2f false alarms a year, want 2 at most", w.name, perYear)
		}
	}
	t.Log(table.String())
}

// worldYear is what fails falsely in a year.
type worldYear struct {
	alarms, nights int
	by             map[string]int
}

func yearOf(w world, stream uint64) worldYear {
	s, c := newWorldSim(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
	last, y := map[[2]int]int{}, worldYear{by: map[string]int{}}
	for night := range nightsYear {
		s.next()
		failed, fresh := false, false
		for strategy := range w.strategies {
			for _, k := range c.add(strategy, s.make(strategy, shiftOf{})) {
				failed = true
				key := [2]int{strategy, k}
				if at, before := last[key]; !before || night-at > quiet {
					fresh = true
					y.by[c.gates[k].Metric]++
				}
				last[key] = night
			}
		}
		if failed {
			y.nights++
		}
		if fresh {
			y.alarms++
		}
	}
	return y
}

// From 8 good nights on, a median that doubles is a regression within 3 nights of 20 orders.
func TestYoungBaselinesFindDoubledTimes(t *testing.T) {
	const changes = 500
	for _, w := range []world{
		{name: "one strategy", strategies: 1, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true},
		{name: "three", strategies: 3, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true},
		{name: "nights differ by 10 %", strategies: 3, orders: 20, sd: .1, sigma: .4, lost: .02},
	} {
		missed := 0
		for _, after := range each(changes, func(i uint64) int { return doubled(w, 3_000_000+i) }) {
			if after > 3 {
				missed++
			}
		}
		if missed > changes/100 {
			t.Errorf("%s, seed 4242: %d of %d aren't found within 3 nights", w.name, missed, changes)
		}
	}
}

// doubled is after how many nights a doubled median is reported, 4 where it isn't within 3.
func doubled(w world, stream uint64) int {
	s, c := newWorldSim(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
	for range leastBase {
		s.next()
		c.add(0, s.make(0, shiftOf{}))
	}
	for n := 1; n <= 3; n++ {
		s.next()
		for _, k := range c.add(0, s.make(0, shiftOf{latency: 1})) {
			if c.gates[k].Metric == "p50" {
				return n
			}
		}
	}
	return 4
}

// A drift is found, though nights beyond their gate don't teach the baseline: it may not follow.
func TestDriftIsFound(t *testing.T) {
	w := world{strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, mixed: true}
	const changes, nights = 200, 60
	missed := 0
	for _, found := range each(changes, func(i uint64) bool {
		s, c := newWorldSim(w, 4_000_000+i), newWatch(nightly{w.strategies, w.orders, w.sd})
		for night := range before + nights {
			s.next()
			more := 0.01 * float64(max(0, night-before))
			if len(c.add(0, s.make(0, shiftOf{latency: more}))) > 0 && night >= before {
				return true
			}
		}
		return false
	}) {
		if !found {
			missed++
		}
	}
	if missed > 0 {
		t.Errorf("seed 4242: %d of %d drifts of 1 %% a night aren't found within %d nights", missed, changes, nights)
	}
}
