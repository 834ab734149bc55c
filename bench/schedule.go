package bench

import (
	"math"
	"math/rand/v2"
	"time"

	"channelbench/internal/scenario"
	"channelbench/internal/world"
)

// Planned is one order of the schedule.
type Planned struct {
	Index    int           // in the schedule, by arrival
	Strategy int           // which of the scenario's strategies
	Pair     int           // the same number, video and prompt in every strategy that is driven
	Class    int           // which video
	Prompt   int           // which prompt
	Key      world.Key     // of its draws: jitter, and the mock channels' luck
	At       time.Duration // scheduled arrival since the start of the run, in the scenario's time
}

// schedule plans the orders of a run: each driven strategy gets as many, in seeded random order
// within one window, so that all meet the same channels at the same time. Numbers are fixed by
// the seed; the gaps are those of the scenario's process at its bench rate.
func schedule(s *scenario.Scenario, m *world.Model, driven []int, prompts int) []Planned {
	random := rand.New(rand.NewPCG(s.Seed, 0x73636865)) // apart from other uses of the seed
	orders := make([]Planned, 0, len(driven)*s.Bench.Orders)
	for pair := range s.Bench.Orders {
		key := m.Key(0, pair)
		prompt := random.IntN(prompts)
		for _, strategy := range driven {
			orders = append(orders, Planned{Strategy: strategy, Pair: pair, Class: m.Class(key), Prompt: prompt, Key: key})
		}
	}
	random.Shuffle(len(orders), func(i, k int) { orders[i], orders[k] = orders[k], orders[i] })
	gap := float64(s.Bench.Rate.Per) / float64(s.Bench.Rate.Count)
	at := 0.0
	for i := range orders {
		orders[i].Index, orders[i].At = i, time.Duration(at)
		if m.Process == world.Poisson {
			at += gap * -math.Log(1-random.Float64())
		} else {
			at += gap
		}
	}
	return orders
}
