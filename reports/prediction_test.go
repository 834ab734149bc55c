package reports

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// prognosisOf sets a bench against a simulation.
func prognosisOf(sim, bench *record.Run) *prognosis {
	s := NewSet([]Labelled{{"sim", sim}, {"bench", bench}})
	c := &prognosis{set: s, sim: &s.runs[0], bench: &s.runs[1]}
	c.compare()
	return c
}

// Benches that behave as simulated lie inside at least as often as is said, figure by figure, and the title calls few of
// them a surprise, though the figures of a strategy hang together.
func TestPredictionsHold(t *testing.T) {
	const benches = 400
	f, _, r := scattered()
	sim := simOf(f, r)
	random := rand.New(rand.NewPCG(11, 1))
	inside, alarms := make([]int, len(prognosisColumns)), 0
	for range benches {
		c := prognosisOf(sim, benchOf(random, 1, 60, f, r))
		for _, row := range c.rows {
			for i, figure := range row.figures {
				if !figure.known {
					t.Fatalf("%s of %s is not predicted", prognosisColumns[i].name, row.Name)
				}
				if figure.side() == 0 {
					inside[i]++
				}
			}
		}
		if _, _, surprising := c.tally(); surprising {
			alarms++
		}
	}
	for i, n := range inside {
		got, se := float64(n)/(2*benches), math.Sqrt(0.95*0.05/(2*benches))
		if got < 0.95-4*se {
			t.Errorf("%s lies inside in %.3f of benches, want at least %.3f", prognosisColumns[i].name, got, 0.95-4*se)
		}
	}
	if got, most := float64(alarms)/benches, 0.05+4*math.Sqrt(0.05*0.95/benches); got > most {
		t.Errorf("%.3f of the benches surprise, want at most %.3f", got, most)
	}
}

// What a simulation gets wrong must show, by name.
func TestPrognosisTitles(t *testing.T) {
	f, _, r := scattered()
	sim := simOf(f, r)
	slow, dear, lossy, all := r, r, r, r
	slow.median *= 1.8
	dear.cost *= 2
	lossy.lost = 0.3
	all.cost, all.median, all.lost = 0.5, 300, 0.4
	bench := func(r toy) *record.Run { return benchOf(rand.New(rand.NewPCG(7, 1)), 1, 100, f, r) }
	replayed := bench(all)
	replayed.Strategies[1].Engine = "replay"
	for name, c := range map[string]struct {
		bench *record.Run
		want  string
	}{
		"as simulated": {bench(r), "The bench contradicts none of the 10 figures that the simulation predicts"},
		"slower":       {bench(slow), "The simulation predicts 8 of 10 measured figures; reverse is in time less often and takes longer than assumed"},
		"dearer":       {bench(dear), "The simulation predicts 9 of 10 measured figures; reverse costs more than assumed"},
		"lossy":        {bench(lossy), "reverse delivers less and is in time less often than assumed"},
		"everything":   {bench(all), "The simulation predicts 6 of 10 measured figures; reverse costs more and delivers less than assumed"},
		"not driven":   {replayed, "The bench contradicts none of the 5 figures that the simulation predicts"},
	} {
		if got := prognosisOf(sim, c.bench).Title(); !strings.HasSuffix(got, c.want) {
			t.Errorf("%s: the title is %q, want %q", name, got, c.want)
		}
	}
}

// So many figures outside by so little are chance, or not.
func TestPrognosisTitleRespectsChance(t *testing.T) {
	for outside, want := range map[int]string{
		0: "The bench contradicts none of the 10 figures that the simulation predicts",
		1: "The simulation predicts 9 of 10 measured figures; one miss is within chance",
		3: "The simulation predicts 7 of 10 measured figures; 3 misses are within chance",
		4: "The simulation predicts 6 of 10 measured figures; a costs more and delivers more than assumed",
	} {
		c := &prognosis{}
		for n := range 2 {
			row := contestant(n)
			for i := range row.figures {
				if n*5+i < outside {
					row.figures[i].measured = 1.1
				}
			}
			c.rows = append(c.rows, row)
		}
		if got := c.Title(); got != want {
			t.Errorf("%d outside: %q, want %q", outside, got, want)
		}
	}
	if p := stats.AtLeast(3, 10, 0.05); p < chance {
		t.Errorf("3 of 10 have a probability of %g", p)
	}
}

// contestant has five figures in the middle of [0, 1], and would surprise from 2 on.
func contestant(n int) prognosisRow {
	row := prognosisRow{counted: true}
	row.word = string(rune('a' + n))
	for range prognosisColumns {
		row.figures = append(row.figures, foretold{low: 0, high: 1, farLow: -1, farHigh: 2, measured: 0.5, known: true})
	}
	return row
}

func TestPredictedTimesFollowTheCurve(t *testing.T) {
	// One order in four is done after each of 10, 20 and 30 s; the rest never.
	sim := &record.Strategy{LatencyCDF: []record.Point{{Seconds: 10, Share: 0.25}, {Seconds: 20, Share: 0.5}, {Seconds: 30, Share: 0.75}}}
	p := predictor{sim: sim, measured: &record.Strategy{Orders: 1}, level: 0.999}
	f := p.quantile(0.5, nil)
	if f.low != 10*(1-grain) || !math.IsInf(f.high, 1) || f.side() != 0 {
		t.Errorf("one order: [%g, %g], side %d", f.low, f.high, f.side())
	}
	p.measured.Orders = 1_000_000
	for q, want := range map[float64]float64{0.2: 10, 0.4: 20, 0.7: 30} {
		if f := p.quantile(q, ptr(want*1.04)); f.low != want*(1-grain) || f.high != want*(1+requests) || f.side() != 0 {
			t.Errorf("the quantile %g: [%g, %g], want about %g", q, f.low, f.high, want)
		}
		if below, above := p.quantile(q, ptr(want*0.99)), p.quantile(q, ptr(want*1.06)); below.side() != -1 || above.side() != 1 {
			t.Errorf("the quantile %g: a hundredth below is %d, six above %d", q, below.side(), above.side())
		}
		if f := p.quantile(q, nil); f.side() != 1 {
			t.Errorf("the quantile %g: never is taken for %g", q, want)
		}
	}
	if f := p.quantile(0.9, ptr(25.0)); f.side() != -1 {
		t.Errorf("25 s where never is predicted: side %d of [%g, %g]", f.side(), f.low, f.high)
	}
	if f := p.quantile(0.9, nil); f.side() != 0 {
		t.Error("never is not taken for never")
	}
}

func TestPredictionsNeedBoth(t *testing.T) {
	nobody := predictor{run: &record.Run{}, sim: &record.Strategy{}, measured: &record.Strategy{}, level: 0.99}
	for i, f := range nobody.predict() {
		if f.known || f.side() != 0 || f.far() != 0 {
			t.Errorf("%s is predicted from nothing: %+v", prognosisColumns[i].name, f)
		}
	}
}

// Unchanged nights seldom show a change; changed ones do.
func TestTrendTitles(t *testing.T) {
	f, _, r := scattered()
	r.lost = 0.002
	random := rand.New(rand.NewPCG(21, 1))
	series := func(n int, later toy) []Labelled {
		var list []Labelled
		for day := range n {
			of := r
			if day >= n/2 {
				of = later
			}
			list = append(list, Labelled{fmt.Sprint(day), benchOf(random, day+1, 60, f, of)})
		}
		return list
	}
	title := func(list []Labelled) string {
		s := NewSet(list)
		return trendFigure(s, s.all()).Title()
	}
	changes := 0
	const tries = 200
	for range tries {
		if title(series(4, r)) != "No change beyond chance in 4 nights" {
			changes++
		}
	}
	// Six comparisons, each wrong about once in 180 times.
	if p := 6.0 / 180; float64(changes) > tries*p+4*math.Sqrt(tries*p) {
		t.Errorf("%d of %d series without a change show one", changes, tries)
	}

	dear, cheap, slow, fast, lossy := r, r, r, r, r
	dear.cost, cheap.cost, slow.median, fast.median, lossy.lost = 0.15, 0.1, 300, 40, 0.3
	for _, c := range []struct {
		want  string
		later toy
	}{
		{"Reverse got dearer: $0.12", dear}, {"Reverse got cheaper: $0.12", cheap}, {"Reverse got slower: ", slow},
		{"Reverse got faster: ", fast}, {"Reverse got less reliable: ", lossy},
	} {
		if got := title(series(6, c.later)); !strings.HasPrefix(got, c.want) {
			t.Errorf("title is %q, want %q", got, c.want)
		}
	}

	spoilt := series(4, dear)
	for i := range 3 {
		spoilt[i].Run.Invalid = "no network"
	}
	if got := title(spoilt); got != "Only 1 of 4 nights may be used, too few to see a change" {
		t.Errorf("with invalid nights: %q", got)
	}
	replayed := series(4, dear)
	for _, l := range replayed {
		l.Run.Strategies[0].Engine, l.Run.Strategies[1].Engine = "replay", "replay"
	}
	if got := title(replayed); got != "4 nights, in which every strategy was replayed" {
		t.Errorf("of replayed nights: %q", got)
	}
}

func TestPooledNights(t *testing.T) {
	one := &record.Strategy{Orders: 100, Delivered: 50, CostPerDelivered: figureOf(1, 0.2), DeliveredShare: record.Figure{Value: ptr(0.5)},
		LatencyCDF: []record.Point{{Seconds: 10, Share: 0.5}}}
	other := &record.Strategy{Orders: 300, Delivered: 300, CostPerDelivered: figureOf(2, 0.1), DeliveredShare: record.Figure{Value: ptr(1.0)},
		LatencyCDF: []record.Point{{Seconds: 20, Share: 1}}}
	both := []*record.Strategy{one, other}
	if e := pooledShare(both); math.Abs(e.Value-0.875) > 1e-12 || !(e.Low < 0.875 && e.High > 0.875) {
		t.Errorf("share %+v", e)
	}
	off := math.Sqrt(50*50*0.04+300*300*0.01) / 350
	if e := pooledCost(both); math.Abs(e.Value-650.0/350) > 1e-12 || math.Abs(e.High-e.Value-off) > 1e-12 || math.Abs(e.Value-e.Low-off) > 1e-12 {
		t.Errorf("cost %+v", e)
	}
	if e := pooledQuantile(both, 0.5); e.Value != 20 || e.Low != 20 || e.High != 20 {
		t.Errorf("median %+v", e)
	}
	if e := pooledQuantile(both, 0.12); e.Value != 10 || e.High != 20 {
		t.Errorf("quantile 0.12 %+v", e)
	}
	if e := pooledQuantile(both, 0.95); !math.IsInf(e.Value, 1) {
		t.Errorf("p95 %+v", e)
	}
	if e := pooledShare(nil); !math.IsNaN(e.Value) || (shift{e, e}).changed() != 0 {
		t.Errorf("nothing pooled: %+v", e)
	}
}
