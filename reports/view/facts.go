package view

import (
	"fmt"
	"maps"
	"slices"
	"sort"
	"strconv"
	"strings"

	"channelbench/internal/figure"
	"channelbench/internal/record"
	"channelbench/internal/words"
)

// facts.go holds the sentences that the terminal and Markdown share.

// VerdictSentence is the decision, or what to say where a run has none.
func VerdictSentence(run *record.Run) string {
	if run.Verdict.Sentence != "" {
		return run.Verdict.Sentence
	}
	a := NewAnswer(run)
	return a.Sentence() + "."
}

// Invalidity warns of a run that must not be used; "" where it may be.
func Invalidity(run *record.Run) string {
	if run.Invalid == "" {
		return ""
	}
	return "INVALID: " + run.Invalid
}

// MockNote says what figures of mock channels are worth; "" where they are others.
func MockNote(run *record.Run) string {
	if !run.Mock() {
		return ""
	}
	return "Mock channels: they do as the scenario says, so nothing here is known of real ones."
}

// ReplayNote says after a mark what a replayed strategy is; "" where there is none.
func ReplayNote(run *record.Run, mark string) string {
	if Engines(run)["replay"] == 0 {
		return ""
	}
	return mark + ": answered from recorded attempts, nothing was spent for it"
}

// RequirementText says how a requirement came out, after its sign and the strategy's name.
func RequirementText(run *record.Run, r record.Requirement) string {
	word := "fails"
	switch {
	case r.Holds:
		word = "holds"
	case Unsure(r):
		word = "not sure"
	}
	parts := []string{word}
	if v, ok := words.Known(r.Value); ok {
		parts = append(parts, "expected "+expected(r, v))
	} else {
		parts = append(parts, "not reached")
	}
	parts = append(parts, "probability "+words.ShortOf(r.Probability, run.Verdict.Confidence))
	if v, ok := words.Known(r.MonthMissesShare); ok {
		parts = append(parts, words.WholePercent(v)+" of single months miss it")
	}
	return strings.Join(parts, ", ")
}

// expected prints the value of a requirement's figure.
func expected(r record.Requirement, v float64) string {
	id, ok := figure.Named(r.Metric)
	if !ok {
		return strconv.FormatFloat(v, 'g', 4, 64)
	}
	return id.Of().Text(v)
}

// Mark is ✓ or ✗.
func Mark(holds bool) string {
	if holds {
		return "✓"
	}
	return "✗"
}

// Spend lists what a channel is paid a month under each strategy that uses it.
func Spend(run *record.Run, channel string) string {
	return amounts(run, func(s record.Strategy) (float64, bool) {
		v, found := s.SpendByChannel[channel]
		return v, found
	})
}

// Handling lists penalties and fixed costs a month, of strategies that have any.
func Handling(run *record.Run) string {
	return amounts(run, func(s record.Strategy) (float64, bool) { return s.HandlingPerMonth, s.HandlingPerMonth != 0 })
}

// amounts lists a sum of money by strategy.
func amounts(run *record.Run, of func(record.Strategy) (float64, bool)) string {
	var parts []string
	for _, s := range run.Strategies {
		if v, ok := of(s); ok {
			parts = append(parts, s.Name+" "+words.Month(v))
		}
	}
	return strings.Join(parts, ", ")
}

// PriceNote is the date and the source of a channel's price, and other dates that it has.
func PriceNote(c record.Channel) string {
	note := "price"
	if c.PriceAsOf != "" {
		note += " as of " + c.PriceAsOf + oldNote(c, "price")
	}
	if c.PriceSource != "" {
		note += ", " + c.PriceSource
	}
	if note == "price" {
		note = "price without date or source"
	}
	if c.AsOf != "" {
		note += "; protocol as of " + c.AsOf + oldNote(c, "protocol")
	}
	if c.Ended != "" {
		note += "; end of sale " + c.Ended
	}
	return note
}

// oldNote says after a date that it may be too long ago.
func oldNote(c record.Channel, what string) string {
	if slices.Contains(c.Stale, what) {
		return " (more than 90 days before the run)"
	}
	return ""
}

// Counts prints counts per 1,000 orders, the most frequent first: "region 20.4, job 9.8".
func Counts(of map[string]float64) string {
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

// Assumption is one line on an input that nobody measured.
func Assumption(a record.Assumption) string {
	text := a.Key
	if a.Text != "" {
		text += ": " + a.Text
	}
	return text
}

// Warnings are those of the run and those of its strategies.
func Warnings(run *record.Run) []string {
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

// BreakEvens are the sentences on where channels cost the same.
func BreakEvens(run *record.Run) []string {
	var list []string
	for _, b := range run.Verdict.BreakEvens {
		if b.Sentence != "" {
			list = append(list, b.Sentence)
		}
	}
	return list
}
