// Package exact answers without sampling: shares, attempts, cost and the whole latency
// distribution of a strategy, where orders are independent of each other.
//
// It covers whatever package world draws per order and attempt: moderation, region (also as a mixture of rates per
// order), submit, ambiguous, job, unusable and download errors, backoff with jitter, fallback, routing, polls, the
// deadline; on request also egress exits that stay bad for a while. It deliberately stops where an order's fate
// depends on others: shared limits, queues, outages, regimes, or a pool that pauses a channel have no place in it.
//
// Orders that share an exit meet the same bad spells, but none changes what another finds. So shares, attempts, cost
// and latency are those expected of any order; only the scatter of months about them is not.
//
// Each route is a walk over attempts. The time elapsed before each attempt is a measure on a
// grid (atoms on nodes, mass spread evenly within cells), convolved value by value where it has few values, else by
// FFT; the last leg, from an attempt's start to delivery, uses the distribution's own CDF. What is on the grid is exact
// for times that are multiples of its step, and of second order in the step for continuous ones. An order delivered at
// its first attempt never touches the grid.
//
//	answer, err := exact.Solve(model, strategy, exact.Options{})
//	fmt.Println(answer.CostPerOrder, answer.Quantile(0.95))
package exact

import (
	"errors"
	"math"
	"slices"

	"channelbench/internal/dist"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Options set the accuracy.
type Options struct {
	// Rough is some ten times faster, and good to about 10⁻⁴ in shares: enough where many draws of
	// uncertain inputs are compared. Where no deadline bounds the tail and the promise falls on a
	// spike of the latency, the share in time is good to some 10⁻³.
	Rough bool

	// Exits answers where orders share egress exits, too. What is expected of one order is exact
	// then as ever, but the orders of a month succeed and fail together: sampling errors that count orders
	// as independent are too small.
	Exits bool
}

// Answer is what is expected of one order, in dollars, seconds and shares of all orders.
type Answer struct {
	Delivered        float64
	InTime           float64
	Attempts         float64 // submits per order
	Fallback         float64 // orders that begin any step but the first
	ChargePerOrder   float64
	ChargeByChannel  []float64 // per order
	HandlingPerOrder float64   // penalties and fixed costs
	MeanLatency      float64   // of delivered orders; NaN: none is delivered, or Rough

	HighestPrice float64   // of any attempt, in dollars
	Further      []Further // attempts beyond an order's first, by class, luck and place in the route

	legs []leg
}

// Further is the share of all orders that make a certain further attempt, and its price in dollars.
type Further struct{ Share, Price float64 }

// CostPerOrder is charges and handling.
func (a *Answer) CostPerOrder() float64 { return a.ChargePerOrder + a.HandlingPerOrder }

// CostPerDelivered is the cost over delivered orders; NaN where none is delivered.
func (a *Answer) CostPerDelivered() float64 {
	if a.Delivered <= 0 {
		return math.NaN()
	}
	return a.CostPerOrder() / a.Delivered
}

// ErrDependent is returned where orders meet: on a channel with outages, regimes, limits, or egress exits
// without Options.Exits; with it, where a route comes back to such a channel after another one's step.
var ErrDependent = errors.New("no closed form: orders meet in outages, regimes, egress exits or limits")

// ErrStrategy is returned for strategies beyond retries and fallback: with timeouts, circuit breakers, retry
// budgets or hedges.
var ErrStrategy = errors.New("no closed form: it has timeouts, circuit breakers, retry budgets or hedges")

// Solve answers for a strategy. The fixed costs are those of the channels that the strategy uses.
func Solve(m *world.Model, s *policy.Strategy, uses []bool, o Options) (*Answer, error) {
	return NewSolver().Solve(m, s, uses, o)
}

// Solver solves strategies and models one after the other, and remembers what they have in common: an answer is the
// same whatever was solved before, but comes sooner. A solver and its answers are for one goroutine.
type Solver struct {
	workspaces map[grid]*workspace
	responses  map[responseKey]*response
	remembered int // numbers in both
}

// NewSolver makes a solver that remembers nothing yet.
func NewSolver() *Solver {
	s := &Solver{}
	s.forget()
	return s
}

func (s *Solver) forget() {
	s.workspaces, s.responses, s.remembered = map[grid]*workspace{}, map[responseKey]*response{}, 0
}

type responseKey struct {
	service distKey
	every   float64
}

// response is that of a job that is polled every so many seconds.
func (s *Solver) response(service dist.Distribution, every float64) *response {
	key := responseKey{keyOf(service), every}
	if s.responses[key] == nil {
		s.responses[key] = &response{service: service, every: every}
		s.remembered += 200 // about as many polls
	}
	return s.responses[key]
}

// Solve answers for a strategy. The fixed costs are those of the channels that the strategy uses.
func (s *Solver) Solve(m *world.Model, st *policy.Strategy, uses []bool, o Options) (*Answer, error) {
	a := &Answer{ChargeByChannel: make([]float64, len(m.Channels))}
	if dependent(m, uses, o) {
		return nil, ErrDependent
	}
	for class := range m.Classes {
		for _, step := range st.Routes[class].Steps {
			if step.Timeout > 0 || step.Breaker.Failures > 0 || step.Budget.Burst > 0 || step.Hedge.After > 0 {
				return nil, ErrStrategy
			}
		}
		w := s.newWalk(m, class, &st.Routes[class], a)
		if w.returns() {
			return nil, ErrDependent
		}
		if err := w.run(o); err != nil {
			return nil, err
		}
	}
	a.close(m, uses, !o.Rough)
	return a, nil
}

// dependent says whether an order's fate on the used channels depends on when it comes, or on other orders.
func dependent(m *world.Model, uses []bool, o Options) bool {
	if o.Exits {
		alone := *m
		alone.Channels = slices.Clone(m.Channels)
		for ch := range alone.Channels {
			alone.Channels[ch].Errors.Exits = world.Exits{}
		}
		m = &alone
	}
	for ch, used := range uses {
		if used && m.Dependent(ch) {
			return true
		}
	}
	return false
}

// close derives what follows from the walks.
func (a *Answer) close(m *world.Model, uses []bool, mean bool) {
	end := math.Inf(1)
	if m.Deadline > 0 {
		end = m.Deadline.Seconds()
	}
	a.Delivered = a.CDF(end)
	a.InTime = a.Delivered
	if m.Promise > 0 {
		a.InTime = a.CDF(min(end, m.Promise.Seconds()))
	}
	a.MeanLatency = math.NaN()
	if mean && a.Delivered > 0 {
		a.MeanLatency = 0
		for i := range a.legs {
			a.MeanLatency += a.legs[i].partialMean(end) / a.Delivered
		}
	}
	for _, charge := range a.ChargeByChannel {
		a.ChargePerOrder += charge
	}
	a.HandlingPerOrder = m.Costs.Undelivered.Dollars()*(1-a.Delivered) + m.Costs.Late.Dollars()*(a.Delivered-a.InTime)
	orders := float64(m.Orders)
	for ch, fixed := range m.Costs.Fixed {
		if uses[ch] {
			a.HandlingPerOrder += (fixed.Dollars() + m.Channels[ch].Unused(a.ChargeByChannel[ch]*orders)) / orders
		}
	}
}

// CDF is the share of all orders delivered within so many seconds, the deadline aside.
func (a *Answer) CDF(seconds float64) float64 {
	share := 0.0
	for i := range a.legs {
		share += a.legs[i].cdf(seconds)
	}
	return share
}

// Quantile is the latency that a share q of all orders does not exceed, and false where fewer
// are ever delivered.
func (a *Answer) Quantile(q float64) (seconds float64, ok bool) {
	if q > a.Delivered {
		return 0, false
	}
	low, high := 0.0, 1.0
	for a.CDF(high) < q {
		low, high = high, 2*high
		if high > 1e9 {
			return 0, false
		}
	}
	return a.bisect(q, low, high), true
}

// bisect narrows CDF(low) < q ≤ CDF(high), by regula falsi (Illinois) where that helps and by
// halving where steps of the CDF defeat it.
func (a *Answer) bisect(q, low, high float64) float64 {
	below, above := a.CDF(low)-q, a.CDF(high)-q
	for i := 0; high-low > 1e-9*high && i < 200; i++ {
		mid := (low + high) / 2
		if i%3 > 0 {
			mid = low - below*(high-low)/(above-below)
			mid = min(max(mid, low+1e-3*(high-low)), high-1e-3*(high-low))
		}
		if c := a.CDF(mid) - q; c < 0 {
			low, below = mid, c
		} else {
			high, above = mid, c
		}
	}
	return high
}
