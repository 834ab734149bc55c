package exact_test

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"channelbench/internal/channel"
	"channelbench/internal/dist"
	"channelbench/internal/policy"
	"channelbench/internal/world"
	"channelbench/sim/exact"
)

// sticky is coin with region errors that stick to exits.
func sticky(share float64, x world.Exits) *world.Model {
	m := coin(share)
	m.Channels[reverse].Errors.Exits = x
	return m
}

func solveSticky(t *testing.T, m *world.Model, s *policy.Strategy) *exact.Answer {
	t.Helper()
	a, err := exact.Solve(m, s, []bool{true, true}, exact.Options{Exits: true})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// chain follows an order try by try over all exits and states, with no trick: it returns the probabilities
// that the first n of the tries at given times are all refused, for n = 0, 1, 2 ….
func chain(share float64, x world.Exits, times []float64) []float64 {
	rate := 1 / (x.Burst.Seconds() * (1 - share))
	refused := make([]float64, len(times)+1)
	refused[0] = 1
	last := make([]float64, x.Count) // when each exit was last found bad
	for i := range last {
		last[i] = math.NaN()
	}
	var follow func(try int, p float64)
	follow = func(try int, p float64) {
		if try == len(times) {
			return
		}
		for exit := range last {
			if x.PerOrder && exit > 0 {
				continue
			}
			bad := share
			if before := last[exit]; !math.IsNaN(before) {
				bad += (1 - share) * math.Exp(-rate*(times[try]-before))
			}
			step := p * bad
			if !x.PerOrder {
				step /= float64(x.Count)
			}
			refused[try+1] += step
			before := last[exit]
			last[exit] = times[try]
			follow(try+1, step)
			last[exit] = before
		}
	}
	follow(0, 1)
	return refused
}

// TestChain: shares, attempts, charges and every atom of the latency, against a walk over all exits and
// states. Refusals take 6 s and pauses 2 s.
func TestChain(t *testing.T) {
	for _, share := range []float64{0.02, 0.3, 0.9} {
		for _, burst := range []time.Duration{time.Millisecond, 10 * time.Second, time.Hour} {
			for _, exits := range []int{1, 2, 4} {
				for _, perOrder := range []bool{false, true} {
					x := world.Exits{Count: exits, Burst: burst, PerOrder: perOrder}
					t.Run(fmt.Sprintf("%v %v", share, x), func(t *testing.T) {
						m := sticky(share, x)
						p := chain(share, x, []float64{0, 8, 16, 24, 32})
						a := solveSticky(t, m, route(m, try(reverse, 5), try(forwarding, 1)))
						attempts, early := 0.0, 0.0
						for n, refused := range p {
							attempts += refused
							if n < 5 {
								early += refused - p[n+1]
								close(t, "CDF", a.CDF(45+8*float64(n)), early)
							}
						}
						close(t, "fallback", a.Fallback, p[5])
						close(t, "attempts", a.Attempts, attempts)
						close(t, "delivered", a.Delivered, 1)
						close(t, "charge", a.ChargePerOrder, 1-p[5]+2*p[5])
						// Two steps on the channel are as one, but for the pause between them.
						p = chain(share, x, []float64{0, 8, 14, 22, 30})
						a = solveSticky(t, m, route(m, try(reverse, 2), try(reverse, 3)))
						close(t, "delivered in two steps", a.Delivered, 1-p[5])
						close(t, "begun the second", a.Fallback, p[2])
						close(t, "third attempts at once", a.CDF(59), 1-p[3])
					})
				}
			}
		}
	}
}

// TestLimits: where bad spells are over at once, or exits are endlessly many, region errors are independent;
// where spells never end, an order that keeps its exit has drawn its rate once and for all; and one exit
// is as good as the other if there is only one.
func TestLimits(t *testing.T) {
	const share = 0.3
	solved := func(x world.Exits, mix []world.Weighted) *exact.Answer {
		m := sticky(share, x)
		c := &m.Channels[reverse]
		c.Errors.RegionMix = mix
		c.Errors.By[channel.Region].Takes = dist.NewLogNormal(6, 0.6)
		c.Errors.By[channel.Job].Rate, c.Errors.By[channel.Submit].Rate = 0.1, 0.1
		m.Deadline = 5 * time.Minute
		step := try(reverse, 4)
		step.Backoff = policy.Backoff{Base: 4 * time.Second, Low: 0.5, High: 1.5}
		return solveSticky(t, m, route(m, step, try(forwarding, 1)))
	}
	const brief, lasting = time.Microsecond, 1 << 62
	independent := solved(world.Exits{}, nil)
	once := solved(world.Exits{}, []world.Weighted{{Weight: share, Rate: 1}, {Weight: 1 - share, Rate: 0}})
	for _, tt := range []struct {
		name      string
		got, want *exact.Answer
		slack     float64
	}{
		{"brief, one exit", solved(world.Exits{Count: 1, Burst: brief}, nil), independent, 1e-12},
		{"brief, three exits", solved(world.Exits{Count: 3, Burst: brief}, nil), independent, 1e-12},
		{"brief, kept", solved(world.Exits{Count: 3, Burst: brief, PerOrder: true}, nil), independent, 1e-12},
		{"many exits", solved(world.Exits{Count: 1 << 50, Burst: time.Minute}, nil), independent, 1e-12},
		{"lasting, kept", solved(world.Exits{Count: 3, Burst: lasting, PerOrder: true}, nil), once, 1e-7}, // 146 years
		{"lasting, one exit", solved(world.Exits{Count: 1, Burst: lasting}, nil), once, 1e-7},
		{"one exit, kept or not", solved(world.Exits{Count: 1, Burst: time.Minute}, nil),
			solved(world.Exits{Count: 3, Burst: time.Minute, PerOrder: true}, nil), 0},
	} {
		for what, pair := range map[string][2]float64{
			"delivered": {tt.got.Delivered, tt.want.Delivered}, "attempts": {tt.got.Attempts, tt.want.Attempts},
			"fallback": {tt.got.Fallback, tt.want.Fallback},
			"charge":   {tt.got.ChargePerOrder, tt.want.ChargePerOrder},
			"mean":     {tt.got.MeanLatency / 300, tt.want.MeanLatency / 300},
			"CDF(60)":  {tt.got.CDF(60), tt.want.CDF(60)}, "CDF(71.3)": {tt.got.CDF(71.3), tt.want.CDF(71.3)},
			"CDF(200)": {tt.got.CDF(200), tt.want.CDF(200)},
		} {
			if math.Abs(pair[0]-pair[1]) > tt.slack {
				t.Errorf("%s: %s %.15g, want %.15g", tt.name, what, pair[0], pair[1])
			}
		}
	}
	if math.Abs(once.Fallback-independent.Fallback) < 0.1 {
		t.Errorf("fallback %v and %v: too alike to tell the limits apart", once.Fallback, independent.Fallback)
	}
}

// TestJitterTilts: the longer the pause, the likelier the exit has turned good. With a refusal that takes no
// time and a pause of 10 to 30 s, second attempts deliver with density π (1 − π) (1 − e^(−λτ)) / 20.
func TestJitterTilts(t *testing.T) {
	const share, low, high = 0.4, 10.0, 30.0
	m := sticky(share, world.Exits{Count: 1, Burst: 25 * time.Second})
	rate := 1 / (25 * (1 - share))
	m.Channels[reverse].Errors.By[channel.Region].Takes = nil
	step := try(reverse, 2)
	step.Backoff = policy.Backoff{Base: 20 * time.Second, Low: 0.5, High: 1.5}
	a := solveSticky(t, m, route(m, step))
	second := func(pause float64) float64 {
		return share * (1 - share) * (pause - low - (math.Exp(-rate*low)-math.Exp(-rate*pause))/rate) / (high - low)
	}
	close(t, "delivered", a.Delivered, 1-share+second(high))
	for _, pause := range []float64{10, 15, 20, 27.5, 30} {
		if got, want := a.CDF(45+pause+0.01), 1-share+second(pause); math.Abs(got-want) > 2e-4 {
			t.Errorf("CDF(%v) = %v, want %v", 45+pause, got, want)
		}
	}
	// The mean pause of those delivered then, by parts: ∫ P(pause > τ).
	inner := func(pause float64) float64 { // ∫ second
		return share * (1 - share) / (high - low) * (pause*pause/2 - low*pause - math.Exp(-rate*low)*pause/rate - math.Exp(-rate*pause)/(rate*rate))
	}
	pauses := high*second(high) - (inner(high) - inner(low))
	close(t, "mean", a.MeanLatency, 45+pauses/a.Delivered)
}

// TestTimePassesInJobs: a job that fails after a gamma time leaves the exit time to turn bad: it stays known
// to be good with (1 + λθ)^−k, and through a lognormal refusal with that one's transform.
func TestTimePassesInJobs(t *testing.T) {
	const share, fails = 0.4, 0.25
	for _, k := range []float64{0.5, 1, 2.5} {
		m := sticky(share, world.Exits{Count: 1, Burst: 25 * time.Second})
		rate := 1 / (25 * (1 - share))
		service := dist.Gamma{K: k, Theta: 10 / k}
		c := &m.Channels[reverse]
		c.Jobs[0].Service, c.Errors.By[channel.Job].Rate = service, fails
		pause := math.Exp(-2 * rate)
		afterGood := math.Pow(1+rate*service.Theta, -k) * pause
		afterBad := math.Exp(-6*rate) * pause
		a := solveSticky(t, m, route(m, try(reverse, 2)))
		again := share + (1-share)*fails
		works := share*(1-share)*(1-afterBad) + (1-share)*fails*(1-share+share*afterGood)
		close(t, "attempts", a.Attempts, 1+again)
		if got, want := a.Delivered, (1-share)*(1-fails)+works*(1-fails); math.Abs(got-want) > 1e-10 {
			t.Errorf("shape %v: delivered %.12f, want %.12f", k, got, want)
		}
	}
	takes := dist.NewLogNormal(6, 0.6)
	m := sticky(share, world.Exits{Count: 1, Burst: 25 * time.Second})
	m.Channels[reverse].Errors.By[channel.Region].Takes = takes
	rate, stays := 1/(25*(1-share)), 0.0
	const parts = 1_000_000
	for i := range parts {
		stays += math.Exp(-rate*(2+takes.Quantile((float64(i)+0.5)/parts))) / parts
	}
	a := solveSticky(t, m, route(m, try(reverse, 2)))
	if want := 1 - share*(share+(1-share)*stays); math.Abs(a.Delivered-want) > 1e-8 {
		t.Errorf("lognormal refusals: delivered %.12f, want %.12f", a.Delivered, want)
	}
}

// TestPolledTilts: what passes until a poll finds a failed job counts to that poll, also where polls are closer than
// the grid.
func TestPolledTilts(t *testing.T) {
	const share, fails = 0.4, 0.25
	for _, poll := range []time.Duration{4 * time.Millisecond, 100 * time.Millisecond, time.Second, 7 * time.Second} {
		m := sticky(share, world.Exits{Count: 1, Burst: 25 * time.Second})
		m.Deadline = 20 * time.Minute
		rate, every := 1/(25*(1-share)), poll.Seconds()
		service := dist.NewWeibull(20, 2)
		c := &m.Channels[reverse]
		c.Jobs[0].Service, c.Errors.By[channel.Job].Rate = service, fails
		stays, below := 0.0, 0.0
		for k := 1.0; below < 1; k++ {
			upTo := service.CDF(k * every)
			stays += (upTo - below) * math.Exp(-rate*(k*every+2))
			below = upTo
		}
		step := try(reverse, 2)
		step.Poll = poll
		a := solveSticky(t, m, route(m, step))
		works := share*(1-share)*(1-math.Exp(-8*rate)) + (1-share)*fails*(1-share+share*stays)
		if want := (1 - fails) * (1 - share + works); math.Abs(a.Delivered-want) > 1e-9 {
			t.Errorf("poll %v: delivered %.12f, want %.12f", poll, a.Delivered, want)
		}
	}
}

// TestModeratedMeetNoExit: an order that moderation refuses learns nothing about exits, and nothing else changes.
func TestModeratedMeetNoExit(t *testing.T) {
	x := world.Exits{Count: 2, Burst: time.Minute}
	m := sticky(0.3, x)
	m.Channels[reverse].Errors.By[channel.Moderation].Rate = 0.25
	p := chain(0.3, x, []float64{0, 8, 16})
	step := try(reverse, 3)
	a := solveSticky(t, m, route(m, step))
	close(t, "delivered", a.Delivered, 0.75*(1-p[3]))
	close(t, "attempts", a.Attempts, 0.25+0.75*(1+p[1]+p[2]))
	step.RetryOn |= policy.SetOf(channel.Moderation)
	a = solveSticky(t, m, route(m, step))
	close(t, "delivered, tried again", a.Delivered, 0.75*(1-p[3]))
	close(t, "attempts, tried again", a.Attempts, 0.25*3+0.75*(1+p[1]+p[2]))
}

// TestWhereOrdersStillMeet: exits are answered on request only, and where nothing else makes orders meet.
func TestWhereOrdersStillMeet(t *testing.T) {
	x := world.Exits{Count: 2, Burst: time.Minute}
	for _, tt := range []struct {
		name  string
		exits bool
		edit  func(m *world.Model)
		steps []policy.Step
		want  error
	}{
		{"exits", true, func(*world.Model) {}, []policy.Step{try(reverse, 2), try(forwarding, 1)}, nil},
		{"not asked for", false, func(*world.Model) {}, []policy.Step{try(reverse, 2), try(forwarding, 1)},
			exact.ErrDependent},
		{"always bad", true, func(m *world.Model) { m.Channels[reverse].Errors.By[channel.Region].Rate = 1 },
			[]policy.Step{try(reverse, 2), try(forwarding, 1), try(reverse, 1)}, nil},
		{"comes back", true, func(*world.Model) {}, []policy.Step{try(reverse, 2), try(forwarding, 1), try(reverse, 1)},
			exact.ErrDependent},
		{"comes back to a channel without exits", true, func(*world.Model) {},
			[]policy.Step{try(forwarding, 2), try(reverse, 1), try(forwarding, 1)}, nil},
		{"outage", true, func(m *world.Model) { m.Outages = []world.Outage{{Channels: []int{reverse}}} },
			[]policy.Step{try(reverse, 2)}, exact.ErrDependent},
		{"regimes", true, func(m *world.Model) { m.Channels[reverse].Regimes = make([]world.Regime, 2) },
			[]policy.Step{try(reverse, 2)}, exact.ErrDependent},
		{"limits", true, func(m *world.Model) { m.Channels[reverse].Limits.PerMinute = 6 }, []policy.Step{try(reverse, 2)},
			exact.ErrDependent},
	} {
		m := sticky(0.3, x)
		tt.edit(m)
		if _, err := exact.Solve(m, route(m, tt.steps...), []bool{true, true},
			exact.Options{Exits: tt.exits}); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
}
