package history

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/stat"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// climate is what nights are like where nothing changes.
type climate struct {
	name                 string
	strategies, orders   int
	sd, rho, week, sigma float64
	tail                 float64 // degrees of freedom of a night's shock
	bad                  float64 // share of nights that are half as slow again
	lost, lostSD         float64 // lostSD: of the logarithm of a night's rate, with rho
	fallback             float64
	common, mixed        bool
	slowOrders           float64 // share of orders that take 5 times as long
	harsh                bool    // beyond what limits are made for; README tells what they come to
	jump                 float64
}

type sky struct {
	*nightSimulator
	w           climate
	shock, loss []float64
	day         int
}

func newSky(w climate, stream uint64) *sky {
	s := newNightSimulator(nightly{w.strategies, w.orders, w.sd}, stream)
	return &sky{nightSimulator: s, w: w, shock: make([]float64, w.strategies), loss: make([]float64, w.strategies)}
}

func (s *sky) innovation() float64 {
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

func (s *sky) next() {
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

func (s *sky) make(strategy int, change shiftOf) *Night {
	w := s.w
	n := &Night{Engine: "live", Orders: int64(w.orders)}
	median := 100 * math.Exp(w.sd*s.shock[strategy]) * (1 + w.week*math.Sin(2*math.Pi*float64(s.day)/7)) * (1 +
		change.latency)
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
	for range w.orders {
		latency := median * math.Exp(w.sigma*s.random.NormFloat64())
		if w.slowOrders > 0 && s.random.Float64() < w.slowOrders {
			latency *= 5
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

// plainSky is the climate that README's table of detection is of.
func plainSky(orders int) climate {
	return climate{strategies: 3, orders: orders, sd: .05, sigma: .4, lost: .02, mixed: true}
}

var climates = []climate{
	{name: "plain, 3%", strategies: 3, orders: 30, sd: .03, sigma: .4, lost: .02, mixed: true},
	{name: "plain", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "plain, 3%", strategies: 3, orders: 100, sd: .03, sigma: .4, lost: .02, mixed: true},
	{name: "plain", strategies: 3, orders: 100, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "plain", strategies: 8, orders: 60, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "plain", strategies: 3, orders: 20, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "plain", strategies: 1, orders: 10, sd: .05, sigma: .4, lost: .02, mixed: true},
	{name: "20%", strategies: 3, orders: 30, sd: .20, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .3, 10%", strategies: 3, orders: 100, sd: .10, rho: .3, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .5", strategies: 3, orders: 30, sd: .05, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .5, all strategies alike", strategies: 3, orders: 30, sd: .05, rho: .5, common: true,
		sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .5", strategies: 3, orders: 100, sd: .05, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .5, 10%", strategies: 3, orders: 30, sd: .10, rho: .5, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .6", strategies: 3, orders: 30, sd: .05, rho: .6, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .7", strategies: 3, orders: 30, sd: .05, rho: .7, sigma: .4, lost: .02, mixed: true},
	{name: "autocorrelation .8, 10%", strategies: 3, orders: 30, sd: .10, harsh: true, rho: .8, sigma: .4, lost: .02,
		mixed: true},
	{name: "weekly 10%", strategies: 3, orders: 30, sd: .03, week: .10, sigma: .4, lost: .02, mixed: true},
	{name: "weekly 10%", strategies: 3, orders: 100, sd: .03, week: .10, sigma: .4, lost: .02, mixed: true},
	{name: "weekly 20%", strategies: 3, orders: 100, sd: .03, week: .20, sigma: .4, lost: .02, mixed: true},
	{name: "σ .8", strategies: 3, orders: 30, sd: .05, sigma: .8, lost: .02, mixed: true},
	{name: "σ 1.2", strategies: 3, orders: 30, sd: .05, sigma: 1.2, lost: .02, mixed: true},
	{name: "nights of Student's t, 3 degrees, 8%", strategies: 3, orders: 30, sd: .08, tail: 3, sigma: .4, lost: .02,
		mixed: true},
	{name: "3% of nights half as slow again", strategies: 3, orders: 30, sd: .05, bad: .03, sigma: .4, lost: .02,
		mixed: true},
	{name: "5% of orders five times as slow", strategies: 3, orders: 30, sd: .05, slowOrders: .05, sigma: .4, lost: .02,
		mixed: true},
	{name: "none lost", strategies: 3, orders: 30, sd: .05, sigma: .4, mixed: true},
	{name: "0.2% lost", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .002, mixed: true},
	{name: "0.5% lost", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .005, mixed: true},
	{name: "3% lost, in bursts", strategies: 3, orders: 100, sd: .05, harsh: true, sigma: .4, lost: .03, lostSD: 1,
		mixed: true},
	{name: "flat price", strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02},
	{name: "0.5% fall back", strategies: 3, orders: 30, sd: .05, fallback: .005, sigma: .4, lost: .02},
	{name: "1% fall back", strategies: 3, orders: 30, sd: .05, fallback: .01, sigma: .4, lost: .02},
	{name: "5% fall back", strategies: 3, orders: 30, sd: .05, fallback: .05, sigma: .4, lost: .02},
	{name: "10% fall back", strategies: 3, orders: 30, sd: .05, fallback: .10, sigma: .4, lost: .02},
	{name: "half at half as much again", strategies: 3, orders: 30, sd: .05, fallback: .5, jump: 1.5, sigma: .4,
		lost: .02},
	{name: "2% at 30 times the price", strategies: 3, orders: 30, sd: .05, fallback: .02, jump: 30, sigma: .4, lost: .02},
}

// climateYears is how many years are simulated of each climate. The figures of README are of 200.
var climateYears = flag.Int("years", proof.Size(3, 40), "years of each climate")

// TestClimates counts false alarms where nothing changes.
func TestClimates(t *testing.T) {
	years := float64(*climateYears)
	var table strings.Builder
	table.WriteString("\n| nights | strategies × gates | orders | false alarms a year | nights that fail falsely |\n| --- | --- | --- | --- | --- |\n")
	for _, w := range climates {
		var alarms []float64 // of each year
		nights, by := 0, map[string]int{}
		for _, y := range each(*climateYears, func(i uint64) climateYear { return yearOf(w, yearsFrom+i) }) {
			alarms, nights = append(alarms, float64(y.alarms)), nights+y.nights
			for metric, n := range y.by {
				by[metric] += n
			}
		}
		// Alarms may come in bunches: one baseline judges a whole year.
		perYear, sd := stat.MeanStdDev(alarms, nil)
		charts := len(newWatch(nightly{w.strategies, w.orders, w.sd}).gates)
		fmt.Fprintf(&table, "| %s | %d × %d | %d | %.2f ± %.2f | %.2f%% |\n", w.name, w.strategies, charts, w.orders, perYear,
			2*math.Sqrt(perYear/years), 100*float64(nights)/years/nightsYear)
		t.Logf("%s, %d orders: %v", w.name, w.orders, by)
		if most := 2 + 3*max(sd, math.Sqrt(2))/math.Sqrt(years); perYear > most && !w.harsh {
			t.Errorf("%s, seed %d: %.2f false alarms a year, want 2 at most", w.name, yearsSeed, perYear)
		}
	}
	t.Log(table.String())
}

// climateYear is what fails falsely in a year.
type climateYear struct {
	alarms, nights int
	by             map[string]int
}

func yearOf(w climate, stream uint64) climateYear {
	s, c := newSky(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
	last, y := map[[2]int]int{}, climateYear{by: map[string]int{}}
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
	for _, w := range []climate{
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
			t.Errorf("%s, seed %d: %d of %d aren't found within 3 nights", w.name, yearsSeed, missed, changes)
		}
	}
}

// doubled is after how many nights a doubled median is reported, 4 where it isn't within 3.
func doubled(w climate, stream uint64) int {
	s, c := newSky(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
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
	w := climate{strategies: 3, orders: 30, sd: .05, sigma: .4, lost: .02, mixed: true}
	const changes, nights = 200, 60
	missed := 0
	for _, found := range each(changes, func(i uint64) bool {
		s, c := newSky(w, 4_000_000+i), newWatch(nightly{w.strategies, w.orders, w.sd})
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
		t.Errorf("seed %d: %d of %d drifts of 1 %% a night aren't found within %d nights", yearsSeed, missed, changes, nights)
	}
}

// Retries hide a proxy that gets worse from all but the gates on attempts and errors.
func TestHiddenErrorsAreFound(t *testing.T) {
	const changes, orders = 200, 30
	gates := []scenario.Gate{scenario.NewGate("attempts", 0.05), scenario.NewGate("errors.region", 0.02)}
	limits := LimitsFor(3 * len(gates))
	for _, g := range gates {
		early, missed := 0, 0
		for _, after := range each(changes, func(i uint64) int {
			random := rand.New(rand.NewPCG(yearsSeed, 5_000_000+i))
			c := newChart(metricOf(g.Metric), g, limits)
			for night := range before + 7 {
				share := 0.05
				if night >= before {
					share = 0.2
				}
				n := &Night{Engine: "live", Orders: orders, Delivered: orders, InTime: orders, Attempts: orders,
					Errors: map[string]int64{}}
				for range orders {
					for random.Float64() < share {
						n.Attempts++
						n.Errors["region"]++
					}
				}
				r, _ := metricOf(g.Metric).read(n)
				if o := c.add(r); o.found == stepped || o.found == drifted {
					return night - before
				}
			}
			return 7
		}) {
			switch {
			case after < 0:
				early++
			case after == 7:
				missed++
			}
		}
		if missed > changes/20 || early > changes/20 {
			t.Errorf("%s, seed %d: of %d, %d aren't found within 7 nights, %d are false", g.Metric, yearsSeed, changes, missed,
				early)
		}
	}
}
