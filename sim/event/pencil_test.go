package event_test

import (
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

// pencil follows orders one by one, as a person would on paper: no machine, no events, no heap.
type pencil struct {
	model    *world.Model
	strategy *policy.Strategy
	tally    event.Tally
}

// attempt is one submit as it looks in the end.
type attempt struct {
	ch, step int
	reason   channel.Reason
	usage    channel.Usage
}

// month counts a month of orders.
func (p *pencil) month(t *testing.T, month int) *event.Tally {
	p.tally = event.Tally{Spent: make([]event.Spent, len(p.model.Channels)), Classes: make([]int64, len(p.model.Classes))}
	arrivals := p.model.Arrivals(month)
	for i := range p.model.Orders {
		key := p.model.Key(month, i)
		at, _ := arrivals.Next()
		p.order(t, key, p.model.Class(key), at)
	}
	return &p.tally
}

// order follows one order and counts it.
func (p *pencil) order(t *testing.T, key world.Key, class int, arrival time.Duration) {
	at, reason, attempts := p.follow(key, class)
	cost, delivered := p.model.Costs.Undelivered, channel.ForLate
	p.tally.Orders++
	p.tally.Classes[class]++
	if reason == channel.NoReason {
		p.tally.Delivered++
		cost = p.model.Costs.Late
		if p.model.Promise == 0 || at <= p.model.Promise {
			p.tally.InTime++
			cost, delivered = 0, channel.ForInTime
		}
		p.tally.Latency.Add(at)
		p.tally.Latencies.Add(at)
	} else {
		p.tally.Undelivered[reason]++
	}
	fellBack := false
	for _, a := range attempts {
		p.tally.Attempts++
		fellBack = fellBack || a.step > 0
		if a.reason != channel.NoReason {
			p.tally.Failures[a.reason]++
		}
		a.usage.Clip = p.model.Channels[a.ch].Jobs[class].Clip
		charge, err := p.model.Channels[a.ch].Price.Charge(a.usage)
		if err != nil {
			t.Fatal(err)
		}
		p.tally.Spent[a.ch][purpose(a.reason, delivered)] += charge
		cost += charge
	}
	p.tally.Days[arrival/(24*time.Hour)] += cost
	if fellBack {
		p.tally.Fallbacks++
	}
}

// purpose is what an attempt was charged for.
func purpose(r channel.Reason, delivered channel.Purpose) channel.Purpose {
	switch r {
	case channel.NoReason:
		return delivered
	case channel.Job:
		return channel.ForFailed
	case channel.Lost:
		return channel.ForAmbiguous
	case channel.BadClip:
		return channel.ForUnusable
	}
	return channel.ForAbandoned
}

// follow walks an order along its route; no reason: it was delivered.
func (p *pencil) follow(key world.Key, class int) (now time.Duration, why channel.Reason, attempts []attempt) {
	route := &p.strategy.Routes[class]
	end := route.Deadline
	if end == 0 {
		end = 1 << 62
	}
	tries := map[int]int{}
	for i := range route.Steps {
		step := &route.Steps[i]
		for n := 1; ; n++ {
			if now >= end {
				return end, channel.Deadline, attempts
			}
			try := tries[step.Channel]
			tries[step.Channel]++
			var a attempt
			now, a = p.attempt(key, class, step, try, now, end)
			a.step = i
			attempts = append(attempts, a)
			switch {
			case now > end:
				return end, channel.Deadline, attempts
			case a.reason == channel.NoReason:
				return now, channel.NoReason, attempts
			case a.reason == channel.Lost && step.OnAmbiguous == policy.Stop:
				return now, channel.Lost, attempts
			}
			why = a.reason
			if a.reason == channel.Lost || n == step.Attempts || !step.RetryOn.Has(a.reason) {
				break
			}
			pause := step.Backoff.Pause(n, p.model.Jitter(key, step.Channel, try))
			if now+pause >= end && i+1 < len(route.Steps) {
				break
			}
			now += pause
		}
	}
	return now, why, attempts
}

// attempt submits once and waits for the outcome, the deadline aside.
func (p *pencil) attempt(key world.Key, class int, step *policy.Step, try int, now, end time.Duration) (time.Duration,
	attempt) {
	ch := step.Channel
	a := attempt{ch: ch}
	fate := p.model.Attempt(key, ch, class, try)
	now += fate.Answered
	switch fate.Outcome {
	case channel.Refused:
		a.reason = fate.Reason
		return now, a
	case channel.Ambiguous:
		a.reason, a.usage.Lost = channel.Lost, true
		return now, a
	}
	a.usage.Accepted = true
	if step.Poll == 0 {
		now += fate.Service
	} else {
		ready := now + fate.Service
		for now += step.Poll; now < ready; {
			now += step.Poll
		}
	}
	if fate.Outcome == channel.Failed {
		a.usage.BilledFailure, a.reason = fate.Billed, channel.Job
	} else {
		a.usage.Made = true
		for n := 0; now <= end && p.model.Fetch(key, ch, try, n); n++ {
			now += step.FetchPause()
		}
		if fate.Outcome == channel.Unusable {
			a.reason = channel.BadClip
		}
	}
	if now > end {
		a.reason = channel.Deadline
	}
	return now, a
}

// TestAgainstPencil holds the engine against following each order by itself: every count, every
// micro-dollar and every nanosecond, over random worlds full of trouble.
func TestAgainstPencil(t *testing.T) {
	for seed := range uint64(proof.Size(40, 150)) {
		m, s := anyWorld(rand.New(rand.NewPCG(3, seed)))
		e := engine(t, m, s)
		for month := range 2 {
			p := &pencil{model: m, strategy: s}
			if same(t, e.Month(month), p.month(t, month)); t.Failed() {
				t.Fatalf("seed %d, month %d\n%+v\n%+v", seed, month, m, s)
			}
		}
	}
}

// anyWorld is a random world: whole seconds, so that times coincide, or not; rates of 0, 1 and between.
func anyWorld(random *rand.Rand) (*world.Model, *policy.Strategy) {
	pick := func(n int) bool { return random.IntN(n) == 0 }
	seconds := func(most int) time.Duration { return time.Duration(random.IntN(most+1)) * time.Second }
	takes := func() dist.Distribution {
		switch random.IntN(4) {
		case 0:
			return dist.Constant(float64(random.IntN(10)))
		case 1:
			return dist.NewLogNormal(float64(1+random.IntN(20)), 0.7)
		}
		return nil
	}
	service := func() dist.Distribution {
		switch random.IntN(5) {
		case 0:
			return dist.Constant(float64(random.IntN(60)))
		case 1:
			return dist.NewGamma(40, 2)
		case 2:
			return dist.NewWeibull(40, 1.5)
		}
		return dist.NewLogNormal(float64(5+random.IntN(60)), 0.5)
	}
	rate := func() float64 {
		switch random.IntN(6) {
		case 0:
			return random.Float64()
		case 1:
			return 0.1
		case 2:
			if pick(6) {
				return 1
			}
		}
		return 0
	}
	m := &world.Model{Seed: random.Uint64(), Orders: 300, Process: world.Process(random.IntN(2)), Promise: seconds(90)}
	if !pick(4) {
		m.Deadline = time.Second + seconds(200)
	}
	classes := 1 + random.IntN(3)
	for i := range classes {
		m.Classes = append(m.Classes, world.Class{Share: 1 / float64(classes),
			Clip: channel.Clip{Seconds: 5 * (i + 1), Resolution: "720p"}})
	}
	for range 3 {
		c := world.Channel{
			SubmitTakes: takes(),
			Price: &channel.Price{Shape: channel.PerSecond,
				Units:  map[string]money.Micros{channel.Any: money.Micros(1 + random.IntN(100_000))},
				Billed: channel.Billed(random.IntN(2))},
			Errors: world.Errors{
				By: world.ByReason{channel.Moderation: {Rate: rate() / 2, Takes: takes()},
					channel.Region: {Rate: rate(), Takes: takes()},
					channel.Submit: {Rate: rate(), Takes: takes()},
					channel.Lost:   {Rate: rate() / 4, Takes: takes()},
					channel.Job:    {Rate: rate(), Billed: rate()}, channel.BadClip: {Rate: rate()},
					channel.Download: {Rate: min(0.9, rate())}},
			},
		}
		if pick(3) {
			c.Errors.RegionMix = []world.Weighted{{Weight: 0.5, Rate: rate()}, {Weight: 0.5, Rate: rate()}}
		}
		for i := range m.Classes {
			c.Jobs = append(c.Jobs, world.Job{Makes: true, Clip: m.Classes[i].Clip, Service: service()})
		}
		m.Channels = append(m.Channels, c)
	}
	m.Costs = world.Costs{Undelivered: 700_000, Late: 30_000, Fixed: make([]money.Micros, 3)}
	polls := []time.Duration{seconds(20) * time.Duration(random.IntN(2)), seconds(20) * time.Duration(random.IntN(2)), 0}
	s := &policy.Strategy{}
	for range m.Classes {
		route := policy.Route{Deadline: m.Deadline}
		for range 1 + random.IntN(3) {
			ch := random.IntN(3)
			backoff := policy.Backoff{Growth: policy.Growth(random.IntN(2)), Base: seconds(5), Factor: 2, Low: 1, High: 1}
			if pick(2) {
				backoff.Low, backoff.High = 0.5, 1.5
			}
			route.Steps = append(route.Steps, policy.Step{
				Channel: ch, Attempts: 1 + random.IntN(5), Poll: polls[ch], Backoff: backoff,
				RetryOn: policy.ReasonSet(random.Uint64()), OnAmbiguous: policy.OnAmbiguous(random.IntN(2)),
			})
		}
		s.Routes = append(s.Routes, route)
	}
	return m, s
}
