package predict

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"channelbench/internal/calibrate/fit"
	"channelbench/internal/proof"
)

// met lets a model meet attempts 10 s apart, three of each order.
func met(m Exits, n int, random *rand.Rand) [][]Visit {
	s := make([]Visit, n)
	for i := range s {
		s[i] = Visit{fit.Visit{At: 10 * float64(i)}, i / 3}
	}
	for i, bad := range m.draw(s, random) {
		s[i].Bad = bad
	}
	return [][]Visit{s}
}

// TestRows: a model explains what it makes, and independence doesn't explain spells.
func TestRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 0))
	for _, tt := range []struct {
		name         string
		world, model Exits
		flagged      bool
	}{
		{"independent", Exits{Share: 0.05}, Exits{Share: 0.05}, false},
		{"one exit", Exits{Count: 1, Share: 0.05, Burst: 60}, Exits{Count: 1, Share: 0.05, Burst: 60}, false},
		{"kept exits", Exits{Count: 20, Share: 0.05, Burst: 60, PerOrder: true},
			Exits{Count: 20, Share: 0.05, Burst: 60, PerOrder: true}, false},
		{"spells unknown", Exits{Count: 1, Share: 0.05, Burst: 60}, Exits{Share: 0.05}, true},
		{"kept exits unknown", Exits{Count: 20, Share: 0.05, Burst: 60, PerOrder: true}, Exits{Share: 0.05}, true},
		{"spells imagined", Exits{Share: 0.15}, Exits{Count: 1, Share: 0.15, Burst: 60}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			flagged, worlds := 0, proof.Size(12, 24)
			if tt.flagged {
				worlds = 4 // what is flagged takes all draws
			}
			for range worlds {
				if c := Rows(met(tt.world, 900, random), tt.model, 7); c.Flagged() {
					flagged++
				}
			}
			if tt.flagged && flagged < worlds*3/4 || !tt.flagged && flagged > worlds/12 {
				t.Errorf("%d of %d flagged", flagged, worlds)
			}
		})
	}
}

func TestTheLatestVisitsTellRows(t *testing.T) {
	s := func(n int) []Visit { return make([]Visit, n) }
	for _, tt := range []struct {
		name  string
		n     int
		sizes []int
	}{
		{"all", 9, []int{3, 2, 4}},
		{"more than there are", 20, []int{3, 2, 4}},
		{"whole sequences", 6, []int{2, 4}},
		{"a part of one", 7, []int{1, 2, 4}},
		{"a part of the last", 1, []int{1}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var sizes []int
			for _, kept := range tail([][]Visit{s(3), s(2), s(4)}, tt.n) {
				sizes = append(sizes, len(kept))
			}
			if !slices.Equal(sizes, tt.sizes) {
				t.Errorf("%v, want %v", sizes, tt.sizes)
			}
		})
	}
}

func TestRowsByHand(t *testing.T) {
	for _, tt := range []struct {
		bad            []bool
		pairs, longest int
	}{
		{nil, 0, 0},
		{[]bool{true, false, true}, 0, 1},
		{[]bool{true, true, false, true, true, true}, 3, 3},
	} {
		if pairs, longest := rows(tt.bad); pairs != tt.pairs || longest != tt.longest {
			t.Errorf("%v: %d pairs, row of %d", tt.bad, pairs, longest)
		}
	}
}

func TestAlike(t *testing.T) {
	even := func(n, hits, tries int) []Group { return slices.Repeat([]Group{{"somewhere", hits, tries}}, n) }
	with := func(groups []Group, g Group) []Group { return append(groups, g) }
	for _, tt := range []struct {
		name    string
		groups  []Group
		told    bool
		p, atol float64
	}{
		{"nothing was seen", even(24, 0, 0), false, 0, 0},
		{"no hit", even(24, 0, 100), false, 0, 0},
		{"one group", even(1, 5, 100), false, 0, 0},
		{"all alike", even(24, 10, 200), true, 1, 0},
		{"one four times as bad", with(even(23, 10, 200), Group{"here", 40, 200}), true, 0, 1e-3},
		// 2 of 8 over 4 ways to deal them
		{"four hits of eight in one of two halves", []Group{{"a", 4, 4}, {"b", 0, 4}}, true, 2.0 / 70, 0.02},
		{"more hits than misses", []Group{{"a", 1, 4}, {"b", 4, 4}}, true, 8.0 / 56, 0.08},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if c, told := Alike("groups", tt.groups, 1); told != tt.told || math.Abs(c.P-tt.p) > tt.atol {
				t.Errorf("told %v, p %v, want %v, %v", told, c.P, tt.told, tt.p)
			}
		})
	}
}

func TestTogether(t *testing.T) {
	checks := []Check{{P: 0.5}, {P: 0.001}, {P: 0.004}, {P: 0.9}}
	Holm(checks)
	for i, want := range []float64{1, 0.004, 0.012, 1} {
		if math.Abs(checks[i].P-want) > 1e-12 {
			t.Errorf("check %d: %v, want %v", i, checks[i].P, want)
		}
	}
}

// TestTimes: of the right line nothing is flagged; the wrong shape, lengths and groups are.
func TestTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 0))
	var times []fit.Time
	for i := range 3000 {
		length := float64(5 + 5*(i%2))
		v := (20 + 10*length) * math.Exp(0.4*random.NormFloat64())
		times = append(times, fit.Time{Length: length, Low: v, High: v, Weight: 1, Night: i % 5})
	}
	right, err := fit.FitLine(times, fit.Line{Shape: fit.Lognormal, Base: 10, Slope: []float64{10}})
	if err != nil {
		t.Fatal(err)
	}
	wide := &fit.Times{Line: right.Line, Spread: fit.Estimate{Value: 0.6}}
	flat := &fit.Times{Line: fit.Line{Shape: fit.Lognormal, Base: 95, Slope: []float64{0}},
		Spread: fit.Estimate{Value: 0.45}}
	for _, c := range Shape(times, right) {
		if c.Flagged() {
			t.Errorf("%+v", c)
		}
	}
	for _, c := range Shape(times, wide) {
		if !c.Flagged() {
			t.Errorf("%+v", c)
		}
	}
	length := func(x *fit.Time) int { return int(x.Length) }
	if c, told := OnLine("lengths alike", times, right, length, 1); !told || c.Flagged() {
		t.Errorf("%+v", c)
	}
	if c, told := OnLine("lengths alike", times, flat, length, 1); !told || !c.Flagged() {
		t.Errorf("%+v", c)
	}
}
