package sim

import (
	"math"

	"channelbench/internal/channel"
	"channelbench/internal/decision"
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
	mix := r.mix()
	for i := range s.Strategies {
		run.Strategies = append(run.Strategies, r.strategy(i, mix))
	}
	return run
}

// mix is what the months drew of each class; all strategies met the same orders.
func (r *runner) mix() *stats.Mix {
	var orders [][]int64
	for _, t := range r.tallies[0][:r.months] {
		orders = append(orders, t.Classes)
	}
	var shares []float64
	for _, c := range r.compiled.Model.Classes {
		shares = append(shares, c.Share)
	}
	return stats.NewMix(orders, shares)
}

// strategy works out the figures of one strategy.
func (r *runner) strategy(i int, mix *stats.Mix) record.Strategy {
	st, t := &r.scenario.Strategies[i], r.pooled(i)
	costs := r.monthCosts(i)
	monthly, asDrawn := mix.Mean(costs), decision.Figure(stats.Ratio(costs, t.perDelivered()))
	out := record.Strategy{
		Name: st.Name, Kind: r.scenario.KindOf(st), Engine: "event", Channels: st.Channels(), Excluded: r.scenario.Excludes(st),
		Orders: t.all.Orders, Delivered: t.all.Delivered,
		CostPerDelivered: atLeast(r.cheapestClip(i), mix.Ratio(costs, t.perDelivered())),
		CostAsDrawn:      &asDrawn,
		CostPerOrder:     atLeast(0, mix.Ratio(costs, t.perOrder())),
		MonthlyCost: record.Spread{Figure: atLeast(0, monthly), P05: record.Number(stats.Percentile(costs, 0.05)),
			P50: record.Number(stats.Percentile(costs, 0.50)), P95: record.Number(stats.Percentile(costs, 0.95))},
		DeliveredShare:     decision.Figure(mix.Share(t.delivered, t.orders)),
		InTimeShare:        decision.Figure(mix.Share(t.inTime, t.orders)),
		AttemptsPerOrder:   atLeast(1, mix.Ratio(t.attempts, t.perOrder())),
		FallbackShare:      decision.Figure(mix.Share(t.fallbacks, t.orders)),
		Days:               r.days(i),
		OverBudget:         r.overBudget(costs),
		ErrorsPer1000:      map[string]float64{},
		RegionByCountry:    map[string]float64{},
		UndeliveredReasons: map[string]float64{},
		LatencyCDF:         curve(t, mix),
		Warnings:           monthly.Warnings,
	}
	latency := &out.LatencySeconds
	latency.Mean = atLeast(0, mix.Ratio(t.latencySums, t.perDelivered()))
	for _, q := range []struct {
		of   float64
		into *record.Figure
	}{{0.5, &latency.P50}, {0.95, &latency.P95}, {0.99, &latency.P99}} {
		e := mix.Quantile(t.latencies, t.orders, q.of)
		*q.into = decision.Figure(e)
		out.Warnings = append(out.Warnings, e.Warnings...)
	}
	r.spend(&out, i, mix)
	r.breakdown(&out, i, mix)
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

// atLeast is an estimate of what can't be below a bound: its interval ends there.
func atLeast(bound float64, e stats.Estimate) record.Figure {
	e.Low = max(e.Low, min(bound, e.Value))
	return decision.Figure(e)
}

// cheapestClip is the least that any delivered clip costs with a strategy, in dollars.
func (r *runner) cheapestClip(strategy int) float64 {
	least := math.Inf(1)
	for i := range r.compiled.Model.Channels {
		ch := &r.compiled.Model.Channels[i]
		for _, j := range ch.Jobs {
			charge, err := ch.Price.Charge(channel.Usage{Clip: j.Clip, Accepted: true, Made: true})
			if r.compiled.Uses[strategy][i] && j.Makes && err == nil {
				least = min(least, charge.Dollars())
			}
		}
	}
	return least
}

// monthCost is what one simulated month cost, in dollars.
func (r *runner) monthCost(strategy, month int) float64 {
	t := r.tallies[strategy][month]
	return (t.Charge() + t.Handling(&r.compiled.Model.Costs, r.compiled.Uses[strategy])).Dollars()
}

// monthCosts are the costs of the single months.
func (r *runner) monthCosts(strategy int) []float64 {
	costs := make([]float64, r.months)
	for m := range costs {
		costs[m] = r.monthCost(strategy, m)
	}
	return costs
}

// breakdown says what failed, per 1,000 orders. It is weighed like all figures, so that the parts add up to them.
func (r *runner) breakdown(out *record.Strategy, strategy int, mix *stats.Mix) {
	per1000 := func(into map[string]float64, what string, of func(*event.Tally) int64) {
		counts, orders := make([]float64, r.months), make([]float64, r.months)
		for m, t := range r.tallies[strategy][:r.months] {
			counts[m], orders[m] = float64(of(t)), float64(t.Orders)
		}
		if n := mix.Ratio(counts, orders).Value; n > 0 {
			into[what] += 1000 * n
		}
	}
	for reason := channel.NoReason + 1; reason < channel.NumReasons; reason++ {
		per1000(out.ErrorsPer1000, reason.String(), func(t *event.Tally) int64 { return t.Failures[reason] })
		per1000(out.UndeliveredReasons, reason.String(), func(t *event.Tally) int64 { return t.Undelivered[reason] })
	}
	for ch := range r.compiled.Model.Channels {
		for i, country := range r.compiled.Model.Channels[ch].Errors.Countries {
			per1000(out.RegionByCountry, country.Name, func(t *event.Tally) int64 { return t.Countries[ch][i] })
		}
	}
}

// points bounds the curve of a run file.
const points = 400

// curve is the share of all orders delivered within each of so many times.
func curve(t *totals, mix *stats.Mix) []record.Point {
	curve, last := []record.Point{}, record.Point{}
	mix.Curve(t.latencies, t.orders, func(seconds, share float64) {
		if share <= last.Share { // by the weights, rare late orders can count for less than nothing
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
// the simulated one. What no month ever delivered isn't expected, either.
func (r *runner) outlook(i int) decision.Outlook {
	if a := r.answers[i]; a != nil && r.pooled(i).all.Delivered > 0 {
		return r.expect(a)
	}
	return r.simulated(i, r.mix())
}

// simulated is what the months so far show of a strategy: its figures as they are reported.
func (r *runner) simulated(i int, mix *stats.Mix) decision.Outlook {
	t, costs := r.pooled(i), r.monthCosts(i)
	quantile := func(q float64) float64 {
		v := mix.Quantile(t.latencies, t.orders, q).Value
		return never(v, !math.IsNaN(v))
	}
	return decision.Outlook{
		MonthlyCost: mix.Mean(costs).Value, CostPerDelivered: never(mix.Ratio(costs, t.perDelivered()).Value, t.all.Delivered > 0),
		Delivered: mix.Share(t.delivered, t.orders).Value, InTime: mix.Share(t.inTime, t.orders).Value,
		P50: quantile(0.5), P95: quantile(0.95), P99: quantile(0.99),
	}
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
