package view

import (
	"fmt"
	"slices"
	"sort"

	"channelbench/internal/figure"
	"channelbench/internal/words"
)

// Lineup shows how each strategy fares from run to run: a block for each strategy, a row for each run.
type Lineup struct {
	Set     *Set
	Blocks  []LineupBlock // cheapest first
	Left    int           // strategies for which there is no room
	Columns []Column
}

type LineupBlock struct {
	Entry // as all runs call and colour it
	Rows  []LineupRow
}

// LineupRow is a run's figures of a strategy.
type LineupRow struct {
	Run *Member
	Entry
}

func NewLineup(s *Set) *Lineup {
	l := &Lineup{Set: s}
	for _, e := range s.Names {
		b := LineupBlock{Entry: e}
		for i := range s.Runs {
			if of := s.Runs[i].Of(e.Name); of != nil {
				b.Rows = append(b.Rows, LineupRow{&s.Runs[i], *of})
			}
		}
		l.Blocks = append(l.Blocks, b)
	}
	sort.SliceStable(l.Blocks, func(i, j int) bool { return l.Blocks[i].cost() < l.Blocks[j].cost() })
	rows := 0
	for i, b := range l.Blocks {
		if rows += len(b.Rows); rows > lineupRows && i > 0 {
			l.Blocks, l.Left = l.Blocks[:i], len(l.Blocks)-i
			break
		}
	}
	l.Columns = l.figureColumns()
	return l
}

// cost orders the blocks: by the first run that has one.
func (b *LineupBlock) cost() float64 {
	for _, r := range b.Rows {
		if v, ok := words.Known(CostOf(r.Entry)); ok {
			return v
		}
	}
	return 1e308
}

// All are the rows of all blocks.
func (l *Lineup) All() []Entry {
	var list []Entry
	for _, b := range l.Blocks {
		for _, r := range b.Rows {
			list = append(list, r.Entry)
		}
	}
	return list
}

func (l *Lineup) figureColumns() []Column {
	columns := []Column{CostColumn, DeliveredColumn}
	if v, ok := promise(l.Set); ok {
		columns = append(columns, InTimeColumn(v))
	}
	return append(columns, P95Column)
}

// The columns of figures that charts and tables share.
var (
	CostColumn = Column{[2]string{"Cost per", "delivered clip"},
		func(e Entry) string { return words.ClipOrNone(CostOf(e)) }, figure.CostPerDelivered}
	DeliveredColumn = Column{[2]string{"", "Delivered"},
		func(e Entry) string { return words.ShareOrNone(DeliveredOf(e)) }, figure.Delivered}
	P95Column = Column{[2]string{"95% done", "within"},
		func(e Entry) string { return words.ClockOrNever(P95Of(e)) }, figure.P95}
)

// InTimeColumn is the column of orders that keep a promise, in seconds.
func InTimeColumn(promise float64) Column {
	return Column{[2]string{"In time", "(≤ " + words.Span(promise) + ")"},
		func(e Entry) string { return words.ShareOrNone(InTimeOf(e)) }, figure.InTime}
}

// promise is what all runs promise, if they promise the same.
func promise(s *Set) (float64, bool) {
	promise := 0.0
	for i, m := range s.Runs {
		v, ok := words.Known(m.Run.Scenario.PromiseSeconds)
		if !ok || i > 0 && v != promise {
			return 0, false
		}
		promise = v
	}
	return promise, len(s.Runs) > 0
}

// Verdict says in a word what the run's decision makes of the strategy.
func (r LineupRow) Verdict() string {
	name, won := r.Run.Choice()
	switch {
	case r.Run.Run.Invalid != "":
		return "invalid run"
	case r.Excluded:
		return "excluded"
	case name == r.Name && won:
		return "winner"
	case name == r.Name:
		return "leads"
	case len(r.Fails) > 0:
		return r.Shortcomings()[Shortest]
	}
	return ""
}

func ChoiceTitle(s *Set) string {
	counts, wins := map[string]int{}, 0
	var order []string
	valid := 0
	for i := range s.Runs {
		m := &s.Runs[i]
		if m.Run.Invalid != "" {
			continue
		}
		valid++
		name, won := m.Choice()
		if counts[name]++; counts[name] == 1 && name != "" {
			order = append(order, name)
		}
		if won {
			wins++
		}
	}
	sort.SliceStable(order, func(i, j int) bool { return counts[order[i]] > counts[order[j]] })
	switch {
	case valid == 0:
		return "None of these runs may be used"
	case len(order) == 0:
		return noneOf(valid) + " a strategy sure to meet every requirement"
	case len(order) > 1:
		return fmt.Sprintf("The choice differs: %s in %s, %s in %d", s.Word(order[0]), words.Plural(counts[order[0]], "run"),
			s.Word(order[1]), counts[order[1]])
	case counts[order[0]] < valid:
		return fmt.Sprintf("%s is the choice in %d of %d runs; the others find none", words.UpperFirst(s.Word(order[0])),
			counts[order[0]], valid)
	case wins == valid:
		return words.UpperFirst(allRuns(valid)) +
			fmt.Sprintf(" %s %s%s", chooses(valid), s.Word(order[0]), priceRange(s, order[0])+savingRange(s, order[0], valid))
	case wins == 0:
		return fmt.Sprintf("%s leads in %s, without a clear winner", words.UpperFirst(s.Word(order[0])), allRuns(valid))
	}
	return fmt.Sprintf("%s leads in %s and wins clearly in %d", words.UpperFirst(s.Word(order[0])), allRuns(valid), wins)
}

// allRuns are the runs inside a sentence.
func allRuns(n int) string {
	switch n {
	case 1:
		return "the one valid run"
	case 2:
		return "both runs"
	}
	return fmt.Sprintf("all %d runs", n)
}

// noneOf begins a sentence on what no run finds.
func noneOf(n int) string {
	switch n {
	case 1:
		return "Not even in the one valid run is"
	case 2:
		return "In neither run is"
	}
	return fmt.Sprintf("In none of the %d runs is", n)
}

func chooses(n int) string {
	if n == 1 {
		return "chooses"
	}
	return "choose"
}

// priceRange is what the strategy costs a clip over all valid runs.
func priceRange(s *Set, name string) string {
	var costs []float64
	for i := range s.Runs {
		if e := s.Runs[i].Of(name); e != nil && s.Runs[i].Run.Invalid == "" {
			if v, ok := words.Known(CostOf(*e)); ok {
				costs = append(costs, v)
			}
		}
	}
	if len(costs) == 0 {
		return ""
	}
	low, high := words.Clip(slices.Min(costs)), words.Clip(slices.Max(costs))
	if low == high {
		return ", at " + low + " a clip"
	}
	return ", at " + low + " to " + high + " a clip"
}

// savingRange is what the strategy costs less a month than the baseline that all valid runs name; "" where they don't,
// or it costs more.
func savingRange(s *Set, name string, valid int) string {
	var low, high float64
	against, n := "", 0
	for i := range s.Runs {
		saving := s.Runs[i].Run.Verdict.Saving
		if s.Runs[i].Run.Invalid != "" || saving == nil || !saving.Baseline || saving.Strategy != name || n > 0 &&
			saving.Against != against {
			continue
		}
		if against = saving.Against; n == 0 {
			low, high = saving.USD(), saving.USD()
		}
		low, high, n = min(low, saving.USD()), max(high, saving.USD()), n+1
	}
	if n < valid || low < 1 {
		return ""
	}
	amount := words.Month(low)
	if words.Month(high) != amount {
		amount += " to " + words.Month(high)
	}
	return fmt.Sprintf("; that is %s less a month than %s", amount, s.Word(against))
}

// lineupRows are more than anybody compares by eye.
const lineupRows = 72

// Column is one figure beside the bars.
type Column struct {
	Head  [2]string
	Value func(Entry) string
	Wrong figure.ID // the figure: a missed requirement on it marks the value
}
