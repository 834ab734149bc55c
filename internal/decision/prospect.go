package decision

import (
	"fmt"
	"math"

	"channelbench/internal/words"
)

// Prospect is the candidate, or what it takes where no strategy qualifies, and whether measuring could change that.
func Prospect(q *Question) (candidate string, unmet []string) {
	j := judge(q)
	switch {
	case j.candidate >= 0:
		return j.Strategies[j.candidate], nil
	case len(j.remaining()) == 0:
		return "", nil
	}
	sentence, _ := j.words()
	said := append([]string{sentence}, j.refusals()...)
	if i := j.nearest(); i >= 0 {
		said = append(said, j.failings([]int{i})...)
	}
	return "", append(said, j.change()...)
}

// nearest is the strategy that misses the fewest requirements at the stated values, and of those the one that is the
// least short of them; −1 where none delivers anything.
func (j *judgement) nearest() int {
	if i := j.closest(); i >= 0 {
		return i
	}
	nearest, fewest, least := -1, 0, 0.0
	for _, i := range j.remaining() {
		if !j.Stated[i].Delivers() {
			continue
		}
		missed, short := 0, 0.0
		for k, r := range j.requirements[i] {
			if r.HoldsAsStated {
				continue
			}
			q := &j.Decision.Require[k]
			missed++
			short += math.Abs(j.Stated[i].Figure(q.Metric)-q.Bound) / q.Bound
		}
		if nearest < 0 || missed < fewest || missed == fewest && short < least {
			nearest, fewest, least = i, missed, short
		}
	}
	return nearest
}

// change says whether measuring could make a strategy qualify, and what of it would most.
func (j *judgement) change() []string {
	best, most := "", 0.0
	for _, i := range j.remaining() {
		if share := j.meets(i); share > most {
			best, most = j.Strategies[i], share
		}
	}
	goal := j.goal("delivers anything", "meets every requirement")
	switch {
	case len(j.Inputs) == 0:
		return []string{"No range is stated, so no measurement could change that by what the scenario says: " +
			"state ranges for what is assumed, or ask for less."}
	case best == "":
		return []string{fmt.Sprintf("No measurement could change that: in none of %s draws of the stated ranges is there "+
			"a strategy that %s. It takes another requirement, strategy or channel.", words.Count(int64(len(j.Draws))), goal)}
	case j.closest() < 0:
		return []string{fmt.Sprintf("Measuring could change that: %s %s in %s of what the stated ranges leave open.",
			best, goal, words.WholePercent(most))}
	}
	return append([]string{"Measuring could change that."}, j.whatDecides()...)
}
