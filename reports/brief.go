package reports

import (
	"fmt"
	"math"
	"strings"

	"channelbench/internal/record"
)

// brief is what somebody who pays wants to know, in words: what to do, what that saves, what it risks, and how sure that is.
type brief struct {
	title string // what to do, in one sentence
	facts []fact
}

// fact is one short answer under its question.
type fact struct{ question, answer string }

// briefing puts a run's decision into the four answers. Its subject is the strategy that the verdict is about: the winner, the
// candidate, or what comes closest to one.
func briefing(run *record.Run) brief {
	list := sorted(roster(run), costOf)
	subject := chosen(list, run.Verdict)
	if subject == nil {
		subject = named(list, run.Verdict.Closest)
	}
	if run.Invalid != "" || subject == nil {
		return brief{title: upperFirst(headline(run, newGlance(run).title())), facts: answered(
			fact{"How sure is that?", certainty(run, nil)})}
	}
	return brief{title: upperFirst(advice(run, subject, list)), facts: answered(
		fact{"What does it save?", saves(run, subject, list)},
		fact{"What does it risk?", risk(run, subject)},
		fact{"What may it break?", terms(run, subject)},
		fact{"How sure is that?", certainty(run, subject)},
	)}
}

// answered are the facts that have an answer.
func answered(facts ...fact) []fact {
	var list []fact
	for _, f := range facts {
		if f.answer != "" {
			list = append(list, fact{f.question, upperFirst(f.answer)})
		}
	}
	return list
}

// advice is what to do.
func advice(run *record.Run, subject *entry, list []entry) string {
	v := &run.Verdict
	first := ""
	if v.MeasureFirst != nil {
		_, first = inputWords(*v.MeasureFirst)
	}
	switch {
	case v.Winner != nil:
		text := "use " + subject.word
		if cost, ok := known(costOf(*subject)); ok {
			text += fmt.Sprintf(": %s a clip", shortDollars(cost, centDecimals(figures(list, costOf))))
		}
		if rival := alternative(run, subject, list); rival != nil {
			if cost, ok := known(costOf(*rival)); ok {
				text += fmt.Sprintf(" instead of %s with %s", shortDollars(cost, centDecimals(figures(list, costOf))), rival.word)
			}
		}
		return text
	case v.Candidate != nil && first != "":
		return fmt.Sprintf("lean to %s, but measure %s first", subject.word, first)
	case v.Candidate != nil:
		return fmt.Sprintf("lean to %s: nothing is clearly the best", subject.word)
	case first != "":
		return fmt.Sprintf("measure %s before you choose: no strategy is sure to keep what is required", first)
	}
	return fmt.Sprintf("no strategy is sure to keep what is required; %s comes closest", subject.word)
}

// alternative is what the subject is set against: what the sensitivity compares it with or, where that is silent, the cheapest
// other strategy in the decision; of those that keep what is required, if the subject is one of them.
func alternative(run *record.Run, subject *entry, list []entry) *entry {
	keeping := run.Verdict.Candidate != nil
	in := included(list)
	if s := run.Sensitivity; s != nil && s.Strategy == subject.Name {
		if e := named(in, s.Against); e != nil && (!keeping || len(e.fails) == 0) {
			return e
		}
	}
	for i := range in {
		_, ok := known(in[i].MonthlyCost.Value)
		if ok && in[i].Name != subject.Name && (!keeping || len(in[i].fails) == 0) {
			return &in[i]
		}
	}
	return nil
}

// saves sets the subject's month against another one's.
func saves(run *record.Run, subject *entry, list []entry) string {
	own, ok := known(subject.MonthlyCost.Value)
	if !ok {
		return ""
	}
	month := fmt.Sprintf("with %s a month costs %s", subject.word, shortDollars(own, 0))
	rival := alternative(run, subject, list)
	if rival == nil {
		return month
	}
	other, _ := known(rival.MonthlyCost.Value)
	switch d := other - own; {
	case math.IsInf(d, 0) || math.Abs(d) < 1 || math.Abs(d) < 0.005*math.Abs(other):
		return month + ", about as much as with " + rival.word
	case d > 0:
		return fmt.Sprintf("%s, %s (%s) less than with %s", month, shortDollars(d, 0), wholePercent(d/other), rival.word)
	default:
		return fmt.Sprintf("%s, %s more than with %s", month, shortDollars(-d, 0), rival.word)
	}
}

// risk is what goes wrong all the same: orders undelivered or late, months over the budget.
func risk(run *record.Run, subject *entry) string {
	var parts []string
	if v, ok := known(deliveredOf(*subject)); ok {
		parts = append(parts, perTenThousand(1-v)+" of 10,000 orders undelivered")
	}
	if promise := run.Scenario.PromiseSeconds; promise != nil {
		if v, ok := known(inTimeOf(*subject)); ok && v < 1 {
			parts = append(parts, fmt.Sprintf("%s later than %s, or never", oneIn(1-v, "order"), span(*promise)))
		}
	}
	if subject.OverBudget != nil {
		if v, ok := known(subject.OverBudget.Value); ok {
			parts = append(parts, wholePercent(v)+" of months over the budget")
		}
	}
	return strings.Join(parts, "; ")
}

// terms are the notes on the channels that the subject uses, where they aren't the vendor's own or a relay of it.
func terms(run *record.Run, subject *entry) string {
	var notes []string
	for _, c := range run.Scenario.Channels {
		for _, used := range subject.Channels {
			if used == c.Name && c.Kind == "reverse" && c.Terms != "" {
				notes = append(notes, shortName(c.Name, "", "")+": "+c.Terms)
			}
		}
	}
	return strings.Join(notes, "; ")
}

// certainty says how often the subject is the best, and what the answer hangs on that nobody measured.
func certainty(run *record.Run, subject *entry) string {
	var parts []string
	v := &run.Verdict
	switch {
	case subject == nil:
	case v.Draws > 1 && v.Candidate != nil:
		parts = append(parts, fmt.Sprintf("%s is the best in %s of %s", subject.word, wholePercent(v.ProbabilityBest[subject.Name]), drawsOf(run)))
	case v.Draws > 1:
		if p, ok := keepingShare(run, subject); ok {
			parts = append(parts, fmt.Sprintf("%s keeps what is required in at most %s of %s", subject.word, wholePercent(p), drawsOf(run)))
		}
	}
	if run.Mode == "bench" {
		parts = append(parts, benchOrders(run.Strategies))
	} else if b := beliefs(run.Scenario.Assumptions); b != "" {
		parts = append(parts, b)
	}
	if run.Incomplete {
		parts = append(parts, "the run was interrupted")
	}
	return strings.Join(parts, "; ")
}

// drawsOf says what the draws are of.
func drawsOf(run *record.Run) string {
	if run.Mode == "bench" {
		return "what so few orders leave open"
	}
	return "what the stated ranges leave open"
}

// keepingShare is the smallest share of draws in which the subject keeps one of the requirements.
func keepingShare(run *record.Run, subject *entry) (float64, bool) {
	least, found := 1.0, false
	for _, r := range run.Verdict.Requirements {
		if r.Strategy == subject.Name {
			least, found = min(least, r.Probability), true
		}
	}
	return least, found
}
