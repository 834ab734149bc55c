package chart

import (
	"fmt"
	"math"
	"slices"

	"channelbench/internal/words"
	"channelbench/reports/view"
)

// budgettitle.go says in a sentence whether the budget holds or, without one, what a month costs.

// Title says whose month passes the budget and whose does not; without a budget, what a month costs.
func (b *budgetChart) Title() string {
	in := view.Delivering(view.Included(b.list))
	switch {
	case view.DeliversNothing(b.list):
		return "No strategy delivers an order"
	case len(in) == 0:
		in = b.list
	}
	if b.budget == nil {
		return words.UpperFirst(b.costTitle(in))
	}
	return words.UpperFirst(b.budgetTitle(in))
}

func (b *budgetChart) budgetTitle(in []view.Entry) string {
	budget := "the " + words.ShortDollars(*b.budget, words.CentDecimals([]float64{*b.budget}))
	over := func(e view.Entry) bool { return b.fans[e.Label].passes(*b.budget, medianMonth) > 0 }
	dearest := in[len(in)-1]
	within := slices.DeleteFunc(slices.Clone(in), over)
	switch {
	case len(within) == 0 && len(in) == 1:
		return b.spends(dearest, budget)
	case len(within) == 0:
		last := b.latest(in)
		return fmt.Sprintf("every strategy spends %s before the month ends; %s lasts longest, to day %d", budget, last.Word,
			b.fans[last.Label].passes(*b.budget, medianMonth))
	case len(within) < len(in):
		return b.spends(dearest, budget) + "; " + b.holds(*b.holder(within), "it")
	}
	return b.riskTitle(in, budget)
}

// riskTitle is for strategies whose median month stays within the budget.
func (b *budgetChart) riskTitle(in []view.Entry, budget string) string {
	risky, worst := in[0], -1.0
	for _, e := range in {
		if v, ok := b.over(e); ok && v > worst {
			risky, worst = e, v
		}
	}
	switch {
	case len(in) == 1:
		return b.holds(in[0], budget)
	case worst > 0:
		text := fmt.Sprintf("%s goes over %s in %s of months", risky.Word, budget, words.Percent(worst, overDecimals(worst)))
		others := slices.DeleteFunc(slices.Clone(in), func(e view.Entry) bool { return e.Label == risky.Label })
		return text + "; " + b.holds(*b.holder(others), "it")
	}
	for _, e := range in {
		if v, ok := b.overDraws(e); ok && v > surelyHolds {
			return b.holds(*b.holder(in), budget)
		}
	}
	if worst < 0 {
		return "the median month stays within " + budget + " with every strategy"
	}
	return "every strategy holds " + budget + " in every simulated month"
}

// holder is the strategy of the decision if it is among them, else the cheapest.
func (b *budgetChart) holder(within []view.Entry) *view.Entry {
	if b.choice != nil {
		if e := view.Named(within, &b.choice.Name); e != nil {
			return e
		}
	}
	return &within[0]
}

// latest is the strategy whose median month passes the budget last.
func (b *budgetChart) latest(in []view.Entry) view.Entry {
	last := in[0]
	for _, e := range in {
		if b.fans[e.Label].passes(*b.budget, medianMonth) > b.fans[last.Label].passes(*b.budget, medianMonth) {
			last = e
		}
	}
	return last
}

// spends says by which day the budget is gone; "about" where months differ by days.
func (b *budgetChart) spends(e view.Entry, budget string) string {
	f := b.fans[e.Label]
	first, day, last := f.passes(*b.budget, highMonth), f.passes(*b.budget, medianMonth), f.passes(*b.budget, lowMonth)
	about := ""
	if last == 0 || last-first > 2 {
		about = "about "
	}
	return fmt.Sprintf("%s spends %s by %sday %d", e.Word, budget, about, day)
}

// surelyHolds is how many of the draws may go over budget before the title mentions them: decisions ask for 95 %.
const surelyHolds = 0.05

// holds says in how many months a strategy keeps within the budget, and whether that hangs on the stated values.
func (b *budgetChart) holds(e view.Entry, budget string) string {
	v, ok := b.over(e)
	draws, drawn := b.overDraws(e)
	text := fmt.Sprintf("%s holds %s in ", e.Word, budget)
	switch hangs := drawn && draws > surelyHolds; {
	case !ok:
		text = fmt.Sprintf("%s's median month stays within %s", e.Word, budget)
		if hangs {
			text += ", in " + words.WholePercent(1-draws) + " of draws of the ranges"
		}
	case v > 0 && hangs:
		text += words.WholePercent(1-v) + " of months as stated, in " + words.WholePercent(1-draws) +
			" of draws of the ranges"
	case hangs:
		text += "every month as stated, in " + words.WholePercent(1-draws) + " of draws of the ranges"
	case v > 0:
		text += words.Percent(1-v, overDecimals(v)) + " of months"
	default:
		text += "every simulated month"
	}
	return text
}

// costTitle says what a month costs and how far chance, and what the stated ranges leave open, move it.
func (b *budgetChart) costTitle(in []view.Entry) string {
	cheap, dear := in[0], in[len(in)-1]
	low, high := b.amount(cheap, medianMonth), b.amount(dear, medianMonth)
	if b.end(dear).at[highMonth] <= 0 {
		return "no simulated month costs anything"
	}
	meant := []view.Entry{cheap, dear}
	text := fmt.Sprintf("a month costs %s with %s, %s with %s", low, cheap.Word, high, dear.Word)
	switch {
	case len(in) == 1:
		text = fmt.Sprintf("a month with %s costs %s", cheap.Word, low)
	case low == high:
		meant, text = in, "a month costs about "+low+" with every strategy"
	}
	off, ranges := 0.0, ""
	for _, e := range meant {
		by, open := b.giveOrTake(e)
		if off = max(off, by); open {
			ranges = ", the stated ranges included"
		}
	}
	switch {
	case math.IsNaN(off) || off > 1:
		return text + "; single months differ widely"
	case off == 0:
		return text
	}
	return text + ", give or take " + words.Percent(off, overDecimals(off)) + ranges
}

// giveOrTake is how far 95 % of a strategy's months lie from the median one: by chance, and by what the stated ranges
// leave open, if there are any.
func (b *budgetChart) giveOrTake(e view.Entry) (share float64, open bool) {
	at := b.end(e).at
	middle := at[medianMonth]
	less, more := middle-at[lowMonth], at[highMonth]-middle
	if d := e.MonthlyDraws; d != nil {
		less, more = math.Hypot(less, max(0, middle-d.P025)), math.Hypot(more, max(0, d.P975-middle))
	}
	return max(less, more) / middle, e.MonthlyDraws != nil
}
