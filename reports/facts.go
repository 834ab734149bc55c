package reports

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strings"

	"channelbench/internal/record"
)

// facts.go holds the sentences that the terminal and Markdown share.

// verdictSentence is the decision, or what to say where a run has none.
func verdictSentence(run *record.Run) string {
	if run.Verdict.Sentence != "" {
		return run.Verdict.Sentence
	}
	a := newAnswer(run)
	return a.sentence() + "."
}

// invalidity warns of a run that must not be used; "" where it may be.
func invalidity(run *record.Run) string {
	if run.Invalid == "" {
		return ""
	}
	return "INVALID: " + run.Invalid
}

// mockNote says what figures of mock channels are worth; "" where they are others.
func mockNote(run *record.Run) string {
	if !run.Mock() {
		return ""
	}
	return "Mock channels: they do as the scenario says, so nothing here is known of real ones."
}

// replayNote says after a mark what a replayed strategy is; "" where there is none.
func replayNote(run *record.Run, mark string) string {
	if engines(run)["replay"] == 0 {
		return ""
	}
	return mark + ": answered from recorded attempts, nothing was spent for it"
}

// requirementText says how a requirement came out, after its sign and the strategy's name.
func requirementText(run *record.Run, r record.Requirement) string {
	word := "fails"
	switch {
	case r.Holds:
		word = "holds"
	case unsure(r):
		word = "not sure"
	}
	parts := []string{word}
	if v, ok := known(r.Value); ok {
		parts = append(parts, "expected "+inUnitOf(r.Text, v))
	} else {
		parts = append(parts, "not reached")
	}
	parts = append(parts, "probability "+wholePercent(r.Probability))
	if v, ok := known(r.MonthMissesShare); ok {
		parts = append(parts, wholePercent(v)+" of single months miss it")
	}
	return strings.Join(parts, ", ")
}

// inUnitOf prints a value in the unit in which its requirement is written.
func inUnitOf(requirement string, v float64) string {
	switch {
	case strings.Contains(requirement, "%"):
		return percent(v, shareDecimals([]float64{v})+1)
	case strings.Contains(requirement, "$"):
		return dollars(v, max(2, centDecimals([]float64{v})))
	default:
		return clock(v)
	}
}

// mark is ✓ or ✗.
func mark(holds bool) string {
	if holds {
		return "✓"
	}
	return "✗"
}

// spend lists what a channel is paid a month under each strategy that uses it.
func spend(run *record.Run, channel string) string {
	return amounts(run, func(s record.Strategy) (float64, bool) {
		v, found := s.SpendByChannel[channel]
		return v, found
	})
}

// handling lists penalties and fixed costs a month, of strategies that have any.
func handling(run *record.Run) string {
	return amounts(run, func(s record.Strategy) (float64, bool) { return s.HandlingPerMonth, s.HandlingPerMonth != 0 })
}

// amounts lists a sum of money by strategy.
func amounts(run *record.Run, of func(record.Strategy) (float64, bool)) string {
	var sums []float64
	for _, s := range run.Strategies {
		if v, ok := of(s); ok {
			sums = append(sums, v)
		}
	}
	decimals := centDecimals(sums)
	var parts []string
	for _, s := range run.Strategies {
		if v, ok := of(s); ok {
			parts = append(parts, s.Name+" "+dollars(v, decimals))
		}
	}
	return strings.Join(parts, ", ")
}

// priceNote is the date and the source of a channel's price.
func priceNote(c record.Channel) string {
	note := "price"
	if c.PriceAsOf != "" {
		note += " as of " + c.PriceAsOf
	}
	if c.PriceSource != "" {
		note += ", " + c.PriceSource
	}
	if note == "price" {
		return "price without date or source"
	}
	return note
}

// counts prints counts per 1,000 orders, the most frequent first: "region 20.4, job 9.8".
func counts(of map[string]float64) string {
	names := slices.Collect(maps.Keys(of))
	sort.Slice(names, func(i, j int) bool {
		a, b := of[names[i]], of[names[j]]
		return a > b || a == b && names[i] < names[j]
	})
	var parts []string
	for _, n := range names {
		switch v := of[n]; {
		case v >= 0.05:
			parts = append(parts, fmt.Sprintf("%s %.1f", n, v))
		case v > 0:
			parts = append(parts, n+" <0.1")
		}
	}
	return strings.Join(parts, ", ")
}

// assumption is one line on an input that nobody measured.
func assumption(a record.Assumption) string {
	text := a.Key
	if a.Text != "" {
		text += ": " + a.Text
	}
	return text
}

// warnings are those of the run and those of its strategies.
func warnings(run *record.Run) []string {
	list := slices.Clone(run.Warnings)
	switch {
	case run.Incomplete && run.Mode == "bench":
		list = append([]string{"The run ended early; its figures are of the orders that had an outcome."}, list...)
	case run.Incomplete:
		list = append([]string{"The run was interrupted; its figures are of the months finished."}, list...)
	}
	for _, s := range run.Strategies {
		for _, w := range s.Warnings {
			list = append(list, s.Name+": "+w)
		}
	}
	return list
}

// breakEvens are the sentences on where channels cost the same.
func breakEvens(run *record.Run) []string {
	var list []string
	for _, b := range run.Verdict.BreakEvens {
		if b.Sentence != "" {
			list = append(list, b.Sentence)
		}
	}
	return list
}
