package decision

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/scenario"
	"channelbench/internal/words"
)

// words puts the judgement into one sentence, and the reasons behind it into more.
func (j *judgement) words() (sentence string, reasons []string) {
	switch {
	case len(j.Strategies) == 0:
		sentence = "Nothing is left to choose: no strategy has an outcome."
	case len(j.remaining()) == 0:
		sentence = "Nothing is left to choose: every strategy is excluded."
	case !slices.ContainsFunc(j.remaining(), func(i int) bool { return j.Stated[i].Delivers() }):
		sentence = "No strategy delivers anything, so there is nothing to choose."
	case j.candidate < 0:
		sentence = j.nobody()
		reasons = slices.Concat(j.refusals(), j.whatDecides(), j.failings(j.remaining()))
	case j.winner:
		sentence = j.choose()
		reasons = j.failings(j.remaining())
	default:
		sentence = j.undecided()
		reasons = append(j.whatToMeasure(), j.failings(j.remaining())...)
	}
	if excluded := j.exclusion(); excluded != "" {
		reasons = append(reasons, excluded)
	}
	return sentence, reasons
}

// remaining lists the strategies that are not excluded.
func (j *judgement) remaining() []int {
	var rest []int
	for i := range j.Strategies {
		if !j.Excluded[i] {
			rest = append(rest, i)
		}
	}
	return rest
}

// choose is the sentence of a clear verdict.
func (j *judgement) choose() string {
	o := &j.Stated[j.candidate]
	s := fmt.Sprintf("Choose %s: ", j.Strategies[j.candidate])
	switch {
	case j.candidate == j.baseline():
		s = fmt.Sprintf("Stay with %s, the baseline: ", j.Strategies[j.candidate])
	case j.saves():
		s += "it costs " + j.lead() + ", at "
	}
	s += fmt.Sprintf("%s per delivered clip, %s of orders delivered", clip(o.CostPerDelivered), words.Share(o.Delivered))
	if !j.NoPromise {
		s += fmt.Sprintf(" and %s in time", words.Share(o.InTime))
	}
	second := j.runnerUp(j.candidate)
	switch {
	case second >= 0 && second == j.baseline():
		return s + "."
	case second >= 0:
		return s + "; " + j.advantage(second)
	case len(j.remaining()) > 1:
		return fmt.Sprintf("%s; no other strategy %s.", s, j.goal("is sure to deliver anything", "meets every requirement"))
	}
	return s + "."
}

// saves says whether there is a saving against the baseline.
func (j *judgement) saves() bool { return j.saving != nil && j.saving.Baseline }

// lead is the saving against the baseline in words.
func (j *judgement) lead() string {
	return j.saving.Words(j.saving.Against + ", the baseline")
}

// goal is what a strategy has to do to qualify, if nothing is required and if something is.
func (j *judgement) goal(free, required string) string {
	if len(j.Decision.Require) == 0 {
		return free
	}
	return required
}

// advantage says by how much the candidate beats the next best.
func (j *judgement) advantage(other int) string {
	next := j.Strategies[other] + ", the next best that qualifies"
	if j.Decision.Minimise == "p95" {
		gain := j.expected(other) - j.expected(j.candidate)
		switch {
		case math.IsInf(gain, 0):
			return "it is sure to reach its p95, unlike " + next + "."
		case gain < 0.5:
			return "its p95 is about that of " + next + "."
		}
		return fmt.Sprintf("its p95 is %s shorter than that of %s.", words.Clock(gain), next)
	}
	if j.expected(other) < j.expected(j.candidate) {
		next = j.Strategies[other] + ", which delivers no more and costs no less per clip"
	}
	return "it costs " + j.against(j.candidate, other).Words(next) + "."
}

// nobody is the sentence where no strategy qualifies: whether none does even at the stated values, or
// whether too much is left open.
func (j *judgement) nobody() string {
	required := strings.Join(j.required(), ", ")
	i := j.closest()
	if i < 0 {
		return fmt.Sprintf("No strategy meets every requirement (%s).", required)
	}
	lead := ""
	if j.saves() {
		lead = ", and costs " + j.lead()
	}
	return fmt.Sprintf("No strategy is sure to %s: %s %s would be the best that does, at %s per delivered clip%s, "+
		"but it does so in only %s of what %s leave open; %s is asked.",
		j.goal("deliver anything", "meet every requirement ("+required+")"), j.point(), j.Strategies[i],
		clip(j.Stated[i].CostPerDelivered), lead, words.ShortOf(j.meets(i), j.Decision.Confidence), j.source(),
		words.Share(j.Decision.Confidence))
}

// refusals name the cause that no strategy can do anything about, where it alone makes a requirement unreachable.
func (j *judgement) refusals() []string {
	if !slices.ContainsFunc(j.Decision.Require, func(r scenario.Requirement) bool { return r.Beyond(j.Refused) }) {
		return nil
	}
	return []string{scenario.RefusedWords(j.Refused) + "."}
}

// source is what leaves the answer open.
func (j *judgement) source() string {
	if j.Measured {
		return "the measured orders"
	}
	return "the stated ranges"
}

// draws is what the draws are of.
func (j *judgement) draws() string {
	if j.Measured {
		return "what the measured orders leave open"
	}
	return "the stated ranges"
}

// point is what the figures without draws are at.
func (j *judgement) point() string {
	if j.Measured {
		return "as measured,"
	}
	return "at the stated values"
}

// closest is the best of the remaining strategies that keep every requirement at the stated values, or −1.
func (j *judgement) closest() int { return j.cheapest(j.keeping()) }

// meetsAll says whether something is delivered, and every requirement kept.
func (j *judgement) meetsAll(o *Outlook) bool {
	if !o.Delivers() {
		return false
	}
	for k := range j.Decision.Require {
		if r := &j.Decision.Require[k]; !r.Holds(o.Figure(r.Metric)) {
			return false
		}
	}
	return true
}

// meets is the share of the draws in which a strategy keeps every requirement.
func (j *judgement) meets(strategy int) float64 { return j.probability(strategy, j.meetsAll) }

func (j *judgement) required() []string {
	var texts []string
	for _, r := range j.Decision.Require {
		texts = append(texts, r.Text)
	}
	return texts
}

// undecided is the sentence where the candidate may not be called the winner.
func (j *judgement) undecided() string {
	if math.IsInf(j.expected(j.candidate), 0) {
		return "No clear winner: no strategy that qualifies is sure to reach its p95, as too few orders may be delivered."
	}
	lead := ""
	if j.saves() {
		lead = " and costs " + j.lead()
	}
	return fmt.Sprintf("No clear winner: %s is expected to be best%s, but choosing it may cost %s more than the "+
		"best choice, which lies within what is not known.",
		j.Strategies[j.candidate], lead, j.unit(j.regret))
}

// unit prints an amount of what is minimised.
func (j *judgement) unit(v float64) string {
	if j.Decision.Minimise == "p95" {
		return words.Clock(v) + " of p95"
	}
	return words.Month(v) + " a month"
}

// failings says of each strategy that doesn't qualify what fails and by how much.
func (j *judgement) failings(strategies []int) []string {
	var said []string
	for _, i := range strategies {
		if sure := j.probability(i, (*Outlook).Delivers); !j.Stated[i].Delivers() {
			said = append(said, j.Strategies[i]+" delivers nothing.")
			continue
		} else if sure < j.Decision.Confidence {
			said = append(said, fmt.Sprintf("%s is not sure to deliver anything: it does in %s of %s.",
				j.Strategies[i], words.ShortOf(sure, j.Decision.Confidence), j.draws()))
		}
		var short, unsure []string
		for k, r := range j.requirements[i] {
			switch {
			case r.Holds:
			case r.HoldsAsStated:
				unsure = append(unsure, fmt.Sprintf("%s in %s of %s", r.Text,
					words.ShortOf(r.Probability, j.Decision.Confidence), j.draws()))
			default:
				short = append(short, fmt.Sprintf("%s (%s)", r.Text, j.shortfall(i, &j.Decision.Require[k])))
			}
		}
		if len(short) > 0 {
			said = append(said, fmt.Sprintf("%s misses %s.", j.Strategies[i], strings.Join(short, " and ")))
		}
		if len(unsure) > 0 {
			said = append(said, fmt.Sprintf("%s is not sure to keep what is required: it keeps %s.", j.Strategies[i],
				strings.Join(unsure, ", ")))
		}
	}
	return said
}

// shortfall says by how much a figure misses its bound at the stated values.
func (j *judgement) shortfall(strategy int, r *scenario.Requirement) string {
	v := j.Stated[strategy].Figure(r.Metric)
	if math.IsInf(v, 0) {
		return "too few orders are delivered to reach it at all"
	}
	switch f := r.Metric.Of(); f.Kind {
	case figure.Share:
		return fmt.Sprintf("%s expected, %.3g points short", f.Text(v), 100*(r.Bound-v))
	case figure.Time:
		return fmt.Sprintf("%s expected, %s too long", f.Text(v), f.Text(v-r.Bound))
	default:
		return fmt.Sprintf("%s expected, %s too much", f.Text(v), f.Text(v-r.Bound))
	}
}

// exclusion says what leaving strategies out costs; "" where nothing is excluded.
func (j *judgement) exclusion() string {
	if len(j.Decision.Exclude) == 0 {
		return ""
	}
	who := strings.Join(j.Decision.Exclude, " and ")
	free := j.unexcluded()
	switch {
	case free < 0:
		return fmt.Sprintf("Excluding %s costs nothing: no strategy qualifies with it either.", who)
	case !j.Excluded[free]:
		return fmt.Sprintf("Excluding %s costs nothing: %s would be the candidate anyway.", who, j.Strategies[free])
	case j.candidate < 0:
		return fmt.Sprintf("Excluding %s leaves no strategy that qualifies; %s would.", who, j.Strategies[free])
	}
	costs, cost := "costs", *j.exclusionCost()
	if cost < 0 { // what is minimised is p95, or the excluded one delivers more
		costs = "saves"
	}
	amount := words.Month(math.Abs(cost))
	if math.Abs(cost) < 0.5 {
		costs, amount = "costs", "next to nothing"
	}
	return fmt.Sprintf("Excluding %s %s %s a month: %s would qualify.", who, costs, amount, j.Strategies[free])
}

// clip prints what a clip costs, or that it can't be told.
func clip(dollars float64) string {
	if math.IsInf(dollars, 0) || math.IsNaN(dollars) {
		return "no finite cost"
	}
	return words.Clip(dollars)
}
