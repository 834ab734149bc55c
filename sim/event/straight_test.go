package event_test

import (
	"reflect"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
)

// TestStraightOrders: months count the same whether or not orders that are delivered at once have a machine, which all
// have where somebody observes them.
func TestStraightOrders(t *testing.T) {
	const poll, orders = 10 * time.Second, 20_000
	errors := func(m *world.Model) *world.Errors { return &m.Channels[worldtest.Reverse].Errors }
	for _, tt := range []struct {
		name string
		edit func(*world.Model, *policy.Strategy)
	}{
		{"nothing but region errors", func(*world.Model, *policy.Strategy) {}},
		{"a deadline that many miss", func(m *world.Model, _ *policy.Strategy) { m.Deadline = 80 * time.Second }},
		{"late ones cost", func(m *world.Model, _ *policy.Strategy) {
			m.Promise, m.Costs.Late, m.Costs.Undelivered = time.Minute, 30*money.Dollar/100, money.Dollar
		}},
		{"all errors", func(m *world.Model, _ *policy.Strategy) {
			for r, rate := range map[channel.Reason]float64{channel.Moderation: 0.05, channel.Submit: 0.1,
				channel.Lost: 0.1, channel.Job: 0.1, channel.BadClip: 0.1, channel.Download: 0.1} {
				errors(m).By[r].Rate = rate
			}
		}},
		{"countries", func(m *world.Model, _ *policy.Strategy) {
			errors(m).RegionMix, errors(m).By[channel.Region].Rate = nil, 0.3
			errors(m).Countries = []world.Country{{Name: "FR", Share: 0.1}, {Name: "DE", Share: 0.2}}
		}},
		{"exits", func(m *world.Model, _ *policy.Strategy) {
			errors(m).RegionMix, errors(m).By[channel.Region].Rate = nil, 0.1
			errors(m).Exits = world.Exits{Count: 20, Burst: 10 * time.Minute}
		}},
		{"outages and regimes", func(m *world.Model, _ *policy.Strategy) {
			m.Outages = []world.Outage{{Channels: []int{0, 1}, Between: 6 * time.Hour, Lasts: dist.NewLogNormal(1800, 1)}}
			m.Channels[worldtest.Reverse].Regimes = []world.Regime{{Share: 0.2, Refuses: 0.7,
				Lasts: dist.NewLogNormal(3600, 1)}}
		}},
		{"limits", func(m *world.Model, _ *policy.Strategy) {
			m.Channels[worldtest.Reverse].Limits = world.Limits{PerMinute: 2}
		}},
		{"a timeout", func(_ *world.Model, s *policy.Strategy) { s.Routes[0].Steps[0].Timeout = 40 * time.Second }},
		{"a breaker", func(m *world.Model, s *policy.Strategy) {
			errors(m).By[channel.Submit].Rate = 0.4
			s.Routes[0].Steps[0].Breaker = policy.Breaker{Failures: 3, Window: time.Hour, Open: time.Hour,
				On: policy.SetOf(channel.Submit)}
		}},
		{"a budget", func(m *world.Model, s *policy.Strategy) {
			errors(m).By[channel.Submit].Rate = 0.4
			s.Routes[1].Steps[0].Budget = policy.Budget{Share: 100_000_000, Burst: 2}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := worldtest.RefV1(orders)
			s := worldtest.Strategy("hybrid", m, poll, worldtest.Reverse, worldtest.Forwarding)
			tt.edit(m, s)
			for i := range s.Routes {
				s.Routes[i].Deadline = m.Deadline
			}
			engine, err := event.New(m, s)
			if err != nil {
				t.Fatal(err)
			}
			observed, err := event.New(m, s)
			if err != nil {
				t.Fatal(err)
			}
			observed.Observe = func(int, policy.Event, []policy.Action) {}
			for month := range 2 {
				if got, want := engine.Month(month), observed.Month(month); !reflect.DeepEqual(got, want) {
					t.Errorf("month %d: %+v, with machines %+v", month, got, want)
				}
			}
		})
	}
}
