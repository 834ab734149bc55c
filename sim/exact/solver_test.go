package exact_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/exact"
)

// changed is a world and a strategy in which one thing is different.
func changed(random *rand.Rand, m *world.Model, s *policy.Strategy) (*world.Model, *policy.Strategy) {
	model, strategy := *m, policy.Strategy{Routes: slices.Clone(s.Routes)}
	model.Channels = slices.Clone(m.Channels)
	for i := range strategy.Routes {
		strategy.Routes[i].Steps = slices.Clone(s.Routes[i].Steps)
	}
	route := &strategy.Routes[0]
	step := &route.Steps[random.IntN(len(route.Steps))]
	ch := &model.Channels[step.Channel]
	factor := 0.5 + random.Float64()
	switch random.IntN(12) {
	case 0:
		ch.Price = &channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: 3 * money.Dollar}}
	case 1, 2, 3:
		ch.Errors.By[channel.Errors[random.IntN(len(channel.Errors))]].Rate *= min(1, factor)
	case 4:
		ch.Jobs = slices.Clone(ch.Jobs)
		ch.Jobs[0].Service = dist.NewLogNormal(30*factor, 0.5)
	case 5:
		ch.SubmitTakes = dist.Constant(math.Round(4 * factor))
	case 6:
		step.Attempts = 1 + random.IntN(4)
	case 7:
		step.Backoff.Base = time.Duration(factor * 4e9)
	case 8:
		step.RetryOn ^= policy.SetOf(channel.Job)
	case 9:
		route.Steps = route.Steps[:1]
	case 10:
		ch.Errors.Exits.Burst = time.Duration(factor * 60e9)
	case 11:
		model.Deadline, model.Promise = model.Deadline+10*time.Second, 30*time.Second
		route.Deadline = model.Deadline
	}
	return &model, &strategy
}

// TestSolverForgetsNoDifference: a solver that has solved many worlds that are alike answers as a new one does, to the
// last bit.
func TestSolverForgetsNoDifference(t *testing.T) {
	for seed := range uint64(proof.Size(8, 40)) {
		random := rand.New(rand.NewPCG(23, seed))
		m, s := stickyWorld(random)
		if m.Deadline == 0 || random.IntN(2) == 0 {
			for ch := range m.Channels {
				m.Channels[ch].Errors.Exits = world.Exits{}
			}
		}
		solver := exact.NewSolver()
		for range 25 {
			o := exact.Options{Rough: random.IntN(4) > 0, Exits: true}
			got, err := solver.Solve(m, s, []bool{true, true}, o)
			if err != nil {
				t.Fatal(err)
			}
			want, err := exact.Solve(m, s, []bool{true, true}, o)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := figures(got), figures(want); got != want {
				t.Fatalf("seed %d: %s, by a new solver %s\n%+v\n%+v", seed, got, want, m, s)
			}
			m, s = changed(random, m, s)
		}
	}
}

func figures(a *exact.Answer) string {
	text := fmt.Sprint(a.Delivered, a.InTime, a.Attempts, a.Fallback, a.ChargeByChannel, a.HandlingPerOrder,
		a.MeanLatency, a.HighestPrice, a.Further)
	for _, q := range []float64{0.1, 0.5, 0.9} {
		seconds, ok := a.Quantile(q)
		text += fmt.Sprint(" ", seconds, ok)
	}
	return text
}

// TestOutlasted: orders whose pause would end at the deadline or later begin the next step at once, and share a pause's
// jitter with those that wait it out.
func TestOutlasted(t *testing.T) {
	for _, tt := range []struct {
		pause     time.Duration
		low, high float64
		fallback  float64
		delivered float64
	}{
		{pause: 200 * time.Second, low: 1, high: 1, fallback: 1, delivered: 1},
		{pause: 194 * time.Second, low: 1, high: 1, fallback: 1, delivered: 1},
		{pause: 193 * time.Second, low: 1, high: 1, fallback: 0, delivered: 0},
		{pause: 194 * time.Second, low: 0.5, high: 1.5, fallback: 0.5, delivered: 0.5},
	} {
		m := coin(1) // refuses after 6 s
		m.Deadline = 200 * time.Second
		step := try(reverse, 2)
		step.Backoff = policy.Backoff{Base: tt.pause, Low: tt.low, High: tt.high}
		a := solve(t, m, route(m, step, try(forwarding, 1)))
		// The other half is refused again at 103 to 200 s, and forwarding takes 100 s. 1 s of them is made in time.
		if math.Abs(a.Delivered-tt.delivered) > 0.01 || a.Fallback < tt.fallback-1e-9 {
			t.Errorf("pause %v × %v to %v: delivered %v, want %v; fallback %v, want at least %v", tt.pause, tt.low, tt.high,
				a.Delivered, tt.delivered, a.Fallback, tt.fallback)
		}
	}
}

// BenchmarkSolve is an answer for one draw of a hybrid's ranges, where one rate, or more, differ from the last draw.
func BenchmarkSolve(b *testing.B) {
	for _, all := range []bool{false, true} {
		b.Run(fmt.Sprintf("all=%v", all), func(b *testing.B) {
			m := worldtest.RefV1(1)
			m.Deadline, m.Promise = 10*time.Minute, 5*time.Minute
			s := worldtest.Strategy("hybrid", m, 10*time.Second, worldtest.Reverse, worldtest.Forwarding)
			errors := &m.Channels[worldtest.Reverse].Errors
			errors.RegionMix = nil
			errors.By[channel.Job].Rate, errors.By[channel.BadClip].Rate = 0.02, 0.03
			solver, random := exact.NewSolver(), rand.New(rand.NewPCG(1, 1))
			for b.Loop() {
				errors.By[channel.BadClip].Rate = 0.03 * random.Float64()
				if all {
					errors.By[channel.Region].Rate = 0.02 * random.Float64()
					jobs := m.Channels[worldtest.Reverse].Jobs
					for class := range jobs {
						jobs[class].Service = dist.NewLogNormal(45*float64(1+class)*(0.5+random.Float64()), 0.4)
					}
				}
				if _, err := solver.Solve(m, s, []bool{true, true}, exact.Options{Rough: true}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
