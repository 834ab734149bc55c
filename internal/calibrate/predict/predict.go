// Package predict asks whether a fitted model explains what was seen: what it predicts of the same attempts against what they
// met (posterior predictive checks, after Gelman, Meng and Stern 1996).
//
// It deliberately fits nothing and mends nothing: a model that fails a check is still the best of its kind.
//
//	check := predict.Rows(sequences, predict.Exits{Count: 20, Share: 0.02, Burst: 60}, seed)
package predict

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/calibrate/fit"
)

// unlikely is the p-value from which on the data are said to be beyond the model: of all checks of a calibration together, so that
// of data that it explains fewer than one set in 100 is flagged.
const unlikely = 0.005

// Check holds what a model predicts against what was seen.
type Check struct {
	Key  string // of the scenario
	What string
	Seen string // and what was expected
	P    float64
}

// Flagged says that the model doesn't explain what was seen.
func (c *Check) Flagged() bool { return c.P < unlikely }

// Holm makes each p-value that of a check among all of them (Holm 1979): of data that the model explains, one calibration
// in 200 has any check flagged, however many there are.
func Holm(checks []Check) {
	byP := make([]*Check, len(checks))
	for i := range checks {
		byP[i] = &checks[i]
	}
	slices.SortStableFunc(byP, func(a, b *Check) int { return cmp.Compare(a.P, b.P) })
	least := 0.0
	for i, c := range byP {
		least = max(least, math.Min(1, c.P*float64(len(byP)-i)))
		c.P = least
	}
}

// Visit is an attempt as exits see it.
type Visit struct {
	fit.Visit
	Order int // counted from 0 over all sequences, without many gaps
}

// Exits are a model of errors by egress exit.
type Exits struct {
	Count    int // 0: errors are independent
	Share    float64
	Burst    float64 // seconds
	PerOrder bool    // an order keeps its exit
}

// Draws of the model that a statistic is held against: until so many were as far out as what was seen (Besag and Clifford 1991), and
// at most as many as it takes for a p-value that stands among a hundred others.
const (
	exceedances   = 20
	mostDraws     = 40_000
	mostVisits    = 100_000_000 // of all draws together
	mostRowVisits = 5_000       // visits in which rows are looked for
)

// monteCarloP says how likely each of some statistics is to be as far out as it was seen. A draw says which are; size is its work.
func monteCarloP(size, statistics int, draw func(farther []int)) (p []float64) {
	farther := make([]int, statistics)
	n := 0
	for most := min(mostDraws, mostVisits/max(1, size)); n < most && slices.Min(farther) < exceedances; n++ {
		draw(farther)
	}
	for _, f := range farther {
		p = append(p, float64(f+1)/float64(n+1))
	}
	return p
}

// Rows asks whether errors come in longer rows, or more often side by side, than the model makes them. The sequences are in the
// order of time; of very many visits the latest tell enough.
func Rows(sequences [][]Visit, model Exits, seed uint64) Check {
	sequences = tail(sequences, mostRowVisits)
	bad, size := 0, 0
	pairs, longest := 0, 0
	for _, s := range sequences {
		size += len(s)
		seen := make([]bool, len(s))
		for i := range s {
			if seen[i] = s[i].Bad; s[i].Bad {
				bad++
			}
		}
		p, l := rows(seen)
		pairs, longest = pairs+p, max(longest, l)
	}
	if model.Count == 0 {
		size /= 10 // most of them are passed over
	}
	random := rand.New(rand.NewPCG(seed, 0))
	sum, n := 0.0, 0.0
	p := monteCarloP(size, 3, func(farther []int) {
		p, l := 0, 0
		for _, s := range sequences {
			a, b := rows(model.draw(s, random))
			p, l = p+a, max(l, b)
		}
		sum += float64(l)
		n++
		for i, is := range []bool{p >= pairs, p <= pairs, l >= longest} {
			if is {
				farther[i]++
			}
		}
	})
	// Two statistics, of which the first may be too high or too low.
	return Check{What: "rows", P: math.Min(1, 2*math.Min(2*math.Min(p[0], p[1]), p[2])),
		Seen: fmt.Sprintf("the longest row of errors is %d, %.1f expected; %d of %d have another one right before", longest, sum/n, pairs, bad)}
}

// tail are so many visits at the end of all.
func tail(sequences [][]Visit, n int) [][]Visit {
	for i, s := range slices.Backward(sequences) {
		if n -= len(s); n <= 0 {
			return append([][]Visit{s[-n:]}, sequences[i+1:]...)
		}
	}
	return sequences
}

// draw lets the model meet a sequence.
func (m *Exits) draw(s []Visit, random *rand.Rand) []bool {
	drawn := make([]bool, len(s))
	type exit struct {
		used, bad bool
		at        float64
	}
	exits := make([]exit, m.Count)
	var kept []int // by order, counted from 1; 0: none yet
	if m.Count == 0 {
		// From each error right to the next one: errors are few.
		miss := math.Log1p(-m.Share)
		for i := math.Floor(-random.ExpFloat64() / miss); i < float64(len(s)); i += 1 + math.Floor(-random.ExpFloat64()/miss) {
			drawn[int(i)] = true
		}
		return drawn
	}
	for i := range s {
		x := random.IntN(m.Count)
		if m.PerOrder {
			if more := s[i].Order + 1 - len(kept); more > 0 {
				kept = append(kept, make([]int, more)...)
			}
			if own := kept[s[i].Order]; own > 0 {
				x = own - 1
			}
			kept[s[i].Order] = x + 1
		}
		e := &exits[x]
		p := m.Share
		if e.used {
			keeps := math.Exp(-(s[i].At - e.at) / (m.Burst * (1 - m.Share)))
			if p *= 1 - keeps; e.bad {
				p += keeps
			}
		}
		*e = exit{true, random.Float64() < p, s[i].At}
		drawn[i] = e.bad
	}
	return drawn
}

// rows counts neighbours that both fail, and the longest row of failures.
func rows(bad []bool) (pairs, longest int) {
	row := 0
	for _, b := range bad {
		if !b {
			row = 0
			continue
		}
		if row++; row > 1 {
			pairs++
		}
		longest = max(longest, row)
	}
	return pairs, longest
}

// Group is how often some attempts that belong together met an error.
type Group struct {
	Name        string
	Hits, Tries int
}

// Alike asks whether groups meet an error equally often but for chance: all ways to spread the hits over the tries are equally
// likely then, so draws of them tell how unusual Pearson's statistic is, however few the hits. It is false where there is only
// one group, or no hit.
func Alike(what string, groups []Group, seed uint64) (Check, bool) {
	hits, tries := 0, 0
	var some []Group
	for _, g := range groups {
		if g.Tries > 0 {
			some = append(some, g)
			hits += g.Hits
			tries += g.Tries
		}
	}
	if len(some) < 2 || hits == 0 || hits == tries {
		return Check{}, false
	}
	rate := float64(hits) / float64(tries)
	scatter := func(met []int) (sum float64) {
		for i, g := range some {
			d := float64(met[i]) - rate*float64(g.Tries)
			sum += d * d / (rate * (1 - rate) * float64(g.Tries))
		}
		return sum
	}
	met := make([]int, len(some))
	worst, most := 0, 0.0
	var of []int // the group of each try
	for i, g := range some {
		met[i] = g.Hits
		of = append(of, slices.Repeat([]int{i}, g.Tries)...)
		if d := float64(g.Hits) - rate*float64(g.Tries); d > most {
			worst, most = i, d
		}
	}
	seen := scatter(met)
	random := rand.New(rand.NewPCG(seed, 1))
	p := monteCarloP(hits, 1, func(farther []int) {
		clear(met)
		for i := range hits {
			k := i + random.IntN(tries-i)
			of[i], of[k] = of[k], of[i]
			met[of[i]]++
		}
		if scatter(met) >= seen*(1-1e-12) {
			farther[0]++
		}
	})
	w := some[worst]
	return Check{What: what, P: p[0], Seen: fmt.Sprintf("most beyond the mean: %d of %d %s, %.1f expected; they scatter %.1f times as much as chance makes them",
		w.Hits, w.Tries, w.Name, rate*float64(w.Tries), seen/float64(len(some)-1))}, true
}

// chiSquaredP is the p-value of a sum of squares.
func chiSquaredP(squares float64, degrees int) float64 {
	if degrees < 1 {
		return 1
	}
	return distuv.ChiSquared{K: float64(degrees)}.Survival(squares)
}

// Shape asks whether times are spread as the shape says, and whether the slowest twentieth is.
func Shape(times []fit.Time, x *fit.Times) []Check {
	counts, n := fit.Ranks(times, x.Line, x.Spread.Value, 20)
	slow := counts[19]
	return []Check{
		{What: "shape", P: fit.Misfit(counts, n, 3), Seen: fmt.Sprintf("%s, %d times in twenty cells", x.Shape, int(n))},
		{What: "p95", P: binomialP(slow, n, 0.05), Seen: fmt.Sprintf("%.0f of %d times lie beyond the model's p95, %.0f expected", slow, int(n), n/20)},
	}
}

// fewestInGroup is from how many times on a group is looked at.
const fewestInGroup = 5

// OnLine asks whether groups of times lie on the line, after so many parameters were fitted to them; false where there are too
// few groups.
func OnLine(what string, times []fit.Time, x *fit.Times, key func(*fit.Time) int, fitted int) (Check, bool) {
	squares, groups, worst := 0.0, 0, 0.0
	for _, s := range fit.Shifts(times, x.Line, x.Spread.Value, key) {
		if s.N < fewestInGroup {
			continue
		}
		groups++
		squares += s.By * s.By * s.Worth
		if math.Abs(s.By) > math.Abs(worst) {
			worst = s.By
		}
	}
	return Check{What: what, P: chiSquaredP(squares, groups-fitted), Seen: fmt.Sprintf("%d groups, the farthest %+.0f%% from the line", groups, 100*math.Expm1(worst))}, groups > fitted
}

// binomialP is the two-sided p-value of so many hits, which need not be whole.
func binomialP(hits, tries, p float64) float64 {
	if tries == 0 {
		return 1
	}
	b := distuv.Binomial{N: math.Round(tries), P: p}
	k := math.Round(hits)
	return math.Min(1, 2*math.Min(b.CDF(k), 1-b.CDF(k-1)))
}
