package sim_test

import (
	"context"
	"testing"

	"channelbench/internal/scenario"
	"channelbench/internal/sobol"
	"channelbench/scenarios"
	"channelbench/sim"
	"channelbench/sim/exact"
)

func shippedScenario(b *testing.B, name string) *scenario.Scenario {
	b.Helper()
	source, ok := scenarios.Open(name)
	if !ok {
		b.Fatalf("no scenario %s", name)
	}
	s, problems, err := scenario.Load(name, source, scenario.Options{})
	if err != nil || len(problems) > 0 {
		b.Fatal(err, problems)
	}
	return s
}

// BenchmarkRanges is all of a run but its months: draws of ranges, effects of single ones, break-evens.
func BenchmarkRanges(b *testing.B) {
	for _, name := range []string{"sora2", "muse-h3"} {
		b.Run(name, func(b *testing.B) {
			s := shippedScenario(b, name)
			for b.Loop() {
				if _, err := sim.Run(context.Background(), s, sim.Options{Months: 2, Workers: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkDraws is the closed form of one strategy under 256 draws of all ranges, compiling included.
func BenchmarkDraws(b *testing.B) {
	s := shippedScenario(b, "sora2")
	inputs := s.Inputs()
	points := sobol.New(len(inputs), 1)
	hybrid := 3
	for b.Loop() {
		solver := exact.NewSolver()
		for d := range uint32(256) {
			var values []float64
			for k, x := range points.At(d) {
				values = append(values, inputs[k].Range.Quantile(x))
			}
			c, err := s.With(values).Compile()
			if err != nil {
				b.Fatal(err)
			}
			if _, err = solver.Solve(&c.Model, &c.Strategies[hybrid], c.Uses[hybrid], exact.Options{Rough: true}); err != nil {
				b.Fatal(err)
			}
		}
	}
}
