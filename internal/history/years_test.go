package history

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"

	"channelbench/internal/proof"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
)

// What README publishes under "Nightly in CI" is what TestYearsOfNights logs:
//
//	go test ./internal/history -run TestYearsOfNights -v -tags proof
//
// Nights are simulated without a channel: orders are lognormal (σ 0.4) around a median that differs from night to night
// by between, 2 % are not delivered, 8-second clips cost 0.8 and 12-second ones 1.2 times the price, in a random mix,
// and the promise is kept by about 93 %. Each year begins without a baseline.
const (
	yearsSeed  = 20261128
	nightsYear = 365
	before     = 60 // nights before a planted change
)

var years = proof.Size(10, 200)

// nightly is what is bought every night.
type nightly struct {
	strategies int
	orders     int
	between    float64
}

// shiftOf is a planted change of one strategy.
type shiftOf struct {
	name                     string
	latency, cost, delivered float64 // factors; points less
}

// nightSimulator makes nights, and remembers the ranks of order statistics, which are dear to find.
type nightSimulator struct {
	of     nightly
	random *rand.Rand
	ranks  map[float64][3]int
	sorted []float64
	costs  []float64
}

func newNightSimulator(of nightly, stream uint64) *nightSimulator {
	s := &nightSimulator{of: of, random: rand.New(rand.NewPCG(yearsSeed, stream)), ranks: map[float64][3]int{}}
	places := make([]float64, of.orders)
	for i := range places {
		places[i] = float64(i)
	}
	for _, q := range []float64{0.5, 0.95} {
		e := stats.OrderQuantile(places, q)
		s.ranks[q] = [3]int{index(e.Value), index(e.Low), index(e.High)}
	}
	return s
}

func index(place float64) int {
	if math.IsNaN(place) {
		return -1
	}
	return int(place)
}

func (s *nightSimulator) figure(q float64) record.Figure {
	at := func(i int) *float64 {
		if i < 0 {
			return nil
		}
		return record.Number(s.sorted[i])
	}
	r := s.ranks[q]
	return record.Figure{Value: at(r[0]), Low: at(r[1]), High: at(r[2])}
}

func (s *nightSimulator) night(change shiftOf) *Night {
	n := &Night{Engine: "live", Orders: int64(s.of.orders)}
	median := 100 * math.Exp(s.random.NormFloat64()*s.of.between) * (1 + change.latency)
	s.sorted, s.costs = s.sorted[:0], s.costs[:0]
	sum, square := 0.0, 0.0
	for range s.of.orders {
		latency := median * math.Exp(0.4*s.random.NormFloat64())
		cost := 0.8
		if s.random.IntN(2) == 0 {
			cost = 1.2
		}
		if s.random.Float64() < 0.02+change.delivered {
			s.sorted = append(s.sorted, math.Inf(1))
			continue
		}
		cost *= 1 + change.cost
		sum, square = sum+cost, square+cost*cost
		n.Delivered++
		if latency <= 180 {
			n.InTime++
		}
		s.sorted = append(s.sorted, latency)
	}
	slices.Sort(s.sorted)
	n.Latency.P50, n.Latency.P95 = s.figure(0.5), s.figure(0.95)
	if k := float64(n.Delivered); k > 1 {
		mean := sum / k
		half := 1.96 * math.Sqrt((square/k-mean*mean)/k)
		n.CostPerDelivered = record.Figure{Value: &mean, Low: record.Number(mean - half), High: record.Number(mean + half)}
	}
	return n
}

// watch are the charts of one year, by strategy and gate, as Judge runs them.
type watch struct {
	gates  []scenario.Gate
	charts [][]*chart
}

func newWatch(of nightly) *watch {
	w := &watch{gates: slices.DeleteFunc(slices.Clone(Defaults), func(g scenario.Gate) bool { return g.Metric == "bill" })}
	if of.orders >= stats.FewestForQuantile(0.95) {
		w.gates = append(w.gates, scenario.NewGate("p95", 0.15))
	}
	limits := LimitsFor(of.strategies * len(w.gates))
	for range of.strategies {
		var own []*chart
		for _, g := range w.gates {
			own = append(own, newChart(metricOf(g.Metric), g, limits))
		}
		w.charts = append(w.charts, own)
	}
	return w
}

// add judges a strategy's night, and says which gates fail.
func (w *watch) add(strategy int, n *Night) (failing []int) {
	for k, g := range w.gates {
		if r, why := metricOf(g.Metric).read(n); why == "" {
			if o := w.charts[strategy][k].add(r); o.found == stepped || o.found == drifted {
				failing = append(failing, k)
			}
		}
	}
	return failing
}

// quiet is after how many nights without a failure the next one counts as another alarm.
const quiet = 7

// alarms are the false alarms of one year, and the nights that fail.
func alarms(of nightly, year uint64) (alarms, nights int, by map[string]int) {
	s, w := newNightSimulator(of, year), newWatch(of)
	last := map[[2]int]int{}
	by = map[string]int{}
	for night := range nightsYear {
		failed, fresh := false, false
		for strategy := range of.strategies {
			for _, k := range w.add(strategy, s.night(shiftOf{})) {
				failed = true
				key := [2]int{strategy, k}
				if at, before := last[key]; !before || night-at > quiet {
					fresh = true
					by[w.gates[k].Metric]++
				}
				last[key] = night
			}
		}
		if failed {
			nights++
		}
		if fresh {
			alarms++
		}
	}
	return alarms, nights, by
}

// found is after how many nights a planted change is reported, 15 where it isn't within 14.
func found(of nightly, change shiftOf, stream uint64) int {
	s, w := newNightSimulator(of, stream), newWatch(of)
	for range before {
		w.add(0, s.night(shiftOf{}))
	}
	for night := 1; night <= 14; night++ {
		if len(w.add(0, s.night(change))) > 0 {
			return night
		}
	}
	return 15
}

// each runs f for many streams on all processors. What it returns depends on the stream alone.
func each[T any](n int, f func(i uint64) T) []T {
	all := make([]T, n)
	var group sync.WaitGroup
	for w := range 2 {
		group.Go(func() {
			for i := w; i < n; i += 2 {
				all[i] = f(uint64(i))
			}
		})
	}
	group.Wait()
	return all
}

func TestYearsOfNights(t *testing.T) {
	t.Logf("seed %d, %d years each", yearsSeed, years)
	var table strings.Builder
	table.WriteString("\n| strategies × gates | orders | nights differ by | false alarms a year | nights that fail falsely |\n| --- | --- | --- | --- | --- |\n")
	for _, of := range []nightly{{3, 30, 0.03}, {3, 30, 0.05}, {3, 100, 0.03}, {3, 100, 0.05}, {8, 60, 0.05}} {
		count, nights, by := 0, 0, map[string]int{}
		type year struct {
			alarms, nights int
			by             map[string]int
		}
		for _, y := range each(years, func(i uint64) year {
			a, n, by := alarms(of, i)
			return year{a, n, by}
		}) {
			count, nights = count+y.alarms, nights+y.nights
			for k, v := range y.by {
				by[k] += v
			}
		}
		perYear := float64(count) / float64(years)
		fmt.Fprintf(&table, "| %d × %d | %d | %.0f%% | %.2f ± %.2f | %.2f%% |\n", of.strategies, len(newWatch(of).gates), of.orders, 100*of.between,
			perYear, 2*math.Sqrt(float64(count))/float64(years), 100*float64(nights)/float64(years*nightsYear))
		t.Logf("%+v: %v", of, by)
		// Three standard errors of a Poisson count.
		if most := 2 + 3*math.Sqrt(2/float64(years)); perYear > most {
			t.Errorf("%+v: %.2f false alarms a year, want 2 at most", of, perYear)
		}
	}
	t.Log(table.String())
}

// Detection is measured of so many changes each.
var changes = proof.Size(20, 400)

func TestPlantedChangesAreFound(t *testing.T) {
	t.Logf("seed %d, %d changes each", yearsSeed, changes)
	var table strings.Builder
	table.WriteString("\n| change | 30 orders | 60 orders | 100 orders |\n| --- | --- | --- | --- |\n")
	for _, change := range []shiftOf{
		{name: "latency +10%", latency: 0.10}, {name: "latency +20%", latency: 0.20}, {name: "latency +30%", latency: 0.30},
		{name: "delivered −2pp", delivered: 0.02}, {name: "delivered −5pp", delivered: 0.05},
		{name: "cost +5%", cost: 0.05}, {name: "cost +10%", cost: 0.10},
	} {
		fmt.Fprintf(&table, "| %s |", change.name)
		for _, orders := range []int{30, 60, 100} {
			of := nightly{3, orders, 0.05}
			week, fortnight := 0, 0
			for _, after := range each(changes, func(i uint64) int { return found(of, change, 1_000_000+i) }) {
				if after <= 7 {
					week++
				}
				if after <= 14 {
					fortnight++
				}
			}
			fmt.Fprintf(&table, " %.0f%%, %.0f%% |", 100*float64(week)/float64(changes), 100*float64(fortnight)/float64(changes))
		}
		table.WriteString("\n")
	}
	t.Log(table.String())
}
