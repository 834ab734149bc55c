package bench

import (
	"fmt"
	"slices"
	"time"

	"channelbench/bench/ledger"
	"channelbench/internal/money"
	"channelbench/internal/scenario"
)

// Plan is what a run is going to do and can cost at most.
type Plan struct {
	Strategies []string      // driven, in the order of the scenario
	Orders     int           // of all of them
	Lasts      time.Duration // from the first arrival to the last, about
	Least      money.Micros  // if every order is delivered at its first attempt
	Worst      money.Micros  // if every attempt that the strategies allow is billed
}

// NewPlan works out the plan of a scenario's bench. An attempt whose price is unknown is an error.
func NewPlan(s *scenario.Scenario) (*Plan, error) {
	compiled, err := s.Compile()
	if err != nil {
		return nil, err
	}
	p := &Plan{}
	driven := drivenBy(s)
	for _, o := range schedule(s, &compiled.Model, driven, 1) {
		steps := compiled.Strategies[o.Strategy].Routes[o.Class].Steps
		for i := range steps {
			ch := steps[i].Channel
			worst, err := ledger.Worst(&s.Channels[ch].Price, compiled.Model.Channels[ch].Jobs[o.Class].Clip)
			if err != nil {
				return nil, fmt.Errorf("channel %s: %w", s.Channels[ch].Name, err)
			}
			if i == 0 {
				p.Least += worst
			}
			p.Worst += worst * money.Micros(steps[i].Attempts)
		}
		p.Orders++
		p.Lasts = o.At
	}
	for _, i := range driven {
		p.Strategies = append(p.Strategies, s.Strategies[i].Name)
	}
	return p, nil
}

// drivenBy lists the strategies that are really driven: those of [bench] run, or all.
func drivenBy(s *scenario.Scenario) []int {
	var driven []int
	for i := range s.Strategies {
		if len(s.Bench.Run) == 0 || slices.Contains(s.Bench.Run, s.Strategies[i].Name) {
			driven = append(driven, i)
		}
	}
	return driven
}
