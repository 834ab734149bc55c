package event

import (
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/world/worldtest"
)

// TestMemoryIsFlat: what an engine holds depends on how many orders are under way at once, not on
// how many there are.
func TestMemoryIsFlat(t *testing.T) {
	slots := func(orders int) (slots, heap int) {
		m := worldtest.RefV1(orders)
		m.Deadline = 30 * time.Minute
		engine, err := New(m, worldtest.Strategy("hybrid", m, 10*time.Second, worldtest.Reverse, worldtest.Forwarding))
		if err != nil {
			t.Fatal(err)
		}
		for month := range 3 {
			engine.Month(month)
		}
		if len(engine.heap) != 0 || len(engine.free) != len(engine.orders) {
			t.Errorf("%d orders: %d events are left, and %d of %d slots free", orders, len(engine.heap), len(engine.free),
				len(engine.orders))
		}
		return len(engine.orders), cap(engine.heap)
	}
	// Some 0.4 orders and some 4 are under way on average; Poisson, so 30 are out of reach.
	for _, orders := range []int{10_000, 100_000} {
		if slots, heap := slots(orders); slots > 30 || heap > 64 {
			t.Errorf("%d orders a month took %d slots and a heap of %d", orders, slots, heap)
		}
	}
}

// TestNoAllocationPerOrder: a month allocates its tally, and that takes no more for more orders.
func TestNoAllocationPerOrder(t *testing.T) {
	allocations := func(orders int) float64 {
		m := worldtest.RefV1(orders)
		m.Deadline = 30 * time.Minute
		e := &m.Channels[worldtest.Reverse].Errors
		e.By[channel.Moderation].Rate, e.By[channel.Submit].Rate, e.By[channel.Lost].Rate = 0.005, 0.003, 0.0005
		e.By[channel.Job].Rate, e.By[channel.BadClip].Rate, e.By[channel.Download].Rate = 0.01, 0.02, 0.001
		engine, err := New(m, worldtest.Strategy("hybrid", m, 10*time.Second, worldtest.Reverse, worldtest.Forwarding))
		if err != nil {
			t.Fatal(err)
		}
		return testing.AllocsPerRun(3, func() { engine.Month(0) })
	}
	few, many := allocations(2_000), allocations(40_000)
	if many > few+10 || many > 40 {
		t.Errorf("a month of 2,000 orders allocates %v times, one of 40,000 %v times", few, many)
	}
}
