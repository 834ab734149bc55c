package view

import (
	"fmt"
	"slices"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
)

// Objection is why a strategy isn't the choice.
type Objection struct {
	Name string
	Why  []string // from the longest to the shortest way to say it
}

// Objections are those to every strategy of a list that isn't the winner.
func Objections(run *record.Run, list []Entry) []Objection {
	var all []Objection
	if run.Invalid != "" {
		return nil
	}
	for i := range list {
		e := &list[i]
		if w := run.Verdict.Winner; w != nil && *w == e.Name {
			continue
		}
		if why := whyNot(run, e); len(why) > 0 {
			all = append(all, Objection{WithLabel(e.Name, run.Scenario.StrategyLabels[e.Name]), why})
		}
	}
	return all
}

func whyNot(run *record.Run, e *Entry) []string {
	v := &run.Verdict
	best, qualifies := v.ProbabilityBest[e.Name]
	switch {
	case e.Excluded:
		return []string{"is excluded by the scenario"}
	case Barren(e.Strategy):
		return []string{"delivers nothing"}
	case len(e.Fails) > 0:
		return append([]string{evidence(run, e)}, e.Shortcomings()...)
	case v.Candidate == nil || !qualifies:
		return about(run, e.Name)
	case *v.Candidate == e.Name:
		return []string{"leads: the best in " + words.WholePercent(best) + " of " + draws(run)}
	case v.Winner == nil:
		return []string{"qualifies; the best in " + words.WholePercent(best) + " of " + draws(run)}
	}
	return []string{"qualifies" + dearer(run, e)}
}

// evidence names every requirement that a strategy misses or may miss, with the figure that says so.
func evidence(run *record.Run, e *Entry) string {
	var missed, open []string
	for _, r := range run.Verdict.Requirements {
		switch value, known := words.Known(r.Value); {
		case r.Strategy != e.Name || r.Holds:
		case Unsure(r):
			open = append(open, fmt.Sprintf("%s (%s sure)", r.Text,
				words.ShortOf(r.Probability, run.Verdict.Confidence)))
		case known:
			missed = append(missed, fmt.Sprintf("%s (%s expected)", r.Text, expected(r, value)))
		default:
			missed = append(missed, r.Text+" (not reached)")
		}
	}
	var parts []string
	if len(missed) > 0 {
		parts = append(parts, "misses "+strings.Join(missed, ", "))
	}
	if len(open) > 0 {
		parts = append(parts, "may miss "+strings.Join(open, ", "))
	}
	return strings.Join(parts, "; ")
}

// draws says of what a probability is a share.
func draws(run *record.Run) string {
	if run.Mode == "bench" {
		return "what so few orders leave open"
	}
	return "the stated ranges"
}

// dearer goes on with what a strategy that qualifies costs more than the winner.
func dearer(run *record.Run, e *Entry) string {
	w := Named(Roster(run), run.Verdict.Winner)
	if w == nil {
		return ""
	}
	if run.Verdict.Minimise == "p95" {
		return fmt.Sprintf("; 95%% done within %s instead of %s",
			words.ClockOrNever(P95Of(*e)), words.ClockOrNever(P95Of(*w)))
	}
	own, known := monthly(run, e)
	least, also := monthly(run, w)
	if !known || !also {
		return ""
	}
	saving := record.Saving{CostUSD: own, AgainstUSD: least}
	if s := run.Verdict.Saving; s != nil && s.Against == e.Name && s.MeanUSD != nil {
		mean := -*s.MeanUSD
		saving.MeanUSD = &mean
	}
	return ", and costs " + saving.Stated(w.Name)
}

// monthly is what a strategy costs a month: as the decision took it, where that is known.
func monthly(run *record.Run, e *Entry) (float64, bool) {
	if run.Sensitivity != nil {
		if v, ok := StatedCost(run.Sensitivity, e.Name); ok {
			return v, true
		}
	}
	switch s := run.Verdict.Saving; {
	case s != nil && s.Strategy == e.Name:
		return s.CostUSD, true
	case s != nil && s.Against == e.Name:
		return s.AgainstUSD, true
	}
	return words.Known(e.MonthlyCost.Value)
}

// Differs says whether the closed form's answer lies beyond the 95% interval of a figure that was found otherwise.
func Differs(s *record.Strategy) bool {
	beyond := func(f record.Figure, exact *float64) bool {
		low, okLow := words.Known(f.Low)
		high, okHigh := words.Known(f.High)
		v, known := words.Known(exact)
		return okLow && okHigh && known && (v < low || v > high)
	}
	e := s.Exact
	return e != nil && (beyond(s.CostPerDelivered, e.CostPerDelivered) || beyond(s.DeliveredShare, &e.DeliveredShare) ||
		beyond(s.InTimeShare, &e.InTimeShare))
}

// Reasons are those of the verdict that aren't about one strategy alone.
func Reasons(run *record.Run) []string {
	return slices.DeleteFunc(slices.Clone(run.Verdict.Reasons), func(text string) bool {
		return slices.ContainsFunc(run.Strategies, func(s record.Strategy) bool { return concerns(text, s.Name) })
	})
}

// about are the reasons of the verdict that are about one strategy alone.
func about(run *record.Run, strategy string) []string {
	for _, text := range run.Verdict.Reasons {
		if concerns(text, strategy) {
			return []string{strings.TrimSuffix(strings.TrimPrefix(text, strategy+" "), ".")}
		}
	}
	return nil
}

// concerns says whether a reason of the verdict is one against a strategy, as decisions put it.
func concerns(reason, strategy string) bool {
	rest, found := strings.CutPrefix(reason, strategy+" ")
	return found && (strings.HasPrefix(rest, "misses ") || strings.HasPrefix(rest, "is not sure to ") ||
		rest == "delivers nothing.")
}
