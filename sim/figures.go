package sim

import (
	"fmt"
	"math"
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// strategies are the figures of all strategies.
func (b *basis) strategies(draws *draws) []record.Strategy {
	var all []record.Strategy
	for i := range b.scenario.Strategies {
		all = append(all, b.strategy(i, draws))
	}
	return all
}

// strategy is the record of one strategy.
func (b *basis) strategy(i int, draws *draws) record.Strategy {
	st, t, mix := &b.scenario.Strategies[i], b.totals[i], b.mix
	monthly, asDrawn := mix.Mean(t.costs), decision.Figure(stats.Ratio(t.costs, t.perDelivered()))
	latency, warnings := b.latency(i)
	if t.all.Delivered == 0 {
		warnings = append(warnings, "nothing was delivered: no cost per delivered clip")
	}
	if b.unused[i] > 0 {
		warnings = append(warnings, fmt.Sprintf("prepaid units for %v a month expire unused or are of smaller, dearer packs",
			money.Micros(math.Round(b.unused[i]*100))*money.Dollar/100))
	}
	band, overBudget := draws.months(i, b.scenario.Decision.Budget)
	spending := b.spending(i)
	return record.Strategy{
		Name: st.Name, Kind: b.scenario.KindOf(st), Engine: "event",
		Channels: st.Channels(), Excluded: b.scenario.Excludes(st),
		Orders: t.all.Orders, Delivered: t.all.Delivered,
		CostPerDelivered: atLeast(b.cheapestClip(i), mix.Ratio(t.costs, t.perDelivered())),
		CostAsDrawn:      &asDrawn,
		CostPerOrder:     atLeast(0, mix.Ratio(t.costs, t.perOrder())),
		MonthlyCost: record.Spread{Figure: atLeast(0, monthly), P05: record.Number(stats.Percentile(t.costs, 0.05)),
			P50: record.Number(stats.Percentile(t.costs, 0.50)), P95: record.Number(stats.Percentile(t.costs, 0.95))},
		DeliveredShare:     decision.Figure(mix.Share(t.delivered, t.orders)),
		InTimeShare:        decision.Figure(mix.Share(t.inTime, t.orders)),
		LatencySeconds:     latency,
		AttemptsPerOrder:   atLeast(1, mix.Ratio(t.attempts, t.perOrder())),
		FallbackShare:      decision.Figure(mix.Share(t.fallbacks, t.orders)),
		Spend:              spending.entries,
		SpendByChannel:     spending.byChannel,
		HandlingPerMonth:   spending.handling,
		Days:               b.days(i),
		OverBudget:         overBudgetMonths(t.costs, b.scenario.Decision.Budget),
		MonthlyDraws:       band,
		OverBudgetDraws:    overBudget,
		ErrorsPer1000:      b.errors(i, func(t *event.Tally, r channel.Reason) int64 { return t.Failures[r] }),
		UndeliveredReasons: b.errors(i, func(t *event.Tally, r channel.Reason) int64 { return t.Undelivered[r] }),
		RegionByCountry:    b.countries(i),
		LatencyCDF:         curve(t, mix),
		Exact:              exactly(b.answers[i]),
		Warnings:           slices.Concat([]string{}, monthly.Warnings, warnings),
	}
}

// latency is that of one strategy.
func (s *sample) latency(strategy int) (record.Latency, []string) {
	t, warnings := s.totals[strategy], []string(nil)
	quantile := func(q float64) record.Figure {
		e := s.mix.Quantile(t.latencies, t.orders, q)
		warnings = append(warnings, e.Warnings...)
		return decision.Figure(e)
	}
	mean := atLeast(0, s.mix.Ratio(t.latencySums, t.perDelivered()))
	return record.Latency{Mean: mean, P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99)}, warnings
}

// atLeast is an estimate of what can't be below a bound: its interval ends there.
func atLeast(bound float64, e stats.Estimate) record.Figure {
	e.Low = max(e.Low, min(bound, e.Value))
	return decision.Figure(e)
}

// cheapestClip is the least that any delivered clip costs with a strategy, in dollars.
func (x *experiment) cheapestClip(strategy int) float64 {
	least := math.Inf(1)
	for i := range x.compiled.Model.Channels {
		ch := &x.compiled.Model.Channels[i]
		for _, j := range ch.Jobs {
			charge, err := ch.Price.Charge(channel.Usage{Clip: j.Clip, Accepted: true, Made: true})
			if x.compiled.Uses[strategy][i] && j.Makes && err == nil {
				least = min(least, charge.Dollars())
			}
		}
	}
	return least
}

// errors counts attempts or orders by reason, per 1,000 orders.
func (s *sample) errors(strategy int, of func(*event.Tally, channel.Reason) int64) map[string]float64 {
	found := map[string]float64{}
	for r := channel.NoReason + 1; r < channel.NumReasons; r++ {
		s.per1000(found, r.String(), strategy, func(t *event.Tally) int64 { return of(t, r) })
	}
	return found
}

// countries counts region errors by country, per 1,000 orders.
func (s *sample) countries(strategy int) map[string]float64 {
	found := map[string]float64{}
	for ch := range s.compiled.Model.Channels {
		for i, country := range s.compiled.Model.Channels[ch].Errors.Countries {
			s.per1000(found, country.Name, strategy, func(t *event.Tally) int64 { return t.Countries[ch][i] })
		}
	}
	return found
}

// per1000 adds a count per 1,000 orders. It is weighed like all figures, so that the parts add up to them.
func (s *sample) per1000(into map[string]float64, name string, strategy int, of func(*event.Tally) int64) {
	counts := make([]float64, s.n)
	for m, t := range s.tallies[strategy] {
		counts[m] = float64(of(t))
	}
	if n := s.mix.Ratio(counts, s.totals[strategy].perOrder()).Value; n > 0 {
		into[name] += 1000 * n
	}
}

// points bounds the curve of a run file.
const points = 400

// curve is the share of all orders delivered within each of so many times.
func curve(t *totals, mix *stats.Mix) []record.Point {
	curve, last := []record.Point{}, record.Point{}
	mix.Curve(t.latencies, t.orders, func(seconds, share float64) {
		if share <= last.Share { // rare late orders can have negative weights
			return
		}
		last = record.Point{Seconds: seconds, Share: share}
		if len(curve) == 0 || share >= curve[len(curve)-1].Share+1.0/points {
			curve = append(curve, last)
		}
	})
	if n := len(curve); n > 0 && curve[n-1] != last {
		curve = append(curve, last)
	}
	return curve
}

// exactly is the closed form's answer; nil where there is none.
func exactly(a *exact.Answer) *record.Exact {
	if a == nil {
		return nil
	}
	quantile := func(q float64) *float64 { return record.Number(never(a.Quantile(q))) }
	return &record.Exact{
		CostPerDelivered: record.Number(a.CostPerDelivered()),
		CostPerOrder:     a.CostPerOrder(),
		DeliveredShare:   a.Delivered,
		InTimeShare:      a.InTime,
		AttemptsPerOrder: a.Attempts,
		Latency: record.ExactLatency{Mean: record.Number(a.MeanLatency), P50: quantile(0.5),
			P95: quantile(0.95), P99: quantile(0.99)},
	}
}

// outlook is the expectation for a strategy at the stated values, by its closed form or the months. What no month ever
// delivered isn't expected, either.
func (s *sample) outlook(i int, closed *exact.Answer) decision.Outlook {
	if closed != nil && s.totals[i].all.Delivered > 0 {
		return s.expect(closed)
	}
	return s.simulated(i)
}

// simulated is a strategy's outlook by the months: its figures as they are reported.
func (s *sample) simulated(i int) decision.Outlook {
	t, mix := s.totals[i], s.mix
	quantile := func(q float64) float64 {
		v := mix.Quantile(t.latencies, t.orders, q).Value
		return never(v, !math.IsNaN(v))
	}
	return decision.Outlook{
		MonthlyCost:      mix.Mean(t.costs).Value,
		CostPerDelivered: never(mix.Ratio(t.costs, t.perDelivered()).Value, t.all.Delivered > 0),
		Delivered:        mix.Share(t.delivered, t.orders).Value, InTime: mix.Share(t.inTime, t.orders).Value,
		P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99),
	}
}

// monthMisses is, by strategy and requirement, the share of single months that miss it.
func (s *sample) monthMisses() [][]float64 {
	misses := make([][]float64, len(s.tallies))
	for i := range misses {
		misses[i] = make([]float64, len(s.scenario.Decision.Require))
		for month := range s.n {
			o := s.month(i, month)
			for k := range s.scenario.Decision.Require {
				if q := &s.scenario.Decision.Require[k]; !q.Holds(o.Figure(q.Metric)) {
					misses[i][k] += 1 / float64(s.n)
				}
			}
		}
	}
	return misses
}

// month is a strategy's outcome in a single month.
func (s *sample) month(strategy, month int) decision.Outlook {
	return outcome(s.tallies[strategy][month], s.totals[strategy].costs[month], 1)
}

// outcome is that of simulated months with a total cost in dollars.
func outcome(t *event.Tally, cost float64, months int) decision.Outlook {
	n := float64(t.Orders)
	quantile := func(q float64) float64 { return never(t.Latencies.Quantile(q, t.Orders)) }
	return decision.Outlook{
		MonthlyCost: cost / float64(months), CostPerDelivered: cost / float64(t.Delivered),
		Delivered: float64(t.Delivered) / n, InTime: float64(t.InTime) / n,
		P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99),
	}
}
