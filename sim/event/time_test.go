package event_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"channelbench/internal/policy"
)

// TestVirtualTime looks on while months run: over all orders time never runs backwards, an order
// begins with its start, is woken at the times that it asked for and at no other, and hears
// nothing once it is settled. Looking on changes nothing.
func TestVirtualTime(t *testing.T) {
	for seed := range uint64(60) {
		m, s := anyWorld(rand.New(rand.NewPCG(5, seed)))
		var arrivals []time.Duration
		for a := m.Arrivals(0); ; {
			at, more := a.Next()
			if !more {
				break
			}
			arrivals = append(arrivals, at)
		}
		wakes := make([][]time.Duration, len(arrivals)) // asked for and still to come
		events := make([]int, len(arrivals))
		finished := make([]bool, len(arrivals))
		now := time.Duration(0)
		e := engine(t, m, s)
		e.Observe = func(order int, event policy.Event, actions []policy.Action) {
			at := arrivals[order] + event.At
			if at < now {
				t.Fatalf("seed %d: order %d has an event at %v, after one at %v", seed, order, at, now)
			}
			now = at
			if (event.Kind == policy.Start) != (events[order] == 0) || event.Kind == policy.Start && event.At != 0 {
				t.Fatalf("seed %d: event %d of order %d is %+v", seed, events[order], order, event)
			}
			events[order]++
			if finished[order] && event.Kind == policy.Wake {
				t.Fatalf("seed %d: order %d has ended and is woken at %v", seed, order, event.At)
			}
			due := slices.Index(wakes[order], event.At)
			if event.Kind == policy.Wake {
				if due < 0 {
					t.Fatalf("seed %d: order %d is woken at %v, asked for %v", seed, order, event.At, wakes[order])
				}
				wakes[order] = slices.Delete(wakes[order], due, due+1)
			}
			for _, asked := range wakes[order] {
				if asked < event.At && !finished[order] {
					t.Fatalf("seed %d: order %d asked to be woken at %v, and has %v at %v", seed, order, asked, event.Kind, event.At)
				}
			}
			for i := range actions {
				switch actions[i].Kind {
				case policy.WakeAt:
					wakes[order] = append(wakes[order], actions[i].At)
				case policy.Finish:
					finished[order] = true
				}
			}
		}
		got := e.Month(0)
		if i := slices.Index(finished, false); i >= 0 {
			t.Fatalf("seed %d: order %d doesn't end", seed, i)
		}
		if same(t, got, engine(t, m, s).Month(0)); t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}
