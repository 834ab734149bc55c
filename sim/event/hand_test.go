package event_test

import (
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/sim/event"
)

// Channels of certain.
const (
	a = 0
	b = 1
)

// certain is a world without luck: a makes a clip in 45 s for $1, b in 100 s for $2.
func certain() (*world.Model, *policy.Strategy) {
	clip := channel.Clip{Seconds: 10, Resolution: "720p"}
	channelOf := func(name string, seconds float64, price money.Micros) world.Channel {
		return world.Channel{
			Name:  name,
			Jobs:  []world.Job{{Makes: true, Clip: clip, Service: dist.Constant(seconds)}},
			Price: &channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: price}},
		}
	}
	m := &world.Model{
		Seed: 1, Orders: 1, Process: world.EvenArrival,
		Classes:  []world.Class{{Name: "clip", Share: 1, Clip: clip}},
		Channels: []world.Channel{channelOf("a", 45, money.Dollar), channelOf("b", 100, 2*money.Dollar)},
		Costs:    world.Costs{Fixed: []money.Micros{0, 0}},
	}
	retry := policy.SetOf(channel.Region, channel.Submit, channel.Job, channel.BadClip)
	pause := policy.Backoff{Base: 2 * time.Second, Low: 1, High: 1}
	return m, &policy.Strategy{Name: "a", Routes: []policy.Route{{Steps: []policy.Step{{Channel: a, Attempts: 3,
		Backoff: pause, RetryOn: retry}}}}}
}

// TestByHand runs one order through a world without luck and compares with what a person works out.
func TestByHand(t *testing.T) {
	const s = time.Second
	type (
		model = *world.Model
		route = *policy.Route
	)
	takes := func(seconds float64) dist.Distribution { return dist.Constant(seconds) }
	always := func(seconds float64) world.Error { return world.Error{Rate: 1, Takes: takes(seconds)} }
	thenB := func(r route) { r.Steps = append(r.Steps, policy.Step{Channel: b, Attempts: 1}) }
	type counts map[channel.Reason]int64
	for _, tt := range []struct {
		name     string
		edit     func(m model, r route)
		latency  time.Duration // 0: undelivered
		late     bool
		because  channel.Reason
		attempts int64
		failures counts
		onA, onB money.Micros
		fellBack bool
	}{
		{name: "told at once", latency: 45 * s, attempts: 1, onA: money.Dollar},
		{name: "found by the fifth poll", edit: func(_ model, r route) { r.Steps[0].Poll = 10 * s },
			latency: 50 * s, attempts: 1, onA: money.Dollar},
		{name: "ready at the very poll", edit: func(_ model, r route) { r.Steps[0].Poll = 15 * s },
			latency: 45 * s, attempts: 1, onA: money.Dollar},
		{name: "a nanosecond after the poll", edit: func(m model, r route) { r.Steps[0].Poll = 15*s - 1 },
			latency: 60*s - 4, attempts: 1, onA: money.Dollar},
		{name: "the first poll is an interval after acceptance", edit: func(_ model, r route) { r.Steps[0].Poll = 60 * s },
			latency: 60 * s, attempts: 1, onA: money.Dollar},
		{name: "and so it is for a job that takes no time",
			edit:    func(m model, r route) { r.Steps[0].Poll = 60 * s; m.Channels[a].Jobs[0].Service = takes(0) },
			latency: 60 * s, attempts: 1, onA: money.Dollar},
		{name: "polls count from acceptance", edit: func(m model,
			r route) {
			r.Steps[0].Poll = 10 * s
			m.Channels[a].SubmitTakes = takes(3)
		},
			latency: 53 * s, attempts: 1, onA: money.Dollar},
		{name: "within the promise", edit: func(m model, r route) { m.Promise = 45 * s },
			latency: 45 * s, attempts: 1, onA: money.Dollar},
		{name: "later than the promise", edit: func(m model, r route) { m.Promise = 45*s - 1 },
			latency: 45 * s, late: true, attempts: 1, onA: money.Dollar},
		{name: "at the very deadline", edit: func(m model, r route) { r.Deadline, r.Steps[0].Poll = 50*s, 10*s },
			latency: 50 * s, attempts: 1, onA: money.Dollar},
		{name: "after the deadline, and paid", edit: func(m model, r route) { r.Deadline, r.Steps[0].Poll = 50*s-1, 10*s },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}, onA: money.Dollar},
		{name: "accepted after the deadline, and paid",
			edit:    func(m model, r route) { r.Deadline, m.Channels[a].SubmitTakes = 30*s, takes(60) },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}, onA: money.Dollar},
		{name: "refused after the deadline: free",
			edit:    func(m model, r route) { r.Deadline, m.Channels[a].Errors.By[channel.Region] = 30*s, always(60) },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Region: 1}},
		{name: "lost after the deadline: paid", edit: func(m model, r route) {
			r.Deadline,
				m.Channels[a].Errors.By[channel.Lost] = 30*s, always(60)
		},
			because: channel.Deadline, attempts: 1, failures: counts{channel.Lost: 1}, onA: money.Dollar},
		{name: "failed after the deadline, and billed", edit: func(m model, r route) {
			r.Deadline, m.Channels[a].Errors.By[channel.Job].Rate, m.Channels[a].Errors.By[channel.Job].Billed = 30*s, 1, 1
		}, because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}, onA: money.Dollar},
		{name: "failed after the deadline: free",
			edit:    func(m model, r route) { r.Deadline, m.Channels[a].Errors.By[channel.Job].Rate = 30*s, 1 },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}},
		{name: "unusable after the deadline, and paid",
			edit:    func(m model, r route) { r.Deadline, m.Channels[a].Errors.By[channel.BadClip].Rate = 30*s, 1 },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}, onA: money.Dollar},
		{name: "three region errors", edit: func(m model, r route) { m.Channels[a].Errors.By[channel.Region] = always(6) },
			because: channel.Region, attempts: 3, failures: counts{channel.Region: 3}},
		{name: "three region errors that take no time",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Region].Rate = 1; r.Steps[0].Backoff.Base = 0 },
			because: channel.Region, attempts: 3, failures: counts{channel.Region: 3}},
		{name: "three region errors, then b: 6 + 2 + 6 + 2 + 6 + 100 s",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Region] = always(6); thenB(r) },
			latency: 122 * s, attempts: 4, failures: counts{channel.Region: 3}, onB: 2 * money.Dollar, fellBack: true},
		{name: "the deadline ends a pause", edit: func(m model,
			r route) {
			m.Channels[a].Errors.By[channel.Region] = always(6)
			r.Deadline = 15 * s
		},
			because: channel.Deadline, attempts: 2, failures: counts{channel.Region: 2}},
		{name: "no attempt begins at the very deadline",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Region] = always(6); r.Deadline = 16 * s },
			because: channel.Deadline, attempts: 2, failures: counts{channel.Region: 2}},
		{name: "one begins just before", edit: func(m model,
			r route) {
			m.Channels[a].Errors.By[channel.Region] = always(6)
			r.Deadline = 16*s + 1
		},
			because: channel.Deadline, attempts: 3, failures: counts{channel.Region: 3}},
		{name: "a region error is no submit error", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Region], m.Channels[a].Errors.By[channel.Submit] = always(6), always(9)
		}, because: channel.Region, attempts: 3, failures: counts{channel.Region: 3}},
		{name: "submit errors", edit: func(m model,
			r route) {
			m.Channels[a].Errors.By[channel.Submit] = always(9)
			thenB(r)
		},
			latency: 131 * s, attempts: 4, failures: counts{channel.Submit: 3}, onB: 2 * money.Dollar, fellBack: true},
		{name: "moderation falls over at once", edit: func(m model,
			r route) {
			m.Channels[a].Errors.By[channel.Moderation] = always(2)
			thenB(r)
		},
			latency: 102 * s, attempts: 2, failures: counts{channel.Moderation: 1}, onB: 2 * money.Dollar, fellBack: true},
		{name: "moderation on both", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Moderation], m.Channels[b].Errors.By[channel.Moderation] = always(2), always(3)
			thenB(r)
		}, because: channel.Moderation, attempts: 2, failures: counts{channel.Moderation: 2}, fellBack: true},
		{name: "an answer lost ends the order, and is paid",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Lost] = always(30); thenB(r) },
			because: channel.Lost, attempts: 1, failures: counts{channel.Lost: 1}, onA: money.Dollar},
		{name: "or is paid twice", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Lost], r.Steps[0].OnAmbiguous = always(30), policy.NextStep
			thenB(r)
		}, latency: 130 * s, attempts: 2, failures: counts{channel.Lost: 1}, onA: money.Dollar, onB: 2 * money.Dollar,
			fellBack: true},
		{name: "failed jobs are free, and take their time",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Job].Rate = 1; thenB(r) },
			latency: 45*s + 2*s + 45*s + 2*s + 45*s + 100*s, attempts: 4, failures: counts{channel.Job: 3},
			onB: 2 * money.Dollar, fellBack: true},
		{name: "failed jobs are found by polls, too",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Job].Rate, r.Steps[0].Poll = 1, 10*s; thenB(r) },
			latency: 50*s + 2*s + 50*s + 2*s + 50*s + 100*s, attempts: 4, failures: counts{channel.Job: 3},
			onB: 2 * money.Dollar, fellBack: true},
		{name: "failed jobs that are billed", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Job].Rate, m.Channels[a].Errors.By[channel.Job].Billed = 1, 1
		},
			because: channel.Job, attempts: 3, failures: counts{channel.Job: 3}, onA: 3 * money.Dollar},
		{name: "failed jobs of a channel that bills what it accepts", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Job].Rate, m.Channels[a].Price.Billed = 1, channel.OnAccept
		},
			because: channel.Job, attempts: 3, failures: counts{channel.Job: 3}, onA: 3 * money.Dollar},
		{name: "refusals are free even there", edit: func(m model, r route) {
			m.Channels[a].Errors.By[channel.Region], m.Channels[a].Price.Billed = always(1), channel.OnAccept
		},
			because: channel.Region, attempts: 3, failures: counts{channel.Region: 3}},
		{name: "unusable clips are paid", edit: func(m model,
			r route) {
			m.Channels[a].Errors.By[channel.BadClip].Rate = 1
			thenB(r)
		},
			latency: 45*s + 2*s + 45*s + 2*s + 45*s + 100*s, attempts: 4, failures: counts{channel.BadClip: 3},
			onA: 3 * money.Dollar, onB: 2 * money.Dollar, fellBack: true},
		{name: "a clip that cannot be fetched until the deadline is paid",
			edit:    func(m model, r route) { m.Channels[a].Errors.By[channel.Download].Rate, r.Deadline = 1, 60*s },
			because: channel.Deadline, attempts: 1, failures: counts{channel.Deadline: 1}, onA: money.Dollar},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, strategy := certain()
			if tt.edit != nil {
				tt.edit(m, &strategy.Routes[0])
			}
			m.Deadline = strategy.Routes[0].Deadline
			got := engine(t, m, strategy).Month(0)
			want := event.Tally{Orders: 1, Attempts: tt.attempts, Spent: got.Spent, Classes: []int64{1}}
			if got.Charged(a) != tt.onA || got.Charged(b) != tt.onB {
				t.Errorf("charged %v and %v, want %v and %v", got.Charged(a), got.Charged(b), tt.onA, tt.onB)
			}
			want.Days[15] = tt.onA + tt.onB
			if tt.latency > 0 {
				want.Delivered, want.InTime = 1, 1
				want.Latency.Add(tt.latency)
				want.Latencies.Add(tt.latency)
			} else {
				want.Undelivered[tt.because] = 1
			}
			if tt.late {
				want.InTime = 0
			}
			if tt.fellBack {
				want.Fallbacks = 1
			}
			for reason, n := range tt.failures {
				want.Failures[reason] = n
			}
			same(t, got, &want)
		})
	}
}

func engine(t *testing.T, m *world.Model, s *policy.Strategy) *event.Engine {
	t.Helper()
	e, err := event.New(m, s)
	if err != nil {
		t.Fatal(err)
	}
	return e
}
