package chart

import (
	"fmt"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// brief is what somebody who pays wants to know, in words: what to do, what that saves, what it risks, and how sure
// that is.
type brief struct {
	title string // what to do, in one sentence
	facts []fact
}

// fact is one short answer under its question.
type fact struct{ question, answer string }

// briefing puts a run's decision into the four answers. Its subject is the strategy that the verdict is about: the
// winner, the candidate, or what comes closest to one. Without any, it says what is missing.
func briefing(run *record.Run) brief {
	list := view.Sorted(view.Roster(run), view.CostOf)
	subject := view.Chosen(list, run.Verdict)
	if subject == nil {
		subject = view.Named(list, run.Verdict.Closest)
	}
	a := view.NewAnswer(run)
	title := words.UpperFirst(view.Headline(run, a.Sentence()))
	switch {
	case run.Invalid != "":
		return brief{title: title}
	case subject == nil:
		return brief{title: title, facts: answered(fact{"What is missing?", lacking(run)},
			fact{"How sure is that?", certainty(run, nil)})}
	}
	question, money := bill(run, subject, list)
	return brief{title: words.UpperFirst(advice(run, subject, list)), facts: answered(
		fact{question, money},
		fact{"What does it risk?", risk(run, subject)},
		fact{"What may it break?", terms(run, subject)},
		fact{"How sure is that?", certainty(run, subject)},
	)}
}

// lacking are the first reasons why no strategy comes into question.
func lacking(run *record.Run) string {
	reasons := run.Verdict.Reasons
	return strings.Join(reasons[:min(2, len(reasons))], " ")
}

// answered are the facts that have an answer.
func answered(facts ...fact) []fact {
	var list []fact
	for _, f := range facts {
		if f.answer != "" {
			list = append(list, fact{f.question, words.UpperFirst(f.answer)})
		}
	}
	return list
}

// advice is what to do.
func advice(run *record.Run, subject *view.Entry, list []view.Entry) string {
	v := &run.Verdict
	first := ""
	if v.MeasureFirst != nil {
		_, first = view.InputWords(run, *v.MeasureFirst)
	}
	switch {
	case v.Winner != nil && subject.Name == v.Baseline:
		return "stay with " + subject.Word + atWhatPrice(run, subject, list)
	case v.Winner != nil:
		return "use " + subject.Word + atWhatPrice(run, subject, list)
	case v.Candidate != nil && first != "":
		return fmt.Sprintf("lean to %s, but measure %s first", subject.Word, first)
	case v.Candidate != nil:
		return fmt.Sprintf("lean to %s: nothing is clearly the best", subject.Word)
	case first != "":
		return fmt.Sprintf("measure %s before you choose: no strategy is sure to keep what is required", first)
	}
	return fmt.Sprintf("no strategy is sure to keep what is required; %s comes closest", subject.Word)
}

// atWhatPrice goes on with what the winner costs and why it wins.
func atWhatPrice(run *record.Run, subject *view.Entry, list []view.Entry) string {
	cost, ok := words.Known(view.CostOf(*subject))
	if !ok {
		return ""
	}
	price := words.Clip(cost)
	if p95, ok := words.Known(view.P95Of(*subject)); ok && run.Verdict.Minimise == "p95" {
		return fmt.Sprintf(": 95%% of orders done within %s, at %s a clip", words.Clock(p95), price)
	}
	saving, rival := view.Saved(run, subject, list)
	if saving == nil {
		return fmt.Sprintf(": %s a clip", price)
	}
	other, ok := words.Known(view.CostOf(*rival))
	switch {
	case saving.Baseline:
		return fmt.Sprintf(": it costs %s", saving.Stated(rival.Word))
	case !ok:
		return fmt.Sprintf(": %s a clip", price)
	case words.Clip(other) == price:
		return fmt.Sprintf(": %s a clip, about as much as %s", price, rival.Word)
	case other < cost:
		return fmt.Sprintf(": %s a clip, and the lowest total cost", price)
	}
	return fmt.Sprintf(": %s a clip instead of %s with %s", price, words.Clip(other), rival.Word)
}

// bill says what the subject saves, as the decision worked it out, and names a cheaper strategy that was passed over.
func bill(run *record.Run, subject *view.Entry, list []view.Entry) (question, answer string) {
	question = "What does it save?"
	saving, other := view.Saved(run, subject, list)
	month, ok := words.Known(subject.MonthlyCost.Value)
	switch {
	case saving != nil && saving.None():
		answer = fmt.Sprintf("%s costs %s: %s a month", subject.Word, saving.Words(other.Word), words.Month(saving.CostUSD))
	case saving != nil:
		if saving.USD() < 0 {
			question = "What does it cost?"
		}
		answer = fmt.Sprintf("%s costs %s: %s instead of %s", subject.Word, saving.Words(other.Word),
			words.Month(saving.CostUSD), words.Month(saving.AgainstUSD))
	case ok:
		answer = fmt.Sprintf("with %s a month costs %s", subject.Word, words.Month(month))
	default:
		return question, ""
	}
	if in := view.Included(list); len(in) > 0 && in[0].Name != subject.Name && len(in[0].Fails) > 0 {
		answer += fmt.Sprintf("; %s %s", in[0].Word, in[0].Shortcomings()[0])
	}
	return question, answer
}

// risk is what goes wrong all the same: orders undelivered or late, months over the budget.
func risk(run *record.Run, subject *view.Entry) string {
	var parts []string
	low, bounded := words.Known(subject.DeliveredShare.Low)
	switch v, ok := words.Known(view.DeliveredOf(*subject)); {
	case run.Mode == "bench" && ok && bounded: // so few orders rule little out
		parts = append(parts, fmt.Sprintf("%s of %s orders undelivered; up to %s can't be ruled out",
			words.Count(subject.Orders-subject.Delivered), words.Count(subject.Orders), words.WholePercent(1-low)))
	case ok:
		parts = append(parts, words.OneIn(1-v, "order")+" undelivered")
	}
	if v := subject.Moderated(); v > 0 {
		parts = append(parts, words.OneIn(v, "order")+" refused by moderation")
	}
	if promise, ok := words.Known(run.Scenario.PromiseSeconds); ok {
		if v, ok := subject.Missed(); ok && v > 0 {
			parts = append(parts, fmt.Sprintf("%s not delivered within %s", words.OneIn(v, "order"), words.Span(promise)))
		}
	}
	if subject.OverBudget != nil {
		if v, ok := words.Known(subject.OverBudget.Value); ok {
			parts = append(parts, words.WholePercent(v)+" of months over the budget")
		}
	}
	return strings.Join(parts, "; ")
}

// terms are the notes on the channels that the subject uses, where they aren't the vendor's own or a relay of it.
func terms(run *record.Run, subject *view.Entry) string {
	var notes []string
	for _, c := range run.Scenario.Channels {
		for _, used := range subject.Channels {
			if used == c.Name && c.Kind == "reverse" && c.Terms != "" {
				notes = append(notes, view.ShortName(view.ChannelName(run, c.Name), "", "")+": "+c.Terms)
			}
		}
	}
	return strings.Join(notes, "; ")
}

// certainty says how often the subject is the best, and what the answer hangs on that nobody measured.
func certainty(run *record.Run, subject *view.Entry) string {
	var parts []string
	v := &run.Verdict
	switch {
	case subject == nil:
	case v.Draws > 1 && v.Candidate != nil:
		parts = append(parts, fmt.Sprintf("of the %s that keep what is required, %s is the best in %s of %s",
			words.Plural(len(v.ProbabilityBest), "strategy"), subject.Word, words.WholePercent(v.ProbabilityBest[subject.Name]),
			drawsOf(run)))
	case v.Draws > 1:
		if p, ok := keepingShare(run, subject); ok {
			parts = append(parts, fmt.Sprintf("%s keeps what is required in at most %s of %s%s", subject.Word,
				words.WholePercent(p), drawsOf(run), hangsOn(run)))
		}
	}
	if run.Mock() {
		parts = append(parts, "mock channels, which do as the scenario says: "+view.BenchOrders(run.Strategies))
	} else if run.Mode == "bench" {
		parts = append(parts, view.BenchOrders(run.Strategies))
	} else if b := view.Beliefs(run.Scenario.Assumptions); b != "" {
		parts = append(parts, b)
	}
	if run.Incomplete {
		parts = append(parts, "the run was interrupted")
	}
	return strings.Join(parts, "; ")
}

// hangsOn says how much of whether the requirements are kept hangs on the input that is to be measured first.
func hangsOn(run *record.Run) string {
	if run.Sensitivity == nil || run.Verdict.MeasureFirst == nil {
		return ""
	}
	for _, in := range run.Sensitivity.Inputs {
		if share, ok := words.Known(in.KeepingShare); ok && in.Key == *run.Verdict.MeasureFirst {
			_, phrase := view.InputWords(run, in.Key)
			return fmt.Sprintf(", and %s of that hangs on %s", words.WholePercent(min(share, 1)), phrase)
		}
	}
	return ""
}

// drawsOf says what the draws are of.
func drawsOf(run *record.Run) string {
	if run.Mode == "bench" {
		return "the cases that so few orders leave open"
	}
	return "the cases that the stated ranges allow"
}

// keepingShare is the smallest share of draws in which the subject keeps one of the requirements.
func keepingShare(run *record.Run, subject *view.Entry) (float64, bool) {
	least, found := 1.0, false
	for _, r := range run.Verdict.Requirements {
		if r.Strategy == subject.Name {
			least, found = min(least, r.Probability), true
		}
	}
	return least, found
}
