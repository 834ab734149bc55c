package bench

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/bench/recording"
	"channelbench/internal/decision"
	"channelbench/internal/money"
)

// sample are the orders of one strategy, driven or replayed, that had an outcome. Orders that we gave up
// had none and are left out.
type sample struct {
	strategy int
	engine   string  // "live", "replay"
	repeats  float64 // how many tallies one order has
	monthly  float64
	fixed    float64      // dollars a month
	further  float64      // dollars: what a first attempt on the second step costs on average; 0: there is none
	tallies  []tally      // by latency, ascending
	cut      money.Micros // what orders without an outcome may have cost: in no figure, but spent
}

// tally is one order as figures count it.
type tally struct {
	order     *recording.Order
	block     int
	charge    float64 // dollars
	penalty   float64 // dollars: late or undelivered
	latency   float64 // seconds; +Inf: never delivered
	delivered bool
	inTime    bool
}

// sample tallies the orders of a strategy.
func (a *attack) sample(strategy int, engine string, repeats float64, orders []recording.Order, b *blocks) *sample {
	s := &sample{strategy: strategy, engine: engine, repeats: repeats, monthly: float64(a.scenario.Workload.OrdersPerMonth)}
	for ch, used := range a.uses[strategy] {
		if used {
			s.fixed += a.model.Costs.Fixed[ch].Dollars()
		}
	}
	s.further = a.further(strategy)
	for i := range orders {
		switch o := &orders[i]; {
		case o.Strategy != a.scenario.Strategies[strategy].Name:
		case o.Finished:
			s.tallies = append(s.tallies, a.tally(o, b.of(o.Pair)))
		default:
			s.cut += o.AtMost()
		}
	}
	slices.SortStableFunc(s.tallies, func(x, y tally) int { return cmp.Compare(x.latency, y.latency) })
	return s
}

// further is what falling back costs at first, in dollars: the average over the videos that have a second step.
func (a *attack) further(strategy int) float64 {
	sum, share := 0.0, 0.0
	for class, route := range a.strategy[strategy].Routes {
		if len(route.Steps) < 2 || !a.drives(route.Steps[1].Channel) {
			continue
		}
		w := a.model.Classes[class].Share
		share += w
		sum += w * a.endpoints[route.Steps[1].Channel].worst[class].Dollars()
	}
	if share == 0 {
		return 0
	}
	return sum / share
}

func (a *attack) tally(o *recording.Order, block int) tally {
	t := tally{order: o, block: block, charge: o.Charge().Dollars(), latency: math.Inf(1), delivered: o.Delivered}
	promise := a.scenario.Workload.Promise
	t.inTime = o.Delivered && (promise == 0 || o.Latency <= promise)
	if o.Delivered {
		t.latency = o.Latency.Seconds()
	}
	switch costs := &a.model.Costs; {
	case !o.Delivered:
		t.penalty = costs.Undelivered.Dollars()
	case !t.inTime:
		t.penalty = costs.Late.Dollars()
	}
	return t
}

// cost is what the order cost in dollars, with its share of the fixed costs of a month.
func (s *sample) cost(t *tally) float64 { return t.charge + t.penalty + s.fixed/s.monthly }

// figures are what a sample comes to.
type figures struct {
	orders                                float64
	costPerOrder, costPerDelivered        float64
	delivered, inTime, fellBack, attempts float64 // per order
	mean, p50, p95, p99                   float64 // seconds; +Inf: not reached
}

// once counts every order once.
func once(*tally) float64 { return 1 }

// doubt is how many orders are thought of beside those that were measured, since what never happened in a few orders may
// happen all the same: half an order for each way that a share can go, by the prior of Jeffreys (1946).
type doubt struct {
	atOnce, never float64 // delivered at once, and never
	fell, stayed  float64 // back on a later step, and on the first one
}

// doubts draws them. A replayed order stands for a part of one, so there are more of them.
func (s *sample) doubts(random *rand.Rand) doubt {
	half := distuv.Gamma{Alpha: 0.5, Beta: 1 / s.repeats, Src: random}
	d := doubt{atOnce: half.Rand(), never: half.Rand()}
	if s.further > 0 {
		d.fell, d.stayed = half.Rand(), half.Rand()
	}
	return d
}

// figures works the figures out; weight says how often an order counts. Orders that are only thought of are in all else as
// the others are on average.
func (s *sample) figures(weight func(*tally) float64, d doubt) figures {
	var f figures
	var n, cost, delivered, latency float64
	for i := range s.tallies {
		t := &s.tallies[i]
		w := weight(t)
		n += w
		cost += w * s.cost(t)
		f.attempts += w * float64(len(t.order.Attempts))
		if t.delivered {
			delivered += w
			latency += w * t.latency
		}
		if t.inTime {
			f.inTime += w
		}
		if t.order.FellBack() {
			f.fellBack += w
		}
	}
	f.orders, f.mean = n, latency/delivered
	f.attempts /= n
	f.fellBack = (f.fellBack + d.fell) / (n + d.fell + d.stayed)
	f.costPerOrder = cost/n + s.further*d.fell/(n+d.fell+d.stayed)
	all := n + d.atOnce + d.never
	f.delivered, f.inTime = (delivered+d.atOnce)/all, (f.inTime+d.atOnce)/all
	if f.costPerDelivered = math.Inf(1); f.delivered > 0 {
		f.costPerDelivered = f.costPerOrder / f.delivered
	}
	f.p50, f.p95, f.p99 = s.quantile(0.5*all-d.atOnce, weight), s.quantile(0.95*all-d.atOnce, weight), s.quantile(0.99*all-d.atOnce, weight)
	return f
}

// quantile is the latency that so many orders don't exceed.
func (s *sample) quantile(orders float64, weight func(*tally) float64) float64 {
	passed := 0.0
	for i := range s.tallies {
		if passed += weight(&s.tallies[i]); passed > 0 && passed >= orders {
			return s.tallies[i].latency
		}
	}
	return math.Inf(1)
}

// outlook is what the strategy would come to if these figures were those of all months.
func (s *sample) outlook(f figures) decision.Outlook {
	if f.orders == 0 {
		never := math.Inf(1)
		return decision.Outlook{MonthlyCost: never, CostPerDelivered: never, P50: never, P95: never, P99: never}
	}
	return decision.Outlook{MonthlyCost: f.costPerOrder * s.monthly, CostPerDelivered: f.costPerDelivered,
		Delivered: f.delivered, InTime: f.inTime, P50: f.p50, P95: f.p95, P99: f.p99}
}
