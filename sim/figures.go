package sim

import (
	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/stats"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// record turns the months into the run's record; the verdict comes later.
func (r *runner) record() *record.Run {
	s := r.scenario
	run := decision.NewRun(s, "sim", r.options.Version)
	run.Months = r.months
	for i := range s.Strategies {
		run.Strategies = append(run.Strategies, r.strategy(i))
	}
	return run
}

// strategy works out the figures of one strategy.
func (r *runner) strategy(i int) record.Strategy {
	st, t := &r.scenario.Strategies[i], r.pooled(i)
	orders, delivered, costs := make([]float64, r.months), make([]float64, r.months), make([]float64, r.months)
	for m := range r.months {
		orders[m], delivered[m] = float64(t.orders[m]), float64(t.delivered[m])
		costs[m] = r.monthCost(i, m)
	}
	monthly := stats.Mean(costs)
	out := record.Strategy{
		Name: st.Name, Kind: r.scenario.KindOf(st), Engine: "event", Channels: st.Channels(), Excluded: r.scenario.Excludes(st),
		Orders: t.all.Orders, Delivered: t.all.Delivered,
		CostPerDelivered: decision.Figure(stats.Ratio(costs, delivered)),
		CostPerOrder:     decision.Figure(stats.Ratio(costs, orders)),
		MonthlyCost: record.Spread{Figure: decision.Figure(monthly), P05: record.Number(stats.Percentile(costs, 0.05)),
			P50: record.Number(stats.Percentile(costs, 0.50)), P95: record.Number(stats.Percentile(costs, 0.95))},
		DeliveredShare:     decision.Figure(stats.Share(t.delivered, t.orders)),
		InTimeShare:        decision.Figure(stats.Share(t.inTime, t.orders)),
		AttemptsPerOrder:   decision.Figure(stats.Ratio(t.attempts, orders)),
		FallbackShare:      decision.Figure(stats.Share(t.fallbacks, t.orders)),
		HandlingPerMonth:   r.handling(i),
		SpendByChannel:     map[string]float64{},
		ErrorsPer1000:      map[string]float64{},
		RegionByCountry:    map[string]float64{},
		UndeliveredReasons: map[string]float64{},
		LatencyCDF:         curve(t),
		Warnings:           monthly.Warnings,
	}
	out.LatencySeconds.Mean = decision.Figure(stats.Ratio(t.latencySums, delivered))
	latency := &out.LatencySeconds
	for _, q := range []struct {
		of   float64
		into *record.Figure
	}{{0.5, &latency.P50}, {0.95, &latency.P95}, {0.99, &latency.P99}} {
		e := stats.Quantile(t.latencies, t.orders, q.of)
		*q.into = decision.Figure(e)
		out.Warnings = append(out.Warnings, e.Warnings...)
	}
	r.breakdown(&out, t, r.compiled.Uses[i])
	if a := r.answers[i]; a != nil {
		out.Exact = exactly(a)
	}
	if t.all.Delivered == 0 {
		out.Warnings = append(out.Warnings, "nothing was delivered: no cost per delivered clip")
	}
	if out.Warnings == nil {
		out.Warnings = []string{}
	}
	return out
}

// monthCost is what one simulated month cost, in dollars.
func (r *runner) monthCost(strategy, month int) float64 {
	t := r.tallies[strategy][month]
	return (t.Charge() + t.Handling(&r.compiled.Model.Costs, r.compiled.Uses[strategy])).Dollars()
}

// handling is what a month's penalties and fixed costs came to on average, in dollars.
func (r *runner) handling(strategy int) float64 {
	var total money.Micros
	for _, t := range r.tallies[strategy][:r.months] {
		total += t.Handling(&r.compiled.Model.Costs, r.compiled.Uses[strategy])
	}
	return total.Dollars() / float64(r.months)
}

// breakdown says where the money went and what failed.
func (r *runner) breakdown(out *record.Strategy, t *totals, uses []bool) {
	for ch := range t.all.Spent {
		if uses[ch] {
			out.SpendByChannel[r.compiled.Model.Channels[ch].Name] = t.all.Charged(ch).Dollars() / float64(r.months)
		}
	}
	for reason := channel.NoReason + 1; reason < channel.NumReasons; reason++ {
		if n := t.all.Failures[reason]; n > 0 {
			out.ErrorsPer1000[reason.String()] = 1000 * float64(n) / float64(t.all.Orders)
		}
		if n := t.all.Undelivered[reason]; n > 0 {
			out.UndeliveredReasons[reason.String()] = 1000 * float64(n) / float64(t.all.Orders)
		}
	}
	for ch, counts := range t.all.Countries {
		for i, n := range counts {
			out.RegionByCountry[r.compiled.Model.Channels[ch].Errors.Countries[i].Name] += 1000 * float64(n) / float64(t.all.Orders)
		}
	}
}

// points bounds the curve of a run file.
const points = 400

// curve is the share of all orders delivered within each of so many times.
func curve(t *totals) []record.Point {
	curve := []record.Point{}
	least := float64(t.all.Orders) / points
	last := -least
	t.all.Latencies.Each(func(seconds float64, upTo int64) {
		if float64(upTo) >= last+least || upTo == t.all.Delivered {
			curve = append(curve, record.Point{Seconds: seconds, Share: float64(upTo) / float64(t.all.Orders)})
			last = float64(upTo)
		}
	})
	return curve
}

func exactly(a *exact.Answer) *record.Exact {
	quantile := func(q float64) *float64 { return record.Number(never(a.Quantile(q))) }
	return &record.Exact{
		CostPerDelivered: record.Number(a.CostPerDelivered()),
		CostPerOrder:     a.CostPerOrder(),
		DeliveredShare:   a.Delivered,
		InTimeShare:      a.InTime,
		AttemptsPerOrder: a.Attempts,
		Latency:          record.ExactLatency{Mean: record.Number(a.MeanLatency), P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99)},
	}
}

// outlook is what is expected of a strategy at the stated values: the closed form's answer, or
// the simulated one.
func (r *runner) outlook(i int) decision.Outlook {
	if a := r.answers[i]; a != nil {
		return r.expect(a)
	}
	cost := 0.0
	for m := range r.months {
		cost += r.monthCost(i, m)
	}
	return showed(&r.pooled(i).all, cost, r.months)
}

// monthMisses is, by strategy and requirement, the share of single months that miss it.
func (r *runner) monthMisses() [][]float64 {
	misses := make([][]float64, len(r.tallies))
	for i := range misses {
		misses[i] = make([]float64, len(r.scenario.Decision.Require))
		for month := range r.months {
			o := showed(r.tallies[i][month], r.monthCost(i, month), 1)
			for k := range r.scenario.Decision.Require {
				if q := &r.scenario.Decision.Require[k]; !q.Holds(o.Figure(q.Metric)) {
					misses[i][k] += 1 / float64(r.months)
				}
			}
		}
	}
	return misses
}

// showed is what simulated months showed that cost so many dollars together.
func showed(t *event.Tally, cost float64, months int) decision.Outlook {
	n := float64(t.Orders)
	quantile := func(q float64) float64 { return never(t.Latencies.Quantile(q, t.Orders)) }
	return decision.Outlook{
		MonthlyCost: cost / float64(months), CostPerDelivered: cost / float64(t.Delivered),
		Delivered: float64(t.Delivered) / n, InTime: float64(t.InTime) / n,
		P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99),
	}
}
