package bench

import (
	"math"
	"math/rand/v2"
	"slices"

	"channelbench/internal/decision"
	"channelbench/internal/record"
)

// resamples is how many times the pairs of orders are drawn again for the verdict.
const resamples = 256

// judge asks for a verdict on the driven strategies. What isn't known here is what other orders
// would have met, so the draws are bootstrap samples of the pairs: orders of the same number, video and
// prompt in every strategy (Efron 1979).
func (a *attack) judge() record.Verdict {
	q := &decision.Question{Decision: a.scenario.Decision, NoPromise: a.scenario.Workload.Promise == 0}
	var all []*measured
	for _, i := range drivenBy(a.scenario) {
		st := &a.scenario.Strategies[i]
		q.Strategies = append(q.Strategies, st.Name)
		q.Excluded = append(q.Excluded, a.scenario.Excludes(st))
		m := a.measure(i)
		all = append(all, m)
		q.Stated = append(q.Stated, a.outlook(m.orders))
	}
	random := rand.New(rand.NewPCG(a.scenario.Seed, 0x626f6f74)) // apart from other uses of the seed
	for range resamples {
		times := make([]int, a.scenario.Bench.Orders)
		for range times {
			times[random.IntN(len(times))]++
		}
		var draw []decision.Outlook
		for _, m := range all {
			draw = append(draw, a.outlook(again(m.orders, times)))
		}
		q.Draws = append(q.Draws, draw)
	}
	return decision.Decide(q)
}

// again repeats each order as often as its pair was drawn.
func again(orders []*order, times []int) []*order {
	var drawn []*order
	for _, o := range orders {
		for range times[o.Pair] {
			drawn = append(drawn, o)
		}
	}
	return drawn
}

// outlook is what orders like these would come to.
func (a *attack) outlook(orders []*order) decision.Outlook {
	var cost, delivered, inTime float64
	latencies := make([]float64, 0, len(orders))
	for _, o := range orders {
		cost += o.cost(a)
		latency := math.Inf(1)
		if o.result.Delivered {
			delivered++
			latency = o.result.At.Seconds()
		}
		if a.inTime(o) {
			inTime++
		}
		latencies = append(latencies, latency)
	}
	slices.Sort(latencies)
	n := float64(len(orders))
	out := decision.Outlook{
		MonthlyCost: cost / n * float64(a.scenario.Workload.OrdersPerMonth), CostPerDelivered: cost / delivered,
		Delivered: delivered / n, InTime: inTime / n, P50: quantile(latencies, 0.5), P95: quantile(latencies, 0.95), P99: quantile(latencies, 0.99),
	}
	if len(orders) == 0 {
		out = decision.Outlook{MonthlyCost: math.Inf(1), CostPerDelivered: math.Inf(1), P50: math.Inf(1), P95: math.Inf(1), P99: math.Inf(1)}
	}
	return out
}

// quantile is the order statistic of rank ⌈qn⌉.
func quantile(sorted []float64, q float64) float64 {
	if len(sorted) == 0 {
		return math.Inf(1)
	}
	return sorted[max(0, int(math.Ceil(q*float64(len(sorted))))-1)]
}
