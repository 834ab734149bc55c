package reports

import (
	"slices"

	"channelbench/internal/record"
)

// shortlist picks the strategies that a chart shows where it has not room for all: what the decision is about first, then
// the extremes, then the others in their order; excluded ones last. The list is in the order of its figure, lowest first,
// and so is what is picked.
func shortlist(list []entry, most int, choice *entry) []entry {
	if len(list) <= most {
		return list
	}
	picked := map[string]bool{}
	pick := func(e *entry) {
		if e != nil && len(picked) < most {
			picked[e.label] = true
		}
	}
	in := included(list)
	pick(choice)
	pick(rivalOf(in, choice))
	if len(in) > 0 {
		pick(&in[0])
		pick(&in[len(in)-1])
	}
	for _, group := range [][]entry{in, list} {
		for i := range group {
			pick(&group[i])
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(e entry) bool { return !picked[e.label] })
}

// rivalOf is the first other strategy that meets every requirement.
func rivalOf(list []entry, choice *entry) *entry {
	for i := range list {
		if e := &list[i]; len(e.fails) == 0 && (choice == nil || e.label != choice.label) {
			return e
		}
	}
	return nil
}

// chosen is the winner or, without one, the candidate.
func chosen(list []entry, v record.Verdict) *entry {
	if w := named(list, v.Winner); w != nil {
		return w
	}
	return named(list, v.Candidate)
}
