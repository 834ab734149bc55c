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
// that keep what is required and are not excluded, and the next best, or −1.
func (r *runner) rivals() (best, next int) {
	var keeping, rest, all []int
	value, mix := make([]float64, len(r.tallies)), r.mix()
	for i := range r.tallies {
		o := r.simulated(i, mix)
		value[i] = r.objective(&o)
		all = append(all, i)
		if r.scenario.Excludes(&r.scenario.Strategies[i]) {
			continue
		}
		rest = append(rest, i)
		if r.keeps(&o) {
			keeping = append(keeping, i)
		}
	}
	pool := keeping
	if len(pool) == 0 {
		pool = rest
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
func (r *runner) objective(o *decision.Outlook) float64 {
	if r.scenario.Decision.Minimise == "p95" {
		return o.P95
	}
	return o.MonthlyCost
}

func (r *runner) keeps(o *decision.Outlook) bool {
	for k := range r.scenario.Decision.Require {
		if q := &r.scenario.Decision.Require[k]; !q.Holds(o.Figure(q.Metric)) {
			return false
		}
	}
	return true
}

// precise estimates the deciding difference from the months so far. All strategies meet the same luck
// in a month, so that the differences of single months scatter less than the figures themselves, and still less once the
// classes that a month happened to draw are accounted for.
func (r *runner) precise() *record.Precision {
	best, next := r.rivals()
	values, differences := make([]float64, r.months), make([]float64, r.months)
	for m := range r.months {
		o := showed(r.tallies[best][m], r.monthCost(best, m), 1)
		values[m] = r.objective(&o)
		differences[m] = values[m]
		if next >= 0 {
			o = showed(r.tallies[next][m], r.monthCost(next, m), 1)
			differences[m] -= r.objective(&o)
		}
	}
	mix := r.mix()
	of := math.Abs(mix.Mean(values).Value)
	e := mix.Doubt(mix.Mean(differences), of)
	half := (e.High - e.Low) / 2
	if half > 0 {
		half /= of
	}
	p := &record.Precision{Asked: r.options.Precision, Reached: record.Number(half), Minimise: r.scenario.Decision.Minimise,
		Strategy: r.scenario.Strategies[best].Name, Difference: decision.Figure(e)}
	if next >= 0 {
		p.Against = &r.scenario.Strategies[next].Name
	}
	return p
}

// tooCoarse says how far a run stayed from the asked precision; "" where it reached it, or none was asked.
func tooCoarse(p *record.Precision, months int) string {
	switch {
	case p == nil || p.Met():
		return ""
	case p.Reached == nil:
		return fmt.Sprintf("the asked precision of %.3g%% was not reached in %d months: %s has months in which too few orders are delivered for a p95", 100*p.Asked, months, p.Strategy)
	}
	need := math.Ceil(float64(months) * math.Pow(*p.Reached/p.Asked, 2))
	return fmt.Sprintf("the asked precision of %.3g%% was not reached: after %d months the deciding difference is known to ±%.3g%% of what %s comes to; some %.0f months would be needed (--months)",
		100*p.Asked, months, 100**p.Reached, p.Strategy, need)
}
