package measure

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"

	"channelbench/bench/ledger"
	"channelbench/bench/recording"
	"channelbench/internal/decision"
	"channelbench/internal/money"
)

// sample are the orders of one strategy, driven or replayed, that had an outcome. Orders that we gave up
// had none and are left out.
type sample struct {
	strategy int
	engine   string  // "live", "mock", "replay"
	repeats  float64 // how many tallies one order has
	monthly  float64
	fixed    float64 // dollars a month
	lost     float64 // dollars: penalty of an undelivered order
	least    float64 // dollars: the cheapest clip on any channel of its route
	most     float64 // and the dearest
	falls    bool    // there is a second step
	tallies  []tally // by latency, ascending
	// By month, such as "2026-11": what attempts may have cost, those of orders without an outcome too.
	bought  map[string]money.Micros
	missing money.Micros // its share of what is gone from accounts beyond all charges: in no figure, but spent
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
func (m *Bench) sample(
	strategy int, engine string, repeats float64, orders []recording.Order, b *blocks,
) (*sample, error) {
	s := &sample{
		strategy: strategy, engine: engine, repeats: repeats, bought: map[string]money.Micros{},
		monthly: float64(m.Scenario.Workload.OrdersPerMonth), lost: m.Compiled.Model.Costs.Undelivered.Dollars(),
	}
	for ch, used := range m.Compiled.Uses[strategy] {
		if used {
			s.fixed += m.Compiled.Model.Costs.Fixed[ch].Dollars()
		}
	}
	if err := m.prices(s); err != nil {
		return nil, err
	}
	for i := range orders {
		o := &orders[i]
		if o.Strategy != m.Scenario.Strategies[strategy].Name {
			continue
		}
		for k := range o.Attempts {
			s.bought[o.Attempts[k].Bought.UTC().Format("2006-01")] += o.Attempts[k].AtMost()
		}
		if o.Finished {
			s.tallies = append(s.tallies, m.tally(o, b.of(o.Pair)))
		}
	}
	s.fixed += m.unused(s)
	slices.SortStableFunc(s.tallies, func(x, y tally) int { return cmp.Compare(x.latency, y.latency) })
	return s, nil
}

// unused is what prepaid units would cost beyond the charges of a month of such orders, in dollars.
func (m *Bench) unused(s *sample) float64 {
	charged := map[string]float64{}
	for i := range s.tallies {
		for k := range s.tallies[i].order.Attempts {
			attempt := &s.tallies[i].order.Attempts[k]
			charged[attempt.Channel] += attempt.Charge().Dollars() * s.monthly / float64(len(s.tallies))
		}
	}
	unused := 0.0
	for ch := range m.Compiled.Model.Channels {
		c := &m.Compiled.Model.Channels[ch]
		unused += c.Unused(charged[c.Name])
	}
	return unused
}

// prices fills in what clips cost. A channel that isn't driven has no price here.
func (m *Bench) prices(s *sample) error {
	var prices []float64
	reached := Channels(m.Scenario, m.Compiled)
	for class, route := range m.Compiled.Strategies[s.strategy].Routes {
		s.falls = s.falls || len(route.Steps) > 1
		for _, step := range route.Steps {
			c := &m.Scenario.Channels[step.Channel]
			if !slices.Contains(reached, c.Name) {
				continue
			}
			worst, err := ledger.Worst(&c.Price, m.Compiled.Model.Channels[step.Channel].Jobs[class].Clip)
			if err != nil {
				return fmt.Errorf("channel %s: %w", c.Name, err)
			}
			prices = append(prices, worst.Dollars())
		}
	}
	if len(prices) > 0 {
		s.least, s.most = slices.Min(prices), slices.Max(prices)
	}
	return nil
}

func (m *Bench) tally(o *recording.Order, block int) tally {
	t := tally{order: o, block: block, charge: o.Charge().Dollars(), latency: math.Inf(1), delivered: o.Delivered}
	promise := m.Scenario.Workload.Promise
	t.inTime = o.Delivered && (promise == 0 || o.Latency <= promise)
	if o.Delivered {
		t.latency = o.Latency.Seconds()
	}
	switch costs := &m.Compiled.Model.Costs; {
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

// doubt is how many orders are thought of beside those that were measured, since what never happened in a few orders
// may happen all the same: half an order for each way that a share can go, by the prior of Jeffreys (1946). Of money,
// what is delivered at once is paid the least for, what falls back the most, and what is never delivered as much as a
// delivered order at least: of resampled orders, t intervals, log ratios and Fieller's, only this held true costs of
// few orders, as often as is said.
type doubt struct {
	atOnce, never float64 // delivered at once, and never
	fell, stayed  float64 // back on a later step, and on the first one
}

// doubts draws them. A replayed order stands for a part of one, so there are more of them.
func (s *sample) doubts(random *rand.Rand) doubt {
	half := distuv.Gamma{Alpha: 0.5, Beta: 1 / s.repeats, Src: random}
	return doubt{atOnce: half.Rand(), never: half.Rand(), fell: half.Rand(), stayed: half.Rand()}
}

// figures works the figures out; weight says how often an order counts. Orders that are only thought of are in all
// else as the others are on average.
func (s *sample) figures(weight func(*tally) float64, d doubt) figures {
	var f figures
	var n, paid, wasted, delivered, latency float64
	for i := range s.tallies {
		t := &s.tallies[i]
		w := weight(t)
		n += w
		f.attempts += w * float64(len(t.order.Attempts))
		if t.delivered {
			delivered += w
			paid += w * s.cost(t)
			latency += w * t.latency
		} else {
			wasted += w * s.cost(t)
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
	if s.falls {
		f.fellBack = (f.fellBack + d.fell) / (n + d.fell + d.stayed)
	}
	s.money(&f, paid, wasted, delivered, d)
	all := n + d.atOnce + d.never
	f.delivered, f.inTime = (delivered+d.atOnce)/all, (f.inTime+d.atOnce)/all
	f.p50, f.p95 = s.quantile(0.5*all-d.atOnce, weight), s.quantile(0.95*all-d.atOnce, weight)
	f.p99 = s.quantile(0.99*all-d.atOnce, weight)
	return f
}

// money works out what an order and a delivered clip cost, from what was paid for delivered orders and for the others.
func (s *sample) money(f *figures, paid, wasted, delivered float64, d doubt) {
	undelivered, made := f.orders-delivered, delivered+d.atOnce+d.fell
	paid += d.atOnce*s.least + d.fell*s.most + (d.atOnce+d.fell)*s.fixed/s.monthly
	if made > 0 && d.never > 0 {
		each := paid/made + s.lost
		if undelivered > 0 {
			each = max(each, wasted/undelivered)
		}
		wasted += d.never * each
	}
	f.costPerOrder = (paid + wasted) / (made + undelivered + d.never)
	if f.costPerDelivered = math.Inf(1); made > 0 {
		f.costPerDelivered = (paid + wasted) / made
	}
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
