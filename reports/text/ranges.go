package text

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// ranges.go tells what the stated ranges could change.

// uncertainty introduces the difference that the ranges leave open, and what knowing them is worth.
func uncertainty(s *record.Sensitivity) []string {
	var said []string
	if d, ok := words.Known(s.StatedDifference); ok {
		said = append(said, fmt.Sprintf("At the stated values %s.", compare(s, d)))
	}
	if worth, ok := words.Known(s.PerfectInformation); ok && worth > 0 {
		said = append(said, fmt.Sprintf("Knowing every range exactly would be worth %s a month.", words.Month(worth)))
	} else if ok {
		said = append(said,
			fmt.Sprintf("Knowing every range exactly would be worth nothing: of the strategies that qualify, %s is the best in every draw.", s.Strategy))
	}
	return said
}

// compare says by how much one strategy is ahead of another, or what it comes to alone.
func compare(s *record.Sensitivity, d float64) string {
	print, unit := words.Month, "a month"
	if s.Minimise == "p95" {
		print, unit = words.Clock, "of p95"
	}
	if s.Against == nil {
		return fmt.Sprintf("%s comes to %s %s", s.Strategy, print(d), unit)
	}
	own, known := view.StatedCost(s, s.Strategy)
	if other, also := view.StatedCost(s, *s.Against); s.Minimise != "p95" && known && also {
		saving := record.Saving{CostUSD: own, AgainstUSD: other} // as the decision says it
		return fmt.Sprintf("%s costs %s", s.Strategy, saving.Stated(*s.Against))
	}
	than := "less"
	if d > 0 {
		than = "more"
	}
	return fmt.Sprintf("%s comes to %s %s %s than %s", s.Strategy, print(math.Abs(d)), than, unit, *s.Against)
}

// effectTable lists the inputs that could change something, and notes how many could not.
func effectTable(s *record.Sensitivity) (t table, note string) {
	t.heads = []string{"Input", "Confidence", "Range", "Of difference", "Of keeping", "Worth"}
	left := 0
	for _, in := range s.Inputs {
		if !view.Matters(in) {
			left++
			continue
		}
		cells := []string{view.InputName(in), words.OrNone(in.Confidence, words.NoData),
			view.InputValue(in.Low) + "–" + view.InputValue(in.High), words.NoData, words.NoData, words.NoData}
		for i, v := range []*float64{in.TotalShare, in.KeepingShare} {
			if share, ok := words.Known(v); ok {
				cells[3+i] = words.WholePercent(share)
			}
		}
		if worth, ok := words.Known(in.Worth); ok {
			cells[5] = words.Month(worth)
		}
		t.rows = append(t.rows, tableRow{cells: cells})
	}
	against := s.Strategy + "'s own figure"
	if s.Against != nil {
		against = s.Strategy + " against " + *s.Against
	}
	note = fmt.Sprintf("Of difference: the input's share, alone and with others, of the variance of %s over the ranges; of keeping: of whether %s keeps what is required; worth: what knowing the input alone would save a month.", against, s.Strategy)
	if left > 0 {
		note += fmt.Sprintf(" Left out: %s with less than %s of either and no worth.", words.Plural(left, "input"),
			words.Percent(view.LeastShare, 1))
	}
	return t.withoutEmpty(), note
}

// withoutEmpty leaves out columns in which nothing is known.
func (t table) withoutEmpty() table {
	for column := len(t.heads) - 1; column > 0; column-- {
		empty := true
		for _, r := range t.rows {
			empty = empty && r.cells[column] == words.NoData
		}
		if !empty {
			continue
		}
		t.heads = slices.Delete(t.heads, column, column+1)
		for i := range t.rows {
			t.rows[i].cells = slices.Delete(t.rows[i].cells, column, column+1)
		}
	}
	return t
}

// tornado lists what each range does to each strategy's monthly cost, the other inputs as stated: the change
// at its low and at its high end. Ranges that change no cost by a thousandth are left out.
func tornado(s *record.Sensitivity) table {
	t := table{heads: []string{"Input"}}
	for _, st := range s.Stated {
		t.heads = append(t.heads, st.Strategy)
	}
	for _, in := range s.Inputs {
		cells, moved := []string{view.InputName(in)}, false
		for _, st := range s.Stated {
			stated, known1 := words.Known(st.MonthlyCost)
			low, high, known2 := view.CostsAt(in, st.Strategy)
			if !known1 || !known2 {
				cells = append(cells, words.NoData)
				continue
			}
			low, high = low-stated, high-stated
			moved = moved || max(math.Abs(low), math.Abs(high)) >= 0.001*math.Abs(stated) && low != high
			cells = append(cells, changes(low, high))
		}
		if moved {
			t.rows = append(t.rows, tableRow{cells: cells})
		}
	}
	return t
}

// changes prints differences with their signs.
func changes(low, high float64) string {
	var texts []string
	for _, v := range []float64{low, high} {
		text := words.Month(v)
		if !strings.ContainsAny(text, "123456789") {
			text = "0"
		} else if v > 0 {
			text = "+" + text
		}
		texts = append(texts, text)
	}
	if texts[0] == "0" && texts[1] == "0" {
		return "0"
	}
	return strings.Join(texts, " to ")
}

// flips say along which ranges another strategy becomes the best of those that keep what is required.
func flips(s *record.Sensitivity) []string {
	var said []string
	for _, in := range s.Inputs {
		var steps []string
		for i, f := range in.Flips {
			step := fmt.Sprintf("beyond %s %s", view.InputValue(f.At), best(f.To))
			if i == 0 {
				step = fmt.Sprintf("up to %s %s, beyond it %s", view.InputValue(f.At), best(f.From), best(f.To))
			}
			steps = append(steps, step)
		}
		if len(steps) > 0 {
			said = append(said, in.Key+": "+strings.Join(steps, ", ")+".")
		}
	}
	if len(said) == 0 {
		return []string{"The same strategy stays the best from end to end of each range, the others as stated."}
	}
	return said
}

func best(strategy *string) string {
	if strategy == nil {
		return "none keeps what is required"
	}
	return *strategy + " is best"
}
