package bench

import (
	"fmt"
	"time"

	"channelbench/bench/ledger"
	"channelbench/bench/measure"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// Plan is what a run is going to do and can cost at most.
type Plan struct {
	Driven   []PlannedStrategy // in the order of the scenario
	Replayed []string          // strategies that are answered without spending
	Orders   int               // of all that are driven
	Lasts    time.Duration     // from the first arrival to the last
	Least    money.Micros      // if every order is delivered at its first attempt
	Worst    money.Micros      // if every attempt that the strategies allow is billed
	Speed    float64           // of the clock, on mock channels: as fast as no lag of this machine shows
}

// PlannedStrategy is the part of a plan that drives one strategy.
type PlannedStrategy struct {
	Name         string
	Orders       int
	Least, Worst money.Micros
}

// NewPlan works out the plan of a scenario's bench. An attempt whose price is unknown is an error.
func NewPlan(s *scenario.Scenario) (*Plan, error) {
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	parts := make([]PlannedStrategy, len(s.Strategies))
	p := &Plan{}
	first := make([][]float64, len(s.Strategies)) // what first attempts take, in seconds
	for _, o := range schedule(s, &compiled.Model, measure.Strategies(s), 1) {
		least, worst, err := orderCosts(s, &compiled.Model, &compiled.Strategies[o.Strategy].Routes[o.Class], o.Class)
		if err != nil {
			return nil, err
		}
		part := &parts[o.Strategy]
		part.Least, part.Worst, part.Orders = part.Least+least, part.Worst+worst, part.Orders+1
		p.Lasts = o.At
		ch := compiled.Strategies[o.Strategy].Routes[o.Class].Steps[0].Channel
		fate := compiled.Model.Attempt(o.Key, ch, o.Class, 0)
		first[o.Strategy] = append(first[o.Strategy], (fate.Answered + fate.Service).Seconds())
	}
	p.Speed = measure.SpeedFor(first)
	for i := range s.Strategies {
		part := parts[i]
		part.Name = s.Strategies[i].Name
		if part.Orders == 0 {
			p.Replayed = append(p.Replayed, part.Name)
			continue
		}
		p.Driven = append(p.Driven, part)
		p.Orders += part.Orders
		p.Least += part.Least
		p.Worst += part.Worst
	}
	return p, nil
}

// orderCosts are what an order costs whose first attempt delivers, and at most.
func orderCosts(s *scenario.Scenario, m *world.Model, route *policy.Route, video int) (least, worst money.Micros,
	err error) {
	for i := range route.Steps {
		step := &route.Steps[i]
		attempt, err := dearest(s, m, video, step.Channel)
		if err != nil {
			return 0, 0, err
		}
		if i == 0 {
			least = attempt
		}
		if step.Hedge.After > 0 {
			second, err := dearest(s, m, video, step.Hedge.Channel)
			if err != nil {
				return 0, 0, err
			}
			attempt += second
		}
		worst += attempt * money.Micros(step.Attempts)
	}
	return least, worst, nil
}

// dearest is the most that one attempt to buy a video through a channel can cost.
func dearest(s *scenario.Scenario, m *world.Model, video, ch int) (money.Micros, error) {
	worst, err := ledger.Worst(&s.Channels[ch].Price, m.Channels[ch].Jobs[video].Clip)
	if err != nil {
		return 0, fmt.Errorf("channel %s: %w", s.Channels[ch].Name, err)
	}
	return worst, nil
}
