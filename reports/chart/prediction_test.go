package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/reports/reporttest"
	"channelbench/reports/view"
)

// prognosisOf sets a bench against a simulation.
func prognosisOf(sim, bench *record.Run) *prognosis {
	s := view.NewSet([]view.Labelled{{Label: "sim", Run: sim}, {Label: "bench", Run: bench}})
	c := &prognosis{set: s, sim: &s.Runs[0], bench: &s.Runs[1]}
	c.compare()
	return c
}

// Benches that behave as simulated lie inside at least as often as is said, figure by figure, and the title calls few
// of them a surprise, though the figures of a strategy hang together.
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
				if !figure.Known {
					t.Fatalf("%s of %s is not predicted", prognosisColumns[i].name, row.Name)
				}
				if figure.Side() == 0 {
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
	slow.Median *= 1.8
	dear.Cost *= 2
	lossy.Lost = 0.3
	all.Cost, all.Median, all.Lost = 0.5, 300, 0.4
	bench := func(r reporttest.Toy) *record.Run { return benchOf(rand.New(rand.NewPCG(7, 1)), 1, 100, f, r) }
	replayed := bench(all)
	replayed.Strategies[1].Engine = "replay"
	for name, c := range map[string]struct {
		bench *record.Run
		want  string
	}{
		"as simulated": {bench(r), "The bench contradicts none of the 10 figures that the simulation predicts"},
		"slower": {bench(slow),
			"The simulation predicts 8 of 10 measured figures; reverse is in time less often and takes longer than assumed"},
		"dearer": {bench(dear), "The simulation predicts 9 of 10 measured figures; reverse costs more than assumed"},
		"lossy":  {bench(lossy), "reverse delivers less and is in time less often than assumed"},
		"everything": {bench(all),
			"The simulation predicts 6 of 10 measured figures; reverse costs more and delivers less than assumed"},
		"not driven": {replayed, "The bench contradicts none of the 5 figures that the simulation predicts"},
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
					row.figures[i].Measured = 1.1
				}
			}
			c.rows = append(c.rows, row)
		}
		if got := c.Title(); got != want {
			t.Errorf("%d outside: %q, want %q", outside, got, want)
		}
	}
	if p := stats.AtLeast(3, 10, 0.05); p < Chance {
		t.Errorf("3 of 10 have a probability of %g", p)
	}
}

// contestant has five figures in the middle of [0, 1], and would surprise from 2 on.
func contestant(n int) prognosisRow {
	row := prognosisRow{counted: true}
	row.Word = string(rune('a' + n))
	for range prognosisColumns {
		row.figures = append(row.figures, Prediction{Low: 0, High: 1, FarLow: -1, FarHigh: 2, Measured: 0.5, Known: true})
	}
	return row
}

func TestPredictedTimesFollowTheCurve(t *testing.T) {
	// One order in four is done after each of 10, 20 and 30 s; the rest never.
	sim := &record.Strategy{LatencyCDF: []record.Point{{Seconds: 10, Share: 0.25}, {Seconds: 20, Share: 0.5},
		{Seconds: 30, Share: 0.75}}}
	p := Predictor{Sim: sim, Measured: &record.Strategy{Orders: 1}, Level: 0.999}
	f := p.Quantile(0.5, nil)
	if f.Low != 10*(1-Grain) || !math.IsInf(f.High, 1) || f.Side() != 0 {
		t.Errorf("one order: [%g, %g], side %d", f.Low, f.High, f.Side())
	}
	p.Measured.Orders = 1_000_000
	for q, want := range map[float64]float64{0.2: 10, 0.4: 20, 0.7: 30} {
		if f := p.Quantile(q, reporttest.Ptr(want*1.04)); f.Low != want*(1-Grain) || f.High != want*(1+Requests) ||
			f.Side() != 0 {
			t.Errorf("the quantile %g: [%g, %g], want about %g", q, f.Low, f.High, want)
		}
		if below, above := p.Quantile(q, reporttest.Ptr(want*0.99)),
			p.Quantile(q, reporttest.Ptr(want*1.06)); below.Side() != -1 || above.Side() != 1 {
			t.Errorf("the quantile %g: a hundredth below is %d, six above %d", q, below.Side(), above.Side())
		}
		if f := p.Quantile(q, nil); f.Side() != 1 {
			t.Errorf("the quantile %g: never is taken for %g", q, want)
		}
	}
	if f := p.Quantile(0.9, reporttest.Ptr(25.0)); f.Side() != -1 {
		t.Errorf("25 s where never is predicted: side %d of [%g, %g]", f.Side(), f.Low, f.High)
	}
	if f := p.Quantile(0.9, nil); f.Side() != 0 {
		t.Error("never is not taken for never")
	}
}

func TestPredictionsNeedBoth(t *testing.T) {
	nobody := Predictor{Run: &record.Run{}, Sim: &record.Strategy{}, Measured: &record.Strategy{}, Level: 0.99}
	for i, f := range nobody.Predict() {
		if f.Known || f.Side() != 0 || f.Far() != 0 {
			t.Errorf("%s is predicted from nothing: %+v", prognosisColumns[i].name, f)
		}
	}
}

// Unchanged nights seldom show a change; changed ones do.
func TestTrendTitles(t *testing.T) {
	f, _, r := scattered()
	r.Lost = 0.002
	random := rand.New(rand.NewPCG(21, 1))
	series := func(n int, later reporttest.Toy) []view.Labelled {
		var list []view.Labelled
		for day := range n {
			of := r
			if day >= n/2 {
				of = later
			}
			list = append(list, view.Labelled{Label: fmt.Sprint(day), Run: benchOf(random, day+1, 60, f, of)})
		}
		return list
	}
	title := func(list []view.Labelled) string {
		s := view.NewSet(list)
		return trendFigure(s, s.All()).Title()
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
	dear.Cost, cheap.Cost, slow.Median, fast.Median, lossy.Lost = 0.15, 0.1, 300, 40, 0.3
	for _, c := range []struct {
		want  string
		later reporttest.Toy
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

// What gates are set on is drawn, too, though retries hide it from all else.
func TestTrendsDrawWhatIsGated(t *testing.T) {
	f, _, r := scattered()
	random := rand.New(rand.NewPCG(21, 2))
	series := func(gates ...record.Gate) *trend {
		var list []view.Labelled
		for day := range 6 {
			run := benchOf(random, day+1, 60, f, r)
			run.Drive = &record.Drive{Gates: gates}
			for i := range run.Strategies {
				s := &run.Strategies[i]
				refused := int64(1)
				if day >= 3 && s.Name == "reverse" {
					refused = 20
				}
				attempts := s.Orders + refused
				s.Counts = &record.Counts{Attempts: attempts, Errors: map[string]int64{"region": refused}}
				s.AttemptsPerOrder = record.Figure{Value: reporttest.Ptr(float64(attempts) / float64(s.Orders))}
			}
			list = append(list, view.Labelled{Label: fmt.Sprint(day), Run: run})
		}
		set := view.NewSet(list)
		return trendFigure(set, set.All()).Chart.(*trend)
	}
	if got := series(record.Gate{Metric: "p95", Change: 0.1}); len(got.columns) != len(trendColumns) ||
		strings.Contains(got.Title(), "attempts") {
		t.Errorf("without gates on attempts and errors: %d columns, %q", len(got.columns), got.Title())
	}
	got := series(record.Gate{Metric: "attempts", Change: 0.1}, record.Gate{Metric: "errors.region", Change: 0.01})
	if want := "Reverse got more attempts: 1.02, then 1.33; 1 further change"; got.Title() != want {
		t.Errorf("title is %q, want %q", got.Title(), want)
	}
	if alt := got.Alt(); !strings.Contains(alt, "region errors 1.6%, then 25%") {
		t.Errorf("alt is %q", alt)
	}
	if page, err := (&figure{file: "trend.png", Chart: got}).alone(); err != nil || len(collisions(page)) > 0 {
		t.Errorf("%v, %v", err, collisions(page))
	}
}

func TestPooledNights(t *testing.T) {
	one := &record.Strategy{Orders: 100, Delivered: 50, CostPerDelivered: reporttest.FigureOf(1, 0.2),
		DeliveredShare: record.Figure{Value: reporttest.Ptr(0.5)},
		LatencyCDF:     []record.Point{{Seconds: 10, Share: 0.5}}}
	other := &record.Strategy{Orders: 300, Delivered: 300, CostPerDelivered: reporttest.FigureOf(2, 0.1),
		DeliveredShare: record.Figure{Value: reporttest.Ptr(1.0)},
		LatencyCDF:     []record.Point{{Seconds: 20, Share: 1}}}
	both := []*record.Strategy{one, other}
	if e := view.PooledShare(both); math.Abs(e.Value-0.875) > 1e-12 || !(e.Low < 0.875 && e.High > 0.875) {
		t.Errorf("share %+v", e)
	}
	off := math.Sqrt(50*50*0.04+300*300*0.01) / 350
	if e := view.PooledCost(both); math.Abs(e.Value-650.0/350) > 1e-12 || math.Abs(e.High-e.Value-off) > 1e-12 ||
		math.Abs(e.Value-e.Low-off) > 1e-12 {
		t.Errorf("cost %+v", e)
	}
	if e := view.PooledQuantile(both, 0.5); e.Value != 20 || e.Low != 20 || e.High != 20 {
		t.Errorf("median %+v", e)
	}
	if e := view.PooledQuantile(both, 0.12); e.Value != 10 || e.High != 20 {
		t.Errorf("quantile 0.12 %+v", e)
	}
	if e := view.PooledQuantile(both, 0.95); !math.IsInf(e.Value, 1) {
		t.Errorf("p95 %+v", e)
	}
	if e := view.PooledShare(nil); !math.IsNaN(e.Value) || (view.Shift{Before: e, After: e}).Changed() != 0 {
		t.Errorf("nothing pooled: %+v", e)
	}
}
