package sim

import (
	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/sim/event"
)

// spend says where a month's money goes. Everything is weighed like the monthly cost, so that the parts add up to it.
func (r *runner) spend(out *record.Strategy, strategy int, mix *stats.Mix) {
	out.SpendByChannel = map[string]float64{}
	for ch, used := range r.compiled.Uses[strategy] {
		if !used {
			continue
		}
		name, total := r.compiled.Model.Channels[ch].Name, 0.0
		for purpose := range channel.NumPurposes {
			usd := r.monthly(strategy, mix, func(t *event.Tally) money.Micros { return t.Spent[ch][purpose] })
			total += usd
			out.Spend = book(out.Spend, name, purpose.String(), usd)
		}
		out.SpendByChannel[name] = total
	}
	costs := &r.compiled.Model.Costs
	fixed := (&event.Tally{}).Handling(costs, r.compiled.Uses[strategy]).Dollars()
	undelivered := r.monthly(strategy, mix, func(t *event.Tally) money.Micros { return t.Undeliverable(costs) })
	late := r.monthly(strategy, mix, func(t *event.Tally) money.Micros { return t.Lateness(costs) })
	out.Spend = book(out.Spend, "", "undelivered", undelivered)
	out.Spend = book(out.Spend, "", "late", late)
	out.Spend = book(out.Spend, "", "fixed", fixed)
	out.HandlingPerMonth = undelivered + late + fixed
}

// book notes what was paid for, if anything was. What is rare can come out a little below nothing by the weights.
func book(list []record.Spend, channel, purpose string, usd float64) []record.Spend {
	if usd <= 0 {
		return list
	}
	return append(list, record.Spend{Channel: channel, For: purpose, USD: usd})
}

// monthly is what months came to on average, in dollars.
func (r *runner) monthly(strategy int, mix *stats.Mix, of func(*event.Tally) money.Micros) float64 {
	months := make([]float64, r.months)
	for m := range months {
		months[m] = of(r.tallies[strategy][m]).Dollars()
	}
	return mix.Mean(months).Value
}

// days are the quantiles of what months had cost by the end of each day.
func (r *runner) days(strategy int) []record.Day {
	months := r.tallies[strategy][:r.months]
	sums := make([]float64, r.months)
	for m := range sums {
		sums[m] = (&event.Tally{}).Handling(&r.compiled.Model.Costs, r.compiled.Uses[strategy]).Dollars()
	}
	var days []record.Day
	for d := range event.Days {
		for m, t := range months {
			sums[m] += t.Days[d].Dollars()
		}
		q := func(q float64) float64 { return stats.Percentile(sums, q) }
		days = append(days, record.Day{Day: d + 1, P025: q(0.025), P10: q(0.1), P25: q(0.25), P50: q(0.5), P75: q(0.75), P90: q(0.9), P975: q(0.975)})
	}
	return days
}

// overBudget is the share of months that cost more than the budget; nil where there is none.
func (r *runner) overBudget(costs []float64) *record.Figure {
	budget := r.scenario.Decision.Budget.Dollars()
	if budget <= 0 {
		return nil
	}
	over := 0.0
	for _, c := range costs {
		if c > budget {
			over++
		}
	}
	months := float64(len(costs))
	low, high := stats.ClopperPearson(over, months)
	return &record.Figure{Value: record.Number(over / months), Low: record.Number(low), High: record.Number(high)}
}
