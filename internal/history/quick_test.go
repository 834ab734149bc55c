package history

import (
	"channelbench/internal/scenario"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// direct normal readings of one p50 chart of 12
func TestQuick(t *testing.T) {
	Y, _ := strconv.Atoi(os.Getenv("YEARS"))
	C, _ := strconv.Atoi(os.Getenv("CHANGES"))
	for _, w := range []struct{ own, sd, rho, week float64 }{{.0915, .05, 0, 0}, {.05, .05, 0, 0}, {.0915, .1, .5, 0}, {.05, .1, .5, 0}, {.05, .1, .8, 0}} {
		mk := func(seed uint64) func(shift float64) reading {
			r := rand.New(rand.NewPCG(77, seed))
			shock, day := r.NormFloat64(), 0
			return func(shift float64) reading {
				shock = w.rho*shock + math.Sqrt(1-w.rho*w.rho)*r.NormFloat64()
				day++
				return reading{y: w.sd*shock + w.own*r.NormFloat64() + shift + math.Log(1+w.week*math.Sin(2*math.Pi*float64(day)/7)), se: w.own, orders: 30}
			}
		}
		ch := func() *chart { return newChart(metricOf("p50"), scenario.NewGate("p50", .1), LimitsFor(12)) }
		sum := 0
		for _, a := range each(Y, func(i uint64) int {
			next, c, last, n := mk(i), ch(), -99, 0
			for night := range 365 {
				if o := c.add(next(0)); o.found == stepped || o.found == drifted {
					if night-last > quiet {
						n++
					}
					last = night
				}
			}
			return n
		}) {
			sum += a
		}
		line := fmt.Sprintf("own %.3f sd %.2f rho %.1f week %.1f: 3 charts %.2f |", w.own, w.sd, w.rho, w.week, 3*float64(sum)/float64(Y))
		for _, s := range []float64{.1, .2, .3} {
			week, fort := 0, 0
			for _, a := range each(C, func(i uint64) int {
				next, c := mk(1000000+i), ch()
				for range 60 {
					c.add(next(0))
				}
				for n := 1; n <= 14; n++ {
					if o := c.add(next(math.Log1p(s))); o.found == stepped || o.found == drifted {
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
			line += fmt.Sprintf(" +%.0f%% %.0f,%.0f", 100*s, 100*float64(week)/float64(C), 100*float64(fort)/float64(C))
		}
		fmt.Println(line)
	}
}
