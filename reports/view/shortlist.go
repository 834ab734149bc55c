package view

import (
	"slices"

	"channelbench/internal/record"
)

// Shortlist picks the strategies that a chart shows where it has not room for all: what the decision is about first,
// then the extremes, then the others in their order; excluded ones last. The list is in the order of its figure, lowest
// first, and so is what is picked.
func Shortlist(list []Entry, most int, choice *Entry) []Entry {
	if len(list) <= most {
		return list
	}
	picked := map[string]bool{}
	pick := func(e *Entry) {
		if e != nil && len(picked) < most {
			picked[e.Label] = true
		}
	}
	in := Included(list)
	pick(choice)
	pick(rivalOf(in, choice))
	if len(in) > 0 {
		pick(&in[0])
		pick(&in[len(in)-1])
	}
	for _, group := range [][]Entry{in, list} {
		for i := range group {
			pick(&group[i])
		}
	}
	return slices.DeleteFunc(slices.Clone(list), func(e Entry) bool { return !picked[e.Label] })
}

// rivalOf is the first other strategy that meets every requirement.
func rivalOf(list []Entry, choice *Entry) *Entry {
	for i := range list {
		if e := &list[i]; len(e.Fails) == 0 && (choice == nil || e.Label != choice.Label) {
			return e
		}
	}
	return nil
}

// Chosen is the winner or, without one, the candidate.
func Chosen(list []Entry, v record.Verdict) *Entry {
	if w := Named(list, v.Winner); w != nil {
		return w
	}
	return Named(list, v.Candidate)
}
