package chart

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	metrics "channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/reports/follow"
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

// TestTrendsDrawWhatIsGated: a figure that the nights are held to has a column, whatever it is, and a change of it is
// told.
func TestTrendsDrawWhatIsGated(t *testing.T) {
	f, _, r := scattered()
	r.Lost = 0 // so that every time is reached
	series := func(later reporttest.Toy, worse func(*record.Strategy), gates ...record.Gate) *trend {
		random := rand.New(rand.NewPCG(21, 2))
		var list []view.Labelled
		for day := range 6 {
			of := r
			if day >= 3 {
				of = later
			}
			run := benchOf(random, day+1, 400, f, of)
			run.Drive = &record.Drive{Gates: gates}
			for i := range run.Strategies {
				s := &run.Strategies[i]
				s.Counts = &record.Counts{Attempts: s.Orders + 4, Errors: map[string]int64{"region": 4}, P90: s.LatencySeconds.P95}
				s.LatencySeconds.P99, s.CostPerOrder = s.LatencySeconds.P95, s.CostPerDelivered
				if worse != nil && day >= 3 && s.Name == "reverse" {
					worse(s)
				}
				s.AttemptsPerOrder = record.Figure{Value: record.Number(float64(s.Counts.Attempts) / float64(s.Orders))}
			}
			list = append(list, view.Labelled{Label: fmt.Sprint(day), Run: run})
		}
		set := view.NewSet(list)
		return trendFigure(set, set.All()).Chart.(*trend)
	}
	slow, dear, lossy := r, r, r
	slow.Median, dear.Cost, lossy.Lost = 2*r.Median, 1.5*r.Cost, 0.3
	refused := func(s *record.Strategy) { s.Counts.Attempts, s.Counts.Errors["region"] = s.Orders+160, 160 }
	charged := func(s *record.Strategy) {
		s.Counts.Bill = record.Told{Attempts: s.Orders, ReportedUSD: 1.05, ComparedUSD: 1}
	}
	cases := map[string]struct {
		later reporttest.Toy
		worse func(*record.Strategy)
		head  string
		says  string // of the change
	}{
		"cost_per_delivered": {dear, nil, "Cost per delivered clip", "dearer: "},
		"cost_per_order":     {dear, nil, "Cost per order", "dearer per order: "},
		"bill":               {r, charged, "Charged, × price", ""},
		"p50":                {slow, nil, "50% done within", "slower (p50): "},
		"p90":                {slow, nil, "90% done within", "slower (p90): "},
		"p95":                {slow, nil, "95% done within", "slower: "},
		"p99":                {slow, nil, "99% done within", "slower (p99): "},
		"delivered":          {lossy, nil, "Delivered", "less reliable: "},
		"in_time":            {lossy, nil, "In time", "less often in time: "},
		"attempts":           {r, refused, "Attempts an order", "more attempts: 1.010, then 1.400"},
		"errors.region":      {r, refused, "Region errors", "more region errors: 1%, then 28.6%"},
	}
	for _, metric := range append([]string{"errors.region"}, metrics.Names(metrics.Gated())...) {
		c, known := cases[metric]
		if !known {
			t.Errorf("%s can be gated, and no trend of it is tested", metric)
			continue
		}
		got := series(c.later, c.worse, record.Gate{Metric: metric, Change: 0.1})
		at := slices.IndexFunc(got.columns, func(of follow.Figure) bool { return of.Metric == metric })
		if at < 0 || got.columns[at].Head != c.head || len(got.columns) > follow.Always+1 {
			t.Errorf("%s: it is column %d of %d", metric, at, len(got.columns))
			continue
		}
		row := got.rows[slices.IndexFunc(got.rows, func(r trendRow) bool { return r.Name == "reverse" })]
		if said := row.said[at]; (said != "") != (c.says != "") || !strings.HasPrefix(said, c.says) {
			t.Errorf("%s: the change is told as %q", metric, said)
		}
		if !slices.ContainsFunc(got.CSV(), func(cells []string) bool { return cells[8] == got.columns[at].Name && cells[9] != "" }) {
			t.Errorf("%s: the CSV has no %s", metric, got.columns[at].Name)
		}
	}

	// Where a scenario states no gates, those that apply then; of bills that nobody tells, none.
	var heads []string
	for _, c := range series(r, nil).columns {
		heads = append(heads, c.Metric)
	}
	if got, want := strings.Join(heads, " "), "cost_per_delivered delivered p95 p50 in_time"; got != want {
		t.Errorf("without gates these are drawn: %s, want %s", got, want)
	}

	var every []record.Gate
	for _, metric := range append([]string{"errors.region", "errors.job"}, metrics.Names(metrics.Gated())...) {
		every = append(every, record.Gate{Metric: metric, Change: 0.1})
	}
	got := series(slow, charged, every...)
	if page, err := (&figure{file: "trend.png", Chart: got}).alone(); err != nil || len(got.columns) != 12 ||
		len(collisions(page)) > 0 {
		t.Errorf("%d columns: %v, %v", len(got.columns), err, collisions(page))
	}
}
