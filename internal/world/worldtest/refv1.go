// Package worldtest holds models with known answers, for tests.
package worldtest

import (
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
)

// Channels of RefV1.
const (
	Forwarding = 0
	Reverse    = 1
)

// RefV1 is a reference model whose answers are known to many digits: four classes, three regions
// per order with their own error rates, lognormal jobs and failures, exponential backoff with
// ±50 % jitter, no deadline and no polls. Both channels take equally long.
func RefV1(orders int) *world.Model {
	m := &world.Model{
		Seed:   1,
		Orders: orders,
		Classes: []world.Class{
			{Name: "short-480p", Share: 0.4, Clip: channel.Clip{Seconds: 5, Resolution: "480p"}},
			{Name: "short-720p", Share: 0.3, Clip: channel.Clip{Seconds: 5, Resolution: "720p"}},
			{Name: "mid-720p", Share: 0.2, Clip: channel.Clip{Seconds: 10, Resolution: "720p"}},
			{Name: "long-1080p", Share: 0.1, Clip: channel.Clip{Seconds: 15, Resolution: "1080p"}},
		},
		Costs: world.Costs{Fixed: make([]money.Micros, 2)},
	}
	service := []dist.Distribution{
		dist.NewLogNormal(45, 0.35), dist.NewLogNormal(70, 0.40), dist.NewLogNormal(110, 0.45), dist.NewLogNormal(220, 0.50),
	}
	jobs := make([]world.Job, len(m.Classes))
	for i, c := range m.Classes {
		jobs[i] = world.Job{Makes: true, Clip: c.Clip, Service: service[i]}
	}
	perSecond := map[string]money.Micros{"480p": 50_000, "720p": 100_000, "1080p": 200_000}
	m.Channels = []world.Channel{
		{Name: "forwarding", Jobs: jobs, Price: &channel.Price{Shape: channel.PerSecond, Units: perSecond,
			Discount: 150_000_000}},
		{Name: "reverse", Jobs: jobs, Price: &channel.Price{Shape: channel.PerCall,
			Units: map[string]money.Micros{channel.Any: 120_000}},
			Errors: world.Errors{
				By:        world.ByReason{channel.Region: {Takes: dist.NewLogNormal(6, 0.6)}},
				RegionMix: []world.Weighted{{Weight: 0.5, Rate: 0.01}, {Weight: 0.3, Rate: 0.02}, {Weight: 0.2, Rate: 0.03}},
			}},
	}
	return m
}

// Strategy tries the channels in order, three attempts each, with RefV1's backoff.
func Strategy(name string, m *world.Model, poll time.Duration, channels ...int) *policy.Strategy {
	s := &policy.Strategy{Name: name, Routes: make([]policy.Route, len(m.Classes))}
	for i := range s.Routes {
		s.Routes[i].Deadline = m.Deadline
		for _, ch := range channels {
			s.Routes[i].Steps = append(s.Routes[i].Steps, policy.Step{
				Channel:  ch,
				Attempts: 3,
				Poll:     poll,
				Backoff:  policy.Backoff{Growth: policy.ExponentialBackoff, Base: 2 * time.Second, Factor: 2, Low: 0.5, High: 1.5},
				RetryOn:  policy.SetOf(channel.Region, channel.Submit, channel.Job, channel.BadClip),
			})
		}
	}
	return s
}
