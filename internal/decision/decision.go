// Package decision judges strategies: which ones keep what is required, which of those is the
// candidate, and whether it may be called the winner.
//
// It deliberately simulates nothing: what each strategy is expected to do under each draw of the
// stated ranges, or of what was measured, comes in, the verdict goes out.
//
//	verdict := decision.Decide(&decision.Question{Decision: s.Decision, Strategies: names, Draws: draws})
package decision

import (
	"math"
	"slices"

	"channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
)

// Outlook is what is expected of a strategy for given inputs.
type Outlook struct {
	MonthlyCost      float64 // dollars: charges, penalties and fixed costs
	CostPerDelivered float64 // dollars; +Inf where nothing is delivered
	Delivered        float64 // share of all orders
	InTime           float64 // share of all orders
	P50, P95, P99    float64 // seconds over all orders; +Inf where not reached
}

// Figure returns the figure that a requirement speaks of; NaN for one that can't be required, so that no bound holds.
func (o *Outlook) Figure(m figure.ID) float64 {
	switch m {
	case figure.Delivered:
		return o.Delivered
	case figure.InTime:
		return o.InTime
	case figure.P50:
		return o.P50
	case figure.P95:
		return o.P95
	case figure.P99:
		return o.P99
	case figure.CostPerDelivered:
		return o.CostPerDelivered
	case figure.MonthlyCost:
		return o.MonthlyCost
	}
	return math.NaN()
}

// Delivers says whether anything is delivered, at a finite cost per clip. A strategy that delivers nothing is no
// answer, however cheap.
func (o *Outlook) Delivers() bool {
	return o.Delivered > 0 && !math.IsInf(o.CostPerDelivered, 0) && !math.IsNaN(o.CostPerDelivered)
}

// dominates says whether an outlook is at least as good as another in every figure of an order, and better in one. A
// month's cost is none of them: it is lower, too, where less is delivered.
func (o *Outlook) dominates(other *Outlook) bool {
	better := false
	for _, m := range figure.Required() {
		if m == figure.MonthlyCost {
			continue
		}
		a, b := o.Figure(m), other.Figure(m)
		if m.Of().High {
			a, b = -a, -b
		}
		if a == b {
			continue
		}
		if !(a < b) {
			return false
		}
		better = true
	}
	return better
}

// Question is what is to be judged. Slices by strategy have one order throughout.
type Question struct {
	Decision    scenario.Decision
	NoPromise   bool // nothing was promised: in time says no more than delivered
	Measured    bool // Stated is what was measured, and Draws are of the orders instead of ranges
	Strategies  []string
	Excluded    []bool
	Stated      []Outlook   // by strategy: at the stated values
	Draws       [][]Outlook // by draw of the ranges, then strategy; one row of Stated where there are none
	MonthMisses [][]float64 // by strategy, then requirement: share of single months; nil: unknown
	Inputs      []Input     // the ranges that were drawn
	Refused     float64     // share of orders that are refused whatever the strategy, at the stated values
}

// Input is one uncertain input and its value in each draw. What follows the values is asked for by
// Explore only.
type Input struct {
	Key        string
	Values     []float64
	Fresh      []float64 // a second sample, independent of Values: a power of two, no more than there are draws
	Range      scenario.Range
	Stated     float64
	Confidence string
	Moves      []bool // by strategy: whether its figures may depend on the input; nil: any may
}

// moves says whether a strategy's figures may depend on the input.
func (in *Input) moves(strategy int) bool { return in.Moves == nil || in.Moves[strategy] }

// judgement is what Decide works out before it is put into words.
type judgement struct {
	*Question
	means        []Outlook              // by strategy: over the draws
	requirements [][]record.Requirement // by strategy
	qualified    []bool                 // excluded ones too
	candidate    int                    // −1: nobody qualifies
	winner       bool
	regret       float64 // expected, in the unit of what is minimised
	best         []float64
	first        string         // the input to measure first; "": none is worth it
	saving       *record.Saving // nil: there is none
}

// Decide judges.
func Decide(q *Question) record.Verdict { return judge(q).verdict() }

func judge(q *Question) *judgement {
	j := &judgement{Question: q, candidate: -1}
	j.average()
	j.qualify()
	j.candidate = j.cheapest(j.allowed())
	if j.candidate >= 0 {
		j.weigh()
	}
	j.save()
	return j
}

// average works out the means over the draws.
func (j *judgement) average() {
	j.means = make([]Outlook, len(j.Strategies))
	n := float64(len(j.Draws))
	for i := range j.means {
		m := &j.means[i]
		for _, draw := range j.Draws {
			o := &draw[i]
			m.MonthlyCost, m.CostPerDelivered = m.MonthlyCost+o.MonthlyCost/n, m.CostPerDelivered+o.CostPerDelivered/n
			m.Delivered, m.InTime = m.Delivered+o.Delivered/n, m.InTime+o.InTime/n
			m.P50, m.P95, m.P99 = m.P50+o.P50/n, m.P95+o.P95/n, m.P99+o.P99/n
		}
	}
}

// qualify judges each requirement for each strategy: it must hold, in expectation for given
// inputs, with the asked probability over the draws. As surely, something must be delivered.
func (j *judgement) qualify() {
	for i, name := range j.Strategies {
		all := j.Stated[i].Delivers() && j.probability(i, (*Outlook).Delivers) >= j.Decision.Confidence
		var judged []record.Requirement
		for k, r := range j.Decision.Require {
			probability := j.probability(i, func(o *Outlook) bool { return r.Holds(o.Figure(r.Metric)) })
			req := record.Requirement{Strategy: name, Metric: r.Metric.String(), Text: r.Text, Probability: probability,
				Holds: probability >= j.Decision.Confidence, HoldsAsStated: r.Holds(j.Stated[i].Figure(r.Metric)),
				Value: record.Number(j.Stated[i].Figure(r.Metric))}
			if j.MonthMisses != nil {
				req.MonthMissesShare = &j.MonthMisses[i][k]
			}
			judged = append(judged, req)
			all = all && req.Holds
		}
		j.requirements = append(j.requirements, judged)
		j.qualified = append(j.qualified, all)
	}
}

// probability is the share of the draws in which something holds for a strategy.
func (j *judgement) probability(strategy int, holds func(*Outlook) bool) float64 {
	held := 0
	for _, draw := range j.Draws {
		if holds(&draw[strategy]) {
			held++
		}
	}
	return float64(held) / float64(len(j.Draws))
}

// allowed lists the strategies that qualify and are not excluded.
func (j *judgement) allowed() []int {
	var allowed []int
	for i := range j.Strategies {
		if j.qualified[i] && !j.Excluded[i] {
			allowed = append(allowed, i)
		}
	}
	return allowed
}

// objective is what is minimised.
func (j *judgement) objective(o *Outlook) float64 {
	if j.Decision.Minimise == "p95" {
		return o.P95
	}
	return o.MonthlyCost
}

// expected is the mean of the objective over the draws.
func (j *judgement) expected(strategy int) float64 { return j.objective(&j.means[strategy]) }

// cheapest returns the strategy with the lowest expected objective, the first of equals, or −1.
func (j *judgement) cheapest(strategies []int) int { return j.lowest(j.means, strategies) }

// lowest returns the strategy with the lowest objective, the first of equals, or −1. One that another beats in every
// figure is never the lowest, however little it costs a month.
func (j *judgement) lowest(o []Outlook, strategies []int) int {
	best := -1
	for _, i := range strategies {
		beaten := slices.ContainsFunc(strategies, func(k int) bool { return o[k].dominates(&o[i]) })
		if !beaten && (best < 0 || j.objective(&o[i]) < j.objective(&o[best])) {
			best = i
		}
	}
	return best
}

// weigh compares the candidate with the best choice in each draw.
func (j *judgement) weigh() {
	allowed := append([]int{j.candidate}, j.allowed()...) // which comes first among equals
	j.best = make([]float64, len(j.Strategies))
	for _, draw := range j.Draws {
		best := j.lowest(draw, allowed)
		j.best[best] += 1 / float64(len(j.Draws))
		if lost := j.objective(&draw[j.candidate]) - j.objective(&draw[best]); lost > 0 {
			j.regret += lost / float64(len(j.Draws))
		}
	}
	expected := j.expected(j.candidate)
	j.winner = !math.IsInf(expected, 0) && j.regret <= j.Decision.Tolerance*expected
}

// verdict puts the judgement into the record.
func (j *judgement) verdict() record.Verdict {
	v := record.Verdict{
		Minimise:        j.Decision.Minimise,
		ProbabilityBest: map[string]float64{},
		Confidence:      j.Decision.Confidence,
		Excluded:        j.Decision.Exclude,
		Draws:           len(j.Draws),
	}
	for i, name := range j.Strategies {
		v.Requirements = append(v.Requirements, j.requirements[i]...)
		if j.candidate >= 0 && j.qualified[i] && !j.Excluded[i] {
			v.ProbabilityBest[name] = j.best[i]
		}
	}
	if j.candidate >= 0 {
		name := j.Strategies[j.candidate]
		v.Candidate = &name
		if j.winner {
			v.Winner = &name
		}
		if j.Decision.Minimise == "cost" {
			v.ExpectedRegret = &j.regret
		}
	}
	v.ExclusionCost = j.exclusionCost()
	v.Saving, v.Baseline = j.saving, j.Decision.Baseline
	v.AgainstBaseline = j.againstBaseline()
	v.Sentence, v.Reasons = j.words()
	if j.first != "" {
		v.MeasureFirst = &j.first
	}
	if j.candidate < 0 {
		if i := j.closest(); i >= 0 {
			v.Closest = &j.Strategies[i]
		}
	}
	return v
}

// exclusionCost is what the best allowed strategy costs a month more than the best of all that
// qualify; nil where nothing is excluded, or nothing is left.
func (j *judgement) exclusionCost() *float64 {
	free := j.unexcluded()
	if free < 0 || j.candidate < 0 {
		return nil
	}
	cost := 0.0
	for _, draw := range j.Draws {
		cost += (draw[j.candidate].MonthlyCost - draw[free].MonthlyCost) / float64(len(j.Draws))
	}
	return &cost
}

// unexcluded is the candidate if nothing were excluded; −1 where nothing is, or nobody qualifies.
func (j *judgement) unexcluded() int {
	if len(j.Decision.Exclude) == 0 {
		return -1
	}
	var all []int
	for i := range j.Strategies {
		if j.qualified[i] {
			all = append(all, i)
		}
	}
	return j.cheapest(all)
}
