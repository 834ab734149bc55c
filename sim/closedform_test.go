package sim

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/proof"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/event"
	"channelbench/sim/exact"
)

// simulated is so many months of a strategy.
func simulated(t *testing.T, m *world.Model, s *policy.Strategy, months int) *totals {
	t.Helper()
	engine, err := event.New(m, s)
	if err != nil {
		t.Fatal(err)
	}
	var tallies []*event.Tally
	for month := range months {
		tallies = append(tallies, engine.Month(month))
	}
	return pooled(tallies)
}

func solved(t *testing.T, m *world.Model, s *policy.Strategy) *exact.Answer {
	t.Helper()
	a, err := exact.Solve(m, s, make([]bool, len(m.Channels)), exact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// TestClosedFormAgainstMachine holds the closed form against the machine over random independent
// worlds, by the comparison that every run makes.
func TestClosedFormAgainstMachine(t *testing.T) {
	worlds, months := proof.Size(16, 64), proof.Size(30, 100)
	for seed := range uint64(worlds) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			t.Parallel()
			w := anyWorld(rand.New(rand.NewPCG(11, seed)))
			a, err := exact.Solve(&w.model, &w.strategy, make([]bool, len(w.model.Channels)), exact.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if findings := disagreements(a, simulated(t, &w.model, &w.strategy, months), 1); len(findings) > 0 {
				t.Errorf("seed %d\n%s\n%v", seed, strings.Join(findings, "\n"), w)
			}
			checkRough(t, w, a)
		})
	}
}

// TestComparisonNotices: where the closed form answers for another world than the simulated one, the
// comparison says so, and says what.
func TestComparisonNotices(t *testing.T) {
	const s = time.Second
	base := func() (*world.Model, *policy.Strategy) {
		m := worldtest.RefV1(2000)
		m.Deadline, m.Promise = 10*time.Minute, 2*time.Minute
		c := &m.Channels[worldtest.Reverse]
		c.SubmitTakes = dist.Constant(2)
		c.Errors = world.Errors{
			By: world.ByReason{channel.Moderation: {Rate: 0.02}, channel.Region: {Rate: 0.2, Takes: dist.NewLogNormal(6, 0.6)},
				channel.Submit: {Rate: 0.05}, channel.Lost: {Rate: 0.02, Takes: dist.Constant(30)},
				channel.Job: {Rate: 0.1, Billed: 0.5}, channel.BadClip: {Rate: 0.05}, channel.Download: {Rate: 0.05}},
		}
		return m, worldtest.Strategy("hybrid", m, 10*s, worldtest.Reverse, worldtest.Forwarding)
	}
	m, strategy := base()
	months := simulated(t, m, strategy, 100)
	if findings := disagreements(solved(t, m, strategy), months, 1); findings != nil {
		t.Fatalf("the same world: %q", findings)
	}
	errors := func(m *world.Model) *world.Errors { return &m.Channels[worldtest.Reverse].Errors }
	everyStep := func(p *policy.Strategy, edit func(*policy.Step)) {
		for i := range p.Routes {
			for k := range p.Routes[i].Steps {
				edit(&p.Routes[i].Steps[k])
			}
		}
	}
	for _, tt := range []struct {
		name string
		edit func(m *world.Model, p *policy.Strategy)
		want string // among the findings
	}{
		{"region rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Region].Rate = 0.21 },
			"attempts per order"},
		{"how long a refusal takes", func(m *world.Model, _ *policy.Strategy) {
			errors(m).By[channel.Region].Takes = dist.NewLogNormal(12, 0.6)
		}, "mean latency"},
		{"submit rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Submit].Rate = 0.06 },
			"attempts per order"},
		{"moderation rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Moderation].Rate = 0.025 },
			"fallback share"},
		{"ambiguous rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Lost].Rate = 0.022 },
			"delivered share"},
		{"job rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Job].Rate = 0.11 },
			"attempts per order"},
		{"billed share", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Job].Billed = 0.8 },
			"charge per order"},
		{"unusable rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.BadClip].Rate = 0.07 },
			"charge per order"},
		{"download rate", func(m *world.Model, _ *policy.Strategy) { errors(m).By[channel.Download].Rate = 0.2 },
			"mean latency"},
		{"price", func(m *world.Model, _ *policy.Strategy) {
			m.Channels[worldtest.Reverse].Price = &channel.Price{Shape: channel.PerCall,
				Units: map[string]money.Micros{channel.Any: 123_000}}
		}, "charge per order"},
		{"billing", func(m *world.Model, _ *policy.Strategy) {
			price := *m.Channels[worldtest.Reverse].Price
			price.Billed = channel.OnAccept
			m.Channels[worldtest.Reverse].Price = &price
		}, "charge per order"},
		{"shares of the classes", func(m *world.Model, _ *policy.Strategy) {
			m.Classes[0].Share, m.Classes[3].Share = 0.39,
				0.11
		}, "mean latency"},
		{"service", func(m *world.Model, _ *policy.Strategy) {
			m.Channels[worldtest.Reverse].Jobs[0].Service = dist.NewLogNormal(52, 0.35)
		}, "mean latency"},
		{"the tail", func(m *world.Model, _ *policy.Strategy) {
			m.Channels[worldtest.Reverse].Jobs[2].Service = dist.NewLogNormal(150, 0.45)
		}, "p95"},
		{"the end of the tail", func(m *world.Model, _ *policy.Strategy) {
			errors(m).By[channel.Moderation].Rate, errors(m).By[channel.Lost].Rate = 0, 0
		}, "p99"},
		{"the way to acceptance", func(m *world.Model,
			_ *policy.Strategy) {
			m.Channels[worldtest.Reverse].SubmitTakes = dist.Constant(5)
		}, "mean latency"},
		{"poll", func(_ *world.Model, p *policy.Strategy) { everyStep(p, func(step *policy.Step) { step.Poll = 11 * s }) },
			"p50"},
		{"deadline", func(m *world.Model, p *policy.Strategy) {
			m.Deadline = 9 * time.Minute
			for i := range p.Routes {
				p.Routes[i].Deadline = m.Deadline
			}
		}, "delivered share"},
		{"promise", func(m *world.Model, _ *policy.Strategy) { m.Promise = 124 * s }, "in-time share"},
		{"attempts", func(_ *world.Model, p *policy.Strategy) { everyStep(p, func(step *policy.Step) { step.Attempts = 2 }) },
			"fallback share"},
		{"what is tried again", func(_ *world.Model, p *policy.Strategy) {
			everyStep(p, func(step *policy.Step) { step.RetryOn &^= policy.SetOf(channel.Submit) })
		}, "fallback share"},
		{"what follows a lost answer", func(_ *world.Model, p *policy.Strategy) {
			everyStep(p, func(step *policy.Step) { step.OnAmbiguous = policy.NextStep })
		}, "delivered share"},
		{"backoff", func(_ *world.Model, p *policy.Strategy) {
			everyStep(p, func(step *policy.Step) { step.Backoff.Base = 5 * s })
		}, "mean latency"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, p := base()
			tt.edit(m, p)
			findings := disagreements(solved(t, m, p), months, 1)
			if !slices.ContainsFunc(findings, func(f string) bool { return strings.HasPrefix(f, tt.want+":") }) {
				t.Errorf("found %q, want something about the %s", findings, tt.want)
			}
		})
	}
}

// TestComparisonAtTheEdges: nothing is delivered, or everything, or hardly anything goes wrong.
func TestComparisonAtTheEdges(t *testing.T) {
	for name, rate := range map[string]float64{"always": 1, "never": 0, "hardly ever": 1e-6, "nearly always": 1 - 1e-6} {
		t.Run(name, func(t *testing.T) {
			m := worldtest.RefV1(2000)
			e := &m.Channels[worldtest.Reverse].Errors
			e.RegionMix, e.By[channel.Region].Rate = nil, rate
			s := worldtest.Strategy("reverse", m, 0, worldtest.Reverse)
			months := simulated(t, m, s, 30)
			if findings := disagreements(solved(t, m, s), months, 1); findings != nil {
				t.Errorf("%q", findings)
			}
			// Half as many failures, or twice as many successes, are noticed where there are enough to see.
			if rate == 0 || rate == 1 {
				e.By[channel.Region].Rate = 0.5
				if findings := disagreements(solved(t, m, s), months, 1); len(findings) < 2 {
					t.Errorf("%q", findings)
				}
			}
		})
	}
}

// checkRough holds the quick variant of the closed form, for many draws, against the fine one.
func checkRough(t *testing.T, w *scene, fine *exact.Answer) {
	rough, err := exact.Solve(&w.model, &w.strategy, make([]bool, len(w.model.Channels)), exact.Options{Rough: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, is := range []struct {
		what                string
		rough, fine, within float64
	}{
		{"delivered", rough.Delivered, fine.Delivered, 1e-4},
		{"fallback", rough.Fallback, fine.Fallback, 1e-4},
		{"attempts", rough.Attempts, fine.Attempts, 1e-4},
		{"charge", rough.ChargePerOrder, fine.ChargePerOrder, 1e-4},
		{"in time", rough.InTime, fine.InTime, 5e-3}, // these promises fall on spikes of the latency
	} {
		if math.Abs(is.rough-is.fine) > is.within*max(1, is.fine) {
			t.Errorf("%s roughly %.8f, finely %.8f\n%v", is.what, is.rough, is.fine, w)
		}
	}
}

// scene is a random world of independent orders.
type scene struct {
	random   *rand.Rand
	model    world.Model
	strategy policy.Strategy
}

func (w *scene) String() string {
	text := fmt.Sprintf("promise %v, deadline %v", w.model.Promise, w.model.Deadline)
	for _, c := range w.model.Classes {
		text += fmt.Sprintf("\nclass of share %.3f", c.Share)
	}
	for i := range w.model.Channels {
		c := &w.model.Channels[i]
		text += fmt.Sprintf("\nchannel %d: %v, submit takes %+v", i, c.Price.Billed, c.SubmitTakes)
		for _, job := range c.Jobs {
			text += fmt.Sprintf("\n  service %T%+v", job.Service, job.Service)
		}
		text += fmt.Sprintf("\n  %+v", c.Errors)
	}
	for i := range w.strategy.Routes {
		for _, step := range w.strategy.Routes[i].Steps {
			text += fmt.Sprintf("\nroute %d: %+v", i, step)
		}
	}
	return text
}

// one picks among choices.
func one[T any](random *rand.Rand, choices ...T) T { return choices[random.IntN(len(choices))] }

func (w *scene) pick(n int) bool { return w.random.IntN(n) == 0 }

// halves is a whole number of half seconds.
func (w *scene) halves(most float64) float64 { return float64(w.random.IntN(int(2*most)+1)) / 2 }

func (w *scene) rate() float64 {
	switch w.random.IntN(5) {
	case 0:
		return 0.3 * w.random.Float64()
	case 1:
		return 0.02 * w.random.Float64()
	case 2:
		if w.pick(4) {
			return w.random.Float64()
		}
	}
	return 0
}

func (w *scene) takes() dist.Distribution {
	switch w.random.IntN(4) {
	case 0:
		return dist.Constant(w.halves(20))
	case 1:
		return dist.NewLogNormal(0.5+w.halves(20), 0.2+0.6*w.random.Float64())
	}
	return nil
}

func (w *scene) service() dist.Distribution {
	median := 10 + w.halves(120)
	switch w.random.IntN(6) {
	case 0:
		return dist.Constant(median)
	case 1:
		return dist.NewGamma(median, 0.8+4*w.random.Float64())
	case 2:
		return dist.NewWeibull(median, 0.8+3*w.random.Float64())
	case 3:
		values := make([]float64, 1+w.random.IntN(30))
		for i := range values {
			values[i] = 1 + w.halves(2*median)
		}
		e, err := dist.NewEmpirical(values)
		if err != nil {
			panic(err)
		}
		return e
	}
	return dist.NewLogNormal(median, 0.1+0.7*w.random.Float64())
}

func (w *scene) channel() world.Channel {
	refusal := func() world.Error { return world.Error{Rate: w.rate(), Takes: w.takes()} }
	c := world.Channel{
		SubmitTakes: w.takes(),
		Price: &channel.Price{Shape: channel.PerSecond,
			Units:  map[string]money.Micros{channel.Any: money.Micros(1 + w.random.IntN(200_000))},
			Billed: one(w.random, channel.OnSuccess, channel.OnAccept)},
		Errors: world.Errors{
			By: world.ByReason{channel.Moderation: refusal(), channel.Region: refusal(), channel.Submit: refusal(),
				channel.Lost: refusal(),
				channel.Job:  {Rate: w.rate(), Billed: one(w.random, 0, 1, w.random.Float64())}, channel.BadClip: {Rate: w.rate()},
				channel.Download: {Rate: min(0.5, w.rate())}},
		},
	}
	if w.pick(3) {
		c.Errors.RegionMix = []world.Weighted{{Weight: 0.5, Rate: w.rate()}, {Weight: 0.3, Rate: w.rate()},
			{Weight: 0.2, Rate: w.rate()}}
	}
	for i := range w.model.Classes {
		c.Jobs = append(c.Jobs, world.Job{Makes: true, Clip: w.model.Classes[i].Clip, Service: w.service()})
	}
	return c
}

func (w *scene) backoff() policy.Backoff {
	b := policy.Backoff{Base: time.Duration(w.halves(10) * 1e9), Low: 1, High: 1}
	if w.pick(2) {
		b.Growth, b.Factor = policy.ExponentialBackoff, one(w.random, 1.5, 2, 3.0)
		if w.pick(2) {
			b.Cap = b.Base + time.Duration(w.halves(20)*1e9)
		}
	}
	switch w.random.IntN(4) {
	case 0:
		b.Low = 0
	case 1:
		b.Low = 0.5
	case 2:
		b.Low, b.High = 0.5, 1.5
	}
	return b
}

// limit is a time that an order may just reach: on an atom of its latency where there is one, or anywhere.
func (w *scene) limit(poll time.Duration) time.Duration {
	c := &w.model.Channels[0]
	at := c.Jobs[0].Service.Quantile(0.05 + 0.9*w.random.Float64())
	if w.pick(3) {
		at *= 4
	}
	if takes, ok := c.SubmitTakes.(dist.Constant); ok {
		at += float64(takes)
	}
	d := time.Duration(2*at) * time.Second / 2
	if poll > 0 && w.pick(2) {
		d = d / poll * poll
	}
	return max(d, time.Second)
}

func anyWorld(random *rand.Rand) *scene {
	w := &scene{random: random, model: world.Model{Seed: random.Uint64(), Orders: 2000}}
	m := &w.model
	weights := []float64{1, 1 + random.Float64(), 3}[:1+random.IntN(3)]
	total := 0.0
	for _, v := range weights {
		total += v
	}
	for i, v := range weights {
		m.Classes = append(m.Classes, world.Class{Share: v / total,
			Clip: channel.Clip{Seconds: 5 * (i + 1), Resolution: "720p"}})
	}
	var polls []time.Duration
	for range 1 + random.IntN(3) {
		m.Channels = append(m.Channels, w.channel())
		polls = append(polls, time.Duration(one(random, 0, 0, 1, 5, 7, 10, 30))*time.Second)
	}
	m.Costs.Fixed = make([]money.Micros, len(m.Channels))
	switch random.IntN(3) {
	case 0:
		m.Deadline = w.limit(polls[0])
	case 1:
		m.Deadline = 30 * time.Minute
	}
	if w.pick(2) {
		m.Promise = w.limit(polls[0])
	}
	for range m.Classes {
		route := policy.Route{Deadline: m.Deadline}
		for i := range 1 + random.IntN(3) {
			ch := random.IntN(len(m.Channels))
			if i == 0 && w.pick(2) {
				ch = 0
			}
			route.Steps = append(route.Steps, policy.Step{
				Channel: ch, Attempts: 1 + random.IntN(4), Poll: polls[ch], Backoff: w.backoff(),
				RetryOn:     policy.ReasonSet(random.Uint64() | random.Uint64()),
				OnAmbiguous: one(random, policy.Stop, policy.NextStep),
			})
		}
		w.strategy.Routes = append(w.strategy.Routes, route)
	}
	return w
}
