package exact_test

import (
	"errors"
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/money"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/internal/world/worldtest"
	"channelbench/sim/exact"
)

// Channels of coin.
const (
	reverse    = 0
	forwarding = 1
)

// coin is a world in which only the toss of a coin is left to luck: reverse makes a clip in 45 s
// for $1 and refuses a share p after 6 s; forwarding makes one in 100 s for $2.
func coin(p float64) *world.Model {
	clip := channel.Clip{Seconds: 10, Resolution: "720p"}
	sells := func(seconds float64, price money.Micros) world.Channel {
		return world.Channel{
			Jobs:  []world.Job{{Makes: true, Clip: clip, Service: dist.Constant(seconds)}},
			Price: &channel.Price{Shape: channel.PerCall, Units: map[string]money.Micros{channel.Any: price}},
		}
	}
	m := &world.Model{
		Orders:   1000,
		Classes:  []world.Class{{Share: 1, Clip: clip}},
		Channels: []world.Channel{sells(45, money.Dollar), sells(100, 2*money.Dollar)},
		Costs:    world.Costs{Fixed: make([]money.Micros, 2)},
	}
	m.Channels[reverse].Errors.By[channel.Region] = world.Error{Rate: p, Takes: dist.Constant(6)}
	return m
}

// try is a step of so many attempts with pauses of 2 s.
func try(ch, attempts int) policy.Step {
	return policy.Step{
		Channel: ch, Attempts: attempts, Backoff: policy.Backoff{Base: 2 * time.Second, Low: 1, High: 1},
		RetryOn: policy.SetOf(channel.Region, channel.Submit, channel.Job, channel.BadClip),
	}
}

func route(m *world.Model, steps ...policy.Step) *policy.Strategy {
	return &policy.Strategy{Routes: []policy.Route{{Deadline: m.Deadline, Steps: steps}}}
}

// close fails unless got is want to twelve digits.
func close(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= 1e-12*max(1, math.Abs(want))) {
		t.Errorf("%s = %.15g, want %.15g", what, got, want)
	}
}

// TestRetries: E attempts = (1 − pᵐ) / (1 − p), delivered 1 − pᵐ, and a hybrid's cost is
// c (1 − pᵐ) + F pᵐ, for any p and m, the edges included.
func TestRetries(t *testing.T) {
	for _, p := range []float64{0, 1e-9, 0.01, 0.02, 0.03, 0.3, 0.5, 0.9, 1} {
		for _, n := range []int{1, 2, 3, 8} {
			m := coin(p)
			lost := math.Pow(p, float64(n))
			attempts := (1 - lost) / (1 - p)
			if p == 1 {
				attempts = float64(n)
			}
			a := solve(t, m, route(m, try(reverse, n)))
			close(t, "delivered", a.Delivered, 1-lost)
			close(t, "in time, without a promise", a.InTime, 1-lost)
			close(t, "attempts", a.Attempts, attempts)
			close(t, "fallback", a.Fallback, 0)
			close(t, "charge", a.ChargePerOrder, 1-lost)
			if p < 1 {
				close(t, "cost per delivered", a.CostPerDelivered(), 1)
			} else if !math.IsNaN(a.CostPerDelivered()) || !math.IsNaN(a.MeanLatency) {
				t.Errorf("nothing is delivered, at %v each, after %v s", a.CostPerDelivered(), a.MeanLatency)
			}
			h := solve(t, m, route(m, try(reverse, n), try(forwarding, 1)))
			close(t, "hybrid: delivered", h.Delivered, 1)
			close(t, "hybrid: attempts", h.Attempts, attempts+lost)
			close(t, "hybrid: fallback", h.Fallback, lost)
			close(t, "hybrid: charge", h.ChargePerOrder, (1-lost)+2*lost)
			close(t, "hybrid: charge on reverse", h.ChargeByChannel[reverse], 1-lost)
			close(t, "hybrid: charge on forwarding", h.ChargeByChannel[forwarding], 2*lost)
		}
	}
}

// TestMixture: a region rate that is drawn once per order: delivered 1 − Σ w pᵐ.
func TestMixture(t *testing.T) {
	m := coin(0)
	mix := []world.Weighted{{Weight: 0.5, Rate: 0.01}, {Weight: 0.3, Rate: 0.2}, {Weight: 0.2, Rate: 1}}
	m.Channels[reverse].Errors.RegionMix = mix
	delivered, attempts := 1.0, 0.0
	for _, w := range mix {
		delivered -= w.Weight * math.Pow(w.Rate, 3)
		attempts += w.Weight * (1 + w.Rate + w.Rate*w.Rate)
	}
	a := solve(t, m, route(m, try(reverse, 3)))
	close(t, "delivered", a.Delivered, delivered)
	close(t, "attempts", a.Attempts, attempts)
	// The order keeps its draw: two steps on the channel are as one.
	again := solve(t, m, route(m, try(reverse, 1), try(reverse, 2)))
	close(t, "delivered in two steps", again.Delivered, delivered)
}

// TestAtoms: with p = ½ clips arrive after 45, 53 and 61 s, in a half, a quarter and an eighth of
// the cases; every limit on such a time counts it in.
func TestAtoms(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		name                        string
		edit                        func(m *world.Model, step *policy.Step)
		delivered, inTime, attempts float64
		mean, charge                float64
		seconds                     []float64 // where the CDF is asked
		shares                      []float64 // what it is there, and just below
		below                       []float64
	}{
		{name: "no limit", delivered: 0.875, inTime: 0.875, attempts: 1.75, charge: 0.875,
			mean: (45*0.5 + 53*0.25 + 61*0.125) / 0.875, seconds: []float64{45, 53, 61}, shares: []float64{0.5, 0.75, 0.875},
			below: []float64{0, 0.5, 0.75}},
		{name: "found by polls", edit: func(_ *world.Model, step *policy.Step) { step.Poll = 10 * s },
			delivered: 0.875, inTime: 0.875, attempts: 1.75, charge: 0.875,
			mean: (50*0.5 + 58*0.25 + 66*0.125) / 0.875, seconds: []float64{50, 58, 66}, shares: []float64{0.5, 0.75, 0.875},
			below: []float64{0, 0.5, 0.75}},
		{name: "ready at the very poll", edit: func(_ *world.Model, step *policy.Step) { step.Poll = 9 * s },
			delivered: 0.875, inTime: 0.875, attempts: 1.75, charge: 0.875,
			mean: (45*0.5 + 53*0.25 + 61*0.125) / 0.875, seconds: []float64{45, 53, 61}, shares: []float64{0.5, 0.75, 0.875},
			below: []float64{0, 0.5, 0.75}},
		{name: "the first poll is an interval after acceptance",
			edit:      func(_ *world.Model, step *policy.Step) { step.Poll = 60 * s },
			delivered: 0.875, inTime: 0.875, attempts: 1.75, charge: 0.875,
			mean: (60*0.5 + 68*0.25 + 76*0.125) / 0.875, seconds: []float64{60, 68, 76}, shares: []float64{0.5, 0.75, 0.875},
			below: []float64{0, 0.5, 0.75}},
		{name: "the promise on an atom", edit: func(m *world.Model, _ *policy.Step) { m.Promise = 53 * s },
			delivered: 0.875, inTime: 0.75, attempts: 1.75, charge: 0.875, mean: (45*0.5 + 53*0.25 + 61*0.125) / 0.875},
		{name: "the promise just below", edit: func(m *world.Model,
			_ *policy.Step) {
			m.Promise = 53*s - 10*time.Millisecond
		},
			delivered: 0.875, inTime: 0.5, attempts: 1.75, charge: 0.875, mean: (45*0.5 + 53*0.25 + 61*0.125) / 0.875},
		{name: "the promise beyond the deadline",
			edit:      func(m *world.Model, _ *policy.Step) { m.Deadline, m.Promise = 53*s, 61*s },
			delivered: 0.75, inTime: 0.75, attempts: 1.75, charge: 0.875, mean: (45*0.5 + 53*0.25) / 0.75},
		{name: "the deadline on an atom: the third attempt runs, and is paid",
			edit:      func(m *world.Model, _ *policy.Step) { m.Deadline = 53 * s },
			delivered: 0.75, inTime: 0.75, attempts: 1.75, charge: 0.875, mean: (45*0.5 + 53*0.25) / 0.75},
		{name: "the deadline just below", edit: func(m *world.Model,
			_ *policy.Step) {
			m.Deadline = 53*s - 10*time.Millisecond
		},
			delivered: 0.5, inTime: 0.5, attempts: 1.75, charge: 0.875, mean: 45},
		{name: "no attempt begins at the very deadline", edit: func(m *world.Model, _ *policy.Step) {
			m.Deadline = 16 * s
			m.Channels[reverse].Jobs[0].Service = dist.Constant(5)
		},
			delivered: 0.75, inTime: 0.75, attempts: 1.5, charge: 0.75, mean: (5*0.5 + 13*0.25) / 0.75},
		{name: "the third begins before, and comes too late", edit: func(m *world.Model, _ *policy.Step) {
			m.Deadline = 16500 * time.Millisecond
			m.Channels[reverse].Jobs[0].Service = dist.Constant(5)
		},
			delivered: 0.75, inTime: 0.75, attempts: 1.75, charge: 0.875, mean: (5*0.5 + 13*0.25) / 0.75},
		{name: "the way to acceptance", edit: func(m *world.Model,
			_ *policy.Step) {
			m.Channels[reverse].SubmitTakes = dist.Constant(3)
		},
			delivered: 0.875, inTime: 0.875, attempts: 1.75, charge: 0.875,
			mean: (48*0.5 + 56*0.25 + 64*0.125) / 0.875, seconds: []float64{48, 56, 64}, shares: []float64{0.5, 0.75, 0.875},
			below: []float64{0, 0.5, 0.75}},
		{name: "region errors are not tried again", edit: func(_ *world.Model, step *policy.Step) { step.RetryOn = 0 },
			delivered: 0.5, inTime: 0.5, attempts: 1, charge: 0.5, mean: 45},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := coin(0.5)
			step := try(reverse, 3)
			if tt.edit != nil {
				tt.edit(m, &step)
			}
			a := solve(t, m, route(m, step))
			close(t, "delivered", a.Delivered, tt.delivered)
			close(t, "in time", a.InTime, tt.inTime)
			close(t, "attempts", a.Attempts, tt.attempts)
			close(t, "charge", a.ChargePerOrder, tt.charge)
			close(t, "mean latency", a.MeanLatency, tt.mean)
			for i, at := range tt.seconds {
				close(t, "CDF on an atom", a.CDF(at), tt.shares[i])
				close(t, "CDF below an atom", a.CDF(at-1e-3), tt.below[i])
				got, ok := a.Quantile(tt.shares[i])
				if !ok || math.Abs(got-at) > 1e-6 {
					t.Errorf("quantile %v = %v, %v, want %v", tt.shares[i], got, ok, at)
				}
			}
			if got, ok := a.Quantile(tt.delivered + 1e-6); ok {
				t.Errorf("a share that is never delivered is, after %v s", got)
			}
		})
	}
}

// TestErrors: what each kind of failure does to shares and charges, worked out by hand.
func TestErrors(t *testing.T) {
	type edit func(m *world.Model, steps []policy.Step)
	for _, tt := range []struct {
		name                          string
		edit                          edit
		delivered, attempts, fallback float64
		onReverse, onForwarding       float64
	}{
		{"jobs fail, free", func(m *world.Model, _ []policy.Step) { m.Channels[reverse].Errors.By[channel.Job].Rate = 0.5 },
			1, 1.75, 0.25, 0.75, 0.5},
		{"jobs fail, half of them billed", func(m *world.Model, _ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Job].Rate, m.Channels[reverse].Errors.By[channel.Job].Billed = 0.5, 0.5
		}, 1, 1.75, 0.25, 0.75 + 0.5*0.75, 0.5},
		{"jobs fail, all accepted ones billed", func(m *world.Model, _ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Job].Rate, m.Channels[reverse].Price.Billed = 0.5, channel.OnAccept
		}, 1, 1.75, 0.25, 1.5, 0.5},
		{"unusable: paid each time", func(m *world.Model,
			_ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.BadClip].Rate = 0.5
		},
			1, 1.75, 0.25, 1.5, 0.5},
		{"submit errors: free", func(m *world.Model,
			_ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Submit].Rate = 0.5
		},
			1, 1.75, 0.25, 0.75, 0.5},
		{"submit errors, conditional on no region error", func(m *world.Model, _ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Submit].Rate, m.Channels[reverse].Errors.By[channel.Region].Rate = 0.5, 0.5
		}, 1, 2.3125, 0.421875 + 0.140625, 0.4375, 1.125}, // fails with ¾ each time: 1 + ¾ attempts, then ¾² go on
		{"answers lost end the order, and are paid",
			func(m *world.Model, _ []policy.Step) { m.Channels[reverse].Errors.By[channel.Lost].Rate = 0.25 },
			0.75, 1, 0, 1, 0},
		{"answers lost, next step: paid twice", func(m *world.Model, steps []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Lost].Rate, steps[0].OnAmbiguous = 0.25, policy.NextStep
		}, 1, 1.25, 0.25, 1, 0.5},
		{"moderation on reverse only: next step at once",
			func(m *world.Model, _ []policy.Step) { m.Channels[reverse].Errors.By[channel.Moderation].Rate = 0.25 },
			1, 1.25, 0.25, 0.75, 0.5},
		{"moderation on both: one draw, the higher rate contains the lower", func(m *world.Model, _ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Moderation].Rate,
				m.Channels[forwarding].Errors.By[channel.Moderation].Rate = 0.25, 0.125
		}, 0.875, 1.25, 0.25, 0.75, 0.25},
		{"moderation stricter on the second", func(m *world.Model, _ []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Moderation].Rate,
				m.Channels[forwarding].Errors.By[channel.Moderation].Rate = 0.125, 0.25
		}, 0.875, 1.125, 0.125, 0.875, 0},
		{"moderation tried again, in vain", func(m *world.Model, steps []policy.Step) {
			m.Channels[reverse].Errors.By[channel.Moderation].Rate = 0.25
			steps[0].RetryOn = policy.SetOf(channel.Moderation)
		}, 1, 1.5, 0.25, 0.75, 0.5},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := coin(0)
			steps := []policy.Step{try(reverse, 2), try(forwarding, 1)}
			tt.edit(m, steps)
			a := solve(t, m, route(m, steps...))
			close(t, "delivered", a.Delivered, tt.delivered)
			close(t, "attempts", a.Attempts, tt.attempts)
			close(t, "fallback", a.Fallback, tt.fallback)
			close(t, "charge on reverse", a.ChargeByChannel[reverse], tt.onReverse)
			close(t, "charge on forwarding", a.ChargeByChannel[forwarding], tt.onForwarding)
			close(t, "charge", a.ChargePerOrder, tt.onReverse+tt.onForwarding)
		})
	}
}

// TestDownload: a fetch that fails with ½ costs a second each time: on average one second.
func TestDownload(t *testing.T) {
	m := coin(0)
	m.Channels[reverse].Errors.By[channel.Download].Rate = 0.5
	a := solve(t, m, route(m, try(reverse, 1)))
	if math.Abs(a.Delivered-1) > 1e-10 || math.Abs(a.MeanLatency-46) > 1e-9 {
		t.Errorf("delivered %v after %v s, want all after 46 s", a.Delivered, a.MeanLatency)
	}
	close(t, "at once", a.CDF(45), 0.5)
	close(t, "after a second", a.CDF(46), 0.75)
	m.Deadline = 46 * time.Second
	a = solve(t, m, route(m, try(reverse, 1)))
	close(t, "before the deadline", a.Delivered, 0.75)
	close(t, "and paid anyway", a.ChargePerOrder, 1)
}

// An unusable clip is fetched before it is thrown away, and its failed fetches take time, too.
func TestDownloadOfUnusable(t *testing.T) {
	m := coin(0)
	m.Channels[reverse].Errors.By[channel.Download].Rate, m.Channels[reverse].Errors.By[channel.BadClip].Rate = 0.5, 0.5
	a := solve(t, m, route(m, try(reverse, 2)))
	if want := (46*0.5 + (46+2+46)*0.25) / 0.75; math.Abs(a.MeanLatency-want) > 1e-8 {
		t.Errorf("mean latency %v, want %v", a.MeanLatency, want)
	}
	close(t, "charge", a.ChargePerOrder, 1.5)
}

// TestSlowSubmits: the way to acceptance counts even where no attempt follows another. Between
// nodes half a step of the grid may be missing: with a deadline 0.2 s.
func TestSlowSubmits(t *testing.T) {
	takes := dist.NewLogNormal(30, 0.8)
	for _, deadline := range []time.Duration{0, 30 * time.Minute} {
		m := coin(0)
		m.Deadline = deadline
		m.Channels[reverse].SubmitTakes = takes
		a := solve(t, m, route(m, try(reverse, 1)))
		for _, s := range []float64{50, 75, 200, 1000} {
			if got, low, high := a.CDF(s), takes.CDF(s-45.25), takes.CDF(s-44.75); got < low || got > high {
				t.Errorf("deadline %v: CDF(%v) = %v, want %v to %v", deadline, s, got, low, high)
			}
		}
	}
}

// TestClasses: classes add up by their shares, each along its own route.
func TestClasses(t *testing.T) {
	m := coin(0.5)
	short := m.Classes[0]
	short.Share = 0.25
	m.Classes = []world.Class{short, {Share: 0.75, Clip: channel.Clip{Seconds: 20, Resolution: "720p"}}}
	for ch := range m.Channels {
		job := m.Channels[ch].Jobs[0]
		job.Service = dist.Constant(200)
		m.Channels[ch].Jobs = append(m.Channels[ch].Jobs, job)
	}
	s := &policy.Strategy{Routes: []policy.Route{{Steps: []policy.Step{try(reverse, 1)}},
		{Steps: []policy.Step{try(forwarding, 1)}}}}
	a := solve(t, m, s)
	close(t, "delivered", a.Delivered, 0.25*0.5+0.75)
	close(t, "charge", a.ChargePerOrder, 0.25*0.5+0.75*2)
	close(t, "soon", a.CDF(100), 0.125)
}

func TestHandling(t *testing.T) {
	m := coin(0.5)
	m.Promise, m.Deadline = 45*time.Second, 53*time.Second // in time ½, late ¼, undelivered ¼
	m.Costs = world.Costs{Undelivered: 4 * money.Dollar, Late: money.Dollar,
		Fixed: []money.Micros{500 * money.Dollar, 7000 * money.Dollar}}
	a, err := exact.Solve(m, route(m, try(reverse, 3)), []bool{true, false}, exact.Options{})
	if err != nil {
		t.Fatal(err)
	}
	close(t, "handling", a.HandlingPerOrder, 4*0.25+0.25+0.5) // $500 over 1000 orders
	close(t, "cost per order", a.CostPerOrder(), a.ChargePerOrder+a.HandlingPerOrder)
	close(t, "cost per delivered", a.CostPerDelivered(), (0.875+1.75)/0.75)
}

// TestFurther: the attempts beyond an order's first, with what they can cost.
func TestFurther(t *testing.T) {
	m := coin(0.5)
	a := solve(t, m, route(m, try(reverse, 2), try(forwarding, 1)))
	want := []exact.Further{{Share: 0.5, Price: 1}, {Share: 0.25, Price: 2}}
	if len(a.Further) != len(want) || a.Further[0] != want[0] || a.Further[1] != want[1] || a.HighestPrice != 2 {
		t.Errorf("further attempts %v at up to $%v, want %v at up to $2", a.Further, a.HighestPrice, want)
	}
}

// TestFineConstants: a short constant time on the way, such as 0.3 s, moves nothing across a limit,
// however long the tail is that the grid must cover.
func TestFineConstants(t *testing.T) {
	for _, deadline := range []time.Duration{0, 30 * time.Minute} {
		for _, takes := range []float64{0.1, 0.25, 0.3, 0.5, 1.7} {
			m := worldtest.RefV1(1)
			m.Deadline, m.Promise = deadline, 3*time.Minute
			c := &m.Channels[worldtest.Reverse]
			c.Errors = world.Errors{By: world.ByReason{channel.Job: {Rate: 0.05}}}
			c.SubmitTakes = dist.Constant(takes)
			s := worldtest.Strategy("reverse", m, 10*time.Second, worldtest.Reverse)
			for i := range s.Routes {
				s.Routes[i].Steps[0].RetryOn = 0
			}
			// Ready by the last poll before the promise, the 17th.
			want := 0.0
			for i, class := range m.Classes {
				want += class.Share * 0.95 * c.Jobs[i].Service.CDF(170)
			}
			close(t, "in time", solve(t, m, s).InTime, want)
		}
	}
}

func TestTooLong(t *testing.T) {
	m := coin(0.5)
	m.Channels[reverse].Errors.By[channel.Region].Takes = dist.NewLogNormal(3600, 1)
	s := route(m, try(reverse, 3))
	if _, err := exact.Solve(m, s, make([]bool, 2), exact.Options{}); !errors.Is(err, exact.ErrTooLong) {
		t.Errorf("without a deadline: %v, want %v", err, exact.ErrTooLong)
	}
	m.Deadline = time.Hour
	solve(t, m, route(m, try(reverse, 3)))
}

// TestBackoffSpreads: a pause with jitter is uniform. With a refusal that takes no time, a job of 45 s and a
// pause of 10 to 30 s, the second attempt delivers evenly between 55 and 75 s.
func TestBackoffSpreads(t *testing.T) {
	m := coin(0.5)
	m.Channels[reverse].Errors.By[channel.Region].Takes = nil
	step := try(reverse, 2)
	step.Backoff = policy.Backoff{Base: 20 * time.Second, Low: 0.5, High: 1.5}
	a := solve(t, m, route(m, step))
	for at, want := range map[float64]float64{54.9: 0.5, 60: 0.5625, 65: 0.625, 75.1: 0.75} {
		if got := a.CDF(at); math.Abs(got-want) > 1e-4 {
			t.Errorf("CDF(%v) = %v, want %v", at, got, want)
		}
	}
	close(t, "mean", a.MeanLatency, (45*0.5+65*0.25)/0.75)
}

// TestRough: the quick variant is good to 10⁻⁴ in shares.
func TestRough(t *testing.T) {
	for _, deadline := range []time.Duration{0, 4 * time.Minute, 30 * time.Minute} {
		for i, poll := range []time.Duration{0, 10 * time.Second, 0, 10 * time.Second} {
			m := worldtest.RefV1(1)
			m.Deadline, m.Promise = deadline, 3*time.Minute
			e := &m.Channels[worldtest.Reverse].Errors
			if i >= 2 {
				e.Exits = world.Exits{Count: 2, Burst: 30 * time.Second}
			}
			e.RegionMix, e.By[channel.Region].Rate = nil, 0.1
			e.By[channel.Job].Rate, e.By[channel.BadClip].Rate, e.By[channel.Download].Rate, e.By[channel.Lost].Rate,
				e.By[channel.Moderation].Rate = 0.1, 0.05, 0.01, 0.01, 0.02
			s := worldtest.Strategy("hybrid", m, poll, worldtest.Reverse, worldtest.Forwarding)
			fine := solve(t, m, s)
			rough, err := exact.Solve(m, s, make([]bool, 2), exact.Options{Rough: true})
			if err != nil {
				t.Fatal(err)
			}
			for what, pair := range map[string][2]float64{
				"delivered": {rough.Delivered, fine.Delivered}, "in time": {rough.InTime, fine.InTime},
				"fallback": {rough.Fallback, fine.Fallback},
				// to 10⁻³
				"attempts": {rough.Attempts, fine.Attempts}, "charge": {rough.ChargePerOrder, fine.ChargePerOrder},
				"mean": {0.1 * rough.MeanLatency / fine.MeanLatency, 0.1},
			} {
				if math.Abs(pair[0]-pair[1]) > 1e-4 {
					t.Errorf("deadline %v, poll %v: %s roughly %.8f, finely %.8f", deadline, poll, what, pair[0], pair[1])
				}
			}
			for _, q := range []float64{0.5, 0.9} {
				r, _ := rough.Quantile(q)
				f, ok := fine.Quantile(q)
				if at := fine.CDF(r); ok && poll == 0 && math.Abs(at-q) > 1e-4 {
					t.Errorf("deadline %v: quantile %v roughly %v, finely %v: a share of %v", deadline, q, r, f, at)
				}
			}
		}
	}
}

// TestCurve: the CDF never falls, begins at 0 and ends at what is delivered, and Quantile inverts it.
func TestCurve(t *testing.T) {
	m := worldtest.RefV1(1)
	m.Channels[worldtest.Reverse].Errors.By[channel.Job].Rate = 0.2
	a := solve(t, m, worldtest.Strategy("hybrid", m, 7*time.Second, worldtest.Reverse, worldtest.Forwarding))
	last := 0.0
	for s := 0.0; s < 5000; s += 23.7 {
		c := a.CDF(s)
		if c < last-1e-15 || c > 1+1e-12 {
			t.Fatalf("CDF(%v) = %v, after %v", s, c, last)
		}
		last = c
	}
	if math.Abs(last-a.Delivered) > 1e-6 {
		t.Errorf("the curve ends at %v, delivered are %v", last, a.Delivered)
	}
	for _, q := range []float64{0.01, 0.3, 0.5, 0.95, 0.999} {
		s, ok := a.Quantile(q)
		if !ok || a.CDF(s) < q || a.CDF(s*(1-1e-6)) >= q && s > 1e-3 {
			t.Errorf("quantile %v is %v, %v: the CDF is %v there and %v before", q, s, ok, a.CDF(s), a.CDF(s*(1-1e-6)))
		}
	}
}

// TestStrategiesWithoutClosedForm: what the walk doesn't know is refused, not ignored.
func TestStrategiesWithoutClosedForm(t *testing.T) {
	for name, edit := range map[string]func(*policy.Step){
		"timeout": func(s *policy.Step) { s.Timeout = time.Minute },
		"breaker": func(s *policy.Step) { s.Breaker.Failures = 5 },
		"budget":  func(s *policy.Step) { s.Budget.Burst = 10 },
		"hedge":   func(s *policy.Step) { s.Hedge.After = time.Minute },
	} {
		m := worldtest.RefV1(1)
		s := worldtest.Strategy("s", m, 0, worldtest.Reverse, worldtest.Forwarding)
		edit(&s.Routes[len(s.Routes)-1].Steps[1])
		if _, err := exact.Solve(m, s, make([]bool, 2), exact.Options{Rough: true}); !errors.Is(err, exact.ErrStrategy) {
			t.Errorf("%s: %v, want %v", name, err, exact.ErrStrategy)
		}
	}
}
