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

// schedule plans the orders of a run. The orders of a pair, one for each driven strategy, arrive one after the other in
// a seeded random order, so that all strategies meet the same channels in the same minutes (Bulej and others 2020, duet
// benchmarking). Numbers are fixed by the seed; the gaps are those of the scenario's process at its bench rate.
func schedule(s *scenario.Scenario, m *world.Model, driven []int, prompts int) []Planned {
	random := rand.New(rand.NewPCG(s.Seed, 0x73636865)) // apart from other uses of the seed
	orders := make([]Planned, 0, len(driven)*s.Bench.Orders)
	for pair := range s.Bench.Orders {
		key := m.Key(0, pair)
		prompt := random.IntN(prompts)
		for _, i := range random.Perm(len(driven)) {
			orders = append(orders, Planned{Strategy: driven[i], Pair: pair, Class: m.Class(key), Prompt: prompt, Key: key})
		}
	}
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
