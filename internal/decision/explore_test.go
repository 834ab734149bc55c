package decision_test

import (
	"errors"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"channelbench/internal/decision"
	"channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/sobol"
)

// toy is a world in which the outlooks follow from the inputs by a formula.
type toy struct {
	t      *testing.T
	q      *decision.Question
	world  func(x []float64) []decision.Outlook
	asked  int // cases
	single int // outlooks
}

// over makes a question over uniform inputs from 0 to 1, stated at 0.5, of n draws by Sobol' points.
func over(t *testing.T, n int, seed uint64, inputs []string, world func(x []float64) []decision.Outlook) *toy {
	middle := slices.Repeat([]float64{0.5}, len(inputs))
	w := &toy{t: t, q: asking(world(middle)...), world: world}
	w.q.Draws = nil
	points := sobol.New(2*len(inputs), seed)
	columns := make([]decision.Input, len(inputs))
	for i := range uint32(n) {
		x := points.At(i)
		for k := range inputs {
			columns[k].Key, columns[k].Range, columns[k].Stated = inputs[k], scenario.Range{Low: 0, High: 1}, 0.5
			columns[k].Values = append(columns[k].Values, x[k])
			columns[k].Fresh = append(columns[k].Fresh, x[len(inputs)+k])
		}
		w.q.Draws = append(w.q.Draws, world(x[:len(inputs)]))
	}
	w.q.Inputs = columns
	return w
}

// explored explores; the toy answers only what it is asked.
func (w *toy) explored() *record.Sensitivity {
	w.t.Helper()
	found, err := decision.Explore(w.q, func(cases []decision.Case) ([][]decision.Outlook, error) {
		var all [][]decision.Outlook
		for _, c := range cases {
			outlooks := make([]decision.Outlook, len(w.q.Strategies))
			for _, i := range c.Strategies {
				outlooks[i] = w.world(c.Values)[i]
			}
			all, w.asked, w.single = append(all, outlooks), w.asked+1, w.single+len(c.Strategies)
		}
		return all, nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

func about(t *testing.T, what string, got *float64, want, within float64) {
	t.Helper()
	if got == nil || !(math.Abs(*got-want) <= within) {
		t.Errorf("%s is %v, want %v ± %v", what, value(got), want, within)
	}
}

func value(v *float64) any {
	if v == nil {
		return nil
	}
	return *v
}

// TestExplore: reverse costs 1000 + 100 x, forwarding 1030 + 10 y, whatever z: the difference's variance is shared as
// 100² to 10², and with y in its middle reverse is dearer from x = 0.35 on.
func TestExplore(t *testing.T) {
	w := over(t, 256, 3, []string{"z", "y", "x"}, func(x []float64) []decision.Outlook {
		return []decision.Outlook{costing(1000 + 100*x[2]), costing(1030 + 10*x[1])}
	})
	w.q.Inputs[1].Moves, w.q.Inputs[2].Moves = []bool{false, true}, []bool{true, false}
	w.q.Inputs[2].Confidence = "assumed"
	s := w.explored()

	if s.Strategy != "forwarding" || name(s.Against) != "reverse" || s.Points != 256 || s.Minimise != "cost" {
		t.Errorf("explored %s against %s at %d points", s.Strategy, name(s.Against), s.Points)
	}
	about(t, "the stated difference", s.StatedDifference, -15, 1e-9)
	about(t, "perfect information", s.PerfectInformation, *decision.Decide(w.q).ExpectedRegret, 0)
	if s.Inputs[0].Key != "x" || s.Inputs[1].Key != "y" || s.Inputs[2].Key != "z" {
		t.Fatalf("the order is %s, %s, %s", s.Inputs[0].Key, s.Inputs[1].Key, s.Inputs[2].Key)
	}
	x, y, z := s.Inputs[0], s.Inputs[1], s.Inputs[2]
	about(t, "the share of x", x.TotalShare, 10000.0/10100, 0.02)
	about(t, "the share of x alone", x.FirstShare, 10000.0/10100, 0.05)
	about(t, "the share of y", y.TotalShare, 100.0/10100, 0.005)
	about(t, "the share of z", z.TotalShare, 0, 0)
	// Known x alone: reverse is chosen below 0.35, where it saves 35 − 100 x: 6.125 on the average. Known y alone: never.
	about(t, "the worth of x", x.Worth, 6.125, 0.1)
	about(t, "the worth of y", y.Worth, 0, 0)
	about(t, "the worth of z", z.Worth, 0, 0.01)
	about(t, "the difference at low x", x.DifferenceAtLow, 35, 1e-9)
	about(t, "the difference at high x", x.DifferenceAtHigh, -65, 1e-9)
	about(t, "the difference at low y", y.DifferenceAtLow, -20, 1e-9)
	about(t, "reverse at high x", x.Costs[0].AtHigh, 1100, 1e-9)
	about(t, "forwarding at high x", x.Costs[1].AtHigh, 1035, 1e-9)
	about(t, "forwarding as stated", s.Stated[1].MonthlyCost, 1035, 1e-9)
	if len(x.Flips) != 1 || math.Abs(x.Flips[0].At-0.35) > 1e-4 || name(x.Flips[0].From) != "reverse" ||
		name(x.Flips[0].To) != "forwarding" {
		t.Errorf("x flips at %+v, want from reverse to forwarding at 0.35", x.Flips)
	}
	if len(y.Flips)+len(z.Flips) > 0 || x.KeepingShare != nil || x.Confidence != "assumed" {
		t.Errorf("flips %v, %v, keeping %v, confidence %q", y.Flips, z.Flips, value(x.KeepingShare), x.Confidence)
	}
	// Two of z, one of x, one of y and two of both fresh: 256 each; then 1 + 2 × 3 ends, 7 × 3 parts, 12 halves.
	if want := 256*4 + 7 + 21 + 12; w.asked != want {
		t.Errorf("%d cases, want %d", w.asked, want)
	}
	if want := 256*6 + 2 + 2*4 + 7*4 + 12; w.single != want {
		t.Errorf("%d outlooks, want %d", w.single, want)
	}
}

// TestExploreRequirements: reverse keeps the promise below x = 0.7 only, forwarding from y = 0.25 on, and nobody is sure.
func TestExploreRequirements(t *testing.T) {
	w := over(t, 256, 4, []string{"y", "x"}, func(x []float64) []decision.Outlook {
		cheap, dear := costing(1000+x[0]), costing(2000)
		if x[1] > 0.7 {
			cheap.InTime = 0.8
		}
		if x[1] > 0.9 || x[0] < 0.25 {
			dear.InTime = 0.8
		}
		return []decision.Outlook{cheap, dear}
	})
	requiring(w.q, "in_time >= 85%", figure.InTime, 0.85)
	s := w.explored()
	if s.Strategy != "reverse" || name(s.Against) != "forwarding" || s.PerfectInformation != nil {
		t.Errorf("explored %s against %s, worth %v", s.Strategy, name(s.Against), value(s.PerfectInformation))
	}
	x, y := s.Inputs[0], s.Inputs[1]
	if x.Key != "x" || x.Worth != nil {
		t.Fatalf("%s comes first, worth %v; want x, which decides whether reverse qualifies, though y decides its cost",
			x.Key, value(x.Worth))
	}
	about(t, "x's share of keeping", x.KeepingShare, 1, 0.1)
	about(t, "y's share of keeping", y.KeepingShare, 0, 0)
	about(t, "y's share of the difference", y.TotalShare, 1, 0.1)
	if len(x.Flips) != 2 || math.Abs(x.Flips[0].At-0.7) > 1e-4 || name(x.Flips[0].To) != "forwarding" ||
		math.Abs(x.Flips[1].At-0.9) > 1e-4 || name(x.Flips[1].From) != "forwarding" || x.Flips[1].To != nil {
		t.Errorf("x flips at %+v, want to forwarding at 0.7 and to nobody at 0.9", x.Flips)
	}
}

// TestExploreTwoChangesInOnePart: a strategy that is the best between 0.30 and 0.34 only is found when the change
// around it is narrowed down.
func TestExploreTwoChangesInOnePart(t *testing.T) {
	w := over(t, 64, 4, []string{"x"}, func(x []float64) []decision.Outlook {
		between := 1000.0
		if x[0] < 0.30 || x[0] > 0.34 {
			between = 2000
		}
		return []decision.Outlook{costing(1100 + 10*(x[0]-0.33)), costing(1100 - 10*(x[0]-0.33)), costing(between)}
	})
	s := w.explored()
	flips := s.Inputs[0].Flips
	if len(flips) != 2 || math.Abs(flips[0].At-0.30) > 1e-4 || math.Abs(flips[1].At-0.34) > 1e-4 ||
		name(flips[0].To) != "hybrid" || name(flips[1].From) != "hybrid" {
		t.Errorf("flips %+v, want to hybrid at 0.30 and from it at 0.34", flips)
	}
}

// TestExploreNoise: costs without rhyme or reason have many changes, but the search for them ends.
func TestExploreNoise(t *testing.T) {
	w := over(t, 64, 6, []string{"x"}, func(x []float64) []decision.Outlook {
		cost := func(i uint64) decision.Outlook {
			h := (math.Float64bits(x[0]) ^ i) * 0x9e3779b97f4a7c15
			h = (h ^ h>>29) * 0xbf58476d1ce4e5b9
			return costing(1000 + float64(h>>40)/1e6)
		}
		return []decision.Outlook{cost(1), cost(2), cost(3), cost(4)}
	})
	flips := w.explored().Inputs[0].Flips
	if len(flips) < 4 || len(flips) > 16 || w.asked > 64*2+3+7+12*16 {
		t.Errorf("%d flips after %d cases, want some and at most 16", len(flips), w.asked)
	}
	for i := 1; i < len(flips); i++ {
		if flips[i].At < flips[i-1].At || name(flips[i].From) != name(flips[i-1].To) {
			t.Errorf("%+v doesn't follow %+v", flips[i], flips[i-1])
		}
	}
}

// TestExploreAlone: one strategy, one that is all that is left, and none; infinite quantiles have no shares.
func TestExploreAlone(t *testing.T) {
	one := func(x []float64) []decision.Outlook { return []decision.Outlook{costing(1000 + 100*x[0])} }
	w := over(t, 64, 5, []string{"x"}, one)
	s := w.explored()
	if s.Strategy != "reverse" || s.Against != nil {
		t.Errorf("explored %s against %s", s.Strategy, name(s.Against))
	}
	about(t, "the share of x in reverse's own cost", s.Inputs[0].TotalShare, 1, 0.1)
	about(t, "the cost at high x", s.Inputs[0].DifferenceAtHigh, 1100, 1e-9)
	about(t, "the worth of x", s.Inputs[0].Worth, 0, 0)

	w.q.Excluded = []bool{true}
	if s := w.explored(); s != nil {
		t.Errorf("with every strategy excluded there is %+v", s)
	}
	if s, err := decision.Explore(asking(costing(1)), nil); s != nil || err != nil {
		t.Errorf("without ranges there is %+v, %v", s, err)
	}

	w = over(t, 64, 5, []string{"x"}, func(x []float64) []decision.Outlook {
		o := costing(1000)
		if o.P95 = 100 + x[0]; x[0] > 0.9 {
			o.P95 = math.Inf(1)
		}
		return []decision.Outlook{o}
	})
	w.q.Decision.Minimise = "p95"
	s = w.explored()
	in := s.Inputs[0]
	if in.TotalShare != nil || in.Worth != nil || s.PerfectInformation != nil || in.DifferenceAtHigh != nil ||
		s.Minimise != "p95" {
		t.Errorf("of a p95 that may never be reached: %+v", in)
	}
	about(t, "the p95 at low x", in.DifferenceAtLow, 100, 1e-9)
}

func TestExploreFails(t *testing.T) {
	w := over(t, 8, 5, []string{"x"}, func([]float64) []decision.Outlook { return []decision.Outlook{costing(1)} })
	broken := errors.New("broken")
	for fails := range 4 {
		calls := 0
		s, err := decision.Explore(w.q, func(cases []decision.Case) ([][]decision.Outlook, error) {
			if calls++; calls > fails {
				return nil, broken
			}
			all := make([][]decision.Outlook, len(cases))
			for c := range all {
				all[c] = []decision.Outlook{costing(1)}
			}
			return all, nil
		})
		if s != nil || !errors.Is(err, broken) {
			t.Errorf("when call %d fails: %v, %v", fails+1, s, err)
		}
	}
}

// normal is the inverse of the standard normal distribution.
func normal(u float64) float64 { return mathext.NormalQuantile(u) }

// TestPerfectInformationOfANormalDifference: two options whose costs differ by a normal amount: knowing it is worth
// s L(|μ|/s), the unit normal loss of any table of operations research; of two parts of the amount, each is worth
// the same with its own s.
func TestPerfectInformationOfANormalDifference(t *testing.T) {
	const s, n, seeds = 10.0, 4096, 5
	for _, tt := range []struct{ t, loss, first, second float64 }{ // 0.6 L(t / 0.6), 0.8 L(t / 0.8)
		{0, 0.398942, 0.239365, 0.319154},
		{0.5, 0.197797, 0.067983, 0.129536},
		{1, 0.083315, 0.011896, 0.040469},
		{2, 0.008491, 0.000067, 0.001603},
	} {
		for seed := range uint64(seeds) {
			w := over(t, n, seed, []string{"first", "second"}, func(u []float64) []decision.Outlook {
				return []decision.Outlook{costing(1000), costing(1000 + s*(tt.t+0.6*normal(u[0])+0.8*normal(u[1])))}
			})
			for k := range w.q.Inputs { // as the cubic has it easier with the numbers themselves
				w.q.Inputs[k].Fresh = w.q.Inputs[k].Fresh[:2]
				for d, u := range w.q.Inputs[k].Values {
					w.q.Inputs[k].Values[d] = normal(u)
				}
			}
			v := decided(t, w.q)
			about(t, "the expected regret", v.ExpectedRegret, s*tt.loss, s*0.001)
			w.world = func([]float64) []decision.Outlook { return w.q.Stated }
			found := w.explored()
			for _, in := range found.Inputs {
				about(t, "the worth of the "+in.Key, in.Worth, s*map[string]float64{"first": tt.first, "second": tt.second}[in.Key],
					s*0.004)
			}
		}
	}
}

// TestPerfectInformationOfALognormalOverhead: hybrid costs 0.12000429525 and an overhead that nobody knows, forwarding
// 0.6375 (simulation.md §5).
func TestPerfectInformationOfALognormalOverhead(t *testing.T) {
	for _, tt := range []struct{ mean, sd, worth, wrong float64 }{
		{0.35, 0.25, 0.0441688, 0.17616},
		{0.5, 0.3, 0.1025795, 0.36720},
	} {
		sigma := math.Sqrt(math.Log1p(tt.sd * tt.sd / tt.mean / tt.mean))
		overhead := func(u float64) float64 {
			return math.Exp(math.Log(tt.mean) - sigma*sigma/2 + sigma*normal(u))
		}
		for seed := range uint64(5) {
			w := over(t, 4096, seed, []string{"overhead"}, func(u []float64) []decision.Outlook {
				return []decision.Outlook{costing(0.12000429525 + overhead(u[0])), costing(0.6375)}
			})
			for d, u := range w.q.Inputs[0].Values {
				w.q.Inputs[0].Values[d] = overhead(u)
			}
			w.q.Inputs[0].Fresh = w.q.Inputs[0].Fresh[:2]
			v := decided(t, w.q)
			if name(v.Candidate) != "reverse" {
				t.Fatalf("the candidate is %s", name(v.Candidate))
			}
			about(t, "the expected regret", v.ExpectedRegret, tt.worth, 0.0002)
			wrong := 1 - v.ProbabilityBest["reverse"]
			about(t, "P(wrong)", &wrong, tt.wrong, 0.0005)
			w.world = func([]float64) []decision.Outlook { return w.q.Stated }
			about(t, "the worth of the only input", w.explored().Inputs[0].Worth, tt.worth, 0.0002)
		}
	}
}
