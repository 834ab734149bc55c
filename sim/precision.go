package sim

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"channelbench/internal/decision"
	"channelbench/internal/record"
)

const (
	// blockMonths is how many months are added before the deciding difference is looked at again.
	blockMonths = 50
	// MostMonths bounds a run that is asked for a precision.
	MostMonths = 1000
)

// rivals are the strategies between which the decision lies by the months so far: the best of those
// that meet every requirement and are not excluded, and the runner-up, or −1.
func (s *sample) rivals() (best, next int) {
	var qualified, allowed, all []int
	value := make([]float64, len(s.tallies))
	for i := range s.tallies {
		o := s.simulated(i)
		value[i] = s.objective(&o)
		all = append(all, i)
		if s.scenario.Excludes(&s.scenario.Strategies[i]) {
			continue
		}
		allowed = append(allowed, i)
		if s.qualifies(&o) {
			qualified = append(qualified, i)
		}
	}
	pool := qualified
	if len(pool) == 0 {
		pool = allowed
	}
	if len(pool) == 0 {
		pool = all
	}
	slices.SortStableFunc(pool, func(a, b int) int { return cmp.Compare(value[a], value[b]) })
	if len(pool) == 1 {
		return pool[0], -1
	}
	return pool[0], pool[1]
}

// objective is what is minimised.
func (x *experiment) objective(o *decision.Outlook) float64 {
	if x.scenario.Decision.Minimise == "p95" {
		return o.P95
	}
	return o.MonthlyCost
}

func (x *experiment) qualifies(o *decision.Outlook) bool {
	for k := range x.scenario.Decision.Require {
		if q := &x.scenario.Decision.Require[k]; !q.Holds(o.Figure(q.Metric)) {
			return false
		}
	}
	return true
}

// precise estimates the deciding difference from the months so far. All strategies meet the same luck
// in a month, so that the differences of single months scatter less than the figures themselves, and still less once
// the classes that a month happened to draw are accounted for.
func (s *sample) precise() *record.Precision {
	best, next := s.rivals()
	values, differences := make([]float64, s.n), make([]float64, s.n)
	for m := range s.n {
		o := s.month(best, m)
		values[m] = s.objective(&o)
		differences[m] = values[m]
		if next >= 0 {
			o = s.month(next, m)
			differences[m] -= s.objective(&o)
		}
	}
	of := math.Abs(s.mix.Mean(values).Value)
	e := s.mix.RuleOfThree(s.mix.Mean(differences), of)
	half := (e.High - e.Low) / 2
	if half > 0 {
		half /= of
	}
	p := &record.Precision{Asked: s.options.Precision, Reached: record.Number(half), Minimise: s.scenario.Decision.Minimise,
		Strategy: s.scenario.Strategies[best].Name, Difference: decision.Figure(e)}
	if next >= 0 {
		p.Against = &s.scenario.Strategies[next].Name
	}
	return p
}

// tooCoarse warns of a run that stayed short of the precision that was asked for.
func (s *sample) tooCoarse() []string {
	p := s.precision
	switch {
	case p == nil || p.Met():
		return nil
	case p.Reached == nil:
		return []string{fmt.Sprintf("the asked precision of %.3g%% was not reached in %d months: "+
			"%s has months in which too few orders are delivered for a p95", 100*p.Asked, s.n, p.Strategy)}
	}
	need := math.Ceil(float64(s.n) * math.Pow(*p.Reached/p.Asked, 2))
	return []string{fmt.Sprintf("the asked precision of %.3g%% was not reached: "+
		"after %d months the deciding difference is known to ±%.3g%% of what %s comes to; "+
		"some %.0f months would be needed (--months)", 100*p.Asked, s.n, 100**p.Reached, p.Strategy, need)}
}
