package event_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/world"
	"channelbench/sim/event"
)

// crowdedWorld is a random world whose channels refuse what exceeds their limits, with a random deadline, or none.
func crowdedWorld(random *rand.Rand) (*world.Model, *policy.Strategy) {
	m, s := anyWorld(random)
	for i := range m.Channels {
		m.Channels[i].Limits = world.Limits{PerMinute: random.IntN(2) * (1 + random.IntN(3)), Concurrent: random.IntN(3),
			Queue: random.IntN(2) * random.IntN(5)}
	}
	m.Orders, m.Process = 200, world.Traced
	at := time.Duration(0)
	for range m.Orders {
		at += time.Duration(random.ExpFloat64() * 20e9)
		if random.IntN(3) == 0 {
			at = at.Truncate(time.Second) + time.Second // so that some things happen at the same time
		}
		m.Trace = append(m.Trace, at)
	}
	m.Deadline = []time.Duration{0, 0, time.Minute, 10 * time.Minute, time.Hour}[random.IntN(5)]
	for i := range s.Routes {
		route := &s.Routes[i]
		route.Deadline = m.Deadline
		for k := range route.Steps {
			switch step := &route.Steps[k]; random.IntN(6) {
			case 0:
				step.Timeout = time.Duration(5+random.IntN(60)) * time.Second
			case 1:
				step.Breaker = policy.Breaker{Failures: 3, Window: time.Minute, Open: 30 * time.Second,
					On: policy.ReasonSet(random.Uint64())}
			}
		}
	}
	return m, s
}

// TestRoomsLeaveOutOnlyWhatChangesNothing: orders that begin when they arrive, since somebody observes them, do the
// same as those that wait for their turn before they begin; and the order of the events is that of time.
func TestRoomsLeaveOutOnlyWhatChangesNothing(t *testing.T) {
	called, needed := 0, 0
	for seed := range uint64(proof.Size(150, 600)) {
		m, s := crowdedWorld(rand.New(rand.NewPCG(17, seed)))
		silent, observed := engine(t, m, s), engine(t, m, s)
		last := time.Duration(0)
		observed.Observe = func(order int, e policy.Event, actions []policy.Action) {
			if e.Kind == policy.Called {
				called++
			}
			if e.At < 0 || m.Trace[order]+e.At < last {
				t.Fatalf("seed %d: %v of order %d comes at %v, after something at %v", seed, e.Kind, order, m.Trace[order]+e.At,
					last)
			}
			last = m.Trace[order] + e.At
		}
		want, got := observed.Month(0), silent.Month(0)
		needed += int(want.Attempts)
		if same(t, got, want); t.Failed() {
			t.Fatalf("seed %d\n%+v\n%+v", seed, m, s)
		}
	}
	if called < needed/4 {
		t.Errorf("%d were called for %d attempts: hardly anybody waited, so this test looks at little", called, needed)
	}
}

// TestFirstComeFirstWoken: one job at a time of 100 s each. The second order is refused at 10 s, the others find the
// channel paused; who waits longest gets the place that frees, and the next one is refused once.
func TestFirstComeFirstWoken(t *testing.T) {
	for name, deadline := range map[string]time.Duration{"without a deadline": 0, "with one that is far": time.Hour,
		"with one that the last can't keep": 350 * time.Second} {
		t.Run(name, func(t *testing.T) {
			const s = time.Second
			m, strategy := certain()
			m.Orders, m.Process, m.Trace, m.Deadline = 5, world.Traced, []time.Duration{0, 10 * s, 20 * s, 20*s + 1, 30 * s},
				deadline
			m.Channels[a].Limits = world.Limits{Concurrent: 1}
			m.Channels[a].Jobs[0].Service = dist.Constant(100)
			route := &strategy.Routes[0]
			route.Deadline, route.Steps[0].RetryOn = deadline, policy.SetOf(channel.RateLimited)
			want := event.Tally{Orders: 5, Delivered: 5, InTime: 5, Attempts: 9, Spent: make([]event.Spent, 2),
				Classes: []int64{5}}
			latencies := []time.Duration{100 * s, 190 * s, 280 * s, 380*s - 1, 470 * s}
			want.Failures[channel.RateLimited] = 4
			if deadline == 350*s {
				// The fourth is woken at 300 s and would be done at 400 s; the last, refused once more at 300 s, waits for that
				// in vain.
				latencies = latencies[:3]
				want.Delivered, want.InTime, want.Attempts = 3, 3, 8
				want.Failures[channel.Deadline], want.Undelivered[channel.Deadline] = 1, 2
			}
			for _, l := range latencies {
				want.Latency.Add(l)
				want.Latencies.Add(l)
			}
			want.Spent[a][channel.ForInTime] = money.Micros(len(latencies)) * money.Dollar
			if len(latencies) == 3 {
				want.Spent[a][channel.ForAbandoned] = money.Dollar
			}
			want.Days[0] = want.Charge()
			same(t, engine(t, m, strategy).Month(0), &want)
		})
	}
}

// BenchmarkOverload is a month of a channel that is offered more than it can do: nearly all orders wait, without a
// deadline or until theirs.
func BenchmarkOverload(b *testing.B) {
	for _, deadline := range []time.Duration{0, 24 * time.Hour, 7 * 24 * time.Hour} {
		for _, orders := range []int{20_000, 400_000} {
			b.Run(fmt.Sprintf("deadline %v, %d orders", deadline, orders), func(b *testing.B) {
				m, s := certain()
				m.Orders, m.Deadline = orders, deadline
				m.Channels[a].Limits = world.Limits{Concurrent: 1}
				m.Channels[a].Jobs[0].Service = dist.Constant(4e6 / float64(orders)) // half as many again as a month holds
				route := &s.Routes[0]
				route.Deadline = deadline
				route.Steps[0].Attempts, route.Steps[0].RetryOn = policy.MaxAttempts, policy.SetOf(channel.RateLimited)
				engine, err := event.New(m, s)
				if err != nil {
					b.Fatal(err)
				}
				for b.Loop() {
					engine.Month(0)
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*m.Orders), "ns/order")
			})
		}
	}
}
