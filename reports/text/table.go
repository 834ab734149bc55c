package text

import (
	"math"
	"slices"
	"strings"

	"channelbench/internal/record"
	"channelbench/internal/words"
	"channelbench/reports/view"
)

// table is the strategies' figures as text, for the terminal and for Markdown alike. All columns but
// the first are numbers.
type table struct {
	heads []string
	rows  []tableRow
}

// tableRow is a strategy, or the closed form's answer for the strategy above it.
type tableRow struct {
	cells  []string
	exact  bool
	winner bool
}

// measure is one column: a figure of a strategy and, where the closed form has it, its exact value.
type measure struct {
	head  string
	value func(*record.Strategy) string
	exact func(*record.Exact) string
}

// tabulate works the table out; decimals are common to a column.
func tabulate(run *record.Run, measures []measure, withExact bool) table {
	t := table{heads: []string{"Strategy"}}
	for _, m := range measures {
		t.heads = append(t.heads, m.head)
	}
	for i := range run.Strategies {
		s := &run.Strategies[i]
		w := run.Verdict.Winner
		row := tableRow{cells: []string{view.WithLabel(s.Name, run.Scenario.StrategyLabels[s.Name])}, winner: w != nil &&
			*w == s.Name}
		for _, m := range measures {
			row.cells = append(row.cells, m.value(s))
		}
		t.rows = append(t.rows, row)
		if !withExact || !compared(s) {
			continue
		}
		row = tableRow{cells: []string{"  exact"}, exact: true}
		for _, m := range measures {
			text := ""
			if m.exact != nil {
				text = m.exact(s.Exact)
			}
			row.cells = append(row.cells, text)
		}
		t.rows = append(t.rows, row)
	}
	return t
}

// compared says whether the closed form stands beside a figure that was found otherwise.
func compared(s *record.Strategy) bool { return s.Exact != nil && s.Engine != "exact" }

// measures are the columns in their order.
func measures(run *record.Run) []measure {
	list := view.Roster(run)
	cents := min(words.CentDecimals(view.Figures(list, view.CostOf))+2, 6)
	end := func(v *float64) string { return dollarsOrNone(v, cents) }
	month := func(v *float64) string {
		if usd, ok := words.Known(v); ok {
			return words.Month(usd)
		}
		return words.NoData
	}
	columns := []measure{
		{"Cost/clip", func(s *record.Strategy) string { return words.ClipOrNone(s.CostPerDelivered.Value) },
			func(e *record.Exact) string { return words.ClipOrNone(e.CostPerDelivered) }},
		{"95% interval", func(s *record.Strategy) string {
			return between(s.CostPerDelivered.Low, s.CostPerDelivered.High,
				end)
		}, nil},
		{"Per month", func(s *record.Strategy) string { return month(s.MonthlyCost.Value) },
			func(e *record.Exact) string { return month(record.Number(e.CostPerOrder * float64(run.Orders))) }},
		{"Months p05–p95", func(s *record.Strategy) string { return between(s.MonthlyCost.P05, s.MonthlyCost.P95, month) },
			nil},
		{"Delivered", func(s *record.Strategy) string { return words.ShareOrNone(s.DeliveredShare.Value) },
			func(e *record.Exact) string { return words.ShareOrNone(&e.DeliveredShare) }},
	}
	if v := &run.Verdict; len(v.AgainstBaseline) > 0 {
		columns = slices.Insert(columns, 3, measure{"Less than " + v.Baseline, func(s *record.Strategy) string {
			if usd, ok := v.AgainstBaseline[s.Name]; ok && s.Name != v.Baseline {
				return month(&usd)
			}
			return words.NoData
		}, nil})
	}
	if run.Scenario.PromiseSeconds != nil {
		columns = append(columns, measure{"In time",
			func(s *record.Strategy) string { return words.ShareOrNone(s.InTimeShare.Value) },
			func(e *record.Exact) string { return words.ShareOrNone(&e.InTimeShare) }})
	}
	return append(columns, []measure{
		{"p50", func(s *record.Strategy) string { return words.ClockOrNever(s.LatencySeconds.P50.Value) },
			func(e *record.Exact) string { return words.ClockOrNever(e.Latency.P50) }},
		{"p95", func(s *record.Strategy) string { return words.ClockOrNever(s.LatencySeconds.P95.Value) },
			func(e *record.Exact) string { return words.ClockOrNever(e.Latency.P95) }},
		{"p99", func(s *record.Strategy) string { return words.ClockOrNever(s.LatencySeconds.P99.Value) },
			func(e *record.Exact) string { return words.ClockOrNever(e.Latency.P99) }},
		{"Attempts", func(s *record.Strategy) string { return ratio(s.AttemptsPerOrder.Value) },
			func(e *record.Exact) string { return ratio(&e.AttemptsPerOrder) }},
		{"Fallback", func(s *record.Strategy) string { return words.ShareOrNone(s.FallbackShare.Value) }, nil},
	}...)
}

// sourceMeasure says how a strategy's figures came about, in runs that measured any.
func sourceMeasure(run *record.Run) []measure {
	n := view.Engines(run)
	if n["live"]+n["mock"]+n["replay"] == 0 {
		return nil
	}
	words := map[string]string{"live": "measured", "mock": "mock", "replay": "replayed", "exact": "closed form",
		"event": "simulated"}
	return []measure{{head: "Source", value: func(s *record.Strategy) string { return words[view.Engine(run, s)] }}}
}

// barMeasure draws the cost as a bar of block characters, so many wide at the dearest.
func barMeasure(run *record.Run, width int) measure {
	top := 0.0
	for _, v := range view.Figures(view.Roster(run), view.CostOf) {
		top = max(top, v)
	}
	return measure{head: "", value: func(s *record.Strategy) string {
		v, ok := words.Known(s.CostPerDelivered.Value)
		if !ok || top <= 0 {
			return strings.Repeat(" ", width)
		}
		return blocks(v/top, width)
	}}
}

// blocks is a bar in eighths of a character, padded to its full width.
func blocks(share float64, width int) string {
	eighths := int(math.Round(min(max(share, 0), 1) * float64(width) * 8))
	if eighths == 0 && share > 0 {
		eighths = 1
	}
	bar := []rune(strings.Repeat("█", eighths/8))
	if part := eighths % 8; part > 0 {
		bar = append(bar, []rune("▏▎▍▌▋▊▉")[part-1])
	}
	return string(bar) + strings.Repeat(" ", width-len(bar))
}

// verdictMeasure says in a word or two what the decision makes of a strategy.
func verdictMeasure(run *record.Run) measure {
	return measure{head: "Verdict", value: func(s *record.Strategy) string {
		v := run.Verdict
		switch failed, open := failures(run, s.Name); {
		case run.Invalid != "":
			return "none"
		case s.Excluded:
			return "excluded"
		case v.Winner != nil && *v.Winner == s.Name:
			return "winner"
		case v.Winner == nil && v.Candidate != nil && *v.Candidate == s.Name:
			return "leads"
		case view.Barren(s):
			return "delivers nothing"
		case failed > 0:
			return "fails " + words.Plural(failed, "requirement")
		case open > 0:
			return "not sure of " + words.Plural(open, "requirement")
		case len(v.Requirements) > 0:
			return "qualifies"
		}
		return ""
	}}
}

// failures counts the requirements that a strategy misses, and those that it may or may not.
func failures(run *record.Run, strategy string) (failed, open int) {
	for _, r := range run.Verdict.Requirements {
		switch {
		case r.Strategy != strategy || r.Holds:
		case view.Unsure(r):
			open++
		default:
			failed++
		}
	}
	return failed, open
}

func dollarsOrNone(v *float64, decimals int) string {
	if x, ok := words.Known(v); ok {
		return words.Dollars(x, decimals)
	}
	return words.NoData
}

// between prints the two ends of an interval: one number where they look alike, nothing where one is
// missing.
func between(low, high *float64, format func(*float64) string) string {
	_, okLow := words.Known(low)
	if _, okHigh := words.Known(high); !okLow || !okHigh {
		return words.NoData
	}
	a, b := format(low), format(high)
	if a == b {
		return a
	}
	return a + "–" + b
}

// ratio prints a number of attempts.
func ratio(v *float64) string {
	if x, ok := words.Known(v); ok {
		return strings.TrimPrefix(words.Dollars(x, 3), "$")
	}
	return words.NoData
}
