package decision

import (
	"cmp"
	"fmt"
	"slices"
)

// whatToMeasure says what the ranges cost and which one is worth measuring first.
func (j *judgement) whatToMeasure() []string {
	said := []string{fmt.Sprintf("Knowing every stated range exactly would be worth at most %s.", j.unit(j.regret))}
	best, worth := "", 0.0
	for _, in := range j.Inputs {
		if w := j.worth(&in); w > worth {
			best, worth = in.Key, w
		}
	}
	if best != "" {
		said = append(said, fmt.Sprintf("Measure %s first: of that, about %s hangs on it alone.", best, j.unit(worth)))
	}
	return said
}

// worth is what it would be worth to know one input: the draws are cut into slices of similar
// values of it, and the best choice of each slice is held against the candidate's.
func (j *judgement) worth(in *Input) float64 {
	const parts = 16 // slices
	order := make([]int, len(j.Draws))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(in.Values[a], in.Values[b]) })
	gain := 0.0
	for k := range parts {
		part := order[k*len(order)/parts : (k+1)*len(order)/parts]
		own, best := j.sum(part, j.candidate), 0.0
		for n, i := range j.allowed() {
			if s := j.sum(part, i); n == 0 || s < best {
				best = s
			}
		}
		gain += own - best
	}
	return gain / float64(len(order))
}

// sum adds up the objective of a strategy over some draws.
func (j *judgement) sum(draws []int, strategy int) float64 {
	total := 0.0
	for _, d := range draws {
		total += j.objective(&j.Draws[d][strategy])
	}
	return total
}
