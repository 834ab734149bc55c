package fit

import (
	"math"
	"math/rand/v2"
	"testing"
)

func near(t *testing.T, name string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %v, want %v", name, got, want)
	}
}

// TestPoolByHand: two of fifty leave Beta(2.5, 48.5).
func TestPoolByHand(t *testing.T) {
	r := Pool([]Count{{Hits: 1, Tries: 25, Weight: 1}, {Hits: 1, Tries: 25, Weight: 1}})
	near(t, "value", r.Value, 2.5/51, 1e-12)
	near(t, "low", r.Low, 0.0083, 2e-4)
	near(t, "high", r.High, 0.1222, 2e-4)
	if r.Widened() || r.Hits != 2 || r.Tries != 50 || r.Nights != 2 {
		t.Errorf("got %+v", r)
	}
	none := Pool([]Count{{Tries: 30, Weight: 1}})
	if !(none.Low > 0 && none.Low < 1e-4) || none.Value <= none.Low {
		t.Errorf("nothing in 30: %+v", none)
	}
	apart := Pool([]Count{{Hits: 30, Tries: 100, Weight: 1}, {Hits: 2, Tries: 100, Weight: 1},
		{Hits: 3, Tries: 100, Weight: 1}})
	if !apart.Widened() || apart.High-apart.Low < 0.25 || apart.High > 0.4 {
		t.Errorf("nights that differ: %+v", apart)
	}
	old := Pool([]Count{{Hits: 50, Tries: 100, Weight: 0.1}, {Hits: 50, Tries: 100, Weight: 0.1}})
	fresh := Pool([]Count{{Hits: 50, Tries: 100, Weight: 1}, {Hits: 50, Tries: 100, Weight: 1}})
	if old.High-old.Low < 2*(fresh.High-fresh.Low) {
		t.Errorf("a tenth of the weight: %+v against %+v", old, fresh)
	}
}

// TestChainsByHand: the likelihood of two states is a product of four transition probabilities.
func TestChainsByHand(t *testing.T) {
	s := []Visit{{At: 0}, {At: 10, Bad: true}, {At: 15, Bad: true}, {At: 60}}
	const share, burst = 0.2, 30.0
	keeps := func(gap float64) float64 { return math.Exp(-gap / (burst * (1 - share))) }
	want := math.Log((1 - share) * share * (1 - keeps(10)) * (share +
		(1-share)*keeps(5)) * (1 - share - (1-share)*keeps(45)))
	x := []float64{logit(share), math.Log(burst)}
	near(t, "one exit", newChains([][]Visit{s}, 1).likelihood(x), want, 1e-12)
	c := newChains([][]Visit{s}, 1)
	near(t, "one exit by polynomials", c.mixture(s, share, 1/(burst*(1-share))), want, 1e-12)
	near(t, "two exits", newChains([][]Visit{s}, 2).likelihood(x), twoExits(s, share, burst), 1e-12)
	many := newChains([][]Visit{s}, 1_000_000).likelihood(x)
	near(t, "very many exits", many, 2*math.Log(share)+2*math.Log(1-share), 1e-4)
}

// twoExits sums over all ways in which visits can go to two exits.
func twoExits(s []Visit, share, burst float64) float64 {
	sum := 0.0
	for way := range 1 << len(s) {
		var own [2][]Visit
		for i, v := range s {
			own[way>>i&1] = append(own[way>>i&1], v)
		}
		p := 1.0
		for _, visits := range own {
			if len(visits) > 0 {
				p *= math.Exp(twoStates(visits, share, 1/(burst*(1-share))))
			}
		}
		sum += p / float64(int(1)<<len(s))
	}
	return math.Log(sum)
}

func TestIndependentErrorsAreNoSpells(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 0))
	sticky := 0
	for range 200 {
		s := make([]Visit, 500)
		for i := range s {
			s[i] = Visit{At: 10 * float64(i), Bad: r.Float64() < 0.05}
		}
		if got := Chains([][]Visit{s}, 1); got.Sticky() {
			sticky++
		}
	}
	if sticky > 20 {
		t.Errorf("%d of 200 are called spells, want about 10", sticky)
	}
}

// TestShapesAreToldApart: of many exact times, AIC finds the shape.
func TestShapesAreToldApart(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for _, truth := range Shapes {
		times := draw(r, Line{Shape: truth, Base: 20, Slope: []float64{10}}, truth.start(0.45), 2000, 1, 0, math.Inf(1), 0)
		best, lowest := Shape(""), math.Inf(1)
		for _, shape := range Shapes {
			got, err := FitLine(times, Line{Shape: shape, Base: 30, Slope: []float64{9}})
			if err != nil {
				t.Fatal(err)
			}
			if got.AIC < lowest {
				best, lowest = shape, got.AIC
			}
			counts, n := Ranks(times, got.Line, got.Spread.Value, 20)
			if p := Misfit(counts, n, 3); (p < 0.01) == (shape == truth) {
				t.Errorf("%s fitted to %s: p = %v", shape, truth, p)
			}
			if shape == truth {
				near(t, "base", got.Base, 20, 6)
				near(t, "slope", got.Slope[0], 10, 0.9)
			}
		}
		if best != truth {
			t.Errorf("%s is taken for %s", truth, best)
		}
	}
}

// TestOneLengthKeepsTheRatio: with clips of one length, base and slope move together.
func TestOneLengthKeepsTheRatio(t *testing.T) {
	var times []Time
	for _, v := range []float64{80, 90, 100, 110, 120, 130, 95, 105} {
		times = append(times, Time{Length: 10, Low: v, High: v, Weight: 1})
	}
	got, err := FitLine(times, Line{Shape: Lognormal, Base: 10, Slope: []float64{4, 8}})
	if err != nil || got.Split {
		t.Fatalf("%+v, %v", got, err)
	}
	near(t, "ratio", got.Slope[0]/got.Base, 0.4, 1e-9)
	near(t, "ratio of the other", got.Slope[1]/got.Base, 0.8, 1e-9)
	near(t, "median", got.Median(0, 10), 102.6, 0.5)
	if _, err := FitLine(times[:3], Line{Shape: Lognormal, Base: 10}); err == nil {
		t.Error("three times make a line")
	}
}

func TestTroubles(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 0))
	const gap, lasts, between = 60.0, 3000.0, 40_000.0
	for _, spells := range []bool{true, false} {
		var s []Visit
		bad, until := false, between*r.ExpFloat64()
		for at := 0.0; at < 2e6; at += gap * r.ExpFloat64() {
			for at > until {
				bad = !bad
				until += map[bool]float64{true: lasts, false: between}[bad] * r.ExpFloat64()
			}
			p := 0.02
			if spells && bad {
				p = 0.995
			}
			s = append(s, Visit{At: at, Bad: r.Float64() < p})
		}
		got := Troubles([][]Visit{s}, 0.995, nil)
		if got.Told() != spells {
			t.Fatalf("spells %v: gain %v", spells, got.Gain)
		}
		if !spells {
			continue
		}
		if !got.Lasts.holds(lasts) || !got.Share.holds(lasts/(lasts+between)) || len(got.Spells) < 20 {
			t.Errorf("lasts %+v, share %+v, %d spells", got.Lasts, got.Share, len(got.Spells))
		}
		near(t, "quiet", got.Quiet, 0.02, 0.005)
		length, err := FitLine(got.Lengths(), Line{Shape: Lognormal, Base: lasts})
		if err != nil || length.Base < lasts/3 || length.Base > lasts {
			t.Errorf("lengths %+v, %v", length, err)
		}
	}
}

// TestTroubleAndOwnFailures: what fails of its own is told apart from what trouble refuses, whoever else is turned
// away.
func TestTroubleAndOwnFailures(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		own, refuses, limited float64
	}{
		{"all are refused", 0.02, 0.995, 0},
		{"some are refused", 0.05, 0.6, 0},
		{"many are turned away first", 0.05, 0.6, 0.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := rand.New(rand.NewPCG(5, 0))
			var s []Visit
			bad, until := false, 20_000*r.ExpFloat64()
			for at := 0.0; at < 2e6; at += 60 * r.ExpFloat64() {
				for ; at > until; until += map[bool]float64{true: 6000, false: 20_000}[bad] * r.ExpFloat64() {
					bad = !bad
				}
				v := Visit{At: at, Bad: bad && r.Float64() < tt.refuses}
				v.Blind = !v.Bad && r.Float64() < tt.limited
				v.Bad = v.Bad || !v.Blind && r.Float64() < tt.own
				s = append(s, v)
			}
			got := Troubles([][]Visit{s}, 0, nil)
			near(t, "own", got.Quiet, tt.own, 0.004)
			near(t, "refuses", got.Refuses, tt.refuses, 0.02)
		})
	}
}

// TestExpectedTrouble: what is too little to be told is read as what was said before.
func TestExpectedTrouble(t *testing.T) {
	s := make([]Visit, 60)
	for i := range s {
		s[i] = Visit{At: 300 * float64(i), Bad: i >= 20 && i < 25 || i == 50}
	}
	hour := &Expected{Share: 0.04, Lasts: 3600, Refuses: 0.995}
	for _, tt := range []struct {
		name     string
		expected *Expected
		row      float64 // chance that the row of failures lies in a spell
		alone    float64 // and that the single one does
	}{
		{"nothing is expected", nil, 0, 0},
		{"spells of an hour are", hour, 1, 0.15},
		{"one in a year is", &Expected{Share: 0.0001, Lasts: 3600, Refuses: 0.995}, 0.05, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := Troubles([][]Visit{s}, 0.995, tt.expected)
			if got.Told() {
				t.Fatal("six failures tell spells")
			}
			near(t, "in the row", got.Inside(0, 22), tt.row, 0.05)
			near(t, "alone", got.Inside(0, 50), tt.alone, 0.15)
			near(t, "passed", got.Passed(0, 22), 1-tt.row, 0.05)
			near(t, "before", got.Inside(0, 10), 0, 0.01)
		})
	}
}

// TestDoubtWidens: hits that aren't sure tell less of a rate.
func TestDoubtWidens(t *testing.T) {
	sure := Pool([]Count{{Hits: 10, Tries: 200, Weight: 1}})
	unsure := Pool([]Count{{Hits: 10, Tries: 200, Weight: 1, Doubt: 5}})
	if unsure.Value != sure.Value || unsure.Low >= sure.Low || unsure.High <= sure.High {
		t.Errorf("sure %+v, unsure %+v", sure.Estimate, unsure.Estimate)
	}
}

func TestNeeded(t *testing.T) {
	n := Needed(0.02, 0.02)
	if n < 600 || n > 900 {
		t.Errorf("2%% to a point either way takes %d", n)
	}
	if Needed(0.5, 0) != 0 {
		t.Error("certainty can be had")
	}
}

// polledTimes are lognormal, of clips of 8 and 12 s at 25 s + 12 s/s, and seen by polls every ten seconds that begin
// anywhere: hardly two of them are equal.
func polledTimes(n int) []Time {
	r := rand.New(rand.NewPCG(1, 2))
	times := make([]Time, n)
	for i := range times {
		length := float64(8 + 4*r.IntN(2))
		seen := math.Ceil((25+12*length)*math.Exp(0.4*r.NormFloat64())/10)*10 + r.Float64()
		times[i] = Time{Low: seen - 10, High: seen, Length: length, Weight: 1}
	}
	return times
}

// TestVeryManyTimesAreFittedAsWell: what is merged to be fast tells the same within a percent. The seed is 1.
func TestVeryManyTimesAreFittedAsWell(t *testing.T) {
	got, err := FitLine(polledTimes(100_000), Line{Shape: Lognormal, Base: 25, Slope: []float64{12}})
	if err != nil {
		t.Fatal(err)
	}
	for _, length := range []float64{8, 12} {
		if median, want := got.Line.Median(0, length), 25+12*length; math.Abs(median/want-1) > 0.01 {
			t.Errorf("seed 1: the median of %v s is %v, want %v", length, median, want)
		}
	}
	if math.Abs(got.Spread.Value/0.4-1) > 0.01 {
		t.Errorf("seed 1: sigma is %v, want 0.4", got.Spread.Value)
	}
}

func BenchmarkHundredThousandPolledTimes(b *testing.B) {
	times := polledTimes(100_000)
	for b.Loop() {
		if _, err := FitLine(times, Line{Shape: Lognormal, Base: 25, Slope: []float64{12}}); err != nil {
			b.Fatal(err)
		}
	}
}
