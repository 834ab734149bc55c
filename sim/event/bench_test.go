package event_test

import (
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
)

// BenchmarkOrders prints the orders per second of one core.
func BenchmarkOrders(b *testing.B) {
	for _, bb := range []struct {
		name     string
		poll     time.Duration
		deadline time.Duration
		strategy []int
		edit     func(*world.Model)
	}{
		{name: "independent", strategy: []int{worldtest.Reverse}},
		{name: "deadline", deadline: 30 * time.Minute, strategy: []int{worldtest.Reverse}},
		{name: "polls", poll: 10 * time.Second, deadline: 30 * time.Minute, strategy: []int{worldtest.Reverse}},
		{name: "hybrid, all errors", poll: 10 * time.Second, deadline: 30 * time.Minute,
			strategy: []int{worldtest.Reverse, worldtest.Forwarding}, edit: func(m *world.Model) {
				e := &m.Channels[worldtest.Reverse].Errors
				e.By[channel.Moderation].Rate, e.By[channel.Submit].Rate, e.By[channel.Lost].Rate = 0.005, 0.003, 0.0005
				e.By[channel.Job].Rate, e.By[channel.BadClip].Rate, e.By[channel.Download].Rate = 0.01, 0.02, 0.001
			}},
		{name: "slots, retries, polls, sticky exits", poll: 10 * time.Second, deadline: 30 * time.Minute,
			strategy: []int{worldtest.Reverse, worldtest.Forwarding}, edit: func(m *world.Model) {
				// As many slots as keep rho at 0.9, whatever the number of orders.
				c := &m.Channels[worldtest.Reverse]
				c.Limits = world.Limits{Concurrent: 1 + m.Orders*91*10/9/int(world.Month.Seconds()), Queue: -1}
				c.Errors.RegionMix, c.Errors.By[channel.Region].Rate, c.Errors.Exits = nil, 0.02,
					world.Exits{Count: 20, Burst: time.Minute}
			}},
	} {
		b.Run(bb.name, func(b *testing.B) {
			m := worldtest.RefV1(b.N)
			m.Deadline = bb.deadline
			if bb.edit != nil {
				bb.edit(m)
			}
			engine, err := event.New(m, worldtest.Strategy("s", m, bb.poll, bb.strategy...))
			if err != nil {
				b.Fatal(err)
			}
			b.ReportAllocs()
			b.ResetTimer()
			engine.Month(0)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds()/1e6, "Morders/s")
		})
	}
}
