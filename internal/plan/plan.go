// Package plan puts together what benches of a scenario would cost, show and be worth, and how their money is spent best.
//
// It deliberately works out neither prices nor probabilities of its own: a night's bench comes from bench, what to expect
// and what measuring is worth from sim.
//
//	p, err := plan.New(s, &plan.Question{Nights: 30, Night: night, Expected: figures, Channels: channels, Worth: worth})
package plan

import (
	"errors"
	"math"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/money"
	"channelbench/internal/record"
	"channelbench/internal/scenario"
	"channelbench/internal/stats/power"
)

// Question is what is planned.
type Question struct {
	Version string
	Nights  int
	Orders  int          // per driven strategy and night; 0: as Budget buys, or as the scenario says
	Budget  money.Micros // for all nights; 0: none

	Night    func(orders int) (*Night, error) // a night's bench with so many orders of each driven strategy
	Expected []record.Strategy                // all strategies, at the stated values
	Channels []Channel                        // in the scenario's order
	Worth    *Worth                           // nil: it isn't known in dollars
}

// Night is one bench.
type Night struct {
	Strategies   []Strategy
	Replayed     []string
	Orders       int
	Least, Worst money.Micros
	Lasts        time.Duration // from the first order to the last
	Ends         time.Duration // after that, at the latest
}

// Strategy is the part of one driven strategy.
type Strategy struct {
	Name         string
	Orders       int
	Least, Worst money.Micros
}

// Channel is what orders see of a channel.
type Channel struct {
	First float64 // orders that begin there, of each order of every driven strategy
	Sigma float64 // standard deviation of the logarithm of its latency
}

// Worth is what measuring is worth in dollars a month.
type Worth struct {
	Today           string
	Perfect, Missed float64
	Of              func(orders, nights int) (value, se float64)
}

// planner is a plan in the making.
type planner struct {
	*Question
	scenario *scenario.Scenario
	compiled *scenario.Compiled
	plan     *record.Plan
	night    *Night
}

// ErrTooLittle says that a budget buys no order.
var ErrTooLittle = errors.New("the budget doesn't buy one order of each driven strategy a night")

// New makes a plan.
func New(s *scenario.Scenario, head *record.Run, q *Question) (*record.Plan, error) {
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	p := &planner{Question: q, scenario: s, compiled: compiled}
	one, err := q.Night(1)
	if err != nil {
		return nil, err
	}
	orders := q.Orders
	if orders == 0 {
		orders = s.Bench.Orders
		if q.Budget > 0 {
			if orders = int(q.Budget.Dollars() / float64(q.Nights) / p.each(one)); orders == 0 {
				return nil, ErrTooLittle
			}
		}
	}
	if p.night, err = q.Night(orders); err != nil {
		return nil, err
	}
	p.plan = &record.Plan{Schema: record.PlanSchema, Tool: record.Tool{Version: q.Version}, Seed: s.Seed, Scenario: head.Scenario,
		Nights: q.Nights, Orders: orders, Replayed: p.night.Replayed}
	if q.Budget > 0 {
		p.plan.BudgetUSD = record.Number(q.Budget.Dollars())
	}
	p.costs()
	p.shares()
	p.latencies()
	p.channels()
	p.worth()
	p.words()
	return p.plan, nil
}

// expected is what to expect of a strategy.
func (p *planner) expected(name string) *record.Strategy {
	for i := range p.Expected {
		if p.Expected[i].Name == name {
			return &p.Expected[i]
		}
	}
	return &record.Strategy{Name: name}
}

// charge is what an order of a strategy is expected to be charged, in dollars.
func (p *planner) charge(name string) float64 {
	sum := 0.0
	for _, usd := range p.expected(name).SpendByChannel {
		sum += usd
	}
	return sum / float64(p.scenario.Workload.OrdersPerMonth)
}

// ratio is what an order is expected to be charged over what it costs if its first attempt delivers. A night's orders are few
// and have clips of their own mix, so what they are expected to cost follows from their own least cost.
func (p *planner) ratio(name string) float64 {
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
	charge, err := p.scenario.Channels[ch].Price.Charge(channel.Usage{Clip: p.compiled.Model.Channels[ch].Jobs[class].Clip, Accepted: true, Made: true})
	return charge.Dollars(), err
}

// each is what one order of each driven strategy is expected to be charged.
func (p *planner) each(n *Night) float64 {
	sum := 0.0
	for _, s := range n.Strategies {
		sum += p.charge(s.Name)
	}
	return sum
}

// costs are those of a night and of all nights.
func (p *planner) costs() {
	night := record.PlannedCost{Orders: p.night.Orders, LeastUSD: p.night.Least.Dollars(), WorstUSD: p.night.Worst.Dollars(),
		Seconds: p.night.Lasts.Seconds(), LatestSeconds: (p.night.Lasts + p.night.Ends).Seconds()}
	for _, s := range p.night.Strategies {
		planned := record.PlannedStrategy{Name: s.Name, Orders: s.Orders, Attempts: float64(s.Orders) * value(p.expected(s.Name).AttemptsPerOrder),
			LeastUSD: s.Least.Dollars(), WorstUSD: s.Worst.Dollars(), ExpectedUSD: min(s.Least.Dollars()*p.ratio(s.Name), s.Worst.Dollars())}
		night.Attempts += planned.Attempts
		night.ExpectedUSD += planned.ExpectedUSD
		p.plan.Strategies = append(p.plan.Strategies, planned)
	}
	n := float64(p.Nights)
	p.plan.Night = night
	p.plan.AllNights = record.PlannedCost{Orders: night.Orders * p.Nights, Attempts: night.Attempts * n, LeastUSD: night.LeastUSD * n,
		ExpectedUSD: night.ExpectedUSD * n, WorstUSD: night.WorstUSD * n, Seconds: night.Seconds * n, LatestSeconds: night.LatestSeconds * n}
}

// shares says what orders show of shares.
func (p *planner) shares() {
	all := p.plan.Orders * p.Nights
	for _, s := range p.night.Strategies {
		e := p.expected(s.Name)
		for _, f := range []struct {
			name   string
			figure record.Figure
			skip   bool
		}{{"delivered", e.DeliveredShare, false}, {"in_time", e.InTimeShare, p.scenario.Workload.Promise == 0}} {
			if f.skip {
				continue
			}
			v := value(f.figure)
			p.plan.Shares = append(p.plan.Shares, record.ShareDetection{Strategy: s.Name, Figure: f.name, Expected: v,
				NightKnown: record.Number(power.Known(v, p.plan.Orders)), NightFall: record.Number(power.Fall(v, p.plan.Orders, all)),
				AllKnown: record.Number(power.Known(v, all)), AllFall: record.Number(power.Fall(v, all, all))})
		}
	}
}

// enough is from how many orders per channel and night on further ones show little: by then nights differ as much as the
// medians of so many orders do.
const enough = 150

// latencies say which rises of the median are found, with as many orders as are planned and with others.
func (p *planner) latencies() {
	shown := map[float64]bool{} // spreads that other numbers were shown for
	for i, c := range p.Channels {
		planned := int(math.Round(c.First * float64(p.plan.Orders)))
		if planned == 0 {
			continue
		}
		repeats := shown[c.Sigma]
		shown[c.Sigma] = true
		for k, n := range []int{planned, 50, 100, enough, 2 * enough, 500} {
			if k > 0 && (n == planned || repeats) {
				continue
			}
			p.plan.Latencies = append(p.plan.Latencies, record.Rise{Channel: p.scenario.Channels[i].Name, Orders: n, Planned: k == 0,
				NightRise: record.Number(power.Rise(c.Sigma, power.Nightly, n, 1, p.Nights, power.Z())),
				AllRise:   record.Number(power.Rise(c.Sigma, power.Nightly, n, p.Nights, p.Nights, power.Z()))})
		}
	}
}

// channels says what a night sees of each channel, and how its money shows more: orders in proportion to the deviation of a
// good order over the root of its price (Neyman's allocation with costs, Cochran 1977, §5.5), never more than enough.
func (p *planner) channels() {
	budget := p.plan.Night.ExpectedUSD
	var deviations []float64
	var prices []float64
	for i, c := range p.Channels {
		if c.First == 0 {
			continue
		}
		ch := record.PlannedChannel{Name: p.scenario.Channels[i].Name, Orders: c.First * float64(p.plan.Orders)}
		p.prices(i, &ch)
		good := p.good(i)
		deviations = append(deviations, math.Sqrt(max(0.01, good*(1-good))))
		prices = append(prices, ch.ClipUSD)
		p.plan.Channels = append(p.plan.Channels, ch)
	}
	for i, n := range allot(budget, deviations, prices) {
		p.plan.Channels[i].Better = n
	}
}

// allot shares a budget out among channels.
func allot(budget float64, deviations, prices []float64) []float64 {
	orders, full := make([]float64, len(prices)), make([]bool, len(prices))
	for again := true; again; {
		again = false
		left, weight := budget, 0.0
		for i, price := range prices {
			if full[i] {
				left -= enough * price
			} else {
				weight += deviations[i] * math.Sqrt(price)
			}
		}
		for i, price := range prices {
			if full[i] {
				continue
			}
			if orders[i] = max(0, left) * deviations[i] / math.Sqrt(price) / weight; price == 0 || orders[i] > enough {
				orders[i], full[i], again = enough, true, true
			}
		}
	}
	return orders
}

// prices are those of the clips that orders begin with on a channel.
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

// good is the share of good orders that is expected on a channel, by the driven strategy that begins there with most.
func (p *planner) good(ch int) float64 {
	best, good := 0.0, 0.5
	for i := range p.scenario.Strategies {
		for _, s := range p.night.Strategies {
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
