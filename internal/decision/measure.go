package decision

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat"
)

// whatToMeasure says what the ranges cost and which one is worth measuring first, and notes it.
func (j *judgement) whatToMeasure() []string {
	if math.IsInf(j.expected(j.candidate), 0) {
		return nil
	}
	if j.Measured {
		return []string{fmt.Sprintf("More orders would be worth at most %s.", j.unit(j.regret))}
	}
	said := []string{fmt.Sprintf("Knowing every stated range exactly would be worth at most %s.", j.unit(j.regret))}
	best, worth := "", 0.0
	for _, in := range j.Inputs {
		if w := j.worth(&in); w > worth {
			best, worth = in.Key, w
		}
	}
	if j.first = best; best != "" {
		said = append(said, fmt.Sprintf("Measure %s first: of that, about %s hangs on it alone.", best, j.unit(worth)))
	}
	return said
}

// whatDecides says which input most decides whether the closest strategy keeps the requirements, and notes it.
func (j *judgement) whatDecides() []string {
	i := j.closest()
	if i < 0 {
		return nil
	}
	kept := make([]float64, len(j.Draws))
	for d := range j.Draws {
		if j.meetsAll(&j.Draws[d][i]) {
			kept[d] = 1
		}
	}
	best, most := "", 0.0
	for _, in := range j.Inputs {
		if e := explained(in.Values, kept); e > most {
			best, most = in.Key, e
		}
	}
	if j.first = best; best == "" {
		return nil
	}
	return []string{fmt.Sprintf("Measure %s first: within its stated range it decides more than any other input whether %s keeps what is required.", best, j.Strategies[i])}
}

// explained is the variance of y between slices of similar x.
func explained(x, y []float64) float64 {
	var means []float64
	for _, part := range similar(x) {
		sum := 0.0
		for _, d := range part {
			sum += y[d]
		}
		means = append(means, sum/float64(len(part)))
	}
	return stat.Variance(means, nil)
}

// similar cuts the draws into slices of similar values.
func similar(values []float64) [][]int {
	parts := min(16, len(values)) // enough to see a curve, few enough for a dozen draws in each
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	cut := make([][]int, parts)
	for k := range cut {
		cut[k] = order[k*len(order)/parts : (k+1)*len(order)/parts]
	}
	return cut
}

// worth is what it would be worth to know one input alone (expected value of partial perfect
// information), in the unit of what is minimised: what each other strategy saves against the candidate is
// fitted by a cubic in the input, and for each value the best choice by these curves is made (after
// Strong and Oakley 2013).
func (j *judgement) worth(in *Input) float64 {
	gains := make([]float64, len(j.Draws)) // of the best choice for the input's value
	for _, i := range j.allowed() {
		if i == j.candidate || !in.moves(i) && !in.moves(j.candidate) || math.IsInf(j.expected(i), 0) {
			continue
		}
		saved := make([]float64, len(j.Draws))
		for d := range j.Draws {
			saved[d] = j.objective(&j.Draws[d][j.candidate]) - j.objective(&j.Draws[d][i])
		}
		for d, g := range fitted(in.Values, saved) {
			gains[d] = max(gains[d], g)
		}
	}
	return min(stat.Mean(gains, nil), j.regret)
}

// fitted is y as a cubic in x, by least squares; of lower degree where x has few values.
func fitted(x, y []float64) []float64 {
	mean, spread := stat.PopMeanStdDev(x, nil)
	fit, next := make([]float64, len(x)), make([]float64, len(x))
	for d := range next {
		next[d] = 1
	}
	var powers [][]float64 // orthogonal to each other
	for range 4 {
		for _, p := range powers {
			floats.AddScaled(next, -floats.Dot(next, p)/floats.Dot(p, p), p)
		}
		square := floats.Dot(next, next)
		if square < 1e-9*float64(len(x)) {
			break
		}
		power := slices.Clone(next)
		powers = append(powers, power)
		floats.AddScaled(fit, floats.Dot(y, power)/square, power)
		for d := range next {
			next[d] *= (x[d] - mean) / max(spread, math.SmallestNonzeroFloat64)
		}
	}
	return fit
}
