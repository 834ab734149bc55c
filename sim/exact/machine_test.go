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
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/stats"
	"channelbench/internal/world"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// one picks among choices.
func one[T any](random *rand.Rand, choices ...T) T { return choices[random.IntN(len(choices))] }

// stickyWorld is a random world of two channels with exits that stay bad for about as long as orders try.
func stickyWorld(random *rand.Rand) (*world.Model, *policy.Strategy) {
	m := coin(0)
	m.Seed, m.Orders = random.Uint64(), 500
	rate := func() float64 { return one(random, 0, 0, 0.3*random.Float64()) }
	takes := func() dist.Distribution {
		return one[dist.Distribution](random, nil, dist.Constant(6), dist.NewLogNormal(6, 0.6), dist.NewWeibull(8, 1.2))
	}
	refusal := func() world.Error { return world.Error{Rate: rate(), Takes: takes()} }
	for ch := range m.Channels {
		c := &m.Channels[ch]
		c.SubmitTakes = takes()
		c.Jobs[0].Service = one[dist.Distribution](random, dist.Constant(20), dist.NewLogNormal(30, 0.5),
			dist.NewWeibull(25, 1.5))
		c.Errors = world.Errors{
			By: world.ByReason{channel.Moderation: refusal(), channel.Region: {Rate: 0.1 + 0.6*random.Float64(), Takes: takes()},
				channel.Submit: refusal(), channel.Lost: refusal(),
				channel.Job: {Rate: rate(), Billed: 0.5}, channel.BadClip: {Rate: rate()}, channel.Download: {Rate: rate()}},
			Exits: world.Exits{Count: one(random, 1, 1, 2, 3, 20), Burst: time.Duration(2e9 + 120e9*random.Float64()),
				PerOrder: random.IntN(3) == 0},
		}
	}
	m.Deadline = one(random, 0, 90*time.Second, 2*time.Minute, 3*time.Minute, 5*time.Minute)
	m.Promise = one(random, 0, time.Minute)
	var steps []policy.Step
	for _, ch := range one(random, []int{reverse}, []int{reverse, forwarding}, []int{reverse, reverse, forwarding},
		[]int{forwarding, reverse, reverse}) {
		step := try(ch, 1+random.IntN(5))
		step.Backoff = policy.Backoff{Base: 4 * time.Second, Growth: policy.ExponentialBackoff, Factor: one(random, 1, 2.0),
			Low: one(random, 0.5, 1), High: one(random, 1, 1.5)}
		step.Poll = time.Duration(ch+1) * one(random, 0, 500*time.Millisecond, 5*time.Second)
		step.RetryOn = policy.SetOf(channel.Region) | policy.ReasonSet(random.Uint64()|random.Uint64())
		step.OnAmbiguous = one(random, policy.Stop, policy.NextStep)
		if n := len(steps); n > 0 && steps[n-1].Channel == ch {
			step.Poll = steps[n-1].Poll
		}
		steps = append(steps, step)
	}
	return m, route(m, steps...)
}

// run is some months of a strategy.
type run struct {
	tallies []*event.Tally
	within  []float64   // seconds
	counts  [][]float64 // of orders delivered within them, by month
}

func months(t *testing.T, m *world.Model, s *policy.Strategy, n int, within []float64) *run {
	t.Helper()
	engine, err := event.New(m, s)
	if err != nil {
		t.Fatal(err)
	}
	r := &run{within: within, counts: make([][]float64, len(within))}
	for i := range within {
		r.counts[i] = make([]float64, n)
	}
	for month := range n {
		engine.Observe = func(_ int, e policy.Event, actions []policy.Action) {
			for _, a := range actions {
				for i, seconds := range within {
					if a.Kind == policy.Finish && e.Kind == policy.Fetched && a.At.Seconds() <= seconds {
						r.counts[i][month]++
					}
				}
			}
		}
		r.tallies = append(r.tallies, engine.Month(month))
	}
	return r
}

func (r *run) by(of func(*event.Tally) float64) []float64 {
	var values []float64
	for _, tally := range r.tallies {
		values = append(values, of(tally))
	}
	return values
}

// contradictions lists where the months lie more than five of their standard errors from an answer.
func (r *run) contradictions(m *world.Model, a *exact.Answer) (found []string) {
	orders := r.by(func(t *event.Tally) float64 { return float64(t.Orders) })
	delivered := r.by(func(t *event.Tally) float64 { return float64(t.Delivered) })
	compare := func(what string, got, per []float64, want, rare float64) {
		e := stats.Ratio(got, per)
		if !(math.Abs(e.Value-want) <= 5*max(e.SE, rare)+1e-9) {
			found = append(found, fmt.Sprintf("%s %.6f ± %.6f simulated, %.6f exact", what, e.Value, e.SE, want))
		}
	}
	share := func(what string, got []float64, want float64) {
		compare(what, got, orders, want, math.Sqrt(max(0, want*(1-want))/float64(m.Orders*len(r.tallies))))
	}
	share("delivered", delivered, a.Delivered)
	share("in time", r.by(func(t *event.Tally) float64 { return float64(t.InTime) }), a.InTime)
	share("fallback", r.by(func(t *event.Tally) float64 { return float64(t.Fallbacks) }), a.Fallback)
	for i, seconds := range r.within { // constant times may be off by half a step of the grid
		low, high := a.CDF(min(seconds-0.26, longest(m))), a.CDF(min(seconds+0.26, longest(m)))
		got := stats.Ratio(r.counts[i], orders).Value
		share(fmt.Sprintf("within %.3f s", seconds), r.counts[i], min(max(got, low), high))
	}
	compare("attempts", r.by(func(t *event.Tally) float64 { return float64(t.Attempts) }), orders, a.Attempts, 0)
	for ch, want := range a.ChargeByChannel {
		price := a.HighestPrice // of an order that should have come in these months, and didn't
		compare(fmt.Sprint("charge on ", ch), r.by(func(t *event.Tally) float64 { return t.Charged(ch).Dollars() }), orders,
			want, price/float64(m.Orders*len(r.tallies)))
	}
	compare("mean latency", r.by(func(t *event.Tally) float64 { return t.Latency.Seconds() }), delivered, a.MeanLatency, 0)
	return found
}

// longest is the deadline in seconds.
func longest(m *world.Model) float64 {
	if m.Deadline == 0 {
		return math.Inf(1)
	}
	return m.Deadline.Seconds()
}

// TestExitsAgainstMachine holds the closed form against the machine over random worlds with exits, and sees
// that the same months would contradict an answer that takes region errors as independent.
func TestExitsAgainstMachine(t *testing.T) {
	worlds := proof.Size(12, 24)
	noticed := 0
	for seed := range uint64(worlds) {
		m, s := stickyWorld(rand.New(rand.NewPCG(17, seed)))
		a := solveSticky(t, m, s)
		var within []float64
		for _, q := range []float64{0.1, 0.3, 0.5, 0.7, 0.9} {
			seconds, _ := a.Quantile(q * a.Delivered)
			within = append(within, seconds+1e-3)
		}
		r := months(t, m, s, 60, within)
		if found := r.contradictions(m, a); len(found) > 0 {
			t.Errorf("seed %d: %q\n%+v\n%+v", seed, found, m, s)
		}
		alone := *m
		alone.Channels = slices.Clone(m.Channels)
		for ch := range alone.Channels {
			alone.Channels[ch].Errors.Exits = world.Exits{}
		}
		if len(r.contradictions(&alone, solve(t, &alone, s))) > 0 {
			noticed++
		}
	}
	if noticed < worlds/2 {
		t.Errorf("in %d of %d worlds only do sticky exits make a difference that the months show", noticed, worlds)
	}
	t.Logf("seeds 0 to %d; in %d worlds the months contradict independent errors", worlds-1, noticed)
}
