package sim

import (
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats"
	"channelbench/sim/event"
)

// spending says where a month's money goes.
type spending struct {
	entries   []record.Spend
	byChannel map[string]float64 // dollars, charges only
	handling  float64            // dollars: penalties and fixed costs
}

// spending is that of one strategy. Everything is weighed like the monthly cost, so that the parts add up to it.
func (s *sample) spending(strategy int) spending {
	sp := spending{byChannel: map[string]float64{}}
	for ch, used := range s.compiled.Uses[strategy] {
		if !used {
			continue
		}
		name, total := s.compiled.Model.Channels[ch].Name, 0.0
		for purpose := range channel.NumPurposes {
			usd := s.monthly(strategy, func(t *event.Tally) money.Micros { return t.Spent[ch][purpose] })
			total += usd
			sp.add(name, purpose.String(), usd)
		}
		sp.byChannel[name] = total
	}
	costs := &s.compiled.Model.Costs
	fixed := s.fixed(strategy) + s.unused[strategy]
	undelivered := s.monthly(strategy, func(t *event.Tally) money.Micros { return t.Undeliverable(costs) })
	late := s.monthly(strategy, func(t *event.Tally) money.Micros { return t.Lateness(costs) })
	sp.add("", "undelivered", undelivered)
	sp.add("", "late", late)
	sp.add("", "fixed", fixed)
	sp.handling = undelivered + late + fixed
	return sp
}

// add adds an entry, if anything was paid. The weighted mean of something rare can be slightly negative.
func (sp *spending) add(channel, purpose string, usd float64) {
	if usd > 0 {
		sp.entries = append(sp.entries, record.Spend{Channel: channel, For: purpose, USD: usd})
	}
}

// fixed is the fixed cost of a strategy's channels, in dollars a month.
func (x *experiment) fixed(strategy int) float64 {
	return (&event.Tally{}).Handling(&x.compiled.Model.Costs, x.compiled.Uses[strategy]).Dollars()
}

// unusedBy is what a strategy's prepaid units cost beyond its charges, in dollars a month, for a mean of what each
// channel charges a month: packs outlast months, so that it isn't reckoned month by month.
func unusedBy(c *scenario.Compiled, strategy int, charged func(ch int) float64) float64 {
	unused := 0.0
	for ch, used := range c.Uses[strategy] {
		if used {
			unused += c.Model.Channels[ch].Unused(charged(ch))
		}
	}
	return unused
}

// monthly is a mean over months, in dollars.
func (s *sample) monthly(strategy int, of func(*event.Tally) money.Micros) float64 {
	months := make([]float64, s.n)
	for m, t := range s.tallies[strategy] {
		months[m] = of(t).Dollars()
	}
	return s.mix.Mean(months).Value
}

// days are the quantiles of the months' costs up to the end of each day.
func (s *sample) days(strategy int) []record.Day {
	sums := slices.Repeat([]float64{s.fixed(strategy) + s.unused[strategy]}, s.n)
	var days []record.Day
	for d := range event.Days {
		for m, t := range s.tallies[strategy] {
			sums[m] += t.Days[d].Dollars()
		}
		q := func(q float64) float64 { return stats.Percentile(sums, q) }
		days = append(days, record.Day{Day: d + 1, P025: q(0.025), P10: q(0.1), P25: q(0.25), P50: q(0.5),
			P75: q(0.75), P90: q(0.9), P975: q(0.975)})
	}
	return days
}

// overBudgetMonths is the share of months that cost more than the budget; nil where there is none.
func overBudgetMonths(costs []float64, budget money.Micros) *record.Figure {
	if budget <= 0 {
		return nil
	}
	over, months := above(costs, budget), float64(len(costs))
	low, high := stats.ClopperPearson(over, months)
	return &record.Figure{Value: record.Number(over / months), Low: record.Number(low), High: record.Number(high)}
}

// above counts the costs above a budget.
func above(costs []float64, budget money.Micros) float64 {
	over := 0.0
	for _, c := range costs {
		if c > budget.Dollars() {
			over++
		}
	}
	return over
}
