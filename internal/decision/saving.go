package decision

import (
	"math"
	"slices"

	"channelbench/internal/record"
)

// saving.go works out what the choice saves, once for all who tell it.

// save sets the strategy that the verdict is about against the baseline or, without one, against the next best.
func (j *judgement) save() {
	subject := j.subject()
	against, baseline := j.baseline(), true
	if subject < 0 || against < 0 || against == subject {
		against, baseline = j.runnerUp(subject), false
	}
	if subject < 0 || against < 0 {
		return
	}
	if s := j.against(subject, against); !math.IsNaN(s.USD()) && !math.IsInf(s.USD(), 0) {
		s.Baseline, j.saving = baseline, s
	}
}

// against is what one strategy costs less than another.
func (j *judgement) against(subject, other int) *record.Saving {
	s := &record.Saving{Strategy: j.Strategies[subject], Against: j.Strategies[other],
		CostUSD: j.Stated[subject].MonthlyCost, AgainstUSD: j.Stated[other].MonthlyCost}
	if len(j.Draws) > 1 && !j.Measured {
		s.MeanUSD = record.Number(j.means[other].MonthlyCost - j.means[subject].MonthlyCost)
	}
	if own, more := j.Stated[subject].Delivered, j.Stated[other].Delivered; j.deliversFewer(subject, other) &&
		(1-own/more)*s.AgainstUSD >= tellingPart*s.USD() && s.USD() > 0 {
		s.Fewer = &record.Fewer{Delivered: own, Against: more}
	}
	return s
}

// What isn't delivered isn't paid, and no saving. It is told where it is at least tellingPart of what is saved, and where
// a strategy delivers fewer orders in all but a few draws.
const (
	tellingPart = 0.05
	sureOfFewer = 0.975
)

// deliversFewer says whether a strategy delivers fewer orders than another one, beyond chance.
func (j *judgement) deliversFewer(fewer, more int) bool {
	n := 0
	for _, d := range j.Draws {
		if d[fewer].Delivered < d[more].Delivered {
			n++
		}
	}
	return j.Stated[fewer].Delivered < j.Stated[more].Delivered && float64(n) >= sureOfFewer*float64(len(j.Draws))
}

// subject is the candidate, or what comes closest to one; −1: none does.
func (j *judgement) subject() int {
	if j.candidate >= 0 {
		return j.candidate
	}
	return j.closest()
}

// baseline is the strategy that is used today; −1: none is named, it has no outcome, or it delivers nothing.
func (j *judgement) baseline() int {
	i := slices.Index(j.Strategies, j.Decision.Baseline)
	if i >= 0 && !j.Stated[i].Delivers() {
		return -1
	}
	return i
}

// runnerUp is the best strategy besides one: of those that qualify or, where nobody does, of those that keep the
// requirements at the stated values; −1: there is none.
func (j *judgement) runnerUp(subject int) int {
	pool := j.allowed()
	if j.candidate < 0 {
		pool = j.keeping()
	}
	return j.cheapest(slices.DeleteFunc(pool, func(i int) bool { return i == subject }))
}

// keeping are the remaining strategies that keep every requirement at the stated values.
func (j *judgement) keeping() []int {
	return slices.DeleteFunc(j.remaining(), func(i int) bool { return !j.meetsAll(&j.Stated[i]) })
}

// againstBaseline is what each strategy costs less than the baseline.
func (j *judgement) againstBaseline() map[string]float64 {
	i := j.baseline()
	if i < 0 {
		return nil
	}
	savings := map[string]float64{}
	for k, name := range j.Strategies {
		if usd := j.against(k, i).USD(); !math.IsNaN(usd) && !math.IsInf(usd, 0) {
			savings[name] = usd
		}
	}
	return savings
}
