package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
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
	{name: "rho.7 sd10", strategies: 3, orders: 30, sd: .10, rho: .7, sigma: .4, lost: .02, mixed: true},
	{name: "rho.8 sd10", strategies: 3, orders: 30, sd: .10, rho: .8, sigma: .4, lost: .02, mixed: true},
	{name: "rho.8 sd10 100", strategies: 3, orders: 100, sd: .10, rho: .8, sigma: .4, lost: .02, mixed: true},
	{name: "rho.5 sd20", strategies: 3, orders: 30, sd: .20, rho: .5, sigma: .4, lost: .02, mixed: true},
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
	{name: "lost bursts", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .03, lostSD: 1, mixed: true},
	{name: "lost bursts 100", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .03, lostSD: 1, mixed: true},
	{name: "lost bursts rho.5 100", strategies: 3, orders: 100, sd: .05, rho: .5, sigma: .4, lost: .03, lostSD: 1, mixed: true},
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

func TestWorlds(t *testing.T) {
	Y, _ := strconv.Atoi(os.Getenv("YEARS"))
	C, _ := strconv.Atoi(os.Getenv("CHANGES"))
	if Y == 0 {
		t.Skip()
	}
	for _, w := range worlds {
		if only := os.Getenv("ONLY"); only != "" && !strings.Contains(w.name, only) {
			continue
		}
		count, nights, by, early := 0, 0, map[string]int{}, 0
		type year struct {
			a, n, early int
			by          map[string]int
		}
		for _, y := range each(Y, func(i uint64) year {
			s, c := newWorldSim(w, i), newWatch(nightly{w.strategies, w.orders, w.sd})
			last, y := map[[2]int]int{}, year{by: map[string]int{}}
			for night := range nightsYear {
				s.next()
				failed, fresh := false, false
				for st := range w.strategies {
					for _, k := range c.add(st, s.make(st, shiftOf{})) {
						failed = true
						key := [2]int{st, k}
						if at, before := last[key]; !before || night-at > quiet {
							fresh = true
							y.by[c.gates[k].Metric]++
						}
						last[key] = night
					}
				}
				if failed {
					y.n++
				}
				if fresh {
					y.a++
					if night < 45 {
						y.early++
					}
				}
			}
			return y
		}) {
			count, nights, early = count+y.a, nights+y.n, early+y.early
			for k, v := range y.by {
				by[k] += v
			}
		}
		per := float64(count) / float64(Y)
		flag := " "
		if per > 2 {
			flag = "!"
		}
		line := fmt.Sprintf("%s %-24s %.2f ±%.2f early %.2f nights %.2f%% |", flag, w.name, per, 2*math.Sqrt(float64(count))/float64(Y), float64(early)/float64(Y), 100*float64(nights)/float64(Y)/365)
		for _, k := range slices.Sorted(func(yield func(string) bool) {
			for k := range by {
				if !yield(k) {
					return
				}
			}
		}) {
			line += fmt.Sprintf(" %s %.2f", k[:min(4, len(k))], float64(by[k])/float64(Y))
		}
		line += " |"
		if C > 0 {
			for _, ch := range []shiftOf{{name: "lat+10", latency: .1}, {name: "+20", latency: .2}, {name: "+30", latency: .3}, {name: "+100", latency: 1}, {name: "del-2", delivered: .02}, {name: "del-5", delivered: .05}, {name: "cost+5", cost: .05}, {name: "cost+10", cost: .1}} {
				week, fort := 0, 0
				for _, a := range each(C, func(i uint64) int {
					s, c := newWorldSim(w, 1_000_000+i), newWatch(nightly{w.strategies, w.orders, w.sd})
					for range before {
						s.next()
						c.add(0, s.make(0, shiftOf{}))
					}
					for n := 1; n <= 14; n++ {
						s.next()
						if len(c.add(0, s.make(0, ch))) > 0 {
							return n
						}
					}
					return 15
				}) {
					if a <= 7 {
						week++
					}
					if a <= 14 {
						fort++
					}
				}
				line += fmt.Sprintf(" %s %.0f,%.0f", ch.name, 100*float64(week)/float64(C), 100*float64(fort)/float64(C))
			}
		}
		fmt.Println(line)
	}
}

// Early: from 8 good nights on, a doubled median at 20 orders.
func TestEarlyDouble(t *testing.T) {
	for _, w := range []world{{strategies: 1, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true}, {strategies: 3, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true}, {strategies: 3, orders: 20, sd: .03, sigma: .4, lost: .02}, {strategies: 3, orders: 20, sd: .1, sigma: .4, lost: .02}} {
		var by [5]int
		for _, a := range each(1000, func(i uint64) int {
			s, c := newWorldSim(w, 3_000_000+i), newWatch(nightly{w.strategies, w.orders, w.sd})
			for range 8 {
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
		}) {
			by[a]++
		}
		fmt.Println("early double", w.strategies, w.sd, by)
	}
}
