// Package predict asks whether a fitted model explains what was seen: what it predicts of the same attempts against what they
// met (posterior predictive checks, after Gelman, Meng and Stern 1996).
//
// It deliberately fits nothing and mends nothing: a model that fails a check is still the best of its kind.
//
//	check := predict.Rows(sequences, predict.Exits{Count: 20, Share: 0.02, Burst: 60}, seed)
package predict

import (
	"fmt"
	"math"
	"math/rand/v2"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/internal/calibrate/fit"
)

// unlikely is the p-value from which on the data are said to be beyond the model: at some dozen checks a calibration, one
// false alarm in eight of them.
const unlikely = 0.01

// Check holds what a model predicts against what was seen.
type Check struct {
	Key  string // of the scenario
	What string
	Seen string // and what was expected
	P    float64
}

// Flagged says that the model doesn't explain what was seen.
func (c *Check) Flagged() bool { return c.P < unlikely }

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

// replicas is how many draws of the model a statistic is held against: enough for the smallest p-value to be flagged.
const replicas = 500

// Rows asks whether errors come in longer rows, or more often side by side, than the model makes them. The sequences are in the
// order of time.
func Rows(sequences [][]Visit, model Exits, seed uint64) Check {
	bad := 0
	pairs, longest := 0, 0
	for _, s := range sequences {
		seen := make([]bool, len(s))
		for i := range s {
			if seen[i] = s[i].Bad; s[i].Bad {
				bad++
			}
		}
		p, l := rows(seen)
		pairs, longest = pairs+p, max(longest, l)
	}
	random := rand.New(rand.NewPCG(seed, 0))
	atLeast, atMost, longer, mean := 0, 0, 0, 0.0
	for range replicas {
		p, l := 0, 0
		for _, s := range sequences {
			a, b := rows(model.draw(s, random))
			p, l = p+a, max(l, b)
		}
		mean += float64(l) / replicas
		if p >= pairs {
			atLeast++
		}
		if p <= pairs {
			atMost++
		}
		if l >= longest {
			longer++
		}
	}
	// Two statistics, of which the first may be too high or too low.
	p := 2 * float64(min(2*min(atLeast, atMost), longer)+1) / (replicas + 1)
	return Check{What: "rows", P: math.Min(1, p),
		Seen: fmt.Sprintf("the longest row of errors is %d, %.1f expected; %d of %d have another one right before", longest, mean, pairs, bad)}
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
	for i := range s {
		if m.Count == 0 {
			drawn[i] = random.Float64() < m.Share
			continue
		}
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

// Hours asks whether a share hangs on the hour of the day; false where too few hours were seen.
func Hours(hits, tries [24]float64) (Check, bool) {
	all, of := 0.0, 0.0
	for h := range hits {
		all += hits[h]
		of += tries[h]
	}
	squares, hours, worst, at := 0.0, 0, 0.0, 0
	for h := range hits {
		expected := tries[h] * all / math.Max(1, of)
		if expected < 1 { // too few for the statistic
			continue
		}
		d := hits[h] - expected
		squares += d * d / (expected * (1 - all/of))
		hours++
		if d > worst {
			worst, at = d, h
		}
	}
	return Check{What: "hours alike", P: beyond(squares, hours-1),
		Seen: fmt.Sprintf("most beyond the mean: %.0f of %.0f from %02d:00 UTC on, %.1f expected", hits[at], tries[at], at, tries[at]*all/math.Max(1, of))}, hours > 1
}

// beyond is the p-value of a sum of squares.
func beyond(squares float64, degrees int) float64 {
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

// Alike asks whether groups of times lie on the line, after so many parameters were fitted to them; false where there are too
// few groups.
func Alike(what string, times []fit.Time, x *fit.Times, key func(*fit.Time) int, fitted int) (Check, bool) {
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
	return Check{What: what, P: beyond(squares, groups-fitted), Seen: fmt.Sprintf("%d groups, the farthest %+.0f%% from the line", groups, 100*math.Expm1(worst))}, groups > fitted
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
