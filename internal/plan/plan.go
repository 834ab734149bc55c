// Package plan puts together the cost of benches of a scenario, what they can find and their worth, and how their money
// is spent best.
//
// It deliberately works out neither prices nor probabilities of its own: a night's bench comes from bench, what to
// expect and what measuring is worth from sim.
//
//	p, err := plan.New(ctx, s, plan.Options{Nights: 30})
package plan

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"channelbench/bench"
	"channelbench/internal/channel"
	"channelbench/internal/decision"
	"channelbench/internal/decision/evsi"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats/power"
	"channelbench/sim"
)

// Options say what is planned.
type Options struct {
	Version     string // of the tool, for the record
	Nights      int
	Orders      int          // per driven strategy and night; 0: as Budget buys, or as the scenario says
	Budget      money.Micros // for all nights; 0: none
	MissedMonth money.Micros // extra cost of a month that misses a requirement; 0: a month with the dearest strategy
	Workers     int          // 0: one per processor
}

// RefusedError says why the scenario or the budget makes no plan.
type RefusedError struct{ Err error }

func (e *RefusedError) Error() string { return e.Err.Error() }

// Unwrap is for errors.Is.
func (e *RefusedError) Unwrap() error { return e.Err }

// ErrTooLittle says that a budget doesn't buy the orders.
var ErrTooLittle = errors.New("the budget is too small")

// New makes a plan: it simulates the scenario, and contacts nobody.
func New(ctx context.Context, s *scenario.Scenario, o Options) (*record.Plan, error) {
	one, err := night(s, 1)
	if err != nil {
		return nil, &RefusedError{err}
	}
	var driven []string
	for _, d := range one.Driven {
		driven = append(driven, d.Name)
	}
	study, err := sim.NewStudy(ctx, s, sim.StudyOptions{Driven: driven, Missed: o.MissedMonth.Dollars(),
		Workers: o.Workers})
	if err != nil {
		return nil, err
	}
	k := &knowledge{candidate: study.Candidate, unmet: study.Unmet, night: func(orders int) (*bench.Plan, error) { return night(s, orders) },
		strategies: study.Strategies, exposures: study.Channels}
	if study.InUSD {
		k.information = &information{today: study.Today, perfect: study.Perfect().Value, missed: study.Missed,
			worth: study.Worth}
	}
	p, err := made(s, o, k)
	if err != nil {
		return nil, &RefusedError{err}
	}
	return p, nil
}

// night is a night's bench with so many orders of each driven strategy.
func night(s *scenario.Scenario, orders int) (*bench.Plan, error) {
	c := *s
	c.Bench.Orders = orders
	return bench.NewPlan(&c)
}

// knowledge is what a plan is made of.
type knowledge struct {
	night       func(orders int) (*bench.Plan, error)
	strategies  []record.Strategy // all, at the stated values
	exposures   []sim.Exposure    // in the scenario's order
	candidate   string            // of sim; "": nothing is required, or no strategy qualifies
	unmet       []string          // why no strategy qualifies; nil: one does
	information *information      // nil: its worth isn't known in dollars
}

// information is the value of measuring, in dollars a month.
type information struct {
	today           string // the choice before anything is measured
	perfect, missed float64
	worth           func(orders, nights int) evsi.Value
}

// planner is a plan in the making.
type planner struct {
	Options
	*knowledge
	scenario *scenario.Scenario
	compiled *scenario.Compiled
	orders   int // per driven strategy and night
	bench    *bench.Plan
}

func made(s *scenario.Scenario, o Options, k *knowledge) (*record.Plan, error) {
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	p := &planner{Options: o, knowledge: k, scenario: s, compiled: compiled}
	if p.orders, err = p.affordable(); err != nil {
		return nil, err
	}
	if p.bench, err = k.night(p.orders); err != nil {
		return nil, err
	}
	return p.record(), nil
}

// affordable is the number of orders per driven strategy and night.
func (p *planner) affordable() (int, error) {
	switch {
	case p.Budget == 0 && p.Orders > 0:
		return p.Orders, nil
	case p.Budget == 0:
		return p.scenario.Bench.Orders, nil
	}
	one, err := p.night(1)
	if err != nil {
		return 0, err
	}
	share := float64(p.Budget/cent/money.Micros(p.Nights)) / 100 // of a night, in whole cents as caps are
	least := p.Orders                                            // that must be bought
	orders := p.Orders
	if orders == 0 {
		least, orders = 1, int(min(max(1, share/p.chargeOfEach(one)), mostOrders))
	}
	for {
		cost, err := p.needs(orders)
		switch {
		case err != nil:
			return 0, err
		case cost <= share:
			return orders, nil
		case orders == least:
			return 0, p.tooLittle(orders, cost)
		}
		orders = max(least, min(orders-1, int(float64(orders)*share/cost)))
	}
}

// tooLittle names the least budget for orders that cost so many dollars a night.
func (p *planner) tooLittle(orders int, cost float64) error {
	needed := money.Micros(math.Ceil(cost*100-1e-6)) * cent * money.Micros(p.Nights)
	what := "one order of each driven strategy a night needs"
	if orders > 1 {
		what = fmt.Sprintf("%d orders of each driven strategy a night need", orders)
	}
	return fmt.Errorf("%w: %s %v for %s", ErrTooLittle, what, needed, nights(p.Nights))
}

const (
	cent       = money.Dollar / 100
	mostOrders = 1_000_000 // of each driven strategy a night
)

// needs is the share of the budget that a night needs: what is expected, and no less than the cap without which bench
// refuses to begin.
func (p *planner) needs(orders int) (float64, error) {
	n, err := p.night(orders)
	if err != nil {
		return 0, err
	}
	expected := 0.0
	for _, s := range p.driven(n) {
		expected += s.ExpectedUSD
	}
	return max(expected, n.Least.Dollars()), nil
}

// record assembles the plan.
func (p *planner) record() *record.Plan {
	strategies := p.driven(p.bench)
	night := p.nightCost(strategies)
	channels := p.channels(night.ExpectedUSD)
	worth := p.worth()
	return &record.Plan{Schema: record.PlanSchema, Tool: record.Tool{Version: p.Version}, Seed: p.scenario.Seed,
		Scenario: decision.Scenario(p.scenario), Nights: p.Nights, Orders: p.orders,
		BudgetUSD: dollars(p.Budget), Night: night, AllNights: times(night, p.Nights),
		Strategies: strategies, Replayed: p.bench.Replayed, Channels: channels, Shares: p.shares(),
		Latencies: p.latencies(), Worth: worth, Unmet: p.unmet, Verdict: p.verdict(worth),
		Advice:   slices.Concat(p.adviseOrders(), p.adviseNights(), adviseMoney(channels, night.ExpectedUSD)),
		Warnings: p.warnings(worth)}
}

// dollars is an amount; nil where there is none.
func dollars(amount money.Micros) *float64 {
	if amount == 0 {
		return nil
	}
	return record.Number(amount.Dollars())
}

// expected are the figures of a strategy at the stated values.
func (p *planner) expected(name string) *record.Strategy {
	for i := range p.strategies {
		if p.strategies[i].Name == name {
			return &p.strategies[i]
		}
	}
	return &record.Strategy{Name: name}
}

// charge is the expected charge of a strategy's order, in dollars.
func (p *planner) charge(name string) float64 {
	sum := 0.0
	for _, usd := range p.expected(name).SpendByChannel {
		sum += usd
	}
	return sum / float64(p.scenario.Workload.OrdersPerMonth)
}

// retryFactor is the expected charge of an order over its cost if the first attempt delivers. A night's orders are few
// and have clips of their own mix, so their expected charge follows from their own least cost.
func (p *planner) retryFactor(name string) float64 {
	first := 0.0
	for i := range p.scenario.Strategies {
		if p.scenario.Strategies[i].Name != name {
			continue
		}
		for class, route := range p.compiled.Strategies[i].Routes {
			ch := route.Steps[0].Channel
			usd, _ := p.price(ch, class) // one that is unknown was refused with the night
			first += p.compiled.Model.Classes[class].Share * usd
		}
	}
	if first == 0 {
		return 0
	}
	return p.charge(name) / first
}

// price is that of a class's clip through a channel, in dollars.
func (p *planner) price(ch, class int) (float64, error) {
	clip := p.compiled.Model.Channels[ch].Jobs[class].Clip
	charge, err := p.scenario.Channels[ch].Price.Charge(channel.Usage{Clip: clip, Accepted: true, Made: true})
	return charge.Dollars(), err
}

// chargeOfEach is the expected charge of one order of each driven strategy.
func (p *planner) chargeOfEach(n *bench.Plan) float64 {
	sum := 0.0
	for _, d := range n.Driven {
		sum += p.charge(d.Name)
	}
	return sum
}

// driven are a night's costs of the driven strategies.
func (p *planner) driven(n *bench.Plan) []record.PlannedStrategy {
	var all []record.PlannedStrategy
	for _, d := range n.Driven {
		all = append(all, record.PlannedStrategy{Name: d.Name, Orders: d.Orders,
			Attempts: float64(d.Orders) * value(p.expected(d.Name).AttemptsPerOrder),
			LeastUSD: d.Least.Dollars(), WorstUSD: d.Worst.Dollars(),
			ExpectedUSD: min(d.Least.Dollars()*p.retryFactor(d.Name), d.Worst.Dollars())})
	}
	return all
}

// nightCost is that of a night, the strategies together.
func (p *planner) nightCost(strategies []record.PlannedStrategy) record.PlannedCost {
	deadline := p.scenario.Workload.Deadline
	night := record.PlannedCost{Orders: p.bench.Orders, LeastUSD: p.bench.Least.Dollars(),
		WorstUSD: p.bench.Worst.Dollars(),
		Seconds:  p.bench.Lasts.Seconds(), LatestSeconds: (p.bench.Lasts + deadline).Seconds()}
	for _, s := range strategies {
		night.Attempts += s.Attempts
		night.ExpectedUSD += s.ExpectedUSD
	}
	return night
}

// times is the cost of so many nights.
func times(c record.PlannedCost, nights int) record.PlannedCost {
	n := float64(nights)
	return record.PlannedCost{Orders: c.Orders * nights, Attempts: c.Attempts * n, LeastUSD: c.LeastUSD * n,
		ExpectedUSD: c.ExpectedUSD * n, WorstUSD: c.WorstUSD * n, Seconds: c.Seconds * n, LatestSeconds: c.LatestSeconds * n}
}

// shares are the differences in shares that the orders can find.
func (p *planner) shares() []record.ShareDetection {
	var found []record.ShareDetection
	all := p.orders * p.Nights
	for _, d := range p.bench.Driven {
		add := func(name string, figure record.Figure) {
			v := value(figure)
			found = append(found, record.ShareDetection{Strategy: d.Name, Figure: name, Expected: v,
				NightKnown: record.Number(power.Known(v, p.orders)), NightFall: record.Number(power.Fall(v, p.orders, all)),
				AllKnown: record.Number(power.Known(v, all)), AllFall: record.Number(power.Fall(v, all, all))})
		}
		e := p.expected(d.Name)
		add("delivered", e.DeliveredShare)
		if p.scenario.Workload.Promise > 0 {
			add("in_time", e.InTimeShare)
		}
	}
	return found
}

// saturation is from how many orders per channel and night on further ones show little: by then nights differ as much
// as the medians of so many orders do.
const saturation = 150

// latencies are the rises of the median that are found, with the planned number of orders and with others.
func (p *planner) latencies() []record.Rise {
	var found []record.Rise
	shown := map[float64]bool{} // spreads that other numbers were shown for
	for i, e := range p.exposures {
		planned := int(math.Round(e.First * float64(p.orders)))
		if planned == 0 {
			continue
		}
		repeats := shown[e.Sigma]
		shown[e.Sigma] = true
		for k, n := range []int{planned, 50, 100, saturation, 2 * saturation, 500} {
			if k > 0 && (n == planned || repeats) {
				continue
			}
			found = append(found, record.Rise{Channel: p.scenario.Channels[i].Name, Orders: n, Planned: k == 0,
				NightRise: record.Number(p.rise(e.Sigma, n, 1, p.Nights)),
				AllRise:   record.Number(p.rise(e.Sigma, n, p.Nights, p.Nights))})
		}
	}
	return found
}

// rise is the smallest rise of the median that so many orders a night find in some nights after as many others.
func (p *planner) rise(sigma float64, orders, nights, before int) float64 {
	return power.Rise(sigma, power.Nightly, orders, nights, before, power.Z())
}

// channels are what a night's orders show of each channel, and how a budget shows more: orders in proportion to the
// deviation of a good order over the root of its price (Neyman's allocation with costs, Cochran 1977, §5.5), never
// more than saturation.
func (p *planner) channels(budget float64) []record.PlannedChannel {
	var all []record.PlannedChannel
	var deviations, prices []float64
	for i, e := range p.exposures {
		if e.First == 0 {
			continue
		}
		ch := record.PlannedChannel{Name: p.scenario.Channels[i].Name, Orders: e.First * float64(p.orders)}
		p.prices(i, &ch)
		good := p.goodShare(i)
		deviations = append(deviations, math.Sqrt(max(0.01, good*(1-good))))
		prices = append(prices, ch.ClipUSD)
		all = append(all, ch)
	}
	for i, n := range allocation(budget, deviations, prices) {
		all[i].Better = n
	}
	return all
}

// allocation shares a budget out among channels: orders of each.
func allocation(budget float64, deviations, prices []float64) []float64 {
	orders, full := make([]float64, len(prices)), make([]bool, len(prices))
	for again := true; again; {
		again = false
		left, weight := budget, 0.0
		for i, price := range prices {
			if full[i] {
				left -= saturation * price
			} else {
				weight += deviations[i] * math.Sqrt(price)
			}
		}
		for i, price := range prices {
			if full[i] {
				continue
			}
			orders[i] = max(0, left) * deviations[i] / math.Sqrt(price) / weight
			if price == 0 || orders[i] > saturation {
				orders[i], full[i], again = saturation, true, true
			}
		}
	}
	return orders
}

// prices are those of the clips that a channel makes.
func (p *planner) prices(ch int, into *record.PlannedChannel) {
	share, sum := 0.0, 0.0
	for class, j := range p.compiled.Model.Channels[ch].Jobs {
		if !j.Makes {
			continue
		}
		usd, err := p.price(ch, class)
		if err != nil {
			continue
		}
		w := p.compiled.Model.Classes[class].Share
		share, sum = share+w, sum+w*usd
		if into.Shortest == "" || usd < into.ShortestUSD {
			into.Shortest, into.ShortestUSD = j.Clip.String(), usd
		}
	}
	if share > 0 {
		into.ClipUSD = sum / share
	}
}

// goodShare is the expected share of good orders on a channel, by the driven strategy that begins most of its orders
// there.
func (p *planner) goodShare(ch int) float64 {
	best, good := 0.0, 0.5
	for i := range p.scenario.Strategies {
		for _, s := range p.bench.Driven {
			if s.Name != p.scenario.Strategies[i].Name {
				continue
			}
			begins := 0.0
			for class, route := range p.compiled.Strategies[i].Routes {
				if route.Steps[0].Channel == ch {
					begins += p.compiled.Model.Classes[class].Share
				}
			}
			if begins > best {
				best, good = begins, value(p.expected(s.Name).InTimeShare)
			}
		}
	}
	return good
}

// value is a figure's, 0 where there is none.
func value(f record.Figure) float64 {
	if f.Value == nil {
		return 0
	}
	return *f.Value
}
