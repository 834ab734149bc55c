package bench

import (
	"fmt"
	"math"
	"slices"

	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/policy"
	"channelbench/internal/record"
	"channelbench/internal/stats"
)

// measured are the orders of one strategy that had an outcome, and what each cost.
type measured struct {
	orders    []*order
	costs     []float64 // dollars, by order: charges and penalties
	delivered []float64 // 1 or 0, by order
	latencies []float64 // seconds, ascending; +Inf: never
}

// measure gathers the orders of a strategy. Orders that we gave up had no outcome and are left out.
func (a *attack) measure(strategy int) *measured {
	m := &measured{}
	for _, o := range a.done {
		if o.Strategy == strategy && !o.givenUp {
			m.orders = append(m.orders, o)
		}
	}
	slices.SortFunc(m.orders, func(x, y *order) int { return x.Index - y.Index })
	for _, o := range m.orders {
		latency, delivered := math.Inf(1), 0.0
		if o.result.Delivered {
			latency, delivered = o.result.At.Seconds(), 1
		}
		m.latencies = append(m.latencies, latency)
		m.delivered = append(m.delivered, delivered)
		m.costs = append(m.costs, o.cost(a))
	}
	slices.Sort(m.latencies)
	return m
}

// inTime says whether an order kept the promise.
func (a *attack) inTime(o *order) bool {
	promise := a.scenario.Workload.Promise
	return o.result.Delivered && (promise == 0 || o.result.At <= promise)
}

// cost is what an order cost in dollars: what was charged, and the penalties of the scenario.
func (o *order) cost(a *attack) float64 {
	total := 0.0
	for _, t := range o.attempts {
		total += t.counted().Dollars()
	}
	switch costs := &a.model.Costs; {
	case !o.result.Delivered:
		total += costs.Undelivered.Dollars()
	case !a.inTime(o):
		total += costs.Late.Dollars()
	}
	return total
}

// strategyRecord works out the figures of one strategy.
func (a *attack) strategyRecord(i int) record.Strategy {
	st, m := &a.scenario.Strategies[i], a.measure(i)
	ones := make([]float64, len(m.orders))
	attempts, fallbacks, inTime, delivered := make([]float64, len(m.orders)), int64(0), int64(0), int64(0)
	spend, failures, lost := map[string]float64{}, map[string]float64{}, map[string]float64{}
	latencies := []float64{}
	for k, o := range m.orders {
		ones[k], attempts[k] = 1, float64(len(o.attempts))
		tried := o.machine.Attempts()
		if len(tried) > 0 && tried[len(tried)-1].Step > 0 {
			fallbacks++
		}
		if a.inTime(o) {
			inTime++
		}
		if o.result.Delivered {
			delivered++
			latencies = append(latencies, o.result.At.Seconds())
		} else {
			lost[o.result.Reason.String()]++
		}
		count(tried, failures)
		for _, t := range o.attempts {
			spend[t.at.channel.Name] += t.counted().Dollars()
		}
	}
	n := int64(len(m.orders))
	monthly := float64(a.scenario.Workload.OrdersPerMonth)
	perOrder := stats.Ratio(m.costs, ones)
	return record.Strategy{
		Name: st.Name, Kind: a.scenario.KindOf(st), Engine: "live", Channels: st.Channels(), Excluded: a.scenario.Excludes(st),
		Orders: n, Delivered: delivered,
		CostPerDelivered: decision.Figure(stats.Ratio(m.costs, m.delivered)),
		CostPerOrder:     decision.Figure(perOrder),
		MonthlyCost:      record.Spread{Figure: record.Figure{Value: record.Number(perOrder.Value * monthly), Low: record.Number(perOrder.Low * monthly), High: record.Number(perOrder.High * monthly)}},
		DeliveredShare:   decision.Figure(stats.Share([]int64{delivered}, []int64{n})),
		InTimeShare:      decision.Figure(stats.Share([]int64{inTime}, []int64{n})),
		FallbackShare:    decision.Figure(stats.Share([]int64{fallbacks}, []int64{n})),
		AttemptsPerOrder: decision.Figure(stats.Ratio(attempts, ones)),
		LatencySeconds: record.Latency{Mean: decision.Figure(stats.Mean(latencies)), P50: decision.Figure(stats.OrderQuantile(m.latencies, 0.5)),
			P95: decision.Figure(stats.OrderQuantile(m.latencies, 0.95)), P99: decision.Figure(stats.OrderQuantile(m.latencies, 0.99))},
		SpendByChannel: scaled(spend, monthly/float64(n)), ErrorsPer1000: scaled(failures, 1000/float64(n)), UndeliveredReasons: scaled(lost, 1000/float64(n)),
		LatencyCDF: curve(m.latencies), Warnings: warnings(m),
	}
}

func count(attempts []policy.Attempt, failures map[string]float64) {
	for i := range attempts {
		if r := attempts[i].Reason; r != channel.NoReason {
			failures[r.String()]++
		}
	}
}

func scaled(m map[string]float64, by float64) map[string]float64 {
	for k := range m {
		m[k] *= by
	}
	return m
}

// curve is the share of all orders delivered within each latency that occurred.
func curve(sorted []float64) []record.Point {
	points := []record.Point{}
	for i, v := range sorted {
		if !math.IsInf(v, 1) {
			points = append(points, record.Point{Seconds: v, Share: float64(i+1) / float64(len(sorted))})
		}
	}
	return points
}

func warnings(m *measured) []string {
	w := []string{}
	if len(m.orders) == 0 {
		return append(w, "no order had an outcome")
	}
	for _, q := range []float64{0.5, 0.95, 0.99} {
		w = append(w, stats.OrderQuantile(m.latencies, q).Warnings...)
	}
	return w
}

// record is the run's record, with a verdict on what was measured.
func (a *attack) record(o *Options) *record.Run {
	s := a.scenario
	run := decision.NewRun(s, "bench", o.Version)
	for _, i := range drivenBy(s) {
		run.Strategies = append(run.Strategies, a.strategyRecord(i))
	}
	run.Warnings = append(run.Warnings, a.lagWarning()...)
	run.Verdict = a.judge()
	return run
}

// lagWarning says so where orders began so much later than scheduled that it shows in their latency:
// the 99th percentile of the lag is above a hundredth of the median latency.
func (a *attack) lagWarning() []string {
	var lags, latencies []float64
	for _, o := range a.done {
		lags = append(lags, o.lag.Seconds())
		if o.result.Delivered {
			latencies = append(latencies, o.result.At.Seconds())
		}
	}
	slices.Sort(lags)
	slices.Sort(latencies)
	if lag, median := quantile(lags, 0.99), quantile(latencies, 0.5); len(latencies) > 0 && lag > median/100 {
		return []string{fmt.Sprintf("orders began up to %.1f s late (p99), more than a hundredth of the median latency: this machine is too slow for the rate or the speed", lag)}
	}
	return nil
}
