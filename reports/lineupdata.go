package reports

import (
	"channelbench/internal/record"
	"fmt"
	"slices"
	"sort"
)

// lineup shows how each strategy fares from run to run: a block for each strategy, a row for each run.
type lineup struct {
	set     *Set
	blocks  []lineupBlock // cheapest first
	left    int           // strategies for which there is no room
	columns []column
}

type lineupBlock struct {
	entry // as all runs call and colour it
	rows  []lineupRow
}

// lineupRow is a run's figures of a strategy.
type lineupRow struct {
	run *member
	entry
}

func newLineup(s *Set) *lineup {
	l := &lineup{set: s}
	for _, e := range s.names {
		b := lineupBlock{entry: e}
		for i := range s.runs {
			if of := s.runs[i].of(e.Name); of != nil {
				b.rows = append(b.rows, lineupRow{&s.runs[i], *of})
			}
		}
		l.blocks = append(l.blocks, b)
	}
	sort.SliceStable(l.blocks, func(i, j int) bool { return l.blocks[i].cost() < l.blocks[j].cost() })
	rows := 0
	for i, b := range l.blocks {
		if rows += len(b.rows); rows > lineupRows && i > 0 {
			l.blocks, l.left = l.blocks[:i], len(l.blocks)-i
			break
		}
	}
	l.columns = l.figureColumns()
	return l
}

// cost orders the blocks: by the first run that has one.
func (b *lineupBlock) cost() float64 {
	for _, r := range b.rows {
		if v, ok := known(costOf(r.entry)); ok {
			return v
		}
	}
	return 1e308
}

// all are the rows of all blocks.
func (l *lineup) all() []entry {
	var list []entry
	for _, b := range l.blocks {
		for _, r := range b.rows {
			list = append(list, r.entry)
		}
	}
	return list
}

func (l *lineup) figureColumns() []column {
	all := l.all()
	cents := centDecimals(figures(all, costOf))
	share := func(figure func(entry) *float64) func(entry) string {
		decimals := shareDecimals(figures(all, figure))
		return func(e entry) string { return shareOrNone(figure(e), false, decimals) }
	}
	columns := []column{
		{[2]string{"Cost per", "delivered clip"}, func(e entry) string {
			if v, ok := known(costOf(e)); ok {
				return shortDollars(v, cents)
			}
			return noData
		}, "cost"},
		{[2]string{"", "Delivered"}, share(deliveredOf), "delivered"},
	}
	if v, ok := promise(l.set); ok {
		columns = append(columns, column{[2]string{"In time", "(≤ " + span(v) + ")"}, share(inTimeOf), "in"})
	}
	return append(columns, column{[2]string{"95% done", "within"}, func(e entry) string { return clockOrNever(p95Of(e)) }, "p95"})
}

// promise is what all runs promise, if they promise the same.
func promise(s *Set) (float64, bool) {
	promise := 0.0
	for i, m := range s.runs {
		v, ok := known(m.Run.Scenario.PromiseSeconds)
		if !ok || i > 0 && v != promise {
			return 0, false
		}
		promise = v
	}
	return promise, len(s.runs) > 0
}

// verdict says in a word what the run's decision makes of the strategy.
func (r lineupRow) verdict() string {
	name, won := r.run.choice()
	switch {
	case r.run.Run.Invalid != "":
		return "invalid run"
	case r.Excluded:
		return "excluded"
	case name == r.Name && won:
		return "winner"
	case name == r.Name:
		return "leads"
	case len(r.fails) > 0:
		return r.shortcomings()[shortest]
	}
	return ""
}

func choiceTitle(s *Set) string {
	counts, wins := map[string]int{}, 0
	var order []string
	valid := 0
	for i := range s.runs {
		m := &s.runs[i]
		if m.Run.Invalid != "" {
			continue
		}
		valid++
		name, won := m.choice()
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
		return fmt.Sprintf("The choice differs: %s in %s, %s in %d", s.word(order[0]), plural(counts[order[0]], "run"), s.word(order[1]), counts[order[1]])
	case counts[order[0]] < valid:
		return fmt.Sprintf("%s is the choice in %d of %d runs; the others find none", upperFirst(s.word(order[0])), counts[order[0]], valid)
	case wins == valid:
		return upperFirst(allRuns(valid)) + fmt.Sprintf(" %s %s%s", chooses(valid), s.word(order[0]), priceRange(s, order[0])+savingRange(s, order[0], valid))
	case wins == 0:
		return fmt.Sprintf("%s leads in %s, without a clear winner", upperFirst(s.word(order[0])), allRuns(valid))
	}
	return fmt.Sprintf("%s leads in %s and wins clearly in %d", upperFirst(s.word(order[0])), allRuns(valid), wins)
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
	for i := range s.runs {
		if e := s.runs[i].of(name); e != nil && s.runs[i].Run.Invalid == "" {
			if v, ok := known(costOf(*e)); ok {
				costs = append(costs, v)
			}
		}
	}
	if len(costs) == 0 {
		return ""
	}
	d := centDecimals(costs)
	low, high := shortDollars(slices.Min(costs), d), shortDollars(slices.Max(costs), d)
	if low == high {
		return ", at " + low + " a clip"
	}
	return ", at " + low + " to " + high + " a clip"
}

// savingRange is what the strategy costs less a month than the baseline that all valid runs name; "" where they don't, or it
// costs more.
func savingRange(s *Set, name string, valid int) string {
	var low, high float64
	against, n := "", 0
	for i := range s.runs {
		saving := s.runs[i].Run.Verdict.Saving
		if s.runs[i].Run.Invalid != "" || saving == nil || !saving.Baseline || saving.Strategy != name || n > 0 && saving.Against != against {
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
	amount := record.Dollars(low)
	if record.Dollars(high) != amount {
		amount += " to " + record.Dollars(high)
	}
	return fmt.Sprintf("; that is %s less a month than %s", amount, s.word(against))
}

// lineupRows are more than anybody compares by eye.
const lineupRows = 72

// column is one figure beside the bars.
type column struct {
	head  [2]string
	value func(entry) string
	wrong string // the requirement that, if missed, marks the figure: the first word of its text
}
