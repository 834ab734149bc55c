package history

import (
	"flag"
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

// What README publishes under "Nightly in CI" is what these log:
//
//	go test ./internal/history -run 'Climates|Planted' -v -years 200 -changes 400
//
// Nights are simulated without a channel: orders are lognormal (σ 0.4) around a median that differs from night to night
// by sd, 2 % are not delivered, 8-second clips cost 0.8 and 12-second ones 1.2 times the price, in a random mix,
// and the promise is kept by about 93 %. Each year begins without a baseline.
const (
	yearsSeed   = 4242
	yearsFrom   = 10_001    // limits were set by other streams
	changesFrom = 1_010_001 // the same of planted changes
	nightsYear  = 365
	before      = 60 // nights before a planted change
)

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

// found is after how many nights a planted change is reported, 15 where it isn't within 14.
func found(w climate, change shiftOf, stream uint64) int {
	s, c := newSky(w, stream), newWatch(nightly{w.strategies, w.orders, w.sd})
	for range before {
		s.next()
		c.add(0, s.make(0, shiftOf{}))
	}
	for night := 1; night <= 14; night++ {
		s.next()
		if len(c.add(0, s.make(0, change))) > 0 {
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

// plantedChanges is how many changes are simulated of each size. The figures of README are of 400.
var plantedChanges = flag.Int("changes", proof.Size(20, 200), "changes of each size")

// TestPlantedChangesAreFound measures how often a change is found within 7 and 14 nights, against how often it has to
// be.
func TestPlantedChangesAreFound(t *testing.T) {
	n := *plantedChanges
	t.Logf("seed %d, %d changes each", yearsSeed, n)
	var table strings.Builder
	table.WriteString("\n| change | 30 orders | 60 orders | 100 orders |\n| --- | --- | --- | --- |\n")
	for _, row := range []struct {
		change shiftOf
		least  [3][2]float64 // percent within 7 and 14 nights, by orders
	}{
		{shiftOf{name: "latency +10%", latency: 0.10}, [3][2]float64{{14, 47}, {23, 63}, {33, 70}}},
		{shiftOf{name: "latency +20%", latency: 0.20}, [3][2]float64{{69, 94}, {88, 95}, {93, 95}}},
		{shiftOf{name: "latency +30%", latency: 0.30}, [3][2]float64{{93, 95}, {95, 95}, {95, 95}}},
		{shiftOf{name: "delivered −2pp", delivered: 0.02}, [3][2]float64{{3, 17}, {10, 39}, {25, 65}}},
		{shiftOf{name: "delivered −5pp", delivered: 0.05}, [3][2]float64{{38, 83}, {81, 94}, {93, 95}}},
		{shiftOf{name: "cost +5%", cost: 0.05}, [3][2]float64{{28, 64}, {52, 71}, {67, 83}}},
		{shiftOf{name: "cost +10%", cost: 0.10}, [3][2]float64{{95, 95}, {95, 95}, {95, 95}}},
	} {
		fmt.Fprintf(&table, "| %s |", row.change.name)
		for i, orders := range []int{30, 60, 100} {
			within := [2]float64{}
			for _, after := range each(n, func(i uint64) int { return found(plainSky(orders), row.change, changesFrom+i) }) {
				for k, nights := range []int{7, 14} {
					if after <= nights {
						within[k] += 100 / float64(n)
					}
				}
			}
			fmt.Fprintf(&table, " %.0f%%, %.0f%% |", within[0], within[1])
			for k, least := range row.least[i] {
				if sigma := math.Sqrt(least * (100 - least) / float64(n)); within[k] < least-3*sigma {
					t.Errorf("%s of %d orders, seed %d: %.0f%% are found within %d nights, want %.0f%%", row.change.name, orders,
						yearsSeed, within[k], 7+7*k, least)
				}
			}
		}
		table.WriteString("\n")
	}
	t.Log(table.String())
}
